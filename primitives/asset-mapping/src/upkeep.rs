//! What can be asked about the books of a mapping: which coins there are, which of them move to another key, and what
//! members are paid.
//!
//! [`BitcoinUpkeepApi`] gives all that it takes to compute the reserves anew from the external chain's own nodes, which
//! `scripts/proof-of-reserves` does.

use alloc::vec::Vec;
use codec::{Codec, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_dcrm_primitives::GroupId;
use scale_info::TypeInfo;

use crate::{Amount, AttemptIndex, BatchId, Destination, OutPoint};

/// Why a group's own transaction is made.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum UpkeepKind {
	/// Small coins of the active group become one.
	Consolidation,
	/// Coins of a group that is not active any more go to the key of the active one.
	Rotation,
}

/// What the rest of a rotation waits for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum RotationWait {
	/// Lock-outs are paused, or the key groups stand still.
	Paused,
	/// All coins that are left are in open transactions, or there are as many of these as there may be.
	Confirmations,
	/// The group owes signatures of a transaction that it was given before.
	Signatures,
	/// What is left is worth less than moving it would cost now, or a transaction costs more than one may.
	FeesTooHigh,
	/// The fee reserve does not pay for a transaction.
	ReserveShort,
}

/// Coins that move from the key of a group that is not active any more to the key of the active one.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct RotationView {
	/// The group whose coins move.
	pub from: GroupId,
	/// The group that gets them: the active one.
	pub to: GroupId,
	/// All that the old group holds still.
	pub held: u128,
	/// Part of that in coins that open transactions spend.
	pub moving: u128,
	/// Why no further transaction is made at the moment. `None`: one is made soon.
	pub wait: Option<RotationWait>,
}

/// A coin of the ledger, with all that it takes to look it up on its own chain.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ReserveCoin {
	/// The output that holds it.
	pub outpoint: OutPoint,
	/// How much it is.
	pub amount: Amount,
	/// Height of the block in which it was witnessed.
	pub height: u32,
	/// The group whose key it belongs to.
	pub group: GroupId,
	/// What the output pays to (Bitcoin: the `scriptPubKey`).
	pub destination: Destination,
	/// The same as people write it (UTF-8).
	pub address: Vec<u8>,
	/// The open batch that spends it.
	pub batch: Option<BatchId>,
}

/// An attempt at an open batch: one transaction that may be confirmed already, or may yet be.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct AttemptInFlight {
	/// Number of the attempt.
	pub attempt: AttemptIndex,
	/// Its transaction's id, as in [`OutPoint::txid`].
	pub txid: [u8; 32],
	/// Whether all of its signatures are there. Otherwise it cannot be confirmed.
	pub signed: bool,
	/// What leaves the reserves for the intents that it pays, their part of the fee included.
	pub paid: Amount,
	/// What it pays for the fee.
	pub fee: Amount,
	/// How many outputs it has. The one that comes back to a group is the last.
	pub outputs: u32,
	/// How much comes back to a group. 0: nothing, and no output.
	pub change: Amount,
}

/// A batch that is not settled.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct BatchInFlight {
	/// Its number.
	pub id: BatchId,
	/// The group that signs it.
	pub group: GroupId,
	/// Why it is made, if it is a transaction of the group's own. `None`: it pays intents.
	pub upkeep: Option<UpkeepKind>,
	/// The coins that every attempt spends.
	pub inputs: Vec<OutPoint>,
	/// The attempts. At most one is ever confirmed.
	pub attempts: Vec<AttemptInFlight>,
}

/// What an account has done of one kind of work, and what it is owed for it.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug, Default)]
pub struct WorkPay {
	/// How often.
	pub works: u64,
	/// What was earned and not paid out yet, in the smallest unit of the native token.
	pub unpaid: u128,
}

/// What an account has earned as a member of key groups (whitepaper, "implementation of distributed control rights
/// management": initiating, confirming, and signing).
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug, Default)]
pub struct PayView {
	/// Being the first to say what the others then confirmed: deposits, and confirmed transactions.
	pub initiating: WorkPay,
	/// Saying what was decided, before it was decided.
	pub confirming: WorkPay,
	/// Signatures delivered, and what the key groups' pallet owes for signatures and for holding shares: it notes
	/// both as one.
	pub signing: WorkPay,
}

sp_api::decl_runtime_apis! {
	/// What can be asked about the books of the mapping of bitcoin.
	pub trait BitcoinUpkeepApi<AccountId: Codec> {
		/// Coins of the ledger, after the one given (`None`: from the first on), at most `limit` (and at most
		/// 1,000) of them, in no particular order.
		fn reserve_coins(after: Option<OutPoint>, limit: u32) -> Vec<ReserveCoin>;
		/// All batches that are not settled, oldest first.
		fn batches_in_flight() -> Vec<BatchInFlight>;
		/// The groups whose coins move to another key. Empty: there is no rotation.
		fn rotations() -> Vec<RotationView>;
		/// What an account has earned as a member of key groups.
		fn pay_of(account: AccountId) -> PayView;
	}
}
