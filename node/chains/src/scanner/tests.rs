use super::*;
use crate::{
	advance::{advance, AdvanceError, Event, Progress},
	testing::{destination, key, pay, FakeBitcoin},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const K: u32 = 3;

fn scanner() -> Scanner {
	Scanner::new(None, Some(0))
}

fn watching(numbers: &[u8]) -> Scanner {
	let mut scanner = scanner();
	let seen = scanner.watch(numbers.iter().map(|n| (key(*n), u64::from(*n))));
	assert_eq!(seen, []);
	scanner
}

/// A round. Panics if it does not end well.
fn go(scanner: &mut Scanner, bitcoin: &FakeBitcoin) -> Vec<Event> {
	let mut events = Vec::new();
	let progress = advance(scanner, bitcoin, bitcoin.tip(), K, 10_000, &mut events).unwrap();
	assert_eq!(progress, Progress::Done);
	events
}

/// A round that ends with an error, and finds nothing.
fn fails(scanner: &mut Scanner, bitcoin: &FakeBitcoin) -> ScanError {
	let mut events = Vec::new();
	let outcome = advance(scanner, bitcoin, bitcoin.tip(), K, 10_000, &mut events);
	assert_eq!(events, []);
	match outcome {
		Err(AdvanceError::Scan(error)) => error,
		other => panic!("{other:?}"),
	}
}

/// (number of the address, amount, height, output) of what was seen.
fn deposits(events: &[Event]) -> Vec<(u64, u64, u32, u32)> {
	events
		.iter()
		.filter_map(|event| match event {
			Event::Seen(Sighting {
				observation: Observation::Deposit { outpoint, index, amount, height, .. },
				..
			}) => Some((*index, *amount, *height, outpoint.vout)),
			_ => None,
		})
		.collect()
}

fn seen(sightings: Vec<Sighting>) -> Vec<Event> {
	sightings.into_iter().map(Event::Seen).collect()
}

#[test]
fn deposit_should_be_seen_once_when_it_has_enough_confirmations() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	let payment = pay(1, &[(key(1), 5_000)]);
	let height = bitcoin.mine_with(vec![payment.clone()]);
	for _ in 1..K {
		assert_eq!(go(&mut scanner, &bitcoin), []);
		bitcoin.mine();
	}
	let expected = Observation::Deposit {
		outpoint: OutPoint { txid: payment.compute_txid().to_byte_array(), vout: 0 },
		index: 1,
		amount: 5_000,
		height,
		time: height,
		block: bitcoin.hash(height).to_byte_array(),
	};
	let sighting = Sighting { observation: expected, confirmations: 0 };
	assert_eq!(go(&mut scanner, &bitcoin), [Event::Seen(sighting)]);
	assert_eq!(go(&mut scanner, &bitcoin), []);
	bitcoin.mine_many(5);
	assert_eq!(go(&mut scanner, &bitcoin), []);
	assert_eq!(scanner.next(), Some(bitcoin.tip() + 2 - K));
}

#[test]
fn every_output_should_be_seen_when_one_transaction_pays_an_address_twice() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1, 2]);
	let outputs = [(key(1), 5), (key(9), 6), (key(1), 5), (key(2), 7)];
	let height = bitcoin.mine_with(vec![pay(1, &outputs), pay(2, &[(key(1), 8)])]);
	bitcoin.mine_many(K);
	assert_eq!(
		deposits(&go(&mut scanner, &bitcoin)),
		[(1, 5, height, 0), (1, 5, height, 2), (2, 7, height, 3), (1, 8, height, 0)]
	);
}

#[test]
fn nothing_should_change_when_a_reorg_is_shallower_than_the_confirmations() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(10);
	go(&mut scanner, &bitcoin);

	// The two blocks on top were not looked at yet.
	bitcoin.mine_with(vec![pay(1, &[(key(1), 5)])]);
	go(&mut scanner, &bitcoin);
	let again = bitcoin.invalidate(bitcoin.tip() + 2 - K);
	assert_eq!(again.len(), 1);
	assert_eq!(go(&mut scanner, &bitcoin), []);
	bitcoin.mine_many(2);
	let height = bitcoin.mine_with(again);
	assert_eq!(go(&mut scanner, &bitcoin), []);
	bitcoin.mine_many(K);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)), [(1, 5, height, 0)]);
}

