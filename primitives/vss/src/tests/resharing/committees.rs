//! The key stays, whoever shares it next.

use alloc::{collections::BTreeMap, vec::Vec};

use super::{Ceremony, Epoch};
use crate::{
	tests::{key_of, on_both_curves, params, rng},
	Curve, Error, KeyCommitments, Params, Resharing, SharePair,
};

/// Number of members, and threshold.
type Size = (u16, u16);

/// Every share fits what everybody knows; enough of them make the key; one less does not.
fn check<C: Curve>(epoch: &Epoch<C>, params: Params, key: [u8; 33]) {
	assert_eq!(epoch.commitments.params(), params);
	assert_eq!(epoch.key(), key);
	let members: Vec<u16> = (1..=params.members()).collect();
	assert_eq!(epoch.shares.len(), members.len());
	for member in &members {
		let share = epoch.share(*member);
		assert_eq!(share.index(), *member);
		assert_eq!(Ok(share.verifying_share()), epoch.commitments.verifying_share(*member));
	}
	let threshold = usize::from(params.threshold());
	for enough in [&members[..threshold], &members[members.len() - threshold..], &members[..]] {
		assert_eq!(key_of::<C>(&epoch.points(enough)), key);
	}
	assert_ne!(key_of::<C>(&epoch.points(&members[..threshold - 1])), key);
}

fn key_should_stay_when_committee_and_threshold_change<C: Curve>() {
	// Before, after, and who deals.
	let cases: [(Size, Size, &[u16]); 10] = [
		// A refresh in which member 4 has no part, for instance because its share is lost: it gets one.
		((4, 3), (4, 3), &[1, 2, 3]),
		((4, 3), (4, 4), &[2, 3, 4]),
		((4, 3), (4, 2), &[4, 1, 3]),
		((4, 3), (7, 5), &[1, 2, 3, 4]),
		((7, 5), (4, 3), &[1, 2, 4, 6, 7]),
		((5, 2), (5, 4), &[5, 1]),
		((5, 4), (5, 2), &[1, 2, 3, 4, 5]),
		((1, 1), (3, 2), &[1]),
		((3, 2), (1, 1), &[1, 3]),
		((2, 2), (3, 1), &[1, 2]),
	];
	for (seed, (old, new, dealers)) in (100u64..).zip(cases) {
		let before = Epoch::<C>::first(params(old.0, old.1), seed);
		let after = before.reshare(dealers, params(new.0, new.1), seed + 1000);
		check(&after, params(new.0, new.1), before.key());
	}
}

fn key_should_stay_when_fifteen_of_twenty_one_share_it<C: Curve>() {
	let before = Epoch::<C>::first(params(21, 15), 120);
	let dealers: Vec<u16> = (6..=20).collect();
	check(&before.reshare(&dealers, params(21, 15), 121), params(21, 15), before.key());
}

fn key_should_stay_over_many_epochs<C: Curve>() {
	let first = Epoch::<C>::first(params(4, 3), 130);
	let second = first.reshare(&[1, 3, 4], params(5, 4), 131);
	let third = second.reshare(&[2, 3, 4, 5], params(3, 2), 132);
	let fourth = third.reshare(&[3, 1], params(4, 3), 133);
	check(&fourth, params(4, 3), first.key());
	assert_ne!(fourth.commitments, first.commitments);
}

fn shares_should_all_change_when_they_are_refreshed<C: Curve>() {
	let before = Epoch::<C>::first(params(4, 3), 140);
	let refresh = Resharing::refresh(before.commitments.clone());
	assert_eq!(refresh, Resharing::new(before.commitments.clone(), params(4, 3)));
	assert_eq!((refresh.old(), refresh.params()), (&before.commitments, params(4, 3)));
	let after = before.reshare(&[1, 2, 3, 4], refresh.params(), 141);
	for index in 1..=4 {
		assert_ne!(after.share(index).to_bytes(), before.share(index).to_bytes());
	}
	// And again differently every time.
	let other = before.reshare(&[1, 2, 3, 4], refresh.params(), 142);
	for index in 1..=4 {
		assert_ne!(after.share(index).to_bytes(), other.share(index).to_bytes());
	}
}

