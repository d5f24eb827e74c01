//! Asks the chain, and does what the planner says.

use std::collections::BTreeSet;

use fusion_calling_list_primitives::{DueCursor, DuePage, DueRow, Reason, RowId, Sender};
use futures::{stream::BoxStream, StreamExt};
use log::{debug, info, warn};
use sp_core::{H160, H256};

use crate::{
	key::TriggerKey,
	planner::{Choice, Planner, View},
	transaction::{self, Trigger},
	turns::Place,
	LOG_TARGET,
};

/// Rows that are asked for at once.
const ROWS_PER_PAGE: u32 = 256;
/// How often that is done for a block. If more rows are due, the next block goes on where this one has stopped.
const PAGES_PER_BLOCK: usize = 8;
/// How often rows are tried for a block, if none of those that were tried before would run.
const TRIALS_PER_BLOCK: usize = 2;
/// Blocks until a trouble that lasts is said again.
const SAY_AGAIN: u32 = 50;

/// The chain could not be asked, or did not take a trigger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChainError(pub String);

/// A best block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

/// The chain, as this crate needs it.
#[async_trait::async_trait]
pub trait Chain: Send + Sync {
	/// New best blocks.
	fn best_blocks(&self) -> BoxStream<'static, Best>;
	/// Whether the node is still catching up with the chain.
	fn is_syncing(&self) -> bool;
	/// Rows that can be tried in the block after `at`: the first ones, or those after a place among them.
	fn due(&self, at: H256, after: Option<DueCursor>, limit: u32) -> Result<DuePage, ChainError>;
	/// What would become of rows in it.
	fn trial(&self, at: H256, sender: H160, ids: Vec<RowId>) -> Result<Vec<Reason>, ChainError>;
	/// The account of an address.
	fn sender(&self, at: H256, address: H160) -> Result<Sender, ChainError>;
	/// This node's place among those of the session.
	fn place(&self, at: H256) -> Result<Place, ChainError>;
	/// Hands a signed Ethereum transaction to the pool.
	async fn submit(&self, at: H256, payload: Vec<u8>) -> Result<(), ChainError>;
}

/// A trouble that may last, so that not every block writes it into the log.
#[derive(Debug, Default)]
struct Trouble(Option<(String, u32)>);

impl Trouble {
	fn comes(&mut self, what: String, block: u32) {
		let said = self
			.0
			.as_ref()
			.is_some_and(|(said, at)| *said == what && block < at.saturating_add(SAY_AGAIN));
		if !said {
			warn!(target: LOG_TARGET, "{what}");
			self.0 = Some((what, block));
		}
	}

	fn goes(&mut self) {
		if self.0.take().is_some() {
			info!(target: LOG_TARGET, "rows are triggered again");
		}
	}
}

/// Where among the rows that are due the next block begins. All are looked at some time, however many wait.
#[derive(Debug, Default)]
struct Window(Option<DueCursor>);

impl Window {
	/// Rows that are due, as many as are looked at for a block.
	fn look(&mut self, chain: &impl Chain, at: H256) -> Result<Vec<DueRow>, ChainError> {
		let mut rows = Vec::new();
		let mut from_start = self.0.is_none();
		for _ in 0..PAGES_PER_BLOCK {
			let page = chain.due(at, self.0, ROWS_PER_PAGE)?;
			rows.extend(page.rows);
			self.0 = page.next;
			if self.0.is_none() && std::mem::replace(&mut from_start, true) {
				break;
			}
		}
		// It may have come to where it began.
		let mut seen = BTreeSet::new();
		rows.retain(|row| seen.insert(row.id));
		Ok(rows)
	}
}

/// Sends triggers for as long as the node runs.
pub async fn run(chain: impl Chain, key: TriggerKey) {
	info!(target: LOG_TARGET, "rows of the calling list are triggered by {:?}", key.address());
	let mut planner = Planner::default();
	let mut window = Window::default();
	let mut trouble = Trouble::default();
	let mut blocks = chain.best_blocks();
	while let Some(mut best) = blocks.next().await {
		// Of several blocks that have come meanwhile only the last matters.
		while let Some(Some(newer)) = futures::FutureExt::now_or_never(blocks.next()) {
			best = newer;
		}
		if chain.is_syncing() {
			continue;
		}
		match round(&chain, &key, &mut planner, &mut window, best).await {
			Ok(()) => trouble.goes(),
			Err(error) => trouble.comes(error.to_string(), best.number),
		}
	}
}

