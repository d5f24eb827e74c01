// Proof of reserves: what Fusion says that key groups hold, looked up on Bitcoin, and added up anew.

import { toSat } from './bitcoin.mjs';
import { encode } from './scale.mjs';

/** Coins that are asked for at once: as many as the chain gives. */
const PAGE = 1_000;
/** Addresses that bitcoind looks for in one scan. */
const SCAN = 5_000;

/** Bytes in the other order: txids are hashed in one and shown in the other. */
const reversed = (hex) => Buffer.from(hex, 'hex').reverse().toString('hex');

const outpoint = (data) => {
	const id = data.hex(32);
	const vout = data.u32();
	return { id, vout, txid: reversed(id), name: `${reversed(id)}:${vout}` };
};

const bool = (data) => {
	const value = data.u8();
	if (value > 1) throw new Error(`SCALE: a truth value of ${value}`);
	return value === 1;
};

const upkeep = (data) => {
	const value = data.u8();
	const kind = ['consolidation', 'rotation'][value];
	if (!kind) throw new Error(`SCALE: upkeep of the unknown kind ${value}`);
	return kind;
};

/** Reads `Reserves`. */
export function readReserves(data) {
	const [held, deficit, issued, locked, owed, fees] = Array.from({ length: 6 }, () => data.u128());
	data.end();
	return { held, deficit, issued, locked, owed, fees };
}

function readCoin(data) {
	const at = outpoint(data);
	const amount = data.u64();
	const height = data.u32();
	const group = data.u32();
	const script = data.hex(data.compact());
	const address = data.text();
	const batch = data.option(() => data.u64());
	return { ...at, amount, height, group, script, address, batch };
}

function readGone(data) {
	const at = outpoint(data);
	const amount = data.u64();
	const height = data.u32();
	data.u32(); // how often it was gone before
	const reserved = bool(data);
	return { ...at, amount, height, reserved };
}

function readBatch(data) {
	const id = data.u64();
	const group = data.u32();
	const kind = data.option(() => upkeep(data));
	const inputs = data.list(() => outpoint(data));
	const attempts = data.list(() => {
		const attempt = data.u32();
		const txid = reversed(data.hex(32));
		const signed = bool(data);
		return { attempt, txid, signed, paid: data.u64(), fee: data.u64(), outputs: data.u32(), change: data.u64() };
	});
	return { id, group, kind, inputs, attempts };
}

/** All pages of a list of the chain. */
async function pages(fusion, name, read, at) {
	const all = [];
	for (let after = '00'; ; ) {
		const data = await fusion.runtime(name, `${after}${encode(PAGE, 32)}`, at);
		const page = data.list(() => read(data));
		data.end();
		all.push(...page);
		if (page.length < PAGE) return all;
		const last = page.at(-1);
		after = `01${last.id}${encode(last.vout, 32)}`;
	}
}

/** All that Fusion says of its coins in the state of one block. `fusion` has `runtime(name, args, at)`. */
export async function readBooks(fusion, at) {
	const reserves = readReserves(await fusion.runtime('BitcoinMappingApi_reserves', '', at));
	const coins = await pages(fusion, 'BitcoinUpkeepApi_reserve_coins', readCoin, at);
	const gone = await pages(fusion, 'BitcoinMappingApi_gone_coins', readGone, at);
	const flights = await fusion.runtime('BitcoinUpkeepApi_batches_in_flight', '', at);
	const batches = flights.list(() => readBatch(flights));
	flights.end();
	const data = await fusion.runtime('BitcoinMappingApi_confirmations', '', at);
	return { reserves, coins, gone, batches, confirmations: data.u32() };
}

/** What bitcoind has at these scripts: outputs by their names, and the block that this is of. */
async function scan(bitcoin, scripts) {
	const found = new Map();
	let height = Infinity;
	for (let from = 0; from < scripts.length; from += SCAN) {
		const part = scripts.slice(from, from + SCAN);
		const answer = await bitcoin.scan(...part.map((script) => `raw(${script})`));
		height = Math.min(height, answer.height);
		for (const { txid, vout, scriptPubKey, amount, height: mined } of answer.unspents) {
			found.set(`${txid}:${vout}`, { txid, vout, script: scriptPubKey, amount: BigInt(toSat(amount)), height: mined });
		}
	}
	return { found, height: Number.isFinite(height) ? height : await bitcoin.height() };
}

/** The attempt at a batch that is in a block, if there is one. */
async function minedAttempt(bitcoin, batch) {
	for (const attempt of batch.attempts.filter(({ signed }) => signed)) {
		for (let vout = attempt.outputs - 1; vout >= 0; vout--) {
			if (await bitcoin.output(attempt.txid, vout)) return attempt;
		}
		// All of its outputs may be spent by now. A bitcoind with an index of transactions knows it all the same.
		const known = await bitcoin.transaction(attempt.txid).catch(() => null);
		if (known?.confirmations > 0) return attempt;
	}
	return null;
}

