// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A deposit address: what is paid to it can go to its vault, and nowhere else
/// @notice The vault deploys it by CREATE2, with a salt of its own for each request, only when there is
/// something to collect; coins may come before and after. It has no functions and no state:
///
/// - empty calldata: a payment in native coin, taken at any gas limit (also at the 2,300 of `transfer`);
/// - 64 bytes from the vault, `(asset, amount)`: `amount` of `asset` (zero: native coin) to the vault. What
///   the token answers is passed on.
///
/// All else reverts. Its address follows from the compiled code: whoever changes a letter below changes all
/// addresses that are not deployed yet.
contract Deposit {
    address private immutable VAULT = msg.sender;

    fallback() external payable {
        if (msg.data.length == 0) return;
        address vault = VAULT;
        // Memory beyond its scratch space is overwritten, but nothing of Solidity's runs afterwards.
        assembly {
            if or(xor(caller(), vault), xor(calldatasize(), 64)) { revert(0, 0) }
            let asset := calldataload(0)
            let amount := calldataload(32)
            let success
            switch asset
            case 0 { success := call(gas(), vault, amount, 0, 0, 0, 0) }
            default {
                // transfer(address,uint256)
                mstore(0, shl(224, 0xa9059cbb))
                mstore(4, vault)
                mstore(36, amount)
                success := call(gas(), asset, 0, 0, 68, 0, 0)
            }
            returndatacopy(0, 0, returndatasize())
            if success { return(0, returndatasize()) }
            revert(0, returndatasize())
        }
    }
}
