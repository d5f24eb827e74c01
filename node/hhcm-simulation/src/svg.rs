//! Charts as SVG: lines and bars, with axes and a legend.
//!
//! A chart has a background of its own, so that it can be read on a light page and on a dark one. Lines
//! differ by colour (a palette that the colour-blind can tell apart), by mark and by dash.

use std::fmt::Write;

mod axis;
#[cfg(test)]
mod tests;

pub use axis::{plain, thousands, Axis, Unit};

/// Width of a chart.
const WIDTH: f64 = 760.0;
/// What is left of the plot, right of it, above it and below it, without the legend.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 60.0;
/// Height of the plot.
const HEIGHT: f64 = 320.0;
/// A line of the legend.
const LEGEND_LINE: f64 = 22.0;
/// How many entries of the legend are in one line.
const LEGEND_COLUMNS: usize = 2;
/// Part of a category's width that its bars fill.
const BARS_WIDTH: f64 = 0.8;

const BACKGROUND: &str = "#fcfcfa";
const INK: &str = "#1f2328";
const FAINT: &str = "#d4d7dc";
/// Okabe and Ito's palette, without its yellow.
const COLOURS: [&str; 7] =
	["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1f2328"];

/// What a line or a set of bars looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
	/// Something measured.
	Solid,
	/// Something to compare it with.
	Dashed,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
	/// What the legend calls it.
	pub name: String,
	/// How it is drawn.
	pub style: Style,
	/// Its points. Those that a logarithmic axis cannot show, and those beyond the end of an axis, are left
	/// out.
	pub points: Vec<(f64, f64)>,
}

impl Line {
	/// A line of something measured.
	pub fn solid(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
		Self { name: name.into(), style: Style::Solid, points }
	}

	/// A line to compare others with.
	pub fn dashed(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
		Self { name: name.into(), style: Style::Dashed, points }
	}
}

/// A chart of lines.
#[derive(Clone, Debug)]
pub struct Lines {
	/// What is above it.
	pub title: String,
	/// From left to right.
	pub x: Axis,
	/// From below to above.
	pub y: Axis,
	/// The lines.
	pub lines: Vec<Line>,
}

/// A chart of bars: in each category one of each set.
#[derive(Clone, Debug)]
pub struct Bars {
	/// What is above it.
	pub title: String,
	/// What the categories are.
	pub label: String,
	/// Their names, from left to right.
	pub categories: Vec<String>,
	/// From below to above. Bars begin where it does.
	pub y: Axis,
	/// The sets: name, and height in each category.
	pub sets: Vec<(String, Vec<f64>)>,
}

fn colour(number: usize) -> &'static str {
	COLOURS[number % COLOURS.len()]
}

