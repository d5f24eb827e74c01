//! Random operations against a simple model: what everybody has, has staked and has earned, computed
//! eagerly and naively.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sp_runtime::Perbill;

use crate::{mock::*, Balance, Candidates, Issued, NodeState, SlashReason, Work};

/// Accounts that may be nodes, and accounts that delegate.
const NODES: core::ops::Range<AccountId> = 5..9;
const DELEGATORS: core::ops::Range<AccountId> = 20..24;

#[derive(Clone, Debug)]
enum Operation {
	Register(AccountId, Balance),
	Leave(AccountId),
	Rejoin(AccountId),
	Extend(AccountId, Balance),
	Commission(AccountId, u32),
	Delegate(AccountId, AccountId, Balance),
	Unbond(AccountId, AccountId, Balance),
	UnbondOwn(AccountId, Balance),
	Withdraw(AccountId),
	Claim(AccountId),
	/// Who assembles; who packages, with which weight, and what its transactions pay; the weight of absent
	/// groups; what else flows into the pot.
	Block(AccountId, Vec<(AccountId, u64, Balance)>, u64, Balance),
	Slash(AccountId, u32, u32),
	MinBond(Balance),
	/// Nodes that are invulnerable beside the first two.
	Seats(Vec<AccountId>),
	Blocks(u32),
	Session,
}

fn node() -> impl Strategy<Value = AccountId> {
	NODES
}

fn anybody() -> impl Strategy<Value = AccountId> {
	prop_oneof![NODES, DELEGATORS]
}

fn operation() -> impl Strategy<Value = Operation> {
	use Operation::*;
	let coins = || (1u128..20_000).prop_map(|coins| coins * FSN + coins);
	let fee = prop_oneof![Just(0u128), 1u128..1_000_000];
	let packages = prop::collection::vec((prop_oneof![1u64..3, NODES], 0u64..17, fee), 0..5);
	prop_oneof![
		3 => (node(), coins()).prop_map(|(who, bond)| Register(who, BOND + bond)),
		1 => node().prop_map(Leave),
		1 => node().prop_map(Rejoin),
		1 => (node(), coins()).prop_map(|(who, amount)| Extend(who, amount)),
		1 => (node(), 0u32..60).prop_map(|(who, rate)| Commission(who, rate)),
		6 => (anybody(), node(), coins()).prop_map(|(who, node, amount)| Delegate(who, node, amount)),
		4 => (anybody(), node(), coins()).prop_map(|(who, node, amount)| Unbond(who, node, amount)),
		1 => (node(), coins()).prop_map(|(who, amount)| UnbondOwn(who, amount)),
		2 => anybody().prop_map(Withdraw),
		2 => anybody().prop_map(Claim),
		8 => (prop_oneof![1u64..3, NODES], packages, 0u64..9, 0u128..1_000_000)
			.prop_map(|(who, packages, absent, fees)| Block(who, packages, absent, fees)),
		1 => (node(), 0u32..3, 1u32..=100).prop_map(|(who, ago, part)| Slash(who, ago, part)),
		1 => (1u128..3).prop_map(|times| MinBond(times * BOND)),
		1 => prop::collection::btree_set(node(), 0..3)
			.prop_map(|nodes| Seats(nodes.into_iter().collect())),
		4 => (1u32..6).prop_map(Blocks),
		2 => Just(Session),
	]
}

/// What must be true of money: it is where it was, unless it was burnt or issued.
struct Books {
	supply: Balance,
	/// What each account has earned, in 2⁻³² of the smallest unit.
	earned: BTreeMap<AccountId, u128>,
	claimed: BTreeMap<AccountId, Balance>,
	payments: u128,
}

impl Books {
	fn new() -> Self {
		Self {
			supply: Balances::total_issuance(),
			earned: BTreeMap::new(),
			claimed: BTreeMap::new(),
			payments: 0,
		}
	}

