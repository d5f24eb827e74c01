//! Amounts over time.

use alloc::vec::Vec;
use codec::{
	Compact, CompactLen, Decode, DecodeWithMemTracking, Encode, Error as CodecError, Input,
	MaxEncodedLen,
};
use scale_info::TypeInfo;

use crate::{Amount, Error, Interval, Seconds, FOREVER};

/// A boundary: from this instant on it is so much, until the next boundary.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Step {
	/// Since when. Below [`FOREVER`].
	pub at: Seconds,
	/// How much.
	pub amount: Amount,
}

/// How much there is at each instant, with at most `MAX` boundaries.
///
/// The form is canonical: boundaries are in the order of time, and at each of them the amount changes
/// (before the first it is 0). So two of them are equal, and have the same bytes, if and only if they have
/// the same value at each instant. Bytes of any other form are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, TypeInfo)]
pub struct Slices<const MAX: u32> {
	steps: Vec<Step>,
}

impl<const MAX: u32> Slices<MAX> {
	/// Nothing, at any instant.
	pub const fn new() -> Self {
		Self { steps: Vec::new() }
	}

	/// One slice.
	///
	/// # Errors
	///
	/// [`Error::TooManyBoundaries`] if `MAX` is less than the two that a slice may have.
	pub fn of(interval: Interval, amount: Amount) -> Result<Self, Error> {
		let mut slices = Self::new();
		slices.push(Step { at: interval.start(), amount });
		if !interval.is_forever() {
			slices.push(Step { at: interval.end(), amount: 0 });
		}
		slices.bounded()
	}

