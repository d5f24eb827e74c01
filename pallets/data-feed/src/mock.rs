//! A runtime with this pallet, and feeders with real keys.

use codec::Encode;
use frame_support::{
	derive_impl,
	dispatch::{DispatchInfo, GetDispatchInfo, Pays},
	parameter_types,
	traits::{ConstU128, ConstU32, OnTimestampSet},
	weights::{constants::RocksDbWeight, Weight},
	PalletId,
};
use fusion_data_feed_primitives::{
	commitment,
	traits::{Feeders, Feeds, OnAnswer},
	word::{signing_bytes, Salt},
	Answer, Definition, FeedId, FeedWord, FeederId, Kind, Margin, Reading, RoundId, Rules, Seconds,
	SignedWord, Source, Value,
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	generic,
	testing::UintAuthorityId,
	traits::{Applyable, BlakeTwo256, Checkable},
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
	BuildStorage,
};

use crate as pallet_data_feed;
use crate::WeightInfo;

pub type AccountId = u64;
pub type Extension = (frame_system::AuthorizeCall<Test>,);
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<AccountId, RuntimeCall, UintAuthorityId, Extension>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(3)]
	pub type DataFeed = pallet_data_feed;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type AccountData = pallet_balances::AccountData<u128>;
	type DbWeight = RocksDbWeight;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

/// Blocks of the commit phase in tests.
pub const COMMIT: u32 = 3;
/// Blocks of the reveal phase in tests.
pub const REVEAL: u32 = 2;
/// Most feeds in tests.
pub const MAX_FEEDS: u32 = 5;
/// Most feeders that are heard in tests.
pub const MAX_REPORTS: u32 = 9;
/// Seconds from block to block in tests.
pub const BLOCK_TIME: Seconds = 6;
/// When the first block is, in tests.
pub const START: Seconds = 1_000_000;
/// What an answer pays in tests, if the pot has as much.
pub const REWARD: u128 = 4_000;
/// What the pot has in the beginning, in tests.
pub const POT: u128 = 1_000_000;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"fsn/feed");
	/// The feeders of the session, by the seeds of their keys. The account of a feeder is its seed.
	pub storage Session: Vec<(u8, AccountId)> = vec![(1, 1), (2, 2), (3, 3), (4, 4)];
	/// Those of the session before.
	pub storage LastSession: Vec<(u8, AccountId)> = Vec::new();
	/// What was handed to `OnAnswer`.
	pub static Told: Vec<(FeedId, Value, Option<Value>)> = Vec::new();
}

/// An account that may pause.
pub const GUARD: AccountId = 99;
frame_support::ord_parameter_types! {
	pub const Guard: AccountId = GUARD;
}

/// The feeders of the session.
pub struct SessionNodes;

fn find(session: &[(u8, AccountId)], feeder: &FeederId) -> Option<AccountId> {
	session.iter().find(|(seed, _)| key(*seed) == *feeder).map(|(_, account)| *account)
}

impl Feeders<AccountId> for SessionNodes {
	fn account(feeder: &FeederId) -> Option<AccountId> {
		find(&Session::get(), feeder)
	}

	fn recent_account(feeder: &FeederId) -> Option<AccountId> {
		Self::account(feeder).or_else(|| find(&LastSession::get(), feeder))
	}

	fn is_feeder(account: &AccountId) -> bool {
		Session::get().iter().any(|(_, other)| other == account)
	}

	fn count() -> u32 {
		Session::get().len() as u32
	}
}

/// Remembers what it was told.
pub struct Recorder;

impl OnAnswer for Recorder {
	fn on_answer(feed: FeedId, answer: &Answer, before: Option<&Value>) {
		Told::mutate(|told| told.push((feed, answer.value.clone(), before.cloned())));
	}

	fn weight() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}

