use fusion_hhcm_primitives::{Round, Slot, Ticket};
use sp_core::H256;

use super::*;
use crate::random::{seed, source};

fn election(network: &Network, groups: GroupId, number: u32) -> Election {
	let mut random = source(&format!("test election {number}"));
	let round = Round {
		seed: seed(&mut random),
		last_slot: Slot::from(100),
		groups,
		difficulty: DIFFICULTY,
	};
	Election::new(&round, Slot::from(101), network.authorities())
}

fn attempt(position: u32, attacking: bool, weight: u64, ends: f64) -> Attempt {
	let runner = Runner { position, index: position as u16, handicap: 1 };
	Attempt { runner, attacking, weight, ends, waits: 0.0, solved: true }
}

fn positions(published: &[Attempt]) -> Vec<u32> {
	published.iter().map(|block| block.runner.position).collect()
}

#[test]
fn chance_of_a_hash_should_be_one_in_difficulty_times_handicap() {
	for (difficulty, handicap) in [(1, 1), (1 << 10, 1), (1 << 22, 4), (3_000_000, 32)] {
		let expected = 1.0 / (difficulty as f64 * handicap as f64);
		let chance = chance_of_a_hash(difficulty, handicap);
		assert!((chance / expected - 1.0).abs() < 1e-9, "{difficulty}, {handicap}: {chance}");
	}
}

#[test]
fn mining_should_take_as_many_hashes_as_the_formula_says_when_drawn() {
	let mut random = source("test mining");
	let draws = 20_000;
	for handicap in [1, 4, 32] {
		let searches: Vec<_> = (0..draws).map(|_| mine(1_000, handicap, &mut random)).collect();
		// The mean of a geometric distribution that is cut off at the limit, and how many are beyond it.
		let blank = (-64.0 / handicap as f64).exp();
		let mean = 1_000.0 * handicap as f64 * (1.0 - blank);
		let drawn = searches.iter().map(|search| search.hashes).sum::<f64>() / f64::from(draws);
		// A standard deviation is at most the mean: five standard errors.
		let slack = 5.0 / f64::from(draws).sqrt();
		assert!((drawn / mean - 1.0).abs() < slack, "{handicap}: {drawn}, not {mean}");
		let blanks = searches.iter().filter(|search| !search.solved).count() as f64;
		let share = blanks / f64::from(draws);
		assert!((share - blank).abs() <= slack * blank.sqrt(), "{handicap}: {share}, not {blank}");
	}
}

#[test]
fn mining_should_be_as_hard_as_real_tickets_are() {
	let mut random = source("test real tickets");
	let network = Network::honest(1);
	let author = &network.authorities()[0].id;
	let (difficulty, handicap, tickets) = (32, 2, 2_000);
	let (mut real, mut drawn) = (0.0f64, 0.0f64);
	for number in 0..tickets {
		let parent = H256::from_low_u64_be(number);
		let ticket = Ticket::new(parent, Slot::from(1), author, 0, H256::zero());
		let limit = nonce_limit(difficulty);
		let nonce = ticket.mine(0, limit, difficulty, handicap);
		real += nonce.map_or(limit as f64, |nonce| nonce as f64 + 1.0);
		drawn += mine(difficulty, handicap, &mut random).hashes;
	}
	// Both means have a standard error of 1/√2000 of 64: five of their difference's.
	let slack = 5.0 * (2.0 / tickets as f64).sqrt();
	assert!((real / drawn - 1.0).abs() < slack, "{real} and {drawn} hashes");
}

#[test]
fn race_should_be_won_by_the_first_drawn_when_blocks_weigh_the_same_and_it_is_in_time() {
	// One attacker and one honest node, with handicaps 1 and 4.
	let runner = |position: u32, handicap| Runner { position, index: position as u16, handicap };
	let race = Race {
		honest: vec![runner(0, 4)],
		attacking: vec![runner(1, 1)],
		worth: 16,
		worth_of_honest: 16,
	};
	// The slot is as long as the honest one takes in the mean, and four times what the attacker does.
	let window = 4.0 * f64::from(1 << 16) / HASH_RATE;
	let conditions = Conditions { window, delay: 0.0 };
	let tactics = Tactics { power: HASH_RATE, secret_packages: false };
	let (mut random, races) = (source("test race"), 20_000);
	let won = (0..races)
		.filter(|_| {
			let contest = race.run(1 << 16, &conditions, &tactics, &mut random);
			contest.winner.is_some_and(|winner| winner.attacking)
		})
		.count() as f64;
	let expected = (-1.0f64).exp() * (1.0 - (-4.0f64).exp());
	let error = (expected * (1.0 - expected) / f64::from(races)).sqrt();
	assert!((won / f64::from(races) - expected).abs() < 5.0 * error, "{won} of {races}");
}

