//! Batches: what they pay, who signs, and how they end.

use crate::{mock::*, Batches, Error, Event, Intents, Queue, SkipReason};
use codec::Decode;
use frame_support::assert_ok;
use fusion_asset_mapping_primitives::{account::AccountChain, vault::VaultObservation};
use fusion_dcrm_primitives::{traits::OnSignature, KeyPath, Purpose};
use fusion_ethereum_primitives::{Address, Batch, Ethereum, VaultPayout};
use sp_runtime::transaction_validity::InvalidTransaction;

/// Alice has coins and two lock-outs, Bob has one, in batch 0.
fn batch() {
	lock_in(&ALICE, ETH, 1_000_000);
	lock_in(&ALICE, USD, 10_000);
	lock_in(&BOB, ETH, 1_000_000);
	lock_out(&ALICE, USD, 4_000, 1);
	lock_out(&BOB, ETH, 7_000, 2);
	lock_out(&ALICE, ETH, 500, 3);
	run_to_batch();
	assert!(Batches::<Test>::contains_key(0));
}

/// What one of three lock-outs pays: a third of 40,000, rounded up, and 10,000.
const FEE: u128 = 23_334;

#[test]
fn batch_should_pay_what_was_asked_for_when_it_is_made() {
	build_and_execute(|| {
		batch();
		let open = open_batch(0);
		let paid = |asset, seed, amount| VaultPayout { asset, to: payee(seed), amount };
		assert_eq!(
			open.template.payouts.into_inner(),
			vec![
				paid(token(), 1, 4_000),
				paid(Address::ZERO, 2, 7_000),
				paid(Address::ZERO, 3, 500)
			]
		);
		assert_eq!((open.template.fee, open.template.epoch), (3 * FEE, 0));
		assert_eq!(open.template.deadline, now() + 600);
		let created = Event::BatchCreated {
			batch: 0,
			intents: vec![0, 1, 2],
			fee: 3 * FEE,
			deadline: now() + 600,
		};
		assert!(events().contains(&created));
		assert!(Queue::<Test>::get().is_empty());
	});
}

#[test]
fn calldata_should_be_what_the_vault_takes_when_the_batch_is_signed() {
	build_and_execute(|| {
		batch();
		assert_eq!(VaultMapping::batch_calldata(0, Address::ZERO), None);
		let (_, request) = Requests::get().pop().unwrap();
		assert_eq!(request.path, KeyPath::Vault(INSTANCE));
		assert_eq!(request.purpose, Purpose::VaultBatch { instance: INSTANCE, batch: 0 });
		sign_all();
		assert!(events().contains(&Event::BatchSigned { batch: 0 }));

		let view = VaultMapping::batch(0).unwrap();
		let template = Batch::decode(&mut &view.template[..]).unwrap();
		assert_eq!((template.digest(), request.message), (view.digest, view.digest));
		let signature = view.signature.unwrap();
		let key = VaultMapping::vault().unwrap().key;
		assert!(Ethereum::verify(&key, &view.digest, &signature));
		let relayer = payee(77);
		assert_eq!(
			VaultMapping::batch_calldata(0, relayer),
			Some(template.calldata(&signature, &relayer))
		);
		assert_eq!(VaultMapping::batch_calldata(1, relayer), None);
	});
}

#[test]
fn signature_should_be_ignored_when_it_is_for_something_else() {
	build_and_execute(|| {
		batch();
		for purpose in [
			Purpose::Test,
			Purpose::VaultBatch { instance: INSTANCE + 1, batch: 0 },
			Purpose::VaultBatch { instance: INSTANCE, batch: 1 },
			Purpose::Batch { instance: INSTANCE, batch: 0, attempt: 0, input: 0 },
		] {
			VaultMapping::on_signature(purpose, 0, [1; 64]);
		}
		assert_eq!(open_batch(0).signature, None);
		sign_all();
		let first = open_batch(0).signature;
		let purpose = Purpose::VaultBatch { instance: INSTANCE, batch: 0 };
		VaultMapping::on_signature(purpose, 9, [2; 64]);
		assert_eq!(open_batch(0).signature, first);
	});
}

