// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ASSET_MAPPING_ADDRESS, IAssetMapping} from "../interfaces/IAssetMapping.sol";
import {IERC20} from "../interfaces/IERC20.sol";

/// @title Where Fusion's assets are, and how to move them
/// @notice Import this to use mapped coins: they are ERC-20s at addresses that follow from their asset
/// number, and leave for their own chain through the asset-mapping precompile.
library FusionAssets {
    /// @notice A token did not do as it was told, and gave no reason.
    error TokenCallFailed(address token);

    /// @dev Bytes 16 and 17 of the addresses of mapped coins. Bytes 0 to 3 are the asset's number, big
    /// endian, and all others are zero.
    uint16 internal constant MAPPED_PREFIX = 0x0120;

    /// @notice The precompile that locks coins of other chains in and out.
    IAssetMapping internal constant ASSET_MAPPING = IAssetMapping(ASSET_MAPPING_ADDRESS);

    /// @notice The ERC-20 of mapped coin `assetId`. It is at that address whether there is one or not.
    /// @param assetId The coin's number in the instance of the assets pallet that holds mapped coins.
    function mapped(uint32 assetId) internal pure returns (IERC20) {
        return IERC20(address((uint160(assetId) << 128) | (uint160(MAPPED_PREFIX) << 16)));
    }

    /// @notice The number of the mapped coin whose ERC-20 is at `token`, and whether it is one at all.
    /// @param token Any address.
    function assetIdOf(address token) internal pure returns (bool isMapped, uint32 assetId) {
        // An address has 160 bits: 32 are left.
        // forge-lint: disable-next-line(unsafe-typecast)
        assetId = uint32(uint160(token) >> 128);
        isMapped = address(mapped(assetId)) == token;
    }

    /// @notice Mapped bitcoin. It counts in satoshi, like bitcoin.
    function bitcoin() internal view returns (IERC20) {
        return IERC20(ASSET_MAPPING.token());
    }

    /// @notice Sends `value` of this contract's `token` to `to`, or reverts.
    function safeTransfer(IERC20 token, address to, uint256 value) internal {
        _call(token, abi.encodeCall(token.transfer, (to, value)));
    }

    /// @notice Sends `value` of `from`'s `token`, who has allowed it, to `to`, or reverts.
    function safeTransferFrom(IERC20 token, address from, address to, uint256 value) internal {
        _call(token, abi.encodeCall(token.transferFrom, (from, to, value)));
    }

    /// @notice Lets `spender` take up to `value` of this contract's `token`, or reverts.
    function safeApprove(IERC20 token, address spender, uint256 value) internal {
        _call(token, abi.encodeCall(token.approve, (spender, value)));
    }

    /// @dev Tokens fail in four ways: by a revert with or without a reason, by returning false, and by
    /// not being there. All of them revert here, and a reason is passed on. Tokens that return
    /// nothing at all are taken to have succeeded.
    function _call(IERC20 token, bytes memory data) private {
        (bool success, bytes memory result) = address(token).call(data);
        if (!success && result.length > 0) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        bool accepted = result.length == 0 ? address(token).code.length > 0 : _isTrue(result);
        if (!success || !accepted) revert TokenCallFailed(address(token));
    }

    /// @dev Whether `result` is `true`, and not just anything that does not decode.
    function _isTrue(bytes memory result) private pure returns (bool) {
        return result.length == 32 && abi.decode(result, (uint256)) == 1;
    }
}
