//! JSON-RPC.

use fusion_calling_list_primitives::{feed::FeedRule, foreign::ForeignEvent, Condition};
use jsonrpsee::{core::server::MethodsError, RpcModule};
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_runtime::AccountId32;
use std::sync::Arc;

use super::{account_of, list, row, CONTRACT};
use crate::rpc::{module, State};

async fn ask(methods: &RpcModule<Arc<dyn State>>, method: &str, params: Value) -> Value {
	let params = params.as_array().unwrap().clone();
	methods.call(method, params).await.unwrap()
}

async fn refused(methods: &RpcModule<Arc<dyn State>>, method: &str, params: Value) -> String {
	let params = params.as_array().unwrap().clone();
	match methods.call::<_, Value>(method, params).await {
		Err(MethodsError::JsonRpc(error)) => error.message().to_owned(),
		other => panic!("{method} has answered {other:?}"),
	}
}

fn ids(page: &Value) -> Vec<u64> {
	let rows = page["rows"].as_array().unwrap();
	rows.iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn rows_should_be_told_as_asked() {
	let methods = module(list()).unwrap();
	let owner = account_of(CONTRACT).to_ss58check();
	let contract = format!("0x{}", "c0".repeat(20));
	let emitter = format!("0x{}", "0b".repeat(20));
	let other = format!("0x{}", "09".repeat(32));
	for (params, expected) in [
		(json!([]), vec![1, 2, 4, 5, 9]),
		(json!([null, 4]), vec![5, 9]),
		(json!([{ "owner": owner }]), vec![1, 2, 4, 5]),
		(json!([{ "owner": contract }]), vec![1, 2, 4, 5]),
		(json!([{ "owner": other }]), vec![9]),
		(json!([{ "target": contract }]), vec![1, 2, 4, 5, 9]),
		(json!([{ "target": emitter }]), vec![]),
		(json!([{ "emitter": emitter }]), vec![4]),
		(json!([{ "kind": "cron" }]), vec![2]),
		(json!([{ "owner": contract, "kind": "everySeconds" }]), vec![]),
		(json!([{ "target": contract, "kind": "check", "owner": null }]), vec![5]),
	] {
		let page = ask(&methods, "callingList_rows", params.clone()).await;
		assert_eq!((ids(&page), &page["next"]), (expected, &Value::Null), "{params}");
	}
	let page = ask(&methods, "callingList_rows", json!([{}, 0, 2])).await;
	assert_eq!((ids(&page), &page["next"]), (vec![1, 2], &json!(2)));
	let page = ask(&methods, "callingList_rows", json!([{}, 2, 3])).await;
	assert_eq!((ids(&page), &page["next"]), (vec![4, 5, 9], &Value::Null));
}

#[tokio::test]
async fn row_should_be_told_in_full() {
	let methods = module(list()).unwrap();
	let row = ask(&methods, "callingList_row", json!([2])).await;
	let contract = format!("0x{}", "c0".repeat(20));
	assert_eq!(
		row,
		json!({
			"id": 2,
			"owner": account_of(CONTRACT).to_ss58check(),
			"ownerAddress": contract,
			"target": contract,
			"data": "0x01020304",
			"condition": { "kind": "cron", "expression": "30 9 1 * *" },
			"terms": {
				"gasLimit": 100_000, "storageLimit": "10000000000000000", "maxGasPrice": "1000000000000",
				"expiresAt": null, "maxRuns": 12, "tier": "bestEffort", "missed": "once", "retries": 3,
				"backoff": 10, "afterFailure": "goOn",
			},
			"state": "due", "waitsFor": null, "dueSince": 17, "deadline": 67, "pausedBecause": null,
			"deposit": "1000000000000000000", "runs": 0, "failures": 0, "whyNot": null,
		})
	);
	let row = ask(&methods, "callingList_row", json!([1])).await;
	assert_eq!((&row["waitsFor"], &row["whyNot"]), (&json!({ "block": 20 }), &json!("notDue")));
	assert_eq!(row["condition"], json!({ "kind": "atBlock", "block": 20 }));
	let row = ask(&methods, "callingList_row", json!([4])).await;
	let (emitter, topic0) = (format!("0x{}", "0b".repeat(20)), format!("0x{}", "07".repeat(32)));
	assert_eq!(row["condition"], json!({ "kind": "log", "emitter": emitter, "topic0": topic0 }));
	assert_eq!(row["state"], json!("listening"));
	let row = ask(&methods, "callingList_row", json!([5])).await;
	assert_eq!((&row["state"], &row["pausedBecause"]), (&json!("paused"), &json!("depositTooLow")));
	assert_eq!(row["condition"], json!({ "kind": "check", "checker": emitter, "every": 10 }));
	let row = ask(&methods, "callingList_row", json!([9])).await;
	assert_eq!(row["ownerAddress"], Value::Null);
	assert_eq!(row["owner"], json!(AccountId32::from([9; 32]).to_ss58check()));
	let every = json!({ "kind": "everySeconds", "first": 1_795_741_014_u64, "every": 3_600 });
	assert_eq!(row["condition"], every);
	assert_eq!(ask(&methods, "callingList_row", json!([3])).await, Value::Null);
}

#[tokio::test]
async fn history_should_be_told_of_rows_that_there_are() {
	let methods = module(list()).unwrap();
	let history = ask(&methods, "callingList_history", json!([2])).await;
	assert_eq!(history, json!([{ "block": 11, "reason": "ran", "count": 1 }]));
	assert_eq!(ask(&methods, "callingList_history", json!([1])).await, json!([]));
	assert_eq!(ask(&methods, "callingList_history", json!([3])).await, Value::Null);
}

#[tokio::test]
async fn next_rows_should_be_told_with_their_times() {
	let methods = module(list()).unwrap();
	let next = ask(&methods, "callingList_nextDue", json!([])).await;
	assert_eq!((&next[0]["id"], &next[0]["expected"]), (&json!(1), &json!(1_795_741_015_u64)));
	assert_eq!(next.as_array().unwrap().len(), 2);
	let next = ask(&methods, "callingList_nextDue", json!([1])).await;
	assert_eq!(next.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn cost_should_be_told_for_so_many_runs() {
	let methods = module(list()).unwrap();
	let terms = json!([{ "gasLimit": 1_000, "storageLimit": "10", "dataBytes": 4, "runs": 2 }]);
	assert_eq!(
		ask(&methods, "callingList_estimate", terms).await,
		json!({
			"gasPrice": "1000000000", "execution": "1000", "reward": "5", "premium": "0",
			"storageLimit": "10", "runCost": "1015", "upkeep": "3", "runs": 2, "deposit": "2036",
			"stored": "1004", "total": "3040", "refusedBecause": null,
		})
	);
	let checked = json!([{ "gasLimit": 1_000, "storageLimit": "0xa", "check": true }]);
	let told = ask(&methods, "callingList_estimate", checked).await;
	assert_eq!((&told["execution"], &told["storageLimit"]), (&json!("2000"), &json!("10")));
	assert_eq!((&told["runs"], &told["stored"]), (&json!(1), &json!("1000")));
}

#[tokio::test]
async fn cost_should_say_why_a_row_would_be_refused() {
	let methods = module(list()).unwrap();
	let guaranteed = |gas: u64| json!([{ "gasLimit": gas, "tier": "guaranteed" }]);
	for (terms, expected) in [
		(json!([{ "gasLimit": 0 }]), "a gas limit of 0 is too low"),
		(json!([{ "gasLimit": 3_000_001 }]), "above 3000000, the most of a run"),
		(json!([{ "gasLimit": 1, "dataBytes": 1_025 }]), "1025 bytes of data are more than 1024"),
		(guaranteed(2_000_001), "more than the chain can guarantee"),
		(guaranteed(1_000_001), "99000000 gas of 100000000 at most: there is no room for 1000001"),
	] {
		let told = ask(&methods, "callingList_estimate", terms).await;
		let reason = told["refusedBecause"].as_str().unwrap();
		assert!(reason.contains(expected), "{reason}");
	}
	let told = ask(&methods, "callingList_estimate", guaranteed(1_000_000)).await;
	assert_eq!(told["refusedBecause"], Value::Null);
}

#[tokio::test]
async fn parameters_should_be_told() {
	let methods = module(list()).unwrap();
	let told = ask(&methods, "callingList_parameters", json!([])).await;
	assert_eq!((&told["rows"], &told["lastRow"]), (&json!(5), &json!(9)));
	assert_eq!((&told["reward"], &told["premium"]), (&json!(0.2), &json!(0.25)));
	assert_eq!((&told["load"], &told["maxLoad"]), (&json!(99_000_000), &json!(100_000_000)));
	assert_eq!(told["deposits"], json!("5000000000000000000"));
}

#[tokio::test]
async fn reason_should_be_given_when_a_question_is_malformed() {
	let methods = module(list()).unwrap();
	for (method, params, expected) in [
		("rows", json!([{ "owner": "me" }]), "'me' is neither an account"),
		("rows", json!([{ "owner": "0x12" }]), "neither 20 bytes"),
		("rows", json!([{ "owner": "0xzz" }]), "not hexadecimal"),
		("rows", json!([{ "target": "0x12" }]), "target: '0x12' is no address"),
		("rows", json!([{ "emitter": 5 }]), "filter: invalid type"),
		("rows", json!([{ "kind": "moon" }]), "'moon' is none of atBlock, atTime,"),
		("rows", json!([{ "colour": "red" }]), "unknown field `colour`"),
		("rows", json!([{}, -1]), "after: invalid value"),
		("rows", json!([{}, 0, 0]), "limit is 0, and has to be from 1 to 256"),
		("rows", json!([{}, 0, 257]), "limit is 257"),
		("rows", json!([{}, 0, 1, "more"]), "a parameter too many: \"more\""),
		("row", json!([]), "the parameter 'row' is missing"),
		("row", json!(["two"]), "row: invalid type"),
		("row", json!([1, 2]), "a parameter too many"),
		("history", json!([null]), "the parameter 'row' is missing"),
		("nextDue", json!([0]), "limit is 0"),
		("estimate", json!([]), "the parameter 'terms' is missing"),
		("estimate", json!([{}]), "missing field `gasLimit`"),
		("estimate", json!([{ "gasLimit": 1, "tier": "best" }]), "tier is 'best'"),
		("estimate", json!([{ "gasLimit": 1, "storageLimit": "1.5" }]), "'1.5' is no amount"),
		("parameters", json!([1]), "a parameter too many"),
	] {
		let text = refused(&methods, &format!("callingList_{method}"), params.clone()).await;
		assert!(text.contains(expected), "{method} {params}: {text}");
	}
	let mut by_name = jsonrpsee::core::params::ObjectParams::new();
	by_name.insert("row", 2).unwrap();
	let answer: Result<Value, _> = methods.call("callingList_row", by_name).await;
	assert!(answer.unwrap_err().to_string().contains("have to be an array"));
}

#[tokio::test]
async fn reason_should_be_given_when_the_runtime_fails() {
	let shown = list();
	let methods = module(shown.clone()).unwrap();
	shown.change(|list| list.is_broken = true);
	for (method, params) in [
		("rows", json!([])),
		("row", json!([1])),
		("history", json!([1])),
		("nextDue", json!([])),
		("estimate", json!([{ "gasLimit": 1 }])),
		("parameters", json!([])),
	] {
		let text = refused(&methods, &format!("callingList_{method}"), params).await;
		assert!(text.starts_with("the runtime's calling list API failed: "), "{text}");
	}
}

#[tokio::test]
async fn rows_for_feeds_and_other_chains_should_be_told() {
	let shown = list();
	shown.change(|list| {
		list.rows.push(row(10, Condition::Feed { feed: 3, rule: FeedRule::AtMost(-5) }));
		list.rows.push(row(11, Condition::Feed { feed: 4, rule: FeedRule::Each }));
		let event = ForeignEvent::Deposit { index: 7, least: 1_000 };
		list.rows.push(row(12, Condition::Foreign { chain: 0, event }));
		let event = ForeignEvent::LockOut { intent: 8 };
		list.rows.push(row(13, Condition::Foreign { chain: 1, event }));
	});
	let methods = module(shown).unwrap();
	for (filter, expected, condition) in [
		(
			json!({ "feed": 3 }),
			10,
			json!({ "kind": "feed", "feed": 3, "rule": "atMost", "value": "-5" }),
		),
		(
			json!({ "kind": "feed", "feed": 4 }),
			11,
			json!({ "kind": "feed", "feed": 4, "rule": "each", "value": null }),
		),
		(
			json!({ "chain": 0 }),
			12,
			json!({ "kind": "deposit", "chain": 0, "index": 7, "least": "1000" }),
		),
		(json!({ "kind": "lockOut" }), 13, json!({ "kind": "lockOut", "chain": 1, "intent": 8 })),
	] {
		let page = ask(&methods, "callingList_rows", json!([filter])).await;
		assert_eq!(ids(&page), vec![expected]);
		assert_eq!(page["rows"][0]["condition"], condition);
	}
}
