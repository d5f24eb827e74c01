//! Blocks by the rules.

use frame_support::traits::{FindAuthor, OnTimestampSet};
use fusion_hhcm_primitives::{digest::Claim, seed, Election, Packages, Round};
use sp_core::{Pair as _, H256};
use sp_runtime::traits::{Block as _, Header as _};

use super::driver::{hash_of, package, Chain, Draft};
use crate::{mock::*, CurrentRound, Delivered, SessionTally};

#[test]
fn block_should_be_accepted_when_everything_is_by_the_rules() {
	let mut chain = Chain::new();
	let draft = chain.advance(FIRST_SLOT);
	chain.ext.execute_with(|| {
		let round = CurrentRound::<Test>::get().unwrap();
		let author = draft.key(draft.claim.author).public();
		let next = seed::next(draft.round.seed, FIRST_SLOT.into(), &author, &draft.claim.vrf);
		assert_eq!(Some(round.seed), next);
		assert_eq!(round.last_slot, FIRST_SLOT);
		assert_eq!((round.groups, round.difficulty), (3, 8));
		let tally = SessionTally::<Test>::get();
		// Nothing is counted as missed before the first block.
		assert_eq!((tally.filled, tally.missed), (1, 0));
		assert!(tally.fullness > 0);
	});
	assert_eq!(draft.transactions.len(), 30);
}

#[test]
fn chain_should_go_on_when_slots_are_filled_and_missed() {
	let mut chain = Chain::new();
	let slots = [FIRST_SLOT, FIRST_SLOT + 1, FIRST_SLOT + 4, FIRST_SLOT + 5, FIRST_SLOT + 100];
	let mut seeds = std::collections::BTreeSet::new();
	for slot in slots {
		chain.advance(slot);
		chain.ext.execute_with(|| assert!(seeds.insert(Hhcm::round().seed)));
	}
	chain.ext.execute_with(|| {
		let tally = SessionTally::<Test>::get();
		assert_eq!((tally.filled, tally.missed), (5, 2 + 94));
	});
}

/// The election for a draft as if the slot before it had been filled.
fn without_missed(chain: &mut Chain, draft: &Draft) -> Election {
	let slot = draft.claim.slot;
	let round = Round { last_slot: (u64::from(slot) - 1).into(), ..draft.round };
	Election::new(&round, slot, &chain.ext.execute_with(Hhcm::authorities))
}

#[test]
fn every_assembler_should_be_accepted_when_it_is_among_the_first() {
	for position in 0..3 {
		let mut chain = Chain::new();
		let mut draft = chain.draft(FIRST_SLOT);
		let Some(candidate) = without_missed(&mut chain, &draft).may_assemble().nth(position)
		else {
			// Of the three draws, one has hit a node again.
			assert!(position > 0);
			continue;
		};
		// The round of the genesis is long ago: everybody may. Pretend that it was just now.
		chain.ext.execute_with(|| {
			CurrentRound::<Test>::mutate(|round| {
				round.as_mut().unwrap().last_slot = (FIRST_SLOT - 1).into();
			});
		});
		draft.claim_for(candidate);
		let block = chain.build(&draft);
		chain.import(block);
	}
}

#[test]
fn stand_in_should_be_accepted_when_slots_were_missed() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let mut draft = chain.draft(FIRST_SLOT + 2);
	assert_eq!(draft.election.draws(), 6);
	// One that three draws would not have let assemble.
	let without = without_missed(&mut chain, &draft);
	let last = draft.election.may_assemble().last().unwrap();
	assert_eq!(without.assembly_position(last.index), None);
	draft.claim_for(last);
	let block = chain.build(&draft);
	chain.import(block);
}