/// What is done after a best block.
async fn round(
	chain: &impl Chain,
	key: &TriggerKey,
	planner: &mut Planner,
	window: &mut Window,
	best: Best,
) -> Result<(), ChainError> {
	let due = window.look(chain, best.hash)?;
	if due.is_empty() {
		return Ok(());
	}
	let view = View {
		next: best.number.saturating_add(1),
		due,
		sender: chain.sender(best.hash, key.address())?,
		place: chain.place(best.hash)?,
	};
	for _ in 0..TRIALS_PER_BLOCK {
		let rows = planner.candidates(&view);
		if rows.is_empty() {
			break;
		}
		let ids = rows.iter().map(|row| row.id).collect();
		let reasons = chain.trial(best.hash, key.address(), ids)?;
		match planner.choose(&rows, &reasons, &view) {
			Choice::Nothing => {},
			Choice::TooPoor { needed, balance } => {
				return Err(ChainError(format!(
					"the account of the trigger key, {:?}, has {balance} of the {needed} units of FSN that a trigger \
					 takes: send it some",
					key.address()
				)))
			},
			Choice::Send(trigger) => {
				return send(chain, key, planner, &view, &trigger, best.hash).await
			},
		}
	}
	Ok(())
}

async fn send(
	chain: &impl Chain,
	key: &TriggerKey,
	planner: &mut Planner,
	view: &View,
	trigger: &Trigger,
	at: H256,
) -> Result<(), ChainError> {
	let payload = transaction::signed(key, trigger, view.sender.chain_id);
	match chain.submit(at, payload).await {
		Ok(()) => {
			debug!(target: LOG_TARGET, "triggered {:?} for block {}", trigger.ids, view.next);
			planner.sent(trigger, view.next);
			Ok(())
		},
		Err(error) => {
			planner.refused(trigger, view.next);
			Err(ChainError(format!("a trigger was not taken by the pool: {error}")))
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::stream;
	use pallet_revive::evm::TransactionSigned;
	use std::{
		sync::{Arc, Mutex},
		task::Poll,
	};

	/// The block for which something was submitted, and what.
	type Submitted = (H256, Vec<u8>);

	/// A chain whose blocks have what is due written on them.
	#[derive(Default)]
	struct Script {
		blocks: Vec<(u32, Vec<DueRow>, Reason)>,
		submitted: Arc<Mutex<Vec<Submitted>>>,
		poor: bool,
		syncing: bool,
		/// A row that runs in any case.
		runs: Option<RowId>,
	}

	fn hash(number: u32) -> H256 {
		H256::from_low_u64_be(number.into())
	}

	/// Is not ready when it is asked first.
	async fn wait_a_moment() {
		let mut asked = false;
		futures::future::poll_fn(|context| {
			if std::mem::replace(&mut asked, true) {
				return Poll::Ready(());
			}
			context.waker().wake_by_ref();
			Poll::Pending
		})
		.await;
	}

	impl Script {
		fn block(&self, at: H256) -> &(u32, Vec<DueRow>, Reason) {
			self.blocks.iter().find(|block| hash(block.0) == at).expect("it is a block of ours")
		}
	}

	#[async_trait::async_trait]
	impl Chain for Script {
		fn best_blocks(&self) -> BoxStream<'static, Best> {
			let numbers: Vec<_> = self.blocks.iter().map(|block| block.0).collect();
			// Not all at once: each is looked at.
			stream::iter(numbers)
				.then(|number| async move {
					wait_a_moment().await;
					Best { hash: hash(number), number }
				})
				.boxed()
		}
		fn is_syncing(&self) -> bool {
			self.syncing
		}
		fn due(
			&self,
			at: H256,
			after: Option<DueCursor>,
			limit: u32,
		) -> Result<DuePage, ChainError> {
			let all = &self.block(at).1;
			let from = after.map_or(0, |after| after.at as usize);
			let to = all.len().min(from + limit as usize);
			let next = (to < all.len()).then_some(DueCursor { order: 0, at: to as u64, id: 0 });
			Ok(DuePage { rows: all[from..to].to_vec(), next })
		}
		fn trial(&self, at: H256, _: H160, ids: Vec<RowId>) -> Result<Vec<Reason>, ChainError> {
			let of = |id| if self.runs == Some(id) { Reason::Ran } else { self.block(at).2 };
			Ok(ids.into_iter().map(of).collect())
		}
		fn sender(&self, _: H256, _: H160) -> Result<Sender, ChainError> {
			let nonce = self.submitted.lock().unwrap().len() as u32;
			let balance = if self.poor { 1 } else { u128::MAX };
			Ok(Sender { nonce, balance, gas_price: 10, chain_id: 42 })
		}
		fn place(&self, _: H256) -> Result<Place, ChainError> {
			Ok(Place { index: Some(0), nodes: 1, groups: 1 })
		}
		async fn submit(&self, at: H256, payload: Vec<u8>) -> Result<(), ChainError> {
			self.submitted.lock().unwrap().push((at, payload));
			Ok(())
		}
	}

	fn row(id: RowId, since: u32) -> DueRow {
		DueRow { id, since, gas: 300_000, checked: false }
	}

	fn submitted(script: Script) -> Vec<Submitted> {
		let submitted = script.submitted.clone();
		let key = TriggerKey::development("alice").unwrap();
		futures::executor::block_on(run(script, key));
		let found = submitted.lock().unwrap().clone();
		found
	}

	#[test]
	fn triggers_should_be_signed_and_sent_when_rows_are_due() {
		let script = Script {
			blocks: vec![
				(1, vec![], Reason::Ran),
				(2, vec![row(7, 3)], Reason::Ran),
				(3, vec![row(8, 4)], Reason::CheckFalse),
				(4, vec![row(9, 5)], Reason::Reverted),
			],
			..Default::default()
		};
		let sent = submitted(script);
		let at: Vec<_> = sent.iter().map(|(at, _)| *at).collect();
		assert_eq!(at, vec![hash(2), hash(4)]);
		let transaction = TransactionSigned::decode(&sent[1].1).unwrap();
		let key = TriggerKey::development("alice").unwrap();
		assert_eq!(transaction.recover_eth_address(), Ok(key.address()));
	}

	#[test]
	fn all_rows_should_be_looked_at_when_more_are_due_than_for_a_block() {
		let most = PAGES_PER_BLOCK as u64 * u64::from(ROWS_PER_PAGE);
		for count in [1, 300, most - 1, most, most + 1, 2 * most + 77] {
			let rows: Vec<_> = (0..count).map(|id| row(id, 2)).collect();
			let script = Script { blocks: vec![(2, rows, Reason::Ran)], ..Default::default() };
			let mut window = Window::default();
			let mut seen = BTreeSet::new();
			for _ in 0..count.div_ceil(most) {
				let found = window.look(&script, hash(2)).unwrap();
				assert!(!found.is_empty() && found.len() as u64 <= most);
				let ids: BTreeSet<_> = found.iter().map(|row| row.id).collect();
				assert_eq!(ids.len(), found.len(), "each once");
				seen.extend(ids);
			}
			assert_eq!(seen.len() as u64, count);
		}
	}

	#[test]
	fn row_should_be_triggered_when_many_wait_whose_checks_say_no() {
		// The first ones are those that wait.
		let mut due: Vec<_> =
			(1..=500).map(|id| DueRow { checked: true, gas: 900_000, ..row(id, 2) }).collect();
		due.push(row(999, 3));
		let blocks: Vec<_> =
			(2..5).map(|number| (number, due.clone(), Reason::CheckFalse)).collect();
		let script = Script { blocks: blocks.clone(), ..Default::default() };
		assert!(submitted(script).is_empty());
		let script = Script { blocks, runs: Some(999), ..Default::default() };
		assert!(!submitted(script).is_empty());
	}

	#[test]
	fn nothing_should_be_sent_when_the_node_is_syncing_or_its_account_poor() {
		let blocks = vec![(2, vec![row(7, 3)], Reason::Ran)];
		let syncing = Script { blocks: blocks.clone(), syncing: true, ..Default::default() };
		assert_eq!(submitted(syncing), vec![]);
		let poor = Script { blocks, poor: true, ..Default::default() };
		assert_eq!(submitted(poor), vec![]);
	}
}
