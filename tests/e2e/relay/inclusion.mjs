// The relay chain includes and finalizes blocks of Fusion, and every collator authors some of them.

import { inspect, stateAt } from '../lib/hhcm.mjs';
import { relayBlock, relayParentOf } from '../lib/relaychain.mjs';
import { sleep } from '../lib/rpc.mjs';
import { complaints, ticketTimes } from '../lib/verdict.mjs';
import { seconds, share, spread } from './world.mjs';

/** So many blocks of the relay chain have to include one of Fusion, and to be final. */
const BLOCKS = 30;
/** If so many do not, it takes too long. */
const PATIENCE = 3 * BLOCKS;
/**
 * The least number of Fusion's blocks in a slot of the relay chain. By design it is 1; without asynchronous
 * backing there could not be more than one in two. What is missing are slots in which two validators had a
 * block, changes of sessions, and what two processors for seven nodes do to it.
 */
const RATE = 0.6;

export async function inclusion(world) {
	const { network, tale } = world;
	const [validator] = network.validators;
	tale.step(`${BLOCKS} blocks of the relay chain include one of Fusion, and are final`);
	const watch = new Watch(network.nodes[0]);
	try {
		const relay = await follow(world, validator);
		const blocks = await read(world, relay);
		authors(world, blocks);
		speed(world, relay, blocks);
		await finality(world, blocks, watch);
	} finally {
		await watch.stop();
	}
	judge(world);
}

/** The relay chain's final blocks, from now on, until enough of them include one of Fusion. */
async function follow({ network, tale }, validator) {
	let last = await relayBlock(validator, await validator.finalized(), network.para.id);
	const blocks = [];
	let included = 0;
	while (included < BLOCKS) {
		const next = last.number + 1;
		await network.wait(`block ${next} of the relay chain to be final`, async () => {
			return (await validator.finalized()) >= next;
		});
		const block = await relayBlock(validator, next, network.para.id);
		block.isIncluding = block.head.hash !== last.head.hash;
		if (block.isIncluding) {
			included += 1;
			// One at a time: each on top of the one before.
			if (block.head.parent !== last.head.hash) {
				throw new Error(`block ${next} of the relay chain includes ${block.head.hash}, not on top of ${last.head.hash}`);
			}
			if (included % 10 === 0) tale.note(`block ${next} of the relay chain: ${included} of Fusion's are included`);
		}
		blocks.push(block);
		last = block;
		if (blocks.length > PATIENCE) {
			throw new Error(`only ${included} of ${blocks.length} blocks of the relay chain include one of Fusion`);
		}
	}
	tale.note(`✓ of ${blocks.length} final blocks of the relay chain, ${included} include one of Fusion, each on top of the one before`);
	return blocks;
}

/** Fusion's blocks that were included, each checked against HHCM's rules. */
async function read({ network, tale }, relay) {
	const [node] = network.nodes;
	const blocks = [];
	for (const { head, number: includedAt } of relay.filter(({ isIncluding }) => isIncluding)) {
		const { block } = await network.wait(`${node.name} to have block ${head.number}`, () => {
			return node.rpc('chain_getBlock', head.hash);
		});
		const state = await stateAt(node, block.header.parentHash);
		const seen = inspect({ hash: head.hash, ...block }, state);
		blocks.push({ ...seen, lag: includedAt - relayParentOf(block.header) });
	}
	tale.note(`✓ ${blocks.length} blocks of Fusion were read, and break no rule`);
	return blocks;
}

function authors({ network, tale, rows }, blocks) {
	const count = ({ id }) => blocks.filter(({ author }) => author === id).length;
	const by = network.nodes.map((node) => `${node.name} ${count(node)}`).join(', ');
	rows.push(['blocks, by author', by]);
	const positions = [0, 1, 2].map((at) => `${at}: ${blocks.filter(({ position }) => position === at).length}`);
	rows.push(['blocks, by position in the assembly order', positions.join(', ')]);
	tale.holds(`each collator has authored: ${by}`, network.nodes.every((node) => count(node) > 0));
}

function speed({ tale, rows }, relay, blocks) {
	const slots = relay.at(-1).slot - relay[0].slot + 1;
	const rate = blocks.length / slots;
	rows.push(
		['blocks of the relay chain with one of Fusion', share(blocks.length, relay.length)],
		['slots of the relay chain with a block', share(relay.length, slots)],
		["Fusion's blocks per slot of the relay chain", rate.toFixed(2)],
	);
	const { median, longest } = spread(blocks.map(({ lag }) => lag));
	rows.push(['relay chain blocks from the one it was made for to inclusion', `median ${median}, longest ${longest}`]);
	tale.holds(`there are ${rate.toFixed(2)} blocks in a slot of the relay chain, at least ${RATE}`, rate >= RATE);
}

/** All collators have taken the blocks for final, and how long that took. */
async function finality({ network, tale, rows }, blocks, watch) {
	const last = blocks.at(-1);
	await network.wait(`all collators to finalize block ${last.number}`, async () => {
		for (const node of network.nodes) {
			if ((await node.finalized()) < last.number) return false;
		}
		return true;
	});
	for (const { number, hash } of blocks) {
		for (const node of network.nodes) {
			const own = await node.rpc('chain_getBlockHash', number);
			if (own !== hash) throw new Error(`${node.name} has ${own} at height ${number}, the relay chain ${hash}`);
		}
	}
	tale.note('✓ all collators have finalized these blocks, and no others');
	const times = blocks.map(({ number }) => watch.took(number)).filter((time) => time !== null);
	const { median, longest } = spread(times);
	rows.push(['from best to final', `median ${seconds(median)} s, longest ${seconds(longest)} s (${times.length} blocks)`]);
}

function judge({ network, tale, rows }) {
	const { bad, late } = complaints(network.nodes);
	tale.holds('no log of a collator says that a rule was broken', bad.length === 0, `\n${bad.join('\n')}`);
	rows.push(['blocks that came too late to be imported', String(late)]);
	const { median, longest } = spread(ticketTimes(network.nodes));
	rows.push(['tickets solved in', `median ${median} ms, longest ${longest} ms`]);
}

/** Looks when blocks become the best, and when they become final. */
class Watch {
	constructor(node) {
		this.best = new Map();
		this.final = new Map();
		this.stopped = false;
		this.running = this.#look(node);
	}

	async #look(node) {
		let seen = null;
		while (!this.stopped) {
			// An answer that does not come is a look less.
			const now = await Promise.all([node.best(), node.finalized()]).catch(() => seen);
			if (seen && now) {
				for (let number = seen[0] + 1; number <= now[0]; number++) this.best.set(number, Date.now());
				for (let number = seen[1] + 1; number <= now[1]; number++) this.final.set(number, Date.now());
			}
			seen = now;
			await sleep(250);
		}
	}

	/** Milliseconds from best to final; `null` if both were not seen. */
	took(number) {
		const [best, final] = [this.best.get(number), this.final.get(number)];
		return best === undefined || final === undefined ? null : final - best;
	}

	async stop() {
		this.stopped = true;
		await this.running;
	}
}
