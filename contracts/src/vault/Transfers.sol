// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Transfers that may fail, and calls to contracts that may be of any kind
/// @notice Nothing here reverts because of what another contract does, and no more than 32 bytes of what it
/// answers are read.
library Transfers {
    /// @notice Sends `amount` of `asset` (zero: native coin) to `to`.
    /// @param gasLimit Most gas that the recipient or the token may use.
    /// @return paid Whether the recipient took it, or the token says so.
    function pay(address asset, address to, uint256 amount, uint256 gasLimit) internal returns (bool paid) {
        if (asset != address(0)) return callToken(asset, abi.encodeWithSelector(0xa9059cbb, to, amount), gasLimit);
        assembly ("memory-safe") {
            paid := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }

    /// @notice Calls a token, or who calls one for us.
    /// @return accepted Whether it succeeded: it returned true, or nothing at all and is a contract.
    function callToken(address target, bytes memory data, uint256 gasLimit) internal returns (bool accepted) {
        assembly ("memory-safe") {
            mstore(0, 0)
            accepted := call(gasLimit, target, 0, add(data, 32), mload(data), 0, 32)
            switch returndatasize()
            case 0 { accepted := and(accepted, gt(extcodesize(target), 0)) }
            default { accepted := and(accepted, and(gt(returndatasize(), 31), eq(mload(0), 1))) }
        }
    }

    /// @notice How much of `asset` (zero: native coin) `holder` has. A token that does not answer has none.
    function balanceOf(address asset, address holder) internal view returns (uint256 amount) {
        if (asset == address(0)) return holder.balance;
        bytes memory data = abi.encodeWithSelector(0x70a08231, holder);
        assembly ("memory-safe") {
            mstore(0, 0)
            let success := staticcall(gas(), asset, add(data, 32), mload(data), 0, 32)
            if and(success, gt(returndatasize(), 31)) { amount := mload(0) }
        }
    }
}
