//! Lock-in: deposit addresses, and what a witnessed deposit does.

use crate::{
	ext, AccountIdOf, Config, DepositAddress, DepositAddresses, DepositOutcome, DepositRecord,
	Deposits, DepositsByDestination, Error, Event, NextDeposit, Pallet, Params, Paused, Utxo,
};
use frame_support::{ensure, traits::Get};
use fusion_asset_mapping_primitives::{
	chain::{AddressError, ExternalChain},
	AddressText, Amount, DepositIndex, Destination, OutPoint,
};
use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath};
use sp_runtime::{DispatchError, DispatchResult, SaturatedConversion};

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Makes a deposit address for `who`; gives its number and its text. See
	/// [`Call::request_lock_in`](crate::Call::request_lock_in).
	pub fn do_request_lock_in(
		who: AccountIdOf<T>,
		refund_address: &[u8],
		deadline: u32,
	) -> Result<(DepositIndex, AddressText), DispatchError> {
		ensure!(!Paused::<T, I>::get().lock_in, Error::<T, I>::DirectionPaused);
		let now = frame_system::Pallet::<T>::block_number().saturated_into::<u32>();
		ensure!(deadline > now, Error::<T, I>::DeadlinePassed);
		let refund = Self::parse_address(refund_address)?;
		let group = ext::keys::active::<T, I>().ok_or(Error::<T, I>::NoActiveGroup)?;
		ensure!(T::KeyGroups::accepts_work(group), Error::<T, I>::GroupPaused);

		ensure!(Self::has_room(group), Error::<T, I>::AboveCapacity);
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
		ext::native::hold_address_deposit::<T, I>(&who)?;

		NextDeposit::<T, I>::put(next);
		DepositsByDestination::<T, I>::insert(&destination, index);
		DepositAddresses::<T, I>::insert(
			index,
			DepositAddress { who: who.clone(), group, output_key, destination, refund, deadline },
		);
		Self::deposit_event(Event::LockInRequested {
			index,
			who,
			address: address.clone(),
			deadline,
		});
		Ok((index, address))
	}

	/// Enough members witnessed the deposit: remembers it, and credits it unless it is too small.
	pub(crate) fn accept_deposit(
		outpoint: OutPoint,
		index: DepositIndex,
		amount: Amount,
		height: u32,
	) -> DispatchResult {
		ensure!(!Deposits::<T, I>::contains_key(outpoint), Error::<T, I>::ObservationNotWanted);
		let address =
			DepositAddresses::<T, I>::get(index).ok_or(Error::<T, I>::UnknownDepositAddress)?;
		let outcome = if amount < Params::<T, I>::get().minimum_deposit {
			DepositOutcome::BelowMinimum
		} else {
			DepositOutcome::Credited
		};
		Deposits::<T, I>::insert(outpoint, DepositRecord { index, amount, height, outcome });
		Self::add_coin(
			outpoint,
			Utxo {
				amount,
				group: address.group,
				path: Self::deposit_path(index),
				output_key: address.output_key,
				reserved: None,
			},
		)?;
		match outcome {
			DepositOutcome::Credited => {
				let who = address.who;
				ext::assets::mint::<T, I>(&who, amount)?;
				Self::deposit_event(Event::DepositCredited { index, who, amount, outpoint });
			},
			DepositOutcome::BelowMinimum => {
				Self::deposit_event(Event::DepositBelowMinimum { index, amount, outpoint });
			},
		}
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
