//! Tests of the member as a whole, on a simulated chain.

mod handover;
mod keygen;
mod precommit;
mod signing;
mod sim;
mod wire;
mod worker;
pub(crate) mod world;

use substrate_prometheus_endpoint::Registry;

/// The value of a counter with this label.
pub(crate) fn counted(registry: &Registry, name: &str, label: &str) -> f64 {
	let families = registry.gather();
	let metrics = families.iter().filter(|family| family.get_name() == name);
	let labelled = metrics
		.flat_map(|family| family.get_metric())
		.filter(|metric| metric.get_label().iter().any(|pair| pair.get_value() == label));
	labelled.map(|metric| metric.get_counter().get_value()).sum()
}
