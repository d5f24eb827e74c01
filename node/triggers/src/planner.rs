//! What to try, and what to send.
//!
//! For each best block: [`Planner::candidates`] says which rows to try, [`Planner::choose`] makes a trigger of those
//! that would run. One trigger is under way at a time: until it is in a block, or has been missing for some blocks.
//!
//! No row may stand in the way of others. Rows whose checks say no take turns with each other, and share what can be
//! tried half and half with rows that have none; what is too large, or too dear for the account, is passed over.
//! A contract can tell a trial from a block, and behave otherwise: a row that was in a trigger and is due as before is
//! sent only as the first of one from then on, where it has to pay, and less and less often.

use std::collections::BTreeMap;

use fusion_calling_list_primitives::{DueRow, Reason, RowId, Sender, MAX_TRIGGERED};

use crate::{transaction::Trigger, turns::Place};

/// Gas of a transaction without rows: signature, calldata, and the call of the precompile. Generous: what is not used is
/// not paid.
const BASE_GAS: u64 = 200_000;
/// Most gas of a trigger with several rows: a third of a block's, so that others find room.
const MOST_GAS: u64 = 5_000_000;
/// Blocks after which a trigger that is in none is given up.
const LOST_AFTER: u32 = 5;
/// Blocks until a row is tried again that was in a trigger or would not have run.
const TRY_AGAIN: u32 = 1;
/// Blocks for which it is remembered that a row fails behind others, twice as many for each trigger that was in vain.
const REMEMBERED: u32 = 600;
/// Blocks for which a row rests whose trigger was in vain, twice as many each time.
const REST: u32 = 2;
/// Most doublings of both.
const MOST_DOUBLINGS: u32 = 9;
/// Blocks for which it is remembered when a check was asked.
const ASKED_FOR: u32 = 1_000;
/// By how much the gas price may rise until the trigger is in a block.
const PRICE_HEADROOM: u128 = 2;

/// What the planner is shown of the chain after its best block.
#[derive(Clone, Debug)]
pub struct View {
	/// The number of the block after it.
	pub next: u32,
	/// Rows that can be tried in that.
	pub due: Vec<DueRow>,
	/// Of the account that sends triggers.
	pub sender: Sender,
	/// The node's place among those of the session.
	pub place: Place,
}

/// A trigger under way.
#[derive(Clone, Debug)]
struct Sent {
	nonce: u32,
	block: u32,
	ids: Vec<RowId>,
}

/// That a row has to be the first of a trigger.
#[derive(Clone, Copy, Debug, Default)]
struct First {
	/// Triggers that were in vain.
	vain: u32,
	/// The block from which on it is forgotten.
	until: u32,
}

/// That the check of a row said no in a trial.
#[derive(Clone, Copy, Debug)]
struct Asked {
	/// Since when the row was due.
	since: u32,
	/// For which block it was tried.
	block: u32,
}

/// What became of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
	/// Nothing is to be sent.
	Nothing,
	/// This is.
	Send(Trigger),
	/// There is something to send, but the account cannot pay for it.
	TooPoor {
		/// What it would need.
		needed: u128,
		/// What it has.
		balance: u128,
	},
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Planner {
	sent: Option<Sent>,
	/// Rows that are left alone until a block.
	resting: BTreeMap<RowId, u32>,
	/// Rows that have to be the first of a trigger.
	first: BTreeMap<RowId, First>,
	/// Rows whose checks said no.
	asked: BTreeMap<RowId, Asked>,
}

impl Planner {
	/// The rows to try for the next block, in the order in which they are to be run. If nothing comes of them, it can be
	/// asked again for the same block.
	pub fn candidates(&mut self, view: &View) -> Vec<DueRow> {
		let next = view.next;
		self.resting.retain(|_, until| *until > next);
		self.first.retain(|_, first| first.until > next);
		self.asked.retain(|_, asked| asked.block.saturating_add(ASKED_FOR) > next);
		if !self.is_free(view) {
			return Vec::new();
		}
		let can_pay = |row: &DueRow| needed(&[*row], view) <= view.sender.balance;
		let (rows, too_dear): (Vec<DueRow>, Vec<_>) =
			self.in_order(view).into_iter().partition(can_pay);
		if rows.is_empty() {
			// It is to be said that the account cannot pay.
			return too_dear.into_iter().take(1).collect();
		}
		let mut chosen: Vec<DueRow> = Vec::new();
		let mut gas = BASE_GAS;
		for row in rows {
			if chosen.len() >= MAX_TRIGGERED as usize {
				break;
			}
			let with = gas.saturating_add(row.gas);
			chosen.push(row);
			// The first one goes in any case.
			let fits = chosen.len() == 1
				|| (!self.first.contains_key(&row.id)
					&& with <= MOST_GAS
					&& needed(&chosen, view) <= view.sender.balance);
			if fits {
				gas = with;
			} else {
				chosen.pop();
			}
		}
		chosen
	}

