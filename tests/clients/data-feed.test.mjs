// Data feeds, from servers on the web to contracts: what is right, whatever bad servers do, and nothing that is old.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import {
	ContractFunctionRevertedError,
	createPublicClient,
	createWalletClient,
	http,
	parseAbi,
	parseEventLogs,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { artifact } from './lib/artifacts.mjs';
import { fusionChain } from './lib/evm.mjs';
import { enact } from './lib/governance.mjs';
import { NEEDS_FUSION, Node, temporaryFolder } from './lib/node.mjs';
import {
	AUTHORITY,
	endless,
	loop,
	movedTo,
	page,
	says,
	saysWithKey,
	saysWithTime,
	silent,
	Source,
	unencrypted,
} from './lib/sources.mjs';
import { connect, developmentAccounts, FSN, only, submit } from './lib/substrate.mjs';
import { until } from './lib/wait.mjs';

const options = { skip: NEEDS_FUSION };
const FEEDS = '0x00000000000000000000000000000000f5050000';
const STATUS = ['Unknown', 'Empty', 'Paused', 'Stale', 'Fresh'];
const KIND = ['Integer', 'Decimal', 'Text', 'Boolean'];
/** The account of the pallet id `fsn/feed`. */
const POT = `0x${Buffer.from('modlfsn/feed').toString('hex').padEnd(64, '0')}`;
/** The key that one of the sources wants. */
const KEY = 'not for the log &?#';
/** What contracts that know Chainlink's feeds only know of one. The error is none of theirs. */
const CHAINLINK = parseAbi([
	'function decimals() view returns (uint8)',
	'function description() view returns (string)',
	'function version() view returns (uint256)',
	'function getRoundData(uint80) view returns (uint80, int256, uint256, uint256, uint80)',
	'function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)',
	'error FeedNotFresh(uint32 feed, uint8 status)',
]);

const [PRICE, WEATHER, OPEN] = [0, 1, 2];
/** Chain time in seconds, of which a block stands for six. */
const QUICK = { interval: 6, heartbeat: 60, lifetime: 150 };
const RULES = { ...QUICK, deviation: {}, tolerance: {}, quorum: 51, minReports: 1, reward: 0n };
const DECIMALS = 8;
/** A price with the feed's decimals. */
const scaled = (cents) => cents * 10n ** BigInt(DECIMALS - 2);
/** The median of what the honest sources say first, and after they were down. */
const FIRST = scaled(6_400_012n);
const SECOND = scaled(7_100_012n);
/** How long an answer may take: the sources are asked every five seconds, for eight, and a round has some blocks. */
const SOON = { timeout: 60_000 };

let node, api, accounts, reader, wallet, abi, contract, aggregator, sources, start;

/** The servers of the feed of prices: those that say about `price`, and those that are bad. */
async function priceSources() {
	const start = (behaviour) => Source.start(behaviour);
	const [plain, text, nested, moved, exponent, timed, liar, slow, website, huge, circle] = await Promise.all([
		...[says({}), says({}), says({}), says({}), says({}), says({})].map(start),
		...[says({ price: 1.5 }), silent, page, endless, loop].map(start),
	]);
	const honest = [plain, text, nested, moved, exponent, timed];
	return { honest, plain, text, nested, moved, exponent, timed, liar, slow, website, huge, circle };
}

/** What the honest ones say: about 64,000 if that is `thousands`, each as it likes. */
function setPrice({ plain, text, nested, moved, exponent, timed }, thousands) {
	plain.behaviour = says(`{"time": 1, "price": ${thousands}000.10}`);
	text.behaviour = says({ price: `${thousands}000.11` });
	nested.behaviour = saysWithKey(KEY, { data: [{}, { 'a/b': { last: `${thousands}000.12` } }] });
	moved.behaviour = movedTo('/v2/price', { price: `${thousands}000.13` });
	exponent.behaviour = says(`{"price": 0.${thousands}00014e5}`);
	timed.behaviour = saysWithTime({ price: `${thousands}000.15` });
}

