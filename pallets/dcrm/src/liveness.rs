//! Liveness challenges: members show that they have their shares, and are paid for it.
//!
//! A key whose shares are lost is lost with everything that it guards, and nobody would notice before it has to
//! sign. So members are asked, time and again, and whoever is asked has to prove that it has its share
//! (`fusion_vss::KeyShare::prove`), for a question that nobody could foresee.
//!
//! ```text
//!  Watched    open ──── Hold, once a member ────▶ all have spoken, or CHALLENGE_WINDOW blocks are over
//!     ▲                                                                  │
//!     └──────────── Parameters::challenge_interval blocks ◀── closed: counted and paid
//! ```
//!
//! # Verifying shares
//!
//! A proof is checked against commitments to the polynomial that shares the key. The chain does not have these when a
//! ceremony ends, but the dealings that they are the sum of, and to add them up can take half a second. That is
//! done afterwards, one dealing in a block, when a block has room for it ([`Settlement`]); then the commitments
//! take the place of the dealings ([`Commitments`]), as they do when a key is handed over. A group is challenged
//! from then on.
//!
//! # Bounds
//!
//! Each block looks at one group, one after the other ([`Cursor`]), and does at most one thing to it: opens a
//! challenge, closes it, or begins to add up its dealings. Everything that is kept of a group's members is one
//! item. So a block's work does not depend on how many groups there are.

use alloc::vec::Vec;
use frame_support::{
	defensive,
	pallet_prelude::{Get, Weight, Zero},
	storage::with_transaction,
	BoundedVec,
};
use fusion_dcrm_primitives::{
	holding_hash, Challenge, GroupId, GroupState, MemberIndex, MAX_MEMBERS,
};
use fusion_vss::{
	FeldmanCommitments, KeyCommitments, Secp256k1, Settling, ShareProof, PROOF_LENGTH,
};
use sp_core::H256;
use sp_runtime::{DispatchError, TransactionOutcome};

use crate::{
	pallet::*, BalanceOf, Conduct, Group, KeyPoints, MemberSet, OpenChallenge, Settlement, Watched,
	WeightInfo, AVAILABILITY_MEMORY, CHALLENGE_WINDOW,
};

impl<T: Config> Pallet<T> {
	/// Looks at the next group.
	pub(crate) fn watch(now: u32) -> Weight {
		let groups = NextGroup::<T>::get();
		if groups > 0 && !Self::is_paused() {
			// Groups are never removed, but should that change, the cursor must not get stuck.
			let id = Cursor::<T>::get() % groups;
			Cursor::<T>::put(id.saturating_add(1) % groups);
			let closed =
				Groups::<T>::get(id).is_some_and(|group| Self::watch_group(id, &group, now));
			if closed {
				return T::WeightInfo::watch().saturating_add(T::WeightInfo::close_challenge());
			}
		}
		T::WeightInfo::watch()
	}

	/// Whether a challenge was closed.
	fn watch_group(id: GroupId, group: &Group, now: u32) -> bool {
		if group.state != GroupState::Active {
			return false;
		}
		let settled = Commitments::<T>::get(id).is_some_and(|known| known.attempt == group.attempt);
		if !settled && !Settlements::<T>::exists() {
			Settlements::<T>::set(group.params().map(|params| Settlement {
				group: id,
				attempt: group.attempt,
				added: MemberSet::default(),
				points: BoundedVec::truncate_from(Settling::<Secp256k1>::new(params).to_bytes()),
			}));
		}
		let mut watched = Watches::<T>::get(id);
		match watched.open.take() {
			Some(open)
				if open.attempt != group.attempt || watched.opened < ResumedAt::<T>::get() =>
			{
				// The key was handed over in the meantime: nobody is asked for that share any more. Or members were
				// not listened to for a while.
				Watches::<T>::insert(id, watched);
			},
			Some(open) => {
				let over = now >= watched.opened.saturating_add(CHALLENGE_WINDOW);
				if over || group.everybody().is_subset(open.spoken) {
					Watches::<T>::insert(id, &watched);
					Self::close_challenge(id, group, watched.number, open.passed);
					return true;
				}
			},
			None => {
				let interval = Params::<T>::get().challenge_interval;
				let next = watched.opened.saturating_add(interval);
				let first = watched.number == 0;
				if settled && interval > 0 && (first || now >= next) {
					Self::open_challenge(id, group, watched, now);
				}
			},
		}
		false
	}

