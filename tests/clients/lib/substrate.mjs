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

/** Substrate's development accounts by lower-case name. */
export async function developmentAccounts() {
	await cryptoWaitReady();
	const keyring = new Keyring({ type: 'sr25519' });
	const names = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'];
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
 * Signs and submits, and waits until the transaction is in a block. Its events and block hash; an
 * error whose message is the dispatch error's name if the call failed.
 */
export function submit(api, extrinsic, signer, timeout = 60_000) {
	const { section, method } = extrinsic.method;
	return new Promise((resolve, reject) => {
		let unsubscribe = () => {};
		const finish = (settle, value) => {
			clearTimeout(timer);
			unsubscribe();
			settle(value);
		};
		const timer = setTimeout(
			() => finish(reject, new Error(`${section}.${method} was in no block for ${timeout} ms`)),
			timeout,
		);
		extrinsic
			.signAndSend(signer, { nonce: -1 }, ({ status, events, dispatchError, internalError }) => {
				if (internalError) return finish(reject, internalError);
				if (status.isInvalid || status.isDropped || status.isUsurped) {
					return finish(reject, new Error(`${section}.${method} is ${status.type}`));
				}
				// A block that is final at once may be told of only as that.
				if (!status.isInBlock && !status.isFinalized) return undefined;
				if (dispatchError) return finish(reject, new Error(nameOf(api, dispatchError)));
				const records = events.map(({ event }) => event);
				return finish(resolve, { events: records, blockHash: (status.isInBlock ? status.asInBlock : status.asFinalized).toHex() });
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
