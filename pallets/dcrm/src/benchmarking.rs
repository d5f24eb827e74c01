//! Benchmarks: one for each function of [`WeightInfo`](crate::WeightInfo), at its worst.

use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{Authorize, Get, TransactionSource, Weight},
	traits::{
		fungible::{Inspect, Unbalanced},
		tokens::Precision,
		EnsureOrigin,
	},
	BoundedVec,
};
use frame_system::RawOrigin;
use fusion_dcrm_primitives::{
	account_key::{AccountKeyId, Payment, Spend, Subject, MAX_PAYLOAD, MAX_PAYMENTS},
	holding_hash,
	message::{signing_bytes, DCRM_DOMAIN},
	Algorithm, Attempt, Challenge, DcrmMessage, GroupId, GroupState, KeyPath, MemberId,
	MemberIndex, MemberSigned, PerMember, Phase, PublicKey, Purpose, RequestId, MAX_MEMBERS,
};
use fusion_vss::{Dealing, KeyCommitments, KeyShare, Params as Sharing, Secp256k1};
use k256::Scalar;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use sp_core::sr25519;
use sp_runtime::{AccountId32, Perbill, RuntimeAppPublic, Saturating};

use crate::{
	account_of, member_of, pallet::*, taproot, Ejection, Failure, Fine, KeyPoints, MemberSet,
	Offence, ParametersOf, Running, EJECTION_DELAY, MAX_CEREMONIES, MAX_DUE_PER_BLOCK,
	MAX_EJECTIONS, MAX_FINES_PER_BLOCK,
};

const ALL: u16 = MAX_MEMBERS as u16;

/// An account that can bond.
fn funded<T: Config>(who: AccountId32) -> AccountId32 {
	let amount = T::NodeBond::get().saturating_mul(10u32.into());
	T::Currency::increase_balance(&who, amount, Precision::Exact).expect("nothing overflows");
	who
}

/// `n` nodes.
fn nodes<T: Config>(n: u32) -> PerMember<AccountId32> {
	let nodes: Vec<AccountId32> = (0..n)
		.map(|seed| {
			let node = funded::<T>(account("node", seed, 0));
			Pallet::<T>::do_register(node.clone()).expect("it has the bond");
			node
		})
		.collect();
	BoundedVec::truncate_from(nodes)
}

/// A group of these nodes, in the given phase, with any threshold. Everybody is qualified.
fn group_of<T: Config>(
	nodes: PerMember<AccountId32>,
	threshold: u16,
	phase: Phase,
) -> Result<Running, BenchmarkError> {
	let id = Pallet::<T>::do_create_group(nodes, Algorithm::Secp256k1Taproot)?;
	let mut group = Groups::<T>::get(id).ok_or("just created")?;
	group.threshold = threshold;
	group.state = GroupState::Generating(phase);
	Groups::<T>::insert(id, group.clone());
	Ok(Pallet::<T>::load(id, group).ok_or("just created")?)
}

/// A message of the member with this index. Dispatch does not look at the signature.
fn said(running: &Running, index: MemberIndex, payload: DcrmMessage) -> MemberSigned<DcrmMessage> {
	let member = running.group.members[usize::from(index) - 1].clone();
	MemberSigned { member, payload, signature: sr25519::Signature::from([0; 64]).into() }
}

fn dealing(threshold: u16) -> Dealing<Secp256k1> {
	let params = Sharing::new(ALL, threshold).expect("a sound threshold");
	Dealing::random(params, &mut ChaCha20Rng::seed_from_u64(1))
}

fn bounded<E>(entries: Vec<E>) -> PerMember<E> {
	BoundedVec::truncate_from(entries)
}

fn points(of: Vec<PublicKey>) -> PerMember<PublicKey> {
	bounded(of)
}

/// All the data that a ceremony can have, in the phase in which it has most of it, and in the last
/// attempt.
fn fill<T: Config>(running: &mut Running) -> Result<(), BenchmarkError> {
	let id = running.id;
	let list = points(vec![[2; 33]; usize::from(running.threshold())]);
	let answers = bounded(vec![(1, [1; 64]); usize::from(running.tolerated())]);
	for index in running.group.everybody().iter() {
		Pedersen::<T>::insert(id, index, list.clone());
		Feldman::<T>::insert(id, index, list.clone());
		Answers::<T>::insert(id, index, answers.clone());
	}
	running.set_phase(Phase::Testing);
	let attempts = T::MaxAttempts::get();
	if let Some(handover) = &mut running.handover {
		handover.tries = attempts;
	} else {
		running.group.attempt = attempts.saturating_sub(1);
		running.group.attempts = attempts;
		running.group.key = Some([2; 33]);
	}
	let attempt = running.attempt();
	let test = Pallet::<T>::open_request(id, attempt, KeyPath::Group, [0; 32], Purpose::Test)?;
	running.ceremony.test = Some(test);
	Groups::<T>::insert(id, running.group.clone());
	Handovers::<T>::set(id, running.handover.clone());
	Ceremonies::<T>::insert(id, running.ceremony.clone());
	Ok(())
}

