//! Keys of accounts: what they sign, what it costs, and what nobody gets signed.

use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Inspect, InspectHold},
};
use fusion_asset_mapping_primitives::chain::ExternalChain;
use fusion_bitcoin_primitives::{spend_template, Bitcoin};
use fusion_dcrm_primitives::{
	account_key::{
		message_hash, AccountKeyId, Payload, Payment, Script, Spend, Subject, MAX_PAYLOAD,
	},
	traits::KeyGroups,
	DcrmMessage, KeyPath, Purpose, RequestId,
};
use sp_runtime::{transaction_validity::InvalidTransaction, DispatchResult};

use super::{
	driver::{Outcome, Table},
	moves::{ask as ask_for_batch, Committee, Move},
};
use crate::{
	mock::*, AccountRequestCount, AccountRequests, AccountRules, Error, Event, HoldReason, Pallet,
	Params, RequestCount, Requests, RequestsKept, TaprootVerify,
};

const ALL: [u8; 4] = [1, 2, 3, 4];
/// Accounts that are no nodes.
const ALICE: u8 = 20;
const BOB: u8 = 21;

fn origin(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

fn active() -> Table {
	let mut table = Table::new(4);
	table.play_out(&ALL);
	table
}

fn key_for(number: u8) -> AccountKeyId {
	Dcrm::do_request_key(account(number)).unwrap()
}

fn message(text: &[u8]) -> Subject {
	Subject::Message(Payload::try_from(text.to_vec()).unwrap())
}

/// A payment to the group's own address.
fn spend(amount: u64) -> Subject {
	let group_key = output_key(&KeyPath::Group);
	let script = Script::try_from(Bitcoin::destination(&group_key).into_inner()).unwrap();
	let payments = vec![Payment { amount, script }].try_into().unwrap();
	Subject::Spend(Spend { txid: [7; 32], vout: 1, amount: 50_000, payments })
}

fn output_key(path: &KeyPath) -> [u8; 32] {
	let tweak = Dcrm::tweak(0, path).unwrap();
	crate::taproot::Taproot::output_key(&view(0).key.unwrap(), &tweak).unwrap()
}

fn request(number: u8, key: AccountKeyId, subject: Subject) -> DispatchResult {
	Dcrm::request_signature(origin(number), key, subject, ACCOUNT_PRICE)
}

/// Asks, and returns the number of the request.
fn asked(number: u8, key: AccountKeyId, subject: Subject) -> RequestId {
	let next = crate::NextRequest::<Test>::get();
	assert_ok!(request(number, key, subject));
	check();
	next
}

fn deliver(table: &Table, by: u8, request: RequestId) -> Outcome {
	let signature = table.sign(&ALL, request);
	speak(by, DcrmMessage::Signature { request, signature })
}

fn held(number: u8) -> u64 {
	Balances::balance_on_hold(&HoldReason::AccountKeys.into(), &account(number))
}

fn fund_pot() {
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), Dcrm::pot(), 1));
}

#[test]
fn key_should_be_the_accounts_own_when_it_asks_for_one() {
	build_and_execute(4, || {
		active();
		assert_ok!(Dcrm::request_key(origin(ALICE)));
		assert!(has_event(Event::KeyGiven { account: account(ALICE), key: 0, group: 0 }));
		assert_eq!(held(ALICE), KEY_DEPOSIT);
		let (second, bobs) = (key_for(ALICE), key_for(BOB));
		assert_eq!((second, bobs), (1, 2));
		let first = Dcrm::account_key(0).unwrap();
		let path = KeyPath::Account(account(ALICE).into(), 0);
		assert_eq!((first.public_key, first.group), (output_key(&path), 0));
		assert_eq!(first.account, <[u8; 32]>::from(account(ALICE)));
		// It is an address that one can pay to.
		let script = <Test as crate::Config>::Accounts::script(&first.address).unwrap();
		assert_eq!(script.to_vec(), Bitcoin::destination(&first.public_key).to_vec());
		let keys = [0, 1, 2].map(|key| Dcrm::account_key(key).unwrap().public_key);
		assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
		assert!(!keys.contains(&output_key(&KeyPath::Group)));
		assert_eq!(Dcrm::account_key(3), None);
	});
}

