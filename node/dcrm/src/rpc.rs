//! JSON-RPC about key groups, for operators, explorers and clients that do not decode the chain's state: `dcrm_*`.
//!
//! | method | parameters | tells |
//! |---|---|---|
//! | `dcrm_groups` | | all groups: state, epoch, threshold, key, and which is given new work |
//! | `dcrm_group` | group | the same of one, with its members and what is under way |
//! | `dcrm_health` | group | who passes liveness challenges, how many more may fail, what the group may hold, how large it should be |
//! | `dcrm_openRequests` | group | the signatures that it owes, the oldest first |
//! | `dcrm_accountKey` | key | a key of an account: its public key and its Bitcoin address |
//! | `dcrm_accountRequest` | request | what an account wants to have signed, and the signature once it is there |
//!
//! All is read from the runtime's API at the best block. What there is not is `null`. Bytes are hexadecimal with `0x`,
//! accounts as Substrate writes them, amounts decimal strings, as they may be beyond what JSON's numbers hold.

use std::{marker::PhantomData, sync::Arc};

use fusion_dcrm_primitives::{
	account_key::{AccountKeyId, AccountKeyView, AccountRequestView, Spend, Subject},
	api::DcrmApi,
	GroupId, GroupState, GroupView, MemberId, Phase, Purpose, RequestId, SigningRequest,
	SizeAdvice,
};
use jsonrpsee::{
	core::RegisterMethodError,
	types::{ErrorObjectOwned, Params},
	RpcModule,
};
use serde::Serialize;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::{crypto::Ss58Codec, sr25519};
use sp_runtime::traits::Block as BlockT;

/// Most open requests that are listed.
pub const MAX_LISTED: u32 = 256;
/// The code of errors of the runtime's API.
const RUNTIME_ERROR: i32 = 1;

/// What is read of the chain, at its best block.
pub trait State: Send + Sync + 'static {
	/// How many groups were created.
	fn group_count(&self) -> Result<GroupId, ApiError>;
	/// A group.
	fn group(&self, id: GroupId) -> Result<Option<GroupView>, ApiError>;
	/// The group that new work is given to.
	fn active_group(&self) -> Result<Option<GroupId>, ApiError>;
	/// Whether everything stands still.
	fn is_paused(&self) -> Result<bool, ApiError>;
	/// Whether a node has said where it is reached.
	fn is_announced(&self, member: MemberId) -> Result<bool, ApiError>;
	/// What a group owes.
	fn open_requests(&self, id: GroupId) -> Result<Vec<(RequestId, SigningRequest)>, ApiError>;
	/// How large a group should be.
	fn size_advice(&self) -> Result<SizeAdvice, ApiError>;
	/// How much a group may hold.
	fn capacity(&self, id: GroupId) -> Result<u128, ApiError>;
	/// A key of an account.
	fn account_key(&self, key: AccountKeyId) -> Result<Option<AccountKeyView>, ApiError>;
	/// A request of an account.
	fn account_request(&self, id: RequestId) -> Result<Option<AccountRequestView>, ApiError>;
}

/// [`State`] of a client.
pub struct ClientState<Block, Client> {
	client: Arc<Client>,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client> ClientState<Block, Client> {
	/// Of this client.
	pub fn new(client: Arc<Client>) -> Self {
		Self { client, _block: PhantomData }
	}
}

impl<Block, Client> State for ClientState<Block, Client>
where
	Block: BlockT,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	Client::Api: DcrmApi<Block>,
{
	fn group_count(&self) -> Result<GroupId, ApiError> {
		self.client.runtime_api().group_count(self.client.info().best_hash)
	}

	fn group(&self, id: GroupId) -> Result<Option<GroupView>, ApiError> {
		self.client.runtime_api().group(self.client.info().best_hash, id)
	}

	fn active_group(&self) -> Result<Option<GroupId>, ApiError> {
		self.client.runtime_api().active_group(self.client.info().best_hash)
	}

	fn is_paused(&self) -> Result<bool, ApiError> {
		self.client.runtime_api().is_paused(self.client.info().best_hash)
	}

	fn is_announced(&self, member: MemberId) -> Result<bool, ApiError> {
		let peer = self.client.runtime_api().peer(self.client.info().best_hash, member)?;
		Ok(peer.is_some())
	}

	fn open_requests(&self, id: GroupId) -> Result<Vec<(RequestId, SigningRequest)>, ApiError> {
		self.client.runtime_api().open_requests(self.client.info().best_hash, id, MAX_LISTED)
	}

	fn size_advice(&self) -> Result<SizeAdvice, ApiError> {
		self.client.runtime_api().size_advice(self.client.info().best_hash)
	}

	fn capacity(&self, id: GroupId) -> Result<u128, ApiError> {
		self.client.runtime_api().capacity(self.client.info().best_hash, id)
	}

	fn account_key(&self, key: AccountKeyId) -> Result<Option<AccountKeyView>, ApiError> {
		self.client.runtime_api().account_key(self.client.info().best_hash, key)
	}

	fn account_request(&self, id: RequestId) -> Result<Option<AccountRequestView>, ApiError> {
		self.client.runtime_api().account_request(self.client.info().best_hash, id)
	}
}

/// A group, in short.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
	id: GroupId,
	/// Whether new work is given to it.
	is_current: bool,
	/// `generating`, `active` or `failed`.
	state: &'static str,
	/// Where its ceremony stands, be it a key generation or a handover.
	phase: Option<String>,
	/// Whether its key is being handed over.
	is_handed_over: bool,
	/// Last block of the phase.
	deadline: Option<u32>,
	epoch: u32,
	attempt: u32,
	threshold: u16,
	size: usize,
	key: Option<String>,
}

