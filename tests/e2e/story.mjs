// The story of one bitcoin, end to end, with four nodes and a real bitcoind on regtest:
//
//   1 BTC is locked in; a contract moves half of it; the contract locks 0.4 BTC out, while one member of
//   the key group is killed between the two rounds of signing; the rest is exactly there, to the satoshi,
//   as bitcoind itself counts.
//
// Run it by `make story`. What bitcoind says is what counts: `gettxout`, `scantxoutset`, and the
// transactions that it accepted.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COIN, toBtc } from './lib/bitcoin.mjs';
import { Chronicle } from './lib/chronicle.mjs';
import {
	MAX_FEE, agree, balanceOf, openCoins, ownerHas, paymentAndChange, requestLockIn, sameAddress, send, signed,
} from './lib/coins.mjs';
import { ACCOUNTS, artifact } from './lib/ethereum.mjs';
import { Network } from './lib/network.mjs';
import { runAsProgram } from './lib/processes.mjs';
import { sleep } from './lib/rpc.mjs';
import { SigningWatch, nameOf } from './lib/signing.mjs';

/** What is locked out (satoshi). */
const OUT = 40_000_000;
/** How long members wait between the rounds of signing, so that there is time to kill one (ms). */
const ROUND_DELAY = 3_000;

/** Tells the whole story. Throws where it goes wrong. */
export async function story(write = console.log) {
	const dir = mkdtempSync(join(tmpdir(), 'fusion-story-'));
	const network = await Network.create({ dir, roundDelay: ROUND_DELAY });
	const tale = new Chronicle(write);
	try {
		await tell(network, tale);
	} catch (error) {
		const logs = network.programs.map((program) => `\n--- ${program.log}\n${program.tail(15)}`);
		error.message += `\n\nThe ends of the logs:\n${logs.join('\n')}`;
		await network.stop();
		throw error;
	}
	await network.stop();
	network.remove();
}

async function tell(network, tale) {
	tale.title('The story of one bitcoin');
	const world = await begin(network, tale);
	const deposit = await lockIn(world, tale);
	await move(world, tale);
	const paid = await lockOut(world, tale, deposit);
	await settle(world, tale, deposit, paid);
	await comeBack(world, tale, paid.killed);
	tale.step('The end');
	tale.note('both chains agree, to the satoshi');
}

/** Starts everything. */
async function begin(network, tale) {
	tale.step('Four nodes, a key group, and bitcoind');
	await network.start(tale.note);
	const group = await network.keyGroup(tale.note);
	tale.holds(
		`group ${group.id} has ${group.members.length} members, any ${group.threshold} of them sign`,
		group.members.length === 4 && group.threshold === 3,
	);

	const world = { network, group, splitter: null, ...(await openCoins(network)) };
	tale.note(`Bitcoin transactions count after ${world.confirmations} confirmations`);
	await balances(world, tale);
	return world;
}

/** One bitcoin in. */
async function lockIn(world, tale) {
	const { bitcoin, node, owner, user, confirmations } = world;
	tale.step(`${ACCOUNTS[0].name} asks for a deposit address`);
	const request = await requestLockIn(world, tale);
	await sameAddress(world, tale, request);
	const { address } = request;
	const valid = await bitcoin.rpc('validateaddress', address);
	tale.holds('bitcoind knows it as a taproot address', valid.isvalid && valid.witness_version === 1);

	tale.step('The user pays exactly one bitcoin to it');
	const output = await user.pay(address, COIN);
	tale.note(`transaction ${output.txid}`);
	if (confirmations > 1) {
		await bitcoin.mine(confirmations - 1, user.address);
		const seen = await node.best();
		await world.network.wait('three blocks of Fusion', async () => (await node.best()) >= seen + 3);
		tale.same(
			`minted after ${confirmations - 1} confirmations, one too few`,
			await balanceOf(world, owner.account.address),
			0,
		);
	}

	tale.step(`Confirmation ${confirmations}: the members witness the deposit`);
	await bitcoin.mine(1, user.address);
	await world.network.wait('the deposit to be credited', async () => {
		return (await balanceOf(world, owner.account.address)) > 0n;
	});
	await balances(world, tale);
	const held = await bitcoin.output(output.txid, output.vout);
	tale.same('the deposit, by gettxout', held.amount, COIN);
	await ownerHas(world, tale, COIN);
	await agree(world, tale, COIN);
	return output;
}

/** Half of it is moved by a contract. */
async function move(world, tale) {
	const { owner, reader } = world;
	const heir = ACCOUNTS[1];
	tale.step(`A contract gets the bitcoin, and sends half of it to ${heir.name}`);
	const splitter = artifact('Splitter');
	const { contractAddress } = await send(world, 'the deployment of Splitter', owner.deployContract(splitter));
	world.splitter = { address: contractAddress, abi: splitter.abi };
	tale.note(`Splitter is at ${contractAddress}`);
	await send(world, 'the transfer to Splitter', owner.writeContract({
		...world.token,
		functionName: 'transfer',
		args: [contractAddress, BigInt(COIN)],
	}));
	await send(world, 'moveHalf', owner.writeContract({
		...world.splitter,
		functionName: 'moveHalf',
		args: [heir.address],
	}));
	await balances(world, tale);
	tale.same(`mapped bitcoin of ${heir.name}`, await balanceOf(world, heir.address), COIN / 2);
	tale.same('mapped bitcoin of Splitter', await balanceOf(world, contractAddress), COIN / 2);
	tale.same(
		'the same, asked of Splitter',
		await reader.readContract({ ...world.splitter, functionName: 'balance' }),
		COIN / 2,
	);
	await agree(world, tale, COIN);
}

