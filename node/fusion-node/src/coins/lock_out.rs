//! The command `lock-out`: coins go back to where they come from.

use fusion_asset_mapping_primitives::{AddressText, Amount, Destination, IntentId};
use fusion_runtime::{AccountId, BitcoinInstance, BlockNumber, Hash, Runtime, RuntimeCall};
use serde::Serialize;

use super::{
	address, amount,
	chain::Chain,
	checks::Refusal,
	error::Failure,
	follow::{follow, Follower, News},
	print_json, state,
	table::Table,
	transaction::{self, Included, MappingEvent},
	warn_of_exposure, LockOutCmd,
};

/// What a lock-out came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
	/// Its number.
	lock_out: IntentId,
	/// Whose mapped coins are locked.
	account: String,
	/// How many, in satoshi.
	amount: Amount,
	/// Where bitcoin are paid to.
	to: String,
	/// The most that may be taken for the fee, in satoshi.
	max_fee: Amount,
	/// What the fee would be now, in a transaction of its own, in satoshi.
	fee_now: Amount,
	/// The block of the request.
	block: Hash,
	/// Its number.
	block_number: BlockNumber,
	/// Whether it is final.
	is_final: bool,
}

/// News, and the block that they are from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
	lock_out: IntentId,
	block_number: BlockNumber,
	#[serde(flatten)]
	news: &'a News,
}

/// Does it.
pub async fn run(cmd: &LockOutCmd) -> Result<(), Failure> {
	warn_of_exposure(&cmd.key);
	let signer = cmd.key.signer()?;
	let account = signer.account();
	let chain = Chain::connect(&cmd.node).await?;
	let destination = address::parse_bitcoin(&cmd.to, chain.network)?;
	let fee_now = check(cmd, &chain, &account, &destination).await?;
	let call = call(cmd);
	transaction::try_out(&chain, &account, &call).await?;

	let included = transaction::send(&chain, &signer, call, !cmd.no_wait).await?;
	let asked = (cmd.amount, &destination, cmd.max_fee);
	let made = Made {
		lock_out: requested(&included, &account, asked)?,
		account: address::account(&account),
		amount: cmd.amount,
		to: cmd.to.clone(),
		max_fee: cmd.max_fee,
		fee_now,
		block: included.block,
		block_number: included.number,
		is_final: included.is_final,
	};
	if cmd.node.json {
		print_json(&made)?;
	} else {
		print!("{}", shown(&made, cmd.wait));
	}
	if cmd.wait {
		wait(&chain, &made, cmd.node.json).await?;
	}
	Ok(())
}

/// Checks what can be checked beforehand. Gives what the fee would be now.
async fn check(
	cmd: &LockOutCmd,
	chain: &Chain,
	account: &AccountId,
	destination: &Destination,
) -> Result<Amount, Failure> {
	let best = chain.best().await?;
	let rules = state::rules(chain, best).await?;
	rules.check_lock_out(cmd.amount, destination, cmd.max_fee)?;
	let balance = state::mapped(chain, best, account).await?;
	if balance < u128::from(cmd.amount) {
		let account = address::account(account);
		return Err(Refusal::NotEnough { account, balance, amount: cmd.amount }.into());
	}
	Ok(rules.lone_fee(destination))
}

fn call(cmd: &LockOutCmd) -> RuntimeCall {
	pallet_asset_mapping::Call::<Runtime, BitcoinInstance>::request_lock_out {
		amount: cmd.amount,
		// It was read as an address, and none is longer than this.
		destination: AddressText::truncate_from(cmd.to.as_bytes().to_vec()),
		max_fee: cmd.max_fee,
	}
	.into()
}

/// The number that the chain has given, if it has taken what was asked for.
fn requested(
	included: &Included,
	account: &AccountId,
	(amount, destination, max_fee): (Amount, &Destination, Amount),
) -> Result<IntentId, Failure> {
	let made = included.events.iter().find_map(|event| match event {
		MappingEvent::LockOutRequested { intent, who, amount: a, destination: d, max_fee: m } => {
			let is_ours = who == account && *a == amount && d == destination && *m == max_fee;
			is_ours.then_some(*intent)
		},
		_ => None,
	});
	made.ok_or_else(|| {
		Failure::Distrusted(format!(
			"the transaction in block {:?} succeeded, but the block does not show the lock-out that was asked for: the \
			 node may be out of order. Look with `fusion-node coins --account {}` before you ask again",
			included.block,
			address::account(account)
		))
	})
}

