// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IChecker} from "../interfaces/IChecker.sol";

/// @title What one contract says is what another one is called with
/// @notice A checker for the calling list that needs no code of its own: it asks contract A, compares the answer, and has
/// contract B called with it. A row with it is the whitepaper's nested call (condition, rule, contract B).
/// @dev It holds nothing, so one of them serves everybody.
contract NestedCall is IChecker {
    /// @notice How the first word of A's answer is compared with the threshold.
    enum Comparison {
        /// Not at all: B is called at each check.
        Always,
        Equal,
        NotEqual,
        Above,
        AtLeast,
        Below,
        AtMost
    }

    /// @notice A row's check: `abi.encode` of this is its check data.
    struct Rule {
        /// Contract A.
        address source;
        /// What A is asked, selector included.
        bytes question;
        /// How the first word of its answer is compared.
        Comparison comparison;
        /// Whether that word and the threshold are signed.
        bool isSigned;
        /// What it is compared with.
        uint256 threshold;
        /// The function of contract B, the row's target. Its arguments are A's answer as it is.
        bytes4 selector;
    }

    /// @notice A cannot be asked: there is no such contract, it reverted, or it answered less than a word.
    error NoAnswer(address source);

    /// @inheritdoc IChecker
    /// @param data An encoded {Rule}.
    function check(bytes calldata data) external view returns (bool due, bytes memory callData) {
        Rule memory rule = abi.decode(data, (Rule));
        (bool success, bytes memory answer) = rule.source.staticcall(rule.question);
        if (!success || answer.length < 32) revert NoAnswer(rule.source);
        uint256 word;
        assembly ("memory-safe") {
            word := mload(add(answer, 32))
        }
        due = _holds(rule, word);
        if (due) callData = bytes.concat(rule.selector, answer);
    }

    function _holds(Rule memory rule, uint256 word) private pure returns (bool) {
        Comparison comparison = rule.comparison;
        if (comparison == Comparison.Always) return true;
        if (comparison == Comparison.Equal) return word == rule.threshold;
        if (comparison == Comparison.NotEqual) return word != rule.threshold;
        // Flipping the sign bit puts signed numbers into the order of unsigned ones.
        uint256 flip = rule.isSigned ? 1 << 255 : 0;
        uint256 left = word ^ flip;
        uint256 right = rule.threshold ^ flip;
        if (comparison == Comparison.Above) return left > right;
        if (comparison == Comparison.AtLeast) return left >= right;
        if (comparison == Comparison.Below) return left < right;
        return left <= right;
    }
}
