// The calling list as viem calls it. The same as interfaces/ICallingList.sol: a test compares them.
import { parseAbi } from 'viem';

/** Where the precompile is. */
export const LIST = '0x00000000000000000000000000000000f5040000';

export const LIST_ABI = parseAbi([
	'struct Terms { uint64 gasLimit; uint128 storageLimit; uint128 maxGasPrice; uint32 expiresAt; uint32 maxRuns; uint8 tier; uint8 missed; uint8 retries; uint16 backoff; uint8 afterFailure; }',
	'function atBlock(address target, bytes data, uint32 blockNumber, uint256 deposit, Terms terms) returns (uint64 id)',
	'function atTime(address target, bytes data, uint64 timestamp, uint256 deposit, Terms terms) returns (uint64 id)',
	'function everyBlocks(address target, bytes data, uint32 first, uint32 every, uint256 deposit, Terms terms) returns (uint64 id)',
	'function everySeconds(address target, bytes data, uint64 first, uint64 every, uint256 deposit, Terms terms) returns (uint64 id)',
	'function cron(address target, bytes data, string expression, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onLog(address target, bytes data, address emitter, bytes32 topic0, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onCheck(address target, address checker, bytes checkData, uint32 every, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onFeedAtLeast(address target, bytes data, uint32 feed, int128 threshold, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onFeedAtMost(address target, bytes data, uint32 feed, int128 threshold, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onFeedMoved(address target, bytes data, uint32 feed, uint128 by, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onFeedAnswer(address target, bytes data, uint32 feed, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onDeposit(address target, bytes data, uint8 chain, uint64 index, uint128 least, uint256 deposit, Terms terms) returns (uint64 id)',
	'function onLockOut(address target, bytes data, uint8 chain, uint64 intent, uint256 deposit, Terms terms) returns (uint64 id)',
	'function runCost(uint64 gasLimit, uint128 storageLimit, uint8 tier, bool withCheck) view returns (uint256)',
	'function storageCost(uint32 bytes_) view returns (uint256)',
	'event Registered(uint64 indexed id, address indexed owner, address indexed target, uint256 deposit)',
]);

/** The function of Described.sol. */
export const DESCRIBE_ABI = parseAbi(['function describe(bytes[] registrations) payable returns (uint64[] ids)']);

/** Values of enums, by the names that descriptions have. */
export const TIERS = ['bestEffort', 'guaranteed'];
export const MISSED = ['skip', 'once', 'all'];
export const AFTER_FAILURE = ['pause', 'remove', 'goOn'];
