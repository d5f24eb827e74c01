// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the precompile of the calling list is. It is also `msg.sender` in every call that the list makes.
address constant CALLING_LIST_ADDRESS = address(0xF5040000);

/// @title The calling list: contracts that run by themselves
/// @notice A *row* says which contract is called with what, when, and who pays. Whoever finds out that a row is due
/// (any account, in practice the bookkeeping nodes) sends {execute}; the chain verifies that, calls the contract and
/// pays the sender back out of the row's deposit.
/// @dev A precompile: state-changing functions cannot be called by delegatecall or staticcall, take no value, and act
/// for `msg.sender`, be it a contract or not, also while it is being constructed. Deposits are taken out of the FSN
/// that `msg.sender` has. Amounts are in the smallest unit of FSN, of which 10^18 are one FSN; times are in seconds,
/// as `block.timestamp` is. Reasons to revert are strings that start with "CallingList: ".
///
/// Whoever registers a row chooses its target and its calldata. So `msg.sender == CALLING_LIST_ADDRESS` tells a
/// contract nothing about who wants the call: ask {currentRow} whose row it is (`src/Triggered.sol` does), and never
/// allow the list's address to spend tokens.
interface ICallingList {
    /// @notice What makes a row due.
    enum ConditionKind {
        /// A block.
        AtBlock,
        /// A time.
        AtTime,
        /// Every so many blocks.
        EveryBlocks,
        /// Every so many seconds.
        EverySeconds,
        /// A cron expression, in UTC.
        Cron,
        /// A log that a contract leaves.
        Log,
        /// What a contract answers.
        Check
    }

    /// @notice Who makes sure that a row runs.
    enum Tier {
        /// Whoever sends {execute}. If nobody does, the row says so in its history.
        BestEffort,
        /// The chain itself, if nobody has sent {execute} some blocks after it was due. Costs rent and a premium.
        /// The logs of such a run are events of the chain and not in any Ethereum receipt.
        Guaranteed
    }

    /// @notice What becomes of times at which a row should have run and did not.
    enum Missed {
        /// They are left out, and the row runs at the next one.
        Skip,
        /// The row runs once for all of them.
        Once,
        /// The row runs for each of them.
        All
    }

    /// @notice What becomes of a row whose run has failed as often as it may.
    enum AfterFailure {
        /// It waits until its owner resumes it.
        Pause,
        /// It is removed, and what is left of its deposit goes back.
        Remove,
        /// It goes on with the next time, log or check.
        GoOn
    }

    /// @notice Where a row stands.
    enum State {
        /// There is none.
        None,
        /// It waits for a block or a time.
        Waiting,
        /// It waits for a log.
        Listening,
        /// It is due.
        Due,
        /// It waits for its owner.
        Paused
    }

    /// @notice Why a row did not run, or why its run was in vain.
    enum Reason {
        /// It ran.
        Ran,
        /// The target reverted.
        Reverted,
        /// The target used up the row's gas or storage limit, or trapped.
        Trapped,
        /// There is no contract at the target.
        NoCode,
        /// Its check said no.
        CheckFalse,
        /// Its check reverted, trapped, or gave something else than `(bool, bytes)`.
        CheckFailed,
        /// It came too late, and skips what it missed.
        Late,
        /// It ran once for several times.
        Merged,
        /// Nobody sent {execute}.
        NoTrigger,
        /// The gas price is above the row's ceiling.
        PriceTooHigh,
        /// The deposit does not pay for a run.
        DepositTooLow,
        /// It has expired.
        Expired,
        /// It is not due.
        NotDue,
        /// There is no such row, or it is paused.
        NotLive,
        /// The transaction has too little gas left for the row's limits.
        NotEnoughGas,
        /// It failed behind another row of the same transaction, which may be why: it must be first in one.
        NotAlone,
        /// Governance has paused the list.
        ListPaused
    }

    /// @notice How a row runs, what it may cost, and what becomes of failures.
    struct Terms {
        /// Most gas of a run, for the target alone.
        uint64 gasLimit;
        /// Most FSN that a run may leave as deposit for storage.
        uint128 storageLimit;
        /// The gas price above which the row waits.
        uint128 maxGasPrice;
        /// The block from which on the row is removed. 0: never.
        uint32 expiresAt;
        /// After so many successful runs the row is removed. 0: no limit.
        uint32 maxRuns;
        /// Who makes sure that it runs.
        Tier tier;
        /// What becomes of missed times.
        Missed missed;
        /// How often a run that failed is tried again.
        uint8 retries;
        /// Blocks until the first retry; twice as many until each further one.
        uint16 backoff;
        /// What becomes of the row after the last retry.
        AfterFailure afterFailure;
    }

    /// @notice A row.
    struct Row {
        /// Where it stands.
        State state;
        /// Whose it is. Zero if there is none.
        address owner;
        /// What it calls.
        address target;
        /// What makes it due.
        ConditionKind kind;
        /// The block (AtBlock, EveryBlocks, Check) or the time at which it is due, or was due. 0 for logs.
        uint64 dueAt;
        /// What is left to pay for runs.
        uint256 deposit;
        /// The blocks since which on it is due. 0 if it is not.
        uint32 dueSince;
        /// Successful runs.
        uint32 runs;
        /// Failures in a row.
        uint32 failures;
        /// How it runs.
        Terms terms;
    }

