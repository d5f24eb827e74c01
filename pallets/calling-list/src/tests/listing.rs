//! What people are shown.

use crate::{mock::*, NextRow};
use frame_support::traits::Get;
use fusion_calling_list_primitives::{
	api::Filter,
	feed::FeedRule,
	foreign::{ForeignEvent, ForeignKey},
	schedule::Schedule,
	shown::{Kind, MAX_LISTED, MAX_LOOKED_AT},
	Condition, RowId, Tier,
};
use sp_core::H160;

fn list(filter: Filter<AccountId>, after: RowId, limit: u32) -> (Vec<RowId>, Option<RowId>) {
	let page = CallingList::rows(filter, after, limit);
	(page.rows.into_iter().map(|row| row.id).collect(), page.next)
}

/// All pages, one after the other.
fn all(filter: Filter<AccountId>, limit: u32) -> Vec<RowId> {
	let (mut found, mut after) = (Vec::new(), 0);
	loop {
		let (rows, next) = list(filter.clone(), after, limit);
		found.extend(rows);
		match next {
			Some(next) => {
				assert!(next > after, "it goes on");
				after = next;
			},
			None => return found,
		}
	}
}

#[test]
fn rows_should_be_listed_as_asked() {
	build_and_execute(|| {
		let first = register(at_block(5));
		let mut elsewhere = on_log();
		elsewhere.target = H160([1; 20]);
		let second = register(elsewhere);
		let third = CallingList::do_register(OTHER, at_block(5)).unwrap();
		assert_eq!(list(Filter::All, 0, 10), (vec![first, second, third], None));
		assert_eq!(list(Filter::All, first, 1), (vec![second], Some(second)));
		assert_eq!(list(Filter::All, third, 1), (vec![], None));
		assert_eq!(list(Filter::All, RowId::MAX, 1), (vec![], None));
		assert_eq!(list(Filter::Owner(OWNER), 0, 10), (vec![first, second], None));
		assert_eq!(list(Filter::Owner(OWNER), 0, 1), (vec![first], Some(first)));
		assert_eq!(list(Filter::Owner(OWNER), first, 1), (vec![second], None));
		assert_eq!(list(Filter::Owner(SENDER), 0, 1), (vec![], None));
		assert_eq!(list(Filter::Target(CONTRACT), 0, 10), (vec![first, third], None));
		assert_eq!(list(Filter::Emitter(EMITTER), 0, 10), (vec![second], None));
		assert_eq!(list(Filter::Kind(Kind::AtBlock), 0, 10), (vec![first, third], None));
		assert_eq!(list(Filter::Kind(Kind::Log), 0, 10), (vec![second], None));
		assert_eq!(list(Filter::Kind(Kind::Cron), 0, 10), (vec![], None));
		add_feed(FEED);
		let fourth = register(on_feed(FeedRule::Each));
		assert_eq!(list(Filter::Feed(FEED), 0, 10), (vec![fourth], None));
		assert_eq!(list(Filter::Feed(FEED + 1), 0, 10), (vec![], None));
		set_possible(ForeignKey::lock_out(0, 5), true);
		let fifth = register(on_foreign(ForeignEvent::LockOut { intent: 5 }));
		assert_eq!(list(Filter::Foreign(0), 0, 10), (vec![fifth], None));
		assert_eq!(list(Filter::Foreign(1), 0, 10), (vec![], None));
		assert_eq!(list(Filter::Kind(Kind::LockOut), 0, 10), (vec![fifth], None));
		let shown = CallingList::row(first).unwrap();
		assert_eq!((shown.owner, shown.data), (OWNER, b"data".to_vec()));
		assert_eq!(CallingList::row(99), None);
	});
}

#[test]
fn pages_should_be_all_rows_once_when_many_numbers_are_gone() {
	build_and_execute(|| {
		let first = register(at_block(50));
		NextRow::<Test>::put(u64::from(MAX_LOOKED_AT) * 3);
		let last = register(at_block(50));
		// The second and third pages have nothing, and say that there is more.
		assert_eq!(list(Filter::All, 0, 10), (vec![first], Some(MAX_LOOKED_AT.into())));
		assert_eq!(all(Filter::All, 10), vec![first, last]);
		assert_eq!(all(Filter::Target(CONTRACT), 1), vec![first, last]);
		assert_eq!(list(Filter::Owner(OWNER), 0, 10), (vec![first, last], None));
	});
}

