//! Reports of what was signed twice: punished once, if proven.

use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo, Pays},
	pallet_prelude::{InvalidTransaction, TransactionSource, TransactionValidityError},
	traits::Authorize,
};
use fusion_hhcm_primitives::{
	digest::Claim,
	equivocation::{Offence, Proof},
	package::Context,
	AuthorityIndex, Election, Round,
};
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::{traits::Header as _, Digest, DispatchError};

use super::driver::{context_of, package, seal, vrf, Chain, GENESIS};
use crate::{
	mock::*, weights::SubstrateWeight, Authorities, AuthorityInfo, Call, Error, Event, LastAuthor,
	Offenders, PreviousAuthorities, ReportLog, Reports, Unpunished, WeightInfo, MAX_REPORTS,
};

const REPORTER: AccountId = 77;
const OFFENDER: AuthorityIndex = 5;
const PARENT: H256 = H256::repeat_byte(4);

/// A header that this node has sealed, at place `index` of its session.
fn header(node: AuthorityIndex, index: AuthorityIndex, slot: u64, state: u8) -> Header {
	header_on(PARENT, node, index, slot, state)
}

/// The same on another parent.
fn header_on(
	parent: H256,
	node: AuthorityIndex,
	index: AuthorityIndex,
	slot: u64,
	state: u8,
) -> Header {
	let claim = Claim {
		slot: slot.into(),
		author: index,
		group: 0,
		rank: 0,
		packages_root: H256::zero(),
		vrf: vrf(&pair(node), H256::zero(), slot.into()),
	};
	let digest = Digest { logs: vec![claim.to_item()] };
	let mut header = Header::new(9, H256::zero(), H256::repeat_byte(state), parent, digest);
	let seal = seal(&pair(node), header.hash(), 3);
	header.digest_mut().push(seal.to_item());
	header
}

/// Two blocks of one node for one slot.
fn blocks(node: AuthorityIndex, slot: u64) -> Proof<Header> {
	Proof::Blocks { first: header(node, node, slot, 1), second: header(node, node, slot, 2) }
}

/// Two packages of one node for one place.
fn packages(node: AuthorityIndex, context: Context) -> Proof<Header> {
	let made = |list: Vec<H256>| package(&pair(node), &context, 1, node, list);
	Proof::Packages { context, first: made(Vec::new()), second: made(vec![H256::zero()]) }
}

fn report(proof: Proof<Header>) -> DispatchResultWithPostInfo {
	Hhcm::report_equivocation(RuntimeOrigin::signed(REPORTER), Box::new(proof))
}

/// Runs a test within the second block of a chain, which is at slot `FIRST_SLOT + 1`.
fn within_a_block(test: impl FnOnce()) {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let draft = chain.draft(FIRST_SLOT + 1);
	chain.ext.execute_with(|| {
		assert_eq!(Hhcm::genesis_hash(), GENESIS);
		Executive::initialize_block(&draft.header());
		test();
	});
}

#[test]
fn offender_should_be_punished_when_two_blocks_are_proven() {
	within_a_block(|| {
		let outcome = report(blocks(OFFENDER, FIRST_SLOT)).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		let slot = FIRST_SLOT.into();
		let offence = Offence { offender: OFFENDER, parent: PARENT, slot };
		assert_eq!(Punished::get(), [(account(OFFENDER), REPORTER, offence)]);
		let offender = account(OFFENDER);
		let event = Event::EquivocationReported { offender, slot, reporter: REPORTER };
		System::assert_last_event(event.into());
	});
}

#[test]
fn offender_should_be_punished_when_two_packages_are_proven() {
	within_a_block(|| {
		let context = context_of(PARENT, (FIRST_SLOT + 1).into());
		let outcome = report(packages(OFFENDER, context)).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		assert_eq!(Punished::get().len(), 1);
		assert_eq!(Punished::get()[0].2.slot, FIRST_SLOT + 1);
	});
}

