//! The runtime API that wallets and explorers read.

use alloc::vec::Vec;
use codec::Codec;

use crate::{Amount, ChangeView, Coin, PledgeView, Seconds, SliceView};

sp_api::decl_runtime_apis! {
	/// Title and use of coins that are in slices: who has what, when, and what comes back when.
	///
	/// Times are seconds since 1970, amounts in the smallest unit of the coin. An account has nothing of what it
	/// has in no slice: plain coins are not counted.
	pub trait UsufructApi<AccountId>
	where
		AccountId: Codec,
	{
		/// The coins of which an account has slices, from now on.
		fn coins(account: AccountId) -> Vec<Coin>;
		/// The slices of an account from now on, in the order of time. They do not overlap.
		fn slices(account: AccountId, coin: Coin) -> Vec<SliceView>;
		/// How much an account has the use of at an instant; 0 is now. `None` for an instant that is over.
		fn use_of(account: AccountId, coin: Coin, at: Seconds) -> Option<Amount>;
		/// How much an account has the title to, at whatever instant: as a title has no end, it is the same at each.
		fn title_of(account: AccountId, coin: Coin) -> Amount;
		/// How much an account has title and use of from an instant on, if nobody does anything until then: what
		/// it can withdraw then; 0 is now. `None` for an instant that is over.
		fn whole_of(account: AccountId, coin: Coin, at: Seconds) -> Option<Amount>;
		/// What comes to an account, comes back, or ends, and when, in the order of time.
		fn changes(account: AccountId, coin: Coin) -> Vec<ChangeView>;
		/// How much of a coin is in slices. At every instant from now on, all slices add up to that.
		fn total_held(coin: Coin) -> Amount;
		/// The pledges of which an account is user or owner, in the order of their numbers.
		fn pledges(account: AccountId) -> Vec<PledgeView<AccountId>>;
	}
}
