//! A member of key groups that breaks their rules: what it says is changed before it is signed.
//!
//! ```text
//! FUSION_DCRM_CONDUCT=wrong-shares,silent-signing   what it does, see [`Misdeed`]; nothing if it is not set
//! FUSION_DCRM_CONDUCT_FILE=path                     a file with the same words, read anew for each message
//! ```
//!
//! Each misdeed is a line in the log that begins with `act: `, then the word for it, and what it was done to.

use std::{collections::BTreeSet, path::PathBuf, sync::Mutex};

use fusion_dcrm::{
	conduct::Conduct,
	effect::Outgoing,
	wire::{Body, Commitments, Package, SecretPair},
};
use fusion_dcrm_primitives::{DcrmMessage, MemberId, PerMember};
use sp_runtime::BoundedVec;

/// What a member does that it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misdeed {
	/// Sends wrong shares of its dealings, and answers complaints with them.
	WrongShares,
	/// The same, but to one member only: the first that it sends a share to.
	WrongShare,
	/// Reveals a polynomial other than the one that it dealt.
	WrongReveal,
	/// Sends wrong shares of signatures.
	WrongSignatures,
	/// Sends nonce commitments that are none.
	WrongCommitments,
	/// Commits to the same nonces again and again; as a leader tells the others of other commitments than those it signs
	/// with.
	Equivocate,
	/// Publishes no dealing, and sends no shares of it.
	SilentDealing,
	/// Gives no verdict.
	SilentVerdicts,
	/// Answers no complaint.
	SilentAnswers,
	/// Reveals nothing.
	SilentRevealing,
	/// Neither accepts nor accuses.
	SilentAccusing,
	/// Confirms no key.
	SilentConfirming,
	/// Takes no part in signatures.
	SilentSigning,
}

impl Misdeed {
	/// All of them.
	pub const ALL: [Self; 13] = [
		Self::WrongShares,
		Self::WrongShare,
		Self::WrongReveal,
		Self::WrongSignatures,
		Self::WrongCommitments,
		Self::Equivocate,
		Self::SilentDealing,
		Self::SilentVerdicts,
		Self::SilentAnswers,
		Self::SilentRevealing,
		Self::SilentAccusing,
		Self::SilentConfirming,
		Self::SilentSigning,
	];

	/// The word for it.
	pub fn name(self) -> &'static str {
		match self {
			Self::WrongShares => "wrong-shares",
			Self::WrongShare => "wrong-share",
			Self::WrongReveal => "wrong-reveal",
			Self::WrongSignatures => "wrong-signatures",
			Self::WrongCommitments => "wrong-commitments",
			Self::Equivocate => "equivocate",
			Self::SilentDealing => "silent-dealing",
			Self::SilentVerdicts => "silent-verdicts",
			Self::SilentAnswers => "silent-answers",
			Self::SilentRevealing => "silent-revealing",
			Self::SilentAccusing => "silent-accusing",
			Self::SilentConfirming => "silent-confirming",
			Self::SilentSigning => "silent-signing",
		}
	}
}

/// Several at once.
type Misdeeds = BTreeSet<Misdeed>;

/// There is no such misdeed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is nothing that a member does: say `honest`, or some of {names}, with commas between them", names = Misdeed::ALL.map(Misdeed::name).join(", "))]
pub struct UnknownMisdeed(String);

/// Reads words, with commas between them. `honest` is none.
fn read(words: &str) -> Result<Misdeeds, UnknownMisdeed> {
	let words = words.split(',').map(str::trim).filter(|word| !matches!(*word, "" | "honest"));
	words
		.map(|word| {
			let known = Misdeed::ALL.into_iter().find(|misdeed| misdeed.name() == word);
			known.ok_or_else(|| UnknownMisdeed(word.into()))
		})
		.collect()
}

/// Breaks rules as it is told.
pub struct Liar {
	file: Option<PathBuf>,
	state: Mutex<State>,
}

#[derive(Default)]
struct State {
	does: Misdeeds,
	/// What it has committed to before.
	before: Option<Commitments>,
	/// Who gets wrong shares if only one does.
	victim: Option<MemberId>,
}