#[test]
fn block_should_be_accepted_when_it_has_few_packages_or_transactions() {
	let mut chain = Chain::new();
	let mut draft = chain.draft(FIRST_SLOT);
	draft.transactions.clear();
	let block = chain.build(&draft);
	chain.import(block);

	let mut draft = chain.draft(FIRST_SLOT + 1);
	draft.transactions.clear();
	draft.with_packages(|packages| packages.clear());
	let block = chain.build(&draft);
	chain.import(block);

	// Every second transaction is left out.
	let mut draft = chain.draft(FIRST_SLOT + 2);
	let mut odd = false;
	draft.transactions.retain(|_| {
		odd = !odd;
		odd
	});
	let block = chain.build(&draft);
	chain.import(block);
}

#[test]
fn packages_of_stand_ins_should_be_accepted_when_winners_are_silent() {
	let mut chain = Chain::new();
	let mut draft = chain.draft(FIRST_SLOT);
	let guerrilla = draft.election.ranking(3)[1];
	let context = draft.context();
	let remake = |group: u8, packager: u16| {
		let list = draft.noted[0][usize::from(group)].transactions.to_vec();
		package(draft.key(packager), &context, group, packager, list)
	};
	let second = draft.election.ranking(1)[1];
	let (zero, one) = (remake(0, guerrilla), remake(1, second));
	draft.with_packages(|packages| {
		packages[0] = zero;
		packages[1] = one;
	});
	let block = chain.build(&draft);
	chain.import(block);
	let weights: Vec<_> = Authored::get()[0].1.iter().map(|package| package.weight).collect();
	assert_eq!(weights, [4, 8, 16]);
}

/// Numbers that look random, the same ones every time.
struct Dice(u64);

impl Dice {
	fn below(&mut self, bound: usize) -> usize {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) as usize % bound
	}
}

#[test]
fn any_block_by_the_rules_should_be_accepted_when_chosen_at_random() {
	let mut dice = Dice(7);
	let mut chain = Chain::new();
	let mut slot = FIRST_SLOT;
	for _ in 0..12 {
		// Now and then with new authorities.
		Rotating::set((dice.below(4) == 0).then(|| (dice.below(4) as u16..18).collect()));
		let mut draft = chain.draft(slot);
		let assemblers: Vec<_> = draft.election.may_assemble().collect();
		// Any packagers that may, for some of the groups.
		let context = draft.context();
		let mut packages = Vec::new();
		for old in draft.noted[0].iter() {
			let may: Vec<_> = (0..draft.keys.len() as u16)
				.filter(|index| draft.election.package_weight(old.group, *index).is_some())
				.collect();
			let packager = may[dice.below(may.len())];
			let list = old.transactions.to_vec();
			let new = package(draft.key(packager), &context, old.group, packager, list);
			if dice.below(5) > 0 {
				packages.push(new);
			}
		}
		let groups: Vec<_> = packages.iter().map(|package| package.group).collect();
		draft.with_packages(|all| *all = packages);
		// Some of their transactions.
		let mut transactions = std::mem::take(&mut draft.transactions);
		transactions.retain(|transaction| {
			let signer = transaction.preamble.clone().to_signed().expect("it is signed").0;
			groups.contains(&draft.group_of(signer)) && dice.below(3) > 0
		});
		draft.transactions = transactions;
		// Any assembler that has a ticket with a solution.
		loop {
			draft.claim_for(assemblers[dice.below(assemblers.len())]);
			if draft.solution().is_some() {
				break;
			}
		}
		let block = chain.build(&draft);
		chain.import(block);
		slot += 1 + (dice.below(3) * dice.below(3)) as u64;
	}
	Rotating::set(None);
}

