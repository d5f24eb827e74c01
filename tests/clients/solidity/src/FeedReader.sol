// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "fusion-interfaces/AggregatorV3Interface.sol";
import {IDataFeed} from "fusion-interfaces/IDataFeed.sol";
// Compiled beside this one, to be deployed.
import {FeedAggregator} from "fusion/FeedAggregator.sol";
import {FeedConsumer} from "fusion/FeedConsumer.sol";

/// @dev Reads feeds as contracts do, and keeps what it was told.
contract FeedReader is FeedConsumer {
    /// @notice The price of `feed` when it was noted, with 18 decimals.
    mapping(uint32 feed => uint256) public noted;

    event Noted(uint32 indexed feed, uint256 price);

    function price(uint32 feed, uint8 decimals) external view returns (uint256) {
        return _readPrice(feed, decimals);
    }

    function text(uint32 feed) external view returns (string memory) {
        return _readText(feed);
    }

    function yes(uint32 feed) external view returns (bool) {
        return _readBoolean(feed);
    }

    function notOlder(uint32 feed, uint256 maxAge) external view returns (IDataFeed.Answer memory) {
        return _freshAnswer(feed, maxAge);
    }

    /// @notice Reads in a transaction, within a block.
    function note(uint32 feed) external {
        uint256 found = _readPrice(feed, 18);
        noted[feed] = found;
        emit Noted(feed, found);
    }

    /// @notice Reads as a contract that was written for Chainlink, and trusts what it gets without a look at the time.
    function trustingly(FeedAggregator aggregator) external view returns (int256 answer) {
        (, answer,,,) = AggregatorV3Interface(aggregator).latestRoundData();
    }
}
