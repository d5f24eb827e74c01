//! The calling list: contracts that run by themselves.

use alloc::{vec, vec::Vec};
use frame_support::{
	parameter_types,
	storage::{with_transaction, TransactionOutcome},
	traits::{ConstU32, ConstU64, EitherOf, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use fusion_calling_list_primitives::{
	traits::{ContractEngine, GasPrice, LogSource, Nodes},
	Reason, RowId, Sender, Trial,
};
use fusion_precompiles::{calling_list_address, trigger_input, trigger_output};
use pallet_revive::{evm::fees::InfoT, AddressMapper, ExecConfig, TransactionLimits};
use sp_core::{H160, H256, U256};
use sp_runtime::{DispatchError, FixedPointNumber, SaturatedConversion};

use super::PauseByCommittee;
use crate::{
	constants::*, genesis::ethereum_account, governance::origins::GeneralAdmin, AccountId, Balance,
	Balances, Bookkeeping, Networks, Revive, Runtime, RuntimeEvent, RuntimeOrigin, Session, System,
	Timestamp,
};

type FeeInfo = <Runtime as pallet_revive::Config>::FeeInfo;

/// The Ethereum address of the account from which the chain runs rows: the one after the precompile's. Nobody has a
/// key to it, and no contract can be there.
const TRIGGER_ADDRESS: [u8; 20] =
	[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF5, 0x04, 0, 1];

parameter_types! {
	pub const CallingListPalletId: PalletId = PalletId(*b"fsn/call");
	pub TriggerAccount: AccountId = ethereum_account(TRIGGER_ADDRESS);
	/// Fees of rows go where all fees go.
	pub BookkeepingPot: AccountId = Bookkeeping::pot();
	/// A row takes about 550 bytes, in several items.
	pub const RowDeposit: Balance = deposit(5, 550);
	pub const RowByteDeposit: Balance = deposit(0, 1);
	/// A tenth of a block's time and of its proof, and only if rows are due that nobody triggers.
	pub const GuaranteedWeight: Weight =
		Weight::from_parts(MAXIMUM_BLOCK_WEIGHT.ref_time() / 10, MAXIMUM_BLOCK_WEIGHT.proof_size() / 10);
}

/// Gas as pallet-revive has it.
pub struct EvmGas;

impl GasPrice for EvmGas {
	fn price() -> Balance {
		Balance::try_from(Revive::evm_base_fee()).unwrap_or(Balance::MAX)
	}

	fn weight(gas: u64) -> Weight {
		let scale: u32 = <Runtime as pallet_revive::Config>::GasScale::get();
		let fee = Balance::from(gas).saturating_mul(scale.into());
		<FeeInfo as InfoT<Runtime>>::fee_to_weight(fee)
	}

	fn fee(weight: Weight) -> Balance {
		<FeeInfo as InfoT<Runtime>>::next_fee_multiplier().saturating_mul_int(<FeeInfo as InfoT<
			Runtime,
		>>::weight_to_fee(
			&weight
		))
	}
}

/// Contracts of pallet-revive.
pub struct EvmContracts;

impl EvmContracts {
	/// Sends a trigger, as an account would.
	fn send(
		from: AccountId,
		rows: Vec<RowId>,
		weight_limit: Weight,
		deposit_limit: Balance,
	) -> (Option<Vec<u8>>, Weight) {
		let result = Revive::bare_call(
			RuntimeOrigin::signed(from),
			calling_list_address(),
			U256::zero(),
			TransactionLimits::WeightAndDeposit { weight_limit, deposit_limit },
			trigger_input(rows),
			&ExecConfig::new_substrate_tx_without_bump(),
		);
		let answer = result.result.ok().filter(|answer| !answer.did_revert());
		(answer.map(|answer| answer.data), result.weight_consumed)
	}
}

impl ContractEngine for EvmContracts {
	fn is_precompile(target: H160) -> bool {
		// All precompiles have addresses of this form, and by chance nothing else has.
		target.0[4..16] == [0; 12]
	}

	fn trigger(row: RowId, weight: Weight, funds: Balance) -> Weight {
		let run = || {
			let (answer, used) = Self::send(TriggerAccount::get(), vec![row], weight, funds);
			// As after a transaction that fails, nothing of it is left.
			match answer {
				Some(_) => TransactionOutcome::Commit(Ok::<_, DispatchError>(used)),
				None => TransactionOutcome::Rollback(Ok(used)),
			}
		};
		// There is no error but that there are too many layers of transactions.
		with_transaction(run).unwrap_or(weight)
	}
}

impl LogSource for EvmContracts {
	fn logs() -> Vec<(H160, H256)> {
		// Events of the block itself, within it: every node has the same.
		System::read_events_no_consensus()
			.filter_map(|record| match record.event {
				RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
					contract,
					topics,
					..
				}) => topics.first().map(|topic| (contract, *topic)),
				_ => None,
			})
			.collect()
	}
}

