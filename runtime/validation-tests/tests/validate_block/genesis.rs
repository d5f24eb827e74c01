//! What a chain of tests begins with, and everybody's keys.

use std::{collections::BTreeMap, sync::LazyLock};

use codec::{Decode, Encode};
use fusion_hhcm_primitives::{
	election::transaction_group, seed, Authority, AuthorityId, AuthorityIndex, AuthorityPair,
	AuthorityWeight, Candidate, Election, GroupId, Place, Round, Slot,
};
use fusion_runtime::{AccountId, Balance, Hash, InvulnerableWeight, SessionKeys, FSN};
use sc_chain_spec::json_merge;
use serde_json::{json, Value};
use sp_core::{
	crypto::VrfSecret,
	sr25519::{self, vrf::VrfSignature},
	storage::{well_known_keys::CODE, Storage},
	Pair as _,
};
use sp_runtime::Perbill;

use crate::wasm::{code, wasm};

/// The slot of the first block of tests: some day in 2027.
pub const FIRST_SLOT: u64 = 300_000_000;
/// Accounts that have something to spend.
pub const USERS: u32 = 600;
/// Those of them who send a transaction in each block of most tests.
pub const SENDERS: u32 = 16;
/// Bookkeeping nodes whose keys are known, not all of them in office.
const KNOWN_NODES: AuthorityIndex = 128;
/// As many nodes can be invulnerable. Further ones are candidates.
const INVULNERABLES: AuthorityIndex = 20;
/// What everybody has.
const ENDOWMENT: Balance = 10_000 * FSN;

/// Keys of nodes.
static NODES: LazyLock<BTreeMap<AuthorityId, AuthorityPair>> =
	LazyLock::new(|| (0..KNOWN_NODES).map(node).map(|pair| (pair.public(), pair)).collect());

/// What a chain begins with.
#[derive(Clone, Copy, Debug)]
pub struct Genesis {
	/// What the elections for the first block are drawn from.
	pub seed: Hash,
	/// Transaction groups.
	pub groups: GroupId,
	/// Hashes that a ticket without handicap takes in the mean.
	pub difficulty: u64,
	/// Bookkeeping nodes, the most senior ones of those that are known.
	pub nodes: AuthorityIndex,
}

/// The key of a node.
fn node(number: AuthorityIndex) -> AuthorityPair {
	let mut seed = [9; 32];
	seed[..2].copy_from_slice(&number.to_be_bytes());
	AuthorityPair::from_seed(&seed)
}

/// The account of a node. Accounts are in the order of numbers, and so is the list of authorities.
fn node_account(number: AuthorityIndex) -> AccountId {
	let mut account = [7; 32];
	account[..2].copy_from_slice(&number.to_be_bytes());
	account.into()
}

/// What a node weighs in the first session: candidates have no age yet.
fn weight(number: AuthorityIndex) -> AuthorityWeight {
	if number < INVULNERABLES {
		InvulnerableWeight::get()
	} else {
		1
	}
}

/// The key pair of a node in office.
pub fn pair_of(id: &AuthorityId) -> AuthorityPair {
	NODES.get(id).cloned().expect("only nodes of tests are in office")
}

/// The key of somebody who sends transactions.
pub fn user(number: u32) -> sr25519::Pair {
	let mut seed = [5; 32];
	seed[..4].copy_from_slice(&number.to_be_bytes());
	sr25519::Pair::from_seed(&seed)
}

/// The account of somebody who sends transactions.
pub fn user_account(number: u32) -> AccountId {
	user(number).public().0.into()
}

/// What the transactions of an account are grouped by.
pub fn grouping_key(account: &AccountId) -> Hash {
	sp_io::hashing::blake2_256(&account.encode()).into()
}

/// By what the difficulty is multiplied for a node.
pub fn handicap_of(election: &Election, candidate: Candidate) -> u64 {
	election.handicap(Place { group: candidate.group, rank: candidate.rank })
}

/// The VRF output of a node.
pub fn vrf(key: &AuthorityPair, seed: Hash, slot: Slot) -> VrfSignature {
	key.clone().into_inner().vrf_sign(&seed::sign_data(seed, slot))
}

