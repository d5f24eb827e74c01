//! One member's part in one attempt at a ceremony, which makes a group's key or hands it over: a state machine
//! without I/O.
//!
//! In go views of *finalized* state, messages of other members, replies and ticks; out come
//! [`Effect`]s. The protocol is the one of Gennaro, Jarecki, Krawczyk and Rabin, with the chain as the
//! broadcast channel; [`fusion_dcrm_primitives::Phase`] says what is said when. In a handover the members of the
//! group are its dealers, and deal their shares; the members of the next epoch are its receivers. A node may be
//! either, or both, with an index of its own as each. `docs/dcrm/README.md` has the mathematics.
//!
//! # Why finalized state
//!
//! The best block could be used, and the ceremony would be a few blocks faster. But a fork that is
//! given up later would have made members speak on it. An answer to a complaint publishes a share:
//! answers on two forks to different complaints could together publish a dealer's polynomial. And
//! Feldman commitments that are known before the set of qualified dealers is settled let the last
//! ones choose whether their dealing counts, and so bias the key. Nothing is said here that finalized
//! state did not ask for, so neither can happen. Phases must be longer than inclusion plus finality.
//!
//! # Secrets
//!
//! In a handover, a dealer's share of the key is read from the store to deal it, and wiped from memory when that
//! is done.
//!
//! The dealing and the shares received live in memory only, until the sum of the shares is stored
//! (encrypted, by [`crate::store`]); that is before it is confirmed on chain. A member that restarts
//! after it dealt has lost its dealing. It never deals a second time in the same attempt: it stays
//! silent as a dealer, which at worst fails the attempt (in a handover it is left out), and goes on as a
//! receiver, by asking the dealers for its shares again.

mod compute;
mod scene;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupId, GroupView, MemberId, MemberIndex, Phase, PublicKey,
};
use fusion_vss::{
	Dealing, KeyCommitments, KeyShare, Params, PedersenCommitments, Resharing, Secp256k1, SharePair,
};
use log::Level;
use sp_core::H256;

use crate::{
	effect::{millis, Bad, Effect, Effects, Fact, Millis, Outgoing, Timing},
	store::ShareRecord,
	wire::{printable, Body, Kind, SecretPair, Session},
	KEYGEN,
};
use scene::Scene;

/// A member complains about a missing share this many blocks before the deadline, however patient it
/// is otherwise.
pub const COMPLAIN_BLOCKS: u32 = 3;

/// Why a member can take no part in a ceremony.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeygenError {
	/// It is neither a dealer nor a receiver.
	#[error("{member} has no part in the ceremony of group {group}")]
	NotAMember {
		/// Who.
		member: MemberId,
		/// Of which group.
		group: GroupId,
	},
	/// The chain's parameters are impossible.
	#[error("group {group} has impossible parameters: {reason}")]
	Params {
		/// The group.
		group: GroupId,
		/// What is wrong.
		reason: String,
	},
}

/// What the ceremony is for.
enum Aim {
	/// Making a key.
	Generate,
	/// Handing a key over.
	HandOver {
		/// What is handed over, and to how many.
		resharing: Box<Resharing<Secp256k1>>,
		/// Our share of it, from when it was read until it was dealt.
		share: Option<KeyShare<Secp256k1>>,
	},
}

/// Our own dealing.
enum Dealer {
	/// Not made yet.
	Waiting,
	/// Made, with its Pedersen commitments.
	Dealt(Box<Dealing<Secp256k1>>, Vec<PublicKey>),
	/// The chain has commitments of ours whose secrets we do not have.
	Lost,
}

/// What became of the shares.
enum Outcome {
	/// Not known yet. If storing failed, it is tried again from the given moment on.
	Pending(Millis),
	/// This dealer's Feldman commitments do not fit. Only in a key generation: a handover goes on without it.
	Accused(MemberIndex),
	/// Being stored.
	Storing(PublicKey),
	/// Stored.
	Stored(PublicKey),
	/// The chain says what cannot be: we have no part in this key.
	Broken,
}

/// What was said on chain, to know when to say it again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
	Deal,
	Verdict,
	Answer(MemberIndex),
	Reveal,
	Confirm,
	Accuse(MemberIndex),
	Accept,
}

