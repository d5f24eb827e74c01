//! Tests, one file for each part. Those of `fetch` and `sources` speak with servers of their own, over TLS.

mod config;
mod engine;
mod fetch;
mod json;
mod server;
mod socks;
mod sources;
mod store;
mod worker;

use fusion_data_feed_primitives::{Definition, Kind, Margin, Rules, Source};

/// Rules of a price: two decimals, looked at each minute, one percent of deviation and of tolerance.
fn rules() -> Rules {
	Rules {
		kind: Kind::Decimal { scale: 2, min: 1, max: 1_000_000_000 },
		interval: 60,
		heartbeat: 600,
		lifetime: 1_200,
		deviation: Margin { relative: 10_000, absolute: 0 },
		tolerance: Margin { relative: 10_000, absolute: 0 },
		quorum: 67,
		min_reports: 1,
		reward: 0,
	}
}

/// A feed whose value is at `/price` of the documents at these URLs.
fn definition(urls: &[String]) -> Definition {
	let source = |url: &String| Source {
		url: url.clone().into_bytes().try_into().unwrap(),
		pointer: b"/price".to_vec().try_into().unwrap(),
	};
	Definition {
		description: b"BTC / USD".to_vec().try_into().unwrap(),
		sources: urls.iter().map(source).collect::<Vec<_>>().try_into().unwrap(),
		rules: rules(),
	}
}
