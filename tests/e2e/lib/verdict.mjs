// What the logs and metrics of collators say about broken rules.

/** Lines that say that a rule was broken, or that somebody tried. */
const BROKEN = [
	// The node, before it executes a block: `block 0x… is refused: ..`.
	/\bblock 0x[0-9a-f]+ is refused: /,
	// The node, about a block that it could not check, or refused.
	/Verification failed for block/,
	// Execution of a block: the runtime refuses by a panic or an error. Also a panic of the node.
	/panicked at/,
	/the packages are refused: /,
	// A block that was not imported, whatever the reason.
	/Error importing block/,
	/has been blacklisted/,
	// A block of this node's own that it could not import.
	/no block was made: the block was not imported: /,
	// Two blocks, or two packages, where there may be one.
	/\bequivocation\b/,
	// The node's own finality contradicts its best chain.
	/could not be finalized/,
];

/**
 * Blocks that break no rule and are not imported: a node that was away makes one where it was stopped, and
 * another one has been finalized by then, by the others or by itself; or a block is there before its parent.
 */
const LATE = [
	/Error importing block 0x[0-9a-f]+: .*block not in finalized chain/,
	/Error importing block 0x[0-9a-f]+: block has an unknown parent/,
	/the block was not imported: .*block not in finalized chain/,
];

/** Lines about broken rules, each with the node's name, and the number of blocks that were only late. */
export function complaints(nodes) {
	const lines = nodes.flatMap(({ name, program }) => {
		return program
			.since(0)
			.split('\n')
			.filter((line) => BROKEN.some((pattern) => pattern.test(line)))
			.map((line) => `${name}: ${line}`);
	});
	const isLate = (line) => LATE.some((pattern) => pattern.test(line));
	return { bad: lines.filter((line) => !isLate(line)), late: lines.filter(isLate).length };
}

/** How long each ticket took whose block was imported by its author (ms), the shortest first. */
export function ticketTimes(nodes) {
	const solved = /assembled block \d+ .* ticket solved in (\d+) ms/g;
	return nodes
		.flatMap(({ program }) => [...program.since(0).matchAll(solved)].map(([, ms]) => Number(ms)))
		.sort((a, b) => a - b);
}

/** A metric of each node, the sum over its labels; 0 if it has none. */
export async function counted(nodes, metric) {
	return Promise.all(
		nodes.map(async (node) => {
			const own = (await node.metrics()).filter(({ name }) => name === metric);
			return own.reduce((sum, { value }) => sum + value, 0);
		}),
	);
}
