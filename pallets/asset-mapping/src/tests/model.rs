//! The pallet beside a model of the external chain: whatever happens there, in whatever order members hear of it, and
//! whatever is signed, the books are right and nobody is paid twice.
//!
//! The model has blocks, a pool and double spends, but no signatures and no fees' rules: any signed attempt at a batch
//! may be mined, the cheapest as well as the dearest. So it allows more than the real chain does. One thing it does
//! not do: when a block with a settled batch is replaced, the same attempt is mined again, and not another one. That
//! would take a reorganization deeper than the confirmations that are waited for, and a miner who then prefers an
//! attempt that pays less.

use crate::{mock::*, Attempts, Batches, Call, Event, IntentKind, Intents, Parameters};
use codec::Encode;
use fusion_asset_mapping_primitives::{
	AddressText, BatchState, Destination, IntentId, Observation, OutPoint, Wanted,
};
use fusion_dcrm_primitives::traits::OnSignature;
use proptest::prelude::*;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Dispatchable, Perbill};
use std::collections::{BTreeMap, BTreeSet};

/// Confirmations that are waited for.
const K: usize = PARAMETERS.confirmations as usize;

/// Number of the outputs that come from outside.
const FOREIGN: u32 = u32::MAX - 1;

/// A transaction.
#[derive(Clone, Debug, PartialEq)]
struct Tx {
	txid: [u8; 32],
	inputs: Vec<OutPoint>,
	outputs: Vec<(Destination, u64)>,
	/// Whether the pallet has settled a batch by it.
	settled: bool,
}

/// A block, with its time.
#[derive(Clone, Debug, Default)]
struct Block {
	time: u32,
	txs: Vec<Tx>,
}

/// What becomes of deposits in blocks that are replaced.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
	Pooled,
	Dropped,
	DoubleSpent,
}

/// The external chain.
#[derive(Default)]
struct Chain {
	blocks: Vec<Block>,
	pool: Vec<Tx>,
	/// What a reorganization took out, and nobody has broadcast again.
	dropped: Vec<Tx>,
	/// How many foreign coins there were.
	foreign: u64,
}

impl Chain {
	fn txs(&self) -> impl Iterator<Item = (usize, &Tx)> {
		let tip = self.blocks.len();
		self.blocks
			.iter()
			.enumerate()
			.flat_map(move |(height, block)| block.txs.iter().map(move |tx| (tip - height, tx)))
	}

	/// Confirmations of an output that nobody has spent.
	fn unspent(&self, outpoint: &OutPoint) -> Option<usize> {
		if self.txs().any(|(_, tx)| tx.inputs.contains(outpoint)) {
			return None;
		}
		let (confirmations, tx) = self.txs().find(|(_, tx)| tx.txid == outpoint.txid)?;
		(tx.outputs.len() > outpoint.vout as usize).then_some(confirmations)
	}

	fn in_pool(&self, outpoint: &OutPoint) -> bool {
		self.pool.iter().any(|tx| tx.txid == outpoint.txid)
	}

	/// What comes from outside: it depends on nothing.
	fn foreign(&mut self) -> OutPoint {
		self.foreign += 1;
		OutPoint { txid: blake2_256(&self.foreign.to_le_bytes()), vout: FOREIGN }
	}

	fn deposit(&mut self, outputs: Vec<(Destination, u64)>) {
		let input = self.foreign();
		let txid = blake2_256(&(input, &outputs).encode());
		self.pool.push(Tx { txid, inputs: vec![input], outputs, settled: false });
	}

