// Full blocks: how long validators take to execute them, and how large the proofs are that they are given.
//
// Validators have to be started with `-lparachain::pvf=trace`: it is how they say what each execution took.

import { randomBytes } from 'node:crypto';
// @polkadot/api is a package of the tests with clients.
import { inParallel } from '../../clients/lib/load.mjs';
import { connect, developmentAccounts, submit } from '../../clients/lib/substrate.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { sleep } from '../lib/rpc.mjs';
import { seconds } from './world.mjs';

/** How long it may take until all transactions are in final blocks. */
const PATIENCE = 100 * SLOT;
/** Accounts that send, and what each is given for fees and to transfer. */
const SENDERS = 60;
const GIVEN = 10n ** 19n;
/** Transfers in a transaction, and bytes of a remark. */
const TRANSFERS = 20;
const REMARK = 48 * 1024;
/** Of what a block takes of transactions, so much is sent: the first block may begin before all are there. */
const SENT = 2;
/** And so much the fullest block has to have, or it says nothing of a full one. */
const FULL = 0.5;
/** Most bytes of transactions in a block: `RuntimeBlockLength` of the runtime, for normal ones. */
const MAX_LENGTH = 0.75 * 5 * 1024 * 1024;
/** A processor's time that validators give a candidate they are to back: `DEFAULT_BACKING_EXECUTION_TIMEOUT`. */
const MAX_MS = 2_000;
/** Most bytes of a proof as it is sent, and as it is executed (`max_pov_size` of the relay chain, in zombienet/). */
const MAX_SENT = 5 * 1024 * 1024;
const MAX_POV = 10 * 1024 * 1024;

const MIB = 1024 * 1024;
const mib = (bytes) => `${(bytes / MIB).toFixed(2)} MiB`;
const percent = (part) => `${(100 * part).toFixed(0)} %`;

export async function load(world) {
	const { network, tale } = world;
	const api = await connect(network.nodes[0].ws);
	try {
		tale.step('Blocks are filled with transactions');
		const senders = await fund(world, api);
		const maxWeight = api.consts.system.blockWeights.perClass.normal.maxTotal.unwrap().refTime.toNumber();
		const to = (i) => senders[(i + 1) % senders.length].address;
		await round(world, api, senders, {
			name: 'transfers',
			make: (i) => {
				const transfers = Array.from({ length: TRANSFERS }, () => api.tx.balances.transferKeepAlive(to(i), 1n));
				return api.tx.utility.batchAll(transfers);
			},
			// What one takes of a block.
			share: async (call) => {
				return (await call.paymentInfo(senders[0].address)).weight.refTime.toNumber() / maxWeight;
			},
			fullness: ({ weight }) => weight / maxWeight,
		});
		await round(world, api, senders, {
			name: 'large transactions',
			// What cannot be compressed.
			make: () => api.tx.system.remark(`0x${randomBytes(REMARK).toString('hex')}`),
			share: (call) => call.encodedLength / MAX_LENGTH,
			fullness: ({ length }) => length / MAX_LENGTH,
		});
	} finally {
		await api.disconnect();
	}
	network.check();
}

/** Accounts that nobody else uses, with FSN. */
async function fund({ network, tale }, api) {
	const { alice } = await developmentAccounts();
	const senders = Array.from({ length: SENDERS }, (_, i) => alice.derive(`//load//${i}`));
	const gifts = senders.map(({ address }) => api.tx.balances.transferKeepAlive(address, GIVEN));
	await submit(api, api.tx.utility.batchAll(gifts), alice, { timeout: PATIENCE });
	const addresses = senders.map(({ address }) => address);
	await network.wait('the senders to have FSN for good', async () => {
		return (await accountsOf(api, addresses)).every(({ data }) => data.free.toBigInt() >= GIVEN);
	}, PATIENCE);
	tale.note(`${SENDERS} accounts send them`);
	return senders;
}

