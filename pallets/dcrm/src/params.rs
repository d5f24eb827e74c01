//! What governance sets.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_dcrm_primitives::size::BILLION;
use scale_info::TypeInfo;
use sp_runtime::Perbill;

use crate::CHALLENGE_WINDOW;

/// The largest part of what is bonded for a group that it may hold: prices move.
pub const MAX_RESERVES: Perbill = Perbill::from_percent(90);

/// What governance can change, by [`Call::set_parameters`](crate::Call::set_parameters).
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Parameters<Balance> {
	/// What a dealer loses of its bond for a [fraud](crate::Offence::is_fraud) that was proven.
	pub fraud: Perbill,
	/// What it loses for falling silent after it has committed itself. Much less: an honest node that
	/// crashes at a bad moment loses it too.
	pub silence: Perbill,
	/// What the members of a group earn together for a batch that they sign, with the signature of its first input, if
	/// the pot has as much.
	pub signature: Balance,
	/// Which part of that is for the member that delivers the signature. The rest is for all members alike. Anybody
	/// who sees a signature on its way can deliver it first: more than 0 pays for that, not for making it.
	pub premium: Perbill,
	/// What an account pays for a signature with a key of its own. The members earn it as they earn
	/// [`Self::signature`].
	pub account_signature: Balance,
	/// Every how many blocks the members of a group have to show that they have their shares. 0: never.
	pub challenge_interval: u32,
	/// What a member earns each time that it does, if the pot has as much.
	pub holding: Balance,
	/// How much a group may hold, as a part of what as many of its members as it takes to sign have bonded for it:
	/// those who have bonded least. At most [`MAX_RESERVES`].
	pub reserves: Perbill,
	/// With which probability a group may be unable to sign, in parts of a billion: groups should be so large.
	pub outage: u32,
}

impl<Balance> Parameters<Balance> {
	/// Whether the parameters can be used: silence costs no more than fraud, a challenge is over before the next one,
	/// a probability is not above 1, and a group does not hold as much as who could take it has bonded.
	pub fn is_valid(&self) -> bool {
		let in_time = self.challenge_interval == 0 || self.challenge_interval > CHALLENGE_WINDOW;
		let covered = self.reserves <= MAX_RESERVES;
		self.silence <= self.fraud && in_time && self.outage <= BILLION && covered
	}
}
