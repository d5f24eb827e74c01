// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FOREVER, FSN_TOKEN, IUsufruct, USUFRUCT_ADDRESS} from "../interfaces/IUsufruct.sol";

/// @title Title and use of coins, for contracts
/// @notice Import this to lend and borrow coins. What a contract has in slices it can lend, pledge, sell or
/// withdraw; what was lent is its again when the time is over, and nobody has to call anything.
/// @dev `token` is the ERC-20 of a mapped coin, or {FSN}. A contract that moves slices needs some FSN for
/// the deposits that lists of slices cost.
library FusionUsufruct {
    /// @notice A slice would end before `block.timestamp`, or after {FOREVER}.
    error NoSuchTime(uint256 time);
    /// @notice `account` does not have `needed` of `token` over the interval, but only `available`.
    error NotCovered(address token, address account, uint256 needed, uint256 available);

    /// @notice The precompile.
    IUsufruct internal constant USUFRUCT = IUsufruct(USUFRUCT_ADDRESS);
    /// @notice The token that stands for FSN.
    address internal constant FSN = FSN_TOKEN;

    /// @notice The time after so many seconds from now.
    function afterSeconds(uint256 duration) internal view returns (uint64) {
        uint256 time = block.timestamp + duration;
        if (duration == 0 || time >= FOREVER) revert NoSuchTime(time);
        // It is below the largest 64 bit number.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(time);
    }

    /// @notice Lends plain coins of this contract to `to` for so many seconds.
    /// @return end When they come back.
    function lendFor(address token, address to, uint256 amount, uint256 duration) internal returns (uint64 end) {
        end = afterSeconds(duration);
        USUFRUCT.lend(token, to, amount, end);
    }

    /// @notice Lends coins that this contract has in slices to `to` until `end`. It has to have the use of
    /// them for as long.
    function lendSlice(address token, address to, uint256 amount, uint64 end) internal {
        USUFRUCT.timeSliceTransfer(token, to, amount, 0, end);
    }

    /// @notice Takes the use of coins of `from` until `end`, who has approved it ({IUsufruct-approve}).
    function takeUse(address token, address from, uint256 amount, uint64 end) internal {
        USUFRUCT.timeSliceTransferFrom(token, from, address(this), amount, 0, end);
    }

    /// @notice What `account` has of a coin from now until `end`: what it can lend for as long.
    function lendable(address token, address account, uint64 end) internal view returns (uint256) {
        if (end <= block.timestamp) return 0;
        return USUFRUCT.timeBalanceOf(token, account, 0, end);
    }

    /// @notice Reverts unless `account` has so much of a coin from now until `end`.
    function requireUse(address token, address account, uint256 amount, uint64 end) internal view {
        uint256 available = lendable(token, account, end);
        if (available < amount) revert NotCovered(token, account, amount, available);
    }

    /// @notice Makes as much plain as this contract has title and use of.
    /// @return amount How much that was.
    function withdrawAll(address token) internal returns (uint256 amount) {
        amount = USUFRUCT.wholeOf(token, address(this));
        if (amount > 0) USUFRUCT.withdraw(token, amount);
    }
}
