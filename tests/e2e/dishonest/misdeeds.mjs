// What dishonest collators are told to do.

import { earned, failures, known, labelled, memory, tail } from '../lib/dishonest.mjs';
import { FULL_PACKAGE, elect, firstPackager, slotNow, stateAt } from '../lib/hhcm.mjs';
import { accused, connected, fsn, reach, wait } from './world.mjs';

/** Misdeeds that might gain something: in the long form each goes on for some slots. The first is none. */
export const WINDOWS = ['honest', 'withhold', 'omit', 'claim'];
/** So many blocks without a group, of slots that others could have filled, are waited for. */
const OMISSIONS = 2;
/** Part of the blocks that a misdeed's author may have made out of turn: nodes that are late by more than a slot. */
const OUT_OF_TURN = 0.1;
/** Part of what all blocks have paid that it may have earned above what the draws had given it: the same. */
const ABOVE = 0.05;
/** A share of blocks as large as the dishonest one's must not be rarer than this by chance. */
const BY_CHANCE = 1e-4;
/** How many siblings of one author, parent and slot a node executes at most. */
const MAX_SIBLINGS = 4;
/** More memory than this a flood must not take (MiB). */
const MEMORY = 128;

/** Keeps its packages to itself, and makes blocks of them. In the long form after a time of honesty. */
export async function withhold(world) {
	const { rogues, slots, rows } = world;
	const rogue = rogues[1];
	if (slots > 0) await misdeed(world, rogue, 'honest', () => true);
	const kept = () => rogue.acts('withhold').filter(({ what }) => what.startsWith('kept')).length;
	await misdeed(world, rogue, 'withhold', () => kept() > 0);
	rows.push(['packages withheld', String(kept())]);
}

/** Leaves out the package of a group. */
export async function leaveOut(world) {
	const rogue = world.rogues[1];
	await misdeed(world, rogue, 'omit', async () => (await contested(world, rogue)) >= OMISSIONS);
}

/** Solves tickets of others' places. */
export async function grind(world) {
	const rogue = world.rogues[1];
	await misdeed(world, rogue, 'claim', refusedAs(world, ['claim']));
	await unknown(world);
	await connected(world);
}

/** Blocks that are not sound: all three at once. */
export async function unsound(world) {
	const [swapping, grinding, breaking] = world.rogues;
	const isLong = world.slots > 0;
	const failed = (hash) => world.honest.some((node) => failures(node).has(hash));
	await together(world, [
		{ rogue: swapping, conduct: 'swap', done: () => swapping.acts('swap').some(({ blocks }) => blocks.some(failed)) },
		{ rogue: grinding, conduct: 'claim', done: refusedAs(world, isLong ? ['claim', 'signature'] : ['claim']) },
		{ rogue: breaking, conduct: 'break', done: refusedAs(world, isLong ? ['ticket', 'future', 'digest'] : ['ticket']) },
	]);
	await unknown(world);
	await connected(world);
}

/** What can be proven: all three at once. */
export async function prove(world) {
	const [flooding, sealing, packaging] = world.rogues;
	const before = world.honest.map(memory);
	const isSeen = (rogue, conduct) => {
		const own = new Set(rogue.acts(conduct).map(({ slot }) => slot));
		return accused(world).some(({ node, slot }) => node === rogue.node && own.has(slot));
	};
	const tooMany = refusedAs(world, ['siblings']);
	// From now on they are counted.
	await tooMany();
	const isFlooded = () => flooding.acts('flood').some(({ what }) => what.endsWith(' siblings'));
	await together(world, [
		{
			rogue: flooding,
			conduct: 'flood',
			done: async () => isFlooded() && isSeen(flooding, 'flood') && (await tooMany()),
		},
		{ rogue: sealing, conduct: 'equivocate-blocks', done: () => isSeen(sealing, 'equivocate-blocks') },
		{ rogue: packaging, conduct: 'equivocate-packages', done: () => isSeen(packaging, 'equivocate-packages') },
	]);
	flooded(world, flooding, before);
	await unknown(world);
}

