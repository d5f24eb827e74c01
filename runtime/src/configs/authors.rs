//! Who authors blocks, and what they earn: HHCM, bookkeeping nodes, sessions, fees.

use alloc::vec::Vec;
use codec::{Compact, Decode, Encode, Input};
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		ConstU32, ConstU64, Currency, EitherOf, Imbalance, IsInherent, OnUnbalanced,
	},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use fusion_hhcm_primitives::{
	election::GROUP_WEIGHT,
	equivocation::Offence,
	package::transaction_hash,
	ticket::{MAX_DIFFICULTY, MIN_DIFFICULTY},
	AuthorityWeight, GroupId, MAX_GROUPS,
};
use pallet_bookkeeping::Work;
use pallet_hhcm::{Delivered, Grouping};
use pallet_revive::{evm::TransactionSigned, AddressMapper};
use pallet_session::disabling::UpToLimitDisablingStrategy;
use sp_core::H256;
use sp_runtime::{
	generic::Preamble, traits::AccountIdConversion, traits::ConvertInto, MultiAddress, Perbill,
};

use crate::{
	constants::*, governance::origins::GeneralAdmin, AccountId, Address, Balance, Balances,
	BlockNumber, Bookkeeping, Hhcm, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, Session,
	SessionKeys, UncheckedExtrinsic,
};

/// What the relay chain's clock allows: one block a slot, a few waiting for inclusion.
pub type ConsensusHook = pallet_hhcm::RelaySlotHook<
	Runtime,
	RELAY_CHAIN_SLOT_DURATION_MILLIS,
	BLOCK_PROCESSING_VELOCITY,
	UNINCLUDED_SEGMENT_CAPACITY,
>;

/// Blocks in a session.
pub const SESSION: BlockNumber = 6 * HOURS;
/// Sessions that it takes to get stake back: seven days.
pub const UNBONDING_SESSIONS: u32 = 28;

parameter_types! {
	pub const SessionPeriod: BlockNumber = SESSION;
	pub const SessionOffset: BlockNumber = 0;
	pub const PotId: PalletId = PalletId(*b"fsn/pot_");
	pub const SessionKeyDeposit: Balance = deposit(1, 64);
	/// Most bookkeeping nodes of a session.
	pub const MaxAuthorities: u32 = 100;
	/// From a trivial one, for networks of one node, to about a second of one core.
	pub const DifficultyBounds: (u64, u64) = (MIN_DIFFICULTY, MAX_DIFFICULTY >> 4);
	pub const SupplyCeiling: Balance = SUPPLY_CEILING;
	pub const EmissionCeiling: Balance = EMISSION_CEILING;
	pub const FirstReward: Balance = FIRST_BLOCK_REWARD;
	pub const AssemblerShare: Perbill = Perbill::from_percent(30);
	pub const MinDelegation: Balance = 10 * FSN;
	/// A thousandth of an FSN, held for a block. All FSN there can be, held for `AgeCap` blocks, weigh less
	/// than a hundredth of the largest weight.
	pub const WeightUnit: Balance = MILLI_FSN;
	/// As 5,000 FSN that have been held for `AgeCap` blocks: as much as five of the smallest bonds come to in time.
	pub const InvulnerableWeight: u64 = 5_000 * 1_000 * 30 * DAYS as u64;
	pub const SlashToTreasury: Perbill = Perbill::from_percent(50);
	pub const SlashToReporter: Perbill = Perbill::from_percent(5);
	/// What a proven equivocation costs.
	pub const EquivocationSlash: Perbill = Perbill::from_percent(10);
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = Hhcm;
	// Nobody is told of an author here: `OnBlockAuthored` says more.
	type EventHandler = ();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type SessionManager = Bookkeeping;
	type SessionHandler = <SessionKeys as sp_runtime::traits::OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = SessionKeyDeposit;
}

