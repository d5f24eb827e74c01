//! What a member does in its turn.

use std::collections::{BTreeMap, BTreeSet};

use fusion_dcrm_primitives::{MemberId, MemberIndex, RequestId, SchnorrSignature};
use log::Level;
use sp_runtime::BoundedVec;

use super::{turns::Turn, Open, Signer, MAX_LEADING, MAX_LEADING_FOR_ACCOUNTS};
use crate::{
	effect::{millis, Bad, Fact, Millis},
	engine::{self, EngineError, Nonces},
	keygen::{index_of, others},
	wire::{printable, Body, Commitments, Kind},
};

/// A signer that has not seen the request is asked again after this part of the usual pause.
const AGAIN: u64 = 5;

/// An attempt that we lead.
pub(super) struct Leading {
	pub attempt: u32,
	/// Whether the others had committed to their nonces in advance: there is no round 1.
	at_once: bool,
	/// When the present round began.
	since: Millis,
	round: Round,
	/// Nonce commitments by signer, ours among them.
	commitments: BTreeMap<MemberIndex, Vec<u8>>,
	/// Our nonces. Taken out when our share is computed.
	nonces: Option<Nonces>,
}

enum Round {
	/// Waiting for commitments. Members that refused or failed, and when to ask them again.
	One { again: BTreeMap<MemberIndex, Millis> },
	/// Round 1 is complete. Only for development round 2 is delayed.
	Complete,
	/// Waiting for shares. Members that have not seen the request yet, and when to ask them again.
	Two { shares: BTreeMap<MemberIndex, Vec<u8>>, again: BTreeMap<MemberIndex, Millis> },
}

impl Leading {
	/// What signers are asked in round 2.
	fn round_two(&self) -> Body {
		let package: Vec<(MemberIndex, Commitments)> = self
			.commitments
			.iter()
			.map(|(signer, bytes)| (*signer, Commitments::truncate_from(bytes.clone())))
			.collect();
		let commitments = BoundedVec::truncate_from(package);
		if self.at_once {
			Body::SignAtOnce { commitments }
		} else {
			Body::SignPackage { commitments }
		}
	}
}

impl Signer {
	/// How long the first turns last. A test's delay between the rounds makes it longer.
	fn turn_length(&self) -> Millis {
		millis(self.timing.turn).saturating_add(millis(self.timing.round_delay)).max(1)
	}

	/// The turn that a request is in.
	fn turn_of(&self, id: RequestId, now: Millis) -> Option<Turn> {
		let elapsed = now.saturating_sub(self.open.get(&id)?.first_seen);
		let members = u64::try_from(self.members.len()).unwrap_or(u64::MAX);
		Some(Turn::after(elapsed, self.turn_length(), members))
	}

	/// The leader of a turn.
	fn leader_of(&self, id: RequestId, turn: u64) -> MemberIndex {
		let count = u64::try_from(self.members.len()).unwrap_or(1).max(1);
		let position = id.wrapping_add(turn).checked_rem(count).unwrap_or(0);
		MemberIndex::try_from(position).unwrap_or(0).saturating_add(1)
	}

	/// Move a request on as time passes.
	pub(super) fn lead_or_follow(&mut self, id: RequestId, now: Millis) {
		let Some(Turn { number: turn, .. }) = self.turn_of(id, now) else { return };
		let Some(open) = self.open.get_mut(&id) else { return };
		let before = std::mem::replace(&mut open.turn, turn);
		let signed = open.signature.is_some();
		let approved = open.approval.is_ok();
		let is_leading = open.leading.is_some();
		let may_begin = now >= open.not_before;
		let leader = self.leader_of(id, turn);
		if signed {
			if leader == self.index {
				self.say(id, now);
			}
			return;
		}
		if turn != before {
			let last = self.leader_of(id, turn.saturating_sub(1));
			let text = format!("leader {last} did not finish in its turn, member {leader} leads");
			self.log(Level::Info, id, text);
		}
		if is_leading {
			self.check_time(id, now);
		}
		let idle = self.open.get(&id).is_some_and(|open| open.leading.is_none());
		if idle && approved && may_begin && leader == self.index && self.may_lead(id) {
			self.begin(id, now);
		}
	}

