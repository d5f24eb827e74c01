//! The command `calling-list`: rows, their history and their costs in a terminal, from the JSON-RPC of a node.
//!
//! - [`Command`]: what can be asked for.
//! - `caller`: how the node is asked.
//! - `text`: tables, amounts and times for people. With `--json` there are none: the answers are printed as they are.
//! - `watch`: what has changed since the last look.

use std::{
	io::{self, Write},
	time::Duration,
};

use clap::{Args, Subcommand};
use fusion_calling_list_primitives::{shown::MAX_LISTED, RowId};
use serde::Serialize;
use serde_json::{json, Value};

mod caller;
mod text;
mod watch;

pub use caller::{Caller, Http};

use crate::json::{Details, Entry, Estimate, Next, Page, Parameters, Row};
use caller::ask;
use watch::{Change, Watched};

/// Most rows that are watched at once.
const MAX_WATCHED: u32 = 1_000;

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// There is no node, or something between it and us.
	#[error("no answer from {url}: {reason}; is a node there, and is this its Substrate RPC (by default port 9944)?")]
	Unreachable {
		/// Where the node was looked for.
		url: String,
		/// What went wrong.
		reason: String,
	},
	/// The URL cannot be used.
	#[error("'{url}' is not the URL of a node (http, https, ws or wss): {reason}")]
	BadUrl {
		/// It.
		url: String,
		/// What is wrong with it.
		reason: String,
	},
	/// The node does not know the calling list.
	#[error("the node has no method {method}: it is none of Fusion's, or an older one")]
	NoMethod {
		/// The method.
		method: String,
	},
	/// The node refused.
	#[error("{method}: {message}")]
	Refused {
		/// The method.
		method: String,
		/// What the node says.
		message: String,
	},
	/// The node says something that is not understood.
	#[error("{method}: the answer is not understood (is the node of another version?): {reason}")]
	Answer {
		/// The method.
		method: String,
		/// What is wrong with the answer.
		reason: serde_json::Error,
	},
	/// There is no such row.
	#[error("there is no row {0}: it never was, or it has been removed")]
	NoRow(RowId),
	/// More rows than can be watched.
	#[error("more than {} rows: name some, or use --owner, --target or --kind", MAX_WATCHED)]
	TooMany,
	/// The output cannot be written.
	#[error("cannot write: {0}")]
	Io(#[from] io::Error),
}

/// Where to ask, and how to answer.
#[derive(Clone, Debug, Args)]
pub struct Access {
	/// JSON-RPC of a node (Substrate's, not Ethereum's).
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9944")]
	pub url: String,

	/// Print JSON: amounts are then in the smallest unit of FSN.
	#[arg(long)]
	pub json: bool,
}

/// Which rows.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
	/// Only rows of this account, or of this contract or wallet (0x...).
	#[arg(long, value_name = "ACCOUNT")]
	pub owner: Option<String>,

	/// Only rows that call this contract.
	#[arg(long, value_name = "ADDRESS")]
	pub target: Option<String>,

	/// Only rows that wait for logs of this contract.
	#[arg(long, value_name = "ADDRESS")]
	pub emitter: Option<String>,

	/// Only rows that wait for this data feed.
	#[arg(long, value_name = "NUMBER")]
	pub feed: Option<u32>,

	/// Only rows that wait for something on this chain: 0 is Bitcoin.
	#[arg(long, value_name = "NUMBER")]
	pub mapped_chain: Option<u8>,

	/// Only rows with this kind of condition: atBlock, atTime, everyBlocks, everySeconds, cron, log, check, feed, deposit,
	/// lockOut.
	#[arg(long, value_name = "KIND")]
	pub kind: Option<String>,
}

impl Filter {
	fn to_json(&self) -> Value {
		let Self { owner, target, emitter, feed, mapped_chain, kind } = self;
		json!({
			"owner": owner, "target": target, "emitter": emitter, "feed": feed, "chain": mapped_chain, "kind": kind,
		})
	}
}

