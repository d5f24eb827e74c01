//! Requests for signatures, and the signatures.

use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, Get, Weight},
};
use fusion_dcrm_primitives::{
	traits::OnSignature, GroupId, GroupState, KeyPath, MemberIndex, Phase, Purpose, RequestId,
	SchnorrSignature, SigningRequest,
};

use crate::{account_of, ext::TaprootVerify, pallet::*, Group, MemberSet, OpenRequest, WeightInfo};

impl<T: Config> Pallet<T> {
	/// Asks the group for a signature.
	pub(crate) fn open_request(
		group: GroupId,
		path: KeyPath,
		message: [u8; 32],
		purpose: Purpose,
	) -> Result<RequestId, DispatchError> {
		let owed = RequestCount::<T>::get(group);
		ensure!(owed < T::MaxOpenRequests::get(), Error::<T>::TooManyRequests);
		let id = NextRequest::<T>::get();
		NextRequest::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		RequestCount::<T>::insert(group, owed.saturating_add(1));
		RequestsOf::<T>::insert(group, id, ());
		let request = SigningRequest { group, path, message, purpose, created: Self::now() };
		Requests::<T>::insert(id, OpenRequest { request, spoken: MemberSet::default() });
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

	/// A member delivers a signature. Returns the weight that was used.
	///
	/// The first that is valid settles the request. Honest members check a signature before they send
	/// it, so a member that sends a wrong one is not listened to again about this request.
	pub(crate) fn hear_signature(
		id: RequestId,
		mut open: OpenRequest,
		group: &Group,
		by: MemberIndex,
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

		Self::close_request(id, group_id);
		let member = usize::from(by).checked_sub(1).and_then(|at| group.members.get(at));
		if let Some(member) = member {
			SigningWork::<T>::mutate(account_of(member), |work| *work = work.saturating_add(1));
		}
		Self::deposit_event(Event::SignatureDelivered { request: id, group: group_id, by });
		match open.request.purpose {
			Purpose::Test => {
				used.saturating_accrue(T::WeightInfo::end_attempt(group.size().into()));
				Self::test_passed(group_id, group);
			},
			purpose @ Purpose::Batch { .. } => {
				used.saturating_accrue(T::OnSignatureWeight::get());
				T::OnSignature::on_signature(purpose, id, signature);
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

	fn test_passed(id: GroupId, group: &Group) {
		let testing = group.state == GroupState::Generating(Phase::Testing);
		match Self::load(id, group.clone()).filter(|_| testing) {
			Some(mut running) => {
				running.ceremony.test = None;
				Self::activate(&mut running);
				Self::store(running);
			},
			None => {
				defensive!("a test signature of a group that is not tested");
			},
		}
	}
}
