//! What blocks take.

use crate::{mock::*, weights::WeightInfo, Config};
use codec::Encode;
use frame_support::{
	traits::{Hooks, OnTimestampSet},
	weights::Weight,
};
use fusion_calling_list_primitives::{Condition, Tier};
use sp_core::H256;

fn begin(block: u32) -> Weight {
	System::set_block_number(block);
	CallingList::begin_block()
}

#[test]
fn idle_block_should_take_the_same_however_many_rows_wait() {
	build_and_execute(|| {
		let empty = begin(2);
		for _ in 0..50 {
			register(at_block(1_000));
		}
		assert_eq!(begin(3), empty);
		assert_eq!(empty, <Test as Config>::WeightInfo::idle());
	});
}

#[test]
fn idle_block_should_read_nothing_but_a_few_values_however_many_rows_wait() {
	let mut ext = new_test_ext();
	ext.execute_with(|| {
		for _ in 0..50 {
			register(at_block(1_000));
			CallingList::do_register(OTHER, every_blocks(2_000, 5)).unwrap();
		}
	});
	ext.commit_all().expect("it can be written");
	ext.execute_with(|| System::set_block_number(5));
	ext.commit_all().expect("it can be written");
	let recorder = |ext: &mut sp_io::TestExternalities| {
		let (_, proof) = ext.execute_and_prove(|| CallingList::begin_block());
		proof.encoded_size()
	};
	// Some trie nodes for each of six values; a scan of a hundred rows of 200 bytes would take 20 KB.
	let size = recorder(&mut ext);
	assert!(size < 8_000, "{size} bytes of proof");
}

#[test]
fn full_block_should_stay_within_its_bound() {
	build_and_execute(|| {
		let now = Now::get();
		Target::set(&Behaviour::Exhausts);
		// Something of each kind, much more than fits.
		for _ in 0..12 {
			let guaranteed = |registration| {
				with(registration, |terms| {
					terms.tier = Tier::Guaranteed;
					terms.retries = 200;
				})
			};
			register(guaranteed(every_blocks(2, 1)));
			let cron = fusion_calling_list_primitives::schedule::Schedule::EverySeconds {
				first: now,
				every: 6,
			};
			register(guaranteed(when(Condition::Time(cron))));
			CallingList::do_register(
				OTHER,
				with(at_block(999), |terms| terms.expires_at = Some(5)),
			)
			.unwrap();
		}
		for topic in 0..3 {
			for _ in 0..4 {
				let topic0 = H256::from_low_u64_be(topic);
				let listens = when(Condition::Log { emitter: EMITTER, topic0 });
				CallingList::do_register(OTHER, listens).unwrap();
			}
		}
		let bound = CallingList::most_per_block();
		let mut most = Weight::zero();
		for block in 2..40 {
			for topic in 0..3 {
				emit(EMITTER, H256::from_low_u64_be(topic));
			}
			let calls = Calls::get().len();
			CallingList::on_finalize(block - 1);
			let took = begin(block);
			assert!(took.all_lte(bound), "block {block}: {took:?} of {bound:?}");
			most = most.max(took);
			Now::set(&(Now::get() + 6));
			assert!(Calls::get().len() - calls <= DUE_PER_BLOCK as usize);
		}
		// The test is about blocks that do much.
		assert!(most.ref_time() > bound.ref_time() / 5, "{most:?} of {bound:?}");
	});
}

#[test]
fn chain_should_not_run_more_than_its_weight_allows() {
	build_and_execute(|| {
		Target::set(&Behaviour::Exhausts);
		for _ in 0..10 {
			let mut heavy = with(every_blocks(2, 1), |terms| {
				terms.tier = Tier::Guaranteed;
				terms.gas_limit = 1_000_000;
				terms.retries = 200;
			});
			heavy.deposit = 50 * DEPOSIT;
			register(heavy);
		}
		for block in 2..30 {
			let fixed = CallingList::most_per_block().saturating_sub(GuaranteedWeight::get());
			let took = begin(block);
			assert!(took.saturating_sub(fixed).all_lte(GuaranteedWeight::get()));
		}
	});
}

#[test]
fn block_should_count_what_its_beginning_takes() {
	build_and_execute(|| {
		let before = System::block_weight().total();
		CallingList::on_timestamp_set(Now::get());
		let taken = System::block_weight().total().saturating_sub(before);
		assert_eq!(taken, <Test as Config>::WeightInfo::idle());
	});
}

#[test]
fn bound_should_fit_into_a_block() {
	<CallingList as Hooks<u32>>::integrity_test();
}
