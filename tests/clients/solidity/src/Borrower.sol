// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IUsufruct, USUFRUCT_ADDRESS} from "fusion-interfaces/IUsufruct.sol";

/// @dev Takes the use of FSN of whoever has approved it, and lends it on.
contract Borrower {
    IUsufruct private constant USUFRUCT = IUsufruct(USUFRUCT_ADDRESS);

    /// @dev What it has by the precompile, at the time of the block.
    event Noted(uint256 inUse, uint256 time);

    /// @dev For deposits.
    receive() external payable {}

    function take(address from, uint256 amount, uint64 end) external {
        USUFRUCT.timeSliceTransferFrom(address(0), from, address(this), amount, 0, end);
    }

    function lendOn(address to, uint256 amount, uint64 end) external {
        USUFRUCT.timeSliceTransfer(address(0), to, amount, 0, end);
    }

    function note() external {
        emit Noted(USUFRUCT.useOf(address(0), address(this)), block.timestamp);
    }
}
