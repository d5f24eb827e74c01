//! Headers that are not as they should be. No I/O but the keystore's.

use fusion_hhcm::{
	claim::{make_claim, AssemblyTurn},
	round::SlotView,
	signing::{vrf, SigningError},
};
use fusion_hhcm_primitives::{
	digest::{Claim, Seal},
	package::{self, Context},
	ticket::{nonce_limit, seal_payload},
	AuthorityId, AuthorityIndex, AuthoritySignature, Candidate, Package, Place, Slot, Ticket,
	KEY_TYPE,
};
use fusion_runtime::opaque::Header;
use sp_core::H256;
use sp_keystore::Keystore;
use sp_runtime::{
	traits::{BlakeTwo256, Hash, Header as _},
	Digest, StateVersion,
};
use sp_weights::Weight;

/// Why something was not forged.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
	/// It was not signed.
	#[error(transparent)]
	Signing(#[from] SigningError),
	/// No nonce solves the ticket.
	#[error("the ticket is a blank")]
	Blank,
	/// There is nobody else.
	#[error("there is no other bookkeeping node")]
	Alone,
}

/// What can be wrong with a header for all to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Another node's group and rank, with that place's handicap.
	AnothersPlace,
	/// Another node's index, sealed with our key.
	AnothersName,
	/// A nonce that does not solve the ticket.
	Unsolved,
	/// A nonce that is not below the limit.
	BeyondLimit,
	/// A slot that has not begun.
	Future,
	/// A seal too many.
	TwoSeals,
	/// The VRF output of another slot.
	OtherVrf,
}

impl Fault {
	/// Claims of what is another's.
	pub const CLAIMS: [Self; 2] = [Self::AnothersPlace, Self::AnothersName];
	/// Broken rules.
	pub const RULES: [Self; 5] =
		[Self::Unsolved, Self::BeyondLimit, Self::Future, Self::TwoSeals, Self::OtherVrf];
}

/// Who forges, and where.
pub struct Forger<'a> {
	/// Where its key is.
	pub keystore: &'a dyn Keystore,
	/// The slot, on top of the parent.
	pub view: &'a SlotView,
	/// Its key.
	pub key: &'a AuthorityId,
	/// Its place in the list of bookkeeping nodes.
	pub index: AuthorityIndex,
}

