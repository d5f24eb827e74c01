// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IRouter} from "../../examples/stop-loss/IRouter.sol";
import {StopLoss} from "../../examples/stop-loss/StopLoss.sol";
import {CALLING_LIST_ADDRESS, ICallingList} from "../../interfaces/ICallingList.sol";
import {DATA_FEED_ADDRESS, IDataFeed} from "../../interfaces/IDataFeed.sol";
import {IERC20} from "../../interfaces/IERC20.sol";
import {Triggered} from "../../src/Triggered.sol";
import {MockCallingList} from "../utils/MockCallingList.sol";
import {MockDataFeed} from "../utils/MockDataFeed.sol";
import {MockToken} from "../utils/Mocks.sol";
import {Test} from "../utils/Vm.sol";

/// @dev Gives so much money for a coin, or reverts as Uniswap's does.
contract Exchange is IRouter {
    uint256 private immutable RATE;

    constructor(uint256 moneyForCoin) {
        RATE = moneyForCoin;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts) {
        require(deadline >= block.timestamp, "UniswapV2Router: EXPIRED");
        amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (amountIn, amountIn * RATE / 1e8);
        require(amounts[1] >= amountOutMin, "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT");
        IERC20(path[0]).transferFrom(msg.sender, address(this), amountIn);
        MockToken(path[1]).mint(to, amounts[1]);
    }
}

