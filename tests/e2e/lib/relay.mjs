// Fusion on a relay chain: validators and collators, each a process of its own, as a definition in zombienet's
// format says.
//
//   const network = await RelayNetwork.create({ dir });   // free ports, nothing started
//   await network.start();                                // returns when blocks of Fusion are finalized
//   await network.stop();

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BITCOIN_PORT, FusionNode, MEMBERS, PORTS, keyGroupOf, ownBitcoin, peerId } from './network.mjs';
import { Program, freePorts, isFree, stopAll } from './processes.mjs';
import { readDefinition, resolved } from './relaydefinition.mjs';
import { DEFINITION, RELAY, writeSpecs } from './relayspec.mjs';
import { call, until } from './rpc.mjs';

/** Ports of collator 0, with those of the relay chain node in it; collator i adds 10·i. */
const COLLATOR_PORTS = { ...PORTS, relayRpc: 9945, relayPrometheus: 9616, relayP2p: 30334 };
/** Ports of validator 0; validator i adds 10·i. */
const VALIDATOR_PORTS = { rpc: 9844, prometheus: 9515, p2p: 30233 };

const quiet = ['--no-mdns', '--no-telemetry'];

/** A validator of the relay chain. */
export class Validator {
	constructor(network, index, ports, { name, args }) {
		Object.assign(this, { network, index, ports, name, args });
		this.dir = join(network.dir, `relay-${name}`);
		this.url = `http://127.0.0.1:${ports.rpc}`;
		this.ws = `ws://127.0.0.1:${ports.rpc}`;
		// Not a secret: it only makes the peer id known beforehand.
		this.nodeKey = createHash('sha256').update(`fusion local relay ${index}`).digest();
		this.address = `/ip4/127.0.0.1/tcp/${ports.p2p}/p2p/${peerId(this.nodeKey)}`;
		this.program = new Program({
			name: `fusion-relay ${name}`,
			command: RELAY,
			args: [],
			log: join(network.dir, `relay-${name}.log`),
			orphaned: network.orphaned,
		});
	}

