// What the whole run says: who was punished, and that nobody else was.

import { TREASURY, freeOf, issuance, issued, nodeView, refusals, unbonding } from '../lib/dishonest.mjs';
import { claimOf, slotNow, stateAt } from '../lib/hhcm.mjs';
import { counted } from '../lib/verdict.mjs';
import { judgeGuards } from './killed.mjs';
import { unknown } from './misdeeds.mjs';
import { BOND, FRACTION, MOST_SLASHES, accused, fsn, reach, wait } from './world.mjs';

/** Blocks have to be in so many of all slots: some of those that dishonest ones are drawn for alone have none. */
const FILLED = 0.6;
/** Part of the blocks that leave out a group which may be in the chain all the same: if others were late. */
const KEPT = 0.1;
const BILLION = 1_000_000_000n;

export async function judge(world) {
	const { network, honest, tale, base, chain, rows } = world;
	tale.step('Who is punished');
	const court = await reports(world);
	for (const { node } of world.rogues) await punished(world, court, node);
	for (const entry of court.blocks) await shared(world, entry);
	await unharmed(world, court);

	tale.step('The whole run');
	await reach(network, slotNow() + 1, 1_500);
	network.check();
	// All of these are read by rules that the node has no part in: none is broken.
	const blocks = await chain.read(honest[0]);
	const span = blocks.at(-1).slot - base.slot;
	tale.holds(
		`${blocks.length} of ${span} slots have a block, at least ${FILLED * 100} %, and none breaks a rule`,
		blocks.length >= FILLED * span,
	);
	rows.push(['slots with a block', `${blocks.length} of ${span}`]);
	const last = Math.min(...(await Promise.all(honest.map((node) => node.finalized()))));
	const hashes = await Promise.all(honest.map((node) => node.rpc('chain_getBlockHash', last)));
	tale.holds(`the honest ones have finalized the same block ${last}`, new Set(hashes).size === 1 && last > base.number);
	await refusedAll(world);
	lost(world, blocks);
	judgeGuards(world);
}

/** Waits until all that honest ones have seen was reported in final blocks. Returns what these say. */
async function reports(world) {
	const { honest, rogues, tale, base, events, network } = world;
	const [first] = honest;
	const court = { reports: [], slashes: [], blocks: [] };
	let next = base.number + 1;
	const isReported = ({ node, slot }) => court.reports.some((report) => report.node === node && report.slot === slot);
	const names = (offences) => {
		return offences.map(({ node, slot }) => `${node?.name ?? 'an unknown node'} in slot ${slot}`).join(', ');
	};
	const isOurs = ({ node }) => rogues.some((rogue) => rogue.node === node);
	tale.holds('nobody else was seen to sign two things', accused(world).every(isOurs), names(accused(world)));
	await wait(world, 'all that was seen to be reported in final blocks', async () => {
		const last = await first.finalized();
		for (; next <= last; next++) {
			const hash = await first.rpc('chain_getBlockHash', next);
			const header = await first.rpc('chain_getHeader', hash);
			const said = await events.of(first, hash);
			const { authorities } = await stateAt(first, header.parentHash);
			const author = authorities[claimOf(header).author].id;
			const block = { number: next, hash, header, parent: header.parentHash, said, author };
			const each = (what) => network.nodes.flatMap((node) => {
				return said[what](node.id).map((found) => ({ node, block, ...found }));
			});
			const [found, slashes] = [each('reported'), each('slashed')];
			court.reports.push(...found);
			court.slashes.push(...slashes);
			if (slashes.length > 0) court.blocks.push({ block, slashes, found });
		}
		const open = accused(world).filter((offence) => !isReported(offence));
		if (open.length > 0) throw new Error(`not yet: ${names(open)}`);
		return true;
	});
	const twice = await counted(honest, 'fusion_hhcm_equivocations_total');
	const given = await counted(honest, 'fusion_hhcm_reports_total');
	tale.holds('honest ones have counted evidence', twice.some((count) => count > 0), twice.join(', '));
	tale.note(`  pieces of evidence: ${twice.join(', ')}; reports that they gave to their pools: ${given.join(', ')}`);
	return court;
}

