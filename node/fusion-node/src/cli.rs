//! The command line.

use std::path::PathBuf;

use crate::{chain_spec::Extensions, members::BitcoinNetwork};
use clap::Parser;
use sc_cli::{
	CliConfiguration, Database, DefaultConfigurationValues, ImportParams, KeystoreParams,
	NetworkParams, RpcEndpoint, SharedParams, SubstrateCli,
};
use sc_service::{config::PrometheusConfig, BasePath};

/// Milliseconds between blocks of a development node, unless said otherwise: the time that a block stands
/// for.
pub const DEFAULT_BLOCK_TIME: u64 = fusion_runtime::SLOT_DURATION;

/// Commands.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Manage keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Print a chain specification.
	#[command(alias = "export-chain-spec")]
	BuildSpec(sc_cli::ExportChainSpecCmd),

	/// Check blocks.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block into a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Go back some blocks.
	Revert(sc_cli::RevertCmd),

	/// Remove the database of the chain (and of the relay chain).
	PurgeChain(cumulus_client_cli::PurgeChainCmd),

	/// Print the genesis head, for the registration of the parachain.
	#[command(alias = "export-genesis-state")]
	ExportGenesisHead(cumulus_client_cli::ExportGenesisHeadCommand),

	/// Print the genesis validation code, for the registration of the parachain.
	ExportGenesisWasm(cumulus_client_cli::ExportGenesisWasmCommand),

	/// Measure the machine, blocks, storage, and pallets (of a runtime that has benchmarks: `--runtime`).
	#[command(subcommand)]
	Benchmark(frame_benchmarking_cli::BenchmarkCmd),

	/// Run a runtime's migrations, and every pallet's checks, on the best block's state. Changes nothing.
	TryRuntime(crate::try_runtime::TryRuntimeCmd),

	/// Look after the key shares of a member of key groups, while the node is not running.
	#[command(subcommand)]
	Dcrm(crate::dcrm_cmd::DcrmCmd),

	/// Ask for an address to deposit bitcoin at, which are credited on Fusion.
	LockIn(crate::coins::LockInCmd),

	/// Turn mapped bitcoin into bitcoin.
	LockOut(crate::coins::LockOutCmd),

	/// Show reserves, limits, the key group, and what an account has and has asked for.
	Coins(crate::coins::CoinsCmd),

	/// Serve Ethereum JSON-RPC from a node's Substrate RPC. A running node does this by itself.
	EthRpc(pallet_revive_eth_rpc::cli::CliCommand),
}

