// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What the calling list asks before it calls a row's target
/// @notice See `ICallingList.onCheck`. The list calls it statically, with the row's gas limit.
interface IChecker {
    /// @notice Whether the target is to be called, and with what.
    /// @param data What the row was registered with.
    /// @return due Whether the target is to be called.
    /// @return callData What it is called with, selector included.
    function check(bytes calldata data) external view returns (bool due, bytes memory callData);
}
