//! What holds for all inputs: one form for each address and each log, and another digest for anything
//! that differs.

use codec::{Decode, Encode};
use fusion_asset_mapping_primitives::{
	account::{AccountChain, Payout, Terms},
	chain::AddressError,
	Destination,
};
use fusion_ethereum_primitives::{
	log::{Event, LogError, PayoutAt, RawLog},
	Address, Batch, Ethereum, Vault, VaultPayout, MAX_PAYOUTS,
};
use proptest::prelude::*;
use sp_crypto_hashing::keccak_256;

const VAULT: Vault = Vault { chain_id: 1, address: Address([0x5f; 20]) };

fn addresses() -> impl Strategy<Value = Address> {
	any::<[u8; 20]>().prop_map(Address)
}

fn payable() -> impl Strategy<Value = Address> {
	addresses().prop_filter("payable", |a| a.is_payable() && *a != VAULT.address)
}

fn payouts() -> impl Strategy<Value = Vec<Payout<Address>>> {
	let one = (any::<Option<[u8; 20]>>(), payable(), 1..=u128::from(u64::MAX));
	let one = one.prop_filter_map("not to its own asset", |(asset, to, amount)| {
		let asset = Address(asset.unwrap_or_default());
		(asset != to).then(|| Payout { asset, destination: to.to_destination(), amount })
	});
	prop::collection::vec(one, 0..=MAX_PAYOUTS as usize)
}

fn terms() -> impl Strategy<Value = Terms> {
	(any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>())
		.prop_map(|(id, epoch, deadline, fee)| Terms { id, epoch, deadline, fee: fee.into() })
}

fn batches() -> impl Strategy<Value = Batch> {
	(terms(), payouts())
		.prop_map(|(terms, payouts)| Ethereum::template(&VAULT, &terms, &payouts).unwrap())
}

fn payouts_at() -> impl Strategy<Value = PayoutAt> {
	(any::<u64>(), 0..MAX_PAYOUTS, addresses(), addresses(), any::<u128>()).prop_map(
		|(batch, index, asset, to, amount)| PayoutAt {
			batch,
			index,
			payout: VaultPayout { asset, to, amount },
		},
	)
}

fn events() -> impl Strategy<Value = Event> {
	let n = any::<u64>;
	let index = || 0..MAX_PAYOUTS;
	let amount = any::<u128>;
	let word = any::<[u8; 32]>;
	prop_oneof![
		(addresses(), amount()).prop_map(|(from, amount)| Event::Received { from, amount }),
		(word(), addresses(), amount()).prop_map(|(salt, asset, amount)| Event::Deposited {
			salt,
			asset,
			amount
		}),
		payouts_at().prop_map(Event::Paid),
		payouts_at().prop_map(Event::Unpaid),
		(n(), index(), addresses()).prop_map(|(batch, index, receiver)| Event::Claimed {
			batch,
			index,
			receiver
		}),
		(n(), index()).prop_map(|(batch, index)| Event::Recalled { batch, index }),
		(n(), amount(), addresses()).prop_map(|(batch, fee, fee_to)| Event::Executed {
			batch,
			fee,
			fee_to
		}),
		n().prop_map(|nonce| Event::Ordered { nonce }),
		(word(), n(), n()).prop_map(|(key, epoch, active_from)| Event::RotationStarted {
			key,
			epoch,
			active_from
		}),
		word().prop_map(|key| Event::RotationCancelled { key }),
		(word(), n()).prop_map(|(key, epoch)| Event::Rotated { key, epoch }),
		any::<u8>().prop_map(|directions| Event::PauseChanged { directions }),
		(addresses(), any::<bool>())
			.prop_map(|(token, accepted)| Event::TokenAccepted { token, accepted }),
	]
}

fn word(value: impl Into<u128>) -> [u8; 32] {
	[[0; 16], value.into().to_be_bytes()].concat().try_into().unwrap()
}

fn padded(address: &Address) -> [u8; 32] {
	[&[0; 12][..], &address.0].concat().try_into().unwrap()
}

