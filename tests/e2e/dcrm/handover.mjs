// The story of a key that changes hands, on a network of seven nodes and a real bitcoind on regtest:
//
//   Four nodes make a key, and hold bitcoin with it. The key is handed over to seven, and then to four others,
//   three of whom had no part in making it; all the time, and with nodes killed when it hurts, coins are locked in
//   and out, to the satoshi, as bitcoind itself counts. What the members have on disk is looked at: the shares of
//   the present epoch, and nothing else.
//
// Run it by `make handover`. `docs/dcrm/README.md` says what a handover is.

import { COIN, toBtc } from '../lib/bitcoin.mjs';
import { runAsProgram } from '../lib/processes.mjs';
import { SigningWatch, nameOf } from '../lib/signing.mjs';
import { submit } from '../../clients/lib/substrate.mjs';
import { complaints, deliveries, signersOf } from './watch.mjs';
import {
	BOND, begin, comeBack, disk, diskBeforeFinality, end, final, follow, found, handedOver, namesOf, register, reshare,
	tails, waitFast,
} from './world.mjs';

/** What is locked out: while the key moves, by seven, by four, and by four that have all been started again. */
const [MOVING, SEVEN, FOUR, AGAIN] = [40_000_000, 90_000_000, 5_000_000, 7_000_000];
/** What is locked in besides the first bitcoin. `SEVEN` takes both coins that there are then. */
const MORE = 50_000_000;

/** Tells the whole story. Throws where it goes wrong. */
export async function handover(write = console.log) {
	const world = await begin(write);
	try {
		await tell(world);
	} catch (error) {
		error.message += tails(world);
		await end(world, false);
		throw error;
	}
	await end(world, true);
}

async function tell(world) {
	const { tale } = world;
	tale.title('The story of a key that changes hands');
	await found(world);
	tale.step('One bitcoin is locked in');
	await world.coins.lockIn();
	await register(world);
	await widen(world);
	await useBySeven(world);
	await narrow(world);
	await useByFour(world);
	await judge(world);
	tale.step('The end');
	tale.note('one key, three sets of members, and both chains agree to the satoshi');
}

/** From four members to seven. */
async function widen(world) {
	const { coins, keys, members: old, named, nodes, tale } = world;
	tale.step('A referendum hands the key over to all seven');
	const watch = await watching(world);
	const begun = await reshare(world, nodes);

	tale.step(`Meanwhile ${toBtc(MOVING)} BTC are locked out, and a receiver is killed: ${nameOf(named.eve)}`);
	await Promise.all([coins.request(MOVING), killReceiver(world, watch, begun, named.eve)]);
	await comeBack(world, [named.eve]);
	const [transaction] = await Promise.all([
		coins.signed(),
		switched(world, begun, { next: nodes, epoch: 1, threshold: 5 }),
	]);
	const events = await keys.events(begun.from);
	judgeEvents(world, events, begun, []);
	const [started, over] = ['HandoverStarted', 'HandedOver'].map((name) => {
		return events.find((event) => event.name === name);
	});
	const signatures = deliveries(events);
	tale.holds(
		`the lock-out was signed in block ${signatures.map(({ number }) => number)}, ` +
			`while the key was being handed over (blocks ${started.number} to ${over.number})`,
		signatures.length === 1 && signatures.every(({ number }) => number > started.number && number < over.number),
		JSON.stringify(signatures),
	);
	judgeSigners(world, watch, signatures, old, 3);

	tale.step('It is mined; the new members witness what the old ones have signed');
	await coins.settle(MOVING, transaction);
}

/** Kills a node that is to get a share, after a dealer has sent shares and before all dealings are on the chain. */
async function killReceiver(world, watch, { attempt }, victim) {
	const { keys, members, tale } = world;
	const dealt = `group ${keys.id} attempt ${attempt}: dealt, sending shares`;
	const dealer = await waitFast(world, 'a dealer to deal', () => {
		return members.find((node) => watch.log(node).includes(dealt));
	});
	await victim.program.kill();
	const now = await keys.handover();
	tale.holds(
		`${nameOf(victim)} was killed (SIGKILL) in Dealing, when ${nameOf(dealer)} had dealt`,
		now?.phase === 'Dealing' && now.attempt === attempt,
		`it was too late: ${JSON.stringify(now)}`,
	);
}

