//! Bookkeeping nodes for contracts, read only: who keeps the books, what is staked with whom, what it earns.

use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use pallet_bookkeeping::{
	Commissions, Config, DelegatedTo, DelegationView, MaxElected, MaxNodes, MinBond, NodeState,
	NodeView, Pallet, Unbonding, UnbondingView,
};
use pallet_revive::precompiles::{
	alloy::{
		self,
		primitives::{FixedBytes, U256},
		sol_types::SolCall,
	},
	AddressMapper, AddressMatcher, Error, Ext, Precompile, H160,
};

use crate::env::{ensure_plain_call, nonzero, AccountIdOf};

/// What the Solidity file is made into.
#[allow(missing_docs, reason = "the file says what its items are, but for what is made of them")]
mod interface {
	super::alloy::sol!("../contracts/interfaces/IBookkeeping.sol");
}

pub use interface::IBookkeeping;
use IBookkeeping::{
	accountOfCall, claimableCall, delegationsCall, emissionCall, limitsCall, nextSessionNodesCall,
	nodeCall, sessionCall, sessionNodesCall, unbondingCall, Chunk, Delegation, Emission,
	IBookkeepingCalls, Limits, Node, SessionNode,
};

/// What reasons to revert start with.
const NAME: &str = "Bookkeeping";

/// The precompile of `pallet-bookkeeping`.
pub struct Bookkeeping<Runtime>(PhantomData<Runtime>);

impl<Runtime> Precompile for Bookkeeping<Runtime>
where
	Runtime: pallet_revive::Config + Config,
	AccountIdOf<Runtime>: From<[u8; 32]> + Into<[u8; 32]>,
{
	type T = Runtime;
	type Interface = IBookkeepingCalls;
	const MATCHER: AddressMatcher = AddressMatcher::Fixed(nonzero(0xF501));
	const HAS_CONTRACT_INFO: bool = false;

	fn call(
		_: &[u8; 20],
		input: &Self::Interface,
		env: &mut impl Ext<T = Self::T>,
	) -> Result<Vec<u8>, Error> {
		ensure_plain_call(NAME, env)?;
		match input {
			IBookkeepingCalls::accountOf(call) => Self::account_of(call, env),
			IBookkeepingCalls::session(_) => Self::session(env),
			IBookkeepingCalls::sessionNodes(_) => Self::session_nodes(env),
			IBookkeepingCalls::nextSessionNodes(_) => Self::next_session_nodes(env),
			IBookkeepingCalls::node(call) => Self::node(call, env),
			IBookkeepingCalls::delegations(call) => Self::delegations(call, env),
			IBookkeepingCalls::unbonding(call) => Self::unbonding(call, env),
			IBookkeepingCalls::claimable(call) => Self::claimable(call, env),
			IBookkeepingCalls::emission(_) => Self::emission(env),
			IBookkeepingCalls::limits(_) => Self::limits(env),
		}
	}
}

