// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "../interfaces/ICallingList.sol";
import {Triggered} from "../src/Triggered.sol";

/// @title A contract that registers rows of the calling list for itself, and is called by no other rows
/// @notice Base of the templates. What a row calls is marked {onlyTriggered}.
abstract contract Scheduled is Triggered {
    /// @notice This contract has `available` FSN, and its rows take `needed`.
    error RowsUnpaid(uint256 available, uint256 needed);

    /// @notice How rows run. Storage that a run needs beyond what it frees is paid out of its row's deposit.
    struct Running {
        /// Most gas of a run.
        uint64 gasLimit;
        /// Most FSN that a run may leave as deposit for storage.
        uint128 storageLimit;
        /// The gas price above which rows wait.
        uint128 maxGasPrice;
        /// Who makes sure that they run.
        ICallingList.Tier tier;
    }

    /// @dev What a row with so many runs takes: the deposit for its runs, and what is held for `bytes_` of calldata. One
    /// run more is paid for, which is there for a retry, and should gas become dearer.
    function _costOfRow(Running memory running, uint32 runs, uint32 bytes_)
        internal
        view
        returns (uint256 deposit, uint256 whole)
    {
        deposit = (uint256(runs) + 1) * CALLING_LIST.runCost(running.gasLimit, running.storageLimit, running.tier, false);
        whole = deposit + CALLING_LIST.storageCost(bytes_);
    }

    /// @dev A row that runs `function_`, which takes no argument, once at `time`.
    function _once(bytes4 function_, uint64 time, Running memory running) internal returns (uint64) {
        return _every(function_, time, 0, 1, running);
    }

    /// @dev A row that runs `function_`, which takes no argument, at `first` and every `period` seconds from then
    /// on, `runs` times in all. A run that came late stands for those that were missed. A run that reverts is tried
    /// once more, and then the row is removed and the rest of its deposit is back.
    function _every(bytes4 function_, uint64 first, uint64 period, uint32 runs, Running memory running)
        internal
        returns (uint64)
    {
        (uint256 deposit, uint256 whole) = _costOfRow(running, runs, 4);
        if (address(this).balance < whole) revert RowsUnpaid(address(this).balance, whole);
        ICallingList.Terms memory terms = _terms(running.gasLimit, running.maxGasPrice, running.storageLimit);
        (terms.maxRuns, terms.tier) = (runs, running.tier);
        (terms.retries, terms.backoff, terms.afterFailure) = (1, 2, ICallingList.AfterFailure.Remove);
        bytes memory data = abi.encodePacked(function_);
        if (period == 0) return CALLING_LIST.atTime(address(this), data, first, deposit, terms);
        return CALLING_LIST.everySeconds(address(this), data, first, period, deposit, terms);
    }

    /// @dev Cancels a row, if it is still there. Not from a row that runs: the list cannot be re-entered.
    function _cancel(uint64 id) internal {
        if (CALLING_LIST.row(id).state != ICallingList.State.None) CALLING_LIST.cancel(id);
    }
}
