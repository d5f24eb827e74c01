//! What validators of the relay chain are offered in the place of sound blocks.

use std::sync::Mutex;

use fusion_hhcm::round::SlotView;
use fusion_hhcm_primitives::digest::{Claim, Seal};
use fusion_runtime::opaque::{Block, Header};
use sp_keystore::Keystore;
use sp_runtime::traits::{Block as _, Header as _};

use crate::{
	conduct::{Conduct, Source},
	forge::{Fault, ForgeError, Forger},
};

/// How a block is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoiling {
	/// Its header has a fault.
	Fault(Fault),
	/// Its header is sound, but claims other packages than those it is made of.
	Swap,
	/// Its last extrinsic is missing: its header is sound.
	Shorten,
}

/// In turn.
const SPOILINGS: [Spoiling; 8] = [
	Spoiling::Fault(Fault::Unsolved),
	Spoiling::Swap,
	Spoiling::Fault(Fault::AnothersPlace),
	Spoiling::Shorten,
	Spoiling::Fault(Fault::BeyondLimit),
	Spoiling::Fault(Fault::AnothersName),
	Spoiling::Fault(Fault::OtherVrf),
	Spoiling::Fault(Fault::TwoSeals),
];

/// Why nothing was spoilt.
#[derive(Debug, thiserror::Error)]
enum SpoilError {
	#[error(transparent)]
	Forge(#[from] ForgeError),
	#[error("the block is not sound: {0}")]
	Digest(#[from] fusion_hhcm_primitives::digest::DigestError),
	#[error("there is no bookkeeping node {0}")]
	NoNode(u16),
}

/// Spoils blocks while the conduct is [`Conduct::Break`].
pub struct Spoiler {
	inner: Mutex<(Source, usize)>,
}

impl Spoiler {
	/// Behaves as `conduct` says.
	pub fn new(conduct: Source) -> Self {
		Self { inner: Mutex::new((conduct, 0)) }
	}

	/// What is offered in the place of a block.
	pub fn tamper(&self, keystore: &dyn Keystore, view: &SlotView, block: &Block) -> Option<Block> {
		let mut inner = self.inner.lock().unwrap_or_else(|error| error.into_inner());
		let (conduct, count) = &mut *inner;
		if conduct.now() != Conduct::Break {
			return None;
		}
		let spoiling = SPOILINGS[*count % SPOILINGS.len()];
		*count = count.wrapping_add(1);
		match spoil(spoiling, keystore, view, block) {
			Ok(spoilt) => {
				log::info!(
					"act: {} in slot {}: {spoiling:?}, block {:?}",
					Conduct::Break,
					view.slot(),
					spoilt.header().hash(),
				);
				Some(spoilt)
			},
			Err(error) => {
				log::warn!("no block was spoilt in slot {}: {error}", view.slot());
				None
			},
		}
	}
}

fn spoil(
	spoiling: Spoiling,
	keystore: &dyn Keystore,
	view: &SlotView,
	block: &Block,
) -> Result<Block, SpoilError> {
	let mut unsealed: Header = block.header().clone();
	let seal = Seal::take(unsealed.digest_mut())?;
	let claim = Claim::find(unsealed.digest())?;
	let index = claim.author;
	let key = view.authority(index).ok_or(SpoilError::NoNode(index))?;
	let forger = Forger { keystore, view, key, index };
	let mut body = block.extrinsics().to_vec();
	let header = match spoiling {
		Spoiling::Fault(fault) => forger.spoilt(fault, &unsealed, claim)?,
		Spoiling::Swap => forger.swapped(&unsealed, &claim)?,
		Spoiling::Shorten => {
			body.pop();
			forger.seal(unsealed, seal.nonce())?
		},
	};
	Ok(Block::new(header, body))
}

#[cfg(test)]
mod tests {
	use fusion_hhcm::{
		claim::{assembly_turns, make_claim},
		signing::our_keys,
		verifier::check_header,
	};
	use fusion_hhcm_primitives::{package, Slot};
	use sp_core::H256;
	use sp_runtime::{Digest, OpaqueExtrinsic};

	use super::*;
	use crate::testing::{keystore, view, SLOT};

	/// A sound block of a node that may assemble.
	fn sound(view: &SlotView, keystore: &dyn Keystore) -> Block {
		let turn = assembly_turns(view, &our_keys(keystore)).into_iter().next().expect("it may");
		let claim = make_claim(keystore, view, &turn, package::root(&[])).expect("it has the key");
		let digest = Digest { logs: vec![claim.to_item()] };
		let unsealed = Header::new(7, H256::zero(), H256::zero(), view.parent().hash, digest);
		let forger = Forger { keystore, view, key: &turn.key, index: turn.index };
		let nonce = forger.mine(&claim).expect("the ticket is no blank");
		let header = forger.seal(unsealed, nonce).expect("it has the key");
		let extrinsic = OpaqueExtrinsic::try_from_encoded_extrinsic(&[8, 1, 2]).expect("two bytes");
		Block::new(header, vec![extrinsic])
	}

	#[test]
	fn block_should_be_offered_as_it_is_when_the_conduct_is_another() {
		let view = view(1, 2);
		let keystore = keystore(&[0]);
		let block = sound(&view, &keystore);
		for conduct in Conduct::ALL {
			let name = |name: &str| (name == "FUSION_CONDUCT").then(|| conduct.name().to_string());
			let source = Source::from_environment(name).expect("it is a conduct");
			let other = Spoiler::new(source).tamper(&keystore, &view, &block);
			assert_eq!(other.is_some(), conduct == Conduct::Break, "{conduct}");
		}
	}

	#[test]
	fn spoilt_block_should_be_another_one_that_has_its_fault() {
		let view = view(5, 2);
		let keystore = keystore(&[0, 1, 2, 3, 4]);
		let block = sound(&view, &keystore);
		let verdict = |header: Header| {
			let parent = view.parent();
			check_header(header, &parent.round, &parent.authorities, Slot::from(SLOT)).map(drop)
		};
		assert_eq!(verdict(block.header().clone()), Ok(()));
		for spoiling in SPOILINGS {
			let spoilt = spoil(spoiling, &keystore, &view, &block).expect("it can be spoilt");
			assert_ne!(spoilt, block, "{spoiling:?}");
			// Of the others, only whoever executes them finds out.
			let shows = matches!(spoiling, Spoiling::Fault(_));
			assert_eq!(verdict(spoilt.header().clone()).is_err(), shows, "{spoiling:?}");
		}
	}
}
