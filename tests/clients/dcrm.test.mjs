// Key groups, as contracts and wallets use them (the precompile) and as clients see them (JSON-RPC). Signatures are
// verified, and what is signed is made, by code that is none of Fusion's.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { schnorr } from '@noble/curves/secp256k1';
import { createPublicClient, createWalletClient, http, parseEther, parseEventLogs } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const DCRM = '0x00000000000000000000000000000000f5020000';
const SIGNED = 2;
const MOST = 10n ** 18n;
/** BIP-173's example program, on regtest: a script of version 0 and 20 bytes. */
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const SCRIPT = '0014751e76e8199196d454941c45d1b3a323f1433bd6';

let node, reader, wallet, abi, holder, group;

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const bytes = (hex) => Buffer.from(hex.replace(/^0x/, ''), 'hex');
const tagged = (tag, ...parts) => {
	const hash = sha256(Buffer.from(tag));
	return sha256(hash, hash, ...parts);
};
const little = (number, size) => {
	const buffer = Buffer.alloc(8);
	buffer.writeBigUInt64LE(BigInt(number));
	return buffer.subarray(0, size);
};
/** The account of an Ethereum address. */
const account = (address) => bytes(address.toLowerCase() + 'ee'.repeat(12));

function read(functionName, args = []) {
	return reader.readContract({ address: DCRM, abi, functionName, args });
}

async function mined(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

/** Calls the precompile, and gives the arguments of the event that it leaves. */
async function change(functionName, args = []) {
	const receipt = await mined(await wallet.writeContract({ address: DCRM, abi, functionName, args }));
	const [log] = parseEventLogs({ abi, logs: receipt.logs });
	return log.args;
}

async function signature(request) {
	return until(`request ${request} to be signed`, async () => {
		const [state, found] = await read('signatureOf', [request]);
		return state === SIGNED && bytes(found);
	}, { timeout: 120_000 });
}

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	const chain = await fusionChain(node.ethUrl);
	const client = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(client);
	wallet = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) });
	({ abi } = await artifact('IDcrm'));
	group = await until('a key group to be active', async () => {
		const groups = await rpc(node.url, 'dcrm_groups');
		return groups.find(({ isCurrent, state }) => isCurrent && state === 'active');
	}, { timeout: 240_000 });
	holder = await artifact('KeyHolder');
	const hash = await wallet.deployContract(holder);
	holder.address = (await mined(hash)).contractAddress;
	await mined(await wallet.sendTransaction({ to: holder.address, value: parseEther('20') }));
});

after(async () => {
	await node?.stop();
});

test('a key is the same for the precompile and over RPC', options, async () => {
	const made = await change('requestKey');
	assert.equal(made.account, ADDRESSES.alith);
	const key = await read('keyOf', [made.key]);
	assert.equal(key.publicKey, made.publicKey);
	assert.equal(key.account, `0x${account(ADDRESSES.alith).toString('hex')}`);
	const shown = await rpc(node.url, 'dcrm_accountKey', [Number(made.key)]);
	assert.equal(shown.publicKey, key.publicKey);
	assert.equal(shown.bitcoinAddress, key.bitcoinAddress);
	assert.equal(shown.group, group.id);
	assert.match(key.bitcoinAddress, /^bcrt1p/);
	assert.notEqual((await change('requestKey')).publicKey, made.publicKey);
	assert.equal(await rpc(node.url, 'dcrm_accountKey', [1_000_000]), null);
});

test('a message of a contract is signed, and the signature is BIP-340\'s', options, async () => {
	const write = (functionName, args = []) => {
		return wallet.writeContract({ address: holder.address, abi: holder.abi, functionName, args });
	};
	const get = (functionName) => reader.readContract({ address: holder.address, abi: holder.abi, functionName });
	await mined(await write('open'));
	const message = Buffer.from('pay the bearer');
	await mined(await write('sign', [`0x${message.toString('hex')}`]));
	const [key, request] = [await get('key'), await get('request')];
	const { publicKey } = await read('keyOf', [key]);
	const genesis = bytes(await rpc(node.url, 'chain_getBlockHash', [0]));
	const digest = tagged('Fusion/account/message/1', genesis, account(holder.address), message);
	assert.equal(await read('messageDigest', [holder.address, `0x${message.toString('hex')}`]), `0x${digest.toString('hex')}`);
	const made = await signature(request);
	assert.ok(schnorr.verify(made, digest, bytes(publicKey)));
	const shown = await rpc(node.url, 'dcrm_accountRequest', [Number(request)]);
	assert.deepEqual(bytes(shown.signature), made);
	assert.deepEqual(bytes(shown.message), message);

	// The key of somebody else does not sign for the contract.
	const others = (await change('requestKey')).key;
	await assert.rejects(reader.simulateContract({
		address: holder.address,
		abi: holder.abi,
		functionName: 'signWith',
		args: [others, '0x00'],
		account: wallet.account,
	}), /NotYourKey/);
});

test('a payment of a coin of the key is signed as Bitcoin wants it', options, async () => {
	const { key, publicKey } = await change('requestKey');
	const txid = sha256(Buffer.from('a coin'));
	const [vout, amount, paid] = [3, 100_000n, 90_000n];
	const asked = await change('requestPayment', [
		key,
		`0x${txid.toString('hex')}`,
		vout,
		amount,
		[{ amount: paid, destination: ADDRESS }],
		MOST,
	]);
	// BIP-341, "Signature validation rules", for one input by key path with the default type.
	const script = Buffer.concat([bytes('225120'), bytes(publicKey)]);
	const output = Buffer.concat([little(paid, 8), bytes('16'), bytes(SCRIPT)]);
	const sighash = tagged(
		'TapSighash',
		bytes('0000'),
		little(2, 4),
		little(0, 4),
		sha256(txid, little(vout, 4)),
		sha256(little(amount, 8)),
		sha256(script),
		sha256(little(0xfffffffd, 4)),
		sha256(output),
		bytes('00'),
		little(0, 4),
	);
	assert.equal(asked.digest, `0x${sighash.toString('hex')}`);
	assert.ok(schnorr.verify(await signature(asked.request), sighash, bytes(publicKey)));
	// It is forgotten when it was read.
	await change('forget', [asked.request]);
	assert.deepEqual(await read('signatureOf', [asked.request]), [0, '0x']);
});

test('the group is well, and says so', options, async () => {
	const health = await rpc(node.url, 'dcrm_health', [group.id]);
	assert.equal(health.canSign, true);
	assert.equal(health.isPaused, false);
	assert.ok(health.present >= health.threshold);
	const details = await rpc(node.url, 'dcrm_group', [group.id]);
	assert.equal(details.members.length, details.size);
	assert.equal(details.key, group.key);
	assert.equal(await rpc(node.url, 'dcrm_group', [1_000]), null);
	await assert.rejects(rpc(node.url, 'dcrm_group', ['seven']));
});
