#!/usr/bin/env node
// Deploys a contract and registers its rows of the calling list, from a description file. See
// docs/calling-list/deploying.md.
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { deploy } from './lib/deploy.mjs';
import { UserError } from './lib/description.mjs';

const USAGE = `usage: deploy.mjs DESCRIPTION [--rpc URL] [--key-file FILE] [--set NAME=VALUE]... [--dry-run] [--json]

  --rpc URL          Ethereum JSON-RPC of a node (http://127.0.0.1:8545)
  --key-file FILE    file with the secret key of the account that deploys: 64 hexadecimal digits, readable by its owner
                     only. Otherwise the variable FUSION_DEPLOY_KEY
  --set NAME=VALUE   what $NAME stands for in the description
  --dry-run          say what would be done and what it takes, and do nothing
  --json             print the result as JSON, amounts in the smallest unit of FSN`;

const OPTIONS = {
	rpc: { type: 'string', default: 'http://127.0.0.1:8545' },
	'key-file': { type: 'string' },
	set: { type: 'string', multiple: true, default: [] },
	'dry-run': { type: 'boolean', default: false },
	json: { type: 'boolean', default: false },
	help: { type: 'boolean', short: 'h', default: false },
};

function keyOf(file) {
	let text = process.env.FUSION_DEPLOY_KEY;
	if (file !== undefined) {
		try {
			if (statSync(file).mode & 0o077) throw new UserError(`others can read ${file}: chmod 600 ${file}`);
			text = readFileSync(file, 'utf8');
		} catch (error) {
			throw error instanceof UserError ? error : new UserError(`cannot read the key: ${error.message}`);
		}
	}
	if (text === undefined) throw new UserError('there is no key: --key-file FILE, or the variable FUSION_DEPLOY_KEY');
	const digits = text.trim().replace(/^0x/u, '');
	// What it is is not said: it may be a key after all.
	if (!/^[0-9a-f]{64}$/iu.test(digits)) throw new UserError('the key has to be 64 hexadecimal digits');
	return `0x${digits}`;
}

function namesFrom(set) {
	return Object.fromEntries(
		set.map((text) => {
			const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/su.exec(text) ?? [];
			if (name === undefined) throw new UserError(`'--set ${text}' has to be --set NAME=VALUE`);
			return [name, value];
		}),
	);
}

const asText = (_, value) => (typeof value === 'bigint' ? String(value) : value);

async function main() {
	let parsed;
	try {
		parsed = parseArgs({ options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new UserError(`${error.message}\n${USAGE}`);
	}
	const { values, positionals } = parsed;
	if (values.help) return console.log(USAGE);
	if (positionals.length !== 1) throw new UserError(`one description file is needed\n${USAGE}`);
	const result = await deploy({
		path: positionals[0],
		url: values.rpc,
		key: keyOf(values['key-file']),
		given: namesFrom(values.set),
		dryRun: values['dry-run'],
		say: values.json ? undefined : (line) => console.log(line),
	});
	if (values.json) console.log(JSON.stringify(result, asText, '\t'));
}

main().catch((error) => {
	console.error(error instanceof UserError ? `error: ${error.message}` : error);
	process.exitCode = 1;
});
