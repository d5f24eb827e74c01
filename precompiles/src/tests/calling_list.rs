//! The calling list.

use super::{address_in, reason, signatures, succeed};
use crate::{
	calling_list_address, mock::*, trigger_input, trigger_output, CallingList, ICallingList,
};
use frame_support::traits::{Get, Hooks, OnTimestampSet};
use fusion_calling_list_primitives::{traits::GasPrice, Reason, RowId, RowState};
use hex_literal::hex;
use pallet_calling_list::{Params, Rows};
use pallet_revive::{
	precompiles::{
		alloy::{
			primitives::{IntoLogData, U256},
			sol_types::{SolCall, SolInterface},
		},
		Precompile, H160, H256,
	},
	AccountId32Mapper, AddressMapper,
};
use std::collections::BTreeSet;
use ICallingList::{
	atBlockCall, cancelCall, cronCall, currentRowCall, everyBlocksCall, everySecondsCall,
	executeCall, historyCall, isDueCall, onCheckCall, onLogCall, pauseCall, resumeCall, rowCall,
	runCostCall, storageCostCall, topUpCall, ICallingListCalls, ICallingListEvents, Terms, Tried,
};

const SOURCE: &str = include_str!("../../../contracts/interfaces/ICallingList.sol");
/// Where the precompile is.
const LIST: H160 = H160(hex!("00000000000000000000000000000000f5040000"));
/// What deposits pay for many runs.
const DEPOSIT: u128 = 10_000_000_000_000;
/// The first topic of what contracts log here.
const TOPIC: [u8; 32] = [7; 32];
/// Somebody who sends triggers.
const KEEPER: H160 = H160([0xcc; 20]);

/// Counts its calls in slot 0, notes its caller in slot 1 and the running row in slot 2, and logs.
fn recorder() -> H160 {
	let mut code = hex!("6001 6000 54 01 6000 55  33 6001 55").to_vec();
	// The selector of currentRow() in memory, a static call, and the first word of the answer.
	code.push(0x63);
	code.extend(currentRowCall::SELECTOR);
	code.extend(hex!("60e0 1b 6000 52  6040 6000 6004 6000 63 f5040000 5a fa 50  6000 51 6002 55"));
	// What it was called with is the log's data.
	code.extend(hex!("36 6000 6000 37 7f"));
	code.extend(TOPIC);
	code.extend(hex!("36 6000 a1 00"));
	deploy(code, [1; 32])
}

/// Reverts if what it is called with has a first byte that is not zero, else counts its calls in slot 0.
fn moody() -> H160 {
	let code = hex!("6000 35 60f8 1c 15 600f 57 6000 6000 fd 5b 6001 6000 54 01 6000 55 00");
	assert_eq!(code[15], 0x5b, "that is where it jumps to");
	deploy(code.to_vec(), [9; 32])
}

/// Runs for ever.
fn looper() -> H160 {
	deploy(hex!("5b 6000 56").to_vec(), [2; 32])
}

/// Turns slot 0 from 0 to 1 and back.
fn toggle() -> H160 {
	deploy(hex!("6000 54 15 6000 55 00").to_vec(), [3; 32])
}

/// A checker whose answer is slot 0, and whose data is the word 5. A call without data changes its mind.
fn checker() -> H160 {
	let change = hex!("36 600c 57 6000 54 15 6000 55 00");
	let answer = hex!("5b 6000 54 6000 52  6040 6020 52  6020 6040 52  6005 6060 52  6080 6000 f3");
	assert_eq!(change.len(), 0x0c, "that is where it jumps to");
	deploy([&change[..], &answer[..]].concat(), [4; 32])
}

fn terms() -> Terms {
	Terms {
		gasLimit: 100_000,
		storageLimit: 100_000_000_000,
		maxGasPrice: 1_000_000,
		expiresAt: 0,
		maxRuns: 0,
		tier: ICallingList::Tier::BestEffort,
		missed: ICallingList::Missed::Once,
		retries: 0,
		backoff: 1,
		afterFailure: ICallingList::AfterFailure::Pause,
	}
}

