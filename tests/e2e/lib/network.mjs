// A local network: Fusion nodes (four, if not said otherwise) and bitcoind on regtest, each a process of its
// own.
//
//   const network = await Network.create({ dir });   // free ports, nothing started
//   await network.start();                           // returns when blocks are made and finalized
//   await network.keyGroup();                        // returns when the key group can sign
//   await network.stop();

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Bitcoin } from './bitcoin.mjs';
import { Program, freePorts, isFree, stopAll } from './processes.mjs';
import { readReserves } from './reserves.mjs';
import { call, until } from './rpc.mjs';
import { Reader, encode } from './scale.mjs';

const cache = process.env.FUSION_CACHE || join(homedir(), '.cache/fusion');
const tools = process.env.FUSION_TOOLS || join(cache, 'tools');
const target = process.env.CARGO_TARGET_DIR || join(cache, 'target');

/** The programs that a network is made of. */
export const NODE = process.env.FUSION_NODE || join(target, 'release/fusion-node');
export const BITCOIND = process.env.FUSION_BITCOIND || join(tools, 'bin/bitcoind');

/**
 * The development accounts that nodes work for. A name is a flag of the node (`--alice`); a public key is an
 * account, the key that it authors with, and its DCRM member id, all at once.
 */
export const COLLATORS = [
	{ name: 'alice', id: 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d' },
	{ name: 'bob', id: '8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48' },
	{ name: 'charlie', id: '90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22' },
	{ name: 'dave', id: '306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222cc20' },
	{ name: 'eve', id: 'e659a7a1628cdd93febc04a4e0646ea20e9f5f0ce097d9a05290d4a9e054df4e' },
	{ name: 'ferdie', id: '1cbd2d43530a44705ad088af313e18f80b53ef16b36177cd4b77b846f2a5f07c' },
];

/** Those that are members of the first key group, and author on the chain `local`. */
export const MEMBERS = COLLATORS.slice(0, 4);

/** Ports of node 0 and of bitcoind where people expect them; node i adds 10·i. */
export const PORTS = { rpc: 9944, eth: 8545, prometheus: 9615, ethPrometheus: 9617, p2p: 30333 };
export const BITCOIN_PORT = 18443;

const PHASES = ['dealing', 'verdicts', 'answers', 'revealing', 'accusing', 'confirming', 'testing'];

/** One `fusion-node`. */
export class FusionNode {
	/** `account` is of {@link COLLATORS}, and may have `args`: more arguments for this node. */
	constructor(network, index, ports, account) {
		Object.assign(this, { network, index, ports, args: [], ...account });
		this.dir = join(network.dir, this.name);
		this.url = `http://127.0.0.1:${ports.rpc}`;
		this.ws = `ws://127.0.0.1:${ports.rpc}`;
		// Only node 0 serves Ethereum's JSON-RPC.
		this.eth = index === 0 ? `http://127.0.0.1:${ports.eth}` : null;
		// Not a secret: it only makes the peer id known beforehand.
		this.nodeKey = createHash('sha256').update(`fusion local node ${index}`).digest();
		this.address = `/ip4/127.0.0.1/tcp/${ports.p2p}/p2p/${peerId(this.nodeKey)}`;
		this.program = new Program({
			name: `fusion-node ${this.name}`,
			command: NODE,
			args: [],
			log: join(network.dir, `${this.name}.log`),
			orphaned: network.orphaned,
		});
	}

	start() {
		const { ports, network } = this;
		mkdirSync(this.dir, { recursive: true });
		const bootnodes = network.nodes.filter((node) => node !== this).map((node) => node.address);
		this.program.args = [
			`--chain=${network.chain}`,
			`--${this.name}`,
			`--base-path=${this.dir}`,
			`--node-key=${this.nodeKey.toString('hex')}`,
			`--listen-addr=/ip4/127.0.0.1/tcp/${ports.p2p}`,
			// Another network on this machine has the same genesis: don't find its nodes.
			'--no-mdns',
			...bootnodes.flatMap((address) => ['--bootnodes', address]),
			`--rpc-port=${ports.rpc}`,
			'--rpc-cors=all',
			`--prometheus-port=${ports.prometheus}`,
			'--no-telemetry',
			'--no-hardware-benchmarks',
			...(this.eth
				? [`--eth-rpc-port=${ports.eth}`, `--eth-prometheus-port=${ports.ethPrometheus}`]
				: ['--no-eth-rpc']),
			...(network.bitcoin ? [`--bitcoin-rpc=${network.bitcoin.authority}`] : []),
			...(network.roundDelay ? [`--dcrm-round-delay=${network.roundDelay}`] : []),
			...this.args,
		];
		this.program.start();
	}

	rpc(method, ...params) {
		return call(this.url, method, params);
	}

	/** Number of the best block. */
	async best() {
		return Number((await this.rpc('chain_getHeader')).number);
	}

	/** Number of the last finalized block. */
	async finalized() {
		const hash = await this.rpc('chain_getFinalizedHead');
		return Number((await this.rpc('chain_getHeader', hash)).number);
	}

	async peers() {
		return (await this.rpc('system_health')).peers;
	}

	/**
	 * Calls a function of the runtime's API with SCALE-encoded arguments, in the state of the best block or of
	 * the block with the hash `at`.
	 */
	async runtime(name, args = '', at = undefined) {
		return new Reader(await this.rpc('state_call', name, `0x${args}`, ...(at ? [at] : [])));
	}

	/** Its Prometheus metrics: name, labels as they are written, value. */
	async metrics() {
		const answer = await fetch(`http://127.0.0.1:${this.ports.prometheus}/metrics`, {
			signal: AbortSignal.timeout(30_000),
		});
		const lines = (await answer.text()).matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm);
		return [...lines].map(([, name, labels = '', value]) => ({ name, labels, value: Number(value) }));
	}

	/** Number of the key group that new work is given to, or null. */
	async activeGroup() {
		const answer = await this.runtime('DcrmApi_active_group');
		return answer.option(answer.u32);
	}

	/** The newest group of this member: its number, members, threshold and state. */
	async newestGroup() {
		const groups = await this.runtime('DcrmApi_groups_of', this.id);
		const id = groups.list(groups.u32).pop();
		if (id === undefined) return null;
		const answer = await this.runtime('DcrmApi_group', encode(id, 32));
		return answer.option(() => {
			answer.u32();
			const members = answer.list(() => answer.hex(32));
			const threshold = answer.u16();
			answer.u8(); // the algorithm: there is one
			const state = answer.u8();
			const phase = state === 0 ? PHASES[answer.u8()] : null;
			return { id, members, threshold, state: ['generating', 'active', 'failed'][state], phase };
		});
	}

	/** Confirmations that a Bitcoin transaction needs here. */
	async confirmations() {
		return (await this.runtime('BitcoinMappingApi_confirmations')).u32();
	}

	/** Proof of reserves, in satoshi. */
	async reserves() {
		return readReserves(await this.runtime('BitcoinMappingApi_reserves'));
	}
}

