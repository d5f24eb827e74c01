//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::Get, BoundedVec, CloneNoBound, DebugNoBound, PartialEqNoBound,
};
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, Amount, BatchId, BatchState, DepositIndex, Destination, IntentId,
	OutPoint,
};
use fusion_dcrm_primitives::{GroupId, KeyPath, MemberId, PerMember, SchnorrSignature};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// What governance sets.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
	/// How many confirmations a transaction of the external chain needs before members witness it
	/// (1: it is in a block). At least 1.
	pub confirmations: u32,
	/// Deposits below this are not witnessed, and mint nothing. In the external chain's smallest
	/// unit; at least 1.
	pub minimum_deposit: Amount,
	/// What lock-outs pay for one virtual byte, in the external chain's smallest unit. From 1 to
	/// [`MAX_FEE_RATE`].
	pub fee_rate: u64,
}

/// Highest fee rate that can be set: a slip of some zeros must not burn users' coins as fees.
pub const MAX_FEE_RATE: u64 = 10_000;

impl Default for Parameters {
	fn default() -> Self {
		Self { confirmations: 6, minimum_deposit: 10_000, fee_rate: 10 }
	}
}

impl Parameters {
	/// Whether every value is in its range.
	pub fn is_valid(&self) -> bool {
		self.confirmations >= 1
			&& self.minimum_deposit >= 1
			&& (1..=MAX_FEE_RATE).contains(&self.fee_rate)
	}
}

/// Which directions are paused.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PausedDirections {
	/// No new deposit addresses, and no deposit is credited: members say nothing of deposits until
	/// it is over, so nothing is lost.
	pub lock_in: bool,
	/// No new lock-outs and no new batches. Waiting lock-outs can be cancelled, and batches that
	/// were made before are signed and settled.
	pub lock_out: bool,
}

/// A deposit address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DepositAddress<AccountId> {
	/// Who asked for it, and is credited.
	pub who: AccountId,
	/// The group that has its key.
	pub group: GroupId,
	/// The key that the external chain knows.
	pub output_key: [u8; 32],
	/// Where coins have to go.
	pub destination: Destination,
	/// Where the owner wants coins to go back to that cannot be credited. Kept for the refund path of
	/// a later version: this one credits every deposit, late ones too.
	pub refund: Destination,
	/// Last block in which the owner means to deposit.
	pub deadline: u32,
}

/// What became of a deposit.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum DepositOutcome {
	/// Mapped coins were minted to the owner of the address.
	Credited,
	/// It was below the minimum: the coin is held, nothing was minted.
	BelowMinimum,
}

/// A deposit that was decided on. It is remembered, so that it can never be credited twice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DepositRecord {
	/// The address that it went to.
	pub index: DepositIndex,
	/// How much it was.
	pub amount: Amount,
	/// Height of the external block that holds it.
	pub height: u32,
	/// What became of it.
	pub outcome: DepositOutcome,
}

/// A coin that a group holds on the external chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Utxo {
	/// How much it is.
	pub amount: Amount,
	/// The group that holds it.
	pub group: GroupId,
	/// The key of the group that it belongs to.
	pub path: KeyPath,
	/// That key as the external chain knows it.
	pub output_key: [u8; 32],
	/// The batch that spends it.
	pub reserved: Option<BatchId>,
}

/// Where a coin stands in the order of coins that can be spent: largest first. It is the key of a
/// map that is iterated in the order of its keys, so it starts with the amount, inverted and big
/// endian; equal amounts stand in the order of their outpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct CoinKey {
	/// `u64::MAX - amount`, big endian.
	inverted_amount: [u8; 8],
	/// The transaction.
	txid: [u8; 32],
	/// The output, big endian.
	vout: [u8; 4],
}

impl CoinKey {
	/// The key of a coin.
	pub fn new(amount: Amount, outpoint: &OutPoint) -> Self {
		Self {
			inverted_amount: (!amount).to_be_bytes(),
			txid: outpoint.txid,
			vout: outpoint.vout.to_be_bytes(),
		}
	}

	/// How much the coin is.
	pub fn amount(&self) -> Amount {
		!Amount::from_be_bytes(self.inverted_amount)
	}

	/// Where the coin is.
	pub fn outpoint(&self) -> OutPoint {
		OutPoint { txid: self.txid, vout: u32::from_be_bytes(self.vout) }
	}
}

/// Why a lock-out stays behind when a batch is made.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum SkipReason {
	/// Its part of the fee would be more than it allows.
	MaxFeeTooLow,
	/// It takes more coins than a transaction may spend.
	TooManyCoins,
	/// The coins at hand would leave a change too small for an output. More deposits solve it, and so
	/// does another amount.
	ChangeBelowDust,
}

/// A lock-out that is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Intent<AccountId> {
	/// Who asked for it.
	pub who: AccountId,
	/// How many mapped coins are locked for it. It pays its part of the fee out of them.
	pub amount: Amount,
	/// Where the coins go.
	pub destination: Destination,
	/// Most that may be taken for the fee.
	pub max_fee: Amount,
	/// The batch that pays it. Once set, it never changes: so an intent is paid at most once.
	pub batch: Option<BatchId>,
	/// Why it was last left behind.
	pub skipped: Option<SkipReason>,
}

/// [`ExternalChain::MAX_INPUTS`] as a bound.
pub struct MaxInputs<C>(PhantomData<C>);

impl<C: ExternalChain> Get<u32> for MaxInputs<C> {
	fn get() -> u32 {
		C::MAX_INPUTS
	}
}

/// The output of a batch that comes back to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Change {
	/// Number of the output.
	pub vout: u32,
	/// How much it is.
	pub amount: Amount,
	/// The group's key as the external chain knows it.
	pub output_key: [u8; 32],
}

/// A batch of lock-outs that is not settled: one transaction of the external chain.
#[derive(CloneNoBound, DebugNoBound, PartialEqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(MaxIn, MaxIntents))]
pub struct Batch<Template, MaxIn, MaxIntents>
where
	Template: Clone + core::fmt::Debug + PartialEq,
	MaxIn: Get<u32>,
	MaxIntents: Get<u32>,
{
	/// The group that signs it.
	pub group: GroupId,
	/// Where it stands.
	pub state: BatchState,
	/// The transaction without signatures.
	pub template: Template,
	/// Its id.
	pub txid: [u8; 32],
	/// The coins that it spends, in order.
	pub inputs: BoundedVec<OutPoint, MaxIn>,
	/// The lock-outs that it pays, in the order of its outputs.
	pub intents: BoundedVec<IntentId, MaxIntents>,
	/// What comes back to the group.
	pub change: Option<Change>,
	/// Sum of the amounts of its intents: what is burnt when it is settled.
	pub total: Amount,
	/// The signatures that are there, in the order of the inputs.
	pub signatures: BoundedVec<Option<SchnorrSignature>, MaxIn>,
}

/// What members vote on: one vote a member and subject counts.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Subject {
	/// A deposit in this output.
	Deposit(OutPoint),
	/// The settlement of this batch.
	Settled(BatchId),
}

/// One member's word on a subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Vote<BlockNumber> {
	/// Who.
	pub member: MemberId,
	/// Hash of exactly what was observed.
	pub content: H256,
	/// When.
	pub cast: BlockNumber,
}

/// The votes on an undecided subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Tally<BlockNumber> {
	/// The group whose members vote. Votes of an earlier group do not count.
	pub group: GroupId,
	/// The votes, at most one a member.
	pub votes: PerMember<Vote<BlockNumber>>,
}
