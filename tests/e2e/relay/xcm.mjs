// The relay chain's token comes to Fusion and goes back by reserve transfer, and nothing is lost or made on the way.
// What the runtime closes (runtime/src/configs/xcm.rs) is refused for that reason, and changes no balance.

import { randomBytes } from 'node:crypto';
// @polkadot/api is a package of the tests with clients.
import { blake2, connect, developmentAccounts, only, submit } from '../../clients/lib/substrate.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { seconds } from './world.mjs';

/** How long a message may take from one chain's final state to the other's. */
const PATIENCE = 60 * SLOT;
/** One token of the relay chain, and one FSN, in their smallest units. */
const RELAY = 10n ** 12n;
const FSN = 10n ** 18n;
/** What goes in, what of it to the account of the relay chain itself, and what goes out again. */
const INTO = 10n * RELAY;
const FOR_RELAY = 2n * RELAY;
const OUT = 4n * RELAY;
/** Prices of execution on Fusion, in the relay chain's token: `dynamic_params::xcm` of the runtime. */
const PER_SECOND = 1_000_000_000_000n;
const PER_MEGABYTE = 100_000_000_000n;
/** Of weights: units of `ref_time` in a second, and bytes of proof in a megabyte. */
const REF_TIME_SECOND = 10n ** 12n;
const PROOF_MEGABYTE = 2n ** 20n;

/** Fusion as seen from the relay chain is `Parachain(id)`; the relay chain as seen from Fusion: */
const PARENT = { parents: 1, interior: 'Here' };
const HERE = { parents: 0, interior: 'Here' };
/** Pallet `MappedAssets` and bitcoin in it. */
const BITCOIN = { parents: 0, interior: { X2: [{ PalletInstance: 13 }, { GeneralIndex: 1 }] } };

const V5 = (value) => ({ V5: value });
const asset = (id, amount) => ({ id, fun: { Fungible: amount } });
const account = (id) => ({ parents: 0, interior: { X1: [{ AccountId32: { network: null, id } }] } });

/** The account of the relay chain on Fusion: `ParentIsPreset`. */
const RELAY_ON_FUSION = padded(Buffer.from('Parent'));
/** The account of a parachain on the relay chain: `ChildParachainConvertsVia`. */
function sovereign(para) {
	const id = Buffer.alloc(4);
	id.writeUInt32LE(para);
	return padded(Buffer.concat([Buffer.from('para'), id]));
}

function padded(bytes) {
	const id = Buffer.alloc(32);
	bytes.copy(id);
	return `0x${id.toString('hex')}`;
}

export async function xcm(world) {
	const { network } = world;
	const [relay, fusion] = await Promise.all([connect(network.validators[0].ws), connect(network.nodes[0].ws)]);
	try {
		const chains = {
			relay,
			fusion,
			accounts: await developmentAccounts(),
			para: sovereign(network.para.id),
			fromRelay: { parents: 0, interior: { X1: [{ Parachain: network.para.id }] } },
			treasury: fusion.consts.treasury.potAccount.toHex(),
		};
		await into(world, chains);
		await outOf(world, chains);
		await refusedHere(world, chains);
		await refusedFromRelay(world, chains);
		await backed(world, chains);
	} finally {
		await Promise.all([relay.disconnect(), fusion.disconnect()]);
	}
	network.check();
}

