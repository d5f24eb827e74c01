// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the data-feed precompile is.
address constant DATA_FEED_ADDRESS = address(0xF5050000);

/// @title Data feeds: values from outside, that expire
/// @notice Bookkeeping nodes fetch each feed's value from at least three sources on the web, commit to it and reveal it;
/// the answer is what most of them agree on. It is fresh until it expires. A stale answer is not to be used.
/// @dev A precompile, read only: it cannot be called by delegatecall, and takes no value. {readNumber}, {readText} and
/// {readBoolean} revert unless the answer is fresh; {latest} does not, and says how it is. Times are in seconds since the
/// Unix epoch, as `block.timestamp`. Reasons to revert are strings that start with "DataFeed: ".
interface IDataFeed {
    /// @notice How a feed's answer is.
    enum Status {
        /// There is no such feed.
        Unknown,
        /// It has had no answer yet.
        Empty,
        /// Governance has paused it: there is no answer to use.
        Paused,
        /// The answer has expired.
        Stale,
        /// The answer can be used.
        Fresh
    }

    /// @notice What kind of value a feed has.
    enum Kind {
        /// A whole number.
        Integer,
        /// A number with decimals.
        Decimal,
        /// A text.
        Text,
        /// Yes or no.
        Boolean
    }

    /// @notice What a round ended with.
    struct Answer {
        /// The round. 0 if there is no answer.
        uint64 round;
        /// The number, times 10^decimals; 1 or 0 for yes or no. 0 for a text.
        int256 number;
        /// The text. Empty if it is none.
        string text;
        /// How many feeders revealed a value.
        uint32 reports;
        /// When the round was opened. The answer's age counts from here.
        uint64 startedAt;
        /// When it was closed.
        uint64 updatedAt;
        /// From then on it is stale.
        uint64 expiresAt;
    }

    /// @notice What a feed is.
    struct Description {
        /// What it says, for people.
        string description;
        /// What kind of value it has.
        Kind kind;
        /// How many decimals numbers have.
        uint8 decimals;
        /// How often governance has changed what it is.
        uint32 version;
        /// Whether it is paused.
        bool paused;
        /// How many sources it has.
        uint32 sources;
        /// At the latest so many seconds after the last answer there is another one.
        uint32 heartbeat;
        /// So many seconds after its round was opened, an answer expires.
        uint32 lifetime;
    }

    /// @notice The number that a feed says: times 10^decimals, and 1 or 0 for yes or no. Reverts if it is not fresh, or a
    /// text.
    /// @param feed The feed's number.
    function readNumber(uint32 feed) external view returns (int256);

    /// @notice The text that a feed says. Reverts if it is not fresh, or no text.
    /// @param feed The feed's number.
    function readText(uint32 feed) external view returns (string memory);

    /// @notice Whether a feed says yes. Reverts if it is not fresh, or neither yes nor no.
    /// @param feed The feed's number.
    function readBoolean(uint32 feed) external view returns (bool);

    /// @notice How a feed's last answer is, and what it says. Does not revert: look at the status before you use the answer.
    /// @param feed The feed's number.
    /// @return status How the answer is.
    /// @return answer The answer: empty unless it is fresh or stale.
    function latest(uint32 feed) external view returns (Status status, Answer memory answer);

    /// @notice The answer of a round. Reverts if the round had none, or is too long ago: some 16 rounds are kept.
    /// @param feed The feed's number.
    /// @param round The round.
    function answerOf(uint32 feed, uint64 round) external view returns (Answer memory);

    /// @notice What a feed is. Reverts if there is no such feed.
    /// @param feed The feed's number.
    function describe(uint32 feed) external view returns (Description memory);
}
