//! The seal, checked where the relay chain validates a block.

use codec::Encode;
use core::marker::PhantomData;
use frame_support::traits::ExecuteBlock;
use fusion_hhcm_primitives::{check, digest::Claim, Seal, MAX_HEADER_SIZE};
use sp_core::H256;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, LazyBlock};

use crate::pallet::*;

/// Checks and takes off the seal of a block, and has `I` execute the rest. For `register_validate_block!`.
///
/// It reads the parent's [`Authorities`] and [`CurrentRound`], and nothing else.
pub struct BlockExecutor<T, I>(PhantomData<(T, I)>);

impl<Block, T, I> ExecuteBlock<Block> for BlockExecutor<T, I>
where
	Block: BlockT<Hash = H256>,
	T: Config,
	I: ExecuteBlock<Block>,
{
	fn verify_and_remove_seal(block: &mut Block::LazyBlock) {
		let header = block.header_mut();
		let size = header.encoded_size();
		assert!(
			size <= MAX_HEADER_SIZE,
			"hhcm: the header has {size} bytes, more than {MAX_HEADER_SIZE}"
		);
		let seal = Seal::take(header.digest_mut())
			.unwrap_or_else(|error| panic!("hhcm: no seal at the end of the header: {error}"));
		let claim = Claim::find(header.digest())
			.unwrap_or_else(|error| panic!("hhcm: no claim in the header: {error}"));
		let round = Pallet::<T>::round();
		let infos = Authorities::<T>::get();
		let author = infos.get(usize::from(claim.author)).unwrap_or_else(|| {
			panic!("hhcm: the seal is refused: there is no bookkeeping node {}", claim.author)
		});
		let parent = *header.parent_hash();
		check::seal(&seal, header.hash(), parent, &claim, &author.id, &round)
			.unwrap_or_else(|error| panic!("hhcm: the seal is refused: {error}"));
	}

	fn execute_verified_block(block: Block::LazyBlock) {
		I::execute_verified_block(block);
	}
}
