// What `make run` starts: a local network for people, on the ports that they know.
//
//   FUSION_DATA=folder   keep the chains' data and the logs there (default: a temporary folder, removed
//                        at the end)
//   WITHOUT_CHAINS=1     no bitcoind

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEV_WIF, DEV_WIF_2, User } from './lib/bitcoin.mjs';
import { ACCOUNTS, ASSET_MAPPING, artifact, connect } from './lib/ethereum.mjs';
import { BITCOIND, Network } from './lib/network.mjs';
import { onInterrupt } from './lib/processes.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const tools = process.env.FUSION_TOOLS ?? dirname(dirname(BITCOIND));
const kept = process.env.FUSION_DATA;
const dir = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'fusion-'));
const withBitcoin = !process.env.WITHOUT_CHAINS;

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const began = Date.now();
const say = (text = '') => console.log(text);
const progress = (text) => say(`  ${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}`);

let network;
let stopping = false;
async function stop(code) {
	if (stopping) return;
	stopping = true;
	if (!network) {
		// Nothing was started.
		if (!kept) rmSync(dir, { recursive: true, force: true });
		process.exit(code);
	}
	say(code === 0 ? '\nStopping everything …' : '\nStopping what was started …');
	await network.stop();
	if (kept) say(`Stopped. Data and logs are in ${dir}; the same FUSION_DATA goes on from there.`);
	else if (code === 0) {
		network.remove();
		say('Stopped. Nothing is left.');
	} else say(`Stopped. The logs are in ${dir}.`);
	process.exit(code);
}
onInterrupt(() => stop(0));

try {
	await main();
} catch (error) {
	if (!stopping) {
		console.error(`\nerror: ${error.message}`);
		await stop(1);
	}
}

async function main() {
	network = await Network.create({ dir, ports: 'fixed', bitcoin: withBitcoin });
	say(`\n${bold('Starting a local network')}  (logs: ${dir})`);
	await network.start((what) => progress(what));
	const { bitcoin } = network;
	let user, receiver;
	if (bitcoin) {
		user = await User.open(bitcoin, DEV_WIF);
		receiver = await User.open(bitcoin, DEV_WIF_2);
		await user.fund();
	}
	const group = await network.keyGroup((what) => progress(what));
	const node = network.nodes[0];
	const { chain, reader } = await connect(node.eth);
	const { abi } = artifact('IAssetMapping');
	const token = await reader.readContract({ address: ASSET_MAPPING, abi, functionName: 'token' });
	const confirmations = await node.confirmations();
	const shell = join(dir, 'shell.sh');
	writeFileSync(shell, shellFile({ node, token, user, receiver }));
	progress('ready');

	say(`
${bold('Fusion is running.')} Ctrl-C stops all of it.

  Ethereum JSON-RPC    ${node.eth}    chain id ${chain.id}, for MetaMask, Foundry, Hardhat, viem
  Substrate JSON-RPC   ${node.ws}      for Polkadot.js Apps:
                       https://polkadot.js.org/apps/?rpc=${encodeURIComponent(node.ws)}
  Metrics              http://127.0.0.1:${node.ports.prometheus}/metrics
  Other nodes          ${network.nodes.slice(1).map((other) => `${other.name} ${other.ws}`).join(', ')}
  Key group            number ${group.id}: ${group.members.length} members, any ${group.threshold} of them sign
  Mapped bitcoin       ${token}    (an ERC-20 with 8 decimals)
  Asset mapping        ${ASSET_MAPPING}    (${root}/contracts/interfaces/IAssetMapping.sol)${
		bitcoin ? `\n  Bitcoin regtest      ${bitcoin.authority}` : ''
	}
  Data and logs        ${dir}

${bold('Funded accounts')} (everybody knows these keys: never use them for anything real)

${ACCOUNTS.slice(0, 3)
	.map(({ name, address, key }) => `  ${name.padEnd(10)} ${address}\n  ${''.padEnd(10)} ${key}`)
	.join('\n')}
  Alice, Bob, Charlie, Dave, Eve, Ferdie: in Polkadot.js Apps, or as //Alice … in other tools`);
	if (bitcoin) say(firstSteps({ shell, user, receiver, confirmations }));
	for (;;) {
		await new Promise((done) => setTimeout(done, 1_000));
		if (!stopping) network.check();
	}
}