impl<Runtime> Bookkeeping<Runtime>
where
	Runtime: pallet_revive::Config + Config,
	AccountIdOf<Runtime>: From<[u8; 32]> + Into<[u8; 32]>,
{
	fn account_of(call: &accountOfCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads { items: 1, bytes: 32, micros: 0 }.weight::<Runtime>())?;
		let account = Runtime::AddressMapper::to_account_id(&H160(call.owner.0 .0));
		Ok(accountOfCall::abi_encode_returns(&bytes_of::<Runtime>(account)))
	}

	fn session(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads { items: 1, bytes: 4, micros: 0 }.weight::<Runtime>())?;
		Ok(sessionCall::abi_encode_returns(&Pallet::<Runtime>::session()))
	}

	fn session_nodes(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads::elected::<Runtime>().weight::<Runtime>())?;
		let nodes = Pallet::<Runtime>::session_weights();
		Ok(sessionNodesCall::abi_encode_returns(&shown::<Runtime>(nodes)))
	}

	fn next_session_nodes(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads::elected::<Runtime>().weight::<Runtime>())?;
		let nodes = Pallet::<Runtime>::next_session_weights();
		Ok(nextSessionNodesCall::abi_encode_returns(&shown::<Runtime>(nodes)))
	}

	fn node(call: &nodeCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads::node::<Runtime>().weight::<Runtime>())?;
		let node = Pallet::<Runtime>::node(&account::<Runtime>(call.account));
		Ok(nodeCall::abi_encode_returns(&node.map_or_else(nobody, |node| node_shown(&node))))
	}

	fn delegations(
		call: &delegationsCall,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<Vec<u8>, Error> {
		let account = account::<Runtime>(call.account);
		Self::charge_for_delegations(&account, env)?;
		let delegations: Vec<_> = Pallet::<Runtime>::delegations(&account)
			.into_iter()
			.map(delegation_shown::<Runtime>)
			.collect();
		Ok(delegationsCall::abi_encode_returns(&delegations))
	}

	fn unbonding(call: &unbondingCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let account = account::<Runtime>(call.account);
		// The list, and how long it is; then what is in it.
		env.charge(Reads { items: 1, bytes: 4, micros: 0 }.weight::<Runtime>())?;
		let chunks = Unbonding::<Runtime>::decode_len(&account).unwrap_or_default();
		env.charge(Reads::chunks(chunks as u64).weight::<Runtime>())?;
		let chunks: Vec<_> = Pallet::<Runtime>::unbonding(&account)
			.into_iter()
			.map(chunk_shown::<Runtime>)
			.collect();
		Ok(unbondingCall::abi_encode_returns(&chunks))
	}

	fn claimable(call: &claimableCall, env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		let account = account::<Runtime>(call.account);
		// The claim, and the candidate.
		env.charge(Reads { items: 2, bytes: 16 + CANDIDATE, micros: 0 }.weight::<Runtime>())?;
		Self::charge_for_delegations(&account, env)?;
		let amount = U256::from(Pallet::<Runtime>::claimable(&account));
		Ok(claimableCall::abi_encode_returns(&amount))
	}

	fn emission(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		// What was issued, what is owed, the block's number, the pot's account.
		env.charge(Reads { items: 4, bytes: 300, micros: 0 }.weight::<Runtime>())?;
		let emission = Pallet::<Runtime>::emission();
		Ok(emissionCall::abi_encode_returns(&Emission {
			reward: U256::from(emission.reward),
			nextHalving: emission.next_halving.unwrap_or_default(),
			issued: U256::from(emission.issued),
			ceiling: U256::from(emission.ceiling),
			outstanding: U256::from(emission.outstanding),
			income: U256::from(emission.income),
		}))
	}

	fn limits(env: &mut impl Ext<T = Runtime>) -> Result<Vec<u8>, Error> {
		env.charge(Reads { items: 3, bytes: 28, micros: 0 }.weight::<Runtime>())?;
		let commissions = Commissions::<Runtime>::get();
		Ok(limitsCall::abi_encode_returns(&Limits {
			maxNodes: MaxNodes::<Runtime>::get(),
			minBond: U256::from(MinBond::<Runtime>::get()),
			minDelegation: U256::from(<Runtime as Config>::MinDelegation::get()),
			minCommission: commissions.min.deconstruct(),
			maxCommission: commissions.max.deconstruct(),
			unbondingSessions: <Runtime as Config>::UnbondingSessions::get(),
			ageCap: <Runtime as Config>::AgeCap::get(),
		}))
	}

	/// Charges for the list of an account's delegations and for what is in it.
	fn charge_for_delegations(
		account: &AccountIdOf<Runtime>,
		env: &mut impl Ext<T = Runtime>,
	) -> Result<(), Error> {
		env.charge(Reads { items: 1, bytes: 4, micros: 0 }.weight::<Runtime>())?;
		let nodes = DelegatedTo::<Runtime>::decode_len(account).unwrap_or_default();
		env.charge(Reads::delegations::<Runtime>(nodes as u64).weight::<Runtime>())?;
		Ok(())
	}
}

/// What a function reads. An upper bound, counted as the pallet counts what its calls take.
#[derive(Clone, Copy, Debug)]
struct Reads {
	/// Items of storage.
	items: u64,
	/// Their bytes.
	bytes: u64,
	/// Microseconds of decoding and computing, beside the call itself.
	micros: u64,
}

/// Bytes of proof for the path to one item in a large map: some trie nodes of up to 16 hashes each.
const PATH: u64 = 2_600;
/// Bytes of an account.
const ACCOUNT: u64 = 32;
/// Bytes of an elected node: account, weight.
const ELECTED: u64 = ACCOUNT + 8;
/// Bytes of a candidate.
const CANDIDATE: u64 = 160;
/// Bytes of a delegation in its node's list: account, amount, age, what has been paid out.
const BACKER: u64 = ACCOUNT + 36;
/// Bytes of a chunk: node, amount, session, slashes.
const CHUNK: u64 = ACCOUNT + 24;
/// Bytes of the slashes of a node.
const SLASHES: u64 = 210;
/// Microseconds to decode a delegation, an elected node or a chunk, to compute with it and to encode it.
const ENTRY: u64 = 2;

impl Reads {
	/// A list of elected nodes.
	fn elected<Runtime: Config>() -> Self {
		let nodes = u64::from(MaxElected::<Runtime>::get());
		Self { items: 1, bytes: nodes.saturating_mul(ELECTED), micros: nodes.saturating_mul(ENTRY) }
	}

	/// A node: its candidacy and its list of delegations, those with a seat, both lists of elected nodes, the
	/// session, the bounds of commissions, when it was last active.
	fn node<Runtime: Config>() -> Self {
		let elected = Self::elected::<Runtime>();
		let delegations = u64::from(Runtime::MaxDelegations::get());
		let seats = u64::from(Runtime::MaxInvulnerables::get());
		Self {
			items: 8,
			bytes: elected
				.bytes
				.saturating_mul(2)
				.saturating_add(delegations.saturating_mul(BACKER))
				.saturating_add(seats.saturating_mul(ACCOUNT))
				.saturating_add(CANDIDATE + 16),
			micros: elected
				.micros
				.saturating_mul(2)
				.saturating_add(delegations.saturating_mul(ENTRY)),
		}
	}

