//! Signing by one member of one group: a state machine without I/O.
//!
//! A request that finalized state shows is led by one member after the other: the leader of turn `k` is
//! member `(request + k) mod n` of the group's list, and a turn lasts [`Timing::turn`] from the moment
//! that this node first saw the request, and longer once everybody has led it in vain (`turns.rs`). Clocks differ, so two members may lead at once; nothing is
//! lost by that, since every attempt has nonces of its own.
//!
//! An attempt has two rounds (FROST, RFC 9591). In the first the leader asks everybody for nonce
//! commitments and takes the first `t`, its own among them. In the second it sends those `t` the list of
//! all commitments, and they send their shares of the signature. Whoever is silent or sends a bad share
//! in round 2 is left out of the leader's next attempt. So any `t` honest members finish, whoever else
//! is down or lies: after at most `n - t` attempts, or turns, that somebody spoils.
//!
//! Mostly round 1 is over before there is a request: members commit to nonces in advance ([`Timing::precommit`], and
//! `advance.rs`), and the leader chooses `t - 1` of those that have, the best of them by what it knows: who answered
//! when last asked, who never sent anything wrong (`health.rs`). If they are too few, or a member has not seen the
//! request yet, or has lost its nonces, it takes two rounds. Whoever is silent or sends a bad share is left out of the
//! next attempt as above, and comes last in those at other requests.
//!
//! The signature is verified, said on chain, and sent to the others, who verify it too and say it again
//! in their turns until finalized state shows that it was heard.
//!
//! # What a member signs
//!
//! Only requests of finalized state, only after it has rebuilt the message itself: a test of the key
//! here, everything else by [`MessageCheck`]. The message and the derived key are never taken from the
//! leader.
//!
//! All signers of an attempt sign with shares of one epoch. Around a handover some members have seen it end and others
//! have not, so every message says which shares it is about ([`Session::Signing`]), and a member refuses those about
//! shares that it does not have (any more, or yet). Nobody is blamed for that: who is behind sees the block soon.
//!
//! # Nonces
//!
//! Made fresh for each (request, attempt, leader), or in advance for each leader; in memory only, few per leader, and
//! for a short time or until the epoch is over.
//! They are taken out of the table *before* the share is computed and handed to the engine by value, so
//! that no path leads to a second use, whatever the outcome.

mod advance;
mod health;
mod leader;
mod nonces;
mod participant;
mod turns;

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

use fusion_dcrm_primitives::{
	derive_tweak, holding_hash, test_message, Algorithm, Attempt, Challenge, ChallengeView,
	DcrmMessage, GroupId, GroupView, KeyPath, MemberId, MemberIndex, Purpose, RequestId,
	SchnorrSignature, SigningRequest,
};
use fusion_vss::{KeyShare, Secp256k1};
use log::Level;
use sp_core::H256;

use crate::{
	effect::{millis, Bad, Effect, Effects, Fact, Millis, Outgoing, Timing},
	engine::{self, GroupKeys},
	keygen::{index_of, member_at},
	store::ShareRecord,
	wire::{Body, RunId, Session},
	SIGNING,
};
pub use advance::MAX_GIVEN_PER_LEADER;
use advance::{Given, Stocks};
use health::Health;
use leader::Leading;
use nonces::NonceTable;
pub use nonces::MAX_NONCES_PER_LEADER;
use rand::RngCore;

/// Most signing requests that one member leads at once.
pub const MAX_LEADING: usize = 16;
/// Most of them that may be for accounts: whatever these ask for, there is room for all else.
pub const MAX_LEADING_FOR_ACCOUNTS: usize = 4;

/// Rebuilds what a request asks to sign, from finalized state and the member's own knowledge.
pub trait MessageCheck: Send + Sync + 'static {
	/// Whether the request's message and key are what its purpose says. The error says what is not.
	fn approve(&self, request: &SigningRequest) -> Result<(), String>;
}

impl<F> MessageCheck for F
where
	F: Fn(&SigningRequest) -> Result<(), String> + Send + Sync + 'static,
{
	fn approve(&self, request: &SigningRequest) -> Result<(), String> {
		self(request)
	}
}

/// Why a member cannot sign for a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
	/// The stored share is not the one of this group's key.
	#[error("the stored share of group {group} does not fit what the chain says: {reason}")]
	Mismatch {
		/// The group.
		group: GroupId,
		/// What differs.
		reason: String,
	},
}

/// A request, as far as this member is concerned.
struct Open {
	request: SigningRequest,
	/// δ of the key that has to sign.
	tweak: [u8; 32],
	approval: Result<(), String>,
	first_seen: Millis,
	/// The turn that was logged last.
	turn: u64,
	next_attempt: u32,
	not_before: Millis,
	/// Who spoilt an attempt that we led.
	suspects: BTreeSet<MemberIndex>,
	/// Whether attempts may use nonces that were committed to in advance. Not any more once somebody who is not to
	/// blame could not sign with them.
	at_once: bool,
	leading: Option<Leading>,
	signature: Option<SchnorrSignature>,
	said_at: Option<Millis>,
}

