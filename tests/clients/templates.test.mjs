// The templates (contracts/templates) with bitcoin that is locked in: two loans and a fund. Once they are started nobody
// sends a transaction: all that happens is done by rows of the calling list, which the node's own key triggers.
//
// What is asked of a step is asked of the state of the block that it happened in. So the test does not have to be quick.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
	createPublicClient, createWalletClient, encodeFunctionData, getAddress, http, maxUint256, parseEther,
	parseEventLogs, zeroAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact, libraryArtifact } from './lib/artifacts.mjs';
import { COIN, DEV_WIF_2, User, startBitcoin, toSat } from './lib/bitcoin.mjs';
import { fusionChain } from './lib/evm.mjs';
import { NEEDS_FUSION, Node } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';
import { FSN } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const LIST = '0x00000000000000000000000000000000f5040000';
const MAPPING = '0x00000000000000000000000000000000f5030000';
const USUFRUCT = '0x00000000000000000000000000000000f5060000';
/** The trigger key of a development node. */
const TRIGGERS = '0x643b9f9dbf69f2e71189d2798af536d826c70672';
const LOAN = { running: 1, paid: 3 };
const ENDED = 2;
/**
 * The time that so many blocks take, in the seconds that the chain counts: a development chain counts six for each block,
 * however fast they come.
 */
const blocks = (count) => 6n * BigInt(count);
/** The token that stands for FSN. */
const FSN_TOKEN = zeroAddress;
const BTC = BigInt(COIN);
/** The most that a lock-out may cost (satoshi). */
const MAX_FEE = 100_000n;
/** For rows, and for deposits of lists of slices. */
const FUNDS = parseEther('200');
/** For deposits of lists of slices: what is not needed comes back. */
const LISTS = parseEther('1');
/** How rows run: best effort, so that nobody but the node's key runs them. */
const RUNNING = { gasLimit: 3_000_000n, storageLimit: FSN, maxGasPrice: 10n ** 12n, tier: 0 };

/** What each has of bitcoin, and who lends it: two loans, and the fund. */
const IN = { alith: BTC, baltathar: BTC / 2n };
const PLEDGE = { alith: (BTC * 6n) / 10n, baltathar: (BTC * 3n) / 10n };
const JOINED = { alith: IN.alith - PLEDGE.alith, baltathar: IN.baltathar - PLEDGE.baltathar };
const ALL_BTC = JOINED.alith + JOINED.baltathar;
const FSN_OF = { baltathar: 50n * FSN, dorothy: 30n * FSN };
const ALL_FSN = FSN_OF.baltathar + FSN_OF.dorothy;
/** New coins for a unit of money. */
const PRICE = 3n;
const WHOLE = 10_000n;

// The first loan is paid when it is due. For the second the borrower has enough only when two periods of late interest
// have been added.
const FIRST = { payment: 1_001n, interest: 1_000n, lateInterest: 200n, period: blocks(20), saved: 700n };
FIRST.bought = FIRST.payment * PRICE;
FIRST.owed = (FIRST.bought * (WHOLE + FIRST.interest)) / WHOLE;
const SECOND = { payment: 2_003n, interest: 500n, lateInterest: 100n, period: blocks(30), saved: 0n };
SECOND.bought = SECOND.payment * PRICE;
SECOND.owed = [0n, 1n, 2n].map((late) => {
	return (SECOND.bought * (WHOLE + SECOND.interest + late * SECOND.lateInterest)) / WHOLE;
});
SECOND.earned = SECOND.owed[2] - SECOND.bought;

/** Kinds of coins of the fund. A satoshi is worth as much as 10^13 of the smallest units of FSN. */
const FUND = { fee: 500n, period: blocks(30), runs: 3n, rates: [123_456_789_012_345n, 77n], weights: [10n ** 13n, 1n] };

let node, chain, reader, wallets, usufruct, mapping, btc, money, coin, orders, first, second, fund, times, begun;

/** For machines that are busy: what is waited for takes less than a minute. */
const PATIENCE = { timeout: 120_000, interval: 200 };

async function mined(hash, what) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, 'success', `${what} failed: transaction ${hash}`);
	return receipt;
}

