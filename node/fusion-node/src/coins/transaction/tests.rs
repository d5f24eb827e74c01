use fusion_runtime::System;
use pallet_asset_mapping::Error as MappingError;
use pallet_revive::frame_support::dispatch::PostDispatchInfo;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Checkable, BuildStorage, DispatchErrorWithPostInfo};

use super::*;
use crate::coins::key::Scheme;

fn hash(byte: u8) -> Hash {
	Hash::repeat_byte(byte)
}

fn terms() -> Terms {
	Terms { nonce: 7, genesis: hash(1), base: hash(2), number: 1_000 }
}

fn call() -> RuntimeCall {
	frame_system::Call::<Runtime>::remark { remark: vec![1, 2, 3] }.into()
}

/// A state in which `block` has that hash, and the genesis block its own.
fn state(terms: &Terms, now: BlockNumber) -> sp_io::TestExternalities {
	let storage =
		frame_system::GenesisConfig::<Runtime>::default().build_storage().expect("it can be built");
	let mut state = sp_io::TestExternalities::new(storage);
	state.execute_with(|| {
		System::set_block_number(now);
		frame_system::BlockHash::<Runtime>::insert(0, terms.genesis);
		frame_system::BlockHash::<Runtime>::insert(terms.number, terms.base);
	});
	state
}

#[test]
fn the_runtime_takes_the_signature_until_the_transaction_is_too_old() {
	let terms = terms();
	for (scheme, secret) in [
		(Scheme::Sr25519, "//Alice"),
		(Scheme::Ed25519, "//Alice"),
		(Scheme::Ethereum, "0x5fb92d6e98884f76de468fa3f6278f8807c48bebc13595d45af5bdc4da702133"),
	] {
		let signer = Signer::new(secret, scheme, "here").expect("it is a key");
		let made = signed(call(), signer.account(), &terms, |bytes| signer.sign(bytes));
		let encoded = made.encode();
		let check = |now| {
			state(&terms, now).execute_with(|| {
				let read = UncheckedExtrinsic::decode(&mut &encoded[..]).expect("it was encoded");
				read.check(&frame_system::ChainContext::<Runtime>::default()).map(drop)
			})
		};
		assert!(check(terms.number).is_ok(), "{scheme:?}");
		let last = u32::try_from(terms.until()).expect("it is a number of a block");
		assert_eq!(u64::from(last), u64::from(terms.number) + LIFETIME - 1);
		assert!(check(last).is_ok(), "{scheme:?}");
		// The era is over: it would be signed for another block.
		assert!(check(last + 1).is_err(), "{scheme:?}");
	}
}

#[test]
fn the_runtime_does_not_take_the_signature_for_another_chain_or_account() {
	let terms = terms();
	let alice = Sr25519Keyring::Alice;
	let made = signed(call(), alice.to_account_id(), &terms, |bytes| alice.sign(bytes).into());
	let check = |terms: &Terms, made: UncheckedExtrinsic| {
		state(terms, terms.number)
			.execute_with(|| made.check(&frame_system::ChainContext::<Runtime>::default()).is_ok())
	};
	assert!(check(&terms, made.clone()));
	assert!(!check(&Terms { genesis: hash(9), ..terms }, made.clone()));
	assert!(!check(&Terms { base: hash(9), ..terms }, made));
	let bob = Sr25519Keyring::Bob.to_account_id();
	let made = signed(call(), bob, &terms, |bytes| alice.sign(bytes).into());
	assert!(!check(&terms, made));
}

#[test]
fn trials_are_read_with_what_follows_left_out() {
	let read = |encoded: Vec<u8>| Trial::decode(&mut &encoded[..]).expect("it is one").outcome();
	let fine: DispatchResultWithPostInfo = Ok(PostDispatchInfo::default());
	let more = vec![1u8, 2, 3];
	assert_eq!(read((Ok::<_, u8>((fine, more.clone()))).encode()), Ok(()));
	let refused: DispatchResultWithPostInfo = Err(DispatchErrorWithPostInfo {
		post_info: PostDispatchInfo::default(),
		error: MappingError::<Runtime, BitcoinInstance>::NoActiveGroup.into(),
	});
	let why = read((Ok::<_, u8>((refused, more))).encode()).expect_err("it is refused");
	assert!(why.starts_with("NoActiveGroup"), "{why}");
	let why = read(Err::<(), u8>(1).encode()).expect_err("there was none");
	assert!(why.contains("error 1"), "{why}");
}

#[test]
fn a_transaction_is_waited_for_until_its_block_or_until_that_is_final() {
	use TransactionStatus as S;
	for is_final in [false, true] {
		assert_eq!(judge(S::Ready, is_final), None);
		assert_eq!(judge(S::Future, is_final), None);
		assert_eq!(judge(S::Broadcast(vec![]), is_final), None);
		assert_eq!(judge(S::Retracted(hash(1)), is_final), None);
		// A block that is final at once may be told of only as that.
		assert_eq!(judge(S::Finalized((hash(1), 0)), is_final), Some(Ok((hash(1), true))));
	}
	assert_eq!(judge(S::InBlock((hash(1), 0)), false), Some(Ok((hash(1), false))));
	assert_eq!(judge(S::InBlock((hash(1), 0)), true), None);
}

#[test]
fn what_a_node_lets_go_of_is_not_said_to_be_lost() {
	use TransactionStatus as S;
	for status in [S::Usurped(hash(1)), S::Dropped, S::Invalid, S::FinalityTimeout(hash(1))] {
		assert!(matches!(judge(status, true), Some(Err(_))));
	}
}

fn record(index: u32, event: impl Into<RuntimeEvent>) -> EventRecord<RuntimeEvent, Hash> {
	EventRecord { phase: Phase::ApplyExtrinsic(index), event: event.into(), topics: vec![] }
}

fn success(index: u32) -> EventRecord<RuntimeEvent, Hash> {
	let dispatch_info = Default::default();
	record(index, frame_system::Event::<Runtime>::ExtrinsicSuccess { dispatch_info })
}

fn failure(index: u32) -> EventRecord<RuntimeEvent, Hash> {
	let event = frame_system::Event::<Runtime>::ExtrinsicFailed {
		dispatch_error: DispatchError::BadOrigin,
		dispatch_info: Default::default(),
	};
	record(index, event)
}

#[test]
fn the_outcome_is_that_of_the_transaction_and_of_no_other() {
	let ours = MappingEvent::LockOutReturned { intent: 1 };
	let theirs = MappingEvent::LockOutReturned { intent: 2 };
	let events = || {
		vec![record(2, theirs.clone()), success(2), record(3, ours.clone()), success(3), failure(4)]
	};
	assert_eq!(outcome(events(), Some(3)), Ok(vec![ours.clone()]));
	assert_eq!(outcome(events(), Some(4)), Err(Some(DispatchError::BadOrigin)));
	assert_eq!(outcome(events(), Some(5)), Err(None));
	assert_eq!(outcome(events(), None), Err(None));

	let bytes = |byte: u8| Bytes(vec![byte; 3]);
	let block = [bytes(1), bytes(2), bytes(3)];
	assert_eq!(position(&block, &bytes(3)), Some(2));
	assert_eq!(position(&block, &bytes(4)), None);
}
