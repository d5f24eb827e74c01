// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Payout} from "../../src/vault/VaultTypes.sol";
import {MockToken} from "../utils/Mocks.sol";

/// @dev Takes coins or not, as it is told.
contract MoodyPayee {
    bool public refuses = true;

    function mood(bool refuses_) external {
        refuses = refuses_;
    }

    function claim(Vault vault, uint64 batch, uint256 index, Payout calldata payout, address receiver) external {
        vault.claim(batch, index, payout, receiver);
    }

    receive() external payable {
        require(!refuses, "Payee: not today");
    }
}

/// @dev Uses all gas that it is given.
contract HungryPayee {
    receive() external payable {
        for (uint256 i = 0;; ++i) {
            assembly {
                mstore(i, i)
            }
        }
    }
}

/// @dev Answers with as many zeros as its gas is good for, and succeeds.
contract TalkativePayee {
    receive() external payable {
        assembly {
            return(0, 20000)
        }
    }
}

/// @dev Needs some gas to be paid, like a wallet that is a contract.
contract SlowPayee {
    uint256 public paid;

    receive() external payable {
        paid += msg.value;
        uint256 start = gasleft();
        while (start - gasleft() < 20_000) {}
    }
}

/// @dev Looks first whether it has all the gas that it was promised, and spends none if not.
contract CarefulPayee {
    uint256 private immutable NEEDED;

    constructor(uint256 needed) {
        NEEDED = needed;
    }

    receive() external payable {
        require(gasleft() > NEEDED, "Payee: too little gas");
    }
}

/// @dev Calls the vault when it is paid, and remembers what came of it.
contract ReentrantPayee {
    Vault private immutable VAULT;
    bytes private _call;
    bool public called;
    bool public succeeded;

    constructor(Vault vault) {
        VAULT = vault;
    }

    function prepare(bytes calldata call) external {
        _call = call;
    }

    receive() external payable {
        (bool success, bytes memory result) = address(VAULT).call(_call);
        called = true;
        succeeded = success || bytes4(result) != Vault.Reentered.selector;
    }
}

/// @dev A token that lets another contract act during a transfer.
contract ReentrantToken is MockToken {
    address private _target;
    bytes private _call;
    bool public called;
    bool public succeeded;

    function prepare(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function transfer(address to, uint256 value) external override returns (bool) {
        _move(msg.sender, to, value);
        (bool success, bytes memory result) = _target.call(_call);
        called = true;
        succeeded = success || bytes4(result) != Vault.Reentered.selector;
        return true;
    }
}

/// @dev Keeps a hundredth of what is transferred.
contract FeeToken is MockToken {
    function transfer(address to, uint256 value) external override returns (bool) {
        _move(msg.sender, to, value - value / 100);
        _move(msg.sender, address(this), value / 100);
        return true;
    }
}

/// @dev Returns nothing, as the oldest tokens do.
contract OldToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function transfer(address to, uint256 value) external {
        require(balanceOf[msg.sender] >= value, "Token: too little");
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
    }
}

/// @dev Says no, without a revert.
contract PoliteToken is MockToken {
    function transfer(address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// @dev Uses all gas that a transfer is given.
contract HungryToken is MockToken {
    function transfer(address, uint256) external pure override returns (bool) {
        while (true) {}
        return true;
    }
}

/// @dev The same of a token.
contract CarefulToken is MockToken {
    uint256 private immutable NEEDED;

    constructor(uint256 needed) {
        NEEDED = needed;
    }

    function transfer(address to, uint256 value) external override returns (bool) {
        require(gasleft() > NEEDED, "Token: too little gas");
        _move(msg.sender, to, value);
        return true;
    }
}

/// @dev Brings a batch with less gas than it takes, or all of it.
contract Relayer {
    function execute(Vault vault, Batch calldata batch, Schnorr.Signature calldata signature, uint256 gasLimit)
        external
        returns (bool success, bytes memory result)
    {
        return address(vault).call{gas: gasLimit}(abi.encodeCall(vault.execute, (batch, signature, address(0))));
    }
}