/**
 * Compares the books with Bitcoin. `bitcoin` has `scan`, `output`, `transaction` and `height` (see {@link Bitcoin}).
 * `differences` are what must not be; `notes` are what may be.
 */
export async function compare(books, bitcoin) {
	const differences = [];
	const notes = [];
	const { reserves, coins, gone, batches, confirmations } = books;
	const { found, height } = await scan(bitcoin, [...new Set(coins.map(({ script }) => script))]);
	const missing = new Map();
	let there = 0n;
	for (const coin of coins) {
		const seen = found.get(coin.name);
		found.delete(coin.name);
		if (!seen) {
			missing.set(coin.name, coin);
			continue;
		}
		there += seen.amount;
		if (seen.amount !== coin.amount) {
			differences.push(`${coin.name} holds ${seen.amount} satoshi, and not ${coin.amount}`);
		}
		if (seen.script !== coin.script) differences.push(`${coin.name} does not belong to ${coin.address}`);
		if (height - seen.height + 1 < confirmations) {
			differences.push(`${coin.name} has fewer than ${confirmations} confirmations: it is in block ${seen.height} of ${height}`);
		}
	}

	// What is spent, must be spent by a batch: all of its coins, and what comes back of them is there.
	let spent = 0n;
	let back = 0n;
	for (const batch of batches) {
		const inputs = batch.inputs.filter(({ name }) => missing.has(name));
		if (inputs.length === 0) continue;
		const mined = await minedAttempt(bitcoin, batch);
		if (!mined) continue;
		if (inputs.length !== batch.inputs.length) {
			differences.push(`batch ${batch.id} is in a block (${mined.txid}), but not all of its coins are spent`);
		}
		const sum = inputs.reduce((total, { name }) => total + missing.get(name).amount, 0n);
		inputs.forEach(({ name }) => missing.delete(name));
		spent += sum;
		back += mined.change;
		notes.push(`batch ${batch.id} is in a block (${mined.txid}), and Fusion has not settled it yet`);
		if (mined.change === 0n) continue;
		const change = await bitcoin.output(mined.txid, mined.outputs - 1);
		if (BigInt(change?.amount ?? 0) !== mined.change) {
			differences.push(`batch ${batch.id}: ${mined.change} satoshi should come back in ${mined.txid}:${mined.outputs - 1}`);
		}
	}
	for (const { name, amount } of missing.values()) differences.push(`${name} is not there: ${amount} satoshi`);

	const listed = coins.reduce((sum, { amount }) => sum + amount, 0n);
	if (listed !== reserves.held) {
		differences.push(`the coins that Fusion lists are ${listed} satoshi together, and not ${reserves.held}`);
	}
	const liabilities = reserves.issued + reserves.owed + reserves.fees;
	// Batches that are in blocks reduce both sides alike when they are settled.
	if (there + spent + reserves.deficit < liabilities) {
		differences.push(
			`${there + spent} satoshi are there and ${reserves.deficit} are recorded as missing, but ${liabilities} are issued, owed or set aside`,
		);
	}
	for (const { name, amount } of gone) {
		const [txid, vout] = name.split(':');
		if (await bitcoin.output(txid, Number(vout))) notes.push(`${name} is back: ${amount} satoshi that Fusion records as gone`);
	}
	const extra = [...found.values()].reduce((sum, { amount }) => sum + amount, 0n);
	if (found.size > 0) {
		notes.push(`${found.size} outputs at the same addresses are not in the books (not witnessed yet, or nobody is credited): ${extra} satoshi`);
	}
	return { height, there, spent, back, listed, extra, liabilities, differences, notes };
}

/** Proves the reserves as of the block with the hash `at`, or of the last finalized one. */
export async function prove(fusion, bitcoin, at) {
	const block = at ?? (await fusion.rpc('chain_getFinalizedHead'));
	const books = await readBooks(fusion, block);
	return { block, books, result: await compare(books, bitcoin) };
}

/** Mapped bitcoin in existence by the Ethereum RPC, in the block with that number. `ask` calls a method of it. */
export async function totalSupply(ask, number) {
	const block = `0x${number.toString(16)}`;
	const read = (to, data) => ask('eth_call', [{ to, data }, block]);
	// token() of the asset mapping, and totalSupply() of what it says.
	const token = `0x${(await read('0x00000000000000000000000000000000f5030000', '0xfc0c546a')).slice(-40)}`;
	return { token, supply: BigInt(await read(token, '0x18160ddd')) };
}
