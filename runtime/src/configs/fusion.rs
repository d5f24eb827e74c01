//! Fusion's own pallets: key groups and mapped coins, their title and use, and which network this is.

use alloc::{string::String, vec::Vec};
use frame_support::{
	parameter_types,
	storage::with_storage_layer,
	traits::{fungible::InspectHold, ConstU32, ConstU64, ConstU8, EitherOf, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{account_message, Bitcoin, Network};
use fusion_dcrm_primitives::{
	account_key::{Script, Subject},
	traits::OnSignature,
	PublicKey, Purpose, RequestId, SchnorrSignature,
};
use pallet_asset_mapping::WeightInfo as _;
use pallet_bookkeeping::{NodeState, WeightInfo as _};
use sp_core::H256;
use sp_runtime::{traits::AccountIdConversion, DispatchResult, Perbill};

#[cfg(feature = "runtime-benchmarks")]
use {
	frame_support::BoundedVec,
	fusion_dcrm_primitives::{
		Algorithm, GroupId, GroupState, MemberId, MemberSignature, MAX_MEMBERS,
	},
	hex_literal::hex,
	sp_runtime::RuntimeAppPublic,
};

use crate::{
	constants::*,
	governance::{
		origins::{AssetAdmin, GeneralAdmin},
		TwoThirdsOfCommittee,
	},
	AccountId, Balance, Balances, BitcoinMapping, BlockNumber, Bookkeeping, Dcrm, MappedAssets,
	Networks, Runtime, RuntimeHoldReason, RuntimeOrigin, Timestamp, SESSION, UNBONDING_SESSIONS,
};

/// The asset-mapping instance for Bitcoin.
pub type BitcoinInstance = pallet_asset_mapping::Instance1;
/// Number of that instance, in keys' paths and in what members sign. Never changes.
pub const BITCOIN_INSTANCE: u8 = 0;
/// Number of bitcoin among the mapped coins.
pub const BITCOIN_ASSET: u32 = 1;

parameter_types! {
	/// What a node bonds to be taken into key groups.
	pub const NodeBond: Balance = 10_000 * FSN;
	/// What holds for key groups until governance sets something else.
	pub const DcrmParameters: pallet_dcrm::Parameters<Balance> = pallet_dcrm::Parameters {
		fraud: Perbill::from_percent(10),
		// As an honest node that crashes at a bad moment loses it too: a thousandth.
		silence: Perbill::from_parts(1_000_000),
		signature: FSN / 10,
		// Whoever is fastest would get it, not who has made the signature.
		premium: Perbill::zero(),
		account_signature: FSN / 10,
		challenge_interval: 2 * HOURS,
		holding: FSN / 10,
		// Of what as many members as it takes to sign have bonded at least, for this group: who could take all that
		// the group holds has bonded more than that, as long as the price that governance says is right.
		reserves: Perbill::from_percent(60),
		// A thousandth.
		outage: 1_000_000,
	};
	/// Members of key groups are paid from its account. Governance funds it.
	pub const DcrmPotId: PalletId = PalletId(*b"fsn/dcrm");
	/// Held for a deposit address, which nodes watch for ever.
	pub const AddressDeposit: Balance = FSN;
	/// Held for a lock-out while half of the places for them are taken, until it is over.
	pub const LockOutDeposit: Balance = 10 * FSN;
	pub const BitcoinMappingPalletId: PalletId = PalletId(*b"fsn/mbtc");
	pub const BatchInterval: BlockNumber = 5;
	pub const VoteLifetime: BlockNumber = HOURS;
	pub const UsufructPalletId: PalletId = PalletId(*b"fsn/usuf");
	/// Held for a list of slices with one boundary. Who fills a stranger's list gives these away.
	pub const SlicesDeposit: Balance = 10 * MILLI_FSN;
	/// Held for each other boundary.
	pub const BoundaryDeposit: Balance = 10 * MILLI_FSN;
	/// Held for an allowance of slices, and for a consent to bond.
	pub const SlicesAllowanceDeposit: Balance = deposit(1, 150);
	/// Held for borrowed FSN that is bonded, which the chain unbonds and settles by itself.
	pub const PledgeDeposit: Balance = FSN;
	pub const FeeReportInterval: BlockNumber = 5 * MINUTES;
	pub const FeeReportLifetime: BlockNumber = HOURS;
	/// The throttle's window is a day.
	pub const FlowBucket: BlockNumber = HOURS;
	pub OnSignatureWeight: Weight =
		<Runtime as pallet_asset_mapping::Config<BitcoinInstance>>::WeightInfo::on_signature(<Bitcoin as ExternalChain>::MAX_INPUTS);
}

parameter_types! {
	/// Held for a key of an account, for ever.
	pub const AccountKeyDeposit: Balance = FSN;
	/// Held for what an account has signed, until that is forgotten.
	pub const AccountRequestDeposit: Balance = FSN / 10;
}

impl crate::networks::Config for Runtime {}

/// Judges signatures of key groups by the rules that make Bitcoin's addresses and transactions.
pub struct Taproot;

impl pallet_dcrm::TaprootVerify for Taproot {
	fn output_key(master: &PublicKey, tweak: &[u8; 32]) -> Option<[u8; 32]> {
		Bitcoin::output_key(master, tweak).ok()
	}

	fn verify(output_key: &[u8; 32], message: &[u8; 32], signature: &SchnorrSignature) -> bool {
		Bitcoin::verify(output_key, message, signature)
	}
}

impl pallet_dcrm::AccountRules for Taproot {
	fn address(output_key: &[u8; 32]) -> Option<Vec<u8>> {
		let destination = Bitcoin::destination(output_key);
		Bitcoin::address(&destination, <Networks as Get<Network>>::get()).map(String::into_bytes)
	}

	fn script(address: &[u8]) -> Option<Script> {
		let text = core::str::from_utf8(address).ok()?;
		let network = <Networks as Get<Network>>::get();
		let destination = Bitcoin::parse_address(text, network).ok()?;
		Script::try_from(destination.into_inner()).ok()
	}

	fn message(
		genesis: H256,
		account: &[u8; 32],
		output_key: &[u8; 32],
		subject: &Subject,
	) -> Option<[u8; 32]> {
		account_message(genesis, account, output_key, subject)
	}
}

/// What the elections for this block were drawn from: only the author of the block before could know it earlier,
/// and nobody could choose it.
pub struct BlockSeed;

impl Get<H256> for BlockSeed {
	fn get() -> H256 {
		pallet_hhcm::CurrentRound::<Runtime>::get().map(|round| round.seed).unwrap_or_default()
	}
}

/// Hands signatures to whom they were asked by.
pub struct ToWhomItConcerns;

impl OnSignature for ToWhomItConcerns {
	fn on_signature(purpose: Purpose, request: RequestId, signature: SchnorrSignature) {
		if let Purpose::Batch { instance: BITCOIN_INSTANCE, .. } = purpose {
			<BitcoinMapping as OnSignature>::on_signature(purpose, request, signature);
		}
	}
}

impl pallet_dcrm::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type NodeBond = NodeBond;
	// Seven days, as for bookkeeping nodes.
	type UnbondingPeriod = ConstU32<{ 7 * DAYS }>;
	type Slashed = super::authors::ToTreasury;
	type Beacon = BlockSeed;
	type PotId = DcrmPotId;
	type DefaultParameters = DcrmParameters;
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, AssetAdmin>;
	type PauseOrigin = EitherOf<EitherOf<EnsureRoot<AccountId>, GeneralAdmin>, PauseByCommittee>;
	type PhaseLength = ConstU32<20>;
	type MaxAttempts = ConstU32<10>;
	type MaxNodes = ConstU32<1_000>;
	type MaxOpenRequests = ConstU32<128>;
	type MaxAccountRequests = ConstU32<32>;
	type MaxRequestsPerAccount = ConstU32<8>;
	type RequestLifetime = ConstU32<DAYS>;
	type KeyDeposit = AccountKeyDeposit;
	type RequestDeposit = AccountRequestDeposit;
	type Accounts = Taproot;
	type OnSignature = ToWhomItConcerns;
	type OnSignatureWeight = OnSignatureWeight;
	type Verifier = Taproot;
	type WeightInfo = pallet_dcrm::weights::SubstrateWeight<Runtime>;
}

impl pallet_asset_mapping::Config<BitcoinInstance> for Runtime {
	type Chain = Bitcoin;
	type ChainNetwork = Networks;
	type InstanceId = ConstU8<BITCOIN_INSTANCE>;
	type Assets = MappedAssets;
	type AssetId = ConstU32<BITCOIN_ASSET>;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AddressDeposit = AddressDeposit;
	type LockOutDeposit = LockOutDeposit;
	type Time = Timestamp;
	type KeyGroups = Dcrm;
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, AssetAdmin>;
	type PauseOrigin = EitherOf<EitherOf<EnsureRoot<AccountId>, GeneralAdmin>, PauseByCommittee>;
	type PalletId = BitcoinMappingPalletId;
	type BatchInterval = BatchInterval;
	type MaxBatchIntents = ConstU32<10>;
	type MaxOpenIntents = ConstU32<1_000>;
	type MaxOpenBatches = ConstU32<4>;
	type MaxAttempts = ConstU32<8>;
	type FeeReportInterval = FeeReportInterval;
	type FeeReportLifetime = FeeReportLifetime;
	type FlowBucket = FlowBucket;
	type MaxOpenVotes = ConstU32<200>;
	type VoteLifetime = VoteLifetime;
	type WeightInfo = pallet_asset_mapping::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = BitcoinBenchmarks;
}

/// How long before its end what is bonded of borrowed FSN begins to unbond, in seconds: the unbonding time, up to
/// three sessions more (that which has begun, and those that a leaving node is still elected for), and a quarter
/// of all that, for slots that are missed.
pub const UNBONDING_TERM: u64 =
	(UNBONDING_SESSIONS + 3) as u64 * SESSION as u64 * (SLOT_DURATION / 1_000) / 4 * 5;

impl pallet_usufruct::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Assets = MappedAssets;
	type Time = Timestamp;
	type Staking = BookkeepingStake;
	type PalletId = UsufructPalletId;
	type ListDeposit = SlicesDeposit;
	type BoundaryDeposit = BoundaryDeposit;
	type AllowanceDeposit = SlicesAllowanceDeposit;
	type PledgeDeposit = PledgeDeposit;
	type UnbondingTerm = ConstU64<UNBONDING_TERM>;
	type MaxDue = ConstU32<256>;
	type DuePerBlock = ConstU32<4>;
	type WeightInfo = pallet_usufruct::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = UsufructBenchmarks;
}

