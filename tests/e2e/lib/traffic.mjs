// Transfers, so that blocks are not empty.

import { confirmed, connect } from './ethereum.mjs';
import { sleep } from './rpc.mjs';

/** Each development account sends one transfer after the other, until it is told to stop. */
export class Traffic {
	constructor() {
		this.done = 0;
		this.failed = 0;
		this.lastError = null;
		this.stopped = false;
		this.loops = [];
	}

	/** Starts, on the node with this Ethereum JSON-RPC. */
	async start(url) {
		const { reader, signers } = await connect(url);
		this.loops = signers.map((signer, i) => {
			return this.#send(reader, signer, signers[(i + 1) % signers.length].account.address);
		});
	}

	async #send(reader, signer, to) {
		while (!this.stopped) {
			try {
				const hash = await signer.sendTransaction({ to, value: 1n });
				await confirmed(reader, hash, 'a transfer');
				this.done += 1;
			} catch (error) {
				// A nonce may be taken for a moment when the best chain changes.
				this.failed += 1;
				this.lastError = error;
				await sleep(1_000);
			}
		}
	}

	/** Lets the last transfers end. */
	async stop() {
		this.stopped = true;
		await Promise.all(this.loops);
	}
}
