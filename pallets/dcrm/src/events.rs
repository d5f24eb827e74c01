//! What the pallet reports, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Events and errors, a part of the pallet's module.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A node has bonded.
		NodeRegistered { node: AccountId32 },
		/// A node has left and has its bond back.
		NodeDeregistered { node: AccountId32 },
		/// A node has said where it is reached.
		PeerAnnounced { node: AccountId32, sequence: u64 },
		/// A group was created; its key generation has begun.
		GroupCreated { group: GroupId, members: u32, threshold: u16 },
		/// A phase of a ceremony has begun; it ends in block `deadline` at the latest.
		PhaseStarted { group: GroupId, attempt: Attempt, phase: Phase, deadline: u32 },
		/// A dealing does not count (any more).
		DealerDisqualified { group: GroupId, attempt: Attempt, dealer: MemberIndex },
		/// A member has proven that a dealer's Feldman commitments do not fit its dealing.
		AccusationProven {
			group: GroupId,
			attempt: Attempt,
			accuser: MemberIndex,
			dealer: MemberIndex,
		},
		/// A member has accused a dealer without proof.
		AccusationRefused {
			group: GroupId,
			attempt: Attempt,
			accuser: MemberIndex,
			dealer: MemberIndex,
		},
		/// An attempt has failed; the dealers in `blamed` are the reason.
		AttemptFailed { group: GroupId, attempt: Attempt, reason: Failure, blamed: MemberSet },
		/// A group has a key that works.
		GroupActivated { group: GroupId, key: PublicKey },
		/// A group could not make a key in all its attempts.
		GroupFailed { group: GroupId },
		/// A handover has begun, to so many members, of whom it will take `threshold` to sign.
		HandoverStarted { group: GroupId, members: u32, threshold: u16 },
		/// A key was handed over: the members of this epoch use it from now on.
		HandedOver { group: GroupId, epoch: Epoch, members: u32, threshold: u16 },
		/// A handover was given up: the members are the same as before.
		HandoverFailed { group: GroupId },
		/// A member, or who is to become one, has done something wrong for everybody to see: it will be fined. It has
		/// the index `by`, as a dealer or, if it has accused falsely, as a receiver.
		Convicted {
			group: GroupId,
			attempt: Attempt,
			by: MemberIndex,
			node: AccountId32,
			offence: Offence,
		},
		/// A node has lost a part of its bond.
		NodeFined { node: AccountId32, offence: Offence, amount: BalanceOf<T> },
		/// A node was paid what it had earned in an epoch of a group.
		Paid { group: GroupId, epoch: Epoch, node: AccountId32, amount: BalanceOf<T> },
		/// Everything stands still from now on, or goes on.
		PausedSet { paused: bool },
		/// A node has bonded more.
		Bonded { node: AccountId32, amount: BalanceOf<T> },
		/// A node takes back something of its bond. It can be withdrawn from block `available` on.
		Unbonding { node: AccountId32, amount: BalanceOf<T>, available: u32 },
		/// A node has withdrawn what it took back.
		Withdrawn { node: AccountId32, amount: BalanceOf<T> },
		/// A member says of another one that it is silent; so many do.
		SilenceVoted { group: GroupId, member: MemberIndex, by: MemberIndex, votes: u16 },
		/// As many members as it takes say that this one is silent: its replacement is drawn in one of the next blocks.
		VotedOut { group: GroupId, member: MemberIndex },
		/// A node was voted out of a group: it is left out of draws until it says, by bonding more or nothing, that it
		/// is there again.
		Benched { node: AccountId32 },
		/// A member was voted out: the key is being handed over to the others and to its replacement.
		Ejecting { group: GroupId, member: AccountId32, replacement: AccountId32 },
		/// A member was voted out, but the key could not be handed over. Its place stays, and so does it.
		EjectionFailed { group: GroupId, member: MemberIndex, error: DispatchError },
		/// The members of a group are asked to show that they have their shares.
		ChallengeOpened { group: GroupId, number: u32 },
		/// A member has answered a challenge with something that is no proof.
		HoldingRefused { group: GroupId, number: u32, by: MemberIndex },
		/// A challenge is over: these members have shown that they have their shares.
		ChallengeClosed { group: GroupId, number: u32, passed: MemberSet },
		/// The parameters were set.
		ParametersSet { parameters: ParametersOf<T> },
		/// New work is given to this group from now on.
		ActiveGroupSet { group: GroupId },
		/// An account was given a key of this group.
		KeyGiven { account: AccountId32, key: AccountKeyId, group: GroupId },
		/// An account has asked for a signature with a key of its own; it pays `price` when it is there. The request
		/// itself is reported by `SignatureRequested`.
		AccountSignatureAsked {
			account: AccountId32,
			key: AccountKeyId,
			request: RequestId,
			price: BalanceOf<T>,
		},
		/// A request of an account was forgotten, and its deposit is back.
		RequestForgotten { request: RequestId },
		/// A group was asked for a signature.
		SignatureRequested { request: RequestId, group: GroupId, purpose: Purpose },
		/// A signature is not needed any more: nobody makes it.
		SignatureWithdrawn { request: RequestId, group: GroupId },
		/// A signature has arrived and is valid.
		SignatureDelivered { request: RequestId, group: GroupId, by: MemberIndex },
		/// A member has sent a wrong signature.
		SignatureRefused { request: RequestId, group: GroupId, by: MemberIndex },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a registered node already.
		AlreadyRegistered,
		/// The account is no registered node.
		NotRegistered,
		/// As many nodes are registered as may be.
		TooManyNodes,
		/// The node is in a group that has not failed.
		InGroup,
		/// The node is to be fined in one of the next blocks; it can leave then.
		FinePending,
		/// The node's bond is less than what a node has to bond: it was fined, or the bond has risen. Bond more.
		BondTooLow,
		/// The node has earned nothing in this epoch of the group that was not paid already.
		NothingEarned,
		/// Everything stands still, by a decision of governance or the committee. Try again when it is over.
		Paused,
		/// Nothing was unbonded, or not long enough ago.
		NothingUnbonded,
		/// There are not enough nodes with a sufficient bond to draw from.
		TooFewCandidates,
		/// The parameters contradict each other, or are out of range.
		InvalidParameters,
		/// A group has 4 to 32 members.
		WrongGroupSize,
		/// A member of the group is no registered node.
		MemberNotRegistered,
		/// A member stands twice in the group.
		DuplicateMember,
		/// As many ceremonies are under way as may be; wait until one is over.
		TooManyCeremonies,
		/// There is no group with this number.
		UnknownGroup,
		/// The group has no key in use.
		GroupNotActive,
		/// The group's key is being handed over already.
		HandoverUnderWay,
		/// The group's key is not being handed over.
		NoHandover,
		/// The commitments to the group's key are missing or damaged: it cannot be handed over.
		NoCommitments,
		/// The group owes as many signatures as it may, or the account has asked for as many as it may: have those
		/// forgotten that were read.
		TooManyRequests,
		/// This purpose is used by the pallet alone.
		ReservedPurpose,
		/// No account has a key with this number.
		UnknownKey,
		/// The key is another account's.
		NotYourKey,
		/// A signature costs more than the caller says to pay at most.
		PriceTooHigh,
		/// The transaction is none that Bitcoin's nodes would take: it pays nobody, or more than the coin holds, or
		/// dust, or to a script that has no address.
		UnsoundTransaction,
		/// There is no such request of an account, or it was forgotten.
		UnknownRequest,
		/// The request can be forgotten by who made it once it is signed, and by anybody once it has expired.
		NotExpired,
		/// There are no numbers left.
		NumbersExhausted,
		/// The speaker is no registered node, or no member of the group.
		Stranger,
		/// The message is malformed.
		Malformed,
		/// The phase or attempt that the message is for has not begun.
		TooEarly,
		/// The phase, attempt or request that the message is for is over.
		TooLate,
		/// The member has said it already, or is not asked it.
		NotAsked,
		/// The message is not signed by the member for this chain.
		BadSignature,
	}
}
