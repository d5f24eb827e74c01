//! What must hold between blocks.

use alloc::collections::BTreeSet;
use frame_support::ensure;
use fusion_hhcm_primitives::{
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	Slot, MAX_GROUPS,
};
use sp_core::crypto::ByteArray;
use sp_runtime::TryRuntimeError;

use crate::pallet::*;

impl<T: Config> Pallet<T> {
	/// Checks the whole state of the pallet. Names the first rule that is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let round = CurrentRound::<T>::get().ok_or("there is no round")?;
		ensure!((1..=MAX_GROUPS).contains(&round.groups), "there are too many or no groups");
		let difficulties = MIN_DIFFICULTY..=MAX_DIFFICULTY;
		ensure!(difficulties.contains(&round.difficulty), "the difficulty is beyond its bounds");
		ensure!(CurrentLimits::<T>::get().are_sound(), "the limits are not sound");
		Self::check_authorities()?;
		Self::check_left_overs()?;
		Self::check_reports(round.last_slot)?;

		let (previous, present) = SessionSlots::<T>::get();
		ensure!(
			previous <= present && present <= round.last_slot,
			"sessions did not follow one another"
		);
		let tally = SessionTally::<T>::get();
		ensure!(tally.fullness <= tally.filled.saturating_mul(1_000_000), "blocks were overfull");
		if let Some((slot, _)) = LastAuthor::<T>::get() {
			ensure!(slot == round.last_slot, "the last author is not the last block's");
		}
		Ok(())
	}

	fn check_authorities() -> Result<(), TryRuntimeError> {
		let infos = Authorities::<T>::get();
		ensure!(!infos.is_empty(), "there are no authorities");
		let keys: BTreeSet<_> = infos.iter().map(|info| info.id.to_raw_vec()).collect();
		ensure!(keys.len() == infos.len(), "two authorities have the same key");
		Ok(())
	}

	/// What is needed within a block alone is gone.
	fn check_left_overs() -> Result<(), TryRuntimeError> {
		ensure!(!CurrentTurn::<T>::exists(), "a claim is left over");
		ensure!(!NotedPackages::<T>::exists(), "packages are left over");
		ensure!(!Checked::<T>::exists(), "the mark of a checked block is left over");
		ensure!(!Offenders::<T>::exists(), "offenders have kept their weight");
		ensure!(!NextAuthorities::<T>::exists(), "authorities have not come into office");
		Ok(())
	}

	fn check_reports(last: Slot) -> Result<(), TryRuntimeError> {
		let log = Reports::<T>::get();
		let mut before = log.since;
		for (at, (slot, offender)) in log.entries.iter().enumerate() {
			ensure!(before <= *slot, "reports are not in the order of slots");
			before = *slot;
			let twice =
				log.entries.iter().take(at).any(|(other, who)| other == slot && who == offender);
			ensure!(!twice, "an offence was punished twice");
		}
		ensure!(log.entries.is_empty() || before <= last, "an offence is yet to come");
		Ok(())
	}
}
