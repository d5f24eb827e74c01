// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IChecker} from "../../interfaces/IChecker.sol";
import {IDataFeed} from "../../interfaces/IDataFeed.sol";
import {IERC20} from "../../interfaces/IERC20.sol";
import {Described} from "../../src/Described.sol";
import {FeedConsumer} from "../../src/FeedConsumer.sol";
import {FusionAssets} from "../../src/FusionAssets.sol";
import {IRouter} from "./IRouter.sol";

/// @title Stop-loss: sells a coin by itself when a data feed says that its price has fallen to a limit
/// @notice The owner deploys the contract, describes it with the row that watches (`description.json`), and sends it the coin.
/// When the feed says the limit or less, the coin is sold on an exchange, for no less than the feed's price but a tolerance,
/// and the money goes to the owner. Until then the owner can take the coin back.
/// @dev The price is read twice: in the check, and again in {sell}. An answer that has expired is no answer: nothing is sold
/// by it. A sale below the tolerance reverts, and is tried again as the row says.
contract StopLoss is Described, FeedConsumer, IChecker {
    using FusionAssets for IERC20;

    /// @notice What was given to the constructor makes no sense.
    error InvalidOrder();
    /// @notice Only the owner can do that.
    error NotOwner(address caller);
    /// @notice The price is `price`, and the limit `limit`.
    error AboveLimit(uint256 price, uint256 limit);
    /// @notice There is nothing to sell.
    error NothingToSell();

    /// @notice The coin was sold.
    event Sold(uint256 amount, uint256 price, uint256 proceeds);
    /// @notice The owner has taken the coin back.
    event Withdrawn(uint256 amount);

    /// @notice What is sold, for what, where, and when.
    struct Order {
        /// The coin that is sold, such as mapped bitcoin.
        IERC20 coin;
        /// What it is sold for.
        IERC20 money;
        /// The exchange.
        IRouter router;
        /// The data feed that says what one whole coin costs, in whole units of money.
        uint32 feed;
        /// Sold at this price and below. With {PRICE_DECIMALS} decimals.
        uint256 limit;
        /// How much less than the feed's price is taken, in hundredths of a per cent. At most 10,000.
        uint16 tolerance;
    }

    /// @notice Decimals of prices.
    uint8 public constant PRICE_DECIMALS = 8;
    uint256 private constant WHOLE = 10_000;

    /// @notice Who gets the money.
    address public immutable OWNER = msg.sender;
    /// @notice What is to be done.
    Order public order;
    /// @dev What a unit of price for a unit of coin is in units of money: multiplied by the first, divided by the second.
    uint256 private immutable UP;
    uint256 private immutable DOWN;

    constructor(Order memory order_) {
        bool isComplete = address(order_.coin) != address(0) && address(order_.money) != address(0)
            && address(order_.coin) != address(order_.money) && address(order_.router) != address(0);
        if (!isComplete || order_.limit == 0 || order_.tolerance > WHOLE) revert InvalidOrder();
        order = order_;
        UP = 10 ** order_.money.decimals();
        DOWN = 10 ** (uint256(order_.coin.decimals()) + PRICE_DECIMALS) * WHOLE;
    }

    /// @dev What is left of the rows' deposits comes back this way.
    receive() external payable {}

    /// @inheritdoc IChecker
    /// @dev Says no, and does not revert, while the feed says nothing fresh: that is no fault of the row.
    function check(bytes calldata) external view returns (bool due, bytes memory callData) {
        (IDataFeed.Status status,) = DATA_FEED.latest(order.feed);
        due = status == IDataFeed.Status.Fresh && order.coin.balanceOf(address(this)) > 0
            && _readPrice(order.feed, PRICE_DECIMALS) <= order.limit;
        if (due) callData = abi.encodeCall(StopLoss.sell, ());
    }

    /// @notice Sells all that there is. Run by the row.
    function sell() external onlyTriggered {
        uint256 price = _readPrice(order.feed, PRICE_DECIMALS);
        if (price > order.limit) revert AboveLimit(price, order.limit);
        uint256 amount = order.coin.balanceOf(address(this));
        if (amount == 0) revert NothingToSell();
        order.coin.safeApprove(address(order.router), amount);
        address[] memory path = new address[](2);
        (path[0], path[1]) = (address(order.coin), address(order.money));
        uint256 least = amount * price * UP * (WHOLE - order.tolerance) / DOWN;
        uint256[] memory amounts =
            order.router.swapExactTokensForTokens(amount, least, path, OWNER, block.timestamp);
        emit Sold(amount, price, amounts[1]);
    }

    /// @notice Gives the owner the coin, if it was not sold, and what is left of the rows' deposits.
    function withdraw() external {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        _cancelRows();
        uint256 amount = order.coin.balanceOf(address(this));
        emit Withdrawn(amount);
        if (amount > 0) order.coin.safeTransfer(OWNER, amount);
        uint256 rest = address(this).balance;
        if (rest > 0) {
            (bool success,) = OWNER.call{value: rest}("");
            if (!success) revert RestNotTaken(OWNER);
        }
    }
}
