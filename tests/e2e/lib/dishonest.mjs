// A collator that breaks HHCM's rules (node/dishonest), and what the others say about it.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blake2b } from '@noble/hashes/blake2.js';
import { ss58 } from './chainspec.mjs';
import { NODE } from './network.mjs';
import { Reader } from './scale.mjs';

/** The program of a collator that breaks rules. */
export const DISHONEST = process.env.FUSION_DISHONEST || join(dirname(NODE), 'fusion-dishonest');

/** One FSN in its smallest unit. */
export const FSN = 10n ** 18n;

/** Bonds these accounts (public keys) as candidates from the start, besides what they are already. */
export function addBonds(file, ids, bond) {
	const text = readFileSync(file, 'utf8');
	const head = '"bookkeeping": {';
	if (text.split(head).length !== 2 || text.includes('"candidates"')) {
		throw new Error(`${file} has no bookkeeping nodes to add bonds to`);
	}
	const candidates = ids.map((id) => `["${ss58(id)}", ${bond}, 0]`).join(', ');
	writeFileSync(file, text.replace(head, `${head} "candidates": [${candidates}],`));
}

/** A node of a network that runs the dishonest program, and behaves as it is told. */
export class Rogue {
	/** `siblings` is how many a flood has. */
	constructor(node, { siblings }) {
		if (!existsSync(DISHONEST)) throw new Error(`${DISHONEST} is missing; fix: scripts/build --all-targets`);
		this.node = node;
		this.file = join(node.network.dir, `${node.name}.conduct`);
		node.program.command = DISHONEST;
		node.program.env = { FUSION_CONDUCT_FILE: this.file, FUSION_SIBLINGS: String(siblings) };
		this.become('honest');
	}

	/** From the next slot on it behaves like that. */
	become(conduct) {
		this.conduct = conduct;
		writeFileSync(this.file, conduct);
	}

	/** What it did: the conduct, the slot, what is said of it, and the blocks in that. */
	acts(conduct) {
		const log = this.node.program.since(0);
		return [...log.matchAll(/act: (\S+) in slot (\d+): (.*?) *$/gm)]
			.map(([, name, slot, what]) => {
				return { conduct: name, slot: Number(slot), what, blocks: what.match(/0x[0-9a-f]{64}/g) ?? [] };
			})
			.filter((act) => conduct === undefined || act.conduct === conduct);
	}

	/** All blocks that it made which are not as they should be. */
	blocks() {
		return new Set(this.acts().flatMap(({ blocks }) => blocks));
	}
}

/** A node of a network that runs the dishonest program, makes honest blocks, and lies as a member of key groups. */
export class Liar {
	constructor(node) {
		if (!existsSync(DISHONEST)) throw new Error(`${DISHONEST} is missing; fix: scripts/build --test-programs`);
		this.node = node;
		this.file = join(node.network.dir, `${node.name}.member`);
		node.program.command = DISHONEST;
		node.program.env = { FUSION_CONDUCT: 'honest', FUSION_DCRM_CONDUCT_FILE: this.file };
		this.become('honest');
	}

	/** From the next message on it does these things: see `Misdeed` in node/dishonest. */
	become(...misdeeds) {
		writeFileSync(this.file, misdeeds.join());
	}

	/** How often it has done something. */
	acts(misdeed) {
		const log = this.node.program.since(0);
		return [...log.matchAll(/act: (\S+) to /g)].filter(([, name]) => name === misdeed).length;
	}
}

// --- What it costs ------------------------------------------------------------------------------

/** Everything that an account has earned and could claim. */
export async function earned(node, id, at) {
	return (await node.runtime('BookkeepingApi_claimable', id, at)).u128();
}

/** What comes back of an account's stake that unbonds: with whom, and how much. */
export async function unbonding(node, id, at) {
	const data = await node.runtime('BookkeepingApi_unbonding', id, at);
	const chunks = data.list(() => {
		const chunk = { node: data.hex(32), amount: data.u128() };
		data.u32();
		return chunk;
	});
	data.end();
	return chunks;
}

const STATES = ['standing', 'idle', 'leaving', 'dissolving'];

/** A bookkeeping node as its pallet shows it: where it stands, its own bond. `null` if it is none any more. */
export async function nodeView(node, id, at) {
	const data = await node.runtime('BookkeepingApi_node', id, at);
	return data.option(() => {
		data.hex(32);
		const state = data.option(() => STATES[data.u8()]);
		return { state, invulnerable: data.u8() === 1, bond: data.u128() };
	});
}

/** What has been issued to bookkeeping nodes. */
export async function issued(node, at) {
	const data = await node.runtime('BookkeepingApi_emission', '', at);
	data.u128(); // what a block issues
	data.option(() => data.u32());
	return data.u128();
}

// Keys of the state: `twox_128` of a pallet's name, and of an item's.
const EVENTS = '0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7';
const ACCOUNT = '0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9';
const TOTAL_ISSUANCE = '0xc2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80';
/** The account of the treasury: `modl`, its name, and zeros. */
export const TREASURY = Buffer.from('modlfsn/trea').toString('hex').padEnd(64, '0');

/** How much there is of the currency. */
export async function issuance(node, at) {
	return new Reader(await node.rpc('state_getStorage', TOTAL_ISSUANCE, at)).u128();
}

/** What an account has that is not held. */
export async function freeOf(node, id, at) {
	const hash = Buffer.from(blake2b(Buffer.from(id, 'hex'), { dkLen: 16 })).toString('hex');
	const value = await node.rpc('state_getStorage', `${ACCOUNT}${hash}${id}`, at);
	if (value === null) return 0n;
	const data = new Reader(value);
	data.take(4 * 4); // its nonce, and who counts on it
	return data.u128();
}