impl Forger<'_> {
	/// A header of a block without extrinsics that has this fault.
	pub fn header(&self, fault: Fault, number: u32) -> Result<Header, ForgeError> {
		let own = self.own_place()?;
		let none = package::root(&[]);
		let honest = make_claim(self.keystore, self.view, &self.turn(own), none)?;
		self.broken(fault, honest, |claim| self.unsealed(claim, number))
	}

	/// The header of a sound block, without its seal and with its claim, that has been given this fault.
	pub fn spoilt(
		&self,
		fault: Fault,
		unsealed: &Header,
		claim: Claim,
	) -> Result<Header, ForgeError> {
		self.broken(fault, claim, |claim| {
			let mut header = unsealed.clone();
			replace_claim(&mut header, claim);
			header
		})
	}

	fn broken(
		&self,
		fault: Fault,
		honest: Claim,
		unsealed: impl FnOnce(&Claim) -> Header,
	) -> Result<Header, ForgeError> {
		let claim = match fault {
			Fault::AnothersPlace => {
				let other = self.others_place()?;
				Claim { group: other.group, rank: other.rank, ..honest }
			},
			Fault::AnothersName => {
				let other = self.others_place()?;
				Claim { author: other.index, group: other.group, rank: other.rank, ..honest }
			},
			Fault::Future => {
				let slot = honest.slot.saturating_add(2u64);
				Claim { slot, vrf: self.vrf(slot)?, ..honest }
			},
			Fault::OtherVrf => Claim { vrf: self.vrf(honest.slot.saturating_add(1u64))?, ..honest },
			Fault::Unsolved | Fault::BeyondLimit | Fault::TwoSeals => honest,
		};
		let nonce = match fault {
			Fault::Unsolved => self.unsolved(&claim)?,
			Fault::BeyondLimit => nonce_limit(self.view.parent().round.difficulty),
			_ => self.mine(&claim)?,
		};
		let mut header = self.seal(unsealed(&claim), nonce)?;
		if fault == Fault::TwoSeals {
			let seal = header.digest().logs().last().cloned();
			header.digest_mut().logs.extend(seal);
		}
		Ok(header)
	}

	/// A sibling of a sound block, from its header without the seal: with another content, and, if `reclaims`,
	/// with a claim to other packages, whose ticket is solved anew. Whoever executes it finds that it is wrong.
	pub fn sibling(
		&self,
		unsealed: &Header,
		claim: &Claim,
		nonce: u64,
		number: u64,
		reclaims: bool,
	) -> Result<Header, ForgeError> {
		let mut header = unsealed.clone();
		header.state_root = H256::from_low_u64_be(number);
		if !reclaims {
			return self.seal(header, nonce);
		}
		let claim = Claim { packages_root: H256::from_low_u64_be(number), ..claim.clone() };
		let nonce = self.mine(&claim)?;
		replace_claim(&mut header, &claim);
		self.seal(header, nonce)
	}

	/// The same block, but claimed to be made of other packages. Its header is sound.
	pub fn swapped(&self, unsealed: &Header, claim: &Claim) -> Result<Header, ForgeError> {
		let claim = Claim { packages_root: H256::repeat_byte(0x5a), ..claim.clone() };
		let nonce = self.mine(&claim)?;
		let mut header = unsealed.clone();
		replace_claim(&mut header, &claim);
		self.seal(header, nonce)
	}

	/// A package beside one of ours, with the same transactions and another measure.
	pub fn second_package(
		&self,
		context: &Context,
		first: &Package,
	) -> Result<Package, ForgeError> {
		let measured = first.measured.saturating_add(Weight::from_parts(1, 1));
		let transactions = &first.transactions;
		let payload =
			package::payload(context, first.group, first.packager, transactions, measured);
		Ok(Package { measured, signature: self.sign(&payload)?, ..first.clone() })
	}

	/// Seals a header, whatever was sealed before.
	pub fn seal(&self, mut header: Header, nonce: u64) -> Result<Header, ForgeError> {
		let signature = self.sign(&seal_payload(&header.hash(), nonce))?;
		header.digest_mut().push(Seal::V1 { nonce, signature }.to_item());
		Ok(header)
	}

	fn sign(&self, payload: &[u8]) -> Result<AuthoritySignature, ForgeError> {
		let signed = self.keystore.sr25519_sign(KEY_TYPE, self.key.as_ref(), payload);
		let signature = signed.map_err(SigningError::from)?;
		let signature = signature.ok_or_else(|| SigningError::NoKey(self.key.clone()))?;
		Ok(signature.into())
	}

	fn own_place(&self) -> Result<Place, ForgeError> {
		let place = self.view.election().place_of(self.index);
		place.ok_or_else(|| SigningError::NoKey(self.key.clone()).into())
	}

	fn turn(&self, place: Place) -> AssemblyTurn {
		AssemblyTurn { index: self.index, key: self.key.clone(), place, position: 0 }
	}

	/// The first of the assembly order that is not us.
	fn others_place(&self) -> Result<Candidate, ForgeError> {
		let mut order = self.view.election().assembly_order();
		order.find(|candidate| candidate.index != self.index).ok_or(ForgeError::Alone)
	}

	fn vrf(&self, slot: Slot) -> Result<sp_core::sr25519::vrf::VrfSignature, ForgeError> {
		Ok(vrf(self.keystore, self.key, self.view.parent().round.seed, slot)?)
	}

	fn unsealed(&self, claim: &Claim, number: u32) -> Header {
		let no_extrinsics = BlakeTwo256::ordered_trie_root(vec![], StateVersion::V1);
		let digest = Digest { logs: vec![claim.to_item()] };
		Header::new(number, no_extrinsics, H256::zero(), self.view.parent().hash, digest)
	}

	fn ticket(&self, claim: &Claim) -> (Ticket, u64, u64) {
		let parent = self.view.parent();
		// Of whoever it says.
		let author = self.view.authority(claim.author).unwrap_or(self.key);
		let ticket = Ticket::new(parent.hash, claim.slot, author, claim.group, claim.packages_root);
		let place = Place { group: claim.group, rank: claim.rank };
		(ticket, parent.round.difficulty, self.view.election().handicap(place))
	}

	/// A nonce that solves the ticket of a claim.
	pub fn mine(&self, claim: &Claim) -> Result<u64, ForgeError> {
		let (ticket, difficulty, handicap) = self.ticket(claim);
		ticket.mine(0, nonce_limit(difficulty), difficulty, handicap).ok_or(ForgeError::Blank)
	}

	fn unsolved(&self, claim: &Claim) -> Result<u64, ForgeError> {
		let (ticket, difficulty, handicap) = self.ticket(claim);
		(0..nonce_limit(difficulty))
			.find(|nonce| !ticket.is_solved_by(*nonce, difficulty, handicap))
			.ok_or(ForgeError::Blank)
	}
}

/// Puts a claim in the place of the one that is there.
fn replace_claim(header: &mut Header, claim: &Claim) {
	let new = claim.to_item();
	let is_claim = |item: &sp_runtime::DigestItem| {
		item.as_pre_runtime().map(|(engine, _)| engine)
			== new.as_pre_runtime().map(|(engine, _)| engine)
	};
	for item in header.digest.logs.iter_mut().filter(|item| is_claim(item)) {
		*item = new.clone();
	}
}

#[cfg(test)]
mod tests {
	use fusion_hhcm::verifier::{check_header, Reason};
	use fusion_hhcm_primitives::{
		check::{ClaimError, SealError},
		digest::DigestError,
		equivocation::Proof,
	};

	use super::*;
	use crate::testing::{keystore, view, SLOT};

