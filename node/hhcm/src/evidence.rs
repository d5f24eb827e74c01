//! What is done with evidence that a node signed two things where it may sign one.

use std::sync::Arc;

use fusion_hhcm_primitives::equivocation::Proof;

/// Is called with each piece of evidence, once. It must not block for long.
pub type Reporter<Header> = Arc<dyn Fn(Proof<Header>) + Send + Sync>;

/// Writes evidence into the log, and does nothing else with it.
pub fn log_only<Header: codec::Encode + 'static>() -> Reporter<Header> {
	Arc::new(|proof: Proof<Header>| {
		log::warn!(
			target: crate::LOG_TARGET,
			"equivocation, not reported to the chain: 0x{}",
			hex::encode(codec::Encode::encode(&proof)),
		);
	})
}
