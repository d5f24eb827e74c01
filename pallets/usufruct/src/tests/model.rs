//! Random calls against a slow model: what everybody has at each instant, one number an instant, and nothing
//! clever.

use crate::{mock::*, Balance, Coin, Held};
use fusion_slices::{Seconds, FOREVER};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::collections::BTreeMap;

/// Instants that the model keeps, from [`START`] on. The last one stands for everything after it.
const LAST: usize = 30;
static PEOPLE: [crate::mock::AccountId; 3] = [ALICE, BOB, CHARLIE];
const COINS: [Coin; 2] = [FSN, BTC];

#[derive(Clone, Debug)]
enum Operation {
	Deposit {
		who: usize,
		coin: usize,
		amount: Balance,
	},
	Withdraw {
		who: usize,
		coin: usize,
		amount: Balance,
	},
	Lend {
		who: usize,
		coin: usize,
		to: usize,
		amount: Balance,
		end: usize,
	},
	Transfer {
		who: usize,
		coin: usize,
		to: usize,
		amount: Balance,
		start: usize,
		end: usize,
	},
	Fetch {
		who: usize,
		coin: usize,
		from: usize,
		amount: Balance,
		start: usize,
		end: usize,
	},
	Title {
		who: usize,
		coin: usize,
		to: usize,
		amount: Balance,
	},
	GiveBack {
		who: usize,
		coin: usize,
		to: usize,
		amount: Balance,
		end: usize,
	},
	Approve {
		who: usize,
		coin: usize,
		spender: usize,
		amount: Balance,
	},
	Poke {
		who: usize,
		coin: usize,
	},
	/// Locked in and out: plain mapped coins that come from elsewhere, and go there.
	LockIn {
		who: usize,
		amount: Balance,
	},
	LockOut {
		who: usize,
		amount: Balance,
	},
	Time {
		seconds: usize,
	},
}

impl Operation {
	/// Starts are drawn as one more than seconds from now, and ends as seconds from the start: the same with instants
	/// of the model. One behind the last is never.
	fn absolute(mut self, now: usize) -> Self {
		use Operation::*;
		let ends = |start: usize, length: usize| (start + length).min(LAST + 1);
		match &mut self {
			Lend { end, .. } | GiveBack { end, .. } => *end = ends(now, *end),
			Transfer { start, end, .. } | Fetch { start, end, .. } => {
				*start = (now + *start).saturating_sub(1);
				*end = ends(*start, *end);
			},
			_ => {},
		}
		self
	}
}

fn operation() -> impl Strategy<Value = Operation> {
	use Operation::*;
	let who = || 0..PEOPLE.len();
	let coin = || 0..COINS.len();
	let amount = || prop_oneof![1 => Just(0u128), 20 => 1..12u128];
	// See `Operation::absolute`: a second ago, now, soon; and how long, which is often for ever.
	let start = || 0..9usize;
	let length = || prop_oneof![6 => 0..9usize, 1 => Just(LAST + 1)];
	prop_oneof![
		4 => (who(), coin(), amount()).prop_map(|(who, coin, amount)| Deposit { who, coin, amount }),
		3 => (who(), coin(), amount()).prop_map(|(who, coin, amount)| Withdraw { who, coin, amount }),
		4 => (who(), coin(), who(), amount(), length())
			.prop_map(|(who, coin, to, amount, end)| Lend { who, coin, to, amount, end }),
		8 => (who(), coin(), who(), amount(), start(), length()).prop_map(
			|(who, coin, to, amount, start, end)| Transfer { who, coin, to, amount, start, end }
		),
		4 => (who(), coin(), who(), amount(), start(), length()).prop_map(
			|(who, coin, from, amount, start, end)| Fetch { who, coin, from, amount, start, end }
		),
		3 => (who(), coin(), who(), amount())
			.prop_map(|(who, coin, to, amount)| Title { who, coin, to, amount }),
		4 => (who(), coin(), who(), amount(), length())
			.prop_map(|(who, coin, to, amount, end)| GiveBack { who, coin, to, amount, end }),
		4 => (who(), coin(), who(), 0..100u128)
			.prop_map(|(who, coin, spender, amount)| Approve { who, coin, spender, amount }),
		2 => (who(), coin()).prop_map(|(who, coin)| Poke { who, coin }),
		1 => (who(), amount()).prop_map(|(who, amount)| LockIn { who, amount }),
		2 => (who(), amount()).prop_map(|(who, amount)| LockOut { who, amount }),
		3 => (0..4usize).prop_map(|seconds| Time { seconds }),
	]
}