fn at_block(target: H160, data: &[u8], block: u32, terms: Terms) -> Vec<u8> {
	atBlockCall {
		target: target.0.into(),
		data: data.to_vec().into(),
		blockNumber: block,
		deposit: U256::from(DEPOSIT),
		terms,
	}
	.abi_encode()
}

fn every_block(target: H160, data: &[u8], terms: Terms) -> Vec<u8> {
	everyBlocksCall {
		target: target.0.into(),
		data: data.to_vec().into(),
		first: System::block_number() + 1,
		every: 1,
		deposit: U256::from(DEPOSIT),
		terms,
	}
	.abi_encode()
}

/// Registers a row of Alice's.
fn register(data: Vec<u8>) -> RowId {
	atBlockCall::abi_decode_returns(&succeed(ALICE, LIST, data)).expect("it gives a number")
}

/// Sends a trigger.
fn trigger(from: H160, ids: &[RowId]) -> Vec<Reason> {
	let answer = succeed(from, LIST, trigger_input(ids.to_vec()));
	trigger_output(&answer).expect("it gives reasons")
}

fn slot(contract: H160, slot: u8) -> U256 {
	let mut key = [0; 32];
	key[31] = slot;
	let value = Revive::get_storage(contract, key).expect("it is a contract").unwrap_or_default();
	U256::from_be_slice(&value)
}

/// The next block begins.
fn next_block() {
	let now = System::block_number();
	CallingListPallet::on_finalize(now);
	System::reset_events();
	System::set_block_number(now + 1);
	CallingListPallet::on_timestamp_set(0_u64);
}

/// Logs of the block so far: emitter, topics, data.
fn logs() -> Vec<(H160, Vec<H256>, Vec<u8>)> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
				contract,
				data,
				topics,
			}) => Some((contract, topics, data)),
			_ => None,
		})
		.collect()
}

fn log_of(event: ICallingListEvents) -> (H160, Vec<H256>, Vec<u8>) {
	let (topics, data) = event.into_log_data().split();
	(LIST, topics.into_iter().map(|topic| H256(topic.0)).collect(), data.to_vec())
}

fn setup(test: impl FnOnce()) {
	build_and_execute(|| {
		endow(&account(KEEPER));
		Params::<Test>::mutate(|params| {
			params.upkeep = 1_000;
			params.rent = 1_000;
		});
		test();
	});
}

type CallingListPallet = pallet_calling_list::Pallet<Test>;

#[test]
fn interface_should_have_every_function_of_the_solidity_file() {
	let of_interface: BTreeSet<[u8; 4]> = ICallingListCalls::selectors().collect();
	let of_file: BTreeSet<[u8; 4]> = signatures(SOURCE)
		.into_iter()
		.map(|signature| {
			let signature = signature
				.replace(
					"Terms",
					"(uint64,uint128,uint128,uint32,uint32,uint8,uint8,uint8,uint16,uint8)",
				)
				.replace("Tier", "uint8");
			let hash = sp_io::hashing::keccak_256(signature.as_bytes());
			[hash[0], hash[1], hash[2], hash[3]]
		})
		.collect();
	assert_eq!(of_file, of_interface);
	assert_eq!(of_interface.len(), 18);
}

#[test]
fn precompile_should_be_where_the_solidity_file_says() {
	assert_eq!(<CallingList<Test> as Precompile>::MATCHER.base_address(), LIST.0);
	assert_eq!(address_in(SOURCE, "CALLING_LIST_ADDRESS"), LIST);
	assert_eq!(calling_list_address(), LIST);
}

