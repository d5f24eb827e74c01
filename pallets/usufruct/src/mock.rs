//! A runtime with FSN, two mapped coins, and nodes that stake is with.

use crate as pallet_usufruct;
use crate::{AccountSlices, Balance, Coin, Entry, Lists, PledgeId, Staking};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU64, Hooks,
	},
	weights::Weight,
	PalletId,
};
use fusion_slices::Seconds;
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	AccountId32, BuildStorage, DispatchError, DispatchResult,
};

pub type AccountId = AccountId32;
type Block = frame_system::mocking::MockBlockU32<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp::Pallet<Test>;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type Assets = pallet_assets::Pallet<Test>;
	#[runtime::pallet_index(4)]
	pub type Usufruct = pallet_usufruct::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
	type Balance = Balance;
	type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
	type ForceOrigin = frame_system::EnsureRoot<AccountId>;
	type Currency = Balances;
}

/// The mapped bitcoin.
pub const BTC: Coin = Coin::Mapped(1);
/// The native token.
pub const FSN: Coin = Coin::Fsn;
/// Held for a list with one boundary.
pub const LIST: Balance = 1_000;
/// Held for each other boundary.
pub const BOUNDARY: Balance = 100;
/// Held for an allowance or a consent.
pub const ALLOWANCE: Balance = 10;
/// Held for a pledge.
pub const PLEDGE: Balance = 500;
/// How long before the end the chain unbonds.
pub const TERM: Seconds = 8 * DAY;
/// How long it takes to unbond.
pub const UNBONDING: Seconds = 7 * DAY;
/// An hour and a day, in seconds.
pub const HOUR: Seconds = 3_600;
/// See [`HOUR`].
pub const DAY: Seconds = 24 * HOUR;
/// When tests begin. Not on the hour.
pub const START: Seconds = 1_700_000_123;

parameter_types! {
	pub const UsufructPalletId: PalletId = PalletId(*b"fsn/usuf");

	// In storage, so that what fails is rolled back with the rest.
	pub storage Stakes: Vec<(AccountId, Stake)> = Vec::new();
}

impl pallet_usufruct::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Assets = Assets;
	type Time = Timestamp;
	type Staking = Nodes;
	type PalletId = UsufructPalletId;
	type ListDeposit = ConstU128<LIST>;
	type BoundaryDeposit = ConstU128<BOUNDARY>;
	type AllowanceDeposit = ConstU128<ALLOWANCE>;
	type PledgeDeposit = ConstU128<PLEDGE>;
	type UnbondingTerm = ConstU64<TERM>;
	type MaxDue = ConstU32<2>;
	type DuePerBlock = ConstU32<2>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Nodes;
}

/// What an account has staked.
#[derive(Clone, Default, Encode, Decode)]
pub struct Stake {
	pub amount: Balance,
	pub since: Option<Seconds>,
	pub earned: Balance,
}

/// Nodes, of which only [`NODE`] takes stake. Stake sits in an account of theirs.
pub struct Nodes;

impl Nodes {
	fn with<R>(who: &AccountId, change: impl FnOnce(&mut Stake) -> R) -> R {
		let mut stakes = Stakes::get();
		let at = stakes.iter().position(|(other, _)| other == who).unwrap_or_else(|| {
			stakes.push((who.clone(), Stake::default()));
			stakes.len() - 1
		});
		let result = change(&mut stakes[at].1);
		Stakes::set(&stakes);
		result
	}

	/// A pledge loses so much of its stake.
	pub fn slash(pledge: PledgeId, amount: Balance) {
		Self::with(&Usufruct::pledge_account(pledge), |stake| stake.amount -= amount);
		Balances::burn_from(
			&BANK,
			amount,
			Preservation::Expendable,
			Precision::Exact,
			Fortitude::Force,
		)
		.unwrap();
	}

	/// A pledge earns.
	pub fn earn(pledge: PledgeId, amount: Balance) {
		Self::with(&Usufruct::pledge_account(pledge), |stake| stake.earned += amount);
	}
}

impl Staking<AccountId> for Nodes {
	fn bond(who: &AccountId, node: &AccountId, amount: Balance) -> DispatchResult {
		frame_support::ensure!(*node == NODE, DispatchError::Other("no node"));
		// As a hold does: the account has to stay alive.
		Balances::transfer(who, &BANK, amount, Preservation::Preserve)?;
		Self::with(who, |stake| stake.amount += amount);
		Ok(())
	}

	fn unbond(who: &AccountId) -> DispatchResult {
		Self::with(who, |stake| {
			stake.since.get_or_insert(Usufruct::now());
		});
		Ok(())
	}

	fn withdraw(who: &AccountId) {
		let amount = Self::with(who, |stake| {
			let due = stake.since.is_some_and(|since| Usufruct::now() >= since + UNBONDING);
			if due {
				core::mem::take(&mut stake.amount)
			} else {
				0
			}
		});
		Balances::transfer(&BANK, who, amount, Preservation::Expendable).unwrap();
	}

	fn claim(who: &AccountId) {
		let earned = Self::with(who, |stake| core::mem::take(&mut stake.earned));
		Balances::mint_into(who, earned).unwrap();
	}

	fn staked(who: &AccountId) -> Balance {
		Self::with(who, |stake| stake.amount)
	}

