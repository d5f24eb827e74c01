// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "../../interfaces/ICallingList.sol";
import {IChecker} from "../../interfaces/IChecker.sol";
import {Test} from "./Vm.sol";

/// @dev The calling list for tests of contracts: it takes rows and their deposits, runs those that are due by time or
/// block ({execute}), and others when it is told to ({run}). It waits for no logs, feeds, or minutes of a cron
/// expression, nor between retries. Put its code where the precompile is:
/// `vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code)`.
contract MockCallingList is ICallingList, Test {
    struct Stored {
        Row row;
        /// Seconds or blocks from one time to the next. 0: there is one time only.
        uint64 every;
        bytes data;
        address checker;
        Entry[] history;
    }

    /// @dev What a run costs, and what is held for a row.
    uint256 private constant RUN = 1e15;
    uint256 private constant STORED = 1e14;

    mapping(uint64 => Stored) private rows;
    uint64 private last;
    uint64 private running;
    /// @dev Whoever runs rows is paid out of their deposits.
    uint256 public paid;

    /// @dev Runs a row, be it due or not, as the precompile does.
    function run(uint64 id) external returns (Reason) {
        require(rows[id].row.state != State.None, "CallingList: UnknownRow");
        return _try(id);
    }

    function execute(uint64[] calldata ids) external returns (Reason[] memory reasons) {
        reasons = new Reason[](ids.length);
        for (uint256 i = 0; i < ids.length; i++) {
            Reason reason = isDue(ids[i]);
            reasons[i] = reason == Reason.Ran ? _try(ids[i]) : reason;
        }
    }

    function isDue(uint64 id) public view returns (Reason) {
        Row storage found = rows[id].row;
        if (found.state == State.None || found.state == State.Paused) return Reason.NotLive;
        if (found.kind == ConditionKind.AtBlock || found.kind == ConditionKind.EveryBlocks) {
            return found.dueAt > block.number ? Reason.NotDue : Reason.Ran;
        }
        if (found.kind == ConditionKind.AtTime || found.kind == ConditionKind.EverySeconds) {
            return found.dueAt > block.timestamp ? Reason.NotDue : Reason.Ran;
        }
        revert("CallingList: not in tests");
    }

    function _try(uint64 id) private returns (Reason reason) {
        Stored storage stored = rows[id];
        if (stored.row.deposit < RUN) return Reason.DepositTooLow;
        stored.row.deposit -= RUN;
        paid += RUN;
        running = id;
        reason = _call(stored);
        running = 0;
        stored.history.push(Entry(uint32(block.number), reason, 1));
        if (reason == Reason.CheckFalse) return reason;
        if (reason == Reason.Ran) {
            stored.row.failures = 0;
            stored.row.runs++;
            _next(id, stored);
        } else if (++stored.row.failures > stored.row.terms.retries) {
            if (stored.row.terms.afterFailure == AfterFailure.Remove) _remove(id);
            else if (stored.row.terms.afterFailure == AfterFailure.Pause) stored.row.state = State.Paused;
            else _next(id, stored);
        }
    }

    function _call(Stored storage stored) private returns (Reason) {
        bytes memory input = stored.data;
        if (stored.row.kind == ConditionKind.Check) {
            try IChecker(stored.checker).check(input) returns (bool due, bytes memory callData) {
                if (!due) return Reason.CheckFalse;
                input = callData;
            } catch {
                return Reason.CheckFailed;
            }
        }
        if (stored.row.target.code.length == 0) return Reason.NoCode;
        (bool success,) = stored.row.target.call{gas: stored.row.terms.gasLimit}(input);
        return success ? Reason.Ran : Reason.Reverted;
    }

    /// @dev The row waits for its next time, if there is one.
    function _next(uint64 id, Stored storage stored) private {
        ConditionKind kind = stored.row.kind;
        bool once = kind == ConditionKind.AtBlock || kind == ConditionKind.AtTime || kind == ConditionKind.LockOut;
        if (once || stored.row.runs == stored.row.terms.maxRuns) return _remove(id);
        if (stored.every == 0) return;
        // Once for all that was missed.
        uint256 now_ = kind == ConditionKind.EveryBlocks ? block.number : block.timestamp;
        while (stored.row.dueAt <= now_) stored.row.dueAt += stored.every;
    }

    function atBlock(address target, bytes calldata data, uint32 blockNumber, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.AtBlock, target, data, blockNumber, 0, deposit, terms);
    }

    function atTime(address target, bytes calldata data, uint64 timestamp, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        require(timestamp > block.timestamp, "CallingList: InPast");
        return _register(ConditionKind.AtTime, target, data, timestamp, 0, deposit, terms);
    }

    function everyBlocks(
        address target,
        bytes calldata data,
        uint32 first,
        uint32 every,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64) {
        require(every > 0, "CallingList: EmptyInterval");
        return _register(ConditionKind.EveryBlocks, target, data, first, every, deposit, terms);
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
        require(first > block.timestamp, "CallingList: InPast");
        return _register(ConditionKind.EverySeconds, target, data, first, every, deposit, terms);
    }

    function cron(address target, bytes calldata data, string calldata, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Cron, target, data, 0, 0, deposit, terms);
    }

    function onLog(address target, bytes calldata data, address, bytes32, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Log, target, data, 0, 0, deposit, terms);
    }

    function onFeedAtLeast(address target, bytes calldata data, uint32, int128, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Feed, target, data, 0, 0, deposit, terms);
    }

    function onFeedAtMost(address target, bytes calldata data, uint32, int128, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Feed, target, data, 0, 0, deposit, terms);
    }

    function onFeedMoved(address target, bytes calldata data, uint32, uint128, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Feed, target, data, 0, 0, deposit, terms);
    }

    function onFeedAnswer(address target, bytes calldata data, uint32, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.Feed, target, data, 0, 0, deposit, terms);
    }

    function onDeposit(
        address target,
        bytes calldata data,
        uint8,
        uint64,
        uint128,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64) {
        return _register(ConditionKind.Deposit, target, data, 0, 0, deposit, terms);
    }

    function onLockOut(address target, bytes calldata data, uint8, uint64, uint256 deposit, Terms calldata terms)
        external
        returns (uint64)
    {
        return _register(ConditionKind.LockOut, target, data, 0, 0, deposit, terms);
    }

    function onCheck(
        address target,
        address checker,
        bytes calldata data,
        uint32,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id) {
        id = _register(ConditionKind.Check, target, data, 0, 0, deposit, terms);
        rows[id].checker = checker;
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
        require(running == 0, "CallingList: RowIsRunning");
        _take(deposit + STORED);
        id = ++last;
        Stored storage stored = rows[id];
        stored.row = Row(State.Waiting, msg.sender, target, kind, first, deposit, 0, 0, 0, terms);
        stored.every = every;
        stored.data = data;
        emit Registered(id, msg.sender, target, deposit);
    }

    function cancel(uint64 id) external returns (uint256 refund) {
        refund = _own(id).deposit;
        _remove(id);
        emit Cancelled(id, msg.sender, refund);
    }

    function topUp(uint64 id, uint256 amount) external {
        require(running == 0, "CallingList: RowIsRunning");
        require(rows[id].row.state != State.None, "CallingList: UnknownRow");
        _take(amount);
        rows[id].row.deposit += amount;
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

    function _own(uint64 id) private view returns (Row storage found) {
        require(running == 0, "CallingList: RowIsRunning");
        found = rows[id].row;
        require(found.state != State.None, "CallingList: UnknownRow");
        require(found.owner == msg.sender, "CallingList: NotOwner");
    }

    function _remove(uint64 id) private {
        address owner = rows[id].row.owner;
        vm.deal(owner, owner.balance + rows[id].row.deposit + STORED);
        delete rows[id];
    }

    function _take(uint256 amount) private {
        require(msg.sender.balance >= amount, "CallingList: DepositUnpaid");
        vm.deal(msg.sender, msg.sender.balance - amount);
    }

    function currentRow() external view returns (uint64 id, address owner) {
        return (running, rows[running].row.owner);
    }

    function row(uint64 id) external view returns (Row memory) {
        return rows[id].row;
    }

    function history(uint64 id) external view returns (Entry[] memory) {
        return rows[id].history;
    }

    function runCost(uint64, uint128, Tier, bool) external pure returns (uint256) {
        return RUN;
    }

    function storageCost(uint32) external pure returns (uint256) {
        return STORED;
    }
}
