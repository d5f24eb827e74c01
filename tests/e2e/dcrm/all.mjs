// The handover of a key as a test, for `make handover`. It takes too long for `npm test`.

import { test } from 'node:test';
import { handover } from './handover.mjs';

test('a key should stay and its coins be moved exactly when it is handed over and nodes are killed', {
	timeout: 90 * 60_000,
}, () => handover());
