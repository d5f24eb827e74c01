// HHCM with six collators, three of which run a program that breaks rules when it is told to (node/dishonest):
//
//   what cannot be proven gains nothing; blocks that break a rule are refused by everybody; what can be proven is
//   reported by the honest ones, and costs a part of the bond; and honest ones that are killed in the middle of
//   their slots are not punished.
//
// All misdeeds happen on one network. Those that can be proven are divided among the three, and come last: whoever
// was reported is not drawn any more. Every block of the chain is read over RPC, and checked by code that shares
// nothing with the node (lib/hhcm.mjs). What is shown, and how, is in docs/hhcm/network.md.
//
// The short form has each misdeed once or twice. The long one has each that can gain something for some slots, and
// compares what was gained with what the draws had given.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLocalSpec } from '../lib/chainspec.mjs';
import { Chronicle } from '../lib/chronicle.mjs';
import { Events, Rogue, addBonds, nodeView } from '../lib/dishonest.mjs';
import { Chain, claimOf, stateAt } from '../lib/hhcm.mjs';
import { metadataOf } from '../lib/metadata.mjs';
import { COLLATORS, Network } from '../lib/network.mjs';
import { killed } from './killed.mjs';
import { grind, leaveOut, prove, unsound, withhold } from './misdeeds.mjs';
import { judge } from './verdict.mjs';
import { BOND } from './world.mjs';

const GROUPS = 2;
const DIFFICULTY = 4_096;

/**
 * Runs it all. Throws where something does not hold. `slots`: for how many slots a misdeed goes on whose gain is
 * counted; none in the short form.
 */
export async function dishonest({ slots = 0, write = console.log } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'fusion-dishonest-'));
	const world = { slots, tale: new Chronicle(write), rows: [], omitted: new Map(), caught: [] };
	try {
		const chain = join(dir, 'chain.json');
		const nodes = COLLATORS.map((account) => ({ ...account, args: ['--state-pruning=archive'] }));
		world.network = await Network.create({ dir, chain, nodes, bitcoin: false, orphaned: 'KILL' });
		const ids = COLLATORS.map(({ id }) => id);
		writeLocalSpec(chain, { authors: ids, groups: GROUPS, difficulty: DIFFICULTY });
		addBonds(chain, ids, BOND);
		world.honest = world.network.nodes.slice(0, 3);
		// The siblings of a flood come 20 ms after one another.
		const siblings = slots > 0 ? 150 : 40;
		world.rogues = world.network.nodes.slice(3).map((node) => new Rogue(node, { siblings }));
		await run(world);
	} catch (error) {
		error.message += whatHappened(world);
		table(world);
		await world.network?.stop();
		if (!world.network) rmSync(dir, { recursive: true, force: true });
		throw error;
	}
	table(world);
	await world.network.stop();
	world.network.remove();
}

async function run(world) {
	world.tale.title('Three honest collators, and three that are told to break rules');
	await begin(world);
	await withhold(world);
	await leaveOut(world);
	if (world.slots > 0) await grind(world);
	await killed(world);
	await unsound(world);
	await prove(world);
	await judge(world);
	world.rows.push(['the run took', `${Math.round((Date.now() - world.tale.began) / 1000)} s`]);
}

/** Starts everything, until all nodes have the same best block. What follows its parent is counted. */
async function begin(world) {
	const { network, honest, tale } = world;
	const [first] = honest;
	tale.step('Six collators start');
	await network.start(tale.note);
	const best = await network.wait('all collators to have the same best block', async () => {
		const hashes = await Promise.all(network.nodes.map((node) => node.rpc('chain_getBlockHash')));
		return hashes.every((other) => other === hashes[0]) && hashes[0];
	});
	const { parentHash: hash } = await first.rpc('chain_getHeader', best);
	const header = await first.rpc('chain_getHeader', hash);
	world.base = { hash, number: Number(header.number), slot: claimOf(header).slot };
	world.chain = new Chain(world.base);
	world.metadata = await metadataOf(first);
	world.events = new Events(world.metadata);

	const { authorities } = await stateAt(first, hash);
	world.authorities = authorities;
	const places = new Map(authorities.map(({ id }, index) => [id, index]));
	for (const node of network.nodes) node.place = places.get(node.id);
	tale.holds(
		'the six are the bookkeeping nodes, and weigh the same',
		authorities.length === network.nodes.length && network.nodes.every(({ place }) => place !== undefined) &&
			authorities.every(({ weight }) => weight === authorities[0].weight && weight > 0n),
		JSON.stringify(authorities, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
	);
	for (const node of network.nodes) {
		const view = await nodeView(first, node.id, hash);
		tale.holds(
			`${node.name} is a candidate and has bonded ${BOND / 10n ** 18n} FSN`,
			view?.state === 'standing' && view.bond === BOND,
			view ? `${view.state}, ${view.bond}` : 'it is no bookkeeping node',
		);
	}
}

/** For whoever has to find out what went wrong: what dishonest ones did, and the ends of the logs. */
function whatHappened({ network, rogues = [] }) {
	const acts = rogues.flatMap((rogue) => {
		const own = rogue.acts().filter(({ what }) => !what.startsWith('sibling '));
		return own.slice(-20).map(({ conduct, slot, what }) => `${rogue.node.name}, slot ${slot}, ${conduct}: ${what}`);
	});
	const ends = (network?.programs ?? []).map((program) => `\n--- ${program.log}\n${program.tail(15)}`);
	return [
		...(acts.length > 0 ? ['', '', 'What dishonest collators did last:', ...acts] : []),
		...(ends.length > 0 ? ['', 'The ends of the logs:', ...ends] : []),
	].join('\n');
}

/** What was counted, as far as it got. */
function table({ tale, rows }) {
	if (rows.length === 0) return;
	tale.step('In numbers');
	const width = Math.max(...rows.map(([name]) => name.length));
	for (const [name, value] of rows) tale.note(`${name.padEnd(width)}   ${value}`);
}
