//! Members who take part in handovers, with the real mathematics.

use std::collections::BTreeMap;

use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupId, HandoverView, MemberIndex, Phase, PublicKey, Purpose, RequestId,
	SchnorrSignature,
};
use fusion_vss::{
	Dealing, FeldmanCommitments, KeyCommitments, KeyShare, Params, PedersenCommitments, Reshared,
	Resharing, Secp256k1, SharePair,
};
use k256::Scalar;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use sp_runtime::{AccountId32, DispatchResult};

use super::driver::{bounded, interpolate, scalar, Outcome, Table};
use crate::{
	mock::{account, go_to, member, speak, view, Dcrm, RuntimeOrigin, Test},
	taproot, threshold_of, Ceremonies, Requests,
};

/// Those who share a key in one epoch.
pub struct Committee {
	/// The group.
	pub group: GroupId,
	/// The node numbers of its members, in the order of their indices.
	pub nodes: Vec<u8>,
	/// Their shares, by node number.
	pub shares: BTreeMap<u8, KeyShare<Secp256k1>>,
	/// What everybody knows of the key.
	pub commitments: KeyCommitments<Secp256k1>,
}

/// The accounts of these nodes.
pub fn accounts_of(nodes: &[u8]) -> Vec<AccountId32> {
	nodes.iter().copied().map(account).collect()
}

/// Asks the chain to hand a key over to these nodes.
pub fn reshare(group: GroupId, nodes: &[u8]) -> DispatchResult {
	Dcrm::reshare(RuntimeOrigin::root(), group, bounded(accounts_of(nodes)))
}

/// The node's index among these, from 1.
fn index_among(nodes: &[u8], node: u8) -> Option<MemberIndex> {
	let position = nodes.iter().position(|other| *other == node)?;
	Some(position as MemberIndex + 1)
}

/// The parameters of a secret sharing among these nodes.
fn params_of(nodes: &[u8]) -> Params {
	let count = nodes.len();
	Params::new(count as u16, threshold_of(count as u32)).unwrap()
}

/// A signature for an open request, made with this secret key.
fn sign_with(secret: &Scalar, request: RequestId) -> SchnorrSignature {
	let open = Requests::<Test>::get(request).expect("the request is open").request;
	let tweak = Dcrm::tweak(open.group, &open.path).expect("the group has a key");
	taproot::sign(secret, &tweak, &open.message)
}

impl Committee {
	/// Makes a group of the nodes 1 to `count`, and its key.
	pub fn new(count: u8) -> Self {
		let mut table = Table::new(count);
		let everybody = table.everybody();
		table.play_out(&everybody);
		Self::of(&table)
	}

	/// The members of a group whose key was just made.
	pub fn of(table: &Table) -> Self {
		let done = view(table.group);
		let pair = |share: &[u8; 64]| SharePair::<Secp256k1>::from_bytes(share).unwrap();
		let shares = table.players.iter().map(|player| {
			let pairs: Vec<_> =
				done.qualified.iter().map(|dealer| pair(&player.shares[dealer])).collect();
			(player.index as u8, KeyShare::combine(player.index, &pairs).unwrap())
		});
		let dealings: Vec<_> = done
			.feldman
			.iter()
			.map(|(_, points)| FeldmanCommitments::from_bytes(table.params(), points).unwrap())
			.collect();
		Self {
			group: table.group,
			nodes: table.everybody(),
			shares: shares.collect(),
			commitments: KeyCommitments::from_dealings(&dealings).unwrap(),
		}
	}

	/// How many members it takes to sign.
	pub fn threshold(&self) -> usize {
		threshold_of(self.nodes.len() as u32).into()
	}

	/// The index of a member.
	pub fn index(&self, node: u8) -> MemberIndex {
		index_among(&self.nodes, node).expect("it is a member")
	}

	/// A member's share, at its place on the polynomial.
	pub fn point(&self, node: u8) -> (MemberIndex, Scalar) {
		let share = &self.shares[&node];
		assert_eq!(share.index(), self.index(node));
		(share.index(), scalar(&share.to_bytes()[..]))
	}

	/// What the shares of these members make, which no node could ever compute.
	pub fn secret(&self, nodes: &[u8]) -> Scalar {
		interpolate(&nodes.iter().map(|node| self.point(*node)).collect::<Vec<_>>())
	}

