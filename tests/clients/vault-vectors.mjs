// Vectors of the vault, made by viem and noble: `contracts/` (Solidity) and `primitives/ethereum`
// (Rust) test themselves with them.
//
//   node vault-vectors.mjs    writes contracts/test/vectors/vault.json
//
// vault.test.mjs fails if that file is not what this makes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

import {
	encodeAbiParameters,
	encodeEventTopics,
	getAddress,
	keccak256,
	numberToHex,
	pad,
} from 'viem';

import { libraryArtifact, LIBRARY } from './lib/artifacts.mjs';
import {
	calldata,
	depositAddress,
	depositSalt,
	digest,
	keyOf,
	NATIVE,
	NEVER,
	sign,
} from './lib/vault.mjs';

/** Where they are kept. */
export const FILE = join(LIBRARY, 'test/vectors/vault.json');

const MOST = 2n ** 128n - 1n;
const SECRET = keccak256('0x01');
const NEXT_SECRET = keccak256('0x02');
const VAULT = { chainId: 31_337, address: getAddress(`0x${'5f'.repeat(20)}`) };
const TOKEN = getAddress('0xdac17f958d2ee523a2206206994597c13d831ec7');
const someone = (n) => getAddress(sliceOf(keccak256(numberToHex(n, { size: 32 }))));
const sliceOf = (hash) => `0x${hash.slice(26)}`;

const BATCHES = [
	{ id: 0n, epoch: 0n, deadline: NEVER, fee: 0n, payouts: [] },
	{
		...{ id: 1n, epoch: 0n, deadline: 1_800_000_000n, fee: 10n ** 15n },
		payouts: [{ asset: NATIVE, to: someone(1n), amount: 10n ** 18n }],
	},
	{
		...{ id: 2n ** 64n - 1n, epoch: 3n, deadline: 1n, fee: MOST - 2n ** 64n },
		payouts: [
			{ asset: TOKEN, to: someone(2n), amount: 1n },
			{ asset: NATIVE, to: someone(3n), amount: 2n ** 64n },
			{ asset: TOKEN, to: someone(2n), amount: MOST - 1n },
		],
	},
	{
		...{ id: 815n, epoch: 1n, deadline: 2_000_000_000n, fee: 123_456_789n },
		payouts: Array.from({ length: 50 }, (_, i) => ({
			asset: i % 3 === 0 ? NATIVE : TOKEN,
			to: someone(BigInt(100 + i)),
			amount: 7n ** BigInt(i % 45),
		})),
	},
];

/** All values of an event, in order, and what becomes of them. */
const EVENTS = [
	['Received', { from: someone(4n), amount: MOST }],
	['Deposited', { salt: keccak256('0x03'), asset: TOKEN, amount: 123n }],
	['Paid', { batch: 7n, index: 49n, asset: TOKEN, to: someone(5n), amount: MOST }],
	['Unpaid', { batch: 2n ** 64n - 1n, index: 0n, asset: NATIVE, to: someone(6n), amount: 1n }],
	['Claimed', { batch: 7n, index: 3n, receiver: someone(7n) }],
	['Recalled', { batch: 8n, index: 4n }],
	['Executed', { batch: 9n, fee: 10n ** 15n, feeTo: someone(8n) }],
	['Ordered', { nonce: 5n }],
	['RotationStarted', { key: BigInt(keyOf(NEXT_SECRET)), epoch: 1n, activeFrom: 1_800_000_000n }],
	['RotationCancelled', { key: BigInt(keyOf(NEXT_SECRET)) }],
	['Rotated', { key: BigInt(keyOf(NEXT_SECRET)), epoch: 1n }],
	['PauseChanged', { directions: 3 }],
	['TokenAccepted', { token: TOKEN, accepted: true }],
];

