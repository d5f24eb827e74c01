//! Handovers on the simulated chain, by the rules of the pallet.

use std::collections::{BTreeMap, BTreeSet};

use fusion_dcrm_primitives::{
	test_message, Attempt, DcrmMessage, GroupState, GroupView, HandoverView, KeyPath, MemberId,
	MemberIndex, Phase, PublicKey, Purpose, RequestId,
};
use fusion_vss::{FeldmanCommitments, KeyCommitments, Params, Resharing, Secp256k1};

use super::{Sim, MAX_ATTEMPTS};
use crate::keygen::index_of;

/// What the chain keeps of handovers, besides what the view shows.
#[derive(Clone, Default)]
pub struct Handovers {
	/// All words that were accepted, in order, and whose they were.
	pub heard: Vec<(MemberId, DcrmMessage)>,
	/// The dealers that were left out, by attempt.
	pub left_out: BTreeMap<Attempt, BTreeSet<MemberIndex>>,
	/// Accusations that proved nothing, as (accuser, dealer).
	pub refuted: Vec<(MemberIndex, MemberIndex)>,
	/// Attempts that failed, and why.
	pub failed: Vec<(Attempt, &'static str)>,
	/// How many handovers were given up.
	pub given_up: u32,
	/// The request for the test signature.
	pub test: Option<RequestId>,
	/// The number of the next attempt.
	next_attempt: Attempt,
	/// How many attempts the present handover has had.
	tries: u32,
	/// Which receivers have confirmed.
	confirmed: BTreeSet<MemberIndex>,
	/// Commitments to the polynomial that shares the key, or did so in the epoch before.
	known: Option<KeyCommitments<Secp256k1>>,
}

impl Handovers {
	/// Who was left out in an attempt.
	pub fn left_out_in(&self, attempt: Attempt) -> Vec<MemberIndex> {
		self.left_out.get(&attempt).into_iter().flatten().copied().collect()
	}
}

/// The threshold of a group with so many members, as the pallet chooses it.
pub fn threshold_of(members: usize) -> u16 {
	u16::try_from(members * 2 / 3 + 1).unwrap()
}

impl Sim {
	/// Begin to hand the key over to these members.
	pub fn reshare(&mut self, members: Vec<MemberId>) -> Result<(), String> {
		let threshold = threshold_of(members.len());
		self.reshare_to(members, threshold)
	}

	/// Begin to hand the key over to these members, with a threshold that the pallet need not have chosen.
	pub fn reshare_to(&mut self, members: Vec<MemberId>, threshold: u16) -> Result<(), String> {
		if self.view.state != GroupState::Active {
			return Err("the group is not active".into());
		}
		if self.view.handover.is_some() {
			return Err("a handover is under way".into());
		}
		let known = self.key_commitments();
		let commitments = known.to_bytes();
		// What the dealings of the last ceremony make is known now.
		self.view.pedersen.clear();
		self.view.feldman.clear();
		self.view.qualified.clear();
		self.view.complaints.clear();
		self.view.answers.clear();
		self.view.spoken.clear();
		self.view.handover = Some(HandoverView {
			members,
			threshold,
			phase: Phase::Dealing,
			attempt: 0,
			deadline: 0,
			commitments,
			pedersen: Vec::new(),
			feldman: Vec::new(),
			qualified: Vec::new(),
			complaints: Vec::new(),
			answers: Vec::new(),
			spoken: Vec::new(),
		});
		self.handovers.known = Some(known);
		self.handovers.tries = 0;
		self.handovers.next_attempt = self.handovers.next_attempt.max(self.view.attempt + 1);
		self.begin_handover_attempt();
		Ok(())
	}

	/// Commitments to the polynomial that shares the key now: what the dealings of the last ceremony make.
	pub fn key_commitments(&self) -> KeyCommitments<Secp256k1> {
		let members = u16::try_from(self.view.members.len()).unwrap();
		let params = Params::new(members, self.view.threshold).unwrap();
		let known = self.handovers.known.clone();
		let dealt = |dealer: &MemberIndex| {
			let points = Self::points(&self.view.feldman, *dealer);
			(*dealer, FeldmanCommitments::<Secp256k1>::from_bytes(params, points).unwrap())
		};
		let dealings: BTreeMap<_, _> = self.view.qualified.iter().map(dealt).collect();
		match known {
			// A handover is under way, or was given up.
			Some(known) if self.view.feldman.is_empty() => known,
			None => {
				let dealings: Vec<_> = dealings.into_values().collect();
				KeyCommitments::from_dealings(&dealings).unwrap()
			},
			Some(old) => {
				Resharing::new(old, params).settle(dealings).unwrap().commitments().clone()
			},
		}
	}

	fn next_view(&mut self) -> &mut HandoverView {
		self.view.handover.as_mut().expect("a handover is under way")
	}

	fn resharing(&self) -> Resharing<Secp256k1> {
		let known = self.handovers.known.clone().expect("known since the handover began");
		Resharing::new(known, self.params())
	}

