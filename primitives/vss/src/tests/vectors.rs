//! Golden vectors of a resharing, computed apart from this code. The key is shared by `11 + 22z` among
//! three members, of whom two are needed. Members 1 and 3 deal to three, of whom three will be:
//!
//! ```text
//! f_1 = 33 + 5z + 7z²    f'_1 = 9z + 4z²    λ_1 =  3/2
//! f_3 = 77 + 2z + 3z²    f'_3 = 6z + 8z²    λ_3 = -1/2
//! Σ λ·f = 11 + 13/2·z + 9z²
//! ```
//!
//! The tweak is 2²⁵⁶ - 1, which is above the order.

use alloc::{collections::BTreeMap, vec::Vec};

use hex_literal::hex;

use super::{params, P256};
use crate::{Curve, Dealing, KeyCommitments, Resharing, Secp256k1};

struct Expected {
	/// Of the key before.
	old: [[u8; 33]; 2],
	/// Dealer 1's Pedersen commitments, and dealer 3's.
	pedersen: [[[u8; 33]; 3]; 2],
	/// Of the key afterwards.
	new: [[u8; 33]; 3],
	/// The new shares, and what they are verified with.
	shares: [([u8; 32], [u8; 33]); 3],
	/// The key that the tweak leads to, member 2's share of it, and what that is verified with.
	derived: ([u8; 33], [u8; 32], [u8; 33]),
}

/// 60, which is member 2's new share: `11 + 13 + 36`.
const SIXTY: [u8; 32] = hex!("000000000000000000000000000000000000000000000000000000000000003c");

fn dealing<C: Curve>(members: u16, f: &[u64], blinding: &[u64]) -> Dealing<C> {
	let scalars =
		|numbers: &[u64]| numbers.iter().copied().map(C::Scalar::from).collect::<Vec<_>>();
	let threshold = u16::try_from(f.len()).unwrap();
	Dealing::from_coefficients(params(members, threshold), scalars(f), scalars(blinding))
}

fn check<C: Curve>(expected: &Expected) {
	let old = dealing::<C>(3, &[11, 22], &[1, 1]).feldman().to_bytes();
	assert_eq!(old, expected.old);
	let old = KeyCommitments::<C>::from_bytes(params(3, 2), &old).unwrap();
	let resharing = Resharing::new(old, params(3, 3));
	let dealings = BTreeMap::from([
		(1, dealing::<C>(3, &[33, 5, 7], &[0, 9, 4])),
		(3, dealing::<C>(3, &[77, 2, 3], &[0, 6, 8])),
	]);
	let mut feldman = BTreeMap::new();
	for ((dealer, dealing), expected) in dealings.iter().zip(expected.pedersen) {
		let pedersen = resharing.pedersen(*dealer, &expected).unwrap();
		assert_eq!(pedersen, dealing.pedersen());
		feldman.insert(*dealer, dealing.feldman());
	}
	let mut pair = [0; 64];
	(pair[31], pair[63]) = (71, 34);
	assert_eq!(*dealings[&1].share_for(2).unwrap().to_bytes(), pair);

	let reshared = resharing.settle(feldman).unwrap();
	assert_eq!(reshared.commitments().to_bytes(), expected.new);
	assert_eq!(expected.new[0], expected.old[0]);
	for (member, (secret, public)) in (1..).zip(expected.shares) {
		let pairs: BTreeMap<_, _> = dealings
			.iter()
			.map(|(dealer, dealing)| (*dealer, dealing.share_for(member).unwrap()))
			.collect();
		let share = reshared.share(member, &pairs).unwrap();
		assert_eq!((*share.to_bytes(), share.verifying_share()), (secret, public));
		assert_eq!(reshared.commitments().verifying_share(member), Ok(public));
		if member == 2 {
			let (key, secret, public) = expected.derived;
			let derived = reshared.commitments().derive(&[0xff; 32]).unwrap();
			assert_eq!((derived.key(), derived.verifying_share(2)), (key, Ok(public)));
			assert_eq!(*share.derive(&[0xff; 32]).unwrap().to_bytes(), secret);
		}
	}
}

