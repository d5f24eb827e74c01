//! What a ceremony looks like, be it a key generation or a handover.

use fusion_dcrm_primitives::{
	Attempt, GroupId, GroupState, GroupView, MemberId, MemberIndex, Phase, PublicKey,
};

/// A ceremony as finalized state shows it. Dealers have their index in [`Self::dealers`], receivers in
/// [`Self::receivers`]; in a key generation they are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scene {
	pub group: GroupId,
	pub attempt: Attempt,
	/// `None` when it is over.
	pub phase: Option<Phase>,
	pub dealers: Vec<MemberId>,
	pub receivers: Vec<MemberId>,
	/// How many receivers it will take to sign.
	pub threshold: u16,
	pub deadline: u32,
	pub key: Option<PublicKey>,
	pub pedersen: Vec<(MemberIndex, Vec<PublicKey>)>,
	pub feldman: Vec<(MemberIndex, Vec<PublicKey>)>,
	pub qualified: Vec<MemberIndex>,
	/// (receiver, dealer)
	pub complaints: Vec<(MemberIndex, MemberIndex)>,
	/// (receiver, dealer, share)
	pub answers: Vec<(MemberIndex, MemberIndex, [u8; 64])>,
	pub spoken: Vec<MemberIndex>,
}

impl Scene {
	/// The key generation of a group.
	pub fn generation(view: &GroupView) -> Self {
		let phase = match view.state {
			GroupState::Generating(phase) => Some(phase),
			GroupState::Active | GroupState::Failed => None,
		};
		Self {
			group: view.id,
			attempt: view.attempt,
			phase,
			dealers: view.members.clone(),
			receivers: view.members.clone(),
			threshold: view.threshold,
			deadline: view.deadline,
			key: view.key,
			pedersen: view.pedersen.clone(),
			feldman: view.feldman.clone(),
			qualified: view.qualified.clone(),
			complaints: view.complaints.clone(),
			answers: view.answers.clone(),
			spoken: view.spoken.clone(),
		}
	}

	/// The handover of a group's key, if one is under way.
	pub fn handover(view: &GroupView) -> Option<Self> {
		let handover = view.handover.as_ref()?;
		Some(Self {
			group: view.id,
			attempt: handover.attempt,
			phase: Some(handover.phase),
			dealers: view.members.clone(),
			receivers: handover.members.clone(),
			threshold: handover.threshold,
			deadline: handover.deadline,
			key: view.key,
			pedersen: handover.pedersen.clone(),
			feldman: handover.feldman.clone(),
			qualified: handover.qualified.clone(),
			complaints: handover.complaints.clone(),
			answers: handover.answers.clone(),
			spoken: handover.spoken.clone(),
		})
	}
}
