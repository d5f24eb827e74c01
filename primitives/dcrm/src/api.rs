//! The runtime API that DCRM nodes read.

use alloc::vec::Vec;

use crate::{
	account_key::{AccountKeyId, AccountKeyView, AccountRequestView},
	DcrmMessage, GroupId, GroupView, KeyPath, MemberId, MemberSigned, PeerIdBytes, RequestId,
	SigningRequest, SizeAdvice,
};

sp_api::decl_runtime_apis! {
	/// What DCRM nodes read from the chain, and how they speak to it.
	pub trait DcrmApi {
		/// All groups of which the member is one.
		fn groups_of(member: MemberId) -> Vec<GroupId>;
		/// A group, with its ceremony if one is under way.
		fn group(id: GroupId) -> Option<GroupView>;
		/// The group that new work is given to.
		fn active_group() -> Option<GroupId>;
		/// Where a member is reached, and the number of that announcement.
		fn peer(member: MemberId) -> Option<(PeerIdBytes, u64)>;
		/// Signatures that the group owes, oldest first, at most `limit` of them.
		fn open_requests(group: GroupId, limit: u32) -> Vec<(RequestId, SigningRequest)>;
		/// δ of a key of the group, once it has a key (also while the key is tested).
		fn tweak(group: GroupId, path: KeyPath) -> Option<[u8; 32]>;
		/// How large a group should be, by what was measured (see [`size`](crate::size)).
		fn size_advice() -> SizeAdvice;
		/// The groups of all times: so many were created.
		fn group_count() -> GroupId;
		/// Whether everything stands still.
		fn is_paused() -> bool;
		/// How much a group may hold, in the smallest unit of the native token.
		fn capacity(group: GroupId) -> u128;
		/// A key of an account.
		fn account_key(key: AccountKeyId) -> Option<AccountKeyView>;
		/// A signature that an account has asked for, until it is forgotten.
		fn account_request(request: RequestId) -> Option<AccountRequestView>;
		/// Wraps a member's message into a transaction for the pool.
		fn message_transaction(message: MemberSigned<DcrmMessage>) -> Vec<u8>;
	}
}
