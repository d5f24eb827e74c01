//! The checks of the state notice what they are there for.

use frame_support::traits::{fungible::MutateHold, tokens::Precision};
use fusion_dcrm_primitives::{GroupId, Phase, Purpose};

use sp_runtime::Perbill;

use super::{
	driver::{bounded, Table},
	moves::{Committee, Move},
};
use crate::{
	mock::*, ActiveGroup, Ceremonies, Commitments, Conducts, Cursor, Deadlines, Ejection,
	Ejections, Feldman, Fine, Fines, Groups, Handovers, HoldReason, MemberSet, Nodes, Offence,
	OpenChallenge, Owed, Params, PausedSince, Pedersen, PerGroup, RequestCount, Requests,
	ResumedAt, Settlement, Settlements, Silence, SilenceVotes, Silences, Stakes, Unbonding,
	Watched, Watches,
};

/// Makes a group in the given phase, breaks something, and returns what the check says.
fn broken(until: Option<Phase>, damage: impl FnOnce(&Table)) -> &'static str {
	let mut said = "nothing";
	genesis(5, Vec::new()).execute_with(|| {
		let mut table = Table::new(4);
		match until {
			Some(phase) => table.play_until(phase),
			None => table.play_out(&[1, 2, 3, 4]),
		}
		check();
		damage(&table);
		if let Err(sp_runtime::DispatchError::Other(why)) = Dcrm::do_try_state() {
			said = why;
		}
	});
	said
}

#[test]
fn state_should_be_found_broken_when_a_group_is_damaged() {
	let edit = |f: fn(&mut crate::Group)| {
		broken(None, |table| {
			Groups::<Test>::mutate(table.group, |group| f(group.as_mut().unwrap()));
		})
	};
	assert_eq!(edit(|group| group.threshold = 2), "a group has a wrong threshold");
	assert_eq!(edit(|group| group.key = None), "an active group has no key");
	assert_eq!(
		edit(|group| group.qualified = MemberSet::all(5)),
		"a qualified dealer is no member"
	);
	assert_eq!(
		edit(|group| group.qualified.remove(1)),
		"Feldman commitments are missing, too many or misplaced"
	);
	assert_eq!(
		edit(|group| group.members[1] = group.members[0].clone()),
		"a member stands twice in a group"
	);
}

#[test]
fn state_should_be_found_broken_when_a_ceremony_is_damaged() {
	let edit = |until, f: fn(&mut crate::Ceremony)| {
		broken(Some(until), |table| {
			Ceremonies::<Test>::mutate(table.group, |ceremony| f(ceremony.as_mut().unwrap()));
		})
	};
	assert_eq!(
		edit(Phase::Verdicts, |ceremony| ceremony.spoken = MemberSet::all(5)),
		"somebody is no member"
	);
	assert_eq!(
		edit(Phase::Revealing, |ceremony| ceremony.deadline += 1),
		"a deadline is queued wrongly"
	);
	assert_eq!(
		edit(Phase::Testing, |ceremony| ceremony.test = None),
		"a test is asked for too early or too late"
	);
	let dealt = broken(Some(Phase::Verdicts), |table| Pedersen::<Test>::remove(table.group, 2));
	assert_eq!(dealt, "a qualified dealer has not dealt");
	let gone = broken(Some(Phase::Verdicts), |table| Ceremonies::<Test>::remove(table.group));
	assert_eq!(gone, "a group makes a key without a ceremony");
	let unqueued = broken(Some(Phase::Verdicts), |_| Deadlines::<Test>::kill());
	assert_eq!(unqueued, "a ceremony's deadline is not queued");
}

/// Makes a handover in the given phase, or one that is over, breaks something, and returns what the
/// check says.
fn broken_handover(until: Option<Phase>, damage: impl FnOnce(GroupId)) -> &'static str {
	let mut said = "nothing";
	genesis(6, Vec::new()).execute_with(|| {
		let mut next = Move::new(Committee::new(4), &[3, 5, 1, 6]);
		let group = next.group;
		match until {
			Some(phase) => next.reach(phase),
			None => _ = next.succeed(),
		}
		check();
		damage(group);
		if let Err(sp_runtime::DispatchError::Other(why)) = Dcrm::do_try_state() {
			said = why;
		}
	});
	said
}