/** Tokens of the relay chain come in. */
async function into(world, chains) {
	const { tale, rows } = world;
	const { relay, fusion, accounts, para, fromRelay, treasury } = chains;
	const { alice, eve } = accounts;
	tale.step("The relay chain's token comes in by reserve transfer");
	const from = await nextFinal(fusion);
	const began = Date.now();
	// Which chain holds the reserve has to be said: Rococo refuses to guess it for its own token.
	const transfer = relay.tx.xcmPallet.transferAssetsUsingTypeAndThen(
		V5(fromRelay),
		V5([asset(HERE, INTO)]),
		'LocalReserve',
		V5(HERE),
		'LocalReserve',
		V5([
			{ DepositAsset: { assets: { Definite: [asset(PARENT, FOR_RELAY)] }, beneficiary: PARENT } },
			{ DepositAsset: { assets: { Wild: { AllCounted: 1 } }, beneficiary: account(eve.publicKey) } },
		]),
		'Unlimited',
	);
	const sent = await finalize(relay, transfer, alice);
	tale.holds('the relay chain takes it', sent.error === null, sent.error ?? '');
	const paid = changes(await around(relay, sent.hash, async (at) => ({
		alice: await free(at, alice.address),
		sovereign: await free(at, para),
	})));
	const costs = costsOf(relay, sent.events, alice.address);
	same(tale, 'the sender has paid the amount and the fees of the relay chain', -paid.alice, INTO + costs);
	same(tale, "Fusion's account on the relay chain holds the amount", paid.sovereign, INTO);

	const [message] = messagesOf(relay.events.xcmPallet, sent.events);
	const got = await outcome(world, fusion, from, message);
	tale.holds('Fusion executes the message', got.success, got.errors.join(', '));
	const made = changes(await around(fusion, got.hash, async (at) => ({
		issued: await issued(at),
		eve: await tokens(at, eve.address),
		relay: await tokens(at, RELAY_ON_FUSION),
		treasury: await tokens(at, treasury),
	})));
	same(tale, 'as much is issued on Fusion', made.issued, INTO);
	const fee = (PER_SECOND * got.refTime) / REF_TIME_SECOND + (PER_MEGABYTE * got.proofSize) / PROOF_MEGABYTE;
	same(tale, 'the treasury has the price of executing the message', made.treasury, fee);
	same(tale, "the relay chain's own account has what was meant for it", made.relay, FOR_RELAY);
	same(tale, 'the receiver has the rest', made.eve, INTO - FOR_RELAY - fee);
	rows.push(
		['relay token to Fusion, final on both', `${seconds(Date.now() - began)} s`],
		['fee of the message on Fusion', `${inTokens(fee)} relay tokens`],
	);
}

/** Some of them go back, to an account that did not exist. */
async function outOf(world, chains) {
	const { tale, rows } = world;
	const { relay, fusion, accounts, para } = chains;
	const { eve } = accounts;
	tale.step('Some of it goes back by reserve transfer');
	const receiver = `0x${randomBytes(32).toString('hex')}`;
	const from = await nextFinal(relay);
	const began = Date.now();
	const transfer = fusion.tx.polkadotXcm.limitedReserveTransferAssets(
		V5(PARENT),
		V5(account(receiver)),
		V5([asset(PARENT, OUT)]),
		0,
		'Unlimited',
	);
	const sent = await finalize(fusion, transfer, eve);
	tale.holds('Fusion takes it', sent.error === null, sent.error ?? '');
	const paid = changes(await around(fusion, sent.hash, async (at) => ({
		issued: await issued(at),
		eve: await tokens(at, eve.address),
		fsn: await free(at, eve.address),
	})));
	same(tale, 'the sender has paid the amount', -paid.eve, OUT);
	same(tale, 'as much less is issued on Fusion', -paid.issued, OUT);
	const costs = costsOf(fusion, sent.events, eve.address);
	same(tale, 'the sender has paid the fees of Fusion, in FSN', -paid.fsn, costs);

	const [message] = messagesOf(fusion.events.polkadotXcm, sent.events);
	const got = await outcome(world, relay, from, message);
	tale.holds('the relay chain executes the message', got.success, got.errors.join(', '));
	const moved = changes(await around(relay, got.hash, async (at) => ({
		issuance: (await at.query.balances.totalIssuance()).toBigInt(),
		receiver: await free(at, receiver),
		sovereign: await free(at, para),
	})));
	same(tale, "Fusion's account on the relay chain has paid the amount", -moved.sovereign, OUT);
	const fee = OUT - moved.receiver;
	tale.holds(
		`the receiver has it but for a fee: ${inTokens(moved.receiver)}`,
		moved.receiver > 0n && fee > 0n,
		`${moved.receiver} of ${OUT}`,
	);
	same(tale, 'the relay chain has neither made nor lost any token', moved.issuance, 0n);
	rows.push(
		['relay token from Fusion, final on both', `${seconds(Date.now() - began)} s`],
		['fee of the message on the relay chain', `${inTokens(fee)} relay tokens`],
	);
}

