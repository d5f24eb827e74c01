// The story of a key group with faulty members, on a network of five nodes and a real bitcoind on regtest:
//
//   Four nodes make a key, one of them is killed while they do; then the key is the one of all five, any four of whom
//   sign. It signs while one is dead, and while one lies; and not while one is dead and another one lies, as four have
//   to be honest. A member is killed in each phase of handovers, a member deals wrong shares, and in the end all are
//   killed at once. Both chains agree to the satoshi all the time.
//
//   DCRM_SIGNATURES=200   how many signatures are made under faults (20 if not said)
//   DCRM_PHASES=all       a member is killed in every phase, by four handovers; in the first and the fifth if not said
//   DCRM_NODES=7          seven nodes, any five of whom sign: one is dead and another one lies at the same time
//
// Run it by `make faults`.

import { toBtc } from '../lib/bitcoin.mjs';
import { Liar } from '../lib/dishonest.mjs';
import { runAsProgram } from '../lib/processes.mjs';
import { sleep } from '../lib/rpc.mjs';
import { nameOf } from '../lib/signing.mjs';
import { judgeSigners, watching } from './handover.mjs';
import { batches, settings } from './settings.mjs';
import { deliveries, sharesOf } from './watch.mjs';
import {
	NODES, begin, comeBack, disk, end, final, follow, found, handedOver, namesOf, register, reshare, tails, waitFast,
} from './world.mjs';

/** A coin, and what is left of a batch of them (satoshi). */
const COIN = 5_000_000;
const REST = 1_000_000;
/** The group that makes a key from the first block on. */
const FIRST_GROUP = 0;
/** How long nothing may be signed that must not be (ms): some turns of every member. */
const WHILE = 90_000;
/** How long it may take to be signed, and a node to start (ms). */
const PATIENCE = 300_000;

/** Tells the whole story. Throws where it goes wrong. */
export async function faults(write = console.log) {
	const chosen = settings();
	const world = await begin(write, { accounts: NODES.slice(0, chosen.nodes), name: 'faults' });
	try {
		await tell(world, chosen);
	} catch (error) {
		error.message += tails(world);
		await end(world, false);
		throw error;
	}
	await end(world, true);
}

async function tell(world, { nodes: count, signatures, handovers }) {
	const { tale, named } = world;
	tale.title('The story of a key group with faulty members');
	world.liar = new Liar(named.charlie);
	await foundWithDeath(world);
	tale.step('A first coin is locked in');
	await world.coins.lockIn(COIN);
	await register(world);
	await widen(world);

	const both = count - world.threshold >= 2;
	if (both) {
		await sign(world, signatures, { dead: named.bob, lies: true });
	} else {
		await sign(world, Math.ceil(signatures / 2), { dead: named.bob });
		await sign(world, Math.max(1, Math.floor(signatures / 2)), { lies: true });
		await neither(world);
	}
	for (const each of handovers) await refresh(world, each);
	await restartAll(world);
	await judge(world);
	tale.step('The end');
	tale.note('one key, and whoever was faulty was one of those who may be');
}

/** The first key, and a member that is killed while it is made: as soon as it has a share on disk. */
async function foundWithDeath(world) {
	const { named, network } = world;
	const victim = named.dave;
	const killing = (async () => {
		const genesis = await network.wait('the first block', () => victim.rpc('chain_getBlockHash', 0), PATIENCE);
		const [first] = await waitFast(world, `${nameOf(victim)} to have a share`, () => {
			const shares = sharesOf(victim, genesis.slice(2), FIRST_GROUP);
			return shares.length > 0 && shares;
		}, 2 * PATIENCE);
		await victim.program.kill();
		world.tale.holds('it is the share of the first attempt', first === 0, `it is that of attempt ${first}`);
		victim.start();
	})();
	await Promise.all([found(world), killing]);
	world.tale.note(`✓ ${nameOf(victim)} was killed (SIGKILL) while the key was made, and came back`);
}

/** All nodes become members. */
async function widen(world) {
	const { nodes, tale } = world;
	tale.step(`A referendum hands the key over to all ${nodes.length}`);
	await over(world, await reshare(world, nodes), nodes);
	await disk(world);
}

