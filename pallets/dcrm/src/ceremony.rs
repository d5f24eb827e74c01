//! Ceremonies, key generations and handovers: what members say, and how a ceremony goes on.
//!
//! Nothing here fails: whatever a member says is either taken, or counts against who is at fault.
//!
//! In a key generation the members of a group are its dealers and its receivers. In a handover the dealers are the
//! members, with their present indices, and the receivers are those who will be; that, and what becomes of a
//! dealer who is at fault, is where the two differ. See `docs/dcrm/README.md`.

use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
	defensive,
	pallet_prelude::{Get, Weight},
	BoundedVec,
};
use fusion_dcrm_primitives::{
	test_message, DcrmMessage, GroupId, GroupState, KeyPath, MemberId, MemberIndex, PerMember,
	Phase, PublicKey, Purpose,
};
use fusion_vss::{
	group_key, FeldmanCommitments, KeyCommitments, Params, PedersenCommitments, Resharing,
	Secp256k1, SharePair,
};

use crate::{
	account_of, pallet::*, Ceremony, Failure, Group, Handover, KeyPoints, MemberSet, Offence,
	Running, WeightInfo, MAX_DUE_PER_BLOCK,
};

impl<T: Config> Pallet<T> {
	/// Whether a ceremony is to be advanced now.
	pub(crate) fn is_deadline_due(now: u32) -> bool {
		let due = |(deadline, _): &(u32, GroupId)| *deadline <= now;
		!Self::is_paused() && Deadlines::<T>::get().first().is_some_and(due)
	}

	/// Advances the ceremonies whose deadline is due, a bounded number of them.
	pub(crate) fn advance_due(now: u32) -> Weight {
		if Self::is_paused() {
			return T::WeightInfo::on_initialize(0);
		}
		let due: Vec<GroupId> = Deadlines::<T>::get()
			.iter()
			.take_while(|(deadline, _)| *deadline <= now)
			.take(MAX_DUE_PER_BLOCK as usize)
			.map(|(_, id)| *id)
			.collect();
		for id in &due {
			match Groups::<T>::get(id).and_then(|group| Self::load(*id, group)) {
				Some(mut running) => {
					Self::end_phase(&mut running);
					Self::store(running);
				},
				None => {
					defensive!("a deadline of no ceremony");
					Self::requeue(*id, None);
				},
			}
		}
		T::WeightInfo::on_initialize(due.len() as u32)
	}

	/// The ceremony of a group, to be worked on.
	pub(crate) fn load(id: GroupId, group: Group) -> Option<Running> {
		let ceremony = Ceremonies::<T>::get(id)?;
		let queued = Some(ceremony.deadline);
		let handover = Handovers::<T>::get(id);
		Some(Running { id, group, handover, ceremony, queued, ended: false })
	}

	/// Writes back what was worked on. A ceremony that is over is forgotten.
	pub(crate) fn store(running: Running) {
		let under_way = running.phase().is_some();
		let Running { id, group, handover, ceremony, queued, .. } = running;
		Handovers::<T>::set(id, handover);
		if under_way {
			if queued != Some(ceremony.deadline) {
				Self::requeue(id, Some(ceremony.deadline));
			}
			Ceremonies::<T>::insert(id, ceremony);
		} else {
			Self::requeue(id, None);
			Ceremonies::<T>::remove(id);
		}
		Groups::<T>::insert(id, group);
	}

	/// Moves a group to its place in the queue of deadlines, or out of it.
	fn requeue(id: GroupId, deadline: Option<u32>) {
		Deadlines::<T>::mutate(|queue| {
			queue.retain(|(_, queued)| *queued != id);
			if let Some(deadline) = deadline {
				let entry = (deadline, id);
				let place = queue.partition_point(|other| *other < entry);
				if queue.try_insert(place, entry).is_err() {
					defensive!("more ceremonies than may be under way");
				}
			}
		});
	}

