//! What is kept in `chain-specs/`, and what founders of the test network may say.

use std::path::Path;

use codec::Encode;
use fusion_bitcoin_primitives::Network;
use fusion_hhcm_primitives::{Round, Slot};
use fusion_runtime::{
	networks::{runtime_decl_for_networks_api::NetworksApiV1, BitcoinNetwork, EvmChainId},
	Balances, Block, Bookkeeping, Hhcm, NodeBond, Runtime, RuntimeCall, TechnicalCommittee,
	UncheckedExtrinsic, FSN,
};
use pallet_revive::{
	evm::{Account, TransactionLegacyUnsigned},
	frame_system::ChainContext,
	H160,
};
use serde_json::{json, Value};
use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilderV1;
use sp_runtime::{
	generic,
	traits::Checkable,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

use super::*;

/// The specifications that are kept, by the names of their files.
const KEPT: [&str; 4] = [DEV_ID, LOCAL_ID, "fusion-rococo-local", TESTNET_ID];
/// Alice's account, and her key of type sr25519.
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

fn kept(file: &str) -> Value {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../chain-specs").join(file);
	let text = std::fs::read_to_string(&path)
		.unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
	serde_json::from_str(&text)
		.unwrap_or_else(|error| panic!("{} is no JSON: {error}", path.display()))
}

/// The file of founders, with another value in one place.
fn founders_with(place: &str, value: Value) -> Result<Founders, String> {
	let mut founders = kept("fusion-testnet.genesis.json");
	*founders.pointer_mut(place).expect("there is such a place") = value;
	Founders::parse(&founders.to_string(), "test")
}

/// Founders that are there for good: each placeholder is replaced by a key of its own.
fn real_founders() -> Value {
	fn replace(value: &mut Value) {
		match value {
			Value::String(text) => {
				if text.len() > 40 && !text.contains(' ') {
					let key = sp_crypto_hashing::blake2_256(text.as_bytes());
					*value = if text.starts_with("0x") {
						json!(sp_core::H256(key))
					} else {
						json!(fusion_runtime::AccountId::from(key))
					};
				}
			},
			Value::Array(values) => values.iter_mut().for_each(replace),
			Value::Object(values) => values.values_mut().for_each(replace),
			_ => (),
		}
	}
	let mut founders = kept("fusion-testnet.genesis.json");
	replace(&mut founders);
	founders
}

/// The state that the test network begins with: the preset, and the founders.
fn genesis(founders: &Founders) -> sp_io::TestExternalities {
	begin(fusion_runtime::genesis::TESTNET_PRESET, founders.patch())
}

/// The state that a network begins with: the runtime's default, a preset, and what is put over it.
fn begin(preset_name: &str, patch: Value) -> sp_io::TestExternalities {
	let default = <Runtime as GenesisBuilderV1<Block>>::get_preset(&None).expect("a default");
	let mut config: Value = serde_json::from_slice(&default).expect("it is JSON");
	sc_chain_spec::json_merge(&mut config, preset(preset_name).expect("a preset"));
	sc_chain_spec::json_merge(&mut config, patch);
	let mut state = sp_io::TestExternalities::default();
	state
		.execute_with(|| {
			<Runtime as GenesisBuilderV1<Block>>::build_state(config.to_string().into_bytes())
		})
		.expect("the runtime takes the genesis");
	state
}

#[test]
fn kept_specifications_should_be_what_the_code_makes() {
	for name in KEPT {
		let spec = load(name).expect("the name is known").as_json(false).expect("it is JSON");
		let mut made: Value = serde_json::from_str(&spec).expect("it is JSON");
		let code = made
			.pointer_mut("/genesis/runtimeGenesis")
			.and_then(Value::as_object_mut)
			.and_then(|genesis| genesis.remove("code"));
		assert!(code.is_some_and(|code| code.as_str().is_some_and(|code| code.len() > 2)));
		assert!(
			kept(&format!("{name}.json")) == made,
			"chain-specs/{name}.json is not what the code makes: look at `scripts/chain-specs --check`, \
			 and if the change is meant, run `scripts/chain-specs`"
		);
	}
}

#[test]
fn preset_should_name_nobody() {
	let preset = preset(fusion_runtime::genesis::TESTNET_PRESET).expect("a preset");
	for place in ["/balances", "/session", "/technicalCommittee", "/dcrm", "/hhcm/seed"] {
		assert_eq!(preset.pointer(place), None);
	}
	for place in ["/bookkeeping/invulnerables", "/bookkeeping/candidates"] {
		assert_eq!(preset.pointer(place), None);
	}
	assert_eq!(preset.pointer("/origins/periodDivisor"), Some(&json!(1)));
	assert_eq!(preset.pointer("/bitcoinMapping/paused/lockIn"), Some(&json!(true)));
}

#[test]
fn testnet_should_begin_with_its_founders() {
	let founders = Founders::built_in().expect("they are sound");
	let file = kept("fusion-testnet.genesis.json");
	let account = |place: &str| -> fusion_runtime::AccountId {
		serde_json::from_value(file.pointer(place).cloned().expect("a place")).expect("an account")
	};
	let fsn = |place: &str| u128::from(file.pointer(place).and_then(Value::as_u64).expect("FSN"));
	let endowed = file["endowed"].as_array().expect("a list").len();
	let issued = (0..endowed).map(|at| fsn(&format!("/endowed/{at}/fsn"))).sum::<u128>();

	genesis(&founders).execute_with(|| {
		let seed = serde_json::from_value(file["seed"].clone()).expect("a seed");
		let round = Round { seed, last_slot: Slot::from(0u64), groups: 1, difficulty: 1 << 16 };
		assert_eq!(Hhcm::round(), round);
		let authors: Vec<_> = Hhcm::authorities().into_iter().map(|author| author.id).collect();
		let invulnerables = file["invulnerables"].as_array().expect("a list");
		assert_eq!(authors.len(), invulnerables.len());
		for node in invulnerables {
			let key = serde_json::from_value(node["hhcm"].clone()).expect("a key");
			assert!(authors.contains(&key));
		}
		let seated = account("/invulnerables/0/account");
		assert!(Bookkeeping::session_weight(&seated) > 0);
		assert!(TechnicalCommittee::is_member(&account("/committee/0")));
		// The pot that bookkeeping nodes are paid from is kept alive by the smallest unit.
		let pot = fusion_runtime::EXISTENTIAL_DEPOSIT;
		assert_eq!(Balances::total_issuance(), (issued + fsn("/treasury")) * FSN + pot);
		let bonded = account("/dcrmNodes/0");
		assert_eq!(account("/endowed/0/account"), bonded);
		let free = fsn("/endowed/0/fsn") * FSN - NodeBond::get();
		assert_eq!(Balances::free_balance(&bonded), free);
	});
}

#[test]
fn testnet_should_take_candidates_with_a_bond() {
	let mut file = real_founders();
	let account = file["endowed"][0]["account"].clone();
	let key = file["endowed"][1]["account"].clone();
	let candidate =
		|bond: u64| json!([{ "account": account, "hhcm": key, "bond": bond, "commission": 5 }]);
	let invulnerables = file["invulnerables"].as_array().expect("a list").len();
	file["endowed"][0]["fsn"] = json!(30_000);

	file["candidates"] = candidate(9_999);
	let error = Founders::parse(&file.to_string(), "test").unwrap_err();
	assert!(error.contains("the least bond is 10000 FSN"), "{error}");

	// Together with the bond of a key holder it is all that the account has.
	file["candidates"] = candidate(20_000);
	let error = Founders::parse(&file.to_string(), "test").unwrap_err();
	assert!(error.contains("bonds 30000 FSN and is endowed with 30000"), "{error}");

	file["candidates"] = candidate(10_000);
	let founders = Founders::parse(&file.to_string(), "test").expect("they are sound");
	let node: fusion_runtime::AccountId = serde_json::from_value(account).expect("an account");
	genesis(&founders).execute_with(|| {
		assert_eq!(Hhcm::authorities().len(), invulnerables + 1);
		assert!(Bookkeeping::session_weight(&node) > 0);
	});
}

#[test]
fn runtime_should_have_no_sudo() {
	let default = <Runtime as GenesisBuilderV1<Block>>::get_preset(&None).expect("a default");
	let default: Value = serde_json::from_slice(&default).expect("it is JSON");
	let pallets = default.as_object().expect("an object");
	// A pallet with a root key of its own would have to be told it in genesis.
	assert!(pallets.contains_key("bookkeeping") && !pallets.contains_key("sudo"));
}

#[test]
fn founders_should_be_refused_when_a_key_is_known_to_everybody() {
	let known = [
		(ALICE, "//Alice (sr25519)"),
		// Bob's stash.
		("5HpG9w8EBLe5XCrbczpwq5TSXvedjrBGCwqxK1iQ7qUsSWFc", "//Bob//stash (sr25519)"),
		// The development phrase itself.
		(sp_core::crypto::DEV_ADDRESS, "without a path (sr25519)"),
	];
	for place in [
		"/invulnerables/0/account",
		"/invulnerables/3/hhcm",
		"/committee/1",
		"/dcrmNodes/2",
		"/endowed/5/account",
	] {
		for (key, name) in known {
			let error = founders_with(place, json!(key)).unwrap_err();
			assert!(error.contains(name), "{place}: {error}");
			assert!(error.contains(place.split('/').nth(1).expect("a list")), "{place}: {error}");
		}
	}
	for address in
		["0xf24FF3a9CF04c71Dbc94D0b566f7A27B94566cac", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"]
	{
		let error = founders_with("/endowed/0/account", json!(address)).unwrap_err();
		assert!(error.contains(&address.to_lowercase()), "{error}");
	}
	let zero = json!(sp_core::H256::zero());
	assert!(founders_with("/seed", zero).unwrap_err().contains("seed is all zeros"));
}

#[test]
fn founders_should_be_refused_when_some_are_placeholders() {
	let file = kept("fusion-testnet.genesis.json");
	let built_in = Founders::parse(&file.to_string(), "test").expect("they are sound");
	let mut real = real_founders();
	let founders = Founders::parse(&real.to_string(), "test").expect("they are sound");
	assert!(!founders.are_placeholders());

	real["committee"][2] =
		json!(fusion_runtime::AccountId::from(well_known::placeholder("committee", 3)));
	let error = Founders::parse(&real.to_string(), "test").unwrap_err();
	assert!(error.contains("committee[2] is still a placeholder"), "{error}");
	// Those that are built in are of one kind, whichever it is.
	assert_eq!(
		built_in.are_placeholders(),
		file["seed"] == json!(sp_core::H256(well_known::placeholder("seed", 1)))
	);
}

#[test]
fn founders_should_be_refused_when_they_make_no_network() {
	let file = kept("fusion-testnet.genesis.json");
	let cases = [
		("/invulnerables", json!([]), "nobody could author"),
		("/committee", json!([]), "nobody could pause"),
		("/committee/1", file["committee"][0].clone(), "committee[1] is the same as committee[0]"),
		(
			"/invulnerables/1/hhcm",
			file["invulnerables"][0]["hhcm"].clone(),
			"invulnerables[1].hhcm is the same as invulnerables[0].hhcm",
		),
		(
			"/endowed/1/account",
			file["endowed"][0]["account"].clone(),
			"endowed[1].account is the same as endowed[0].account",
		),
		("/endowed/0/fsn", json!(10_000), "bonds 10000 FSN and is endowed with 10000"),
		("/endowed/5/fsn", json!(0), "endowed[5].fsn is 0"),
		("/treasury", json!(60_000_000), "there are 54613333 at most"),
		("/committee/0", json!("5Grw"), "`5Grw` is no account"),
		("/paraId", json!("two thousand"), "invalid type"),
		("/bootNodes", json!(["/ip4/192.0.2.1/tcp/30333"]), "test: "),
	];
	for (place, value, reason) in cases {
		let error = founders_with(place, value).unwrap_err();
		assert!(error.contains(reason), "{place}: {error}");
	}
}

#[test]
fn networks_should_be_told_apart() {
	for (name, mode, development) in [
		("dev", Mode::Dev, true),
		("local", Mode::Local, true),
		("rococo-local", Mode::Parachain, true),
		(TESTNET_ID, Mode::Parachain, false),
	] {
		let spec = load(name).expect("the name is known");
		assert_eq!(mode_of(&*spec), mode, "{name}");
		assert_eq!(is_development(&*spec), development, "{name}");
		let extensions = Extensions::try_get(&*spec).expect("it says its relay chain");
		assert_eq!(extensions.para_id, fusion_runtime::PARACHAIN_ID);
	}
	assert!(load("no-such-network").is_err());
	let Err(error) = load("fusion-testnet:no-such-file.json") else {
		panic!("there is no such file");
	};
	assert!(error.contains("no-such-file.json"), "{error}");
}

/// The development network, with another EVM chain id.
fn with_chain_id(id: u64) -> sp_io::TestExternalities {
	begin(sp_genesis_builder::DEV_RUNTIME_PRESET, json!({ "networks": { "evmChainId": id } }))
}

#[test]
fn networks_should_begin_with_their_own_chain_id_and_bitcoin() {
	let development = |name| (begin(name, json!({})), 815_815, Network::Regtest);
	let testnet = genesis(&Founders::built_in().expect("they are sound"));
	for (mut state, id, bitcoin) in [
		development(sp_genesis_builder::DEV_RUNTIME_PRESET),
		development(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
		(testnet, 815_816, Network::Signet),
	] {
		state.execute_with(|| {
			assert!(EvmChainId::<Runtime>::exists() && BitcoinNetwork::<Runtime>::exists());
			assert_eq!(<Runtime as NetworksApiV1<Block>>::evm_chain_id(), id);
			assert_eq!(<Runtime as NetworksApiV1<Block>>::bitcoin_network(), bitcoin);
			// Where the Ethereum JSON-RPC looks.
			let constants = pallet_revive::Pallet::<Runtime>::pallet_constants_metadata();
			let constant = constants.iter().find(|constant| constant.name == "ChainId");
			assert_eq!(constant.map(|constant| constant.value.clone()), Some(id.encode()));
		});
	}
}

#[test]
#[should_panic(expected = "networks.evmChainId is 0")]
fn genesis_should_be_refused_when_the_chain_id_is_0() {
	with_chain_id(0);
}

#[test]
fn ethereum_transaction_should_be_refused_when_it_is_signed_for_another_network() {
	let check = |signed_for: u64| {
		let unsigned = TransactionLegacyUnsigned {
			chain_id: Some(signed_for.into()),
			gas: 1_000_000.into(),
			gas_price: 10_000_000_000u64.into(),
			to: Some(H160::repeat_byte(7)),
			value: 1.into(),
			..Default::default()
		};
		// Alith, who has something on development networks.
		let payload = Account::default().sign_transaction(unsigned.into()).signed_payload();
		let call = RuntimeCall::from(pallet_revive::Call::<Runtime>::eth_transact { payload });
		let extrinsic = UncheckedExtrinsic::from(generic::UncheckedExtrinsic::new_bare(call));
		extrinsic.check(&ChainContext::<Runtime>::default()).map(|_| ())
	};
	let refused = TransactionValidityError::from(InvalidTransaction::Call);
	for (ours, other) in [(815_815, 815_816), (815_816, 815_815)] {
		with_chain_id(ours).execute_with(|| {
			assert_eq!(check(ours), Ok(()));
			assert_eq!(check(other), Err(refused));
		});
	}
}
