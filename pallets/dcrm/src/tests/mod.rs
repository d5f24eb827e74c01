//! Tests, one file a behaviour. Each checks the whole state after every block and every message.

mod account_keys;
mod blame;
mod bonds;
mod ceremony;
mod driver;
mod faults;
mod groups;
mod handover;
mod handover_faults;
mod handover_properties;
mod hooks;
mod liveness;
mod moves;
mod nodes;
mod pause;
mod pay;
mod pool;
mod properties;
mod signatures;
mod silence;
mod state;
