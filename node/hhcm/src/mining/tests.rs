//! Tests of mining.

use fusion_hhcm_primitives::{ticket::MAX_DIFFICULTY, Slot};
use sp_core::{Pair, H256};

use super::*;
use crate::testing::pair;

fn ticket(number: u8) -> Ticket {
	let key = pair(0).public();
	Ticket::new(H256::repeat_byte(number), Slot::from(1u64), &key, 0, H256::zero())
}

#[test]
fn search_should_find_the_first_solution() {
	for number in 0..20 {
		let ticket = ticket(number);
		let Search::Solved { nonce, .. } = search(&ticket, 100, 2, || false) else {
			panic!("a ticket is a blank once in e^32 times");
		};
		assert!(ticket.is_solved_by(nonce, 100, 2));
		assert!((0..nonce).all(|nonce| !ticket.is_solved_by(nonce, 100, 2)));
	}
}

#[test]
fn search_should_end_when_the_ticket_is_a_blank() {
	// No draw is that small.
	assert_eq!(search(&ticket(0), 4, u64::MAX, || false), Search::Blank);
}

#[test]
fn search_should_end_when_it_is_stopped() {
	assert_eq!(search(&ticket(0), MAX_DIFFICULTY, u64::MAX, || true), Search::Stopped);
	let looks = std::cell::Cell::new(0);
	let is_stopped = || {
		looks.set(looks.get() + 1);
		looks.get() > 3
	};
	assert_eq!(search(&ticket(0), MAX_DIFFICULTY, u64::MAX, is_stopped), Search::Stopped);
	assert_eq!(looks.get(), 4);
}

#[tokio::test]
async fn mining_should_give_its_result() {
	let ticket = ticket(1);
	let mut mining = Mining::start(ticket, 100, 1, Stop::default());
	let expected = search(&ticket, 100, 1, || false);
	match (mining.result().await.unwrap(), expected) {
		(Search::Solved { nonce, .. }, Search::Solved { nonce: expected, .. }) => {
			assert_eq!(nonce, expected);
		},
		other => panic!("{other:?}"),
	}
}

#[tokio::test]
async fn mining_should_end_when_it_is_told_to_stop() {
	// Would take for ever.
	let stop = Stop::default();
	let mut mining = Mining::start(ticket(2), MAX_DIFFICULTY, u64::MAX, stop.clone());
	stop.stop();
	assert_eq!(mining.result().await.unwrap(), Search::Stopped);
}

#[tokio::test]
async fn mining_should_end_when_it_is_dropped() {
	let mining = Mining::start(ticket(3), MAX_DIFFICULTY, u64::MAX, Stop::default());
	let ours = mining.stop.clone();
	drop(mining);
	assert!(ours.is_stopped());
	// The runtime waits for blocking work when it shuts down: this test ends only if the search does.
}
