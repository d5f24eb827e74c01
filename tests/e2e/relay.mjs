// What `make relay` starts: Fusion on a relay chain of its own, two validators and three collators, until Ctrl-C.
//
//   FUSION_DATA=folder   keep the chains' data and the logs there (default: a temporary folder, removed at the
//                        end). The specifications are written anew: it has to be an empty folder.

import { mkdtempSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RelayNetwork } from './lib/relay.mjs';
import { onInterrupt } from './lib/processes.mjs';
import { relayBlock } from './lib/relaychain.mjs';
import { sleep } from './lib/rpc.mjs';

const kept = process.env.FUSION_DATA;
const dir = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'fusion-relay-'));
const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const began = Date.now();
const say = (text = '') => console.log(text);
const progress = (text) => say(`  ${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}`);

let network;
let stopping = false;
async function stop(code) {
	if (stopping) return;
	stopping = true;
	say('\nStopping everything …');
	await network?.stop();
	if (kept || code !== 0) say(`Stopped. Data and logs are in ${dir}.`);
	else {
		rmSync(dir, { recursive: true, force: true });
		say('Stopped. Nothing is left.');
	}
	process.exit(code);
}
onInterrupt(() => stop(0));

try {
	await main();
} catch (error) {
	if (!stopping) {
		console.error(`\nerror: ${error.stderr?.toString().trim() || error.message}`);
		await stop(1);
	}
}

async function main() {
	if (kept && existsSync(dir) && readdirSync(dir).length > 0) throw new Error(`${dir} is not empty`);
	say(`\n${bold('Starting Fusion on a relay chain')}  (logs: ${dir})`);
	network = await RelayNetwork.create({ dir, ports: 'fixed' });
	await network.start(progress);
	progress('ready');
	const { validators, nodes, para } = network;
	const apps = (ws) => `https://polkadot.js.org/apps/?rpc=${encodeURIComponent(ws)}`;
	const list = (items, line) => items.map((item) => `    ${line(item)}`).join('\n');
	say(`
${bold(`Parachain ${para.id} is running.`)} Ctrl-C stops all of it.

  Relay chain
${list(validators, ({ name, ws }) => `${name.padEnd(10)} ${ws}   ${apps(ws)}`)}
  Fusion
${list(nodes, ({ name, ws, isEmbedded }) => {
	return `${name.padEnd(10)} ${ws}   ${isEmbedded ? 'with a relay chain node inside' : 'asks the validators'}`;
})}
    in Polkadot.js Apps: ${apps(nodes[0].ws)}
  Ethereum JSON-RPC    ${nodes[0].eth}
  Metrics              ${nodes.map(({ ports }) => `http://127.0.0.1:${ports.prometheus}/metrics`).join(', ')}
  Specifications       ${network.specs.fusion}, ${network.specs.relay}
  Data and logs        ${dir}

Blocks of the relay chain as they become final, with the block of Fusion that each includes:
`);
	await narrate();
}

/** Tells what becomes final, for ever. */
async function narrate() {
	const [validator] = network.validators;
	let last = await relayBlock(validator, await validator.finalized(), network.para.id);
	while (!stopping) {
		network.check();
		const final = await validator.finalized().catch(() => last.number);
		while (last.number < final) {
			const block = await relayBlock(validator, last.number + 1, network.para.id);
			const isNew = block.head.hash !== last.head.hash;
			say(
				`  relay ${String(block.number).padStart(6)}  slot ${block.slot}  ` +
					(isNew ? `Fusion ${String(block.head.number).padStart(6)}  ${block.head.hash}` : '·'),
			);
			last = block;
		}
		await sleep(1_000);
	}
}