/// What everybody has.
struct Model {
	now: usize,
	slices: BTreeMap<(usize, usize), [Balance; LAST + 1]>,
	plain_bitcoin: [Balance; 3],
	allowances: BTreeMap<(usize, usize, usize), Balance>,
}

fn second(at: usize) -> Seconds {
	if at > LAST {
		FOREVER
	} else {
		START + at as Seconds
	}
}

impl Model {
	fn new() -> Self {
		Self {
			now: 0,
			slices: BTreeMap::new(),
			plain_bitcoin: [RICH; 3],
			allowances: BTreeMap::new(),
		}
	}

	fn of(&mut self, who: usize, coin: usize) -> &mut [Balance; LAST + 1] {
		self.slices.entry((who, coin)).or_insert([0; LAST + 1])
	}

	/// Moves a slice, and says whether it was possible.
	fn transfer(
		&mut self,
		coin: usize,
		from: usize,
		to: usize,
		amount: Balance,
		start: usize,
		end: usize,
	) -> bool {
		let possible = amount > 0
			&& start >= self.now
			&& start < end
			&& start <= LAST
			&& (start..end.min(LAST + 1)).all(|at| self.of(from, coin)[at] >= amount);
		if possible {
			for at in start..end.min(LAST + 1) {
				self.of(from, coin)[at] -= amount;
				self.of(to, coin)[at] += amount;
			}
		}
		possible
	}

	/// Plain coins become slices, or the other way round. FSN is checked by its sum only: deposits are in it.
	fn convert(&mut self, who: usize, coin: usize, amount: Balance, inwards: bool) -> bool {
		let now = self.now;
		let plain_enough = COINS[coin] == FSN || self.plain_bitcoin[who] >= amount;
		let enough = (now..=LAST).all(|at| self.of(who, coin)[at] >= amount);
		let possible = amount > 0 && if inwards { plain_enough } else { enough };
		if possible {
			for at in now..=LAST {
				let has = &mut self.of(who, coin)[at];
				*has = if inwards { *has + amount } else { *has - amount };
			}
			if COINS[coin] == BTC {
				let plain = &mut self.plain_bitcoin[who];
				*plain = if inwards { *plain - amount } else { *plain + amount };
			}
		}
		possible
	}

