//! What is listened to: the cheap checks before a member's message enters the pool, and again before
//! it is dispatched.

use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchError, Get, TransactionPriority, TransactionSource, TransactionValidityWithRefund,
		ValidTransaction, Weight,
	},
};
use fusion_dcrm_primitives::{
	message::DCRM_DOMAIN, Attempt, DcrmMessage, GroupId, MemberId, MemberIndex, MemberSigned,
	Phase, Purpose, RequestId, MAX_MEMBERS,
};

use crate::{
	account_of, index_in, pallet::*, threshold_of, Group, MemberSet, OpenRequest, Refusal, Running,
	Watched, WeightInfo, ANNOUNCE_INTERVAL, LONGEVITY, VOTE_WINDOW,
};

/// Ahead of what is paid for: there are few of these, and coins wait for them.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;
/// A signature for an account comes after all other words.
const ACCOUNT_PRIORITY: TransactionPriority = PRIORITY / 2;

/// A message that the chain waits for, with what was looked up to find that out.
pub(crate) enum Admitted {
	/// A node announces where it is reached.
	Announcement,
	/// A member speaks in a ceremony.
	Word(Running, MemberIndex),
	/// A member delivers a signature.
	Signature(OpenRequest, Group, MemberIndex),
	/// A member shows that it has its share.
	Holding(Watched, Group, MemberIndex),
	/// A member says that another one is silent.
	Silence(Group, MemberIndex),
}

/// Where a phase stands in the order of phases.
fn rank(phase: Phase) -> u8 {
	match phase {
		Phase::Dealing => 0,
		Phase::Verdicts => 1,
		Phase::Answers => 2,
		Phase::Revealing => 3,
		Phase::Accusing => 4,
		Phase::Confirming => 5,
		Phase::Testing => 6,
	}
}

/// As what a member speaks.
#[derive(Clone, Copy)]
enum Role {
	Dealer,
	Receiver,
}

/// Identifies the word, whatever is said: two transactions with the same tag are never in one pool.
pub(crate) fn tag(member: &MemberId, payload: &DcrmMessage) -> Vec<u8> {
	let (kind, number, attempt, subject): (u8, u64, Attempt, MemberIndex) = match payload {
		DcrmMessage::Announce { .. } => (0, 0, 0, 0),
		DcrmMessage::Deal { group, attempt, .. } => (1, (*group).into(), *attempt, 0),
		DcrmMessage::Verdict { group, attempt, .. } => (2, (*group).into(), *attempt, 0),
		DcrmMessage::Answer { group, attempt, accuser, .. } => {
			(3, (*group).into(), *attempt, *accuser)
		},
		DcrmMessage::Reveal { group, attempt, .. } => (4, (*group).into(), *attempt, 0),
		DcrmMessage::Confirm { group, attempt, .. } => (5, (*group).into(), *attempt, 0),
		DcrmMessage::Accuse { group, attempt, dealer, .. } => {
			(6, (*group).into(), *attempt, *dealer)
		},
		DcrmMessage::Accept { group, attempt } => (8, (*group).into(), *attempt, 0),
		DcrmMessage::Signature { request, .. } => (7, *request, 0, 0),
		DcrmMessage::Hold { group, number, .. } => (9, (*group).into(), *number, 0),
		DcrmMessage::Silent { group, attempt, member, .. } => {
			(10, (*group).into(), *attempt, *member)
		},
	};
	(member, kind, number, attempt, subject).encode()
}

/// The priority of a word that was admitted.
fn priority_of(admitted: &Admitted) -> TransactionPriority {
	match admitted {
		Admitted::Signature(open, ..)
			if matches!(open.request.purpose, Purpose::Account { .. }) =>
		{
			ACCOUNT_PRIORITY
		},
		_ => PRIORITY,
	}
}

impl<T: Config> Pallet<T> {
	/// Whether the message may enter the pool, or a block. No heavy mathematics: one sr25519 signature
	/// is checked, and that last.
	pub(crate) fn authorize_speak(
		_: TransactionSource,
		message: &MemberSigned<DcrmMessage>,
	) -> TransactionValidityWithRefund {
		let admitted = Self::admit(&message.member, &message.payload)?;
		if !message.verify(Self::genesis_hash(), DCRM_DOMAIN) {
			return Err(Refusal::BadSignature.into());
		}
		let valid: ValidTransaction = ValidTransaction::with_tag_prefix("FusionDcrm")
			.and_provides(tag(&message.member, &message.payload))
			.priority(priority_of(&admitted))
			.longevity(LONGEVITY)
			.propagate(true)
			.into();
		Ok((valid, Weight::zero()))
	}

