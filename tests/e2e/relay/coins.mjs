// On a relay chain, with finality by its validators and by nothing else: bitcoin comes in and goes out, exact to the
// satoshi as bitcoind counts, and a contract runs by itself, triggered by the collators' own keys.

import { parseEther, parseEventLogs } from 'viem';
// Forge compiles it for the tests with clients.
import { artifact } from '../../clients/lib/artifacts.mjs';
import { Coins } from '../dcrm/coins.mjs';
import { send } from '../lib/coins.mjs';
import { SLOT } from '../lib/hhcm.mjs';
import { seconds } from './world.mjs';

/** What goes out again (satoshi). */
const OUT = 40_000_000;
/** How long a step of both chains may take: a batch every five blocks, and finality some ten blocks behind. */
const PATIENCE = 100 * SLOT;
/** How long all runs of the contract may take: each waits for the one before. */
const RUNS = 60 * SLOT;
/** The calling list. */
const LIST = '0x00000000000000000000000000000000f5040000';
/** Who makes sure that a row runs: whoever sends its trigger. */
const BEST_EFFORT = 0;

export async function coins(world) {
	const { network, tale, rows } = world;
	tale.step('A key group of four makes a key');
	const began = Date.now();
	const group = await network.keyGroup(tale.note);
	tale.holds(`any ${group.threshold} of ${group.members.length} members sign`, group.threshold === 3);
	rows.push(['from the start until there was a key', `${seconds(Date.now() - began)} s`]);

	tale.step('One bitcoin comes in');
	const money = await Coins.open(network, tale, PATIENCE);
	const asked = Date.now();
	await money.lockIn();
	rows.push(['from asking for a deposit address to the coin on Fusion', `${seconds(Date.now() - asked)} s`]);

	tale.step('0.4 of it go out');
	const left = Date.now();
	await money.request(OUT);
	const transaction = await money.signed();
	rows.push(['from asking for a lock-out to the payment in the pool', `${seconds(Date.now() - left)} s`]);
	await money.settle(OUT, transaction);
	rows.push(['until it was burnt', `${seconds(Date.now() - left)} s`]);

	await trigger(world, money);
	network.check();
}

/** A contract runs by a time, by a log and by a check, and nobody sends a transaction. */
async function trigger({ network, tale, rows }, { owner, reader }) {
	tale.step('A contract runs by a time, by a log of its own, and when a check says so');
	const { abi, bytecode } = await artifact('Clockwork');
	const value = parseEther('8');
	const deployed = owner.deployContract({ abi, bytecode, args: [BEST_EFFORT], value });
	const { contractAddress: address, blockNumber } = await send({ reader }, 'the deployment of Clockwork', deployed);
	const sender = { address: owner.account.address };
	const sent = await reader.getTransactionCount(sender);
	const began = Date.now();

	const read = (functionName) => reader.readContract({ address, abi, functionName });
	await network.wait('it to have settled', async () => (await read('settled')) === 42n, RUNS);
	await network.wait('it to have ticked three times', async () => (await read('ticks')) === 3n, RUNS);
	rows.push(['six runs of a contract, some after others', `${seconds(Date.now() - began)} s`]);
	tale.holds('its owner has sent nothing since', (await reader.getTransactionCount(sender)) === sent);

	// Not of a fork that was dropped: all collators have finalized it.
	const end = Number(await reader.getBlockNumber());
	await network.wait(`all to finalize block ${end}`, async () => {
		for (const node of network.nodes) if ((await node.finalized()) < end) return false;
		return true;
	}, PATIENCE);
	const logs = parseEventLogs({ abi, logs: await reader.getLogs({ address, fromBlock: blockNumber }) });
	const count = (name) => logs.filter(({ eventName }) => eventName === name).length;
	const counts = ['Ticked', 'Heard', 'Settled'].map(count);
	tale.holds('each run left one log: three ticks, two heard, one settlement', counts.join() === '3,2,1', counts.join());

	const receipts = await Promise.all(logs.map(({ transactionHash: hash }) => reader.getTransactionReceipt({ hash })));
	tale.holds(
		'by transactions to the calling list, which others than its owner have sent',
		receipts.every(({ to, from, status }) => {
			return to.toLowerCase() === LIST && from.toLowerCase() !== sender.address.toLowerCase() && status === 'success';
		}),
	);
	const senders = new Set(receipts.map(({ from }) => from));
	tale.note(`${receipts.length} runs, triggered by ${senders.size} of the collators' keys`);
}
