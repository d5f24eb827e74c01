//! Chance that is the same in every run.

use codec::Encode;
use fusion_hhcm_primitives::{AuthorityId, Slot};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};
use sp_core::H256;
use sp_crypto_hashing::blake2_256;

/// A source of chance.
pub type Random = ChaCha8Rng;

/// What all chance is derived from.
pub const SEED: &str = "fusion/hhcm/simulation/1";

/// The source of chance of one part of one experiment. Parts of other names have sources that are
/// independent of it, so that it does not matter in which order, and on which processor, they are run.
pub fn source(name: &str) -> Random {
	ChaCha8Rng::from_seed((SEED, name).using_encoded(blake2_256))
}

/// A number above 0 and up to 1, all equally likely.
pub fn uniform(random: &mut Random) -> f64 {
	/// 2⁵³: as many different numbers as there are between 0 and 1 at equal distances.
	const STEPS: f64 = 9_007_199_254_740_992.0;
	((random.next_u64() >> 11) + 1) as f64 / STEPS
}

/// A seed.
pub fn seed(random: &mut Random) -> H256 {
	let mut bytes = [0u8; 32];
	random.fill_bytes(&mut bytes);
	bytes.into()
}

/// The seed that a block of this author leaves to its children. Stands in for
/// [`fusion_hhcm_primitives::seed::next`]: one value for each seed, slot and author, that looks like chance.
pub fn next_seed(seed: H256, slot: Slot, author: &AuthorityId) -> H256 {
	(SEED, seed, slot, author).using_encoded(blake2_256).into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::network::Network;

	#[test]
	fn source_should_be_the_same_when_the_name_is() {
		assert_eq!(source("a").next_u64(), source("a").next_u64());
		assert_ne!(source("a").next_u64(), source("b").next_u64());
	}

	#[test]
	fn uniform_numbers_should_be_spread_when_there_are_many() {
		let mut random = source("uniform");
		let numbers: Vec<_> = (0..20_000).map(|_| uniform(&mut random)).collect();
		assert!(numbers.iter().all(|number| *number > 0.0 && *number <= 1.0));
		let mean = numbers.iter().sum::<f64>() / 20_000.0;
		// Five standard errors.
		assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / 20_000f64).sqrt());
	}

	#[test]
	fn seeds_should_differ_when_seed_slot_or_author_do() {
		let network = Network::honest(2);
		let [one, other] = network.authorities() else { panic!("two nodes") };
		let (zero, ones) = (H256::zero(), H256::repeat_byte(1));
		let slot = Slot::from(7);
		let next = next_seed(zero, slot, &one.id);
		assert_eq!(next, next_seed(zero, slot, &one.id));
		assert_ne!(next, next_seed(ones, slot, &one.id));
		assert_ne!(next, next_seed(zero, Slot::from(8), &one.id));
		assert_ne!(next, next_seed(zero, slot, &other.id));
	}
}
