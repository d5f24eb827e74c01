// The deploy helper of contracts/tools: descriptions, good and bad, and what becomes of them. On anvil, with the calling list
// of the contracts' own tests; with rows that really run it is in calling-list-views.test.mjs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { createPublicClient, getAddress, http, parseEther, toFunctionSelector } from 'viem';

import { deploy } from '../../contracts/tools/lib/deploy.mjs';
import { problems, schema } from '../../contracts/tools/lib/description.mjs';
import { DESCRIBE_ABI, LIST, LIST_ABI } from '../../contracts/tools/lib/list.mjs';
import { argument } from '../../contracts/tools/lib/plan.mjs';
import { check } from '../../contracts/tools/lib/schema.mjs';
import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { LIBRARY, libraryArtifact } from './lib/artifacts.mjs';
import { Anvil, temporaryFolder } from './lib/node.mjs';
import { rpc } from './lib/rpc.mjs';

/** Where Forge's cheat codes are called. On anvil there are none: a contract that does nothing takes their place. */
const CHEATS = '0x7109709ECfa91a80626fF3989D68f67F5b1DD12D';
const PAYMENT = join(LIBRARY, 'examples/recurring-payment/description.json');
const TOOL = join(LIBRARY, 'tools/deploy.mjs');

let node, reader, folder;

const example = (name) => JSON.parse(readFileSync(join(LIBRARY, 'examples', name, 'description.json'), 'utf8'));
const given = { payee: ADDRESSES.baltathar, amount: '1 FSN', budget: '12 FSN' };
const run = (options = {}) => deploy({ path: PAYMENT, url: node.ethUrl, key: KEYS.alith, given, ...options });
const nonce = () => reader.getTransactionCount({ address: ADDRESSES.alith });

/** A changed copy of the example, in a folder from which its paths are right. */
function changed(change) {
	const description = example('recurring-payment');
	description.contract.artifact = join(LIBRARY, 'out/RecurringPayment.sol/RecurringPayment.json');
	change(description);
	const path = join(folder, `${Math.random()}.json`);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, JSON.stringify(description));
	return path;
}

before(async () => {
	const { deployedBytecode } = await mockArtifact();
	folder = temporaryFolder();
	node = await Anvil.start();
	await rpc(node.ethUrl, 'anvil_setCode', [LIST, deployedBytecode]);
	await rpc(node.ethUrl, 'anvil_setCode', [CHEATS, '0x00']);
	reader = createPublicClient({ transport: http(node.ethUrl) });
});

after(async () => {
	await node?.stop();
});

async function mockArtifact() {
	// Builds it, if it is not there.
	await libraryArtifact('RecurringPayment');
	const path = join(LIBRARY, 'out/MockCallingList.sol/MockCallingList.json');
	return { deployedBytecode: JSON.parse(readFileSync(path, 'utf8')).deployedBytecode.object };
}

test('what the helper calls is what the interfaces have', async () => {
	const { abi } = await libraryArtifact('ICallingList');
	const described = (await libraryArtifact('Described')).abi;
	const selectors = (items) => items.filter(({ type }) => type === 'function').map((item) => toFunctionSelector(item));
	const all = [...selectors(abi), ...selectors(described)];
	for (const selector of selectors([...LIST_ABI, ...DESCRIBE_ABI])) {
		assert.ok(all.includes(selector), `${selector} is in no interface`);
	}
	const event = (items) => items.find(({ type, name }) => type === 'event' && name === 'Registered').inputs;
	const shape = (inputs) => inputs.map(({ type, name, indexed }) => `${type} ${name} ${Boolean(indexed)}`);
	assert.deepEqual(shape(event(LIST_ABI)), shape(event(abi)));
});

test('the examples are right, and so is the schema', () => {
	for (const name of ['recurring-payment', 'stop-loss', 'bitcoin-release']) {
		assert.deepEqual(problems(example(name)), [], name);
	}
	// Each keyword of the schema is known, whatever branch it is in.
	const walk = (at) => {
		check(at, undefined, '', schema());
		for (const item of Object.values({ ...at.properties, ...at.$defs })) walk(item);
		for (const item of at.oneOf ?? []) walk(item);
		if (at.items) walk(at.items);
	};
	walk(schema());
});

