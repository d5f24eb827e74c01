use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{Bitcoin, Template};
use fusion_runtime::{AccountId, FSN};
use pallet_asset_mapping::{HaltReason, Parameters, PausedDirections, SkipReason};

use super::*;
use crate::coins::amount;

const ADDRESS: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const OURS: IntentId = 5;

fn destination() -> Destination {
	address::parse_bitcoin(ADDRESS, Network::Regtest).expect("an address")
}

fn rules() -> Rules {
	Rules {
		parameters: Parameters { maximum_deposit: Some(500_000_000), ..Parameters::default() },
		paused: PausedDirections { lock_in: false, lock_out: true },
		halted: None,
		fee_rate: 10,
	}
}

fn report() -> Report {
	let reserves = Reserves {
		held: 150_000_000,
		deficit: 0,
		issued: 140_000_000,
		locked: 40_000_000,
		owed: 0,
	};
	Report {
		genesis: Hash::repeat_byte(1),
		network: address::name(Network::Regtest).into(),
		block: Hash::repeat_byte(2),
		block_number: 77,
		time: 1_000,
		reserves: reserves.into(),
		lock_in: LockInLine::new(&rules()),
		lock_out: LockOutLine::new(&rules(), &Bitcoin::destination(&[0; 32])),
		key_group: None,
		account: None,
		asked_lock_in: None,
		asked_lock_out: None,
		asked_deposit: None,
	}
}

fn lock_out(batch: Option<BatchId>) -> LockOut {
	LockOut {
		who: AccountId::from([1; 32]),
		kind: IntentKind::LockOut,
		amount: 40_000_000,
		destination: destination(),
		max_fee: 9_000,
		batch,
		skipped: None,
	}
}

fn attempt(state: BatchState, txid: u8, intents: &[IntentId]) -> Attempt {
	use fusion_asset_mapping_primitives::chain::{Input, Output};
	let input = Input {
		outpoint: OutPoint { txid: [1; 32], vout: 0 },
		amount: 50_000_000,
		output_key: [2; 32],
	};
	let output = Output { amount: 40_000_000, destination: destination() };
	let template: Template = Bitcoin::template(&[input], &[output]).expect("it adds up");
	Attempt {
		state,
		template,
		txid: [txid; 32],
		intents: intents.to_vec().try_into().expect("there is room"),
		change: None,
		total: 40_000_000,
		fee: 1_000,
		size: 100,
		rate: 10,
		signatures: Default::default(),
		signed: None,
	}
}

/// The value behind the name, in the part with that title.
fn value(text: &str, title: &str, name: &str) -> Option<String> {
	text.lines()
		.skip_while(|line| *line != title)
		.skip(1)
		.take_while(|line| !line.is_empty())
		.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(' ')?.trim().to_string()))
}

#[test]
fn the_overview_shows_reserves_limits_and_what_is_closed() {
	let text = report().table().to_string();
	for (title, name, expected) in [
		("Reserves", "held", "1.50000000 BTC"),
		("Reserves", "issued", "1.40000000 BTC"),
		("Reserves", "locked for lock-outs", "0.40000000 BTC"),
		("Reserves", "fee reserve", "0.10000000 BTC"),
		("Reserves", "all is covered", "yes"),
		("Lock-in", "open", "yes"),
		("Lock-in", "minimum", "0.00010000 BTC"),
		("Lock-in", "maximum", "5.00000000 BTC"),
		("Lock-out", "open", "no: governance has paused it"),
		("Lock-out", "maximum", "none"),
		("Lock-out", "fee rate", "10 satoshi for a virtual byte"),
		("Key group", "active", "none yet: no deposit addresses are given out"),
	] {
		assert_eq!(value(&text, title, name).as_deref(), Some(expected), "{name} in\n{text}");
	}
	assert!(text.starts_with("Bitcoin on Fusion, block 77 (final)\n"), "{text}");
}

#[test]
fn what_is_missing_is_not_overlooked() {
	let mut report = report();
	let reserves = Reserves { held: 1, issued: 2, ..Reserves::default() };
	report.reserves = reserves.into();
	let rules = Rules { halted: Some(HaltReason::CoinGone), ..rules() };
	report.lock_in = LockInLine::new(&rules);
	let text = report.table().to_string();
	assert_eq!(value(&text, "Reserves", "all is covered").as_deref(), Some("NO"));
	let open = value(&text, "Lock-in", "open").expect("it is there");
	assert!(open.starts_with("no: a coin of the reserves is gone"), "{open}");
}

