//! What nodes and wallets read.

use crate::{mock::*, types::AgendaHeads};
use fusion_calling_list_primitives::{schedule::Schedule, At, Condition, Reason, RowId};

fn due() -> Vec<RowId> {
	CallingList::due(10).into_iter().map(|row| row.id).collect()
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
		assert_eq!(CallingList::due(1).len(), 1);
		run_to(4);
		assert_eq!(due(), vec![early, late, at_time]);
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
fn gas_should_be_enough_for_a_run() {
	build_and_execute(|| {
		let id = register(at_block(2));
		let of_row = CallingList::due(1)[0].gas;
		let cost = CallingList::most_fee(&terms(), false) + terms().storage_limit;
		assert!(u128::from(of_row) * Price::get() >= cost);
		assert_eq!(CallingList::due(1)[0].id, id);
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
