//! Benchmarks: one for each function of [`WeightInfo`](crate::WeightInfo), at its worst.

use alloc::{boxed::Box, collections::BTreeMap, vec, vec::Vec};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{ConstU32, Get, One},
	traits::EnsureOrigin,
	BoundedVec,
};
use frame_system::{Pallet as System, RawOrigin};
use fusion_hhcm_primitives::{
	digest::Claim,
	election::{group_of, is_guerrilla, transaction_group},
	equivocation::Proof,
	package::{payload, root, transaction_hash, Context, MAX_TRANSACTIONS},
	AuthorityId, AuthoritySignature, Election, GroupId, Package, Packages, Round, Slot, MAX_GROUPS,
};
use hex_literal::hex;
use sp_core::{sr25519, H256};
use sp_runtime::{Digest, RuntimeAppPublic, Weight};

use crate::{
	pallet::*, AuthorityInfo, Grouping, GroupingKey, Limits, ReportLog, Turn, MAX_REPORTS,
};

/// An author whose VRF output is known: the wasm runtime cannot make one. From
/// `primitives/hhcm/vectors/seed.json`.
const AUTHOR: [u8; 32] = hex!("b8df71c3e6c36c295f8fa7fe60123c3cbd3a02c10362b0a859f6ad7e28383e16");
/// The seed that the output is for.
const SEED: [u8; 32] = hex!("63d386fd47f0c0ade0cc01c9e5a65a15e5dd23455b216c6f2b8111760ba775dc");
/// The slot that the output is for.
const SLOT: u64 = 101;
/// The output and its proof.
const VRF: [u8; 96] = hex!(
	"b033e509579fd37ee126c5f39c9e163ba9fe785c74c8014fa637dffc45f9553019f222855ec9aa7f349766473d0f3080"
	"a4ce928076291f33cdea03876683000b961f3637e9c837d928e881c434c49d19c33cc11f93fb7048e9015b3e5752e706"
);

/// An authority whose key nobody has.
fn stranger<T: Config>(number: u32) -> AuthorityInfo<T::AccountId> {
	let key = sp_io::hashing::blake2_256(&number.to_le_bytes());
	let id = sr25519::Public::from_raw(key).into();
	AuthorityInfo { account: account("authority", number, 0), id, weight: 1 }
}

/// `n` authorities, with these keys first.
fn authorities<T: Config>(
	keys: &[AuthorityId],
	n: u32,
) -> BoundedVec<AuthorityInfo<T::AccountId>, T::MaxAuthorities> {
	let infos: Vec<_> = (0..n)
		.map(|number| {
			let mut info = stranger::<T>(number);
			if let Some(id) = keys.get(number as usize) {
				info.id = id.clone();
				// It wins its group, wherever that is.
				info.weight = u64::MAX / 64;
			}
			info
		})
		.collect();
	BoundedVec::truncate_from(infos)
}

fn claim(author: u16, election: &Election, packages: &[Package]) -> Option<Claim> {
	let place = election.place_of(author)?;
	Some(Claim {
		slot: SLOT.into(),
		author,
		group: place.group,
		rank: place.rank,
		packages_root: root(packages),
		vrf: Decode::decode(&mut &VRF[..]).ok()?,
	})
}

/// The beginning of a block in which there are these authorities.
fn begin<T: Config>(
	groups: GroupId,
	infos: BoundedVec<AuthorityInfo<T::AccountId>, T::MaxAuthorities>,
) -> Election {
	let round = Round { seed: SEED.into(), last_slot: 0.into(), groups, difficulty: 1 };
	Authorities::<T>::put(infos);
	CurrentRound::<T>::put(round);
	Election::new(&round, SLOT.into(), &Pallet::<T>::authorities())
}

/// Has the block claimed by the first authority.
fn take_turn<T: Config>(election: Election, packages: &[Package]) -> Result<(), BenchmarkError> {
	let claim = claim(0, &election, packages).ok_or("the claim is sound")?;
	let author = Authorities::<T>::get()[0].account.clone();
	LastAuthor::<T>::put((claim.slot, author));
	CurrentTurn::<T>::put(Turn { claim, election, seed: H256::zero() });
	Ok(())
}

fn context<T: Config>() -> Context {
	Context {
		genesis: Pallet::<T>::genesis_hash(),
		parent: System::<T>::parent_hash(),
		slot: SLOT.into(),
	}
}

