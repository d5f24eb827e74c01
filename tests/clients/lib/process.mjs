// Child processes that never outlive the test that started them.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();

// Whatever way this process ends (short of SIGKILL), what it started ends too.
process.on('exit', () => {
	for (const child of running) child.killGroup('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
	process.once(signal, () => process.exit(1));
}

/** A program started in a process group of its own, with its output in a file. */
export class Daemon {
	/**
	 * @param {string} program path of the executable
	 * @param {string[]} args its arguments
	 * @param {{ log: string, env?: Record<string, string> }} options `log`: file for its output
	 */
	constructor(program, args, { log, env = {} }) {
		this.program = program;
		this.log = log;
		const output = openSync(log, 'a');
		this.child = spawn(program, args, {
			stdio: ['ignore', output, output],
			// Its own group, so that children of the program can be found and ended with it.
			detached: true,
			env: { ...process.env, ...env },
		});
		closeSync(output);
		this.exit = null;
		this.exited = new Promise((resolve) => {
			this.child.once('exit', (code, signal) => {
				this.exit = { code, signal };
				resolve(this.exit);
			});
			this.child.once('error', (error) => {
				this.exit = { error };
				resolve(this.exit);
			});
		});
		running.add(this);
	}

	get pid() {
		return this.child.pid;
	}

	/** Whether any process of the group is left. */
	groupAlive() {
		return this.killGroup(0);
	}

	/** Signals the whole group; false if nothing is left of it. */
	killGroup(signal) {
		if (this.pid === undefined) return false;
		try {
			process.kill(-this.pid, signal);
			return true;
		} catch (error) {
			if (error.code === 'ESRCH') return false;
			throw error;
		}
	}

	/** Kills the program itself, without a warning, and only it. */
	async crash() {
		this.child.kill('SIGKILL');
		await this.exited;
	}

	/** Asks the program to end; kills its group if it has not after `patience` milliseconds. */
	async stop(patience = 30_000) {
		if (this.pid !== undefined && this.exit === null) this.child.kill('SIGTERM');
		const polite = await Promise.race([
			this.exited.then(() => true),
			sleep(patience, false, { ref: false }),
		]);
		this.killGroup('SIGKILL');
		await this.exited;
		running.delete(this);
		return polite;
	}

	/** The last lines of its output. */
	tail(lines = 60) {
		return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
	}

	/** Throws if the program has ended. */
	assertRunning() {
		if (this.exit === null) return;
		const how = this.exit.error?.message ?? `code ${this.exit.code}, signal ${this.exit.signal}`;
		throw new Error(`${this.program} ended (${how}). Its last output:\n${this.tail()}`);
	}
}