	/// Splits a reward at once among everybody who has a part in it.
	fn pay(&mut self, node: AccountId, amount: Balance) {
		self.payments += 1;
		let scaled = amount << 32;
		let Some(found) = Candidates::<Test>::get(node)
			.filter(|candidate| candidate.state != NodeState::Dissolving)
		else {
			let log = crate::Slashes::<Test>::get(node);
			if log.chilled_until <= session() {
				*self.earned.entry(node).or_default() += scaled;
			}
			return;
		};
		let bounds = crate::Commissions::<Test>::get();
		let rate = bounds.clamp(found.commission.at(session()));
		let fee = rate.mul_floor(amount) << 32;
		let total = found.own.amount + found.delegated;
		let part = |stake: Balance| crate::stake::mul_div(scaled - fee, stake, total).unwrap();
		*self.earned.entry(node).or_default() += fee + part(found.own.amount);
		for backer in crate::Delegations::<Test>::get(node) {
			*self.earned.entry(backer.who).or_default() += part(backer.stake.amount);
		}
	}

	/// Nobody has more than the exact share, nor less than it but for rounding.
	fn compare(&self) {
		for who in (1..3).chain(NODES).chain(DELEGATORS) {
			let exact = self.earned.get(&who).copied().unwrap_or_default();
			let has = claimable(who) + self.claimed.get(&who).copied().unwrap_or_default();
			assert!((has << 32) <= exact + (self.payments << 33), "{who} has too much: {has}");
			// A unit for each division.
			let slack = 4 * self.payments + 100;
			assert!(has + slack >= exact >> 32, "{who} has too little: {has} of {}", exact >> 32);
		}
	}
}

fn apply(operation: Operation, books: &mut Books) {
	use Operation::*;
	let transactional = |call: &dyn Fn() -> bool| {
		// As the runtime does: what fails leaves nothing behind.
		let _ = frame_support::storage::with_storage_layer(|| {
			if call() {
				Ok(())
			} else {
				Err(sp_runtime::DispatchError::Other("refused"))
			}
		});
	};
	let percent = Perbill::from_percent;
	match operation {
		Register(who, bond) => {
			set_keys(who);
			transactional(&|| Bookkeeping::register(signed(who), bond, percent(10)).is_ok());
		},
		Leave(who) => transactional(&|| Bookkeeping::leave(signed(who)).is_ok()),
		Rejoin(who) => transactional(&|| Bookkeeping::rejoin(signed(who)).is_ok()),
		Extend(who, amount) => {
			transactional(&|| Bookkeeping::bond_extra(signed(who), amount).is_ok());
		},
		Commission(who, rate) => {
			transactional(&|| Bookkeeping::set_commission(signed(who), percent(rate)).is_ok());
		},
		Delegate(who, node, amount) => {
			transactional(&|| Bookkeeping::delegate(signed(who), node, amount).is_ok());
		},
		Unbond(who, node, amount) => {
			// Mostly all of it, or a part that may be taken.
			let has = Bookkeeping::delegations(&who)
				.into_iter()
				.find(|delegation| delegation.node == node)
				.map_or(0, |delegation| delegation.amount);
			let amount = if amount % 2 == 0 { amount.min(has) } else { amount.min(has / 2) };
			transactional(&|| Bookkeeping::unbond(signed(who), node, amount).is_ok());
		},
		UnbondOwn(who, amount) => {
			transactional(&|| Bookkeeping::unbond(signed(who), who, amount).is_ok());
		},
		Withdraw(who) => transactional(&|| Bookkeeping::withdraw(signed(1), who).is_ok()),
		Claim(who) => {
			let (owed, before) = (claimable(who), free(who));
			transactional(&|| Bookkeeping::claim(signed(who)).is_ok());
			assert_eq!(claimable(who), 0, "everything that can be claimed is paid");
			assert_eq!(free(who), before + owed);
			*books.claimed.entry(who).or_default() += owed;
		},
		Block(who, packages, absent, gift) => {
			let mut work = Vec::new();
			for (number, (packager, weight, fee)) in (7..).zip(&packages) {
				System::set_extrinsic_index(number);
				pay_fees(*fee);
				Bookkeeping::note_fee(*fee);
				let extrinsics = number..number + 1;
				work.push(Work { packager: *packager, weight: *weight, extrinsics });
			}
			pay_fees(gift);
			let fees = packages.iter().map(|(_, _, fee)| fee).sum::<Balance>();
			books.supply += fees + gift;
			let issued = Issued::<Test>::get();
			let reward = Bookkeeping::emission().reward;
			let amount = Bookkeeping::income() + reward;
			let already = crate::SessionProgress::<Test>::get().last_noted;
			if already == Some(System::block_number()) {
				Bookkeeping::note_work(&who, &work, 16, absent);
				assert_eq!(Issued::<Test>::get(), issued);
				return;
			}
			// The first unit keeps the pot alive, and is nobody's fee.
			let paid = fees.min(Bookkeeping::income());
			// The first unit keeps the pot alive, and is no income.
			let amount = if free(Bookkeeping::pot()) == 0 { amount - 1 } else { amount };
			let mul_div = crate::stake::mul_div;
			let assembler = Perbill::from_percent(30).mul_floor(amount);
			let by_fees = paid - Perbill::from_percent(30).mul_floor(paid);
			let by_work = amount - assembler - by_fees;
			let all = u128::from(absent)
				+ packages.iter().map(|(_, weight, _)| u128::from(*weight)).sum::<u128>();
			books.pay(who, assembler);
			for (packager, weight, fee) in &packages {
				let of_work = mul_div(by_work, u128::from(*weight), all).unwrap_or(0);
				let of_fees = mul_div(by_fees, *fee, fees).unwrap_or(0) * u128::from(*weight) / 16;
				books.pay(*packager, of_work + of_fees);
			}
			let treasury = free(TREASURY);
			Bookkeeping::note_work(&who, &work, 16, absent);
			books.supply += Issued::<Test>::get() - issued;
			assert!(free(TREASURY) - treasury <= amount);
		},
		Slash(who, ago, part) => {
			let offence = session().saturating_sub(ago);
			let before = Balances::total_issuance();
			let reason = SlashReason::DoubleBlock;
			transactional(&|| {
				Bookkeeping::slash(&who, offence, percent(part), Some(&50), reason).is_ok()
			});
			books.supply -= before - Balances::total_issuance();
		},
		MinBond(bond) => {
			Bookkeeping::set_min_bond(RuntimeOrigin::root(), bond).unwrap();
		},
		Seats(nodes) => {
			nodes.iter().copied().for_each(set_keys);
			let seats = [vec![1, 2], nodes].concat().try_into().unwrap();
			Bookkeeping::set_invulnerables(RuntimeOrigin::root(), seats).unwrap();
		},
		Blocks(count) => (0..count).for_each(|_| next_block()),
		Session => {
			let target = (session() + 1) * SESSION;
			while System::block_number() < target {
				next_block();
			}
		},
	}
}