    /// @notice A thing that happened to a row.
    struct Entry {
        /// In which block.
        uint32 blockNumber;
        /// What happened.
        Reason reason;
        /// How many times it stands for.
        uint32 count;
    }

    /// @notice A row was registered.
    event Registered(uint64 indexed id, address indexed owner, address indexed target, uint256 deposit);
    /// @notice A row was cancelled by its owner, who was given back `refund`.
    event Cancelled(uint64 indexed id, address indexed owner, uint256 refund);
    /// @notice `from` added to the deposit of a row.
    event ToppedUp(uint64 indexed id, address indexed from, uint256 amount);
    /// @notice Its owner paused or resumed a row.
    event PausedByOwner(uint64 indexed id, bool paused);
    /// @notice A row was tried: it was due, and its deposit paid `cost` to `sender`.
    event Tried(uint64 indexed id, address indexed target, Reason reason, uint256 cost, address sender);

    /// @notice Registers a row that is due at a block.
    /// @param target The contract that is called. Not a precompile.
    /// @param data What it is called with.
    /// @param blockNumber The block.
    /// @param deposit What is taken from the caller to pay for runs. Storage of the row is paid beside it.
    /// @param terms How the row runs.
    /// @return id Its number, from 1 on.
    function atBlock(address target, bytes calldata data, uint32 blockNumber, uint256 deposit, Terms calldata terms)
        external
        returns (uint64 id);

    /// @notice Registers a row that is due at a time.
    /// @param timestamp The time.
    function atTime(address target, bytes calldata data, uint64 timestamp, uint256 deposit, Terms calldata terms)
        external
        returns (uint64 id);

    /// @notice Registers a row that is due at block `first`, and every `every` blocks after it.
    function everyBlocks(
        address target,
        bytes calldata data,
        uint32 first,
        uint32 every,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id);

    /// @notice Registers a row that is due at time `first`, and every `every` seconds after it.
    function everySeconds(
        address target,
        bytes calldata data,
        uint64 first,
        uint64 every,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id);

    /// @notice Registers a row that is due by a cron expression of five fields (minute, hour, day of the month,
    /// month, day of the week), in UTC: "30 9 * * 1-5" is half past nine on working days.
    function cron(
        address target,
        bytes calldata data,
        string calldata expression,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id);

    /// @notice Registers a row that is due in the block after one in which `emitter` has left a log whose first topic
    /// is `topic0`. Several such logs in a block make it due once.
    function onLog(
        address target,
        bytes calldata data,
        address emitter,
        bytes32 topic0,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id);

    /// @notice Registers a row that is due when `checker.check(checkData)`, called statically, gives `(true, data)`;
    /// the target is then called with that `data`. The chain checks at most every `every` blocks.
    function onCheck(
        address target,
        address checker,
        bytes calldata checkData,
        uint32 every,
        uint256 deposit,
        Terms calldata terms
    ) external returns (uint64 id);

    /// @notice Cancels a row of the caller. What is left of the deposit goes back to it.
    /// @return refund How much that was.
    function cancel(uint64 id) external returns (uint256 refund);

    /// @notice Adds to the deposit of a row, be it the caller's or not.
    function topUp(uint64 id, uint256 amount) external;

    /// @notice Pauses a row of the caller.
    function pause(uint64 id) external;

    /// @notice Lets a paused row of the caller go on.
    function resume(uint64 id) external;

    /// @notice Runs those of the rows that are due. Only the sender of a transaction can call it, not a contract.
    /// For each row that was tried, its deposit pays back what it cost and, unless it was in vain, a reward.
    /// @param ids At most 64 rows.
    /// @return reasons What became of each.
    function execute(uint64[] calldata ids) external returns (Reason[] memory reasons);

    /// @notice The row that is running, for the contracts that it calls.
    /// @return id Its number. 0 if no row is running.
    /// @return owner Whose it is.
    function currentRow() external view returns (uint64 id, address owner);

    /// @notice A row.
    function row(uint64 id) external view returns (Row memory);

    /// @notice What became of a row lately, oldest first.
    function history(uint64 id) external view returns (Entry[] memory);

    /// @notice Whether {execute} would try the row in this block.
    /// @return reason {Reason.Ran} if so, otherwise why not.
    function isDue(uint64 id) external view returns (Reason reason);

    /// @notice What a time at which a row is due costs at most, at the present gas price: what a deposit must have for the
    /// row to become due and to run once.
    /// @param withCheck Whether the row has a check, which may take as much gas as the target.
    function runCost(uint64 gasLimit, uint128 storageLimit, Tier tier, bool withCheck) external view returns (uint256);

    /// @notice What is held, beside the deposit, as long as a row is stored.
    /// @param bytes_ Bytes of its calldata, and of the data of its check.
    function storageCost(uint32 bytes_) external view returns (uint256);
}
