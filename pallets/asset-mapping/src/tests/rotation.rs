//! Coins move to the key of another group.

use crate::{mock::*, Batches, Event, HeldBy, Intents, Retiring, Upkeeps, Utxos};
use frame_support::assert_ok;
use fusion_asset_mapping_primitives::{
	chain::ExternalChain,
	upkeep::{RotationView, RotationWait, UpkeepKind},
	Observation, OutPoint,
};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::KeyPath;

/// Members of group 1 who are heard.
const NEW: std::ops::Range<u8> = MEMBERS..MEMBERS + 3;

/// Blocks pass until it is the turn of upkeep.
fn run_to_upkeep() {
	let now = System::block_number();
	let turn = INTERVAL / 2;
	run_to((now + INTERVAL - turn) / INTERVAL * INTERVAL + turn);
}

/// Coins that cover nothing, with the active group.
fn fill_reserve(amount: u64, members: std::ops::Range<u8>) {
	assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
	let index = crate::NextDeposit::<Test>::get() - 1;
	witness(&deposit(index, amount), members);
}

fn settle_all() {
	sign_all();
	let open: Vec<_> = Batches::<Test>::iter_keys().collect();
	for batch in open {
		witness(&settlement(batch), NEW);
	}
}

fn size(inputs: u32) -> u64 {
	Bitcoin::size(inputs, &[Bitcoin::destination(&[0; 32])])
}

fn started_and_ended() -> (usize, usize) {
	let events = events();
	let count = |kind: fn(&Event<Test>) -> bool| events.iter().filter(|event| kind(event)).count();
	(
		count(|event| matches!(event, Event::RotationStarted { .. })),
		count(|event| matches!(event, Event::RotationEnded { .. })),
	)
}

#[test]
fn coins_should_move_to_the_new_key_until_the_old_one_has_none_when_another_group_is_active() {
	build_and_execute(|| {
		for amount in [40_000, 30_000, 20_000] {
			lock_in(ALICE, amount);
		}
		fill_reserve(100_000, 0..3);
		let before = AssetMapping::reserves();
		assert_eq!(AssetMapping::rotations(), vec![]);
		ActiveGroup::set(&Some(1));
		let view = RotationView { from: 0, to: 1, held: 190_000, moving: 0, wait: None };
		assert_eq!(AssetMapping::rotations(), vec![view]);
		run_to_upkeep();
		assert!(events().contains(&Event::RotationStarted { from: 0, to: 1 }));
		assert_eq!(Upkeeps::<Test>::get(0).unwrap().kind, UpkeepKind::Rotation);
		let attempt = attempt_at(0, 0);
		let fee = size(4) * PARAMETERS.fee_rate;
		assert_eq!((attempt.fee, attempt.template.inputs.len()), (fee, 4));
		let new = AssetMapping::change_key(1).unwrap();
		assert_eq!(attempt.template.outputs.len(), 1);
		assert_eq!(attempt.template.outputs[0].destination, new.destination);
		// The old group signs, the new one witnesses.
		assert!(Requests::get().iter().all(|(_, request)| request.group == 0));
		let wait = Some(RotationWait::Confirmations);
		let view = RotationView { from: 0, to: 1, held: 190_000, moving: 190_000, wait };
		assert_eq!(AssetMapping::rotations(), vec![view]);
		sign_all();
		let settled = settlement(0);
		for i in 0..3 {
			assert!(submit(signed(i, settled.clone())).is_err());
		}
		witness(&settled, NEW);
		assert_eq!(HeldBy::<Test>::get(0), 0);
		assert_eq!(HeldBy::<Test>::get(1), u128::from(190_000 - fee));
		let (_, coin) = Utxos::<Test>::iter().next().unwrap();
		assert_eq!((coin.group, coin.path), (1, KeyPath::Group));
		assert_eq!(coin.output_key, new.output_key);
		let after = AssetMapping::reserves();
		assert_eq!(after.issued, before.issued);
		assert_eq!(after.surplus(), before.surplus() - u128::from(fee));
		run_to_upkeep();
		assert_eq!(started_and_ended(), (1, 1));
		assert_eq!(AssetMapping::rotations(), vec![]);
		// The new group can spend what it got.
		lock_out(ALICE, 50_000, 5_000);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(1).unwrap().group, 1);
		for (_, request) in Requests::get() {
			let owner = Utxos::<Test>::get(Batches::<Test>::get(1).unwrap().inputs[0]).unwrap();
			let signature = Groups::sign(&request);
			assert!(Bitcoin::verify(&owner.output_key, &request.message, &signature));
		}
	});
}

