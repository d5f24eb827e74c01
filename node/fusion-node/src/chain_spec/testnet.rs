//! The public test network, and who founds it.
//!
//! The runtime's preset has the parameters: bonds, HHCM's first round, governance's periods. Who is on the
//! network is not for the code to say: the parachain's id, boot nodes, the first seed, authors, committee,
//! key holders and balances come from a file, `chain-specs/fusion-testnet.genesis.json`, which is built into
//! this program so that everybody makes the same specification. `chain-specs/README.md` has the format.
//!
//! Keys that everybody has are refused. So is a file that has placeholders, the hashes of a text of which
//! nobody knows the secret, beside real keys.

use std::collections::BTreeMap;

use fusion_hhcm_primitives::AuthorityId;
use fusion_runtime::{
	genesis::{TESTNET_MIN_BOND, TESTNET_PRESET},
	governance::TreasuryAccount,
	AccountId, Balance, NodeBond, EMISSION_CEILING, FSN, SUPPLY_CEILING,
};
use sc_chain_spec::ChainType;
use sc_network::config::MultiaddrWithPeerId;
use serde::{de::IgnoredAny, Deserialize};
use serde_json::{json, Value};
use sp_core::{crypto::Ss58Codec, ByteArray, H256};
use sp_runtime::Perbill;

use super::{
	preset, properties, wasm,
	well_known::{account_of_address, is_placeholder, name_of},
	ChainSpec, Extensions, TESTNET_ID,
};

/// The founders that are built in.
const FOUNDERS: &str = include_str!("../../../../chain-specs/fusion-testnet.genesis.json");
/// Where they come from, for messages.
const FOUNDERS_FILE: &str = "chain-specs/fusion-testnet.genesis.json";
/// The relay chain that the test network is a parachain of, and whose token it knows.
const RELAY_CHAIN: &str = "paseo";

/// What genesis issues at most: the rest of the ceiling is for bookkeeping nodes.
const GENESIS_CEILING: Balance = SUPPLY_CEILING - EMISSION_CEILING;

/// An account as people write it: SS58, or an Ethereum address in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Account(AccountId);

impl TryFrom<String> for Account {
	type Error = String;

	fn try_from(text: String) -> Result<Self, String> {
		let account = match text.strip_prefix("0x") {
			Some(digits) => account_of_address(digits),
			None => AccountId::from_ss58check(&text).ok(),
		};
		account.map(Self).ok_or_else(|| {
			format!("`{text}` is no account: give an SS58 address, or 0x and 40 hexadecimal digits")
		})
	}
}

/// A bookkeeping node with a seat from governance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Invulnerable {
	/// Who is paid and punished.
	account: Account,
	/// The key that it authors with.
	hhcm: AuthorityId,
}

/// A bookkeeping node that stands for election.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Candidate {
	/// Who is paid and punished.
	account: Account,
	/// The key that it authors with.
	hhcm: AuthorityId,
	/// Its bond, in FSN.
	bond: u64,
	/// What it keeps of rewards before they are shared, in percent.
	commission: u8,
}

/// An account with money.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Endowment {
	/// Whose.
	account: Account,
	/// How much, in FSN.
	fsn: u64,
}

/// Who founds the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Founders {
	/// For those who read the file.
	#[serde(default, rename = "about")]
	_about: IgnoredAny,
	/// The parachain's id on the relay chain.
	para_id: u32,
	/// Nodes that others ask first.
	boot_nodes: Vec<MultiaddrWithPeerId>,
	/// HHCM's first seed. Whoever chooses it knows who wins the first slots.
	seed: H256,
	/// Authors that need no bond.
	invulnerables: Vec<Invulnerable>,
	/// Authors with a bond.
	candidates: Vec<Candidate>,
	/// The technical committee.
	committee: Vec<Account>,
	/// Nodes that can be members of key groups. Their accounts are the sr25519 keys that they speak with.
	dcrm_nodes: Vec<Account>,
	/// What the treasury has, in FSN.
	treasury: u64,
	/// Who has how much.
	endowed: Vec<Endowment>,
}

fn amount(fsn: u64) -> Balance {
	Balance::from(fsn).saturating_mul(FSN)
}

