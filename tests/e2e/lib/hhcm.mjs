// HHCM from outside: reads what blocks say of their author and their packages, and checks it against the
// rules of docs/hhcm/README.md. It shares nothing with the node but that page.
//
// What needs sr25519 is not checked here: signatures, and that the VRF output is the author's.

import { blake2b } from '@noble/hashes/blake2.js';
import { Reader, encode } from './scale.mjs';

/** Milliseconds of a slot. */
export const SLOT = 6_000;

/** The slot that the clock shows. */
export const slotNow = () => Math.floor(Date.now() / SLOT);

const ENGINE = Buffer.from('hhcm').toString('hex');
// Kinds of digest items.
const SEAL = 5;
const PRE_RUNTIME = 6;
/** The first byte of an extrinsic that nobody signs, by its version. */
const BARE = [4, 5];

const ASSEMBLERS = 3;
const DRAWS_WITH_REPLACEMENT = 192;
const PACKAGERS = 3;
const LAST_DOUBLING = 4;
const NONCES_PER_DIFFICULTY = 64n;
/** What a package of a group's winner is worth; one of each later rank half of it, and of guerrillas half again. */
export const FULL_PACKAGE = 16n;

const blake = (bytes) => Buffer.from(blake2b(bytes, { dkLen: 32 }));

/** `H(tag, …)`, of SCALE-encoded data in hex. */
function hash(tag, ...data) {
	return blake(Buffer.concat([Buffer.from(tag), Buffer.from(data.join(''), 'hex')]));
}

/** `draw(h, b)`, as a BigInt. */
function draw(hashed, bound) {
	return new Reader(hashed.toString('hex')).u128() % bound;
}

/** By what packages name a transaction. */
export const transactionHash = (extrinsic) => blake(Buffer.from(extrinsic.slice(2), 'hex')).toString('hex');

// --- What a block says --------------------------------------------------------------------------

/** The data of the only digest item of HHCM of a kind, after its version. */
function digestItem(logs, kind, name) {
	const found = logs
		.map((log) => new Reader(log))
		.filter((item) => item.u8() === kind && item.hex(4) === ENGINE);
	if (found.length !== 1) throw new Error(`there are ${found.length} items "${name}" in the digest`);
	const data = found[0].nested();
	found[0].end();
	const version = data.u8();
	if (version !== 1) throw new Error(`the ${name} has the version ${version}`);
	return data;
}

/** The author's claim to a slot. `author` is its place in the list of bookkeeping nodes. */
export function claimOf({ digest }) {
	const data = digestItem(digest.logs, PRE_RUNTIME, 'claim');
	const claim = {
		slot: Number(data.u64()),
		author: data.u16(),
		group: data.u8(),
		rank: data.u16(),
		packagesRoot: data.hex(32),
		vrf: data.hex(96),
	};
	data.end();
	return claim;
}

/** The seal, which is the last item. */
export function sealOf({ digest }) {
	digestItem(digest.logs, SEAL, 'seal');
	const data = digestItem(digest.logs.slice(-1), SEAL, 'seal');
	const seal = { nonce: data.u64(), signature: data.hex(64) };
	data.end();
	return seal;
}

/** A package. */
export function readPackage(data) {
	return {
		group: data.u8(),
		packager: data.u16(),
		transactions: data.list(() => data.hex(32)),
		measured: { refTime: data.compactBig(), proofSize: data.compactBig() },
		signature: data.hex(64),
	};
}

/**
 * The packages of a block whose claim says their root. They are the argument of an inherent, which is a byte
 * for its version, two for its call, and the argument; that it is that inherent, the root says.
 */
export function packagesOf(extrinsics, root) {
	for (const extrinsic of extrinsics) {
		const outer = new Reader(extrinsic);
		const inner = outer.nested();
		outer.end();
		if (!BARE.includes(inner.u8())) continue;
		inner.take(2);
		const argument = inner.rest();
		if (hash('hhcm/packages///', argument).toString('hex') !== root) continue;
		const data = new Reader(argument);
		const packages = data.list(() => readPackage(data));
		data.end();
		return packages;
	}
	throw new Error(`no inherent has the packages with the root ${root}`);
}

// --- Elections ----------------------------------------------------------------------------------

/**
 * What the elections of a block's children are drawn from: the round and the bookkeeping nodes in the state
 * of the block with that hash.
 */
export async function stateAt(node, at) {
	const data = await node.runtime('HhcmApi_round', '', at);
	const round = {
		seed: data.hex(32),
		lastSlot: Number(data.u64()),
		groups: data.u8(),
		difficulty: data.u64(),
	};
	data.end();
	const nodes = await node.runtime('HhcmApi_authorities', '', at);
	const authorities = nodes.list(() => ({ id: nodes.hex(32), weight: nodes.u64() }));
	nodes.end();
	return { round, authorities };
}

const isGuerrilla = (group, groups) => groups >= 2 && group === groups;

