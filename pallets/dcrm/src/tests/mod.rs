//! Tests, one file a behaviour. Each checks the whole state after every block and every message.

mod ceremony;
mod driver;
mod faults;
mod groups;
mod hooks;
mod nodes;
mod pool;
mod properties;
mod signatures;
mod state;
