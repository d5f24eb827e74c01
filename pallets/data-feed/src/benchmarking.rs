//! Benchmarks. Their names are those of [`WeightInfo`].

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{Authorize, Get, TransactionSource},
	traits::{fungible::Mutate as _, EnsureOrigin},
};
use frame_system::RawOrigin;
use fusion_data_feed_primitives::{
	commitment,
	definition::{Source, MAX_DESCRIPTION, MAX_POINTER, MAX_SOURCES},
	traits::Feeds,
	url::MAX_URL,
	value::MAX_TEXT,
	word::{signing_bytes, Salt},
	Definition, FeedId, FeedWord, FeederId, FeederSignature, Kind, Margin, RoundId, Rules, Seconds,
	SignedWord, Text, Value,
};
use sp_runtime::SaturatedConversion;

/// What benchmarks need of the runtime.
pub trait BenchmarkHelper<AccountId> {
	/// Makes so many feeders those of the session, and gives them.
	fn seat(count: u32) -> Vec<(FeederId, AccountId)>;
	/// A feeder's signature.
	fn sign(feeder: &FeederId, bytes: &[u8]) -> FeederSignature;
	/// Sets the chain's clock.
	fn set_time(now: Seconds);
}

/// When benchmarks begin.
const START: Seconds = 1_000_000;
/// What each feeder makes its commitment with.
const SALT: Salt = [7; 32];

/// The largest definition: as many sources as can be, as long as can be.
fn definition() -> Definition {
	let sources: Vec<_> = (0..MAX_SOURCES)
		.map(|number| {
			let mut url = alloc::format!("https://{number}.example/").into_bytes();
			url.resize(MAX_URL as usize, b'a');
			let mut pointer = alloc::vec![b'a'; MAX_POINTER as usize];
			if let Some(first) = pointer.first_mut() {
				*first = b'/';
			}
			Source {
				url: url.try_into().expect("it has the most bytes"),
				pointer: pointer.try_into().expect("it has the most bytes"),
			}
		})
		.collect();
	Definition {
		description: alloc::vec![b'a'; MAX_DESCRIPTION as usize]
			.try_into()
			.expect("it has the most bytes"),
		sources: sources.try_into().expect("these are the most sources"),
		rules: Rules {
			kind: Kind::Text { longest: MAX_TEXT as u8 },
			interval: 1,
			heartbeat: 100,
			lifetime: 1_000_000,
			deviation: Margin::default(),
			tolerance: Margin::default(),
			quorum: 51,
			min_reports: 1,
			reward: 1_000_000_000,
		},
	}
}

/// The largest value.
fn value() -> Value {
	Value::Text(Text::truncate_from(alloc::vec![b'a'; MAX_TEXT as usize]))
}

fn setup<T: Config>(feeders: u32) -> (FeedId, Vec<(FeederId, AccountIdOf<T>)>) {
	frame_system::Pallet::<T>::set_block_number(1u32.into());
	T::BenchmarkHelper::set_time(START);
	let pot = Pallet::<T>::pot();
	T::Currency::set_balance(&pot, u128::MAX.saturating_div(1_000));
	let feed = Pallet::<T>::do_add_feed(definition()).expect("it is sound, and the first");
	(feed, T::BenchmarkHelper::seat(feeders))
}

fn commit<T: Config>(feeder: &FeederId, feed: FeedId, round: RoundId) -> FeedWord {
	let commitment = commitment(Pallet::<T>::genesis(), feed, round, feeder, &value(), &SALT);
	FeedWord::Commit { feed, round, commitment }
}

fn signed<T: Config>(feeder: FeederId, word: FeedWord) -> SignedWord {
	let bytes = signing_bytes(Pallet::<T>::genesis(), &word);
	SignedWord { feeder, signature: T::BenchmarkHelper::sign(&feeder, &bytes), word }
}

/// Those feeders commit in the open round, or in one that the first of them opens.
fn all_commit<T: Config>(feed: FeedId, feeders: &[(FeederId, AccountIdOf<T>)]) {
	for (feeder, _) in feeders {
		let round = Pallet::<T>::open_round_of(feed).map_or(1, |round| round.number);
		let signature = FeederSignature::default();
		let word =
			SignedWord { feeder: *feeder, word: commit::<T>(feeder, feed, round), signature };
		Pallet::<T>::do_speak(word).expect("it is wanted");
	}
}

fn to_block<T: Config>(block: u32) {
	frame_system::Pallet::<T>::set_block_number(block.into());
}

/// All feeders reveal.
fn all_reveal<T: Config>(feed: FeedId, feeders: &[(FeederId, AccountIdOf<T>)]) {
	let round = RoundOf::<T>::get(feed).expect("it is open");
	to_block::<T>(round.reveal_from);
	for (feeder, _) in feeders {
		let word = FeedWord::Reveal { feed, round: round.number, value: value(), salt: SALT };
		let signature = FeederSignature::default();
		Pallet::<T>::do_speak(SignedWord { feeder: *feeder, word, signature })
			.expect("it is wanted");
	}
}

