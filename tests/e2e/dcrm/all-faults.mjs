// Faulty members as a test, for `make faults`. It takes too long for `npm test`.

import { test } from 'node:test';
import { faults } from './faults.mjs';

test('a key group should sign, and keep its key and coins, when members are killed and one of them lies', {
	timeout: 6 * 60 * 60_000,
}, () => faults());
