//! What is wrong, and whose fault it is.

use core::fmt;

use crate::Error;

/// Why something was refused that several dealers have a part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
	culprit: Option<u16>,
	error: Error,
}

impl Fault {
	/// Turns an error into the fault of the dealer with this index.
	pub(crate) fn by(culprit: u16) -> impl Fn(Error) -> Self {
		move |error| Self { culprit: Some(culprit), error }
	}

	/// The index of the dealer whose fault it is. `None` if it is the caller's, or nobody's in particular.
	pub fn culprit(&self) -> Option<u16> {
		self.culprit
	}

	/// What is wrong.
	pub fn error(&self) -> Error {
		self.error
	}
}

/// Nobody's fault in particular.
impl From<Error> for Fault {
	fn from(error: Error) -> Self {
		Self { culprit: None, error }
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.culprit {
			Some(culprit) => write!(f, "dealer {culprit}: {}", self.error),
			None => self.error.fmt(f),
		}
	}
}

impl core::error::Error for Fault {}