	/// A block with what is in the pool, in the order given by `choice`; at most `most` transactions.
	fn mine(&mut self, choice: usize, most: usize) {
		let mut waiting = std::mem::take(&mut self.pool);
		if !waiting.is_empty() {
			let start = choice % waiting.len();
			waiting.rotate_left(start);
		}
		waiting.sort_by_key(|tx| !tx.settled);
		let settled: BTreeSet<_> =
			waiting.iter().filter(|tx| tx.settled).flat_map(|tx| tx.inputs.clone()).collect();
		let mut spent: BTreeSet<_> = self.txs().flat_map(|(_, tx)| tx.inputs.clone()).collect();
		let mut made: BTreeSet<_> = self.txs().map(|(_, tx)| tx.txid).collect();
		let mut mined = Vec::new();
		for tx in waiting {
			let is_full = mined.len() >= most && !tx.settled;
			// See above: what was settled is mined again, and nothing else in its place.
			let is_other = !tx.settled && tx.inputs.iter().any(|input| settled.contains(input));
			let is_valid = !made.contains(&tx.txid)
				&& tx.inputs.iter().all(|input| {
					!spent.contains(input) && (input.vout == FOREIGN || made.contains(&input.txid))
				});
			if is_full || is_other || !is_valid {
				self.pool.push(tx);
				continue;
			}
			spent.extend(tx.inputs.iter().copied());
			made.insert(tx.txid);
			mined.push(tx);
		}
		self.blocks.push(Block { time: now(), txs: mined });
	}

	/// The last blocks are replaced. Transactions go back to the pool, but deposits may be double spent, or forgotten
	/// for a while.
	fn reorg(&mut self, depth: usize, fate: Fate, choice: usize) {
		let depth = depth.min(self.blocks.len());
		let gone = self.blocks.split_off(self.blocks.len() - depth);
		let mut swap = Vec::new();
		for tx in gone.into_iter().flat_map(|block| block.txs) {
			let is_deposit = tx.inputs[0].vout == FOREIGN;
			if is_deposit && fate == Fate::Dropped {
				self.dropped.push(tx);
			} else if is_deposit && fate == Fate::DoubleSpent {
				let txid = blake2_256(&("other", tx.txid).encode());
				swap.push(Tx { txid, outputs: Vec::new(), ..tx });
			} else {
				self.pool.push(tx);
			}
		}
		let time = now();
		self.blocks.push(Block { time, txs: swap });
		for _ in 0..depth {
			self.mine(choice, 2);
		}
	}

	/// Whether another transaction spends what that one spends, deep enough.
	fn is_double_spent(&self, outpoint: &OutPoint, history: &BTreeMap<[u8; 32], Tx>) -> bool {
		let Some(tx) = history.get(&outpoint.txid) else { return false };
		self.txs().any(|(confirmations, other)| {
			confirmations > 2 * K
				&& other.txid != tx.txid
				&& other.inputs.iter().any(|input| tx.inputs.contains(input))
		})
	}
}

