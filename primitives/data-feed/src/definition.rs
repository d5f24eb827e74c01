//! What governance says of a feed.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

use crate::{
	aggregate::MILLION,
	pointer,
	url::{self, UrlError, MAX_URL},
	Balance, Kind, Margin,
};

/// Fewest sources of a feed: one of them may lie, and the others still agree.
pub const MIN_SOURCES: usize = 3;
/// Most sources of a feed.
pub const MAX_SOURCES: u32 = 16;
/// Most bytes of a JSON pointer.
pub const MAX_POINTER: u32 = 128;
/// Most bytes of a description.
pub const MAX_DESCRIPTION: u32 = 64;
/// The longest time that can be set, in seconds: four weeks.
pub const LONGEST: u32 = 28 * 24 * 60 * 60;

/// Where on the web a value is.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Source {
	/// The URL of a JSON document: a template, see [`url`].
	pub url: BoundedVec<u8, ConstU32<MAX_URL>>,
	/// Where in the document the value is, as a JSON pointer (RFC 6901).
	pub pointer: BoundedVec<u8, ConstU32<MAX_POINTER>>,
}

/// The sources of a feed.
pub type Sources = BoundedVec<Source, ConstU32<MAX_SOURCES>>;

/// By what rules a feed is fed. Times are in seconds.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Rules {
	/// What kind of value it has.
	pub kind: Kind,
	/// Feeders look at the sources this often, and no two rounds are opened within less time. At least 1.
	pub interval: u32,
	/// At the latest so long after the last answer's round was opened, there is another one. At least `interval`.
	pub heartbeat: u32,
	/// So long after its round was opened an answer expires. More than `heartbeat`.
	pub lifetime: u32,
	/// If the value changes by more than this, a round is opened before the heartbeat.
	pub deviation: Margin,
	/// How far from what is agreed on a value may be, of a source and of a feeder. Beyond, it is an outlier.
	pub tolerance: Margin,
	/// How many percent of the feeders have to reveal a value, 51 to 100.
	pub quorum: u8,
	/// How many feeders have to, at least, however few there are. At least 1.
	pub min_reports: u32,
	/// What all feeders together are paid for an answer at most, in the smallest unit of the native token.
	pub reward: Balance,
}

/// What governance says of a feed.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Definition {
	/// What it says, for people: `BTC / USD`. Printable ASCII.
	pub description: BoundedVec<u8, ConstU32<MAX_DESCRIPTION>>,
	/// Where the value is: 3 to 16 places, no two alike.
	pub sources: Sources,
	/// By what rules it is fed.
	pub rules: Rules,
}

/// Why a definition is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionError {
	/// The description is empty, or has other characters than printable ASCII.
	Description,
	/// There are fewer than three sources.
	TooFewSources,
	/// Two sources are the same.
	SourceTwice,
	/// A source's URL is not one.
	Url(UrlError),
	/// A source's JSON pointer is none (RFC 6901).
	Pointer,
	/// The bounds of the value make no sense.
	Kind,
	/// The times are not: 1 ≤ `interval` ≤ `heartbeat` < `lifetime` ≤ [`LONGEST`].
	Times,
	/// A margin is more than the whole value, or the tolerance of numbers is nothing.
	Margin,
	/// The quorum is not from 51 to 100 percent, or no report is needed.
	Quorum,
}

impl Source {
	/// Checks it.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn check(&self) -> Result<(), DefinitionError> {
		let url = core::str::from_utf8(&self.url)
			.map_err(|_| DefinitionError::Url(UrlError::Character))?;
		url::check(url).map_err(DefinitionError::Url)?;
		let pointer = core::str::from_utf8(&self.pointer).map_err(|_| DefinitionError::Pointer)?;
		pointer::tokens(pointer).map(drop).ok_or(DefinitionError::Pointer)
	}
}

impl Rules {
	/// Checks them.
	///
	/// # Errors
	///
	/// What is wrong with them.
	pub fn check(&self) -> Result<(), DefinitionError> {
		let Rules { kind, interval, heartbeat, lifetime, deviation, tolerance, .. } = self;
		if !kind.is_valid() {
			return Err(DefinitionError::Kind);
		}
		let ordered = 1 <= *interval && interval <= heartbeat && heartbeat < lifetime;
		if !ordered || *lifetime > LONGEST {
			return Err(DefinitionError::Times);
		}
		let is_number = matches!(kind, Kind::Integer { .. } | Kind::Decimal { .. });
		let nothing = tolerance.relative == 0 && tolerance.absolute == 0;
		let too_much = deviation.relative > MILLION || tolerance.relative > MILLION;
		if too_much || (is_number && nothing) {
			return Err(DefinitionError::Margin);
		}
		if !(51..=100).contains(&self.quorum) || self.min_reports == 0 {
			return Err(DefinitionError::Quorum);
		}
		Ok(())
	}
}

impl Definition {
	/// Checks it.
	///
	/// # Errors
	///
	/// What is wrong with it.
	pub fn check(&self) -> Result<(), DefinitionError> {
		let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
		if self.description.is_empty() || !self.description.iter().all(printable) {
			return Err(DefinitionError::Description);
		}
		if self.sources.len() < MIN_SOURCES {
			return Err(DefinitionError::TooFewSources);
		}
		for (number, source) in self.sources.iter().enumerate() {
			source.check()?;
			// One source under two names would have two votes; at least the same name has only one.
			if self.sources.iter().take(number).any(|other| other.url == source.url) {
				return Err(DefinitionError::SourceTwice);
			}
		}
		self.rules.check()
	}
}