contract StopLossTest is Test {
    uint32 private constant FEED = 3;
    uint256 private constant LIMIT = 50_000e8;
    uint256 private constant DEPOSIT = 0.1 ether;
    uint256 private constant STORED = 1e14;

    MockCallingList private list;
    MockDataFeed private feeds;
    MockToken private coin;
    MockToken private money;
    StopLoss private stop;
    uint64 private row;

    receive() external payable {}

    function setUp() public {
        vm.warp(1_000_000);
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        vm.etch(DATA_FEED_ADDRESS, address(new MockDataFeed()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        feeds = MockDataFeed(DATA_FEED_ADDRESS);
        feeds.declare(FEED, IDataFeed.Kind.Decimal, 6);
        (coin, money) = (new MockToken(), new MockToken());
        // The exchange pays half a per cent less than 50,000.
        _open(49_750e8, 100);
    }

    /// @dev Both tokens have 8 decimals.
    function _open(uint256 rate, uint16 tolerance) private {
        stop = new StopLoss(StopLoss.Order(coin, money, new Exchange(rate), FEED, LIMIT, tolerance));
        ICallingList.Terms memory terms;
        (terms.gasLimit, terms.retries, terms.maxRuns) = (400_000, 2, 1);
        bytes[] memory rows = new bytes[](1);
        rows[0] = abi.encodeCall(ICallingList.onCheck, (address(stop), address(stop), "", 1, DEPOSIT, terms));
        row = stop.describe{value: DEPOSIT + STORED}(rows)[0];
        coin.mint(address(stop), 2e8);
    }

    function _price(int256 dollars) private {
        feeds.answer(FEED, dollars * 1e6, "");
    }

    function test_coin_should_be_sold_when_the_price_falls_to_the_limit() public {
        _price(50_001);
        assertTrue(list.run(row) == ICallingList.Reason.CheckFalse, "above the limit");
        _price(50_000);
        assertTrue(list.run(row) == ICallingList.Reason.Ran, "at the limit");
        assertEq(money.balanceOf(address(this)), 2 * 49_750e8, "money");
        assertEq(coin.balanceOf(address(stop)), 0, "coin");
        assertTrue(list.row(row).state == ICallingList.State.None, "the row has done its work");
        // What was left of its deposit the owner gets.
        uint256 before = address(this).balance;
        uint256 rest = address(stop).balance;
        assertTrue(rest > 0, "something is left");
        stop.withdraw();
        assertEq(address(this).balance - before, rest, "rest");
    }

    function test_coin_should_not_be_sold_when_the_price_is_stale_or_missing() public {
        assertTrue(list.run(row) == ICallingList.Reason.CheckFalse, "there is no answer");
        _price(40_000);
        vm.warp(block.timestamp + 1200);
        assertTrue(list.run(row) == ICallingList.Reason.CheckFalse, "it has expired");
        _price(40_000);
        feeds.setPaused(FEED, true);
        assertTrue(list.run(row) == ICallingList.Reason.CheckFalse, "it is paused");
        assertEq(coin.balanceOf(address(stop)), 2e8, "coin");
        assertEq(list.row(row).failures, 0, "that is no failure");
    }

    function test_coin_should_not_be_sold_when_the_exchange_gives_too_little() public {
        stop.withdraw();
        _open(49_499e8, 100);
        _price(50_000);
        for (uint256 i = 0; i < 3; i++) {
            assertTrue(list.run(row) == ICallingList.Reason.Reverted, "one per cent is what is tolerated");
        }
        assertTrue(list.row(row).state == ICallingList.State.Paused, "after two retries it waits for its owner");
        assertEq(coin.balanceOf(address(stop)), 2e8, "coin");
        // The price falls, and so does what is asked for.
        _price(49_998);
        assertTrue(list.run(row) == ICallingList.Reason.Ran, "99 % of 49,998");
    }

    function test_coin_should_not_be_sold_when_there_is_none() public {
        stop.withdraw();
        assertEq(coin.balanceOf(address(this)), 2e8, "the owner has it");
        (bool due,) = stop.check("");
        assertTrue(!due, "nothing to sell");
        assertTrue(list.row(row).state == ICallingList.State.None, "and no row");
    }

    function test_selling_should_be_refused_when_somebody_else_calls() public {
        _price(40_000);
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, address(this)));
        stop.sell();
        vm.expectRevert(abi.encodeWithSelector(StopLoss.NotOwner.selector, address(7)));
        vm.prank(address(7));
        stop.withdraw();
    }

    function test_selling_should_be_refused_when_the_price_rose_since_the_check() public {
        // As if a row of its own called it without a check.
        StopLoss other = new StopLoss(StopLoss.Order(coin, money, new Exchange(1e8), FEED, LIMIT, 100));
        ICallingList.Terms memory terms;
        (terms.gasLimit, terms.retries) = (400_000, 1);
        bytes[] memory rows = new bytes[](1);
        bytes memory call = abi.encodeCall(StopLoss.sell, ());
        rows[0] = abi.encodeCall(ICallingList.atBlock, (address(other), call, 1, DEPOSIT, terms));
        uint64 id = other.describe{value: DEPOSIT + STORED}(rows)[0];
        coin.mint(address(other), 1);
        _price(50_001);
        assertTrue(list.run(id) == ICallingList.Reason.Reverted, "above the limit");
        assertEq(coin.balanceOf(address(other)), 1, "coin");
    }

    function test_order_should_be_refused_when_it_makes_no_sense() public {
        Exchange exchange = new Exchange(1);
        StopLoss.Order memory order = StopLoss.Order(coin, coin, exchange, FEED, LIMIT, 100);
        vm.expectRevert(StopLoss.InvalidOrder.selector);
        new StopLoss(order);
        order = StopLoss.Order(coin, money, exchange, FEED, 0, 100);
        vm.expectRevert(StopLoss.InvalidOrder.selector);
        new StopLoss(order);
        order = StopLoss.Order(coin, money, exchange, FEED, LIMIT, 10_001);
        vm.expectRevert(StopLoss.InvalidOrder.selector);
        new StopLoss(order);
    }

    function testFuzz_owner_should_get_no_less_than_the_tolerance(uint256 price, uint256 rate, uint256 amount) public {
        price = bound(price, 1, 50_000);
        rate = bound(rate, 1e8, 60_000e8);
        amount = bound(amount, 1, 21e14);
        stop.withdraw();
        _open(rate, 100);
        coin.mint(address(stop), amount);
        amount += 2e8;
        _price(int256(price));
        ICallingList.Reason reason = list.run(row);
        uint256 got = money.balanceOf(address(this));
        uint256 least = amount * price * 99 / 100;
        if (reason == ICallingList.Reason.Ran) assertTrue(got >= least, "too little was taken");
        else assertTrue(got == 0 && amount * rate / 1e8 < least, "enough was refused");
    }
}
