//! The Fusion runtime with a `spec_version` that is one higher: what upgrades are tested with.
//!
//! There is no code here. The build script compiles the runtime for wasm once more, with the feature
//! `next-version`, and leaves it beside the runtime's own:
//! `release/wbuild/fusion-runtime/fusion_runtime_next.compact.compressed.wasm` in the target folder. It uses the
//! same folder, so that only the runtime's own crate is compiled again.
