//! Tests of the packages that were heard of.

use std::sync::LazyLock;

use fusion_hhcm_primitives::AuthoritySignature;
use proptest::prelude::*;
use sp_core::sr25519;

use super::*;
use crate::testing::{packagers, parent, signed_package, view, SLOT};

fn now() -> Slot {
	Slot::from(SLOT)
}

fn transactions(count: u8) -> Vec<H256> {
	(0..count).map(H256::repeat_byte).collect()
}

/// A collection that knows one slot, which is returned as well.
fn opened(nodes: usize, groups: GroupId) -> (Collection, SlotView) {
	let view = view(nodes, groups);
	let mut collection = Collection::new(view.context().genesis);
	assert!(collection.open(view.clone(), true, now()).is_empty());
	(collection, view)
}

#[test]
fn package_should_be_kept_when_it_is_the_best() {
	let (mut collection, view) = opened(20, 3);
	let context = view.context();
	assert_eq!(collection.best_weight(&context, 0), None);
	let nodes = packagers(&view, 0);
	assert!(nodes.len() > 2);
	let worst = signed_package(&context, 0, *nodes.last().unwrap(), transactions(3));
	assert_eq!(collection.receive(&context, worst.clone(), now()), Verdict::Keep);
	assert_eq!(collection.best(&context).as_slice(), std::slice::from_ref(&worst));
	let best = signed_package(&context, 0, nodes[0], transactions(1));
	assert_eq!(collection.receive(&context, best.clone(), now()), Verdict::Keep);
	assert_eq!(collection.best(&context).as_slice(), std::slice::from_ref(&best));
	assert_eq!(collection.best_weight(&context, 0), Some(16));
	// Known, and not better.
	assert_eq!(collection.receive(&context, best.clone(), now()), Verdict::Ignore);
	assert_eq!(collection.receive(&context, worst, now()), Verdict::Ignore);
	let middle = signed_package(&context, 0, nodes[1], transactions(2));
	assert_eq!(collection.receive(&context, middle, now()), Verdict::Ignore);
	assert_eq!(*collection.best(&context), [best]);
	assert_eq!(collection.len(), 3);
}

#[test]
fn packages_should_be_complete_when_all_winners_were_heard() {
	let (mut collection, view) = opened(20, 3);
	let context = view.context();
	for group in (0..3).rev() {
		assert!(!collection.is_complete(&context));
		let package =
			signed_package(&context, group, packagers(&view, group)[0], transactions(group));
		assert_eq!(collection.receive(&context, package, now()), Verdict::Keep);
	}
	assert!(collection.is_complete(&context));
	// In the order of the groups' numbers.
	let groups: Vec<_> = collection.best(&context).iter().map(|package| package.group).collect();
	assert_eq!(groups, [0, 1, 2]);
}

#[test]
fn package_should_be_refused_when_it_is_wrong() {
	let (mut collection, view) = opened(20, 3);
	let context = view.context();
	let right = signed_package(&context, 0, packagers(&view, 0)[0], transactions(3));
	let mut refused = |context: &Context, package: Package, fault| {
		assert_eq!(collection.receive(context, package, now()), Verdict::Refuse(fault));
		assert!(collection.is_empty());
	};
	let elsewhere = Context { genesis: H256::zero(), ..context };
	refused(&elsewhere, right.clone(), Fault::OtherChain);
	let old = Context { slot: Slot::from(SLOT - 2), ..context };
	refused(&old, right.clone(), Fault::TooOld);
	let new = Context { slot: Slot::from(SLOT + 2), ..context };
	refused(&new, right.clone(), Fault::TooNew);

	let stranger = (0..20)
		.find(|index| view.election().package_weight(0, *index).is_none())
		.expect("not everybody may package group 0");
	refused(&context, signed_package(&context, 0, stranger, vec![]), Fault::NoRight);
	refused(&context, signed_package(&context, 3, right.packager, vec![]), Fault::NoRight);
	refused(&context, signed_package(&context, 0, 20, vec![]), Fault::NoRight);

	let other_context = Context { parent: H256::zero(), ..context };
	let signed_elsewhere = signed_package(&other_context, 0, right.packager, transactions(3));
	refused(&context, signed_elsewhere, Fault::Signature);
	let mut changed = right.clone();
	changed.transactions.pop();
	refused(&context, changed, Fault::Signature);
	let mut changed = right;
	changed.measured = changed.measured.saturating_add(changed.measured);
	refused(&context, changed, Fault::Signature);
}

