//! What a block has to satisfy: every rule, broken once.

use sp_core::H256;

use super::{context, nodes, package, pair, round, seal, vrf};
use crate::{
	check::{self, ClaimError, PackagesError, SealError},
	digest::Claim,
	package::{root, Context},
	Authority, AuthorityIndex, Candidate, Election, Package, Round, Slot, Ticket,
};

const NODES: AuthorityIndex = 16;

/// The round of these tests, with three groups that all have a member of rank 2.
fn setting() -> (Round, Slot, Vec<Authority>, Election) {
	let nodes = nodes(&[1; NODES as usize]);
	let slot = Slot::from(101);
	(0..)
		.map(|number| round(number, 3))
		.map(|round| (round, Election::new(&round, slot, &nodes)))
		.find(|(_, election)| (0..4).all(|group| election.ranking(group).len() > 2))
		.map(|(round, election)| (round, slot, nodes, election))
		.expect("there is such a round")
}

fn claim_of(candidate: Candidate, round: &Round, slot: Slot) -> Claim {
	Claim {
		slot,
		author: candidate.index,
		group: candidate.group,
		rank: candidate.rank,
		packages_root: root(&[]),
		vrf: vrf(&pair(candidate.index), round.seed, slot),
	}
}

#[test]
fn claim_should_be_accepted_when_it_is_an_assemblers() {
	let (round, slot, nodes, election) = setting();
	for candidate in election.may_assemble() {
		let claim = claim_of(candidate, &round, slot);
		let accepted = check::claim(&claim, &round, &nodes).unwrap();
		assert_eq!(accepted.election, election);
		let next =
			crate::seed::next(round.seed, slot, &nodes[usize::from(claim.author)].id, &claim.vrf);
		assert_eq!(Some(accepted.seed), next);
	}
}

#[test]
fn claim_should_be_refused_when_the_slot_is_not_later() {
	let (round, slot, nodes, election) = setting();
	let first = election.assembly_order().next().unwrap();
	for earlier in [0, 99, 100] {
		let claim = Claim { slot: earlier.into(), ..claim_of(first, &round, slot) };
		let error = ClaimError::Slot { slot: earlier.into(), parent: 100.into() };
		assert_eq!(check::claim(&claim, &round, &nodes), Err(error));
	}
}

#[test]
fn claim_should_be_refused_when_author_group_or_rank_are_wrong() {
	let (round, slot, nodes, election) = setting();
	let first = election.assembly_order().next().unwrap();
	let good = claim_of(first, &round, slot);
	let refused = |claim: Claim| check::claim(&claim, &round, &nodes).unwrap_err();

	let stranger = Claim { author: NODES, ..good.clone() };
	assert_eq!(refused(stranger), ClaimError::Author(NODES));
	let (claimed, drawn) = (good.group + 1, good.group);
	let elsewhere = Claim { group: claimed, ..good.clone() };
	assert_eq!(refused(elsewhere), ClaimError::Group { claimed, drawn });
	let promoted = Claim { rank: 1, ..good.clone() };
	assert_eq!(refused(promoted), ClaimError::Rank { claimed: 1, drawn: 0 });
	let second = election.ranking(good.group)[1];
	let usurped = Claim { author: second, ..good };
	assert_eq!(refused(usurped), ClaimError::Rank { claimed: 0, drawn: 1 });
}

#[test]
fn claim_should_be_refused_until_so_many_slots_were_missed_when_it_is_a_stand_ins() {
	let (round, slot, nodes, election) = setting();
	let fourth = election.assembly_order().nth(3).unwrap();
	let claim = claim_of(fourth, &round, slot);
	let error = ClaimError::Turn { draws: 3 };
	assert_eq!(check::claim(&claim, &round, &nodes), Err(error));
	// The same place in the order, in a round in which three slots were missed.
	let later = Round { last_slot: 97.into(), ..round };
	assert!(check::claim(&claim, &later, &nodes).is_ok());
	let later = Round { last_slot: 99.into(), ..round };
	let last = election.assembly_order().last().unwrap();
	let claim = claim_of(last, &round, slot);
	let error = ClaimError::Turn { draws: 6 };
	assert_eq!(check::claim(&claim, &later, &nodes), Err(error));
}

#[test]
fn claim_should_be_refused_when_the_vrf_is_not_for_here() {
	let (round, slot, nodes, election) = setting();
	let first = election.assembly_order().next().unwrap();
	let good = claim_of(first, &round, slot);
	for vrf in [
		vrf(&pair(first.index + 1), round.seed, slot),
		vrf(&pair(first.index), H256::zero(), slot),
		vrf(&pair(first.index), round.seed, 102.into()),
	] {
		let claim = Claim { vrf, ..good.clone() };
		assert_eq!(check::claim(&claim, &round, &nodes), Err(ClaimError::Vrf));
	}
}