#[test]
fn nothing_should_move_when_the_same_key_is_handed_over_to_others() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		fill_reserve(100_000, 0..3);
		let address = request_lock_in(BOB);
		let before: Vec<_> = Utxos::<Test>::iter().collect();
		let key = AssetMapping::change_key(0).unwrap().output_key;
		// A new epoch: member 0 has left, the key and the group's number are the same.
		Leavers::set(&vec![member(0)]);
		for _ in 0..4 {
			run_to_upkeep();
			run_to_batch();
		}
		assert_eq!(started_and_ended(), (0, 0));
		assert_eq!(AssetMapping::rotations(), vec![]);
		assert_eq!(Batches::<Test>::count(), 0);
		assert_eq!(Utxos::<Test>::iter().collect::<Vec<_>>(), before);
		assert_eq!(AssetMapping::change_key(0).unwrap().output_key, key);
		// Old addresses and coins are as good as before.
		witness(&deposit(address, 7_000), 1..4);
		assert_eq!(balance(BOB), 7_000);
		lock_out(ALICE, 30_000, 5_000);
		run_to_batch();
		sign_all();
		witness(&settlement(0), 1..4);
		assert_eq!(balance(ALICE), 10_000);
	});
}

#[test]
fn deposit_to_an_old_address_should_be_credited_and_moved_when_it_comes_later() {
	build_and_execute(|| {
		let address = request_lock_in(BOB);
		lock_in(ALICE, 40_000);
		fill_reserve(100_000, 0..3);
		ActiveGroup::set(&Some(1));
		run_to_upkeep();
		settle_all();
		run_to_upkeep();
		assert_eq!(started_and_ended(), (1, 1));
		assert_eq!(AssetMapping::watched(address, 1)[0].0, address, "it is watched still");
		witness(&deposit(address, 9_000), NEW);
		assert_eq!(balance(BOB), 9_000);
		assert_eq!(HeldBy::<Test>::get(0), 9_000);
		run_to_upkeep();
		settle_all();
		run_to_upkeep();
		assert_eq!(started_and_ended(), (2, 2));
		assert_eq!(HeldBy::<Test>::get(0), 0);
	});
}

#[test]
fn lock_outs_should_be_paid_from_the_old_key_when_the_new_one_has_nothing() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		ActiveGroup::set(&Some(1));
		let intent = lock_out(ALICE, 15_000, 5_000);
		run_to_batch();
		let batch = Batches::<Test>::get(0).unwrap();
		assert_eq!((batch.group, batch.intents.to_vec()), (0, vec![intent]));
		let change = attempt_at(0, 0).change.unwrap();
		assert_eq!((change.group, change.amount), (1, 25_000));
		assert_eq!(change.output_key, AssetMapping::change_key(1).unwrap().output_key);
		// No reserve, but that coin has moved, and its owner has paid.
		settle_all();
		assert_eq!((HeldBy::<Test>::get(0), HeldBy::<Test>::get(1)), (0, 25_000));
		assert!(!Intents::<Test>::contains_key(intent));
		// From now on the new group pays.
		lock_out(ALICE, 15_000, 5_000);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(1).unwrap().group, 1);
	});
}

#[test]
fn new_key_should_pay_when_both_could() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		ActiveGroup::set(&Some(1));
		let index = request_lock_in(ALICE);
		witness(&deposit(index, 20_000), NEW);
		lock_out(ALICE, 20_000, 5_000);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(0).unwrap().group, 1);
	});
}

#[test]
fn old_group_should_get_no_more_work_when_it_does_not_sign() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		lock_in(ALICE, 40_000);
		ActiveGroup::set(&Some(1));
		lock_out(ALICE, 40_000, 5_000);
		run_to_batch();
		assert_eq!(Batches::<Test>::get(0).unwrap().group, 0);
		let waiting = lock_out(ALICE, 15_000, 5_000);
		fill_reserve(100_000, NEW);
		let view = AssetMapping::rotations()[0];
		assert_eq!(view.wait, Some(RotationWait::Signatures));
		run_to_upkeep();
		assert_eq!(Upkeeps::<Test>::count(), 0);
		// The new group pays, once it can.
		run_to_batch();
		let batch = Batches::<Test>::get(1).unwrap();
		assert_eq!((batch.group, batch.intents.to_vec()), (1, vec![waiting]));
	});
}

