// A collator offers validators blocks that break HHCM's rules: none is included, and the others go on.

import { Rogue } from '../lib/dishonest.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { relayBlock } from '../lib/relaychain.mjs';
import { seconds } from './world.mjs';

/** So many blocks that break a rule are offered, each another one. */
const OFFERS = 4;
/** A collator assembles about every third slot, and a validator that was offered a bad block does not listen for a while. */
const PATIENCE = 30 * OFFERS * SLOT;
/** A block that waits for inclusion is included, or dropped, within so many blocks of the relay chain. */
const WAIT = 8;
/** So many blocks of the others have to be included in the meantime. */
const OTHERS = 5;

export async function dishonest(world) {
	const { network, tale, rows } = world;
	const [first] = network.nodes;
	const [validator] = network.validators;
	const node = network.nodes.at(-1);

	tale.step(`${node.name} runs another program, which offers validators blocks that break a rule`);
	const began = Date.now();
	await node.program.kill();
	const { command, env } = node.program;
	const rogue = new Rogue(node, { siblings: 1 });
	const from = network.validators.map(({ program }) => program.position());
	node.start();
	await network.wait(`${node.name} to be back`, async () => {
		return (await node.best()) >= (await first.best()) - 1;
	}, PATIENCE);
	let last = await relayBlock(validator, await validator.finalized(), network.para.id);
	rogue.become('break');
	await network.wait(`${OFFERS} bad blocks to be offered`, () => rogue.acts('break').length >= OFFERS, PATIENCE);
	rogue.become('honest');
	for (const { slot, what } of rogue.acts('break')) tale.note(`slot ${slot}: ${what}`);

	// Until all that is under way has been decided.
	const end = (await validator.best()) + WAIT;
	await network.wait(`block ${end} of the relay chain to be final`, async () => {
		return (await validator.finalized()) >= end;
	}, PATIENCE);
	const bad = rogue.blocks();
	const included = [];
	let others = 0;
	for (let number = last.number + 1; number <= end; number++) {
		const block = await relayBlock(validator, number, network.para.id);
		if (bad.has(block.head.hash)) included.push(block.head.hash);
		else if (block.head.hash !== last.head.hash) others += 1;
		last = block;
	}
	tale.holds(`none of ${bad.size} bad blocks is included`, included.length === 0, included.join(', '));
	tale.holds(`${others} blocks that break no rule are, at least ${OTHERS}`, others >= OTHERS);

	// What validators say. One that was offered a bad block does not listen to its collator for a while.
	const logs = network.validators.map(({ name, program }, i) => ({ name, log: program.since(from[i]) }));
	let refused = 0;
	const reasons = [];
	for (const { name, log } of logs) {
		const errors = refusals(log);
		const own = broken(log);
		for (const error of errors) tale.note(`${name} refuses: ${error}`);
		for (const reason of own) tale.note(`${name} says: ${reason}`);
		refused += errors.length;
		reasons.push(...own);
	}
	tale.holds(`validators have refused ${refused} candidates`, refused > 0);
	tale.holds('they say which rule was broken', reasons.length > 0);
	const known = await Promise.all([...bad].map((hash) => first.rpc('chain_getHeader', hash)));
	tale.holds('no honest collator has any of the bad blocks', known.every((header) => header === null));
	// Validators listen to it again after a while. Until then others would wait for what it makes.
	await node.program.kill();
	Object.assign(node.program, { command, env });
	node.start();
	await network.wait(`${node.name} to be back`, async () => {
		return (await node.best()) >= (await first.best()) - 1;
	}, PATIENCE);
	network.check();
	rows.push(
		['bad blocks offered, refused by a validator, included', `${bad.size}, ${refused}, ${included.length}`],
		["blocks of others that were included meanwhile", String(others)],
		['that took', `${seconds(Date.now() - began)} s`],
	);
}

/** Candidates that a validator found to be invalid: what it says of each. */
function refusals(log) {
	const failed = /Failed to validate candidate.*?error=(.*)$/gm;
	return [...log.matchAll(failed)].map(([, error]) => error.slice(0, 200));
}

/**
 * Which rules were broken. The validator itself only says that the runtime stopped: the runtime's own message comes
 * from the program that executes it, which writes into the same log.
 */
function broken(log) {
	return [...log.matchAll(/\bhhcm: .*$/gm)].map(([message]) => message);
}
