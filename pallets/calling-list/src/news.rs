//! What has happened that rows wait for: the chain goes through it block by block, in order.
//!
//! A *subject* (a feed, an item of another chain) with something new stands in the queue once, however much is new. Whatever has happened costs
//! the same when it happens, whoever waits for it; the work is done here, as much a block as is allowed.

use crate::{
	watches::{Ordinal, Subject},
	Config, News, NewsOutline, Pallet, WeightInfo,
};
use frame_support::{traits::Get, weights::Weight};

impl<T: Config> Pallet<T> {
	/// A subject stands at the end of the queue. Gives its turn.
	pub(crate) fn enqueue(subject: Subject) -> Ordinal {
		let mut outline = NewsOutline::<T>::get();
		let turn = Ordinal::new(outline.next);
		outline.next = outline.next.saturating_add(1);
		outline.waiting = outline.waiting.saturating_add(1);
		NewsOutline::<T>::put(outline);
		News::<T>::insert(turn, subject);
		turn
	}

	/// And leaves it.
	pub(crate) fn dequeue(turn: Ordinal) {
		if News::<T>::take(turn).is_some() {
			NewsOutline::<T>::mutate(|outline| {
				outline.waiting = outline.waiting.saturating_sub(1);
			});
		}
	}

	/// Does what a block does for what has happened. What does not fit into it is left to the next; the subject that it
	/// stopped at lets others go first then.
	pub(crate) fn go_through_news() -> Weight {
		let mut steps = 0;
		let mut last = None;
		while steps < T::NewsPerBlock::get() {
			let Some((turn, subject)) = News::<T>::iter().next() else { break };
			steps = steps.saturating_add(1);
			last = Some(turn);
			match subject {
				Subject::Feed(feed) => Self::step_feed(feed, turn),
				Subject::Foreign(key) => Self::step_item(key, turn),
			}
		}
		if let Some((turn, subject)) = News::<T>::iter().next() {
			if last == Some(turn) && NewsOutline::<T>::get().waiting > 1 {
				Self::dequeue(turn);
				let later = Self::enqueue(subject);
				match subject {
					Subject::Feed(feed) => Self::feed_waits_until(feed, later),
					Subject::Foreign(key) => Self::item_waits_until(key, later),
				}
			}
		}
		T::WeightInfo::news_step().saturating_mul(steps.saturating_add(1).into())
	}
}
