//! Tests of the member as a whole, on a simulated chain.

mod bench;
mod duty;
mod handover;
mod keygen;
mod nonsense;
mod precommit;
mod rpc;
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

/// The sum and the number of what a histogram has observed.
pub(crate) fn counted_sum(registry: &Registry, name: &str) -> (f64, f64) {
	let families = registry.gather();
	let metrics = families.iter().filter(|family| family.get_name() == name);
	metrics.flat_map(|family| family.get_metric()).fold((0.0, 0.0), |(sum, count), metric| {
		let histogram = metric.get_histogram();
		(sum + histogram.get_sample_sum(), count + histogram.get_sample_count() as f64)
	})
}
