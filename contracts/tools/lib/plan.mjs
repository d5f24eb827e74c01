// From a description to what is sent: arguments by their types, calls of the list, and what they cost.
import { encodeFunctionData, size, toEventSelector } from 'viem';

import { UserError, address, amount, functionOf, number } from './description.mjs';
import { AFTER_FAILURE, LIST, LIST_ABI, MISSED, TIERS } from './list.mjs';

/** Deposits for a number of runs are that much higher than what runs cost now, in per cent: the gas price may rise. */
const MARGIN = 10n;
/** What rows have that do not say otherwise: as in _terms of Triggered.sol. */
const TERMS = { storageLimit: '0', expiresAt: 0, maxRuns: 0, tier: 'bestEffort', missed: 'once', retries: 3, backoff: 10, afterFailure: 'pause' };

/** A value as JSON has it, as viem wants it for a type of the ABI. */
export function argument(param, value, where) {
	const name = param.name ? `${where} (${param.name})` : where;
	const array = /^(.*)\[([0-9]*)\]$/u.exec(param.type);
	if (array) {
		const [, type, length] = array;
		if (!Array.isArray(value) || (length !== '' && value.length !== Number(length))) {
			throw new UserError(`${name} is ${JSON.stringify(value)}, and has to be a list of ${length || 'any number of'} items`);
		}
		return value.map((item, index) => argument({ ...param, type }, item, `${where}[${index}]`));
	}
	if (param.type === 'tuple') return struct(param.components, value, name);
	const integer = /^(u?)int([0-9]+)$/u.exec(param.type);
	if (integer) {
		if (typeof value === 'string' && / (FSN|gwei)$/u.test(value)) return amount(value, name);
		return number(value, Number(integer[2]), name, { signed: integer[1] === '' });
	}
	if (param.type === 'address') return address(value, name);
	const bytes = /^bytes([0-9]*)$/u.exec(param.type);
	const fits =
		(param.type === 'bool' && typeof value === 'boolean') ||
		(param.type === 'string' && typeof value === 'string' && !/^\$[A-Za-z]/u.test(value)) ||
		(bytes && /^0x([0-9a-f]{2})*$/iu.test(value) && (bytes[1] === '' || size(value) === Number(bytes[1])));
	if (!fits) throw new UserError(`${name} is ${JSON.stringify(value)}, and has to be of the type ${param.type}`);
	return value;
}

function struct(components, value, where) {
	if (Array.isArray(value)) return byName(components, args(components, value, where));
	if (value === null || typeof value !== 'object') {
		throw new UserError(`${where} is ${JSON.stringify(value)}, and has to have: ${components.map(({ name }) => name).join(', ')}`);
	}
	const unknown = Object.keys(value).find((key) => !components.some(({ name }) => name === key));
	if (unknown !== undefined) throw new UserError(`${where} has '${unknown}', which the struct does not have`);
	return byName(components, components.map((component) => argument(component, value[component.name], where)));
}

const byName = (components, values) => Object.fromEntries(components.map(({ name }, index) => [name, values[index]]));

/** Arguments for parameters. */
export function args(params, values, where) {
	if (values.length !== params.length) {
		const wanted = params.map(({ type, name }) => `${type} ${name ?? ''}`.trim()).join(', ');
		throw new UserError(`${where} has ${values.length} arguments, and takes ${params.length}: (${wanted})`);
	}
	return params.map((param, index) => argument(param, values[index], `${where}[${index}]`));
}

/** What the constructor is called with. */
export function constructorArgs({ description, abi }) {
	const inputs = abi.find(({ type }) => type === 'constructor')?.inputs ?? [];
	return args(inputs, description.contract.constructor ?? [], 'contract.constructor');
}

function terms(given, where) {
	const all = { ...TERMS, ...given };
	return {
		gasLimit: number(all.gasLimit, 64, `${where}.gasLimit`),
		storageLimit: amount(all.storageLimit, `${where}.storageLimit`),
		maxGasPrice: amount(all.maxGasPrice, `${where}.maxGasPrice`),
		expiresAt: Number(number(all.expiresAt, 32, `${where}.expiresAt`)),
		maxRuns: all.maxRuns,
		tier: TIERS.indexOf(all.tier),
		missed: MISSED.indexOf(all.missed),
		retries: all.retries,
		backoff: all.backoff,
		afterFailure: AFTER_FAILURE.indexOf(all.afterFailure),
	};
}

