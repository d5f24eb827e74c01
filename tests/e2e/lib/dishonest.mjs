// A collator that breaks HHCM's rules (node/dishonest), and what the others say about it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ss58 } from './chainspec.mjs';
import { SLOT } from './hhcm.mjs';
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
		if (!existsSync(DISHONEST)) throw new Error(`${DISHONEST} is missing; fix: make build`);
		this.node = node;
		this.file = join(node.network.dir, 'conduct');
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
		return [...log.matchAll(/act: (\S+) in slot (\d+): (.*)$/gm)]
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

/** The key of the events in the state: `System`, `Events`. */
const EVENTS = '0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7';
// Pallets and events as they are numbered in the runtime.
const DEPOSIT = '0a07';
const SLASHED = '1510';
const EQUIVOCATION = '1702';
/** The account of the treasury: `modl`, its name, and zeros. */
const TREASURY = Buffer.from('modlfsn/trea').toString('hex').padEnd(64, '0');

/** The events of a block, encoded, in hex. */
export async function eventsOf(node, hash) {
	return ((await node.rpc('state_getStorage', EVENTS, hash)) ?? '0x').slice(2);
}

/**
 * What events say after a number of an event and an account: readers of what follows. An account's 32 bytes are
 * not found anywhere by chance.
 */
function after(events, number, account) {
	return events.split(number + account).slice(1).map((rest) => new Reader(rest));
}

/** The reports of equivocation of an account: in which slot, and who gets the reporter's part. */
export function reported(events, account) {
	return after(events, EQUIVOCATION, account).map((data) => ({ slot: Number(data.u64()), reporter: data.hex(32) }));
}

/** The slashes of an account: which part of its stake, and how much of its own was taken at once. */
export function slashed(events, account) {
	return after(events, SLASHED, account).map((data) => {
		data.u32(); // the session
		const fraction = Number(data.u32()) / 1e9;
		data.u8(); // the reason
		return { fraction, taken: data.u128() };
	});
}

/** What the treasury was given in a block: the amounts. */
export function toTreasury(events) {
	return after(events, DEPOSIT, TREASURY).map((data) => data.u128());
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
	const headers = await Promise.all([...hashes].map((hash) => node.rpc('chain_getHeader', hash)));
	return [...hashes].filter((_, i) => headers[i] !== null);
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

/** When a slot begins. */
export const beginOf = (slot) => slot * SLOT;
