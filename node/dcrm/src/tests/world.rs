//! Members without I/O, on a simulated chain, in simulated time.

use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupState, KeyPath, MemberId, MemberIndex, Phase, Purpose, RequestId,
	SigningRequest, KEY_TYPE,
};
use sp_keystore::{testing::MemoryKeystore, Keystore};

use super::sim::{Sim, GROUP};
use crate::{
	effect::{Effect, Fact, LogLine, Millis, Outgoing, Timing},
	member::Member,
	signing::MessageCheck,
	store::ShareRecord,
	wire::Body,
};

/// How long a block takes, and between ticks.
pub const BLOCK: Millis = 1_000;
pub const TICK: Millis = 100;

/// Member ids, in the order of their indices, with their keys in one keystore.
pub fn members(count: u16) -> (Arc<MemoryKeystore>, Vec<MemberId>) {
	let keystore = Arc::new(MemoryKeystore::new());
	let ids = (1..=count)
		.map(|i| {
			let seed = format!("//Member{i}");
			MemberId::from(keystore.sr25519_generate_new(KEY_TYPE, Some(&seed)).unwrap())
		})
		.collect();
	(keystore, ids)
}

/// A node has a number, from 1. In the first epoch it is the index of its member, in later ones it need not be.
pub type NodeNumber = MemberIndex;

pub struct Node {
	pub id: MemberId,
	pub member: Member,
	pub records: Vec<ShareRecord>,
	pub is_alive: bool,
	pub logs: Vec<LogLine>,
	pub facts: Vec<Fact>,
	/// Whether storing fails.
	pub disk_is_full: bool,
	/// Attempts of which it has erased the share, and the group's attempt at that time.
	pub erased: Vec<(Attempt, Attempt)>,
}

/// Changes a message from one node to another. `false`: it is lost.
pub type MessageHook = Box<dyn FnMut(NodeNumber, NodeNumber, &mut Body) -> bool>;
/// Changes what a node says on chain. `false`: it is not said.
pub type SayHook = Box<dyn FnMut(NodeNumber, &mut DcrmMessage) -> bool>;
/// Changes the chain after a block, before the members see it.
pub type BlockHook = Box<dyn FnMut(&mut Sim)>;

pub struct World {
	pub sim: Sim,
	pub nodes: Vec<Node>,
	pub now: Millis,
	pub on_request: MessageHook,
	pub on_reply: MessageHook,
	pub on_say: SayHook,
	pub on_block: BlockHook,
	/// Nodes that see no new blocks.
	pub blind: Vec<NodeNumber>,
	timing: Timing,
	check: Arc<dyn MessageCheck>,
}

/// Approves every batch but those whose message begins with the byte `0xba`.
pub fn check(request: &SigningRequest) -> Result<(), String> {
	if request.message.first() == Some(&0xba) {
		return Err("this is not the batch's message".into());
	}
	Ok(())
}

impl World {
	pub fn new(count: u16, threshold: u16) -> Self {
		Self::with(count, threshold, Timing::default(), Arc::new(check))
	}

	pub fn with(count: u16, threshold: u16, timing: Timing, check: Arc<dyn MessageCheck>) -> Self {
		Self::with_joiners(count, threshold, 0, timing, check)
	}

	/// The first `count` nodes are the members of the group, the other `joiners` are not yet.
	pub fn with_joiners(
		count: u16,
		threshold: u16,
		joiners: u16,
		timing: Timing,
		check: Arc<dyn MessageCheck>,
	) -> Self {
		let (_, ids) = members(count + joiners);
		let sim = Sim::new(ids[..usize::from(count)].to_vec(), threshold, 20);
		let nodes = ids.into_iter().map(|id| (id, Vec::new())).collect();
		Self::of(sim, nodes, 0, timing, check)
	}

	/// Nodes that have just started, with these stores.
	fn of(
		sim: Sim,
		nodes: Vec<(MemberId, Vec<ShareRecord>)>,
		now: Millis,
		timing: Timing,
		check: Arc<dyn MessageCheck>,
	) -> Self {
		let nodes = nodes
			.into_iter()
			.map(|(id, records)| Node {
				member: Member::new(sim.genesis, id.clone(), check.clone(), timing),
				id,
				records,
				is_alive: true,
				logs: Vec::new(),
				facts: Vec::new(),
				disk_is_full: false,
				erased: Vec::new(),
			})
			.collect();
		Self {
			sim,
			nodes,
			now,
			on_request: Box::new(|_, _, _| true),
			on_reply: Box::new(|_, _, _| true),
			on_say: Box::new(|_, _| true),
			on_block: Box::new(|_| {}),
			blind: Vec::new(),
			timing,
			check,
		}
	}