/// As the vault writes an event: its name, its indexed values, its other values.
fn encode(event: &Event) -> (Vec<[u8; 32]>, Vec<u8>) {
	let payout = |at: &PayoutAt| {
		let VaultPayout { asset, to, amount } = &at.payout;
		let topics = vec![word(at.batch), padded(asset), padded(to)];
		(topics, vec![word(at.index), word(*amount)])
	};
	let (name, (indexed, data)) = match event {
		Event::Received { from, amount } => {
			("Received(address,uint256)", (vec![padded(from)], vec![word(*amount)]))
		},
		Event::Deposited { salt, asset, amount } => (
			"Deposited(bytes32,address,uint256)",
			(vec![*salt, padded(asset)], vec![word(*amount)]),
		),
		Event::Paid(at) => ("Paid(uint64,uint256,address,address,uint128)", payout(at)),
		Event::Unpaid(at) => ("Unpaid(uint64,uint256,address,address,uint128)", payout(at)),
		Event::Claimed { batch, index, receiver } => (
			"Claimed(uint64,uint256,address)",
			(vec![word(*batch)], vec![word(*index), padded(receiver)]),
		),
		Event::Recalled { batch, index } => {
			("Recalled(uint64,uint256)", (vec![word(*batch)], vec![word(*index)]))
		},
		Event::Executed { batch, fee, fee_to } => (
			"Executed(uint64,uint128,address)",
			(vec![word(*batch)], vec![word(*fee), padded(fee_to)]),
		),
		Event::Ordered { nonce } => ("Ordered(uint64)", (vec![word(*nonce)], vec![])),
		Event::RotationStarted { key, epoch, active_from } => (
			"RotationStarted(uint256,uint64,uint64)",
			(vec![], vec![*key, word(*epoch), word(*active_from)]),
		),
		Event::RotationCancelled { key } => ("RotationCancelled(uint256)", (vec![], vec![*key])),
		Event::Rotated { key, epoch } => {
			("Rotated(uint256,uint64)", (vec![], vec![*key, word(*epoch)]))
		},
		Event::PauseChanged { directions } => {
			("PauseChanged(uint8)", (vec![], vec![word(*directions)]))
		},
		Event::TokenAccepted { token, accepted } => {
			("TokenAccepted(address,bool)", (vec![padded(token)], vec![word(u8::from(*accepted))]))
		},
	};
	let mut topics = vec![keccak_256(name.as_bytes())];
	topics.extend(indexed);
	(topics, data.concat())
}

fn decode(topics: &[[u8; 32]], data: &[u8]) -> Result<Event, LogError> {
	Event::decode(&VAULT, &RawLog { address: VAULT.address, topics, data })
}

