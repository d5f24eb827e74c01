// What the vault costs: gas of whole transactions, as receipts of anvil have it
// (docs/asset-mapping/ethereum.md).
import {
	createPublicClient,
	createWalletClient,
	http,
	keccak256,
	numberToHex,
	parseEther,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { KEYS } from './lib/accounts.mjs';
import { artifact, libraryArtifact } from './lib/artifacts.mjs';
import { Anvil } from './lib/node.mjs';
import { calldata, digest, ethereum, keyOf, NATIVE, NEVER, sign } from './lib/vault.mjs';

const SECRET = keccak256('0x0f');
const anvil = await Anvil.start({ chainId: 31_337 });
const chain = ethereum(anvil);
const account = privateKeyToAccount(KEYS.alith);
const reader = createPublicClient({ chain, transport: http() });
const wallet = createWalletClient({ account, chain, transport: http() });

async function gas(hash) {
	const receipt = await reader.waitForTransactionReceipt({ hash: await hash, pollingInterval: 20 });
	if (receipt.status !== 'success') throw new Error(`${receipt.transactionHash} failed`);
	return receipt;
}

async function deploy({ abi, bytecode }, args) {
	const { contractAddress, gasUsed } = await gas(wallet.deployContract({ abi, bytecode, args }));
	return { address: contractAddress, abi, gasUsed };
}

const key = BigInt(keyOf(SECRET));
const vault = await deploy(await libraryArtifact('Vault'), [key, 0n, parseEther('1')]);
const token = await deploy(await artifact('Token'), ['Gold', 'GLD', parseEther('1000000')]);
const where = { chainId: chain.id, address: vault.address };
const send = (functionName, args, to = vault) =>
	gas(wallet.writeContract({ address: to.address, abi: to.abi, functionName, args }));

const read = (functionName, args = []) =>
	reader.readContract({ address: vault.address, abi: vault.abi, functionName, args });

let id = 0n;
let people = 1_000_000n;
const newcomer = () => numberToHex((people += 1n), { size: 20 });

/** Gas of a batch with `count` payments to addresses that have the asset already, or do not. */
async function batch(count, asset, fresh) {
	const payouts = [];
	for (let i = 0; i < count; i++) {
		const to = newcomer();
		if (!fresh && asset === NATIVE) await gas(wallet.sendTransaction({ to, value: 1n }));
		if (!fresh && asset !== NATIVE) await send('transfer', [to, 1n], token);
		payouts.push({ asset, to, amount: 10n ** 12n });
	}
	const batch = { id: (id += 1n), epoch: 0n, deadline: NEVER, fee: 10n ** 9n, payouts };
	const signature = sign(SECRET, digest(where, 'Batch', batch));
	const { gasUsed } = await send('execute', [batch, signature, account.address]);
	return gasUsed;
}

let salts = 0n;

/** Gas of a sweep of `count` deposit addresses that are new, or not. */
async function sweep(count, asset, fresh) {
	const list = [];
	for (let i = 0; i < count; i++) {
		const salt = numberToHex((salts += 1n), { size: 32 });
		const to = await read('depositAddress', [salt]);
		const pay = () =>
			asset === NATIVE
				? gas(wallet.sendTransaction({ to, value: 5n }))
				: send('transfer', [to, 5n], token);
		await pay();
		if (!fresh) {
			await send('sweep', [[salt], asset]);
			await pay();
		}
		list.push(salt);
	}
	return (await send('sweep', [list, asset])).gasUsed;
}

async function order(functionName, args) {
	const call = calldata(vault.abi, functionName, args);
	const order = { nonce: await read('nextOrder'), epoch: 0n, deadline: NEVER, call };
	return (await send('order', [order, sign(SECRET, digest(where, 'Order', order))])).gasUsed;
}

const show = (what, gasUsed) => console.log(`| ${what} | ${Number(gasUsed).toLocaleString('en')} |`);

const assets = [
	['native coin', NATIVE],
	['ERC-20', token.address],
];

try {
	console.log('| transaction | gas |\n|---|---:|');
	show('deployment of the vault', vault.gasUsed);
	show('order: accept a token', await order('acceptToken', [token.address, true]));
	await gas(wallet.sendTransaction({ to: vault.address, value: parseEther('10') }));
	await send('transfer', [vault.address, parseEther('10')], token);
	await batch(0, NATIVE, true);
	show('batch without payments', await batch(0, NATIVE, true));
	for (const [name, asset] of assets) {
		for (const fresh of [true, false]) {
			const whom = fresh ? 'new addresses' : 'addresses that have some';
			for (const count of [1, 10, 50]) {
				show(`batch, ${count} × ${name}, ${whom}`, await batch(count, asset, fresh));
			}
		}
	}
	for (const [name, asset] of assets) {
		for (const fresh of [true, false]) {
			const whose = fresh ? 'first use' : 'used again';
			for (const count of [1, 10]) {
				show(`sweep, ${count} × ${name}, ${whose}`, await sweep(count, asset, fresh));
			}
		}
	}
} finally {
	await anvil.stop();
}
