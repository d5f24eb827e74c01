//! Tests of the check of headers: a block that is right, and everything that can be wrong with it.

use std::sync::LazyLock;

use fusion_hhcm_primitives::{equivocation::Proof, package, Place, Ticket};
use proptest::prelude::*;
use sp_runtime::Digest;

use super::{siblings::Noted, *};
use crate::{
	round::SlotView,
	testing::{first_claim, keystore, pair, parent, sealed, solve, unsealed, view, Header, SLOT},
};

/// A block that is right.
struct Fixture {
	view: SlotView,
	claim: Claim,
	nonce: u64,
}

impl Fixture {
	fn new() -> Self {
		Self::on(view(20, 3))
	}

	fn on(view: SlotView) -> Self {
		let (turn, claim) = first_claim(&view, package::root(&[]));
		let nonce = solve(&view, &claim, &turn.key);
		Self { view, claim, nonce }
	}

	/// The header with that claim.
	fn unsealed(&self, claim: &Claim) -> Header {
		unsealed(&self.view, claim, 7)
	}

	fn sealed(&self) -> Header {
		sealed(self.unsealed(&self.claim), self.claim.author, self.nonce)
	}

	/// A header with that claim, its ticket solved and sealed by that author.
	fn sealed_with(&self, claim: &Claim) -> Header {
		let key = pair(claim.author.into());
		let nonce = solve(&self.view, claim, &sp_core::Pair::public(&key));
		sealed(self.unsealed(claim), claim.author, nonce)
	}

	fn check_at(&self, header: Header, now: u64) -> Result<Checked<Header>, Reason> {
		let parent = self.view.parent();
		check_header(header, &parent.round, &parent.authorities, now.into())
	}

	fn check(&self, header: Header) -> Result<Checked<Header>, Reason> {
		self.check_at(header, SLOT)
	}
}

#[test]
fn header_should_be_right_when_nothing_is_wrong() {
	for (nodes, groups) in [(1, 1), (2, 1), (20, 1), (20, 3), (40, 5)] {
		let fixture = Fixture::on(view(nodes, groups));
		let header = fixture.sealed();
		let checked = fixture.check(header.clone()).unwrap();
		assert_eq!(checked.header, fixture.unsealed(&fixture.claim));
		assert_eq!(checked.claim, fixture.claim);
		assert_eq!(checked.position, 0);
		assert_eq!(Some(&checked.seal), header.digest.logs.last());
	}
}

#[test]
fn header_should_be_refused_when_its_slot_is_wrong() {
	let fixture = Fixture::new();
	assert!(fixture.check_at(fixture.sealed(), SLOT + 1_000).is_ok());
	let (slot, now) = (Slot::from(SLOT), Slot::from(SLOT - 1));
	assert_eq!(fixture.check_at(fixture.sealed(), SLOT - 1), Err(Reason::Future { slot, now }));

	let mut late = parent(20, 3);
	late.round.last_slot = slot;
	assert_eq!(
		check_header(fixture.sealed(), &late.round, &late.authorities, slot),
		Err(Reason::Claim(ClaimError::Slot { slot, parent: slot }))
	);
}

#[test]
fn header_should_be_refused_when_an_item_is_missing_or_is_there_twice() {
	let fixture = Fixture::new();
	let right = fixture.sealed();
	let (claim, seal) = (right.digest.logs[0].clone(), right.digest.logs[1].clone());
	let other_seal = DigestItem::Seal(*b"aura", vec![0; 64]);
	let check = |logs: Vec<DigestItem>| {
		let mut header = right.clone();
		header.digest = Digest { logs };
		fixture.check(header).unwrap_err()
	};
	assert_eq!(check(vec![]), Reason::NoSeal(DigestError::Missing));
	assert_eq!(check(vec![claim.clone()]), Reason::NoSeal(DigestError::Missing));
	assert_eq!(check(vec![seal.clone()]), Reason::NoClaim(DigestError::Missing));
	assert_eq!(
		check(vec![claim.clone(), seal.clone(), seal.clone()]),
		Reason::NoSeal(DigestError::Several)
	);
	assert_eq!(
		check(vec![claim.clone(), other_seal.clone(), seal.clone()]),
		Reason::NoSeal(DigestError::Several)
	);
	assert_eq!(
		check(vec![claim.clone(), claim.clone(), seal.clone()]),
		Reason::NoClaim(DigestError::Several)
	);
	assert_eq!(check(vec![claim.clone(), other_seal]), Reason::NoSeal(DigestError::Missing));
	// The seal is the last item.
	assert_eq!(check(vec![seal, claim]), Reason::NoSeal(DigestError::Missing));
}

