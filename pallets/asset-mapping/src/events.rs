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
			/// Until when deposits are credited, in seconds since 1970.
			deadline: u32,
		},
		/// A deposit address was closed. What is deposited there from now on is lost.
		LockInClosed {
			/// Its number.
			index: DepositIndex,
			/// Whose it was.
			who: T::AccountId,
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
		/// A deposit waits to be credited: so much has come in of late.
		DepositDelayed {
			/// The address that it went to.
			index: DepositIndex,
			/// How much.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
		},
		/// A deposit cannot be credited and will be paid back.
		RefundQueued {
			/// The address that it went to.
			index: DepositIndex,
			/// The intent that pays it back.
			intent: IntentId,
			/// How much, of which the fee is taken.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
			/// Why.
			reason: RefundReason,
		},
		/// A deposit cannot be credited and is to be paid back, but too many refunds are open.
		RefundDelayed {
			/// The address that it went to.
			index: DepositIndex,
			/// How much.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
			/// Why it is not credited.
			reason: RefundReason,
		},
		/// A deposit cannot be credited, and does not pay for being paid back: the coin is held.
		RefundTooSmall {
			/// The address that it went to.
			index: DepositIndex,
			/// How much.
			amount: Amount,
			/// The output that holds it.
			outpoint: OutPoint,
			/// Why it is not credited.
			reason: RefundReason,
		},
		/// A deposit went into the reserves.
		ReserveDeposited {
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
		/// A lock-out (or refund) was left behind when a batch was made, and goes to the end of the queue, but for
		/// one that waits for the throttle. Said once for each reason.
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
		/// Another attempt at a batch was made, with a higher fee.
		BatchReplaced {
			/// The batch.
			batch: BatchId,
			/// Number of the attempt.
			attempt: AttemptIndex,
			/// Its transaction.
			txid: [u8; 32],
			/// What each of the lock-outs that it pays pays for the fee.
			fee_each: Amount,
		},
		/// A lock-out does not allow the fee of a new attempt at its batch, which does not pay it. It is paid if an
		/// earlier attempt is confirmed, and waits for another batch if this one is.
		LockOutLeftOut {
			/// Its number.
			intent: IntentId,
			/// The batch.
			batch: BatchId,
			/// Number of the attempt.
			attempt: AttemptIndex,
		},
		/// A lock-out was not paid by its batch, and waits for another one, before all others.
		LockOutReturned {
			/// Its number.
			intent: IntentId,
		},
		/// The transaction of a batch is not confirmed for long, and pays less than others do now, but no other
		/// can take its place. Said once for each reason.
		BatchStuck {
			/// The batch.
			batch: BatchId,
			/// Why.
			reason: StuckReason,
		},
		/// Governance gave up a batch whose coin is gone: its lock-outs wait for another one.
		BatchGivenUp {
			/// The batch.
			batch: BatchId,
		},
		/// A batch could not be made or replaced; nothing was changed. It is tried again.
		BatchFailed {
			/// Why.
			error: DispatchError,
		},
		/// All signatures of an attempt at a batch are there.
		BatchSigned {
			/// The batch.
			batch: BatchId,
			/// Number of the attempt.
			attempt: AttemptIndex,
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
		/// A deposit was paid back.
		RefundSettled {
			/// Number of the intent.
			intent: IntentId,
			/// Whose deposit it was.
			who: T::AccountId,
			/// How much it was, the fee included.
			amount: Amount,
			/// The transaction that paid it.
			txid: [u8; 32],
		},
		/// The transaction of an attempt at a batch is confirmed.
		BatchSettled {
			/// The batch.
			batch: BatchId,
			/// Number of the attempt.
			attempt: AttemptIndex,
			/// Its transaction.
			txid: [u8; 32],
			/// How much was burnt.
			burnt: Amount,
		},
		/// A member reported the fee rate of the external chain.
		FeeRateReported {
			/// The member.
			member: MemberId,
			/// In the external chain's smallest unit for one virtual byte.
			rate: u64,
		},
		/// A coin is gone: it left the ledger.
		CoinGone {
			/// The output that held it.
			outpoint: OutPoint,
			/// How much it was.
			amount: Amount,
			/// How much is missing in all now.
			deficit: u128,
		},
		/// A coin that was gone is back in the ledger.
		CoinBack {
			/// The output that holds it.
			outpoint: OutPoint,
			/// How much it is.
			amount: Amount,
			/// How much is missing in all now.
			deficit: u128,
		},
		/// The coins that are held do not cover what was issued and is owed, and nobody has said that a coin is gone.
		ReservesShort {
			/// How much is missing that was not known to be.
			missing: u128,
			/// How much is missing in all now.
			deficit: u128,
		},
		/// Mapped coins were burnt for what is missing.
		DeficitCovered {
			/// Whose they were.
			who: T::AccountId,
			/// How many.
			amount: Amount,
			/// How much is missing in all now.
			deficit: u128,
		},
		/// The pallet paused both directions by itself.
		Halted {
			/// Why.
			reason: HaltReason,
		},
		/// Governance lets things go on after the pallet has paused by itself.
		Resumed,
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
		/// This direction is paused, by governance or because a coin is gone. Try again when governance lets it go
		/// on.
		DirectionPaused,
		/// The pallet has not paused by itself: there is nothing to resume.
		NotHalted,
		/// The coins held do not cover what was issued.
		ReservesShort,
		/// Nothing is missing.
		NoDeficit,
		/// The amount is below the minimum that governance has set.
		BelowMinimum,
		/// The amount is above the maximum that governance has set. Ask for several smaller ones.
		AboveMaximum,
		/// So much has passed of late that it has to wait. Try again later.
		Throttled,
		/// The fee of a transaction of its own would be above what governance allows for that amount. Lock out more,
		/// or try again when fees are lower.
		FeeAboveCeiling,
		/// The intent pays back a deposit: it cannot be cancelled.
		IsRefund,
		/// The deadline and the grace period after it are not over yet.
		StillOpen,
		/// Something was deposited to the address: it stays open.
		AddressUsed,
		/// No such deposit waits for anything.
		NothingToClaim,
		/// All coins that the batch spends are there: it can be confirmed.
		BatchNotBroken,
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
		/// The deadline is not in the future. It is a time, in seconds since 1970.
		DeadlinePassed,
		/// The amount, less the highest fee, would be too small for an output. Lock out more.
		AmountTooSmall,
		/// The highest fee would not pay for a transaction of its own at the present fee rate.
		MaxFeeTooLow,
		/// The caller has fewer mapped coins than that.
		NotEnoughMappedCoins,
		/// The caller cannot pay the deposit in the native token that an address takes.
		AddressDepositUnpaid,
		/// The caller cannot pay the deposit in the native token that a lock-out takes while many are open. Try again
		/// when there are fewer.
		LockOutDepositUnpaid,
		/// Too many lock-outs, or refunds, are open. Try again when some are settled.
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
		/// An observed amount or fee rate is zero.
		ZeroAmount,
		/// The attempt at the batch is not signed in full.
		BatchNotSigned,
		/// The observed transaction is not that of the attempt at the batch.
		WrongTransaction,
		/// The member has votes on too many undecided subjects.
		TooManyOpenVotes,
		/// There is no such batch, or no such attempt at it.
		UnknownBatch,
		/// A coin is not in the ledger, or not free.
		CoinUnavailable,
		/// The coin of the deposit is gone. Nothing is given for it unless it comes back: try again then.
		DepositGone,
		/// The external transaction could not be built.
		TemplateRejected,
		/// A parameter is out of its range.
		InvalidParameters,
		/// A number or an amount would overflow.
		Overflow,
	}
}