/// Text in which nothing is taken for a tag.
fn escape(text: &str) -> String {
	text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A place in the plot, of two positions from 0 to 1.
fn place(x: f64, y: f64) -> (f64, f64) {
	(LEFT + x * (WIDTH - LEFT - RIGHT), TOP + (1.0 - y) * HEIGHT)
}

/// A picture that is being drawn.
struct Canvas(String);

impl Canvas {
	/// Background and title, with room for so many entries of a legend.
	fn new(title: &str, entries: usize) -> Self {
		let legend = entries.div_ceil(LEGEND_COLUMNS) as f64 * LEGEND_LINE;
		let height = TOP + HEIGHT + BOTTOM + legend;
		let title = escape(title);
		let mut canvas = Self(String::new());
		canvas.add(format_args!(
			"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
			 width=\"{WIDTH}\" height=\"{height}\" role=\"img\" font-family=\"sans-serif\" \
			 font-size=\"13\" fill=\"{INK}\">"
		));
		canvas.add(format_args!("<title>{title}</title>"));
		canvas.add(format_args!(
			"<rect width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" fill=\"{BACKGROUND}\"/>"
		));
		canvas.add(format_args!(
			"<text x=\"{LEFT}\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{title}</text>"
		));
		canvas
	}

	fn add(&mut self, element: std::fmt::Arguments<'_>) {
		// Writing to a string does not fail.
		let _ = self.0.write_fmt(element);
		self.0.push('\n');
	}

	fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
		self.add(format_args!(
			"<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{stroke}\"/>",
			from.0, from.1, to.0, to.1
		));
	}

	fn text(&mut self, at: (f64, f64), anchor: &str, text: &str) {
		let text = escape(text);
		self.add(format_args!(
			"<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>",
			at.0, at.1
		));
	}

	/// The vertical axis, with lines across the plot.
	fn y_axis(&mut self, axis: &Axis) {
		for tick in axis.ticks() {
			let y = axis.position(tick);
			self.line(place(0.0, y), place(1.0, y), FAINT);
			let (left, middle) = place(0.0, y);
			self.text((left - 8.0, middle + 4.0), "end", &axis.tick_label(tick));
		}
		self.line(place(0.0, 0.0), place(0.0, 1.0), INK);
		let (_, middle) = place(0.0, 0.5);
		let label = escape(&axis.label);
		self.add(format_args!(
			"<text transform=\"translate(18 {middle:.1}) rotate(-90)\" \
			 text-anchor=\"middle\">{label}</text>"
		));
	}

	/// The horizontal axis: its ticks by position from 0 to 1, and what it is called.
	fn x_axis(&mut self, ticks: &[(f64, String)], label: &str) {
		self.line(place(0.0, 0.0), place(1.0, 0.0), INK);
		for (position, name) in ticks {
			let (x, bottom) = place(*position, 0.0);
			self.text((x, bottom + 20.0), "middle", name);
		}
		let (middle, bottom) = place(0.5, 0.0);
		self.text((middle, bottom + 44.0), "middle", label);
	}

	/// Where an entry of the legend is.
	fn legend_place(entry: usize) -> (f64, f64) {
		let (row, column) = (entry / LEGEND_COLUMNS, entry % LEGEND_COLUMNS);
		let width = (WIDTH - LEFT) / LEGEND_COLUMNS as f64;
		let x = LEFT + column as f64 * width;
		(x, TOP + HEIGHT + BOTTOM + row as f64 * LEGEND_LINE + 4.0)
	}

	/// A mark of the series with this number.
	fn mark(&mut self, number: usize, at: (f64, f64)) {
		let (colour, (x, y)) = (colour(number), at);
		match number % 3 {
			0 => self.add(format_args!(
				"<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
			)),
			1 => self.add(format_args!(
				"<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"{colour}\"/>",
				x - 3.5,
				y - 3.5
			)),
			_ => self.add(format_args!(
				"<path d=\"M{x:.1} {:.1}l4.5 8h-9z\" fill=\"{colour}\"/>",
				y - 4.5
			)),
		}
	}

	/// A line through these places, with a mark at each if it is something measured.
	fn path(&mut self, number: usize, style: Style, places: &[(f64, f64)]) {
		let points: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
		let dash = if style == Style::Dashed { " stroke-dasharray=\"7 5\"" } else { "" };
		self.add(format_args!(
			"<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{dash}/>",
			points.join(" "),
			colour(number)
		));
		if style == Style::Solid {
			for at in places {
				self.mark(number, *at);
			}
		}
	}

	/// A bar from its upper left corner to its lower right one.
	fn bar(&mut self, number: usize, from: (f64, f64), to: (f64, f64)) {
		self.add(format_args!(
			"<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
			from.0 + 0.5,
			from.1,
			to.0 - from.0 - 1.0,
			to.1 - from.1,
			colour(number)
		));
	}

	fn finish(mut self) -> String {
		self.0.push_str("</svg>\n");
		self.0
	}
}

impl Lines {
	/// Draws it.
	pub fn to_svg(&self) -> String {
		let mut canvas = Canvas::new(&self.title, self.lines.len());
		canvas.y_axis(&self.y);
		let ticks: Vec<_> = self
			.x
			.ticks()
			.into_iter()
			.map(|tick| (self.x.position(tick), self.x.tick_label(tick)))
			.collect();
		canvas.x_axis(&ticks, &self.x.label);
		for (number, line) in self.lines.iter().enumerate() {
			let places: Vec<_> = line
				.points
				.iter()
				.filter(|(x, y)| self.x.shows(*x) && self.y.shows(*y))
				.map(|(x, y)| place(self.x.position(*x), self.y.position(*y)))
				.collect();
			canvas.path(number, line.style, &places);
			let (x, y) = Canvas::legend_place(number);
			canvas.path(number, line.style, &[(x, y), (x + 30.0, y)]);
			canvas.text((x + 38.0, y + 4.0), "start", &line.name);
		}
		canvas.finish()
	}
}

impl Bars {
	/// Draws it.
	pub fn to_svg(&self) -> String {
		let mut canvas = Canvas::new(&self.title, self.sets.len());
		canvas.y_axis(&self.y);
		let width = 1.0 / self.categories.len().max(1) as f64;
		let ticks: Vec<_> = self
			.categories
			.iter()
			.enumerate()
			.map(|(number, name)| ((number as f64 + 0.5) * width, name.clone()))
			.collect();
		let bar = width * BARS_WIDTH / self.sets.len().max(1) as f64;
		for (number, (name, heights)) in self.sets.iter().enumerate() {
			for ((middle, _), height) in ticks.iter().zip(heights) {
				let left = middle - width * BARS_WIDTH / 2.0 + number as f64 * bar;
				canvas.bar(number, place(left, self.y.position(*height)), place(left + bar, 0.0));
			}
			let (x, y) = Canvas::legend_place(number);
			canvas.bar(number, (x, y - 6.0), (x + 30.0, y + 6.0));
			canvas.text((x + 38.0, y + 4.0), "start", name);
		}
		canvas.x_axis(&ticks, &self.label);
		canvas.finish()
	}
}
