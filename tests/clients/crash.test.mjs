// A node that is killed under load comes back where it was; a node that is asked to end does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
/** Transactions of one sender that wait for a block at any time, at most. */
const IN_FLIGHT = 30;
/** How much must be included before the node is killed. */
const ENOUGH = 150;
const GAS = 21_000n;

let node;

before(async () => {
	if (!NEEDS_FUSION) node = await Node.start();
});

after(() => node?.stop());

const eth = (method, ...params) => rpc(node.ethUrl, method, params);
const quantity = (value) => `0x${value.toString(16)}`;
const bestNumber = async () => Number((await rpc(node.url, 'chain_getHeader')).number);
const hashAt = (number) => rpc(node.url, 'chain_getBlockHash', [number]);

async function finalNumber() {
	const hash = await rpc(node.url, 'chain_getFinalizedHead');
	return Number((await rpc(node.url, 'chain_getHeader', [hash])).number);
}

/** Sends numbered transfers to an account that gets nothing else. */
class Sender {
	constructor(name, sink) {
		this.account = privateKeyToAccount(KEYS[name]);
		this.sink = sink;
		this.hashes = [];
	}

	async start() {
		this.chainId = Number(await eth('eth_chainId'));
		this.gasPrice = BigInt(await eth('eth_gasPrice')) * 4n;
		this.balance = await this.balanceOf(this.account.address);
		assert.equal(await this.nonce(), 0);
	}

	async balanceOf(address) {
		return BigInt(await eth('eth_getBalance', address, 'latest'));
	}

	async nonce() {
		return Number(await eth('eth_getTransactionCount', this.account.address, 'latest'));
	}

	/** Every transfer has a value of its own, so that a sum tells which ones arrived. */
	valueOf(nonce) {
		return 1_000_000n + BigInt(nonce);
	}

	async sendNext(nonce = this.hashes.length) {
		const { chainId, gasPrice, sink: to } = this;
		const fields = { chainId, nonce, to, value: this.valueOf(nonce), gas: GAS, gasPrice };
		const raw = await this.account.signTransaction({ ...fields, type: 'legacy' });
		const hash = await eth('eth_sendRawTransaction', raw);
		this.hashes[nonce] = hash;
		return hash;
	}

	/** Keeps the pool filled until `stopped()`. */
	async load(stopped) {
		while (!stopped()) {
			if (this.hashes.length - (await this.nonce()) < IN_FLIGHT) await this.sendNext();
			else await sleep(20);
		}
	}
}

/** What was seen of the chain before the crash. */
class Witness {
	blocks = new Map();
	receipts = new Map();
	final = 0;

	async look() {
		const best = await bestNumber();
		for (let number = this.blocks.size; number <= best; number++) {
			const hash = await hashAt(number);
			if (hash !== null) this.blocks.set(number, hash);
		}
		this.final = Math.max(this.final, await finalNumber());
		const tag = quantity(Math.min(best, Number(await eth('eth_blockNumber'))));
		for (const receipt of (await eth('eth_getBlockReceipts', tag)) ?? []) {
			this.receipts.set(receipt.transactionHash, receipt);
		}
	}

	async watch(stopped) {
		while (!stopped()) {
			await this.look();
			await sleep(50);
		}
	}
}

test('a node killed under load restarts with nothing lost, and goes on', options, async () => {
	const senders = [
		new Sender('alith', '0x000000000000000000000000000000000c0ffee1'),
		new Sender('baltathar', '0x000000000000000000000000000000000c0ffee2'),
		new Sender('charleth', '0x000000000000000000000000000000000c0ffee3'),
	];
	for (const sender of senders) await sender.start();
	const seen = new Witness();

	// Load, until the node dies in the middle of it.
	let killed = false;
	const stopped = () => killed;
	const untilKilled = (task) =>
		task.catch((error) => {
			if (!killed) throw error;
		});
	const tasks = [
		...senders.map((sender) => untilKilled(sender.load(stopped))),
		untilKilled(seen.watch(stopped)),
	];
	const failed = Promise.all(tasks).then(() => assert.fail('the load ended by itself'));
	failed.catch(() => {});
	const enough = until(
		`${ENOUGH} included transactions`,
		() => seen.receipts.size >= ENOUGH && seen.final > 0,
		{ interval: 10, timeout: 120_000 },
	);
	await Promise.race([enough, failed]);
	killed = true;
	await node.crash();
	await Promise.all(tasks);

	// The same ports and the same data.
	await node.up();
	const best = await bestNumber();
	const seenBest = seen.blocks.size - 1;
	assert.ok(best >= seenBest, `restarted at block ${best}, but block ${seenBest} was there`);
	assert.ok((await finalNumber()) >= seen.final, `block ${seen.final} was final`);
	for (const [number, hash] of seen.blocks) {
		assert.equal(await hashAt(number), hash, `block ${number} is another one`);
	}

	// Every receipt that was given still stands.
	for (const [hash, before] of seen.receipts) {
		const now = await until(`the receipt of ${hash}`, () => eth('eth_getTransactionReceipt', hash), {
			timeout: 20_000,
		});
		assert.equal(now.blockHash, before.blockHash);
		assert.equal(now.blockNumber, before.blockNumber);
		assert.equal(now.transactionIndex, before.transactionIndex);
		assert.equal(Number(now.status), 1);
	}

	// Nonces and balances are exactly what the included transactions make them.
	const settled = async () => {
		for (const sender of senders) {
			const nonce = await sender.nonce();
			const sum = Array.from({ length: nonce }, (_, i) => sender.valueOf(i)).reduce(
				(total, value) => total + value,
				0n,
			);
			const arrived = await sender.balanceOf(sender.sink);
			assert.equal(arrived, sum, `${nonce} transfers to ${sender.sink}`);
			const spent = sender.balance - (await sender.balanceOf(sender.account.address));
			const fees = spent - sum;
			assert.ok(fees > 0n && fees <= BigInt(nonce) * GAS * sender.gasPrice, `fees are ${fees}`);
		}
	};
	for (const sender of senders) {
		const known = sender.hashes.filter((hash) => seen.receipts.has(hash)).length;
		const nonce = await sender.nonce();
		assert.ok(nonce >= known, `nonce ${nonce}, but ${known} transactions were included`);
	}
	// Transactions that waited may come back from the pool: read between two blocks.
	await until('a consistent reading', () => settled().then(() => true), { timeout: 20_000 });

	// The chain goes on: blocks, finality, transactions.
	for (const sender of senders) {
		// A number that nothing in the old pool can have taken.
		const hash = await until('a transaction to be taken', async () =>
			sender.sendNext(await sender.nonce()),
		);
		const receipt = await until('its receipt', () => eth('eth_getTransactionReceipt', hash));
		assert.equal(Number(receipt.status), 1);
	}
	await until('three more blocks', async () => (await bestNumber()) >= best + 3);
	await until('finality to go on', async () => (await finalNumber()) > seen.final);
	await settled();
});

test('a node that is asked to end does, with all it started', options, async () => {
	assert.ok(await node.stop(), `the node did not end on SIGTERM:\n${node.daemon.tail()}`);
	assert.equal(node.daemon.exit.code, 0, `exit: ${JSON.stringify(node.daemon.exit)}`);
	await node.up();
	assert.ok((await bestNumber()) > 0, 'the chain began anew after an orderly end');
	node.daemon.child.kill('SIGTERM');
	await node.daemon.exited;
	await until('its children to end', () => !node.daemon.groupAlive(), { timeout: 10_000 });
});