#[test]
fn deposit_should_be_void_and_seen_anew_when_a_reorg_is_deeper_than_the_confirmations() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(10);
	let kept = bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	let moved = bitcoin.mine_with(vec![pay(2, &[(key(1), 2)])]);
	let gone = bitcoin.mine_with(vec![pay(3, &[(key(1), 3)])]);
	bitcoin.mine_many(K);
	assert_eq!(
		deposits(&go(&mut scanner, &bitcoin)),
		[(1, 1, kept, 0), (1, 2, moved, 0), (1, 3, gone, 0)]
	);
	let before = scanner.next().unwrap();

	let again = bitcoin.invalidate(moved);
	bitcoin.mine_many(2);
	let now_at = bitcoin.mine_with(vec![again[0].clone()]);
	bitcoin.mine_many(K + 5);
	let events = go(&mut scanner, &bitcoin);
	let from = events.iter().filter_map(|event| match event {
		Event::Replaced { from, .. } => Some(*from),
		_ => None,
	});
	assert_eq!(from.min(), Some(moved));
	let blocks = events.iter().map(|event| match event {
		Event::Replaced { blocks, .. } => *blocks,
		_ => 0,
	});
	assert_eq!(blocks.sum::<u32>(), before - moved);
	assert_eq!(deposits(&events), [(1, 2, now_at, 0)]);
}

#[test]
fn reorg_should_be_noticed_when_the_chain_becomes_shorter() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(5);
	let height = bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(10);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)), [(1, 1, height, 0)]);

	// One other block in the place of twelve.
	bitcoin.invalidate(height - 1);
	bitcoin.mine();
	let events = go(&mut scanner, &bitcoin);
	assert!(matches!(events.last(), Some(Event::Replaced { from, .. }) if *from == height - 1));
	assert_eq!(scanner.next(), Some(height - 1));
}

#[test]
fn scanner_should_wait_when_the_node_is_behind() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(20);
	go(&mut scanner, &bitcoin);
	let next = scanner.next();

	let mut events = Vec::new();
	advance(&mut scanner, &bitcoin, 5, K, 100, &mut events).unwrap();
	assert_eq!((events.as_slice(), scanner.next()), ([].as_slice(), next));
	assert!(scanner.is_ahead());

	let height = bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(K);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)), [(1, 1, height, 0)]);
	assert!(!scanner.is_ahead());
}

#[test]
fn scanner_should_wait_when_the_node_is_further_behind_than_hashes_are_kept() {
	let bitcoin = FakeBitcoin::new();
	bitcoin.mine_many(50);
	let hashes = vec![bitcoin.hash(7); 10];
	let saved = SavePoint { from: 1_000, next: 1_000, hashes };
	let mut scanner = Scanner::new(Some(saved.clone()), None);
	assert_eq!(go(&mut scanner, &bitcoin), []);
	assert_eq!(scanner.next(), Some(1_000));
	assert!(scanner.is_ahead());
	assert_eq!(scanner.save_point(None), Some(saved));
}

#[test]
fn scanner_should_start_again_further_back_when_all_that_it_knows_was_replaced() {
	let bitcoin = FakeBitcoin::new();
	bitcoin.mine_many(300);
	let mut scanner = Scanner::new(None, Some(250));
	scanner.watch([(key(1), 1)]);
	go(&mut scanner, &bitcoin);

	bitcoin.invalidate(200);
	let height = bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(150);
	let events = go(&mut scanner, &bitcoin);
	let replaced = events.iter().filter(|event| matches!(event, Event::Replaced { .. }));
	assert_eq!(replaced.count(), 301 - 250 + 1 - K as usize);
	assert_eq!(deposits(&events), [(1, 1, height, 0)]);
}