function firstSteps({ shell, user, receiver, confirmations }) {
	return `  Bitcoin    ${user.address} pays, ${receiver.address} receives

${bold('A first bitcoin, in, moved, and out.')} In a second terminal, in bash or zsh:

  source ${shell}

  # 1. Lock in: ask for a deposit address, pay one bitcoin to it, mine ${confirmations} blocks.
  cast send $ASSET_MAPPING "requestLockIn(string,uint32)" $BTC_USER $(($(date +%s) + 86400)) --private-key $ALITH_KEY
  DEPOSIT=$(cast call $ASSET_MAPPING "depositAddress(uint64)(string)" 0 | tr -d '"')
  btc_pay $DEPOSIT 1
  btc_mine ${confirmations}
  token_wait $ALITH 100000000

  # 2. Move it: deploy a contract, give it the bitcoin, let it send half to Baltathar.
  SPLITTER=$(cd $FUSION/contracts && forge create src/Splitter.sol:Splitter --broadcast --private-key $ALITH_KEY --json | jq -r .deployedTo)
  cast send $TOKEN "transfer(address,uint256)" $SPLITTER 100000000 --private-key $ALITH_KEY
  cast send $SPLITTER "moveHalf(address)" $BALTATHAR --private-key $ALITH_KEY
  cast call $TOKEN "balanceOf(address)(uint256)" $BALTATHAR      # 50000000

  # 3. Lock out: the contract pays 0.4 out. Wait until the group has signed and bitcoind knows the
  #    transaction, and mine.
  cast send $SPLITTER "lockOut(uint64,string,uint64)" 40000000 $BTC_RECEIVER 100000 --private-key $ALITH_KEY
  btc_wait
  btc_mine ${confirmations}
  btc_balance $BTC_RECEIVER                                      # 0.4 less the fee of the transaction
  cast call $ASSET_MAPPING "reserves()(uint256,uint256,uint256,uint256)"   # held, missing, issued, locked: some blocks
                                                                 # later 60000000, 0, 60000000, 0
`;
}

/** What a shell needs for the first steps. */
function shellFile({ node, token, user, receiver }) {
	const lines = [
		'# For bash and zsh: source it. Written by `make run` for this network.',
		'[ -z "${ZSH_VERSION:-}" ] || setopt interactive_comments',
		`export PATH='${tools}/bin':"$PATH"`,
		`export FUSION='${root}'`,
		`export ETH_RPC_URL=${node.eth}`,
		`export ASSET_MAPPING=${ASSET_MAPPING}`,
		`export TOKEN=${token}`,
		...ACCOUNTS.flatMap(({ name, address, key }) => [
			`export ${name.toUpperCase()}=${address}`,
			`export ${name.toUpperCase()}_KEY=${key}`,
		]),
	];
	if (user) {
		const { bitcoin } = network;
		const port = new URL(bitcoin.url).port;
		lines.push(
			`export BTC_USER=${user.address}`,
			`export BTC_USER_KEY=${user.wif}`,
			`export BTC_RECEIVER=${receiver.address}`,
			`
# bitcoin-cli, connected.
btc() { bitcoin-cli -regtest -rpcport=${port} -rpcuser=fusion -rpcpassword=fusion "$@"; }

# btc_mine BLOCKS
btc_mine() { btc generatetoaddress "$1" "$BTC_USER" | jq -r '.[-1]'; }

# btc_balance ADDRESS: what is mined, in bitcoin.
btc_balance() { btc scantxoutset start "[\\"addr($1)\\"]" | jq .total_amount; }

# btc_pay ADDRESS BITCOIN: pays from BTC_USER with a fee of 1000 satoshi. Prints the transaction id.
btc_pay() {
	local amount coin change raw
	amount=$(jq -n "$2 * 100000000 | round")
	coin=$(btc scantxoutset start "[\\"addr($BTC_USER)\\"]" | jq -c --argjson need "$((amount + 2000))" '
		.height as $tip | [.unspents[]
			| select((.coinbase | not) or .height + 99 <= $tip)
			| {txid, vout, sat: (.amount * 100000000 | round)}
			| select(.sat >= $need)][0]')
	if [ "$coin" = null ]; then
		echo "$BTC_USER has no coin that large: btc_mine 101" >&2
		return 1
	fi
	change=$(($(echo "$coin" | jq .sat) - amount - 1000))
	raw=$(btc createrawtransaction "[$(echo "$coin" | jq -c '{txid, vout}')]" "[
		{\\"$1\\": \\"$(printf '%d.%08d' $((amount / 100000000)) $((amount % 100000000)))\\"},
		{\\"$BTC_USER\\": \\"$(printf '%d.%08d' $((change / 100000000)) $((change % 100000000)))\\"}]")
	btc sendrawtransaction "$(btc signrawtransactionwithkey "$raw" "[\\"$BTC_USER_KEY\\"]" | jq -r .hex)"
}

# token_wait ADDRESS AMOUNT: waits until the address has so much mapped bitcoin (in satoshi).
token_wait() {
	local balance=
	until [ "$balance" = "$2" ]; do
		balance=$(cast call "$TOKEN" "balanceOf(address)(uint256)" "$1" | awk '{ print $1 }') || return 1
		echo "$1 has $balance"
		[ "$balance" = "$2" ] || sleep 3
	done
}

# Waits until bitcoind knows a transaction that is not mined. Prints its id.
btc_wait() {
	until btc getrawmempool | jq -e -r '.[0] // empty'; do sleep 2; done
}`,
		);
	}
	return `${lines.join('\n')}\n`;
}
