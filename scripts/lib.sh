# What the other scripts share: paths, the toolchain, and messages. Source it, don't run it.
#
#   FUSION_CACHE      where built things are kept, shared by all checkouts (default ~/.cache/fusion)
#   CARGO_TARGET_DIR  what cargo builds (default $FUSION_CACHE/target)
#   FUSION_TOOLS      tools that are built or downloaded (default $FUSION_CACHE/tools)
# shellcheck shell=bash

FUSION_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FUSION_CACHE=${FUSION_CACHE:-$HOME/.cache/fusion}
FUSION_TOOLS=${FUSION_TOOLS:-$FUSION_CACHE/tools}
export FUSION_ROOT FUSION_CACHE FUSION_TOOLS
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$FUSION_CACHE/target}
export FUSION_NODE=${FUSION_NODE:-$CARGO_TARGET_DIR/release/fusion-node}

# The target that the runtime is compiled for.
WASM_TARGET=wasm32v1-none

# --- Toolchain --------------------------------------------------------------------------------
# One toolchain for everything, or all is built twice: a rustup toolchain that has the target of the
# runtime, else Debian's, which scripts/setup gives that target. scripts/setup links Debian's tools into
# a folder of their own, so that they come first without all of /usr/bin coming first.

# Whether the toolchain whose rustc is $1 can compile for the runtime's target.
has_wasm_target() {
	local sysroot
	[ -x "$1" ] || return 1
	sysroot=$("$1" --print sysroot 2>/dev/null) || return 1
	compgen -G "$sysroot/lib/rustlib/$WASM_TARGET/lib/libcore-*.rlib" >/dev/null
}

# Where rustup's proxies are, if there are any.
rustup_bin() {
	local bin=${CARGO_HOME:-$HOME/.cargo}/bin
	[ -x "$bin/rustup" ] && [ -x "$bin/rustc" ] && echo "$bin"
}

# Puts the toolchain and our own tools first on PATH.
use_toolchain() {
	local rustup rust=$FUSION_TOOLS/rust
	rustup=$(rustup_bin || true)
	if [ -n "$rustup" ] && has_wasm_target "$rustup/rustc"; then
		rust=$rustup
	fi
	case $PATH in
		"$FUSION_TOOLS/bin:$rust":*) ;;
		*) PATH=$FUSION_TOOLS/bin:$rust:$PATH ;;
	esac
	export PATH
	# A toolchain named in the environment would win over PATH.
	unset RUSTC CARGO RUSTUP_TOOLCHAIN
}
use_toolchain

# From here on, cargo compiles the workspace's own crates with clippy and documents them, warnings being
# errors (see scripts/lint-rustc). Such crates are kept beside those that are compiled without.
use_lints() {
	export RUSTC_WORKSPACE_WRAPPER=$FUSION_ROOT/scripts/lint-rustc
	export CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
}

# `node/no-rocksdb` lies below the SDK's database: if cargo takes it for newer than what it has built, as in each new
# clone, ten minutes of crates are compiled again. So its files are as old as the last commit that changed them.
keep_age_of_rocksdb() {
	local folder=$FUSION_ROOT/node/no-rocksdb changed
	git -C "$folder" diff --quiet HEAD -- . 2>/dev/null || return 0
	changed=$(git -C "$folder" log -1 --format=%ct -- . 2>/dev/null) || return 0
	[ -z "$changed" ] || find "$folder" -exec touch --date "@$changed" {} +
}
keep_age_of_rocksdb

# --- Messages ---------------------------------------------------------------------------------

if [ -t 1 ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
note() { printf '%s    %s%s\n' "$DIM" "$*" "$PLAIN"; }

# fail WHAT [HOW TO FIX IT...]: prints both and ends the script.
fail() {
	printf '\n%serror:%s %s\n' "$RED$BOLD" "$PLAIN" "$1" >&2
	shift
	local line
	for line in "$@"; do
		printf '  fix: %s\n' "$line" >&2
	done
	exit 1
}

# Seconds as h:mm:ss or m:ss.
clock() {
	local s=$1
	if [ "$s" -ge 3600 ]; then
		printf '%d:%02d:%02d' $((s / 3600)) $((s / 60 % 60)) $((s % 60))
	else
		printf '%d:%02d' $((s / 60)) $((s % 60))
	fi
}

# Stages: `stages 5`, then `stage NAME` before each. The name, its number and the time since the
# start are shown; `stage_times` prints how long each took: until the next one, or until `STAGE_ENDS` says.
STAGE_TOTAL=0
STAGE_NAMES=()
STAGE_STARTS=()
STAGE_ENDS=()

stages() { STAGE_TOTAL=$1; }

stage() {
	STAGE_NAMES+=("$1")
	STAGE_STARTS+=("$SECONDS")
	printf '\n%s==> [%d/%d] %s%s %s(%s since the start)%s\n' \
		"$BOLD" "${#STAGE_NAMES[@]}" "$STAGE_TOTAL" "$1" "$PLAIN" "$DIM" "$(clock "$SECONDS")" "$PLAIN"
}

stage_times() {
	local i end
	printf '\n%-44s %9s\n' "stage" "time"
	for i in "${!STAGE_NAMES[@]}"; do
		end=${STAGE_ENDS[$i]:-${STAGE_STARTS[$((i + 1))]:-$SECONDS}}
		printf '%-44s %9s\n' "${STAGE_NAMES[$i]}" "$(clock $((end - STAGE_STARTS[i])))"
	done
	printf '%-44s %9s\n' "together" "$(clock "$SECONDS")"
}

# Runs a command as root: directly, or by sudo.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "this needs root: $*" "run it as root, or install sudo"
	fi
}

# bench_with_clients NAME ARGUMENTS...: runs tests/clients/bench-NAME.mjs.
bench_with_clients() {
	local name=$1
	shift
	[ -d "$FUSION_ROOT/contracts/node_modules" ] && [ -d "$FUSION_ROOT/tests/clients/node_modules" ] ||
		fail "npm packages are missing" "scripts/setup --tests"
	exec node "$FUSION_ROOT/tests/clients/bench-$name.mjs" "$@"
}
