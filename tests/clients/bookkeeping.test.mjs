// Bookkeeping nodes, as contracts and wallets see them (the precompile) and as nodes do (the runtime API).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createPublicClient, createWalletClient, http, parseEventLogs } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { connect, developmentAccounts, FSN, only, submit } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const BOOKKEEPING = '0x00000000000000000000000000000000f5010000';
/** Takes any call of the chain, SCALE-encoded, from an Ethereum account. */
const PALLETS = '0x6d6f646c70792f70616464720000000000000000';
const STATES = ['None', 'Standing', 'Idle', 'Leaving', 'Dissolving'];
const NOBODY = `0x${'11'.repeat(32)}`;
/** A tenth, in parts per billion. */
const TENTH = 100_000_000;
const DELEGATED = { charlie: 50n * FSN, alith: 70n * FSN };

/** `NodeView`, as the runtime encodes it. */
const NODE_VIEW =
	'(AccountId32, Option<u8>, bool, u128, u128, u32, u64, Option<u64>, Option<u64>, u32, ' +
	'Option<(u32, u32)>, Option<u32>, u32, u128)';
/** `EmissionView`, as the runtime encodes it. */
const EMISSION_VIEW = '(u128, Option<u32>, u128, u128, u128, u128)';

let node, api, accounts, reader, wallet, abi, bond;

/** The account of a key pair, as the precompile takes it. */
const id = ({ publicKey }) => `0x${Buffer.from(publicKey).toString('hex')}`;
/** The account of an Ethereum address that has no other. */
const fallback = (address) => `${address.toLowerCase()}${'ee'.repeat(12)}`;

/** Asks the precompile. `at`: in the state of that block. */
function read(functionName, args = [], at = {}) {
	return reader.readContract({ address: BOOKKEEPING, abi, functionName, args, ...at });
}

/** A block that both sides know: its number for the one, its hash for the other. */
async function block() {
	const blockNumber = await reader.getBlockNumber({ cacheTime: 0 });
	return { number: { blockNumber }, hash: await rpc(node.url, 'chain_getBlockHash', [Number(blockNumber)]) };
}

/** Asks the runtime API in the state of a block. */
async function ask(method, args, type, hash) {
	const answer = await rpc(node.url, 'state_call', [`BookkeepingApi_${method}`, args, hash]);
	return api.registry.createType(type, Uint8Array.from(Buffer.from(answer.slice(2), 'hex')));
}

async function mined(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `transaction ${hash} failed`);
	return receipt;
}

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	api = await connect(node.wsUrl);
	accounts = await developmentAccounts();
	const chain = await fusionChain(node.ethUrl);
	const client = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(client);
	wallet = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) });
	({ abi } = await artifact('IBookkeeping'));
});

after(async () => {
	await api?.disconnect();
	await node?.stop();
});

test('the nodes of the sessions are those that the chain has', options, async () => {
	const list = (nodes) => {
		return [...nodes].map(([who, weight]) => ({ account: who.toHex(), weight: weight.toBigInt() }));
	};
	const active = list(await api.query.bookkeeping.active());
	assert.deepEqual(await read('sessionNodes'), active);
	const [planned, next] = await api.query.bookkeeping.planned();
	assert.deepEqual(await read('nextSessionNodes'), list(next));
	assert.equal((await read('session')) + 1, planned.toNumber());

	// The development chain has one node, which governance has given its seat.
	assert.deepEqual(active.map(({ account }) => account), [id(accounts.alice)]);
	await until('the node to have authored', async () => {
		return (await read('node', [id(accounts.alice)])).lastActive > 0;
	});
	const alice = await read('node', [id(accounts.alice)]);
	assert.equal(STATES[alice.state], 'None');
	assert.ok(alice.invulnerable && alice.elected && alice.electedNext);
	assert.equal(alice.sessionWeight, active[0].weight);
	assert.equal(alice.commission, 10 * TENTH);
});

