// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssetMapping} from "../interfaces/IAssetMapping.sol";
import {FusionAssets} from "../src/FusionAssets.sol";
import {Splitter} from "../src/Splitter.sol";
import {MockAssetMapping, MockToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

contract SplitterTest is Test {
    string private constant DESTINATION = "bcrt1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqvg32hk";

    MockToken private bitcoin;
    MockAssetMapping private mapping_;
    Splitter private splitter;

    function setUp() public {
        // The ERC-20 where the chain has it, and the precompile at its address.
        bitcoin = MockToken(address(FusionAssets.mapped(1)));
        vm.etch(address(bitcoin), address(new MockToken()).code);
        vm.etch(address(FusionAssets.ASSET_MAPPING), address(new MockAssetMapping(bitcoin)).code);
        mapping_ = MockAssetMapping(address(FusionAssets.ASSET_MAPPING));
        splitter = new Splitter();
    }

    function test_owner_should_be_the_deployer() public view {
        assertEq(splitter.owner(), address(this), "owner");
    }

    function testFuzz_moveHalf_should_send_half_rounded_down(uint64 amount, address to) public {
        vm.assume(amount > 1 && to != address(splitter));
        bitcoin.mint(address(splitter), amount);
        vm.expectEmit(true, false, false, true, address(splitter));
        emit Splitter.Moved(to, amount / 2);
        uint256 moved = splitter.moveHalf(to);
        assertEq(moved, amount / 2, "returned");
        assertEq(bitcoin.balanceOf(to), amount / 2, "received");
        assertEq(splitter.balance(), amount - amount / 2, "kept");
        assertEq(bitcoin.totalSupply(), amount, "supply");
    }

    function test_moveHalf_should_revert_when_there_is_nothing_to_share() public {
        vm.expectRevert(abi.encodeWithSelector(Splitter.Empty.selector));
        splitter.moveHalf(address(0xB));
        bitcoin.mint(address(splitter), 1);
        vm.expectRevert(abi.encodeWithSelector(Splitter.Empty.selector));
        splitter.moveHalf(address(0xB));
    }

    function testFuzz_moveHalf_should_revert_when_the_caller_is_not_the_owner(address stranger) public {
        vm.assume(stranger != address(this));
        bitcoin.mint(address(splitter), 100);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotOwner.selector, stranger));
        vm.prank(stranger);
        splitter.moveHalf(stranger);
    }

    function testFuzz_lockOut_should_lock_the_coins_of_the_contract(uint64 held, uint64 amount, uint64 maxFee) public {
        vm.assume(amount <= held);
        bitcoin.mint(address(splitter), held);
        vm.expectEmit(true, true, false, true, address(mapping_));
        emit IAssetMapping.LockOutRequested(address(splitter), 0, amount, DESTINATION, maxFee);
        vm.expectEmit(true, false, false, true, address(splitter));
        emit Splitter.LockedOut(0, amount, DESTINATION);
        uint64 intent = splitter.lockOut(amount, DESTINATION, maxFee);
        (address account, uint64 locked, uint64 fee, string memory destination) = mapping_.intents(intent);
        assertEq(account, address(splitter), "account");
        assertEq(locked, amount, "amount");
        assertEq(fee, maxFee, "fee");
        assertTrue(keccak256(bytes(destination)) == keccak256(bytes(DESTINATION)), "destination");
        assertEq(splitter.balance(), held - amount, "kept");
    }

    function test_lockOut_should_give_each_its_own_intent() public {
        bitcoin.mint(address(splitter), 10);
        assertEq(splitter.lockOut(4, DESTINATION, 1), 0, "first");
        assertEq(splitter.lockOut(4, DESTINATION, 1), 1, "second");
    }

    function test_lockOut_should_pass_the_reason_on_when_the_precompile_refuses() public {
        bitcoin.mint(address(splitter), 9);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "AssetMapping: balance too low"));
        splitter.lockOut(10, DESTINATION, 1);
        assertEq(splitter.balance(), 9, "kept");
    }

    function testFuzz_lockOut_should_revert_when_the_caller_is_not_the_owner(address stranger) public {
        vm.assume(stranger != address(this));
        bitcoin.mint(address(splitter), 100);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotOwner.selector, stranger));
        vm.prank(stranger);
        splitter.lockOut(10, DESTINATION, 1);
        vm.expectRevert(abi.encodeWithSelector(Splitter.NotOwner.selector, stranger));
        vm.prank(stranger);
        splitter.cancelLockOut(0);
    }

    function test_cancelLockOut_should_bring_the_coins_back() public {
        bitcoin.mint(address(splitter), 10);
        uint64 intent = splitter.lockOut(7, DESTINATION, 1);
        assertEq(splitter.balance(), 3, "after lock-out");
        splitter.cancelLockOut(intent);
        assertEq(splitter.balance(), 10, "after cancel");
    }
}
