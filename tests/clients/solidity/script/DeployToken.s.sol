// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "../src/Token.sol";

/// The part of Forge's cheat codes that the script needs.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Deploys the token and makes a first transfer, as two transactions.
contract DeployToken {
    // Forge looks for this constant to know a script.
    bool public constant IS_SCRIPT = true;
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address recipient) external returns (Token token) {
        VM.startBroadcast();
        token = new Token("Scripted", "SCR", 1_000_000 ether);
        require(token.transfer(recipient, 1 ether), "transfer failed");
        VM.stopBroadcast();
    }
}
