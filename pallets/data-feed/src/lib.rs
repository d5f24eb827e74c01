//! # Data feeds
//!
//! Brings values from outside onto the chain (whitepaper, "ports for external datasources"): prices, indices, results.
//! Governance says which values, and which sources on the web have them. Bookkeeping nodes fetch them, each by itself,
//! and this pallet makes one answer of what they say, which **expires**: a reader is never given an old value as a new
//! one.
//!
//! ## Terms
//!
//! - *Feed*: one value, with at least three *sources*, and the [`Rules`](fusion_data_feed_primitives::Rules) by which it is fed.
//! - *Feeder*: a bookkeeping node of the session. It speaks with the key that it authors blocks with.
//! - *Round*: feeders commit to their values, and reveal them when nobody can commit any more.
//! - *Answer*: what most feeders of a round agree on. It is *fresh* until it expires, and *stale* afterwards.
//! - *Heartbeat*: at the latest so long after the last answer there is a round. *Deviation*: if the value changes by more
//!   than this, there is one earlier.
//! - *Outlier*: a value farther from the answer than the feed's tolerance.
//!
//! ## A round
//!
//! ```text
//!   heartbeat due, or a feeder sees a deviation
//!         │ its commitment opens the round
//!         ▼
//!      Commit ────────────────▶ Reveal ────────────────▶ Closing ──▶ answer: the median, if enough have revealed, and
//!  CommitPhase blocks,       RevealPhase blocks,     in the next        more than half of them are within the tolerance
//!  or until all have         or until all have       block that has  ──▶ no answer: the reason is an event; the last
//!                                                    room for it        answer goes on to expire
//! ```
//!
//! Nothing is done for a feed whose value stays and whose heartbeat is not due: no round, no transaction, nothing to look
//! at in a block. A block looks at the round that ends first, and at no other.
//!
//! ## Goals
//!
//! - *Right or nothing*: as long as more than half of those that reveal are honest, the answer is between values that
//!   honest feeders have said. If they do not agree, there is none.
//! - *Nothing old*: an answer's age counts from the opening of its round, before which nobody had committed to a value.
//!   Time is the chain's clock, not its height: after an hour without blocks, an answer is an hour older. A round that
//!   took so long that its answer would be stale has none.
//! - *Nothing copied*: a commitment is bound to chain, feed, round and feeder, and hides its value. Who copies another
//!   one's cannot reveal, and values are revealed only when it is too late to commit.
//! - *Words are free, and bounded*: one commitment and one reveal a feeder and round; no two rounds of a feed are opened
//!   within its interval; who opens a round before the heartbeat, and nothing has changed, may not do so again before the
//!   heartbeat.
//!
//! ## Pay
//!
//! An answer pays up to the feed's reward, from an account that governance funds. `pay.rs` says how.
//!
//! ## Calls
//!
//! - By [`Config::AdminOrigin`]: [`Call::add_feed`], [`Call::change_feed`], [`Call::remove_feed`].
//! - By [`Config::PauseOrigin`]: [`Call::set_paused`].
//! - Authorized (no account signature, no fee): [`Call::speak`], which carries a feeder's
//!   [`SignedWord`](fusion_data_feed_primitives::SignedWord).
//! - Signed: [`Call::claim_pay`], [`Call::forget_record`].
//!
//! ## Wiring
//!
//! `pallet_timestamp::Config::OnTimestampSet`: the pallet. Rounds are closed when the block has said its time, before its
//! transactions: after blocks were missing, what is stale is so for the round too.
//!
//! Other pallets read feeds through [`Feeds`](fusion_data_feed_primitives::traits::Feeds), and are told of answers
//! through [`OnAnswer`](fusion_data_feed_primitives::traits::OnAnswer).
//!
//! ## Files
//!
//! `registry.rs` is what governance does; `words.rs` admits words and takes them; `rounds.rs` opens and closes rounds;
//! `pay.rs` pays; `views.rs` is what is read.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod events;
#[cfg(test)]
mod mock;
mod pay;
mod registry;
mod rounds;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;
mod words;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Where this pallet logs to.
pub(crate) const LOG_TARGET: &str = "fusion::data-feed";

/// The account type of a runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

