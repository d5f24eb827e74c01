//! What runs take and cost.

use crate::{AccountIdOf, Config, Pallet, Params, Row, WeightInfo};
use frame_support::weights::Weight;
use fusion_calling_list_primitives::{traits::GasPrice, Balance, Terms, Tier};
use sp_runtime::traits::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Gas of the contracts that a row calls: the target and, with the same limit, the checker. Loading their code is
	/// part of it.
	fn contract_gas(terms: &Terms, checked: bool) -> u64 {
		let one = terms.gas_limit.saturating_add(Params::<T>::get().load_gas);
		one.saturating_mul(if checked { 2 } else { 1 })
	}

	/// Most execution that the contracts of a row take.
	pub(crate) fn contract_weight(terms: &Terms, checked: bool) -> Weight {
		T::Gas::weight(Self::contract_gas(terms, checked))
	}

	/// Most execution that a run by the chain takes.
	pub(crate) fn trigger_weight(terms: &Terms, checked: bool) -> Weight {
		Self::contract_weight(terms, checked).saturating_add(T::WeightInfo::trigger())
	}

	/// What the sender of a trigger is paid for beside the contracts that a row calls.
	pub(crate) fn overhead() -> Weight {
		T::Gas::weight(Params::<T>::get().overhead_gas).saturating_add(T::WeightInfo::execute_row())
	}

	/// What execution costs at most, at the present gas price.
	pub(crate) fn most_fee(terms: &Terms, checked: bool) -> Balance {
		T::Gas::fee(Self::contract_weight(terms, checked).saturating_add(Self::overhead()))
	}

	/// What a run costs at most at the present gas price: what the deposit of a row that is due has to have.
	pub fn run_cost(terms: &Terms, checked: bool) -> Balance {
		let fee = Self::most_fee(terms, checked);
		fee.saturating_add(Self::reward(fee))
			.saturating_add(Self::premium(terms.tier, fee))
			.saturating_add(terms.storage_limit)
	}

	/// What the deposit of a row has to have to become due and run once, at the present gas price.
	pub(crate) fn due_cost(terms: &Terms, checked: bool) -> Balance {
		Self::run_cost(terms, checked).saturating_add(Params::<T>::get().upkeep)
	}

	/// What the sender of a trigger earns.
	pub(crate) fn reward(fee: Balance) -> Balance {
		Params::<T>::get().reward.mul_floor(fee)
	}

	/// What a guaranteed row pays beside that: a part of the fee that grows with what is guaranteed, up to four times.
	pub(crate) fn premium(tier: Tier, fee: Balance) -> Balance {
		if tier == Tier::BestEffort {
			return 0;
		}
		let base = Params::<T>::get().premium.mul_floor(fee);
		base.saturating_add(Self::filled().mul_floor(base.saturating_mul(3)))
	}

	/// Gas of a trigger for a row, storage included, beside what every transaction takes: most that is used.
	pub(crate) fn trigger_gas(row: &Row<AccountIdOf<T>>) -> u64 {
		let price = T::Gas::price().max(1);
		let fee = Self::most_fee(&row.terms, row.is_checked());
		fee.saturating_add(row.terms.storage_limit).div_ceil(price).saturated_into()
	}
}
