//! The Solidity face of Fusion's pallets: precompiles of `pallet-revive`.
//!
//! | precompile | address | Solidity interface |
//! |---|---|---|
//! | [`Bookkeeping`] | `0x00000000000000000000000000000000F5010000` | `contracts/interfaces/IBookkeeping.sol` |
//! | [`Dcrm`] | `0x00000000000000000000000000000000F5020000` | `contracts/interfaces/IDcrm.sol` |
//! | [`AssetMapping`] | `0x00000000000000000000000000000000F5030000` | `contracts/interfaces/IAssetMapping.sol` |
//! | [`CallingList`] | `0x00000000000000000000000000000000F5040000` | `contracts/interfaces/ICallingList.sol` |
//! | [`Usufruct`] | `0x00000000000000000000000000000000F5060000` | `contracts/interfaces/IUsufruct.sol` |
//! | [`DataFeed`] | `0x00000000000000000000000000000000F5050000` | `contracts/interfaces/IDataFeed.sol` |
//!
//! Terms and goals: a precompile is a contract at a fixed address that is written in Rust. The
//! interface that its Rust is checked against is the file that contracts import, so the two cannot
//! drift apart. A precompile does what the pallet's calls do, for whoever calls it (a contract or an
//! account), and nothing more:
//!
//! - it charges the weight of the work before it does it;
//! - what only reads can be called statically, and takes no value either;
//! - what changes state refuses delegate calls and static calls, and value;
//! - what the pallet refuses is a revert with the pallet's reason as a string, so nothing of it stays;
//! - it leaves an EVM log of what it did.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod asset_mapping;
mod bookkeeping;
mod calling_list;
mod data_feed;
mod dcrm;
mod env;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod usufruct;

pub use asset_mapping::{token_address, AssetMapping, IAssetMapping, TOKEN_PREFIX};
pub use bookkeeping::{Bookkeeping, IBookkeeping};
pub use calling_list::{
	calling_list_address, trigger_input, trigger_output, CallingList, ICallingList, IChecker,
};
pub use data_feed::{DataFeed, IDataFeed};
pub use dcrm::{Dcrm, IDcrm};
pub use usufruct::{IUsufruct, Usufruct};