#[derive(Clone, Debug)]
enum Step {
	Address { who: u64, lead: u32 },
	Deposit { index: usize, amounts: Vec<u64> },
	LockOut { who: u64, permille: u64, max_fee: u64 },
	Cancel { intent: u64 },
	Mine { count: usize, choice: usize, most: usize },
	Reorg { depth: usize, fate: Fate, choice: usize },
	Return,
	Progress { attempt: u32 },
	Bump { rate: u64 },
	Blocks { count: u32 },
	Sign { count: usize },
	Broadcast { batch: u8, attempt: u32 },
	Witness { members: u8 },
	Lie { outpoint: u8, amount: u64 },
	Fees { rate: u64, ceiling: u64 },
	Limits { deposit: Option<u64>, lock_out: Option<u64> },
	Rotate { group: u32 },
	StandStill { stands: bool },
	Resume,
	GiveUp,
	Cover { who: u64, amount: u64 },
	Claim { back: usize },
	Close { index: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let who = 1..4u64;
	let amount = prop_oneof![1 => 500..3_000u64, 6 => 3_000..200_000u64];
	let amounts = prop::collection::vec(amount, 1..3);
	let max_fee = prop_oneof![2 => 1_500..4_000u64, 3 => 4_000..30_000u64];
	let fate = prop_oneof![Just(Fate::Pooled), Just(Fate::Dropped), Just(Fate::DoubleSpent)];
	let limit = || prop_oneof![2 => Just(None), 1 => (20_000..150_000u64).prop_map(Some)];
	let step = prop_oneof![
		2 => (who.clone(), 1..400u32).prop_map(|(who, lead)| Step::Address { who, lead }),
		10 => (0..8usize, amounts).prop_map(|(index, amounts)| Step::Deposit { index, amounts }),
		12 => (who.clone(), 50..1_000u64, max_fee)
			.prop_map(|(who, permille, max_fee)| Step::LockOut { who, permille, max_fee }),
		2 => (0..20u64).prop_map(|intent| Step::Cancel { intent }),
		16 => (1..4usize, 0..8usize, 0..4usize)
			.prop_map(|(count, choice, most)| Step::Mine { count, choice, most }),
		4 => (1..5usize, fate, 0..8usize)
			.prop_map(|(depth, fate, choice)| Step::Reorg { depth, fate, choice }),
		3 => Just(Step::Return),
		6 => (15..60u64).prop_map(|rate| Step::Bump { rate }),
		8 => prop_oneof![2 => Just(u32::MAX), 1 => 0..4u32]
			.prop_map(|attempt| Step::Progress { attempt }),
		14 => (1..2 * PARAMETERS.replace_after).prop_map(|count| Step::Blocks { count }),
		14 => (1..40usize).prop_map(|count| Step::Sign { count }),
		14 => (0..3u8, 0..4u32).prop_map(|(batch, attempt)| Step::Broadcast { batch, attempt }),
		18 => prop_oneof![5 => Just(3u8), 1 => 0..3u8].prop_map(|members| Step::Witness { members }),
		2 => (0..4u8, 1_000..1_000_000u64)
			.prop_map(|(outpoint, amount)| Step::Lie { outpoint, amount }),
		6 => (prop_oneof![3 => 1..10u64, 2 => 10..50u64], prop_oneof![1 => 1_500..5_000u64, 5 => Just(100_000)]).prop_map(|(rate, ceiling)| Step::Fees { rate, ceiling }),
		1 => (limit(), limit()).prop_map(|(deposit, lock_out)| Step::Limits { deposit, lock_out }),
		1 => prop_oneof![5 => Just(0), 1 => Just(1)].prop_map(|group| Step::Rotate { group }),
		1 => prop::bool::weighted(0.2).prop_map(|stands| Step::StandStill { stands }),
		10 => Just(Step::Resume),
		2 => Just(Step::GiveUp),
		1 => (who, 1..50_000u64).prop_map(|(who, amount)| Step::Cover { who, amount }),
		2 => (0..6usize).prop_map(|back| Step::Claim { back }),
		1 => (0..4u64).prop_map(|index| Step::Close { index }),
	];
	prop::collection::vec(step, 40..160)
}

/// An address that no other intent pays.
fn unique_address(number: u64) -> AddressText {
	let hash = blake2_256(&("destination", number).encode());
	let hash: [u8; 20] = hash[..20].try_into().unwrap();
	let hash = bitcoin::hashes::Hash::from_byte_array(hash);
	let script = bitcoin::ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_raw_hash(hash));
	let address = bitcoin::Address::from_script(&script, bitcoin::Network::Regtest).unwrap();
	address.to_string().into_bytes().try_into().unwrap()
}

fn dispatch(call: Call<Test>, origin: RuntimeOrigin) -> bool {
	RuntimeCall::AssetMapping(call).dispatch(origin).is_ok()
}

/// The two chains, and what has happened on them.
#[derive(Default)]
struct World {
	chain: Chain,
	/// Every transaction that there ever was, but for double spends.
	history: BTreeMap<[u8; 32], Tx>,
	/// Whom each intent pays, as of its first attempt.
	destinations: BTreeMap<IntentId, Destination>,
	addresses: u64,
	deposits: Vec<OutPoint>,
	reached: BTreeMap<&'static str, usize>,
}

