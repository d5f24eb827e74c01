// The long form of HHCM with dishonest collators, for `make dishonest`: the shares of blocks and rewards as well.
//
//   HHCM_DISHONEST_SLOTS=40   so many slots for each misdeed of which shares are counted

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLOT } from '../lib/hhcm.mjs';
import { WINDOWS } from './misdeeds.mjs';
import { dishonest } from './story.mjs';

const slots = Number(process.env.HHCM_DISHONEST_SLOTS || 40);
assert.ok(Number.isInteger(slots) && slots >= 10, 'HHCM_DISHONEST_SLOTS is a number of slots, from 10 on');

test('dishonest collators should gain nothing, and be slashed when that can be proven', {
	timeout: 40 * 60_000 + WINDOWS.length * slots * SLOT,
}, () => dishonest({ slots }));
