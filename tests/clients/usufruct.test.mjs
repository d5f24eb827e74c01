// Title and use of FSN, as wallets and contracts see them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createPublicClient, createWalletClient, http, parseEventLogs, zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { FSN } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const USUFRUCT = '0x00000000000000000000000000000000f5060000';
const FOREVER = 2n ** 64n - 1n;
/** The token that stands for FSN. */
const token = zeroAddress;

let node, reader, alith, baltathar, abi, borrower;

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	const chain = await fusionChain(node.ethUrl);
	const client = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(client);
	alith = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) });
	baltathar = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.baltathar) });
	({ abi } = await artifact('IUsufruct'));
	borrower = await artifact('Borrower');
});

after(() => node?.stop());

async function mined(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

/** Asks the precompile. */
function read(functionName, args) {
	return reader.readContract({ address: USUFRUCT, abi, functionName, args });
}

/** Use, title and both of an account. */
async function holdings(account) {
	const names = ['useOf', 'titleOf', 'wholeOf'];
	return Promise.all(names.map((name) => read(name, [token, account])));
}

/** A transaction to the precompile; its receipt, with the logs that it left. */
async function send(wallet, functionName, args) {
	const receipt = await mined(await wallet.writeContract({ address: USUFRUCT, abi, functionName, args }));
	const logs = parseEventLogs({ abi, logs: receipt.logs });
	return { gas: receipt.gasUsed, logs: logs.map(({ eventName, args }) => ({ eventName, ...args })) };
}

/** The slices of FSN that an Ethereum address has, as the runtime API tells them. */
async function slicesByApi(address) {
	// The account, and FSN as the first kind of coin.
	const args = `${address.toLowerCase()}${'ee'.repeat(12)}00`;
	const answer = await rpc(node.url, 'state_call', ['UsufructApi_slices', args]);
	const bytes = Buffer.from(answer.slice(2), 'hex');
	// The number of slices is four times as much in its byte; a slice is an amount of 16 bytes and two times of 8.
	return Array.from({ length: bytes[0] / 4 }, (_, number) => {
		const [low, high, start, end] = [0, 8, 16, 24].map((at) => bytes.readBigUInt64LE(1 + 32 * number + at));
		return { amount: low + (high << 64n), start, end };
	});
}

/** The time of the newest block, in seconds. */
async function now() {
	return (await reader.getBlock()).timestamp;
}

/** Waits for a block at that time or later. */
function wait(time) {
	return until(`the time ${time}`, async () => (await now()) >= time);
}

test('use that is lent comes back by itself', options, async (t) => {
	const amount = 6n * FSN;
	const [from, to] = [ADDRESSES.alith, ADDRESSES.baltathar];
	const end = (await now()) + 20n;
	const { logs, gas } = await send(alith, 'lend', [token, to, amount, end]);
	t.diagnostic(`gas to lend: ${gas}`);
	const [deposited, lent, ...others] = logs;
	assert.deepEqual(others, []);
	assert.deepEqual(deposited, { eventName: 'Deposit', token, account: from, amount });
	assert.equal(lent.eventName, 'SliceTransfer');
	assert.deepEqual([lent.token, lent.from, lent.to], [token, from, to]);
	assert.deepEqual([lent.amount, lent.end], [amount, end]);
	assert.deepEqual(await holdings(from), [0n, amount, 0n]);
	assert.deepEqual(await holdings(to), [amount, 0n, 0n]);
	assert.equal(await read('totalHeld', [token]), amount);
	assert.deepEqual(await slicesByApi(from), [{ amount, start: end, end: FOREVER }]);

	await assert.rejects(
		reader.simulateContract({
			...{ address: USUFRUCT, abi, account: from },
			...{ functionName: 'withdraw', args: [token, amount] },
		}),
		/Usufruct: NotEnough/,
	);
	// Nobody sends a transaction.
	await wait(end);
	assert.deepEqual(await holdings(to), [0n, 0n, 0n]);
	assert.deepEqual(await holdings(from), [amount, amount, amount]);
	const withdrawn = await send(alith, 'withdraw', [token, amount]);
	assert.deepEqual(withdrawn.logs, [{ eventName: 'Withdrawal', token, account: from, amount }]);
	assert.equal(await read('totalHeld', [token]), 0n);
	assert.deepEqual(await slicesByApi(from), []);
});

test('a contract takes what it is allowed, and lends it on', options, async (t) => {
	const amount = 3n * FSN;
	const owner = ADDRESSES.baltathar;
	await send(baltathar, 'deposit', [token, amount]);
	const { contractAddress: contract } = await mined(await alith.deployContract(borrower));
	// It pays deposits.
	await mined(await alith.sendTransaction({ to: contract, value: FSN }));
	await send(baltathar, 'approve', [token, contract, amount]);
	const end = (await now()) + 3_600n;
	const act = async (functionName, args = []) => {
		const call = { address: contract, abi: borrower.abi, functionName, args };
		return mined(await alith.writeContract(call));
	};
	const { gasUsed } = await act('take', [owner, amount, end]);
	t.diagnostic(`gas for a contract to take a slice: ${gasUsed}`);
	assert.equal(await read('allowance', [token, owner, contract]), 0n);
	assert.deepEqual(await holdings(owner), [0n, amount, 0n]);
	assert.deepEqual(await holdings(contract), [amount, 0n, 0n]);
	await act('lendOn', [ADDRESSES.charleth, FSN, end - 60n]);
	assert.equal(await read('useOf', [token, ADDRESSES.charleth]), FSN);
	const slices = await read('sliceOf', [token, contract]);
	assert.deepEqual(slices.map((slice) => slice.amount), [amount - FSN, amount]);
	assert.equal(slices.at(-1).end, end);
	const [noted] = parseEventLogs({ abi: borrower.abi, logs: (await act('note')).logs });
	assert.equal(noted.args.inUse, amount - FSN);
	// The title is sold while the use is lent.
	const sold = await send(baltathar, 'transferTitle', [token, ADDRESSES.dorothy, amount]);
	const [log] = sold.logs;
	assert.deepEqual([log.start, log.end, log.to], [end, FOREVER, ADDRESSES.dorothy]);
	assert.deepEqual(await holdings(ADDRESSES.dorothy), [0n, amount, 0n]);
	assert.deepEqual(await holdings(contract), [amount - FSN, 0n, 0n]);
});

test('gas does not grow much with the number of slices', options, async (t) => {
	const start = (await now()) + 10_000n;
	const costs = [];
	await send(alith, 'deposit', [token, FSN]);
	for (let number = 0n; number < 8n; number += 1n) {
		const from = start + 20n * number;
		const args = [token, ADDRESSES.ethan, FSN / 100n, from, from + 10n];
		costs.push((await send(alith, 'timeSliceTransfer', args)).gas);
	}
	t.diagnostic(`gas of slices that are transferred one after the other: ${costs.join(', ')}`);
	const slices = await read('sliceOf', [token, ADDRESSES.ethan]);
	assert.equal(slices.length, 8);
	const [first, last] = [costs[1], costs.at(-1)];
	assert.ok(last < 2n * first, `the eighth costs ${last}, the second ${first}`);
});
