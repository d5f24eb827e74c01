// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Order, Payout} from "../../src/vault/VaultTypes.sol";
import {Signer} from "./Signer.sol";
import {VaultTest} from "./VaultTest.sol";

contract OrdersTest is VaultTest {
    uint256 private constant NEXT = 3;

    // Who may.

    function testFuzz_orders_should_be_refused_when_anybody_calls_the_function_itself(address stranger) public {
        vm.assume(stranger != address(vault));
        Payout memory payout = _payout(NATIVE, BOB, 1);
        bytes[5] memory calls = [
            abi.encodeCall(vault.rotate, (1, Schnorr.Signature(1, 1))),
            abi.encodeCall(vault.cancelRotation, ()),
            abi.encodeCall(vault.pause, (3)),
            abi.encodeCall(vault.acceptToken, (address(token), true)),
            abi.encodeCall(vault.recall, (1, 0, payout))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool success, bytes memory result) = address(vault).call(calls[i]);
            assertTrue(!success && bytes4(result) == Vault.NotTheGroup.selector, "refused");
        }
    }

    function testFuzz_order_should_be_refused_when_anything_in_it_differs(uint8 what) public {
        Order memory order = _order(abi.encodeCall(vault.pause, (1)));
        order.deadline = NEVER - 1;
        Schnorr.Signature memory signature = Signer.sign(GROUP, vault.digestOf(order));
        what = what % 5;
        if (what == 0) order.nonce += 1;
        if (what == 1) order.epoch += 1;
        if (what == 2) order.deadline += 1;
        if (what == 3) order.call[35] = 0x02;
        if (what == 4) signature = Signer.sign(STRANGER, vault.digestOf(order));
        vm.expectRevert();
        vault.order(order, signature);
        assertEq(vault.paused(), 0, "not paused");
        assertEq(vault.nextOrder(), 0, "not used up");
    }

    function test_order_should_be_executed_once_and_in_order() public {
        Order memory first = _order(abi.encodeCall(vault.pause, (1)));
        Order memory second = _order(abi.encodeCall(vault.pause, (0)));
        second.nonce = 1;
        _giveFails(second, abi.encodeWithSelector(Vault.WrongNonce.selector, 1, 0));
        _give(first);
        _giveFails(first, abi.encodeWithSelector(Vault.WrongNonce.selector, 0, 1));
        _give(second);
        assertEq(vault.paused(), 0, "paused");
    }

    function test_order_should_be_refused_when_its_time_is_over_or_the_epoch_is_another() public {
        Order memory order = _order(abi.encodeCall(vault.pause, (1)));
        order.deadline = uint64(block.timestamp);
        vm.warp(block.timestamp + 1);
        _giveFails(order, abi.encodeWithSelector(Vault.Expired.selector, order.deadline));
        order.deadline = NEVER;
        order.epoch = 1;
        _giveFails(order, abi.encodeWithSelector(Vault.WrongEpoch.selector, 1, 0));
    }

    function test_order_should_not_use_its_number_up_when_it_fails() public {
        Order memory order = _order(abi.encodeCall(vault.rotate, (5, Schnorr.Signature(1, 1))));
        _giveFails(order, abi.encodeWithSelector(Vault.NotAKey.selector, 5));
        assertEq(vault.nextOrder(), 0, "number");
    }

    // Pause.

    function test_pause_should_stop_what_it_names_and_nothing_else() public {
        uint8 outwards = vault.PAUSE_OUT();
        _give(abi.encodeCall(vault.pause, (outwards)));
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, 1));
        bytes memory reason = abi.encodeWithSelector(Vault.IsPaused.selector, outwards);
        _executeFails(batch, reason);
        vm.expectRevert(reason);
        vault.retry(1, 0, batch.payouts[0]);
        vm.expectRevert(reason);
        vm.prank(BOB);
        vault.claim(1, 0, batch.payouts[0], BOB);
        vm.deal(vault.depositAddress(bytes32(0)), 5);
        assertEq(_sweep(bytes32(0), NATIVE), 5, "sweeps go on");
        _give(abi.encodeCall(vault.pause, (vault.PAUSE_IN())));
        _execute(batch);
        assertEq(BOB.balance, 1, "payments go on");
    }

    // Keys.

    function test_rotate_should_change_the_key_when_the_delay_is_over() public {
        uint256 next = _rotate();
        Batch memory old = _batch(1, _payout(NATIVE, BOB, 1));
        Schnorr.Signature memory oldSignature = _sign(old);
        // The old key has its power until then.
        _execute(_batch(2, _payout(NATIVE, BOB, 1)));
        vm.warp(vault.activeFrom() - 1);
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToActivate.selector, next, vault.activeFrom()));
        vault.activate();
        vm.warp(vault.activeFrom());
        vm.prank(RELAYER);
        vault.activate();
        assertEq(vault.key(), next, "key");
        assertEq(vault.epoch(), 1, "epoch");
        // What it has signed, and what it signs now, is void.
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongEpoch.selector, 0, 1));
        vault.execute(old, oldSignature, RELAYER);
        old.epoch = 1;
        _executeFails(old, abi.encodeWithSelector(Vault.WrongSignature.selector));
        Order memory order = _order(abi.encodeCall(vault.pause, (1)));
        _giveFails(order, abi.encodeWithSelector(Vault.WrongSignature.selector));
        // The new key signs the same batch again, and batches that were executed stay so.
        signer = NEXT;
        _execute(old);
        old.id = 2;
        _executeFails(old, abi.encodeWithSelector(Vault.AlreadyExecuted.selector, 2));
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToActivate.selector, 0, 0));
        vault.activate();
    }

    function test_cancelRotation_should_leave_the_old_key_its_power() public {
        _rotate();
        _give(abi.encodeCall(vault.cancelRotation, ()));
        vm.warp(block.timestamp + 2 * DELAY);
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToActivate.selector, 0, 0));
        vault.activate();
        _execute(_batch(1, _payout(NATIVE, BOB, 1)));
    }

    function test_rotate_should_be_refused_when_the_new_key_has_not_signed() public {
        (, uint256 next) = Signer.keyOf(NEXT);
        bytes32 digest = vault.keyDigest(1, next);
        bytes memory reason = abi.encodeWithSelector(Vault.WrongSignature.selector);
        bytes memory call = abi.encodeCall(vault.rotate, (next, Signer.sign(STRANGER, digest)));
        _giveFails(_order(call), reason);
        // A proof for another epoch.
        digest = vault.keyDigest(2, next);
        call = abi.encodeCall(vault.rotate, (next, Signer.sign(NEXT, digest)));
        _giveFails(_order(call), reason);
    }

    function test_activate_should_be_refused_when_nothing_was_ordered() public {
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToActivate.selector, 0, 0));
        vault.activate();
    }

    function test_constructor_should_refuse_what_cannot_work() public {
        vm.expectRevert(abi.encodeWithSelector(Vault.NotAKey.selector, 5));
        new Vault(5, DELAY, MAX_FEE);
        (, uint256 key) = Signer.keyOf(GROUP);
        uint64 tooLong = vault.MAX_DELAY() + 1;
        vm.expectRevert(abi.encodeWithSelector(Vault.DelayTooLong.selector, tooLong));
        new Vault(key, tooLong, MAX_FEE);
    }

    // Nothing else.

    /// No call by anybody, with any calldata, moves coins.
    function testFuzz_vault_should_not_move_coins_when_a_stranger_calls(address stranger, bytes calldata data) public {
        vm.assume(stranger != address(vault));
        vm.prank(stranger);
        (bool success,) = address(vault).call(data);
        success;
        assertEq(address(vault).balance, FUNDS, "native coin");
        assertEq(token.balanceOf(address(vault)), FUNDS, "tokens");
        assertEq(token.allowance(address(vault), stranger), 0, "allowance");
    }

    function _rotate() private returns (uint256 next) {
        (, next) = Signer.keyOf(NEXT);
        bytes32 digest = vault.keyDigest(vault.epoch() + 1, next);
        _give(abi.encodeCall(vault.rotate, (next, Signer.sign(NEXT, digest))));
        assertEq(vault.activeFrom(), block.timestamp + DELAY, "active from");
        assertEq(vault.pendingKey(), next, "waiting");
    }
}
