// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "../../interfaces/ICallingList.sol";
import {IChecker} from "../../interfaces/IChecker.sol";

/// @dev The calling list for tests of contracts: it takes rows, and runs them when it is told to. It keeps no deposits.
/// Put its code where the precompile is: `vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code)`.
contract MockCallingList is ICallingList {
    mapping(uint64 => Row) private _rows;
    mapping(uint64 => bytes) public data;
    mapping(uint64 => address) public checkers;
    mapping(uint64 => Entry[]) private _history;
    uint64 public last;
    uint64 private _running;

    /// @dev Runs a row, be it due or not, as the precompile does.
    function run(uint64 id) external returns (Reason reason) {
        Row storage found = _rows[id];
        require(found.state != State.None, "CallingList: UnknownRow");
        _running = id;
        reason = _call(id, found);
        _running = 0;
        if (reason == Reason.Ran) found.runs++;
        _history[id].push(Entry(uint32(block.number), reason, 1));
    }

    function _call(uint64 id, Row storage found) private returns (Reason) {
        bytes memory input = data[id];
        if (found.kind == ConditionKind.Check) {
            try IChecker(checkers[id]).check(input) returns (bool due, bytes memory callData) {
                if (!due) return Reason.CheckFalse;
                input = callData;
            } catch {
                return Reason.CheckFailed;
            }
        }
        if (found.target.code.length == 0) return Reason.NoCode;
        (bool success,) = found.target.call{gas: found.terms.gasLimit}(input);
        return success ? Reason.Ran : Reason.Reverted;
    }

    function atBlock(address target, bytes calldata input, uint32 blockNumber, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(target, input, ConditionKind.AtBlock, blockNumber, deposit, terms);
    }

    function atTime(address target, bytes calldata input, uint64 timestamp, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(target, input, ConditionKind.AtTime, timestamp, deposit, terms);
    }

    function everyBlocks(
        address target,
        bytes calldata input,
        uint32 first,
        uint32,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64) {
        return _register(target, input, ConditionKind.EveryBlocks, first, deposit, terms);
    }

    function everySeconds(
        address target,
        bytes calldata input,
        uint64 first,
        uint64,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64) {
        return _register(target, input, ConditionKind.EverySeconds, first, deposit, terms);
    }

    function cron(address target, bytes calldata input, string calldata, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(target, input, ConditionKind.Cron, 0, deposit, terms);
    }

    function onLog(address target, bytes calldata input, address, bytes32, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(target, input, ConditionKind.Log, 0, deposit, terms);
    }

    function onCheck(
        address target,
        address checker,
        bytes calldata input,
        uint32,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id) {
        id = _register(target, input, ConditionKind.Check, 0, deposit, terms);
        checkers[id] = checker;
    }

    function _register(
        address target,
        bytes calldata input,
        ConditionKind kind,
        uint64 dueAt,
        uint256 deposit,
        Terms calldata terms
    ) private returns (uint64 id) {
        require(_running == 0, "CallingList: RowIsRunning");
        id = ++last;
        _rows[id] = Row(State.Waiting, msg.sender, target, kind, dueAt, deposit, 0, 0, 0, terms);
        data[id] = input;
        emit Registered(id, msg.sender, target, deposit);
    }

    function _own(uint64 id) private view returns (Row storage found) {
        require(_running == 0, "CallingList: RowIsRunning");
        found = _rows[id];
        require(found.state != State.None, "CallingList: UnknownRow");
        require(found.owner == msg.sender, "CallingList: NotOwner");
    }

    function cancel(uint64 id) external returns (uint256 refund) {
        refund = _own(id).deposit;
        delete _rows[id];
        emit Cancelled(id, msg.sender, refund);
    }

    function topUp(uint64 id, uint256 amount) external {
        require(_rows[id].state != State.None, "CallingList: UnknownRow");
        _rows[id].deposit += amount;
        emit ToppedUp(id, msg.sender, amount);
    }

    function pause(uint64 id) external {
        _own(id).state = State.Paused;
        emit PausedByOwner(id, true);
    }

    function resume(uint64 id) external {
        _own(id).state = State.Waiting;
        emit PausedByOwner(id, false);
    }

    function execute(uint64[] calldata) external pure returns (Reason[] memory) {
        revert("CallingList: not in tests");
    }

    function currentRow() external view returns (uint64 id, address owner) {
        return (_running, _rows[_running].owner);
    }

    function row(uint64 id) external view returns (Row memory) {
        return _rows[id];
    }

    function history(uint64 id) external view returns (Entry[] memory) {
        return _history[id];
    }

    function isDue(uint64 id) external view returns (Reason) {
        return _rows[id].state == State.None ? Reason.NotLive : Reason.NotDue;
    }

    function runCost(uint64, uint128, Tier, bool) external pure returns (uint256) {
        return 0;
    }

    function storageCost(uint32) external pure returns (uint256) {
        return 0;
    }
}
