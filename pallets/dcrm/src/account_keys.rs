//! Keys of accounts, and what they have signed: the use of key groups from outside.
//!
//! An account asks for a key ([`Call::request_key`]), which is derived from that of the active group for this account
//! and number. It has it sign by saying *what* is to be signed ([`Subject`]); the bytes are made of that here and, from
//! finalized state, by every member that signs. So nobody can choose the bytes, and nothing that is signed is worth
//! anything for another key, purpose or chain: see [`fusion_dcrm_primitives::account_key`].
//!
//! # What it costs, and what bounds it
//!
//! - A key binds [`Config::KeyDeposit`], for ever: coins can come to its address at any time.
//! - A request binds [`Config::RequestDeposit`], and the price of a signature ([`Parameters::account_signature`]), if
//!   that is not above what the caller says to pay at most. The members earn the price when the signature is there.
//!   If it does not come, the price goes back with the deposit.
//! - An account has at most [`Config::MaxRequestsPerAccount`] requests, signed ones included, and a group owes at most
//!   [`Config::MaxAccountRequests`] signatures for accounts. These do not count among those that it may owe for mapped
//!   coins: however many accounts ask, lock-outs have their places. Members sign lock-outs first.
//! - A signature stays for who asked to read it, until it has the request forgotten. Once a request has *expired*,
//!   [`Config::RequestLifetime`] blocks after it was made or signed, anybody may do that.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get, Weight, Zero},
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
};
use fusion_dcrm_primitives::{
	account_key::{AccountKeyId, AccountKeyView, AccountRequestView, Subject},
	GroupId, GroupState, KeyPath, MemberIndex, Purpose, RequestId, SchnorrSignature,
};
use scale_info::TypeInfo;
use sp_runtime::{AccountId32, Saturating};

use crate::{
	ext::{AccountRules, TaprootVerify},
	pallet::*,
	BalanceOf, Group, WeightInfo,
};

/// A key of an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AccountKey<Balance> {
	/// Whose it is.
	pub account: AccountId32,
	/// The group that signs with it.
	pub group: GroupId,
	/// What is held for it.
	pub deposit: Balance,
}

/// A signature that an account has asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AccountRequest<Balance> {
	/// The key that signs.
	pub key: AccountKeyId,
	/// What is signed.
	pub subject: Subject,
	/// What is held for it.
	pub deposit: Balance,
	/// What is paid for the signature: held as well, until it is there.
	pub price: Balance,
	/// From this block on anybody may have it forgotten.
	pub expires: u32,
	/// The signature.
	pub signature: Option<SchnorrSignature>,
}

/// The path of a key of an account.
pub(crate) fn path_of(account: &AccountId32, key: AccountKeyId) -> KeyPath {
	let public: &[u8; 32] = account.as_ref();
	KeyPath::Account(*public, key)
}

