//! What is done in each phase.

use std::collections::BTreeSet;

use fusion_dcrm_primitives::{DcrmMessage, GroupState, MemberIndex, PerMember, Phase};
use fusion_vss::{Dealing, Secp256k1};
use log::Level;

use super::{
	is_due, member_at, others, points_of, share_of, Dealer, KeyGeneration, Outcome, Word,
	COMPLAIN_BLOCKS,
};
use crate::{
	effect::{millis, Millis},
	wire::{Body, SecretPair},
};

impl KeyGeneration {
	/// Notice when the chain has a dealing of ours that we do not have.
	pub(super) fn compare_dealing(&mut self) {
		let Some(on_chain) = points_of(&self.view.pedersen, self.index) else { return };
		let lost = match &self.dealer {
			Dealer::Lost => false,
			Dealer::Waiting => true,
			Dealer::Dealt(_, ours) => ours.as_slice() != on_chain,
		};
		if lost {
			self.dealer = Dealer::Lost;
			self.shares.remove(&self.index);
			self.log(
				Level::Warn,
				"restarted after dealing, the dealing is lost: silent as a dealer".into(),
			);
		}
	}

	pub(super) fn deal(&mut self, now: Millis) {
		if matches!(self.dealer, Dealer::Waiting) {
			let dealing = Dealing::<Secp256k1>::random(self.params, &mut rand::rngs::OsRng);
			let commitments = dealing.pedersen().to_bytes();
			match share_of(&dealing, self.index) {
				Ok(own) => self.shares.insert(self.index, own),
				Err(reason) => {
					self.log(Level::Error, format!("cannot deal: {reason}"));
					return;
				},
			};
			self.dealer = Dealer::Dealt(Box::new(dealing), commitments);
			let others = self.params.members().saturating_sub(1);
			self.log(Level::Info, format!("dealt, sending shares to {others} members"));
		}
		if points_of(&self.view.pedersen, self.index).is_some() {
			return;
		}
		let Dealer::Dealt(_, commitments) = &self.dealer else { return };
		let message = DcrmMessage::Deal {
			group: self.view.id,
			attempt: self.view.attempt,
			commitments: PerMember::truncate_from(commitments.clone()),
		};
		self.say(Word::Deal, message, now);
	}

	/// Send the others their shares, until they have them.
	pub(super) fn hand_out(&mut self, now: Millis) {
		let Dealer::Dealt(dealing, _) = &self.dealer else { return };
		let mut messages = Vec::new();
		for (to, member) in others(&self.view.members, self.index) {
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
				*accuser == self.index && !self.shares.contains_key(dealer)
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
			self.view.state,
			GroupState::Generating(Phase::Revealing | Phase::Confirming | Phase::Testing)
		);
		let mut dealers: Vec<_> = if settled {
			self.view.qualified.clone()
		} else {
			self.view.pedersen.iter().map(|(dealer, _)| *dealer).collect()
		};
		dealers.sort_unstable();
		dealers.dedup();
		dealers.retain(|dealer| *dealer != self.index && !self.shares.contains_key(dealer));
		dealers
	}

	/// Ask for missing shares. A dealer gets some time to send its share unasked.
	pub(super) fn ask_for_shares(&mut self, now: Millis) {
		if matches!(self.outcome, Outcome::Stored(_) | Outcome::Storing(_) | Outcome::Broken) {
			return;
		}
		let wait = now.saturating_add(millis(self.timing.share));
		for dealer in self.missing() {
			let first = !self.ask_at.contains_key(&dealer);
			if !first && !is_due(&self.ask_at, dealer, now) {
				continue;
			}
			self.ask_at.insert(dealer, wait);
			if first {
				continue;
			}
			if let Some(member) = member_at(&self.view.members, dealer) {
				let member = member.clone();
				self.send(member, Body::ShareRequest);
			}
		}
	}

	pub(super) fn give_verdict(&mut self, now: Millis) {
		if self.view.spoken.contains(&self.index) {
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
			group: self.view.id,
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
		let accusers: BTreeSet<MemberIndex> = self
			.view
			.complaints
			.iter()
			.filter(|(_, dealer)| *dealer == self.index)
			.map(|(accuser, _)| *accuser)
			.filter(|accuser| {
				*accuser != self.index
					&& !self.view.answers.iter().any(|(a, d, _)| a == accuser && *d == self.index)
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
				group: self.view.id,
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
		if !self.view.qualified.contains(&self.index)
			|| points_of(&self.view.feldman, self.index).is_some()
		{
			return;
		}
		let Dealer::Dealt(dealing, _) = &self.dealer else { return };
		let message = DcrmMessage::Reveal {
			group: self.view.id,
			attempt: self.view.attempt,
			commitments: PerMember::truncate_from(dealing.feldman().to_bytes()),
		};
		if self.say(Word::Reveal, message, now) {
			self.log(Level::Info, "revealing Feldman commitments".into());
		}
	}

	/// Check the key, store our share of it, and then confirm it.
	pub(super) fn conclude(&mut self, phase: Phase, now: Millis) {
		if let Outcome::Pending(retry_at) = self.outcome {
			if now >= retry_at && self.missing().is_empty() {
				self.compute();
			}
		}
		if phase != Phase::Confirming || self.view.spoken.contains(&self.index) {
			return;
		}
		let (group, attempt) = (self.view.id, self.view.attempt);
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
				if self.say(Word::Accuse, message, now) {
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