	/// Another world with the same past: the same chain, the same stores, and nodes that have just started.
	pub fn branch(&self) -> Self {
		let nodes = self.nodes.iter().map(|node| (node.id.clone(), node.records.clone())).collect();
		Self::of(self.sim.clone(), nodes, self.now, self.timing, self.check.clone())
	}

	/// A group whose key is in use, and nodes that are not its members.
	pub fn active_with(count: u16, threshold: u16, joiners: u16, timing: Timing) -> Self {
		let mut world = Self::with_joiners(count, threshold, joiners, timing, Arc::new(check));
		assert!(world.run_until(300, |w| w.sim.view.state == GroupState::Active));
		world.run(2);
		world
	}

	/// A group of 4 with threshold 3 whose key is in use.
	pub fn active(timing: Timing) -> Self {
		Self::active_with(4, 3, 0, timing)
	}

	pub fn node(&mut self, number: NodeNumber) -> &mut Node {
		&mut self.nodes[usize::from(number) - 1]
	}

	/// The ids of these nodes.
	pub fn ids(&self, numbers: &[NodeNumber]) -> Vec<MemberId> {
		numbers.iter().map(|number| self.nodes[usize::from(*number) - 1].id.clone()).collect()
	}

	/// The number of the node that is this member.
	pub fn number_of(&self, id: &MemberId) -> NodeNumber {
		let position = self.nodes.iter().position(|node| node.id == *id).unwrap();
		NodeNumber::try_from(position + 1).unwrap()
	}

	/// The nodes that are members now.
	pub fn committee(&self) -> Vec<NodeNumber> {
		self.sim.view.members.iter().map(|id| self.number_of(id)).collect()
	}

	/// Begin to hand the key over to these nodes.
	pub fn reshare(&mut self, numbers: &[NodeNumber]) {
		let members = self.ids(numbers);
		self.sim.reshare(members).unwrap();
	}

	/// Begin to hand the key over to these nodes, with any threshold.
	pub fn reshare_to(&mut self, numbers: &[NodeNumber], threshold: u16) {
		let members = self.ids(numbers);
		self.sim.reshare_to(members, threshold).unwrap();
	}

	pub fn kill(&mut self, number: NodeNumber) {
		self.node(number).is_alive = false;
	}

	/// Start a node again: all that it has is what it stored.
	pub fn restart(&mut self, number: NodeNumber) {
		let (genesis, check, timing) = (self.sim.genesis, self.check.clone(), self.timing);
		let node = self.node(number);
		node.member = Member::new(genesis, node.id.clone(), check, timing);
		node.is_alive = true;
	}

	/// Ask for a signature over a batch's input.
	pub fn request(&mut self, message: [u8; 32]) -> RequestId {
		let purpose = Purpose::Batch { instance: 0, batch: 1, attempt: 0, input: 0 };
		self.sim.request(KeyPath::Deposit(0, 42), message, purpose)
	}

	/// Whether the request was signed. The chain has verified the signature.
	pub fn is_signed(&self, id: RequestId) -> bool {
		self.sim.signatures.contains_key(&id)
	}

	pub fn phase(&self) -> Option<Phase> {
		match self.sim.view.state {
			GroupState::Generating(phase) => Some(phase),
			_ => None,
		}
	}

	/// The phase of the handover that is under way.
	pub fn handover_phase(&self) -> Option<Phase> {
		self.sim.view.handover.as_ref().map(|next| next.phase)
	}

	/// Which nodes have logged a line with this text.
	pub fn who_logged(&self, text: &str) -> Vec<NodeNumber> {
		(1..)
			.zip(&self.nodes)
			.filter(|(_, node)| node.logs.iter().any(|line| line.text.contains(text)))
			.map(|(index, _)| index)
			.collect()
	}

	/// Let so many blocks pass.
	pub fn run(&mut self, blocks: u64) {
		self.run_until(blocks, |_| false);
	}

	/// Let time pass until something is so, or so many blocks have passed. Returns whether it is so.
	pub fn run_until(&mut self, blocks: u64, mut is_so: impl FnMut(&Self) -> bool) -> bool {
		let end = self.now + blocks * BLOCK;
		while self.now < end {
			if is_so(self) {
				return true;
			}
			self.now += TICK;
			if self.now.is_multiple_of(BLOCK) {
				self.sim.next_block();
				(self.on_block)(&mut self.sim);
				self.show_block();
			}
			for position in 0..self.nodes.len() {
				if self.nodes[position].is_alive {
					self.nodes[position].member.on_tick(self.now);
				}
			}
			self.carry_out();
		}
		is_so(self)
	}