/// What Fusion's node takes beside what every node takes.
#[derive(Debug, Clone, clap::Args)]
pub struct FusionParams {
	/// Development node: make a block every so many milliseconds. A block stands for 6,000 milliseconds
	/// of chain time; with a shorter block time the chain's clock runs ahead of the wall's.
	#[arg(long, value_name = "MS", alias = "dev-block-time", conflicts_with = "instant_seal",
		value_parser = clap::value_parser!(u64).range(50..=3_600_000))]
	pub block_time: Option<u64>,

	/// Development node: make a block as soon as there is a transaction, and only then.
	#[arg(long)]
	pub instant_seal: bool,

	/// Don't serve Ethereum JSON-RPC.
	#[arg(long)]
	pub no_eth_rpc: bool,

	/// Port of the Ethereum JSON-RPC (HTTP and WebSocket).
	#[arg(long, value_name = "PORT", default_value_t = 8545)]
	pub eth_rpc_port: u16,

	/// Port of the Ethereum JSON-RPC's own Prometheus metrics.
	#[arg(long, value_name = "PORT", default_value_t = 9617)]
	pub eth_prometheus_port: u16,

	/// Listen for Ethereum JSON-RPC on all interfaces, not only on this machine's own.
	#[arg(long)]
	pub eth_rpc_external: bool,

	/// JSON-RPC of the Bitcoin Core node that this node watches Bitcoin through, as
	/// `http://USER:PASSWORD@HOST:PORT` (or without user and password, with `--bitcoin-cookie`).
	#[arg(long, value_name = "URL")]
	pub bitcoin_rpc: Option<String>,

	/// Cookie file of Bitcoin Core, instead of user and password.
	#[arg(long, value_name = "PATH", requires = "bitcoin_rpc")]
	pub bitcoin_cookie: Option<PathBuf>,

	/// The network that Bitcoin Core is on. Must be the one that the chain maps coins of: with another one
	/// the node says so in its log, and witnesses nothing.
	#[arg(long, value_name = "NETWORK", value_enum, default_value = "regtest")]
	pub bitcoin_network: BitcoinNetwork,

	/// File with the password that key shares are encrypted under. Needed by DCRM members, but for those
	/// of development networks.
	#[arg(long, value_name = "PATH")]
	pub dcrm_password_file: Option<PathBuf>,

	/// For tests of faults: the leader of a signing waits so many milliseconds between its two rounds.
	#[arg(long, value_name = "MS", default_value_t = 0, hide_short_help = true)]
	pub dcrm_round_delay: u64,

	/// File with the secret key (secp256k1, hexadecimal, readable by its owner only) that this node signs triggers of the
	/// calling list with. Its account needs a little FSN; register it with `callingList.setTriggerKey`. Without
	/// it, nodes of development networks use keys that everybody knows, and others send no triggers.
	#[arg(long, value_name = "PATH")]
	pub trigger_key: Option<PathBuf>,

	/// Don't send triggers of the calling list.
	#[arg(long)]
	pub no_triggers: bool,

	/// Feed data feeds: fetch values from the sources that governance names, commit to them and reveal them on chain, in
	/// sessions in which this node keeps the books. A development node always does.
	#[arg(long)]
	pub feeds: bool,

	/// What the operator sets for data feeds (JSON): keys of sources' APIs, sources of one's own, a SOCKS proxy.
	#[arg(long, value_name = "PATH")]
	pub feeds_config: Option<PathBuf>,

	/// Don't measure the machine at the start.
	#[arg(long)]
	pub no_hardware_benchmarks: bool,
}

/// The command line.
#[derive(Debug, Parser)]
#[command(
	propagate_version = true,
	args_conflicts_with_subcommands = true,
	subcommand_negates_reqs = true,
	after_help = "Arguments after `--` are for the relay chain node that a collator has inside.\n\n\
		Examples:\n  \
		fusion-node --dev                       one process, everything on it\n  \
		fusion-node --chain local --alice       one of the four of a local network\n  \
		fusion-node --collator --chain spec.json -- --chain relay.json"
)]
pub struct Cli {
	/// Commands.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// What every parachain node takes.
	#[command(flatten)]
	pub run: cumulus_client_cli::RunCmd,

	/// What is Fusion's own.
	#[command(flatten)]
	pub fusion: FusionParams,

	/// Arguments for the relay chain node.
	#[arg(raw = true)]
	pub relay_chain_args: Vec<String>,
}

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Fusion Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		"Node of Fusion, a parachain for cryptofinance".into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		"https://fusion.org".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn executable_name() -> String {
		"fusion-node".into()
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		crate::chain_spec::load(id)
	}
}

/// The command line of the relay chain node inside a collator.
#[derive(Debug)]
pub struct RelayChainCli {
	/// The relay chain node's own command line.
	pub base: polkadot_cli::RunCmd,
	/// The relay chain, by name.
	pub chain_id: Option<String>,
	/// Where it keeps its data.
	pub base_path: Option<PathBuf>,
}

impl RelayChainCli {
	/// Reads it, with defaults from the parachain's configuration.
	pub fn new<'a>(
		para_config: &sc_service::Configuration,
		relay_chain_args: impl Iterator<Item = &'a String>,
	) -> Self {
		let chain_id = Extensions::try_get(&*para_config.chain_spec)
			.map(|extensions| extensions.relay_chain.clone());
		let base_path = para_config.base_path.path().join("polkadot");
		Self {
			base_path: Some(base_path),
			chain_id,
			base: Parser::parse_from(
				std::iter::once("relay-chain".to_string()).chain(relay_chain_args.cloned()),
			),
		}
	}
}

impl SubstrateCli for RelayChainCli {
	fn impl_name() -> String {
		"Fusion Node (relay chain)".into()
	}

	fn impl_version() -> String {
		Cli::impl_version()
	}

	fn description() -> String {
		"The relay chain node inside a Fusion node".into()
	}

	fn author() -> String {
		Cli::author()
	}

	fn support_url() -> String {
		Cli::support_url()
	}

