// The definition of the network with a relay chain says what the launcher takes from it, and nothing that it does
// not know.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readDefinition, resolved } from './lib/relaydefinition.mjs';

const FILE = resolve(dirname(fileURLToPath(import.meta.url)), '../../zombienet/fusion-rococo-local.toml');
const TEXT = readFileSync(FILE, 'utf8');

/** Reads the definition with something in it replaced. */
function read(from, to) {
	assert.ok(TEXT.includes(from), `${FILE} has no ${from}`);
	const dir = mkdtempSync(join(tmpdir(), 'fusion-definition-'));
	try {
		const file = join(dir, 'network.toml');
		writeFileSync(file, TEXT.replace(from, to));
		return readDefinition(file);
	} finally {
		rmSync(dir, { recursive: true });
	}
}

test('the definition should name two validators and three collators of parachain 2000', () => {
	const { validators, collators, para, patch } = readDefinition(FILE);
	assert.deepEqual(validators.map(({ name }) => name), ['alice', 'bob']);
	assert.deepEqual(collators.map(({ account }) => account.name), ['alice', 'bob', 'charlie']);
	assert.equal(para.id, 2000);
	assert.equal(patch.configuration.config.scheduler_params.max_validators_per_core, 1);
	// An option and its value are two arguments.
	const at = validators[0].args.indexOf('--database');
	assert.equal(validators[0].args[at + 1], 'paritydb');
});

test('references should be replaced by what they refer to', () => {
	const { collators } = readDefinition(FILE);
	const find = (name, property) => `${name}.${property}`;
	assert.deepEqual(resolved(collators[2].args, find), [
		'--relay-chain-rpc-urls',
		'bob.wsUri',
		'alice.wsUri',
	]);
	assert.throws(() => resolved(["{{'alice'|zombie(wsUri)}}"], find), /not understood/);
});

test('a definition should be refused when it says what is not known here', () => {
	assert.throws(() => read('provider = "native"', 'provider = "kubernetes"'), /settings\.provider/);
	assert.throws(() => read('cumulus_based = true', 'onboard_as_parachain = false'), /onboard_as_parachain is not known/);
	assert.throws(() => read('name = "bob"', 'name = "dave"'), /relaychain\.nodes, by name,/);
	assert.throws(() => read('name = "collator-bob"', 'name = "collator-alice"'), /no name of its own/);
	assert.throws(() => read('"--charlie"', '"--nobody"'), /none of the development accounts/);
	assert.throws(() => read('id = 2000', 'id = "2000"'), /is no number/);
});
