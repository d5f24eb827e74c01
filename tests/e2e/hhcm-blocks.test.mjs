// lib/hhcm.mjs finds out about blocks that break a rule: one that is right is changed in each way that it looks
// at.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { blake2b } from '@noble/hashes/blake2.js';
import { drawOf, elect, handicapOf, inspect, targetOf, ticketOf, transactionHash } from './lib/hhcm.mjs';
import { encode } from './lib/scale.mjs';

const some = (text) => createHash('sha256').update(text).digest('hex');
const ENGINE = Buffer.from('hhcm').toString('hex');
const PARENT = some('parent');
const SLOT = 106;
const ROUND = { seed: some('seed'), lastSlot: 105, groups: 2, difficulty: 64n };
const NODES = Array.from({ length: 12 }, (_, i) => ({ id: some(`node ${i}`), weight: BigInt(1 + i) }));

/** A length as SCALE packs it, up to 2^14. */
function compact(length) {
	return length < 64 ? encode(length << 2, 8) : encode((length << 2) | 1, 16);
}
const sized = (hex) => compact(hex.length / 2) + hex;
const extrinsic = (hex) => `0x${sized(hex)}`;

const election = elect(ROUND, SLOT, NODES);
const places = election.places.map((place, index) => ({ ...place, index }));
const assembler = places.find(({ position }) => position === 0);
/** The node with a rank in a group. */
const nodeAt = (group, rank) => places.find((place) => place.group === group && place.rank === rank);

/** What the block is made of. Tests change some of it. */
function plan() {
	const transactions = [0, 1].map((group) => {
		return Array.from({ length: 3 }, (_, i) => extrinsic(`84${some(`transaction ${group}/${i}`)}`));
	});
	return {
		slot: SLOT,
		author: assembler,
		packages: transactions.map((list, group) => {
			return { group, packager: nodeAt(group, 0).index, transactions: list.map(transactionHash) };
		}),
		// The second transaction of each package is left out.
		body: election.order.flatMap((group) => [transactions[group][0], transactions[group][2]]),
		root: null,
		isSolved: true,
	};
}

function build({ slot, author, packages, body, root, isSolved }) {
	const encoded = packages.map(({ group, packager, transactions }) => {
		const list = compact(transactions.length) + transactions.join('');
		// 1 and 64 of weight, and a signature that is none.
		return encode(group, 8) + encode(packager, 16) + list + compact(1) + compact(64) + '06'.repeat(64);
	});
	const argument = compact(packages.length) + encoded.join('');
	const tagged = Buffer.concat([Buffer.from('hhcm/packages///'), Buffer.from(argument, 'hex')]);
	const packagesRoot = root ?? Buffer.from(blake2b(tagged, { dkLen: 32 })).toString('hex');
	const { index, group, rank } = author;
	const ticket = ticketOf({ parent: PARENT, slot, key: NODES[index].id, group, packagesRoot });
	const target = targetOf(ROUND.difficulty, handicapOf({ rank, guerrilla: group === ROUND.groups }));
	let nonce = 0;
	while (drawOf(ticket, nonce) <= target !== isSolved) nonce += 1;
	const claim =
		`01${encode(slot, 64)}${encode(index, 16)}${encode(group, 8)}${encode(rank, 16)}${packagesRoot}` +
		'09'.repeat(96);
	const seal = `01${encode(nonce, 64)}${'08'.repeat(64)}`;
	const logs = [`0x06${ENGINE}${sized(claim)}`, `0x05${ENGINE}${sized(seal)}`];
	const inherents = [extrinsic('05030000'), extrinsic(`050a00${argument}`)];
	return {
		hash: `0x${some('block')}`,
		header: { number: '0x7', parentHash: `0x${PARENT}`, digest: { logs } },
		extrinsics: [...inherents, ...body],
	};
}

const look = (changed) => inspect(build({ ...plan(), ...changed }), { round: ROUND, authorities: NODES });

test('a block should be told of when it breaks no rule', () => {
	const block = look({});
	assert.equal(block.number, 7);
	assert.equal(block.slot, SLOT);
	assert.equal(block.parentSlot, 105);
	assert.equal(block.author, NODES[assembler.index].id);
	assert.equal(block.position, 0);
	assert.deepEqual(block.packages.map(({ group }) => group), [0, 1]);
	assert.equal(block.transactions, 4);
	assert.equal(block.inherents, 2);
});

test('a block should be told of when a stand-in, a guerrilla or nobody packages', () => {
	const [first, second] = plan().packages;
	look({ packages: [{ ...first, packager: nodeAt(0, 1).index }, second] });
	look({ packages: [first, { ...second, packager: nodeAt(2, 0).index }] });
	assert.equal(look({ packages: [], body: [] }).transactions, 0);
});

test('a block should be found out when its author has no right', () => {
	const author = assembler;
	const late = places.find(({ position }) => position === undefined);
	assert.throws(() => look({ slot: 105 }), /slot 105 is not later/);
	assert.throws(() => look({ slot: 107 }), /breaks a rule/);
	assert.throws(() => look({ author: { ...author, rank: author.rank + 1 } }), /claims rank/);
	assert.throws(() => look({ author: { ...author, group: (author.group + 1) % 3 } }), /claims rank/);
	assert.throws(() => look({ author: late }), /is not among those that 3 draws let assemble/);
	assert.throws(() => look({ isSolved: false }), /does not solve the ticket/);
});

test('a block should be found out when its packages are not right', () => {
	const [first, second] = plan().packages;
	assert.throws(() => look({ root: some('another root') }), /no inherent has the packages/);
	assert.throws(() => look({ packages: [second, first] }), /group 0 is after one of group 1/);
	assert.throws(() => look({ packages: [first, first] }), /group 0 is after one of group 0/);
	assert.throws(() => look({ packages: [first, { ...second, group: 2 }] }), /a package of group 2/);
	const other = nodeAt(1, 0).index;
	assert.throws(() => look({ packages: [{ ...first, packager: other }, second] }), /may not package group 0/);
	assert.throws(() => look({ packages: [{ ...first, packager: 12 }, second] }), /no bookkeeping node 12/);
});

test('a block should be found out when its transactions are not those of its packages', () => {
	const { body } = plan();
	const [a, b, c, d] = body;
	const stranger = extrinsic(`84${some('stranger')}`);
	assert.throws(() => look({ body: [a, stranger, b] }), /in no package, and after a transaction/);
	assert.throws(() => look({ body: [c, d, a, b] }), /after those of a group after its own/);
	assert.throws(() => look({ body: [b, a] }), /is not where the package of group/);
	assert.throws(() => look({ body: [a, a] }), /is not where the package of group/);
	// Before all transactions it counts as an inherent, and is one too many.
	assert.equal(look({ body: [stranger, ...body] }).inherents, 3);
});