/** 0.4 bitcoin out, and a member dies. */
async function lockOut(world, tale, deposit) {
	const { network, owner, splitter, receiver, node } = world;
	tale.step(`The contract locks ${toBtc(OUT)} BTC out`);
	const watch = new SigningWatch(network, world.group);
	await send(world, 'lockOut', owner.writeContract({
		...splitter,
		functionName: 'lockOut',
		args: [BigInt(OUT), receiver.address, BigInt(MAX_FEE)],
	}));
	tale.note(`to ${receiver.address}, for a fee of at most ${MAX_FEE} satoshi`);
	const { locked } = await node.reserves();
	tale.same('locked for it', locked, OUT);

	tale.step('The members sign, and one of them is killed between the rounds');
	const round = await waitFast(network, 'round 1 of a signing to be complete', () => watch.betweenRounds());
	const killed = round.others.find((other) => other !== node);
	await killed.program.kill();
	tale.holds(
		`${nameOf(killed)}, one of the signers, was killed (SIGKILL) before round 2; ` +
			`${nameOf(round.leader)} leads signing request ${round.request}`,
		!watch.reachedRoundTwo(round),
		'it was too late: round 2 had begun',
	);
	const transaction = await signed(world, network, 180_000);
	tale.note(`transaction ${transaction.txid}`);
	tale.holds('the attempt with the killed member failed', watch.failed(round));
	const made = watch.signed(round);
	tale.holds(
		'another attempt, without it, made the signature',
		made !== null && made.leader !== killed &&
			!(made.leader === round.leader && made.attempt === round.attempt),
	);
	tale.note(`${nameOf(made.leader)} led that attempt`);

	const [input] = transaction.vin;
	tale.holds(
		'it spends the deposit, and nothing else',
		transaction.vin.length === 1 && input.txid === deposit.txid && input.vout === deposit.vout,
	);
	tale.holds('by one signature (a taproot key path)', input.txinwitness?.length === 1);
	return { killed, transaction };
}

/** The payment is confirmed. */
async function settle(world, tale, deposit, { transaction }) {
	const { txid } = transaction;
	const { network, bitcoin, node, user, receiver, confirmations } = world;
	tale.step(`It is mined: ${confirmations} confirmations, and the mapped coins are burnt`);
	await bitcoin.mine(confirmations, user.address);
	await network.wait('the lock-out to be settled', async () => (await node.reserves()).locked === 0n);

	const { payment, change } = paymentAndChange(world, tale, transaction);
	world.held.push(change.address);
	await balances(world, tale);

	const fee = COIN - payment.amount - change.amount;
	tale.holds(
		`the fee is ${fee} satoshi (${(fee / transaction.vsize).toFixed(2)} a virtual byte), within ${MAX_FEE}`,
		fee > 0 && fee <= MAX_FEE,
	);
	const arrived = await bitcoin.output(txid, payment.n);
	tale.same('the payment, by gettxout: 0.4 less the fee', arrived.amount, OUT - fee);
	tale.same('all that the receiver has, by scantxoutset', await receiver.balance(), OUT - fee);
	const kept = await bitcoin.output(txid, change.n);
	tale.same('the change, by gettxout', kept.amount, COIN - OUT);
	tale.holds('the deposit is spent', (await bitcoin.output(deposit.txid, deposit.vout)) === null);
	tale.same('mapped bitcoin of Splitter', await balanceOf(world, world.splitter.address), COIN / 2 - OUT);
	tale.same(`mapped bitcoin of ${ACCOUNTS[1].name}`, await balanceOf(world, ACCOUNTS[1].address), COIN / 2);
	await agree(world, tale, COIN - OUT);
}

/** The killed member starts again. */
async function comeBack(world, tale, killed) {
	const { network, node } = world;
	tale.step(`${nameOf(killed)} starts again, and follows`);
	killed.start();
	const goal = await node.best();
	await network.wait(`${nameOf(killed)} to catch up`, async () => (await killed.finalized()) >= goal);
	tale.note(`it has finalized block ${goal}, the best one when it started`);
	const [mine, theirs] = [await killed.reserves(), await node.reserves()];
	tale.same('what it says the group holds', mine.held, theirs.held);
	await sleep(1_000);
	network.check();
	tale.holds('all nodes are running', network.nodes.every(({ program }) => program.alive));
}

/** What both chains say. */
async function balances(world, tale) {
	const { bitcoin, user, receiver, held, node, splitter } = world;
	const left = [
		['the user', await user.balance()],
		['the key group', held.length > 0 ? await bitcoin.balance(...held) : 0],
		['the receiver', await receiver.balance()],
	];
	const { held: claimed, deficit, issued, locked } = await node.reserves();
	const right = [
		...(await Promise.all(
			ACCOUNTS.slice(0, 2).map(async ({ name, address }) => [name, await balanceOf(world, address)]),
		)),
		...(splitter ? [['Splitter', await balanceOf(world, splitter.address)]] : []),
		['locked', locked],
		['issued, all together', issued],
		['held, it claims', claimed],
		...(deficit > 0n ? [['missing, it admits', deficit]] : []),
	];
	tale.table(left, right);
}

/** As `network.wait`, but looks ten times a second. */
async function waitFast(network, what, look, timeout = 180_000) {
	for (const end = Date.now() + timeout; Date.now() < end; await sleep(100)) {
		network.check();
		const found = look();
		if (found) return found;
	}
	throw new Error(`waited ${timeout / 1000} s for ${what}`);
}

runAsProgram(import.meta.url, 'The story', () => story());
