//! Templates of batches, their digests and calldata.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::{
	account::{Payout, Terms},
	BatchId,
};
use scale_info::TypeInfo;
use sp_crypto_hashing::keccak_256;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
	abi::{self, Word},
	Address, Vault,
};

/// Most payments in a batch: `MAX_PAYOUTS` of the vault.
pub const MAX_PAYOUTS: u32 = 50;

const PAYOUT_TYPE: &str = "Payout(address asset,address to,uint128 amount)";
const BATCH_TYPE: &str = concat!(
	"Batch(uint64 id,uint64 epoch,uint64 deadline,uint128 fee,Payout[] payouts)",
	"Payout(address asset,address to,uint128 amount)",
);
const EXECUTE: &str = concat!(
	"execute((uint64,uint64,uint64,uint128,(address,address,uint128)[]),",
	"(uint256,uint256),address)",
);

/// A payment as the vault makes it.
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
pub struct VaultPayout {
	/// The ERC-20, or [`Address::ZERO`] for native coin.
	pub asset: Address,
	/// Who is paid.
	pub to: Address,
	/// How much, in the asset's smallest unit.
	pub amount: u128,
}

impl VaultPayout {
	/// EIP-712's hash of it, by which the vault remembers payments that failed.
	pub fn hash(&self) -> [u8; 32] {
		let [asset, to, amount] = self.words();
		abi::hash(&[keccak_256(PAYOUT_TYPE.as_bytes()), asset, to, amount])
	}

	pub(crate) fn words(&self) -> [Word; 3] {
		[abi::address(&self.asset), abi::address(&self.to), abi::number(self.amount)]
	}
}

/// A batch that only lacks its signature, with all that its digest commits to.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Batch {
	/// The vault that is to execute it.
	pub vault: Vault,
	/// Its number: see [`Terms::id`].
	pub id: BatchId,
	/// See [`Terms::epoch`].
	pub epoch: u64,
	/// See [`Terms::deadline`].
	pub deadline: u64,
	/// Wei, for whoever brings it.
	pub fee: u128,
	/// The payments, in order. None at all uses the number up.
	pub payouts: BoundedVec<VaultPayout, ConstU32<MAX_PAYOUTS>>,
}

impl Batch {
	/// Builds a template, with the payments in the order given.
	///
	/// `None` for what would not be paid: too many payments; one of nothing; one to what is no address,
	/// or to an address that has no owner ([`Address::is_payable`]), the vault itself or the asset's own
	/// contract; sums of an asset (native coin: with the fee) beyond 128 bits. The fee's ceiling is the
	/// caller's business.
	pub fn new(vault: &Vault, terms: &Terms, payouts: &[Payout<Address>]) -> Option<Self> {
		let payouts: Vec<VaultPayout> = payouts
			.iter()
			.map(|payout| {
				let to = Address::from_destination(&payout.destination)?;
				let payable = to.is_payable() && to != vault.address && to != payout.asset;
				let good = payable && payout.amount > 0;
				good.then_some(VaultPayout { asset: payout.asset, to, amount: payout.amount })
			})
			.collect::<Option<_>>()?;
		let payouts: BoundedVec<_, _> = payouts.try_into().ok()?;
		let batch = Self {
			vault: *vault,
			id: terms.id,
			epoch: terms.epoch,
			deadline: terms.deadline,
			fee: terms.fee,
			payouts,
		};
		let assets = batch.payouts.iter().map(|payout| payout.asset);
		assets.chain([Address::ZERO]).all(|asset| batch.sum(&asset).is_some()).then_some(batch)
	}

	/// What the vault parts with of `asset`, at most: payments, and for native coin the fee. `None` beyond
	/// 128 bits, which [`Batch::new`] does not build.
	pub fn sum(&self, asset: &Address) -> Option<u128> {
		let fee = if *asset == Address::ZERO { self.fee } else { 0 };
		self.payouts
			.iter()
			.filter(|payout| payout.asset == *asset)
			.try_fold(fee, |sum: u128, payout| sum.checked_add(payout.amount))
	}

	/// What the vault's key signs (EIP-712).
	pub fn digest(&self) -> [u8; 32] {
		let payouts: Vec<Word> = self.payouts.iter().map(VaultPayout::hash).collect();
		let [id, epoch, deadline, fee] = self.terms();
		let kind = keccak_256(BATCH_TYPE.as_bytes());
		self.vault.digest(abi::hash(&[kind, id, epoch, deadline, fee, abi::hash(&payouts)]))
	}

	/// Calldata of `execute`, to be sent to the vault by anybody. The fee goes to `fee_to`.
	pub fn calldata(&self, signature: &[u8; 64], fee_to: &Address) -> Vec<u8> {
		let [r, s] = abi::halves(signature);
		// The batch has no fixed size: the four words before it hold its place, and what does have one.
		let mut out = abi::call(EXECUTE, &[abi::number(4u32 * 32), r, s, abi::address(fee_to)]);
		let [id, epoch, deadline, fee] = self.terms();
		let count = abi::number(self.payouts.len() as u64);
		abi::put(&mut out, &[id, epoch, deadline, fee, abi::number(5u32 * 32), count]);
		for payout in &self.payouts {
			abi::put(&mut out, &payout.words());
		}
		out
	}

	fn terms(&self) -> [Word; 4] {
		[
			abi::number(self.id),
			abi::number(self.epoch),
			abi::number(self.deadline),
			abi::number(self.fee),
		]
	}
}
