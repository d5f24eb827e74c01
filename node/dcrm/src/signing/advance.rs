//! Nonces that are committed to before there is anything to sign, so that a signature takes one round.
//!
//! ```text
//!  leader                                member
//!    | -- Precommit (how many) ----------> |  makes nonces for this leader, keeps them ([`Given`])
//!    | <- Precommitted (commitments) ----- |
//!  keeps the commitments ([`Stocks`])
//!    ..                                    ..    a request is in finalized state
//!  takes one of each of t − 1 members
//!    | -- SignAtOnce (commitments) ------> |  takes those nonces out, then computes its share
//!    | <- SignShare ---------------------- |
//! ```
//!
//! A nonce belongs to one leader, and to the shares of one epoch: both tables are part of the [`Signer`] of that
//! epoch, and go with it. It is named by its commitments. Whoever is asked to sign with it, for a request that it
//! knows, takes it out *before* it looks at anything else, and it never comes back: a package that comes twice, that another leader sends, or that
//! a leader sends for two messages, finds it gone. Tables are in memory only; a member that was started again says so
//! ([`Body::Stale`]), and the leader takes two rounds. One that has not seen the request yet says that
//! ([`Body::NotYet`]), and is asked again.

use std::collections::{BTreeMap, VecDeque};

use fusion_dcrm_primitives::{MemberId, MemberIndex};
use log::Level;
use sp_runtime::BoundedVec;

use super::Signer;
use crate::{
	effect::{millis, Bad, Effect, Millis, Outgoing},
	engine::{self, Nonces},
	keygen::{index_of, member_at, others},
	wire::{Body, Commitments, RunId, Session, MAX_PRECOMMITMENTS},
	SIGNING,
};

/// Most nonces that wait for one leader at a time. The oldest are destroyed unused to make room: a leader's own loss.
pub const MAX_GIVEN_PER_LEADER: usize = 256;
/// Most nonces that are made in advance for one leader in [`WINDOW`]: more are refused, as making them takes time.
const MAX_GIVEN_PER_WINDOW: usize = 256;
/// Milliseconds.
const WINDOW: Millis = 1_000;
/// A member that did not answer is asked again after so many times the usual pause.
const PATIENCE: u64 = 10;

/// Nonces of ours, by the leader that they were made for. What is taken out never comes back.
#[derive(Default)]
pub(super) struct Given {
	leaders: BTreeMap<MemberIndex, ForLeader>,
}

#[derive(Default)]
struct ForLeader {
	/// The oldest first.
	waiting: VecDeque<(Vec<u8>, Nonces)>,
	window: Option<Millis>,
	made: usize,
}

impl Given {
	/// How many of `wanted` nonces may be made for a leader now. They count as made.
	fn allow(&mut self, leader: MemberIndex, wanted: u16, now: Millis) -> usize {
		let entry = self.leaders.entry(leader).or_default();
		if entry.window.is_none_or(|since| now.saturating_sub(since) >= WINDOW) {
			entry.window = Some(now);
			entry.made = 0;
		}
		let most = usize::try_from(MAX_PRECOMMITMENTS).unwrap_or(0);
		let left = MAX_GIVEN_PER_WINDOW.saturating_sub(entry.made);
		let count = usize::from(wanted).min(most).min(left);
		entry.made = entry.made.saturating_add(count);
		count
	}

	/// Keep nonces for a leader.
	fn insert(&mut self, leader: MemberIndex, commitments: Vec<u8>, nonces: Nonces) {
		let waiting = &mut self.leaders.entry(leader).or_default().waiting;
		if waiting.len() >= MAX_GIVEN_PER_LEADER {
			waiting.pop_front();
		}
		waiting.push_back((commitments, nonces));
	}

	/// Take the nonces with these commitments out, for good.
	pub fn take(&mut self, leader: MemberIndex, commitments: &[u8]) -> Option<Nonces> {
		let waiting = &mut self.leaders.get_mut(&leader)?.waiting;
		let position = waiting.iter().position(|(known, _)| known == commitments)?;
		waiting.remove(position).map(|(_, nonces)| nonces)
	}

	/// How many wait, for all leaders.
	pub fn count(&self) -> usize {
		self.leaders.values().map(|leader| leader.waiting.len()).sum()
	}
}

/// Commitments of the other members, for attempts that we lead.
#[derive(Default)]
pub(super) struct Stocks {
	members: BTreeMap<MemberIndex, Stock>,
}

#[derive(Default)]
struct Stock {
	run: RunId,
	/// The oldest first.
	ready: VecDeque<Vec<u8>>,
	/// Not asked for more before this moment.
	not_before: Millis,
}

impl Stocks {
	/// How many more to ask a member for, if it is time to.
	fn wants(&self, member: MemberIndex, target: u16, now: Millis) -> Option<u16> {
		let (have, not_before) =
			self.members.get(&member).map_or((0, 0), |stock| (stock.ready.len(), stock.not_before));
		let have = u16::try_from(have).unwrap_or(u16::MAX);
		let missing = target.saturating_sub(have);
		(now >= not_before && missing > 0 && missing >= target / 2).then_some(missing)
	}

