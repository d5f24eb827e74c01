//! The inherent that carries the packages into a block.

use codec::{Decode, Encode};
use fusion_hhcm_primitives::{package::INHERENT_IDENTIFIER, Packages};
use sp_inherents::{InherentData, IsFatalError};

/// What can be wrong with the inherent before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum InherentError {
	/// The block does not note its packages.
	Missing,
}

impl IsFatalError for InherentError {
	fn is_fatal_error(&self) -> bool {
		true
	}
}

/// The packages that the author has chosen.
pub(crate) fn packages(data: &InherentData) -> Option<Packages> {
	match data.get_data::<Packages>(&INHERENT_IDENTIFIER) {
		Ok(Some(packages)) => Some(packages),
		Ok(None) => {
			log::error!(target: crate::LOG_TARGET, "the inherent data has no packages");
			None
		},
		Err(error) => {
			log::error!(target: crate::LOG_TARGET, "the packages cannot be decoded: {error:?}");
			None
		},
	}
}