#[test]
fn authors_and_packagers_should_be_told_of_when_a_block_is_done() {
	let mut chain = Chain::new();
	let draft = chain.advance(FIRST_SLOT);
	let (assembler, delivered, groups) = Authored::get().remove(0);
	assert_eq!(Authored::get().len(), 1);
	assert_eq!(assembler, account(draft.claim.author));
	assert_eq!(groups, 3);
	let count = |group: u8| draft.noted[0][usize::from(group)].transactions.len() as u32;
	// After the two inherents, group after group in their order.
	let first = |group: u8| {
		let before = draft.election.order().iter().take_while(|other| **other != group);
		2 + before.map(|other| count(*other)).sum::<u32>()
	};
	let expected: Vec<_> = (0..3)
		.map(|group| Delivered {
			group,
			packager: account(draft.election.ranking(group)[0]),
			weight: 16,
			extrinsics: first(group)..first(group) + count(group),
		})
		.collect();
	assert_eq!(delivered, expected);
	assert_eq!(expected.iter().map(|package| package.extrinsics.len()).sum::<usize>(), 30);
}

#[test]
fn transactions_should_be_counted_when_only_some_are_in_the_block() {
	let mut chain = Chain::new();
	let mut draft = chain.draft(FIRST_SLOT);
	let kept = draft.noted[0][1].transactions[0];
	draft.transactions.retain(|transaction| hash_of(transaction) == kept);
	let block = chain.build(&draft);
	chain.import(block);
	let delivered = Authored::get().remove(0).1;
	let extrinsics: Vec<_> = delivered.into_iter().map(|package| package.extrinsics).collect();
	assert_eq!(extrinsics, [0..0, 2..3, 0..0]);
}

#[test]
fn one_group_should_do_when_there_is_no_guerrilla() {
	let mut chain = Chain::with(genesis_with(H256::repeat_byte(1), 1, 2));
	for slot in FIRST_SLOT..FIRST_SLOT + 3 {
		let draft = chain.advance(slot);
		assert_eq!(draft.election.order(), [0]);
		assert_eq!(draft.transactions.len(), 30);
	}
}

#[test]
fn author_should_be_found_when_the_block_is_executed_and_afterwards() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let find = |claim: &Claim| {
		let digest = sp_runtime::Digest { logs: vec![claim.to_item()] };
		let found: Option<AccountId> =
			Hhcm::find_author(digest.logs().iter().filter_map(|item| item.as_pre_runtime()));
		found
	};
	let expected = Some(account(draft.claim.author));
	chain.ext.execute_with(|| assert_eq!(find(&draft.claim), expected));
	let block = chain.build(&draft);
	chain.import(block);
	chain.ext.execute_with(|| {
		assert_eq!(find(&draft.claim), expected);
		let stranger = Claim { author: 99, slot: 1.into(), ..draft.claim.clone() };
		assert_eq!(find(&stranger), None);
		assert_eq!(Hhcm::find_author(std::iter::empty()), None::<AccountId>);
	});
}

#[test]
fn elections_should_not_depend_on_what_is_in_the_block_when_the_author_is_the_same() {
	let mut chain = Chain::new();
	let full = chain.draft(FIRST_SLOT);
	let mut empty = full.clone();
	empty.transactions.clear();
	empty.with_packages(|packages| *packages = Packages::new().into_inner());
	let seeds = [&full, &empty].map(|draft| {
		let mut chain = Chain::new();
		let block = chain.build(draft);
		chain.import(block);
		let (round, election): (_, Election) = chain.election(FIRST_SLOT + 1);
		(round.seed, election.assembly_order().map(|next| next.index).collect::<Vec<_>>())
	});
	assert_eq!(seeds[0], seeds[1]);
}

#[test]
fn headers_should_have_nothing_else_of_ours_when_finished() {
	let mut chain = Chain::new();
	let draft = chain.draft(FIRST_SLOT);
	let block = chain.build(&draft);
	assert_eq!(block.header().digest().logs().len(), 2);
	chain.ext.execute_with(|| {
		// The timestamp may be anywhere in the slot, when a block is executed.
		let turn = crate::Turn {
			claim: draft.claim.clone(),
			election: draft.election.clone(),
			seed: H256::zero(),
		};
		crate::CurrentTurn::<Test>::put(turn);
		Hhcm::on_timestamp_set(FIRST_SLOT * SLOT_MILLIS + SLOT_MILLIS - 1);
	});
}
