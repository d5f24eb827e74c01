// Title and use of FSN, as wallets and contracts see them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createPublicClient, createWalletClient, http, parseEventLogs, zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact, libraryArtifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { connect, developmentAccounts, FSN, submit } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const USUFRUCT = '0x00000000000000000000000000000000f5060000';
const FOREVER = 2n ** 64n - 1n;
/** The token that stands for FSN. */
const token = zeroAddress;
/** A tenth, in parts of a billion: the least commission of a node. */
const COMMISSION = 100_000_000;

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

/** Little-endian hex of a number of so many bytes. */
function le(number, bytes) {
	return Buffer.from(number.toString(16).padStart(2 * bytes, '0'), 'hex').reverse().toString('hex');
}

/** The account of an Ethereum address, and FSN as the first kind of coin, SCALE-encoded. */
const accountOf = (address) => `${address.slice(2).toLowerCase()}${'ee'.repeat(12)}`;
const FSN_COIN = '00';

/** Asks the runtime API. */
async function ask(name, args) {
	const answer = await rpc(node.url, 'state_call', [`UsufructApi_${name}`, `0x${args}`]);
	return Buffer.from(answer.slice(2), 'hex');
}

/** An amount of 16 bytes. */
const amountAt = (bytes, at = 0) => bytes.readBigUInt64LE(at) + (bytes.readBigUInt64LE(at + 8) << 64n);