/// A share of the key that one dealing makes, and commitments to that.
fn shared(
	threshold: u16,
	index: MemberIndex,
) -> Result<(KeyShare<Secp256k1>, KeyCommitments<Secp256k1>), BenchmarkError> {
	let dealing = dealing(threshold);
	let pair = dealing.share_for(index).map_err(|_| "there is such a member")?;
	let share = KeyShare::combine(index, &[pair]).map_err(|_| "it is not zero")?;
	let params = Sharing::new(ALL, threshold).map_err(|_| "a sound threshold")?;
	let known = KeyCommitments::from_bytes(params, &dealing.feldman().to_bytes())
		.map_err(|_| "its commitments are sound")?;
	Ok((share, known))
}

/// What the pallet keeps of these commitments.
fn key_points(attempt: Attempt, known: &KeyCommitments<Secp256k1>) -> KeyPoints {
	KeyPoints { attempt, members: ALL, points: points(known.to_bytes()) }
}

/// The largest group, with all that is left of a handover to it from as large a one. Its members are no
/// nodes, so that these nodes can all join.
fn handed_over<T: Config>(nodes: PerMember<AccountId32>) -> Result<GroupId, BenchmarkError> {
	let threshold = crate::threshold_of(MAX_MEMBERS);
	let mut running = group_of::<T>(nodes, threshold, Phase::Testing)?;
	let id = running.id;
	let (_, known) = shared(threshold, 1)?;
	running.group.key = Some(known.key());
	Pallet::<T>::activate(&mut running);
	running.group.attempt = 1;
	running.group.attempts = 2;
	running.group.epoch = 1;
	running.group.members =
		bounded((0..MAX_MEMBERS).map(|seed| member_of(&account("member", seed, 0))).collect());
	Commitments::<T>::insert(id, key_points(0, &known));
	for dealer in running.group.qualified.iter() {
		// Each has dealt its share, and all the same polynomial otherwise.
		let mut list = known.to_bytes();
		list[0] = known.verifying_share(dealer).map_err(|_| "there is such a dealer")?;
		Feldman::<T>::insert(id, dealer, points(list));
	}
	Pallet::<T>::store(running);
	Ok(id)
}

/// The largest group, which is active, and a key of it that this account has.
fn with_key<T: Config>(who: AccountId32) -> Result<AccountKeyId, BenchmarkError> {
	let id = handed_over::<T>(nodes::<T>(MAX_MEMBERS))?;
	ActiveGroup::<T>::put(id);
	let price = T::Currency::minimum_balance().saturating_mul(1_000u32.into());
	Params::<T>::mutate(|parameters| parameters.account_signature = price);
	let who = funded::<T>(who);
	T::Currency::increase_balance(&who, price, Precision::Exact)?;
	Ok(Pallet::<T>::do_request_key(who)?)
}

/// The same, and the longest message that it wants to have signed with the key.
fn with_request<T: Config>(who: AccountId32) -> Result<RequestId, BenchmarkError> {
	let key = with_key::<T>(who.clone())?;
	let subject = Subject::Message(BoundedVec::truncate_from(vec![1; MAX_PAYLOAD as usize]));
	let price = Pallet::<T>::signing_price();
	let (request, _) = Pallet::<T>::do_request_signature(&who, key, subject, price)?;
	Ok(request)
}

/// The largest group of nodes, whose members can vote each other out, and one node more.
fn voting<T: Config>() -> Result<GroupId, BenchmarkError> {
	let members = nodes::<T>(MAX_MEMBERS);
	let threshold = crate::threshold_of(MAX_MEMBERS);
	let id = handed_over::<T>(members.clone())?;
	let spare = funded::<T>(account("spare", 0, 0));
	Pallet::<T>::do_register(spare)?;
	let (_, known) = shared(threshold, 1)?;
	Commitments::<T>::insert(id, key_points(1, &known));
	Groups::<T>::mutate(id, |group| {
		if let Some(group) = group {
			group.members = bounded(members.iter().map(member_of).collect());
			group.qualified = MemberSet::default();
		}
	});
	Ok(id)
}