	fn begin_handover_attempt(&mut self) {
		let dealers = MemberIndex::try_from(self.view.members.len()).unwrap();
		let attempt = self.handovers.next_attempt;
		self.handovers.next_attempt += 1;
		self.view.attempts = self.handovers.next_attempt;
		self.handovers.tries += 1;
		self.handovers.confirmed.clear();
		let next = self.next_view();
		next.attempt = attempt;
		next.qualified = (1..=dealers).collect();
		next.pedersen.clear();
		next.feldman.clear();
		next.complaints.clear();
		next.answers.clear();
		self.enter_handover(Phase::Dealing);
	}

	fn enter_handover(&mut self, phase: Phase) {
		let deadline = self.block + self.phase_blocks;
		let next = self.next_view();
		next.phase = phase;
		next.deadline = deadline;
		next.spoken.clear();
	}

	/// A member's word. What is wrong with it, or `Ok` if the chain takes it.
	pub(super) fn hear_in_handover(
		&mut self,
		from: &MemberId,
		message: DcrmMessage,
	) -> Result<(), String> {
		self.check_address(&message)?;
		let next = self.view.handover.as_ref().ok_or("no handover")?;
		let is_receiver = matches!(
			message,
			DcrmMessage::Verdict { .. }
				| DcrmMessage::Accuse { .. }
				| DcrmMessage::Accept { .. }
				| DcrmMessage::Confirm { .. }
		);
		let role = if is_receiver { &next.members } else { &self.view.members };
		let me = index_of(role, from).ok_or("neither dealer nor receiver, as it takes")?;
		let has_spoken = next.spoken.contains(&me);
		if has_spoken && !matches!(message, DcrmMessage::Answer { .. }) {
			return Err("has spoken".into());
		}
		match (next.phase, &message) {
			(Phase::Dealing, DcrmMessage::Deal { commitments, .. }) => {
				let sound = self.resharing().pedersen(me, commitments).is_ok();
				self.take_commitments(me, commitments, sound, |next| &mut next.pedersen);
			},
			(Phase::Verdicts, DcrmMessage::Verdict { against, .. }) => {
				self.note_verdict(me, against)?;
			},
			(Phase::Answers, DcrmMessage::Answer { accuser, share, .. }) => {
				self.note_answer(me, *accuser, share)?;
			},
			(Phase::Revealing, DcrmMessage::Reveal { commitments, .. }) => {
				if !next.qualified.contains(&me) {
					return Err("is left out".into());
				}
				let sound = self.resharing().feldman(me, commitments).is_ok();
				self.take_commitments(me, commitments, sound, |next| &mut next.feldman);
			},
			(Phase::Accusing, DcrmMessage::Accept { .. }) => self.next_view().spoken.push(me),
			(Phase::Accusing, DcrmMessage::Accuse { dealer, share, .. }) => {
				self.note_accusation(me, *dealer, share)?;
			},
			(Phase::Confirming, DcrmMessage::Confirm { key, .. }) => {
				if self.view.key != Some(*key) {
					return Err("another key".into());
				}
				self.handovers.confirmed.insert(me);
				self.next_view().spoken.push(me);
			},
			(phase, _) => return Err(format!("not now: handover, {phase:?}")),
		}
		self.handovers.heard.push((from.clone(), message));
		Ok(())
	}

	fn take_commitments(
		&mut self,
		dealer: MemberIndex,
		points: &[PublicKey],
		sound: bool,
		list: impl FnOnce(&mut HandoverView) -> &mut Vec<(MemberIndex, Vec<PublicKey>)>,
	) {
		let next = self.next_view();
		next.spoken.push(dealer);
		if sound {
			list(next).push((dealer, points.to_vec()));
		} else {
			self.leave_out(dealer);
		}
	}

	fn note_verdict(&mut self, me: MemberIndex, against: &[MemberIndex]) -> Result<(), String> {
		let members = self.view.members.len();
		let is_known = |dealer: &MemberIndex| (1..=members).contains(&usize::from(*dealer));
		let ascending = against.windows(2).all(|pair| pair[0] < pair[1]);
		if !ascending || !against.iter().all(is_known) {
			return Err("malformed".into());
		}
		let next = self.next_view();
		next.spoken.push(me);
		let most = next.members.len() - usize::from(next.threshold);
		let mut too_many = Vec::new();
		for dealer in against {
			if !next.qualified.contains(dealer) {
				continue;
			}
			next.complaints.push((me, *dealer));
			if next.complaints.iter().filter(|(_, about)| about == dealer).count() > most {
				too_many.push(*dealer);
			}
		}
		too_many.into_iter().for_each(|dealer| self.leave_out(dealer));
		Ok(())
	}

	fn note_answer(
		&mut self,
		me: MemberIndex,
		accuser: MemberIndex,
		share: &[u8; 64],
	) -> Result<(), String> {
		let right = self.fits_pedersen(me, accuser, share);
		let next = self.next_view();
		if !next.complaints.contains(&(accuser, me)) {
			return Err("no such complaint".into());
		}
		if right {
			next.complaints.retain(|complaint| *complaint != (accuser, me));
			next.answers.push((accuser, me, *share));
		} else {
			self.leave_out(me);
		}
		Ok(())
	}