#[test]
fn pages_should_be_bounded_when_more_is_asked_for() {
	build_and_execute(|| {
		let mut params = parameters();
		params.max_rows_per_account = MAX_LISTED + 10;
		crate::Params::<Test>::put(params);
		for _ in 0..MAX_LISTED + 1 {
			let mut row = at_block(9);
			row.deposit = 1;
			register(row);
		}
		let most = usize::try_from(MAX_LISTED).unwrap();
		for filter in [Filter::All, Filter::Owner(OWNER), Filter::Kind(Kind::AtBlock)] {
			let page = CallingList::rows(filter.clone(), 0, u32::MAX);
			assert_eq!((page.rows.len(), page.next), (most, Some(MAX_LISTED.into())));
			assert_eq!(all(filter, 100).len(), most + 1);
		}
		assert_eq!(CallingList::upcoming(u32::MAX).len(), most);
	});
}

#[test]
fn upcoming_rows_should_be_in_the_order_of_time() {
	build_and_execute(|| {
		let start = Now::get();
		let later = register(at_block(7));
		// Between blocks 4 and 5.
		let timed = register(when(Condition::Time(Schedule::AtTime(start + 3 * 6 + 2))));
		let soon = register(at_block(3));
		register(on_log());
		let coming = || -> Vec<(RowId, u64)> {
			CallingList::upcoming(10).into_iter().map(|next| (next.row.id, next.expected)).collect()
		};
		let expected = [(soon, start + 12), (timed, start + 20), (later, start + 36)];
		assert_eq!(coming(), expected);
		assert_eq!(CallingList::upcoming(2).len(), 2);
		run_to(3);
		// It is due, and comes first whatever the time is.
		assert_eq!(coming(), [(soon, Now::get()), expected[1], expected[2]]);
		assert_eq!(CallingList::upcoming(1)[0].row.id, soon);
	});
}

#[test]
fn estimate_should_be_what_a_run_costs() {
	build_and_execute(|| {
		let check = |tier, checked| {
			let told = CallingList::estimate(100_000, 10_000, tier, checked, 4);
			let parts = told.execution + told.reward + told.premium + told.storage_limit;
			assert_eq!(told.run_cost, parts);
			assert_eq!(told.run_cost, CallingList::cost_of(100_000, 10_000, tier, checked));
			assert_eq!((told.gas_price, told.upkeep), (Price::get(), parameters().upkeep));
			assert_eq!(told.stored, STORAGE_BASE + 4 * STORAGE_BYTE);
			assert!(told.is_taken);
			told
		};
		assert_eq!(check(Tier::BestEffort, false).premium, 0);
		assert!(check(Tier::Guaranteed, false).premium > 0);
		let plain = check(Tier::BestEffort, false).execution;
		assert!(check(Tier::BestEffort, true).execution > plain);
		// A row with as much as an estimate says becomes due, and with less does not.
		let told = check(Tier::BestEffort, false);
		let enough = told.run_cost + told.upkeep;
		for (deposit, due) in [(enough, 1), (enough - 1, 0)] {
			let mut row = at_block(System::block_number() + 1);
			row.deposit = deposit;
			let id = register(row);
			run_to(System::block_number() + 1);
			assert_eq!(CallingList::due(10).len(), due);
			CallingList::do_cancel(&OWNER, id).unwrap();
		}
	});
}

#[test]
fn estimate_should_say_so_when_no_row_is_taken_with_that() {
	build_and_execute(|| {
		let taken = |gas, tier, bytes| CallingList::estimate(gas, 0, tier, false, bytes).is_taken;
		let most = parameters().max_gas;
		assert!(taken(most, Tier::BestEffort, 0));
		assert!(!taken(most + 1, Tier::BestEffort, 0));
		assert!(!taken(0, Tier::BestEffort, 0));
		let data = <<Test as crate::Config>::MaxData as Get<u32>>::get();
		assert!(taken(1, Tier::BestEffort, data));
		assert!(!taken(1, Tier::BestEffort, data + 1));
	});
}

#[test]
fn overview_should_count_what_there_is() {
	build_and_execute(|| {
		let empty = CallingList::overview();
		assert_eq!((empty.rows, empty.last_row, empty.load, empty.deposits), (0, 0, 0, 0));
		let first = register(with(at_block(9), |terms| terms.tier = Tier::Guaranteed));
		register(on_log());
		CallingList::do_cancel(&OWNER, first).unwrap();
		let third = register(with(at_block(9), |terms| terms.tier = Tier::Guaranteed));
		let told = CallingList::overview();
		assert_eq!((told.rows, told.last_row, told.listeners), (2, third, 1));
		assert_eq!(told.load, terms().gas_limit);
		assert_eq!(told.deposits, CallingList::total_deposits());
		assert_eq!((told.max_gas, told.max_load), (1_000_000, 20_000_000));
		assert_eq!((told.max_history, told.patience), (HISTORY, PATIENCE));
		assert!(!told.is_paused);
		crate::Paused::<Test>::put(true);
		assert!(CallingList::overview().is_paused);
	});
}