/// Runs the operations, and checks after each.
fn run(operations: Vec<Operation>) {
	genesis(vec![1, 2], vec![5]).execute_with(|| {
		let mut books = Books::new();
		for operation in operations {
			let burning = matches!(
				operation,
				Operation::Blocks(_) | Operation::Session | Operation::Withdraw(_)
			);
			let before = Balances::total_issuance();
			apply(operation, &mut books);
			if burning {
				// Delegations and chunks are slashed late.
				books.supply -= before - Balances::total_issuance();
			}
			check();
			assert_eq!(Balances::total_issuance(), books.supply, "money was made or lost");
			assert!(Issued::<Test>::get() <= 1_000 * FSN);
			books.compare();
		}
		// In the end everybody can have everything.
		for who in NODES {
			let _ = Bookkeeping::leave(signed(who));
		}
		for _ in 0..UNBONDING + 3 {
			pass_sessions(1);
		}
		assert_eq!(Candidates::<Test>::count(), 0, "everybody that leaves is gone some time");
		pass_sessions(UNBONDING + 1);
		for who in NODES.chain(DELEGATORS) {
			let _ = Bookkeeping::withdraw(signed(1), who);
			let _ = Bookkeeping::claim(signed(who));
			assert_eq!(held(who), 0);
		}
		check();
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn books_should_balance_whatever_happens(
		operations in prop::collection::vec(operation(), 1..80),
	) {
		run(operations);
	}
}
