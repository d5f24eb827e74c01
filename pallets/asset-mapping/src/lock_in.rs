//! Lock-in: deposit addresses, and what a witnessed deposit does.

use crate::{
	ext, AccountIdOf, AddressKind, Config, DepositAddress, DepositAddressOf, DepositAddresses,
	DepositOutcome, DepositRecord, Deposits, DepositsByDestination, Error, Event, GoneCoins,
	Intent, IntentKind, NativeBalanceOf, NextDeposit, Owed, Pallet, Params, RefundReason, Utxo,
};
use frame_support::{
	ensure,
	traits::{Get, UnixTime},
};
use fusion_asset_mapping_primitives::{
	chain::{AddressError, ExternalChain},
	AddressText, Amount, DepositIndex, Destination, OutPoint,
};
use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Makes a deposit address for `who`; gives its number and its text. See
	/// [`Call::request_lock_in`](crate::Call::request_lock_in).
	pub fn do_request_lock_in(
		who: AccountIdOf<T>,
		refund_address: &[u8],
		deadline: u32,
	) -> Result<(DepositIndex, AddressText), DispatchError> {
		ensure!(!Self::paused().lock_in, Error::<T, I>::DirectionPaused);
		ensure!(u64::from(deadline) > T::Time::now().as_secs(), Error::<T, I>::DeadlinePassed);
		let refund = Self::parse_address(refund_address)?;
		let group = ext::keys::active::<T, I>().ok_or(Error::<T, I>::NoActiveGroup)?;
		ensure!(T::KeyGroups::accepts_work(group), Error::<T, I>::GroupPaused);
		ensure!(Self::has_room(group), Error::<T, I>::AboveCapacity);
		Self::add_address(who, AddressKind::Credit, refund, deadline)
	}

	/// Makes an address whose deposits go into the reserves.
	pub(crate) fn do_request_reserve_address() -> Result<(DepositIndex, AddressText), DispatchError>
	{
		Self::add_address(
			ext::assets::vault::<T, I>(),
			AddressKind::Reserve,
			Destination::default(),
			u32::MAX,
		)
	}

	fn add_address(
		who: AccountIdOf<T>,
		kind: AddressKind,
		refund: Destination,
		deadline: u32,
	) -> Result<(DepositIndex, AddressText), DispatchError> {
		let group = ext::keys::active::<T, I>().ok_or(Error::<T, I>::NoActiveGroup)?;
		let index = NextDeposit::<T, I>::get();
		let next = index.checked_add(1).ok_or(Error::<T, I>::Overflow)?;
		let output_key = ext::keys::output_key::<T, I>(group, &Self::deposit_path(index))?;
		let destination = T::Chain::destination(&output_key);
		let address = Self::address_text(&destination).ok_or(Error::<T, I>::KeyUnavailable)?;
		// Paths differ, so keys do, but for a break of the hash: then two owners must not share one.
		ensure!(
			!DepositsByDestination::<T, I>::contains_key(&destination),
			Error::<T, I>::KeyUnavailable
		);
		let held = match kind {
			AddressKind::Credit => T::AddressDeposit::get(),
			AddressKind::Reserve => NativeBalanceOf::<T, I>::zero(),
		};
		ext::native::hold_address_deposit::<T, I>(&who, held)?;

		NextDeposit::<T, I>::put(next);
		DepositsByDestination::<T, I>::insert(&destination, index);
		let made = DepositAddress {
			who: who.clone(),
			kind,
			group,
			output_key,
			destination,
			refund,
			deadline,
			deposits: 0,
			held,
		};
		DepositAddresses::<T, I>::insert(index, made);
		Self::deposit_event(Event::LockInRequested {
			index,
			who,
			address: address.clone(),
			deadline,
		});
		Ok((index, address))
	}

	/// Closes an address that nothing was deposited to. See
	/// [`Call::close_lock_in`](crate::Call::close_lock_in).
	pub fn do_close_lock_in(who: &AccountIdOf<T>, index: DepositIndex) -> DispatchResult {
		let address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		ensure!(address.who == *who, Error::<T, I>::NotOwner);
		ensure!(address.deposits == 0, Error::<T, I>::AddressUsed);
		// Members are silent meanwhile: something may have come.
		ensure!(!Self::paused().lock_in, Error::<T, I>::DirectionPaused);
		let over = u64::from(address.deadline).saturating_add(Params::<T, I>::get().grace.into());
		ensure!(T::Time::now().as_secs() > over, Error::<T, I>::StillOpen);
		ext::native::release_address_deposit::<T, I>(who, address.held)?;
		DepositsByDestination::<T, I>::remove(&address.destination);
		DepositAddresses::<T, I>::remove(index);
		Self::deposit_event(Event::LockInClosed { index, who: address.who });
		Ok(())
	}

	/// Enough members witnessed the deposit: the coin enters the ledger, and the deposit is remembered and is
	/// credited, refunded or kept.
	pub(crate) fn accept_deposit(
		outpoint: OutPoint,
		index: DepositIndex,
		amount: Amount,
		height: u32,
		time: u32,
	) -> DispatchResult {
		ensure!(!Deposits::<T, I>::contains_key(outpoint), Error::<T, I>::ObservationNotWanted);
		let mut address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		address.deposits = address.deposits.saturating_add(1);
		DepositAddresses::<T, I>::insert(index, &address);
		let coin = Utxo {
			amount,
			group: address.group,
			path: Self::deposit_path(index),
			output_key: address.output_key,
			height,
			episode: 0,
			reserved: None,
		};
		Self::add_coin(outpoint, coin)?;

		let parameters = Params::<T, I>::get();
		let outcome = if address.kind == AddressKind::Reserve {
			Self::reduce_deficit();
			Self::deposit_event(Event::ReserveDeposited { index, amount, outpoint });
			DepositOutcome::Reserve
		} else if amount < parameters.minimum_deposit {
			Self::reduce_deficit();
			Self::deposit_event(Event::DepositBelowMinimum { index, amount, outpoint });
			DepositOutcome::BelowMinimum
		} else if time > address.deadline {
			Self::refund(index, &address, outpoint, amount, RefundReason::Late)?
		} else if parameters.maximum_deposit.is_some_and(|most| amount > most) {
			Self::refund(index, &address, outpoint, amount, RefundReason::AboveMaximum)?
		} else if amount > Self::inflow_room() {
			Self::owe(amount)?;
			Self::deposit_event(Event::DepositDelayed { index, amount, outpoint });
			DepositOutcome::Delayed
		} else {
			Self::credit(index, &address, outpoint, amount)?
		};
		Deposits::<T, I>::insert(outpoint, DepositRecord { index, amount, height, outcome });
		Ok(())
	}

	/// Does what could not be done for a deposit when it came. See
	/// [`Call::claim_deposit`](crate::Call::claim_deposit).
	pub fn do_claim_deposit(outpoint: OutPoint) -> DispatchResult {
		ensure!(!Self::paused().lock_in, Error::<T, I>::DirectionPaused);
		let mut record = Deposits::<T, I>::get(outpoint).ok_or(Error::<T, I>::NothingToClaim)?;
		// It is still owed, for it may come back. Nothing is given for what may never come.
		ensure!(!GoneCoins::<T, I>::contains_key(outpoint), Error::<T, I>::DepositGone);
		let (index, amount) = (record.index, record.amount);
		let address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		let owed = Owed::<T, I>::get().checked_sub(amount.into());
		record.outcome = match record.outcome {
			DepositOutcome::Delayed => {
				ensure!(amount <= Self::inflow_room(), Error::<T, I>::Throttled);
				Owed::<T, I>::put(owed.ok_or(Error::<T, I>::Overflow)?);
				Self::credit(index, &address, outpoint, amount)?
			},
			DepositOutcome::RefundDelayed(reason) => {
				Owed::<T, I>::put(owed.ok_or(Error::<T, I>::Overflow)?);
				let outcome = Self::refund(index, &address, outpoint, amount, reason)?;
				// Anybody may call this, and must not choose a time when it is too small.
				ensure!(
					matches!(outcome, DepositOutcome::Refunding(_)),
					Error::<T, I>::TooManyOpenIntents
				);
				outcome
			},
			_ => return Err(Error::<T, I>::NothingToClaim.into()),
		};
		Deposits::<T, I>::insert(outpoint, record);
		Ok(())
	}

	/// Mints to the owner of the address.
	fn credit(
		index: DepositIndex,
		address: &DepositAddressOf<T, I>,
		outpoint: OutPoint,
		amount: Amount,
	) -> Result<DepositOutcome, DispatchError> {
		let who = address.who.clone();
		ext::assets::mint::<T, I>(&who, amount)?;
		Self::note_inflow(amount);
		Self::deposit_event(Event::DepositCredited { index, who, amount, outpoint });
		Ok(DepositOutcome::Credited)
	}

	/// Pays a deposit back, or keeps it if it does not pay for that.
	fn refund(
		index: DepositIndex,
		address: &DepositAddressOf<T, I>,
		outpoint: OutPoint,
		amount: Amount,
		reason: RefundReason,
	) -> Result<DepositOutcome, DispatchError> {
		let max_fee = amount.saturating_sub(T::Chain::dust_limit(&address.refund));
		if max_fee < Self::lone_fee(&address.refund)? {
			Self::reduce_deficit();
			Self::deposit_event(Event::RefundTooSmall { index, amount, outpoint, reason });
			return Ok(DepositOutcome::TooSmallToRefund);
		}
		Self::owe(amount)?;
		if !Self::has_place(IntentKind::Refund) {
			Self::deposit_event(Event::RefundDelayed { index, amount, outpoint, reason });
			return Ok(DepositOutcome::RefundDelayed(reason));
		}
		let intent = Self::queue_intent(Intent {
			who: address.who.clone(),
			kind: IntentKind::Refund,
			amount,
			destination: address.refund.clone(),
			max_fee,
			deposit: Some(outpoint),
			batch: None,
			skipped: None,
		})?;
		Self::deposit_event(Event::RefundQueued { index, intent, amount, outpoint, reason });
		Ok(DepositOutcome::Refunding(intent))
	}

	/// So much belongs to somebody without a mapped coin.
	fn owe(amount: Amount) -> DispatchResult {
		let owed = Owed::<T, I>::get().checked_add(amount.into()).ok_or(Error::<T, I>::Overflow)?;
		Owed::<T, I>::put(owed);
		Ok(())
	}

	/// The path of the key of a deposit address.
	pub(crate) fn deposit_path(index: DepositIndex) -> KeyPath {
		KeyPath::Deposit(T::InstanceId::get(), index)
	}

	/// Reads an address of the external chain.
	pub(crate) fn parse_address(text: &[u8]) -> Result<Destination, DispatchError> {
		let text = core::str::from_utf8(text).map_err(|_| Error::<T, I>::AddressMalformed)?;
		T::Chain::parse_address(text, T::ChainNetwork::get()).map_err(|error| {
			match error {
				AddressError::Malformed => Error::<T, I>::AddressMalformed,
				AddressError::WrongNetwork => Error::<T, I>::AddressOfOtherNetwork,
				AddressError::Unsupported => Error::<T, I>::AddressUnsupported,
				AddressError::BadKey => Error::<T, I>::KeyUnavailable,
			}
			.into()
		})
	}

	/// A destination as people write it.
	pub(crate) fn address_text(destination: &Destination) -> Option<AddressText> {
		let text = T::Chain::address(destination, T::ChainNetwork::get())?;
		text.into_bytes().try_into().ok()
	}
}
