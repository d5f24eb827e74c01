//! What the pallet stores.

pub use crate::params::{Parameters, MAX_FEE_RATE};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::Get, BoundedVec, CloneNoBound, DebugNoBound, PartialEqNoBound,
};
use fusion_asset_mapping_primitives::{
	chain::ExternalChain, Amount, AttemptIndex, BatchId, BatchState, DepositIndex, Destination,
	IntentId, OutPoint,
};
use fusion_dcrm_primitives::{GroupId, KeyPath, MemberId, PerMember, RequestId, SchnorrSignature};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

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
	/// No new deposit addresses, and no deposit is credited: members keep what they see of deposits until
	/// it is over, however long that is, so nothing is lost.
	pub lock_in: bool,
	/// No new lock-outs and no new batches. Waiting lock-outs can be cancelled, and batches that
	/// were made before are signed and settled.
	pub lock_out: bool,
}

/// Why the pallet has paused both directions by itself.
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
pub enum HaltReason {
	/// A coin that had been witnessed is gone: the external chain was reorganized deeper than the confirmations
	/// that were waited for.
	CoinGone,
	/// The coins that are held do not cover what was issued and is owed. It never happens unless the pallet has
	/// a fault.
	ReservesShort,
}

/// What deposits to an address do.
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
pub enum AddressKind {
	/// They are credited to the owner.
	Credit,
	/// They go into the reserves: they make up for a deficit, and nobody is credited.
	Reserve,
}

/// A deposit address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DepositAddress<AccountId, NativeBalance> {
	/// Who asked for it, and is credited.
	pub who: AccountId,
	/// What deposits do.
	pub kind: AddressKind,
	/// The group that has its key.
	pub group: GroupId,
	/// The key that the external chain knows.
	pub output_key: [u8; 32],
	/// Where coins have to go.
	pub destination: Destination,
	/// Where coins go back to that cannot be credited.
	pub refund: Destination,
	/// The last time, in seconds since 1970, at which deposits are credited: the time of the external block that
	/// holds them counts. Later ones are refunded.
	pub deadline: u32,
	/// How many deposits have come.
	pub deposits: u32,
	/// What is held of the owner for it.
	pub held: NativeBalance,
}

/// Why a deposit is refunded.
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
pub enum RefundReason {
	/// It came after the deadline.
	Late,
	/// It was above the maximum.
	AboveMaximum,
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
	/// So much has come in of late that it waits: [`Call::claim_deposit`](crate::Call::claim_deposit) credits it
	/// later.
	Delayed,
	/// It is paid back by this intent.
	Refunding(IntentId),
	/// It is to be paid back, but too many refunds are open:
	/// [`Call::claim_deposit`](crate::Call::claim_deposit) does it later.
	RefundDelayed(RefundReason),
	/// It would have been paid back, but is too small for that: the coin is held, nothing was minted.
	TooSmallToRefund,
	/// It went into the reserves.
	Reserve,
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
	/// Height of the external block that holds it.
	pub height: u32,
	/// How often it was gone and has come back.
	pub episode: u32,
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
	/// A transaction for it alone would cost more than a batch may.
	FeeAboveCeiling,
	/// So much has gone out of late that it waits. It keeps its place.
	Throttled,
	/// It pays back a deposit whose coin is gone. It waits until the coin is back.
	DepositGone,
}

/// What an intent is.
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
pub enum IntentKind {
	/// A lock-out: mapped coins are locked for it, and burnt when it is settled.
	LockOut,
	/// A deposit goes back. There are no mapped coins for it.
	Refund,
}

/// A payment that is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Intent<AccountId> {
	/// Who asked for it; of a refund, whose deposit it was.
	pub who: AccountId,
	/// What it is.
	pub kind: IntentKind,
	/// How much leaves the reserves for it. It pays its part of the fee out of that.
	pub amount: Amount,
	/// Where the coins go.
	pub destination: Destination,
	/// Most that may be taken for the fee.
	pub max_fee: Amount,
	/// Of a refund: the deposit that it pays back. Of a lock-out: none.
	pub deposit: Option<OutPoint>,
	/// The batch that it belongs to. It leaves it only when an attempt that does not pay it is confirmed: then
	/// none that pays it ever can be. So an intent is paid at most once.
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

/// Why an attempt at a batch that is not confirmed is not replaced, although the fee rate has risen.
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
pub enum StuckReason {
	/// There were as many attempts as there may be.
	NoAttemptsLeft,
	/// Making another attempt has failed. The event `BatchFailed` says why; it is tried again.
	Failed,
	/// None of its intents allows the fee that a replacement needs.
	MaxFeesTooLow,
	/// A replacement would cost more than a batch may.
	FeeAboveCeiling,
	/// What an intent leaves behind would be a change too small for an output.
	ChangeBelowDust,
	/// A coin that it spends is gone.
	CoinGone,
}

/// Intents that are paid together. There are several attempts at it, that differ in their fees; all of them spend
/// the same coins, so at most one is ever confirmed. The first coin is the *anchor*.
#[derive(CloneNoBound, DebugNoBound, PartialEqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(MaxIn, MaxIntents))]
pub struct Batch<MaxIn, MaxIntents>
where
	MaxIn: Get<u32>,
	MaxIntents: Get<u32>,
{
	/// The group that signs it.
	pub group: GroupId,
	/// The coins that every attempt spends, in order.
	pub inputs: BoundedVec<OutPoint, MaxIn>,
	/// The intents that belong to it: those that the first attempt pays.
	pub intents: BoundedVec<IntentId, MaxIntents>,
	/// How many attempts there are: at least one.
	pub attempts: AttemptIndex,
	/// Why it was last not replaced.
	pub stuck: Option<StuckReason>,
}

/// An attempt at a batch: one transaction of the external chain.
#[derive(CloneNoBound, DebugNoBound, PartialEqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(MaxIn, MaxIntents))]
pub struct Attempt<Template, BlockNumber, MaxIn, MaxIntents>
where
	Template: Clone + core::fmt::Debug + PartialEq,
	BlockNumber: Clone + core::fmt::Debug + PartialEq,
	MaxIn: Get<u32>,
	MaxIntents: Get<u32>,
{
	/// Where it stands.
	pub state: BatchState,
	/// The transaction without signatures.
	pub template: Template,
	/// Its id.
	pub txid: [u8; 32],
	/// The intents that it pays, in the order of its outputs.
	pub intents: BoundedVec<IntentId, MaxIntents>,
	/// What comes back to the group.
	pub change: Option<Change>,
	/// Sum of the amounts of its intents.
	pub total: Amount,
	/// What it pays for the fee.
	pub fee: Amount,
	/// Its size, in virtual bytes.
	pub size: u64,
	/// The fee rate that it was made for.
	pub rate: u64,
	/// The requests for its signatures, in the order of the inputs.
	pub requests: BoundedVec<RequestId, MaxIn>,
	/// The signatures that are there, in the order of the inputs.
	pub signatures: BoundedVec<Option<SchnorrSignature>, MaxIn>,
	/// When the last signature came.
	pub signed: Option<BlockNumber>,
}

/// What a member said last of the fee rate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct FeeReport {
	/// Who.
	pub member: MemberId,
	/// What it would pay for one virtual byte.
	pub rate: u64,
	/// The block that it named.
	pub at: u32,
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
	/// That the coin in this output is gone.
	Gone(OutPoint),
	/// That the coin in this output is back.
	Back(OutPoint),
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
