//! Key shares of a node that is not running: the command `dcrm`.

use std::{
	fs::OpenOptions,
	io::Write,
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

use fusion_dcrm::{
	identity::Identity,
	store::{KeyStore, ShareRecordInfo},
};
use fusion_dcrm_primitives::KEY_TYPE;
use sc_cli::{CliConfiguration, KeystoreParams, SharedParams, SubstrateCli};
use sc_keystore::LocalKeystore;
use sc_service::config::KeystoreConfig;
use sp_core::crypto::Ss58Codec;
use sp_keystore::KeystorePtr;

use crate::{chain_spec, cli::Cli, members};

/// What can be done with key shares.
#[derive(Debug, clap::Subcommand)]
pub enum DcrmCmd {
	/// Make this node a member: a key to speak with, if there is none, and a store for key shares. Prints the
	/// account that has to be registered.
	Init(Common),

	/// Print whose shares of which keys are stored. Opens each.
	Status(Common),

	/// Write all key shares into one file, encrypted as they are. Do it again after every key generation and
	/// every handover.
	Backup {
		/// The file. Must not be there yet.
		#[arg(value_name = "FILE")]
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		common: Common,
	},

	/// Write the key shares of a backup into the store. Overwrites nothing.
	Restore {
		/// The file.
		#[arg(value_name = "FILE")]
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		common: Common,
	},
}

/// Which node.
#[derive(Debug, clap::Args)]
pub struct Common {
	/// File with the password that key shares are encrypted under.
	#[arg(long, value_name = "PATH")]
	pub dcrm_password_file: Option<PathBuf>,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub shared_params: SharedParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub keystore_params: KeystoreParams,
}

impl DcrmCmd {
	fn common(&self) -> &Common {
		match self {
			Self::Init(common)
			| Self::Status(common)
			| Self::Backup { common, .. }
			| Self::Restore { common, .. } => common,
		}
	}
}

impl CliConfiguration for DcrmCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.common().shared_params
	}

	fn keystore_params(&self) -> Option<&KeystoreParams> {
		Some(&self.common().keystore_params)
	}
}

/// Does it.
pub fn run(cli: &Cli, cmd: &DcrmCmd) -> sc_cli::Result<()> {
	cli.create_runner(cmd)?.sync_run(|config| {
		let development = chain_spec::is_development(&*config.chain_spec);
		let secret = members::password(cmd.common().dcrm_password_file.as_deref(), development)?;
		let folder = members::store_folder(config.base_path.path());
		match cmd {
			DcrmCmd::Init(_) => init(&config.keystore, &folder, &secret),
			DcrmCmd::Status(_) => {
				let shares = open(&folder, &secret)?.list().map_err(failed)?;
				println!("{} shares in {}", shares.len(), folder.display());
				shares.iter().for_each(print);
				Ok(())
			},
			DcrmCmd::Backup { file, .. } => {
				let store = open(&folder, &secret)?;
				let bytes = store.backup().map_err(failed)?;
				write_new(file, &bytes)?;
				let count = store.list().map_err(failed)?.len();
				println!("{count} shares are in {}", file.display());
				Ok(())
			},
			DcrmCmd::Restore { file, .. } => {
				let shares = KeyStore::restore(&folder, file, &secret.0).map_err(failed)?;
				println!("{} shares are in {}", shares.len(), folder.display());
				shares.iter().for_each(print);
				Ok(())
			},
		}
	})
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> sc_cli::Error {
	sc_cli::Error::Application(Box::new(error))
}

fn open(folder: &Path, secret: &members::Secret) -> sc_cli::Result<KeyStore> {
	KeyStore::open_existing(folder, &secret.0).map_err(failed)
}

fn init(keystore: &KeystoreConfig, folder: &Path, secret: &members::Secret) -> sc_cli::Result<()> {
	let KeystoreConfig::Path { path, password } = keystore else {
		return Err(
			"the keystore is in memory only: give it a folder, with `--keystore-path`".into()
		);
	};
	let keystore = LocalKeystore::open(path, password.clone()).map_err(failed)?;
	let keystore: KeystorePtr = std::sync::Arc::new(keystore);
	let known = Identity::all(&keystore);
	let member = match known.as_slice() {
		[] => keystore.sr25519_generate_new(KEY_TYPE, None).map_err(failed)?,
		[identity] => identity.id().clone().into(),
		_ => {
			return Err("the keystore holds several keys of type `dcrm`: remove all but one".into())
		},
	};
	KeyStore::open(folder, &secret.0, secret.1).map_err(failed)?;
	println!("member:  {}", member.to_ss58check());
	println!("shares:  {}", folder.display());
	println!("keys:    {}", path.display());
	println!("next:    fund this account, and register it: dcrm.registerNode()");
	Ok(())
}

/// Only its owner may read it.
fn write_new(file: &Path, bytes: &[u8]) -> sc_cli::Result<()> {
	let written = OpenOptions::new()
		.write(true)
		.create_new(true)
		.mode(0o600)
		.open(file)
		.and_then(|mut opened| opened.write_all(bytes).and_then(|()| opened.sync_all()));
	written.map_err(|error| format!("cannot write {}: {error}", file.display()).into())
}

fn print(share: &ShareRecordInfo) {
	let ShareRecordInfo { genesis, group, attempt, index, threshold, key } = share;
	println!(
		"chain {genesis:?}, group {group}, attempt {attempt}: member {index}, {threshold} sign, key {}",
		hex::encode(key)
	);
}