/** What accounts on Fusion may not do. */
async function refusedHere(world, { relay, fusion, accounts, para }) {
	const { tale, rows } = world;
	const { eve, ferdie } = accounts;
	const { polkadotXcm } = fusion.tx;
	tale.step('What is closed is refused to accounts on Fusion');
	const toFerdie = { DepositAsset: { assets: { Wild: 'All' }, beneficiary: account(ferdie.publicKey) } };
	const beneficiary = V5(account(eve.publicKey));
	const teleport = (id, amount) => {
		return polkadotXcm.limitedTeleportAssets(V5(PARENT), beneficiary, V5([asset(id, amount)]), 0, 'Unlimited');
	};
	const closed = [
		{
			what: 'to execute a program of its own',
			call: polkadotXcm.execute(V5([{ WithdrawAsset: [asset(HERE, FSN)] }, toFerdie]), {
				refTime: 10_000_000_000n,
				proofSize: 1_000_000n,
			}),
			reason: 'polkadotXcm.Filtered',
		},
		{
			what: 'to send a message of its own',
			call: polkadotXcm.send(V5(PARENT), V5([{ ClearOrigin: null }])),
			reason: 'BadOrigin',
		},
		{ what: "to teleport the relay chain's token", call: teleport(PARENT, RELAY), reason: 'polkadotXcm.Filtered' },
		{ what: 'to teleport FSN', call: teleport(HERE, FSN), reason: 'polkadotXcm.Filtered' },
		{
			what: "to teleport the relay chain's token by saying so",
			call: polkadotXcm.transferAssetsUsingTypeAndThen(
				V5(PARENT),
				V5([asset(PARENT, RELAY)]),
				'Teleport',
				V5(PARENT),
				'Teleport',
				V5([toFerdie]),
				'Unlimited',
			),
			reason: 'polkadotXcm.Filtered',
		},
		{
			what: 'to transfer a mapped coin',
			call: polkadotXcm.limitedReserveTransferAssets(
				V5(PARENT),
				beneficiary,
				V5([asset(BITCOIN, 1n)]),
				0,
				'Unlimited',
			),
			reason: 'polkadotXcm.LocalExecutionIncompleteWithError: AssetNotFound',
		},
		{
			// It would be moved to the relay chain's account here, and there would be nothing on the relay chain.
			what: 'to transfer FSN to the relay chain',
			call: polkadotXcm.limitedReserveTransferAssets(
				V5(PARENT),
				beneficiary,
				V5([asset(HERE, FSN)]),
				0,
				'Unlimited',
			),
			// `DestinationUnsupported`, says the runtime's router (`DenyLostTransfers`); the pallet makes this of it.
			reason: 'polkadotXcm.SendFailure',
		},
	];
	const look = async () => {
		const [here, there] = await Promise.all([finalState(fusion), finalState(relay)]);
		return {
			fsn: await free(here, eve.address),
			ferdieFsn: await free(here, ferdie.address),
			eve: await tokens(here, eve.address),
			ferdie: await tokens(here, ferdie.address),
			relay: await tokens(here, RELAY_ON_FUSION),
			relayFsn: await free(here, RELAY_ON_FUSION),
			issued: await issued(here),
			mapped: (await here.query.mappedAssets.asset(1)).unwrap().supply.toBigInt(),
			sovereign: await free(there, para),
		};
	};
	const before = await look();
	const nonce = (await fusion.rpc.system.accountNextIndex(eve.address)).toNumber();
	const results = await Promise.all(closed.map(({ call }, i) => finalize(fusion, call, eve, nonce + i)));
	const after = await look();
	let costs = 0n;
	for (const [i, { what, reason }] of closed.entries()) {
		const { error, events } = results[i];
		tale.holds(`it is refused ${what}: ${reason}`, error === reason, error ?? 'it was done');
		if (messagesOf(fusion.events.polkadotXcm, events).length > 0) throw new Error(`a message was sent ${what}`);
		costs += costsOf(fusion, events, eve.address);
	}
	const { fsn, ...others } = changes({ before, after });
	same(tale, 'it costs the fees of the transactions', -fsn, costs);
	unchanged(tale, others);
	rows.push(['things refused to accounts on Fusion', String(closed.length)]);
}