/** Members of a group by rank: successive draws without replacement, weighted by stake. */
function ranking(seed, at, group, members) {
	const left = [...members];
	const ranked = [];
	while (left.length > 0) {
		const total = left.reduce((sum, { weight }) => sum + weight, 0n);
		let rest = draw(hash('hhcm/node/rank//', seed, at, encode(group, 8), encode(ranked.length, 16)), total);
		const position = left.findIndex(({ weight }) => {
			if (rest < weight) return true;
			rest -= weight;
			return false;
		});
		ranked.push(left.splice(position, 1)[0].index);
	}
	return ranked;
}

/**
 * The election for one slot on top of one parent: the `order` of the transaction groups, how many `draws` there
 * are for the right to assemble, and the place of each node: its group, its rank there, and, if it may assemble,
 * its position among those that may.
 */
export function elect({ seed, lastSlot, groups }, slot, authorities) {
	const at = encode(slot, 64);
	const virtual = groups < 2 ? 1 : groups + 1;
	const members = Array.from({ length: virtual }, () => []);
	authorities.forEach(({ id, weight }, index) => {
		const group = Number(draw(hash('hhcm/node/group/', seed, at, id), BigInt(virtual)));
		members[group].push({ index, weight: weight > 0n ? weight : 1n });
	});
	const rankings = members.map((list, group) => ranking(seed, at, group, list));

	const order = Array.from({ length: groups }, (_, group) => {
		return { group, key: hash('hhcm/group/order', seed, at, encode(group, 8)) };
	})
		.sort((a, b) => Buffer.compare(a.key, b.key))
		.map(({ group }) => group);

	const places = [];
	rankings.forEach((list, group) => list.forEach((index, rank) => (places[index] = { group, rank })));
	const draws = ASSEMBLERS * (slot - lastSlot);
	const weightOf = (index) => (authorities[index].weight > 0n ? authorities[index].weight : 1n);
	const drawn = assemblers(seed, at, rankings.map((list) => list.map(weightOf)), draws);
	drawn.forEach(({ group, rank }, position) => (places[rankings[group][rank]].position = position));
	return { order, places, draws };
}

/**
 * The places of the nodes that so many draws let assemble, in the order in which they were drawn. A draw picks a
 * node by its weight; its group's ranking says which one it is. One that was drawn before is drawn in vain, up
 * to a number of draws; from there on, only others are drawn.
 */
function assemblers(seed, at, weights, draws) {
	const sum = (list) => list.reduce((total, weight) => total + weight, 0n);
	const groups = weights.map((list) => ({ list, drawn: 0 }));
	const members = sum(weights.map((list) => BigInt(list.length)));
	const found = [];
	for (let number = 0; number < draws && BigInt(found.length) < members; number++) {
		const again = number < DRAWS_WITH_REPLACEMENT;
		const lots = groups.map(({ list, drawn }) => ({
			before: again ? sum(list.slice(0, drawn)) : 0n,
			all: again ? sum(list) : sum(list.slice(drawn)),
		}));
		let rest = draw(hash('hhcm/node/turn//', seed, at, encode(number, 32)), sum(lots.map(({ all }) => all)));
		const group = lots.findIndex(({ all }) => {
			if (rest < all) return true;
			rest -= all;
			return false;
		});
		if (rest >= lots[group].before) found.push({ group, rank: groups[group].drawn++ });
	}
	return found;
}

// --- Tickets ------------------------------------------------------------------------------------

/** The ticket of an author (its key and group) for one slot on top of one parent, with these packages. */
export function ticketOf({ parent, slot, key, group, packagesRoot }) {
	return hash('hhcm/pow/ticket/', parent, encode(slot, 64), key, encode(group, 8), packagesRoot);
}

/** What a nonce draws. */
export function drawOf(ticket, nonce) {
	const drawn = blake(Buffer.concat([ticket, Buffer.from(encode(nonce, 64), 'hex')]));
	return BigInt(`0x${drawn.toString('hex')}`);
}

/** The largest draw that solves a ticket. */
export const targetOf = (difficulty, handicap) => ((1n << 256n) - 1n) / (difficulty * handicap);

/** The nonce from which on there are no draws. */
export const nonceLimit = (difficulty) => difficulty * NONCES_PER_DIFFICULTY;

/**
 * The node that has the first right to package a group, as its number, and what its package is worth: the group's
 * winner, or the guerrillas' if the group has nobody. `null` if they have nobody either.
 */
export function firstPackager(places, groups, group) {
	const winnerOf = (of) => places.findIndex((place) => place.group === of && place.rank === 0);
	const guerrilla = winnerOf(group) < 0;
	const index = guerrilla && groups >= 2 ? winnerOf(groups) : winnerOf(group);
	return index < 0 ? null : { index, worth: Number(FULL_PACKAGE / handicapOf({ rank: 0, guerrilla })) };
}

/** By what the difficulty is multiplied. */
export function handicapOf({ rank, guerrilla }) {
	return 1n << BigInt(Math.min(rank, LAST_DOUBLING) + (guerrilla ? 1 : 0));
}

