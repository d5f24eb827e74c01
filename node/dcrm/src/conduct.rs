//! What a member does differently from an honest one: for tests of what the others do about it.
//!
//! A node has none. `node/dishonest`, which no production binary depends on, gives its member one.

use fusion_dcrm_primitives::{DcrmMessage, MemberId};

use crate::{effect::Outgoing, wire::Body};

/// Changes what a member says, before it signs it. `None`: it keeps silent.
pub trait Conduct: Send + Sync + 'static {
	/// What it says on chain.
	fn say(&self, message: DcrmMessage) -> Option<DcrmMessage>;
	/// What it asks another member.
	fn ask(&self, message: Outgoing) -> Option<Outgoing>;
	/// What it answers another member.
	fn answer(&self, to: &MemberId, reply: Body) -> Option<Body>;
}
