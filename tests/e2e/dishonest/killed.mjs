// Honest collators are killed in the middle of slots that are theirs, right after they signed something, and
// started again.

import { GUARDED, guarded } from '../lib/dishonest.mjs';
import { elect, slotNow, stateAt } from '../lib/hhcm.mjs';
import { sleep } from '../lib/rpc.mjs';
import { beginOf, wait } from './world.mjs';

/** How often, in the short form and in the long one. */
const [FEW, MANY] = [1, 6];
/** How long before a slot the victim is chosen, and up to when in it the victim has to have signed (ms). */
const EARLIER = 300;
const SIGNED_WITHIN = 4_000;
/** How often its signing guard's file is looked at (ms). */
const LOOK = 5;

export async function killed(world) {
	const { tale, honest, caught, rows } = world;
	tale.step('Honest collators are killed right after they signed, and started again');
	const kinds = Object.keys(GUARDED);
	for (let kills = 0; kills < (world.slots > 0 ? MANY : FEW); kills++) {
		const kind = kinds[kills % kinds.length];
		const found = await wait(world, `an honest collator to sign a ${kind} of its slot`, () => sign(world, kind));
		const { victim, slot, into } = found;
		const then = statements(victim, slot);
		tale.note(`${victim.name} was killed ${into} ms into its slot ${slot}, when it had signed ${then.length} thing(s)`);
		victim.start();
		await wait(world, `${victim.name} to be back`, async () => {
			const [own, other, peers] = await Promise.all([victim.best(), honest[0].best(), victim.peers()]);
			return own >= other - 1 && peers > 0;
		});
		tale.note(`it is back ${Date.now() - beginOf(slot)} ms after the slot began`);
		caught.push({ ...found, then });
	}
	rows.push(['honest collators killed in their slots', caught.map(({ victim, into, kind }) => {
		return `${victim.name} after its ${kind} (${into} ms)`;
	}).join(', ')]);
}

/** What a node has signed for a slot. */
const statements = (node, slot) => guarded(node).filter((record) => record.slot === slot);

/**
 * Kills an honest collator as soon as it has signed a block or package in the next slot, if that is its own. `null`
 * if it is not, or nothing was signed.
 */
async function sign(world, kind) {
	const [first, ...victims] = world.honest; // the first node is asked all the time
	const slot = slotNow() + 1;
	await sleep(Math.max(0, beginOf(slot) - EARLIER - Date.now()));
	// The block of the slot before is there by now. If it is not, this is another election than theirs.
	const { round, authorities } = await stateAt(first, await first.rpc('chain_getBlockHash'));
	const { places } = elect(round, slot, authorities);
	const comesFirst = ({ position, rank, group }) => {
		return kind === 'block' ? position === 0 : rank === 0 && group < round.groups;
	};
	const victim = victims.find(({ place }) => comesFirst(places[place]));
	if (victim === undefined) return null;
	while (Date.now() < beginOf(slot) + SIGNED_WITHIN) {
		if (statements(victim, slot).some((record) => record.kind === GUARDED[kind])) {
			const into = Date.now() - beginOf(slot);
			await victim.program.kill();
			return { victim, slot, into, kind };
		}
		await sleep(LOOK);
	}
	return null;
}

/** Nobody has signed two things where it may sign one: so their own files say. */
export function judgeGuards({ tale, honest, caught }) {
	for (const node of honest) {
		const places = new Map();
		for (const { place, hash } of guarded(node)) {
			places.set(place, (places.get(place) ?? new Set()).add(hash));
		}
		tale.holds(
			`${node.name} has signed for ${places.size} places, one thing for each`,
			places.size > 0 && [...places.values()].every((hashes) => hashes.size === 1),
		);
	}
	for (const { victim, slot, then } of caught) {
		const now = new Set(statements(victim, slot).map(({ place, hash }) => place + hash));
		tale.holds(
			`what ${victim.name} had signed in slot ${slot} when it was killed is on disk still`,
			then.length > 0 && then.every(({ place, hash }) => now.has(place + hash)),
		);
	}
}
