//! What the pallet stores, and what it shows.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::Get,
	traits::{fungible::Credit, ConstU32},
	BoundedVec,
};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

use crate::{
	pallet::Config,
	stake::{mul_div, Stake},
};

/// Amounts of FSN, in its smallest unit.
pub type Balance = u128;
/// The number of a session.
pub type SessionIndex = u32;
/// What is taken from somebody, and not yet given to anybody.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;
/// The delegations to one node, in the order in which they came.
pub type Backers<T> =
	BoundedVec<Backer<<T as frame_system::Config>::AccountId>, <T as Config>::MaxDelegations>;
/// The nodes of one session with their weights, in ascending order of their accounts.
pub type Elected<T> = BoundedVec<(<T as frame_system::Config>::AccountId, u64), MaxElected<T>>;

/// Slashes of one account that are remembered one by one.
pub const SLASHES_KEPT: u32 = 8;
/// Delegations to dissolving nodes that are ended in one block.
pub const STEPS_PER_BLOCK: u32 = 8;
/// One unit of reward per unit of stake, in the accumulator [`Candidate::reward_per_stake`].
pub const REWARD_SCALE: u128 = 1 << 96;

/// Most nodes of a session.
pub struct MaxElected<T>(core::marker::PhantomData<T>);

impl<T: Config> Get<u32> for MaxElected<T> {
	fn get() -> u32 {
		T::MaxCandidates::get().saturating_add(T::MaxInvulnerables::get())
	}
}

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

/// The bounds of commissions.
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
pub struct CommissionBounds {
	/// The lowest.
	pub min: Perbill,
	/// The highest.
	pub max: Perbill,
}

impl Default for CommissionBounds {
	fn default() -> Self {
		Self { min: Perbill::zero(), max: Perbill::one() }
	}
}

impl CommissionBounds {
	/// Whether a node may ask for this.
	pub fn contain(&self, rate: Perbill) -> bool {
		self.min <= rate && rate <= self.max
	}

	/// The allowed commission that is nearest to this one.
	pub fn clamp(&self, rate: Perbill) -> Perbill {
		rate.max(self.min).min(self.max)
	}
}

/// The part of its reward that a node keeps before the rest is shared by stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Commission {
	rate: Perbill,
	next: Option<(SessionIndex, Perbill)>,
}

impl Commission {
	/// A commission that stays.
	pub fn new(rate: Perbill) -> Self {
		Self { rate, next: None }
	}

	/// The commission in a session.
	pub fn at(&self, session: SessionIndex) -> Perbill {
		match self.next {
			Some((from, rate)) if from <= session => rate,
			_ => self.rate,
		}
	}

	/// The commission that is announced, and from which session on it holds.
	pub fn announced(&self, session: SessionIndex) -> Option<(SessionIndex, Perbill)> {
		self.next.filter(|(from, _)| *from > session)
	}

	/// Changes it: at once if it falls, and after `notice` sessions if it rises, so that delegators can go
	/// before.
	pub fn change(&mut self, rate: Perbill, session: SessionIndex, notice: u32) {
		let present = self.at(session);
		*self = if rate <= present {
			Self::new(rate)
		} else {
			Self { rate: present, next: Some((session.saturating_add(notice), rate)) }
		};
	}
}

/// A node that stands for election, or did so.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Candidate {
	/// Where it stands.
	pub state: NodeState,
	/// Its own bond.
	pub own: Stake,
	/// Sum of the delegations to it.
	pub delegated: Balance,
	/// What it keeps of rewards.
	pub commission: Commission,
	/// What one unit of delegated stake has earned since the node registered, times [`REWARD_SCALE`].
	pub reward_per_stake: u128,
	/// What the operator has earned and not claimed: commission, and the reward of its own bond.
	pub earned: Balance,
	/// What its delegators have earned and not claimed, and dust.
	pub pool: Balance,
	/// The last block that it assembled or packaged for.
	pub last_active: Option<u32>,
	/// Consecutive sessions in which it should have worked and did not.
	pub absent: u32,
	/// How many slashes the account had when it registered.
	pub slashes_seen: u32,
}

