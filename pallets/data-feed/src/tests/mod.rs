//! One file a behaviour.

mod closing;
mod expiry;
mod governance;
mod pay;
mod properties;
mod rounds;
mod views;
mod words;