/// The same for people.
fn shown(made: &Made, is_followed: bool) -> String {
	let mut table = Table::default();
	let finality = if made.is_final { "final" } else { "not final yet" };
	table
		.row("lock-out", made.lock_out.to_string())
		.row("from", &made.account)
		.row("amount", amount::bitcoin(made.amount))
		.row("to", &made.to)
		.row("fee", format!("at most {} satoshi; {} now, or less", made.max_fee, made.fee_now))
		.row("block", format!("{} ({finality})", made.block_number));
	let next = if is_followed {
		"It is followed until it is paid. Ctrl-C ends this program, not the lock-out.".into()
	} else {
		format!(
			"Next: nothing. A batch takes it within some blocks, and then it cannot be cancelled any more. Look with\n  \
			 fusion-node coins --lock-out {}",
			made.lock_out
		)
	};
	format!("{table}\n{next}\n")
}

/// Follows it to its end.
async fn wait(chain: &Chain, made: &Made, is_json: bool) -> Result<(), Failure> {
	let lock_out = made.lock_out;
	let follower = Follower::new(lock_out, None);
	follow(chain, follower, made.block_number, |block_number, news| {
		if is_json {
			// Each on a line of its own, so that they can be read as they come.
			let told = Told { lock_out, block_number, news };
			match serde_json::to_string(&told) {
				Ok(line) => println!("{line}"),
				Err(error) => eprintln!("warning: news cannot be written as JSON: {error}"),
			}
		} else {
			println!("block {block_number}: {news}");
		}
	})
	.await
}

#[cfg(test)]
mod tests {
	use super::*;

	fn made() -> Made {
		Made {
			lock_out: 4,
			account: "5Grw".into(),
			amount: 40_000_000,
			to: "bcrt1q".into(),
			max_fee: 9_000,
			fee_now: 1_420,
			block: Hash::zero(),
			block_number: 12,
			is_final: true,
		}
	}

	#[test]
	fn people_are_told_the_number_and_what_is_next() {
		let text = shown(&made(), false);
		for line in [
			"lock-out  4",
			"amount    0.40000000 BTC",
			"fee       at most 9000 satoshi; 1420 now, or less",
			"block     12 (final)",
			"  fusion-node coins --lock-out 4",
		] {
			assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
		}
		assert!(shown(&made(), true).contains("Ctrl-C"));
	}

	#[test]
	fn programs_are_told_in_satoshi_and_of_each_state_on_a_line() {
		let json = serde_json::to_value(made()).expect("it is JSON");
		assert_eq!(json["lockOut"], 4);
		assert_eq!(json["amount"], 40_000_000);
		let news = News::Broadcast { batch: 1, txid: "ab".into() };
		let told = Told { lock_out: 4, block_number: 13, news: &news };
		assert_eq!(
			serde_json::to_string(&told).expect("it is JSON"),
			r#"{"lockOut":4,"blockNumber":13,"state":"broadcast","batch":1,"txid":"ab"}"#
		);
	}

	#[test]
	fn only_what_was_asked_for_counts_as_the_lock_out() {
		let account: AccountId = [1; 32].into();
		let destination = Destination::truncate_from(vec![1, 2, 3]);
		let event =
			|amount, max_fee, who: [u8; 32], to: &Destination| MappingEvent::LockOutRequested {
				intent: 4,
				who: who.into(),
				amount,
				destination: to.clone(),
				max_fee,
			};
		let find = |event| {
			let included =
				Included { block: Hash::zero(), number: 1, is_final: true, events: vec![event] };
			requested(&included, &account, (100, &destination, 10)).ok()
		};
		assert_eq!(find(event(100, 10, [1; 32], &destination)), Some(4));
		assert_eq!(find(event(101, 10, [1; 32], &destination)), None);
		assert_eq!(find(event(100, 11, [1; 32], &destination)), None);
		assert_eq!(find(event(100, 10, [2; 32], &destination)), None);
		assert_eq!(find(event(100, 10, [1; 32], &Destination::default())), None);
	}
}
