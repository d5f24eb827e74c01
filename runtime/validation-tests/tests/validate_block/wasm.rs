//! The runtime's wasm, and who runs it: nodes of this chain, and validators of the relay chain.

use std::{
	cell::RefCell,
	fmt,
	fs::{create_dir_all, File},
	panic::AssertUnwindSafe,
	path::Path,
	sync::LazyLock,
	thread,
	time::{Duration, Instant},
};

use codec::{Decode, Encode};
use fusion_runtime::{Hashing, WASM_BINARY};
use log::{Level, LevelFilter, Log, Metadata, Record};
use polkadot_node_core_pvf_common::executor_interface::DEFAULT_CONFIG;
use polkadot_parachain_primitives::primitives::{ValidationParams, ValidationResult};
use sc_executor::with_externalities_safe;
use sc_executor_common::{runtime_blob::RuntimeBlob, wasm_runtime::WasmModule};
use sc_executor_wasmtime::{create_runtime, Config, WasmtimeRuntime};
use sp_core::storage::Storage;
use sp_externalities::{Extensions, Externalities};
use sp_state_machine::{Backend, BasicExternalities, Ext, OverlayedChanges};

/// What a node of this chain gives the runtime.
type NodeFunctions = cumulus_client_service::ParachainHostFunctions;

/// What a validator of the relay chain gives it: no storage, above all. A call of anything else is a trap.
type ValidatorFunctions = (
	sp_io::misc::HostFunctions,
	sp_io::crypto::HostFunctions,
	sp_io::hashing::HostFunctions,
	sp_io::allocator::HostFunctions,
	sp_io::logging::HostFunctions,
	sp_io::trie::HostFunctions,
);

/// The stack of the thread that a validator runs the wasm in, in bytes: what the wasm may take of it, and
/// some more for what is called from there.
const VALIDATOR_STACK: usize = (256 + 2) * 1024 * 1024;

/// The wasm, compiled once a process.
static WASM: LazyLock<Wasm> = LazyLock::new(Wasm::prepare);

thread_local! {
	/// What the runtime has said in this thread, since it was last asked.
	static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the errors that the runtime logs, its panics among them.
struct Listener;

impl Log for Listener {
	fn enabled(&self, metadata: &Metadata<'_>) -> bool {
		metadata.level() == Level::Error && metadata.target().starts_with("runtime")
	}

	fn log(&self, record: &Record<'_>) {
		if self.enabled(record.metadata()) {
			let message = record.args().to_string();
			SAID.with_borrow_mut(|said| said.push(message));
		}
	}

	fn flush(&self) {}
}

/// How the runtime refuses something.
#[derive(Clone, Debug)]
pub struct Refusal {
	/// The errors that it has logged. The last one is its panic.
	said: Vec<String>,
	/// How its execution ended.
	end: String,
}

impl Refusal {
	/// One that ended without the runtime saying anything.
	pub fn ended(end: String) -> Self {
		Self { said: Vec::new(), end }
	}

	/// Whether this is among what it has said.
	pub fn says(&self, expected: &str) -> bool {
		self.said.iter().chain([&self.end]).any(|message| message.contains(expected))
	}
}

impl fmt::Display for Refusal {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for message in &self.said {
			writeln!(f, "{message}")?;
		}
		f.write_str(&self.end)
	}
}

/// The compiled wasm.
pub struct Wasm {
	node: WasmtimeRuntime,
	validator: WasmtimeRuntime,
}

/// The compiled wasm.
pub fn wasm() -> &'static Wasm {
	&WASM
}

/// The wasm as it is in the state and on the relay chain: compressed.
pub fn code() -> &'static [u8] {
	WASM_BINARY.expect("the wasm runtime is built, unless SKIP_WASM_BUILD is set")
}

impl Wasm {
	/// Compiles the wasm with the relay chain's settings, for both. Tests may be processes of their own: the
	/// first one compiles, and the others take what it has left on disk.
	fn prepare() -> Self {
		log::set_logger(&Listener).expect("nobody else listens");
		log::set_max_level(LevelFilter::Error);
		let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
		create_dir_all(folder).expect("cargo's folder for tests can be made");
		let lock = File::create(folder.join("validate-block.lock")).expect("it can be written to");
		lock.lock().expect("files can be locked there");

		let blob = RuntimeBlob::uncompress_if_needed(code()).expect("the wasm is sound");
		let mut config = DEFAULT_CONFIG;
		config.cache_path = Some(folder.join("validate-block"));
		// It is the same code that comes out, only sooner.
		config.semantics.parallel_compilation = true;
		let for_node = Config { allow_missing_func_imports: false, ..config.clone() };
		let node = create_runtime::<NodeFunctions>(blob.clone(), for_node)
			.expect("a node has all that the runtime needs");
		let validator = create_runtime::<ValidatorFunctions>(blob, config)
			.expect("the relay chain takes the runtime");
		Self { node, validator }
	}

	/// Calls a function in a node, on this state. Changes are left in the overlay.
	pub fn call<B: Backend<Hashing>>(
		&self,
		state: &B,
		overlay: &mut OverlayedChanges<Hashing>,
		extensions: &mut Extensions,
		function: &str,
		data: &[u8],
	) -> Result<Vec<u8>, Refusal> {
		overlay.enter_runtime().expect("it is not running");
		let mut ext = Ext::new(overlay, state, Some(extensions));
		let (outcome, _) = run(&self.node, &mut ext, function, data);
		overlay.exit_runtime().expect("it has been running");
		outcome
	}

	/// Calls a function in a node where there is no state yet. Returns the state that there is afterwards.
	pub fn call_without_state(&self, function: &str, data: &[u8]) -> (Vec<u8>, Storage) {
		let mut ext = BasicExternalities::new_empty();
		let (outcome, _) = run(&self.node, &mut ext, function, data);
		let answer = outcome.unwrap_or_else(|refusal| panic!("{function}: {refusal}"));
		(answer, ext.into_storages())
	}

	/// Validates a block as the relay chain's validators do. Also says how long it took, with making the
	/// instance.
	pub fn validate(
		&self,
		params: &ValidationParams,
	) -> (Result<ValidationResult, Refusal>, Duration) {
		let data = params.encode();
		let validation = || {
			let mut ext = BasicExternalities::new_empty();
			let outcome = run(&self.validator, &mut ext, "validate_block", &data);
			assert!(ext.into_storages().top.is_empty(), "it has used the host's storage");
			outcome
		};
		let (outcome, took) = thread::scope(|scope| {
			thread::Builder::new()
				.stack_size(VALIDATOR_STACK)
				.spawn_scoped(scope, validation)
				.expect("a thread can be started")
				.join()
				.expect("only the wasm panics")
		});
		let result = outcome.map(|bytes| {
			ValidationResult::decode(&mut &bytes[..]).expect("validate_block answers with a result")
		});
		(result, took)
	}
}

/// Calls a function in a new instance.
fn run(
	runtime: &WasmtimeRuntime,
	ext: &mut dyn Externalities,
	function: &str,
	data: &[u8],
) -> (Result<Vec<u8>, Refusal>, Duration) {
	let memory = DEFAULT_CONFIG.semantics.heap_alloc_strategy;
	let instance = runtime.new_instance(memory).expect("there is memory for an instance");
	let mut instance = AssertUnwindSafe(instance);
	SAID.take();
	let start = Instant::now();
	let outcome = with_externalities_safe(ext, move || instance.call_export(function, data))
		.and_then(|outcome| outcome);
	let took = start.elapsed();
	let said = SAID.take();
	(outcome.map_err(|error| Refusal { said, end: error.to_string() }), took)
}
