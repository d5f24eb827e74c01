// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title A sale of a new coin
/// @notice What {IcoLoan} needs of the contract that sells the coin. A sale with other functions takes an adapter.
interface ICoinSale {
    /// @notice Takes `payment` of the sale's money out of the caller's allowance, and gives the caller coins for it.
    function buy(uint256 payment) external;
}
