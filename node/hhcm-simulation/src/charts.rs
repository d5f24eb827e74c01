//! The charts of the report.

use crate::{
	baseline, check,
	contest::DIFFICULTY,
	experiments::{forks, hashing, offline, runs, seeds, shares, MOST_POWER, NODES},
	network::HASH_RATE,
	statistics::Proportion,
	svg::{plain, Axis, Bars, Line, Lines, Unit},
	Results,
};

/// A chart's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
	/// Its name, without a folder.
	pub name: String,
	/// What is in it.
	pub svg: String,
}

fn file(name: impl Into<String>, svg: String) -> File {
	File { name: name.into(), svg }
}

/// Both ends of a line at the same height.
fn level(from: f64, to: f64, height: f64) -> Vec<(f64, f64)> {
	vec![(from, height), (to, height)]
}

/// "1 group" or "4 groups".
fn groups_name(groups: u8) -> String {
	format!("{groups} group{}", if groups == 1 { "" } else { "s" })
}

/// All of them.
pub fn all(results: &Results) -> Vec<File> {
	let mut files = vec![
		file("share-by-stake.svg", by_stake(&results.by_stake)),
		file("share-by-power.svg", by_power(&results.by_power)),
		file("splitting.svg", splitting(&results.findings)),
		file("offline.svg", filled(&results.offline)),
		file("hashing.svg", hashes(&results.hashing)),
		file("seeds.svg", places(&results.seeds)),
		file("forks.svg", secret_forks(&results.forks)),
	];
	for stake in RUNS_SHOWN {
		let name = format!("runs-{}.svg", plain(stake * 100.0));
		files.push(file(name, in_a_row(stake, results)));
	}
	files
}

/// Shares of stake whose runs have a chart.
pub const RUNS_SHOWN: [f64; 3] = [0.1, 0.33, 0.45];

fn by_stake(answers: &[shares::ByStake]) -> String {
	let line = |groups: u8, value: fn(&shares::ByStake) -> Proportion| -> Vec<(f64, f64)> {
		let answers = answers.iter().filter(|answer| answer.groups == groups);
		answers.map(|answer| (answer.stake, value(answer).value())).collect()
	};
	let mut lines = vec![Line::solid(
		"HHCM, 4 groups, hash power like stake",
		line(4, |answer| answer.like_stake),
	)];
	for groups in shares::GROUPS_BY_STAKE {
		let name = format!("HHCM, {}, 90 % of hash power", groups_name(groups));
		lines.push(Line::solid(name, line(groups, |answer| answer.most_power)));
	}
	lines.push(Line::dashed("three times the stake", vec![(0.0, 0.0), (1.0 / 3.0, 1.0)]));
	lines.push(Line::dashed("stake alone", vec![(0.0, 0.0), (0.5, 0.5)]));
	lines.push(Line::dashed("work alone, 90 % of hash power", level(0.0, 0.5, MOST_POWER)));
	Lines {
		title: "Blocks of an attacker, by its stake".into(),
		x: Axis::linear("share of the stake", Unit::Percent, 0.0, 0.5),
		y: Axis::linear("share of the blocks", Unit::Percent, 0.0, 1.0),
		lines,
	}
	.to_svg()
}

fn by_power(answers: &[shares::ByPower]) -> String {
	let mut lines: Vec<_> = answers
		.iter()
		.map(|answer| {
			let values = answer.open.iter().map(Proportion::value);
			let points = shares::POWERS.into_iter().zip(values).collect();
			Line::solid(format!("HHCM, {}", groups_name(answer.groups)), points)
		})
		.collect();
	let bound = check::TIMES * shares::STAKE;
	lines.push(Line::dashed("three times the stake", level(0.0, 1.0, bound)));
	lines.push(Line::dashed("stake alone", level(0.0, 1.0, shares::STAKE)));
	// The colour of the first line, but dashed.
	lines.push(Line::dashed("work alone", vec![(0.0, 0.0), (1.0, 1.0)]));
	Lines {
		title: "Blocks of an attacker with 10 % of the stake, by its hash power".into(),
		x: Axis::linear("share of the hash power", Unit::Percent, 0.0, 1.0),
		y: Axis::linear("share of the blocks", Unit::Percent, 0.0, 1.0),
		lines,
	}
	.to_svg()
}

