// Recomputes the reserves from a Bitcoin node of one's own, and compares them with what Fusion says. Run it by
// scripts/proof-of-reserves. Ends with 0 if they agree, 1 if they differ, 2 if they could not be compared.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Bitcoin, toBtc } from './lib/bitcoin.mjs';
import { prove, totalSupply } from './lib/reserves.mjs';
import { RpcError, call } from './lib/rpc.mjs';
import { Reader } from './lib/scale.mjs';

/** Looking through all unspent outputs of the real Bitcoin takes minutes. */
const TIMEOUT = 30 * 60_000;

const HELP = `Recomputes Fusion's reserves of bitcoin from a Bitcoin node, and compares.

  scripts/proof-of-reserves [OPTIONS]

  --fusion URL       JSON-RPC of a Fusion node        (default http://127.0.0.1:9944)
  --bitcoin URL      JSON-RPC of Bitcoin Core         (default http://127.0.0.1:18443)
  --user USER:PASS   its user and password            (default fusion:fusion, as make run has them)
  --cookie FILE      its cookie file, instead of that
  --eth URL          Ethereum JSON-RPC of a Fusion node: compares the ERC-20's total supply too
  --at HASH          the block of Fusion to look at   (default: the last finalized one)
  --json             all figures as JSON

Exit: 0 they agree, 1 they differ, 2 they could not be compared.
`;

function options() {
	const text = { type: 'string' };
	const { values } = parseArgs({
		options: {
			fusion: { ...text, default: 'http://127.0.0.1:9944' },
			bitcoin: { ...text, default: 'http://127.0.0.1:18443' },
			user: { ...text, default: 'fusion:fusion' },
			cookie: text,
			eth: text,
			at: text,
			json: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	return values;
}

/** Bitcoin Core wherever it is, with patience. */
class Remote extends Bitcoin {
	constructor(url, access) {
		const at = access.indexOf(':');
		if (at < 0) throw new Error('--user has to be USER:PASS');
		super({ port: 0, user: access.slice(0, at), password: access.slice(at + 1) });
		this.url = url;
	}

	rpc(method, ...params) {
		const access = { authorization: this.authorization, timeout: TIMEOUT };
		return named('Bitcoin Core', this.url, call(this.url, method, params, access));
	}
}

/** Says whom it was that did not answer. An answer that is an error names its method. */
async function named(who, url, answer) {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof RpcError) throw error;
		throw new Error(`${who} at ${url}: ${error.cause?.message ?? error.message}`);
	}
}

const btc = (amount) => toBtc(amount).padStart(18);

function show({ block, books, result, supply }) {
	const { reserves, coins, batches } = books;
	const lines = [
		`Fusion, block ${block}`,
		`Bitcoin, block ${result.height}`,
		'',
		`${btc(result.there)} BTC are there, in ${coins.length} coins that Fusion lists`,
		`${btc(result.spent)} BTC were in coins that open transactions have spent; ${toBtc(result.back)} of them come back`,
		`${btc(reserves.held)} BTC Fusion says are held`,
		`${btc(reserves.deficit)} BTC are recorded as missing`,
		`${btc(reserves.issued)} BTC are issued, of which ${toBtc(reserves.locked)} are locked for lock-outs`,
		`${btc(reserves.owed)} BTC are owed otherwise`,
		`${btc(reserves.fees)} BTC are set aside for fees of the groups' own transactions`,
		`${' '.repeat(18)} ${batches.length} transactions are open`,
	];
	if (supply) lines.push(`${btc(supply.supply)} BTC is the total supply of the ERC-20 ${supply.token}`);
	lines.push('', ...result.notes.map((note) => `note: ${note}`));
	lines.push(...result.differences.map((difference) => `DIFFERENCE: ${difference}`));
	lines.push(result.differences.length === 0 ? 'The reserves are as Fusion says.' : 'The reserves are NOT as Fusion says.');
	return lines.join('\n');
}

async function main() {
	const chosen = options();
	if (chosen.help) {
		console.log(HELP);
		return 0;
	}
	const fusion = {
		rpc: (method, ...params) => named('Fusion', chosen.fusion, call(chosen.fusion, method, params)),
		runtime: async (name, args, at) => new Reader(await fusion.rpc('state_call', name, `0x${args}`, at)),
	};
	const access = chosen.cookie ? readFileSync(chosen.cookie, 'utf8').trim() : chosen.user;
	const proof = await prove(fusion, new Remote(chosen.bitcoin, access), chosen.at);
	if (chosen.eth) {
		const { number } = await fusion.rpc('chain_getHeader', proof.block);
		const ask = (method, params) => named('Ethereum JSON-RPC', chosen.eth, call(chosen.eth, method, params));
		proof.supply = await totalSupply(ask, BigInt(number));
		const { issued } = proof.books.reserves;
		if (proof.supply.supply !== issued) {
			proof.result.differences.push(`the ERC-20's total supply is ${proof.supply.supply}, and not ${issued}`);
		}
	}
	const plain = (key, value) => (typeof value === 'bigint' ? value.toString() : value);
	console.log(chosen.json ? JSON.stringify(proof, plain, 2) : show(proof));
	return proof.result.differences.length === 0 ? 0 : 1;
}

try {
	process.exitCode = await main();
} catch (error) {
	console.error(`error: the reserves could not be compared: ${error.message}`);
	console.error(`  fix: scripts/proof-of-reserves --help says how to name the two nodes`);
	process.exitCode = 2;
}