	/// A member speaks. Returns the weight that was used.
	///
	/// Whoever dispatches this has checked the signature (see [`Self::authorize_speak`]); everything
	/// else is checked again, since it is needed anyway.
	pub(crate) fn do_speak(message: MemberSigned<DcrmMessage>) -> Result<Weight, DispatchError> {
		let MemberSigned { member, payload, .. } = message;
		let admitted = Self::admit(&member, &payload).map_err(Error::<T>::from)?;
		match (admitted, payload) {
			(Admitted::Announcement, DcrmMessage::Announce { peer, sequence }) => {
				Self::note_announcement(account_of(&member), peer, sequence);
				Ok(T::WeightInfo::speak_announce())
			},
			(
				Admitted::Signature(open, group, index),
				DcrmMessage::Signature { request, signature },
			) => Ok(Self::hear_signature(request, open, &group, (index, &member), signature)),
			(
				Admitted::Holding(watched, group, index),
				DcrmMessage::Hold { group: id, proof, .. },
			) => Ok(Self::hear_holding(id, &group, watched, index, &proof)),
			(Admitted::Silence(group, by), DcrmMessage::Silent { group: id, member, .. }) => {
				Ok(Self::hear_silence(id, &group, by, member))
			},
			(Admitted::Word(mut running, index), payload) => {
				let old = running.handover.as_ref().map(|_| running.group.threshold);
				let members = running.group.size().max(running.every_receiver().len()).into();
				let mut used = Self::weight_of_words(&payload, Some((running.threshold(), old)));
				Self::hear(&mut running, index, payload);
				if running.ended {
					used.saturating_accrue(T::WeightInfo::end_attempt(members));
				}
				Self::store(running);
				Ok(used)
			},
			// `admit` answers each message with its own kind.
			_ => Err(Error::<T>::Malformed.into()),
		}
	}

	/// Whether the chain waits for this word of this member.
	pub(crate) fn admit(member: &MemberId, payload: &DcrmMessage) -> Result<Admitted, Refusal> {
		let announces = matches!(payload, DcrmMessage::Announce { .. });
		ensure!(announces || !Self::is_paused(), Refusal::Paused);
		match payload {
			DcrmMessage::Announce { peer, sequence } => {
				let account = account_of(member);
				ensure!(Nodes::<T>::contains_key(&account), Refusal::Stranger);
				ensure!(!peer.is_empty(), Refusal::Malformed);
				if let Some(last) = Peers::<T>::get(&account) {
					ensure!(*sequence > last.sequence, Refusal::TooLate);
					ensure!(*peer != last.peer, Refusal::NotAsked);
					let next = last.block.saturating_add(ANNOUNCE_INTERVAL);
					ensure!(Self::now() >= next, Refusal::TooEarly);
				}
				Ok(Admitted::Announcement)
			},
			DcrmMessage::Deal { group, attempt, .. } => {
				let stage = (*attempt, Phase::Dealing);
				let (running, index) = Self::in_phase(member, Role::Dealer, *group, stage)?;
				ensure!(running.qualified().contains(index), Refusal::NotAsked);
				Self::unspoken(running, index)
			},
			DcrmMessage::Verdict { group, attempt, against } => {
				let stage = (*attempt, Phase::Verdicts);
				let (running, index) = Self::in_phase(member, Role::Receiver, *group, stage)?;
				let ascending = against.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
				let dealers = running.group.everybody();
				// In a handover, a dealer that has lost its dealing lacks it as a receiver.
				let own = running.handover.is_none().then_some(index);
				let sound = against.iter().all(|d| dealers.contains(*d) && Some(*d) != own);
				ensure!(ascending && sound, Refusal::Malformed);
				Self::unspoken(running, index)
			},
			DcrmMessage::Answer { group, attempt, accuser, .. } => {
				let stage = (*attempt, Phase::Answers);
				let (running, index) = Self::in_phase(member, Role::Dealer, *group, stage)?;
				let asked = running.ceremony.complaints_about(index).contains(*accuser);
				ensure!(asked, Refusal::NotAsked);
				Ok(Admitted::Word(running, index))
			},
			DcrmMessage::Reveal { group, attempt, .. } => {
				let stage = (*attempt, Phase::Revealing);
				let (running, index) = Self::in_phase(member, Role::Dealer, *group, stage)?;
				ensure!(running.qualified().contains(index), Refusal::NotAsked);
				Self::unspoken(running, index)
			},
			DcrmMessage::Confirm { group, attempt, key } => {
				let stage = (*attempt, Phase::Confirming);
				let (running, index) = Self::in_phase(member, Role::Receiver, *group, stage)?;
				ensure!(running.group.key.as_ref() == Some(key), Refusal::Malformed);
				Self::unspoken(running, index)
			},
			DcrmMessage::Accuse { group, attempt, dealer, .. } => {
				let handover = Handovers::<T>::contains_key(group);
				let phase = if handover { Phase::Accusing } else { Phase::Confirming };
				let stage = (*attempt, phase);
				let (running, index) = Self::in_phase(member, Role::Receiver, *group, stage)?;
				if handover {
					// Somebody may have been faster.
					let known = running.group.everybody().contains(*dealer);
					ensure!(known, Refusal::Malformed);
					ensure!(running.qualified().contains(*dealer), Refusal::TooLate);
				} else {
					let sound = running.qualified().contains(*dealer) && *dealer != index;
					ensure!(sound, Refusal::Malformed);
				}
				Self::unspoken(running, index)
			},
			DcrmMessage::Accept { group, attempt } => {
				let stage = (*attempt, Phase::Accusing);
				let (running, index) = Self::in_phase(member, Role::Receiver, *group, stage)?;
				Self::unspoken(running, index)
			},
			DcrmMessage::Signature { request, .. } => Self::admit_signature(member, *request),
			DcrmMessage::Hold { group, number, .. } => Self::admit_holding(member, *group, *number),
			DcrmMessage::Silent { group, attempt, member: silent, since } => {
				Self::admit_silence(member, *group, *attempt, *silent, *since)
			},
		}
	}

