//! What attackers can do with what they have: runs of blocks, seeds, secret forks.

use super::text::{number, percent, Document};
use crate::{
	baseline,
	charts::RUNS_SHOWN,
	experiments::{forks, seeds, GROUPS, MOST_POWER},
	statistics::Proportion,
	svg::plain,
	Results,
};

/// Lengths of runs that the tables have.
const LENGTHS: [usize; 5] = [1, 2, 3, 6, 10];

fn same(one: f64, other: f64) -> bool {
	(one - other).abs() < 1e-9
}

/// The chance of a run of k blocks, if there was one.
fn run_of(counts: &[Proportion], k: usize) -> String {
	counts.get(k - 1).map_or_else(String::new, |count| {
		if count.hits == 0 {
			"none seen".into()
		} else {
			percent(count.value())
		}
	})
}

/// What is said of them at the begin.
pub fn in_short(results: &Results) -> Vec<String> {
	let mut rows = vec![];
	let mut bits = [0.1, 0.45].iter().filter_map(|stake| {
		let of = |strategy: seeds::Strategy| {
			let mut answers = results.seeds.iter();
			answers.find(|answer| same(answer.stake, *stake) && answer.strategy == strategy)
		};
		let (publish, withhold) = (of(seeds::Strategy::Publish)?, of(seeds::Strategy::Withhold)?);
		Some(format!(
			"with {} of the stake its chance to be in the next race too rises from {} to {}, and its share \
			 of the blocks goes from {} to {}",
			percent(*stake),
			percent(publish.again.value()),
			percent(withhold.again.value()),
			percent(publish.authored.value()),
			percent(withhold.authored.value()),
		))
	});
	if let (Some(small), Some(large)) = (bits.next(), bits.next()) {
		rows.push(format!(
			"An author has no choice of the next seed but which of its nodes publishes, or none. If an \
			 attacker that wins all its races uses both whenever it does not like what comes next, {small}; \
			 {large}."
		));
	}
	let last = forks::LENGTHS.iter().copied().max().unwrap_or_default();
	if let Some(fork) =
		results.forks.iter().find(|fork| same(fork.stake, 0.33) && fork.slots == last)
	{
		rows.push(format!(
			"A chain that is built in secret for {last} slots with 33 % of the stake and {} of the hash power \
			 outweighs the public one in {} of the cases. By work alone that is {}.",
			percent(MOST_POWER),
			percent(fork.heavier.value()),
			percent(baseline::majority(last, MOST_POWER)),
		));
	}
	rows
}

/// Blocks in a row.
pub fn runs(document: &mut Document, results: &Results) {
	document.heading(2, "Blocks in a row");
	for stake in RUNS_SHOWN {
		let stake = plain(stake * 100.0);
		let what = format!("Blocks in a row with {stake} % of the stake");
		document.image(&what, &format!("runs-{stake}.svg"));
	}
	let mut rows = vec![];
	for answer in &results.runs {
		let stake = answer.stake;
		let formula = |share: f64| LENGTHS.map(|k| percent(baseline::in_a_row(share, k))).to_vec();
		let counted = |counts: &[Proportion]| LENGTHS.map(|k| run_of(counts, k)).to_vec();
		let chosen = results
			.seeds
			.iter()
			.find(|other| same(other.stake, stake) && other.strategy == seeds::Strategy::Choose);
		let mut add = |who: String, chances: Vec<String>| {
			rows.push([vec![percent(stake), who], chances].concat());
		};
		add("HHCM, hash power like stake".into(), counted(&answer.like_stake));
		add(format!("HHCM, {} of hash power", percent(MOST_POWER)), counted(&answer.most_power));
		if let Some(chosen) = chosen {
			add("HHCM, all races won, seeds chosen".into(), counted(&chosen.runs));
		}
		add("stake alone".into(), formula(stake));
		add(format!("work alone, {} of hash power", percent(MOST_POWER)), formula(MOST_POWER));
	}
	let lengths = LENGTHS.map(|k| format!("k = {k}"));
	let mut head = vec!["stake", "who"];
	head.extend(lengths.iter().map(String::as_str));
	document.table(&head, &rows);
	document.paragraph(&format!(
		"The chance that k blocks from any given one on are all the attacker's, with G = {GROUPS}. Each race \
		 is drawn anew, so that the chance falls by the same factor with each block: the share of the \
		 blocks. Hash power raises that factor to the part of the races that the attacker is in, and no \
		 further. \"Seeds chosen\" is an attacker that has several nodes in a race, and lets the one assemble \
		 whose seed suits it ([below](#bias-of-the-next-seed)). \"None seen\": below about 1 in {} blocks. \
		 With stake near a half, three places a race are a lot: whoever needs that no attacker authors k \
		 blocks in a row has to take the numbers of HHCM here, and not those of stake alone.",
		results
			.runs
			.first()
			.and_then(|answer| answer.most_power.first())
			.map_or_else(String::new, |count| super::text::count(count.of)),
	));
}