/// Borrowed FSN is staked as delegations to bookkeeping nodes. What fails leaves nothing behind.
pub struct BookkeepingStake;

impl pallet_usufruct::Staking<AccountId> for BookkeepingStake {
	fn bond(who: &AccountId, node: &AccountId, amount: Balance) -> DispatchResult {
		Bookkeeping::delegate(RuntimeOrigin::signed(who.clone()), node.clone(), amount)
	}

	fn unbond(who: &AccountId) -> DispatchResult {
		for delegation in Bookkeeping::delegations(who) {
			// Delegations to a node that dissolves are ended without anybody asking.
			if delegation.state != NodeState::Dissolving {
				let origin = RuntimeOrigin::signed(who.clone());
				Bookkeeping::unbond(origin, delegation.node, delegation.amount)?;
			}
		}
		Ok(())
	}

	fn withdraw(who: &AccountId) {
		// It fails if nothing is due.
		let origin = RuntimeOrigin::signed(who.clone());
		let _ = with_storage_layer(|| {
			Bookkeeping::withdraw(origin, who.clone()).map_err(|failed| failed.error)
		});
	}

	fn claim(who: &AccountId) {
		// It fails if there is nothing to claim.
		let origin = RuntimeOrigin::signed(who.clone());
		let _ = with_storage_layer(|| Bookkeeping::claim(origin).map_err(|failed| failed.error));
	}

