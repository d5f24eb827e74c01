// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICoinSale} from "fusion-templates/ICoinSale.sol";

/// @dev Sells what it has of a coin: so many for each unit of money.
contract CoinSale is ICoinSale {
    using SafeERC20 for IERC20;

    IERC20 public immutable MONEY;
    IERC20 public immutable COIN;
    uint256 public immutable RATE;

    constructor(IERC20 money, IERC20 coin, uint256 rate) {
        (MONEY, COIN, RATE) = (money, coin, rate);
    }

    function buy(uint256 payment) external {
        MONEY.safeTransferFrom(msg.sender, address(this), payment);
        COIN.safeTransfer(msg.sender, payment * RATE);
    }
}
