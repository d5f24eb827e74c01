// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Order, Payout, VaultTypes} from "../../src/vault/VaultTypes.sol";
import {Test} from "../utils/Vm.sol";

/// @dev `vault.json` is made by viem and noble (tests/clients/vault-vectors.mjs), and read by the tests of
/// `fusion-ethereum-primitives` too: what all of them agree on is what is signed.
contract VectorsTest is Test {
    string private json;
    Vault private vault;
    uint256 private key;

    function setUp() public {
        json = vm.readFile("./test/vectors/vault.json");
        key = uint256(vm.parseJsonBytes32(json, ".key"));
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        address where = vm.parseJsonAddress(json, ".address");
        vm.etch(where, address(new Vault(key, 1 days, 1 ether)).code);
        vault = Vault(payable(where));
    }

    function test_domain_should_be_that_of_the_vectors() public view {
        assertEq(VaultTypes.domain(address(vault)), _word("", ".domain"), "domain");
    }

    function test_depositAddress_should_be_that_of_the_vectors() public view {
        assertEq(vault.DEPOSIT_CODE_HASH(), _word("", ".depositCodeHash"), "code");
        uint256 count = 0;
        for (; _exists(".deposits", count); ++count) {
            string memory path = _at(".deposits", count);
            bytes32 salt = keccak256(
                abi.encodePacked(
                    "fusion/vault/deposit/1",
                    _word(path, ".genesis"),
                    _word(path, ".account"),
                    uint64(_number(path, ".index"))
                )
            );
            assertEq(salt, _word(path, ".salt"), "salt");
            assertEq(vault.depositAddress(salt), _address(path, ".address"), "address");
        }
        assertEq(count, 3, "deposits");
    }

    function test_batches_should_be_signed_and_encoded_as_in_the_vectors() public view {
        uint256 count = 0;
        for (; _exists(".batches", count); ++count) {
            string memory path = _at(".batches", count);
            Batch memory batch = _batch(path);
            bytes32 digest = vault.digestOf(batch);
            assertEq(digest, _word(path, ".digest"), "digest");
            Schnorr.Signature memory signature = _signature(path);
            assertTrue(Schnorr.verify(key, digest, signature), "signature");
            bytes memory call = abi.encodeCall(vault.execute, (batch, signature, _address(path, ".feeTo")));
            assertEq(keccak256(call), keccak256(_bytes(path, ".calldata")), "calldata");
        }
        assertEq(count, 4, "batches");
    }

    function test_orders_should_be_signed_and_encoded_as_in_the_vectors() public view {
        uint256 count = 0;
        for (; _exists(".orders", count); ++count) {
            string memory path = _at(".orders", count);
            Order memory order = Order(
                uint64(_number(path, ".nonce")),
                uint64(_number(path, ".epoch")),
                uint64(_number(path, ".deadline")),
                _bytes(path, ".call")
            );
            bytes32 digest = vault.digestOf(order);
            assertEq(digest, _word(path, ".digest"), "digest");
            Schnorr.Signature memory signature = _signature(path);
            assertTrue(Schnorr.verify(key, digest, signature), "signature");
            bytes memory call = abi.encodeCall(vault.order, (order, signature));
            assertEq(keccak256(call), keccak256(_bytes(path, ".calldata")), "calldata");
        }
        assertEq(count, 5, "orders");
    }

    function test_keyDigest_should_be_that_of_the_vectors() public view {
        string memory path = ".keyProof";
        uint256 newKey = uint256(_word(path, ".key"));
        bytes32 digest = vault.keyDigest(uint64(_number(path, ".epoch")), newKey);
        assertEq(digest, _word(path, ".digest"), "digest");
        assertTrue(Schnorr.verify(newKey, digest, _signature(path)), "proof");
    }

    function _batch(string memory path) private view returns (Batch memory batch) {
        string memory list = string.concat(path, ".payouts");
        uint256 count = 0;
        while (_exists(list, count)) ++count;
        batch = Batch(
            uint64(_number(path, ".id")),
            uint64(_number(path, ".epoch")),
            uint64(_number(path, ".deadline")),
            uint128(_number(path, ".fee")),
            new Payout[](count)
        );
        for (uint256 i = 0; i < count; ++i) {
            string memory item = _at(list, i);
            batch.payouts[i] =
                Payout(_address(item, ".asset"), _address(item, ".to"), uint128(_number(item, ".amount")));
        }
    }

    function _signature(string memory path) private view returns (Schnorr.Signature memory) {
        return Schnorr.Signature(uint256(_word(path, ".r")), uint256(_word(path, ".s")));
    }

    function _at(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(i), "]");
    }

    function _exists(string memory list, uint256 i) private view returns (bool) {
        return vm.keyExistsJson(json, _at(list, i));
    }

    function _number(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, field));
    }

    function _word(string memory path, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(path, field));
    }

    function _address(string memory path, string memory field) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(path, field));
    }

    function _bytes(string memory path, string memory field) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(path, field));
    }
}
