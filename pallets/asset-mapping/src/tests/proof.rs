//! What proves the reserves.

use crate::{mock::*, views::MAX_LISTED, Batches, Utxos};
use frame_support::assert_ok;
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{Bitcoin, Network};
use std::collections::BTreeMap;

#[test]
fn coins_should_be_listed_with_their_addresses_when_asked_for_in_pages() {
	build_and_execute(|| {
		for amount in [10_000, 20_000, 30_000] {
			lock_in(ALICE, amount);
		}
		lock_out(ALICE, 25_000, 5_000);
		run_to_batch();
		let all = AssetMapping::proof_coins(None, u32::MAX);
		assert_eq!(all.len(), 3);
		assert_eq!(AssetMapping::proof_coins(None, MAX_LISTED), all);
		let mut paged = AssetMapping::proof_coins(None, 2);
		assert_eq!(paged.len(), 2);
		paged.extend(AssetMapping::proof_coins(Some(paged[1].outpoint), 2));
		assert_eq!(paged, all);
		assert_eq!(AssetMapping::proof_coins(Some(paged[2].outpoint), 2), vec![]);
		let sum: u128 = all.iter().map(|coin| u128::from(coin.amount)).sum();
		assert_eq!(sum, AssetMapping::reserves().held);
		for coin in all {
			let known = Utxos::<Test>::get(coin.outpoint).unwrap();
			assert_eq!((coin.amount, coin.group, coin.height), (known.amount, 0, known.height));
			assert_eq!(coin.destination, Bitcoin::destination(&known.output_key));
			let text = String::from_utf8(coin.address).unwrap();
			assert_eq!(Bitcoin::parse_address(&text, Network::Regtest), Ok(coin.destination));
			assert_eq!(coin.batch, (coin.amount == 30_000).then_some(0));
		}
	});
}

#[test]
fn batches_in_flight_should_say_what_their_attempts_do_when_confirmed() {
	build_and_execute(|| {
		assert_eq!(AssetMapping::batches_in_flight(), vec![]);
		lock_in(ALICE, 200_000);
		lock_in(ALICE, 30_000);
		assert_ok!(AssetMapping::request_reserve_address(RuntimeOrigin::root()));
		for amount in [30_000, 40_000] {
			lock_out(ALICE, amount, 9_000);
		}
		run_to_batch();
		sign_all();
		crate::Params::<Test>::mutate(|parameters| parameters.fee_rate = 20);
		run_to(System::block_number() + PARAMETERS.replace_after + INTERVAL);
		lock_out(ALICE, 30_000, 9_000);
		run_to_batch();
		let flights = AssetMapping::batches_in_flight();
		assert_eq!(flights.iter().map(|flight| flight.id).collect::<Vec<_>>(), vec![0, 1]);
		let amounts: BTreeMap<_, _> = AssetMapping::proof_coins(None, 10)
			.into_iter()
			.map(|coin| (coin.outpoint, coin.amount))
			.collect();
		for flight in &flights {
			let batch = Batches::<Test>::get(flight.id).unwrap();
			assert_eq!(flight.inputs, batch.inputs.to_vec());
			assert_eq!((flight.group, flight.upkeep), (0, None));
			let inputs: u64 = flight.inputs.iter().map(|input| amounts[input]).sum();
			for seen in &flight.attempts {
				let known = attempt_at(flight.id, seen.attempt);
				assert_eq!((seen.txid, seen.fee, seen.paid), (known.txid, known.fee, known.total));
				assert_eq!(seen.paid + seen.change, inputs);
				let outputs = &known.template.outputs;
				assert_eq!(seen.outputs as usize, outputs.len());
				if seen.change > 0 {
					assert_eq!(outputs.last().unwrap().amount, seen.change);
				}
			}
		}
		let signed: Vec<_> = flights[0].attempts.iter().map(|attempt| attempt.signed).collect();
		assert_eq!(signed, vec![true, false]);
		// The last one spends its coin exactly.
		assert_eq!((flights[1].attempts[0].outputs, flights[1].attempts[0].change), (1, 0));
	});
}
