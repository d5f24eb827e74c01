//! What operators can see of a member, in Prometheus.

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

use fusion_dcrm_primitives::{GroupId, MemberId, Phase};
use parking_lot::Mutex;
use sp_core::crypto::Ss58Codec;
use substrate_prometheus_endpoint::{
	exponential_buckets, register, CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, Opts,
	PrometheusError, Registry, U64,
};

use crate::{
	effect::{Bad, Fact, Millis},
	member::Status,
	wire::WireError,
	NETWORK,
};

/// Why a message of another node was refused, beside what [`WireError::reason`] says.
pub mod reason {
	/// It came from a peer that no member of our groups is reached at.
	pub const STRANGER: &str = "stranger";
	/// The peer has too many requests under way.
	pub const TOO_MANY: &str = "too_many";
	/// The member has too many requests to look at.
	pub const BUSY: &str = "busy";
	/// Its sender is no member of the group that it is about.
	pub const OTHER_GROUP: &str = "other_group";
	/// Well formed, and not fit for what it is about: the state machine says no.
	pub const UNFIT: &str = "unfit";
	/// A reply that is none to what was asked.
	pub const BAD_REPLY: &str = "bad_reply";
}

/// Metrics, or nothing if there is no registry. Copies are the same metrics. If a process has several members, as a
/// development node does, counters are of all of them together and gauges of the one that reported last.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Inner>>);

struct Inner {
	ceremonies: GaugeVec<U64>,
	phases: CounterVec<U64>,
	signatures: CounterVec<U64>,
	attempts_failed: CounterVec<U64>,
	signing_seconds: Histogram,
	bad: CounterVec<U64>,
	refused: CounterVec<U64>,
	precommitments: GaugeVec<U64>,
	open_requests: Gauge<U64>,
	epoch: GaugeVec<U64>,
	/// Whose epoch is shown.
	groups: Mutex<BTreeSet<GroupId>>,
}

/// The label of an attempt.
fn rounds(at_once: bool) -> &'static str {
	if at_once {
		"1"
	} else {
		"2"
	}
}

/// The label of a phase.
fn name_of(phase: Phase) -> &'static str {
	match phase {
		Phase::Dealing => "dealing",
		Phase::Verdicts => "verdicts",
		Phase::Answers => "answers",
		Phase::Revealing => "revealing",
		Phase::Accusing => "accusing",
		Phase::Confirming => "confirming",
		Phase::Testing => "testing",
	}
}

const PHASES: [Phase; 7] = [
	Phase::Dealing,
	Phase::Verdicts,
	Phase::Answers,
	Phase::Revealing,
	Phase::Accusing,
	Phase::Confirming,
	Phase::Testing,
];

fn gauge(count: usize) -> u64 {
	u64::try_from(count).unwrap_or(u64::MAX)
}

fn seconds(millis: Millis) -> f64 {
	std::time::Duration::from_millis(millis).as_secs_f64()
}

impl Metrics {
	/// Registers the metrics.
	pub fn new(registry: Option<&Registry>) -> Self {
		let inner = registry.and_then(|registry| {
			Inner::register(registry)
				.map_err(|error| log::warn!(target: NETWORK, "no metrics of DCRM: {error}"))
				.ok()
		});
		Self(inner.map(Arc::new))
	}

	fn with(&self, report: impl FnOnce(&Inner)) {
		if let Some(inner) = &self.0 {
			report(inner);
		}
	}

	/// Something happened.
	pub fn count(&self, fact: &Fact) {
		self.with(|inner| match fact {
			Fact::Signed { at_once, after } => {
				inner.signatures.with_label_values(&[rounds(*at_once)]).inc();
				inner.signing_seconds.observe(seconds(*after));
			},
			Fact::AttemptFailed { at_once } => {
				inner.attempts_failed.with_label_values(&[rounds(*at_once)]).inc();
			},
			Fact::Bad { member, what } => {
				let what = match what {
					Bad::Share => "share",
					Bad::Commitments => "commitments",
					Bad::Dealing => "dealing",
				};
				inner.bad.with_label_values(&[&member_name(member), what]).inc();
			},
			Fact::Entered { handover, phase } => {
				let ceremony = if *handover { "handover" } else { "generation" };
				inner.phases.with_label_values(&[ceremony, name_of(*phase)]).inc();
			},
		});
	}

	/// A message of another node was refused: see [`reason`].
	pub fn refused(&self, reason: &'static str) {
		self.with(|inner| inner.refused.with_label_values(&[reason]).inc());
	}

	/// A message could not be taken.
	pub fn unreadable(&self, error: &WireError) {
		self.refused(error.reason());
	}

	/// What a member has to do, and has in store.
	pub fn show(&self, status: &Status) {
		self.with(|inner| {
			let mut phases: BTreeMap<&str, u64> =
				PHASES.into_iter().map(|phase| (name_of(phase), 0)).collect();
			for phase in &status.ceremonies {
				let count = phases.entry(name_of(*phase)).or_default();
				*count = count.saturating_add(1);
			}
			for (phase, count) in phases {
				inner.ceremonies.with_label_values(&[phase]).set(count);
			}
			inner.open_requests.set(gauge(status.open_requests));
			let precommitments =
				[("held", status.precommitments_held), ("given", status.precommitments_given)];
			for (side, count) in precommitments {
				inner.precommitments.with_label_values(&[side]).set(gauge(count));
			}
			let mut shown = inner.groups.lock();
			let present: BTreeSet<GroupId> =
				status.epochs.iter().map(|(group, _)| *group).collect();
			for left in shown.difference(&present) {
				// An error would mean that it is not shown.
				let _ = inner.epoch.remove_label_values(&[&left.to_string()]);
			}
			*shown = present;
			for (group, epoch) in &status.epochs {
				let group = group.to_string();
				inner.epoch.with_label_values(&[&group]).set(u64::from(*epoch));
			}
		});
	}
}

