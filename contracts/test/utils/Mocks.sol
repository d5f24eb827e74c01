// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssetMapping} from "../../interfaces/IAssetMapping.sol";
import {IERC20} from "../../interfaces/IERC20.sol";

/// @dev A token as the precompile answers it: failures revert without a reason.
contract MockToken is IERC20 {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    uint256 public totalSupply;

    function name() external pure returns (string memory) {
        return "Bitcoin";
    }

    function symbol() external pure returns (string memory) {
        return "BTC";
    }

    function decimals() external pure returns (uint8) {
        return 8;
    }

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        totalSupply += value;
    }

    function burn(address from, uint256 value) external {
        balanceOf[from] -= value;
        totalSupply -= value;
    }

    function transfer(address to, uint256 value) external virtual returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        if (allowance[from][msg.sender] < value) _trap();
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) internal {
        if (balanceOf[from] < value) _trap();
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function _trap() private pure {
        assembly {
            revert(0, 0)
        }
    }
}

/// @dev The part of the asset-mapping precompile that contracts call; it holds what is locked.
contract MockAssetMapping is IAssetMapping {
    struct Intent {
        address account;
        uint64 amount;
        uint64 maxFee;
        string destination;
    }

    MockToken private immutable TOKEN;
    mapping(uint64 => Intent) public intents;
    uint64 public next;

    constructor(MockToken token_) {
        TOKEN = token_;
    }

    function lockOut(uint64 amount, string calldata destination, uint64 maxFee) external returns (uint64 intent) {
        require(TOKEN.balanceOf(msg.sender) >= amount, "AssetMapping: balance too low");
        TOKEN.burn(msg.sender, amount);
        TOKEN.mint(address(this), amount);
        intent = next++;
        intents[intent] = Intent(msg.sender, amount, maxFee, destination);
        emit LockOutRequested(msg.sender, intent, amount, destination, maxFee);
    }

    function cancelLockOut(uint64 intent) external {
        Intent memory cancelled = intents[intent];
        require(cancelled.account == msg.sender, "AssetMapping: not yours");
        delete intents[intent];
        TOKEN.burn(address(this), cancelled.amount);
        TOKEN.mint(msg.sender, cancelled.amount);
        emit LockOutCancelled(msg.sender, intent, cancelled.amount);
    }

    function token() external view returns (address) {
        return address(TOKEN);
    }

    function reserves() external view returns (uint256, uint256, uint256, uint256) {
        return (TOKEN.totalSupply(), 0, TOKEN.totalSupply(), TOKEN.balanceOf(address(this)));
    }

    function requestLockIn(string calldata, uint32) external pure returns (uint64, string memory) {
        revert("AssetMapping: not in tests");
    }

    function depositAddress(uint64) external pure returns (string memory) {
        revert("AssetMapping: not in tests");
    }

    function paused() external pure returns (bool, bool) {
        return (false, false);
    }
}

/// @dev Tokens that fail, or succeed, in other ways than by the book.
contract SilentToken {
    fallback() external {}
}

contract FalseToken {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(false);
    }
}

contract GarbageToken {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(uint256(2));
    }
}

contract TalkingToken {
    fallback() external {
        revert("Token: closed today");
    }
}
