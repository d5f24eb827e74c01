// Bitcoin that a key group holds, and what is mapped of it: clients of both chains, and what these have to agree on.

import { parseEventLogs } from 'viem';
import { DEV_WIF, DEV_WIF_2, User, toSat } from './bitcoin.mjs';
import { ACCOUNTS, ASSET_MAPPING, ERC20, artifact, confirmed, connect } from './ethereum.mjs';
import { prove } from './reserves.mjs';

/** The most that a lock-out may cost (satoshi). */
export const MAX_FEE = 100_000;

/** Whom and what both chains know: a user with coins, a receiver without, contracts and their clients. */
export async function openCoins({ bitcoin, nodes: [node] }) {
	const { reader, signers } = await connect(node.eth);
	const mapping = { address: ASSET_MAPPING, ...artifact('IAssetMapping') };
	const address = await reader.readContract({ ...mapping, functionName: 'token' });
	const coins = {
		bitcoin,
		node,
		reader,
		mapping,
		/** Who asks for deposits, and has the mapped coins: the first of `ACCOUNTS`. */
		owner: signers[0],
		token: { address, abi: ERC20 },
		user: await User.open(bitcoin, DEV_WIF),
		receiver: await User.open(bitcoin, DEV_WIF_2, 'tr'),
		confirmations: await node.confirmations(),
		/** Addresses of the group on Bitcoin, as they become known. */
		held: [],
	};
	await coins.user.fund();
	return coins;
}

/** Asks for a deposit address. Returns it, and its index. */
export async function requestLockIn({ owner, mapping, reader, user, held }, tale) {
	const deadline = Math.floor(Date.now() / 1_000) + 24 * 60 * 60;
	const receipt = await send({ reader }, 'requestLockIn', owner.writeContract({
		...mapping,
		functionName: 'requestLockIn',
		args: [user.address, deadline],
	}));
	const [request] = parseEventLogs({ abi: mapping.abi, logs: receipt.logs, eventName: 'LockInRequested' });
	if (!request) throw new Error(`requestLockIn gave no LockInRequested: ${JSON.stringify(receipt.logs)}`);
	const { index, depositAddress: address } = request.args;
	held.push(address);
	tale.note(`deposit address ${index}: ${address}`);
	return { index, address };
}

/** The chain gives the same deposit address again. */
export async function sameAddress({ mapping, reader }, tale, { index, address }) {
	const again = await reader.readContract({ ...mapping, functionName: 'depositAddress', args: [index] });
	tale.holds('the chain gives the same deposit address again', again === address, again);
}

/** Waits for the signed transaction that pays a lock-out. Returns it, decoded. */
export async function signed({ bitcoin }, network, patience) {
	const txid = await network.wait(
		'the signed transaction in the pool of bitcoind',
		async () => (await bitcoin.rpc('getrawmempool'))[0],
		patience,
	);
	return bitcoin.transaction(txid);
}

/** The only payment to the receiver in a transaction, and the only change. */
export function paymentAndChange({ receiver }, tale, { vout }) {
	const outputs = vout.map(({ n, value, scriptPubKey }) => {
		return { n, amount: toSat(value), address: scriptPubKey.address };
	});
	const payments = outputs.filter(({ address }) => address === receiver.address);
	const changes = outputs.filter(({ address }) => address !== receiver.address);
	tale.holds('there is one payment and one change', payments.length === 1 && changes.length === 1);
	return { payment: payments[0], change: changes[0] };
}

/** The two chains agree on how much there is (satoshi). Returns what Fusion claims. */
export async function agree({ bitcoin, held, node, reader, token, mapping }, tale, amount) {
	const claimed = await node.reserves();
	tale.same('coins of the group, by scantxoutset', await bitcoin.balance(...held), amount);
	tale.same('coins of the group, as Fusion claims', claimed.held, amount);
	const supply = await reader.readContract({ ...token, functionName: 'totalSupply' });
	tale.same('mapped bitcoin, by totalSupply', supply, amount);
	tale.same('mapped bitcoin, as Fusion claims', claimed.issued, amount);
	const [seen] = await reader.readContract({ ...mapping, functionName: 'reserves' });
	tale.same('coins of the group, as contracts see it', seen, amount);
	tale.holds('nothing is missing', claimed.deficit === 0n);
	const { result } = await prove(node, bitcoin);
	tale.holds('the proof of reserves holds', result.differences.length === 0, result.differences.join('; '));
	return claimed;
}

/** Mapped bitcoin of an account. */
export function balanceOf({ reader, token }, address) {
	return reader.readContract({ ...token, functionName: 'balanceOf', args: [address] });
}

/** Mapped bitcoin of the owner is this much (satoshi). */
export async function ownerHas(coins, tale, amount) {
	tale.same(`mapped bitcoin of ${ACCOUNTS[0].name}`, await balanceOf(coins, coins.owner.account.address), amount);
}

/** Waits for a transaction on Fusion. Throws if it failed. */
export async function send({ reader }, what, hash) {
	return confirmed(reader, await hash, what);
}
