//! Whole members, running: sealed messages over a loopback, shares on disk, real time.

use std::{
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc,
	},
	time::Duration,
};

use fusion_dcrm_primitives::{
	DcrmMessage, GroupId, GroupState, GroupView, KeyPath, MemberId, PeerIdBytes, Purpose,
	RequestId, SigningRequest,
};
use futures::{stream::BoxStream, StreamExt};
use parking_lot::Mutex;
use sp_core::H256;
use sp_keystore::testing::MemoryKeystore;
use substrate_prometheus_endpoint::Registry;
use tokio::task::JoinHandle;

use super::{counted, sim::Sim, world::members};
use crate::{
	effect::Timing,
	identity::Identity,
	metrics::Metrics,
	network::PeerBook,
	pool::Pool,
	store::{Argon2Profile, KeyStore},
	transport::{Fate, Loopback},
	wire::{Envelope, Kind},
	worker::{run_member, BlockRef, ChainAccess, ChainError, Setup},
};

const BLOCK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(120);

/// One member's view of the simulated chain.
struct View {
	sim: Arc<Mutex<Sim>>,
	me: MemberId,
}

#[async_trait::async_trait]
impl ChainAccess for View {
	fn genesis(&self) -> H256 {
		self.sim.lock().genesis
	}

	fn finalized(&self) -> BlockRef {
		let number = self.sim.lock().block;
		BlockRef { hash: H256::from_low_u64_be(number.into()), number }
	}

	fn is_syncing(&self) -> bool {
		false
	}

	fn finality(&self) -> BoxStream<'static, ()> {
		futures::stream::pending().boxed()
	}

	fn groups_of(&self, _: H256, _: &MemberId) -> Result<Vec<GroupId>, ChainError> {
		Ok(vec![self.sim.lock().view.id])
	}

	fn group(&self, _: H256, _: GroupId) -> Result<Option<GroupView>, ChainError> {
		Ok(Some(self.sim.lock().view.clone()))
	}

	fn peer(&self, _: H256, member: &MemberId) -> Result<Option<(PeerIdBytes, u64)>, ChainError> {
		Ok(self.sim.lock().peers.get(member).cloned())
	}

	fn open_requests(
		&self,
		_: H256,
		_: GroupId,
		limit: u32,
	) -> Result<Vec<(RequestId, SigningRequest)>, ChainError> {
		let sim = self.sim.lock();
		let limit = usize::try_from(limit).unwrap();
		Ok(sim.open.iter().take(limit).map(|(id, request)| (*id, request.clone())).collect())
	}

	fn our_peer(&self) -> Option<PeerIdBytes> {
		Some(sc_network_types::PeerId::from_ed25519(&[1; 32])?.to_bytes().try_into().unwrap())
	}

	async fn submit(&self, message: DcrmMessage) -> Result<(), ChainError> {
		self.sim.lock().hear(&self.me, message).map_err(ChainError)
	}
}

pub struct Network {
	pub sim: Arc<Mutex<Sim>>,
	keystore: Arc<MemoryKeystore>,
	ids: Vec<MemberId>,
	loopback: Loopback,
	dir: tempfile::TempDir,
	blocks: JoinHandle<()>,
	members: Vec<JoinHandle<()>>,
	timing: Timing,
	pool: Arc<Pool>,
	/// The metrics of all members.
	pub registry: Registry,
	metrics: Metrics,
}

impl Drop for Network {
	fn drop(&mut self) {
		self.blocks.abort();
		self.members.iter().for_each(JoinHandle::abort);
	}
}

impl Network {
	fn start(timing: Timing) -> Self {
		Self::start_with(4, 3, timing)
	}

