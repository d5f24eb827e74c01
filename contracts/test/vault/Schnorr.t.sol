// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Test} from "../utils/Vm.sol";
import {Signer} from "./Signer.sol";

contract SchnorrTest is Test {
    string private constant BIP340 = "./test/vectors/bip340.json";
    /// @dev 7,538 when this was written; 10,237 at the prices of EIP-7883.
    uint256 private constant MOST_GAS = 8_000;
    string private constant FROST = "./test/vectors/frost.json";

    // Vectors.

    function test_verify_should_agree_with_bip340_when_given_its_vectors() public view {
        string memory json = vm.readFile(BIP340);
        uint256 count = 0;
        for (; vm.keyExistsJson(json, _path(count, "")); ++count) {
            assertTrue(
                _verifies(json, count) == vm.parseJsonBool(json, _path(count, ".valid")),
                string.concat("vector ", vm.toString(count))
            );
        }
        assertEq(count, 15, "vectors");
    }

    function test_verify_should_accept_what_frost_signs() public view {
        string memory json = vm.readFile(FROST);
        uint256 count = 0;
        for (; vm.keyExistsJson(json, _path(count, "")); ++count) {
            assertTrue(_verifies(json, count), string.concat("signature ", vm.toString(count)));
            // And for this message and this key only.
            (uint256 key, bytes32 message, Schnorr.Signature memory signature) = _read(json, count);
            assertTrue(!Schnorr.verify(key, ~message, signature), "another message");
            (uint256 other,,) = _read(json, count == 0 ? 1 : 0);
            assertTrue(!Schnorr.verify(other, message, signature), "another key");
        }
        assertEq(count, 8, "signatures");
    }

    function test_challengeTag_should_be_the_hash_of_its_name() public pure {
        assertEq(Schnorr.CHALLENGE_TAG, sha256("BIP0340/challenge"), "tag");
    }

    // Signatures of every kind.

    function testFuzz_verify_should_accept_a_signature_by_the_book(uint256 seed, bytes32 message) public {
        (, uint256 key) = Signer.keyOf(seed);
        assertTrue(Schnorr.isKey(key), "is a key");
        assertTrue(Schnorr.verify(key, message, Signer.sign(seed, message)), "verifies");
    }

    function testFuzz_verify_should_refuse_a_signature_when_a_bit_differs(uint256 seed, bytes32 message, uint8 bit)
        public
    {
        (, uint256 key) = Signer.keyOf(seed);
        uint256 flip = uint256(1) << bit;
        Schnorr.Signature memory signature = Signer.sign(seed, message);
        assertTrue(!Schnorr.verify(key ^ flip, message, signature), "key");
        assertTrue(!Schnorr.verify(key, message ^ bytes32(flip), signature), "message");
        Schnorr.Signature memory other = Schnorr.Signature(signature.r ^ flip, signature.s);
        assertTrue(!Schnorr.verify(key, message, other), "r");
        other = Schnorr.Signature(signature.r, signature.s ^ flip);
        assertTrue(!Schnorr.verify(key, message, other), "s");
    }

    function testFuzz_verify_should_refuse_any_signature_that_nobody_made(
        uint256 seed,
        bytes32 message,
        Schnorr.Signature memory signature
    ) public {
        (, uint256 key) = Signer.keyOf(seed);
        assertTrue(!Schnorr.verify(key, message, signature), "made up");
    }

    /// An R with an odd y is the commonest mistake of a signer.
    function testFuzz_verify_should_refuse_a_signature_when_the_nonce_has_an_odd_y(uint256 seed, bytes32 message)
        public
    {
        (uint256 secret, uint256 key) = Signer.keyOf(seed);
        Schnorr.Signature memory signature = Signer.sign(seed, message);
        // s − e·d is the nonce; the signature with its negative has the same r.
        uint256 challenge = uint256(Signer.challengeOf(signature.r, key, message)) % Schnorr.ORDER;
        uint256 product = mulmod(challenge, secret, Schnorr.ORDER);
        uint256 nonce = addmod(signature.s, Schnorr.ORDER - product, Schnorr.ORDER);
        signature.s = addmod(Schnorr.ORDER - nonce, product, Schnorr.ORDER);
        assertTrue(!Schnorr.verify(key, message, signature), "odd y");
    }

    /// BIP-340 allows one form of each number only. (Nobody can find a signature whose `r` or `s` has a second form
    /// of 256 bits: they would have to be below 2^33 and 2^129.)
    function testFuzz_verify_should_refuse_numbers_beyond_their_range(uint256 seed, bytes32 message) public {
        (, uint256 key) = Signer.keyOf(seed);
        Schnorr.Signature memory signature = Signer.sign(seed, message);
        signature.s = Schnorr.ORDER;
        assertTrue(!Schnorr.verify(key, message, signature), "s is the order");
        signature = Signer.sign(seed, message);
        signature.r = Schnorr.FIELD;
        assertTrue(!Schnorr.verify(key, message, signature), "r is the field's size");
    }

    /// Nothing in a signature makes it dearer: the price of the precompile for powers follows from the exponent.
    function testFuzz_verify_should_cost_no_more_for_any_signature(uint256 seed, bytes32 message) public {
        (, uint256 key) = Signer.keyOf(seed);
        Schnorr.Signature memory signature = Signer.sign(seed, message);
        uint256 start = gasleft();
        bool valid = Schnorr.verify(key, message, signature);
        uint256 used = start - gasleft();
        assertTrue(valid, "valid");
        assertTrue(used < MOST_GAS, "gas");
    }

    // Keys.

    function test_isKey_should_refuse_what_is_no_point_or_beyond_the_order() public view {
        assertTrue(Schnorr.isKey(0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798), "generator");
        assertTrue(Schnorr.isKey(1), "x = 1");
        assertTrue(!Schnorr.isKey(0), "x = 0");
        assertTrue(!Schnorr.isKey(5), "x = 5");
        assertTrue(!Schnorr.isKey(Schnorr.ORDER), "the order");
        assertTrue(!Schnorr.isKey(Schnorr.FIELD), "the field's size");
        assertTrue(!Schnorr.isKey(Schnorr.FIELD + 1), "x = 1, in another form");
        assertTrue(!Schnorr.isKey(type(uint256).max), "all ones");
    }

    // Infinity: s·G = e·P. Nobody finds that without the secret, who has it can sign it.
    function testFuzz_verify_should_refuse_a_signature_when_R_is_infinite(uint256 seed, bytes32 message) public {
        (uint256 secret, uint256 key) = Signer.keyOf(seed);
        uint256 challenge = uint256(Signer.challengeOf(0, key, message)) % Schnorr.ORDER;
        Schnorr.Signature memory signature = Schnorr.Signature(0, mulmod(challenge, secret, Schnorr.ORDER));
        assertTrue(!Schnorr.verify(key, message, signature), "r = 0");
    }

    function _verifies(string memory json, uint256 i) private view returns (bool) {
        (uint256 key, bytes32 message, Schnorr.Signature memory signature) = _read(json, i);
        return Schnorr.verify(key, message, signature);
    }

    function _read(string memory json, uint256 i)
        private
        pure
        returns (uint256 key, bytes32 message, Schnorr.Signature memory signature)
    {
        key = uint256(vm.parseJsonBytes32(json, _path(i, ".key")));
        message = vm.parseJsonBytes32(json, _path(i, ".message"));
        signature.r = uint256(vm.parseJsonBytes32(json, _path(i, ".r")));
        signature.s = uint256(vm.parseJsonBytes32(json, _path(i, ".s")));
    }

    function _path(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".vectors[", vm.toString(i), "]", field);
    }
}