#[test]
fn deposit_should_be_found_when_its_address_becomes_known_late() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	let too_old = bitcoin.mine_with(vec![pay(1, &[(key(2), 1)])]);
	let height = bitcoin.mine_with(vec![pay(2, &[(key(2), 2), (key(1), 3)])]);
	bitcoin.mine_many(REWIND + K - 2);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)), [(1, 3, height, 1)]);
	assert_eq!(scanner.next(), Some(too_old + REWIND + 1));

	// The address that is known already is not found again, nor is the new one when it is told twice.
	let found = scanner.watch([(key(1), 1), (key(2), 2)]);
	assert_eq!(deposits(&seen(found)), [(2, 2, height, 0)]);
	assert_eq!(scanner.watch([(key(1), 1), (key(2), 2)]), []);

	bitcoin.mine_with(vec![pay(3, &[(key(2), 4)])]);
	bitcoin.mine_many(K);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)).len(), 1);
}

#[test]
fn batch_should_be_seen_when_it_becomes_known_before_or_after_its_block() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = scanner();
	let (early, late) = (pay(1, &[(key(9), 1)]), pay(2, &[(key(9), 1)]));
	let id = |t: &bitcoin::Transaction| t.compute_txid().to_byte_array();
	let settled = |batch, txid, height| Sighting {
		observation: Observation::Settled {
			batch,
			attempt: batch as u32 + 1,
			txid,
			height,
			block: bitcoin.hash(height).to_byte_array(),
		},
		confirmations: 0,
	};
	assert_eq!(scanner.watch_batches([(id(&early), (5, 6))]), []);
	let height = bitcoin.mine_with(vec![early.clone(), late.clone()]);
	bitcoin.mine_many(K);
	assert_eq!(go(&mut scanner, &bitcoin), seen(vec![settled(5, id(&early), height)]));

	let both = [(id(&early), (5, 6)), (id(&late), (6, 7))];
	assert_eq!(scanner.watch_batches(both), [settled(6, id(&late), height)]);
	assert_eq!(scanner.watch_batches(both), []);
	assert_eq!(scanner.watch_batches([]), []);
}

#[test]
fn deposit_should_need_a_hundred_confirmations_when_it_is_a_block_reward() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_to(&key(1), vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(K);
	let needed: Vec<u32> = go(&mut scanner, &bitcoin)
		.iter()
		.map(|event| match event {
			Event::Seen(sighting) => sighting.confirmations,
			other => panic!("{other:?}"),
		})
		.collect();
	assert_eq!(needed, [COINBASE_MATURITY, 0]);
}

#[test]
fn block_should_be_refused_when_it_does_not_stand_on_the_one_before() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(5);
	go(&mut scanner, &bitcoin);
	let next = scanner.next().unwrap();

	bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(K);
	let other = bitcoin.hash(1);
	bitcoin.replace(next, |block| block.header.prev_blockhash = other, true);
	for _ in 0..3 {
		assert!(matches!(
			fails(&mut scanner, &bitcoin),
			ScanError::NotConnected { height, parent, .. } if height == next && parent == other
		));
		assert_eq!(scanner.next(), Some(next));
	}
}

#[test]
fn block_should_be_refused_when_it_is_not_the_one_that_was_asked_for() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(5);
	bitcoin.replace(2, |block| block.header.nonce += 1, false);
	assert!(matches!(
		fails(&mut scanner, &bitcoin),
		ScanError::WrongBlock { height: 2, asked, got } if asked != got
	));
}

#[test]
fn block_should_be_refused_when_a_transaction_was_slipped_in() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(5);
	bitcoin.replace(2, |block| block.txdata.push(pay(1, &[(key(1), 1)])), false);
	assert!(matches!(fails(&mut scanner, &bitcoin), ScanError::BadMerkleRoot { height: 2, .. }));
}

#[test]
fn block_should_be_refused_when_it_lost_its_confirmations_meanwhile() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(5);
	// The tip was higher when the round began.
	let mut events = Vec::new();
	let outcome = advance(&mut scanner, &bitcoin, 6, K, 100, &mut events);
	assert!(matches!(
		outcome,
		Err(AdvanceError::Scan(ScanError::TooFewConfirmations {
			height: 4,
			got: 2,
			needed: K,
			..
		}))
	));
	assert_eq!(scanner.next(), Some(4));
	let outcome = advance(&mut scanner, &bitcoin, 100, K, 100, &mut events);
	assert!(outcome.is_err());
	assert_eq!(scanner.next(), Some(4));
}

