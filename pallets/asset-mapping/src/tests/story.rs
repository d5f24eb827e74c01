//! The whole story: a bitcoin comes in, a part of it goes out.

use crate::{mock::*, Batches, Event, Intents, Utxos};
use bitcoin::{consensus::deserialize, hashes::Hash, Transaction};
use fusion_asset_mapping_primitives::{chain::ExternalChain, BatchState, OutPoint, Reserves};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::KeyPath;

const COIN: u64 = 100_000_000;
const PART: u64 = 40_000_000;
const MAX_FEE: u64 = 10_000;
/// One P2TR input, a P2WPKH and a P2TR output: 10.5 + 57.5 + 31 + 43 vB, rounded up.
const VSIZE: u64 = 142;

#[test]
fn a_bitcoin_should_come_in_and_a_part_go_out_exactly_when_all_do_their_part() {
	build_and_execute(|| {
		// In.
		let outpoint = lock_in(ALICE, COIN);
		assert_eq!(balance(ALICE), COIN.into());
		assert_eq!(
			AssetMapping::reserves(),
			Reserves { held: COIN.into(), issued: COIN.into(), ..Default::default() }
		);

		// Half of it moves.
		pallet_assets::Pallet::<Test>::transfer(
			RuntimeOrigin::signed(ALICE),
			BTC,
			BOB,
			(COIN / 2).into(),
		)
		.unwrap();

		// 0.4 out.
		let intent = lock_out(BOB, PART, MAX_FEE);
		assert_eq!(balance(BOB), (COIN / 2 - PART).into());
		assert_eq!(balance(AssetMapping::account_id()), PART.into());
		assert_eq!(
			AssetMapping::reserves(),
			Reserves {
				held: COIN.into(),
				issued: COIN.into(),
				locked: PART.into(),
				..Default::default()
			}
		);

		run_to_batch();
		let batch = Batches::<Test>::get(0).expect("a batch was made");
		let attempt = attempt_at(0, 0);
		assert_eq!(attempt.state, BatchState::Signing);
		assert_eq!(batch.inputs.to_vec(), vec![outpoint]);
		let request = Requests::get().pop().expect("a signature was asked for").1;
		assert_eq!(request.path, KeyPath::Deposit(INSTANCE, 0));
		assert_eq!(request.message, Bitcoin::sighashes(&attempt.template)[0]);
		sign_all();

		// What is broadcast, as others read it.
		let view = AssetMapping::batch(0, 0).expect("the batch is open");
		assert_eq!(view.state, BatchState::Signed);
		let transaction: Transaction = deserialize(&view.transaction.unwrap()).unwrap();
		assert_eq!(transaction.compute_txid().to_byte_array(), view.txid);
		assert_eq!(transaction.vsize() as u64, VSIZE);
		let fee = VSIZE * PARAMETERS.fee_rate;
		let amounts: Vec<_> = transaction.output.iter().map(|o| o.value.to_sat()).collect();
		assert_eq!(amounts, vec![PART - fee, COIN - PART]);
		let paid_to = bitcoin::Address::from_script(
			&transaction.output[0].script_pubkey,
			bitcoin::Network::Regtest,
		);
		assert_eq!(paid_to.unwrap().to_string(), address(BOB as u8));
		let signature: [u8; 64] = transaction.input[0].witness.nth(0).unwrap().try_into().unwrap();
		let coin = Utxos::<Test>::get(outpoint).unwrap();
		assert!(Bitcoin::verify(&coin.output_key, &view.sighashes[0], &signature));

		// Settled.
		witness(&settlement(0), 0..3);
		assert_eq!(issued(), (COIN - PART).into());
		assert_eq!(balance(ALICE), (COIN / 2).into());
		assert_eq!(balance(BOB), (COIN / 2 - PART).into());
		assert_eq!(balance(AssetMapping::account_id()), 0);
		assert_eq!(
			AssetMapping::reserves(),
			Reserves {
				held: (COIN - PART).into(),
				issued: (COIN - PART).into(),
				..Default::default()
			}
		);
		assert!(Batches::<Test>::get(0).is_none());
		assert!(Intents::<Test>::get(intent).is_none());
		assert!(Utxos::<Test>::get(outpoint).is_none());
		let change = OutPoint { txid: view.txid, vout: 1 };
		let coin = Utxos::<Test>::get(change).expect("the change is in the ledger");
		assert_eq!((coin.amount, coin.path, coin.reserved), (COIN - PART, KeyPath::Group, None));
		let settled = Event::LockOutSettled { intent, who: BOB, amount: PART, txid: view.txid };
		assert!(events().contains(&settled));
	});
}

#[test]
fn change_should_be_spent_when_a_later_lock_out_needs_it() {
	build_and_execute(|| {
		lock_in(ALICE, COIN);
		lock_out(ALICE, PART, MAX_FEE);
		run_to_batch();
		sign_all();
		witness(&settlement(0), 0..3);

		lock_out(ALICE, COIN - PART, MAX_FEE);
		run_to_batch();
		let batch = Batches::<Test>::get(1).expect("a batch was made");
		assert_eq!(attempt_at(1, 0).change, None);
		let request = Requests::get().pop().unwrap().1;
		assert_eq!(request.path, KeyPath::Group);
		sign_all();
		let view = AssetMapping::batch(1, 0).unwrap();
		let transaction: Transaction = deserialize(&view.transaction.unwrap()).unwrap();
		let signature: [u8; 64] = transaction.input[0].witness.nth(0).unwrap().try_into().unwrap();
		let coin = Utxos::<Test>::get(batch.inputs[0]).unwrap();
		assert!(Bitcoin::verify(&coin.output_key, &view.sighashes[0], &signature));

		witness(&settlement(1), 0..3);
		assert_eq!(issued(), 0);
		assert_eq!(AssetMapping::reserves(), Reserves::default());
	});
}
