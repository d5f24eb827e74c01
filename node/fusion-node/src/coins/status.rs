//! The command `coins`: how things stand, in the newest block that is final.

use fusion_asset_mapping_primitives::{chain::ExternalChain, IntentId, OutPoint};
use fusion_bitcoin_primitives::Bitcoin;
use fusion_runtime::{AccountId, BitcoinInstance, Hash, Runtime};
use pallet_asset_mapping::{Deposits, Subject, Tallies, TallyOf};

use super::{
	address, amount,
	chain::Chain,
	error::Failure,
	print_json,
	report::{
		standing, AccountPart, DepositView, GroupLine, LockInLine, LockInView, LockOutLine,
		LockOutView, Report,
	},
	state::{self, LockOut},
	CoinsCmd,
};

/// Does it.
pub async fn run(cmd: &CoinsCmd) -> Result<(), Failure> {
	let chain = Chain::connect(&cmd.node).await?;
	let at = chain.finalized().await?;
	let mut report = overview(&chain, at).await?;
	if let Some(account) = &cmd.account {
		report.account = Some(account_part(&chain, at, account, report.time).await?);
	}
	if let Some(index) = cmd.lock_in {
		let found = state::lock_in(&chain, at, index).await?;
		let Some(found) = found else {
			let count = state::lock_in_count(&chain, at).await?;
			return Err(Failure::Nothing(missing("lock-in", index, count, "was closed")));
		};
		let view = LockInView::new(index, &found, chain.network, report.time);
		// What is shown here, people send bitcoin to.
		let text = address::bitcoin(&found.destination, chain.network);
		state::check_address(&chain, at, index, &text).await?;
		report.asked_lock_in = Some(view);
	}
	if let Some(id) = cmd.lock_out {
		report.asked_lock_out = Some(lock_out(&chain, at, id).await?);
	}
	if let Some(outpoint) = cmd.deposit {
		report.asked_deposit = Some(deposit(&chain, at, outpoint).await?);
	}
	if cmd.node.json {
		return print_json(&report);
	}
	print!("{}", report.table());
	Ok(())
}

/// What holds for everybody.
async fn overview(chain: &Chain, at: Hash) -> Result<Report, Failure> {
	let rules = state::rules(chain, at).await?;
	let reserves: fusion_asset_mapping_primitives::Reserves =
		chain.call(at, "BitcoinMappingApi_reserves", ()).await?;
	let key_group = match state::active_group(chain, at).await? {
		Some(group) => {
			let is_paused: bool = chain.call(at, "DcrmApi_is_paused", ()).await?;
			let capacity: u128 = chain.call(at, "DcrmApi_capacity", (group.id,)).await?;
			let price = state::price(chain, at).await?;
			Some(GroupLine::new(&group, is_paused, capacity, price))
		},
		None => None,
	};
	// A taproot output: none that is paid to is larger.
	let destination = Bitcoin::destination(&[0; 32]);
	Ok(Report {
		genesis: chain.genesis,
		network: address::name(chain.network).into(),
		block: at,
		block_number: chain.number(at).await?,
		time: state::now(chain, at).await?,
		reserves: reserves.into(),
		lock_in: LockInLine::new(&rules),
		lock_out: LockOutLine::new(&rules, &destination),
		key_group,
		account: None,
		asked_lock_in: None,
		asked_lock_out: None,
		asked_deposit: None,
	})
}

async fn account_part(
	chain: &Chain,
	at: Hash,
	who: &AccountId,
	now: u64,
) -> Result<AccountPart, Failure> {
	let spendable = state::spendable(chain, at, who).await?;
	let lock_ins = state::lock_ins_of(chain, at, who).await?;
	let is_partial = state::lock_in_count(chain, at).await? > state::LOOKED_THROUGH;
	let mut lock_outs = Vec::new();
	for (id, open) in state::lock_outs(chain, at).await? {
		if open.who == *who {
			lock_outs.push(open_lock_out(chain, at, id, &open).await?);
		}
	}
	Ok(AccountPart {
		account: address::account(who),
		mapped: state::mapped(chain, at, who).await?,
		spendable: spendable.to_string(),
		fsn: amount::fsn(spendable),
		lock_ins: lock_ins
			.iter()
			.map(|(index, found)| LockInView::new(*index, found, chain.network, now))
			.collect(),
		is_partial,
		lock_outs,
	})
}

async fn lock_out(chain: &Chain, at: Hash, id: IntentId) -> Result<LockOutView, Failure> {
	if let Some(open) = state::lock_out(chain, at, id).await? {
		return open_lock_out(chain, at, id, &open).await;
	}
	let count = state::lock_out_count(chain, at).await?;
	if id < count {
		Ok(LockOutView::over(id))
	} else {
		Err(Failure::Nothing(missing("lock-out", id, count, "is over")))
	}
}

async fn open_lock_out(
	chain: &Chain,
	at: Hash,
	id: IntentId,
	open: &LockOut,
) -> Result<LockOutView, Failure> {
	let attempts = match open.batch {
		Some(batch) => state::attempts(chain, at, batch).await?,
		None => Vec::new(),
	};
	Ok(LockOutView::open(id, open, standing(id, open, &attempts), chain.network))
}

async fn deposit(chain: &Chain, at: Hash, outpoint: OutPoint) -> Result<DepositView, Failure> {
	let key = Deposits::<Runtime, BitcoinInstance>::hashed_key_for(outpoint);
	if let Some(record) = chain.value(at, &key).await? {
		return Ok(DepositView::decided(outpoint, &record));
	}
	let key = Tallies::<Runtime, BitcoinInstance>::hashed_key_for(Subject::Deposit(outpoint));
	let tally: Option<TallyOf<Runtime>> = chain.value(at, &key).await?;
	let votes = tally.map_or(0, |tally| tally.votes.len());
	let threshold = state::active_group(chain, at).await?.map(|group| group.threshold);
	Ok(DepositView::undecided(outpoint, votes, threshold))
}

/// Why there is no such thing.
fn missing(what: &str, number: u64, count: u64, or: &str) -> String {
	if number < count {
		format!("{what} {number} {or}: there is nothing to show of it")
	} else {
		format!(
			"there is no {what} {number} in a block that is final: the next one has number {count}. If it was asked for a \
			 moment ago, look again"
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_not_there_is_said_to_be_over_or_not_yet_there() {
		assert_eq!(
			missing("lock-in", 2, 3, "was closed"),
			"lock-in 2 was closed: there is nothing to show of it"
		);
		assert!(missing("lock-in", 3, 3, "was closed").contains("the next one has number 3"));
	}
}