/** A dishonest one was reported for what it did, and nothing else, and has lost a part of its bond for each time. */
async function punished({ honest, rogues, tale, rows }, court, node) {
	const [first] = honest;
	const { name, id, place } = node;
	const rogue = rogues.find((other) => other.node === node);
	const own = court.reports.filter((report) => report.node === node);
	const did = new Set(rogue.acts().map(({ slot }) => slot));
	tale.holds(
		`${name} was reported for ${own.length} slot(s): ${own.map(({ slot }) => slot).join(', ')}`,
		own.length > 0 && own.every(({ slot }) => did.has(slot)),
	);
	for (const { slot, reporter, block } of own) {
		tale.holds(
			`what it signed twice in slot ${slot} is in final block ${block.number}; its assembler is the reporter`,
			reporter === block.author,
			`${reporter}, but ${block.author} assembled it`,
		);
	}
	const slashes = court.slashes.filter((slash) => slash.node === node);
	const due = Math.min(own.length, MOST_SLASHES);
	tale.holds(`it was slashed ${slashes.length} time(s)`, slashes.length === due, `it should be ${due}`);

	// The chain's weights: what elections are drawn with. Of the block before, and of the report's own.
	const { block } = own[0];
	const [before, after] = await Promise.all([block.parent, block.hash].map((hash) => stateAt(first, hash)));
	const [had, has] = [before.authorities[place].weight, after.authorities[place].weight];
	tale.holds(
		`from the block after ${block.number} on it weighs nothing, before it weighed ${had}`,
		had > 0n && has === 0n,
		String(has),
	);

	const view = await nodeView(first, id, block.parent);
	tale.holds(`its bond was ${fsn(BOND)} before`, view?.state === 'standing' && view.bond === BOND, String(view?.bond));
	let left = BOND;
	for (const { fraction, taken } of slashes) {
		// Rounded up.
		const part = (left * BigInt(FRACTION) + BILLION - 1n) / BILLION;
		tale.holds(
			`a tenth was taken, ${fsn(taken)} of ${fsn(left)}`,
			fraction === FRACTION && taken === part,
			`${fraction} billionths, ${taken}, but it should be ${part}`,
		);
		left -= part;
	}
	const { hash } = slashes.at(-1).block;
	const [now, chunks] = [await nodeView(first, id, hash), await unbonding(first, id, hash)];
	tale.holds(
		`the rest, ${fsn(left)}, is on its way back, and no more is bonded`,
		(now === null || (now.bond === 0n && !now.invulnerable)) &&
			chunks.every((chunk) => chunk.node === id) && chunks.reduce((sum, { amount }) => sum + amount, 0n) === left,
		`${now?.bond ?? 0n} bonded; ${chunks.map(({ amount }) => amount).join(', ')}`,
	);
	const later = own.map((report) => claimOf(report.block.header).slot - report.slot);
	rows.push([
		`${name} signed two things`,
		`in ${own.length} slot(s), reported ${later.join(', ')} slot(s) later; slashed ${fsn(BOND - left)} of ${fsn(BOND)}`,
	]);
}

