// The proof of reserves against chains in memory, for `node --test`: no network is started.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prove, totalSupply } from './lib/reserves.mjs';
import { Reader, encode } from './lib/scale.mjs';

const BLOCK = `0x${'bb'.repeat(32)}`;
const CONFIRMATIONS = 3;
const HEIGHT = 100;

const reversed = (hex) => Buffer.from(hex, 'hex').reverse().toString('hex');
const compact = (value) => (value < 64 ? encode(value << 2, 8) : encode((value << 2) | 1, 16));
const list = (items) => compact(items.length) + items.join('');
const bytes = (hex) => compact(hex.length / 2) + hex;
const option = (item) => (item === null ? '00' : `01${item}`);

/** A txid as Bitcoin shows it. */
const txid = (number) => encode(number, 32).padEnd(64, 'e');
const script = (number) => `5120${encode(number, 256)}`;
const point = ([id, vout]) => reversed(id) + encode(vout, 32);

/** Fusion with these coins: `[number, amount, batch]`. */
function fusionOf({ coins, batches = [], gone = [], reserves = {} }) {
	const held = coins.reduce((sum, [, amount]) => sum + amount, 0);
	const sums = { held, deficit: 0, issued: held, locked: 0, owed: 0, fees: 0, ...reserves };
	const coin = ([number, amount, batch = null]) => [
		point([txid(number), 1]),
		encode(amount, 64),
		encode(90, 32),
		encode(0, 32),
		bytes(script(number)),
		bytes(Buffer.from(`address ${number}`).toString('hex')),
		option(batch === null ? null : encode(batch, 64)),
	].join('');
	const attempt = ({ number, txid: id, signed = true, paid = 0, fee = 0, outputs, change = 0 }) => [
		encode(number, 32),
		reversed(id),
		signed ? '01' : '00',
		encode(paid, 64),
		encode(fee, 64),
		encode(outputs, 32),
		encode(change, 64),
	].join('');
	const batch = ({ id, kind = null, inputs, attempts }) => [
		encode(id, 64),
		encode(0, 32),
		option(kind === null ? null : encode(kind, 8)),
		list(inputs.map((number) => point([txid(number), 1]))),
		list(attempts.map(attempt)),
	].join('');
	const lost = ([number, amount]) => [
		point([txid(number), 1]),
		encode(amount, 64),
		encode(90, 32),
		encode(0, 32),
		'00',
	].join('');
	const paged = (all, item, of) => (args) => {
		const after = args.startsWith('01') ? args.slice(2, 74) : null;
		const limit = new Reader(args.slice(after ? 74 : 2)).u32();
		const from = after === null ? 0 : 1 + all.findIndex((entry) => point([txid(of(entry)), 1]) === after);
		return list(all.slice(from, from + limit).map(item));
	};
	const answers = {
		BitcoinMappingApi_reserves: () => Object.values(sums).map((sum) => encode(sum, 128)).join(''),
		BitcoinUpkeepApi_reserve_coins: paged(coins, coin, ([number]) => number),
		BitcoinMappingApi_gone_coins: paged(gone, lost, ([number]) => number),
		BitcoinUpkeepApi_batches_in_flight: () => list(batches.map(batch)),
		BitcoinMappingApi_confirmations: () => encode(CONFIRMATIONS, 32),
	};
	return {
		rpc: async (method) => {
			assert.equal(method, 'chain_getFinalizedHead');
			return BLOCK;
		},
		runtime: async (name, args, at) => {
			assert.equal(at, BLOCK, 'all is of one block');
			return new Reader(answers[name](args));
		},
	};
}

/** Bitcoin with these unspent outputs: `[txid, vout, script, amount, height]`. */
function bitcoinOf(outputs, { indexed = [] } = {}) {
	return {
		height: async () => HEIGHT,
		scan: async (...descriptors) => ({
			height: HEIGHT,
			unspents: outputs
				.filter(([, , of]) => descriptors.includes(`raw(${of})`))
				.map(([id, vout, of, amount, height]) => {
					return { txid: id, vout, scriptPubKey: of, amount: amount / 1e8, height };
				}),
		}),
		output: async (id, vout) => {
			const found = outputs.find(([other, number]) => other === id && number === vout);
			return found ? { amount: found[3], confirmations: HEIGHT - found[4] + 1 } : null;
		},
		transaction: async (id) => {
			if (!indexed.includes(id)) throw new Error('No such mempool transaction. Use -txindex');
			return { confirmations: 1 };
		},
	};
}