/** What governance adds: the feeds in the order of their numbers. */
function definitions({ price, weather, open }) {
	const at = (source, path = '/price', pointer = '/price') => ({ url: source.url(path), pointer });
	const bounds = { min: 1n, max: scaled(100_000_000n) };
	return [
		{
			description: 'BTC / USD',
			sources: [
				at(price.plain),
				at(price.text),
				at(price.nested, '/all?key={secret:exchange}', '/data/1/a~1b/last'),
				at(price.moved),
				at(price.exponent),
				at(price.timed, '/price?time={time}'),
				...[price.liar, price.slow, price.website, price.huge, price.circle].map((source) => at(source)),
			],
			rules: {
				...RULES,
				kind: { Decimal: { scale: DECIMALS, ...bounds } },
				deviation: { relative: 5_000 },
				tolerance: { relative: 1_000 },
				reward: FSN,
			},
		},
		{
			description: 'Weather in Berlin',
			// The second's whole document is the value.
			sources: weather.map((source, number) => at(source, '/now', number === 1 ? '' : '/weather')),
			// So long that there is a second round only if the weather changes.
			rules: { ...RULES, kind: { Text: { longest: 16 } }, heartbeat: 86_400, lifetime: 172_800 },
		},
		{
			description: 'Is the market open?',
			sources: open.map((source) => at(source, '/open', '/open')),
			rules: { ...RULES, kind: 'Boolean' },
		},
	];
}

const setWeather = ([first, second, third], word) => {
	first.behaviour = says({ weather: word });
	second.behaviour = says(JSON.stringify(word));
	third.behaviour = says({ weather: word });
};

/** Asks the precompile. `at`: in the state of that block. */
function read(functionName, args, at = {}) {
	return reader.readContract({ address: FEEDS, abi, functionName, args, ...at });
}

/** Asks the contract. */
function look(functionName, args, at = {}) {
	return reader.readContract({ address: contract.address, abi: contract.abi, functionName, args, ...at });
}

/** Asks the aggregator. */
function chainlink(functionName, args = []) {
	return reader.readContract({ address: aggregator, abi: CHAINLINK, functionName, args });
}

async function latest(feed, at) {
	const [status, answer] = await read('latest', [feed], at);
	return { status: STATUS[status], ...answer };
}

/** Waits until the answer of a feed is fresh, and is what it should be. Another one that is fresh is an error. */
function answer(feed, wanted, { before = [] } = {}) {
	const value = (found) => (feed === WEATHER ? found.text : found.number);
	return until(`feed ${feed} to say ${wanted}`, async () => {
		const found = await latest(feed);
		if (found.status !== 'Fresh' || before.includes(value(found))) return false;
		if (value(found) !== wanted) {
			throw Object.assign(new Error(`feed ${feed} says ${value(found)}, not ${wanted}`), { fatal: true });
		}
		return found;
	}, SOON);
}

/** Why a contract refuses: its error with what is in it, or its reason. */
async function refusal(call) {
	try {
		await call;
	} catch (error) {
		const reverted = error.walk?.((cause) => cause instanceof ContractFunctionRevertedError);
		if (!reverted) throw error;
		const { data, reason } = reverted;
		return data && data.errorName !== 'Error' ? [data.errorName, ...data.args] : reason;
	}
	return assert.fail('nothing was refused');
}

const notFresh = (feed, status) => ['FeedNotFresh', feed, STATUS.indexOf(status)];

async function mined(hash, status = 'success') {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
	assert.equal(receipt.status, status, `transaction ${hash}`);
	return receipt;
}

const write = (functionName, args, more = {}) => {
	return wallet.writeContract({ address: contract.address, abi: contract.abi, functionName, args, ...more });
};

/** Makes the contract read in a transaction; what it has read. */
async function note(feed) {
	const { logs } = await mined(await write('note', [feed]));
	const [noted] = parseEventLogs({ abi: contract.abi, logs, eventName: 'Noted' });
	assert.equal(noted.args.feed, feed);
	assert.equal(await look('noted', [feed]), noted.args.price);
	return noted.args.price;
}

before(async () => {
	if (NEEDS_FUSION) return;
	const price = await priceSources();
	setPrice(price, 64);
	const weather = await Promise.all([
		...[1, 2, 3].map(() => Source.start(silent)),
		Source.start(says({ weather: 7 })),
		Source.start(says({ weather: 'snow' }), { certificate: 'other' }),
	]);
	setWeather(weather, 'rain');
	const open = await Promise.all([
		Source.start(says({ open: true })),
		Source.start(says({ open: true })),
		Source.start(says({ open: false }), { certificate: 'expired' }),
		Source.start(says({ open: true })),
		Source.start(unencrypted),
	]);
	sources = { price, weather, open };

	const config = join(temporaryFolder(), 'feeds.json');
	writeFileSync(config, JSON.stringify({ certificates: AUTHORITY, secrets: { exchange: KEY } }));
	node = await Node.start({ args: ['--feeds-config', config, '--log', 'feeds=debug'] });
	api = await connect(node.wsUrl);
	accounts = await developmentAccounts();
	const chain = await fusionChain(node.ethUrl);
	const client = { chain, transport: http(), pollingInterval: 100 };
	reader = createPublicClient(client);
	wallet = createWalletClient({ ...client, account: privateKeyToAccount(KEYS.alith) });
	({ abi } = await artifact('IDataFeed'));
	contract = await artifact('FeedReader');
	contract.address = (await mined(await wallet.deployContract(contract))).contractAddress;
	await submit(api, api.tx.balances.transferKeepAlive(POT, 1_000n * FSN), accounts.alice);
});

