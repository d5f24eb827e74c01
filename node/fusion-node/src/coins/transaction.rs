//! Transactions: tried out, signed, sent, and followed until they are in a block.

use codec::{Decode, Encode};
use fusion_runtime::{
	authorized_extension, AccountId, Address, BitcoinInstance, BlockNumber, Hash, Nonce,
	OriginCaller, Runtime, RuntimeCall, RuntimeEvent, Signature, TxExtension, UncheckedExtrinsic,
	VERSION,
};
use pallet_revive::{
	frame_support::dispatch::DispatchResultWithPostInfo,
	frame_system::{self, EventRecord, Phase},
};
use sc_transaction_pool_api::TransactionStatus;
use sp_core::Bytes;
use sp_crypto_hashing::blake2_256;
use sp_runtime::{
	generic::{self, Era},
	DispatchError,
};

use super::{
	address,
	chain::{Chain, Fate},
	checks::Refusal,
	error::Failure,
	explain,
	key::Signer,
};

#[cfg(test)]
mod tests;

/// For how many blocks a transaction can get into one: some six minutes. What is not in a block by then never will be,
/// so that it can be asked for again without its happening twice.
pub const LIFETIME: u64 = 64;
/// The version of XCM in which a trial answers what would be sent to other chains: nothing.
const XCM_VERSION: u32 = 5;

/// An event of asset mapping.
pub type MappingEvent = pallet_asset_mapping::Event<Runtime, BitcoinInstance>;

/// What a transaction is signed for.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
	/// The number of the account's transaction.
	pub nonce: Nonce,
	/// The chain's first block.
	pub genesis: Hash,
	/// A block that is final: the first of those that can hold the transaction.
	pub base: Hash,
	/// Its number.
	pub number: BlockNumber,
}

impl Terms {
	fn era(&self) -> Era {
		Era::mortal(LIFETIME, self.number.into())
	}

	/// The last block that can hold the transaction.
	fn until(&self) -> u64 {
		self.era().death(self.number.into()).saturating_sub(1)
	}
}

/// Signs a call.
pub fn signed(
	call: RuntimeCall,
	signer: AccountId,
	terms: &Terms,
	sign: impl FnOnce(&[u8]) -> Signature,
) -> UncheckedExtrinsic {
	let Terms { nonce, genesis, base, .. } = *terms;
	let mut extension = authorized_extension();
	extension.0 .5 = frame_system::CheckEra::from(terms.era());
	extension.0 .6 = frame_system::CheckNonce::from(nonce);
	let (spec, version) = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), (), spec, version, genesis, base, (), (), (), None, ());
	let payload = generic::SignedPayload::<RuntimeCall, TxExtension>::from_raw(
		call.clone(),
		extension.clone(),
		implicit,
	);
	let signature = payload.using_encoded(sign);
	UncheckedExtrinsic::from(generic::UncheckedExtrinsic::new_signed(
		call,
		Address::Id(signer),
		signature,
		extension,
	))
}

/// A transaction that is in a block.
pub struct Included {
	/// The block.
	pub block: Hash,
	/// Its number.
	pub number: BlockNumber,
	/// Whether the block is final.
	pub is_final: bool,
	/// What asset mapping did.
	pub events: Vec<MappingEvent>,
}

/// Has the node try a call, without a transaction.
///
/// # Errors
///
/// [`Refusal::ByChain`] if it would fail.
pub async fn try_out(chain: &Chain, who: &AccountId, call: &RuntimeCall) -> Result<(), Failure> {
	let best = chain.best().await?;
	let origin = OriginCaller::system(frame_system::RawOrigin::Signed(who.clone()));
	let arguments = (origin, call, XCM_VERSION);
	let trial: Trial = chain.call(best, "DryRunApi_dry_run_call", arguments).await?;
	trial.outcome().map_err(|why| Refusal::ByChain(why).into())
}

/// The front part of what a trial gives (`xcm_runtime_apis::dry_run`): whether there was one, and what the call came
/// to. Events and messages follow, which nobody asks about here.
#[derive(Decode)]
struct Trial(Result<DispatchResultWithPostInfo, u8>);

impl Trial {
	fn outcome(self) -> Result<(), String> {
		match self.0 {
			Ok(result) => result.map(drop).map_err(|failed| explain::dispatch(failed.error)),
			Err(code) => Err(format!("it cannot be tried out (error {code})")),
		}
	}
}

