//! What the pool lets in: the right word of the right member at the right time, once.

use std::collections::BTreeSet;

use codec::Encode;
use frame_support::{assert_noop, dispatch::GetDispatchInfo, pallet_prelude::TransactionSource};
use fusion_dcrm_primitives::{
	message::{signing_bytes, DCRM_DOMAIN},
	Attempt, DcrmMessage, GroupId, MemberSigned, Phase,
};
use sp_core::{Pair as _, H256};
use sp_runtime::{
	traits::{Applyable, Checkable},
	transaction_validity::InvalidTransaction,
	DispatchError,
};

use super::driver::{bounded, Table};
use crate::{authorize::tag, mock::*, Call, Error, Groups, Pedersen, LONGEVITY};

/// One message of each kind.
fn all_kinds(group: GroupId, attempt: Attempt) -> Vec<DcrmMessage> {
	vec![
		DcrmMessage::Announce { peer: b"peer".to_vec().try_into().unwrap(), sequence: 1 },
		DcrmMessage::Deal { group, attempt, commitments: bounded(vec![]) },
		DcrmMessage::Verdict { group, attempt, against: bounded(vec![]) },
		DcrmMessage::Answer { group, attempt, accuser: 2, share: [1; 64] },
		DcrmMessage::Reveal { group, attempt, commitments: bounded(vec![]) },
		DcrmMessage::Confirm { group, attempt, key: [2; 33] },
		DcrmMessage::Accuse { group, attempt, dealer: 2, share: [1; 64] },
		DcrmMessage::Accept { group, attempt },
		DcrmMessage::Signature { request: group.into(), signature: [1; 64] },
		DcrmMessage::Hold { group, number: attempt, proof: [1; 65] },
		DcrmMessage::Silent { group, attempt, member: 2, since: 1 },
	]
}

/// The word that a member may say in this phase, if it did not depend on the phase.
fn word(phase: Phase, group: GroupId, attempt: Attempt) -> DcrmMessage {
	match phase {
		Phase::Dealing => DcrmMessage::Deal { group, attempt, commitments: bounded(vec![]) },
		Phase::Verdicts => DcrmMessage::Verdict { group, attempt, against: bounded(vec![]) },
		Phase::Answers => DcrmMessage::Answer { group, attempt, accuser: 1, share: [1; 64] },
		Phase::Revealing => DcrmMessage::Reveal { group, attempt, commitments: bounded(vec![]) },
		Phase::Confirming => {
			let key = view(group).key.unwrap_or([2; 33]);
			DcrmMessage::Confirm { group, attempt, key }
		},
		Phase::Accusing => DcrmMessage::Accept { group, attempt },
		Phase::Testing => panic!("nothing but a signature is said then"),
	}
}

fn verdict_of_pool(number: u8, payload: DcrmMessage) -> Result<(), InvalidTransaction> {
	pool(signed(&pair(number), payload)).map(drop)
}

#[test]
fn message_should_be_let_in_only_in_its_phase_when_sent_in_every_phase() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		let phases = [
			Phase::Dealing,
			Phase::Verdicts,
			Phase::Answers,
			Phase::Revealing,
			Phase::Confirming,
			Phase::Testing,
		];
		for (position, present) in phases.into_iter().enumerate() {
			if present == Phase::Answers {
				table.say_verdict(1, vec![2]).unwrap();
				for index in 2..=4 {
					table.say_verdict(index, vec![]).unwrap();
				}
			} else {
				table.play_until(present);
			}
			assert_eq!(phase(table.group), present);
			for (other, spoken) in phases.into_iter().enumerate().take(5) {
				let expected = match other.cmp(&position) {
					std::cmp::Ordering::Less => Err(InvalidTransaction::Stale),
					std::cmp::Ordering::Equal => Ok(()),
					std::cmp::Ordering::Greater => Err(InvalidTransaction::Future),
				};
				let said = verdict_of_pool(2, word(spoken, table.group, 0));
				assert_eq!(said, expected, "{spoken:?} said in {present:?}");
			}
			if present == Phase::Answers {
				table.answer(2, 1).unwrap();
			}
		}
		table.play_out(&[1, 2, 3, 4]);
		for spoken in phases.into_iter().take(5) {
			let said = verdict_of_pool(2, word(spoken, table.group, 0));
			assert_eq!(said, Err(InvalidTransaction::Stale), "{spoken:?} said to an active group");
		}
	});
}