#[test]
fn resharing_should_stay_what_it_is_on_secp256k1() {
	check::<Secp256k1>(&Expected {
		old: [
			hex!("03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb"),
			hex!("03421f5fc9a21065445c96fdb91c0c1e2f2431741c72713b4b99ddcb316f31e9fc"),
		],
		pedersen: [
			[
				hex!("021697ffa6fd9de627c077e3d2fe541084ce13300b0bec1146f95ae57f0d0bd6a5"),
				hex!("03791a2d0e82573d2ad36c9fc83f0143937e6cdcea00b59a81bb4765d272e8953a"),
				hex!("0308aafab8232d98ed9bcb207eaae8782e62fe9a2f215e5dd8afb83f432aa6ac16"),
			],
			[
				hex!("0259dbf46f8c94759ba21277c33784f41645f7b44f6c596a58ce92e666191abe3e"),
				hex!("024e20c363a21b91a360e6b2e09bf347d21d3b876d8877243238c6dbc7607ec89f"),
				hex!("03e881f3ec2b8a9475c33c35221893a8004b86c34d1ab1dcab5fb3747f6e160113"),
			],
		],
		new: [
			hex!("03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb"),
			hex!("03eb3bc68c623b1f46ab905412c7f2d588fa25abb77a7bd782ba9bb3aac05a70ae"),
			hex!("03acd484e2f0c7f65309ad178a9f559abde09796974c57e714c35f110dfc27ccbe"),
		],
		shares: [
			(
				hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20bb"),
				hex!("03ab186398117fb83ddb8b9392cc888fe250d2f6045a0c3f8992d8a82c382175c0"),
			),
			(SIXTY, hex!("0301257e93a78a5b7d8fe0cf28ff1d8822350c778ac8a30e57d2acfc4d5fb8c192")),
			(
				hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b2110"),
				hex!("0253175ddaa65acb8a3ec9a5cad8824dc9fe6fd687eba10ec33d1417d79a712907"),
			),
		],
		derived: (
			hex!("03909c4f39dae2309bb8f0d3cbf37fae14c9c0297df41e2c1b927a10eb50c06d5c"),
			hex!("000000000000000000000000000000014551231950b75fc4402da1732fc9befa"),
			hex!("02d7a5dc9d2fa22b35b0b2e82fb27150afd028b30c6d822b5274b5b6865bb8628f"),
		),
	});
}

#[test]
fn resharing_should_stay_what_it_is_on_p256() {
	check::<P256>(&Expected {
		old: [
			hex!("023ed113b7883b4c590638379db0c21cda16742ed0255048bf433391d374bc21d1"),
			hex!("02c0dd241a50d48f99fcc7a186a6d44e0763ec90478e1def8e36f5c4e950d67afb"),
		],
		pedersen: [
			[
				hex!("029807d699fcd81356fa9aa25b89d9d34ea03b0a533aa872fd65c100f3cb2cd793"),
				hex!("03d2efc3f2b262e6e25809f10e3540861bed497ada8a950db1f2d60e01ef93ce6d"),
				hex!("03453bfb597df1b2c7d3a98574739f3cc5374a9ebf258ce434d6c15a8d057fdcb1"),
			],
			[
				hex!("035821b002dba277251a9d18eb72d5c720f4efe021b38029c017d871340893be7b"),
				hex!("03ce14e6d493f310dc27810591c69952558a1607ee3d708e1374e5c09567c90761"),
				hex!("033fd7b5454e909400417f8d127a2f901496a13de1f0c3b34ac22225287f7dc69e"),
			],
		],
		new: [
			hex!("023ed113b7883b4c590638379db0c21cda16742ed0255048bf433391d374bc21d1"),
			hex!("02b50c1e752de4d31944d77ce3ad27a051ef5002f6e385aa2852677484910d9bd2"),
			hex!("02ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"),
		],
		shares: [
			(
				hex!("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192c3"),
				hex!("02fc57835624b2223c0f1377ed88b2fbd613628481137040832c8901aeb0cab05c"),
			),
			(SIXTY, hex!("0205dae8c2c5a5afba7e53b9efcac1d0b8224559146918d320879bb82d96ef4963")),
			(
				hex!("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e319318"),
				hex!("02d952c35ead6a66bd9fe2e5b743068742b9daee55b6de1760e5df50d5fc130a31"),
			),
		],
		derived: (
			hex!("03d2911641b1e99b9018d806815b7f0b104be946208612a2df6bdbe46cbb2fdfc9"),
			hex!("00000000ffffffff00000000000000004319055258e8617b0c46353d039cdaea"),
			hex!("026c656a42018e382c9e27e4653c040e7249d3546fbe4c6724f6673f5a3e1b9fc5"),
		),
	});
}