/** A contract at an address: reads, and what is left of logs. */
function at(address, abi) {
	return {
		address,
		abi,
		read: (functionName, args = [], blockNumber = undefined) =>
			reader.readContract({ address, abi, functionName, args, blockNumber }),
	};
}

async function deploy(by, { abi, bytecode }, args = [], value = undefined) {
	const hash = await wallets[by].deployContract({ abi, bytecode, args, value });
	const { contractAddress, blockNumber } = await mined(hash, 'a deployment');
	return { ...at(getAddress(contractAddress), abi), block: blockNumber };
}

/** A transaction of somebody's. */
async function send(by, { address, abi }, functionName, args = [], value = undefined) {
	const hash = await wallets[by].writeContract({ address, abi, functionName, args, value });
	return mined(hash, `${functionName} of ${by}`);
}

/** A call that must be refused, with this reason. */
function refused(by, { address, abi }, functionName, args, reason) {
	const call = { address, abi, functionName, args, account: ADDRESSES[by] };
	return assert.rejects(reader.simulateContract(call), reason);
}

/** Logs of a contract with that name, since it was made. */
function logsOf({ address, abi, block }, eventName) {
	return reader.getContractEvents({ address, abi, eventName, fromBlock: block });
}

/** Waits for so many such logs. */
function happened(contract, eventName, count = 1) {
	return until(`${count} ${eventName}`, async () => {
		const logs = await logsOf(contract, eventName);
		return logs.length >= count && logs;
	}, PATIENCE);
}

/** The first block at a time or later. */
async function blockAt(time) {
	let block = await until(`the time ${time}`, async () => {
		const newest = await reader.getBlock();
		return newest.timestamp >= time && newest;
	}, PATIENCE);
	for (;;) {
		const parent = await reader.getBlock({ blockNumber: block.number - 1n });
		if (parent.timestamp < time) return block.number;
		block = parent;
	}
}

/** Use of, title to, and both of a coin, in a block. */
async function holds(token, account, blockNumber, [inUse, title, whole], when) {
	const names = ['useOf', 'titleOf', 'wholeOf'];
	const found = await Promise.all(names.map((name) => usufruct.read(name, [token, account], blockNumber)));
	assert.deepEqual(found, [inUse, title, whole], `use, title and both: ${when}`);
}

/** What an account has of an ERC-20. */
async function has(token, account, amount, when, blockNumber = undefined) {
	assert.equal(await token.read('balanceOf', [account], blockNumber), amount, when);
}

/** Locks in so much for an account. Not mined yet when it returns. */
async function lockIn(by, user, amount) {
	const deadline = Math.floor(Date.now() / 1_000) + 24 * 60 * 60;
	const { logs } = await send(by, mapping, 'requestLockIn', [user.address, deadline]);
	const [asked] = parseEventLogs({ abi: mapping.abi, logs, eventName: 'LockInRequested' });
	await user.pay(asked.args.depositAddress, Number(amount));
}

/** What there is on both chains. */
async function reserves(held, locked) {
	assert.deepEqual(await mapping.read('reserves'), [held, 0n, held, locked], 'held, missing, issued, locked');
	assert.equal(await btc.read('totalSupply'), held);
}

/** Terms of a loan. */
function loanTerms(loan, lender, borrower) {
	const { due, pledgeEnd } = loan;
	return {
		...{ lender: ADDRESSES[lender], borrower: ADDRESSES[borrower], money: money.address, payment: loan.payment },
		...{ sale: loan.sale, coin: coin.address, pledged: btc.address, pledge: PLEDGE[borrower] },
		...{ interest: loan.interest, lateInterest: loan.lateInterest, deadline: times.closing },
		...{ due, period: loan.period, pledgeEnd },
	};
}

/** The parties agree, and the borrower starts it. */
async function startLoan(contract, loan, lender, borrower) {
	await Promise.all([
		send(lender, money, 'approve', [contract.address, loan.payment]),
		(async () => {
			await send(borrower, usufruct, 'approve', [btc.address, contract.address, PLEDGE[borrower]]);
			await send(borrower, coin, 'approve', [contract.address, maxUint256]);
		})(),
	]);
	return send(borrower, contract, 'start', [], FUNDS);
}

