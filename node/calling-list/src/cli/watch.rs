//! What has happened to rows since the last look.

use std::collections::BTreeMap;

use fusion_calling_list_primitives::RowId;
use serde::Serialize;

use crate::json::{amount, Entry, Row};

/// Something that happened to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub(super) enum Change {
	/// It is seen for the first time.
	Seen {
		/// It.
		row: Box<Row>,
	},
	/// It was tried, or was not and should have been.
	Entry {
		/// Its number.
		id: RowId,
		/// What was noted.
		entry: Entry,
	},
	/// It stands elsewhere, or waits for something else.
	State {
		/// As it is now.
		row: Box<Row>,
	},
	/// It has another deposit.
	Deposit {
		/// Its number.
		id: RowId,
		/// Before.
		#[serde(with = "amount")]
		from: u128,
		/// Now.
		#[serde(with = "amount")]
		to: u128,
	},
	/// It is there no more.
	Removed {
		/// Its number.
		id: RowId,
	},
}

/// Rows as they were at the last look.
#[derive(Default)]
pub(super) struct Watched(BTreeMap<RowId, (Row, Vec<Entry>)>);

impl Watched {
	/// Whether a row was there.
	pub(super) fn knows(&self, id: RowId) -> bool {
		self.0.contains_key(&id)
	}

	/// Whether a row was there, and was as it is now.
	pub(super) fn has(&self, row: &Row) -> bool {
		self.0.get(&row.id).is_some_and(|(before, _)| before == row)
	}

	/// What has changed. Rows come with their histories, unless they are as they were.
	pub(super) fn update(&mut self, rows: Vec<(Row, Option<Vec<Entry>>)>) -> Vec<Change> {
		let mut changes = Vec::new();
		let mut now = BTreeMap::new();
		for (row, told) in rows {
			let Some((before, known)) = self.0.remove(&row.id) else {
				changes.push(Change::Seen { row: Box::new(row.clone()) });
				now.insert(row.id, (row, told.unwrap_or_default()));
				continue;
			};
			let history = told.unwrap_or_else(|| known.clone());
			let id = row.id;
			let new = news(&known, &history).iter().cloned();
			changes.extend(new.map(|entry| Change::Entry { id, entry }));
			if before.deposit != row.deposit {
				changes.push(Change::Deposit { id, from: before.deposit, to: row.deposit });
			}
			if stand(&before) != stand(&row) {
				changes.push(Change::State { row: Box::new(row.clone()) });
			}
			now.insert(id, (row, history));
		}
		changes.extend(self.0.keys().map(|id| Change::Removed { id: *id }));
		self.0 = now;
		changes
	}
}

/// Where a row stands.
fn stand(row: &Row) -> (&str, Option<crate::json::When>, Option<u32>, Option<&str>) {
	(&row.state, row.waits_for, row.due_since, row.paused_because.as_deref())
}

/// What a history has that it did not have before. It loses old entries when it gets new ones.
fn news<'a>(before: &[Entry], now: &'a [Entry]) -> &'a [Entry] {
	let kept = (0..=before.len())
		.filter_map(|lost| before.get(lost..))
		.find(|kept| now.starts_with(kept))
		.map_or(0, <[Entry]>::len);
	now.get(kept..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn entries(blocks: &[u32]) -> Vec<Entry> {
		let entry = |block: &u32| Entry { block: *block, reason: "ran".into(), count: 1 };
		blocks.iter().map(entry).collect()
	}

	#[test]
	fn news_should_be_what_was_added_when_old_entries_are_gone() {
		let cases: [(&[u32], &[u32], &[u32]); 6] = [
			(&[], &[], &[]),
			(&[], &[1, 2], &[1, 2]),
			(&[1, 2], &[1, 2], &[]),
			(&[1, 2], &[1, 2, 3], &[3]),
			(&[1, 2, 3], &[3, 4, 5], &[4, 5]),
			(&[1, 2, 3], &[7, 8, 9], &[7, 8, 9]),
		];
		for (before, now, expected) in cases {
			let (before, now) = (entries(before), entries(now));
			assert_eq!(news(&before, &now), entries(expected));
		}
	}
}
