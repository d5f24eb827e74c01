// The vault of a key group on a real Ethereum node (anvil): deposits by CREATE2 addresses, batches
// that a relayer brings, orders. The group is one secret here: to the contract, a threshold
// signature is the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import {
	createPublicClient,
	createWalletClient,
	decodeEventLog,
	http,
	keccak256,
	parseEther,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { artifact, libraryArtifact } from './lib/artifacts.mjs';
import { Anvil } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import {
	calldata,
	depositAddress,
	depositSalt,
	digest,
	ethereum,
	keyOf,
	NATIVE,
	NEVER,
	sign,
} from './lib/vault.mjs';
import { FILE, text, vectors } from './vault-vectors.mjs';

const SECRET = keccak256('0x0f');
const GENESIS = keccak256('0x10');
const DELAY = 3600n;
const MAX_FEE = parseEther('0.01');
const RECEIVER = '0x00000000000000000000000000000000000b0b01';
const depositor = privateKeyToAccount(KEYS.alith);
const relayer = privateKeyToAccount(KEYS.baltathar);

let anvil, reader, chain, vault, token, codeHash;

const wallet = (account) => createWalletClient({ account, chain, transport: http() });
const balance = (address) => reader.getBalance({ address });
const tokens = (address) => read(token, 'balanceOf', [address]);
const read = ({ address, abi }, functionName, args = []) =>
	reader.readContract({ address, abi, functionName, args });