#[test]
fn key_should_be_refused_when_there_is_no_group_or_no_deposit() {
	build_and_execute(4, || {
		assert_noop!(Dcrm::request_key(origin(ALICE)), Error::<Test>::GroupNotActive);
		active();
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(BOB), KEY_DEPOSIT));
		// What is left has to keep the account alive.
		assert!(Dcrm::request_key(origin(BOB)).is_err());
		assert_eq!(held(BOB), 0);
	});
}

#[test]
fn signature_should_stay_to_be_read_when_a_message_was_signed() {
	build_and_execute(4, || {
		let table = active();
		fund_pot();
		let key = key_for(ALICE);
		let before = Balances::balance(&account(ALICE));
		let id = asked(ALICE, key, message(b"pay the bearer"));
		assert!(has_event(Event::AccountSignatureAsked {
			account: account(ALICE),
			key,
			request: id,
			price: ACCOUNT_PRICE
		}));
		assert_eq!(held(ALICE), KEY_DEPOSIT + REQUEST_DEPOSIT + ACCOUNT_PRICE);
		let open = Requests::<Test>::get(id).unwrap().request;
		let alice: [u8; 32] = account(ALICE).into();
		assert_eq!(open.message, message_hash(GENESIS, &alice, b"pay the bearer"));
		assert_eq!(open.path, KeyPath::Account(alice, key));
		assert_eq!(open.purpose, Purpose::Account { request: id });
		let shown = Dcrm::account_request(id).unwrap();
		assert_eq!((shown.account, shown.key, shown.signature), (alice, key, None));

		go_to(3);
		deliver(&table, 2, id).unwrap();
		let shown = Dcrm::account_request(id).unwrap();
		let signature = shown.signature.unwrap();
		let public_key = Dcrm::account_key(key).unwrap().public_key;
		assert!(crate::taproot::Taproot::verify(&public_key, &open.message, &signature));
		// Nobody else is told of it, and the time to read it begins now.
		assert!(Delivered::get().is_empty());
		assert_eq!(shown.expires, 3 + LIFETIME);
		assert_eq!((Requests::<Test>::get(id), RequestCount::<Test>::get(0)), (None, 0));
		// The price is the members': a fifth is for who delivers.
		assert_eq!(held(ALICE), KEY_DEPOSIT + REQUEST_DEPOSIT);
		assert_eq!(Balances::balance(&Dcrm::pot()), 1 + ACCOUNT_PRICE);
		assert_eq!(crate::Owed::<Test>::get(), ACCOUNT_PRICE);
		check();

		assert_ok!(Dcrm::forget_request(origin(ALICE), id));
		assert!(has_event(Event::RequestForgotten { request: id }));
		assert_eq!(Dcrm::account_request(id), None);
		assert_eq!(held(ALICE), KEY_DEPOSIT);
		assert_eq!(Balances::balance(&account(ALICE)), before - ACCOUNT_PRICE);
		assert_noop!(Dcrm::forget_request(origin(ALICE), id), Error::<Test>::UnknownRequest);
	});
}

#[test]
fn transaction_should_be_signed_when_it_spends_a_coin_of_the_key() {
	build_and_execute(4, || {
		let table = active();
		let key = key_for(ALICE);
		let Subject::Spend(wanted) = spend(40_000) else { panic!("a payment") };
		let id = asked(ALICE, key, Subject::Spend(wanted.clone()));
		let public_key = Dcrm::account_key(key).unwrap().public_key;
		let template = spend_template(&wanted, &public_key).unwrap();
		let sighash = Bitcoin::sighashes(&template)[0];
		assert_eq!(Requests::<Test>::get(id).unwrap().request.message, sighash);
		deliver(&table, 1, id).unwrap();
		let signature = Dcrm::account_request(id).unwrap().signature.unwrap();
		assert!(Bitcoin::verify(&public_key, &sighash, &signature));
		assert!(Bitcoin::assemble(&template, &[signature]).is_some());
	});
}

#[test]
fn transaction_should_be_refused_when_bitcoin_would_not_take_it() {
	build_and_execute(4, || {
		active();
		let key = key_for(ALICE);
		for amount in [0, 100, 50_001, u64::MAX] {
			assert_noop!(request(ALICE, key, spend(amount)), Error::<Test>::UnsoundTransaction);
		}
		assert_ok!(request(ALICE, key, spend(50_000)));
	});
}

