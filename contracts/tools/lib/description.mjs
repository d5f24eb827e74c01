// A description file: read, checked, and with the names in it replaced by what they stand for.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { getAddress, isAddress, parseAbiItem, parseUnits } from 'viem';

import { check } from './schema.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SCHEMA = join(HERE, '../../../docs/calling-list/description.schema.json');
/** Decimals of units. */
const UNITS = { FSN: 18, gwei: 9 };
/** The names that stand for something in every description. */
const KNOWN = ['self', 'deployer', 'now', 'block'];

/** An error of whoever wrote the description or the command: its message is all that there is to say. */
export class UserError extends Error {}

function readJson(path, what) {
	let text;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		throw new UserError(`cannot read ${what} ${path}: ${error.message}`);
	}
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new UserError(`${what} ${path} is no JSON: ${error.message}`);
	}
}

/** The schema of descriptions. */
export const schema = () => readJson(SCHEMA, 'the schema');

/** What is wrong with a description, one thing a line. */
export function problems(description) {
	const found = check(schema(), description).map(({ path, text }) => `${path || 'the description'} ${text}`);
	if (found.length > 0) return found;
	description.rows.forEach((row, index) => {
		const where = `rows[${index}] ('${row.name}')`;
		const isChecked = row.condition.kind === 'check';
		if (isChecked && row.call) found.push(`${where} has a check, whose answer says what is called: it has no 'call'`);
		if (!isChecked && !row.call) found.push(`${where} has no 'call', and only rows with a check can do without`);
		if ((row.runs === undefined) === (row.deposit === undefined)) {
			found.push(`${where} has to have either 'runs' or 'deposit'`);
		}
	});
	return found;
}

/** Reads a description file and the contract that it names. */
export function read(path) {
	const description = readJson(path, 'the description');
	const found = problems(description);
	if (found.length > 0) throw new UserError(`${path}:\n  ${found.join('\n  ')}`);
	const artifact = resolve(dirname(path), description.contract.artifact);
	const { abi, bytecode } = readJson(artifact, 'the compiled contract');
	const code = bytecode?.object ?? bytecode;
	if (!Array.isArray(abi) || typeof code !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(code)) {
		const isUnlinked = typeof code === 'string' && code.includes('__$');
		const why = isUnlinked ? 'it needs libraries, which have to be linked first' : 'it has no ABI, or no code';
		throw new UserError(`${artifact} cannot be deployed: ${why}`);
	}
	return { description, abi, bytecode: code };
}

/** The names in a description that are not known: they have to be given. */
export function namesIn(description) {
	const names = new Set();
	const walk = (value) => {
		if (typeof value === 'string') {
			const name = /^\$([A-Za-z][A-Za-z0-9]*)/u.exec(value)?.[1];
			if (name && !KNOWN.includes(name)) names.add(name);
		} else if (value !== null && typeof value === 'object') {
			Object.entries(value).forEach(([key, item]) => key === '$schema' || walk(item));
		}
	};
	walk(description.contract.constructor);
	walk(description.contract.value);
	walk(description.rows);
	return [...names];
}

/**
 * Replaces the names in a value, at any depth. `names` has them without `$`; what there is not stays as it is, so that
 * it can be said what is missing.
 */
export function replace(value, names) {
	if (Array.isArray(value)) return value.map((item) => replace(item, names));
	if (value !== null && typeof value === 'object') {
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, names)]));
	}
	const found = typeof value === 'string' && /^\$([A-Za-z][A-Za-z0-9]*)(?:\+([0-9]+))?$/u.exec(value);
	if (!found || !Object.hasOwn(names, found[1])) return value;
	const [, name, more] = found;
	return more === undefined ? names[name] : String(BigInt(names[name]) + BigInt(more));
}

/** A number, with its bounds. */
export function number(value, bits, where, { signed = false } = {}) {
	const [least, most] = signed ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n] : [0n, (1n << BigInt(bits)) - 1n];
	if (!/^-?[0-9]+$/.test(String(value))) throw new UserError(`${where} is '${value}', and has to be a number`);
	const read = BigInt(value);
	if (read < least || read > most) throw new UserError(`${where} is ${read}, and has to be from ${least} to ${most}`);
	return read;
}

/** An amount of FSN or a gas price, in the smallest unit. */
export function amount(value, where) {
	const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)(?: (FSN|gwei))?$/u.exec(String(value)) ?? [];
	const decimals = UNITS[unit] ?? 0;
	if (digits === undefined || (digits.split('.')[1] ?? '').length > decimals) {
		throw new UserError(`${where} is '${value}', and has to be an amount such as "0.1 FSN", "100 gwei" or "12345"`);
	}
	return number(parseUnits(digits, decimals), 128, where);
}

/** An address. */
export function address(value, where) {
	if (!isAddress(value, { strict: false })) throw new UserError(`${where} is '${value}', and has to be an address`);
	return getAddress(value.toLowerCase());
}

/** The function that a row calls, as ABI. */
export function functionOf(abi, text, where) {
	if (text.includes('(')) {
		try {
			return parseAbiItem(`function ${text}`);
		} catch (error) {
			throw new UserError(`${where} is '${text}', and that is no signature: ${error.shortMessage ?? error.message}`);
		}
	}
	const found = abi.filter(({ type, name }) => type === 'function' && name === text);
	if (found.length === 1) return found[0];
	const names = abi.filter(({ type }) => type === 'function').map(({ name }) => name);
	const why = found.length > 1 ? 'there are several: write its signature' : `the contract has ${names.join(', ')}`;
	throw new UserError(`${where} is '${text}': ${why}`);
}
