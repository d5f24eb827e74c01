//! Why an Ethereum transaction is refused, in the words that Ethereum's tools know.
//!
//! The runtime answers with one of a few codes ([`InvalidTransaction`]), each of which stands for several
//! reasons: [`Payment`](InvalidTransaction::Payment) is a price below the base fee, too little gas, or an
//! empty purse. viem and ethers, for their part, tell errors apart by the texts of go-ethereum
//! (`core/error.go` and `core/txpool/errors.go` there). So the code is matched with what the transaction and
//! the chain say, and the reason is told as go-ethereum would.
//!
//! Nothing here looks anything up: [`explaining_pool`](crate::explaining_pool) does.

use pallet_revive::{
	evm::{GenericTransaction, TransactionSigned, TYPE_EIP7702},
	H160, RUNTIME_PALLETS_ADDR, U256,
};
use sp_runtime::transaction_validity::InvalidTransaction;

#[cfg(test)]
mod tests;

/// First bytes of typed transactions (EIP-2718) of which nothing is known here. The known types end with
/// set-code; above the typed ones begin the legacy ones.
const UNKNOWN_TYPES: std::ops::RangeInclusive<u8> = TYPE_EIP7702 + 1..=0x7f;
/// What PolkaVM code begins with. A deployment that does must be a whole PolkaVM program.
const POLKAVM_MAGIC: &[u8] = b"PVM\0";

/// What the chain's state says about itself, about a sender and about prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
	/// The chain's id, which differs from network to network.
	pub chain_id: u64,
	/// How many transactions the sender has sent, which is the nonce of the next one.
	pub nonce: U256,
	/// What the sender can spend, in wei.
	pub balance: U256,
	/// What a unit of gas costs, in wei.
	pub base_fee: U256,
}

/// An Ethereum transaction: as much of it as may be a reason to refuse it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
	sender: H160,
	chain_id: Option<U256>,
	nonce: U256,
	gas: U256,
	/// The gas price that the sender pays at most.
	max_price: U256,
	value: U256,
	/// Whether it hands in a call of the chain (governance, staking, …).
	is_runtime_call: bool,
	/// Whether it deploys what claims to be PolkaVM code.
	is_polkavm: bool,
}

impl Transaction {
	/// Reads a transaction as wallets encode it.
	///
	/// # Errors
	///
	/// Why it can be nothing that the chain takes, whatever its state.
	pub fn read(payload: &[u8]) -> Result<Self, String> {
		let signed = TransactionSigned::decode(payload).map_err(|error| {
			match payload.first().copied().filter(|first| UNKNOWN_TYPES.contains(first)) {
				Some(kind) => unsupported_type(&kind.to_string()),
				None => format!("transaction cannot be decoded: {error}"),
			}
		})?;
		match signed {
			TransactionSigned::Transaction4844Signed(_) => {
				return Err(unsupported_type("3 (EIP-4844, blobs)"))
			},
			TransactionSigned::Transaction7702Signed(_) => {
				return Err(unsupported_type("4 (EIP-7702, set code)"))
			},
			_ => {},
		}
		let sender = signed.recover_eth_address().map_err(|()| {
			"invalid sender: the signature does not recover to an address".to_string()
		})?;
		// With the highest base fee there is, the price is all that the sender would pay.
		let fields = GenericTransaction::from_signed(signed, U256::MAX, Some(sender));
		Ok(Self {
			sender,
			chain_id: fields.chain_id,
			nonce: fields.nonce.unwrap_or_default(),
			gas: fields.gas.unwrap_or_default(),
			max_price: fields.gas_price.unwrap_or_default(),
			value: fields.value.unwrap_or_default(),
			is_runtime_call: fields.to == Some(RUNTIME_PALLETS_ADDR),
			is_polkavm: fields.to.is_none() && fields.input.as_slice().starts_with(POLKAVM_MAGIC),
		})
	}

	/// Who sent it.
	pub fn sender(&self) -> H160 {
		self.sender
	}

	/// The most that it can take from its sender, in wei.
	pub fn greatest_cost(&self) -> U256 {
		self.gas.saturating_mul(self.max_price).saturating_add(self.value)
	}

	/// Why it is not let in without a chain id, although the chain itself would take it: it could be
	/// repeated on every other chain where its sender owns something (EIP-155). `ours` is asked for the chain's
	/// id only then, and may not know it.
	pub fn unprotected(&self, ours: impl FnOnce() -> Option<u64>) -> Option<String> {
		self.chain_id.is_none().then(|| {
			let id = ours().map_or_else(|| "this chain's id".into(), |id| format!("chain id {id}"));
			format!(
				"only replay-protected (EIP-155) transactions allowed over RPC: sign it with {id}"
			)
		})
	}

	/// Why it is not let in with more value than its sender has. The chain itself looks only at the fee: it
	/// would charge that for a transaction that then fails.
	///
	/// `None` also for a transaction whose turn has not come: those before it may bring what it needs; and
	/// for one that the chain refuses for another reason.
	pub fn unaffordable(&self, state: &State) -> Option<String> {
		let is_next = self.nonce == state.nonce;
		let is_else_fine = self.wrong_chain(state).is_none() && self.underpriced(state).is_none();
		(is_next && is_else_fine && state.balance < self.cost(state))
			.then(|| self.lacking_funds(state))
	}