#[test]
fn every_selector_should_be_answered_when_called() {
	setup(|| {
		let target = recorder();
		let (address, deposit) = (target.0.into(), U256::from(DEPOSIT));
		let data = alloy_bytes(b"x");
		let calls = [
			at_block(target, b"x", 9, terms()),
			ICallingList::atTimeCall {
				target: address,
				data: data.clone(),
				timestamp: 100,
				deposit,
				terms: terms(),
			}
			.abi_encode(),
			every_block(target, b"x", terms()),
			everySecondsCall {
				target: address,
				data: data.clone(),
				first: 10,
				every: 60,
				deposit,
				terms: terms(),
			}
			.abi_encode(),
			cronCall {
				target: address,
				data: data.clone(),
				expression: "30 9 * * 1-5".into(),
				deposit,
				terms: terms(),
			}
			.abi_encode(),
			onLogCall {
				target: address,
				data: data.clone(),
				emitter: address,
				topic0: TOPIC.into(),
				deposit,
				terms: terms(),
			}
			.abi_encode(),
			onCheckCall {
				target: address,
				checker: address,
				checkData: data,
				every: 5,
				deposit,
				terms: terms(),
			}
			.abi_encode(),
			topUpCall { id: 1, amount: U256::from(5) }.abi_encode(),
			pauseCall { id: 1 }.abi_encode(),
			resumeCall { id: 1 }.abi_encode(),
			cancelCall { id: 1 }.abi_encode(),
			executeCall { ids: vec![1] }.abi_encode(),
			currentRowCall {}.abi_encode(),
			rowCall { id: 2 }.abi_encode(),
			historyCall { id: 2 }.abi_encode(),
			isDueCall { id: 2 }.abi_encode(),
			runCostCall {
				gasLimit: 1,
				storageLimit: 2,
				tier: ICallingList::Tier::Guaranteed,
				withCheck: false,
			}
			.abi_encode(),
			storageCostCall { bytes_: 10 }.abi_encode(),
		];
		let mut answered = BTreeSet::new();
		for data in calls {
			answered.insert([data[0], data[1], data[2], data[3]]);
			succeed(ALICE, LIST, data);
		}
		assert_eq!(answered, ICallingListCalls::selectors().collect());
		assert_eq!(Rows::<Test>::count(), 6);
	});
}

fn alloy_bytes(bytes: &[u8]) -> pallet_revive::precompiles::alloy::primitives::Bytes {
	bytes.to_vec().into()
}

#[test]
fn target_should_be_called_by_the_list_and_see_which_row_runs() {
	setup(|| {
		let target = recorder();
		register(at_block(target, b"other", 9, terms()));
		let id = register(at_block(target, b"hello", 2, terms()));
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotDue]);
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		assert_eq!(slot(target, 0), U256::from(1));
		assert_eq!(slot(target, 1), U256::from_be_slice(&LIST.0));
		assert_eq!(slot(target, 2), U256::from(id));
		// The target's log, and the list's own.
		let logs = logs();
		assert_eq!(logs[0], (target, vec![H256(TOPIC)], b"hello".to_vec()));
		assert_eq!(logs[1].0, LIST);
		assert_eq!(logs.len(), 2);
		// No row runs any more.
		let none = succeed(ALICE, LIST, currentRowCall {}.abi_encode());
		assert_eq!(currentRowCall::abi_decode_returns(&none).unwrap().id, 0);
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::NotLive]);
	});
}

#[test]
fn sender_should_be_paid_and_the_storage_it_paid_for_come_back() {
	setup(|| {
		let target = recorder();
		let id = register(every_block(target, b"hello", terms()));
		next_block();
		let before = (free(KEEPER), Rows::<Test>::get(id).unwrap().deposit);
		let stored = held(target);
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		let deposit = Rows::<Test>::get(id).unwrap().deposit;
		let storage = held(target) - stored;
		assert!(storage > 0, "three slots have a deposit");
		let paid = before.1 - deposit;
		// What the contract's storage took came out of the row; the rest is what execution is worth, with a reward.
		assert_eq!(free(KEEPER), before.0 + paid - storage);
		let log = log_of(ICallingListEvents::Tried(Tried {
			id,
			target: target.0.into(),
			reason: ICallingList::Reason::Ran,
			cost: U256::from(paid),
			sender: KEEPER.0.into(),
		}));
		assert_eq!(logs().last(), Some(&log));

		// The second time nothing is stored that was not there.
		next_block();
		let before = free(KEEPER);
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		let again = deposit - Rows::<Test>::get(id).unwrap().deposit - 1_000;
		assert_eq!(held(target), stored + storage);
		assert_eq!(free(KEEPER), before + again);
		assert!(again < paid);
	});
}