/** Waits for a transaction that has to succeed. */
async function mined(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash, pollingInterval: 50 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

/** Calls a function as `account`: the events of the contract in its receipt, and the gas. */
async function send(account, { address, abi }, functionName, args, options = {}) {
	const request = { address, abi, functionName, args, ...options };
	const receipt = await mined(await wallet(account).writeContract(request));
	const events = receipt.logs
		.filter((log) => log.address === address.toLowerCase())
		.map((log) => decodeEventLog({ abi, ...log }));
	return { events, receipt };
}

/** The name of the contract's error that a call of `account` fails with. */
async function refusal(account, { address, abi }, functionName, args) {
	const call = reader.simulateContract({ account, address, abi, functionName, args });
	const error = await call.then(
		() => assert.fail(`${functionName} should have been refused`),
		(error) => error.walk(({ name }) => name === 'ContractFunctionRevertedError'),
	);
	return error.data.errorName;
}

async function deploy({ abi, bytecode }, args) {
	const receipt = await mined(await wallet(depositor).deployContract({ abi, bytecode, args }));
	return { address: receipt.contractAddress, abi };
}

const where = () => ({ chainId: chain.id, address: vault.address });

/** What the group signs, and its signature, as arguments of `execute`. */
function signed(id, payouts, { fee = 0n, epoch = 0n, deadline = NEVER, secret = SECRET } = {}) {
	const batch = { id, epoch, deadline, fee, payouts };
	return [batch, sign(secret, digest(where(), 'Batch', batch)), relayer.address];
}

/** The same of an order. */
async function order(functionName, args) {
	const terms = { epoch: await read(vault, 'epoch'), deadline: NEVER };
	const call = calldata(vault.abi, functionName, args);
	const order = { nonce: await read(vault, 'nextOrder'), ...terms, call };
	return [order, sign(SECRET, digest(where(), 'Order', order))];
}

/** Salt and deposit address of a request, computed here. */
function request(index) {
	const salt = depositSalt(GENESIS, keccak256('0x11'), index);
	return { salt, address: depositAddress(vault.address, salt, codeHash) };
}

before(async () => {
	anvil = await Anvil.start({ chainId: 31_337 });
	chain = ethereum(anvil);
	reader = createPublicClient({ chain, transport: http(), cacheTime: 0 });
	const key = BigInt(keyOf(SECRET));
	vault = await deploy(await libraryArtifact('Vault'), [key, DELAY, MAX_FEE]);
	token = await deploy(await artifact('Token'), ['Gold', 'GLD', parseEther('1000')]);
	codeHash = await read(vault, 'DEPOSIT_CODE_HASH');
});

after(() => anvil?.stop());

test('the vectors of Solidity and Rust are what viem and noble make', async () => {
	assert.equal(readFileSync(FILE, 'utf8'), text(await vectors()));
});

test('native coin comes in by a deposit address, and out by a batch', async () => {
	const { salt, address } = request(0n);
	assert.equal(await read(vault, 'depositAddress', [salt]), address);
	const payment = { to: address, value: parseEther('2') };
	await mined(await wallet(depositor).sendTransaction(payment));
	const swept = await send(relayer, vault, 'sweep', [[salt], NATIVE]);
	const deposited = swept.events.find(({ eventName }) => eventName === 'Deposited');
	assert.deepEqual(deposited.args, { salt, asset: NATIVE, amount: parseEther('2') });
	assert.equal(await balance(vault.address), parseEther('2'));
	// It is deployed now, and is paid again, with no more gas than a transfer to an account.
	await mined(await wallet(depositor).sendTransaction({ ...payment, gas: 23_300n }));
	await send(relayer, vault, 'sweep', [[salt], NATIVE]);
	assert.equal(await balance(vault.address), parseEther('4'));

	const before = await balance(relayer.address);
	const payouts = [{ asset: NATIVE, to: RECEIVER, amount: parseEther('1.5') }];
	const batch = signed(0n, payouts, { fee: MAX_FEE });
	const { events, receipt } = await send(relayer, vault, 'execute', batch);
	assert.deepEqual(
		events.map(({ eventName }) => eventName),
		['Paid', 'Executed'],
	);
	assert.equal(await balance(RECEIVER), parseEther('1.5'));
	assert.equal(await balance(vault.address), parseEther('2.5') - MAX_FEE);
	const gas = receipt.gasUsed * receipt.effectiveGasPrice;
	assert.equal(await balance(relayer.address), before + MAX_FEE - gas);
	assert.equal(await refusal(relayer, vault, 'execute', batch), 'AlreadyExecuted');
});

test('a token comes in once the group accepts it, and out by a batch', async () => {
	const { salt, address } = request(1n);
	await send(depositor, token, 'transfer', [address, parseEther('30')]);
	const sweep = [[salt], token.address];
	assert.equal(await refusal(relayer, vault, 'sweep', sweep), 'TokenNotAccepted');
	const accept = await order('acceptToken', [token.address, true]);
	await send(relayer, vault, 'order', accept);
	await send(relayer, vault, 'sweep', sweep);
	assert.equal(await tokens(vault.address), parseEther('30'));

	// The first payment is more than there is: it is kept, and the second one is made.
	const payouts = [31n, 10n].map((n) => ({
		...{ asset: token.address, to: RECEIVER },
		amount: n * 10n ** 18n,
	}));
	const { events } = await send(relayer, vault, 'execute', signed(1n, payouts));
	assert.deepEqual(
		events.map(({ eventName, args }) => [eventName, args.index]),
		[
			['Unpaid', 0n],
			['Paid', 1n],
			['Executed', undefined],
		],
	);
	assert.equal(await tokens(RECEIVER), parseEther('10'));
	assert.equal(await read(vault, 'totalUnpaid', [token.address]), parseEther('31'));
	assert.equal(await refusal(relayer, vault, 'retry', [1n, 0n, payouts[0]]), 'StillFails');

	// More comes in, and anybody has it paid.
	await send(depositor, token, 'transfer', [vault.address, parseEther('11')]);
	await send(depositor, vault, 'retry', [1n, 0n, payouts[0]]);
	assert.equal(await tokens(RECEIVER), parseEther('41'));
	assert.equal(await tokens(vault.address), 0n);
});

test('a payment that failed is taken back by the group', async () => {
	const payout = { asset: token.address, to: RECEIVER, amount: 1n };
	await send(relayer, vault, 'execute', signed(2n, [payout]));
	const { events } = await send(relayer, vault, 'order', await order('recall', [2n, 0n, payout]));
	assert.deepEqual(
		events.map(({ eventName }) => eventName),
		['Recalled', 'Ordered'],
	);
	assert.equal(await refusal(relayer, vault, 'retry', [2n, 0n, payout]), 'NotUnpaid');
});

test('what is not signed by the key of the time does nothing', async () => {
	const payouts = [{ asset: NATIVE, to: relayer.address, amount: 1n }];
	const refused = (args) => refusal(relayer, vault, 'execute', args);
	assert.equal(await refused(signed(3n, payouts, { secret: keccak256('0x12') })), 'WrongSignature');
	const [batch, signature, feeTo] = signed(3n, payouts);
	assert.equal(await refused([{ ...batch, id: 4n }, signature, feeTo]), 'WrongSignature');
	assert.equal(await refused(signed(3n, payouts, { deadline: 1n })), 'Expired');
	assert.equal(await refused(signed(3n, payouts, { epoch: 1n })), 'WrongEpoch');
	assert.equal(await refused(signed(3n, payouts, { fee: MAX_FEE + 1n })), 'FeeTooHigh');
	assert.equal(await refusal(relayer, vault, 'pause', [1]), 'NotTheGroup');
});

test('another key takes over after the delay', async () => {
	const secret = keccak256('0x13');
	const key = BigInt(keyOf(secret));
	const proof = sign(secret, digest(where(), 'Key', { epoch: 1n, key }));
	await send(relayer, vault, 'order', await order('rotate', [key, proof]));
	assert.equal(await refusal(relayer, vault, 'activate', []), 'NothingToActivate');
	await rpc(anvil.ethUrl, 'evm_increaseTime', [Number(DELAY)]);
	await rpc(anvil.ethUrl, 'evm_mine');
	await send(relayer, vault, 'activate', []);
	const payouts = [{ asset: NATIVE, to: RECEIVER, amount: 1n }];
	assert.equal(await refusal(relayer, vault, 'execute', signed(5n, payouts)), 'WrongEpoch');
	const before = await balance(RECEIVER);
	await send(relayer, vault, 'execute', signed(5n, payouts, { epoch: 1n, secret }));
	assert.equal(await balance(RECEIVER), before + 1n);
});