// --- Rules --------------------------------------------------------------------------------------

/**
 * Checks a block against the rules, with the state that its parent left. Throws if it breaks one. Returns
 * what is worth counting.
 */
export function inspect({ hash: name, header, extrinsics }, { round, authorities }) {
	const number = Number(header.number);
	try {
		const claim = claimOf(header);
		const election = checkAuthor(header, claim, round, authorities);
		const packages = packagesOf(extrinsics, claim.packagesRoot);
		checkPackages(packages, election, round.groups);
		const transactions = checkSequence(extrinsics, packages, election.order);
		return {
			hash: name,
			number,
			parent: header.parentHash,
			parentSlot: round.lastSlot,
			seed: round.seed,
			slot: claim.slot,
			author: authorities[claim.author].id,
			rank: claim.rank,
			guerrilla: isGuerrilla(claim.group, round.groups),
			position: election.places[claim.author].position,
			places: election.places,
			authorities,
			groups: round.groups,
			packages,
			transactions,
			inherents: extrinsics.length - transactions,
		};
	} catch (error) {
		error.message = `block ${number} (${name}) breaks a rule: ${error.message}`;
		throw error;
	}
}

function must(condition, otherwise) {
	if (!condition) throw new Error(otherwise);
}

function checkAuthor(header, claim, round, authorities) {
	const { slot, author, group, rank } = claim;
	must(slot > round.lastSlot, `slot ${slot} is not later than the parent's, ${round.lastSlot}`);
	must(author < authorities.length, `there is no bookkeeping node ${author}`);
	const election = elect(round, slot, authorities);
	const place = election.places[author];
	must(
		place.group === group && place.rank === rank,
		`node ${author} claims rank ${rank} in group ${group}, and has rank ${place.rank} in group ${place.group}`,
	);
	must(
		place.position !== undefined,
		`node ${author} is not among those that ${election.draws} draws let assemble`,
	);
	const { nonce } = sealOf(header);
	const parent = header.parentHash.slice(2);
	const ticket = ticketOf({ ...claim, parent, key: authorities[author].id });
	const handicap = handicapOf({ rank, guerrilla: isGuerrilla(group, round.groups) });
	must(
		nonce < nonceLimit(round.difficulty) &&
			drawOf(ticket, nonce) <= targetOf(round.difficulty, handicap),
		`the nonce ${nonce} does not solve the ticket`,
	);
	return election;
}

function checkPackages(packages, { places }, groups) {
	let last = -1;
	for (const { group, packager } of packages) {
		must(group > last && group < groups, `a package of group ${group} is after one of group ${last}`);
		last = group;
		const place = places[packager];
		must(place !== undefined, `there is no bookkeeping node ${packager}`);
		must(
			(place.group === group || isGuerrilla(place.group, groups)) && place.rank < PACKAGERS,
			`node ${packager} (group ${place.group}, rank ${place.rank}) may not package group ${group}`,
		);
	}
}

/**
 * The transactions are those of the packages, in order: extrinsics that no package lists are inherents, and
 * come first. Returns how many transactions there are.
 */
function checkSequence(extrinsics, packages, order) {
	const groupOf = new Map(
		packages.flatMap(({ group, transactions }) => transactions.map((hash) => [hash, group])),
	);
	const next = new Map();
	let turn = 0;
	let count = 0;
	for (const extrinsic of extrinsics) {
		const name = transactionHash(extrinsic);
		const group = groupOf.get(name);
		if (group === undefined) {
			must(count === 0, `extrinsic ${name} is in no package, and after a transaction`);
			continue;
		}
		must(order.indexOf(group) >= turn, `transaction ${name} is after those of a group after its own`);
		turn = order.indexOf(group);
		const { transactions } = packages.find((made) => made.group === group);
		const position = transactions.indexOf(name, next.get(group) ?? 0);
		must(position >= 0, `transaction ${name} is not where the package of group ${group} has it`);
		next.set(group, position + 1);
		count += 1;
	}
	return count;
}

/** The chain that follows a block, as nodes tell it. */
export class Chain {
	/** `since` is a block: its hash and number. */
	constructor(since) {
		this.since = since;
		this.seen = new Map();
	}

	/** The blocks up to a node's best one, the oldest first, each checked against the rules. */
	async read(node) {
		const blocks = [];
		let hash = await node.rpc('chain_getBlockHash');
		while (hash !== this.since.hash) {
			const block = await this.#look(node, hash);
			if (block.number <= this.since.number) {
				throw new Error(`the chain of ${node.name} does not go through block ${this.since.number} any more`);
			}
			blocks.unshift(block);
			hash = block.parent;
		}
		return blocks;
	}

	async #look(node, hash) {
		if (!this.seen.has(hash)) {
			const { block } = await node.rpc('chain_getBlock', hash);
			const state = await stateAt(node, block.header.parentHash);
			this.seen.set(hash, inspect({ hash, ...block }, state));
		}
		return this.seen.get(hash);
	}
}