const coin = (number, amount, height = 90) => [txid(number), 1, script(number), amount, height];
const BOOKS = { coins: [[1, 60_000], [2, 40_000]] };

async function differences(books, outputs, options) {
	const { result } = await prove(fusionOf(books), bitcoinOf(outputs, options));
	return result.differences;
}

test('nothing should differ when all coins are there', async () => {
	const { block, books, result } = await prove(fusionOf(BOOKS), bitcoinOf([coin(1, 60_000), coin(2, 40_000)]));
	assert.equal(block, BLOCK);
	assert.deepEqual(result.differences, []);
	assert.deepEqual([result.there, result.listed, result.liabilities], [100_000n, 100_000n, 100_000n]);
	assert.deepEqual(books.coins.map(({ address }) => address), ['address 1', 'address 2']);
});

test('nothing should differ when there are no coins at all', async () => {
	assert.deepEqual(await differences({ coins: [] }, []), []);
});

test('all pages should be read when there are many coins', async () => {
	const numbers = Array.from({ length: 2_345 }, (_, i) => i + 1);
	const { result } = await prove(
		fusionOf({ coins: numbers.map((number) => [number, number]) }),
		bitcoinOf(numbers.map((number) => coin(number, number))),
	);
	assert.deepEqual(result.differences, []);
	assert.equal(result.there, (2_345n * 2_346n) / 2n);
});

test('it should differ when a coin is missing, or holds something else, or is too young', async () => {
	const [missing, short] = await differences(BOOKS, [coin(1, 60_000)]);
	assert.match(missing, new RegExp(`${txid(2)}:1 is not there: 40000 satoshi`));
	assert.match(short, /60000 satoshi are there .* but 100000 are issued/);
	const less = await differences(BOOKS, [coin(1, 60_000), coin(2, 39_999)]);
	assert.match(less[0], /holds 39999 satoshi, and not 40000/);
	const young = await differences(BOOKS, [coin(1, 60_000), coin(2, 40_000, HEIGHT - 1)]);
	assert.match(young[0], /fewer than 3 confirmations/);
	assert.deepEqual(await differences(BOOKS, [coin(1, 60_000), coin(2, 40_000, HEIGHT - 2)]), []);
});

test('it should differ when Fusion adds up wrongly, or has issued more than there is', async () => {
	const outputs = [coin(1, 60_000), coin(2, 40_000)];
	const sums = await differences({ ...BOOKS, reserves: { held: 99_999, issued: 99_999 } }, outputs);
	assert.match(sums[0], /lists are 100000 satoshi together, and not 99999/);
	for (const more of [{ issued: 100_001 }, { owed: 1 }, { fees: 1 }]) {
		const [difference] = await differences({ ...BOOKS, reserves: more }, outputs);
		assert.match(difference, /100001 are issued, owed or set aside/, JSON.stringify(more));
	}
	assert.deepEqual(await differences({ ...BOOKS, reserves: { owed: 1, deficit: 1 } }, outputs), []);
});

const FLIGHT = {
	coins: [[1, 60_000, 7], [2, 40_000]],
	batches: [
		{
			id: 7,
			inputs: [1],
			attempts: [
				{ number: 0, txid: txid(70), paid: 50_000, fee: 500, outputs: 2, change: 10_000 },
				{ number: 1, txid: txid(71), signed: false, paid: 50_000, fee: 900, outputs: 2, change: 10_000 },
			],
		},
	],
};