/// The next block, with a report as its last transaction.
fn block_with(chain: &mut Chain, slot: u64, proof: Proof<Header>) -> Block {
	let mut draft = chain.draft(slot);
	let call = Call::report_equivocation { proof: Box::new(proof) };
	let last = *draft.election.order().last().unwrap();
	let signer = (100..).find(|signer| draft.group_of(*signer) == last).unwrap();
	let sent = signed(signer, RuntimeCall::Hhcm(call));
	let packager = draft.election.ranking(last)[0];
	let (key, context) = (draft.key(packager).clone(), draft.context());
	draft.with_packages(|packages| {
		let own = packages.iter_mut().find(|package| package.group == last).unwrap();
		let mut list = own.transactions.to_vec();
		list.push(super::driver::hash_of(&sent));
		*own = package(&key, &context, last, packager, list);
	});
	draft.transactions.push(sent);
	chain.build(&draft)
}

#[test]
fn report_should_be_included_and_free_when_sent_as_a_transaction() {
	let mut chain = Chain::new();
	chain.advance(FIRST_SLOT);
	let block = block_with(&mut chain, FIRST_SLOT + 1, blocks(OFFENDER, FIRST_SLOT));
	Punished::set(Vec::new());
	chain.import(block);
	assert_eq!(Punished::get().len(), 1);
	chain.ext.execute_with(|| assert_eq!(Reports::<Test>::get().entries.len(), 1));
}

/// A chain with a block, whose nodes weigh so much that one of the weight 1 is never drawn.
fn heavy_chain() -> Chain {
	let mut chain = Chain::new();
	chain.ext.execute_with(|| {
		Weighing::set(1 << 40);
		Authorities::<Test>::mutate(|infos| {
			infos.iter_mut().for_each(|info| info.weight = Weighing::get());
		});
	});
	chain.advance(FIRST_SLOT);
	chain
}

/// Whether the node at this place may assemble in any of 200 slots, each right after a block.
fn is_drawn(chain: &mut Chain, index: AuthorityIndex) -> bool {
	chain.ext.execute_with(|| {
		let (round, authorities) = (Hhcm::round(), Hhcm::authorities());
		(FIRST_SLOT..FIRST_SLOT + 200).any(|slot| {
			let round = Round { last_slot: (slot - 1).into(), ..round };
			let election = Election::new(&round, slot.into(), &authorities);
			election.assembly_position(index).is_some()
		})
	})
}

/// Places of the nodes that have no weight.
fn disarmed(infos: &[AuthorityInfo<AccountId>]) -> Vec<usize> {
	(0..).zip(infos).filter(|(_, info)| info.weight == 0).map(|(index, _)| index).collect()
}

#[test]
fn offender_should_not_be_drawn_any_more_when_it_was_reported() {
	let mut chain = heavy_chain();
	assert!(is_drawn(&mut chain, OFFENDER));
	let block = block_with(&mut chain, FIRST_SLOT + 1, blocks(OFFENDER, FIRST_SLOT));
	chain.import(block);
	chain.ext.execute_with(|| {
		assert_eq!(disarmed(&Authorities::<Test>::get()), [usize::from(OFFENDER)]);
	});
	assert!(!is_drawn(&mut chain, OFFENDER));
	assert!(is_drawn(&mut chain, OFFENDER + 1));
	chain.advance(FIRST_SLOT + 2);
}

#[test]
fn offender_should_not_be_drawn_in_the_session_that_begins_when_it_was_reported_in_that_block() {
	let mut chain = heavy_chain();
	// In this session it is at another place.
	Rotating::set(Some((4..20).collect()));
	let block = block_with(&mut chain, FIRST_SLOT + 1, blocks(OFFENDER, FIRST_SLOT));
	chain.import(block);
	Rotating::set(None);
	chain.ext.execute_with(|| {
		assert_eq!(disarmed(&Authorities::<Test>::get()), [1]);
		assert_eq!(disarmed(&PreviousAuthorities::<Test>::get()), [usize::from(OFFENDER)]);
	});
	assert!(!is_drawn(&mut chain, 1));
	assert!(is_drawn(&mut chain, 0));
	chain.advance(FIRST_SLOT + 2);
}

#[test]
fn nobody_should_be_disarmed_before_the_block_has_ended() {
	within_a_block(|| {
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT)));
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT - 1)));
		// What the block is checked against is what its parent left.
		assert!(disarmed(&Authorities::<Test>::get()).is_empty());
		assert_eq!(Offenders::<Test>::get(), [account(OFFENDER)]);
	});
}

