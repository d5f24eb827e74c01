// The story as a test, for `node --test`.

import { test } from 'node:test';
import { story } from './story.mjs';

test('one bitcoin should be locked in, moved and locked out exactly when a signer is killed', {
	timeout: 20 * 60_000,
}, () => story());
