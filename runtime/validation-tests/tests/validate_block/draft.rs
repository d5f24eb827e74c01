//! A block to be, with everything that its author may choose, and what becomes of it.

use codec::Encode;
use cumulus_client_parachain_inherent::{
	ParachainInherentData, INHERENT_IDENTIFIER as PARACHAIN_INHERENT,
};
use cumulus_primitives_core::{
	relay_chain::MAX_POV_SIZE, rpsr_digest::relay_parent_storage_root_item, ParachainBlockData,
	PersistedValidationData,
};
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use fusion_hhcm_primitives::{
	digest::Claim,
	election::{handicap, is_guerrilla, transaction_group},
	package::{self, payload, transaction_hash, Context, INHERENT_IDENTIFIER as PACKAGES_INHERENT},
	ticket::seal_payload,
	AuthorityIndex, AuthorityPair, Candidate, Election, GroupId, Package, Round, Seal, Ticket,
};
use fusion_runtime::{
	signed_transaction, Address, Balance, Block, Hash, Hashing, Header, RuntimeCall,
	UncheckedExtrinsic, PARACHAIN_ID, VERSION,
};
use polkadot_parachain_primitives::primitives::{BlockData, HeadData, ValidationParams};
use sp_core::Pair as _;
use sp_inherents::InherentData;
use sp_runtime::{
	generic,
	traits::{Block as _, Hash as _, Header as _},
	BoundedVec, Digest, DigestItem, Weight,
};
use sp_state_machine::StorageProof;
use sp_timestamp::Timestamp;
use sp_trie::CompactProof;

use crate::{
	genesis::{grouping_key, user, user_account, vrf, USERS},
	wasm::{wasm, Refusal},
};

/// A block of the relay chain, as far as a block of ours shows it.
#[derive(Clone)]
pub struct RelayParent {
	/// Its number.
	pub number: u32,
	/// The root of its state.
	pub root: Hash,
	/// What we show of its state.
	pub proof: StorageProof,
}

impl RelayParent {
	/// One in this slot, in whose state this block of ours is included.
	pub fn new(number: u32, slot: u64, included: &Header) -> Self {
		let builder = RelayStateSproofBuilder {
			para_id: PARACHAIN_ID.into(),
			current_slot: slot.into(),
			included_para_head: Some(HeadData(included.encode())),
			..Default::default()
		};
		let (root, proof) = builder.into_state_root_and_proof();
		Self { number, root, proof }
	}

	/// What a finished header says of it.
	pub fn item(&self) -> DigestItem {
		relay_parent_storage_root_item(self.root, self.number)
	}
}

/// A block to be.
#[derive(Clone)]
pub struct Draft {
	/// Its parent.
	pub parent: Header,
	/// The hash of the chain's first block.
	pub genesis: Hash,
	/// What the election depends on.
	pub round: Round,
	/// The election.
	pub election: Election,
	/// Keys of the authorities.
	pub keys: Vec<AuthorityPair>,
	/// What the author claims.
	pub claim: Claim,
	/// The header's items from the start, if not just the claim.
	pub items: Option<Vec<DigestItem>>,
	/// The block of the relay chain that it builds on.
	pub relay: RelayParent,
	/// Its time, in milliseconds since 1970.
	pub timestamp: u64,
	/// Its packages.
	pub packages: Vec<Package>,
	/// Its transactions.
	pub transactions: Vec<UncheckedExtrinsic>,
	/// All that is in it, if not the inherents that the runtime makes of the rest, and the transactions.
	pub extrinsics: Option<Vec<UncheckedExtrinsic>>,
}

/// A package with the signature of this key.
pub fn sign_package(
	key: &AuthorityPair,
	context: &Context,
	group: GroupId,
	packager: AuthorityIndex,
	transactions: Vec<Hash>,
) -> Package {
	let measured = Weight::from_parts(7, 7);
	let signature = key.sign(&payload(context, group, packager, &transactions, measured));
	let transactions = BoundedVec::truncate_from(transactions);
	Package { group, packager, transactions, measured, signature }
}

/// A seal with this nonce and a signature of this key.
pub fn sign_seal(key: &AuthorityPair, pre_hash: Hash, nonce: u64) -> Seal {
	Seal::V1 { nonce, signature: key.sign(&seal_payload(&pre_hash, nonce)) }
}

