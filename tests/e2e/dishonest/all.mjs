// HHCM with a collator among five that breaks the rules (node/dishonest): it gains nothing, what can be proven
// is punished, and the others go on. And an honest one that is killed in the middle of its slot is not punished.
//
// The short form is part of `make test`: about three minutes, each misdeed once or twice. The long form tells the
// shares of blocks and rewards as well:
//
//   HHCM_DISHONEST_SLOTS=40 node --test hhcm-dishonest.test.mjs     so many slots for each misdeed

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeLocalSpec } from '../lib/chainspec.mjs';
import { Chronicle } from '../lib/chronicle.mjs';
import {
	FSN,
	Rogue,
	addBonds,
	beginOf,
	earned,
	eventsOf,
	failures,
	known,
	labelled,
	memory,
	refusals,
	reported,
	slashed,
	tail,
	toTreasury,
	unbonding,
} from '../lib/dishonest.mjs';
import { Chain, SLOT, claimOf, elect, slotNow, stateAt } from '../lib/hhcm.mjs';
import { COLLATORS, Network } from '../lib/network.mjs';
import { sleep } from '../lib/rpc.mjs';
import { counted } from '../lib/verdict.mjs';

const NODES = COLLATORS.slice(0, 5);
const GROUPS = 2;
const DIFFICULTY = 4_096;
/** What each has bonded, and which part of it an equivocation costs. */
const BOND = 10_000n * FSN;
const PART = 0.1;
/** Slots for each misdeed in the long form; none in the short one. */
const SLOTS = Number(process.env.HHCM_DISHONEST_SLOTS || 0);
/** Siblings of a flood, and how many of one author, parent and slot a node executes at most. */
const SIBLINGS = SLOTS > 0 ? 400 : 40;
const MAX_SIBLINGS = 4;
/** More memory than this a flood must not take (MiB). */
const MEMORY = 128;
/** Blocks have to be in so many of all slots. */
const FILLED = 0.75;
/** A share of blocks as large as the dishonest one's must not be rarer than this by chance. */
const BY_CHANCE = 1e-4;
/** In the long form: its rewards are at most so many times an honest one's. */
const REWARDS = 1.25;
/** How long a misdeed may take to happen, in slots: it needs a turn for most of them. */
const PATIENCE = 25;
/** How many slots a report may take to be in a final block. */
const FINAL_WITHIN = 15;
/** Misdeeds whose blocks are not sound. */
const BROKEN = ['flood', 'swap', 'claim', 'break'];
/** How often an honest one is killed. */
const KILLS = SLOTS > 0 ? 5 : 1;

const LIMIT = { timeout: (15 + (SLOTS * 8 * SLOT) / 60_000) * 60_000 };

test('a dishonest collator should gain nothing, and be slashed when that can be proven', LIMIT, () => {
	return live(misdeeds, ['equivocate-blocks', 'equivocate-packages']);
});

// On a network of its own: whoever is slashed is not drawn again until the session ends.
test('a flood of siblings should be held back, and slashed', LIMIT, () => live(flood, ['flood']));

/** Lets five collators live through something. `offences`: what the dishonest one does that can be proven. */
async function live(run, offences) {
	assert.ok(Number.isInteger(SLOTS) && SLOTS >= 0, 'HHCM_DISHONEST_SLOTS is a number of slots');
	const dir = mkdtempSync(join(tmpdir(), 'fusion-dishonest-'));
	const world = { tale: new Chronicle(), shares: [], offences };
	try {
		const chain = join(dir, 'chain.json');
		const nodes = NODES.map((account) => ({ ...account, args: ['--state-pruning=archive'] }));
		world.network = await Network.create({ dir, chain, nodes, bitcoin: false, orphaned: 'KILL' });
		const ids = NODES.map(({ id }) => id);
		writeLocalSpec(chain, { authors: ids, groups: GROUPS, difficulty: DIFFICULTY });
		addBonds(chain, ids, BOND);
		world.honest = world.network.nodes.slice(0, -1);
		world.rogue = new Rogue(world.network.nodes.at(-1), { siblings: SIBLINGS });
		world.tale.title('Four honest collators, and one that is not');
		await begin(world);
		await run(world);
		await judge(world);
	} catch (error) {
		const logs = (world.network?.programs ?? []).map(({ log }) => `\n${log}`);
		if (logs.length > 0) error.message += `\n\nThe logs:${logs.join('')}`;
		await world.network?.stop();
		throw error;
	}
	await world.network.stop();
	rmSync(dir, { recursive: true, force: true });
}

