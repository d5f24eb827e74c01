use proptest::prelude::*;

use crate::{
	pointer,
	url::{self, Placeholder, UrlError},
	Definition, DefinitionError, Kind, Margin, Rules, Source, Sources,
};

fn source(url: &str, pointer: &str) -> Source {
	Source {
		url: url.as_bytes().to_vec().try_into().unwrap(),
		pointer: pointer.as_bytes().to_vec().try_into().unwrap(),
	}
}

fn definition() -> Definition {
	let sources = vec![
		source("https://one.example/v1/price?pair=BTCUSD", "/price"),
		source("https://two.example:8443/ticker/{time}", "/result/0/last~1price"),
		source("https://three.example/?key={secret:three}", ""),
	];
	Definition {
		description: b"BTC / USD".to_vec().try_into().unwrap(),
		sources: Sources::try_from(sources).unwrap(),
		rules: Rules {
			kind: Kind::Decimal { scale: 8, min: 1, max: i128::MAX },
			interval: 60,
			heartbeat: 3_600,
			lifetime: 7_200,
			deviation: Margin { relative: 5_000, absolute: 0 },
			tolerance: Margin { relative: 10_000, absolute: 0 },
			quorum: 67,
			min_reports: 1,
			reward: 0,
		},
	}
}

fn refused(change: impl FnOnce(&mut Definition), error: DefinitionError) {
	let mut definition = definition();
	change(&mut definition);
	assert_eq!(definition.check(), Err(error));
}

#[test]
fn definition_should_be_taken_when_it_is_sound() {
	assert_eq!(definition().check(), Ok(()));
}

#[test]
fn definition_should_be_refused_when_anything_is_wrong() {
	use DefinitionError as E;
	refused(|d| d.description = Default::default(), E::Description);
	refused(|d| d.description = b"B\nT".to_vec().try_into().unwrap(), E::Description);
	refused(|d| drop(d.sources.pop()), E::TooFewSources);
	refused(|d| d.sources[2].url = d.sources[0].url.clone(), E::SourceTwice);
	refused(|d| d.sources[1] = source("http://two.example/", ""), E::Url(UrlError::NotHttps));
	refused(|d| d.sources[1] = source("https://two.example/", "price"), E::Pointer);
	refused(|d| d.rules.kind = Kind::Decimal { scale: 19, min: 0, max: 1 }, E::Kind);
	refused(|d| d.rules.kind = Kind::Integer { min: 1, max: 0 }, E::Kind);
	refused(|d| d.rules.kind = Kind::Text { longest: 0 }, E::Kind);
	refused(|d| d.rules.kind = Kind::Text { longest: 65 }, E::Kind);
	refused(|d| d.rules.interval = 0, E::Times);
	refused(|d| d.rules.interval = 3_601, E::Times);
	refused(|d| d.rules.lifetime = 3_600, E::Times);
	refused(|d| d.rules.lifetime = u32::MAX, E::Times);
	refused(|d| d.rules.deviation.relative = 1_000_001, E::Margin);
	refused(|d| d.rules.tolerance = Margin::default(), E::Margin);
	refused(|d| d.rules.quorum = 50, E::Quorum);
	refused(|d| d.rules.quorum = 101, E::Quorum);
	refused(|d| d.rules.min_reports = 0, E::Quorum);
}

#[test]
fn url_should_be_refused_when_it_is_none_or_leads_astray() {
	for (url, error) in [
		("ftp://a.example/", UrlError::NotHttps),
		("HTTPS://a.example/", UrlError::NotHttps),
		("https://", UrlError::Host),
		("https:///path", UrlError::Host),
		("https://user:password@a.example/", UrlError::Host),
		("https://{secret:host}/", UrlError::Host),
		("https://a.example:0/", UrlError::Host),
		("https://a.example:65536/", UrlError::Host),
		("https://a.example:/", UrlError::Host),
		("https://a.example/ b", UrlError::Character),
		("https://a.example/#c", UrlError::Character),
		("https://a.example/\u{e4}", UrlError::Character),
		("https://a.example/\r\nHost: b", UrlError::Character),
		("https://a.example/{other}", UrlError::Placeholder),
		("https://a.example/{time", UrlError::Placeholder),
		("https://a.example/time}", UrlError::Placeholder),
		("https://a.example/}{time}", UrlError::Placeholder),
		("https://a.example/{secret:}", UrlError::Placeholder),
		("https://a.example/{secret:a/b}", UrlError::Placeholder),
	] {
		assert_eq!(url::check(url), Err(error), "{url}");
	}
	for url in
		["https://a.example", "https://a.example?b=c", "https://[::1]:443/", "https://127.0.0.1:1/"]
	{
		assert_eq!(url::check(url), Ok(()), "{url}");
	}
}

#[test]
fn placeholders_should_be_put_in() {
	let value = |placeholder: Placeholder<'_>| match placeholder {
		Placeholder::Time => Some("12".to_string()),
		Placeholder::Secret("key") => Some("34".to_string()),
		Placeholder::Secret(_) => None,
	};
	let expanded = url::expand("https://a.example/{time}?k={secret:key}&t={time}", value);
	assert_eq!(expanded.as_deref(), Ok("https://a.example/12?k=34&t=12"));
	assert_eq!(url::expand("https://a.example/{secret:b}", value), Err(UrlError::Placeholder));
}

/// The examples of RFC 6901, section 5.
#[test]
fn pointer_should_be_split_as_the_rfc_says() {
	for (pointer, expected) in [
		("", Some(vec![])),
		("/foo", Some(vec!["foo"])),
		("/foo/0", Some(vec!["foo", "0"])),
		("/", Some(vec![""])),
		("/a~1b", Some(vec!["a/b"])),
		("/c%d", Some(vec!["c%d"])),
		("/ ", Some(vec![" "])),
		("/m~0n", Some(vec!["m~n"])),
		("/~01", Some(vec!["~1"])),
		("foo", None),
		("/~", None),
		("/~2", None),
	] {
		let tokens = pointer::tokens(pointer);
		let tokens = tokens.as_ref().map(|t| t.iter().map(String::as_str).collect::<Vec<_>>());
		assert_eq!(tokens, expected, "{pointer}");
	}
	assert_eq!(pointer::tokens(&"/a".repeat(16)).map(|tokens| tokens.len()), Some(16));
	assert_eq!(pointer::tokens(&"/a".repeat(17)), None);
	for (token, index) in
		[("0", Some(0)), ("10", Some(10)), ("01", None), ("-", None), ("", None), ("1a", None)]
	{
		assert_eq!(pointer::index(token), index, "{token}");
	}
}

proptest! {
	#[test]
	fn pointer_should_be_undone_by_escaping(tokens in prop::collection::vec(".{0,6}", 0..8)) {
		let pointer: String = tokens
			.iter()
			.map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")))
			.collect();
		prop_assert_eq!(pointer::tokens(&pointer), Some(tokens));
	}

	#[test]
	fn url_should_be_checked_without_panic(url in "https://.{0,60}") {
		let _ = url::check(&url);
	}
}