	/// Begins the next attempt: everybody who is not excluded may deal.
	pub(crate) fn begin_attempt(running: &mut Running) {
		let attempt = running.group.attempts;
		// So many blocks there are not.
		running.group.attempts = attempt.saturating_add(1);
		match &mut running.handover {
			Some(handover) => {
				handover.attempt = attempt;
				handover.tries = handover.tries.saturating_add(1);
			},
			None => {
				running.group.attempt = attempt;
				running.group.key = None;
			},
		}
		let excluded = running.ceremony.excluded;
		running.set_qualified(running.group.everybody().without(excluded));
		running.ceremony = Ceremony::new(running.group.size(), excluded);
		Self::enter(running, Phase::Dealing);
	}

	fn enter(running: &mut Running, phase: Phase) {
		let deadline = Self::now().saturating_add(T::PhaseLength::get());
		running.set_phase(phase);
		running.ceremony.spoken = MemberSet::default();
		running.ceremony.deadline = deadline;
		Self::deposit_event(Event::PhaseStarted {
			group: running.id,
			attempt: running.attempt(),
			phase,
			deadline,
		});
	}

	/// A member says what [`Pallet::admit`] found that it may say.
	pub(crate) fn hear(running: &mut Running, index: MemberIndex, payload: DcrmMessage) {
		match payload {
			DcrmMessage::Deal { commitments, .. } => Self::hear_deal(running, index, commitments),
			DcrmMessage::Verdict { against, .. } => Self::hear_verdict(running, index, &against),
			DcrmMessage::Answer { accuser, share, .. } => {
				Self::hear_answer(running, index, accuser, &share);
			},
			DcrmMessage::Reveal { commitments, .. } => {
				Self::hear_reveal(running, index, commitments);
			},
			DcrmMessage::Confirm { .. } => {
				running.ceremony.confirmed.insert(index);
				running.ceremony.spoken.insert(index);
			},
			DcrmMessage::Accept { .. } => running.ceremony.spoken.insert(index),
			DcrmMessage::Accuse { dealer, share, .. } => {
				Self::hear_accusation(running, index, dealer, &share);
			},
			DcrmMessage::Announce { .. }
			| DcrmMessage::Signature { .. }
			| DcrmMessage::Hold { .. }
			| DcrmMessage::Silent { .. } => {
				defensive!("no word of a ceremony");
			},
		}
		if !running.ended && Self::all_said(running) {
			Self::end_phase(running);
		}
	}

	fn hear_deal(running: &mut Running, dealer: MemberIndex, commitments: PerMember<PublicKey>) {
		running.ceremony.spoken.insert(dealer);
		let sound = if running.handover.is_some() {
			Self::resharing(running)
				.is_some_and(|resharing| resharing.pedersen(dealer, &commitments).is_ok())
		} else {
			running.params().is_some_and(|params| {
				PedersenCommitments::<Secp256k1>::from_bytes(params, &commitments).is_ok()
			})
		};
		if sound {
			Pedersen::<T>::insert(running.id, dealer, commitments);
		} else {
			Self::convict(running, dealer, Offence::UnsoundDealing);
			Self::disqualify(running, dealer);
		}
	}

	fn hear_verdict(running: &mut Running, accuser: MemberIndex, against: &[MemberIndex]) {
		running.ceremony.spoken.insert(accuser);
		for dealer in against.iter().copied() {
			// Who complains about a dealer that is out already is right, and it changes nothing.
			if !running.qualified().contains(dealer) {
				continue;
			}
			running.ceremony.with_complaints_about(dealer, |accusers| accusers.insert(accuser));
			if running.ceremony.complaints_about(dealer).len() > running.tolerated() {
				Self::disqualify(running, dealer);
			}
		}
	}

