// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Described} from "../../src/Described.sol";

/// @title Recurring payment: a row of the calling list pays the same amount to the same account, again and again
/// @notice The payer deploys the contract with what it is to pay out, and describes it with the row that says when
/// (`description.json`). It can end that at any time, and gets back what is left.
/// @dev A payment that fails (too little money, a payee that does not take it) reverts. What becomes of it then the row says.
contract RecurringPayment is Described {
    /// @notice A payment would be of nothing, or to nobody.
    error NothingToPay();
    /// @notice The contract has `available` FSN, and a payment is `needed`.
    error TooLittle(uint256 available, uint256 needed);
    /// @notice `account` does not take FSN.
    error NotTaken(address account);
    /// @notice Only the payer can do that.
    error NotPayer(address caller);

    /// @notice A payment was made. It was number `count`, from 1 on.
    event Paid(address indexed payee, uint256 amount, uint256 count);
    /// @notice The payer has ended it, and got `rest` back.
    event Ended(uint256 rest);

    /// @notice Who pays: the account that deployed the contract.
    address payable public immutable PAYER = payable(msg.sender);
    /// @notice Who is paid.
    address payable public immutable PAYEE;
    /// @notice How much each time, in the smallest unit of FSN.
    uint256 public immutable AMOUNT;
    /// @notice Payments so far.
    uint256 public count;

    constructor(address payable payee, uint256 amount) payable {
        if (payee == address(0) || amount == 0) revert NothingToPay();
        PAYEE = payee;
        AMOUNT = amount;
    }

    /// @dev Anybody may add to what is paid out. Deposits of rows come back this way as well.
    receive() external payable {}

    /// @notice Pays once. Run by the row.
    function pay() external onlyTriggered {
        if (address(this).balance < AMOUNT) revert TooLittle(address(this).balance, AMOUNT);
        emit Paid(PAYEE, AMOUNT, ++count);
        _send(PAYEE, AMOUNT);
    }

    /// @notice Ends it: the row is cancelled, and what is left goes back to the payer.
    function end() external {
        if (msg.sender != PAYER) revert NotPayer(msg.sender);
        _cancelRows();
        uint256 rest = address(this).balance;
        emit Ended(rest);
        _send(PAYER, rest);
    }

    function _send(address payable to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert NotTaken(to);
    }
}
