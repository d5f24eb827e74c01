//! Ethereum JSON-RPC: a child process of the node, so that there is no second thing to start.
//!
//! `pallet-revive-eth-rpc` is made to be a process of its own: it has its own runtime, logger and signal
//! handlers. The node starts its own binary with the command `eth-rpc`, starts it again when it ends, and
//! takes it along when it ends itself. The child, for its part, ends when its standard input closes: so it
//! never outlives a node that was killed.

use std::{io::Read, path::PathBuf, process::Stdio, time::Duration};

use sc_service::Configuration;
use tokio::process::Command;

use crate::{chain_spec, cli::FusionParams};

/// Tells the child that it is one.
const CHILD_VARIABLE: &str = "FUSION_ETH_RPC_CHILD";
/// The first pause before the child is started again; it doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause before the child is started again.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Blocks whose receipts are kept in memory by a node that forgets old state.
const KEPT_BLOCKS: &str = "256";

/// Everything that the child is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
	node_port: u16,
	port: u16,
	prometheus_port: u16,
	external: bool,
	cors: Option<Vec<String>>,
	base_path: PathBuf,
	archive: bool,
	development: bool,
}

impl Settings {
	/// The settings of a node. `None` if the node serves no Ethereum JSON-RPC.
	pub fn new(params: &FusionParams, config: &Configuration) -> Option<Self> {
		if params.no_eth_rpc {
			return None;
		}
		let Some(endpoint) = config.rpc.addr.as_ref().and_then(|endpoints| endpoints.first())
		else {
			log::warn!("no Ethereum JSON-RPC: it needs the node's own RPC, which is switched off");
			return None;
		};
		Some(Self {
			node_port: endpoint.listen_addr.port(),
			port: params.eth_rpc_port,
			prometheus_port: params.eth_prometheus_port,
			external: params.eth_rpc_external,
			cors: config.rpc.cors.clone(),
			base_path: config.base_path.path().join("eth-rpc"),
			archive: matches!(
				config.state_pruning,
				Some(
					sc_service::PruningMode::ArchiveAll | sc_service::PruningMode::ArchiveCanonical
				)
			),
			development: chain_spec::is_development(&*config.chain_spec),
		})
	}

	/// The child's command line.
	fn arguments(&self) -> Vec<String> {
		let mut arguments = vec![
			"eth-rpc".into(),
			"--node-rpc-url".into(),
			format!("ws://127.0.0.1:{}", self.node_port),
			"--rpc-port".into(),
			self.port.to_string(),
			"--prometheus-port".into(),
			self.prometheus_port.to_string(),
			"--base-path".into(),
			self.base_path.display().to_string(),
			"--eth-pruning".into(),
			if self.archive { "archive" } else { KEPT_BLOCKS }.into(),
			"--rpc-cors".into(),
			self.cors.as_ref().map_or_else(|| "all".into(), |origins| origins.join(",")),
			// The node refuses them itself, and says why: see `explaining_pool`.
			"--allow-unprotected-txs".into(),
		];
		if self.external {
			arguments.push("--unsafe-rpc-external".into());
		}
		if self.development {
			arguments.push("--dev".into());
		}
		arguments
	}
}

/// Keeps the child running, for as long as the future is polled.
pub async fn keep_running(settings: Settings) {
	let program = match std::env::current_exe() {
		Ok(program) => program,
		Err(error) => {
			log::error!("no Ethereum JSON-RPC: the path of this program is not known: {error}");
			return;
		},
	};
	let mut pause = MIN_PAUSE;
	loop {
		let started = std::time::Instant::now();
		// The pipe to the child's standard input is held open for as long as the child is waited for.
		let child = Command::new(&program)
			.args(settings.arguments())
			.env(CHILD_VARIABLE, "1")
			.stdin(Stdio::piped())
			.kill_on_drop(true)
			.spawn();
		match child {
			Ok(mut child) => {
				let input = child.stdin.take();
				let status = child.wait().await;
				drop(input);
				match status {
					Ok(status) => log::error!(
						"the Ethereum JSON-RPC on port {} ended ({status}) and is started again; if \
						 the port is taken, choose another one with --eth-rpc-port",
						settings.port
					),
					Err(error) => log::error!("the Ethereum JSON-RPC cannot be watched: {error}"),
				}
			},
			Err(error) => log::error!("the Ethereum JSON-RPC cannot be started: {error}"),
		}
		if started.elapsed() > MAX_PAUSE {
			pause = MIN_PAUSE;
		}
		tokio::time::sleep(pause).await;
		pause = (pause * 2).min(MAX_PAUSE);
	}
}

/// Runs the Ethereum JSON-RPC in this process, until it ends.
pub fn run(command: pallet_revive_eth_rpc::cli::CliCommand) -> sc_cli::Result<()> {
	if std::env::var_os(CHILD_VARIABLE).is_some() {
		std::thread::spawn(|| {
			let mut buffer = [0u8; 64];
			let mut input = std::io::stdin();
			while matches!(input.read(&mut buffer), Ok(read) if read > 0) {}
			// The node is gone.
			std::process::exit(0);
		});
	}
	pallet_revive_eth_rpc::cli::run(command)
		.map_err(|error| sc_cli::Error::Input(format!("Ethereum JSON-RPC: {error:#}")))
}
