//! Templates, ids, sizes and serialization of transactions.

use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use fusion_asset_mapping_primitives::{
	chain::{Input, Output},
	Amount, Destination, OutPoint,
};
use scale_info::TypeInfo;
use sha2::{Digest, Sha256};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::script;

/// Most inputs in a template. Each costs one threshold signature.
pub const MAX_INPUTS: u32 = 20;
/// Most outputs in a template: 20 payments and change.
pub const MAX_OUTPUTS: u32 = 21;
/// Version of our transactions.
pub const VERSION: u32 = 2;
/// Lock time of our transactions: none.
pub const LOCK_TIME: u32 = 0;
/// Sequence number of every input of ours: final but for BIP-125, so that a transaction whose fee is
/// too low can be replaced.
pub const SEQUENCE: u32 = 0xffff_fffd;
/// What a replacement has to pay for each of its own virtual bytes on top of what it replaces, in satoshi:
/// Bitcoin Core's default of `-incrementalrelayfee`, up to its version 29 (later ones ask for less).
pub const INCREMENTAL_RATE: u64 = 1;
/// All satoshi that there can ever be. Bitcoin's nodes refuse amounts and sums beyond it.
pub const MAX_MONEY: Amount = 21_000_000 * 100_000_000;

/// Weight of the witness of one key-path input: a count, a length, a signature (BIP-341 with the
/// default sighash type).
const WITNESS_WEIGHT: u64 = 1 + 1 + 64;
/// Serialized size of an input whose script is empty, as that of every segwit input is.
const INPUT_SIZE: u64 = 32 + 4 + 1 + 4;
/// Marker and flag of BIP-144.
const SEGWIT_MARK: [u8; 2] = [0x00, 0x01];

/// An input of a [`Template`]: one of our P2TR coins.
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
pub struct TemplateInput {
	/// The output that it spends.
	pub outpoint: OutPoint,
	/// Satoshi in that output.
	pub amount: Amount,
	/// The output key of that output, which signs for the input.
	pub output_key: [u8; 32],
}

/// An output of a [`Template`].
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct TemplateOutput {
	/// Satoshi.
	pub amount: Amount,
	/// Its `scriptPubKey`.
	pub destination: Destination,
}

/// A transaction that only lacks its signatures, with all that its sighashes commit to. Its version is
/// [`VERSION`], its lock time [`LOCK_TIME`], and the sequence number of every input [`SEQUENCE`].
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Template {
	/// The coins that it spends.
	pub inputs: BoundedVec<TemplateInput, ConstU32<MAX_INPUTS>>,
	/// The coins that it makes.
	pub outputs: BoundedVec<TemplateOutput, ConstU32<MAX_OUTPUTS>>,
}

impl Template {
	/// Builds a template, in the order given.
	///
	/// `None` for what could be no valid transaction: no input or output, or too many; a coin spent
	/// twice, or the outpoint that only block rewards have; an amount or a sum beyond [`MAX_MONEY`];
	/// more going out than coming in. Dust and the fee are the caller's business.
	pub fn new(inputs: &[Input], outputs: &[Output]) -> Option<Self> {
		let spent: BTreeSet<OutPoint> = inputs.iter().map(|input| input.outpoint).collect();
		let null = OutPoint { txid: [0; 32], vout: u32::MAX };
		if inputs.is_empty()
			|| outputs.is_empty()
			|| spent.len() != inputs.len()
			|| spent.contains(&null)
		{
			return None;
		}
		let coming_in = sum(inputs.iter().map(|input| input.amount))?;
		let going_out = sum(outputs.iter().map(|output| output.amount))?;
		if going_out > coming_in {
			return None;
		}
		let inputs: Vec<_> = inputs
			.iter()
			.map(|input| TemplateInput {
				outpoint: input.outpoint,
				amount: input.amount,
				output_key: input.output_key,
			})
			.collect();
		let outputs: Vec<_> = outputs
			.iter()
			.map(|output| TemplateOutput {
				amount: output.amount,
				destination: output.destination.clone(),
			})
			.collect();
		Some(Self { inputs: inputs.try_into().ok()?, outputs: outputs.try_into().ok()? })
	}

	/// Id of the transaction: double SHA-256 of it without witnesses, in the order of bytes in which it
	/// is hashed.
	pub fn txid(&self) -> [u8; 32] {
		Sha256::digest(Sha256::digest(self.serialize(None))).into()
	}

	/// The transaction with its witnesses (BIP-144). `None` if there are not as many signatures as
	/// inputs.
	pub fn assemble(&self, signatures: &[[u8; 64]]) -> Option<Vec<u8>> {
		(signatures.len() == self.inputs.len()).then(|| self.serialize(Some(signatures)))
	}

