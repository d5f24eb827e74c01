// Bitcoin in and out by the node's own commands: `lock-in`, `lock-out` and `coins`, on a development node with a real
// bitcoind. What they say is compared with bitcoind, with the precompile and with the ERC-20.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { createPublicClient, http } from 'viem';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact, libraryArtifact } from './lib/artifacts.mjs';
import { COIN, DEV_WIF_2, User, startBitcoin, toSat } from './lib/bitcoin.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node, nodeBinary } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const MAPPING = '0x00000000000000000000000000000000f5030000';
/** Alice, as SS58 and without a name. */
const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
/** BIP-173's example program on Bitcoin's main network. */
const MAIN_ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
/** Nobody has the key of this chain's first block. */
const OTHER_GENESIS = `0x${'12'.repeat(32)}`;
const PATIENCE = { timeout: 120_000, interval: 200 };
/** How long a command may take, in milliseconds. */
const COMMAND_TIMEOUT = 180_000;

/** What alith and Alice lock in, in satoshi; alith's amount has all decimal places. */
const IN = { alith: 123_456_789, alice: 50_000_000 };
const OUT = { alith: 40_000_001, alice: 30_000_000 };
const MAX_FEE = 50_000;

let bitcoind, bitcoin, user, receiver, node, mapping, token, keyFile, deposited;

/** Starts a command. `done` has its exit code and what it printed; `lines` is what it has printed so far. */
function start(args, { input } = {}) {
	const child = spawn(nodeBinary(), args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: COMMAND_TIMEOUT });
	const printed = { stdout: '', stderr: '' };
	for (const name of ['stdout', 'stderr']) {
		child[name].setEncoding('utf8').on('data', (text) => (printed[name] += text));
	}
	// A command that does not read it may be gone already.
	child.stdin.on('error', () => {}).end(input ?? '');
	const done = new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code, signal) => resolve({ code, signal, ...printed }));
	});
	return { done, lines: () => printed.stdout.split('\n').filter((line) => line !== '') };
}

/** Runs a command against the node, to its end. */
function run(command, args = [], options = {}) {
	return start([command, '--url', node.wsUrl, ...args], options).done;
}

/** The same, which must succeed: what it prints as JSON. */
async function json(command, args = [], options = {}) {
	const { code, stdout, stderr } = await run(command, [...args, '--json'], options);
	assert.equal(code, 0, `${command} ${args.join(' ')}: ${stderr}`);
	return JSON.parse(stdout);
}

/** A command that must fail, with this reason, and print nothing else. */
async function refused(command, args, reason, options = {}) {
	const { code, stdout, stderr } = await run(command, args, options);
	assert.equal(code, 1, `${command} ${args.join(' ')} should fail: ${stdout}`);
	assert.match(stderr, reason);
	assert.match(stderr, /^(warning: .*\n)*error: .*\n$/, 'one sentence on one line');
	assert.equal(stdout, '');
}

function lockOutArgs(amount, to, { maxFee = MAX_FEE, key = ['--key-file', keyFile, '--scheme', 'ethereum'] } = {}) {
	return ['--amount', amount, '--to', to, '--max-fee', String(maxFee), ...key];
}

/** Satoshi as the command line takes them. */
const decimal = (satoshi) => `${Math.floor(satoshi / COIN)}.${String(satoshi % COIN).padStart(8, '0')}`;

/** How many transactions the accounts have sent. */
async function nonces() {
	const substrate = await rpc(node.url, 'system_accountNextIndex', [ALICE]);
	const ethereum = await rpc(node.ethUrl, 'eth_getTransactionCount', [ADDRESSES.alith, 'latest']);
	return [substrate, Number(ethereum)];
}

/** The reserves as the command says them, and as the precompile does. */
async function reserves(held, locked) {
	const { reserves: said } = await json('coins');
	const { deficit, issued, isCovered } = said;
	assert.deepEqual([said.held, deficit, issued, said.locked, isCovered], [held, 0, held, locked, true]);
	const read = await mapping.read('reserves');
	assert.deepEqual(read.map(Number), [held, 0, held, locked]);
}

before(async () => {
	if (NEEDS_FUSION) return;
	({ bitcoin, program: bitcoind, user } = await startBitcoin());
	receiver = await User.open(bitcoin, DEV_WIF_2, 'tr');
	node = await Node.start({ args: ['--bitcoin-rpc', bitcoin.authority] });
	const chain = await fusionChain(node.ethUrl);
	const reader = createPublicClient({ chain, transport: http(), cacheTime: 0 });
	const at = (address, abi) => ({
		read: (functionName, args = []) => reader.readContract({ address, abi, functionName, args }),
	});
	mapping = at(MAPPING, (await libraryArtifact('IAssetMapping')).abi);
	token = at(await mapping.read('token'), (await artifact('Token')).abi);
	keyFile = join(node.folder, 'alith.key');
	writeFileSync(keyFile, `${KEYS.alith}\n`, { mode: 0o600 });
	await until('the command to show an active key group', async () => {
		const { keyGroup } = await json('coins');
		return keyGroup?.isActive && keyGroup;
	}, { timeout: 240_000, interval: 2_000 });
});

