// The rules of HHCM as lib/hhcm.mjs has them, against the vectors that the node is tested with.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
	claimOf,
	drawOf,
	elect,
	nonceLimit,
	packagesOf,
	readPackage,
	sealOf,
	targetOf,
	ticketOf,
} from './lib/hhcm.mjs';
import { Reader } from './lib/scale.mjs';

function vectors(name) {
	return JSON.parse(readFileSync(new URL(`../../primitives/hhcm/vectors/${name}.json`, import.meta.url), 'utf8'));
}

const HHCM = Buffer.from('hhcm').toString('hex');
/** Bytes (hex) with their length before them, as SCALE has it for less than 2^14 bytes. */
function sized(hex) {
	const length = hex.length / 2;
	const prefix = Buffer.alloc(length < 64 ? 1 : 2);
	if (length < 64) prefix.writeUInt8(length << 2);
	else prefix.writeUInt16LE((length << 2) | 1);
	return prefix.toString('hex') + hex;
}
const item = (kind, hex) => `0x${kind}${HHCM}${sized(hex)}`;

test('elections should be those of the vectors', () => {
	const { nodes, cases } = vectors('election');
	const authorities = nodes.map(({ id, weight }) => ({ id, weight: BigInt(weight) }));
	assert.ok(cases.length > 0);
	for (const { round, ...expected } of cases) {
		const { seed, last_slot: lastSlot, groups, slot } = round;
		const { order, places, draws } = elect({ seed, lastSlot, groups }, slot, authorities);
		assert.deepEqual(order, expected.order);
		assert.deepEqual(places.map(({ group }) => group), expected.groups);
		const all = places.map((place, index) => ({ ...place, index }));
		const drawn = all
			.filter(({ position }) => position !== undefined)
			.sort((a, b) => a.position - b.position);
		assert.deepEqual(
			drawn.map(({ index }) => index),
			expected.assembly_order.slice(0, expected.may_assemble),
		);
		expected.rankings.forEach((ranking, group) => {
			const members = all.filter((place) => place.group === group).sort((a, b) => a.rank - b.rank);
			assert.deepEqual(members.map(({ index }) => index), ranking);
			assert.deepEqual(members.map(({ rank }) => rank), ranking.map((_, rank) => rank));
		});
		assert.equal(draws, expected.draws);
	}
});

test('tickets should be those of the vectors', () => {
	const cases = vectors('ticket');
	assert.ok(cases.length > 0);
	for (const { parent, slot, author: key, group, packages_root: packagesRoot, ...expected } of cases) {
		const ticket = ticketOf({ parent, slot, key, group, packagesRoot });
		const draws = [0, 1, 1_000].map((nonce) => drawOf(ticket, nonce));
		assert.deepEqual(draws, expected.draws.map((hex) => BigInt(`0x${hex}`)));
		const difficulty = BigInt(expected.difficulty);
		const target = targetOf(difficulty, BigInt(expected.handicap));
		assert.equal(target, BigInt(`0x${expected.target}`));
		assert.equal(nonceLimit(difficulty), BigInt(expected.nonce_limit));
		const nonces = Math.min(5_000, expected.nonce_limit);
		const solution = Array.from({ length: nonces }, (_, i) => i).find((i) => drawOf(ticket, i) <= target);
		assert.equal(solution ?? null, expected.first_solution);
	}
});

test('packages should be found and read when they are in an inherent', () => {
	const { packages, root, root_of_none: rootOfNone } = vectors('package');
	assert.ok(packages.length > 0);
	const read = packages.map(({ encoded }) => {
		const data = new Reader(encoded);
		const made = readPackage(data);
		data.end();
		return made;
	});
	read.forEach((made, i) => {
		const { group, packager, transactions, measured, signature } = packages[i];
		const [refTime, proofSize] = measured.map(BigInt);
		assert.deepEqual(made, { group, packager, transactions, measured: { refTime, proofSize }, signature });
	});
	const list = (packages.length << 2).toString(16).padStart(2, '0') + packages.map(({ encoded }) => encoded).join('');
	const other = `0x${sized('0501020304')}`;
	assert.deepEqual(packagesOf([other, `0x${sized(`050a00${list}`)}`], root), read);
	assert.deepEqual(packagesOf([other, `0x${sized('050a0000')}`], rootOfNone), []);
	assert.throws(() => packagesOf([other], root), /no inherent/);
	// Somebody's signature is before the call of other extrinsics.
	assert.throws(() => packagesOf([`0x${sized(`840a00${list}`)}`], root), /no inherent/);
});

test('claims and seals should be read when they are in a digest', () => {
	const { claim, signature } = vectors('seed');
	const { seal } = vectors('package');
	const logs = [item('06', claim), item('05', seal.encoded)];
	const { packagesRoot, ...read } = claimOf({ digest: { logs } });
	assert.deepEqual(read, { slot: 101, author: 1, group: 2, rank: 3, vrf: signature });
	assert.equal(packagesRoot, vectors('package').root_of_none);
	assert.deepEqual(sealOf({ digest: { logs } }), { nonce: BigInt(seal.nonce), signature: seal.signature });

	assert.throws(() => claimOf({ digest: { logs: [...logs, logs[0]] } }), /2 items/);
	assert.throws(() => sealOf({ digest: { logs: [logs[1], logs[0]] } }), /0 items/);
	assert.throws(() => claimOf({ digest: { logs: [item('06', `${claim}00`)] } }), /too many/);
	assert.throws(() => claimOf({ digest: { logs: [item('06', `02${claim.slice(2)}`)] } }), /version 2/);
});

test('integers should be refused when they are packed too widely', () => {
	for (const [hex, value] of [
		['fc', 63n],
		['0101', 64n],
		['02000100', 16_384n],
		['0300000040', 1n << 30n],
		['0700000000ff', 0xffn << 32n],
	]) {
		const data = new Reader(hex);
		assert.equal(data.compactBig(), value);
		data.end();
	}
	for (const hex of ['fd00', 'feff0000', '03ffffff3f', '070000008000', '']) {
		assert.throws(() => new Reader(hex).compactBig(), /SCALE/, hex);
	}
});
