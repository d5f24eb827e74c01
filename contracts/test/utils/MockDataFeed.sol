// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IDataFeed} from "../../interfaces/IDataFeed.sol";

/// @dev The precompile, as the chain answers it.
contract MockDataFeed is IDataFeed {
    mapping(uint32 => bool) private known;
    mapping(uint32 => Description) private descriptions;
    mapping(uint32 => Answer) private answers;
    mapping(uint32 => mapping(uint64 => Answer)) private past;
    /// @dev A precompile that calls everything fresh.
    bool private lying;

    function declare(uint32 feed, Kind kind, uint8 decimals) external {
        Description storage what = descriptions[feed];
        if (known[feed]) what.version += 1;
        known[feed] = true;
        what.description = "BTC / USD";
        what.kind = kind;
        what.decimals = decimals;
        what.sources = 3;
        what.heartbeat = 600;
        what.lifetime = 1200;
    }

    function setPaused(uint32 feed, bool paused) external {
        descriptions[feed].paused = paused;
    }

    function lie() external {
        lying = true;
    }

    function answer(uint32 feed, int256 number, string calldata text) external {
        uint64 time = uint64(block.timestamp);
        uint64 round = answers[feed].round + 1;
        answers[feed] = Answer(round, number, text, 3, time, time + 18, time + 1200);
        past[feed][round] = answers[feed];
    }

    function latest(uint32 feed) public view returns (Status status, Answer memory last) {
        if (!known[feed]) return (Status.Unknown, last);
        if (descriptions[feed].paused) return (Status.Paused, last);
        last = answers[feed];
        if (last.round == 0) return (Status.Empty, last);
        status = block.timestamp < last.expiresAt || lying ? Status.Fresh : Status.Stale;
    }

    function describe(uint32 feed) external view returns (Description memory) {
        require(known[feed], "DataFeed: there is no such feed");
        return descriptions[feed];
    }

    function answerOf(uint32 feed, uint64 round) external view returns (Answer memory) {
        require(past[feed][round].round != 0, "DataFeed: no answer of this round is known");
        return past[feed][round];
    }

    function readNumber(uint32 feed) external view returns (int256) {
        return _fresh(feed).number;
    }

    function readText(uint32 feed) external view returns (string memory) {
        return _fresh(feed).text;
    }

    function readBoolean(uint32 feed) external view returns (bool) {
        return _fresh(feed).number != 0;
    }

    function _fresh(uint32 feed) private view returns (Answer memory) {
        (Status status, Answer memory last) = latest(feed);
        require(status == Status.Fresh, "DataFeed: the answer is stale");
        return last;
    }
}
