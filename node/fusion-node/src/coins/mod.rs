//! Coins of other chains, for those who own them: the commands `lock-in`, `lock-out` and `coins`.
//!
//! Each is a client of a running node, over its JSON-RPC. It needs no database, and the secret that it signs with goes
//! to nobody.
//!
//! ```text
//!  lock_in, lock_out ──▶ checks       what the chain would refuse, said with the numbers that matter
//!          │        └──▶ transaction  tried out by the node, signed here, sent, followed into a block
//!          └──────────▶ follow        a lock-out, until it is paid
//!  status ─────────────▶ state        what the chain keeps, read by the runtime's own types
//!  all of them ────────▶ chain        JSON-RPC; refuses a chain that runs another runtime
//! ```
//!
//! What it signs and reads is made of the runtime's types, as this program was built with them. So it works with chains
//! that run the same version of it, and refuses others.

use std::future::Future;

use fusion_asset_mapping_primitives::{Amount, DepositIndex, IntentId, OutPoint};
use fusion_runtime::{AccountId, Hash};

use error::Failure;
use key::KeyParams;

mod address;
mod amount;
mod chain;
mod checks;
mod error;
mod explain;
mod follow;
mod key;
mod lock_in;
mod lock_out;
mod report;
mod state;
mod status;
mod table;
mod time;
mod transaction;

/// Most hours until the deadline of a lock-in: a year.
const MAX_DEADLINE_HOURS: u64 = 365 * 24;

/// Which node is asked, and how it is told.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeParams {
	/// RPC of a node. It is believed: use one of your own.
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	pub url: String,

	/// Hash of the first block of the chain that is meant. Nothing is done on another one.
	#[arg(long, value_name = "HASH")]
	pub genesis: Option<Hash>,

	/// Print JSON, one object a line. Amounts of bitcoin are in satoshi then, and of FSN in the smallest unit.
	#[arg(long)]
	pub json: bool,
}

/// `lock-in`
#[derive(Debug, Clone, clap::Args)]
pub struct LockInCmd {
	/// Bitcoin address that coins go back to which cannot be credited: what comes after the deadline, or is too much.
	#[arg(long, value_name = "ADDRESS")]
	pub refund_address: String,

	/// For how many hours deposits are credited. Later ones are paid back.
	#[arg(long, value_name = "N", default_value_t = 24,
		value_parser = clap::value_parser!(u64).range(1..=MAX_DEADLINE_HOURS))]
	pub deadline_hours: u64,

	/// Don't wait until the block is final. What is in a block that is not final may be undone: send no bitcoin before it
	/// is.
	#[arg(long)]
	pub no_wait: bool,

	#[allow(missing_docs)]
	#[command(flatten)]
	pub key: KeyParams,

	#[allow(missing_docs)]
	#[command(flatten)]
	pub node: NodeParams,
}

/// `lock-out`
#[derive(Debug, Clone, clap::Args)]
pub struct LockOutCmd {
	/// How much, in bitcoin, with up to 8 decimal places. The fee is taken out of it.
	#[arg(long, value_name = "BTC", value_parser = amount::parse_bitcoin)]
	pub amount: Amount,

	/// Bitcoin address that it is paid to.
	#[arg(long, value_name = "ADDRESS")]
	pub to: String,

	/// The most that the fee may be, in satoshi. `fusion-node coins` shows what it would be now.
	#[arg(long, value_name = "SAT", value_parser = amount::parse_satoshi)]
	pub max_fee: Amount,

	/// Stay, and print what becomes of it until it is paid.
	#[arg(long, conflicts_with = "no_wait")]
	pub wait: bool,

	/// Don't wait until the block is final.
	#[arg(long)]
	pub no_wait: bool,

	#[allow(missing_docs)]
	#[command(flatten)]
	pub key: KeyParams,

	#[allow(missing_docs)]
	#[command(flatten)]
	pub node: NodeParams,
}

/// `coins`
#[derive(Debug, Clone, clap::Args)]
pub struct CoinsCmd {
	/// What this account has, and its lock-ins and lock-outs: SS58, or an Ethereum address.
	#[arg(long, value_name = "ACCOUNT", value_parser = address::parse_account)]
	pub account: Option<AccountId>,

	/// The lock-in with this number.
	#[arg(long, value_name = "N")]
	pub lock_in: Option<DepositIndex>,

	/// The lock-out with this number.
	#[arg(long, value_name = "N")]
	pub lock_out: Option<IntentId>,

	/// The deposit in this output of a Bitcoin transaction.
	#[arg(long, value_name = "TXID:VOUT", value_parser = address::parse_outpoint)]
	pub deposit: Option<OutPoint>,