/** What the relay chain itself may not do, by the strongest origin that it has. */
async function refusedFromRelay(world, chains) {
	const { tale, rows } = world;
	const { relay, fusion, accounts, fromRelay, treasury } = chains;
	const { alice, eve } = accounts;
	tale.step('What is closed is refused to the relay chain');
	const transact = (originKind, call) => ({
		Transact: { originKind, fallbackMaxWeight: null, call: { encoded: call.method.toHex() } },
	});
	const seize = fusion.tx.balances.forceSetBalance(eve.address, 0);
	const remark = fusion.tx.system.remarkWithEvent('0x58434d');
	// What is not spent is given back, so that nothing is left between the accounts.
	const paying = (instruction) => [
		{ WithdrawAsset: [asset(PARENT, RELAY / 2n)] },
		{ BuyExecution: { fees: asset(PARENT, RELAY / 2n), weightLimit: 'Unlimited' } },
		{
			SetAppendix: [
				{ RefundSurplus: null },
				{ DepositAsset: { assets: { Wild: 'All' }, beneficiary: PARENT } },
			],
		},
		instruction,
	];
	const giving = (kind, id) => [
		{ [kind]: [asset(id, RELAY)] },
		{ ClearOrigin: null },
		{ BuyExecution: { fees: asset(id, RELAY), weightLimit: 'Unlimited' } },
		{ DepositAsset: { assets: { Wild: 'All' }, beneficiary: account(eve.publicKey) } },
	];
	const closed = [
		{
			what: 'a message that does not pay',
			message: [{ UnpaidExecution: { weightLimit: 'Unlimited', checkOrigin: null } }, transact('Superuser', seize)],
			// The barrier lets nothing of it be executed, so that there is no instruction that fails.
			error: null,
		},
		{ what: 'a call as root', message: paying(transact('Superuser', seize)), error: 'NoPermission' },
		{ what: 'a call as the relay chain', message: paying(transact('Native', remark)), error: 'NoPermission' },
		{ what: 'a call as an account', message: paying(transact('SovereignAccount', remark)), error: 'NoPermission' },
		{
			what: 'a teleport of its token',
			message: giving('ReceiveTeleportedAsset', PARENT),
			error: 'UntrustedTeleportLocation',
		},
		{ what: 'FSN from its reserve', message: giving('ReserveAssetDeposited', HERE), error: 'UntrustedReserveLocation' },
	];
	const look = async (at) => ({
		issued: await issued(at),
		eve: await tokens(at, eve.address),
		eveFsn: await free(at, eve.address),
		relayFsn: await free(at, RELAY_ON_FUSION),
		relay: await tokens(at, RELAY_ON_FUSION),
		treasury: await tokens(at, treasury),
	});
	const before = await look(await finalState(fusion));
	const from = await nextFinal(fusion);
	const sends = closed.map(({ message }) => relay.tx.xcmPallet.send(V5(fromRelay), V5(message)));
	const sent = await finalize(relay, relay.tx.sudo.sudo(relay.tx.utility.batchAll(sends)), alice);
	const messages = messagesOf(relay.events.xcmPallet, sent.events);
	tale.holds(`the relay chain's root sends ${closed.length} messages`, messages.length === closed.length, sent.error ?? '');
	const hashes = await hashesOf(relay, sent.hash, world.network.para.id, messages);
	for (const [i, { what, error }] of closed.entries()) {
		// A message that the barrier stops is known by its hash, as it is not looked at for an id.
		const got = await outcome(world, fusion, from, error === null ? hashes[i] : messages[i]);
		const expected = error === null ? [] : [error];
		tale.holds(
			`${what} is refused: ${error ?? 'the barrier'}`,
			!got.success && got.errors.join() === expected.join(),
			got.success ? 'it was executed' : got.errors.join(', '),
		);
		if (got.events.some((event) => fusion.events.system.Remarked.is(event))) throw new Error(`${what} was executed`);
	}
	const after = await look(await finalState(fusion));
	const { relay: own, treasury: fees, ...others } = changes({ before, after });
	same(tale, "the relay chain's account has paid for execution what the treasury has", -own, fees);
	tale.holds('that is something', fees > 0n);
	unchanged(tale, others);
	rows.push(["things refused to the relay chain's root", String(closed.length)]);
}

/** All tokens on Fusion are backed by those on the relay chain. */
async function backed({ tale }, { relay, fusion, para }) {
	const [there, here] = await Promise.all([finalState(relay), finalState(fusion)]);
	same(tale, "Fusion's account on the relay chain holds what is issued", await free(there, para), await issued(here));
}

/** The free balance of an account in its chain's own token. */
async function free(at, id) {
	return (await at.query.system.account(id)).data.free.toBigInt();
}

/** What an account on Fusion has of the relay chain's token. */
async function tokens(at, id) {
	const found = await at.query.foreignAssets.account(PARENT, id);
	return found.isSome ? found.unwrap().balance.toBigInt() : 0n;
}

/** What there is of the relay chain's token on Fusion. */
async function issued(at) {
	return (await at.query.foreignAssets.asset(PARENT)).unwrap().supply.toBigInt();
}

/** The last final state. */
async function finalState(api) {
	return api.at(await api.rpc.chain.getFinalizedHead());
}

/** The number of the block after the last final one. */
async function nextFinal(api) {
	const header = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
	return header.number.toNumber() + 1;
}

/** What `look` sees in the states before and after a block. */
async function around(api, hash, look) {
	const { parentHash } = await api.rpc.chain.getHeader(hash);
	const [before, after] = await Promise.all([api.at(parentHash), api.at(hash)]);
	return { before: await look(before), after: await look(after) };
}

