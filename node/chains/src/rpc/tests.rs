use super::*;
use std::{
	io::{Read, Write},
	net::TcpListener,
	sync::mpsc,
	thread::JoinHandle,
};

/// A server that gives these answers (status and body), one a connection, and tells what it was asked.
/// `ID` in a body becomes the id of the request.
struct Server {
	url: String,
	asked: mpsc::Receiver<(String, Value)>,
	thread: JoinHandle<()>,
}

impl Server {
	fn new(answers: Vec<(u16, String)>) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").unwrap();
		let url = format!("http://{}", listener.local_addr().unwrap());
		let (tell, asked) = mpsc::channel();
		let thread = std::thread::spawn(move || {
			for (status, body) in answers {
				let (mut stream, _) = listener.accept().unwrap();
				let mut text = String::new();
				let mut buffer = [0; 4096];
				let (head, request) = loop {
					let count = stream.read(&mut buffer).unwrap();
					text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
					let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
					if let Ok(request) = serde_json::from_str::<Value>(body) {
						break (head.to_string(), request);
					}
				};
				let body = body.replace("ID", &request["id"].to_string());
				tell.send((head, request)).unwrap();
				let head = format!("HTTP/1.1 {status} Fine\r\nContent-Length: {}\r\n", body.len());
				write!(stream, "{head}Content-Type: application/json\r\n\r\n{body}").unwrap();
			}
		});
		Self { url, asked, thread }
	}

	fn client(&self) -> BitcoinCore {
		let auth = Auth::Password { user: "alice".into(), password: "secret".into() };
		BitcoinCore::new(&self.url, auth, Duration::from_secs(5))
	}

	/// What was asked: method and parameters.
	fn asked(self) -> Vec<(String, Value)> {
		self.thread.join().unwrap();
		let calls = self.asked.iter();
		calls.map(|(_, r)| (r["method"].as_str().unwrap().into(), r["params"].clone())).collect()
	}
}

