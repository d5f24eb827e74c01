//! A chain of one: its state, and what nodes do with blocks.

use std::{collections::BTreeSet, ops::Range};

use codec::{Decode, Encode};
use frame_system::AccountInfo;
use fusion_hhcm_primitives::{digest::Claim, Authority, Election, Round};
use fusion_runtime::{
	AccountId, Balance, Block, Hash, Hashing, Header, Nonce, Runtime, UncheckedExtrinsic, FSN,
	SLOT_DURATION, VERSION,
};
use sp_externalities::Extensions;
use sp_io::hashing::twox_128;
use sp_runtime::{traits::Header as _, ApplyExtrinsicResult, Digest};
use sp_state_machine::{
	Backend, InMemoryBackend, OverlayedChanges, StorageChanges, StorageProof, TrieBackendBuilder,
};
use sp_trie::{proof_size_extension::ProofSizeExt, recorder::Recorder};

use crate::{
	draft::{
		extrinsics_root, hash_of, sign_package, transfer, Built, Draft, RelayParent, Submission,
	},
	genesis::{pair_of, user_account, vrf, Genesis},
	wasm::{wasm, Refusal},
};

/// What each sender sends.
const VALUE: Balance = FSN / 1_000;

/// A chain.
#[derive(Clone)]
pub struct Chain {
	/// The state after its last block.
	pub state: InMemoryBackend<Hashing>,
	/// Its last block.
	pub head: Header,
	/// The hash of its first block.
	pub genesis: Hash,
}

/// What became of a block that a node has begun to build.
pub struct Attempt {
	/// The header without a seal, and what the block changes. Or why the node's own runtime refuses it.
	pub outcome: Result<(Header, StorageChanges<Hashing>), Refusal>,
	/// What it has read of the state.
	pub proof: StorageProof,
	/// The keys of all that it has read.
	pub read: BTreeSet<Vec<u8>>,
}

impl Chain {
	/// A chain without blocks but the first.
	pub fn new(genesis: &Genesis) -> Self {
		let state = InMemoryBackend::<Hashing>::from((genesis.storage(), VERSION.state_version()));
		let root = extrinsics_root(&[]);
		let head = Header::new(0, root, *state.root(), Hash::zero(), Digest::default());
		let genesis = head.hash();
		Self { state, head, genesis }
	}

	/// A chain that has come to this block with the state of its beginning, to look at what happens at certain
	/// numbers.
	pub fn at(genesis: &Genesis, number: u32) -> Self {
		let mut chain = Self::new(genesis);
		let key = [twox_128(b"System"), twox_128(b"Number")].concat();
		chain.state.insert([(None, vec![(key, Some(number.encode()))])], VERSION.state_version());
		chain.head.state_root = *chain.state.root();
		chain.head.number = number;
		// What the state of the beginning has in place of a hash.
		chain.genesis = Hash::repeat_byte(69);
		chain
	}

	/// Asks the runtime, in the state after the last block.
	pub fn ask<T: Decode>(&self, function: &str, arguments: &impl Encode) -> T {
		let (mut overlay, mut extensions) = (OverlayedChanges::default(), Extensions::default());
		let data = arguments.encode();
		let answer = wasm()
			.call(&self.state, &mut overlay, &mut extensions, function, &data)
			.unwrap_or_else(|refusal| panic!("{function}: {refusal}"));
		T::decode(&mut &answer[..]).expect("the runtime answers as its API says")
	}