async function misdeeds(world) {
	await misdeed(world, 'withhold', 2, { counts: ({ what }) => what.startsWith('kept') });
	await misdeed(world, 'omit', 1, { counts: ({ blocks }) => blocks.length > 0 });
	await killed(world);
	// These cost it its connections for a while.
	const failed = (hash) => world.honest.some((node) => failures(node).has(hash));
	const isSeen = () => world.rogue.acts('swap').some(({ blocks }) => blocks.some(failed));
	await misdeed(world, 'swap', 1, { seen: isSeen });
	await connected(world);
	await misdeed(world, 'claim', SLOTS > 0 ? 2 : 1, { seen: refusedAs(world, ['claim', 'signature']) });
	await connected(world);
	await misdeed(world, 'break', SLOTS > 0 ? 5 : 1, { seen: refusedAs(world, ['ticket', 'future', 'digest']) });
	await connected(world);
	// Last: whoever is slashed is not drawn again. A packager it may be still.
	for (const conduct of world.offences) {
		const seen = () => world.rogue.acts(conduct).some(({ slot }) => accused(world).has(slot));
		await misdeed(world, conduct, 1, { seen });
	}
}

/** Waits until the dishonest one has connections again, and the others' best block. */
async function connected({ network, honest, rogue, tale }) {
	await network.wait('the dishonest collator to be connected again', async () => {
		const { peers } = await rogue.node.rpc('system_health');
		return peers > 0 && (await rogue.node.best()) >= (await honest[0].best()) - 1;
	}, PATIENCE * SLOT);
	tale.note('the dishonest collator is connected');
}

/** Says whether honest ones have refused more blocks for one of these reasons than at first. */
function refusedAs({ honest }, reasons) {
	let first = null;
	return async () => {
		const counts = await Promise.all(
			reasons.map((reason) => labelled(honest, 'fusion_hhcm_blocks_refused_total', `reason="${reason}"`)),
		);
		const sum = counts.flat().reduce((total, count) => total + count, 0);
		first ??= sum;
		return sum > first;
	};
}

/** The slots in which honest ones have seen somebody sign two things: who that was. */
function accused({ honest }) {
	const seen = new Map();
	for (const { program } of honest) {
		for (const [, node, slot] of program.since(0).matchAll(/equivocation, node (\d+) signed two things in slot (\d+)/g)) {
			seen.set(Number(slot), Number(node));
		}
	}
	return seen;
}

/** Starts everything, until all nodes have the same best block. What follows its parent is counted. */
async function begin(world) {
	const { network, rogue, honest, tale } = world;
	tale.step('Five collators start');
	await network.start(tale.note);
	const best = await network.wait('all collators to have the same best block', async () => {
		const hashes = await Promise.all(network.nodes.map((node) => node.rpc('chain_getBlockHash')));
		return hashes.every((other) => other === hashes[0]) && hashes[0];
	});
	const { parentHash: hash } = await honest[0].rpc('chain_getHeader', best);
	const header = await honest[0].rpc('chain_getHeader', hash);
	world.base = { hash, number: Number(header.number), slot: claimOf(header).slot };
	world.chain = new Chain(world.base);
	const { authorities } = await stateAt(honest[0], hash);
	world.authorities = authorities;
	world.index = authorities.findIndex(({ id }) => id === rogue.node.id);
	tale.holds('all five weigh the same', authorities.length === 5 && world.index >= 0 &&
		authorities.every(({ weight }) => weight === authorities[0].weight));
}

/**
 * Has the dishonest one behave like that: in the short form until it did so `count` times and the others have
 * `seen` it, in the long one for some slots. `counts` says what is one time.
 */
