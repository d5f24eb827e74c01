//! Chain specifications.

use std::path::PathBuf;

use sc_chain_spec::{ChainSpecExtension, ChainType, Properties};
use serde::{Deserialize, Serialize};

mod testnet;
#[cfg(test)]
mod tests;
mod well_known;

use testnet::Founders;

/// What a chain specification of ours has beside the usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ChainSpecExtension)]
#[serde(deny_unknown_fields)]
pub struct Extensions {
	/// The relay chain that this parachain belongs to, by the name that `--chain` would take.
	#[serde(alias = "relayChain", alias = "RelayChain")]
	pub relay_chain: String,
	/// The parachain's id.
	#[serde(alias = "paraId", alias = "ParaId")]
	pub para_id: u32,
}

impl Extensions {
	/// The extensions of a specification.
	pub fn try_get(spec: &dyn sc_service::ChainSpec) -> Option<&Self> {
		sc_chain_spec::get_extension(spec.extensions())
	}
}

/// A chain specification.
pub type ChainSpec = sc_service::GenericChainSpec<Extensions>;

/// Identifier of the network of one process.
pub const DEV_ID: &str = "fusion-dev";
/// Identifier of the network of several processes without a relay chain.
pub const LOCAL_ID: &str = "fusion-local";
/// Identifier of the public test network.
pub const TESTNET_ID: &str = "fusion-testnet";
/// What comes before the path of a file with founders, to make a test network of them.
const FOUNDED_BY: &str = "fusion-testnet:";

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "FSN".into());
	properties.insert("tokenDecimals".into(), 18.into());
	properties.insert("ss58Format".into(), 42.into());
	properties.insert("isEthereum".into(), false.into());
	properties
}

fn wasm() -> Result<&'static [u8], String> {
	fusion_runtime::WASM_BINARY.ok_or_else(|| {
		"this binary was built without the wasm runtime (SKIP_WASM_BUILD was set): build it again \
		 without that variable, or give a chain specification file with --chain"
			.to_string()
	})
}

/// A genesis preset of the runtime.
fn preset(name: &str) -> Result<serde_json::Value, String> {
	// Asked of the native runtime, which is the same code: the one in wasm would have to be compiled first.
	let json = fusion_runtime::genesis::get_preset(&name.to_string())
		.ok_or_else(|| format!("the runtime has no genesis preset `{name}`"))?;
	serde_json::from_slice(&json)
		.map_err(|error| format!("the runtime's genesis preset `{name}` is no JSON: {error}"))
}

fn build(
	name: &str,
	id: &str,
	kind: ChainType,
	relay_chain: &str,
	preset_name: &str,
) -> Result<ChainSpec, String> {
	let extensions =
		Extensions { relay_chain: relay_chain.into(), para_id: fusion_runtime::PARACHAIN_ID };
	Ok(ChainSpec::builder(wasm()?, extensions)
		.with_name(name)
		.with_id(id)
		.with_chain_type(kind)
		.with_genesis_config_patch(preset(preset_name)?)
		.with_protocol_id(id)
		.with_properties(properties())
		.build())
}

/// The test network as it is built in.
fn built_in_testnet() -> Result<ChainSpec, String> {
	let founders = Founders::built_in()?;
	if founders.are_placeholders() {
		eprintln!(
			"warning: the keys of {TESTNET_ID} are placeholders, which nobody has: it will not make a \
			 block. See chain-specs/README.md"
		);
	}
	founders.spec()
}

/// The specification with that name, or from that file.
pub fn load(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	if let Some(path) = id.strip_prefix(FOUNDED_BY) {
		return Ok(Box::new(Founders::read(path)?.spec()?));
	}
	Ok(match id {
		"dev" | DEV_ID => Box::new(build(
			"Fusion development",
			DEV_ID,
			ChainType::Development,
			"rococo-local",
			sp_genesis_builder::DEV_RUNTIME_PRESET,
		)?),
		"" | "local" | LOCAL_ID => Box::new(build(
			"Fusion local network",
			LOCAL_ID,
			ChainType::Local,
			"rococo-local",
			sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
		)?),
		"rococo-local" | "fusion-rococo-local" => Box::new(build(
			"Fusion on a local relay chain",
			"fusion-rococo-local",
			ChainType::Local,
			"rococo-local",
			sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
		)?),
		TESTNET_ID => Box::new(built_in_testnet()?),
		path => Box::new(ChainSpec::from_json_file(PathBuf::from(path)).map_err(|error| {
			format!(
				"{path} is neither a known chain (dev, local, rococo-local, fusion-testnet) nor a \
				 readable chain specification: {error}"
			)
		})?),
	})
}

/// How blocks are made on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
	/// One process; blocks on demand or by a clock.
	Dev,
	/// Several processes without a relay chain.
	Local,
	/// A parachain.
	Parachain,
}

/// Which [`Mode`] a specification means. A node that was given `--dev` seals by itself whatever the
/// specification says.
pub fn mode_of(spec: &dyn sc_service::ChainSpec) -> Mode {
	match spec.id() {
		DEV_ID => Mode::Dev,
		LOCAL_ID => Mode::Local,
		_ => Mode::Parachain,
	}
}

/// Whether a specification is for development: its keys are known to everybody.
pub fn is_development(spec: &dyn sc_service::ChainSpec) -> bool {
	matches!(spec.chain_type(), ChainType::Development | ChainType::Local)
}