function topic(event, where) {
	try {
		return toEventSelector(event);
	} catch (error) {
		throw new UserError(`${where} is '${event}', and that is no signature of an event: ${error.shortMessage ?? error.message}`);
	}
}

const feed = (given, where) => Number(number(given.feed, 32, `${where}.feed`));
const chain = (given, where) => Number(number(given.chain, 8, `${where}.chain`));
const threshold = (given, where) => [
	feed(given, where),
	number(given.threshold, 128, `${where}.threshold`, { signed: true }),
];

/** The list's function for each kind of condition, and what stands between the target's data and the deposit. */
const CONDITIONS = {
	atBlock: (given, where) => ['atBlock', [Number(number(given.block, 32, `${where}.block`))]],
	atTime: (given, where) => ['atTime', [number(given.time, 64, `${where}.time`)]],
	everyBlocks: (given, where) => [
		'everyBlocks',
		[Number(number(given.first, 32, `${where}.first`)), Number(number(given.every, 32, `${where}.every`))],
	],
	everySeconds: (given, where) => [
		'everySeconds',
		[number(given.first, 64, `${where}.first`), number(given.every, 64, `${where}.every`)],
	],
	cron: (given) => ['cron', [given.expression]],
	log: (given, where, self) => [
		'onLog',
		[address(given.emitter ?? self, `${where}.emitter`), topic(given.event, `${where}.event`)],
	],
	feedAtLeast: (given, where) => ['onFeedAtLeast', threshold(given, where)],
	feedAtMost: (given, where) => ['onFeedAtMost', threshold(given, where)],
	feedMoved: (given, where) => ['onFeedMoved', [feed(given, where), number(given.by, 128, `${where}.by`)]],
	feedAnswer: (given, where) => ['onFeedAnswer', [feed(given, where)]],
	deposit: (given, where) => [
		'onDeposit',
		[chain(given, where), number(given.index, 64, `${where}.index`), number(given.least, 128, `${where}.least`)],
	],
	lockOut: (given, where) => ['onLockOut', [chain(given, where), number(given.intent, 64, `${where}.intent`)]],
};

/**
 * A row as it is registered, but for its deposit: `encode(deposit)` gives the call of the list.
 *
 * @param row of the description, with names replaced
 * @param index of the row
 * @param abi of the contract
 * @param self the contract's address
 */
export function planRow({ row, index, abi, self }) {
	const where = `rows[${index}]`;
	const target = address(row.target ?? self, `${where}.target`);
	const how = terms(row.terms, `${where}.terms`);
	const isChecked = row.condition.kind === 'check';
	let functionName, before, data;
	if (isChecked) {
		const { checker = self, every } = row.condition;
		data = row.condition.data ?? '0x';
		functionName = 'onCheck';
		const asked = address(checker, `${where}.condition.checker`);
		before = [target, asked, data, Number(number(every, 32, `${where}.condition.every`))];
	} else {
		const call = functionOf(abi, row.call.function, `${where}.call.function`);
		const values = args(call.inputs, row.call.args ?? [], `${where}.call.args`);
		data = encodeFunctionData({ abi: [call], args: values });
		const [name, condition] = CONDITIONS[row.condition.kind](row.condition, `${where}.condition`, self);
		functionName = name;
		before = [target, data, ...condition];
	}
	return {
		name: row.name,
		kind: row.condition.kind,
		target,
		runs: row.runs,
		deposit: row.deposit === undefined ? undefined : amount(row.deposit, `${where}.deposit`),
		bytes: size(data),
		isChecked,
		terms: how,
		functionName,
		argsWith: (deposit) => [...before, deposit, how],
		encode: (deposit) => encodeFunctionData({ abi: LIST_ABI, functionName, args: [...before, deposit, how] }),
	};
}

/** Adds to planned rows what the list takes for them at the present gas price. */
export async function withCosts(reader, rows) {
	const ask = (functionName, values) =>
		reader.readContract({ address: LIST, abi: LIST_ABI, functionName, args: values });
	return Promise.all(
		rows.map(async (row) => {
			const { gasLimit, storageLimit, tier } = row.terms;
			const [runCost, stored] = await Promise.all([
				ask('runCost', [gasLimit, storageLimit, tier, row.isChecked]),
				ask('storageCost', [row.bytes]),
			]);
			const deposit = row.deposit ?? (runCost * BigInt(row.runs) * (100n + MARGIN)) / 100n;
			return { ...row, runCost, stored, deposit, total: deposit + stored };
		}),
	);
}
