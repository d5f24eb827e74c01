//! Origins that referenda can give, and how long governance takes.

#[frame_support::pallet]
pub mod pallet {
	use frame_support::{pallet_prelude::*, DefaultNoBound};
	use frame_system::pallet_prelude::BlockNumberFor;
	use sp_runtime::{traits::Zero, Saturating};

	/// Configuration: nothing to configure.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What every period of governance is divided by: 1 on networks with money in them, more on
	/// development networks, where a referendum is to be seen through in a minute. Set in genesis, and by
	/// nothing else.
	#[pallet::storage]
	pub type PeriodDivisor<T: Config> = StorageValue<_, u32, ValueQuery, ConstU32<1>>;

	/// Genesis.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// See [`PeriodDivisor`]. 0 counts as 1.
		pub period_divisor: u32,
		/// Nothing.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if self.period_divisor > 1 {
				PeriodDivisor::<T>::put(self.period_divisor);
			}
		}
	}

	impl<T: Config> Pallet<T> {
		/// A period of governance as it is on this network: at least one block.
		pub fn scaled(period: BlockNumberFor<T>) -> BlockNumberFor<T> {
			let divisor = BlockNumberFor::<T>::from(PeriodDivisor::<T>::get().max(1));
			let scaled = period / divisor;
			if scaled.is_zero() {
				scaled.saturating_add(1u32.into())
			} else {
				scaled
			}
		}
	}

	/// An origin that a referendum on the track of the same name gives.
	#[derive(
		PartialEq, Eq, Clone, MaxEncodedLen, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug,
	)]
	#[pallet::origin]
	pub enum Origin {
		/// Spends from the treasury.
		Treasurer,
		/// Collators, registrars, the technical committee, cancelling of referenda.
		GeneralAdmin,
		/// Assets, mapped coins and key groups.
		AssetAdmin,
		/// Parameters.
		ParameterAdmin,
		/// Dispatches what the technical committee has whitelisted, with the origin of root.
		WhitelistedCaller,
	}
}

pub use pallet::*;

use frame_support::traits::EnsureOrigin;

use crate::{Balance, RuntimeOrigin};

/// Makes a type that lets one of the origins pass.
macro_rules! ensure_origin {
	($($(#[$doc:meta])* $name:ident),* $(,)?) => {
		$(
			$(#[$doc])*
			pub struct $name;

			impl EnsureOrigin<RuntimeOrigin> for $name {
				type Success = ();

				fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
					match origin.caller {
						crate::OriginCaller::Origins(Origin::$name) => Ok(()),
						_ => Err(origin),
					}
				}

				#[cfg(feature = "runtime-benchmarks")]
				fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
					Ok(RuntimeOrigin::from(Origin::$name))
				}
			}
		)*
	};
}

ensure_origin! {
	/// Lets [`Origin::Treasurer`] pass.
	Treasurer,
	/// Lets [`Origin::GeneralAdmin`] pass.
	GeneralAdmin,
	/// Lets [`Origin::AssetAdmin`] pass.
	AssetAdmin,
	/// Lets [`Origin::ParameterAdmin`] pass.
	ParameterAdmin,
	/// Lets [`Origin::WhitelistedCaller`] pass.
	WhitelistedCaller,
}

/// Lets [`Origin::Treasurer`] spend up to a limit.
pub struct TreasurerSpender;

impl EnsureOrigin<RuntimeOrigin> for TreasurerSpender {
	type Success = Balance;

	fn try_origin(origin: RuntimeOrigin) -> Result<Balance, RuntimeOrigin> {
		Treasurer::try_origin(origin).map(|()| super::TreasurerSpend::get())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Treasurer::try_successful_origin()
	}
}
