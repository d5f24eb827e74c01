// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";
import {DATA_FEED_ADDRESS, IDataFeed} from "../interfaces/IDataFeed.sol";
import {FeedConsumer} from "../src/FeedConsumer.sol";
import {Triggered} from "../src/Triggered.sol";
import {MockCallingList} from "./utils/MockCallingList.sol";
import {MockDataFeed} from "./utils/MockDataFeed.sol";
import {Test} from "./utils/Vm.sol";

/// @dev An example of the docs: closes a position when a price has fallen.
contract StopLoss is Triggered, FeedConsumer {
    uint32 private constant BTC_USD = 0;
    /// @dev With as many decimals as the feed has.
    int128 public immutable LIMIT;
    uint64 public immutable ROW;
    int256 public soldAt;

    constructor(int128 limit) payable {
        LIMIT = limit;
        ICallingList.Terms memory terms = _terms(200_000, 100 gwei, 0);
        // Only as long as the price is that low, and once.
        terms.missed = ICallingList.Missed.Skip;
        terms.maxRuns = 1;
        ROW = CALLING_LIST.onFeedAtMost(
            address(this), abi.encodeWithSelector(StopLoss.sell.selector), BTC_USD, limit, 1 ether, terms
        );
    }

    function sell() external onlyTriggered {
        // Reverts if the price is stale.
        int256 price = _readNumber(BTC_USD);
        require(price <= LIMIT, "StopLoss: the price is above the limit");
        soldAt = price;
    }
}

/// @dev An example of the docs: hands over what was bought when bitcoin has come for it.
contract BitcoinSale is Triggered {
    address public immutable BUYER;
    uint64 public immutable ROW;
    bool public handedOver;

    /// @param index Number of the seller's deposit address, at which the buyer pays.
    /// @param price How much, in satoshi.
    constructor(address buyer, uint64 index, uint128 price) payable {
        BUYER = buyer;
        ICallingList.Terms memory terms = _terms(200_000, 100 gwei, 0);
        terms.maxRuns = 1;
        ROW = CALLING_LIST.onDeposit(
            address(this), abi.encodeWithSelector(BitcoinSale.handOver.selector), 0, index, price, 1 ether, terms
        );
    }

    function handOver() external onlyTriggered {
        handedOver = true;
    }
}

contract ConditionsTest is Test {
    MockCallingList private list;
    MockDataFeed private feeds;

    function setUp() public {
        vm.warp(1_000_000);
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        vm.etch(DATA_FEED_ADDRESS, address(new MockDataFeed()).code);
        feeds = MockDataFeed(DATA_FEED_ADDRESS);
        feeds.declare(0, IDataFeed.Kind.Decimal, 8);
    }

    function _run(uint64 id) private returns (uint256) {
        return uint256(list.run(id));
    }

    function test_position_should_be_closed_when_the_price_has_fallen() public {
        StopLoss stop = new StopLoss{value: 2 ether}(60_000e8);
        uint64 id = stop.ROW();
        assertEq(uint256(list.row(id).kind), uint256(ICallingList.ConditionKind.Feed), "kind");
        feeds.answer(0, 59_000e8, "");
        assertEq(_run(id), uint256(ICallingList.Reason.Ran), "reason");
        assertEq(uint256(stop.soldAt()), 59_000e8, "price");
        assertEq(uint256(list.row(id).state), uint256(ICallingList.State.None), "it has run once");
    }

    function test_position_should_be_kept_when_the_price_is_stale_or_has_risen() public {
        StopLoss stop = new StopLoss{value: 2 ether}(60_000e8);
        uint64 id = stop.ROW();
        feeds.answer(0, 59_000e8, "");
        vm.warp(block.timestamp + 1200);
        assertEq(_run(id), uint256(ICallingList.Reason.Reverted), "stale");
        feeds.answer(0, 61_000e8, "");
        assertEq(_run(id), uint256(ICallingList.Reason.Reverted), "risen");
        assertEq(uint256(stop.soldAt()), 0, "price");
    }

    function test_good_should_be_handed_over_when_bitcoin_has_come() public {
        BitcoinSale sale = new BitcoinSale{value: 2 ether}(address(0xb), 7, 150_000);
        uint64 id = sale.ROW();
        assertEq(uint256(list.row(id).kind), uint256(ICallingList.ConditionKind.Deposit), "kind");
        assertTrue(!sale.handedOver(), "not yet");
        assertEq(_run(id), uint256(ICallingList.Reason.Ran), "reason");
        assertTrue(sale.handedOver(), "handed over");
    }

    function test_nobody_should_close_a_position_when_its_row_does_not_run() public {
        StopLoss stop = new StopLoss{value: 2 ether}(60_000e8);
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, address(this)));
        stop.sell();
    }
}
