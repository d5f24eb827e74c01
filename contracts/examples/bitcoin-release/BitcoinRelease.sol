// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IChecker} from "../../interfaces/IChecker.sol";
import {IERC20} from "../../interfaces/IERC20.sol";
import {Described} from "../../src/Described.sol";
import {FusionAssets} from "../../src/FusionAssets.sol";

/// @title Release on a Bitcoin confirmation: FSN for bitcoin, with no trust in one another
/// @notice The seller deploys the contract with FSN. It asks asset mapping for a Bitcoin address of its own, and the buyer
/// pays there from any Bitcoin wallet. As soon as the payment has as many confirmations as asset mapping wants, the contract
/// has mapped bitcoin for it, and a row releases: the FSN to the buyer, the bitcoin to the seller. If the price has not come
/// in time, another row gives back: the FSN to the seller, what bitcoin there is to the buyer.
/// @dev A buyer that is a contract must take FSN, or neither side gets anything once it has paid.
/// Both functions check by themselves whether their time has come, so anybody may call them: if a row could not run (its
/// deposit used up), nothing is stuck.
contract BitcoinRelease is Described, IChecker {
    using FusionAssets for IERC20;

    /// @notice What was given to the constructor makes no sense.
    error InvalidDeal();
    /// @notice `received` satoshi have come, and the price is `price`.
    error NotPaid(uint256 received, uint256 price);
    /// @notice The buyer has time until `until`.
    error TooEarly(uint256 until);
    /// @notice The buyer has paid `received` satoshi: that is to be released, not given back.
    error Paid(uint256 received);
    /// @notice It is over.
    error Over();
    /// @notice `account` does not take FSN.
    error NotTaken(address account);

    /// @notice The buyer can pay there.
    event Opened(string depositAddress, uint64 price, uint32 deadline);
    /// @notice The buyer has paid, and has the FSN.
    event Released(uint256 amount, uint256 satoshi);
    /// @notice The buyer has not paid in time, and the seller has the FSN.
    event GivenBack(uint256 amount, uint256 satoshi);

    /// @notice How long after the deadline a payment that was made in time may still be on its way: Bitcoin's clock is an hour
    /// behind, and confirmations take their time.
    uint32 public constant GRACE = 1 days;

    /// @notice Who sells FSN: the account that deployed the contract.
    address payable public immutable SELLER = payable(msg.sender);
    /// @notice Who buys it.
    address payable public immutable BUYER;
    /// @notice How much FSN, in its smallest unit.
    uint256 public immutable AMOUNT;
    /// @notice For how many satoshi.
    uint64 public immutable PRICE;
    /// @notice Until when the buyer can pay.
    uint32 public immutable DEADLINE;
    /// @notice The Bitcoin address to pay to.
    string public depositAddress;
    /// @notice Whether it is over.
    bool public isOver;

    /// @param buyer Who buys.
    /// @param amount How much FSN. A little more has to come with the deployment: asset mapping holds it for the address.
    /// @param price For how many satoshi.
    /// @param refundAddress A Bitcoin address of the buyer, for what comes after the deadline.
    /// @param deadline Until when the buyer can pay, in seconds since 1970.
    constructor(address payable buyer, uint256 amount, uint64 price, string memory refundAddress, uint32 deadline)
        payable
    {
        bool isDeal = buyer != address(0) && amount > 0 && price > 0;
        if (!isDeal || msg.value < amount || deadline <= block.timestamp) revert InvalidDeal();
        (BUYER, AMOUNT, PRICE, DEADLINE) = (buyer, amount, price, deadline);
        (, depositAddress) = FusionAssets.ASSET_MAPPING.requestLockIn(refundAddress, deadline);
        if (address(this).balance < amount) revert InvalidDeal();
        emit Opened(depositAddress, price, deadline);
    }

    /// @dev What is left of the rows' deposits comes back this way.
    receive() external payable {}

    /// @inheritdoc IChecker
    function check(bytes calldata) external view returns (bool due, bytes memory callData) {
        due = !isOver && received() >= PRICE;
        if (due) callData = abi.encodeCall(BitcoinRelease.release, ());
    }

    /// @notice How many satoshi have come so far, and are confirmed.
    function received() public view returns (uint256) {
        return FusionAssets.bitcoin().balanceOf(address(this));
    }

    /// @notice Gives the FSN to the buyer and the bitcoin to the seller, if the price has come. Run by a row.
    function release() external {
        uint256 satoshi = received();
        if (satoshi < PRICE) revert NotPaid(satoshi, PRICE);
        _end();
        emit Released(AMOUNT, satoshi);
        FusionAssets.bitcoin().safeTransfer(SELLER, satoshi);
        _send(BUYER, AMOUNT);
    }

    /// @notice Gives the FSN back to the seller, and what bitcoin there is to the buyer, if the price has not come in
    /// time. Run by a row.
    function giveBack() external {
        uint256 until = uint256(DEADLINE) + GRACE;
        // An author can move the time by a slot at most.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp < until) revert TooEarly(until);
        uint256 satoshi = received();
        if (!isOver && satoshi >= PRICE) revert Paid(satoshi);
        _end();
        emit GivenBack(AMOUNT, satoshi);
        if (satoshi > 0) FusionAssets.bitcoin().safeTransfer(BUYER, satoshi);
        _send(SELLER, AMOUNT);
    }

    /// @notice When it is over, gives the seller what is left: of the deposits of rows, and bitcoin that came late.
    function sweep() external {
        if (!isOver) revert TooEarly(uint256(DEADLINE) + GRACE);
        _cancelRows();
        if (address(this).balance > 0) _send(SELLER, address(this).balance);
        uint256 satoshi = received();
        // Who paid too late, or twice, is the buyer.
        if (satoshi > 0) FusionAssets.bitcoin().safeTransfer(BUYER, satoshi);
    }

    function _end() private {
        if (isOver) revert Over();
        isOver = true;
    }

    function _send(address payable to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert NotTaken(to);
    }
}
