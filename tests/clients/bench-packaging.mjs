// How long it takes to package the transactions of a full block, against the number of groups.
//
// Run by scripts/bench-packaging, which has the options. A development node, with the keys of twenty bookkeeping
// nodes, so that there is one for nearly every group, makes the packages of one block one after the other: each is
// timed by itself, as on a node that makes that package only.
// Nothing is asserted: it measures, and prints ratios of one run.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Keyring } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';

import { inParallel, prepare, sign } from './lib/load.mjs';
import { Node, nodeBinary, temporaryFolder } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const USAGE = `usage: scripts/bench-packaging [options]
  --transfers N   ERC-20 transfers that wait in the pool (1000)
  --senders N     accounts that send them (200)
  --rounds N      full blocks for each number of groups (3)
  --groups LIST   numbers of groups (1,2,4,8)
Environment: FUSION_NODE names the node's program.`;

const { values } = parseArgs({
	options: {
		transfers: { type: 'string', default: '1000' },
		senders: { type: 'string', default: '200' },
		rounds: { type: 'string', default: '3' },
		groups: { type: 'string', default: '1,2,4,8' },
		help: { type: 'boolean', short: 'h', default: false },
	},
});
if (values.help) {
	console.log(USAGE);
	process.exit(0);
}

/** A positive whole number from the command line. */
function positive(name, text = values[name]) {
	const value = Number(text);
	if (Number.isInteger(value) && value > 0) return value;
	console.error(`--${name}: ${text} is no whole number above 0\n\n${USAGE}`);
	process.exit(2);
}
const SENDERS = positive('senders');
const EACH = Math.ceil(positive('transfers') / SENDERS);
const COUNT = SENDERS * EACH;
const ROUNDS = positive('rounds');
const GROUPS = values.groups.split(',').map((text) => positive('groups', text));

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Keys of bookkeeping nodes beside Alice's: together they are as many as may be invulnerable. */
function others() {
	const keyring = new Keyring({ type: 'sr25519' });
	return Array.from({ length: 19 }, (_, i) => {
		const uri = `//Packager//${i}`;
		const { address, publicKey } = keyring.createFromUri(uri);
		return { uri, address, key: `0x${Buffer.from(publicKey).toString('hex')}` };
	});
}

/** A chain specification of a development chain with so many groups, and these bookkeeping nodes as well. */
function specification(folder, groups, nodes) {
	const file = join(folder, 'chain.json');
	execFileSync(nodeBinary(), ['export-chain-spec', '--chain=dev', `--output=${file}`], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	const text = readFileSync(file, 'utf8');
	const put = (what, pattern, replacement) => {
		if (!pattern.test(changed)) throw new Error(`${file} says nothing of ${what}`);
		changed = changed.replace(pattern, replacement);
	};
	// As text: numbers in it are too large for JSON.parse.
	let changed = text;
	put('groups', /"groups":\s*\d+(?=,?\s*("difficulty"|\}))/, `"groups": ${groups}`);
	const accounts = nodes.map(({ address }) => `"${address}"`);
	put('invulnerables', /"invulnerables":\s*\[/, `$&${accounts.join()},`);
	const keys = accounts.map((account) => `[${account},${account},{"hhcm":${account}}]`);
	put('session keys', /"session":\s*\{\s*"keys":\s*\[/, `$&${keys.join()},`);
	writeFileSync(file, changed);
	return file;
}

/** What the log says of each slot: its packages, and the block that was made of them. */
function slots(log) {
	const found = new Map();
	const at = (slot) => {
		if (!found.has(slot)) found.set(slot, { packages: [] });
		return found.get(slot);
	};
	for (const [, slot, count, took] of log.matchAll(/slot (\d+): packaged (\d+) transactions of group \d+ in (\d+) us/g)) {
		at(slot).packages.push({ count: Number(count), ms: Number(took) / 1000 });
	}
	for (const [, slot, count, took] of log.matchAll(/slot (\d+): assembled (\d+) transactions in (\d+) us/g)) {
		Object.assign(at(slot), { count: Number(count), ms: Number(took) / 1000 });
	}
	return [...found.values()].filter(({ ms }) => ms !== undefined);
}

/** The fullest block of each round. */
async function measure(groups) {
	const nodes = others();
	const chain = specification(temporaryFolder(), groups, nodes);
	const pool = ['--pool-limit', String(20 * COUNT), '--pool-kbytes', '400000'];
	const node = await Node.start({ blockTime: 6000, args: ['--chain', chain, '-lhhcm=debug', ...pool] });
	try {
		for (const { uri, key } of nodes) await rpc(node.url, 'author_insertKey', ['hhcm', uri, key]);
		const prepared = await prepare(node.ethUrl, SENDERS);
		const blocks = [];
		for (let round = 0; round < ROUNDS; round++) {
			const { signed } = await sign(prepared, round * EACH, EACH);
			const before = slots(readFileSync(node.daemon.log, 'utf8')).length;
			// Every sender's first transfer is sent last, and sets free all that wait for it.
			const order = [...signed.slice(1), signed[0]].flat();
			await inParallel(order, 32, (raw) => rpc(node.ethUrl, 'eth_sendRawTransaction', [raw]));
			const last = prepared.senders.at(-1).address;
			await until(
				'the transfers to be included',
				async () => Number(await rpc(node.ethUrl, 'eth_getTransactionCount', [last, 'latest'])) === (round + 1) * EACH,
				{ timeout: 300_000, interval: 200 },
			);
			const made = slots(readFileSync(node.daemon.log, 'utf8')).slice(before);
			blocks.push(made.reduce((most, block) => (block.count > most.count ? block : most)));
		}
		return blocks;
	} finally {
		await node.stop();
	}
}

await cryptoWaitReady();
const rows = [];
for (const groups of GROUPS) {
	console.error(`${groups} groups: ${ROUNDS} times ${COUNT} transfers of ${SENDERS} accounts`);
	const blocks = await measure(groups);
	const transactions = median(blocks.map(({ count }) => count));
	const each = (take) => median(blocks.map(({ packages, count }) => (take(packages) * transactions) / count));
	rows.push({
		groups,
		transactions,
		longest: each((packages) => Math.max(...packages.map(({ ms }) => ms))),
		sum: each((packages) => packages.reduce((total, { ms }) => total + ms, 0)),
		assembled: median(blocks.map(({ ms }) => ms)),
	});
}

const per = (ms, { transactions }) => (1000 * ms) / transactions;
const [one] = rows;
console.log(`${availableParallelism()} processors; medians of ${ROUNDS} blocks; microseconds for each transaction of the block\n`);
console.log('| groups | transactions | longest package | to the first row | all packages | assembling |');
console.log('|---|---|---|---|---|---|');
for (const row of rows) {
	const cells = [
		row.groups,
		row.transactions,
		`${per(row.longest, row).toFixed(0)} (${row.longest.toFixed(0)} ms)`,
		(per(row.longest, row) / per(one.longest, one)).toFixed(2),
		per(row.sum, row).toFixed(0),
		`${per(row.assembled, row).toFixed(0)} (${row.assembled.toFixed(0)} ms)`,
	];
	console.log(`| ${cells.join(' | ')} |`);
}
