// What the test with dishonest collators reads: a runtime's metadata, events, signing guards' files, draws.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Events, GUARDED, guarded, tail } from './lib/dishonest.mjs';
import { firstPackager } from './lib/hhcm.mjs';
import { readMetadata } from './lib/metadata.mjs';
import { encode } from './lib/scale.mjs';

const compact = (value) => Buffer.from([value << 2]).toString('hex');
const list = (...items) => compact(items.length) + items.join('');
const text = (value) => compact(value.length) + Buffer.from(value).toString('hex');
const some = (item) => `01${item}`;
const NONE = '00';
const NO_DOCS = compact(0);

/** A type, with nothing said of it. */
const type = (id, definition) => compact(id) + list(text('a'), text('b')) + list(text('T') + NONE) + definition + NO_DOCS;
const field = (of) => some(text('field')) + compact(of) + some(text('Name')) + list(text('doc'));
const variant = (name, index, ...fields) => text(name) + list(...fields) + encode(index, 8) + NO_DOCS;

/** A pallet with events of a type. */
function pallet(name, index, events, ...constants) {
	const plain = text('Plain') + '01' + '00' + compact(0) + text('') + NO_DOCS;
	const map = text('Map') + '00' + '01' + list('02') + compact(0) + compact(1) + text('xy') + NO_DOCS;
	const storage = some(text(name) + list(plain, map));
	return text(name) + storage + some(compact(1)) + some(compact(events)) + list(...constants) + NONE + encode(index, 8);
}

const constant = (name, value) => text(name) + compact(0) + compact(value.length / 2) + value + NO_DOCS;

const TYPES = list(
	type(0, `05${encode(5, 8)}`),
	type(1, `00${list(field(0), field(0))}`),
	type(2, `01${list(variant('First', 0), variant('Slashed', 9, field(0)), variant('BlockRewarded', 4))}`),
	type(3, `03${encode(32, 32)}${compact(0)}`),
	type(4, `04${list(compact(0), compact(1))}`),
	type(5, `02${compact(0)}`),
	type(6, `06${compact(0)}`),
	type(7, `07${compact(0)}${compact(1)}`),
	type(8, `01${list(variant('EquivocationReported', 2))}`),
	type(9, `01${list(variant('Deposit', 7))}`),
);
const METADATA = `0x6d657461${encode(14, 8)}${TYPES}${list(
	pallet('Bookkeeping', 21, 2, constant('Share', encode(500_000_000, 32))),
	pallet('Hhcm', 23, 8),
	pallet('Balances', 10, 9),
)}`;

test('numbers of events and constants should be those of the metadata', () => {
	const metadata = readMetadata(METADATA);
	assert.equal(metadata.event('Bookkeeping', 'Slashed'), '1509');
	assert.equal(metadata.event('Hhcm', 'EquivocationReported'), '1702');
	assert.equal(metadata.constant('Bookkeeping', 'Share').u32(), 500_000_000);
	assert.throws(() => metadata.event('Bookkeeping', 'Deposit'), /no event Deposit/);
	assert.throws(() => metadata.event('Nobody', 'Deposit'), /no pallet Nobody/);
	assert.throws(() => metadata.constant('Hhcm', 'Share'), /no constant Share/);
	assert.throws(() => readMetadata(METADATA.replace('6d6574610e', '6d6574610f')), /version 14/);
});

test('events should be found by their numbers and accounts', async () => {
	const [one, other] = ['11'.repeat(32), '22'.repeat(32)];
	const slashed = `1509${one}${encode(0, 32)}${encode(100_000_000, 32)}02${encode(1_000, 128)}`;
	const reported = `1702${one}${encode(77, 64)}${other}`;
	const deposits = `0a07${other}${encode(500, 128)}0a07${other}${encode(50, 128)}`;
	const rewarded = `1504${other}${encode(640, 128)}${encode(3, 128)}`;
	const node = { rpc: async () => `0x1003${deposits}${slashed}${reported}${rewarded}` };
	const said = await new Events(readMetadata(METADATA)).of(node, '0x00');
	assert.deepEqual(said.slashed(one), [{ fraction: 100_000_000, taken: 1_000n }]);
	assert.deepEqual(said.slashed(other), []);
	assert.deepEqual(said.reported(one), [{ slot: 77, reporter: other }]);
	assert.deepEqual(said.given(other), [500n, 50n]);
	assert.deepEqual(said.rewarded(other), { amount: 640n, treasury: 3n });
	assert.equal(said.rewarded(one), null);
});

test("a signing guard's file should be read as it is written", () => {
	const dir = mkdtempSync(join(tmpdir(), 'fusion-guard-'));
	try {
		assert.deepEqual(guarded({ dir }), []);
		mkdirSync(join(dir, 'hhcm'));
		const [author, parent, check] = ['33'.repeat(32), '44'.repeat(32), '55'.repeat(8)];
		const record = (slot, kind, group, hash) => {
			return encode(slot, 64) + encode(kind, 8) + encode(group, 8) + author + parent + hash.repeat(32) + check;
		};
		const records = [record(7, 0, 0, '00'), record(8, 1, 0, '66'), record(8, 2, 1, '77')];
		const bytes = Buffer.from(Buffer.from('fhhcmsg\x01').toString('hex') + records.join(''), 'hex');
		const file = join(dir, 'hhcm', `${'00'.repeat(32)}.signed`);
		writeFileSync(join(dir, 'hhcm', `${'00'.repeat(32)}.lock`), '');
		writeFileSync(file, bytes);
		const found = guarded({ dir });
		assert.deepEqual(found.map(({ slot, kind }) => [slot, kind]), [[8, GUARDED.block], [8, GUARDED.package]]);
		assert.deepEqual(found.map(({ hash }) => hash), ['66'.repeat(32), '77'.repeat(32)]);
		assert.notEqual(found[0].place, found[1].place);
		// Half a record is none.
		writeFileSync(file, bytes.subarray(0, -1));
		assert.equal(guarded({ dir }).length, 1);
	} finally {
		rmSync(dir, { recursive: true });
	}
});

test('the first packager of a group should be its winner, or the guerrillas\'', () => {
	const places = [{ group: 2, rank: 1 }, { group: 0, rank: 0 }, { group: 2, rank: 0 }];
	assert.deepEqual(firstPackager(places, 2, 0), { index: 1, worth: 16 });
	assert.deepEqual(firstPackager(places, 2, 1), { index: 2, worth: 8 });
	assert.equal(firstPackager([{ group: 0, rank: 0 }], 2, 1), null);
	assert.deepEqual(firstPackager([{ group: 0, rank: 0 }], 1, 0), { index: 0, worth: 16 });
});

test('the chance of many hits should be that of a binomial distribution', () => {
	assert.equal(tail(0, 10, 0.3), 1);
	assert.ok(Math.abs(tail(10, 10, 0.5) - 0.5 ** 10) < 1e-12);
	assert.ok(Math.abs(tail(1, 2, 0.5) - 0.75) < 1e-12);
	assert.ok(tail(20, 40, 1 / 6) < 1e-4 && tail(14, 40, 1 / 6) > 1e-4);
});
