// TCP ports for tests that run beside each other: those of this folder, and those with clients.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where tests that run beside each other write down which ports they have taken, and will use soon. */
const CLAIMS = join(tmpdir(), `fusion-ports-${userInfo().uid}`);
const claimed = new Set();
process.on('exit', () => {
	for (const port of claimed) rmSync(join(CLAIMS, String(port)), { force: true });
});

/**
 * Ports that nobody uses now, and that no other test takes before this one has ended. They are from below the
 * range that Linux gives to outgoing connections, so that none of those takes one before it is used.
 */
export async function freePorts(count) {
	const ports = [];
	while (ports.length < count) {
		const port = 15_000 + Math.floor(Math.random() * 16_000);
		if (claim(port) && (await isFree(port))) ports.push(port);
	}
	return ports;
}

/** Takes a port for this process, unless one that is alive has it. */
function claim(port) {
	const file = join(CLAIMS, String(port));
	mkdirSync(CLAIMS, { recursive: true, mode: 0o700 });
	for (let attempt = 0; attempt < 2; attempt++) {
		try {
			writeFileSync(file, String(process.pid), { flag: 'wx' });
			claimed.add(port);
			return true;
		} catch (error) {
			if (error.code !== 'EEXIST') throw error;
			if (isAlive(Number(readFileSync(file, 'utf8')))) return false;
			rmSync(file, { force: true });
		}
	}
	return false;
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/** Whether nobody listens on a port. */
export async function isFree(port) {
	try {
		const server = await listen(port);
		await new Promise((resolve) => server.close(resolve));
		return true;
	} catch {
		return false;
	}
}

function listen(port) {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => resolve(server));
	});
}
