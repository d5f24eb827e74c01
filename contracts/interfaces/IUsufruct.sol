// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the usufruct precompile is.
address constant USUFRUCT_ADDRESS = address(0xF5060000);

/// @dev The token that stands for FSN.
address constant FSN_TOKEN = address(0);

/// @dev The end of a slice that has none. The number that FRC758 uses.
uint64 constant FOREVER = type(uint64).max;

/// @title Usufruct: title and use of a coin, separated
/// @notice A slice is an amount of a coin over `[start, end)`, in seconds as `block.timestamp`. Whoever
/// has a slice of now has the use, whoever has a slice without end has the title. What was lent comes
/// back when its slice ends, without anybody doing anything. Coins are in slices ({deposit}) or plain
/// ({withdraw}); plain coins are those that the ERC-20 shows.
/// @dev A precompile: state-changing functions cannot be called by delegatecall or staticcall, take no
/// value, and act for `msg.sender`, be it a contract or not. `token` is the ERC-20 of a mapped coin, or
/// the zero address for FSN. A `start` of 0 is now. Whoever makes somebody's list of slices longer pays
/// a deposit of FSN for it, so a contract that moves slices needs some. Reasons to revert are strings
/// that start with "Usufruct: ". Functions that FRC758 has are named as there, with the token as first
/// argument.
interface IUsufruct {
    /// @notice An amount over an interval.
    struct Slice {
        /// How much.
        uint256 amount;
        /// Its first second.
        uint64 start;
        /// The first second after it; {FOREVER} if there is none.
        uint64 end;
    }

    /// @notice FSN that is bonded to a bookkeeping node by whom it was lent to.
    struct Pledge {
        /// Who has the use, and gets the rewards. Zero if there is no such pledge.
        address user;
        /// Who has the title, and gets the coins.
        address owner;
        /// The account of the node.
        bytes32 node;
        /// How much was bonded.
        uint256 amount;
        /// When the use ends.
        uint64 end;
        /// Whether it is being unbonded.
        bool unbonding;
    }

    /// @notice Plain coins of `account` became a slice without end, from now on.
    event Deposit(address indexed token, address indexed account, uint256 amount);

    /// @notice A slice without end, from now on, became plain coins of `account`.
    event Withdrawal(address indexed token, address indexed account, uint256 amount);

    /// @notice `amount` over `[start, end)` changed hands.
    event SliceTransfer(
        address indexed token, address indexed from, address indexed to, uint256 amount, uint64 start, uint64 end
    );

    /// @notice `spender` may move `amount` of slices of `owner`.
    event Approval(address indexed token, address indexed owner, address indexed spender, uint256 amount);

    /// @notice `user` may bond `amount` of FSN to which `owner` has the title, to end by `until`.
    event Consent(address indexed owner, address indexed user, uint256 amount, uint64 until);

    /// @notice `user` bonded FSN of `owner` to `node`.
    event Bonded(
        uint64 indexed pledge, address indexed user, address indexed owner, bytes32 node, uint256 amount, uint64 end
    );

    /// @notice What was bonded begins to unbond.
    event Unbonding(uint64 indexed pledge);

    /// @notice What a pledge has earned was paid to its user.
    event Rewarded(uint64 indexed pledge, address indexed user, uint256 amount);

    /// @notice What was left of a pledge was given back.
    event Settled(uint64 indexed pledge);

    /// @notice Makes plain coins of the caller a slice without end, from now on.
    /// @dev Needs no allowance and, for FSN, no value.
    function deposit(address token, uint256 amount) external;

    /// @notice Makes a slice without end, from now on, plain coins of the caller.
    function withdraw(address token, uint256 amount) external;

    /// @notice Lends plain coins of the caller to `to` until `end`. The title stays with the caller.
    function lend(address token, address to, uint256 amount, uint64 end) external;

    /// @notice Transfers a slice of the caller.
    function timeSliceTransfer(address token, address to, uint256 amount, uint64 start, uint64 end)
        external
        returns (bool);

    /// @notice Transfers a slice of `from`, who has approved it.
    function timeSliceTransferFrom(
        address token,
        address from,
        address to,
        uint256 amount,
        uint64 start,
        uint64 end
    ) external returns (bool);

    /// @notice Transfers the title of coins of the caller, from the first second on from which the caller
    /// has so many without end. Who borrowed them keeps the use until then.
    /// @return start That second.
    function transferTitle(address token, address to, uint256 amount) external returns (uint64 start);

    /// @notice Gives the use of coins back before `end`, to whom it will belong then.
    function giveBack(address token, address to, uint256 amount, uint64 end) external;

    /// @notice Lets `spender` move so much of the caller's slices, over any interval. An amount of 2^128 - 1
    /// or more never becomes less.
    function approve(address token, address spender, uint256 amount) external returns (bool);

    /// @notice What `spender` may move of slices of `owner`.
    function allowance(address token, address owner, address spender) external view returns (uint256);

    /// @notice How much of a coin, in slices, `account` has the use of now.
    function useOf(address token, address account) external view returns (uint256);

    /// @notice How much of a coin, in slices, `account` has the title to.
    function titleOf(address token, address account) external view returns (uint256);

    /// @notice How much of a coin, in slices, `account` has title and use of from now on: what it can
    /// withdraw.
    function wholeOf(address token, address account) external view returns (uint256);

    /// @notice How much `account` has at every second of `[start, end)`: what it can transfer.
    function timeBalanceOf(address token, address account, uint64 start, uint64 end) external view returns (uint256);

    /// @notice The slices of `account` from now on, in the order of time. They do not overlap.
    function sliceOf(address token, address account) external view returns (Slice[] memory);

    /// @notice How much of a coin is in slices. At every second, all slices add up to that.
    function totalHeld(address token) external view returns (uint256);

    /// @notice Consents that `user` bonds FSN of which the caller has the title, to end by `until`. Slashes
    /// of it are the caller's loss. Replaces an earlier consent; an amount of 0 takes it back.
    function consent(address user, uint256 amount, uint64 until) external;

    /// @notice Bonds FSN to a bookkeeping node, of which the caller has the use until `end`, and `owner`,
    /// who has consented, the title from then on.
    /// @param node The account of the node, as {IBookkeeping} names it.
    /// @return pledge The number by which it is ended.
    function bond(address owner, bytes32 node, uint256 amount, uint64 end) external returns (uint64 pledge);

    /// @notice Begins to unbond a pledge of the caller. The chain does so in time by itself.
    function unbond(uint64 pledge) external;

    /// @notice Pays what a pledge has earned to its user.
    /// @return amount How much that was.
    function reward(uint64 pledge) external returns (uint256 amount);

    /// @notice Gives back what is left of a pledge of the caller that has unbonded. The chain does so at
    /// its end by itself, and gives the owner plain coins.
    function settle(uint64 pledge) external;

    /// @notice A pledge.
    function pledgeOf(uint64 pledge) external view returns (Pledge memory);
}
