// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";
import {IERC20} from "../interfaces/IERC20.sol";
import {CallerPaysDeposits} from "../src/CallerPaysDeposits.sol";
import {FusionUsufruct} from "../src/FusionUsufruct.sol";
import {Triggered} from "../src/Triggered.sol";
import {Fund} from "../templates/Fund.sol";
import {Scheduled} from "../templates/Scheduled.sol";
import {MockCallingList} from "./utils/MockCallingList.sol";
import {MockUsufruct} from "./utils/MockUsufruct.sol";
import {MockToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

contract FundTest is Test {
    uint64 private constant START = 1_700_000_000;
    uint64 private constant CLOSING = START + 100;
    uint64 private constant PERIOD = 1_000;
    uint64 private constant END = CLOSING + 3_500;
    address private constant MANAGER = address(0xF);
    address private constant ALICE = address(0xA);
    address private constant BOB = address(0xB);
    address private constant USER = address(0xC);
    /// @dev Not one of the addresses at which an EVM has something of its own: they get FSN.
    address private constant INVESTOR = address(0xA11CE);
    address private constant TENANT = address(0x7E9A);

    MockToken private btc;
    MockToken private eth;
    MockToken private money;
    MockUsufruct private usufruct;
    MockCallingList private list;
    Fund private fund;

    function setUp() public {
        vm.warp(START);
        (btc, eth, money) = (new MockToken(), new MockToken(), new MockToken());
        vm.etch(address(FusionUsufruct.USUFRUCT), address(new MockUsufruct()).code);
        usufruct = MockUsufruct(address(FusionUsufruct.USUFRUCT));
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        fund = new Fund(_terms(), _coins(), _running());
        vm.deal(address(fund), 1e18);
        money.mint(USER, 1e30);
        vm.prank(USER);
        money.approve(address(fund), type(uint256).max);
    }

    function _terms() private view returns (Fund.Terms memory) {
        return Fund.Terms({
            manager: MANAGER, money: money, fee: 500, closing: CLOSING, period: PERIOD, end: END, leastShares: 1
        });
    }

    /// @dev One money a second for each unit of bitcoin, and two for three units of ether.
    function _coins() private view returns (Fund.Coin[] memory coins) {
        coins = new Fund.Coin[](2);
        coins[0] = Fund.Coin({token: address(btc), weight: 20, leastRate: 1e18});
        coins[1] = Fund.Coin({token: address(eth), weight: 1, leastRate: uint256(2e18) / 3});
    }

    function _running() private pure returns (Scheduled.Running memory) {
        return Scheduled.Running({
            gasLimit: 3_000_000, storageLimit: 1e18, maxGasPrice: 1e12, tier: ICallingList.Tier.Guaranteed
        });
    }

    function _join(address investor, uint256 number, uint256 amount) private {
        MockToken token = number == 0 ? btc : eth;
        token.mint(investor, amount);
        vm.prank(investor);
        usufruct.deposit(address(token), amount);
        vm.prank(investor);
        usufruct.approve(address(token), address(fund), amount);
        vm.prank(investor);
        fund.join(number, amount);
    }

    /// @dev Alice has 200 shares by bitcoin, Bob 100 by ether.
    function _joined() private {
        fund.open();
        _join(ALICE, 0, 10);
        _join(BOB, 1, 100);
    }

    function _rent(uint256 number, uint256 amount, uint64 until) private returns (uint256) {
        vm.prank(USER);
        return fund.rent(number, amount, until, type(uint256).max);
    }

    function _trigger(uint64 id, uint64 time) private returns (ICallingList.Reason) {
        vm.warp(time);
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        return list.execute(ids)[0];
    }

    function _ran(ICallingList.Reason reason) private pure {
        assertEq(uint256(reason), uint256(ICallingList.Reason.Ran), "the row ran");
    }

    function test_fund_should_run_by_itself_from_its_opening_to_its_end() public {
        uint256 cost = fund.rowsCost();
        _joined();
        assertEq(address(fund).balance, 1e18 - cost, "for the rows");
        assertEq(fund.totalShares(), 300, "shares");
        assertEq(usufruct.useOf(address(btc), address(fund)), 10, "use");
        assertEq(usufruct.titleOf(address(btc), ALICE), 10, "the title stays");
        assertEq(fund.dividends(), 3, "dividends before the end");

        vm.warp(CLOSING);
        assertEq(_rent(0, 10, CLOSING + 600), 6_000, "price");
        assertEq(usufruct.useOf(address(btc), USER), 10, "the user has the use");
        _ran(_trigger(fund.dividendRow(), CLOSING + PERIOD));
        // 5 % of it to the manager, the rest by shares.
        assertEq(money.balanceOf(MANAGER), 300, "fee");
        assertEq(money.balanceOf(ALICE), 3_800, "dividend of Alice");
        assertEq(money.balanceOf(BOB), 1_900, "dividend of Bob");

        assertEq(_rent(1, 30, CLOSING + 1_900), 18_000, "price");
        _ran(_trigger(fund.dividendRow(), CLOSING + 2 * PERIOD));
        assertEq(money.balanceOf(MANAGER), 1_200, "fee");
        assertEq(money.balanceOf(ALICE), 15_200, "dividend of Alice");
        _ran(_trigger(fund.dividendRow(), CLOSING + 3 * PERIOD));
        assertEq(money.balanceOf(MANAGER), 1_200, "nothing came in");
        assertEq(uint256(list.row(fund.dividendRow()).state), uint256(ICallingList.State.None), "the last dividend");

        assertEq(_rent(0, 4, END), 2_000, "to the end");
        vm.warp(END);
        assertEq(usufruct.wholeOf(address(btc), ALICE), 10, "back by itself");
        assertEq(usufruct.wholeOf(address(eth), BOB), 100, "back by itself");
        assertEq(usufruct.useOf(address(btc), USER), 0, "the user has it no more");
        _ran(_trigger(fund.endRow(), END));
        assertEq(uint256(fund.state()), uint256(Fund.State.Ended), "state");
        assertEq(money.balanceOf(MANAGER), 1_300, "all fees");
        assertEq(money.balanceOf(ALICE) + money.balanceOf(BOB) + money.balanceOf(address(fund)), 24_700, "all else");
        assertTrue(money.balanceOf(address(fund)) < 6, "but for what cannot be divided");
        assertEq(uint256(list.row(fund.endRow()).state), uint256(ICallingList.State.None), "no row is left");

        vm.prank(MANAGER);
        fund.sweep();
        assertEq(MANAGER.balance, 1e18 - 4e15, "FSN, but for four runs");
    }

    function testFuzz_income_should_be_shared_out_by_shares(uint64[5] memory amounts, uint96[3] memory incomes) public {
        fund.open();
        uint256 whole = 0;
        for (uint160 index = 0; index < amounts.length; index++) {
            uint256 amount = uint256(amounts[index]) + 1;
            _join(address(0x1000 + index), index % 2, amount);
            whole += amount * (index % 2 == 0 ? 20 : 1);
        }
        assertEq(fund.totalShares(), whole, "shares");
        uint256 came = 0;
        for (uint64 index = 0; index < incomes.length; index++) {
            // As if it had been paid for uses.
            money.mint(address(fund), incomes[index]);
            came += incomes[index];
            _ran(_trigger(fund.dividendRow(), CLOSING + (index + 1) * PERIOD));
            uint256 paid = money.balanceOf(MANAGER);
            for (uint160 number = 0; number < amounts.length; number++) {
                address investor = address(0x1000 + number);
                uint256 got = money.balanceOf(investor);
                paid += got;
                // Never more than the part, and less only by rounding.
                uint256 part = came * fund.sharesOf(investor) / whole;
                assertTrue(got <= part, "too much");
                assertTrue(got + 5 * (index + 1) >= part * 9_500 / 10_000, "too little");
            }
            assertEq(paid + money.balanceOf(address(fund)), came, "nothing is made or lost");
            assertTrue(money.balanceOf(address(fund)) <= amounts.length, "what is left is rounding");
        }
    }

    function test_others_should_be_paid_when_one_cannot() public {
        _joined();
        vm.warp(CLOSING);
        _rent(0, 10, CLOSING + 600);
        vm.mockCallRevert(address(money), abi.encodeCall(IERC20.transfer, (ALICE, 3_800)), "closed today");
        _ran(_trigger(fund.dividendRow(), CLOSING + PERIOD));
        assertEq(money.balanceOf(BOB), 1_900, "Bob is paid");
        assertEq(money.balanceOf(ALICE), 0, "Alice is not");
        assertEq(fund.unpaid(ALICE), 3_800, "it waits");
        // It is not shared out again.
        _ran(_trigger(fund.dividendRow(), CLOSING + 2 * PERIOD));
        assertEq(money.balanceOf(BOB), 1_900, "Bob");
        vm.clearMockedCalls();
        fund.claim(ALICE);
        assertEq(money.balanceOf(ALICE), 3_800, "Alice is paid after all");
        vm.expectRevert(abi.encodeWithSelector(Fund.Nothing.selector));
        fund.claim(ALICE);
    }

    function test_join_should_be_refused_when_it_is_not_open_or_full() public {
        btc.mint(ALICE, 10);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongState.selector, Fund.State.Made));
        fund.join(0, 1);
        fund.open();
        vm.expectRevert(abi.encodeWithSelector(Fund.NoSuchCoin.selector, 2));
        fund.join(2, 1);
        vm.expectRevert(abi.encodeWithSelector(Fund.Nothing.selector));
        fund.join(0, 0);
        vm.expectRevert("Usufruct: NotAllowed");
        fund.join(0, 1);
        for (uint160 index = 0; index < fund.MAX_INVESTORS(); index++) {
            _join(address(0x1000 + index), 0, 1);
        }
        _join(address(0x1000), 1, 5);
        assertEq(fund.sharesOf(address(0x1000)), 25, "who has joined can give more");
        vm.expectRevert(abi.encodeWithSelector(Fund.Full.selector));
        fund.join(0, 1);
        vm.warp(CLOSING);
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongTime.selector, 0, CLOSING));
        fund.join(0, 1);
    }

    function test_dividend_should_reach_as_many_investors_as_there_can_be() public {
        fund.open();
        uint256 most = fund.MAX_INVESTORS();
        for (uint160 index = 0; index < most; index++) {
            _join(address(0x1000 + index), 0, 1);
        }
        money.mint(address(fund), most * 100);
        _ran(_trigger(fund.dividendRow(), CLOSING + PERIOD));
        for (uint160 index = 0; index < most; index++) {
            assertEq(money.balanceOf(address(0x1000 + index)), 95, "dividend");
        }
    }

    function test_rent_should_be_refused_when_it_cannot_be() public {
        _joined();
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongTime.selector, CLOSING, END));
        _rent(0, 1, CLOSING + 10);
        vm.warp(CLOSING);
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongTime.selector, CLOSING, END));
        _rent(0, 1, END + 1);
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongTime.selector, CLOSING, END));
        _rent(0, 1, CLOSING);
        vm.expectRevert(abi.encodeWithSelector(Fund.Nothing.selector));
        _rent(0, 0, END);
        vm.expectRevert("Usufruct: NotEnough");
        _rent(0, 11, END);
        vm.expectRevert(abi.encodeWithSelector(Fund.TooDear.selector, 3_500));
        fund.rent(0, 1, END, 3_499);
        vm.expectRevert(abi.encodeWithSelector(Fund.BadEnd.selector, 100));
        _rent(0, 10, END - 1);
        _rent(0, 10, END - 100);
        assertEq(fund.available(0, END - 100), 0, "all is used");
        vm.warp(END - 100);
        assertEq(fund.available(0, END), 10, "and back");
        // Rounded up: nobody uses coins for nothing.
        vm.warp(END - 1);
        assertEq(fund.priceOf(1, 1, END), 1, "less than one");
    }

    function testFuzz_uses_should_end_at_few_times(uint64 closing, uint64 length, uint64 time) public {
        closing = START + 1 + closing % 1e6;
        length = 1 + length % 1e8;
        Fund.Terms memory terms = _terms();
        (terms.closing, terms.end, terms.period) = (closing, closing + length, length);
        Fund other = new Fund(terms, _coins(), _running());
        time = closing + time % length;
        uint64 end = other.endAfter(time);
        assertTrue(end >= time && end <= terms.end, "it is not before");
        assertTrue(end < time + other.step() || time == closing, "it is the first one");
        assertTrue(end == terms.end || (end - closing) % other.step() == 0, "it is one that is taken");
        assertTrue(uint256(other.step()) * other.MAX_ENDS() >= length, "there are few");
    }

    function test_deposits_of_lists_should_be_paid_by_whoever_moves_slices() public {
        usufruct.setListDeposit(1e16);
        fund.open();
        btc.mint(INVESTOR, 10);
        vm.startPrank(INVESTOR);
        usufruct.deposit(address(btc), 10);
        usufruct.approve(address(btc), address(fund), 10);
        vm.expectRevert(abi.encodeWithSelector(CallerPaysDeposits.DepositNotSent.selector, 0, 1e16));
        fund.join(0, 10);
        vm.deal(INVESTOR, 1e18);
        fund.join{value: 5e17}(0, 10);
        vm.stopPrank();
        assertEq(INVESTOR.balance, 99e16, "what was not needed came back");

        vm.warp(CLOSING);
        money.mint(TENANT, 1e30);
        vm.prank(TENANT);
        money.approve(address(fund), type(uint256).max);
        vm.prank(TENANT);
        vm.expectRevert(abi.encodeWithSelector(CallerPaysDeposits.DepositNotSent.selector, 0, 1e16));
        fund.rent(0, 1, END, type(uint256).max);
        vm.deal(TENANT, 1e16);
        // Only now: what `vm.deal` has taken stays taken when the call is reverted.
        uint256 before = address(fund).balance;
        // Who gives the slice back at once has the deposit again, and the fund has lost nothing.
        for (uint256 round = 0; round < 5; round++) {
            vm.prank(TENANT);
            fund.rent{value: 1e16}(0, 1, END, type(uint256).max);
            vm.prank(TENANT);
            usufruct.timeSliceTransfer(address(btc), address(fund), 1, 0, END);
        }
        assertEq(TENANT.balance, 1e16, "the user's deposit");
        assertEq(address(fund).balance, before, "FSN of the fund");
    }

    function test_shares_of_an_investor_should_not_be_dust() public {
        Fund.Terms memory terms = _terms();
        terms.leastShares = 100;
        fund = new Fund(terms, _coins(), _running());
        vm.deal(address(fund), 1e18);
        fund.open();
        btc.mint(ALICE, 10);
        vm.startPrank(ALICE);
        usufruct.deposit(address(btc), 10);
        usufruct.approve(address(btc), address(fund), 10);
        vm.expectRevert(abi.encodeWithSelector(Fund.TooFewShares.selector, 100));
        fund.join(0, 4);
        fund.join(0, 5);
        fund.join(0, 1);
        vm.stopPrank();
        assertEq(fund.sharesOf(ALICE), 120, "more can be less at once");
    }

    function test_end_should_be_tried_again_when_its_run_fails() public {
        _joined();
        vm.mockCallRevert(address(money), abi.encodeCall(IERC20.balanceOf, (address(fund))), "closed today");
        assertEq(uint256(_trigger(fund.endRow(), END)), uint256(ICallingList.Reason.Reverted), "it failed");
        vm.clearMockedCalls();
        _ran(_trigger(fund.endRow(), END + 12));
        assertEq(uint256(fund.state()), uint256(Fund.State.Ended), "state");
    }

    function test_manager_should_set_rates_and_nothing_below_the_agreed_ones() public {
        _joined();
        vm.expectRevert(abi.encodeWithSelector(Fund.NotAllowed.selector, MANAGER));
        fund.setRate(0, 5e18);
        vm.prank(MANAGER);
        vm.expectRevert(abi.encodeWithSelector(Fund.RateTooLow.selector, 1e18));
        fund.setRate(0, 1e18 - 1);
        vm.prank(MANAGER);
        fund.setRate(0, 5e18);
        vm.warp(CLOSING);
        assertEq(fund.priceOf(0, 2, CLOSING + 10), 100, "price");
    }

    function test_steps_should_be_for_the_rows_of_the_fund() public {
        _joined();
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, address(this)));
        fund.shareOut();
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongTime.selector, END, type(uint64).max));
        fund.finish();
        vm.expectRevert(abi.encodeWithSelector(Fund.NotAllowed.selector, address(fund)));
        fund.pay(ALICE, 1);
        vm.expectRevert(abi.encodeWithSelector(Fund.WrongState.selector, Fund.State.Open));
        fund.sweep();
        // Should the row not have run, somebody else ends it.
        vm.warp(END);
        fund.finish();
        assertEq(uint256(_trigger(fund.endRow(), END)), uint256(ICallingList.Reason.Reverted), "it is over");
        vm.expectRevert(abi.encodeWithSelector(Fund.NotAllowed.selector, MANAGER));
        fund.sweep();
    }

    function test_income_should_wait_when_nobody_has_joined() public {
        fund.open();
        money.mint(address(fund), 1_000);
        _ran(_trigger(fund.dividendRow(), CLOSING + PERIOD));
        assertEq(money.balanceOf(address(fund)), 1_000, "it waits");
    }

    function test_fund_should_not_be_made_when_its_terms_make_no_sense() public {
        Fund.Terms memory terms = _terms();
        terms.fee = 10_001;
        _refused(terms, _coins(), "the fee is more than everything");
        terms = _terms();
        terms.closing = START;
        _refused(terms, _coins(), "it closes in the past");
        terms = _terms();
        terms.end = CLOSING;
        _refused(terms, _coins(), "it ends before it closes");
        terms.end = type(uint64).max;
        _refused(terms, _coins(), "it has no end");
        terms = _terms();
        terms.period = 0;
        _refused(terms, _coins(), "there is no period");
        terms.period = 3;
        _refused(terms, _coins(), "the period is too short");
        _refused(_terms(), new Fund.Coin[](0), "no coins, or too many");
        _refused(_terms(), new Fund.Coin[](17), "no coins, or too many");
        _refused(_terms(), new Fund.Coin[](1), "a coin has no weight");
    }

    function _refused(Fund.Terms memory terms, Fund.Coin[] memory coins, string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(Fund.BadTerms.selector, what));
        new Fund(terms, coins, _running());
    }
}
