// Tells what happens, step by step, with what both chains say.

import { toBtc } from './bitcoin.mjs';

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);

export class Chronicle {
	constructor(write = console.log) {
		this.write = write;
		this.began = Date.now();
		this.steps = 0;
	}

	title(text) {
		this.write(bold(text));
	}

	step(text) {
		this.steps += 1;
		const seconds = Math.round((Date.now() - this.began) / 1000);
		this.write(`\n${bold(`${this.steps}. ${text}`)}  (${seconds} s)`);
	}

	note = (text) => this.write(`   ${text}`);

	/** Amounts in satoshi, side by side. */
	table(left, right) {
		const line = ([name, amount]) => `${name.padEnd(24)} ${toBtc(amount).padStart(16)}`;
		this.write(`   ${'Bitcoin, says bitcoind'.padEnd(41)}   Fusion`);
		for (let i = 0; i < Math.max(left.length, right.length); i++) {
			const a = left[i] ? line(left[i]) : ''.padEnd(41);
			const b = right[i] ? line(right[i]) : '';
			this.write(`   ${a}   ${b}`.trimEnd());
		}
	}

	/** Says that two amounts (satoshi) agree, or throws. */
	same(what, actual, expected) {
		if (BigInt(actual) !== BigInt(expected)) {
			throw new Error(`${what}: ${actual} satoshi, but it should be ${expected}`);
		}
		this.note(`✓ ${what}: ${toBtc(actual)}`);
	}

	/** Says that something holds, or throws. */
	holds(what, condition, otherwise = '') {
		if (!condition) throw new Error(`it does not hold that ${what}${otherwise && `: ${otherwise}`}`);
		this.note(`✓ ${what}`);
	}
}