// The lint takes FRAME's own attributes (`#[pallet::storage]`) for paths that are too long.
#[allow(unused_qualifications)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, Mutate},
			EnsureOrigin, UnixTime,
		},
		PalletId,
	};
	use frame_system::{ensure_authorized, pallet_prelude::*};
	use fusion_data_feed_primitives::{
		traits::{Feeders, OnAnswer},
		Answer, Balance, Definition, DefinitionError, FeedId, RoundId, Seconds, SignedWord, Value,
	};
	use sp_core::H256;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256> {
		/// Who may add, change and remove feeds.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may pause a feed, and let it go on.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who feeds.
		type Feeders: Feeders<Self::AccountId>;

		/// The chain's clock.
		type Clock: UnixTime;

		/// What feeders are paid in.
		type Currency: Inspect<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;

		/// The account that feeders are paid from is derived from this.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// Who is told of answers.
		type OnAnswer: OnAnswer;

		/// Most feeds that there may be.
		#[pallet::constant]
		type MaxFeeds: Get<u32>;

		/// Most feeders that are heard in a round.
		#[pallet::constant]
		type MaxReports: Get<u32>;

		/// Most rounds that are closed in a block. Others that are due are closed in the next ones.
		#[pallet::constant]
		type MaxClosings: Get<u32>;

		/// For how many blocks feeders can commit. At least 1.
		#[pallet::constant]
		type CommitPhase: Get<u32>;

		/// For how many blocks they can reveal. At least 1.
		#[pallet::constant]
		type RevealPhase: Get<u32>;

		/// Weights.
		type WeightInfo: WeightInfo;

		/// What benchmarks need of the runtime.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self::AccountId>;
	}

	/// The number of the next feed.
	#[pallet::storage]
	pub type NextFeed<T: Config> = StorageValue<_, FeedId, ValueQuery>;

	/// The feeds: what words are judged by.
	#[pallet::storage]
	pub type FeedOf<T: Config> = CountedStorageMap<_, Twox64Concat, FeedId, Feed, OptionQuery>;

	/// What they are called, and where their values are: what only nodes and people read.
	#[pallet::storage]
	pub type AboutOf<T: Config> = StorageMap<_, Twox64Concat, FeedId, About, OptionQuery>;

	/// The last answer of each feed that has one.
	#[pallet::storage]
	pub type AnswerOf<T: Config> = StorageMap<_, Twox64Concat, FeedId, Answer, OptionQuery>;

	/// The last answers of each feed: that of round `r` is at `r` modulo [`HISTORY`], until another one is.
	#[pallet::storage]
	pub type History<T: Config> =
		StorageDoubleMap<_, Twox64Concat, FeedId, Twox64Concat, u32, Answer, OptionQuery>;

	/// The rounds that are open.
	#[pallet::storage]
	pub type RoundOf<T: Config> =
		StorageMap<_, Twox64Concat, FeedId, Round<T::AccountId>, OptionQuery>;

	/// What feeders have said in the rounds that are open.
	#[pallet::storage]
	pub type Reports<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		FeedId,
		Blake2_128Concat,
		T::AccountId,
		Report,
		OptionQuery,
	>;

	/// When open rounds close, the next one first.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageValue<_, BoundedVec<(u32, FeedId), T::MaxFeeds>, ValueQuery>;

	/// How feeders have done so far, and what they are owed. An account of which nothing is owed and which feeds no more
	/// can be taken out ([`Call::forget_record`]).
	#[pallet::storage]
	pub type Records<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Record, ValueQuery>;

	/// The sum of what feeders are owed.
	#[pallet::storage]
	pub type Owed<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Feeds that are there from the start.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// What they are, in the order of their numbers.
		pub feeds: Vec<Definition>,
		/// Of which runtime.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for definition in &self.feeds {
				Pallet::<T>::do_add_feed(definition.clone()).expect(
					"genesis: every data feed is defined soundly, and there are not too many",
				);
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::CommitPhase::get() > 0, "CommitPhase: at least one block");
			assert!(T::RevealPhase::get() > 0, "RevealPhase: at least one block");
			assert!(T::MaxClosings::get() > 0, "MaxClosings: at least one round a block");
			assert!(T::MaxFeeds::get() > 0, "MaxFeeds: at least one");
			assert!(T::MaxReports::get() > 0, "MaxReports: at least one");
			let most = Self::weight_to_close(T::MaxReports::get())
				.saturating_mul(T::MaxClosings::get().into())
				.saturating_add(T::WeightInfo::close_nothing());
			let block = T::BlockWeights::get().max_block;
			assert!(
				most.all_lte(block.saturating_div(5)),
				"closing rounds may take {most}, more than a fifth of a block ({block}): lower MaxClosings"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Add a feed. Its number is in the event.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::add_feed())]
		pub fn add_feed(origin: OriginFor<T>, definition: Definition) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_add_feed(definition).map(drop)
		}

		/// Change what a feed is. A round that is open is given up. The last answer stays if the new values can be compared
		/// with it (same type, same number of decimals, within the bounds), and expires as the new rules say.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::change_feed(T::MaxReports::get()))]
		pub fn change_feed(
			origin: OriginFor<T>,
			feed: FeedId,
			definition: Definition,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_change_feed(feed, definition)
		}

		/// Remove a feed, with its answers. Its number is not used again.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove_feed(T::MaxReports::get()))]
		pub fn remove_feed(origin: OriginFor<T>, feed: FeedId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_remove_feed(feed)
		}

		/// Pause a feed, or let it go on. While it is paused, there are no rounds, and it has no value for its readers. A
		/// round that is open is given up.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_paused(T::MaxReports::get()))]
		pub fn set_paused(origin: OriginFor<T>, feed: FeedId, paused: bool) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_set_paused(feed, paused)
		}

		/// A feeder's word: a commitment, which opens a round if none is open, or a reveal.
		///
		/// It carries the feeder's own signature, no account's, and is free. It is valid only while the chain waits for it:
		/// one commitment and one reveal a feeder and round. Anything else is refused in the pool.
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::speak(), DispatchClass::Normal, Pays::No))]
		#[pallet::authorize(Pallet::<T>::authorize_speak)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_speak())]
		pub fn speak(origin: OriginFor<T>, word: SignedWord) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Self::do_speak(word)?;
			Ok((None, Pays::No).into())
		}

		/// Pay a feeder what it has earned. Anybody may call this, for whoever has earned it.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::claim_pay())]
		pub fn claim_pay(origin: OriginFor<T>, feeder: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_pay(&feeder)
		}

		/// Take the record of an account out that does not feed in this session, and is owed nothing. Anybody may call this.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::forget_record())]
		pub fn forget_record(origin: OriginFor<T>, feeder: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_forget_record(&feeder)
		}
	}
}
