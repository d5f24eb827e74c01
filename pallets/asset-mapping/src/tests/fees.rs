//! What members report of the fee rate, and ceilings.

use crate::{mock::*, votes::refusal, Error, Event, FeeReports, Parameters, Params};
use frame_support::{assert_noop, assert_ok};
use fusion_asset_mapping_primitives::Observation;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	Perbill,
};

fn report_at(i: u8, rate: u64, at: u32) -> Result<(), TransactionValidityError> {
	submit(signed(i, Observation::FeeRate { rate, at }))
}

fn report(i: u8, rate: u64) {
	assert_eq!(report_at(i, rate, System::block_number()), Ok(()), "member {i}");
}

const STALE: Result<(), TransactionValidityError> =
	Err(TransactionValidityError::Invalid(InvalidTransaction::Stale));

#[test]
fn fee_rate_should_be_the_median_when_a_quorum_reports() {
	build_and_execute(|| {
		report(0, 40);
		report(1, 20);
		assert_eq!(AssetMapping::fee_rate(), PARAMETERS.fee_rate, "two of three that it takes");
		report(2, 30);
		assert_eq!(AssetMapping::fee_rate(), 30);
		// Of four, the lower of the two in the middle.
		report(3, 25);
		assert_eq!(AssetMapping::fee_rate(), 25);
		assert_eq!(events().last(), Some(&Event::FeeRateReported { member: member(3), rate: 25 }));
	});
}

#[test]
fn one_liar_should_not_move_the_fee_rate_beyond_others_when_it_lies() {
	build_and_execute(|| {
		for (i, rate) in [(0, 20), (1, 22), (2, u64::MAX)] {
			report(i, rate);
		}
		assert_eq!(AssetMapping::fee_rate(), 22);
	});
	build_and_execute(|| {
		for (i, rate) in [(0, 20), (1, 22), (2, 1)] {
			report(i, rate);
		}
		assert_eq!(AssetMapping::fee_rate(), 20);
	});
}

#[test]
fn fee_rate_should_stay_within_bounds_when_all_report_otherwise() {
	build_and_execute(|| {
		Params::<Test>::put(Parameters { minimum_fee_rate: 5, maximum_fee_rate: 50, ..PARAMETERS });
		(0..3).for_each(|i| report(i, 51));
		assert_eq!(AssetMapping::fee_rate(), 50);
		run_to(System::block_number() + REPORT_INTERVAL);
		(0..3).for_each(|i| report(i, 4));
		assert_eq!(AssetMapping::fee_rate(), 5);
	});
}

#[test]
fn fee_rate_should_fall_back_when_reports_expire() {
	build_and_execute(|| {
		let start = System::block_number();
		(0..3).for_each(|i| report(i, 40));
		run_to(start + REPORT_LIFETIME - 1);
		assert_eq!(AssetMapping::fee_rate(), 40);
		run_to(start + REPORT_LIFETIME);
		assert_eq!(AssetMapping::fee_rate(), PARAMETERS.fee_rate);
		// The next report makes room.
		report(3, 7);
		assert_eq!(FeeReports::<Test>::get().len(), 1);
	});
}

#[test]
fn fee_rate_should_fall_back_when_those_who_reported_are_members_no_more() {
	build_and_execute(|| {
		(0..3).for_each(|i| report(i, 40));
		Leavers::set(&vec![member(0)]);
		assert_eq!(AssetMapping::fee_rate(), PARAMETERS.fee_rate);
		Leavers::set(&Vec::new());
		ActiveGroup::set(&Some(1));
		assert_eq!(AssetMapping::fee_rate(), PARAMETERS.fee_rate);
		ActiveGroup::set(&None);
		assert_eq!(AssetMapping::fee_rate(), PARAMETERS.fee_rate);
	});
}

#[test]
fn report_should_be_refused_when_it_is_not_wanted() {
	build_and_execute(|| {
		run_to(50);
		assert_eq!(AssetMapping::wants_fee_rate(&member(0)), Some(50));
		assert_eq!(AssetMapping::wants_fee_rate(&member(MEMBERS)), None);
		assert_eq!(report_at(0, 9, 51), STALE, "of the future");
		assert_eq!(report_at(0, 9, 50 - REPORT_LIFETIME), STALE, "too old to count");
		assert_eq!(
			report_at(0, 0, 50),
			Err(InvalidTransaction::Custom(refusal::ZERO_AMOUNT).into())
		);
		assert_eq!(report_at(MEMBERS, 9, 50), Err(InvalidTransaction::BadSigner.into()));
		let mut forged = signed(0, Observation::FeeRate { rate: 9, at: 50 });
		forged.payload = Observation::FeeRate { rate: 10, at: 50 };
		assert_eq!(submit(forged), Err(InvalidTransaction::BadProof.into()));

		report(0, 9);
		assert_eq!(AssetMapping::wants_fee_rate(&member(0)), None);
		run_to(50 + REPORT_INTERVAL - 1);
		assert_eq!(report_at(0, 9, System::block_number()), STALE, "too soon");
		run_to(50 + REPORT_INTERVAL);
		report(0, 11);
	});
}

#[test]
fn report_should_be_refused_when_somebody_says_it_again() {
	build_and_execute(|| {
		run_to(50);
		let first = signed(0, Observation::FeeRate { rate: 9, at: 50 });
		assert_eq!(submit(first.clone()), Ok(()));
		run_to(50 + REPORT_INTERVAL);
		assert_eq!(submit(first.clone()), STALE);
		report(0, 11);
		// What the member said last is forgotten, and the first report all the more.
		run_to(50 + 3 * REPORT_LIFETIME);
		report(1, 3);
		assert_eq!(FeeReports::<Test>::get().len(), 1);
		assert_eq!(submit(first), STALE);
	});
}

#[test]
fn lock_out_should_be_refused_up_front_when_todays_fee_is_above_what_is_allowed() {
	build_and_execute(|| {
		lock_in(ALICE, 100_000);
		(0..3).for_each(|i| report(i, 40));
		// 142 vB at 40 a byte.
		let request = |amount, max_fee| {
			AssetMapping::do_request_lock_out(ALICE, amount, address(9).as_bytes(), max_fee)
		};
		assert_noop!(request(50_000, 5_679), Error::<Test>::MaxFeeTooLow);
		Params::<Test>::put(Parameters {
			maximum_fee_part: Perbill::from_percent(10),
			..PARAMETERS
		});
		assert_noop!(request(50_000, 5_680), Error::<Test>::FeeAboveCeiling);
		assert_ok!(request(56_800, 5_680));
		Params::<Test>::put(Parameters { maximum_batch_fee: 5_679, ..PARAMETERS });
		assert_noop!(request(40_000, 5_680), Error::<Test>::FeeAboveCeiling);
	});
}
