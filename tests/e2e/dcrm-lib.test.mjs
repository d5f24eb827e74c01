// What the story of a handover reads off disks and logs, for `node --test`: no network is started.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batches, settings } from './dcrm/settings.mjs';
import { attemptsIn, complaints, deliveries, readName, signersOf } from './dcrm/watch.mjs';
import { SigningWatch } from './lib/signing.mjs';

const GENESIS = 'ab'.repeat(32);
const share = (attempt, group = 0, genesis = GENESIS) => `${genesis}-${group}-${attempt}.share`;

test('a share file should be read when its name is whole', () => {
	assert.deepEqual(readName(share(12, 3)), { genesis: GENESIS, group: 3, attempt: 12 });
	for (const name of ['store.header', `${share(1)}.tmp`, share(1).replace('.share', '.tmp'), share(1).slice(1)]) {
		assert.equal(readName(name), null, name);
	}
});

test('attempts should be listed in order when there are only shares of the group', () => {
	assert.deepEqual(attemptsIn(['store.header', share(10), share(2)], GENESIS, 0), [2, 10]);
	assert.deepEqual(attemptsIn([], GENESIS, 0), []);
	for (const other of [share(0, 1), share(0, 0, 'cd'.repeat(32)), share(1).replace('.share', '.tmp')]) {
		assert.throws(() => attemptsIn([other], GENESIS, 0), new RegExp(other), other);
	}
});

test('deliveries should be found when they are of Bitcoin transactions', () => {
	const asked = (request, purpose) => {
		return { number: 1, name: 'SignatureRequested', data: { request, group: 0, purpose } };
	};
	const delivered = (request, number) => ({ number, name: 'SignatureDelivered', data: { request, group: 0, by: 2 } });
	const events = [
		asked(0, { test: null }),
		asked(1, { batch: { instance: 0, batch: 0, input: 0 } }),
		delivered(0, 5),
		delivered(1, 6),
	];
	assert.deepEqual(deliveries(events), [{ number: 6, request: 1, by: 2 }]);
});

/** Nodes with logs, and a watch of a group of all of them from the beginning. */
function logged(...logs) {
	const nodes = logs.map((log, i) => {
		return { id: `id${i}`, name: `node${i}`, program: { position: () => 0, since: (at) => log.slice(at) } };
	});
	return { nodes, watch: new SigningWatch({ nodes }, { members: nodes.map(({ id }) => id) }) };
}

test('signers should be those of the attempt that succeeded when one before has failed', () => {
	const { nodes, watch } = logged(
		'signing request 7: round 2 sent, attempt 0, signers [1, 2]\nsigning request 7: attempt 0 failed: ..',
		'signing request 7: round 2 sent, attempt 1, signers [2, 3]\nsigning request 7: signed, attempt 1',
		'',
	);
	assert.deepEqual(signersOf(watch, 7), [nodes[1], nodes[2]]);
	assert.equal(signersOf(watch, 8), null);
});

test('complaints should be found when a share cannot be erased', () => {
	const { nodes } = logged('all is well\n', 'x\nERROR group 0: old shares cannot be erased: why\ny');
	assert.deepEqual(complaints(nodes), ['node1: ERROR group 0: old shares cannot be erased: why']);
});

test('signatures should be spread over batches when they are more than one batch has', () => {
	assert.deepEqual(batches(45), [20, 20, 5]);
	assert.deepEqual(batches(20), [20]);
	assert.deepEqual(batches(1), [1]);
	for (const wrong of [0, -1, 1.5, NaN]) assert.throws(() => batches(wrong), /whole number/, String(wrong));
});

test('settings should be refused when they say nothing that is known', () => {
	assert.deepEqual(settings({}).signatures, 20);
	assert.equal(settings({ DCRM_PHASES: 'all' }).handovers.length, 4);
	assert.throws(() => settings({ DCRM_NODES: '6' }), /5 or 7/);
	assert.throws(() => settings({ DCRM_PHASES: 'some' }), /all/);
	assert.throws(() => settings({ DCRM_SIGNATURES: 'many' }), /whole number/);
});