#[test]
fn message_should_be_refused_when_it_is_for_another_attempt() {
	build_and_execute(4, || {
		let table = Table::new(4);
		let deal = |attempt| verdict_of_pool(1, word(Phase::Dealing, table.group, attempt));
		assert_eq!(deal(0), Ok(()));
		assert_eq!(deal(1), Err(InvalidTransaction::Future));
		time_out(table.group);
		assert_eq!(deal(0), Err(InvalidTransaction::Stale));
		assert_eq!(deal(1), Ok(()));
	});
}

#[test]
fn message_should_be_refused_when_a_stranger_sends_it() {
	build_and_execute(5, || {
		let table = Table::new(4);
		// A node that is not in the group, and somebody who is no node at all.
		for number in [5, 200] {
			let said = verdict_of_pool(number, word(Phase::Dealing, table.group, 0));
			assert_eq!(said, Err(InvalidTransaction::BadSigner));
		}
		let nowhere = verdict_of_pool(1, word(Phase::Dealing, table.group + 1, 0));
		assert_eq!(nowhere, Err(InvalidTransaction::Call));
	});
}

#[test]
fn message_should_be_refused_when_its_signature_is_of_another_member_chain_or_kind() {
	build_and_execute(4, || {
		let table = Table::new(4);
		let payload = word(Phase::Dealing, table.group, 0);
		let sign = |number: u8, genesis: H256, domain: &[u8]| {
			let signature = pair(number).sign(&signing_bytes(genesis, domain, &payload));
			pool(MemberSigned { member: member(1), payload: payload.clone(), signature }).map(drop)
		};
		assert_eq!(sign(1, GENESIS, DCRM_DOMAIN), Ok(()));
		let bad = Err(InvalidTransaction::BadProof);
		assert_eq!(sign(2, GENESIS, DCRM_DOMAIN), bad);
		assert_eq!(sign(1, H256::repeat_byte(8), DCRM_DOMAIN), bad);
		assert_eq!(sign(1, GENESIS, b"mapping"), bad);

		let mut changed = signed(&pair(1), payload.clone());
		changed.payload =
			DcrmMessage::Deal { group: 0, attempt: 0, commitments: bounded(vec![[2; 33]]) };
		assert_eq!(pool(changed).map(drop), bad);
	});
}

#[test]
fn message_should_be_refused_when_it_is_repeated() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		let group = table.group;
		table.make_dealing(1);
		let points = table.dealing(1).pedersen().to_bytes();
		let payload = DcrmMessage::Deal { group, attempt: 0, commitments: bounded(points) };
		let message = signed(&pair(1), payload);
		send(message.clone()).unwrap();
		assert_eq!(send(message), Err(Rejected::ByPool(InvalidTransaction::Stale)));
		assert_eq!(Pedersen::<Test>::iter().count(), 1);
	});
}

#[test]
fn verdict_should_be_refused_when_its_list_is_malformed() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Verdicts);
		let malformed = Err(Rejected::ByPool(InvalidTransaction::Call));
		// Twice, in disorder, nobody, nobody again, and oneself.
		for against in [vec![2, 2], vec![3, 2], vec![0], vec![5], vec![1, 2]] {
			assert_eq!(table.say_verdict(1, against), malformed);
		}
		table.say_verdict(1, vec![2, 3]).unwrap();
	});
}

#[test]
fn confirmation_should_be_refused_when_it_is_of_another_key() {
	build_and_execute(4, || {
		let table = Table::in_phase(4, Phase::Confirming);
		let (group, attempt) = (table.group, 0);
		let other = DcrmMessage::Confirm { group, attempt, key: [2; 33] };
		assert_eq!(verdict_of_pool(1, other), Err(InvalidTransaction::Call));
		table.confirm(1).unwrap();
		assert!(table.confirm(1).is_err());
	});
}

#[test]
fn accusation_should_be_refused_when_it_is_of_oneself_or_of_nobody_who_dealt() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		for dealer in [1, 2, 3] {
			table.deal(dealer).unwrap();
		}
		time_out(table.group);
		table.play_until(Phase::Confirming);
		let malformed = Err(Rejected::ByPool(InvalidTransaction::Call));
		for dealer in [1, 4, 0, 5] {
			assert_eq!(table.say_accuse(1, dealer, [1; 64]), malformed);
		}
	});
}

