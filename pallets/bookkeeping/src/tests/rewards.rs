//! What a block pays, and to whom.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::Perbill;

use crate::{mock::*, Claimable, Error, Event, LastActive, Outstanding, Work};

/// What the packagers of a block without fees get.
const PACKAGERS: u128 = REWARD * 7 / 10;

/// Checks an amount that is shared, but for a unit or two that are lost in divisions.
#[track_caller]
fn assert_close(amount: u128, exact: u128) {
	assert!(amount <= exact && amount + 2 >= exact, "{amount} is not {exact}");
}

/// Notes a block, of which the reward keeps one unit back the first time, for the pot to live on.
fn note(assembler: AccountId, packages: &[(AccountId, u64)], absent: u64) {
	if free(Bookkeeping::pot()) == 0 {
		pay_fees(1);
	}
	Bookkeeping::note_block(&assembler, packages, absent);
	check();
}

#[test]
fn block_should_pay_the_assembler_and_the_packagers_by_their_work() {
	build_and_execute(|| {
		note(1, &[(2, 3), (1, 1)], 0);
		assert_eq!(claimable(2), PACKAGERS * 3 / 4);
		assert_eq!(claimable(1), REWARD - PACKAGERS * 3 / 4);
		assert_eq!(free(TREASURY), 0);
		assert_eq!(Outstanding::<Test>::get(), REWARD);
		let event = Event::BlockRewarded { assembler: 1, amount: REWARD, treasury: 0 };
		assert!(has_event(event));
		assert_eq!(Bookkeeping::node(&1).unwrap().last_active, Some(1));
	});
}

#[test]
fn share_of_absent_groups_should_go_to_the_treasury() {
	build_and_execute(|| {
		note(1, &[(2, 1)], 3);
		assert_eq!(free(TREASURY), PACKAGERS * 3 / 4);
		assert_eq!(claimable(2), PACKAGERS / 4);
		assert_eq!(claimable(1), REWARD * 3 / 10);
		// No packages at all: the assembler has no more of it than otherwise.
		go_to(2);
		note(1, &[], 0);
		assert_eq!(free(TREASURY), PACKAGERS * 7 / 4);
		assert_eq!(claimable(1), 2 * REWARD * 3 / 10);
		go_to(3);
		note(1, &[(2, 0)], 0);
		assert_eq!(free(TREASURY), PACKAGERS * 11 / 4);
	});
}

#[test]
fn fees_should_be_shared_like_emission() {
	build_and_execute(|| {
		pay_fees(1_001);
		note(1, &[(2, 1)], 0);
		assert_eq!(claimable(1), REWARD * 3 / 10 + 300);
		assert_eq!(claimable(2), PACKAGERS + 700);
		// Nothing is paid twice.
		go_to(2);
		note(1, &[(2, 1)], 0);
		assert_eq!(claimable(1), 2 * (REWARD * 3 / 10) + 300);
	});
}

/// The extrinsic with this number pays a fee.
fn pay_in(number: u32, fee: u128) {
	System::set_extrinsic_index(number);
	pay_fees(fee);
	Bookkeeping::note_fee(fee);
}

#[test]
fn fees_should_go_to_whoever_has_packaged_what_paid_them() {
	build_and_execute(|| {
		pay_fees(1);
		for (number, fee) in [(2, 1_000), (3, 1_500), (3, 500), (4, 7_000)] {
			pay_in(number, fee);
		}
		let work = |packager, weight, extrinsics| Work { packager, weight, extrinsics };
		// The second package is empty, the third is a stand-in's.
		let packages = [work(1, 16, 2..4), work(2, 16, 4..4), work(41, 8, 4..5)];
		Bookkeeping::note_work(&40, &packages, 16, 8);
		check();
		assert_eq!(claimable(40), (REWARD + 10_000) * 3 / 10);
		assert_eq!(claimable(1), PACKAGERS / 3 + 2_100);
		assert_eq!(claimable(2), PACKAGERS / 3, "nothing for what it did not carry");
		// Half of the fees that it has carried.
		assert_eq!(claimable(41), PACKAGERS / 6 + 2_450);
		assert_eq!(free(TREASURY), PACKAGERS / 6 + 2_450);
	});
}

#[test]
fn what_no_package_has_paid_should_be_shared_like_emission() {
	build_and_execute(|| {
		pay_fees(1);
		// A gift, a fee in an inherent, and one after the last extrinsic.
		pay_fees(1_000);
		pay_in(0, 1_000);
		pay_in(1, 3_000);
		System::note_finished_extrinsics();
		pay_fees(1_000);
		Bookkeeping::note_fee(1_000);
		let work = |packager, extrinsics| Work { packager, weight: 1, extrinsics };
		Bookkeeping::note_work(&40, &[work(1, 1..2), work(2, 2..2)], 1, 0);
		check();
		assert_eq!(claimable(1), PACKAGERS / 2 + 1_050 + 2_100);
		assert_eq!(claimable(2), PACKAGERS / 2 + 1_050);
	});
}

#[test]
fn fees_should_not_be_owed_twice_when_more_is_noted_than_was_paid() {
	build_and_execute(|| {
		pay_in(1, 1_000);
		Bookkeeping::note_fee(u128::MAX);
		let work = |packager, extrinsics| Work { packager, weight: 1, extrinsics };
		Bookkeeping::note_work(&40, &[work(1, 1..2), work(2, 2..2)], 1, 0);
		// One unit is what keeps the pot alive.
		assert_eq!(Outstanding::<Test>::get(), claimable(1) + claimable(2) + claimable(40));
		assert_eq!(Outstanding::<Test>::get(), REWARD + 999);
		assert_eq!(claimable(2), PACKAGERS / 2);
		check();
	});
}