#[test]
fn header_should_be_refused_when_its_author_is_not_who_it_says() {
	let fixture = Fixture::new();
	let stranger = Claim { author: 20, ..fixture.claim.clone() };
	assert_eq!(fixture.check(fixture.sealed_with(&stranger)), Err(Reason::UnknownAuthor(20)));

	let (drawn_group, drawn_rank) = (fixture.claim.group, fixture.claim.rank);
	let claim = Claim { rank: drawn_rank + 1, ..fixture.claim.clone() };
	assert_eq!(
		fixture.check(fixture.sealed_with(&claim)),
		Err(Reason::Claim(ClaimError::Rank { claimed: drawn_rank + 1, drawn: drawn_rank }))
	);
	let group = (drawn_group + 1) % 3;
	let claim = Claim { group, ..fixture.claim.clone() };
	assert_eq!(
		fixture.check(fixture.sealed_with(&claim)),
		Err(Reason::Claim(ClaimError::Group { claimed: group, drawn: drawn_group }))
	);

	// Another node at the author's place.
	let author = (fixture.claim.author + 1) % 20;
	let claim = Claim { author, ..fixture.claim.clone() };
	let result = fixture.check(fixture.sealed_with(&claim));
	assert!(
		matches!(result, Err(Reason::Claim(ClaimError::Group { .. } | ClaimError::Rank { .. }))),
		"{result:?}"
	);
}

#[test]
fn header_should_be_refused_when_its_author_may_not_assemble_yet() {
	let fixture = Fixture::new();
	let nodes: Vec<_> = (0..20).collect();
	let keystore = keystore(&nodes);
	let election = fixture.view.election().clone();
	for (position, candidate) in (0u32..).zip(election.assembly_order()) {
		let turn = crate::claim::AssemblyTurn {
			index: candidate.index,
			key: sp_core::Pair::public(&pair(candidate.index.into())),
			place: Place { group: candidate.group, rank: candidate.rank },
			position,
		};
		let root = package::root(&[]);
		let claim = crate::claim::make_claim(&keystore, &fixture.view, &turn, root).unwrap();
		let parent = fixture.view.parent().hash;
		let ticket = Ticket::new(parent, claim.slot, &turn.key, claim.group, root);
		let handicap = election.handicap(turn.place);
		// The handicap of the last is large: its ticket may be a blank.
		let Some(nonce) = ticket.mine(0, u64::MAX, 4, handicap) else { continue };
		let header = sealed(fixture.unsealed(&claim), turn.index, nonce);
		let result = fixture.check(header).map(|checked| checked.position);
		let expected = if election.may_assemble().any(|may| may == candidate) {
			Ok(position)
		} else {
			Err(Reason::Claim(ClaimError::Turn { draws: 3 }))
		};
		assert_eq!(result, expected);
	}
}