#[test]
fn state_should_be_found_broken_when_a_handover_is_damaged() {
	let edit = |f: fn(&mut crate::Handover)| {
		broken_handover(Some(Phase::Dealing), |group| {
			Handovers::<Test>::mutate(group, |handover| f(handover.as_mut().unwrap()));
		})
	};
	assert_eq!(edit(|handover| handover.threshold = 2), "a group has a wrong threshold");
	assert_eq!(
		edit(|handover| handover.attempt = 0),
		"the attempt at a handover is not the last one that began"
	);
	assert_eq!(
		edit(|handover| handover.tries = ATTEMPTS + 1),
		"a handover had more attempts than there are"
	);
	assert_eq!(
		edit(|handover| handover.qualified = MemberSet::all(5)),
		"a qualified dealer is no member"
	);
	let unknown = broken_handover(Some(Phase::Dealing), Commitments::<Test>::remove);
	assert_eq!(unknown, "a key is handed over without commitments to it");
	let idle = broken_handover(Some(Phase::Dealing), Ceremonies::<Test>::remove);
	assert_eq!(idle, "a key is handed over without a ceremony");
	let gone = broken_handover(Some(Phase::Dealing), Handovers::<Test>::remove);
	assert_eq!(gone, "an active group still has a ceremony");
	let uncounted = broken_handover(Some(Phase::Dealing), |_| {
		Nodes::<Test>::mutate(account(5), |node| node.as_mut().unwrap().groups = 0);
	});
	assert_eq!(uncounted, "a node's count of groups is wrong");
	let early = broken_handover(Some(Phase::Verdicts), |group| {
		Feldman::<Test>::insert(group, 1, bounded(vec![[2; 33]; 3]));
	});
	assert_eq!(early, "Feldman commitments are missing, too many or misplaced");
	let confirmed = broken_handover(Some(Phase::Accusing), |group| {
		Ceremonies::<Test>::mutate(group, |ceremony| {
			ceremony.as_mut().unwrap().confirmed.insert(1);
		});
	});
	assert_eq!(confirmed, "somebody confirmed too early");
	let test = broken_handover(Some(Phase::Testing), |group| {
		let request = Ceremonies::<Test>::get(group).unwrap().test.unwrap();
		Requests::<Test>::mutate(request, |open| open.as_mut().unwrap().attempt = 0);
	});
	assert_eq!(test, "a test of another attempt's shares");
}

#[test]
fn state_should_be_found_broken_when_what_a_handover_left_is_damaged() {
	let lost = broken_handover(None, Commitments::<Test>::remove);
	assert_eq!(lost, "the commitments of the epoch before are missing");
	let twice = broken_handover(None, |group| {
		Commitments::<Test>::mutate(group, |known| known.as_mut().unwrap().attempt = 1);
	});
	assert_eq!(twice, "dealings count twice");
	let other = broken_handover(None, |group| {
		Commitments::<Test>::mutate(group, |known| known.as_mut().unwrap().points[0] = [2; 33]);
	});
	assert_eq!(other, "there are commitments to another key");
	let undealt = broken_handover(None, |group| Feldman::<Test>::remove(group, 1));
	assert_eq!(undealt, "Feldman commitments are missing, too many or misplaced");
}

#[test]
fn state_should_be_found_broken_when_nodes_are_damaged() {
	let unheld = broken(None, |_| {
		let reason = HoldReason::NodeBond.into();
		Balances::release(&reason, &account(5), 1, Precision::Exact).unwrap();
	});
	assert_eq!(unheld, "a node's bond is not held");
	let count = broken(None, |_| {
		Nodes::<Test>::mutate(account(1), |node| node.as_mut().unwrap().groups = 0);
	});
	assert_eq!(count, "a node's count of groups is wrong");
	let unregistered = broken(None, |_| Nodes::<Test>::remove(account(1)));
	assert_eq!(unregistered, "a member of a group is no registered node");
}

#[test]
fn state_should_be_found_broken_when_conduct_is_damaged() {
	let conduct = |until| {
		broken(until, |table| {
			let other = table.group + 1;
			Conducts::<Test>::mutate(other, |conducts| conducts.with(1, |entry| entry.absent = 1));
		})
	};
	assert_eq!(conduct(None), "the conduct of somebody is kept who is no member");
	let fine = broken(None, |_| {
		let fine = Fine { node: account(9), offence: Offence::FalseReveal };
		Fines::<Test>::mutate(|fines| fines.try_push(fine).unwrap());
	});
	assert_eq!(fine, "somebody is to be fined who is no node");
	let absurd = broken(None, |_| {
		Params::<Test>::mutate(|parameters| parameters.fraud = Perbill::zero());
	});
	assert_eq!(absurd, "the parameters contradict each other");
}

#[test]
fn state_should_be_found_broken_when_pay_is_damaged() {
	let owed = broken(None, |_| Owed::<Test>::put(1));
	assert_eq!(owed, "what is owed is summed up wrongly");
	let earn = |epoch| {
		broken(None, |table| {
			let group = Groups::<Test>::get(table.group).unwrap();
			Dcrm::earn(table.group, &crate::Group { epoch, ..group }, |_| 5);
		})
	};
	assert_eq!(earn(0), "more is owed than the pot has");
	assert_eq!(earn(1), "somebody has earned in an epoch that was not");
}

