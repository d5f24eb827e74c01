// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What the stop-loss needs of an exchange: the function of Uniswap v2's router.
interface IRouter {
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}
