//! What the bookkeeping pallet shows to everybody: nodes, stake, rewards.
//!
//! *Bookkeeping nodes* (whitepaper, "hierarchical hybrid consensus mechanism") are elected by stake and holding
//! time. What they are and how they are elected is told by the pallet; here is only what wallets, explorers and
//! contracts are shown of it.
//!
//! - [`api`]: the runtime API;
//! - this module: the views that it returns. The precompile of the same name gives the same to contracts.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Amounts of FSN, in its smallest unit.
pub type Balance = u128;
/// The number of a session.
pub type SessionIndex = u32;

/// Where a candidate stands.
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
pub enum NodeState {
	/// It can be elected.
	Standing,
	/// It was absent, and is not elected until it rejoins.
	Idle,
	/// It leaves as soon as the sessions that it is elected for are over.
	Leaving,
	/// Its delegations are being ended, some in each block.
	Dissolving,
}

/// A node, for everybody to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NodeView<AccountId> {
	/// Its account.
	pub account: AccountId,
	/// Where it stands. `None` if it is no candidate, but invulnerable.
	pub state: Option<NodeState>,
	/// Whether governance has given it a seat.
	pub invulnerable: bool,
	/// Its own bond.
	pub own_stake: Balance,
	/// Sum of the delegations to it.
	pub delegated: Balance,
	/// How many delegations.
	pub delegations: u32,
	/// The weight that an election in this block would give it, elected or not.
	pub weight: u64,
	/// Its weight in the present session. `None` if it is not elected for it.
	pub session_weight: Option<u64>,
	/// Its weight in the next session. `None` if it is not elected for it.
	pub planned_weight: Option<u64>,
	/// Its commission.
	pub commission: Perbill,
	/// The commission that it will have, and from which session on.
	pub next_commission: Option<(SessionIndex, Perbill)>,
	/// The last block that it assembled or packaged for.
	pub last_active: Option<u32>,
	/// Consecutive sessions in which it should have worked and did not.
	pub absent: u32,
	/// What the operator can claim as such.
	pub earned: Balance,
}

/// A delegation, for its owner to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DelegationView<AccountId> {
	/// The node.
	pub node: AccountId,
	/// Where the node stands.
	pub state: NodeState,
	/// What is delegated.
	pub amount: Balance,
	/// What it adds to the node's weight.
	pub weight: u64,
	/// What it has earned and can be claimed.
	pub reward: Balance,
}

/// Stake on its way back, for its owner to see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct UnbondingView<AccountId> {
	/// The node that it was staked with.
	pub node: AccountId,
	/// What will come back, if the node is not slashed any more.
	pub amount: Balance,
	/// The session from which on it can be withdrawn.
	pub available: SessionIndex,
}

/// What is issued to bookkeeping nodes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EmissionView {
	/// What a block issues now.
	pub reward: Balance,
	/// The block from which on it is half as much. `None` if nothing is issued any more.
	pub next_halving: Option<u32>,
	/// What has been issued.
	pub issued: Balance,
	/// The most that ever will be.
	pub ceiling: Balance,
	/// What has been earned and not claimed.
	pub outstanding: Balance,
	/// What the pot has for the next block, beside what that issues.
	pub income: Balance,
}
