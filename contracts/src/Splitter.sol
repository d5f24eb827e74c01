// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {FusionAssets} from "./FusionAssets.sol";

/// @title Holds mapped bitcoin, and parts with it as its owner says
/// @notice The smallest contract that does all that a contract can do with a mapped coin: have it,
/// share it, and send it home to its own chain.
contract Splitter {
    using FusionAssets for IERC20;

    /// @notice `caller` is not the owner.
    error NotOwner(address caller);
    /// @notice There is nothing to share.
    error Empty();

    /// @notice Half of the balance, rounded down, went to `to`.
    event Moved(address indexed to, uint256 amount);
    /// @notice `amount` is on its way to `bitcoinAddress`, as lock-out `intent`.
    event LockedOut(uint64 indexed intent, uint64 amount, string bitcoinAddress);

    /// @notice Who may move what is here: whoever deployed the contract.
    address public immutable owner;

    modifier onlyOwner() {
        _checkOwner();
        _;
    }

    constructor() {
        owner = msg.sender;
    }

    /// @notice Mapped bitcoin that is here, in satoshi.
    function balance() public view returns (uint256) {
        return FusionAssets.bitcoin().balanceOf(address(this));
    }

    /// @notice Sends half of what is here to `to`. An odd satoshi stays.
    /// @return amount What was sent.
    function moveHalf(address to) external onlyOwner returns (uint256 amount) {
        amount = balance() / 2;
        if (amount == 0) revert Empty();
        FusionAssets.bitcoin().safeTransfer(to, amount);
        emit Moved(to, amount);
    }

    /// @notice Pays `amount` out to `bitcoinAddress` on Bitcoin, from what is here.
    /// @param amount How much, in satoshi, the fee of the Bitcoin transaction included.
    /// @param bitcoinAddress The address to pay to.
    /// @param maxFee Most that may be taken out of `amount` for that fee.
    /// @return intent Number of the lock-out.
    function lockOut(uint64 amount, string calldata bitcoinAddress, uint64 maxFee)
        external
        onlyOwner
        returns (uint64 intent)
    {
        intent = FusionAssets.ASSET_MAPPING.lockOut(amount, bitcoinAddress, maxFee);
        emit LockedOut(intent, amount, bitcoinAddress);
    }

    /// @notice Cancels a lock-out that no Bitcoin transaction pays yet: the coins come back here.
    /// @param intent Number of the lock-out.
    function cancelLockOut(uint64 intent) external onlyOwner {
        FusionAssets.ASSET_MAPPING.cancelLockOut(intent);
    }

    function _checkOwner() private view {
        if (msg.sender != owner) revert NotOwner(msg.sender);
    }
}