	#[allow(missing_docs)]
	#[command(flatten)]
	pub node: NodeParams,
}

impl LockInCmd {
	/// Does it.
	pub fn run(&self) -> sc_cli::Result<()> {
		run(lock_in::run(self))
	}
}

impl LockOutCmd {
	/// Does it.
	pub fn run(&self) -> sc_cli::Result<()> {
		run(lock_out::run(self))
	}
}

impl CoinsCmd {
	/// Does it.
	pub fn run(&self) -> sc_cli::Result<()> {
		run(status::run(self))
	}
}

/// Runs it to its end. A failure is told in one sentence on the standard error, and the process ends with 1: what the
/// SDK's commands do with errors is for programmers.
fn run(command: impl Future<Output = Result<(), Failure>>) -> sc_cli::Result<()> {
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
	let result = runtime.block_on(command);
	// The connection is let go.
	drop(runtime);
	if let Err(failure) = result {
		eprintln!("error: {}", one_line(&failure.to_string()));
		std::process::exit(1);
	}
	Ok(())
}

/// A message without line breaks and other characters that steer a terminal: parts of it may come from a node.
fn one_line(text: &str) -> String {
	text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Prints a value as JSON, on one line: what follows is on lines of its own.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
	let text = serde_json::to_string(value)
		.map_err(|error| Failure::Nothing(format!("it cannot be written as JSON: {error}")))?;
	println!("{text}");
	Ok(())
}

/// Says that a secret on the command line is for development.
fn warn_of_exposure(key: &KeyParams) {
	if key.is_exposed() {
		eprintln!(
			"warning: a secret on the command line (`--suri`) can be read by other programs of this machine: for \
			 development only. Use `--key-file` or `--key-stdin` where money is at stake"
		);
	}
}

#[cfg(test)]
mod tests {
	use clap::{CommandFactory, Parser};

	use crate::cli::{Cli, Subcommand};

	fn parse(arguments: &[&str]) -> Result<Cli, String> {
		Cli::try_parse_from([&["fusion-node"][..], arguments].concat())
			.map_err(|error| error.to_string())
	}

	#[test]
	fn messages_cannot_steer_the_terminal() {
		assert_eq!(super::one_line("a\nb\u{1b}[31mc\r„d“"), "a b [31mc „d“");
	}

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn a_lock_out_is_read_to_the_satoshi() {
		let line =
			["lock-out", "--amount", "0.4", "--to", "x", "--max-fee", "9000", "--suri", "//Alice"];
		let Ok(Cli { subcommand: Some(Subcommand::LockOut(cmd)), .. }) = parse(&line) else {
			panic!("it is a lock-out")
		};
		assert_eq!((cmd.amount, cmd.max_fee), (40_000_000, 9_000));
		assert_eq!(cmd.node.url, "ws://127.0.0.1:9944");
		assert!(!format!("{cmd:?}").contains("Alice"));
	}

	#[test]
	fn amounts_that_are_none_are_refused_with_the_reason() {
		for (amount, fee, reason) in [
			("1e3", "9000", "is not an amount of bitcoin"),
			("0.000000001", "9000", "more than 8 decimal places"),
			("-1", "9000", "--amount"),
			("0.4", "0.0001", "not a number of satoshi"),
		] {
			let line =
				["lock-out", "--amount", amount, "--to", "x", "--max-fee", fee, "--key-stdin"];
			let Err(error) = parse(&line) else { panic!("{amount} {fee} is taken") };
			assert!(error.contains(reason), "{error}");
		}
	}

	#[test]
	fn a_secret_comes_from_one_place() {
		let lock_in =
			|more: &[&str]| parse(&[&["lock-in", "--refund-address", "x"][..], more].concat());
		assert!(lock_in(&["--key-file", "key"]).is_ok());
		assert!(lock_in(&["--key-stdin", "--scheme", "ethereum"]).is_ok());
		assert!(lock_in(&[]).is_err());
		assert!(lock_in(&["--key-stdin", "--suri", "//Alice"]).is_err());
		assert!(lock_in(&["--key-stdin", "--deadline-hours", "0"]).is_err());
	}

	#[test]
	fn accounts_and_outputs_are_checked_at_once() {
		assert!(parse(&["coins"]).is_ok());
		assert!(
			parse(&["coins", "--account", "0xf24ff3a9cf04c71dbc94d0b566f7a27b94566cac"]).is_ok()
		);
		for line in [["coins", "--account", "Alice"], ["coins", "--deposit", "00:1"]] {
			assert!(parse(&line).is_err());
		}
	}
}