/** The vectors, as plain data: numbers in decimal. */
export async function vectors() {
	const { abi } = await libraryArtifact('Vault');
	const deposit = await libraryArtifact('Deposit');
	const depositCodeHash = keccak256(deposit.bytecode);
	return plain({
		source: 'tests/clients/vault-vectors.mjs, by viem and noble',
		...VAULT,
		key: keyOf(SECRET),
		domain: domain(),
		depositCodeHash,
		deposits: [0n, 1n, 2n ** 64n - 1n].map((index) => deposits(index, depositCodeHash)),
		keyProof: keyProof(),
		batches: BATCHES.map((batch) => signedBatch(abi, batch)),
		orders: orders(abi).map((order) => signedOrder(abi, order)),
		logs: EVENTS.map(([name, values]) => log(abi, name, values)),
	});
}

/** EIP-712's domain separator, by hand: viem does not show it. */
function domain() {
	const text = (value) => keccak256(Buffer.from(value));
	return keccak256(
		encodeAbiParameters(
			[...Array(3).fill({ type: 'bytes32' }), { type: 'uint256' }, { type: 'address' }],
			[
				text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
				text('Fusion Vault'),
				text('1'),
				BigInt(VAULT.chainId),
				VAULT.address,
			],
		),
	);
}

function deposits(index, codeHash) {
	const genesis = keccak256('0x04');
	const account = keccak256(numberToHex(index, { size: 8 }));
	const salt = depositSalt(genesis, account, index);
	return { genesis, account, index, salt, address: depositAddress(VAULT.address, salt, codeHash) };
}

function keyProof() {
	const [epoch, key] = [1n, keyOf(NEXT_SECRET)];
	const message = digest(VAULT, 'Key', { epoch, key: BigInt(key) });
	return { epoch, key, digest: message, ...halves(sign(NEXT_SECRET, message)) };
}

function signedBatch(abi, batch) {
	const message = digest(VAULT, 'Batch', batch);
	const signature = sign(SECRET, message);
	const feeTo = someone(batch.id);
	return {
		...batch,
		digest: message,
		...halves(signature),
		feeTo,
		calldata: calldata(abi, 'execute', [batch, signature, feeTo]),
	};
}

function orders(abi) {
	const proof = keyProof();
	const payout = BATCHES[2].payouts[1];
	const terms = { nonce: 0n, epoch: 0n, deadline: NEVER };
	const key = BigInt(proof.key);
	const signature = { r: BigInt(proof.r), s: BigInt(proof.s) };
	return [
		{ kind: 'rotate', ...terms, call: calldata(abi, 'rotate', [key, signature]) },
		{ kind: 'cancelRotation', ...terms, nonce: 1n, call: calldata(abi, 'cancelRotation') },
		{ kind: 'pause', ...terms, epoch: 2n, call: calldata(abi, 'pause', [3]) },
		{
			...{ kind: 'acceptToken', ...terms, deadline: 1_800_000_000n },
			call: calldata(abi, 'acceptToken', [TOKEN, true]),
		},
		{
			...{ kind: 'recall', ...terms, nonce: 2n ** 64n - 1n },
			call: calldata(abi, 'recall', [815n, 49n, payout]),
			...{ batch: 815n, index: 49n, payout },
		},
	];
}

function signedOrder(abi, order) {
	const { nonce, epoch, deadline, call } = order;
	const message = digest(VAULT, 'Order', { nonce, epoch, deadline, call });
	const signature = sign(SECRET, message);
	return {
		...order,
		digest: message,
		...halves(signature),
		calldata: calldata(abi, 'order', [{ nonce, epoch, deadline, call }, signature]),
	};
}

function log(abi, name, values) {
	const { inputs } = abi.find(({ type, name: other }) => type === 'event' && other === name);
	const topics = encodeEventTopics({ abi, eventName: name, args: values });
	const rest = inputs.filter(({ indexed }) => !indexed);
	const data = encodeAbiParameters(
		rest,
		rest.map(({ name: field }) => values[field]),
	);
	return { name, topics, data, values };
}

const halves = ({ r, s }) => ({ r: word(r), s: word(s) });
const word = (value) => pad(numberToHex(value), { size: 32 });

/** Without big integers, as JSON has none. */
function plain(value) {
	return JSON.parse(
		JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item)),
	);
}

/** The file's text. */
export function text(value) {
	return `${JSON.stringify(value, undefined, '\t')}\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, text(await vectors()));
