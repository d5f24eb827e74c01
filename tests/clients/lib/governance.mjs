// A referendum on track `root`, from the preimage to its enactment.
import { FSN, only, submit } from './substrate.mjs';
import { until } from './wait.mjs';

const ROOT_TRACK = 0;
/** Longer than this nobody waits in a test: a development chain has short tracks. */
const MOST_BLOCKS = 300;

/** Blocks that a referendum takes at most on track `root` of this chain. */
function longestRun(api) {
	const found = api.consts.referenda.tracks.find(([id]) => id.toNumber() === ROOT_TRACK);
	if (!found) throw new Error(`the chain has no track ${ROOT_TRACK}`);
	const track = found[1];
	const blocks = ['preparePeriod', 'decisionPeriod', 'confirmPeriod', 'minEnactmentPeriod']
		.map((name) => track[name].toNumber())
		.reduce((sum, period) => sum + period, 0);
	if (blocks > MOST_BLOCKS) {
		throw new Error(`track root takes ${blocks} blocks on this chain: too long for a test`);
	}
	return blocks;
}

/**
 * Notes the preimage of `call` and opens a referendum on it.
 *
 * Returns the referendum's index.
 */
export async function propose(api, call, proposer) {
	const encoded = call.method.toHex();
	const noted = await submit(api, api.tx.preimage.notePreimage(encoded), proposer);
	const [hash] = only(noted.events, api.events.preimage.Noted, 'preimage.Noted');
	const submitted = await submit(
		api,
		api.tx.referenda.submit(
			{ system: 'Root' },
			{ Lookup: { hash, len: call.method.encodedLength } },
			{ After: 1 },
		),
		proposer,
	);
	const data = only(submitted.events, api.events.referenda.Submitted, 'referenda.Submitted');
	const index = data[0].toNumber();
	await submit(api, api.tx.referenda.placeDecisionDeposit(index), proposer);
	return index;
}

/** Votes aye with nine tenths of what each voter has, each with another conviction. */
export async function voteAye(api, index, voters) {
	const convictions = ['Locked1x', 'Locked2x', 'Locked3x', 'None'];
	for (const [i, voter] of voters.entries()) {
		const { data } = await api.query.system.account(voter.address);
		const balance = (data.free.toBigInt() * 9n) / 10n;
		if (balance < FSN) continue;
		const vote = { aye: true, conviction: convictions[i % convictions.length] };
		await submit(api, api.tx.convictionVoting.vote(index, { Standard: { vote, balance } }), voter);
	}
}

/** Waits until the referendum is approved; throws if it ends otherwise. */
export async function approval(api, index, blockTime) {
	const blocks = longestRun(api) + 20;
	await until(
		`referendum ${index} to be approved within ${blocks} blocks`,
		async () => {
			const info = (await api.query.referenda.referendumInfoFor(index)).unwrap();
			if (info.isOngoing) return false;
			if (info.isApproved) return true;
			throw Object.assign(new Error(`referendum ${index} is ${info.type}`), { fatal: true });
		},
		{ timeout: 20_000 + 3 * blocks * blockTime, interval: 200 },
	);
}

/** The whole way: `effect` must become true after approval, and must not be before. */
export async function enact(api, call, { proposer, voters, blockTime, effect }) {
	if (await effect()) throw new Error('the effect is there before the referendum');
	const index = await propose(api, call, proposer);
	await voteAye(api, index, voters);
	await approval(api, index, blockTime);
	const blocks = longestRun(api) + 20;
	await until(`the enactment of referendum ${index}`, effect, {
		timeout: 20_000 + 3 * blocks * blockTime,
		interval: 200,
	});
	return index;
}