/// The inherent that notes these packages.
pub fn note_packages(packages: Vec<Package>) -> UncheckedExtrinsic {
	let packages = packages.try_into().expect("there are not too many");
	let call = RuntimeCall::Hhcm(pallet_hhcm::Call::note_packages { packages });
	UncheckedExtrinsic::from(generic::UncheckedExtrinsic::new_bare(call))
}

/// By what packages name a transaction.
pub fn hash_of(transaction: &UncheckedExtrinsic) -> Hash {
	transaction_hash(&transaction.encode())
}

/// The root that a header has of its extrinsics.
pub fn extrinsics_root(extrinsics: &[UncheckedExtrinsic]) -> Hash {
	let encoded = extrinsics.iter().map(Encode::encode).collect();
	Hashing::ordered_trie_root(encoded, VERSION.extrinsics_root_state_version())
}

/// A transfer of one account to the last one.
pub fn transfer(genesis: Hash, sender: u32, nonce: u32, value: Balance) -> UncheckedExtrinsic {
	let dest = Address::Id(user_account(USERS - 1));
	let call = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest, value });
	signed_transaction(call, user_account(sender), nonce, genesis, |bytes| {
		user(sender).sign(bytes).into()
	})
}

impl Draft {
	/// The key of an authority. Of the first one, if there is none with this index.
	pub fn key(&self, index: AuthorityIndex) -> &AuthorityPair {
		self.keys.get(usize::from(index)).unwrap_or(&self.keys[0])
	}

	/// Where its packages belong.
	pub fn context(&self) -> Context {
		Context { genesis: self.genesis, parent: self.parent.hash(), slot: self.claim.slot }
	}

	/// The group of an account's transactions.
	pub fn group_of(&self, sender: u32) -> GroupId {
		let Round { seed, groups, .. } = self.round;
		transaction_group(seed, self.claim.slot, grouping_key(&user_account(sender)), groups)
	}

	/// Makes it a claim of this node.
	pub fn claim_for(&mut self, candidate: Candidate) {
		self.claim.author = candidate.index;
		self.claim.group = candidate.group;
		self.claim.rank = candidate.rank;
		self.claim.vrf = vrf(self.key(candidate.index), self.round.seed, self.claim.slot);
	}

	/// Changes the packages, and claims the changed ones.
	pub fn with_packages(&mut self, change: impl FnOnce(&mut Vec<Package>)) {
		change(&mut self.packages);
		self.claim.packages_root = package::root(&self.packages);
	}

	/// Exchanges the package of a group for one with the same list that this node signs for there.
	pub fn repackage(&mut self, group: GroupId, packager: AuthorityIndex, context: &Context) {
		let key = self.key(packager).clone();
		self.with_packages(|packages| {
			let of_group = |package: &&mut Package| package.group == group;
			let package = packages.iter_mut().find(of_group).expect("there is one");
			let list = package.transactions.to_vec();
			*package = sign_package(&key, context, group, packager, list);
		});
	}

	/// How many transactions each package lists, in the order in which groups are in the block.
	pub fn counts(&self) -> Vec<usize> {
		let listed = |group: GroupId| self.packages.iter().find(|package| package.group == group);
		let count = |group: &GroupId| listed(*group).map_or(0, |found| found.transactions.len());
		self.election.order().iter().map(count).collect()
	}

	/// What the runtime makes inherents of.
	pub fn inherent_data(&self) -> InherentData {
		let validation_data = PersistedValidationData {
			parent_head: HeadData(self.parent.encode()),
			relay_parent_number: self.relay.number,
			relay_parent_storage_root: self.relay.root,
			max_pov_size: MAX_POV_SIZE,
		};
		let parachain = ParachainInherentData {
			validation_data,
			relay_chain_state: self.relay.proof.clone(),
			downward_messages: Vec::new(),
			horizontal_messages: Default::default(),
			relay_parent_descendants: Vec::new(),
			collator_peer_id: None,
		};
		let mut data = InherentData::new();
		data.put_data(PARACHAIN_INHERENT, &parachain)
			.and_then(|()| {
				data.put_data(sp_timestamp::INHERENT_IDENTIFIER, &Timestamp::new(self.timestamp))
			})
			.and_then(|()| data.put_data(PACKAGES_INHERENT, &self.packages))
			.expect("nothing is put there twice");
		data
	}

