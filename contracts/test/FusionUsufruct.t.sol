// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FOREVER} from "../interfaces/IUsufruct.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {MockUsufruct} from "./utils/MockUsufruct.sol";
import {MockToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

/// @dev A contract that has coins, and library calls from outside, so that their reverts can be seen.
contract Holder {
    function lendFor(address token, address to, uint256 amount, uint256 duration) external returns (uint64) {
        return FusionUsufruct.lendFor(token, to, amount, duration);
    }

    function lendSlice(address token, address to, uint256 amount, uint64 end) external {
        FusionUsufruct.lendSlice(token, to, amount, end);
    }

    function takeUse(address token, address from, uint256 amount, uint64 end) external {
        FusionUsufruct.takeUse(token, from, amount, end);
    }

    function requireUse(address token, address account, uint256 amount, uint64 end) external view {
        FusionUsufruct.requireUse(token, account, amount, end);
    }

    function withdrawAll(address token) external returns (uint256) {
        return FusionUsufruct.withdrawAll(token);
    }
}

contract FusionUsufructTest is Test {
    uint256 private constant START = 1_700_000_000;

    MockToken private token;
    MockUsufruct private usufruct;
    Holder private holder;
    Holder private other;

    function setUp() public {
        vm.warp(START);
        token = new MockToken();
        vm.etch(address(FusionUsufruct.USUFRUCT), address(new MockUsufruct()).code);
        usufruct = MockUsufruct(address(FusionUsufruct.USUFRUCT));
        holder = new Holder();
        other = new Holder();
        token.mint(address(holder), 1_000);
    }

    function test_precompile_should_be_at_its_fixed_address() public pure {
        assertEq(address(FusionUsufruct.USUFRUCT), 0x00000000000000000000000000000000f5060000, "usufruct precompile");
        assertEq(FusionUsufruct.FSN, address(0), "FSN");
    }

    function testFuzz_use_should_come_back_by_itself(uint32 duration, uint256 amount) public {
        vm.assume(duration > 0);
        amount = 1 + amount % 1_000;
        uint64 end = holder.lendFor(address(token), address(other), amount, duration);
        assertEq(end, START + duration, "end");
        assertEq(token.balanceOf(address(holder)), 1_000 - amount, "plain");
        assertEq(usufruct.useOf(address(token), address(other)), amount, "use of the borrower");
        assertEq(usufruct.titleOf(address(token), address(holder)), amount, "title of the lender");
        assertEq(holder.withdrawAll(address(token)), 0, "too early");
        vm.warp(end);
        assertEq(usufruct.useOf(address(token), address(other)), 0, "use is over");
        assertEq(holder.withdrawAll(address(token)), amount, "back");
        assertEq(token.balanceOf(address(holder)), 1_000, "all of it");
    }

    function test_use_should_be_lent_on_no_longer_than_it_lasts() public {
        uint64 end = holder.lendFor(address(token), address(other), 100, 50);
        vm.expectRevert("Usufruct: NotEnough");
        other.lendSlice(address(token), address(0xB), 100, end + 1);
        other.lendSlice(address(token), address(0xB), 100, end - 10);
        assertEq(usufruct.useOf(address(token), address(0xB)), 100, "lent on");
        vm.warp(end - 10);
        assertEq(usufruct.useOf(address(token), address(other)), 100, "back at the borrower");
    }

    function test_use_should_be_taken_when_it_is_approved() public {
        uint64 end = holder.lendFor(address(token), address(0xA), 100, 50);
        vm.expectRevert("Usufruct: NotAllowed");
        other.takeUse(address(token), address(0xA), 60, end);
        vm.prank(address(0xA));
        usufruct.approve(address(token), address(other), 60);
        other.takeUse(address(token), address(0xA), 60, end);
        assertEq(usufruct.useOf(address(token), address(other)), 60, "taken");
    }

    function test_requireUse_should_say_how_much_there_is() public {
        uint64 end = holder.lendFor(address(token), address(other), 100, 50);
        holder.requireUse(address(token), address(other), 100, end);
        vm.expectRevert(
            abi.encodeWithSelector(FusionUsufruct.NotCovered.selector, address(token), address(other), 101, 100)
        );
        holder.requireUse(address(token), address(other), 101, end);
        vm.expectRevert(
            abi.encodeWithSelector(FusionUsufruct.NotCovered.selector, address(token), address(other), 1, 0)
        );
        holder.requireUse(address(token), address(other), 1, end + 1);
        vm.warp(end);
        vm.expectRevert(
            abi.encodeWithSelector(FusionUsufruct.NotCovered.selector, address(token), address(other), 1, 0)
        );
        holder.requireUse(address(token), address(other), 1, end);
    }

    function test_lendFor_should_revert_when_there_is_no_such_time() public {
        vm.expectRevert(abi.encodeWithSelector(FusionUsufruct.NoSuchTime.selector, START));
        holder.lendFor(address(token), address(other), 1, 0);
        uint256 endless = uint256(FOREVER) - START;
        vm.expectRevert(abi.encodeWithSelector(FusionUsufruct.NoSuchTime.selector, FOREVER));
        holder.lendFor(address(token), address(other), 1, endless);
    }
}