	/// From boundaries.
	///
	/// # Errors
	///
	/// The first thing that is not as [`Slices`] says.
	fn from_steps(steps: Vec<Step>) -> Result<Self, &'static str> {
		if steps.len() > MAX as usize {
			return Err("there are too many boundaries");
		}
		let mut last: Option<&Step> = None;
		for step in &steps {
			if step.at == FOREVER {
				return Err("nothing begins at the end of time");
			}
			if last.is_some_and(|last| last.at >= step.at) {
				return Err("boundaries are not in the order of time");
			}
			if last.map_or(0, |last| last.amount) == step.amount {
				return Err("the amount does not change at a boundary");
			}
			last = Some(step);
		}
		Ok(Self { steps })
	}

	/// The boundaries, in the order of time.
	pub fn steps(&self) -> &[Step] {
		&self.steps
	}

	/// How many boundaries there are.
	pub fn len(&self) -> u32 {
		// Never more than `MAX`.
		u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
	}

	/// Whether there is nothing at any instant.
	pub fn is_empty(&self) -> bool {
		self.steps.is_empty()
	}

	/// How much there is at this instant.
	pub fn value(&self, at: Seconds) -> Amount {
		let behind = self.steps.partition_point(|step| step.at <= at);
		behind.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(0, |step| step.amount)
	}

	/// The least that there is at any instant of the interval: what can be taken over all of it.
	pub fn min(&self, interval: Interval) -> Amount {
		let inside = self.steps.iter().filter(|step| interval.contains(step.at));
		inside
			.map(|step| step.amount)
			.chain([self.value(interval.start())])
			.min()
			.unwrap_or_default()
	}

	/// How much there is without end: what comes back when every other slice has ended.
	pub fn title(&self) -> Amount {
		self.steps.last().map_or(0, |step| step.amount)
	}

	/// Since when there is at least so much without end. `None` if there never is; 0 for no amount.
	pub fn title_start(&self, amount: Amount) -> Option<Seconds> {
		let mut since = (amount == 0).then_some(0);
		for step in &self.steps {
			if step.amount < amount {
				since = None;
			} else if since.is_none() {
				since = Some(step.at);
			}
		}
		since
	}

	/// The slices that it consists of, in the order of time: intervals as long as can be, over which the amount
	/// is the same and not 0. They do not overlap.
	pub fn iter(&self) -> impl Iterator<Item = (Interval, Amount)> + '_ {
		let ends = self.steps.iter().skip(1).map(|step| step.at).chain([FOREVER]);
		self.steps
			.iter()
			.zip(ends)
			.filter(|(step, _)| step.amount > 0)
			.filter_map(|(step, end)| Some((Interval::new(step.at, end).ok()?, step.amount)))
	}

	/// Adds an amount over an interval.
	///
	/// # Errors
	///
	/// [`Error::Overflow`], [`Error::TooManyBoundaries`].
	pub fn add(&mut self, interval: Interval, amount: Amount) -> Result<(), Error> {
		self.merge(&Self::of(interval, amount)?)
	}

	/// Takes an amount away over an interval.
	///
	/// # Errors
	///
	/// [`Error::NotEnough`] unless there is that much at every instant of the interval;
	/// [`Error::TooManyBoundaries`].
	pub fn sub(&mut self, interval: Interval, amount: Amount) -> Result<(), Error> {
		let taken = Self::of(interval, amount)?;
		*self = self.combined(&taken, |at, available, wanted| {
			available.checked_sub(wanted).ok_or(Error::NotEnough { at, available })
		})?;
		Ok(())
	}

	/// Takes an amount away over an interval, and gives it as slices of their own. To
	/// [`merge`](Self::merge) them again gives what there was before.
	///
	/// # Errors
	///
	/// Those of [`Slices::sub`].
	pub fn split(&mut self, interval: Interval, amount: Amount) -> Result<Self, Error> {
		let part = Self::of(interval, amount)?;
		self.sub(interval, amount)?;
		Ok(part)
	}

	/// Adds everything that `other` has.
	///
	/// # Errors
	///
	/// [`Error::Overflow`], [`Error::TooManyBoundaries`].
	pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
		*self = self.combined(other, |at, left, right| {
			left.checked_add(right).ok_or(Error::Overflow { at })
		})?;
		Ok(())
	}

	/// Forgets what was before an instant. What is at it and after it stays. There are never more boundaries
	/// afterwards.
	pub fn forget_before(&mut self, now: Seconds) {
		let amount = self.value(now);
		self.steps.retain(|step| step.at > now);
		// The first one that is left differs from `amount`: it followed it.
		if amount > 0 && now < FOREVER {
			self.steps.insert(0, Step { at: now, amount });
		}
	}

	/// What a function of the amounts of both gives at each instant. It is called at the boundaries only, and
	/// gives 0 for 0 and 0.
	fn combined(
		&self,
		other: &Self,
		amount: impl Fn(Seconds, Amount, Amount) -> Result<Amount, Error>,
	) -> Result<Self, Error> {
		let mut times: Vec<Seconds> =
			self.steps.iter().chain(&other.steps).map(|step| step.at).collect();
		times.sort_unstable();
		times.dedup();
		let mut result = Self::new();
		for at in times {
			let amount = amount(at, self.value(at), other.value(at))?;
			result.push(Step { at, amount });
		}
		result.bounded()
	}

	/// Appends a boundary, if it is one.
	fn push(&mut self, step: Step) {
		if self.title() != step.amount {
			self.steps.push(step);
		}
	}

	fn bounded(self) -> Result<Self, Error> {
		let needed = self.steps.len();
		if needed > MAX as usize {
			return Err(Error::TooManyBoundaries { needed });
		}
		Ok(self)
	}
}

impl<const MAX: u32> Decode for Slices<MAX> {
	fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
		let Compact(count) = Compact::<u32>::decode(input)?;
		// Before there is memory for them.
		if count > MAX {
			return Err("there are too many boundaries".into());
		}
		let steps = (0..count).map(|_| Step::decode(input)).collect::<Result<Vec<_>, _>>()?;
		Self::from_steps(steps).map_err(Into::into)
	}
}

impl<const MAX: u32> DecodeWithMemTracking for Slices<MAX> {}

impl<const MAX: u32> MaxEncodedLen for Slices<MAX> {
	fn max_encoded_len() -> usize {
		let steps = Step::max_encoded_len().saturating_mul(MAX as usize);
		Compact::<u32>::compact_len(&MAX).saturating_add(steps)
	}
}