/** Coins come in and go out with seven members, one of whom is dead. */
async function useBySeven(world) {
	const { coins, keys, members, named, tale } = world;
	tale.step(`${toBtc(MORE)} BTC more are locked in, to the address that was made before the handover`);
	await coins.deposit(MORE);

	const killed = named.ferdie;
	tale.step(`${nameOf(killed)} is killed, and ${toBtc(SEVEN)} BTC are locked out`);
	const watch = await watching(world);
	const from = await world.nodes[0].best();
	await killed.program.kill();
	await coins.request(SEVEN);
	const transaction = await coins.signed();
	await coins.settle(SEVEN, transaction);
	tale.holds('it took both coins, and so both a derived key and that of the group', transaction.vin.length === 2);
	await comeBack(world, [killed]);
	const living = members.filter((member) => member !== killed);
	judgeSigners(world, watch, deliveries(await keys.events(from)), living, 5);
	await disk(world);
}

/** From seven members to four. */
async function narrow(world) {
	const { keys, named, tale } = world;
	const next = [named.dave, named.eve, named.ferdie, named.one];
	const killed = named.bob;
	tale.step(`A referendum hands the key over to ${namesOf(next)}`);
	const begun = await reshare(world, next);
	const index = world.members.indexOf(killed) + 1;
	await waitFast(world, `the dealing of ${nameOf(killed)} to be final`, async () => {
		return keys.dealt(index, (await keys.finalized()).hash);
	});
	const position = killed.program.position();
	await killed.program.kill();
	const now = await keys.handover();
	tale.holds(
		`${nameOf(killed)} was killed (SIGKILL) after it had dealt (the phase is ${now?.phase})`,
		now?.attempt === begun.attempt && ['Dealing', 'Verdicts', 'Revealing'].includes(now.phase),
		`it was too late: ${JSON.stringify(now)}`,
	);
	await comeBack(world, [killed]);
	await switched(world, begun, { next, epoch: 2, threshold: 3 });
	judgeEvents(world, await keys.events(begun.from), begun, [index]);
	tale.holds(
		`${nameOf(killed)} noticed that its dealing was lost, and did not deal again`,
		killed.program.since(position).includes('the dealing is lost') &&
			!killed.program.since(position).includes('dealt, sending shares'),
	);
}

/** Four members sign, and sign again when all of them have been started again. */
async function useByFour(world) {
	const { coins, keys, members, tale } = world;
	tale.step(`${toBtc(FOUR)} BTC are locked out`);
	let watch = await watching(world);
	let from = await world.nodes[0].best();
	await coins.request(FOUR);
	await coins.settle(FOUR, await coins.signed());
	await follow(world, members);
	judgeSigners(world, watch, deliveries(await keys.events(from)), members, 3);

	tale.step(`All members are killed; ${toBtc(AGAIN)} BTC are to be locked out; all start again`);
	watch = await watching(world);
	from = await world.nodes[0].best();
	await Promise.all(members.map(({ program }) => program.kill()));
	await coins.request(AGAIN);
	await comeBack(world, members);
	await coins.settle(AGAIN, await coins.signed());
	await follow(world, members);
	judgeSigners(world, watch, deliveries(await keys.events(from)), members, 3);
}