	fn hear_answer(
		running: &mut Running,
		dealer: MemberIndex,
		accuser: MemberIndex,
		share: &[u8; 64],
	) {
		let id = running.id;
		let right = Self::pedersen_of(running, dealer)
			.zip(SharePair::<Secp256k1>::from_bytes(share).ok())
			.is_some_and(|(commitments, pair)| commitments.verify(accuser, &pair).is_ok());
		if !right {
			Self::convict(running, dealer, Offence::WrongAnswer);
			Self::disqualify(running, dealer);
			return;
		}
		running.ceremony.with_complaints_about(dealer, |accusers| accusers.remove(accuser));
		if running.ceremony.complaints_about(dealer).is_empty() {
			running.ceremony.spoken.insert(dealer);
		}
		Answers::<T>::mutate(id, dealer, |answers| {
			if answers.try_push((accuser, *share)).is_err() {
				defensive!("more answers than members");
			}
		});
	}

	fn hear_reveal(running: &mut Running, dealer: MemberIndex, commitments: PerMember<PublicKey>) {
		if running.handover.is_some() {
			running.ceremony.spoken.insert(dealer);
			let sound = Self::resharing(running)
				.is_some_and(|resharing| resharing.feldman(dealer, &commitments).is_ok());
			if sound {
				Feldman::<T>::insert(running.id, dealer, commitments);
			} else {
				Self::convict(running, dealer, Offence::UnsoundReveal);
				Self::disqualify(running, dealer);
			}
			return;
		}
		let sound = running.params().is_some_and(|params| {
			FeldmanCommitments::<Secp256k1>::from_bytes(params, &commitments).is_ok()
		});
		if !sound {
			Self::convict(running, dealer, Offence::UnsoundReveal);
			return Self::fail(running, Failure::NotRevealed, [dealer].into_iter().collect());
		}
		running.ceremony.spoken.insert(dealer);
		Feldman::<T>::insert(running.id, dealer, commitments);
		if Self::all_said(running) {
			// There is none if the sum is the point at infinity. Somebody has revealed something else than it dealt
			// then, for nobody knows the others' polynomials when it deals. But it need not be who was last: whoever
			// sees a reveal on its way can be in a block before it. So nobody is blamed until a share proves it, as
			// for any other false reveal.
			running.group.key = Self::sum_of_constants(running);
		}
	}

	fn hear_accusation(
		running: &mut Running,
		accuser: MemberIndex,
		dealer: MemberIndex,
		share: &[u8; 64],
	) {
		let proven = SharePair::<Secp256k1>::from_bytes(share).is_ok_and(|pair| {
			let dealt = Self::pedersen_of(running, dealer)
				.is_some_and(|commitments| commitments.verify(accuser, &pair).is_ok());
			let revealed = || {
				Self::feldman_of(running, dealer)
					.is_some_and(|commitments| commitments.verify(accuser, &pair).is_ok())
			};
			dealt && !revealed()
		});
		let (group, attempt) = (running.id, running.attempt());
		if proven {
			Self::deposit_event(Event::AccusationProven { group, attempt, accuser, dealer });
			Self::convict(running, dealer, Offence::FalseReveal);
			if running.handover.is_some() {
				// The key is the same without it. The accuser may have more to say.
				Self::disqualify(running, dealer);
			} else {
				Self::fail(running, Failure::FalseReveal, [dealer].into_iter().collect());
			}
		} else {
			running.ceremony.spoken.insert(accuser);
			Self::convict(running, accuser, Offence::FalseAccusation);
			Self::deposit_event(Event::AccusationRefused { group, attempt, accuser, dealer });
		}
	}

	fn pedersen_of(
		running: &Running,
		dealer: MemberIndex,
	) -> Option<PedersenCommitments<Secp256k1>> {
		let points = Pedersen::<T>::get(running.id, dealer)?;
		PedersenCommitments::from_bytes(running.params()?, &points).ok()
	}

	fn feldman_of(running: &Running, dealer: MemberIndex) -> Option<FeldmanCommitments<Secp256k1>> {
		let points = Feldman::<T>::get(running.id, dealer)?;
		FeldmanCommitments::from_bytes(running.params()?, &points).ok()
	}

