// @polkadot/api, with errors in words.
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { blake2AsHex, cryptoWaitReady } from '@polkadot/util-crypto';

/** One FSN in its smallest unit. */
export const FSN = 10n ** 18n;

/** The hash that a runtime is authorized by. */
export const blake2 = (bytes) => blake2AsHex(bytes, 256);

/** Connects to a node; throws instead of trying again and again. */
export function connect(url) {
	return ApiPromise.create({
		provider: new WsProvider(url, 1000, {}, 120_000),
		throwOnConnect: true,
		noInitWarn: true,
	});
}

/** Substrate's development accounts by lower-case name: these, or others of the same phrase. */
export async function developmentAccounts(
	names = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'],
) {
	await cryptoWaitReady();
	const keyring = new Keyring({ type: 'sr25519' });
	return Object.fromEntries(
		names.map((name) => [name.toLowerCase(), keyring.addFromUri(`//${name}`, { name })]),
	);
}

/** The name of a dispatch error: `pallet.Error`, or what else it is. */
export function nameOf(api, error) {
	if (!error.isModule) return error.toString();
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

/**
 * Signs and submits, and waits until the transaction is in a block, or, if it `isFinal` that is wanted, in a final
 * one, for `timeout` milliseconds at most. Its events and block hash; an error whose message is the dispatch error's
 * name if the call failed. If it `mayFail`, there is no such error, but the dispatch error beside the events (`null`
 * if it did not).
 */
export function submit(
	api,
	extrinsic,
	signer,
	{ timeout = 60_000, nonce = -1, isFinal = false, mayFail = false } = {},
) {
	const { section, method } = extrinsic.method;
	return new Promise((resolve, reject) => {
		let unsubscribe = () => {};
		const finish = (settle, value) => {
			clearTimeout(timer);
			unsubscribe();
			settle(value);
		};
		const where = isFinal ? 'no final block' : 'no block';
		const timer = setTimeout(
			() => finish(reject, new Error(`${section}.${method} was in ${where} for ${timeout} ms`)),
			timeout,
		);
		extrinsic
			.signAndSend(signer, { nonce }, ({ status, events, dispatchError, internalError }) => {
				if (internalError) return finish(reject, internalError);
				if (status.isInvalid || status.isDropped || status.isUsurped) {
					return finish(reject, new Error(`${section}.${method} is ${status.type}`));
				}
				// A block that is final at once may be told of only as that.
				if (!status.isFinalized && (isFinal || !status.isInBlock)) return undefined;
				if (dispatchError && !mayFail) return finish(reject, new Error(nameOf(api, dispatchError)));
				const blockHash = status.isInBlock ? status.asInBlock : status.asFinalized;
				return finish(resolve, {
					events: events.map(({ event }) => event),
					blockHash: blockHash.toHex(),
					error: dispatchError ?? null,
				});
			})
			.then(
				(stop) => {
					unsubscribe = stop;
				},
				(error) => finish(reject, error),
			);
	});
}

/** The data of the only event `kind` (of `api.events`) among `events`. */
export function only(events, kind, name) {
	const found = events.filter((event) => kind.is(event));
	if (found.length !== 1) {
		const all = events.map(({ section, method }) => `${section}.${method}`).join(', ');
		throw new Error(`expected one event ${name}, found ${found.length} among: ${all}`);
	}
	return found[0].data;
}
