// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IDcrm} from "../../interfaces/IDcrm.sol";

/// @dev The precompile of key groups, as far as the library uses it; requests are what a test says.
contract MockDcrm {
    struct Request {
        IDcrm.State state;
        bytes signature;
    }

    mapping(uint64 => Request) private requests;
    mapping(uint64 => address) public forgotBy;

    function set(uint64 request, IDcrm.State state, bytes calldata signature) external {
        requests[request] = Request(state, signature);
    }

    function signatureOf(uint64 request) external view returns (IDcrm.State, bytes memory) {
        return (requests[request].state, requests[request].signature);
    }

    function forget(uint64 request) external {
        require(requests[request].state == IDcrm.State.Signed, "Dcrm: NotExpired");
        delete requests[request];
        forgotBy[request] = msg.sender;
    }
}