#[test]
fn seal_should_be_refused_when_anything_in_it_is_wrong() {
	let (round, slot, nodes, election) = setting();
	let (parent, pre_hash) = (H256::repeat_byte(8), H256::repeat_byte(9));
	for candidate in election.assembly_order() {
		let claim = claim_of(candidate, &round, slot);
		let author = &nodes[usize::from(candidate.index)].id;
		let key = pair(candidate.index);
		let ticket = Ticket::new(parent, slot, author, claim.group, claim.packages_root);
		let place = election.place_of(candidate.index).unwrap();
		let handicap = election.handicap(place);
		let Some(nonce) = ticket.mine(0, u64::MAX, round.difficulty, handicap) else { continue };
		let checked = |seal| check::seal(&seal, pre_hash, parent, &claim, author, &round);

		assert_eq!(checked(seal(&key, pre_hash, nonce)), Ok(()));
		let limit = 8 * 64;
		let error = SealError::Nonce { nonce: limit, limit };
		assert_eq!(checked(seal(&key, pre_hash, limit)), Err(error));
		let wrong =
			(0..).find(|nonce| !ticket.is_solved_by(*nonce, round.difficulty, handicap)).unwrap();
		let error = SealError::Unsolved { nonce: wrong };
		assert_eq!(checked(seal(&key, pre_hash, wrong)), Err(error));
		let forged = seal(&pair(99), pre_hash, nonce);
		assert_eq!(checked(forged), Err(SealError::Signature));
		assert_eq!(checked(seal(&key, parent, nonce)), Err(SealError::Signature));
		// A solution for another parent is none, but by chance.
		let moved = seal(&key, pre_hash, nonce);
		let elsewhere = (0u8..)
			.map(H256::repeat_byte)
			.find(|parent| {
				let ticket = Ticket::new(*parent, slot, author, claim.group, claim.packages_root);
				!ticket.is_solved_by(nonce, round.difficulty, handicap)
			})
			.unwrap();
		let error = SealError::Unsolved { nonce };
		assert_eq!(check::seal(&moved, pre_hash, elsewhere, &claim, author, &round), Err(error));
	}
}

/// A package of each group, by its winner.
fn packages(election: &Election, context: &Context) -> Vec<Package> {
	(0..3)
		.map(|group| package(context, group, election.ranking(group)[0], &[H256::repeat_byte(1)]))
		.collect()
}

#[test]
fn packages_should_be_accepted_when_by_packagers_in_order() {
	let (_, _, nodes, election) = setting();
	let all = packages(&election, &context());
	for some in [&all[..], &all[1..], &all[..1], &[]] {
		let checked = check::packages(some, root(some), &context(), &election, &nodes);
		assert_eq!(checked, Ok(()));
	}
	let guerrilla = election.ranking(3)[2];
	let stand_ins = [
		package(&context(), 0, election.ranking(0)[2], &[]),
		package(&context(), 1, guerrilla, &[]),
		package(&context(), 2, guerrilla, &[]),
	];
	let checked = check::packages(&stand_ins, root(&stand_ins), &context(), &election, &nodes);
	assert_eq!(checked, Ok(()));
}

#[test]
fn packages_should_be_refused_when_root_or_order_are_wrong() {
	let (_, _, nodes, election) = setting();
	let all = packages(&election, &context());
	let check =
		|packages: &[Package], root| check::packages(packages, root, &context(), &election, &nodes);
	assert_eq!(check(&all, root(&all[1..])), Err(PackagesError::Root));
	let swapped = [all[1].clone(), all[0].clone()];
	let error = PackagesError::Groups { group: 0 };
	assert_eq!(check(&swapped, root(&swapped)), Err(error));
	let twice = [all[0].clone(), all[0].clone()];
	assert_eq!(check(&twice, root(&twice)), Err(error));
}

#[test]
fn packages_should_be_refused_when_by_somebody_who_may_not() {
	let (_, _, nodes, election) = setting();
	let check = |package: Package| {
		let packages = [package];
		check::packages(&packages, root(&packages), &context(), &election, &nodes)
	};
	let foreign = election.ranking(1)[0];
	let guerrilla = election.ranking(3)[0];
	for (group, packager) in [(0, foreign), (0, NODES), (3, guerrilla), (4, guerrilla)] {
		let error = PackagesError::Packager { group, packager };
		assert_eq!(check(package(&context(), group, packager, &[])), Err(error));
	}
	if let Some(late) = election.ranking(0).get(3) {
		let error = PackagesError::Packager { group: 0, packager: *late };
		assert_eq!(check(package(&context(), 0, *late, &[])), Err(error));
	}
}

#[test]
fn packages_should_be_refused_when_not_signed_for_here() {
	let (_, _, nodes, election) = setting();
	let packager = election.ranking(0)[0];
	let check =
		|package: Package| check::package(&package, &context(), &election, &nodes).unwrap_err();
	let error = PackagesError::Signature { group: 0, packager };
	let signature = package(&context(), 0, packager + 1, &[]).signature;
	let forged = Package { signature, ..package(&context(), 0, packager, &[]) };
	assert_eq!(check(forged), error);
	for elsewhere in [
		Context { genesis: H256::zero(), ..context() },
		Context { parent: H256::zero(), ..context() },
		Context { slot: 102.into(), ..context() },
	] {
		assert_eq!(check(package(&elsewhere, 0, packager, &[])), error);
	}
}

#[test]
fn errors_should_say_what_is_wrong_when_shown() {
	let shown = [
		SealError::Nonce { nonce: 9, limit: 8 }.to_string(),
		SealError::Unsolved { nonce: 9 }.to_string(),
		ClaimError::Turn { draws: 3 }.to_string(),
		ClaimError::Slot { slot: 4.into(), parent: 5.into() }.to_string(),
		PackagesError::Packager { group: 1, packager: 2 }.to_string(),
	];
	let expected = [
		"the nonce 9 is not below the limit 8",
		"the nonce 9 does not solve the author's ticket",
		"the author is not among the nodes that 3 draws let assemble",
		"slot 4 is not later than the parent's, 5",
		"node 2 may not package group 1",
	];
	assert_eq!(shown, expected);
}
