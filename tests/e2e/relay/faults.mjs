// A collator is killed in the middle of its own block, and a validator with it. When both are back, the chain
// goes on where it was, and nobody has signed anything twice.

import { SLOT, claimOf } from '../lib/hhcm.mjs';
import { until } from '../lib/rpc.mjs';
import { complaints } from '../lib/verdict.mjs';
import { seconds } from './world.mjs';

/** How often it is tried to kill a collator while it makes a block, before that was done. */
const TRIES = 10;
/** A collator assembles about every third slot. */
const TURN = 40 * SLOT;
/** How long it may take until blocks are final again. */
const RECOVERY = 60 * SLOT;
/** So many blocks on top of where it was, to say that the chain goes on. */
const ENOUGH = 5;

export async function faults(world) {
	const { network, tale, rows } = world;
	const [first, , victim] = network.nodes;
	const [, validator] = network.validators;

	tale.step(`${victim.name} is killed while it makes a block`);
	const slot = await killAtWork(world, victim);
	const goal = (await first.finalized()) + ENOUGH;
	tale.note(`✓ it was making the block of slot ${slot}`);
	await reached(world, [first], goal, 'the others');

	tale.step(`The validator ${validator.name} is killed as well`);
	const began = Date.now();
	await validator.program.kill();
	const [alone] = network.validators;
	const best = await alone.best();
	await network.wait('the relay chain to go on with one validator', async () => {
		return (await alone.best()) >= best + 3;
	}, RECOVERY);
	tale.note(`✓ ${alone.name} makes blocks of the relay chain alone: nothing becomes final, as it takes both`);

	tale.step('Both come back');
	const back = Date.now();
	victim.start();
	validator.start();
	// More than the validators had finalized before.
	const next = (await first.best()) + ENOUGH;
	await reached(world, network.nodes, next, 'all collators');
	rows.push(
		['the validator was away for', `${seconds(back - began)} s`],
		['until blocks made after that were final everywhere', `${seconds(Date.now() - back)} s`],
	);
	const hashes = await Promise.all(network.nodes.map((node) => node.rpc('chain_getBlockHash', next)));
	tale.holds(`all have the same block ${next}`, hashes.every((hash) => hash === hashes[0]), hashes.join(', '));

	await authors(world, victim, next);
	network.check();
	const { bad } = complaints(network.nodes);
	tale.holds('no log of a collator says that a rule was broken', bad.length === 0, `\n${bad.join('\n')}`);
}

/** Kills a collator between the begin and the end of a block of its own. Returns the block's slot. */
async function killAtWork({ network, tale }, victim) {
	const begun = /assembling the block of slot (\d+)/;
	for (let attempt = 1; attempt <= TRIES; attempt++) {
		const from = victim.program.position();
		await network.wait(`${victim.name} to make a block`, () => begun.test(victim.program.since(from)), TURN, 10);
		await victim.program.kill();
		const log = victim.program.since(from);
		const { 1: slot, index } = begun.exec(log);
		if (!/assembled block|no block at relay chain block/.test(log.slice(index))) return slot;
		tale.note(`  it had finished by then; again (${attempt} of ${TRIES})`);
		victim.start();
		await until(`${victim.name} to answer`, () => victim.rpc('system_health'), { timeout: 180_000 });
	}
	throw new Error(`${victim.name} was never killed while it made a block`);
}

/** Waits until some collators have finalized a block. */
async function reached({ network, tale }, nodes, number, who) {
	await network.wait(`${who} to finalize block ${number}`, async () => {
		for (const node of nodes) {
			if ((await node.finalized()) < number) return false;
		}
		return true;
	}, RECOVERY);
	tale.note(`✓ ${who} have finalized block ${number}`);
}

/** Waits until a collator has authored a block that is final, after a block. */
async function authors({ network, tale }, node, after) {
	const [asked] = network.nodes;
	const found = await network.wait(`${node.name} to author again`, async () => {
		const last = await asked.finalized();
		for (let number = after; number <= last; number++) {
			const hash = await asked.rpc('chain_getBlockHash', number);
			const header = await asked.rpc('chain_getHeader', hash);
			const answer = await asked.runtime('HhcmApi_authorities', '', header.parentHash);
			const ids = answer.list(() => {
				const id = answer.hex(32);
				answer.u64(); // its weight
				return id;
			});
			if (ids[claimOf(header).author] === node.id) return number;
		}
		return null;
	}, RECOVERY);
	tale.note(`✓ ${node.name} has authored again: block ${found}`);
}
