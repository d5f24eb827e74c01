//! What governance decides, and what must hold from the start.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::ValidatorRegistration,
	BoundedVec,
};
use sp_runtime::{Perbill, SaturatedConversion};

use crate::{pallet::*, Balance, CommissionBounds};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_invulnerables(
		mut nodes: BoundedVec<T::AccountId, T::MaxInvulnerables>,
	) -> DispatchResult {
		nodes.sort();
		let twice = nodes.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
		ensure!(!twice, Error::<T>::DuplicateInvulnerable);
		ensure!(nodes.iter().all(T::Registration::is_registered), Error::<T>::KeysNotRegistered);
		let seats = MaxNodes::<T>::get().saturating_add(nodes.len().saturated_into());
		ensure!(seats <= T::MaxSeats::get(), Error::<T>::TooManyNodes);
		for former in Invulnerables::<T>::get() {
			if nodes.binary_search(&former).is_err() {
				LastActive::<T>::remove(former);
			}
		}
		Invulnerables::<T>::put(&nodes);
		ensure!(Self::electable() >= T::MinNodes::get(), Error::<T>::TooFewNodes);
		Self::deposit_event(Event::InvulnerablesSet { nodes: nodes.into_inner() });
		Ok(())
	}

	pub(crate) fn do_set_max_nodes(nodes: u32) -> DispatchResult {
		ensure!(nodes <= T::MaxCandidates::get(), Error::<T>::TooManyNodes);
		let seats = nodes
			.saturating_add(Invulnerables::<T>::decode_len().unwrap_or_default().saturated_into());
		ensure!(seats >= T::MinNodes::get(), Error::<T>::TooFewNodes);
		ensure!(seats <= T::MaxSeats::get(), Error::<T>::TooManyNodes);
		MaxNodes::<T>::put(nodes);
		Self::deposit_event(Event::MaxNodesSet { nodes });
		Ok(())
	}

	pub(crate) fn do_set_min_bond(bond: Balance) -> DispatchResult {
		ensure!(bond > 0, Error::<T>::BondTooSmall);
		MinBond::<T>::put(bond);
		Self::deposit_event(Event::MinBondSet { bond });
		Ok(())
	}

	pub(crate) fn do_set_commission_bounds(min: Perbill, max: Perbill) -> DispatchResult {
		ensure!(min <= max, Error::<T>::BoundsReversed);
		Commissions::<T>::put(CommissionBounds { min, max });
		Self::deposit_event(Event::CommissionBoundsSet { min, max });
		Ok(())
	}

	pub(crate) fn build_genesis(genesis: &GenesisConfig<T>) {
		let GenesisConfig {
			invulnerables,
			candidates,
			max_nodes,
			min_bond,
			min_commission: min,
			max_commission: max,
		} = genesis;
		let mut nodes = BoundedVec::try_from(invulnerables.clone())
			.expect("genesis: there are at most `MaxInvulnerables` invulnerables");
		nodes.sort();
		let twice = nodes.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
		assert!(!twice, "genesis: every invulnerable is listed once");
		Invulnerables::<T>::put(nodes);
		Self::do_set_max_nodes(*max_nodes).expect(
			"genesis: `max_nodes` is at most `MaxCandidates`, and with the invulnerables there are \
			 at least `MinNodes` and at most `MaxSeats`",
		);
		Self::do_set_min_bond(*min_bond).expect("genesis: `min_bond` is not 0");
		Self::do_set_commission_bounds(*min, *max)
			.expect("genesis: `min_commission` is at most `max_commission`");
		let places: usize = T::MaxCandidates::get().saturated_into();
		assert!(
			candidates.len() <= places,
			"genesis: there are at most `MaxCandidates` candidates"
		);
		for (node, bond, commission) in candidates {
			Self::add_candidate(node.clone(), *bond, *commission)
				.expect("genesis: every candidate is listed once, and has its bond in balances");
		}
	}

	/// Checks that the constants fit each other.
	#[cfg(feature = "std")]
	pub(crate) fn check_config() {
		use crate::{
			stake::mul_div, weights::MOST_DELEGATIONS, MaxElected, MostCandidates, WeightInfo,
			REWARD_SCALE, STEPS_PER_BLOCK,
		};

		let (supply, emission) = (T::SupplyCeiling::get(), T::EmissionCeiling::get());
		assert!(emission <= supply, "EmissionCeiling: no more than SupplyCeiling");
		assert!(T::HalvingPeriod::get() > 0, "HalvingPeriod: at least one block");
		let total = Self::schedule().total();
		assert!(
			total.is_some_and(|total| total <= emission),
			"FirstReward, HalvingPeriod: all blocks issue {total:?}, more than EmissionCeiling \
			 ({emission})"
		);

		assert!(T::AgeCap::get() > 0, "AgeCap: at least one block");
		assert!(
			supply.checked_mul(u32::MAX.into()).is_some(),
			"SupplyCeiling: coin ages have to fit into 128 bits"
		);
		let heaviest =
			supply.saturating_mul(T::AgeCap::get().into()).checked_div(T::WeightUnit::get());
		assert!(
			heaviest.is_some_and(|heaviest| heaviest <= u64::MAX.into()),
			"WeightUnit, AgeCap: the weight of the whole supply has to fit into 64 bits"
		);
		assert!(T::InvulnerableWeight::get() > 0, "InvulnerableWeight: not 0");

		let nodes = MaxElected::<T>::get();
		assert!(T::MinNodes::get() > 0, "MinNodes: at least one");
		assert!(T::MinNodes::get() <= nodes, "MinNodes: more than can be elected");
		assert!(
			T::MaxInvulnerables::get() <= T::MaxSeats::get(),
			"MaxInvulnerables: more than a session can have (MaxSeats)"
		);
		assert!(T::MinDelegation::get() > 0, "MinDelegation: not 0");
		assert!(
			mul_div(supply, REWARD_SCALE, T::MinDelegation::get()).is_some(),
			"MinDelegation: rewards per unit of stake have to fit into 128 bits"
		);
		assert!(
			T::MaxDelegations::get() <= MOST_DELEGATIONS,
			"MaxDelegations: weights are for at most {MOST_DELEGATIONS}"
		);
		assert!(
			T::MaxUnbonding::get() > T::MaxDelegationsPerAccount::get().saturating_add(1),
			"MaxUnbonding: one for each delegation, one for a bond, and one to spare"
		);
		assert!(
			T::UnbondingSessions::get() > 2,
			"UnbondingSessions: a node may be elected for two more sessions when it leaves"
		);
		assert!(T::KickAfter::get() > 0, "KickAfter: at least one session");
		assert!(T::LikelyBlocks::get() > 0, "LikelyBlocks: at least one block");
		let shares = T::SlashToTreasury::get().deconstruct();
		let shares = shares.checked_add(T::SlashToReporter::get().deconstruct());
		assert!(
			shares.is_some_and(|shares| shares <= Perbill::one().deconstruct()),
			"SlashToTreasury, SlashToReporter: together at most everything"
		);

		let block = T::BlockWeights::get().max_block;
		let often = T::WeightInfo::on_initialize(STEPS_PER_BLOCK)
			.saturating_add(T::WeightInfo::note_block(T::MaxPackages::get()));
		assert!(
			often.all_lte(block.div(10)),
			"every block may take {often}, more than a tenth of it ({block})"
		);
		let candidates = MostCandidates::<T>::get();
		let rarely = T::WeightInfo::new_session(candidates)
			.saturating_add(T::WeightInfo::end_session(nodes));
		assert!(
			rarely.all_lte(block.div(2)),
			"a session's first block may take {rarely}, more than half of it ({block})"
		);
		let register = Self::weight_to_register(candidates);
		assert!(
			register.all_lte(block.div(5)),
			"to register may take {register}, more than a fifth of a block ({block})"
		);
	}
}
