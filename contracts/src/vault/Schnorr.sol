// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Verification of BIP-340 signatures over secp256k1
/// @notice What is verified is what BIP-340 says, for messages of 32 bytes: `s·G = R + e·P` with
/// `e = tagged_hash("BIP0340/challenge", r ‖ x(P) ‖ message)`, where `P` and `R` are the points with the
/// x-coordinates `key` and `r` and even y-coordinates, `r` is below the field's size and `s` below the
/// order. Two differences are left, and both only refuse more:
///
/// - a key whose x-coordinate is not below the order (one of 2^127) is refused: `ecrecover` cannot hold it;
/// - a challenge that is a multiple of the order (one of 2^256 messages) is refused.
///
/// How: the EVM has no multiplication of points, but `ecrecover(z, v, x, w)` is the address of
/// `x⁻¹·(w·X − z·G)`, where `X` is the point with x-coordinate `x`. With `x = x(P)`, an even `y`,
/// `z = −s·x` and `w = −e·x` that is the address of `s·G − e·P`, which a valid signature makes that of
/// `R`. `R` itself comes from `r` by a square root (`y = (r³ + 7)^((p + 1) / 4)`, SEC 1, 2.3.4). Addresses
/// have 160 bits: another `R` with the same address takes 2^160 tries, since `e` depends on `R`.
///
/// Cost: two hashes, one `ecrecover`, one modular power: constant, but for a refusal that comes early.
library Schnorr {
    /// @notice A signature as BIP-340 writes it: 64 bytes.
    /// @param r x-coordinate of R.
    /// @param s The scalar.
    struct Signature {
        uint256 r;
        uint256 s;
    }

    /// @dev Size of the field of secp256k1 (SEC 2, 2.4.1).
    uint256 internal constant FIELD = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    /// @dev Order of its group.
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    /// @dev SHA-256 of "BIP0340/challenge".
    bytes32 internal constant CHALLENGE_TAG = 0x7bb52d7a9fef58323eb1bf7a407db382d2f3f2d81bb1224f49fe518f6d48d37c;

    /// @notice Whether signatures of `key` can be verified here: it is the x-coordinate of a point, and
    /// below the order.
    function isKey(uint256 key) internal view returns (bool) {
        if (key >= ORDER) return false;
        (bool onCurve,) = _evenPoint(key);
        return onCurve;
    }

    /// @notice Whether `signature` is `key`'s over `message`.
    /// @param key x-coordinate of the public key.
    /// @param message What was signed.
    /// @param signature The signature.
    function verify(uint256 key, bytes32 message, Signature memory signature) internal view returns (bool) {
        (uint256 r, uint256 s) = (signature.r, signature.s);
        if (key >= ORDER || r >= FIELD || s >= ORDER) return false;
        (bool onCurve, address wanted) = _evenPoint(r);
        if (!onCurve) return false;

        bytes32 challenge = sha256(abi.encode(CHALLENGE_TAG, CHALLENGE_TAG, r, key, message));
        uint256 product = mulmod(uint256(challenge), key, ORDER);
        if (product == 0) return false;
        bytes32 z = bytes32(_negate(mulmod(s, key, ORDER)));
        // 27 asks for an even y. Zero is the answer if there is no such point, or the result is none.
        address found = ecrecover(z, 27, bytes32(key), bytes32(ORDER - product));
        return found != address(0) && found == wanted;
    }

    /// @dev Whether a point with x-coordinate `x` (below the field's size) exists, and the address of the
    /// one with an even y.
    function _evenPoint(uint256 x) private view returns (bool onCurve, address point) {
        uint256 square = addmod(mulmod(mulmod(x, x, FIELD), x, FIELD), 7, FIELD);
        uint256 y = _power(square, (FIELD + 1) / 4);
        onCurve = mulmod(y, y, FIELD) == square;
        if (y % 2 == 1) y = FIELD - y;
        point = address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /// @dev `base^exponent` in the field, by the precompile of EIP-198.
    function _power(uint256 base, uint256 exponent) private view returns (uint256) {
        (bool success, bytes memory result) =
            address(5).staticcall(abi.encode(uint256(32), uint256(32), uint256(32), base, exponent, FIELD));
        // It fails only for lack of gas.
        require(success && result.length == 32);
        return abi.decode(result, (uint256));
    }

    /// @dev `−scalar` modulo the order.
    function _negate(uint256 scalar) private pure returns (uint256) {
        return scalar == 0 ? 0 : ORDER - scalar;
    }
}