/** Approves what is given, and joins the fund. */
async function join(by, number, token, amount) {
	await send(by, usufruct, 'approve', [token, fund.address, amount]);
	return send(by, fund, 'join', [BigInt(number), amount], LISTS);
}

/** What somebody has told the calling list to do for them. */
function order(time, contract, functionName, args, value = 0n) {
	const data = encodeFunctionData({ abi: contract.abi, functionName, args });
	return send('ethan', orders, 'order', [time, contract.address, value, data]);
}

let bitcoind, bitcoin, user;

before(async () => {
	if (NEEDS_FUSION) return;
	({ bitcoin, program: bitcoind, user } = await startBitcoin());
	// Blocks that are over are asked for use and title.
	node = await Node.start({ args: ['--bitcoin-rpc', bitcoin.authority, '--state-pruning=archive'] });
	chain = await fusionChain(node.ethUrl);
	const client = { chain, transport: http(), pollingInterval: 100, cacheTime: 0 };
	reader = createPublicClient(client);
	wallets = Object.fromEntries(Object.entries(KEYS).map(([name, key]) => {
		return [name, createWalletClient({ ...client, account: privateKeyToAccount(key) })];
	}));
	usufruct = at(USUFRUCT, (await artifact('IUsufruct')).abi);
	mapping = at(MAPPING, (await libraryArtifact('IAssetMapping')).abi);
	await until('a key group to be active', async () => {
		const groups = await rpc(node.url, 'dcrm_groups');
		return groups.some(({ isCurrent, state }) => isCurrent && state === 'active');
	}, { timeout: 240_000 });
});

after(async () => {
	await node?.stop();
	await bitcoind?.stop();
});

test('bitcoin is locked in for two accounts', options, async () => {
	const { abi } = await artifact('Token');
	btc = at(await mapping.read('token'), abi);
	await lockIn('alith', user, IN.alith);
	await bitcoin.mine(1, user.address);
	await lockIn('baltathar', user, IN.baltathar);
	await bitcoin.mine(2, user.address);
	for (const name of ['alith', 'baltathar']) {
		await until(`the deposit of ${name}`, async () => {
			return (await btc.read('balanceOf', [ADDRESSES[name]])) === IN[name];
		}, PATIENCE);
	}
	await reserves(IN.alith + IN.baltathar, 0n);
});

