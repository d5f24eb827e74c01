//! Feeds Fusion's data feeds: a bookkeeping node fetches values from outside, commits to them and reveals them on chain.
//!
//! ```text
//!            duties                  Fetch                        HTTPS
//!  chain ──────────────▶ engine ──────────────▶ sources ────────────────────▶ source 1 … n
//!    ▲                     │  ◀────────────────    │   ◀────────────────────     (TLS, limits, redirects)
//!    │   words             │     value, or why not │  JSON pointer, agree
//!    └─────────── worker ◀─┘                       └─ what most of them say
//!                   │
//!                   ▼
//!             store: what was committed to, until it is revealed
//! ```
//!
//! - [`engine`]: what to do when, as a state machine without I/O;
//! - [`sources`]: one value of a feed's sources: who is down, slow, wrong or talks nonsense is left out, and if more than
//!   half are not of one opinion, there is no value;
//! - [`fetch`]: HTTPS with bounds on time, size, headers and redirects, through a SOCKS proxy ([`socks`]) if one is given;
//! - [`address`]: which addresses are not for the public: what governance names may not point a node at its own network;
//! - [`json`]: the value at a JSON pointer, exactly as it is written;
//! - [`store`]: commitments on disk, so that a node that restarts in the middle of a round can reveal;
//! - [`config`]: what an operator sets: keys of sources' APIs, sources of its own, a proxy;
//! - [`worker`]: ties these to a chain.
#![forbid(unsafe_code)]

pub mod address;
pub mod config;
pub mod engine;
pub mod fetch;
pub mod json;
pub mod socks;
pub mod sources;
pub mod store;
#[cfg(test)]
mod tests;
pub mod worker;

/// The target of the log.
pub const LOG_TARGET: &str = "feeds";
