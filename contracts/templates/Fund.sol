// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {CallerPaysDeposits} from "../src/CallerPaysDeposits.sol";
import {FusionAssets} from "../src/FusionAssets.sol";
import {FOREVER} from "../interfaces/IUsufruct.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {Scheduled} from "./Scheduled.sol";

/// @title A fund that works with the use of coins, and never has their title
/// @notice Investors give the fund the *use* of coins of several kinds until its end. The fund lets others use them
/// for a price by the second, paid in one money. Every period, and at the end, rows of the calling list share out
/// what came in: a fee to the manager, the rest to the investors by their shares. At the end the use of everything
/// is the investors' again, without anybody doing anything.
///
/// ```text
///   open            closing                                             end
///     | investors join | the use is let, at least at the agreed rates   |
///     |                |        fee, dividends   fee, dividends   ...   | the last ones; all coins are back
/// ```
///
/// @dev Whitepaper, "use multiple triggers realize complex financial functions". The manager can raise the rates,
/// lower them again, and nothing else: no function moves an investor's coins but {rent}, at a rate that was agreed.
/// A share is an amount times the weight of its coin, which is fixed, as it is meant to be worth of money.
///
/// Uses end at the fund's end, or at one of {MAX_ENDS} times before ({endAfter}): each such time is a boundary in the
/// fund's own list of slices, whose length is limited, and nobody shall fill it for others. FSN for deposits of lists is
/// paid by whoever joins or rents ({CallerPaysDeposits}).
///
/// Whoever cannot be paid (for instance as the money refuses the account) does not keep others from it: what it has
/// earned stays here for {claim}.
contract Fund is Scheduled, CallerPaysDeposits {
    using FusionAssets for IERC20;

    /// @notice The terms make no sense.
    error BadTerms(string what);
    /// @notice The fund is in `state`.
    error WrongState(State state);
    /// @notice It is too late, or too early: that goes from `from` until `until`.
    error WrongTime(uint64 from, uint64 until);
    /// @notice There is no coin of that number.
    error NoSuchCoin(uint256 number);
    /// @notice There are {MAX_INVESTORS} already.
    error Full();
    /// @notice Nothing is given or asked for.
    error Nothing();
    /// @notice It costs `price`, which is more than the caller would pay.
    error TooDear(uint256 price);
    /// @notice The first share of an investor is at least `least`.
    error TooFewShares(uint256 least);
    /// @notice Uses end every `step` seconds from the closing on, or at the end.
    error BadEnd(uint64 step);
    /// @notice The rate cannot be below `least`.
    error RateTooLow(uint256 least);
    /// @notice Only `allowed` may.
    error NotAllowed(address allowed);
    /// @notice A contract that this one calls has called back.
    error Reentered();
    /// @notice FSN could not be sent to `to`.
    error SendFailed(address to);

    /// @notice A kind of coin that the fund takes.
    struct Coin {
        /// Its ERC-20, or zero for FSN.
        address token;
        /// Shares for its smallest unit.
        uint256 weight;
        /// What it costs at least to use 10^18 of its smallest units for a second, in the smallest unit of money.
        uint256 leastRate;
    }

    /// @notice What investors agree to by joining.
    struct Terms {
        /// Who gets the fee, and sets rates.
        address manager;
        /// What users pay, and investors get.
        IERC20 money;
        /// The fee, in hundredths of a percent of what comes in.
        uint256 fee;
        /// Until when investors can join. From then on coins can be used.
        uint64 closing;
        /// Seconds between dividends.
        uint64 period;
        /// When everything is given back.
        uint64 end;
        /// The least shares of an investor: there is room for {MAX_INVESTORS}, which nobody shall fill with dust.
        uint256 leastShares;
    }

    /// @notice Where the fund stands.
    enum State {
        /// Nobody has paid for its rows.
        Made,
        /// It is open for investors, and then works.
        Open,
        /// It is over.
        Ended
    }

    /// @notice The fund is open: its rows are registered.
    event Opened(uint64 dividends, uint64 ending);
    /// @notice `investor` gave the use of coins.
    event Joined(address indexed investor, uint256 indexed coin, uint256 amount, uint256 shares);
    /// @notice `user` paid for the use of coins until `until`.
    event Rented(address indexed user, uint256 indexed coin, uint256 amount, uint64 until, uint256 price);
    /// @notice What it costs to use a coin has changed.
    event RateSet(uint256 indexed coin, uint256 rate);
    /// @notice `income` was shared out.
    event SharedOut(uint256 income, uint256 fee, uint256 dividends);
    /// @notice `to` was paid.
    event Paid(address indexed to, uint256 amount);
    /// @notice `to` could not be paid, and can {claim}.
    event Unpaid(address indexed to, uint256 amount);
    /// @notice The fund is over.
    event Ended();

    /// @notice Most investors: each is paid in every run.
    uint256 public constant MAX_INVESTORS = 32;
    /// @notice Most kinds of coins.
    uint256 public constant MAX_COINS = 16;
    /// @notice Most times before the end at which uses can end.
    uint64 public constant MAX_ENDS = 35;
    uint256 private constant WHOLE = 10_000;
    uint256 private constant UNIT = 1e18;
    /// @dev Most dividends: what the rows may cost is known before.
    uint64 private constant MAX_DIVIDENDS = 1_000;

    Terms private _agreement;
    Running private _running;
    Coin[] private _coins;
    address[] private _investors;
    bool private _entered;

    /// @notice Where it stands.
    State public state;
    /// @notice What it costs to use a coin; see {Coin-leastRate}.
    mapping(uint256 => uint256) public rate;
    /// @notice Shares of an investor.
    mapping(address => uint256) public sharesOf;
    /// @notice All shares.
    uint256 public totalShares;
    /// @notice What somebody has earned and could not be paid.
    mapping(address => uint256) public unpaid;
    /// @notice All of that.
    uint256 public totalUnpaid;
    /// @notice The rows.
    uint64 public dividendRow;
    uint64 public endRow;

    modifier guarded() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    constructor(Terms memory terms_, Coin[] memory coins_, Running memory running_) {
        if (terms_.fee > WHOLE) revert BadTerms("the fee is more than everything");
        if (terms_.closing <= block.timestamp) revert BadTerms("it closes in the past");
        if (terms_.end <= terms_.closing) revert BadTerms("it ends before it closes");
        if (terms_.end >= FOREVER) revert BadTerms("it has no end");
        if (terms_.period == 0) revert BadTerms("there is no period");
        if ((terms_.end - terms_.closing) / terms_.period > MAX_DIVIDENDS) revert BadTerms("the period is too short");
        if (coins_.length == 0 || coins_.length > MAX_COINS) revert BadTerms("no coins, or too many");
        _agreement = terms_;
        _running = running_;
        for (uint256 number = 0; number < coins_.length; number++) {
            if (coins_[number].weight == 0) revert BadTerms("a coin has no weight");
            _coins.push(coins_[number]);
            rate[number] = coins_[number].leastRate;
        }
    }

    /// @notice For the rows. What is left goes to the manager.
    receive() external payable {}

    /// @notice What investors agree to.
    function terms() external view returns (Terms memory) {
        return _agreement;
    }

    /// @notice The kinds of coins, by their numbers from 0 on.
    function coins() external view returns (Coin[] memory) {
        return _coins;
    }

    /// @notice Who has joined.
    function investors() external view returns (address[] memory) {
        return _investors;
    }

    /// @notice How many dividends there are before the end.
    function dividends() public view returns (uint32) {
        // At most `MAX_DIVIDENDS`.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32((_agreement.end - _agreement.closing - 1) / _agreement.period);
    }

    /// @notice What the rows take of the FSN that has to be here for {open}, at the present gas price.
    function rowsCost() external view returns (uint256) {
        (, uint256 whole) = _costOfRow(_running, dividends(), 4);
        (, uint256 ending) = _costOfRow(_running, 1, 4);
        return whole + ending;
    }

    /// @notice How much of a coin can be used from now until `until`.
    function available(uint256 number, uint64 until) external view returns (uint256) {
        return FusionUsufruct.lendable(_coin(number).token, address(this), until);
    }

    /// @notice Seconds between the times at which uses can end.
    function step() public view returns (uint64) {
        return (_agreement.end - _agreement.closing + MAX_ENDS - 1) / MAX_ENDS;
    }

    /// @notice The first time at which a use can end that is not before `time`. From the end on, the end.
    function endAfter(uint64 time) external view returns (uint64) {
        (uint64 closing, uint64 end, uint64 each) = (_agreement.closing, _agreement.end, step());
        if (time >= end) return end;
        uint64 steps = time <= closing ? 1 : (time - closing + each - 1) / each;
        return closing + steps * each < end ? closing + steps * each : end;
    }

    /// @notice What it costs now to use so much of a coin until `until`.
    function priceOf(uint256 number, uint256 amount, uint64 until) public view returns (uint256) {
        _coin(number);
        uint256 duration = until > block.timestamp ? until - block.timestamp : 0;
        // In favour of the investors.
        return (amount * rate[number] * duration + UNIT - 1) / UNIT;
    }

    /// @notice Opens the fund, once FSN for the rows is here. Anybody may.
    function open() external payable guarded {
        if (state != State.Made) revert WrongState(state);
        Terms memory agreed = _agreement;
        if (block.timestamp >= agreed.closing) revert WrongTime(0, agreed.closing);
        state = State.Open;
        uint32 runs = dividends();
        if (runs > 0) {
            dividendRow =
                _every(this.shareOut.selector, agreed.closing + agreed.period, agreed.period, runs, _running);
        }
        endRow = _once(this.finish.selector, agreed.end, _running);
        emit Opened(dividendRow, endRow);
    }

    /// @notice Gives the fund the use of the caller's coins until the end. The caller has them in slices, has approved
    /// it ({IUsufruct-approve}), and sends FSN along for the deposits of lists.
    function join(uint256 number, uint256 amount) external payable guarded callerPaysDeposits {
        if (state != State.Open) revert WrongState(state);
        if (block.timestamp >= _agreement.closing) revert WrongTime(0, _agreement.closing);
        if (amount == 0) revert Nothing();
        Coin memory coin = _coin(number);
        if (sharesOf[msg.sender] == 0) {
            if (_investors.length == MAX_INVESTORS) revert Full();
            _investors.push(msg.sender);
        }
        uint256 shares = amount * coin.weight;
        if (sharesOf[msg.sender] + shares < _agreement.leastShares) revert TooFewShares(_agreement.leastShares);
        sharesOf[msg.sender] += shares;
        totalShares += shares;
        FusionUsufruct.takeUse(coin.token, msg.sender, amount, _agreement.end);
        emit Joined(msg.sender, number, amount, shares);
    }

    /// @notice Pays for the use of coins until `until`, and gets it. The caller has allowed the fund to take the
    /// money, `most` of it at most, and sends FSN along for the deposit of its list.
    /// @param until The end, or one of the times before ({endAfter}).
    function rent(uint256 number, uint256 amount, uint64 until, uint256 most)
        external
        payable
        guarded
        callerPaysDeposits
        returns (uint256 price)
    {
        if (state != State.Open) revert WrongState(state);
        Terms memory agreed = _agreement;
        if (block.timestamp < agreed.closing || until <= block.timestamp || until > agreed.end) {
            revert WrongTime(agreed.closing, agreed.end);
        }
        uint64 each = step();
        if (until != agreed.end && (until - agreed.closing) % each != 0) revert BadEnd(each);
        if (amount == 0) revert Nothing();
        price = priceOf(number, amount, until);
        if (price > most) revert TooDear(price);
        agreed.money.safeTransferFrom(msg.sender, address(this), price);
        FusionUsufruct.lendSlice(_coin(number).token, msg.sender, amount, until);
        emit Rented(msg.sender, number, amount, until, price);
    }

    /// @notice Sets what it costs to use a coin from now on.
    function setRate(uint256 number, uint256 value) external {
        if (msg.sender != _agreement.manager) revert NotAllowed(_agreement.manager);
        Coin memory coin = _coin(number);
        if (value < coin.leastRate) revert RateTooLow(coin.leastRate);
        rate[number] = value;
        emit RateSet(number, value);
    }

    /// @notice What a row runs every period: shares out what came in.
    function shareOut() external onlyTriggered guarded {
        if (state != State.Open) revert WrongState(state);
        _shareOut();
    }

    /// @notice What a row runs at the end: shares out what came in since the last time. The coins are back already.
    /// @dev Anybody may from then on, should the row not have run: nothing depends on who it is.
    function finish() external guarded {
        if (state != State.Open) revert WrongState(state);
        if (block.timestamp < _agreement.end) revert WrongTime(_agreement.end, FOREVER);
        state = State.Ended;
        _shareOut();
        emit Ended();
    }

    /// @notice Pays what somebody has earned and could not be paid. Anybody may.
    function claim(address to) external guarded {
        uint256 amount = unpaid[to];
        if (amount == 0) revert Nothing();
        unpaid[to] = 0;
        totalUnpaid -= amount;
        _agreement.money.safeTransfer(to, amount);
        emit Paid(to, amount);
    }

    /// @notice Gives what is left of the FSN to the manager, once the fund is over.
    function sweep() external guarded {
        if (state != State.Ended) revert WrongState(state);
        address manager = _agreement.manager;
        if (msg.sender != manager) revert NotAllowed(manager);
        if (dividendRow != 0) _cancel(dividendRow);
        _cancel(endRow);
        (bool sent,) = manager.call{value: address(this).balance}("");
        if (!sent) revert SendFailed(manager);
    }

    /// @notice For this contract alone: a payment whose failure it can see.
    function pay(address to, uint256 amount) external {
        if (msg.sender != address(this)) revert NotAllowed(address(this));
        _agreement.money.safeTransfer(to, amount);
    }

    function _shareOut() private {
        Terms memory agreed = _agreement;
        uint256 income = agreed.money.balanceOf(address(this)) - totalUnpaid;
        // With nobody to pay it to it waits.
        if (income == 0 || totalShares == 0) return;
        uint256 fee = income * agreed.fee / WHOLE;
        uint256 whole = income - fee;
        _payOut(agreed.manager, fee);
        uint256 shared = 0;
        for (uint256 index = 0; index < _investors.length; index++) {
            address investor = _investors[index];
            // What is lost by rounding is part of the next income.
            uint256 part = whole * sharesOf[investor] / totalShares;
            shared += part;
            _payOut(investor, part);
        }
        emit SharedOut(income, fee, shared);
    }

    function _payOut(address to, uint256 amount) private {
        if (amount == 0) return;
        try this.pay(to, amount) {
            emit Paid(to, amount);
        } catch {
            unpaid[to] += amount;
            totalUnpaid += amount;
            emit Unpaid(to, amount);
        }
    }

    function _coin(uint256 number) private view returns (Coin memory) {
        if (number >= _coins.length) revert NoSuchCoin(number);
        return _coins[number];
    }
}