impl Genesis {
	/// With two groups, eighteen nodes, and the first seed with which the second block has something to break
	/// in every rule: a fourth rank in every virtual group, three transactions in every group, three nodes
	/// that may assemble, the first one without handicap, and one with.
	pub fn usual() -> Self {
		(0..=u8::MAX)
			.map(|number| Self {
				seed: Hash::repeat_byte(number),
				groups: 2,
				difficulty: 8,
				nodes: 18,
			})
			.find(|genesis| {
				let (round, election) = genesis.second_election();
				let handicaps: Vec<_> = election
					.may_assemble()
					.map(|candidate| handicap_of(&election, candidate))
					.collect();
				let senders = |group: GroupId| {
					let sends = |user: &u32| {
						let key = grouping_key(&user_account(*user));
						let slot = Slot::from(FIRST_SLOT + 1);
						transaction_group(round.seed, slot, key, genesis.groups) == group
					};
					(0..SENDERS).filter(sends).count()
				};
				handicaps.len() == 3
					&& handicaps[0] == 1
					&& handicaps.iter().any(|handicap| *handicap > 1)
					&& (0..=genesis.groups).all(|group| election.ranking(group).len() > 3)
					&& (0..genesis.groups).all(|group| senders(group) > 2)
			})
			.expect("there is such a seed")
	}

	/// With a hundred nodes in sixteen groups, as many as there can be, none of the groups empty in the second
	/// block.
	pub fn largest() -> Self {
		(0..=u8::MAX)
			.map(|number| Self {
				seed: Hash::repeat_byte(number),
				groups: 16,
				difficulty: 8,
				nodes: 100,
			})
			.find(|genesis| {
				let (_, election) = genesis.second_election();
				(0..=genesis.groups).all(|group| !election.ranking(group).is_empty())
			})
			.expect("there is such a seed")
	}

	/// With one node.
	pub fn smallest() -> Self {
		Self { seed: Hash::zero(), groups: 1, difficulty: 8, nodes: 1 }
	}

	/// What the election for the second block will be, if the first of the assembly order authors the first.
	fn second_election(&self) -> (Round, Election) {
		let authorities: Vec<_> = (0..self.nodes)
			.map(|number| Authority { id: node(number).public(), weight: weight(number) })
			.collect();
		let Self { seed, groups, difficulty, .. } = *self;
		let slot = Slot::from(FIRST_SLOT);
		let first = Round { seed, last_slot: Slot::default(), groups, difficulty };
		let election = Election::new(&first, slot, &authorities);
		let author = election.assembly_order().next().expect("there are nodes").index;
		let output = vrf(&node(author), seed, slot);
		let id = &authorities[usize::from(author)].id;
		let seed = seed::next(seed, slot, id, &output).expect("it is the author's output");
		let second = Round { seed, last_slot: slot, ..first };
		(second, Election::new(&second, Slot::from(FIRST_SLOT + 1), &authorities))
	}

	/// The state of the first block, made by the runtime from its preset for local networks and our changes.
	pub fn storage(&self) -> Storage {
		let mut config = preset(None);
		json_merge(&mut config, preset(Some("local_testnet")));
		let numbers = || 0..self.nodes;
		let endowed = numbers().map(node_account).chain((0..USERS).map(user_account));
		config["balances"]["balances"]
			.as_array_mut()
			.expect("the preset has balances")
			.extend(endowed.map(|account| json!([account, ENDOWMENT])));
		let keys: Vec<_> = numbers()
			.map(|number| {
				let account = node_account(number);
				json!([account, account, SessionKeys { hhcm: node(number).public() }])
			})
			.collect();
		let invulnerables: Vec<_> =
			numbers().take(INVULNERABLES.into()).map(node_account).collect();
		let candidates: Vec<_> = numbers()
			.skip(INVULNERABLES.into())
			.map(|number| json!([node_account(number), 2_000 * FSN, Perbill::from_percent(5)]))
			.collect();
		json_merge(
			&mut config,
			json!({
				"bookkeeping": { "invulnerables": invulnerables, "candidates": candidates },
				"hhcm": {
					"seed": self.seed,
					"groups": self.groups,
					"difficulty": self.difficulty,
				},
				"session": { "keys": keys },
			}),
		);

		let json = config.to_string().into_bytes();
		let (answer, mut storage) =
			wasm().call_without_state("GenesisBuilder_build_state", &json.encode());
		Result::<(), String>::decode(&mut &answer[..])
			.expect("the runtime answers with a result")
			.expect("the genesis is sound");
		storage.top.insert(CODE.to_vec(), code().to_vec());
		storage
	}
}

/// A preset of the runtime, or the default configuration.
fn preset(name: Option<&str>) -> Value {
	let name = name.map(String::from);
	let (answer, _) = wasm().call_without_state("GenesisBuilder_get_preset", &name.encode());
	let json = Option::<Vec<u8>>::decode(&mut &answer[..])
		.expect("the runtime answers with a preset")
		.expect("there is such a preset");
	serde_json::from_slice(&json).expect("it is JSON")
}