/** Reads the events of blocks that this is about. */
export class Events {
	/** `metadata` is that of the runtime. */
	constructor(metadata) {
		this.numbers = {
			deposit: metadata.event('Balances', 'Deposit'),
			slashed: metadata.event('Bookkeeping', 'Slashed'),
			rewarded: metadata.event('Bookkeeping', 'BlockRewarded'),
			reported: metadata.event('Hhcm', 'EquivocationReported'),
		};
	}

	/** Those of a block. */
	async of(node, hash) {
		const encoded = ((await node.rpc('state_getStorage', EVENTS, hash)) ?? '0x').slice(2);
		return new BlockEvents(this.numbers, encoded);
	}
}

class BlockEvents {
	constructor(numbers, encoded) {
		Object.assign(this, { numbers, encoded });
	}

	/**
	 * Readers of what follows the number of an event and an account. An account's 32 bytes are not found anywhere
	 * by chance.
	 */
	#after(event, account) {
		return this.encoded.split(this.numbers[event] + account).slice(1).map((rest) => new Reader(rest));
	}

	/** The reports of equivocation of an account: in which slot, and who gets the reporter's part. */
	reported(account) {
		return this.#after('reported', account).map((data) => ({ slot: Number(data.u64()), reporter: data.hex(32) }));
	}

	/** The slashes of an account: which part of its stake (in billionths), and how much was taken at once. */
	slashed(account) {
		return this.#after('slashed', account).map((data) => {
			data.u32(); // the session
			const fraction = data.u32();
			data.u8(); // the reason
			return { fraction, taken: data.u128() };
		});
	}

	/** What an account was given: the amounts. */
	given(account) {
		return this.#after('deposit', account).map((data) => data.u128());
	}

	/** What the block of this author distributed, and what of that was the treasury's. */
	rewarded(author) {
		const [data] = this.#after('rewarded', author);
		return data ? { amount: data.u128(), treasury: data.u128() } : null;
	}
}

// --- What honest ones have signed ---------------------------------------------------------------

/** Kinds of records of a signing guard. */
export const GUARDED = { block: 1, package: 2 };
const GUARD_HEADER = 8;
const GUARD_RECORD = 114;

/**
 * What a node has signed, as its signing guard has it on disk: the slot, the kind, what it is one of (a node signs
 * one of these), and the hash of its content.
 */
export function guarded({ dir }) {
	const folder = join(dir, 'hhcm');
	const name = existsSync(folder) && readdirSync(folder).find((file) => file.endsWith('.signed'));
	if (!name) return [];
	const bytes = readFileSync(join(folder, name));
	const records = [];
	// The last one may be half written.
	for (let at = GUARD_HEADER; at + GUARD_RECORD <= bytes.length; at += GUARD_RECORD) {
		const record = bytes.subarray(at, at + GUARD_RECORD);
		records.push({
			slot: Number(record.readBigUInt64LE(0)),
			kind: record[8],
			place: record.subarray(0, 74).toString('hex'),
			hash: record.subarray(74, 106).toString('hex'),
		});
	}
	return records.filter(({ kind }) => Object.values(GUARDED).includes(kind));
}

// --- What the others say ------------------------------------------------------------------------

/** A metric of each node with this label, the sum over its other labels; 0 if it has none. */
export async function labelled(nodes, metric, label) {
	return Promise.all(
		nodes.map(async (node) => {
			const own = (await node.metrics()).filter(({ name, labels }) => name === metric && labels.includes(label));
			return own.reduce((sum, { value }) => sum + value, 0);
		}),
	);
}

/** Which of these blocks a node knows. */
export async function known(node, hashes) {
	const found = [];
	// One after another: a node takes no more than a hundred connections at once.
	for (const hash of hashes) {
		if ((await node.rpc('chain_getHeader', hash)) !== null) found.push(hash);
	}
	return found;
}

/** Blocks that a node refused or failed to import, by hash: how often. */
export function refusals({ program }) {
	const count = new Map();
	const patterns = [
		/\bblock (0x[0-9a-f]{64}) is refused: /g,
		/Verification failed for block (0x[0-9a-f]{64})/g,
		// Not those that were only late, see verdict.mjs.
		/Error importing block (0x[0-9a-f]{64}): (?!.*(?:block not in finalized chain|unknown parent))/g,
		/Block (0x[0-9a-f]{64}) received from peer \S+ has been blacklisted/g,
	];
	for (const pattern of patterns) {
		for (const [, hash] of program.since(0).matchAll(pattern)) count.set(hash, (count.get(hash) ?? 0) + 1);
	}
	return count;
}

/** Blocks whose execution failed at a node, by hash: how often. */
export function failures({ program }) {
	const count = new Map();
	const failed = /Error importing block (0x[0-9a-f]{64}): .*Import failed: (?!.*not in finalized chain)/g;
	for (const [, hash] of program.since(0).matchAll(failed)) count.set(hash, (count.get(hash) ?? 0) + 1);
	return count;
}

/** Memory that a node's process has, in MiB. */
export function memory({ program }) {
	const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
	return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) / 1024;
}

// --- Chance -------------------------------------------------------------------------------------

/** The chance that at least `hits` of `draws` hit, if each does with the chance `share`. */
export function tail(hits, draws, share) {
	let term = (1 - share) ** draws;
	let below = 0;
	for (let k = 0; k < hits; k++) {
		below += term;
		term *= ((draws - k) / (k + 1)) * (share / (1 - share));
	}
	return Math.max(0, 1 - below);
}
