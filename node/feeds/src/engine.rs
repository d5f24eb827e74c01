//! What to do when: a state machine without I/O.
//!
//! It is told of each new block what the chain waits for ([`Duty`]), and of each value that was asked for; it says what to do.
//! It commits to a value only when that was just fetched, and only once it has been kept on disk; it says again what the chain
//! has not heard.

use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};

use fusion_data_feed_primitives::{
	api::{Action, Duty},
	commitment,
	word::Salt,
	FeedId, FeedWord, FeederId, RoundId, Value,
};
use sp_core::H256;

use crate::store::Secret;

/// Sources are not asked again within this time.
const PAUSE: Duration = Duration::from_secs(5);
/// A value that was committed to is said again for so long. Then, if the chain still has not heard it, there is a new one.
const YOUNG: Duration = Duration::from_secs(30);
/// Most commitments of a round: each of them may still be in somebody's pool.
const MAX_COMMITMENTS: usize = 4;
/// Commitments are forgotten when their round is so many rounds ago: until then, the chain may go back to it.
const KEPT_ROUNDS: RoundId = 8;
/// Most commitments that are kept.
const MAX_SECRETS: usize = 1_024;

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
	/// Ask the sources of a feed, and say what most of them agree on.
	Fetch {
		/// The feed.
		feed: FeedId,
		/// The version of its definition.
		version: u32,
	},
	/// Keep [`Engine::secrets`] on disk, and tell by [`Engine::on_kept`] whether they are. If not, nothing that follows is
	/// done.
	Keep,
	/// Sign this, and hand it to the transaction pool.
	Say(FeedWord),
	/// Tell the operator: the chain has a commitment of ours, and we do not know what it was made of.
	Lost {
		/// The feed.
		feed: FeedId,
		/// The round.
		round: RoundId,
	},
}

/// What is known of a feed.
#[derive(Default)]
struct State {
	duty: Option<Duty>,
	fetching: bool,
	/// When its sources were asked last.
	asked: Option<Instant>,
	/// The round of which it was said that a commitment is lost.
	lost: Option<RoundId>,
}

/// A commitment, and when it was made. `None` if that was before this process began.
struct Made {
	secret: Secret,
	at: Option<Instant>,
	/// Whether it is on disk: before that, nobody is told of it.
	kept: bool,
}

/// One feeder.
pub struct Engine {
	genesis: H256,
	feeder: FeederId,
	feeds: BTreeMap<FeedId, State>,
	made: Vec<Made>,
	salt: Box<dyn FnMut() -> Salt + Send>,
}

impl Engine {
	/// A feeder of the chain with this first block. `secrets` are those on disk; `salt` gives random bytes that nobody can
	/// know.
	pub fn new(
		genesis: H256,
		feeder: FeederId,
		secrets: Vec<Secret>,
		salt: impl FnMut() -> Salt + Send + 'static,
	) -> Self {
		let ours = secrets.into_iter().filter(|secret| secret.feeder == feeder);
		let made = ours.map(|secret| Made { secret, at: None, kept: true }).collect();
		Self { genesis, feeder, feeds: BTreeMap::new(), made, salt: Box::new(salt) }
	}