/** Waits until a handover is over, and the new epoch final. */
async function over(world, begun, next) {
	const { keys, key, nodes, tale } = world;
	const epoch = (world.epoch ?? 0) + 1;
	await handedOver(world, begun, epoch);
	await follow(world, nodes);
	await final(world, epoch);
	const group = await keys.group();
	tale.holds(
		`epoch ${epoch}: ${next.length} members, any ${group.threshold} of whom sign, and the same key`,
		group.epoch === epoch && group.active && group.key === key && group.members.length === next.length,
		JSON.stringify(group),
	);
	Object.assign(world, { epoch, threshold: group.threshold, members: next });
}

/** So many signatures: of batches of equal coins. `dead` is killed before, `lies`: one sends wrong shares. */
async function sign(world, signatures, { dead, lies = false }) {
	const { coins, keys, liar, members, threshold, tale } = world;
	const who = [dead && `${nameOf(dead)} is dead`, lies && `${nameOf(liar.node)} lies`].filter(Boolean).join(', ');
	tale.step(`${signatures} signatures${who && `, while ${who}`}`);
	if (lies) liar.become('wrong-signatures');
	const watch = await watching(world);
	const from = await world.nodes[0].best();
	await dead?.program.kill();
	for (const inputs of batches(signatures)) await batch(world, inputs);

	liar.become('honest');
	if (dead) await comeBack(world, [dead]);
	await follow(world, world.nodes);
	const made = deliveries(await keys.events(from));
	tale.holds(`there are ${signatures} signatures`, made.length === signatures, `there are ${made.length}`);
	judgeSigners(world, watch, made, members.filter((node) => node !== dead), threshold);
	if (lies) {
		tale.holds(`${nameOf(liar.node)} sent wrong shares`, liar.acts('wrong-signatures') > 0);
		await judgeBlame(world);
	}
}

/** A batch with so many inputs, in and out. */
async function batch({ coins, tale }, inputs) {
	const there = [...coins.coins.values()].filter((amount) => amount === COIN).length;
	if (inputs > there) await coins.deposit(COIN, inputs - there);
	const amount = inputs * COIN - REST;
	await coins.request(amount);
	const transaction = await coins.signed();
	tale.holds(`it has ${inputs} inputs`, transaction.vin.length === inputs, `it has ${transaction.vin.length}`);
	await coins.settle(amount, transaction);
}

/** Nothing is signed while one is dead and another one lies, and all of it when the dead one is back. */
async function neither(world) {
	const { coins, liar, named, keys, network, tale } = world;
	const dead = named.dave;
	tale.step(`${nameOf(dead)} is dead and ${nameOf(liar.node)} lies: that is one too many`);
	await coins.deposit(COIN, 2);
	// As a leader it would be the fourth that is honest.
	liar.become('wrong-signatures', 'equivocate');
	await dead.program.kill();
	const from = await network.nodes[0].best();
	const amount = 2 * COIN - REST;
	await coins.request(amount);
	const asked = async () => {
		const events = await keys.events(from);
		return events.some(({ name, data }) => name === 'SignatureRequested' && data.purpose?.batch);
	};
	await network.wait('signatures to be asked for', asked, PATIENCE);
	await sleep(WHILE);
	const made = deliveries(await keys.events(from));
	tale.holds(`nothing was signed in ${WHILE / 1_000} s`, made.length === 0, JSON.stringify(made));
	await comeBack(world, [dead]);
	const transaction = await coins.signed();
	liar.become('honest');
	await coins.settle(amount, transaction);
	tale.note(`✓ with ${nameOf(dead)} it was, without ${nameOf(liar.node)}`);
}

