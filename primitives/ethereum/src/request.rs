//! Whether a request for a signature of a vault's key is what the chain shows of it. Members sign nothing else.

use codec::{Decode, DecodeAll};
use fusion_asset_mapping_primitives::{
	account::AccountChain,
	vault::{VaultBatchView, VaultOrderView, VaultView},
};
use fusion_dcrm_primitives::{derive_tweak, Algorithm, PublicKey, Purpose, SigningRequest};
use sp_core::H256;

use crate::{Batch, Ethereum, Order, Vault};

/// Whether a request is for this batch, as the chain shows it in finalized state: over its digest, for the vault that is
/// registered, by the key that this vault has, in the group whose master key this is.
///
/// The error says what is wrong.
pub fn check_batch_request(
	genesis: H256,
	request: &SigningRequest,
	stated: &VaultBatchView,
	vault: &VaultView,
	algorithm: Algorithm,
	master: &PublicKey,
) -> Result<(), &'static str> {
	let Purpose::VaultBatch { batch, .. } = request.purpose else {
		return Err("it is not for a batch of a vault");
	};
	let template: Batch = read(&stated.template)?;
	if (batch, stated.id) != (template.id, template.id) {
		return Err("the batch has another number");
	}
	check(request, &template.vault, template.digest(), vault)?;
	check_key(genesis, request, vault, algorithm, master)
}

/// As [`check_batch_request`], for an order.
pub fn check_order_request(
	genesis: H256,
	request: &SigningRequest,
	stated: &VaultOrderView,
	vault: &VaultView,
	algorithm: Algorithm,
	master: &PublicKey,
) -> Result<(), &'static str> {
	let Purpose::VaultOrder { nonce, attempt, .. } = request.purpose else {
		return Err("it is not for an order of a vault");
	};
	let order: Order = read(&stated.order)?;
	if (nonce, stated.nonce) != (order.nonce, order.nonce) || attempt != stated.attempt {
		return Err("the order has another number, or it is another attempt");
	}
	check(request, &order.vault, order.digest(), vault)?;
	check_key(genesis, request, vault, algorithm, master)
}

fn read<T: Decode>(bytes: &[u8]) -> Result<T, &'static str> {
	T::decode_all(&mut &*bytes).map_err(|_| "what is to be signed is unreadable")
}

fn check(
	request: &SigningRequest,
	vault: &Vault,
	digest: [u8; 32],
	registered: &VaultView,
) -> Result<(), &'static str> {
	if (vault.chain_id, vault.address.0) != (registered.chain_id, registered.address) {
		return Err("it is for another vault than the one that is registered");
	}
	if digest != request.message {
		return Err("the message is not the digest of what is to be signed");
	}
	Ok(())
}

fn check_key(
	genesis: H256,
	request: &SigningRequest,
	vault: &VaultView,
	algorithm: Algorithm,
	master: &PublicKey,
) -> Result<(), &'static str> {
	if request.group != vault.group || !request.purpose.fits(&request.path) {
		return Err("it is for another group than the vault's, or another key");
	}
	let tweak = derive_tweak(genesis, request.group, algorithm, master, &request.path);
	match Ethereum::signing_key(master, &tweak) {
		Ok(key) if key == vault.key => Ok(()),
		Ok(_) => Err("the vault has another key"),
		Err(_) => Err("the key cannot be computed"),
	}
}

#[cfg(test)]
mod tests {
	use codec::Encode;
	use fusion_asset_mapping_primitives::account::{Payout, Terms};
	use fusion_dcrm_primitives::KeyPath;

	use super::*;
	use crate::{Address, Call};

	const GENESIS: H256 = H256::repeat_byte(1);
	const ALGORITHM: Algorithm = Algorithm::Secp256k1Taproot;
	const BATCH: Purpose = Purpose::VaultBatch { instance: 3, batch: 7 };
	const ORDER: Purpose = Purpose::VaultOrder { instance: 3, nonce: 4, attempt: 9 };

	/// The generator of secp256k1.
	fn master() -> PublicKey {
		let text = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
		hex::decode(text).unwrap().try_into().unwrap()
	}

	fn the_vault() -> Vault {
		Vault { chain_id: 5, address: Address([8; 20]) }
	}

	fn vault_view() -> VaultView {
		let tweak = derive_tweak(GENESIS, 2, ALGORITHM, &master(), &KeyPath::Vault(3));
		VaultView {
			chain_id: 5,
			address: [8; 20],
			group: 2,
			key: Ethereum::signing_key(&master(), &tweak).unwrap(),
			confirmations: 1,
		}
	}

	fn batch(vault: &Vault) -> Batch {
		let terms = Terms { id: 7, epoch: 0, deadline: 100, fee: 1 };
		let payout = Payout {
			asset: Address::ZERO,
			destination: Address([9; 20]).to_destination(),
			amount: 5,
		};
		Ethereum::template(vault, &terms, &[payout]).unwrap()
	}

