//! Members who take part in ceremonies, with the real mathematics.

use std::collections::BTreeMap;

use frame_support::dispatch::PostDispatchInfo;
use fusion_dcrm_primitives::{
	Attempt, DcrmMessage, GroupId, GroupState, MemberIndex, PerMember, Phase, PublicKey, RequestId,
	SchnorrSignature,
};
use fusion_vss::{Dealing, FeldmanCommitments, Params, PedersenCommitments, Secp256k1, SharePair};
use k256::{
	elliptic_curve::{sec1::ToEncodedPoint, PrimeField},
	ProjectivePoint, Scalar,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

use crate::{
	mock::{create_group, phase, speak, time_out, view, Rejected, Test},
	taproot, Pallet, Requests,
};

/// What came of a message.
pub type Outcome = Result<PostDispatchInfo, Rejected>;

/// One member: what it has dealt, and which shares it has received.
pub struct Player {
	/// The member's index; it is node number `index` as well.
	pub index: MemberIndex,
	/// Its dealing of the present attempt.
	pub dealing: Option<Dealing<Secp256k1>>,
	/// The shares that it holds, by dealer.
	pub shares: BTreeMap<MemberIndex, [u8; 64]>,
}

/// A group and its members.
pub struct Table {
	/// The group.
	pub group: GroupId,
	/// The members, in the order of their indices.
	pub players: Vec<Player>,
	/// Where randomness comes from.
	pub rng: ChaCha20Rng,
}

impl Table {
	/// Creates a group of the nodes 1 to `count`.
	pub fn new(count: u8) -> Self {
		let group = create_group(count);
		let player =
			|number: u8| Player { index: number.into(), dealing: None, shares: BTreeMap::new() };
		Self {
			group,
			players: (1..=count).map(player).collect(),
			rng: ChaCha20Rng::seed_from_u64(42),
		}
	}

	/// Creates a group of the nodes 1 to `count`, all of whom act honestly until this phase begins.
	pub fn in_phase(count: u8, phase: Phase) -> Self {
		let mut table = Self::new(count);
		table.play_until(phase);
		table
	}

	/// The group's secret sharing.
	pub fn params(&self) -> Params {
		let view = view(self.group);
		Params::new(view.members.len() as u16, view.threshold).unwrap()
	}

	/// The attempt that is under way.
	pub fn attempt(&self) -> Attempt {
		view(self.group).attempt
	}

	/// A member.
	pub fn player(&mut self, index: u8) -> &mut Player {
		&mut self.players[usize::from(index) - 1]
	}

	/// All node numbers.
	pub fn everybody(&self) -> Vec<u8> {
		(1..=self.players.len() as u8).collect()
	}

	/// All node numbers but one.
	pub fn all_but(&self, absent: u8) -> Vec<u8> {
		self.everybody().into_iter().filter(|index| *index != absent).collect()
	}

	/// Makes a dealing, and gives everybody its share, but says nothing on chain.
	pub fn make_dealing(&mut self, dealer: u8) {
		let dealing = Dealing::<Secp256k1>::random(self.params(), &mut self.rng);
		for player in &mut self.players {
			let share = *dealing.share_for(player.index).unwrap().to_bytes();
			player.shares.insert(dealer.into(), share);
		}
		self.player(dealer).dealing = Some(dealing);
	}

	/// Deals honestly.
	pub fn deal(&mut self, dealer: u8) -> Outcome {
		self.make_dealing(dealer);
		let points = self.dealing(dealer).pedersen().to_bytes();
		self.say_deal(dealer, points)
	}

	/// The member's dealing of this attempt.
	pub fn dealing(&self, dealer: u8) -> &Dealing<Secp256k1> {
		self.players[usize::from(dealer) - 1].dealing.as_ref().expect("it has dealt")
	}

	/// Publishes these points as Pedersen commitments.
	pub fn say_deal(&self, dealer: u8, points: Vec<PublicKey>) -> Outcome {
		speak(
			dealer,
			DcrmMessage::Deal {
				group: self.group,
				attempt: self.attempt(),
				commitments: bounded(points),
			},
		)
	}

	/// The dealers whose share is missing or does not fit what they have published.
	pub fn wrong_dealers(&self, index: u8) -> Vec<MemberIndex> {
		let view = view(self.group);
		let params = self.params();
		let player = &self.players[usize::from(index) - 1];
		let fits = |dealer: &MemberIndex, points: &[PublicKey]| {
			let commitments = PedersenCommitments::<Secp256k1>::from_bytes(params, points).unwrap();
			player
				.shares
				.get(dealer)
				.and_then(|share| SharePair::from_bytes(share).ok())
				.is_some_and(|pair| commitments.verify(player.index, &pair).is_ok())
		};
		view.pedersen
			.iter()
			.filter(|(dealer, points)| view.qualified.contains(dealer) && !fits(dealer, points))
			.map(|(dealer, _)| *dealer)
			.collect()
	}

	/// Complains about these dealers.
	pub fn say_verdict(&self, index: u8, against: Vec<MemberIndex>) -> Outcome {
		speak(
			index,
			DcrmMessage::Verdict {
				group: self.group,
				attempt: self.attempt(),
				against: bounded(against),
			},
		)
	}

	/// Answers a complaint with the right share.
	pub fn answer(&self, dealer: u8, accuser: MemberIndex) -> Outcome {
		let share = *self.dealing(dealer).share_for(accuser).unwrap().to_bytes();
		self.say_answer(dealer, accuser, share)
	}

	/// Answers a complaint with this share.
	pub fn say_answer(&self, dealer: u8, accuser: MemberIndex, share: [u8; 64]) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(dealer, DcrmMessage::Answer { group, attempt, accuser, share })
	}

	/// Publishes the right Feldman commitments.
	pub fn reveal(&self, dealer: u8) -> Outcome {
		self.say_reveal(dealer, self.dealing(dealer).feldman().to_bytes())
	}

	/// Publishes these points as Feldman commitments.
	pub fn say_reveal(&self, dealer: u8, points: Vec<PublicKey>) -> Outcome {
		speak(
			dealer,
			DcrmMessage::Reveal {
				group: self.group,
				attempt: self.attempt(),
				commitments: bounded(points),
			},
		)
	}

	/// Confirms the key that the chain has computed.
	pub fn confirm(&self, index: u8) -> Outcome {
		let key = view(self.group).key.expect("the key is known");
		speak(index, DcrmMessage::Confirm { group: self.group, attempt: self.attempt(), key })
	}

	/// Accuses a dealer with the share that the member holds.
	pub fn accuse(&self, index: u8, dealer: MemberIndex) -> Outcome {
		let share = self.players[usize::from(index) - 1].shares[&dealer];
		self.say_accuse(index, dealer, share)
	}

	/// Accuses a dealer with this share.
	pub fn say_accuse(&self, index: u8, dealer: MemberIndex, share: [u8; 64]) -> Outcome {
		let (group, attempt) = (self.group, self.attempt());
		speak(index, DcrmMessage::Accuse { group, attempt, dealer, share })
	}

	/// A qualified dealer whose Feldman commitments do not fit the member's share, if there is one.
	pub fn cheater(&mut self, index: u8) -> Option<MemberIndex> {
		let view = view(self.group);
		let params = self.params();
		let player = self.player(index);
		for (accuser, dealer, share) in &view.answers {
			if *accuser == player.index {
				player.shares.insert(*dealer, *share);
			}
		}
		view.feldman
			.iter()
			.find(|(dealer, points)| {
				let commitments =
					FeldmanCommitments::<Secp256k1>::from_bytes(params, points).unwrap();
				let pair = SharePair::from_bytes(&player.shares[dealer]).unwrap();
				commitments.verify(player.index, &pair).is_err()
			})
			.map(|(dealer, _)| *dealer)
	}

	/// The secret key, reconstructed by these members, which no node could ever do.
	pub fn secret(&self, members: &[u8]) -> Scalar {
		let qualified = view(self.group).qualified;
		let share_of = |index: &u8| {
			let player = &self.players[usize::from(*index) - 1];
			let shares = qualified.iter().map(|dealer| scalar(&player.shares[dealer][..32]));
			(MemberIndex::from(*index), shares.sum::<Scalar>())
		};
		interpolate(&members.iter().map(share_of).collect::<Vec<_>>())
	}

	/// A valid signature for a request, made by the first `t` of these members.
	pub fn sign(&self, members: &[u8], request: RequestId) -> SchnorrSignature {
		let threshold = usize::from(view(self.group).threshold);
		let open = Requests::<Test>::get(request).expect("the request is open").request;
		let tweak = Pallet::<Test>::tweak(self.group, &open.path).expect("the group has a key");
		taproot::sign(&self.secret(&members[..threshold]), &tweak, &open.message)
	}

	/// The oldest request that the group owes.
	pub fn oldest_request(&self) -> RequestId {
		Pallet::<Test>::open_requests(self.group, 1).first().expect("something is owed").0
	}

	/// What an honest member does in the present phase, if there is anything left to do for it.
	/// `signers` are the members that would sign with it.
	pub fn act(&mut self, index: u8, signers: &[u8]) {
		let view = view(self.group);
		let me = MemberIndex::from(index);
		let qualified = view.qualified.contains(&me);
		let spoken = view.spoken.contains(&me);
		let outcome = match phase(self.group) {
			Phase::Dealing if qualified && !spoken => self.deal(index),
			Phase::Verdicts if !spoken => self.say_verdict(index, self.wrong_dealers(index)),
			Phase::Answers => {
				let mine = view.complaints.iter().filter(|(_, dealer)| *dealer == me);
				for (accuser, _) in mine {
					self.answer(index, *accuser).expect("an honest answer is taken");
				}
				return;
			},
			Phase::Revealing if qualified && !spoken => self.reveal(index),
			Phase::Confirming if !spoken => match self.cheater(index) {
				Some(dealer) => self.accuse(index, dealer),
				None => self.confirm(index),
			},
			Phase::Testing => {
				let request = self.oldest_request();
				let signature = self.sign(signers, request);
				speak(index, DcrmMessage::Signature { request, signature })
			},
			_ => return,
		};
		outcome.expect("what an honest member says is taken");
	}

	/// All these members act honestly, as long as the phase lasts.
	pub fn step(&mut self, members: &[u8]) {
		let stage = |table: &Self| {
			let view = view(table.group);
			(view.attempt, view.state)
		};
		let before = stage(self);
		for index in members {
			if stage(self) != before {
				return;
			}
			self.act(*index, members);
		}
	}

	/// Everybody acts honestly until this phase begins.
	pub fn play_until(&mut self, goal: Phase) {
		let everybody = self.everybody();
		while phase(self.group) != goal {
			self.step(&everybody);
		}
	}

	/// These members act honestly until the group has a key or has failed; phases in which that is not
	/// enough end at their deadline.
	pub fn play_out(&mut self, members: &[u8]) {
		while let GroupState::Generating(before) = view(self.group).state {
			let attempt = self.attempt();
			self.step(members);
			let after = view(self.group);
			if after.state == GroupState::Generating(before) && after.attempt == attempt {
				time_out(self.group);
			}
		}
	}
}

