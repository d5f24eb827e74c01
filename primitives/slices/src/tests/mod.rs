//! Examples, and properties against an oracle that keeps one number a second.

mod encoding;
mod examples;
mod properties;

use crate::{Interval, Slices};

/// Slices with room for everything that the tests do.
type Ample = Slices<64>;

fn interval(start: u64, end: u64) -> Interval {
	Interval::new(start, end).expect("it is not empty")
}
