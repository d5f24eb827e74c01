// Foundry's programs, where scripts/setup has put them, or wherever they are on PATH.
import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The folder of the client tests. */
export const HERE = dirname(dirname(fileURLToPath(import.meta.url)));

const CACHE = process.env.FUSION_CACHE ?? join(homedir(), '.cache/fusion');
const TOOLS = process.env.FUSION_TOOLS ?? join(CACHE, 'tools');

/** Path of a Foundry program: `forge`, `cast` or `anvil`. */
export function foundry(name) {
	for (const folder of [join(TOOLS, 'bin'), ...process.env.PATH.split(delimiter)]) {
		const path = join(folder, name);
		try {
			accessSync(path, constants.X_OK);
			return realpathSync(path);
		} catch {
			// Not in this one.
		}
	}
	throw new Error(`${name} is neither in ${TOOLS}/bin nor on PATH: run scripts/setup --tests`);
}

/** Runs a Foundry program in `tests/clients`; its output, or an error that has `stderr`. */
export async function run(name, args, options = {}) {
	const { stdout } = await promisify(execFile)(foundry(name), args, {
		cwd: HERE,
		maxBuffer: 64 << 20,
		timeout: 300_000,
		...options,
		// Foundry would otherwise ask public services for signatures and new versions.
		env: { ...process.env, NO_COLOR: '1', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', ...options.env },
	});
	return stdout.trim();
}
