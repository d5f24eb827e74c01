//! Rococo's runtime, for a relay chain in tests: the runtime of the SDK's own test relay chain, unchanged but
//! for sessions of twenty blocks.
//!
//! With the feature `std` there is `WASM_BINARY`, the blob. The crate `rococo-runtime` builds itself natively and twice
//! for wasm; here it is compiled once, for wasm, and nothing else of it is.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "blob")]
pub use rococo_runtime::*;

#[cfg(feature = "std")]
mod built {
	#![allow(dead_code, missing_docs)]
	include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

/// The compressed wasm blob. `None` if it was not built (`SKIP_WASM_BUILD`).
#[cfg(feature = "std")]
pub const WASM_BINARY: Option<&[u8]> = built::WASM_BINARY;