	fn open_challenge(id: GroupId, group: &Group, watched: Watched, now: u32) {
		let number = watched.number.saturating_add(1);
		let open = OpenChallenge {
			attempt: group.attempt,
			nonce: T::Beacon::get(),
			spoken: MemberSet::default(),
			passed: MemberSet::default(),
		};
		Watches::<T>::insert(id, Watched { number, opened: now, open: Some(open) });
		Self::deposit_event(Event::ChallengeOpened { group: id, number });
	}

	/// A member shows that it has its share.
	pub(crate) fn hear_holding(
		id: GroupId,
		group: &Group,
		mut watched: Watched,
		index: MemberIndex,
		proof: &[u8; PROOF_LENGTH],
	) -> Weight {
		let number = watched.number;
		let Some(open) = watched.open.as_mut() else {
			defensive!("an answer to no challenge");
			return T::WeightInfo::speak_hold(group.threshold.into());
		};
		open.spoken.insert(index);
		if Self::is_held(id, group, number, open.nonce, index, proof) {
			open.passed.insert(index);
		} else {
			Self::deposit_event(Event::HoldingRefused { group: id, number, by: index });
		}
		Watches::<T>::insert(id, watched);
		T::WeightInfo::speak_hold(group.threshold.into())
	}

	fn is_held(
		id: GroupId,
		group: &Group,
		number: u32,
		nonce: H256,
		index: MemberIndex,
		proof: &[u8; PROOF_LENGTH],
	) -> bool {
		let known = Commitments::<T>::get(id).filter(|known| known.attempt == group.attempt);
		let Some((known, params)) = known.zip(group.params()) else {
			defensive!("a challenge without commitments");
			return false;
		};
		let challenge =
			Challenge { group: id, attempt: group.attempt, number, nonce, member: index };
		let genesis = Self::genesis_hash();
		KeyCommitments::<Secp256k1>::from_bytes(params, &known.points).is_ok_and(|known| {
			let hash =
				|public: &_, commitment: &_| holding_hash(genesis, &challenge, public, commitment);
			known.verify_proof(index, &ShareProof::from_bytes(proof), hash).is_ok()
		})
	}

	/// The challenge is over: counts who has passed, and pays them.
	///
	/// When fewer have passed than it takes to sign, nobody else is found missing. It says more about the chain than
	/// about them: members answer to what is finalized, and when nothing is, all are silent.
	pub(crate) fn close_challenge(id: GroupId, group: &Group, number: u32, passed: MemberSet) {
		let telling = passed.len() >= group.threshold;
		Conducts::<T>::mutate(id, |conducts| {
			for index in group.everybody().iter() {
				conducts.with(index, |conduct: &mut Conduct| {
					if passed.contains(index) {
						conduct.passed = conduct.passed.saturating_add(1);
						conduct.missed_in_a_row = 0;
					} else if telling {
						conduct.missed = conduct.missed.saturating_add(1);
						conduct.missed_in_a_row = conduct.missed_in_a_row.saturating_add(1);
					}
				});
			}
		});
		if telling {
			Self::measure(group, passed);
		}
		let count: BalanceOf<T> = u32::from(passed.len()).into();
		if !count.is_zero() {
			let each = Params::<T>::get().holding.min(Self::pot_balance() / count);
			Self::earn(id, group, |index| if passed.contains(index) { each } else { Zero::zero() });
		}
		Self::deposit_event(Event::ChallengeClosed { group: id, number, passed });
	}