#[test]
fn tags_should_differ_when_the_words_differ() {
	build_and_execute(4, || {
		let group = Table::new(4).group;
		let mut messages = Vec::new();
		for number in [1, 2] {
			for (group, attempt) in [(group, 0), (group, 1), (group + 1, 0)] {
				for message in all_kinds(group, attempt) {
					messages.push((number, message));
				}
			}
			let answer = DcrmMessage::Answer { group, attempt: 0, accuser: 3, share: [1; 64] };
			// In a handover a member may have more than one to accuse.
			let accusation = DcrmMessage::Accuse { group, attempt: 0, dealer: 3, share: [1; 64] };
			messages.extend([(number, answer), (number, accusation)]);
		}
		let tags: BTreeSet<Vec<u8>> =
			messages.iter().map(|(number, message)| tag(&member(*number), message)).collect();
		// Announcements and signatures don't depend on the attempt, announcements not on the group.
		let same = 2 * (2 + 1);
		assert_eq!(tags.len(), messages.len() - same);
	});
}

#[test]
fn tags_should_be_the_same_when_a_member_says_something_else_at_the_same_place() {
	build_and_execute(4, || {
		let (group, attempt) = (Table::new(4).group, 0);
		let mut tags = BTreeSet::new();
		for points in [vec![], vec![[2; 33]], vec![[3; 33]; 3]] {
			let payload = DcrmMessage::Deal { group, attempt, commitments: bounded(points) };
			let valid = pool(signed(&pair(1), payload)).unwrap();
			assert_eq!(valid.provides.len(), 1);
			assert!(valid.requires.is_empty());
			assert_eq!(valid.longevity, LONGEVITY);
			assert!(valid.propagate);
			tags.extend(valid.provides);
		}
		assert_eq!(tags.len(), 1);
	});
}

#[test]
fn speaking_should_be_refused_when_it_is_not_authorized() {
	build_and_execute(4, || {
		let table = Table::new(4);
		let message = signed(&pair(1), word(Phase::Dealing, table.group, 0));
		for origin in
			[RuntimeOrigin::none(), RuntimeOrigin::root(), RuntimeOrigin::signed(account(1))]
		{
			assert_noop!(Dcrm::speak(origin, message.clone()), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn message_should_be_refused_at_dispatch_when_it_came_too_late() {
	build_and_execute(4, || {
		let table = Table::new(4);
		let message = signed(&pair(1), word(Phase::Dealing, table.group, 0));
		pool(message.clone()).unwrap();
		time_out(table.group);
		let authorized = || RuntimeOrigin::from(frame_system::RawOrigin::Authorized);
		assert_noop!(Dcrm::speak(authorized(), message), Error::<Test>::TooLate);
		let stranger = signed(&pair(9), word(Phase::Dealing, table.group, 1));
		assert_noop!(Dcrm::speak(authorized(), stranger), Error::<Test>::Stranger);
	});
}

#[test]
fn transaction_should_pass_the_runtimes_pipeline_when_it_is_valid() {
	build_and_execute(4, || {
		let mut table = Table::new(4);
		table.make_dealing(1);
		let points = table.dealing(1).pedersen().to_bytes();
		let payload =
			DcrmMessage::Deal { group: table.group, attempt: 0, commitments: bounded(points) };
		let transaction = |message| {
			let call = RuntimeCall::Dcrm(Call::speak { message });
			UncheckedExtrinsic::new_transaction(call, (frame_system::AuthorizeCall::new(),))
		};
		let apply = |transaction: UncheckedExtrinsic| {
			let info = transaction.get_dispatch_info();
			let length = transaction.encoded_size();
			let checked =
				Checkable::check(transaction, &frame_system::ChainContext::<Test>::default())
					.expect("there is no account signature to check");
			let valid = checked.validate::<Test>(TransactionSource::External, &info, length)?;
			let outcome = checked.apply::<Test>(&info, length)?;
			Ok::<_, sp_runtime::transaction_validity::TransactionValidityError>((valid, outcome))
		};

		let message = signed(&pair(1), payload);
		let mut forged = message.clone();
		forged.member = member(2);
		assert_eq!(apply(transaction(forged)).err(), Some(InvalidTransaction::BadProof.into()));
		let (valid, outcome) = apply(transaction(message.clone())).unwrap();
		assert_eq!(valid.provides.len(), 1);
		assert!(outcome.is_ok());
		assert!(Pedersen::<Test>::contains_key(table.group, 1));
		assert_eq!(apply(transaction(message)).err(), Some(InvalidTransaction::Stale.into()));
		assert_eq!(Groups::<Test>::iter().count(), 1);
	});
}
