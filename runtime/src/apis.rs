//! The runtime APIs.

use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::Get,
	weights::Weight,
};
use fusion_asset_mapping_primitives::{
	Amount, AttemptIndex, BatchId, BatchView, CoinView, DepositIndex, Destination, Observation,
	OutPoint, Reserves, Wanted,
};
use fusion_bitcoin_primitives::Network;
use fusion_bookkeeping_primitives::{
	DelegationView, EmissionView, NodeView, SessionIndex, UnbondingView,
};
use fusion_calling_list_primitives::{
	api::Filter, At, Condition, DueCursor, DuePage, Entry, Reason, RowId, RowView, Sender, Tier,
	Trial,
};
use fusion_data_feed_primitives::{
	api::{Duty, FeedView, RecordView, RoundView},
	traits::Feeds,
	Answer, FeedId, FeederId, Reading, SignedWord,
};
use fusion_dcrm_primitives::{
	account_key::{AccountKeyId, AccountKeyView, AccountRequestView},
	DcrmMessage, GroupId, GroupView, KeyPath, MemberId, MemberSigned, PeerIdBytes, RequestId,
	SigningRequest, SizeAdvice,
};
use fusion_slices::{ChangeView, Coin, PledgeView, Seconds, SliceView};
use sp_api::impl_runtime_apis;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_genesis_builder::PresetId;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::Block as BlockT,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;
use staging_xcm::{
	Version as XcmVersion, VersionedAsset, VersionedAssetId, VersionedAssets, VersionedLocation,
	VersionedXcm,
};
use xcm_runtime_apis::{
	conversions::{Error as LocationToAccountApiError, LocationToAccountHelper},
	dry_run::{CallDryRunEffects, Error as XcmDryRunApiError, XcmDryRunEffects},
	fees::Error as XcmPaymentApiError,
};

use crate::{
	configs::*, genesis, AccountId, Balance, BitcoinMapping, Block, BlockNumber, Bookkeeping,
	CallingList, DataFeed, Dcrm, Executive, Hhcm, InherentDataExt, Networks, Nonce, OriginCaller,
	ParachainInfo, ParachainSystem, PolkadotXcm, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeGenesisConfig, SessionKeys, System, TransactionPayment, UncheckedExtrinsic, Usufruct,
	VERSION,
};

type Header = <Block as BlockT>::Header;

/// A transaction that is authorized by what it carries.
fn authorized_transaction(call: RuntimeCall) -> Vec<u8> {
	UncheckedExtrinsic::from(sp_runtime::generic::UncheckedExtrinsic::new_transaction(
		call,
		crate::authorized_extension(),
	))
	.encode()
}

