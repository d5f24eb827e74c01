//! One member's part in one attempt at making a group's key: a state machine without I/O.
//!
//! In go views of *finalized* state, messages of other members, replies and ticks; out come
//! [`Effect`]s. The protocol is the one of Gennaro, Jarecki, Krawczyk and Rabin, with the chain as the
//! broadcast channel; [`fusion_dcrm_primitives::Phase`] says what is said when.
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
//! The dealing and the shares received live in memory only, until the sum of the shares is stored
//! (encrypted, by [`crate::store`]); that is before it is confirmed on chain. A member that restarts
//! after it dealt has lost its dealing. It never deals a second time in the same attempt: it stays
//! silent as a dealer, which at worst fails the attempt, and goes on as a receiver, by asking the
//! dealers for its shares again.

mod compute;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupId, GroupState, GroupView, MemberId, MemberIndex, Phase, PublicKey,
};
use fusion_vss::{Dealing, Params, PedersenCommitments, Secp256k1, SharePair};
use log::Level;
use sp_core::H256;

use crate::{
	effect::{millis, Effect, Effects, Millis, Outgoing, Timing},
	store::ShareRecord,
	wire::{printable, Body, Kind, SecretPair, Session},
	KEYGEN,
};

/// A member complains about a missing share this many blocks before the deadline, however patient it
/// is otherwise.
pub const COMPLAIN_BLOCKS: u32 = 3;

/// Why a member can take no part in a key generation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeygenError {
	/// It is not one of the members.
	#[error("{member} is not a member of group {group}")]
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
	/// This dealer's Feldman commitments do not fit.
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
	Accuse,
}

/// One member's part in one attempt.
pub struct KeyGeneration {
	genesis: H256,
	index: MemberIndex,
	params: Params,
	timing: Timing,
	view: GroupView,
	block: u32,
	phase_since: Option<(Phase, Millis)>,
	dealer: Dealer,
	/// Shares that fit the dealer's Pedersen commitments, by dealer.
	shares: BTreeMap<MemberIndex, SecretPair>,
	/// Shares of dealers whose commitments are not on chain yet. One a dealer.
	unchecked: BTreeMap<MemberIndex, SecretPair>,
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

impl KeyGeneration {
	/// The part of member `me` in the attempt that `view` shows.
	pub fn new(
		genesis: H256,
		me: &MemberId,
		view: &GroupView,
		timing: Timing,
	) -> Result<Self, KeygenError> {
		let index = index_of(&view.members, me)
			.ok_or_else(|| KeygenError::NotAMember { member: me.clone(), group: view.id })?;
		let impossible = |reason: String| KeygenError::Params { group: view.id, reason };
		let members = u16::try_from(view.members.len()).map_err(|e| impossible(e.to_string()))?;
		let params = Params::new(members, view.threshold).map_err(|e| impossible(e.to_string()))?;
		Ok(Self {
			genesis,
			index,
			params,
			timing,
			view: view.clone(),
			block: 0,
			phase_since: None,
			dealer: Dealer::Waiting,
			shares: BTreeMap::new(),
			unchecked: BTreeMap::new(),
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
		if view.id != self.view.id || view.attempt != self.view.attempt {
			return;
		}
		self.view = view.clone();
		self.block = block;
		if let GroupState::Generating(phase) = view.state {
			if self.phase_since.map(|(known, _)| known) != Some(phase) {
				self.phase_since = Some((phase, now));
				self.log(Level::Debug, format!("phase {phase:?}, until block {}", view.deadline));
			}
		}
		self.advance(now);
	}

	/// Time has passed.
	pub fn on_tick(&mut self, now: Millis) {
		self.advance(now);
	}

	/// A share of this attempt's key was found in the store.
	pub fn on_found(&mut self, record: &ShareRecord) {
		if record.attempt == self.view.attempt && record.index == self.index {
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

	/// The member with index `from` asks something. Returns the reply.
	pub fn on_request(&mut self, from: MemberIndex, body: Body) -> Body {
		if !matches!(self.view.state, GroupState::Generating(_)) {
			return Body::refused("no key is being made");
		}
		if from == self.index || from == 0 || from > self.params.members() {
			return Body::refused("not another member of the group");
		}
		match body {
			Body::Share(pair) => self.receive(from, pair),
			Body::ShareRequest => match &self.dealer {
				Dealer::Dealt(dealing, _) => match share_of(dealing, from) {
					Ok(pair) => Body::Share(pair),
					Err(reason) => Body::refused(reason),
				},
				Dealer::Waiting => Body::refused("not dealt yet"),
				Dealer::Lost => Body::refused("restarted after dealing, the dealing is lost"),
			},
			_ => Body::refused("not a message of a key generation"),
		}
	}

	/// The reply (or failure) of the member with index `from` to our request of kind `sent`.
	pub fn on_reply(
		&mut self,
		from: MemberIndex,
		sent: Kind,
		result: Result<Body, String>,
		now: Millis,
	) {
		match (sent, result) {
			(Kind::Share, Ok(Body::Received)) => {
				self.handed_out.insert(from);
			},
			(Kind::ShareRequest, Ok(Body::Share(pair))) => {
				self.receive(from, pair);
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
				.verify(self.index, &pair)
		};
		Some(check())
	}

	fn advance(&mut self, now: Millis) {
		let GroupState::Generating(phase) = self.view.state else {
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
			Phase::Confirming | Phase::Testing => self.conclude(phase, now),
		}
	}

	/// The ceremony is over: wipe its secrets.
	fn forget(&mut self) {
		self.dealer = Dealer::Lost;
		self.shares.clear();
		self.unchecked.clear();
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
		self.out.push(Effect::Send(Outgoing { group: self.view.id, session, to, body }));
	}

	fn log(&mut self, level: Level, text: String) {
		let (group, attempt) = (self.view.id, self.view.attempt);
		self.out.log(level, KEYGEN, format!("group {group} attempt {attempt}: {text}"));
	}
}

fn text(error: fusion_vss::Error) -> String {
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
