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
	const rogue = new Rogue(node, { siblings: 1 });
	const from = new Map(network.validators.map((each) => [each, each.program.position()]));
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
	const reasons = network.validators.map((each) => refusals(each, from.get(each)));
	for (const [i, said] of reasons.entries()) {
		for (const reason of said) tale.note(`${network.validators[i].name} refuses: ${reason}`);
	}
	const refused = reasons.flat();
	tale.holds(`validators have refused ${refused.length} candidates`, refused.length > 0);
	tale.holds('they say which rule was broken', refused.some((reason) => reason.includes('hhcm: ')), refused.join('\n'));
	const known = await Promise.all([...bad].map((hash) => first.rpc('chain_getHeader', hash)));
	tale.holds('no honest collator has any of the bad blocks', known.every((header) => header === null));
	network.check();
	rows.push(
		['bad blocks offered, refused by a validator, included', `${bad.size}, ${refused.length}, ${included.length}`],
		["blocks of others that were included meanwhile", String(others)],
		['that took', `${seconds(Date.now() - began)} s`],
	);
}

/** Why a validator found candidates to be invalid. */
function refusals({ program }, from) {
	const failed = /Failed to validate candidate.*?error=(.*)$/gm;
	return [...program.since(from).matchAll(failed)].map(([, reason]) => reason.slice(0, 400));
}
