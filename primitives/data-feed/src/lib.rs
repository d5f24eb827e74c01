//! What the data-feed pallet, its readers and the nodes that feed it agree on.
//!
//! A *feed* brings one value from outside onto the chain (whitepaper, "ports for external datasources"): a price, an
//! index, a result. Governance says what it is and which at least three *sources* on the web have it. The bookkeeping
//! nodes of the session are its *feeders*: each fetches the value from the sources, by itself, and says what most of
//! them agree on. What is here are the rules of that, as pure functions, and the words that feeders use:
//!
//! ```text
//!  source ─┐                                       commit          reveal
//!  source ─┼─▶ agree over sources ─▶ feeder ─────▶ H(value, salt) ─▶ value, salt ─┐
//!  source ─┘                        (each node)                                    ├─▶ agree over feeders ─▶ answer,
//!                                    feeder ─────▶ …               ─▶ …           ─┘                        expires
//! ```
//!
//! - [`definition`]: what governance says of a feed;
//! - [`url`]: what a source's URL may look like; [`mod@pointer`]: where in a document its value is (RFC 6901);
//! - [`value`]: values, and how they are read from text, exactly;
//! - [`aggregate`]: one value of many, and how far values are apart;
//! - [`word`]: commitments, reveals, and how they are signed;
//! - [`answer`]: what a feed says, until when;
//! - [`traits`]: what the pallet needs of others, and what it gives them;
//! - [`api`]: the runtime API that nodes read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod aggregate;
pub mod answer;
pub mod api;
pub mod definition;
pub mod pointer;
pub mod traits;
pub mod url;
pub mod value;
pub mod word;

#[cfg(test)]
mod tests;

pub use aggregate::{agree, median, score, Margin, FULL_SCORE};
pub use answer::{Answer, Reading};
pub use definition::{Definition, DefinitionError, Rules, Source, Sources};
pub use value::{Kind, Text, Value, ValueError};
pub use word::{commitment, FeedWord, SignedWord};

use sp_core::sr25519;

/// The number of a feed. Counts up from 0, and is never used again.
pub type FeedId = u32;
/// The number of a round of a feed. Counts up from 1, and is never used again, whether the round had an answer or not.
pub type RoundId = u64;
/// Seconds since the Unix epoch, by the chain's clock.
pub type Seconds = u64;
/// The sr25519 key that a feeder speaks with: the one that it authors blocks with.
pub type FeederId = sr25519::Public;
/// A feeder's signature.
pub type FeederSignature = sr25519::Signature;
/// An amount of FSN in its smallest unit.
pub type Balance = u128;
