use fusion_bitcoin_primitives::Network;
use sp_runtime::Perbill;

use super::*;
use crate::coins::address;

const BTC: Amount = 100_000_000;

fn rules() -> Rules {
	let parameters = Parameters {
		minimum_lock_out: 20_000,
		maximum_lock_out: Some(2 * BTC),
		maximum_fee_part: Perbill::from_percent(30),
		maximum_batch_fee: 1_000_000,
		..Parameters::default()
	};
	Rules { parameters, paused: PausedDirections::default(), halted: None, fee_rate: 10 }
}

fn destination() -> Destination {
	let text = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
	address::parse_bitcoin(text, Network::Regtest).expect("an address")
}

fn check(rules: &Rules, amount: Amount, max_fee: Amount) -> Result<(), Refusal> {
	rules.check_lock_out(amount, &destination(), max_fee)
}

#[test]
fn a_lock_out_within_all_limits_is_let_through() {
	let rules = rules();
	let fee = rules.lone_fee(&destination());
	// One taproot input, a P2WPKH output and a taproot one: 142 virtual bytes.
	assert!((1_300..1_600).contains(&fee), "{fee}");
	for (amount, max_fee) in [(BTC, fee), (2 * BTC, 100_000), (20_000, fee)] {
		assert_eq!(check(&rules, amount, max_fee), Ok(()));
	}
}

#[test]
fn a_lock_out_is_refused_at_each_limit() {
	let rules = rules();
	let fee = rules.lone_fee(&destination());
	assert_eq!(
		check(&rules, 19_999, fee),
		Err(Refusal::BelowMinimum { amount: 19_999, least: 20_000 })
	);
	assert_eq!(
		check(&rules, 2 * BTC + 1, fee),
		Err(Refusal::AboveMaximum { amount: 2 * BTC + 1, most: 2 * BTC })
	);
	assert_eq!(
		check(&rules, BTC, fee - 1),
		Err(Refusal::MaxFeeTooLow { max_fee: fee - 1, fee, suggested: 2 * fee })
	);
	let dust = Bitcoin::dust_limit(&destination());
	assert_eq!(check(&rules, 20_000, 20_000 - dust), Ok(()));
	assert_eq!(
		check(&rules, 20_000, 20_001 - dust),
		Err(Refusal::AmountTooSmall { amount: 20_000, max_fee: 20_001 - dust, dust })
	);
}

#[test]
fn a_fee_that_is_too_large_a_part_is_refused() {
	let mut rules = rules();
	rules.fee_rate = 100;
	let fee = rules.lone_fee(&destination());
	let ceiling = 40_000 * 3 / 10;
	assert_eq!(
		check(&rules, 40_000, 30_000),
		Err(Refusal::FeeAboveCeiling { amount: 40_000, fee, ceiling })
	);
	// As a part it would do, but a transaction may not cost so much.
	rules.parameters.maximum_batch_fee = fee - 1;
	assert_eq!(
		check(&rules, BTC, 30_000),
		Err(Refusal::FeeAboveCeiling { amount: BTC, fee, ceiling: fee - 1 })
	);
}

#[test]
fn closed_directions_are_refused_with_the_reason() {
	let mut rules = rules();
	rules.paused = PausedDirections { lock_in: true, lock_out: false };
	let closed = |direction, why| Err(Refusal::Closed { direction, why });
	assert_eq!(rules.check_lock_in(), closed("lock-in", Closed::Paused));
	assert_eq!(check(&rules, BTC, 10_000), Ok(()));

	rules.paused = PausedDirections { lock_in: false, lock_out: true };
	assert_eq!(rules.check_lock_in(), Ok(()));
	assert_eq!(check(&rules, BTC, 10_000), closed("lock-out", Closed::Paused));

	// What the chain does by itself closes both, whatever governance has paused.
	for (halted, why) in [
		(HaltReason::CoinGone, Closed::CoinGone),
		(HaltReason::ReservesShort, Closed::ReservesShort),
	] {
		rules.halted = Some(halted);
		assert_eq!(rules.check_lock_in(), closed("lock-in", why));
		assert_eq!(check(&rules, BTC, 10_000), closed("lock-out", why));
	}
}

#[test]
fn refusals_say_what_was_given_and_what_to_do() {
	let rules = rules();
	let text = check(&rules, 2 * BTC + 1, 10_000).expect_err("too much").to_string();
	assert_eq!(
		text,
		"2.00000001 BTC is above the maximum of a lock-out, 2.00000000 BTC: ask for several smaller ones"
	);
	let text = check(&rules, BTC, 7).expect_err("too low").to_string();
	assert!(text.contains("up to 7 satoshi") && text.contains("--max-fee "), "{text}");
}

#[test]
fn deadlines_are_counted_from_the_clock_that_is_ahead() {
	assert_eq!(deadline(1_000, 2_000, 1), Some(5_600));
	assert_eq!(deadline(2_000, 1_000, 1), Some(5_600));
	let last = u64::from(u32::MAX);
	assert_eq!(deadline(last - 3_600, 0, 1), Some(u32::MAX));
	assert_eq!(deadline(last - 3_599, 0, 1), None);
	assert_eq!(deadline(u64::MAX, 0, 1), None);
	assert_eq!(deadline(0, 0, u64::MAX), None);

	assert_eq!(deadline_text(10, 10), "1970-01-01 00:00:10 UTC");
	assert!(deadline_text(10, 11).contains("it is over"));
}
