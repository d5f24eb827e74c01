//! How packages travel: over a gossip protocol of their own.
//!
//! An [`Exchange`] is what the rest of the node sees: it takes packages of this node, and tells the best of
//! those that were heard of. Behind it is a [`Collection`], and the network if there is one.

use std::{collections::HashMap, future::Future, sync::Arc};

use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use fusion_hhcm_primitives::{check, package::Context, GroupId, Package, Packages, Slot};
use futures::{channel::mpsc, StreamExt};
use parking_lot::Mutex;
use sc_network::{
	config::{NonReservedPeerMode, SetConfig},
	peer_store::PeerStoreProvider,
	NetworkBackend, NetworkPeers, NotificationMetrics, NotificationService, PeerId, ProtocolName,
	ReputationChange,
};
use sc_network_gossip::{
	GossipEngine, MessageIntent, Network, Syncing, ValidationResult, Validator, ValidatorContext,
};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use sp_runtime::traits::Block as BlockT;
use substrate_prometheus_endpoint::Registry;

use crate::{
	metrics::Metrics,
	packages::{Collection, Evidence, Fault, Verdict, SLOT_DRIFT},
	round::SlotView,
};

mod lookup;

pub use lookup::{ClientLookup, Found, Lookup};

/// Packages that wait to be sent.
const QUEUE: usize = 64;
/// Most packages for unknown blocks that are kept of one peer in a slot.
const MAX_EARLY_OF_PEER: u32 = 16;
/// Most peers that are counted in a slot.
const MAX_PEERS: usize = 1_024;

/// What is sent. The encoding begins with a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Message {
	/// The first version.
	#[codec(index = 1)]
	V1 { context: Context, package: Package },
}

/// The message that says a package.
fn encode(context: &Context, package: &Package) -> Vec<u8> {
	Message::V1 { context: *context, package: package.clone() }.encode()
}

/// The package that a message says. `None` if it is malformed.
fn decode(mut message: &[u8]) -> Option<(Context, Package)> {
	let Message::V1 { context, package } = Message::decode_all(&mut message).ok()?;
	Some((context, package))
}

/// The slot of a message that was decoded before.
fn slot_of(message: &[u8]) -> Option<Slot> {
	// Behind the version.
	let mut rest = message.get(1..)?;
	Some(Context::decode(&mut rest).ok()?.slot)
}

/// Most bytes of a message.
fn max_message_size() -> u64 {
	let context = 32 + 32 + 8;
	(1 + context + Package::max_encoded_len()) as u64
}

/// Messages of one slot are one topic.
fn topic(slot: Slot) -> H256 {
	blake2_256(&(b"fusion-hhcm/slot", slot).encode()).into()
}

/// Name of the protocol on the chain with this first block.
pub fn protocol_name(genesis: H256) -> ProtocolName {
	format!("/{}/fusion-hhcm/1", hex::encode(genesis)).into()
}

/// What the network has to know of the protocol before it is built, and the handle for [`connect`].
pub fn protocol_config<Block, Net>(
	genesis: H256,
	metrics: NotificationMetrics,
	peer_store: Arc<dyn PeerStoreProvider>,
) -> (Net::NotificationProtocolConfig, Box<dyn NotificationService>)
where
	Block: BlockT<Hash = H256>,
	Net: NetworkBackend<Block, H256>,
{
	Net::notification_config(
		protocol_name(genesis),
		vec![],
		max_message_size(),
		None,
		// The gossip engine reserves a place for each peer that blocks are synced with.
		SetConfig {
			in_peers: 0,
			out_peers: 0,
			reserved_nodes: vec![],
			non_reserved_mode: NonReservedPeerMode::Deny,
		},
		metrics,
		peer_store,
	)
}

/// Where packages are given to, and taken from. Copies are the same exchange.
#[derive(Clone)]
pub struct Exchange(Arc<Inner>);

struct Inner {
	collection: Mutex<Collection>,
	metrics: Metrics,
	network: Option<Wire>,
}

/// What there is with a network.
struct Wire {
	lookup: Box<dyn Lookup>,
	/// Copies of the sender would each have a place in the queue of their own.
	outgoing: Mutex<mpsc::Sender<(Context, Package)>>,
}

impl Exchange {
	/// For a node that makes all packages itself.
	pub fn alone(genesis: H256, metrics: Metrics) -> Self {
		let collection = Mutex::new(Collection::new(genesis));
		Self(Arc::new(Inner { collection, metrics, network: None }))
	}

