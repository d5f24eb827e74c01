//! What must hold of keys of accounts.

use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	pallet_prelude::{Get, Zero},
	traits::fungible::InspectHold,
};
use fusion_dcrm_primitives::{GroupId, GroupState, Purpose};
use sp_runtime::{AccountId32, Saturating, TryRuntimeError};

use crate::{account_keys::path_of, pallet::*, BalanceOf};

impl<T: Config> Pallet<T> {
	/// Keys of accounts, and what they have signed: all is held that should be, and the group is asked for what is not
	/// signed yet, and for nothing else.
	pub(super) fn check_account_keys() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::<AccountId32, BalanceOf<T>>::new();
		let mut kept = BTreeMap::<AccountId32, u32>::new();
		let mut owed = BTreeMap::<GroupId, u32>::new();
		let mut hold = |account: &AccountId32, amount: BalanceOf<T>| {
			let sum = held.entry(account.clone()).or_insert_with(Zero::zero);
			*sum = sum.saturating_add(amount);
		};
		for (number, key) in AccountKeys::<T>::iter() {
			ensure!(
				number < NextAccountKey::<T>::get(),
				"a key has a number that was not given out"
			);
			let state = Groups::<T>::get(key.group).map(|group| group.state);
			ensure!(state == Some(GroupState::Active), "an account has a key of no active group");
			hold(&key.account, key.deposit);
		}
		for (number, request) in AccountRequests::<T>::iter() {
			let key = AccountKeys::<T>::get(request.key).ok_or("a request for no key")?;
			hold(&key.account, request.deposit);
			let count = kept.entry(key.account.clone()).or_default();
			*count = count.saturating_add(1);
			let open = Requests::<T>::get(number).map(|open| open.request);
			ensure!(
				open.is_some() == request.signature.is_none(),
				"an account's request is signed and open, or neither"
			);
			let Some(open) = open else { continue };
			hold(&key.account, request.price);
			ensure!(
				open.purpose == Purpose::Account { request: number }
					&& open.group == key.group
					&& open.path == path_of(&key.account, request.key),
				"an account's request is for something else than its key"
			);
			let count = owed.entry(key.group).or_default();
			*count = count.saturating_add(1);
		}
		for (number, open) in Requests::<T>::iter() {
			let of_account = matches!(open.request.purpose, Purpose::Account { .. });
			ensure!(
				!of_account || AccountRequests::<T>::contains_key(number),
				"a signature is owed to no account"
			);
		}
		let counted: BTreeMap<_, _> = RequestsKept::<T>::iter().collect();
		ensure!(counted == kept, "an account's requests are counted wrongly");
		let most = T::MaxRequestsPerAccount::get();
		ensure!(kept.values().all(|count| *count <= most), "an account has too many requests");
		let counted: BTreeMap<_, _> = AccountRequestCount::<T>::iter().collect();
		ensure!(counted == owed, "what is owed accounts is counted wrongly");
		let most = T::MaxAccountRequests::get();
		ensure!(owed.values().all(|count| *count <= most), "too much is owed accounts");
		for (account, sum) in held {
			let on_hold = T::Currency::balance_on_hold(&HoldReason::AccountKeys.into(), &account);
			ensure!(on_hold == sum, "what is held for keys of an account is not its deposits");
		}
		Ok(())
	}
}
