//! What the vault says happened.
//!
//! Logs come from an endpoint outside, which may send anything: what is not exactly as the vault writes
//! it is refused, with the reason.

use core::fmt;
use fusion_asset_mapping_primitives::BatchId;
use sp_crypto_hashing::keccak_256;

use crate::{
	abi::{self, Word},
	Address, Vault, VaultPayout,
};

/// A log as Ethereum's nodes give it.
#[derive(Clone, Copy, Debug)]
pub struct RawLog<'a> {
	/// The contract that it is of.
	pub address: Address,
	/// The hash of the event's signature, and its indexed values.
	pub topics: &'a [[u8; 32]],
	/// Its other values.
	pub data: &'a [u8],
}

/// An event of a vault. Amounts are in the asset's smallest unit, times are Unix times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
	/// Native coin came in, from a deposit address or from anybody. Only [`Event::Deposited`] counts as a
	/// deposit.
	Received {
		/// Who paid.
		from: Address,
		/// How much, in wei.
		amount: u128,
	},
	/// A deposit address was swept.
	Deposited {
		/// Salt of the address.
		salt: [u8; 32],
		/// The ERC-20, or [`Address::ZERO`] for native coin.
		asset: Address,
		/// How much came in.
		amount: u128,
	},
	/// A payment was made.
	Paid(PayoutAt),
	/// A payment failed, and waits for its payee.
	Unpaid(PayoutAt),
	/// A payment that had failed was made.
	Claimed {
		/// Its batch.
		batch: BatchId,
		/// Its place in the batch.
		index: u32,
		/// Who got it.
		receiver: Address,
	},
	/// A payment that had failed was taken back.
	Recalled {
		/// Its batch.
		batch: BatchId,
		/// Its place in the batch.
		index: u32,
	},
	/// A batch was executed.
	Executed {
		/// Its number.
		batch: BatchId,
		/// The fee that was paid, in wei.
		fee: u128,
		/// Who got it.
		fee_to: Address,
	},
	/// An order was executed.
	Ordered {
		/// Its number.
		nonce: u64,
	},
	/// A new key is waiting.
	RotationStarted {
		/// Its x-coordinate.
		key: [u8; 32],
		/// The epoch that it will be the key of.
		epoch: u64,
		/// When it can be activated.
		active_from: u64,
	},
	/// The key that was waiting is not any more.
	RotationCancelled {
		/// Its x-coordinate.
		key: [u8; 32],
	},
	/// The vault has a new key.
	Rotated {
		/// Its x-coordinate.
		key: [u8; 32],
		/// Its epoch.
		epoch: u64,
	},
	/// What is paused now.
	PauseChanged {
		/// A sum of [`PAUSE_OUT`](crate::PAUSE_OUT) and [`PAUSE_IN`](crate::PAUSE_IN).
		directions: u8,
	},
	/// Whether a token is swept.
	TokenAccepted {
		/// The ERC-20.
		token: Address,
		/// Whether it is.
		accepted: bool,
	},
}

/// A payment, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayoutAt {
	/// Its batch.
	pub batch: BatchId,
	/// Its place in the batch, from 0.
	pub index: u32,
	/// The payment.
	pub payout: VaultPayout,
}

/// Why a log is no event of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
	/// Another contract wrote it.
	OtherContract(Address),
	/// It has no topic, or one that no event of a vault has.
	UnknownEvent,
	/// The number of topics or the length of the data is not that of the event.
	WrongShape {
		/// The event's signature.
		event: &'static str,
		/// How many topics there are.
		topics: usize,
		/// How many bytes of data there are.
		data: usize,
	},
	/// A value is beyond its range, or has bits where there can be none. An amount may be a token's own
	/// fault: no real one has 128 bits.
	OutOfRange {
		/// The event's signature.
		event: &'static str,
	},
}

impl fmt::Display for LogError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::OtherContract(address) => write!(f, "the log is of {address}, not of the vault"),
			Self::UnknownEvent => f.write_str("the log is no event of a vault"),
			Self::WrongShape { event, topics, data } => {
				write!(f, "{event} cannot have {topics} topics and {data} bytes of data")
			},
			Self::OutOfRange { event } => write!(f, "a value of {event} is beyond its range"),
		}
	}
}

impl core::error::Error for LogError {}

impl Event {
	/// Reads a log. It costs two hashes at the least, a dozen at the most, whatever comes.
	pub fn decode(vault: &Vault, log: &RawLog<'_>) -> Result<Self, LogError> {
		if log.address != vault.address {
			return Err(LogError::OtherContract(log.address));
		}
		let (kind, indexed) = log.topics.split_first().ok_or(LogError::UnknownEvent)?;
		let (event, read) = READERS
			.iter()
			.find(|(event, _)| keccak_256(event.as_bytes()) == *kind)
			.ok_or(LogError::UnknownEvent)?;
		let shape = LogError::WrongShape { event, topics: log.topics.len(), data: log.data.len() };
		read(indexed, log.data).ok_or(shape)?.ok_or(LogError::OutOfRange { event })
	}
}

