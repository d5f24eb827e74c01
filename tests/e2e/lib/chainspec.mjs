// Chain specifications for tests: that of local networks, with other bookkeeping nodes.

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { NODE, base58 } from './network.mjs';

/** The address of a public key (hex), as chains without a prefix of their own write it. */
export function ss58(id) {
	const body = Buffer.concat([Buffer.from([42]), Buffer.from(id, 'hex')]);
	const check = createHash('blake2b512').update('SS58PRE').update(body).digest();
	return base58(Buffer.concat([body, check.subarray(0, 2)]));
}

/**
 * Writes the specification of the chain `local` to a file, with these `authors` (public keys, which are their
 * accounts as well), number of transaction groups and difficulty.
 */
export function writeLocalSpec(file, { authors, groups, difficulty }) {
	execFileSync(NODE, ['export-chain-spec', '--chain=local', `--output=${file}`], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	const spec = parse(readFileSync(file, 'utf8'));
	const genesis = spec.genesis?.runtimeGenesis?.patch;
	const { bookkeeping, session, hhcm } = genesis ?? {};
	if (!bookkeeping?.invulnerables || !session?.keys || hhcm?.groups === undefined) {
		throw new Error(`${file} has no genesis with bookkeeping nodes, session keys and HHCM in it`);
	}
	const accounts = authors.map(ss58);
	bookkeeping.invulnerables = accounts;
	session.keys = accounts.map((account) => [account, account, { hhcm: account }]);
	Object.assign(hhcm, { groups, difficulty });
	writeFileSync(file, stringify(spec));
}

// Amounts are larger than JavaScript's numbers are exact. In a specification each number is on a line of its
// own, or at the end of one.

function parse(text) {
	const kept = text.replace(/^(\s*(?:"\w+": )?)(\d{16,})(,?)$/gm, '$1"number:$2"$3');
	return JSON.parse(kept, (key, value) => {
		if (typeof value === 'number' && !Number.isSafeInteger(value)) {
			throw new Error(`"${key}" of the chain specification is too large a number: ${value}`);
		}
		return value;
	});
}

function stringify(spec) {
	return JSON.stringify(spec, null, 2).replace(/"number:(\d+)"/g, '$1');
}
