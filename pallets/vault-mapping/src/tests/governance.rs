//! What governance does: the vault, assets, parameters, pauses.

use crate::{
	mock::*, Error, Event, Limits, Orders, Parameters, PausedDirections, Registry, TheVault,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungibles::{metadata::Inspect as _, roles::Inspect as _},
};
use fusion_asset_mapping_primitives::account::AccountChain;
use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath};
use fusion_ethereum_primitives::{Address, Call as VaultCall, Ethereum, Vault};
use sp_runtime::DispatchError;

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

fn alice() -> RuntimeOrigin {
	RuntimeOrigin::signed(ALICE)
}

fn register(asset: u32, token: Address, limits: Limits) -> Result<(), DispatchError> {
	frame_support::storage::with_storage_layer(|| {
		VaultMapping::register_asset(root(), asset, token, text("Coin"), text("CN"), 18, limits)
	})
}

#[test]
fn vault_should_have_the_key_at_its_own_path_when_registered() {
	empty_test_ext().execute_with(|| {
		let key = VaultMapping::vault_key(0).unwrap();
		let signing_key = |path| {
			let tweak = Groups::tweak(0, &path).unwrap();
			Ethereum::signing_key(&Groups::key(0).unwrap(), &tweak).unwrap()
		};
		assert_eq!(key, signing_key(KeyPath::Vault(INSTANCE)));
		for other in [KeyPath::Group, KeyPath::Deposit(INSTANCE, 0), KeyPath::Vault(0)] {
			assert_ne!(key, signing_key(other));
		}
		assert_eq!(VaultMapping::vault(), None);
		register_vault();
		let Vault { chain_id, address } = the_vault();
		let registered = Event::VaultRegistered { chain_id, address, group: 0, key };
		assert_eq!(events().last(), Some(&registered));
		let view = VaultMapping::vault().unwrap();
		assert_eq!((view.chain_id, view.address), (chain_id, address.0));
		assert_eq!((view.group, view.key, view.confirmations), (0, key, 2));
	});
}

#[test]
fn vault_should_be_refused_when_it_cannot_be_one() {
	empty_test_ext().execute_with(|| {
		let vault = the_vault();
		let register = VaultMapping::register_vault;
		assert_noop!(register(alice(), vault, 0, 1), DispatchError::BadOrigin);
		let nobody = Vault { address: Address::ZERO, ..vault };
		assert_noop!(register(root(), nobody, 0, 1), Error::<Test>::BadContract);
		assert_noop!(register(root(), vault, 2, 1), Error::<Test>::KeyUnavailable);
		assert_noop!(register(root(), vault, 0, 0), Error::<Test>::InvalidParameters);
		assert_ok!(register(root(), vault, 0, 1));
		assert_noop!(register(root(), vault, 1, 1), Error::<Test>::VaultRegistered);
		assert_eq!(TheVault::<Test>::get().unwrap().group, 0);
	});
}

#[test]
fn mapped_coin_should_look_like_the_original_when_registered() {
	build_and_execute(|| {
		assert_eq!(Assets::name(USD), b"Dollar");
		assert_eq!(Assets::symbol(USD), b"USD");
		assert_eq!(Assets::decimals(USD), 6);
		assert_eq!(Assets::decimals(ETH), 18);
		// Nobody has a key to any of these.
		for role in [Assets::owner(USD), Assets::issuer(USD), Assets::admin(USD)] {
			assert_eq!(role, Some(VaultMapping::account_id()));
		}
		let accept = VaultCall::AcceptToken { token: token(), accept: true };
		assert_eq!(Orders::<Test>::get().into_inner(), vec![accept], "native coin needs none");
	});
}

#[test]
fn asset_should_be_refused_when_it_cannot_be_mapped() {
	empty_test_ext().execute_with(|| {
		assert_noop!(register(ETH, Address::ZERO, LIMITS), Error::<Test>::NoVault);
	});
	build_and_execute(|| {
		let other = Address([0x71; 20]);
		let call = |name: &str, symbol: &str, decimals| {
			let (name, symbol) = (text(name), text(symbol));
			VaultMapping::register_asset(root(), 9, other, name, symbol, decimals, LIMITS)
		};
		assert_noop!(
			VaultMapping::register_asset(alice(), 9, other, text("A"), text("A"), 1, LIMITS),
			DispatchError::BadOrigin
		);
		assert_noop!(register(9, token(), LIMITS), Error::<Test>::AssetRegistered);
		assert_noop!(register(USD, other, LIMITS), Error::<Test>::AssetRegistered);
		assert_noop!(register(9, the_vault().address, LIMITS), Error::<Test>::BadContract);
		assert_noop!(register(9, Address([0; 20]), LIMITS), Error::<Test>::AssetRegistered);
		let mut precompile = [0; 20];
		precompile[19] = 4;
		assert_noop!(register(9, Address(precompile), LIMITS), Error::<Test>::BadContract);
		assert_noop!(call("", "A", 1), Error::<Test>::BadMetadata);
		assert_noop!(call("A", "", 1), Error::<Test>::BadMetadata);
		assert_noop!(call("A", "A", 37), Error::<Test>::BadMetadata);
		let bad = Limits { minimum_deposit: 0, ..LIMITS };
		assert_noop!(register(9, other, bad), Error::<Test>::InvalidParameters);
		assert_ok!(register(9, other, LIMITS));
		let another = Address([0x72; 20]);
		assert_noop!(register(10, another, LIMITS), Error::<Test>::TooManyAssets);
	});
}

