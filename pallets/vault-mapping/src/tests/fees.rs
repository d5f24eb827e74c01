//! The gas price that members report.

use crate::{mock::*, Event, GasReports};
use fusion_asset_mapping_primitives::vault::VaultObservation;
use sp_runtime::transaction_validity::InvalidTransaction;

fn report(price: u64) -> VaultObservation {
	VaultObservation::GasPrice { price, at: System::block_number() }
}

#[test]
fn price_should_be_the_median_when_enough_members_report() {
	build_and_execute(|| {
		assert_eq!(VaultMapping::gas_price(), 1);
		witness(&report(10), 0..1);
		witness(&report(500), 1..2);
		assert_eq!(VaultMapping::gas_price(), 1, "two of three");
		witness(&report(20), 2..3);
		assert_eq!(VaultMapping::gas_price(), 20);
		witness(&report(900), 3..4);
		assert_eq!(VaultMapping::gas_price(), 20, "the lower one of the two in the middle");
		let reported = Event::GasPriceReported { member: member(3), price: 900 };
		assert_eq!(events().last(), Some(&reported));
		assert_eq!(VaultMapping::lone_fee(&LIMITS), 20 * LONE_FEE);
	});
}

#[test]
fn price_should_stay_within_bounds_when_members_report_beyond_them() {
	build_and_execute(|| {
		witness(&report(u64::MAX), 0..3);
		assert_eq!(VaultMapping::gas_price(), 1_000);
		assert_eq!(VaultMapping::lone_fee(&LIMITS), 1_000 * LONE_FEE);
	});
}

#[test]
fn report_should_be_refused_when_it_is_not_wanted() {
	build_and_execute(|| {
		assert_eq!(VaultMapping::wants_gas_price(&member(0)), Some(1));
		assert_eq!(VaultMapping::wants_gas_price(&member(8)), None);
		let first = report(10);
		witness(&first, 0..1);
		assert_eq!(VaultMapping::wants_gas_price(&member(0)), None);
		let stale = Err(InvalidTransaction::Stale.into());
		assert_eq!(submit(signed(0, first.clone())), stale);
		run_to(1 + REPORT_INTERVAL - 1);
		assert_eq!(submit(signed(0, report(11))), stale);
		run_to(1 + REPORT_INTERVAL);
		witness(&report(11), 0..1);
		// An old word of it.
		assert_eq!(submit(signed(0, first)), stale);
		// The future, and nothing.
		let ahead = VaultObservation::GasPrice { price: 1, at: System::block_number() + 1 };
		assert_eq!(submit(signed(1, ahead)), stale);
		let zero = InvalidTransaction::Custom(crate::refusal::ZERO_AMOUNT);
		assert_eq!(submit(signed(1, report(0))), Err(zero.into()));
	});
}

#[test]
fn reports_should_not_count_when_they_are_old_or_of_those_who_left() {
	build_and_execute(|| {
		witness(&report(10), 0..3);
		assert_eq!(VaultMapping::gas_price(), 10);
		Leavers::set(&vec![member(0)]);
		assert_eq!(VaultMapping::gas_price(), 1);
		Leavers::set(&Vec::new());
		run_to(1 + REPORT_LIFETIME);
		assert_eq!(VaultMapping::gas_price(), 1);
		witness(&report(30), 3..4);
		assert_eq!(GasReports::<Test>::get().len(), 1, "old ones make room");
	});
}
