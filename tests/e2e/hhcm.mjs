// HHCM on a network of six collators and two transaction groups, by the wall's clock:
//
//   nearly every slot has a block, every collator authors, both groups are packaged; then one collator is
//   killed and two are stopped, and the other three go on; when the three are back, all six have one chain.
//
// Run it by `make hhcm`. Every block is read over RPC, and checked by code that shares nothing with the node
// (lib/hhcm.mjs). What is counted as a broken rule in the logs is in lib/verdict.mjs.
//
//   HHCM_SLOTS=50   how many slots are counted with all six running

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLocalSpec } from './lib/chainspec.mjs';
import { Chronicle } from './lib/chronicle.mjs';
import { Chain, SLOT, claimOf, slotNow, stateAt } from './lib/hhcm.mjs';
import { COLLATORS, Network } from './lib/network.mjs';
import { runAsProgram } from './lib/processes.mjs';
import { sleep } from './lib/rpc.mjs';
import { Traffic } from './lib/traffic.mjs';
import { complaints, counted, ticketTimes } from './lib/verdict.mjs';

const GROUPS = 2;
const DIFFICULTY = 4_096;
/** Blocks have to be in so many of the slots while all six run. */
const FILLED = 0.95;
/** How long three of six are away, in slots. */
const AWAY = 10;
/**
 * Part of the slots that have a block while half of the stake is away: a slot has none if all three draws hit
 * somebody who is away, so one in eight; less than half of ten have one once in some thousand runs.
 */
const FILLED_AWAY = 0.5;
/** So many of the blocks have to have packages of both groups. A group may be without a node in a slot. */
const BOTH_GROUPS = 0.75;
/** Blocks on top of one that all nodes have to agree on: what local networks take for final. */
const DEPTH = 3;
/** Slots after which all six have to have one chain again. */
const HEALED_WITHIN = 15;
/**
 * Slots after which every collator has to have authored. Each has a chance of one in six in each slot: that
 * one of them comes away empty happens in one of 1,500 runs of 50 slots, but in one of 7 runs of 20.
 */
const ALL_AUTHORED_WITHIN = 60;
const ENOUGH_TO_AUTHOR = 50;
/** How long after the begin of a slot the blocks of the one before are looked at (ms). */
const SETTLED = 1_500;

/** Runs it all. Throws where something does not hold. */
export async function hhcm({ slots = 50, write = console.log } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'fusion-hhcm-'));
	const world = { slots, tale: new Chronicle(write), traffic: new Traffic(), rows: [] };
	try {
		const chain = join(dir, 'chain.json');
		const nodes = COLLATORS.map((account) => ({ ...account, args: ['--state-pruning=archive'] }));
		world.network = await Network.create({ dir, chain, nodes, bitcoin: false, orphaned: 'KILL' });
		const authors = COLLATORS.map(({ id }) => id);
		writeLocalSpec(chain, { authors, groups: GROUPS, difficulty: DIFFICULTY });
		world.nodes = world.network.nodes;
		world.node = world.nodes[0];
		await run(world);
	} catch (error) {
		world.traffic.stopped = true;
		const programs = world.network?.programs ?? [];
		const logs = programs.map((program) => `\n--- ${program.log}\n${program.tail(15)}`);
		if (logs.length > 0) error.message += `\n\nThe ends of the logs:\n${logs.join('\n')}`;
		else rmSync(dir, { recursive: true, force: true });
		table(world);
		await world.network?.stop();
		throw error;
	}
	table(world);
	await world.network.stop();
	world.network.remove();
}

async function run(world) {
	world.tale.title('Six collators, two groups');
	await begin(world);
	await together(world);
	const away = await apart(world);
	await again(world, away);
	await judge(world);
}

/**
 * Starts everything, until all nodes have the same best block. What follows its parent is counted: the block
 * itself may still be replaced by a better one of its slot.
 */
