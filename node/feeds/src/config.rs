//! What an operator sets, in a JSON file:
//!
//! ```json
//! {
//!   "secrets": { "some-api": "the key that some-api.example gave me" },
//!   "sources": [{ "feed": 0, "url": "https://my.own.example/price", "pointer": "/price" }],
//!   "proxy": "socks5://name:password@127.0.0.1:9050",
//!   "certificates": "/etc/fusion/my-ca.pem",
//!   "allowPrivateAddresses": false
//! }
//! ```
//!
//! All of it is optional. Secrets are put into the URLs of sources whose governance says `{secret:NAME}`; sources are added to
//! those that governance names, and have a vote as they do.

use std::{
	collections::BTreeMap,
	fmt,
	path::{Path, PathBuf},
};

use fusion_data_feed_primitives::{pointer, url as template, FeedId};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::socks::Proxy;

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
	/// The file cannot be read.
	#[error("the configuration of feeds in {path} cannot be read: {reason}")]
	Unreadable {
		/// Path of the file.
		path: String,
		/// What is wrong.
		reason: String,
	},
	/// A source is not sound.
	#[error(
		"the source for feed {feed} is not sound: its URL has to begin with `https://` and have no user name, its pointer \
		 has to be empty or begin with `/`"
	)]
	Source {
		/// The feed.
		feed: FeedId,
	},
	/// The proxy is none.
	#[error("the proxy has to be `socks5://HOST:PORT` or `socks5://NAME:PASSWORD@HOST:PORT`")]
	Proxy,
}

/// A text that is not shown, and is wiped when it is not needed any more.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl From<String> for Secret {
	fn from(text: String) -> Self {
		Self(Zeroizing::new(text))
	}
}

impl Secret {
	/// The text.
	pub fn reveal(&self) -> &str {
		&self.0
	}
}

impl fmt::Debug for Secret {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Secret")
	}
}

/// A source that the operator adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnSource {
	/// The feed.
	pub feed: FeedId,
	/// The URL: a template, as governance's are.
	pub url: String,
	/// Where in the document the value is (RFC 6901).
	pub pointer: String,
}

/// What an operator sets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Config {
	/// What is put into URLs, by name.
	pub secrets: BTreeMap<String, Secret>,
	/// Sources that only this node looks at.
	pub sources: Vec<OwnSource>,
	/// The SOCKS proxy that everything goes through.
	proxy: Option<Secret>,
	/// A file with certificates in PEM format that are believed besides those of the machine.
	pub certificates: Option<PathBuf>,
	/// Whether sources may be of networks that are not public.
	pub allow_private_addresses: bool,
}

impl Config {
	/// Reads a configuration.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn read(path: &Path) -> Result<Self, ConfigError> {
		let unreadable =
			|reason: String| ConfigError::Unreadable { path: path.display().to_string(), reason };
		let text = std::fs::read_to_string(path)
			.map(Zeroizing::new)
			.map_err(|error| unreadable(error.to_string()))?;
		// What serde says has line and column, and names of fields, but no values of secrets: they are texts.
		let config: Self =
			serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
		for source in &config.sources {
			let sound =
				template::check(&source.url).is_ok() && pointer::tokens(&source.pointer).is_some();
			if !sound {
				return Err(ConfigError::Source { feed: source.feed });
			}
		}
		config.proxy()?;
		Ok(config)
	}

	/// The proxy.
	///
	/// # Errors
	///
	/// If what is set is none.
	pub fn proxy(&self) -> Result<Option<Proxy>, ConfigError> {
		let Some(text) = &self.proxy else { return Ok(None) };
		let rest = text.reveal().strip_prefix("socks5://").ok_or(ConfigError::Proxy)?;
		let (login, address) = match rest.rsplit_once('@') {
			Some((login, address)) => {
				let (name, password) = login.split_once(':').ok_or(ConfigError::Proxy)?;
				(Some((name.to_string(), password.to_string())), address)
			},
			None => (None, rest),
		};
		let (host, port) = address.rsplit_once(':').ok_or(ConfigError::Proxy)?;
		if host.is_empty() || port.parse::<u16>().map_or(true, |port| port == 0) {
			return Err(ConfigError::Proxy);
		}
		Ok(Some(Proxy { address: address.to_string(), login }))
	}
}