impl Open {
	/// Whether it is an account that wants to have something signed.
	fn is_of_account(&self) -> bool {
		matches!(self.request.purpose, Purpose::Account { .. })
	}
}

/// One member's signing for one group.
pub struct Signer {
	genesis: H256,
	group: GroupId,
	attempt: Attempt,
	algorithm: Algorithm,
	members: Vec<MemberId>,
	index: MemberIndex,
	share: KeyShare<Secp256k1>,
	keys: GroupKeys,
	check: Arc<dyn MessageCheck>,
	timing: Timing,
	open: BTreeMap<RequestId, Open>,
	nonces: NonceTable,
	run: RunId,
	given: Given,
	stocks: Stocks,
	health: Health,
	out: Effects,
	/// How often a share was computed with the nonces that have these commitments.
	#[cfg(test)]
	pub(crate) uses: BTreeMap<Vec<u8>, u32>,
}

impl Signer {
	/// Member `me` of the group that `view` shows, with its share.
	pub fn new(
		genesis: H256,
		me: &MemberId,
		view: &GroupView,
		record: ShareRecord,
		check: Arc<dyn MessageCheck>,
		timing: Timing,
	) -> Result<Self, SignerError> {
		let mismatch = |reason: String| SignerError::Mismatch { group: view.id, reason };
		let Some(index) = index_of(&view.members, me) else {
			return Err(mismatch(format!("{me} is not a member")));
		};
		if record.genesis != genesis || record.group != view.id || record.attempt != view.attempt {
			return Err(mismatch("it is of another chain, group or attempt".into()));
		}
		if view.key != Some(record.key) {
			return Err(mismatch(format!("its key is {}", hex::encode(record.key))));
		}
		if record.index != index || record.threshold != view.threshold {
			return Err(mismatch(format!(
				"it is share {} with threshold {}, not share {index} with threshold {}",
				record.index, record.threshold, view.threshold
			)));
		}
		let share = KeyShare::<Secp256k1>::from_bytes(index, &record.secret)
			.map_err(|error| mismatch(error.to_string()))?;
		if record.verifying_shares.len() != view.members.len()
			|| record.verifying_shares.get(&index) != Some(&share.verifying_share())
		{
			return Err(mismatch("its verifying shares are wrong".into()));
		}
		let keys = GroupKeys {
			threshold: record.threshold,
			key: record.key,
			verifying_shares: record.verifying_shares,
		};
		let mut run = RunId::default();
		rand::rngs::OsRng.fill_bytes(&mut run);
		Ok(Self {
			genesis,
			group: view.id,
			attempt: view.attempt,
			algorithm: view.algorithm,
			members: view.members.clone(),
			index,
			share,
			keys,
			check,
			timing,
			open: BTreeMap::new(),
			nonces: NonceTable::default(),
			run,
			given: Given::default(),
			stocks: Stocks::default(),
			health: Health::default(),
			out: Effects::default(),
			#[cfg(test)]
			uses: BTreeMap::new(),
		})
	}

	/// The attempt, at key generation or at a handover, that the share is from.
	pub fn attempt(&self) -> Attempt {
		self.attempt
	}

	/// A proof that we have our share, as this challenge asks for it.
	pub(crate) fn prove_holding(&self, asked: &ChallengeView) -> [u8; 65] {
		let challenge = Challenge {
			group: self.group,
			attempt: self.attempt,
			number: asked.number,
			nonce: asked.nonce,
			member: self.index,
		};
		let genesis = self.genesis;
		let hash = |public: &_, point: &_| holding_hash(genesis, &challenge, public, point);
		self.share.prove(hash, &mut rand::rngs::OsRng).to_bytes()
	}

	/// How many requests are open here.
	pub fn open_requests(&self) -> usize {
		self.open.len()
	}

	/// How many nonces others have committed to in advance for us, and we for them.
	pub fn precommitments(&self) -> (usize, usize) {
		(self.stocks.count(), self.given.count())
	}

	/// What is to be done since this was last asked.
	pub fn take_effects(&mut self) -> Vec<Effect> {
		self.out.take()
	}

	/// The finalized state shows these open requests of the group. `complete` says whether these are
	/// all: if so, requests that are not among them are done, and forgotten.
	pub fn on_requests(
		&mut self,
		requests: Vec<(RequestId, SigningRequest)>,
		complete: bool,
		now: Millis,
	) {
		let listed: BTreeSet<RequestId> = requests.iter().map(|(id, _)| *id).collect();
		// The list is in order, so one that is cut short still tells about what lies before its end.
		let known_up_to = if complete { None } else { listed.last().copied() };
		let done: Vec<RequestId> = self
			.open
			.keys()
			.copied()
			.filter(|id| !listed.contains(id) && known_up_to.map_or(complete, |last| *id < last))
			.collect();
		for id in done {
			self.open.remove(&id);
			self.nonces.forget(id);
			self.log(Level::Debug, id, "closed".into());
		}
		for (id, request) in requests {
			self.note(id, request, now);
		}
		self.on_tick(now);
	}

