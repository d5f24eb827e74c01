//! Safe mode: everything stands still.
//!
//! While the pallet is paused no group is created, no key is handed over and no signature is asked for; members
//! are not listened to, but for where they are reached; nodes are given no requests to sign; no deadline passes
//! and nobody is challenged. What was under way goes on afterwards with the time that it had left. Bonds and pay
//! are not paused.

use frame_support::{ensure, pallet_prelude::DispatchResult};

use crate::pallet::*;

impl<T: Config> Pallet<T> {
	/// Whether everything stands still.
	pub fn is_paused() -> bool {
		PausedSince::<T>::exists()
	}

	pub(crate) fn ensure_not_paused() -> DispatchResult {
		ensure!(!Self::is_paused(), Error::<T>::Paused);
		Ok(())
	}

	pub(crate) fn do_set_paused(paused: bool) {
		match (PausedSince::<T>::get(), paused) {
			(None, true) => PausedSince::<T>::put(Self::now()),
			(Some(since), false) => Self::resume(since),
			_ => return,
		}
		Self::deposit_event(Event::PausedSet { paused });
	}

	/// All deadlines move on by as long as it has lasted, so that their order stays.
	fn resume(since: u32) {
		let now = Self::now();
		PausedSince::<T>::kill();
		ResumedAt::<T>::put(now);
		let lasted = now.saturating_sub(since);
		Deadlines::<T>::mutate(|queue| {
			for (deadline, id) in queue.iter_mut() {
				*deadline = deadline.saturating_add(lasted);
				Ceremonies::<T>::mutate_extant(*id, |ceremony| ceremony.deadline = *deadline);
			}
		});
	}
}