test('what is wrong with a description is said', () => {
	for (const [change, expected] of [
		[(d) => delete d.rows, "the description has no 'rows'"],
		[(d) => (d.colour = 'red'), "the description has 'colour', which is none of: $schema, contract, owner, rows"],
		[(d) => (d.rows = 5), 'rows is 5, and has to be: array'],
		[(d) => (d.owner = 'me'), 'owner is "me", and has to be one of contract, deployer'],
		[(d) => (d.contract.artifact = ''), 'contract.artifact is empty'],
		[(d) => (d.contract.value = '1 ETH'), 'contract.value is "1 ETH", and has to be: An amount of FSN'],
		[(d) => (d.rows[0].name = 7), 'rows[0].name is 7, and has to be: string'],
		[(d) => delete d.rows[0].terms.gasLimit, "rows[0].terms has no 'gasLimit'"],
		[(d) => (d.rows[0].terms.gasLimit = -1), 'rows[0].terms.gasLimit is -1, and has to be 0 or more'],
		[(d) => (d.rows[0].terms.gasLimit = 1.5), 'rows[0].terms.gasLimit is 1.5, and has to be: integer or string'],
		[(d) => (d.rows[0].terms.retries = 256), 'rows[0].terms.retries is 256, and has to be 255 or less'],
		[(d) => (d.rows[0].terms.tier = 'best'), 'has to be one of bestEffort, guaranteed'],
		[(d) => (d.rows[0].condition.kind = 'moon'), 'rows[0].condition.kind is "moon", and has to be one of atBlock, atTime,'],
		[(d) => (d.rows[0].condition = null), 'rows[0].condition.kind is null'],
		[(d) => (d.rows[0].condition.expression = 'daily'), 'rows[0].condition.expression is "daily", and has to be: Minute'],
		[(d) => (d.rows[0].condition.block = 5), "rows[0].condition has 'block', which is none of: kind, expression"],
		[(d) => (d.rows[0].runs = 0), 'rows[0].runs is 0, and has to be 1 or more'],
		[(d) => (d.rows[0].deposit = '1 FSN'), "has to have either 'runs' or 'deposit'"],
		[(d) => delete d.rows[0].runs, "has to have either 'runs' or 'deposit'"],
		[(d) => delete d.rows[0].call, "has no 'call', and only rows with a check can do without"],
		[(d) => (d.rows[0].condition = { kind: 'check', every: 1 }), "it has no 'call'"],
		[(d) => (d.rows = Array(33).fill(d.rows[0])), 'rows has 33 items, and at most 32 are allowed'],
	]) {
		const description = example('recurring-payment');
		change(description);
		const found = problems(description).join('\n');
		assert.ok(found.includes(expected), `expected: ${expected}\nfound: ${found || 'nothing'}`);
	}
});

test('arguments are of the types that the ABI has', () => {
	const good = (type, value, expected, more = {}) =>
		assert.deepEqual(argument({ type, ...more }, value, 'x'), expected, `${type} ${value}`);
	good('uint256', '12', 12n);
	good('uint256', '1.5 FSN', parseEther('1.5'));
	good('uint64', '2 gwei', 2_000_000_000n);
	good('int8', -128, -128n);
	good('address', ADDRESSES.alith.toLowerCase(), ADDRESSES.alith);
	good('bool', true, true);
	good('bytes4', '0x01020304', '0x01020304');
	good('uint8[2]', [1, 2], [1n, 2n]);
	const pair = { components: [{ type: 'uint8', name: 'a' }, { type: 'string', name: 'b' }] };
	good('tuple', { b: 'two', a: 1 }, { a: 1n, b: 'two' }, pair);
	good('tuple[]', [[1, 'two']], [{ a: 1n, b: 'two' }], pair);
	for (const [type, value, expected] of [
		['uint8', 256, 'from 0 to 255'],
		['uint8', -1, 'from 0 to 255'],
		['int8', 128, 'from -128 to 127'],
		['uint8', 'one', 'has to be a number'],
		['uint8', 1.5, 'has to be a number'],
		['uint256', '1.0000000000000000001 FSN', 'has to be an amount'],
		['address', '0x12', 'has to be an address'],
		['address', '$self', 'has to be an address'],
		['bool', 1, 'of the type bool'],
		['bytes4', '0x0102', 'of the type bytes4'],
		['bytes', '0x1', 'of the type bytes'],
		['string', '$name', 'of the type string'],
		['uint8[2]', [1], 'a list of 2 items'],
		['tuple', { a: 1, b: 'two', c: 3 }, "has 'c'"],
		['tuple', { a: 1 }, 'x (b) is undefined'],
		['tuple', 5, 'has to have: a, b'],
	]) {
		assert.throws(() => argument({ type, ...pair }, value, 'x'), ({ message }) => {
			assert.ok(message.includes(expected), `${type} ${value}: ${message}`);
			return true;
		});
	}
});