async function misdeed(world, conduct, count, { counts = () => true, seen = () => true } = {}) {
	const { network, rogue, honest, tale } = world;
	tale.step(conduct);
	await seen();
	const first = slotNow() + 1;
	const before = await incomes(world);
	rogue.become(conduct);
	const done = async () => rogue.acts(conduct).filter(counts).length >= count && (await seen());
	await network.wait(`the dishonest collator to ${conduct}`, done, PATIENCE * SLOT);
	if (SLOTS > 0) await reach(network, first + SLOTS);
	rogue.become('honest');
	const last = slotNow();
	for (const { slot, what } of rogue.acts(conduct).filter(({ what }) => !what.startsWith('sibling'))) {
		tale.note(`slot ${slot}: ${what}`);
	}
	if (BROKEN.includes(conduct)) await unknown(world, conduct);
	if (SLOTS === 0) return;

	await reach(network, last + 1, 1_500);
	const blocks = (await world.chain.read(honest[0])).filter(({ slot }) => slot >= first && slot <= last);
	const own = blocks.filter(({ author }) => author === rogue.node.id).length;
	const after = await incomes(world);
	const gained = after.map((amount, i) => Number(amount - before[i]) / Number(FSN));
	const mean = gained.slice(0, -1).reduce((sum, amount) => sum + amount, 0) / honest.length;
	world.shares.push({ conduct, slots: last - first + 1, blocks: blocks.length, own, gained: gained.at(-1), mean });
	tale.note(`${own} of ${blocks.length} blocks are its own; it earned ${gained.at(-1).toFixed(3)} FSN, ` +
		`an honest one ${mean.toFixed(3)} FSN in the mean`);
	const chance = tail(own, blocks.length, 1 / NODES.length);
	tale.holds(`so many blocks are not above an honest one's share (by chance ${chance.toExponential(1)})`,
		chance >= BY_CHANCE);
	tale.holds(`it earned at most ${REWARDS} times as much`, gained.at(-1) <= REWARDS * mean);
}

/** No honest one has any of the blocks that are not sound. */
async function unknown({ honest, rogue }, conduct) {
	const made = rogue.acts(conduct).flatMap(({ blocks }) => blocks);
	for (const node of honest) {
		assert.deepEqual(await known(node, made), [], `${node.name} has a block of "${conduct}" that is not sound`);
	}
}

/** What each has earned. */
async function incomes({ network, honest }) {
	const at = await honest[0].rpc('chain_getBlockHash');
	return Promise.all(network.nodes.map(({ id }) => earned(honest[0], id, at)));
}

/** Many siblings: few are executed, and nothing grows. */
async function flood(world) {
	const { honest, rogue, tale } = world;
	const before = honest.map(memory);
	const seen = refusedAs(world, ['siblings']);
	await misdeed(world, 'flood', 1, { counts: ({ what }) => what.endsWith('siblings'), seen });
	const after = honest.map(memory);
	const grown = after.map((now, i) => now - before[i]);
	tale.holds(
		`memory of the others grew by ${grown.map((mib) => mib.toFixed(0)).join(', ')} MiB, at most ${MEMORY}`,
		grown.every((mib) => mib <= MEMORY),
	);
	const acts = rogue.acts('flood');
	for (const slot of new Set(acts.map((act) => act.slot))) {
		const siblings = acts.filter((act) => act.slot === slot).flatMap(({ blocks }) => blocks);
		for (const node of honest) {
			const failed = failures(node);
			const executed = siblings.filter((hash) => failed.has(hash));
			assert.ok(
				executed.length < MAX_SIBLINGS,
				`${node.name} executed ${executed.length} of the siblings of slot ${slot}`,
			);
			assert.ok(
				executed.every((hash) => failed.get(hash) === 1),
				`${node.name} executed a sibling of slot ${slot} again and again`,
			);
		}
		tale.note(`✓ of ${siblings.length} siblings in slot ${slot} no node executed ${MAX_SIBLINGS}`);
	}
}

