// What all parts of the story of dishonest collators share.

import { FSN } from '../lib/dishonest.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { sleep } from '../lib/rpc.mjs';

/** What each has bonded. */
export const BOND = 10_000n * FSN;
/** An equivocation costs a tenth of what is left, in billionths, and so often in a session. */
export const FRACTION = 100_000_000;
export const MOST_SLASHES = 3;

/**
 * How long anything may take to happen, in slots. The least likely thing that is waited for is that a collator is
 * drawn together with an honest one, twice: its chance is a third in a slot, so that it takes longer than 37 slots
 * once in ten thousand runs.
 */
export const PATIENCE = 60;

/** When a slot begins. */
export const beginOf = (slot) => slot * SLOT;

/** Waits until so many milliseconds into a slot. */
export async function reach(network, slot, into = 0) {
	const time = beginOf(slot) + into;
	while (Date.now() < time) {
		network.check();
		await sleep(Math.min(500, Math.max(1, time - Date.now())));
	}
}

/** Waits for something for some slots. */
export const wait = ({ network }, what, attempt) => network.wait(what, attempt, PATIENCE * SLOT);

/** Of whom the honest ones say that it signed two things, and in which slots. */
export function accused({ honest, network }) {
	const seen = new Map();
	for (const { program } of honest) {
		const said = program.since(0).matchAll(/equivocation, node (\d+) signed two things in slot (\d+)/g);
		for (const [, place, slot] of said) {
			const node = network.nodes.find((other) => other.place === Number(place));
			seen.set(`${place} ${slot}`, { node, slot: Number(slot) });
		}
	}
	return [...seen.values()];
}

/** Waits until dishonest ones have connections, and the best block, after honest ones had enough of them. */
export async function connected(world) {
	const { honest, rogues, tale } = world;
	await wait(world, 'all collators to be connected, and to have one chain', async () => {
		const best = await honest[0].best();
		for (const { node } of rogues) {
			if ((await node.peers()) < honest.length || (await node.best()) < best - 1) return false;
		}
		return true;
	});
	tale.note('all are connected');
}

/** An amount of FSN, for people. */
export const fsn = (amount) => `${(Number(amount) / Number(FSN)).toFixed(3)} FSN`;
