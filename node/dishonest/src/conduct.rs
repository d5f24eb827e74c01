//! How this collator behaves, and who says so.

use std::path::PathBuf;

/// Siblings of a flood, if nothing else is said.
const SIBLINGS: u32 = 64;

/// How the collator behaves in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
	/// As it should.
	Honest,
	/// Keeps its packages to itself, and makes blocks of them.
	Withhold,
	/// Leaves out the package of a group from its block.
	Omit,
	/// Claims a place that is not its own, with the handicap of that place; or another node's name.
	Claim,
	/// Seals two sound blocks for one slot and parent.
	EquivocateBlocks,
	/// Signs two packages for one slot, parent and group.
	EquivocatePackages,
	/// Seals many blocks for one slot and parent, with other contents, packages and nonces.
	Flood,
	/// Seals a block that breaks a rule that the header shows: its nonce, its slot, its VRF output, its seals.
	Break,
	/// Seals a block whose header is sound, and whose packages are not those that it claims.
	Swap,
}

impl Conduct {
	/// All of them.
	pub const ALL: [Self; 9] = [
		Self::Honest,
		Self::Withhold,
		Self::Omit,
		Self::Claim,
		Self::EquivocateBlocks,
		Self::EquivocatePackages,
		Self::Flood,
		Self::Break,
		Self::Swap,
	];

	/// The word for it.
	pub fn name(self) -> &'static str {
		match self {
			Self::Honest => "honest",
			Self::Withhold => "withhold",
			Self::Omit => "omit",
			Self::Claim => "claim",
			Self::EquivocateBlocks => "equivocate-blocks",
			Self::EquivocatePackages => "equivocate-packages",
			Self::Flood => "flood",
			Self::Break => "break",
			Self::Swap => "swap",
		}
	}

	fn from_name(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|conduct| conduct.name() == name)
	}
}

impl std::fmt::Display for Conduct {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(self.name())
	}
}

/// Why it is not known how to behave.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConductError {
	/// Nothing is said.
	#[error(
		"say how to behave: FUSION_CONDUCT is one of {names}, or FUSION_CONDUCT_FILE is a file with such a word",
		names = names()
	)]
	Unsaid,
	/// There is no such conduct.
	#[error("\"{0}\" is no conduct: it is one of {names}", names = names())]
	Unknown(String),
	/// The number of siblings is none.
	#[error("FUSION_SIBLINGS is a number from 1 to 100000, and not \"{0}\"")]
	Siblings(String),
}

fn names() -> String {
	Conduct::ALL.map(Conduct::name).join(", ")
}

/// Says how to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
	file: Option<PathBuf>,
	last: Conduct,
	/// How many siblings a flood has.
	pub siblings: u32,
}

impl Source {
	/// Reads the environment.
	pub fn from_environment(
		variable: impl Fn(&str) -> Option<String>,
	) -> Result<Self, ConductError> {
		let siblings = match variable("FUSION_SIBLINGS") {
			None => SIBLINGS,
			Some(text) => text
				.parse()
				.ok()
				.filter(|siblings| (1..=100_000).contains(siblings))
				.ok_or(ConductError::Siblings(text))?,
		};
		let file = variable("FUSION_CONDUCT_FILE").map(PathBuf::from);
		let last = match variable("FUSION_CONDUCT") {
			Some(name) => Conduct::from_name(&name).ok_or(ConductError::Unknown(name))?,
			None if file.is_some() => Conduct::Honest,
			None => return Err(ConductError::Unsaid),
		};
		Ok(Self { file, last, siblings })
	}

	/// How to behave now. If the file cannot be read, or says nothing that is known, as before.
	pub fn now(&mut self) -> Conduct {
		let said = self.file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
		if let Some(conduct) = said.and_then(|text| Conduct::from_name(text.trim())) {
			self.last = conduct;
		}
		self.last
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn source(variables: &[(&str, &str)]) -> Result<Source, ConductError> {
		Source::from_environment(|name| {
			let found = variables.iter().find(|(other, _)| *other == name);
			found.map(|(_, value)| value.to_string())
		})
	}

	#[test]
	fn conduct_should_be_what_the_environment_says() {
		for conduct in Conduct::ALL {
			let mut source = source(&[("FUSION_CONDUCT", conduct.name())]).unwrap();
			assert_eq!((source.now(), source.siblings), (conduct, SIBLINGS));
		}
		assert_eq!(source(&[]), Err(ConductError::Unsaid));
		let unknown = source(&[("FUSION_CONDUCT", "kind")]).unwrap_err();
		assert_eq!(unknown, ConductError::Unknown("kind".into()));
		assert!(unknown.to_string().contains("equivocate-blocks"));
		for wrong in ["0", "many", "100001", "-1"] {
			let error = source(&[("FUSION_CONDUCT", "flood"), ("FUSION_SIBLINGS", wrong)]);
			assert_eq!(error, Err(ConductError::Siblings(wrong.into())));
		}
		let few = source(&[("FUSION_CONDUCT", "flood"), ("FUSION_SIBLINGS", "7")]).unwrap();
		assert_eq!(few.siblings, 7);
	}

	#[test]
	fn conduct_should_change_when_the_file_does() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("conduct");
		let mut source = source(&[("FUSION_CONDUCT_FILE", path.to_str().unwrap())]).unwrap();
		// It is not there yet.
		assert_eq!(source.now(), Conduct::Honest);
		std::fs::write(&path, "omit\n").unwrap();
		assert_eq!(source.now(), Conduct::Omit);
		std::fs::write(&path, "").unwrap();
		assert_eq!(source.now(), Conduct::Omit);
		std::fs::write(&path, "flood").unwrap();
		assert_eq!(source.now(), Conduct::Flood);
	}
}
