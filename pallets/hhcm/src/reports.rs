//! Reports of what a node signed twice.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	BoundedVec,
};
use frame_system::pallet_prelude::HeaderFor;
use fusion_hhcm_primitives::equivocation::{Offence, Proof, ProofError};

use crate::{pallet::*, AuthorityInfo, Offences, Unpunished};

type Infos<T> = BoundedVec<
	AuthorityInfo<<T as frame_system::Config>::AccountId>,
	<T as Config>::MaxAuthorities,
>;

impl<T: Config> Pallet<T> {
	/// Judges a report, and has the offender punished if it is sound and new.
	pub(crate) fn do_report(reporter: T::AccountId, proof: &Proof<HeaderFor<T>>) -> DispatchResult {
		// A key that is used on several chains may sign something on each.
		if let Proof::Packages { context, .. } = proof {
			ensure!(context.genesis == Self::genesis_hash(), Error::<T>::OtherChain);
		}
		let (offender, offence) = match Self::judge(proof, Authorities::<T>::get()) {
			Ok(verdict) => verdict,
			// The same place may have been another node's in the session before.
			Err(refusal) => {
				Self::judge(proof, PreviousAuthorities::<T>::get()).map_err(|other| {
					if other == Error::<T>::UnknownNode.into() {
						refusal
					} else {
						other
					}
				})?
			},
		};

		let now = LastAuthor::<T>::get().map(|(slot, _)| slot).unwrap_or_default();
		ensure!(offence.slot <= now, Error::<T>::TooEarly);
		ensure!(Self::sessions_ago(offence.slot).is_some(), Error::<T>::TooOld);
		let oldest = now.saturating_sub(T::ReportWindow::get());
		Reports::<T>::try_mutate(|log| log.note(offence.slot, offender.clone(), oldest))
			.map_err(Error::<T>::from)?;
		T::Offences::on_offence(&offender, &reporter, &offence);
		let slot = offence.slot;
		Self::deposit_event(Event::EquivocationReported { offender, slot, reporter });
		Ok(())
	}

	/// What a report proves, if the accused was one of these.
	fn judge(
		proof: &Proof<HeaderFor<T>>,
		infos: Infos<T>,
	) -> Result<(T::AccountId, Offence), DispatchError> {
		let accused = proof.accused().ok_or(Error::<T>::NoHeader)?;
		let info = infos.get(usize::from(accused)).ok_or(Error::<T>::UnknownNode)?;
		let offence = proof.check(&info.id).map_err(Error::<T>::from)?;
		Ok((info.account.clone(), offence))
	}
}

impl<T> From<ProofError> for Error<T> {
	fn from(error: ProofError) -> Self {
		match error {
			ProofError::Digest => Self::NoHeader,
			ProofError::Same => Self::SameTwice,
			ProofError::Unrelated => Self::Unrelated,
			ProofError::Signature => Self::WrongSignature,
		}
	}
}

impl<T> From<Unpunished> for Error<T> {
	fn from(reason: Unpunished) -> Self {
		match reason {
			Unpunished::TooOld => Self::TooOld,
			Unpunished::Known => Self::AlreadyReported,
		}
	}
}