	/// Whether no trigger is under way any more. Learns from the last one.
	fn is_free(&mut self, view: &View) -> bool {
		let Some(sent) = self.sent.take() else { return true };
		// After a reorganization the number may be the trigger's again: it is back in the pool then.
		let included = view.sender.nonce > sent.nonce;
		let lost = view.next >= sent.block.saturating_add(LOST_AFTER);
		if !included && !lost {
			self.sent = Some(sent);
			return false;
		}
		if included {
			self.learn(&sent, view);
		}
		true
	}

	/// A trigger is in a block. What it should have run and is due as before has cost the sender and not the row.
	fn learn(&mut self, sent: &Sent, view: &View) {
		let is_vain = |row: &&DueRow| row.since <= sent.block && sent.ids.contains(&row.id);
		for row in view.due.iter().filter(is_vain) {
			let before = self.first.get(&row.id).map_or(0, |first| first.vain);
			let vain = before.saturating_add(1).min(MOST_DOUBLINGS);
			let until = view.next.saturating_add(REMEMBERED << vain);
			self.first.insert(row.id, First { vain, until });
			self.resting.insert(row.id, view.next.saturating_add(REST << vain));
		}
	}

	/// Rows that can be tried now: those without a check, the one that is due for longest first, and those with one, the
	/// one that was asked longest ago first, by turns.
	fn in_order(&self, view: &View) -> Vec<DueRow> {
		let next = view.next;
		let (mut checked, mut plain): (Vec<DueRow>, Vec<_>) = view
			.due
			.iter()
			.filter(|row| !self.resting.contains_key(&row.id) && view.place.is_on(row, next))
			.filter(|row| self.asked_for(row) != Some(next))
			.copied()
			.partition(|row| row.checked);
		checked.sort_by_key(|row| self.asked_for(row).unwrap_or(row.since));
		plain.sort_by_key(|row| row.since);
		// Either kind begins every other block, so that each of its rows is the first one some time.
		let (one, other) = if next.is_multiple_of(2) { (checked, plain) } else { (plain, checked) };
		let (mut one, mut other) = (one.into_iter(), other.into_iter());
		let mut rows = Vec::new();
		loop {
			let pair = [one.next(), other.next()];
			if pair == [None, None] {
				return rows;
			}
			rows.extend(pair.into_iter().flatten());
		}
	}

	/// The block for which a row that is due was tried last and its check said no.
	fn asked_for(&self, row: &DueRow) -> Option<u32> {
		let asked = self.asked.get(&row.id)?;
		(asked.since == row.since).then_some(asked.block)
	}

	/// Makes a trigger of those rows that would run, be it in vain. `reasons` are what became of `rows` in a trial.
	pub fn choose(&mut self, rows: &[DueRow], reasons: &[Reason], view: &View) -> Choice {
		let mut chosen = Vec::new();
		for (row, reason) in rows.iter().zip(reasons) {
			match reason {
				Reason::Ran | Reason::Reverted | Reason::Trapped | Reason::NoCode => {
					self.asked.remove(&row.id);
					chosen.push(*row);
				},
				Reason::NotAlone => {
					let first = self.first.entry(row.id).or_default();
					first.until = first.until.max(view.next.saturating_add(REMEMBERED));
				},
				// Its answer may be another one in each block.
				Reason::CheckFalse | Reason::CheckFailed => {
					self.asked.insert(row.id, Asked { since: row.since, block: view.next });
				},
				_ => {
					let until = view.next.saturating_add(TRY_AGAIN).saturating_add(1);
					self.resting.insert(row.id, until);
				},
			}
		}
		if chosen.is_empty() {
			return Choice::Nothing;
		}
		let needed = needed(&chosen, view);
		if needed > view.sender.balance {
			return Choice::TooPoor { needed, balance: view.sender.balance };
		}
		Choice::Send(Trigger {
			ids: chosen.iter().map(|row| row.id).collect(),
			gas: trigger_gas(&chosen),
			max_gas_price: max_gas_price(view),
			nonce: view.sender.nonce,
		})
	}

