//! Members without I/O, on a simulated chain, in simulated time.

use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

use fusion_dcrm_primitives::{
	DcrmMessage, GroupState, KeyPath, MemberId, MemberIndex, Phase, Purpose, RequestId,
	SigningRequest, KEY_TYPE,
};
use sp_keystore::{testing::MemoryKeystore, Keystore};

use super::sim::{Sim, GROUP};
use crate::{
	effect::{Effect, LogLine, Millis, Outgoing, Timing},
	keygen::{index_of, member_at},
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

pub struct Node {
	pub id: MemberId,
	pub member: Member,
	pub records: Vec<ShareRecord>,
	pub is_alive: bool,
	pub logs: Vec<LogLine>,
	/// Whether storing fails.
	pub disk_is_full: bool,
}

/// Changes a message from one member to another. `false`: it is lost.
pub type MessageHook = Box<dyn FnMut(MemberIndex, MemberIndex, &mut Body) -> bool>;
/// Changes what a member says on chain. `false`: it is not said.
pub type SayHook = Box<dyn FnMut(MemberIndex, &mut DcrmMessage) -> bool>;
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
		let (_, ids) = members(count);
		let sim = Sim::new(ids.clone(), threshold, 20);
		let nodes = ids
			.into_iter()
			.map(|id| Node {
				member: Member::new(sim.genesis, id.clone(), check.clone(), timing),
				id,
				records: Vec::new(),
				is_alive: true,
				logs: Vec::new(),
				disk_is_full: false,
			})
			.collect();
		Self {
			sim,
			nodes,
			now: 0,
			on_request: Box::new(|_, _, _| true),
			on_reply: Box::new(|_, _, _| true),
			on_say: Box::new(|_, _| true),
			on_block: Box::new(|_| {}),
			timing,
			check,
		}
	}

	/// A group of 4 with threshold 3 whose key is in use.
	pub fn active(timing: Timing) -> Self {
		let mut world = Self::with(4, 3, timing, Arc::new(check));
		assert!(world.run_until(300, |w| w.sim.view.state == GroupState::Active));
		world.run(2);
		world
	}

	pub fn node(&mut self, index: MemberIndex) -> &mut Node {
		&mut self.nodes[usize::from(index) - 1]
	}

	pub fn kill(&mut self, index: MemberIndex) {
		self.node(index).is_alive = false;
	}

	/// Start a member again: all that it has is what it stored.
	pub fn restart(&mut self, index: MemberIndex) {
		let (genesis, check, timing) = (self.sim.genesis, self.check.clone(), self.timing);
		let node = self.node(index);
		node.member = Member::new(genesis, node.id.clone(), check, timing);
		node.is_alive = true;
	}

	/// Ask for a signature over a batch's input.
	pub fn request(&mut self, message: [u8; 32]) -> RequestId {
		let purpose = Purpose::Batch { instance: 0, batch: 1, input: 0 };
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

	/// Which members have logged a line with this text.
	pub fn who_logged(&self, text: &str) -> Vec<MemberIndex> {
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
		for node in self.nodes.iter_mut().filter(|node| node.is_alive) {
			node.member.on_groups(vec![self.sim.view.clone()], self.sim.block, self.now);
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
		let mut queue: VecDeque<(MemberIndex, Effect)> = VecDeque::new();
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
					let result = if node.disk_is_full {
						Err("no space left on device".into())
					} else {
						node.records.push(*record);
						Ok(())
					};
					node.member.on_stored(group, attempt, result, now);
				},
				Effect::Send(outgoing) => self.deliver(index, outgoing),
			}
		}
	}

	fn deliver(&mut self, from: MemberIndex, outgoing: Outgoing) {
		let Outgoing { group, session, to, body } = outgoing;
		let kind = body.request_kind().unwrap();
		let result = self.exchange(from, &to, group, session, body);
		let now = self.now;
		self.node(from).member.on_reply(&to, group, session, kind, result, now);
	}

	fn exchange(
		&mut self,
		from: MemberIndex,
		to: &MemberId,
		group: u32,
		session: crate::wire::Session,
		mut body: Body,
	) -> Result<Body, String> {
		let index = index_of(&self.sim.view.members, to).unwrap();
		let sender = member_at(&self.sim.view.members, from).unwrap().clone();
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