impl World {
	fn note(&mut self, event: &Event<Test>) {
		let name = match event {
			Event::DepositCredited { outpoint, .. }
			| Event::DepositDelayed { outpoint, .. }
			| Event::RefundDelayed { outpoint, .. } => {
				self.deposits.push(*outpoint);
				"deposit"
			},
			Event::RefundQueued { .. } => "refund",
			Event::RefundSettled { .. } => "refunded",
			Event::LockOutSettled { .. } => "paid",
			Event::BatchReplaced { .. } => "replaced",
			Event::LockOutLeftOut { .. } => "left out",
			Event::LockOutReturned { .. } => "returned",
			Event::CoinGone { .. } => "gone",
			Event::CoinBack { .. } => "back",
			Event::BatchGivenUp { .. } => "given up",
			Event::DeficitCovered { .. } => "covered",
			Event::BatchSettled { attempt, txid, .. } => {
				let all = self.chain.blocks.iter_mut().flat_map(|block| &mut block.txs);
				for tx in all.filter(|tx| tx.txid == *txid) {
					tx.settled = true;
				}
				if *attempt == 0 {
					"settled by the first"
				} else {
					"settled by a later one"
				}
			},
			_ => return,
		};
		*self.reached.entry(name).or_default() += 1;
	}

	fn take(&mut self, step: Step) {
		match step {
			Step::Address { who, lead } => {
				self.addresses += 1;
				let refund_address = unique_address(1_000_000 + self.addresses);
				let deadline = now() + lead;
				dispatch(
					Call::request_lock_in { refund_address, deadline },
					RuntimeOrigin::signed(who),
				);
			},
			Step::Deposit { index, amounts } => {
				let known: Vec<_> = AssetMapping::watched(0, 1_000);
				if !known.is_empty() {
					let pick = |n: usize| known[(index + n) % known.len()].1.clone();
					let outputs = amounts.into_iter().enumerate().map(|(n, a)| (pick(n), a));
					self.chain.deposit(outputs.collect());
				}
			},
			Step::LockOut { who, permille, max_fee } => {
				let amount = balance(who) as u64 * permille / 1_000;
				let destination = unique_address(crate::NextIntent::<Test>::get());
				dispatch(
					Call::request_lock_out { amount, destination, max_fee },
					RuntimeOrigin::signed(who),
				);
			},
			Step::Cancel { intent } => {
				let who = Intents::<Test>::get(intent).map_or(ALICE, |intent| intent.who);
				dispatch(Call::cancel_lock_out { intent }, RuntimeOrigin::signed(who));
			},
			Step::Mine { count, choice, most } => {
				(0..count).for_each(|_| self.chain.mine(choice, most));
			},
			Step::Reorg { depth, fate, choice } => self.chain.reorg(depth, fate, choice),
			Step::Return => self.chain.pool.append(&mut self.chain.dropped),
			Step::Bump { rate } => {
				// A batch is made at a low rate, and then fees rise.
				self.take(Step::Fees { rate: 5, ceiling: 100_000 });
				run_to_batch();
				self.take(Step::Sign { count: usize::MAX });
				self.take(Step::Fees { rate, ceiling: 100_000 });
				run_to(System::block_number() + PARAMETERS.replace_after + INTERVAL);
			},
			Step::Progress { attempt } => {
				self.take(Step::Sign { count: usize::MAX });
				for batch in 0..3 {
					self.take(Step::Broadcast { batch, attempt });
				}
				self.chain.mine(0, usize::MAX);
				self.chain.mine(0, usize::MAX);
				self.take(Step::Witness { members: 3 });
			},
			Step::Blocks { count } => run_to(System::block_number() + count),
			Step::Sign { count } => {
				let mut requests = Requests::get();
				for (id, request) in requests.drain(..count.min(requests.len())) {
					// The pallet is handed only signatures that were verified.
					AssetMapping::on_signature(request.purpose, id, [1; 64]);
				}
				Requests::set(&requests);
			},
			Step::Broadcast { batch, attempt } => {
				let last = crate::NextBatch::<Test>::get();
				self.broadcast(last.saturating_sub(u64::from(batch) + 1), attempt);
			},
			Step::Witness { members } => self.witness(members),
			Step::Lie { outpoint, amount } => {
				let outpoint = OutPoint { txid: [outpoint; 32], vout: 0 };
				let first = ActiveGroup::get().unwrap_or(0) as u8 * MEMBERS;
				for i in 0..2 {
					let _ = submit(signed(first + i, deposit_at(outpoint, 0, amount)));
				}
			},
			Step::Fees { rate, ceiling } => {
				crate::Params::<Test>::mutate(|parameters| {
					parameters.fee_rate = rate;
					parameters.maximum_batch_fee = ceiling;
				});
			},
			Step::Limits { deposit, lock_out } => {
				let before = crate::Params::<Test>::get();
				let parameters = Parameters {
					maximum_deposit: deposit,
					deposits_per_window: deposit.map(|most| most * 2),
					maximum_lock_out: lock_out,
					lock_outs_per_window: deposit.zip(lock_out).map(|(a, b)| a.max(b)),
					maximum_fee_part: Perbill::from_percent(60),
					..before
				};
				assert!(dispatch(Call::set_parameters { parameters }, RuntimeOrigin::root()));
			},
			Step::Rotate { group } => ActiveGroup::set(&Some(group)),
			Step::StandStill { stands } => StandStill::set(&stands),
			Step::Resume => {
				dispatch(Call::resume {}, RuntimeOrigin::signed(GUARD));
			},
			Step::GiveUp => self.give_up(),
			Step::Cover { who, amount } => {
				dispatch(Call::cover_deficit { amount }, RuntimeOrigin::signed(who));
			},
			Step::Claim { back } => {
				if let Some(outpoint) = self.deposits.iter().rev().nth(back).copied() {
					dispatch(Call::claim_deposit { outpoint }, RuntimeOrigin::signed(CHARLIE));
				}
			},
			Step::Close { index } => {
				let who = crate::DepositAddresses::<Test>::get(index).map_or(ALICE, |to| to.who);
				dispatch(Call::close_lock_in { index }, RuntimeOrigin::signed(who));
			},
		}
		for tx in self.chain.pool.iter().chain(self.chain.txs().map(|(_, tx)| tx)) {
			if !tx.outputs.is_empty() {
				self.history.entry(tx.txid).or_insert_with(|| tx.clone());
			}
		}
	}

