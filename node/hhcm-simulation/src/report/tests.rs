use super::*;
use crate::{charts, run};

#[test]
fn report_should_have_all_charts_and_no_empty_cells_of_numbers_when_the_run_is_short() {
	let effort = Effort::percent(0);
	let results = run(effort, |_| ());
	let report = markdown(&results, effort);
	for file in charts::all(&results) {
		assert!(
			report.contains(&format!("({CHARTS}/{})", file.name)),
			"{} is not shown",
			file.name
		);
		assert!(file.svg.ends_with("</svg>\n"));
		assert!(!file.svg.contains("NaN"), "{}", file.name);
	}
	assert!(!report.contains("NaN") && !report.contains("inf %"), "{report}");
	assert!(report.contains("This was a short run"));
	assert!(!markdown(&results, Effort::FULL).contains("This was a short run"));
	// Each row of a table has the cells that its head has.
	let mut columns = None;
	for line in report.lines() {
		if line.starts_with('|') {
			let cells = line.matches('|').count();
			assert_eq!(*columns.get_or_insert(cells), cells, "{line}");
		} else {
			columns = None;
		}
	}
	// Paragraphs are wrapped.
	let long = report.lines().find(|line| !line.starts_with('|') && line.chars().count() > 120);
	assert_eq!(long, None);
}

#[test]
fn report_should_say_so_when_the_bound_is_broken() {
	let effort = Effort::percent(0);
	let mut results = run(effort, |_| ());
	for finding in &mut results.findings {
		finding.authored.hits = 0;
		finding.authored.of = 10;
	}
	let report = markdown(&results, effort);
	assert!(report.contains("**The bound holds.**"));
	assert!(!report.contains("The bound is broken from"));
	results.findings[3].authored.hits = 4;
	let report = markdown(&results, effort);
	assert!(report.contains("**The bound does not hold in 1 of the cases.**"));
	assert!(report.contains("The bound is broken from 4 groups on"));
}