#[test]
fn package_should_be_evidence_when_it_is_the_second_of_its_packager() {
	let (mut collection, view) = opened(20, 3);
	let context = view.context();
	let packager = packagers(&view, 0)[0];
	let first = signed_package(&context, 0, packager, transactions(1));
	let second = signed_package(&context, 0, packager, transactions(2));
	let third = signed_package(&context, 0, packager, transactions(3));
	// The same with another signature is no evidence.
	let again = signed_package(&context, 0, packager, transactions(1));
	assert_ne!(first, again);
	assert_eq!(collection.receive(&context, first.clone(), now()), Verdict::Keep);
	assert_eq!(collection.receive(&context, again, now()), Verdict::Ignore);
	// Anybody can send a second one that is not signed.
	let mut forged = second.clone();
	forged.signature = first.signature.clone();
	assert_eq!(collection.receive(&context, forged, now()), Verdict::Refuse(Fault::Signature));
	assert!(collection.take_evidence().is_empty());

	assert_eq!(collection.receive(&context, second.clone(), now()), Verdict::Equivocation);
	assert_eq!(collection.receive(&context, second.clone(), now()), Verdict::Ignore);
	assert_eq!(collection.receive(&context, third, now()), Verdict::Ignore);
	let evidence = collection.take_evidence();
	assert_eq!(evidence, [Evidence { context, first: first.clone(), second }]);
	assert!(collection.take_evidence().is_empty());
	assert_eq!(*collection.best(&context), [first]);

	let proof: Proof<crate::testing::Header> = evidence[0].clone().into_proof();
	let key = view.authority(packager).unwrap();
	assert_eq!(proof.check(key).map(|offence| offence.offender), Ok(packager));
}

#[test]
fn package_should_wait_when_its_parent_is_not_known() {
	let view = view(20, 3);
	let context = view.context();
	let mut collection = Collection::new(context.genesis);
	let right = signed_package(&context, 0, packagers(&view, 0)[0], transactions(3));
	let mut wrong = right.clone();
	wrong.packager = 20;
	let elsewhere = Context { parent: H256::zero(), ..context };
	assert!(collection.wants(&context, now()));
	assert!(!collection.is_open(&context));
	for (context, package) in [(&context, &right), (&context, &wrong), (&elsewhere, &right)] {
		assert_eq!(collection.receive(context, package.clone(), now()), Verdict::Early);
		// Twice is once.
		assert_eq!(collection.receive(context, package.clone(), now()), Verdict::Early);
	}
	assert_eq!(collection.len(), 3);
	assert!(collection.best(&context).is_empty());
	let verdicts = collection.open(view, false, now());
	assert_eq!(
		verdicts,
		[(right.clone(), Verdict::Keep), (wrong, Verdict::Refuse(Fault::NoRight))]
	);
	assert_eq!(*collection.best(&context), [right]);
	assert!(collection.is_open(&context) && !collection.wants(&context, now()));
	assert_eq!(collection.len(), 2);
	collection.prune(Slot::from(SLOT + 2));
	assert!(collection.is_empty() && !collection.is_open(&context));
}

#[test]
fn collection_should_be_bounded_when_there_are_many_slots() {
	let base = parent(5, 1);
	let mut collection = Collection::new(base.genesis);
	let on = |number: u8| {
		let mut parent = base.clone();
		parent.hash = H256::repeat_byte(number);
		parent.at(now())
	};
	let ours = on(0);
	collection.open(ours.clone(), true, now());
	for number in 1..200 {
		collection.open(on(number), false, now());
		assert!(collection.rounds.len() <= MAX_ROUNDS);
	}
	// None of them is older than another.
	assert!(!collection.is_open(&on(199).context()));
	assert!(collection.wants(&on(199).context(), now()));
	// What this node works on has room, and is not forgotten.
	collection.open(on(200), true, now());
	assert!(collection.is_open(&on(200).context()));
	assert!(collection.is_open(&ours.context()));
	assert_eq!(collection.rounds.len(), MAX_ROUNDS);

	for number in 0..=255 {
		let package = signed_package(&ours.context(), 0, 0, transactions(number));
		let context = Context { parent: H256::repeat_byte(255), ..ours.context() };
		assert_eq!(collection.receive(&context, package, now()), Verdict::Early);
	}
	assert_eq!(collection.len(), MAX_EARLY);
}