#[test]
fn header_should_be_refused_when_its_ticket_is_not_solved() {
	let fixture = Fixture::new();
	let key = sp_core::Pair::public(&pair(fixture.claim.author.into()));
	let parent = fixture.view.parent();
	let ticket =
		Ticket::new(parent.hash, fixture.claim.slot, &key, fixture.claim.group, package::root(&[]));
	let unsolved = (0..).find(|nonce| !ticket.is_solved_by(*nonce, 4, 1)).unwrap();
	let limit = 4 * 64;
	for (nonce, error) in [
		(unsolved, SealError::Unsolved { nonce: unsolved }),
		(u64::MAX, SealError::Nonce { nonce: u64::MAX, limit }),
		(limit, SealError::Nonce { nonce: limit, limit }),
	] {
		let header = sealed(fixture.unsealed(&fixture.claim), fixture.claim.author, nonce);
		assert_eq!(fixture.check(header), Err(Reason::Seal(error)));
	}
	// A ticket is for these packages only. Some other root may have the same solution.
	let refused = (0..50u8).filter(|root| {
		let claim = Claim { packages_root: H256::repeat_byte(*root), ..fixture.claim.clone() };
		let header = sealed(fixture.unsealed(&claim), claim.author, fixture.nonce);
		let nonce = fixture.nonce;
		fixture.check(header) == Err(Reason::Seal(SealError::Unsolved { nonce }))
	});
	assert!(refused.count() > 20);
}

#[test]
fn header_should_be_refused_when_it_is_signed_by_another() {
	let fixture = Fixture::new();
	let other = (fixture.claim.author + 1) % 20;
	let header = sealed(fixture.unsealed(&fixture.claim), other, fixture.nonce);
	assert_eq!(fixture.check(header), Err(Reason::Seal(SealError::Signature)));
	// The signature is over everything.
	let mut header = fixture.sealed();
	header.state_root = H256::zero();
	assert_eq!(fixture.check(header), Err(Reason::Seal(SealError::Signature)));
}

#[test]
fn header_should_be_refused_when_its_vrf_output_is_of_another_slot() {
	let fixture = Fixture::new();
	let author = usize::from(fixture.claim.author);
	let key = sp_core::Pair::public(&pair(author));
	let seed = fixture.view.parent().round.seed;
	let slot = Slot::from(SLOT + 1);
	let vrf = crate::signing::vrf(&keystore(&[author]), &key, seed, slot).unwrap();
	let claim = Claim { vrf, ..fixture.claim };
	assert_eq!(fixture.check(fixture.sealed_with(&claim)), Err(Reason::Claim(ClaimError::Vrf)));
}

/// The same for all cases of the property tests.
static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::new);

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]

	/// Whatever is changed in a header's bytes, it is refused, and nothing panics.
	#[test]
	fn header_should_be_refused_when_a_bit_is_changed(
		at in any::<prop::sample::Index>(),
		bit in 0..8u8,
	) {
		use codec::{Decode, Encode};
		let fixture = &*FIXTURE;
		let mut bytes = fixture.sealed().encode();
		let at = at.index(bytes.len());
		bytes[at] ^= 1 << bit;
		if let Ok(header) = Header::decode(&mut bytes.as_slice()) {
			prop_assert!(fixture.check(header).is_err());
		}
	}

	/// Claims and seals of any bytes do not panic.
	#[test]
	fn header_should_be_refused_when_its_items_are_noise(
		claim in prop::collection::vec(any::<u8>(), 0..200),
		seal in prop::collection::vec(any::<u8>(), 0..100),
	) {
		use fusion_hhcm_primitives::ENGINE_ID;
		let fixture = &*FIXTURE;
		let mut header = fixture.sealed();
		header.digest.logs = vec![
			DigestItem::PreRuntime(ENGINE_ID, claim),
			DigestItem::Seal(ENGINE_ID, seal),
		];
		prop_assert!(fixture.check(header).is_err());
	}
}

/// Siblings, and the blocks of one author that are noted among them.
struct Family {
	fixture: Fixture,
	siblings: Siblings<Header>,
}

impl Family {
	fn new() -> Self {
		Self { fixture: Fixture::new(), siblings: Siblings::default() }
	}

	fn children(&self) -> Children {
		let Parent { round, authorities, .. } = self.fixture.view.parent().clone();
		Children { round, authorities }
	}

	fn key(&self) -> Key {
		let Claim { slot, author, .. } = self.fixture.claim;
		Key { parent: self.fixture.view.parent().hash, slot, author }
	}