impl Group {
	fn new(view: &GroupView, current: Option<GroupId>) -> Self {
		let (state, making) = match view.state {
			GroupState::Generating(phase) => ("generating", Some(phase)),
			GroupState::Active => ("active", None),
			GroupState::Failed => ("failed", None),
		};
		let handover = view.handover.as_ref();
		let phase = handover.map(|next| next.phase).or(making);
		let deadline = handover.map_or(view.deadline, |next| next.deadline);
		Self {
			id: view.id,
			is_current: current == Some(view.id),
			state,
			phase: phase.map(name_of),
			is_handed_over: handover.is_some(),
			deadline: phase.map(|_| deadline),
			epoch: view.epoch,
			attempt: view.attempt,
			threshold: view.threshold,
			size: view.members.len(),
			key: view.key.map(hexadecimal),
		}
	}
}

/// A member of a group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Member {
	index: usize,
	account: String,
	/// Whether it has said where it is reached.
	is_announced: bool,
	/// Liveness challenges that it has missed since the last that it has passed.
	missed: u32,
	/// How many members say that it is silent.
	silence_votes: usize,
}

/// A group with its members.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
	#[serde(flatten)]
	group: Group,
	members: Vec<Member>,
	/// Who will share the key, if it is being handed over.
	next_members: Vec<String>,
}

/// How a group is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
	size: usize,
	threshold: u16,
	/// Members that have passed their last liveness challenge, or were not asked yet.
	present: usize,
	/// How many more of those may fail before nothing can be signed.
	spare: usize,
	can_sign: bool,
	/// Whether everything stands still, by a decision.
	is_paused: bool,
	open_requests: usize,
	/// How much it may hold, in the smallest unit of the native token.
	capacity: String,
	/// How many members a group should have, by what was measured. `null`: no size is enough.
	advised_size: Option<u32>,
	/// Liveness challenges that were passed and missed, old ones counting less.
	passed: u64,
	missed: u64,
}

/// A signature that is owed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
	id: RequestId,
	/// `test`, `batch`, `account`, `vaultBatch` or `vaultOrder`.
	purpose: &'static str,
	batch: Option<u64>,
	input: Option<u32>,
	message: String,
	created: u32,
}

impl Request {
	fn new(id: RequestId, request: &SigningRequest) -> Self {
		let (purpose, batch, input) = match request.purpose {
			Purpose::Test => ("test", None, None),
			Purpose::Batch { batch, input, .. } => ("batch", Some(batch), Some(input)),
			Purpose::Account { .. } => ("account", None, None),
			Purpose::VaultBatch { batch, .. } => ("vaultBatch", Some(batch), None),
			Purpose::VaultOrder { .. } => ("vaultOrder", None, None),
		};
		let message = hexadecimal(request.message);
		Self { id, purpose, batch, input, message, created: request.created }
	}
}

/// A key of an account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountKey {
	account: String,
	group: GroupId,
	public_key: String,
	bitcoin_address: String,
}

/// What an account wants to have signed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountRequest {
	account: String,
	key: AccountKeyId,
	/// The message, if it is one.
	message: Option<String>,
	/// The payment, if it is one.
	payment: Option<Payment>,
	signature: Option<String>,
	/// From this block on anybody may have it forgotten.
	expires: u32,
}

/// A payment of a coin of a key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
	/// As explorers show it.
	txid: String,
	vout: u32,
	amount: u64,
	outputs: Vec<PaymentOutput>,
}

/// What is paid.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentOutput {
	amount: u64,
	script: String,
}

impl Payment {
	fn new(spend: &Spend) -> Self {
		let mut txid = spend.txid;
		txid.reverse();
		let outputs = spend.payments.iter().map(|payment| PaymentOutput {
			amount: payment.amount,
			script: hexadecimal(&payment.script),
		});
		Self {
			txid: hex::encode(txid),
			vout: spend.vout,
			amount: spend.amount,
			outputs: outputs.collect(),
		}
	}
}

