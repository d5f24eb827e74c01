// ethers v6, as scripts and Hardhat use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
	Contract,
	ContractFactory,
	Interface,
	isError,
	JsonRpcProvider,
	NonceManager,
	parseEther,
	Wallet,
	WebSocketProvider,
} from 'ethers';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { ethereumEndpoint } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const SUPPLY = parseEther('1000');

let endpoint, provider, wallet, token;

const fresh = () => Wallet.createRandom(provider);

/** Waits for a receipt of a transaction that must succeed. */
async function mined(sent) {
	const receipt = await (await sent).wait(1, 60_000);
	assert.equal(receipt.status, 1);
	return receipt;
}

async function failure(promise) {
	return promise.then(
		(value) => assert.fail(`expected an error, got ${JSON.stringify(value)}`),
		(error) => error,
	);
}

/** What the endpoint itself answered, under whatever ethers made of it. */
function answered(error) {
	return error.info?.error?.message ?? error.error?.message ?? error.message;
}

before(async () => {
	endpoint = await ethereumEndpoint();
	// The endpoint has no filters (`eth_newFilter`): with `polling`, ethers asks for logs instead.
	const options = { cacheTimeout: -1, polling: true };
	provider = new JsonRpcProvider(endpoint.ethUrl, undefined, options);
	provider.pollingInterval = 100;
	// The endpoint knows no pending transactions, so the client counts nonces.
	wallet = new NonceManager(new Wallet(KEYS.baltathar, provider));

	const { abi, bytecode } = await artifact('Token');
	const factory = new ContractFactory(abi, bytecode, wallet);
	token = await factory.deploy('Ethers', 'ETS', SUPPLY);
	await token.waitForDeployment();
});

after(async () => {
	provider?.destroy();
	await endpoint?.stop();
});

test('a contract is deployed at the address that its creator and nonce give', async () => {
	const receipt = await token.deploymentTransaction().wait();
	assert.equal(receipt.contractAddress, await token.getAddress());
	assert.equal(await token.name(), 'Ethers');
	assert.equal(await token.balanceOf(ADDRESSES.baltathar), SUPPLY);
	assert.notEqual(await provider.getCode(token), '0x');
	assert.equal(await provider.getCode(fresh().address), '0x');
});

test('EIP-1559 and legacy transactions are included and keep their type', async () => {
	const { gasPrice, maxFeePerGas } = await provider.getFeeData();
	assert.ok(gasPrice > 0n && maxFeePerGas >= gasPrice);
	for (const [type, fees] of [
		[2, {}],
		[0, { gasPrice }],
	]) {
		const to = fresh().address;
		const receipt = await mined(wallet.sendTransaction({ to, value: 9n, type, ...fees }));
		assert.equal(receipt.type, type);
		assert.equal(await provider.getBalance(to), 9n);
		const transaction = await provider.getTransaction(receipt.hash);
		assert.equal(transaction.type, type);
		assert.equal(transaction.from, ADDRESSES.baltathar);
		assert.equal(transaction.blockNumber, receipt.blockNumber);
	}
});

test('a plain transfer is estimated at no more than 21,000 gas', async () => {
	for (const to of [ADDRESSES.ethan, fresh().address]) {
		const gas = await provider.estimateGas({ from: ADDRESSES.baltathar, to, value: 1n });
		assert.ok(gas <= 21_000n, `a transfer to ${to} is estimated at ${gas}`);
	}
});

test('estimateGas fails with the reason of the revert', async () => {
	const error = await failure(token.failWithReason.estimateGas());
	assert.ok(isError(error, 'CALL_EXCEPTION'), error.message);
	assert.equal(error.reason, 'Token: as asked');
	const custom = await failure(token.failWithError.staticCall(7n));
	assert.equal(custom.revert.name, 'Forbidden');
	assert.deepEqual([...custom.revert.args], [ADDRESSES.baltathar, 7n]);
});

test('getLogs finds events by address, topic and block range', async () => {
	const [first, second] = [fresh().address, fresh().address];
	const receipt = await mined(token.transfer(first, 11n));
	await mined(token.transfer(second, 22n));

	const filter = await token.filters.Transfer(null, first).getTopicFilter();
	const address = await token.getAddress();
	const logs = await provider.getLogs({ address, topics: filter, fromBlock: 0 });
	assert.equal(logs.length, 1);
	assert.equal(logs[0].transactionHash, receipt.hash);
	assert.equal(logs[0].blockNumber, receipt.blockNumber);
	assert.equal(logs[0].index, receipt.logs[0].index);
	const { args } = new Interface(token.interface.fragments).parseLog(logs[0]);
	assert.deepEqual([...args], [ADDRESSES.baltathar, first, 11n]);

	const both = await token.queryFilter(token.filters.Transfer(null, [first, second]), 0);
	assert.deepEqual(
		both.map((log) => log.args.value),
		[11n, 22n],
	);
	const none = await provider.getLogs({
		address: ADDRESSES.ethan,
		topics: filter,
		fromBlock: 0,
	});
	assert.deepEqual(none, []);
});

