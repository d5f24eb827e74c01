//! How others meet the pallet.

use core::marker::PhantomData;
use frame_system::pallet_prelude::BlockNumberFor;

use crate::pallet::{Config, Pallet};

/// Pays the author of a block as if it had packaged all of it. For runtimes in which nobody else calls
/// [`Pallet::note_block`]: never bind both.
pub struct SoleAuthor<T>(PhantomData<T>);

impl<T: Config> pallet_authorship::EventHandler<T::AccountId, BlockNumberFor<T>> for SoleAuthor<T> {
	fn note_author(author: T::AccountId) {
		Pallet::<T>::note_block(&author, &[(author.clone(), 1)], 0);
		Pallet::<T>::register_weight(Pallet::<T>::weight_to_note_block(1));
	}
}

/// What benchmarks need of the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// Registers session keys of an account.
	fn register_keys(who: &AccountId);
}