after(async () => {
	await api?.disconnect();
	await node?.stop();
	const { price: { honest, ...others } = {}, weather = [], open = [] } = sources ?? {};
	await Promise.all([...Object.values(others), ...weather, ...open].map((source) => source.down()));
});

test('a feed that governance adds says nothing before it has an answer', options, async () => {
	const { dataFeed } = api.query;
	assert.equal((await dataFeed.nextFeed()).toNumber(), PRICE);
	assert.equal((await latest(PRICE)).status, 'Unknown');
	assert.deepEqual(await refusal(look('notOlder', [PRICE, 60n])), notFresh(PRICE, 'Unknown'));
	const defined = definitions(sources);
	const calls = defined.map((definition) => api.tx.dataFeed.addFeed(definition));
	await assert.rejects(submit(api, calls[0], accounts.bob), /BadOrigin/);
	await enact(api, api.tx.utility.batchAll(calls), {
		proposer: accounts.alice,
		voters: Object.values(accounts),
		blockTime: node.blockTime,
		effect: async () => (await dataFeed.nextFeed()).toNumber() > OPEN,
	});
	await until('the Ethereum side to have it', async () => (await latest(PRICE)).status !== 'Unknown');
	start = await reader.getBlockNumber({ cacheTime: 0 });

	// One of its sources keeps the node waiting for eight seconds.
	assert.equal((await latest(PRICE)).status, 'Empty');
	assert.deepEqual(await refusal(look('price', [PRICE, 8])), notFresh(PRICE, 'Empty'));
	assert.equal(await refusal(read('readNumber', [PRICE])), 'DataFeed: the feed has had no answer yet');
	for (const [feed, { description, sources, rules }] of defined.entries()) {
		const what = await read('describe', [feed]);
		assert.deepEqual([what.description, what.sources], [description, sources.length]);
		assert.deepEqual([what.heartbeat, what.lifetime], [rules.heartbeat, rules.lifetime]);
		assert.deepEqual([what.version, what.paused], [0, false]);
	}
	assert.deepEqual(KIND[(await read('describe', [PRICE])).kind], 'Decimal');
});

test('an answer is what most sources agree on, whatever the others do', options, async () => {
	const rain = await answer(WEATHER, 'rain');
	assert.deepEqual([rain.round, rain.number, rain.reports], [1n, 0n, 1]);
	await answer(OPEN, 1n);
	const first = await answer(PRICE, FIRST);
	assert.deepEqual([first.text, first.reports], ['', 1]);
	assert.equal(first.expiresAt, first.startedAt + BigInt(QUICK.lifetime));
	assert.ok(first.updatedAt >= first.startedAt);

	// It has asked all of them, and says why it does not take what some have said.
	const { price, weather, open } = sources;
	const log = readFileSync(node.daemon.log, 'utf8');
	const why = (source, reason) => {
		const lines = log.split('\n').filter((line) => line.includes(source.url('/')));
		assert.ok(lines.length > 0, `nothing about ${source.url('/')}`);
		for (const line of lines) assert.match(line, reason);
	};
	why(price.slow, /it took more than 8 seconds/);
	why(price.website, /no JSON/);
	why(price.huge, /more than 262144 bytes/);
	why(price.circle, /redirects more than 3 times/);
	why(weather[3], /of another type/);
	why(weather[4], /TLS failed.*not valid for name/);
	why(open[2], /TLS failed.*expired/);
	why(open[4], /not HTTPS/);
	for (const { asked } of [price.slow, price.huge, price.liar, ...price.honest, weather[3]]) {
		assert.ok(asked.length > 0);
	}
	// It may be at it once more by now.
	const circles = log.split('\n').filter((line) => line.includes(price.circle.url('/'))).length;
	assert.ok(price.circle.asked.length >= 4 * circles, 'three redirects are followed');
	assert.ok(price.circle.asked.length <= 4 * (circles + 1), 'more than three redirects are followed');
	// Who proves to be nobody is asked for nothing.
	assert.deepEqual([...weather[4].asked, ...open[2].asked], []);
	assert.ok(price.nested.asked.every((path) => path === `/all?key=${encodeURIComponent(KEY)}`));
	for (const secret of [KEY, encodeURIComponent(KEY), 'not for the log']) {
		assert.ok(!log.includes(secret), 'the key of a source is in the log');
	}
	// From here on it answers, and has a vote; the median stays.
	price.slow.behaviour = says({ price: 64_000.2 });
});

