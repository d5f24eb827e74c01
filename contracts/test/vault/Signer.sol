// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vm} from "../utils/Vm.sol";

/// @dev Signs as BIP-340 says, but for where the nonce comes from. For tests: nothing here is kept secret.
library Signer {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The secret with an even y, and the x-coordinate of its point.
    function keyOf(uint256 seed) internal returns (uint256 secret, uint256 x) {
        secret = uint256(keccak256(abi.encode("key", seed))) % (Schnorr.ORDER - 1) + 1;
        return _even(secret);
    }

    function sign(uint256 seed, bytes32 message) internal returns (Schnorr.Signature memory signature) {
        (uint256 secret, uint256 x) = keyOf(seed);
        uint256 nonce = uint256(keccak256(abi.encode("nonce", seed, message))) % (Schnorr.ORDER - 1) + 1;
        (nonce, signature.r) = _even(nonce);
        uint256 challenge = uint256(challengeOf(signature.r, x, message)) % Schnorr.ORDER;
        signature.s = addmod(nonce, mulmod(challenge, secret, Schnorr.ORDER), Schnorr.ORDER);
    }

    function challengeOf(uint256 r, uint256 key, bytes32 message) internal pure returns (bytes32) {
        bytes32 tag = sha256("BIP0340/challenge");
        return sha256(abi.encodePacked(tag, tag, r, key, message));
    }

    function _even(uint256 scalar) private returns (uint256, uint256) {
        Vm.Wallet memory wallet = VM.createWallet(scalar);
        return (wallet.publicKeyY % 2 == 0 ? scalar : Schnorr.ORDER - scalar, wallet.publicKeyX);
    }
}
