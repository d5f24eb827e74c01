#!/usr/bin/env bash
# Gives Debian's Rust toolchain the `wasm32v1-none` target that the runtime is compiled for.
#
# Debian packages no library for that target, but ships the sources of the standard library. `core`
# and `alloc` are compiled once from them, with embedded bitcode (the runtime is linked with LTO),
# and put where rustc looks for them. Needs to write into /usr/lib/rustlib: run it as root.
set -euo pipefail

target=wasm32v1-none
rustc=${RUSTC:-/usr/bin/rustc}
cargo=${CARGO:-/usr/bin/cargo}
dest="$("$rustc" --print sysroot)/lib/rustlib/$target/lib"
stamp="$dest/.fusion-$("$rustc" --version | cut -d' ' -f2)"

if [ -f "$stamp" ]; then
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src"
cat > "$work/Cargo.toml" <<'EOF'
[package]
name = "wasm-std"
version = "0.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[profile.release]
panic = "abort"
EOF
cat > "$work/src/lib.rs" <<'EOF'
#![no_std]
extern crate alloc;
use core::alloc::{GlobalAlloc, Layout};

struct Never;
unsafe impl GlobalAlloc for Never {
	unsafe fn alloc(&self, _: Layout) -> *mut u8 {
		core::ptr::null_mut()
	}
	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Never = Never;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
	loop {}
}

#[no_mangle]
pub extern "C" fn touch() -> usize {
	alloc::vec::Vec::<u8>::with_capacity(1).capacity()
}
EOF
(
	cd "$work"
	env -u CARGO_TARGET_DIR RUSTC="$rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" \
		"$cargo" build --quiet --release -Zbuild-std=core,alloc --target "$target"
)
mkdir -p "$dest"
rm -f "$dest"/lib{core,alloc,compiler_builtins}-*.rlib "$dest"/.fusion-*
cp "$work/target/$target/release/deps"/lib{core,alloc,compiler_builtins}-*.rlib "$dest/"
touch "$stamp"
echo "installed core and alloc for $target in $dest"