	/// Somebody broadcasts an attempt, which is in the pool beside others from now on.
	fn broadcast(&mut self, batch: u64, attempt: u32) {
		let Some(attempts) = Batches::<Test>::get(batch).map(|batch| batch.attempts) else {
			return;
		};
		let number = if attempt == u32::MAX { attempts - 1 } else { attempt % attempts };
		let Some(attempt) = Attempts::<Test>::get(batch, number) else { return };
		let is_known = self.chain.pool.iter().chain(self.chain.txs().map(|(_, tx)| tx));
		if attempt.state != BatchState::Signed
			|| is_known.into_iter().any(|tx| tx.txid == attempt.txid)
		{
			return;
		}
		let outputs: Vec<_> = attempt
			.template
			.outputs
			.iter()
			.map(|output| (output.destination.clone(), output.amount))
			.collect();
		for (intent, (destination, _)) in attempt.intents.iter().zip(&outputs) {
			let before = self.destinations.insert(*intent, destination.clone());
			assert!(before.is_none_or(|before| before == *destination), "an intent pays elsewhere");
		}
		let inputs = attempt.template.inputs.iter().map(|input| input.outpoint).collect();
		self.chain.pool.push(Tx { txid: attempt.txid, inputs, outputs, settled: false });
	}

	/// So many members of the active group say all that they see.
	fn witness(&self, members: u8) {
		let Some(group) = ActiveGroup::get() else { return };
		let first = group as u8 * MEMBERS;
		for observation in self.observations() {
			for i in first..first + members {
				if AssetMapping::wants(&observation, &member(i)) == Wanted::Now {
					// Refused or not: `submit` panics if what the pool lets in then fails.
					let _ = submit(signed(i, observation.clone()));
				}
			}
		}
	}