	/// So many delegations: for each the node's candidacy and its list.
	fn delegations<Runtime: Config>(count: u64) -> Self {
		let each = u64::from(Runtime::MaxDelegations::get());
		let bytes = each.saturating_mul(BACKER).saturating_add(CANDIDATE + ACCOUNT);
		Self {
			items: count.saturating_mul(2),
			bytes: count.saturating_mul(bytes),
			micros: count.saturating_mul(each).saturating_mul(ENTRY),
		}
	}

	/// So many chunks: for each the slashes of its node.
	fn chunks(count: u64) -> Self {
		Self {
			items: count,
			bytes: count.saturating_mul(CHUNK + SLASHES),
			micros: count.saturating_mul(ENTRY),
		}
	}

	fn weight<Runtime: frame_system::Config>(self) -> Weight {
		let Self { items, bytes, micros } = self;
		let proof = items.saturating_mul(PATH).saturating_add(bytes);
		Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), proof)
			.saturating_add(Runtime::DbWeight::get().reads(items))
	}
}

fn account<Runtime>(bytes: FixedBytes<32>) -> AccountIdOf<Runtime>
where
	Runtime: frame_system::Config,
	AccountIdOf<Runtime>: From<[u8; 32]>,
{
	bytes.0.into()
}

fn bytes_of<Runtime>(account: AccountIdOf<Runtime>) -> FixedBytes<32>
where
	Runtime: frame_system::Config,
	AccountIdOf<Runtime>: Into<[u8; 32]>,
{
	FixedBytes(account.into())
}

fn shown<Runtime>(nodes: Vec<(AccountIdOf<Runtime>, u64)>) -> Vec<SessionNode>
where
	Runtime: frame_system::Config,
	AccountIdOf<Runtime>: Into<[u8; 32]>,
{
	nodes
		.into_iter()
		.map(|(account, weight)| SessionNode { account: bytes_of::<Runtime>(account), weight })
		.collect()
}

fn state_shown(state: NodeState) -> IBookkeeping::NodeState {
	match state {
		NodeState::Standing => IBookkeeping::NodeState::Standing,
		NodeState::Idle => IBookkeeping::NodeState::Idle,
		NodeState::Leaving => IBookkeeping::NodeState::Leaving,
		NodeState::Dissolving => IBookkeeping::NodeState::Dissolving,
	}
}

fn node_shown<AccountId>(node: &NodeView<AccountId>) -> Node {
	let commission = node.commission.deconstruct();
	let (from, next) =
		node.next_commission.map_or((0, commission), |(from, next)| (from, next.deconstruct()));
	Node {
		state: node.state.map_or(IBookkeeping::NodeState::None, state_shown),
		invulnerable: node.invulnerable,
		ownStake: U256::from(node.own_stake),
		delegated: U256::from(node.delegated),
		delegations: node.delegations,
		weight: node.weight,
		elected: node.session_weight.is_some(),
		sessionWeight: node.session_weight.unwrap_or_default(),
		electedNext: node.planned_weight.is_some(),
		nextSessionWeight: node.planned_weight.unwrap_or_default(),
		commission,
		nextCommission: next,
		nextCommissionFrom: from,
		lastActive: node.last_active.unwrap_or_default(),
		absent: node.absent,
		earned: U256::from(node.earned),
	}
}

/// What is shown of who is no node.
fn nobody() -> Node {
	Node {
		state: IBookkeeping::NodeState::None,
		invulnerable: false,
		ownStake: U256::ZERO,
		delegated: U256::ZERO,
		delegations: 0,
		weight: 0,
		elected: false,
		sessionWeight: 0,
		electedNext: false,
		nextSessionWeight: 0,
		commission: 0,
		nextCommission: 0,
		nextCommissionFrom: 0,
		lastActive: 0,
		absent: 0,
		earned: U256::ZERO,
	}
}

fn delegation_shown<Runtime>(delegation: DelegationView<AccountIdOf<Runtime>>) -> Delegation
where
	Runtime: frame_system::Config,
	AccountIdOf<Runtime>: Into<[u8; 32]>,
{
	Delegation {
		node: bytes_of::<Runtime>(delegation.node),
		state: state_shown(delegation.state),
		amount: U256::from(delegation.amount),
		weight: delegation.weight,
		reward: U256::from(delegation.reward),
	}
}

fn chunk_shown<Runtime>(chunk: UnbondingView<AccountIdOf<Runtime>>) -> Chunk
where
	Runtime: frame_system::Config,
	AccountIdOf<Runtime>: Into<[u8; 32]>,
{
	Chunk {
		node: bytes_of::<Runtime>(chunk.node),
		amount: U256::from(chunk.amount),
		availableFrom: chunk.available,
	}
}
