//! A chain in memory, with the rules of the DCRM pallet for one group.

mod handover;

use std::collections::{BTreeMap, BTreeSet};

use fusion_dcrm_primitives::{
	derive_tweak, test_message, Algorithm, Attempt, DcrmMessage, GroupId, GroupState, GroupView,
	KeyPath, MemberId, MemberIndex, PeerIdBytes, Phase, PublicKey, Purpose, RequestId,
	SchnorrSignature, SigningRequest,
};
use fusion_vss::{
	group_key, FeldmanCommitments, Params, PedersenCommitments, Secp256k1, SharePair,
};
use sp_core::H256;

use crate::{engine, keygen::index_of};
pub use handover::{threshold_of, Handovers};

pub const GROUP: GroupId = 7;
const MAX_ATTEMPTS: u32 = 4;

#[derive(Clone)]
pub struct Sim {
	pub genesis: H256,
	pub view: GroupView,
	pub block: u32,
	/// Blocks that a phase lasts at most.
	pub phase_blocks: u32,
	pub open: BTreeMap<RequestId, SigningRequest>,
	pub signatures: BTreeMap<RequestId, SchnorrSignature>,
	pub peers: BTreeMap<MemberId, (PeerIdBytes, u64)>,
	/// Dealers that were proved to cheat.
	pub excluded: BTreeSet<MemberIndex>,
	/// Dealers of the present attempt that do not count.
	pub disqualified: BTreeSet<MemberIndex>,
	/// Everything that was accepted, but for words in handovers.
	pub heard: Vec<(MemberIndex, DcrmMessage)>,
	pub handovers: Handovers,
	next_request: RequestId,
}

impl Sim {
	pub fn new(members: Vec<MemberId>, threshold: u16, phase_blocks: u32) -> Self {
		let view = GroupView {
			id: GROUP,
			members,
			threshold,
			algorithm: Algorithm::Secp256k1Taproot,
			state: GroupState::Generating(Phase::Dealing),
			attempt: 0,
			attempts: 1,
			epoch: 0,
			deadline: phase_blocks,
			key: None,
			pedersen: Vec::new(),
			feldman: Vec::new(),
			qualified: Vec::new(),
			complaints: Vec::new(),
			answers: Vec::new(),
			spoken: Vec::new(),
			handover: None,
			challenge: None,
			missed: Vec::new(),
			silent: Vec::new(),
		};
		Self {
			genesis: H256::repeat_byte(0xf5),
			view,
			block: 0,
			phase_blocks,
			open: BTreeMap::new(),
			signatures: BTreeMap::new(),
			peers: BTreeMap::new(),
			excluded: BTreeSet::new(),
			disqualified: BTreeSet::new(),
			heard: Vec::new(),
			handovers: Handovers::default(),
			next_request: 0,
		}
	}

	/// Of the secret sharing that is made: the receivers'.
	fn params(&self) -> Params {
		let (members, threshold) = match &self.view.handover {
			Some(next) => (next.members.len(), next.threshold),
			None => (self.view.members.len(), self.view.threshold),
		};
		Params::new(u16::try_from(members).unwrap(), threshold).unwrap()
	}

	/// The attempt that is under way.
	fn attempt(&self) -> Attempt {
		self.view.handover.as_ref().map_or(self.view.attempt, |next| next.attempt)
	}

	fn points(list: &[(MemberIndex, Vec<PublicKey>)], dealer: MemberIndex) -> &[PublicKey] {
		list.iter().find(|(index, _)| *index == dealer).map_or(&[], |(_, points)| points)
	}

	fn fits_pedersen(&self, dealer: MemberIndex, index: MemberIndex, share: &[u8; 64]) -> bool {
		let next = self.view.handover.as_ref();
		let list = next.map_or(&self.view.pedersen, |next| &next.pedersen);
		let Ok(pair) = SharePair::<Secp256k1>::from_bytes(share) else { return false };
		PedersenCommitments::<Secp256k1>::from_bytes(self.params(), Self::points(list, dealer))
			.is_ok_and(|commitments| commitments.verify(index, &pair).is_ok())
	}

	fn fits_feldman(&self, dealer: MemberIndex, index: MemberIndex, share: &[u8; 64]) -> bool {
		let next = self.view.handover.as_ref();
		let list = next.map_or(&self.view.feldman, |next| &next.feldman);
		let Ok(pair) = SharePair::<Secp256k1>::from_bytes(share) else { return false };
		FeldmanCommitments::<Secp256k1>::from_bytes(self.params(), Self::points(list, dealer))
			.is_ok_and(|commitments| commitments.verify(index, &pair).is_ok())
	}