impl Liar {
	/// Reads the environment.
	pub fn from_environment(
		variable: impl Fn(&str) -> Option<String>,
	) -> Result<Self, UnknownMisdeed> {
		let does = read(&variable("FUSION_DCRM_CONDUCT").unwrap_or_default())?;
		let file = variable("FUSION_DCRM_CONDUCT_FILE").map(PathBuf::from);
		Ok(Self { file, state: Mutex::new(State { does, ..State::default() }) })
	}

	/// Whether it does this now. If the file cannot be read, or says nothing that is known, as before. Says so in the
	/// log if it does.
	fn does(&self, misdeed: Misdeed, to: &str) -> bool {
		let said = self.file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
		let said = said.filter(|words| !words.trim().is_empty());
		let said = said.and_then(|words| read(&words).ok());
		let Ok(mut state) = self.state.lock() else { return false };
		if let Some(does) = said {
			state.does = does;
		}
		let does = state.does.contains(&misdeed);
		if does {
			log::info!("act: {} to {to}", misdeed.name());
		}
		does
	}

	/// Whether a share of a dealing that goes to this member is to be wrong.
	fn deals_wrong(&self, to: &MemberId) -> bool {
		let name = to.to_string();
		if self.does(Misdeed::WrongShares, &name) {
			return true;
		}
		let is_victim = self
			.state
			.lock()
			.is_ok_and(|mut state| state.victim.get_or_insert_with(|| to.clone()) == to);
		is_victim && self.does(Misdeed::WrongShare, &name)
	}

	/// What it has committed to before, from the second time on.
	fn repeated(&self, commitments: Commitments) -> Commitments {
		let Ok(mut state) = self.state.lock() else { return commitments };
		state.before.get_or_insert(commitments).clone()
	}
}

/// A share that is a number and wrong.
fn spoil_share(mut pair: [u8; 64]) -> [u8; 64] {
	if let Some(lowest) = pair.get_mut(31) {
		*lowest ^= 1;
	}
	pair
}

/// The commitments of one signer in the place of another's.
fn spoil_package(package: Package) -> Package {
	let mut list = package.into_inner();
	if let [(_, first), .., (_, last)] = list.as_mut_slice() {
		std::mem::swap(first, last);
	}
	BoundedVec::truncate_from(list)
}

impl Conduct for Liar {
	fn say(&self, message: DcrmMessage) -> Option<DcrmMessage> {
		let silence = match &message {
			DcrmMessage::Announce { .. }
			| DcrmMessage::Hold { .. }
			| DcrmMessage::Silent { .. } => return Some(message),
			DcrmMessage::Deal { .. } => Misdeed::SilentDealing,
			DcrmMessage::Verdict { .. } => Misdeed::SilentVerdicts,
			DcrmMessage::Answer { .. } => Misdeed::SilentAnswers,
			DcrmMessage::Reveal { .. } => Misdeed::SilentRevealing,
			DcrmMessage::Accuse { .. } | DcrmMessage::Accept { .. } => Misdeed::SilentAccusing,
			DcrmMessage::Confirm { .. } => Misdeed::SilentConfirming,
			DcrmMessage::Signature { .. } => Misdeed::SilentSigning,
		};
		if self.does(silence, "the chain") {
			return None;
		}
		Some(match message {
			DcrmMessage::Answer { group, attempt, accuser, share }
				if self.does(Misdeed::WrongShares, "the chain")
					|| self.does(Misdeed::WrongShare, "the chain") =>
			{
				DcrmMessage::Answer { group, attempt, accuser, share: spoil_share(share) }
			},
			DcrmMessage::Reveal { group, attempt, commitments }
				if self.does(Misdeed::WrongReveal, "the chain") =>
			{
				// The chain knows the first one in a handover.
				let mut points = commitments.into_inner();
				if let [_, others @ ..] = points.as_mut_slice() {
					others.reverse();
				}
				let commitments = PerMember::truncate_from(points);
				DcrmMessage::Reveal { group, attempt, commitments }
			},
			other => other,
		})
	}