/// A package, signed with a key that is in the keystore.
fn package(
	key: &AuthorityId,
	context: &Context,
	group: GroupId,
	packager: u16,
	list: Vec<H256>,
) -> Result<Package, BenchmarkError> {
	let measured = Weight::zero();
	let signed = payload(context, group, packager, &list, measured);
	let signature: AuthoritySignature = key.sign(&signed).ok_or("the key is in the keystore")?;
	let transactions: BoundedVec<_, ConstU32<MAX_TRANSACTIONS>> = BoundedVec::truncate_from(list);
	Ok(Package { group, packager, transactions, measured, signature })
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn begin_block(n: Linear<1, { T::MaxAuthorities::get() }>) -> Result<(), BenchmarkError> {
		let author = sr25519::Public::from_raw(AUTHOR).into();
		let election = begin::<T>(1, authorities::<T>(&[author], n));
		let claim = claim(0, &election, &[]).ok_or("the claim is sound")?;
		let number = System::<T>::block_number() + One::one();
		let digest = Digest { logs: vec![claim.to_item()] };
		System::<T>::initialize(&number, &H256::zero(), &digest);
		#[block]
		{
			Pallet::<T>::begin_block();
		}
		assert!(CurrentTurn::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn check_bytes(b: Linear<0, { 1024 * 1024 }>) {
		System::<T>::set_extrinsic_index(0);
		System::<T>::note_extrinsic(vec![7; b as usize]);
		let hash;
		#[block]
		{
			let bytes = System::<T>::extrinsic_data(0);
			let _ = T::GroupingKey::grouping(&bytes);
			hash = transaction_hash(&bytes);
		}
		assert_ne!(hash, H256::zero());
	}

	#[benchmark]
	fn end_block(n: Linear<1, { T::MaxAuthorities::get() }>) -> Result<(), BenchmarkError> {
		let election = begin::<T>(MAX_GROUPS, authorities::<T>(&[], n));
		take_turn::<T>(election, &[])?;
		NextAuthorities::<T>::put(Authorities::<T>::get());
		let all: Vec<_> = Authorities::<T>::get().into_iter().map(|info| info.account).collect();
		Offenders::<T>::put(all);
		Checked::<T>::put(true);
		#[block]
		{
			Pallet::<T>::end_block();
		}
		assert_eq!(PreviousAuthorities::<T>::decode_len(), Some(n as usize));
		Ok(())
	}

	/// The packages, and all of the transactions that they list.
	#[benchmark]
	fn note_packages(p: Linear<1, 16>, h: Linear<0, 4_096>) -> Result<(), BenchmarkError> {
		// A guerrilla may package any group.
		let key = loop {
			let key = AuthorityId::generate_pair(None);
			let group = group_of(SEED.into(), SLOT.into(), &key, MAX_GROUPS);
			if is_guerrilla(group, MAX_GROUPS) {
				break key;
			}
		};
		let most = T::MaxAuthorities::get();
		let election = begin::<T>(MAX_GROUPS, authorities::<T>(&[key.clone()], most));
		// A transaction belongs to the group that its signer is drawn to: takes those of the first groups.
		let mut lists: BTreeMap<GroupId, Vec<Vec<u8>>> =
			(0..p as GroupId).map(|group| (group, Vec::new())).collect();
		let (mut count, mut number) = (0, 0);
		while count < h {
			let bytes = T::GroupingKey::benchmark_transaction(number);
			number += 1;
			let Some(Grouping::Key(key)) = T::GroupingKey::grouping(&bytes) else {
				return Err("the runtime makes transactions that it can group".into());
			};
			let group = transaction_group(SEED.into(), SLOT.into(), key, MAX_GROUPS);
			if let Some(list) = lists.get_mut(&group) {
				list.push(bytes);
				count += 1;
			}
		}
		let context = context::<T>();
		let mut packages = Vec::new();
		for (group, list) in &lists {
			let hashes = list.iter().map(|bytes| transaction_hash(bytes)).collect();
			packages.push(package(&key, &context, *group, 0, hashes)?);
		}
		let mut index = 0;
		for group in election.order() {
			for bytes in lists.remove(group).unwrap_or_default() {
				System::<T>::set_extrinsic_index(index);
				System::<T>::note_extrinsic(bytes);
				index += 1;
			}
		}
		System::<T>::set_extrinsic_index(index);
		System::<T>::note_finished_extrinsics();
		take_turn::<T>(election, &packages)?;
		let packages: Packages = packages.try_into().map_err(|_| "there are 16 at most")?;
		#[block]
		{
			Pallet::<T>::do_note_packages(packages)?;
			Pallet::<T>::check_transactions();
		}
		assert!(Checked::<T>::get());
		Ok(())
	}

	/// Two long packages, of a node of the session before, in a long list of offences.
	#[benchmark]
	fn report_equivocation(b: Linear<400, 262_144>) -> Result<(), BenchmarkError> {
		let key = AuthorityId::generate_pair(None);
		let most = T::MaxAuthorities::get();
		begin::<T>(1, authorities::<T>(&[], most));
		PreviousAuthorities::<T>::put(authorities::<T>(&[key.clone()], most));
		let offender = Authorities::<T>::get()[0].account.clone();
		LastAuthor::<T>::put((Slot::from(SLOT), offender));
		let entries: Vec<_> = (0..MAX_REPORTS - 1)
			.map(|number| (Slot::from(SLOT), account("reported", number, 0)))
			.collect();
		let since = Slot::from(SLOT);
		Reports::<T>::put(ReportLog { since, entries: BoundedVec::truncate_from(entries) });
		let context = context::<T>();
		// Half of the bytes for each, without what comes beside the list.
		let listed = (b as usize / 2).saturating_sub(160) / 32;
		let first = package(&key, &context, 0, 0, vec![H256::zero(); listed])?;
		let second = package(&key, &context, 0, 0, vec![H256::repeat_byte(1); listed + 1])?;
		let proof = Box::new(Proof::Packages { context, first, second });
		let reporter: T::AccountId = whitelisted_caller();
		#[extrinsic_call]
		_(RawOrigin::Signed(reporter), proof);
		assert_eq!(Reports::<T>::get().entries.len() as u32, MAX_REPORTS);
		Ok(())
	}

	#[benchmark]
	fn set_limits() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let limits =
			Limits { lowest_difficulty: 1, highest_difficulty: 2, most_groups: 3, adjusting: true };
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, limits);
		assert_eq!(CurrentLimits::<T>::get(), limits);
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::with_keystore(crate::mock::genesis(H256::zero())),
		crate::mock::Test
	);
}
