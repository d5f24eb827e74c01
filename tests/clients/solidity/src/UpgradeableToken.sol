// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {
    OwnableUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {
    ERC20Upgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
// The proxies are named here so that Forge compiles them: the tests deploy them as they are.
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {
    TransparentUpgradeableProxy
} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// OpenZeppelin's upgradeable ERC-20, as its wizard writes it.
contract UpgradeableToken is ERC20Upgradeable, OwnableUpgradeable, UUPSUpgradeable {
    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(string memory name_, string memory symbol_, uint256 supply)
        external
        initializer
    {
        __ERC20_init(name_, symbol_);
        __Ownable_init(msg.sender);
        _mint(msg.sender, supply);
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// The next version: it can mint, and remembers how much.
contract UpgradeableTokenV2 is UpgradeableToken {
    uint256 public minted;

    function mint(address to, uint256 amount) external onlyOwner {
        minted += amount;
        _mint(to, amount);
    }

    function version() external pure override returns (uint256) {
        return 2;
    }
}
