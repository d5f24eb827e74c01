// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The interface by which contracts read Chainlink's price feeds
/// @notice What contracts that exist already expect of a price feed.
interface AggregatorV3Interface {
    /// @notice How many decimals answers have.
    function decimals() external view returns (uint8);

    /// @notice What the feed says, for people.
    function description() external view returns (string memory);

    /// @notice The version of the feed.
    function version() external view returns (uint256);

    /// @notice The answer of a round.
    /// @param id The round.
    /// @return roundId The round.
    /// @return answer What was agreed on.
    /// @return startedAt When the round was opened.
    /// @return updatedAt When it was closed.
    /// @return answeredInRound The round in which the answer was made.
    function getRoundData(uint80 id)
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice The last answer.
    /// @return roundId The round.
    /// @return answer What was agreed on.
    /// @return startedAt When the round was opened.
    /// @return updatedAt When it was closed.
    /// @return answeredInRound The round in which the answer was made.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