impl<T: Config> Pallet<T> {
	/// Gives an account a key of the active group. Returns its number.
	///
	/// For the precompile as well, which has charged for it.
	pub fn do_request_key(account: AccountId32) -> Result<AccountKeyId, DispatchError> {
		Self::ensure_not_paused()?;
		let group = ActiveGroup::<T>::get().ok_or(Error::<T>::GroupNotActive)?;
		let deposit = T::KeyDeposit::get();
		T::Currency::hold(&HoldReason::AccountKeys.into(), &account, deposit)?;
		let key = NextAccountKey::<T>::get();
		NextAccountKey::<T>::put(key.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		AccountKeys::<T>::insert(key, AccountKey { account: account.clone(), group, deposit });
		Self::deposit_event(Event::KeyGiven { account, key, group });
		Ok(key)
	}

	/// Weight of asking for a signature over this subject.
	pub(crate) fn request_weight(subject: &Subject) -> Weight {
		let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
		match subject {
			Subject::Message(payload) => T::WeightInfo::request_signature(count(payload.len())),
			Subject::Spend(spend) => T::WeightInfo::request_spend(count(spend.payments.len())),
		}
	}

	/// Asks for a signature with a key of the account, for which it pays `max_price` at most. Returns the number of the
	/// request, and the 32 bytes that are signed.
	///
	/// For the precompile as well, which has charged for it. If it fails, nothing of it must be kept.
	pub fn do_request_signature(
		account: &AccountId32,
		key: AccountKeyId,
		subject: Subject,
		max_price: BalanceOf<T>,
	) -> Result<(RequestId, [u8; 32]), DispatchError> {
		Self::ensure_not_paused()?;
		let found = AccountKeys::<T>::get(key).ok_or(Error::<T>::UnknownKey)?;
		ensure!(found.account == *account, Error::<T>::NotYourKey);
		let price = Self::signing_price();
		ensure!(price <= max_price, Error::<T>::PriceTooHigh);
		let id = found.group;
		let group = Groups::<T>::get(id).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(group.state == GroupState::Active, Error::<T>::GroupNotActive);
		let kept = RequestsKept::<T>::get(account);
		let owed = AccountRequestCount::<T>::get(id);
		let may_ask = kept < T::MaxRequestsPerAccount::get() && owed < T::MaxAccountRequests::get();
		ensure!(may_ask, Error::<T>::TooManyRequests);

		let path = path_of(account, key);
		let output_key = Self::output_key_of(id, &group, &path).ok_or(Error::<T>::UnknownKey)?;
		let message =
			T::Accounts::message(Self::genesis_hash(), account.as_ref(), &output_key, &subject)
				.ok_or(Error::<T>::UnsoundTransaction)?;
		let deposit = T::RequestDeposit::get();
		let held = deposit.saturating_add(price);
		T::Currency::hold(&HoldReason::AccountKeys.into(), account, held)?;
		let purpose = Purpose::Account { request: NextRequest::<T>::get() };
		let request = Self::open_request(id, group.attempt, path, message, purpose)?;
		RequestsKept::<T>::insert(account, kept.saturating_add(1));
		AccountRequests::<T>::insert(
			request,
			AccountRequest {
				key,
				subject,
				deposit,
				price,
				expires: Self::expiry(),
				signature: None,
			},
		);
		Self::deposit_event(Event::AccountSignatureAsked {
			account: account.clone(),
			key,
			request,
			price,
		});
		Ok((request, message))
	}

	/// Forgets a request, whose deposit goes back to who has made it.
	///
	/// For the precompile as well, which has charged for it.
	pub fn do_forget_request(who: &AccountId32, request: RequestId) -> DispatchResult {
		let found = AccountRequests::<T>::get(request).ok_or(Error::<T>::UnknownRequest)?;
		let key = AccountKeys::<T>::get(found.key).ok_or(Error::<T>::UnknownKey)?;
		let expired = Self::now() >= found.expires;
		let read = found.signature.is_some() && key.account == *who;
		ensure!(expired || read, Error::<T>::NotExpired);
		AccountRequests::<T>::remove(request);
		RequestsKept::<T>::mutate_exists(&key.account, |kept| {
			*kept = kept.and_then(|kept| kept.checked_sub(1)).filter(|kept| *kept > 0);
		});
		let mut held = found.deposit;
		if found.signature.is_none() {
			Self::close_account_request(request, key.group);
			held = held.saturating_add(found.price);
		}
		let reason = HoldReason::AccountKeys.into();
		T::Currency::release(&reason, &key.account, held, Precision::BestEffort)?;
		Self::deposit_event(Event::RequestForgotten { request });
		Ok(())
	}

	/// The signature is there. It stays for who asked to read, and the members earn its price.
	pub(crate) fn keep_signature(
		request: RequestId,
		(id, group): (GroupId, &Group),
		by: MemberIndex,
		signature: SchnorrSignature,
	) {
		let expires = Self::expiry();
		let found = AccountRequests::<T>::mutate(request, |kept| {
			let kept = kept.as_mut()?;
			kept.signature = Some(signature);
			kept.expires = expires;
			Some((kept.key, kept.price))
		});
		let asked = found.and_then(|(key, price)| Some((AccountKeys::<T>::get(key)?, price)));
		let Some((AccountKey { account, .. }, price)) = asked else {
			defensive!("a signature for no account");
			return;
		};
		if price.is_zero() {
			return;
		}
		let paid = T::Currency::transfer_on_hold(
			&HoldReason::AccountKeys.into(),
			&account,
			&Self::pot(),
			price,
			Precision::BestEffort,
			Restriction::Free,
			Fortitude::Polite,
		);
		match paid {
			Ok(paid) => Self::pay_for_signature(id, group, by, paid),
			// The pot has no account yet, and this is too little to open one.
			Err(_) => {
				let reason = HoldReason::AccountKeys.into();
				let back = T::Currency::release(&reason, &account, price, Precision::BestEffort);
				frame_support::defensive_assert!(back.is_ok(), "a price was not held");
			},
		}
	}

	/// Closes a request of an account that was not signed, or was just now.
	pub(crate) fn close_account_request(request: RequestId, group: GroupId) {
		Self::close_request(request, group);
		AccountRequestCount::<T>::mutate_exists(group, |owed| {
			*owed = owed.and_then(|owed| owed.checked_sub(1)).filter(|owed| *owed > 0);
		});
	}

	/// When a request expires that is made, or signed, now.
	fn expiry() -> u32 {
		Self::now().saturating_add(T::RequestLifetime::get())
	}

	/// What a signature costs an account.
	pub fn signing_price() -> BalanceOf<T> {
		Params::<T>::get().account_signature
	}

	fn output_key_of(id: GroupId, group: &Group, path: &KeyPath) -> Option<[u8; 32]> {
		let master = group.key.as_ref()?;
		T::Verifier::output_key(master, &Self::tweak_of(id, group, path)?)
	}

	/// A key of an account, as the runtime API and the precompile show it.
	pub fn account_key(key: AccountKeyId) -> Option<AccountKeyView> {
		let AccountKey { account, group: id, .. } = AccountKeys::<T>::get(key)?;
		let group = Groups::<T>::get(id)?;
		let public_key = Self::output_key_of(id, &group, &path_of(&account, key))?;
		let address = T::Accounts::address(&public_key)?;
		Some(AccountKeyView { account: account.into(), group: id, public_key, address })
	}

	/// A request of an account, as the runtime API and the precompile show it.
	pub fn account_request(request: RequestId) -> Option<AccountRequestView> {
		let AccountRequest { key, subject, signature, expires, .. } =
			AccountRequests::<T>::get(request)?;
		let AccountKey { account, .. } = AccountKeys::<T>::get(key)?;
		Some(AccountRequestView { account: account.into(), key, subject, signature, expires })
	}
}
