//! What is counted, and how exact it is.

/// How often something happened, of how many times that it could have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
	/// How often it happened.
	pub hits: u64,
	/// How often it could have.
	pub of: u64,
}

impl Proportion {
	/// Counts once more.
	pub fn count(&mut self, hit: bool) {
		self.hits += u64::from(hit);
		self.of += 1;
	}

	/// The share, 0 to 1. 0 if nothing was counted.
	pub fn value(&self) -> f64 {
		if self.of == 0 {
			0.0
		} else {
			self.hits as f64 / self.of as f64
		}
	}

	/// The share's standard error, if the counts are independent of each other.
	pub fn error(&self) -> f64 {
		if self.of == 0 {
			return 0.0;
		}
		let share = self.value();
		(share * (1.0 - share) / self.of as f64).sqrt()
	}
}

/// The mean. 0 if there are no values.
pub fn mean(values: &[f64]) -> f64 {
	if values.is_empty() {
		return 0.0;
	}
	values.iter().sum::<f64>() / values.len() as f64
}

/// The value that a part (0 to 1) of the values are not above. 0 if there are no values.
pub fn quantile(values: &[f64], part: f64) -> f64 {
	let mut sorted = values.to_vec();
	sorted.sort_by(f64::total_cmp);
	let last = sorted.len().saturating_sub(1);
	let place = (sorted.len() as f64 * part).ceil() as usize;
	sorted.get(place.saturating_sub(1).min(last)).copied().unwrap_or(0.0)
}

/// For k from 1 to `most`: how often k blocks in a row are of one author, over all places where k in a row
/// could begin. `authored` says of each block of a chain whether it is.
pub fn runs(authored: &[bool], most: usize) -> Vec<Proportion> {
	let mut counts = vec![Proportion::default(); most];
	let mut length = 0usize;
	for (place, is_theirs) in authored.iter().enumerate() {
		length = if *is_theirs { length + 1 } else { 0 };
		for (k, count) in (1usize..).zip(&mut counts) {
			// A run of k that ends here.
			if place + 1 >= k {
				count.count(length >= k);
			}
		}
	}
	counts
}

#[cfg(test)]
mod tests {
	use super::*;

	fn close(one: f64, other: f64) -> bool {
		(one - other).abs() < 1e-12
	}

	#[test]
	fn proportion_should_be_hits_over_all_when_counted() {
		let mut proportion = Proportion::default();
		assert!(close(proportion.value(), 0.0) && close(proportion.error(), 0.0));
		for number in 0..100 {
			proportion.count(number % 5 == 0);
		}
		assert_eq!(proportion, Proportion { hits: 20, of: 100 });
		assert!(close(proportion.value(), 0.2));
		assert!(close(proportion.error(), 0.04));
	}

	#[test]
	fn mean_and_quantiles_should_be_those_of_the_values_when_unsorted() {
		let values = [4.0, 1.0, 3.0, 2.0];
		assert!(close(mean(&values), 2.5));
		assert!(close(quantile(&values, 0.0), 1.0));
		assert!(close(quantile(&values, 0.5), 2.0));
		assert!(close(quantile(&values, 0.51), 3.0));
		assert!(close(quantile(&values, 1.0), 4.0));
		assert!(close(mean(&[]), 0.0));
		assert!(close(quantile(&[], 0.5), 0.0));
	}

	#[test]
	fn runs_should_be_counted_at_every_place_when_they_overlap() {
		let authored = [true, true, true, false, true, false, true, true];
		let hits: Vec<_> = runs(&authored, 4).iter().map(|count| (count.hits, count.of)).collect();
		assert_eq!(hits, [(6, 8), (3, 7), (1, 6), (0, 5)]);
		assert_eq!(runs(&[], 2), [Proportion::default(); 2]);
	}
}
