//! A chain of one: authors blocks by the rules, or breaks one of them.

use codec::Encode;
use frame_support::traits::ExecuteBlock;
use fusion_hhcm_primitives::{
	digest::Claim,
	election::{is_guerrilla, transaction_group},
	package::{payload, root, transaction_hash, Context},
	seed::sign_data,
	ticket::seal_payload,
	AuthorityIndex, AuthorityPair, Candidate, Election, GroupId, Package, Packages, Round, Seal,
	Slot, Ticket,
};
use sp_core::{crypto::VrfSecret, sr25519::vrf::VrfSignature, Pair as _, H256};
use sp_runtime::{
	traits::{Block as _, Header as _},
	BoundedVec, Digest, DigestItem, Weight,
};
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::{mock::*, Authorities};

/// The hash of the first block's parent.
pub const GENESIS: H256 = H256::repeat_byte(69);

/// The chain.
pub struct Chain {
	/// Its state.
	pub ext: sp_io::TestExternalities,
	/// The last block's number.
	pub number: u32,
	/// The last block's hash.
	pub parent: H256,
}

/// A block to be, with everything that a test may want to change.
#[derive(Clone)]
pub struct Draft {
	/// The parent's number.
	pub number: u32,
	/// The parent's hash.
	pub parent: H256,
	/// What the election depends on.
	pub round: Round,
	/// The election.
	pub election: Election,
	/// Keys of the authorities.
	pub keys: Vec<AuthorityPair>,
	/// What the author claims.
	pub claim: Claim,
	/// The header's items before the seal, if not just the claim.
	pub items: Option<Vec<DigestItem>>,
	/// The block's time.
	pub timestamp: u64,
	/// The packages that the inherents note: one inherent, if honest.
	pub noted: Vec<Packages>,
	/// The transactions.
	pub transactions: Vec<UncheckedExtrinsic>,
}

/// The VRF output of a node.
pub fn vrf(key: &AuthorityPair, seed: H256, slot: Slot) -> VrfSignature {
	key.clone().into_inner().vrf_sign(&sign_data(seed, slot))
}

/// Where packages of a block belong.
pub fn context_of(parent: H256, slot: Slot) -> Context {
	Context { genesis: GENESIS, parent, slot }
}

/// A package with the signature of this key.
pub fn package(
	key: &AuthorityPair,
	context: &Context,
	group: GroupId,
	packager: AuthorityIndex,
	transactions: Vec<H256>,
) -> Package {
	let measured = Weight::from_parts(7, 7);
	let signature = key.sign(&payload(context, group, packager, &transactions, measured));
	let transactions = BoundedVec::truncate_from(transactions);
	Package { group, packager, transactions, measured, signature }
}

/// A seal with this nonce and a signature of this key.
pub fn seal(key: &AuthorityPair, pre_hash: H256, nonce: u64) -> Seal {
	Seal::V1 { nonce, signature: key.sign(&seal_payload(&pre_hash, nonce)) }
}

/// By what packages name a transaction.
pub fn hash_of(transaction: &UncheckedExtrinsic) -> H256 {
	transaction_hash(&transaction.encode())
}

impl Draft {
	/// The key of an authority.
	pub fn key(&self, index: AuthorityIndex) -> &AuthorityPair {
		&self.keys[usize::from(index)]
	}

	/// Where its packages belong.
	pub fn context(&self) -> Context {
		context_of(self.parent, self.claim.slot)
	}

	/// The group of an account's transactions.
	pub fn group_of(&self, signer: AccountId) -> GroupId {
		let Round { seed, groups, .. } = self.round;
		transaction_group(seed, self.claim.slot, key_of(&signer), groups)
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
		let mut packages = self.noted[0].to_vec();
		change(&mut packages);
		self.claim.packages_root = root(&packages);
		self.noted = vec![packages.try_into().expect("not too many")];
	}

