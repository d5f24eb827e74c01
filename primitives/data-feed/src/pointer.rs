//! Where in a JSON document a value is: JSON Pointer (RFC 6901).

use alloc::{string::String, vec::Vec};

/// Most steps from the whole document to the value.
pub const MAX_STEPS: usize = 16;

/// Splits a pointer into its reference tokens, unescaped.
///
/// `None` if it is no pointer: it is not empty and does not begin with `/`, has a `~` without `0` or `1` behind, or has
/// more than [`MAX_STEPS`] tokens. The empty pointer stands for the whole document, and has no tokens.
pub fn tokens(pointer: &str) -> Option<Vec<String>> {
	if pointer.is_empty() {
		return Some(Vec::new());
	}
	let tokens: Vec<&str> = pointer.strip_prefix('/')?.split('/').collect();
	if tokens.len() > MAX_STEPS {
		return None;
	}
	tokens.into_iter().map(unescape).collect()
}

fn unescape(token: &str) -> Option<String> {
	let mut plain = String::with_capacity(token.len());
	let mut characters = token.chars();
	while let Some(character) = characters.next() {
		plain.push(match character {
			'~' => match characters.next()? {
				'0' => '~',
				'1' => '/',
				_ => return None,
			},
			other => other,
		});
	}
	Some(plain)
}

/// The array index that a token is: digits without leading zeros (RFC 6901, section 4). `None` if it is none, as `-` is,
/// which names what is not there.
pub fn index(token: &str) -> Option<usize> {
	let leading = token.len() > 1 && token.starts_with('0');
	if leading || token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_digit()) {
		return None;
	}
	token.parse().ok()
}
