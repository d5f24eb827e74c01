// Watches the members sign, in their logs.

/** Remembers where each node's log ends now. */
export class SigningWatch {
	constructor(network, group) {
		this.network = network;
		// Member i of the group has index i + 1 in the protocol.
		this.nodeOf = (index) => network.nodes.find((node) => node.id === group.members[index - 1]);
		this.marks = new Map(network.nodes.map((node) => [node, node.program.position()]));
	}

	log(node) {
		return node.program.since(this.marks.get(node));
	}

	/**
	 * The first signing that has gone through round 1 and not begun round 2, if there is one: the
	 * request, the attempt, the node that leads it, and the nodes that sign with it.
	 */
	betweenRounds() {
		for (const leader of this.network.nodes) {
			const log = this.log(leader);
			const complete = /signing request (\d+): round 1 complete, attempt (\d+), signers \[([\d, ]+)\]/g;
			for (const [, request, attempt, list] of log.matchAll(complete)) {
				if (log.includes(`signing request ${request}: round 2 sent, attempt ${attempt},`)) continue;
				const signers = list.split(',').map((index) => this.nodeOf(Number(index)));
				return { request, attempt, leader, others: signers.filter((node) => node !== leader) };
			}
		}
		return null;
	}

	/** Whether the leader got to round 2 of the attempt. */
	reachedRoundTwo({ leader, request, attempt }) {
		return this.log(leader).includes(`signing request ${request}: round 2 sent, attempt ${attempt},`);
	}

	/** Whether the attempt has failed. */
	failed({ leader, request, attempt }) {
		return new RegExp(`signing request ${request}: attempt ${attempt} failed`).test(this.log(leader));
	}

	/** Who led the attempt that made the signature, and which attempt of theirs it was. */
	signed({ request }) {
		for (const leader of this.network.nodes) {
			const match = this.log(leader).match(
				new RegExp(`signing request ${request}: signed, attempt (\\d+)`),
			);
			if (match) return { leader, attempt: match[1] };
		}
		return null;
	}
}

/** A member's name, as people write it. */
export const nameOf = ({ name }) => name[0].toUpperCase() + name.slice(1);