test('nothing should differ when an open transaction has spent a coin and its change is there', async () => {
	const outputs = [coin(2, 40_000), [txid(70), 1, script(99), 10_000, 100]];
	const { result } = await prove(fusionOf(FLIGHT), bitcoinOf(outputs));
	assert.deepEqual(result.differences, []);
	assert.deepEqual([result.there, result.spent, result.back], [40_000n, 60_000n, 10_000n]);
	assert.equal(result.notes.length, 1);
	// It is not mined: the coin is there.
	assert.deepEqual(await differences(FLIGHT, [coin(1, 60_000), coin(2, 40_000)]), []);
});

test('it should differ when a coin is spent and no attempt that was signed has done it', async () => {
	const theft = await differences(FLIGHT, [coin(2, 40_000)]);
	assert.match(theft[0], new RegExp(`${txid(1)}:1 is not there`));
	// Nobody could have sent what is not signed.
	const unsigned = await differences(FLIGHT, [coin(2, 40_000), [txid(71), 1, script(99), 10_000, 100]]);
	assert.match(unsigned[0], new RegExp(`${txid(1)}:1 is not there`));
	const other = { ...FLIGHT, coins: [[1, 60_000], [2, 40_000]], batches: [{ ...FLIGHT.batches[0], inputs: [2] }] };
	const wrong = await differences(other, [coin(2, 40_000), [txid(70), 1, script(99), 10_000, 100]]);
	assert.match(wrong[0], new RegExp(`${txid(1)}:1 is not there`), 'another coin than that of the batch');
});

test('it should differ when a transaction has spent half of its coins, or brings too little back', async () => {
	const both = { ...FLIGHT, batches: [{ ...FLIGHT.batches[0], inputs: [1, 2] }] };
	const half = await differences(both, [coin(2, 40_000), [txid(70), 1, script(99), 10_000, 100]]);
	assert.match(half[0], /not all of its coins are spent/);
	const less = await differences(FLIGHT, [coin(2, 40_000), [txid(70), 1, script(99), 9_999, 100]]);
	assert.match(less[0], /10000 satoshi should come back/);
});

test('a transaction without change should be found by its payments, or by the index', async () => {
	const [batch] = FLIGHT.batches;
	const exact = {
		...FLIGHT,
		batches: [{ ...batch, attempts: [{ number: 0, txid: txid(70), paid: 60_000, fee: 500, outputs: 1 }] }],
	};
	const paid = [coin(2, 40_000), [txid(70), 0, script(98), 59_500, 100]];
	assert.deepEqual(await differences(exact, paid), []);
	assert.equal((await differences(exact, [coin(2, 40_000)])).length, 2);
	assert.deepEqual(await differences(exact, [coin(2, 40_000)], { indexed: [txid(70)] }), []);
});

test('what is not in the books should be noted, and is no difference', async () => {
	const books = { ...BOOKS, gone: [[5, 700]], reserves: { deficit: 0 } };
	const outputs = [coin(1, 60_000), coin(2, 40_000), [txid(44), 0, script(1), 546, 99], coin(5, 700)];
	const { result } = await prove(fusionOf(books), bitcoinOf(outputs));
	assert.deepEqual(result.differences, []);
	assert.equal(result.extra, 546n);
	assert.match(result.notes.join('\n'), /700 satoshi that Fusion records as gone\n1 outputs .* 546 satoshi/s);
});

test('an answer that is not what it should be should be refused', async () => {
	const fusion = fusionOf(BOOKS);
	const short = { ...fusion, runtime: async (name, args, at) => {
		const answer = await fusion.runtime(name, args, at);
		return name === 'BitcoinMappingApi_reserves' ? new Reader(answer.rest().slice(2)) : answer;
	} };
	await assert.rejects(prove(short, bitcoinOf([])), /SCALE/);
});

test('the total supply should be read from the token that asset mapping names', async () => {
	const calls = [];
	const ask = async (method, [{ to, data }, block]) => {
		calls.push([method, to, data, block]);
		return data === '0xfc0c546a' ? `0x${'00'.repeat(12)}${'ab'.repeat(20)}` : '0x64';
	};
	assert.deepEqual(await totalSupply(ask, 17n), { token: `0x${'ab'.repeat(20)}`, supply: 100n });
	assert.deepEqual(calls[1], ['eth_call', `0x${'ab'.repeat(20)}`, '0x18160ddd', '0x11']);
});
