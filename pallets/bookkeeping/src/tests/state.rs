//! The checks of the state notice what they are there for.

use frame_support::traits::{
	fungible::{Mutate, MutateHold},
	tokens::{Fortitude, Precision, Preservation},
};
use sp_runtime::DispatchError;

use crate::{
	mock::*, Active, Candidates, Claimable, DelegatedTo, Delegations, DissolveQueue, HoldReason,
	Invulnerables, Issued, LastActive, Outstanding, Slashes, StandingCount, Unbonding,
};

/// Makes a sound state with some of everything, breaks something, and returns what the check says.
fn broken(damage: impl FnOnce()) -> &'static str {
	let mut said = "nothing";
	genesis(vec![1, 2], vec![5, 6]).execute_with(|| {
		delegate(20, 5, 1_000);
		delegate(21, 5, 1_000);
		delegate(20, 6, 1_000);
		Bookkeeping::unbond(signed(20), 5, 100 * FSN).unwrap();
		go_to(15);
		pay_fees(1);
		Bookkeeping::note_block(&5, &[(5, 1), (1, 1)], 0);
		Bookkeeping::claim(signed(21)).unwrap();
		check();
		damage();
		if let Err(DispatchError::Other(why)) = Bookkeeping::do_try_state() {
			said = why;
		}
	});
	said
}

fn edit(f: impl FnOnce(&mut crate::Candidate)) -> &'static str {
	broken(|| Candidates::<Test>::mutate(5, |found| f(found.as_mut().unwrap())))
}

#[test]
fn state_should_be_found_broken_when_candidates_are_damaged() {
	let release = || {
		let reason = HoldReason::Stake.into();
		Balances::release(&reason, &5, 1, Precision::Exact).unwrap();
	};
	assert_eq!(broken(release), "what is staked and what is held differ");
	assert_eq!(edit(|found| found.own.amount += 1), "what is staked and what is held differ");
	assert_eq!(edit(|found| found.delegated += 1), "the delegations to a node do not add up");
	assert_eq!(edit(|found| found.earned += 1), "what is owed does not add up");
	assert_eq!(edit(|found| found.own.age_start = 16), "a bond is from the future");
	assert_eq!(
		edit(|found| found.state = crate::NodeState::Idle),
		"those who stand are counted wrongly"
	);
	assert_eq!(
		edit(|found| found.reward_per_stake = 0),
		"a delegation was paid for what has not been earned"
	);
	assert_eq!(edit(|found| found.pool = 0), "a pool has less than its delegators have earned");
	assert_eq!(broken(|| StandingCount::<Test>::put(1)), "those who stand are counted wrongly");
	assert_eq!(
		broken(|| DissolveQueue::<Test>::try_append(5).unwrap()),
		"the queue of who dissolves is wrong"
	);
	assert_eq!(
		broken(|| DissolveQueue::<Test>::try_append(7).unwrap()),
		"somebody is queued who is no candidate"
	);
}

#[test]
fn state_should_be_found_broken_when_delegations_are_damaged() {
	assert_eq!(
		broken(|| {
			Candidates::<Test>::remove(5);
			StandingCount::<Test>::put(1);
		}),
		"delegations to no candidate"
	);
	assert_eq!(
		broken(|| Delegations::<Test>::remove(5)),
		"a sum of delegations without delegations"
	);
	assert_eq!(broken(|| DelegatedTo::<Test>::remove(21)), "a delegation is in no account's list");
	assert_eq!(
		broken(|| DelegatedTo::<Test>::try_append(21, 6).unwrap()),
		"an account's list has a node that it does not delegate to"
	);
	let edit = |f: fn(&mut crate::Backer<AccountId>)| {
		broken(|| Delegations::<Test>::mutate(5, |backers| f(&mut backers[0])))
	};
	assert_eq!(edit(|backer| backer.stake.amount = 0), "an empty delegation is kept");
	assert_eq!(edit(|backer| backer.who = 21), "a delegation is doubled");
	assert_eq!(edit(|backer| backer.who = 5), "a node delegates to itself");
	assert_eq!(
		broken(|| Delegations::<Test>::mutate(5, |backers| backers[1].paid_up_to = 0)),
		"a pool has less than its delegators have earned"
	);
	assert_eq!(
		broken(|| Unbonding::<Test>::mutate(20, |chunks| chunks[0].amount += 1)),
		"what is staked and what is held differ"
	);
	assert_eq!(
		broken(|| Unbonding::<Test>::mutate(20, |chunks| chunks[0].slashes_seen = 1)),
		"a chunk has seen too many slashes"
	);
	assert_eq!(
		broken(|| Unbonding::<Test>::mutate(20, |chunks| {
			let chunk = chunks[0].clone();
			while chunks.try_push(crate::Chunk { amount: 0, ..chunk.clone() }).is_ok() {}
		})),
		"an account has no room for its stake"
	);
}

#[test]
fn state_should_be_found_broken_when_rewards_are_damaged() {
	assert_eq!(broken(|| Issued::<Test>::put(1_001 * FSN)), "more was issued than may be");
	assert_eq!(
		broken(|| Issued::<Test>::put(16 * REWARD + 1)),
		"more was issued than all blocks so far were worth"
	);
	assert_eq!(broken(|| Outstanding::<Test>::put(1)), "what is owed does not add up");
	assert_eq!(broken(|| Claimable::<Test>::insert(9, 1)), "what is owed does not add up");
	assert_eq!(broken(|| Claimable::<Test>::insert(9, 0)), "an empty claim is kept");
	assert_eq!(broken(|| Bookkeeping::note_fee(1)), "the fees of a block are left over");
	let robbed = || {
		let pot = Bookkeeping::pot();
		Balances::burn_from(
			&pot,
			FSN,
			Preservation::Expendable,
			Precision::Exact,
			Fortitude::Force,
		)
		.unwrap();
	};
	assert_eq!(broken(robbed), "the pot owes more than it has");
}

#[test]
fn state_should_be_found_broken_when_sessions_or_slashes_are_damaged() {
	assert_eq!(
		broken(|| Active::<Test>::mutate(|nodes| nodes.as_mut().reverse())),
		"the present nodes are not in order"
	);
	assert_eq!(
		broken(|| Invulnerables::<Test>::put(sp_runtime::BoundedVec::truncate_from(vec![2, 1]))),
		"the invulnerables are not in order"
	);
	assert_eq!(broken(|| crate::MaxNodes::<Test>::put(9)), "too many nodes are elected");
	assert_eq!(
		broken(|| {
			crate::MaxNodes::<Test>::put(8);
			Invulnerables::<Test>::put(sp_runtime::BoundedVec::truncate_from(vec![1, 2, 3]));
		}),
		"more nodes are elected than there are seats"
	);
	assert_eq!(
		broken(|| LastActive::<Test>::insert(9, 1)),
		"the activity of somebody is kept who is not invulnerable"
	);
	assert_eq!(
		broken(|| Slashes::<Test>::mutate(5, |log| log.chilled_until = 9)),
		"a log of slashes is wrong"
	);
	assert_eq!(
		broken(|| Slashes::<Test>::mutate(5, |log| {
			let fraction = sp_runtime::Perbill::one();
			log.push(crate::SlashEntry { session: 0, fraction });
		})),
		"a candidate was slashed and does not dissolve"
	);
}