	fn batch_view(batch: &Batch) -> VaultBatchView {
		let (id, digest) = (batch.id, batch.digest());
		VaultBatchView { id, group: 2, template: batch.encode(), digest, signature: None }
	}

	fn order(vault: Vault) -> Order {
		Order { vault, nonce: 4, epoch: 0, deadline: 100, call: Call::Pause(1) }
	}

	fn order_view(order: &Order) -> VaultOrderView {
		VaultOrderView {
			nonce: order.nonce,
			attempt: 9,
			group: 2,
			order: order.encode(),
			digest: order.digest(),
			calldata: None,
		}
	}

	fn request(message: [u8; 32], purpose: Purpose) -> SigningRequest {
		SigningRequest { group: 2, path: KeyPath::Vault(3), message, purpose, created: 1 }
	}

	fn check_batch(request: &SigningRequest, stated: &VaultBatchView) -> Result<(), &'static str> {
		check_batch_request(GENESIS, request, stated, &vault_view(), ALGORITHM, &master())
	}

	fn check_order(request: &SigningRequest, stated: &VaultOrderView) -> Result<(), &'static str> {
		check_order_request(GENESIS, request, stated, &vault_view(), ALGORITHM, &master())
	}

	#[test]
	fn request_should_be_approved_when_it_is_what_the_chain_shows() {
		let batch = batch(&the_vault());
		assert_eq!(check_batch(&request(batch.digest(), BATCH), &batch_view(&batch)), Ok(()));
		let order = order(the_vault());
		assert_eq!(check_order(&request(order.digest(), ORDER), &order_view(&order)), Ok(()));
	}

	#[test]
	fn batch_should_be_refused_when_anything_differs() {
		let batch = batch(&the_vault());
		let (good, view) = (request(batch.digest(), BATCH), batch_view(&batch));
		let refused = |request: SigningRequest, view: &VaultBatchView| {
			assert!(check_batch(&request, view).is_err(), "{request:?} for {view:?}");
		};
		refused(SigningRequest { message: [1; 32], ..good.clone() }, &view);
		refused(SigningRequest { group: 1, ..good.clone() }, &view);
		for path in [KeyPath::Group, KeyPath::Vault(4), KeyPath::Deposit(3, 0)] {
			refused(SigningRequest { path, ..good.clone() }, &view);
		}
		for purpose in [
			ORDER,
			Purpose::Test,
			Purpose::VaultBatch { instance: 3, batch: 8 },
			Purpose::VaultBatch { instance: 4, batch: 7 },
		] {
			refused(SigningRequest { purpose, ..good.clone() }, &view);
		}
		refused(good.clone(), &VaultBatchView { id: 8, ..view.clone() });
		refused(good.clone(), &VaultBatchView { template: vec![1], ..view.clone() });
		let longer = [view.template.clone(), vec![0]].concat();
		refused(good.clone(), &VaultBatchView { template: longer, ..view });
		// Another vault, chain or key.
		let elsewhere = self::batch(&Vault { chain_id: 6, ..the_vault() });
		refused(request(elsewhere.digest(), BATCH), &batch_view(&elsewhere));
		let key = VaultView { key: [1; 32], ..vault_view() };
		let view = batch_view(&batch);
		let result = check_batch_request(GENESIS, &good, &view, &key, ALGORITHM, &master());
		assert_eq!(result, Err("the vault has another key"));
		let other_chain = H256::repeat_byte(2);
		let vault = vault_view();
		let result = check_batch_request(other_chain, &good, &view, &vault, ALGORITHM, &master());
		assert_eq!(result, Err("the vault has another key"));
	}

	#[test]
	fn order_should_be_refused_when_anything_differs() {
		let order = order(the_vault());
		let (good, view) = (request(order.digest(), ORDER), order_view(&order));
		let refused = |request: SigningRequest, view: &VaultOrderView| {
			assert!(check_order(&request, view).is_err(), "{request:?} for {view:?}");
		};
		refused(SigningRequest { message: [1; 32], ..good.clone() }, &view);
		for purpose in [
			BATCH,
			Purpose::VaultOrder { instance: 3, nonce: 5, attempt: 9 },
			Purpose::VaultOrder { instance: 3, nonce: 4, attempt: 8 },
		] {
			refused(SigningRequest { purpose, ..good.clone() }, &view);
		}
		refused(good.clone(), &VaultOrderView { nonce: 5, ..view.clone() });
		refused(good, &VaultOrderView { order: Vec::new(), ..view });
		let elsewhere = self::order(Vault { address: Address([7; 20]), ..the_vault() });
		refused(request(elsewhere.digest(), ORDER), &order_view(&elsewhere));
	}
}