/** Few siblings are executed, each once, and nothing grows. */
function flooded({ honest, tale, rows }, rogue, before) {
	const grown = honest.map((node, i) => memory(node) - before[i]);
	const acts = rogue.acts('flood');
	const counts = [];
	for (const slot of new Set(acts.map((act) => act.slot))) {
		const siblings = acts.filter((act) => act.slot === slot).flatMap(({ blocks }) => blocks);
		const executed = honest.map((node) => {
			const failed = failures(node);
			return siblings.filter((hash) => failed.has(hash)).map((hash) => failed.get(hash));
		});
		counts.push(`${siblings.length}: ${executed.map((each) => each.length).join(', ')}`);
		tale.holds(
			`of ${siblings.length} siblings in slot ${slot} honest ones have executed ` +
				`${executed.map((each) => each.length).join(', ')}, at most ${MAX_SIBLINGS}, and none again`,
			executed.every((each) => each.length <= MAX_SIBLINGS && each.every((times) => times === 1)),
			JSON.stringify(executed),
		);
	}
	const mib = grown.map((each) => each.toFixed(0)).join(', ');
	tale.holds(
		`memory of honest ones has grown by ${mib} MiB meanwhile, by at most ${MEMORY}`,
		grown.every((each) => each <= MEMORY),
	);
	rows.push(['siblings of a flood: executed by honest ones', counts.join('; ')]);
	rows.push(['memory of honest ones grew meanwhile by', `${mib} MiB`]);
}

/**
 * Has one behave like that until it is `done`, and in the long form for so many slots: then what it has gained is
 * counted.
 */
async function misdeed(world, rogue, conduct, done) {
	const { network, slots, tale } = world;
	tale.step(`${rogue.node.name}: ${conduct}`);
	if (conduct === 'claim') await done();
	const first = slotNow() + 1;
	rogue.become(conduct);
	await wait(world, `${rogue.node.name} to ${conduct}, and the others to see it`, done);
	if (slots > 0) await reach(network, first + slots - 1, 3_000);
	const last = slotNow();
	rogue.become('honest');
	say(world, rogue, conduct);
	if (slots > 0) await gains(world, rogue, conduct, first, last);
}

/** Has several behave badly at once, each until it is done. */
async function together(world, parts) {
	const { tale } = world;
	tale.step(parts.map(({ rogue, conduct }) => `${rogue.node.name}: ${conduct}`).join('; '));
	for (const { rogue, conduct, done } of parts) {
		// What is counted from now on.
		await done();
		rogue.become(conduct);
	}
	let left = parts;
	await wait(world, `${parts.map(({ conduct }) => conduct).join(', ')} to be seen`, async () => {
		for (const part of left) {
			part.seen = (await part.done()) && part.rogue.acts(part.conduct).length > 0;
			if (part.seen) part.rogue.become('honest');
		}
		left = left.filter(({ seen }) => !seen);
		if (left.length > 0) throw new Error(`not yet: ${left.map(({ conduct }) => conduct).join(', ')}`);
		return true;
	});
	for (const { rogue, conduct } of parts) say(world, rogue, conduct);
}

/** Tells what one did. */
function say({ tale }, rogue, conduct) {
	const acts = rogue.acts(conduct).filter(({ what }) => !what.startsWith('sibling '));
	for (const { slot, what } of acts.slice(-5)) tale.note(`slot ${slot}: ${what}`);
	if (acts.length > 5) tale.note(`and ${acts.length - 5} times before`);
}

/**
 * Says whether honest ones have refused more blocks for each of these reasons than when it was asked first.
 */
function refusedAs({ honest }, reasons) {
	let first = null;
	return async () => {
		const counts = await Promise.all(reasons.map(async (reason) => {
			const each = await labelled(honest, 'fusion_hhcm_blocks_refused_total', `reason="${reason}"`);
			return each.reduce((sum, count) => sum + count, 0);
		}));
		first ??= counts;
		return counts.every((count, i) => count > first[i]);
	};
}

/** Misdeeds whose blocks are not sound. */
export const BROKEN = ['flood', 'swap', 'claim', 'break'];