#[test]
fn state_should_be_found_broken_when_challenges_or_votes_are_damaged() {
	let watch =
		|watched: Watched| broken(None, |table| Watches::<Test>::insert(table.group, watched));
	let open = OpenChallenge {
		attempt: 0,
		nonce: Default::default(),
		spoken: MemberSet::default(),
		passed: MemberSet::default(),
	};
	let watched = Watched { number: 1, opened: 1, open: Some(open.clone()) };
	assert_eq!(watch(watched.clone()), "a challenge without commitments");
	let future = Watched { opened: 99, ..watched.clone() };
	assert_eq!(watch(future), "a challenge is from the future");
	let open = Some(OpenChallenge { passed: MemberSet::all(1), ..open });
	assert_eq!(watch(Watched { open, ..watched }), "somebody has passed without a word");
	let sum = broken(None, |table| {
		Settlements::<Test>::put(Settlement {
			group: table.group,
			attempt: 0,
			added: MemberSet::all(4),
			points: bounded(vec![[0; 33]; 3]),
		});
	});
	assert_eq!(sum, "other dealings are added up than there are");
	let votes = |attempt, voters| {
		broken(None, |table| {
			let mut about = PerGroup::default();
			about.with(2, |silence: &mut Silence| silence.voters = voters);
			let votes = Silences { attempt, next_ejection: 0, about };
			SilenceVotes::<Test>::insert(table.group, votes);
		})
	};
	assert_eq!(votes(1, MemberSet::default()), "votes of another epoch are kept");
	let unsound = "votes were not counted, or are of a stranger or about the voter";
	let stranger = [5].into_iter().collect();
	let enough = [1, 3, 4].into_iter().collect();
	for voters in [MemberSet::all(2), stranger, enough] {
		assert_eq!(votes(0, voters), unsound);
	}
	let early = broken(Some(Phase::Dealing), |table| {
		let votes = Silences { attempt: 0, next_ejection: 0, about: PerGroup::default() };
		SilenceVotes::<Test>::insert(table.group, votes);
	});
	assert_eq!(early, "members are said to be silent of a group that is not active");
	let ejections = |changes: &[(GroupId, u32)]| {
		broken(None, |_| {
			let of = |(group, voted): &(GroupId, u32)| Ejection {
				group: *group,
				attempt: 0,
				member: 1,
				voted: *voted,
			};
			let list: Vec<_> = changes.iter().map(of).collect();
			Ejections::<Test>::put(frame_support::BoundedVec::truncate_from(list));
		})
	};
	assert_eq!(ejections(&[(0, 99)]), "a member was voted out in the future");
	assert_eq!(ejections(&[(0, 1), (0, 1)]), "two members of a group wait to be replaced");
	assert_eq!(ejections(&[(7, 1)]), "a member of nothing was voted out");
	assert_eq!(broken(None, |_| Cursor::<Test>::put(1)), "a group is looked at that is not");
}

#[test]
fn state_should_be_found_broken_when_a_pause_is_damaged() {
	let future = "a pause is from the future";
	assert_eq!(broken(None, |_| PausedSince::<Test>::put(99)), future);
	assert_eq!(broken(None, |_| ResumedAt::<Test>::put(99)), future);
}

#[test]
fn state_should_be_found_broken_when_stakes_are_damaged() {
	let stakes = |damage: fn(&mut Vec<(sp_runtime::AccountId32, u64)>)| {
		broken(None, |_| {
			let mut stakes = Stakes::<Test>::get().into_inner();
			damage(&mut stakes);
			Stakes::<Test>::put(frame_support::BoundedVec::truncate_from(stakes));
		})
	};
	assert_eq!(stakes(|stakes| stakes.reverse()), "the stakes are not in order");
	assert_eq!(stakes(|stakes| stakes[0].1 -= 1), "a stake is not the bond");
	assert_eq!(stakes(|stakes| stakes[0].1 += 1), "a stake is not the bond");
	let benched = broken(None, |_| {
		Nodes::<Test>::mutate(account(1), |node| node.as_mut().unwrap().benched = true);
	});
	assert_eq!(benched, "a node is drawn that is benched");
	assert_eq!(
		stakes(|stakes| {
			stakes.pop();
		}),
		"a node has no stake"
	);
	let unbonding = broken(None, |_| Unbonding::<Test>::insert(account(9), (5, 9)));
	assert_eq!(unbonding, "what is unbonding is not held");
}

#[test]
fn state_should_be_found_broken_when_requests_or_left_overs_are_damaged() {
	let counted = broken(Some(Phase::Testing), |table| RequestCount::<Test>::remove(table.group));
	assert_eq!(counted, "the open requests are counted wrongly");
	let renamed = broken(Some(Phase::Testing), |table| {
		Requests::<Test>::mutate(table.oldest_request(), |open| {
			let purpose = Purpose::Batch { instance: 0, batch: 0, attempt: 0, input: 0 };
			open.as_mut().unwrap().request.purpose = purpose;
		});
	});
	assert_eq!(renamed, "the request for the test signature is missing");
	let left = broken(None, |table| {
		Pedersen::<Test>::insert(table.group, 1, bounded(vec![[2; 33]; 3]));
	});
	assert_eq!(left, "a ceremony that is over has left something");
	let misplaced = broken(Some(Phase::Dealing), |table| {
		Feldman::<Test>::insert(table.group + 1, 1, bounded(vec![[2; 33]; 3]));
	});
	assert_eq!(misplaced, "a ceremony that is over has left something");
	let chosen = broken(Some(Phase::Dealing), |table| ActiveGroup::<Test>::put(table.group));
	assert_eq!(chosen, "the active group is not active");
}
