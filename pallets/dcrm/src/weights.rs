//! Weights.
//!
//! The numbers are *estimates until they are benchmarked*: an upper bound of what each call does,
//! counted in database accesses and in operations on curves, with the operations priced several times
//! above what they take natively, for they run in the wasm runtime. `benchmarking.rs` measures the
//! same calls; its output is to replace [`SubstrateWeight`].

use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::{Get, Weight},
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight},
};
use fusion_dcrm_primitives::{account_key::MAX_PAYLOAD, MAX_MEMBERS};

use crate::{threshold_of, MAX_CEREMONIES};

/// What the calls and hooks of the pallet weigh.
pub trait WeightInfo {
	/// [`Call::register_node`](crate::Call::register_node).
	fn register_node() -> Weight;
	/// [`Call::deregister_node`](crate::Call::deregister_node).
	fn deregister_node() -> Weight;
	/// [`Call::create_group`](crate::Call::create_group) with `n` members.
	fn create_group(n: u32) -> Weight;
	/// [`Call::set_active_group`](crate::Call::set_active_group).
	fn set_active_group() -> Weight;
	/// The check of a message of `b` bytes before it enters the pool.
	fn authorize_speak(b: u32) -> Weight;
	/// An `Announce`.
	fn speak_announce() -> Weight;
	/// A `Deal` with `c` commitments.
	fn speak_deal(c: u32) -> Weight;
	/// A `Verdict`, about as many dealers as there may be.
	fn speak_verdict() -> Weight;
	/// An `Answer` in a group with threshold `t`.
	fn speak_answer(t: u32) -> Weight;
	/// A `Reveal` with `c` commitments, the last one, so that the key is computed.
	fn speak_reveal(c: u32) -> Weight;
	/// A `Confirm`, the last one, so that the test is begun.
	fn speak_confirm() -> Weight;
	/// An `Accuse` in a group with threshold `t`.
	fn speak_accuse(t: u32) -> Weight;
	/// A valid `Signature`, without what happens to it.
	fn speak_signature() -> Weight;
	/// A `Hold` in a group with threshold `t`.
	fn speak_hold(t: u32) -> Weight;
	/// What a check of a dealing's constant adds in a handover, where `t` members sign now.
	fn check_constant(t: u32) -> Weight;
	/// [`Call::reshare`](crate::Call::reshare) to `n` members, of the largest group that was handed over before.
	fn reshare(n: u32) -> Weight;
	/// [`Call::cancel_handover`](crate::Call::cancel_handover) of the largest handover.
	fn cancel_handover() -> Weight;
	/// What the end of an attempt, good or bad, adds in a group of `n` members.
	fn end_attempt(n: u32) -> Weight;
	/// [`Call::set_parameters`](crate::Call::set_parameters).
	fn set_parameters() -> Weight;
	/// [`Call::claim_pay`](crate::Call::claim_pay).
	fn claim_pay() -> Weight;
	/// The start of a block in which `f` fines are taken.
	fn take_fines(f: u32) -> Weight;
	/// A `Silent` in the largest group.
	fn speak_silent() -> Weight;
	/// The start of a block in which nobody is ejected.
	fn eject_nothing() -> Weight;
	/// What the ejection of a member adds, in a group of `n` members.
	fn eject(n: u32) -> Weight;
	/// [`Call::bond_extra`](crate::Call::bond_extra).
	fn bond_extra() -> Weight;
	/// [`Call::unbond`](crate::Call::unbond).
	fn unbond() -> Weight;
	/// [`Call::withdraw_unbonded`](crate::Call::withdraw_unbonded).
	fn withdraw_unbonded() -> Weight;
	/// [`Call::draw_group`](crate::Call::draw_group) of `n` members.
	fn draw_group(n: u32) -> Weight;
	/// [`Call::set_paused`](crate::Call::set_paused), with as many ceremonies under way as there may be.
	fn set_paused() -> Weight;
	/// The look at a group at the start of a block, and the opening of a challenge.
	fn watch() -> Weight;
	/// What the end of a challenge of the largest group adds.
	fn close_challenge() -> Weight;
	/// The end of a block in which no dealing is added up.
	fn settle_nothing() -> Weight;
	/// The end of a block in which a dealing of `t` points is added, the last one of the largest handover.
	fn settle_dealing(t: u32) -> Weight;
	/// The start of a block in which `d` deadlines are due.
	fn on_initialize(d: u32) -> Weight;
	/// [`Call::request_key`](crate::Call::request_key).
	fn request_key() -> Weight;
	/// [`Call::request_signature`](crate::Call::request_signature) over a message of `b` bytes.
	fn request_signature(b: u32) -> Weight;
	/// The same, over a transaction of `p` payments.
	fn request_spend(p: u32) -> Weight;
	/// [`Call::forget_request`](crate::Call::forget_request).
	fn forget_request() -> Weight;
	/// What a signature for an account adds to its delivery.
	fn keep_signature() -> Weight;
	/// A key of an account is shown.
	fn account_key() -> Weight;
	/// A request of an account is shown.
	fn account_request() -> Weight;
}

