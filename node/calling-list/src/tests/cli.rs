//! The command, from its arguments to what it prints.

use std::sync::{
	atomic::{AtomicU32, Ordering},
	Arc,
};

use async_trait::async_trait;
use clap::Parser;
use fusion_calling_list_primitives::{At, Entry, Reason, RowState};
use jsonrpsee::{core::server::MethodsError, server::Server, RpcModule};
use serde_json::Value;

use super::{list, Shown, FSN};
use crate::{
	cli::{execute, Caller, Command, Error, Http},
	rpc::{module, State},
};

/// As `fusion-node` has it among its commands.
#[derive(Debug, Parser)]
struct Program {
	#[command(subcommand)]
	command: Command,
}

/// The methods without a server. After each call, something may happen.
struct Direct<'a> {
	methods: RpcModule<Arc<dyn State>>,
	happens: &'a (dyn Fn(&str) + Sync),
}

#[async_trait]
impl Caller for Direct<'_> {
	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, Error> {
		let answer = self.methods.call(method, params).await;
		(self.happens)(method);
		answer.map_err(|error| match error {
			MethodsError::JsonRpc(error) => {
				Error::Refused { method: method.into(), message: error.message().into() }
			},
			other => panic!("{method}: {other}"),
		})
	}
}

async fn print_while(
	shown: &Shown,
	arguments: &str,
	happens: &(dyn Fn(&str) + Sync),
) -> Result<String, Error> {
	let words = ["calling-list"].into_iter().chain(arguments.split_whitespace());
	let program = Program::try_parse_from(words).unwrap();
	let caller = Direct { methods: module(shown.clone()).unwrap(), happens };
	let mut out = Vec::new();
	execute(&program.command, &caller, &mut out).await?;
	Ok(String::from_utf8(out).unwrap())
}

async fn print(shown: &Shown, arguments: &str) -> Result<String, Error> {
	print_while(shown, arguments, &|_| {}).await
}

#[tokio::test]
async fn rows_should_be_a_table() {
	let text = print(&list(), "list --limit 4").await.unwrap();
	let lines: Vec<_> = text.lines().collect();
	let columns = |line: &str| line.split("  ").filter(|cell| !cell.is_empty()).count();
	assert_eq!(lines.len(), 6, "{text}");
	assert!(lines[0].starts_with("ROW  STATE"), "{text}");
	assert!(lines[1].contains("waits for block 20"), "{text}");
	assert!(lines[2].contains("due since block 17") && lines[2].contains("cron 30 9 1 * *"));
	assert!(lines[3].contains("log 0x070707..0707 of 0x0b0b0b..0b0b"), "{text}");
	assert!(lines[4].contains("paused: depositTooLow"), "{text}");
	assert!(lines[1..5].iter().all(|line| columns(line) == 8), "{text}");
	assert_eq!(lines[5], "more: --after 5");
	assert_eq!(print(&list(), "list --after 9").await.unwrap(), "no rows\n");
}

#[tokio::test]
async fn rows_should_be_those_of_all_pages() {
	let shown = list();
	shown.change(|list| list.page = Some(1));
	let text = print(&shown, "list --json --kind check").await.unwrap();
	let page: Value = serde_json::from_str(&text).unwrap();
	assert_eq!(page["rows"].as_array().unwrap().len(), 1);
	assert_eq!((&page["rows"][0]["id"], &page["next"]), (&5.into(), &Value::Null));
	let text = print(&shown, "list").await.unwrap();
	assert_eq!(text.lines().count(), 6, "{text}");
}

#[tokio::test]
async fn row_should_be_shown_with_its_history() {
	let text = print(&list(), "show 2").await.unwrap();
	for line in [
		"target                  0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
		"condition               cron 30 9 1 * *",
		"runs now                yes, by the next trigger",
		"deposit                 1 FSN",
		"runs                    0 of 12",
		"highest gas price       1000 gwei",
		"expires                 never",
		"11     ran            1",
	] {
		assert!(text.lines().any(|found| found == line), "no line '{line}' in:\n{text}");
	}
	let text = print(&list(), "show 1").await.unwrap();
	assert!(text.contains("no: notDue") && text.contains("nothing has happened"), "{text}");
	let json: Value =
		serde_json::from_str(&print(&list(), "show 2 --json").await.unwrap()).unwrap();
	assert_eq!((&json["id"], &json["history"][0]["reason"]), (&2.into(), &"ran".into()));
	let error = print(&list(), "show 3").await.unwrap_err();
	assert_eq!(error.to_string(), "there is no row 3: it never was, or it has been removed");
}

