//! The export `validate_block` of the runtime's real wasm, on real blocks, as validators of the relay chain
//! call it.
//!
//! A chain is begun with the runtime's own genesis, and its blocks are built by the same wasm, with the calls
//! that a collator makes: what is in a block, who authors it and who packages it is chosen here. Each test
//! begins with a block by the rules, which everybody accepts. A copy of it in which one thing is changed has to
//! be refused by validators, and by nodes that import it, for the reason that belongs to that change. All else
//! in the copy is right: it is packaged, claimed, mined and sealed anew, so that to undo the change alone gives
//! a block that is accepted. Where the author's own runtime would not even build it, the state root is that of
//! the block by the rules.
//!
//! The wasm runs with the relay chain's settings and host functions (see [`wasm`]), and its panics are read
//! from what it logs.

mod accepted;
mod chain;
mod claims;
mod clock;
mod cost;
mod draft;
mod genesis;
mod packages;
mod proofs;
mod scene;
mod seals;
mod transactions;
mod wasm;