/** Honest collators are killed in the middle of a slot that is theirs, and started again. */
async function killed(world) {
	const { network, honest, tale } = world;
	tale.step('Honest collators are killed in the middle of their slots');
	for (let kills = 0; kills < KILLS; kills++) {
		const { victim, slot } = await network.wait('the slot of an honest collator', () => inItsSlot(world), PATIENCE * SLOT);
		await victim.program.kill();
		victim.start();
		tale.note(`${victim.name} was killed ${Date.now() - beginOf(slot)} ms into its slot ${slot}, and started again`);
		await network.wait(`${victim.name} to be back`, async () => {
			const [own, other] = await Promise.all([victim.best(), honest[0].best()]);
			return own >= other - 1;
		}, PATIENCE * SLOT);
	}
}

/** An honest collator that comes first in this slot, while it packages or assembles. */
async function inItsSlot({ honest, authorities }) {
	const slot = slotNow();
	const into = Date.now() - beginOf(slot);
	if (into > 1_000) return null;
	const best = await honest[0].rpc('chain_getBlockHash');
	const { round } = await stateAt(honest[0], best);
	if (round.lastSlot >= slot) return null;
	const { places } = elect(round, slot, authorities);
	const first = authorities[places.findIndex(({ position }) => position === 0)];
	// The first node is asked all the time.
	const victim = honest.slice(1).find(({ id }) => id === first?.id);
	if (victim === undefined) return null;
	await sleep(beginOf(slot) + 900 - Date.now());
	return { victim, slot };
}

/** What the whole run says. */
async function judge(world) {
	const { network, honest, rogue, tale, base, chain, shares } = world;
	tale.step('The whole run');
	const offences = await punished(world);
	await reach(network, slotNow() + 1, 1_500);
	network.check();

	// All of these are read by rules that the node has no part in: none is broken.
	const blocks = await chain.read(honest[0]);
	const span = blocks.at(-1).slot - base.slot;
	tale.holds(
		`${blocks.length} of ${span} slots have a block, at least ${FILLED * 100} %, and none breaks a rule`,
		blocks.length >= FILLED * span,
	);
	const own = blocks.filter(({ author }) => author === rogue.node.id).length;
	const chance = tail(own, blocks.length, 1 / NODES.length);
	tale.holds(`${own} of ${blocks.length} are the dishonest one's, not above an honest share`, chance >= BY_CHANCE);
	const last = Math.min(...(await Promise.all(honest.map((node) => node.finalized()))));
	const hashes = await Promise.all(honest.map((node) => node.rpc('chain_getBlockHash', last)));
	tale.holds(`the honest ones have finalized the same block ${last}`, new Set(hashes).size === 1 && last > base.number);

	await refusedAll(world);
	await lost(world, blocks);
	const income = await incomes(world);
	const mean = income.slice(0, -1).reduce((sum, amount) => sum + amount, 0n) / BigInt(honest.length);
	tale.holds('it has earned no more than an honest one', income.at(-1) <= mean, `${income.at(-1)} and ${mean}`);

	const others = new Set();
	for (const { hash } of blocks) {
		const events = await eventsOf(honest[0], hash);
		for (const node of honest) {
			if (reported(events, node.id).length + slashed(events, node.id).length > 0) others.add(node.name);
		}
	}
	tale.holds('no honest one was reported or slashed', others.size === 0, [...others].join(', '));
	for (const { conduct, slots, blocks: all, own: mine, gained, mean: other } of shares) {
		tale.note(`${conduct.padEnd(20)} ${slots} slots, ${mine} of ${all} blocks, ${gained.toFixed(3)} FSN (${other.toFixed(3)})`);
	}
	tale.note(`${offences} offences were reported, ${Math.round((Date.now() - tale.began) / 1000)} s`);
}