/// The bookkeeping nodes of the present session.
pub struct ElectedNodes;

impl Nodes<AccountId> for ElectedNodes {
	fn is_elected(account: &AccountId) -> bool {
		Session::validators().contains(account)
	}
}

impl pallet_calling_list::Config for Runtime {
	type Currency = Balances;
	type Time = Timestamp;
	type Gas = EvmGas;
	type Engine = EvmContracts;
	type Logs = EvmContracts;
	type Nodes = ElectedNodes;
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, GeneralAdmin>;
	type PauseOrigin = EitherOf<EitherOf<EnsureRoot<AccountId>, GeneralAdmin>, PauseByCommittee>;
	type PalletId = CallingListPalletId;
	type TriggerAccount = TriggerAccount;
	type FeeReceiver = BookkeepingPot;
	type StorageBase = RowDeposit;
	type StoragePerByte = RowByteDeposit;
	type MaxData = ConstU32<1_024>;
	type MaxHistory = ConstU32<16>;
	type MaxPendingLogs = ConstU32<2_000>;
	type LogsPerBlock = ConstU32<32>;
	type DuePerBlock = ConstU32<8>;
	type GuaranteedPerBlock = ConstU32<4>;
	type GuaranteedWeight = GuaranteedWeight;
	type TriggerDelay = ConstU32<5>;
	// Five minutes.
	type Patience = ConstU32<{ 5 * MINUTES }>;
	// A minute.
	type LateBlocks = ConstU32<{ MINUTES }>;
	type LateSeconds = ConstU64<60>;
	type BlockSeconds = ConstU64<{ SLOT_DURATION / 1_000 }>;
	type WeightInfo = pallet_calling_list::weights::SubstrateWeight<Runtime>;
}

/// What would become of rows in the next block if an account sent their trigger. For the runtime API: what it does to the
/// state is forgotten.
pub fn calling_list_trial(sender: H160, rows: Vec<RowId>) -> Trial {
	let next = System::block_number().saturating_add(1);
	// The next block's parent has no hash yet that a runtime could know.
	System::initialize(&next, &System::parent_hash(), &Default::default());
	let time = pallet_timestamp::Now::<Runtime>::get().saturating_add(SLOT_DURATION);
	pallet_timestamp::Now::<Runtime>::put(time);
	let account = <Runtime as pallet_revive::Config>::AddressMapper::to_account_id(&sender);
	let count = rows.len();
	// What a transaction could have at most. Storage is paid by the sender first.
	let block = MAXIMUM_BLOCK_WEIGHT;
	let (answer, _) = EvmContracts::send(account, rows, block, Balance::MAX / 4);
	let reasons = answer.and_then(|data| trigger_output(&data));
	Trial { reasons: reasons.unwrap_or_else(|| vec![Reason::NotEnoughGas; count]) }
}

/// What a sender of triggers has to know.
pub fn calling_list_sender(address: H160) -> Sender {
	let account = <Runtime as pallet_revive::Config>::AddressMapper::to_account_id(&address);
	let balance =
		<Balances as frame_support::traits::fungible::Inspect<AccountId>>::reducible_balance(
			&account,
			frame_support::traits::tokens::Preservation::Preserve,
			frame_support::traits::tokens::Fortitude::Polite,
		);
	Sender {
		nonce: System::account_nonce(&account).saturated_into(),
		balance,
		gas_price: EvmGas::price(),
		chain_id: <Networks as Get<u64>>::get(),
	}
}
