//! What is done in each phase.

use std::collections::BTreeSet;

use fusion_dcrm_primitives::{DcrmMessage, MemberIndex, PerMember, Phase};
use fusion_vss::{Dealing, FeldmanCommitments, Secp256k1, SharePair};
use log::Level;
use rand::rngs::OsRng;

use super::{
	is_due, member_at, others, points_of, share_of, text, Aim, Ceremony, Dealer, Outcome, Word,
	COMPLAIN_BLOCKS,
};
use crate::{
	effect::{millis, Millis},
	wire::{Body, SecretPair},
};

impl Ceremony {
	/// Notice when the chain has a dealing of ours that we do not have.
	pub(super) fn compare_dealing(&mut self) {
		let Some(index) = self.dealer_index else { return };
		let Some(on_chain) = points_of(&self.view.pedersen, index) else { return };
		let lost = match &self.dealer {
			Dealer::Lost => false,
			Dealer::Waiting => true,
			Dealer::Dealt(_, ours) => ours.as_slice() != on_chain,
		};
		if lost {
			self.dealer = Dealer::Lost;
			self.shares.remove(&index);
			self.log(
				Level::Warn,
				"restarted after dealing, the dealing is lost: silent as a dealer".into(),
			);
		}
	}

	pub(super) fn deal(&mut self, now: Millis) {
		let Some(index) = self.dealer_index else { return };
		if matches!(self.dealer, Dealer::Waiting) {
			let dealing = match self.make_dealing() {
				Some(Ok(dealing)) => dealing,
				Some(Err(reason)) => {
					self.dealer = Dealer::Lost;
					self.log(Level::Error, format!("cannot deal: {reason}"));
					return;
				},
				None => return,
			};
			let commitments = dealing.pedersen().to_bytes();
			let own = self.receiver_index.map(|receiver| share_of(&dealing, receiver));
			match own {
				Some(Ok(own)) => drop(self.shares.insert(index, own)),
				Some(Err(reason)) => {
					self.dealer = Dealer::Lost;
					self.log(Level::Error, format!("cannot deal: {reason}"));
					return;
				},
				None => (),
			}
			self.dealer = Dealer::Dealt(Box::new(dealing), commitments);
			let own = u16::from(self.receiver_index.is_some());
			let others = self.params.members().saturating_sub(own);
			self.log(Level::Info, format!("dealt, sending shares to {others} members"));
		}
		if points_of(&self.view.pedersen, index).is_some() {
			return;
		}
		let Dealer::Dealt(_, commitments) = &self.dealer else { return };
		let message = DcrmMessage::Deal {
			group: self.view.group,
			attempt: self.view.attempt,
			commitments: PerMember::truncate_from(commitments.clone()),
		};
		self.say(Word::Deal, message, now);
	}

	/// A dealing: of a random secret, or of our share of the key. `None` if that was not read yet.
	fn make_dealing(&mut self) -> Option<Result<Dealing<Secp256k1>, String>> {
		match &mut self.aim {
			Aim::Generate => Some(Ok(Dealing::random(self.params, &mut OsRng))),
			Aim::HandOver { resharing, share } => {
				// Taken out: it is wiped when this returns.
				let share = share.take()?;
				Some(resharing.deal(&share, &mut OsRng).map_err(text))
			},
		}
	}

	/// Send the others their shares, until they have them.
	pub(super) fn hand_out(&mut self, now: Millis) {
		let Dealer::Dealt(dealing, _) = &self.dealer else { return };
		let mut messages = Vec::new();
		for (to, member) in others(&self.view.receivers, self.receiver_index.unwrap_or(0)) {
			if self.handed_out.contains(&to) || !is_due(&self.send_at, to, now) {
				continue;
			}
			if let Ok(pair) = share_of(dealing, to) {
				messages.push((to, member.clone(), Body::Share(pair)));
			}
		}
		for (to, member, body) in messages {
			self.send_at.insert(to, now.saturating_add(millis(self.timing.share)));
			self.send(member, body);
		}
	}