/// `None` if the shape is wrong, `Some(None)` if a value is.
type Reader = fn(&[Word], &[u8]) -> Option<Option<Event>>;

/// How each event is read, the commonest first.
const READERS: &[(&str, Reader)] = &[
	("Deposited(bytes32,address,uint256)", deposited),
	("Paid(uint64,uint256,address,address,uint128)", |topics, data| {
		Some(payout(shape(topics, data)?).map(Event::Paid))
	}),
	("Executed(uint64,uint128,address)", executed),
	("Received(address,uint256)", received),
	("Unpaid(uint64,uint256,address,address,uint128)", |topics, data| {
		Some(payout(shape(topics, data)?).map(Event::Unpaid))
	}),
	("Claimed(uint64,uint256,address)", claimed),
	("Recalled(uint64,uint256)", recalled),
	("Ordered(uint64)", |topics, data| {
		let ([nonce], []) = shape(topics, data)?;
		Some(abi::to_u64(&nonce).map(|nonce| Event::Ordered { nonce }))
	}),
	("RotationStarted(uint256,uint64,uint64)", rotation_started),
	("RotationCancelled(uint256)", |topics, data| {
		let ([], [key]) = shape(topics, data)?;
		Some(Some(Event::RotationCancelled { key }))
	}),
	("Rotated(uint256,uint64)", |topics, data| {
		let ([], [key, epoch]) = shape(topics, data)?;
		Some(abi::to_u64(&epoch).map(|epoch| Event::Rotated { key, epoch }))
	}),
	("PauseChanged(uint8)", |topics, data| {
		let ([], [directions]) = shape(topics, data)?;
		Some(abi::to_u8(&directions).map(|directions| Event::PauseChanged { directions }))
	}),
	("TokenAccepted(address,bool)", token_accepted),
];

fn deposited(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([salt, asset], [amount]) = shape(topics, data)?;
	let read = || {
		let (asset, amount) = (abi::to_address(&asset)?, abi::to_u128(&amount)?);
		Some(Event::Deposited { salt, asset, amount })
	};
	Some(read())
}

fn executed(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([batch], [fee, fee_to]) = shape(topics, data)?;
	let read = || {
		let (fee, fee_to) = (abi::to_u128(&fee)?, abi::to_address(&fee_to)?);
		Some(Event::Executed { batch: abi::to_u64(&batch)?, fee, fee_to })
	};
	Some(read())
}

fn received(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([from], [amount]) = shape(topics, data)?;
	let read = || {
		let (from, amount) = (abi::to_address(&from)?, abi::to_u128(&amount)?);
		Some(Event::Received { from, amount })
	};
	Some(read())
}

fn claimed(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([batch], [index, receiver]) = shape(topics, data)?;
	let read = || {
		let (batch, index) = (abi::to_u64(&batch)?, place(&index)?);
		Some(Event::Claimed { batch, index, receiver: abi::to_address(&receiver)? })
	};
	Some(read())
}

fn recalled(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([batch], [index]) = shape(topics, data)?;
	let read = || Some(Event::Recalled { batch: abi::to_u64(&batch)?, index: place(&index)? });
	Some(read())
}

fn rotation_started(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([], [key, epoch, active_from]) = shape(topics, data)?;
	let read = || {
		let (epoch, active_from) = (abi::to_u64(&epoch)?, abi::to_u64(&active_from)?);
		Some(Event::RotationStarted { key, epoch, active_from })
	};
	Some(read())
}

fn token_accepted(topics: &[Word], data: &[u8]) -> Option<Option<Event>> {
	let ([token], [accepted]) = shape(topics, data)?;
	let read = || {
		let (token, accepted) = (abi::to_address(&token)?, abi::to_bool(&accepted)?);
		Some(Event::TokenAccepted { token, accepted })
	};
	Some(read())
}

fn payout(([batch, asset, to], [index, amount]): ([Word; 3], [Word; 2])) -> Option<PayoutAt> {
	let (asset, to) = (abi::to_address(&asset)?, abi::to_address(&to)?);
	Some(PayoutAt {
		batch: abi::to_u64(&batch)?,
		index: place(&index)?,
		payout: VaultPayout { asset, to, amount: abi::to_u128(&amount)? },
	})
}

/// A place in a batch.
fn place(word: &Word) -> Option<u32> {
	abi::to_u64(word)?.try_into().ok().filter(|index| *index < crate::MAX_PAYOUTS)
}

/// So many indexed values and so many words of data, exactly.
fn shape<const T: usize, const D: usize>(
	topics: &[Word],
	data: &[u8],
) -> Option<([Word; T], [Word; D])> {
	Some((topics.try_into().ok()?, abi::words(data)?))
}