test('everything is zero when there is no such node', options, async () => {
	const nobody = await read('node', [NOBODY]);
	for (const [name, value] of Object.entries(nobody)) {
		assert.ok([0, 0n, false].includes(value), `${name} is ${value}`);
	}
	assert.deepEqual(await read('delegations', [NOBODY]), []);
	assert.deepEqual(await read('unbonding', [NOBODY]), []);
	assert.equal(await read('claimable', [NOBODY]), 0n);
});

test('limits are those that the chain has', options, async () => {
	const { query, consts } = api;
	const limits = await read('limits');
	assert.equal(limits.maxNodes, (await query.bookkeeping.maxNodes()).toNumber());
	assert.equal(limits.minBond, (await query.bookkeeping.minBond()).toBigInt());
	assert.equal(limits.minDelegation, consts.bookkeeping.minDelegation.toBigInt());
	const { min, max } = await query.bookkeeping.commissions();
	assert.deepEqual([limits.minCommission, limits.maxCommission], [min.toNumber(), max.toNumber()]);
	assert.equal(limits.unbondingSessions, consts.bookkeeping.unbondingSessions.toNumber());
	assert.equal(limits.ageCap, consts.bookkeeping.ageCap.toNumber());
});

test('a bond, and delegations by both kinds of account, are shown', options, async () => {
	const { bob, charlie } = accounts;
	bond = 2n * (await read('limits')).minBond;
	const { keys, proof } = await rpc(node.url, 'author_rotateKeysWithOwner', [id(bob)]);
	await submit(api, api.tx.session.setKeys(keys, proof), bob);
	await submit(api, api.tx.bookkeeping.register(bond, TENTH), bob);
	await submit(api, api.tx.bookkeeping.delegate(bob.address, DELEGATED.charlie), charlie);
	const delegate = api.tx.bookkeeping.delegate(bob.address, DELEGATED.alith);
	await mined(await wallet.sendTransaction({ to: PALLETS, data: delegate.method.toHex() }));

	const shown = await read('node', [id(bob)]);
	assert.equal(STATES[shown.state], 'Standing');
	assert.equal(shown.ownStake, bond);
	assert.equal(shown.delegated, DELEGATED.charlie + DELEGATED.alith);
	assert.equal(shown.delegations, 2);
	assert.equal(shown.commission, TENTH);
	assert.deepEqual([shown.nextCommission, shown.nextCommissionFrom], [TENTH, 0]);
	assert.ok(!shown.invulnerable && !shown.elected && !shown.electedNext);
	assert.deepEqual([shown.earned, shown.lastActive, shown.absent], [0n, 0, 0]);
	await until('the weight to grow', async () => (await read('node', [id(bob)])).weight > shown.weight);

	assert.equal(await read('accountOf', [ADDRESSES.alith]), fallback(ADDRESSES.alith));
	for (const [account, amount] of [
		[id(charlie), DELEGATED.charlie],
		[fallback(ADDRESSES.alith), DELEGATED.alith],
	]) {
		const [delegation, ...others] = await read('delegations', [account]);
		assert.deepEqual(others, []);
		assert.equal(delegation.node, id(bob));
		assert.equal(STATES[delegation.state], 'Standing');
		assert.deepEqual([delegation.amount, delegation.reward], [amount, 0n]);
	}
});

test('a contract reads what is staked, by a call and within a block', options, async () => {
	const contract = await artifact('StakeReader');
	const { contractAddress: address } = await mined(await wallet.deployContract(contract));
	const bob = id(accounts.bob);
	const all = bond + DELEGATED.charlie + DELEGATED.alith;
	const look = (functionName, args) => {
		return reader.readContract({ address, abi: contract.abi, functionName, args });
	};
	assert.equal(await look('stakeWith', [bob]), all);
	assert.equal(await look('delegatedBy', [ADDRESSES.alith, bob]), DELEGATED.alith);
	assert.equal(await look('delegatedBy', [ADDRESSES.ethan, bob]), 0n);

	const call = { address, abi: contract.abi, functionName: 'note', args: [bob] };
	const { logs } = await mined(await wallet.writeContract(call));
	const [noted] = parseEventLogs({ abi: contract.abi, logs, eventName: 'Noted' });
	assert.deepEqual(noted.args, { node: bob, stake: all });
	assert.equal(await look('noted', [bob]), all);
});

