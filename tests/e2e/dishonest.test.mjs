// HHCM with dishonest collators as a test, for `node --test`: the short form.

import { test } from 'node:test';
import { dishonest } from './dishonest/story.mjs';

test('dishonest collators should be refused, and slashed when that can be proven, and honest ones not', {
	timeout: 20 * 60_000,
}, () => dishonest());
