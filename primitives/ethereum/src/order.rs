//! What a group tells its vault itself.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::BatchId;
use scale_info::TypeInfo;
use sp_crypto_hashing::keccak_256;

use crate::{abi, Address, Vault, VaultPayout};

/// For [`Call::Pause`]: no payments.
pub const PAUSE_OUT: u8 = 1;
/// For [`Call::Pause`]: no sweeps.
pub const PAUSE_IN: u8 = 2;

const ORDER_TYPE: &[u8] = b"Order(uint64 nonce,uint64 epoch,uint64 deadline,bytes call)";

/// What an order does.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Call {
	/// Another key shall become the vault's, after its delay.
	Rotate {
		/// The key's x-coordinate.
		key: [u8; 32],
		/// The new key's own signature over [`Vault::key_digest`] of the next epoch.
		proof: [u8; 64],
	},
	/// The key that is waiting shall not become the vault's.
	CancelRotation,
	/// What is paused from now on: a sum of [`PAUSE_OUT`] and [`PAUSE_IN`].
	Pause(u8),
	/// Whether a token is swept.
	AcceptToken {
		/// The ERC-20.
		token: Address,
		/// Whether it is.
		accept: bool,
	},
	/// A payment that failed is not made any more.
	Recall {
		/// The batch that it was in.
		batch: BatchId,
		/// Its place in the batch, from 0.
		index: u32,
		/// The payment.
		payout: VaultPayout,
	},
}

impl Call {
	/// Calldata of the vault's function.
	pub fn calldata(&self) -> Vec<u8> {
		match self {
			Self::Rotate { key, proof } => {
				let [r, s] = abi::halves(proof);
				abi::call("rotate(uint256,(uint256,uint256))", &[*key, r, s])
			},
			Self::CancelRotation => abi::call("cancelRotation()", &[]),
			Self::Pause(directions) => abi::call("pause(uint8)", &[abi::number(*directions)]),
			Self::AcceptToken { token, accept } => abi::call(
				"acceptToken(address,bool)",
				&[abi::address(token), abi::number(u8::from(*accept))],
			),
			Self::Recall { batch, index, payout } => {
				let [asset, to, amount] = payout.words();
				abi::call(
					"recall(uint64,uint256,(address,address,uint128))",
					&[abi::number(*batch), abi::number(*index), asset, to, amount],
				)
			},
		}
	}
}

/// An order that only lacks its signature.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Order {
	/// The vault that it is for.
	pub vault: Vault,
	/// Its number: a vault executes orders one after the other, from 0.
	pub nonce: u64,
	/// How many keys the vault had before the one that signs.
	pub epoch: u64,
	/// Last second (Unix time) at which the vault executes it.
	pub deadline: u64,
	/// What it does.
	pub call: Call,
}

impl Order {
	/// What the vault's key signs (EIP-712).
	pub fn digest(&self) -> [u8; 32] {
		self.vault.digest(abi::hash(&[
			keccak_256(ORDER_TYPE),
			abi::number(self.nonce),
			abi::number(self.epoch),
			abi::number(self.deadline),
			keccak_256(&self.call.calldata()),
		]))
	}

	/// Calldata of `order`, to be sent to the vault by anybody.
	pub fn calldata(&self, signature: &[u8; 64]) -> Vec<u8> {
		let [r, s] = abi::halves(signature);
		let mut out = abi::call(
			"order((uint64,uint64,uint64,bytes),(uint256,uint256))",
			&[
				abi::number(3u32 * 32),
				r,
				s,
				abi::number(self.nonce),
				abi::number(self.epoch),
				abi::number(self.deadline),
				abi::number(4u32 * 32),
			],
		);
		abi::put_bytes(&mut out, &self.call.calldata());
		out
	}
}
