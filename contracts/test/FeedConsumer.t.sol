// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DATA_FEED_ADDRESS, IDataFeed} from "../interfaces/IDataFeed.sol";
import {FeedAggregator} from "../src/FeedAggregator.sol";
import {FeedConsumer} from "../src/FeedConsumer.sol";
import {MockDataFeed} from "./utils/MockDataFeed.sol";
import {Test} from "./utils/Vm.sol";

/// @dev Reads feeds for whoever asks.
contract Reader is FeedConsumer {
    function number(uint32 feed) external view returns (int256) {
        return _readNumber(feed);
    }

    function price(uint32 feed, uint8 decimals) external view returns (uint256) {
        return _readPrice(feed, decimals);
    }

    function text(uint32 feed) external view returns (string memory) {
        return _readText(feed);
    }

    function boolean(uint32 feed) external view returns (bool) {
        return _readBoolean(feed);
    }

    function notOlder(uint32 feed, uint256 maxAge) external view returns (int256) {
        return _freshAnswer(feed, maxAge).number;
    }
}

contract FeedConsumerTest is Test {
    uint256 private constant START = 1_000_000;

    MockDataFeed private feeds;
    Reader private reader;

    function setUp() public {
        vm.warp(START);
        vm.etch(DATA_FEED_ADDRESS, address(new MockDataFeed()).code);
        feeds = MockDataFeed(DATA_FEED_ADDRESS);
        feeds.declare(0, IDataFeed.Kind.Decimal, 8);
        feeds.declare(1, IDataFeed.Kind.Text, 0);
        feeds.declare(2, IDataFeed.Kind.Boolean, 0);
        reader = new Reader();
    }

    function _notFresh(uint32 feed, IDataFeed.Status status) private {
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedNotFresh.selector, feed, status));
    }

    function testFuzz_value_should_be_read_while_fresh_and_refused_afterwards(int128 value, uint256 age) public {
        age = age % 10_000;
        feeds.answer(0, value, "");
        vm.warp(START + age);
        if (age >= 1200) _notFresh(0, IDataFeed.Status.Stale);
        int256 read = reader.number(0);
        if (age < 1200) assertTrue(read == value, "value");
    }

    function test_value_should_be_refused_by_the_clock_when_the_precompile_calls_it_fresh() public {
        feeds.answer(0, 5, "");
        feeds.lie();
        vm.warp(START + 1200);
        _notFresh(0, IDataFeed.Status.Stale);
        reader.number(0);
    }

    function test_value_should_be_refused_when_there_is_none_or_it_is_paused() public {
        _notFresh(0, IDataFeed.Status.Empty);
        reader.number(0);
        feeds.answer(0, 5, "");
        feeds.setPaused(0, true);
        _notFresh(0, IDataFeed.Status.Paused);
        reader.number(0);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "DataFeed: there is no such feed"));
        reader.number(9);
    }

    function test_value_should_be_refused_when_it_is_older_than_the_contract_wants() public {
        feeds.answer(0, 5, "");
        vm.warp(START + 60);
        assertTrue(reader.notOlder(0, 60) == 5, "just young enough");
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedTooOld.selector, 0, 60, 59));
        reader.notOlder(0, 59);
    }

    function test_value_should_be_refused_when_it_is_of_another_kind() public {
        feeds.answer(0, 5, "");
        feeds.answer(1, 0, "home");
        feeds.answer(2, 1, "");
        assertTrue(keccak256(bytes(reader.text(1))) == keccak256("home"), "text");
        assertTrue(reader.boolean(2), "boolean");
        assertTrue(reader.number(2) == 1, "a boolean is a number");
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOfOtherKind.selector, 1, IDataFeed.Kind.Text));
        reader.number(1);
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOfOtherKind.selector, 0, IDataFeed.Kind.Decimal));
        reader.text(0);
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOfOtherKind.selector, 0, IDataFeed.Kind.Decimal));
        reader.boolean(0);
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOfOtherKind.selector, 2, IDataFeed.Kind.Boolean));
        reader.price(2, 8);
    }

    function test_price_should_have_the_decimals_that_are_asked_for() public {
        feeds.answer(0, 6_412_345_678_901, "");
        assertEq(reader.price(0, 8), 6_412_345_678_901, "as it is");
        assertEq(reader.price(0, 2), 6_412_345, "fewer");
        assertEq(reader.price(0, 18), 64_123_456_789_010_000_000_000, "more");
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOverflow.selector, 0, int256(6_412_345_678_901)));
        reader.price(0, 47);
    }

    function test_price_should_be_refused_when_it_is_not_above_zero() public {
        feeds.answer(0, -1, "");
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedNotPositive.selector, 0, int256(-1)));
        reader.price(0, 8);
    }

    function testFuzz_price_should_not_overflow(int128 value, uint8 decimals) public {
        vm.assume(value > 0);
        decimals = decimals % 47;
        feeds.answer(0, value, "");
        uint256 price = reader.price(0, decimals);
        uint256 size = uint256(int256(value));
        if (decimals >= 8) assertEq(price / 10 ** (decimals - 8), size, "more decimals");
        else assertEq(price, size / 10 ** (8 - decimals), "fewer decimals");
    }
}