/// The methods, over what is read by `state`.
pub fn module(state: impl State) -> Result<RpcModule<Arc<dyn State>>, RegisterMethodError> {
	let mut module = RpcModule::new(Arc::new(state) as Arc<dyn State>);
	module.register_method("dcrm_groups", |_, state, _| groups(&**state))?;
	module.register_method("dcrm_group", |params, state, _| group(&**state, number(&params)?))?;
	module.register_method("dcrm_health", |params, state, _| health(&**state, number(&params)?))?;
	module.register_method("dcrm_openRequests", |params, state, _| {
		open_requests(&**state, number(&params)?)
	})?;
	module.register_method("dcrm_accountKey", |params, state, _| {
		account_key(&**state, number(&params)?)
	})?;
	module.register_method("dcrm_accountRequest", |params, state, _| {
		account_request(&**state, number(&params)?)
	})?;
	Ok(module)
}

type Answer<T> = Result<T, ErrorObjectOwned>;

fn number<T: serde::de::DeserializeOwned>(params: &Params<'_>) -> Answer<T> {
	params.one()
}

fn failed(error: ApiError) -> ErrorObjectOwned {
	let text = format!("the runtime's DCRM API failed: {error}");
	ErrorObjectOwned::owned(RUNTIME_ERROR, text, None::<()>)
}

fn groups(state: &dyn State) -> Answer<Vec<Group>> {
	let current = state.active_group().map_err(failed)?;
	let mut groups = Vec::new();
	for id in 0..state.group_count().map_err(failed)? {
		let view = state.group(id).map_err(failed)?;
		groups.extend(view.map(|view| Group::new(&view, current)));
	}
	Ok(groups)
}

fn group(state: &dyn State, id: GroupId) -> Answer<Option<Details>> {
	let Some(view) = state.group(id).map_err(failed)? else { return Ok(None) };
	let current = state.active_group().map_err(failed)?;
	let mut members = Vec::new();
	for (index, member) in (1..).zip(&view.members) {
		let silent = |(who, _): &&(u16, u16)| usize::from(*who) == index;
		members.push(Member {
			index,
			account: account_of(member),
			is_announced: state.is_announced(member.clone()).map_err(failed)?,
			missed: view.missed.get(index.saturating_sub(1)).copied().unwrap_or_default(),
			silence_votes: view.silent.iter().filter(silent).count(),
		});
	}
	let next = view.handover.iter().flat_map(|next| &next.members).map(account_of).collect();
	Ok(Some(Details { group: Group::new(&view, current), members, next_members: next }))
}

fn health(state: &dyn State, id: GroupId) -> Answer<Option<Health>> {
	let Some(view) = state.group(id).map_err(failed)? else { return Ok(None) };
	let size = view.members.len();
	let absent = view.missed.iter().filter(|missed| **missed > 0).count();
	let present = size.saturating_sub(absent);
	let threshold = usize::from(view.threshold);
	let is_paused = state.is_paused().map_err(failed)?;
	let advice = state.size_advice().map_err(failed)?;
	Ok(Some(Health {
		size,
		threshold: view.threshold,
		present,
		spare: present.saturating_sub(threshold),
		can_sign: view.state == GroupState::Active && present >= threshold && !is_paused,
		is_paused,
		open_requests: state.open_requests(id).map_err(failed)?.len(),
		capacity: state.capacity(id).map_err(failed)?.to_string(),
		advised_size: advice.members,
		passed: advice.measured.passed,
		missed: advice.measured.missed,
	}))
}

fn open_requests(state: &dyn State, id: GroupId) -> Answer<Vec<Request>> {
	let requests = state.open_requests(id).map_err(failed)?;
	Ok(requests.iter().map(|(id, request)| Request::new(*id, request)).collect())
}

fn account_key(state: &dyn State, key: AccountKeyId) -> Answer<Option<AccountKey>> {
	let view = state.account_key(key).map_err(failed)?;
	Ok(view.map(|view| AccountKey {
		account: account(view.account),
		group: view.group,
		public_key: hexadecimal(view.public_key),
		bitcoin_address: String::from_utf8_lossy(&view.address).into_owned(),
	}))
}

fn account_request(state: &dyn State, id: RequestId) -> Answer<Option<AccountRequest>> {
	let view = state.account_request(id).map_err(failed)?;
	Ok(view.map(|view| {
		let (message, payment) = match &view.subject {
			Subject::Message(payload) => (Some(hexadecimal(payload)), None),
			Subject::Spend(spend) => (None, Some(Payment::new(spend))),
		};
		AccountRequest {
			account: account(view.account),
			key: view.key,
			message,
			payment,
			signature: view.signature.map(hexadecimal),
			expires: view.expires,
		}
	}))
}

fn name_of(phase: Phase) -> String {
	format!("{phase:?}").to_lowercase()
}

fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn account(bytes: [u8; 32]) -> String {
	sp_core::crypto::AccountId32::from(bytes).to_ss58check()
}

fn account_of(member: &MemberId) -> String {
	let key: &sr25519::Public = member.as_ref();
	account(key.0)
}