/// What to show of the calling list of a running chain.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
	/// List rows.
	List {
		#[allow(missing_docs)]
		#[clap(flatten)]
		filter: Filter,
		/// Most rows that are listed.
		#[arg(long, value_name = "N", default_value_t = 50,
			value_parser = clap::value_parser!(u32).range(1..))]
		limit: u32,
		/// Only rows with a higher number.
		#[arg(long, value_name = "ROW", default_value_t = 0)]
		after: RowId,
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},

	/// Show a row, why it does not run now, and what became of it lately.
	Show {
		/// Its number.
		#[arg(value_name = "ROW")]
		id: RowId,
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},

	/// List rows that are due, and those that wait for a block or a time, the first first.
	Next {
		/// Most rows that are listed.
		#[arg(long, value_name = "N", default_value_t = 20,
			value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LISTED)))]
		limit: u32,
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},

	/// Print what happens to rows, until it is stopped.
	Watch {
		/// Their numbers. Without any: all that fit the filter, new ones too.
		#[arg(value_name = "ROW")]
		ids: Vec<RowId>,
		#[allow(missing_docs)]
		#[clap(flatten)]
		filter: Filter,
		/// Seconds between one look and the next.
		#[arg(long, value_name = "SECONDS", default_value_t = 6,
			value_parser = clap::value_parser!(u64).range(1..=3_600))]
		interval: u64,
		/// Look so often, and end. 0: until it is stopped.
		#[arg(long, value_name = "N", default_value_t = 0)]
		looks: u32,
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},

	/// Say what a row costs at the present gas price.
	Estimate {
		/// Most gas of a run.
		#[arg(long, value_name = "GAS")]
		gas_limit: u64,
		/// Most FSN that a run may leave as deposit for storage, such as 0.01.
		#[arg(long, value_name = "FSN", default_value = "0", value_parser = text::parse_fsn)]
		storage_limit: u128,
		/// The chain itself sees to it that it runs.
		#[arg(long)]
		guaranteed: bool,
		/// It has a check.
		#[arg(long)]
		check: bool,
		/// Bytes of what the target is called with (4 for a function without arguments).
		#[arg(long, value_name = "BYTES", default_value_t = 4)]
		data_bytes: u32,
		/// How many runs the deposit is to pay for.
		#[arg(long, value_name = "N", default_value_t = 1)]
		runs: u32,
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},

	/// Say how full the list is, and what governance has set.
	Parameters {
		#[allow(missing_docs)]
		#[clap(flatten)]
		access: Access,
	},
}

impl Command {
	fn access(&self) -> &Access {
		match self {
			Self::List { access, .. }
			| Self::Show { access, .. }
			| Self::Next { access, .. }
			| Self::Watch { access, .. }
			| Self::Estimate { access, .. }
			| Self::Parameters { access } => access,
		}
	}
}

/// Does it, and prints to standard output.
pub fn run(command: &Command) -> Result<(), Error> {
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
	let caller = Http::new(&command.access().url)?;
	let done = runtime.block_on(execute(command, &caller, &mut io::stdout()));
	match done {
		// Who reads has seen enough.
		Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
		other => other,
	}
}

/// Does it, and prints to `out`.
pub async fn execute(
	command: &Command,
	caller: &dyn Caller,
	out: &mut dyn Write,
) -> Result<(), Error> {
	let is_json = command.access().json;
	match command {
		Command::List { filter, limit, after, .. } => {
			let page = list(caller, filter, *after, *limit).await?;
			print(out, is_json, &page, || text::page(&page))
		},
		Command::Show { id, .. } => {
			let row = ask::<Option<Details>>(caller, "callingList_row", vec![json!(id)]).await?;
			let row = row.ok_or(Error::NoRow(*id))?;
			let history = history(caller, *id).await?;
			let mut all = serde_json::to_value(&row).unwrap_or_default();
			if let Some(fields) = all.as_object_mut() {
				fields.insert("history".into(), json!(history));
			}
			print(out, is_json, &all, || text::details(&row, &history))
		},
		Command::Next { limit, .. } => {
			let rows: Vec<Next> = ask(caller, "callingList_nextDue", vec![json!(limit)]).await?;
			print(out, is_json, &rows, || text::upcoming(&rows))
		},
		Command::Watch { ids, filter, interval, looks, .. } => {
			let interval = Duration::from_secs(*interval);
			watch_rows(caller, out, is_json, (ids, filter), interval, *looks).await
		},
		Command::Estimate {
			gas_limit, storage_limit, guaranteed, check, data_bytes, runs, ..
		} => {
			let terms = json!({
				"gasLimit": gas_limit,
				"storageLimit": storage_limit.to_string(),
				"tier": if *guaranteed { "guaranteed" } else { "bestEffort" },
				"check": check,
				"dataBytes": data_bytes,
				"runs": runs,
			});
			let told: Estimate = ask(caller, "callingList_estimate", vec![terms]).await?;
			print(out, is_json, &told, || text::estimate(&told))
		},
		Command::Parameters { .. } => {
			let told: Parameters = ask(caller, "callingList_parameters", vec![]).await?;
			print(out, is_json, &told, || text::parameters(&told))
		},
	}
}

