//! The transaction pool as the node's JSON-RPC sees it: it says why it refuses an Ethereum transaction.
//!
//! ```text
//!  wallet ──▶ eth_rpc ──▶ author_submitAndWatchExtrinsic ──▶ ExplainingPool ──▶ pool ──▶ runtime
//!         ◀── message ◀──     "Verification Error: …"    ◀── reason in words ◀── code ◀──
//! ```
//!
//! The RPC server has one message for all that the runtime refuses ("Invalid Transaction") and puts the
//! reason beside it, as data; `pallet-revive-eth-rpc` hands only the message on. But an error that is not
//! one of the pool's own becomes a message as a whole. So a refused Ethereum transaction gets such an error,
//! with the reason in Ethereum's words ([`refusal`](crate::refusal)). All other extrinsics get the errors
//! that Substrate's tools know.
//!
//! What Ethereum's nodes do not let in, but the chain would take, is stopped here as well: transactions
//! without a chain id, and with more value than their sender has. That binds only those who ask this node:
//! the pool itself takes both from other nodes.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use codec::{Decode, DecodeAll, Encode};
use fusion_runtime::{
	networks::NetworksApi,
	opaque::{Block, UncheckedExtrinsic},
	Hash, Runtime, RuntimeCall,
};
use pallet_revive::{
	pallet_revive_types::runtime_api::{
		BalanceInputPayloadV1, BalanceVersionedInputPayload, BalanceVersionedOutputPayload,
		GasPriceInputPayloadV1, GasPriceVersionedInputPayload, GasPriceVersionedOutputPayload,
		NonceInputPayloadV1, NonceVersionedInputPayload, NonceVersionedOutputPayload,
	},
	ReviveApi, H160, U256,
};
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	ChainEvent, ImportNotificationStream, MaintainedTransactionPool, PoolStatus, ReadyTransactions,
	TransactionFor, TransactionPool, TransactionSource, TransactionStatusStreamFor, TxHash,
	TxInvalidityReportMap,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_runtime::generic::Preamble;

use crate::{
	refusal::{State, Transaction},
	service::{FullClient, Pool},
};

/// A boxed iterator over transactions that are ready to be included.
type Ready =
	Box<dyn ReadyTransactions<Item = Arc<<Pool as TransactionPool>::InPoolTransaction>> + Send>;

/// Why a transaction did not enter the pool.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// As the pool itself says.
	#[error(transparent)]
	Pool(<Pool as TransactionPool>::Error),
	/// An Ethereum transaction is refused, for this reason.
	#[error("{0}")]
	Refused(String),
}

impl From<PoolError> for Error {
	fn from(error: PoolError) -> Self {
		Self::Pool(error.into())
	}
}

impl IntoPoolError for Error {
	fn into_pool_error(self) -> Result<PoolError, Self> {
		match self {
			Self::Pool(error) => error.into_pool_error().map_err(Self::Pool),
			refused => Err(refused),
		}
	}
}

/// An Ethereum transaction, or why it is none.
type Ethereum = Result<Transaction, String>;

/// The bytes of the Ethereum transaction in an extrinsic that is nothing but an envelope of one.
///
/// It is found by its first bytes, not by decoding the extrinsic: a call can be nested deeper than this
/// process has stack for. Only the runtime, in its sandbox, decodes what a stranger sends.
fn envelope(extrinsic: &UncheckedExtrinsic) -> Option<Vec<u8>> {
	/// Of what a signed extrinsic would begin with, nothing matters here.
	type AnyPreamble = Preamble<(), (), ()>;

	let mut bytes = extrinsic.inner();
	let Ok(Preamble::Bare(_)) = AnyPreamble::decode(&mut bytes) else { return None };
	let empty = pallet_revive::Call::<Runtime>::eth_transact { payload: Vec::new() };
	let empty = RuntimeCall::from(empty).encode();
	// The numbers of the pallet and of the call.
	let mut payload = bytes.strip_prefix(empty.get(..2)?)?;
	Vec::<u8>::decode_all(&mut payload).ok()
}