	/// Whether there is room for leading this request besides those that are led already.
	fn may_lead(&self, id: RequestId) -> bool {
		let led = || self.open.values().filter(|open| open.leading.is_some());
		let of_account = self.open.get(&id).is_some_and(Open::is_of_account);
		let accounts = || led().filter(|open| open.is_of_account()).count();
		led().count() < MAX_LEADING && (!of_account || accounts() < MAX_LEADING_FOR_ACCOUNTS)
	}

	/// Round 1, or round 2 if round 1 was done in advance.
	fn begin(&mut self, id: RequestId, now: Millis) {
		let needed = usize::from(self.keys.threshold).saturating_sub(1);
		let Some(open) = self.open.get_mut(&id) else { return };
		let candidates: BTreeSet<MemberIndex> =
			others(&self.members, self.index).map(|(index, _)| index).collect();
		if candidates.difference(&open.suspects).count() < needed && !open.suspects.is_empty() {
			// Whoever was left out may be better than nobody; but not in a busy loop.
			open.suspects.clear();
			open.not_before = now.saturating_add(millis(self.timing.retry));
			return;
		}
		let asked: Vec<MemberIndex> = candidates.difference(&open.suspects).copied().collect();
		let attempt = open.next_attempt;
		open.next_attempt = attempt.wrapping_add(1);
		let committed =
			engine::commit(&self.share, &self.keys, &open.tweak, &mut rand::rngs::OsRng);
		let (nonces, own) = match committed {
			Ok(pair) => pair,
			Err(error) => {
				open.not_before = now.saturating_add(millis(self.timing.turn));
				self.log(Level::Error, id, format!("cannot make nonces: {error}"));
				return;
			},
		};
		let mut commitments = BTreeMap::from([(self.index, own)]);
		let in_advance = if open.at_once && self.timing.round_delay.is_zero() {
			let seed = id.wrapping_add(attempt.into());
			let order = self.health.rank(asked.iter().copied(), seed, now);
			self.stocks.take(&order, needed)
		} else {
			None
		};
		let at_once = in_advance.is_some();
		let round = if at_once { Round::Complete } else { Round::One { again: BTreeMap::new() } };
		commitments.extend(in_advance.unwrap_or_default());
		let nonces = Some(nonces);
		open.leading = Some(Leading { attempt, at_once, since: now, round, commitments, nonces });
		if at_once {
			self.round_two(id, now);
			return;
		}
		for to in asked {
			self.send(id, attempt, to, Body::SignCommit);
		}
		self.log(Level::Info, id, format!("round 1 sent, attempt {attempt}"));
		self.finish_round_one(id, now);
	}

	/// The reply (or failure) of another member to our request of kind `sent`.
	pub fn on_reply(
		&mut self,
		from: &MemberId,
		id: RequestId,
		attempt: u32,
		sent: Kind,
		result: Result<Body, String>,
		now: Millis,
	) {
		let Some(from) = index_of(&self.members, from) else { return };
		match &result {
			Ok(_) => self.health.answered(from, now),
			Err(_) => self.health.failed(from),
		}
		if let (Kind::SignCommit | Kind::SignPackage | Kind::SignAtOnce, Err(reason)) =
			(sent, &result)
		{
			self.log(
				Level::Info,
				id,
				format!("member {from} unreachable, attempt {attempt}: {reason}"),
			);
		}
		match sent {
			Kind::SignCommit => self.on_committed(from, id, attempt, result, now),
			Kind::SignPackage | Kind::SignAtOnce => self.on_share(from, id, attempt, result, now),
			_ => {},
		}
	}

