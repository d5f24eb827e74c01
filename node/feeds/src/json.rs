//! The value at a JSON pointer, exactly as it is written.
//!
//! Of a document only what leads to the value is looked at. A number is taken as its text, not as a floating point number:
//! what the source wrote is what everybody reads.

use std::fmt;

use fusion_data_feed_primitives::{pointer, Kind, Value, ValueError};
use serde::de::{
	DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

/// Why there is no value in a document.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
	/// The document is no JSON.
	#[error("the document is no JSON: {0}")]
	NotJson(String),
	/// The pointer is none.
	#[error("`{0}` is no JSON pointer")]
	BadPointer(String),
	/// There is nothing at the pointer.
	#[error("the document has no `{0}` where the pointer says")]
	Missing(String),
	/// There is more than one thing at the pointer.
	#[error("the document has `{0}` more than once: it cannot be known which one is meant")]
	Ambiguous(String),
	/// What is there is an object, an array or null.
	#[error("there is no number, text, or yes or no at the pointer")]
	NotScalar,
	/// What is there is no value of the feed.
	#[error("{0}")]
	Value(ValueError),
}

/// The value of a feed of this kind at `path` in `document`.
///
/// # Errors
///
/// Why there is none.
pub fn pick(document: &[u8], path: &str, kind: &Kind) -> Result<Value, JsonError> {
	let not_json = |error: serde_json::Error| JsonError::NotJson(shorten(&error.to_string()));
	let mut raw: &RawValue = serde_json::from_slice(document).map_err(not_json)?;
	let tokens = pointer::tokens(path).ok_or_else(|| JsonError::BadPointer(shorten(path)))?;
	for token in &tokens {
		raw = step(raw, token)?;
	}
	let text = raw.get();
	let value = match text.as_bytes().first() {
		Some(b'"') => {
			let text: String = serde_json::from_str(text).map_err(not_json)?;
			kind.read_text(&text)
		},
		Some(b't') => kind.read_boolean(true),
		Some(b'f') => kind.read_boolean(false),
		Some(b'-' | b'0'..=b'9') => kind.read_number(text),
		_ => return Err(JsonError::NotScalar),
	};
	value.map_err(JsonError::Value)
}

/// What is at a token in an object or an array.
fn step<'a>(raw: &'a RawValue, token: &str) -> Result<&'a RawValue, JsonError> {
	let missing = || JsonError::Missing(shorten(token));
	let mut document = serde_json::Deserializer::from_str(raw.get());
	let found = match raw.get().as_bytes().first() {
		Some(b'{') => document.deserialize_map(Member(token)),
		Some(b'[') => {
			let index = pointer::index(token).ok_or_else(missing)?;
			document.deserialize_seq(Element(index))
		},
		_ => return Err(missing()),
	};
	match found {
		Ok(found) => found.ok_or_else(missing),
		Err(error) if error.to_string().starts_with(TWICE) => {
			Err(JsonError::Ambiguous(shorten(token)))
		},
		Err(error) => Err(JsonError::NotJson(shorten(&error.to_string()))),
	}
}

/// What a document with a name that is there twice fails with.
const TWICE: &str = "more than once";

/// Takes the member of an object with this name.
struct Member<'t>(&'t str);

impl<'de> Visitor<'de> for Member<'_> {
	type Value = Option<&'de RawValue>;

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("an object")
	}

	fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
		let mut found = None;
		while let Some(is_it) = members.next_key_seed(Is(self.0))? {
			if !is_it {
				members.next_value::<IgnoredAny>()?;
			} else if found.replace(members.next_value()?).is_some() {
				return Err(A::Error::custom(TWICE));
			}
		}
		Ok(found)
	}
}

/// Whether a name is this one.
struct Is<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
	type Value = bool;

	fn deserialize<D: serde::Deserializer<'de>>(self, name: D) -> Result<bool, D::Error> {
		name.deserialize_str(self)
	}
}

impl Visitor<'_> for Is<'_> {
	type Value = bool;

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a name")
	}

	fn visit_str<E>(self, name: &str) -> Result<bool, E> {
		Ok(name == self.0)
	}
}

/// Takes the element of an array at this index.
struct Element(usize);

impl<'de> Visitor<'de> for Element {
	type Value = Option<&'de RawValue>;

	fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("an array")
	}

	fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
		for _ in 0..self.0 {
			if elements.next_element::<IgnoredAny>()?.is_none() {
				return Ok(None);
			}
		}
		let found = elements.next_element()?;
		while elements.next_element::<IgnoredAny>()?.is_some() {}
		Ok(found)
	}
}

/// So much of a text as may go into a log: it comes from strangers.
fn shorten(text: &str) -> String {
	text.chars().filter(|c| !c.is_control()).take(80).collect()
}
