// A network on a relay chain, and what is counted on it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chronicle } from '../lib/chronicle.mjs';
import { RelayNetwork } from '../lib/relay.mjs';

/** Starts two validators and three collators; with `coins`, a key group and bitcoind as well. */
export async function begin({ coins = false } = {}) {
	const world = { tale: new Chronicle(), rows: [] };
	const dir = mkdtempSync(join(tmpdir(), 'fusion-relay-'));
	try {
		world.tale.title(`Two validators, three collators${coins ? ', a key group of four, and bitcoind' : ''}`);
		world.tale.step('They start');
		world.network = await RelayNetwork.create({
			dir,
			eth: coins,
			coins,
			// Says when a block is begun.
			collatorArgs: ['-lcollator=debug'],
			orphaned: 'KILL',
		});
		const began = Date.now();
		await world.network.start(world.tale.note);
		world.rows.push(['until a first block was final', `${seconds(Date.now() - began)} s`]);
	} catch (error) {
		if (world.network) throw await failed(world, error);
		rmSync(dir, { recursive: true, force: true });
		throw error;
	}
	return world;
}

/** Stops everything, and tells what was counted. The logs are kept if `isSound` is false. */
export async function end(world, isSound) {
	const { network, tale, rows } = world;
	tale.step('In numbers');
	const width = Math.max(...rows.map(([name]) => name.length));
	for (const [name, value] of rows) tale.note(`${name.padEnd(width)}   ${value}`);
	await network.stop();
	if (isSound) network.remove();
	else tale.note(`the logs are in ${network.dir}`);
}

/** Puts the ends of the logs into an error, and stops everything. */
async function failed({ network }, error) {
	error.message += tails(network);
	await network.stop();
	return error;
}

/** The ends of all logs. */
export function tails(network) {
	const ends = network.programs.map((program) => `\n--- ${program.log}\n${program.tail(15)}`);
	return `\n\nThe ends of the logs:\n${ends.join('\n')}`;
}

export const seconds = (ms) => (ms / 1_000).toFixed(1);

/** Of numbers, the one in the middle and the largest. */
export function spread(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b);
	if (sorted.length === 0) throw new Error('nothing was measured');
	return { median: sorted[Math.floor(sorted.length / 2)], longest: sorted.at(-1) };
}

export const share = (part, whole) => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
