// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the bookkeeping precompile is.
address constant BOOKKEEPING_ADDRESS = address(0xF5010000);

/// @title Bookkeeping nodes: who keeps the books, what is staked with whom, and what it earns
/// @notice Read only. Bonding, delegating and claiming are calls of the chain's pallet.
/// @dev A precompile: it cannot be called by delegatecall, and takes no value. Accounts have 32 bytes;
/// that of an Ethereum address is told by {accountOf}. Amounts are in the smallest unit of FSN, of
/// which 10^18 are one FSN. Fractions are in parts per billion. Reasons to revert are strings that
/// start with "Bookkeeping: ".
interface IBookkeeping {
    /// @notice Where a candidate stands.
    enum NodeState {
        /// It is no candidate.
        None,
        /// It can be elected.
        Standing,
        /// It was absent too often, and is not elected until it rejoins.
        Idle,
        /// It leaves as soon as the sessions that it is elected for are over.
        Leaving,
        /// It is out; the delegations to it are being ended, some in each block.
        Dissolving
    }

    /// @notice A node that is elected for a session.
    struct SessionNode {
        /// Its account.
        bytes32 account;
        /// Its weight in draws, fixed when it was elected. 0 for offenders.
        uint64 weight;
    }

    /// @notice A candidate, or a node with a seat from governance.
    struct Node {
        /// Where it stands.
        NodeState state;
        /// Whether governance has given it a seat.
        bool invulnerable;
        /// Its own bond.
        uint256 ownStake;
        /// Sum of the delegations to it.
        uint256 delegated;
        /// How many delegations.
        uint32 delegations;
        /// The weight that an election in this block would give it, elected or not.
        uint64 weight;
        /// Whether it is elected for the present session.
        bool elected;
        /// Its weight in that.
        uint64 sessionWeight;
        /// Whether it is elected for the next session.
        bool electedNext;
        /// Its weight in that.
        uint64 nextSessionWeight;
        /// The part of rewards that it keeps.
        uint32 commission;
        /// The commission that it has announced: the same as now if none.
        uint32 nextCommission;
        /// The session from which on the announced commission holds. 0 if there is none.
        uint32 nextCommissionFrom;
        /// The last block that it assembled or packaged for. 0 if there was none.
        uint32 lastActive;
        /// Consecutive sessions in which it should have worked and did not.
        uint32 absent;
        /// What the operator has earned as such and not claimed.
        uint256 earned;
    }

    /// @notice Stake that an account has put behind a node.
    struct Delegation {
        /// The node.
        bytes32 node;
        /// Where the node stands.
        NodeState state;
        /// How much is delegated.
        uint256 amount;
        /// What it adds to the node's weight.
        uint64 weight;
        /// What it has earned and can be claimed.
        uint256 reward;
    }

    /// @notice Stake on its way back to its owner.
    struct Chunk {
        /// The node that it was staked with.
        bytes32 node;
        /// What will come back, if the node is not slashed any more.
        uint256 amount;
        /// The session from which on it can be withdrawn.
        uint32 availableFrom;
    }

    /// @notice What is issued to bookkeeping nodes.
    struct Emission {
        /// What a block issues now.
        uint256 reward;
        /// The block from which on it is half as much. 0 if nothing is issued any more.
        uint32 nextHalving;
        /// What has been issued.
        uint256 issued;
        /// The most that ever will be.
        uint256 ceiling;
        /// What has been earned and not claimed.
        uint256 outstanding;
        /// What the next block distributes beside what it issues.
        uint256 income;
    }

    /// @notice What governance and the chain's rules have set.
    struct Limits {
        /// Nodes that are elected besides those with a seat from governance.
        uint32 maxNodes;
        /// The least own bond of a node that is elected.
        uint256 minBond;
        /// The smallest delegation.
        uint256 minDelegation;
        /// The lowest commission.
        uint32 minCommission;
        /// The highest commission.
        uint32 maxCommission;
        /// Sessions that it takes to get stake back.
        uint32 unbondingSessions;
        /// The age in blocks from which on stake does not gain weight.
        uint32 ageCap;
    }

    /// @notice The account of an Ethereum address: the one that is mapped to it, or else the address
    /// followed by twelve bytes 0xEE.
    /// @param owner The address.
    function accountOf(address owner) external view returns (bytes32);

    /// @notice Number of the present session.
    function session() external view returns (uint32);

    /// @notice The nodes of the present session, in ascending order of their accounts.
    function sessionNodes() external view returns (SessionNode[] memory);

    /// @notice The nodes that are elected for the next session, in ascending order of their accounts.
    function nextSessionNodes() external view returns (SessionNode[] memory);

    /// @notice What is known of a node. If it is no candidate and has no seat, everything is zero.
    /// @param account Its account.
    function node(bytes32 account) external view returns (Node memory);

    /// @notice The delegations of an account, in no particular order.
    /// @param account Whose they are.
    function delegations(bytes32 account) external view returns (Delegation[] memory);

    /// @notice The stake of an account that is on its way back, own bonds and delegations alike.
    /// @param account Whose it is.
    function unbonding(bytes32 account) external view returns (Chunk[] memory);

    /// @notice Everything that an account could claim now, as a node and as a delegator.
    /// @param account Whose it is.
    function claimable(bytes32 account) external view returns (uint256);

    /// @notice What is issued to bookkeeping nodes.
    function emission() external view returns (Emission memory);

    /// @notice What governance and the chain's rules have set.
    function limits() external view returns (Limits memory);
}