impl pallet_bookkeeping::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, GeneralAdmin>;
	type Registration = Session;
	type Treasury = ToTreasury;
	type PotId = PotId;
	type SupplyCeiling = SupplyCeiling;
	type EmissionCeiling = EmissionCeiling;
	type FirstReward = FirstReward;
	type HalvingPeriod = ConstU32<HALVING_PERIOD>;
	type AssemblerShare = AssemblerShare;
	type MaxPackages = ConstU32<{ MAX_GROUPS as u32 }>;
	type MaxCandidates = ConstU32<200>;
	type MaxInvulnerables = ConstU32<20>;
	type MaxSeats = MaxAuthorities;
	type MaxDelegations = ConstU32<100>;
	type MaxDelegationsPerAccount = ConstU32<20>;
	// One for each delegation, one for a bond, and some to spare.
	type MaxUnbonding = ConstU32<32>;
	type MinDelegation = MinDelegation;
	type MinNodes = ConstU32<1>;
	// Thirty days.
	type AgeCap = ConstU32<{ 30 * DAYS }>;
	type WeightUnit = WeightUnit;
	type InvulnerableWeight = InvulnerableWeight;
	type UnbondingSessions = ConstU32<UNBONDING_SESSIONS>;
	type KickAfter = ConstU32<2>;
	type LikelyBlocks = ConstU32<20>;
	type SlashToTreasury = SlashToTreasury;
	type SlashToReporter = SlashToReporter;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = BookkeepingBenchmarks;
	type WeightInfo = pallet_bookkeeping::weights::SubstrateWeight<Runtime>;
}

impl pallet_hhcm::Config for Runtime {
	type MaxAuthorities = MaxAuthorities;
	type SlotDuration = ConstU64<SLOT_DURATION>;
	type Weights = SessionWeights;
	type GroupingKey = BySigner;
	type OnBlockAuthored = PayBookkeepers;
	type Offences = SlashEquivocation;
	// Half of the unbonding time.
	type ReportWindow = ConstU64<{ 14 * SESSION as u64 }>;
	type DifficultyBounds = DifficultyBounds;
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, GeneralAdmin>;
	type WeightInfo = pallet_hhcm::weights::SubstrateWeight<Runtime>;
}

/// Bookkeeping nodes weigh in HHCM's draws what they were elected with.
pub struct SessionWeights;

impl pallet_hhcm::AuthorityWeights<AccountId> for SessionWeights {
	fn weight(validator: &AccountId) -> AuthorityWeight {
		Bookkeeping::session_weight(validator)
	}
}

/// The byte after the length of a transaction that is signed: its kind (the upper two bits) and the version of its
/// format, as `sp_runtime::generic::Preamble` has them.
const SIGNED: u8 = 0b1000_0000 | 4;

/// Transactions are split over HHCM's groups by their signers.
///
/// Extrinsics are looked at that have been executed, or that the transaction pool has validated: they decode.
pub struct BySigner;

impl BySigner {
	fn of(account: &AccountId) -> Grouping {
		Grouping::Key(sp_io::hashing::blake2_256(&account.encode()).into())
	}

	/// The account that signed a transaction, if one did: read from the first bytes, since to decode what it calls
	/// takes longer than everything else that is done to find its group.
	fn signer(extrinsic: &[u8]) -> Option<AccountId> {
		let mut input = extrinsic;
		Compact::<u32>::decode(&mut input).ok()?;
		if input.read_byte().ok()? != SIGNED {
			return None;
		}
		match Address::decode(&mut input).ok()? {
			MultiAddress::Id(account) => Some(account),
			_ => None,
		}
	}

	/// The account that an Ethereum transaction is sent by.
	fn ethereum_sender(payload: &[u8]) -> Option<AccountId> {
		let address = TransactionSigned::decode(payload).ok()?.recover_eth_address().ok()?;
		Some(<Runtime as pallet_revive::Config>::AddressMapper::to_fallback_account_id(&address))
	}
}