fn result(value: Value) -> (u16, String) {
	(200, format!(r#"{{"jsonrpc":"2.0","result":{value},"id":ID}}"#))
}

fn error(status: u16, code: i32, message: &str) -> (u16, String) {
	let error = json!({ "code": code, "message": message });
	(status, format!(r#"{{"result":null,"error":{error},"id":ID}}"#))
}

fn genesis() -> Block {
	bitcoin::constants::genesis_block(bitcoin::Network::Regtest)
}

#[test]
fn calls_should_be_answered_when_the_node_is_well() {
	let block = genesis();
	let hash = block.block_hash();
	let server = Server::new(vec![
		result(
			json!({ "chain": "regtest", "blocks": 7, "initialblockdownload": true, "warnings": [] }),
		),
		result(json!(hash.to_string())),
		result(
			json!({ "height": 5, "confirmations": 3, "mediantime": 9, "hash": hash.to_string() }),
		),
		result(json!({ "height": 5, "confirmations": -1, "mediantime": 9 })),
		result(json!(bitcoin::consensus::encode::serialize_hex(&block))),
		result(json!(hash.to_string())),
	]);
	let client = server.client();
	let info = ChainInfo { chain: "regtest".into(), blocks: 7, initial_block_download: true };
	assert_eq!(client.chain_info().unwrap(), info);
	assert_eq!(client.block_hash(5).unwrap(), Some(hash));
	assert_eq!(
		client.header(hash).unwrap(),
		HeaderInfo { height: 5, confirmations: 3, median_time: 9 }
	);
	assert_eq!(client.header(hash).unwrap().confirmations, 0);
	assert_eq!(client.block(hash).unwrap(), block);
	assert_eq!(client.broadcast(&[1, 0xab]).unwrap(), Broadcast::Sent);
	let call = |method: &str, parameters| (method.to_string(), parameters);
	let hash = hash.to_string();
	assert_eq!(
		server.asked(),
		[
			call("getblockchaininfo", json!([])),
			call("getblockhash", json!([5])),
			call("getblockheader", json!([hash, true])),
			call("getblockheader", json!([hash, true])),
			call("getblock", json!([hash, 0])),
			call("sendrawtransaction", json!(["01ab"])),
		]
	);
}

#[test]
fn block_hash_should_be_none_when_the_chain_is_not_that_high() {
	let server = Server::new(vec![error(500, -8, "Block height out of range")]);
	assert_eq!(server.client().block_hash(5).unwrap(), None);
}

#[test]
fn fee_rate_should_be_rounded_up_to_satoshi_a_byte_when_there_is_an_estimate() {
	let rates = [json!(0.00001), json!(0.00001001), json!(1.0), json!(1e-8)];
	let mut answers: Vec<_> =
		rates.iter().map(|rate| result(json!({ "feerate": rate, "blocks": 2 }))).collect();
	answers.push(result(json!({ "errors": ["Insufficient data"], "blocks": 0 })));
	for senseless in [json!(0.0), json!(-1.0), json!(1.1)] {
		answers.push(result(json!({ "feerate": senseless, "blocks": 2 })));
	}
	let server = Server::new(answers);
	let client = server.client();
	for expected in [Some(1), Some(2), Some(100_000), Some(1), None] {
		assert_eq!(client.fee_rate(3).unwrap(), expected);
	}
	for _ in 0..3 {
		assert!(matches!(client.fee_rate(3), Err(RpcError::Unexpected { .. })));
	}
	assert_eq!(server.asked()[0], ("estimatesmartfee".to_string(), json!([3])));
}

#[test]
fn output_should_be_none_when_it_is_spent_or_unknown() {
	let server = Server::new(vec![
		result(json!({ "bestblock": "00", "confirmations": 4, "value": 0.5 })),
		result(Value::Null),
	]);
	let client = server.client();
	let outpoint = OutPoint { txid: bitcoin::hashes::Hash::from_byte_array([7; 32]), vout: 3 };
	assert_eq!(client.unspent(outpoint, true).unwrap(), Some(Unspent { confirmations: 4 }));
	assert_eq!(client.unspent(outpoint, false).unwrap(), None);
	let txid = "07".repeat(32);
	let asked = server.asked();
	assert_eq!(asked[0], ("gettxout".to_string(), json!([txid, 3, true])));
	assert_eq!(asked[1].1, json!([txid, 3, false]));
}

#[test]
fn broadcast_should_be_known_when_the_node_has_the_transaction_already() {
	let server = Server::new(vec![
		error(500, -27, "Transaction outputs already in utxo set"),
		error(200, -26, "txn-already-in-mempool"),
		error(200, -25, "txn-already-known"),
		error(200, -26, "txn-same-nonwitness-data-in-mempool"),
		error(500, -25, "bad-txns-inputs-missingorspent"),
	]);
	let client = server.client();
	for _ in 0..4 {
		assert_eq!(client.broadcast(&[1]).unwrap(), Broadcast::Known);
	}
	assert!(matches!(
		client.broadcast(&[1]),
		Err(RpcError::Refused { code: -25, method: "sendrawtransaction", .. })
	));
}

#[test]
fn error_should_say_what_to_do_when_the_node_gives_no_answer() {
	let server = Server::new(vec![
		(401, String::new()),
		(503, "Work queue depth exceeded".into()),
		error(500, -28, "Loading block index…"),
		(200, "<html>".into()),
	]);
	let client = server.client();
	assert!(matches!(client.chain_info(), Err(RpcError::Unauthorized { status: 401, .. })));
	let busy = client.chain_info().unwrap_err();
	assert!(matches!(&busy, RpcError::Unreachable { .. }), "{busy}");
	assert!(busy.to_string().contains("Work queue depth exceeded"), "{busy}");
	assert!(matches!(client.chain_info(), Err(RpcError::Starting { .. })));
	assert!(client.chain_info().is_err());
	server.asked();

	// Nobody listens there any more.
	assert!(matches!(client.chain_info(), Err(RpcError::Unreachable { .. })));
}

#[test]
fn answer_should_be_refused_when_it_makes_no_sense() {
	let server = Server::new(vec![
		result(json!({ "chain": "regtest" })),
		result(json!({ "chain": "regtest", "blocks": -1, "initialblockdownload": true })),
		result(json!("00")),
		result(json!("zz")),
		result(json!("00".repeat(MAX_ANSWER))),
		(200, r#"{"result":null,"id":"another"}"#.into()),
	]);
	let client = server.client();
	let hash = genesis().block_hash();
	let errors = [
		client.chain_info().unwrap_err(),
		client.chain_info().unwrap_err(),
		client.block_hash(1).unwrap_err(),
		client.block(hash).unwrap_err(),
		client.block_hash(1).unwrap_err(),
		client.chain_info().unwrap_err(),
	];
	for error in errors {
		assert!(matches!(error, RpcError::Unexpected { .. }), "{error}");
	}
}

#[test]
fn cookie_should_be_read_anew_when_the_node_was_restarted() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join(".cookie");
	let server = Server::new(vec![result(json!("00")), result(json!("00"))]);
	let client = BitcoinCore::new(&server.url, Auth::Cookie(path.clone()), Duration::from_secs(5));
	let error = client.chain_info().unwrap_err();
	assert!(matches!(error, RpcError::Cookie { .. }), "{error}");

	for cookie in ["__cookie__:aa", "__cookie__:bb\n"] {
		std::fs::write(&path, cookie).unwrap();
		let _ = client.broadcast(&[]);
	}
	let heads: Vec<String> = server.asked.iter().map(|(head, _)| head).collect();
	// Base64 of the two.
	assert!(heads[0].contains("Basic X19jb29raWVfXzphYQ=="), "{}", heads[0]);
	assert!(heads[1].contains("Basic X19jb29raWVfXzpiYg=="), "{}", heads[1]);
}

#[test]
fn password_should_be_sent_but_not_shown_when_it_is_used() {
	let server = Server::new(vec![result(json!("00"))]);
	let client = server.client();
	let _ = client.broadcast(&[]);
	assert!(!format!("{client:?}").contains("secret"));
	let (head, _) = server.asked.recv().unwrap();
	// Base64 of `alice:secret`.
	assert!(head.contains("Basic YWxpY2U6c2VjcmV0"), "{head}");
}

#[test]
fn text_of_others_should_be_short_and_on_one_line_when_it_goes_into_an_error() {
	assert_eq!(shorten("a\nb\u{1b}[31m"), "a b [31m");
	assert_eq!(shorten(&"ä".repeat(1_000)).chars().count(), MAX_REASON);
}
