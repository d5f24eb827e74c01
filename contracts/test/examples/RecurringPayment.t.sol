// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {RecurringPayment} from "../../examples/recurring-payment/RecurringPayment.sol";
import {CALLING_LIST_ADDRESS, ICallingList} from "../../interfaces/ICallingList.sol";
import {Described} from "../../src/Described.sol";
import {Triggered} from "../../src/Triggered.sol";
import {MockCallingList} from "../utils/MockCallingList.sol";
import {Test} from "../utils/Vm.sol";

contract RecurringPaymentTest is Test {
    uint64 private constant MONTH = 30 days;
    uint256 private constant START = 1_000_000;
    uint256 private constant DEPOSIT = 0.1 ether;
    /// What the list's mock holds for a row.
    uint256 private constant STORED = 1e14;

    MockCallingList private list;
    RecurringPayment private payment;
    address payable private constant PAYEE = payable(address(0xBEEF));

    receive() external payable {}

    function setUp() public {
        vm.warp(START);
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        payment = new RecurringPayment{value: 25 ether}(PAYEE, 10 ether);
    }

    function _terms() private pure returns (ICallingList.Terms memory terms) {
        (terms.gasLimit, terms.maxGasPrice, terms.retries, terms.backoff) = (100_000, 1000 gwei, 1, 10);
        terms.missed = ICallingList.Missed.All;
    }

    function _registration() private view returns (bytes[] memory all) {
        all = new bytes[](1);
        bytes memory call = abi.encodeCall(RecurringPayment.pay, ());
        all[0] = abi.encodeCall(
            ICallingList.everySeconds, (address(payment), call, uint64(START) + MONTH, MONTH, DEPOSIT, _terms())
        );
    }

    function _describe() private returns (uint64) {
        return payment.describe{value: DEPOSIT + STORED}(_registration())[0];
    }

    function test_payee_should_be_paid_each_time_and_no_more() public {
        uint64 id = _describe();
        assertTrue(list.isDue(id) == ICallingList.Reason.NotDue, "too early");
        for (uint256 month = 1; month <= 2; month++) {
            vm.warp(START + month * MONTH);
            assertTrue(list.run(id) == ICallingList.Reason.Ran, "it ran");
            assertEq(PAYEE.balance, month * 10 ether, "payee");
            assertTrue(list.isDue(id) == ICallingList.Reason.NotDue, "not twice");
        }
        assertEq(payment.count(), 2, "count");
        // 5 FSN are left: the third one fails, is tried again, and pauses the row.
        vm.warp(START + 3 * MONTH);
        assertTrue(list.run(id) == ICallingList.Reason.Reverted, "too little");
        assertTrue(list.run(id) == ICallingList.Reason.Reverted, "again");
        assertTrue(list.row(id).state == ICallingList.State.Paused, "paused");
        assertEq(PAYEE.balance, 20 ether, "payee");
        vm.deal(address(payment), 10 ether);
        assertTrue(list.run(id) == ICallingList.Reason.Ran, "it ran");
        assertEq(PAYEE.balance, 30 ether, "payee");
    }

    function test_row_should_be_the_contracts_own_when_it_was_described() public {
        uint64 id = _describe();
        ICallingList.Row memory row = list.row(id);
        assertEq(row.owner, address(payment), "owner");
        assertEq(row.target, address(payment), "target");
        assertEq(payment.describedRows()[0], id, "rows");
        assertEq(address(payment).balance, 25 ether, "its money is untouched");
    }

    function test_rest_should_come_back_when_more_was_paid_than_rows_take() public {
        uint256 before = address(this).balance;
        payment.describe{value: 5 ether}(_registration());
        assertEq(before - address(this).balance, DEPOSIT + STORED, "taken");
        assertEq(address(payment).balance, 25 ether, "its money is untouched");
    }

    function test_describing_should_be_refused_when_its_own_money_would_pay_for_rows() public {
        uint256 paid = DEPOSIT + STORED - 1;
        bytes[] memory rows = _registration();
        vm.expectRevert(abi.encodeWithSelector(Described.RowsUnpaid.selector, paid + 1, paid));
        payment.describe{value: paid}(rows);
    }

    function test_describing_should_be_refused_when_it_is_a_strangers_or_a_second_one() public {
        bytes[] memory rows = _registration();
        vm.expectRevert(abi.encodeWithSelector(Described.NotDescriber.selector, PAYEE));
        vm.prank(PAYEE);
        payment.describe(rows);
        _describe();
        vm.expectRevert(Described.AlreadyDescribed.selector);
        payment.describe{value: 1 ether}(rows);
    }

    function test_describing_should_be_refused_when_it_is_no_registration() public {
        bytes[] memory rows = new bytes[](2);
        rows[0] = _registration()[0];
        rows[1] = abi.encodeCall(ICallingList.topUp, (1, 1 ether));
        bytes memory reason =
            abi.encodeWithSelector(Described.NotARegistration.selector, 1, ICallingList.topUp.selector);
        vm.expectRevert(reason);
        payment.describe{value: 5 ether}(rows);
        rows[1] = "";
        vm.expectRevert(abi.encodeWithSelector(Described.NotARegistration.selector, 1, bytes4(0)));
        payment.describe{value: 5 ether}(rows);
    }

    function test_describing_should_say_why_when_the_list_refuses() public {
        bytes[] memory rows = new bytes[](1);
        rows[0] =
            abi.encodeCall(ICallingList.everySeconds, (address(payment), "", uint64(START), MONTH, DEPOSIT, _terms()));
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "CallingList: InPast"));
        payment.describe{value: 1 ether}(rows);
    }

    function test_payment_should_be_refused_when_no_row_of_its_own_calls() public {
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, address(this)));
        payment.pay();
        bytes memory call = abi.encodeCall(RecurringPayment.pay, ());
        uint64 foreign = list.atBlock(address(payment), call, 1, DEPOSIT, _terms());
        assertTrue(list.run(foreign) == ICallingList.Reason.Reverted, "a stranger's row");
        assertEq(PAYEE.balance, 0, "payee");
    }

    function test_rest_should_go_back_when_the_payer_ends_it() public {
        uint64 id = _describe();
        vm.expectRevert(abi.encodeWithSelector(RecurringPayment.NotPayer.selector, PAYEE));
        vm.prank(PAYEE);
        payment.end();
        uint256 before = address(this).balance;
        payment.end();
        assertEq(address(this).balance - before, 25 ether + DEPOSIT + STORED, "all is back");
        assertTrue(list.row(id).state == ICallingList.State.None, "the row is gone");
        // With nothing to end either.
        payment.end();
    }

    function test_contract_should_be_refused_when_it_would_pay_nothing_or_nobody() public {
        vm.expectRevert(RecurringPayment.NothingToPay.selector);
        new RecurringPayment(PAYEE, 0);
        vm.expectRevert(RecurringPayment.NothingToPay.selector);
        new RecurringPayment(payable(0), 1);
    }
}