/// A member says that another one is silent. Dispatch does not look at the signature.
fn silent<T: Config>(
	id: GroupId,
	by: MemberIndex,
	member: MemberIndex,
) -> Result<MemberSigned<DcrmMessage>, BenchmarkError> {
	let group = Groups::<T>::get(id).ok_or("there is a group")?;
	let (attempt, since) = (group.attempt, Pallet::<T>::now());
	let payload = DcrmMessage::Silent { group: id, attempt, member, since };
	let speaker = group.members[usize::from(by) - 1].clone();
	let signature = sr25519::Signature::from([0; 64]).into();
	Ok(MemberSigned { member: speaker, payload, signature })
}

/// The ceremony as it is in storage now.
fn stored<T: Config>(id: GroupId) -> Result<Running, BenchmarkError> {
	let group = Groups::<T>::get(id).ok_or("there is a group")?;
	Ok(Pallet::<T>::load(id, group).ok_or("there is a ceremony")?)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_node() -> Result<(), BenchmarkError> {
		let node = funded::<T>(whitelisted_caller());
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()));
		assert!(Nodes::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn deregister_node() -> Result<(), BenchmarkError> {
		let node = funded::<T>(whitelisted_caller());
		Pallet::<T>::do_register(node.clone())?;
		Pallet::<T>::note_announcement(node.clone(), BoundedVec::truncate_from(vec![1; 64]), 1);
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()));
		assert!(!Nodes::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn create_group(n: Linear<4, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let members = nodes::<T>(n);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, members, Algorithm::Secp256k1Taproot);
		assert!(Groups::<T>::contains_key(0));
		Ok(())
	}

	#[benchmark]
	fn set_active_group() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), 22, Phase::Testing)?;
		fill::<T>(&mut running)?;
		Pallet::<T>::activate(&mut running);
		let id = running.id;
		Pallet::<T>::store(running);
		ActiveGroup::<T>::kill();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id);
		assert_eq!(ActiveGroup::<T>::get(), Some(id));
		Ok(())
	}

	/// A `Deal` of about `b` bytes by the last member of the largest group.
	#[benchmark]
	fn authorize_speak(b: Linear<150, 1_200>) -> Result<(), BenchmarkError> {
		let member = MemberId::generate_pair(None);
		let mut members = nodes::<T>(MAX_MEMBERS - 1);
		let node = funded::<T>(account_of(&member));
		Pallet::<T>::do_register(node.clone())?;
		members.try_push(node).map_err(|_| "there is one place left")?;
		let running = group_of::<T>(members, 22, Phase::Dealing)?;
		let commitments = points(vec![[2; 33]; (b as usize - 150) / 33]);
		let payload = DcrmMessage::Deal { group: running.id, attempt: 0, commitments };
		let bytes = signing_bytes(Pallet::<T>::genesis_hash(), DCRM_DOMAIN, &payload);
		let signature = member.sign(&bytes).ok_or("the key is in the keystore")?;
		let call = Call::<T>::speak { message: MemberSigned { member, payload, signature } };
		#[block]
		{
			call.authorize(TransactionSource::External)
				.ok_or("`speak` is authorized")?
				.map_err(|_| "the message is admitted")?;
		}
		Ok(())
	}

	#[benchmark]
	fn speak_announce() -> Result<(), BenchmarkError> {
		let node = nodes::<T>(1)[0].clone();
		let payload =
			DcrmMessage::Announce { peer: BoundedVec::truncate_from(vec![1; 64]), sequence: 1 };
		let signature = sr25519::Signature::from([0; 64]).into();
		let message = MemberSigned { member: member_of(&node), payload, signature };
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert!(Peers::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn speak_deal(c: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let running = group_of::<T>(nodes::<T>(MAX_MEMBERS), c as u16, Phase::Dealing)?;
		let commitments = points(dealing(c as u16).pedersen().to_bytes());
		let id = running.id;
		let payload = DcrmMessage::Deal { group: id, attempt: 0, commitments };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert!(Pedersen::<T>::contains_key(id, ALL));
		Ok(())
	}

	/// Disqualifies all dealers but the speaker: each has as many complaints as it may have.
	#[benchmark]
	fn speak_verdict() -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), 1, Phase::Verdicts)?;
		let id = running.id;
		running.group.threshold = 22;
		let most = MemberSet::all(running.tolerated());
		for dealer in 1..ALL {
			running.ceremony.with_complaints_about(dealer, |accusers| *accusers = most);
		}
		Groups::<T>::insert(id, running.group.clone());
		Ceremonies::<T>::insert(id, running.ceremony.clone());
		let against = bounded((1..ALL).collect());
		let payload = DcrmMessage::Verdict { group: id, attempt: 0, against };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert_eq!(stored::<T>(id)?.group.attempt, 1);
		Ok(())
	}

	#[benchmark]
	fn speak_answer(t: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), t as u16, Phase::Answers)?;
		let id = running.id;
		let dealing = dealing(t as u16);
		Pedersen::<T>::insert(id, ALL, points(dealing.pedersen().to_bytes()));
		let filled = vec![(1, [1; 64]); MAX_MEMBERS as usize - 1];
		Answers::<T>::insert(id, ALL, bounded(filled));
		running.ceremony.with_complaints_about(ALL, |accusers| accusers.insert(2));
		Ceremonies::<T>::insert(id, running.ceremony.clone());
		let share = *dealing.share_for(2).map_err(|_| "there is a member 2")?.to_bytes();
		let payload = DcrmMessage::Answer { group: id, attempt: 0, accuser: 2, share };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert_eq!(stored::<T>(id)?.phase(), Some(Phase::Revealing));
		Ok(())
	}

	/// The last reveal, so that the key is computed.
	#[benchmark]
	fn speak_reveal(c: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), c as u16, Phase::Revealing)?;
		let id = running.id;
		let commitments = points(dealing(c as u16).feldman().to_bytes());
		for dealer in 1..ALL {
			Feldman::<T>::insert(id, dealer, commitments.clone());
			running.ceremony.spoken.insert(dealer);
		}
		Ceremonies::<T>::insert(id, running.ceremony.clone());
		let payload = DcrmMessage::Reveal { group: id, attempt: 0, commitments };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert!(stored::<T>(id)?.group.key.is_some());
		Ok(())
	}

	/// The last confirmation, so that the test is begun.
	#[benchmark]
	fn speak_confirm() -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), 22, Phase::Confirming)?;
		let id = running.id;
		let key = [2; 33];
		running.group.key = Some(key);
		running.ceremony.spoken = MemberSet::all(ALL - 1);
		running.ceremony.confirmed = MemberSet::all(ALL - 1);
		Groups::<T>::insert(id, running.group.clone());
		Ceremonies::<T>::insert(id, running.ceremony.clone());
		let payload = DcrmMessage::Confirm { group: id, attempt: 0, key };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert_eq!(stored::<T>(id)?.phase(), Some(Phase::Testing));
		Ok(())
	}

	/// A false accusation: all of it is checked, and the attempt goes on.
	#[benchmark]
	fn speak_accuse(t: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let running = group_of::<T>(nodes::<T>(MAX_MEMBERS), t as u16, Phase::Confirming)?;
		let id = running.id;
		let dealing = dealing(t as u16);
		Pedersen::<T>::insert(id, 1, points(dealing.pedersen().to_bytes()));
		Feldman::<T>::insert(id, 1, points(dealing.feldman().to_bytes()));
		let share = *dealing.share_for(ALL).map_err(|_| "there is such a member")?.to_bytes();
		let payload = DcrmMessage::Accuse { group: id, attempt: 0, dealer: 1, share };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert!(stored::<T>(id)?.ceremony.spoken.contains(ALL));
		Ok(())
	}

	#[benchmark]
	fn speak_signature() -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), 22, Phase::Testing)?;
		fill::<T>(&mut running)?;
		let id = running.id;
		// A key that somebody has: there is none like that outside of benchmarks.
		let secret = Scalar::from(7u64);
		running.group.key = Some(taproot::public_key(&secret));
		Pallet::<T>::activate(&mut running);
		let (group, path, message) = (running.group.clone(), KeyPath::Deposit(0, 1), [3; 32]);
		let attempt = running.attempt();
		Pallet::<T>::store(running);
		let purpose =
			Purpose::Batch { instance: u8::MAX, batch: u64::MAX, attempt: u32::MAX, input: 0 };
		let request = Pallet::<T>::open_request(id, attempt, path, message, purpose)?;
		// The pot is full, so that all members are paid.
		let price = T::Currency::minimum_balance().saturating_mul(1_000u32.into());
		Params::<T>::mutate(|parameters| parameters.signature = price);
		let pot = funded::<T>(Pallet::<T>::pot());
		T::Currency::increase_balance(&pot, price, Precision::Exact)?;
		let tweak = Pallet::<T>::tweak_of(id, &group, &path).ok_or("there is a key")?;
		let signature = taproot::sign(&secret, &tweak, &message);
		let payload = DcrmMessage::Signature { request, signature };
		let member = group.members[usize::from(ALL) - 1].clone();
		let message =
			MemberSigned { member, payload, signature: sr25519::Signature::from([0; 64]).into() };
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert!(!Requests::<T>::contains_key(request));
		assert!(Earnings::<T>::contains_key(id, 0));
		Ok(())
	}

	/// Commitments to the key of `t` points, and a dealing of one, which is checked besides.
	#[benchmark]
	fn check_constant(t: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let members = nodes::<T>(MAX_MEMBERS);
		let id = handed_over::<T>(members.clone())?;
		Pallet::<T>::do_reshare(id, &members)?;
		let (share, known) = shared(t as u16, ALL)?;
		Commitments::<T>::insert(id, key_points(1, &known));
		Handovers::<T>::mutate(id, |handover| {
			if let Some(handover) = handover {
				handover.threshold = 1;
			}
		});
		let running = stored::<T>(id)?;
		let commitments = points(vec![share.verifying_share()]);
		let sound;
		#[block]
		{
			sound = Pallet::<T>::resharing(&running)
				.is_some_and(|resharing| resharing.pedersen(ALL, &commitments).is_ok());
		}
		assert!(sound);
		Ok(())
	}

	/// All receivers join.
	#[benchmark]
	fn reshare(n: Linear<4, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let members = nodes::<T>(MAX_MEMBERS);
		let id = handed_over::<T>(members.clone())?;
		let receivers = bounded(members.into_iter().take(n as usize).collect());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id, receivers);
		assert!(Handovers::<T>::contains_key(id));
		assert_eq!(Feldman::<T>::iter_prefix(id).count(), 0);
		Ok(())
	}

	#[benchmark]
	fn cancel_handover() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let members = nodes::<T>(MAX_MEMBERS);
		let id = handed_over::<T>(members.clone())?;
		Pallet::<T>::do_reshare(id, &members)?;
		let mut running = stored::<T>(id)?;
		fill::<T>(&mut running)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id);
		assert!(!Handovers::<T>::contains_key(id));
		assert_eq!(Pedersen::<T>::iter_prefix(id).count(), 0);
		Ok(())
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let parameters = ParametersOf::<T>::default();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters);
		assert_eq!(Params::<T>::get(), parameters);
		Ok(())
	}

	/// A proof of the share of the last member of the largest group.
	#[benchmark]
	fn speak_hold(t: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let mut running = group_of::<T>(nodes::<T>(MAX_MEMBERS), t as u16, Phase::Testing)?;
		let id = running.id;
		let (share, known) = shared(t as u16, ALL)?;
		running.group.key = Some(known.key());
		Pallet::<T>::activate(&mut running);
		running.group.qualified = MemberSet::default();
		Pallet::<T>::store(running.clone());
		Commitments::<T>::insert(id, key_points(0, &known));
		Cursor::<T>::put(id);
		Pallet::<T>::watch(1);
		let open = Watches::<T>::get(id).open.ok_or("a challenge is open")?;
		let challenge =
			Challenge { group: id, attempt: 0, number: 1, nonce: open.nonce, member: ALL };
		let genesis = Pallet::<T>::genesis_hash();
		let hash = |public: &_, point: &_| holding_hash(genesis, &challenge, public, point);
		let proof = share.prove(hash, &mut ChaCha20Rng::seed_from_u64(2)).to_bytes();
		let payload = DcrmMessage::Hold { group: id, number: 1, proof };
		let message = said(&running, ALL, payload);
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		let open = Watches::<T>::get(id).open.ok_or("a challenge is open")?;
		assert!(open.passed.contains(ALL));
		Ok(())
	}

	/// As many ceremonies as there may be go on.
	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		let origin =
			T::PauseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		// Those of the genesis would be some of them.
		let _ = Ceremonies::<T>::clear(u32::MAX, None);
		Deadlines::<T>::kill();
		let members = nodes::<T>(4);
		for _ in 0..MAX_CEREMONIES {
			Pallet::<T>::do_create_group(members.clone(), Algorithm::Secp256k1Taproot)?;
		}
		PausedSince::<T>::put(0);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, false);
		assert!(!Pallet::<T>::is_paused());
		Ok(())
	}

	/// The last vote that it takes, with all the others that there may be, and as many members that wait to be
	/// replaced.
	#[benchmark]
	fn speak_silent() -> Result<(), BenchmarkError> {
		let id = voting::<T>()?;
		let threshold = crate::threshold_of(MAX_MEMBERS);
		for by in 1..threshold {
			Pallet::<T>::do_speak(silent::<T>(id, by, ALL)?)?;
		}
		let waiting = (1..MAX_EJECTIONS).map(|other| Ejection {
			group: id.saturating_add(other),
			attempt: 0,
			member: 1,
			voted: 0,
		});
		Ejections::<T>::put(BoundedVec::truncate_from(waiting.collect()));
		let message = silent::<T>(id, threshold, ALL)?;
		#[block]
		{
			Pallet::<T>::do_speak(message)?;
		}
		assert_eq!(Ejections::<T>::decode_len(), Some(MAX_EJECTIONS as usize));
		Ok(())
	}

	/// One waits that is not to be replaced yet.
	#[benchmark]
	fn eject_nothing() {
		Ejections::<T>::put(BoundedVec::truncate_from(vec![Ejection {
			group: 0,
			attempt: 0,
			member: 1,
			voted: 1,
		}]));
		#[block]
		{
			Pallet::<T>::eject_due(1);
		}
		assert!(Ejections::<T>::exists());
	}

	/// The replacement is drawn, and the handover begins.
	#[benchmark]
	fn eject(n: Linear<4, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let id = voting::<T>()?;
		let mut group = Groups::<T>::get(id).ok_or("just created")?;
		let members = group.members.into_iter().take(n as usize).collect();
		group.members = bounded(members);
		group.threshold = crate::threshold_of(n);
		Groups::<T>::insert(id, group.clone());
		let (_, known) = shared(group.threshold, 1)?;
		let mut known = key_points(group.attempt, &known);
		known.members = n as u16;
		Commitments::<T>::insert(id, known);
		// Of the smallest group all but one vote: the last one is voted out.
		for by in 1..=group.threshold {
			Pallet::<T>::do_speak(silent::<T>(id, by, n as u16)?)?;
		}
		let due = Pallet::<T>::now().saturating_add(EJECTION_DELAY);
		#[block]
		{
			Pallet::<T>::eject_due(due);
		}
		assert!(Handovers::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn bond_extra() -> Result<(), BenchmarkError> {
		let node = nodes::<T>(T::MaxNodes::get().min(MAX_MEMBERS))[0].clone();
		let amount = T::NodeBond::get();
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), amount);
		assert_eq!(
			Nodes::<T>::get(node).map(|node| node.bond),
			Some(amount.saturating_mul(2u32.into()))
		);
		Ok(())
	}

	#[benchmark]
	fn unbond() -> Result<(), BenchmarkError> {
		let node = nodes::<T>(T::MaxNodes::get().min(MAX_MEMBERS))[0].clone();
		let amount = T::NodeBond::get();
		Pallet::<T>::do_bond_extra(node.clone(), amount)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()), amount);
		assert!(Unbonding::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn withdraw_unbonded() -> Result<(), BenchmarkError> {
		let node = nodes::<T>(1)[0].clone();
		Pallet::<T>::do_deregister(node.clone())?;
		Unbonding::<T>::mutate(&node, |unbonding| {
			if let Some((_, available)) = unbonding {
				*available = 0;
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(node.clone()));
		assert!(!Unbonding::<T>::contains_key(node));
		Ok(())
	}

	#[benchmark]
	fn draw_group(n: Linear<4, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let origin =
			T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let _ = nodes::<T>(MAX_MEMBERS);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, n, Algorithm::Secp256k1Taproot);
		assert!(Groups::<T>::contains_key(0));
		Ok(())
	}

	/// A challenge is opened.
	#[benchmark]
	fn watch() -> Result<(), BenchmarkError> {
		let id = handed_over::<T>(nodes::<T>(MAX_MEMBERS))?;
		let (_, known) = shared(crate::threshold_of(MAX_MEMBERS), 1)?;
		Commitments::<T>::insert(id, key_points(1, &known));
		Cursor::<T>::put(id);
		#[block]
		{
			Pallet::<T>::watch(1);
		}
		assert!(Watches::<T>::get(id).open.is_some());
		Ok(())
	}

	/// All members have passed, and are paid.
	#[benchmark]
	fn close_challenge() -> Result<(), BenchmarkError> {
		let id = handed_over::<T>(nodes::<T>(MAX_MEMBERS))?;
		let group = Groups::<T>::get(id).ok_or("just created")?;
		let each = T::Currency::minimum_balance();
		Params::<T>::mutate(|parameters| parameters.holding = each);
		let pot = funded::<T>(Pallet::<T>::pot());
		let all = each.saturating_mul(MAX_MEMBERS.into());
		T::Currency::increase_balance(&pot, all, Precision::Exact)?;
		#[block]
		{
			Pallet::<T>::close_challenge(id, &group, 1, MemberSet::all(ALL));
		}
		assert!(Earnings::<T>::contains_key(id, group.epoch));
		Ok(())
	}

	#[benchmark]
	fn settle_nothing() {
		#[block]
		{
			Pallet::<T>::settle(Weight::MAX);
		}
	}

	/// The last dealing of the largest handover, after which all are removed. Its `t` points are those of the
	/// threshold.
	#[benchmark]
	fn settle_dealing(t: Linear<1, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let id = handed_over::<T>(nodes::<T>(MAX_MEMBERS))?;
		let (_, known) = shared(t as u16, 1)?;
		let mut group = Groups::<T>::get(id).ok_or("just created")?;
		group.threshold = t as u16;
		group.key = Some(known.key());
		Groups::<T>::insert(id, group);
		for dealer in 1..=ALL {
			let mut list = known.to_bytes();
			list[0] = known.verifying_share(dealer).map_err(|_| "there is such a dealer")?;
			Feldman::<T>::insert(id, dealer, points(list));
		}
		Commitments::<T>::insert(id, key_points(0, &known));
		Cursor::<T>::put(id);
		Pallet::<T>::watch(1);
		// The weights of a set of dealers add up only if there are enough of them, so all are added before.
		for _ in 1..ALL {
			Pallet::<T>::settle(Weight::MAX);
		}
		#[block]
		{
			Pallet::<T>::settle(Weight::MAX);
		}
		assert!(!Settlements::<T>::exists());
		assert_eq!(Feldman::<T>::iter_prefix(id).count(), 0);
		Ok(())
	}

	/// All members of the largest group have earned something.
	#[benchmark]
	fn claim_pay() -> Result<(), BenchmarkError> {
		let running = group_of::<T>(nodes::<T>(MAX_MEMBERS), 22, Phase::Testing)?;
		let pot = funded::<T>(Pallet::<T>::pot());
		let each = T::Currency::minimum_balance();
		let all = each.saturating_mul(MAX_MEMBERS.into());
		T::Currency::increase_balance(&pot, all, Precision::Exact)?;
		Pallet::<T>::earn(running.id, &running.group, |_| each);
		let node = account_of(&running.group.members[0]);
		let before = T::Currency::balance(&node);
		let caller: AccountId32 = whitelisted_caller();
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), running.id, 0, node.clone());
		assert_eq!(T::Currency::balance(&node), before + each);
		Ok(())
	}

	#[benchmark]
	fn take_fines(f: Linear<0, MAX_FINES_PER_BLOCK>) -> Result<(), BenchmarkError> {
		let nodes = nodes::<T>(f);
		Params::<T>::mutate(|parameters| parameters.fraud = Perbill::from_percent(50));
		let fine = |node: &AccountId32| Fine { node: node.clone(), offence: Offence::FalseReveal };
		Fines::<T>::set(BoundedVec::truncate_from(nodes.iter().map(fine).collect()));
		#[block]
		{
			Pallet::<T>::take_fines();
		}
		let fined = Nodes::<T>::iter().filter(|(_, node)| node.bond < T::NodeBond::get()).count();
		assert_eq!(fined, f as usize);
		Ok(())
	}

	#[benchmark]
	fn end_attempt(n: Linear<4, MAX_MEMBERS>) -> Result<(), BenchmarkError> {
		let threshold = crate::threshold_of(n);
		let mut running = group_of::<T>(nodes::<T>(n), threshold, Phase::Testing)?;
		fill::<T>(&mut running)?;
		#[block]
		{
			Pallet::<T>::fail(&mut running, Failure::NotSigned, MemberSet::default());
		}
		assert_eq!(running.group.state, GroupState::Failed);
		Ok(())
	}

	#[benchmark]
	fn on_initialize(d: Linear<0, MAX_DUE_PER_BLOCK>) -> Result<(), BenchmarkError> {
		// Those of the genesis would be due first.
		let _ = Ceremonies::<T>::clear(u32::MAX, None);
		Deadlines::<T>::kill();
		let members = nodes::<T>(MAX_MEMBERS);
		for _ in 0..d {
			let mut running = group_of::<T>(members.clone(), 22, Phase::Testing)?;
			fill::<T>(&mut running)?;
		}
		#[block]
		{
			Pallet::<T>::advance_due(u32::MAX);
		}
		assert_eq!(Ceremonies::<T>::iter().count(), 0);
		Ok(())
	}

	#[benchmark]
	fn request_key() -> Result<(), BenchmarkError> {
		with_key::<T>(whitelisted_caller())?;
		let caller = funded::<T>(whitelisted_caller());
		#[extrinsic_call]
		_(RawOrigin::Signed(caller));
		assert!(AccountKeys::<T>::contains_key(1));
		Ok(())
	}

	#[benchmark]
	fn request_signature(b: Linear<0, MAX_PAYLOAD>) -> Result<(), BenchmarkError> {
		let caller: AccountId32 = whitelisted_caller();
		let key = with_key::<T>(caller.clone())?;
		let price = Pallet::<T>::signing_price();
		let subject = Subject::Message(BoundedVec::truncate_from(vec![1; b as usize]));
		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), key, subject, price);
		assert_eq!(RequestsKept::<T>::get(caller), 1);
		Ok(())
	}

	/// Every payment is to a key.
	#[benchmark]
	fn request_spend(p: Linear<1, MAX_PAYMENTS>) -> Result<(), BenchmarkError> {
		let caller: AccountId32 = whitelisted_caller();
		let key = with_key::<T>(caller.clone())?;
		let own = Pallet::<T>::account_key(key).ok_or("there is one")?.public_key;
		let price = Pallet::<T>::signing_price();
		let script = [[0x51, 0x20].as_slice(), own.as_slice()].concat();
		let payment = Payment { amount: 10_000, script: BoundedVec::truncate_from(script) };
		let payments = BoundedVec::truncate_from(vec![payment; p as usize]);
		let subject = Subject::Spend(Spend { txid: [1; 32], vout: 0, amount: 1_000_000, payments });
		#[extrinsic_call]
		request_signature(RawOrigin::Signed(caller.clone()), key, subject, price);
		assert_eq!(RequestsKept::<T>::get(caller), 1);
		Ok(())
	}

	/// It was not signed.
	#[benchmark]
	fn forget_request() -> Result<(), BenchmarkError> {
		let caller: AccountId32 = whitelisted_caller();
		let request = with_request::<T>(caller.clone())?;
		AccountRequests::<T>::mutate(request, |kept| {
			if let Some(kept) = kept {
				kept.expires = 0;
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), request);
		assert!(!Requests::<T>::contains_key(request));
		Ok(())
	}

	/// The members are paid.
	#[benchmark]
	fn keep_signature() -> Result<(), BenchmarkError> {
		let request = with_request::<T>(whitelisted_caller())?;
		funded::<T>(Pallet::<T>::pot());
		let id = ActiveGroup::<T>::get().ok_or("there is one")?;
		let group = Groups::<T>::get(id).ok_or("there is one")?;
		#[block]
		{
			Pallet::<T>::keep_signature(request, (id, &group), ALL, [1; 64]);
		}
		assert!(Pallet::<T>::account_request(request).is_some_and(|view| view.signature.is_some()));
		Ok(())
	}

	#[benchmark]
	fn account_key() -> Result<(), BenchmarkError> {
		let key = with_key::<T>(whitelisted_caller())?;
		let shown;
		#[block]
		{
			shown = Pallet::<T>::account_key(key);
		}
		assert!(shown.is_some());
		Ok(())
	}

	#[benchmark]
	fn account_request() -> Result<(), BenchmarkError> {
		let request = with_request::<T>(whitelisted_caller())?;
		let shown;
		#[block]
		{
			shown = Pallet::<T>::account_request(request);
		}
		assert!(shown.is_some());
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::with_keystore(crate::mock::genesis(0, Vec::new())),
		crate::mock::Test
	);
}