	/// What is handed over, and to how many. Its dealings were checked to be those of the dealers' shares.
	pub(crate) fn resharing(running: &Running) -> Option<Resharing<Secp256k1>> {
		let KeyPoints { members, points, .. } = Commitments::<T>::get(running.id)?;
		let old = Params::new(members, points.len() as u16).ok()?;
		let commitments = KeyCommitments::from_bytes(old, &points).ok()?;
		Some(Resharing::new(commitments, running.params()?))
	}

	/// Commitments to the polynomial that shares the key of an active group now: what the dealings of its last
	/// ceremony make. Takes `|Q|·t` multiplications, if they are not known yet.
	pub(crate) fn key_points(id: GroupId, group: &Group) -> Option<KeyPoints> {
		let known = Commitments::<T>::get(id);
		if let Some(points) = known.as_ref().filter(|known| known.attempt == group.attempt) {
			return Some(points.clone());
		}
		let params = group.params()?;
		let dealt = |dealer: MemberIndex| {
			let points = Feldman::<T>::get(id, dealer)?;
			Some((dealer, FeldmanCommitments::<Secp256k1>::from_bytes(params, &points).ok()?))
		};
		let dealings: BTreeMap<_, _> = group.qualified.iter().map(dealt).collect::<Option<_>>()?;
		let made = match known {
			None => {
				let dealings: Vec<_> = dealings.into_values().collect();
				KeyCommitments::from_dealings(&dealings).ok()?
			},
			Some(KeyPoints { members, points, .. }) => {
				let old = Params::new(members, points.len() as u16).ok()?;
				let old = KeyCommitments::from_bytes(old, &points).ok()?;
				Resharing::new(old, params).settle(dealings).ok()?.commitments().clone()
			},
		};
		Some(KeyPoints {
			attempt: group.attempt,
			members: group.size(),
			points: BoundedVec::truncate_from(made.to_bytes()),
		})
	}

	/// The group's key: the sum of what the qualified dealers' polynomials are at 0.
	pub(crate) fn sum_of_constants(running: &Running) -> Option<PublicKey> {
		// Only the constants count, so only they are decoded: as commitments to polynomials of degree 0.
		let constants_only = Params::new(running.group.size(), 1).ok()?;
		let constants: Option<Vec<FeldmanCommitments<Secp256k1>>> = running
			.group
			.qualified
			.iter()
			.map(|dealer| {
				let points = Feldman::<T>::get(running.id, dealer)?;
				FeldmanCommitments::from_bytes(constants_only, points.get(..1)?).ok()
			})
			.collect();
		group_key(&constants?).ok()
	}

	/// A dealing does not count (any more).
	fn disqualify(running: &mut Running, dealer: MemberIndex) {
		let mut qualified = running.qualified();
		qualified.remove(dealer);
		running.set_qualified(qualified);
		running.ceremony.with_complaints_about(dealer, |accusers| *accusers = MemberSet::default());
		Answers::<T>::remove(running.id, dealer);
		if running.handover.is_some() {
			Feldman::<T>::remove(running.id, dealer);
		}
		Self::deposit_event(Event::DealerDisqualified {
			group: running.id,
			attempt: running.attempt(),
			dealer,
		});
	}

	/// Whether nothing more can be said in this phase, or nothing that could save the attempt.
	fn all_said(running: &Running) -> bool {
		let spoken = running.ceremony.spoken;
		let dealers_spoke = || running.qualified().is_subset(spoken);
		let receivers_spoke = || running.every_receiver().is_subset(spoken);
		match running.phase() {
			Some(Phase::Confirming) => receivers_spoke(),
			Some(Phase::Testing) | None => false,
			Some(_) if running.is_hopeless() => true,
			Some(Phase::Dealing | Phase::Revealing) => dealers_spoke(),
			Some(Phase::Verdicts | Phase::Accusing) => receivers_spoke(),
			Some(Phase::Answers) => running.ceremony.accused().is_empty(),
		}
	}