	fn admit_holding(member: &MemberId, id: GroupId, number: u32) -> Result<Admitted, Refusal> {
		let group = Groups::<T>::get(id).ok_or(Refusal::UnknownGroup)?;
		let index = group.index_of(member).ok_or(Refusal::Stranger)?;
		let watched = Watches::<T>::get(id);
		ensure!(number <= watched.number, Refusal::TooEarly);
		ensure!(number == watched.number, Refusal::TooLate);
		let open = watched.open.as_ref().filter(|open| open.attempt == group.attempt);
		let spoken = open.ok_or(Refusal::TooLate)?.spoken;
		ensure!(!spoken.contains(index), Refusal::NotAsked);
		Ok(Admitted::Holding(watched, group, index))
	}

	fn admit_silence(
		member: &MemberId,
		id: GroupId,
		attempt: Attempt,
		silent: MemberIndex,
		since: u32,
	) -> Result<Admitted, Refusal> {
		let group = Groups::<T>::get(id).ok_or(Refusal::UnknownGroup)?;
		let by = group.index_of(member).ok_or(Refusal::Stranger)?;
		ensure!(group.everybody().contains(silent) && silent != by, Refusal::Malformed);
		ensure!(attempt >= group.attempt, Refusal::TooLate);
		ensure!(attempt == group.attempt, Refusal::TooEarly);
		// What was said long ago, or before everything stood still, is not true any more, whoever repeats it.
		let now = Self::now();
		ensure!(since <= now, Refusal::TooEarly);
		let good = now < since.saturating_add(VOTE_WINDOW) && since >= ResumedAt::<T>::get();
		ensure!(good, Refusal::TooLate);
		// Until the commitments are known, to hand the key over would be too much work for a free word.
		let known = Commitments::<T>::get(id).map(|known| known.attempt);
		ensure!(known == Some(group.attempt), Refusal::TooEarly);
		// Members change already.
		ensure!(!Handovers::<T>::contains_key(id), Refusal::NotAsked);
		let silences = Self::silences(id, &group);
		let voters = Self::voters(&silences, silent);
		ensure!(!voters.contains(by), Refusal::NotAsked);
		// So much later than the last votes that were counted that no vote of that time is good any more.
		ensure!(now >= silences.next_ejection, Refusal::TooEarly);
		Ok(Admitted::Silence(group, by))
	}

