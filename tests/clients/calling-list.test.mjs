// The calling list: a contract that runs by a time, by a log and by a check, with no transaction of anybody but the
// node's own trigger key.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createPublicClient, createWalletClient, http, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const LIST = '0x00000000000000000000000000000000f5040000';
/** The trigger key of a development node. */
const TRIGGERS = '0x643b9f9dbf69f2e71189d2798af536d826c70672';
const TIER = { bestEffort: 0, guaranteed: 1 };
const REASON = { notLive: 13 };

let node, reader, wallet, list;

async function clients(url) {
	const chain = await fusionChain(url);
	const client = { chain, transport: http(), pollingInterval: 100 };
	const account = privateKeyToAccount(KEYS.alith);
	return {
		reader: createPublicClient(client),
		wallet: createWalletClient({ ...client, account }),
	};
}

async function mined(from, hash) {
	const receipt = await from.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

/** Deploys the contract, which registers its rows, and gives what reads it. */
async function deploy({ reader, wallet }, tier) {
	const { abi, bytecode } = await artifact('Clockwork');
	const receipt = await mined(
		reader,
		await wallet.deployContract({ abi, bytecode, args: [tier], value: parseEther('8') }),
	);
	const address = receipt.contractAddress;
	const read = (functionName, args = []) =>
		reader.readContract({ address, abi, functionName, args });
	return { abi, address, read, block: receipt.blockNumber };
}

/** Logs of a contract from a block on, by the names of their events. */
async function logsOf(contract, eventName) {
	return reader.getContractEvents({
		address: contract.address,
		abi: contract.abi,
		eventName,
		fromBlock: contract.block,
	});
}

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	({ reader, wallet } = await clients(node.ethUrl));
	list = (await artifact('ICallingList')).abi;
});

after(async () => {
	await node?.stop();
});

test('a contract runs by time, log and check with no transaction of a user', options, async () => {
	const clockwork = await deploy({ reader, wallet }, TIER.bestEffort);
	const nonce = await reader.getTransactionCount({ address: wallet.account.address });
	await until('it to settle', async () => (await clockwork.read('settled')) === 42n, {
		timeout: 90_000,
	});
	await until('it to have ticked three times', async () => (await clockwork.read('ticks')) === 3n, {
		timeout: 60_000,
	});
	assert.equal(await clockwork.read('heard'), 2n);
	assert.equal(await reader.getTransactionCount({ address: wallet.account.address }), nonce);

	// Logs and receipts are those of ordinary transactions, of the node's own key.
	const [ticked, heard, settled] = await until('its logs to be known', async () => {
		const logs = await Promise.all(
			['Ticked', 'Heard', 'Settled'].map((name) => logsOf(clockwork, name)),
		);
		return logs[0].length === 3 && logs[1].length === 2 && logs[2].length === 1 && logs;
	});
	assert.equal(settled[0].args.value, 42n);
	assert.ok(heard[0].blockNumber > ticked[0].blockNumber, 'a log makes rows due in a later block');
	assert.ok(settled[0].blockNumber > heard[1].blockNumber);
	for (const log of [...ticked, ...heard, ...settled]) {
		const receipt = await reader.getTransactionReceipt({ hash: log.transactionHash });
		assert.equal(receipt.status, 'success');
		assert.equal(receipt.from.toLowerCase(), TRIGGERS);
		assert.equal(receipt.to.toLowerCase(), LIST);
		assert.ok(receipt.logs.some(({ address }) => address.toLowerCase() === LIST));
	}

	// Rows that have run as often as they may are gone, and what was left of their deposits came back.
	for (const index of [0n, 1n, 2n]) {
		const id = await clockwork.read('rows', [index]);
		const row = await reader.readContract({
			address: LIST,
			abi: list,
			functionName: 'row',
			args: [id],
		});
		assert.equal(row.state, 0, `row ${id} is still there`);
	}
	const left = await reader.getBalance({ address: clockwork.address });
	assert.ok(left > parseEther('7.9') && left < parseEther('8'), `it has ${left} left`);
});

test('whoever triggers a row that is not due pays for it, and nothing else happens', options, async () => {
	const { request, result } = await reader.simulateContract({
		address: LIST,
		abi: list,
		functionName: 'execute',
		args: [[1n, 999n]],
		account: wallet.account,
	});
	assert.deepEqual(result, [REASON.notLive, REASON.notLive]);
	const receipt = await mined(reader, await wallet.writeContract(request));
	assert.deepEqual(receipt.logs, []);
});

test('a contract gets its deposit back when it cancels a row', options, async () => {
	const clockwork = await deploy({ reader, wallet }, TIER.bestEffort);
	const { result, request } = await reader.simulateContract({
		address: clockwork.address,
		abi: clockwork.abi,
		functionName: 'changeOfMind',
		account: wallet.account,
	});
	assert.equal(result, parseEther('0.1'));
	await mined(reader, await wallet.writeContract(request));
});

test('the chain runs guaranteed rows when no node triggers them', options, async () => {
	const lazy = await Node.start({ args: ['--no-triggers'] });
	try {
		const own = await clients(lazy.ethUrl);
		const clockwork = await deploy(own, TIER.guaranteed);
		await until('it to settle', async () => (await clockwork.read('settled')) === 42n, {
			timeout: 120_000,
		});
	} finally {
		await lazy.stop();
	}
});