export class Network {
	/**
	 * Chooses ports and names files; starts nothing. `dir` takes all data and logs. `ports` is `free`
	 * (any) or `fixed` (the ones that people know). `roundDelay` (ms) makes members wait between the
	 * rounds of a signing. `chain` is a name or a file that is there when the nodes are started. `nodes` are
	 * the accounts that there is a node for (see {@link FusionNode}). `orphaned` is the signal that ends the
	 * nodes if we are gone; one that is paused by then takes no other than `KILL`.
	 */
	static async create({
		dir,
		ports = 'free',
		bitcoin = true,
		roundDelay = 0,
		chain = 'local',
		nodes = MEMBERS,
		orphaned = 'TERM',
	}) {
		const network = new Network();
		Object.assign(network, { dir, roundDelay, chain, orphaned });
		mkdirSync(dir, { recursive: true });
		for (const program of [NODE, ...(bitcoin ? [BITCOIND] : [])]) {
			if (!existsSync(program)) throw new Error(`${program} is missing; fix: make build`);
		}

		const names = Object.keys(PORTS);
		const free = ports === 'free' ? await freePorts(nodes.length * names.length + 1) : null;
		const bitcoinPort = free ? free.pop() : BITCOIN_PORT;
		const nodePorts = nodes.map((_, i) =>
			Object.fromEntries(names.map((name) => [name, free ? free.pop() : PORTS[name] + 10 * i])),
		);
		if (!free) await network.#checkPorts(nodePorts, bitcoin ? bitcoinPort : null);

		if (bitcoin) {
			const access = { port: bitcoinPort, user: 'fusion', password: 'fusion' };
			const data = join(dir, 'bitcoin');
			mkdirSync(data, { recursive: true });
			network.bitcoin = new Bitcoin(access);
			network.bitcoind = Bitcoin.program({
				command: BITCOIND,
				dir: data,
				log: join(dir, 'bitcoind.log'),
				...access,
			});
		}
		network.nodes = nodePorts.map((own, index) => new FusionNode(network, index, own, nodes[index]));
		return network;
	}

