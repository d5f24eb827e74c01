//! What other pallets may ask of the key groups.

use alloc::vec::Vec;
use sp_runtime::DispatchError;

use crate::{GroupId, KeyPath, MemberId, PublicKey, Purpose, RequestId, SchnorrSignature};

/// The key groups, as other pallets see them.
pub trait KeyGroups {
	/// The group that new work is given to, if one is active.
	fn active() -> Option<GroupId>;
	/// The master public key of a group, if it is active.
	fn key(group: GroupId) -> Option<PublicKey>;
	/// δ of a key of the group (see [`derive_tweak`](crate::derive_tweak)), if it is active.
	fn tweak(group: GroupId, path: &KeyPath) -> Option<[u8; 32]>;
	/// How many members it takes to sign, and to witness. `None` if there is no such group.
	fn threshold(group: GroupId) -> Option<u16>;
	/// Whether `member` is a member of the group, now: a handover of its key changes that.
	fn is_member(group: GroupId, member: &MemberId) -> bool;
	/// The members of the group, now.
	fn members(group: GroupId) -> Vec<MemberId>;
	/// How much the group may hold, in the smallest unit of the native token: a part of what those of its members
	/// have bonded for it who could take all of it, and have bonded least. 0 if there is no such group.
	///
	/// It is one sum for all that the group holds. Whoever asks has to add up what all of them have given it.
	fn capacity(group: GroupId) -> u128;
	/// Whether the group is active, and may be asked for signatures now: not while everything stands still.
	fn accepts_work(group: GroupId) -> bool;
	/// Ask the group for a signature of the key at `path`, with BIP-341's tweak for a key without
	/// scripts, over `message`. It is handed to [`OnSignature`] when it is there.
	fn request_signature(
		group: GroupId,
		path: KeyPath,
		message: [u8; 32],
		purpose: Purpose,
	) -> Result<RequestId, DispatchError>;
	/// A signature that [`request_signature`](Self::request_signature) has asked for is not needed any more: the group
	/// does not owe it, and it is not handed to [`OnSignature`]. Nothing happens if it is there, or was withdrawn.
	fn withdraw_request(request: RequestId);
}

/// Is told of signatures that were asked for.
pub trait OnSignature {
	/// The signature that was asked for with `purpose` has arrived and was verified. Must not fail:
	/// a purpose that is not (or no longer) known is ignored.
	fn on_signature(purpose: Purpose, request: RequestId, signature: SchnorrSignature);
}

impl OnSignature for () {
	fn on_signature(_: Purpose, _: RequestId, _: SchnorrSignature) {}
}
