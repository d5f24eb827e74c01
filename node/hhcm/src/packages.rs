//! The packages that were heard of, for the slots that are going on.
//!
//! [`Collection`] is a state machine without I/O. In go slots that are looked at and packages that were
//! received, out comes what to do with each. What it keeps is bounded, whatever it is told: some slots, one
//! package for each node that may make one, and a few whose parent is not known yet.

use std::collections::{BTreeMap, VecDeque};

use fusion_hhcm_primitives::{
	check::{self, PackagesError},
	election::GROUP_WEIGHT,
	equivocation::Proof,
	package::Context,
	AuthorityIndex, GroupId, Package, Packages, Slot,
};
use sp_core::H256;

use crate::round::SlotView;

/// So many slots may clocks differ.
pub const SLOT_DRIFT: u64 = 1;
/// Most slots on top of parents whose packages are kept.
pub const MAX_ROUNDS: usize = 12;
/// Most packages that are kept until their parent is known.
pub const MAX_EARLY: usize = 64;
/// Most pieces of evidence that wait to be taken.
const MAX_EVIDENCE: usize = 64;

/// What to do with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// It is the best of its group so far: keep it, and pass it on.
	Keep,
	/// It is known, or it is sound and not better than what is known.
	Ignore,
	/// Its parent is not known. It is looked at again when it is.
	Early,
	/// Its packager signed another one before. That is evidence; the first one stays.
	Equivocation,
	/// Whoever sent it should have known better.
	Refuse(Fault),
}

/// What is wrong with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// It cannot be decoded.
	Malformed,
	/// It is of another chain.
	OtherChain,
	/// Its slot is over.
	TooOld,
	/// Its slot is far from begun.
	TooNew,
	/// Its packager may not package that group.
	NoRight,
	/// The signature is not its packager's.
	Signature,
	/// Its parent is of that slot, or of a later one.
	Impossible,
	/// Its parent is not known, and its sender has sent enough of these.
	TooManyEarly,
}

impl From<PackagesError> for Fault {
	fn from(error: PackagesError) -> Self {
		match error {
			PackagesError::Signature { .. } => Self::Signature,
			// The others are not of a package by itself.
			PackagesError::Packager { .. } | PackagesError::Root | PackagesError::Groups { .. } => {
				Self::NoRight
			},
		}
	}
}

impl Fault {
	/// In a few words.
	pub fn as_str(self) -> &'static str {
		match self {
			Self::Malformed => "malformed package",
			Self::OtherChain => "package of another chain",
			Self::TooOld => "package of an old slot",
			Self::TooNew => "package of a future slot",
			Self::NoRight => "package of a node that may not make it",
			Self::Signature => "package with a bad signature",
			Self::Impossible => "package of a slot before its parent's end",
			Self::TooManyEarly => "too many packages for unknown blocks",
		}
	}
}

/// Two packages of one node for one group, parent and slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
	/// Where both belong.
	pub context: Context,
	/// The one that was heard of first.
	pub first: Package,
	/// The other.
	pub second: Package,
}

impl Evidence {
	/// As a proof for the chain.
	pub fn into_proof<Header>(self) -> Proof<Header> {
		Proof::Packages { context: self.context, first: self.first, second: self.second }
	}
}

/// What is kept of one packager for one group.
#[derive(Clone, Debug)]
struct Signed {
	package: Package,
	equivocated: bool,
}

/// One slot on top of one parent.
#[derive(Clone, Debug)]
struct Round {
	view: SlotView,
	/// Whether this node works on it itself.
	ours: bool,
	signed: BTreeMap<(GroupId, AuthorityIndex), Signed>,
	/// The best package of each group: its worth, and its packager.
	best: BTreeMap<GroupId, (u64, AuthorityIndex)>,
}

/// All packages that are kept.
#[derive(Clone, Debug)]
pub struct Collection {
	genesis: H256,
	rounds: BTreeMap<(Slot, H256), Round>,
	early: VecDeque<(Context, Package)>,
	evidence: VecDeque<Evidence>,
}

fn key(context: &Context) -> (Slot, H256) {
	(context.slot, context.parent)
}

impl Collection {
	/// For the chain with this first block.
	pub fn new(genesis: H256) -> Self {
		Self { genesis, rounds: BTreeMap::new(), early: VecDeque::new(), evidence: VecDeque::new() }
	}

	/// Whether packages of this slot can be judged.
	pub fn is_open(&self, context: &Context) -> bool {
		context.genesis == self.genesis && self.rounds.contains_key(&key(context))
	}

	/// Whether it is worth while to look up this slot for [`open`](Self::open), which takes time.
	pub fn wants(&mut self, context: &Context, now: Slot) -> bool {
		self.prune(now);
		self.fault(context, now).is_none() && !self.is_open(context)
	}

	/// From now on packages of this slot are judged. Those that came early are at once: what the verdict on
	/// each is, is returned. If there are too many slots already, an older one is forgotten that this node does
	/// not work on itself, or else nothing happens; but for one that this node works on (`ours`), another one is
	/// forgotten in any case.
	pub fn open(&mut self, view: SlotView, ours: bool, now: Slot) -> Vec<(Package, Verdict)> {
		self.prune(now);
		let context = view.context();
		if let Some(round) = self.rounds.get_mut(&key(&context)) {
			round.ours |= ours;
			return vec![];
		}
		if self.rounds.len() >= MAX_ROUNDS && !self.make_room(&view, ours) {
			return vec![];
		}
		let round = Round { view, ours, signed: BTreeMap::new(), best: BTreeMap::new() };
		self.rounds.insert(key(&context), round);

		let (early, others): (VecDeque<_>, VecDeque<_>) =
			std::mem::take(&mut self.early).into_iter().partition(|(of, _)| *of == context);
		self.early = others;
		early
			.into_iter()
			.map(|(_, package)| (package.clone(), self.receive(&context, package, now)))
			.collect()
	}