	pub fn start_with(count: u16, threshold: u16, timing: Timing) -> Self {
		let (keystore, ids) = members(count);
		let sim = Arc::new(Mutex::new(Sim::new(ids.clone(), threshold, 400)));
		let chain = sim.clone();
		let blocks = tokio::spawn(async move {
			loop {
				tokio::time::sleep(BLOCK).await;
				chain.lock().next_block();
			}
		});
		let registry = Registry::new();
		let metrics = Metrics::new(Some(&registry));
		let mut network = Self {
			sim,
			keystore,
			ids,
			loopback: Loopback::new(),
			dir: tempfile::tempdir().unwrap(),
			blocks,
			members: Vec::new(),
			timing,
			pool: Arc::new(Pool::new(2).unwrap()),
			registry,
			metrics,
		};
		for position in 0..network.ids.len() {
			let member = network.spawn(position);
			network.members.push(member);
		}
		network
	}

	fn store_dir(&self, position: usize) -> PathBuf {
		self.dir.path().join(position.to_string())
	}

	fn spawn(&self, position: usize) -> JoinHandle<()> {
		let me = self.ids[position].clone();
		let (transport, inbound) = self.loopback.join(me.clone());
		let store = open_store(&self.store_dir(position));
		let setup = Setup {
			identity: Identity::new(self.keystore.clone(), me.clone()).unwrap(),
			chain: Arc::new(View { sim: self.sim.clone(), me }),
			transport: Arc::new(transport),
			inbound,
			peers: PeerBook::default(),
			store: Arc::new(store),
			check: Arc::new(super::world::check),
			timing: self.timing,
			pool: self.pool.clone(),
			metrics: self.metrics.clone(),
			conduct: None,
		};
		tokio::spawn(async move { run_member(setup).await.unwrap() })
	}

	async fn kill(&self, position: usize) {
		self.members[position].abort();
		// Nobody takes its messages any more.
		drop(self.loopback.join(self.ids[position].clone()));
	}

	pub async fn wait(&self, what: &str, is_so: impl Fn(&Sim) -> bool) {
		let waiting = async {
			while !is_so(&self.sim.lock()) {
				tokio::time::sleep(BLOCK).await;
			}
		};
		if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
			panic!("{what}: not after {PATIENCE:?}, in state {:?}", self.sim.lock().view.state);
		}
	}

	/// How many messages the members have refused for this reason.
	fn refused(&self, reason: &str) -> f64 {
		counted(&self.registry, "fusion_dcrm_refused_total", reason)
	}

	pub async fn sign(&self, message: [u8; 32]) {
		let purpose = Purpose::Batch { instance: 0, batch: 1, attempt: 0, input: 0 };
		let id = self.sim.lock().request(KeyPath::Deposit(0, 1), message, purpose);
		self.wait("signature", |sim| sim.signatures.contains_key(&id)).await;
	}
}

fn open_store(dir: &Path) -> KeyStore {
	KeyStore::open(dir, b"password", Argon2Profile::Development).unwrap()
}

pub fn quick() -> Timing {
	Timing {
		turn: Duration::from_secs(2),
		round: Duration::from_millis(1_000),
		retry: Duration::from_millis(200),
		share: Duration::from_millis(500),
		say: Duration::from_secs(1),
		patience: Duration::from_secs(3),
		..Timing::default()
	}
}

