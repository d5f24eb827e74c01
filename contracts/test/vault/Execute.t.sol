// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Payout} from "../../src/vault/VaultTypes.sol";
import {MockToken} from "../utils/Mocks.sol";
import {
    CarefulPayee,
    CarefulToken,
    HungryPayee,
    HungryToken,
    MoodyPayee,
    OldToken,
    PoliteToken,
    ReentrantPayee,
    Relayer,
    SlowPayee,
    TalkativePayee
} from "./Actors.sol";
import {Signer} from "./Signer.sol";
import {VaultTest} from "./VaultTest.sol";

contract ExecuteTest is VaultTest {
    // What is signed is paid, once.

    function testFuzz_execute_should_pay_what_is_signed(uint64 id, uint128 native, uint128 tokens, uint128 fee) public {
        native = uint128(bound(native, 0, FUNDS - MAX_FEE));
        tokens = uint128(bound(tokens, 0, FUNDS));
        fee = uint128(bound(fee, 0, MAX_FEE));
        Batch memory batch = _batch(id, 2);
        batch.payouts[0] = _payout(NATIVE, BOB, native);
        batch.payouts[1] = _payout(address(token), CAROL, tokens);
        batch.fee = fee;
        assertTrue(!vault.isExecuted(id), "not yet");
        _execute(batch);
        assertEq(BOB.balance, native, "native coin");
        assertEq(token.balanceOf(CAROL), tokens, "tokens");
        assertEq(RELAYER.balance, fee, "fee");
        assertEq(address(vault).balance, FUNDS - native - fee, "native coin left");
        assertEq(token.balanceOf(address(vault)), FUNDS - tokens, "tokens left");
        assertTrue(vault.isExecuted(id), "executed");
    }

    function test_execute_should_pay_fee_to_nobody_when_nobody_is_named() public {
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, 1));
        batch.fee = MAX_FEE;
        vault.execute(batch, _sign(batch), address(0));
        assertEq(address(vault).balance, FUNDS - 1, "left");
    }

    function testFuzz_execute_should_refuse_a_number_when_it_was_used(uint64 id, uint64 other) public {
        vm.assume(id != other);
        _execute(_batch(id, _payout(NATIVE, BOB, 1)));
        bytes memory reason = abi.encodeWithSelector(Vault.AlreadyExecuted.selector, id);
        _executeFails(_batch(id, _payout(NATIVE, BOB, 1)), reason);
        // Also for a batch that says something else.
        Batch memory dearer = _batch(id, _payout(NATIVE, CAROL, 2));
        dearer.fee = MAX_FEE;
        _executeFails(dearer, reason);
        // Others are free.
        _execute(_batch(other, _payout(NATIVE, BOB, 1)));
        assertEq(BOB.balance, 2, "paid");
        assertEq(CAROL.balance, 0, "not paid");
    }

    function test_execute_should_use_a_number_up_when_the_batch_is_empty() public {
        _execute(_batch(7, 0));
        _executeFails(
            _batch(7, _payout(NATIVE, BOB, 1)), abi.encodeWithSelector(Vault.AlreadyExecuted.selector, uint64(7))
        );
    }

    // Signatures.

    function testFuzz_execute_should_refuse_a_batch_when_anything_in_it_differs(uint256 what, uint128 by) public {
        by = uint128(bound(by, 1, type(uint64).max));
        Batch memory batch = _batch(5, 2);
        batch.payouts[0] = _payout(NATIVE, BOB, 10);
        batch.payouts[1] = _payout(address(token), CAROL, 10);
        batch.deadline = NEVER - type(uint32).max;
        Schnorr.Signature memory signature = _sign(batch);
        what = what % 8;
        if (what == 0) batch.id ^= uint64(by);
        if (what == 1) batch.deadline += uint64(bound(by, 1, type(uint32).max));
        if (what == 2) batch.fee = uint128(bound(by, 1, MAX_FEE));
        if (what == 3) batch.payouts[0].amount ^= by;
        if (what == 4) batch.payouts[1].to = address(uint160(CAROL) ^ by);
        if (what == 5) batch.payouts[0].asset = address(token);
        if (what == 6) batch.payouts = new Payout[](0);
        if (what == 7) (batch.payouts[0], batch.payouts[1]) = (batch.payouts[1], batch.payouts[0]);
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongSignature.selector));
        vault.execute(batch, signature, RELAYER);
    }

    function test_execute_should_refuse_a_batch_when_a_stranger_signed_it() public {
        signer = STRANGER;
        _executeFails(_batch(1, _payout(NATIVE, BOB, 1)), abi.encodeWithSelector(Vault.WrongSignature.selector));
    }

    function test_execute_should_refuse_a_batch_when_it_is_for_another_vault_or_chain() public {
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, 1));
        Schnorr.Signature memory signature = _sign(batch);
        Vault twin = new Vault(vault.key(), DELAY, MAX_FEE);
        vm.deal(address(twin), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongSignature.selector));
        twin.execute(batch, signature, RELAYER);
        vm.chainId(31_338);
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongSignature.selector));
        vault.execute(batch, signature, RELAYER);
    }

    function test_execute_should_refuse_a_batch_when_its_time_is_over() public {
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, 1));
        batch.deadline = uint64(block.timestamp + 10);
        vm.warp(batch.deadline + 1);
        _executeFails(batch, abi.encodeWithSelector(Vault.Expired.selector, batch.deadline));
        vm.warp(batch.deadline);
        _execute(batch);
    }

    function test_execute_should_refuse_a_batch_when_it_is_of_another_epoch() public {
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, 1));
        batch.epoch = 1;
        _executeFails(batch, abi.encodeWithSelector(Vault.WrongEpoch.selector, 1, 0));
    }

    function test_execute_should_refuse_a_batch_when_it_is_beyond_a_limit() public {
        Batch memory batch = _batch(1, vault.MAX_PAYOUTS() + 1);
        _executeFails(batch, abi.encodeWithSelector(Vault.TooManyPayouts.selector, vault.MAX_PAYOUTS() + 1));
        batch = _batch(1, _payout(NATIVE, BOB, 1));
        batch.fee = MAX_FEE + 1;
        _executeFails(batch, abi.encodeWithSelector(Vault.FeeTooHigh.selector, MAX_FEE + 1, MAX_FEE));
    }

    // Payments that fail.

    function test_execute_should_pay_the_others_when_one_fails() public {
        address[5] memory bad = [
            address(new MoodyPayee()),
            address(new HungryPayee()),
            address(new PoliteToken()),
            address(new HungryToken()),
            address(0xDEAD)
        ];
        Batch memory batch = _batch(1, 10);
        for (uint256 i = 0; i < 5; ++i) {
            // Two payees, and three assets, that do not work.
            batch.payouts[2 * i] = i < 2 ? _payout(NATIVE, bad[i], 3) : _payout(bad[i], CAROL, 3);
            batch.payouts[2 * i + 1] = _payout(i % 2 == 0 ? NATIVE : address(token), BOB, 5);
        }
        batch.fee = 7;
        _execute(batch);
        assertEq(BOB.balance, 15, "native coin");
        assertEq(token.balanceOf(BOB), 10, "tokens");
        assertEq(RELAYER.balance, 7, "fee");
        assertEq(address(vault).balance, FUNDS - 22, "what failed is still here");
        assertEq(vault.totalUnpaid(NATIVE), 6, "native coin unpaid");
        for (uint256 i = 0; i < 10; ++i) {
            assertTrue(vault.isUnpaid(1, i, batch.payouts[i]) == (i % 2 == 0), "unpaid");
        }
    }

    function test_execute_should_keep_a_payment_when_the_vault_has_too_little() public {
        Batch memory batch = _batch(1, 2);
        batch.payouts[0] = _payout(NATIVE, BOB, uint128(FUNDS + 1));
        batch.payouts[1] = _payout(address(token), BOB, type(uint128).max);
        _execute(batch);
        assertEq(vault.totalUnpaid(NATIVE), FUNDS + 1, "native coin");
        assertEq(vault.totalUnpaid(address(token)), type(uint128).max, "tokens");
        vm.deal(address(vault), FUNDS + 1);
        vault.retry(1, 0, batch.payouts[0]);
        assertEq(BOB.balance, FUNDS + 1, "paid later");
        assertEq(vault.totalUnpaid(NATIVE), 0, "nothing unpaid");
    }

    function test_execute_should_pay_when_the_payee_talks_much_or_is_a_slow_wallet() public {
        address talkative = address(new TalkativePayee());
        address slow = address(new SlowPayee());
        Batch memory batch = _batch(1, 2);
        batch.payouts[0] = _payout(NATIVE, talkative, 3);
        batch.payouts[1] = _payout(NATIVE, slow, 4);
        _execute(batch);
        assertEq(talkative.balance, 3, "talkative");
        assertEq(slow.balance, 4, "slow");
    }

    function test_execute_should_pay_a_token_that_returns_nothing() public {
        OldToken old = new OldToken();
        old.mint(address(vault), 5);
        Batch memory batch = _batch(1, 2);
        batch.payouts[0] = _payout(address(old), BOB, 5);
        batch.payouts[1] = _payout(address(old), BOB, 1);
        _execute(batch);
        assertEq(old.balanceOf(BOB), 5, "paid");
        assertTrue(!vault.isUnpaid(1, 0, batch.payouts[0]), "first");
        assertTrue(vault.isUnpaid(1, 1, batch.payouts[1]), "second");
    }

    /// Whatever gas a relayer gives: all payments that can be made are, or nothing happens. Those here need nearly
    /// all that they are promised, and fail so cheaply that there would be enough left to note it.
    function testFuzz_execute_should_not_let_a_payment_fail_for_lack_of_gas(uint256 gasLimit, bool tokens) public {
        address careful = address(new CarefulPayee(vault.NATIVE_GAS() - 1_000));
        CarefulToken carefulToken = new CarefulToken(vault.TOKEN_GAS() - 1_000);
        carefulToken.mint(address(vault), 12);
        _makeNotingCheap(address(carefulToken));
        Batch memory batch = _batch(1, 3);
        for (uint256 i = 0; i < 3; ++i) {
            batch.payouts[i] = tokens ? _payout(address(carefulToken), BOB, 4) : _payout(NATIVE, careful, 4);
        }
        Schnorr.Signature memory signature = _sign(batch);
        gasLimit = bound(gasLimit, 10_000, 500_000);
        (bool success,) = new Relayer().execute(vault, batch, signature, gasLimit);
        assertTrue(success == vault.isExecuted(1), "all or nothing");
        assertEq(careful.balance + carefulToken.balanceOf(BOB), success ? 12 : 0, "paid");
        if (gasLimit > 450_000) assertTrue(success, "enough gas");
    }

    /// The sums of what was not paid are not zero any more.
    function _makeNotingCheap(address other) private {
        Batch memory batch = _batch(0, 2);
        batch.payouts[0] = _payout(NATIVE, address(new MoodyPayee()), 1);
        batch.payouts[1] = _payout(other, BOB, type(uint128).max);
        _execute(batch);
        assertTrue(vault.totalUnpaid(NATIVE) > 0 && vault.totalUnpaid(other) > 0, "unpaid");
    }

    /// The limit of EIP-7825, with some room for calldata.
    function test_execute_should_fit_a_transaction_when_all_payments_use_all_gas_and_fail() public {
        uint256 count = vault.MAX_PAYOUTS();
        Batch memory batch = _batch(1, count);
        for (uint256 i = 0; i < count; ++i) {
            batch.payouts[i] = _payout(address(new HungryToken()), address(uint160(0xF000 + i)), type(uint128).max);
        }
        Schnorr.Signature memory signature = _sign(batch);
        (bool success,) = new Relayer().execute(vault, batch, signature, 16_000_000);
        assertTrue(success, "executed");
    }

    function test_execute_should_revert_when_the_fee_cannot_be_paid() public {
        Batch memory batch = _batch(1, _payout(NATIVE, BOB, uint128(FUNDS)));
        batch.fee = 1;
        _executeFails(batch, abi.encodeWithSelector(Vault.FeeNotPaid.selector, RELAYER));
        vault.execute(batch, _sign(batch), address(0));
        assertEq(BOB.balance, FUNDS, "paid without a fee");
    }

    // Re-entrancy.

    function test_execute_should_refuse_calls_from_a_payee_when_it_is_paid() public {
        ReentrantPayee payee = new ReentrantPayee(vault);
        Batch memory next = _batch(2, _payout(NATIVE, address(payee), 1 ether));
        Payout memory payout = next.payouts[0];
        bytes[4] memory calls = [
            abi.encodeCall(vault.execute, (next, _sign(next), address(payee))),
            abi.encodeCall(vault.claim, (1, 0, payout, address(payee))),
            abi.encodeCall(vault.retry, (1, 0, payout)),
            abi.encodeCall(vault.sweep, (new bytes32[](1), NATIVE))
        ];
        for (uint64 i = 0; i < 4; ++i) {
            payee.prepare(calls[i]);
            _execute(_batch(10 + i, _payout(NATIVE, address(payee), 1)));
            assertTrue(payee.called() && !payee.succeeded(), "refused");
        }
        assertEq(address(payee).balance, 4, "paid");
        // And the guard is open again: the same batch from outside.
        _execute(next);
    }

    // What failed.

    function test_claim_should_pay_where_the_payee_says_when_it_was_not_paid() public {
        (MoodyPayee payee, Payout memory payout) = _unpaid();
        payee.claim(vault, 1, 0, payout, CAROL);
        assertEq(CAROL.balance, 3, "claimed");
        assertEq(vault.totalUnpaid(NATIVE), 0, "nothing unpaid");
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0));
        payee.claim(vault, 1, 0, payout, CAROL);
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0));
        vault.retry(1, 0, payout);
    }

    function test_retry_should_pay_the_payee_when_it_takes_coins_now() public {
        (MoodyPayee payee, Payout memory payout) = _unpaid();
        vm.expectRevert(abi.encodeWithSelector(Vault.StillFails.selector, NATIVE, payee));
        vault.retry(1, 0, payout);
        payee.mood(false);
        vm.prank(BOB);
        vault.retry(1, 0, payout);
        assertEq(address(payee).balance, 3, "paid");
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0));
        vault.retry(1, 0, payout);
    }

    function testFuzz_claim_should_refuse_strangers_and_other_payments(address stranger, uint128 amount, uint64 batch)
        public
    {
        (MoodyPayee payee, Payout memory payout) = _unpaid();
        vm.assume(stranger != address(payee) && (amount != 3 || batch != 1));
        vm.expectRevert(abi.encodeWithSelector(Vault.NotThePayee.selector, stranger));
        vm.prank(stranger);
        vault.claim(1, 0, payout, stranger);
        // A payment to the stranger never failed.
        payout.to = stranger;
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0));
        vm.prank(stranger);
        vault.claim(1, 0, payout, stranger);
        payout.to = address(payee);
        payout.amount = amount;
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, batch, 0));
        vault.retry(batch, 0, payout);
    }

    function test_recall_should_end_a_payment_when_the_group_orders_it() public {
        (MoodyPayee payee, Payout memory payout) = _unpaid();
        vm.expectRevert(abi.encodeWithSelector(Vault.NotTheGroup.selector, RELAYER));
        vm.prank(RELAYER);
        vault.recall(1, 0, payout);
        _give(abi.encodeCall(vault.recall, (1, 0, payout)));
        assertEq(vault.totalUnpaid(NATIVE), 0, "nothing unpaid");
        vm.expectRevert(abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0));
        payee.claim(vault, 1, 0, payout, CAROL);
        _giveFails(
            _order(abi.encodeCall(vault.recall, (1, 0, payout))), abi.encodeWithSelector(Vault.NotUnpaid.selector, 1, 0)
        );
    }

    function _unpaid() private returns (MoodyPayee payee, Payout memory payout) {
        payee = new MoodyPayee();
        payout = _payout(NATIVE, address(payee), 3);
        _execute(_batch(1, payout));
        assertTrue(vault.isUnpaid(1, 0, payout), "unpaid");
    }
}
