// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {FOREVER, FSN_TOKEN} from "../interfaces/IUsufruct.sol";
import {FusionUsufruct} from "./FusionUsufruct.sol";

/// @title One slice of a coin, as an ERC-20
/// @notice What accounts have of a coin over `[start, end)`, so that contracts and wallets that know only
/// ERC-20 can show it and move it. The slices themselves are the chain's: this contract holds nothing.
/// Once the slice has ended, balances are zero.
/// @dev To move slices, it needs the allowance of whoever has them, given to this contract at the precompile
/// ({IUsufruct-approve}). And whoever moves a slice to an account whose list of slices becomes longer by it pays the
/// deposit for that, which is the receiver's then: out of FSN that was put down here before ({topUp}). Supply and balances change without a `Transfer` here when slices are moved elsewhere, or end.
contract SliceToken is IERC20 {
    /// @notice The interval has no second that is still to come.
    error NoSuchInterval(uint64 start, uint64 end);
    /// @notice Lists become longer by this, which takes `needed` FSN of `account`, who has put down `available`.
    error DepositUnpaid(address account, uint256 needed, uint256 available);
    /// @notice FSN could not be given to `to`.
    error SendFailed(address to);
    /// @notice `spender` may move only `allowed` of `owner`.
    error NotAllowed(address owner, address spender, uint256 allowed, uint256 needed);

    /// @notice The coin: the ERC-20 of a mapped coin, or zero for FSN.
    address public immutable coin;
    /// @notice The first second of the slice.
    uint64 public immutable start;
    /// @notice The first second after it.
    uint64 public immutable end;

    mapping(address => mapping(address => uint256)) public allowance;
    /// @notice FSN that an account has put down, for the deposits of what it moves.
    mapping(address => uint256) public fsnOf;

    constructor(address coin_, uint64 start_, uint64 end_) {
        if (start_ >= end_ || end_ <= block.timestamp) revert NoSuchInterval(start_, end_);
        coin = coin_;
        start = start_;
        end = end_;
    }

    /// @notice Puts FSN down for the sender.
    receive() external payable {
        topUp(msg.sender);
    }

    /// @notice Puts FSN down for `account`.
    function topUp(address account) public payable {
        fsnOf[account] += msg.value;
    }

    /// @notice Gives the caller back FSN that it has put down.
    function takeBack(uint256 amount) external {
        uint256 available = fsnOf[msg.sender];
        if (amount > available) revert DepositUnpaid(msg.sender, amount, available);
        fsnOf[msg.sender] = available - amount;
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert SendFailed(msg.sender);
    }

    function name() external view returns (string memory) {
        string memory of_ = coin == FSN_TOKEN ? "FSN" : IERC20(coin).name();
        return string.concat(of_, " from ", _decimal(start), " until ", end == FOREVER ? "forever" : _decimal(end));
    }

    function symbol() external view returns (string memory) {
        return string.concat("u", coin == FSN_TOKEN ? "FSN" : IERC20(coin).symbol());
    }

    function decimals() external view returns (uint8) {
        return coin == FSN_TOKEN ? 18 : IERC20(coin).decimals();
    }

    /// @notice What is in slices of the coin: at every second, somebody has it.
    function totalSupply() external view returns (uint256) {
        return _ended() ? 0 : FusionUsufruct.USUFRUCT.totalHeld(coin);
    }

    /// @notice What `account` has at every second of what is left of the interval.
    function balanceOf(address account) external view returns (uint256) {
        return _ended() ? 0 : FusionUsufruct.USUFRUCT.timeBalanceOf(coin, account, _from(), end);
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) revert NotAllowed(from, msg.sender, allowed, value);
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        emit Transfer(from, to, value);
        uint256 before = address(this).balance;
        FusionUsufruct.USUFRUCT.timeSliceTransferFrom(coin, from, to, value, _from(), end);
        // This contract has no list of slices of its own: nothing comes back to it.
        uint256 needed = before - address(this).balance;
        uint256 available = fsnOf[msg.sender];
        if (needed > available) revert DepositUnpaid(msg.sender, needed, available);
        fsnOf[msg.sender] = available - needed;
    }

    /// @dev What is left of it begins now, if it has begun.
    function _from() private view returns (uint64) {
        return start > block.timestamp ? start : 0;
    }

    function _ended() private view returns (bool) {
        return end <= block.timestamp;
    }

    function _decimal(uint256 number) private pure returns (string memory) {
        bytes memory digits;
        do {
            // One digit.
            // forge-lint: disable-next-line(unsafe-typecast)
            digits = bytes.concat(bytes1(uint8(48 + number % 10)), digits);
            number /= 10;
        } while (number > 0);
        return string(digits);
    }
}