	/// A signature for a request, made by the first `t` of these members.
	pub fn sign(&self, nodes: &[u8], request: RequestId) -> SchnorrSignature {
		sign_with(&self.secret(&nodes[..self.threshold()]), request)
	}

	/// The first of these members delivers their signature.
	pub fn deliver(&self, nodes: &[u8], request: RequestId) -> Outcome {
		let signature = self.sign(nodes, request);
		speak(nodes[0], DcrmMessage::Signature { request, signature })
	}

	/// Whether these members can sign whatever the group is asked to.
	pub fn can_sign(&self, nodes: &[u8]) -> bool {
		let request = ask(self.group, 77);
		self.deliver(nodes, request).expect("members are listened to");
		Requests::<Test>::get(request).is_none()
	}
}

/// Asks a group for a signature.
pub fn ask(group: GroupId, batch: u64) -> RequestId {
	use fusion_dcrm_primitives::{traits::KeyGroups, KeyPath};
	let purpose = Purpose::Batch { instance: 0, batch, attempt: 0, input: 0 };
	<Dcrm as KeyGroups>::request_signature(
		group,
		KeyPath::Deposit(0, batch),
		[batch as u8; 32],
		purpose,
	)
	.unwrap()
}

/// A handover that is under way, and who takes part in it.
pub struct Move {
	/// The group.
	pub group: GroupId,
	/// Who has the key: the dealers.
	pub old: Committee,
	/// The node numbers of the receivers, in the order of the indices that they will have.
	pub nodes: Vec<u8>,
	/// What was dealt in the present attempt, by the dealer's node number.
	pub dealings: BTreeMap<u8, Dealing<Secp256k1>>,
	/// What each receiver was given: by its node number and the dealer's index.
	pub pairs: BTreeMap<(u8, MemberIndex), [u8; 64]>,
	/// The new shares, by the attempt that they are of and the receiver's node number.
	pub shares: BTreeMap<(Attempt, u8), KeyShare<Secp256k1>>,
	/// What everybody knows of the new shares, once it is settled whose dealings count, and in which
	/// attempt that was.
	pub settled: Option<(Attempt, Reshared<Secp256k1>)>,
	/// Where randomness comes from.
	pub rng: ChaCha20Rng,
}

impl Move {
	/// Begins to hand a key over to these nodes.
	pub fn new(old: Committee, nodes: &[u8]) -> Self {
		reshare(old.group, nodes).expect("the key can be handed over");
		Self {
			group: old.group,
			old,
			nodes: nodes.to_vec(),
			dealings: BTreeMap::new(),
			pairs: BTreeMap::new(),
			shares: BTreeMap::new(),
			settled: None,
			rng: ChaCha20Rng::seed_from_u64(43),
		}
	}

	/// The handover as nodes see it.
	pub fn view(&self) -> HandoverView {
		view(self.group).handover.expect("the handover is under way")
	}

	/// Where it stands, if it is under way.
	pub fn stage(&self) -> Option<(Attempt, Phase)> {
		view(self.group).handover.map(|handover| (handover.attempt, handover.phase))
	}

	/// The phase.
	pub fn phase(&self) -> Phase {
		self.view().phase
	}

	/// The attempt.
	pub fn attempt(&self) -> Attempt {
		self.view().attempt
	}

	/// Goes on to the block in which the phase ends at the latest.
	pub fn time_out(&self) {
		go_to(self.view().deadline);
	}

	/// The node numbers of all who take part.
	pub fn everybody(&self) -> Vec<u8> {
		let joiners = self.nodes.iter().filter(|node| !self.old.nodes.contains(node));
		self.old.nodes.iter().chain(joiners).copied().collect()
	}

	/// All of them but one.
	pub fn all_but(&self, absent: u8) -> Vec<u8> {
		self.everybody().into_iter().filter(|node| *node != absent).collect()
	}

	/// How many receivers it will take to sign.
	pub fn threshold(&self) -> usize {
		threshold_of(self.nodes.len() as u32).into()
	}

	/// The index that a receiver will have.
	pub fn receiver(&self, node: u8) -> MemberIndex {
		index_among(&self.nodes, node).expect("it is a receiver")
	}

