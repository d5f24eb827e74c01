//! Text for people: names and values, one a line.

/// Names and values, in the order in which they are shown. A name with nothing behind it begins a part.
#[derive(Debug, Default)]
pub struct Table(Vec<(String, String)>);

impl Table {
	/// Begins a part.
	pub fn part(&mut self, title: impl Into<String>) -> &mut Self {
		self.row(title, "")
	}

	/// Adds a line.
	pub fn row(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
		self.0.push((name.into(), value.into()));
		self
	}
}

impl std::fmt::Display for Table {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		let with_value = || self.0.iter().filter(|(_, value)| !value.is_empty());
		let width = with_value().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
		for (index, (name, value)) in self.0.iter().enumerate() {
			if value.is_empty() {
				let gap = if index == 0 { "" } else { "\n" };
				writeln!(formatter, "{gap}{name}")?;
			} else {
				writeln!(formatter, "{name:width$}  {value}")?;
			}
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn values_stand_below_each_other() {
		let mut table = Table::default();
		table
			.part("Reserves")
			.row("held", "1")
			.row("deficit", "2")
			.part("Lock-in")
			.row("open", "yes");
		assert_eq!(
			table.to_string(),
			"Reserves\nheld     1\ndeficit  2\n\nLock-in\nopen     yes\n"
		);
	}
}
