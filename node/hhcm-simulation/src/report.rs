//! The report: what was asked, what came out, and what it means. All numbers in it are those of the run.

use crate::{
	check,
	contest::DIFFICULTY,
	experiments::{MOST_POWER, NODES},
	network::HASH_RATE,
	report::text::{count, percent, Document},
	svg::plain,
	Effort, Results,
};

mod attacks;
mod costs;
mod shares;
pub mod text;

/// The folder of the charts, beside the report.
pub const CHARTS: &str = "simulation";

/// The report in Markdown.
pub fn markdown(results: &Results, effort: Effort) -> String {
	let mut document = Document::default();
	document.heading(1, "HHCM in numbers");
	introduction(&mut document, effort);
	summary(&mut document, results);
	the_bound(&mut document, results);
	shares::by_stake(&mut document, results);
	shares::by_power(&mut document, results);
	attacks::runs(&mut document, results);
	costs::offline(&mut document, results);
	costs::hashing(&mut document, results);
	attacks::seeds(&mut document, results);
	attacks::forks(&mut document, results);
	limits(&mut document);
	document.finish()
}

fn introduction(document: &mut Document, effort: Effort) {
	document.paragraph(
		"Written by `cargo run --release -p hhcm-simulation`, which simulates HHCM for some million slots. Do \
		 not edit it: run that again. Two runs write the same.",
	);
	if effort != Effort::FULL {
		document.paragraph(
			"**This was a short run. Its numbers are less exact than those that are published.**",
		);
	}
	document.paragraph(
		"The rules are not described again for the simulation. They are the functions of \
		 [`primitives/hhcm`](../../primitives/hhcm) that the chain and the node call: groups, rankings, who \
		 may assemble, handicaps, targets, limits of nonces, weights of packages, adjustment of groups and \
		 difficulty. Two things are modelled. How many hashes a ticket takes is drawn from the distribution \
		 that its target has, and not tried out. A VRF output is a hash of seed, slot and public key, since \
		 real ones take too long to make; to whoever has not the key, both look like chance.",
	);
	document.paragraph(&format!(
		"If not said otherwise there are {NODES} nodes of equal weight, of which the attacker has as many as \
		 its stake makes up. An honest node makes {} million hashes a second, and the difficulty is {}, the \
		 largest that the runtime permits: about a second of such a node. An attacker \"with {} of the hash \
		 power\" has that part of the sum of all nodes, and all of it for one ticket at a time. It builds \
		 blocks in no time, waits for nobody, its blocks are everywhere at once, and it never gives up. An honest \
		 node gives up when a better block has arrived: one that weighs more, or as much if its author was drawn \
		 earlier. *Work alone* and *stake \
		 alone* are those mechanisms in their plainest forms, for comparison: all mine all the time, and a \
		 block comes every 6 s in the mean; or one leader a slot is drawn by stake.",
		plain(HASH_RATE / 1e6),
		count(DIFFICULTY),
		percent(MOST_POWER),
	));
}

fn summary(document: &mut Document, results: &Results) {
	let broken = check::broken(&results.findings);
	let verdict = if broken.is_empty() {
		"**The bound holds.**".to_string()
	} else {
		format!("**The bound does not hold in {} of the cases.**", broken.len())
	};
	document.heading(2, "In short");
	let mut rows = vec![format!(
		"{verdict} With {} of the stake and {} of the hash power, an attacker may author at most {} of the \
		 blocks. {} ways to split its stake and to set the number of groups were tried.",
		percent(check::STAKE),
		percent(check::POWER),
		percent(check::TIMES * check::STAKE),
		results.findings.len(),
	)];
	if let Some(worst) = check::worst(&results.findings) {
		rows.push(format!(
			"The most that it came to is {} ({}, {} groups). By work alone it would author {}, by stake \
			 alone {}.",
			percent(worst.authored.value()),
			worst.makeup.name,
			worst.groups,
			percent(check::POWER),
			percent(check::STAKE),
		));
	}
	rows.extend(costs::in_short(results));
	rows.extend(attacks::in_short(results));
	document.list(&rows);
}