test('contracts read what is fresh, and only as what it is', options, async () => {
	await answer(PRICE, FIRST);
	assert.equal(await look('price', [PRICE, 8]), FIRST);
	assert.equal(await look('price', [PRICE, 0]), 64_000n);
	assert.equal(await look('price', [PRICE, 18]), FIRST * 10n ** 10n);
	assert.equal((await look('notOlder', [PRICE, BigInt(QUICK.lifetime)])).number, FIRST);
	assert.equal(await look('text', [WEATHER]), 'rain');
	// By the time that this is asked for, it is known.
	setWeather(sources.weather, 'sun');
	assert.equal(await look('yes', [OPEN]), true);
	assert.equal(await note(PRICE), FIRST * 10n ** 10n);
	assert.equal(await read('readNumber', [PRICE]), FIRST);
	assert.equal(await read('readBoolean', [OPEN]), true);

	const ofOtherKind = (feed, kind) => ['FeedOfOtherKind', feed, KIND.indexOf(kind)];
	assert.deepEqual(await refusal(look('price', [WEATHER, 8])), ofOtherKind(WEATHER, 'Text'));
	assert.deepEqual(await refusal(look('text', [PRICE])), ofOtherKind(PRICE, 'Decimal'));
	assert.deepEqual(await refusal(look('yes', [PRICE])), ofOtherKind(PRICE, 'Decimal'));
	const [error] = await refusal(look('notOlder', [PRICE, 0n]));
	assert.equal(error, 'FeedTooOld');
	assert.equal(await refusal(read('readText', [PRICE])), 'DataFeed: the feed has no texts');
});

test('contracts that were written for Chainlink read it', options, async () => {
	const what = await artifact('FeedAggregator');
	const deploy = (feed, more) => wallet.deployContract({ ...what, args: [feed], ...more });
	aggregator = (await mined(await deploy(PRICE))).contractAddress;
	assert.equal(await chainlink('decimals'), DECIMALS);
	assert.equal(await chainlink('description'), 'BTC / USD');
	assert.equal(await chainlink('version'), 0n);
	const { round } = await answer(PRICE, FIRST);
	const [roundId, found, startedAt, updatedAt, answeredInRound] = await chainlink('latestRoundData');
	assert.ok(roundId >= round);
	assert.deepEqual([found, answeredInRound], [FIRST, roundId]);
	// It is no newer than what was committed to, and the clock says that it is fresh.
	const { timestamp } = await reader.getBlock();
	assert.equal(updatedAt, startedAt);
	assert.ok(startedAt < timestamp && timestamp < updatedAt + BigInt(QUICK.lifetime));
	assert.deepEqual(await chainlink('getRoundData', [roundId]), [roundId, found, startedAt, updatedAt, roundId]);
	await assert.rejects(chainlink('getRoundData', [2n ** 64n + roundId]), /no answer of this round is known/);
	assert.equal(await look('trustingly', [aggregator]), FIRST);
	// There is none of texts.
	await mined(await deploy(WEATHER, { gas: 5_000_000n }), 'reverted');
});

test('a change is answered at once, and otherwise there is no round', options, async () => {
	const rain = await read('answerOf', [WEATHER, 1n]);
	assert.equal(rain.text, 'rain');
	const sun = await answer(WEATHER, 'sun', { before: ['rain'] });
	assert.equal(sun.round, 2n);
	assert.ok(sun.startedAt - rain.startedAt < 3_600n, 'the heartbeat is a day');
	assert.equal(await look('text', [WEATHER]), 'sun');
});