	async #checkPorts(nodePorts, bitcoinPort) {
		const wanted = nodePorts.flatMap((own, i) =>
			Object.entries(own)
				.filter(([name]) => i === 0 || !name.startsWith('eth'))
				.map(([name, port]) => ({ port, what: `${name} of node ${i}` })),
		);
		if (bitcoinPort) wanted.push({ port: bitcoinPort, what: 'bitcoind' });
		const taken = [];
		for (const { port, what } of wanted) {
			if (!(await isFree(port))) taken.push(`${port} (${what})`);
		}
		if (taken.length > 0) {
			throw new Error(
				`these ports are in use: ${taken.join(', ')}; fix: stop what uses them (is another network running?)`,
			);
		}
	}

	get programs() {
		return [...(this.bitcoind ? [this.bitcoind] : []), ...this.nodes.map((node) => node.program)];
	}

	/** Throws if one of the programs ended by itself. */
	check = () => {
		for (const program of this.programs) program.check();
	};

	/** Starts everything, and waits until blocks are made and finalized. */
	async start(progress = () => {}) {
		if (this.bitcoind) {
			progress('bitcoind');
			this.bitcoind.start();
			await this.bitcoin.ready(this.check);
		}
		progress(`${this.nodes.length} Fusion nodes`);
		for (const node of this.nodes) node.start();
		// Each may have to compile the runtime before.
		const patience = 40_000 * this.nodes.length;
		await this.#wait('all nodes to answer', async () => {
			for (const node of this.nodes) await node.rpc('system_health');
			return true;
		}, patience);
		progress('first blocks');
		await this.#wait('all nodes to import blocks and to finalize', async () => {
			for (const node of this.nodes) {
				if ((await node.best()) < 1 || (await node.finalized()) < 1) return false;
			}
			return true;
		}, 180_000);
		progress("Ethereum's JSON-RPC");
		await this.#wait("Ethereum's JSON-RPC to serve blocks", async () => {
			return Number(await call(this.nodes[0].eth, 'eth_blockNumber')) > 0;
		});
	}

	/** Waits until there is a key group that can sign. Returns it. */
	async keyGroup(progress = () => {}, timeout = 600_000) {
		let last;
		return this.#wait('a key group', async () => {
			const [node] = this.nodes;
			const group = await node.newestGroup();
			const now = group ? `${group.state}${group.phase ? `: ${group.phase}` : ''}` : 'no group yet';
			if (now !== last) progress(`key group: ${now}`);
			last = now;
			return group !== null && (await node.activeGroup()) === group.id ? group : null;
		}, timeout);
	}

	#wait(what, attempt, timeout = 120_000) {
		return until(what, attempt, { timeout, giveUp: this.check });
	}

	/** Waits for something, and ends early if a program ends by itself. */
	wait(what, attempt, timeout) {
		return this.#wait(what, attempt, timeout);
	}

	async stop() {
		await stopAll();
	}

	/** Removes all data and logs. Call it after `stop`. */
	remove() {
		rmSync(this.dir, { recursive: true, force: true });
	}
}

/** The libp2p peer id of an ed25519 key: base58 of the multihash of its public key in protobuf. */
function peerId(seed) {
	const prefix = Buffer.from('302e020100300506032b657004220420', 'hex'); // PKCS #8
	const secret = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
	const point = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
	return base58(Buffer.concat([Buffer.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]), point]));
}

function base58(bytes) {
	const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
	let text = '';
	for (let rest = BigInt(`0x${bytes.toString('hex')}`); rest > 0n; rest /= 58n) {
		text = alphabet[Number(rest % 58n)] + text;
	}
	for (const byte of bytes) {
		if (byte !== 0) break;
		text = `1${text}`;
	}
	return text;
}

export { base58, peerId };