	/// All extrinsics.
	pub fn extrinsics(&self) -> Vec<UncheckedExtrinsic> {
		let time = pallet_timestamp::Call::set { now: self.timestamp };
		let mut all = vec![UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(time))];
		all.extend(self.noted.iter().map(|packages| {
			let call = crate::Call::note_packages { packages: packages.clone() };
			UncheckedExtrinsic::new_bare(RuntimeCall::Hhcm(call))
		}));
		all.extend(self.transactions.iter().cloned());
		all
	}

	/// The header before the block is executed.
	pub fn header(&self) -> Header {
		let logs = self.items.clone().unwrap_or_else(|| vec![self.claim.to_item()]);
		Header::new(self.number + 1, H256::zero(), H256::zero(), self.parent, Digest { logs })
	}

	/// A nonce that solves the author's ticket. Late ranks may have none.
	pub fn solution(&self) -> Option<u64> {
		let Claim { slot, author, group, rank, packages_root, .. } = self.claim;
		let key = self.keys.get(usize::from(author)).unwrap_or(&self.keys[0]);
		let guerrilla = is_guerrilla(group, self.round.groups);
		let handicap = fusion_hhcm_primitives::election::handicap(rank, guerrilla);
		Ticket::new(self.parent, slot, &key.public(), group, packages_root).mine(
			0,
			u64::MAX,
			self.round.difficulty,
			handicap,
		)
	}

	/// A nonce that solves the ticket of an author of one of the first ranks.
	pub fn nonce(&self) -> u64 {
		self.solution().expect("all but one of millions of such tickets have a solution")
	}

	/// The block with this header, sealed by its author.
	pub fn sealed(&self, mut header: Header) -> Block {
		let key = self.keys.get(usize::from(self.claim.author)).unwrap_or(&self.keys[0]);
		let seal = seal(key, header.hash(), self.nonce());
		header.digest_mut().push(seal.to_item());
		Block::new(header, self.extrinsics())
	}
}

impl Chain {
	/// A chain in whose first slot every virtual group has a member of rank 2.
	pub fn new() -> Self {
		(0..)
			.map(|number: u8| Self::with(genesis(H256::repeat_byte(number))))
			.find_map(|mut chain| {
				let (_, election) = chain.election(FIRST_SLOT);
				(0..4).all(|group| election.ranking(group).len() > 2).then_some(chain)
			})
			.expect("there is such a seed")
	}

	/// A chain without blocks.
	pub fn with(ext: sp_io::TestExternalities) -> Self {
		Self { ext, number: 0, parent: GENESIS }
	}

	/// The election for a slot.
	pub fn election(&mut self, slot: u64) -> (Round, Election) {
		self.ext.execute_with(|| {
			let round = Hhcm::round();
			(round, Election::new(&round, slot.into(), &Hhcm::authorities()))
		})
	}

	/// Keys of the authorities.
	fn keys(&mut self) -> Vec<AuthorityPair> {
		self.ext.execute_with(|| {
			Authorities::<Test>::get()
				.iter()
				.map(|info| pair((info.account - account(0)) as AuthorityIndex))
				.collect()
		})
	}

	/// A block by the rules: by the first of the assembly order, with a package of each group and a
	/// transaction of each of 30 accounts.
	pub fn draft(&mut self, slot: u64) -> Draft {
		let (round, election) = self.election(slot);
		let first = election.assembly_order().next().expect("there are nodes");
		let keys = self.keys();
		let claim = Claim {
			slot: slot.into(),
			author: 0,
			group: 0,
			rank: 0,
			packages_root: H256::zero(),
			vrf: vrf(&keys[0], round.seed, slot.into()),
		};
		let mut draft = Draft {
			number: self.number,
			parent: self.parent,
			round,
			election,
			keys,
			claim,
			items: None,
			timestamp: slot * SLOT_MILLIS,
			noted: vec![Packages::new()],
			transactions: Vec::new(),
		};
		draft.claim_for(first);
		for group in draft.election.order().to_vec() {
			let mine = (1..=30).filter(|signer| draft.group_of(*signer) == group);
			let list: Vec<_> = mine.map(|signer| transaction(signer, 0)).collect();
			let Some(winner) = draft.election.ranking(group).first().copied() else { continue };
			draft.transactions.extend(list.iter().cloned());
			let hashes = list.iter().map(hash_of).collect();
			let package = package(draft.key(winner), &draft.context(), group, winner, hashes);
			draft.with_packages(|packages| {
				packages.push(package);
				packages.sort_by_key(|package| package.group);
			});
		}
		draft
	}

