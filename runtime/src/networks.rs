//! What tells a network from the others of Fusion: what an Ethereum signature is good for, and of which
//! Bitcoin it speaks. Both are set in genesis.

#[frame_support::pallet]
pub mod pallet {
	use frame_support::{pallet_prelude::*, traits::ConstU64};
	use frame_system::pallet_prelude::BlockNumberFor;
	use fusion_bitcoin_primitives::Network;

	use super::memo;
	use crate::constants::{DEVELOPMENT_BITCOIN, DEVELOPMENT_EVM_CHAIN_ID};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What a look at the chain's id adds to a block's proof at most.
	const CHAIN_ID_PROOF_SIZE: u64 = 1_493;

	/// Configuration: nothing to configure.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// EIP-155 chain id, which Ethereum transactions and permits are signed for. No two networks have the
	/// same: what is signed for one of them is void on the others.
	///
	/// Only a runtime upgrade may change it, before anything else in its block: it is read once a block
	/// (see `memo`).
	#[pallet::storage]
	pub type EvmChainId<T: Config> =
		StorageValue<_, u64, ValueQuery, ConstU64<DEVELOPMENT_EVM_CHAIN_ID>>;

	/// Which Bitcoin the mapped bitcoin comes from.
	#[pallet::storage]
	pub type BitcoinNetwork<T: Config> = StorageValue<_, Network, ValueQuery, DevelopmentBitcoin>;

	/// The Bitcoin of development networks.
	pub struct DevelopmentBitcoin;

	impl Get<Network> for DevelopmentBitcoin {
		fn get() -> Network {
			DEVELOPMENT_BITCOIN
		}
	}

	/// Genesis. By default, that of a development network.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// See [`EvmChainId`]. Not 0.
		pub evm_chain_id: u64,
		/// See [`BitcoinNetwork`]: `main`, `test`, `signet` or `regtest`.
		pub bitcoin: Network,
		/// Nothing.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				evm_chain_id: DEVELOPMENT_EVM_CHAIN_ID,
				bitcoin: DEVELOPMENT_BITCOIN,
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(
				self.evm_chain_id > 0,
				"networks.evmChainId is 0, which stands for no chain: choose an id that no other has"
			);
			EvmChainId::<T>::put(self.evm_chain_id);
			BitcoinNetwork::<T>::put(self.bitcoin);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Pays for the look at the chain's id.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			memo::forget();
			<Self as Get<u64>>::get();
			T::DbWeight::get().reads(1).saturating_add(Weight::from_parts(0, CHAIN_ID_PROOF_SIZE))
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			ensure!(EvmChainId::<T>::get() > 0, "the EVM chain id is 0");
			Ok(())
		}
	}

	/// The EVM chain id.
	impl<T: Config> Get<u64> for Pallet<T> {
		fn get() -> u64 {
			memo::or_read(EvmChainId::<T>::get)
		}
	}

	/// Which Bitcoin.
	impl<T: Config> Get<Network> for Pallet<T> {
		fn get() -> Network {
			BitcoinNetwork::<T>::get()
		}
	}
}

pub use pallet::*;

use fusion_bitcoin_primitives::Network;

sp_api::decl_runtime_apis! {
	/// What tells this network from the others of Fusion.
	pub trait NetworksApi {
		/// The chain id that Ethereum transactions are signed for (EIP-155).
		fn evm_chain_id() -> u64;
		/// Which Bitcoin the mapped bitcoin comes from.
		fn bitcoin_network() -> Network;
	}
}

/// The chain's id, as it was last read.
///
/// A contract asks for it with `CHAINID`. That is charged two gas, some 15 ns, as for the constant that it is on
/// other chains: a contract that did nothing else would hold up a block by minutes if each one was a look at
/// the storage. So there is one look a block, and one a call of the runtime: wasm's memory lasts no longer. In the
/// block's author, each extrinsic is such a call, while importing a block is one as a whole. Both see the same,
/// for it is forgotten at the end of the block's initialization, where this pallet is the last one (its
/// index is the highest): until then governance acts, and after that nothing writes here.
#[cfg(not(feature = "std"))]
mod memo {
	use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

	/// 0: not read yet.
	static CHAIN_ID: AtomicU64 = AtomicU64::new(0);

	pub fn forget() {
		CHAIN_ID.store(0, Relaxed);
	}

	pub fn or_read(read: impl FnOnce() -> u64) -> u64 {
		match CHAIN_ID.load(Relaxed) {
			0 => {
				let id = read();
				CHAIN_ID.store(id, Relaxed);
				id
			},
			id => id,
		}
	}
}

/// Natively nothing is kept: tests have several chains in one process.
#[cfg(feature = "std")]
mod memo {
	pub fn forget() {}

	pub fn or_read(read: impl FnOnce() -> u64) -> u64 {
		read()
	}
}
