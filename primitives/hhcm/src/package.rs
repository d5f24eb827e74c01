//! A package: the list of transactions that a group's packager has executed on top of the parent.
//!
//! The whitepaper's package also has the transactions' result. A result cannot be final before the order
//! across groups is, so a package has the list and what executing it took.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{BoundedVec, RuntimeAppPublic};
use sp_weights::Weight;

use crate::{hash, AuthorityId, AuthorityIndex, AuthoritySignature, GroupId, Slot, MAX_GROUPS};

/// Most transactions in one package.
pub const MAX_TRANSACTIONS: u32 = 4_096;

/// The packages of a block: at most one a group, in the order of the groups' numbers.
pub type Packages = BoundedVec<Package, ConstU32<{ MAX_GROUPS as u32 }>>;

/// The inherent that carries the packages into a block.
pub const INHERENT_IDENTIFIER: sp_inherents::InherentIdentifier = *b"hhcmpack";

/// What a packager says of its group's transactions.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Package {
	/// The transaction group.
	pub group: GroupId,
	/// Who packaged it.
	pub packager: AuthorityIndex,
	/// The transactions ([`transaction_hash`]), in the order in which they were executed.
	pub transactions: BoundedVec<H256, ConstU32<MAX_TRANSACTIONS>>,
	/// What executing them took.
	pub measured: Weight,
	/// The packager's signature of [`Package::payload`].
	pub signature: AuthoritySignature,
}

/// Where a package belongs: one slot on top of one parent of one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Context {
	/// The chain's first block.
	pub genesis: H256,
	/// The parent of the block that the package is for.
	pub parent: H256,
	/// Its slot.
	pub slot: Slot,
}

/// By what packages name a transaction: the BLAKE2-256 hash of its encoding as it stands in a block, with
/// the length in front. Transaction pools name it by the same.
pub fn transaction_hash(extrinsic: &[u8]) -> H256 {
	sp_io::hashing::blake2_256(extrinsic).into()
}

/// What a packager signs.
pub fn payload(
	context: &Context,
	group: GroupId,
	packager: AuthorityIndex,
	transactions: &[H256],
	measured: Weight,
) -> [u8; 32] {
	hash(b"hhcm/package/sig", &(context, group, packager, transactions, measured)).0
}

impl Package {
	/// What the packager signs.
	pub fn payload(&self, context: &Context) -> [u8; 32] {
		payload(context, self.group, self.packager, &self.transactions, self.measured)
	}

	/// Whether the signature is this packager's.
	pub fn is_signed_by(&self, packager: &AuthorityId, context: &Context) -> bool {
		packager.verify(&self.payload(context), &self.signature)
	}
}

/// What a header says of the packages of its block.
pub fn root(packages: &[Package]) -> H256 {
	hash(b"hhcm/packages///", &packages)
}
