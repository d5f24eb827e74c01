// The network of the handover story, what is asked of it, and the referendum that begins a handover.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @polkadot/api is a package of the tests with clients.
import { approval, propose, voteAye } from '../../clients/lib/governance.mjs';
import { FSN, connect, developmentAccounts, submit } from '../../clients/lib/substrate.mjs';
import { Chronicle } from '../lib/chronicle.mjs';
import { COLLATORS, MEMBERS, Network } from '../lib/network.mjs';
import { nameOf } from '../lib/signing.mjs';
import { until } from '../lib/rpc.mjs';
import { Coins } from './coins.mjs';
import { KeyGroup, sharesOf } from './watch.mjs';

/** An account without a coin in genesis, whose key the node has under the flag `--one`. */
const ONE = { name: 'one', id: 'ac859f8a216eeb1b320b4c76d118da3d7407fa523484d0a980126d3b4d0d220a' };
export const NODES = [...COLLATORS, ONE];
/** What it needs for its bond, and for fees. */
const ENDOWMENT = 20_000n * FSN;
/** What a node bonds. */
export const BOND = 10_000n * FSN;

/** Milliseconds of a block. */
const SLOT = 6_000;
/** How long a member may take to say where it is reached, or to clear its folder (ms). */
const SOON = 180_000;
/** How long a referendum may take, and a handover: its phases end after 20 blocks at the latest (ms). */
const REFERENDUM = 600_000;
const HANDOVER = 25 * 60_000;

/** Names files and chooses ports for nodes (seven, if not said otherwise), of which the first four make a key. */
export async function begin(write = console.log, { accounts = NODES, name = 'handover' } = {}) {
	const dir = mkdtempSync(join(tmpdir(), `fusion-${name}-`));
	const world = { tale: new Chronicle(write) };
	try {
		// Events of old blocks are read.
		const nodes = accounts.map((account) => ({ ...account, args: ['--state-pruning=archive'] }));
		world.network = await Network.create({ dir, nodes });
		world.nodes = world.network.nodes;
		world.named = Object.fromEntries(world.nodes.map((node) => [node.name, node]));
	} catch (error) {
		rmSync(dir, { recursive: true, force: true });
		throw error;
	}
	return world;
}

/** Stops everything. What is left of a run that went wrong are the logs. */
export async function end({ network, api }, isSound) {
	await api?.disconnect();
	await network.stop();
	if (isSound) network.remove();
}

/** The ends of all logs. */
export function tails({ network }) {
	const ends = network.programs.map((program) => `\n--- ${program.log}\n${program.tail(15)}`);
	return `\n\nThe ends of the logs:\n${ends.join('\n')}`;
}

/** The first key, the first coins. */
export async function found(world) {
	const { network, nodes, tale } = world;
	tale.step(`${nodes.length} nodes and bitcoind; four of the nodes make a key`);
	await network.start(tale.note);
	const { id, members, threshold } = await network.keyGroup(tale.note);
	const first = nodes.slice(0, MEMBERS.length);
	tale.holds(
		`group ${id} has ${members.length} members (${namesOf(first)}), any ${threshold} of them sign`,
		members.length === 4 && threshold === 3 && first.every((node, i) => node.id === members[i]),
		members.join(', '),
	);
	world.api = await connect(nodes[0].ws);
	world.accounts = await developmentAccounts();
	world.one = (await developmentAccounts(['One'])).one;
	world.genesis = world.api.genesisHash.toHex().slice(2);
	world.keys = new KeyGroup(world.api, id);
	world.key = (await world.keys.group()).key;
	world.members = first;
	world.coins = await Coins.open(network, tale);
	tale.note(`its key is ${world.key}`);
	await disk(world);
}

/** The other nodes bond, and say where they are reached. */
export async function register(world) {
	const { api, accounts, one, nodes, members, network, tale } = world;
	const others = nodes.filter((node) => !members.includes(node));
	tale.step(`${namesOf(others)} register`);
	if (others.some(({ name }) => name === ONE.name)) {
		await submit(api, api.tx.balances.transferKeepAlive(one.address, ENDOWMENT), accounts.alice);
	}
	await Promise.all(others.map(({ name }) => submit(api, api.tx.dcrm.registerNode(), accounts[name] ?? one)));
	for (const { id } of nodes) {
		const node = (await api.query.dcrm.nodes(`0x${id}`)).unwrapOr(null);
		if (node?.bond.toBigInt() !== BOND) throw new Error(`${id} has bonded ${node?.bond}, not ${BOND}`);
	}
	tale.note(`✓ all ${nodes.length} have bonded ${BOND / FSN} FSN`);
	await network.wait('all to have said where they are reached', async () => {
		for (const { id } of nodes) {
			const said = await api.query.dcrm.peers(`0x${id}`);
			if (said.isNone || said.unwrap().peer.length === 0) throw new Error(`${id} has not`);
		}
		return true;
	}, SOON);
	tale.note('✓ all have said where they are reached');
}

/**
 * A referendum begins a handover to these nodes. Returns the handover, a block `from` before the referendum, and one
 * `since` when the handover was under way.
 */