	fn ask(&self, mut message: Outgoing) -> Option<Outgoing> {
		let to = message.to.to_string();
		match &message.body {
			Body::Share(_) if self.does(Misdeed::SilentDealing, &to) => return None,
			Body::SignCommit
			| Body::SignPackage { .. }
			| Body::SignAtOnce { .. }
			| Body::Signed { .. }
			| Body::Precommit { .. }
				if self.does(Misdeed::SilentSigning, &to) =>
			{
				return None;
			},
			_ => {},
		}
		message.body = match message.body {
			Body::Share(pair) if self.deals_wrong(&message.to) => {
				Body::Share(SecretPair::new(spoil_share(*pair.bytes())))
			},
			Body::SignPackage { commitments } if self.does(Misdeed::Equivocate, &to) => {
				Body::SignPackage { commitments: spoil_package(commitments) }
			},
			Body::SignAtOnce { commitments } if self.does(Misdeed::Equivocate, &to) => {
				Body::SignAtOnce { commitments: spoil_package(commitments) }
			},
			other => other,
		};
		Some(message)
	}

	fn answer(&self, asker: &MemberId, reply: Body) -> Option<Body> {
		let to = asker.to_string();
		match &reply {
			Body::Share(_) if self.does(Misdeed::SilentDealing, &to) => return None,
			Body::SignCommitted { .. }
			| Body::SignShare { .. }
			| Body::Precommitted { .. }
			| Body::Stale { .. }
				if self.does(Misdeed::SilentSigning, &to) =>
			{
				return None;
			},
			_ => {},
		}
		Some(match reply {
			Body::Share(pair) if self.deals_wrong(asker) => {
				Body::Share(SecretPair::new(spoil_share(*pair.bytes())))
			},
			Body::SignShare { share } if self.does(Misdeed::WrongSignatures, &to) => {
				let mut bytes = share.into_inner();
				if let Some(lowest) = bytes.last_mut() {
					*lowest ^= 1;
				}
				Body::SignShare { share: BoundedVec::truncate_from(bytes) }
			},
			Body::SignCommitted { .. } if self.does(Misdeed::WrongCommitments, &to) => {
				Body::SignCommitted { commitments: garbage() }
			},
			Body::SignCommitted { commitments } if self.does(Misdeed::Equivocate, &to) => {
				Body::SignCommitted { commitments: self.repeated(commitments) }
			},
			Body::Precommitted { run, .. } if self.does(Misdeed::WrongCommitments, &to) => {
				Body::Precommitted { run, commitments: BoundedVec::truncate_from(vec![garbage()]) }
			},
			Body::Precommitted { run, commitments } if self.does(Misdeed::Equivocate, &to) => {
				let list = commitments.into_iter().map(|each| self.repeated(each)).collect();
				Body::Precommitted { run, commitments: BoundedVec::truncate_from(list) }
			},
			other => other,
		})
	}
}

/// As long as commitments are, and no points.
fn garbage() -> Commitments {
	Commitments::truncate_from(vec![2; 66])
}

#[cfg(test)]
mod tests {
	use fusion_dcrm::wire::Session;
	use sp_core::sr25519;

	use super::*;

	fn liar(words: &str) -> Liar {
		let words = words.to_string();
		Liar::from_environment(|name| (name == "FUSION_DCRM_CONDUCT").then(|| words.clone()))
			.unwrap()
	}

	fn member() -> MemberId {
		sr25519::Public::from_raw([1; 32]).into()
	}

	fn asked(body: Body) -> Outgoing {
		let session = Session::Signing { request: 1, shares: 0, attempt: 0 };
		Outgoing { group: 0, session, to: member(), body }
	}

	/// Every word that a member says in a ceremony, and about a signature.
	fn words() -> Vec<(Misdeed, DcrmMessage)> {
		let (group, attempt) = (0, 0);
		let commitments = PerMember::truncate_from(vec![[1; 33], [2; 33], [3; 33]]);
		let against = PerMember::truncate_from(vec![]);
		vec![
			(
				Misdeed::SilentDealing,
				DcrmMessage::Deal { group, attempt, commitments: commitments.clone() },
			),
			(Misdeed::SilentVerdicts, DcrmMessage::Verdict { group, attempt, against }),
			(
				Misdeed::SilentAnswers,
				DcrmMessage::Answer { group, attempt, accuser: 1, share: [0; 64] },
			),
			(Misdeed::SilentRevealing, DcrmMessage::Reveal { group, attempt, commitments }),
			(Misdeed::SilentAccusing, DcrmMessage::Accept { group, attempt }),
			(Misdeed::SilentConfirming, DcrmMessage::Confirm { group, attempt, key: [2; 33] }),
			(Misdeed::SilentSigning, DcrmMessage::Signature { request: 1, signature: [0; 64] }),
		]
	}