	fn pause(&mut self, member: MemberIndex, until: Millis) {
		self.members.entry(member).or_default().not_before = until;
	}

	/// What a member has committed to. Commitments of an earlier run of it are dropped.
	fn put(&mut self, member: MemberIndex, run: RunId, commitments: Vec<Vec<u8>>) {
		let stock = self.members.entry(member).or_default();
		if stock.run != run {
			stock.ready.clear();
			stock.run = run;
		}
		let room = MAX_GIVEN_PER_LEADER.saturating_sub(stock.ready.len());
		stock.ready.extend(commitments.into_iter().take(room));
	}

	/// A member did not have the nonces that it was asked to use: nothing that it committed to before is sure.
	pub fn drop_all(&mut self, member: MemberIndex) {
		if let Some(stock) = self.members.get_mut(&member) {
			stock.ready.clear();
		}
	}

	/// Takes one commitment of each of the first `needed` members of `order` that have one, or none at all.
	pub fn take(
		&mut self,
		order: &[MemberIndex],
		needed: usize,
	) -> Option<BTreeMap<MemberIndex, Vec<u8>>> {
		let chosen: Vec<MemberIndex> = order
			.iter()
			.copied()
			.filter(|member| self.members.get(member).is_some_and(|stock| !stock.ready.is_empty()))
			.take(needed)
			.collect();
		if chosen.len() < needed {
			return None;
		}
		let taken: BTreeMap<_, _> = chosen
			.into_iter()
			.filter_map(|member| Some((member, self.members.get_mut(&member)?.ready.pop_front()?)))
			.collect();
		(taken.len() == needed).then_some(taken)
	}

	/// How many commitments are there, of all members.
	pub fn count(&self) -> usize {
		self.members.values().map(|stock| stock.ready.len()).sum()
	}
}

impl Signer {
	/// Ask members for commitments, where there are few left.
	pub(super) fn restock(&mut self, now: Millis) {
		let target = self.timing.precommit;
		if target == 0 {
			return;
		}
		let due: Vec<(MemberIndex, u16)> = others(&self.members, self.index)
			.filter_map(|(member, _)| Some((member, self.stocks.wants(member, target, now)?)))
			.collect();
		// As long as a request is under way no other is sent: a reply, or a failure, sets the next moment.
		let until = now.saturating_add(millis(self.timing.retry).saturating_mul(PATIENCE));
		for (member, count) in due {
			self.stocks.pause(member, until);
			let Some(to) = member_at(&self.members, member).cloned() else { continue };
			self.out.push(Effect::Send(Outgoing {
				group: self.group,
				session: Session::Precommitting { attempt: self.attempt },
				to,
				body: Body::Precommit { count },
			}));
		}
	}

	/// A member's reply to [`Body::Precommit`], or why there is none.
	pub fn on_precommitted(&mut self, from: &MemberId, result: Result<Body, String>, now: Millis) {
		let Some(member) = index_of(&self.members, from).filter(|index| *index != self.index)
		else {
			return;
		};
		match result {
			Ok(Body::Precommitted { run, commitments }) if !commitments.is_empty() => {
				if commitments.iter().any(|bytes| engine::check_commitments(bytes).is_err()) {
					self.blame(member, Bad::Commitments);
					let text =
						format!("group {}: member {member} sent bad commitments", self.group);
					self.out.log(Level::Warn, SIGNING, text);
					return;
				}
				self.health.answered(member, now);
				self.stocks.pause(member, now);
				let commitments = commitments.into_iter().map(BoundedVec::into_inner).collect();
				self.stocks.put(member, run, commitments);
			},
			// It is there, and not ready yet: its share is still being read, perhaps.
			Ok(_) => {
				let until = now.saturating_add(millis(self.timing.retry));
				self.stocks.pause(member, until);
			},
			Err(_) => self.health.failed(member),
		}
	}

	/// The member `leader` asks for commitments in advance. Returns the reply.
	pub fn on_precommit(&mut self, leader: &MemberId, body: Body, now: Millis) -> Body {
		let leader = index_of(&self.members, leader).filter(|leader| *leader != self.index);
		let Some(leader) = leader else {
			return Body::refused("not another member of the group");
		};
		let Body::Precommit { count } = body else {
			return Body::refused("not a request for commitments");
		};
		self.precommit(leader, count, now).unwrap_or_else(Body::refused)
	}

	fn precommit(&mut self, leader: MemberIndex, count: u16, now: Millis) -> Result<Body, String> {
		let count = self.given.allow(leader, count, now);
		if count == 0 {
			return Err(format!(
				"not more than {MAX_GIVEN_PER_WINDOW} nonces a second, and not none"
			));
		}
		let mut list = Vec::with_capacity(count);
		for _ in 0..count {
			let (nonces, commitments) = engine::precommit(&self.share, &mut rand::rngs::OsRng)
				.map_err(|error| error.to_string())?;
			let bounded = Commitments::try_from(commitments.clone())
				.map_err(|_| "the commitments are too long".to_string())?;
			self.given.insert(leader, commitments, nonces);
			list.push(bounded);
		}
		Ok(Body::Precommitted { run: self.run, commitments: BoundedVec::truncate_from(list) })
	}
}
