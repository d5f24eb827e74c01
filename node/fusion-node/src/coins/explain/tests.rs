use super::*;

type Mapping = MappingError<Runtime, BitcoinInstance>;

/// As the node has it: without the name, which is not encoded.
fn through_the_wire(error: DispatchError) -> DispatchError {
	use codec::{Decode, Encode};
	DispatchError::decode(&mut &error.encode()[..]).expect("it was encoded")
}

#[test]
fn errors_of_asset_mapping_are_named_and_explained() {
	for (error, name, hint) in [
		(Mapping::NoActiveGroup, "NoActiveGroup: ", "try again when"),
		(Mapping::NotEnoughMappedCoins, "NotEnoughMappedCoins: ", "coins --account"),
		(Mapping::MaxFeeTooLow, "MaxFeeTooLow: ", "--max-fee"),
		(Mapping::AddressDepositUnpaid, "AddressDepositUnpaid: ", "send it some"),
		(Mapping::Overflow, "Overflow: ", "documentation"),
	] {
		let text = dispatch(through_the_wire(error.into()));
		assert!(text.starts_with(name) && text.contains(hint), "{text}");
	}
}

#[test]
fn other_errors_are_named() {
	let text = dispatch(TokenError::FundsUnavailable.into());
	assert!(text.contains("enough FSN"), "{text}");
	assert_eq!(dispatch(DispatchError::BadOrigin), "BadOrigin");
	let other = pallet_revive::frame_system::Error::<Runtime>::CallFiltered;
	let text = dispatch(through_the_wire(other.into()));
	assert!(text.contains("System") && text.contains("CallFiltered"), "{text}");
	// A pallet that there is not.
	let unknown = DispatchError::Module(sp_runtime::ModuleError {
		index: 254,
		error: [9, 0, 0, 0],
		message: None,
	});
	assert!(dispatch(unknown).contains("254"));
}

#[test]
fn what_the_pool_refuses_is_explained() {
	let data = "\"Inability to pay some fees (e.g. account balance too low)\"";
	let text = pool(1_010, "Invalid Transaction", Some(data));
	assert_eq!(
		text,
		"Invalid Transaction (Inability to pay some fees (e.g. account balance too low)): the account does not have \
		 the FSN that the transaction costs: send it some"
	);
	assert!(pool(1_014, "Priority is too low: (1 vs 1)", None).contains("same number"));
	assert_eq!(pool(1_016, "Immediately Dropped", None), "Immediately Dropped");
	assert_eq!(pool(-32_000, "odd", Some("\"data\"")), "odd (data)");
}

#[test]
fn the_texts_of_the_runtime_are_those_that_are_looked_for() {
	use sp_runtime::transaction_validity::InvalidTransaction as I;
	for (error, words) in
		[(I::Payment, "pay some fees"), (I::BadProof, "bad signature"), (I::Stale, "outdated")]
	{
		let text: &'static str = error.into();
		assert!(text.contains(words), "{text}");
	}
}
