//! The tracks of referenda: how much support each origin needs, and how long it takes.

use alloc::borrow::Cow;
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use sp_runtime::{str_array as s, FixedI64};

use super::origins::{Origin, Pallet as Origins};
use crate::{constants::*, Balance, BlockNumber, OriginCaller, Runtime, RuntimeOrigin};

const fn percent(x: i32) -> FixedI64 {
	FixedI64::from_rational(x as u128, 100)
}

const APPROVAL_HALF: Curve = Curve::make_linear(28, 28, percent(50), percent(100));
const APPROVAL_QUICK: Curve = Curve::make_reciprocal(1, 28, percent(96), percent(50), percent(100));
const SUPPORT_ROOT: Curve = Curve::make_linear(28, 28, percent(0), percent(50));
const SUPPORT_ADMIN: Curve = Curve::make_reciprocal(7, 28, percent(10), percent(0), percent(50));
const SUPPORT_WHITELISTED: Curve =
	Curve::make_reciprocal(1, 28, percent(20), percent(5), percent(50));

type Info = TrackInfo<Balance, BlockNumber>;

fn tracks_of_mainnet() -> [Track<u16, Balance, BlockNumber>; 6] {
	[
		Track {
			id: 0,
			info: Info {
				name: s("root"),
				max_deciding: 1,
				decision_deposit: 10_000 * FSN,
				prepare_period: 2 * HOURS,
				decision_period: 28 * DAYS,
				confirm_period: DAYS,
				min_enactment_period: DAYS,
				min_approval: APPROVAL_QUICK,
				min_support: SUPPORT_ROOT,
			},
		},
		Track {
			id: 1,
			info: Info {
				name: s("whitelisted_caller"),
				max_deciding: 10,
				decision_deposit: 1_000 * FSN,
				prepare_period: 30 * MINUTES,
				decision_period: 28 * DAYS,
				confirm_period: 10 * MINUTES,
				min_enactment_period: 10 * MINUTES,
				min_approval: APPROVAL_QUICK,
				min_support: SUPPORT_WHITELISTED,
			},
		},
		Track {
			id: 10,
			info: Info {
				name: s("treasurer"),
				max_deciding: 10,
				decision_deposit: 1_000 * FSN,
				prepare_period: 2 * HOURS,
				decision_period: 28 * DAYS,
				confirm_period: DAYS,
				min_enactment_period: DAYS,
				min_approval: APPROVAL_HALF,
				min_support: SUPPORT_ADMIN,
			},
		},
		Track {
			id: 11,
			info: Info {
				name: s("general_admin"),
				max_deciding: 10,
				decision_deposit: 1_000 * FSN,
				prepare_period: 2 * HOURS,
				decision_period: 28 * DAYS,
				confirm_period: 3 * HOURS,
				min_enactment_period: 10 * MINUTES,
				min_approval: APPROVAL_QUICK,
				min_support: SUPPORT_ADMIN,
			},
		},
		Track {
			id: 12,
			info: Info {
				name: s("asset_admin"),
				max_deciding: 10,
				decision_deposit: 1_000 * FSN,
				prepare_period: 2 * HOURS,
				decision_period: 28 * DAYS,
				confirm_period: 3 * HOURS,
				min_enactment_period: 10 * MINUTES,
				min_approval: APPROVAL_QUICK,
				min_support: SUPPORT_ADMIN,
			},
		},
		Track {
			id: 13,
			info: Info {
				name: s("parameter_change"),
				max_deciding: 10,
				decision_deposit: 500 * FSN,
				prepare_period: 2 * HOURS,
				decision_period: 14 * DAYS,
				confirm_period: 3 * HOURS,
				min_enactment_period: 10 * MINUTES,
				min_approval: APPROVAL_QUICK,
				min_support: SUPPORT_ADMIN,
			},
		},
	]
}

/// The tracks, with the periods of this network (see [`super::origins::PeriodDivisor`]).
pub struct Tracks;

impl TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = <RuntimeOrigin as frame_support::traits::OriginTrait>::PalletsOrigin;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<Self::Id, Balance, BlockNumber>>> {
		tracks_of_mainnet().into_iter().map(|mut track| {
			let info = &mut track.info;
			info.prepare_period = Origins::<Runtime>::scaled(info.prepare_period);
			info.decision_period = Origins::<Runtime>::scaled(info.decision_period);
			info.confirm_period = Origins::<Runtime>::scaled(info.confirm_period);
			info.min_enactment_period = Origins::<Runtime>::scaled(info.min_enactment_period);
			Cow::Owned(track)
		})
	}

	fn track_for(origin: &Self::RuntimeOrigin) -> Result<Self::Id, ()> {
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Ok(0),
			OriginCaller::Origins(Origin::WhitelistedCaller) => Ok(1),
			OriginCaller::Origins(Origin::Treasurer) => Ok(10),
			OriginCaller::Origins(Origin::GeneralAdmin) => Ok(11),
			OriginCaller::Origins(Origin::AssetAdmin) => Ok(12),
			OriginCaller::Origins(Origin::ParameterAdmin) => Ok(13),
			_ => Err(()),
		}
	}
}
