//! The course of a block: the claim, the packages, the transactions, the next round.

use alloc::vec::Vec;
use frame_support::{
	dispatch::DispatchClass,
	ensure,
	pallet_prelude::{DispatchResult, Get, Zero},
	traits::{OnTimestampSet, PostTransactions},
	weights::Weight,
};
use frame_system::{pallet_prelude::BlockNumberFor, Pallet as System};
use fusion_hhcm_primitives::{
	adjust,
	check::{self, PackagesError},
	digest::Claim,
	election::transaction_group,
	package::{transaction_hash, Context},
	sequence::Sequence,
	Authority, Election, GroupId, Package, Packages, Round, Slot,
};
use sp_core::H256;
use sp_runtime::Permill;

use crate::{pallet::*, Delivered, Grouping, GroupingKey, OnBlockAuthored, Turn, WeightInfo};

impl<T: Config> Pallet<T> {
	/// The hash of this chain's first block: what packagers sign is for this chain alone.
	pub fn genesis_hash() -> H256 {
		System::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// The bookkeeping nodes that may author the next block. For the runtime API.
	pub fn authorities() -> Vec<Authority> {
		Authorities::<T>::get().iter().map(|info| info.authority()).collect()
	}

	/// What the elections for the next block are drawn from. For the runtime API.
	pub fn round() -> Round {
		CurrentRound::<T>::get()
			.unwrap_or_else(|| panic!("hhcm: there is no round: the pallet has no genesis"))
	}

	/// The claim of the block that is executed.
	pub(crate) fn turn() -> Turn {
		CurrentTurn::<T>::get()
			.unwrap_or_else(|| panic!("hhcm: there is no claim: on_initialize did not run before"))
	}

	/// What is accounted for at the start of a block, with so many authorities: all that the pallet does in
	/// it, except for packages and transactions.
	pub(crate) fn weight_of_block(nodes: u32) -> Weight {
		let length = T::BlockLength::get();
		let bytes = DispatchClass::all()
			.iter()
			.map(|class| *length.max.get(*class))
			.max()
			.unwrap_or_default();
		T::WeightInfo::begin_block(nodes)
			.saturating_add(T::WeightInfo::check_bytes(bytes))
			.saturating_add(T::WeightInfo::end_block(T::MaxAuthorities::get()))
	}

	/// Checks the claim. Returns how many authorities there are.
	pub(crate) fn begin_block() -> u32 {
		let claim = Claim::find(&System::<T>::digest())
			.unwrap_or_else(|error| panic!("hhcm: no claim in the header: {error}"));
		let round = Self::round();
		let infos = Authorities::<T>::get();
		let authorities: Vec<_> = infos.iter().map(|info| info.authority()).collect();
		let accepted = check::claim(&claim, &round, &authorities)
			.unwrap_or_else(|error| panic!("hhcm: the claim is refused: {error}"));
		if let Some(author) = infos.get(usize::from(claim.author)) {
			LastAuthor::<T>::put((claim.slot, &author.account));
		}
		let check::Accepted { election, seed } = accepted;
		CurrentTurn::<T>::put(Turn { claim, election, seed });
		// At most `MaxAuthorities`.
		infos.len() as u32
	}

	pub(crate) fn do_note_packages(packages: Packages) -> DispatchResult {
		ensure!(!NotedPackages::<T>::exists(), Error::<T>::AlreadyNoted);
		let turn = CurrentTurn::<T>::get().ok_or(Error::<T>::NoBlock)?;
		let context = Context {
			genesis: Self::genesis_hash(),
			parent: System::<T>::parent_hash(),
			slot: turn.claim.slot,
		};
		let root = turn.claim.packages_root;
		check::packages(&packages, root, &context, &turn.election, &Self::authorities()).map_err(
			|error| {
				// The block becomes invalid, which says nothing of the reason.
				log::error!(target: crate::LOG_TARGET, "the packages are refused: {error}");
				Error::<T>::from(error)
			},
		)?;
		NotedPackages::<T>::put(packages);
		Ok(())
	}

	/// Checks that the transactions of the block are those of its packages, in order.
	pub(crate) fn check_transactions() {
		let packages = NotedPackages::<T>::take().unwrap_or_else(|| {
			panic!("hhcm: the block has not noted its packages: the inherent is missing")
		});
		let Turn { claim, election, .. } = Self::turn();
		let seed = Self::round().seed;
		let mut sequence = Sequence::new(election.order(), &packages);
		// With which extrinsic each group's transactions begin.
		let mut begins: Vec<(GroupId, u32)> = Vec::new();
		for index in 0..System::<T>::extrinsic_count() {
			let extrinsic = System::<T>::extrinsic_data(index);
			let grouping = T::GroupingKey::grouping(&extrinsic)
				.unwrap_or_else(|| panic!("hhcm: extrinsic {index} belongs to no group"));
			match grouping {
				Grouping::Inherent => assert!(
					!sequence.has_begun(),
					"hhcm: extrinsic {index} is an inherent after a transaction"
				),
				Grouping::Key(key) => {
					let group = transaction_group(seed, claim.slot, key, election.groups());
					let pushed = sequence.push(group, transaction_hash(&extrinsic));
					if let Err(error) = pushed {
						panic!("hhcm: extrinsic {index} is out of place: {error}");
					}
					if begins.last().is_none_or(|(last, _)| *last != group) {
						begins.push((group, index));
					}
				},
			}
		}
		let delivered = Self::delivered(&packages, &election, &begins, sequence.counts());
		if let Some((_, assembler)) = LastAuthor::<T>::get() {
			T::OnBlockAuthored::on_block_authored(&assembler, &delivered, election.groups());
		}
		Checked::<T>::put(true);
	}

	/// What became of the packages: with which extrinsic each group's transactions begin, and how many of
	/// each package there are.
	fn delivered(
		packages: &[Package],
		election: &Election,
		begins: &[(GroupId, u32)],
		counts: &[u32],
	) -> Vec<Delivered<T::AccountId>> {
		let infos = Authorities::<T>::get();
		packages
			.iter()
			.zip(counts)
			.filter_map(|(package, count)| {
				let begin = begins.iter().find(|(group, _)| *group == package.group);
				let first = begin.map_or(0, |(_, index)| *index);
				Some(Delivered {
					group: package.group,
					packager: infos.get(usize::from(package.packager))?.account.clone(),
					weight: election.package_weight(package.group, package.packager)?,
					extrinsics: first..first.saturating_add(*count),
				})
			})
			.collect()
	}

	/// Leaves the next round, and at the end of a session the next authorities.
	pub(crate) fn end_block() {
		assert!(
			Checked::<T>::take(),
			"hhcm: the transactions were not checked: the pallet has to be PostTransactions"
		);
		Self::disarm_offenders();
		let Turn { claim, seed, .. } = Self::turn();
		CurrentTurn::<T>::kill();
		let round = Self::round();
		let mut tally = SessionTally::<T>::get();
		// The first block has no parent that was in any slot.
		let first = round.last_slot == Slot::default();
		let missed = if first { 0 } else { round.missed_slots(claim.slot) };
		tally.note(missed, Self::fullness());

		let mut next = Round { seed, last_slot: claim.slot, ..round };
		if let Some(authorities) = NextAuthorities::<T>::take() {
			let limits = CurrentLimits::<T>::get();
			// At most `MaxAuthorities`.
			let nodes = authorities.len() as u32;
			let bounds = (limits.lowest_difficulty, limits.highest_difficulty);
			if limits.adjusting {
				next.difficulty =
					adjust::difficulty(round.difficulty, tally.filled, tally.missed, bounds);
				next.groups = adjust::groups(round.groups, tally.mean_fullness(), nodes);
			} else {
				next.difficulty = round.difficulty.clamp(bounds.0, bounds.1.max(bounds.0));
				// Half full: no more and no fewer, but for want of nodes.
				next.groups = adjust::groups(round.groups, Permill::from_percent(50), nodes);
			}
			next.groups = next.groups.min(limits.most_groups);
			SessionSlots::<T>::mutate(|(previous, present)| {
				*previous = *present;
				*present = claim.slot;
			});
			PreviousAuthorities::<T>::put(Authorities::<T>::get());
			Authorities::<T>::put(authorities);
			tally = Default::default();
			let Round { groups, difficulty, .. } = next;
			Self::deposit_event(Event::SessionBegun { authorities: nodes, groups, difficulty });
		}
		SessionTally::<T>::put(tally);
		CurrentRound::<T>::put(next);
	}

	/// What part of what transactions may use is used.
	fn fullness() -> Permill {
		let class = DispatchClass::Normal;
		let limits = T::BlockWeights::get();
		let most = limits.get(class).max_total.unwrap_or(limits.max_block);
		let used = *System::<T>::block_weight().get(class);
		let time = Permill::from_rational(used.ref_time(), most.ref_time());
		let size = Permill::from_rational(used.proof_size(), most.proof_size());
		time.max(size)
	}
}

impl<T> From<PackagesError> for Error<T> {
	fn from(error: PackagesError) -> Self {
		match error {
			PackagesError::Root => Self::WrongRoot,
			PackagesError::Groups { .. } => Self::GroupsOutOfOrder,
			PackagesError::Packager { .. } => Self::WrongPackager,
			PackagesError::Signature { .. } => Self::WrongPackageSignature,
		}
	}
}

/// Checks the transactions when the last one has been executed.
impl<T: Config> PostTransactions for Pallet<T> {
	fn post_transactions() {
		Self::check_transactions();
	}
}

/// Checks that the block's time is in its slot.
impl<T: Config> OnTimestampSet<u64> for Pallet<T> {
	fn on_timestamp_set(moment: u64) {
		let slot = moment.checked_div(T::SlotDuration::get()).unwrap_or_default();
		let claimed = u64::from(Self::turn().claim.slot);
		assert!(
			slot == claimed,
			"hhcm: the timestamp {moment} is in slot {slot}, but the author claims slot {claimed}"
		);
	}
}
