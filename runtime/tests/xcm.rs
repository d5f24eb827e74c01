//! Transfers to other chains: what would be lost on its way stays with its owner.

use cumulus_primitives_core::UpwardMessageSender;
use frame_support::{
	assert_noop, assert_ok,
	genesis_builder_helper::{build_state, get_preset},
	traits::fungibles::Mutate,
};
use fusion_runtime::{
	genesis, AccountId, Balance, Balances, DenyLostTransfers, ForeignAssets, ParachainSystem,
	Runtime, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin, System, XcmRouter, FSN,
	PARACHAIN_ID,
};
use pallet_xcm::{Call, Error, ExecutionError};
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Dispatchable, DispatchResult};
use staging_xcm::{latest::prelude::*, VersionedLocation};
use staging_xcm_builder::InspectMessageQueues;
use staging_xcm_executor::traits::TransferType;

/// One token of the relay chain, and what Alice has of it.
const RELAY: Balance = 1_000_000_000_000;
const RELAY_OF_ALICE: Balance = 10 * RELAY;
/// A parachain beside ours.
const SIBLING: u32 = 2_001;

fn alice() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

/// The account on another chain that gets what is transferred.
fn receiver() -> Location {
	Location::new(0, [AccountId32 { network: None, id: [7; 32] }])
}

fn sibling() -> Location {
	Location::new(1, [Parachain(SIBLING)])
}

fn fsn() -> Asset {
	(Location::here(), FSN).into()
}

fn relay_token() -> Asset {
	(Location::parent(), RELAY).into()
}

/// The chain in its first block, by the preset for development. The relay chain takes messages, and Alice has
/// some of its tokens.
fn chain() -> TestExternalities {
	let preset = |name: Option<&str>| -> Value {
		let name = name.map(PresetId::from);
		let json = get_preset::<RuntimeGenesisConfig>(&name, genesis::get_preset);
		serde_json::from_slice(&json.expect("there is such a preset")).expect("it is JSON")
	};
	let mut config = preset(None);
	merge(&mut config, preset(Some(DEV_RUNTIME_PRESET)));

	let mut chain = TestExternalities::default();
	chain.execute_with(|| {
		build_state::<RuntimeGenesisConfig>(config.to_string().into_bytes())
			.expect("the genesis is sound");
		System::set_block_number(1);
		<ParachainSystem as UpwardMessageSender>::ensure_successful_delivery();
		assert_ok!(ForeignAssets::mint_into(Location::parent(), &alice(), RELAY_OF_ALICE));
	});
	chain
}

/// Puts what is in `patch` over `config`, as is done for chain specifications.
fn merge(config: &mut Value, patch: Value) {
	match (config, patch) {
		(Value::Object(config), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(config.entry(key).or_insert(Value::Null), value);
			}
		},
		(config, patch) => *config = patch,
	}
}

/// Alice sends it.
fn dispatch(call: Call<Runtime>) -> DispatchResult {
	RuntimeCall::PolkadotXcm(call)
		.dispatch(RuntimeOrigin::signed(alice()))
		.map(|_| ())
		.map_err(|failed| failed.error)
}

/// Which chain is the reserve is for the pallet to find out.
fn reserve_transfer(dest: Location, asset: Asset) -> DispatchResult {
	dispatch(Call::limited_reserve_transfer_assets {
		dest: Box::new(dest.into()),
		beneficiary: Box::new(receiver().into()),
		assets: Box::new(Assets::from(asset).into()),
		fee_asset_item: 0,
		weight_limit: Unlimited,
	})
}

/// To the relay chain, by saying which chain is the reserve of the assets and which that of the fee, which is
/// paid in relay tokens.
fn transfer_by_type(
	assets: Vec<Asset>,
	of_assets: TransferType,
	of_fee: TransferType,
) -> DispatchResult {
	let on_arrival =
		Xcm(vec![DepositAsset { assets: Wild(AllCounted(2)), beneficiary: receiver() }]);
	dispatch(Call::transfer_assets_using_type_and_then {
		dest: Box::new(Location::parent().into()),
		assets: Box::new(Assets::from(assets).into()),
		assets_transfer_type: Box::new(of_assets),
		remote_fees_id: Box::new(AssetId(Location::parent()).into()),
		fees_transfer_type: Box::new(of_fee),
		custom_xcm_on_dest: Box::new(staging_xcm::VersionedXcm::from(on_arrival)),
		weight_limit: Unlimited,
	})
}

/// Why the router does not take a message, if so.
fn refusal(dest: Location, message: Vec<Instruction<()>>) -> Option<SendError> {
	validate_send::<XcmRouter>(dest, Xcm(message)).err()
}

