//! What HHCM takes of the network, and what it gives while part of it is offline.

use super::text::{count, number, percent, Document};
use crate::{
	baseline,
	contest::DIFFICULTY,
	experiments::{hashing, offline, GROUPS, NODES},
	network::HASH_RATE,
	Results,
};

fn part_offline(offline: u16) -> f64 {
	f64::from(offline) / f64::from(NODES)
}

/// Which part is offline, in whole percent.
fn offline_name(offline: u16) -> String {
	format!("{} %", (part_offline(offline) * 100.0).round())
}

/// What is said of them at the begin.
pub fn in_short(results: &Results) -> Vec<String> {
	let of_fifth = |difficulty: u64| -> Vec<f64> {
		let fifth = results.offline.iter().filter(|answer| {
			answer.offline == offline::OFFLINE[2] && answer.difficulty == difficulty
		});
		fifth.map(|answer| answer.filled.value()).collect()
	};
	let range = |values: Vec<f64>| {
		let least = values.iter().copied().fold(1.0, f64::min);
		let most = values.iter().copied().fold(0.0, f64::max);
		format!("{} to {}", percent(least), percent(most))
	};
	let [easy, hard] = offline::DIFFICULTIES.map(|difficulty| range(of_fifth(difficulty)));
	let mut rows = vec![format!(
		"With a fifth of the nodes offline, {hard} of the slots have a block at the largest difficulty, and \
		 {easy} at a quarter of it (stake alone: {}).",
		percent(baseline::filled_by_stake(0.2)),
	)];
	let one_group: Vec<_> = results.hashing.iter().filter(|answer| answer.groups == 1).collect();
	if let (Some(first), Some(last)) = (one_group.first(), one_group.last()) {
		rows.push(format!(
			"With one group, a block takes {} times the difficulty in hashes with {} nodes, and {} times \
			 with {}. It can never be more than {} times.",
			number(first.mean),
			first.nodes,
			number(last.mean),
			count(last.nodes.into()),
			number(hashing::BOUND),
		));
	}
	rows
}

/// Slots filled.
pub fn offline(document: &mut Document, results: &Results) {
	document.heading(2, "Slots filled while nodes are offline");
	document.image("Slots with a block", "offline.svg");
	let rows: Vec<_> = results
		.offline
		.iter()
		.map(|answer| {
			let (median, slow) = answer.solved_after;
			vec![
				offline_name(answer.offline),
				answer.groups.to_string(),
				count(answer.difficulty),
				percent(answer.filled.value()),
				percent(answer.contested.value()),
				answer.longest_gap.to_string(),
				number(median),
				number(slow),
				percent(baseline::filled_by_stake(part_offline(answer.offline))),
				percent(baseline::filled_by_work()),
			]
		})
		.collect();
	document.table(
		&[
			"offline",
			"G",
			"difficulty",
			"slots filled",
			"blocks with siblings",
			"longest gap",
			"solved after, s",
			"1 % later than, s",
			"stake alone",
			"work alone",
		],
		&rows,
	);
	document.paragraph(
		"A chain of slots on top of each other. In a network that takes 0.2 s, a block of use has to be solved \
		 within 5.1 s. A slot is missed if the three that may assemble are all offline, or if those of them \
		 that are not have too high a handicap to solve their tickets in time. With one group the three have \
		 the handicaps 1, 2 and 4, with more groups mostly 1, 1 and 1: that is why more groups fill more \
		 slots at a high difficulty. After a missed slot there are six draws, so that gaps are short. Siblings \
		 are blocks that were published before another one had arrived; all nodes take the same one of them.",
	);
	adjusted(document, results);
}

fn adjusted(document: &mut Document, results: &Results) {
	document.heading(3, "At the difficulty that the chain comes to");
	let rows: Vec<_> = results
		.adjusted
		.iter()
		.map(|answer| {
			let (least, most) = answer.difficulty;
			vec![
				offline_name(answer.offline),
				format!("{} to {}", count(least), count(most)),
				percent(answer.filled.value()),
			]
		})
		.collect();
	document.table(&["offline", "difficulty", "slots filled"], &rows);
	document.paragraph(&format!(
		"With G = {GROUPS}. The chain begins at a difficulty of {}. After each session of {} slots the rule \
		 makes it an eighth lower if more than 5 % of them had no block, and an eighth higher if fewer than \
		 1 % had none, up to {}. Counted are {} sessions after the first {}.",
		count(DIFFICULTY / 4),
		count(offline::SESSION.into()),
		count(offline::BOUNDS.1),
		offline::SESSIONS_COUNTED,
		offline::SESSIONS_BEFORE,
	));
}

/// Hashes per block.
pub fn hashing(document: &mut Document, results: &Results) {
	document.heading(2, "Hashes per block");
	document.image("Hashes per block against nodes", "hashing.svg");
	let rows: Vec<_> = results
		.hashing
		.iter()
		.map(|answer| {
			let nodes = f64::from(answer.nodes);
			let work = baseline::hashes_by_work(nodes, HASH_RATE) / DIFFICULTY as f64;
			vec![
				count(answer.nodes.into()),
				answer.groups.to_string(),
				number(answer.mean),
				number(answer.one_in_hundred),
				number(answer.most),
				number(work),
			]
		})
		.collect();
	document
		.table(&["nodes", "G", "mean", "1 % more than", "most of any block", "work alone"], &rows);
	document.paragraph(&format!(
		"Hashes of all nodes together, as multiples of the difficulty. Only those that may assemble mine, and \
		 they stop when a block arrives, so that it does not matter how many nodes there are. If no block \
		 ever arrived, the three would try all their nonces: {} times the difficulty is the bound, which is \
		 below the G · 64 times that all groups' winners would have from G = 4 on. Work alone grows with \
		 every node. Stake alone takes no hashes.",
		number(hashing::BOUND),
	));
}
