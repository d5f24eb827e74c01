// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Base of contracts that move slices of coins for whoever calls them
/// @notice When a list of slices becomes longer, the chain takes a deposit from the contract that moved the slice, and
/// gives it to the owner of the list, who has it when the list becomes shorter again. So a contract that moves slices for
/// strangers would be emptied of FSN by one who gives each slice back. Functions with {callerPaysDeposits} take it from
/// their caller: FSN that is sent along and not needed comes back.
abstract contract CallerPaysDeposits {
    /// @notice Lists of slices become longer by this, which takes `needed` FSN: only `sent` came along.
    error DepositNotSent(uint256 sent, uint256 needed);
    /// @notice FSN that was not needed could not be given back to `to`.
    error ChangeRefused(address to, uint256 amount);

    modifier callerPaysDeposits() {
        uint256 before = address(this).balance - msg.value;
        _;
        uint256 left = address(this).balance;
        if (left < before) revert DepositNotSent(msg.value, msg.value + before - left);
        // What this contract's own list has released stays here.
        uint256 change = left - before < msg.value ? left - before : msg.value;
        if (change > 0) {
            (bool taken,) = msg.sender.call{value: change}("");
            if (!taken) revert ChangeRefused(msg.sender, change);
        }
    }
}
