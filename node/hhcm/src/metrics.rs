//! What operators can see of HHCM, in Prometheus.

use std::{sync::Arc, time::Duration};

use fusion_hhcm_primitives::Rank;
use substrate_prometheus_endpoint::{
	exponential_buckets, register, Counter, CounterVec, Histogram, HistogramOpts, Opts,
	PrometheusError, Registry, U64,
};

/// Metrics, or nothing if there is no registry. Copies are the same metrics.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Inner>>);

struct Inner {
	slots_seen: Counter<U64>,
	slots_claimed: Counter<U64>,
	slots_won: Counter<U64>,
	authored: CounterVec<U64>,
	lost: CounterVec<U64>,
	packages_made: Counter<U64>,
	packages_received: CounterVec<U64>,
	packages_missed: Counter<U64>,
	ticket_seconds: Histogram,
	blocks_refused: CounterVec<U64>,
	blocks_ignored: CounterVec<U64>,
	equivocations: Counter<U64>,
	reports: Counter<U64>,
}

impl Metrics {
	/// Registers the metrics.
	pub fn new(registry: Option<&Registry>) -> Self {
		let inner = registry.and_then(|registry| {
			Inner::register(registry)
				.map_err(|error| {
					log::warn!(target: crate::LOG_TARGET, "no metrics of HHCM: {error}");
				})
				.ok()
		});
		Self(inner.map(Arc::new))
	}

	fn with(&self, report: impl FnOnce(&Inner)) {
		if let Some(inner) = &self.0 {
			report(inner);
		}
	}

	/// A slot began.
	pub fn slot_seen(&self) {
		self.with(|inner| inner.slots_seen.inc());
	}

	/// This node may assemble the slot's block.
	pub fn slot_claimed(&self) {
		self.with(|inner| inner.slots_claimed.inc());
	}

	/// A block of this node, of that rank, was imported. It took so long to solve its ticket.
	pub fn slot_won(&self, rank: Rank, solved_in: Duration) {
		let label = match rank {
			0 => "0",
			1 => "1",
			2 => "2",
			3 => "3",
			_ => "more",
		};
		self.with(|inner| {
			inner.slots_won.inc();
			inner.authored.with_label_values(&[label]).inc();
			inner.ticket_seconds.observe(solved_in.as_secs_f64());
		});
	}

	/// This node might have assembled a block, and did not.
	pub fn block_lost(&self, reason: &'static str) {
		self.with(|inner| inner.lost.with_label_values(&[reason]).inc());
	}

	/// This node made a package.
	pub fn package_made(&self) {
		self.with(|inner| inner.packages_made.inc());
	}

	/// This node received a package.
	pub fn package_received(&self, verdict: &'static str) {
		self.with(|inner| inner.packages_received.with_label_values(&[verdict]).inc());
	}

	/// This node assembled a block without packages of so many groups.
	pub fn packages_missed(&self, groups: u64) {
		self.with(|inner| inner.packages_missed.inc_by(groups));
	}

	/// A block was refused before it was executed.
	pub fn block_refused(&self, reason: &'static str) {
		self.with(|inner| inner.blocks_refused.with_label_values(&[reason]).inc());
	}

	/// A block was not even checked.
	pub fn block_ignored(&self, reason: &'static str) {
		self.with(|inner| inner.blocks_ignored.with_label_values(&[reason]).inc());
	}

	/// A report of what a node signed twice was given to the chain.
	pub fn report_submitted(&self) {
		self.with(|inner| inner.reports.inc());
	}

	/// A node signed two things where it may sign one.
	pub fn equivocation(&self) {
		self.with(|inner| inner.equivocations.inc());
	}
}

impl Inner {
	fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let counter = |name: &str, help: &str| -> Result<Counter<U64>, PrometheusError> {
			register(Counter::new(format!("fusion_hhcm_{name}_total"), help)?, registry)
		};
		let counters = |name: &str, help: &str, label: &str| -> Result<_, PrometheusError> {
			let opts = Opts::new(format!("fusion_hhcm_{name}_total"), help);
			register(CounterVec::<U64>::new(opts, &[label])?, registry)
		};
		Ok(Self {
			slots_seen: counter("slots_seen", "Slots that began")?,
			slots_claimed: counter("slots_claimed", "Slots that this node might assemble")?,
			slots_won: counter("slots_won", "Blocks that this node assembled and imported")?,
			authored: counters("authored", "Blocks of this node, by its rank", "rank")?,
			lost: counters("blocks_lost", "Blocks that this node did not finish", "reason")?,
			packages_made: counter("packages_made", "Packages that this node made")?,
			packages_received: counters(
				"packages_received",
				"Packages that this node received",
				"verdict",
			)?,
			packages_missed: counter(
				"packages_missed",
				"Groups without a package in blocks that this node assembled",
			)?,
			ticket_seconds: register(
				Histogram::with_opts(
					HistogramOpts::new(
						"fusion_hhcm_ticket_seconds",
						"How long it took to solve the tickets of this node's blocks",
					)
					.buckets(exponential_buckets(0.001, 2.0, 16)?),
				)?,
				registry,
			)?,
			blocks_refused: counters(
				"blocks_refused",
				"Blocks that were refused before they were executed",
				"reason",
			)?,
			blocks_ignored: counters(
				"blocks_ignored",
				"Blocks that were not even checked: too old, or failed before",
				"reason",
			)?,
			equivocations: counter("equivocations", "Pieces of evidence against nodes")?,
			reports: counter("reports", "Reports of evidence that were given to the chain")?,
		})
	}
}