	/// What is wrong with a message, or `Ok` if the chain takes it.
	pub fn hear(&mut self, from: &MemberId, message: DcrmMessage) -> Result<(), String> {
		if let DcrmMessage::Announce { peer, sequence } = &message {
			let last = self.peers.get(from).map(|(_, sequence)| *sequence);
			if last.is_some_and(|last| *sequence <= last) {
				return Err("old announcement".into());
			}
			self.peers.insert(from.clone(), (peer.clone(), *sequence));
			return Ok(());
		}
		if let DcrmMessage::Signature { request, signature } = &message {
			let me = self.take_signature(from, *request, signature)?;
			self.heard.push((me, message));
			return Ok(());
		}
		if let DcrmMessage::Hold { number, .. } = &message {
			let me = index_of(&self.view.members, from).ok_or("not a member")?;
			let asked = self.view.challenge.as_mut().filter(|asked| asked.number == *number);
			let spoken = &mut asked.ok_or("no such challenge")?.spoken;
			if spoken.contains(&me) {
				return Err("has answered".into());
			}
			spoken.push(me);
			self.heard.push((me, message));
			return Ok(());
		}
		if let DcrmMessage::Silent { member, .. } = &message {
			let me = index_of(&self.view.members, from).ok_or("not a member")?;
			let vote = (*member, me);
			if self.view.silent.contains(&vote) {
				return Err("has said so".into());
			}
			self.view.silent.push(vote);
			self.heard.push((me, message));
			return Ok(());
		}
		if self.view.handover.is_some() {
			return self.hear_in_handover(from, message);
		}
		let me = index_of(&self.view.members, from).ok_or("not a member")?;
		self.check_address(&message)?;
		match (self.view.state, &message) {
			(GroupState::Generating(Phase::Dealing), DcrmMessage::Deal { commitments, .. }) => {
				if self.excluded.contains(&me) || self.view.spoken.contains(&me) {
					return Err("may not deal".into());
				}
				PedersenCommitments::<Secp256k1>::from_bytes(self.params(), commitments)
					.map_err(|e| e.to_string())?;
				self.view.pedersen.push((me, commitments.to_vec()));
				self.view.spoken.push(me);
			},
			(GroupState::Generating(Phase::Verdicts), DcrmMessage::Verdict { against, .. }) => {
				if self.view.spoken.contains(&me) {
					return Err("has spoken".into());
				}
				self.view.spoken.push(me);
				self.view.complaints.extend(against.iter().map(|dealer| (me, *dealer)));
				let most = self.view.members.len() - usize::from(self.view.threshold);
				for dealer in against {
					let count = self.view.complaints.iter().filter(|c| c.1 == *dealer).count();
					if count > most {
						self.disqualified.insert(*dealer);
					}
				}
			},
			(
				GroupState::Generating(Phase::Answers),
				DcrmMessage::Answer { accuser, share, .. },
			) => {
				if !self.view.complaints.contains(&(*accuser, me)) {
					return Err("no such complaint".into());
				}
				self.view.complaints.retain(|complaint| *complaint != (*accuser, me));
				if self.fits_pedersen(me, *accuser, share) {
					self.view.answers.push((*accuser, me, *share));
				} else {
					self.disqualified.insert(me);
				}
			},
			(GroupState::Generating(Phase::Revealing), DcrmMessage::Reveal { commitments, .. }) => {
				if !self.view.qualified.contains(&me) || self.view.spoken.contains(&me) {
					return Err("may not reveal".into());
				}
				FeldmanCommitments::<Secp256k1>::from_bytes(self.params(), commitments)
					.map_err(|e| e.to_string())?;
				self.view.feldman.push((me, commitments.to_vec()));
				self.view.spoken.push(me);
			},
			(GroupState::Generating(Phase::Confirming), DcrmMessage::Confirm { key, .. }) => {
				if self.view.key != Some(*key) || self.view.spoken.contains(&me) {
					return Err("may not confirm".into());
				}
				self.view.spoken.push(me);
			},
			(
				GroupState::Generating(Phase::Confirming),
				DcrmMessage::Accuse { dealer, share, .. },
			) => {
				if !self.fits_pedersen(*dealer, me, share) || self.fits_feldman(*dealer, me, share)
				{
					return Err("wrong accusation".into());
				}
				self.excluded.insert(*dealer);
				self.fail_attempt();
			},
			(state, _) => return Err(format!("not now: {state:?}")),
		}
		self.heard.push((me, message));
		Ok(())
	}

	fn check_address(&self, message: &DcrmMessage) -> Result<(), String> {
		match message {
			DcrmMessage::Deal { group, attempt, .. }
			| DcrmMessage::Verdict { group, attempt, .. }
			| DcrmMessage::Answer { group, attempt, .. }
			| DcrmMessage::Reveal { group, attempt, .. }
			| DcrmMessage::Confirm { group, attempt, .. }
			| DcrmMessage::Accuse { group, attempt, .. }
			| DcrmMessage::Accept { group, attempt } => {
				if (*group, *attempt) != (self.view.id, self.attempt()) {
					return Err("of another group or attempt".into());
				}
			},
			DcrmMessage::Announce { .. }
			| DcrmMessage::Signature { .. }
			| DcrmMessage::Hold { .. }
			| DcrmMessage::Silent { .. } => {},
		}
		Ok(())
	}

