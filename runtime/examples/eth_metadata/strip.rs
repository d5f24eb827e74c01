//! Takes out of metadata what nobody uses. The Ethereum JSON-RPC's build generates and compiles code for
//! all that is in it: of a whole runtime, that is most of what it compiles.

use codec::Encode;
use frame_metadata::{
	v16::{PalletMetadata, RuntimeMetadataV16, StorageEntryType},
	RuntimeMetadataPrefixed,
};
use scale_info::{form::PortableForm, PortableRegistry, PortableType, Type, TypeDef, TypeDefTuple};

/// What is kept of a pallet, besides its calls, events and errors.
struct Pallet {
	name: &'static str,
	constants: &'static [&'static str],
	storage: &'static [&'static str],
}

/// What `pallet-revive-eth-rpc` 0.24 uses. Of something that is missing here it says so when it is compiled.
const PALLETS: [Pallet; 2] = [
	// How much an extrinsic has weighed, which is an event, and may weigh.
	Pallet { name: "System", constants: &["BlockWeights"], storage: &[] },
	// The call that carries an Ethereum transaction, its logs and whether it was reverted (events), the
	// chain's id, and contracts' accounts. The rest of the storage is there for its types: they are on the
	// list of those that the crate has code of its own for, and have to exist.
	Pallet {
		name: "Revive",
		constants: &["ChainId"],
		storage: &["AccountInfoOf", "EthereumBlock", "ReceiptInfoData"],
	},
];
/// The only runtime API that is called.
const API: &str = "ReviveApi";

fn kept(pallet: &str) -> Option<&'static Pallet> {
	PALLETS.iter().find(|kept| kept.name == pallet)
}

/// The bytes of what is kept, as the runtime itself would answer.
pub fn to_bytes(mut metadata: RuntimeMetadataV16) -> Vec<u8> {
	metadata.pallets.retain_mut(|pallet| match kept(&pallet.name) {
		Some(kept) => {
			strip_pallet(pallet, kept);
			true
		},
		None => false,
	});
	metadata.apis.retain(|api| api.name == API);
	for api in &mut metadata.apis {
		api.docs.clear();
		api.methods.iter_mut().for_each(|method| method.docs.clear());
	}
	// Extrinsics are made with the extensions of the chain that the node is connected to.
	metadata.extrinsic.transaction_extensions.clear();
	metadata.extrinsic.transaction_extensions_by_version.clear();
	metadata.custom.map.clear();
	strip_types(&mut metadata);
	RuntimeMetadataPrefixed::from(metadata).encode()
}

fn strip_pallet(pallet: &mut PalletMetadata<PortableForm>, kept: &Pallet) {
	pallet.docs.clear();
	pallet.associated_types.clear();
	pallet.view_functions.clear();
	pallet.constants.retain(|constant| kept.constants.contains(&constant.name.as_str()));
	for constant in &mut pallet.constants {
		constant.docs.clear();
		// Read from the chain that the node is connected to: here only its type matters.
		constant.value.clear();
	}
	if let Some(storage) = &mut pallet.storage {
		storage.entries.retain(|entry| kept.storage.contains(&entry.name.as_str()));
		storage.entries.iter_mut().for_each(|entry| entry.docs.clear());
	}
	pallet.storage.take_if(|storage| storage.entries.is_empty());
}

/// Takes out the types that are no longer used, and numbers the others anew.
fn strip_types(metadata: &mut RuntimeMetadataV16) {
	// The enums of all calls, events and errors lead to nearly every type of the runtime.
	let enums = &metadata.outer_enums;
	for outer in [&enums.call_enum_ty, &enums.event_enum_ty, &enums.error_enum_ty] {
		if let Some(PortableType { ty: Type { type_def: TypeDef::Variant(outer), .. }, .. }) =
			metadata.types.types.get_mut(outer.id as usize)
		{
			outer.variants.retain(|pallet| kept(&pallet.name).is_some());
		}
	}

	let mut types = std::mem::replace(&mut metadata.types, PortableRegistry { types: Vec::new() });
	// Numbers are given out in the order of the old ones, which the whole runtime has a say in. A tuple of
	// all types that are used, as the only one that is asked for, makes them depend on those types alone.
	let used = used_types(metadata);
	let tuple = types.types.len() as u32;
	let fields = used.iter().map(|id| (**id).into()).collect();
	types.types.push(PortableType {
		id: tuple,
		ty: Type {
			path: Default::default(),
			type_params: Vec::new(),
			type_def: TypeDef::Tuple(TypeDefTuple { fields }),
			docs: Vec::new(),
		},
	});
	let numbers = types.retain(|id| id == tuple);
	for id in used {
		*id = numbers[id];
	}
	types.types.iter_mut().for_each(|ty| strip_docs(&mut ty.ty));
	metadata.types = types;
}

/// The numbers of all types that metadata names outside of other types.
fn used_types(metadata: &mut RuntimeMetadataV16) -> Vec<&mut u32> {
	let RuntimeMetadataV16 { pallets, extrinsic, apis, outer_enums, .. } = metadata;
	let mut used = vec![
		&mut extrinsic.address_ty.id,
		&mut extrinsic.call_ty.id,
		&mut extrinsic.signature_ty.id,
		&mut outer_enums.call_enum_ty.id,
		&mut outer_enums.event_enum_ty.id,
		&mut outer_enums.error_enum_ty.id,
	];
	for pallet in pallets {
		used.extend(pallet.calls.iter_mut().map(|calls| &mut calls.ty.id));
		used.extend(pallet.event.iter_mut().map(|event| &mut event.ty.id));
		used.extend(pallet.error.iter_mut().map(|error| &mut error.ty.id));
		used.extend(pallet.constants.iter_mut().map(|constant| &mut constant.ty.id));
		for entry in pallet.storage.iter_mut().flat_map(|storage| &mut storage.entries) {
			match &mut entry.ty {
				StorageEntryType::Plain(value) => used.push(&mut value.id),
				StorageEntryType::Map { key, value, .. } => {
					used.extend([&mut key.id, &mut value.id]);
				},
			}
		}
	}
	for method in apis.iter_mut().flat_map(|api| &mut api.methods) {
		used.extend(method.inputs.iter_mut().map(|input| &mut input.ty.id));
		used.push(&mut method.output.id);
	}
	used
}

/// No documentation is generated from it.
fn strip_docs(ty: &mut Type<PortableForm>) {
	ty.docs.clear();
	match &mut ty.type_def {
		TypeDef::Composite(composite) => {
			composite.fields.iter_mut().for_each(|field| field.docs.clear());
		},
		TypeDef::Variant(variant) => {
			for variant in &mut variant.variants {
				variant.docs.clear();
				variant.fields.iter_mut().for_each(|field| field.docs.clear());
			}
		},
		_ => {},
	}
}