/// A feed with an answer and as many past ones as there can be, and an open round in which `count` have committed.
fn busy<T: Config>(count: u32) -> FeedId {
	let (feed, feeders) = setup::<T>(count.max(1));
	for number in 0..u64::from(HISTORY) {
		let answer = fusion_data_feed_primitives::Answer {
			round: number,
			value: value(),
			reports: 1,
			started_at: 0,
			updated_at: 0,
			expires_at: 1_000_000,
		};
		History::<T>::insert(feed, Pallet::<T>::slot(number), &answer);
		AnswerOf::<T>::insert(feed, answer);
	}
	all_commit::<T>(feed, feeders.get(..count as usize).unwrap_or_default());
	feed
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn add_feed() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, definition());

		assert_eq!(FeedOf::<T>::count(), 1);
		Ok(())
	}

	#[benchmark]
	fn change_feed(n: Linear<0, { T::MaxReports::get() }>) -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let feed = busy::<T>(n);
		let mut other = definition();
		other.rules.kind = Kind::Boolean;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, feed, other);

		assert_eq!(History::<T>::iter_prefix(feed).count(), 0);
		Ok(())
	}

	#[benchmark]
	fn remove_feed(n: Linear<0, { T::MaxReports::get() }>) -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let feed = busy::<T>(n);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, feed);

		assert_eq!(FeedOf::<T>::count(), 0);
		Ok(())
	}

	#[benchmark]
	fn set_paused(n: Linear<0, { T::MaxReports::get() }>) -> Result<(), BenchmarkError> {
		let origin =
			T::PauseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let feed = busy::<T>(n);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, feed, true);

		assert_eq!(RoundOf::<T>::get(feed), None);
		Ok(())
	}

	/// A reveal: it is longer than a commitment, and is hashed as well.
	#[benchmark]
	fn authorize_speak() -> Result<(), BenchmarkError> {
		let (feed, feeders) = setup::<T>(T::MaxReports::get());
		all_commit::<T>(feed, &feeders);
		let round = RoundOf::<T>::get(feed).ok_or("it is open")?;
		to_block::<T>(round.reveal_from);
		let (feeder, _) = feeders.last().ok_or("there is one")?;
		let word = FeedWord::Reveal { feed, round: round.number, value: value(), salt: SALT };
		let call = Call::<T>::speak { word: signed::<T>(*feeder, word) };

		#[block]
		{
			call.authorize(TransactionSource::External)
				.ok_or("the call has to be authorized")?
				.map_err(|_| "the word is refused")?;
		}

		Ok(())
	}

	/// The last reveal of a round, which moves on the agenda.
	#[benchmark]
	fn speak() -> Result<(), BenchmarkError> {
		let (feed, feeders) = setup::<T>(T::MaxReports::get());
		all_commit::<T>(feed, &feeders);
		let (last, others) = feeders.split_last().ok_or("there is one")?;
		all_reveal::<T>(feed, others);
		let round = RoundOf::<T>::get(feed).ok_or("it is open")?;
		let word = FeedWord::Reveal { feed, round: round.number, value: value(), salt: SALT };
		let word = signed::<T>(last.0, word);

		#[extrinsic_call]
		_(RawOrigin::Authorized, word);

		let round = RoundOf::<T>::get(feed).ok_or("it is open")?;
		assert_eq!(round.reveals, round.commits);
		Ok(())
	}

	#[benchmark]
	fn close_nothing() {
		let (feed, feeders) = setup::<T>(1);
		all_commit::<T>(feed, &feeders);
		let block: u32 = frame_system::Pallet::<T>::block_number().saturated_into();

		#[block]
		{
			Pallet::<T>::close_due(block);
		}

		assert!(RoundOf::<T>::contains_key(feed));
	}

	#[benchmark]
	fn close_round(n: Linear<1, { T::MaxReports::get() }>) {
		let (feed, feeders) = setup::<T>(n);
		all_commit::<T>(feed, &feeders);
		all_reveal::<T>(feed, &feeders);

		#[block]
		{
			Pallet::<T>::close_due(u32::MAX);
		}

		assert!(AnswerOf::<T>::contains_key(feed));
	}

	#[benchmark]
	fn claim_pay() {
		let (feed, feeders) = setup::<T>(1);
		all_commit::<T>(feed, &feeders);
		all_reveal::<T>(feed, &feeders);
		Pallet::<T>::close_due(u32::MAX);
		let caller: AccountIdOf<T> = whitelisted_caller();
		let account = feeders.first().map(|(_, account)| account.clone()).expect("there is one");

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), account.clone());

		assert_eq!(Records::<T>::get(&account).owed, 0);
	}

	#[benchmark]
	fn forget_record() {
		setup::<T>(T::MaxReports::get());
		let caller: AccountIdOf<T> = whitelisted_caller();
		let account: AccountIdOf<T> = frame_benchmarking::account("gone", 0, 0);
		Records::<T>::insert(&account, Record::default());

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), account.clone());

		assert!(!Records::<T>::contains_key(&account));
	}

	#[benchmark]
	fn read() {
		let feed = busy::<T>(1);

		#[block]
		{
			let _ = <Pallet<T> as Feeds>::read(feed);
		}
	}

	#[benchmark]
	fn describe() {
		let feed = busy::<T>(1);

		#[block]
		{
			let _ = Pallet::<T>::feed(feed);
		}
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
