// @polkadot/api, on which Polkadot.js Apps stands: metadata, accounts, and governance to the end.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

import { blake2AsHex, createKeyMulti, encodeAddress, randomAsU8a } from '@polkadot/util-crypto';
import { createWalletClient, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { enact } from './lib/governance.mjs';
import { NEEDS_FUSION, Node, nodeBinary } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { connect, developmentAccounts, FSN, only, submit } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };

let node, api, accounts;

const freshAddress = () => encodeAddress(randomAsU8a(32), 42);
const free = async (address) => (await api.query.system.account(address)).data.free.toBigInt();
const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();

/** A runtime that is newer than the node's: by default the one that is built beside the node. */
function newerRuntime() {
	const built = 'wbuild/fusion-runtime/fusion_runtime_next.compact.compressed.wasm';
	const path = process.env.FUSION_UPGRADE_WASM ?? join(dirname(nodeBinary()), built);
	if (!existsSync(path)) {
		const how = 'scripts/build --all-targets, or set FUSION_UPGRADE_WASM to where one is';
		throw new Error(`no newer runtime to upgrade to at ${path}: ${how}`);
	}
	return readFileSync(path);
}

before(async () => {
	if (NEEDS_FUSION) return;
	node = await Node.start();
	api = await connect(node.wsUrl);
	accounts = await developmentAccounts();
});

after(async () => {
	await api?.disconnect();
	await node?.stop();
});

test('metadata decodes, and has the pallets that governance and users need', options, () => {
	const { lookup } = api.registry;
	for (const { id } of lookup.types) lookup.getTypeDef(id);
	const pallets = [
		...['system', 'timestamp', 'parachainSystem', 'balances', 'transactionPayment', 'session'],
		...['assets', 'revive', 'preimage', 'scheduler', 'referenda', 'convictionVoting'],
		...['treasury', 'proxy', 'multisig', 'utility', 'identity'],
	];
	const names = api.runtimeMetadata.asLatest.pallets.map(({ name }) => name.toString());
	for (const pallet of pallets) {
		const name = pallet[0].toUpperCase() + pallet.slice(1);
		assert.ok(names.includes(name), `no pallet ${name} in: ${names.join(', ')}`);
	}
	assert.ok(!names.includes('Sudo'), 'the runtime has pallet Sudo');
});

test('the node tells what it is', options, async () => {
	const { system, state } = api.rpc;
	assert.match((await system.chain()).toString(), /fusion/i);
	assert.match((await system.name()).toString(), /fusion/i);
	assert.match((await system.version()).toString(), /^\d+\.\d+\.\d+/);
	assert.match((await state.getRuntimeVersion()).specName.toString(), /fusion/i);
	assert.equal((await system.health()).isSyncing.isTrue, false);
	const { tokenSymbol, tokenDecimals, ss58Format } = (await system.properties()).toHuman();
	assert.deepEqual([tokenSymbol, tokenDecimals].flat(), ['FSN', '18']);
	assert.equal(ss58Format, '42');
	const metrics = await (await fetch(node.metricsUrl)).text();
	assert.match(metrics, /substrate_block_height/);
});

test('blocks come and become final, and their events decode', options, async () => {
	const start = await height();
	await until('three more blocks', async () => (await height()) >= start + 3);
	await until('a final block after those', async () => {
		const header = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
		return header.number.toNumber() >= start;
	});
	const hash = await api.rpc.chain.getBlockHash(start + 1);
	const events = await (await api.at(hash)).query.system.events();
	assert.ok(events.length > 0);
	for (const { event } of events) assert.notEqual(event.toHuman().method, undefined);
});

test('a transfer pays its receiver exactly', options, async () => {
	const to = freshAddress();
	const transfer = api.tx.balances.transferKeepAlive(to, 3n * FSN);
	const { events } = await submit(api, transfer, accounts.alice);
	assert.equal(await free(to), 3n * FSN);
	const paid = api.events.transactionPayment.TransactionFeePaid;
	const [who, fee] = only(events, paid, 'transactionPayment.TransactionFeePaid');
	assert.equal(who.toString(), accounts.alice.address);
	assert.ok(fee.toBigInt() > 0n && fee.toBigInt() < FSN, `the fee is ${fee}`);
});

test('an Ethereum account has the same balance on both sides', options, async () => {
	const account = encodeAddress(`${ADDRESSES.ethan}${'ee'.repeat(12)}`, 42);
	const ethereum = async () =>
		BigInt(await rpc(node.ethUrl, 'eth_getBalance', [ADDRESSES.ethan, 'latest']));
	const deposit = api.consts.balances.existentialDeposit.toBigInt();
	const before = await ethereum();
	assert.equal(before, (await free(account)) - deposit);
	await submit(api, api.tx.balances.transferKeepAlive(account, FSN), accounts.alice);
	await until('the balance to arrive', async () => (await ethereum()) === before + FSN);
});