/** No honest one has any of the blocks that are not sound. Returns how many there are. */
export async function unknown({ honest, rogues, tale }) {
	const acts = rogues.flatMap((rogue) => rogue.acts()).filter(({ conduct }) => BROKEN.includes(conduct));
	const made = acts.flatMap(({ blocks }) => blocks);
	for (const node of honest) {
		const has = await known(node, made);
		tale.holds(`${node.name} has none of the ${made.length} blocks that are not sound`, has.length === 0, has.join(', '));
	}
	return made.length;
}

/**
 * Notes blocks that leave out a group, and whether an honest one was drawn that could make a better one. Returns
 * how many of these there are.
 */
async function contested({ honest, omitted }, rogue) {
	const acts = rogue.acts('omit');
	for (const { slot, blocks } of acts) {
		const hasLeftOut = acts.some((act) => act.slot === slot && act.what.startsWith('left out'));
		for (const hash of hasLeftOut ? blocks : []) {
			if (omitted.has(hash)) continue;
			// Blocks that have lost are forgotten when others are final.
			const header = await rogue.node.rpc('chain_getHeader', hash);
			if (header === null) continue;
			const { round, authorities } = await stateAt(rogue.node, header.parentHash);
			const { places } = elect(round, slot, authorities);
			omitted.set(hash, honest.some(({ place }) => places[place].position !== undefined));
		}
	}
	return [...omitted.values()].filter(Boolean).length;
}

/**
 * What one has gained in these slots: blocks that it made though others were drawn before it, and what it has
 * earned, compared with what the draws had given it, had everybody been honest. There is no chance in that.
 */
async function gains(world, rogue, conduct, first, last) {
	const { network, honest, tale, chain, rows } = world;
	const [node] = honest;
	await reach(network, last + 1, 1_500);
	const blocks = (await chain.read(node)).filter(({ slot }) => slot >= first && slot <= last);
	tale.holds('these slots have blocks', blocks.length > 0);
	const { place, id } = rogue.node;
	const own = blocks.filter(({ author }) => author === id);
	const outOfTurn = own.filter(({ position }) => position > 0).length;
	const drawn = blocks.filter(({ places }) => places[place].position === 0).length;
	const pay = await paid(world, blocks, place);
	const [from, to] = [blocks[0].parent, blocks.at(-1).hash];
	const got = Number((await earned(node, id, to)) - (await earned(node, id, from)));
	rows.push([
		`${conduct}: ${blocks.length} blocks in ${last - first + 1} slots`,
		`drawn first in ${drawn}, made ${own.length}, ${outOfTurn} out of turn; earned ${fsn(got)}, as drawn ${fsn(pay.due)}`,
	]);
	tale.note(`  ${rows.at(-1).join('; ')}`);
	if (conduct === 'honest') return;
	tale.holds(
		`${outOfTurn} of ${blocks.length} blocks were made by it out of turn, at most ${OUT_OF_TURN * 100} %`,
		outOfTurn <= Math.max(2, OUT_OF_TURN * blocks.length),
	);
	const chance = tail(own.length, blocks.length, 1 / network.nodes.length);
	tale.holds(
		`${own.length} of ${blocks.length} blocks are not above an honest share (by chance ${chance.toExponential(1)})`,
		chance >= BY_CHANCE,
	);
	tale.holds(
		`it earned ${fsn(got)}, and would have ${fsn(pay.due)} had all been honest`,
		got <= pay.due + ABOVE * pay.all,
	);
}

/** What these blocks have paid, and what of it was due to a node by the draws. */
async function paid({ honest, events, metadata }, blocks, place) {
	const part = metadata.constant('Bookkeeping', 'AssemblerShare').u32() / 1e9;
	let [all, due] = [0, 0];
	for (const { hash, author, places, groups } of blocks) {
		const amount = Number((await events.of(honest[0], hash)).rewarded(author)?.amount ?? 0n);
		all += amount;
		if (places[place].position === 0) due += part * amount;
		for (let group = 0; group < groups; group++) {
			const first = firstPackager(places, groups, group);
			if (first?.index !== place) continue;
			due += ((1 - part) * amount * first.worth) / (Number(FULL_PACKAGE) * groups);
		}
	}
	return { all, due };
}