/// Whether a report that nobody signed may enter a pool, and its tags there.
fn tags(proof: Proof<Header>) -> Result<Vec<Vec<u8>>, TransactionValidityError> {
	let call = Call::<Test>::report_equivocation { proof: Box::new(proof) };
	let verdict = call.authorize(TransactionSource::External).expect("it can be authorized");
	verdict.map(|(valid, _)| valid.provides)
}

#[test]
fn report_should_enter_the_pool_without_a_signature_when_it_is_sound_and_new() {
	within_a_block(|| {
		let of = |reason: InvalidTransaction| Err(TransactionValidityError::from(reason));
		let own = tags(blocks(OFFENDER, FIRST_SLOT)).unwrap();
		assert_eq!(own.len(), 1);
		// One for each offence, whatever proves it.
		let context = context_of(PARENT, FIRST_SLOT.into());
		assert_eq!(tags(packages(OFFENDER, context)), Ok(own.clone()));
		assert_ne!(tags(blocks(OFFENDER, FIRST_SLOT - 1)).unwrap(), own);
		assert_ne!(tags(blocks(OFFENDER + 1, FIRST_SLOT)).unwrap(), own);

		assert_eq!(tags(blocks(OFFENDER, FIRST_SLOT + 2)), of(InvalidTransaction::Future));
		let old = blocks(OFFENDER, FIRST_SLOT - WINDOW);
		assert_eq!(tags(old.clone()), of(InvalidTransaction::Stale));
		let one = header(OFFENDER, OFFENDER, FIRST_SLOT, 1);
		let same = Proof::Blocks { first: one.clone(), second: one };
		assert_eq!(tags(same.clone()), of(InvalidTransaction::BadProof));
		assert!(Hhcm::is_punishable(&blocks(OFFENDER, FIRST_SLOT)));
		assert!(!Hhcm::is_punishable(&old) && !Hhcm::is_punishable(&same));

		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT)));
		assert_eq!(tags(packages(OFFENDER, context)), of(InvalidTransaction::Stale));
		assert!(!Hhcm::is_punishable(&blocks(OFFENDER, FIRST_SLOT)));
		// Nothing is remembered of what was only asked.
		assert_eq!(Reports::<Test>::get().entries.len(), 1);
	});
}

#[test]
fn assembler_should_be_the_reporter_when_nobody_signed() {
	within_a_block(|| {
		let authorized = || RuntimeOrigin::from(frame_system::RawOrigin::Authorized);
		let proof = || Box::new(blocks(OFFENDER, FIRST_SLOT));
		let outcome = Hhcm::report_equivocation(authorized(), proof()).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		let (_, assembler) = LastAuthor::<Test>::get().unwrap();
		assert_eq!(Punished::get()[0].1, assembler);
		assert_noop!(
			Hhcm::report_equivocation(authorized(), proof()),
			Error::<Test>::AlreadyReported
		);
	});
}

#[test]
fn offender_should_be_punished_once_when_reported_again() {
	within_a_block(|| {
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT)));
		assert_noop!(report(blocks(OFFENDER, FIRST_SLOT)), Error::<Test>::AlreadyReported);
		// Whatever it signed twice in the slot.
		let context = context_of(PARENT, FIRST_SLOT.into());
		assert_noop!(report(packages(OFFENDER, context)), Error::<Test>::AlreadyReported);
		// Another slot, another node.
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT - 1)));
		assert_ok!(report(blocks(OFFENDER + 1, FIRST_SLOT)));
		assert_eq!(Punished::get().len(), 3);
	});
}

