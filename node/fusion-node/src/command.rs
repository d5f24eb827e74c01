//! What each command does.

use std::sync::Arc;

use cumulus_client_service::storage_proof_size::HostFunctions as ReclaimHostFunctions;
use frame_benchmarking_cli::{BenchmarkCmd, StorageCmd, SUBSTRATE_REFERENCE_HARDWARE};
use fusion_dcrm::conduct::Conduct;
use fusion_runtime::opaque::Block;
use sc_cli::{CliConfiguration, Database, DatabasePruningMode, ImportParams, SubstrateCli};
use sc_client_api::{HeaderBackend, StorageProvider};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker};
use sc_service::{Configuration, PartialComponents, TaskManager};
use sp_runtime::traits::HashingFor;

use crate::{
	chain_spec::{self, Mode},
	cli::{Cli, RelayChainCli, Subcommand},
	dcrm_cmd, eth_rpc, overhead,
	service::{self, collator::Tamper, standalone::LocalAuthor, FullClient},
};

type Partial = service::Partial;

fn partial(config: &Configuration) -> Result<Partial, sc_cli::Error> {
	let mode = chain_spec::mode_of(&*config.chain_spec);
	service::new_partial(config, mode).map_err(Into::into)
}

/// ParityDB is the only database there is: RocksDB is left out of the build.
fn prefer_parity_db(database: &mut Option<Database>) {
	database.get_or_insert(Database::ParityDb);
}

/// The defaults that differ from those of other nodes.
fn with_defaults(mut cli: Cli) -> Cli {
	let development = {
		let shared = &cli.run.base.shared_params;
		shared.dev || matches!(shared.chain.as_deref(), Some("dev" | "local"))
	};
	let ImportParams { pruning_params, database_params, .. } = &mut cli.run.base.import_params;
	prefer_parity_db(&mut database_params.database);
	// Development networks remember everything, so that every Ethereum receipt can be looked up.
	if development && pruning_params.state_pruning.is_none() {
		pruning_params.state_pruning = Some(DatabasePruningMode::Archive);
	}
	match &mut cli.subcommand {
		Some(Subcommand::CheckBlock(cmd)) => {
			prefer_parity_db(&mut cmd.import_params.database_params.database);
		},
		Some(Subcommand::ImportBlocks(cmd)) => {
			prefer_parity_db(&mut cmd.import_params.database_params.database);
		},
		Some(Subcommand::ExportBlocks(cmd)) => prefer_parity_db(&mut cmd.database_params.database),
		Some(Subcommand::ExportState(cmd)) => prefer_parity_db(&mut cmd.database_params.database),
		Some(Subcommand::Revert(cmd)) => prefer_parity_db(&mut cmd.database_params.database),
		Some(Subcommand::TryRuntime(cmd)) => prefer_parity_db(&mut cmd.database_params.database),
		Some(Subcommand::Benchmark(BenchmarkCmd::Block(cmd))) => {
			prefer_parity_db(&mut cmd.import_params.database_params.database);
		},
		Some(Subcommand::Benchmark(BenchmarkCmd::Storage(cmd))) => {
			prefer_parity_db(&mut cmd.database_params.database);
		},
		Some(Subcommand::Benchmark(BenchmarkCmd::Overhead(cmd))) => {
			prefer_parity_db(&mut cmd.import_params.database_params.database);
			cmd.params.bench.max_ext_per_block.get_or_insert(overhead::MAX_REMARKS);
		},
		Some(Subcommand::PurgeChain(cmd)) => {
			prefer_parity_db(&mut cmd.base.database_params.database);
		},
		_ => {},
	}
	cli
}

/// How a node behaves where it could deceive others. Another one than the default is for tests of what those do about
/// it.
pub struct Behaviour {
	/// Makes packages and blocks on a local network.
	pub author: LocalAuthor,
	/// What a collator of a relay chain's parachain offers in the place of its blocks.
	pub tamper: Option<Tamper>,
	/// What a member of key groups does differently.
	pub member: Option<Arc<dyn Conduct>>,
}