	/// The trigger is in the pool.
	pub fn sent(&mut self, trigger: &Trigger, next: u32) {
		for id in &trigger.ids {
			self.resting.insert(*id, next.saturating_add(TRY_AGAIN));
		}
		self.sent = Some(Sent { nonce: trigger.nonce, block: next, ids: trigger.ids.clone() });
	}

	/// The pool has refused it.
	pub fn refused(&mut self, trigger: &Trigger, next: u32) {
		for id in &trigger.ids {
			self.resting.insert(*id, next.saturating_add(LOST_AFTER));
		}
	}
}

/// Gas of a trigger. What is left over of the estimate is not paid. A quarter more for what a trial does not see.
fn trigger_gas(rows: &[DueRow]) -> u64 {
	rows.iter().fold(BASE_GAS, |gas, row| gas.saturating_add(row.gas).saturating_add(row.gas / 4))
}

fn max_gas_price(view: &View) -> u128 {
	view.sender.gas_price.saturating_mul(PRICE_HEADROOM)
}

/// What the account must have for a trigger.
fn needed(rows: &[DueRow], view: &View) -> u128 {
	u128::from(trigger_gas(rows)).saturating_mul(max_gas_price(view))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn row(id: RowId, since: u32) -> DueRow {
		DueRow { id, since, gas: 300_000, checked: false }
	}

	fn view(next: u32, nonce: u32, due: Vec<DueRow>) -> View {
		View {
			next,
			due,
			sender: Sender { nonce, balance: u128::MAX, gas_price: 10, chain_id: 1 },
			place: Place { index: Some(0), nodes: 1, groups: 1 },
		}
	}

	/// A round in which every row would run.
	fn round(planner: &mut Planner, view: &View) -> Choice {
		let rows = planner.candidates(view);
		let choice = planner.choose(&rows, &vec![Reason::Ran; rows.len()], view);
		if let Choice::Send(trigger) = &choice {
			planner.sent(trigger, view.next);
		}
		choice
	}

	fn ids(choice: Choice) -> Vec<RowId> {
		match choice {
			Choice::Send(trigger) => trigger.ids,
			Choice::Nothing => Vec::new(),
			Choice::TooPoor { .. } => panic!("it is rich"),
		}
	}

	#[test]
	fn rows_should_be_triggered_once_when_they_are_due() {
		let mut planner = Planner::default();
		let due = vec![row(1, 5), row(2, 5)];
		assert_eq!(ids(round(&mut planner, &view(5, 0, due.clone()))), vec![1, 2]);
		// The trigger is under way.
		assert_eq!(ids(round(&mut planner, &view(6, 0, due))), Vec::<RowId>::new());
		assert_eq!(ids(round(&mut planner, &view(7, 1, vec![row(3, 7)]))), vec![3]);
	}

	#[test]
	fn rows_should_be_triggered_again_when_the_trigger_is_lost() {
		let mut planner = Planner::default();
		let due = vec![row(1, 5)];
		let Choice::Send(first) = round(&mut planner, &view(5, 3, due.clone())) else { panic!() };
		for next in 6..5 + LOST_AFTER {
			assert_eq!(round(&mut planner, &view(next, 3, due.clone())), Choice::Nothing);
		}
		let Choice::Send(again) = round(&mut planner, &view(5 + LOST_AFTER, 3, due)) else {
			panic!()
		};
		// In the place of the lost one.
		assert_eq!((again.nonce, again.ids), (first.nonce, first.ids));
	}

	#[test]
	fn row_should_be_left_to_others_when_it_is_their_turn() {
		let mut planner = Planner::default();
		let mut view = view(5, 0, vec![row(0, 5)]);
		view.place = Place { index: Some(2), nodes: 4, groups: 1 };
		let wait = view.place.wait(&row(0, 5));
		assert!(wait > 0);
		assert_eq!(round(&mut planner, &view), Choice::Nothing);
		view.next += wait;
		assert_eq!(ids(round(&mut planner, &view)), vec![0]);
	}

	#[test]
	fn row_should_be_first_when_it_fails_behind_others() {
		let mut planner = Planner::default();
		let due = vec![row(1, 5), row(2, 5), row(3, 5)];
		let five = view(5, 0, due.clone());
		let rows = planner.candidates(&five);
		let choice =
			planner.choose(&rows, &[Reason::Ran, Reason::NotAlone, Reason::NotAlone], &five);
		assert_eq!(ids(choice.clone()), vec![1]);
		let Choice::Send(trigger) = choice else { panic!() };
		planner.sent(&trigger, 5);
		// One at a time, others behind it, and that is remembered.
		let six = view(6, 1, vec![row(2, 5), row(3, 5), row(4, 6)]);
		let choice = round(&mut planner, &six);
		assert_eq!(ids(choice), vec![2, 4]);
		let seven = view(7, 2, vec![row(2, 7), row(3, 5), row(4, 7)]);
		assert_eq!(ids(round(&mut planner, &seven)), vec![3, 4]);
	}

	#[test]
	fn row_should_be_first_and_rest_when_its_trigger_was_in_vain() {
		let mut planner = Planner::default();
		assert_eq!(ids(round(&mut planner, &view(5, 0, vec![row(1, 5), row(2, 4)]))), vec![2, 1]);
		let mut sent = Vec::new();
		for next in 6..200 {
			// The trial says each time that the row runs; the trigger is in the block, and it has not run.
			let nonce = 1 + sent.len() as u32;
			let other = row(100 + u64::from(next), next);
			let found = ids(round(&mut planner, &view(next, nonce, vec![row(1, 5), other])));
			if found.contains(&1) {
				assert_eq!(found[0], 1, "where it has to pay");
				sent.push(next);
			} else {
				assert_eq!(found, vec![other.id]);
				sent.push(0);
			}
		}
		let sent: Vec<_> = sent.into_iter().filter(|block| *block > 0).collect();
		assert!(sent.len() >= 4 && sent.len() <= 7, "{sent:?}");
		let pauses: Vec<_> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
		assert!(pauses.windows(2).all(|pair| pair[1] > pair[0]), "{pauses:?}");
	}

	#[test]
	fn row_should_not_rest_when_it_has_run_and_is_due_again() {
		let mut planner = Planner::default();
		for next in 5..20 {
			let due = view(next, next - 5, vec![row(1, next)]);
			assert_eq!(ids(round(&mut planner, &due)), vec![1]);
		}
		assert!(planner.first.is_empty());
	}

	#[test]
	fn checks_that_say_no_should_take_turns_and_not_stand_in_the_way_of_others() {
		let mut planner = Planner::default();
		let check = |id, gas| DueRow { gas, checked: true, ..row(id, 2) };
		// More than fits into a trigger, one of them alone.
		let mut due: Vec<_> = (1..=40).map(|id| check(id, 900_000)).collect();
		due.insert(0, check(50, 7_000_000));
		due.push(row(99, 5));
		let mut tried = BTreeMap::<RowId, u32>::new();
		let mut of_new = None;
		for next in 5..65 {
			let view = view(next, 0, due.clone());
			let rows = planner.candidates(&view);
			assert!(!rows.is_empty());
			for row in rows.iter().filter(|_| next >= 35) {
				*tried.entry(row.id).or_default() += 1;
			}
			let reasons: Vec<_> = rows
				.iter()
				.map(|row| if row.checked { Reason::CheckFalse } else { Reason::Ran })
				.collect();
			if let Choice::Send(trigger) = planner.choose(&rows, &reasons, &view) {
				assert_eq!(trigger.ids, vec![99]);
				of_new.get_or_insert(next);
				due.retain(|row| row.id != 99);
			}
		}
		assert!(of_new.is_some());
		// Each is asked as often as others: nine triggers take all of them.
		assert_eq!(tried.len(), 41, "{tried:?}");
		assert!(tried.values().all(|times| (2..=5).contains(times)), "{tried:?}");
		// What is due from now on does not wait for all of them.
		let choice = planner.candidates(&view(65, 0, [&due[..], &[row(98, 65)]].concat()));
		assert_eq!(choice[0].id, 98);
	}

	#[test]
	fn rows_should_not_be_asked_twice_for_a_block() {
		let mut planner = Planner::default();
		let check = |id| DueRow { gas: 900_000, checked: true, ..row(id, 5) };
		let due: Vec<_> = (1..=10).map(check).collect();
		let five = view(5, 0, due);
		let mut all = Vec::new();
		loop {
			let rows = planner.candidates(&five);
			if rows.is_empty() {
				break;
			}
			all.extend(rows.iter().map(|row| row.id));
			planner.choose(&rows, &vec![Reason::CheckFalse; rows.len()], &five);
		}
		assert_eq!(all, (1..=10).collect::<Vec<_>>());
	}

	#[test]
	fn row_should_be_passed_over_when_it_is_too_dear() {
		let mut planner = Planner::default();
		let dear = DueRow { gas: 90_000_000, ..row(1, 2) };
		let mut five = view(5, 0, vec![dear, row(2, 5), row(3, 5)]);
		// Enough for one of the others.
		five.sender.balance = needed(&[row(2, 5)], &five);
		assert_eq!(ids(round(&mut planner, &five)), vec![2]);
		five.due = vec![dear];
		assert!(matches!(round(&mut Planner::default(), &five), Choice::TooPoor { .. }));
	}

	#[test]
	fn rows_should_not_be_sent_when_they_would_not_run() {
		let mut planner = Planner::default();
		let view = view(5, 0, vec![row(1, 5), row(2, 5), row(3, 5)]);
		let rows = planner.candidates(&view);
		let reasons = [Reason::CheckFalse, Reason::DepositTooLow, Reason::Reverted];
		assert_eq!(ids(planner.choose(&rows, &reasons, &view)), vec![3]);
		// A check is asked again in each block.
		assert!(planner.candidates(&View { next: 6, ..view }).iter().any(|row| row.id == 1));
	}

	#[test]
	fn trigger_should_have_gas_for_its_rows_and_no_more_than_a_block_has_room_for() {
		let mut planner = Planner::default();
		let due: Vec<_> = (0..100).map(|id| row(id, 5)).collect();
		let Choice::Send(trigger) = round(&mut planner, &view(5, 0, due)) else { panic!() };
		assert_eq!(trigger.ids.len(), 16);
		assert!(trigger.gas >= 16 * 300_000 && trigger.gas < 2 * MOST_GAS);
		// One that is larger than that goes alone.
		let mut planner = Planner::default();
		let large = DueRow { gas: 2 * MOST_GAS, ..row(1, 5) };
		let Choice::Send(trigger) = round(&mut planner, &view(5, 0, vec![large, row(2, 5)])) else {
			panic!()
		};
		assert_eq!(trigger.ids, vec![1]);
		// And of small ones there are not more than the list takes.
		let mut planner = Planner::default();
		let small: Vec<_> = (0..100).map(|id| DueRow { gas: 1, ..row(id, 5) }).collect();
		assert_eq!(ids(round(&mut planner, &view(5, 0, small))).len(), MAX_TRIGGERED as usize);
	}

	#[test]
	fn nothing_should_be_sent_when_the_account_is_too_poor() {
		let mut planner = Planner::default();
		let mut view = view(5, 0, vec![row(1, 5)]);
		view.sender.balance = 1_000;
		assert!(matches!(round(&mut planner, &view), Choice::TooPoor { balance: 1_000, .. }));
	}

	#[test]
	fn rows_should_rest_when_the_pool_refuses_their_trigger() {
		let mut planner = Planner::default();
		let five = view(5, 0, vec![row(1, 5)]);
		let rows = planner.candidates(&five);
		let Choice::Send(trigger) = planner.choose(&rows, &[Reason::Ran], &five) else { panic!() };
		planner.refused(&trigger, 5);
		assert_eq!(planner.candidates(&view(6, 0, vec![row(1, 5)])), vec![]);
		assert_eq!(planner.candidates(&view(5 + LOST_AFTER, 0, vec![row(1, 5)])).len(), 1);
	}
}
