use fusion_data_feed_primitives::{Kind, Value, ValueError};
use proptest::prelude::*;

use crate::json::{pick, JsonError};

const PRICE: Kind = Kind::Decimal { scale: 8, min: 1, max: i128::MAX };

fn price(document: &str, path: &str) -> Result<Value, JsonError> {
	pick(document.as_bytes(), path, &PRICE)
}

#[test]
fn value_should_be_found_wherever_it_is() {
	let five = Ok(Value::Number(500_000_000));
	for (document, path) in [
		("5", ""),
		(" 5 ", ""),
		("{\"price\": 5}", "/price"),
		("{\"a\":{\"b\":[1,{\"c\":\"5\"}]}}", "/a/b/1/c"),
		("[[0],[0,5.0]]", "/1/1"),
		("{\"a/b\":{\"m~n\":5e0}}", "/a~1b/m~0n"),
		("{\"\\u0070rice\":5}", "/price"),
		("{\"\": {\"\": 0.5e1}}", "//"),
		("{\"deep\": {\"price\": 6}, \"price\": 5}", "/price"),
	] {
		assert_eq!(price(document, path), five, "{document} at {path}");
	}
}

#[test]
fn number_should_be_read_as_it_is_written() {
	// As a floating point number, the last digits would be others.
	let written = "{\"price\": 12345678901234567890.12345678}";
	assert_eq!(price(written, "/price"), Ok(Value::Number(1_234_567_890_123_456_789_012_345_678)));
}

#[test]
fn nothing_should_be_taken_when_it_is_not_there_or_is_something_else() {
	let missing = |token: &str| Err(JsonError::Missing(token.into()));
	assert_eq!(price("{\"cost\": 5}", "/price"), missing("price"));
	assert_eq!(price("[5]", "/1"), missing("1"));
	assert_eq!(price("[5]", "/-"), missing("-"));
	assert_eq!(price("[5]", "/00"), missing("00"));
	assert_eq!(price("5", "/price"), missing("price"));
	assert_eq!(price("\"5\"", "/0"), missing("0"));
	assert_eq!(
		price("{\"price\": 5, \"price\": 6}", "/price"),
		Err(JsonError::Ambiguous("price".into()))
	);
	for document in ["{\"price\": null}", "{\"price\": {}}", "{\"price\": [5]}"] {
		assert_eq!(price(document, "/price"), Err(JsonError::NotScalar), "{document}");
	}
	assert_eq!(price("true", ""), Err(JsonError::Value(ValueError::OtherType)));
	assert_eq!(price("\"five\"", ""), Err(JsonError::Value(ValueError::NotANumber)));
	assert_eq!(price("-5", ""), Err(JsonError::Value(ValueError::OutOfBounds)));
	assert!(matches!(price("5", "price"), Err(JsonError::BadPointer(_))));
}

#[test]
fn document_should_be_refused_when_it_is_no_json() {
	for document in [
		"",
		"<html>",
		"{\"price\": 5",
		"{\"price\": 5}}",
		"{price: 5}",
		"NaN",
		"05",
		"{\"price\": 5,}",
	] {
		assert!(matches!(price(document, "/price"), Err(JsonError::NotJson(_))), "{document}");
	}
	assert!(matches!(pick(b"{\"price\": \"\xff\"}", "/price", &PRICE), Err(JsonError::NotJson(_))));
}

#[test]
fn depth_should_not_overflow_the_stack() {
	let deep = format!("{}5{}", "[".repeat(200_000), "]".repeat(200_000));
	assert!(price(&deep, "/0/0/0").is_err());
}

#[test]
fn texts_and_booleans_should_be_taken_as_such() {
	let text = Kind::Text { longest: 8 };
	let home = pick(b"{\"winner\": \"h\\u00f6me\"}", "/winner", &text).unwrap();
	assert_eq!(home, Value::Text("höme".as_bytes().to_vec().try_into().unwrap()));
	assert!(pick(b"{\"winner\": 5}", "/winner", &text).is_err());
	assert_eq!(pick(b"[true]", "/0", &Kind::Boolean), Ok(Value::Boolean(true)));
	assert_eq!(pick(b"[false]", "/0", &Kind::Boolean), Ok(Value::Boolean(false)));
	assert!(pick(b"[\"true\"]", "/0", &Kind::Boolean).is_err());
}

proptest! {
	#[test]
	fn whatever_comes_should_be_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), path in "(/[a0~/]{0,3}){0,4}") {
		let _ = pick(&bytes, &path, &PRICE);
	}

	#[test]
	fn whole_number_should_be_found_in_any_object(number: i64, names in prop::collection::btree_set("[a-z~/]{1,4}", 1..6)) {
		let members: Vec<String> = names.iter().map(|name| format!("{}:{number}", serde_json::json!(name))).collect();
		let document = format!("{{{}}}", members.join(","));
		let kind = Kind::Integer { min: i128::MIN, max: i128::MAX };
		for name in &names {
			let path = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
			prop_assert_eq!(pick(document.as_bytes(), &path, &kind), Ok(Value::Number(number.into())));
		}
	}
}
