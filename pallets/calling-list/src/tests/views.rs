//! What nodes and wallets read.

use crate::{mock::*, types::AgendaHeads};
use fusion_calling_list_primitives::{
	api::Filter, schedule::Schedule, At, Condition, Reason, RowId,
};
use sp_core::H160;

fn due() -> Vec<RowId> {
	CallingList::due(None, 10).rows.into_iter().map(|row| row.id).collect()
}

#[test]
fn rows_should_be_told_a_block_before_they_can_be_tried() {
	build_and_execute(|| {
		let late = register(at_block(5));
		let time = Schedule::AtTime(Now::get() + 3 * 6);
		let at_time = register(when(Condition::Time(time)));
		let early = register(at_block(3));
		assert_eq!(due(), Vec::<RowId>::new());
		run_to(2);
		assert_eq!(due(), vec![early]);
		run_to(3);
		assert_eq!(due(), vec![early, at_time]);
		assert_eq!(CallingList::due(None, 1).rows.len(), 1);
		run_to(4);
		assert_eq!(due(), vec![early, at_time, late]);
		for id in due() {
			if id != late {
				assert_eq!(trigger(id), Reason::Ran);
			}
		}
		run_to(5);
		assert_eq!(due(), vec![late]);
		assert_eq!(CallingList::readiness(late), Reason::Ran);
		Price::set(&101);
		assert_eq!(due(), Vec::<RowId>::new());
		assert_eq!(CallingList::readiness(late), Reason::PriceTooHigh);
	});
}

#[test]
fn rows_should_be_told_page_by_page() {
	build_and_execute(|| {
		let mut ids: Vec<_> = (0..4).map(|_| register(at_block(3))).collect();
		run_to(3);
		ids.extend((0..3).map(|_| register(at_block(4))));
		let time = Schedule::AtTime(Now::get() + 6);
		ids.extend((0..3).map(|_| register(when(Condition::Time(time)))));
		for limit in 1..12 {
			let (mut found, mut after) = (Vec::new(), None);
			loop {
				let page = CallingList::due(after, limit);
				assert!(page.rows.len() <= limit as usize);
				found.extend(page.rows.into_iter().map(|row| row.id));
				after = page.next;
				if after.is_none() {
					break;
				}
			}
			assert_eq!(found, ids, "pages of {limit}");
		}
	});
}

#[test]
fn page_should_end_when_many_rows_wait_for_cheaper_gas() {
	build_and_execute(|| {
		for _ in 0..10 {
			register(with(at_block(2), |terms| terms.max_gas_price = 0));
		}
		let id = register(at_block(2));
		// Eight places are looked at for two rows.
		let page = CallingList::due(None, 2);
		assert_eq!((page.rows, page.next.map(|next| next.id)), (vec![], Some(8)));
		let page = CallingList::due(page.next, 2);
		assert_eq!(page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), vec![id]);
		assert_eq!(page.next, None);
	});
}

#[test]
fn gas_should_be_enough_for_a_run() {
	build_and_execute(|| {
		let id = register(at_block(2));
		let of_row = CallingList::due(None, 1).rows[0].gas;
		let cost = CallingList::most_fee(&terms(), false) + terms().storage_limit;
		assert!(u128::from(of_row) * Price::get() >= cost);
		assert_eq!(CallingList::due(None, 1).rows[0].id, id);
	});
}

#[test]
fn rows_should_be_listed_as_asked() {
	build_and_execute(|| {
		let first = register(at_block(5));
		let mut elsewhere = on_log();
		elsewhere.target = H160([1; 20]);
		let second = register(elsewhere);
		let third = CallingList::do_register(OTHER, at_block(5)).unwrap();
		let list = |filter, after, limit| {
			let rows = CallingList::rows(filter, after, limit);
			rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
		};
		assert_eq!(list(Filter::All, 0, 10), vec![first, second, third]);
		assert_eq!(list(Filter::All, first, 1), vec![second]);
		assert_eq!(list(Filter::Owner(OWNER), 0, 10), vec![first, second]);
		assert_eq!(list(Filter::Target(CONTRACT), 0, 10), vec![first, third]);
		assert_eq!(list(Filter::Emitter(EMITTER), 0, 10), vec![second]);
		let shown = CallingList::row(first).unwrap();
		assert_eq!((shown.owner, shown.data), (OWNER, b"data".to_vec()));
		assert_eq!(CallingList::row(99), None);
	});
}

#[test]
fn next_time_should_be_told_when_it_is_known() {
	build_and_execute(|| {
		let every = Condition::Time(Schedule::EveryBlocks { first: 3, every: 4 });
		assert_eq!(CallingList::next_due(&every), Some(At::block(3)));
		assert_eq!(CallingList::next_due(&on_log().condition), None);
		assert_eq!(CallingList::next_due(&Condition::Time(Schedule::AtBlock(1))), None);
	});
}

#[test]
fn heads_should_be_those_of_the_agendas() {
	build_and_execute(|| {
		assert_eq!(CallingList::heads(), AgendaHeads::default());
		register(at_block(5));
		register(with(at_block(7), |terms| terms.expires_at = Some(9)));
		assert_eq!((CallingList::heads().block, CallingList::heads().expiry), (5, 9));
		run_to(5);
		assert_eq!(CallingList::heads().block, 7);
		assert_eq!(CallingList::heads().deadline, u64::from(5 + PATIENCE));
	});
}
