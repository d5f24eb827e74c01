// ERC-20 transfers per block and per second through the Ethereum RPC: fusion-node beside anvil.
//
// Run by scripts/bench-evm, which has the options. Nothing is asserted: it measures, and prints the
// ratio of the two, which says more than either number of one machine.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { inParallel, prepare, sign } from './lib/load.mjs';
import { Anvil, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const USAGE = `usage: scripts/bench-evm [options]
  --transfers N   ERC-20 transfers to send, twice (4000)
  --senders N     accounts that send them, each in order (50)
  --block-time S  seconds between blocks, of both chains (6)
  --connections N requests under way at once (32)
  --only NAME     fusion or anvil alone
  --json FILE     write the numbers there too
Environment: FUSION_NODE names the node's program.`;

const { values } = parseArgs({
	options: {
		transfers: { type: 'string', default: '4000' },
		senders: { type: 'string', default: '50' },
		'block-time': { type: 'string', default: '6' },
		connections: { type: 'string', default: '32' },
		only: { type: 'string' },
		json: { type: 'string' },
		help: { type: 'boolean', short: 'h', default: false },
	},
});

/** A positive whole number from the command line. */
function positive(name) {
	const value = Number(values[name]);
	if (Number.isInteger(value) && value > 0) return value;
	console.error(`--${name} must be a whole number above 0, not ${values[name]}\n\n${USAGE}`);
	process.exit(2);
}

if (values.help) {
	console.log(USAGE);
	process.exit(0);
}
const SENDERS = positive('senders');
const EACH = Math.ceil(positive('transfers') / SENDERS);
const COUNT = SENDERS * EACH;
const BLOCK_TIME = positive('block-time');
const CONNECTIONS = positive('connections');

/** Room for all transfers in the pool, a tenth of it for those whose nonce is not due. */
const BIG_POOL = ['--pool-limit', String(20 * COUNT), '--pool-kbytes', '400000'];
const ENDPOINTS = {
	fusion: () => Node.start({ blockTime: BLOCK_TIME * 1000, args: BIG_POOL }),
	// `--order fifo`: in the order of arrival, as there are no tips on the other side.
	anvil: () => Anvil.start({ blockTime: BLOCK_TIME, args: ['--order', 'fifo'] }),
};
const names = values.only ? [values.only] : Object.keys(ENDPOINTS);
if (!names.every((name) => name in ENDPOINTS)) {
	console.error(`--only must be fusion or anvil, not ${values.only}`);
	process.exit(2);
}

/** Number of transfers in each block from `first` on; they must be all, and none may have failed. */
async function transfersInBlocks(url, reader, first) {
	const blocks = [];
	const last = Number(await reader.getBlockNumber({ cacheTime: 0 }));
	for (let number = first; number <= last; number++) {
		const receipts = await rpc(url, 'eth_getBlockReceipts', [`0x${number.toString(16)}`]);
		const failed = receipts.filter(({ status }) => Number(status) !== 1).length;
		if (failed > 0) throw new Error(`${failed} transfers of block ${number} failed: no result`);
		blocks.push(receipts.length);
	}
	const total = blocks.reduce((sum, n) => sum + n, 0);
	if (total !== COUNT) throw new Error(`${total} transfers in blocks, but ${COUNT} were sent`);
	return blocks;
}

/** Sends `transactions` in their order, waits until all are included, and says how long it took. */
async function round(url, { reader, senders }, transactions, nonceAfter) {
	const first = Number(await reader.getBlockNumber({ cacheTime: 0 })) + 1;
	const start = performance.now();
	await inParallel(transactions, CONNECTIONS, (raw) => rpc(url, 'eth_sendRawTransaction', [raw]));
	const accepted = performance.now();
	const nonces = () =>
		Promise.all(
			senders.map(async ({ address }) =>
				Number(await rpc(url, 'eth_getTransactionCount', [address, 'latest'])),
			),
		);
	await until(
		'all transfers to be included',
		async () => (await nonces()).every((nonce) => nonce === nonceAfter),
		{ timeout: 1000 * BLOCK_TIME * 20 + COUNT * 100, interval: 200 },
	);
	const included = performance.now();
	return {
		blocks: await transfersInBlocks(url, reader, first),
		accepted: COUNT / ((accepted - start) / 1000),
		included: COUNT / ((included - start) / 1000),
	};
}

/** Both rounds on one endpoint. */
async function measure(url) {
	const prepared = await prepare(url, SENDERS);

	// How many fit: every sender's first transfer is sent last, and sets free all that wait for it,
	// so that the pool is full when the next block is made.
	const { signed: held, gas } = await sign(prepared, 0, EACH);
	const full = await round(url, prepared, [...held.slice(1), held[0]].flat(), EACH);

	// How fast: in order, as fast as the endpoint takes them.
	const { signed } = await sign(prepared, EACH, EACH);
	const stream = await round(url, prepared, signed.flat(), 2 * EACH);
	const { gasLimit } = await prepared.reader.getBlock();
	return {
		gas,
		blockGas: gasLimit.toString(),
		blocks: full.blocks,
		perBlock: Math.max(...full.blocks),
		streamBlocks: stream.blocks,
		accepted: stream.accepted,
		included: stream.included,
	};
}

const results = {};
for (const name of names) {
	console.error(`${name}: ${COUNT} transfers by ${SENDERS} accounts, a block each ${BLOCK_TIME} s`);
	const endpoint = await ENDPOINTS[name]();
	try {
		results[name] = await measure(endpoint.ethUrl);
	} finally {
		await endpoint.stop();
	}
	console.error(`${name}: in each block from a full pool: ${results[name].blocks.join(' ')}`);
	console.error(`${name}: in each block as they came: ${results[name].streamBlocks.join(' ')}`);
}

const rows = [
	['ERC-20 transfers in the fullest block', 'perBlock'],
	['transfers accepted by the RPC, per second', 'accepted'],
	['transfers included, per second', 'included'],
	['gas limit of a transfer', 'gas'],
];
const { fusion, anvil } = results;
const cell = (result, key) => (result ? result[key].toFixed(0) : '-').padStart(10);
console.log(`${''.padEnd(44)}${'fusion'.padStart(10)}${'anvil'.padStart(10)}${'ratio'.padStart(10)}`);
for (const [title, key] of rows) {
	const ratio = fusion && anvil ? (fusion[key] / anvil[key]).toFixed(2) : '-';
	console.log(`${title.padEnd(44)}${cell(fusion, key)}${cell(anvil, key)}${ratio.padStart(10)}`);
}
if (anvil) console.log(`anvil's blocks are limited to ${anvil.blockGas} gas.`);
if (names.some((name) => results[name].blocks.filter((n) => n > 0).length < 3)) {
	console.log('A chain took all in two blocks or fewer: --transfers is too small to fill one.');
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, '\t')}\n`);