	/// The header before the block is executed.
	pub fn header(&self) -> Header {
		let logs = self.items.clone().unwrap_or_else(|| vec![self.claim.to_item()]);
		let number = self.parent.number + 1;
		Header::new(number, Hash::zero(), Hash::zero(), self.parent.hash(), Digest { logs })
	}

	/// The author's ticket.
	pub fn ticket(&self) -> Ticket {
		let Claim { slot, author, group, packages_root, .. } = self.claim;
		Ticket::new(self.parent.hash(), slot, &self.key(author).public(), group, packages_root)
	}

	/// By what the difficulty is multiplied for the place that is claimed.
	pub fn handicap(&self) -> u64 {
		handicap(self.claim.rank, is_guerrilla(self.claim.group, self.round.groups))
	}

	/// The first nonce from this one on that solves the author's ticket. Late ranks may have none.
	pub fn solution(&self, from: u64) -> Option<u64> {
		self.ticket().mine(from, u64::MAX, self.round.difficulty, self.handicap())
	}

	/// A nonce that solves the ticket of an author of one of the first ranks.
	pub fn nonce(&self) -> u64 {
		self.solution(0).expect("all but one of millions of such tickets have a solution")
	}

	/// The header of an executed block, with the seal of its author.
	pub fn seal(&self, header: &Header) -> Header {
		self.seal_by(self.claim.author, header, self.nonce())
	}

	/// The header of an executed block, with a seal of this node.
	pub fn seal_by(&self, signer: AuthorityIndex, header: &Header, nonce: u64) -> Header {
		let seal = sign_seal(self.key(signer), header.hash(), nonce);
		let mut sealed = header.clone();
		sealed.digest_mut().push(seal.to_item());
		sealed
	}

	/// What goes to the relay chain, with this header.
	pub fn submit(&self, built: &Built, header: Header) -> Submission {
		let proof = built
			.proof
			.to_compact_proof::<Hashing>(*self.parent.state_root())
			.unwrap_or_else(|error| panic!("the proof is of another state: {error:?}"));
		Submission {
			parent: self.parent.clone(),
			block: Block::new(header, built.extrinsics.clone()),
			proof,
			relay_number: self.relay.number,
			relay_root: self.relay.root,
		}
	}
}

/// An executed block, without its seal.
#[derive(Clone)]
pub struct Built {
	/// Its header.
	pub header: Header,
	/// What is in it.
	pub extrinsics: Vec<UncheckedExtrinsic>,
	/// What its execution has read of the state of its parent.
	pub proof: StorageProof,
}

impl Built {
	/// The block as importers execute it.
	pub fn unsealed(&self) -> Block {
		Block::new(self.header.clone(), self.extrinsics.clone())
	}
}

/// What a collator hands to the relay chain.
#[derive(Clone)]
pub struct Submission {
	/// The parent of the block.
	pub parent: Header,
	/// The block.
	pub block: Block,
	/// What its execution reads of the parent's state.
	pub proof: CompactProof,
	/// Number of the relay chain's block that it says it builds on.
	pub relay_number: u32,
	/// Root of the state of that block.
	pub relay_root: Hash,
}

impl Submission {
	/// The proof of validity, in the present version.
	pub fn pov(&self) -> ParachainBlockData<Block> {
		ParachainBlockData::new(vec![self.block.clone()], self.proof.clone(), None)
	}

	/// What validators are given.
	pub fn params(&self) -> ValidationParams {
		ValidationParams {
			parent_head: HeadData(self.parent.encode()),
			block_data: BlockData(self.pov().encode()),
			relay_parent_number: self.relay_number,
			relay_parent_storage_root: self.relay_root,
		}
	}

	/// Fails if validators don't accept it.
	#[track_caller]
	pub fn assert_accepted(&self) {
		assert_valid(&self.params(), self.block.header());
	}

	/// Why validators refuse it. Fails if they don't.
	#[track_caller]
	pub fn refusal(&self, what: &str) -> Refusal {
		match wasm().validate(&self.params()).0 {
			Ok(_) => panic!("validators accept a block although {what}"),
			Err(refusal) => refusal,
		}
	}
}

/// Fails if validators don't accept this, and make this header the head of the chain.
#[track_caller]
pub fn assert_valid(params: &ValidationParams, header: &Header) {
	match wasm().validate(params).0 {
		Ok(result) => assert_eq!(result.head_data.0, header.encode(), "they see another head"),
		Err(refusal) => panic!("validators refuse a block by the rules: {refusal}"),
	}
}
