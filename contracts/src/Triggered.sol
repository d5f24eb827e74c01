// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";

/// @title Base of contracts that the calling list runs
/// @notice Functions with {onlyTriggered} run when a row says so, and at no other time.
/// @dev That the list calls is not enough: anybody can register a row that calls anything with anything. So the row has
/// to belong to somebody whom the contract trusts, which by default is nobody but the contract itself.
abstract contract Triggered {
    /// @notice Somebody else than the calling list called.
    error NotTriggered(address caller);
    /// @notice The list called, but for a row of somebody whom this contract does not obey.
    error RowOfStranger(uint64 id, address owner);

    /// @notice The calling list.
    ICallingList internal constant CALLING_LIST = ICallingList(CALLING_LIST_ADDRESS);

    /// @dev For functions that only a row may run.
    modifier onlyTriggered() {
        _checkTriggered();
        _;
    }

    /// @notice The row that runs this contract now.
    /// @return id Its number.
    function _triggeringRow() internal view returns (uint64 id) {
        (id,) = CALLING_LIST.currentRow();
    }

    /// @dev Whose rows may run this contract. Override it to obey others.
    /// @param owner Who has registered the row.
    function _mayTrigger(address owner) internal view virtual returns (bool) {
        return owner == address(this);
    }

    /// @dev Terms that most rows do with: best effort, once for all that was missed, three retries after 10, 20 and 40
    /// blocks, and then a pause.
    /// @param gasLimit Most gas of a run.
    /// @param maxGasPrice The gas price above which the row waits.
    /// @param storageLimit Most FSN that a run may leave as deposit for storage.
    function _terms(uint64 gasLimit, uint128 maxGasPrice, uint128 storageLimit)
        internal
        pure
        returns (ICallingList.Terms memory)
    {
        return ICallingList.Terms({
            gasLimit: gasLimit,
            storageLimit: storageLimit,
            maxGasPrice: maxGasPrice,
            expiresAt: 0,
            maxRuns: 0,
            tier: ICallingList.Tier.BestEffort,
            missed: ICallingList.Missed.Once,
            retries: 3,
            backoff: 10,
            afterFailure: ICallingList.AfterFailure.Pause
        });
    }

    function _checkTriggered() private view {
        if (msg.sender != CALLING_LIST_ADDRESS) revert NotTriggered(msg.sender);
        (uint64 id, address owner) = CALLING_LIST.currentRow();
        if (id == 0 || !_mayTrigger(owner)) revert RowOfStranger(id, owner);
    }
}
