// Fusion on a relay chain, as tests for `node --test`: `make test-relay`. It is not among those of `npm test`,
// because it wants the relay chain's node (scripts/build-relay) and both processors for half an hour.

import { test } from 'node:test';
import { dishonest } from './dishonest.mjs';
import { faults } from './faults.mjs';
import { inclusion } from './inclusion.mjs';
import { load } from './load.mjs';
import { upgrade } from './upgrade.mjs';
import { begin, end, tails } from './world.mjs';
import { xcm } from './xcm.mjs';

test('Fusion on a relay chain', { timeout: 90 * 60_000 }, async (t) => {
	const world = await begin();
	let isSound = true;
	const part = (run) => async () => {
		try {
			await run(world);
		} catch (error) {
			isSound = false;
			error.message += tails(world.network);
			throw error;
		}
	};
	try {
		await t.test('blocks should be included, finalized and authored by every collator', part(inclusion));
		await t.test('the chain should go on when a collator at work and a validator are killed', {
			skip: !isSound && 'the network is not sound',
		}, part(faults));
		await t.test('a block that breaks a rule should not be included', {
			skip: !isSound && 'the network is not sound',
		}, part(dishonest));
		await t.test("the relay chain's token should come and go, and nothing else", {
			skip: !isSound && 'the network is not sound',
		}, part(xcm));
		await t.test('full blocks should be within what validators allow', {
			skip: !isSound && 'the network is not sound',
		}, part(load));
		await t.test('the runtime should be upgraded through the relay chain', {
			skip: !isSound && 'the network is not sound',
		}, part(upgrade));
	} finally {
		await end(world, isSound);
	}
});