#[test]
fn honest_should_give_up_when_a_better_block_has_arrived() {
	let conditions = Conditions { window: 5.0, delay: 0.5 };
	let two = [attempt(0, false, 17, 1.0), attempt(1, false, 17, 2.0)];
	assert_eq!(positions(&publish(&two, &conditions)), [0]);
	let soon = [attempt(0, false, 17, 1.0), attempt(1, false, 17, 1.4)];
	assert_eq!(positions(&publish(&soon, &conditions)), [0, 1]);
	let first_drawn = [attempt(1, false, 17, 1.0), attempt(0, false, 17, 2.0)];
	assert_eq!(positions(&publish(&first_drawn, &conditions)), [1, 0]);
	let heavier = [attempt(0, false, 9, 1.0), attempt(1, false, 17, 2.0)];
	assert_eq!(positions(&publish(&heavier, &conditions)), [0, 1]);
	let lighter = [attempt(1, false, 17, 1.0), attempt(0, false, 9, 2.0)];
	assert_eq!(positions(&publish(&lighter, &conditions)), [1]);
	let stubborn = [attempt(0, false, 17, 1.0), attempt(1, true, 17, 2.0)];
	assert_eq!(positions(&publish(&stubborn, &conditions)), [0, 1]);
}

#[test]
fn hashes_should_be_counted_until_a_better_block_arrives() {
	let runner = |position: u32, handicap| Runner { position, index: position as u16, handicap };
	// The second waits, and is then beaten by the first, which is done in no time.
	let race = Race {
		honest: vec![runner(0, 1), runner(1, 1)],
		attacking: vec![],
		worth: 16,
		worth_of_honest: 16,
	};
	let conditions = Conditions { window: 5.0, delay: 0.0 };
	let contest = race.run(1, &conditions, &Tactics::NONE, &mut source("test hashes"));
	assert_eq!(contest.published, 1);
	assert_eq!(contest.winner.map(|winner| winner.index), Some(0));
	assert!((contest.hashes - 1.0).abs() < 1e-6, "{}", contest.hashes);
}

#[test]
fn nobody_should_publish_when_the_slot_is_over_or_the_ticket_is_a_blank() {
	let conditions = Conditions { window: 5.0, delay: 0.0 };
	let late = [attempt(0, false, 17, 5.5), attempt(1, true, 17, f64::INFINITY)];
	assert!(publish(&late, &conditions).is_empty());
	let blank = [Attempt { solved: false, ..attempt(0, false, 17, 1.0) }];
	assert!(publish(&blank, &conditions).is_empty());
}

#[test]
fn attacker_should_win_when_it_keeps_packages_and_is_slow() {
	let runner = |position: u32| Runner { position, index: position as u16, handicap: 1 };
	let race = Race {
		honest: vec![runner(0)],
		attacking: vec![runner(1)],
		worth: 32,
		worth_of_honest: 24,
	};
	let mut random = source("test secret packages");
	let conditions = Conditions { window: f64::INFINITY, delay: 0.0 };
	let slow = Tactics { power: HASH_RATE / 1.0e9, secret_packages: true };
	for _ in 0..50 {
		let contest = race.run(1_000, &conditions, &slow, &mut random);
		assert_eq!(contest.published, 2);
		let winner = contest.winner.expect("there is a block");
		assert!(winner.attacking);
		assert_eq!(winner.weight, 33);
	}
}

#[test]
fn attacker_should_lose_when_it_has_no_power() {
	let network = Network::of_equals(12, 0.5);
	let mut random = source("test no power");
	let mut takes_part = 0;
	for number in 0..50 {
		let race = Race::new(&election(&network, 1, number), &network, Assemblers::Rules);
		takes_part += u32::from(race.has_attacker());
		let contest = race.run(1 << 10, &Conditions::IDEAL, &Tactics::NONE, &mut random);
		assert!(contest.hashes.is_finite());
		assert!(contest.winner.is_none_or(|winner| !winner.attacking));
	}
	assert!(takes_part > 25, "{takes_part}");
}

#[test]
fn three_should_race_when_the_rules_hold_and_all_winners_when_they_do_not() {
	let network = Network::honest(60);
	for (groups, winners) in [(1, 1), (16, 17)] {
		let election = election(&network, groups, 3);
		let race = Race::new(&election, &network, Assemblers::Rules);
		assert_eq!(race.honest.len(), 3);
		let all = Race::new(&election, &network, Assemblers::EveryGroupsWinner);
		let empty = (0..winners).filter(|group| election.ranking(*group as u8).is_empty()).count();
		assert_eq!(all.honest.len(), winners - empty);
	}
}

#[test]
fn packages_should_be_worth_half_when_stand_ins_or_guerrillas_make_them() {
	let network = Network::honest(60);
	let election = election(&network, 2, 1);
	assert_eq!(worth(&election, |_| true), 32);
	assert_eq!(worth(&election, |_| false), 0);
	let winner = election.ranking(0)[0];
	assert_eq!(worth(&election, |index| index != winner), 16 + 8);
	let guerrilla = election.ranking(2)[0];
	assert_eq!(worth(&election, |index| index == guerrilla), 8 + 8);
	let last = *election.ranking(0).last().expect("the group has members");
	assert_eq!(worth(&election, |index| index == last), 0);
}

#[test]
fn offline_nodes_should_not_race() {
	let network = Network::partly_offline(3, 3);
	let race = Race::new(&election(&network, 1, 0), &network, Assemblers::Rules);
	let contest =
		race.run(1, &Conditions::REAL, &Tactics::NONE, &mut source("test nobody is there"));
	assert_eq!(contest, Contest { winner: None, published: 0, hashes: 0.0 });
}