	fn show_block(&mut self) {
		let requests: Vec<_> = self.sim.open.iter().map(|(id, r)| (*id, r.clone())).collect();
		let blind = &self.blind;
		let seeing = (1..).zip(self.nodes.iter_mut()).filter(|(number, _)| !blind.contains(number));
		for (_, node) in seeing.filter(|(_, node)| node.is_alive) {
			// As the worker does: the groups that are the member's or will be, and those that it has shares of.
			let view = &self.sim.view;
			let next = view.handover.iter().flat_map(|next| &next.members);
			let is_shown = !node.records.is_empty()
				|| view.members.iter().chain(next).any(|member| *member == node.id);
			let views = is_shown.then(|| view.clone()).into_iter().collect();
			node.member.on_groups(views, self.sim.block, self.now);
			for (group, attempt) in node.member.wanted_records() {
				let record = node.records.iter().find(|record| record.attempt == attempt).cloned();
				node.member.on_record(group, attempt, Ok(record), self.now);
			}
			for group in node.member.signing_groups() {
				node.member.on_requests(group, requests.clone(), true, self.now);
			}
		}
	}

	/// Carry out what the members want, until they want nothing more.
	fn carry_out(&mut self) {
		let mut queue: VecDeque<(NodeNumber, Effect)> = VecDeque::new();
		loop {
			for (index, node) in (1..).zip(self.nodes.iter_mut()) {
				let effects = node.member.take_effects();
				if node.is_alive {
					queue.extend(effects.into_iter().map(|effect| (index, effect)));
				}
			}
			let Some((index, effect)) = queue.pop_front() else { return };
			match effect {
				Effect::Log(line) => self.node(index).logs.push(line),
				Effect::Count(fact) => self.node(index).facts.push(fact),
				Effect::Say(mut message) => {
					if (self.on_say)(index, &mut message) {
						let from = self.node(index).id.clone();
						// Words that come too late are refused: that is no error.
						let _ = self.sim.hear(&from, message);
					}
				},
				Effect::Store(record) => {
					let now = self.now;
					let node = self.node(index);
					let (group, attempt) = (record.group, record.attempt);
					let known = node.records.iter().find(|known| known.attempt == attempt);
					let result = match known {
						_ if node.disk_is_full => Err("no space left on device".into()),
						Some(known) if *known != *record => Err("another share is stored".into()),
						Some(_) => Ok(()),
						None => {
							node.records.push(*record);
							Ok(())
						},
					};
					node.member.on_stored(group, attempt, result, now);
				},
				Effect::Erase(group, below, keep) => {
					let old = |record: &ShareRecord| {
						let attempt = record.attempt;
						record.group == group && attempt < below && !keep.contains(&attempt)
					};
					let present = self.sim.view.attempt;
					let node = self.node(index);
					let erased: Vec<Attempt> =
						node.records.iter().filter(|r| old(r)).map(|r| r.attempt).collect();
					node.records.retain(|record| !old(record));
					node.erased.extend(erased.into_iter().map(|attempt| (attempt, present)));
				},
				Effect::Send(outgoing) => self.deliver(index, outgoing),
			}
		}
	}

	fn deliver(&mut self, from: NodeNumber, outgoing: Outgoing) {
		let Outgoing { group, session, to, body } = outgoing;
		let kind = body.request_kind().unwrap();
		let result = self.exchange(from, &to, group, session, body);
		let now = self.now;
		self.node(from).member.on_reply(&to, group, session, kind, result, now);
	}

	fn exchange(
		&mut self,
		from: NodeNumber,
		to: &MemberId,
		group: u32,
		session: crate::wire::Session,
		mut body: Body,
	) -> Result<Body, String> {
		let index = self.number_of(to);
		let sender = self.node(from).id.clone();
		if !self.node(index).is_alive || !(self.on_request)(from, index, &mut body) {
			return Err("unreachable".into());
		}
		let now = self.now;
		let mut reply = self.node(index).member.on_request(&sender, group, session, body, now);
		if !(self.on_reply)(index, from, &mut reply) {
			return Err("the reply was lost".into());
		}
		Ok(reply)
	}

	/// No nonces were ever used twice, by anybody, and some were used.
	pub fn assert_nonces_were_used_once(&self) {
		let mut uses: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
		for signer in self.nodes.iter().filter_map(|node| node.member.signer(GROUP)) {
			for (commitments, count) in &signer.uses {
				*uses.entry(commitments.clone()).or_default() += count;
			}
		}
		assert!(!uses.is_empty());
		assert!(uses.values().all(|count| *count == 1), "nonces were used twice: {uses:?}");
	}
}

/// Timing with a delay between the rounds, in which a test can kill a member.
pub fn delayed() -> Timing {
	Timing { round_delay: Duration::from_secs(2), ..Timing::default() }
}
