# Fusion. `make run` starts a local network, `make test` runs every test; both install what is missing.

SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help run test story setup build fmt clippy docs unit forge clients

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
		sed -E 's/^([a-z-]+):.*## /\1|/' | \
		while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

run: ## install, build and start a local network: 4 nodes, a key group, Bitcoin regtest (Ctrl-C stops it)
	@scripts/setup
	@scripts/build
	@scripts/run

test: ## every test, from formatting to the story of one bitcoin
	@scripts/test

story: ## one bitcoin in, moved by a contract, and out, on free ports
	@scripts/setup
	@scripts/build
	@scripts/story

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

forge: ## tests of the Solidity contracts
	@. scripts/lib.sh && cd contracts && forge test

clients: ## tests with Foundry, viem, ethers and Polkadot.js against a node of their own
	@. scripts/lib.sh && cd tests/clients && npm test
