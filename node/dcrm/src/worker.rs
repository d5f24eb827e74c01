//! Runs a member: connects its state machines with the chain, the other members, the store and the clock.
//!
//! One task owns the machines and feeds them one event after the other. Each step (MPC maths, reads of
//! chain state, encryption of shares) runs on a thread of the [`Pool`], and gives back what is to be sent and
//! said; that runs concurrently.

use std::{
	collections::BTreeSet,
	sync::Arc,
	time::{Duration, Instant},
};

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupId, GroupView, MemberId, PeerIdBytes, RequestId, SigningRequest,
};
use futures::{
	channel::mpsc,
	future::BoxFuture,
	stream::{BoxStream, FuturesUnordered},
	StreamExt,
};
use sp_core::H256;

use crate::{
	conduct::Conduct,
	effect::{millis, Effect, Millis, Outgoing, Timing},
	identity::Identity,
	member::Member,
	metrics::{reason, Metrics},
	network::PeerBook,
	pool::Pool,
	signing::MessageCheck,
	store::KeyStore,
	transport::{Inbound, Transport},
	wire::{self, Header, Kind, ReplayGuard},
	KEYGEN, NETWORK,
};

/// How often the machines are told that time has passed.
const TICK: Duration = Duration::from_millis(200);
/// How long a request to another member may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a message is offered to the transaction pool before it is left to the machines.
const SAY_ATTEMPTS: u32 = 3;
/// The pause between these attempts.
const SAY_PAUSE: Duration = Duration::from_secs(1);
/// Most open signing requests of a group that are looked at: more than a group may owe, so that the test of new
/// shares, which is the newest, is among them.
pub const MAX_REQUESTS: u32 = 256;

/// Why the chain could not be asked, or told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChainError(pub String);

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

/// What a member needs of the chain. Reads are of the state after the block `at`.
#[async_trait::async_trait]
pub trait ChainAccess: Send + Sync + 'static {
	/// Hash of the first block.
	fn genesis(&self) -> H256;
	/// The last finalized block.
	fn finalized(&self) -> BlockRef;
	/// Whether the node is still catching up, so that its finalized state is an old one.
	fn is_syncing(&self) -> bool;
	/// Wakes the member when a block is finalized.
	fn finality(&self) -> BoxStream<'static, ()>;
	/// The groups of a member.
	fn groups_of(&self, at: H256, member: &MemberId) -> Result<Vec<GroupId>, ChainError>;
	/// A group.
	fn group(&self, at: H256, id: GroupId) -> Result<Option<GroupView>, ChainError>;
	/// Where a member is reached, and the number of that announcement.
	fn peer(&self, at: H256, member: &MemberId) -> Result<Option<(PeerIdBytes, u64)>, ChainError>;
	/// The oldest `limit` signing requests of a group that are open.
	fn open_requests(
		&self,
		at: H256,
		group: GroupId,
		limit: u32,
	) -> Result<Vec<(RequestId, SigningRequest)>, ChainError>;
	/// Where this node is reached. `None` if it is not to be announced.
	fn our_peer(&self) -> Option<PeerIdBytes>;
	/// Sign a message as the member, and put it into the transaction pool.
	async fn submit(&self, message: DcrmMessage) -> Result<(), ChainError>;
}

/// Everything that a member runs with.
pub struct Setup<C, T> {
	/// Who it is.
	pub identity: Identity,
	/// The chain.
	pub chain: Arc<C>,
	/// The way to the other members.
	pub transport: Arc<T>,
	/// What the other members ask.
	pub inbound: mpsc::Receiver<Inbound>,
	/// Is kept up to date with where the other members are reached.
	pub peers: PeerBook,
	/// Where key shares are kept.
	pub store: Arc<KeyStore>,
	/// Rebuilds what is to be signed.
	pub check: Arc<dyn MessageCheck>,
	/// How patient it is.
	pub timing: Timing,
	/// What it computes on.
	pub pool: Arc<Pool>,
	/// What operators see.
	pub metrics: Metrics,
	/// What it does differently from an honest member. `None` but in tests.
	pub conduct: Option<Arc<dyn Conduct>>,
}

/// Why a member stopped.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
	/// A step panicked. The member's state cannot be trusted any more; restart the node.
	#[error("the DCRM member failed in a step and has stopped, restart the node: {0}")]
	Panicked(String),
}

/// What a member consists of.
struct Parts<C, T> {
	core: Core<C>,
	transport: Arc<T>,
	inbound: mpsc::Receiver<Inbound>,
	pool: Arc<Pool>,
}

