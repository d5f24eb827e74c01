//! What nodes read.

use crate::{mock::*, DepositAddresses};
use fusion_asset_mapping_primitives::vault::{AssetView, VaultDepositView};

#[test]
fn addresses_should_be_listed_in_pages_when_asked_for() {
	build_and_execute(|| {
		assert_eq!(VaultMapping::watched(0, 10), vec![]);
		for _ in 0..5 {
			request_lock_in(&ALICE);
		}
		let all: Vec<_> = (0..5)
			.map(|index| VaultDepositView {
				index,
				salt: VaultMapping::salt(&ALICE, index),
				address: DepositAddresses::<Test>::get(index).unwrap().address.0,
			})
			.collect();
		assert_eq!(VaultMapping::watched(0, u32::MAX), all);
		assert_eq!(VaultMapping::watched(1, 2), all[1..3]);
		assert_eq!(VaultMapping::watched(5, 2), vec![]);
		assert_eq!(VaultMapping::watched(u64::MAX, 2), vec![]);
	});
}

#[test]
fn assets_should_be_listed_when_they_are_mapped() {
	build_and_execute(|| {
		let mut all = VaultMapping::mapped_assets();
		all.sort_by_key(|view| view.asset);
		let view = |asset, token| AssetView { asset, token, minimum_deposit: 1_000 };
		assert_eq!(all, vec![view(ETH, [0; 20]), view(USD, token().0)]);
		assert_eq!(VaultMapping::reserves(9), None);
	});
}

#[test]
fn batches_should_be_listed_oldest_first_when_open() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 10_000_000);
		for seed in 0..6 {
			lock_out(&ALICE, ETH, 100, seed);
		}
		run_to_batch();
		run_to_batch();
		let ids: Vec<_> = VaultMapping::open_batches().into_iter().map(|view| view.id).collect();
		assert_eq!(ids, vec![0, 1]);
	});
}

#[test]
fn observation_should_be_wanted_until_the_member_has_said_it() {
	build_and_execute(|| {
		let index = request_lock_in(&ALICE);
		let observation = deposit(index, ETH, 5_000);
		assert!(VaultMapping::wants(&observation, &member(0)));
		assert!(!VaultMapping::wants(&observation, &member(9)));
		witness(&observation, 0..1);
		assert!(!VaultMapping::wants(&observation, &member(0)));
		assert!(VaultMapping::wants(&observation, &member(1)));
	});
}