/** Nothing is lost. */
async function judge(world) {
	const { accounts, api, coins, keys, key, members, network, nodes, tale } = world;
	tale.step('What there is at the end');
	await disk(world);
	await coins.agree();
	await follow(world, nodes);
	const claims = await Promise.all(nodes.map((node) => node.reserves()));
	tale.holds(
		'all nodes say the same about the reserves',
		claims.every(({ held, deficit, issued, locked }) => {
			return Number(held) === coins.sum && issued === held && deficit === 0n && locked === 0n;
		}),
	);
	const sum = COIN + MORE - MOVING - SEVEN - FOUR - AGAIN;
	tale.same('what was locked in less what was locked out', coins.sum, sum);
	const group = await keys.group();
	tale.holds('the group is active, and its key is the first one', group.active && group.key === key, group.key);

	const bonds = await Promise.all(nodes.map(async ({ id }) => (await api.query.dcrm.nodes(`0x${id}`)).unwrap()));
	// Who is killed after it has dealt falls silent, which costs a thousandth; fraud would cost a tenth.
	const whole = (bond) => bond.toBigInt() <= BOND && bond.toBigInt() * 100n > BOND * 99n;
	tale.holds('nobody was fined for fraud', bonds.every(({ bond }) => whole(bond)), bonds.join(', '));
	tale.holds(
		'who has left is in no group any more',
		bonds.every(({ groups }, i) => groups.toNumber() === (members.includes(nodes[i]) ? 1 : 0)),
		bonds.join(', '),
	);
	await submit(api, api.tx.dcrm.deregisterNode(), accounts.alice);
	const unbonding = (await api.query.dcrm.unbonding(accounts.alice.address)).unwrapOr(undefined);
	tale.holds(
		'Alice, who has left, will have its bond back',
		unbonding && whole(unbonding[0]) && (await api.query.dcrm.nodes(accounts.alice.address)).isNone,
		`${unbonding}`,
	);
	const said = complaints(nodes);
	tale.holds('no member complains in its log', said.length === 0, `\n${said.join('\n')}`);
	network.check();
	tale.holds('all nodes are running', nodes.every(({ program }) => program.alive));
}

/** Watches the present members sign, from now on. */
export async function watching({ network, keys }) {
	return new SigningWatch(network, await keys.group());
}

/** Waits for the end of a handover, and looks at all of it. */
async function switched(world, begun, { next, epoch, threshold }) {
	const { keys, key, members: old, tale } = world;
	const after = await handedOver(world, begun, epoch);
	await diskBeforeFinality(world, old, next, after);
	await final(world, epoch);
	const group = await keys.group();
	tale.holds(
		`epoch ${epoch}: ${next.length} members, any ${threshold} of whom sign`,
		group.epoch === epoch && group.threshold === threshold && group.active &&
			group.members.length === next.length && next.every(({ id }, i) => id === group.members[i]),
		JSON.stringify(group),
	);
	tale.holds('the key is the same', group.key === key, group.key);
	tale.holds('no handover is under way', (await keys.handover()) === null);
	world.members = next;
	await disk(world);
}

/** One attempt was enough, and nobody was left out of it but those who had to be: dealers, by their indices. */
function judgeEvents({ tale, keys }, events, { attempt }, out) {
	const failed = events.filter(({ name }) => ['AttemptFailed', 'HandoverFailed', 'AccusationProven'].includes(name));
	tale.holds('the first attempt succeeded', failed.length === 0, JSON.stringify(failed));
	const over = events.filter(({ name, data }) => name === 'HandedOver' && data.group === keys.id);
	tale.holds('there was one handover', over.length === 1, JSON.stringify(over));
	const left = events.filter(({ name, data }) => name === 'DealerDisqualified' && data.attempt === attempt);
	tale.holds(
		out.length === 0 ? 'all dealings count' : `all dealings count but that of dealer ${out}`,
		left.map(({ data }) => data.dealer).join() === out.join(),
		JSON.stringify(left),
	);
}

/** All signatures were made by these nodes, and by enough of them. */
export function judgeSigners({ tale }, watch, signatures, nodes, threshold) {
	tale.holds('there are signatures', signatures.length > 0);
	for (const { request, by } of signatures) {
		const signers = signersOf(watch, request);
		tale.holds(
			`signing request ${request} was signed by ${signers ? namesOf(signers) : 'nobody'}, ` +
				`and delivered by ${nameOf(watch.nodeOf(by))}`,
			signers !== null && signers.length >= threshold && signers.every((node) => nodes.includes(node)) &&
				nodes.includes(watch.nodeOf(by)),
			`it should be ${threshold} of ${namesOf(nodes)}`,
		);
	}
}

runAsProgram(import.meta.url, 'The handover', () => handover());