#[test]
fn block_should_be_refused_when_it_was_not_asked_for() {
	let bitcoin = FakeBitcoin::new();
	bitcoin.mine_many(5);
	let mut scanner = watching(&[1]);
	let hash = bitcoin.hash(1);
	let block = crate::rpc::BitcoinRpc::block(&bitcoin, hash).unwrap();
	let header = HeaderInfo { height: 1, confirmations: 5, median_time: 1 };
	let refused = scanner.block(1, hash, &header, &block);
	assert_eq!(refused, Err(ScanError::NotAsked { height: 1 }));
	scanner.begin(5, K);
	let refused = scanner.block(1, hash, &header, &block);
	assert_eq!(refused, Err(ScanError::NotAsked { height: 1 }));
}

#[test]
fn scanner_should_start_a_window_before_the_tip_when_it_knows_no_better() {
	let mut scanner = Scanner::new(None, None);
	scanner.begin(5_000, K);
	assert_eq!(scanner.next(), Some(5_000 - K - FIRST_WINDOW));
	let mut scanner = Scanner::new(None, None);
	scanner.begin(50, K);
	assert_eq!(scanner.next(), Some(0));
}

#[test]
fn scanner_should_go_back_when_it_is_resumed_and_save_nothing_until_it_has_caught_up() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(150);
	let height = bitcoin.mine_with(vec![pay(1, &[(key(1), 1)])]);
	bitcoin.mine_many(50);
	assert_eq!(deposits(&go(&mut scanner, &bitcoin)).len(), 1);
	let saved = scanner.save_point(Some(height)).unwrap();

	let mut resumed = Scanner::new(Some(saved.clone()), None);
	resumed.watch([(key(1), 1)]);
	let mut events = Vec::new();
	advance(&mut resumed, &bitcoin, bitcoin.tip(), K, 10, &mut events).unwrap();
	assert_eq!(resumed.next(), Some(height - REWIND + 10));
	assert_eq!(resumed.save_point(None), None);
	events.extend(go(&mut resumed, &bitcoin));
	assert_eq!(deposits(&events), [(1, 1, height, 0)]);
	assert_eq!(resumed.save_point(Some(height)), Some(saved));
}

#[test]
fn reorg_should_be_noticed_when_it_happened_while_the_node_was_down() {
	let bitcoin = FakeBitcoin::new();
	let mut scanner = watching(&[1]);
	bitcoin.mine_many(150);
	go(&mut scanner, &bitcoin);
	let saved = scanner.save_point(None).unwrap();
	bitcoin.invalidate(140);
	bitcoin.mine_many(20);
	let mut resumed = Scanner::new(Some(saved), None);
	let events = go(&mut resumed, &bitcoin);
	assert!(matches!(events.last(), Some(Event::Replaced { from: 140, .. })));
	assert!(resumed.save_point(None).is_some());
}

#[test]
fn output_key_should_be_none_when_the_destination_is_not_taproot() {
	assert_eq!(output_key(&destination(&key(1))), Some(key(1)));
	let mut bytes = destination(&key(1)).into_inner();
	bytes.pop();
	assert_eq!(output_key(&bytes.clone().try_into().unwrap()), None);
	bytes.push(1);
	bytes[0] = 0;
	assert_eq!(output_key(&bytes.try_into().unwrap()), None);
	assert_eq!(output_key(&Destination::default()), None);
}

