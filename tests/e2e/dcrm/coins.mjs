// Bitcoin that a key group holds: in, out, and counted on both chains.

import { parseEventLogs } from 'viem';
import { COIN, DEV_WIF, DEV_WIF_2, User, toBtc, toSat } from '../lib/bitcoin.mjs';
import { ACCOUNTS, ASSET_MAPPING, ERC20, artifact, confirmed, connect } from '../lib/ethereum.mjs';

/** The most that a lock-out may cost. */
const MAX_FEE = 100_000;
/** How long a step of the two chains may take (ms): a batch is made every five blocks, and finality is three deep. */
const PATIENCE = 300_000;

/** Everything about money: who has it, who gets it, and what there has to be. */
export class Coins {
	static async open(network, tale) {
		const { bitcoin } = network;
		const [node] = network.nodes;
		const { reader, signers } = await connect(node.eth);
		const mapping = { address: ASSET_MAPPING, ...artifact('IAssetMapping') };
		const address = await reader.readContract({ ...mapping, functionName: 'token' });
		const coins = new Coins();
		Object.assign(coins, {
			network,
			tale,
			bitcoin,
			node,
			reader,
			mapping,
			owner: signers[0],
			token: { address, abi: ERC20 },
			user: await User.open(bitcoin, DEV_WIF),
			receiver: await User.open(bitcoin, DEV_WIF_2, 'tr'),
			confirmations: await node.confirmations(),
			/** Addresses of the group, and its coins: amounts by transaction and output. */
			held: [],
			coins: new Map(),
			/** Where change goes: the group's own key. */
			change: null,
			/** What the receiver has to have. */
			received: 0,
		});
		await coins.user.fund();
		return coins;
	}

	/** What the group has to hold. */
	get sum() {
		return [...this.coins.values()].reduce((sum, amount) => sum + amount, 0);
	}