#[test]
fn freed_storage_should_be_taken_off_what_the_row_pays() {
	setup(|| {
		let target = toggle();
		let id = register(every_block(target, b"", terms()));
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		let stored = held(target);
		next_block();
		let before = (free(KEEPER), Rows::<Test>::get(id).unwrap().deposit);
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		let freed = stored - held(target);
		assert!(freed > 0);
		let paid = before.1 - Rows::<Test>::get(id).unwrap().deposit;
		assert_eq!(free(KEEPER), before.0 + paid + freed);
	});
}

#[test]
fn target_should_be_limited_by_the_row_and_not_by_the_sender() {
	setup(|| {
		let looper = looper();
		let toggle = toggle();
		let endless = register(every_block(looper, b"", terms()));
		let poor = register(every_block(toggle, b"", Terms { storageLimit: 1, ..terms() }));
		next_block();
		let before = free(KEEPER);
		assert_eq!(trigger(KEEPER, &[endless]), vec![Reason::Trapped]);
		assert_eq!(trigger(KEEPER, &[poor]), vec![Reason::Trapped]);
		assert_eq!(slot(toggle, 0), U256::ZERO);
		// It has done its part.
		assert!(free(KEEPER) > before);
		for id in [endless, poor] {
			let paused = RowState::Paused { reason: Reason::Trapped };
			assert_eq!(Rows::<Test>::get(id).unwrap().state, paused);
		}
	});
}

#[test]
fn target_should_not_be_loaded_when_it_is_larger_than_the_row_pays_for() {
	setup(|| {
		let target = recorder();
		// Ten bytes of code a unit of gas.
		let size = Revive::code(&target).len() as u64;
		let may = |load_gas| Params::<Test>::mutate(|params| params.load_gas = load_gas);
		let id = register(every_block(target, b"", terms()));
		may(size.div_ceil(10));
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		may(size.div_ceil(10) - 1);
		next_block();
		let before = Rows::<Test>::get(id).unwrap().deposit;
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Trapped]);
		assert!(Rows::<Test>::get(id).unwrap().deposit < before);
		assert_eq!(slot(target, 0), U256::from(1));
	});
}

#[test]
fn failure_should_not_stop_other_rows_nor_count_behind_them() {
	setup(|| {
		let moody = moody();
		let good = register(every_block(moody, &[0], terms()));
		let bad = register(every_block(moody, &[1], terms()));
		next_block();
		assert_eq!(trigger(KEEPER, &[good, bad]), vec![Reason::Ran, Reason::NotAlone]);
		assert!(Rows::<Test>::get(bad).unwrap().is_live());
		next_block();
		assert_eq!(trigger(KEEPER, &[bad, good]), vec![Reason::Reverted, Reason::Ran]);
		assert_eq!(slot(moody, 0), U256::from(2));
	});
}

#[test]
fn row_should_be_left_when_the_transaction_has_too_little_gas() {
	setup(|| {
		let target = recorder();
		let id = register(every_block(target, b"", terms()));
		next_block();
		let row = Rows::<Test>::get(id).expect("it is due");
		let (weight, funds) =
			(Gas::weight(200_000), 100_000_000_000 + Gas::fee(Gas::weight(200_000)));
		for (weight, funds, expected) in [
			// The contract alone, and nothing for the list.
			(weight, funds, Reason::NotEnoughGas),
			(weight * 10, funds - 1, Reason::NotEnoughGas),
			(weight * 10, funds, Reason::Ran),
		] {
			assert_eq!(Rows::<Test>::get(id), Some(row.clone()));
			let answer = call_limited(KEEPER, LIST, trigger_input(vec![id]), weight, funds);
			assert_eq!(trigger_output(&answer), Some(vec![expected]));
		}
	});
}

#[test]
fn only_senders_of_transactions_should_run_rows() {
	setup(|| {
		let proxy = deploy_proxy_to(LIST, Passing::Call);
		let result = call(ALICE, proxy, trigger_input(vec![1])).unwrap();
		assert!(result.did_revert());
		assert_eq!(
			reason(&result).as_deref(),
			Some("CallingList: only the sender of a transaction can run rows, not a contract")
		);
		let many = call(ALICE, LIST, trigger_input(vec![1; 65])).unwrap();
		assert_eq!(reason(&many).as_deref(), Some("CallingList: too many rows"));
	});
}