impl Default for Behaviour {
	/// Honest.
	fn default() -> Self {
		Self { author: service::local::author, tamper: None, member: None }
	}
}

/// Reads the command line and does what it says.
pub fn run() -> sc_cli::Result<()> {
	run_with(Behaviour::default())
}

/// The same, but the node behaves like that.
pub fn run_with(behaviour: Behaviour) -> sc_cli::Result<()> {
	let mut cli = with_defaults(Cli::from_args());
	if let Some(Subcommand::EthRpc(_)) = &cli.subcommand {
		if let Some(Subcommand::EthRpc(cmd)) = cli.subcommand.take() {
			return eth_rpc::run(cmd);
		}
	}

	match &cli.subcommand {
		Some(Subcommand::Key(cmd)) => cmd.run(&cli),
		Some(Subcommand::BuildSpec(cmd)) => cmd.run(cli.load_spec(&cmd.chain)?),
		Some(Subcommand::CheckBlock(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = partial(&config)?;
			Ok((cmd.run(client, config.database), task_manager))
		}),
		Some(Subcommand::ExportState(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = partial(&config)?;
			Ok((cmd.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::ImportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::Revert(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, backend, .. } = partial(&config)?;
			Ok((cmd.run(client, backend, None), task_manager))
		}),
		Some(Subcommand::PurgeChain(cmd)) => cli.create_runner(cmd)?.sync_run(|config| {
			let relay_cli = RelayChainCli::new(&config, cli.relay_chain_args.iter());
			let relay_config = relay_configuration(&relay_cli, &config)?;
			cmd.run(config, relay_config)
		}),
		Some(Subcommand::ExportGenesisHead(cmd)) => {
			cli.create_runner(cmd)?.sync_run(|mut config| {
				// It takes no option for this.
				let folder = config.base_path.config_dir(config.chain_spec.id());
				config.database = cmd.database_config(&folder, 0, Database::ParityDb)?;
				cmd.run(partial(&config)?.client)
			})
		},
		Some(Subcommand::ExportGenesisWasm(cmd)) => {
			let spec = cli.load_spec(&cmd.shared_params.chain.clone().unwrap_or_default())?;
			cli.create_runner(cmd)?.sync_run(|_config| cmd.run(&*spec))
		},
		Some(Subcommand::Benchmark(cmd)) => benchmark(&cli, cmd),
		Some(Subcommand::TryRuntime(cmd)) => cli.create_runner(cmd)?.sync_run(|config| {
			let PartialComponents { client, backend, .. } = partial(&config)?;
			cmd.run(&client, &backend)
		}),
		Some(Subcommand::Dcrm(cmd)) => dcrm_cmd::run(&cli, cmd),
		Some(Subcommand::LockIn(cmd)) => cmd.run(),
		Some(Subcommand::LockOut(cmd)) => cmd.run(),
		Some(Subcommand::Coins(cmd)) => cmd.run(),
		Some(Subcommand::EthRpc(_)) => unreachable!("taken care of above; qed"),
		None => run_node(cli, behaviour),
	}
}

fn relay_configuration(
	relay_cli: &RelayChainCli,
	config: &Configuration,
) -> sc_cli::Result<Configuration> {
	SubstrateCli::create_configuration(relay_cli, relay_cli, config.tokio_handle.clone())
		.map_err(|error| format!("the arguments for the relay chain (after `--`): {error}").into())
}

/// `benchmark storage` writes in whole batches: without any it would end with "Empty input is invalid".
fn check_batch_size(cmd: &StorageCmd, client: &FullClient) -> sc_cli::Result<()> {
	let batch = cmd.params.batch_size;
	let keys = client.storage_keys(client.info().best_hash, None, None)?.take(batch).count();
	if cmd.params.skip_write || keys >= batch.max(1) {
		return Ok(());
	}
	Err(format!(
		"the state has {keys} keys, and a batch {batch}: use a smaller one (`--batch-size {}`), or leave the writing out \
		 (`--skip-write`)",
		(keys / 8).max(1),
	)
	.into())
}

fn benchmark(cli: &Cli, cmd: &BenchmarkCmd) -> sc_cli::Result<()> {
	let runner = cli.create_runner(cmd)?;
	match cmd {
		BenchmarkCmd::Pallet(cmd) => {
			if cmd.runtime.is_none() && cmd.json_input.is_none() {
				return Err(
					"the runtime in this binary has no benchmarks: give one that has, with \
					 `--runtime` (scripts/build-instruments makes it, scripts/benchmark-pallets runs it)"
						.into(),
				);
			}
			let spec =
				cmd.shared_params.chain.as_ref().map(|chain| cli.load_spec(chain)).transpose()?;
			cmd.run_with_spec::<HashingFor<Block>, ReclaimHostFunctions>(spec)
		},
		BenchmarkCmd::Block(cmd) => runner.sync_run(|config| cmd.run(partial(&config)?.client)),
		BenchmarkCmd::Storage(cmd) => runner.sync_run(|config| {
			let partial = partial(&config)?;
			check_batch_size(cmd, &partial.client)?;
			let db = partial.backend.expose_db();
			let storage = partial.backend.expose_storage();
			let cache = partial.backend.expose_shared_trie_cache();
			cmd.run(config, partial.client.clone(), db, storage, cache)
		}),
		BenchmarkCmd::Machine(cmd) => {
			runner.sync_run(|config| cmd.run(&config, SUBSTRATE_REFERENCE_HARDWARE.clone()))
		},
		BenchmarkCmd::Overhead(cmd) => {
			runner.sync_run(|config| overhead::run(cmd, partial(&config)?.client))
		},
		BenchmarkCmd::Extrinsic(_) => {
			Err("`benchmark extrinsic` is not supported: use `benchmark overhead`".into())
		},
	}
}

async fn start<Net>(
	cli: Cli,
	config: Configuration,
	behaviour: Behaviour,
) -> sc_cli::Result<TaskManager>
where
	Net: sc_network::NetworkBackend<Block, fusion_runtime::Hash>,
{
	let Behaviour { author, tamper, member } = behaviour;
	let mode = if cli.run.base.shared_params.dev {
		Mode::Dev
	} else {
		chain_spec::mode_of(&*config.chain_spec)
	};
	match mode {
		Mode::Dev => Ok(service::dev::start::<Net>(config, &cli.fusion)?),
		Mode::Local => Ok(service::local::start::<Net>(config, &cli.fusion, author, member)?),
		Mode::Parachain => {
			let hwbench = (!cli.fusion.no_hardware_benchmarks)
				.then(|| {
					config.database.path().map(|path| {
						let _ = std::fs::create_dir_all(path);
						sc_sysinfo::gather_hwbench(Some(path), &SUBSTRATE_REFERENCE_HARDWARE)
					})
				})
				.flatten();
			let relay_cli = RelayChainCli::new(&config, cli.relay_chain_args.iter());
			let relay_config = relay_configuration(&relay_cli, &config)?;
			let collator_options = cli.run.collator_options();
			Ok(service::para::start::<Net>(
				config,
				relay_config,
				collator_options,
				hwbench,
				&cli.fusion,
				tamper,
				member,
			)
			.await?)
		},
	}
}

fn run_node(cli: Cli, behaviour: Behaviour) -> sc_cli::Result<()> {
	let runner = cli.create_runner(&cli.run.normalize())?;
	runner.run_node_until_exit(|config| async move {
		match config.network.network_backend {
			NetworkBackendType::Libp2p => {
				Box::pin(start::<NetworkWorker<Block, fusion_runtime::Hash>>(
					cli, config, behaviour,
				))
				.await
			},
			NetworkBackendType::Litep2p => {
				Box::pin(start::<Litep2pNetworkBackend>(cli, config, behaviour)).await
			},
		}
	})
}