	fn observations(&self) -> Vec<Observation> {
		let mut seen = Vec::new();
		let watched: BTreeMap<_, _> =
			AssetMapping::watched(0, 1_000).into_iter().map(|(i, to)| (to, i)).collect();
		let open = AssetMapping::open_batches();
		let tip = self.chain.blocks.len();
		for (number, block) in self.chain.blocks.iter().enumerate() {
			if tip - number < K {
				continue;
			}
			let (height, hash) = (number as u32, blake2_256(&(number as u32).encode()));
			for tx in &block.txs {
				for (vout, (destination, amount)) in tx.outputs.iter().enumerate() {
					if let Some(index) = watched.get(destination) {
						seen.push(Observation::Deposit {
							outpoint: OutPoint { txid: tx.txid, vout: vout as u32 },
							index: *index,
							amount: *amount,
							height,
							time: block.time,
							block: hash,
						});
					}
				}
				for view in open.iter().filter(|view| view.txid == tx.txid) {
					let (batch, attempt, txid) = (view.id, view.attempt, view.txid);
					seen.push(Observation::Settled { batch, attempt, txid, height, block: hash });
				}
			}
		}
		for coin in AssetMapping::coins(None, 1_000) {
			let outpoint = coin.outpoint;
			let reaches = coin.height as usize + K <= tip;
			let is_there = self.chain.unspent(&outpoint).is_some() || self.chain.in_pool(&outpoint);
			// What a signed batch spends may be spent.
			let may_be_spent = coin.reserved && self.has_signed_attempt(&outpoint);
			if reaches && !is_there && !may_be_spent {
				seen.push(Observation::Gone { outpoint, episode: coin.episode });
			}
		}
		for coin in AssetMapping::gone_coins(None, 1_000) {
			let outpoint = coin.outpoint;
			if self.chain.unspent(&outpoint).is_some_and(|confirmations| confirmations >= K) {
				seen.push(Observation::Back { outpoint, episode: coin.episode });
			}
		}
		seen
	}

	fn has_signed_attempt(&self, outpoint: &OutPoint) -> bool {
		let in_chain = |txid: &[u8; 32]| {
			self.chain.txs().map(|(_, tx)| tx).chain(&self.chain.pool).any(|tx| tx.txid == *txid)
		};
		Batches::<Test>::iter().any(|(id, batch)| {
			batch.inputs.contains(outpoint)
				&& (0..batch.attempts).any(|n| in_chain(&attempt_at(id, n).txid))
		})
	}

	/// Governance gives up batches whose coins were double spent for sure.
	fn give_up(&self) {
		for (batch, found) in Batches::<Test>::iter().collect::<Vec<_>>() {
			let is_lost = |outpoint: &OutPoint| self.chain.is_double_spent(outpoint, &self.history);
			if found.inputs.iter().any(is_lost) {
				dispatch(Call::give_up_batch { batch }, RuntimeOrigin::root());
			}
		}
	}

