//! Configuration of the pallets.

mod assets;
mod authors;
mod calling_list;
mod evm;
mod feeds;
mod fusion;
mod system;
mod xcm;

pub use assets::*;
pub use authors::*;
pub use calling_list::*;
pub use evm::*;
pub use feeds::*;
pub use fusion::*;
pub use system::*;
pub use xcm::*;
