// Reads the definition of a network with a relay chain: a file in zombienet's format, of which only what is
// used in zombienet/*.toml is known here. Anything else is refused, so that nothing is ignored in silence.

import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { COLLATORS } from './network.mjs';

/** `{{'alice'|zombie('wsUri')}}`: something of another node. */
const REFERENCE = /\{\{'([\w-]+)'\|zombie\('(\w+)'\)\}\}/g;

/** The network that a file defines. Each collator has the development account (of {@link COLLATORS}) it works for. */
export function readDefinition(file) {
	const at = (path, what) => new Error(`${file}: ${path} ${what}`);

	/** A table with no other keys than these. */
	function table(value, path, keys) {
		if (typeof value !== 'object' || value === null || Array.isArray(value)) throw at(path, 'is no table');
		for (const key of Object.keys(value)) {
			if (!keys.includes(key)) throw at(`${path}.${key}`, 'is not known here');
		}
		return value;
	}
	function is(value, path, expected) {
		if (value !== expected) throw at(path, `is ${JSON.stringify(value)}: only ${JSON.stringify(expected)} is known here`);
	}
	function array(value, path) {
		if (!Array.isArray(value) || value.length === 0) throw at(path, 'is no list with anything in it');
		return value;
	}
	/** Arguments, each on its own: in the file, an option may have its value behind it. */
	function words(value = [], path) {
		if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
			throw at(path, 'is no list of texts');
		}
		return value.flatMap((item) => item.split(/\s+/).filter(Boolean));
	}

	const root = table(parse(readFileSync(file, 'utf8')), 'the file', ['settings', 'relaychain', 'parachains']);
	const settings = table(root.settings ?? {}, 'settings', ['provider', 'timeout']);
	is(settings.provider ?? 'native', 'settings.provider', 'native');

	const relay = table(root.relaychain, 'relaychain', ['chain', 'default_command', 'default_args', 'genesis', 'nodes']);
	is(relay.chain, 'relaychain.chain', 'rococo-local');
	is(relay.default_command, 'relaychain.default_command', 'fusion-relay');
	const genesis = table(relay.genesis ?? {}, 'relaychain.genesis', ['runtimeGenesis']);
	const built = table(genesis.runtimeGenesis ?? {}, 'relaychain.genesis.runtimeGenesis', ['patch']);
	const shared = words(relay.default_args, 'relaychain.default_args');
	const validators = array(relay.nodes, 'relaychain.nodes').map((node, i) => {
		const path = `relaychain.nodes[${i}]`;
		table(node, path, ['name', 'validator', 'args']);
		is(node.validator ?? true, `${path}.validator`, true);
		return { name: node.name, args: [...shared, ...words(node.args, `${path}.args`)] };
	});
	// Those that the chain's genesis has.
	is(validators.map(({ name }) => name).sort().join(), 'relaychain.nodes, by name,', 'alice,bob');

	const paras = array(root.parachains, 'parachains');
	is(paras.length, 'the number of parachains', 1);
	const para = table(paras[0], 'parachains[0]', ['id', 'chain', 'add_to_genesis', 'cumulus_based', 'collators']);
	if (!Number.isInteger(para.id)) throw at('parachains[0].id', 'is no number');
	is(para.chain, 'parachains[0].chain', 'rococo-local');
	is(para.add_to_genesis ?? true, 'parachains[0].add_to_genesis', true);
	is(para.cumulus_based ?? true, 'parachains[0].cumulus_based', true);
	const collators = array(para.collators, 'parachains[0].collators').map((node, i) => {
		const path = `parachains[0].collators[${i}]`;
		table(node, path, ['name', 'command', 'args']);
		is(node.command, `${path}.command`, 'fusion-node');
		const args = words(node.args, `${path}.args`);
		const account = COLLATORS.find((known) => args.includes(`--${known.name}`));
		if (!account) throw at(`${path}.args`, 'name none of the development accounts');
		return { name: node.name, account, args: args.filter((word) => word !== `--${account.name}`) };
	});

	const names = [...validators, ...collators].map(({ name }) => name);
	if (names.some((name) => typeof name !== 'string') || new Set(names).size < names.length) {
		throw at('some node', `has no name of its own: ${names.join(', ')}`);
	}
	return {
		timeout: 1_000 * (settings.timeout ?? 600),
		patch: built.patch ?? {},
		validators,
		para: { id: para.id, chain: para.chain },
		collators,
	};
}

/** Arguments with the references in them replaced by what `find(name, property)` says. */
export function resolved(args, find) {
	return args.map((word) => {
		const text = word.replace(REFERENCE, (_, name, property) => find(name, property));
		if (text.includes('{{')) throw new Error(`"${word}" is a reference that is not understood`);
		return text;
	});
}