/** The slices of FSN that an Ethereum address has, as the runtime API tells them. */
async function slicesByApi(address) {
	const bytes = await ask('slices', accountOf(address) + FSN_COIN);
	// The number of slices is four times as much in its byte; a slice is an amount of 16 bytes and two times of 8.
	return Array.from({ length: bytes[0] / 4 }, (_, number) => {
		const at = 1 + 32 * number;
		return { amount: amountAt(bytes, at), start: bytes.readBigUInt64LE(at + 16), end: bytes.readBigUInt64LE(at + 24) };
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
	// Fifty blocks: what is seen before it is over must not be a matter of luck.
	const end = (await now()) + 300n;
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

test('a slice is an ERC-20 for those that know nothing else', options, async () => {
	const [amount, part] = [4n * FSN, FSN];
	const [start, end] = [(await now()) + 1_000n, (await now()) + 2_000n];
	const { abi: sliceAbi, bytecode } = await libraryArtifact('SliceToken');
	const { contractAddress: address } = await mined(await alith.deployContract({
		abi: sliceAbi, bytecode, args: [token, start, end],
	}));
	const slice = (functionName, args = []) => reader.readContract({ address, abi: sliceAbi, functionName, args });
	const move = { address, abi: sliceAbi, functionName: 'transfer', args: [ADDRESSES.dorothy, part] };
	const had = await slice('balanceOf', [ADDRESSES.dorothy]);
	await send(alith, 'deposit', [token, amount]);
	await send(alith, 'approve', [token, address, amount]);
	assert.equal(await slice('symbol'), 'uFSN');
	assert.ok((await slice('balanceOf', [ADDRESSES.alith])) >= amount);
	// The deposit for the longer list of the receiver is the sender's to pay.
	const account = ADDRESSES.alith;
	await assert.rejects(reader.simulateContract({ ...move, account }), /DepositUnpaid/);
	await mined(await alith.writeContract({ address, abi: sliceAbi, functionName: 'topUp', args: [account], value: FSN }));
	await mined(await alith.writeContract(move));
	assert.equal(await slice('balanceOf', [ADDRESSES.dorothy]), had + part);
	const left = await slice('fsnOf', [account]);
	assert.ok(left < FSN && left > (FSN * 9n) / 10n, `${left} are left`);
	await mined(await alith.writeContract({ address, abi: sliceAbi, functionName: 'takeBack', args: [left] }));
	assert.equal(await reader.getBalance({ address }), 0n);
});

/** Bob stands for election as a bookkeeping node. Gives his account. */
async function candidate() {
	const api = await connect(node.wsUrl);
	try {
		const { bob } = await developmentAccounts();
		const account = `0x${Buffer.from(bob.publicKey).toString('hex')}`;
		const { keys, proof } = await rpc(node.url, 'author_rotateKeysWithOwner', [account]);
		await submit(api, api.tx.session.setKeys(keys, proof), bob);
		await submit(api, api.tx.bookkeeping.register((await api.query.bookkeeping.minBond()).toBigInt(), COMMISSION), bob);
		return account;
	} finally {
		await api.disconnect();
	}
}

test('borrowed FSN is bonded to a node with the consent of its owner', options, async () => {
	const amount = 50n * FSN;
	const keeper = await candidate();
	const [owner, user] = [ADDRESSES.alith, ADDRESSES.baltathar];
	// Unbonding takes a week, and it has to be over before the use ends.
	const end = (await now()) + 60n * 24n * 3_600n;
	await send(alith, 'lend', [token, user, amount, end]);
	const bond = { address: USUFRUCT, abi, functionName: 'bond', args: [owner, keeper, amount, end], account: user };
	await assert.rejects(reader.simulateContract(bond), /Usufruct: NoConsent/);
	const consented = await send(alith, 'consent', [user, amount, end]);
	assert.deepEqual(consented.logs, [{ eventName: 'Consent', owner, user, amount, until: end }]);
	const held = await read('totalHeld', [token]);
	const before = await Promise.all([read('useOf', [token, user]), read('titleOf', [token, owner])]);
	const { result: pledge } = await reader.simulateContract(bond);
	const bonded = await send(baltathar, 'bond', bond.args);
	assert.deepEqual(bonded.logs, [{ eventName: 'Bonded', pledge, user, owner, node: keeper, amount, end }]);
	// Use and title are bound, and neither can be moved on.
	assert.deepEqual(
		await Promise.all([read('useOf', [token, user]), read('titleOf', [token, owner])]),
		before.map((had) => had - amount),
	);
	assert.equal(await read('totalHeld', [token]), held - amount);
	const shown = { user, owner, node: keeper, amount, end, unbonding: false };
	assert.deepEqual(await read('pledgeOf', [pledge]), shown);
	assert.equal((await ask('pledges', accountOf(owner)))[0], 4, 'one pledge, by the API');
	assert.equal((await ask('pledges', accountOf(user)))[0], 4, 'the same of the user');

	const ended = await send(baltathar, 'unbond', [pledge]);
	assert.ok(ended.logs.some(({ eventName, pledge: id }) => eventName === 'Unbonding' && id === pledge));
	assert.deepEqual(await read('pledgeOf', [pledge]), { ...shown, unbonding: true });
	await assert.rejects(
		reader.simulateContract({ address: USUFRUCT, abi, functionName: 'settle', args: [pledge], account: user }),
		/Usufruct: /,
		'it has not unbonded yet',
	);
});

test('wallets and explorers read by the runtime API what contracts see', options, async () => {
	const address = ADDRESSES.alith;
	const who = accountOf(address);
	const [inUse, title, whole] = await holdings(address);
	assert.ok(title > 0n);
	assert.equal((await ask('coins', who)).toString('hex'), `04${FSN_COIN}`);
	assert.equal(amountAt(await ask('title_of', who + FSN_COIN)), title);
	const some = (bytes) => (bytes[0] === 1 ? amountAt(bytes, 1) : null);
	const at = (time) => who + FSN_COIN + le(time, 8);
	assert.equal(some(await ask('use_of', at(0n))), inUse);
	assert.equal(some(await ask('whole_of', at(0n))), whole);
	assert.equal(some(await ask('use_of', at(1n))), null, 'an instant that is over');
	const far = (await now()) + 10n * 365n * 24n * 3_600n;
	assert.equal(some(await ask('use_of', at(far))), title, 'in the end all is back');
	assert.ok((await ask('changes', who + FSN_COIN))[0] >= 4, 'something comes back');
	assert.equal(amountAt(await ask('total_held', FSN_COIN)), await read('totalHeld', [token]));
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
