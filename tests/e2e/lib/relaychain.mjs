// What a relay chain says of a parachain, read from a validator.

import { blake2b } from '@noble/hashes/blake2.js';
import { Reader, encode } from './scale.mjs';

// Kinds of digest items.
const CONSENSUS = 4;
const PRE_RUNTIME = 6;
/** Of what the relay chain would say of a parachain: a candidate that is not available yet counts as none. */
const TIMED_OUT = 1;

/** The data of the first digest item of a kind and engine. */
function itemOf(logs, kind, engine) {
	const name = Buffer.from(engine).toString('hex');
	for (const log of logs) {
		const item = new Reader(log);
		if (item.u8() === kind && item.hex(4) === name) return item.nested();
	}
	throw new Error(`there is no item of "${engine}" in the digest`);
}

/** The slot of a block of the relay chain. */
export function babeSlot({ digest }) {
	const data = itemOf(digest.logs, PRE_RUNTIME, 'BABE');
	data.u8(); // how the slot was won
	data.u32(); // by whom
	return Number(data.u64());
}

/** The number of the relay chain's block that a block of a parachain was made for. */
export function relayParentOf({ digest }) {
	const data = itemOf(digest.logs, CONSENSUS, 'RPSR');
	data.hex(32); // its state's root
	const number = data.compact();
	data.end();
	return number;
}

/** A parachain's head: the header of a block, as the relay chain has it. */
export function readHead(hex) {
	const header = new Reader(hex);
	const parent = `0x${header.hex(32)}`;
	const number = header.compact();
	const hash = `0x${Buffer.from(blake2b(Buffer.from(hex, 'hex'), { dkLen: 32 })).toString('hex')}`;
	return { hash, parent, number };
}

/** The relay chain's block at a height, with the parachain's head in its state. */
export async function relayBlock(validator, number, para) {
	const hash = await validator.rpc('chain_getBlockHash', number);
	if (hash === null) throw new Error(`${validator.name} has no block ${number}`);
	const header = await validator.rpc('chain_getHeader', hash);
	const data = new Reader(
		await validator.rpc(
			'state_call',
			'ParachainHost_persisted_validation_data',
			`0x${encode(para, 32)}${encode(TIMED_OUT, 8)}`,
			hash,
		),
	);
	const head = data.option(() => data.hex(data.compact()));
	if (head === null) throw new Error(`the relay chain does not know parachain ${para} in block ${number}`);
	return { number, hash, slot: babeSlot(header), head: readHead(head) };
}
