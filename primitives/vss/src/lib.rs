//! Verifiable secret sharing, and the arithmetic of distributed key generation.
//!
//! `n` members make a key that none of them knows: `t` of them can use it, `t - 1` learn nothing about
//! it, and nobody could influence what it became. The protocol is the one that the whitepaper names
//! ("distributed key generation"): R. Gennaro, S. Jarecki, H. Krawczyk, T. Rabin, *Secure Distributed
//! Key Generation for Discrete-Log Based Cryptosystems*, Journal of Cryptology 20 (2007), "GJKR".
//! This crate is its arithmetic alone. Who speaks when, and who is disqualified, is the business of
//! the chain (`pallet-dcrm`) and of its members (`fusion-dcrm`); both call the same functions here,
//! so that they cannot disagree about a share.
//!
//! # Terms
//!
//! - **Index**: a member's number `j`, from 1 to `n`; the x-coordinate of its share. Public.
//! - **Dealing** ([`Dealing`]): two random polynomials `f` and `f'` of degree `t - 1`. Every member
//!   deals. Secret.
//! - **Share pair** ([`SharePair`]): `(f(j), f'(j))`, which the dealer sends to member `j`. Secret,
//!   unless the dealer has to publish it as its answer to a complaint.
//! - **Pedersen commitments** ([`PedersenCommitments`]): `C_k = a_k·G + b_k·H` for the coefficients
//!   `a_k` of `f` and `b_k` of `f'`. They bind the dealer, and hide its polynomial perfectly.
//! - **Feldman commitments** ([`FeldmanCommitments`]): `A_k = a_k·G`. They are published only when it
//!   is settled whose dealings count; otherwise the last to speak could shift the key by choosing
//!   whether to be disqualified.
//! - **Qualified dealers**: those whose dealings count. The secret key is `Σ f_i(0)` over them, the
//!   public key ([`group_key`]) is `Σ A_i0`, and member `j`'s part of the key ([`KeyShare`]) is
//!   `Σ f_i(j)`.
//!
//! # A ceremony
//!
//! ```text
//!  dealer i                       everybody (chain)                 member j
//!  Dealing::random
//!     ├── pedersen ──────────────▶ PedersenCommitments ─────────────▶│
//!     └── share_for(j) ──── private ────────────────────────────────▶ verify: SharePair
//!                                  complaint ◀───────────────── wrong or missing
//!     answer: the pair ──────────▶ PedersenCommitments::verify
//!                                  qualified dealers settled
//!     feldman ───────────────────▶ FeldmanCommitments ──────────────▶ verify: same SharePair
//!                                  group_key                          KeyShare::combine
//! ```
//!
//! A pair that fits a dealer's Pedersen commitments but not its Feldman commitments proves that the
//! dealer lied ([`FeldmanCommitments::contradicts`]); it is safe to publish as evidence, as the dealing
//! it belongs to is discarded.
//!
//! # New shares of an old key
//!
//! The members of a key, `t` of them at least, can hand it to another committee with another
//! threshold, or to themselves ([`Resharing`]). Each deals its own *share*, in the same ceremony:
//!
//! ```text
//!  old member i                   everybody (chain)                 new member j
//!  Resharing::deal
//!     ├── pedersen ──────────────▶ Resharing::pedersen: C_i0 = x_i·G ▶│
//!     └── share_for(j) ──── private ────────────────────────────────▶ verify: SharePair
//!                                  complaints, answers, as above
//!     feldman ───────────────────▶ Resharing::feldman: A_i0 = x_i·G ─▶ verify: same SharePair
//!                                  accusations: contradicts
//!                                  final set settled
//!                                  Resharing::settle ──────────────▶ Reshared::share
//!                                  KeyCommitments
//! ```
//!
//! The new shares are those of `Σ λ_i·f_i`, with the Lagrange weights λ of the final set: at 0 it is what
//! the old polynomial is there, and all else about it is fresh. So the public key stays; old shares and
//! new ones don't fit each other; and who learns less than `t` old shares and less than the new
//! threshold of new ones learns nothing, whoever's they are. `docs/dcrm/README.md` has the protocol
//! with its reasons.
//!
//! # Derived keys
//!
//! `δ` added to every share is `δ·G` added to the key: [`KeyShare::derive`], [`KeyCommitments::derive`].
//!
//! # Proofs
//!
//! A member shows that it has its share, and nothing else: [`KeyShare::prove`], [`KeyCommitments::verify_proof`].
//!
//! # Goals
//!
//! - Generic over the curve ([`Curve`]); the chain uses [`Secp256k1`].
//! - `no_std`: the runtime judges the same evidence with the same code.
//! - No input can panic it; every error names what was wrong, and where several dealers could have done
//!   it, who did ([`Fault`]).
//! - Secrets are wiped when dropped, never printed, and touched in constant time only. Indices and
//!   commitments are public, and arithmetic on them may take a time that depends on them.
//! - The secret key exists nowhere: there is no function that reconstructs it. (The tests have one.)
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

mod commitments;
mod curve;
mod dealing;
mod error;
mod fault;
mod key;
mod key_commitments;
mod lagrange;
mod params;
mod proof;
mod resharing;
mod settling;
#[cfg(test)]
mod tests;

pub use commitments::{FeldmanCommitments, PedersenCommitments};
pub use curve::{Curve, Secp256k1};
pub use dealing::{Dealing, SharePair};
pub use error::Error;
pub use fault::Fault;
pub use key::{group_key, verifying_share, KeyShare};
pub use key_commitments::KeyCommitments;
pub use params::Params;
pub use proof::{ShareProof, PROOF_LENGTH};
pub use resharing::{Reshared, Resharing};
pub use settling::Settling;

/// Length of an encoded point: a tag and an x-coordinate.
pub const POINT_LENGTH: usize = 33;
/// Length of an encoded scalar.
pub const SCALAR_LENGTH: usize = 32;