	fn leading(&mut self, id: RequestId, attempt: u32) -> Option<&mut Leading> {
		let leading = self.open.get_mut(&id)?.leading.as_mut()?;
		(leading.attempt == attempt).then_some(leading)
	}

	fn on_committed(
		&mut self,
		from: MemberIndex,
		id: RequestId,
		attempt: u32,
		result: Result<Body, String>,
		now: Millis,
	) {
		if let Ok(Body::Signed { signature }) = result {
			self.take_signature(id, signature, now);
			return;
		}
		let retry_at = now.saturating_add(millis(self.timing.retry));
		let Some(leading) = self.leading(id, attempt) else { return };
		let Round::One { again } = &mut leading.round else { return };
		match result {
			Ok(Body::SignCommitted { commitments }) => {
				if let Err(error) = engine::check_commitments(&commitments) {
					self.suspect(id, from);
					self.blame(from, Bad::Commitments);
					self.log(
						Level::Warn,
						id,
						format!("member {from} sent bad commitments, attempt {attempt}: {error}"),
					);
					return;
				}
				leading.commitments.insert(from, commitments.into_inner());
			},
			Ok(Body::Refused { reason }) => {
				again.insert(from, retry_at);
				let reason = printable(&reason);
				self.log(
					Level::Debug,
					id,
					format!("member {from} does not take part, attempt {attempt}: {reason}"),
				);
				return;
			},
			Ok(_) => return,
			Err(_) => {
				again.insert(from, retry_at);
				return;
			},
		}
		self.finish_round_one(id, now);
	}

	/// A member says that the signature is there already.
	fn take_signature(&mut self, id: RequestId, signature: SchnorrSignature, now: Millis) {
		if self.is_valid(id, &signature) {
			self.adopt(id, signature, None);
			self.say(id, now);
		}
	}

	/// Go on to round 2 as soon as enough have committed.
	fn finish_round_one(&mut self, id: RequestId, now: Millis) {
		let needed = usize::from(self.keys.threshold);
		let delay = millis(self.timing.round_delay);
		let Some(leading) = self.open.get_mut(&id).and_then(|open| open.leading.as_mut()) else {
			return;
		};
		let in_round_one = matches!(leading.round, Round::One { .. });
		if !in_round_one || leading.commitments.len() < needed {
			return;
		}
		leading.round = Round::Complete;
		leading.since = now;
		let attempt = leading.attempt;
		let signers: Vec<MemberIndex> = leading.commitments.keys().copied().collect();
		self.log(
			Level::Info,
			id,
			format!("round 1 complete, attempt {attempt}, signers {signers:?}"),
		);
		if delay == 0 {
			self.round_two(id, now);
		}
	}

	fn round_two(&mut self, id: RequestId, now: Millis) {
		let Some(open) = self.open.get_mut(&id) else { return };
		let (message, tweak) = (open.request.message, open.tweak);
		let Some(leading) = open.leading.as_mut() else { return };
		let Some(nonces) = leading.nonces.take() else { return };
		let attempt = leading.attempt;
		let commitments = leading.commitments.clone();
		let signers: Vec<MemberIndex> = commitments.keys().copied().collect();
		#[cfg(test)]
		if let Some(own) = commitments.get(&self.index) {
			*self.uses.entry(own.clone()).or_default() += 1;
		}
		let signed = engine::sign(&self.share, &self.keys, &tweak, nonces, &commitments, &message);
		let own = match signed {
			Ok(share) => share,
			Err(error) => {
				self.fail(id, now, &[], &format!("cannot sign: {error}"));
				return;
			},
		};
		leading.since = now;
		let body = leading.round_two();
		leading.round =
			Round::Two { shares: BTreeMap::from([(self.index, own)]), again: BTreeMap::new() };
		let me = self.index;
		for to in signers.iter().copied().filter(|signer| *signer != me) {
			self.send(id, attempt, to, body.clone());
		}
		self.log(Level::Info, id, format!("round 2 sent, attempt {attempt}, signers {signers:?}"));
		self.finish_round_two(id, now);
	}