/** Sends more than a block takes, waits until all of it is final, and says what validators had to do. */
async function round(world, api, senders, { name, make, share, fullness }) {
	const { network, tale, rows } = world;
	const addresses = senders.map(({ address }) => address);
	const count = Math.ceil(SENT / (await share(make(0))));
	const first = (await accountsOf(api, addresses)).map(({ nonce }) => nonce.toNumber());
	// All first ones, then all second ones.
	const signed = [];
	for (let n = 0; n < count; n++) {
		const i = n % senders.length;
		const nonce = first[i] + Math.floor(n / senders.length);
		signed.push((await make(i).signAsync(senders[i], { nonce, era: 0 })).toHex());
	}
	const after = first.map((nonce, i) => nonce + Math.ceil((count - i) / senders.length));

	const from = (await network.nodes[0].finalized()) + 1;
	const positions = new Map(network.programs.map((program) => [program, program.position()]));
	const sizes = new Sizes(network.validators);
	let blocks;
	try {
		const began = Date.now();
		await inParallel(signed, 16, (raw) => network.nodes[0].rpc('author_submitExtrinsic', raw));
		tale.note(`${count} ${name} are handed in, in ${seconds(Date.now() - began)} s`);
		await network.wait(`all ${name} to be final`, async () => {
			return (await accountsOf(api, addresses)).every(({ nonce }, i) => nonce.toNumber() >= after[i]);
		}, PATIENCE, 1_000);
		tale.note(`✓ they are final, ${seconds(Date.now() - began)} s after that began`);
		blocks = await read(api, from, await network.nodes[0].finalized());
	} finally {
		await sizes.stop();
	}
	const fullest = blocks.reduce((most, block) => (fullness(block) > fullness(most) ? block : most));
	const full = fullness(fullest);
	rows.push([
		`${name}: fullest block`,
		`${percent(full)} full: ${fullest.count} transactions, ${mib(fullest.length)}, ` +
			`${(fullest.weight / 1e12).toFixed(2)} s by weight`,
	]);
	tale.holds(
		`block ${fullest.number} is ${percent(full)} full, at least ${percent(FULL)}`,
		full >= FULL,
		`of ${blocks.length} blocks, it is the fullest`,
	);

	const times = network.validators.flatMap(({ program }) => executions(program.since(positions.get(program))));
	if (times.length === 0) {
		throw new Error('no validator says what an execution took; fix: start them with -lparachain::pvf=trace');
	}
	const longest = Math.max(...times);
	rows.push([
		`${name}: longest execution by a validator`,
		`${longest.toFixed(0)} ms of a processor, of ${MAX_MS} ms at most (${times.length} executions)`,
	]);
	const made = network.nodes.flatMap(({ program }) => proofs(program.since(positions.get(program))));
	if (made.length === 0) throw new Error('no collator says how large a proof was ("PoV size")');
	const largest = made.reduce((most, proof) => (proof.total > most.total ? proof : most));
	rows.push([
		`${name}: largest proof`,
		`${mib(largest.total)} of ${mib(MAX_POV)} at most ` +
			`(transactions ${mib(largest.extrinsics)}, state ${mib(largest.state)})`,
	]);
	if (sizes.largest === 0) throw new Error('no validator counts the sizes of proofs (Prometheus)');
	rows.push([`${name}: largest proof as it is sent`, `${mib(sizes.largest)}, of ${mib(MAX_SENT)} at most`]);
	const within = (what, is, limit, said) => tale.holds(`${what} at most`, is <= limit, `${said} is the limit`);
	within(`validators execute blocks in ${longest.toFixed(0)} ms`, longest, MAX_MS, `${MAX_MS} ms`);
	within(`proofs are ${mib(largest.total)}`, largest.total, MAX_POV, mib(MAX_POV));
	within(`proofs are sent as ${mib(sizes.largest)}`, sizes.largest, MAX_SENT, mib(MAX_SENT));
}

/** What the last final state says of accounts. */
async function accountsOf(api, addresses) {
	const at = await api.at(await api.rpc.chain.getFinalizedHead());
	return at.query.system.account.multi(addresses);
}

/** Number, transactions, their bytes and their weight of the blocks from one number to another. */
async function read(api, from, to) {
	const blocks = [];
	for (let number = from; number <= to; number++) {
		const hash = await api.rpc.chain.getBlockHash(number);
		const { block } = await api.rpc.chain.getBlock(hash);
		const signed = block.extrinsics.filter(({ isSigned }) => isSigned);
		const { normal } = await (await api.at(hash)).query.system.blockWeight();
		blocks.push({
			number,
			count: signed.length,
			length: signed.reduce((sum, { encodedLength }) => sum + encodedLength, 0),
			weight: normal.refTime.toNumber(),
		});
	}
	if (blocks.length === 0) throw new Error(`no block was made from ${from} to ${to}`);
	return blocks;
}

/** Milliseconds of a processor that executions took, as a validator's log says. */
export function executions(log) {
	const unit = { ns: 1e-6, 'µs': 1e-3, ms: 1, s: 1e3 };
	const found = log.matchAll(/execute worker concluded successfully.*?duration=Some\(([\d.]+)(ns|µs|ms|s)\)/g);
	return [...found].map(([, number, name]) => Number(number) * unit[name]);
}

/** The parts of proofs in bytes, as a collator's log says. */
export function proofs(log) {
	const lines = log.split('\n').filter((line) => /\bPoV size\b/.test(line));
	return lines.flatMap((line) => {
		const part = (name) => 1024 * Number(new RegExp(`\\b${name}_kb=([\\d.]+)`).exec(line)?.[1] ?? NaN);
		const [header, extrinsics, state] = ['header', 'extrinsics', 'storage_proof'].map(part);
		const total = header + extrinsics + state;
		return Number.isNaN(total) ? [] : [{ total, extrinsics, state }];
	});
}

/** Sum and number of what was observed of proofs as they are sent, in what Prometheus is told. */
export function observed(text) {
	const result = { sum: 0, count: 0 };
	const line = /^(?:\w+_)?parachain_candidate_validation_pov_size_(sum|count)\{([^}]*)\} ([\d.e+]+)$/gm;
	for (const [, kind, labels, value] of text.matchAll(line)) {
		if (labels.includes('compressed="true"')) result[kind] += Number(value);
	}
	return result;
}

/**
 * The largest proof that validators were sent. They only tell of sums: it is looked so often that there is mostly one
 * proof between two looks, and else the mean of these counts.
 */
class Sizes {
	constructor(validators) {
		this.largest = 0;
		this.stopped = false;
		this.running = Promise.all(validators.map((validator) => this.#look(validator)));
	}

	async #look({ ports }) {
		let last = null;
		while (!this.stopped) {
			// An answer that does not come is a look less.
			const now = await metrics(ports.prometheus).catch(() => null);
			if (now && last && now.count > last.count) {
				this.largest = Math.max(this.largest, (now.sum - last.sum) / (now.count - last.count));
			}
			last = now ?? last;
			await sleep(500);
		}
	}

	async stop() {
		this.stopped = true;
		await this.running;
	}
}

async function metrics(port) {
	const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
	return observed(await answer.text());
}