	/// Notes how many of a group's members were found to be available.
	fn measure(group: &Group, passed: MemberSet) {
		Measured::<T>::mutate(|measured| {
			if measured.passed.saturating_add(measured.missed) >= AVAILABILITY_MEMORY {
				// What was long ago counts less and less.
				measured.passed /= 2;
				measured.missed /= 2;
			}
			let missed = group.everybody().without(passed);
			measured.passed = measured.passed.saturating_add(passed.len().into());
			measured.missed = measured.missed.saturating_add(missed.len().into());
		});
	}

	/// Members who have not missed their last challenge: all, if there are none. Who has missed the last one could
	/// never make good for it.
	pub(crate) fn live_members(id: GroupId, group: &Group) -> MemberSet {
		if Params::<T>::get().challenge_interval == 0 {
			return group.everybody();
		}
		let conducts = Conducts::<T>::get(id);
		let live = |index: &MemberIndex| conducts.get(*index).missed_in_a_row == 0;
		group.everybody().iter().filter(live).collect()
	}

	/// Adds up dealings, one in a block, if the block has room for it.
	pub(crate) fn settle(remaining: Weight) -> Weight {
		let look = T::WeightInfo::settle_nothing();
		if !remaining.all_gte(look) {
			return Weight::zero();
		}
		if !Settlements::<T>::exists() {
			return look;
		}
		let most = T::WeightInfo::settle_dealing(MAX_MEMBERS);
		if !remaining.all_gte(most) {
			return look;
		}
		let Some(work) = Settlements::<T>::take() else { return look };
		let threshold = work.points.len() as u32;
		let _ = with_transaction(|| match Self::settle_one(work) {
			Some(()) => TransactionOutcome::Commit(Ok::<_, DispatchError>(())),
			None => TransactionOutcome::Rollback(Ok(())),
		});
		T::WeightInfo::settle_dealing(threshold)
	}

	/// Adds the next dealing. `None` if that cannot be, because the key was or is being handed over: then whoever
	/// hands it over has added them up.
	fn settle_one(mut work: Settlement) -> Option<()> {
		let id = work.group;
		let mut group = Groups::<T>::get(id)?;
		let wanted = group.state == GroupState::Active && group.attempt == work.attempt;
		if !wanted || Handovers::<T>::contains_key(id) || group.qualified.is_empty() {
			return None;
		}
		let params = group.params()?;
		let dealer = group.qualified.without(work.added).iter().next()?;
		let dealing = Feldman::<T>::get(id, dealer)?;
		let dealing = FeldmanCommitments::<Secp256k1>::from_bytes(params, &dealing).ok()?;
		let mut sum = Settling::<Secp256k1>::from_bytes(params, &work.points).ok()?;
		if Commitments::<T>::contains_key(id) {
			// Of the epoch before: the dealings are those of a handover.
			let dealers: Vec<_> = group.qualified.iter().collect();
			sum.add_reshared(dealer, &dealers, &dealing).ok()?;
		} else {
			sum.add(&dealing).ok()?;
		}
		work.added.insert(dealer);
		if !group.qualified.is_subset(work.added) {
			work.points = BoundedVec::truncate_from(sum.to_bytes());
			Settlements::<T>::put(work);
			return Some(());
		}
		let made = sum.finish().ok()?;
		if group.key != Some(made.key()) {
			defensive!("the dealings of a key make another one");
			return None;
		}
		let points = BoundedVec::truncate_from(made.to_bytes());
		let known = KeyPoints { attempt: group.attempt, members: group.size(), points };
		Self::replace_dealings(id, &mut group, known);
		Groups::<T>::insert(id, group);
		Some(())
	}

	/// From now on the commitments to the key are known. They take the place of the dealings.
	pub(crate) fn replace_dealings(id: GroupId, group: &mut Group, known: KeyPoints) {
		Commitments::<T>::insert(id, known);
		for dealer in group.qualified.iter() {
			Feldman::<T>::remove(id, dealer);
		}
		group.qualified = MemberSet::default();
	}
}