	/// What an honest node says of a header.
	fn verdict(view: &SlotView, header: Header) -> Result<(), Reason> {
		let parent = view.parent();
		check_header(header, &parent.round, &parent.authorities, Slot::from(SLOT)).map(drop)
	}

	/// Every node forges in turn.
	fn forgers(view: &SlotView, mut forge: impl FnMut(Forger<'_>)) {
		for (index, authority) in (0u16..).zip(view.parent().authorities.iter()) {
			let keystore = keystore(&[index.into()]);
			forge(Forger { keystore: &keystore, view, key: &authority.id, index });
		}
	}

	/// The node that is drawn first forges, given its honest claim, of no packages, and the header with that claim.
	fn first_forger(forge: impl Fn(&SlotView, &Forger<'_>, &Claim, &Header)) {
		let view = view(5, 2);
		let first = view.election().may_assemble().next().expect("there are nodes").index;
		let mut forged = false;
		forgers(&view, |forger| {
			if forger.index != first {
				return;
			}
			let turn = forger.turn(forger.own_place().expect("it is a node"));
			let claim = make_claim(forger.keystore, &view, &turn, package::root(&[]))
				.expect("the key is there");
			forge(&view, &forger, &claim, &forger.unsealed(&claim, 7));
			forged = true;
		});
		assert!(forged, "nobody is drawn first");
	}

	#[test]
	fn header_should_have_its_fault_and_no_other() {
		let view = view(5, 2);
		let mut in_turn = 0usize;
		forgers(&view, |forger| {
			let of = |fault| verdict(&view, forger.header(fault, 7).expect("it can be forged"));
			let may_assemble =
				view.election().may_assemble().any(|candidate| candidate.index == forger.index);
			in_turn += usize::from(may_assemble);
			assert!(matches!(
				of(Fault::AnothersPlace),
				Err(Reason::Claim(ClaimError::Group { .. } | ClaimError::Rank { .. }))
			));
			assert_eq!(of(Fault::AnothersName), Err(Reason::Seal(SealError::Signature)));
			assert!(matches!(of(Fault::Unsolved), Err(Reason::Seal(SealError::Unsolved { .. }))));
			assert!(matches!(of(Fault::BeyondLimit), Err(Reason::Seal(SealError::Nonce { .. }))));
			assert!(matches!(of(Fault::Future), Err(Reason::Future { .. })));
			assert_eq!(of(Fault::TwoSeals), Err(Reason::NoSeal(DigestError::Several)));
			match of(Fault::OtherVrf) {
				Err(Reason::Claim(ClaimError::Vrf)) => assert!(may_assemble),
				Err(Reason::Claim(ClaimError::Turn { .. })) => assert!(!may_assemble),
				other => panic!("{other:?}"),
			}
		});
		assert_eq!(in_turn, view.election().may_assemble().count());
	}

	#[test]
	fn sound_header_should_be_spoilt_by_its_fault_and_nothing_else() {
		first_forger(|view, forger, claim, unsealed| {
			for fault in Fault::CLAIMS.into_iter().chain(Fault::RULES) {
				let spoilt =
					forger.spoilt(fault, unsealed, claim.clone()).expect("it can be spoilt");
				let fresh = forger.header(fault, 7).expect("it can be forged");
				assert_eq!(verdict(view, spoilt.clone()), verdict(view, fresh), "{fault:?}");
				assert!(verdict(view, spoilt).is_err(), "{fault:?}");
			}
		});
	}

	#[test]
	fn siblings_should_pass_for_sound_until_they_are_executed() {
		first_forger(|view, forger, claim, unsealed| {
			let nonce = forger.mine(claim).expect("the ticket is no blank");
			let honest = forger.seal(unsealed.clone(), nonce).expect("the key is there");
			assert_eq!(verdict(view, honest.clone()), Ok(()));
			for (number, reclaims) in [(1, false), (2, true), (3, false)] {
				let sibling = forger
					.sibling(unsealed, claim, nonce, number, reclaims)
					.expect("the ticket is no blank");
				assert_eq!(verdict(view, sibling.clone()), Ok(()));
				let proof = Proof::Blocks { first: honest.clone(), second: sibling };
				assert!(proof.check(forger.key).is_ok());
			}
			let swapped = forger.swapped(unsealed, claim).expect("the ticket is no blank");
			assert_ne!(swapped.hash(), honest.hash());
			assert_eq!(verdict(view, swapped), Ok(()));
		});
	}

	#[test]
	fn second_package_should_be_evidence() {
		let view = view(5, 2);
		let context = view.context();
		forgers(&view, |forger| {
			let blank = Package {
				group: 0,
				packager: forger.index,
				transactions: Default::default(),
				measured: Weight::zero(),
				signature: forger.sign(&[]).expect("the key is there"),
			};
			let first = forger.second_package(&context, &blank).expect("the key is there");
			let second = forger.second_package(&context, &first).expect("the key is there");
			let proof: Proof<Header> = Proof::Packages { context, first, second };
			assert!(proof.check(forger.key).is_ok());
		});
	}
}