#[test]
fn report_should_be_refused_when_it_proves_nothing() {
	within_a_block(|| {
		let one = header(OFFENDER, OFFENDER, FIRST_SLOT, 1);
		let same = Proof::Blocks { first: one.clone(), second: one.clone() };
		assert_noop!(report(same), Error::<Test>::SameTwice);
		let later = header(OFFENDER, OFFENDER, FIRST_SLOT - 1, 2);
		let unrelated = Proof::Blocks { first: one.clone(), second: later };
		assert_noop!(report(unrelated), Error::<Test>::Unrelated);
		let forged = header(OFFENDER + 1, OFFENDER, FIRST_SLOT, 2);
		let forged = Proof::Blocks { first: one.clone(), second: forged };
		assert_noop!(report(forged), Error::<Test>::WrongSignature);
		let mut bare = one.clone();
		bare.digest_mut().logs.clear();
		let bare = Proof::Blocks { first: bare, second: one };
		assert_noop!(report(bare), Error::<Test>::NoHeader);
		let (first, second) = (header(99, 99, FIRST_SLOT, 1), header(99, 99, FIRST_SLOT, 2));
		assert_noop!(report(Proof::Blocks { first, second }), Error::<Test>::UnknownNode);
		assert!(Punished::get().is_empty());
	});
}

/// A fork of the relay chain may show a node one slot on several parents: it may sign for each.
#[test]
fn report_should_be_refused_when_it_is_of_two_forks() {
	within_a_block(|| {
		let other_parent = H256::repeat_byte(5);
		let first = header(OFFENDER, OFFENDER, FIRST_SLOT, 1);
		let second = header_on(other_parent, OFFENDER, OFFENDER, FIRST_SLOT, 2);
		let forks = Proof::Blocks { first, second };
		assert!(!Hhcm::is_punishable(&forks));
		assert_noop!(report(forks), Error::<Test>::Unrelated);

		let (one, other) =
			(context_of(PARENT, FIRST_SLOT.into()), context_of(other_parent, FIRST_SLOT.into()));
		for context in [one, other] {
			let made = |of: &Context, list| package(&pair(OFFENDER), of, 1, OFFENDER, list);
			let (first, second) = (made(&one, Vec::new()), made(&other, vec![H256::zero()]));
			let forks = Proof::Packages { context, first, second };
			assert_noop!(report(forks), Error::<Test>::WrongSignature);
		}
		assert!(Punished::get().is_empty());
	});
}

#[test]
fn report_should_be_refused_when_it_is_of_another_chain() {
	within_a_block(|| {
		let mut context = context_of(PARENT, FIRST_SLOT.into());
		context.genesis = H256::zero();
		assert_noop!(report(packages(OFFENDER, context)), Error::<Test>::OtherChain);
	});
}

#[test]
fn report_should_be_refused_when_it_is_too_old_or_too_early() {
	within_a_block(|| {
		let now = FIRST_SLOT + 1;
		assert_noop!(report(blocks(OFFENDER, now + 1)), Error::<Test>::TooEarly);
		assert_noop!(report(blocks(OFFENDER, now - WINDOW - 1)), Error::<Test>::TooOld);
		assert_ok!(report(blocks(OFFENDER, now)));
		assert_ok!(report(blocks(OFFENDER, now - WINDOW)));
	});
}

#[test]
fn report_should_be_refused_when_it_is_of_an_earlier_session_than_the_last() {
	let mut chain = Chain::new();
	for slot in 0..3 {
		// The same nodes again and again, at the same places.
		Rotating::set((slot > 0).then(|| (0..16).collect()));
		chain.advance(FIRST_SLOT + slot);
	}
	Rotating::set(None);
	let next = chain.draft(FIRST_SLOT + 3);
	chain.ext.execute_with(|| {
		Executive::initialize_block(&next.header());
		let ago = |slot: u64| Hhcm::sessions_ago(slot.into());
		assert_eq!(ago(FIRST_SLOT + 3), Some(0));
		assert_eq!(ago(FIRST_SLOT + 2), Some(1));
		assert_eq!(ago(FIRST_SLOT + 1), None);
		assert_noop!(report(blocks(OFFENDER, FIRST_SLOT + 1)), Error::<Test>::TooOld);
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT + 2)));
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT + 3)));
	});
}

#[test]
fn report_should_be_refused_when_not_signed() {
	within_a_block(|| {
		let call =
			|origin| Hhcm::report_equivocation(origin, Box::new(blocks(OFFENDER, FIRST_SLOT)));
		assert_noop!(call(RuntimeOrigin::none()), DispatchError::BadOrigin);
		assert_noop!(call(RuntimeOrigin::root()), DispatchError::BadOrigin);
	});
}

