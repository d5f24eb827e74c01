// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DCRM_ADDRESS, IDcrm} from "fusion-interfaces/IDcrm.sol";

/// @dev A contract that has a key on other chains.
contract KeyHolder {
    IDcrm private constant DCRM = IDcrm(DCRM_ADDRESS);

    uint64 public key;
    uint64 public request;

    receive() external payable {}

    function open() external {
        (key,,) = DCRM.requestKey();
    }

    function sign(bytes calldata message) external {
        (request,) = DCRM.requestSignature(key, message, type(uint256).max);
    }

    /// @dev With a key that is not this contract's, perhaps.
    function signWith(uint64 other, bytes calldata message) external {
        (request,) = DCRM.requestSignature(other, message, type(uint256).max);
    }
}