impl<C: ChainAccess, T> Setup<C, T> {
	fn into_parts(self) -> Parts<C, T> {
		let genesis = self.chain.genesis();
		let core = Core {
			member: Member::new(genesis, self.identity.id().clone(), self.check, self.timing),
			identity: self.identity,
			chain: self.chain,
			peers: self.peers,
			store: self.store,
			genesis,
			guard: ReplayGuard::default(),
			timing: self.timing,
			metrics: self.metrics,
			conduct: self.conduct,
			start: Instant::now(),
			seen: None,
			announced_at: None,
		};
		Parts { core, transport: self.transport, inbound: self.inbound, pool: self.pool }
	}
}

/// What a step is about.
enum Event {
	Tick,
	Inbound(Inbound),
	Reply { sent: Header, kind: Kind, result: Result<Vec<u8>, String> },
}

/// What a step wants done.
enum Job {
	Say(DcrmMessage),
	Request { header: Header, kind: Kind, payload: Vec<u8> },
}

/// How a job ended.
enum Done {
	Said,
	Reply { sent: Header, kind: Kind, result: Result<Vec<u8>, String> },
}

/// Run a member until its queue of requests is closed.
pub async fn run_member<C, T>(setup: Setup<C, T>) -> Result<(), WorkerError>
where
	C: ChainAccess,
	T: Transport,
{
	let Parts { core, transport, mut inbound, pool } = setup.into_parts();
	let mut core = Box::new(core);
	let chain = core.chain.clone();
	log::info!(target: KEYGEN, "DCRM member {} started", core.identity.id());
	let mut finality = chain.finality();
	let mut finality_ended = false;
	let mut ticks = tokio::time::interval(TICK);
	ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
	let mut jobs: FuturesUnordered<BoxFuture<'static, Done>> = FuturesUnordered::new();
	loop {
		let event = tokio::select! {
			_ = ticks.tick() => Event::Tick,
			next = finality.next(), if !finality_ended => {
				finality_ended = next.is_none();
				Event::Tick
			},
			next = inbound.next() => match next {
				Some(request) => Event::Inbound(request),
				None => return Ok(()),
			},
			Some(done) = jobs.next(), if !jobs.is_empty() => match done {
				Done::Said => continue,
				Done::Reply { sent, kind, result } => Event::Reply { sent, kind, result },
			},
		};
		let step = pool.run(move || {
			let jobs = core.step(event);
			(core, jobs)
		});
		let (returned, new_jobs) =
			step.await.map_err(|error| WorkerError::Panicked(error.to_string()))?;
		core = returned;
		for job in new_jobs {
			jobs.push(start(job, chain.clone(), transport.clone()));
		}
	}
}

fn start<C, T>(job: Job, chain: Arc<C>, transport: Arc<T>) -> BoxFuture<'static, Done>
where
	C: ChainAccess,
	T: Transport,
{
	Box::pin(async move {
		match job {
			Job::Say(message) => {
				say(&*chain, message).await;
				Done::Said
			},
			Job::Request { header, kind, payload } => {
				let request = transport.request(&header.to, payload);
				let result = match tokio::time::timeout(REQUEST_TIMEOUT, request).await {
					Ok(Ok(reply)) => Ok(reply),
					Ok(Err(error)) => Err(error.to_string()),
					Err(_) => Err("no answer in time".into()),
				};
				Done::Reply { sent: header, kind, result }
			},
		}
	})
}

/// Put a message into the transaction pool. Not an error if that fails: the machines say it again until
/// finalized state shows that it was heard. But that takes them some blocks, and the most common reason is
/// gone in a moment: the pool learns of a block a little later than the member does, so that a word which
/// this block calls for seems too early.
async fn say<C: ChainAccess>(chain: &C, message: DcrmMessage) {
	for attempt in 1..=SAY_ATTEMPTS {
		match chain.submit(message.clone()).await {
			Ok(()) => return,
			Err(error) => {
				log::debug!(target: NETWORK, "not taken by the transaction pool: {error}");
			},
		}
		if attempt < SAY_ATTEMPTS {
			tokio::time::sleep(SAY_PAUSE).await;
		}
	}
}

/// The machines, with what they need in a step.
struct Core<C> {
	identity: Identity,
	chain: Arc<C>,
	peers: PeerBook,
	store: Arc<KeyStore>,
	genesis: H256,
	member: Member,
	guard: ReplayGuard,
	timing: Timing,
	metrics: Metrics,
	conduct: Option<Arc<dyn Conduct>>,
	start: Instant,
	seen: Option<H256>,
	announced_at: Option<Millis>,
}

