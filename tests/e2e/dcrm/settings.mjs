// What the story of faulty members is told with: how many nodes, signatures and handovers.

/** As many inputs as a transaction of the group may have. */
const MOST_INPUTS = 20;

/**
 * In which phases of a handover members are killed, and which. One that is killed before it has revealed its dealing has
 * lost it, which one of five may; one that is killed later has not. `lies`: another one deals a wrong share, and answers
 * the complaint with it, so that there is a phase of answers; with a dealing that is lost besides, the attempt fails, and
 * the next one is made with the dealing of whoever was killed.
 */
const HANDOVERS = [
	{ kills: [['Dealing', 'bob'], ['Accusing', 'dave']] },
	{ kills: [['Verdicts', 'dave'], ['Confirming', 'bob']] },
	{ kills: [['Revealing', 'bob'], ['Testing', 'dave']] },
	{ kills: [['Answers', 'dave']], lies: true },
];

/** How the signatures are spread over batches: how many inputs each has. */
export function batches(signatures, most = MOST_INPUTS) {
	if (!Number.isInteger(signatures) || signatures < 1) {
		throw new Error(`the number of signatures is a whole number from 1 on, not ${signatures}`);
	}
	const whole = Array.from({ length: Math.floor(signatures / most) }, () => most);
	return signatures % most === 0 ? whole : [...whole, signatures % most];
}

/** What the environment asks for. */
export function settings(env = process.env) {
	const nodes = Number(env.DCRM_NODES ?? 5);
	if (![5, 7].includes(nodes)) throw new Error(`DCRM_NODES is 5 or 7, not ${env.DCRM_NODES}`);
	if (![undefined, '', 'all'].includes(env.DCRM_PHASES)) {
		throw new Error(`DCRM_PHASES is "all" or not set, not "${env.DCRM_PHASES}"`);
	}
	const signatures = Number(env.DCRM_SIGNATURES ?? 20);
	batches(signatures);
	return { nodes, signatures, handovers: env.DCRM_PHASES === 'all' ? HANDOVERS : HANDOVERS.slice(0, 1) };
}