	fn note_accusation(
		&mut self,
		me: MemberIndex,
		dealer: MemberIndex,
		share: &[u8; 64],
	) -> Result<(), String> {
		if !self.next_view().qualified.contains(&dealer) {
			return Err("somebody was faster, or there is no such dealer".into());
		}
		if self.fits_pedersen(dealer, me, share) && !self.fits_feldman(dealer, me, share) {
			// The accuser may have more to say.
			self.leave_out(dealer);
		} else {
			self.handovers.refuted.push((me, dealer));
			self.next_view().spoken.push(me);
		}
		Ok(())
	}

	/// A dealing does not count (any more).
	fn leave_out(&mut self, dealer: MemberIndex) {
		let next = self.next_view();
		next.qualified.retain(|other| *other != dealer);
		next.complaints.retain(|(_, about)| *about != dealer);
		next.answers.retain(|(_, of, _)| *of != dealer);
		next.feldman.retain(|(of, _)| *of != dealer);
		let attempt = next.attempt;
		self.handovers.left_out.entry(attempt).or_default().insert(dealer);
	}

	fn is_hopeless(&self) -> bool {
		let left = self.view.handover.as_ref().map_or(0, |next| next.qualified.len());
		left < usize::from(self.view.threshold)
	}

	/// End a phase of the handover, if it is time.
	pub(super) fn advance_handover(&mut self) {
		let Some(next) = self.view.handover.as_ref() else { return };
		let late = self.block >= next.deadline;
		let dealers_spoke = next.qualified.iter().all(|dealer| next.spoken.contains(dealer));
		let receivers_spoke = next.spoken.len() == next.members.len();
		match next.phase {
			Phase::Confirming if late || receivers_spoke => self.begin_handover_test(),
			Phase::Testing if late => self.fail_handover("not signed"),
			Phase::Confirming | Phase::Testing => {},
			_ if self.is_hopeless() => self.fail_handover("too few dealers"),
			Phase::Dealing if late || dealers_spoke => {
				let next = self.next_view();
				let spoken = std::mem::take(&mut next.spoken);
				let silent: Vec<_> =
					next.qualified.iter().copied().filter(|d| !spoken.contains(d)).collect();
				silent.into_iter().for_each(|dealer| self.leave_out(dealer));
				self.enter_if_enough(Phase::Verdicts);
			},
			Phase::Verdicts if late || receivers_spoke => {
				let quiet = next.complaints.is_empty();
				self.enter_if_enough(if quiet { Phase::Revealing } else { Phase::Answers });
			},
			Phase::Answers if late || next.complaints.is_empty() => {
				let accused: BTreeSet<_> =
					next.complaints.iter().map(|(_, dealer)| *dealer).collect();
				accused.into_iter().for_each(|dealer| self.leave_out(dealer));
				self.enter_if_enough(Phase::Revealing);
			},
			Phase::Revealing if late || dealers_spoke => {
				let silent: Vec<_> =
					next.qualified.iter().copied().filter(|d| !next.spoken.contains(d)).collect();
				silent.into_iter().for_each(|dealer| self.leave_out(dealer));
				self.enter_if_enough(Phase::Accusing);
			},
			Phase::Accusing if late || receivers_spoke => self.enter_if_enough(Phase::Confirming),
			_ => {},
		}
	}

	fn enter_if_enough(&mut self, phase: Phase) {
		if self.is_hopeless() {
			self.fail_handover("too few dealers");
		} else {
			self.enter_handover(phase);
		}
	}

	fn begin_handover_test(&mut self) {
		let confirmed = self.handovers.confirmed.len();
		let (group, key) = (self.view.id, self.view.key.unwrap());
		let next = self.next_view();
		if confirmed < usize::from(next.threshold) {
			return self.fail_handover("not confirmed");
		}
		let attempt = next.attempt;
		let message = test_message(self.genesis, group, attempt, &key);
		let request = self.request(KeyPath::Group, message, Purpose::Test);
		self.handovers.test = Some(request);
		self.enter_handover(Phase::Testing);
	}

	fn fail_handover(&mut self, reason: &'static str) {
		let attempt = self.next_view().attempt;
		self.handovers.failed.push((attempt, reason));
		self.close_test();
		if self.handovers.tries >= MAX_ATTEMPTS {
			self.give_up_handover();
		} else {
			self.begin_handover_attempt();
		}
	}

	fn close_test(&mut self) {
		if let Some(request) = self.handovers.test.take() {
			self.open.remove(&request);
		}
	}

	/// Everything stays as it was.
	pub fn give_up_handover(&mut self) {
		self.close_test();
		self.view.handover = None;
		self.handovers.given_up += 1;
	}

	/// The receivers have signed the test: from now on they are the members.
	pub(super) fn switch(&mut self) {
		self.handovers.test = None;
		let next = self.view.after_handover().expect("a handover is tested");
		let handover = self.view.handover.take().expect("a handover is tested");
		self.view = GroupView { qualified: handover.qualified, feldman: handover.feldman, ..next };
	}
}