/// One member's part in one attempt.
pub struct Ceremony {
	genesis: H256,
	aim: Aim,
	/// Our index as a dealer.
	dealer_index: Option<MemberIndex>,
	/// Our index as a receiver.
	receiver_index: Option<MemberIndex>,
	/// Of the secret sharing that is made.
	params: Params,
	timing: Timing,
	view: Scene,
	block: u32,
	phase_since: Option<(Phase, Millis)>,
	dealer: Dealer,
	/// Shares that fit the dealer's Pedersen commitments, by dealer.
	shares: BTreeMap<MemberIndex, SecretPair>,
	/// Shares of dealers whose commitments are not on chain yet. One a dealer.
	unchecked: BTreeMap<MemberIndex, SecretPair>,
	/// In a handover: whether what a dealer revealed fits our share of its dealing. Neither changes any more.
	vetted: BTreeMap<MemberIndex, bool>,
	/// Who has our share.
	handed_out: BTreeSet<MemberIndex>,
	/// When to send, or ask for, a share again.
	send_at: BTreeMap<MemberIndex, Millis>,
	ask_at: BTreeMap<MemberIndex, Millis>,
	said: BTreeMap<Word, Millis>,
	/// Whose complaints we answered. Never more than `n - t`.
	answered: BTreeSet<MemberIndex>,
	/// Whether it was logged that a complaint is not answered.
	warned: bool,
	outcome: Outcome,
	out: Effects,
}

impl Ceremony {
	/// The part of member `me` in the attempt at key generation that `view` shows.
	pub fn generation(
		genesis: H256,
		me: &MemberId,
		view: &GroupView,
		timing: Timing,
	) -> Result<Self, KeygenError> {
		let view = Scene::generation(view);
		let params = params_of(view.group, &view.receivers, view.threshold)?;
		Self::new(genesis, me, view, params, Aim::Generate, timing)
	}

	/// The part of member `me` in the attempt at a handover that `view` shows.
	pub fn handover(
		genesis: H256,
		me: &MemberId,
		view: &GroupView,
		timing: Timing,
	) -> Result<Self, KeygenError> {
		let impossible =
			|reason: &str| KeygenError::Params { group: view.id, reason: reason.into() };
		let scene = Scene::handover(view).ok_or_else(|| impossible("there is no handover"))?;
		let points: &[PublicKey] =
			view.handover.as_ref().map_or(&[], |handover| &handover.commitments);
		let old = params_of(view.id, &view.members, view.threshold)?;
		let old = KeyCommitments::<Secp256k1>::from_bytes(old, points)
			.map_err(|error| impossible(&format!("commitments to the key: {error}")))?;
		if view.key != Some(old.key()) {
			return Err(impossible("the commitments are to another key"));
		}
		let params = params_of(view.id, &scene.receivers, scene.threshold)?;
		let resharing = Box::new(Resharing::new(old, params));
		Self::new(genesis, me, scene, params, Aim::HandOver { resharing, share: None }, timing)
	}

	fn new(
		genesis: H256,
		me: &MemberId,
		view: Scene,
		params: Params,
		aim: Aim,
		timing: Timing,
	) -> Result<Self, KeygenError> {
		let dealer_index = index_of(&view.dealers, me);
		let receiver_index = index_of(&view.receivers, me);
		if dealer_index.or(receiver_index).is_none() {
			return Err(KeygenError::NotAMember { member: me.clone(), group: view.group });
		}
		Ok(Self {
			genesis,
			aim,
			dealer_index,
			receiver_index,
			params,
			timing,
			view,
			block: 0,
			phase_since: None,
			dealer: Dealer::Waiting,
			shares: BTreeMap::new(),
			unchecked: BTreeMap::new(),
			vetted: BTreeMap::new(),
			handed_out: BTreeSet::new(),
			send_at: BTreeMap::new(),
			ask_at: BTreeMap::new(),
			said: BTreeMap::new(),
			answered: BTreeSet::new(),
			warned: false,
			outcome: Outcome::Pending(0),
			out: Effects::default(),
		})
	}

	/// The attempt's number.
	pub fn attempt(&self) -> Attempt {
		self.view.attempt
	}

	/// The phase, as long as it is under way.
	pub fn phase(&self) -> Option<Phase> {
		self.view.phase
	}

	/// Whether our share is stored.
	pub fn is_stored(&self) -> bool {
		matches!(self.outcome, Outcome::Stored(_))
	}

	/// What is to be done since this was last asked.
	pub fn take_effects(&mut self) -> Vec<Effect> {
		self.out.take()
	}

	/// The finalized block `block` has this view. Views of other groups and attempts are ignored.
	pub fn on_view(&mut self, view: &GroupView, block: u32, now: Millis) {
		let scene = match self.aim {
			Aim::Generate => Some(Scene::generation(view)),
			Aim::HandOver { .. } => Scene::handover(view),
		};
		let Some(scene) = scene
			.filter(|scene| scene.group == self.view.group && scene.attempt == self.view.attempt)
		else {
			return;
		};
		self.view = scene;
		self.block = block;
		if let Some(phase) = self.view.phase {
			if self.phase_since.map(|(known, _)| known) != Some(phase) {
				self.phase_since = Some((phase, now));
				let handover = matches!(self.aim, Aim::HandOver { .. });
				self.out.count(Fact::Entered { handover, phase });
				let deadline = self.view.deadline;
				self.log(Level::Debug, format!("phase {phase:?}, until block {deadline}"));
			}
		}
		self.advance(now);
	}