	/// Ends the phase, because all is said or because the deadline is there.
	fn end_phase(running: &mut Running) {
		// A phase ends early when too few dealers are left, whatever the others would say. Who has not spoken then
		// had no time to.
		let is_due = Self::now() >= running.ceremony.deadline;
		match running.phase() {
			Some(Phase::Dealing) => {
				if is_due {
					let silent = running.qualified().without(running.ceremony.spoken);
					Self::note_absent(running, silent);
				}
				let dealt = running.qualified().intersection(running.ceremony.spoken);
				running.set_qualified(dealt);
				Self::enter_if_enough_dealers(running, Phase::Verdicts);
			},
			Some(Phase::Verdicts) => {
				let quiet = running.ceremony.accused().is_empty();
				let next = if quiet { Phase::Revealing } else { Phase::Answers };
				Self::enter_if_enough_dealers(running, next);
			},
			Some(Phase::Answers) => {
				let silent = running.ceremony.accused();
				if is_due {
					// There is no more silence than members may be down, or it is not theirs.
					let few = silent.len()
						<= running.group.size().saturating_sub(running.group.threshold);
					Self::blame_silence(running, silent, few, Offence::Unanswered);
				}
				for dealer in silent.iter() {
					Self::disqualify(running, dealer);
				}
				Self::enter_if_enough_dealers(running, Phase::Revealing);
			},
			Some(Phase::Revealing) => {
				let silent = running.qualified().without(running.ceremony.spoken);
				if is_due {
					let spoken = running.qualified().intersection(running.ceremony.spoken);
					let others_spoke = spoken.len() >= running.group.threshold;
					Self::blame_silence(running, silent, others_spoke, Offence::Unrevealed);
				}
				if running.handover.is_some() {
					for dealer in silent.iter() {
						Self::disqualify(running, dealer);
					}
					Self::enter_if_enough_dealers(running, Phase::Accusing);
				} else if silent.is_empty() {
					Self::enter(running, Phase::Confirming);
				} else {
					Self::fail(running, Failure::NotRevealed, silent);
				}
			},
			// From here on it does not change any more whose dealings count.
			Some(Phase::Accusing) => Self::enter_if_enough_dealers(running, Phase::Confirming),
			Some(Phase::Confirming) => Self::begin_test(running),
			Some(Phase::Testing) => {
				Self::fail(running, Failure::NotSigned, MemberSet::default());
			},
			None => {
				defensive!("the end of a phase without a ceremony");
			},
		}
	}

	/// Dealers were silent at the deadline. Unless the others were not, it is not held against them: members speak when
	/// they see what is finalized, and when nothing is, nobody can.
	fn blame_silence(running: &Running, silent: MemberSet, theirs: bool, offence: Offence) {
		if !theirs {
			return Self::note_absent(running, silent);
		}
		for dealer in silent.iter() {
			Self::convict(running, dealer, offence);
		}
	}

	fn enter_if_enough_dealers(running: &mut Running, next: Phase) {
		if running.is_hopeless() {
			Self::fail(running, Failure::TooFewDealers, MemberSet::default());
		} else {
			Self::enter(running, next);
		}
	}

	fn begin_test(running: &mut Running) {
		let (id, attempt) = (running.id, running.attempt());
		let Some(key) = running.group.key else {
			return Self::fail(running, Failure::NoKey, MemberSet::default());
		};
		if running.ceremony.confirmed.len() < running.threshold() {
			return Self::fail(running, Failure::NotConfirmed, MemberSet::default());
		}
		let message = test_message(Self::genesis_hash(), id, attempt, &key);
		match Self::open_request(id, attempt, KeyPath::Group, message, Purpose::Test) {
			Ok(request) => {
				Self::enter(running, Phase::Testing);
				running.ceremony.test = Some(request);
			},
			// Only if the numbers of requests are used up.
			Err(_) => Self::fail(running, Failure::NotSigned, MemberSet::default()),
		}
	}

