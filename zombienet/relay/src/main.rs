//! A relay chain node for tests: Polkadot's own, which in addition knows the chain `rococo-local`.
//!
//! ```text
//! fusion-relay export-chain-spec --chain rococo-local --patch genesis.json --raw > relay.json
//! fusion-relay --chain relay.json --alice --validator ..
//! ```
//!
//! The two programs beside it, `polkadot-prepare-worker` and `polkadot-execute-worker`, compile and execute the
//! runtimes of parachains for it.
#![forbid(unsafe_code)]

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use polkadot_cli::service::{chain_spec::Extensions, GenericChainSpec};
use sc_chain_spec::ChainType;
use sc_cli::ExportChainSpecCmd;

/// The chain that is known here.
const CHAIN: &str = "rococo-local";

/// Any error.
type Failure = Box<dyn std::error::Error>;

/// The command lines that are taken here. All others are for Polkadot's node.
#[derive(Parser)]
struct Ours {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	ExportChainSpec(Export),
}

#[derive(Args)]
struct Export {
	#[command(flatten)]
	command: ExportChainSpecCmd,

	/// File with JSON that is merged into the genesis configuration.
	#[arg(long, value_name = "PATH")]
	patch: Option<PathBuf>,
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run() -> Result<(), Failure> {
	if let Ok(Ours { command: Command::ExportChainSpec(export) }) = Ours::try_parse() {
		if export.command.chain == CHAIN {
			let spec = rococo_local(patch(&export)?)?;
			return Ok(export.command.run(Box::new(spec))?);
		}
	}
	Ok(polkadot_cli::run()?)
}

fn patch(export: &Export) -> Result<serde_json::Value, Failure> {
	let Some(path) = &export.patch else { return Ok(serde_json::json!({})) };
	let text = std::fs::read_to_string(path)
		.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
	serde_json::from_str(&text)
		.map_err(|error| format!("{} is not JSON: {error}", path.display()).into())
}

/// A relay chain of two validators, Alice and Bob, which Alice may change as she likes (`sudo`).
fn rococo_local(patch: serde_json::Value) -> Result<GenericChainSpec, Failure> {
	let code = fusion_relay_runtime::WASM_BINARY.ok_or(
		"this program was built without the runtime (SKIP_WASM_BUILD was set): build it again without \
		 that variable",
	)?;
	Ok(GenericChainSpec::builder(code, Extensions::default())
		.with_name("Rococo Local Testnet")
		.with_id("rococo_local_testnet")
		.with_chain_type(ChainType::Local)
		.with_genesis_config_preset_name(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET)
		.with_genesis_config_patch(patch)
		.with_protocol_id("dot")
		.build())
}