contract FeedAggregatorTest is Test {
    uint256 private constant START = 1_000_000;

    MockDataFeed private feeds;
    FeedAggregator private aggregator;

    function setUp() public {
        vm.warp(START);
        vm.etch(DATA_FEED_ADDRESS, address(new MockDataFeed()).code);
        feeds = MockDataFeed(DATA_FEED_ADDRESS);
        feeds.declare(7, IDataFeed.Kind.Decimal, 8);
        aggregator = new FeedAggregator(7);
    }

    function test_aggregator_should_show_what_the_feed_is() public view {
        assertEq(aggregator.feed(), 7, "feed");
        assertEq(aggregator.decimals(), 8, "decimals");
        assertEq(aggregator.version(), 0, "version");
        assertTrue(keccak256(bytes(aggregator.description())) == keccak256("BTC / USD"), "description");
    }

    function test_aggregator_should_give_the_last_answer_and_past_ones() public {
        feeds.answer(7, 100, "");
        vm.warp(START + 60);
        feeds.answer(7, 200, "");
        (uint80 round, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) =
            aggregator.latestRoundData();
        assertEq(round, 2, "round");
        assertTrue(answer == 200, "answer");
        assertEq(startedAt, START + 60, "startedAt");
        assertEq(updatedAt, START + 60, "updatedAt is not younger than the values");
        assertEq(answeredIn, 2, "answeredInRound");
        (round, answer, startedAt,,) = aggregator.getRoundData(1);
        assertEq(round, 1, "past round");
        assertTrue(answer == 100, "past answer");
        assertEq(startedAt, START, "past startedAt");
    }

    function test_aggregator_should_revert_when_the_answer_is_stale() public {
        feeds.answer(7, 100, "");
        vm.warp(START + 1199);
        aggregator.latestRoundData();
        vm.warp(START + 1200);
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedNotFresh.selector, 7, IDataFeed.Status.Stale));
        aggregator.latestRoundData();
    }

    function test_aggregator_should_revert_when_there_was_no_such_round() public {
        feeds.answer(7, 100, "");
        bytes memory unknown = abi.encodeWithSignature("Error(string)", "DataFeed: no answer of this round is known");
        vm.expectRevert(unknown);
        aggregator.getRoundData(2);
        // The lower 64 bits of which are those of round 1.
        vm.expectRevert(unknown);
        aggregator.getRoundData((1 << 64) | 1);
    }

    function test_aggregator_should_revert_when_governance_has_changed_the_decimals() public {
        feeds.answer(7, 100, "");
        feeds.declare(7, IDataFeed.Kind.Decimal, 6);
        vm.expectRevert(abi.encodeWithSelector(FeedAggregator.FeedChanged.selector, 7));
        aggregator.latestRoundData();
        vm.expectRevert(abi.encodeWithSelector(FeedAggregator.FeedChanged.selector, 7));
        aggregator.getRoundData(1);
    }

    function test_aggregator_should_not_be_deployed_for_a_text() public {
        feeds.declare(8, IDataFeed.Kind.Text, 0);
        vm.expectRevert(abi.encodeWithSelector(FeedConsumer.FeedOfOtherKind.selector, 8, IDataFeed.Kind.Text));
        new FeedAggregator(8);
    }
}