#[test]
fn nothing_should_be_signed_when_the_key_is_another_accounts() {
	build_and_execute(4, || {
		active();
		let (alices, bobs) = (key_for(ALICE), key_for(BOB));
		for subject in [message(b"I owe Bob"), spend(40_000)] {
			assert_noop!(request(BOB, alices, subject.clone()), Error::<Test>::NotYourKey);
			assert_noop!(request(BOB, bobs + 1, subject), Error::<Test>::UnknownKey);
		}
		// What both may say is not the same when they say it.
		let (one, two) = (asked(ALICE, alices, message(b"x")), asked(BOB, bobs, message(b"x")));
		let message = |id| Requests::<Test>::get(id).unwrap().request.message;
		assert_ne!(message(one), message(two));
	});
}

/// Whoever wants lock-in coins has to have their sighash signed with their key. Neither can be asked for.
#[test]
fn lock_in_coins_should_be_out_of_reach_when_an_account_asks_for_what_would_spend_them() {
	build_and_execute(4, || {
		let table = active();
		let deposit = KeyPath::Deposit(0, 7);
		let coin = output_key(&deposit);
		let Subject::Spend(theft) = spend(49_000) else { panic!("a payment") };
		let theft_hash = Bitcoin::sighashes(&spend_template(&theft, &coin).unwrap())[0];
		let key = key_for(ALICE);
		let id = asked(ALICE, key, Subject::Spend(theft));
		let hash_as_message = asked(ALICE, key, message(&theft_hash));
		for id in [id, hash_as_message] {
			let open = Requests::<Test>::get(id).unwrap().request;
			assert_ne!(open.message, theft_hash);
			assert_ne!(open.path, deposit);
			deliver(&table, 1, id).unwrap();
			let signature = Dcrm::account_request(id).unwrap().signature.unwrap();
			assert!(!Bitcoin::verify(&coin, &theft_hash, &signature));
			assert!(!Bitcoin::verify(&coin, &open.message, &signature));
		}
		// Nor is there another way in for accounts: other pallets may only ask for batches.
		for purpose in [Purpose::Test, Purpose::Account { request: 0 }] {
			assert_noop!(
				<Dcrm as KeyGroups>::request_signature(0, deposit, theft_hash, purpose),
				Error::<Test>::ReservedPurpose
			);
		}
	});
}

#[test]
fn payload_should_be_refused_when_it_is_oversized() {
	let most = MAX_PAYLOAD as usize;
	assert!(Payload::try_from(vec![0; most]).is_ok());
	assert!(Payload::try_from(vec![0; most + 1]).is_err());
	// Nor does it decode.
	use codec::{Decode, Encode};
	let oversized = (0u8, vec![0u8; most + 1]).encode();
	assert!(Subject::decode(&mut oversized.as_slice()).is_err());
	let sound = (0u8, vec![0u8; most]).encode();
	assert!(Subject::decode(&mut sound.as_slice()).is_ok());
}

#[test]
fn price_should_not_be_above_what_the_caller_says_when_it_has_risen() {
	build_and_execute(4, || {
		active();
		let key = key_for(ALICE);
		let refused = |most| {
			assert_noop!(
				Dcrm::request_signature(origin(ALICE), key, message(b"x"), most),
				Error::<Test>::PriceTooHigh
			);
		};
		refused(ACCOUNT_PRICE - 1);
		Params::<Test>::mutate(|parameters| parameters.account_signature = ACCOUNT_PRICE + 1);
		refused(ACCOUNT_PRICE);
		// What was asked for at the old price stays at it.
		Params::<Test>::mutate(|parameters| parameters.account_signature = ACCOUNT_PRICE);
		let id = asked(ALICE, key, message(b"x"));
		Params::<Test>::mutate(|parameters| parameters.account_signature = 10 * ACCOUNT_PRICE);
		assert_eq!(AccountRequests::<Test>::get(id).unwrap().price, ACCOUNT_PRICE);
	});
}

#[test]
fn signature_should_cost_nothing_but_the_deposit_when_it_has_no_price() {
	build_and_execute(4, || {
		let table = active();
		Params::<Test>::mutate(|parameters| parameters.account_signature = 0);
		let key = key_for(ALICE);
		let id = asked(ALICE, key, message(b"x"));
		deliver(&table, 1, id).unwrap();
		assert_eq!(held(ALICE), KEY_DEPOSIT + REQUEST_DEPOSIT);
		assert!(Dcrm::account_request(id).unwrap().signature.is_some());
	});
}