test('a contract is deployed, and registers its own rows', async () => {
	const lines = [];
	const result = await run({ say: (line) => lines.push(line) });
	assert.equal(result.rows.length, 1);
	const [row] = result.rows;
	const { abi } = await libraryArtifact('ICallingList');
	const found = await reader.readContract({ address: LIST, abi, functionName: 'row', args: [row.id] });
	assert.equal(found.owner, getAddress(result.address));
	assert.equal(found.target, getAddress(result.address));
	assert.equal(found.deposit, row.deposit);
	assert.equal(found.terms.gasLimit, 400_000n);
	assert.equal(found.terms.maxGasPrice, 5_000n * 10n ** 9n);
	assert.equal(found.terms.storageLimit, parseEther('0.001'));
	assert.deepEqual([found.terms.tier, found.terms.missed, found.terms.retries], [1, 2, 3]);
	// Twelve runs and a tenth.
	assert.equal(row.deposit, (row.runCost * 12n * 11n) / 10n);
	const contract = { address: result.address, abi: (await libraryArtifact('RecurringPayment')).abi };
	assert.deepEqual(await reader.readContract({ ...contract, functionName: 'describedRows' }), [row.id]);
	assert.equal(await reader.readContract({ ...contract, functionName: 'PAYEE' }), ADDRESSES.baltathar);
	assert.equal(await reader.readContract({ ...contract, functionName: 'AMOUNT' }), parseEther('1'));
	assert.equal(result.cost.value, parseEther('12'));
	assert.equal(result.cost.total, result.cost.gas + result.cost.value + result.cost.deposits + result.cost.stored);
	assert.ok(lines.some((line) => line.startsWith(`deployed at ${result.address}`)), lines.join('\n'));
	assert.ok(lines.some((line) => line.startsWith(`row ${row.id} 'pay on the first`)), lines.join('\n'));
});

test('a deployer registers rows of its own, with names in them', async () => {
	const path = changed((d) => {
		d.owner = 'deployer';
		const [first] = d.rows;
		first.condition = { kind: 'everySeconds', first: '$now+3600', every: '$period' };
		d.rows.push({ ...first, name: 'second', condition: { kind: 'log', event: 'Paid(address,uint256,uint256)' } });
		d.rows.push({ ...first, name: 'third', runs: undefined, deposit: '0.5 FSN', condition: { kind: 'atBlock', block: '$block+100' } });
	});
	const { timestamp } = await reader.getBlock();
	const result = await run({ path, given: { ...given, period: '60' } });
	assert.deepEqual(result.rows.map(({ name }) => name).slice(1), ['second', 'third']);
	assert.equal(result.rows[2].deposit, parseEther('0.5'));
	const { abi } = await libraryArtifact('ICallingList');
	const rows = await Promise.all(
		result.rows.map(({ id }) => reader.readContract({ address: LIST, abi, functionName: 'row', args: [id] })),
	);
	for (const row of rows) assert.equal(row.owner, ADDRESSES.alith);
	assert.ok(rows[0].dueAt >= timestamp + 3600n && rows[0].dueAt < timestamp + 3700n, `${rows[0].dueAt}`);
});

test('a dry run says what it takes, and does nothing', async () => {
	const sent = await nonce();
	const result = await run({ dryRun: true });
	assert.equal(await nonce(), sent);
	assert.equal(result.needed, parseEther('12') + result.rows[0].deposit + result.rows[0].stored);
	assert.equal(await reader.getCode({ address: result.address }), undefined);
});