test('subscriptions over websocket deliver blocks and events', async () => {
	const socket = new WebSocketProvider(endpoint.ethWsUrl);
	try {
		const [blocks, events] = [[], []];
		await socket.on('block', (number) => blocks.push(number));
		const listener = new Contract(token, token.interface, socket);
		const to = fresh().address;
		await listener.on(listener.filters.Transfer(null, to), (payload) => events.push(payload));
		await until('a first block by subscription', () => blocks.length > 0);
		await mined(token.transfer(fresh().address, 1n));
		const receipt = await mined(token.transfer(to, 44n));
		// Events are delivered when their block is final.
		await until('the event by subscription', () => events.length > 0);
		assert.equal(events.length, 1);
		assert.deepEqual([...events[0].args], [ADDRESSES.baltathar, to, 44n]);
		assert.equal(events[0].log.transactionHash, receipt.hash);
		await until('the block by subscription', () => blocks.includes(receipt.blockNumber));
	} finally {
		await socket.destroy();
	}
});

test('listening over HTTP works by polling', async () => {
	const to = fresh().address;
	const events = [];
	const filter = token.filters.Transfer(null, to);
	await token.on(filter, (payload) => events.push(payload));
	try {
		const started = await provider.getBlockNumber();
		await until('a block', async () => (await provider.getBlockNumber()) > started);
		await mined(token.transfer(to, 55n));
		await until('the event', () => events.length > 0);
		assert.equal(events[0].args.value, 55n);
	} finally {
		await token.off(filter);
	}
});

test('a message signed with the key recovers to its address in a contract call', async () => {
	// ecrecover, the precompile at address 1.
	const signer = fresh();
	const digest = `0x${'5a'.repeat(32)}`;
	const { v, r, s } = signer.signingKey.sign(digest);
	const word = (value) => BigInt(value).toString(16).padStart(64, '0');
	const data = `${digest}${word(v)}${r.slice(2)}${s.slice(2)}`;
	const answer = await provider.call({ to: `0x${'0'.repeat(39)}1`, data });
	assert.equal(answer, `0x${signer.address.slice(2).toLowerCase().padStart(64, '0')}`);
});

test('a used nonce is refused as expired', async () => {
	const nonce = (await provider.getTransactionCount(ADDRESSES.baltathar)) - 1;
	assert.ok(nonce >= 0);
	const plain = new Wallet(KEYS.baltathar, provider);
	const error = await failure(
		plain.sendTransaction({ to: ADDRESSES.ethan, nonce, gasLimit: 21_000n }),
	);
	assert.ok(isError(error, 'NONCE_EXPIRED'), `${error.code}: ${answered(error)}`);
});

test('too little balance is refused as insufficient funds', async () => {
	const poor = fresh();
	await mined(wallet.sendTransaction({ to: poor.address, value: 1000n }));
	const gasLimit = 21_000n;
	const error = await failure(
		poor.sendTransaction({ to: ADDRESSES.ethan, value: 1n, nonce: 0, gasLimit }),
	);
	assert.ok(isError(error, 'INSUFFICIENT_FUNDS'), `${error.code}: ${answered(error)}`);
	// More than one has, with gas that one could pay.
	const value = 2n * (await provider.getBalance(ADDRESSES.baltathar));
	const rich = new Wallet(KEYS.baltathar, provider);
	const tooMuch = await failure(rich.sendTransaction({ to: ADDRESSES.ethan, value, gasLimit }));
	assert.ok(isError(tooMuch, 'INSUFFICIENT_FUNDS'), `${tooMuch.code}: ${answered(tooMuch)}`);
});

test('a transaction for another chain is refused with a word about the chain id', async () => {
	const chainId = BigInt(await rpc(endpoint.ethUrl, 'eth_chainId')) + 1n;
	const nonce = await provider.getTransactionCount(ADDRESSES.baltathar);
	const gasPrice = 2n * (await provider.getFeeData()).gasPrice;
	const signed = await new Wallet(KEYS.baltathar).signTransaction({
		...{ to: ADDRESSES.ethan, nonce, chainId, gasLimit: 21_000n, type: 2 },
		...{ maxFeePerGas: gasPrice, maxPriorityFeePerGas: 0n },
	});
	const error = await failure(provider.broadcastTransaction(signed));
	assert.match(answered(error), /chain.?id/i);
	assert.equal(await provider.getTransactionCount(ADDRESSES.baltathar), nonce);
});