fn the_bound(document: &mut Document, results: &Results) {
	document.heading(2, "The bound");
	document.paragraph(&format!(
		"Nobody may author more than {} times its share of the stake, whatever its hash power. Tried with {} \
		 of the stake and {} of the hash power, by an attacker that [keeps its packages to \
		 itself](#an-attacker-that-keeps-its-packages-to-itself), for each number of groups that the chain would \
		 have with so many nodes. The program ends with an error if any of these is above {}.",
		plain(check::TIMES),
		percent(check::STAKE),
		percent(check::POWER),
		percent(check::TIMES * check::STAKE),
	));
	document.image("Blocks against the number of groups", "splitting.svg");
	let rows: Vec<_> = check::MAKEUPS
		.iter()
		.filter_map(|makeup| {
			let findings = results.findings.iter();
			let theirs: Vec<_> = findings.filter(|finding| finding.makeup == *makeup).collect();
			let (first, worst) = (theirs.first()?, check::worst(theirs.iter().copied())?);
			let broken = theirs.iter().filter(|finding| finding.breaks_the_bound()).count();
			Some(vec![
				makeup.name.to_string(),
				format!("1 to {}", theirs.len()),
				percent(first.authored.value()),
				percent(worst.authored.value()),
				worst.groups.to_string(),
				percent(worst.takes_part.value()),
				if broken == 0 { "holds".into() } else { format!("**broken in {broken}**") },
			])
		})
		.collect();
	document.table(
		&[
			"attacker's nodes",
			"groups",
			"blocks, 1 group",
			"blocks, at worst",
			"with groups",
			"may assemble then",
			"bound",
		],
		&rows,
	);
	document.paragraph(
		"\"May assemble\" is the part of the slots in which the attacker is one of those that race. More it \
		 could not author, whatever its hash power.",
	);
	why_broken(document, results);
	if let Some(wrong) = check::worst(&results.wrong_rule) {
		document.paragraph(&format!(
			"That the check can fail shows a rule that is known to be wrong: if the winners of all groups \
			 raced and the first block stayed, as in the whitepaper, instead of whom three draws hit, {} would author {} of the blocks with {} \
			 groups.",
			wrong.makeup.name,
			percent(wrong.authored.value()),
			wrong.groups,
		));
	}
}

/// What breaks the bound, if anything does.
fn why_broken(document: &mut Document, results: &Results) {
	let broken = check::broken(&results.findings);
	let Some(worst) = check::worst(broken.iter().copied()) else { return };
	let few = broken.iter().map(|finding| finding.groups).min().unwrap_or_default();
	document.paragraph(&format!(
		"The bound is broken from {few} groups on. A node's group is drawn without regard to its stake, and \
		 which groups' winners race is too. Where groups have few honest nodes, some have none, and there the \
		 smallest node wins: {} are in the race in {} of the slots with {} groups. One large node is not: it \
		 is in one group only.",
		worst.makeup.name,
		percent(worst.takes_part.value()),
		worst.groups,
	));
}

fn limits(document: &mut Document) {
	document.heading(2, "What this does not show");
	document.list(&[
		"Waiting out of politeness is not modelled. Honest nodes that come later in the assembly order wait \
		 up to 0.6 s longer in fact, so that fewer blocks have siblings, and fewer hashes are made."
			.to_string(),
		"Execution takes no time here. In fact it goes on beside mining, and is what a block waits for if \
		 tickets are easy."
			.to_string(),
		"Networks are never split, and every block arrives within its slot or not at all. How real nodes \
		 converge is what the tests on a network show."
			.to_string(),
		"Honest nodes weigh the same. If some weigh much more than others, fewer of them decide.".to_string(),
		"On a relay chain, the first of two blocks that its validators back is the one that stays. The fork \
		 choice by weight is for networks without one, and for what a collator builds on."
			.to_string(),
	]);
}

#[cfg(test)]
mod tests;