	fn staked(who: &AccountId) -> Balance {
		Balances::balance_on_hold(&pallet_bookkeeping::HoldReason::Stake.into(), who)
	}

	fn weight() -> Weight {
		type Weights = <Runtime as pallet_bookkeeping::Config>::WeightInfo;
		// One delegation; a chunk, and one for what was displaced before. To look at the delegation is as much as
		// to claim for it.
		Weights::delegate()
			.max(Weights::unbond().saturating_add(Weights::claim(1)))
			.max(Weights::withdraw(2))
	}
}

/// What benchmarks of usufruct need: a clock that can be set, coins and a node out of nowhere.
#[cfg(feature = "runtime-benchmarks")]
pub struct UsufructBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_usufruct::BenchmarkHelper<AccountId> for UsufructBenchmarks {
	fn set_time(now: u64) {
		// Not by the pallet, which tells HHCM.
		pallet_timestamp::Now::<Runtime>::put(now.saturating_mul(1_000));
	}

	fn mapped_coins(who: &AccountId, amount: Balance) -> pallet_usufruct::Coin {
		use frame_support::traits::fungibles::Mutate;
		MappedAssets::mint_into(BITCOIN_ASSET, who, amount).expect("the asset exists");
		pallet_usufruct::Coin::Mapped(BITCOIN_ASSET)
	}