#[test]
fn target_should_not_change_the_list_while_a_row_runs() {
	setup(|| {
		// It passes on what it is called with, and reverts if that does.
		let proxy = deploy_proxy_to(LIST, Passing::Call);
		let owner = AccountId32Mapper::<Test>::to_account_id(&proxy);
		endow(&owner);
		let registered = succeed(ALICE, proxy, at_block(proxy, b"", 9, terms()));
		let own = atBlockCall::abi_decode_returns(&registered).unwrap();
		assert_eq!(Rows::<Test>::get(own).unwrap().owner, owner);
		for data in [
			cancelCall { id: own }.abi_encode(),
			topUpCall { id: own, amount: U256::from(1) }.abi_encode(),
			pauseCall { id: own }.abi_encode(),
			at_block(proxy, b"", 99, terms()),
			trigger_input(vec![own]),
		] {
			let id = register(every_block(proxy, &data, terms()));
			next_block();
			assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Reverted]);
		}
		// And can read it.
		let id = register(every_block(proxy, &rowCall { id: own }.abi_encode(), terms()));
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
	});
}

#[test]
fn row_should_run_by_a_log_of_another_row() {
	setup(|| {
		let (first, second) = (recorder(), moody());
		let a = register(every_block(first, b"x", terms()));
		let b = register(
			onLogCall {
				target: second.0.into(),
				data: alloy_bytes(&[0]),
				emitter: first.0.into(),
				topic0: TOPIC.into(),
				deposit: U256::from(DEPOSIT),
				terms: terms(),
			}
			.abi_encode(),
		);
		next_block();
		assert_eq!(trigger(KEEPER, &[a, b]), vec![Reason::Ran, Reason::NotDue]);
		next_block();
		assert_eq!(trigger(KEEPER, &[b]), vec![Reason::Ran]);
		assert_eq!(slot(second, 0), U256::from(1));
		next_block();
		assert_eq!(trigger(KEEPER, &[b]), vec![Reason::NotDue]);
	});
}

#[test]
fn target_should_be_called_with_what_the_check_gives() {
	setup(|| {
		let (checker, target) = (checker(), recorder());
		let id = register(
			onCheckCall {
				target: target.0.into(),
				checker: checker.0.into(),
				checkData: alloy_bytes(b"what?"),
				every: 1,
				deposit: U256::from(DEPOSIT),
				terms: terms(),
			}
			.abi_encode(),
		);
		next_block();
		let before = (free(KEEPER), Rows::<Test>::get(id).unwrap().deposit);
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::CheckFalse]);
		// Nobody knows the sender: it is not paid.
		assert_eq!((free(KEEPER), Rows::<Test>::get(id).unwrap().deposit), before);
		succeed(ALICE, checker, Vec::new());
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::Ran]);
		let mut word = vec![0; 32];
		word[31] = 5;
		assert!(logs().contains(&(target, vec![H256(TOPIC)], word)));
	});
}

#[test]
fn check_should_change_nothing() {
	setup(|| {
		// It would write.
		let checker = toggle();
		let id = register(
			onCheckCall {
				target: recorder().0.into(),
				checker: checker.0.into(),
				checkData: alloy_bytes(b""),
				every: 1,
				deposit: U256::from(DEPOSIT),
				terms: terms(),
			}
			.abi_encode(),
		);
		next_block();
		assert_eq!(trigger(KEEPER, &[id]), vec![Reason::CheckFailed]);
		assert_eq!(slot(checker, 0), U256::ZERO);
	});
}

#[test]
fn chain_should_run_a_guaranteed_row_when_nobody_comes() {
	setup(|| {
		let target = recorder();
		let guaranteed = Terms { tier: ICallingList::Tier::Guaranteed, ..terms() };
		let id = register(at_block(target, b"hello", 2, guaranteed));
		for _ in 0..3 {
			next_block();
			assert_eq!(slot(target, 0), U256::ZERO);
		}
		next_block();
		assert_eq!(slot(target, 0), U256::from(1));
		assert_eq!(slot(target, 1), U256::from_be_slice(&LIST.0));
		assert_eq!(slot(target, 2), U256::from(id));
		assert!(held(target) > 0);
		assert_eq!(free(TRIGGERS), 0);
		assert_eq!(Rows::<Test>::get(id), None);
		assert_eq!(CallingListPallet::total_deposits(), 0);
	});
}

