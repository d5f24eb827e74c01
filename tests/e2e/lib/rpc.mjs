// JSON-RPC over HTTP, and waiting for things.

/** What a server answered instead of a result. */
export class RpcError extends Error {
	constructor(method, error) {
		super(`${method}: ${error.message} (code ${error.code})`);
		this.name = 'RpcError';
		this.code = error.code;
		this.data = error.data;
	}
}

/** Calls one method. Throws `RpcError` for an answer that is an error, and other errors for no answer. */
export async function call(url, method, params = [], { authorization, timeout = 30_000 } = {}) {
	const headers = { 'content-type': 'application/json' };
	if (authorization) headers.authorization = authorization;
	const response = await fetch(url, {
		method: 'POST',
		headers,
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
		signal: AbortSignal.timeout(timeout),
	});
	const text = await response.text();
	let answer;
	try {
		answer = JSON.parse(text);
	} catch {
		throw new Error(`${method}: ${url} answered ${response.status}, not JSON: ${text.slice(0, 200)}`);
	}
	if (answer.error) throw new RpcError(method, answer.error);
	return answer.result;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `attempt` until it returns something other than `undefined`, `null` or `false`, and returns
 * that. Errors count as "not yet"; the last one is in the message if it takes longer than `timeout`
 * milliseconds. `giveUp` may throw to end the waiting early.
 */
export async function until(what, attempt, { timeout = 60_000, every = 500, giveUp } = {}) {
	const end = Date.now() + timeout;
	let last;
	for (;;) {
		giveUp?.();
		try {
			const result = await attempt();
			if (result !== undefined && result !== null && result !== false) return result;
			last = undefined;
		} catch (error) {
			last = error;
		}
		if (Date.now() > end) {
			const seconds = Math.round(timeout / 1000);
			throw new Error(`waited ${seconds} s for ${what}${last ? `; last error: ${last.message}` : ''}`);
		}
		await sleep(every);
	}
}