	/// What is stored under a key.
	pub fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
		self.state.storage(key).expect("the state is whole")
	}

	/// The election for a slot.
	pub fn election(&self, slot: u64) -> (Round, Vec<Authority>, Election) {
		let round: Round = self.ask("HhcmApi_round", &());
		let authorities: Vec<Authority> = self.ask("HhcmApi_authorities", &());
		let election = Election::new(&round, slot.into(), &authorities);
		(round, authorities, election)
	}

	/// How many transactions an account has sent.
	pub fn nonce(&self, user: u32) -> Nonce {
		type Info = AccountInfo<Nonce, pallet_balances::AccountData<Balance>>;
		let account: AccountId = user_account(user);
		let stored = self.stored(&frame_system::Account::<Runtime>::hashed_key_for(account));
		let stored = stored.expect("users of tests have accounts");
		Info::decode(&mut &stored[..]).expect("it is an account").nonce
	}

	/// A transfer of this user.
	pub fn transfer(&self, user: u32) -> UncheckedExtrinsic {
		transfer(self.genesis, user, self.nonce(user), VALUE)
	}

	/// A block by the rules: by the first of the assembly order, with a package of each group that has
	/// somebody to sign it, and a transfer of each of the senders.
	pub fn draft(&self, slot: u64, senders: Range<u32>) -> Draft {
		let (round, authorities, election) = self.election(slot);
		let first = election.assembly_order().next().expect("there are nodes");
		let keys: Vec<_> = authorities.iter().map(|authority| pair_of(&authority.id)).collect();
		let claim = Claim {
			slot: slot.into(),
			author: 0,
			group: 0,
			rank: 0,
			packages_root: Hash::zero(),
			vrf: vrf(&keys[0], round.seed, slot.into()),
		};
		let number = u32::try_from(slot).expect("slots of tests are no larger");
		let mut draft = Draft {
			parent: self.head.clone(),
			genesis: self.genesis,
			round,
			election,
			keys,
			claim,
			items: None,
			relay: RelayParent::new(number, slot, &self.head),
			timestamp: slot * SLOT_DURATION,
			packages: Vec::new(),
			transactions: Vec::new(),
			extrinsics: None,
		};
		draft.claim_for(first);
		let order = draft.election.order().to_vec();
		for group in order {
			let Some(winner) = draft.election.ranking(group).first().copied() else { continue };
			let mine = senders.clone().filter(|sender| draft.group_of(*sender) == group);
			let list: Vec<_> = mine.map(|sender| self.transfer(sender)).collect();
			let hashes = list.iter().map(hash_of).collect();
			draft.transactions.extend(list);
			let key = draft.key(winner);
			let package = sign_package(key, &draft.context(), group, winner, hashes);
			draft.with_packages(|packages| {
				packages.push(package);
				packages.sort_by_key(|package| package.group);
			});
		}
		draft
	}

	/// All that is in a block: the inherents are made by the runtime.
	pub fn extrinsics(&self, draft: &Draft) -> Vec<UncheckedExtrinsic> {
		draft.extrinsics.clone().unwrap_or_else(|| {
			let mut all = self.inherents(draft);
			all.extend(draft.transactions.iter().cloned());
			all
		})
	}

	/// The inherents that the runtime makes for a block.
	pub fn inherents(&self, draft: &Draft) -> Vec<UncheckedExtrinsic> {
		self.ask("BlockBuilder_inherent_extrinsics", &draft.inherent_data())
	}

	/// Has a node build a block, with the runtime's wasm.
	pub fn attempt(&self, header: &Header, extrinsics: &[UncheckedExtrinsic]) -> Attempt {
		let mut overlay = OverlayedChanges::default();
		let (outcome, recorder) = self.recorded(|backend, extensions| {
			build(backend, &mut overlay, extensions, header, extrinsics)
		});
		let outcome = outcome.map(|header| {
			let changes = overlay
				.drain_storage_changes(&self.state, VERSION.state_version())
				.expect("the state is whole");
			assert_eq!(changes.transaction_storage_root, header.state_root);
			(header, changes)
		});
		let keys = recorder.recorded_keys();
		let read = keys.get(self.state.root()).into_iter().flat_map(|keys| keys.keys());
		let read = read.map(|key| key.to_vec()).collect();
		Attempt { outcome, proof: recorder.to_storage_proof(), read }
	}

	/// Builds a block as its author does. Returns also what it changes.
	#[track_caller]
	pub fn build(&self, draft: &Draft) -> (Built, StorageChanges<Hashing>) {
		let extrinsics = self.extrinsics(draft);
		let Attempt { outcome, proof, .. } = self.attempt(&draft.header(), &extrinsics);
		let (header, changes) = outcome.unwrap_or_else(|refusal| {
			panic!("the author's own node refuses a block by the rules: {refusal}")
		});
		(Built { header, extrinsics, proof }, changes)
	}

	/// Builds a block as somebody does whose node does not check it. `honest` is the block that follows the
	/// rules.
	///
	/// If the runtime would not even go on building it, its state root cannot be known: it takes that of the
	/// honest block. All else in the header is right.
	pub fn force(&self, draft: &Draft, honest: &Built, relay: &RelayParent) -> Built {
		let extrinsics = self.extrinsics(draft);
		let Attempt { outcome, proof, .. } = self.attempt(&draft.header(), &extrinsics);
		let header = match outcome {
			Ok((header, _)) => header,
			Err(_) => pretend(draft, &extrinsics, honest, relay),
		};
		// Whatever either of them reads.
		let proof = StorageProof::merge([honest.proof.clone(), proof]);
		Built { header, extrinsics, proof }
	}

	/// Executes a block, without its seal, as nodes do that import it.
	pub fn execute(&self, block: &Block) -> Result<(), Refusal> {
		let mut overlay = OverlayedChanges::default();
		let (outcome, _) = self.recorded(|backend, extensions| {
			let (function, data) = ("Core_execute_block", block.encode());
			wasm().call(backend, &mut overlay, extensions, function, &data)
		});
		outcome.map(|_| ())
	}

	/// Goes on from a block that was built on the last one, and sealed.
	pub fn go_on(&mut self, header: Header, changes: StorageChanges<Hashing>) {
		assert_eq!(*header.parent_hash(), self.head.hash());
		let StorageChanges { transaction, transaction_storage_root, .. } = changes;
		self.state.apply_transaction(transaction_storage_root, transaction);
		self.head = header;
	}

	/// Builds a block by the rules, which validators have to accept, and goes on from it.
	pub fn advance(&mut self, slot: u64, senders: Range<u32>) -> Submission {
		let draft = self.draft(slot, senders);
		let (built, changes) = self.build(&draft);
		let sealed = draft.seal(&built.header);
		let submission = draft.submit(&built, sealed.clone());
		submission.assert_accepted();
		self.go_on(sealed, changes);
		submission
	}

	/// Runs something on the state, and records what it reads. As on every node, the runtime is told how much
	/// that is.
	fn recorded<T>(
		&self,
		run: impl FnOnce(&RecordedState<'_>, &mut Extensions) -> T,
	) -> (T, Recorder<Hashing>) {
		let recorder = Recorder::<Hashing>::default();
		let backend = TrieBackendBuilder::wrap(&self.state).with_recorder(recorder.clone()).build();
		let mut extensions = Extensions::default();
		extensions.register(ProofSizeExt::new(recorder.clone()));
		(run(&backend, &mut extensions), recorder)
	}
}