	/// Without signatures: the old form, which ids are made from.
	fn serialize(&self, signatures: Option<&[[u8; 64]]>) -> Vec<u8> {
		let mut bytes = Vec::new();
		bytes.extend_from_slice(&VERSION.to_le_bytes());
		if signatures.is_some() {
			bytes.extend_from_slice(&SEGWIT_MARK);
		}
		put_count(&mut bytes, self.inputs.len());
		for input in &self.inputs {
			put_outpoint(&mut bytes, &input.outpoint);
			put_script(&mut bytes, &[]);
			bytes.extend_from_slice(&SEQUENCE.to_le_bytes());
		}
		put_count(&mut bytes, self.outputs.len());
		for output in &self.outputs {
			put_output(&mut bytes, output);
		}
		for signature in signatures.unwrap_or_default() {
			put_count(&mut bytes, 1);
			put_script(&mut bytes, signature);
		}
		bytes.extend_from_slice(&LOCK_TIME.to_le_bytes());
		bytes
	}
}

/// vsize of a transaction with so many P2TR key-path inputs and with these outputs. Exact from one
/// input on: the signatures are of a fixed size.
pub(crate) fn vsize(inputs: u32, outputs: &[Destination]) -> u64 {
	let inputs = u64::from(inputs);
	let without_witness = outputs
		.iter()
		.fold(4 + 4, |size: u64, script| size.saturating_add(script::output_size(script)))
		.saturating_add(script::compact_size_len(inputs))
		.saturating_add(script::compact_size_len(outputs.len() as u64))
		.saturating_add(inputs.saturating_mul(INPUT_SIZE));
	let witness = inputs.saturating_mul(WITNESS_WEIGHT).saturating_add(SEGWIT_MARK.len() as u64);
	without_witness.saturating_add(witness.div_ceil(4))
}

/// The least fee of a transaction of `vsize` virtual bytes that replaces one of `replaced_vsize` which pays
/// `replaced`: it pays for its own relay on top (BIP-125, rules 3 and 4), and more for each byte (rule 6).
pub(crate) fn replacement_fee(replaced: Amount, replaced_vsize: u64, vsize: u64) -> Option<Amount> {
	let on_top = vsize.checked_mul(INCREMENTAL_RATE)?.checked_add(replaced)?;
	let same_rate = u128::from(replaced)
		.checked_mul(vsize.into())?
		.checked_div(replaced_vsize.into())
		.unwrap_or_default();
	let more = Amount::try_from(same_rate).ok()?.checked_add(1)?;
	Some(on_top.max(more))
}

/// `None` beyond [`MAX_MONEY`].
fn sum(mut amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
	amounts.try_fold(0, |total: Amount, amount| {
		total.checked_add(amount).filter(|total| *total <= MAX_MONEY)
	})
}

/// A count or length in Bitcoin's variable-length form (`compactSize`).
pub(crate) fn put_count(bytes: &mut Vec<u8>, count: usize) {
	let value = count as u64;
	let le = value.to_le_bytes();
	let (prefix, length) = match value {
		0..=0xfc => (None, 1),
		0xfd..=0xffff => (Some(0xfd), 2),
		0x1_0000..=0xffff_ffff => (Some(0xfe), 4),
		_ => (Some(0xff), 8),
	};
	bytes.extend(prefix);
	bytes.extend(le.iter().take(length));
}

pub(crate) fn put_outpoint(bytes: &mut Vec<u8>, outpoint: &OutPoint) {
	bytes.extend_from_slice(&outpoint.txid);
	bytes.extend_from_slice(&outpoint.vout.to_le_bytes());
}

pub(crate) fn put_script(bytes: &mut Vec<u8>, script: &[u8]) {
	put_count(bytes, script.len());
	bytes.extend_from_slice(script);
}

pub(crate) fn put_output(bytes: &mut Vec<u8>, output: &TemplateOutput) {
	bytes.extend_from_slice(&output.amount.to_le_bytes());
	put_script(bytes, &output.destination);
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn replacement_should_pay_for_itself_on_top_when_it_replaces_something() {
		// BIP-125: at least the sum of what is replaced, and its own relay besides.
		assert_eq!(replacement_fee(1_420, 142, 142), Some(1_562));
		// A larger one has to pay more for each byte, too: 7,100 of 142 is 50, and so is 7,700 of 154.
		assert_eq!(replacement_fee(7_100, 142, 154), Some(7_701));
		assert_eq!(replacement_fee(7_100, 142, 100), Some(7_200));
		assert_eq!(replacement_fee(0, 0, 0), Some(1));
		assert_eq!(replacement_fee(u64::MAX, 1, 1), None);
		assert_eq!(replacement_fee(1, 1, u64::MAX), None);
	}

	#[test]
	fn count_should_be_written_in_its_shortest_form_when_it_grows() {
		let put = |count| {
			let mut bytes = Vec::new();
			put_count(&mut bytes, count);
			assert_eq!(bytes.len() as u64, script::compact_size_len(count as u64));
			bytes
		};
		assert_eq!(put(0), [0]);
		assert_eq!(put(0xfc), [0xfc]);
		assert_eq!(put(0xfd), [0xfd, 0xfd, 0]);
		assert_eq!(put(0xffff), [0xfd, 0xff, 0xff]);
		assert_eq!(put(0x1_0000), [0xfe, 0, 0, 1, 0]);
		assert_eq!(put(0x1_0000_0000), [0xff, 0, 0, 0, 0, 1, 0, 0, 0]);
	}
}
