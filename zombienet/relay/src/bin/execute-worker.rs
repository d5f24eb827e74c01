//! Executes blocks of parachains (`validate_block`), for the relay chain node that starts it.
// The macro looks at what the system can forbid a process.
#![allow(unsafe_code)]

polkadot_node_core_pvf_common::decl_worker_main!(
	"execute-worker",
	polkadot_node_core_pvf_execute_worker::worker_entrypoint,
	polkadot_node_primitives::NODE_VERSION,
	env!("CARGO_PKG_VERSION"),
);