#[test]
fn slot_on_an_old_parent_should_be_forgotten_when_there_is_one_on_a_later_parent() {
	let base = parent(5, 1);
	let mut collection = Collection::new(base.genesis);
	let on = |number: u8, last_slot: u64| {
		let mut parent = base.clone();
		parent.hash = H256::repeat_byte(number);
		parent.round.last_slot = Slot::from(last_slot);
		parent.at(now())
	};
	for number in 0..MAX_ROUNDS as u8 {
		collection.open(on(number, SLOT - 3), false, now());
	}
	// Not for one that is older still.
	collection.open(on(100, SLOT - 4), false, now());
	assert!(!collection.is_open(&on(100, SLOT - 4).context()));
	collection.open(on(101, SLOT - 1), false, now());
	assert!(collection.is_open(&on(101, SLOT - 1).context()));
	assert_eq!(collection.rounds.len(), MAX_ROUNDS);
}

/// What a random message is made from.
#[derive(Clone, Debug)]
struct Message {
	packager: AuthorityIndex,
	group: GroupId,
	count: u8,
	/// What is changed after it was signed.
	change: u8,
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
	let message = (0..12u16, 0..4u8, 0..3u8, 0..12u8)
		.prop_map(|(packager, group, count, change)| Message { packager, group, count, change });
	prop::collection::vec(message, 1..40)
}

static VIEW: LazyLock<SlotView> = LazyLock::new(|| view(10, 2));

/// The message, and whether it is as its packager signed it.
fn made(message: &Message) -> (Context, Package, bool) {
	let context = VIEW.context();
	let Message { packager, group, count, change } = *message;
	let mut package = signed_package(&context, group, packager, transactions(count));
	let mut of = context;
	match change {
		0 => of.genesis = H256::zero(),
		1 => of.parent = H256::zero(),
		2 => of.slot = Slot::from(SLOT + 1),
		3 => of.slot = Slot::from(SLOT - 2),
		4 => package.packager = package.packager.wrapping_add(1),
		5 => package.group = package.group.wrapping_add(1),
		6 => {
			package.transactions = package
				.transactions
				.iter()
				.take(1)
				.rev()
				.copied()
				.chain([H256::zero()])
				.collect::<Vec<_>>()
				.try_into()
				.expect("these are few");
		},
		7 => package.signature = AuthoritySignature::from(sr25519::Signature::from_raw([7; 64])),
		_ => return (context, package, true),
	}
	(of, package, false)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]

	/// Whatever comes: what is kept is signed by who may sign it, the best is the best of what is sound, and
	/// evidence is evidence.
	#[test]
	fn collection_should_keep_only_what_is_sound(messages in messages()) {
		let view = &*VIEW;
		let context = view.context();
		let mut collection = Collection::new(context.genesis);
		collection.open(view.clone(), true, now());
		// The worth of the best sound package of each group.
		let mut best: BTreeMap<GroupId, u64> = BTreeMap::new();
		let mut first: BTreeMap<(GroupId, AuthorityIndex), Package> = BTreeMap::new();
		for message in &messages {
			let (of, package, sound) = made(message);
			let verdict = collection.receive(&of, package.clone(), now());
			let weight = view.election().package_weight(package.group, package.packager);
			match weight {
				Some(weight) if sound => {
					let key = (package.group, package.packager);
					let known = first.entry(key).or_insert_with(|| package.clone());
					if known.payload(&context) == package.payload(&context) {
						let best = best.entry(package.group).or_default();
						let expected =
							if weight > *best { Verdict::Keep } else { Verdict::Ignore };
						prop_assert_eq!(verdict, expected);
						*best = weight.max(*best);
					} else {
						prop_assert!(matches!(verdict, Verdict::Equivocation | Verdict::Ignore));
					}
				},
				_ => prop_assert!(
					matches!(verdict, Verdict::Refuse(_) | Verdict::Early | Verdict::Ignore)
				),
			}
		}
		let packages = collection.best(&context);
		prop_assert_eq!(packages.len(), best.len());
		for package in &packages {
			let key = view.authority(package.packager).expect("it is a packager");
			prop_assert!(package.is_signed_by(key, &context));
			let weight = view.election().package_weight(package.group, package.packager);
			prop_assert_eq!(weight, best.get(&package.group).copied());
		}
		for evidence in collection.take_evidence() {
			let key = view.authority(evidence.first.packager).expect("it is a packager").clone();
			let proof: Proof<crate::testing::Header> = evidence.into_proof();
			prop_assert!(proof.check(&key).is_ok());
		}
		prop_assert!(collection.rounds.len() <= MAX_ROUNDS);
		prop_assert!(collection.early.len() <= MAX_EARLY);
	}
}
