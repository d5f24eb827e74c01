// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "fusion-interfaces/ICallingList.sol";
import {Triggered} from "fusion/Triggered.sol";

/// @dev Calls what its owner has told it to, each when its time has come, by a row of its own.
contract StandingOrders is Triggered {
    struct Order {
        address target;
        uint256 value;
        bytes data;
    }

    error NotOwner(address caller);

    uint64 private constant GAS = 3_000_000;
    uint128 private constant PRICE = 1_000 gwei;
    uint128 private constant STORAGE = 1 ether;

    address public immutable OWNER = msg.sender;
    Order[] private orders;

    modifier onlyOwner() {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        _;
    }

    /// @dev For the deposits of rows, and what calls take along.
    constructor() payable {}

    /// @dev What they give back.
    receive() external payable {}

    /// @dev Calls something at once.
    function act(address target, bytes calldata data) external onlyOwner {
        _call(target, 0, data);
    }

    /// @dev Calls something at `time`, with so much FSN.
    function order(uint64 time, address target, uint256 value, bytes calldata data)
        external
        onlyOwner
    {
        ICallingList.Terms memory terms = _terms(GAS, PRICE, STORAGE);
        terms.maxRuns = 1;
        bytes memory input = abi.encodeCall(this.run, (orders.length));
        orders.push(Order(target, value, data));
        uint256 deposit = CALLING_LIST.runCost(GAS, STORAGE, terms.tier, false);
        CALLING_LIST.atTime(address(this), input, time, deposit, terms);
    }

    /// @dev What a row runs.
    function run(uint256 number) external onlyTriggered {
        _call(orders[number].target, orders[number].value, orders[number].data);
    }

    function _call(address target, uint256 value, bytes memory data) private {
        (bool success, bytes memory result) = target.call{value: value}(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(result, 32), mload(result))
        }
    }
}