/// Four have revealed, and it makes no key: dealer 4 has seen the others' reveals on their way, has chosen a constant
/// that is the negative sum of theirs, and was in a block before the last of them.
pub fn without_key() -> Table {
	let table = Table::in_phase(4, Phase::Revealing);
	let sum: ProjectivePoint =
		[1, 2, 3].into_iter().map(|dealer| table.dealing(dealer).feldman().constant()).sum();
	let mut points = table.dealing(4).feldman().to_bytes();
	points[0] = (-sum).to_affine().to_encoded_point(true).as_bytes().try_into().unwrap();
	table.reveal(1).unwrap();
	table.reveal(2).unwrap();
	table.say_reveal(4, points).unwrap();
	table.reveal(3).unwrap();
	assert_eq!((table.attempt(), phase(table.group)), (0, Phase::Confirming));
	assert_eq!(view(table.group).key, None);
	table
}

/// The scalar of these 32 bytes.
pub fn scalar(bytes: &[u8]) -> Scalar {
	let bytes: [u8; 32] = bytes.try_into().unwrap();
	Scalar::from_repr(bytes.into()).unwrap()
}

/// The value at 0 of the polynomial through these points.
pub fn interpolate(points: &[(MemberIndex, Scalar)]) -> Scalar {
	let x = |index: MemberIndex| Scalar::from(u64::from(index));
	points
		.iter()
		.map(|(me, value)| {
			let others = points.iter().filter(|(other, _)| other != me);
			let weight = others.fold(Scalar::ONE, |product, (other, _)| {
				product * x(*other) * (x(*other) - x(*me)).invert().unwrap()
			});
			*value * weight
		})
		.sum()
}

/// A list with at most one entry a member.
pub fn bounded<E>(entries: Vec<E>) -> PerMember<E> {
	entries.try_into().unwrap_or_else(|_| panic!("more entries than members"))
}