	/// Check what could not be checked before, and take what was published for us.
	pub(super) fn check_shares(&mut self) {
		for dealer in self.unchecked.keys().copied().collect::<Vec<_>>() {
			if points_of(&self.view.pedersen, dealer).is_some() {
				if let Some(pair) = self.unchecked.remove(&dealer) {
					self.receive(dealer, pair);
				}
			}
		}
		let published: Vec<_> = self
			.view
			.answers
			.iter()
			.filter(|(accuser, dealer, _)| {
				Some(*accuser) == self.receiver_index && !self.shares.contains_key(dealer)
			})
			.map(|(_, dealer, share)| (*dealer, SecretPair::new(*share)))
			.collect();
		for (dealer, pair) in published {
			self.receive(dealer, pair);
		}
	}

	/// Dealers whose share we should have, and do not.
	pub(super) fn missing(&self) -> Vec<MemberIndex> {
		let settled = matches!(
			self.view.phase,
			Some(Phase::Revealing | Phase::Accusing | Phase::Confirming | Phase::Testing)
		);
		// In a key generation nobody complains about itself. In a handover it is the way to have a dealing left
		// out that is lost.
		let own = self.dealer_index.filter(|_| matches!(self.aim, Aim::Generate));
		let mut dealers: Vec<_> = if settled {
			self.view.qualified.clone()
		} else {
			self.view.pedersen.iter().map(|(dealer, _)| *dealer).collect()
		};
		dealers.sort_unstable();
		dealers.dedup();
		dealers.retain(|dealer| Some(*dealer) != own && !self.shares.contains_key(dealer));
		dealers
	}

	/// Ask for missing shares. A dealer gets some time to send its share unasked.
	pub(super) fn ask_for_shares(&mut self, now: Millis) {
		let done =
			matches!(self.outcome, Outcome::Stored(_) | Outcome::Storing(_) | Outcome::Broken);
		if done || self.receiver_index.is_none() {
			return;
		}
		let wait = now.saturating_add(millis(self.timing.share));
		for dealer in self.missing() {
			let first = !self.ask_at.contains_key(&dealer);
			if !first && !is_due(&self.ask_at, dealer, now) {
				continue;
			}
			self.ask_at.insert(dealer, wait);
			if first || Some(dealer) == self.dealer_index {
				continue;
			}
			if let Some(member) = member_at(&self.view.dealers, dealer) {
				let member = member.clone();
				self.send(member, Body::ShareRequest);
			}
		}
	}

	pub(super) fn give_verdict(&mut self, now: Millis) {
		let Some(index) = self.receiver_index else { return };
		if self.view.spoken.contains(&index) {
			return;
		}
		let missing = self.missing();
		let since = self.phase_since.map_or(now, |(_, since)| since);
		let patient = now.saturating_sub(since) < millis(self.timing.patience)
			&& self.view.deadline.saturating_sub(self.block) > COMPLAIN_BLOCKS;
		if !missing.is_empty() && patient {
			return;
		}
		let message = DcrmMessage::Verdict {
			group: self.view.group,
			attempt: self.view.attempt,
			against: PerMember::truncate_from(missing.clone()),
		};
		if self.say(Word::Verdict, message, now) {
			if missing.is_empty() {
				self.log(Level::Info, "verdict: all shares are right".into());
			} else {
				self.log(
					Level::Warn,
					format!("verdict: shares of dealers {missing:?} are missing or wrong"),
				);
			}
		}
	}

	/// Answer complaints about us, but never so many that the polynomial would be known.
	pub(super) fn answer(&mut self, now: Millis) {
		let Some(index) = self.dealer_index else { return };
		let accusers: BTreeSet<MemberIndex> = self
			.view
			.complaints
			.iter()
			.filter(|(_, dealer)| *dealer == index)
			.map(|(accuser, _)| *accuser)
			.filter(|accuser| {
				Some(*accuser) != self.receiver_index
					&& !self.view.answers.iter().any(|(a, d, _)| a == accuser && *d == index)
			})
			.collect();
		let most = usize::from(self.params.members().saturating_sub(self.params.threshold()));
		for accuser in accusers {
			if !self.answered.contains(&accuser) && self.answered.len() >= most {
				if !std::mem::replace(&mut self.warned, true) {
					self.log(
						Level::Warn,
						format!(
							"member {accuser}'s complaint is not answered: more than {most} \
							answers would publish the dealing"
						),
					);
				}
				return;
			}
			let Dealer::Dealt(dealing, _) = &self.dealer else { return };
			let Ok(pair) = share_of(dealing, accuser) else { continue };
			self.answered.insert(accuser);
			let message = DcrmMessage::Answer {
				group: self.view.group,
				attempt: self.view.attempt,
				accuser,
				share: *pair.bytes(),
			};
			if self.say(Word::Answer(accuser), message, now) {
				self.log(Level::Warn, format!("answering member {accuser}'s complaint"));
			}
		}
	}