#[test]
fn coins_should_be_burnt_and_the_rest_of_the_fee_given_back_when_a_batch_was_executed() {
	build_and_execute(|| {
		batch();
		sign_all();
		decide(&executed(0, 3 * FEE, 0));
		assert_eq!(sums(ETH), (2_000_000 - 7_500 - 3 * FEE, 0, 0, 0));
		assert_eq!(sums(USD), (6_000, 0, 0, 0));
		assert_eq!(balance(ETH, &ALICE), 1_000_000 - 500 - 2 * FEE);
		assert_eq!(balance(ETH, &BOB), 1_000_000 - 7_000 - FEE);
		assert_eq!(balance(USD, &ALICE), 6_000);
		assert_eq!(issued(ETH), sums(ETH).0);
		assert!(Intents::<Test>::iter().next().is_none());
		let settled = Event::LockOutSettled { intent: 1, who: BOB, fee: FEE };
		assert!(events().contains(&settled));
	});
}

#[test]
fn fee_should_be_given_back_when_nobody_took_it() {
	build_and_execute(|| {
		batch();
		sign_all();
		decide(&executed(0, 0, 0));
		assert_eq!(balance(ETH, &ALICE), 1_000_000 - 500);
		assert_eq!(balance(ETH, &BOB), 1_000_000 - 7_000);
		assert_eq!(sums(ETH), (2_000_000 - 7_500, 0, 0, 0));
	});
}

#[test]
fn execution_should_count_when_the_signature_was_kept_from_this_chain() {
	build_and_execute(|| {
		batch();
		decide(&executed(0, 3 * FEE, 0));
		assert!(Intents::<Test>::iter().next().is_none());
		// It comes late.
		sign_all();
		assert_eq!(VaultMapping::open_batches(), vec![]);
	});
}

#[test]
fn execution_should_be_refused_when_it_cannot_be_so() {
	build_and_execute(|| {
		batch();
		sign_all();
		let wrong = Err(InvalidTransaction::Custom(crate::refusal::WRONG_OUTCOME).into());
		assert_eq!(submit(signed(0, executed(0, 3 * FEE + 1, 0))), wrong);
		assert_eq!(submit(signed(0, executed(0, 1, 0))), wrong);
		assert_eq!(submit(signed(0, executed(0, 0, 0b1000))), wrong);
		assert_eq!(submit(signed(0, executed(0, 0, 1 << 63))), wrong);
		let unknown = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, executed(1, 0, 0))), unknown);
		decide(&executed(0, 0, 0b111));
		assert_eq!(submit(signed(3, executed(0, 0, 0b111))), unknown);
	});
}

#[test]
fn lock_outs_should_wait_again_when_their_batch_has_expired() {
	build_and_execute(|| {
		batch();
		sign_all();
		let later = lock_out(&BOB, ETH, 100, 4);
		let expired = VaultObservation::Expired { batch: 0 };
		let deadline = open_batch(0).template.deadline;
		run_to((deadline / u64::from(BLOCK_TIME)) as u32);
		assert_eq!(now(), deadline);
		assert_eq!(submit(signed(0, expired.clone())), Err(InvalidTransaction::Future.into()));
		run_to(System::block_number() + 1);
		decide(&expired);
		assert!(events().contains(&Event::BatchExpired { batch: 0 }));
		assert_eq!(VaultMapping::batch(0), None);
		// The later one is in a batch of its own by now.
		assert_eq!(Intents::<Test>::get(later).unwrap().batch, Some(1));
		assert_eq!(Queue::<Test>::get().into_inner(), vec![0, 1, 2]);
		// It can be cancelled now, and the others go on.
		assert_eq!(cancel(&ALICE, 1), Err(Error::<Test>::NotOwner.into()));
		assert_ok!(cancel(&BOB, 1));
		run_to_batch();
		let open = open_batch(2);
		let to: Vec<_> = open.template.payouts.iter().map(|payout| payout.to).collect();
		assert_eq!(to, vec![payee(1), payee(3)]);
		// What is said of the first one now is of no use.
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, executed(0, 0, 0))), stale);
	});
}

