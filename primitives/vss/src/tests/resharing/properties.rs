//! What holds for every resharing.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Ceremony, Epoch};
use crate::{
	tests::{
		key_of, on_both_curves, params,
		properties::{groups, run},
	},
	Curve, Error,
};

/// Number of members, threshold, and members in a random order.
type Committee = (u16, u16, Vec<u16>);

/// Two committees, and how many members of the old one deal beyond those that it takes.
fn moves() -> impl Strategy<Value = (Committee, Committee, usize)> {
	(groups(), groups(), 0usize..3)
}

fn any_threshold_of_new_members_should_have_the_old_key<C: Curve>() {
	run((moves(), any::<u64>()), |((old, new, more), seed)| {
		let before = Epoch::<C>::first(params(old.0, old.1), seed);
		let dealing = (usize::from(old.1) + more).min(old.2.len());
		let after = before.reshare(&old.2[..dealing], params(new.0, new.1), seed ^ 1);
		prop_assert_eq!(after.key(), before.key());
		for share in &after.shares {
			let public = after.commitments.verifying_share(share.index());
			prop_assert_eq!(Ok(share.verifying_share()), public);
		}
		let threshold = usize::from(new.1);
		prop_assert_eq!(key_of::<C>(&after.points(&new.2[..threshold])), before.key());
		prop_assert_eq!(key_of::<C>(&after.points(&new.2)), before.key());
		prop_assert_ne!(key_of::<C>(&after.points(&new.2[..threshold - 1])), before.key());
		Ok(())
	});
}

fn shares_of_two_epochs_should_never_make_the_key_together<C: Curve>() {
	run((moves(), any::<u64>()), |((old, new, _), seed)| {
		let before = Epoch::<C>::first(params(old.0, old.1), seed);
		let dealers = &old.2[..usize::from(old.1)];
		let after = before.reshare(dealers, params(new.0, new.1), seed ^ 1);
		// One share less than it takes of either, without the indices that are in both.
		let known = &new.2[..usize::from(new.1) - 1];
		let leaked: Vec<u16> = old.2[..usize::from(old.1) - 1]
			.iter()
			.copied()
			.filter(|index| !known.contains(index))
			.collect();
		let mut points = after.points(known);
		points.extend(before.points(&leaked));
		prop_assert_ne!(key_of::<C>(&points), before.key());
		Ok(())
	});
}

fn a_changed_dealing_should_always_be_noticed<C: Curve>() {
	run((moves(), any::<u64>(), any::<prop::sample::Index>()), |((old, new, _), seed, which)| {
		let before = Epoch::<C>::first(params(old.0, old.1), seed);
		let dealers = &old.2[..usize::from(old.1)];
		let ceremony = Ceremony::new(&before, dealers, params(new.0, new.1), seed ^ 1);
		let other = Ceremony::new(&before, dealers, params(new.0, new.1), seed ^ 2);
		let cheat = dealers[which.index(dealers.len())];
		let reshared = ceremony.settle(dealers).unwrap();
		let mut noticed = 0;
		for member in new.2 {
			let mut pairs = ceremony.pairs_for(member);
			let wrong = other.pairs_for(member).remove(&cheat).unwrap();
			let fits = ceremony.pedersen(cheat).unwrap().verify(member, &wrong).is_ok();
			pairs.insert(cheat, wrong);
			match reshared.share(member, &pairs) {
				Ok(_) => prop_assert!(fits),
				Err(fault) => {
					prop_assert!(!fits);
					prop_assert_eq!(fault.culprit(), Some(cheat));
					prop_assert_eq!(fault.error(), Error::ShareMismatch);
					noticed += 1;
				},
			}
		}
		// With a threshold of 1 a polynomial is its constant: there is nothing to change.
		prop_assert_eq!(noticed, if new.1 == 1 { 0 } else { new.0 });
		Ok(())
	});
}

fn derivation_should_commute_with_resharing<C: Curve>() {
	run((moves(), any::<u64>(), any::<[u8; 32]>()), |((old, new, _), seed, tweak)| {
		let before = Epoch::<C>::first(params(old.0, old.1), seed);
		let dealers = &old.2[..usize::from(old.1)];
		let after = before.reshare(dealers, params(new.0, new.1), seed ^ 1);
		let derived = before.derive(&tweak);
		let then_reshared = derived.reshare(dealers, params(new.0, new.1), seed ^ 2);
		let then_derived = after.derive(&tweak);
		for epoch in [&then_reshared, &then_derived] {
			prop_assert_eq!(epoch.key(), derived.key());
			let enough = &new.2[..usize::from(new.1)];
			prop_assert_eq!(key_of::<C>(&epoch.points(enough)), derived.key());
			for share in &epoch.shares {
				let public = epoch.commitments.verifying_share(share.index());
				prop_assert_eq!(Ok(share.verifying_share()), public);
			}
		}
		Ok(())
	});
}

on_both_curves!(
	any_threshold_of_new_members_should_have_the_old_key,
	shares_of_two_epochs_should_never_make_the_key_together,
	a_changed_dealing_should_always_be_noticed,
	derivation_should_commute_with_resharing,
);
