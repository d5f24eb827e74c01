// What a runtime says of itself: by which numbers its events are encoded, and the constants of its pallets. They
// are read from its metadata (version 14, which every node answers `state_getMetadata` with), so that no test
// has a number of an event in it.

import { Reader } from './scale.mjs';

const MAGIC = 0x6174656d;
const VERSION = 14;

/** Reads metadata, in hex. */
export function readMetadata(hex) {
	const data = new Reader(hex);
	const [magic, version] = [data.u32(), data.u8()];
	if (magic !== MAGIC || version !== VERSION) throw new Error(`this is no metadata of version ${VERSION}: ${version}`);
	const variants = new Map();
	data.list(() => readType(data, variants));
	const pallets = new Map(data.list(() => readPallet(data)).map((pallet) => [pallet.name, pallet]));
	return new Metadata(pallets, variants);
}

/** The metadata of a node's runtime. */
export const metadataOf = async (node) => readMetadata(await node.rpc('state_getMetadata'));

class Metadata {
	constructor(pallets, variants) {
		this.pallets = pallets;
		this.variants = variants;
	}

	#pallet(name) {
		const pallet = this.pallets.get(name);
		if (!pallet) throw new Error(`the runtime has no pallet ${name}`);
		return pallet;
	}

	/** What the encoding of an event begins with, in hex: the pallet's number, and the event's. */
	event(pallet, name) {
		const { index, event } = this.#pallet(pallet);
		const number = this.variants.get(event)?.get(name);
		if (number === undefined) throw new Error(`the pallet ${pallet} has no event ${name}`);
		return Buffer.from([index, number]).toString('hex');
	}

	/** A reader of a constant. */
	constant(pallet, name) {
		const value = this.#pallet(pallet).constants.get(name);
		if (value === undefined) throw new Error(`the pallet ${pallet} has no constant ${name}`);
		return new Reader(value);
	}
}

/** A type. Of enums the numbers of their variants are kept. */
function readType(data, variants) {
	const text = () => data.text();
	const id = data.compact();
	data.list(text); // its path
	data.list(() => {
		text();
		data.option(() => data.compact());
	});
	const kind = data.u8();
	const skip = KINDS[kind];
	if (!skip) throw new Error(`type ${id} is of the unknown kind ${kind}`);
	const found = skip(data);
	if (found) variants.set(id, found);
	data.list(text); // what is said of it
}

function readField(data) {
	data.option(() => data.text());
	data.compact();
	data.option(() => data.text());
	data.list(() => data.text());
}

function readVariant(data) {
	const name = data.text();
	data.list(() => readField(data));
	const index = data.u8();
	data.list(() => data.text());
	return [name, index];
}

/** How types of each kind are read. */
const KINDS = [
	// Composite.
	(data) => void data.list(() => readField(data)),
	// Variant.
	(data) => new Map(data.list(() => readVariant(data))),
	// Sequence.
	(data) => void data.compact(),
	// Array.
	(data) => {
		data.u32();
		data.compact();
	},
	// Tuple.
	(data) => void data.list(() => data.compact()),
	// Primitive.
	(data) => void data.u8(),
	// Compact.
	(data) => void data.compact(),
	// Sequence of bits.
	(data) => {
		data.compact();
		data.compact();
	},
];

const bytes = (data) => data.hex(data.compact());

function readStorage(data) {
	data.text();
	data.list(() => {
		data.text();
		data.u8(); // what there is without a value
		if (data.u8() === 0) data.compact();
		else {
			data.list(() => data.u8());
			data.compact();
			data.compact();
		}
		bytes(data);
		data.list(() => data.text());
	});
}

function readConstant(data) {
	const name = data.text();
	data.compact();
	const value = bytes(data);
	data.list(() => data.text());
	return [name, value];
}

function readPallet(data) {
	const name = data.text();
	data.option(() => readStorage(data));
	data.option(() => data.compact()); // its calls
	const event = data.option(() => data.compact());
	const constants = new Map(data.list(() => readConstant(data)));
	data.option(() => data.compact()); // its errors
	return { name, event, constants, index: data.u8() };
}