/** Fresh shares for the same members, while some are killed, or one lies. */
async function refresh(world, { kills, lies = false }) {
	const { coins, keys, liar, named, nodes, tale } = world;
	const when = kills.map(([phase, name]) => `${nameOf(named[name])} in ${phase}`).join(', ');
	tale.step(`A referendum refreshes the shares; killed are ${when}${lies ? `, and ${nameOf(liar.node)} lies` : ''}`);
	if (lies) liar.become('wrong-share');
	const begun = await reshare(world, nodes);
	for (const [phase, name] of kills) await killIn(world, phase, named[name]);
	await over(world, begun, nodes);
	liar.become('honest');

	const events = await keys.events(begun.from);
	const out = events.filter(({ name }) => name === 'DealerDisqualified').map(({ data }) => data.dealer);
	const faulty = kills.map(([, name]) => nodes.indexOf(named[name]) + 1);
	if (lies) {
		const index = nodes.indexOf(liar.node) + 1;
		faulty.push(index);
		tale.holds(`${nameOf(liar.node)} was left out`, out.includes(index), `left out were ${out}`);
	}
	tale.holds('nobody else was left out', out.every((index) => faulty.includes(index)), `left out were ${out}`);
	tale.note('The group still works:');
	await coins.deposit(COIN, 2);
	await batch({ coins, tale }, 2);
}

/**
 * Kills a member in a phase of the handover, and starts it again at once. A member has its new share when it has seen
 * the phase `Confirming` in a final block, and whoever is killed between loses what was dealt to it: so it is not
 * killed in that phase or a later one before it has the share.
 */
async function killIn(world, phase, victim) {
	const { keys, genesis, tale } = world;
	const isLate = ['Confirming', 'Testing'].includes(phase);
	await waitFast(world, `the phase ${phase}`, async () => {
		const handover = await keys.handover();
		if (handover?.phase !== phase) return false;
		return !isLate || sharesOf(victim, genesis, keys.id).includes(handover.attempt);
	}, 2 * PATIENCE);
	await victim.program.kill();
	const now = await keys.handover();
	tale.holds(`${nameOf(victim)} was killed (SIGKILL) in ${phase}`, now?.phase === phase, `the phase is ${now?.phase}`);
	victim.start();
}

/** All members are killed and started again. */
async function restartAll(world) {
	const { coins, network, nodes, tale } = world;
	tale.step('All members are killed at once, and start again');
	await Promise.all(nodes.map(({ program }) => program.kill()));
	await comeBack(world, nodes);
	await network.wait("Ethereum's JSON-RPC", () => coins.reader.getBlockNumber(), PATIENCE);
	await coins.deposit(COIN, 2);
	await batch(world, 2);
}

/** What honest members say of the liar in their metrics, and of nobody else. */
async function judgeBlame({ nodes, liar, tale }) {
	const honest = nodes.filter((node) => node !== liar.node);
	const metrics = (await Promise.all(honest.map((node) => node.metrics()))).flat();
	const blamed = metrics.filter(({ name, value }) => name === 'fusion_dcrm_bad_total' && value > 0);
	const members = new Set(blamed.map(({ labels }) => labels.match(/member="(\w+)"/)?.[1]));
	tale.holds(
		'honest members have counted wrong shares, of one member',
		members.size === 1 && blamed.every(({ labels }) => labels.includes('what="share"')),
		JSON.stringify(blamed),
	);
}

/** Nothing is lost, and nonces that were committed to in advance were used. */
async function judge(world) {
	const { coins, keys, key, network, nodes, tale } = world;
	tale.step('What there is at the end');
	await coins.agree();
	const group = await keys.group();
	tale.holds('the group is active, and its key is the first one', group.active && group.key === key, group.key);
	const metrics = (await Promise.all(nodes.map((node) => node.metrics()))).flat();
	const sum = (name, label) => {
		const found = metrics.filter((metric) => metric.name === name && metric.labels.includes(label));
		return found.reduce((total, { value }) => total + value, 0);
	};
	const [one, two] = ['1', '2'].map((rounds) => sum('fusion_dcrm_signatures_total', `rounds="${rounds}"`));
	tale.holds(`since the restart, signatures took one round ${one} times, and two ${two} times`, one + two > 0);
	const held = sum('fusion_dcrm_precommitments', 'side="held"');
	tale.holds(`members hold ${held} commitments of each other`, held > 0);
	network.check();
	tale.holds('all nodes are running', nodes.every(({ program }) => program.alive));
	tale.note(`both chains say ${toBtc(coins.sum)} BTC`);
}

runAsProgram(import.meta.url, 'The story of faulty members', () => faults());
