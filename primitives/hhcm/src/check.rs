//! What a block has to satisfy: the same functions for the runtime, which refuses a block that does not,
//! and for a node, which does not even execute it.
//!
//! In the order in which they can be asked: [`seal`] and [`claim`] need the header and the parent's state,
//! [`packages`] the first extrinsics, and [`Sequence`](crate::sequence::Sequence) all of them.

use core::fmt;
use sp_core::H256;

use crate::{
	digest::Claim,
	election::{is_guerrilla, Place},
	package::{self, Context},
	seed,
	ticket::{nonce_limit, seal_payload},
	Authority, AuthorityId, AuthorityIndex, Election, GroupId, Package, Rank, Round, Seal, Slot,
	Ticket,
};
use sp_runtime::RuntimeAppPublic;

/// Why a seal is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealError {
	/// The nonce is not below the limit.
	Nonce {
		/// The nonce.
		nonce: u64,
		/// What it has to be below.
		limit: u64,
	},
	/// The nonce does not solve the author's ticket.
	Unsolved {
		/// The nonce.
		nonce: u64,
	},
	/// The signature is not the author's.
	Signature,
}

impl fmt::Display for SealError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Nonce { nonce, limit } => {
				write!(f, "the nonce {nonce} is not below the limit {limit}")
			},
			Self::Unsolved { nonce } => {
				write!(f, "the nonce {nonce} does not solve the author's ticket")
			},
			Self::Signature => f.write_str("the seal is not signed by the author"),
		}
	}
}

/// Checks the seal of a block that `author` claims: the work, then the signature.
///
/// `pre_hash` is the hash of the header without the seal. The handicap is that of the place that is
/// claimed: whether the place is the author's is what [`claim`] finds.
pub fn seal(
	seal: &Seal,
	pre_hash: H256,
	parent: H256,
	claim: &Claim,
	author: &AuthorityId,
	round: &Round,
) -> Result<(), SealError> {
	let nonce = seal.nonce();
	let limit = nonce_limit(round.difficulty);
	if nonce >= limit {
		return Err(SealError::Nonce { nonce, limit });
	}
	let guerrilla = is_guerrilla(claim.group, round.groups);
	let handicap = crate::election::handicap(claim.rank, guerrilla);
	let ticket = Ticket::new(parent, claim.slot, author, claim.group, claim.packages_root);
	if !ticket.is_solved_by(nonce, round.difficulty, handicap) {
		return Err(SealError::Unsolved { nonce });
	}
	if !author.verify(&seal_payload(&pre_hash, nonce), seal.signature()) {
		return Err(SealError::Signature);
	}
	Ok(())
}

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
	/// The slot is not later than the parent's.
	Slot {
		/// The claimed slot.
		slot: Slot,
		/// The parent's.
		parent: Slot,
	},
	/// There is no such bookkeeping node.
	Author(AuthorityIndex),
	/// The author is in another group.
	Group {
		/// The claimed one.
		claimed: GroupId,
		/// The author's.
		drawn: GroupId,
	},
	/// The author has another rank.
	Rank {
		/// The claimed one.
		claimed: Rank,
		/// The author's.
		drawn: Rank,
	},
	/// The author was not drawn for the right to assemble: more nodes are when slots are missed.
	Turn {
		/// How many draws there were.
		draws: u32,
	},
	/// The VRF output is not the author's for the parent's seed and the slot.
	Vrf,
}

impl fmt::Display for ClaimError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Slot { slot, parent } => write!(
				f,
				"slot {} is not later than the parent's, {}",
				u64::from(*slot),
				u64::from(*parent)
			),
			Self::Author(index) => write!(f, "there is no bookkeeping node {index}"),
			Self::Group { claimed, drawn } => {
				write!(f, "the author claims group {claimed}, but is in group {drawn}")
			},
			Self::Rank { claimed, drawn } => {
				write!(f, "the author claims rank {claimed}, but has rank {drawn}")
			},
			Self::Turn { draws } => {
				write!(f, "the author is not among the nodes that {draws} draws let assemble")
			},
			Self::Vrf => f.write_str("the VRF output is not the author's for this seed and slot"),
		}
	}
}

/// What a valid claim leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
	/// The election in which the author won its place.
	pub election: Election,
	/// The seed of the block's children.
	pub seed: H256,
}

/// Checks an author's claim in the round that the parent left.
pub fn claim(
	claim: &Claim,
	round: &Round,
	authorities: &[Authority],
) -> Result<Accepted, ClaimError> {
	if claim.slot <= round.last_slot {
		return Err(ClaimError::Slot { slot: claim.slot, parent: round.last_slot });
	}
	let unknown = ClaimError::Author(claim.author);
	let author = authorities.get(usize::from(claim.author)).ok_or(unknown)?;
	let election = Election::new(round, claim.slot, authorities);
	let Place { group, rank } = election.place_of(claim.author).ok_or(unknown)?;
	if claim.group != group {
		return Err(ClaimError::Group { claimed: claim.group, drawn: group });
	}
	if claim.rank != rank {
		return Err(ClaimError::Rank { claimed: claim.rank, drawn: rank });
	}
	if election.assembly_position(claim.author).is_none() {
		return Err(ClaimError::Turn { draws: election.draws() });
	}
	let seed = seed::next(round.seed, claim.slot, &author.id, &claim.vrf).ok_or(ClaimError::Vrf)?;
	Ok(Accepted { election, seed })
}

/// Why the packages of a block are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackagesError {
	/// They are not those that the author claimed.
	Root,
	/// They are not in the order of their groups' numbers, or there are two of one group.
	Groups {
		/// The group of the package that is out of order.
		group: GroupId,
	},
	/// The packager may not package this group.
	Packager {
		/// The group.
		group: GroupId,
		/// Who packaged it.
		packager: AuthorityIndex,
	},
	/// The signature is not the packager's, or for another place.
	Signature {
		/// The group.
		group: GroupId,
		/// Who is said to have packaged it.
		packager: AuthorityIndex,
	},
}

impl fmt::Display for PackagesError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Root => f.write_str("the packages are not those that the author claimed"),
			Self::Groups { group } => {
				write!(f, "the package of group {group} is out of order, or the second one")
			},
			Self::Packager { group, packager } => {
				write!(f, "node {packager} may not package group {group}")
			},
			Self::Signature { group, packager } => {
				write!(f, "the package of group {group} is not signed by node {packager} for here")
			},
		}
	}
}

/// Checks the packages of a block whose author claimed `root`.
pub fn packages(
	packages: &[Package],
	root: H256,
	context: &Context,
	election: &Election,
	authorities: &[Authority],
) -> Result<(), PackagesError> {
	if package::root(packages) != root {
		return Err(PackagesError::Root);
	}
	let mut last = None;
	for package in packages {
		let group = package.group;
		if last >= Some(group) {
			return Err(PackagesError::Groups { group });
		}
		last = Some(group);
		self::package(package, context, election, authorities)?;
	}
	Ok(())
}

/// Checks one package by itself. For nodes that receive one.
pub fn package(
	package: &Package,
	context: &Context,
	election: &Election,
	authorities: &[Authority],
) -> Result<(), PackagesError> {
	let Package { group, packager, .. } = *package;
	let authority = authorities
		.get(usize::from(packager))
		.filter(|_| election.package_weight(group, packager).is_some())
		.ok_or(PackagesError::Packager { group, packager })?;
	if !package.is_signed_by(&authority.id, context) {
		return Err(PackagesError::Signature { group, packager });
	}
	Ok(())
}
