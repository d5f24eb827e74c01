// HHCM on a network as a test, for `node --test`: the short form. Slots are counted by the clock, so nothing else is to
// load the machine meanwhile: `node --test` does not find it by itself, `npm run test:alone` runs it.

import { test } from 'node:test';
import { hhcm } from './hhcm.mjs';

test('six collators should fill slots and converge when one is killed and two are stopped', {
	timeout: 15 * 60_000,
}, () => hhcm({ slots: 20 }));
