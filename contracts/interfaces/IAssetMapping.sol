// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the asset-mapping precompile is.
address constant ASSET_MAPPING_ADDRESS = address(0xF5030000);

/// @title Asset mapping: lock coins of another chain in and out
/// @notice Bitcoin that is locked in is held by a key group, no member of which has the key, and is
/// matched one to one by a mapped coin, an ERC-20 (see {token}). Amounts are in satoshi.
/// @dev A precompile: state-changing functions cannot be called by delegatecall or staticcall, take no
/// value, and act for `msg.sender`, be it a contract or not. Reasons to revert are strings that start
/// with "AssetMapping: ".
interface IAssetMapping {
    /// @notice A deposit address was made for `account`.
    /// @param account Whom deposits are credited to.
    /// @param index Number of the address.
    /// @param depositAddress The address, as Bitcoin wallets take it.
    /// @param deadline Until when deposits are credited, in seconds since 1970.
    event LockInRequested(address indexed account, uint64 indexed index, string depositAddress, uint32 deadline);

    /// @notice `account` asked for a lock-out; the mapped coins are locked.
    /// @param account Whose coins they are.
    /// @param intent Number of the lock-out.
    /// @param amount How much is locked.
    /// @param destination The Bitcoin address that is paid.
    /// @param maxFee Most that is taken out of `amount` for the fee of the Bitcoin transaction.
    event LockOutRequested(
        address indexed account, uint64 indexed intent, uint64 amount, string destination, uint64 maxFee
    );

    /// @notice `account` cancelled a lock-out; the mapped coins went back.
    /// @param account Whose coins they are.
    /// @param intent Number of the lock-out.
    /// @param amount How much went back.
    event LockOutCancelled(address indexed account, uint64 indexed intent, uint64 amount);

    /// @notice Asks for a Bitcoin address. Whatever is deposited there is credited to the caller, once
    /// it has enough confirmations.
    /// @dev Holds a small deposit of FSN of the caller.
    /// @param refundAddress A Bitcoin address of the caller. What cannot be credited goes back there, less the
    /// fee: deposits after the deadline, and deposits above the maximum.
    /// @param deadline Until when deposits are credited, in seconds since 1970; in the future. What counts is
    /// the time of the Bitcoin block that holds a deposit (the median time past of BIP-113, about an hour behind).
    /// @return index Number of the address.
    /// @return depositAddress The address.
    function requestLockIn(string calldata refundAddress, uint32 deadline)
        external
        returns (uint64 index, string memory depositAddress);

    /// @notice Asks for a lock-out: locks mapped coins of the caller, and pays bitcoin to `destination`.
    /// @dev Needs no allowance. The coins are burnt when the payment is confirmed. While many lock-outs are open, a
    /// deposit of FSN is held of the caller until the lock-out is over; it reverts if the caller cannot pay it.
    /// @param amount How much, in satoshi.
    /// @param destination The Bitcoin address to pay to.
    /// @param maxFee Most that may be taken out of `amount` for the fee of the Bitcoin transaction. If
    /// it is too low now, the call reverts; if it is too low when the payment is made, the lock-out waits, and
    /// can be cancelled. If Bitcoin's fees rise afterwards, the transaction is replaced by one that pays more, up
    /// to this.
    /// @return intent Number of the lock-out.
    function lockOut(uint64 amount, string calldata destination, uint64 maxFee) external returns (uint64 intent);

    /// @notice Cancels a lock-out of the caller that no Bitcoin transaction pays yet.
    /// @param intent Number of the lock-out.
    function cancelLockOut(uint64 intent) external;

    /// @notice A deposit address, as Bitcoin wallets take it. Reverts if there is none of that number.
    /// @param index Its number.
    function depositAddress(uint64 index) external view returns (string memory);

    /// @notice Proof of reserves, in satoshi: `held + deficit >= issued` always.
    /// @return held Bitcoin that the key group holds.
    /// @return deficit Bitcoin known to be missing.
    /// @return issued Mapped coins in existence, locked ones included.
    /// @return locked Mapped coins that are locked for lock-outs under way.
    function reserves() external view returns (uint256 held, uint256 deficit, uint256 issued, uint256 locked);

    /// @notice The ERC-20 of the mapped coin.
    function token() external view returns (address);

    /// @notice Which directions are paused, by governance or because bitcoin is missing.
    function paused() external view returns (bool lockInPaused, bool lockOutPaused);
}