fn ethereum(extrinsic: &UncheckedExtrinsic) -> Option<Ethereum> {
	envelope(extrinsic).map(|payload| Transaction::read(&payload))
}

/// A transaction pool that says why it refuses an Ethereum transaction.
pub struct ExplainingPool {
	client: Arc<FullClient>,
	pool: Arc<Pool>,
}

impl ExplainingPool {
	/// The pool `pool`, with reasons that `client` looks up.
	pub fn new(client: Arc<FullClient>, pool: Arc<Pool>) -> Self {
		Self { client, pool }
	}

	fn chain_id(&self, at: Hash) -> Result<u64, ApiError> {
		self.client.runtime_api().evm_chain_id(at)
	}

	fn balance(&self, at: Hash, address: H160) -> Result<U256, ApiError> {
		let input = BalanceVersionedInputPayload::V1(BalanceInputPayloadV1 { address });
		let BalanceVersionedOutputPayload::V1(output) =
			self.client.runtime_api().balance_versioned(at, input)?;
		Ok(output.balance)
	}

	fn nonce(&self, at: Hash, address: H160) -> Result<U256, ApiError> {
		let input = NonceVersionedInputPayload::V1(NonceInputPayloadV1 { address });
		let NonceVersionedOutputPayload::V1(output) =
			self.client.runtime_api().nonce_versioned(at, input)?;
		Ok(U256::from(output.nonce))
	}

	fn base_fee(&self, at: Hash) -> Result<U256, ApiError> {
		let input = GasPriceVersionedInputPayload::V1(GasPriceInputPayloadV1);
		let GasPriceVersionedOutputPayload::V1(output) =
			self.client.runtime_api().gas_price_versioned(at, input)?;
		Ok(output.gas_price)
	}

	/// What block `at` says that matters to a transaction of `sender`.
	fn state(&self, at: Hash, sender: H160) -> Option<State> {
		let read = || -> Result<State, ApiError> {
			Ok(State {
				chain_id: self.chain_id(at)?,
				nonce: self.nonce(at, sender)?,
				balance: self.balance(at, sender)?,
				base_fee: self.base_fee(at)?,
			})
		};
		read()
			.map_err(|error| log::debug!("the state of {sender:?} at {at} is not known: {error}"))
			.ok()
	}

	/// Stops what Ethereum's nodes do not let in, but the chain would take.
	fn admit(&self, at: Hash, ethereum: Option<&Ethereum>) -> Result<(), Error> {
		let Some(Ok(transaction)) = ethereum else { return Ok(()) };
		let reason = transaction.unprotected(|| self.chain_id(at).ok()).or_else(|| {
			// For nearly all transactions, this one look at the state is enough.
			let balance = self.balance(at, transaction.sender()).ok()?;
			if balance >= transaction.greatest_cost() {
				return None;
			}
			transaction.unaffordable(&self.state(at, transaction.sender())?)
		});
		reason.map_or(Ok(()), |reason| Err(Error::Refused(reason)))
	}

	/// Puts a reason in the place of the pool's error, if the transaction is an Ethereum one and the reason
	/// can be told.
	fn explain(
		&self,
		at: Hash,
		ethereum: Option<Ethereum>,
		error: <Pool as TransactionPool>::Error,
	) -> Error {
		let Some(ethereum) = ethereum else { return Error::Pool(error) };
		let error = match error.into_pool_error() {
			Ok(error) => error,
			Err(error) => return Error::Pool(error),
		};
		let reason = match (&error, ethereum) {
			(PoolError::InvalidTransaction(_) | PoolError::TemporarilyBanned, Err(reason)) => {
				Some(reason)
			},
			(PoolError::InvalidTransaction(code), Ok(transaction)) => {
				self.state(at, transaction.sender()).map(|state| transaction.explain(&state, *code))
			},
			// Included already, but not final: until then the pool keeps it.
			(PoolError::AlreadyImported(_), Ok(transaction)) => {
				self.state(at, transaction.sender()).and_then(|state| transaction.stale(&state))
			},
			// The pool refused or dropped it a moment ago, and does not look again.
			(PoolError::TemporarilyBanned, Ok(transaction)) => {
				self.state(at, transaction.sender()).and_then(|state| transaction.fault(&state))
			},
			(PoolError::TooLowPriority { .. }, Ok(transaction)) => {
				Some(transaction.not_replacing())
			},
			_ => None,
		};
		reason.map_or_else(|| Error::from(error), Error::Refused)
	}
}