pub fn is_active(sim: &Sim) -> bool {
	sim.view.state == GroupState::Active
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_should_make_a_key_and_sign_with_it_when_they_run() {
	let network = Network::start(quick());
	network.wait("key", is_active).await;
	assert_eq!(network.sim.lock().view.attempt, 0);
	network.sign([1; 32]).await;

	// Everybody has announced its peer.
	network.wait("announcements", |sim| sim.peers.len() == 4).await;
	// Shares are on disk.
	let key = network.sim.lock().view.key.unwrap();
	for position in 0..4 {
		let infos = open_store(&network.store_dir(position)).list().unwrap();
		assert_eq!(infos.len(), 1);
		assert_eq!(infos[0].key, key);
	}

	// One is killed: the others go on. It comes back, another is killed: it signs from its store.
	network.kill(0).await;
	network.sign([2; 32]).await;
	let back = network.spawn(0);
	network.kill(1).await;
	network.sign([3; 32]).await;
	network.sign([4; 32]).await;
	back.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_should_make_a_key_and_sign_when_messages_are_lost_late_and_corrupted() {
	let network = Network::start(quick());
	// By a byte of the signature, which is random: a regular pattern could always hit the same message
	// of an attempt.
	network.loopback.set_faults(Some(Arc::new(|_, _, payload| {
		let random = payload.iter().rev().nth(20).copied().unwrap_or_default();
		match random % 8 {
			0 => Fate::Drop,
			1 => Fate::Corrupt,
			2 | 3 => Fate::Delay(Duration::from_millis(100)),
			_ => Fate::Deliver,
		}
	})));
	network.wait("key", is_active).await;
	network.sign([1; 32]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_should_hand_their_key_over_and_erase_old_shares_when_they_run() {
	let network = Network::start(quick());
	network.wait("key", is_active).await;
	let key = network.sim.lock().view.key;
	let receivers: Vec<_> = network.ids.iter().rev().cloned().collect();
	network.sim.lock().reshare(receivers).unwrap();
	network.sign([1; 32]).await;
	network.wait("handover", |sim| sim.view.handover.is_none()).await;
	let (epoch, attempt, present) = {
		let sim = network.sim.lock();
		(sim.view.epoch, sim.view.attempt, sim.view.key)
	};
	assert_eq!((epoch, present), (1, key));
	network.sign([2; 32]).await;

	// Nothing of the first epoch is left on the disk. A file may be gone while it is looked at.
	let is_clean = |position: usize| {
		let listed = open_store(&network.store_dir(position)).list();
		listed.is_ok_and(|infos| infos.iter().map(|info| info.attempt).eq([attempt]))
	};
	let waiting = async {
		while !(0..4).all(is_clean) {
			tokio::time::sleep(BLOCK).await;
		}
	};
	tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_should_be_signed_when_the_first_leader_dies_between_the_rounds() {
	use codec::DecodeAll;
	let network = Network::start(Timing { round_delay: Duration::from_secs(1), ..quick() });
	network.wait("key", is_active).await;
	// The leader of request 1 is the second member; its packages are round 2.
	let leader = network.ids[1].clone();
	let packages = Arc::new(AtomicU32::new(0));
	let counter = packages.clone();
	network.loopback.set_faults(Some(Arc::new(move |from, _, payload| {
		let envelope = Envelope::decode_all(&mut &*payload).unwrap();
		if *from == leader && envelope.body.request_kind() == Some(Kind::SignPackage) {
			counter.fetch_add(1, Ordering::Relaxed);
			return Fate::Drop;
		}
		Fate::Deliver
	})));
	let purpose = Purpose::Batch { instance: 0, batch: 1, attempt: 0, input: 0 };
	let id = network.sim.lock().request(KeyPath::Group, [1; 32], purpose);
	assert_eq!(id, 1);
	let waiting = async {
		while packages.load(Ordering::Relaxed) == 0 {
			tokio::time::sleep(BLOCK).await;
		}
	};
	tokio::time::timeout(PATIENCE, waiting).await.unwrap();
	network.kill(1).await;
	network.wait("signature", |sim| sim.signatures.contains_key(&id)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn member_should_not_answer_when_a_message_is_replayed_or_of_a_stranger() {
	use crate::{
		transport::Transport,
		wire::{open_reply, seal, Body, Header, Session},
	};
	let network = Network::start(quick());
	network.wait("key", is_active).await;
	let (alice, bob) = (network.ids[0].clone(), network.ids[1].clone());
	let genesis = network.sim.lock().genesis;
	let identity = Identity::new(network.keystore.clone(), alice.clone()).unwrap();
	// Alice speaks for herself from here on.
	network.kill(0).await;
	let (transport, _inbound) = network.loopback.join(alice.clone());
	let session = Session::Signing { request: 999, shares: 0, attempt: 0 };
	let group = super::sim::GROUP;
	let header = Header::request(genesis, group, session, alice.clone(), bob.clone());
	let sealed = seal(&identity, header.clone(), Body::SignCommit).unwrap();
	let before = network.refused("unfit");
	let reply = transport.request(&bob, sealed.clone()).await.unwrap();
	let body = open_reply(&reply, &header, Kind::SignCommit).unwrap();
	assert!(matches!(body, Body::Refused { .. }), "not open: {body:?}");
	assert!(network.refused("unfit") > before);
	// The same message again gets no answer at all.
	assert!(transport.request(&bob, sealed).await.is_err());
	assert_eq!(network.refused("replayed"), 1.0);
	// Nor does one that somebody else passes on.
	let header = Header::request(genesis, group, session, alice, bob.clone());
	let sealed = seal(&identity, header, Body::SignCommit).unwrap();
	let (carol, _inbound) = network.loopback.join(network.ids[2].clone());
	assert!(carol.request(&bob, sealed).await.is_err());
	assert_eq!(network.refused("sender"), 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_should_sign_in_one_round_when_they_commit_in_advance() {
	let network = Network::start(Timing { precommit: 8, ..quick() });
	network.wait("key", is_active).await;
	// Long enough for everybody to commit.
	tokio::time::sleep(Duration::from_secs(2)).await;
	for message in 1..=6 {
		network.sign([message; 32]).await;
	}
	let signed = |rounds| counted(&network.registry, "fusion_dcrm_signatures_total", rounds);
	assert!(signed("1") > 0.0, "in one round: {}, in two: {}", signed("1"), signed("2"));
	assert!(signed("1") + signed("2") >= 6.0);
	// And whoever was started again, too.
	network.kill(0).await;
	let back = network.spawn(0);
	for message in 7..=12 {
		network.sign([message; 32]).await;
	}
	back.abort();
	let bad = |what| counted(&network.registry, "fusion_dcrm_bad_total", what);
	assert_eq!(bad("share") + bad("commitments") + bad("dealing"), 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_should_go_on_when_strangers_and_other_groups_send_them_messages() {
	use crate::{
		transport::Transport,
		wire::{seal, Body, Header, Session, MAX_MESSAGE},
	};
	let network = Network::start(Timing { precommit: 8, ..quick() });
	network.wait("key", is_active).await;
	let bob = network.ids[1].clone();
	let genesis = network.sim.lock().genesis;
	// A member of the network, but not of the group; its key is in a keystore of its own.
	let (keystore, ids) = members(5);
	let stranger = ids[4].clone();
	let identity = Identity::new(keystore, stranger.clone()).unwrap();
	let (transport, _inbound) = network.loopback.join(stranger.clone());
	let group = super::sim::GROUP;
	let attempt = network.sim.lock().view.attempt;
	let sealed = |group, session, body| {
		let header = Header::request(genesis, group, session, stranger.clone(), bob.clone());
		seal(&identity, header, body).unwrap()
	};
	let precommitting = Session::Precommitting { attempt };
	let signing = Session::Signing { request: 0, shares: 0, attempt: 0 };
	// A member that had not seen the group yet has refused what the others sent it.
	let before = network.refused("other_group");
	for _ in 0..50 {
		// These are answered with a refusal.
		let refused = [
			sealed(group, precommitting, Body::Precommit { count: 64 }),
			sealed(group, signing, Body::SignCommit),
			sealed(group + 1, signing, Body::SignCommit),
			sealed(group, Session::KeyGeneration { attempt }, Body::ShareRequest),
		];
		for message in refused {
			transport.request(&bob, message).await.unwrap();
		}
		// And these not at all.
		let good = sealed(group, signing, Body::SignCommit);
		for bad in [vec![], vec![0; MAX_MESSAGE + 1], good[..good.len() - 1].to_vec()] {
			assert!(transport.request(&bob, bad).await.is_err());
		}
	}
	assert_eq!(network.refused("other_group") - before, 200.0);
	assert_eq!(network.refused("oversized"), 50.0);
	assert_eq!(network.refused("malformed"), 50.0);
	assert_eq!(network.refused("version"), 50.0);
	network.sign([1; 32]).await;
	network.sign([2; 32]).await;
}