	/// Whether it is possible. If so, it is done.
	fn apply(&mut self, operation: &Operation) -> bool {
		use Operation::*;
		match *operation {
			Deposit { who, coin, amount } => self.convert(who, coin, amount, true),
			Withdraw { who, coin, amount } => self.convert(who, coin, amount, false),
			Lend { who, coin, to, amount, end } => {
				let now = self.now;
				let possible = who != to && end > now && end <= LAST;
				possible
					&& self.convert(who, coin, amount, true)
					&& self.transfer(coin, who, to, amount, now, end)
			},
			Transfer { who, coin, to, amount, start, end } => {
				self.transfer(coin, who, to, amount, start, end)
			},
			Fetch { who, coin, from, amount, start, end } => {
				let key = (from, coin, who);
				let allowed = self.allowances.get(&key).copied().unwrap_or_default();
				if from == who {
					return self.transfer(coin, from, who, amount, start, end);
				}
				let possible =
					allowed >= amount && self.transfer(coin, from, who, amount, start, end);
				if possible {
					self.allowances.insert(key, allowed - amount);
				}
				possible
			},
			Title { who, coin, to, amount } => {
				let now = self.now;
				let start = (now..=LAST)
					.find(|start| (*start..=LAST).all(|at| self.of(who, coin)[at] >= amount));
				amount > 0
					&& start
						.is_some_and(|start| self.transfer(coin, who, to, amount, start, LAST + 1))
			},
			GiveBack { who, coin, to, amount, end } => {
				let now = self.now;
				who != to
					&& end <= LAST && self.of(to, coin)[end] >= amount
					&& self.transfer(coin, who, to, amount, now, end)
			},
			Approve { who, coin, spender, amount } => {
				let possible = who != spender;
				if possible {
					self.allowances.insert((who, coin, spender), amount);
				}
				possible
			},
			LockIn { who, amount } => {
				self.plain_bitcoin[who] += amount;
				true
			},
			LockOut { who, amount } => {
				let possible = self.plain_bitcoin[who] >= amount;
				if possible {
					self.plain_bitcoin[who] -= amount;
				}
				possible
			},
			// Whether there is anything to be freed is nothing that the model knows.
			Poke { .. } | Time { .. } => true,
		}
	}

	/// Everything that can be asked is what the model says.
	fn compare(&mut self) {
		for (who, account) in PEOPLE.iter().enumerate() {
			for (coin, name) in COINS.iter().enumerate() {
				let now = self.now;
				let expected = *self.of(who, coin);
				let slices = Usufruct::slices_of(*name, account);
				for (at, amount) in expected.iter().enumerate().skip(now) {
					let found: Balance = slices
						.iter()
						.filter(|(interval, _)| interval.contains(second(at)))
						.map(|(_, amount)| *amount)
						.sum();
					assert_eq!(found, *amount, "{name:?} of {who} at {at}");
				}
				assert_eq!(Usufruct::use_of(*name, account), expected[now]);
				assert_eq!(Usufruct::title_of(*name, account), expected[LAST]);
				let whole = expected[now..].iter().min().copied().unwrap();
				assert_eq!(Usufruct::whole_of(*name, account), whole);
			}
			assert_eq!(plain(account, BTC), self.plain_bitcoin[who]);
		}
	}
}

fn perform(operation: &Operation) -> bool {
	use frame_support::traits::{
		fungibles::Mutate,
		tokens::{Fortitude, Precision, Preservation},
	};
	use Operation::*;
	match *operation {
		Deposit { who, coin, amount } => deposit(&PEOPLE[who], COINS[coin], amount).is_ok(),
		Withdraw { who, coin, amount } => withdraw(&PEOPLE[who], COINS[coin], amount).is_ok(),
		Lend { who, coin, to, amount, end } => {
			lend(&PEOPLE[who], COINS[coin], &PEOPLE[to], amount, second(end)).is_ok()
		},
		Transfer { who, coin, to, amount, start, end } => {
			let (start, end) = (second(start), second(end));
			transfer(&PEOPLE[who], COINS[coin], &PEOPLE[to], amount, start, end).is_ok()
		},
		Fetch { who, coin, from, amount, start, end } => {
			let when = (second(start), second(end));
			let (who, from) = (&PEOPLE[who], &PEOPLE[from]);
			transfer_from(who, COINS[coin], from, who, amount, when).is_ok()
		},
		Title { who, coin, to, amount } => {
			let (coin, to) = (COINS[coin], PEOPLE[to].clone());
			call(&PEOPLE[who], crate::Call::transfer_title { coin, to, amount }).is_ok()
		},
		GiveBack { who, coin, to, amount, end } => {
			let (coin, to, end) = (COINS[coin], PEOPLE[to].clone(), second(end));
			call(&PEOPLE[who], crate::Call::give_back { coin, to, amount, end }).is_ok()
		},
		Approve { who, coin, spender, amount } => {
			let (coin, spender) = (COINS[coin], PEOPLE[spender].clone());
			call(&PEOPLE[who], crate::Call::approve { coin, spender, amount }).is_ok()
		},
		Poke { who, coin } => {
			let _ =
				call(&CHARLIE, crate::Call::poke { coin: COINS[coin], who: PEOPLE[who].clone() });
			true
		},
		LockIn { who, amount } => Assets::mint_into(1, &PEOPLE[who], amount).is_ok(),
		LockOut { who, amount } => Assets::burn_from(
			1,
			&PEOPLE[who],
			amount,
			Preservation::Expendable,
			Precision::Exact,
			Fortitude::Polite,
		)
		.is_ok(),
		Time { seconds } => {
			let now = Usufruct::now() + seconds as Seconds;
			// The model ends there.
			if now < START + LAST as Seconds {
				jump_to(now);
			}
			true
		},
	}
}