	/// Why another one with its nonce, which waits to be included, is not replaced by it.
	pub fn not_replacing(&self) -> String {
		format!(
			"replacement transaction underpriced: address {:?} has a pending transaction with nonce {}, \
			 and no price replaces it here",
			self.sender, self.nonce
		)
	}

	/// Why the runtime, whose state is `state`, refuses it with `code`.
	pub fn explain(&self, state: &State, code: InvalidTransaction) -> String {
		let reason = match code {
			InvalidTransaction::Stale => Some(self.used_nonce(state)),
			InvalidTransaction::Call => self
				.beyond_nonces()
				.or_else(|| self.wrong_chain(state))
				.or_else(|| self.bad_runtime_call())
				.or_else(|| self.bad_polkavm()),
			// A wallet can mend a nonce and a price, but not the purse: so those are told first.
			InvalidTransaction::Payment => self
				.stale(state)
				.or_else(|| self.underpriced(state))
				.or_else(|| self.unable_to_pay_gas(state))
				.or_else(|| Some(self.too_little_gas())),
			_ => None,
		};
		reason.unwrap_or_else(|| {
			let reason: &'static str = code.into();
			format!("transaction refused: {reason}")
		})
	}

	/// Why it comes too late, if it does: a transaction with its nonce is in a block, perhaps this one.
	pub fn stale(&self, state: &State) -> Option<String> {
		(self.nonce < state.nonce).then(|| self.used_nonce(state))
	}

	/// What is wrong with it for sure, as far as can be told without the runtime's answer: for a pool that
	/// does not ask the runtime again about what was refused a moment ago.
	pub fn fault(&self, state: &State) -> Option<String> {
		self.beyond_nonces()
			.or_else(|| self.wrong_chain(state))
			.or_else(|| self.stale(state))
			.or_else(|| self.underpriced(state))
			.or_else(|| self.unable_to_pay_gas(state))
	}

	/// What its gas costs at most.
	fn gas_cost(&self, state: &State) -> U256 {
		self.gas.saturating_mul(self.max_price.min(state.base_fee))
	}

	fn cost(&self, state: &State) -> U256 {
		self.gas_cost(state).saturating_add(self.value)
	}

	/// Nonces have 32 bits here, and 64 on Ethereum.
	fn beyond_nonces(&self) -> Option<String> {
		let highest = fusion_runtime::Nonce::MAX;
		(self.nonce > U256::from(highest)).then(|| {
			format!(
				"nonce has max value: address {:?}, nonce: {}, highest here: {highest}",
				self.sender, self.nonce
			)
		})
	}

	fn wrong_chain(&self, state: &State) -> Option<String> {
		let ours = state.chain_id;
		let theirs = self.chain_id.filter(|id| *id != U256::from(ours))?;
		Some(format!("invalid chain id: {theirs}, this chain's is {ours}"))
	}

	fn bad_runtime_call(&self) -> Option<String> {
		self.is_runtime_call.then(|| {
			if self.value.is_zero() {
				format!("the data sent to {RUNTIME_PALLETS_ADDR:?} is not an encoded call of this chain")
			} else {
				format!("a call of this chain, sent to {RUNTIME_PALLETS_ADDR:?}, takes no value")
			}
		})
	}

	fn bad_polkavm(&self) -> Option<String> {
		self.is_polkavm.then(|| {
			"the code to deploy begins as PolkaVM code does, but is no PolkaVM program".to_string()
		})
	}

	fn used_nonce(&self, state: &State) -> String {
		format!(
			"nonce too low: address {:?}, tx: {} state: {}",
			self.sender, self.nonce, state.nonce
		)
	}

	fn underpriced(&self, state: &State) -> Option<String> {
		(self.max_price < state.base_fee).then(|| {
			format!(
				"max fee per gas less than block base fee: address {:?}, maxFeePerGas: {}, baseFee: {}",
				self.sender, self.max_price, state.base_fee
			)
		})
	}

	fn unable_to_pay_gas(&self, state: &State) -> Option<String> {
		(state.balance < self.gas_cost(state)).then(|| self.lacking_funds(state))
	}

	fn lacking_funds(&self, state: &State) -> String {
		format!(
			"insufficient funds for gas * price + value: address {:?} have {} want {}",
			self.sender,
			state.balance,
			self.cost(state)
		)
	}

	fn too_little_gas(&self) -> String {
		format!(
			"intrinsic gas too low: have {}, which does not cover the length and the call of the \
			 transaction; eth_estimateGas says what does",
			self.gas
		)
	}
}

fn unsupported_type(kind: &str) -> String {
	// go-ethereum's words, and the ones that viem looks for.
	format!(
		"transaction type not supported: {kind}; transaction type not valid here, use 0, 1 or 2"
	)
}