	fn admit_signature(member: &MemberId, request: RequestId) -> Result<Admitted, Refusal> {
		let Some(mut open) = Requests::<T>::get(request) else {
			let future = request >= NextRequest::<T>::get();
			return Err(if future { Refusal::TooEarly } else { Refusal::TooLate });
		};
		let id = open.request.group;
		let group = Groups::<T>::get(id).ok_or(Refusal::UnknownGroup)?;
		// New shares are tested by those who have them.
		let tests = open.request.purpose == Purpose::Test;
		let handover = if tests { Handovers::<T>::get(id) } else { None };
		let (members, attempt) = handover
			.as_ref()
			.map_or((&group.members, group.attempt), |next| (&next.members, next.attempt));
		let index = index_in(members, member).ok_or(Refusal::Stranger)?;
		if open.attempt != attempt {
			// Those who have spoken were members of an earlier epoch, with other indices.
			open.attempt = attempt;
			open.spoken = MemberSet::default();
		}
		ensure!(!open.spoken.contains(index), Refusal::NotAsked);
		Ok(Admitted::Signature(open, group, index))
	}

	/// The ceremony, if it is in this phase of this attempt, and the member has this role in it.
	fn in_phase(
		member: &MemberId,
		role: Role,
		id: GroupId,
		(attempt, phase): (Attempt, Phase),
	) -> Result<(Running, MemberIndex), Refusal> {
		let group = Groups::<T>::get(id).ok_or(Refusal::UnknownGroup)?;
		let dealer = group.index_of(member);
		let Some(running) = Self::load(id, group) else {
			return Err(if dealer.is_some() { Refusal::TooLate } else { Refusal::Stranger });
		};
		let index = match role {
			Role::Dealer => dealer,
			Role::Receiver => running.receiver(member),
		};
		let index = index.ok_or(Refusal::Stranger)?;
		let present = running.phase().ok_or(Refusal::TooLate)?;
		let wanted = (attempt, rank(phase));
		let reached = (running.attempt(), rank(present));
		ensure!(wanted >= reached, Refusal::TooLate);
		ensure!(wanted <= reached, Refusal::TooEarly);
		Ok((running, index))
	}

	fn unspoken(running: Running, index: MemberIndex) -> Result<Admitted, Refusal> {
		ensure!(!running.ceremony.spoken.contains(index), Refusal::NotAsked);
		Ok(Admitted::Word(running, index))
	}

	/// The weight of [`Self::authorize_speak`].
	pub(crate) fn weight_to_authorize(message: &MemberSigned<DcrmMessage>) -> Weight {
		T::WeightInfo::authorize_speak(u32::try_from(message.encoded_size()).unwrap_or(u32::MAX))
	}

	/// The most weight that a message can use.
	pub(crate) fn weight_to_speak(payload: &DcrmMessage) -> Weight {
		let words = Self::weight_of_words(payload, None);
		let end = match payload {
			DcrmMessage::Announce { .. }
			| DcrmMessage::Hold { .. }
			| DcrmMessage::Silent { .. } => Weight::zero(),
			_ => T::WeightInfo::end_attempt(MAX_MEMBERS),
		};
		words.saturating_add(end)
	}

	/// The weight of a message that does not end an attempt. `thresholds`: of the secret sharing that is made,
	/// and in a handover of the one that there is; the largest there are, if they are not known.
	fn weight_of_words(payload: &DcrmMessage, thresholds: Option<(u16, Option<u16>)>) -> Weight {
		let largest = threshold_of(MAX_MEMBERS);
		let (threshold, old) = thresholds.unwrap_or((largest, Some(largest)));
		let threshold = threshold.into();
		let constant =
			|| old.map_or(Weight::zero(), |old| T::WeightInfo::check_constant(old.into()));
		match payload {
			DcrmMessage::Announce { .. } => T::WeightInfo::speak_announce(),
			DcrmMessage::Deal { commitments, .. } => {
				T::WeightInfo::speak_deal(commitments.len() as u32).saturating_add(constant())
			},
			DcrmMessage::Verdict { .. } => T::WeightInfo::speak_verdict(),
			DcrmMessage::Answer { .. } => T::WeightInfo::speak_answer(threshold),
			DcrmMessage::Reveal { commitments, .. } => {
				T::WeightInfo::speak_reveal(commitments.len() as u32).saturating_add(constant())
			},
			DcrmMessage::Accept { .. } => T::WeightInfo::speak_verdict(),
			DcrmMessage::Confirm { .. } => T::WeightInfo::speak_confirm(),
			DcrmMessage::Accuse { .. } => T::WeightInfo::speak_accuse(threshold),
			DcrmMessage::Hold { .. } => T::WeightInfo::speak_hold(threshold),
			DcrmMessage::Silent { .. } => T::WeightInfo::speak_silent(),
			DcrmMessage::Signature { .. } => {
				let told = T::OnSignatureWeight::get().max(T::WeightInfo::keep_signature());
				T::WeightInfo::speak_signature().saturating_add(told)
			},
		}
	}
}
