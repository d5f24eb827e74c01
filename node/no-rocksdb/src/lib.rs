//! Takes the place of `kvdb-rocksdb`, which `polkadot-service` links in whatever database is chosen, and which would bring
//! ten CPU minutes of C++ with it. Our nodes, and the relay chain nodes inside of them, use ParityDB.
//!
//! There is no value of [`Database`], so that nothing can be kept in one, or lost: [`Database::open`] always fails,
//! and says what to do.

use std::{collections::HashMap, io, path::Path};

use kvdb::{DBKeyValue, DBTransaction, DBValue, KeyValueDB};

/// How a database was to be opened. Ignored.
#[derive(Clone, Debug, Default)]
pub struct DatabaseConfig {
	/// Whether a database is made where there is none.
	pub create_if_missing: bool,
	/// Memory for each column, in MiB.
	pub memory_budget: HashMap<u32, usize>,
}

impl DatabaseConfig {
	/// Settings for a number of columns.
	pub fn with_columns(_columns: u32) -> Self {
		Self { create_if_missing: true, ..Self::default() }
	}
}

/// A RocksDB database: there is none.
pub enum Database {}

impl Database {
	/// Fails.
	///
	/// # Errors
	///
	/// Always. Whoever only looks whether there is a database is told that there is none, in the words that
	/// `sc-client-db` knows this by; others get [`io::ErrorKind::Unsupported`], and a message that names the way out.
	pub fn open<P: AsRef<Path>>(config: &DatabaseConfig, path: P) -> io::Result<Self> {
		if !config.create_if_missing && !path.as_ref().exists() {
			return Err(io::Error::new(io::ErrorKind::NotFound, "create_if_missing is false"));
		}
		Err(io::Error::new(
			io::ErrorKind::Unsupported,
			format!(
				"this node is built without RocksDB and cannot open {}: start it with --database paritydb (for an embedded \
				 relay chain node, after the --), and with a base path that no RocksDB database is in",
				path.as_ref().display()
			),
		))
	}

	/// Adds a column.
	///
	/// # Errors
	///
	/// None: there is no database to call this on.
	pub fn add_column(&mut self) -> io::Result<()> {
		match *self {}
	}

	/// Removes the last column.
	///
	/// # Errors
	///
	/// None: there is no database to call this on.
	pub fn remove_last_column(&mut self) -> io::Result<()> {
		match *self {}
	}

	/// Begins a transaction.
	pub fn transaction(&self) -> DBTransaction {
		match *self {}
	}

	/// Reads a value.
	///
	/// # Errors
	///
	/// None: there is no database to call this on.
	pub fn get(&self, _column: u32, _key: &[u8]) -> io::Result<Option<DBValue>> {
		match *self {}
	}

	/// Writes a transaction.
	///
	/// # Errors
	///
	/// None: there is no database to call this on.
	pub fn write(&self, _transaction: DBTransaction) -> io::Result<()> {
		match *self {}
	}

	/// All items of a column.
	pub fn iter(&self, _column: u32) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + '_> {
		match *self {}
	}

	/// Compacts a column.
	///
	/// # Errors
	///
	/// None: there is no database to call this on.
	pub fn force_compact(&self, _column: u32) -> io::Result<()> {
		match *self {}
	}
}

impl KeyValueDB for Database {
	fn get(&self, _column: u32, _key: &[u8]) -> io::Result<Option<DBValue>> {
		match *self {}
	}

	fn get_by_prefix(&self, _column: u32, _prefix: &[u8]) -> io::Result<Option<DBValue>> {
		match *self {}
	}

	fn write(&self, _transaction: DBTransaction) -> io::Result<()> {
		match *self {}
	}

	fn iter<'a>(&'a self, _column: u32) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
		match *self {}
	}

	fn iter_with_prefix<'a>(
		&'a self,
		_column: u32,
		_prefix: &'a [u8],
	) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
		match *self {}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn opening_says_what_to_do() {
		let error = Database::open(&DatabaseConfig::with_columns(3), "/data/chain/db")
			.err()
			.expect("there is no database");
		assert_eq!(error.kind(), io::ErrorKind::Unsupported);
		let message = error.to_string();
		assert!(
			message.contains("/data/chain/db") && message.contains("--database paritydb"),
			"{message}"
		);
	}

	#[test]
	fn looking_finds_nothing() {
		let config = DatabaseConfig { create_if_missing: false, ..DatabaseConfig::with_columns(3) };
		let error = Database::open(&config, "/there/is/no/such/folder")
			.err()
			.expect("there is no database");
		assert_eq!(error.kind(), io::ErrorKind::NotFound);
	}
}