	/// What is handed over, as the chain says, which is what the members know.
	pub fn resharing(&self) -> Resharing<Secp256k1> {
		let known = self.view().commitments;
		assert_eq!(known, self.old.commitments.to_bytes());
		let old = KeyCommitments::from_bytes(params_of(&self.old.nodes), &known).unwrap();
		Resharing::new(old, params_of(&self.nodes))
	}

	/// A dealing of a member's share.
	pub fn dealing_of(&mut self, node: u8) -> Dealing<Secp256k1> {
		self.resharing().deal(&self.old.shares[&node], &mut self.rng).expect("it is its share")
	}

	/// Makes a dealing, and gives all receivers their pairs, but says nothing on chain.
	pub fn make_dealing(&mut self, node: u8) {
		let dealing = self.dealing_of(node);
		let dealer = self.old.index(node);
		for receiver in &self.nodes {
			let index = index_among(&self.nodes, *receiver).unwrap();
			self.pairs.insert((*receiver, dealer), *dealing.share_for(index).unwrap().to_bytes());
		}
		self.dealings.insert(node, dealing);
	}

	/// Deals honestly.
	pub fn deal(&mut self, node: u8) -> Outcome {
		self.make_dealing(node);
		self.say_deal(node, self.dealings[&node].pedersen().to_bytes())
	}