async function begin(world) {
	const { network, nodes, node, tale } = world;
	tale.step('Six collators start');
	await network.start(tale.note);
	const best = await network.wait('all collators to have the same best block', async () => {
		const hashes = await Promise.all(nodes.map((each) => each.rpc('chain_getBlockHash')));
		return hashes.every((other) => other === hashes[0]) && hashes[0];
	});
	const { parentHash: hash } = await node.rpc('chain_getHeader', best);
	const header = await node.rpc('chain_getHeader', hash);
	world.base = { hash, number: Number(header.number), slot: claimOf(header).slot };
	world.chain = new Chain(world.base);
	tale.note(`all have block ${world.base.number}, of slot ${world.base.slot}: what follows it is counted`);

	const { round, authorities } = await stateAt(node, hash);
	const ids = authorities.map(({ id }) => id);
	tale.holds(
		'the six are the bookkeeping nodes, and weigh the same',
		ids.length === nodes.length && nodes.every(({ id }) => ids.includes(id)) &&
			authorities.every(({ weight }) => weight === authorities[0].weight),
		JSON.stringify(authorities, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
	);
	tale.holds(`there are ${GROUPS} transaction groups`, round.groups === GROUPS, String(round.groups));
	world.rows.push(['groups, difficulty', `${round.groups}, ${round.difficulty}`]);
}

/** All six run. */
async function together(world) {
	const { network, node, tale, base, chain, slots, traffic } = world;
	const [first, last] = [base.slot + 1, base.slot + slots];
	tale.step(`Slots ${first} to ${last}, with transfers`);
	await traffic.start(node.eth);
	for (let at = first + 10; at <= last; at += 10) {
		await reach(network, at);
		tale.note(`slot ${at}: block ${await node.best()}, ${traffic.done} transfers`);
	}
	await reach(network, last + 1, SETTLED);

	const all = await chain.read(node);
	const blocks = all.filter(({ slot }) => slot <= last);
	tale.note(`✓ ${all.length} blocks were read, and break no rule`);
	world.rows.push(['slots with all six', String(slots)], ['filled', share(blocks.length, slots)]);
	tale.holds(
		`${blocks.length} of ${slots} slots have a block, at least ${FILLED * 100} %`,
		blocks.length >= FILLED * slots,
	);
	tale.holds(
		'each has a later slot than its parent',
		blocks.every(({ slot, parentSlot }, i) => {
			return slot > parentSlot && parentSlot === (i === 0 ? base : blocks[i - 1]).slot;
		}),
	);
	tale.holds('each has a seed of its own', new Set(blocks.map(({ seed }) => seed)).size === blocks.length);
	tale.holds(
		'each has as many inherents as the others, and no other extrinsics outside of packages',
		new Set(blocks.map(({ inherents }) => inherents)).size === 1,
	);
	await sameBlocks(world, world.nodes);
	packages(world, blocks);
	authors(world, blocks);
}

/** Both groups have been packaged. */
function packages({ tale, rows, traffic }, blocks) {
	const both = blocks.filter((block) => block.packages.length === GROUPS).length;
	rows.push(['with packages of both groups', share(both, blocks.length)]);
	tale.holds(
		`${both} of ${blocks.length} blocks have packages of both groups, at least ${BOTH_GROUPS * 100} %`,
		both >= BOTH_GROUPS * blocks.length,
	);
	const listed = Array.from({ length: GROUPS }, (_, group) => {
		const own = blocks.flatMap((block) => block.packages.filter((made) => made.group === group));
		return own.reduce((sum, { transactions }) => sum + transactions.length, 0);
	});
	const executed = blocks.reduce((sum, { transactions }) => sum + transactions, 0);
	rows.push(['transactions in packages, by group', listed.join(', ')]);
	rows.push(['transactions in blocks', String(executed)]);
	tale.holds(
		`${executed} transactions were executed, of packages of both groups (${listed.join(' and ')} listed)`,
		executed > 0 && listed.every((count) => count > 0),
	);
	tale.holds(
		`transfers are answered by receipts, ${traffic.done} so far`,
		traffic.done > 0,
		traffic.lastError?.message ?? 'no transfer was sent',
	);
}

/** Who authored, and by which place. */
function authors({ tale, rows, nodes, slots }, blocks) {
	const count = (key, value) => blocks.filter((block) => block[key] === value).length;
	const by = nodes.map(({ name, id }) => `${name} ${count('author', id)}`).join(', ');
	rows.push(['blocks, by author', by]);
	const ranks = [...new Set(blocks.map(({ rank }) => rank))].sort((a, b) => a - b);
	rows.push(['blocks, by rank', ranks.map((rank) => `${rank}: ${count('rank', rank)}`).join(', ')]);
	rows.push(['blocks by guerrillas', share(count('guerrilla', true), blocks.length)]);
	const positions = [...new Set(blocks.map(({ position }) => position))].sort((a, b) => a - b);
	rows.push([
		'blocks, by position in the assembly order',
		positions.map((position) => `${position}: ${count('position', position)}`).join(', '),
	]);
	if (slots >= ENOUGH_TO_AUTHOR) {
		tale.holds('every collator has authored', nodes.every(({ id }) => count('author', id) > 0), by);
	} else {
		tale.note(`  blocks: ${by}`);
	}
}

/** One is killed, two are stopped. Returns them. */
async function apart(world) {
	const { network, nodes, node, tale, chain, traffic, rows } = world;
	const left = nodes.slice(0, 3);
	const [killed, ...stopped] = nodes.slice(3);
	tale.step(`${killed.name} is killed, ${stopped.map(({ name }) => name).join(' and ')} are stopped`);
	await killed.program.kill();
	for (const each of stopped) each.program.pause();
	const first = slotNow() + 1;
	const last = first + AWAY - 1;
	await reach(network, last + 1, SETTLED);

	const blocks = (await chain.read(node)).filter(({ slot }) => slot >= first && slot <= last);
	rows.push(['slots with three of six away', String(AWAY)], ['filled by the others', share(blocks.length, AWAY)]);
	tale.holds(
		`${blocks.length} of ${AWAY} slots have a block, at least ${FILLED_AWAY * 100} %`,
		blocks.length >= FILLED_AWAY * AWAY,
	);
	tale.holds(
		'all of these by the three that are left',
		blocks.every(({ author }) => left.some(({ id }) => id === author)),
	);
	await sameBlocks(world, left);
	await traffic.stop();
	tale.note(`  transfers: ${traffic.done} with a receipt, ${traffic.failed} that failed`);
	rows.push(['transfers with a receipt', String(traffic.done)]);
	return { killed, stopped };
}

/** They come back. */
async function again(world, { killed, stopped }) {
	const { network, nodes, node, tale, rows } = world;
	tale.step('They come back');
	const goal = (await node.best()) + 1;
	const began = Date.now();
	for (const each of stopped) each.program.resume();
	killed.start();
	await network.wait(`all six to have the same block ${goal}`, async () => {
		const hashes = await hashesAt(nodes, goal);
		return hashes[0] !== null && hashes.every((hash) => hash === hashes[0]);
	}, HEALED_WITHIN * SLOT);
	const took = ((Date.now() - began) / SLOT).toFixed(1);
	tale.note(`✓ all six have the same block ${goal}, the first after they were back: ${took} slots later`);
	rows.push(['slots until all six had one chain', took]);
	// Each takes blocks for final by itself: had one done so on a fork, it would never come to this.
	await network.wait(`all six to finalize block ${goal}`, async () => {
		for (const each of nodes) {
			if ((await each.finalized()) < goal) return false;
		}
		return true;
	}, HEALED_WITHIN * SLOT);
	await sameBlocks(world, nodes);
}

/** What the whole run says. */
async function judge(world) {
	const { network, nodes, tale, base, chain, rows } = world;
	tale.step('The whole run');
	// Asked of one that was away.
	const witness = nodes.at(-1);
	const missing = async () => {
		const seen = new Set((await chain.read(witness)).map(({ author }) => author));
		return nodes.filter(({ id }) => !seen.has(id)).map(({ name }) => name);
	};
	while ((await missing()).length > 0 && slotNow() < base.slot + ALL_AUTHORED_WITHIN) {
		await reach(network, slotNow() + 1, SETTLED);
	}
	const silent = await missing();
	tale.holds('every collator has authored', silent.length === 0, `${silent.join(', ')} did not`);
	const blocks = await chain.read(witness);
	const span = blocks.at(-1).slot - base.slot;
	tale.note(`✓ ${blocks.length} blocks in ${span} slots, as ${witness.name} has them, break no rule`);
	rows.push(['all slots of the run', String(span)], ['filled', share(blocks.length, span)]);

	network.check();
	const { bad, late } = complaints(nodes);
	tale.holds('no log says that a rule was broken', bad.length === 0, `\n${bad.join('\n')}`);
	rows.push(['blocks that came too late to be imported', String(late)]);
	const refused = await counted(nodes, 'fusion_hhcm_blocks_refused_total');
	const twice = await counted(nodes, 'fusion_hhcm_equivocations_total');
	const seen = await counted(nodes, 'fusion_hhcm_slots_seen_total');
	tale.holds('the metrics of all six count slots', seen.every((count) => count > 0), seen.join(', '));
	tale.holds('no node has refused a block', refused.every((count) => count === 0), refused.join(', '));
	tale.holds('no node has signed anything twice', twice.every((count) => count === 0), twice.join(', '));

	const times = ticketTimes(nodes);
	tale.holds('the logs say how long tickets took', times.length > 0);
	const median = times[Math.floor(times.length / 2)];
	rows.push(['tickets solved in, median and longest', `${median} ms, ${times.at(-1)} ms`]);
	rows.push(['the run took', `${Math.round((Date.now() - tale.began) / 1000)} s`]);
}

/** All nodes have the same blocks, but for the last few. */
async function sameBlocks({ tale, base }, nodes) {
	const best = await Promise.all(nodes.map((node) => node.best()));
	const last = Math.min(...best) - DEPTH;
	const numbers = Array.from({ length: last - base.number + 1 }, (_, i) => base.number + i);
	const chains = await Promise.all(nodes.map((node) => node.rpc('chain_getBlockHash', numbers)));
	const fork = numbers.find((_, i) => chains.some((hashes) => hashes[i] !== chains[0][i]));
	tale.holds(
		`${nodes.length} nodes have the same blocks from ${base.number} to ${last}, ` +
			`${Math.max(...best) - last} below the best`,
		last > base.number && chains[0][0] === base.hash && fork === undefined,
		fork === undefined ? `their best blocks are ${best.join(', ')}` : `block ${fork} is not the same`,
	);
}

/** The hash of the block at a height, as each node has it. */
function hashesAt(nodes, number) {
	return Promise.all(nodes.map((node) => node.rpc('chain_getBlockHash', number)));
}

/** Waits until so many milliseconds into a slot. */
async function reach(network, slot, into = 0) {
	const time = slot * SLOT + into;
	while (Date.now() < time) {
		network.check();
		await sleep(Math.min(500, Math.max(1, time - Date.now())));
	}
}

const share = (part, whole) => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;

/** What was counted, as far as it got. */
function table({ tale, rows }) {
	if (rows.length === 0) return;
	tale.step('In numbers');
	const width = Math.max(...rows.map(([name]) => name.length));
	for (const [name, value] of rows) tale.note(`${name.padEnd(width)}   ${value}`);
}

runAsProgram(import.meta.url, 'HHCM', async () => {
	const slots = Number(process.env.HHCM_SLOTS || 50);
	if (!Number.isInteger(slots) || slots < 10) {
		throw new Error(`HHCM_SLOTS=${process.env.HHCM_SLOTS} is no number of slots, from 10 on`);
	}
	await hhcm({ slots });
});
