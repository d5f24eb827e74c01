//! What the URL of a source may look like.
//!
//! It is a template: `{name}` behind the host stands for something that the node puts in.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{time}` | the time at which the node fetches, in seconds since the Unix epoch |
//! | `{secret:NAME}` | what the node's operator has set for `NAME`, such as a key of the source's API |
//!
//! There are none in the host: nobody is told a secret but whom governance has named.

use alloc::string::String;

/// Most bytes of a URL.
pub const MAX_URL: u32 = 512;
/// How a URL begins: there is nothing but HTTPS.
pub const SCHEME: &str = "https://";
/// How the placeholder of a secret begins.
const SECRET: &str = "secret:";

/// What stands behind a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder<'a> {
	/// The time.
	Time,
	/// What the operator has set for this name.
	Secret(&'a str),
}

/// Why something is no URL of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
	/// It does not begin with `https://`.
	NotHttps,
	/// It has characters that a URL has not: only printable ASCII, without blanks, quotes, `\`, `<`, `>`, `^`, `` ` ``, `|`
	/// and `#`.
	Character,
	/// The host is missing, has a user name or a placeholder in it, or the port is no number from 1 to 65535.
	Host,
	/// A brace without its other one, or a placeholder that is not known.
	Placeholder,
}

/// Checks a template.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(template: &str) -> Result<(), UrlError> {
	let rest = template.strip_prefix(SCHEME).ok_or(UrlError::NotHttps)?;
	let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"\\<>^`|#'".contains(&byte);
	if !rest.bytes().all(allowed) {
		return Err(UrlError::Character);
	}
	let host = rest.split(['/', '?']).next().unwrap_or_default();
	let (name, port) = split_port(host);
	let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
	if name.is_empty() || !name.bytes().all(in_name) {
		return Err(UrlError::Host);
	}
	if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
		return Err(UrlError::Host);
	}
	expand(template, |_| Some(String::new())).map(drop)
}

/// Splits `host:port`. The colons in an IPv6 address are within brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
	match host.rsplit_once(':') {
		Some((name, port)) if !port.contains(']') => (name, Some(port)),
		_ => (host, None),
	}
}

/// Puts in what placeholders stand for.
///
/// # Errors
///
/// [`UrlError::Placeholder`] if one is not known, or has nothing to put in.
pub fn expand(
	template: &str,
	value: impl Fn(Placeholder<'_>) -> Option<String>,
) -> Result<String, UrlError> {
	let mut url = String::with_capacity(template.len());
	let mut rest = template;
	while let Some((before, behind)) = rest.split_once('{') {
		let (name, behind) = behind.split_once('}').ok_or(UrlError::Placeholder)?;
		if before.contains('}') {
			return Err(UrlError::Placeholder);
		}
		url.push_str(before);
		url.push_str(&value(placeholder(name)?).ok_or(UrlError::Placeholder)?);
		rest = behind;
	}
	if rest.contains('}') {
		return Err(UrlError::Placeholder);
	}
	url.push_str(rest);
	Ok(url)
}

fn placeholder(name: &str) -> Result<Placeholder<'_>, UrlError> {
	if name == "time" {
		return Ok(Placeholder::Time);
	}
	let secret = name.strip_prefix(SECRET).ok_or(UrlError::Placeholder)?;
	let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
	if secret.is_empty() || !secret.bytes().all(plain) {
		return Err(UrlError::Placeholder);
	}
	Ok(Placeholder::Secret(secret))
}
