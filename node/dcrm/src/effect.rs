//! What the state machines ask of the world.

use std::{collections::VecDeque, time::Duration};

use fusion_dcrm_primitives::{Attempt, DcrmMessage, GroupId, MemberId, Phase};

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

/// What of a member was wrong, and proves that it does not do as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bad {
	/// Its share of a signature.
	Share,
	/// Its nonce commitments.
	Commitments,
	/// Our share of its dealing.
	Dealing,
}

/// Something worth counting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
	/// A signature was made by an attempt that this node led.
	Signed {
		/// Whether the signers had committed to their nonces in advance, so that it took one round.
		at_once: bool,
		/// How long after this node has seen the request.
		after: Millis,
	},
	/// An attempt that this node led has failed.
	AttemptFailed {
		/// Whether it was one of one round.
		at_once: bool,
	},
	/// A member sent something wrong.
	Bad {
		/// Who.
		member: MemberId,
		/// What.
		what: Bad,
	},
	/// A ceremony that this node takes part in has entered a phase.
	Entered {
		/// Whether a key is handed over; otherwise one is made.
		handover: bool,
		/// The phase.
		phase: Phase,
	},
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
	/// Count this.
	Count(Fact),
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

	pub(crate) fn count(&mut self, fact: Fact) {
		self.push(Effect::Count(fact));
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
	/// How long nonces are kept for a leader who does not come back. Those that were made in advance are kept until
	/// they are used or the epoch is over.
	pub nonces: Duration,
	/// How many nonces each other member is asked to commit to in advance for us. With none every signature takes two
	/// rounds. [`PRECOMMITMENTS`] suits a node.
	pub precommit: u16,
	/// Development only: the leader waits this long between round 1 and round 2, so that a test can
	/// kill a member in between. A turn becomes longer by as much.
	pub round_delay: Duration,
}

/// How many nonces a node asks each other member to commit to in advance: enough for a batch of Bitcoin's inputs.
pub const PRECOMMITMENTS: u16 = 48;

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
			precommit: 0,
			round_delay: Duration::ZERO,
		}
	}
}

/// A duration in milliseconds, saturating.
pub(crate) fn millis(duration: Duration) -> Millis {
	u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
