// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vault} from "../../src/vault/Vault.sol";
import {FeeToken, OldToken, PoliteToken, ReentrantToken} from "./Actors.sol";
import {VaultTest} from "./VaultTest.sol";

contract SweepTest is VaultTest {
    bytes32 private constant SALT = keccak256("a request on Fusion");
    address private deposit;

    event Deposited(bytes32 indexed salt, address indexed asset, uint256 amount);

    function setUp() public override {
        super.setUp();
        deposit = vault.depositAddress(SALT);
        _give(abi.encodeCall(vault.acceptToken, (address(token), true)));
    }

    // Native coin.

    function testFuzz_sweep_should_collect_native_coin(bytes32 salt, uint128 first, uint128 second) public {
        address payable where = payable(vault.depositAddress(salt));
        vm.assume(first > 0 && second > 0);
        vm.deal(BOB, uint256(first) + second);
        assertTrue(_payPlainly(where, first), "before it is deployed");
        _sweepEmits(salt, NATIVE, first);
        assertTrue(where.code.length > 0, "deployed");
        assertTrue(_payPlainly(where, second), "after it is deployed");
        _sweepEmits(salt, NATIVE, second);
        assertEq(address(vault).balance, FUNDS + first + second, "all came in");
        assertEq(where.balance, 0, "nothing left");
    }

    function test_deposit_should_take_native_coin_when_there_are_2300_gas() public {
        vm.deal(deposit, 1);
        _sweep(SALT, NATIVE);
        vm.deal(address(this), 5);
        // This is what `transfer` and `send` give.
        assertTrue(payable(deposit).send(5), "taken");
        assertEq(deposit.balance, 5, "there");
    }

    function test_sweep_should_do_nothing_when_there_is_nothing() public {
        assertEq(_sweep(SALT, NATIVE), 0, "native coin");
        assertEq(_sweep(SALT, address(token)), 0, "tokens");
        assertEq(deposit.code.length, 0, "not deployed");
    }

    // Tokens.

    function testFuzz_sweep_should_collect_tokens(bytes32 salt, uint128 amount) public {
        vm.assume(amount > 0);
        address where = vault.depositAddress(salt);
        token.mint(where, amount);
        _sweepEmits(salt, address(token), amount);
        assertEq(token.balanceOf(address(vault)), FUNDS + amount, "came in");
        assertEq(token.balanceOf(where), 0, "nothing left");
    }

    function test_sweep_should_collect_a_token_that_returns_nothing() public {
        OldToken old = new OldToken();
        _give(abi.encodeCall(vault.acceptToken, (address(old), true)));
        old.mint(deposit, 9);
        _sweepEmits(SALT, address(old), 9);
        assertEq(old.balanceOf(address(vault)), 9, "came in");
    }

    function test_sweep_should_collect_from_several_addresses_and_pass_over_empty_ones() public {
        bytes32[] memory salts = new bytes32[](4);
        for (uint256 i = 0; i < 4; ++i) {
            salts[i] = bytes32(i);
            if (i != 2) vm.deal(vault.depositAddress(salts[i]), i + 1);
        }
        assertEq(vault.sweep(salts, NATIVE), 1 + 2 + 4, "sum");
        assertEq(vault.sweep(salts, NATIVE), 0, "again");
    }

    function test_sweep_should_refuse_a_token_when_the_group_has_not_accepted_it() public {
        OldToken other = new OldToken();
        other.mint(deposit, 9);
        vm.expectRevert(abi.encodeWithSelector(Vault.TokenNotAccepted.selector, other));
        _sweep(SALT, address(other));
        // Once it has, the coins are still there.
        _give(abi.encodeCall(vault.acceptToken, (address(other), true)));
        assertEq(_sweep(SALT, address(other)), 9, "swept");
        other.mint(deposit, 1);
        _give(abi.encodeCall(vault.acceptToken, (address(other), false)));
        vm.expectRevert(abi.encodeWithSelector(Vault.TokenNotAccepted.selector, other));
        _sweep(SALT, address(other));
    }

    function test_sweep_should_refuse_a_token_when_not_all_arrives() public {
        FeeToken fees = new FeeToken();
        PoliteToken polite = new PoliteToken();
        _give(abi.encodeCall(vault.acceptToken, (address(fees), true)));
        _give(abi.encodeCall(vault.acceptToken, (address(polite), true)));
        fees.mint(deposit, 1000);
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongSum.selector, fees, 1000, 990));
        _sweep(SALT, address(fees));
        assertEq(fees.balanceOf(deposit), 1000, "nothing moved");
        polite.mint(deposit, 1000);
        vm.expectRevert(abi.encodeWithSelector(Vault.WrongSum.selector, polite, 1000, 0));
        _sweep(SALT, address(polite));
    }

    function test_sweep_should_refuse_calls_from_a_token() public {
        ReentrantToken reentrant = new ReentrantToken();
        _give(abi.encodeCall(vault.acceptToken, (address(reentrant), true)));
        reentrant.mint(deposit, 7);
        bytes32[] memory salts = new bytes32[](1);
        salts[0] = SALT;
        reentrant.prepare(address(vault), abi.encodeCall(vault.sweep, (salts, address(reentrant))));
        _sweepEmits(SALT, address(reentrant), 7);
        assertTrue(reentrant.called() && !reentrant.succeeded(), "refused");
    }

    // Strangers.

    function testFuzz_deposit_should_refuse_all_calls_of_strangers(address stranger, bytes calldata data) public {
        vm.deal(deposit, 5);
        _sweep(SALT, NATIVE);
        vm.deal(deposit, 5);
        token.mint(deposit, 5);
        vm.assume(stranger != address(vault));
        vm.prank(stranger);
        (bool success,) = deposit.call(data);
        assertTrue(success == (data.length == 0), "refused, but for payments");
        vm.prank(stranger);
        (success,) = deposit.call(abi.encode(NATIVE, 5));
        assertTrue(!success, "sweep of native coin");
        vm.prank(stranger);
        (success,) = deposit.call(abi.encode(address(token), 5));
        assertTrue(!success, "sweep of tokens");
        assertEq(deposit.balance, 5, "native coin");
        assertEq(token.balanceOf(deposit), 5, "tokens");
    }

    /// Even what the vault says, if it is not said as it does.
    function testFuzz_deposit_should_refuse_the_vault_when_calldata_is_of_another_length(uint8 length) public {
        vm.deal(deposit, 5);
        _sweep(SALT, NATIVE);
        vm.assume(length != 0 && length != 64);
        vm.prank(address(vault));
        (bool success,) = deposit.call(new bytes(length));
        assertTrue(!success, "refused");
    }

    function testFuzz_depositAddress_should_be_of_one_vault_and_one_salt(bytes32 salt, bytes32 other) public {
        vm.assume(salt != other);
        assertTrue(vault.depositAddress(salt) != vault.depositAddress(other), "salts");
        Vault twin = new Vault(vault.key(), DELAY, MAX_FEE);
        assertTrue(vault.depositAddress(salt) != twin.depositAddress(salt), "vaults");
        // The twin collects nothing of ours.
        vm.deal(vault.depositAddress(salt), 5);
        bytes32[] memory salts = new bytes32[](1);
        salts[0] = salt;
        assertEq(twin.sweep(salts, NATIVE), 0, "nothing");
    }

    function test_sweep_should_leave_coins_where_they_are_when_it_is_paused() public {
        vm.deal(deposit, 5);
        _give(abi.encodeCall(vault.pause, (vault.PAUSE_IN())));
        vm.expectRevert(abi.encodeWithSelector(Vault.IsPaused.selector, vault.PAUSE_IN()));
        _sweep(SALT, NATIVE);
        _give(abi.encodeCall(vault.pause, (0)));
        assertEq(_sweep(SALT, NATIVE), 5, "swept");
    }

    function _payPlainly(address payable to, uint256 amount) private returns (bool success) {
        vm.prank(BOB);
        (success,) = to.call{value: amount}("");
    }

    function _sweepEmits(bytes32 salt, address asset, uint256 amount) private {
        vm.expectEmit(true, true, true, true, address(vault));
        emit Deposited(salt, asset, amount);
        vm.prank(CAROL);
        assertEq(_sweep(salt, asset), amount, "swept");
    }
}
