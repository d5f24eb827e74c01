//! What the state machines ask of the world.

use std::{collections::VecDeque, time::Duration};

use fusion_dcrm_primitives::{Attempt, DcrmMessage, GroupId, MemberId};

use crate::{
	store::ShareRecord,
	wire::{Body, Session},
};

/// A moment, in milliseconds since some start. Never goes backwards.
pub type Millis = u64;

/// A message for another member. It is a request: there will be a reply or a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
	/// The group that it is about.
	pub group: GroupId,
	/// What it belongs to.
	pub session: Session,
	/// To whom.
	pub to: MemberId,
	/// What.
	pub body: Body,
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
	/// How important it is.
	pub level: log::Level,
	/// Which part speaks: [`crate::KEYGEN`] or [`crate::SIGNING`].
	pub target: &'static str,
	/// What happened. Never contains a secret.
	pub text: String,
}

/// Something that a state machine wants done.
pub enum Effect {
	/// Say this on chain. Is repeated until it is heard, so it may fail quietly.
	Say(DcrmMessage),
	/// Send this to another member, and bring the reply.
	Send(Outgoing),
	/// Store this share safely, and say whether it worked.
	Store(Box<ShareRecord>),
	/// Erase shares of this group: those of earlier attempts than this one, but for these attempts'. Their epochs
	/// are over, or never came.
	Erase(GroupId, Attempt, Vec<Attempt>),
	/// Log this.
	Log(LogLine),
}

/// A queue of effects.
#[derive(Default)]
pub(crate) struct Effects {
	queue: VecDeque<Effect>,
}

impl Effects {
	pub(crate) fn push(&mut self, effect: Effect) {
		self.queue.push_back(effect);
	}

	pub(crate) fn log(&mut self, level: log::Level, target: &'static str, text: String) {
		self.push(Effect::Log(LogLine { level, target, text }));
	}

	pub(crate) fn take(&mut self) -> Vec<Effect> {
		self.queue.drain(..).collect()
	}
}

/// How patient a member is. The defaults suit blocks of a few seconds and a network of a few hundred
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
	/// How long one member leads a signing request before it is the next one's turn.
	pub turn: Duration,
	/// How long a leader waits for the members in one round.
	pub round: Duration,
	/// How long until a failed or refused message is sent again.
	pub retry: Duration,
	/// How long until something is said again that the chain has not heard.
	pub say: Duration,
	/// How long until a share of a dealing is sent or asked for again.
	pub share: Duration,
	/// How long a member waits for a missing share before it complains on chain.
	pub patience: Duration,
	/// How long nonces are kept for a leader who does not come back.
	pub nonces: Duration,
	/// Development only: the leader waits this long between round 1 and round 2, so that a test can
	/// kill a member in between. A turn becomes longer by as much.
	pub round_delay: Duration,
}

/// How long one member leads a signing request, by default.
pub const ATTEMPT_MS: Millis = 4_000;

impl Default for Timing {
	fn default() -> Self {
		Self {
			turn: Duration::from_millis(ATTEMPT_MS),
			round: Duration::from_millis(1_500),
			retry: Duration::from_millis(500),
			say: Duration::from_secs(12),
			share: Duration::from_secs(2),
			patience: Duration::from_secs(6),
			nonces: Duration::from_secs(60),
			round_delay: Duration::ZERO,
		}
	}
}

/// A duration in milliseconds, saturating.
pub(crate) fn millis(duration: Duration) -> Millis {
	u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