	/// Forgets a slot for this one. `false` if none is to be forgotten.
	fn make_room(&mut self, view: &SlotView, ours: bool) -> bool {
		// A slot on top of a late block is more likely to get a block than one on top of an early block.
		let age = |view: &SlotView| (view.slot(), view.parent().round.last_slot);
		let others = self.rounds.iter().filter(|(_, round)| !round.ours);
		let oldest = others
			.map(|(key, round)| (age(&round.view), *key))
			.min()
			.filter(|(other, _)| ours || *other < age(view))
			.map(|(_, key)| key);
		let first = self.rounds.keys().next().copied().filter(|_| ours);
		oldest.or(first).is_some_and(|key| self.rounds.remove(&key).is_some())
	}

	/// What is wrong with a slot.
	fn fault(&self, context: &Context, now: Slot) -> Option<Fault> {
		if context.genesis != self.genesis {
			Some(Fault::OtherChain)
		} else if context.slot > now.saturating_add(SLOT_DRIFT) {
			Some(Fault::TooNew)
		} else if context.slot.saturating_add(SLOT_DRIFT) < now {
			Some(Fault::TooOld)
		} else {
			None
		}
	}

	/// Judges a package, and keeps it if it is sound.
	pub fn receive(&mut self, context: &Context, package: Package, now: Slot) -> Verdict {
		if let Some(fault) = self.fault(context, now) {
			return Verdict::Refuse(fault);
		}
		match self.rounds.get_mut(&key(context)) {
			Some(round) => {
				let (verdict, evidence) = round.receive(context, package);
				if let Some(evidence) = evidence {
					if self.evidence.len() < MAX_EVIDENCE {
						self.evidence.push_back(evidence);
					}
				}
				verdict
			},
			None => {
				if !self.early.iter().any(|(of, kept)| of == context && *kept == package) {
					if self.early.len() >= MAX_EARLY {
						self.early.pop_front();
					}
					self.early.push_back((*context, package));
				}
				Verdict::Early
			},
		}
	}

	/// The best package of each group, in the order of the groups' numbers.
	pub fn best(&self, context: &Context) -> Packages {
		let packages = self.rounds.get(&key(context)).map(|round| -> Vec<Package> {
			let best = round.best.iter().filter_map(|(group, (_, packager))| {
				Some(round.signed.get(&(*group, *packager))?.package.clone())
			});
			best.collect()
		});
		// There are no more groups than fit.
		Packages::truncate_from(packages.unwrap_or_default())
	}

	/// What the best package of a group is worth.
	pub fn best_weight(&self, context: &Context, group: GroupId) -> Option<u64> {
		let (weight, _) = self.rounds.get(&key(context))?.best.get(&group)?;
		Some(*weight)
	}

	/// Whether the winner of each group was heard, so that nothing better is to come.
	pub fn is_complete(&self, context: &Context) -> bool {
		self.rounds.get(&key(context)).is_some_and(|round| {
			(0..round.view.election().groups()).all(|group| {
				round.best.get(&group).is_some_and(|(weight, _)| *weight >= GROUP_WEIGHT)
			})
		})
	}

	/// Forgets slots that are over.
	pub fn prune(&mut self, now: Slot) {
		let is_over = |slot: Slot| slot.saturating_add(SLOT_DRIFT) < now;
		self.rounds.retain(|(slot, _), _| !is_over(*slot));
		self.early.retain(|(context, _)| !is_over(context.slot));
	}

	/// The evidence that was found since the last time.
	pub fn take_evidence(&mut self) -> Vec<Evidence> {
		std::mem::take(&mut self.evidence).into()
	}

	/// How many packages are kept, for whatever reason.
	pub fn len(&self) -> usize {
		let signed: usize = self.rounds.values().map(|round| round.signed.len()).sum();
		signed.saturating_add(self.early.len())
	}

	/// Whether none is kept.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}
}

impl Round {
	fn receive(&mut self, context: &Context, package: Package) -> (Verdict, Option<Evidence>) {
		let (group, packager) = (package.group, package.packager);
		let Some(weight) = self.view.election().package_weight(group, packager) else {
			return (Verdict::Refuse(Fault::NoRight), None);
		};
		let known = self.signed.get_mut(&(group, packager));
		if let Some(known) = &known {
			if known.equivocated || known.package.payload(context) == package.payload(context) {
				return (Verdict::Ignore, None);
			}
		}
		let (election, authorities) = (self.view.election(), &self.view.parent().authorities);
		if let Err(error) = check::package(&package, context, election, authorities) {
			return (Verdict::Refuse(error.into()), None);
		}
		if let Some(known) = known {
			known.equivocated = true;
			let first = known.package.clone();
			let evidence = Evidence { context: *context, first, second: package };
			return (Verdict::Equivocation, Some(evidence));
		}
		self.signed.insert((group, packager), Signed { package, equivocated: false });
		match self.best.get(&group) {
			Some((best, _)) if *best >= weight => (Verdict::Ignore, None),
			_ => {
				self.best.insert(group, (weight, packager));
				(Verdict::Keep, None)
			},
		}
	}
}

#[cfg(test)]
mod tests;
