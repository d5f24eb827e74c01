// HHCM on a network as a test, for `node --test`: the short form.

import { test } from 'node:test';
import { hhcm } from './hhcm.mjs';

test('six collators should fill slots and converge when one is killed and two are stopped', {
	timeout: 15 * 60_000,
}, () => hhcm({ slots: 20 }));