	fn on_share(
		&mut self,
		from: MemberIndex,
		id: RequestId,
		attempt: u32,
		result: Result<Body, String>,
		now: Millis,
	) {
		let soon = now.saturating_add(millis(self.timing.retry) / AGAIN);
		if let Ok(Body::Stale { .. }) = &result {
			// Also if the attempt was given up meanwhile, as another signer was started again too.
			self.stocks.drop_all(from);
		}
		let Some(leading) = self.leading(id, attempt) else { return };
		if !leading.commitments.contains_key(&from) {
			return;
		}
		let at_once = leading.at_once;
		let Round::Two { shares, again } = &mut leading.round else { return };
		match result {
			Ok(Body::SignShare { share }) => {
				again.remove(&from);
				shares.insert(from, share.into_inner());
				self.finish_round_two(id, now);
			},
			Ok(Body::Signed { signature }) if at_once => {
				self.take_signature(id, signature, now);
				if self.leading(id, attempt).is_some() {
					self.blame(from, Bad::Share);
					self.fail(id, now, &[from], &format!("member {from} sent a false signature"));
				}
			},
			Ok(Body::NotYet) if at_once => {
				again.insert(from, soon);
			},
			Ok(Body::Stale { .. }) if at_once => {
				// Nobody's fault; but who says so every time shall not be asked first every time.
				self.health.late(from, now);
				self.fall_back(id, now, &format!("member {from} has those nonces no more"));
			},
			Ok(Body::Refused { reason }) if at_once => {
				let reason = printable(&reason);
				self.health.late(from, now);
				self.fall_back(id, now, &format!("member {from} cannot sign yet: {reason}"));
			},
			Ok(Body::Refused { reason }) => {
				let reason = printable(&reason);
				self.fail(id, now, &[from], &format!("member {from} refused to sign: {reason}"));
			},
			Ok(_) => {},
			Err(_) => self.fail(id, now, &[from], &format!("member {from} unreachable")),
		}
	}

	/// Put the signature together as soon as all shares are there.
	fn finish_round_two(&mut self, id: RequestId, now: Millis) {
		let Some(open) = self.open.get(&id) else { return };
		let Some(leading) = open.leading.as_ref() else { return };
		let Round::Two { shares, .. } = &leading.round else { return };
		if shares.len() < leading.commitments.len() {
			return;
		}
		let (attempt, at_once) = (leading.attempt, leading.at_once);
		let after = now.saturating_sub(open.first_seen);
		let result = engine::aggregate(
			&self.keys,
			&open.tweak,
			&leading.commitments,
			shares,
			&open.request.message,
		);
		match result {
			Ok(signature) => {
				self.out.count(Fact::Signed { at_once, after });
				self.succeed(id, attempt, signature, now);
			},
			Err(EngineError::BadShares { culprits }) => {
				for culprit in &culprits {
					self.blame(*culprit, Bad::Share);
				}
				let text = format!("members {culprits:?} sent a bad share");
				self.fail(id, now, &culprits, &text);
			},
			Err(error) => self.fail(id, now, &[], &format!("cannot aggregate: {error}")),
		}
	}

	fn succeed(&mut self, id: RequestId, attempt: u32, signature: SchnorrSignature, now: Millis) {
		self.log(Level::Info, id, format!("signed, attempt {attempt}"));
		self.adopt(id, signature, None);
		self.say(id, now);
		let others: Vec<MemberIndex> =
			others(&self.members, self.index).map(|(index, _)| index).collect();
		for to in others {
			self.send(id, attempt, to, Body::Signed { signature });
		}
		// There is room for another request now.
		for other in self.in_order() {
			self.lead_or_follow(other, now);
		}
	}

	fn suspect(&mut self, id: RequestId, member: MemberIndex) {
		if let Some(open) = self.open.get_mut(&id) {
			open.suspects.insert(member);
		}
	}

