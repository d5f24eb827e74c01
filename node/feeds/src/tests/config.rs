use std::io::Write;

use crate::config::{Config, ConfigError};

fn read(text: &str) -> Result<Config, ConfigError> {
	let mut file = tempfile::NamedTempFile::new().unwrap();
	file.write_all(text.as_bytes()).unwrap();
	Config::read(file.path())
}

#[test]
fn configuration_should_be_read() {
	let config = read(
		"{\"secrets\": {\"a\": \"b\"}, \"proxy\": \"socks5://n@me:p@ss@[::1]:9050\", \"allowPrivateAddresses\": true,
		  \"sources\": [{\"feed\": 3, \"url\": \"https://a.example/\", \"pointer\": \"/b\"}]}",
	)
	.unwrap();
	assert_eq!(config.secrets["a"].reveal(), "b");
	assert!(config.allow_private_addresses);
	assert_eq!(config.sources[0].feed, 3);
	let proxy = config.proxy().unwrap().unwrap();
	assert_eq!(proxy.address, "[::1]:9050");
	assert_eq!(proxy.login, Some(("n@me".into(), "p@ss".into())));
	let empty = read("{}").unwrap();
	assert!(!empty.allow_private_addresses && empty.proxy().unwrap().is_none());
}

#[test]
fn configuration_should_be_refused_when_anything_is_wrong() {
	for text in ["", "5", "{\"secret\": {}}", "{\"sources\": [{\"feed\": 1}]}"] {
		assert!(matches!(read(text), Err(ConfigError::Unreadable { .. })), "{text}");
	}
	for url in ["http://a.example/", "https://user@a.example/", "https://a.example/{x}"] {
		let text =
			format!("{{\"sources\": [{{\"feed\": 1, \"url\": \"{url}\", \"pointer\": \"\"}}]}}");
		assert!(matches!(read(&text), Err(ConfigError::Source { feed: 1 })), "{text}");
	}
	for proxy in ["http://a:1", "socks5://a", "socks5://a:0", "socks5://:1", "socks5://name@a:1"] {
		let text = format!("{{\"proxy\": \"{proxy}\"}}");
		assert!(matches!(read(&text), Err(ConfigError::Proxy)), "{text}");
	}
	assert!(matches!(Config::read("/no/such/file".as_ref()), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn secrets_should_not_be_shown() {
	let config =
		read("{\"secrets\": {\"a\": \"hidden\"}, \"proxy\": \"socks5://n:hidden@a:1\"}").unwrap();
	let shown = format!("{config:?} {:?}", config.proxy().unwrap());
	assert!(!shown.contains("hidden"), "{shown}");
}