	fn weight() -> Weight {
		Weight::from_parts(1_000_000, 1_000)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Nodes {
	fn set_time(now: Seconds) {
		set_time(now);
	}

	fn mapped_coins(who: &AccountId, amount: Balance) -> Coin {
		use frame_support::traits::fungibles::{self, Create};
		if !<Assets as fungibles::Inspect<AccountId>>::asset_exists(1) {
			<Assets as Create<AccountId>>::create(1, NODE, true, 1).unwrap();
		}
		<Assets as fungibles::Mutate<AccountId>>::mint_into(1, who, amount).unwrap();
		BTC
	}

	fn node() -> AccountId {
		NODE
	}

	fn make_due(who: &AccountId) {
		Self::with(who, |stake| stake.since = Some(0));
	}
}

/// Accounts with coins.
pub const ALICE: AccountId = AccountId::new([1; 32]);
/// See [`ALICE`].
pub const BOB: AccountId = AccountId::new([2; 32]);
/// See [`ALICE`].
pub const CHARLIE: AccountId = AccountId::new([3; 32]);
/// An account with nothing.
pub const PAUPER: AccountId = AccountId::new([50; 32]);
/// A bookkeeping node.
pub const NODE: AccountId = AccountId::new([60; 32]);
/// Where stake is.
pub const BANK: AccountId = AccountId::new([61; 32]);

/// What rich accounts have of each coin.
pub const RICH: Balance = 1_000_000;

/// The state of a new chain.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(ALICE, RICH), (BOB, RICH), (CHARLIE, RICH), (BANK, 1)],
			..Default::default()
		},
		assets: pallet_assets::GenesisConfig {
			assets: vec![(1, NODE, true, 1), (2, NODE, true, 1)],
			accounts: vec![(1, ALICE, RICH), (1, BOB, RICH), (1, CHARLIE, RICH), (2, ALICE, RICH)],
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		set_time(START);
	});
	ext
}

/// Runs a test on a new chain, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

/// The invariants hold.
pub fn check() {
	Usufruct::do_try_state().expect("the invariants hold");
}

/// Sets the clock, in seconds, somewhere within the second.
pub fn set_time(now: Seconds) {
	Timestamp::set_timestamp(now * 1_000 + 999);
}

/// Time passes in one block: hooks run once, as when the chain stood still.
pub fn jump_to(now: Seconds) {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	// The clock is set after the hooks of a block.
	Usufruct::on_initialize(number);
	set_time(now);
}

/// Time passes, with a block every hour.
pub fn pass(seconds: Seconds) {
	let end = Usufruct::now() + seconds;
	while Usufruct::now() + HOUR < end {
		jump_to(Usufruct::now() + HOUR);
	}
	jump_to(end);
	// And the block that sees it.
	jump_to(end);
}

/// An account calls. What fails leaves nothing behind.
pub fn call(who: &AccountId, call: crate::Call<Test>) -> DispatchResult {
	RuntimeCall::Usufruct(call)
		.dispatch(RuntimeOrigin::signed(who.clone()))
		.map(|_| ())
		.map_err(|failed| failed.error)
}

/// [`crate::Call::deposit`].
pub fn deposit(who: &AccountId, coin: Coin, amount: Balance) -> DispatchResult {
	call(who, crate::Call::deposit { coin, amount })
}

/// [`crate::Call::withdraw`].
pub fn withdraw(who: &AccountId, coin: Coin, amount: Balance) -> DispatchResult {
	call(who, crate::Call::withdraw { coin, amount })
}

/// [`crate::Call::lend`].
pub fn lend(
	who: &AccountId,
	coin: Coin,
	to: &AccountId,
	amount: Balance,
	end: Seconds,
) -> DispatchResult {
	call(who, crate::Call::lend { coin, to: to.clone(), amount, end })
}

/// [`crate::Call::transfer`].
pub fn transfer(
	who: &AccountId,
	coin: Coin,
	to: &AccountId,
	amount: Balance,
	start: Seconds,
	end: Seconds,
) -> DispatchResult {
	call(who, crate::Call::transfer { coin, to: to.clone(), amount, start, end })
}

/// [`crate::Call::transfer_from`].
pub fn transfer_from(
	who: &AccountId,
	coin: Coin,
	from: &AccountId,
	to: &AccountId,
	amount: Balance,
	(start, end): (Seconds, Seconds),
) -> DispatchResult {
	let (from, to) = (from.clone(), to.clone());
	call(who, crate::Call::transfer_from { coin, from, to, amount, start, end })
}

/// What can be asked of an account's slices of a coin: use, title, both.
pub fn holdings(who: &AccountId, coin: Coin) -> (Balance, Balance, Balance) {
	(Usufruct::use_of(coin, who), Usufruct::title_of(coin, who), Usufruct::whole_of(coin, who))
}

/// Plain coins of an account.
pub fn plain(who: &AccountId, coin: Coin) -> Balance {
	match coin {
		Coin::Fsn => Balances::balance(who),
		Coin::Mapped(asset) => Assets::balance(asset, who),
	}
}

/// FSN of an account that is held.
pub fn held(who: &AccountId) -> Balance {
	Balances::total_balance_on_hold(who)
}

/// The list of an account as it is stored.
pub fn stored(who: &AccountId, coin: Coin) -> AccountSlices {
	Lists::<Test>::get(who, coin).map(|Entry { slices, .. }| slices).unwrap_or_default()
}

/// The pallet's events so far.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Usufruct(event) => Some(event),
			_ => None,
		})
		.collect()
}
