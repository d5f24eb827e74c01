//! Weights.
//!
//! The numbers are *estimates until they are benchmarked*: an upper bound of what is done, counted in
//! database accesses, signatures and hashes, priced above what they take natively. `benchmarking.rs`
//! measures the same; its output is to replace [`SubstrateWeight`].

use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::{Get, Weight},
	weights::{
		constants::{WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS},
		RuntimeDbWeight,
	},
};

/// What the calls and hooks of the pallet weigh.
pub trait WeightInfo {
	/// The check of a claim, of `n` authorities.
	fn begin_block(n: u32) -> Weight;
	/// Reading, decoding and hashing `b` bytes of extrinsics at the end of a block.
	fn check_bytes(b: u32) -> Weight;
	/// The end of a block with which a session of `n` authorities begins.
	fn end_block(n: u32) -> Weight;
	/// [`Call::note_packages`](crate::Call::note_packages) with `p` packages that list `h` transactions,
	/// and the check that each transaction in the block is one of them.
	fn note_packages(p: u32, h: u32) -> Weight;
	/// [`Call::report_equivocation`](crate::Call::report_equivocation) with a proof of `b` bytes, without
	/// what happens to the offender.
	fn report_equivocation(b: u32) -> Weight;
	/// [`Call::set_limits`](crate::Call::set_limits).
	fn set_limits() -> Weight;
}

/// The estimates, with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Microseconds for dispatch, decoding, events and small change.
const BASE: u64 = 60;
/// Microseconds to check an sr25519 signature, which the host does natively.
const SR25519: u64 = 100;
/// Microseconds to check a VRF signature, which runs in wasm: four multiplications on the curve.
const VRF: u64 = 1_500;
/// Microseconds to place a transaction: decoding it and, for an Ethereum one, recovering its signer
/// (about 50 natively); its group; its place in the package.
const TRANSACTION: u64 = 100;
/// Microseconds to draw a node's group and rank: two hashes, some decoding.
const NODE: u64 = 10;
/// Nanoseconds for a byte of an extrinsic: copied from the host, decoded, hashed.
const BYTE: u64 = 8;

/// Bytes of proof for the path to one item: some trie nodes of up to 16 hashes each. The pallet's items
/// share most of it.
const PATH: u64 = 2_600;
/// Bytes of proof for a neighbour of an item whose path is there.
const NEIGHBOUR: u64 = 300;
/// Bytes of an authority: account, key, weight.
const AUTHORITY: u64 = 72;

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn db() -> RuntimeDbWeight {
		T::DbWeight::get()
	}

	fn micros(micros: u64) -> Weight {
		Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
	}

	fn nanos(nanos: u64) -> Weight {
		Weight::from_parts(nanos.saturating_mul(WEIGHT_REF_TIME_PER_NANOS), 0)
	}

	fn proof(bytes: u64) -> Weight {
		Weight::from_parts(0, bytes)
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Reads the authorities and the round. Ranking looks at half of those that are left in the group, at
	/// worst all in one: less than five nanoseconds each.
	fn begin_block(n: u32) -> Weight {
		let n = u64::from(n);
		Self::micros(BASE.saturating_add(VRF).saturating_add(n.saturating_mul(NODE)))
			.saturating_add(Self::nanos(n.saturating_mul(n).saturating_mul(5)))
			.saturating_add(Self::proof(
				n.saturating_mul(AUTHORITY).saturating_add(PATH + 4 * NEIGHBOUR),
			))
			.saturating_add(Self::db().reads_writes(2, 1))
	}

	fn check_bytes(b: u32) -> Weight {
		Self::nanos(u64::from(b).saturating_mul(BYTE))
	}

	/// Reads the offenders, the next authorities, the tally, the limits and the slots of sessions; writes the
	/// round, the tally, the slots and both lists of authorities.
	fn end_block(n: u32) -> Weight {
		Self::micros(BASE.saturating_add(n.into()))
			.saturating_add(Self::proof(8 * NEIGHBOUR))
			.saturating_add(Self::db().reads_writes(5, 5))
	}

	/// Reads the genesis hash. Each listed hash is hashed twice: for the root and for the signature.
	fn note_packages(p: u32, h: u32) -> Weight {
		let (p, h) = (u64::from(p), u64::from(h));
		Self::micros(
			BASE.saturating_add(p.saturating_mul(SR25519 + 20))
				.saturating_add(h.saturating_mul(TRANSACTION)),
		)
		.saturating_add(Self::proof(PATH))
		.saturating_add(Self::db().reads(1))
	}

	/// Two signatures, for each list of authorities; the reports, of which there are 256 at most; the weight
	/// that the offender has in both sessions at the end of the block.
	fn report_equivocation(b: u32) -> Weight {
		Self::micros(BASE + 4 * SR25519 + 450)
			.saturating_add(Self::nanos(u64::from(b).saturating_mul(2 * BYTE)))
			.saturating_add(Self::proof(
				u64::from(fusion_hhcm_primitives::MAX_AUTHORITIES)
					.saturating_mul(2 * AUTHORITY)
					.saturating_add(2 * PATH + 256 * 40),
			))
			.saturating_add(Self::db().reads_writes(8, 4))
	}

	fn set_limits() -> Weight {
		Self::micros(BASE).saturating_add(Self::proof(PATH)).saturating_add(Self::db().writes(1))
	}
}
