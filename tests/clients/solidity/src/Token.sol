// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// An ERC-20 whose whole supply belongs to its deployer, with calls that fail in the ways that
/// clients have to tell apart.
contract Token is ERC20 {
    error Forbidden(address caller, uint256 code);

    constructor(string memory name_, string memory symbol_, uint256 supply) ERC20(name_, symbol_) {
        _mint(msg.sender, supply);
    }

    /// Fails with a reason in words.
    function failWithReason() external pure {
        require(false, "Token: as asked");
    }

    /// Fails with an error that has arguments.
    function failWithError(uint256 code) external view {
        revert Forbidden(msg.sender, code);
    }

    /// Transfers `amount` to each of `recipients`.
    function transferToEach(address[] calldata recipients, uint256 amount) external {
        for (uint256 i = 0; i < recipients.length; i++) {
            _transfer(msg.sender, recipients[i], amount);
        }
    }
}

/// Shares the native coin that comes with the call evenly between `recipients`.
contract Disperser {
    function disperse(address payable[] calldata recipients) external payable {
        uint256 share = msg.value / recipients.length;
        for (uint256 i = 0; i < recipients.length; i++) {
            (bool paid,) = recipients[i].call{value: share}("");
            require(paid, "Disperser: not paid");
        }
    }
}
