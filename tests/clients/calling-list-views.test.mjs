// The calling list as people use it: a recurring payment is deployed from its description and pays by itself; its row is
// looked at over JSON-RPC and with the command `fusion-node calling-list`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { createPublicClient, createWalletClient, defineChain, getAddress, http, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { deploy } from '../../contracts/tools/lib/deploy.mjs';
import { LIST } from '../../contracts/tools/lib/list.mjs';
import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { LIBRARY, libraryArtifact } from './lib/artifacts.mjs';
import { NEEDS_FUSION, Node, nodeBinary } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const EXAMPLE = join(LIBRARY, 'examples/recurring-payment/description.json');
const PAYEE = getAddress('0x00000000000000000000000000000000000bea7e');
const AMOUNT = parseEther('1');

let node, reader, wallet, list, payment, deployed, row;

const ask = (method, ...params) => rpc(node.url, `callingList_${method}`, params);
const command = (...args) => promisify(execFile)(nodeBinary(), ['calling-list', ...args, '--url', node.url]);
const printed = async (...args) => (await command(...args)).stdout;
const onList = (functionName, args) => reader.readContract({ address: LIST, abi: list, functionName, args });

/** The example, but it pays every three blocks: nobody waits for the first of a month. */
async function description() {
	await libraryArtifact('RecurringPayment');
	const text = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
	text.contract.artifact = join(LIBRARY, 'out/RecurringPayment.sol/RecurringPayment.json');
	text.rows[0].name = 'pay every three blocks';
	text.rows[0].condition = { kind: 'everyBlocks', first: '$block+6', every: 3 };
	const path = join(node.folder, 'description.json');
	writeFileSync(path, JSON.stringify(text));
	return path;
}

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	const chain = defineChain({
		id: Number(await rpc(node.ethUrl, 'eth_chainId')),
		name: 'Fusion',
		nativeCurrency: { name: 'Fusion', symbol: 'FSN', decimals: 18 },
		rpcUrls: { default: { http: [node.ethUrl] } },
	});
	const client = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(client);
	wallet = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) });
	list = (await libraryArtifact('ICallingList')).abi;
	deployed = await deploy({
		path: await description(),
		url: node.ethUrl,
		key: KEYS.alith,
		given: { payee: PAYEE, amount: '1 FSN', budget: '50 FSN' },
	});
	[row] = deployed.rows;
	payment = { address: deployed.address, abi: (await libraryArtifact('RecurringPayment')).abi };
});

after(async () => {
	await node?.stop();
});

test('what was deployed pays by itself, with no transaction of its payer', options, async () => {
	const payer = wallet.account.address;
	const nonce = await reader.getTransactionCount({ address: payer });
	assert.equal((await onList('row', [row.id])).owner, getAddress(deployed.address));
	await until('three payments', async () => (await reader.getBalance({ address: PAYEE })) >= 3n * AMOUNT, {
		timeout: 120_000,
	});
	assert.equal(await reader.getTransactionCount({ address: payer }), nonce);
	const paid = await reader.getContractEvents({ ...payment, eventName: 'Paid', fromBlock: 0n });
	assert.deepEqual(paid.slice(0, 3).map(({ args }) => args.count), [1n, 2n, 3n]);
	for (const { args } of paid) assert.deepEqual([args.payee, args.amount], [PAYEE, AMOUNT]);
});

test('its row is found by owner, target and kind', options, async () => {
	const id = Number(row.id);
	for (const filter of [
		{ owner: deployed.address },
		{ target: deployed.address },
		{ kind: 'everyBlocks' },
		{ owner: deployed.address, target: deployed.address, kind: 'everyBlocks' },
		{},
	]) {
		const { rows, next } = await ask('rows', filter);
		assert.ok(rows.some((found) => found.id === id), JSON.stringify(filter));
		assert.equal(next, null);
	}
	assert.deepEqual(await ask('rows', { owner: ADDRESSES.ethan }), { rows: [], next: null });
	assert.deepEqual(await ask('rows', { kind: 'cron' }), { rows: [], next: null });
	assert.deepEqual((await ask('rows', {}, id)).rows, []);
});

test('its row and history are what the precompile says', options, async () => {
	const shown = await ask('row', Number(row.id));
	const told = await onList('row', [row.id]);
	assert.equal(shown.ownerAddress, deployed.address.toLowerCase());
	assert.equal(getAddress(shown.target), told.target);
	assert.deepEqual([shown.condition.kind, shown.condition.every], ['everyBlocks', 3]);
	assert.equal(BigInt(shown.terms.gasLimit), told.terms.gasLimit);
	assert.equal(BigInt(shown.terms.storageLimit), told.terms.storageLimit);
	assert.equal(shown.terms.tier, 'guaranteed');
	assert.ok(shown.runs >= 3 && shown.failures === 0);
	assert.ok(BigInt(shown.deposit) < row.deposit, 'it has paid for its runs');
	const history = await ask('history', Number(row.id));
	assert.ok(history.filter(({ reason }) => reason === 'ran').length >= 3, JSON.stringify(history));
	const blocks = history.map(({ block }) => block);
	assert.deepEqual(blocks, [...blocks].sort((a, b) => a - b));
	assert.equal(await ask('row', 1_000_000), null);
	assert.equal(await ask('history', 1_000_000), null);
});