pallet_revive::impl_runtime_apis_plus_revive_traits!(
	Runtime,
	Revive,
	Executive,
	EthExtraImpl,

	impl crate::networks::NetworksApi<Block> for Runtime {
		fn evm_chain_id() -> u64 {
			Networks::get()
		}

		fn bitcoin_network() -> Network {
			Networks::get()
		}
	}

	impl fusion_hhcm_primitives::api::HhcmApi<Block> for Runtime {
		fn authorities() -> Vec<fusion_hhcm_primitives::Authority> {
			Hhcm::authorities()
		}

		fn round() -> fusion_hhcm_primitives::Round {
			Hhcm::round()
		}

		fn grouping_keys(
			transactions: Vec<<Block as BlockT>::Extrinsic>,
		) -> Vec<Option<sp_core::H256>> {
			grouping_keys(transactions.iter().map(Encode::encode).collect())
		}

		fn equivocation_report(
			proof: fusion_hhcm_primitives::equivocation::Proof<Header>,
		) -> Option<Vec<u8>> {
			Hhcm::is_punishable(&proof).then(|| {
				let proof = alloc::boxed::Box::new(proof);
				authorized_transaction(
					pallet_hhcm::Call::<Runtime>::report_equivocation { proof }.into(),
				)
			})
		}
	}

	impl fusion_bookkeeping_primitives::api::BookkeepingApi<Block, AccountId> for Runtime {
		fn session() -> SessionIndex {
			Bookkeeping::session()
		}

		fn session_nodes() -> Vec<(AccountId, u64)> {
			Bookkeeping::session_weights()
		}

		fn next_session_nodes() -> Vec<(AccountId, u64)> {
			Bookkeeping::next_session_weights()
		}

		fn nodes() -> Vec<NodeView<AccountId>> {
			Bookkeeping::nodes()
		}

		fn node(account: AccountId) -> Option<NodeView<AccountId>> {
			Bookkeeping::node(&account)
		}

		fn delegations(account: AccountId) -> Vec<DelegationView<AccountId>> {
			Bookkeeping::delegations(&account)
		}

		fn unbonding(account: AccountId) -> Vec<UnbondingView<AccountId>> {
			Bookkeeping::unbonding(&account)
		}

		fn claimable(account: AccountId) -> Balance {
			Bookkeeping::claimable(&account)
		}

		fn emission() -> EmissionView {
			Bookkeeping::emission()
		}
	}

	impl fusion_calling_list_primitives::api::CallingListApi<Block, AccountId> for Runtime {
		fn due(after: Option<DueCursor>, limit: u32) -> DuePage {
			CallingList::due(after, limit)
		}

		fn trial(sender: sp_core::H160, ids: Vec<RowId>) -> Trial {
			calling_list_trial(sender, ids)
		}

		fn sender(address: sp_core::H160) -> Sender {
			calling_list_sender(address)
		}

		fn transaction(payload: Vec<u8>) -> Vec<u8> {
			let call: RuntimeCall = pallet_revive::Call::<Runtime>::eth_transact { payload }.into();
			UncheckedExtrinsic::from(sp_runtime::generic::UncheckedExtrinsic::new_bare(call)).encode()
		}

		fn row(id: RowId) -> Option<RowView<AccountId>> {
			CallingList::row(id)
		}

		fn rows(filter: Filter<AccountId>, after: RowId, limit: u32) -> Vec<RowView<AccountId>> {
			CallingList::rows(filter, after, limit)
		}

		fn history(id: RowId) -> Vec<Entry> {
			CallingList::history(id)
		}

		fn next_due(condition: Condition) -> Option<At> {
			CallingList::next_due(&condition)
		}

		fn run_cost(gas_limit: u64, storage_limit: Balance, tier: Tier, checked: bool) -> Balance {
			CallingList::cost_of(gas_limit, storage_limit, tier, checked)
		}

		fn is_due(id: RowId) -> Reason {
			CallingList::readiness(id)
		}
	}

	impl fusion_slices::api::UsufructApi<Block, AccountId> for Runtime {
		fn coins(account: AccountId) -> Vec<Coin> {
			Usufruct::coins_of(&account)
		}

		fn slices(account: AccountId, coin: Coin) -> Vec<SliceView> {
			Usufruct::slices_of(coin, &account).into_iter().map(SliceView::from).collect()
		}

		fn use_of(account: AccountId, coin: Coin, at: Seconds) -> Option<Balance> {
			Usufruct::use_at(coin, &account, at)
		}

		fn title_of(account: AccountId, coin: Coin) -> Balance {
			Usufruct::title_of(coin, &account)
		}

		fn whole_of(account: AccountId, coin: Coin, at: Seconds) -> Option<Balance> {
			Usufruct::whole_at(coin, &account, at)
		}

		fn changes(account: AccountId, coin: Coin) -> Vec<ChangeView> {
			Usufruct::changes_of(coin, &account)
		}

		fn total_held(coin: Coin) -> Balance {
			pallet_usufruct::Held::<Runtime>::get(coin)
		}

		fn pledges(account: AccountId) -> Vec<PledgeView<AccountId>> {
			Usufruct::pledges_of(&account)
		}
	}

	impl cumulus_primitives_aura::AuraUnincludedSegmentApi<Block> for Runtime {
		fn can_build_upon(
			included_hash: <Block as BlockT>::Hash,
			slot: fusion_hhcm_primitives::Slot,
		) -> bool {
			ConsensusHook::can_build_upon(included_hash, slot)
		}
	}

	impl cumulus_primitives_core::RelayParentOffsetApi<Block> for Runtime {
		fn relay_parent_offset() -> u32 {
			0
		}

		fn max_claim_queue_offset() -> u8 {
			1
		}
	}

	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: InherentData,
		) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &Header) {
			Executive::offchain_worker(header);
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}

		fn query_fee_details(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl cumulus_primitives_core::CollectCollationInfo<Block> for Runtime {
		fn collect_collation_info(header: &Header) -> cumulus_primitives_core::CollationInfo {
			ParachainSystem::collect_collation_info(header)
		}
	}

	impl cumulus_primitives_core::KeyToIncludeInRelayProof<Block> for Runtime {
		fn keys_to_prove() -> cumulus_primitives_core::RelayProofRequest {
			Default::default()
		}
	}

	impl cumulus_primitives_core::GetParachainInfo<Block> for Runtime {
		fn parachain_id() -> cumulus_primitives_core::ParaId {
			ParachainInfo::parachain_id()
		}
	}

	impl xcm_runtime_apis::fees::XcmPaymentApi<Block> for Runtime {
		fn query_acceptable_payment_assets(
			xcm_version: XcmVersion,
		) -> Result<Vec<VersionedAssetId>, XcmPaymentApiError> {
			let acceptable = alloc::vec![
				staging_xcm::latest::AssetId(HereLocation::get()),
				staging_xcm::latest::AssetId(RelayLocation::get()),
			];
			PolkadotXcm::query_acceptable_payment_assets(xcm_version, acceptable)
		}

		fn query_weight_to_asset_fee(
			weight: Weight,
			asset: VersionedAssetId,
		) -> Result<u128, XcmPaymentApiError> {
			PolkadotXcm::query_weight_to_asset_fee::<
				<XcmConfig as staging_xcm_executor::Config>::Trader,
			>(weight, asset)
		}

		fn query_xcm_weight(message: VersionedXcm<()>) -> Result<Weight, XcmPaymentApiError> {
			PolkadotXcm::query_xcm_weight(message)
		}

		fn query_delivery_fees(
			destination: VersionedLocation,
			message: VersionedXcm<()>,
			asset_id: VersionedAssetId,
		) -> Result<VersionedAssets, XcmPaymentApiError> {
			PolkadotXcm::query_delivery_fees::<()>(destination, message, asset_id)
		}
	}

	impl xcm_runtime_apis::dry_run::DryRunApi<Block, RuntimeCall, RuntimeEvent, OriginCaller> for Runtime {
		fn dry_run_call(
			origin: OriginCaller,
			call: RuntimeCall,
			result_xcms_version: XcmVersion,
		) -> Result<CallDryRunEffects<RuntimeEvent>, XcmDryRunApiError> {
			PolkadotXcm::dry_run_call::<Runtime, XcmRouter, OriginCaller, RuntimeCall>(
				origin,
				call,
				result_xcms_version,
			)
		}

		fn dry_run_xcm(
			origin_location: VersionedLocation,
			xcm: VersionedXcm<RuntimeCall>,
		) -> Result<XcmDryRunEffects<RuntimeEvent>, XcmDryRunApiError> {
			PolkadotXcm::dry_run_xcm::<XcmRouter>(origin_location, xcm)
		}
	}

	impl xcm_runtime_apis::conversions::LocationToAccountApi<Block, AccountId> for Runtime {
		fn convert_location(
			location: VersionedLocation,
		) -> Result<AccountId, LocationToAccountApiError> {
			LocationToAccountHelper::<AccountId, LocationToAccountId>::convert_location(location)
		}
	}

	impl xcm_runtime_apis::trusted_query::TrustedQueryApi<Block> for Runtime {
		fn is_trusted_reserve(
			asset: VersionedAsset,
			location: VersionedLocation,
		) -> xcm_runtime_apis::trusted_query::XcmTrustedQueryResult {
			PolkadotXcm::is_trusted_reserve(asset, location)
		}

		fn is_trusted_teleporter(
			asset: VersionedAsset,
			location: VersionedLocation,
		) -> xcm_runtime_apis::trusted_query::XcmTrustedQueryResult {
			PolkadotXcm::is_trusted_teleporter(asset, location)
		}
	}

	impl fusion_dcrm_primitives::api::DcrmApi<Block> for Runtime {
		fn groups_of(member: MemberId) -> Vec<GroupId> {
			Dcrm::groups_of(&member)
		}

		fn group(id: GroupId) -> Option<GroupView> {
			Dcrm::group_view(id)
		}

		fn active_group() -> Option<GroupId> {
			Dcrm::active()
		}

		fn peer(member: MemberId) -> Option<(PeerIdBytes, u64)> {
			Dcrm::peer(&member)
		}

		fn open_requests(group: GroupId, limit: u32) -> Vec<(RequestId, SigningRequest)> {
			Dcrm::open_requests(group, limit)
		}

		fn tweak(group: GroupId, path: KeyPath) -> Option<[u8; 32]> {
			Dcrm::tweak(group, &path)
		}

		fn size_advice() -> SizeAdvice {
			Dcrm::size_advice()
		}

		fn group_count() -> GroupId {
			pallet_dcrm::NextGroup::<Runtime>::get()
		}

		fn is_paused() -> bool {
			Dcrm::is_paused()
		}

		fn capacity(group: GroupId) -> u128 {
			<Dcrm as fusion_dcrm_primitives::traits::KeyGroups>::capacity(group)
		}

		fn account_key(key: AccountKeyId) -> Option<AccountKeyView> {
			Dcrm::account_key(key)
		}

		fn account_request(request: RequestId) -> Option<AccountRequestView> {
			Dcrm::account_request(request)
		}

		fn message_transaction(message: MemberSigned<DcrmMessage>) -> Vec<u8> {
			authorized_transaction(pallet_dcrm::Call::speak { message }.into())
		}
	}

	impl fusion_asset_mapping_primitives::api::BitcoinMappingApi<Block> for Runtime {
		fn witnesses() -> Option<GroupId> {
			BitcoinMapping::witnesses()
		}

		fn time() -> u64 {
			BitcoinMapping::time()
		}

		fn confirmations() -> u32 {
			BitcoinMapping::confirmations()
		}

		fn minimum_deposit() -> Amount {
			BitcoinMapping::minimum_deposit()
		}

		fn watched(from: DepositIndex, limit: u32) -> Vec<(DepositIndex, Destination)> {
			BitcoinMapping::watched(from, limit)
		}

		fn wants(observation: Observation, member: MemberId) -> Wanted {
			BitcoinMapping::wants(&observation, &member)
		}

		fn wants_fee_rate(member: MemberId) -> Option<u32> {
			BitcoinMapping::wants_fee_rate(&member)
		}

		fn fee_rate() -> u64 {
			BitcoinMapping::fee_rate()
		}

		fn open_batches() -> Vec<BatchView> {
			BitcoinMapping::open_batches()
		}

		fn batch(id: BatchId, attempt: AttemptIndex) -> Option<BatchView> {
			BitcoinMapping::batch(id, attempt)
		}

		fn coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView> {
			BitcoinMapping::coins(after, limit)
		}

		fn gone_coins(after: Option<OutPoint>, limit: u32) -> Vec<CoinView> {
			BitcoinMapping::gone_coins(after, limit)
		}

		fn reserves() -> Reserves {
			BitcoinMapping::reserves()
		}

		fn deposit_address(index: DepositIndex) -> Option<Vec<u8>> {
			BitcoinMapping::deposit_address(index)
		}

		fn observation_transaction(observation: MemberSigned<Observation>) -> Vec<u8> {
			authorized_transaction(
				pallet_asset_mapping::Call::<Runtime, BitcoinInstance>::observe { observation }
					.into(),
			)
		}
	}

	impl fusion_data_feed_primitives::api::DataFeedApi<Block, AccountId> for Runtime {
		fn feeds() -> Vec<FeedView> {
			DataFeed::feeds()
		}

		fn feed(feed: FeedId) -> Option<FeedView> {
			DataFeed::feed(feed)
		}

		fn latest(feed: FeedId) -> Reading {
			<DataFeed as Feeds>::read(feed)
		}

		fn history(feed: FeedId) -> Vec<Answer> {
			DataFeed::history(feed)
		}

		fn open_round(feed: FeedId) -> Option<RoundView> {
			DataFeed::open_round_of(feed)
		}

		fn duties(feeder: FeederId) -> Vec<Duty> {
			DataFeed::duties(&feeder)
		}

		fn record(account: AccountId) -> Option<RecordView> {
			DataFeed::record(&account)
		}

		fn word_transaction(word: SignedWord) -> Vec<u8> {
			authorized_transaction(pallet_data_feed::Call::<Runtime>::speak { word }.into())
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks)
				.expect("an upgrade that fails here must fail loudly; qed");
			(weight, RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("a block that fails here must fail loudly; qed")
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			use frame_benchmarking::BenchmarkList;
			use frame_support::traits::StorageInfoTrait;
			use crate::{benchmarks::*, *};

			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, crate::AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use frame_benchmarking::BenchmarkBatch;
			use frame_support::traits::{TrackedStorageKey, WhitelistedStorageKeys};
			use crate::{benchmarks::*, *};

			let whitelist: Vec<TrackedStorageKey> =
				crate::AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis::get_preset)
		}

		fn preset_names() -> Vec<PresetId> {
			genesis::preset_names()
		}
	}
);
