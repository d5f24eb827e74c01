//! Runs the simulation of HHCM, and writes its report.
//!
//! ```text
//! hhcm-simulation                   writes docs/hhcm/simulation.md, and its charts beside it
//! hhcm-simulation FOLDER            writes to another folder
//! hhcm-simulation --quick FOLDER    in seconds, and less exact
//! ```
//!
//! Ends with an error if the bound is broken ([`fusion_hhcm_simulation::check`]), or if the report cannot be
//! written.

use std::{
	fs, io,
	path::{Path, PathBuf},
	process::ExitCode,
	time::Instant,
};

use fusion_hhcm_simulation::{charts, check, report, run, Effort, Results};

/// How it is called.
const USAGE: &str = "usage: hhcm-simulation [[--quick] FOLDER]";

/// What it was called with.
struct Arguments {
	effort: Effort,
	folder: PathBuf,
}

/// Reads the arguments. `None` if they are others.
fn arguments(given: &[String]) -> Option<Arguments> {
	let (effort, folder) = match given {
		[] => (Effort::FULL, Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hhcm")),
		// What is published is not made in a hurry.
		[quick, folder] if quick == "--quick" => (Effort::QUICK, folder.into()),
		[folder] if !folder.starts_with('-') => (Effort::FULL, folder.into()),
		_ => return None,
	};
	Some(Arguments { effort, folder })
}

/// Writes the report and its charts.
fn write(results: &Results, arguments: &Arguments) -> io::Result<PathBuf> {
	let charts = arguments.folder.join(report::CHARTS);
	fs::create_dir_all(&charts)?;
	for file in charts::all(results) {
		fs::write(charts.join(file.name), file.svg)?;
	}
	let path = arguments.folder.join("simulation.md");
	fs::write(&path, report::markdown(results, arguments.effort))?;
	Ok(path)
}

fn main() -> ExitCode {
	let given: Vec<_> = std::env::args().skip(1).collect();
	let Some(arguments) = arguments(&given) else {
		eprintln!("{USAGE}");
		return ExitCode::from(2);
	};
	let began = Instant::now();
	let results = run(arguments.effort, |what| {
		eprintln!("{:>4} s  {what}", began.elapsed().as_secs());
	});
	match write(&results, &arguments) {
		Ok(path) => eprintln!("{:>4} s  wrote {}", began.elapsed().as_secs(), path.display()),
		Err(error) => {
			let folder = arguments.folder.display();
			eprintln!("hhcm-simulation: the report cannot be written to {folder}: {error}");
			return ExitCode::FAILURE;
		},
	}
	let broken = check::broken(&results.findings);
	for finding in &broken {
		eprintln!(
			"the bound is broken: {}, {} groups: {:.1} % of the blocks",
			finding.makeup.name,
			finding.groups,
			finding.authored.value() * 100.0
		);
	}
	if broken.is_empty() {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}