test('an answer expires when its sources are down or at odds, and is refused', options, async () => {
	const { price, open } = sources;
	await Promise.all(price.honest.map((source) => source.down()));
	// Two say yes, one says no, and two are not believed: that is no majority.
	open[3].behaviour = says({ open: false });
	const stale = (feed) => until(`feed ${feed} to be stale`, async () => {
		const found = await latest(feed);
		return found.status === 'Stale' && found;
	}, SOON);
	const old = await stale(PRICE);
	const { timestamp } = await reader.getBlock();
	assert.ok(timestamp >= old.expiresAt);
	// What it said is there to be looked at, and nobody can take it for new.
	assert.equal(old.number, FIRST);
	for (const [name, args] of [['price', [PRICE, 8]], ['notOlder', [PRICE, 1_000_000n]], ['trustingly', [aggregator]]]) {
		assert.deepEqual(await refusal(look(name, args)), notFresh(PRICE, 'Stale'), name);
	}
	assert.deepEqual(await refusal(chainlink('latestRoundData')), notFresh(PRICE, 'Stale'));
	assert.equal(await refusal(read('readNumber', [PRICE])), 'DataFeed: the answer is stale');
	const [, number, , updatedAt] = await chainlink('getRoundData', [old.round]);
	assert.deepEqual([number, updatedAt], [FIRST, old.startedAt]);

	// Not by a transaction either: neither one that a wallet tries first, nor one that it forces.
	assert.deepEqual(await refusal(write('note', [PRICE])), notFresh(PRICE, 'Stale'));
	const before = await look('noted', [PRICE]);
	const { logs } = await mined(await write('note', [PRICE], { gas: 5_000_000n }), 'reverted');
	assert.deepEqual(logs, []);
	assert.equal(await look('noted', [PRICE]), before);

	await stale(OPEN);
	assert.deepEqual(await refusal(look('yes', [OPEN])), notFresh(OPEN, 'Stale'));
	// What has nothing to do with it goes on.
	assert.equal(await look('text', [WEATHER]), 'sun');
	// No sources, no rounds: nothing was said at all.
	assert.equal((await latest(PRICE)).round, old.round);
	assert.match(readFileSync(node.daemon.log, 'utf8'), /the sources of feed 0 do not agree, \d+ of 11 have no value/);
});

test('it is fresh again when they are back, with what they say then', options, async () => {
	const { price, open } = sources;
	const { round } = await latest(PRICE);
	setPrice(price, 71);
	price.slow.behaviour = says({ price: 71_000.2 });
	open[0].behaviour = open[1].behaviour = says({ open: false });
	await Promise.all(price.honest.map((source) => source.up()));
	const found = await answer(PRICE, SECOND);
	assert.equal(found.round, round + 1n);
	assert.equal(await note(PRICE), SECOND * 10n ** 10n);
	assert.equal(await look('trustingly', [aggregator]), SECOND);
	await answer(OPEN, 0n);
	assert.equal(await look('yes', [OPEN]), false);
});

test('who feeds is paid for each answer, and told so', options, async () => {
	const { alice } = accounts;
	const record = await api.query.dataFeed.records(alice.address);
	const rounds = await latest(PRICE);
	const [good, outliers, unrevealed] = [record.good, record.outliers, record.unrevealed].map(Number);
	assert.ok(good > 4, `it has ${good} good values`);
	assert.deepEqual([outliers, unrevealed, record.falseAlarms.toNumber()], [0, 0, 0]);
	const { events } = await submit(api, api.tx.dataFeed.claimPay(alice.address), accounts.bob);
	const [who, amount] = only(events, api.events.dataFeed.Paid, 'dataFeed.Paid');
	assert.equal(who.toString(), alice.address);
	// As the only feeder it is always the first, and always right. There may have been another round meanwhile.
	const paid = amount.toBigInt();
	assert.ok(paid === rounds.round * FSN || paid === (rounds.round + 1n) * FSN, `${paid} for ${rounds.round} rounds`);
});

test('no block has ever shown an old or a wrong value as a fresh one', options, async () => {
	const end = await reader.getBlockNumber({ cacheTime: 0 });
	const seen = new Map();
	const rounds = new Map();
	const audit = async (blockNumber) => {
		const at = { blockNumber };
		const [found, taken, { timestamp }] = await Promise.all([
			latest(PRICE, at),
			look('price', [PRICE, 8], at).catch(() => undefined),
			reader.getBlock(at),
		]);
		const isFresh = found.round > 0n && timestamp < found.expiresAt;
		const status = found.round === 0n ? 'Empty' : isFresh ? 'Fresh' : 'Stale';
		assert.equal(found.status, status, `block ${blockNumber}`);
		assert.equal(taken, isFresh ? found.number : undefined, `block ${blockNumber}`);
		if (isFresh) assert.ok([FIRST, SECOND].includes(found.number), `block ${blockNumber}: ${found.number}`);
		seen.set(status, (seen.get(status) ?? 0) + 1);
		if (found.round > 0n) rounds.set(found.round, found);
	};
	for (let block = start; block <= end; block += 16n) {
		const some = Array.from({ length: 16 }, (_, number) => block + BigInt(number));
		await Promise.all(some.filter((number) => number <= end).map(audit));
	}
	for (const status of ['Empty', 'Stale', 'Fresh']) assert.ok(seen.get(status) > 0, `never ${status}`);
	for (const found of rounds.values()) {
		assert.equal(found.expiresAt, found.startedAt + BigInt(QUICK.lifetime));
	}
});
