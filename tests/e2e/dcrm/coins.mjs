// Bitcoin that a key group holds: in, out, and counted on both chains.

import { COIN, toBtc } from '../lib/bitcoin.mjs';
import {
	MAX_FEE, agree, balanceOf, openCoins, ownerHas, paymentAndChange, requestLockIn, sameAddress, send, signed,
} from '../lib/coins.mjs';
import { ACCOUNTS } from '../lib/ethereum.mjs';

/** How long a step of the two chains may take (ms): a batch is made every five blocks, and finality is three deep. */
const PATIENCE = 300_000;

/** Everything about money: who has it, who gets it, and what there has to be. */
export class Coins {
	/** `patience`: how long a step of the two chains may take (ms). */
	static async open(network, tale, patience = PATIENCE) {
		const coins = new Coins();
		Object.assign(coins, {
			network,
			tale,
			patience,
			...(await openCoins(network)),
			/** Coins of the group: amounts by transaction and output. */
			coins: new Map(),
			/** The deposit address, and its index. */
			lockedIn: null,
			/** Where change goes: the group's own key. */
			change: null,
			/** What the receiver has to have. */
			received: 0,
		});
		return coins;
	}

	/** What the group has to hold. */
	get sum() {
		return [...this.coins.values()].reduce((sum, amount) => sum + amount, 0);
	}

	/** A deposit address, and a first deposit to it (satoshi). */
	async lockIn(amount = COIN) {
		this.lockedIn = await requestLockIn(this, this.tale);
		await this.deposit(amount);
	}

	/** Pays to the deposit address, `count` coins of so much, and waits until the members have witnessed them. */
	async deposit(amount, count = 1) {
		const { bitcoin, network, user, owner, confirmations, tale } = this;
		for (let paid = 0; paid < count; paid++) {
			const output = await user.pay(this.lockedIn.address, amount);
			this.coins.set(`${output.txid}:${output.vout}`, amount);
			// The change is spent by the next one.
			if (paid + 1 < count) await bitcoin.mine(1, user.address);
		}
		await bitcoin.mine(confirmations, user.address);
		const what = `${count > 1 ? `${count} times ` : ''}${toBtc(amount)} BTC`;
		await network.wait(`a deposit of ${what} to be credited`, async () => {
			return Number(await balanceOf(this, owner.account.address)) === this.sum;
		}, this.patience);
		tale.note(`✓ ${what} were paid to it, and credited to ${ACCOUNTS[0].name}`);
		await this.agree();
	}

	/** Asks for a lock-out. */
	async request(amount) {
		const { owner, mapping, receiver, tale } = this;
		await send(this, 'lockOut', owner.writeContract({
			...mapping,
			functionName: 'lockOut',
			args: [BigInt(amount), receiver.address, BigInt(MAX_FEE)],
		}));
		tale.note(`a lock-out of ${toBtc(amount)} BTC is asked for, to ${receiver.address}`);
	}

	/** Waits for the signed transaction that pays it. */
	async signed() {
		const transaction = await signed(this, this.network, this.patience);
		this.tale.note(`✓ bitcoind has accepted transaction ${transaction.txid}`);
		return transaction;
	}

	/** Lets the transaction be confirmed, and counts. */
	async settle(amount, transaction) {
		const { txid, vin } = transaction;
		const { bitcoin, network, node, user, receiver, confirmations, tale } = this;
		await bitcoin.mine(confirmations, user.address);
		await network.wait('the lock-out to be settled', async () => (await node.reserves()).locked === 0n, this.patience);

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
		const { payment, change } = paymentAndChange(this, tale, transaction);
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
		const { tale, sum } = this;
		const { locked } = await agree(this, tale, sum);
		tale.holds('nothing is locked', locked === 0n);
		await ownerHas(this, tale, sum);
		await sameAddress(this, tale, this.lockedIn);
	}
}
