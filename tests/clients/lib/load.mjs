// Many ERC-20 transfers of many accounts, signed beforehand.

import {
	createPublicClient,
	createWalletClient,
	defineChain,
	encodeFunctionData,
	http,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './accounts.mjs';
import { artifact } from './artifacts.mjs';
import { rpc } from './rpc.mjs';

/** Runs `task` over `items`, `limit` at a time, in order of the items. */
export async function inParallel(items, limit, task) {
	let next = 0;
	const worker = async () => {
		while (next < items.length) await task(items[next++]);
	};
	await Promise.all(Array.from({ length: limit }, worker));
}

/** Deploys a token and gives each of `count` senders coins for gas and tokens to transfer. */
export async function prepare(url, count) {
	const id = Number(await rpc(url, 'eth_chainId'));
	const chain = defineChain({
		id,
		name: 'bench',
		nativeCurrency: { name: 'Fusion', symbol: 'FSN', decimals: 18 },
		rpcUrls: { default: { http: [url] } },
	});
	const options = { chain, transport: http(url), pollingInterval: 200 };
	const reader = createPublicClient(options);
	const owner = privateKeyToAccount(KEYS.alith);
	const wallet = createWalletClient({ ...options, account: owner });
	const mined = async (hash) => {
		const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 120_000 });
		if (receipt.status !== 'success') throw new Error(`setting up failed in ${hash}`);
		return receipt;
	};
	const deploy = async (name, args = []) => {
		const { abi, bytecode } = await artifact('Token', name);
		const { contractAddress } = await mined(await wallet.deployContract({ abi, bytecode, args }));
		return { abi, address: contractAddress };
	};
	const token = await deploy('Token', ['Bench', 'BEN', 10n ** 30n]);
	const disperser = await deploy('Disperser');
	const senders = Array.from({ length: count }, () => privateKeyToAccount(generatePrivateKey()));
	// Few enough at a time to fit into a block.
	for (let i = 0; i < senders.length; i += 20) {
		const recipients = senders.slice(i, i + 20).map(({ address }) => address);
		const value = BigInt(recipients.length) * 10n ** 20n;
		const write = (call) => wallet.writeContract(call).then(mined);
		await write({ ...disperser, functionName: 'disperse', args: [recipients], value });
		await write({ ...token, functionName: 'transferToEach', args: [recipients, 10n ** 20n] });
	}
	return { reader, token, senders, chainId: id };
}

/**
 * Signs a round of transfers beforehand: what is measured is the chain, not the client's signing.
 *
 * A list for each of `each` nonces from `first` on, with a transfer of each sender.
 */
export async function sign({ reader, token, senders, chainId }, first, each) {
	// From one holder to another: no balance comes to be or goes away.
	const transfer = (i) =>
		encodeFunctionData({
			abi: token.abi,
			functionName: 'transfer',
			args: [senders[(i + 1) % senders.length].address, 1n],
		});
	const call = { account: senders[0].address, to: token.address, data: transfer(0) };
	const gas = ((await reader.estimateGas(call)) * 11n) / 10n;
	const gasPrice = 4n * (await reader.getGasPrice());
	const common = { to: token.address, gas, gasPrice, chainId, type: 'legacy' };
	const signed = [];
	for (let nonce = first; nonce < first + each; nonce++) {
		const list = senders.map((sender, i) =>
			sender.signTransaction({ ...common, nonce, data: transfer(i) }),
		);
		signed.push(await Promise.all(list));
	}
	return { signed, gas: Number(gas) };
}
