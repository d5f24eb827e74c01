//! Who authors blocks, and what becomes of the fees. A simple set with Aura for now: HHCM takes its place.

use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		ConstBool, ConstU32, ConstU64, Currency, EitherOf, Imbalance, OnUnbalanced,
	},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_session::disabling::UpToLimitDisablingStrategy;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::AccountIdConversion;

use crate::{
	constants::*, governance::origins::GeneralAdmin, AccountId, Aura, Balance, Balances,
	BlockNumber, CollatorSelection, Runtime, RuntimeEvent, Session, SessionKeys,
};

/// What the relay chain's clock allows: one block a slot, a few waiting for inclusion.
pub type ConsensusHook = cumulus_pallet_aura_ext::FixedVelocityConsensusHook<
	Runtime,
	RELAY_CHAIN_SLOT_DURATION_MILLIS,
	BLOCK_PROCESSING_VELOCITY,
	UNINCLUDED_SEGMENT_CAPACITY,
>;

parameter_types! {
	/// Blocks in a session.
	pub const SessionPeriod: BlockNumber = 6 * HOURS;
	pub const SessionOffset: BlockNumber = 0;
	pub const PotId: PalletId = PalletId(*b"fsn/pot_");
	pub const SessionKeyDeposit: Balance = deposit(1, 64);
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
	type EventHandler = (CollatorSelection,);
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = pallet_collator_selection::IdentityCollator;
	type ShouldEndSession = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type SessionManager = CollatorSelection;
	type SessionHandler = <SessionKeys as sp_runtime::traits::OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = SessionKeyDeposit;
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = ();
	type MaxAuthorities = ConstU32<100>;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl cumulus_pallet_aura_ext::Config for Runtime {}

impl pallet_collator_selection::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type UpdateOrigin = EitherOf<EnsureRoot<AccountId>, GeneralAdmin>;
	type PotId = PotId;
	type MaxCandidates = ConstU32<100>;
	type MinEligibleCollators = ConstU32<1>;
	type MaxInvulnerables = ConstU32<20>;
	type KickThreshold = SessionPeriod;
	type ValidatorId = AccountId;
	type ValidatorIdOf = pallet_collator_selection::IdentityCollator;
	type ValidatorRegistration = Session;
	type WeightInfo = pallet_collator_selection::weights::SubstrateWeight<Runtime>;
}

/// Fees go to the pot that the author of the block is paid from.
pub struct DealWithFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for DealWithFees {
	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		let pot = PotId::get().into_account_truncating();
		// Credited whatever the state of the pot's account; what could not be would be burnt.
		let _ = <Balances as Balanced<AccountId>>::resolve(&pot, credit);
	}
}

/// Slashed deposits go to the treasury.
pub struct ToTreasury;

impl OnUnbalanced<<Balances as Currency<AccountId>>::NegativeImbalance> for ToTreasury {
	fn on_nonzero_unbalanced(amount: <Balances as Currency<AccountId>>::NegativeImbalance) {
		debug_assert!(amount.peek() > 0);
		Balances::resolve_creating(&crate::governance::TreasuryAccount::get(), amount);
	}
}
