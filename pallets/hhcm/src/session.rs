//! Who is in office: from session to session, and for a header.

use alloc::vec::Vec;
use frame_support::{
	traits::{FindAuthor, Get, OneSessionHandler},
	BoundedVec,
};
use fusion_hhcm_primitives::{digest::Claim, AuthorityId, Slot};
use sp_runtime::{BoundToRuntimeAppPublic, ConsensusEngineId};

use crate::{pallet::*, AuthorityInfo, AuthorityWeights};

/// The bookkeeping nodes of a session.
pub(crate) type Infos<T> = BoundedVec<
	AuthorityInfo<<T as frame_system::Config>::AccountId>,
	<T as Config>::MaxAuthorities,
>;

impl<T: Config> Pallet<T> {
	/// Takes their weight from those whose offences were proven in this block, in the session that goes on
	/// or the one that begins.
	pub(crate) fn disarm_offenders() {
		let offenders = Offenders::<T>::take();
		if offenders.is_empty() {
			return;
		}
		let disarm = |infos: &mut Infos<T>| {
			infos
				.iter_mut()
				.filter(|info| offenders.contains(&info.account))
				.for_each(|info| info.weight = 0);
		};
		Authorities::<T>::mutate(disarm);
		NextAuthorities::<T>::mutate(|next| {
			if let Some(infos) = next {
				disarm(infos);
			}
		});
	}

	/// How many sessions ago a slot was: 0 if it is in this session, 1 if in the one before. `None` if it
	/// was earlier.
	pub fn sessions_ago(slot: Slot) -> Option<u32> {
		let (previous, present) = SessionSlots::<T>::get();
		if slot > present {
			Some(0)
		} else {
			(slot > previous).then_some(1)
		}
	}

	/// What elections need to know of these validators. `None` if there are none, for then nobody could
	/// author a block that names others.
	fn infos<'a>(
		validators: impl Iterator<Item = (&'a T::AccountId, AuthorityId)>,
	) -> Option<Infos<T>>
	where
		T::AccountId: 'a,
	{
		let infos: Vec<_> = validators
			.map(|(account, id)| AuthorityInfo {
				account: account.clone(),
				id,
				weight: T::Weights::weight(account),
			})
			.collect();
		if infos.is_empty() {
			log::error!(target: crate::LOG_TARGET, "a session without validators is not begun");
			return None;
		}
		let (count, most) = (infos.len(), T::MaxAuthorities::get());
		let bounded = BoundedVec::truncate_from(infos);
		if bounded.len() < count {
			log::error!(target: crate::LOG_TARGET, "{count} validators are more than {most}");
		}
		Some(bounded)
	}
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
		T::AccountId: 'a,
	{
		if let Some(infos) = Self::infos(validators) {
			Authorities::<T>::put(infos);
		}
	}

	/// Weights change from session to session even if the validators do not: they are always read anew.
	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
		T::AccountId: 'a,
	{
		if let Some(infos) = Self::infos(validators) {
			NextAuthorities::<T>::put(infos);
		}
	}

	/// Validators are not disabled within a session: places in the list are what elections are drawn with.
	fn on_disabled(_validator_index: u32) {}
}

/// The account of a header's author. What the header claims is not checked here, but in every block's
/// `on_initialize`.
impl<T: Config> FindAuthor<T::AccountId> for Pallet<T> {
	fn find_author<'a, I>(digests: I) -> Option<T::AccountId>
	where
		I: 'a + IntoIterator<Item = (ConsensusEngineId, &'a [u8])>,
	{
		let claim = Claim::find_in(digests.into_iter()).ok()?;
		match LastAuthor::<T>::get() {
			Some((slot, account)) if slot == claim.slot => Some(account),
			_ => {
				let infos = Authorities::<T>::get();
				Some(infos.get(usize::from(claim.author))?.account.clone())
			},
		}
	}
}