	/// A block whose content this number makes another one: its hash without the seal, and itself.
	fn block(&self, number: u64) -> (H256, Header) {
		let mut content = self.fixture.unsealed(&self.fixture.claim);
		content.state_root = H256::from_low_u64_be(number);
		let hash = content.hash();
		(hash, sealed(content, self.fixture.claim.author, self.fixture.nonce))
	}

	fn note(&self, (content, block): &(H256, Header), excuse: Excuse) -> Noted<Header> {
		self.siblings.note(&self.fixture.claim, *content, block, self.children(), excuse)
	}

	/// Whether a block is one too many, if nothing excuses it.
	fn is_too_many(&self, number: u64) -> bool {
		self.note(&self.block(number), Excuse::None).is_too_many
	}
}

/// Neither evidence nor too many.
fn is_fine(noted: &Noted<Header>) -> bool {
	noted.evidence.is_none() && !noted.is_too_many
}

#[test]
fn siblings_should_be_evidence_when_there_are_two() {
	let family = Family::new();
	let (first, second) = (family.block(1), family.block(2));
	assert!(is_fine(&family.note(&first, Excuse::None)));
	// The same again, and the same with another signature.
	assert!(is_fine(&family.note(&first, Excuse::None)));
	let again = family.block(1);
	assert_ne!(again, first);
	assert!(is_fine(&family.note(&again, Excuse::None)));
	let noted = family.note(&second, Excuse::None);
	assert!(!noted.is_too_many);
	let (one, other) = *noted.evidence.expect("the second one is evidence");
	assert_eq!((&one, &other), (&first.1, &second.1));
	let proof = Proof::Blocks { first: one, second: other };
	let key = sp_core::Pair::public(&pair(family.fixture.claim.author.into()));
	assert!(proof.check(&key).is_ok());
	// Once is enough.
	assert!(is_fine(&family.note(&family.block(3), Excuse::None)));
	let fifth = family.note(&family.block(4), Excuse::None);
	assert!(fifth.is_too_many && fifth.evidence.is_none());
	// What was noted stays fine.
	assert!(is_fine(&family.note(&second, Excuse::None)));
}

/// Another signature makes another block, of which there may be any number, and none is evidence. They must
/// not hide the evidence that comes after them.
#[test]
fn siblings_should_be_evidence_when_there_are_too_many_of_the_same_content() {
	let family = Family::new();
	for _ in 0..MAX_SIBLINGS {
		assert!(is_fine(&family.note(&family.block(1), Excuse::None)));
	}
	let again = family.note(&family.block(1), Excuse::None);
	assert!(again.is_too_many && again.evidence.is_none());
	let (_, other) = family.block(2);
	assert!(!family.siblings.is_flooded(&family.key(), other.hash(), Excuse::None));
	let noted = family.note(&family.block(2), Excuse::None);
	assert!(noted.is_too_many && noted.evidence.is_some());
	assert!(family.siblings.is_flooded(&family.key(), other.hash(), Excuse::None));
}

#[test]
fn siblings_should_be_refused_without_a_check_when_there_is_a_flood() {
	let family = Family::new();
	let is_flooded = |block: &(H256, Header)| {
		family.siblings.is_flooded(&family.key(), block.1.hash(), Excuse::None)
	};
	let first = family.block(0);
	assert!(!is_flooded(&first));
	family.note(&first, Excuse::None);
	let let_through = (1..1_000).filter(|number| !family.is_too_many(*number)).count();
	assert_eq!(let_through, MAX_SIBLINGS - 1);
	assert!(is_flooded(&family.block(1_000)));
	assert!(!is_flooded(&first));
}

#[test]
fn siblings_should_be_counted_over_all_parents_of_a_slot() {
	let family = Family::new();
	let claim = &family.fixture.claim;
	let on = |parent: u8, number: u64| {
		let mut content = family.fixture.unsealed(claim);
		content.parent_hash = H256::repeat_byte(parent);
		content.state_root = H256::from_low_u64_be(number);
		let hash = content.hash();
		family.siblings.note(claim, hash, &content, family.children(), Excuse::None)
	};
	for (parent, number) in (0..MAX_OF_AUTHOR as u8).zip(0..) {
		assert!(is_fine(&on(parent, number)));
	}
	assert!(on(100, 0).is_too_many);
	assert!(on(0, 100).is_too_many);
}

