// Bitcoin Core on regtest for a node of a test's own. What it says, and who pays there, is as in the networks.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Bitcoin, User } from '../../e2e/lib/bitcoin.mjs';
import { BITCOIND } from '../../e2e/lib/network.mjs';
import { freePorts } from './ports.mjs';
import { temporaryFolder } from './node.mjs';

export { COIN, DEV_WIF_2, User, toSat } from '../../e2e/lib/bitcoin.mjs';

/** Starts bitcoind. Its client, its program, and a user who has coins. */
export async function startBitcoin() {
	if (!existsSync(BITCOIND)) throw new Error(`${BITCOIND} is missing; fix: make build`);
	const folder = temporaryFolder();
	const [port] = await freePorts(1);
	const access = { port, user: 'fusion', password: 'fusion' };
	const dir = join(folder, 'bitcoin');
	mkdirSync(dir);
	const program = Bitcoin.program({ command: BITCOIND, dir, log: join(folder, 'bitcoind.log'), ...access });
	program.start();
	try {
		const bitcoin = new Bitcoin(access);
		await bitcoin.ready(() => program.check());
		const user = await User.open(bitcoin);
		await user.fund();
		return { bitcoin, program, user };
	} catch (error) {
		await program.stop();
		throw error;
	}
}