	pub(super) fn reveal(&mut self, now: Millis) {
		let Some(index) = self.dealer_index else { return };
		if !self.view.qualified.contains(&index) || points_of(&self.view.feldman, index).is_some() {
			return;
		}
		let Dealer::Dealt(dealing, _) = &self.dealer else { return };
		let message = DcrmMessage::Reveal {
			group: self.view.group,
			attempt: self.view.attempt,
			commitments: PerMember::truncate_from(dealing.feldman().to_bytes()),
		};
		if self.say(Word::Reveal, message, now) {
			self.log(Level::Info, "revealing Feldman commitments".into());
		}
	}

	/// Accuse whoever revealed something else than it dealt, and accept once nobody is left who did.
	pub(super) fn accept(&mut self, now: Millis) {
		let Some(index) = self.receiver_index else { return };
		if self.view.spoken.contains(&index) {
			return;
		}
		let (group, attempt) = (self.view.group, self.view.attempt);
		let mut sound = true;
		for dealer in self.view.qualified.clone() {
			let fits = self.vet(index, dealer);
			// Without our share of its dealing there is no evidence of it, but maybe of others.
			sound &= fits == Some(true);
			let pair = self.shares.get(&dealer).filter(|_| fits == Some(false));
			let Some(share) = pair.map(|pair| *pair.bytes()) else { continue };
			let message = DcrmMessage::Accuse { group, attempt, dealer, share };
			if self.say(Word::Accuse(dealer), message, now) {
				let text = format!("accusing dealer {dealer}: its Feldman commitments do not fit");
				self.log(Level::Warn, text);
			}
		}
		if sound && self.say(Word::Accept, DcrmMessage::Accept { group, attempt }, now) {
			self.log(Level::Info, "accepting what was revealed".into());
		}
	}

	/// Whether what a dealer revealed fits our share of its dealing. `None` if one of the two is missing.
	fn vet(&mut self, index: MemberIndex, dealer: MemberIndex) -> Option<bool> {
		if let Some(known) = self.vetted.get(&dealer) {
			return Some(*known);
		}
		let points = points_of(&self.view.feldman, dealer)?;
		let pair = SharePair::<Secp256k1>::from_bytes(self.shares.get(&dealer)?.bytes()).ok()?;
		let revealed = FeldmanCommitments::<Secp256k1>::from_bytes(self.params, points).ok()?;
		let fits = revealed.verify(index, &pair).is_ok();
		self.vetted.insert(dealer, fits);
		Some(fits)
	}

	/// Check the key, store our share of it, and then confirm it.
	pub(super) fn conclude(&mut self, phase: Phase, now: Millis) {
		let Some(index) = self.receiver_index else { return };
		if let Outcome::Pending(retry_at) = self.outcome {
			if now >= retry_at && self.missing().is_empty() {
				self.compute();
			}
		}
		if phase != Phase::Confirming || self.view.spoken.contains(&index) {
			return;
		}
		let (group, attempt) = (self.view.group, self.view.attempt);
		match self.outcome {
			Outcome::Stored(key) if self.view.key == Some(key) => {
				let message = DcrmMessage::Confirm { group, attempt, key };
				if self.say(Word::Confirm, message, now) {
					self.log(Level::Info, format!("confirming key {}", hex::encode(key)));
				}
			},
			Outcome::Accused(dealer) => {
				let Some(pair) = self.shares.get(&dealer) else { return };
				let share = *pair.bytes();
				let message = DcrmMessage::Accuse { group, attempt, dealer, share };
				if self.say(Word::Accuse(dealer), message, now) {
					self.log(
						Level::Warn,
						format!("accusing dealer {dealer}: its Feldman commitments do not fit"),
					);
				}
			},
			_ => {},
		}
	}
}