	#[test]
	fn misdeeds_should_be_read_when_there_are_several() {
		for misdeed in Misdeed::ALL {
			assert_eq!(read(misdeed.name()), Ok([misdeed].into()));
		}
		let both = [Misdeed::Equivocate, Misdeed::SilentDealing].into();
		assert_eq!(read(" equivocate, silent-dealing\n"), Ok(both));
		assert_eq!(read("honest"), Ok(Misdeeds::new()));
		assert_eq!(read(""), Ok(Misdeeds::new()));
		let unknown = read("equivocate,kind").unwrap_err();
		assert_eq!(unknown, UnknownMisdeed("kind".into()));
		assert!(unknown.to_string().contains("wrong-shares"));
	}

	#[test]
	fn nothing_should_be_changed_when_the_member_is_honest() {
		let honest = liar("honest");
		for (_, word) in words() {
			assert_eq!(honest.say(word.clone()), Some(word));
		}
		let share = asked(Body::Share(SecretPair::new([3; 64])));
		assert_eq!(honest.ask(share.clone()), Some(share));
		assert_eq!(honest.answer(&member(), Body::SignCommit), Some(Body::SignCommit));
	}

	#[test]
	fn member_should_be_silent_in_one_phase_when_it_is_told_to() {
		for (misdeed, _) in words() {
			let liar = liar(misdeed.name());
			for (other, word) in words() {
				let said = liar.say(word.clone());
				assert_eq!(said, (other != misdeed).then_some(word), "{}", misdeed.name());
			}
		}
		let silent = liar("silent-signing");
		assert_eq!(silent.ask(asked(Body::SignCommit)), None);
		assert_eq!(silent.answer(&member(), Body::Stale { run: [0; 16] }), None);
	}

	#[test]
	fn what_is_said_should_be_wrong_when_the_member_is_told_to_lie() {
		let pair = || Body::Share(SecretPair::new([3; 64]));
		let dealt = liar("wrong-shares").ask(asked(pair())).unwrap();
		assert_ne!(dealt.body, pair());
		// To one, and to nobody else.
		let one = liar("wrong-share");
		let other = MemberId::from(sr25519::Public::from_raw([2; 32]));
		assert_ne!(one.ask(asked(pair())).unwrap().body, pair());
		assert_eq!(one.answer(&other, pair()), Some(pair()));
		assert_ne!(one.answer(&member(), pair()), Some(pair()));
		let share = Body::SignShare { share: BoundedVec::truncate_from(vec![8; 32]) };
		let signed = liar("wrong-signatures").answer(&member(), share.clone()).unwrap();
		assert_ne!(signed, share);
		let (_, reveal) = words().remove(3);
		let revealed = liar("wrong-reveal").say(reveal.clone()).unwrap();
		assert_ne!(revealed, reveal);
	}

	#[test]
	fn commitments_should_be_repeated_when_the_member_equivocates() {
		let liar = liar("equivocate");
		let committed =
			|byte| Body::SignCommitted { commitments: Commitments::truncate_from(vec![byte; 66]) };
		assert_eq!(liar.answer(&member(), committed(1)), Some(committed(1)));
		assert_eq!(liar.answer(&member(), committed(2)), Some(committed(1)));
	}

	#[test]
	fn conduct_should_change_when_the_file_does() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("conduct");
		let file = path.to_str().unwrap().to_string();
		let liar = Liar::from_environment(|name| {
			(name == "FUSION_DCRM_CONDUCT_FILE").then(|| file.clone())
		})
		.unwrap();
		let word = || DcrmMessage::Accept { group: 0, attempt: 0 };
		assert_eq!(liar.say(word()), Some(word()));
		std::fs::write(&path, "silent-accusing\n").unwrap();
		assert_eq!(liar.say(word()), None);
		// Half written.
		std::fs::write(&path, "").unwrap();
		assert_eq!(liar.say(word()), None);
		std::fs::write(&path, "honest").unwrap();
		assert_eq!(liar.say(word()), Some(word()));
	}
}
