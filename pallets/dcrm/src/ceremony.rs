//! Key generation: what members say, and how a ceremony goes on.
//!
//! Nothing here fails: whatever a member says is either taken, or counts against who is at fault.

use alloc::vec::Vec;
use frame_support::{
	defensive,
	pallet_prelude::{Get, Weight},
};
use fusion_dcrm_primitives::{
	test_message, DcrmMessage, GroupId, GroupState, KeyPath, MemberIndex, PerMember, Phase,
	PublicKey, Purpose,
};
use fusion_vss::{
	group_key, FeldmanCommitments, Params, PedersenCommitments, Secp256k1, SharePair,
};

use crate::{
	account_of, pallet::*, Ceremony, Failure, Group, MemberSet, Running, WeightInfo,
	MAX_DUE_PER_BLOCK,
};

impl<T: Config> Pallet<T> {
	/// Advances the ceremonies whose deadline is due, a bounded number of them.
	pub(crate) fn advance_due(now: u32) -> Weight {
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
		Some(Running { id, group, ceremony, queued, ended: false })
	}

	/// Writes back what was worked on. A ceremony that is over is forgotten.
	pub(crate) fn store(running: Running) {
		let Running { id, group, ceremony, queued, .. } = running;
		if matches!(group.state, GroupState::Generating(_)) {
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

	/// Begins the attempt that `group.attempt` counts: everybody who is not excluded may deal.
	pub(crate) fn begin_attempt(running: &mut Running) {
		let everybody = running.group.everybody();
		let excluded = running.ceremony.excluded;
		running.group.key = None;
		running.group.qualified = everybody.without(excluded);
		running.ceremony = Ceremony::new(running.group.size(), excluded);
		Self::enter(running, Phase::Dealing);
	}

	fn enter(running: &mut Running, phase: Phase) {
		let deadline = Self::now().saturating_add(T::PhaseLength::get());
		running.group.state = GroupState::Generating(phase);
		running.ceremony.spoken = MemberSet::default();
		running.ceremony.deadline = deadline;
		Self::deposit_event(Event::PhaseStarted {
			group: running.id,
			attempt: running.group.attempt,
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
			DcrmMessage::Accuse { dealer, share, .. } => {
				Self::hear_accusation(running, index, dealer, &share);
			},
			DcrmMessage::Announce { .. } | DcrmMessage::Signature { .. } => {
				defensive!("no word of a ceremony");
			},
		}
		if !running.ended && Self::all_said(running) {
			Self::end_phase(running);
		}
	}

	fn hear_deal(running: &mut Running, dealer: MemberIndex, commitments: PerMember<PublicKey>) {
		running.ceremony.spoken.insert(dealer);
		let sound = running.group.params().is_some_and(|params| {
			PedersenCommitments::<Secp256k1>::from_bytes(params, &commitments).is_ok()
		});
		if sound {
			Pedersen::<T>::insert(running.id, dealer, commitments);
		} else {
			Self::disqualify(running, dealer);
		}
	}

	fn hear_verdict(running: &mut Running, accuser: MemberIndex, against: &[MemberIndex]) {
		running.ceremony.spoken.insert(accuser);
		for dealer in against.iter().copied() {
			// Who complains about a dealer that is out already is right, and it changes nothing.
			if !running.group.qualified.contains(dealer) {
				continue;
			}
			running.ceremony.with_complaints_about(dealer, |accusers| accusers.insert(accuser));
			if running.ceremony.complaints_about(dealer).len() > running.group.tolerated() {
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
		let sound = running.group.params().is_some_and(|params| {
			FeldmanCommitments::<Secp256k1>::from_bytes(params, &commitments).is_ok()
		});
		if !sound {
			return Self::fail(running, Failure::NotRevealed, [dealer].into_iter().collect());
		}
		running.ceremony.spoken.insert(dealer);
		Feldman::<T>::insert(running.id, dealer, commitments);
		if !Self::all_said(running) {
			return;
		}
		match Self::sum_of_constants(running) {
			Some(key) => running.group.key = Some(key),
			// The sum is the point at infinity. Dealers who follow the protocol don't know each other's
			// polynomials, so it takes the last who reveals to bring that about.
			None => Self::fail(running, Failure::NoKey, [dealer].into_iter().collect()),
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
		let (group, attempt) = (running.id, running.group.attempt);
		if proven {
			Self::deposit_event(Event::AccusationProven { group, attempt, accuser, dealer });
			Self::fail(running, Failure::FalseReveal, [dealer].into_iter().collect());
		} else {
			running.ceremony.spoken.insert(accuser);
			Self::deposit_event(Event::AccusationRefused { group, attempt, accuser, dealer });
		}
	}

	fn pedersen_of(
		running: &Running,
		dealer: MemberIndex,
	) -> Option<PedersenCommitments<Secp256k1>> {
		let points = Pedersen::<T>::get(running.id, dealer)?;
		PedersenCommitments::from_bytes(running.group.params()?, &points).ok()
	}

	fn feldman_of(running: &Running, dealer: MemberIndex) -> Option<FeldmanCommitments<Secp256k1>> {
		let points = Feldman::<T>::get(running.id, dealer)?;
		FeldmanCommitments::from_bytes(running.group.params()?, &points).ok()
	}

	/// The group's key: the sum of what the qualified dealers' polynomials are at 0.
	fn sum_of_constants(running: &Running) -> Option<PublicKey> {
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
		running.group.qualified.remove(dealer);
		running.ceremony.with_complaints_about(dealer, |accusers| *accusers = MemberSet::default());
		Answers::<T>::remove(running.id, dealer);
		Self::deposit_event(Event::DealerDisqualified {
			group: running.id,
			attempt: running.group.attempt,
			dealer,
		});
	}

	/// Whether nothing more can be said in this phase, or nothing that could save the attempt.
	fn all_said(running: &Running) -> bool {
		let Running { group, ceremony, .. } = running;
		let hopeless = group.qualified.len() < group.threshold;
		match running.phase() {
			Some(Phase::Dealing) => hopeless || group.qualified.is_subset(ceremony.spoken),
			Some(Phase::Verdicts) => hopeless || group.everybody().is_subset(ceremony.spoken),
			Some(Phase::Answers) => hopeless || ceremony.accused().is_empty(),
			Some(Phase::Revealing) => group.qualified.is_subset(ceremony.spoken),
			Some(Phase::Confirming) => group.everybody().is_subset(ceremony.spoken),
			Some(Phase::Testing) | None => false,
		}
	}

	/// Ends the phase, because all is said or because the deadline is there.
	fn end_phase(running: &mut Running) {
		match running.phase() {
			Some(Phase::Dealing) => {
				let dealt = running.group.qualified.intersection(running.ceremony.spoken);
				running.group.qualified = dealt;
				Self::enter_if_enough_dealers(running, Phase::Verdicts);
			},
			Some(Phase::Verdicts) => {
				let quiet = running.ceremony.accused().is_empty();
				let next = if quiet { Phase::Revealing } else { Phase::Answers };
				Self::enter_if_enough_dealers(running, next);
			},
			Some(Phase::Answers) => {
				for dealer in running.ceremony.accused().iter() {
					Self::disqualify(running, dealer);
				}
				Self::enter_if_enough_dealers(running, Phase::Revealing);
			},
			Some(Phase::Revealing) => {
				let silent = running.group.qualified.without(running.ceremony.spoken);
				if silent.is_empty() {
					Self::enter(running, Phase::Confirming);
				} else {
					Self::fail(running, Failure::NotRevealed, silent);
				}
			},
			Some(Phase::Confirming) => Self::begin_test(running),
			Some(Phase::Testing) => {
				Self::fail(running, Failure::NotSigned, MemberSet::default());
			},
			None => {
				defensive!("the end of a phase without a ceremony");
			},
		}
	}

	fn enter_if_enough_dealers(running: &mut Running, next: Phase) {
		if running.group.qualified.len() < running.group.threshold {
			Self::fail(running, Failure::TooFewDealers, MemberSet::default());
		} else {
			Self::enter(running, next);
		}
	}

	fn begin_test(running: &mut Running) {
		let (id, attempt) = (running.id, running.group.attempt);
		let Some(key) = running
			.group
			.key
			.filter(|_| running.ceremony.confirmed.len() >= running.group.threshold)
		else {
			return Self::fail(running, Failure::NotConfirmed, MemberSet::default());
		};
		let message = test_message(Self::genesis_hash(), id, attempt, &key);
		match Self::open_request(id, KeyPath::Group, message, Purpose::Test) {
			Ok(request) => {
				Self::enter(running, Phase::Testing);
				running.ceremony.test = Some(request);
			},
			// Only if the numbers of requests are used up.
			Err(_) => Self::fail(running, Failure::NotSigned, MemberSet::default()),
		}
	}

	/// The test message was signed: the key is used from now on.
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
		running.group.state = GroupState::Active;
		Self::deposit_event(Event::GroupActivated { group: id, key });
		if ActiveGroup::<T>::get().is_none() {
			ActiveGroup::<T>::put(id);
			Self::deposit_event(Event::ActiveGroupSet { group: id });
		}
	}

	/// Ends the attempt. The next one begins without the members to blame, if there is a next one.
	pub(crate) fn fail(running: &mut Running, reason: Failure, blamed: MemberSet) {
		let (id, attempt) = (running.id, running.group.attempt);
		Self::deposit_event(Event::AttemptFailed { group: id, attempt, reason, blamed });
		for index in running.group.everybody().iter() {
			Pedersen::<T>::remove(id, index);
			Feldman::<T>::remove(id, index);
			Answers::<T>::remove(id, index);
		}
		if let Some(request) = running.ceremony.test.take() {
			Self::close_request(request, id);
		}
		running.ended = true;

		let next = attempt.saturating_add(1);
		if next >= T::MaxAttempts::get() {
			running.group.state = GroupState::Failed;
			running.group.key = None;
			running.group.qualified = MemberSet::default();
			for member in &running.group.members {
				Nodes::<T>::mutate(account_of(member), |node| {
					if let Some(node) = node {
						node.groups = node.groups.saturating_sub(1);
					}
				});
			}
			Self::deposit_event(Event::GroupFailed { group: id });
			return;
		}
		let mut excluded = running.ceremony.excluded.union(blamed);
		if running.group.size().saturating_sub(excluded.len()) < running.group.threshold {
			// They were not all dishonest, then, or the group is beyond help.
			excluded = MemberSet::default();
		}
		running.ceremony.excluded = excluded;
		running.group.attempt = next;
		Self::begin_attempt(running);
	}
}