#[test]
fn offender_should_be_punished_when_its_session_is_over() {
	let mut chain = Chain::new();
	Rotating::set(Some((100..116).collect()));
	chain.advance(FIRST_SLOT);
	Rotating::set(None);
	let next = chain.draft(FIRST_SLOT + 1);
	chain.ext.execute_with(|| {
		Executive::initialize_block(&next.header());
		assert_ok!(report(blocks(OFFENDER, FIRST_SLOT)));
		assert_eq!(Punished::get()[0].0, account(OFFENDER));
		// At the same place, a node of the new session: its own account.
		let first = header(100 + OFFENDER, OFFENDER, FIRST_SLOT + 1, 1);
		let second = header(100 + OFFENDER, OFFENDER, FIRST_SLOT + 1, 2);
		assert_ok!(report(Proof::Blocks { first, second }));
		assert_eq!(Punished::get()[1].0, account(100 + OFFENDER));
		let (first, second) = (header(50, 5, FIRST_SLOT, 1), header(50, 5, FIRST_SLOT, 2));
		assert_noop!(report(Proof::Blocks { first, second }), Error::<Test>::WrongSignature);
	});
}

#[test]
fn report_should_weigh_more_when_it_is_longer() {
	let weight = |proof: &Proof<Header>| {
		let call = Call::<Test>::report_equivocation { proof: Box::new(proof.clone()) };
		call.get_dispatch_info().call_weight
	};
	let short = blocks(OFFENDER, 1);
	let own = SubstrateWeight::<Test>::report_equivocation(short.encode().len() as u32);
	let offences = <Recorder as crate::Offences<AccountId>>::weight();
	assert_eq!(weight(&short), own.saturating_add(offences));
	let context = context_of(PARENT, 1.into());
	let first = package(&pair(1), &context, 1, 1, vec![H256::zero(); 4_096]);
	let long = Proof::Packages { context, second: first.clone(), first };
	assert!(weight(&long).ref_time() > weight(&short).ref_time());
}

#[test]
fn oldest_reports_should_be_forgotten_when_there_are_too_many() {
	let mut log = ReportLog::<AccountId>::default();
	for number in 0..u64::from(MAX_REPORTS) {
		assert_eq!(log.note((100 + number / 2).into(), number, 0.into()), Ok(()));
	}
	assert_eq!(log.note(100.into(), 0, 0.into()), Err(Unpunished::Known));
	// What would be the oldest is not remembered, and neither is it punished.
	assert_eq!(log.note(100.into(), 999, 0.into()), Err(Unpunished::TooOld));
	assert_eq!(log.note(300.into(), 7, 0.into()), Ok(()));
	assert_eq!(log.since, 101u64);
	assert_eq!(log.entries.len() as u32, MAX_REPORTS - 1);
	assert_eq!(log.note(100.into(), 0, 0.into()), Err(Unpunished::TooOld));
	assert_eq!(log.note(300.into(), 7, 0.into()), Err(Unpunished::Known));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn nobody_should_be_punished_twice_for_a_slot_when_reports_come_in_any_order(
		reports in prop::collection::vec((0..6u64, 0..40u64, 0..3u64), 1..400),
	) {
		let mut log = ReportLog::<AccountId>::default();
		let mut punished = std::collections::BTreeSet::new();
		let mut now = 40;
		for (who, back, step) in reports {
			now += step;
			let slot = now - back;
			let oldest = now.saturating_sub(30);
			match log.note(slot.into(), who, oldest.into()) {
				Ok(()) => {
					prop_assert!(slot >= oldest);
					prop_assert!(punished.insert((who, slot)));
				},
				Err(Unpunished::Known) => prop_assert!(punished.contains(&(who, slot))),
				Err(Unpunished::TooOld) => prop_assert!(slot < u64::from(log.since.max(oldest.into()))),
			}
			prop_assert!(log.entries.windows(2).all(|pair| pair[0].0 <= pair[1].0));
			prop_assert!(log.entries.iter().all(|(slot, _)| *slot >= log.since));
		}
	}
}
