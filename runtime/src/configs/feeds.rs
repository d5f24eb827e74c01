//! Data from outside: feeds, who feeds them, and what waits for their answers.

use frame_support::{
	parameter_types,
	traits::{ConstU32, EitherOf},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use fusion_calling_list_primitives::{
	feed::{FeedAnswer, FeedState},
	traits::DataFeeds,
};
use fusion_data_feed_primitives::{
	traits::{Feeders, OnAnswer},
	Answer, FeedId, FeederId, Kind, Value,
};
use pallet_calling_list::WeightInfo as _;
use pallet_hhcm::AuthorityInfo;

#[cfg(feature = "runtime-benchmarks")]
use {
	alloc::vec::Vec,
	codec::Encode,
	frame_support::BoundedVec,
	fusion_data_feed_primitives::{FeederSignature, Seconds},
	fusion_hhcm_primitives::KEY_TYPE,
};

use crate::{
	governance::origins::GeneralAdmin, AccountId, Balances, CallingList, MaxAuthorities,
	PauseByCommittee, Runtime, Timestamp,
};

parameter_types! {
	/// Feeders are paid from its account. Governance funds it.
	pub const DataFeedPotId: PalletId = PalletId(*b"fsn/feed");
}

impl pallet_data_feed::Config for Runtime {
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, GeneralAdmin>;
	type PauseOrigin = EitherOf<EitherOf<EnsureRoot<AccountId>, GeneralAdmin>, PauseByCommittee>;
	type Feeders = SessionFeeders;
	type Clock = Timestamp;
	type Currency = Balances;
	type PotId = DataFeedPotId;
	type OnAnswer = FeedRows;
	type MaxFeeds = ConstU32<64>;
	type MaxReports = MaxAuthorities;
	type MaxClosings = ConstU32<2>;
	// A word is in the next block, or in the one after it.
	type CommitPhase = ConstU32<3>;
	type RevealPhase = ConstU32<3>;
	type WeightInfo = pallet_data_feed::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = DataFeedBenchmarks;
}

/// Rows of the calling list that wait for answers.
pub struct FeedRows;

impl FeedRows {
	fn shown(answer: &Answer) -> FeedAnswer {
		FeedAnswer {
			round: answer.round,
			number: answer.value.rank(),
			expires_at: answer.expires_at,
		}
	}
}

impl OnAnswer for FeedRows {
	fn on_answer(feed: FeedId, answer: &Answer, _: Option<&Value>) {
		CallingList::feed_answered(feed, Self::shown(answer));
	}

	fn on_forgotten(feed: FeedId) {
		CallingList::feed_forgotten(feed);
	}

	fn weight() -> Weight {
		<Runtime as pallet_calling_list::Config>::WeightInfo::feed_answered()
	}
}

impl DataFeeds for FeedRows {
	fn feed(id: FeedId) -> Option<FeedState> {
		let feed = pallet_data_feed::FeedOf::<Runtime>::get(id)?;
		let last = pallet_data_feed::AnswerOf::<Runtime>::get(id);
		Some(FeedState {
			numeric: !matches!(feed.rules.kind, Kind::Text { .. }),
			unit: feed.rules.kind.unit(),
			paused: feed.paused,
			last: last.as_ref().map(Self::shown),
		})
	}
}

/// The bookkeeping nodes of the session feed, with the keys that they author blocks with.
pub struct SessionFeeders;

fn find(nodes: &[AuthorityInfo<AccountId>], feeder: &FeederId) -> Option<AccountId> {
	let key = |info: &AuthorityInfo<AccountId>| -> FeederId { info.id.clone().into() };
	nodes.iter().find(|info| key(info) == *feeder).map(|info| info.account.clone())
}

impl Feeders<AccountId> for SessionFeeders {
	fn account(feeder: &FeederId) -> Option<AccountId> {
		find(&pallet_hhcm::Authorities::<Runtime>::get(), feeder)
	}

	fn recent_account(feeder: &FeederId) -> Option<AccountId> {
		Self::account(feeder)
			.or_else(|| find(&pallet_hhcm::PreviousAuthorities::<Runtime>::get(), feeder))
	}

	fn is_feeder(account: &AccountId) -> bool {
		pallet_hhcm::Authorities::<Runtime>::get().iter().any(|info| info.account == *account)
	}

	fn count() -> u32 {
		let count = pallet_hhcm::Authorities::<Runtime>::decode_len().unwrap_or_default();
		u32::try_from(count).unwrap_or(u32::MAX)
	}
}

/// What benchmarks need: feeders whose keys are in the keystore, and a clock that can be set.
#[cfg(feature = "runtime-benchmarks")]
pub struct DataFeedBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_data_feed::benchmarking::BenchmarkHelper<AccountId> for DataFeedBenchmarks {
	fn seat(count: u32) -> Vec<(FeederId, AccountId)> {
		let seats: Vec<(FeederId, AccountId)> = (0..count)
			.map(|number| {
				let seed = alloc::format!("//{number}").into_bytes();
				let key = sp_io::crypto::sr25519_generate(KEY_TYPE, Some(seed));
				(key, AccountId::from(sp_io::hashing::blake2_256(&number.encode())))
			})
			.collect();
		let infos: Vec<_> = seats
			.iter()
			.map(|(key, account)| AuthorityInfo {
				account: account.clone(),
				id: (*key).into(),
				weight: 1,
			})
			.collect();
		pallet_hhcm::Authorities::<Runtime>::put(BoundedVec::truncate_from(infos));
		seats
	}

	fn sign(feeder: &FeederId, bytes: &[u8]) -> FeederSignature {
		sp_io::crypto::sr25519_sign(KEY_TYPE, feeder, bytes).expect("the key is in the keystore")
	}

	fn set_time(now: Seconds) {
		pallet_timestamp::Now::<Runtime>::put(now.saturating_mul(1_000));
	}
}