/// Bias of seeds.
pub fn seeds(document: &mut Document, results: &Results) {
	document.heading(2, "Bias of the next seed");
	document.image("Chance to be in the next race", "seeds.svg");
	document.paragraph(
		"An author's VRF output is one value: it cannot be tried out. What is left is whether there is a \
		 block of it. An attacker with j nodes in a race chooses among j seeds, and among j + 1 if it also \
		 gives up the block: then another author's seed counts, which the attacker does not know, or, if all \
		 of the race are its own, the slot is missed, and the old seed goes on. Here it wins every race that \
		 it is in, as if its hash power were infinite, and wants to be in the next race as well.",
	);
	let rows: Vec<_> = results
		.seeds
		.iter()
		.map(|answer| {
			let strategy = match answer.strategy {
				seeds::Strategy::Publish => "publishes always",
				seeds::Strategy::Choose => "chooses among its nodes",
				seeds::Strategy::Withhold => "chooses, or withholds",
			};
			vec![
				percent(answer.stake),
				strategy.into(),
				percent(answer.again.value()),
				percent(answer.authored.value()),
				percent(answer.filled.value()),
				match answer.strategy {
					seeds::Strategy::Publish => percent(answer.stake),
					seeds::Strategy::Choose => String::new(),
					seeds::Strategy::Withhold => percent(baseline::next_by_stake(answer.stake)),
				},
			]
		})
		.collect();
	document.table(
		&["stake", "strategy", "in the next race too", "blocks", "slots filled", "stake alone"],
		&rows,
	);
	document.paragraph(&format!(
		"\"In the next race too\" is counted over the slots in which the attacker has a say. The last column \
		 is the same for stake alone: one leader a slot, from the same chain of seeds. Choosing among \
		 one's own nodes costs nothing, and is the bias that one has to live with: with {} of the stake it \
		 raises the chance by {} percentage points. Withholding raises it further, but each time costs a \
		 block that was there for the taking, and so the share of the blocks falls below that of who always \
		 publishes. If the seed were a hash of the block, as in the whitepaper, the attacker would try orders \
		 of transactions until it likes the result, at no cost: the chance would be 100 %.",
		percent(0.33),
		choosing_gains(results, 0.33).map_or_else(String::new, number),
	));
}

/// By how many percentage points choosing among one's nodes raises the chance to be in the next race.
fn choosing_gains(results: &Results, stake: f64) -> Option<f64> {
	let of = |strategy: seeds::Strategy| {
		let mut answers = results.seeds.iter();
		let found = answers.find(|answer| same(answer.stake, stake) && answer.strategy == strategy);
		found.map(|answer| answer.again.value() * 100.0)
	};
	Some(of(seeds::Strategy::Choose)? - of(seeds::Strategy::Publish)?)
}

/// Secret forks.
pub fn forks(document: &mut Document, results: &Results) {
	document.heading(2, "Secret forks");
	document.image("Secret chains that outweigh the public one", "forks.svg");
	let mut rows = vec![];
	for stake in forks::STAKES {
		let of = |value: fn(&forks::Fork) -> Proportion| -> Vec<String> {
			let forks = results.forks.iter().filter(|fork| same(fork.stake, stake));
			forks.map(|fork| percent(value(fork).value())).collect()
		};
		let formula = |share: f64| -> Vec<String> {
			forks::LENGTHS.map(|slots| percent(baseline::majority(slots, share))).to_vec()
		};
		let mut add = |what: &str, chances: Vec<String>| {
			rows.push([vec![percent(stake), what.to_string()], chances].concat());
		};
		add("HHCM", of(|fork| fork.heavier));
		add("if only blocks counted", of(|fork| fork.longer));
		add("stake alone", formula(stake));
	}
	let work = forks::LENGTHS.map(|slots| percent(baseline::majority(slots, MOST_POWER)));
	rows.push([vec![String::new(), "work alone".to_string()], work.to_vec()].concat());
	let lengths = forks::LENGTHS.map(|slots| format!("{slots} slots"));
	let mut head = vec!["stake", "chain that counts"];
	head.extend(lengths.iter().map(String::as_str));
	document.table(&head, &rows);
	document.paragraph(&format!(
		"How often a chain that the attacker builds in secret, with {} of the hash power, is better than the \
		 public one after so many slots. A secret chain misses many slots at first, but each missed slot lets \
		 three more nodes assemble, so that in number of blocks it comes near the public one. It does not in \
		 weight: a package is signed for one parent, and a secret chain has only packages of the attacker's \
		 own nodes. That is why a chain weighs what its packages are worth, and is not measured by its \
		 length. Work alone has the row of {} of the hash power, whatever the stake.",
		percent(MOST_POWER),
		percent(MOST_POWER),
	));
}
