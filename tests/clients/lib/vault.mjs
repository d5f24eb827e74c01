// What a key group signs for its vault, as EIP-712 and BIP-340 have it, by libraries that are not
// ours.
import { schnorr } from '@noble/curves/secp256k1';
import {
	concatHex,
	defineChain,
	encodeFunctionData,
	getContractAddress,
	hashTypedData,
	hexToBytes,
	keccak256,
	numberToHex,
	sliceHex,
	stringToHex,
} from 'viem';

/** EIP-712 types. */
export const TYPES = {
	Payout: [
		{ name: 'asset', type: 'address' },
		{ name: 'to', type: 'address' },
		{ name: 'amount', type: 'uint128' },
	],
	Batch: [
		{ name: 'id', type: 'uint64' },
		{ name: 'epoch', type: 'uint64' },
		{ name: 'deadline', type: 'uint64' },
		{ name: 'fee', type: 'uint128' },
		{ name: 'payouts', type: 'Payout[]' },
	],
	Order: [
		{ name: 'nonce', type: 'uint64' },
		{ name: 'epoch', type: 'uint64' },
		{ name: 'deadline', type: 'uint64' },
		{ name: 'call', type: 'bytes' },
	],
	Key: [
		{ name: 'epoch', type: 'uint64' },
		{ name: 'key', type: 'uint256' },
	],
};

/** The Ethereum that a node of anvil with chain id 31,337 makes, for viem. */
export const ethereum = ({ ethUrl }) =>
	defineChain({
		id: 31_337,
		name: 'Ethereum',
		nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
		rpcUrls: { default: { http: [ethUrl] } },
	});

/** The asset that stands for native coin. */
export const NATIVE = '0x0000000000000000000000000000000000000000';

/** No deadline. */
export const NEVER = 2n ** 64n - 1n;

/** Digest of a structure for the vault at `address` on chain `chainId`. */
export function digest({ chainId, address }, primaryType, message) {
	const domain = { name: 'Fusion Vault', version: '1', chainId, verifyingContract: address };
	return hashTypedData({ domain, types: TYPES, primaryType, message });
}

/** x-coordinate of the public key. */
export function keyOf(secret) {
	return `0x${Buffer.from(schnorr.getPublicKey(hexToBytes(secret))).toString('hex')}`;
}

/** BIP-340 signature; the same one each time. */
export function sign(secret, message) {
	const bytes = schnorr.sign(hexToBytes(message), hexToBytes(secret), new Uint8Array(32));
	const signature = `0x${Buffer.from(bytes).toString('hex')}`;
	return { r: BigInt(sliceHex(signature, 0, 32)), s: BigInt(sliceHex(signature, 32)) };
}

/** The deposit address of a salt. */
export function depositAddress(vault, salt, codeHash) {
	return getContractAddress({ opcode: 'CREATE2', from: vault, salt, bytecodeHash: codeHash });
}

/** The salt of an account's request on Fusion. */
export function depositSalt(genesis, account, index) {
	const prefix = stringToHex('fusion/vault/deposit/1');
	return keccak256(concatHex([prefix, genesis, account, numberToHex(index, { size: 8 })]));
}

/** Calldata of one of the vault's functions. */
export function calldata(abi, functionName, args = []) {
	return encodeFunctionData({ abi, functionName, args });
}
