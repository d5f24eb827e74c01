//! Whether the alert rules in `monitoring/` watch metrics that the node has.

use std::{collections::BTreeSet, time::Duration};

use fusion_hhcm::metrics::Metrics;
use substrate_prometheus_endpoint::{prometheus::TextEncoder, Registry};

const ALERTS: &str = include_str!("../../../monitoring/alerts.yml");

/// The names in a text that begin like those of HHCM's metrics.
fn names(text: &str) -> BTreeSet<&str> {
	text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
		.filter(|word| word.starts_with("fusion_hhcm_"))
		.collect()
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
	let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("metrics are text");

	let (watched, there) = (names(ALERTS), names(&text));
	assert!(watched.len() > 5, "{watched:?}");
	let missing: Vec<_> = watched.difference(&there).collect();
	assert!(missing.is_empty(), "monitoring/alerts.yml watches what is not there: {missing:?}");
}