#[test]
fn requests_should_be_bounded_when_one_account_or_many_ask() {
	build_and_execute(4, || {
		let table = active();
		let (alices, bobs) = (key_for(ALICE), key_for(BOB));
		let ids: Vec<_> = (0..3).map(|_| asked(ALICE, alices, message(b"x"))).collect();
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(request(ALICE, alices, message(b"x")), too_many);
		// Another key does not help.
		let other = key_for(ALICE);
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(request(ALICE, other, message(b"x")), too_many);
		// In all there are four.
		asked(BOB, bobs, message(b"x"));
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(request(BOB, bobs, message(b"x")), too_many);
		assert_eq!(AccountRequestCount::<Test>::get(0), 4);

		// Lock-outs have places of their own.
		for batch in 1..=3 {
			ask_for_batch(table.group, batch);
		}
		let purpose = Purpose::Batch { instance: 0, batch: 4, attempt: 0, input: 0 };
		let path = KeyPath::Deposit(0, 4);
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(<Dcrm as KeyGroups>::request_signature(0, path, [4; 32], purpose), too_many);
		assert_eq!(RequestCount::<Test>::get(0), 7);
		check();
		// A signature frees a place of the group's, and once it was read one of the account's.
		deliver(&table, 1, ids[0]).unwrap();
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(request(ALICE, alices, message(b"x")), too_many);
		asked(BOB, bobs, message(b"x"));
		assert_ok!(Dcrm::forget_request(origin(ALICE), ids[0]));
		assert_eq!(RequestsKept::<Test>::get(account(ALICE)), 2);
		// A batch that is signed frees a place for a batch, and none for an account.
		let batch = Dcrm::open_requests(0, 20)
			.into_iter()
			.find(|(_, request)| matches!(request.purpose, Purpose::Batch { .. }))
			.unwrap();
		deliver(&table, 1, batch.0).unwrap();
		let too_many = Error::<Test>::TooManyRequests;
		assert_noop!(request(ALICE, alices, message(b"x")), too_many);
		ask_for_batch(table.group, 5);
		check();
	});
}

#[test]
fn request_should_be_forgotten_by_anybody_when_it_has_expired() {
	build_and_execute(4, || {
		let table = active();
		let key = key_for(ALICE);
		let before = Balances::balance(&account(ALICE));
		let id = asked(ALICE, key, message(b"x"));
		let expires = System::block_number() + LIFETIME;
		go_to(expires - 1);
		for who in [ALICE, BOB] {
			assert_noop!(Dcrm::forget_request(origin(who), id), Error::<Test>::NotExpired);
		}
		go_to(expires);
		let signature = table.sign(&ALL, id);
		assert_ok!(Dcrm::forget_request(origin(BOB), id));
		check();
		// Deposit and price are back; the group owes nothing, and is not listened to any more.
		assert_eq!(Balances::balance(&account(ALICE)), before);
		assert_eq!((RequestCount::<Test>::get(0), AccountRequestCount::<Test>::get(0)), (0, 0));
		let late = speak(1, DcrmMessage::Signature { request: id, signature });
		assert_eq!(late, Err(Rejected::ByPool(InvalidTransaction::Stale)));
		// One that was signed in time stays for as long again.
		let id = asked(ALICE, key, message(b"y"));
		go_to(expires + LIFETIME - 1);
		deliver(&table, 1, id).unwrap();
		go_to(expires + LIFETIME);
		assert_noop!(Dcrm::forget_request(origin(BOB), id), Error::<Test>::NotExpired);
		go_to(expires + 2 * LIFETIME);
		assert_ok!(Dcrm::forget_request(origin(BOB), id));
		assert_eq!(held(ALICE), KEY_DEPOSIT);
	});
}

#[test]
fn signatures_for_accounts_should_come_after_other_words_in_the_pool() {
	build_and_execute(4, || {
		let table = active();
		let key = key_for(ALICE);
		let mine = asked(ALICE, key, message(b"x"));
		let batch = ask_for_batch(table.group, 1);
		let priority = |request| {
			let signature = table.sign(&ALL, request);
			pool(signed(&pair(1), DcrmMessage::Signature { request, signature })).unwrap().priority
		};
		assert!(priority(mine) < priority(batch));
		// It still comes before what pays a fee.
		assert!(priority(mine) > u64::from(u32::MAX));
	});
}

