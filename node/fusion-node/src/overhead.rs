//! What a block costs by itself, and a transaction: the command `benchmark overhead`.
//!
//! The SDK's own way to it makes a block that HHCM refuses: such a block has no claim, and its transactions are of
//! no package. Here both are made beforehand, by the first well-known key (`//Alice`), so that what is measured is a
//! block of this chain. The package lists all transactions of the full block; the block without transactions, which
//! the full one is compared with, carries it as well.

use std::{collections::BTreeSet, sync::Arc};

use codec::Encode;
use frame_benchmarking_cli::{ExtrinsicBuilder, OverheadCmd};
use fusion_hhcm::{
	claim::{make_claim, next_assembly, packaging_turns},
	round::{Parent, SlotView},
};
use fusion_hhcm_primitives::{
	api::HhcmApi,
	election::transaction_group,
	package::{
		payload, root, transaction_hash, Package, Packages, INHERENT_IDENTIFIER, MAX_TRANSACTIONS,
	},
	AuthorityId, AuthorityPair, AuthoritySignature, Slot, KEY_TYPE,
};
use fusion_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	signed_transaction, AccountId, Hash, Runtime, RuntimeCall, VERSION,
};
use pallet_revive::frame_system;
use sc_client_api::HeaderBackend;
use sp_api::ProvideRuntimeApi;
use sp_core::{crypto::Pair as _, sr25519};
use sp_inherents::{InherentData, InherentDataProvider};
use sp_keyring::Sr25519Keyring;
use sp_keystore::{testing::MemoryKeystore, Keystore};
use sp_runtime::{OpaqueExtrinsic, Weight};
use sp_timestamp::Timestamp;

use crate::{
	mock_relay,
	service::{standalone::inherents, FullClient},
};

/// Most transactions of the full block: so many fit in a package.
pub const MAX_REMARKS: u32 = MAX_TRANSACTIONS;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
enum OverheadError {
	#[error(
		"`//Alice` makes no blocks on this chain: use `--chain dev`, or another one that well-known keys run"
	)]
	NoTurn,
	#[error("`--max-ext-per-block` is at most {MAX_REMARKS}: so many fit in a package")]
	TooMany,
}

/// Measures it and writes the weights.
pub fn run(cmd: &OverheadCmd, client: Arc<FullClient>) -> sc_cli::Result<()> {
	let count = cmd.params.bench.max_ext_per_block.unwrap_or(MAX_REMARKS);
	if count > MAX_REMARKS {
		return Err(application(OverheadError::TooMany));
	}
	let keystore = MemoryKeystore::new();
	let key: AuthorityId = keystore
		.sr25519_generate_new(KEY_TYPE, Some(&Sr25519Keyring::Alice.to_seed()))
		.map_err(|error| application_of(error.into()))?
		.into();
	let ours = BTreeSet::from([key]);
	let parent =
		Parent::read::<Block, _>(&*client, client.info().genesis_hash).map_err(application)?;
	let from = Slot::from_timestamp(Timestamp::current(), mock_relay::slot_duration());
	let (view, turn) =
		next_assembly(&parent, from, &ours).ok_or_else(|| application(OverheadError::NoTurn))?;

	let remarks = Remarks { genesis: parent.genesis };
	let list = (0..count).map(|nonce| remarks.make(nonce)).collect();
	let packages = package(&client, &view, &ours, list)?;
	let claim = make_claim(&keystore, &view, &turn, root(&packages)).map_err(application)?;
	let data = inherent_data(&client, &view, &packages)?;
	cmd.run(VERSION.spec_name.to_string(), client, data, vec![claim.to_item()], &remarks, true)
}

fn application(error: impl std::error::Error + Send + Sync + 'static) -> sc_cli::Error {
	application_of(Box::new(error))
}

fn application_of(error: Box<dyn std::error::Error + Send + Sync>) -> sc_cli::Error {
	sc_cli::Error::Application(error)
}

/// The package of these transactions, which are all of one account.
fn package(
	client: &FullClient,
	view: &SlotView,
	ours: &BTreeSet<AuthorityId>,
	transactions: Vec<UncheckedExtrinsic>,
) -> sc_cli::Result<Packages> {
	let parent = view.parent();
	let hashes: Vec<Hash> =
		transactions.iter().map(|transaction| transaction_hash(&transaction.encode())).collect();
	let first = transactions.into_iter().take(1).collect();
	let keys = client.runtime_api().grouping_keys(parent.hash, first).map_err(application)?;
	let Some(key) = keys.into_iter().next().flatten() else { return Ok(Packages::default()) };
	let group = transaction_group(parent.round.seed, view.slot(), key, view.election().groups());
	let turn = packaging_turns(view, ours)
		.into_iter()
		.find(|turn| turn.group == group)
		.ok_or_else(|| application(OverheadError::NoTurn))?;
	let signed = payload(&view.context(), group, turn.index, &hashes, Weight::zero());
	let package = Package {
		group,
		packager: turn.index,
		transactions: hashes.try_into().map_err(|_| application(OverheadError::TooMany))?,
		measured: Weight::zero(),
		signature: sign(&signed),
	};
	Ok(Packages::truncate_from(vec![package]))
}

fn sign(message: &[u8]) -> AuthoritySignature {
	AuthorityPair::from(alice()).sign(message)
}

fn alice() -> sr25519::Pair {
	Sr25519Keyring::Alice.pair()
}

fn inherent_data(
	client: &Arc<FullClient>,
	view: &SlotView,
	packages: &Packages,
) -> sc_cli::Result<InherentData> {
	let providers = inherents(client, view.parent().hash, view.slot()).map_err(application_of)?;
	let mut data =
		futures::executor::block_on(providers.create_inherent_data()).map_err(application)?;
	data.put_data(INHERENT_IDENTIFIER, packages).map_err(application)?;
	Ok(data)
}

/// Makes `System::remark`s of `//Alice`.
struct Remarks {
	genesis: Hash,
}

impl Remarks {
	fn make(&self, nonce: u32) -> UncheckedExtrinsic {
		let call = RuntimeCall::System(frame_system::Call::<Runtime>::remark { remark: vec![] });
		let signer = AccountId::from(alice().public());
		signed_transaction(call, signer, nonce, self.genesis, |bytes| alice().sign(bytes).into())
			.into()
	}
}

impl ExtrinsicBuilder for Remarks {
	fn pallet(&self) -> &str {
		"system"
	}

	fn extrinsic(&self) -> &str {
		"remark"
	}

	fn build(&self, nonce: u32) -> Result<OpaqueExtrinsic, &'static str> {
		Ok(self.make(nonce))
	}
}
