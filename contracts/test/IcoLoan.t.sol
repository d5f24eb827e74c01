// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";
import {IUsufruct} from "../interfaces/IUsufruct.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {Triggered} from "../src/Triggered.sol";
import {ICoinSale} from "../templates/ICoinSale.sol";
import {IcoLoan} from "../templates/IcoLoan.sol";
import {Scheduled} from "../templates/Scheduled.sol";
import {MockCallingList} from "./utils/MockCallingList.sol";
import {MockUsufruct} from "./utils/MockUsufruct.sol";
import {MockToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

/// @dev Gives three coins for one unit of money, as long as there are some.
contract MockSale is ICoinSale {
    MockToken private immutable MONEY;
    MockToken private immutable COIN;
    uint256 private left;

    constructor(MockToken money, MockToken coin, uint256 most) {
        (MONEY, COIN, left) = (money, coin, most);
    }

    function buy(uint256 payment) external {
        if (payment > left) payment = left;
        left -= payment;
        if (payment == 0) return;
        MONEY.transferFrom(msg.sender, address(this), payment);
        COIN.mint(msg.sender, 3 * payment);
    }
}

/// @dev Calls back while it sells.
contract ReenteringSale is ICoinSale {
    function buy(uint256) external {
        IcoLoan(payable(msg.sender)).repay();
    }
}

/// @dev Registers a row of its own that calls somebody else.
contract Meddler {
    function register(address target, bytes4 function_, uint64 time, ICallingList.Terms calldata terms)
        external
        returns (uint64)
    {
        return ICallingList(CALLING_LIST_ADDRESS).atTime(target, abi.encodePacked(function_), time, 1e15, terms);
    }
}

contract IcoLoanTest is Test {
    uint64 private constant START = 1_700_000_000;
    uint64 private constant DUE = START + 1_000;
    uint64 private constant PERIOD = 100;
    uint64 private constant PLEDGE_END = DUE + 450;
    uint256 private constant PAYMENT = 1_000;
    uint256 private constant PLEDGE = 500;
    address private constant LENDER = address(0xA);
    address private constant BORROWER = address(0xB);

    MockToken private btc;
    MockToken private money;
    MockToken private coin;
    MockSale private sale;
    MockUsufruct private usufruct;
    MockCallingList private list;
    IcoLoan private loan;

    function setUp() public {
        vm.warp(START);
        (btc, money, coin) = (new MockToken(), new MockToken(), new MockToken());
        sale = new MockSale(money, coin, type(uint128).max);
        vm.etch(address(FusionUsufruct.USUFRUCT), address(new MockUsufruct()).code);
        usufruct = MockUsufruct(address(FusionUsufruct.USUFRUCT));
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        loan = new IcoLoan(_terms(), _running());
        vm.deal(address(loan), 1e18);
        btc.mint(BORROWER, PLEDGE);
        money.mint(LENDER, PAYMENT);
        vm.prank(BORROWER);
        usufruct.deposit(address(btc), PLEDGE);
    }

    function _terms() private view returns (IcoLoan.Terms memory) {
        return IcoLoan.Terms({
            lender: LENDER,
            borrower: BORROWER,
            money: money,
            payment: PAYMENT,
            sale: sale,
            coin: coin,
            pledged: address(btc),
            pledge: PLEDGE,
            interest: 1_000,
            lateInterest: 50,
            deadline: START + 50,
            due: DUE,
            period: PERIOD,
            pledgeEnd: PLEDGE_END
        });
    }

    function _running() private pure returns (Scheduled.Running memory) {
        return Scheduled.Running({
            gasLimit: 3_000_000, storageLimit: 1e18, maxGasPrice: 1e12, tier: ICallingList.Tier.Guaranteed
        });
    }

    function _agree(IcoLoan with) private {
        vm.prank(BORROWER);
        usufruct.approve(address(btc), address(with), PLEDGE);
        vm.prank(LENDER);
        money.approve(address(with), PAYMENT);
    }

    function _start() private {
        _agree(loan);
        loan.start();
    }

    /// @dev The borrower has so many of the new coins, and lets the loan take them.
    function _saved(uint256 amount) private {
        uint256 has = coin.balanceOf(BORROWER);
        if (has > amount) coin.burn(BORROWER, has - amount);
        else coin.mint(BORROWER, amount - has);
        vm.prank(BORROWER);
        coin.approve(address(loan), type(uint256).max);
    }

    /// @dev A bookkeeping node runs the row, if it is due.
    function _trigger(uint64 time) private returns (ICallingList.Reason) {
        vm.warp(time);
        uint64[] memory ids = new uint64[](1);
        ids[0] = loan.row();
        return list.execute(ids)[0];
    }

    function _use(address who) private view returns (uint256) {
        return usufruct.useOf(address(btc), who);
    }

    function _is(IcoLoan.State state) private view {
        assertEq(uint256(loan.state()), uint256(state), "state");
    }

    function _ran(ICallingList.Reason reason) private pure {
        assertEq(uint256(reason), uint256(ICallingList.Reason.Ran), "the row ran");
    }

    function test_start_should_give_each_what_was_agreed() public {
        uint256 cost = loan.rowCost();
        _start();
        _is(IcoLoan.State.Running);
        assertEq(money.balanceOf(LENDER), 0, "money of the lender");
        assertEq(money.balanceOf(address(sale)), PAYMENT, "money of the sale");
        assertEq(coin.balanceOf(BORROWER), 3 * PAYMENT, "coins of the borrower");
        assertEq(loan.bought(), 3 * PAYMENT, "bought");
        assertEq(loan.owed(), 3_300, "owed");
        assertEq(_use(LENDER), PLEDGE, "use of the lender");
        assertEq(_use(BORROWER), 0, "use of the borrower");
        assertEq(usufruct.titleOf(address(btc), BORROWER), PLEDGE, "title of the borrower");
        assertEq(usufruct.valueAt(address(btc), address(loan), DUE), PLEDGE, "kept here behind the term");
        assertEq(usufruct.valueAt(address(btc), address(loan), PLEDGE_END), 0, "and no longer");
        assertEq(address(loan).balance, 1e18 - cost, "for the row");
    }

    function test_loan_should_be_paid_by_its_row_when_the_coins_are_there() public {
        _start();
        _saved(4_000);
        assertEq(uint256(_trigger(DUE - 1)), uint256(ICallingList.Reason.NotDue), "too early");
        _ran(_trigger(DUE + 6));
        _is(IcoLoan.State.Paid);
        assertEq(coin.balanceOf(LENDER), 3_300, "principal and interest");
        assertEq(coin.balanceOf(BORROWER), 700, "the rest");
        assertEq(_use(LENDER), 0, "use of the lender");
        assertEq(usufruct.wholeOf(address(btc), BORROWER), PLEDGE, "use and title meet");
        assertEq(_use(address(loan)), 0, "nothing stays here");

        // The next run finds nothing to do, and is tried once more: the row is gone, and its deposit back.
        assertEq(uint256(_trigger(DUE + PERIOD)), uint256(ICallingList.Reason.Reverted), "nothing to do");
        _trigger(DUE + PERIOD);
        assertEq(uint256(list.row(loan.row()).state), uint256(ICallingList.State.None), "row");
        vm.prank(BORROWER);
        loan.sweep();
        assertEq(BORROWER.balance, 1e18 - 3e15, "FSN, but for three runs");
        assertEq(address(list).balance + list.paid(), 3e15, "which were paid for");
    }

    function test_lender_should_keep_the_use_until_it_is_paid() public {
        _start();
        _saved(3_299);
        for (uint64 number = 0; number < 3; number++) {
            uint64 time = DUE + number * PERIOD;
            _ran(_trigger(time));
            _is(IcoLoan.State.Defaulted);
            assertEq(_use(LENDER), PLEDGE, "the lender keeps the use");
            assertEq(usufruct.valueAt(address(btc), LENDER, time + PERIOD - 1), PLEDGE, "for a period");
            assertEq(usufruct.valueAt(address(btc), LENDER, time + PERIOD), 0, "and no longer");
            assertEq(usufruct.titleOf(address(btc), BORROWER), PLEDGE, "the title stays where it is");
            assertEq(loan.owed(), 3_300 + 15 * (number + 1), "late interest");
        }
        _saved(3_345);
        _ran(_trigger(DUE + 3 * PERIOD));
        _is(IcoLoan.State.Paid);
        assertEq(coin.balanceOf(LENDER), 3_345, "principal, interest, and that for three periods");
        assertEq(usufruct.wholeOf(address(btc), BORROWER), PLEDGE, "back");
    }

    function test_everything_should_be_back_when_the_pledge_ends_unpaid() public {
        _start();
        _saved(0);
        for (uint64 time = DUE; time < PLEDGE_END; time += PERIOD) {
            _ran(_trigger(time));
        }
        // Not a whole period any more.
        assertEq(loan.lentUntil(), PLEDGE_END, "to the end of the pledge");
        vm.warp(PLEDGE_END);
        assertEq(usufruct.wholeOf(address(btc), BORROWER), PLEDGE, "back, and nobody has done anything");
        assertEq(_use(LENDER), 0, "use of the lender");
        _ran(_trigger(DUE + 5 * PERIOD));
        _is(IcoLoan.State.Lapsed);
        assertEq(uint256(_trigger(DUE + 6 * PERIOD)), uint256(ICallingList.Reason.Reverted), "nothing to do");
        // The debt is still there.
        uint256 owed = loan.owed();
        assertEq(owed, 3_300 + 5 * 15, "owed");
        _saved(owed);
        vm.prank(BORROWER);
        loan.repay();
        _is(IcoLoan.State.Paid);
        assertEq(coin.balanceOf(LENDER), owed, "paid after all");
    }

    function testFuzz_late_runs_should_neither_lose_nor_lend_twice(uint16 late) public {
        _start();
        _saved(0);
        uint64 time = DUE + late % (PLEDGE_END - DUE);
        _ran(_trigger(time));
        uint64 end = loan.lentUntil();
        assertTrue(end > time && end <= PLEDGE_END, "the lender is given a time to come");
        assertEq(loan.periods(), (time - DUE) / PERIOD + 1, "periods since it was due");
        for (uint64 second = time; second < PLEDGE_END + 10; second += 5) {
            uint256 sum = usufruct.valueAt(address(btc), LENDER, second)
                + usufruct.valueAt(address(btc), BORROWER, second)
                + usufruct.valueAt(address(btc), address(loan), second);
            assertEq(sum, PLEDGE, "somebody has it");
            assertEq(usufruct.valueAt(address(btc), LENDER, second), second < end ? PLEDGE : 0, "the lender");
        }
    }

    function test_repay_should_end_the_loan_early() public {
        _start();
        _saved(3_300);
        vm.warp(DUE - 100);
        vm.prank(BORROWER);
        loan.repay();
        _is(IcoLoan.State.Paid);
        assertEq(_use(LENDER), PLEDGE, "the lender has it for the term");
        assertEq(usufruct.timeBalanceOf(address(btc), BORROWER, DUE, type(uint64).max), PLEDGE, "and then the borrower");
        assertEq(uint256(list.row(loan.row()).state), uint256(ICallingList.State.None), "row");
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.WrongState.selector, IcoLoan.State.Paid));
        loan.repay();
    }

    function test_demand_should_do_what_the_row_did_not() public {
        _start();
        _saved(3_300);
        vm.warp(DUE - 1);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.TooEarly.selector, DUE));
        loan.demand();
        vm.warp(DUE);
        loan.demand();
        _is(IcoLoan.State.Paid);
    }

    function test_row_should_change_nothing_when_somebody_demanded_before() public {
        _start();
        _saved(0);
        vm.warp(DUE);
        loan.demand();
        _ran(_trigger(DUE + 3));
        assertEq(loan.periods(), 1, "one period");
        assertEq(loan.lentUntil(), DUE + PERIOD, "end");
    }

    function test_payment_should_not_fail_when_a_slice_cannot_be_delivered() public {
        _start();
        _saved(3_300);
        bytes memory move = abi.encodeCall(IUsufruct.timeSliceTransfer, (address(btc), BORROWER, PLEDGE, 0, PLEDGE_END));
        vm.mockCallRevert(address(usufruct), move, "Usufruct: ReceiverFull");
        vm.expectEmit(true, true, true, true, address(loan));
        emit IcoLoan.NotDelivered(BORROWER, PLEDGE_END);
        _ran(_trigger(DUE));
        _is(IcoLoan.State.Paid);
        assertEq(_use(address(loan)), PLEDGE, "it waits here");
        vm.clearMockedCalls();
        loan.deliver();
        assertEq(usufruct.wholeOf(address(btc), BORROWER), PLEDGE, "delivered");
    }

    function test_lenders_slice_should_wait_when_it_cannot_be_delivered() public {
        _start();
        _saved(0);
        bytes memory move = abi.encodeCall(IUsufruct.timeSliceTransfer, (address(btc), LENDER, PLEDGE, 0, DUE + PERIOD));
        vm.mockCallRevert(address(usufruct), move, "Usufruct: ReceiverFull");
        _ran(_trigger(DUE));
        assertEq(_use(LENDER), 0, "not delivered");
        vm.clearMockedCalls();
        loan.deliver();
        assertEq(_use(LENDER), PLEDGE, "delivered");
        assertEq(usufruct.valueAt(address(btc), address(loan), DUE + PERIOD), PLEDGE, "the rest stays here");
    }

    function test_rows_of_others_should_not_collect() public {
        _start();
        _saved(0);
        Meddler meddler = new Meddler();
        vm.deal(address(meddler), 1e18);
        ICallingList.Terms memory terms = list.row(loan.row()).terms;
        uint64 id = meddler.register(address(loan), loan.collect.selector, START + 10, terms);
        vm.warp(START + 10);
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        assertEq(uint256(list.execute(ids)[0]), uint256(ICallingList.Reason.Reverted), "refused");
        _is(IcoLoan.State.Running);
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, address(this)));
        loan.collect();
        vm.expectRevert(abi.encodeWithSelector(Triggered.RowOfStranger.selector, 0, address(0)));
        vm.prank(CALLING_LIST_ADDRESS);
        loan.collect();
    }

    function test_start_should_be_refused_when_not_all_is_there() public {
        vm.expectRevert("Usufruct: NotAllowed");
        loan.start();
        vm.prank(BORROWER);
        usufruct.approve(address(btc), address(loan), PLEDGE);
        vm.expectRevert();
        loan.start();
        vm.prank(LENDER);
        money.approve(address(loan), PAYMENT);
        uint256 cost = loan.rowCost();
        vm.deal(address(loan), cost - 1);
        vm.expectRevert(abi.encodeWithSelector(Scheduled.RowsUnpaid.selector, cost - 1, cost));
        loan.start();
        _is(IcoLoan.State.Offered);
        vm.deal(address(loan), cost);
        vm.warp(START + 51);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.TooLate.selector, START + 50));
        loan.start();
        vm.warp(START + 50);
        loan.start();
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.WrongState.selector, IcoLoan.State.Running));
        loan.start();
    }

    function test_start_should_give_change_back_when_the_sale_is_nearly_over() public {
        IcoLoan.Terms memory terms = _terms();
        terms.sale = new MockSale(money, coin, 400);
        loan = new IcoLoan(terms, _running());
        vm.deal(address(loan), 1e18);
        _start();
        assertEq(loan.bought(), 1_200, "bought");
        assertEq(money.balanceOf(LENDER), 600, "change");
        assertEq(money.allowance(address(loan), address(terms.sale)), 0, "allowance");
    }

    function test_start_should_revert_when_the_sale_sells_nothing_or_calls_back() public {
        IcoLoan.Terms memory terms = _terms();
        terms.sale = new MockSale(money, coin, 0);
        IcoLoan empty = new IcoLoan(terms, _running());
        _agree(empty);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.NothingBought.selector));
        empty.start();
        terms.sale = new ReenteringSale();
        IcoLoan reentered = new IcoLoan(terms, _running());
        _agree(reentered);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.Reentered.selector));
        reentered.start();
    }

    function test_others_should_neither_take_nor_sweep() public {
        _start();
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.NotAllowed.selector, address(loan)));
        loan.take(BORROWER, 1);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.WrongState.selector, IcoLoan.State.Running));
        loan.sweep();
        _saved(3_300);
        _trigger(DUE);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.NotAllowed.selector, BORROWER));
        loan.sweep();
    }

    function test_loan_should_not_be_made_when_its_terms_make_no_sense() public {
        IcoLoan.Terms memory terms = _terms();
        terms.borrower = LENDER;
        _refused(terms, "lender and borrower are one");
        terms = _terms();
        terms.pledge = 0;
        _refused(terms, "nothing is paid or pledged");
        terms = _terms();
        terms.deadline = START - 1;
        _refused(terms, "the deadline is over");
        terms = _terms();
        terms.due = terms.deadline;
        _refused(terms, "it is due before it has to be started");
        terms = _terms();
        terms.pledgeEnd = DUE;
        _refused(terms, "there is no time to collect in");
        terms = _terms();
        terms.pledgeEnd = type(uint64).max;
        _refused(terms, "the period is too short");
        terms = _terms();
        terms.coin = btc;
        _refused(terms, "the new coin is pledged");
        terms = _terms();
        terms.coin = money;
        _refused(terms, "the new coin is the money");
    }

    function _refused(IcoLoan.Terms memory terms, string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.BadTerms.selector, what));
        new IcoLoan(terms, _running());
    }

    function test_lender_should_not_make_a_payment_fail_by_too_little_gas() public {
        _start();
        _saved(loan.owed());
        vm.warp(DUE);
        // However little gas is left for it: the loan is paid, or nothing happens.
        for (uint256 limit = 20_000; limit < 1_200_000; limit += 20_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(LENDER);
            (bool done,) = address(loan).call{gas: limit}(abi.encodeCall(loan.demand, ()));
            assertTrue(loan.state() == (done ? IcoLoan.State.Paid : IcoLoan.State.Running), "paid, or untouched");
            assertTrue(done || limit < 1_000_000, "with enough it is paid");
            vm.revertToState(snapshot);
        }
        vm.prank(LENDER);
        vm.expectRevert(abi.encodeWithSelector(IcoLoan.TooLittleGas.selector, 300_000));
        loan.demand{gas: 200_000}();
    }
}
