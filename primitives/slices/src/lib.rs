//! The algebra of time slices.
//!
//! A *slice* is an amount of a coin over an interval of time `[start, end)`, whose end may be
//! [`FOREVER`]. What somebody has of a coin is a function from instants to amounts ([`Slices`]): how much
//! of it is theirs to use then. Its value now is the *use*, its value in the far future is the *title*
//! (whitepaper, "separation of ownership and usufruct").
//!
//! ```text
//!  amount                                    a lends 6 of its 10 to b until T
//!    10 ┤              ┌─────────────        a:  4 over [now, T), 10 over [T, forever)
//!       │              │                     b:  6 over [now, T)
//!     4 ┤──────────────┘
//!     0 ┼──────────────┬─────────────        at each instant a + b = 10
//!      now             T      forever
//! ```
//!
//! Goals: exact (integers, every operation checked, nothing is made or lost at any instant), one form for
//! each function (so that equal holdings are equal bytes, and what meets in one hand merges by itself), and
//! bounded (`MAX` boundaries, or the operation is refused and changes nothing).
//!
//! - when: [`Interval`];
//! - how much when: [`Slices`]. [`Slices::add`], [`Slices::sub`], [`Slices::split`], [`Slices::merge`],
//!   [`Slices::value`], [`Slices::min`], [`Slices::forget_before`];
//! - what is shown of it to everybody: [`SliceView`], [`ChangeView`], [`PledgeView`], and the runtime API that tells
//!   it, [`api`].
//!
//! The form is that of a step function, not that of a list of slices that may overlap (as efsn's time locks
//! have it): a list has many forms for one function, and has to be put in order before it can be compared.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
mod interval;
mod slices;
#[cfg(test)]
mod tests;
mod views;

pub use interval::Interval;
pub use slices::{Slices, Step};
pub use views::{ChangeView, Coin, PledgeId, PledgeView, SliceView};

/// An instant: seconds since 1970, as a block's timestamp in Solidity. Instants are below [`FOREVER`].
pub type Seconds = u64;

/// An amount of a coin, in its smallest unit.
pub type Amount = u128;

/// The end of an interval that has none. The number that efsn and FRC758 use.
pub const FOREVER: Seconds = Seconds::MAX;

/// Why an operation is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// The interval has no instant: its end is not after its start.
	EmptyInterval {
		/// Where it would start.
		start: Seconds,
		/// Where it would end.
		end: Seconds,
	},
	/// There is less than was to be taken, at this instant for the first time.
	NotEnough {
		/// When.
		at: Seconds,
		/// How much there is.
		available: Amount,
	},
	/// The sum would not fit into an [`Amount`], at this instant for the first time.
	Overflow {
		/// When.
		at: Seconds,
	},
	/// The result would have more boundaries than there is room for.
	TooManyBoundaries {
		/// How many it would have.
		needed: usize,
	},
}

impl core::fmt::Display for Error {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::EmptyInterval { start, end } => {
				write!(f, "the interval is empty: it ends at {end}, not after its start {start}")
			},
			Self::NotEnough { at, available } => {
				write!(f, "there is not enough: only {available} at {at}")
			},
			Self::Overflow { at } => write!(f, "the amount at {at} would be too large"),
			Self::TooManyBoundaries { needed } => {
				write!(f, "there is no room for {needed} boundaries: merge slices first")
			},
		}
	}
}

impl core::error::Error for Error {}