fn splitting(findings: &[check::Finding]) -> String {
	let mut lines: Vec<_> = check::MAKEUPS
		.iter()
		.map(|makeup| {
			let findings = findings.iter().filter(|finding| finding.makeup == *makeup);
			let points = findings
				.map(|finding| (f64::from(finding.groups), finding.authored.value()))
				.collect();
			Line::solid(makeup.name, points)
		})
		.collect();
	let bound = check::TIMES * check::STAKE;
	lines.push(Line::dashed("the bound", level(1.0, 16.0, bound)));
	Lines {
		title: "Blocks of 10 % of the stake with 90 % of the hash power".into(),
		x: Axis::linear("transaction groups", Unit::Number, 1.0, 16.0),
		y: Axis::linear("share of the blocks", Unit::Percent, 0.0, 1.0),
		lines,
	}
	.to_svg()
}

/// A line of runs, from 1 block to the most.
fn run_points(counts: &[Proportion]) -> Vec<(f64, f64)> {
	let lengths = (1u32..).map(f64::from);
	lengths.zip(counts.iter().map(Proportion::value)).collect()
}

fn in_a_row(stake: f64, results: &Results) -> String {
	let same = |other: f64| (other - stake).abs() < 1e-9;
	let mut lines = vec![];
	for answer in results.runs.iter().filter(|answer| same(answer.stake)) {
		let points = run_points(&answer.like_stake);
		lines.push(Line::solid("HHCM, hash power like stake", points));
		let points = run_points(&answer.most_power);
		lines.push(Line::solid("HHCM, 90 % of hash power", points));
	}
	let choosing =
		|answer: &&seeds::Seeds| same(answer.stake) && answer.strategy == seeds::Strategy::Choose;
	for answer in results.seeds.iter().filter(choosing) {
		lines.push(Line::solid("HHCM, all races won, seeds chosen", run_points(&answer.runs)));
	}
	let formula = |share: f64| -> Vec<(f64, f64)> {
		(1..=runs::MOST).map(|k| (k as f64, baseline::in_a_row(share, k))).collect()
	};
	lines.push(Line::dashed("stake alone", formula(stake)));
	lines.push(Line::dashed("work alone, 90 % of hash power", formula(MOST_POWER)));
	Lines {
		title: format!("Blocks in a row with {} % of the stake", plain(stake * 100.0)),
		x: Axis::linear("blocks in a row", Unit::Number, 1.0, runs::MOST as f64),
		y: Axis::logarithmic("chance", Unit::Percent, 1e-5, 1.0),
		lines,
	}
	.to_svg()
}

fn filled(answers: &[offline::Filled]) -> String {
	let parts = offline::OFFLINE.map(|offline| f64::from(offline) / f64::from(NODES));
	let mut sets: Vec<(String, Vec<f64>)> = offline::GROUPS_TRIED
		.into_iter()
		.map(|groups| {
			let heights = answers
				.iter()
				.filter(|answer| answer.groups == groups && answer.difficulty == DIFFICULTY)
				.map(|answer| answer.filled.value())
				.collect();
			(format!("HHCM, {}", groups_name(groups)), heights)
		})
		.collect();
	let by_stake = parts.map(baseline::filled_by_stake).to_vec();
	sets.push(("stake alone".into(), by_stake));
	sets.push(("work alone".into(), vec![baseline::filled_by_work(); parts.len()]));
	Bars {
		title: "Slots with a block".into(),
		label: "nodes offline".into(),
		categories: parts.map(|part| format!("{} %", (part * 100.0).round())).to_vec(),
		y: Axis::linear("slots", Unit::Percent, 0.0, 1.0),
		sets,
	}
	.to_svg()
}