impl<C: ChainAccess> Core<C> {
	fn now(&self) -> Millis {
		millis(self.start.elapsed())
	}

	fn step(&mut self, event: Event) -> Vec<Job> {
		let mut jobs = Vec::new();
		let now = self.now();
		match event {
			Event::Tick => {
				self.read_chain(now, &mut jobs);
				self.member.on_tick(now);
				self.metrics.show(&self.member.status());
			},
			Event::Inbound(request) => self.answer(request, now),
			Event::Reply { sent, kind, result } => self.on_reply(&sent, kind, result, now),
		}
		self.carry_out(now, &mut jobs);
		jobs
	}

	/// Tell the machines what finalized state says, if it has changed.
	fn read_chain(&mut self, now: Millis, jobs: &mut Vec<Job>) {
		if self.chain.is_syncing() {
			return;
		}
		let block = self.chain.finalized();
		if self.seen == Some(block.hash) {
			return;
		}
		match self.read_block(block, now, jobs) {
			Ok(()) => self.seen = Some(block.hash),
			Err(error) => {
				// Not loud: before the runtime has the DCRM pallet, this happens at every tick.
				log::debug!(target: NETWORK, "cannot read block {}: {error}", block.number);
			},
		}
	}

	fn read_block(
		&mut self,
		block: BlockRef,
		now: Millis,
		jobs: &mut Vec<Job>,
	) -> Result<(), ChainError> {
		let at = block.hash;
		let mut ids: BTreeSet<GroupId> =
			self.chain.groups_of(at, self.identity.id())?.into_iter().collect();
		// Groups that we have left, to see when our shares of their keys are of no use any more.
		match self.store.groups(self.genesis) {
			Ok(stored) => ids.extend(stored),
			Err(error) => {
				log::error!(target: KEYGEN, "cannot see of which groups there are shares: {error}");
			},
		}
		let mut views = Vec::new();
		for id in ids {
			views.extend(self.chain.group(at, id)?);
		}
		self.read_peers(at, &views, now, jobs)?;
		self.member.on_groups(views, block.number, now);
		for (group, attempt) in self.member.wanted_records() {
			let record =
				self.store.load(self.genesis, group, attempt).map_err(|error| error.to_string());
			self.member.on_record(group, attempt, record, now);
		}
		for group in self.member.signing_groups() {
			let requests = self.chain.open_requests(at, group, MAX_REQUESTS)?;
			let complete = requests.len() < usize::try_from(MAX_REQUESTS).unwrap_or(usize::MAX);
			self.member.on_requests(group, requests, complete, now);
		}
		Ok(())
	}

	/// Note where the members of our groups are reached, and announce where we are.
	fn read_peers(
		&mut self,
		at: H256,
		views: &[GroupView],
		now: Millis,
		jobs: &mut Vec<Job>,
	) -> Result<(), ChainError> {
		let me = self.identity.id();
		let next = views.iter().flat_map(|view| &view.handover).flat_map(|next| &next.members);
		let mut members: Vec<&MemberId> =
			views.iter().flat_map(|view| &view.members).chain(next).collect();
		members.sort_unstable();
		members.dedup();
		let mut entries = Vec::new();
		for member in members.into_iter().filter(|member| *member != me) {
			if let Some((peer, _)) = self.chain.peer(at, member)? {
				entries.push((member.clone(), peer));
			}
		}
		self.peers.replace(entries);

		let Some(ours) = self.chain.our_peer() else { return Ok(()) };
		let known = self.chain.peer(at, me)?;
		if known.as_ref().is_some_and(|(peer, _)| *peer == ours) {
			return Ok(());
		}
		let pause = millis(self.timing.say);
		if self.announced_at.is_some_and(|at| now.saturating_sub(at) < pause) {
			return Ok(());
		}
		self.announced_at = Some(now);
		let sequence = known.map_or(0, |(_, sequence)| sequence.saturating_add(1));
		log::debug!(target: NETWORK, "announcing our peer id, announcement {sequence}");
		jobs.push(Job::Say(DcrmMessage::Announce { peer: ours, sequence }));
		Ok(())
	}

