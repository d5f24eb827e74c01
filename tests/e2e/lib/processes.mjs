// Starts programs, keeps their logs, and makes sure that none of them outlives us.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { freePorts, isFree } from './ports.mjs';
import { sleep } from './rpc.mjs';

// Linux can end a program when the one that started it is gone, even by SIGKILL.
const PDEATHSIG = ['/usr/bin/setpriv', '/bin/setpriv'].find(existsSync);

const running = new Set();

/** A program under our control, in a process group of its own, with its output in a file. */
export class Program {
	/** `orphaned` is the signal that ends it if we are gone. */
	constructor({ name, command, args, log, env = {}, orphaned = 'TERM' }) {
		Object.assign(this, { name, command, args, log, env, orphaned });
		this.child = null;
		this.exit = null;
		/** Whether its end was our doing. */
		this.ended = false;
		this.paused = false;
	}

	start() {
		const output = openSync(this.log, 'a');
		const [command, args] = PDEATHSIG
			? [PDEATHSIG, ['--pdeathsig', this.orphaned, this.command, ...this.args]]
			: [this.command, this.args];
		this.ended = false;
		this.paused = false;
		this.exit = null;
		this.child = spawn(command, args, {
			// A group of its own: a signal to the group reaches what the program started, too, and a
			// Ctrl-C in the terminal reaches only us.
			detached: true,
			stdio: ['ignore', output, output],
			env: { ...process.env, ...this.env },
		});
		closeSync(output);
		const child = this.child;
		running.add(this);
		this.exited = new Promise((resolve) => {
			const done = (code, signal) => {
				this.exit = { code, signal };
				running.delete(this);
				// What it may have left behind in its group.
				this.#signalGroup('SIGKILL');
				resolve(this.exit);
			};
			child.once('error', (error) => done(error.message, null));
			child.once('exit', done);
		});
		return this;
	}

	get pid() {
		return this.child?.pid;
	}

	get alive() {
		return this.child !== null && this.exit === null;
	}

	/** Throws, with the end of its log, if it ended by itself. */
	check() {
		if (this.alive || this.ended || this.child === null) return;
		const { code, signal } = this.exit;
		throw new Error(`${this.name} ended by itself (${signal ?? code}):\n${this.tail()}\n(log: ${this.log})`);
	}

	/** Sends a signal to it and to all that it started. */
	signal(signal) {
		this.ended = true;
		this.#signalGroup(signal);
	}

	#signalGroup(signal) {
		if (this.pid === undefined) return;
		try {
			process.kill(-this.pid, signal);
		} catch (error) {
			if (error.code !== 'ESRCH') throw error;
		}
	}

	/** Stops it in its tracks, with all that it started: it answers nothing, and does not end. */
	pause() {
		this.paused = true;
		this.#signalGroup('SIGSTOP');
	}

	/** Lets it go on after `pause`. */
	resume() {
		this.paused = false;
		this.#signalGroup('SIGCONT');
	}

	/** SIGKILL: it has no chance to tidy up. */
	async kill() {
		if (!this.alive) return;
		this.signal('SIGKILL');
		await this.exited;
	}

	/** Asks it to end, and kills it if it has not after `grace` milliseconds. */
	async stop(grace = 15_000) {
		if (this.alive) {
			this.signal('SIGTERM');
			if (this.paused) this.resume();
			const late = sleepUnref(grace).then(() => 'late');
			if ((await Promise.race([this.exited, late])) === 'late') this.signal('SIGKILL');
			await this.exited;
		}
	}

	/** Its whole log. */
	text() {
		return existsSync(this.log) ? readFileSync(this.log, 'utf8') : '';
	}

	/** Its last lines. */
	tail(lines = 25) {
		return this.text().trimEnd().split('\n').slice(-lines).join('\n');
	}

	/** Length of its log, to look later at what was added. */
	position() {
		return existsSync(this.log) ? statSync(this.log).size : 0;
	}

	/** What was logged after a position, without colours. */
	since(position) {
		const bytes = existsSync(this.log) ? readFileSync(this.log) : Buffer.alloc(0);
		return bytes.subarray(position).toString('utf8').replace(/\x1b\[[0-9;]*m/g, '');
	}
}

function sleepUnref(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Ends every program that was started here. */
export async function stopAll(grace) {
	await Promise.all([...running].map((program) => program.stop(grace)));
}

// The last resort, when we end without having tidied up: an uncaught error, or `process.exit`.
process.on('exit', () => {
	for (const program of running) program.signal('SIGKILL');
});

/** Calls `handler` once, at the first Ctrl-C or request to end. */
export function onInterrupt(handler) {
	let called = false;
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, () => {
			if (called) return;
			called = true;
			handler(signal);
		});
	}
}

/**
 * Does `run` and ends the process if the module with this address is the program, and not imported by another one. A
 * failure is told as one of `what`, with exit code 1. What was started is ended when the process ends, see above.
 */
export async function runAsProgram(address, what, run) {
	if (address !== pathToFileURL(process.argv[1] ?? '').href) return;
	onInterrupt(() => process.exit(130));
	try {
		await run();
		process.exit(0);
	} catch (error) {
		console.error(`\n${what} went wrong: ${error.message}`);
		process.exit(1);
	}
}

export { freePorts, isFree, sleep };