impl pallet_hhcm::GroupingKey for BySigner {
	fn grouping(extrinsic: &[u8]) -> Option<Grouping> {
		if let Some(account) = Self::signer(extrinsic) {
			return Some(Self::of(&account));
		}
		let decoded = UncheckedExtrinsic::decode(&mut &extrinsic[..]).ok()?;
		if <Runtime as IsInherent<UncheckedExtrinsic>>::is_inherent(&decoded) {
			return Some(Grouping::Inherent);
		}
		Some(match (&decoded.0.preamble, &decoded.0.function) {
			(
				Preamble::Bare(_),
				RuntimeCall::Revive(pallet_revive::Call::eth_transact { payload }),
			) => Self::of(&Self::ethereum_sender(payload)?),
			_ => Grouping::Key(transaction_hash(extrinsic)),
		})
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_transaction(number: u32) -> Vec<u8> {
		let remark = frame_system::Call::remark { remark: number.encode() };
		UncheckedExtrinsic::from(sp_runtime::generic::UncheckedExtrinsic::new_transaction(
			RuntimeCall::System(remark),
			crate::authorized_extension(),
		))
		.encode()
	}
}

/// For each transaction the key that its group is drawn from. `None` for what is no transaction.
pub fn grouping_keys(transactions: Vec<Vec<u8>>) -> Vec<Option<H256>> {
	use pallet_hhcm::GroupingKey;
	transactions
		.iter()
		.map(|extrinsic| match BySigner::grouping(extrinsic) {
			Some(Grouping::Key(key)) => Some(key),
			Some(Grouping::Inherent) | None => None,
		})
		.collect()
}

/// Pays for each block: its assembler, and the packagers by their rank and by the fees of what they have put
/// into it.
pub struct PayBookkeepers;

impl pallet_hhcm::OnBlockAuthored<AccountId> for PayBookkeepers {
	fn on_block_authored(
		assembler: &AccountId,
		packages: &[Delivered<AccountId>],
		groups: GroupId,
	) {
		let work: Vec<_> = packages
			.iter()
			.map(|package| Work {
				packager: package.packager.clone(),
				weight: package.weight,
				extrinsics: package.extrinsics.clone(),
			})
			.collect();
		let delivered = work.iter().fold(0u64, |sum, work| sum.saturating_add(work.weight));
		let absent = GROUP_WEIGHT.saturating_mul(groups.into()).saturating_sub(delivered);
		Bookkeeping::note_work(assembler, &work, GROUP_WEIGHT, absent);
	}

	fn weight(packages: u32) -> Weight {
		Bookkeeping::weight_to_note_block(packages)
	}
}

/// Slashes who is proven to have signed two things where it may sign one.
pub struct SlashEquivocation;

impl pallet_hhcm::Offences<AccountId> for SlashEquivocation {
	fn on_offence(offender: &AccountId, reporter: &AccountId, offence: &Offence) {
		// In a session's first block, HHCM is still in the session before.
		let lag = u32::from(pallet_hhcm::NextAuthorities::<Runtime>::exists());
		let session = pallet_bookkeeping::CurrentSession::<Runtime>::get()
			.saturating_sub(lag)
			.saturating_sub(Hhcm::sessions_ago(offence.slot).unwrap_or(1));
		if let Err(error) = Bookkeeping::slash(
			offender,
			session,
			EquivocationSlash::get(),
			Some(reporter),
			pallet_bookkeeping::SlashReason::Equivocation,
		) {
			log::info!("{offender:?} is not slashed for session {session}: {error:?}");
		}
	}

	fn weight() -> Weight {
		use pallet_bookkeeping::WeightInfo;
		<Runtime as pallet_bookkeeping::Config>::WeightInfo::slash()
	}
}

/// Fees go to the pot that bookkeeping nodes are paid from. What an extrinsic has paid is noted, for whoever
/// packaged it.
pub struct DealWithFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for DealWithFees {
	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		let pot = PotId::get().into_account_truncating();
		let fee = credit.peek();
		// Credited whatever the state of the pot's account; what could not be would be burnt.
		if <Balances as Balanced<AccountId>>::resolve(&pot, credit).is_ok() {
			Bookkeeping::note_fee(fee);
		}
	}
}

/// Slashed deposits, and shares of groups that were absent, go to the treasury.
pub struct ToTreasury;

impl OnUnbalanced<pallet_balances::NegativeImbalance<Runtime>> for ToTreasury {
	fn on_nonzero_unbalanced(amount: pallet_balances::NegativeImbalance<Runtime>) {
		Balances::resolve_creating(&crate::governance::TreasuryAccount::get(), amount);
	}
}

impl OnUnbalanced<Credit<AccountId, Balances>> for ToTreasury {
	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		let treasury = crate::governance::TreasuryAccount::get();
		let _ = <Balances as Balanced<AccountId>>::resolve(&treasury, credit);
	}
}

/// What benchmarks of bookkeeping nodes need.
#[cfg(feature = "runtime-benchmarks")]
pub struct BookkeepingBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_bookkeeping::BenchmarkHelper<AccountId> for BookkeepingBenchmarks {
	fn register_keys(who: &AccountId) {
		use sp_core::crypto::UncheckedFrom;
		let keys = SessionKeys {
			hhcm: sp_core::sr25519::Public::unchecked_from(
				who.encode().try_into().unwrap_or([0u8; 32]),
			)
			.into(),
		};
		pallet_session::NextKeys::<Runtime>::insert(who, keys);
	}
}