impl pallet_data_feed::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type PauseOrigin = frame_system::EnsureSignedBy<Guard, AccountId>;
	type Feeders = SessionNodes;
	type Clock = Timestamp;
	type Currency = Balances;
	type PotId = PotId;
	type OnAnswer = Recorder;
	type MaxFeeds = ConstU32<MAX_FEEDS>;
	type MaxReports = ConstU32<MAX_REPORTS>;
	type MaxClosings = ConstU32<2>;
	type CommitPhase = ConstU32<COMMIT>;
	type RevealPhase = ConstU32<REVEAL>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = SessionNodes;
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<AccountId> for SessionNodes {
	fn seat(count: u32) -> Vec<(FeederId, AccountId)> {
		let seats: Vec<_> = (1..=count).map(|seed| (seed as u8, AccountId::from(seed))).collect();
		Session::set(&seats);
		seats.into_iter().map(|(seed, account)| (key(seed), account)).collect()
	}

	fn sign(feeder: &FeederId, bytes: &[u8]) -> fusion_data_feed_primitives::FeederSignature {
		let seed = (1..=u8::MAX).find(|seed| key(*seed) == *feeder).expect("it has a seat");
		pair(seed).sign(bytes)
	}

	fn set_time(now: Seconds) {
		pallet_timestamp::Now::<Test>::put(now * 1_000);
	}
}

/// A feeder's key pair.
pub fn pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

/// A feeder's key.
pub fn key(seed: u8) -> FeederId {
	pair(seed).public()
}

/// Feeders 1 to `count` are those of the session.
pub fn seat(count: u8) {
	Session::set(&(1..=count).map(|seed| (seed, AccountId::from(seed))).collect());
}

fn source(number: u8) -> Source {
	Source {
		url: format!("https://source-{number}.example/price").into_bytes().try_into().unwrap(),
		pointer: b"/price".to_vec().try_into().unwrap(),
	}
}

/// Rules of a price: a round a minute at most, and one in ten minutes at least; one percent of deviation and of tolerance.
pub fn rules() -> Rules {
	Rules {
		kind: Kind::Decimal { scale: 2, min: 1, max: 1_000_000_000 },
		interval: 60,
		heartbeat: 600,
		lifetime: 1_200,
		deviation: Margin { relative: 10_000, absolute: 0 },
		tolerance: Margin { relative: 10_000, absolute: 0 },
		quorum: 67,
		min_reports: 1,
		reward: REWARD,
	}
}

/// A feed with these rules.
pub fn definition(rules: Rules) -> Definition {
	Definition {
		description: b"BTC / USD".to_vec().try_into().unwrap(),
		sources: (1..=3).map(source).collect::<Vec<_>>().try_into().unwrap(),
		rules,
	}
}

/// Adds a feed with these rules.
pub fn add_feed(rules: Rules) -> FeedId {
	let feed = crate::NextFeed::<Test>::get();
	DataFeed::add_feed(RuntimeOrigin::root(), definition(rules)).expect("the feed is sound");
	feed
}

/// Hash of the genesis block.
pub fn genesis() -> H256 {
	System::block_hash(0)
}

/// The salt of a feeder in a round.
pub fn salt(seed: u8, round: RoundId) -> Salt {
	sp_io::hashing::blake2_256(&(seed, round).encode())
}

/// A feeder's word, signed for the chain given.
pub fn signed_for(seed: u8, word: FeedWord, genesis: H256) -> SignedWord {
	let signature = pair(seed).sign(&signing_bytes(genesis, &word));
	SignedWord { feeder: key(seed), word, signature }
}

/// A feeder's commitment to a value.
pub fn commit_word(seed: u8, feed: FeedId, round: RoundId, value: &Value) -> FeedWord {
	let commitment = commitment(genesis(), feed, round, &key(seed), value, &salt(seed, round));
	FeedWord::Commit { feed, round, commitment }
}

/// A feeder's reveal of a value.
pub fn reveal_word(seed: u8, feed: FeedId, round: RoundId, value: &Value) -> FeedWord {
	FeedWord::Reveal { feed, round, value: value.clone(), salt: salt(seed, round) }
}

fn transaction(
	word: SignedWord,
) -> (
	<UncheckedExtrinsic as Checkable<frame_system::ChainContext<Test>>>::Checked,
	DispatchInfo,
	usize,
) {
	let call = RuntimeCall::DataFeed(crate::Call::speak { word });
	let extension = (frame_system::AuthorizeCall::<Test>::new(),);
	let extrinsic = UncheckedExtrinsic::new_transaction(call, extension);
	let info = extrinsic.get_dispatch_info();
	let length = extrinsic.encoded_size();
	let context = frame_system::ChainContext::<Test>::default();
	(Checkable::check(extrinsic, &context).expect("it has no signature"), info, length)
}

/// What the pool says to a word.
pub fn validate(word: SignedWord) -> Result<ValidTransaction, TransactionValidityError> {
	let (checked, info, length) = transaction(word);
	checked.validate::<Test>(TransactionSource::External, &info, length)
}