test('two loans and a fund are started', options, async () => {
	const token = await artifact('Token');
	const sale = await artifact('CoinSale');
	money = await deploy('ethan', token, ['Money', 'MON', 10n ** 30n]);
	coin = await deploy('ethan', token, ['New coin', 'NEW', 10n ** 30n]);
	const { address: saleAddress } = await deploy('ethan', sale, [money.address, coin.address, PRICE]);
	orders = await deploy('ethan', await artifact('StandingOrders'), [], FUNDS);
	[FIRST.sale, SECOND.sale] = [saleAddress, saleAddress];

	await Promise.all([
		(async () => {
			await send('ethan', coin, 'transfer', [saleAddress, 10n ** 20n]);
			await send('ethan', coin, 'transfer', [ADDRESSES.alith, FIRST.saved]);
			await send('ethan', coin, 'transfer', [orders.address, SECOND.earned]);
			await send('ethan', money, 'transfer', [ADDRESSES.charleth, FIRST.payment]);
			await send('ethan', money, 'transfer', [ADDRESSES.dorothy, SECOND.payment]);
			await send('ethan', money, 'transfer', [orders.address, 10n ** 12n]);
		})(),
		send('alith', usufruct, 'deposit', [btc.address, IN.alith]),
		(async () => {
			await send('baltathar', usufruct, 'deposit', [btc.address, IN.baltathar]);
			await send('baltathar', usufruct, 'deposit', [FSN_TOKEN, FSN_OF.baltathar]);
		})(),
		send('dorothy', usufruct, 'deposit', [FSN_TOKEN, FSN_OF.dorothy]),
	]);
	await holds(btc.address, ADDRESSES.alith, undefined, [IN.alith, IN.alith, IN.alith], 'put in slices');
	assert.equal(await usufruct.read('totalHeld', [btc.address]), IN.alith + IN.baltathar);

	const [loan, ofFund] = [await libraryArtifact('IcoLoan'), await libraryArtifact('Fund')];
	const now = (await reader.getBlock()).timestamp;
	times = { closing: now + blocks(80) };
	times.end = times.closing + FUND.period * FUND.runs + blocks(10);
	[FIRST.due, SECOND.due] = [times.closing + blocks(20), times.closing + blocks(10)];
	FIRST.pledgeEnd = FIRST.due + 3n * FIRST.period;
	// Much later than the test ends: what comes back before it does because the loan was paid.
	SECOND.pledgeEnd = SECOND.due + 40n * SECOND.period;
	// Between the second time that the loan is not paid, and the third.
	times.earned = SECOND.due + SECOND.period + blocks(14);
	[first, second, fund] = await Promise.all([
		deploy('alith', loan, [loanTerms(FIRST, 'charleth', 'alith'), RUNNING]),
		deploy('baltathar', loan, [loanTerms(SECOND, 'dorothy', 'baltathar'), RUNNING]),
		deploy('charleth', ofFund, [
			{
				...{ manager: ADDRESSES.charleth, money: money.address, fee: FUND.fee },
				...{ closing: times.closing, period: FUND.period, end: times.end, leastShares: 1n },
			},
			[btc.address, FSN_TOKEN].map((token, number) => {
				return { token, weight: FUND.weights[number], leastRate: FUND.rates[number] };
			}),
			RUNNING,
		]),
	]);

	await Promise.all([
		startLoan(first, FIRST, 'charleth', 'alith'),
		startLoan(second, SECOND, 'dorothy', 'baltathar'),
	]);
	await send('charleth', fund, 'open', [], FUNDS);
	await Promise.all([
		join('alith', 0, btc.address, JOINED.alith),
		(async () => {
			await join('baltathar', 0, btc.address, JOINED.baltathar);
			await join('baltathar', 1, FSN_TOKEN, FSN_OF.baltathar);
		})(),
		join('dorothy', 1, FSN_TOKEN, FSN_OF.dorothy),
		(async () => {
			// Who uses the coins of the fund, and what the second borrower earns, are there by rows as well.
			const data = encodeFunctionData({
				abi: money.abi,
				functionName: 'approve',
				args: [fund.address, maxUint256],
			});
			await send('ethan', orders, 'act', [money.address, data]);
			await order(times.earned, coin, 'transfer', [ADDRESSES.baltathar, SECOND.earned]);
			const { closing, end } = times;
			await order(closing, fund, 'rent', [0n, BTC / 2n, closing + blocks(42), maxUint256], LISTS);
			await order(closing + blocks(2), fund, 'rent', [1n, ALL_FSN, closing + blocks(24), maxUint256], LISTS);
			await order(closing + blocks(66), fund, 'rent', [0n, ALL_BTC, end, maxUint256], LISTS);
		})(),
	]);
	const started = await reader.getBlock();
	assert.ok(started.timestamp < times.closing, 'the machine is too slow for the times of this test');
	begun = { number: started.number, nonces: await nonces() };

	assert.equal(await first.read('state'), LOAN.running);
	assert.equal(await second.read('state'), LOAN.running);
	await has(money, ADDRESSES.charleth, 0n, 'the first lender has paid');
	await has(money, ADDRESSES.dorothy, 0n, 'the second lender has paid');
	await has(coin, ADDRESSES.alith, FIRST.saved + FIRST.bought, 'new coins of the first borrower');
	await has(coin, ADDRESSES.baltathar, SECOND.bought, 'new coins of the second borrower');
	const block = begun.number;
	for (const [loan, contract, lender, borrower] of parties()) {
		const pledge = PLEDGE[borrower];
		await holds(btc.address, ADDRESSES[borrower], block, [0n, IN[borrower], 0n], 'the borrower');
		await holds(btc.address, ADDRESSES[lender], block, [pledge, 0n, 0n], 'the lender');
		await holds(btc.address, contract.address, block, [0n, 0n, 0n], 'the loan');
		const [kept, ...others] = await usufruct.read('sliceOf', [btc.address, contract.address], block);
		assert.deepEqual(others, []);
		assert.deepEqual(kept, { amount: pledge, start: loan.due, end: loan.pledgeEnd }, 'kept behind the term');
	}
	await holds(btc.address, fund.address, block, [ALL_BTC, 0n, 0n], 'the fund');
	await holds(FSN_TOKEN, fund.address, block, [ALL_FSN, 0n, 0n], 'the fund');
	await holds(FSN_TOKEN, ADDRESSES.baltathar, block, [0n, FSN_OF.baltathar, 0n], 'an investor');
	await holds(FSN_TOKEN, ADDRESSES.dorothy, block, [0n, FSN_OF.dorothy, 0n], 'an investor');

	// What is lent can neither be made plain nor leave.
	const { address } = user;
	await refused('alith', usufruct, 'withdraw', [btc.address, 1n], /Usufruct: NotEnough/);
	await refused('charleth', usufruct, 'withdraw', [btc.address, 1n], /Usufruct: NotEnough/);
	await refused('alith', mapping, 'lockOut', [BTC / 2n, address, MAX_FEE], /AssetMapping: NotEnoughMappedCoins/);
});

