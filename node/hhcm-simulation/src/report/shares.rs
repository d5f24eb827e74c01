//! Shares of blocks.

use super::text::{percent, Document};
use crate::{
	check,
	experiments::{shares, MOST_POWER, NODES},
	Results,
};

/// By stake.
pub fn by_stake(document: &mut Document, results: &Results) {
	document.heading(2, "Chance to author, by stake");
	document.image("Blocks against stake", "share-by-stake.svg");
	let rows: Vec<_> = shares::STAKES
		.into_iter()
		.map(|stake| {
			let answers = results.by_stake.iter();
			let theirs: Vec<_> =
				answers.filter(|answer| (answer.stake - stake).abs() < 1e-9).collect();
			let mut row = vec![percent(stake)];
			row.extend(theirs.iter().map(|answer| percent(answer.like_stake.value())));
			row.extend(theirs.iter().map(|answer| percent(answer.most_power.value())));
			row.extend([percent(3.0 * stake), percent(stake), percent(MOST_POWER)]);
			row
		})
		.collect();
	let groups = shares::GROUPS_BY_STAKE;
	let like_stake = groups.map(|groups| format!("power like stake, G = {groups}"));
	let most_power = groups.map(|groups| format!("{} of power, G = {groups}", percent(MOST_POWER)));
	let mut head = vec!["stake"];
	head.extend(like_stake.iter().chain(&most_power).map(String::as_str));
	head.extend(["three times the stake", "stake alone", "work alone"]);
	document.table(&head, &rows);
	document.paragraph(&format!(
		"The share of the blocks that an attacker authors, among {NODES} nodes. A node that does what others \
		 do authors the stake's share. So does an attacker that puts the power of all its nodes into the one \
		 that may assemble, and never gives up ({} times its stake at {} of the stake): a block that is there \
		 first makes way for one that weighs as much and whose author was drawn before. Work alone would give \
		 {} of the hash power as many of the blocks, whatever the stake. What helps is to have the heavier \
		 block: [see below](#an-attacker-that-keeps-its-packages-to-itself).",
		times(results, 0.1),
		percent(0.1),
		percent(MOST_POWER),
	));
}

/// How many times its share of the stake an attacker authors that has as much hash power.
fn times(results: &Results, stake: f64) -> String {
	let answers = results.by_stake.iter();
	let times: Vec<_> = answers
		.filter(|answer| (answer.stake - stake).abs() < 1e-9)
		.map(|answer| answer.like_stake.value() / stake)
		.collect();
	let least = times.iter().copied().fold(f64::INFINITY, f64::min);
	let most = times.iter().copied().fold(0.0, f64::max);
	format!("{least:.1} to {most:.1}")
}

/// By hash power.
pub fn by_power(document: &mut Document, results: &Results) {
	document.heading(2, "Chance to author, by hash power");
	document.image("Blocks against hash power", "share-by-power.svg");
	let mut rows: Vec<_> = shares::POWERS
		.into_iter()
		.enumerate()
		.map(|(place, power)| {
			let mut row = vec![percent(power)];
			row.extend(results.by_power.iter().map(|answer| {
				answer.open.get(place).map_or_else(String::new, |open| percent(open.value()))
			}));
			row.extend([percent(shares::STAKE), percent(power)]);
			row
		})
		.collect();
	let mut all = vec!["if it won every race".to_string()];
	all.extend(results.by_power.iter().map(|answer| percent(answer.takes_part.value())));
	all.extend([percent(shares::STAKE), percent(1.0)]);
	rows.push(all);
	let groups: Vec<_> =
		results.by_power.iter().map(|answer| format!("G = {}", answer.groups)).collect();
	let mut head = vec!["hash power"];
	head.extend(groups.iter().map(String::as_str));
	head.extend(["stake alone", "work alone"]);
	document.table(&head, &rows);
	document.paragraph(&format!(
		"The share of the blocks of an attacker with {} of the stake. More power solves tickets sooner, and a block \
		 that is sooner there is not a better one. By work alone, the curve is a straight line to the upper right \
		 corner. The limit is {}.",
		percent(shares::STAKE),
		percent(check::TIMES * shares::STAKE),
	));
	secret(document, results);
}

fn secret(document: &mut Document, results: &Results) {
	document.heading(3, "An attacker that keeps its packages to itself");
	document.paragraph(
		"Of the blocks of a slot, the one stays whose packages are worth the most. So an attacker can do without \
		 hash power: its nodes do not give their packages to others, and its own blocks are the only ones that \
		 have them. Others have those of stand-ins, which are worth less.",
	);
	let rows: Vec<_> = shares::SECRET_POWERS
		.into_iter()
		.enumerate()
		.flat_map(|(place, power)| {
			let open = shares::POWERS.iter().position(|other| (other - power).abs() < 1e-9);
			let mut with = vec![percent(power), "given".to_string()];
			let mut without = vec![percent(power), "kept".to_string()];
			for answer in &results.by_power {
				let given = open.and_then(|open| answer.open.get(open)).copied();
				with.push(percent(given.unwrap_or_default().value()));
				let kept = answer.secret.get(place).copied();
				without.push(percent(kept.unwrap_or_default().value()));
			}
			[with, without]
		})
		.collect();
	let groups: Vec<_> =
		results.by_power.iter().map(|answer| format!("G = {}", answer.groups)).collect();
	let mut head = vec!["hash power", "packages"];
	head.extend(groups.iter().map(String::as_str));
	document.table(&head, &rows);
	document.paragraph(
		"This too only wins races that the attacker is in anyhow, so that the bound is the same. It costs the \
		 attacker what its packages would have earned in the blocks of others.",
	);
}
