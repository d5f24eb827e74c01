// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Order, Payout} from "../../src/vault/VaultTypes.sol";
import {MockToken} from "../utils/Mocks.sol";
import {Test} from "../utils/Vm.sol";
import {Signer} from "./Signer.sol";

/// @dev A vault with a key that tests sign with, some native coin, and a token.
abstract contract VaultTest is Test {
    uint256 internal constant GROUP = 1;
    uint256 internal constant STRANGER = 2;
    uint64 internal constant DELAY = 1 days;
    uint128 internal constant MAX_FEE = 0.1 ether;
    uint64 internal constant NEVER = type(uint64).max;
    address internal constant NATIVE = address(0);
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA401);
    address internal constant RELAYER = address(0x4E1A);
    uint256 internal constant FUNDS = 1000 ether;

    Vault internal vault;
    MockToken internal token;
    /// @dev Whose signature it is.
    uint256 internal signer = GROUP;

    function setUp() public virtual {
        (, uint256 key) = Signer.keyOf(GROUP);
        vault = new Vault(key, DELAY, MAX_FEE);
        token = new MockToken();
        vm.deal(address(vault), FUNDS);
        token.mint(address(vault), FUNDS);
    }

    function _payout(address asset, address to, uint128 amount) internal pure returns (Payout memory) {
        return Payout(asset, to, amount);
    }

    function _batch(uint64 id, Payout memory payout) internal view returns (Batch memory batch) {
        batch = _batch(id, 1);
        batch.payouts[0] = payout;
    }

    function _batch(uint64 id, uint256 count) internal view returns (Batch memory) {
        return Batch(id, vault.epoch(), NEVER, 0, new Payout[](count));
    }

    function _sign(Batch memory batch) internal returns (Schnorr.Signature memory) {
        return Signer.sign(signer, vault.digestOf(batch));
    }

    function _execute(Batch memory batch) internal {
        Schnorr.Signature memory signature = _sign(batch);
        vm.prank(RELAYER);
        vault.execute(batch, signature, RELAYER);
    }

    function _executeFails(Batch memory batch, bytes memory reason) internal {
        Schnorr.Signature memory signature = _sign(batch);
        vm.expectRevert(reason);
        vm.prank(RELAYER);
        vault.execute(batch, signature, RELAYER);
    }

    function _order(bytes memory call) internal view returns (Order memory) {
        return Order(vault.nextOrder(), vault.epoch(), NEVER, call);
    }

    function _give(Order memory order) internal {
        Schnorr.Signature memory signature = Signer.sign(signer, vault.digestOf(order));
        vm.prank(RELAYER);
        vault.order(order, signature);
    }

    function _giveFails(Order memory order, bytes memory reason) internal {
        Schnorr.Signature memory signature = Signer.sign(signer, vault.digestOf(order));
        vm.expectRevert(reason);
        vm.prank(RELAYER);
        vault.order(order, signature);
    }

    function _give(bytes memory call) internal {
        _give(_order(call));
    }

    function _sweep(bytes32 salt, address asset) internal returns (uint256) {
        bytes32[] memory salts = new bytes32[](1);
        salts[0] = salt;
        return vault.sweep(salts, asset);
    }
}