	/// Answer another member. Whatever is malformed, forged, repeated or of a stranger gets no answer. All that is
	/// refused is counted.
	fn answer(&mut self, request: Inbound, now: Millis) {
		let Inbound { from, payload, answer } = request;
		let me = self.identity.id();
		let opened = wire::open(&payload, self.genesis, me, |sender| from.contains(sender));
		let envelope = match opened {
			Ok(envelope) => envelope,
			Err(error) => {
				log::debug!(target: NETWORK, "dropped: {error}");
				self.metrics.unreadable(&error);
				return;
			},
		};
		let header = envelope.header.clone();
		let shares_group = self.member.shares_group(header.group, &header.from);
		if shares_group {
			if let Err(error) = self.guard.admit(&envelope) {
				log::debug!(target: NETWORK, "dropped: {error}");
				self.metrics.unreadable(&error);
				return;
			}
		}
		let reply =
			self.member.on_request(&header.from, header.group, header.session, envelope.body, now);
		if matches!(reply, wire::Body::Refused { .. }) {
			let reason = if shares_group { reason::UNFIT } else { reason::OTHER_GROUP };
			self.metrics.refused(reason);
		}
		let Some(reply) = self.behave(reply, |conduct, reply| conduct.answer(&header.from, reply))
		else {
			return;
		};
		match wire::seal(&self.identity, header.reply(), reply) {
			// If the other side is gone, nobody misses the reply.
			Ok(bytes) => drop(answer.send(bytes)),
			Err(error) => log::error!(target: NETWORK, "cannot answer: {error}"),
		}
	}

	fn on_reply(
		&mut self,
		sent: &Header,
		kind: Kind,
		result: Result<Vec<u8>, String>,
		now: Millis,
	) {
		let result = result.and_then(|bytes| {
			wire::open_reply(&bytes, sent, kind).map_err(|error| {
				self.metrics.refused(reason::BAD_REPLY);
				error.to_string()
			})
		});
		self.member.on_reply(&sent.to, sent.group, sent.session, kind, result, now);
	}

	/// Carry out what the machines want. Storing happens here and now, the rest becomes jobs.
	fn carry_out(&mut self, now: Millis, jobs: &mut Vec<Job>) {
		loop {
			let effects = self.member.take_effects();
			if effects.is_empty() {
				return;
			}
			for effect in effects {
				match effect {
					Effect::Log(line) => {
						log::log!(target: line.target, line.level, "{}", line.text);
					},
					Effect::Count(fact) => self.metrics.count(&fact),
					Effect::Say(message) => {
						let said = self.behave(message, |conduct, message| conduct.say(message));
						jobs.extend(said.map(Job::Say));
					},
					Effect::Send(outgoing) => {
						let asked = self.behave(outgoing, |conduct, message| conduct.ask(message));
						jobs.extend(asked.and_then(|outgoing| self.seal(outgoing)));
					},
					Effect::Store(record) => {
						let (group, attempt) = (record.group, record.attempt);
						let result = self.store.save(&record).map_err(|error| error.to_string());
						self.member.on_stored(group, attempt, result, now);
					},
					Effect::Erase(group, below, keep) => self.erase(group, below, &keep),
				}
			}
		}
	}

	/// What a member says: in a test what its conduct makes of it.
	fn behave<M>(
		&self,
		message: M,
		change: impl FnOnce(&dyn Conduct, M) -> Option<M>,
	) -> Option<M> {
		match &self.conduct {
			Some(conduct) => change(&**conduct, message),
			None => Some(message),
		}
	}

	/// If it fails, it is tried again with the next block.
	fn erase(&self, group: GroupId, below: Attempt, keep: &[Attempt]) {
		match self.store.erase_below(self.genesis, group, below, keep) {
			Ok(erased) if erased.is_empty() => (),
			Ok(erased) => {
				log::info!(
					target: KEYGEN,
					"group {group}: erased shares of attempts {erased:?}, the key was handed over"
				);
			},
			Err(error) => {
				log::error!(target: KEYGEN, "group {group}: old shares cannot be erased: {error}");
			},
		}
	}

	fn seal(&self, outgoing: Outgoing) -> Option<Job> {
		let Outgoing { group, session, to, body } = outgoing;
		let kind = body.request_kind()?;
		let me = self.identity.id().clone();
		let header = Header::request(self.genesis, group, session, me, to);
		match wire::seal(&self.identity, header.clone(), body) {
			Ok(payload) => Some(Job::Request { header, kind, payload }),
			Err(error) => {
				log::error!(target: NETWORK, "cannot send: {error}");
				None
			},
		}
	}
}
