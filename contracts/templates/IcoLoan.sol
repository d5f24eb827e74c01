// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {FusionAssets} from "../src/FusionAssets.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {ICoinSale} from "./ICoinSale.sol";
import {Scheduled} from "./Scheduled.sol";

/// @title A loan to take part in the sale of a new coin
/// @notice The lender pays the sale, the borrower gets the new coins and returns them with interest when the loan is
/// due. As security the borrower pledges the *use* of a mapped coin, and keeps its title: the lender has the use
/// until the loan is due, and if it is not paid then, for one period after the other until it is, at most until
/// the pledge ends. After {start}, everything is done by a row of the calling list.
///
/// ```text
///   start            due          due + period                     pledge ends
///     |  lender has    |  paid? the rest of the use is the borrower's  |
///     |  the use       |  not?  the lender has it for another period   |  everything is the borrower's again
/// ```
///
/// @dev Whitepaper, "use multiple triggers realize complex financial functions". One contract a loan; its terms never
/// change. To agree, the lender allows this contract to take the money ({IERC20-approve}), and the borrower to move
/// slices of the pledged coin ({IUsufruct-approve}). The borrower leaves an allowance of the new coin here, and has
/// enough of it when the loan is due. A contract that takes a fee on transfers is no coin for this.
///
/// What a run of the row must not do is fail because a party wants it to. So wherever a party's list of slices or
/// a party's coins are in the way, that is left out, and logged, and {deliver} and {repay} do it later.
contract IcoLoan is Scheduled {
    using FusionAssets for IERC20;

    /// @notice The terms make no sense.
    error BadTerms(string what);
    /// @notice The loan is in `state`.
    error WrongState(State state);
    /// @notice {start} has to come by `deadline`.
    error TooLate(uint64 deadline);
    /// @notice Nothing is to be collected before `time`.
    error TooEarly(uint64 time);
    /// @notice The sale gave no coins.
    error NothingBought();
    /// @notice Only `allowed` may.
    error NotAllowed(address allowed);
    /// @notice A contract that this one calls has called back.
    error Reentered();
    /// @notice FSN could not be sent to `to`.
    error SendFailed(address to);
    /// @notice The payment has to be tried with `least` gas: call again with more.
    error TooLittleGas(uint256 least);

    /// @notice What the parties agree on.
    struct Terms {
        /// Who pays the sale.
        address lender;
        /// Who gets the new coins, and pledges.
        address borrower;
        /// The ERC-20 that the sale takes.
        IERC20 money;
        /// How much of it the lender pays.
        uint256 payment;
        /// The sale.
        ICoinSale sale;
        /// The new coin.
        IERC20 coin;
        /// The coin whose use is pledged: its ERC-20, or zero for FSN.
        address pledged;
        /// How much of it.
        uint256 pledge;
        /// What is returned beyond what was bought, in hundredths of a percent of it.
        uint256 interest;
        /// What is owed more for each period for which the lender keeps the use after the loan was due, likewise.
        uint256 lateInterest;
        /// By when it has to be started.
        uint64 deadline;
        /// When it is due.
        uint64 due;
        /// For how many seconds the lender keeps the use each time.
        uint64 period;
        /// When the pledge ends, whatever was paid.
        uint64 pledgeEnd;
    }

    /// @notice Where the loan stands.
    enum State {
        /// It has not been started.
        Offered,
        /// The coins are with the borrower.
        Running,
        /// It was not paid when it was due, and the lender keeps the use.
        Defaulted,
        /// It is paid.
        Paid,
        /// It was not paid as long as there was a pledge. It can still be paid.
        Lapsed
    }

    /// @notice The lender has paid, the borrower has `bought` new coins, and the use is pledged.
    event Started(uint256 bought, uint64 row);
    /// @notice The loan was paid by `payer`.
    event Paid(address indexed payer, uint256 amount);
    /// @notice It was not paid, and the lender keeps the use until `end`.
    event Defaulted(uint256 owed, uint64 end);
    /// @notice It was not paid, and the pledge has ended.
    event Lapsed(uint256 owed);
    /// @notice A slice could not be given to `to`; {deliver} gives it when it can be.
    event NotDelivered(address indexed to, uint64 end);

    uint256 private constant WHOLE = 10_000;
    /// @dev Gas that must be left when the payment is tried. A failed call gives back what it has not used, so whoever
    /// calls could choose gas with which the transfer fails and all that follows does not.
    uint256 private constant PAYMENT_GAS = 300_000;
    /// @dev Most runs of the row: what it may cost is known before.
    uint64 private constant MAX_RUNS = 1_000;

    Terms private _agreement;
    Running private _running;

    /// @notice Where it stands.
    State public state;
    /// @notice How many coins were bought.
    uint256 public bought;
    /// @notice The row that collects.
    uint64 public row;
    /// @notice Until when the lender has been given the use.
    uint64 public lentUntil;
    /// @notice For how many periods the lender has kept the use after the loan was due.
    uint64 public periods;

    bool private _entered;

    modifier guarded() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    constructor(Terms memory terms_, Running memory running_) {
        if (terms_.lender == terms_.borrower) revert BadTerms("lender and borrower are one");
        if (terms_.payment == 0 || terms_.pledge == 0) revert BadTerms("nothing is paid or pledged");
        if (terms_.deadline < block.timestamp) revert BadTerms("the deadline is over");
        if (terms_.due <= terms_.deadline) revert BadTerms("it is due before it has to be started");
        if (terms_.pledgeEnd <= terms_.due || terms_.period == 0) revert BadTerms("there is no time to collect in");
        if ((terms_.pledgeEnd - terms_.due) / terms_.period > MAX_RUNS - 2) revert BadTerms("the period is too short");
        if (address(terms_.coin) == terms_.pledged) revert BadTerms("the new coin is pledged");
        if (address(terms_.coin) == address(terms_.money)) revert BadTerms("the new coin is the money");
        _agreement = terms_;
        _running = running_;
    }

    /// @notice For the row, and for deposits of lists of slices. What is left goes to the borrower.
    receive() external payable {}

    /// @notice What the parties have agreed on.
    function terms() external view returns (Terms memory) {
        return _agreement;
    }

    /// @notice Most runs of the row: one when the loan is due, one for each period while there is a pledge, one when
    /// the pledge has ended, and one to spare, which finds that nothing is left to do.
    function runs() public view returns (uint32) {
        // At most `MAX_RUNS`.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32((_agreement.pledgeEnd - _agreement.due) / _agreement.period + 3);
    }

    /// @notice What the row takes of the FSN that has to be here for {start}, at the present gas price. Some more is
    /// needed for deposits of lists of slices.
    function rowCost() external view returns (uint256 whole) {
        (, whole) = _costOfRow(_running, runs(), 4);
    }

    /// @notice How many new coins are owed now.
    function owed() public view returns (uint256) {
        return bought * (WHOLE + _agreement.interest + periods * _agreement.lateInterest) / WHOLE;
    }

    /// @notice Starts the loan, once both have agreed and FSN for the row is here. Anybody may.
    function start() external payable guarded {
        if (state != State.Offered) revert WrongState(state);
        Terms memory agreed = _agreement;
        if (block.timestamp > agreed.deadline) revert TooLate(agreed.deadline);
        state = State.Running;
        lentUntil = agreed.due;

        FusionUsufruct.takeUse(agreed.pledged, agreed.borrower, agreed.pledge, agreed.pledgeEnd);
        FusionUsufruct.lendSlice(agreed.pledged, agreed.lender, agreed.pledge, agreed.due);

        agreed.money.safeTransferFrom(agreed.lender, address(this), agreed.payment);
        agreed.money.safeApprove(address(agreed.sale), agreed.payment);
        uint256 before = agreed.coin.balanceOf(address(this));
        agreed.sale.buy(agreed.payment);
        uint256 coins = agreed.coin.balanceOf(address(this)) - before;
        if (coins == 0) revert NothingBought();
        // What the sale did not take.
        uint256 change = agreed.money.balanceOf(address(this));
        if (change > 0) {
            agreed.money.safeApprove(address(agreed.sale), 0);
            agreed.money.safeTransfer(agreed.lender, change);
        }
        bought = coins;
        agreed.coin.safeTransfer(agreed.borrower, coins);

        row = _every(this.collect.selector, agreed.due, agreed.period, runs(), _running);
        emit Started(coins, row);
    }

    /// @notice What the row runs: takes what is owed from the borrower, or leaves the use with the lender.
    /// @dev Reverts when nothing is left to do, by which the row is removed and its deposit comes back.
    function collect() external onlyTriggered guarded {
        _collect();
    }

    /// @notice The same for anybody, should the row not have run: from the time on at which it should have.
    function demand() external guarded {
        if (block.timestamp < lentUntil) revert TooEarly(lentUntil);
        _collect();
    }

    /// @notice Pays what is owed, at any time from the start on. The use that the lender has been given already ends
    /// when it was to end.
    function repay() external guarded {
        if (state == State.Offered || state == State.Paid) revert WrongState(state);
        Terms memory agreed = _agreement;
        uint256 amount = owed();
        agreed.coin.safeTransferFrom(msg.sender, agreed.lender, amount);
        _close(agreed, msg.sender, amount);
        _cancel(row);
    }

    /// @notice Gives slices that could not be delivered to whom they belong, when they can be. Anybody may.
    function deliver() external guarded {
        if (state == State.Offered) revert WrongState(state);
        Terms memory agreed = _agreement;
        (uint64 from, uint256 amount) = (0, 0);
        if (lentUntil > block.timestamp) {
            amount = _here(agreed, 0, lentUntil);
            if (amount > 0) _move(agreed, agreed.lender, amount, 0, lentUntil);
        }
        if (state == State.Paid) {
            (from, amount) = _rest(agreed);
            if (amount > 0) _move(agreed, agreed.borrower, amount, from, agreed.pledgeEnd);
        }
    }

    /// @notice Gives what is left of the FSN to the borrower, once the loan is over.
    function sweep() external guarded {
        if (state != State.Paid && state != State.Lapsed) revert WrongState(state);
        address borrower = _agreement.borrower;
        if (msg.sender != borrower) revert NotAllowed(borrower);
        _cancel(row);
        (bool sent,) = borrower.call{value: address(this).balance}("");
        if (!sent) revert SendFailed(borrower);
    }

    /// @notice For this contract alone: a transfer whose failure it can see.
    function take(address payer, uint256 amount) external {
        if (msg.sender != address(this)) revert NotAllowed(address(this));
        _agreement.coin.safeTransferFrom(payer, _agreement.lender, amount);
    }

    function _collect() private {
        if (state != State.Running && state != State.Defaulted) revert WrongState(state);
        Terms memory agreed = _agreement;
        // Whoever calls must not make the payment fail by leaving it too little gas.
        if (gasleft() < PAYMENT_GAS) revert TooLittleGas(PAYMENT_GAS);
        if (_pay(agreed, agreed.borrower, owed())) return;
        if (block.timestamp >= agreed.pledgeEnd) {
            state = State.Lapsed;
            emit Lapsed(owed());
        } else if (block.timestamp >= lentUntil) {
            state = State.Defaulted;
            _prolong(agreed);
        }
    }

    /// @dev Takes what is owed, if the payer has it and allows it.
    function _pay(Terms memory agreed, address payer, uint256 amount) private returns (bool) {
        try this.take(payer, amount) {
            _close(agreed, payer, amount);
            return true;
        } catch {
            return false;
        }
    }

    function _close(Terms memory agreed, address payer, uint256 amount) private {
        state = State.Paid;
        emit Paid(payer, amount);
        (uint64 from, uint256 rest) = _rest(agreed);
        if (rest > 0) _tryMove(agreed, agreed.borrower, rest, from, agreed.pledgeEnd);
    }

    /// @dev The lender keeps the use for another period, as far as it is pledged. If the run came late, periods that
    /// are over count, though nobody had the use of them but this contract.
    function _prolong(Terms memory agreed) private {
        uint64 more = (uint64(block.timestamp) - lentUntil) / agreed.period + 1;
        uint64 end = lentUntil + more * agreed.period;
        if (end > agreed.pledgeEnd) end = agreed.pledgeEnd;
        periods += more;
        lentUntil = end;
        emit Defaulted(owed(), end);
        uint256 amount = _here(agreed, 0, end);
        if (amount > 0) _tryMove(agreed, agreed.lender, amount, 0, end);
    }

    /// @dev What is here over an interval, of what was pledged.
    function _here(Terms memory agreed, uint64 from, uint64 end) private view returns (uint256 amount) {
        amount = FusionUsufruct.USUFRUCT.timeBalanceOf(agreed.pledged, address(this), from, end);
        if (amount > agreed.pledge) amount = agreed.pledge;
    }

    /// @dev What is here of the use behind the lender's part, and since when.
    function _rest(Terms memory agreed) private view returns (uint64 from, uint256 amount) {
        if (agreed.pledgeEnd <= block.timestamp || lentUntil >= agreed.pledgeEnd) return (0, 0);
        from = lentUntil > block.timestamp ? lentUntil : 0;
        amount = _here(agreed, from, agreed.pledgeEnd);
    }

    function _move(Terms memory agreed, address to, uint256 amount, uint64 from, uint64 end) private {
        FusionUsufruct.USUFRUCT.timeSliceTransfer(agreed.pledged, to, amount, from, end);
    }

    /// @dev Gives a slice, if the receiver's list takes it and there is FSN for the deposits.
    function _tryMove(Terms memory agreed, address to, uint256 amount, uint64 from, uint64 end) private {
        try FusionUsufruct.USUFRUCT.timeSliceTransfer(agreed.pledged, to, amount, from, end) returns (bool) {}
        catch {
            emit NotDelivered(to, end);
        }
    }
}
