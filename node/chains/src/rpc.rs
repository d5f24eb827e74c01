//! What is asked of a Bitcoin node, and a client of Bitcoin Core's JSON-RPC.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use bitcoin::{consensus::encode::deserialize_hex, Block, BlockHash, OutPoint};
use jsonrpc::{minreq_http, minreq_http::MinreqHttpTransport, Client};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, value::RawValue, Value};

/// Most hexadecimal digits in a block: its weight is at most 4,000,000, so it has at most as many
/// bytes (BIP-141).
const MAX_BLOCK_DIGITS: usize = 8_000_000;
/// Longest answer to any other call that is read: they are all short.
const MAX_ANSWER: usize = 64 * 1024;
/// Longest text of Bitcoin Core's that is passed on in an error.
const MAX_REASON: usize = 300;

/// Bitcoin Core's `RPC_INVALID_PARAMETER`: for `getblockhash`, there is no block at that height.
const CODE_INVALID_PARAMETER: i32 = -8;
/// Bitcoin Core's `RPC_VERIFY_ALREADY_IN_UTXO_SET`: the transaction is in a block.
const CODE_IN_CHAIN: i32 = -27;
/// Bitcoin Core's `RPC_IN_WARMUP`.
const CODE_WARMUP: i32 = -28;
/// What Bitcoin Core says of a transaction that it has got already.
const KNOWN: [&str; 3] =
	["txn-already-in-mempool", "txn-already-known", "txn-same-nonwitness-data-in-mempool"];

/// Why a Bitcoin node gave no (good) answer.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
	/// No connection, no answer in time, or too busy to answer.
	#[error("Bitcoin Core at {url} cannot be reached: {reason}. Is it running with `server=1`?")]
	Unreachable {
		/// Where it should be.
		url: String,
		/// What happened.
		reason: String,
	},
	/// It is there, but is still loading.
	#[error("Bitcoin Core at {url} is starting: {reason}")]
	Starting {
		/// Where it is.
		url: String,
		/// What it is doing.
		reason: String,
	},
	/// It does not know us.
	#[error(
		"Bitcoin Core at {url} refuses the credentials (HTTP status {status}). Check the user and \
		 password, or the path of its cookie file"
	)]
	Unauthorized {
		/// Where it is.
		url: String,
		/// Status of its answer.
		status: i32,
	},
	/// Its cookie file cannot be read.
	#[error(
		"The cookie file of Bitcoin Core at {path} cannot be read: {reason}. It is there while Bitcoin \
		 Core runs, in its data folder"
	)]
	Cookie {
		/// Path of the file.
		path: String,
		/// What happened.
		reason: String,
	},
	/// It answered with an error.
	#[error("Bitcoin Core refuses `{method}`: {message} (code {code})")]
	Refused {
		/// What was called.
		method: &'static str,
		/// Bitcoin Core's code.
		code: i32,
		/// Bitcoin Core's text.
		message: String,
	},
	/// It answered with something that makes no sense.
	#[error("Bitcoin Core answers `{method}` with something that makes no sense: {reason}")]
	Unexpected {
		/// What was called.
		method: &'static str,
		/// What is wrong with it.
		reason: String,
	},
}

/// Where a Bitcoin node's best chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
	/// Name of the network: `main`, `test`, `testnet4`, `signet` or `regtest`.
	pub chain: String,
	/// Height of the tip.
	pub blocks: u32,
	/// Whether it is still catching up with its network, as it is when it is new. (On a private network
	/// that may stay so.)
	pub initial_block_download: bool,
}

/// What a Bitcoin node says of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderInfo {
	/// Its height.
	pub height: u32,
	/// How many confirmations it has; 0 if it is not in the best chain.
	pub confirmations: u32,
	/// Its median time past (BIP-113), in seconds since 1970: it never goes back from one block to the next.
	pub median_time: u32,
}

/// An output that nobody has spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unspent {
	/// How many confirmations it has; 0 if it is only in the node's pool.
	pub confirmations: u32,
}

/// What became of a transaction that was broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
	/// The node has it in its pool and tells others.
	Sent,
	/// The node had it already, in its pool or in a block.
	Known,
}