/// Something that happens between the three.
#[derive(Clone, Debug)]
enum Step {
	Mine { address: u8, outputs: u8 },
	Replace { depth: u32, mined: u32, again: bool },
	Round,
	Interrupted { calls: u32 },
	Restart { interrupted: bool },
	Watch { address: u8 },
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		4 => (0u8..6, 0u8..3).prop_map(|(address, outputs)| Step::Mine { address, outputs }),
		2 => (1u32..8, 0u32..8, any::<bool>())
			.prop_map(|(depth, mined, again)| Step::Replace { depth, mined, again }),
		4 => Just(Step::Round),
		2 => (0u32..12).prop_map(|calls| Step::Interrupted { calls }),
		1 => any::<bool>().prop_map(|interrupted| Step::Restart { interrupted }),
		1 => (0u8..6).prop_map(|address| Step::Watch { address }),
	]
}

/// What one would know who did as the worker does.
#[derive(Default)]
struct Known {
	/// By outpoint and block, since one deposit may be in a block of each branch.
	seen: BTreeMap<(OutPoint, [u8; 32]), Sighting>,
	restarted: bool,
}

impl Known {
	fn take(&mut self, events: Vec<Event>) {
		for event in events {
			match event {
				Event::Replaced { from, .. } => self.seen.retain(|_, s| s.height() < from),
				Event::Seen(sighting) => {
					let Observation::Deposit { outpoint, block, .. } = &sighting.observation else {
						panic!("{sighting:?}")
					};
					let before = self.seen.insert((*outpoint, *block), sighting.clone());
					assert!(before.is_none() || self.restarted, "twice: {sighting:?}");
				},
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn scanner_should_know_what_the_best_chain_pays_when_anything_happened_in_any_order(
		steps in proptest::collection::vec(step(), 1..60)
	) {
		let bitcoin = FakeBitcoin::new();
		let mut scanner = scanner();
		let mut watched = BTreeSet::new();
		let mut known = Known::default();
		let mut salt = 0;
		for step in steps {
			match step {
				Step::Mine { address, outputs } => {
					salt += 1;
					let outputs = vec![(key(address + 1), u64::from(salt)); outputs.into()];
					bitcoin.mine_with(vec![pay(salt, &outputs)]);
				},
				Step::Replace { depth, mined, again } => {
					let gone = bitcoin.invalidate((bitcoin.tip() + 1).saturating_sub(depth).max(1));
					bitcoin.mine_many(mined);
					if again {
						bitcoin.mine_with(gone);
					}
				},
				Step::Round => known.take(go(&mut scanner, &bitcoin)),
				Step::Interrupted { calls } => {
					bitcoin.answer(Some(calls));
					let mut events = Vec::new();
					let _ = advance(&mut scanner, &bitcoin, bitcoin.tip(), K, 10_000, &mut events);
					known.take(events);
					bitcoin.answer(None);
				},
				Step::Restart { interrupted } => {
					// As the worker does: what is known by now is saved, or only what was known when
					// the last but one round ended, and all else forgotten.
					let from = known.seen.values().map(Sighting::height).min();
					let Some(saved) = scanner.save_point(from) else { continue };
					if interrupted {
						let mut events = Vec::new();
						let _ = advance(&mut scanner, &bitcoin, bitcoin.tip(), K, 2, &mut events);
					}
					scanner = Scanner::new(Some(saved), Some(0));
					scanner.watch(watched.iter().map(|a: &u8| (key(*a + 1), u64::from(*a))));
					known = Known { restarted: true, ..Known::default() };
				},
				Step::Watch { address } => {
					watched.insert(address);
					known.take(seen(scanner.watch([(key(address + 1), u64::from(address))])));
				},
			}
		}
		// All that is in the chain gets its confirmations.
		bitcoin.mine_many(K);
		known.take(go(&mut scanner, &bitcoin));
		// In a longer chain, addresses that become known late are not looked for everywhere.
		prop_assume!(bitcoin.tip() < REWIND);

		let keys = watched.iter().map(|a| key(*a + 1)).collect();
		let paid: BTreeSet<(OutPoint, [u8; 32])> = bitcoin
			.payments(&keys)
			.into_iter()
			.filter(|(_, height, _)| *height + K <= bitcoin.tip() + 1)
			.map(|(outpoint, _, block)| (outpoint, block))
			.collect();
		prop_assert_eq!(known.seen.into_keys().collect::<BTreeSet<_>>(), paid);
	}
}
