//! What must hold between blocks is noticed when it does not.

use fusion_hhcm_primitives::{ticket::MAX_DIFFICULTY, Packages, Round, Slot};
use sp_core::H256;

use super::driver::Chain;
use crate::{
	mock::*, Authorities, Checked, CurrentLimits, CurrentRound, LastAuthor, NextAuthorities,
	NotedPackages, Reports, SessionTally,
};

/// Breaks the state of a chain with a block, and fails if that is not noticed.
#[track_caller]
fn assert_noticed(expected: &'static str, break_it: impl FnOnce()) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	chain.ext.execute_with(|| {
		check();
		break_it();
		let error = Hhcm::do_try_state().unwrap_err();
		assert_eq!(error, expected.into());
	});
}

fn with_round(change: impl FnOnce(&mut Round)) {
	CurrentRound::<Test>::mutate(|round| change(round.as_mut().unwrap()));
}

#[test]
fn state_should_be_found_unsound_when_the_round_is() {
	assert_noticed("there is no round", CurrentRound::<Test>::kill);
	assert_noticed("there are too many or no groups", || with_round(|round| round.groups = 0));
	assert_noticed("there are too many or no groups", || with_round(|round| round.groups = 17));
	let beyond = "the difficulty is beyond its bounds";
	assert_noticed(beyond, || with_round(|round| round.difficulty = 0));
	assert_noticed(beyond, || with_round(|round| round.difficulty = MAX_DIFFICULTY + 1));
	assert_noticed("the last author is not the last block's", || {
		with_round(|round| round.last_slot = 1.into());
	});
	assert_noticed("the limits are not sound", || {
		CurrentLimits::<Test>::mutate(|limits| limits.most_groups = 0);
	});
	assert_noticed("sessions did not follow one another", || {
		crate::SessionSlots::<Test>::put((Slot::from(2), Slot::from(1)));
	});
	assert_noticed("blocks were overfull", || {
		SessionTally::<Test>::mutate(|tally| tally.fullness = 1_000_001);
	});
}

#[test]
fn state_should_be_found_unsound_when_authorities_are() {
	assert_noticed("there are no authorities", Authorities::<Test>::kill);
	assert_noticed("two authorities have the same key", || {
		Authorities::<Test>::mutate(|infos| infos[1].id = infos[0].id.clone());
	});
}

#[test]
fn state_should_be_found_unsound_when_something_is_left_over() {
	assert_noticed("packages are left over", || {
		NotedPackages::<Test>::put(Packages::new());
	});
	assert_noticed("the mark of a checked block is left over", || Checked::<Test>::put(true));
	assert_noticed("offenders have kept their weight", || {
		crate::Offenders::<Test>::put(vec![account(1)]);
	});
	assert_noticed("authorities have not come into office", || {
		NextAuthorities::<Test>::put(Authorities::<Test>::get());
	});
	assert_noticed("a claim is left over", || {
		let mut chain = Chain::with(genesis(H256::repeat_byte(1)));
		let draft = chain.draft(FIRST_SLOT);
		crate::CurrentTurn::<Test>::put(crate::Turn {
			claim: draft.claim,
			election: draft.election,
			seed: H256::zero(),
		});
	});
}

#[test]
fn state_should_be_found_unsound_when_reports_are() {
	let with = |entries: Vec<(u64, AccountId)>| {
		Reports::<Test>::mutate(|log| {
			let entries: Vec<_> =
				entries.into_iter().map(|(slot, who)| (slot.into(), who)).collect();
			log.entries = entries.try_into().unwrap();
		});
	};
	assert_noticed("reports are not in the order of slots", || with(vec![(5, 1), (4, 1)]));
	assert_noticed("an offence was punished twice", || with(vec![(5, 1), (5, 2), (5, 1)]));
	assert_noticed("an offence is yet to come", || with(vec![(5_000, 1)]));
	assert_noticed("reports are not in the order of slots", || {
		with(vec![(5, 1)]);
		Reports::<Test>::mutate(|log| log.since = 6.into());
	});
}

#[test]
fn author_should_be_unknown_when_there_was_no_block() {
	genesis(H256::zero()).execute_with(|| {
		assert_eq!(LastAuthor::<Test>::get(), None);
		assert_eq!(Hhcm::authorities().len(), usize::from(NODES));
		check();
	});
}
