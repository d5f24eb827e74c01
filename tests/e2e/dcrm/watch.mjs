// What a handover looks like from outside: on the chain, in the members' folders, and in their logs.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// --- On the chain -------------------------------------------------------------------------------

/** A key group, as the chain has it in its storage. Members are written as their ids (hex). */
export class KeyGroup {
	/** `api` is of a node that keeps all states. */
	constructor(api, id) {
		Object.assign(this, { api, id });
	}

	/** Storage after the block with this hash, or after the best one. */
	async #query(at) {
		return at ? (await this.api.at(at)).query : this.api.query;
	}

	/** What stays of it for good. */
	async group(at) {
		const query = await this.#query(at);
		const group = (await query.dcrm.groups(this.id)).unwrap();
		return {
			members: idsOf(group.members),
			threshold: group.threshold.toNumber(),
			active: group.state.isActive,
			attempt: group.attempt.toNumber(),
			epoch: group.epoch.toNumber(),
			key: group.key.unwrap().toHex(),
		};
	}

	/** The handover of its key, or `null` if none is under way. */
	async handover(at) {
		const query = await this.#query(at);
		const found = await query.dcrm.handovers(this.id);
		if (found.isNone) return null;
		const handover = found.unwrap();
		return {
			members: idsOf(handover.members),
			threshold: handover.threshold.toNumber(),
			phase: handover.phase.type,
			attempt: handover.attempt.toNumber(),
		};
	}

	/** Whether the chain has the dealing of the dealer with this index. */
	async dealt(index, at) {
		const query = await this.#query(at);
		return (await query.dcrm.pedersen(this.id, index)).isSome;
	}

	/** Hash and number of the last block that is final, as the node of `api` sees it. */
	async finalized() {
		const hash = await this.api.rpc.chain.getFinalizedHead();
		const header = await this.api.rpc.chain.getHeader(hash);
		return { hash: hash.toHex(), number: header.number.toNumber() };
	}

	/** Events of the pallet in all final blocks from a number on: block, name, and data by their names. */
	async events(from) {
		const { number: last } = await this.finalized();
		const found = [];
		for (let number = from; number <= last; number++) {
			const hash = await this.api.rpc.chain.getBlockHash(number);
			const records = await (await this.api.at(hash)).query.system.events();
			for (const { event } of records) {
				if (event.section !== 'dcrm') continue;
				const data = Object.fromEntries(event.data.names.map((name, i) => [name, event.data[i].toJSON()]));
				found.push({ number, name: event.method, data });
			}
		}
		return found;
	}
}

const idsOf = (members) => members.map((member) => member.toHex().slice(2));

/** The signatures of Bitcoin transactions that were delivered, by events: request, block, and index of whose it is. */
export function deliveries(events) {
	const asked = events.filter(({ name, data }) => name === 'SignatureRequested' && data.purpose?.batch);
	const requests = new Set(asked.map(({ data }) => data.request));
	return events
		.filter(({ name, data }) => name === 'SignatureDelivered' && requests.has(data.request))
		.map(({ number, data }) => ({ number, request: data.request, by: data.by }));
}

// --- On disk ------------------------------------------------------------------------------------

/** What a store of key shares has in it besides shares. */
const HEADER = 'store.header';

/** A share's file name, `<genesis>-<group>-<attempt>.share`, in parts. `null` if it is none. */
export function readName(name) {
	const match = name.match(/^([0-9a-f]{64})-(\d+)-(\d+)\.share$/);
	return match ? { genesis: match[1], group: Number(match[2]), attempt: Number(match[3]) } : null;
}

/**
 * The attempts that a folder has shares of, of one group. Throws if there is anything else in it: a share of another
 * chain or group, or what is left of a file that was written or copied.
 */
export function attemptsIn(names, genesis, group) {
	const attempts = [];
	for (const name of names) {
		if (name === HEADER) continue;
		const share = readName(name);
		if (share?.genesis !== genesis || share.group !== group) throw new Error(`there is a file ${name}`);
		attempts.push(share.attempt);
	}
	return attempts.sort((a, b) => a - b);
}

/** The attempts that a node has shares of on its disk. */
export function sharesOf(node, genesis, group) {
	const folder = join(node.dir, 'members', 'dcrm');
	try {
		return attemptsIn(existsSync(folder) ? readdirSync(folder) : [], genesis, group);
	} catch (error) {
		error.message = `${folder}: ${error.message}`;
		throw error;
	}
}

// --- In the logs --------------------------------------------------------------------------------

/**
 * The nodes that made the signature that a request asked for, by the log of the one that led them. `null` if nobody
 * has made it.
 */
export function signersOf(watch, request) {
	const made = watch.signed({ request });
	if (made === null) return null;
	const sent = `signing request ${request}: round 2 sent, attempt ${made.attempt}, signers \\[([\\d, ]+)\\]`;
	const list = watch.log(made.leader).match(new RegExp(sent))?.[1];
	return list === undefined ? null : list.split(',').map((index) => watch.nodeOf(Number(index)));
}

/** What no member may have to say in this story. */
const COMPLAINTS = [
	'old shares cannot be erased',
	'stored share cannot be read',
	'could not be stored',
	'cannot deal',
	'the key on chain is refused',
	'accusing dealer',
	'sent a wrong share',
	'sent a bad share',
	'DCRM member failed',
];

/** What members complain about that is not due to somebody having been killed. */
export function complaints(nodes) {
	return nodes.flatMap(({ name, program }) => {
		const lines = program.since(0).split('\n');
		const bad = lines.filter((line) => COMPLAINTS.some((complaint) => line.includes(complaint)));
		return bad.map((line) => `${name}: ${line.trim()}`);
	});
}
