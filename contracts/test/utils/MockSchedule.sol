// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "../../interfaces/ICallingList.sol";
import {Test} from "./Vm.sol";

/// @dev The part of the calling list that the templates use: rows that are due by time, and their deposits.
contract MockSchedule is ICallingList, Test {
    struct Stored {
        Row row;
        uint64 every;
        bytes data;
    }

    uint256 private constant RUN = 1e15;
    uint256 private constant STORED = 1e14;

    mapping(uint64 => Stored) private rows;
    uint64 private last;
    uint64 private running;
    /// @dev Whoever runs rows is paid out of their deposits.
    uint256 public paid;

    function atTime(address target, bytes calldata data, uint64 timestamp, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.AtTime, target, data, timestamp, 0, deposit, terms);
    }

    function everySeconds(
        address target,
        bytes calldata data,
        uint64 first,
        uint64 every,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64) {
        require(every > 0, "CallingList: EmptyInterval");
        return _register(ConditionKind.EverySeconds, target, data, first, every, deposit, terms);
    }

    function _register(
        ConditionKind kind,
        address target,
        bytes calldata data,
        uint64 first,
        uint64 every,
        uint256 deposit,
        Terms calldata terms
    ) private returns (uint64 id) {
        require(running == 0, "CallingList: Reentered");
        require(first > block.timestamp, "CallingList: InPast");
        _take(msg.sender, deposit + STORED);
        id = ++last;
        Stored storage stored = rows[id];
        stored.row.state = State.Waiting;
        stored.row.owner = msg.sender;
        stored.row.target = target;
        stored.row.kind = kind;
        stored.row.dueAt = first;
        stored.row.deposit = deposit;
        stored.row.terms = terms;
        stored.every = every;
        stored.data = data;
        emit Registered(id, msg.sender, target, deposit);
    }

    function cancel(uint64 id) external returns (uint256 refund) {
        require(running == 0, "CallingList: Reentered");
        require(rows[id].row.owner == msg.sender, "CallingList: NotOwner");
        refund = rows[id].row.deposit;
        _remove(id);
        emit Cancelled(id, msg.sender, refund);
    }

    function execute(uint64[] calldata ids) external returns (Reason[] memory reasons) {
        reasons = new Reason[](ids.length);
        for (uint256 i = 0; i < ids.length; i++) {
            reasons[i] = _run(ids[i]);
        }
    }

    function _run(uint64 id) private returns (Reason) {
        Stored storage stored = rows[id];
        if (stored.row.state == State.None) return Reason.NotLive;
        if (stored.row.dueAt > block.timestamp) return Reason.NotDue;
        if (stored.row.deposit < RUN) return Reason.DepositTooLow;
        stored.row.deposit -= RUN;
        paid += RUN;
        running = id;
        (bool success,) = stored.row.target.call{gas: stored.row.terms.gasLimit}(stored.data);
        running = 0;
        if (!success) {
            stored.row.failures += 1;
            if (stored.row.failures > stored.row.terms.retries) _remove(id);
            return Reason.Reverted;
        }
        stored.row.failures = 0;
        stored.row.runs += 1;
        if (stored.every == 0 || stored.row.runs == stored.row.terms.maxRuns) {
            _remove(id);
        } else {
            // Once for all that was missed.
            while (stored.row.dueAt <= block.timestamp) stored.row.dueAt += stored.every;
        }
        return Reason.Ran;
    }

    function _remove(uint64 id) private {
        address owner = rows[id].row.owner;
        vm.deal(owner, owner.balance + rows[id].row.deposit + STORED);
        delete rows[id];
    }

    function _take(address from, uint256 amount) private {
        require(from.balance >= amount, "CallingList: DepositUnpaid");
        vm.deal(from, from.balance - amount);
    }

    function currentRow() external view returns (uint64 id, address owner) {
        return (running, rows[running].row.owner);
    }

    function row(uint64 id) external view returns (Row memory) {
        return rows[id].row;
    }

    function runCost(uint64, uint128, Tier, bool) external pure returns (uint256) {
        return RUN;
    }

    function storageCost(uint32) external pure returns (uint256) {
        return STORED;
    }

    function atBlock(address, bytes calldata, uint32, uint256, Terms calldata) external pure returns (uint64) {
        revert("CallingList: not in tests");
    }

    function everyBlocks(address, bytes calldata, uint32, uint32, uint256, Terms calldata)
        external
        pure
        returns (uint64)
    {
        revert("CallingList: not in tests");
    }

    function cron(address, bytes calldata, string calldata, uint256, Terms calldata) external pure returns (uint64) {
        revert("CallingList: not in tests");
    }

    function onLog(address, bytes calldata, address, bytes32, uint256, Terms calldata) external pure returns (uint64) {
        revert("CallingList: not in tests");
    }

    function onCheck(address, address, bytes calldata, uint32, uint256, Terms calldata) external pure returns (uint64) {
        revert("CallingList: not in tests");
    }

    function topUp(uint64, uint256) external pure {
        revert("CallingList: not in tests");
    }

    function pause(uint64) external pure {
        revert("CallingList: not in tests");
    }

    function resume(uint64) external pure {
        revert("CallingList: not in tests");
    }

    function history(uint64) external pure returns (Entry[] memory) {
        revert("CallingList: not in tests");
    }

    function isDue(uint64) external pure returns (Reason) {
        revert("CallingList: not in tests");
    }
}
