// Plain JSON-RPC over HTTP, for what the clients under test do not show.

let nextId = 1;

/** Calls `method`; throws an error with `code` and `data` when the endpoint answers with one. */
export async function rpc(url, method, params = []) {
	const response = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: nextId++, method, params }),
		signal: AbortSignal.timeout(30_000),
	});
	if (!response.ok) throw new Error(`${method}: HTTP ${response.status} from ${url}`);
	const { result, error } = await response.json();
	if (error) throw Object.assign(new Error(`${method}: ${error.message}`), error);
	return result;
}
