//! The command `lock-in`: a deposit address.

use fusion_asset_mapping_primitives::{AddressText, Amount, DepositIndex};
use fusion_runtime::{AddressDeposit, BitcoinInstance, BlockNumber, Hash, Runtime, RuntimeCall};
use serde::Serialize;

use super::{
	address, amount,
	chain::Chain,
	checks::{self, Refusal, Rules},
	error::Failure,
	print_json, state,
	table::Table,
	transaction::{self, Included, MappingEvent},
	warn_of_exposure, LockInCmd,
};

/// What a lock-in came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
	/// Where to send bitcoin.
	deposit_address: String,
	/// Number of the lock-in.
	index: DepositIndex,
	/// Who is credited.
	account: String,
	/// Until when, in seconds since 1970.
	deadline: u32,
	/// Where what cannot be credited goes back to.
	refund_address: String,
	/// The least deposit, in satoshi.
	minimum: Amount,
	/// The largest, if there is one.
	maximum: Option<Amount>,
	/// How many confirmations a deposit needs.
	confirmations: u32,
	/// Which Bitcoin.
	network: String,
	/// What is held for the address, in the smallest unit of FSN.
	held: String,
	/// The block of the request.
	block: Hash,
	/// Its number.
	block_number: BlockNumber,
	/// Whether it is final.
	is_final: bool,
}

/// Does it.
pub async fn run(cmd: &LockInCmd) -> Result<(), Failure> {
	warn_of_exposure(&cmd.key);
	let signer = cmd.key.signer()?;
	let account = signer.account();
	let chain = Chain::connect(&cmd.node).await?;
	let refund = address::parse_bitcoin(&cmd.refund_address, chain.network)?;

	let best = chain.best().await?;
	let rules = state::rules(&chain, best).await?;
	rules.check_lock_in()?;
	let deposit = AddressDeposit::get();
	let balance = state::spendable(&chain, best, &account).await?;
	if balance < deposit {
		let account = address::account(&account);
		return Err(Refusal::DepositUnpaid { account, balance, deposit }.into());
	}
	let chain_now = state::now(&chain, best).await?;
	let deadline = checks::deadline(chain_now, state::our_now(), cmd.deadline_hours)
		.ok_or(Failure::Deadline(cmd.deadline_hours))?;
	// It was read as an address, and none is longer than this.
	let refund_address = AddressText::truncate_from(cmd.refund_address.as_bytes().to_vec());
	let call = pallet_asset_mapping::Call::<Runtime, BitcoinInstance>::request_lock_in {
		refund_address,
		deadline,
	};
	let call = RuntimeCall::from(call);
	transaction::try_out(&chain, &account, &call).await?;

	let included = transaction::send(&chain, &signer, call, !cmd.no_wait).await?;
	let (index, text) = requested(&included)?;
	let found = state::check_address(&chain, included.block, index, &text).await?;
	if found.who != account || found.refund != refund || found.deadline != deadline {
		return Err(Failure::Distrusted(format!(
			"do not send anything to {text}: lock-in {index} is not what was asked for. The node may be out of order, or \
			 may lie"
		)));
	}
	let Rules { parameters, .. } = rules;
	let made = Made {
		deposit_address: text,
		index,
		account: address::account(&account),
		deadline,
		refund_address: cmd.refund_address.clone(),
		minimum: parameters.minimum_deposit,
		maximum: parameters.maximum_deposit,
		confirmations: parameters.confirmations,
		network: address::name(chain.network).into(),
		held: found.held.to_string(),
		block: included.block,
		block_number: included.number,
		is_final: included.is_final,
	};
	if cmd.node.json {
		return print_json(&made);
	}
	print!("{}", shown(&made, found.held, chain_now));
	Ok(())
}

/// The number and the address that the chain has given.
fn requested(included: &Included) -> Result<(DepositIndex, String), Failure> {
	let made = included.events.iter().find_map(|event| match event {
		MappingEvent::LockInRequested { index, address, .. } => {
			Some((*index, String::from_utf8(address.to_vec()).ok()?))
		},
		_ => None,
	});
	made.ok_or_else(|| {
		Failure::Distrusted(format!(
			"the transaction in block {:?} succeeded, but the block shows no deposit address for it: the node may be out \
			 of order. Look with `fusion-node coins --account`",
			included.block
		))
	})
}

/// The same for people.
fn shown(made: &Made, held: u128, chain_now: u64) -> String {
	let mut table = Table::default();
	let finality = if made.is_final { "final" } else { "not final yet" };
	table
		.row("deposit address", &made.deposit_address)
		.row("lock-in", made.index.to_string())
		.row("credited to", &made.account)
		.row("deadline", checks::deadline_text(made.deadline, chain_now))
		.row("minimum", amount::bitcoin(made.minimum))
		.row("maximum", state::limit(made.maximum))
		.row("confirmations", made.confirmations.to_string())
		.row("refund address", &made.refund_address)
		.row("network", &made.network)
		.row("held for it", amount::fsn(held))
		.row("block", format!("{} ({finality})", made.block_number));
	let wait = if made.is_final {
		String::new()
	} else {
		format!("Wait until `fusion-node coins --lock-in {}` shows it. ", made.index)
	};
	format!(
		"{table}\nNext: {wait}Send bitcoin to the deposit address, at least the minimum, so that they are in a block before \
		 the deadline\n(by Bitcoin's clock, which is about an hour behind). After {} confirmations, as many mapped bitcoin \
		 are credited.\nThe address takes several deposits. Look with\n  fusion-node coins --lock-in {}\n",
		made.confirmations, made.index
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn made(is_final: bool) -> Made {
		Made {
			deposit_address: "bcrt1pdeposit".into(),
			index: 3,
			account: "0xf24f".into(),
			deadline: 86_400,
			refund_address: "bcrt1qrefund".into(),
			minimum: 10_000,
			maximum: None,
			confirmations: 6,
			network: "regtest".into(),
			held: "1".into(),
			block: Hash::zero(),
			block_number: 12,
			is_final,
		}
	}

	#[test]
	fn people_are_told_where_to_send_how_much_and_until_when() {
		let text = shown(&made(true), fusion_runtime::FSN, 0);
		for line in [
			"deposit address  bcrt1pdeposit",
			"lock-in          3",
			"deadline         1970-01-02 00:00:00 UTC",
			"minimum          0.00010000 BTC",
			"maximum          none",
			"confirmations    6",
			"held for it      1 FSN",
			"block            12 (final)",
		] {
			assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
		}
		assert!(!text.contains("Wait"), "{text}");
	}

	#[test]
	fn people_are_told_to_wait_for_finality() {
		let text = shown(&made(false), 1, 0);
		assert!(text.contains("12 (not final yet)"), "{text}");
		assert!(
			text.contains("Next: Wait until `fusion-node coins --lock-in 3` shows it. Send"),
			"{text}"
		);
	}

	#[test]
	fn the_number_and_the_address_are_those_of_the_event() {
		let other = MappingEvent::LockOutReturned { intent: 1 };
		let ours = MappingEvent::LockInRequested {
			index: 3,
			who: [1; 32].into(),
			address: AddressText::truncate_from(b"bcrt1pdeposit".to_vec()),
			deadline: 1,
		};
		let included = |events| Included { block: Hash::zero(), number: 1, is_final: true, events };
		let found = requested(&included(vec![other.clone(), ours])).expect("it is there");
		assert_eq!(found, (3, "bcrt1pdeposit".to_string()));
		assert!(requested(&included(vec![other])).is_err());
	}
}
