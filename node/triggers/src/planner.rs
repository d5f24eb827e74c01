//! What to try, and what to send.
//!
//! Once for each best block: [`Planner::candidates`] says which rows to try, [`Planner::choose`] makes a trigger of those
//! that would run. One trigger is under way at a time: until it is in a block, or has been missing for some blocks.

use std::collections::{BTreeMap, BTreeSet};

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
	/// In which block the check of a row was asked last, if it said no.
	declined: BTreeMap<RowId, u32>,
	/// Rows that have to be the first of a trigger.
	first: BTreeSet<RowId>,
}

impl Planner {
	/// The rows to try for the next block, in the order in which they are to be run.
	pub fn candidates(&mut self, view: &View) -> Vec<DueRow> {
		let next = view.next;
		self.resting.retain(|_, until| *until > next);
		if let Some(sent) = &self.sent {
			// After a reorganization the number may be the trigger's again: it is back in the pool then.
			let included = view.sender.nonce > sent.nonce;
			let lost = next >= sent.block.saturating_add(LOST_AFTER);
			if !included && !lost {
				return Vec::new();
			}
			self.sent = None;
		}
		let mut rows: Vec<_> = view
			.due
			.iter()
			.filter(|row| !self.resting.contains_key(&row.id) && view.place.is_on(row, next))
			.copied()
			.collect();
		// Whose check has said no waits behind the others, and behind those that have waited for longer. They stay due for as
		// long as it says no, and must not keep others from their turn.
		let is_due = |id: &RowId| view.due.iter().any(|row| row.id == *id);
		self.declined.retain(|id, _| is_due(id));
		rows.sort_by_key(|row| self.declined.get(&row.id).copied().unwrap_or(0));
		self.first.retain(|id| rows.iter().any(|row| row.id == *id));
		// At most one has to be first at a time; the others follow in later triggers.
		if let Some(at) = rows.iter().position(|row| self.first.contains(&row.id)) {
			rows[..=at].rotate_right(1);
		}
		// The first one goes in any case, and no other one that is too large stands in the way of those behind it.
		let mut gas = BASE_GAS;
		let mut count = 0_usize;
		rows.retain(|row| {
			let sum = gas.saturating_add(row.gas);
			let goes = count < MAX_TRIGGERED as usize && (count == 0 || sum <= MOST_GAS);
			if goes {
				gas = sum;
				count = count.saturating_add(1);
			}
			goes
		});
		rows
	}

	/// Makes a trigger of those rows that would run, be it in vain. `reasons` are what became of `rows` in a trial.
	pub fn choose(&mut self, rows: &[DueRow], reasons: &[Reason], view: &View) -> Choice {
		let mut chosen = Vec::new();
		for (row, reason) in rows.iter().zip(reasons) {
			match reason {
				Reason::Ran | Reason::Reverted | Reason::Trapped | Reason::NoCode => {
					self.first.remove(&row.id);
					chosen.push(*row);
				},
				Reason::NotAlone => {
					self.first.insert(row.id);
				},
				// Its answer may be another one in each block.
				Reason::CheckFalse => {
					self.declined.insert(row.id, view.next);
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
		let max_gas_price = view.sender.gas_price.saturating_mul(PRICE_HEADROOM);
		// What is left over of the estimate is not paid. A quarter more for what a trial does not see.
		let gas = chosen
			.iter()
			.fold(BASE_GAS, |gas, row| gas.saturating_add(row.gas).saturating_add(row.gas / 4));
		let needed = u128::from(gas).saturating_mul(max_gas_price);
		if needed > view.sender.balance {
			// Others may take less.
			for row in &chosen {
				self.resting.insert(row.id, view.next.saturating_add(LOST_AFTER));
			}
			return Choice::TooPoor { needed, balance: view.sender.balance };
		}
		Choice::Send(Trigger {
			ids: chosen.iter().map(|row| row.id).collect(),
			gas,
			max_gas_price,
			nonce: view.sender.nonce,
		})
	}

	/// The trigger is in the pool.
	pub fn sent(&mut self, trigger: &Trigger, next: u32) {
		self.sent = Some(Sent { nonce: trigger.nonce, block: next });
		for id in &trigger.ids {
			self.resting.insert(*id, next.saturating_add(TRY_AGAIN));
		}
	}

	/// The pool has refused it.
	pub fn refused(&mut self, trigger: &Trigger, next: u32) {
		for id in &trigger.ids {
			self.resting.insert(*id, next.saturating_add(LOST_AFTER));
		}
	}
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
		let six = view(6, 1, due);
		let order: Vec<_> = planner.candidates(&six).iter().map(|row| row.id).collect();
		assert_eq!(order, vec![2, 1, 3]);
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

	/// A round in which the checks of some rows say no.
	fn round_with_no(planner: &mut Planner, view: &View, no: &[RowId]) -> Vec<RowId> {
		let rows = planner.candidates(view);
		let reasons: Vec<_> = rows
			.iter()
			.map(|row| if no.contains(&row.id) { Reason::CheckFalse } else { Reason::Ran })
			.collect();
		let choice = planner.choose(&rows, &reasons, view);
		if let Choice::Send(trigger) = &choice {
			planner.sent(trigger, view.next);
		}
		ids(choice)
	}

	#[test]
	fn rows_should_be_triggered_when_checks_before_them_say_no() {
		let mut planner = Planner::default();
		// Each is too large to go with another one.
		let mut due: Vec<_> = (1..=5).map(|id| row(id, 1)).collect();
		for row in &mut due {
			row.gas = MOST_GAS;
		}
		let no = [1, 2, 3, 4];
		let mut sent = Vec::new();
		for next in 10..15 {
			sent.extend(round_with_no(&mut planner, &view(next, 0, due.clone()), &no));
		}
		assert_eq!(sent, vec![5], "its turn came");
		// Then each check is asked in its turn, and the one that says yes is sent.
		let mut planner = Planner::default();
		due.pop();
		let mut sent = Vec::new();
		for next in 10..18 {
			sent.extend(round_with_no(&mut planner, &view(next, 0, due.clone()), &[1, 2, 4]));
		}
		assert_eq!(sent.first(), Some(&3));
	}

	#[test]
	fn small_rows_should_go_when_a_large_one_before_them_does_not_fit() {
		let mut planner = Planner::default();
		let mut due = vec![row(1, 1), row(2, 1), row(3, 1)];
		due[1].gas = MOST_GAS;
		assert_eq!(ids(round(&mut planner, &view(2, 0, due))), vec![1, 3]);
	}

	#[test]
	fn others_should_be_tried_when_the_account_is_too_poor_for_a_row() {
		let mut planner = Planner::default();
		let mut dear = row(1, 1);
		dear.gas = MOST_GAS;
		let mut view = view(2, 0, vec![dear, row(2, 1)]);
		view.sender.balance = u128::from(2 * BASE_GAS) * view.sender.gas_price * PRICE_HEADROOM;
		let rows = planner.candidates(&view);
		assert!(matches!(planner.choose(&rows, &[Reason::Ran], &view), Choice::TooPoor { .. }));
		view.sender.balance = u128::from(MOST_GAS) * view.sender.gas_price * PRICE_HEADROOM;
		view.next = 3;
		assert_eq!(ids(round(&mut planner, &view)), vec![2]);
	}
}
