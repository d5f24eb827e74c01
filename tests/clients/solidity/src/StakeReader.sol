// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BOOKKEEPING_ADDRESS, IBookkeeping} from "fusion-interfaces/IBookkeeping.sol";

/// @dev Asks the bookkeeping precompile as contracts do, and keeps what it was told.
contract StakeReader {
    IBookkeeping private constant BOOKKEEPING = IBookkeeping(BOOKKEEPING_ADDRESS);

    /// @notice Everything that is staked with `node` when it was noted.
    mapping(bytes32 node => uint256) public noted;

    event Noted(bytes32 indexed node, uint256 stake);

    /// @notice Own bond and delegations of a node.
    function stakeWith(bytes32 node) public view returns (uint256) {
        IBookkeeping.Node memory found = BOOKKEEPING.node(node);
        return found.ownStake + found.delegated;
    }

    /// @notice What the owner of an Ethereum address has delegated to a node.
    function delegatedBy(address owner, bytes32 node) external view returns (uint256 amount) {
        IBookkeeping.Delegation[] memory found =
            BOOKKEEPING.delegations(BOOKKEEPING.accountOf(owner));
        for (uint256 i = 0; i < found.length; i++) {
            if (found[i].node == node) amount = found[i].amount;
        }
    }

    /// @notice Reads in a transaction, within a block.
    function note(bytes32 node) external {
        uint256 stake = stakeWith(node);
        noted[node] = stake;
        emit Noted(node, stake);
    }
}
