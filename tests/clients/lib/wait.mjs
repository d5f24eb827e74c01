// Waiting with a limit and a message.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls `probe` until it gives something truthy, and returns that.
 *
 * Errors of `probe` count as "not yet"; the last one is in the message when time is up.
 */
export async function until(what, probe, { timeout = 60_000, interval = 100 } = {}) {
	const end = Date.now() + timeout;
	let lastError;
	for (;;) {
		try {
			const value = await probe();
			if (value) return value;
			lastError = undefined;
		} catch (error) {
			if (error.fatal) throw error;
			lastError = error;
		}
		if (Date.now() >= end) {
			const why = lastError ? `: ${lastError.message}` : '';
			throw new Error(`waited ${timeout / 1000} s in vain for ${what}${why}`);
		}
		await sleep(interval);
	}
}