#[test]
fn row_should_be_registered_by_a_contract_while_it_is_made() {
	setup(|| {
		let data = at_block(ALICE, b"", 9, Terms { storageLimit: 0, ..terms() });
		// Ethereum's units are smaller here.
		let ratio: u32 = <Test as pallet_revive::Config>::NativeToEthRatio::get();
		let address = construct_with_call(LIST, data, DEPOSIT * 2 * u128::from(ratio));
		let row = Rows::<Test>::get(1).expect("it was registered");
		assert_eq!(row.owner, AccountId32Mapper::<Test>::to_account_id(&address));
		assert_eq!(row.deposit, DEPOSIT);
	});
}

#[test]
fn reason_should_be_given_when_the_list_refuses() {
	setup(|| {
		let target = recorder();
		let cron = |expression: &str| {
			cronCall {
				target: target.0.into(),
				data: alloy_bytes(b""),
				expression: expression.into(),
				deposit: U256::from(DEPOSIT),
				terms: terms(),
			}
			.abi_encode()
		};
		let too_much = topUpCall { id: 1, amount: U256::MAX }.abi_encode();
		for (data, expected) in [
			(at_block(target, b"", 1, terms()), "CallingList: NeverDue"),
			(at_block(LIST, b"", 9, terms()), "CallingList: TargetIsPrecompile"),
			(at_block(target, &[0; 1_025], 9, terms()), "CallingList: DataTooLong"),
			(cron("* * *"), "CallingList: a cron expression has five fields"),
			(cron("61 * * * *"), "CallingList: a number in the cron expression is out of range"),
			(cancelCall { id: 5 }.abi_encode(), "CallingList: UnknownRow"),
			(too_much, "CallingList: the amount is too large"),
		] {
			let result = call(ALICE, LIST, data).expect("the call is executed");
			assert_eq!(reason(&result).as_deref(), Some(expected));
		}
		let pauper = call(PAUPER, LIST, at_block(target, b"", 9, terms())).unwrap();
		assert_eq!(reason(&pauper).as_deref(), Some("CallingList: DepositUnpaid"));
		let with_value = call_with_value(ALICE, LIST, 5_000_000, cancelCall { id: 1 }.abi_encode());
		assert_eq!(reason(&with_value.unwrap()).as_deref(), Some("CallingList: takes no value"));
	});
}

#[test]
fn row_should_be_shown_as_it_is() {
	setup(|| {
		let target = recorder();
		let id = register(at_block(target, b"x", 2, terms()));
		let show = || {
			let answer = succeed(ALICE, LIST, rowCall { id }.abi_encode());
			rowCall::abi_decode_returns(&answer).unwrap()
		};
		let due = || {
			let proxy = deploy_static();
			let answer = succeed(ALICE, proxy, isDueCall { id }.abi_encode());
			u8::from(isDueCall::abi_decode_returns(&answer).unwrap())
		};
		let row = show();
		assert_eq!(u8::from(row.state), u8::from(ICallingList::State::Waiting));
		assert_eq!(row.owner.0 .0, ALICE.0);
		assert_eq!((row.dueAt, row.deposit), (2, U256::from(DEPOSIT)));
		assert_eq!(row.terms.gasLimit, terms().gasLimit);
		assert_eq!(due(), u8::from(ICallingList::Reason::NotDue));
		next_block();
		assert_eq!(due(), u8::from(ICallingList::Reason::Ran));
		assert_eq!(show().dueSince, 2);
		trigger(KEEPER, &[id]);
		assert_eq!(u8::from(show().state), u8::from(ICallingList::State::None));
	});
}

/// A contract that passes calls on to the list statically.
fn deploy_static() -> H160 {
	use std::cell::Cell;
	thread_local! {
		static SALT: Cell<u8> = const { Cell::new(0) };
	}
	let salt = SALT.with(|salt| {
		salt.set(salt.get() + 1);
		salt.get()
	});
	deploy(proxy_code(LIST, Passing::Static), [100 + salt; 32])
}
