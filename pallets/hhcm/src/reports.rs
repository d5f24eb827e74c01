//! Reports of what a node signed twice.

use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchError, DispatchResult, Get, InvalidTransaction, TransactionLongevity,
		TransactionPriority, TransactionValidityWithRefund, ValidTransaction, Weight,
	},
};
use frame_system::pallet_prelude::HeaderFor;
use fusion_hhcm_primitives::{
	equivocation::{Offence, Proof, ProofError},
	Slot,
};

use crate::{pallet::*, session::Infos, Offences, Unpunished};

/// Ahead of what is paid for: there are few of these, each once.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;
/// Blocks for which a report that nobody signed stays in a pool. Its sender offers it again.
const LONGEVITY: TransactionLongevity = 64;

impl<T: Config> Pallet<T> {
	/// Judges a report, and has the offender punished if it is sound and new.
	pub(crate) fn do_report(reporter: T::AccountId, proof: &Proof<HeaderFor<T>>) -> DispatchResult {
		let (offender, offence) = Self::assess(proof)?;
		let oldest = Self::last_slot().saturating_sub(T::ReportWindow::get());
		Reports::<T>::try_mutate(|log| log.note(offence.slot, offender.clone(), oldest))
			.map_err(Error::<T>::from)?;
		Offenders::<T>::mutate(|offenders| {
			if !offenders.contains(&offender) {
				offenders.push(offender.clone());
			}
		});
		T::Offences::on_offence(&offender, &reporter, &offence);
		let slot = offence.slot;
		Self::deposit_event(Event::EquivocationReported { offender, slot, reporter });
		Ok(())
	}

	/// Whether a report would be taken in the next block. For the runtime API.
	pub fn is_punishable(proof: &Proof<HeaderFor<T>>) -> bool {
		Self::assess_new(proof).is_ok()
	}

	/// Whether a report that nobody signed may enter the pool, or a block. In a pool there is one for each
	/// offence.
	pub(crate) fn authorize_report(proof: &Proof<HeaderFor<T>>) -> TransactionValidityWithRefund {
		let (offender, offence) = Self::assess_new(proof).map_err(|error| {
			let is = |other: Error<T>| error == other.into();
			if is(Error::TooEarly) {
				InvalidTransaction::Future
			} else if is(Error::TooOld) || is(Error::AlreadyReported) {
				InvalidTransaction::Stale
			} else {
				InvalidTransaction::BadProof
			}
		})?;
		let valid: ValidTransaction = ValidTransaction::with_tag_prefix("FusionHhcm")
			.and_provides((offender, offence.slot))
			.priority(PRIORITY)
			.longevity(LONGEVITY)
			.propagate(true)
			.into();
		Ok((valid, Weight::zero()))
	}

	/// The author of the block that is executed.
	pub(crate) fn assembler() -> Result<T::AccountId, DispatchError> {
		let (_, assembler) = LastAuthor::<T>::get().ok_or(Error::<T>::NoBlock)?;
		Ok(assembler)
	}

	/// The slot of the last block, or of the one that is executed.
	fn last_slot() -> Slot {
		LastAuthor::<T>::get().map(|(slot, _)| slot).unwrap_or_default()
	}

	/// What a report proves, if it has not been punished.
	fn assess_new(proof: &Proof<HeaderFor<T>>) -> Result<(T::AccountId, Offence), DispatchError> {
		let (offender, offence) = Self::assess(proof)?;
		let oldest = Self::last_slot().saturating_sub(T::ReportWindow::get());
		Reports::<T>::get()
			.note(offence.slot, offender.clone(), oldest)
			.map_err(Error::<T>::from)?;
		Ok((offender, offence))
	}

	/// What a report proves, if that can be punished still, whether or not it was.
	fn assess(proof: &Proof<HeaderFor<T>>) -> Result<(T::AccountId, Offence), DispatchError> {
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

		ensure!(offence.slot <= Self::last_slot(), Error::<T>::TooEarly);
		ensure!(Self::sessions_ago(offence.slot).is_some(), Error::<T>::TooOld);
		Ok((offender, offence))
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