	fn note(&mut self, id: RequestId, request: SigningRequest, now: Millis) {
		if request.group != self.group {
			return;
		}
		if self.open.get(&id).is_some_and(|open| open.approval.is_ok() && open.request == request) {
			return;
		}
		let approval = self.approve(&request);
		let first = !self.open.contains_key(&id);
		if let (Err(reason), true) = (&approval, first) {
			self.log(Level::Warn, id, format!("not signed here: {reason}"));
		}
		let tweak =
			derive_tweak(self.genesis, self.group, self.algorithm, &self.keys.key, &request.path);
		let open = self.open.entry(id).or_insert_with(|| Open {
			request: request.clone(),
			tweak,
			approval: Ok(()),
			first_seen: now,
			turn: 0,
			next_attempt: 0,
			not_before: now,
			suspects: BTreeSet::new(),
			at_once: true,
			leading: None,
			signature: None,
			said_at: None,
		});
		if open.request != request {
			// Cannot be in finalized state. Whatever was begun for the other one is dropped.
			open.leading = None;
			open.signature = None;
			open.request = request;
			open.tweak = tweak;
		}
		open.approval = approval;
	}

	/// Whether the message of a request is what its purpose says.
	fn approve(&self, request: &SigningRequest) -> Result<(), String> {
		match request.purpose {
			Purpose::Test => {
				let expected = test_message(self.genesis, self.group, self.attempt, &self.keys.key);
				if request.path != KeyPath::Group || request.message != expected {
					return Err("it says to be a test of the key, but is not".into());
				}
				Ok(())
			},
			Purpose::Batch { .. }
			| Purpose::Account { .. }
			| Purpose::VaultBatch { .. }
			| Purpose::VaultOrder { .. } => self.check.approve(request),
		}
	}

	/// Time has passed.
	pub fn on_tick(&mut self, now: Millis) {
		self.nonces.expire(now);
		self.restock(now);
		for id in self.in_order() {
			self.lead_or_follow(id, now);
		}
	}

	/// The open requests in the order in which they are led: coins wait for batches and new shares for tests, so what
	/// accounts ask for comes last.
	fn in_order(&self) -> Vec<RequestId> {
		let (accounts, others): (Vec<_>, Vec<_>) =
			self.open.iter().partition(|(_, open)| open.is_of_account());
		others.into_iter().chain(accounts).map(|(id, _)| *id).collect()
	}

	/// A valid signature is known: no further attempt is made. Somebody said it on chain at `said_at`.
	fn adopt(&mut self, id: RequestId, signature: SchnorrSignature, said_at: Option<Millis>) {
		if let Some(open) = self.open.get_mut(&id) {
			open.signature = Some(signature);
			open.said_at = said_at;
			open.leading = None;
		}
		self.nonces.forget(id);
	}

	/// Whether `signature` is what the request asks for.
	fn is_valid(&self, id: RequestId, signature: &SchnorrSignature) -> bool {
		self.open.get(&id).is_some_and(|open| {
			engine::verify(&self.keys.key, &open.tweak, &open.request.message, signature).is_ok()
		})
	}

	/// Say the signature on chain, unless that was done a moment ago.
	fn say(&mut self, id: RequestId, now: Millis) {
		let pause = millis(self.timing.say);
		let Some(open) = self.open.get_mut(&id) else { return };
		let Some(signature) = open.signature else { return };
		if open.said_at.is_some_and(|at| now.saturating_sub(at) < pause) {
			return;
		}
		open.said_at = Some(now);
		self.out.push(Effect::Say(DcrmMessage::Signature { request: id, signature }));
	}

	fn send(&mut self, request: RequestId, attempt: u32, to: MemberIndex, body: Body) {
		let Some(member) = member_at(&self.members, to) else { return };
		self.out.push(Effect::Send(Outgoing {
			group: self.group,
			session: Session::Signing { request, shares: self.attempt, attempt },
			to: member.clone(),
			body,
		}));
	}

	/// A member has sent something that is wrong.
	fn blame(&mut self, member: MemberIndex, what: Bad) {
		self.health.bad(member);
		if let Some(member) = member_at(&self.members, member).cloned() {
			self.out.count(Fact::Bad { member, what });
		}
	}

	fn log(&mut self, level: Level, id: RequestId, text: String) {
		self.out.log(level, SIGNING, format!("signing request {id}: {text}"));
	}
}