/// Signs a call, sends it, and waits until it is in a block, or, if it `is_final` that is wanted, in one that is final.
///
/// # Errors
///
/// [`Failure::NotTaken`] if the node refuses it, so that nothing has happened, [`Failure::Failed`] if the call failed in its block,
/// [`Failure::Unknown`] if it cannot be said.
pub async fn send(
	chain: &Chain,
	signer: &Signer,
	call: RuntimeCall,
	is_final: bool,
) -> Result<Included, Failure> {
	let account = signer.account();
	let base = chain.finalized().await?;
	let terms = Terms {
		nonce: chain.nonce(&account).await?,
		genesis: chain.genesis,
		base,
		number: chain.number(base).await?,
	};
	let transaction = signed(call, account.clone(), &terms, |bytes| signer.sign(bytes));
	let transaction = Bytes(transaction.encode());
	let unknown = |why: String| Failure::Unknown {
		transaction: Hash::from(blake2_256(&transaction)),
		why,
		until: terms.until(),
		account: address::account(&account),
	};
	let fate = chain.submit(&transaction).await.map_err(|error| match error {
		// It may have arrived.
		Failure::Rpc { why, .. } => unknown(why),
		refused => refused,
	})?;
	let (block, is_final) = in_block(fate, is_final).await.map_err(unknown)?;
	let read = async {
		let number = chain.number(block).await?;
		let index = position(&chain.extrinsics(block).await?, &transaction);
		Ok::<_, Failure>((number, outcome(chain.events(block).await?, index)))
	};
	let (number, result) = read.await.map_err(|error| unknown(error.to_string()))?;
	match result {
		Ok(events) => Ok(Included { block, number, is_final, events }),
		Err(Some(error)) => Err(Failure::Failed { block, why: explain::dispatch(error) }),
		Err(None) => Err(unknown(format!("block {block:?} should hold it, and does not"))),
	}
}

/// Waits until it is in a block, and perhaps until that is final. Gives the block, and whether it is final; or why that is
/// not known.
async fn in_block(mut fate: Fate, is_final: bool) -> Result<(Hash, bool), String> {
	while let Some(status) = fate.next().await {
		let status = status.map_err(|error| error.to_string())?;
		if let Some(end) = judge(status, is_final) {
			return end;
		}
	}
	Err("the connection to the node broke".into())
}

/// What a status means. `None`: it goes on. That this node lets go of a transaction does not mean that no other has it.
fn judge(
	status: TransactionStatus<Hash, Hash>,
	is_final: bool,
) -> Option<Result<(Hash, bool), String>> {
	match status {
		TransactionStatus::Ready | TransactionStatus::Broadcast(_) => None,
		TransactionStatus::Future => {
			eprintln!("earlier transactions of this account are waited for …");
			None
		},
		TransactionStatus::InBlock((block, _)) if is_final => {
			eprintln!("it is in block {block:?}; waiting until that is final …");
			None
		},
		TransactionStatus::InBlock((block, _)) => Some(Ok((block, false))),
		TransactionStatus::Finalized((block, _)) => Some(Ok((block, true))),
		TransactionStatus::Retracted(block) => {
			eprintln!("block {block:?} was replaced; waiting for another one …");
			None
		},
		TransactionStatus::Usurped(other) => {
			Some(Err(format!("another transaction of this account, {other:?}, took its place")))
		},
		TransactionStatus::Dropped => Some(Err("the node's pool is full, and dropped it".into())),
		TransactionStatus::Invalid => {
			Some(Err("it is not valid any more, as the node sees it".into()))
		},
		TransactionStatus::FinalityTimeout(block) => {
			Some(Err(format!("block {block:?} has not become final for long")))
		},
	}
}

/// Where a transaction stands in its block.
fn position(extrinsics: &[Bytes], transaction: &Bytes) -> Option<u32> {
	let found = extrinsics.iter().position(|extrinsic| extrinsic == transaction)?;
	u32::try_from(found).ok()
}

/// What the transaction at this place of a block came to: what asset mapping did, or why it failed. `Err(None)`: there
/// is no such transaction.
fn outcome(
	events: Vec<EventRecord<RuntimeEvent, Hash>>,
	index: Option<u32>,
) -> Result<Vec<MappingEvent>, Option<DispatchError>> {
	let Some(index) = index else { return Err(None) };
	let phase = Phase::ApplyExtrinsic(index);
	let mut is_there = false;
	let mut done = Vec::new();
	for EventRecord { event, .. } in events.into_iter().filter(|record| record.phase == phase) {
		match event {
			RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_error, ..
			}) => return Err(Some(dispatch_error)),
			RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { .. }) => is_there = true,
			RuntimeEvent::BitcoinMapping(event) => done.push(event),
			_ => {},
		}
	}
	if is_there {
		Ok(done)
	} else {
		Err(None)
	}
}