	/// What has to be on disk.
	pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
		self.made.iter().map(|made| &made.secret)
	}

	/// What had to be on disk is, or is not. What was not kept is not said, ever.
	pub fn on_kept(&mut self, kept: bool) {
		if !kept {
			self.made.retain(|made| made.kept);
		}
		self.made.iter_mut().for_each(|made| made.kept = true);
	}

	/// There is a new block, of this number, after which the chain waits for this.
	pub fn on_block(&mut self, block: u32, duties: Vec<Duty>, now: Instant) -> Vec<Effect> {
		let forgot = self.forget(&duties);
		for state in self.feeds.values_mut() {
			state.duty = None;
		}
		let mut effects = Vec::new();
		if forgot {
			effects.push(Effect::Keep);
		}
		for duty in duties {
			effects.extend(self.step(block, &duty, now));
			let state = self.feeds.entry(duty.feed).or_default();
			state.duty = Some(duty);
		}
		// What there was only to fetch, and is not there any more.
		self.feeds.retain(|_, state| state.duty.is_some() || state.fetching);
		effects
	}

	fn step(&mut self, block: u32, duty: &Duty, now: Instant) -> Vec<Effect> {
		match duty.action {
			Action::Wait { .. } | Action::Done => Vec::new(),
			Action::Watch => {
				let interval = Duration::from_secs(duty.rules.interval.into());
				self.say_again_or_fetch(duty, interval, now)
			},
			Action::Commit => self.say_again_or_fetch(duty, PAUSE, now),
			Action::Reveal { commitment, from, before } => {
				let next = block.saturating_add(1);
				if next < from || next >= before {
					return Vec::new();
				}
				self.reveal(duty, commitment)
			},
		}
	}

	fn reveal(&mut self, duty: &Duty, commitment: H256) -> Vec<Effect> {
		let known = self.secrets().find(|secret| {
			secret.commitment == commitment
				&& (secret.feed, secret.round) == (duty.feed, duty.round)
		});
		if let Some(secret) = known {
			return vec![Effect::Say(FeedWord::Reveal {
				feed: duty.feed,
				round: duty.round,
				value: secret.value.clone(),
				salt: secret.salt,
			})];
		}
		let state = self.feeds.entry(duty.feed).or_default();
		if state.lost.replace(duty.round) == Some(duty.round) {
			return Vec::new();
		}
		vec![Effect::Lost { feed: duty.feed, round: duty.round }]
	}

	/// Says a commitment again that was just made for this round, or else asks the sources, unless they were asked within
	/// `pause`.
	fn say_again_or_fetch(&mut self, duty: &Duty, pause: Duration, now: Instant) -> Vec<Effect> {
		let young = |made: &&Made| {
			(made.secret.feed, made.secret.round) == (duty.feed, duty.round)
				&& made.kept && made.at.is_some_and(|at| now.saturating_duration_since(at) < YOUNG)
		};
		if let Some(made) = self.made.iter().rev().find(young) {
			return vec![Effect::Say(FeedWord::Commit {
				feed: duty.feed,
				round: duty.round,
				commitment: made.secret.commitment,
			})];
		}
		let state = self.feeds.entry(duty.feed).or_default();
		let asked = |at: Instant| now.saturating_duration_since(at) < pause;
		if state.fetching || state.asked.is_some_and(asked) {
			return Vec::new();
		}
		state.fetching = true;
		state.asked = Some(now);
		vec![Effect::Fetch { feed: duty.feed, version: duty.version }]
	}

	/// The sources of a feed were asked, in this version: this is what most of them agree on, if they do.
	pub fn on_value(
		&mut self,
		feed: FeedId,
		version: u32,
		value: Option<Value>,
		now: Instant,
	) -> Vec<Effect> {
		let Some(state) = self.feeds.get_mut(&feed) else { return Vec::new() };
		state.fetching = false;
		let (Some(value), Some(duty)) = (value, state.duty.clone()) else { return Vec::new() };
		// Governance has changed the feed in the meantime.
		if duty.version != version || duty.rules.kind.check(&value).is_err() {
			return Vec::new();
		}
		let wanted = match duty.action {
			Action::Commit => true,
			Action::Watch => {
				duty.last.as_ref().is_none_or(|last| !duty.rules.deviation.covers(last, &value))
			},
			Action::Wait { .. } | Action::Reveal { .. } | Action::Done => false,
		};
		if wanted {
			self.commit(&duty, value, now)
		} else {
			Vec::new()
		}
	}

	fn commit(&mut self, duty: &Duty, value: Value, now: Instant) -> Vec<Effect> {
		let (feed, round) = (duty.feed, duty.round);
		let of_round = self.secrets().filter(|secret| (secret.feed, secret.round) == (feed, round));
		if of_round.count() >= MAX_COMMITMENTS || self.made.len() >= MAX_SECRETS {
			return Vec::new();
		}
		let salt = (self.salt)();
		let commitment = commitment(self.genesis, feed, round, &self.feeder, &value, &salt);
		let secret = Secret { feeder: self.feeder, feed, round, commitment, value, salt };
		self.made.push(Made { secret, at: Some(now), kept: false });
		vec![Effect::Keep, Effect::Say(FeedWord::Commit { feed, round, commitment })]
	}

	/// Forgets commitments of rounds that are long over. Gives whether there were any.
	fn forget(&mut self, duties: &[Duty]) -> bool {
		let before = self.made.len();
		self.made.retain(|made| {
			let duty = duties.iter().find(|duty| duty.feed == made.secret.feed);
			duty.is_none_or(|duty| made.secret.round.saturating_add(KEPT_ROUNDS) >= duty.round)
		});
		if self.made.len() >= MAX_SECRETS {
			// Of feeds that are not there any more: the oldest go.
			self.made.drain(..MAX_SECRETS / 2);
		}
		self.made.len() < before
	}
}
