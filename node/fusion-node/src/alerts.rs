//! Whether the alert rules in `monitoring/` watch metrics that the node has.

use std::{collections::BTreeSet, time::Duration};

use fusion_dcrm::{
	effect::{Bad, Fact},
	member::Status,
	metrics::{reason, Metrics as DcrmMetrics},
};
use fusion_dcrm_primitives::Phase;
use fusion_hhcm::metrics::Metrics;
use sp_core::sr25519;
use substrate_prometheus_endpoint::{prometheus::TextEncoder, Registry};

const ALERTS: &str = include_str!("../../../monitoring/alerts.yml");

/// The names in a text that begin like those of Fusion's own metrics.
fn names(text: &str) -> BTreeSet<&str> {
	text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
		.filter(|word| word.starts_with("fusion_hhcm_") || word.starts_with("fusion_dcrm_"))
		.collect()
}

/// Makes all metrics of DCRM appear.
fn use_dcrm(registry: &Registry) {
	let metrics = DcrmMetrics::new(Some(registry));
	let member = sr25519::Public::from_raw([1; 32]).into();
	metrics.count(&Fact::Signed { at_once: true, after: 1 });
	metrics.count(&Fact::AttemptFailed { at_once: true });
	metrics.count(&Fact::Bad { member, what: Bad::Share });
	metrics.count(&Fact::Entered { handover: false, phase: Phase::Dealing });
	metrics.refused(reason::STRANGER);
	metrics.show(&Status { epochs: vec![(0, 0)], ..Status::default() });
}

#[test]
fn alerts_should_watch_metrics_that_there_are() {
	let registry = Registry::new();
	let metrics = Metrics::new(Some(&registry));
	// Counters with labels are there from the first time on.
	metrics.slot_seen();
	metrics.slot_claimed();
	metrics.slot_won(0, Duration::from_millis(1));
	metrics.block_lost("signing");
	metrics.package_made();
	metrics.package_received("kept");
	metrics.packages_missed(1);
	metrics.block_refused("future");
	metrics.equivocation();
	use_dcrm(&registry);
	let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("metrics are text");

	let (watched, there) = (names(ALERTS), names(&text));
	for part in ["fusion_hhcm_", "fusion_dcrm_"] {
		let count = watched.iter().filter(|name| name.starts_with(part)).count();
		assert!(count > 2, "{part}: {watched:?}");
	}
	let missing: Vec<_> = watched.difference(&there).collect();
	assert!(missing.is_empty(), "monitoring/alerts.yml watches what is not there: {missing:?}");
}