#[async_trait::async_trait]
impl TransactionPool for ExplainingPool {
	type Block = Block;
	type Hash = <Pool as TransactionPool>::Hash;
	type InPoolTransaction = <Pool as TransactionPool>::InPoolTransaction;
	type Error = Error;

	// The RPC server does not use this one.
	async fn submit_at(
		&self,
		at: Hash,
		source: TransactionSource,
		xts: Vec<TransactionFor<Self>>,
	) -> Result<Vec<Result<TxHash<Self>, Error>>, Error> {
		let results = self.pool.submit_at(at, source, xts).await.map_err(Error::Pool)?;
		Ok(results.into_iter().map(|result| result.map_err(Error::Pool)).collect())
	}

	async fn submit_one(
		&self,
		at: Hash,
		source: TransactionSource,
		xt: TransactionFor<Self>,
	) -> Result<TxHash<Self>, Error> {
		let ethereum = ethereum(&xt);
		self.admit(at, ethereum.as_ref())?;
		self.pool
			.submit_one(at, source, xt)
			.await
			.map_err(|error| self.explain(at, ethereum, error))
	}

	async fn submit_and_watch(
		&self,
		at: Hash,
		source: TransactionSource,
		xt: TransactionFor<Self>,
	) -> Result<Pin<Box<TransactionStatusStreamFor<Self>>>, Error> {
		let ethereum = ethereum(&xt);
		self.admit(at, ethereum.as_ref())?;
		self.pool
			.submit_and_watch(at, source, xt)
			.await
			.map_err(|error| self.explain(at, ethereum, error))
	}

	async fn ready_at(&self, at: Hash) -> Ready {
		self.pool.ready_at(at).await
	}

	fn ready(&self) -> Ready {
		self.pool.ready()
	}

	async fn report_invalid(
		&self,
		at: Option<Hash>,
		invalid_tx_errors: TxInvalidityReportMap<TxHash<Self>>,
	) -> Vec<Arc<Self::InPoolTransaction>> {
		self.pool.report_invalid(at, invalid_tx_errors).await
	}

	fn futures(&self) -> Vec<Self::InPoolTransaction> {
		self.pool.futures()
	}

	fn status(&self) -> PoolStatus {
		self.pool.status()
	}

	fn import_notification_stream(&self) -> ImportNotificationStream<TxHash<Self>> {
		self.pool.import_notification_stream()
	}

	fn on_broadcasted(&self, propagations: HashMap<TxHash<Self>, Vec<String>>) {
		self.pool.on_broadcasted(propagations);
	}

	fn hash_of(&self, xt: &TransactionFor<Self>) -> TxHash<Self> {
		self.pool.hash_of(xt)
	}

	fn ready_transaction(&self, hash: &TxHash<Self>) -> Option<Arc<Self::InPoolTransaction>> {
		self.pool.ready_transaction(hash)
	}

	async fn ready_at_with_timeout(&self, at: Hash, timeout: Duration) -> Ready {
		self.pool.ready_at_with_timeout(at, timeout).await
	}
}

#[async_trait::async_trait]
impl MaintainedTransactionPool for ExplainingPool {
	async fn maintain(&self, event: ChainEvent<Block>) {
		self.pool.maintain(event).await;
	}
}

