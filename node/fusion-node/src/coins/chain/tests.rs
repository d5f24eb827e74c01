use super::*;

fn version() -> Version {
	Version {
		spec_name: VERSION.spec_name.to_string(),
		spec_version: VERSION.spec_version,
		transaction_version: VERSION.transaction_version,
	}
}

#[test]
fn a_chain_with_this_runtime_is_known() {
	// As a node says it, with more than is looked at.
	let said = serde_json::to_string(&VERSION).expect("it is JSON");
	let read: Version = serde_json::from_str(&said).expect("it is a version");
	assert_eq!(read, version());
	assert!(check_version(&read).is_ok());
}

#[test]
fn a_chain_with_another_runtime_is_refused_with_both_versions() {
	let others = [
		Version { spec_name: "polkadot".into(), ..version() },
		Version { spec_version: VERSION.spec_version + 1, ..version() },
		Version { transaction_version: VERSION.transaction_version + 1, ..version() },
	];
	for other in others {
		let Err(error) = check_version(&other) else { panic!("{other:?} is taken") };
		let text = error.to_string();
		for part in [
			format!("{} version {}", other.spec_name, other.spec_version),
			format!("{} version {}", VERSION.spec_name, VERSION.spec_version),
			"fusion-node of the chain's release".to_string(),
		] {
			assert!(text.contains(&part), "{text}");
		}
	}
}

#[test]
fn only_addresses_of_websockets_are_taken() {
	for url in ["http://127.0.0.1:9944", "127.0.0.1:9944", "", "ws:/127.0.0.1", "WS"] {
		assert!(matches!(check_url(url), Err(Failure::NotWebSocket(said)) if said == url), "{url}");
	}
}

#[test]
fn a_node_that_is_elsewhere_is_warned_of_unless_it_is_encrypted() {
	for url in [
		"ws://127.0.0.1:9944",
		"ws://127.1.2.3",
		"ws://localhost:9944/path",
		"ws://[::1]:9944",
		"ws://user:password@localhost:9944",
		"wss://node.example",
	] {
		assert!(matches!(check_url(url), Ok(None)), "{url}");
	}
	for (url, host) in [
		("ws://node.example:9944", "node.example"),
		("ws://192.168.1.2:9944", "192.168.1.2"),
		("ws://localhost.example", "localhost.example"),
		("ws://localhost@node.example:1", "node.example"),
		("ws://127.0.0.1.example", "127.0.0.1.example"),
		("ws://[2001:db8::1]:9944", "[2001:db8::1]"),
	] {
		let Ok(Some(warning)) = check_url(url) else { panic!("{url} is not warned of") };
		assert!(warning.contains(&format!(" {host} ")), "{warning}");
	}
}

#[test]
fn events_are_where_frame_puts_them() {
	assert_eq!(
		hex::encode(plain_key("System", "Events")),
		"26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
	);
}
