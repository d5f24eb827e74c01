//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Plain coins became a slice without end, from now on.
		Deposited { coin: Coin, who: T::AccountId, amount: Balance },
		/// A slice without end, from now on, became plain coins.
		Withdrawn { coin: Coin, who: T::AccountId, amount: Balance },
		/// A slice changed hands.
		SliceTransferred {
			coin: Coin,
			from: T::AccountId,
			to: T::AccountId,
			amount: Balance,
			/// Its first second.
			start: Seconds,
			/// The first second after it.
			end: Seconds,
		},
		/// A spender may move so much of another's slices.
		Approved { coin: Coin, owner: T::AccountId, spender: T::AccountId, amount: Balance },
		/// An account's list was freed of the past; it has so many boundaries.
		Poked { coin: Coin, who: T::AccountId, boundaries: u32 },
		/// The owner of a title says how much FSN a user may bond, until when, at the owner's risk.
		Consented { owner: T::AccountId, user: T::AccountId, amount: Balance, until: Seconds },
		/// Borrowed FSN was bonded.
		Bonded { pledge: PledgeId, details: Pledge<T::AccountId> },
		/// Bonded FSN begins to unbond.
		Unbonding { pledge: PledgeId },
		/// What a pledge has earned was paid to its user.
		Rewarded { pledge: PledgeId, user: T::AccountId, amount: Balance },
		/// Bonded FSN came back. What is missing was slashed.
		Settled { pledge: PledgeId, amount: Balance, missing: Balance },
		/// The chain could not unbond or settle a pledge, and tries again.
		Postponed { pledge: PledgeId, error: DispatchError },
		/// The chain does not look after a pledge any more: its agenda is full. Call `unbond` and `settle`.
		Unattended { pledge: PledgeId },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// An amount of zero.
		ZeroAmount,
		/// There is no such mapped coin.
		UnknownCoin,
		/// The account has fewer plain coins than that.
		NotEnoughPlainCoins,
		/// The account does not have that much at every instant of the interval. It may be lent, or end earlier.
		NotEnough,
		/// The interval begins in the past. Give 0 for now.
		StartInPast,
		/// The interval has ended already.
		EndInPast,
		/// The interval ends before it begins, or when it begins.
		EmptyInterval,
		/// A use that is lent or given back has an end. To give the coin away, transfer the slice without end.
		NeedsEnd,
		/// The receiver is the account itself.
		ToSelf,
		/// The receiver will not have that much when the slice ends: it is not its to be given back to.
		NotNext,
		/// The list would have too many boundaries. Merge slices, move some away, or wait until some have ended.
		TooManyBoundaries,
		/// The receiver's list is too long for others to add to. The receiver can fetch the slice itself.
		ReceiverFull,
		/// The caller cannot pay the deposit in FSN for what is stored.
		DepositUnpaid,
		/// The caller may not move that much of the account's slices. The account has to approve it.
		NotAllowed,
		/// Nothing of the list has ended.
		NothingEnded,
		/// The owner of the title has not consented to bond that much, or not for so long.
		NoConsent,
		/// The use ends too soon: unbonding would take longer.
		TermTooShort,
		/// There is no such pledge.
		UnknownPledge,
		/// Only the user may end the pledge so early.
		NotUser,
		/// The stake is not back yet. Unbond it, and wait.
		StillBonded,
		/// Too many pledges end at that time. Take an end some hours earlier or later.
		AgendaFull,
		/// An amount would overflow.
		Overflow,
	}
}