test('a proxy acts for its account, and a stranger does not', options, async () => {
	// Alice authors the blocks and earns their fees, so that she is no good for exact sums.
	const { alice: stranger, bob, charlie: principal } = accounts;
	const to = freshAddress();
	const call = api.tx.balances.transferKeepAlive(to, FSN);
	await submit(api, api.tx.proxy.addProxy(bob.address, 'Any', 0), principal);
	const act = api.tx.proxy.proxy(principal.address, null, call);
	await assert.rejects(submit(api, act, stranger), /proxy\.NotProxy/);
	const before = await free(principal.address);
	const { events } = await submit(api, act, bob);
	const executed = only(events, api.events.proxy.ProxyExecuted, 'proxy.ProxyExecuted');
	assert.ok(executed[0].isOk, executed.toString());
	assert.equal(await free(to), FSN);
	assert.equal(before - (await free(principal.address)), FSN);
});

test('a multisig of two out of three moves its coins only with two', options, async () => {
	const { alice, bob, charlie } = accounts;
	const all = [alice, bob, charlie];
	const key = createKeyMulti(
		all.map(({ publicKey }) => publicKey),
		2,
	);
	const multisig = encodeAddress(key, 42);
	await submit(api, api.tx.balances.transferKeepAlive(multisig, 5n * FSN), alice);
	const to = freshAddress();
	const call = api.tx.balances.transferKeepAlive(to, FSN);
	const { weight } = await call.paymentInfo(alice);
	const others = (signer) =>
		all
			.filter((one) => one !== signer)
			.sort((x, y) => Buffer.compare(x.publicKey, y.publicKey))
			.map(({ address }) => address);
	const approve = (signer, when) =>
		submit(api, api.tx.multisig.asMulti(2, others(signer), when, call, weight), signer);

	await approve(alice, null);
	assert.equal(await free(to), 0n);
	const open = await api.query.multisig.multisigs(multisig, call.method.hash);
	const { events } = await approve(bob, open.unwrap().when);
	const executed = api.events.multisig.MultisigExecuted;
	const [, , , , result] = only(events, executed, 'multisig.MultisigExecuted');
	assert.ok(result.isOk, result.toString());
	assert.equal(await free(to), FSN);
	assert.equal(await free(multisig), 4n * FSN);
});

test('an identity is set, read and cleared', options, async () => {
	const { dave } = accounts;
	const read = async () => (await api.query.identity.identityOf(dave.address)).toHuman();
	assert.equal(await read(), null);
	await submit(api, api.tx.identity.setIdentity({ display: { Raw: 'Dave of Fusion' } }), dave);
	assert.match(JSON.stringify(await read()), /Dave of Fusion/);
	await submit(api, api.tx.identity.clearIdentity(), dave);
	assert.equal(await read(), null);
});

test('a referendum enacts a privileged call that no account can make', options, async () => {
	const { alice } = accounts;
	const beneficiary = freshAddress();
	const call = api.tx.balances.forceSetBalance(beneficiary, 123n * FSN);
	await assert.rejects(submit(api, call, alice), /BadOrigin/);
	const index = await enact(api, call, {
		proposer: alice,
		voters: Object.values(accounts),
		blockTime: node.blockTime,
		effect: async () => (await free(beneficiary)) !== 0n,
	});
	assert.equal(await free(beneficiary), 123n * FSN);
	const votes = (await api.query.convictionVoting.votingFor(alice.address, 0)).asCasting.votes;
	assert.ok(votes.some(([poll]) => poll.toNumber() === index));
});

test('a referendum upgrades the runtime, and the chain goes on', options, async () => {
	const { alice } = accounts;
	const code = newerRuntime();
	const version = async () => (await api.rpc.state.getRuntimeVersion()).specVersion.toNumber();
	const before = await version();
	const hash = blake2AsHex(code, 256);
	await enact(api, api.tx.system.authorizeUpgrade(hash), {
		proposer: alice,
		voters: Object.values(accounts),
		blockTime: node.blockTime,
		effect: async () => (await api.query.system.authorizedUpgrade()).isSome,
	});
	const apply = api.tx.system.applyAuthorizedUpgrade(`0x${code.toString('hex')}`);
	const { events } = await submit(api, apply, alice);
	// A runtime that is no newer is refused with another event, and no error.
	const stored = api.events.parachainSystem.ValidationFunctionStored;
	only(events, stored, 'parachainSystem.ValidationFunctionStored');
	assert.ok((await api.query.system.authorizedUpgrade()).isNone);
	// The relay chain lets a parachain change its code only some blocks later, and the node compiles it first.
	await until('the new version', async () => (await version()) > before, { timeout: 300_000 });

	const started = await height();
	await until('three blocks of the new runtime', async () => (await height()) >= started + 3);
	await api.disconnect();
	api = await connect(node.wsUrl);
	assert.equal(api.runtimeVersion.specVersion.toNumber(), await version());
	const to = freshAddress();
	await submit(api, api.tx.balances.transferKeepAlive(to, FSN), alice);
	assert.equal(await free(to), FSN);

	// The Ethereum side has noticed too.
	await until(
		'the Ethereum JSON-RPC to follow',
		async () => Number(await rpc(node.ethUrl, 'eth_blockNumber')) > started,
	);
	const chain = await fusionChain(node.ethUrl);
	const account = privateKeyToAccount(KEYS.alith);
	const wallet = createWalletClient({ account, chain, transport: http() }).extend(publicActions);
	const sent = await wallet.sendTransaction({ to: ADDRESSES.ethan, value: 1n });
	const receipt = await wallet.waitForTransactionReceipt({ hash: sent, pollingInterval: 100 });
	assert.equal(receipt.status, 'success');
});