	/// What the external chain must show at any time.
	fn check(&self) {
		let mut paid: BTreeMap<&Destination, usize> = BTreeMap::new();
		for (_, tx) in self.chain.txs() {
			for (destination, _) in &tx.outputs {
				*paid.entry(destination).or_default() += 1;
			}
		}
		let mut seen = BTreeSet::new();
		for (intent, destination) in &self.destinations {
			let is_refund = Intents::<Test>::get(intent)
				.is_some_and(|intent| intent.kind == IntentKind::Refund);
			// Refunds of one address share a destination; lock-outs do not.
			if !is_refund && *destination == script(&unique_address(*intent)) {
				assert!(seen.insert(destination), "two lock-outs pay the same");
				let times = paid.get(destination).copied().unwrap_or(0);
				assert!(times <= 1, "intent {intent} was paid {times} times");
			}
		}
	}

	/// Everything is mined, signed and witnessed, and no more reorganizations come.
	fn settle_down(&mut self) {
		StandStill::set(&false);
		for _ in 0..3 {
			for _ in 0..2 * K {
				self.chain.mine(0, usize::MAX);
			}
			self.witness(3);
			dispatch(Call::resume {}, RuntimeOrigin::signed(GUARD));
			self.witness(3);
			// Votes on what was seen in replaced blocks have to expire first.
			System::set_block_number(System::block_number() + VOTE_LIFETIME);
		}
		AssetMapping::do_try_state().unwrap();
		self.check();
		// What the ledger says is there, is there.
		for coin in AssetMapping::coins(None, 1_000).into_iter().filter(|coin| !coin.reserved) {
			let there = self.chain.unspent(&coin.outpoint);
			assert!(there.is_some(), "a coin of the ledger is not there: {coin:?}");
		}
	}
}

fn script(address: &AddressText) -> Destination {
	AssetMapping::parse_address(address).unwrap()
}

/// Runs the steps, with all checks after each. Gives how often what happened.
fn run(steps: Vec<Step>) -> BTreeMap<&'static str, usize> {
	let mut world = World::default();
	new_test_ext().execute_with(|| {
		for who in [ALICE, BOB, CHARLIE] {
			world.take(Step::Address { who, lead: 2_000 });
		}
		for step in steps {
			System::reset_events();
			let shown = format!("{step:?}");
			world.take(step);
			for event in events() {
				world.note(&event);
			}
			if let Err(error) = AssetMapping::do_try_state() {
				panic!("after {shown}: {error:?}");
			}
			check_requests();
			let reserves = AssetMapping::reserves();
			assert!(
				reserves.held + reserves.deficit >= reserves.issued + reserves.owed,
				"after {shown}: {reserves:?}"
			);
			world.check();
		}
		System::reset_events();
		world.settle_down();
		for event in events() {
			world.note(&event);
		}
	});
	world.reached
}

fn cases() -> u32 {
	std::env::var("MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
}

proptest! {
	// More with the environment variable `MODEL_CASES`.
	#![proptest_config(ProptestConfig {
		cases: cases(),
		max_shrink_iters: 2_000,
		..ProptestConfig::default()
	})]

	#[test]
	fn nobody_should_be_paid_twice_and_all_be_covered_when_schedules_are_random(steps in steps()) {
		run(steps);
	}
}

#[test]
fn random_schedules_should_reach_all_that_can_happen_when_there_are_enough_of_them() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	// Otherwise the test above would prove little.
	let mut runner = TestRunner::deterministic();
	let strategy = prop::collection::vec(steps(), 24..25);
	let mut reached: BTreeMap<&'static str, usize> = BTreeMap::new();
	for steps in strategy.new_tree(&mut runner).unwrap().current() {
		for (name, count) in run(steps) {
			*reached.entry(name).or_default() += count;
		}
	}
	for name in [
		"deposit",
		"refund",
		"refunded",
		"paid",
		"replaced",
		"left out",
		"returned",
		"gone",
		"back",
		"settled by the first",
		"settled by a later one",
	] {
		assert!(reached.get(name).copied().unwrap_or(0) >= 1, "{name}: {reached:?}");
	}
}