#[test]
fn fsn_should_stay_when_it_is_sent_to_the_relay_chain() {
	chain().execute_with(|| {
		assert_noop!(reserve_transfer(Location::parent(), fsn()), Error::<Runtime>::SendFailure);

		let by_finding_out = Call::transfer_assets {
			dest: Box::new(Location::parent().into()),
			beneficiary: Box::new(receiver().into()),
			assets: Box::new(Assets::from(fsn()).into()),
			fee_asset_item: 0,
			weight_limit: Unlimited,
		};
		assert_noop!(dispatch(by_finding_out), Error::<Runtime>::SendFailure);
		assert!(XcmRouter::get_messages().is_empty());
	});
}

/// The notice of the FSN is then not the first instruction of the message.
#[test]
fn fsn_should_stay_when_its_fee_is_paid_from_relay_tokens_that_go_home() {
	chain().execute_with(|| {
		assert_noop!(
			transfer_by_type(
				vec![fsn(), relay_token()],
				TransferType::LocalReserve,
				TransferType::DestinationReserve,
			),
			Error::<Runtime>::SendFailure
		);
	});
}

#[test]
fn relay_token_should_stay_when_we_are_said_to_be_its_reserve() {
	chain().execute_with(|| {
		assert_noop!(
			transfer_by_type(
				vec![relay_token()],
				TransferType::LocalReserve,
				TransferType::LocalReserve,
			),
			Error::<Runtime>::SendFailure
		);
	});
}

/// It is burnt here, and its home is asked to hold it for the relay chain.
#[test]
fn asset_of_a_sibling_should_stay_when_it_is_sent_to_the_relay_chain() {
	chain().execute_with(|| {
		let id = Location::new(1, [Parachain(SIBLING), PalletInstance(50), GeneralIndex(1)]);
		let owner = alice().into();
		assert_ok!(ForeignAssets::force_create(RuntimeOrigin::root(), id.clone(), owner, true, 1));
		assert_ok!(ForeignAssets::mint_into(id.clone(), &alice(), 1_000));

		assert_noop!(
			reserve_transfer(Location::parent(), (id, 1_000u128).into()),
			Error::<Runtime>::LocalExecutionIncompleteWithError {
				index: 2,
				error: ExecutionError::DestinationUnsupported,
			}
		);
	});
}

#[test]
fn relay_token_should_go_home() {
	chain().execute_with(|| {
		let fsn_before = Balances::free_balance(alice());
		assert_ok!(reserve_transfer(Location::parent(), relay_token()));

		let left = ForeignAssets::balance(Location::parent(), alice());
		assert_eq!(left, RELAY_OF_ALICE - RELAY);
		assert!(Balances::free_balance(alice()) < fsn_before, "the delivery is paid for");
		let messages = XcmRouter::get_messages();
		assert_eq!(messages.len(), 1);
		assert_eq!(messages[0].0, VersionedLocation::from(Location::parent()));
	});
}

#[test]
fn router_should_take_a_message_when_its_receiver_takes_the_assets() {
	chain().execute_with(|| {
		let token: Asset = (Location::here(), RELAY).into();
		let home = vec![
			WithdrawAsset(token.clone().into()),
			ClearOrigin,
			BuyExecution { fees: token, weight_limit: Unlimited },
			DepositAsset { assets: Wild(AllCounted(1)), beneficiary: receiver() },
		];
		assert_eq!(refusal(Location::parent(), home), None);

		let fsn: Asset = (Location::new(1, [Parachain(PARACHAIN_ID)]), FSN).into();
		let notice = vec![ReserveAssetDeposited(fsn.into()), ClearOrigin];
		assert_eq!(refusal(sibling(), notice), None);
	});
}

#[test]
fn router_should_refuse_a_message_when_its_receiver_refuses_the_assets() {
	chain().execute_with(|| {
		let fsn: Asset = (Location::new(0, [Parachain(PARACHAIN_ID)]), FSN).into();
		let token = relay_token();
		let by_way_of_home = DepositReserveAsset {
			assets: Wild(AllCounted(1)),
			dest: Location::parent(),
			xcm: Xcm(vec![]),
		};
		for (dest, instruction) in [
			(Location::parent(), ReserveAssetDeposited(fsn.clone().into())),
			(Location::parent(), ReceiveTeleportedAsset(fsn.into())),
			(sibling(), ReserveAssetDeposited(token.clone().into())),
			(sibling(), ReceiveTeleportedAsset(token.into())),
			(sibling(), by_way_of_home),
		] {
			let message = vec![ClearOrigin, instruction];
			let refused = Some(SendError::DestinationUnsupported);
			assert_eq!(refusal(dest.clone(), message.clone()), refused, "{message:?} to {dest:?}");
		}
	});
}

#[test]
fn router_should_leave_a_message_to_others_when_it_does_not_deliver_it() {
	let mut dest = Some(Location::parent());
	let mut message = Some(Xcm(vec![ReserveAssetDeposited(fsn().into())]));
	let given = (dest.clone(), message.clone());
	// Inside is a router that delivers nothing.
	let answer = DenyLostTransfers::<()>::validate(&mut dest, &mut message);
	assert_eq!(answer.err(), Some(SendError::NotApplicable));
	assert_eq!((dest, message), given);
}