/// A Bitcoin node. Its calls block.
pub trait BitcoinRpc: Send + Sync + 'static {
	/// Where its best chain stands.
	fn chain_info(&self) -> Result<ChainInfo, RpcError>;
	/// Hash of the block at this height of the best chain. `None` if the chain is not that long.
	fn block_hash(&self, height: u32) -> Result<Option<BlockHash>, RpcError>;
	/// What it says of a block.
	fn header(&self, hash: BlockHash) -> Result<HeaderInfo, RpcError>;
	/// A block.
	fn block(&self, hash: BlockHash) -> Result<Block, RpcError>;
	/// An output, unless it is spent or there is no such one. `in_pool`: what is only in the node's pool counts
	/// as well, both what makes outputs and what spends them.
	fn unspent(&self, outpoint: OutPoint, in_pool: bool) -> Result<Option<Unspent>, RpcError>;
	/// The fee rate with which a transaction will probably be confirmed within so many blocks, in satoshi for a
	/// virtual byte. `None` if the node has seen too little to say.
	fn fee_rate(&self, blocks: u16) -> Result<Option<u64>, RpcError>;
	/// Broadcasts a transaction. It may be done again with the same one.
	fn broadcast(&self, transaction: &[u8]) -> Result<Broadcast, RpcError>;
}

/// How a client shows that it may call.
#[derive(Clone)]
pub enum Auth {
	/// By the cookie file that Bitcoin Core writes at every start. It is read anew for every call.
	Cookie(PathBuf),
	/// By a name and a password (`rpcauth` or `rpcuser` and `rpcpassword`).
	Password {
		/// The name.
		user: String,
		/// The password.
		password: String,
	},
}

impl fmt::Debug for Auth {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Auth::Cookie(path) => f.debug_tuple("Cookie").field(path).finish(),
			Auth::Password { user, .. } => {
				f.debug_struct("Password").field("user", user).finish_non_exhaustive()
			},
		}
	}
}

/// A client of Bitcoin Core's JSON-RPC over HTTP.
///
/// The library that it stands on reads an answer of any length within the timeout, so what bounds an
/// answer is the timeout, and the lengths that are checked before anything is decoded. Bitcoin Core
/// should be a node of one's own: what it says of Bitcoin is believed.
#[derive(Clone, Debug)]
pub struct BitcoinCore {
	url: String,
	auth: Auth,
	timeout: Duration,
}

impl BitcoinCore {
	/// A client for the node at `url` (`http://127.0.0.1:8332`). A call takes at most `timeout` (in
	/// whole seconds, at least one).
	pub fn new(url: impl Into<String>, auth: Auth, timeout: Duration) -> Self {
		Self { url: url.into(), auth, timeout: timeout.max(Duration::from_secs(1)) }
	}

	fn client(&self) -> Result<Client, RpcError> {
		let builder = MinreqHttpTransport::builder()
			.timeout(self.timeout)
			.url(&self.url)
			.map_err(|error| self.unreachable(error))?;
		let builder = match &self.auth {
			Auth::Cookie(path) => {
				let cookie = std::fs::read_to_string(path).map_err(|error| RpcError::Cookie {
					path: path.display().to_string(),
					reason: error.to_string(),
				})?;
				builder.cookie_auth(cookie.trim())
			},
			Auth::Password { user, password } => {
				builder.basic_auth(user.clone(), Some(password.clone()))
			},
		};
		Ok(Client::with_transport(builder.build()))
	}

	fn call<T: DeserializeOwned>(
		&self,
		method: &'static str,
		parameters: Value,
		limit: usize,
	) -> Result<T, RpcError> {
		let parameters = jsonrpc::try_arg(parameters)
			.map_err(|error| RpcError::Unexpected { method, reason: error.to_string() })?;
		let answer: Box<RawValue> = self
			.client()?
			.call(method, Some(&parameters))
			.map_err(|error| self.error(method, error))?;
		if answer.get().len() > limit {
			let reason = format!("{} bytes, where {limit} are the most", answer.get().len());
			return Err(RpcError::Unexpected { method, reason });
		}
		serde_json::from_str(answer.get())
			.map_err(|error| RpcError::Unexpected { method, reason: error.to_string() })
	}

	fn error(&self, method: &'static str, error: jsonrpc::Error) -> RpcError {
		let url = self.url.clone();
		match error {
			jsonrpc::Error::Rpc(error) if error.code == CODE_WARMUP => {
				RpcError::Starting { url, reason: shorten(&error.message) }
			},
			jsonrpc::Error::Rpc(error) => {
				RpcError::Refused { method, code: error.code, message: shorten(&error.message) }
			},
			jsonrpc::Error::Transport(error) => match error.downcast_ref() {
				Some(minreq_http::Error::Http(http)) if [401, 403].contains(&http.status_code) => {
					RpcError::Unauthorized { url, status: http.status_code }
				},
				_ => self.unreachable(error),
			},
			error => RpcError::Unexpected { method, reason: shorten(&error.to_string()) },
		}
	}