/** What comes after the start needs it. */
function ensureStarted() {
	assert.ok(begun, 'the loans and the fund were not started');
}

/** The loans, with their contracts and parties. */
function parties() {
	return [[FIRST, first, 'charleth', 'alith'], [SECOND, second, 'dorothy', 'baltathar']];
}

/** How many transactions each account has sent. */
function nonces() {
	return Promise.all(Object.values(ADDRESSES).map((address) => reader.getTransactionCount({ address })));
}

test('a loan is paid with interest by its row, and the use comes back', options, async () => {
	ensureStarted();
	const [paid] = await happened(first, 'Paid');
	assert.deepEqual(paid.args, { payer: ADDRESSES.alith, amount: FIRST.owed });
	const { timestamp } = await reader.getBlock({ blockNumber: paid.blockNumber });
	assert.ok(timestamp >= FIRST.due && timestamp < FIRST.due + FIRST.period, `due at ${FIRST.due}, paid at ${timestamp}`);
	// In the block before it was due, the lender still had it.
	const last = (await blockAt(FIRST.due)) - 1n;
	await holds(btc.address, ADDRESSES.charleth, last, [PLEDGE.alith, 0n, 0n], 'the lender until then');
	await holds(btc.address, ADDRESSES.charleth, paid.blockNumber, [0n, 0n, 0n], 'the lender');
	await holds(btc.address, first.address, paid.blockNumber, [0n, 0n, 0n], 'the loan');
	const { alith } = PLEDGE;
	await holds(btc.address, ADDRESSES.alith, paid.blockNumber, [alith, IN.alith, alith], 'the borrower');
	assert.equal(await first.read('state'), LOAN.paid);
	await has(coin, ADDRESSES.charleth, FIRST.owed, 'principal and interest');
	await has(coin, ADDRESSES.alith, FIRST.saved + FIRST.bought - FIRST.owed, 'the rest');
	assert.deepEqual(await logsOf(first, 'Defaulted'), []);
	assert.deepEqual(await logsOf(first, 'NotDelivered'), []);
});

test('a lender keeps the use of what was pledged until the loan is paid', options, async () => {
	ensureStarted();
	const [paid] = await happened(second, 'Paid');
	const late = await logsOf(second, 'Defaulted');
	const ends = [1n, 2n].map((periods) => SECOND.due + periods * SECOND.period);
	assert.deepEqual(late.map(({ args }) => args), [
		{ owed: SECOND.owed[1], end: ends[0] },
		{ owed: SECOND.owed[2], end: ends[1] },
	]);
	const pledge = PLEDGE.baltathar;
	for (const { blockNumber, args } of late) {
		await holds(btc.address, ADDRESSES.dorothy, blockNumber, [pledge, 0n, 0n], 'the lender keeps the use');
		await holds(btc.address, ADDRESSES.baltathar, blockNumber, [0n, IN.baltathar, 0n], 'the borrower');
		await has(coin, ADDRESSES.baltathar, SECOND.bought, 'the borrower has too little', blockNumber);
		const [slice, ...others] = await usufruct.read('sliceOf', [btc.address, ADDRESSES.dorothy], blockNumber);
		assert.deepEqual(others, []);
		assert.deepEqual([slice.amount, slice.end], [pledge, args.end]);
	}
	// The borrower has earned what is missing; the lender has the use until the next run.
	const earned = (await blockAt(ends[1])) - 1n;
	await has(coin, ADDRESSES.baltathar, SECOND.owed[2], 'the borrower has enough', earned);
	await holds(btc.address, ADDRESSES.dorothy, earned, [pledge, 0n, 0n], 'the lender');

	assert.deepEqual(paid.args, { payer: ADDRESSES.baltathar, amount: SECOND.owed[2] });
	const { timestamp } = await reader.getBlock({ blockNumber: paid.blockNumber });
	assert.ok(timestamp >= ends[1] && timestamp < SECOND.pledgeEnd);
	await holds(btc.address, ADDRESSES.dorothy, paid.blockNumber, [0n, 0n, 0n], 'the lender');
	await holds(btc.address, second.address, paid.blockNumber, [0n, 0n, 0n], 'the loan');
	await holds(btc.address, ADDRESSES.baltathar, paid.blockNumber, [pledge, IN.baltathar, pledge], 'the borrower');
	await has(coin, ADDRESSES.dorothy, SECOND.owed[2], 'principal, interest, and late interest');
	await has(coin, ADDRESSES.baltathar, 0n, 'the borrower');
	assert.equal(await second.read('state'), LOAN.paid);
	assert.deepEqual(await logsOf(second, 'NotDelivered'), []);
});

