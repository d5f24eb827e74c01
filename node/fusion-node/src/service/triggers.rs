//! The sending of triggers: whose key signs them, and the task that does it.

use std::sync::Arc;

use fusion_runtime::{opaque::Block, AccountId};
use fusion_triggers::{key::TriggerKey, substrate::SubstrateChain, worker};
use sc_service::{error::Error, TaskManager};
use sp_keystore::KeystorePtr;

use crate::{
	cli::FusionParams,
	service::{FullClient, Pool},
};

/// What sends triggers.
pub struct Params<'a> {
	/// The command line.
	pub fusion: &'a FusionParams,
	/// The name of the node's development account as a seed, such as `//Alice`, if it has one. Its trigger key is used
	/// unless the command line has another.
	pub seed: Option<&'a str>,
	/// The client.
	pub client: Arc<FullClient>,
	/// The transaction pool.
	pub pool: Arc<Pool>,
	/// Has the keys by which the node is known as a bookkeeping node.
	pub keystore: KeystorePtr,
	/// Whether the node is still catching up with the chain.
	pub is_syncing: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Starts to send triggers, if there is a key for it.
pub fn start(params: Params<'_>, task_manager: &TaskManager) -> Result<(), Error> {
	let Params { fusion, seed, client, pool, keystore, is_syncing } = params;
	let key = match (&fusion.trigger_key, seed) {
		_ if fusion.no_triggers => None,
		(Some(path), _) => {
			Some(TriggerKey::read(path).map_err(|error| Error::Application(Box::new(error)))?)
		},
		(None, Some(seed)) => TriggerKey::development(&development_name(seed)),
		(None, None) => None,
	};
	let Some(key) = key else { return Ok(()) };
	let chain =
		SubstrateChain::<Block, AccountId, _, _>::new(client, pool, keystore, move || is_syncing());
	task_manager.spawn_handle().spawn("triggers", Some("calling-list"), worker::run(chain, key));
	Ok(())
}

/// The name in a development seed.
fn development_name(seed: &str) -> String {
	seed.trim_start_matches('/').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
	use super::*;
	use fusion_runtime::genesis::TRIGGER_ACCOUNTS;

	#[test]
	fn development_keys_should_be_those_of_genesis() {
		let seeds = ["//Alice", "//Bob", "//Charlie", "//Dave"];
		for (seed, account) in seeds.into_iter().zip(TRIGGER_ACCOUNTS) {
			let key = TriggerKey::development(&development_name(seed)).expect("it is a key");
			assert_eq!(key.address().0, account);
		}
	}
}
