//! From signatures to burnt coins.

use crate::{mock::*, votes::refusal, Event, Intents, Paused, PausedDirections, Utxos};
use fusion_asset_mapping_primitives::{BatchState, Observation};
use fusion_dcrm_primitives::{traits::OnSignature, Purpose};
use sp_runtime::transaction_validity::InvalidTransaction;

const FEE: u64 = 5_000;

/// A batch of two inputs that lacks its signatures.
fn two_inputs() {
	lock_in(ALICE, 20_000);
	lock_in(ALICE, 20_000);
	lock_out(ALICE, 30_000, FEE);
	run_to_batch();
	assert_eq!(Requests::get().len(), 2);
}

fn state() -> BatchState {
	attempt_at(0, 0).state
}

#[test]
fn batch_should_be_signed_when_the_last_signature_arrives() {
	build_and_execute(|| {
		two_inputs();
		let requests = Requests::get();
		// In whatever order.
		for (position, (id, request)) in requests.iter().enumerate().rev() {
			assert_eq!(state(), BatchState::Signing);
			assert_eq!(AssetMapping::batch(0, 0).unwrap().transaction, None);
			AssetMapping::on_signature(request.purpose, *id, Groups::sign(request));
			assert_eq!(state() == BatchState::Signed, position == 0);
		}
		let txid = attempt_at(0, 0).txid;
		assert_eq!(events().last(), Some(&Event::BatchSigned { batch: 0, attempt: 0, txid }));
		assert!(AssetMapping::batch(0, 0).unwrap().transaction.is_some());
	});
}

#[test]
fn signature_should_be_ignored_when_nobody_waits_for_it() {
	build_and_execute(|| {
		two_inputs();
		let before = attempt_at(0, 0);
		for purpose in [
			Purpose::Test,
			Purpose::Batch { instance: INSTANCE + 1, batch: 0, attempt: 0, input: 0 },
			Purpose::Batch { instance: INSTANCE, batch: 1, attempt: 0, input: 0 },
			Purpose::Batch { instance: INSTANCE, batch: 0, attempt: 1, input: 0 },
			Purpose::Batch { instance: INSTANCE, batch: 0, attempt: 0, input: 2 },
			Purpose::Batch { instance: INSTANCE, batch: 0, attempt: 0, input: u32::MAX },
		] {
			AssetMapping::on_signature(purpose, 0, [1; 64]);
			assert_eq!(attempt_at(0, 0), before);
		}
		let (id, request) = Requests::get()[0].clone();
		AssetMapping::on_signature(request.purpose, id, Groups::sign(&request));
		let once = attempt_at(0, 0);
		assert_ne!(once, before);
		AssetMapping::on_signature(request.purpose, id, [1; 64]);
		assert_eq!(attempt_at(0, 0), once, "the first signature stays");
	});
}

#[test]
fn settlement_should_be_refused_when_the_batch_is_not_signed() {
	build_and_execute(|| {
		two_inputs();
		let observation = settlement(0);
		let future = Err(InvalidTransaction::Future.into());
		assert_eq!(submit(signed(0, observation.clone())), future);
		let (id, request) = Requests::get()[0].clone();
		AssetMapping::on_signature(request.purpose, id, Groups::sign(&request));
		assert_eq!(submit(signed(0, observation.clone())), future);
		sign_all();
		witness(&observation, 0..3);
		assert_eq!(issued(), 10_000);
	});
}

#[test]
fn settlement_should_be_refused_when_it_names_another_transaction() {
	build_and_execute(|| {
		two_inputs();
		sign_all();
		let wrong =
			Observation::Settled { batch: 0, attempt: 0, txid: [9; 32], height: 1, block: [1; 32] };
		assert_eq!(
			submit(signed(0, wrong)),
			Err(InvalidTransaction::Custom(refusal::WRONG_TRANSACTION).into())
		);
	});
}

#[test]
fn settlement_should_be_refused_when_the_batch_is_unknown_or_settled() {
	build_and_execute(|| {
		let unknown =
			Observation::Settled { batch: 0, attempt: 0, txid: [9; 32], height: 1, block: [1; 32] };
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, unknown)), stale);
		two_inputs();
		sign_all();
		let observation = settlement(0);
		witness(&observation, 0..3);
		assert_eq!(submit(signed(3, observation.clone())), stale);
		assert_eq!(submit(signed(0, observation)), stale);
		assert_eq!(issued(), 10_000);
	});
}

#[test]
fn nothing_should_be_burnt_when_too_few_witnessed() {
	build_and_execute(|| {
		two_inputs();
		sign_all();
		witness(&settlement(0), 0..2);
		assert_eq!(issued(), 40_000);
		assert_eq!(AssetMapping::reserves().locked, 30_000);
		assert_eq!(state(), BatchState::Signed);
	});
}

#[test]
fn votes_should_not_add_up_when_they_name_different_blocks() {
	build_and_execute(|| {
		two_inputs();
		sign_all();
		let here = settlement(0);
		let Observation::Settled { batch, attempt, txid, height, .. } = here else {
			unreachable!()
		};
		let there =
			Observation::Settled { batch, attempt, txid, height: height + 1, block: [8; 32] };
		witness(&here, 0..2);
		witness(&there, 2..4);
		assert_eq!(issued(), 40_000);
		// The two that saw the abandoned block look again.
		run_to(System::block_number() + VOTE_LIFETIME);
		witness(&there, 0..1);
		assert_eq!(issued(), 10_000);
	});
}

#[test]
fn several_lock_outs_should_be_settled_when_one_batch_paid_them() {
	build_and_execute(|| {
		lock_in(ALICE, 100_000);
		lock_in(BOB, 50_000);
		let first = lock_out(ALICE, 20_000, FEE);
		let second = lock_out(BOB, 50_000, FEE);
		run_to_batch();
		sign_all();
		let txid = attempt_at(0, 0).txid;
		witness(&settlement(0), 0..3);
		for (intent, who, amount) in [(first, ALICE, 20_000), (second, BOB, 50_000)] {
			let settled = Event::LockOutSettled { intent, who, amount, txid };
			assert!(events().contains(&settled));
			assert!(Intents::<Test>::get(intent).is_none());
		}
		assert_eq!(
			events().last(),
			Some(&Event::BatchSettled { batch: 0, attempt: 0, txid, burnt: 70_000 })
		);
		assert_eq!((balance(ALICE), balance(BOB)), (80_000, 0));
		assert_eq!(Utxos::<Test>::iter().map(|(_, coin)| coin.amount).sum::<u64>(), 80_000);
	});
}

#[test]
fn batch_should_be_settled_when_lock_outs_are_paused_meanwhile() {
	build_and_execute(|| {
		two_inputs();
		Paused::<Test>::put(PausedDirections { lock_in: true, lock_out: true });
		sign_all();
		witness(&settlement(0), 0..3);
		assert_eq!(issued(), 10_000);
	});
}