test('stake on its way back and a higher commission are announced', options, async () => {
	const { bob, charlie } = accounts;
	const part = DELEGATED.charlie / 5n;
	await submit(api, api.tx.bookkeeping.unbond(bob.address, part), charlie);
	await submit(api, api.tx.bookkeeping.setCommission(2 * TENTH), bob);
	await until('the Ethereum side to have it', async () => {
		return (await read('node', [id(bob)])).nextCommissionFrom > 0;
	});
	const due = (await read('session')) + (await read('limits')).unbondingSessions;
	const chunk = { node: id(bob), amount: part, availableFrom: due };
	assert.deepEqual(await read('unbonding', [id(charlie)]), [chunk]);
	const [left] = await read('delegations', [id(charlie)]);
	assert.equal(left.amount, DELEGATED.charlie - part);
	const { commission, nextCommission, nextCommissionFrom } = await read('node', [id(bob)]);
	assert.deepEqual([commission, nextCommission, nextCommissionFrom], [TENTH, 2 * TENTH, due]);
});

test('the runtime API says the same', options, async () => {
	const { bob } = accounts;
	const at = await block();
	const shown = await read('node', [id(bob)], at.number);
	const found = (await ask('node', id(bob), `Option<${NODE_VIEW}>`, at.hash)).unwrap();
	const [account, state, invulnerable, own, delegated, delegations] = found;
	assert.equal(account.toHex(), id(bob));
	// The precompile has "None" first.
	assert.equal(state.unwrap().toNumber() + 1, shown.state);
	assert.equal(invulnerable.isTrue, shown.invulnerable);
	assert.deepEqual([own.toBigInt(), delegated.toBigInt()], [shown.ownStake, shown.delegated]);
	assert.equal(delegations.toNumber(), shown.delegations);
	const [from, next] = found[10].unwrap();
	assert.deepEqual(
		[found[9].toNumber(), next.toNumber(), from.toNumber()],
		[shown.commission, shown.nextCommission, shown.nextCommissionFrom],
	);
	assert.ok((await ask('node', NOBODY, `Option<${NODE_VIEW}>`, at.hash)).isNone);

	const all = await ask('nodes', '0x', `Vec<${NODE_VIEW}>`, at.hash);
	const names = all.map(([who]) => who.toHex()).sort();
	assert.deepEqual(names, [id(accounts.alice), id(bob)].sort());

	const emission = await read('emission', [], at.number);
	const [reward, halving, issued, ceiling, outstanding] = await ask('emission', '0x', EMISSION_VIEW, at.hash);
	assert.deepEqual(
		[emission.reward, emission.issued, emission.ceiling, emission.outstanding],
		[reward, issued, ceiling, outstanding].map((amount) => amount.toBigInt()),
	);
	assert.equal(emission.nextHalving, halving.unwrap().toNumber());
	assert.ok(emission.issued > 0n && emission.issued <= emission.ceiling);
	const { query } = await api.at(at.hash);
	assert.equal(emission.issued, (await query.bookkeeping.issued()).toBigInt());
});

test('what a node has earned can be claimed, and is shown until then', options, async () => {
	const { alice } = accounts;
	const at = await block();
	const owed = await read('claimable', [id(alice)], at.number);
	assert.ok(owed > 0n);
	assert.equal((await ask('claimable', id(alice), 'u128', at.hash)).toBigInt(), owed);
	const { events } = await submit(api, api.tx.bookkeeping.claim(), alice);
	const [who, amount] = only(events, api.events.bookkeeping.Claimed, 'bookkeeping.Claimed');
	assert.equal(who.toString(), alice.address);
	assert.ok(amount.toBigInt() >= owed, `${amount} was paid of ${owed}`);
	await until('the claim to be gone', async () => (await read('claimable', [id(alice)])) < owed);
});
