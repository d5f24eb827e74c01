// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";
import {Triggered} from "./Triggered.sol";

/// @title Base of contracts whose rows are in a description file, not in their code
/// @notice Whoever deploys the contract describes it, once: tells it which rows of the calling list to register. They are the
/// contract's own, so that it obeys them, and nobody can add others later. `contracts/tools/deploy.mjs` does both from a
/// description file.
/// @dev The deployer chooses what runs when. Who is to rely on the contract reads {describedRows} first, and what the list
/// says of them.
abstract contract Described is Triggered {
    /// @notice `caller` has not deployed the contract.
    error NotDescriber(address caller);
    /// @notice The contract has its rows.
    error AlreadyDescribed();
    /// @notice What is number `index` would do something else on the list than register a row.
    error NotARegistration(uint256 index, bytes4 selector);
    /// @notice The rows take `taken` FSN, and `paid` came with the call: the contract's own money is not for them.
    error RowsUnpaid(uint256 taken, uint256 paid);
    /// @notice What was paid too much cannot be given back to `describer`.
    error RestNotTaken(address describer);

    /// @notice The contract has registered its rows.
    event RowsRegistered(uint64[] ids);

    /// @notice Who has deployed the contract, and describes it.
    address public immutable DESCRIBER = msg.sender;

    uint64[] private _rows;
    bool private _isDescribed;

    /// @notice Registers the rows of the contract, and pays their deposits, and what is held for them, out of what comes with
    /// the call. The rest goes back.
    /// @param registrations Calls of the list's functions that register rows, encoded.
    /// @return ids The numbers of the rows.
    function describe(bytes[] calldata registrations) external payable returns (uint64[] memory ids) {
        if (msg.sender != DESCRIBER) revert NotDescriber(msg.sender);
        if (_isDescribed) revert AlreadyDescribed();
        _isDescribed = true;
        uint256 own = address(this).balance - msg.value;
        ids = new uint64[](registrations.length);
        for (uint256 i = 0; i < registrations.length; i++) {
            ids[i] = _registerRow(i, registrations[i]);
            _rows.push(ids[i]);
        }
        emit RowsRegistered(ids);
        uint256 left = address(this).balance;
        if (left < own) revert RowsUnpaid(own + msg.value - left, msg.value);
        if (left > own) {
            (bool success,) = msg.sender.call{value: left - own}("");
            if (!success) revert RestNotTaken(msg.sender);
        }
    }

    /// @notice The rows that the contract was described with, be they still there or not.
    function describedRows() external view returns (uint64[] memory) {
        return _rows;
    }

    /// @dev Cancels those that are still there. The rests of their deposits go to the contract. Not from a row that runs: the
    /// list cannot be re-entered.
    function _cancelRows() internal {
        for (uint256 i = 0; i < _rows.length; i++) {
            if (CALLING_LIST.row(_rows[i]).state != ICallingList.State.None) CALLING_LIST.cancel(_rows[i]);
        }
    }

    function _registerRow(uint256 index, bytes calldata registration) private returns (uint64) {
        bytes4 selector = bytes4(registration);
        if (!_isRegistration(selector)) revert NotARegistration(index, selector);
        (bool success, bytes memory answer) = CALLING_LIST_ADDRESS.call(registration);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return abi.decode(answer, (uint64));
    }

    function _isRegistration(bytes4 selector) private pure returns (bool) {
        return selector == ICallingList.atBlock.selector || selector == ICallingList.atTime.selector
            || selector == ICallingList.everyBlocks.selector || selector == ICallingList.everySeconds.selector
            || selector == ICallingList.cron.selector || selector == ICallingList.onLog.selector
            || selector == ICallingList.onCheck.selector || selector == ICallingList.onFeedAtLeast.selector
            || selector == ICallingList.onFeedAtMost.selector || selector == ICallingList.onFeedMoved.selector
            || selector == ICallingList.onFeedAnswer.selector || selector == ICallingList.onDeposit.selector
            || selector == ICallingList.onLockOut.selector;
    }
}