/// A word goes through the pool into a block. What the pool lets pass must not fail in the block: a free transaction that
/// fails could be repeated for ever.
pub fn submit(word: SignedWord) -> Result<(), TransactionValidityError> {
	let (checked, info, length) = transaction(word);
	let outcome = checked.apply::<Test>(&info, length)?;
	let post = outcome.expect("a word that was let in must not fail");
	assert_eq!(post.pays_fee, Pays::No);
	Ok(())
}

/// A feeder says something.
pub fn say(seed: u8, word: FeedWord) -> Result<(), TransactionValidityError> {
	submit(signed_for(seed, word, genesis()))
}

/// The number of the open round, or else of the next one.
pub fn round_of(feed: FeedId) -> RoundId {
	let open = crate::RoundOf::<Test>::get(feed).map(|round| round.number);
	open.unwrap_or_else(|| crate::FeedOf::<Test>::get(feed).expect("there is one").next_round)
}

/// A feeder commits to a number.
pub fn commit(seed: u8, feed: FeedId, number: i128) -> Result<(), TransactionValidityError> {
	say(seed, commit_word(seed, feed, round_of(feed), &Value::Number(number)))
}

/// A feeder reveals a number.
pub fn reveal(seed: u8, feed: FeedId, number: i128) -> Result<(), TransactionValidityError> {
	say(seed, reveal_word(seed, feed, round_of(feed), &Value::Number(number)))
}

/// A whole round, in which feeders 1, 2, … say these numbers and are all heard. Ends in the block in which it is closed.
pub fn play(feed: FeedId, numbers: &[i128]) {
	for (seed, number) in (1u8..).zip(numbers) {
		assert_eq!(commit(seed, feed, *number), Ok(()), "feeder {seed} commits");
	}
	let from = crate::RoundOf::<Test>::get(feed).expect("it is open").reveal_from;
	run_to(from);
	for (seed, number) in (1u8..).zip(numbers) {
		assert_eq!(reveal(seed, feed, *number), Ok(()), "feeder {seed} reveals");
	}
	next_block();
	assert_eq!(crate::RoundOf::<Test>::get(feed), None, "it is closed");
}

/// What a feed says.
pub fn read(feed: FeedId) -> Reading {
	<DataFeed as Feeds>::read(feed)
}

/// The number that a feed says, if it is fresh.
pub fn fresh(feed: FeedId) -> Option<i128> {
	read(feed).fresh().and_then(|answer| answer.value.number())
}

/// What time it is.
pub fn now() -> Seconds {
	DataFeed::now()
}

/// Sets the clock.
pub fn set_time(now: Seconds) {
	pallet_timestamp::Now::<Test>::put(now * 1_000);
}

/// A block passes, at the time that it should.
pub fn next_block() {
	next_block_at(now() + BLOCK_TIME);
}

/// A block passes, at that time.
pub fn next_block_at(time: Seconds) {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	set_time(time);
	let before = System::block_weight().total();
	DataFeed::on_timestamp_set(time * 1_000);
	let weight = System::block_weight().total().saturating_sub(before);
	let least = <Test as crate::Config>::WeightInfo::close_nothing();
	let most = DataFeed::weight_to_close(MAX_REPORTS) * 2 + least;
	assert!(least.all_lte(weight), "a block counts {weight:?} for its beginning");
	assert!(weight.all_lte(most), "a block takes {weight:?} at its beginning");
	DataFeed::do_try_state().expect("the invariants hold");
}

/// Blocks pass.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		next_block();
	}
}

/// Blocks pass until it is so late.
pub fn run_to_time(time: Seconds) {
	while now() < time {
		next_block();
	}
}

/// The pallet's events so far.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::DataFeed(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// The state of a new chain.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities =
		RuntimeGenesisConfig::default().build_storage().expect("genesis is right").into();
	ext.execute_with(|| {
		System::set_block_number(1);
		set_time(START);
		let pot = DataFeed::pot();
		frame_support::assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), pot, POT));
		System::reset_events();
	});
	ext
}

/// Runs a test on a new chain, and checks the invariants after it.
pub fn build_and_execute<R>(test: impl FnOnce() -> R) -> R {
	new_test_ext().execute_with(|| {
		let result = test();
		DataFeed::do_try_state().expect("the invariants hold");
		result
	})
}