	/// From now on packages of this slot are judged, as this node works on it.
	pub fn open(&self, view: &SlotView) {
		let opened = self.0.collection.lock().open(view.clone(), true, view.slot());
		self.0.pass_on(&view.context(), opened);
	}

	/// Gives a package of this node, which goes to the others if none as good is known.
	pub fn give(&self, context: &Context, package: Package) -> Verdict {
		let verdict = self.0.collection.lock().receive(context, package.clone(), context.slot);
		if verdict == Verdict::Keep {
			self.0.send(context, package);
		}
		verdict
	}

	/// Sends a package to the others, whatever is known of it here. Honest nodes [`give`](Self::give) theirs;
	/// this is for tests of what others do with those of a dishonest one.
	pub fn forward(&self, context: &Context, package: Package) {
		self.0.send(context, package);
	}

	/// The best package of each group.
	pub fn best(&self, context: &Context) -> Packages {
		self.0.collection.lock().best(context)
	}

	/// What the best package of a group is worth. `None` if there is none.
	pub fn best_weight(&self, context: &Context, group: GroupId) -> Option<u64> {
		self.0.collection.lock().best_weight(context, group)
	}

	/// Whether each group's winner was heard.
	pub fn is_complete(&self, context: &Context) -> bool {
		self.0.collection.lock().is_complete(context)
	}

	/// The evidence that was found since the last time.
	pub fn take_evidence(&self) -> Vec<Evidence> {
		self.0.collection.lock().take_evidence()
	}
}

impl Inner {
	/// Judges a package that came over the network. `may_wait`: it is kept if its parent is not known.
	fn receive(&self, context: &Context, package: Package, may_wait: bool) -> Verdict {
		let Some(network) = &self.network else { return Verdict::Ignore };
		let now = network.lookup.now();
		let wanted = self.collection.lock().wants(context, now);
		if wanted {
			// Not under the lock: it takes time.
			match network.lookup.find(context) {
				Found::Slot(view) => {
					// Only a sound package begins a slot: else anybody could fill all places.
					let (election, authorities) = (view.election(), &view.parent().authorities);
					if let Err(error) = check::package(&package, context, election, authorities) {
						return Verdict::Refuse(error.into());
					}
					let opened = self.collection.lock().open(*view, false, now);
					self.pass_on(context, opened);
					if !self.collection.lock().is_open(context) {
						return Verdict::Ignore;
					}
				},
				Found::Unknown if may_wait => (),
				Found::Unknown => return Verdict::Refuse(Fault::TooManyEarly),
				Found::Over => return Verdict::Ignore,
				Found::Impossible => return Verdict::Refuse(Fault::Impossible),
			}
		}
		self.collection.lock().receive(context, package, now)
	}

	/// Passes on packages that came early.
	fn pass_on(&self, context: &Context, opened: Vec<(Package, Verdict)>) {
		for (package, verdict) in opened {
			self.metrics.package_received(label(verdict));
			if verdict == Verdict::Keep {
				self.send(context, package);
			}
		}
	}

	fn send(&self, context: &Context, package: Package) {
		if let Some(network) = &self.network {
			// A queue that is full means that the network is stuck: the package is lost.
			let _ = network.outgoing.lock().try_send((*context, package));
		}
	}
}

/// What the metrics call a verdict.
fn label(verdict: Verdict) -> &'static str {
	match verdict {
		Verdict::Keep => "kept",
		Verdict::Ignore => "ignored",
		Verdict::Early => "early",
		Verdict::Equivocation => "equivocation",
		Verdict::Refuse(_) => "refused",
	}
}

/// What a fault costs whoever sent the package, in reputation. A peer is banned for a while from about
/// `-3 << 29` on, and what it has lost shrinks by half in two minutes.
fn cost(fault: Fault) -> ReputationChange {
	let value = match fault {
		// May happen to whoever is a little slow, or has a clock that is a little wrong, some times in a slot:
		// that never adds up to a ban. Hundreds in a second do.
		Fault::TooOld | Fault::TooNew | Fault::TooManyEarly => -(1 << 16),
		// Nobody passes on what it has not checked: whoever sent it has made it up. Six are too many.
		Fault::NoRight | Fault::Signature | Fault::Impossible => -(1 << 28),
		Fault::Malformed | Fault::OtherChain => -(1 << 29),
	};
	ReputationChange::new(value, fault.as_str())
}

/// How many packages for unknown blocks each peer has sent in a slot.
#[derive(Debug, Default)]
struct EarlyCount {
	slot: Slot,
	sent: HashMap<PeerId, u32>,
}