/// One half of a network may have been given other siblings than the other half: whatever somebody else has
/// built on is let through.
#[test]
fn sibling_should_be_let_through_when_another_author_has_built_on_it() {
	let family = Family::new();
	let (key, slot) = (family.key(), Slot::from(SLOT + 1));
	for number in 0..MAX_SIBLINGS as u64 {
		assert!(family.siblings.floods_before(slot).is_empty());
		assert!(!family.is_too_many(number));
	}
	let floods: Vec<_> =
		family.siblings.floods_before(slot).into_iter().map(|(key, _)| key).collect();
	assert_eq!(floods, [key]);
	assert!(family.siblings.floods_before(Slot::from(SLOT)).is_empty());

	let wanted = family.block(50);
	let hash = wanted.1.hash();
	assert!(family.note(&wanted, Excuse::None).is_too_many);
	// Not by its own author.
	family.siblings.want(&key, hash, (slot, key.author));
	assert!(family.note(&wanted, Excuse::None).is_too_many);
	let other = key.author.wrapping_add(1);
	family.siblings.want(&key, hash, (slot, other));
	assert!(!family.siblings.is_flooded(&key, hash, Excuse::None));
	assert!(is_fine(&family.note(&wanted, Excuse::None)));
	// A few of one author, and a few in all.
	let mut let_through = 0;
	for author in 0..20u16 {
		for number in 0..5 {
			let block = family.block(100 + 10 * u64::from(author) + number);
			family.siblings.want(&key, block.1.hash(), (slot, 1_000 + author));
			let_through += u32::from(is_fine(&family.note(&block, Excuse::None)));
		}
	}
	assert_eq!(let_through, 7);
}

#[test]
fn sibling_should_be_let_through_when_it_is_asked_for_later() {
	let family = Family::new();
	for number in 0..=MAX_SIBLINGS as u64 {
		assert_eq!(family.is_too_many(number), number == MAX_SIBLINGS as u64);
	}
	let late = |number: u64, now: u64| {
		let block = family.block(number);
		let excuse = Excuse::Late(Slot::from(now));
		let is_flooded = family.siblings.is_flooded(&family.key(), block.1.hash(), excuse);
		!is_flooded && !family.note(&block, excuse).is_too_many
	};
	assert!(!late(10, SLOT));
	assert!(!late(11, SLOT + 1));
	let let_through = |now: u64| (0..20).filter(|number| late(now * 100 + number, now)).count();
	assert_eq!(let_through(SLOT + 2), 4);
	assert_eq!(let_through(SLOT + 3), 4);
	// What the relay chain wants is let through.
	assert!(!family.note(&family.block(9), Excuse::Chosen).is_too_many);
}

#[test]
fn siblings_should_be_counted_apart_when_slots_differ() {
	let family = Family::new();
	for slot in 0..2_000u64 {
		let claim = Claim { slot: slot.into(), ..family.fixture.claim.clone() };
		let content = family.fixture.unsealed(&claim);
		let hash = content.hash();
		let noted = family.siblings.note(&claim, hash, &content, family.children(), Excuse::None);
		assert!(is_fine(&noted));
	}
}

#[test]
fn failed_block_should_be_forgotten_after_a_while() {
	use std::time::{Duration, Instant};
	let (mut failed, now) = (gate::Failed::default(), Instant::now());
	let hash = |number: u64| H256::from_low_u64_be(number);
	failed.note(hash(0), now);
	assert!(failed.contains(hash(0), now));
	assert!(!failed.contains(hash(1), now));
	let later = now + Duration::from_secs(59);
	assert!(failed.contains(hash(0), later));
	for number in 1..=256 {
		failed.note(hash(number), later);
	}
	assert!(!failed.contains(hash(0), later));
	assert!(failed.contains(hash(256), later));
	assert!(!failed.contains(hash(256), later + Duration::from_secs(60)));
}
