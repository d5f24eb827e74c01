//! Nobody could have chosen the second generator.

use group::Group;
use sha2::{Digest, Sha256};

use super::on_both_curves;
use crate::{curve::decode_point, Curve};

/// The derivation that [`Curve`] describes.
fn derive<C: Curve>() -> C::Point {
	(0u32..)
		.find_map(|counter| {
			let mut bytes = [2; 33];
			let hash = Sha256::new().chain_update(C::LABEL).chain_update(counter.to_be_bytes());
			bytes[1..].copy_from_slice(&hash.finalize());
			decode_point::<C>(&bytes, 0).ok()
		})
		.unwrap()
}

fn second_generator_should_be_the_derived_point<C: Curve>() {
	let second = C::second_generator();
	assert_eq!(second, derive::<C>());
	assert!(!bool::from(second.is_identity()));
	assert_ne!(second, C::Point::generator());
	assert_ne!(second, -C::Point::generator());
}

on_both_curves!(second_generator_should_be_the_derived_point);