proptest! {
	// --- Logs ----------------------------------------------------------------------------------

	#[test]
	fn log_should_be_read_as_it_was_written(event in events()) {
		let (topics, data) = encode(&event);
		prop_assert_eq!(decode(&topics, &data), Ok(event));
	}

	/// Every log that is taken is one that a vault can have written.
	#[test]
	fn log_should_be_refused_or_have_one_form_when_it_is_mutated(
		event in events(),
		flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..4),
		resize in prop::option::of(0usize..200),
		drop in any::<prop::sample::Index>(),
		more in prop::option::of(any::<[u8; 32]>()),
	) {
		let (mut topics, mut data) = encode(&event);
		if let Some(length) = resize {
			data.resize(length, 0);
		}
		if let Some(topic) = more {
			topics.push(topic);
		} else if drop.index(4) == 0 {
			topics.pop();
		}
		for (place, bit) in flips {
			let place = place.index(32 * topics.len() + data.len() + 1);
			let all = topics.iter_mut().flatten().chain(&mut data);
			all.skip(place).take(1).for_each(|byte| *byte ^= 1 << bit);
		}
		if let Ok(read) = decode(&topics, &data) {
			prop_assert_eq!(encode(&read), (topics, data));
		}
	}

	#[test]
	fn log_should_be_refused_when_it_is_noise(
		topics in prop::collection::vec(any::<[u8; 32]>(), 0..6),
		data in prop::collection::vec(any::<u8>(), 0..300),
	) {
		prop_assert_eq!(decode(&topics, &data), Err(LogError::UnknownEvent));
	}

	#[test]
	fn log_should_be_refused_when_another_contract_wrote_it(
		event in events(),
		address in addresses(),
	) {
		prop_assume!(address != VAULT.address);
		let (topics, data) = encode(&event);
		let log = RawLog { address, topics: &topics, data: &data };
		prop_assert_eq!(Event::decode(&VAULT, &log), Err(LogError::OtherContract(address)));
	}

	// --- Addresses -----------------------------------------------------------------------------

	#[test]
	fn address_should_be_read_as_it_was_written(address in payable()) {
		let destination = address.to_destination();
		let text = Ethereum::address(&destination).unwrap();
		prop_assert_eq!(Ethereum::parse_address(&text), Ok(destination.clone()));
		for other in [text.to_lowercase(), format!("0x{}", text[2..].to_uppercase())] {
			prop_assert_eq!(Ethereum::parse_address(&other), Ok(destination.clone()));
		}
	}

	/// A text is taken only with EIP-55's case, or without any: of the ways to write an address in mixed
	/// case, one.
	#[test]
	fn address_should_be_refused_when_the_case_of_a_digit_differs(
		address in payable(),
		at in any::<prop::sample::Index>(),
	) {
		let mut text = address.to_checksum().into_bytes();
		let letters: Vec<usize> = (2..42).filter(|i| text[*i].is_ascii_alphabetic()).collect();
		prop_assume!(letters.len() > 2);
		text[letters[at.index(letters.len())]] ^= 0x20;
		let text = String::from_utf8(text).unwrap();
		let digits = &text[2..];
		let plain = digits == digits.to_lowercase() || digits == digits.to_uppercase();
		prop_assert_eq!(Ethereum::parse_address(&text).is_ok(), plain);
	}

	#[test]
	fn address_should_be_refused_when_it_is_noise(text in ".{0,64}") {
		prop_assert_eq!(Ethereum::parse_address(&text), Err(AddressError::Malformed));
		let text = format!("0x{text}");
		if let Ok(destination) = Ethereum::parse_address(&text) {
			let address = Ethereum::address(&destination).unwrap();
			prop_assert_eq!(address.to_lowercase(), text.to_lowercase());
		}
	}

	// --- Batches -------------------------------------------------------------------------------

	/// Calldata holds everything: from its words, the batch can be had back.
	#[test]
	fn calldata_should_hold_the_batch(
		batch in batches(),
		(r, s) in any::<([u8; 32], [u8; 32])>(),
		fee_to in addresses(),
	) {
		let signature: [u8; 64] = [r, s].concat().try_into().unwrap();
		let calldata = batch.calldata(&signature, &fee_to);
		let mut expected = vec![word(128u8), r, s, padded(&fee_to)];
		expected.extend([batch.id, batch.epoch, batch.deadline].map(word));
		let count = batch.payouts.len() as u64;
		expected.extend([word(batch.fee), word(160u8), word(count)]);
		for VaultPayout { asset, to, amount } in &batch.payouts {
			expected.extend([padded(asset), padded(to), word(*amount)]);
		}
		prop_assert_eq!(&calldata[4..], &expected.concat()[..]);
	}

	/// Of an encoded batch, any bit that changes makes it another batch with another digest, or none.
	#[test]
	fn digest_should_differ_when_anything_in_a_batch_differs(
		batch in batches(),
		at in any::<prop::sample::Index>(),
		bit in 0u8..8,
	) {
		let mut encoded = batch.encode();
		let at = at.index(encoded.len());
		encoded[at] ^= 1 << bit;
		let mut input = &encoded[..];
		if let Ok(other) = Batch::decode(&mut input) {
			prop_assert_ne!(&other, &batch);
			prop_assert_ne!(other.digest(), batch.digest());
			prop_assert!(other.payouts.len() <= MAX_PAYOUTS as usize);
			let read = encoded.len() - input.len();
			prop_assert_eq!(other.encode(), encoded[..read].to_vec());
		}
	}

	#[test]
	fn digest_should_differ_when_payments_change_places(
		batch in batches(),
		(a, b) in any::<(prop::sample::Index, prop::sample::Index)>(),
	) {
		prop_assume!(!batch.payouts.is_empty());
		let (a, b) = (a.index(batch.payouts.len()), b.index(batch.payouts.len()));
		prop_assume!(batch.payouts[a] != batch.payouts[b]);
		let mut other = batch.clone();
		other.payouts.as_mut().swap(a, b);
		prop_assert_ne!(other.digest(), batch.digest());
	}

	#[test]
	fn deposit_address_should_differ_when_vault_or_salt_do(
		vault in addresses(),
		salt in any::<[u8; 32]>(),
		bit in 0usize..256,
	) {
		let (mut other, vault) = (salt, Vault { chain_id: 1, address: vault });
		other[bit / 8] ^= 1 << (bit % 8);
		let address = vault.deposit_address(&salt);
		prop_assert_ne!(address, vault.deposit_address(&other));
		prop_assume!(vault.address != VAULT.address);
		prop_assert_ne!(address, VAULT.deposit_address(&salt));
	}
}