/// A member's account, as people write it.
fn member_name(member: &MemberId) -> String {
	let inner: &sp_core::sr25519::Public = member.as_ref();
	inner.to_ss58check()
}

impl Inner {
	fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let counters = |name: &str, help: &str, labels: &[&str]| -> Result<_, PrometheusError> {
			let opts = Opts::new(format!("fusion_dcrm_{name}_total"), help);
			register(CounterVec::<U64>::new(opts, labels)?, registry)
		};
		let gauges = |name: &str, help: &str, labels: &[&str]| -> Result<_, PrometheusError> {
			let opts = Opts::new(format!("fusion_dcrm_{name}"), help);
			register(GaugeVec::<U64>::new(opts, labels)?, registry)
		};
		Ok(Self {
			ceremonies: gauges(
				"ceremonies",
				"Ceremonies that this node takes part in now, by phase",
				&["phase"],
			)?,
			phases: counters(
				"phases",
				"Phases of ceremonies that this node has seen begin",
				&["ceremony", "phase"],
			)?,
			signatures: counters(
				"signatures",
				"Signatures that this node made as the leader, by rounds that it took",
				&["rounds"],
			)?,
			attempts_failed: counters(
				"attempts_failed",
				"Attempts at a signature that this node led and that failed",
				&["rounds"],
			)?,
			signing_seconds: register(
				Histogram::with_opts(
					HistogramOpts::new(
						"fusion_dcrm_signing_seconds",
						"From when this node saw a request until it had made the signature",
					)
					.buckets(exponential_buckets(0.025, 2.0, 14)?),
				)?,
				registry,
			)?,
			bad: counters(
				"bad",
				"What members sent that proves that they do not do as they should",
				&["member", "what"],
			)?,
			refused: counters("refused", "Messages of other nodes that were refused", &["reason"])?,
			precommitments: gauges(
				"precommitments",
				"Nonces that were committed to in advance: held of others, given to others",
				&["side"],
			)?,
			open_requests: register(
				Gauge::new("fusion_dcrm_open_requests", "Signing requests that are open")?,
				registry,
			)?,
			epoch: gauges(
				"epoch",
				"The epoch that the share in use of a group's key is of",
				&["group"],
			)?,
			groups: Mutex::default(),
		})
	}
}

#[cfg(test)]
mod tests {
	use substrate_prometheus_endpoint::prometheus::TextEncoder;

	use super::*;
	use crate::tests::world::members;

	fn text(registry: &Registry) -> String {
		TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
	}

	#[test]
	fn metrics_should_show_what_happened_when_it_is_reported() {
		let registry = Registry::new();
		let metrics = Metrics::new(Some(&registry));
		let (_, ids) = members(1);
		metrics.count(&Fact::Signed { at_once: true, after: 150 });
		metrics.count(&Fact::AttemptFailed { at_once: false });
		metrics.count(&Fact::Bad { member: ids[0].clone(), what: Bad::Share });
		metrics.count(&Fact::Entered { handover: true, phase: Phase::Accusing });
		metrics.refused(reason::STRANGER);
		metrics.unreadable(&WireError::Oversized { size: 1 });
		metrics.show(&Status {
			ceremonies: vec![Phase::Dealing, Phase::Dealing],
			open_requests: 3,
			precommitments_held: 5,
			precommitments_given: 8,
			epochs: vec![(7, 2)],
		});
		let shown = text(&registry);
		for line in [
			"fusion_dcrm_signatures_total{rounds=\"1\"} 1",
			"fusion_dcrm_signing_seconds_sum 0.15",
			"fusion_dcrm_attempts_failed_total{rounds=\"2\"} 1",
			"fusion_dcrm_phases_total{ceremony=\"handover\",phase=\"accusing\"} 1",
			"fusion_dcrm_refused_total{reason=\"stranger\"} 1",
			"fusion_dcrm_refused_total{reason=\"oversized\"} 1",
			"fusion_dcrm_ceremonies{phase=\"dealing\"} 2",
			"fusion_dcrm_ceremonies{phase=\"testing\"} 0",
			"fusion_dcrm_open_requests 3",
			"fusion_dcrm_precommitments{side=\"held\"} 5",
			"fusion_dcrm_precommitments{side=\"given\"} 8",
			"fusion_dcrm_epoch{group=\"7\"} 2",
		] {
			assert!(shown.contains(line), "{line} is not in:\n{shown}");
		}
		let blamed = format!(
			"fusion_dcrm_bad_total{{member=\"{}\",what=\"share\"}} 1",
			member_name(&ids[0])
		);
		assert!(shown.contains(&blamed), "{blamed} is not in:\n{shown}");
		// A group that was left is gone.
		metrics.show(&Status::default());
		assert!(!text(&registry).contains("fusion_dcrm_epoch{"));
	}

	#[test]
	fn nothing_should_happen_when_there_is_no_registry() {
		let metrics = Metrics::new(None);
		metrics.refused(reason::BUSY);
		metrics.show(&Status::default());
	}
}