test('nothing is sent when something is wrong', async () => {
	const sent = await nonce();
	for (const [options, expected] of [
		[{ given: { payee: ADDRESSES.alith } }, /names that are not given: --set amount=... --set budget=.../],
		[{ given: { ...given, deployer: '0x' } }, /'deployer' stands for something already/],
		[{ given: { ...given, payee: 'me' } }, /contract\.constructor\[0\] \(payee\) is 'me', and has to be an address/],
		[{ given: { ...given, budget: '1000001 FSN' } }, /needs more than 1000001\.\d+ FSN/],
		[{ given: { ...given, amount: '0' } }, /the deployment was refused: NothingToPay\(\)/],
		[{ path: join(folder, 'nowhere.json') }, /cannot read the description/],
		[{ path: changed((d) => (d.contract.artifact = 'nowhere.json')) }, /cannot read the compiled contract/],
		[{ path: changed((d) => (d.rows[0].call.function = 'settle')) }, /'settle': the contract has .*pay/],
		[{ path: changed((d) => (d.rows[0].call.function = 'settle(')) }, /has to be: Its name/],
		[{ path: changed((d) => (d.rows[0].call.args = [1])) }, /has 1 arguments, and takes 0/],
		[{ path: changed((d) => d.contract.constructor.pop()) }, /has 1 arguments, and takes 2: \(address payee, uint256 amount\)/],
		[{ path: changed((d) => (d.contract.artifact = join(LIBRARY, 'out/IERC20.sol/IERC20.json'))) }, /no ABI, or no code/],
		[{ path: changed((d) => (d.contract.artifact = join(LIBRARY, 'out/Splitter.sol/Splitter.json'))) }, /no function describe/],
		[{ path: changed((d) => (d.rows[0].terms.gasLimit = '18446744073709551616')) }, /from 0 to 18446744073709551615/],
		[{ url: 'http://127.0.0.1:9' }, /no Ethereum JSON-RPC at/],
	]) {
		await assert.rejects(run(options), ({ message }) => {
			assert.match(message, expected);
			return true;
		});
	}
	assert.equal(await nonce(), sent);
});

test('what was done is said when the list refuses a row', async () => {
	const path = changed((d) => {
		d.owner = 'deployer';
		d.rows.push({ ...d.rows[0], name: 'too late', condition: { kind: 'atTime', time: 1 } });
	});
	await assert.rejects(run({ path }), ({ message }) => {
		assert.match(message, /row 'too late' was refused: CallingList: InPast\n {2}done before: the contract is at 0x\w{40}, row \d+$/);
		return true;
	});
	const own = changed((d) => (d.rows[0].condition = { kind: 'atTime', time: 1 }));
	await assert.rejects(run({ path: own }), /describing 0x\w{40} was refused: CallingList: InPast\n {2}done before: the contract is at/);
});

test('the command prints what it did, and ends with an error when it could not', async () => {
	const key = join(folder, 'key');
	writeFileSync(key, `${KEYS.alith}\n`, { mode: 0o600 });
	const set = Object.entries(given).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
	const tool = (...args) => promisify(execFile)(process.execPath, [TOOL, ...args], { env: { PATH: process.env.PATH } });
	const base = [PAYMENT, '--rpc', node.ethUrl, ...set];
	const { stdout } = await tool(...base, '--key-file', key, '--json');
	const result = JSON.parse(stdout);
	assert.match(result.address, /^0x[0-9a-f]{40}$/i);
	assert.match(result.rows[0].id, /^[0-9]+$/);
	const { stdout: said } = await tool(...base, '--key-file', key, '--dry-run');
	assert.match(said, /contract and rows take 1\d\.\d+ FSN, and gas/);
	const fails = (args, expected) =>
		assert.rejects(tool(...args), ({ code, stderr }) => {
			assert.equal(code, 1);
			assert.match(stderr, expected);
			assert.doesNotMatch(stderr, /at file:/, 'no stack for mistakes of users');
			return true;
		});
	await fails(base, /there is no key/);
	await fails([PAYMENT, '--key-file', key, '--set', 'x'], /has to be --set NAME=VALUE/);
	await fails(['--key-file', key], /one description file is needed/);
	await fails([PAYMENT, '--colour'], /Unknown option '--colour'/);
	writeFileSync(key, 'secret');
	await fails([...base, '--key-file', key], /the key has to be 64 hexadecimal digits$/m);
	chmodSync(key, 0o644);
	await fails([...base, '--key-file', key], /others can read/);
});