test('it is among what comes next', options, async () => {
	const next = await ask('nextDue', 10);
	const mine = next.find(({ id }) => id === Number(row.id));
	assert.ok(mine, JSON.stringify(next));
	const { timestamp } = await reader.getBlock();
	assert.ok(Math.abs(mine.expected - Number(timestamp)) < 120, `${mine.expected} and ${timestamp}`);
});

test('costs and parameters are those that the precompile asks for', options, async () => {
	const [gasLimit, storageLimit] = [400_000, parseEther('0.001')];
	const told = await ask('estimate', { gasLimit, storageLimit: String(storageLimit), dataBytes: 4, runs: 3 });
	const runCost = await onList('runCost', [BigInt(gasLimit), storageLimit, 0, false]);
	// The gas price may have moved by a block.
	const close = (left, right) => left * 10n > right * 9n && left * 9n < right * 10n;
	assert.ok(close(BigInt(told.runCost), runCost), `${told.runCost} and ${runCost}`);
	assert.equal(BigInt(told.stored), await onList('storageCost', [4]));
	assert.equal(BigInt(told.deposit), 3n * (BigInt(told.runCost) + BigInt(told.upkeep)));
	assert.equal(told.refusedBecause, null);
	const parameters = await ask('parameters');
	const refused = await ask('estimate', { gasLimit: parameters.maxGas + 1 });
	assert.match(refused.refusedBecause, /the most of a run/);
	assert.equal(parameters.isPaused, false);
	assert.ok(parameters.rows >= 1 && parameters.load >= gasLimit, JSON.stringify(parameters));
});

test('questions that make no sense are refused in words', options, async () => {
	await assert.rejects(ask('rows', { owner: 'me' }), /'me' is neither an account/);
	await assert.rejects(ask('rows', {}, 0, 257), /limit is 257, and has to be from 1 to 256/);
	await assert.rejects(ask('row', 'two'), /row: invalid type/);
});

test('the command shows the same', options, async () => {
	const id = String(row.id);
	const table = await printed('list', '--owner', deployed.address);
	assert.match(table, /^ROW +STATE +CONDITION/);
	assert.match(table, new RegExp(`^${id} .*every 3 blocks`, 'm'));
	const shown = await printed('show', id);
	assert.match(shown, new RegExp(`^target +${deployed.address}$`, 'im'));
	assert.match(shown, /^\d+ +ran +1$/m);
	const json = JSON.parse(await printed('show', id, '--json'));
	assert.equal(json.ownerAddress, deployed.address.toLowerCase());
	assert.ok(json.history.length >= 3);
	assert.match(await printed('next'), new RegExp(`^\\S+ \\S+ UTC +${id} `, 'm'));
	assert.match(await printed('parameters'), /^gas price now +\S+ gwei$/m);
	const estimate = await printed('estimate', '--gas-limit', '400000', '--storage-limit', '0.001', '--runs', '12');
	assert.match(estimate, /^storage +0\.001 FSN$/m);
	const seen = await printed('watch', id, '--looks', '4', '--interval', '2');
	assert.match(seen, new RegExp(`^row ${id}: .*every 3 blocks`, 'm'));
	assert.match(seen, new RegExp(`^row ${id}: ran in block \\d+$`, 'm'));
});

test('the command says what is wrong, and fails', options, async () => {
	const fails = (args, expected) =>
		assert.rejects(args, ({ code, stderr }) => {
			assert.notEqual(code, 0);
			assert.match(stderr, expected);
			return true;
		});
	await fails(command('show', '1000000'), /there is no row 1000000/);
	await fails(command('list', '--kind', 'moon'), /'moon' is none of atBlock/);
	const nobody = promisify(execFile)(nodeBinary(), ['calling-list', 'parameters', '--url', 'http://127.0.0.1:9']);
	await fails(nobody, /no answer from http:\/\/127\.0\.0\.1:9/);
});

test('the payer ends it, and the row is gone', options, async () => {
	const hash = await wallet.writeContract({ ...payment, functionName: 'end' });
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success');
	assert.equal(await reader.getBalance({ address: payment.address }), 0n);
	await until('the row to be gone', async () => (await ask('row', Number(row.id))) === null);
	assert.deepEqual((await ask('rows', { owner: deployed.address })).rows, []);
});