/** What the fund should have shared out: each event, and what each has been paid. */
function sharedOut(rents) {
	const [btcWeight, fsnWeight] = FUND.weights;
	const shares = {
		alith: JOINED.alith * btcWeight,
		baltathar: JOINED.baltathar * btcWeight + FSN_OF.baltathar * fsnWeight,
		dorothy: FSN_OF.dorothy * fsnWeight,
	};
	const all = Object.values(shares).reduce((sum, share) => sum + share);
	const paid = { alith: 0n, baltathar: 0n, dorothy: 0n, charleth: 0n };
	const events = [];
	let here = 0n;
	let since = 0n;
	for (const time of [1n, 2n, 3n].map((run) => times.closing + run * FUND.period).concat(times.end)) {
		for (const rent of rents) if (rent.time >= since && rent.time < time) here += rent.price;
		since = time;
		if (here === 0n) continue;
		const [income, fee] = [here, (here * FUND.fee) / WHOLE];
		let dividends = 0n;
		for (const [name, share] of Object.entries(shares)) {
			const part = ((income - fee) * share) / all;
			paid[name] += part;
			dividends += part;
		}
		paid.charleth += fee;
		here -= fee + dividends;
		events.push({ income, fee, dividends });
	}
	return { events, paid, left: here };
}

test('a fund lets the use of coins, shares out what came in, and gives everything back', options, async () => {
	ensureStarted();
	await happened(fund, 'Ended');
	const { closing, end } = times;
	const rents = await logsOf(fund, 'Rented');
	const expected = [[0n, BTC / 2n, closing + blocks(42)], [1n, ALL_FSN, closing + blocks(24)], [0n, ALL_BTC, end]];
	assert.equal(rents.length, expected.length);
	for (const [index, { args, blockNumber }] of rents.entries()) {
		const [number, amount, last] = expected[index];
		const [token, all] = number === 0n ? [btc.address, ALL_BTC] : [FSN_TOKEN, ALL_FSN];
		const { timestamp } = await reader.getBlock({ blockNumber });
		const price = (amount * FUND.rates[number] * (last - timestamp) + FSN - 1n) / FSN;
		assert.deepEqual(args, { user: orders.address, coin: number, amount, until: last, price });
		await holds(token, orders.address, blockNumber, [amount, 0n, 0n], 'who pays has the use');
		await holds(token, fund.address, blockNumber, [all - amount, 0n, 0n], 'the fund has the rest');
		const over = await blockAt(last);
		await holds(token, orders.address, over, [0n, 0n, 0n], 'and no longer');
		await holds(token, fund.address, over, [last === end ? 0n : all, 0n, 0n], 'it came back');
		Object.assign(rents[index], { time: timestamp, price });
	}

	const { events, paid, left } = sharedOut(rents);
	assert.ok(events.length >= 2, 'there was something to share out twice');
	assert.deepEqual((await logsOf(fund, 'SharedOut')).map(({ args }) => args), events);
	for (const [name, amount] of Object.entries(paid)) {
		await has(money, ADDRESSES[name], amount, `fees and dividends of ${name}`);
	}
	await has(money, fund.address, left, 'what cannot be divided');
	assert.equal(await fund.read('totalUnpaid'), 0n);
	assert.equal(await fund.read('state'), ENDED);

	// Everything is back from the end on, though the last row may have run later.
	const over = await blockAt(end);
	for (const token of [btc.address, FSN_TOKEN]) {
		await holds(token, fund.address, over, [0n, 0n, 0n], 'the fund');
		await holds(token, orders.address, over, [0n, 0n, 0n], 'who used it');
	}
	for (const name of ['baltathar', 'dorothy']) {
		const amount = FSN_OF[name];
		await holds(FSN_TOKEN, ADDRESSES[name], over, [amount, amount, amount], `FSN of ${name}`);
	}
	await holds(btc.address, ADDRESSES.alith, over, [IN.alith, IN.alith, IN.alith], 'bitcoin of alith');
});

