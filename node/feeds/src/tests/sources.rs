//! "A feed from real servers": one lying, one slow, one down, one with nonsense.

use std::{sync::Arc, time::Duration};

use fusion_data_feed_primitives::Value;

use super::{definition, server::*};
use crate::{
	config::Config,
	sources::{Gathered, SourceError, Sources},
};

fn sources(config: &str) -> Sources {
	let config: Config = serde_json::from_str(config).unwrap();
	Sources::new(Arc::new(fetcher()), &config)
}

async fn gather(behaviours: Vec<Behaviour>) -> Gathered {
	let mut urls = Vec::new();
	for behaviour in behaviours {
		urls.push(serve(behaviour).await.url("/price"));
	}
	sources("{}").gather(0, &definition(&urls), 1_000).await
}

/// A source of each kind that is of no use.
fn bad() -> Vec<(&'static str, Behaviour)> {
	let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
	vec![
		("lying", price("99999")),
		("lying a little", price("102.5")),
		("slow", Behaviour::Silent),
		(
			"dripping",
			Behaviour::Drip(b"HTTP/1.1 200 OK\r\n\r\n{".to_vec(), Duration::from_millis(300)),
		),
		("down", Behaviour::HangUp),
		("garbage", answer("200 OK", "", "<html>price: 100</html>")),
		("huge", Behaviour::Endless(head)),
		("redirecting in a circle", redirect("/price")),
		("redirecting to http", redirect("http://localhost/price")),
		("of another type", price("true")),
		("null", price("null")),
		("of another shape", answer("200 OK", "", "{\"cost\": 100}")),
		("out of bounds", price("-100")),
		("ambiguous", answer("200 OK", "", "{\"price\": 100, \"price\": 1}")),
		("broken", answer("500 Oops", "", "{\"price\": 100}")),
		("without TLS", Behaviour::Plain(b"HTTP/1.1 200 OK\r\n\r\n{\"price\": 100}".to_vec())),
	]
}

#[tokio::test]
async fn value_should_be_right_when_one_of_three_sources_is_of_no_use() {
	for (name, behaviour) in bad() {
		let gathered = gather(vec![price("100"), behaviour, price("\"100.40\"")]).await;
		let value = gathered.value.unwrap_or_else(|| panic!("{name}: {:?}", gathered.answers));
		assert!([10_000, 10_040].map(Value::Number).contains(&value), "{name}: {value:?}");
	}
}

#[tokio::test]
async fn there_should_be_no_value_when_two_of_three_sources_are_of_no_use() {
	let all = bad();
	for (index, (name, behaviour)) in all.iter().enumerate() {
		let (other, second) = &all[(index + 3) % all.len()];
		let gathered = gather(vec![price("100"), behaviour.clone(), second.clone()]).await;
		assert_eq!(gathered.value, None, "{name}, {other}");
	}
}

#[tokio::test]
async fn value_should_be_right_when_a_liar_a_slow_one_one_that_is_down_and_garbage_are_outnumbered()
{
	let mut all = vec![price("99999"), Behaviour::Silent, Behaviour::HangUp];
	all.push(answer("200 OK", "", "\u{0}\u{1}garbage"));
	all.extend(["100", "100.1", "100.2", "99.9", "100.3"].map(price));
	let gathered = gather(all.clone()).await;
	assert_eq!(gathered.value, Some(Value::Number(10_010)));
	assert_eq!(gathered.answers.iter().filter(|answer| answer.value.is_err()).count(), 3);
	// One good one less, and it cannot be known any more.
	all.pop();
	assert_eq!(gather(all).await.value, None);
}

#[tokio::test]
async fn sources_should_be_asked_at_once() {
	let begun = std::time::Instant::now();
	gather(vec![Behaviour::Silent; 6]).await;
	assert!(begun.elapsed() < LIMITS.time * 3, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn own_source_should_have_a_vote() {
	let good = serve(price("100")).await;
	let lie = serve(price("5")).await;
	let down = serve(Behaviour::HangUp).await;
	let definition = definition(&[good.url("/a"), lie.url("/b"), down.url("/c")]);
	assert_eq!(sources("{}").gather(0, &definition, 1).await.value, None);
	// One more good one makes two of four, two more make three of five.
	let own = |url: String| format!("{{\"feed\": 0, \"url\": \"{url}\", \"pointer\": \"/price\"}}");
	let one = format!("{{\"sources\": [{}]}}", own(good.url("/d")));
	assert_eq!(sources(&one).gather(0, &definition, 1).await.value, None);
	let two = format!("{{\"sources\": [{}, {}]}}", own(good.url("/d")), own(good.url("/e")));
	assert_eq!(sources(&two).gather(0, &definition, 1).await.value, Some(Value::Number(10_000)));
	// They are for one feed.
	assert_eq!(sources(&two).gather(1, &definition, 1).await.value, None);
}

#[tokio::test]
async fn time_and_secrets_should_be_put_in_and_not_shown() {
	let server = serve(price("100")).await;
	let url = server.url("/{time}?key={secret:mine}");
	let definition = definition(&[url.clone(), server.url("/b"), server.url("/c")]);
	let without = sources("{}").gather(0, &definition, 1_234).await;
	assert!(matches!(without.answers[0].value, Err(SourceError::Placeholder)));
	assert_eq!(without.value, Some(Value::Number(10_000)));
	let with = sources("{\"secrets\": {\"mine\": \"a b&c/\"}}");
	let gathered = with.gather(0, &definition, 1_234).await;
	assert!(gathered.answers[0].value.is_ok(), "{:?}", gathered.answers[0]);
	assert_eq!(gathered.answers[0].url, url);
	let asked = server.asked.lock().await.join("");
	assert!(asked.contains("GET /1234?key=a%20b%26c%2F HTTP/1.1"), "{asked}");
}