impl EarlyCount {
	/// Whether another one of this peer is kept.
	fn may_wait(&mut self, peer: &PeerId, now: Slot) -> bool {
		if self.slot != now {
			*self = Self { slot: now, sent: HashMap::new() };
		}
		match self.sent.get(peer) {
			Some(sent) => *sent < MAX_EARLY_OF_PEER,
			None => self.sent.len() < MAX_PEERS,
		}
	}

	/// Counts one.
	fn note(&mut self, peer: PeerId) {
		let sent = self.sent.entry(peer).or_default();
		*sent = sent.saturating_add(1);
	}
}

/// Judges messages for the gossip engine.
struct Judge<N> {
	exchange: Exchange,
	network: N,
	early: Mutex<EarlyCount>,
}

impl<Block, N> Validator<Block> for Judge<N>
where
	Block: BlockT<Hash = H256>,
	N: NetworkPeers + Send + Sync,
{
	fn validate(
		&self,
		context: &mut dyn ValidatorContext<Block>,
		sender: &PeerId,
		data: &[u8],
	) -> ValidationResult<H256> {
		let may_wait = self.early.lock().may_wait(sender, self.exchange.now());
		let (slot, verdict) = match decode(data) {
			Some((of, package)) => (of.slot, self.exchange.0.receive(&of, package, may_wait)),
			None => (Slot::default(), Verdict::Refuse(Fault::Malformed)),
		};
		if verdict == Verdict::Early {
			self.early.lock().note(*sender);
		}
		self.exchange.0.metrics.package_received(label(verdict));
		match verdict {
			Verdict::Keep => {
				let topic = topic(slot);
				// What is only kept is sent on later.
				context.broadcast_message(topic, data.to_vec(), false);
				ValidationResult::ProcessAndKeep(topic)
			},
			Verdict::Refuse(fault) => {
				self.network.report_peer(*sender, cost(fault));
				ValidationResult::Discard
			},
			Verdict::Ignore | Verdict::Early | Verdict::Equivocation => ValidationResult::Discard,
		}
	}

	fn message_expired(&self) -> Box<dyn FnMut(H256, &[u8]) -> bool + '_> {
		let now = self.exchange.now();
		Box::new(move |_, data| {
			slot_of(data).is_none_or(|slot| slot.saturating_add(SLOT_DRIFT) < now)
		})
	}

	fn message_allowed(&self) -> Box<dyn FnMut(&PeerId, MessageIntent, &H256, &[u8]) -> bool + '_> {
		// A peer that has it already takes it for spam.
		Box::new(|_, intent, _, _| intent != MessageIntent::PeriodicRebroadcast)
	}
}

impl Exchange {
	/// The slot that the clock shows.
	fn now(&self) -> Slot {
		self.0.network.as_ref().map(|network| network.lookup.now()).unwrap_or_default()
	}
}

/// Connects a node with the others. The future must be run as long as the node is.
///
/// `service` is from [`protocol_config`].
pub fn connect<Block, N, S>(
	genesis: H256,
	network: N,
	sync: S,
	service: Box<dyn NotificationService>,
	lookup: impl Lookup + 'static,
	metrics: Metrics,
	registry: Option<&Registry>,
) -> (Exchange, impl Future<Output = ()> + Send)
where
	Block: BlockT<Hash = H256>,
	N: Network<Block> + Clone + Send + Sync + 'static,
	S: Syncing<Block> + Clone + Send + 'static,
{
	let (outgoing, queue) = mpsc::channel(QUEUE);
	let exchange = Exchange(Arc::new(Inner {
		collection: Mutex::new(Collection::new(genesis)),
		metrics,
		network: Some(Wire { lookup: Box::new(lookup), outgoing: Mutex::new(outgoing) }),
	}));
	let judge = Judge {
		exchange: exchange.clone(),
		network: network.clone(),
		early: Mutex::new(EarlyCount::default()),
	};
	let engine = GossipEngine::<Block>::new(
		network,
		sync,
		service,
		protocol_name(genesis),
		Arc::new(judge),
		registry,
	);
	(exchange, run(engine, queue))
}

async fn run<Block: BlockT<Hash = H256>>(
	mut engine: GossipEngine<Block>,
	mut queue: mpsc::Receiver<(Context, Package)>,
) {
	loop {
		tokio::select! {
			() = &mut engine => return,
			next = queue.next() => match next {
				Some((context, package)) => {
					engine.gossip_message(topic(context.slot), encode(&context, &package), false);
				},
				None => return,
			},
		}
	}
}

#[cfg(test)]
mod tests;