fn hashes(answers: &[hashing::Hashing]) -> String {
	let line = |is_shown: fn(&hashing::Hashing) -> bool,
	            value: fn(&hashing::Hashing) -> f64|
	 -> Vec<(f64, f64)> {
		let answers = answers.iter().filter(|answer| is_shown(answer));
		answers.map(|answer| (f64::from(answer.nodes), value(answer))).collect()
	};
	let (first, last) = (10.0, 1_000.0);
	let work = |nodes: f64| (nodes, baseline::hashes_by_work(nodes, HASH_RATE) / DIFFICULTY as f64);
	Lines {
		title: "Hashes of all nodes together for a block".into(),
		x: Axis::logarithmic("nodes", Unit::Number, first, last),
		y: Axis::logarithmic("hashes / difficulty", Unit::Number, 0.1, 10_000.0),
		lines: vec![
			Line::solid("HHCM, 1 group, mean", line(|a| a.groups == 1, |a| a.mean)),
			Line::solid("HHCM, most groups, mean", line(|a| a.groups > 1, |a| a.mean)),
			Line::solid("HHCM, 1 group, most of any block", line(|a| a.groups == 1, |a| a.most)),
			Line::dashed("bound: 3 · 64", level(first, last, hashing::BOUND)),
			Line::dashed("work alone", vec![work(first), work(last)]),
		],
	}
	.to_svg()
}

fn places(answers: &[seeds::Seeds]) -> String {
	let line = |strategy: seeds::Strategy| -> Vec<(f64, f64)> {
		let answers = answers.iter().filter(|answer| answer.strategy == strategy);
		answers.map(|answer| (answer.stake, answer.again.value())).collect()
	};
	let formula = |value: fn(f64) -> f64| seeds::STAKES.map(|stake| (stake, value(stake))).to_vec();
	Lines {
		title: "Chance to be in the next race, for who decides on its seed".into(),
		x: Axis::linear("share of the stake", Unit::Percent, 0.0, 0.5),
		y: Axis::linear("chance", Unit::Percent, 0.0, 1.0),
		lines: vec![
			Line::solid("HHCM, publishes always", line(seeds::Strategy::Publish)),
			Line::solid("HHCM, chooses among its nodes", line(seeds::Strategy::Choose)),
			Line::solid("HHCM, chooses, or withholds", line(seeds::Strategy::Withhold)),
			Line::dashed("stake alone, publishes always", formula(|stake| stake)),
			Line::dashed("stake alone, withholds", formula(baseline::next_by_stake)),
			Line::dashed("drawn from block hashes", level(0.0, 0.5, 1.0)),
		],
	}
	.to_svg()
}

fn secret_forks(answers: &[forks::Fork]) -> String {
	let line = |stake: f64, value: fn(&forks::Fork) -> Proportion| -> Vec<(f64, f64)> {
		let answers = answers.iter().filter(|answer| (answer.stake - stake).abs() < 1e-9);
		answers.map(|answer| (f64::from(answer.slots), value(answer).value())).collect()
	};
	let formula = |share: f64| -> Vec<(f64, f64)> {
		let points =
			forks::LENGTHS.map(|slots| (f64::from(slots), baseline::majority(slots, share)));
		points.to_vec()
	};
	let by_weight = |fork: &forks::Fork| fork.heavier;
	Lines {
		title: "Secret chains that outweigh the public one".into(),
		x: Axis::linear("slots from the fork on", Unit::Number, 1.0, 20.0),
		y: Axis::logarithmic("chance", Unit::Percent, 1e-3, 1.0),
		lines: vec![
			Line::solid("HHCM, 20 % of the stake", line(0.2, by_weight)),
			Line::solid("HHCM, 33 % of the stake", line(0.33, by_weight)),
			Line::solid("HHCM, 45 % of the stake", line(0.45, by_weight)),
			Line::solid("blocks counted only, 45 %", line(0.45, |fork| fork.longer)),
			Line::dashed("stake alone, 33 %", formula(0.33)),
			Line::dashed("stake alone, 45 %", formula(0.45)),
			Line::dashed("work alone, 90 % of hash power", formula(MOST_POWER)),
		],
	}
	.to_svg()
}
