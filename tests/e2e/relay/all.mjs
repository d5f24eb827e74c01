// Fusion on a relay chain, as tests for `node --test`: `make test-relay`. It is not among those of `npm test`,
// because it wants the relay chain's node (scripts/build-relay) and both processors for half an hour.

import { test } from 'node:test';
import { coins } from './coins.mjs';
import { dishonest } from './dishonest.mjs';
import { faults } from './faults.mjs';
import { inclusion } from './inclusion.mjs';
import { load } from './load.mjs';
import { upgrade } from './upgrade.mjs';
import { begin, end, tails } from './world.mjs';
import { xcm } from './xcm.mjs';

/** In this order: some leave the network as they do not find it. */
const PARTS = [
	['inclusion', inclusion, 'blocks should be included, finalized and authored by every collator'],
	['faults', faults, 'the chain should go on when a collator at work and a validator are killed'],
	['dishonest', dishonest, 'a block that breaks a rule should not be included'],
	['xcm', xcm, "the relay chain's token should come and go, and nothing else"],
	['load', load, 'full blocks should be within what validators allow'],
	['upgrade', upgrade, 'the runtime should be upgraded through the relay chain'],
];

/** All of them, or those that are named: `RELAY_PARTS=xcm,load make test-relay`. */
function wanted(name) {
	const names = process.env.RELAY_PARTS;
	return !names || names.split(',').includes(name);
}

/** Whether all nodes are there, and nothing was found to be wrong with them. */
function isRunning(network) {
	try {
		network.check();
		return true;
	} catch {
		return false;
	}
}

/** Runs parts on a network that is started for them. */
function network(title, settings, parts) {
	const skip = !parts.some(([name]) => wanted(name)) && 'nothing of it is asked for';
	test(title, { skip, timeout: 90 * 60_000 }, async (t) => {
		const world = await begin(settings);
		let isSound = true;
		let hasFailed = false;
		const part = (run) => async () => {
			try {
				await run(world);
			} catch (error) {
				// What follows needs the network, and not that this has held.
				isSound = isRunning(world.network);
				hasFailed = true;
				error.message += tails(world.network);
				throw error;
			}
		};
		try {
			for (const [name, run, title] of parts) {
				const skip = (!isSound && 'the network is not sound') || (!wanted(name) && 'it is not asked for');
				await t.test(title, { skip }, part(run));
			}
		} finally {
			await end(world, isSound && !hasFailed);
		}
	});
}

network('Fusion on a relay chain', {}, PARTS);
network('Coins on a relay chain', { coins: true }, [
	['coins', coins, 'bitcoin should come in and go out, and a contract should run by itself'],
]);
