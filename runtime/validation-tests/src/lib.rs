//! Blocks, and what the relay chain makes of them.
//!
//! There is no code here. The test `validate_block` builds blocks as a collator does, breaks one rule of HHCM
//! in each, and hands them to the export of that name of the runtime's real wasm, in the environment in which
//! the relay chain's validators run it. It is a crate of its own so that a change in it does not build the
//! wasm anew.