	fn node() -> AccountId {
		use frame_support::traits::fungible::Mutate;
		use pallet_bookkeeping::{BenchmarkHelper as _, MinBond};
		let node: AccountId = frame_benchmarking::account("node", 0, 0);
		let bond = MinBond::<Runtime>::get().max(10_000 * FSN);
		Balances::mint_into(&node, bond.saturating_mul(2)).expect("it can be minted");
		crate::BookkeepingBenchmarks::register_keys(&node);
		let commission = pallet_bookkeeping::Commissions::<Runtime>::get().min;
		Bookkeeping::register(RuntimeOrigin::signed(node.clone()), bond, commission)
			.expect("there is room");
		node
	}

	fn make_due(_: &AccountId) {
		pallet_bookkeeping::CurrentSession::<Runtime>::mutate(|session| {
			*session = session.saturating_add(UNBONDING_SESSIONS + 3);
		});
	}
}

/// Two thirds of the technical committee can pause at once: a pause cannot wait for a referendum.
pub struct PauseByCommittee;

impl frame_support::traits::EnsureOrigin<crate::RuntimeOrigin> for PauseByCommittee {
	type Success = ();

	fn try_origin(origin: crate::RuntimeOrigin) -> Result<(), crate::RuntimeOrigin> {
		TwoThirdsOfCommittee::try_origin(origin).map(|_| ())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<crate::RuntimeOrigin, ()> {
		TwoThirdsOfCommittee::try_successful_origin()
	}
}

/// The account that holds coins which are locked for lock-outs.
pub fn bitcoin_mapping_account() -> AccountId {
	BitcoinMappingPalletId::get().into_account_truncating()
}

/// What benchmarks of asset mapping need: the largest group, with a key that everybody knows.
#[cfg(feature = "runtime-benchmarks")]
pub struct BitcoinBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_asset_mapping::benchmarking::BenchmarkHelper for BitcoinBenchmarks {
	fn activate_group() -> GroupId {
		let id = pallet_dcrm::NextGroup::<Runtime>::get();
		let members: Vec<_> = (0..MAX_MEMBERS).map(|_| MemberId::generate_pair(None)).collect();
		for member in &members {
			let account = AccountId::from(sp_core::sr25519::Public::from(member.clone()));
			let node = pallet_dcrm::Node { bond: NodeBond::get(), groups: 1, benched: false };
			pallet_dcrm::Nodes::<Runtime>::insert(account, node);
		}
		let group = pallet_dcrm::Group {
			members: BoundedVec::truncate_from(members),
			threshold: pallet_dcrm::threshold_of(MAX_MEMBERS),
			algorithm: Algorithm::Secp256k1Taproot,
			state: GroupState::Active,
			attempt: 0,
			attempts: 1,
			epoch: 0,
			qualified: pallet_dcrm::MemberSet::all(MAX_MEMBERS as u16),
			// The generator: the key whose secret is 1.
			key: Some(hex!("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")),
		};
		pallet_dcrm::Groups::<Runtime>::insert(id, group);
		pallet_dcrm::NextGroup::<Runtime>::put(id.saturating_add(1));
		pallet_dcrm::ActiveGroup::<Runtime>::put(id);
		id
	}

	fn member(index: u32) -> MemberId {
		pallet_dcrm::ActiveGroup::<Runtime>::get()
			.and_then(pallet_dcrm::Groups::<Runtime>::get)
			.and_then(|group| group.members.get(index as usize).cloned())
			.expect("the group has as many members")
	}

	fn sign(index: u32, message: &[u8]) -> MemberSignature {
		Self::member(index).sign(&message).expect("the key is in the keystore")
	}

	fn address(_: u8) -> Vec<u8> {
		// BIP-173's example program, on regtest.
		b"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080".to_vec()
	}

	fn set_time(seconds: u32) {
		pallet_timestamp::Now::<Runtime>::put(u64::from(seconds).saturating_mul(1_000));
	}
}