	/** A deposit address, and a first deposit to it (satoshi). */
	async lockIn(amount = COIN) {
		const { owner, mapping, user, node, tale } = this;
		const deadline = (await node.best()) + 1_000;
		const receipt = await this.#send('requestLockIn', owner.writeContract({
			...mapping,
			functionName: 'requestLockIn',
			args: [user.address, deadline],
		}));
		const [request] = parseEventLogs({ abi: mapping.abi, logs: receipt.logs, eventName: 'LockInRequested' });
		if (!request) throw new Error(`requestLockIn gave no LockInRequested: ${JSON.stringify(receipt.logs)}`);
		this.index = request.args.index;
		this.address = request.args.depositAddress;
		this.held.push(this.address);
		tale.note(`deposit address ${this.index}: ${this.address}`);
		await this.deposit(amount);
	}

	/** Pays to the deposit address, `count` coins of so much, and waits until the members have witnessed them. */
	async deposit(amount, count = 1) {
		const { bitcoin, network, user, owner, confirmations, tale } = this;
		for (let paid = 0; paid < count; paid++) {
			const output = await user.pay(this.address, amount);
			this.coins.set(`${output.txid}:${output.vout}`, amount);
			// The change is spent by the next one.
			if (paid + 1 < count) await bitcoin.mine(1, user.address);
		}
		await bitcoin.mine(confirmations, user.address);
		const what = `${count > 1 ? `${count} times ` : ''}${toBtc(amount)} BTC`;
		await network.wait(`a deposit of ${what} to be credited`, async () => {
			return Number(await this.balanceOf(owner.account.address)) === this.sum;
		}, PATIENCE);
		tale.note(`✓ ${what} were paid to it, and credited to ${ACCOUNTS[0].name}`);
		await this.agree();
	}

	/** Asks for a lock-out. */
	async request(amount) {
		const { owner, mapping, receiver, tale } = this;
		await this.#send('lockOut', owner.writeContract({
			...mapping,
			functionName: 'lockOut',
			args: [BigInt(amount), receiver.address, BigInt(MAX_FEE)],
		}));
		tale.note(`a lock-out of ${toBtc(amount)} BTC is asked for, to ${receiver.address}`);
	}

	/** Waits for the signed transaction that pays it. */
	async signed() {
		const { bitcoin, network, tale } = this;
		const txid = await network.wait(
			'the signed transaction in the pool of bitcoind',
			async () => (await bitcoin.rpc('getrawmempool'))[0],
			PATIENCE,
		);
		tale.note(`✓ bitcoind has accepted transaction ${txid}`);
		return bitcoin.transaction(txid);
	}

	/** Lets the transaction be confirmed, and counts. */
	async settle(amount, { txid, vin, vout }) {
		const { bitcoin, network, node, user, receiver, confirmations, tale } = this;
		await bitcoin.mine(confirmations, user.address);
		await network.wait('the lock-out to be settled', async () => (await node.reserves()).locked === 0n, PATIENCE);

		const names = vin.map((input) => `${input.txid}:${input.vout}`);
		tale.holds(
			`it spends ${vin.length} coin(s) of the group, and nothing else`,
			names.every((name) => this.coins.has(name)),
			names.join(', '),
		);
		tale.holds(
			'each by one signature (a taproot key path)',
			vin.every(({ txinwitness }) => txinwitness?.length === 1),
		);
		const spent = names.reduce((sum, name) => sum + this.coins.get(name), 0);
		const outputs = vout.map(({ n, value, scriptPubKey }) => {
			return { n, amount: toSat(value), address: scriptPubKey.address };
		});
		const [payment, ...others] = outputs.filter(({ address }) => address === receiver.address);
		const [change, ...more] = outputs.filter(({ address }) => address !== receiver.address);
		tale.holds('there is one payment and one change', payment && change && others.length + more.length === 0);
		const fee = spent - payment.amount - change.amount;
		tale.holds(`the fee is ${fee} satoshi, within ${MAX_FEE}`, fee > 0 && fee <= MAX_FEE);
		if (this.change === null) {
			this.change = change.address;
			this.held.push(change.address);
		}
		tale.holds(
			'change goes where all change went: to the key of the group',
			change.address === this.change,
			change.address,
		);

		const arrived = await bitcoin.output(txid, payment.n);
		tale.same('the payment, by gettxout: what was asked for less the fee', arrived.amount, amount - fee);
		this.received += amount - fee;
		tale.same('all that the receiver has, by scantxoutset', await receiver.balance(), this.received);
		const kept = await bitcoin.output(txid, change.n);
		tale.same('the change, by gettxout', kept.amount, spent - amount);
		for (const { txid: from, vout: n } of vin) {
			tale.holds(`coin ${from}:${n} is spent`, (await bitcoin.output(from, n)) === null);
		}
		names.forEach((name) => this.coins.delete(name));
		this.coins.set(`${txid}:${change.n}`, change.amount);
		await this.agree();
	}

	/** The two chains agree on how much there is. */
	async agree() {
		const { bitcoin, held, node, reader, token, mapping, tale, owner, sum } = this;
		const claimed = await node.reserves();
		tale.same('coins of the group, by scantxoutset', await bitcoin.balance(...held), sum);
		tale.same('coins of the group, as Fusion claims', claimed.held, sum);
		tale.same('mapped bitcoin, as Fusion claims', claimed.issued, sum);
		const supply = await reader.readContract({ ...token, functionName: 'totalSupply' });
		tale.same('mapped bitcoin, by totalSupply', supply, sum);
		tale.same(`mapped bitcoin of ${ACCOUNTS[0].name}`, await this.balanceOf(owner.account.address), sum);
		const [seen] = await reader.readContract({ ...mapping, functionName: 'reserves' });
		tale.same('coins of the group, as contracts see it', seen, sum);
		tale.holds('nothing is missing, nothing is locked', claimed.deficit === 0n && claimed.locked === 0n);
		const again = await reader.readContract({ ...mapping, functionName: 'depositAddress', args: [this.index] });
		tale.holds('the deposit address is the same', again === this.address, again);
	}

	balanceOf(address) {
		return this.reader.readContract({ ...this.token, functionName: 'balanceOf', args: [address] });
	}

	async #send(what, hash) {
		return confirmed(this.reader, await hash, what);
	}
}
