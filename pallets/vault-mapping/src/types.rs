//! What the pallet stores.

pub use crate::params::{Limits, Parameters, MAX_GAS_PRICE, MAX_PAYOUT_GAS};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use fusion_asset_mapping_primitives::{vault::EventId, BatchId, DepositIndex, IntentId};
use fusion_dcrm_primitives::{GroupId, MemberId, PerMember, SchnorrSignature};
use fusion_ethereum_primitives::{Address, Batch, Order, Vault, VaultPayout, MAX_PAYOUTS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Name or symbol of an asset: UTF-8, not empty.
pub type AssetText = BoundedVec<u8, ConstU32<50>>;

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
)]
pub struct PausedDirections {
	/// No new deposit addresses, and no deposit is credited: members say nothing of deposits until it is over, so
	/// nothing is lost.
	pub lock_in: bool,
	/// No new lock-outs and no new batches. Waiting lock-outs can be cancelled, and batches that were made before are
	/// signed and settled.
	pub lock_out: bool,
}

/// Why the pallet has paused both directions of everything by itself.
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
	/// A deposit that had been witnessed is gone: the vault's chain was reorganized deeper than the confirmations that
	/// were waited for.
	DepositGone,
	/// The coins that are held do not cover what was issued and is owed. It never happens unless the pallet has
	/// a fault.
	ReservesShort,
}

/// The vault that governance has registered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RegisteredVault {
	/// Its chain and address.
	pub vault: Vault,
	/// The group that has its key, and whose members witness.
	pub group: GroupId,
	/// Its key: an x-coordinate.
	pub key: [u8; 32],
	/// `MAX_FEE` of the vault: the highest fee of a batch.
	pub maximum_fee: u128,
}

/// A mapped asset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Asset {
	/// The ERC-20, or [`Address::ZERO`] for native coin.
	pub token: Address,
	/// How many decimals it has: a whole coin is 10 to the power of that. At most 36.
	pub decimals: u8,
	/// What a whole coin is worth, in the smallest unit of Fusion's native token, as governance says. `None`: it does not
	/// count for how much the group may hold.
	pub price: Option<u128>,
	/// Its limits.
	pub limits: Limits,
	/// Which directions are paused for it alone.
	pub paused: PausedDirections,
}

/// The sums of an asset, in its smallest unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Book {
	/// Coins in the vault that were witnessed, less those that it was witnessed to have paid.
	pub held: u128,
	/// Coins that are known to be missing.
	pub deficit: u128,
	/// Mapped coins that are locked for lock-outs and their fees, and for payments that have failed.
	pub locked: u128,
	/// Deposits that wait to be credited.
	pub owed: u128,
}

/// A deposit address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DepositAddress<AccountId, NativeBalance> {
	/// Who asked for it, and is credited.
	pub who: AccountId,
	/// Where coins have to go.
	pub address: Address,
	/// What is held of the owner for it.
	pub held: NativeBalance,
}

/// What became of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum DepositOutcome {
	/// Mapped coins were minted to the owner of the address.
	Credited,
	/// It was below the minimum: the coins are held, nothing was minted.
	BelowMinimum,
	/// It is more than the limits let through: [`Call::claim_deposit`](crate::Call::claim_deposit) credits it later.
	Delayed,
}

/// A deposit that was decided on. It is remembered, so that it can never be credited twice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DepositRecord {
	/// The request whose address it went to.
	pub index: DepositIndex,
	/// The asset.
	pub asset: u32,
	/// How much it was.
	pub amount: u128,
	/// What became of it.
	pub outcome: DepositOutcome,
	/// How often it was gone and has come back.
	pub episode: u32,
	/// If it is gone: how much of the coins held was taken off for it.
	pub gone: Option<u128>,
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
	/// A batch with it alone would cost more than the vault ever pays.
	FeeAboveCeiling,
	/// So much of the asset has gone out of late that it waits.
	Throttled,
	/// Its asset is paused.
	AssetPaused,
}

/// A lock-out that is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Intent<AccountId> {
	/// Who asked for it.
	pub who: AccountId,
	/// The asset.
	pub asset: u32,
	/// How much is paid: so much of the asset is locked for it.
	pub amount: u128,
	/// Who is paid.
	pub to: Address,
	/// Most that may be taken for the fee: so much mapped native coin is locked for it besides.
	pub max_fee: u128,
	/// The batch that it belongs to. It leaves it only when the batch was executed, or never can be: so an intent is
	/// paid at most once.
	pub batch: Option<BatchId>,
	/// Why it was last left behind.
	pub skipped: Option<SkipReason>,
}

/// An intent of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BatchedIntent {
	/// The intent.
	pub intent: IntentId,
	/// What it pays for the fee.
	pub fee: u128,
}

/// Intents that are paid together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpenBatch {
	/// The vault's batch, without its signature.
	pub template: Batch,
	/// Its intents, in the order of the payments.
	pub intents: BoundedVec<BatchedIntent, ConstU32<MAX_PAYOUTS>>,
	/// The signature.
	pub signature: Option<SchnorrSignature>,
}

/// A payment that has failed. The mapped coins stay locked until it is claimed or recalled on the vault.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct UnpaidPayout<AccountId> {
	/// Whose lock-out it is of.
	pub who: AccountId,
	/// The lock-out.
	pub intent: IntentId,
	/// The asset.
	pub asset: u32,
	/// The payment, as the vault remembers it.
	pub payout: VaultPayout,
	/// Whether the group was asked to take it back.
	pub recalling: bool,
}

/// The order that the vault has to execute next.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpenOrder {
	/// The order.
	pub order: Order,
	/// Number of the attempt. The next one, with another deadline, has another number, and so has every other order.
	pub attempt: u32,
	/// The signature.
	pub signature: Option<SchnorrSignature>,
}

/// What a member said last of the gas price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GasReport {
	/// Who.
	pub member: MemberId,
	/// What it would pay for a unit of gas.
	pub price: u64,
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
	/// A deposit in this log.
	Deposit(EventId),
	/// What became of this batch: executed or expired, not both.
	Batch(BatchId),
	/// What became of this payment that had failed.
	Unpaid(BatchId, u32),
	/// The order with this number.
	Order(u64),
	/// Whether the deposit in this log is still there.
	Presence(EventId),
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

/// The votes on an undecided subject, at most one a member.
pub type Votes<BlockNumber> = PerMember<Vote<BlockNumber>>;
