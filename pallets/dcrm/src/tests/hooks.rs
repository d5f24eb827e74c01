//! What happens at the start of blocks: deadlines, and how much of it.

use frame_support::{
	traits::{Get, Hooks},
	weights::{constants::RocksDbWeight, Weight},
};
use fusion_dcrm_primitives::{GroupId, GroupState, KeyPath, Phase, Purpose};

use super::driver::bounded;
use crate::{
	mock::*, weights::SubstrateWeight, Answers, Ceremonies, Config, Deadlines, Feldman, Groups,
	Nodes, Pedersen, Requests, WeightInfo, MAX_CEREMONIES, MAX_DUE_PER_BLOCK, MAX_FINES_PER_BLOCK,
};

/// A group of 32 members at the end of its last attempt, with all the data that it can have.
fn largest_group() -> GroupId {
	let id = create_group(32);
	let group = Groups::<Test>::get(id).unwrap();
	let (threshold, tolerated) = (usize::from(group.threshold), group.size() - group.threshold);
	let points: Vec<[u8; 33]> = vec![[2; 33]; threshold];
	for index in 1..=32u16 {
		Pedersen::<Test>::insert(id, index, bounded(points.clone()));
		Feldman::<Test>::insert(id, index, bounded(points.clone()));
		let answers = vec![(1, [1; 64]); usize::from(tolerated)];
		Answers::<Test>::insert(id, index, bounded(answers));
	}
	let last = ATTEMPTS - 1;
	let test = Dcrm::open_request(id, last, KeyPath::Group, [0; 32], Purpose::Test).unwrap();
	Groups::<Test>::mutate(id, |group| {
		let group = group.as_mut().unwrap();
		group.state = GroupState::Generating(Phase::Testing);
		group.attempt = last;
		group.attempts = ATTEMPTS;
		group.key = Some([2; 33]);
	});
	Ceremonies::<Test>::mutate(id, |ceremony| ceremony.as_mut().unwrap().test = Some(test));
	check();
	id
}

/// How many items of this pallet there are that the end of a group removes.
fn items() -> usize {
	Pedersen::<Test>::iter().count()
		+ Feldman::<Test>::iter().count()
		+ Answers::<Test>::iter().count()
		+ Requests::<Test>::iter().count()
		+ Ceremonies::<Test>::iter().count()
}

/// What a block with nothing to do takes.
fn idle() -> Weight {
	SubstrateWeight::<Test>::on_initialize(0)
		.saturating_add(SubstrateWeight::<Test>::take_fines(0))
		.saturating_add(SubstrateWeight::<Test>::eject_nothing())
		.saturating_add(SubstrateWeight::<Test>::watch())
}

#[test]
fn block_should_begin_cheaply_when_nothing_is_due() {
	build_and_execute(4, || {
		let idle = idle();
		assert_eq!(Dcrm::on_initialize(2), idle);
		create_group(4);
		assert_eq!(Dcrm::on_initialize(2), idle);
		assert!(idle.ref_time() < 1_000_000_000, "a millisecond: {idle}");
	});
}

#[test]
fn work_of_a_block_should_be_bounded_when_all_ceremonies_are_due_at_once() {
	build_and_execute(32, || {
		let groups: Vec<GroupId> = (0..MAX_CEREMONIES).map(|_| largest_group()).collect();
		let deadline = view(0).deadline;
		assert!(groups.iter().all(|id| view(*id).deadline == deadline));
		go_to(deadline - 1);

		let bound = SubstrateWeight::<Test>::on_initialize(MAX_DUE_PER_BLOCK)
			.saturating_add(SubstrateWeight::<Test>::take_fines(0))
			.saturating_add(SubstrateWeight::<Test>::eject_nothing())
			.saturating_add(SubstrateWeight::<Test>::watch());
		let mut alive = MAX_CEREMONIES;
		while alive > 0 {
			let next = System::block_number() + 1;
			System::set_block_number(next);
			let before = items();
			let events = System::event_count();
			let weight = Dcrm::on_initialize(next);
			check();

			let left = Deadlines::<Test>::get().len() as u32;
			assert_eq!(left, alive - MAX_DUE_PER_BLOCK, "in block {next}");
			alive = left;
			assert_eq!(weight, bound);
			// The weight pays for everything that was done: each item that is gone, each node that was
			// told, the two groups and the queue. The events count too, though they are not charged for.
			let removed = (before - items()) as u64;
			let per_group = 32 + 1;
			let writes = removed + u64::from(MAX_DUE_PER_BLOCK) * per_group + 1;
			let db = RocksDbWeight::get();
			let done = db.writes(writes).saturating_add(db.reads(writes - removed));
			assert!(done.all_lte(weight), "{writes} writes take more than {weight}");
			assert_eq!(System::event_count() - events, 2 * MAX_DUE_PER_BLOCK);
		}
		assert_eq!(items(), 0);
		assert!(groups.iter().all(|id| view(*id).state == GroupState::Failed));
		assert!(Nodes::<Test>::iter().all(|(_, node)| node.groups == 0));
	});
}

#[test]
fn bound_should_be_a_small_part_of_a_block_when_compared() {
	build_and_execute(0, || {
		let deadlines = SubstrateWeight::<Test>::on_initialize(MAX_DUE_PER_BLOCK)
			.saturating_add(SubstrateWeight::<Test>::take_fines(0));
		let others = SubstrateWeight::<Test>::on_initialize(0)
			.saturating_add(SubstrateWeight::<Test>::take_fines(MAX_FINES_PER_BLOCK))
			.saturating_add(SubstrateWeight::<Test>::eject(32));
		let bound = deadlines
			.max(others)
			.saturating_add(SubstrateWeight::<Test>::eject_nothing())
			.saturating_add(SubstrateWeight::<Test>::watch())
			.saturating_add(SubstrateWeight::<Test>::close_challenge());
		// A tenth of two seconds and of five mebibytes, which a parachain's block may have.
		let tenth = Weight::from_parts(2_000_000_000_000, 5 * 1024 * 1024).div(10);
		assert!(bound.all_lte(tenth), "{bound} is more than {tenth}");
	});
	Dcrm::integrity_test();
}

#[test]
fn deadlines_should_be_met_in_order_when_ceremonies_began_one_after_the_other() {
	build_and_execute(4, || {
		let mut deadlines = Vec::new();
		for _ in 0..3 {
			let id = create_group(4);
			deadlines.push((view(id).deadline, id));
			go_to(System::block_number() + 1);
		}
		assert_eq!(Deadlines::<Test>::get().into_inner(), deadlines);
		for (deadline, id) in deadlines {
			go_to(deadline - 1);
			assert_eq!(view(id).attempt, 0);
			go_to(deadline);
			assert_eq!(view(id).attempt, 1);
			assert_eq!(
				view(id).deadline,
				deadline + <<Test as Config>::PhaseLength as Get<u32>>::get()
			);
		}
	});
}