#[test]
fn member_should_have_one_word_when_a_batch_is_executed_or_expired() {
	build_and_execute(|| {
		batch();
		run_to((open_batch(0).template.deadline / u64::from(BLOCK_TIME)) as u32 + 1);
		witness(&executed(0, 3 * FEE, 0), 0..2);
		let expired = VaultObservation::Expired { batch: 0 };
		assert_eq!(submit(signed(0, expired.clone())), Err(InvalidTransaction::Stale.into()));
		witness(&expired, 2..4);
		assert!(Batches::<Test>::contains_key(0), "two and two");
	});
}

#[test]
fn batch_should_be_bounded_when_many_wait() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 10_000_000);
		for seed in 0..MAX_OPEN_INTENTS {
			lock_out(&ALICE, ETH, 100, seed.into());
		}
		run_to_batch();
		assert_eq!(open_batch(0).intents.len(), MAX_BATCH_INTENTS as usize);
		run_to_batch();
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), MAX_OPEN_BATCHES);
		assert_eq!(Queue::<Test>::get().len(), 4);
		decide(&executed(0, 0, 0));
		run_to_batch();
		assert_eq!(Batches::<Test>::count(), MAX_OPEN_BATCHES);
		assert!(Queue::<Test>::get().is_empty());
	});
}

#[test]
fn lock_out_should_stay_behind_when_it_allows_too_little() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 10_000_000);
		let to = payee(1).to_checksum();
		let poor = try_lock_out(&ALICE, ETH, 100, &to, LONE_FEE).unwrap();
		let rich = try_lock_out(&ALICE, ETH, 100, &to, 6 * LONE_FEE).unwrap();
		let dearer = crate::Parameters { gas_price: 3, ..PARAMETERS };
		VaultMapping::set_parameters(RuntimeOrigin::root(), dearer).unwrap();
		run_to_batch();
		// Two would pay 90,000 each. The rich one alone pays 150,000.
		assert_eq!(open_batch(0).template.fee, 3 * LONE_FEE);
		let batched = |id| Intents::<Test>::get(id).unwrap().batch;
		assert_eq!((batched(poor), batched(rich)), (None, Some(0)));
		let reason = SkipReason::MaxFeeTooLow;
		assert!(events().contains(&Event::LockOutSkipped { intent: poor, reason }));
		VaultMapping::set_parameters(RuntimeOrigin::root(), PARAMETERS).unwrap();
		run_to_batch();
		assert_eq!(batched(poor), Some(1));
	});
}

#[test]
fn batch_should_be_smaller_when_the_vault_would_not_pay_its_fee() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 100_000_000);
		for seed in 0..4 {
			let to = payee(seed).to_checksum();
			try_lock_out(&ALICE, ETH, 100, &to, 2_000_000).unwrap();
		}
		let set = |gas_price| {
			let parameters = crate::Parameters { gas_price, ..PARAMETERS };
			VaultMapping::set_parameters(RuntimeOrigin::root(), parameters).unwrap();
		};
		// All four would take 80,000 gas, three 70,002, two 60,000, one 50,000.
		set(21);
		run_to_batch();
		assert_eq!(events().iter().filter(|e| matches!(e, Event::BatchCreated { .. })).count(), 0);
		let reason = SkipReason::FeeAboveCeiling;
		assert!(events().contains(&Event::LockOutSkipped { intent: 0, reason }));
		set(14);
		run_to_batch();
		assert_eq!((open_batch(0).intents.len(), fee_of(0)), (3, 14 * 70_002));
	});
}

#[test]
fn nothing_should_change_when_the_group_cannot_be_asked() {
	build_and_execute(|| {
		lock_in(&ALICE, ETH, 1_000_000);
		let intent = lock_out(&ALICE, ETH, 100, 1);
		StandStill::set(&true);
		run_to_batch();
		assert_eq!(Queue::<Test>::get().into_inner(), vec![intent]);
		assert!(!events().iter().any(|event| matches!(event, Event::WorkFailed { .. })));
		StandStill::set(&false);
		// It owes too many signatures.
		RequestsLeft::set(&0);
		run_to_batch();
		assert_eq!(
			(Queue::<Test>::get().into_inner(), Batches::<Test>::count()),
			(vec![intent], 0)
		);
		assert!(events().iter().any(|event| matches!(event, Event::WorkFailed { .. })));
		RequestsLeft::set(&u32::MAX);
		run_to_batch();
		assert_eq!(open_batch(0).intents.len(), 1);
	});
}
