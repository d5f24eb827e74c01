// Specifications of a relay chain and of Fusion on it, which it has registered from its first block on.
//
//   node tests/e2e/lib/relayspec.mjs FOLDER [DEFINITION]
//
// writes FOLDER/fusion.json and FOLDER/relay.json, both raw, for the network that zombienet/DEFINITION defines.
// The same programs and the same definition make the same files.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ss58 } from './chainspec.mjs';
import { NODE } from './network.mjs';
import { readDefinition } from './relaydefinition.mjs';

/** The relay chain's node. */
export const RELAY = process.env.FUSION_RELAY || join(dirname(NODE), 'fusion-relay');

/** The network that is meant if nothing else is said. */
export const DEFINITION = resolve(
	dirname(fileURLToPath(import.meta.url)),
	'../../../zombienet/fusion-rococo-local.toml',
);

/** Key of the runtime in the state: `:code`. */
const CODE = `0x${Buffer.from(':code').toString('hex')}`;

function run(command, args) {
	if (!existsSync(command)) {
		const fix = command === RELAY ? 'scripts/build-relay' : 'make build';
		throw new Error(`${command} is missing; fix: ${fix}`);
	}
	execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 26 });
}

/**
 * Writes the specification of Fusion on a local relay chain, plain: with these collators as the bookkeeping nodes. They
 * are too few for a key group of four: there is one if `members` says so, and none else.
 */
function writePlain(file, chain, collators, members) {
	run(NODE, ['export-chain-spec', `--chain=${chain}`, `--output=${file}`]);
	// Amounts are larger than JavaScript's numbers are exact: they are kept as texts meanwhile. Each number is on
	// a line of its own, or at the end of one.
	const text = readFileSync(file, 'utf8').replace(/^(\s*(?:"\w+": )?)(\d{16,})(,?)$/gm, '$1"number:$2"$3');
	const spec = JSON.parse(text);
	const { bookkeeping, session, dcrm } = spec.genesis?.runtimeGenesis?.patch ?? {};
	if (!bookkeeping?.invulnerables || !session?.keys || !dcrm?.groups) {
		throw new Error(`${file} has no genesis with bookkeeping nodes, session keys and key groups in it`);
	}
	const accounts = collators.map(({ account }) => ss58(account.id));
	bookkeeping.invulnerables = accounts;
	session.keys = accounts.map((account) => [account, account, { hhcm: account }]);
	dcrm.groups = members ? [members.map(({ id }) => ss58(id))] : [];
	writeFileSync(file, JSON.stringify(spec, null, 2).replace(/"number:(\d+)"/g, '$1'));
}

/**
 * Writes the two specifications into a folder. `members` are the accounts of a key group that is there from the first
 * block on. Returns their names.
 */
export function writeSpecs(dir, { para, patch, collators }, members = null) {
	const files = { fusion: join(dir, 'fusion.json'), relay: join(dir, 'relay.json') };
	const plain = join(dir, 'fusion-plain.json');
	writePlain(plain, para.chain, collators, members);
	run(NODE, ['export-chain-spec', `--chain=${plain}`, '--raw', `--output=${files.fusion}`]);
	const spec = JSON.parse(readFileSync(files.fusion, 'utf8'));
	const id = spec.para_id ?? spec.paraId;
	if (id !== para.id) throw new Error(`${para.chain} is parachain ${id}, and not ${para.id}`);

	const head = join(dir, 'genesis-head');
	run(NODE, ['export-genesis-head', `--chain=${files.fusion}`, head]);
	const genesis = {
		...patch,
		paras: {
			paras: [
				[
					para.id,
					{
						genesis_head: readFileSync(head, 'utf8').trim(),
						validation_code: spec.genesis.raw.top[CODE],
						parachain: true,
					},
				],
			],
		},
	};
	const merged = join(dir, 'relay-genesis.json');
	writeFileSync(merged, JSON.stringify(genesis));
	run(RELAY, ['export-chain-spec', '--chain=rococo-local', `--patch=${merged}`, '--raw', `--output=${files.relay}`]);
	return files;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	const [folder, definition = DEFINITION] = process.argv.slice(2);
	if (!folder) {
		console.error('usage: node relayspec.mjs FOLDER [DEFINITION]');
		process.exit(2);
	}
	try {
		mkdirSync(folder, { recursive: true });
		const files = writeSpecs(resolve(folder), readDefinition(definition));
		for (const [chain, file] of Object.entries(files)) console.log(`${chain.padEnd(8)} ${file}`);
	} catch (error) {
		console.error(`error: ${error.stderr?.toString().trim() || error.message}`);
		process.exit(1);
	}
}
