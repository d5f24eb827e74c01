// Bitcoin Core on regtest: its JSON-RPC, and a user with one key. Bitcoin Core is built without a
// wallet, so the user's coins are found by scanning and signed for with the key.

import { call, RpcError, sleep, until } from './rpc.mjs';
import { Program } from './processes.mjs';

export const COIN = 100_000_000;

/** A key for development that everybody knows: 32 bytes 0x01. */
export const DEV_WIF = 'cMceqPhHedrhbcR9eXgzmfWy7kRqLyAxMYwFT6ABDWsiwUp9Nsq9';
/** Another one: 32 bytes 0x02. */
export const DEV_WIF_2 = 'cMec2DGaTXkYJYfi7x3ZGjRXkeqmAvYAoWzMAcWj5fdLaqudWsNi';

/** Satoshi of an amount that bitcoind wrote as a decimal number of bitcoin. Exact up to 8 places. */
export const toSat = (btc) => Math.round(Number(btc) * COIN);

/** Satoshi as bitcoind and people write them: bitcoin with 8 places. */
export function toBtc(sat) {
	const value = BigInt(sat);
	return `${value / 100_000_000n}.${String(value % 100_000_000n).padStart(8, '0')}`;
}

/** A bitcoind. */
export class Bitcoin {
	constructor({ port, user, password }) {
		this.url = `http://127.0.0.1:${port}`;
		this.authority = `http://${user}:${password}@127.0.0.1:${port}`;
		this.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
	}

	/** A program that runs it, not started yet. Its data go to `dir`. */
	static program({ command, dir, port, user, password, log }) {
		const args = [
			'-regtest',
			`-datadir=${dir}`,
			'-server=1',
			'-listen=0',
			'-dnsseed=0',
			'-fixedseeds=0',
			'-printtoconsole=1',
			'-nodebuglogfile',
			'-rpcbind=127.0.0.1',
			'-rpcallowip=127.0.0.1',
			`-rpcport=${port}`,
			`-rpcuser=${user}`,
			`-rpcpassword=${password}`,
		];
		return new Program({ name: 'bitcoind', command, args, log });
	}

	rpc(method, ...params) {
		return call(this.url, method, params, { authorization: this.authorization });
	}

	/** Waits until it answers. */
	ready(giveUp) {
		return until('bitcoind to answer', () => this.rpc('getblockchaininfo'), { giveUp });
	}

	height() {
		return this.rpc('getblockcount');
	}

	/** Mines blocks whose reward goes to `address`. Returns their hashes. */
	mine(blocks, address) {
		return this.rpc('generatetoaddress', blocks, address);
	}

	/** All coins of the descriptors, as the set of unspent outputs has them: mined ones only. */
	async scan(...descriptors) {
		for (;;) {
			try {
				return await this.rpc('scantxoutset', 'start', descriptors);
			} catch (error) {
				// bitcoind scans for one caller at a time.
				if (!(error instanceof RpcError) || !/in progress/.test(error.message)) throw error;
				await sleep(200);
			}
		}
	}

	/** Mined coins of addresses, in satoshi. */
	async balance(...addresses) {
		const { total_amount: total } = await this.scan(...addresses.map((address) => `addr(${address})`));
		return toSat(total);
	}

	/**
	 * An output, if it is unspent: its amount in satoshi, confirmations and address. Outputs of the pool
	 * count only if asked for.
	 */
	async output(txid, vout, { pool = false } = {}) {
		const found = await this.rpc('gettxout', txid, vout, pool);
		if (!found) return null;
		return {
			amount: toSat(found.value),
			confirmations: found.confirmations,
			address: found.scriptPubKey.address,
		};
	}

	/** A transaction of the pool or of a given block, decoded. */
	transaction(txid, block) {
		return this.rpc('getrawtransaction', txid, 1, ...(block ? [block] : []));
	}
}

/** Somebody with one key, and with coins at its P2WPKH address. */
export class User {
	constructor(bitcoin, wif, descriptor, address) {
		Object.assign(this, { bitcoin, wif, descriptor, address });
	}

	/** `kind` is `wpkh` (P2WPKH) or `tr` (P2TR); only `wpkh` can pay. */
	static async open(bitcoin, wif = DEV_WIF, kind = 'wpkh') {
		const { descriptor } = await bitcoin.rpc('getdescriptorinfo', `${kind}(${wif})`);
		const [address] = await bitcoin.rpc('deriveaddresses', descriptor);
		return new User(bitcoin, wif, descriptor, address);
	}

	/** Mines until there are coins of this user that can be spent. */
	async fund() {
		if ((await this.coins()).length === 0) await this.bitcoin.mine(101, this.address);
	}

	/** What can be spent in the next block, largest first. */
	async coins() {
		const { unspents, height } = await this.bitcoin.scan(this.descriptor);
		return unspents
			.filter((coin) => !coin.coinbase || height + 1 >= coin.height + 100)
			.map(({ txid, vout, amount }) => ({ txid, vout, amount: toSat(amount) }))
			.sort((a, b) => b.amount - a.amount);
	}

	/** Mined coins, those included that cannot be spent yet, in satoshi. */
	balance() {
		return this.bitcoin.balance(this.address);
	}

	/**
	 * Pays exactly `amount` satoshi to `address`, with a fee of `fee` satoshi on top. Not mined yet when
	 * it returns. Returns the output.
	 */
	async pay(address, amount, { fee = 1_000 } = {}) {
		const inputs = [];
		let sum = 0;
		for (const coin of await this.coins()) {
			if (sum >= amount + fee) break;
			inputs.push({ txid: coin.txid, vout: coin.vout });
			sum += coin.amount;
		}
		if (sum < amount + fee) {
			throw new Error(`${this.address} has ${toBtc(sum)} BTC to spend, ${toBtc(amount + fee)} are needed`);
		}
		const change = sum - amount - fee;
		const outputs = [{ [address]: toBtc(amount) }];
		// Less than this is not relayed, and goes to the miner.
		if (change >= 1_000) outputs.push({ [this.address]: toBtc(change) });
		const unsigned = await this.bitcoin.rpc('createrawtransaction', inputs, outputs);
		const signed = await this.bitcoin.rpc('signrawtransactionwithkey', unsigned, [this.wif]);
		if (!signed.complete) throw new Error(`could not sign: ${JSON.stringify(signed.errors)}`);
		const txid = await this.bitcoin.rpc('sendrawtransaction', signed.hex);
		return { txid, vout: 0, amount };
	}
}