#[test]
fn asset_of_others_should_not_be_taken_over_when_it_exists() {
	build_and_execute(|| {
		assert_ok!(Assets::force_create(root(), 9, ALICE, true, 1));
		assert_noop!(register(9, Address([0x71; 20]), LIMITS), Error::<Test>::AssetRegistered);
	});
}

#[test]
fn limits_should_be_checked_when_set() {
	build_and_execute(|| {
		for bad in [
			Limits { minimum_deposit: 0, ..LIMITS },
			Limits { minimum_lock_out: 0, ..LIMITS },
			Limits { maximum_lock_out: Some(9), ..LIMITS },
			Limits { lock_outs_per_window: Some(100), ..LIMITS },
			Limits { maximum_lock_out: Some(101), lock_outs_per_window: Some(100), ..LIMITS },
			Limits { payout_gas: 0, ..LIMITS },
			Limits { payout_gas: 300_001, ..LIMITS },
		] {
			let result = VaultMapping::set_limits(root(), ETH, bad);
			assert_eq!(result, Err(Error::<Test>::InvalidParameters.into()), "{bad:?}");
		}
		let good = Limits {
			maximum_lock_out: Some(100),
			lock_outs_per_window: Some(100),
			payout_gas: 300_000,
			..LIMITS
		};
		assert_noop!(VaultMapping::set_limits(alice(), ETH, good), DispatchError::BadOrigin);
		assert_noop!(VaultMapping::set_limits(root(), 9, good), Error::<Test>::UnknownAsset);
		assert_ok!(VaultMapping::set_limits(root(), ETH, good));
		assert_eq!(Registry::<Test>::get(ETH).unwrap().limits, good);
		assert_eq!(Registry::<Test>::get(USD).unwrap().limits, LIMITS);
	});
}

#[test]
fn parameters_should_be_checked_when_set() {
	build_and_execute(|| {
		for bad in [
			Parameters { confirmations: 0, ..PARAMETERS },
			Parameters { batch_gas: 20_999, ..PARAMETERS },
			Parameters { batch_gas: 1_000_001, ..PARAMETERS },
			Parameters { gas_price: 0, minimum_gas_price: 0, ..PARAMETERS },
			Parameters { gas_price: 1_001, ..PARAMETERS },
			Parameters { maximum_gas_price: 10_000_000_000_001, ..PARAMETERS },
			Parameters { lifetime: 59, ..PARAMETERS },
			Parameters { lifetime: 604_801, ..PARAMETERS },
		] {
			let result = VaultMapping::set_parameters(root(), bad);
			assert_eq!(result, Err(Error::<Test>::InvalidParameters.into()), "{bad:?}");
		}
		assert!(Parameters::default().is_valid());
		assert_noop!(VaultMapping::set_parameters(alice(), PARAMETERS), DispatchError::BadOrigin);
	});
}

#[test]
fn directions_should_stand_still_when_paused() {
	build_and_execute(|| {
		let guard = || RuntimeOrigin::signed(GUARD);
		let index = request_lock_in(&ALICE);
		lock_in(&ALICE, ETH, 1_000_000);
		let both = PausedDirections { lock_in: true, lock_out: true };
		assert_noop!(VaultMapping::set_paused(alice(), None, both), DispatchError::BadOrigin);
		assert_noop!(VaultMapping::set_paused(guard(), Some(9), both), Error::<Test>::UnknownAsset);

		assert_ok!(VaultMapping::set_paused(guard(), None, both));
		assert_noop!(VaultMapping::request_lock_in(alice()), Error::<Test>::DirectionPaused);
		assert!(submit(signed(0, deposit(index, ETH, 5_000))).is_err());
		let to = payee(1).to_checksum();
		let refused = Err(Error::<Test>::DirectionPaused.into());
		assert_eq!(try_lock_out(&ALICE, ETH, 100, &to, MAX_FEE), refused);

		// One asset alone.
		assert_ok!(VaultMapping::set_paused(guard(), None, PausedDirections::default()));
		assert_ok!(VaultMapping::set_paused(guard(), Some(ETH), both));
		assert!(submit(signed(0, deposit(index, ETH, 5_000))).is_err());
		assert_eq!(submit(signed(0, deposit(index, USD, 5_000))), Ok(()));
		assert_eq!(try_lock_out(&ALICE, ETH, 100, &to, MAX_FEE), refused);
		assert_ok!(VaultMapping::request_lock_in(alice()));
	});
}