/** Whatever can be proven was reported, and has cost the bond. Returns how many offences there were. */
async function punished(world) {
	const { network, honest, rogue, tale, base } = world;
	const { id } = rogue.node;
	const seen = accused(world);
	tale.holds(
		'nobody else was seen to sign two things',
		[...seen.values()].every((node) => node === world.index),
		[...seen].map(([slot, node]) => `node ${node} in slot ${slot}`).join(', '),
	);
	const wanted = [...seen.keys()];
	for (const conduct of world.offences) {
		const slots = rogue.acts(conduct).map(({ slot }) => slot);
		tale.holds(`it was seen to ${conduct}`, slots.some((slot) => seen.has(slot)));
	}
	const found = new Map();
	const slashes = [];
	let next = base.number;
	const look = async () => {
		const last = await honest[0].finalized();
		for (; next <= last; next++) {
			const hash = await honest[0].rpc('chain_getBlockHash', next);
			const events = await eventsOf(honest[0], hash);
			for (const report of reported(events, id)) found.set(report.slot, { hash, number: next, ...report });
			for (const slash of slashed(events, id)) slashes.push({ hash, events, ...slash });
		}
		return wanted.every((slot) => found.has(slot));
	};
	await network.wait('all offences to be reported in final blocks', look, FINAL_WITHIN * SLOT);
	for (const slot of wanted) tale.note(`✓ what it signed twice in slot ${slot} was reported in final block ${found.get(slot).number}`);
	tale.holds('nothing else was reported', found.size === wanted.length, [...found.keys()].join(', '));
	const twice = await counted(honest, 'fusion_hhcm_equivocations_total');
	tale.holds('the honest ones have seen it', twice.some((count) => count > 0), twice.join(', '));

	// Once in a session.
	tale.holds('it was slashed once', slashes.length === 1, String(slashes.length));
	const [{ hash, events, fraction, taken }] = slashes;
	tale.holds(`it has lost ${PART * 100} % of its bond`, fraction === PART && taken === BOND / 10n, `${fraction}, ${taken}`);
	tale.holds('the treasury was given half of that', toTreasury(events).includes(taken / 2n));
	const chunks = await unbonding(honest[0], id, hash);
	tale.holds(
		'the rest of its bond is on its way back, and no more',
		chunks.length === 1 && chunks[0].node === id && chunks[0].amount === BOND - taken,
		chunks.map(({ amount }) => amount).join(', '),
	);
	return wanted.length;
}

/** Blocks that break a rule were refused by all, and no other block was. */
async function refusedAll(world) {
	const { honest, rogue, tale } = world;
	for (const conduct of BROKEN) await unknown(world, conduct);
	const broken = BROKEN.flatMap((conduct) => rogue.acts(conduct).flatMap(({ blocks }) => blocks));
	tale.holds(`no honest one has any of the ${broken.length} blocks that are not sound`, broken.length > 0);
	const bad = rogue.blocks();
	const wrong = honest.flatMap((node) => [...refusals(node).keys()].filter((hash) => !bad.has(hash)));
	tale.holds('no other block was refused', wrong.length === 0, wrong.join(', '));
}

/** Blocks without a package that was there have lost, if an honest node was drawn that could make a better one. */
async function lost({ honest, rogue, authorities, index, tale, base }, blocks) {
	const chain = new Set(blocks.map(({ hash }) => hash));
	let [contested, kept] = [0, 0];
	for (const { slot, blocks: made } of rogue.acts('omit')) {
		if (made.length === 0) continue;
		// Blocks that have lost are forgotten when others are final, but not their parents.
		const parent = [base, ...blocks].filter((block) => block.slot < slot).at(-1);
		const { round } = await stateAt(honest[0], parent.hash);
		const { places } = elect(round, slot, authorities);
		if (!places.some(({ position }, node) => position !== undefined && node !== index)) continue;
		contested += 1;
		kept += made.some((hash) => chain.has(hash)) ? 1 : 0;
	}
	tale.holds(`of ${contested} blocks that leave out a group, ${kept} are in the chain`, kept <= contested / 10);
}

/** Waits until so many milliseconds into a slot. */
async function reach(network, slot, into = 0) {
	const time = beginOf(slot) + into;
	while (Date.now() < time) {
		network.check();
		await sleep(Math.min(500, Math.max(1, time - Date.now())));
	}
}