	/// The test message was signed: the key, or the new shares of it, are used from now on.
	pub(crate) fn activate(running: &mut Running) {
		let (id, Some(key)) = (running.id, running.group.key) else {
			defensive!("a test of no key");
			return;
		};
		for index in running.group.everybody().iter() {
			Pedersen::<T>::remove(id, index);
			Answers::<T>::remove(id, index);
		}
		running.ended = true;
		if let Some(handover) = running.handover.take() {
			return Self::hand_over(running, handover);
		}
		running.group.state = GroupState::Active;
		Self::deposit_event(Event::GroupActivated { group: id, key });
		if ActiveGroup::<T>::get().is_none() {
			ActiveGroup::<T>::put(id);
			Self::deposit_event(Event::ActiveGroupSet { group: id });
		}
	}

	/// From now on the receivers are the members.
	fn hand_over(running: &mut Running, handover: Handover) {
		let group = &mut running.group;
		let members = core::mem::replace(&mut group.members, handover.members);
		Self::leave(members.iter().filter(|member| !group.members.contains(member)));
		Conducts::<T>::remove(running.id);
		SilenceVotes::<T>::remove(running.id);
		group.threshold = handover.threshold;
		group.attempt = handover.attempt;
		group.qualified = handover.qualified;
		group.epoch = group.epoch.saturating_add(1);
		Self::deposit_event(Event::HandedOver {
			group: running.id,
			epoch: group.epoch,
			members: group.members.len() as u32,
			threshold: group.threshold,
		});
	}

	/// These nodes are in one group less.
	fn leave<'a>(members: impl Iterator<Item = &'a MemberId>) {
		for member in members {
			Nodes::<T>::mutate(account_of(member), |node| {
				if let Some(node) = node {
					node.groups = node.groups.saturating_sub(1);
				}
			});
		}
	}

	/// Gives a handover up: everything stays as it was.
	pub(crate) fn give_up(running: &mut Running) {
		let Some(handover) = running.handover.take() else { return };
		Self::forget_attempt(running);
		running.ended = true;
		let present = &running.group.members;
		Self::leave(handover.members.iter().filter(|member| !present.contains(member)));
		Self::rest_votes(running);
		Self::deposit_event(Event::HandoverFailed { group: running.id });
	}

	/// Forgets what was said in an attempt.
	fn forget_attempt(running: &mut Running) {
		let id = running.id;
		for index in running.group.everybody().iter() {
			Pedersen::<T>::remove(id, index);
			Feldman::<T>::remove(id, index);
			Answers::<T>::remove(id, index);
		}
		if let Some(request) = running.ceremony.test.take() {
			Self::close_request(request, id);
		}
	}

	/// Ends the attempt. The next one begins without the members to blame, if there is a next one.
	pub(crate) fn fail(running: &mut Running, reason: Failure, blamed: MemberSet) {
		let (id, attempt) = (running.id, running.attempt());
		Self::deposit_event(Event::AttemptFailed { group: id, attempt, reason, blamed });
		if let Some(tries) = running.handover.as_ref().map(|handover| handover.tries) {
			if tries >= T::MaxAttempts::get() {
				return Self::give_up(running);
			}
			Self::forget_attempt(running);
			running.ended = true;
			return Self::begin_attempt(running);
		}
		Self::forget_attempt(running);
		running.ended = true;

		if running.group.attempts >= T::MaxAttempts::get() {
			running.group.state = GroupState::Failed;
			running.group.key = None;
			running.group.qualified = MemberSet::default();
			Conducts::<T>::remove(id);
			Self::leave(running.group.members.iter());
			Self::deposit_event(Event::GroupFailed { group: id });
			return;
		}
		let mut excluded = running.ceremony.excluded.union(blamed);
		if running.group.size().saturating_sub(excluded.len()) < running.group.threshold {
			// They were not all dishonest, then, or the group is beyond help.
			excluded = MemberSet::default();
		}
		running.ceremony.excluded = excluded;
		Self::begin_attempt(running);
	}
}