/// The estimates, with the runtime's database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Dispatch, decoding, events and small change.
const BASE: u64 = 60;
/// Microseconds to decode a point (a square root) and to evaluate with it (about ten additions). About
/// 25 natively.
const POINT: u64 = 200;
/// Microseconds to multiply a point by a scalar. About 60 to 100 natively.
const MULTIPLICATION: u64 = 600;
/// Microseconds to check an sr25519 signature, which the host does natively.
const SR25519: u64 = 100;

/// Bytes of proof for the path to one item in a large map: some trie nodes of up to 16 hashes each.
const PATH: u64 = 2_600;
/// Bytes of proof for an item that is written without being read: a neighbour of items that are read,
/// whose path shares most of its nodes with theirs.
const NEIGHBOUR: u64 = 900;
/// Bytes of the largest group: 32 members of 32 bytes, and the rest.
const GROUP: u64 = 1_200;
/// Bytes of the largest ceremony: 32 sets of complaints of 4 bytes, and the rest.
const CEREMONY: u64 = 200;
/// Bytes of the list of fines at its longest: 128 of 33 bytes, and their number.
const FINES: u64 = 4_300;
/// Bytes of the largest list of points of one dealer, or of its answers (32 times 66).
const PER_DEALER: u64 = 2_200;
/// Bytes of the stakes of a thousand nodes.
const STAKES: u64 = 48_100;
/// Microseconds to decode, change and encode them. About 20 natively.
const STAKE: u64 = 100;
/// Microseconds to draw one of them. About 5 natively.
const DRAW: u64 = 40;
/// Bytes of what the members of the largest group have earned in one epoch.
const EARNINGS: u64 = 1_600;
/// Bytes of what is kept of how the members of the largest group have behaved.
const CONDUCT: u64 = 600;
/// Bytes of the votes of the largest group.
const VOTES: u64 = 400;
/// Bytes of the list of those who wait to be replaced, at its longest: 16 of 14 bytes.
const EJECTIONS: u64 = 300;
/// Bytes of the largest request of an account: a message of 1,024 bytes, and the rest.
const SUBJECT: u64 = 1_200;

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn db() -> RuntimeDbWeight {
		T::DbWeight::get()
	}

	/// `micros` of computation, and items that are read (of `bytes` in total) or only written.
	fn of(micros: u64, reads: u64, writes: u64, bytes: u64) -> Weight {
		let proof = reads
			.saturating_mul(PATH)
			.saturating_add(writes.saturating_sub(reads).saturating_mul(NEIGHBOUR))
			.saturating_add(bytes);
		Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), proof)
			.saturating_add(Self::db().reads(reads))
			.saturating_add(Self::db().writes(writes))
	}

	/// What every word in a ceremony does: see whether everything stands still; read and write the group, the handover, the ceremony, the queue and, if
	/// somebody is convicted, the list of fines.
	fn word(micros: u64, reads: u64, writes: u64, bytes: u64) -> Weight {
		Self::of(
			BASE.saturating_add(micros),
			reads.saturating_add(6),
			writes.saturating_add(5),
			bytes.saturating_add(2 * GROUP + CEREMONY + PATH + FINES),
		)
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Whether everything stands still, the active group, the next number, the key, the account, its holds.
	fn request_key() -> Weight {
		Self::of(BASE, 5, 4, 1_000)
	}

	/// Whether everything stands still, the key, the group, the parameters, the account, its holds, how many requests it
	/// has; those of the group and its list, the next number, the genesis hash; both sides of the request. The output
	/// key takes three multiplications and two square roots. What is signed is hashed twice.
	fn request_signature(b: u32) -> Weight {
		let hashing = u64::from(b) / 10;
		let micros = (BASE + 3 * MULTIPLICATION + 3 * POINT).saturating_add(hashing);
		Self::of(micros, 11, 8, GROUP + SUBJECT + 1_500)
	}

	/// As over the longest message, which is longer than what is hashed of a transaction. Each payment may be to a key,
	/// which has to be a point.
	fn request_spend(p: u32) -> Weight {
		let points = u64::from(p).saturating_mul(POINT);
		Self::request_signature(MAX_PAYLOAD).saturating_add(Self::of(points, 0, 0, 0))
	}

	/// The request, the key, how many there are; if it was not signed, its other side, the group's list and how many
	/// there are of it; the account, its holds.
	fn forget_request() -> Weight {
		Self::of(BASE, 8, 8, SUBJECT + 1_500)
	}

	/// The request, the key, how many there are; the account, its holds, the pot. The members are paid, which the
	/// delivery counts.
	fn keep_signature() -> Weight {
		Self::of(BASE, 7, 6, SUBJECT + 1_500)
	}

	/// The key, the group, the genesis hash; the output key, as above.
	fn account_key() -> Weight {
		Self::of(BASE + 3 * MULTIPLICATION + 3 * POINT, 3, 0, GROUP + 200)
	}

	/// The request, the key.
	fn account_request() -> Weight {
		Self::of(BASE, 2, 0, SUBJECT + 200)
	}

	/// The node, the count of nodes, the account, its holds, the stakes.
	fn register_node() -> Weight {
		Self::of(BASE + STAKE, 5, 5, STAKES + 1_000)
	}

	/// The node, the count of nodes, the stakes, the fines, what is unbonding, the announcement.
	fn deregister_node() -> Weight {
		Self::of(BASE + STAKE, 6, 5, STAKES + FINES + 1_000)
	}

	/// The node, the account, its holds, the stakes.
	fn bond_extra() -> Weight {
		Self::of(BASE + STAKE, 4, 4, STAKES + 1_000)
	}

	/// The node, the stakes, the fines, what is unbonding.
	fn unbond() -> Weight {
		Self::of(BASE + STAKE, 4, 3, STAKES + FINES + 1_000)
	}

	/// What is unbonding, the account, its holds.
	fn withdraw_unbonded() -> Weight {
		Self::of(BASE, 3, 3, 1_000)
	}

	/// As creating the group. The stakes are read and drawn from.
	fn draw_group(n: u32) -> Weight {
		let micros = u64::from(n).saturating_mul(DRAW);
		Self::create_group(n).saturating_add(Self::of(micros, 1, 0, STAKES))
	}

	/// Since when, the queue, each ceremony in it.
	fn set_paused() -> Weight {
		let ceremonies = u64::from(MAX_CEREMONIES);
		let bytes = ceremonies.saturating_mul(CEREMONY);
		Self::of(BASE, ceremonies.saturating_add(2), ceremonies.saturating_add(3), bytes)
	}

	/// The group, the commitments, the handover, the votes; the pause and when it was over; those who wait to be
	/// replaced.
	fn speak_silent() -> Weight {
		Self::of(BASE, 7, 2, GROUP + PER_DEALER + VOTES + EJECTIONS)
	}

	/// The pause; those who wait; the queue.
	fn eject_nothing() -> Weight {
		Self::of(5, 3, 0, EJECTIONS + 200)
	}

	/// A node is drawn, and the key begins to be handed over, of which the commitments are known. The stakes; each
	/// member and who comes, who leaves; the queue, the group, the handover, the ceremony, the commitments, when a
	/// pause was over; those who wait.
	fn eject(n: u32) -> Weight {
		let n = u64::from(n);
		let micros = n.saturating_mul(3).saturating_add(BASE + STAKE + DRAW);
		let reads = n.saturating_add(10);
		Self::of(micros, reads, 10, STAKES + GROUP + PER_DEALER + CEREMONY + EJECTIONS)
	}

	/// Each node, the queue, the next number, the group, the ceremony. Duplicates are found by
	/// comparing each with each.
	fn create_group(n: u32) -> Weight {
		let n = u64::from(n);
		Self::of(
			BASE.saturating_add(n.saturating_mul(3)),
			n.saturating_add(4),
			n.saturating_add(4),
			GROUP + CEREMONY,
		)
	}

	/// The group; the active group.
	fn set_active_group() -> Weight {
		Self::of(BASE, 1, 1, GROUP)
	}

	/// Whether everything stands still, the group, the handover, the ceremony or the request, the genesis hash, and
	/// the next number of a request; or the group, its challenges or its votes, the commitments, the handover, when
	/// a pause was over and the genesis hash; or the node and its announcement. Hashing takes under a hundredth of a microsecond a byte natively.
	fn authorize_speak(b: u32) -> Weight {
		let hashing = u64::from(b) / 10;
		let bytes = 2 * GROUP + CEREMONY + PER_DEALER + VOTES;
		Self::of(BASE.saturating_add(SR25519).saturating_add(hashing), 7, 0, bytes)
	}

	/// The node; the announcement.
	fn speak_announce() -> Weight {
		Self::of(BASE, 2, 1, 400)
	}

	/// Each point is decoded.
	fn speak_deal(c: u32) -> Weight {
		Self::word(u64::from(c).saturating_mul(POINT), 0, 2, PER_DEALER)
	}

	/// At worst every dealer is disqualified, and its answers and Feldman commitments (there are none yet) are
	/// removed.
	fn speak_verdict() -> Weight {
		let dealers = u64::from(MAX_MEMBERS);
		Self::word(dealers.saturating_mul(5), 0, dealers.saturating_mul(2), 0)
	}

	/// The commitments are decoded and evaluated, the pair is committed to: two multiplications. The
	/// answer is stored; at worst the phase ends.
	fn speak_answer(t: u32) -> Weight {
		let points = u64::from(t).saturating_mul(POINT);
		Self::word(points.saturating_add(2 * MULTIPLICATION), 2, 1, 2 * PER_DEALER)
	}

	/// Each point is decoded, and then each dealer's constant.
	fn speak_reveal(c: u32) -> Weight {
		let n = u64::from(MAX_MEMBERS);
		let points = u64::from(c).saturating_add(n).saturating_mul(POINT);
		Self::word(points, n, 1, n.saturating_mul(PER_DEALER))
	}

	/// The test is asked for: the next number, the count, the request, its index.
	fn speak_confirm() -> Weight {
		Self::word(0, 3, 4, 400)
	}

	/// Both lists of commitments are decoded and evaluated; three multiplications.
	fn speak_accuse(t: u32) -> Weight {
		let points = u64::from(t).saturating_mul(2 * POINT);
		Self::word(points.saturating_add(3 * MULTIPLICATION), 2, 0, 2 * PER_DEALER)
	}

	/// δ, the output key (two multiplications and two points) and BIP-340's equation (two). The request,
	/// its index, the count, the work; the group, the handover, the genesis hash. For the pay the parameters, the
	/// pot, what is owed, the earnings and the conduct of the members.
	fn speak_signature() -> Weight {
		let bytes = 2 * GROUP + EARNINGS + CONDUCT + 600;
		Self::of(BASE + 2 * POINT + 4 * MULTIPLICATION, 13, 6, bytes)
	}

	/// The commitments to the key are decoded and evaluated, the proof's point is decoded; two multiplications. The
	/// group, its challenges, the commitments, the genesis hash.
	fn speak_hold(t: u32) -> Weight {
		let points = u64::from(t).saturating_add(1).saturating_mul(POINT);
		let micros = (BASE + 2 * MULTIPLICATION).saturating_add(points);
		Self::of(micros, 5, 1, GROUP + PER_DEALER + 200)
	}

	/// The number of groups, the cursor, the group, its challenges, its commitments, the settlement, the parameters,
	/// the pause and when it was over.
	fn watch() -> Weight {
		Self::of(BASE, 9, 3, GROUP + PER_DEALER + 200)
	}

	/// The conduct of the members, what was measured, the parameters, the pot, what is owed, the earnings.
	fn close_challenge() -> Weight {
		Self::of(BASE, 6, 4, CONDUCT + EARNINGS + 500)
	}

	/// Whether there is one.
	fn settle_nothing() -> Weight {
		Self::of(5, 1, 0, PER_DEALER)
	}

	/// The sum and the dealing are decoded, the dealing is multiplied by its weight, which takes about as many
	/// multiplications of numbers as there are dealers and one inversion. The settlement, the group, the handover, the
	/// commitments, the dealing; in the end all dealings are removed.
	fn settle_dealing(t: u32) -> Weight {
		let micros = u64::from(t)
			.saturating_mul(2 * POINT + MULTIPLICATION)
			.saturating_add(BASE + MULTIPLICATION);
		let dealers = u64::from(MAX_MEMBERS);
		Self::of(micros, 5, dealers.saturating_add(3), GROUP + 4 * PER_DEALER)
	}

	/// Commitments to the key are decoded and evaluated.
	fn check_constant(t: u32) -> Weight {
		Self::of(u64::from(t).saturating_mul(POINT), 1, 0, PER_DEALER)
	}

	/// Every dealing of the last ceremony is read, decoded, multiplied by its weight and removed, and its constant
	/// compared with the commitments before. Each node, as in [`Self::create_group`]; the group, the ceremony, the
	/// handover, the queue, the commitments.
	fn reshare(n: u32) -> Weight {
		let (most, threshold) = (u64::from(MAX_MEMBERS), u64::from(threshold_of(MAX_MEMBERS)));
		let points = most.saturating_mul(threshold);
		let micros = points
			.saturating_mul(2 * POINT + MULTIPLICATION)
			.saturating_add(u64::from(n).saturating_mul(3));
		let items = most.saturating_add(u64::from(n)).saturating_add(6);
		let bytes = most.saturating_mul(PER_DEALER).saturating_add(GROUP + CEREMONY);
		Self::of(BASE.saturating_add(micros), items, items, bytes)
	}

	/// As the end of an attempt, with what is read of the ceremony.
	fn cancel_handover() -> Weight {
		Self::word(0, 1, 1, GROUP).saturating_add(Self::end_attempt(MAX_MEMBERS))
	}

	/// Three items a dealer are removed, the test request with its index and count; each node is told
	/// when the group fails; or the active group is set. What is kept of the members, and their votes, is noted or
	/// removed.
	fn end_attempt(n: u32) -> Weight {
		let n = u64::from(n);
		Self::of(
			n.saturating_mul(10),
			n.saturating_add(6),
			n.saturating_mul(4).saturating_add(10),
			CONDUCT + VOTES,
		)
	}

	/// The parameters.
	fn set_parameters() -> Weight {
		Self::of(BASE, 0, 1, 0)
	}

	/// The earnings, what is owed, both accounts.
	fn claim_pay() -> Weight {
		Self::of(BASE, 4, 4, EARNINGS + 500)
	}

	/// The list of fines, the parameters, the stakes; for each fine the node, its account, its holds and the account
	/// that the fine goes to.
	fn take_fines(f: u32) -> Weight {
		if f == 0 {
			return Self::of(5, 1, 0, 0);
		}
		let f = u64::from(f);
		let items = f.saturating_mul(4);
		let micros = f.saturating_mul(BASE + STAKE);
		Self::of(micros, items.saturating_add(3), items.saturating_add(2), FINES + STAKES)
	}

	/// The pause, the queue; for each deadline a word's worth, the beginning of a test, and the end of an attempt.
	fn on_initialize(d: u32) -> Weight {
		Self::speak_confirm()
			.saturating_add(Self::end_attempt(MAX_MEMBERS))
			.saturating_mul(d.into())
			.saturating_add(Self::of(5, 2, 0, 200))
	}
}
