// HHCM with dishonest collators as a test, for `node --test`: the short form. Honest ones have to be in time to make
// better blocks, so nothing else is to load the machine meanwhile: `node --test` does not find it by itself,
// `npm run test:alone` runs it.

import { test } from 'node:test';
import { dishonest } from './dishonest/story.mjs';

test('dishonest collators should be refused, and slashed when that can be proven, and honest ones not', {
	timeout: 20 * 60_000,
}, () => dishonest());
