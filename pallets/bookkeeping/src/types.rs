//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use frame_support::{
	pallet_prelude::Get,
	traits::{fungible::Credit, ConstU32},
	BoundedVec,
};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

pub use fusion_bookkeeping_primitives::{
	Balance, DelegationView, EmissionView, NodeState, NodeView, SessionIndex, UnbondingView,
};

use crate::{
	pallet::Config,
	stake::{mul_div, Stake},
};

/// What is taken from somebody, and not yet given to anybody.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;
/// The delegations to one node, in the order in which they came.
pub type Backers<T> =
	BoundedVec<Backer<<T as frame_system::Config>::AccountId>, <T as Config>::MaxDelegations>;
/// The nodes of one session with their weights, in ascending order of their accounts.
pub type Elected<T> = BoundedVec<(<T as frame_system::Config>::AccountId, u64), MaxElected<T>>;

/// How often a node is slashed for offences of one session at most. Many are usually one mistake; but whoever
/// has committed one shall not have the next ones for nothing.
pub const OFFENCES_PER_SESSION: u32 = 3;
/// Slashes of one account that are remembered one by one. An offender is elected for two more sessions at
/// most, so these are those of two spells in office, and some.
pub const SLASHES_KEPT: u32 = 8 * OFFENCES_PER_SESSION;
/// Candidates that may be dissolving beside [`Config::MaxCandidates`] others: they have left their places to
/// larger bonds, and are still there until their delegations are ended.
pub const DISSOLVING_BESIDE: u32 = 8;
/// Delegations to dissolving nodes that are ended in one block.
pub const STEPS_PER_BLOCK: u32 = 8;
/// One unit of reward per unit of stake, in the accumulator [`Candidate::reward_per_stake`].
pub const REWARD_SCALE: u128 = 1 << 96;

/// Most nodes of a session.
pub struct MaxElected<T>(core::marker::PhantomData<T>);

impl<T: Config> Get<u32> for MaxElected<T> {
	fn get() -> u32 {
		T::MaxCandidates::get().saturating_add(T::MaxInvulnerables::get()).min(T::MaxSeats::get())
	}
}

/// Most candidates, with those that are dissolving.
pub struct MostCandidates<T>(core::marker::PhantomData<T>);

impl<T: Config> Get<u32> for MostCandidates<T> {
	fn get() -> u32 {
		T::MaxCandidates::get().saturating_add(DISSOLVING_BESIDE)
	}
}

/// A package of a block, as it is paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work<AccountId> {
	/// Who packaged.
	pub packager: AccountId,
	/// The weight of that work, in any unit: what it has of the emission, and which part of its fees.
	pub weight: u64,
	/// The numbers of its transactions among the block's extrinsics: what they have paid says what it has of
	/// the fees. Empty if that is not known, or if it has none.
	pub extrinsics: Range<u32>,
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
	/// All that is staked with it, whatever its age.
	pub fn staked(&self) -> Balance {
		self.own.amount.saturating_add(self.delegated)
	}

	/// Takes in a reward: the commission and the own bond's part go to the operator, the rest to the
	/// delegators. Costs the same however many there are.
	pub fn credit(&mut self, amount: Balance, commission: Perbill) {
		let fee = commission.mul_floor(amount);
		let shared = amount.saturating_sub(fee);
		let total = self.staked();
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
