//! Fusion's own pallets: key groups and mapped coins, and which network this is.

use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU8, EitherOf, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::Bitcoin;
use fusion_dcrm_primitives::{
	traits::OnSignature, PublicKey, Purpose, RequestId, SchnorrSignature,
};
use pallet_asset_mapping::WeightInfo as _;
use sp_core::H256;
use sp_runtime::{traits::AccountIdConversion, Perbill};

#[cfg(feature = "runtime-benchmarks")]
use {
	alloc::vec::Vec,
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
	AccountId, Balance, Balances, BitcoinMapping, BlockNumber, Dcrm, MappedAssets, Networks,
	Runtime, RuntimeHoldReason, Timestamp,
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
	pub const BitcoinMappingPalletId: PalletId = PalletId(*b"fsn/mbtc");
	pub const BatchInterval: BlockNumber = 5;
	pub const VoteLifetime: BlockNumber = HOURS;
	pub const FeeReportInterval: BlockNumber = 5 * MINUTES;
	pub const FeeReportLifetime: BlockNumber = HOURS;
	/// The throttle's window is a day.
	pub const FlowBucket: BlockNumber = HOURS;
	pub OnSignatureWeight: Weight =
		<Runtime as pallet_asset_mapping::Config<BitcoinInstance>>::WeightInfo::on_signature(<Bitcoin as ExternalChain>::MAX_INPUTS);
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