	/// A signature of one of those who are asked for it. Returns the index of who delivers it.
	fn take_signature(
		&mut self,
		from: &MemberId,
		request: RequestId,
		signature: &SchnorrSignature,
	) -> Result<MemberIndex, String> {
		let open = self.open.get(&request).ok_or("no such request")?;
		let is_test = open.purpose == Purpose::Test;
		// New shares are tested by those who have them.
		let next = self.view.handover.as_ref().filter(|_| is_test);
		let signers = next.map_or(&self.view.members, |next| &next.members);
		let me = index_of(signers, from).ok_or("not a member")?;
		self.verify(open, signature)?;
		self.open.remove(&request);
		self.signatures.insert(request, *signature);
		if self.handovers.test == Some(request) {
			self.switch();
		} else if is_test {
			self.view.state = GroupState::Active;
		}
		Ok(me)
	}

	pub fn verify(
		&self,
		request: &SigningRequest,
		signature: &SchnorrSignature,
	) -> Result<(), String> {
		let key = self.view.key.ok_or("no key")?;
		let tweak =
			derive_tweak(self.genesis, self.view.id, self.view.algorithm, &key, &request.path);
		engine::verify(&key, &tweak, &request.message, signature).map_err(|e| e.to_string())
	}

	pub fn request(&mut self, path: KeyPath, message: [u8; 32], purpose: Purpose) -> RequestId {
		let id = self.next_request;
		self.next_request += 1;
		let request =
			SigningRequest { group: self.view.id, path, message, purpose, created: self.block };
		self.open.insert(id, request);
		id
	}

	/// Begin the next block, and end a phase if it is time.
	pub fn next_block(&mut self) {
		self.block += 1;
		if self.view.handover.is_some() {
			self.advance_handover();
			return;
		}
		let GroupState::Generating(phase) = self.view.state else { return };
		let late = self.block >= self.view.deadline;
		let all = self.view.members.len();
		let spoken = self.view.spoken.len();
		match phase {
			Phase::Dealing if late || spoken == all - self.excluded.len() => {
				self.enter(Phase::Verdicts);
			},
			Phase::Verdicts if late || spoken == all => {
				let disqualified = self.disqualified.clone();
				self.view.complaints.retain(|(_, dealer)| !disqualified.contains(dealer));
				if self.view.complaints.is_empty() {
					self.qualify();
				} else {
					self.enter(Phase::Answers);
				}
			},
			Phase::Answers if late || self.view.complaints.is_empty() => {
				self.disqualified.extend(self.view.complaints.iter().map(|(_, dealer)| *dealer));
				self.qualify();
			},
			Phase::Revealing if spoken == self.view.qualified.len() => {
				let feldman: Vec<_> = self
					.view
					.feldman
					.iter()
					.map(|(_, points)| {
						FeldmanCommitments::<Secp256k1>::from_bytes(self.params(), points).unwrap()
					})
					.collect();
				self.view.key = group_key(&feldman).ok();
				self.enter(Phase::Confirming);
			},
			Phase::Confirming
				if self.view.key.is_some()
					&& (spoken == all || (late && spoken >= usize::from(self.view.threshold))) =>
			{
				let key = self.view.key.unwrap();
				let (group, attempt) = (self.view.id, self.view.attempt);
				let message = test_message(self.genesis, group, attempt, &key);
				self.request(KeyPath::Group, message, Purpose::Test);
				self.enter(Phase::Testing);
			},
			_ if late => self.fail_attempt(),
			_ => {},
		}
	}

	fn qualify(&mut self) {
		self.view.qualified = self
			.view
			.pedersen
			.iter()
			.map(|(dealer, _)| *dealer)
			.filter(|dealer| !self.disqualified.contains(dealer))
			.collect();
		self.view.complaints.clear();
		if self.view.qualified.len() < usize::from(self.view.threshold) {
			self.fail_attempt();
		} else {
			self.enter(Phase::Revealing);
		}
	}

	fn enter(&mut self, phase: Phase) {
		self.view.state = GroupState::Generating(phase);
		self.view.deadline = self.block + self.phase_blocks;
		self.view.spoken.clear();
	}

	fn fail_attempt(&mut self) {
		self.open.clear();
		self.disqualified.clear();
		self.view.attempt += 1;
		self.view.attempts = self.view.attempt + 1;
		self.view.key = None;
		self.view.pedersen.clear();
		self.view.feldman.clear();
		self.view.qualified.clear();
		self.view.complaints.clear();
		self.view.answers.clear();
		self.enter(Phase::Dealing);
		if self.view.attempt >= MAX_ATTEMPTS {
			self.view.state = GroupState::Failed;
		}
	}
}