#[cfg(test)]
mod tests {
	use jsonrpsee::types::ErrorObjectOwned;
	use pallet_revive::evm::{Account, TransactionLegacyUnsigned};
	use sc_rpc_api::author::error::Error as RpcError;
	use sp_runtime::{generic, transaction_validity::InvalidTransaction};

	use super::*;

	type Generic = generic::UncheckedExtrinsic<
		fusion_runtime::Address,
		RuntimeCall,
		fusion_runtime::Signature,
		fusion_runtime::TxExtension,
	>;

	fn opaque(extrinsic: Generic) -> UncheckedExtrinsic {
		fusion_runtime::UncheckedExtrinsic::from(extrinsic).into()
	}

	fn eth_transact(payload: &[u8]) -> RuntimeCall {
		pallet_revive::Call::<Runtime>::eth_transact { payload: payload.to_vec() }.into()
	}

	fn remark(remark: &[u8]) -> RuntimeCall {
		pallet_revive::frame_system::Call::<Runtime>::remark { remark: remark.to_vec() }.into()
	}

	#[test]
	fn envelope_should_be_opened_when_it_is_bare_in_either_format() {
		for size in [0, 3, 70, 20_000] {
			let payload = vec![7; size];
			for extrinsic in [
				Generic::new_bare(eth_transact(&payload)),
				Generic::new_bare_legacy(eth_transact(&payload)),
			] {
				assert_eq!(envelope(&opaque(extrinsic)), Some(payload.clone()));
			}
		}
	}

	#[test]
	fn envelope_should_not_be_seen_in_other_extrinsics() {
		let signature = fusion_runtime::Signature::Sr25519(Default::default());
		let signer = fusion_runtime::AccountId::new([1; 32]);
		let extension = fusion_runtime::authorized_extension();
		for extrinsic in [
			Generic::new_bare(remark(b"hello")),
			Generic::new_signed(
				eth_transact(b"hello"),
				signer.into(),
				signature,
				extension.clone(),
			),
			Generic::new_transaction(eth_transact(b"hello"), extension),
		] {
			assert_eq!(envelope(&opaque(extrinsic)), None);
		}
		// Too short, and too long.
		let broken: [&[u8]; 5] = [&[], &[5], &[5, 60, 0], &[5, 60, 0, 8, 1], &[5, 60, 0, 0, 0]];
		for bytes in broken {
			assert_eq!(envelope(&UncheckedExtrinsic::from_blob(bytes.to_vec())), None);
		}
	}

	#[test]
	fn transaction_should_be_read_from_its_envelope() {
		let account = Account::default();
		let unsigned = TransactionLegacyUnsigned { chain_id: Some(1.into()), ..Default::default() };
		let payload = account.sign_transaction(unsigned.into()).signed_payload();
		let found = ethereum(&opaque(Generic::new_bare(eth_transact(&payload))));
		assert_eq!(found.unwrap().unwrap().sender(), account.address());
		assert!(ethereum(&opaque(Generic::new_bare(eth_transact(b"?")))).unwrap().is_err());
	}

	/// What the RPC server answers with.
	fn answer(error: Error) -> ErrorObjectOwned {
		let error = match error.into_pool_error() {
			Ok(error) => RpcError::Pool(error),
			Err(error) => RpcError::Verification(Box::new(error)),
		};
		error.into()
	}

	#[test]
	fn reason_should_reach_the_message_of_the_answer() {
		let answer = answer(Error::Refused("nonce too low: …".into()));
		assert_eq!(answer.code(), 1002);
		assert_eq!(answer.message(), "Verification Error: nonce too low: …");
	}

	#[test]
	fn answer_should_be_the_usual_one_when_the_error_is_the_pools() {
		let answer = answer(PoolError::InvalidTransaction(InvalidTransaction::Stale).into());
		assert_eq!(answer.code(), 1010);
		assert_eq!(answer.message(), "Invalid Transaction");
	}
}