/// Finds what is there twice.
fn distinct<T: Ord>(items: impl IntoIterator<Item = (String, T)>) -> Result<(), String> {
	let mut places = BTreeMap::new();
	for (place, item) in items {
		if let Some(earlier) = places.get(&item) {
			return Err(format!("{place} is the same as {earlier}"));
		}
		places.insert(item, place);
	}
	Ok(())
}

/// The items of a list with their places in the file.
fn placed<'a, T>(list: &'a str, items: &'a [T]) -> impl Iterator<Item = (String, &'a T)> + 'a {
	items.iter().enumerate().map(move |(at, item)| (format!("{list}[{at}]"), item))
}

impl Founders {
	/// Those that are built in.
	pub fn built_in() -> Result<Self, String> {
		Self::parse(FOUNDERS, FOUNDERS_FILE)
	}

	/// Those of a file.
	pub fn read(path: &str) -> Result<Self, String> {
		let text = std::fs::read_to_string(path).map_err(|error| {
			format!("the founders of {TESTNET_ID} cannot be read from {path}: {error}")
		})?;
		Self::parse(&text, path)
	}

	/// Reads and checks them. `origin` is named in errors.
	pub(super) fn parse(text: &str, origin: &str) -> Result<Self, String> {
		let founders: Self =
			serde_json::from_str(text).map_err(|error| format!("{origin}: {error}"))?;
		founders
			.check_keys()
			.and_then(|()| founders.check_lists())
			.and_then(|()| founders.check_money())
			.map_err(|error| format!("{origin}: {error}"))?;
		Ok(founders)
	}

	/// Whether the keys are placeholders: then nobody can author, vote or hold a share.
	pub fn are_placeholders(&self) -> bool {
		// All of them are, or none.
		is_placeholder(self.seed.as_bytes())
	}

