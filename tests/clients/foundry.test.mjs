// Foundry: forge deploys by a script, cast reads and sends.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { ethereumEndpoint } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { HERE, run } from './lib/tools.mjs';
import { until } from './lib/wait.mjs';

const ETHER = 10n ** 18n;
const SUPPLY = 1_000_000n * ETHER;
const TRANSFER = 'event Transfer(address indexed from, address indexed to, uint256 value)';
const RECIPIENT = '0x00000000000000000000000000000000000A11CE';

let endpoint, chainId, token, deployedIn;

/** Runs cast against the endpoint. */
const cast = (command, ...args) => run('cast', [command, '--rpc-url', endpoint.ethUrl, ...args]);
const signer = ['--private-key', KEYS.charleth];

/** A number as cast prints it: `123 [1.23e2]`. */
const number = (text) => BigInt(text.split(' ')[0]);

/** Sends a transaction with cast and waits for its receipt. */
async function send(...args) {
	return JSON.parse(await cast('send', ...signer, '--json', ...args));
}

/** Standard error of a Foundry program that must fail. */
async function failure(promise) {
	return promise.then(
		(output) => assert.fail(`expected a failure, got ${output}`),
		(error) => error.stderr,
	);
}

before(async () => {
	endpoint = await ethereumEndpoint();
	chainId = Number(await rpc(endpoint.ethUrl, 'eth_chainId'));
});

after(() => endpoint?.stop());

test('forge script --broadcast deploys an ERC-20 and sends from it', async () => {
	const name = 'DeployToken.s.sol';
	const record = join(HERE, 'broadcast', name, String(chainId), 'run-latest.json');
	rmSync(record, { force: true });
	await run('forge', [
		...['script', `solidity/script/${name}`, '--sig', 'run(address)', RECIPIENT],
		...['--rpc-url', endpoint.ethUrl, '--broadcast', ...signer],
		// Gas is what the chain estimates (not what Forge's own EVM counts), and the endpoint
		// estimates on the latest block: each transaction must see those before it.
		...['--skip-simulation', '--slow'],
	]);
	assert.ok(existsSync(record), `forge wrote no ${record}`);
	const { transactions, receipts } = JSON.parse(readFileSync(record, 'utf8'));
	assert.deepEqual(
		transactions.map(({ transactionType, contractName }) => [transactionType, contractName]),
		[
			['CREATE', 'Token'],
			['CALL', 'Token'],
		],
	);
	assert.deepEqual(
		receipts.map(({ status }) => Number(status)),
		[1, 1],
	);
	token = transactions[0].contractAddress;
	deployedIn = Number(receipts[0].blockNumber);
	assert.ok((await cast('code', token)).length > 1000);
});

test('cast calls', async () => {
	assert.equal(await cast('call', token, 'symbol()(string)'), '"SCR"');
	assert.equal(number(await cast('call', token, 'totalSupply()(uint256)')), SUPPLY);
	const balance = (of) => cast('call', token, 'balanceOf(address)(uint256)', of);
	assert.equal(number(await balance(RECIPIENT)), ETHER);
	assert.equal(number(await balance(ADDRESSES.charleth)), SUPPLY - ETHER);
	assert.equal(Number(await cast('chain-id')), chainId);
	assert.ok(number(await cast('balance', ADDRESSES.charleth)) > ETHER);
	assert.ok(number(await cast('gas-price')) > 0n);
	assert.ok(Number(await cast('block-number')) >= deployedIn);
	assert.equal(Number(await cast('block', String(deployedIn), '--field', 'number')), deployedIn);
});

test('cast sends, and reads the receipt, the transaction and the log', async () => {
	const amount = 12_345n;
	const sent = await send(token, 'transfer(address,uint256)', RECIPIENT, String(amount));
	assert.equal(Number(sent.status), 1);

	const receipt = JSON.parse(await cast('receipt', '--json', sent.transactionHash));
	assert.equal(receipt.blockHash, sent.blockHash);
	assert.equal(receipt.from.toLowerCase(), ADDRESSES.charleth.toLowerCase());
	assert.equal(receipt.to.toLowerCase(), token.toLowerCase());
	assert.equal(receipt.logs.length, 1);
	const transaction = JSON.parse(await cast('tx', '--json', sent.transactionHash));
	assert.equal(transaction.blockNumber, receipt.blockNumber);

	const from = String(Number(receipt.blockNumber));
	const logs = JSON.parse(
		await cast('logs', '--json', '--from-block', from, '--address', token, TRANSFER.slice(6)),
	);
	assert.equal(logs.length, 1);
	assert.equal(logs[0].transactionHash, sent.transactionHash);
	assert.equal(BigInt(logs[0].data), amount);
	assert.equal(BigInt(logs[0].topics[2]), BigInt(RECIPIENT));
	const all = await cast('logs', '--json', '--from-block', '0', '--address', token);
	// Minted, transferred by the script, transferred here.
	assert.equal(JSON.parse(all).length, 3);
});

test('a revert reason arrives', async () => {
	const failing = [token, 'failWithReason()'];
	assert.match(await failure(cast('call', ...failing)), /Token: as asked/);
	assert.match(await failure(cast('estimate', ...failing)), /Token: as asked/);
	assert.match(await failure(cast('send', ...signer, ...failing)), /Token: as asked/);
	// With gas given, cast does not ask before it sends: the failure is on chain.
	const sent = await send('--gas-limit', '300000', ...failing);
	assert.equal(Number(sent.status), 0);
});

test('50 transactions at once from one account are all included, in order', async () => {
	const count = 50;
	const first = Number(await cast('nonce', ADDRESSES.charleth));
	const target = '0x0000000000000000000000000000000000050050';
	const before = number(await cast('balance', target));
	const hashes = await Promise.all(
		Array.from({ length: count }, (_, i) =>
			cast(
				...['send', '--async', ...signer, '--nonce', String(first + i)],
				...[target, '--value', String(2 ** 20 + i)],
			),
		),
	);
	assert.equal(new Set(hashes).size, count);

	const receipts = await Promise.all(
		hashes.map((hash) =>
			until(`the receipt of ${hash}`, () =>
				rpc(endpoint.ethUrl, 'eth_getTransactionReceipt', [hash]),
			),
		),
	);
	for (const { status } of receipts) assert.equal(Number(status), 1);
	const places = receipts.map((r) => Number(r.blockNumber) * 1e6 + Number(r.transactionIndex));
	assert.deepEqual(
		places,
		[...places].sort((a, b) => a - b),
	);
	assert.equal(new Set(places).size, count);
	assert.equal(Number(await cast('nonce', ADDRESSES.charleth)), first + count);
	const paid = BigInt(count) * BigInt(2 ** 20) + BigInt((count * (count - 1)) / 2);
	assert.equal(number(await cast('balance', target)) - before, paid);
});
