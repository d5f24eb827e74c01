//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config<I>, I: 'static = ()> {
		/// A deposit address was made.
		LockInRequested {
			/// Its number.
			index: DepositIndex,
			/// Who asked for it, and is credited.
			who: T::AccountId,
			/// The address as people write it.
			address: AddressText,
			/// Last block in which the owner means to deposit.
			deadline: u32,
		},
		/// A deposit was credited: mapped coins were minted.
		DepositCredited {
			/// The address that it went to.
			index: DepositIndex,
			/// Who was credited.
			who: T::AccountId,
			/// How much.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
		},
		/// A deposit below the minimum was witnessed: the coin is held, nothing was minted.
		DepositBelowMinimum {
			/// The address that it went to.
			index: DepositIndex,
			/// How much.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
		},
		/// A lock-out was asked for: mapped coins are locked.
		LockOutRequested {
			/// Its number.
			intent: IntentId,
			/// Who asked for it.
			who: T::AccountId,
			/// How much is locked.
			amount: Amount,
			/// Where the coins go.
			destination: Destination,
			/// Most that may be taken for the fee.
			max_fee: Amount,
		},
		/// A lock-out was cancelled: the mapped coins went back.
		LockOutCancelled {
			/// Its number.
			intent: IntentId,
			/// Whose it was.
			who: T::AccountId,
			/// How much went back.
			amount: Amount,
		},
		/// A lock-out was left behind when a batch was made, and goes to the end of the queue. Said once
		/// for each reason.
		LockOutSkipped {
			/// Its number.
			intent: IntentId,
			/// Why.
			reason: SkipReason,
		},
		/// A batch was made.
		BatchCreated {
			/// Its number.
			batch: BatchId,
			/// Its transaction.
			txid: [u8; 32],
			/// The lock-outs that it pays.
			intents: BoundedVec<IntentId, T::MaxBatchIntents>,
			/// What each of them pays for the fee.
			fee_each: Amount,
		},
		/// A batch could not be made; nothing was changed. It is tried again.
		BatchFailed {
			/// Why.
			error: DispatchError,
		},
		/// All signatures of a batch are there.
		BatchSigned {
			/// Its number.
			batch: BatchId,
			/// Its transaction.
			txid: [u8; 32],
		},
		/// A lock-out was paid: the mapped coins were burnt.
		LockOutSettled {
			/// Its number.
			intent: IntentId,
			/// Whose it was.
			who: T::AccountId,
			/// How much was burnt.
			amount: Amount,
			/// The transaction that paid it.
			txid: [u8; 32],
		},
		/// The transaction of a batch is confirmed.
		BatchSettled {
			/// Its number.
			batch: BatchId,
			/// Its transaction.
			txid: [u8; 32],
			/// How much was burnt.
			burnt: Amount,
		},
		/// A member witnessed something.
		Witnessed {
			/// The member.
			member: MemberId,
			/// What about.
			subject: Subject,
			/// How many members say exactly the same.
			votes: u32,
		},
		/// Enough members said the same, but it could not be acted on; nothing was changed. The votes
		/// stand, and it is tried again with the next vote.
		DecisionFailed {
			/// What about.
			subject: Subject,
			/// Why.
			error: DispatchError,
		},
		/// The parameters were set.
		ParametersSet {
			/// To what.
			parameters: Parameters,
		},
		/// What a unit of the coin is worth was set, in the smallest unit of the native token.
		PriceSet {
			/// The price. `None`: what groups hold is not capped.
			price: Option<u128>,
		},
		/// Directions were paused, or go on.
		PausedSet {
			/// Which are paused now.
			paused: PausedDirections,
		},
	}

	#[pallet::error]
	pub enum Error<T, I = ()> {
		/// This direction is paused. Try again when governance lets it go on.
		DirectionPaused,
		/// The group holds as much as its members' bonds allow. Try again when there is less, or another group is
		/// active.
		AboveCapacity,
		/// The key groups stand still, by a decision of governance or the committee. Try again when it is over.
		GroupPaused,
		/// No key group is active: there is no key to deposit to.
		NoActiveGroup,
		/// The key of the group could not be derived.
		KeyUnavailable,
		/// The address is not UTF-8, or cannot be read as an address of the external chain.
		AddressMalformed,
		/// The address belongs to another network of the external chain.
		AddressOfOtherNetwork,
		/// The address is of a kind that is not supported.
		AddressUnsupported,
		/// The deadline is not in the future.
		DeadlinePassed,
		/// The amount, less the highest fee, would be too small for an output. Lock out more.
		AmountTooSmall,
		/// The highest fee would not pay for a transaction of its own at the present fee rate.
		MaxFeeTooLow,
		/// The caller has fewer mapped coins than that.
		NotEnoughMappedCoins,
		/// The caller cannot pay the deposit in the native token that an address takes.
		AddressDepositUnpaid,
		/// Too many lock-outs are open. Try again when some are settled.
		TooManyOpenIntents,
		/// There is no such open lock-out.
		UnknownIntent,
		/// The lock-out belongs to another account.
		NotOwner,
		/// The lock-out is in a batch: it will be paid.
		AlreadyBatched,
		/// The member does not belong to the witnessing group.
		NotAWitness,
		/// The chain does not wait for this observation: it was decided, or this member said it already.
		ObservationNotWanted,
		/// There is no such deposit address.
		UnknownDepositAddress,
		/// An observed amount is zero.
		ZeroAmount,
		/// The batch is not signed in full.
		BatchNotSigned,
		/// The observed transaction is not that of the batch.
		WrongTransaction,
		/// The member has votes on too many undecided subjects.
		TooManyOpenVotes,
		/// There is no such batch.
		UnknownBatch,
		/// A coin is not in the ledger, or not free.
		CoinUnavailable,
		/// The external transaction could not be built.
		TemplateRejected,
		/// A parameter is out of its range.
		InvalidParameters,
		/// A number or an amount would overflow.
		Overflow,
	}
}