/// The state of a chain, with a recorder.
type RecordedState<'a> = sp_state_machine::TrieBackend<
	&'a sp_trie::PrefixedMemoryDB<Hashing>,
	Hashing,
	&'a sp_trie::cache::LocalTrieCache<Hashing>,
>;

/// Builds a block: its header as it begins, one extrinsic after the other, and its end.
fn build(
	state: &RecordedState<'_>,
	overlay: &mut OverlayedChanges<Hashing>,
	extensions: &mut Extensions,
	header: &Header,
	extrinsics: &[UncheckedExtrinsic],
) -> Result<Header, Refusal> {
	let mut call =
		|function: &str, data: &[u8]| wasm().call(state, overlay, extensions, function, data);
	call("Core_initialize_block", &header.encode())?;
	for (index, extrinsic) in extrinsics.iter().enumerate() {
		let answer = call("BlockBuilder_apply_extrinsic", &extrinsic.encode())?;
		let applied = ApplyExtrinsicResult::decode(&mut &answer[..]).expect("it is a result");
		if applied != Ok(Ok(())) {
			return Err(Refusal::ended(format!("extrinsic {index} is refused: {applied:?}")));
		}
	}
	let answer = call("BlockBuilder_finalize_block", &[])?;
	Ok(Header::decode(&mut &answer[..]).expect("it is a header"))
}

/// The header of a block whose execution does not come to its end: as that of an honest one, which builds on
/// this relay parent, but for what is in the draft.
pub fn pretend(
	draft: &Draft,
	extrinsics: &[UncheckedExtrinsic],
	honest: &Built,
	relay: &RelayParent,
) -> Header {
	let mut header = draft.header();
	header.state_root = honest.header.state_root;
	header.extrinsics_root = extrinsics_root(extrinsics);
	let later = honest.header.digest().logs().iter().filter(|item| item.as_pre_runtime().is_none());
	for item in later {
		let relays = *item == relay.item();
		header.digest_mut().push(if relays { draft.relay.item() } else { item.clone() });
	}
	header
}