	/// Publishes these points as Pedersen commitments.
	pub fn say_deal(&self, node: u8, points: Vec<PublicKey>) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Deal { group, attempt, commitments: bounded(points) })
	}

	/// The pair that a receiver was given by a dealer.
	fn pair(&self, node: u8, dealer: MemberIndex) -> Option<SharePair<Secp256k1>> {
		let pair = self.pairs.get(&(node, dealer))?;
		SharePair::from_bytes(pair).ok()
	}

	/// The dealers whose pair is missing or does not fit what they have published.
	pub fn wrong_dealers(&self, node: u8) -> Vec<MemberIndex> {
		let (view, index) = (self.view(), self.receiver(node));
		let fits = |dealer: MemberIndex, points: &[PublicKey]| {
			let published =
				PedersenCommitments::<Secp256k1>::from_bytes(params_of(&self.nodes), points)
					.unwrap();
			self.pair(node, dealer).is_some_and(|pair| published.verify(index, &pair).is_ok())
		};
		view.pedersen
			.iter()
			.filter(|(dealer, points)| view.qualified.contains(dealer) && !fits(*dealer, points))
			.map(|(dealer, _)| *dealer)
			.collect()
	}

	/// Complains about these dealers.
	pub fn say_verdict(&self, node: u8, against: Vec<MemberIndex>) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Verdict { group, attempt, against: bounded(against) })
	}

	/// Answers a complaint with the right pair.
	pub fn answer(&self, node: u8, accuser: MemberIndex) -> Outcome {
		let share = *self.dealings[&node].share_for(accuser).unwrap().to_bytes();
		self.say_answer(node, accuser, share)
	}

	/// Answers a complaint with this pair.
	pub fn say_answer(&self, node: u8, accuser: MemberIndex, share: [u8; 64]) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Answer { group, attempt, accuser, share })
	}

	/// Publishes the right Feldman commitments.
	pub fn reveal(&self, node: u8) -> Outcome {
		self.say_reveal(node, self.dealings[&node].feldman().to_bytes())
	}

	/// Publishes these points as Feldman commitments.
	pub fn say_reveal(&self, node: u8, points: Vec<PublicKey>) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Reveal { group, attempt, commitments: bounded(points) })
	}

	/// Feldman commitments that are right at 0, and nowhere else.
	pub fn false_reveal(&mut self, node: u8) -> Outcome {
		let other = self.dealing_of(node).feldman().to_bytes();
		self.say_reveal(node, other)
	}

	/// Takes over the pairs that were published for a receiver.
	fn read_answers(&mut self, node: u8) {
		let index = self.receiver(node);
		for (accuser, dealer, share) in self.view().answers {
			if accuser == index {
				self.pairs.insert((node, dealer), share);
			}
		}
	}

	/// The dealers whose Feldman commitments do not fit what the receiver has of them.
	pub fn cheaters(&mut self, node: u8) -> Vec<MemberIndex> {
		self.read_answers(node);
		let index = self.receiver(node);
		let fits = |dealer: MemberIndex, points: &[PublicKey]| {
			let revealed =
				FeldmanCommitments::<Secp256k1>::from_bytes(params_of(&self.nodes), points)
					.unwrap();
			// Without a pair there is nothing to prove it with.
			self.pair(node, dealer).is_none_or(|pair| revealed.verify(index, &pair).is_ok())
		};
		let revealed = self.view().feldman;
		revealed
			.iter()
			.filter(|(dealer, points)| !fits(*dealer, points))
			.map(|(dealer, _)| *dealer)
			.collect()
	}

	/// Accepts what was revealed.
	pub fn accept(&self, node: u8) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Accept { group, attempt })
	}

	/// Accuses a dealer with the pair that the receiver has.
	pub fn accuse(&self, node: u8, dealer: MemberIndex) -> Outcome {
		self.say_accuse(node, dealer, self.pairs[&(node, dealer)])
	}

	/// Accuses a dealer with this pair.
	pub fn say_accuse(&self, node: u8, dealer: MemberIndex, share: [u8; 64]) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Accuse { group, attempt, dealer, share })
	}

	/// Accuses whoever cheated, and accepts the rest.
	fn judge(&mut self, node: u8) {
		let before = self.stage();
		for dealer in self.cheaters(node) {
			self.accuse(node, dealer).expect("an accusation with proof is taken");
			if self.stage() != before {
				return;
			}
		}
		self.accept(node).expect("an honest receiver's word is taken");
	}

	/// What was dealt by those whose dealings count.
	fn settle(&mut self) -> &Reshared<Secp256k1> {
		let now = self.view();
		// Each computes it for itself, but tests are slow enough.
		let known = self.settled.take().filter(|(attempt, _)| *attempt == now.attempt);
		let (_, reshared) = known.unwrap_or_else(|| {
			let revealed = now.feldman.iter().map(|(dealer, points)| {
				let params = params_of(&self.nodes);
				(*dealer, FeldmanCommitments::from_bytes(params, points).unwrap())
			});
			let reshared = self.resharing().settle(revealed.collect()).expect("all was checked");
			(now.attempt, reshared)
		});
		assert!(reshared.dealers().eq(now.qualified.iter().copied()));
		assert_eq!(Some(reshared.commitments().key()), view(self.group).key, "the key is the same");
		&self.settled.insert((now.attempt, reshared)).1
	}

	/// Computes the receiver's new share. Whether it could: it lacks nothing, and all of it fits.
	pub fn compute(&mut self, node: u8) -> bool {
		self.read_answers(node);
		let (attempt, index) = (self.attempt(), self.receiver(node));
		let dealers: Vec<MemberIndex> = self.settle().dealers().collect();
		let pairs = dealers
			.into_iter()
			.filter_map(|dealer| self.pair(node, dealer).map(|pair| (dealer, pair)))
			.collect();
		let Ok(share) = self.settle().share(index, &pairs) else { return false };
		self.shares.insert((attempt, node), share);
		true
	}

	/// Confirms the key.
	pub fn say_confirm(&self, node: u8) -> Outcome {
		let key = view(self.group).key.expect("an active group has a key");
		let (group, attempt) = (self.group, self.attempt());
		speak(node, DcrmMessage::Confirm { group, attempt, key })
	}

	/// Computes the new share, and confirms.
	pub fn confirm(&mut self, node: u8) -> Outcome {
		assert!(self.compute(node), "the receiver has all pairs");
		self.say_confirm(node)
	}

	/// The request for the test signature.
	pub fn test_request(&self) -> RequestId {
		let ceremony = Ceremonies::<Test>::get(self.group).expect("the handover is under way");
		ceremony.test.expect("the test is asked for")
	}

	/// Those of these nodes who have new shares of the present attempt.
	pub fn able(&self, nodes: &[u8]) -> Vec<u8> {
		let attempt = self.attempt();
		nodes.iter().copied().filter(|node| self.shares.contains_key(&(attempt, *node))).collect()
	}

	/// A signature for a request, made with the new shares of these receivers.
	pub fn sign(&self, nodes: &[u8], request: RequestId) -> SchnorrSignature {
		let attempt = self.attempt();
		let point = |node: &u8| {
			let share = &self.shares[&(attempt, *node)];
			(share.index(), scalar(&share.to_bytes()[..]))
		};
		sign_with(&interpolate(&nodes.iter().map(point).collect::<Vec<_>>()), request)
	}

	/// A receiver delivers the test signature that these made.
	pub fn deliver_test(&self, node: u8, signers: &[u8]) -> Outcome {
		let request = self.test_request();
		let signature = self.sign(signers, request);
		speak(node, DcrmMessage::Signature { request, signature })
	}

	/// What an honest node does in the present phase, if there is anything left to do for it.
	/// `others` are the nodes that would sign with it.
	pub fn act(&mut self, node: u8, others: &[u8]) {
		let view = self.view();
		let dealer = index_among(&self.old.nodes, node);
		let receiver = index_among(&self.nodes, node);
		let waits_for = |index: &MemberIndex| !view.spoken.contains(index);
		let deals = dealer.filter(|me| view.qualified.contains(me)).filter(waits_for).is_some();
		let hears = receiver.filter(waits_for).is_some();
		let outcome = match view.phase {
			Phase::Dealing if deals && self.old.shares.contains_key(&node) => self.deal(node),
			Phase::Verdicts if hears => self.say_verdict(node, self.wrong_dealers(node)),
			Phase::Answers => {
				for (accuser, accused) in view.complaints {
					if Some(accused) == dealer {
						self.answer(node, accuser).expect("an honest answer is taken");
					}
				}
				return;
			},
			Phase::Revealing if deals => self.reveal(node),
			Phase::Accusing if hears => return self.judge(node),
			Phase::Confirming if hears && self.compute(node) => self.say_confirm(node),
			Phase::Testing if receiver.is_some() => {
				let able = self.able(others);
				let Some(signers) = able.get(..self.threshold()) else { return };
				self.deliver_test(node, signers)
			},
			_ => return,
		};
		outcome.expect("what an honest node says is taken");
	}

	/// All these nodes act honestly, as long as the phase lasts.
	pub fn step(&mut self, nodes: &[u8]) {
		let before = self.stage();
		for node in nodes {
			if self.stage() != before {
				return;
			}
			self.act(*node, nodes);
		}
	}

	/// Everybody acts honestly until this phase begins.
	pub fn play_until(&mut self, goal: Phase) {
		let everybody = self.everybody();
		while self.phase() != goal {
			self.step(&everybody);
		}
	}

	/// The same, and the phase of answers can be reached too: the first receiver complains about the
	/// second dealer then.
	pub fn reach(&mut self, goal: Phase) {
		if goal != Phase::Answers {
			return self.play_until(goal);
		}
		self.play_until(Phase::Verdicts);
		let nodes = self.nodes.clone();
		for node in nodes.iter().copied() {
			let against = if node == nodes[0] { vec![2] } else { vec![] };
			self.say_verdict(node, against).expect("a complaint is taken");
		}
	}

	/// These nodes act honestly until the handover is over; phases in which that is not enough end at
	/// their deadline.
	pub fn play_out(&mut self, nodes: &[u8]) {
		while let before @ Some(_) = self.stage() {
			self.step(nodes);
			if self.stage() == before {
				self.time_out();
			}
		}
	}

	/// Everybody acts honestly to the end, which is good.
	pub fn succeed(mut self) -> (Committee, Committee) {
		let everybody = self.everybody();
		self.play_out(&everybody);
		self.finish()
	}

	/// Who had the key, and who has it now.
	pub fn finish(self) -> (Committee, Committee) {
		let now = view(self.group);
		assert!(now.handover.is_none(), "the handover is over");
		assert_eq!(now.members, self.nodes.iter().copied().map(member).collect::<Vec<_>>());
		let (attempt, settled) = self.settled.expect("it was settled whose dealings count");
		assert_eq!(now.attempt, attempt);
		let shares = self.shares.into_iter().filter(|((attempt, _), _)| *attempt == now.attempt);
		let new = Committee {
			group: self.group,
			nodes: self.nodes,
			shares: shares.map(|((_, node), share)| (node, share)).collect(),
			commitments: settled.commitments().clone(),
		};
		(self.old, new)
	}

	/// Who has the key still, after a handover that failed.
	pub fn undone(self) -> Committee {
		let now = view(self.group);
		assert!(now.handover.is_none(), "the handover is over");
		assert_eq!(now.members, self.old.nodes.iter().copied().map(member).collect::<Vec<_>>());
		self.old
	}
}
