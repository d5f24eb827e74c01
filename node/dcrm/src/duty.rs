//! What a member owes the chain besides ceremonies and signatures: to show that it has its share when it is asked,
//! and to say which other members are silent. A state machine without I/O.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{DcrmMessage, GroupState, GroupView, MemberId, MemberIndex};

use crate::{effect::Millis, keygen::index_of, signing::Signer};

/// So many liveness challenges in a row a member may miss before we say that it is silent.
pub(crate) const MISSED_AT_MOST: u32 = 2;

/// What one member has said, in one of its groups.
#[derive(Default)]
pub(crate) struct Duty {
	/// The challenge that was answered last, and when.
	answered: Option<(u32, Millis)>,
	/// About whom it was said that it is silent, and when.
	voted: BTreeMap<MemberIndex, Millis>,
}

impl Duty {
	/// The finalized state shows the group like this. Returns what the member has to say, again each `pause` until
	/// that is finalized as well.
	pub fn on_view(
		&mut self,
		view: &GroupView,
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
		for (member, missed) in (1..).zip(&view.missed) {
			let silent = *missed > MISSED_AT_MOST && member != index;
			let said = view.silent.contains(&(member, index));
			let recent = self.voted.get(&member).is_some_and(|at| waits(*at));
			if silent && !said && !recent {
				self.voted.insert(member, now);
				let (group, attempt) = (view.id, view.attempt);
				words.push(DcrmMessage::Silent { group, attempt, member });
			}
		}
		words
	}
}