#[test]
fn packages_beyond_the_limit_should_not_count() {
	build_and_execute(|| {
		let packages: Vec<_> = (1..=20).map(|number| (1 + number / 17, 1)).collect();
		note(1, &packages, 0);
		assert_eq!(claimable(1), REWARD);
		assert_eq!(claimable(2), 0);
	});
}

#[test]
fn reward_of_a_node_should_be_shared_with_its_delegators() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 10_000);
		delegate(21, 5, 5_000);
		note(5, &[(5, 1)], 0);
		// Ten per cent are the commission, the rest goes by stake: 5,000, 10,000 and 5,000.
		let shared = REWARD * 9 / 10;
		assert_eq!(Bookkeeping::node(&5).unwrap().earned, REWARD / 10 + shared / 4);
		assert_close(claimable(20), shared / 2);
		assert_close(claimable(21), shared / 4);
		// Whoever comes later has no part in it, and whoever goes keeps it.
		delegate(22, 5, 20_000);
		assert_eq!(claimable(22), 0);
		assert_ok!(Bookkeeping::unbond(signed(21), 5, 5_000 * FSN));
		assert_close(claimable(21), shared / 4);
		go_to(2);
		note(5, &[(5, 1)], 0);
		assert_close(claimable(21), shared / 4);
		assert_close(claimable(20), shared / 2 + shared * 10 / 35);
		assert_close(claimable(22), shared * 20 / 35);
	});
}

#[test]
fn rewards_should_be_paid_when_they_are_claimed() {
	build_and_execute(|| {
		register(5);
		register(6);
		delegate(20, 5, 5_000);
		delegate(20, 6, 5_000);
		delegate(5, 6, 5_000);
		note(5, &[(6, 1)], 0);
		for who in [20, 5, 6] {
			let (owed, before) = (claimable(who), free(who));
			assert!(owed > 0);
			assert_ok!(Bookkeeping::claim(signed(who)));
			assert!(has_event(Event::Claimed { who, amount: owed }));
			assert_eq!((claimable(who), free(who)), (0, before + owed));
			assert_noop!(Bookkeeping::claim(signed(who)), Error::<Test>::NothingToClaim);
			check();
		}
		assert!(Outstanding::<Test>::get() < 10, "dust is left");
	});
}

#[test]
fn rewards_should_outlive_the_node() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 5_000);
		delegate(21, 5, 333);
		note(5, &[(5, 1)], 0);
		let (node, one, other) = (claimable(5), claimable(20), claimable(21));
		assert_ok!(Bookkeeping::leave(signed(5)));
		go_to(3);
		assert_eq!(state(5), None);
		assert_eq!((claimable(5), claimable(20), claimable(21)), (node, one, other));
		// The dust of its pool is shared by the next block.
		assert_eq!(Outstanding::<Test>::get(), node + one + other);
		assert_eq!(Claimable::<Test>::get(20), one);
		assert_ok!(Bookkeeping::claim(signed(20)));
		assert_eq!(free(20), ENDOWMENT - 5_000 * FSN + one);
		assert!(!Claimable::<Test>::contains_key(20));
	});
}

#[test]
fn commission_should_be_kept_in_bounds_when_the_bounds_change() {
	build_and_execute(|| {
		register(5);
		delegate(20, 5, 5_000);
		let set = |min, max| {
			Bookkeeping::set_commission_bounds(
				RuntimeOrigin::root(),
				Perbill::from_percent(min),
				Perbill::from_percent(max),
			)
		};
		assert_ok!(set(20, 50));
		note(5, &[(5, 1)], 0);
		assert_close(claimable(20), REWARD * 4 / 10);
		assert_ok!(set(0, 0));
		go_to(2);
		note(5, &[(5, 1)], 0);
		assert_close(claimable(20), REWARD * 4 / 10 + REWARD / 2);
	});
}

#[test]
fn tiny_rewards_should_neither_be_lost_nor_made_up() {
	build_and_execute(|| {
		register(5);
		for who in 20..30 {
			delegate(who, 5, 777 + u128::from(who));
		}
		crate::Issued::<Test>::put(1_000 * FSN);
		pay_fees(1);
		for block in 2u8..200 {
			next_block();
			pay_fees(u128::from(block % 13));
			Bookkeeping::note_block(&5, &[(5, 1)], 0);
		}
		crate::Issued::<Test>::put(0);
		check();
		let all: u128 = (20..30).map(claimable).sum::<u128>() + claimable(5);
		assert!(all <= Outstanding::<Test>::get());
		assert!(Outstanding::<Test>::get() < free(Bookkeeping::pot()));
	});
}

#[test]
fn nodes_without_a_candidacy_should_be_paid_too() {
	build_and_execute(|| {
		// Invulnerable: its activity is kept.
		note(1, &[(40, 1)], 0);
		assert_eq!(LastActive::<Test>::get(1), Some(1));
		assert_eq!(LastActive::<Test>::get(40), None);
		assert_eq!(claimable(40), PACKAGERS);
		assert_ok!(Bookkeeping::claim(signed(40)));
	});
}

#[test]
fn author_should_be_paid_for_everything_when_nobody_packages() {
	use pallet_authorship::EventHandler;
	build_and_execute(|| {
		pay_fees(1);
		<crate::SoleAuthor<Test> as EventHandler<_, _>>::note_author(1);
		assert_eq!(claimable(1), REWARD);
		check();
	});
}