fn print(
	out: &mut dyn Write,
	is_json: bool,
	value: &impl Serialize,
	text: impl FnOnce() -> String,
) -> Result<(), Error> {
	if is_json {
		let json = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
		writeln!(out, "{json}")?;
	} else {
		write!(out, "{}", text())?;
	}
	out.flush()?;
	Ok(())
}

/// Rows, from as many pages as it takes.
async fn list(
	caller: &dyn Caller,
	filter: &Filter,
	after: RowId,
	limit: u32,
) -> Result<Page, Error> {
	let limit = usize::try_from(limit).unwrap_or(usize::MAX);
	let mut found = Page { rows: Vec::new(), next: Some(after) };
	while let (Some(after), true) = (found.next, found.rows.len() < limit) {
		let left = limit.saturating_sub(found.rows.len());
		let of_page = u32::try_from(left).unwrap_or(MAX_LISTED).min(MAX_LISTED);
		let params = vec![filter.to_json(), json!(after), json!(of_page)];
		let page: Page = ask(caller, "callingList_rows", params).await?;
		found.rows.extend(page.rows);
		found.next = page.next;
	}
	Ok(found)
}

async fn history(caller: &dyn Caller, id: RowId) -> Result<Vec<Entry>, Error> {
	let told: Option<Vec<Entry>> = ask(caller, "callingList_history", vec![json!(id)]).await?;
	Ok(told.unwrap_or_default())
}

async fn watch_rows(
	caller: &dyn Caller,
	out: &mut dyn Write,
	is_json: bool,
	(ids, filter): (&[RowId], &Filter),
	interval: Duration,
	looks: u32,
) -> Result<(), Error> {
	let mut watched = Watched::default();
	let mut looked: u32 = 0;
	loop {
		match look(caller, ids, filter, &mut watched).await {
			Ok(changes) => {
				for change in changes {
					if is_json {
						let json = serde_json::to_string(&change).map_err(io::Error::from)?;
						writeln!(out, "{json}")?;
					} else {
						writeln!(out, "{}", text::change(&change))?;
					}
				}
				out.flush()?;
			},
			// The node may come back, unless it was never there.
			Err(error @ Error::Unreachable { .. }) if looked > 0 => eprintln!("{error}"),
			Err(error) => return Err(error),
		}
		looked = looked.saturating_add(1);
		if looks > 0 && looked >= looks {
			return Ok(());
		}
		tokio::time::sleep(interval).await;
	}
}

/// One look at the rows that are watched.
async fn look(
	caller: &dyn Caller,
	ids: &[RowId],
	filter: &Filter,
	watched: &mut Watched,
) -> Result<Vec<Change>, Error> {
	let mut rows: Vec<Row> = Vec::new();
	if ids.is_empty() {
		let page = list(caller, filter, 0, MAX_WATCHED).await?;
		if page.next.is_some() {
			return Err(Error::TooMany);
		}
		rows = page.rows;
	}
	for id in ids {
		let row = ask::<Option<Details>>(caller, "callingList_row", vec![json!(id)]).await?;
		match row {
			Some(row) => rows.push(row.row),
			None if !watched.knows(*id) => return Err(Error::NoRow(*id)),
			None => {},
		}
	}
	let mut histories = Vec::new();
	for row in rows {
		// What happens to a row nearly always changes it. So this is asked for few.
		let told = if watched.has(&row) { None } else { Some(history(caller, row.id).await?) };
		histories.push((row, told));
	}
	Ok(watched.update(histories))
}
