//! Requests for signatures, and the signatures.

use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, Get, Weight},
};
use fusion_dcrm_primitives::{
	traits::OnSignature, Attempt, GroupId, KeyPath, MemberId, MemberIndex, Phase, Purpose,
	RequestId, SchnorrSignature, SigningRequest,
};

use crate::{
	account_of, ext::TaprootVerify, pallet::*, Group, MemberSet, OpenRequest, Running, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// Asks those who have the shares of this attempt for a signature.
	///
	/// A test is asked for however much the group owes: or a busy group could not hand its key over. What is owed
	/// for mapped coins and what is owed accounts have bounds of their own: neither takes the other's places.
	pub(crate) fn open_request(
		group: GroupId,
		attempt: Attempt,
		path: KeyPath,
		message: [u8; 32],
		purpose: Purpose,
	) -> Result<RequestId, DispatchError> {
		let owed = RequestCount::<T>::get(group);
		let to_accounts = AccountRequestCount::<T>::get(group);
		let may_owe_more = match purpose {
			Purpose::Test => true,
			Purpose::Batch { .. } => owed.saturating_sub(to_accounts) < T::MaxOpenRequests::get(),
			Purpose::Account { .. } => to_accounts < T::MaxAccountRequests::get(),
		};
		ensure!(may_owe_more, Error::<T>::TooManyRequests);
		if let Purpose::Account { .. } = purpose {
			AccountRequestCount::<T>::insert(group, to_accounts.saturating_add(1));
		}
		let id = NextRequest::<T>::get();
		NextRequest::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		RequestCount::<T>::insert(group, owed.saturating_add(1));
		RequestsOf::<T>::insert(group, id, ());
		let request = SigningRequest { group, path, message, purpose, created: Self::now() };
		Requests::<T>::insert(id, OpenRequest { request, attempt, spoken: MemberSet::default() });
		Self::deposit_event(Event::SignatureRequested { request: id, group, purpose });
		Ok(id)
	}

	/// Forgets a request.
	pub(crate) fn close_request(id: RequestId, group: GroupId) {
		Requests::<T>::remove(id);
		RequestsOf::<T>::remove(group, id);
		RequestCount::<T>::mutate_exists(group, |owed| {
			*owed = owed.and_then(|owed| owed.checked_sub(1)).filter(|owed| *owed > 0);
		});
	}

	/// Forgets a request that was made for mapped coins, if it is open. Others have other owners: the group itself, and
	/// accounts.
	pub(crate) fn do_withdraw_request(id: RequestId) {
		let Some(OpenRequest { request, .. }) = Requests::<T>::get(id) else { return };
		if let Purpose::Batch { .. } = request.purpose {
			Self::close_request(id, request.group);
			Self::deposit_event(Event::SignatureWithdrawn { request: id, group: request.group });
		}
	}

	/// A member delivers a signature. Returns the weight that was used.
	///
	/// The first that is valid settles the request. Honest members check a signature before they send
	/// it, so a member that sends a wrong one is not listened to again about this request.
	pub(crate) fn hear_signature(
		id: RequestId,
		mut open: OpenRequest,
		group: &Group,
		(by, member): (MemberIndex, &MemberId),
		signature: SchnorrSignature,
	) -> Weight {
		let group_id = open.request.group;
		let mut used = T::WeightInfo::speak_signature();
		if !Self::is_valid(&open.request, group, &signature) {
			open.spoken.insert(by);
			Requests::<T>::insert(id, open);
			Self::deposit_event(Event::SignatureRefused { request: id, group: group_id, by });
			return used;
		}

		if let Purpose::Account { .. } = open.request.purpose {
			Self::close_account_request(id, group_id);
		} else {
			Self::close_request(id, group_id);
		}
		SigningWork::<T>::mutate(account_of(member), |work| *work = work.saturating_add(1));
		Self::deposit_event(Event::SignatureDelivered { request: id, group: group_id, by });
		match open.request.purpose {
			Purpose::Test => {
				let members = Self::test_passed(group_id, group);
				used.saturating_accrue(T::WeightInfo::end_attempt(members.into()));
			},
			purpose @ Purpose::Batch { input, .. } => {
				// Once for an attempt at a batch: whoever sends many small coins would decide how much is paid.
				if input == 0 {
					let price = Params::<T>::get().signature;
					Self::pay_for_signature(group_id, group, by, price);
				}
				used.saturating_accrue(T::OnSignatureWeight::get());
				T::OnSignature::on_signature(purpose, id, signature);
			},
			Purpose::Account { request } => {
				Self::keep_signature(request, (group_id, group), by, signature);
				used.saturating_accrue(T::WeightInfo::keep_signature());
			},
		}
		used
	}

	fn is_valid(request: &SigningRequest, group: &Group, signature: &SchnorrSignature) -> bool {
		let Some(key) = group.key.as_ref() else { return false };
		Self::tweak_of(request.group, group, &request.path)
			.and_then(|tweak| T::Verifier::output_key(key, &tweak))
			.is_some_and(|output| T::Verifier::verify(&output, &request.message, signature))
	}

	/// Returns how many members there were, or are now.
	fn test_passed(id: GroupId, group: &Group) -> u16 {
		let testing = |running: &Running| running.phase() == Some(Phase::Testing);
		match Self::load(id, group.clone()).filter(testing) {
			Some(mut running) => {
				running.ceremony.test = None;
				Self::activate(&mut running);
				let members = group.size().max(running.group.size());
				Self::store(running);
				members
			},
			None => {
				defensive!("a test signature of a group that is not tested");
				group.size()
			},
		}
	}
}
