//! A block by the rules, and what becomes of it when one of them is broken.

use std::ops::Range;

use fusion_runtime::{Header, UncheckedExtrinsic};
use sp_runtime::{traits::Block as _, DigestItem};

use crate::{
	chain::{pretend, Chain},
	draft::{Built, Draft},
	genesis::{Genesis, FIRST_SLOT, SENDERS},
	wasm::Refusal,
};

/// What a mandatory call that fails makes of its block.
pub const BAD_MANDATORY: &str = "A call was labelled as mandatory, but resulted in an Error";

/// How many inherents a block begins with: data of the relay chain, the timestamp, the packages.
pub const INHERENTS: usize = 3;

/// A chain, and a block on top of it that everybody accepts.
pub struct Scene {
	/// The chain.
	pub chain: Chain,
	/// What the author of the block chose.
	pub draft: Draft,
	/// The block, executed.
	pub built: Built,
}

/// Fails if this is not said.
#[track_caller]
pub fn assert_says(refusal: &Refusal, reason: &str, who: &str, what: &str) {
	assert!(
		refusal.says(reason),
		"{who} refuse a block for another reason than that {what} ({reason:?}): {refusal}"
	);
}

impl Scene {
	/// The second block of the usual chain.
	pub fn usual() -> Self {
		let mut chain = Chain::new(&Genesis::usual());
		chain.advance(FIRST_SLOT, 0..SENDERS);
		let scene = Self::of(chain, FIRST_SLOT + 1, 0..SENDERS);
		let election = &scene.draft.election;
		assert!((0..=election.groups()).all(|group| election.ranking(group).len() > 3));
		assert!(scene.draft.counts().iter().all(|count| *count > 2));
		scene
	}

	/// A block with a transaction of each of these senders. Fails if anybody refuses it.
	#[track_caller]
	pub fn of(chain: Chain, slot: u64, senders: Range<u32>) -> Self {
		let draft = chain.draft(slot, senders);
		Self::with(chain, draft)
	}

	/// A block that is changed, but stays within the rules. Fails if anybody refuses it.
	#[track_caller]
	pub fn vary(&self, slot: u64, change: impl FnOnce(&mut Draft)) -> Self {
		let chain = self.chain.clone();
		let mut draft = chain.draft(slot, 0..SENDERS);
		change(&mut draft);
		Self::with(chain, draft)
	}

	#[track_caller]
	fn with(chain: Chain, draft: Draft) -> Self {
		let (built, _) = chain.build(&draft);
		let scene = Self { chain, draft, built };
		scene.assert_accepted();
		scene
	}

	/// Fails if anybody refuses the block.
	#[track_caller]
	fn assert_accepted(&self) {
		let Self { chain, draft, built } = self;
		// Headers that are not made by the runtime are made as it does.
		assert_eq!(pretend(draft, &built.extrinsics, built, &draft.relay), built.header);
		if let Err(refusal) = chain.execute(&built.unsealed()) {
			panic!("importers refuse a block by the rules: {refusal}");
		}
		draft.submit(built, draft.seal(&built.header)).assert_accepted();
	}

	/// The block that is made of a changed draft, whether or not its author's node would make it.
	pub fn broken(&self, change: impl FnOnce(&mut Draft)) -> (Draft, Built) {
		let mut draft = self.draft.clone();
		change(&mut draft);
		let built = self.chain.force(&draft, &self.built, &self.draft.relay);
		(draft, built)
	}

	/// Fails if a changed block is accepted by validators or by importers, or is refused for another reason.
	/// It is sealed by its author, with enough work.
	#[track_caller]
	pub fn assert_refused(&self, what: &str, change: impl FnOnce(&mut Draft), reason: &str) {
		self.assert_refused_for(what, change, reason, reason);
	}

	/// The same for packages. Validators of the relay chain are not told of the reason: in `validate_block`
	/// the runtime has no logger. Importers, who execute the same block with the same wasm, are.
	#[track_caller]
	pub fn assert_packages_refused(
		&self,
		what: &str,
		change: impl FnOnce(&mut Draft),
		reason: &str,
	) {
		let reason = format!("the packages are refused: {reason}");
		self.assert_refused_for(what, change, BAD_MANDATORY, &reason);
	}

	/// The same, with what validators say, and what importers say.
	#[track_caller]
	pub fn assert_refused_for(
		&self,
		what: &str,
		change: impl FnOnce(&mut Draft),
		to_validators: &str,
		to_importers: &str,
	) {
		let (draft, built) = self.broken(change);
		let sealed = draft.seal(&built.header);
		let refusal = draft.submit(&built, sealed).refusal(what);
		assert_says(&refusal, to_validators, "validators", what);
		match self.chain.execute(&built.unsealed()) {
			Ok(()) => panic!("importers accept a block although {what}"),
			Err(refusal) => assert_says(&refusal, to_importers, "importers", what),
		}
	}

	/// Fails if the block is accepted by validators with the changed header, which had its seal, or refused for
	/// another reason.
	#[track_caller]
	pub fn assert_header_refused(
		&self,
		what: &str,
		change: impl FnOnce(&Draft, &mut Header),
		reason: &str,
	) {
		let mut header = self.draft.seal(&self.built.header);
		change(&self.draft, &mut header);
		let refusal = self.draft.submit(&self.built, header).refusal(what);
		assert_says(&refusal, reason, "validators", what);
	}

	/// The same with a changed digest.
	#[track_caller]
	pub fn assert_digest_refused(
		&self,
		what: &str,
		change: impl FnOnce(&mut Vec<DigestItem>),
		reason: &str,
	) {
		self.assert_header_refused(what, |_, header| change(&mut header.digest.logs), reason);
	}

	/// Fails if validators accept the block with other extrinsics than those that its header names.
	#[track_caller]
	pub fn assert_body_refused(
		&self,
		what: &str,
		change: impl FnOnce(&mut Vec<UncheckedExtrinsic>),
		reason: &str,
	) {
		let header = self.draft.seal(&self.built.header);
		let mut submission = self.draft.submit(&self.built, header);
		let (header, mut extrinsics) = submission.block.deconstruct();
		change(&mut extrinsics);
		submission.block = fusion_runtime::Block::new(header, extrinsics);
		assert_says(&submission.refusal(what), reason, "validators", what);
	}
}
