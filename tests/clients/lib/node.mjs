// Endpoints for tests: a fusion-node of the test's own, or one that runs elsewhere.
//
// Environment:
// - FUSION_NODE: the program; by default the release build in the target folder.
// - FUSION_BLOCK_TIME: milliseconds between blocks of nodes that tests start (500).
// - FUSION_ETH_URL: Ethereum endpoint that the Ethereum tests use instead of a node of their own;
//   `anvil` starts one. What needs a whole Fusion node is then skipped.
// - FUSION_KEEP: set to keep the folders and logs of green runs too.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { ADDRESSES } from './accounts.mjs';
import { freePorts } from './ports.mjs';
import { Daemon } from './process.mjs';
import { rpc } from './rpc.mjs';
import { foundry } from './tools.mjs';
import { until } from './wait.mjs';

const START_TIMEOUT = 300_000;
const EXTERNAL = process.env.FUSION_ETH_URL;
const BLOCK_TIME = Number(process.env.FUSION_BLOCK_TIME ?? 500);

/** Reason to skip what only a fusion-node of the test's own can answer; false if there is one. */
export const NEEDS_FUSION = EXTERNAL
	? `needs a fusion-node of its own, but FUSION_ETH_URL=${EXTERNAL}`
	: false;

/** Path of the fusion-node program. */
export function nodeBinary() {
	const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache/fusion/target');
	const path = process.env.FUSION_NODE ?? join(target, 'release/fusion-node');
	if (!existsSync(path)) {
		throw new Error(`no fusion-node at ${path}: build it, or set FUSION_NODE to where it is`);
	}
	return path;
}

/** A folder for one run. It goes away when the process ends well, and is shown when it does not. */
export function temporaryFolder() {
	const folder = mkdtempSync(join(tmpdir(), 'fusion-clients-'));
	process.on('exit', (code) => {
		if (code === 0 && process.env.FUSION_KEEP === undefined) {
			rmSync(folder, { recursive: true, force: true });
		} else {
			console.error(`logs and data are kept in ${folder}`);
		}
	});
	return folder;
}

/** A development node: one process, whose database outlives it. */
export class Node {
	/** @param {{ blockTime?: number, instantSeal?: boolean, args?: string[] }} options */
	static async start(options = {}) {
		const node = new Node(options, temporaryFolder(), await freePorts(5));
		try {
			await node.up();
		} catch (error) {
			// Else the process would keep the tests from ending.
			await node.stop();
			throw error;
		}
		return node;
	}

	constructor({ blockTime = BLOCK_TIME, instantSeal = false, args = [] }, folder, ports) {
		const [rpcPort, ethPort, prometheus, ethPrometheus, p2p] = ports;
		this.folder = folder;
		this.blockTime = blockTime;
		this.url = `http://127.0.0.1:${rpcPort}`;
		this.wsUrl = `ws://127.0.0.1:${rpcPort}`;
		this.ethUrl = `http://127.0.0.1:${ethPort}`;
		this.ethWsUrl = `ws://127.0.0.1:${ethPort}`;
		this.metricsUrl = `http://127.0.0.1:${prometheus}/metrics`;
		this.args = [
			'--dev',
			...['--base-path', join(folder, 'data')],
			...['--rpc-port', String(rpcPort)],
			...['--eth-rpc-port', String(ethPort)],
			...['--prometheus-port', String(prometheus)],
			...['--eth-prometheus-port', String(ethPrometheus)],
			...['--port', String(p2p)],
			...(instantSeal ? ['--instant-seal'] : ['--block-time', String(blockTime)]),
			...args,
		];
	}

	/** Starts the process (again, after a stop or a crash: same ports, same data). */
	async up() {
		this.daemon = new Daemon(nodeBinary(), this.args, { log: join(this.folder, 'node.log') });
		await until(
			'the node to answer on both RPC ports',
			async () => {
				try {
					this.daemon.assertRunning();
				} catch (error) {
					throw Object.assign(error, { fatal: true });
				}
				await rpc(this.url, 'system_health');
				return rpc(this.ethUrl, 'eth_chainId');
			},
			{ timeout: START_TIMEOUT },
		);
	}

	/** SIGKILL. */
	crash() {
		return this.daemon.crash();
	}

	/** SIGTERM; true if the node ended by itself. */
	stop() {
		return this.daemon.stop();
	}
}

/** An endpoint of anvil, with the same accounts funded as on a development node. */
export class Anvil {
	/** @param {{ chainId?: number, blockTime?: number, args?: string[] }} options seconds */
	static async start({ chainId = 420_420, blockTime, args = [] } = {}) {
		const anvil = new Anvil();
		anvil.isAnvil = true;
		const [port] = await freePorts(1);
		anvil.ethUrl = `http://127.0.0.1:${port}`;
		anvil.ethWsUrl = `ws://127.0.0.1:${port}`;
		anvil.daemon = new Daemon(
			foundry('anvil'),
			[
				...['--port', String(port), '--chain-id', String(chainId), '--accounts', '1'],
				...(blockTime === undefined ? [] : ['--block-time', String(blockTime)]),
				...args,
			],
			{ log: join(temporaryFolder(), 'anvil.log') },
		);
		await until('anvil to answer', async () => {
			anvil.daemon.assertRunning();
			return rpc(anvil.ethUrl, 'eth_chainId');
		});
		await fundOnAnvil(anvil.ethUrl);
		return anvil;
	}

	stop() {
		return this.daemon.stop();
	}
}

/** Gives the development accounts what they have on a development node; only anvil can. */
async function fundOnAnvil(url) {
	const balance = `0x${(10n ** 24n).toString(16)}`;
	for (const address of Object.values(ADDRESSES)) {
		await rpc(url, 'anvil_setBalance', [address, balance]);
	}
}

/** An endpoint that somebody else started. */
async function external(url) {
	const isAnvil = /^anvil/i.test(await rpc(url, 'web3_clientVersion'));
	if (isAnvil) await fundOnAnvil(url);
	return { ethUrl: url, ethWsUrl: url.replace(/^http/, 'ws'), isAnvil, stop: async () => true };
}

/**
 * The endpoint that a test file of the Ethereum part talks to: `ethUrl` and `ethWsUrl`.
 *
 * The caller stops it after the tests.
 */
export function ethereumEndpoint() {
	if (EXTERNAL === undefined) return Node.start();
	return EXTERNAL === 'anvil' ? Anvil.start({ blockTime: 1 }) : external(EXTERNAL);
}
