//! Whatever is lent, bonded, slashed and earned in whatever order: no FSN is made or lost, slices add up, and in the
//! end everything has come back by itself.

use crate::{mock::*, Balance, Held, NextHour, Pledges, Staking};
use fusion_slices::{Seconds, FOREVER};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Who lends; Bob borrows.
static OWNERS: [crate::mock::AccountId; 2] = [ALICE, CHARLIE];

#[derive(Clone, Debug)]
enum Step {
	Lend { owner: usize, amount: Balance, end: Seconds },
	Consent { owner: usize, amount: Balance, until: Seconds },
	Bond { owner: usize, amount: Balance, end: Seconds },
	Unbond { pledge: u64 },
	Reward { pledge: u64 },
	Settle { pledge: u64 },
	Title { owner: usize, amount: Balance },
	Slash { pledge: u64, percent: Balance },
	Earn { pledge: u64, amount: Balance },
	Pass { days: Seconds, jump: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	use Step::*;
	let owner = || 0..OWNERS.len();
	let amount = || 1..5_000u128;
	// Few, so that terms meet.
	let end = || (2..6u64).prop_map(|number| START + 7 * DAY * number);
	let pledge = || 0..6u64;
	let step = prop_oneof![
		4 => (owner(), amount(), end()).prop_map(|(owner, amount, end)| Lend { owner, amount, end }),
		3 => (owner(), 0..9_000u128, end())
			.prop_map(|(owner, amount, until)| Consent { owner, amount, until }),
		6 => (owner(), amount(), end()).prop_map(|(owner, amount, end)| Bond { owner, amount, end }),
		1 => pledge().prop_map(|pledge| Unbond { pledge }),
		1 => pledge().prop_map(|pledge| Reward { pledge }),
		2 => pledge().prop_map(|pledge| Settle { pledge }),
		1 => (owner(), amount()).prop_map(|(owner, amount)| Title { owner, amount }),
		1 => (pledge(), 0..=100u128).prop_map(|(pledge, percent)| Slash { pledge, percent }),
		1 => (pledge(), amount()).prop_map(|(pledge, amount)| Earn { pledge, amount }),
		2 => (0..9u64, prop::bool::weighted(0.2)).prop_map(|(days, jump)| Pass { days, jump }),
	];
	prop::collection::vec(step, 1..40)
}

/// What is earned and not claimed.
fn unclaimed() -> Balance {
	Stakes::get().iter().map(|(_, stake)| stake.earned).sum()
}

/// FSN in existence, were nothing ever earned or slashed.
struct Books {
	start: Balance,
	earned: Balance,
	slashed: Balance,
}

impl Books {
	fn compare(&self) {
		let expected = self.start + self.earned - self.slashed;
		assert_eq!(Balances::total_issuance() + unclaimed(), expected, "FSN was made or lost");
		check();
	}
}

fn apply(step: Step, books: &mut Books) -> bool {
	use Step::*;
	match step {
		Lend { owner, amount, end } => lend(&OWNERS[owner], FSN, &BOB, amount, end).is_ok(),
		Consent { owner, amount, until } => {
			call(&OWNERS[owner], crate::Call::consent { user: BOB, amount, until }).is_ok()
		},
		Bond { owner, amount, end } => {
			let owner = OWNERS[owner].clone();
			call(&BOB, crate::Call::bond { owner, node: NODE, amount, end }).is_ok()
		},
		Unbond { pledge } => call(&BOB, crate::Call::unbond { pledge }).is_ok(),
		Reward { pledge } => call(&CHARLIE, crate::Call::reward { pledge }).is_ok(),
		Settle { pledge } => call(&BOB, crate::Call::settle { pledge }).is_ok(),
		Title { owner, amount } => {
			let to = OWNERS[1 - owner].clone();
			call(&OWNERS[owner], crate::Call::transfer_title { coin: FSN, to, amount }).is_ok()
		},
		Slash { pledge, percent } => {
			let staked = Nodes::staked(&Usufruct::pledge_account(pledge));
			let amount = staked * percent / 100;
			Nodes::slash(pledge, amount);
			books.slashed += amount;
			amount > 0
		},
		Earn { pledge, amount } => {
			let lives = Pledges::<Test>::contains_key(pledge);
			if lives {
				Nodes::earn(pledge, amount);
				books.earned += amount;
			}
			lives
		},
		Pass { days, jump } => {
			if jump {
				jump_to(Usufruct::now() + days * DAY);
			} else {
				pass(days * DAY);
			}
			true
		},
	}
}

/// Blocks in which no time passes to speak of, until no agenda of the past is left. In a chain there are hundreds
/// of them in an hour.
fn catch_up() {
	while Pledges::<Test>::count() > 0 && NextHour::<Test>::get() <= Usufruct::now() / HOUR {
		jump_to(Usufruct::now());
	}
}

/// Runs the steps, and checks after each. Gives how many pledges there were.
fn run(steps: Vec<Step>) -> u64 {
	new_test_ext().execute_with(|| {
		let mut books = Books { start: Balances::total_issuance(), earned: 0, slashed: 0 };
		for step in steps {
			apply(step, &mut books);
			books.compare();
		}
		// Nobody does anything any more, and everything comes back. The chain may have stood still before.
		for _ in 0..60 {
			pass(DAY);
			catch_up();
		}
		books.compare();
		assert_eq!(Pledges::<Test>::count(), 0, "a pledge has not come back");
		assert_eq!(plain(&BANK, FSN), 1, "stake was left behind");
		for who in [ALICE, BOB, CHARLIE] {
			let whole = Usufruct::whole_of(FSN, &who);
			assert_eq!(whole, Usufruct::title_of(FSN, &who), "everything is whole");
			if whole > 0 {
				withdraw(&who, FSN, whole).unwrap();
			}
		}
		assert!(!Held::<Test>::contains_key(FSN));
		assert_eq!(Usufruct::balance_over(FSN, &BOB, 0, FOREVER), Ok(0));
		crate::NextPledge::<Test>::get()
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn everything_should_come_back_whatever_happens(steps in steps()) {
		run(steps);
	}
}

#[test]
fn properties_should_be_of_chains_with_pledges() {
	let mut runner = TestRunner::deterministic();
	let pledges: u64 = (0..40).map(|_| run(steps().new_tree(&mut runner).unwrap().current())).sum();
	assert!(pledges >= 10, "only {pledges} pledges");
}