export async function reshare(world, next) {
	const { api, accounts, network, keys, tale } = world;
	const from = await network.nodes[0].best();
	const call = api.tx.dcrm.reshare(keys.id, next.map(({ id }) => `0x${id}`));
	const index = await propose(api, call, accounts.alice);
	// At once, so that all votes are in one block or two.
	await Promise.all(Object.values(accounts).map((voter) => voteAye(api, index, [voter])));
	tale.note(`referendum ${index} is voted on`);
	await approval(api, index, SLOT);
	const handover = await network.wait(
		`referendum ${index} to begin a handover`, () => keys.handover(), REFERENDUM,
	);
	const since = await network.nodes[0].best();
	tale.holds(
		`a handover to ${handover.members.length} members has begun, any ${handover.threshold} of whom will sign`,
		handover.phase === 'Dealing' && handover.members.length === next.length &&
			next.every((node, i) => node.id === handover.members[i]),
		JSON.stringify(handover),
	);
	return { ...handover, from, since };
}

/**
 * Waits until a handover is over, and throws if it failed. Returns the group in its new epoch, right after a block that
 * is not final yet.
 */
export async function handedOver(world, { since }, epoch) {
	const { network, keys, tale } = world;
	let last;
	const after = await network.wait('the handover', async () => {
		const [group, handover] = [await keys.group(), await keys.handover()];
		if (group.epoch >= epoch) return group;
		if (handover && handover.phase !== last) {
			last = handover.phase;
			tale.note(`  attempt ${handover.attempt}: ${last}`);
		}
		// A block that is replaced by another one of its slot says nothing.
		const { hash, number } = await keys.finalized();
		const over = number > since && (await keys.handover(hash)) === null;
		return over && (await keys.group(hash)).epoch < epoch ? 'given up' : null;
	}, HANDOVER);
	if (after === 'given up') throw new Error('the handover was given up: see AttemptFailed in the events');
	return after;
}

/** Waits until all nodes have it as final that the group is in this epoch. */
export async function final({ network, nodes, keys }, epoch) {
	await network.wait(`epoch ${epoch} to be final for all nodes`, async () => {
		for (const node of nodes) {
			const group = await keys.group(await node.rpc('chain_getFinalizedHead'));
			if (group.epoch !== epoch) throw new Error(`${node.name} is in epoch ${group.epoch}`);
		}
		return true;
	}, SOON);
}

/**
 * Before a new epoch is final, the shares of the old one are still there: the block could be replaced. Looks at
 * once.
 */
export async function diskBeforeFinality(world, old, next, { epoch, attempt }) {
	const { nodes, keys, genesis, tale, before } = world;
	const found = new Map(nodes.map((node) => [node, sharesOf(node, genesis, keys.id)]));
	for (const node of nodes) {
		const group = await keys.group(await node.rpc('chain_getFinalizedHead'));
		if (group.epoch >= epoch) throw new Error(`looked too late: epoch ${epoch} is final for ${node.name} already`);
		const wanted = [...(old.includes(node) ? [before] : []), ...(next.includes(node) ? [attempt] : [])];
		check(node, found.get(node), wanted);
	}
	tale.note(
		`✓ it is not final, and the shares of attempt ${before} are on disk still at ${namesOf(old)}, ` +
			`those of attempt ${attempt} already at ${namesOf(next)}`,
	);
}

/** Members have the share of the present epoch on disk, and nothing else; others have nothing. */
export async function disk(world) {
	const { network, nodes, members, keys, genesis, tale } = world;
	const { attempt } = await keys.group();
	await network.wait('only shares of the present epoch to be on disk', async () => {
		for (const node of nodes) {
			check(node, sharesOf(node, genesis, keys.id), members.includes(node) ? [attempt] : []);
		}
		return true;
	}, SOON);
	world.before = attempt;
	const without = nodes.filter((node) => !members.includes(node));
	tale.note(`✓ on disk at ${namesOf(members)}: the share of attempt ${attempt}, and none else`);
	tale.note(`✓ on disk at ${namesOf(without)}: no share`);
}

function check({ name }, found, wanted) {
	if (found.join() !== wanted.join()) {
		throw new Error(`${name} has shares of the attempts [${found}] on disk, not of [${wanted}]`);
	}
}

/** Starts nodes again that were ended, and waits until they follow. */
export async function comeBack({ network, tale }, back) {
	for (const each of back) each.start();
	await network.wait(`${namesOf(back)} to answer`, async () => {
		for (const each of back) await each.best();
		return true;
	}, SOON + 40_000 * back.length);
	await follow({ network }, back);
	tale.note(`✓ ${namesOf(back)}: back, and up to date`);
}

/** Waits until nodes have as final what is the best block now. */
export async function follow({ network }, nodes) {
	const goal = await network.nodes[0].best();
	await network.wait(`${namesOf(nodes)} to finalize block ${goal}`, async () => {
		for (const each of nodes) {
			if ((await each.finalized()) < goal) return false;
		}
		return true;
	}, SOON + 40_000 * nodes.length);
}

/** As `network.wait`, but looks ten times a second. */
export function waitFast({ network }, what, attempt, timeout = 300_000) {
	return until(what, attempt, { timeout, every: 100, giveUp: network.check });
}

/** Names, for people. */
export const namesOf = (nodes) => nodes.map(nameOf).join(', ');
