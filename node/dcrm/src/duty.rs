//! What a member owes the chain besides ceremonies and signatures: to show that it has its share when it is asked,
//! and to say which other members are silent. A state machine without I/O.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupState, GroupView, MemberId, MemberIndex, VOTE_WINDOW,
};

use crate::{effect::Millis, keygen::index_of, signing::Signer};

/// So many liveness challenges in a row a member may miss before we say that it is silent.
pub(crate) const MISSED_AT_MOST: u32 = 2;

/// What one member has said, in one of its groups.
#[derive(Default)]
pub(crate) struct Duty {
	/// The challenge that was answered last, and when.
	answered: Option<(u32, Millis)>,
	/// The attempt that the shares were of when it was said who is silent.
	attempt: Attempt,
	/// About whom it was said that it is silent.
	voted: BTreeMap<MemberIndex, Vote>,
}

/// What was said of a silent member.
struct Vote {
	/// The block that was finalized when it was said. It is not said anew while this is good, but may be repeated.
	since: u32,
	/// When it was said last.
	at: Millis,
}

impl Duty {
	/// The state of the finalized block `block` shows the group like this. Returns what the member has to say, again
	/// each `pause` until that is finalized as well.
	pub fn on_view(
		&mut self,
		view: &GroupView,
		block: u32,
		me: &MemberId,
		signer: Option<&Signer>,
		pause: Millis,
		now: Millis,
	) -> Vec<DcrmMessage> {
		let Some(index) = index_of(&view.members, me) else { return Vec::new() };
		let waits = |at: Millis| now.saturating_sub(at) < pause;
		let mut words = Vec::new();
		let asked = view.challenge.as_ref().filter(|asked| !asked.spoken.contains(&index));
		let fits = signer.filter(|signer| signer.attempt() == view.attempt);
		if let Some((asked, signer)) = asked.zip(fits) {
			let recent = |(number, at): (u32, Millis)| number == asked.number && waits(at);
			if !self.answered.is_some_and(recent) {
				self.answered = Some((asked.number, now));
				let proof = signer.prove_holding(asked);
				words.push(DcrmMessage::Hold { group: view.id, number: asked.number, proof });
			}
		}
		if view.state != GroupState::Active || view.handover.is_some() {
			return words;
		}
		if self.attempt != view.attempt {
			// These were other members.
			self.attempt = view.attempt;
			self.voted.clear();
		}
		for (member, missed) in (1..).zip(&view.missed) {
			let silent = *missed > MISSED_AT_MOST && member != index;
			let said = view.silent.contains(&(member, index));
			let good = |vote: &&Vote| block < vote.since.saturating_add(VOTE_WINDOW);
			let earlier = self.voted.get(&member).filter(good);
			if !silent || said || earlier.is_some_and(|vote| waits(vote.at)) {
				continue;
			}
			// The chain may not have heard it; but a new vote is only made when that one is void.
			let since = earlier.map_or(block, |vote| vote.since);
			self.voted.insert(member, Vote { since, at: now });
			let (group, attempt) = (view.id, view.attempt);
			words.push(DcrmMessage::Silent { group, attempt, member, since });
		}
		words
	}
}