/** How much each number has grown. */
function changes({ before, after }) {
	return Object.fromEntries(Object.entries(after).map(([name, amount]) => [name, amount - before[name]]));
}

function same(tale, what, actual, expected) {
	tale.holds(`${what}: ${actual}`, actual === expected, `it is ${actual}, and should be ${expected}`);
}

function unchanged(tale, differences) {
	const changed = Object.entries(differences).filter(([, amount]) => amount !== 0n);
	tale.holds('no balance has changed', changed.length === 0, changed.map(([name, by]) => `${name}: ${by}`).join(', '));
}

const inTokens = (amount) => (Number(amount) / Number(RELAY)).toFixed(6);

/** What a transaction cost its sender: its fee, and the delivery of the messages that it sent. */
function costsOf(api, events, address) {
	const { xcmPallet, polkadotXcm, transactionPayment } = api.events;
	const { FeesPaid } = xcmPallet ?? polkadotXcm;
	let sum = 0n;
	for (const event of events) {
		if (FeesPaid.is(event)) {
			for (const { fun } of event.data.fees) sum += fun.asFungible.toBigInt();
		}
	}
	const paid = events.filter((event) => {
		return transactionPayment.TransactionFeePaid.is(event) && event.data.who.eq(address);
	});
	return sum + only(paid, transactionPayment.TransactionFeePaid, 'TransactionFeePaid').actualFee.toBigInt();
}

/** The ids of the messages that were sent, in their order. `kinds` are the events of the XCM pallet. */
function messagesOf(kinds, events) {
	return events.filter((event) => kinds.Sent.is(event)).map(({ data }) => data.messageId.toHex());
}

/** The hashes of messages to a parachain, which are on their way in a block's state. Each ends with its id. */
async function hashesOf(relay, hash, para, ids) {
	// A page is a message.
	const pages = await (await relay.at(hash)).query.dmp.downwardMessageQueuePages.entries(para);
	const queue = pages.map(([, message]) => message.unwrap());
	return ids.map((id) => {
		const found = queue.find(({ msg }) => msg.toHex().endsWith(id.slice(2)));
		if (!found) throw new Error(`message ${id} is not on its way to parachain ${para}`);
		return blake2(found.msg.toU8a(true));
	});
}

/** What became of a message, as final blocks from `from` on say. */
async function outcome({ network }, api, from, id) {
	const { messageQueue } = api.events;
	const { ProcessXcmError } = api.events.xcmPallet ?? api.events.polkadotXcm;
	let next = from;
	return network.wait(`message ${id} to be processed`, async () => {
		const end = await nextFinal(api);
		for (; next < end; next++) {
			const hash = (await api.rpc.chain.getBlockHash(next)).toHex();
			const events = (await (await api.at(hash)).query.system.events()).map(({ event }) => event);
			const errors = events
				.filter((event) => ProcessXcmError.is(event) && event.data.messageId.toHex() === id)
				.map(({ data }) => data.error.type);
			for (const event of events) {
				const isDone = messageQueue.Processed.is(event);
				if (!(isDone || messageQueue.ProcessingFailed.is(event)) || event.data.id.toHex() !== id) continue;
				if (!isDone) return { hash, events, success: false, errors: [event.data.error.type] };
				const { weightUsed, success } = event.data;
				return {
					hash,
					events,
					errors,
					success: success.isTrue,
					refTime: weightUsed.refTime.toBigInt(),
					proofSize: weightUsed.proofSize.toBigInt(),
				};
			}
		}
		return null;
	}, PATIENCE, 1_000);
}

/**
 * Signs and submits, and waits until the transaction is in a final block. Its events, the block's hash, and why it
 * failed, or `null`.
 */
async function finalize(api, extrinsic, signer, nonce = -1) {
	const options = { timeout: PATIENCE, nonce, isFinal: true, mayFail: true };
	const { events, blockHash: hash, error } = await submit(api, extrinsic, signer, options);
	return { hash, events, error: error && reasonOf(api, error) };
}

/** Why a call failed. Of an XCM program that did, with the error of its instruction. */
function reasonOf(api, error) {
	if (!error.isModule) return error.type;
	const { section, name, fields } = api.registry.findMetaError(error.asModule);
	if (name !== 'LocalExecutionIncompleteWithError') return `${section}.${name}`;
	// The variant's index, that of the instruction, and then the error of it.
	const bytes = error.asModule.error.toU8a().subarray(2);
	const inner = api.registry.createType(api.registry.createLookupType(fields[1].type), bytes);
	return `${section}.${name}: ${inner.type}`;
}
