//! A transaction that runs rows, as the pallet needs it.

use alloc::vec::Vec;
use fusion_calling_list_primitives::{
	traits::{CallOutcome, CheckOutcome, Consumed, RunEnv},
	Balance,
};
use pallet_revive::{
	precompiles::{alloy::sol_types::SolCall, Ext, ReentrancyProtection, H160, U256},
	CallResources, StorageDeposit, WeightInfo as _,
};
use sp_runtime::Weight;

use super::IChecker::checkCall;

/// The frame of the precompile.
pub(super) struct RowEnv<'a, E>(pub &'a mut E);

impl<E> RowEnv<'_, E>
where
	E: Ext,
	E::T: pallet_revive::Config<Balance = Balance>,
{
	/// Calls a contract. The row's own limits hold for it and for all that it calls.
	fn call_contract(
		&mut self,
		contract: H160,
		data: Vec<u8>,
		weight: Weight,
		deposit_limit: Balance,
		read_only: bool,
	) -> CallOutcome {
		let resources = CallResources::WeightDeposit { weight, deposit_limit };
		// The list itself refuses to be changed while a row runs, and lets itself be read.
		let reentrancy = ReentrancyProtection::AllowReentry;
		let called = self.0.call(&resources, &contract, U256::zero(), data, reentrancy, read_only);
		match called {
			Ok(()) if self.0.last_frame_output().did_revert() => CallOutcome::Reverted,
			Ok(()) => CallOutcome::Returned,
			Err(_) => CallOutcome::Trapped,
		}
	}
}

impl<E> RunEnv for RowEnv<'_, E>
where
	E: Ext,
	E::T: pallet_revive::Config<Balance = Balance>,
{
	fn weight_left(&self) -> Weight {
		self.0.frame_meter().weight_left().unwrap_or(Weight::zero())
	}

	fn funds_left(&self) -> Balance {
		// In an Ethereum transaction execution and storage are paid out of the same gas, and this is what all of it is
		// worth.
		self.0.frame_meter().deposit_left().unwrap_or_default()
	}

	fn consumed(&self) -> Consumed {
		let weight = self.0.frame_meter().weight_consumed();
		match self.0.frame_meter().deposit_consumed() {
			StorageDeposit::Charge(charged) => Consumed { weight, charged, refunded: 0 },
			StorageDeposit::Refund(refunded) => Consumed { weight, charged: 0, refunded },
		}
	}

	fn load_weight(&self, contract: H160) -> Option<Weight> {
		let size = self.0.code_size(&contract);
		if size == 0 {
			return None;
		}
		let size = u32::try_from(size).unwrap_or(u32::MAX);
		let of = |weight: fn(u32) -> Weight| weight(size).saturating_sub(weight(0));
		// Of which kind the code is, is not told. As pallet-revive charges it.
		let pvm = of(<E::T as pallet_revive::Config>::WeightInfo::call_with_pvm_code_per_byte);
		let evm = of(<E::T as pallet_revive::Config>::WeightInfo::call_with_evm_code_per_byte);
		Some(pvm.max(evm))
	}

	fn check(&mut self, checker: H160, data: Vec<u8>, weight: Weight) -> CheckOutcome {
		let input = checkCall { data: data.into() }.abi_encode();
		if self.call_contract(checker, input, weight, 0, true) != CallOutcome::Returned {
			return CheckOutcome::Failed;
		}
		match checkCall::abi_decode_returns_validate(&self.0.last_frame_output().data) {
			Ok(answer) if answer.due => CheckOutcome::True(answer.callData.to_vec()),
			Ok(_) => CheckOutcome::False,
			Err(_) => CheckOutcome::Failed,
		}
	}

	fn call(
		&mut self,
		target: H160,
		data: Vec<u8>,
		weight: Weight,
		storage: Balance,
	) -> CallOutcome {
		self.call_contract(target, data, weight, storage, false)
	}
}
