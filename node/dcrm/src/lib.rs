//! A DCRM member: the part of the node that makes, keeps and uses its share of the keys of its key
//! groups ("distributed control rights management" in the whitepaper).
//!
//! A group's key is made by distributed key generation, used by threshold signing, and handed over to new
//! members, or to fresh shares of the same ones; it exists nowhere, at no time. What is said in public goes
//! over the chain (see [`fusion_dcrm_primitives`]); what is secret, or only concerns one signing, goes from
//! member to member.
//!
//! # The moving parts
//!
//! ```text
//!              finalized state            transactions            other members
//!                     |                        ^                     ^     |
//!   substrate ------ ChainAccess --------------+        network -- Transport, Inbound
//!                     |                        |        (loopback)   |     |
//!                     v                        |                     |     v
//!   worker   +-----------------------------------------------------------------------+
//!            | views, requests, ticks ->                      <- wire: sealed messages |
//!            |                                                                       |
//!            |   member     one per node       +-- keygen   one per group: GJKR       |
//!            |   (no I/O)   all its groups  ---+                                      |
//!            |                                 +-- signing  one per group: leader     |
//!            |                                     |        and participant           |
//!            | <- effects: Say, Send, Store, ..    v                                 |
//!            +------------------|---------------- engine: FROST ---------------------+
//!                               v
//!                             store     key shares, encrypted
//! ```
//!
//! - [`keygen`], [`signing`], [`member`]: state machines without I/O. In go views, messages, replies and
//!   ticks; out come [`effect::Effect`]s.
//! - [`worker`]: feeds the machines and does what they want; [`worker::ChainAccess`] is what it needs of
//!   a chain, [`substrate`] that of a Substrate client.
//! - [`wire`]: what members send each other, signed and bounded. [`transport`], [`network`]: how.
//! - [`engine`]: FROST behind a narrow face. [`store`]: key shares at rest.
//! - [`identity`]: the member's sr25519 key, in the node's keystore (key type `dcrm`).
//! - [`pool`]: the threads that all of this computes on. [`metrics`]: what operators see. [`conduct`]: how a test
//!   makes a member dishonest.
//!
//! # Wiring
//!
//! A node runs one [`worker::run_member`] for each member, each with a [`store::KeyStore`] in a folder
//! of its own. Over the network: [`network::protocol_config`] before the network is built, then a
//! [`network::NetworkTransport`] and the task [`network::serve`], both with the [`network::PeerBook`]
//! that the member keeps up to date. All members of a node share a [`pool::Pool`] and [`metrics::Metrics`]. Several members of a development chain in one process:
//! [`transport::Loopback`], and nothing of the network.
//!
//! # Rules
//!
//! - Only finalized state is acted upon, and a member rebuilds what it signs (see [`signing`]).
//! - Nonces are used once, and are never on disk, those that are made in advance neither. Dealings are never on disk. Shares are on disk,
//!   encrypted, before they are confirmed; and are erased when finalized state shows that the key was handed
//!   over.
//! - Every signature is verified before it leaves the node.
//! - Nothing that is logged is secret.
//!
//! # Log lines
//!
//! Target [`KEYGEN`] (`dcrm::keygen`), each after `group G attempt A: `:
//!
//! | level | line |
//! |---|---|
//! | info | `dealt, sending shares to N members` |
//! | info | `verdict: all shares are right` |
//! | warn | `verdict: shares of dealers [..] are missing or wrong` |
//! | warn | `answering member M's complaint` |
//! | info | `revealing Feldman commitments` |
//! | info | `share of key K stored`, `confirming key K` |
//! | warn | `dealer D sent a wrong share: ..`, `accusing dealer D: ..`, `restarted after dealing, ..` |
//! | info | `accepting what was revealed` (in a handover) |
//! | warn | `no share of the key here: silent as a dealer` (in a handover) |
//!
//! and `group G: erased shares of attempts [..], the key was handed over` (info).
//!
//! Target [`SIGNING`] (`dcrm::signing`): `group G: ready to sign, attempt A of its key` (info), and each
//! after `signing request R: `:
//!
//! | level | line |
//! |---|---|
//! | info | `round 1 sent, attempt A` (the leader asks for nonce commitments) |
//! | info | `round 1 complete, attempt A, signers [..]` (here [`effect::Timing::round_delay`] waits) |
//! | info | `round 2 sent, attempt A, signers [..]` (alone, if the signers had committed to nonces in advance) |
//! | info | `attempt A failed: ..; two rounds follow` (members that are not to blame could not sign in one) |
//! | info | `signed, attempt A` |
//! | info | `member M unreachable, attempt A: ..` |
//! | info | `leader M did not finish in its turn, member N leads` |
//! | warn | `member M sent bad commitments, attempt A: ..` |
//! | warn | `attempt A failed: ..` (`members [..] sent a bad share`, `member M unreachable`, ..) |
//! | warn | `not signed here: ..` (the message is not what its purpose says) |
//!
//! Target [`NETWORK`] (`dcrm::network`): debug lines about messages that were dropped.
#![forbid(unsafe_code)]

pub mod conduct;
mod duty;
pub mod effect;
pub mod engine;
pub mod identity;
pub mod keygen;
pub mod member;
pub mod metrics;
pub mod network;
pub mod pool;
pub mod rpc;
pub mod signing;
pub mod store;
pub mod substrate;
pub mod transport;
pub mod wire;
pub mod worker;

#[cfg(test)]
mod tests;

/// Log target of key generation.
pub const KEYGEN: &str = "dcrm::keygen";
/// Log target of signing.
pub const SIGNING: &str = "dcrm::signing";
/// Log target of everything else.
pub const NETWORK: &str = "dcrm::network";
