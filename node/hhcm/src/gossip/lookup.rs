//! How the slot of a package is looked up.

use std::{marker::PhantomData, sync::Arc};

use fusion_hhcm_primitives::{api::HhcmApi, package::Context, Slot};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;

use crate::{
	round::{Parent, SlotView},
	timing::Clock,
};

/// So many blocks below the best one a package's parent may be.
const MAX_DEPTH: u32 = 4;

/// What is known of the slot of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
	/// Its parent is known, and it might still get a block.
	Slot(Box<SlotView>),
	/// Its parent is not known. It may come yet.
	Unknown,
	/// Its parent is known, and nobody builds on it any more, or its state is not there.
	Over,
	/// Its parent is known, and is of that slot or a later one: no honest node makes a package for it.
	Impossible,
}

/// What the exchange of packages needs of the node.
pub trait Lookup: Send + Sync {
	/// The slot that the clock shows.
	fn now(&self) -> Slot;

	/// Looks up the slot of a package. This may take some milliseconds.
	fn find(&self, context: &Context) -> Found;
}

/// Asks the node's client.
pub struct ClientLookup<Block, Client> {
	client: Arc<Client>,
	clock: Clock,
	_block: PhantomData<fn() -> Block>,
}

impl<Block, Client> ClientLookup<Block, Client> {
	/// Asks this client.
	pub fn new(client: Arc<Client>, clock: Clock) -> Self {
		Self { client, clock, _block: PhantomData }
	}
}

impl<Block, Client> Lookup for ClientLookup<Block, Client>
where
	Block: BlockT<Hash = H256>,
	Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync,
	Client::Api: HhcmApi<Block>,
{
	fn now(&self) -> Slot {
		self.clock.now()
	}

	fn find(&self, context: &Context) -> Found {
		let Ok(Some(number)) = self.client.number(context.parent) else { return Found::Unknown };
		let best = self.client.info().best_number;
		if best > number && best - number > MAX_DEPTH.into() {
			return Found::Over;
		}
		match Parent::read::<Block, Client>(&self.client, context.parent) {
			Ok(parent) if parent.round.last_slot < context.slot => {
				Found::Slot(Box::new(parent.at(context.slot)))
			},
			Ok(_) => Found::Impossible,
			Err(error) => {
				log::debug!(
					target: crate::LOG_TARGET,
					"the election on top of {} is not known: {error}",
					context.parent,
				);
				Found::Over
			},
		}
	}
}