test('nobody has sent a transaction since, and no row is left', options, async () => {
	ensureStarted();
	const rows = [
		await first.read('row'), await second.read('row'), await fund.read('dividendRow'), await fund.read('endRow'),
	];
	const list = at(LIST, (await artifact('ICallingList')).abi);
	// When a loan is paid, its row runs once more, finds nothing to do, and is gone.
	await until('the rows to be gone', async () => {
		const found = await Promise.all(rows.map((row) => list.read('row', [row])));
		return found.every(({ state }) => state === 0);
	}, PATIENCE);
	assert.deepEqual(await nonces(), begun.nonces);
	let count = 0;
	for (const contract of [first, second, fund]) {
		const { address } = contract;
		for (const log of await reader.getLogs({ address, fromBlock: begun.number + 1n })) {
			const { from, to, status } = await reader.getTransactionReceipt({ hash: log.transactionHash });
			assert.deepEqual([from.toLowerCase(), to.toLowerCase(), status], [TRIGGERS, LIST, 'success']);
			count += 1;
		}
	}
	assert.ok(count >= 10, `${count} logs`);
});

test('bitcoin that was lent leaves the chain again, to the satoshi', options, async () => {
	ensureStarted();
	const receiver = await User.open(bitcoin, DEV_WIF_2, 'tr');
	for (const name of ['alith', 'baltathar']) {
		const amount = IN[name];
		await holds(btc.address, ADDRESSES[name], undefined, [amount, amount, amount], `all of ${name}`);
		await send(name, usufruct, 'withdraw', [btc.address, amount]);
		await has(btc, ADDRESSES[name], amount, 'plain again');
		assert.deepEqual(await usufruct.read('sliceOf', [btc.address, ADDRESSES[name]]), []);
	}
	assert.equal(await usufruct.read('totalHeld', [btc.address]), 0n);

	await send('alith', mapping, 'lockOut', [IN.alith, receiver.address, MAX_FEE]);
	await reserves(IN.alith + IN.baltathar, IN.alith);
	const txid = await until('the payment in the pool of bitcoind', async () => {
		return (await bitcoin.rpc('getrawmempool'))[0];
	}, PATIENCE);
	const { vout } = await bitcoin.transaction(txid);
	await bitcoin.mine(2, user.address);
	await until('the lock-out to be settled', async () => {
		return (await mapping.read('reserves'))[3] === 0n;
	}, PATIENCE);
	await reserves(IN.baltathar, 0n);
	await has(btc, ADDRESSES.alith, 0n, 'burnt');
	const arrived = BigInt(await receiver.balance());
	assert.ok(arrived < IN.alith && arrived >= IN.alith - MAX_FEE, `${arrived} satoshi arrived`);
	assert.equal(BigInt(toSat(vout.find(({ scriptPubKey }) => {
		return scriptPubKey.address === receiver.address;
	}).value)), arrived);

	// What is left of the FSN for rows and deposits comes back, too.
	for (const [who, contract] of [['alith', first], ['baltathar', second], ['charleth', fund]]) {
		const { address } = contract;
		assert.ok((await reader.getBalance({ address })) > 0n);
		await send(who, contract, 'sweep');
		assert.equal(await reader.getBalance({ address }), 0n);
	}
});