#[tokio::test]
async fn next_rows_and_costs_and_parameters_should_be_printed() {
	let text = print(&list(), "next --limit 1").await.unwrap();
	assert!(text.contains("2026-11-27 00:56:55 UTC  1    waits for block 20"), "{text}");
	let terms = "estimate --gas-limit 1000 --storage-limit 0.5 --runs 2 --data-bytes 8";
	let text = print(&list(), terms).await.unwrap();
	assert!(text.contains("storage               0.5 FSN"), "{text}");
	assert!(text.contains("deposit for the runs  1.000000000000002016 FSN (2 runs)"), "{text}");
	assert!(!text.contains("refused"), "{text}");
	let text = print(&list(), "estimate --gas-limit 0 --guaranteed --check").await.unwrap();
	assert!(text.contains("such a row is refused: a gas limit of 0"), "{text}");
	let text = print(&list(), "parameters").await.unwrap();
	assert!(text.contains("gas that is guaranteed    99000000 of 100000000"), "{text}");
	assert!(text.contains("reward of the sender      20%"), "{text}");
}

#[tokio::test]
async fn changes_should_be_printed_when_rows_are_watched() {
	let shown = list();
	let asked = AtomicU32::new(0);
	// When the first look is over, row 2 runs, 5 is topped up, and 1 is cancelled.
	let happens = |method: &str| {
		if method != "callingList_history" || asked.fetch_add(1, Ordering::SeqCst) != 4 {
			return;
		}
		shown.change(|list| {
			list.history.push((2, Entry { block: 18, reason: Reason::Ran, count: 3 }));
			list.rows[1].runs = 1;
			list.rows[1].deposit -= FSN / 4;
			list.rows[1].state = RowState::Waiting { at: At::block(30) };
			list.rows[3].deposit += FSN;
			list.rows.remove(0);
			list.asked = 0;
		});
	};
	let text = print_while(&shown, "watch --interval 1 --looks 2", &happens).await.unwrap();
	let lines: Vec<_> = text.lines().collect();
	assert_eq!(
		lines[5..],
		[
			"row 2: ran in block 18 (3 times)",
			"row 2: has paid 0.25 FSN, is left with 0.75 FSN",
			"row 2: waits for block 30",
			"row 5: deposit is 1 FSN more, 2 FSN",
			"row 1: removed",
		],
		"{text}"
	);
	assert!(lines[0].starts_with("row 1: waits for block 20, at block 20, calls 0xc0c0"), "{text}");
	// Those that did not change were not asked for again.
	assert_eq!(shown.change(|list| list.asked), 2);
}

#[tokio::test]
async fn rows_should_be_watched_by_number() {
	let shown = list();
	let text = print(&shown, "watch 2 9 --looks 1 --json").await.unwrap();
	let seen: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
	assert_eq!(seen.len(), 2);
	assert_eq!((&seen[0]["change"], &seen[0]["row"]["id"]), (&"seen".into(), &2.into()));
	let error = print(&shown, "watch 2 3 --looks 1").await.unwrap_err();
	assert!(error.to_string().contains("there is no row 3"), "{error}");
}

#[tokio::test]
async fn reason_should_be_given_when_the_node_refuses() {
	let error = print(&list(), "list --owner me").await.unwrap_err().to_string();
	assert!(error.starts_with("callingList_rows: owner: 'me' is neither"), "{error}");
}

#[test]
fn arguments_should_be_refused_when_they_make_no_sense() {
	for arguments in [
		"show",
		"show two",
		"list --limit 0",
		"estimate",
		"estimate --gas-limit -1",
		"estimate --gas-limit 1 --storage-limit 1,5",
		"next --limit 0",
		"next --limit 257",
		"watch --interval 0",
	] {
		let words = ["calling-list"].into_iter().chain(arguments.split_whitespace());
		assert!(Program::try_parse_from(words).is_err(), "{arguments}");
	}
}

#[tokio::test]
async fn node_should_be_asked_over_http() {
	let server = Server::builder().build("127.0.0.1:0").await.unwrap();
	let address = server.local_addr().unwrap();
	let handle = server.start(module(list()).unwrap());
	let caller = Http::new(&format!("ws://{address}")).unwrap();
	let program = Program::try_parse_from(["calling-list", "show", "2"]).unwrap();
	let mut out = Vec::new();
	execute(&program.command, &caller, &mut out).await.unwrap();
	assert_eq!(String::from_utf8(out).unwrap(), print(&list(), "show 2").await.unwrap());
	let refused = caller.call("callingList_row", vec!["two".into()]).await.unwrap_err();
	assert!(refused.to_string().starts_with("callingList_row: row: invalid type"), "{refused}");
	let unknown = caller.call("dcrm_groups", vec![]).await.unwrap_err();
	assert!(matches!(unknown, Error::NoMethod { .. }), "{unknown}");
	handle.stop().unwrap();
	handle.stopped().await;
	let gone = caller.call("callingList_parameters", vec![]).await.unwrap_err();
	assert!(matches!(gone, Error::Unreachable { .. }), "{gone}");
	assert!(matches!(Http::new("localhost"), Err(Error::BadUrl { .. })));
	assert!(matches!(Http::new("ftp://localhost"), Err(Error::BadUrl { .. })));
}
