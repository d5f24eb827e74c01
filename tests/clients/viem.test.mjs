// viem, as dapps use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
	createPublicClient,
	createWalletClient,
	FeeCapTooLowError,
	formatEther,
	http,
	InsufficientFundsError,
	IntrinsicGasTooLowError,
	NonceTooLowError,
	parseEther,
	webSocket,
} from 'viem';
import { generatePrivateKey, nonceManager, privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { ethereumEndpoint, NEEDS_FUSION } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const GWEI = 10n ** 9n;
const SUPPLY = parseEther('1000');

// One manager of nonces for all: the endpoint knows no pending transactions.
const alith = privateKeyToAccount(KEYS.alith, { nonceManager });
let endpoint, chain, reader, wallet, token;

const contract = () => ({ address: token.address, abi: token.abi });
const freshAccount = () => privateKeyToAccount(generatePrivateKey());

async function mined(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

/** Signs a transaction as it is given and hands it in, with nothing filled in or checked before. */
async function sendRaw(account, transaction) {
	const serializedTransaction = await account.signTransaction({ chainId: chain.id, ...transaction });
	return reader.sendRawTransaction({ serializedTransaction });
}

/** The first error of class `kind` in the chain of causes, which viem made of the node's answer. */
async function failure(promise, kind) {
	const error = await promise.then(
		(value) => assert.fail(`expected an error, got ${value}`),
		(error) => error,
	);
	const cause = kind ? error.walk((e) => e instanceof kind) : error;
	assert.ok(cause, `expected ${kind?.name}, got: ${error.details ?? error.message}`);
	return error;
}

before(async () => {
	endpoint = await ethereumEndpoint();
	chain = await fusionChain(endpoint.ethUrl, endpoint.ethWsUrl);
	const options = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(options);
	wallet = createWalletClient({ ...options, account: alith });

	const { abi, bytecode } = await artifact('Token');
	const hash = await wallet.deployContract({ abi, bytecode, args: ['Viem', 'VIE', SUPPLY] });
	const { contractAddress } = await mined(hash);
	token = { abi, address: contractAddress };
});

after(() => endpoint?.stop());

test('the chain tells its id, and prices in gwei', async () => {
	assert.equal(await reader.getChainId(), chain.id);
	assert.equal(await rpc(endpoint.ethUrl, 'net_version'), String(chain.id));
	const price = await reader.getGasPrice();
	assert.ok(price >= GWEI / 100n && price <= 1000n * GWEI, `gas price is ${price} wei`);
	const balance = await reader.getBalance({ address: alith.address });
	assert.ok(balance >= parseEther('1000'), `Alith has ${formatEther(balance)}`);
});

test('a deployed contract has code, storage and answers', async () => {
	const code = await reader.getCode({ address: token.address });
	assert.ok(code.length > 1000, `code is ${code}`);
	const read = (functionName, args) => reader.readContract({ ...contract(), functionName, args });
	assert.equal(await read('symbol'), 'VIE');
	assert.equal(await read('totalSupply'), SUPPLY);
	assert.equal(await read('balanceOf', [alith.address]), SUPPLY);
	// `_totalSupply` is the third variable of OpenZeppelin's ERC-20.
	const slot = await reader.getStorageAt({ address: token.address, slot: '0x2' });
	assert.equal(BigInt(slot), SUPPLY);
});

test('EIP-1559, EIP-2930 and legacy transactions are included and keep their type', async () => {
	const prices = await reader.estimateFeesPerGas();
	const gasPrice = await reader.getGasPrice();
	for (const [type, fees] of [
		['eip1559', prices],
		['eip2930', { gasPrice, accessList: [] }],
		['legacy', { gasPrice }],
	]) {
		const to = freshAccount().address;
		const receipt = await mined(await wallet.sendTransaction({ to, value: 7n, type, ...fees }));
		assert.equal(receipt.type, type);
		assert.ok(receipt.gasUsed > 0n);
		assert.ok(receipt.effectiveGasPrice > 0n);
		assert.equal(await reader.getBalance({ address: to }), 7n);
		const transaction = await reader.getTransaction({ hash: receipt.transactionHash });
		assert.equal(transaction.type, type);
		assert.equal(transaction.from.toLowerCase(), alith.address.toLowerCase());
		assert.equal(transaction.value, 7n);
		const block = await reader.getBlock({ blockNumber: receipt.blockNumber });
		assert.equal(block.hash, receipt.blockHash);
		assert.ok(block.transactions.includes(receipt.transactionHash));
	}
});

test('a plain transfer costs at most 21,000 gas, estimated and given', async () => {
	const existing = ADDRESSES.dorothy;
	const fresh = freshAccount().address;
	for (const to of [existing, fresh]) {
		const gas = await reader.estimateGas({ account: alith.address, to, value: parseEther('1') });
		assert.ok(gas <= 21_000n, `a transfer to ${to} is estimated at ${gas}`);
		const before = await reader.getBalance({ address: to });
		// What wallets write into a transfer without asking.
		const hash = await wallet.sendTransaction({ to, value: parseEther('1'), gas: 21_000n });
		const receipt = await mined(hash);
		assert.ok(receipt.gasUsed <= 21_000n);
		assert.equal((await reader.getBalance({ address: to })) - before, parseEther('1'));
	}
});

test('an estimate is enough for the call that it was made for', async () => {
	const args = [freshAccount().address, 5n];
	const call = { ...contract(), functionName: 'transfer', args };
	const gas = await reader.estimateContractGas({ ...call, account: alith.address });
	const receipt = await mined(await wallet.writeContract({ ...call, gas }));
	assert.ok(receipt.gasUsed <= gas);
});

test('a sender pays value and fee, nothing more', async () => {
	const payer = freshAccount();
	await mined(await wallet.sendTransaction({ to: payer.address, value: parseEther('10') }));
	const to = freshAccount().address;
	const gasPrice = 2n * (await reader.getGasPrice());
	const transaction = { to, value: parseEther('3'), nonce: 0, gas: 21_000n, gasPrice };
	const hash = await sendRaw(payer, { ...transaction, type: 'legacy' });
	const { gasUsed, effectiveGasPrice } = await mined(hash);
	const left = await reader.getBalance({ address: payer.address });
	const fee = parseEther('7') - left;
	// Gas is a rounded-up measure of what was charged.
	assert.ok(fee <= gasUsed * effectiveGasPrice, `charged ${fee} of ${gasUsed * effectiveGasPrice}`);
	assert.ok(fee > (gasUsed - 2n) * effectiveGasPrice, `charged only ${fee}`);
});

test('getLogs finds events by address, topic and block range', async () => {
	const [first, second] = [freshAccount().address, freshAccount().address];
	const transfer = (to, amount) =>
		wallet.writeContract({ ...contract(), functionName: 'transfer', args: [to, amount] });
	const receipt = await mined(await transfer(first, 11n));
	await mined(await transfer(second, 22n));
	const logsTo = (to, range) =>
		reader.getContractEvents({ ...contract(), eventName: 'Transfer', args: { to }, ...range });

	const [log, ...others] = await logsTo(first, { fromBlock: 0n });
	assert.equal(others.length, 0);
	assert.deepEqual(log.args, { from: alith.address, to: first, value: 11n });
	assert.equal(log.transactionHash, receipt.transactionHash);
	assert.equal(log.blockNumber, receipt.blockNumber);
	assert.equal(log.blockHash, receipt.blockHash);
	assert.equal(receipt.logs.length, 1);
	assert.equal(receipt.logs[0].logIndex, log.logIndex);

	assert.equal((await logsTo([first, second], { fromBlock: 0n })).length, 2);
	assert.equal((await logsTo(first, { fromBlock: receipt.blockNumber + 1n })).length, 0);
	assert.equal((await logsTo(first, { blockHash: receipt.blockHash })).length, 1);
});

test('subscriptions over websocket deliver blocks and events', async () => {
	const socket = createPublicClient({ chain, transport: webSocket() });
	const to = freshAccount().address;
	const [events, heads, errors] = [[], [], []];
	const onError = (error) => errors.push(error);
	const stopEvents = socket.watchContractEvent({
		...contract(),
		eventName: 'Transfer',
		args: { to },
		onLogs: (logs) => events.push(...logs),
		onError,
	});
	const stopHeads = socket.watchBlocks({ onBlock: (block) => heads.push(block.number), onError });
	try {
		await until('a first block by subscription', () => heads.length > 0);
		const call = { ...contract(), functionName: 'transfer' };
		await mined(await wallet.writeContract({ ...call, args: [freshAccount().address, 1n] }));
		const receipt = await mined(await wallet.writeContract({ ...call, args: [to, 33n] }));
		// Events are delivered when their block is final.
		await until('the event by subscription', () => events.length > 0);
		assert.equal(events.length, 1);
		assert.equal(events[0].args.value, 33n);
		assert.equal(events[0].transactionHash, receipt.transactionHash);
		await until('the block by subscription', () => heads.includes(receipt.blockNumber));
		assert.deepEqual(errors, []);
	} finally {
		stopEvents();
		stopHeads();
		(await socket.transport.getRpcClient()).close();
	}
});

test('a revert reason arrives, in words and as an error with arguments', async () => {
	const simulate = (functionName, args) =>
		failure(reader.simulateContract({ ...contract(), functionName, args, account: alith }));
	assert.match((await simulate('failWithReason')).shortMessage, /Token: as asked/);
	const { cause } = await simulate('failWithError', [42n]);
	assert.equal(cause.data.errorName, 'Forbidden');
	assert.deepEqual(cause.data.args, [alith.address, 42n]);
});

test('a reverted transaction is included with status 0 and changes nothing', async () => {
	const hash = await wallet.writeContract({
		...contract(),
		functionName: 'transfer',
		args: [freshAccount().address, SUPPLY * 2n],
		gas: 300_000n,
	});
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'reverted');
	assert.equal(receipt.logs.length, 0);
	assert.ok(receipt.gasUsed > 0n);
});

test('a used nonce is refused as too low', async () => {
	const nonce = await reader.getTransactionCount({ address: alith.address });
	assert.ok(nonce > 0);
	const gasPrice = 2n * (await reader.getGasPrice());
	const transaction = { to: alith.address, gas: 21_000n, gasPrice, type: 'legacy' };
	const error = await failure(
		// Not by `wallet`, whose nonce manager would count this one.
		createWalletClient({
			chain,
			transport: http(),
			account: privateKeyToAccount(KEYS.alith),
		}).sendTransaction({ ...transaction, nonce: nonce - 1 }),
		NonceTooLowError,
	);
	assert.match(error.details, /nonce too low/i);
});

test('a transaction with a nonce ahead waits for those before it', async () => {
	const account = freshAccount();
	await mined(await wallet.sendTransaction({ to: account.address, value: parseEther('1') }));
	const gasPrice = 2n * (await reader.getGasPrice());
	const transaction = { to: alith.address, gas: 21_000n, gasPrice, type: 'legacy', value: 1n };
	const later = await sendRaw(account, { ...transaction, nonce: 1 });
	// Two blocks go by without it.
	const seen = await reader.getBlockNumber({ cacheTime: 0 });
	const beyond = async () => (await reader.getBlockNumber({ cacheTime: 0 })) > seen + 1n;
	await until('two more blocks', beyond);
	assert.equal(await rpc(endpoint.ethUrl, 'eth_getTransactionReceipt', [later]), null);
	const earlier = await sendRaw(account, { ...transaction, nonce: 0 });
	await mined(earlier);
	await mined(later);
});

test('too little balance is refused as insufficient funds', async () => {
	const poor = freshAccount();
	await mined(await wallet.sendTransaction({ to: poor.address, value: 1000n }));
	const gasPrice = await reader.getGasPrice();
	const sender = createWalletClient({ chain, transport: http(), account: poor });
	const transaction = { to: alith.address, value: 1n, gas: 21_000n, type: 'legacy', nonce: 0 };
	const error = await failure(
		sender.sendTransaction({ ...transaction, gasPrice }),
		InsufficientFundsError,
	);
	assert.match(error.details, /insufficient funds/i);
	assert.equal(await reader.getTransactionCount({ address: poor.address }), 0);
});

test('a transaction for another chain is refused with a word about the chain id', async () => {
	const nonce = await reader.getTransactionCount({ address: alith.address });
	const price = 2n * (await reader.getGasPrice());
	const common = { to: alith.address, value: 1n, gas: 21_000n, nonce, chainId: chain.id + 1 };
	const attempts = [{ type: 'eip1559', maxFeePerGas: price, maxPriorityFeePerGas: 0n }];
	// anvil does not look at the chain id of legacy transactions.
	if (!endpoint.isAnvil) attempts.push({ type: 'legacy', gasPrice: price });
	for (const attempt of attempts) {
		const error = await failure(sendRaw(alith, { ...common, ...attempt }));
		assert.match(error.details, /chain.?id/i);
	}
	assert.equal(await reader.getTransactionCount({ address: alith.address }), nonce);
});

test('a price below the base fee and too little gas are refused as such', async () => {
	const account = privateKeyToAccount(KEYS.charleth);
	const nonce = await reader.getTransactionCount({ address: account.address });
	const gasPrice = 2n * (await reader.getGasPrice());
	const sender = createWalletClient({ chain, transport: http(), account });
	const common = { to: alith.address, value: 1n, gas: 21_000n, gasPrice, type: 'legacy', nonce };
	const cheap = sender.sendTransaction({ ...common, gasPrice: 1n });
	assert.match((await failure(cheap, FeeCapTooLowError)).details, /less than block base fee/);
	const short = sender.sendTransaction({ ...common, gas: 1_000n });
	assert.match((await failure(short, IntrinsicGasTooLowError)).details, /intrinsic gas too low/);
	assert.equal(await reader.getTransactionCount({ address: account.address }), nonce);
});

test('what is no transaction here is refused with a reason', { skip: NEEDS_FUSION }, async () => {
	const gasPrice = await reader.getGasPrice();
	const common = { to: alith.address, value: 1n, gas: 21_000n, nonce: 0 };
	const fees = { maxFeePerGas: gasPrice, maxPriorityFeePerGas: 0n };
	const setCode = { ...common, ...fees, type: 'eip7702', authorizationList: [] };
	for (const [transaction, reason] of [
		[setCode, /transaction type not supported: 4 \(EIP-7702/],
		// Signed for no chain in particular: it could be repeated on every other one.
		[{ ...common, type: 'legacy', gasPrice, chainId: undefined }, /only replay-protected/],
	]) {
		const { details } = await failure(sendRaw(freshAccount(), transaction));
		assert.match(details, reason);
	}
	const { details } = await failure(reader.sendRawTransaction({ serializedTransaction: '0xc0' }));
	assert.match(details, /cannot be decoded/);
});

test('a transaction that was included is refused as having a nonce too low', async () => {
	const account = freshAccount();
	await mined(await wallet.sendTransaction({ to: account.address, value: parseEther('1') }));
	const gasPrice = 2n * (await reader.getGasPrice());
	const serializedTransaction = await account.signTransaction({
		...{ to: alith.address, value: 1n, gas: 21_000n, nonce: 0 },
		...{ type: 'legacy', gasPrice, chainId: chain.id },
	});
	await mined(await reader.sendRawTransaction({ serializedTransaction }));
	const error = await failure(reader.sendRawTransaction({ serializedTransaction }));
	assert.match(error.details, /nonce too low/);
});
