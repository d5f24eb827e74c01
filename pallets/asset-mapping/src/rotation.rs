//! Rotation: coins of a group that is not active any more move to the key of the active one.
//!
//! It begins by itself when another group is active than the one that holds coins, and it ends when the old group holds
//! nothing any more. Nothing else has to be said: governance names a new key by activating its group. A key that is
//! handed over to other members stays the same, in a group with the same number; its coins stay where they are.
//!
//! Coins move in two ways:
//!
//! - by transactions of the old group's own, its largest coins first, which the fee reserve pays for (`upkeep.rs`);
//! - by lock-outs that the active group cannot pay yet: the old group pays them, and the change goes to the active
//!   group. The owners of lock-outs pay the fee as ever.
//!
//! A group that owes signatures of a transaction is given no other one: it may be a group that has been replaced
//! because it does not sign any more. Lock-outs wait, then, for coins of the active group.
//!
//! Addresses of the old group stay watched. What is deposited there is credited as before, and its coin moves too.

use crate::{
	ext,
	plan::{ChangeKey, Planned, Planning},
	AccountIdOf, Available, Batches, Config, Event, HeldBy, Pallet, Retiring, Upkeeps, Utxos,
	MAX_OPEN_UPKEEPS,
};
use alloc::vec::Vec;
use frame_support::BoundedVec;
use fusion_asset_mapping_primitives::{
	upkeep::{RotationView, RotationWait},
	BatchState,
};
use fusion_dcrm_primitives::{traits::KeyGroups, GroupId};
use sp_core::ConstU32;
use sp_runtime::DispatchError;

/// Most groups whose coins move at the same time. Those of others wait.
pub const MAX_RETIRING: u32 = 4;

/// Groups whose coins move, in the order of their numbers.
pub type RetiringGroups = BoundedVec<GroupId, ConstU32<MAX_RETIRING>>;

impl<T: Config<I>, I: 'static> Pallet<T, I> {
	/// Where coins of a group go that come back to it, or move: to the active group, or to itself if there is none.
	pub(crate) fn home(group: GroupId) -> GroupId {
		ext::keys::active::<T, I>().unwrap_or(group)
	}

	/// The groups that hold coins and are not the active one, but for those beyond [`MAX_RETIRING`].
	pub(crate) fn retiring(active: GroupId) -> RetiringGroups {
		let most = usize::try_from(MAX_RETIRING).unwrap_or(usize::MAX);
		let mut groups: Vec<_> =
			HeldBy::<T, I>::iter_keys().filter(|group| *group != active).take(most).collect();
		groups.sort_unstable();
		BoundedVec::truncate_from(groups)
	}

	/// Says which rotations have begun and ended. Gives those that are under way.
	pub(crate) fn note_rotations(active: GroupId) -> RetiringGroups {
		let now = Self::retiring(active);
		let before = Retiring::<T, I>::get();
		if now != before {
			for from in before.iter().filter(|group| !now.contains(group)) {
				Self::deposit_event(Event::RotationEnded { from: *from });
			}
			for from in now.iter().filter(|group| !before.contains(group)) {
				Self::deposit_event(Event::RotationStarted { from: *from, to: active });
			}
			Retiring::<T, I>::put(&now);
		}
		now
	}

	/// Whether the group owes signatures of a transaction.
	pub(crate) fn owes_signatures(group: GroupId) -> bool {
		Batches::<T, I>::iter().filter(|(_, batch)| batch.group == group).any(|(id, batch)| {
			Self::last_attempt(id, &batch).is_none_or(|attempt| attempt.state != BatchState::Signed)
		})
	}

	/// The group that pays lock-outs which the active one cannot pay: the first one that has coins to move and owes
	/// no signatures.
	fn retiring_source(active: GroupId) -> Option<GroupId> {
		Self::retiring(active).into_iter().find(|group| {
			T::KeyGroups::accepts_work(*group)
				&& Available::<T, I>::iter_key_prefix(*group).next().is_some()
				&& !Self::owes_signatures(*group)
		})
	}

	/// Plans a batch of lock-outs from coins of the active group, or from those of a group whose coins move.
	/// Gives the group that pays.
	pub(crate) fn plan_from_any(
		active: GroupId,
		change_key: &ChangeKey,
	) -> Result<(GroupId, Planning<AccountIdOf<T>>), DispatchError> {
		let planning = Self::plan_batch(active, change_key)?;
		if planning.plan.is_none() {
			if let Some(source) = Self::retiring_source(active) {
				let other = Self::plan_batch(source, change_key)?;
				if other.plan.is_some() {
					return Ok((source, other));
				}
			}
		}
		Ok((active, planning))
	}

	/// The next transaction that moves coins of a group to the active one, or why there is none now.
	pub(crate) fn plan_move(
		from: GroupId,
		active: GroupId,
	) -> Result<(Planned<AccountIdOf<T>>, ChangeKey), RotationWait> {
		let stands_still = Self::paused().lock_out
			|| !T::KeyGroups::accepts_work(from)
			|| !T::KeyGroups::accepts_work(active);
		if stands_still {
			return Err(RotationWait::Paused);
		}
		let home = Self::change_key(active).map_err(|_| RotationWait::Paused)?;
		let coins = Self::largest_coins(from);
		if coins.is_empty() || Upkeeps::<T, I>::count() >= MAX_OPEN_UPKEEPS {
			return Err(RotationWait::Confirmations);
		}
		if Self::owes_signatures(from) {
			return Err(RotationWait::Signatures);
		}
		let cost = Self::input_cost();
		let coins = coins.into_iter().take_while(|(_, coin)| coin.amount > cost).collect();
		Self::plan_upkeep(coins, &home, 1).map(|planned| (planned, home))
	}

	/// The rotations that are under way.
	pub fn rotations() -> Vec<RotationView> {
		let Some(to) = ext::keys::active::<T, I>() else { return Vec::new() };
		Self::retiring(to)
			.into_iter()
			.map(|from| {
				let moving = Batches::<T, I>::iter_values()
					.filter(|batch| batch.group == from)
					.flat_map(|batch| batch.inputs)
					.filter_map(Utxos::<T, I>::get)
					.fold(0, |sum: u128, coin| sum.saturating_add(coin.amount.into()));
				let held = HeldBy::<T, I>::get(from);
				RotationView { from, to, held, moving, wait: Self::plan_move(from, to).err() }
			})
			.collect()
	}
}
