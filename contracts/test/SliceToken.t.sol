// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {FOREVER} from "../interfaces/IUsufruct.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {SliceToken} from "../src/SliceToken.sol";
import {MockUsufruct} from "./utils/MockUsufruct.sol";
import {MockToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

contract SliceTokenTest is Test {
    uint64 private constant START = 1_700_000_000;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    MockToken private coin;
    MockUsufruct private usufruct;
    SliceToken private slice;

    function setUp() public {
        vm.warp(START);
        coin = new MockToken();
        vm.etch(address(FusionUsufruct.USUFRUCT), address(new MockUsufruct()).code);
        usufruct = MockUsufruct(address(FusionUsufruct.USUFRUCT));
        slice = new SliceToken(address(coin), START + 100, START + 200);
        coin.mint(ALICE, 1_000);
        vm.prank(ALICE);
        usufruct.deposit(address(coin), 1_000);
    }

    function _allowSlices() private {
        vm.prank(ALICE);
        usufruct.approve(address(coin), address(slice), 1_000);
    }

    function _is(string memory left, string memory right, string memory what) private pure {
        assertEq(uint256(keccak256(bytes(left))), uint256(keccak256(bytes(right))), what);
    }

    function test_token_should_say_what_it_is() public {
        _is(slice.name(), "Bitcoin from 1700000100 until 1700000200", "name");
        _is(slice.symbol(), "uBTC", "symbol");
        assertEq(slice.decimals(), 8, "decimals");
        SliceToken title = new SliceToken(address(0), 0, FOREVER);
        _is(title.name(), "FSN from 0 until forever", "name of FSN");
        _is(title.symbol(), "uFSN", "symbol of FSN");
        assertEq(title.decimals(), 18, "decimals of FSN");
    }

    function testFuzz_transfer_should_move_that_slice_and_no_more(uint256 value) public {
        value = 1 + value % 1_000;
        _allowSlices();
        vm.expectEmit(true, true, false, true, address(slice));
        emit IERC20.Transfer(ALICE, BOB, value);
        vm.prank(ALICE);
        assertTrue(slice.transfer(BOB, value), "transferred");
        assertEq(slice.balanceOf(BOB), value, "received");
        assertEq(slice.balanceOf(ALICE), 1_000 - value, "kept");
        assertEq(slice.totalSupply(), 1_000, "supply");
        assertEq(usufruct.valueAt(address(coin), BOB, START + 99), 0, "not before");
        assertEq(usufruct.valueAt(address(coin), BOB, START + 100), value, "from its start");
        assertEq(usufruct.valueAt(address(coin), BOB, START + 199), value, "to its end");
        assertEq(usufruct.valueAt(address(coin), BOB, START + 200), 0, "not after");
    }

    function test_transfer_should_move_the_rest_when_the_slice_has_begun() public {
        _allowSlices();
        vm.warp(START + 150);
        vm.prank(ALICE);
        slice.transfer(BOB, 10);
        assertEq(usufruct.useOf(address(coin), BOB), 10, "now");
        assertEq(slice.balanceOf(BOB), 10, "shown");
    }

    function test_balances_should_be_zero_when_the_slice_has_ended() public {
        vm.warp(START + 199);
        assertEq(slice.balanceOf(ALICE), 1_000, "last second");
        vm.warp(START + 200);
        assertEq(slice.balanceOf(ALICE), 0, "balance");
        assertEq(slice.totalSupply(), 0, "supply");
        _allowSlices();
        vm.expectRevert("Usufruct: EndInPast");
        vm.prank(ALICE);
        slice.transfer(BOB, 1);
    }

    function test_transfer_should_revert_when_the_chain_does_not_allow_it() public {
        vm.expectRevert("Usufruct: NotAllowed");
        vm.prank(ALICE);
        slice.transfer(BOB, 1);
    }

    function testFuzz_transferFrom_should_use_the_allowance(uint256 allowed, uint256 value) public {
        (allowed, value) = (allowed % 1_500, 1 + value % 1_000);
        _allowSlices();
        vm.prank(ALICE);
        slice.approve(address(this), allowed);
        if (value > allowed) {
            vm.expectRevert(
                abi.encodeWithSelector(SliceToken.NotAllowed.selector, ALICE, address(this), allowed, value)
            );
            slice.transferFrom(ALICE, BOB, value);
        } else {
            slice.transferFrom(ALICE, BOB, value);
            assertEq(slice.allowance(ALICE, address(this)), allowed - value, "allowance");
            assertEq(slice.balanceOf(BOB), value, "received");
        }
    }

    function test_deposits_of_lists_should_be_paid_by_whoever_moves_slices() public {
        usufruct.setListDeposit(1e16);
        _allowSlices();
        slice.topUp{value: 1e18}(address(this));
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(SliceToken.DepositUnpaid.selector, ALICE, 1e16, 0));
        slice.transfer(BOB, 1);
        vm.deal(ALICE, 3e16);
        // What `vm.deal` has taken stays taken when the call is reverted.
        vm.deal(address(slice), 1e18);
        vm.startPrank(ALICE);
        (bool sent,) = address(slice).call{value: 2e16}("");
        assertTrue(sent, "put down");
        slice.transfer(BOB, 1);
        assertEq(slice.fsnOf(ALICE), 1e16, "what is left");
        vm.stopPrank();
        vm.prank(BOB);
        usufruct.timeSliceTransfer(address(coin), ALICE, 1, START + 100, START + 200);
        assertEq(BOB.balance, 1e16, "the deposit was given to the owner of the list");
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(SliceToken.DepositUnpaid.selector, ALICE, 2e16, 1e16));
        slice.takeBack(2e16);
        slice.takeBack(1e16);
        vm.stopPrank();
        assertEq(ALICE.balance, 2e16, "taken back");
        assertEq(address(slice).balance, 1e18, "others' is left alone");
        assertEq(slice.fsnOf(address(this)), 1e18, "and theirs");
    }

    function test_allowance_should_stay_when_it_is_the_largest() public {
        _allowSlices();
        vm.prank(ALICE);
        slice.approve(address(this), type(uint256).max);
        slice.transferFrom(ALICE, BOB, 5);
        assertEq(slice.allowance(ALICE, address(this)), type(uint256).max, "allowance");
    }

    function test_token_should_not_be_made_when_there_is_no_such_interval() public {
        vm.expectRevert(abi.encodeWithSelector(SliceToken.NoSuchInterval.selector, START + 5, START + 5));
        new SliceToken(address(coin), START + 5, START + 5);
        vm.expectRevert(abi.encodeWithSelector(SliceToken.NoSuchInterval.selector, 1, START));
        new SliceToken(address(coin), 1, START);
    }
}
