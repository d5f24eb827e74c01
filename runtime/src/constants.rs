//! Amounts, times and sizes that the runtime is made of.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight};
use fusion_bitcoin_primitives::Network;
use sp_runtime::Perbill;

use crate::{Balance, BlockNumber};

/// One FSN in its smallest unit (18 decimals, as in Ethereum: 1 unit = 1 wei).
pub const FSN: Balance = 1_000_000_000_000_000_000;
/// A thousandth of an FSN.
pub const MILLI_FSN: Balance = FSN / 1_000;
/// 10⁻⁹ FSN: one *gwei* in Ethereum's words.
pub const GWEI: Balance = 1_000_000_000;
/// An account exists from the smallest unit on. State bloat is priced by deposits and fees instead.
pub const EXISTENTIAL_DEPOSIT: Balance = 1;
/// No more FSN than this will ever exist (whitepaper, "token design").
pub const SUPPLY_CEILING: Balance = 81_920_000 * FSN;

/// No more than a third of them is ever issued to bookkeeping nodes (whitepaper, "token design").
pub const EMISSION_CEILING: Balance = SUPPLY_CEILING / 3;
/// What a block issues to bookkeeping nodes before the first halving. Over all halvings, the sum is
/// 26.9 million FSN.
pub const FIRST_BLOCK_REWARD: Balance = 640 * MILLI_FSN;
/// Blocks from halving to halving of what a block issues: four years.
pub const HALVING_PERIOD: BlockNumber = 4 * 365 * DAYS;

/// Held for a stored item of so many bytes. Chosen so that a storage slot costs an Ethereum user about
/// what Ethereum charges for one (see `configs::evm`), and a gigabyte of state binds 200 FSN.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * 20_000 * GWEI + bytes as Balance * 200 * GWEI
}

/// Milliseconds from slot to slot.
pub const SLOT_DURATION: u64 = 6_000;
/// Milliseconds from slot to slot of the relay chain.
pub const RELAY_CHAIN_SLOT_DURATION_MILLIS: u32 = 6_000;
/// Parachain blocks per relay chain slot.
pub const BLOCK_PROCESSING_VELOCITY: u32 = 1;
/// How many blocks may wait for inclusion in the relay chain (asynchronous backing).
pub const UNINCLUDED_SEGMENT_CAPACITY: u32 = 3;

/// Blocks in a minute.
pub const MINUTES: BlockNumber = 60_000 / (SLOT_DURATION as BlockNumber);
/// Blocks in an hour.
pub const HOURS: BlockNumber = MINUTES * 60;
/// Blocks in a day.
pub const DAYS: BlockNumber = HOURS * 24;

/// Part of a block that is assumed to go into `on_initialize`.
pub const AVERAGE_ON_INITIALIZE_RATIO: Perbill = Perbill::from_percent(5);
/// Part of a block that normal transactions may fill.
pub const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// What a block may take: two seconds of execution, as relay chain validators allow, and the largest
/// proof that they accept.
pub const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(
	WEIGHT_REF_TIME_PER_SECOND.saturating_mul(2),
	cumulus_primitives_core::relay_chain::MAX_POV_SIZE as u64,
);

/// EIP-155 chain id of the development and local networks. Free at the time of writing; Fusion's
/// earlier networks (32659, 46688) are not ours to use.
pub const DEVELOPMENT_EVM_CHAIN_ID: u64 = 815_815;
/// EIP-155 chain id of the public test network: another one, so that what is signed with a development key is
/// void there. Free at the time of writing.
pub const TESTNET_EVM_CHAIN_ID: u64 = 815_816;
/// The Bitcoin of the development and local networks: one that makes blocks at will.
pub const DEVELOPMENT_BITCOIN: Network = Network::Regtest;
/// The Bitcoin of the public test network. Its blocks are signed, so that they come at a steady pace and are
/// hardly ever reorganized; and the name stands for one network, where `test` is testnet3 or testnet4: members
/// who watch different ones would never agree on a deposit.
pub const TESTNET_BITCOIN: Network = Network::Signet;
/// Parachain id of every network so far.
pub const PARACHAIN_ID: u32 = 2_000;