/// The name of the operation.
fn kind(operation: &Operation) -> String {
	let shown = format!("{operation:?}");
	shown.split_whitespace().next().unwrap_or_default().to_string()
}

/// Runs the operations, and compares after each. Gives how many of each kind were done, not refused.
fn run(operations: &[Operation]) -> BTreeMap<String, u32> {
	new_test_ext().execute_with(|| {
		let mut successes = BTreeMap::new();
		let mut model = Model::new();
		let supply = Balances::total_issuance();
		for operation in operations {
			let operation = operation.clone().absolute(model.now);
			let done = perform(&operation);
			assert_eq!(done, model.apply(&operation), "{operation:?}");
			*successes.entry(kind(&operation)).or_default() += u32::from(done);
			model.now = (Usufruct::now() - START) as usize;
			model.compare();
			check();
			assert_eq!(Balances::total_issuance(), supply, "FSN was made or lost");
		}
		// In the end, everything is whole, and can be withdrawn by who has the title.
		set_time(START + LAST as Seconds);
		for (who, account) in PEOPLE.iter().enumerate() {
			for (coin, name) in COINS.iter().enumerate() {
				let title = model.of(who, coin)[LAST];
				if title > 0 {
					withdraw(account, *name, title).unwrap();
				}
				let _ = call(account, crate::Call::poke { coin: *name, who: account.clone() });
			}
		}
		assert_eq!(Held::<Test>::iter().count(), 0);
		assert_eq!(crate::Lists::<Test>::iter().count(), 0);
		check();
		successes
	})
}

/// Everybody has some in slices at first, so that most of what follows can be done.
fn operations() -> impl Strategy<Value = Vec<Operation>> {
	let whom = (0..PEOPLE.len()).flat_map(|who| (0..COINS.len()).map(move |coin| (who, coin)));
	let first: Vec<_> =
		whom.map(|(who, coin)| Operation::Deposit { who, coin, amount: 20 }).collect();
	prop::collection::vec(operation(), 1..60)
		.prop_map(move |others| first.iter().cloned().chain(others).collect())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn pallet_should_do_what_the_model_does(operations in operations()) {
		run(&operations);
	}
}

#[test]
fn model_should_be_compared_with_what_is_done_and_not_only_with_refusals() {
	let mut runner = TestRunner::deterministic();
	let mut successes = BTreeMap::<String, u32>::new();
	for _ in 0..100 {
		let operations = operations().new_tree(&mut runner).unwrap().current();
		for (kind, count) in run(&operations) {
			*successes.entry(kind).or_default() += count;
		}
	}
	// Of about 3,000.
	for kind in ["Deposit", "Withdraw", "Lend", "Transfer", "Fetch", "Title", "GiveBack"] {
		let count = successes.get(kind).copied().unwrap_or_default();
		assert!(count >= 40, "{kind} was done only {count} times: {successes:?}");
	}
}
