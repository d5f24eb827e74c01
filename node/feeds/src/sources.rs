//! One value of a feed's sources.
//!
//! All sources are asked at once, those that governance names and those that the operator has added. Who is down, slow,
//! answers with something else, or lies, is left out: the value is what more than half of *all* sources agree on, within the
//! feed's tolerance. If there is no such value, this node says nothing: that the feed has no answer is better than that it has
//! a wrong one.

use std::{collections::BTreeMap, sync::Arc};

use fusion_data_feed_primitives::{
	agree,
	url::{expand, Placeholder},
	Definition, FeedId, Kind, Seconds, Value,
};
use futures::future::join_all;
use tokio::sync::Semaphore;

use crate::{
	config::{Config, Secret},
	fetch::{Fetch, FetchError},
	json::{pick, JsonError},
};

/// Most sources that are asked at once.
const MAX_AT_ONCE: usize = 32;

/// Why a source is left out.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
	/// Its URL needs a secret that the operator has not set.
	#[error("its URL has a placeholder that this node has nothing for: set the secret in --feeds-config")]
	Placeholder,
	/// There is no document.
	#[error(transparent)]
	Fetch(#[from] FetchError),
	/// There is no value in it.
	#[error(transparent)]
	Json(#[from] JsonError),
}

/// What a source says.
#[derive(Debug)]
pub struct Answer {
	/// The source's URL, as governance or the operator has written it: without secrets.
	pub url: String,
	/// Its value, or why there is none.
	pub value: Result<Value, SourceError>,
}

/// What all sources say.
#[derive(Debug)]
pub struct Gathered {
	/// What most of them agree on.
	pub value: Option<Value>,
	/// What each of them says.
	pub answers: Vec<Answer>,
}

/// Asks sources.
pub struct Sources {
	fetch: Arc<dyn Fetch>,
	secrets: BTreeMap<String, Secret>,
	own: BTreeMap<FeedId, Vec<Place>>,
	permits: Semaphore,
}

/// Where a value is.
#[derive(Clone)]
struct Place {
	url: String,
	pointer: String,
}

impl Sources {
	/// Asks by `fetch`, with what the operator has set.
	pub fn new(fetch: Arc<dyn Fetch>, config: &Config) -> Self {
		let mut own: BTreeMap<FeedId, Vec<Place>> = BTreeMap::new();
		for source in &config.sources {
			let place = Place { url: source.url.clone(), pointer: source.pointer.clone() };
			own.entry(source.feed).or_default().push(place);
		}
		let permits = Semaphore::new(MAX_AT_ONCE);
		Self { fetch, secrets: config.secrets.clone(), own, permits }
	}

	/// Asks the sources of a feed. `now` is the time that goes into URLs which have it.
	pub async fn gather(&self, feed: FeedId, definition: &Definition, now: Seconds) -> Gathered {
		let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
		let mut places: Vec<Place> = definition
			.sources
			.iter()
			.map(|source| Place { url: text(&source.url), pointer: text(&source.pointer) })
			.collect();
		if let Some(own) = self.own.get(&feed) {
			places.extend(own.iter().cloned());
		}
		let kind = definition.rules.kind;
		let total = places.len();
		let asked = places.into_iter().map(|place| self.ask(place, kind, now));
		let answers = join_all(asked).await;
		let values: Vec<Value> =
			answers.iter().filter_map(|answer| answer.value.as_ref().ok().cloned()).collect();
		let value = agree(&values, total, &definition.rules.tolerance);
		Gathered { value, answers }
	}

	async fn ask(&self, place: Place, kind: Kind, now: Seconds) -> Answer {
		let value = self.value(&place, kind, now).await;
		if let Err(error) = &value {
			log::debug!(target: crate::LOG_TARGET, "the source {} is left out: {error}", place.url);
		}
		Answer { url: place.url, value }
	}

	async fn value(&self, place: &Place, kind: Kind, now: Seconds) -> Result<Value, SourceError> {
		let put_in = |placeholder: Placeholder<'_>| match placeholder {
			Placeholder::Time => Some(now.to_string()),
			Placeholder::Secret(name) => {
				self.secrets.get(name).map(|secret| escape(secret.reveal()))
			},
		};
		let url = expand(&place.url, put_in)
			.map(zeroize::Zeroizing::new)
			.map_err(|_| SourceError::Placeholder)?;
		// It is never closed.
		let _permit = self.permits.acquire().await;
		let document = self.fetch.get(&url).await?;
		Ok(pick(&document, &place.pointer, &kind)?)
	}
}

/// A secret as it may stand in a URL: whatever is in it, it stays in its place.
fn escape(secret: &str) -> String {
	let mut text = String::with_capacity(secret.len());
	for byte in secret.bytes() {
		if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
			text.push(char::from(byte));
		} else {
			text.push_str(&format!("%{byte:02X}"));
		}
	}
	text
}
