// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DATA_FEED_ADDRESS, IDataFeed} from "../interfaces/IDataFeed.sol";

/// @title Base of contracts that read data feeds
/// @notice Gives values that are fresh, and reverts otherwise: a contract that reads through this never takes an old value
/// for a new one. It checks each answer's time by itself, besides what the precompile says.
abstract contract FeedConsumer {
    /// @notice The answer of `feed` cannot be used: it is not fresh.
    error FeedNotFresh(uint32 feed, IDataFeed.Status status);
    /// @notice The answer of `feed` is `age` seconds old, more than the `maxAge` that this contract takes.
    error FeedTooOld(uint32 feed, uint256 age, uint256 maxAge);
    /// @notice `feed` has another kind of value than this contract reads.
    error FeedOfOtherKind(uint32 feed, IDataFeed.Kind kind);
    /// @notice `feed` says `value`, and this contract needs a number above zero.
    error FeedNotPositive(uint32 feed, int256 value);
    /// @notice The number does not fit when it is given other decimals.
    error FeedOverflow(uint32 feed, int256 value);

    /// @dev The precompile.
    IDataFeed internal constant DATA_FEED = IDataFeed(DATA_FEED_ADDRESS);

    /// @dev The answer of `feed`, if it is fresh.
    function _freshAnswer(uint32 feed) internal view returns (IDataFeed.Answer memory answer) {
        IDataFeed.Status status;
        (status, answer) = DATA_FEED.latest(feed);
        // Two witnesses: what the precompile says, and the clock.
        if (status != IDataFeed.Status.Fresh) revert FeedNotFresh(feed, status);
        // An author can move the time by a slot at most: answers live for minutes.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp >= answer.expiresAt) revert FeedNotFresh(feed, IDataFeed.Status.Stale);
    }

    /// @dev The same, and the round was opened no more than `maxAge` seconds ago: for contracts that are stricter than the
    /// feed.
    function _freshAnswer(uint32 feed, uint256 maxAge) internal view returns (IDataFeed.Answer memory answer) {
        answer = _freshAnswer(feed);
        uint256 age = block.timestamp - answer.startedAt;
        if (age > maxAge) revert FeedTooOld(feed, age, maxAge);
    }

    /// @dev The number that `feed` says, as many decimals as the feed has. 1 or 0 for yes or no.
    function _readNumber(uint32 feed) internal view returns (int256) {
        IDataFeed.Kind kind = DATA_FEED.describe(feed).kind;
        if (kind == IDataFeed.Kind.Text) revert FeedOfOtherKind(feed, kind);
        return _freshAnswer(feed).number;
    }

    /// @dev The price that `feed` says, above zero, with `decimals` decimals; those that are too many are cut off.
    function _readPrice(uint32 feed, uint8 decimals) internal view returns (uint256) {
        IDataFeed.Description memory what = DATA_FEED.describe(feed);
        bool isNumber = what.kind == IDataFeed.Kind.Integer || what.kind == IDataFeed.Kind.Decimal;
        if (!isNumber) revert FeedOfOtherKind(feed, what.kind);
        int256 number = _freshAnswer(feed).number;
        if (number <= 0) revert FeedNotPositive(feed, number);
        // It is above zero.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 price = uint256(number);
        if (decimals <= what.decimals) return price / 10 ** (what.decimals - decimals);
        uint8 more = decimals - what.decimals;
        // A number has 128 bits, so that 38 more digits fit.
        if (more > 38) revert FeedOverflow(feed, number);
        return price * 10 ** more;
    }

    /// @dev The text that `feed` says.
    function _readText(uint32 feed) internal view returns (string memory) {
        IDataFeed.Kind kind = DATA_FEED.describe(feed).kind;
        if (kind != IDataFeed.Kind.Text) revert FeedOfOtherKind(feed, kind);
        return _freshAnswer(feed).text;
    }

    /// @dev Whether `feed` says yes.
    function _readBoolean(uint32 feed) internal view returns (bool) {
        IDataFeed.Kind kind = DATA_FEED.describe(feed).kind;
        if (kind != IDataFeed.Kind.Boolean) revert FeedOfOtherKind(feed, kind);
        return _freshAnswer(feed).number != 0;
    }
}