	/// Whether our share of the key that is handed over is to be read from the store, for
	/// [`Self::on_share`].
	pub fn wants_share(&self) -> bool {
		let none = matches!(self.aim, Aim::HandOver { share: None, .. });
		none && self.dealer_index.is_some()
			&& self.view.phase == Some(Phase::Dealing)
			&& matches!(self.dealer, Dealer::Waiting)
	}

	/// Our share of the key that is handed over, as the store has it.
	pub fn on_share(&mut self, record: Option<&ShareRecord>, now: Millis) {
		if !self.wants_share() {
			return;
		}
		let Some(index) = self.dealer_index else { return };
		let read = record
			.filter(|record| record.group == self.view.group && record.index == index)
			.and_then(|record| KeyShare::<Secp256k1>::from_bytes(index, &record.secret).ok());
		if read.is_none() {
			self.dealer = Dealer::Lost;
			self.log(Level::Warn, "no share of the key here: silent as a dealer".into());
		} else if let Aim::HandOver { share, .. } = &mut self.aim {
			*share = read;
		}
		self.advance(now);
	}

	/// Time has passed.
	pub fn on_tick(&mut self, now: Millis) {
		self.advance(now);
	}

	/// A share of this attempt's key was found in the store.
	pub fn on_found(&mut self, record: &ShareRecord) {
		if record.attempt == self.view.attempt && Some(record.index) == self.receiver_index {
			self.outcome = Outcome::Stored(record.key);
		}
	}

	/// The store is done with the share that it was given.
	pub fn on_stored(&mut self, result: Result<(), String>, now: Millis) {
		let Outcome::Storing(key) = self.outcome else { return };
		match result {
			Ok(()) => {
				self.log(Level::Info, format!("share of key {} stored", hex::encode(key)));
				self.outcome = Outcome::Stored(key);
			},
			Err(reason) => {
				self.log(
					Level::Error,
					format!("the new share could not be stored, so it is not confirmed: {reason}"),
				);
				self.outcome = Outcome::Pending(now.saturating_add(millis(self.timing.share)));
			},
		}
		self.advance(now);
	}

	/// Another member asks something. Returns the reply.
	pub fn on_request(&mut self, from: &MemberId, body: Body) -> Body {
		if self.view.phase.is_none() {
			return Body::refused("no ceremony is under way");
		}
		match body {
			Body::Share(pair) => match index_of(&self.view.dealers, from) {
				Some(dealer) if Some(dealer) != self.dealer_index => self.receive(dealer, pair),
				_ => Body::refused("not another dealer"),
			},
			Body::ShareRequest => {
				let receiver = index_of(&self.view.receivers, from);
				let Some(receiver) = receiver.filter(|index| Some(*index) != self.receiver_index)
				else {
					return Body::refused("not another receiver");
				};
				match &self.dealer {
					Dealer::Dealt(dealing, _) => match share_of(dealing, receiver) {
						Ok(pair) => Body::Share(pair),
						Err(reason) => Body::refused(reason),
					},
					Dealer::Waiting => Body::refused("not dealt yet"),
					Dealer::Lost => Body::refused("there is no dealing here (any more)"),
				}
			},
			_ => Body::refused("not a message of a ceremony"),
		}
	}

	/// The reply (or failure) of another member to our request of kind `sent`.
	pub fn on_reply(
		&mut self,
		from: &MemberId,
		sent: Kind,
		result: Result<Body, String>,
		now: Millis,
	) {
		match (sent, result) {
			(Kind::Share, Ok(Body::Received)) => {
				self.handed_out.extend(index_of(&self.view.receivers, from));
			},
			(Kind::ShareRequest, Ok(Body::Share(pair))) => {
				if let Some(dealer) = index_of(&self.view.dealers, from) {
					self.receive(dealer, pair);
				}
			},
			(_, Ok(Body::Refused { reason })) => {
				let reason = printable(&reason);
				self.log(Level::Debug, format!("member {from} refused: {reason}"));
			},
			(_, Ok(_)) => {},
			(_, Err(reason)) => {
				self.log(Level::Debug, format!("member {from} unreachable: {reason}"));
			},
		}
		self.advance(now);
	}

	fn receive(&mut self, dealer: MemberIndex, pair: SecretPair) -> Body {
		if self.receiver_index.is_none() {
			return Body::refused("not a receiver");
		}
		if self.shares.contains_key(&dealer) {
			return Body::Received;
		}
		match self.fits_pedersen(dealer, &pair) {
			None => {
				self.unchecked.insert(dealer, pair);
				Body::Received
			},
			Some(Ok(())) => {
				self.shares.insert(dealer, pair);
				Body::Received
			},
			Some(Err(reason)) => {
				self.log(Level::Warn, format!("dealer {dealer} sent a wrong share: {reason}"));
				if let Some(member) = member_at(&self.view.dealers, dealer).cloned() {
					self.out.count(Fact::Bad { member, what: Bad::Dealing });
				}
				Body::refused("the share does not fit the commitments on chain")
			},
		}
	}

