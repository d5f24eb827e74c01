//! Who is likely to answer, and to answer right.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::MemberIndex;

use crate::effect::Millis;

/// Who has answered within this time is preferred to who has not, and who has spoilt an attempt within it by being late
/// comes after who has not: milliseconds.
const FRESH: Millis = 60_000;

/// What is known of the other members. In memory only: whoever was broken when this node stopped may be well now.
#[derive(Default)]
pub(super) struct Health {
	members: BTreeMap<MemberIndex, State>,
}

#[derive(Clone, Copy, Default)]
struct State {
	/// When it last answered.
	answered: Option<Millis>,
	/// Whether it has not answered since it was last asked.
	down: bool,
	/// Until when it comes after others, as it was late.
	late_until: Millis,
	/// How often it has sent something wrong.
	bad: u32,
}

impl Health {
	fn state(&mut self, member: MemberIndex) -> &mut State {
		self.members.entry(member).or_default()
	}

	/// It has answered.
	pub fn answered(&mut self, member: MemberIndex, now: Millis) {
		let state = self.state(member);
		state.answered = Some(now);
		state.down = false;
	}

	/// It was not reached, or has not answered in time.
	pub fn failed(&mut self, member: MemberIndex) {
		self.state(member).down = true;
	}

	/// An attempt failed because it did not send its share in time.
	pub fn late(&mut self, member: MemberIndex, now: Millis) {
		self.state(member).late_until = now.saturating_add(FRESH);
	}

	/// It has sent something that is wrong.
	pub fn bad(&mut self, member: MemberIndex) {
		let state = self.state(member);
		state.bad = state.bad.saturating_add(1);
	}

	/// Those of `members` that answered when they were last asked, the best first: fewest mistakes, then not late
	/// and heard of lately, then in an order that `seed` decides, so that work is shared.
	pub fn rank(
		&self,
		members: impl IntoIterator<Item = MemberIndex>,
		seed: u64,
		now: Millis,
	) -> Vec<MemberIndex> {
		let mut ranked: Vec<_> = members
			.into_iter()
			.filter_map(|member| {
				let state = self.members.get(&member).copied().unwrap_or_default();
				if state.down {
					return None;
				}
				let stale = state.answered.is_none_or(|at| now.saturating_sub(at) > FRESH);
				let late = now < state.late_until;
				Some((state.bad, late, stale, place(seed, member), member))
			})
			.collect();
		ranked.sort_unstable();
		ranked.into_iter().map(|(.., member)| member).collect()
	}
}

/// A member's place among equals: the mixing function of SplitMix64 (Steele, Lea, Flood: *Fast Splittable Pseudorandom
/// Number Generators*, OOPSLA 2014). It only has to spread work; nobody gains by a place.
fn place(seed: u64, member: MemberIndex) -> u64 {
	let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(member.into());
	mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn members_should_be_ranked_by_mistakes_and_answers_when_some_failed() {
		let mut health = Health::default();
		for member in 1..=5 {
			health.answered(member, 1_000);
		}
		health.failed(2);
		health.bad(3);
		health.answered(4, 1_000 + FRESH);
		let ranked = health.rank(1..=6, 7, 1_001 + FRESH);
		// 4 was heard of lately; 1, 5 and 6 were not; 3 has made a mistake; 2 is down.
		assert_eq!((ranked.first(), ranked.last(), ranked.len()), (Some(&4), Some(&3), 5));
		// 4 is late, and comes after all but the one with the mistake; later it does not.
		health.late(4, 1_001 + FRESH);
		assert_eq!(health.rank(1..=6, 7, 1_001 + FRESH)[3], 4);
		health.answered(4, 1_001 + 2 * FRESH);
		assert_eq!(health.rank(1..=6, 7, 1_001 + 2 * FRESH)[0], 4);
		// Whoever answers is back.
		health.answered(2, 1_001 + FRESH);
		assert!(health.rank(1..=6, 7, 1_001 + FRESH).contains(&2));
	}

	#[test]
	fn work_should_be_shared_when_all_members_are_as_good() {
		let mut health = Health::default();
		for member in 1..=6 {
			health.answered(member, 0);
		}
		for member in 1..=6_u16 {
			let first = (0..200).filter(|seed| health.rank(1..=6, *seed, 1)[0] == member).count();
			assert!(first > 15, "member {member} comes first {first} times of 200");
		}
	}
}
