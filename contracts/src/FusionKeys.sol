// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DCRM_ADDRESS, IDcrm} from "../interfaces/IDcrm.sol";

/// @title Keys that nobody has, and what they have signed
/// @notice Import this to have messages and Bitcoin payments signed by a key group. On other chains, {digest} is what a
/// verifier of signatures (BIP-340) needs: it says for which message of which account a signature is.
library FusionKeys {
    /// @notice The request was not signed (yet), or there is none.
    error NotSigned(uint64 request);

    /// @notice The precompile of key groups.
    IDcrm internal constant DCRM = IDcrm(DCRM_ADDRESS);

    /// @dev SHA-256 of "Fusion/account/message/1", with which what is signed is tagged as BIP-340 does.
    bytes32 internal constant TAG = 0x16a99263e02836a965702b99f0b0fa7cbe4a88820386d3370d986dd1982c7a2b;

    /// @notice The 32 bytes of the account that an Ethereum address owns on Fusion.
    /// @param owner The address.
    function accountOf(address owner) internal pure returns (bytes32) {
        return bytes32(bytes20(owner)) | bytes32(uint256(type(uint96).max) / 0xff * 0xee);
    }

    /// @notice What a key signs for a message of an account. No other message, account or chain has the same.
    /// @param genesis The hash of the first block of the Fusion chain that is meant.
    /// @param account The 32 bytes of the account (see {accountOf}).
    /// @param message The message.
    function digest(bytes32 genesis, bytes32 account, bytes memory message) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(TAG, TAG, genesis, account, message));
    }

    /// @notice The signature of a request of this contract, which is forgotten, so that its deposit comes back. Reverts
    /// if it is not there.
    /// @param request The number of the request.
    function collect(uint64 request) internal returns (bytes memory signature) {
        IDcrm.State state;
        (state, signature) = DCRM.signatureOf(request);
        if (state != IDcrm.State.Signed) revert NotSigned(request);
        DCRM.forget(request);
    }
}
