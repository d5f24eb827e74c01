// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BitcoinRelease} from "../../examples/bitcoin-release/BitcoinRelease.sol";
import {ASSET_MAPPING_ADDRESS} from "../../interfaces/IAssetMapping.sol";
import {CALLING_LIST_ADDRESS, ICallingList} from "../../interfaces/ICallingList.sol";
import {MockCallingList} from "../utils/MockCallingList.sol";
import {MockToken} from "../utils/Mocks.sol";
import {Test} from "../utils/Vm.sol";

/// @dev The part of asset mapping that gives deposit addresses, and takes a little FSN for each.
contract Mapping is Test {
    MockToken private immutable TOKEN;
    uint64 private next;

    constructor(MockToken token_) {
        TOKEN = token_;
    }

    function token() external view returns (address) {
        return address(TOKEN);
    }

    function requestLockIn(string calldata refundAddress, uint32) external returns (uint64, string memory) {
        require(bytes(refundAddress).length > 0, "AssetMapping: the address is not valid");
        vm.deal(msg.sender, msg.sender.balance - 0.01 ether);
        return (next++, "bcrt1pdeposit");
    }
}

contract BitcoinReleaseTest is Test {
    uint64 private constant PRICE = 5_000_000;
    uint256 private constant AMOUNT = 100 ether;
    uint256 private constant DEPOSIT = 0.1 ether;
    uint256 private constant STORED = 1e14;
    uint32 private constant START = 1_000_000;
    uint32 private constant DEADLINE = START + 2 days;

    MockCallingList private list;
    MockToken private bitcoin;
    BitcoinRelease private deal;
    address payable private constant BUYER = payable(address(0xBEEF));
    uint64 private whenPaid;
    uint64 private whenLate;

    receive() external payable {}

    function setUp() public {
        vm.warp(START);
        bitcoin = new MockToken();
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        vm.etch(ASSET_MAPPING_ADDRESS, address(new Mapping(bitcoin)).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        deal = new BitcoinRelease{value: AMOUNT + 0.02 ether}(BUYER, AMOUNT, PRICE, "bcrt1qrefund", DEADLINE);
        ICallingList.Terms memory terms;
        (terms.gasLimit, terms.maxRuns, terms.retries) = (300_000, 1, 3);
        bytes[] memory rows = new bytes[](2);
        rows[0] = abi.encodeCall(ICallingList.onCheck, (address(deal), address(deal), "", 5, DEPOSIT, terms));
        bytes memory giveBack = abi.encodeCall(BitcoinRelease.giveBack, ());
        uint64 end = DEADLINE + deal.GRACE();
        rows[1] = abi.encodeCall(ICallingList.atTime, (address(deal), giveBack, end, DEPOSIT, terms));
        uint64[] memory ids = deal.describe{value: 2 * (DEPOSIT + STORED)}(rows);
        (whenPaid, whenLate) = (ids[0], ids[1]);
    }

    function test_both_should_have_what_they_want_when_the_bitcoin_is_confirmed() public {
        assertTrue(keccak256(bytes(deal.depositAddress())) == keccak256("bcrt1pdeposit"), "address");
        assertTrue(list.run(whenPaid) == ICallingList.Reason.CheckFalse, "nothing has come");
        bitcoin.mint(address(deal), PRICE - 1);
        assertTrue(list.run(whenPaid) == ICallingList.Reason.CheckFalse, "one satoshi is missing");
        vm.expectRevert(abi.encodeWithSelector(BitcoinRelease.NotPaid.selector, PRICE - 1, PRICE));
        deal.release();
        bitcoin.mint(address(deal), 1);
        assertTrue(list.run(whenPaid) == ICallingList.Reason.Ran, "it is confirmed");
        assertEq(BUYER.balance, AMOUNT, "the buyer has the FSN");
        assertEq(bitcoin.balanceOf(address(this)), PRICE, "the seller has the bitcoin");
        assertTrue(list.row(whenPaid).state == ICallingList.State.None, "the row has done its work");
        // The other one does nothing any more.
        vm.warp(DEADLINE + deal.GRACE());
        assertTrue(list.run(whenLate) == ICallingList.Reason.Reverted, "it is over");
        assertEq(BUYER.balance, AMOUNT, "the buyer still has it");
        uint256 before = address(this).balance;
        deal.sweep();
        assertTrue(address(this).balance > before, "what was left of deposits");
        assertEq(address(deal).balance, 0, "nothing is stuck");
        assertTrue(list.row(whenLate).state == ICallingList.State.None, "no row is left");
    }

    function test_both_should_have_what_they_had_when_the_price_has_not_come() public {
        bitcoin.mint(address(deal), PRICE - 1);
        uint256 until = DEADLINE + deal.GRACE();
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(BitcoinRelease.TooEarly.selector, until));
        deal.giveBack();
        vm.expectRevert(abi.encodeWithSelector(BitcoinRelease.TooEarly.selector, until));
        deal.sweep();
        vm.warp(until);
        uint256 before = address(this).balance;
        assertTrue(list.run(whenLate) == ICallingList.Reason.Ran, "too late");
        assertEq(address(this).balance - before, AMOUNT, "the seller has the FSN");
        assertEq(bitcoin.balanceOf(BUYER), PRICE - 1, "the buyer has the bitcoin");
        // What comes now is the buyer's.
        bitcoin.mint(address(deal), PRICE);
        assertTrue(list.run(whenPaid) == ICallingList.Reason.CheckFalse, "it is over");
        vm.expectRevert(BitcoinRelease.Over.selector);
        deal.release();
        vm.expectRevert(BitcoinRelease.Over.selector);
        deal.giveBack();
        deal.sweep();
        assertEq(bitcoin.balanceOf(BUYER), 2 * PRICE - 1, "the buyer has it all");
        assertEq(address(deal).balance, 0, "nothing is stuck");
    }

    function test_price_should_be_released_when_it_came_in_time_and_no_row_ran() public {
        bitcoin.mint(address(deal), PRICE + 7);
        vm.warp(DEADLINE + deal.GRACE());
        vm.expectRevert(abi.encodeWithSelector(BitcoinRelease.Paid.selector, PRICE + 7));
        deal.giveBack();
        vm.prank(address(7));
        deal.release();
        assertEq(BUYER.balance, AMOUNT, "anybody can release");
        assertEq(bitcoin.balanceOf(address(this)), PRICE + 7, "the seller has all that came");
    }

    function test_deal_should_be_refused_when_it_makes_no_sense() public {
        bytes4 invalid = BitcoinRelease.InvalidDeal.selector;
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT}(payable(0), AMOUNT, PRICE, "bcrt1qrefund", DEADLINE);
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT}(BUYER, 0, PRICE, "bcrt1qrefund", DEADLINE);
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT}(BUYER, AMOUNT, 0, "bcrt1qrefund", DEADLINE);
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT - 1}(BUYER, AMOUNT, PRICE, "bcrt1qrefund", DEADLINE);
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT + 1 ether}(BUYER, AMOUNT, PRICE, "bcrt1qrefund", START);
        // Asset mapping holds a little of it.
        vm.expectRevert(invalid);
        new BitcoinRelease{value: AMOUNT}(BUYER, AMOUNT, PRICE, "bcrt1qrefund", DEADLINE);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "AssetMapping: the address is not valid"));
        new BitcoinRelease{value: AMOUNT + 1 ether}(BUYER, AMOUNT, PRICE, "", DEADLINE);
    }
}
