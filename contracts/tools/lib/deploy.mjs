// Deploys a contract and registers its rows.
import {
	createPublicClient,
	createWalletClient,
	decodeErrorResult,
	defineChain,
	formatUnits,
	getContractAddress,
	http,
	parseEventLogs,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { UserError, amount, namesIn, read, replace } from './description.mjs';
import { DESCRIBE_ABI, LIST, LIST_ABI } from './list.mjs';
import { constructorArgs, planRow, withCosts } from './plan.mjs';

const TIMEOUT = 120_000;

export const fsn = (value) => `${formatUnits(value, 18)} FSN`;

/** What went wrong on a node, in a line. Errors of a contract are told by their names, if its ABI has them. */
function reasonOf(error, abi) {
	const inner = error.walk?.((cause) => cause.reason ?? cause.data?.errorName) ?? undefined;
	if (inner?.reason) return inner.reason;
	const raw = error.walk?.(({ data }) => /^0x[0-9a-f]{8,}$/iu.test(data))?.data;
	try {
		const { errorName, args = [] } = inner?.data ?? decodeErrorResult({ abi, data: raw });
		return `${errorName}(${args.join(', ')})`;
	} catch {
		return error.details ?? error.shortMessage ?? error.message;
	}
}

async function connect(url, key) {
	let id;
	try {
		id = await createPublicClient({ transport: http(url) }).getChainId();
	} catch (error) {
		throw new UserError(`no Ethereum JSON-RPC at ${url} (${error.details ?? error.shortMessage}): is a node there? Port 8545 by default`);
	}
	const chain = defineChain({
		id,
		name: 'Fusion',
		nativeCurrency: { name: 'Fusion', symbol: 'FSN', decimals: 18 },
		rpcUrls: { default: { http: [url] } },
	});
	const client = { chain, transport: http(url), pollingInterval: 500 };
	const account = privateKeyToAccount(key);
	return { reader: createPublicClient(client), wallet: createWalletClient({ ...client, account }), account };
}

/** The names that every description can use, and those that were given. */
async function namesOf({ reader, account }, given) {
	const block = await reader.getBlock();
	const known = { deployer: account.address, now: String(block.timestamp), block: String(block.number) };
	const taken = Object.keys(given).find((name) => name in known || name === 'self');
	if (taken) throw new UserError(`'${taken}' stands for something already, and cannot be given`);
	return { ...given, ...known };
}

/** Whether the contract can be told its rows. */
const canDescribe = (abi) =>
	abi.some(({ type, name, inputs }) => type === 'function' && name === 'describe' && inputs.length === 1 && inputs[0].type === 'bytes[]');

function plan({ description, abi }, names, self) {
	const known = { ...names, self };
	return description.rows.map((row, index) => planRow({ row: replace(row, known), index, abi, self }));
}

async function mined({ reader }, hash, what) {
	const receipt = await reader.waitForTransactionReceipt({ hash, timeout: TIMEOUT });
	if (receipt.status !== 'success') throw new UserError(`${what} failed: transaction ${hash} was reverted`);
	return receipt;
}

const idsIn = (receipt) =>
	parseEventLogs({ abi: LIST_ABI, logs: receipt.logs, eventName: 'Registered' })
		.filter(({ address }) => address.toLowerCase() === LIST.toLowerCase())
		.map(({ args }) => args);

const gasOf = ({ gasUsed, effectiveGasPrice }) => gasUsed * effectiveGasPrice;

/** Sends something that may be refused, and says in words why, and what was done before. */
async function attempt(what, { done = '', abi = [] }, send) {
	try {
		return await send();
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${what} was refused: ${reasonOf(error, abi)}${done ? `\n  done before: ${done}` : ''}`);
	}
}

/** The contract registers its own rows, all or none. */
async function describe(chain, address, abi, rows, done) {
	const call = { address, functionName: 'describe', args: [rows.map((row) => row.encode(row.deposit))] };
	const value = rows.reduce((sum, { total }) => sum + total, 0n);
	const hash = await attempt(`describing ${address}`, { done, abi }, async () => {
		// With the errors of the contract, so that they are known by name.
		const errors = abi.filter(({ type }) => type === 'error');
		const { request } = await chain.reader.simulateContract({
			...call,
			abi: [...DESCRIBE_ABI, ...errors],
			value,
			account: chain.account,
		});
		return chain.wallet.writeContract(request);
	});
	return [await mined(chain, hash, `describing ${address}`)];
}

/** The deployer registers rows, one after the other. */
async function register(chain, rows, done) {
	const receipts = [];
	for (const row of rows) {
		const sofar = [done, ...receipts.flatMap(idsIn).map(({ id }) => `row ${id}`)].join(', ');
		const call = { address: LIST, abi: LIST_ABI, functionName: row.functionName, args: row.argsWith(row.deposit) };
		const hash = await attempt(`row '${row.name}'`, { done: sofar }, async () => {
			const { request } = await chain.reader.simulateContract({ ...call, account: chain.account });
			return chain.wallet.writeContract(request);
		});
		receipts.push(await mined(chain, hash, `row '${row.name}'`));
	}
	return receipts;
}

/**
 * Deploys a contract, and registers the rows of its description.
 *
 * @param path of the description file
 * @param url of Ethereum JSON-RPC
 * @param key of the account that deploys, `0x` and 64 digits
 * @param given names in the description, and what they stand for
 * @param dryRun only says what would be done
 * @param say is told about each step
 */
export async function deploy({ path, url, key, given = {}, dryRun = false, say = () => {} }) {
	const source = read(path);
	const missing = namesIn(source.description).filter((name) => !Object.hasOwn(given, name));
	if (missing.length > 0) {
		throw new UserError(`the description has names that are not given: ${missing.map((name) => `--set ${name}=...`).join(' ')}`);
	}
	const owner = source.description.owner ?? 'contract';
	if (owner === 'contract' && source.description.rows.length > 0 && !canDescribe(source.abi)) {
		throw new UserError(
			"the contract has no function describe(bytes[]): inherit Described.sol, or let the rows be the deployer's (\"owner\": \"deployer\")",
		);
	}
	const chain = await connect(url, key);
	const names = await namesOf(chain, given);
	const { contract } = source.description;
	const value = contract.value === undefined ? 0n : amount(replace(contract.value, names), 'contract.value');
	const named = { ...source, description: { ...source.description, contract: replace(contract, names) } };
	const args = constructorArgs(named);

	// All is made once before anything is sent, for the address that the contract will have.
	const { address: from } = chain.account;
	const [nonce, balance, gasPrice] = await Promise.all([
		chain.reader.getTransactionCount({ address: from, blockTag: 'pending' }),
		chain.reader.getBalance({ address: from }),
		chain.reader.getGasPrice(),
	]);
	const expected = getContractAddress({ from, nonce: BigInt(nonce) });
	const planned = await attempt('asking the calling list what rows cost', {}, () =>
		withCosts(chain.reader, plan(source, names, expected)),
	);
	const needed = planned.reduce((sum, { total }) => sum + total, value);
	say(`account ${from} has ${fsn(balance)}; contract and rows take ${fsn(needed)}, and gas`);
	for (const row of planned) {
		say(`row '${row.name}' (${row.kind}): ${fsn(row.deposit)} for runs of at most ${fsn(row.runCost)}, ${fsn(row.stored)} for its storage`);
		if (row.terms.maxGasPrice < gasPrice) {
			say(`  it would wait: the gas price is ${formatUnits(gasPrice, 9)} gwei, above its ${formatUnits(row.terms.maxGasPrice, 9)}`);
		}
	}
	if (balance < needed) throw new UserError(`account ${from} has ${fsn(balance)}, and needs more than ${fsn(needed)}`);
	if (dryRun) return { dryRun: true, address: expected, rows: planned.map((row) => shown(row)), needed };

	const { abi, bytecode } = source;
	const hash = await attempt('the deployment', { abi }, () => chain.wallet.deployContract({ abi, bytecode, args, value }));
	const deployed = await mined(chain, hash, 'the deployment');
	const address = deployed.contractAddress;
	say(`deployed at ${address} by transaction ${hash}`);
	const byConstructor = idsIn(deployed).map(({ id, deposit }) => ({ id, name: '(constructor)', deposit }));

	// The same rows again, if the address is another one than was expected.
	const rows = address.toLowerCase() === expected.toLowerCase() ? planned : await withCosts(chain.reader, plan(source, names, address));
	const done = `the contract is at ${address}`;
	let receipts = [];
	if (rows.length > 0) {
		receipts = owner === 'contract' ? await describe(chain, address, abi, rows, done) : await register(chain, rows, done);
	}
	const registered = receipts.flatMap(idsIn);
	if (registered.length !== rows.length) {
		throw new UserError(`${rows.length} rows were sent, and ${registered.length} were registered; ${done}`);
	}
	const all = [...byConstructor, ...rows.map((row, index) => ({ id: registered[index].id, ...shown(row) }))];
	for (const { id, name, deposit } of all) say(`row ${id} '${name}' has ${fsn(deposit)}`);
	const gas = [deployed, ...receipts].reduce((sum, receipt) => sum + gasOf(receipt), 0n);
	const deposits = rows.reduce((sum, { deposit }) => sum + deposit, 0n);
	const stored = rows.reduce((sum, row) => sum + row.stored, 0n);
	say(`paid: ${fsn(gas)} for gas, ${fsn(value)} to the contract, ${fsn(deposits)} as deposits, ${fsn(stored)} held for rows`);
	return { address, transaction: hash, rows: all, cost: { gas, value, deposits, stored, total: gas + value + deposits + stored } };
}

const shown = ({ name, kind, target, deposit, stored, runCost }) => ({ name, kind, target, deposit, stored, runCost });