after(async () => {
	await node?.stop();
	await bitcoind?.stop();
});

test('coins shows how things stand, to programs and to people', options, async () => {
	const genesis = await rpc(node.url, 'chain_getBlockHash', [0]);
	const report = await json('coins', ['--genesis', genesis]);
	assert.equal(report.genesis, genesis);
	assert.match(report.network, /regtest/);
	assert.equal(report.lockIn.closed, null);
	assert.equal(report.lockOut.closed, null);
	const { members, threshold } = report.keyGroup;
	assert.deepEqual([members, threshold], [4, 3]);
	await reserves(0, 0);

	const { code, stdout } = await run('coins', ['--account', ADDRESSES.alith]);
	assert.equal(code, 0);
	for (const line of [
		/^held +0\.00000000 BTC$/m,
		/^all is covered +yes$/m,
		/^members +4, of which 3 sign$/m,
		new RegExp(`^Account ${ADDRESSES.alith.toLowerCase()}$`, 'm'),
		/^mapped bitcoin +0\.00000000 BTC$/m,
	]) {
		assert.match(stdout, line);
	}
});

test('what cannot be done is refused before anything is sent', options, async () => {
	const before = await nonces();
	const alice = ['--suri', '//Alice'];
	const { address } = receiver;

	// Addresses.
	await refused('lock-in', ['--refund-address', MAIN_ADDRESS, ...alice], /main network.*regtest/);
	await refused('lock-out', lockOutArgs('0.1', MAIN_ADDRESS), /main network.*would not arrive/);
	await refused('lock-out', lockOutArgs('0.1', address.slice(0, -1)), /not a Bitcoin address/);
	// Amounts and fees.
	await refused('lock-out', lockOutArgs('0.1', address), /has 0\.00000000 BTC, and 0\.10000000 BTC/);
	await refused('lock-out', lockOutArgs('0.1', address, { maxFee: 10 }), /too low.*--max-fee \d+/);
	await refused('lock-out', lockOutArgs('0.0001', address, { maxFee: 9_999 }), /lock out more/);
	// Which node, and which chain.
	await refused('coins', ['--genesis', OTHER_GENESIS], /not on 0x1212/);
	const wrong = [['ws://127.0.0.1:1', /no node answers at ws:\/\/127\.0\.0\.1:1/], [node.url, /ws:\/\/ or wss:\/\//]];
	for (const [url, reason] of wrong) {
		const { code, stderr } = await start(['coins', '--url', url]).done;
		assert.equal(code, 1);
		assert.match(stderr, reason);
	}
	// What is not there.
	await refused('coins', ['--lock-in', '0'], /no lock-in 0 .*next one has number 0/);
	await refused('coins', ['--lock-out', '0'], /no lock-out 0 /);
	// A key that others can read, and none at all.
	const open = join(node.folder, 'open.key');
	writeFileSync(open, '//Alice\n');
	chmodSync(open, 0o644);
	await refused('lock-in', ['--refund-address', user.address, '--key-file', open], /mode 644.*chmod 600/);
	await refused('lock-in', ['--refund-address', user.address, '--key-stdin'], /no key in it/);
	// An account with nothing.
	const poor = ['--refund-address', user.address, '--suri', '//Nobody'];
	await refused('lock-in', poor, /0 FSN to spend, and 1 FSN are held/);

	// What is wrong with the command line itself is said by it.
	for (const [amount, reason] of [['1e-1', /not an amount of bitcoin/], ['0.123456789', /8 decimal places/]]) {
		const { code, stderr } = await run('lock-out', lockOutArgs(amount, address));
		assert.equal(code, 2);
		assert.match(stderr, reason);
	}
	assert.deepEqual(await nonces(), before, 'no transaction was sent');
});

test('bitcoin is locked in with an Ethereum key from a file', options, async () => {
	const key = ['--key-file', keyFile, '--scheme', 'ethereum'];
	const asked = Math.floor(Date.now() / 1_000);
	const made = await json('lock-in', ['--refund-address', user.address, '--deadline-hours', '48', ...key]);
	assert.equal(made.index, 0);
	assert.equal(made.account, ADDRESSES.alith.toLowerCase());
	assert.equal(made.refundAddress, user.address);
	assert.equal(made.isFinal, true);
	assert.ok(made.deadline >= asked + 48 * 3_600, `${made.deadline}`);
	assert.match(made.depositAddress, /^bcrt1p/);

	const paid = await user.pay(made.depositAddress, IN.alith);
	deposited = `${paid.txid}:${paid.vout}`;
	const { askedDeposit: early } = await json('coins', ['--deposit', deposited]);
	assert.match(early.outcome, /not witnessed yet/);
	await bitcoin.mine(made.confirmations, user.address);
	const { askedDeposit: late } = await until('the deposit to be credited', async () => {
		const report = await json('coins', ['--deposit', deposited]);
		return report.askedDeposit.outcome === 'credited' && report;
	}, PATIENCE);
	assert.deepEqual([late.lockIn, late.amount], [0, IN.alith]);
	assert.equal(await token.read('balanceOf', [ADDRESSES.alith]), BigInt(IN.alith));
	const { account } = await json('coins', ['--account', ADDRESSES.alith]);
	assert.equal(account.mapped, IN.alith);
	assert.deepEqual(account.lockIns.map(({ index, deposits }) => [index, deposits]), [[0, 1]]);
	await reserves(IN.alith, 0);
});

test('bitcoin is locked in with a key from the standard input, as people see it', options, async () => {
	const args = ['--refund-address', user.address, '--key-stdin'];
	const { code, stdout, stderr } = await run('lock-in', args, { input: '//Alice\n' });
	assert.equal(code, 0, stderr);
	assert.doesNotMatch(stderr, /warning/);
	const [, address] = stdout.match(/^deposit address +(bcrt1p\w+)$/m);
	assert.match(stdout, new RegExp(`^credited to +${ALICE}$`, 'm'));
	assert.match(stdout, /^minimum +0\.00010000 BTC$/m);
	assert.match(stdout, /^Next: Send bitcoin to the deposit address/m);
	const { askedLockIn } = await json('coins', ['--lock-in', '1']);
	assert.deepEqual([askedLockIn.depositAddress, askedLockIn.account], [address, ALICE]);

	await user.pay(address, IN.alice);
	const { lockIn } = await json('coins');
	await bitcoin.mine(lockIn.confirmations, user.address);
	await until('the deposit to be credited', async () => {
		return (await json('coins', ['--account', ALICE])).account.mapped === IN.alice;
	}, PATIENCE);
	await reserves(IN.alith + IN.alice, 0);
});

test('a lock-out is followed until bitcoin has arrived, to the satoshi', options, async () => {
	const all = IN.alith + IN.alice;
	const { confirmations } = (await json('coins')).lockIn;
	const args = lockOutArgs(decimal(OUT.alith), receiver.address);
	const command = start(['lock-out', '--url', node.wsUrl, ...args, '--wait', '--json']);
	const txid = await until('the payment in the pool of bitcoind', async () => {
		return (await bitcoin.rpc('getrawmempool'))[0];
	}, PATIENCE);
	await until('the command to say so', () => command.lines().some((line) => /"broadcast"/.test(line)), PATIENCE);
	await reserves(all, OUT.alith);
	const { askedLockOut: standing } = await json('coins', ['--lock-out', '0']);
	assert.deepEqual([standing.state, standing.amount, standing.txids], ['broadcast', OUT.alith, [txid]]);
	const { vout } = await bitcoin.transaction(txid);
	await bitcoin.mine(confirmations, user.address);

	const { code, stderr } = await command.done;
	assert.equal(code, 0, stderr);
	const [made, ...news] = command.lines().map((line) => JSON.parse(line));
	assert.deepEqual([made.lockOut, made.amount, made.isFinal], [0, OUT.alith, true]);
	assert.deepEqual(news.map(({ state }) => state), ['signing', 'broadcast', 'paid']);
	for (const told of news) assert.equal(told.txid, txid);
	assert.ok(news[0].fee > 0 && news[0].fee <= MAX_FEE);

	const arrived = toSat(vout.find(({ scriptPubKey }) => scriptPubKey.address === receiver.address).value);
	assert.equal(arrived, OUT.alith - news[0].fee);
	assert.equal(await receiver.balance(), arrived);
	await reserves(all - OUT.alith, 0);
	assert.equal(await token.read('balanceOf', [ADDRESSES.alith]), BigInt(IN.alith - OUT.alith));
	const { askedLockOut: over } = await json('coins', ['--lock-out', '0']);
	assert.equal(over.state, 'over');
});

test('a lock-out that is not waited for is looked up', options, async () => {
	const all = IN.alith + IN.alice - OUT.alith;
	const { confirmations } = (await json('coins')).lockIn;
	const before = await receiver.balance();
	const key = ['--suri', '//Alice'];
	const { code, stdout, stderr } = await run('lock-out', lockOutArgs('0.3', receiver.address, { key }));
	assert.equal(code, 0, stderr);
	assert.match(stderr, /warning: a secret on the command line/);
	assert.doesNotMatch(stdout + stderr, /\/\/Alice/);
	assert.match(stdout, /^lock-out +1$/m);
	assert.match(stdout, /^amount +0\.30000000 BTC$/m);

	const { account } = await json('coins', ['--account', ALICE]);
	assert.equal(account.mapped, IN.alice - OUT.alice);
	assert.deepEqual(account.lockOuts.map(({ lockOut, amount }) => [lockOut, amount]), [[1, OUT.alice]]);
	await until('the payment in the pool of bitcoind', async () => {
		return (await bitcoin.rpc('getrawmempool'))[0];
	}, PATIENCE);
	await bitcoin.mine(confirmations, user.address);
	await until('the lock-out to be over', async () => {
		return (await json('coins', ['--lock-out', '1'])).askedLockOut.state === 'over';
	}, PATIENCE);
	await reserves(all - OUT.alice, 0);
	const arrived = (await receiver.balance()) - before;
	assert.ok(arrived < OUT.alice && arrived >= OUT.alice - MAX_FEE, `${arrived} satoshi arrived`);
});
