// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "../interfaces/AggregatorV3Interface.sol";
import {IDataFeed} from "../interfaces/IDataFeed.sol";
import {FeedConsumer} from "./FeedConsumer.sol";

/// @title A data feed as contracts read Chainlink's
/// @notice Deploy one for a feed of numbers, and give its address to a contract that reads an `AggregatorV3Interface`.
/// @dev {latestRoundData} reverts when the answer is stale, unlike Chainlink's, which gives it all the same: a contract that
/// forgets to look at `updatedAt` is safe too. `updatedAt` is when the round was *opened*, before any value of it was known,
/// so that who compares it with the clock errs on the safe side.
contract FeedAggregator is AggregatorV3Interface, FeedConsumer {
    /// @notice The feed.
    uint32 public immutable feed;
    /// @inheritdoc AggregatorV3Interface
    uint8 public immutable decimals;

    /// @param feed_ A feed of numbers.
    constructor(uint32 feed_) {
        IDataFeed.Description memory what = DATA_FEED.describe(feed_);
        bool isNumber = what.kind == IDataFeed.Kind.Integer || what.kind == IDataFeed.Kind.Decimal;
        if (!isNumber) revert FeedOfOtherKind(feed_, what.kind);
        feed = feed_;
        decimals = what.decimals;
    }

    /// @notice Governance has changed the feed: it has no numbers any more, or others decimals. Deploy another aggregator.
    error FeedChanged(uint32 feed);

    /// @inheritdoc AggregatorV3Interface
    function description() external view returns (string memory) {
        return DATA_FEED.describe(feed).description;
    }

    /// @inheritdoc AggregatorV3Interface
    function version() external view returns (uint256) {
        return DATA_FEED.describe(feed).version;
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80 id)
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        _ensureSame();
        // A round that was not has no answer: no number that is cut off may stand for another one.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 round = id > type(uint64).max ? 0 : uint64(id);
        return _shown(DATA_FEED.answerOf(feed, round));
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        _ensureSame();
        return _shown(_freshAnswer(feed));
    }

    /// @dev What was read when this was deployed is what numbers mean to its readers.
    function _ensureSame() private view {
        IDataFeed.Description memory what = DATA_FEED.describe(feed);
        bool isNumber = what.kind == IDataFeed.Kind.Integer || what.kind == IDataFeed.Kind.Decimal;
        if (!isNumber || what.decimals != decimals) revert FeedChanged(feed);
    }

    function _shown(IDataFeed.Answer memory answer) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (answer.round, answer.number, answer.startedAt, answer.startedAt, answer.round);
    }
}