fn old_and_new_shares_should_not_make_the_key_together<C: Curve>() {
	let before = Epoch::<C>::first(params(4, 3), 150);
	let after = before.reshare(&[1, 2, 3, 4], params(4, 3), 151);
	// Members 3 and 4 leave; with those who stay they have two shares of each epoch.
	let mixes: [(&[u16], &[u16]); 5] =
		[(&[1, 2], &[3, 4]), (&[1, 2], &[3]), (&[1], &[3, 4]), (&[3, 4], &[1, 2]), (&[2, 4], &[1])];
	for (new, old) in mixes {
		let mut points = after.points(new);
		points.extend(before.points(old));
		assert_ne!(key_of::<C>(&points), before.key());
	}
}

fn newcomer_should_get_its_share_from_what_is_published_and_what_it_is_sent<C: Curve>() {
	let old = Epoch::<C>::first(params(4, 3), 160);
	let dealers = Ceremony::new(&old, &[1, 2, 4], params(5, 3), 161);
	// Everything goes through bytes, and nothing else comes from the old committee.
	let known = KeyCommitments::<C>::from_bytes(params(4, 3), &old.commitments.to_bytes()).unwrap();
	let resharing = Resharing::new(known, params(5, 3));
	let mut feldman = BTreeMap::new();
	let mut pairs = BTreeMap::new();
	for (dealer, dealing) in &dealers.dealings {
		let pedersen = resharing.pedersen(*dealer, &dealing.pedersen().to_bytes()).unwrap();
		let sent = dealing.share_for(5).unwrap().to_bytes();
		let pair = SharePair::<C>::from_bytes(&sent).unwrap();
		pedersen.verify(5, &pair).unwrap();
		let revealed = resharing.feldman(*dealer, &dealing.feldman().to_bytes()).unwrap();
		assert!(!revealed.contradicts(&pedersen, 5, &pair));
		feldman.insert(*dealer, revealed);
		pairs.insert(*dealer, pair);
	}
	let reshared = resharing.settle(feldman).unwrap();
	assert!(reshared.dealers().eq([1u16, 2, 4]));
	let share = reshared.share(5, &pairs).unwrap();
	let everybody = dealers.finish();
	assert_eq!(reshared.commitments(), &everybody.commitments);
	assert_eq!(share.to_bytes(), everybody.share(5).to_bytes());
}

fn key_should_be_the_same_for_every_set_of_dealers_but_their_shares_should_not_mix<C: Curve>() {
	let old = Epoch::<C>::first(params(4, 2), 170);
	let ceremony = Ceremony::new(&old, &[1, 2, 3, 4], params(3, 2), 171);
	let sets: [&[u16]; 4] = [&[1, 2], &[1, 3], &[2, 3, 4], &[1, 2, 3, 4]];
	let epochs: Vec<Epoch<C>> = sets
		.iter()
		.map(|dealers| {
			let reshared = ceremony.settle(dealers).unwrap();
			let shares = (1..=3)
				.map(|member| reshared.share(member, &ceremony.pairs_for(member)).unwrap())
				.collect();
			Epoch { commitments: reshared.commitments().clone(), shares }
		})
		.collect();
	for epoch in &epochs {
		check(epoch, params(3, 2), old.key());
	}
	for (at, one) in epochs.iter().enumerate() {
		for other in &epochs[at + 1..] {
			let mut points = one.points(&[1]);
			points.extend(other.points(&[2]));
			assert_ne!(key_of::<C>(&points), old.key());
		}
	}
}

fn dealing_should_be_refused_when_the_share_is_not_of_this_epoch<C: Curve>() {
	let before = Epoch::<C>::first(params(4, 3), 180);
	let after = before.reshare(&[1, 2, 3], params(3, 2), 181);
	let resharing = Resharing::new(after.commitments.clone(), params(4, 3));
	let refusal = |index| resharing.deal(before.share(index), &mut rng(182)).unwrap_err();
	assert_eq!(refusal(2), Error::ForeignShare { index: 2 });
	assert_eq!(refusal(4), Error::InvalidIndex { index: 4, members: 3 });
	assert!(resharing.deal(after.share(2), &mut rng(182)).is_ok());
}

on_both_curves!(
	key_should_stay_when_committee_and_threshold_change,
	key_should_stay_when_fifteen_of_twenty_one_share_it,
	key_should_stay_over_many_epochs,
	shares_should_all_change_when_they_are_refreshed,
	old_and_new_shares_should_not_make_the_key_together,
	newcomer_should_get_its_share_from_what_is_published_and_what_it_is_sent,
	key_should_be_the_same_for_every_set_of_dealers_but_their_shares_should_not_mix,
	dealing_should_be_refused_when_the_share_is_not_of_this_epoch,
);