impl Candidate {
	/// Takes in a reward: the commission and the own bond's part go to the operator, the rest to the
	/// delegators. Costs the same however many there are.
	pub fn credit(&mut self, amount: Balance, commission: Perbill) {
		let fee = commission.mul_floor(amount);
		let shared = amount.saturating_sub(fee);
		let total = self.own.amount.saturating_add(self.delegated);
		let to_own = if self.delegated == 0 {
			shared
		} else {
			mul_div(shared, self.own.amount, total).unwrap_or(0)
		};
		let to_delegators = shared.saturating_sub(to_own);
		self.earned = self.earned.saturating_add(fee).saturating_add(to_own);
		self.pool = self.pool.saturating_add(to_delegators);
		// What cannot be expressed per unit of stake is dust, and stays in the pool.
		let step = mul_div(to_delegators, REWARD_SCALE, self.delegated).unwrap_or(0);
		self.reward_per_stake = self.reward_per_stake.saturating_add(step);
	}
}

/// A delegation, as the node's list has it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Backer<AccountId> {
	/// Whose it is.
	pub who: AccountId,
	/// What is delegated.
	pub stake: Stake,
	/// The node's [`Candidate::reward_per_stake`] up to which the reward has been taken out.
	pub paid_up_to: u128,
}

impl<AccountId> Backer<AccountId> {
	/// What the delegation has earned since it was last taken out.
	pub fn pending(&self, candidate: &Candidate) -> Balance {
		let gained = candidate.reward_per_stake.saturating_sub(self.paid_up_to);
		mul_div(self.stake.amount, gained, REWARD_SCALE).unwrap_or(0)
	}
}

/// Stake on its way back to its owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Chunk<AccountId> {
	/// The node that it was staked with. It can still be slashed for that node's offences.
	pub node: AccountId,
	/// How much.
	pub amount: Balance,
	/// The session in which unbonding began.
	pub since: SessionIndex,
	/// How many slashes of the node have been applied to it.
	pub slashes_seen: u32,
}

/// One slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SlashEntry {
	/// The session of the offence.
	pub session: SessionIndex,
	/// The part of each stake that was lost.
	pub fraction: Perbill,
}

/// The slashes of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SlashLog {
	/// How many there have been.
	pub count: u32,
	/// The session from which on the account may register again.
	pub chilled_until: SessionIndex,
	/// The last of them, oldest first.
	pub recent: BoundedVec<SlashEntry, ConstU32<SLASHES_KEPT>>,
}

impl SlashLog {
	/// Notes a slash, and forgets the oldest if there are too many.
	pub fn push(&mut self, entry: SlashEntry) {
		if self.recent.is_full() {
			self.recent.remove(0);
		}
		// There is room now.
		let _ = self.recent.try_push(entry);
		self.count = self.count.saturating_add(1);
	}

	/// What is left of a stake that began to unbond in session `since`, when `seen` slashes had been
	/// applied to it. It counted in elections until then, and so for sessions up to the next.
	pub fn remainder(&self, amount: Balance, since: SessionIndex, seen: u32) -> Balance {
		let kept = u32::try_from(self.recent.len()).unwrap_or(u32::MAX);
		let first = self.count.saturating_sub(kept);
		(first..)
			.zip(self.recent.iter())
			.filter(|(number, entry)| *number >= seen && entry.session <= since.saturating_add(1))
			.fold(amount, |left, (_, entry)| left.saturating_sub(entry.fraction.mul_ceil(left)))
	}
}

/// What happened in the present session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Progress {
	/// Its first block.
	pub first_block: u32,
	/// How many blocks have been noted in it.
	pub blocks: u32,
	/// The last block that was noted, in any session.
	pub last_noted: Option<u32>,
}

/// What a node was slashed for.
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
pub enum SlashReason {
	/// It signed two blocks for one parent and slot.
	DoubleBlock,
	/// It signed two packages for one parent, slot and group.
	DoublePackage,
	/// It signed two things where it may sign one.
	Equivocation,
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