	start() {
		const { ports, network } = this;
		mkdirSync(this.dir, { recursive: true });
		const others = network.validators.filter((validator) => validator !== this);
		this.program.args = [
			`--chain=${network.specs.relay}`,
			`--${this.name}`,
			'--validator',
			`--base-path=${this.dir}`,
			`--node-key=${this.nodeKey.toString('hex')}`,
			`--listen-addr=/ip4/127.0.0.1/tcp/${ports.p2p}`,
			...others.flatMap(({ address }) => ['--bootnodes', address]),
			`--rpc-port=${ports.rpc}`,
			'--rpc-cors=all',
			`--prometheus-port=${ports.prometheus}`,
			...quiet,
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
}

/** A collator of Fusion. */
export class Collator extends FusionNode {
	/** `name`, `account` and `args` are as the definition has them. The node itself has its account's name. */
	constructor(network, index, ports, { name, account, args }) {
		super(network, index, ports, account);
		this.label = name;
		this.own = args;
		/** Whether it has a relay chain node inside. */
		this.isEmbedded = !this.own.some((word) => word.startsWith('--relay-chain-rpc-url'));
		if (!network.eth) this.eth = null;
	}

	start() {
		const { network, ports } = this;
		this.args = [
			...resolved(this.own, network.find),
			...network.collatorArgs,
			'--',
			`--chain=${network.specs.relay}`,
			`--listen-addr=/ip4/127.0.0.1/tcp/${ports.relayP2p}`,
			...network.validators.flatMap(({ address }) => ['--bootnodes', address]),
			`--rpc-port=${ports.relayRpc}`,
			`--prometheus-port=${ports.relayPrometheus}`,
			'--database=paritydb',
			'--no-hardware-benchmarks',
			...quiet,
		];
		super.start();
	}
}

export class RelayNetwork {
	/**
	 * Chooses ports and writes specifications; starts nothing. `dir` takes all data and logs. `ports` is `free`
	 * (any) or `fixed` (the ones that people know). `eth`: whether collator 0 serves Ethereum's JSON-RPC.
	 * `collatorArgs` are more arguments for each collator. `coins`: there are a bitcoind and a key group, whose fourth
	 * member is a node that does not author. `orphaned` is the signal that ends the nodes if we are gone.
	 */
	static async create({
		dir,
		ports = 'free',
		definition = DEFINITION,
		eth = true,
		collatorArgs = [],
		coins = false,
		orphaned = 'TERM',
	}) {
		const network = new RelayNetwork();
		const defined = readDefinition(definition);
		Object.assign(network, { dir, eth, collatorArgs, orphaned, defined, para: defined.para });
		// What a Fusion node asks of its network besides.
		Object.assign(network, { bitcoin: null, bitcoind: null, roundDelay: 0 });
		mkdirSync(dir, { recursive: true });
		network.specs = writeSpecs(dir, defined, coins ? MEMBERS : null);
		network.chain = network.specs.fusion;

		const { validators } = defined;
		const collators = coins ? withFourthMember(defined.collators) : defined.collators;
		const wanted = [
			...validators.map((_, i) => shifted(VALIDATOR_PORTS, i)),
			...collators.map((_, i) => shifted(COLLATOR_PORTS, i)),
		];
		const chosen = ports === 'free' ? await anyPorts(wanted) : await checked(wanted);
		network.validators = validators.map((own, i) => new Validator(network, i, chosen[i], own));
		network.nodes = collators.map((own, i) => {
			return new Collator(network, i, chosen[validators.length + i], own);
		});
		if (coins) Object.assign(network, ownBitcoin(dir, ports === 'free' ? (await freePorts(1))[0] : BITCOIN_PORT));
		return network;
	}

	/** What a definition refers to of a node. */
	find = (name, property) => {
		const node =
			this.validators.find((validator) => validator.name === name) ??
			this.nodes.find((collator) => collator.label === name);
		const found = { wsUri: node?.ws, multiAddress: node?.address }[property];
		if (!found) throw new Error(`there is no "${property}" of a node "${name}"`);
		return found;
	};

	get programs() {
		const nodes = [...this.validators, ...this.nodes].map(({ program }) => program);
		return this.bitcoind ? [this.bitcoind, ...nodes] : nodes;
	}

	/** Throws if one of the programs ended by itself. */
	check = () => {
		for (const program of this.programs) program.check();
	};

	/** Starts everything, and waits until blocks of Fusion are finalized by the relay chain. */
	async start(progress = () => {}) {
		const { timeout } = this.defined;
		if (this.bitcoind) {
			progress('bitcoind');
			this.bitcoind.start();
			await this.bitcoin.ready(this.check);
		}
		progress(`${this.validators.length} validators`);
		for (const validator of this.validators) validator.start();
		await this.wait('the relay chain to make and finalize blocks', async () => {
			for (const validator of this.validators) {
				if ((await validator.finalized()) < 1) return false;
			}
			return true;
		}, timeout);
		progress(`${this.nodes.length} collators`);
		for (const node of this.nodes) node.start();
		await this.wait('all collators to answer', async () => {
			for (const node of this.nodes) await node.rpc('system_health');
			return true;
		}, timeout);
		progress('a first block of Fusion');
		await this.wait('a first block of Fusion', async () => (await this.nodes[0].best()) > 0, timeout);
		progress('a first block of Fusion that is final (the validators compile its runtime)');
		await this.wait('the relay chain to finalize a block of Fusion', async () => {
			for (const node of this.nodes) {
				if ((await node.finalized()) < 1) return false;
			}
			return true;
		}, timeout);
	}

	/** Waits until there is a key group that can sign. Returns it. */
	keyGroup(progress = () => {}, timeout = 1_800_000) {
		return keyGroupOf(this, progress, timeout);
	}

	/** Waits for something, and ends early if a program ends by itself. */
	wait(what, attempt, timeout = 120_000, every = 500) {
		return until(what, attempt, { timeout, every, giveUp: this.check });
	}

	async stop() {
		await stopAll();
	}

	/** Removes all data and logs. Call it after `stop`. */
	remove() {
		rmSync(this.dir, { recursive: true, force: true });
	}
}

/** Collators, and the member of the key group that none of them is: connected to the relay chain like the last of them. */
function withFourthMember(collators) {
	const account = MEMBERS.find((member) => !collators.some((collator) => collator.account === member));
	return [...collators, { name: `member-${account.name}`, account, args: collators.at(-1).args }];
}

function shifted(ports, index) {
	return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, port + 10 * index]));
}

/** Other ports under the same names. */
async function anyPorts(wanted) {
	const free = await freePorts(wanted.reduce((sum, ports) => sum + Object.keys(ports).length, 0));
	return wanted.map((ports) => Object.fromEntries(Object.keys(ports).map((name) => [name, free.pop()])));
}

/** The same ports, if nobody uses them. */
async function checked(wanted) {
	const taken = [];
	for (const port of wanted.flatMap((ports) => Object.values(ports))) {
		if (!(await isFree(port))) taken.push(port);
	}
	if (taken.length > 0) {
		throw new Error(
			`these ports are in use: ${taken.join(', ')}; fix: stop what uses them (is another network running?)`,
		);
	}
	return wanted;
}
