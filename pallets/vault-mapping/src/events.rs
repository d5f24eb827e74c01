//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module. Amounts are in the asset's smallest unit.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config<I>, I: 'static = ()> {
		/// The vault was registered.
		VaultRegistered {
			/// Its chain id (EIP-155).
			chain_id: u64,
			/// The contract.
			address: Address,
			/// The group that has its key.
			group: GroupId,
			/// The key that it must have been deployed with: an x-coordinate.
			key: [u8; 32],
		},
		/// An asset is mapped.
		AssetRegistered {
			/// Its number among the mapped coins.
			asset: u32,
			/// The ERC-20, or zero for native coin.
			token: Address,
		},
		/// The limits of an asset were set.
		LimitsSet {
			/// The asset.
			asset: u32,
			/// To what.
			limits: Limits,
		},
		/// What a whole coin of an asset is worth was set, in the smallest unit of the native token.
		PriceSet {
			/// The asset.
			asset: u32,
			/// The price. `None`: it does not count for how much the group may hold.
			price: Option<u128>,
		},
		/// The parameters were set.
		ParametersSet {
			/// To what.
			parameters: Parameters,
		},
		/// Directions were paused, or go on.
		PausedSet {
			/// Of which asset. `None`: of all.
			asset: Option<u32>,
			/// Which are paused now.
			paused: PausedDirections,
		},
		/// The pallet paused both directions by itself.
		Halted {
			/// Why.
			reason: HaltReason,
		},
		/// Governance lets things go on after the pallet has paused by itself.
		Resumed,
		/// A deposit address was made.
		LockInRequested {
			/// The number of the request.
			index: DepositIndex,
			/// Who asked for it, and is credited.
			who: T::AccountId,
			/// The address, which takes every mapped asset.
			address: Address,
			/// Its salt, by which it is swept.
			salt: [u8; 32],
		},
		/// A deposit was credited: mapped coins were minted.
		DepositCredited {
			/// The request whose address it went to.
			index: DepositIndex,
			/// Who was credited.
			who: T::AccountId,
			/// The asset.
			asset: u32,
			/// How much.
			amount: u128,
			/// The log of the vault.
			event: EventId,
		},
		/// A deposit below the minimum was witnessed: the coins are held, nothing was minted.
		DepositBelowMinimum {
			/// The request whose address it went to.
			index: DepositIndex,
			/// The asset.
			asset: u32,
			/// How much.
			amount: u128,
			/// The log of the vault.
			event: EventId,
		},
		/// A deposit waits to be credited: it is more than the limits let through.
		DepositDelayed {
			/// The request whose address it went to.
			index: DepositIndex,
			/// The asset.
			asset: u32,
			/// How much.
			amount: u128,
			/// The log of the vault.
			event: EventId,
		},
		/// A lock-out was asked for: mapped coins are locked.
		LockOutRequested {
			/// Its number.
			intent: IntentId,
			/// Who asked for it.
			who: T::AccountId,
			/// The asset.
			asset: u32,
			/// How much is paid.
			amount: u128,
			/// Who is paid.
			to: Address,
			/// Most that may be taken for the fee, in native coin.
			max_fee: u128,
		},
		/// A lock-out was cancelled: the mapped coins went back.
		LockOutCancelled {
			/// Its number.
			intent: IntentId,
		},
		/// A lock-out was left behind when a batch was made, and goes to the end of the queue. Said once for each
		/// reason.
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
			/// Its lock-outs, in the order of the payments.
			intents: Vec<IntentId>,
			/// What whoever brings it earns, in native coin.
			fee: u128,
			/// Until when it can be executed, in seconds since 1970.
			deadline: u64,
		},
		/// A batch or an order could not be made; nothing was changed. It is tried again.
		WorkFailed {
			/// Why.
			error: DispatchError,
		},
		/// A batch is signed: anybody may bring it to the vault.
		BatchSigned {
			/// Its number.
			batch: BatchId,
		},
		/// The vault executed a batch.
		BatchExecuted {
			/// Its number.
			batch: BatchId,
			/// The fee that was paid, in native coin.
			fee: u128,
			/// The transaction.
			transaction: [u8; 32],
		},
		/// A batch was not executed, and never can be: its lock-outs wait for another one.
		BatchExpired {
			/// Its number.
			batch: BatchId,
		},
		/// A lock-out was paid: the mapped coins were burnt, and what was not taken for the fee went back.
		LockOutSettled {
			/// Its number.
			intent: IntentId,
			/// Whose it was.
			who: T::AccountId,
			/// What was taken for the fee, in native coin.
			fee: u128,
		},
		/// The payment of a lock-out failed. The mapped coins stay locked: the payee can claim it on the vault, anybody
		/// can retry it, and its owner can recall it here.
		PayoutFailed {
			/// Number of the lock-out.
			intent: IntentId,
			/// The batch.
			batch: BatchId,
			/// Place of the payment in the batch.
			index: u32,
			/// What was taken for the fee, in native coin.
			fee: u128,
		},
		/// A payment that had failed was made: the mapped coins were burnt.
		PayoutClaimed {
			/// The batch.
			batch: BatchId,
			/// Place of the payment in the batch.
			index: u32,
			/// Number of the lock-out.
			intent: IntentId,
		},
		/// The owner wants a payment that has failed back: the group is asked to tell the vault.
		RecallRequested {
			/// The batch.
			batch: BatchId,
			/// Place of the payment in the batch.
			index: u32,
		},
		/// The vault makes a payment no more that had failed: the mapped coins went back to the owner.
		PayoutRecalled {
			/// The batch.
			batch: BatchId,
			/// Place of the payment in the batch.
			index: u32,
			/// Number of the lock-out.
			intent: IntentId,
		},
		/// Something is to be told the vault.
		OrderQueued {
			/// What.
			call: VaultCall,
		},
		/// The next order was made, or got another deadline.
		OrderCreated {
			/// Its number.
			nonce: u64,
			/// What it says.
			call: VaultCall,
			/// Until when it can be executed, in seconds since 1970.
			deadline: u64,
		},
		/// The next order is signed: anybody may bring it to the vault.
		OrderSigned {
			/// Its number.
			nonce: u64,
		},
		/// The vault executed an order.
		OrderExecuted {
			/// Its number.
			nonce: u64,
			/// What it says.
			call: VaultCall,
		},
		/// An order has become pointless: its payment was made. Its number is free for another one.
		OrderDropped {
			/// What it would have said.
			call: VaultCall,
		},
		/// A member reported the gas price of the vault's chain.
		GasPriceReported {
			/// The member.
			member: MemberId,
			/// For a unit of gas, in the smallest unit of native coin.
			price: u64,
		},
		/// A deposit is gone.
		DepositGone {
			/// The log that is not there any more.
			event: EventId,
			/// The asset.
			asset: u32,
			/// How much it was.
			amount: u128,
			/// How much of the asset is missing in all now.
			deficit: u128,
		},
		/// A deposit that was gone is back.
		DepositBack {
			/// The log.
			event: EventId,
			/// The asset.
			asset: u32,
			/// How much it is.
			amount: u128,
			/// How much of the asset is missing in all now.
			deficit: u128,
		},
		/// Mapped coins were burnt for what is missing.
		DeficitCovered {
			/// Whose they were.
			who: T::AccountId,
			/// The asset.
			asset: u32,
			/// How many.
			amount: u128,
			/// How much is missing in all now.
			deficit: u128,
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
		/// Enough members said the same, but it could not be acted on; nothing was changed. The votes stand, and it is
		/// tried again with the next vote.
		DecisionFailed {
			/// What about.
			subject: Subject,
			/// Why.
			error: DispatchError,
		},
	}

	#[pallet::error]
	pub enum Error<T, I = ()> {
		/// Governance has not registered a vault yet.
		NoVault,
		/// There is a vault already. It cannot be exchanged.
		VaultRegistered,
		/// The key of the group could not be derived, or the vault cannot hold it.
		KeyUnavailable,
		/// The address is that of no contract: it is one of those up to 0xffff.
		BadContract,
		/// That mapped coin exists already, or the token is mapped already.
		AssetRegistered,
		/// There are as many mapped assets as there may be.
		TooManyAssets,
		/// No such asset is mapped here.
		UnknownAsset,
		/// Native coin is not mapped yet: fees are paid in it.
		NoNativeAsset,
		/// Name or symbol is empty or not UTF-8, or there are more than 36 decimals.
		BadMetadata,
		/// A parameter or limit is out of its range.
		InvalidParameters,
		/// This direction is paused, by governance or because a deposit is gone. Try again when governance lets it go
		/// on.
		DirectionPaused,
		/// The pallet has not paused by itself: there is nothing to resume.
		NotHalted,
		/// The coins held do not cover what was issued.
		ReservesShort,
		/// Nothing of that asset is missing.
		NoDeficit,
		/// The key group stands still, by a decision of governance or the committee. Try again when it is over.
		GroupPaused,
		/// The group holds as much as its members' bonds allow. Try again when there is less.
		AboveCapacity,
		/// The caller cannot pay the deposit in the native token that an address takes.
		AddressDepositUnpaid,
		/// There is no such deposit address.
		UnknownDepositAddress,
		/// No such deposit waits for anything.
		NothingToClaim,
		/// So much has come in that it has to wait. Try again later.
		Throttled,
		/// The address is not UTF-8, or cannot be read as an address of the vault's chain.
		AddressMalformed,
		/// Coins that are paid to this address would have no owner.
		AddressUnsupported,
		/// The amount is below the minimum that governance has set.
		BelowMinimum,
		/// The amount is above the maximum that governance has set. Ask for several smaller ones.
		AboveMaximum,
		/// The highest fee would not pay for a batch of its own at the present gas price.
		MaxFeeTooLow,
		/// The fee of a batch of its own would be above what the vault pays. Try again when gas is cheaper.
		FeeAboveCeiling,
		/// The caller has fewer mapped coins than that, or too few of native coin for the highest fee.
		NotEnoughMappedCoins,
		/// Too many lock-outs are open. Try again when some are settled.
		TooManyOpenIntents,
		/// There is no such open lock-out.
		UnknownIntent,
		/// The lock-out belongs to another account.
		NotOwner,
		/// The lock-out is in a batch: it will be paid, or wait again when that has expired.
		AlreadyBatched,
		/// There is no such batch.
		UnknownBatch,
		/// No such payment has failed, or it was settled since.
		UnknownPayout,
		/// The group was asked already to take that payment back.
		AlreadyRecalled,
		/// So much waits to be told the vault already. Try again later.
		TooManyOrders,
		/// Only pauses and tokens can be ordered by governance.
		OrderNotSupported,
		/// The batch could not be built.
		TemplateRejected,
		/// The member does not belong to the witnessing group.
		NotAWitness,
		/// The chain does not wait for this observation: it was decided, or this member said it already.
		ObservationNotWanted,
		/// The deadline of the batch is not over.
		NotExpired,
		/// An observed amount or gas price is zero.
		ZeroAmount,
		/// What was observed of a batch cannot be: it has another fee, or fewer payments.
		WrongOutcome,
		/// The member has votes on too many undecided subjects.
		TooManyOpenVotes,
		/// A number or an amount would overflow.
		Overflow,
	}
}