#[test]
fn a_lock_out_stands_where_its_attempts_do() {
	let waiting = lock_out(None);
	assert_eq!(standing(OURS, &waiting, &[]), Standing::Waiting { reason: None });
	let left = LockOut { skipped: Some(SkipReason::Throttled), ..waiting };
	let reason = Some(skipped(SkipReason::Throttled).to_string());
	assert_eq!(standing(OURS, &left, &[]), Standing::Waiting { reason });

	let batched = lock_out(Some(3));
	let signing = attempt(BatchState::Signing, 0xaa, &[OURS]);
	let ours = attempt(BatchState::Signed, 0xbb, &[1, OURS]);
	let without = attempt(BatchState::Signed, 0xcc, &[1]);
	assert_eq!(standing(OURS, &batched, &[signing.clone()]), Standing::Signing { batch: 3 });
	// The newest attempt leaves it out: only the earlier one pays it.
	let found = standing(OURS, &batched, &[ours, without.clone(), signing]);
	assert_eq!(found, Standing::Broadcast { batch: 3, txids: vec!["bb".repeat(32)] });
	assert_eq!(standing(OURS, &batched, &[without]), Standing::Signing { batch: 3 });
}

#[test]
fn what_was_asked_about_is_shown_to_people_and_programs() {
	let mut report = report();
	let open = lock_out(Some(3));
	let broadcast = Standing::Broadcast { batch: 3, txids: vec!["ab".into(), "cd".into()] };
	report.asked_lock_out = Some(LockOutView::open(OURS, &open, broadcast, Network::Regtest));
	let found = LockIn {
		who: AccountId::from([1; 32]),
		kind: AddressKind::Credit,
		group: 0,
		output_key: [0; 32],
		destination: destination(),
		refund: destination(),
		deadline: 999,
		deposits: 2,
		held: FSN,
	};
	let view = || LockInView::new(7, &found, Network::Regtest, 1_000);
	report.asked_lock_in = Some(view());
	report.account = Some(AccountPart {
		account: "5Grw".into(),
		mapped: 60_000_000,
		spendable: FSN.to_string(),
		fsn: amount::fsn(FSN),
		lock_ins: vec![view()],
		is_partial: true,
		lock_outs: vec![LockOutView::over(4)],
	});
	let text = report.table().to_string();
	for (title, name, expected) in [
		("Account 5Grw", "mapped bitcoin", "0.60000000 BTC"),
		("Account 5Grw", "to spend", "1 FSN"),
		("Lock-in 7", "deposit address", ADDRESS),
		("Lock-in 7", "deposits so far", "2"),
		("Lock-out 4", "state", "over: it was paid, or cancelled"),
		("Lock-out 5", "state", "signed and broadcast, in batch 3: ab or cd"),
		("Lock-out 5", "amount", "0.40000000 BTC"),
	] {
		assert_eq!(value(&text, title, name).as_deref(), Some(expected), "{name} in\n{text}");
	}
	assert!(value(&text, "Lock-in 7", "deadline").is_some_and(|text| text.contains("it is over")));
	assert!(text.contains("only the newest 10000 lock-ins"), "{text}");

	let json = serde_json::to_value(&report).expect("it is JSON");
	assert_eq!(json["reserves"]["held"], 150_000_000);
	assert_eq!(json["reserves"]["feeReserve"], 10_000_000);
	assert_eq!(json["askedLockOut"]["state"], "broadcast");
	assert_eq!(json["askedLockOut"]["amount"], 40_000_000);
	assert_eq!(json["askedLockOut"]["txids"][1], "cd");
	assert_eq!(json["account"]["lockOuts"][0]["state"], "over");
	assert_eq!(json["askedLockIn"]["isOver"], true);
	assert_eq!(json["lockOut"]["closed"], "governance has paused it");
	assert!(json.get("askedDeposit").is_none());
}

#[test]
fn deposits_are_shown_with_what_became_of_them() {
	let outpoint = OutPoint { txid: [0xab; 32], vout: 1 };
	let record = |outcome| DepositRecord { index: 7, amount: 20_000, height: 150, outcome };
	for (outcome, words) in [
		(DepositOutcome::Credited, "credited"),
		(DepositOutcome::BelowMinimum, "below the minimum"),
		(DepositOutcome::Delayed, "claim_deposit"),
		(DepositOutcome::Refunding(9), "--lock-out 9"),
		(DepositOutcome::RefundDelayed(RefundReason::Late), "after the deadline"),
		(DepositOutcome::RefundDelayed(RefundReason::AboveMaximum), "above the maximum"),
		(DepositOutcome::TooSmallToRefund, "too small"),
		(DepositOutcome::Reserve, "reserves"),
	] {
		let mut report = report();
		report.asked_deposit = Some(DepositView::decided(outpoint, &record(outcome)));
		let text = report.table().to_string();
		let title = format!("Deposit {}:1", "ab".repeat(32));
		let found = value(&text, &title, "outcome").expect("it is shown");
		assert!(found.contains(words), "{found}");
		assert_eq!(value(&text, &title, "lock-in").as_deref(), Some("7"));
		assert_eq!(value(&text, &title, "amount").as_deref(), Some("0.00020000 BTC"));
	}
	let outcome = |votes| DepositView::undecided(outpoint, votes, Some(3)).outcome;
	assert!(outcome(0).starts_with("not witnessed yet"));
	assert_eq!(outcome(2), "being witnessed: 2 of the 3 members that it takes have seen it");
}
