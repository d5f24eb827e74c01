//! JSON-RPC methods beside those that every node has.

use std::sync::Arc;

use fusion_dcrm::rpc::ClientState;
use fusion_runtime::{opaque::Block, AccountId, Balance, Hash, Nonce};
use jsonrpsee::RpcModule;
use sc_rpc::dev::{Dev, DevApiServer};

use crate::service::{FullClient, Pool};

/// Builds the methods.
pub fn create(
	client: Arc<FullClient>,
	pool: Arc<Pool>,
) -> Result<RpcModule<()>, sc_service::Error> {
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};

	fn application(error: impl std::error::Error + Send + Sync + 'static) -> sc_service::Error {
		sc_service::Error::Application(Box::new(error))
	}

	let mut module = RpcModule::new(());
	module
		.merge(SystemApiServer::<Hash, AccountId, Nonce>::into_rpc(System::new(
			client.clone(),
			pool,
		)))
		.map_err(application)?;
	module
		.merge(TransactionPaymentApiServer::<
			_,
			pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance>,
		>::into_rpc(TransactionPayment::<_, Block>::new(client.clone())))
		.map_err(application)?;
	module.merge(DevApiServer::into_rpc(Dev::new(client.clone()))).map_err(application)?;
	let dcrm = fusion_dcrm::rpc::module(ClientState::<Block, _>::new(client.clone()))
		.map_err(application)?;
	module.merge(dcrm).map_err(application)?;
	let calling_list = fusion_calling_list::rpc::ClientState::<Block, _>::new(client);
	let calling_list = fusion_calling_list::rpc::module(calling_list).map_err(application)?;
	module.merge(calling_list).map_err(application)?;
	Ok(module)
}