/** What was taken in a block went to the treasury and to the reporter, and the rest is gone. */
async function shared({ honest, metadata, tale }, { block, slashes, found }) {
	const [first] = honest;
	const share = (name) => BigInt(metadata.constant('Bookkeeping', name).u32());
	const part = (name, { taken }) => (taken * share(name)) / BILLION;
	const { number, hash, parent, said, author } = block;
	const sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0n);

	const toTreasury = sum(slashes.map((slash) => part('SlashToTreasury', slash)));
	// It also has what the block's groups left over.
	const others = said.rewarded(author)?.treasury ?? 0n;
	const [before, after] = await Promise.all([parent, hash].map((at) => freeOf(first, TREASURY, at)));
	tale.holds(
		`block ${number}: the treasury was given ${fsn(toTreasury)} of what was taken`,
		toTreasury > 0n && after - before === toTreasury + others,
		`it has ${after - before} more, of which ${others} are of absent groups`,
	);

	// One block has one reporter, if nobody signed its reports.
	const toReporter = slashes.map((slash) => part('SlashToReporter', slash));
	const given = found.length > 0 ? said.given(found[0].reporter) : [];
	tale.holds(
		`block ${number}: its assembler was given ${fsn(sum(toReporter))} of it`,
		toReporter.every((amount) => given.filter((other) => other === amount).length >=
			toReporter.filter((other) => other === amount).length),
		given.join(', '),
	);

	const [had, has] = await Promise.all([parent, hash].map((at) => issuance(first, at)));
	const [from, to] = await Promise.all([parent, hash].map((at) => issued(first, at)));
	const gone = sum(slashes.map(({ taken }) => taken)) - toTreasury - sum(toReporter);
	tale.holds(
		`block ${number}: ${fsn(gone)} of it are gone`,
		had + (to - from) - has === gone,
		`there is ${had - has} less, with an issue of ${to - from}`,
	);
}

/** Honest ones were not reported, and have what they had bonded. */
async function unharmed({ honest, tale, authorities, rows }, court) {
	const [first] = honest;
	const at = await first.rpc('chain_getFinalizedHead');
	const state = await stateAt(first, at);
	for (const node of honest) {
		const said = [...court.reports, ...court.slashes].filter((each) => each.node === node);
		tale.holds(`${node.name} was neither reported nor slashed`, said.length === 0, `${said.length} times`);
		const view = await nodeView(first, node.id, at);
		const chunks = await unbonding(first, node.id, at);
		tale.holds(
			`${node.name} has its bond of ${fsn(BOND)}, and its weight`,
			view?.state === 'standing' && view.bond === BOND && view.invulnerable && chunks.length === 0 &&
				state.authorities[node.place].weight === authorities[node.place].weight,
			view ? `${view.state}, ${view.bond}, weight ${state.authorities[node.place].weight}` : 'it is no node any more',
		);
	}
	rows.push(['honest ones that were reported or slashed', '0']);
}

/** Blocks that break a rule were refused by all, and no other block was. */
async function refusedAll(world) {
	const { honest, rogues, tale, rows } = world;
	const made = await unknown(world);
	tale.holds(`blocks that are not sound were made, ${made}`, made > 0);
	const bad = new Set(rogues.flatMap((rogue) => [...rogue.blocks()]));
	const wrong = honest.flatMap((node) => [...refusals(node).keys()].filter((hash) => !bad.has(hash)));
	tale.holds('no other block was refused', wrong.length === 0, wrong.join(', '));
	rows.push(['blocks that are not sound; of these in an honest database', `${made}; 0`]);
	const reasons = new Map();
	for (const node of honest) {
		for (const { name, labels, value } of await node.metrics()) {
			if (name !== 'fusion_hhcm_blocks_refused_total' || value === 0) continue;
			const reason = labels.match(/reason="(\w+)"/)?.[1] ?? labels;
			reasons.set(reason, [...(reasons.get(reason) ?? []), value]);
		}
	}
	for (const [reason, counts] of reasons) {
		rows.push([`headers refused: ${reason}`, `${counts.join(', ')} by ${counts.length} honest ones`]);
	}
}

/** Blocks without a package that was there have lost, if an honest node was drawn that could make a better one. */
function lost({ tale, omitted, rows, slots }, blocks) {
	const chain = new Set(blocks.map(({ hash }) => hash));
	const contested = [...omitted].filter(([, isContested]) => isContested).map(([hash]) => hash);
	const kept = contested.filter((hash) => chain.has(hash)).length;
	// With few of them, one may have been lucky.
	const most = slots > 0 ? Math.max(1, KEPT * contested.length) : contested.length / 2;
	tale.holds(`of ${contested.length} contested blocks that leave out a group, ${kept} are in the chain`, kept <= most);
	rows.push(['contested blocks that leave out a group; of these in the chain', `${contested.length}; ${kept}`]);
}