#[test]
fn rotation_should_wait_when_the_reserve_is_short_or_fees_are_high_or_it_is_paused() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		ActiveGroup::set(&Some(1));
		let wait = || AssetMapping::rotations()[0].wait;
		assert_eq!(wait(), Some(RotationWait::ReserveShort));
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 0, "coins that are owed do not pay");
		fill_reserve(size(1) * PARAMETERS.fee_rate, NEW);
		assert_eq!(wait(), None);
		crate::Params::<Test>::mutate(|parameters| parameters.fee_rate = 700);
		assert_eq!(wait(), Some(RotationWait::FeesTooHigh));
		crate::Params::<Test>::mutate(|parameters| parameters.fee_rate = 10);
		StandStill::set(&true);
		assert_eq!(wait(), Some(RotationWait::Paused));
		StandStill::set(&false);
		crate::Paused::<Test>::mutate(|paused| paused.lock_out = true);
		assert_eq!(wait(), Some(RotationWait::Paused));
		crate::Paused::<Test>::kill();
		run_to_upkeep();
		assert_eq!(Upkeeps::<Test>::count(), 1);
	});
}

#[test]
fn rotation_should_take_several_transactions_when_there_are_many_coins() {
	build_and_execute(|| {
		let count = Bitcoin::MAX_INPUTS + 5;
		for number in 0..count {
			lock_in(ALICE, 10_000 + u64::from(number));
		}
		fill_reserve(200_000, 0..3);
		ActiveGroup::set(&Some(1));
		run_to_upkeep();
		let first = Batches::<Test>::get(0).unwrap();
		assert_eq!(first.inputs.len() as u32, Bitcoin::MAX_INPUTS);
		let amounts = |inputs: &[OutPoint]| -> Vec<u64> {
			inputs.iter().map(|input| Utxos::<Test>::get(input).unwrap().amount).collect()
		};
		assert_eq!(amounts(&first.inputs)[0], 200_000, "the largest first");
		// Not before the first is signed.
		run_to_upkeep();
		assert_eq!(Batches::<Test>::count(), 1);
		sign_all();
		run_to_upkeep();
		assert_eq!(amounts(&Batches::<Test>::get(1).unwrap().inputs).len(), 6);
		settle_all();
		run_to_upkeep();
		assert_eq!((HeldBy::<Test>::get(0), started_and_ended()), (0, (1, 1)));
	});
}

#[test]
fn coins_should_come_back_when_the_old_group_is_active_again() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		fill_reserve(100_000, 0..3);
		ActiveGroup::set(&Some(1));
		run_to_upkeep();
		sign_all();
		// The attempt pays the new key, whoever is active when it is confirmed.
		ActiveGroup::set(&Some(0));
		run_to_upkeep();
		assert_eq!(started_and_ended(), (1, 1));
		witness(&settlement(0), 0..3);
		assert_eq!(HeldBy::<Test>::get(0), 0);
		run_to_upkeep();
		assert_eq!(Retiring::<Test>::get().to_vec(), vec![1]);
		assert!(events().contains(&Event::RotationStarted { from: 1, to: 0 }));
		let batch = Batches::<Test>::get(1).unwrap();
		assert_eq!(batch.group, 1);
		assert_eq!(attempt_at(1, 0).change.unwrap().group, 0);
	});
}

#[test]
fn rotation_should_go_on_when_a_moving_coin_is_gone_and_comes_back() {
	build_and_execute(|| {
		lock_in(ALICE, 40_000);
		fill_reserve(100_000, 0..3);
		ActiveGroup::set(&Some(1));
		run_to_upkeep();
		sign_all();
		let outpoint = Batches::<Test>::get(0).unwrap().inputs[0];
		witness(&Observation::Gone { outpoint, episode: 0 }, NEW);
		AssetMapping::do_try_state().unwrap();
		// Its transaction is confirmed: it was there.
		witness(&settlement(0), NEW);
		assert_ok!(AssetMapping::resume(RuntimeOrigin::signed(GUARD)));
		assert_eq!(HeldBy::<Test>::get(0), 0);
		assert_eq!(AssetMapping::reserves().deficit, 0);
	});
}
