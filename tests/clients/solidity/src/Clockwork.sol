// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "fusion-interfaces/ICallingList.sol";
import {IChecker} from "fusion-interfaces/IChecker.sol";
import {Triggered} from "fusion/Triggered.sol";

/// @dev Runs by itself from the block of its deployment on: a time makes it tick, its ticks make it listen, and what it has
/// heard makes it settle. Its description part is its constructor.
contract Clockwork is Triggered, IChecker {
    event Ticked(uint256 ticks);
    event Heard(uint256 heard);
    event Settled(uint256 value);

    uint64 private constant GAS = 200_000;
    uint128 private constant PRICE = 1_000 gwei;
    uint128 private constant STORAGE = 0.01 ether;

    address public immutable OWNER = msg.sender;
    uint64[3] public rows;
    uint256 public ticks;
    uint256 public heard;
    uint256 public settled;

    constructor(ICallingList.Tier tier) payable {
        uint256 share = msg.value / 4;
        ICallingList.Terms memory terms = _terms(GAS, PRICE, STORAGE);
        terms.tier = tier;
        terms.maxRuns = 3;
        rows[0] = CALLING_LIST.everyBlocks(
            address(this), abi.encodeWithSelector(Clockwork.tick.selector), 0, 2, share, terms
        );
        terms.maxRuns = 2;
        rows[1] = CALLING_LIST.onLog(
            address(this),
            abi.encodeWithSelector(Clockwork.listen.selector),
            address(this),
            Ticked.selector,
            share,
            terms
        );
        terms.maxRuns = 1;
        rows[2] = CALLING_LIST.onCheck(address(this), address(this), "two", 1, share, terms);
    }

    function tick() external onlyTriggered {
        emit Ticked(++ticks);
    }

    function listen() external onlyTriggered {
        emit Heard(++heard);
    }

    function check(bytes calldata data) external view returns (bool due, bytes memory callData) {
        due = keccak256(data) == keccak256("two") && heard == 2;
        callData = abi.encodeCall(Clockwork.settle, (heard * 21));
    }

    function settle(uint256 value) external onlyTriggered {
        settled = value;
        emit Settled(value);
    }

    /// @dev Registers a row far in the future, and cancels it at once.
    function changeOfMind() external returns (uint256 refund) {
        uint64 id = CALLING_LIST.atBlock(
            address(this),
            abi.encodeWithSelector(Clockwork.tick.selector),
            1_000_000,
            0.1 ether,
            _terms(GAS, PRICE, STORAGE)
        );
        refund = CALLING_LIST.cancel(id);
        require(refund == 0.1 ether, "Clockwork: not all came back");
    }
}
