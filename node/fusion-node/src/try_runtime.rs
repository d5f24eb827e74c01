//! Trying a runtime on the state that a node has: its migrations, and every pallet's checks of its state.
//!
//! The runtime is built with the feature `try-runtime` (`scripts/build-instruments`). Nothing is written: what it
//! changes is dropped with the overlay.

use std::{fs, path::PathBuf};

use codec::Decode;
use fusion_runtime::opaque::Block;
use sc_cli::{CliConfiguration, DatabaseParams, PruningParams, SharedParams};
use sc_client_api::{Backend, TrieCacheContext};
use sc_executor::WasmExecutor;
use sp_blockchain::HeaderBackend;
use sp_core::traits::{CallContext, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Extensions;
use sp_runtime::{traits::HashingFor, Weight};
use sp_state_machine::{Backend as State, OverlayedChanges, StateMachine};

use crate::service::{self, FullBackend, FullClient};

/// The function of the runtime that is called.
const UPGRADE: &str = "TryRuntime_on_runtime_upgrade";

/// Host functions of a runtime that may be built with its benchmarks as well.
type HostFunctions = (service::HostFunctions, frame_benchmarking::benchmarking::HostFunctions);

/// What is checked, in the encoding of `frame_support::traits::UpgradeCheckSelect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[repr(u8)]
pub enum Checks {
	/// Nothing: the migrations only run.
	None = 0,
	/// Both of the following.
	All = 1,
	/// What each migration says about the state before and after.
	PreAndPost = 2,
	/// Every pallet's invariants, before and after.
	TryState = 3,
}

/// Run a runtime's migrations, and every pallet's checks, on the best block's state. Changes nothing.
#[derive(Clone, Debug, clap::Parser)]
pub struct TryRuntimeCmd {
	/// Wasm of the runtime to try, built with the feature `try-runtime`: scripts/build-instruments makes it.
	#[arg(long, value_name = "PATH")]
	pub runtime: PathBuf,

	/// What is checked.
	#[arg(long, value_enum, value_name = "CHECKS", default_value = "all")]
	pub checks: Checks,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub shared_params: SharedParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub pruning_params: PruningParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub database_params: DatabaseParams,
}

impl CliConfiguration for TryRuntimeCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared_params
	}

	fn pruning_params(&self) -> Option<&PruningParams> {
		Some(&self.pruning_params)
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.database_params)
	}
}

impl TryRuntimeCmd {
	/// Tries the runtime on the best block of the client, and prints what its migrations took.
	///
	/// # Errors
	///
	/// The file cannot be read, the state has been pruned, the runtime is built without `try-runtime`, or a
	/// migration or a check fails.
	pub fn run(&self, client: &FullClient, backend: &FullBackend) -> sc_cli::Result<()> {
		let code = fs::read(&self.runtime)
			.map_err(|error| format!("cannot read {}: {error}", self.runtime.display()))?;
		let best = client.info();
		let state = backend.state_at(best.best_hash, TrieCacheContext::Untrusted)?;
		let (used, limit) = try_upgrade(&state, &code, self.checks)?;
		println!(
			"tried on block {} ({:?}), checks: {:?}: passed\n\
			 migrations take {} ms and {} bytes of proof, of {} ms and {} bytes in a block",
			best.best_number,
			best.best_hash,
			self.checks,
			used.ref_time() / 1_000_000_000,
			used.proof_size(),
			limit.ref_time() / 1_000_000_000,
			limit.proof_size(),
		);
		Ok(())
	}
}

/// What the runtime's migrations take on the state, and what a block may take.
fn try_upgrade(
	state: &impl State<HashingFor<Block>>,
	code: &[u8],
	checks: Checks,
) -> Result<(Weight, Weight), String> {
	let executor = WasmExecutor::<HostFunctions>::builder().build();
	let runtime = RuntimeCode {
		code_fetcher: &WrappedRuntimeCode(code.into()),
		heap_pages: None,
		hash: sp_crypto_hashing::blake2_256(code).to_vec(),
	};
	let mut overlay = OverlayedChanges::<HashingFor<Block>>::default();
	let mut extensions = Extensions::default();
	let result = StateMachine::new(
		state,
		&mut overlay,
		&executor,
		UPGRADE,
		&[checks as u8],
		&mut extensions,
		&runtime,
		CallContext::Offchain,
	)
	.execute()
	.map_err(|error| {
		let error = error.to_string();
		if error.contains(UPGRADE) && error.contains("not found") {
			"this runtime is built without `try-runtime`: scripts/build-instruments makes one with it".into()
		} else {
			format!("the runtime does not pass: {error}")
		}
	})?;
	Decode::decode(&mut &result[..])
		.map_err(|error| format!("the runtime answers with something else than weights: {error}"))
}

#[cfg(test)]
mod tests {
	use sp_state_machine::InMemoryBackend;

	use super::*;

	#[test]
	fn a_runtime_without_checks_is_refused_with_the_way_out() {
		let code = fusion_runtime::WASM_BINARY.expect("the runtime is built");
		let state = InMemoryBackend::<HashingFor<Block>>::default();
		let error = try_upgrade(&state, code, Checks::All).unwrap_err();
		assert!(error.contains("scripts/build-instruments"), "{error}");
	}

	#[test]
	fn what_is_no_runtime_is_refused() {
		let state = InMemoryBackend::<HashingFor<Block>>::default();
		let error = try_upgrade(&state, b"no wasm", Checks::All).unwrap_err();
		assert!(error.contains("does not pass"), "{error}");
	}

	#[test]
	fn checks_have_the_numbers_that_the_runtime_gives_them() {
		for (checks, number) in
			[(Checks::None, 0), (Checks::All, 1), (Checks::PreAndPost, 2), (Checks::TryState, 3)]
		{
			assert_eq!(checks as u8, number);
		}
	}
}
