//! The Fusion runtime with its benchmarks (`runtime-benchmarks`) and with the checks of its state and of its migrations
//! (`try-runtime`).
//!
//! There is no code here. If the environment has `FUSION_BUILD_INSTRUMENTS=1` (see `scripts/build-instruments`), the build
//! script compiles the runtime for wasm with these features, and leaves it beside the runtime's own:
//! `release/wbuild/fusion-runtime/fusion_runtime_instruments.wasm` in the target folder. It uses the same folder,
//! so that only crates that know these features are compiled again, and natively nothing is.