	/// Builds the block as its author does.
	pub fn build(&mut self, draft: &Draft) -> Block {
		let header = self.copy().execute_with(|| {
			Executive::initialize_block(&draft.header());
			for extrinsic in draft.extrinsics() {
				let applied = Executive::apply_extrinsic(extrinsic).expect("it is valid");
				applied.expect("it succeeds");
			}
			Executive::finalize_block()
		});
		draft.sealed(header)
	}

	/// Executes a block as the relay chain does, and goes on from it.
	pub fn import(&mut self, block: Block) {
		let (number, hash) = (*block.header().number(), block.header().hash());
		self.ext.execute_with(|| {
			Authored::set(Vec::new());
			<BlockExecutor as ExecuteBlock<Block>>::execute_block(block.into());
			check();
		});
		self.number = number;
		self.parent = hash;
	}

	/// A block by the rules, executed.
	pub fn advance(&mut self, slot: u64) -> Draft {
		let draft = self.draft(slot);
		let block = self.build(&draft);
		self.import(block);
		draft
	}

	/// The message with which a block is refused.
	pub fn refusal(&mut self, block: Block) -> String {
		self.caught(|| <BlockExecutor as ExecuteBlock<Block>>::execute_block(block.into()))
	}

	/// The message with which a draft is refused when it is sealed. Its state root is never computed: it
	/// has to be refused before.
	pub fn refused(&mut self, draft: &Draft) -> String {
		self.refusal(draft.sealed(draft.header()))
	}

	/// The message with which a draft is refused by importers, who see no seal.
	pub fn refused_unsealed(&mut self, draft: &Draft) -> String {
		let block = Block::new(draft.header(), draft.extrinsics());
		self.caught(|| Executive::execute_block(block.into()))
	}

	/// The message with which its author's own node refuses to finish a draft.
	pub fn refused_to_author(&mut self, draft: &Draft) -> String {
		self.caught(|| {
			Executive::initialize_block(&draft.header());
			for extrinsic in draft.extrinsics() {
				let applied = Executive::apply_extrinsic(extrinsic);
				assert!(applied.is_ok(), "{applied:?}");
			}
			Executive::finalize_block();
		})
	}

	/// A copy of the state.
	fn copy(&mut self) -> sp_io::TestExternalities {
		// In both, the trie is made of all that there is: values are stored in it in another way than
		// those that a block adds.
		self.ext.commit_all().expect("there is no open transaction");
		let mut copy = sp_io::TestExternalities::new_empty();
		copy.backend = self.ext.as_backend();
		copy
	}

	/// The message of a panic, which has to come, in a copy of the state.
	fn caught(&mut self, f: impl FnOnce()) -> String {
		let mut copy = self.copy();
		let Err(panic) = catch_unwind(AssertUnwindSafe(|| copy.execute_with(f))) else {
			panic!("the block was accepted")
		};
		let message = panic.downcast_ref::<String>().cloned();
		message
			.or_else(|| panic.downcast_ref::<&str>().map(|message| message.to_string()))
			.expect("the panic has a message")
	}
}

/// Fails if the message is not this one.
#[track_caller]
pub fn assert_says(message: &str, expected: &str) {
	assert!(message.contains(expected), "{message:?} does not say {expected:?}");
}
