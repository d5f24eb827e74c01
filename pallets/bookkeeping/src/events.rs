//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account has become a candidate.
		Registered { node: T::AccountId, bond: Balance, commission: Perbill },
		/// A candidate does not stand for election any more, and leaves.
		Leaving { node: T::AccountId },
		/// A candidate's stake begins to unbond.
		Dissolving { node: T::AccountId },
		/// An account is no candidate any more.
		Left { node: T::AccountId },
		/// A candidate has made room for another one, with a larger bond.
		Outbid { node: T::AccountId, by: T::AccountId },
		/// A candidate was absent too often, and does not stand for election any more.
		Kicked { node: T::AccountId },
		/// A candidate that was kicked stands for election again.
		Rejoined { node: T::AccountId },
		/// A candidate has added to its bond, which is now `bond`.
		BondExtended { node: T::AccountId, bond: Balance },
		/// A candidate will have this commission, from a session on.
		CommissionSet { node: T::AccountId, commission: Perbill, from: SessionIndex },
		/// An account has delegated more to a node.
		Delegated { who: T::AccountId, node: T::AccountId, amount: Balance },
		/// A delegation has made room for a larger one.
		Displaced { who: T::AccountId, node: T::AccountId },
		/// Stake with a node unbonds, and can be withdrawn from session `available` on.
		Unbonding {
			who: T::AccountId,
			node: T::AccountId,
			amount: Balance,
			available: SessionIndex,
		},
		/// Stake is back with its owner.
		Withdrawn { who: T::AccountId, amount: Balance },
		/// Rewards were paid out.
		Claimed { who: T::AccountId, amount: Balance },
		/// A block distributed `amount`, of which `treasury` was no node's.
		BlockRewarded { assembler: T::AccountId, amount: Balance, treasury: Balance },
		/// These many nodes were elected for a session.
		SessionPlanned { session: SessionIndex, nodes: u32 },
		/// Nobody could be elected for a session: the present nodes stay.
		NobodyElected { session: SessionIndex },
		/// A node was slashed for an offence in a session; `taken` of its own stake was lost at once.
		Slashed {
			node: T::AccountId,
			session: SessionIndex,
			fraction: Perbill,
			reason: SlashReason,
			taken: Balance,
		},
		/// An account has lost stake for a node's offence.
		StakeLost { who: T::AccountId, node: T::AccountId, amount: Balance },
		/// The invulnerables were chosen.
		InvulnerablesSet { nodes: Vec<T::AccountId> },
		/// The number of nodes that are elected was set.
		MaxNodesSet { nodes: u32 },
		/// The least bond was set.
		MinBondSet { bond: Balance },
		/// The bounds of commissions were set.
		CommissionBoundsSet { min: Perbill, max: Perbill },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a candidate already; use `bond_extra` to add to its bond.
		AlreadyCandidate,
		/// The account is no candidate.
		NotCandidate,
		/// The account has no session keys; set them first.
		KeysNotRegistered,
		/// The own bond is, or would be, below the least bond.
		BondTooSmall,
		/// The commission is out of bounds.
		CommissionOutOfBounds,
		/// There are as many candidates as may be, and none that the bond could displace; see `evict`.
		TooManyCandidates,
		/// The account was slashed, and has to wait before it may register again.
		Chilled,
		/// Too few nodes would be left to be elected.
		TooFewNodes,
		/// The candidate was not kicked.
		NotIdle,
		/// The candidate does not stand for election.
		NotStanding,
		/// The candidate is leaving: its stake unbonds by itself.
		IsLeaving,
		/// The candidate may stay: there is room, or it stands for election with enough bond.
		NotEvictable,
		/// The amount is zero.
		NothingToDo,
		/// A node adds to its own stake with `bond_extra`.
		SelfDelegation,
		/// The delegation is, or what is left of it would be, below the least delegation.
		DelegationTooSmall,
		/// The account delegates to as many nodes as it may.
		TooManyDelegations,
		/// The node has as many delegations as it may, none of which is less than this one by a tenth.
		NodeIsFull,
		/// The account has no stake with the node.
		NoStake,
		/// The account has less at stake with the node.
		NotEnoughStake,
		/// The account has too many chunks; withdraw those that are due.
		TooManyChunks,
		/// No chunk is due.
		NothingDue,
		/// There is nothing to claim.
		NothingToClaim,
		/// The node was slashed for that session as often as may be.
		AlreadySlashed,
		/// The session of the offence has not begun.
		FutureOffence,
		/// An invulnerable stands twice in the list.
		DuplicateInvulnerable,
		/// More nodes than there may be candidates, or more with the invulnerables than there are seats.
		TooManyNodes,
		/// The lowest commission is above the highest.
		BoundsReversed,
	}
}