#[test]
fn keys_should_stay_when_the_key_of_the_group_is_handed_over() {
	build_and_execute(6, || {
		let committee = Committee::new(4);
		let key = key_for(ALICE);
		let before = Dcrm::account_key(key).unwrap();
		let id = asked(ALICE, key, message(b"x"));
		let (_, next) = Move::new(committee, &[2, 3, 5, 6]).succeed();
		assert_eq!(Dcrm::account_key(key), Some(before));
		next.deliver(&[2, 3, 5, 6], id).unwrap();
		assert!(Dcrm::account_request(id).unwrap().signature.is_some());
	});
}

#[test]
fn nothing_should_be_asked_for_when_everything_stands_still() {
	build_and_execute(4, || {
		active();
		let key = key_for(ALICE);
		let id = asked(ALICE, key, message(b"x"));
		assert_ok!(Dcrm::set_paused(RuntimeOrigin::signed(GUARD), true));
		assert_noop!(Dcrm::request_key(origin(ALICE)), Error::<Test>::Paused);
		assert_noop!(request(ALICE, key, message(b"y")), Error::<Test>::Paused);
		// What is held can be had back all the same, when it is time.
		go_to(System::block_number() + LIFETIME);
		assert_ok!(Dcrm::forget_request(origin(ALICE), id));
	});
}

#[test]
fn wrong_signature_should_be_refused_and_cost_nobody_when_a_member_sends_it() {
	build_and_execute(4, || {
		let table = active();
		let key = key_for(ALICE);
		let (id, other) = (asked(ALICE, key, message(b"x")), asked(ALICE, key, message(b"y")));
		let signature = table.sign(&ALL, other);
		speak(1, DcrmMessage::Signature { request: id, signature }).unwrap();
		assert!(has_event(Event::SignatureRefused { request: id, group: 0, by: 1 }));
		assert!(Dcrm::account_request(id).unwrap().signature.is_none());
		assert_eq!(held(ALICE), KEY_DEPOSIT + 2 * (REQUEST_DEPOSIT + ACCOUNT_PRICE));
	});
}

#[test]
fn state_should_be_found_broken_when_keys_of_accounts_are_damaged() {
	let broken = |damage: fn(RequestId)| {
		let mut why = "";
		genesis(4, Vec::new()).execute_with(|| {
			active();
			let key = key_for(ALICE);
			let id = asked(ALICE, key, message(b"x"));
			damage(id);
			let sp_runtime::TryRuntimeError::Other(found) = Dcrm::do_try_state().unwrap_err()
			else {
				panic!("not a reason")
			};
			why = found;
		});
		why
	};
	let counted = broken(|_| RequestsKept::<Test>::remove(account(ALICE)));
	assert_eq!(counted, "an account's requests are counted wrongly");
	let owed = broken(|_| AccountRequestCount::<Test>::insert(0, 2));
	assert_eq!(owed, "what is owed accounts is counted wrongly");
	let gone = broken(|id| Pallet::<Test>::close_account_request(id, 0));
	assert_eq!(gone, "an account's request is signed and open, or neither");
	let path = broken(|id| {
		Requests::<Test>::mutate(id, |open| {
			open.as_mut().unwrap().request.path = KeyPath::Deposit(0, 7);
		});
	});
	assert_eq!(path, "an account's request is for something else than its key");
	let free = broken(|id| {
		AccountRequests::<Test>::mutate(id, |kept| kept.as_mut().unwrap().deposit += 1);
	});
	assert_eq!(free, "what is held for keys of an account is not its deposits");
	let orphan = broken(|id| {
		AccountRequests::<Test>::remove(id);
		RequestsKept::<Test>::remove(account(ALICE));
	});
	assert_eq!(orphan, "a signature is owed to no account");
}

#[test]
fn payment_should_weigh_more_for_each_key_that_it_may_pay_to() {
	use frame_support::{
		dispatch::GetDispatchInfo, weights::constants::WEIGHT_REF_TIME_PER_MICROS,
	};
	let weight = |count: usize| {
		let payment = Payment { amount: 1, script: Script::default() };
		let payments = vec![payment; count].try_into().unwrap();
		let subject = Subject::Spend(Spend { txid: [7; 32], vout: 1, amount: 50_000, payments });
		let call = crate::Call::<Test>::request_signature { key: 0, subject, max_price: 0 };
		call.get_dispatch_info().call_weight.ref_time()
	};
	// A square root takes some 200 microseconds in wasm.
	assert!(weight(8) - weight(1) >= 7 * 200 * WEIGHT_REF_TIME_PER_MICROS);
}