	/// Give up an attempt. If somebody is to blame, the next one begins at once without them.
	fn fail(&mut self, id: RequestId, now: Millis, culprits: &[MemberIndex], why: &str) {
		let retry = millis(self.timing.retry);
		let Some(open) = self.open.get_mut(&id) else { return };
		let (attempt, at_once) =
			open.leading.take().map_or((0, false), |leading| (leading.attempt, leading.at_once));
		open.suspects.extend(culprits.iter().copied());
		open.not_before = if culprits.is_empty() { now.saturating_add(retry) } else { now };
		self.out.count(Fact::AttemptFailed { at_once });
		self.log(Level::Warn, id, format!("attempt {attempt} failed: {why}"));
		if !culprits.is_empty() {
			self.lead_or_follow(id, now);
		}
	}

	/// Give up an attempt of one round that nobody is to blame for, and begin one of two rounds. That waits for those
	/// who are not ready yet.
	fn fall_back(&mut self, id: RequestId, now: Millis, why: &str) {
		let Some(open) = self.open.get_mut(&id) else { return };
		let Some(leading) = open.leading.take() else { return };
		open.at_once = false;
		open.not_before = now;
		self.out.count(Fact::AttemptFailed { at_once: true });
		let attempt = leading.attempt;
		self.log(Level::Info, id, format!("attempt {attempt} failed: {why}; two rounds follow"));
		self.lead_or_follow(id, now);
	}

	/// Ask again, go on after the delay, or give up, as the time says.
	fn check_time(&mut self, id: RequestId, now: Millis) {
		let Some(Turn { patience, .. }) = self.turn_of(id, now) else { return };
		let wait = millis(self.timing.round).saturating_mul(patience);
		let retry = millis(self.timing.retry);
		let delay = millis(self.timing.round_delay);
		let Some(leading) = self.open.get_mut(&id).and_then(|open| open.leading.as_mut()) else {
			return;
		};
		let attempt = leading.attempt;
		let elapsed = now.saturating_sub(leading.since);
		match &mut leading.round {
			Round::One { .. } if elapsed >= wait => {
				let count = leading.commitments.len();
				let needed = self.keys.threshold;
				if let Some(open) = self.open.get_mut(&id) {
					open.suspects.clear();
				}
				let why = format!("{count} members committed to nonces, it takes {needed}");
				self.fail(id, now, &[], &why);
			},
			Round::One { again } => {
				for to in take_due(again, now) {
					self.send(id, attempt, to, Body::SignCommit);
				}
			},
			Round::Complete if elapsed >= delay => self.round_two(id, now),
			Round::Complete => {},
			Round::Two { shares, again } if elapsed >= wait.saturating_add(retry) => {
				let silent: Vec<MemberIndex> = leading
					.commitments
					.keys()
					.copied()
					.filter(|signer| !shares.contains_key(signer) && !again.contains_key(signer))
					.collect();
				let late: Vec<MemberIndex> = again.keys().copied().collect();
				for member in &late {
					self.health.late(*member, now);
				}
				if silent.is_empty() {
					self.fall_back(id, now, &format!("members {late:?} do not see the request"));
					return;
				}
				for member in &silent {
					self.health.failed(*member);
					self.health.late(*member, now);
				}
				self.fail(id, now, &silent, &format!("members {silent:?} did not answer"));
			},
			Round::Two { again, .. } => {
				let due = take_due(again, now);
				if !due.is_empty() {
					let body = leading.round_two();
					for to in due {
						self.send(id, attempt, to, body.clone());
					}
				}
			},
		}
	}
}

/// Takes out the members whose moment has come.
fn take_due(again: &mut BTreeMap<MemberIndex, Millis>, now: Millis) -> Vec<MemberIndex> {
	let due: Vec<MemberIndex> =
		again.iter().filter(|(_, at)| now >= **at).map(|(index, _)| *index).collect();
	for index in &due {
		again.remove(index);
	}
	due
}
