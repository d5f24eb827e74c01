// Compiled contracts: this folder's own (by Forge), and those that npm packages ship compiled.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { HERE, run } from './tools.mjs';

/** The folder of the Solidity library. */
export const LIBRARY = join(dirname(dirname(HERE)), 'contracts');

const require = createRequire(import.meta.url);
let built;

/** Compiles what is in `solidity/`, unless it is compiled already. */
export function build() {
	built ??= run('forge', ['build', '--quiet']);
	return built;
}

/** ABI and init code of a contract that Forge compiled. */
export async function artifact(file, contract = file) {
	await build();
	const path = join(HERE, 'out', `${file}.sol`, `${contract}.json`);
	const { abi, bytecode } = JSON.parse(readFileSync(path, 'utf8'));
	return { abi, bytecode: bytecode.object };
}

/** ABI and init code of a contract that a package ships, as its makers compiled it. */
export function shipped(path) {
	const { abi, bytecode } = require(path);
	return { abi, bytecode: bytecode.startsWith('0x') ? bytecode : `0x${bytecode}` };
}

let library;

/** ABI and init code of a contract of the library, in `contracts/`. */
export async function libraryArtifact(file, contract = file) {
	library ??= run('forge', ['build', '--quiet'], { cwd: LIBRARY });
	await library;
	const path = join(LIBRARY, 'out', `${file}.sol`, `${contract}.json`);
	const { abi, bytecode } = JSON.parse(readFileSync(path, 'utf8'));
	return { abi, bytecode: bytecode.object };
}