	fn copyright_start_year() -> i32 {
		Cli::copyright_start_year()
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		polkadot_cli::Cli::from_iter(["relay-chain".to_string()].iter()).load_spec(id)
	}
}

impl DefaultConfigurationValues for RelayChainCli {
	fn p2p_listen_port() -> u16 {
		30334
	}

	fn rpc_listen_port() -> u16 {
		9945
	}

	fn prometheus_listen_port() -> u16 {
		9616
	}
}

impl CliConfiguration<Self> for RelayChainCli {
	fn shared_params(&self) -> &SharedParams {
		self.base.base.shared_params()
	}

	fn import_params(&self) -> Option<&ImportParams> {
		self.base.base.import_params()
	}

	fn network_params(&self) -> Option<&NetworkParams> {
		self.base.base.network_params()
	}

	fn keystore_params(&self) -> Option<&KeystoreParams> {
		self.base.base.keystore_params()
	}

	fn base_path(&self) -> sc_cli::Result<Option<BasePath>> {
		Ok(self.shared_params().base_path()?.or_else(|| self.base_path.clone().map(Into::into)))
	}

	fn database(&self) -> sc_cli::Result<Option<Database>> {
		Ok(self.base.base.database()?.or(Some(Database::ParityDb)))
	}

	fn rpc_addr(&self, default_listen_port: u16) -> sc_cli::Result<Option<Vec<RpcEndpoint>>> {
		self.base.base.rpc_addr(default_listen_port)
	}

	fn prometheus_config(
		&self,
		default_listen_port: u16,
		chain_spec: &Box<dyn sc_service::ChainSpec>,
	) -> sc_cli::Result<Option<PrometheusConfig>> {
		self.base.base.prometheus_config(default_listen_port, chain_spec)
	}

	fn init<F>(
		&self,
		_support_url: &String,
		_impl_version: &String,
		_logger_hook: F,
	) -> sc_cli::Result<()>
	where
		F: FnOnce(&mut sc_cli::LoggerBuilder),
	{
		unreachable!("the relay chain node inside is never initialized by itself; qed")
	}

	fn chain_id(&self, is_dev: bool) -> sc_cli::Result<String> {
		let chain_id = self.base.base.chain_id(is_dev)?;
		Ok(if chain_id.is_empty() { self.chain_id.clone().unwrap_or_default() } else { chain_id })
	}

	fn role(&self, is_dev: bool) -> sc_cli::Result<sc_service::Role> {
		self.base.base.role(is_dev)
	}

	fn transaction_pool(
		&self,
		is_dev: bool,
	) -> sc_cli::Result<sc_service::config::TransactionPoolOptions> {
		self.base.base.transaction_pool(is_dev)
	}

	fn trie_cache_maximum_size(&self) -> sc_cli::Result<Option<usize>> {
		self.base.base.trie_cache_maximum_size()
	}

	fn rpc_methods(&self) -> sc_cli::Result<sc_service::config::RpcMethods> {
		self.base.base.rpc_methods()
	}

	fn rpc_max_connections(&self) -> sc_cli::Result<u32> {
		self.base.base.rpc_max_connections()
	}

	fn rpc_cors(&self, is_dev: bool) -> sc_cli::Result<Option<Vec<String>>> {
		self.base.base.rpc_cors(is_dev)
	}

	fn default_heap_pages(&self) -> sc_cli::Result<Option<u64>> {
		self.base.base.default_heap_pages()
	}

	fn force_authoring(&self) -> sc_cli::Result<bool> {
		self.base.base.force_authoring()
	}

	fn disable_grandpa(&self) -> sc_cli::Result<bool> {
		self.base.base.disable_grandpa()
	}

	fn max_runtime_instances(&self) -> sc_cli::Result<Option<usize>> {
		self.base.base.max_runtime_instances()
	}

	fn announce_block(&self) -> sc_cli::Result<bool> {
		self.base.base.announce_block()
	}

	fn telemetry_endpoints(
		&self,
		chain_spec: &Box<dyn sc_service::ChainSpec>,
	) -> sc_cli::Result<Option<sc_telemetry::TelemetryEndpoints>> {
		self.base.base.telemetry_endpoints(chain_spec)
	}

	fn node_name(&self) -> sc_cli::Result<String> {
		self.base.base.node_name()
	}
}
