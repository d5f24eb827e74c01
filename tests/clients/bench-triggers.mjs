// How many rows of the calling list run in a block, how late, and how much of their transactions is the contracts'.
//
// Run by scripts/bench-triggers, which has the options. A development node with a contract whose rows are all due in the
// same blocks; nothing but the node's own trigger key sends transactions. Nothing is asserted but that all have run.
import { parseArgs } from 'node:util';

import { createPublicClient, createWalletClient, http, parseEther, parseEventLogs } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { Node } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const USAGE = `usage: scripts/bench-triggers [options]
  --rows LIST    numbers of rows that are due in the same blocks (1,6,12,24)
  --every N      blocks from one time to the next (3)
  --times N      how often each row runs (10)
  --rounds LIST  how much work a run is: hashes (10,400)
  --gas N        gas limit of a run (500000)
Environment: FUSION_NODE names the node's program.`;

const { values } = parseArgs({
	options: {
		rows: { type: 'string', default: '1,6,12,24' },
		every: { type: 'string', default: '3' },
		times: { type: 'string', default: '10' },
		rounds: { type: 'string', default: '10,400' },
		gas: { type: 'string', default: '500000' },
		help: { type: 'boolean', short: 'h', default: false },
	},
});
if (values.help) {
	console.log(USAGE);
	process.exit(0);
}

/** Positive whole numbers from the command line. */
function positive(name) {
	return values[name].split(',').map((text) => {
		const value = Number(text);
		if (Number.isInteger(value) && value > 0) return value;
		console.error(`--${name}: ${text} is no whole number above 0\n\n${USAGE}`);
		process.exit(2);
	});
}
const [[EVERY], [TIMES], [GAS]] = [positive('every'), positive('times'), positive('gas')];
/** Blocks until the first time: the rows are registered by then. */
const AHEAD = 8;

/** The number below which so large a share of numbers is. */
function quantile(numbers, share) {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Lists of what has the same key, by it. */
function grouped(items, key) {
	const groups = new Map();
	for (const item of items) {
		if (!groups.has(key(item))) groups.set(key(item), []);
		groups.get(key(item)).push(item);
	}
	return groups;
}

async function measure({ reader, wallet }, rows, rounds) {
	const { abi, bytecode } = await artifact('Workers');
	const mined = async (hash) => {
		const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 120_000 });
		if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`);
		return receipt;
	};
	const deployed = await mined(await wallet.deployContract({
		abi, bytecode, args: [BigInt(rounds)], value: parseEther(String(20 * rows)),
	}));
	const address = deployed.contractAddress;
	const first = (await reader.getBlockNumber()) + BigInt(AHEAD);
	await mined(await wallet.writeContract({
		address, abi, functionName: 'hire', args: [BigInt(rows), Number(first), EVERY, TIMES, BigInt(GAS)],
	}));
	const logs = await until(`${rows * TIMES} runs`, async () => {
		const found = parseEventLogs({ abi, logs: await reader.getLogs({ address, fromBlock: deployed.blockNumber }) });
		const worked = found.filter(({ eventName }) => eventName === 'Worked');
		return worked.length >= rows * TIMES && worked;
	}, { timeout: 600_000, interval: 500 });

	const byRow = grouped(logs, ({ args }) => args.row);
	const delays = [...byRow.values()].flatMap((runs) => {
		return runs.map(({ blockNumber }, time) => Number(blockNumber - first) - time * EVERY);
	});
	const byBlock = grouped(logs, ({ blockNumber }) => blockNumber);
	const inBlock = [...byBlock.values()].map((runs) => runs.length);
	const hashes = new Set(logs.map(({ transactionHash }) => transactionHash));
	let spent = 0n;
	for (const hash of hashes) spent += (await reader.getTransactionReceipt({ hash })).gasUsed;
	const worked = logs.reduce((sum, { args }) => sum + args.gas, 0n);
	return [
		rows, rounds, logs.length, hashes.size, Math.max(...inBlock),
		(Number(worked) / logs.length).toFixed(0), `${((100 * Number(worked)) / Number(spent)).toFixed(1)} %`,
		quantile(delays, 0.5), quantile(delays, 0.99), Math.max(...delays),
	];
}

const node = await Node.start();
try {
	const client = { chain: await fusionChain(node.ethUrl), transport: http(), pollingInterval: 100 };
	const clients = {
		reader: createPublicClient(client),
		wallet: createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) }),
	};
	const head = [
		'rows', 'hashes a run', 'runs', 'transactions', 'most runs in a block', 'gas of a run', 'of all gas',
		'delay in blocks: median', '99 %', 'most',
	];
	console.log(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`);
	for (const rounds of positive('rounds')) {
		for (const rows of positive('rows')) {
			console.log(`| ${(await measure(clients, rows, rounds)).join(' | ')} |`);
		}
	}
} finally {
	await node.stop();
}
