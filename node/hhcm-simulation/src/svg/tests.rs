use super::*;

fn close(one: f64, other: f64) -> bool {
	(one - other).abs() < 1e-9
}

fn percent(from: f64, to: f64) -> Axis {
	Axis::linear("share", Unit::Percent, from, to)
}

/// Fails if an element is not ended, or ended by another one's end.
fn assert_well_formed(svg: &str) {
	let mut open: Vec<&str> = vec![];
	for part in svg.split('<').skip(1) {
		let (tag, _) = part.split_once('>').expect("a tag ends");
		if let Some(name) = tag.strip_prefix('/') {
			assert_eq!(open.pop(), Some(name), "{svg}");
		} else if !tag.ends_with('/') {
			open.extend(tag.split_whitespace().next());
		}
	}
	assert!(open.is_empty(), "{open:?} in {svg}");
	assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn positions_should_be_linear_when_the_axis_is() {
	let axis = percent(0.2, 0.6);
	assert!(close(axis.position(0.2), 0.0));
	assert!(close(axis.position(0.3), 0.25));
	assert!(close(axis.position(0.6), 1.0));
	assert!(close(axis.position(0.9), 1.0) && close(axis.position(-1.0), 0.0));
	assert!(axis.shows(0.6) && !axis.shows(0.61) && !axis.shows(0.19));
	assert!(!axis.shows(f64::NAN));
}

#[test]
fn positions_should_be_those_of_powers_when_the_axis_is_logarithmic() {
	let axis = Axis::logarithmic("hashes", Unit::Number, 0.01, 100.0);
	assert!(close(axis.position(0.01), 0.0));
	assert!(close(axis.position(0.1), 0.25));
	assert!(close(axis.position(1.0), 0.5));
	assert!(close(axis.position(100.0), 1.0));
	// What has no logarithm is not shown, and is no disaster.
	assert!(!axis.shows(0.0) && !axis.shows(-1.0));
	assert!(close(axis.position(0.0), 0.0));
}

#[test]
fn ticks_should_be_round_numbers_within_the_axis() {
	let labels = |axis: &Axis| -> Vec<_> {
		axis.ticks().into_iter().map(|tick| axis.tick_label(tick)).collect()
	};
	assert_eq!(labels(&percent(0.0, 1.0)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
	assert_eq!(labels(&percent(0.0, 0.5)), ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %"]);
	assert_eq!(
		labels(&Axis::linear("", Unit::Number, 1.0, 12.0)),
		["2", "4", "6", "8", "10", "12"]
	);
	assert_eq!(
		labels(&Axis::logarithmic("", Unit::Percent, 0.0001, 1.0)),
		["0.01 %", "0.1 %", "1 %", "10 %", "100 %"]
	);
	assert_eq!(
		labels(&Axis::logarithmic("", Unit::Number, 5.0, 20_000.0)),
		["10", "100", "1,000", "10,000"]
	);
}

#[test]
fn numbers_should_have_the_digits_that_they_need() {
	for (value, text) in [
		(0.0, "0"),
		(-0.0, "0"),
		(12.0, "12"),
		(0.25, "0.25"),
		(0.000_001, "0.000001"),
		(999.5, "999.5"),
		(1_000.0, "1,000"),
		(1_234_567.0, "1,234,567"),
		(-12_000.0, "-12,000"),
	] {
		assert_eq!(plain(value), text);
	}
}

#[test]
fn lines_should_go_through_their_points_when_drawn() {
	let chart = Lines {
		title: "a < b & c".into(),
		x: Axis::linear("stake", Unit::Percent, 0.0, 1.0),
		y: percent(0.0, 1.0),
		lines: vec![
			Line::solid("one", vec![(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (2.0, 0.5)]),
			Line::dashed("other", vec![(0.0, 1.0), (1.0, 1.0)]),
		],
	};
	let svg = chart.to_svg();
	assert_well_formed(&svg);
	assert!(svg.contains("a &lt; b &amp; c"));
	// Corners and middle of the plot: 84 to 736 across, 368 to 48 up. The last point is beyond the axis.
	assert!(svg.contains("<polyline points=\"84.0,368.0 410.0,208.0 736.0,48.0\""), "{svg}");
	assert!(svg.contains("<polyline points=\"84.0,48.0 736.0,48.0\""), "{svg}");
	assert!(svg.contains(">one</text>") && svg.contains(">other</text>"));
	// Only the other one, in the plot and in the legend.
	assert_eq!(svg.matches("stroke-dasharray").count(), 2);
	// Three points, and two ends in the legend.
	assert_eq!(svg.matches("<circle").count(), 5);
}

#[test]
fn bars_should_be_as_high_as_their_values_when_drawn() {
	let chart = Bars {
		title: "filled".into(),
		label: "offline".into(),
		categories: vec!["none".into(), "all".into()],
		y: percent(0.0, 1.0),
		sets: vec![("HHCM".into(), vec![1.0, 0.25]), ("stake".into(), vec![0.5, 0.0])],
	};
	let svg = chart.to_svg();
	assert_well_formed(&svg);
	// 320 high in all.
	for height in ["320.0", "160.0", "80.0", "0.0"] {
		assert!(svg.contains(&format!("height=\"{height}\" fill")), "{height} in {svg}");
	}
	for name in ["none", "all", "HHCM", "stake", "offline"] {
		assert!(svg.contains(&format!(">{name}</text>")), "{name} in {svg}");
	}
}

#[test]
fn charts_should_be_well_formed_when_there_is_nothing_in_them() {
	let x = Axis::linear("", Unit::Number, 0.0, 1.0);
	let lines = Lines { title: String::new(), x: x.clone(), y: x.clone(), lines: vec![] };
	assert_well_formed(&lines.to_svg());
	let lines = Lines { lines: vec![Line::solid("empty", vec![])], ..lines };
	assert_well_formed(&lines.to_svg());
	let bars =
		Bars { title: String::new(), label: String::new(), categories: vec![], y: x, sets: vec![] };
	assert_well_formed(&bars.to_svg());
}