	/// All authors, with their places in the file.
	fn authors(&self) -> impl Iterator<Item = (String, &Account, &AuthorityId)> + '_ {
		let invulnerables = placed("invulnerables", &self.invulnerables)
			.map(|(place, node)| (place, &node.account, &node.hhcm));
		let candidates = placed("candidates", &self.candidates)
			.map(|(place, node)| (place, &node.account, &node.hhcm));
		invulnerables.chain(candidates)
	}

	/// The seed, every account and every key, with their places in the file.
	fn keys(&self) -> Vec<(String, Vec<u8>)> {
		let mut keys = vec![("seed".to_string(), self.seed.as_bytes().to_vec())];
		for (place, account, hhcm) in self.authors() {
			keys.push((format!("{place}.account"), account.0.to_raw_vec()));
			keys.push((format!("{place}.hhcm"), hhcm.to_raw_vec()));
		}
		for (place, account) in
			placed("committee", &self.committee).chain(placed("dcrmNodes", &self.dcrm_nodes))
		{
			keys.push((place, account.0.to_raw_vec()));
		}
		for (place, endowment) in placed("endowed", &self.endowed) {
			keys.push((format!("{place}.account"), endowment.account.0.to_raw_vec()));
		}
		keys
	}

	fn check_keys(&self) -> Result<(), String> {
		let mut placeholders = Vec::new();
		let mut real = Vec::new();
		for (place, key) in self.keys() {
			if let Some(name) = name_of(&key) {
				return Err(format!(
					"{place} is {name}, which everybody has: put in one that only its owner has"
				));
			}
			if is_placeholder(&key) {
				placeholders.push(place);
			} else {
				real.push(place);
			}
		}
		match (placeholders.first(), real.first()) {
			(Some(placeholder), Some(real)) => Err(format!(
				"{placeholder} is still a placeholder, which nobody has the key of, while {real} is \
				 not: replace all of them"
			)),
			_ => Ok(()),
		}
	}

	fn check_lists(&self) -> Result<(), String> {
		if self.invulnerables.is_empty() {
			return Err("invulnerables is empty: nobody could author the first block".into());
		}
		if self.committee.is_empty() {
			return Err("committee is empty: nobody could pause anything at once".into());
		}
		distinct(self.authors().map(|(place, account, _)| (format!("{place}.account"), account)))?;
		distinct(
			self.authors().map(|(place, _, hhcm)| (format!("{place}.hhcm"), hhcm.as_slice())),
		)?;
		distinct(placed("committee", &self.committee))?;
		distinct(placed("dcrmNodes", &self.dcrm_nodes))?;
		distinct(
			placed("endowed", &self.endowed)
				.map(|(place, endowment)| (format!("{place}.account"), &endowment.account)),
		)?;
		for (place, endowment) in placed("endowed", &self.endowed) {
			if endowment.account.0 == TreasuryAccount::get() {
				return Err(format!("{place} is the treasury: say what it has in `treasury`"));
			}
			if endowment.fsn == 0 {
				return Err(format!("{place}.fsn is 0"));
			}
		}
		for (place, candidate) in placed("candidates", &self.candidates) {
			if amount(candidate.bond) < TESTNET_MIN_BOND {
				return Err(format!(
					"{place}.bond is {} FSN: the least bond is {} FSN",
					candidate.bond,
					TESTNET_MIN_BOND / FSN
				));
			}
			if candidate.commission > 100 {
				return Err(format!("{place}.commission is {} percent", candidate.commission));
			}
		}
		Ok(())
	}

	fn check_money(&self) -> Result<(), String> {
		let balances = self.balances();
		let total =
			balances.iter().fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
		if total > GENESIS_CEILING {
			return Err(format!(
				"treasury and endowed have {} FSN together: there are {} at most, since the others are \
				 for bookkeeping nodes",
				total / FSN,
				GENESIS_CEILING / FSN
			));
		}

		let balances: BTreeMap<_, _> = balances.into_iter().collect();
		let mut bonds = BTreeMap::<&AccountId, Balance>::new();
		let candidates = self.candidates.iter().map(|node| (&node.account.0, amount(node.bond)));
		let members = self.dcrm_nodes.iter().map(|node| (&node.0, NodeBond::get()));
		for (account, bond) in candidates.chain(members) {
			let sum = bonds.entry(account).or_default();
			*sum = sum.saturating_add(bond);
		}
		for (account, bond) in bonds {
			let balance = balances.get(account).copied().unwrap_or_default();
			if balance <= bond {
				return Err(format!(
					"{} bonds {} FSN and is endowed with {}: it needs more than it bonds",
					account.to_ss58check(),
					bond / FSN,
					balance / FSN
				));
			}
		}
		Ok(())
	}

	/// Who has how much.
	fn balances(&self) -> Vec<(AccountId, Balance)> {
		let treasury = (self.treasury > 0).then(|| (TreasuryAccount::get(), amount(self.treasury)));
		let others = self
			.endowed
			.iter()
			.map(|endowment| (endowment.account.0.clone(), amount(endowment.fsn)));
		treasury.into_iter().chain(others).collect()
	}

	/// What is merged into the runtime's preset.
	pub(super) fn patch(&self) -> Value {
		let keys: Vec<_> = self
			.authors()
			.map(|(_, account, hhcm)| json!([account.0, account.0, { "hhcm": hhcm }]))
			.collect();
		let invulnerables: Vec<_> = self.invulnerables.iter().map(|node| &node.account.0).collect();
		let candidates: Vec<_> = self
			.candidates
			.iter()
			.map(|node| {
				let commission = Perbill::from_percent(node.commission.into());
				(&node.account.0, amount(node.bond), commission)
			})
			.collect();
		let committee: Vec<_> = self.committee.iter().map(|member| &member.0).collect();
		let dcrm_nodes: Vec<_> = self.dcrm_nodes.iter().map(|node| &node.0).collect();
		json!({
			"balances": { "balances": self.balances() },
			"bookkeeping": { "invulnerables": invulnerables, "candidates": candidates },
			"dcrm": { "nodes": dcrm_nodes },
			"hhcm": { "seed": self.seed },
			"parachainInfo": { "parachainId": self.para_id },
			"session": { "keys": keys },
			"technicalCommittee": { "members": committee },
		})
	}

	/// The specification of the network that they found.
	pub fn spec(&self) -> Result<ChainSpec, String> {
		let extensions = Extensions { relay_chain: RELAY_CHAIN.into(), para_id: self.para_id };
		Ok(ChainSpec::builder(wasm()?, extensions)
			.with_name("Fusion test network")
			.with_id(TESTNET_ID)
			.with_chain_type(ChainType::Live)
			.with_genesis_config_patch(preset(TESTNET_PRESET)?)
			.with_genesis_config_patch(self.patch())
			.with_boot_nodes(self.boot_nodes.clone())
			.with_protocol_id(TESTNET_ID)
			.with_properties(properties())
			.build())
	}
}
