//! What the pallet needs of others.

use core::ops::Range;
use fusion_hhcm_primitives::{equivocation::Offence, AuthorityWeight, GroupId};
use sp_core::H256;
use sp_runtime::Weight;

/// What validators weigh in draws.
pub trait AuthorityWeights<AccountId> {
	/// Weight of a validator in the session that begins now: stake times holding time, in a unit of the
	/// implementation's choice. 0 counts as 1.
	///
	/// It has to be as it was when the validator was elected for the session, which is before the seeds
	/// of the session's draws can be known: somebody who could still change it would choose among
	/// results.
	fn weight(validator: &AccountId) -> AuthorityWeight;
}

/// Everybody weighs the same.
impl<AccountId> AuthorityWeights<AccountId> for () {
	fn weight(_: &AccountId) -> AuthorityWeight {
		1
	}
}

/// What an extrinsic is, for the order of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
	/// An inherent: in no package, and before all transactions.
	Inherent,
	/// A transaction, with the key that its group is drawn from.
	Key(H256),
}

/// How transactions are split over the groups.
pub trait GroupingKey {
	/// What an extrinsic is, from its encoding as it stands in the block, with the length in front.
	///
	/// The key of a transaction with a signer is made of the signer's account, so that all transactions of
	/// an account are in one group and their nonces stay in order; the key of one without is the hash of
	/// the encoding. `None` if it cannot be decoded, or if its signer cannot be told. Signatures need not
	/// be checked: what the block has was executed.
	fn grouping(extrinsic: &[u8]) -> Option<Grouping>;

	/// The encoding of a transaction of the kind that takes longest. Different ones for different numbers.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_transaction(number: u32) -> alloc::vec::Vec<u8>;
}

/// A package of a finished block, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered<AccountId> {
	/// The group whose transactions it has.
	pub group: GroupId,
	/// The account of its packager.
	pub packager: AccountId,
	/// What it is worth by the packager's rank: 16 for the group's winner, less for stand-ins.
	pub weight: u64,
	/// The numbers of its transactions among the extrinsics of the block, where they follow one another.
	/// Empty if none is in the block.
	pub extrinsics: Range<u32>,
}

/// Is told of every block, for instance to pay for it.
pub trait OnBlockAuthored<AccountId> {
	/// After the last transaction of a block: who assembled it, of which packages, and of how many groups
	/// there were.
	fn on_block_authored(assembler: &AccountId, packages: &[Delivered<AccountId>], groups: GroupId);

	/// What it takes at most with so many packages.
	fn weight(packages: u32) -> Weight;
}

impl<AccountId> OnBlockAuthored<AccountId> for () {
	fn on_block_authored(_: &AccountId, _: &[Delivered<AccountId>], _: GroupId) {}

	fn weight(_: u32) -> Weight {
		Weight::zero()
	}
}

/// Is told of proven offences.
pub trait Offences<AccountId> {
	/// A node has signed two things where it may sign one, and `reporter` has proven it. Told once for each
	/// offender and slot. The pallet itself takes the weight away that it has read for the offender; that it
	/// reads none for sessions that are yet to begin is up to [`AuthorityWeights`].
	/// [`Pallet::sessions_ago`](crate::Pallet::sessions_ago) says of the slot in which session it was.
	fn on_offence(offender: &AccountId, reporter: &AccountId, offence: &Offence);

	/// What it takes at most.
	fn weight() -> Weight;
}

impl<AccountId> Offences<AccountId> for () {
	fn on_offence(_: &AccountId, _: &AccountId, _: &Offence) {}

	fn weight() -> Weight {
		Weight::zero()
	}
}
