// The runtime is upgraded through the relay chain: a referendum authorizes the new code, anybody hands it in, validators
// check it, and after the relay chain's delay it is that of the parachain.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
// @polkadot/api is a package of the tests with clients.
import { enact } from '../../clients/lib/governance.mjs';
import { blake2, connect, developmentAccounts, only, submit } from '../../clients/lib/substrate.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { NODE } from '../lib/network.mjs';
import { seconds } from './world.mjs';

const RUNTIME = process.env.FUSION_UPGRADE_WASM ??
	join(dirname(NODE), 'wbuild/fusion-runtime/fusion_runtime_next.compact.compressed.wasm');
/**
 * How long the relay chain may take with it: all validators compile the new runtime, then there is its delay, and then
 * all collators compile it at once.
 */
const PATIENCE = 120 * SLOT;
/** So many blocks of the new runtime have to be final. */
const ENOUGH = 5;

export async function upgrade(world) {
	const { network, tale, rows } = world;
	const [first] = network.nodes;
	tale.step('A referendum authorizes a newer runtime');
	if (!existsSync(RUNTIME)) throw new Error(`no newer runtime at ${RUNTIME}; fix: scripts/build --all-targets`);
	const code = readFileSync(RUNTIME);
	const version = async (node, ...at) => (await node.rpc('state_getRuntimeVersion', ...at)).specVersion;
	const before = await version(first);
	const api = await connect(first.ws);
	try {
		const accounts = await developmentAccounts();
		const began = Date.now();
		await enact(api, api.tx.system.authorizeUpgrade(blake2(code)), {
			proposer: accounts.alice,
			voters: Object.values(accounts),
			blockTime: SLOT,
			effect: async () => (await api.query.system.authorizedUpgrade()).isSome,
		});
		tale.note(`✓ it is authorized, ${seconds(Date.now() - began)} s after it was proposed`);

		tale.step('It is handed in, and the relay chain lets it in');
		const handed = Date.now();
		const apply = api.tx.system.applyAuthorizedUpgrade(`0x${code.toString('hex')}`);
		const { events } = await submit(api, apply, accounts.alice, { timeout: PATIENCE });
		only(events, api.events.parachainSystem.ValidationFunctionStored, 'parachainSystem.ValidationFunctionStored');
		tale.holds('the old runtime goes on until the relay chain says so', (await version(first)) === before);
		await network.wait('the new runtime to be in use', async () => (await version(first)) > before, PATIENCE);
		const applied = Date.now();
		tale.note(`✓ it is in use, ${seconds(applied - handed)} s after it was handed in`);

		const goal = (await first.best()) + ENOUGH;
		await network.wait(`all collators to finalize block ${goal}`, async () => {
			for (const node of network.nodes) {
				if ((await node.finalized()) < goal) return false;
			}
			return true;
		}, PATIENCE);
		const hash = await first.rpc('chain_getBlockHash', goal);
		const versions = await Promise.all(network.nodes.map((node) => version(node, hash)));
		tale.holds(
			`all have the same final block ${goal}, of runtime ${versions[0]}`,
			versions.every((other) => other === before + 1),
			versions.join(', '),
		);
		rows.push(
			['from proposal to authorization of a runtime', `${seconds(handed - began)} s`],
			['from handing it in to its first block', `${seconds(applied - handed)} s`],
			['until blocks of it were final everywhere', `${seconds(Date.now() - applied)} s`],
		);
	} finally {
		await api.disconnect();
	}
	network.check();
}
