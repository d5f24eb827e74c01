# Fusion. `make run` starts a local network, `make test` runs every test; both install what is missing.

SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help run test story handover faults hhcm dishonest relay test-relay chain-specs simulation setup build fmt clippy docs unit unit-of forge clients

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
		sed -E 's/^([a-z-]+):.*## /\1|/' | \
		while IFS='|' read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done

run: ## install, build and start a local network: 4 nodes, a key group, Bitcoin regtest (Ctrl-C stops it)
	@scripts/setup
	@scripts/build
	@scripts/run

test: ## every test, from formatting to the story of one bitcoin and six collators
	@scripts/test

story: ## one bitcoin in, moved by a contract, and out, on free ports
	@scripts/setup
	@scripts/build
	@scripts/story

handover: ## a key moves from four members to seven, and to four others; coins go in and out, nodes are killed
	@scripts/setup --tests
	@scripts/build
	@. scripts/lib.sh && (cd contracts && forge build --quiet) && \
		cd tests/e2e && node --test --test-concurrency=1 --test-reporter=spec dcrm/all.mjs

faults: ## five members of a key group, killed in each phase, one of them lies (DCRM_SIGNATURES=20, DCRM_PHASES=all, DCRM_NODES=7)
	@scripts/setup --tests
	@scripts/build --test-programs
	@. scripts/lib.sh && (cd contracts && forge build --quiet) && \
		cd tests/e2e && node --test --test-concurrency=1 --test-reporter=spec dcrm/all-faults.mjs

hhcm: ## six collators author by HHCM, three of them leave and come back (HHCM_SLOTS=50), on free ports
	@scripts/setup
	@WITHOUT_CHAINS=1 scripts/build
	@scripts/hhcm

dishonest: ## three of six collators break HHCM's rules: what it gains, and costs (HHCM_DISHONEST_SLOTS=40)
	@scripts/setup
	@WITHOUT_CHAINS=1 scripts/build --test-programs
	@. scripts/lib.sh && cd tests/e2e && node --test --test-concurrency=1 --test-reporter=spec dishonest/all.mjs

relay: ## a relay chain with two validators, and three collators on it, on free ports (Ctrl-C stops it)
	@scripts/setup
	@WITHOUT_CHAINS=1 scripts/build
	@scripts/build-relay
	@scripts/relay

test-relay: ## a real relay chain includes and finalizes blocks: nodes are killed, one is dishonest, the runtime is upgraded
	@scripts/setup --tests
	@WITHOUT_CHAINS=1 scripts/build --test-programs
	@scripts/build-relay
	@scripts/relay-test

chain-specs: ## chain specifications: those kept in git, and raw ones (chain-specs/raw)
	@scripts/setup
	@WITHOUT_CHAINS=1 scripts/build
	@scripts/chain-specs

simulation: ## who authors by HHCM, against stake and hash power: writes docs/hhcm/simulation.md
	@scripts/setup
	@WITHOUT_CHAINS=1 scripts/build
	@. scripts/lib.sh && "$$CARGO_TARGET_DIR/release/hhcm-simulation"

setup: ## install what is missing
	@scripts/setup --tests

build: ## the node, the runtime and Bitcoin Core
	@scripts/setup
	@scripts/build

fmt: ## format Rust and Solidity
	@. scripts/lib.sh && cargo-fmt --all && cd contracts && forge fmt

clippy: ## clippy and documentation, warnings are errors
	@scripts/setup
	@scripts/lint

docs: clippy ## the same: one pass does both

unit: ## unit tests of all crates
	@. scripts/lib.sh && cargo nextest run --release --workspace
	@. scripts/lib.sh && cargo test --doc --release --workspace

unit-of: ## unit tests of one crate, and nothing built that stands on it: make unit-of CRATE=pallet-dcrm
	@scripts/unit-of $(CRATE)

forge: ## tests of the Solidity contracts
	@. scripts/lib.sh && cd contracts && forge test

clients: ## tests with Foundry, viem, ethers and Polkadot.js against a node of their own
	@. scripts/lib.sh && cd tests/clients && npm test
