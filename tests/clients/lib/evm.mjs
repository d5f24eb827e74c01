// A Fusion node as viem sees it.
import { defineChain } from 'viem';

import { rpc } from './rpc.mjs';

/** The chain behind a node's Ethereum JSON-RPC, over HTTP and, if given, over WebSocket. */
export async function fusionChain(url, wsUrl = undefined) {
	return defineChain({
		id: Number(await rpc(url, 'eth_chainId')),
		name: 'Fusion',
		nativeCurrency: { name: 'Fusion', symbol: 'FSN', decimals: 18 },
		rpcUrls: { default: { http: [url], ...(wsUrl && { webSocket: [wsUrl] }) } },
	});
}