	/// Whether the pair fits what the dealer has committed to, or `None` if it has not yet.
	fn fits_pedersen(
		&self,
		dealer: MemberIndex,
		pair: &SecretPair,
	) -> Option<Result<(), fusion_vss::Error>> {
		let points = points_of(&self.view.pedersen, dealer)?;
		let check = || {
			let pair = SharePair::<Secp256k1>::from_bytes(pair.bytes())?;
			PedersenCommitments::<Secp256k1>::from_bytes(self.params, points)?
				.verify(self.receiver_index.unwrap_or(0), &pair)
		};
		Some(check())
	}

	fn advance(&mut self, now: Millis) {
		let Some(phase) = self.view.phase else {
			self.forget();
			return;
		};
		self.compare_dealing();
		if phase == Phase::Dealing {
			self.deal(now);
		}
		if matches!(phase, Phase::Dealing | Phase::Verdicts) {
			self.hand_out(now);
		}
		self.check_shares();
		self.ask_for_shares(now);
		match phase {
			Phase::Dealing => {},
			Phase::Verdicts => self.give_verdict(now),
			Phase::Answers => self.answer(now),
			Phase::Revealing => self.reveal(now),
			Phase::Accusing => self.accept(now),
			Phase::Confirming | Phase::Testing => self.conclude(phase, now),
		}
	}

	/// The ceremony is over: wipe its secrets.
	fn forget(&mut self) {
		self.dealer = Dealer::Lost;
		self.shares.clear();
		self.unchecked.clear();
		if let Aim::HandOver { share, .. } = &mut self.aim {
			*share = None;
		}
	}

	/// Say something on chain, unless it was said a moment ago. Returns whether it is said for the
	/// first time.
	fn say(&mut self, word: Word, message: DcrmMessage, now: Millis) -> bool {
		let before = self.said.get(&word).copied();
		if before.is_some_and(|at| now.saturating_sub(at) < millis(self.timing.say)) {
			return false;
		}
		self.said.insert(word, now);
		self.out.push(Effect::Say(message));
		before.is_none()
	}

	fn send(&mut self, to: MemberId, body: Body) {
		let session = Session::KeyGeneration { attempt: self.view.attempt };
		self.out.push(Effect::Send(Outgoing { group: self.view.group, session, to, body }));
	}

	fn log(&mut self, level: Level, text: String) {
		let (group, attempt) = (self.view.group, self.view.attempt);
		self.out.log(level, KEYGEN, format!("group {group} attempt {attempt}: {text}"));
	}
}

fn params_of(group: GroupId, members: &[MemberId], threshold: u16) -> Result<Params, KeygenError> {
	let impossible = |reason: String| KeygenError::Params { group, reason };
	let members = u16::try_from(members.len()).map_err(|e| impossible(e.to_string()))?;
	Params::new(members, threshold).map_err(|e| impossible(e.to_string()))
}

fn text(error: impl ToString) -> String {
	error.to_string()
}

fn share_of(dealing: &Dealing<Secp256k1>, index: MemberIndex) -> Result<SecretPair, String> {
	let pair = dealing.share_for(index).map_err(text)?;
	Ok(SecretPair::new(*pair.to_bytes()))
}

fn is_due(times: &BTreeMap<MemberIndex, Millis>, member: MemberIndex, now: Millis) -> bool {
	times.get(&member).is_none_or(|at| now >= *at)
}

fn points_of(list: &[(MemberIndex, Vec<PublicKey>)], dealer: MemberIndex) -> Option<&[PublicKey]> {
	list.iter().find(|(index, _)| *index == dealer).map(|(_, points)| points.as_slice())
}

/// The index of a member in its group: from 1.
pub(crate) fn index_of(members: &[MemberId], member: &MemberId) -> Option<MemberIndex> {
	let position = members.iter().position(|other| other == member)?;
	MemberIndex::try_from(position).ok()?.checked_add(1)
}

/// The member with an index.
pub(crate) fn member_at(members: &[MemberId], index: MemberIndex) -> Option<&MemberId> {
	members.get(usize::from(index).checked_sub(1)?)
}

/// All members but the one with index `me`.
pub(crate) fn others(
	members: &[MemberId],
	me: MemberIndex,
) -> impl Iterator<Item = (MemberIndex, &MemberId)> {
	(1..=MemberIndex::MAX).zip(members).filter(move |(index, _)| *index != me)
}