// --- What a batch cannot be ------------------------------------------------------------------------

const ALICE: Address = Address([0xa1; 20]);
const TOKEN: Address = Address([0x70; 20]);
const TERMS: Terms = Terms { id: 1, epoch: 0, deadline: u64::MAX, fee: 1 };

fn payout(asset: Address, to: Address, amount: u128) -> Payout<Address> {
	Payout { asset, destination: to.to_destination(), amount }
}

fn is_built(payouts: &[Payout<Address>]) -> bool {
	Ethereum::template(&VAULT, &TERMS, payouts).is_some()
}

#[test]
fn template_should_be_refused_when_a_payment_could_not_be_made() {
	assert!(is_built(&[payout(TOKEN, ALICE, 1)]));
	assert!(is_built(&[]));
	let last = Address([&[0; 18][..], &[0xff; 2]].concat().try_into().unwrap());
	for to in [Address::ZERO, last, VAULT.address, TOKEN] {
		assert!(!is_built(&[payout(TOKEN, ALICE, 1), payout(TOKEN, to, 1)]), "{to}");
	}
	assert!(!is_built(&[payout(TOKEN, ALICE, 0)]), "nothing");
	for length in [0, 19, 21, 32, 64] {
		let destination = Destination::truncate_from(vec![1; length]);
		assert!(!is_built(&[Payout { asset: TOKEN, destination, amount: 1 }]), "{length} bytes");
	}
}

#[test]
fn template_should_be_refused_when_there_are_too_many_payments() {
	let most = vec![payout(TOKEN, ALICE, 1); MAX_PAYOUTS as usize];
	assert!(is_built(&most));
	assert!(!is_built(&[most, vec![payout(TOKEN, ALICE, 1)]].concat()));
}

#[test]
fn template_should_be_refused_when_a_sum_is_beyond_128_bits() {
	let most = u128::MAX;
	assert!(is_built(&[payout(TOKEN, ALICE, most), payout(Address::ZERO, ALICE, most - 1)]));
	assert!(!is_built(&[payout(TOKEN, ALICE, most), payout(TOKEN, ALICE, 1)]));
	// The fee is native coin, too.
	assert!(!is_built(&[payout(Address::ZERO, ALICE, most)]));
}

#[test]
fn address_should_be_unsupported_when_it_has_no_owner() {
	let text = |digits: &str| format!("0x{digits:0>40}");
	for digits in ["0", "1", "9", "100", "ffff"] {
		assert_eq!(Ethereum::parse_address(&text(digits)), Err(AddressError::Unsupported));
	}
	assert!(Ethereum::parse_address(&text("10000")).is_ok());
	for broken in
		["", "0x", "0x0", &text("g"), &text("10000")[2..], &text("10000").replace('x', "X")]
	{
		assert_eq!(Ethereum::parse_address(broken), Err(AddressError::Malformed), "{broken}");
	}
}

#[test]
fn signing_key_should_be_refused_when_the_master_key_is_no_point() {
	let mut master = [0; 33];
	(master[0], master[32]) = (2, 5);
	assert_eq!(Ethereum::signing_key(&master, &[1; 32]), Err(AddressError::BadKey));
	master[32] = 1;
	assert!(Ethereum::signing_key(&master, &[1; 32]).is_ok());
}

// EIP-55, "Test Cases".
#[test]
fn address_should_be_written_as_in_eip55() {
	for text in [
		"0x52908400098527886E0F7030069857D2E4169EE7",
		"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
		"0xde709f2102306220921060314715629080e2fb77",
		"0x27b1fdb04752bbc536007a920d24acb045561c26",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
		"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	] {
		assert_eq!(
			Address::parse(text).map(|address| address.to_checksum()).as_deref(),
			Some(text)
		);
	}
}

#[test]
fn log_should_say_what_is_wrong_when_it_is_refused() {
	let event = Event::Ordered { nonce: 1 };
	let (topics, data) = encode(&event);
	let shape = decode(&topics, &[0; 32]).unwrap_err();
	assert_eq!(shape, LogError::WrongShape { event: "Ordered(uint64)", topics: 2, data: 32 });
	assert_eq!(shape.to_string(), "Ordered(uint64) cannot have 2 topics and 32 bytes of data");
	let range = decode(&[topics[0], [1; 32]], &data).unwrap_err();
	assert_eq!(range, LogError::OutOfRange { event: "Ordered(uint64)" });
}
