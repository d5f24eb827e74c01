// The Ethereum side of a node: clients, development accounts, and Fusion's own contracts.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPublicClient, createWalletClient, defineChain, erc20Abi, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

/** Where a contract reaches the asset mapping. */
export const ASSET_MAPPING = '0x00000000000000000000000000000000f5030000';

/** The phrase of Substrate's development accounts; these are the Ethereum accounts of the same phrase. */
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const NAMES = ['Alith', 'Baltathar', 'Charleth', 'Dorothy', 'Ethan'];

/** Funded development accounts. Everybody knows their keys. */
export const ACCOUNTS = NAMES.map((name, addressIndex) => {
	const account = mnemonicToAccount(PHRASE, { addressIndex });
	const key = `0x${Buffer.from(account.getHdKey().privateKey).toString('hex')}`;
	return { name, account, address: account.address, key };
});

/** What forge compiled: its ABI and code. */
export function artifact(name, file = name) {
	const path = fileURLToPath(new URL(`../../../contracts/out/${file}.sol/${name}.json`, import.meta.url));
	let text;
	try {
		text = readFileSync(path, 'utf8');
	} catch {
		throw new Error(`${path} is missing; fix: cd contracts && forge build`);
	}
	const { abi, bytecode } = JSON.parse(text);
	return { abi, bytecode: bytecode.object };
}

export const ERC20 = erc20Abi;

/** A client that reads, and one for each development account that also signs. */
export async function connect(url) {
	const transport = http(url, { timeout: 30_000 });
	const probe = createPublicClient({ transport });
	const chain = defineChain({
		id: await probe.getChainId(),
		name: 'Fusion local',
		nativeCurrency: { name: 'Fusion', symbol: 'FSN', decimals: 18 },
		rpcUrls: { default: { http: [url] } },
	});
	const reader = createPublicClient({ chain, transport, pollingInterval: 1_000 });
	const signers = ACCOUNTS.map(({ account }) => createWalletClient({ account, chain, transport }));
	return { chain, reader, signers };
}

/** Waits for a transaction. Throws if it failed. */
export async function confirmed(reader, hash, what) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 90_000 });
	if (receipt.status !== 'success') throw new Error(`${what} failed: transaction ${hash}`);
	return receipt;
}
