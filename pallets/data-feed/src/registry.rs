//! What governance does.

use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::Get,
};
use fusion_data_feed_primitives::{traits::OnAnswer, Definition, FeedId};

use crate::{pallet::*, About, Failure, Feed, HISTORY};

impl<T: Config> Pallet<T> {
	/// Adds a feed. Gives its number.
	pub(crate) fn do_add_feed(definition: Definition) -> Result<FeedId, DispatchError> {
		definition.check().map_err(Error::<T>::from)?;
		ensure!(FeedOf::<T>::count() < T::MaxFeeds::get(), Error::<T>::TooManyFeeds);
		let feed = NextFeed::<T>::get();
		let next = feed.checked_add(1).ok_or(Error::<T>::TooManyFeeds)?;
		let Definition { description, sources, rules } = definition;
		let state = Feed { rules, version: 0, paused: false, next_round: 1, last_opened: 0 };
		FeedOf::<T>::insert(feed, state);
		AboutOf::<T>::insert(feed, About { description, sources });
		NextFeed::<T>::put(next);
		Self::deposit_event(Event::FeedAdded { feed });
		Ok(feed)
	}

	/// Changes what a feed is.
	pub(crate) fn do_change_feed(feed: FeedId, definition: Definition) -> DispatchResult {
		definition.check().map_err(Error::<T>::from)?;
		let before = FeedOf::<T>::get(feed).ok_or(Error::<T>::UnknownFeed)?;
		Self::give_up_round(feed);
		let Definition { description, sources, rules } = definition;
		let version = before.version.saturating_add(1);
		if before.rules.kind.is_comparable(&rules.kind) {
			AnswerOf::<T>::mutate_exists(feed, |slot| {
				if let Some(answer) = slot {
					answer.expires_at = answer.started_at.saturating_add(rules.lifetime.into());
					if rules.kind.check(&answer.value).is_err() {
						*slot = None;
					}
				}
			});
		} else {
			Self::forget_answers(feed);
		}
		FeedOf::<T>::insert(feed, Feed { rules, version, ..before });
		AboutOf::<T>::insert(feed, About { description, sources });
		Self::deposit_event(Event::FeedChanged { feed, version });
		Ok(())
	}

	/// Removes a feed.
	pub(crate) fn do_remove_feed(feed: FeedId) -> DispatchResult {
		ensure!(FeedOf::<T>::contains_key(feed), Error::<T>::UnknownFeed);
		Self::give_up_round(feed);
		Self::forget_answers(feed);
		FeedOf::<T>::remove(feed);
		AboutOf::<T>::remove(feed);
		Self::deposit_event(Event::FeedRemoved { feed });
		Ok(())
	}

	/// Pauses a feed, or lets it go on.
	pub(crate) fn do_set_paused(feed: FeedId, paused: bool) -> DispatchResult {
		FeedOf::<T>::try_mutate(feed, |slot| -> DispatchResult {
			let state = slot.as_mut().ok_or(Error::<T>::UnknownFeed)?;
			ensure!(state.paused != paused, Error::<T>::NoChange);
			state.paused = paused;
			Ok(())
		})?;
		if paused {
			Self::give_up_round(feed);
		}
		Self::deposit_event(Event::PausedSet { feed, paused });
		Ok(())
	}

	/// Ends a round without an answer, and without consequences for anybody.
	fn give_up_round(feed: FeedId) {
		let Some(round) = RoundOf::<T>::take(feed) else { return };
		Agenda::<T>::mutate(|agenda| agenda.retain(|(_, other)| *other != feed));
		let reports = Self::take_reports(feed);
		let unrevealed = reports.iter().filter(|(_, report)| report.value.is_none()).count();
		Self::deposit_event(Event::RoundFailed {
			feed,
			round: round.number,
			reason: Failure::GivenUp,
			reports: round.reveals,
			unrevealed: u32::try_from(unrevealed).unwrap_or(u32::MAX),
		});
	}

	fn forget_answers(feed: FeedId) {
		AnswerOf::<T>::remove(feed);
		let _ = History::<T>::clear_prefix(feed, HISTORY, None);
		T::OnAnswer::on_forgotten(feed);
	}
}