	fn unreachable(&self, error: impl fmt::Display) -> RpcError {
		RpcError::Unreachable { url: self.url.clone(), reason: shorten(&error.to_string()) }
	}
}

impl BitcoinRpc for BitcoinCore {
	fn chain_info(&self) -> Result<ChainInfo, RpcError> {
		#[derive(Deserialize)]
		struct Answer {
			chain: String,
			blocks: u32,
			initialblockdownload: bool,
		}
		let answer: Answer = self.call("getblockchaininfo", json!([]), MAX_ANSWER)?;
		Ok(ChainInfo {
			chain: answer.chain,
			blocks: answer.blocks,
			initial_block_download: answer.initialblockdownload,
		})
	}

	fn block_hash(&self, height: u32) -> Result<Option<BlockHash>, RpcError> {
		const METHOD: &str = "getblockhash";
		match self.call::<String>(METHOD, json!([height]), MAX_ANSWER) {
			Ok(text) => BlockHash::from_str(&text).map(Some).map_err(|error| {
				RpcError::Unexpected { method: METHOD, reason: error.to_string() }
			}),
			Err(RpcError::Refused { code: CODE_INVALID_PARAMETER, .. }) => Ok(None),
			Err(error) => Err(error),
		}
	}

	fn header(&self, hash: BlockHash) -> Result<HeaderInfo, RpcError> {
		#[derive(Deserialize)]
		struct Answer {
			height: u32,
			// -1 for a block that is not in the best chain.
			confirmations: i64,
			mediantime: u32,
		}
		let answer: Answer =
			self.call("getblockheader", json!([hash.to_string(), true]), MAX_ANSWER)?;
		Ok(HeaderInfo {
			height: answer.height,
			confirmations: u32::try_from(answer.confirmations.max(0)).unwrap_or(u32::MAX),
			median_time: answer.mediantime,
		})
	}

	fn block(&self, hash: BlockHash) -> Result<Block, RpcError> {
		const METHOD: &str = "getblock";
		// Two more for the quotation marks.
		let text: String =
			self.call(METHOD, json!([hash.to_string(), 0]), MAX_BLOCK_DIGITS.saturating_add(2))?;
		deserialize_hex(&text)
			.map_err(|error| RpcError::Unexpected { method: METHOD, reason: error.to_string() })
	}

	fn unspent(&self, outpoint: OutPoint, in_pool: bool) -> Result<Option<Unspent>, RpcError> {
		#[derive(Deserialize)]
		struct Answer {
			confirmations: u32,
		}
		let parameters = json!([outpoint.txid.to_string(), outpoint.vout, in_pool]);
		let answer: Option<Answer> = self.call("gettxout", parameters, MAX_ANSWER)?;
		Ok(answer.map(|answer| Unspent { confirmations: answer.confirmations }))
	}

	fn fee_rate(&self, blocks: u16) -> Result<Option<u64>, RpcError> {
		const METHOD: &str = "estimatesmartfee";
		#[derive(Deserialize)]
		struct Answer {
			/// In bitcoin for 1,000 virtual bytes. Not there if it cannot be said.
			feerate: Option<f64>,
		}
		let answer: Answer = self.call(METHOD, json!([blocks]), MAX_ANSWER)?;
		let Some(rate) = answer.feerate else { return Ok(None) };
		// More than a bitcoin for 1,000 bytes is a mistake, and so is nothing.
		if !(rate > 0.0 && rate <= 1.0) {
			let reason = format!("a fee rate of {rate} bitcoin for 1,000 virtual bytes");
			return Err(RpcError::Unexpected { method: METHOD, reason });
		}
		// At most 10^8, and exact: Bitcoin Core writes eight digits after the point.
		let satoshi = (rate * 1e8).round() as u64;
		Ok(Some(satoshi.div_ceil(1_000)))
	}

	fn broadcast(&self, transaction: &[u8]) -> Result<Broadcast, RpcError> {
		let parameters = json!([hex::encode(transaction)]);
		match self.call::<String>("sendrawtransaction", parameters, MAX_ANSWER) {
			Ok(_) => Ok(Broadcast::Sent),
			Err(RpcError::Refused { code: CODE_IN_CHAIN, .. }) => Ok(Broadcast::Known),
			Err(RpcError::Refused { message, .. }) if KNOWN.iter().any(|k| message.contains(k)) => {
				Ok(Broadcast::Known)
			},
			Err(error) => Err(error),
		}
	}
}

/// What others write goes into our log only in part, and on one line.
fn shorten(text: &str) -> String {
	text.chars().take(MAX_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
