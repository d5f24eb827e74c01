//! What the files of a store look like. Numbers are little endian (SCALE).
//!
//! Header, 126 bytes, of which the last 32 find damage and the 16 before them a wrong password:
//!
//! ```text
//!  magic "FSN-KEYS"  version u16  memory u32 (KiB)  passes u32  lanes u32  salt 32
//!  nonce 24  tag 16 (of nothing, with all before the nonce)  checksum 32 (of all before it)
//! ```
//!
//! Share:
//!
//! ```text
//!  magic "FSNSHARE"  version u16  genesis 32  group u32  attempt u32  index u16
//!  nonce 24
//!  encrypted: secret 32  threshold u16  key 33  verifying shares (count, then index u16 and 33 each)
//!  tag 16 (of that, with the whole header of the store, and all before the nonce)
//! ```

use std::{collections::BTreeMap, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{AeadInPlace, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use codec::{Decode, Encode};
use fusion_dcrm_primitives::{tagged_hash, Attempt, GroupId, MemberIndex, PublicKey};
use rand::{rngs::OsRng, RngCore};
use sp_core::H256;
use zeroize::Zeroizing;

use super::{Argon2Profile, ShareRecord, StoreError};

/// The version that is written, and the highest that is read.
pub(super) const FORMAT_VERSION: u16 = 1;
const HEADER_MAGIC: [u8; 8] = *b"FSN-KEYS";
const SHARE_MAGIC: [u8; 8] = *b"FSNSHARE";
const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;
const CHECKSUM_LENGTH: usize = 32;
const SECRET_LENGTH: usize = 32;

/// How the password becomes a key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Derivation {
	/// KiB.
	memory: u32,
	passes: u32,
	lanes: u32,
	salt: [u8; 32],
}

impl Derivation {
	/// Not what a program of ours wrote, but might bring the node down.
	fn is_excessive(&self) -> bool {
		self.memory > 1024 * 1024 || self.passes > 64 || self.lanes > 16
	}

	/// Argon2id.
	fn cipher(&self, password: &[u8]) -> Result<XChaCha20Poly1305, StoreError> {
		let failed = |error: argon2::Error| StoreError::Crypto {
			action: "turn the password into a key",
			reason: error.to_string(),
		};
		let params = Params::new(self.memory, self.passes, self.lanes, Some(32)).map_err(failed)?;
		let mut key = Zeroizing::new([0; 32]);
		Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
			.hash_password_into(password, &self.salt, key.as_mut())
			.map_err(failed)?;
		Ok(XChaCha20Poly1305::new((&*key).into()))
	}
}

/// The header of a store, as it is on the disk.
pub(super) struct Header(Vec<u8>);

impl Header {
	/// The header of a new store, with a salt of its own.
	pub fn create(
		password: &[u8],
		profile: Argon2Profile,
	) -> Result<(Self, XChaCha20Poly1305), StoreError> {
		let (memory, passes, lanes) = match profile {
			Argon2Profile::Standard => (64 * 1024, 3, 1),
			Argon2Profile::Development => (1024, 1, 1),
		};
		let derivation = Derivation { memory, passes, lanes, salt: random()? };
		let cipher = derivation.cipher(password)?;
		let mut bytes = (HEADER_MAGIC, FORMAT_VERSION, derivation).encode();
		let nonce: [u8; NONCE_LENGTH] = random()?;
		let tag = cipher
			.encrypt_in_place_detached(XNonce::from_slice(&nonce), &bytes, &mut [])
			.map_err(encryption_failed)?;
		bytes.extend(nonce);
		bytes.extend(tag);
		bytes.extend(checksum(&bytes));
		Ok((Self(bytes), cipher))
	}

	/// The header that is in `path`, and what its password makes of it.
	pub fn open(
		bytes: &[u8],
		password: &[u8],
		path: &Path,
	) -> Result<(Self, XChaCha20Poly1305), StoreError> {
		let corrupted = |reason| StoreError::Corrupted { path: path.into(), reason };
		let mut rest = check_version(bytes, HEADER_MAGIC, path)?;
		let (checked, expected) = bytes
			.split_last_chunk::<CHECKSUM_LENGTH>()
			.ok_or_else(|| corrupted("it is too short"))?;
		if checksum(checked) != *expected {
			return Err(corrupted("its checksum is wrong"));
		}
		let derivation = Derivation::decode(&mut rest).map_err(|_| corrupted("it is too short"))?;
		let proof = rest
			.split_first_chunk::<NONCE_LENGTH>()
			.and_then(|(nonce, rest)| Some((nonce, rest.split_first_chunk::<TAG_LENGTH>()?)));
		let Some((nonce, (tag, rest))) = proof else { return Err(corrupted("it is too short")) };
		if rest.len() != CHECKSUM_LENGTH {
			return Err(corrupted("it is too long"));
		}
		if derivation.is_excessive() {
			return Err(corrupted("its password costs are absurd"));
		}
		let cipher = derivation.cipher(password)?;
		let bound = (HEADER_MAGIC, FORMAT_VERSION, derivation).encode();
		cipher
			.decrypt_in_place_detached(
				XNonce::from_slice(nonce),
				&bound,
				&mut [],
				Tag::from_slice(tag),
			)
			.map_err(|_| StoreError::WrongPassword {
				dir: path.parent().unwrap_or(path).to_owned(),
			})?;
		Ok((Self(bytes.to_vec()), cipher))
	}

	pub fn bytes(&self) -> &[u8] {
		&self.0
	}
}

/// Whose share it is; not encrypted, but authenticated.
#[derive(Encode, Decode)]
struct Identity {
	genesis: H256,
	group: GroupId,
	attempt: Attempt,
	index: MemberIndex,
}

/// What is stored beside the secret.
#[derive(Encode, Decode)]
struct Public {
	threshold: u16,
	key: PublicKey,
	verifying_shares: BTreeMap<MemberIndex, PublicKey>,
}

/// The file of a share.
pub(super) fn seal(
	cipher: &XChaCha20Poly1305,
	header: &Header,
	record: &ShareRecord,
) -> Result<Vec<u8>, StoreError> {
	let ShareRecord { genesis, group, attempt, index, threshold, key, .. } = *record;
	let identity = Identity { genesis, group, attempt, index };
	let mut bytes = (SHARE_MAGIC, FORMAT_VERSION, identity).encode();
	let bound = [header.bytes(), &bytes].concat();

	let public =
		Public { threshold, key, verifying_shares: record.verifying_shares.clone() }.encode();
	// The capacity is right from the start, so that no copy of the secret is left behind by growth.
	let capacity = SECRET_LENGTH.saturating_add(public.len());
	let mut content = Zeroizing::new(Vec::with_capacity(capacity));
	content.extend_from_slice(&*record.secret);
	content.extend_from_slice(&public);
	let nonce: [u8; NONCE_LENGTH] = random()?;
	let tag = cipher
		.encrypt_in_place_detached(XNonce::from_slice(&nonce), &bound, &mut content)
		.map_err(encryption_failed)?;
	bytes.extend(nonce);
	bytes.extend_from_slice(&content);
	bytes.extend(tag);
	Ok(bytes)
}

/// The share in a file.
pub(super) fn open(
	cipher: &XChaCha20Poly1305,
	header: &Header,
	bytes: &[u8],
	path: &Path,
) -> Result<ShareRecord, StoreError> {
	let corrupted = |reason| StoreError::Corrupted { path: path.into(), reason };
	let mut rest = check_version(bytes, SHARE_MAGIC, path)?;
	let identity = Identity::decode(&mut rest).map_err(|_| corrupted("it is too short"))?;
	let identified = bytes.len().saturating_sub(rest.len());
	let bound = [header.bytes(), bytes.get(..identified).unwrap_or_default()].concat();
	let parts = rest
		.split_first_chunk::<NONCE_LENGTH>()
		.and_then(|(nonce, rest)| Some((nonce, rest.split_last_chunk::<TAG_LENGTH>()?)));
	let Some((nonce, (encrypted, tag))) = parts else {
		return Err(corrupted("it is too short"));
	};

	let mut content = Zeroizing::new(encrypted.to_vec());
	cipher
		.decrypt_in_place_detached(
			XNonce::from_slice(nonce),
			&bound,
			&mut content,
			Tag::from_slice(tag),
		)
		.map_err(|_| corrupted("it does not decrypt: not what this store wrote under this name"))?;
	let Some((secret, mut public)) = content.split_first_chunk::<SECRET_LENGTH>() else {
		return Err(corrupted("it is too short"));
	};
	let Public { threshold, key, verifying_shares } =
		Public::decode(&mut public).map_err(|_| corrupted("its content is not that of a share"))?;
	if !public.is_empty() {
		return Err(corrupted("its content is too long"));
	}
	let Identity { genesis, group, attempt, index } = identity;
	let secret = Zeroizing::new(*secret);
	Ok(ShareRecord { genesis, group, attempt, index, threshold, key, verifying_shares, secret })
}

/// What follows the magic and the version, if both are ours.
fn check_version<'a>(bytes: &'a [u8], magic: [u8; 8], path: &Path) -> Result<&'a [u8], StoreError> {
	let corrupted = |reason| StoreError::Corrupted { path: path.into(), reason };
	let mut rest = bytes;
	let (found_magic, found) =
		<([u8; 8], u16)>::decode(&mut rest).map_err(|_| corrupted("it is too short"))?;
	if found_magic != magic {
		return Err(corrupted("it is not a file of a key share store"));
	}
	match found {
		0 => Err(corrupted("its version is 0")),
		FORMAT_VERSION => Ok(rest),
		_ => Err(StoreError::NewerVersion { path: path.into(), found, supported: FORMAT_VERSION }),
	}
}

/// Finds damage. Who can change the file can change this as well; the tag is what they cannot forge.
pub(super) fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LENGTH] {
	tagged_hash(b"fusion/key-share-store/header/1", bytes)
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
	let mut bytes = [0; N];
	OsRng.try_fill_bytes(&mut bytes).map_err(|error| StoreError::Crypto {
		action: "get random numbers from the system",
		reason: error.to_string(),
	})?;
	Ok(bytes)
}

fn encryption_failed(_: chacha20poly1305::Error) -> StoreError {
	StoreError::Crypto { action: "encrypt", reason: "the content is too long".into() }
}
