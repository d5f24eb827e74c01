//! What an operation takes against the number of boundaries of a list: `cargo bench -p fusion-slices`.
//!
//! Prints nanoseconds, and the ratio to a list of one boundary in the same run, which does not depend on the
//! machine as much.

use std::{hint::black_box, time::Instant};

use fusion_slices::{Interval, Slices, FOREVER};

type List = Slices<64>;

/// A list with so many boundaries, ten seconds apart, the last slice without end.
fn list(boundaries: u64) -> List {
	let mut slices = List::new();
	for number in 0..boundaries {
		let ever = Interval::new(10 * number, FOREVER).expect("it has no end");
		slices.add(ever, 1_000).expect("there is room");
	}
	slices
}

/// Nanoseconds of one run: the least of several means.
fn time(mut run: impl FnMut()) -> f64 {
	const RUNS: u32 = 2_000;
	let mean = |_| {
		let begin = Instant::now();
		(0..RUNS).for_each(|_| run());
		begin.elapsed().as_nanos() as f64 / f64::from(RUNS)
	};
	(0..20).map(mean).fold(f64::INFINITY, f64::min)
}

fn main() {
	println!("boundaries   move a slice      ratio   minimum      ratio   read bytes      ratio");
	let mut first = None;
	for boundaries in [1, 2, 4, 8, 16, 32, 60] {
		let (giver, receiver) = (list(boundaries), list(boundaries));
		let slice = Interval::new(5, 7).expect("it is not empty");
		let moved = time(|| {
			let (mut giver, mut receiver) = (giver.clone(), receiver.clone());
			giver.sub(slice, 10).expect("it is there");
			receiver.add(slice, 10).expect("there is room");
			black_box((giver, receiver));
		});
		let ever = Interval::new(0, FOREVER).expect("it has no end");
		let minimum = time(|| {
			black_box(black_box(&giver).min(ever));
		});
		let bytes = codec::Encode::encode(&giver);
		let decoded = time(|| {
			let read: List = codec::Decode::decode(&mut &bytes[..]).expect("it is one");
			black_box(read);
		});
		let (a, b, c) = *first.get_or_insert((moved, minimum, decoded));
		println!(
			"{boundaries:>10} {moved:>11.0} ns {:>10.1} {minimum:>6.0} ns {:>10.1} {decoded:>9.0} ns {:>10.1}",
			moved / a,
			minimum / b,
			decoded / c,
		);
	}
}
