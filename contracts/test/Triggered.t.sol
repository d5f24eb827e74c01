// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CALLING_LIST_ADDRESS, ICallingList} from "../interfaces/ICallingList.sol";
import {NestedCall} from "../src/NestedCall.sol";
import {Triggered} from "../src/Triggered.sol";
import {MockCallingList} from "./utils/MockCallingList.sol";
import {Test} from "./utils/Vm.sol";

/// @dev Counts how often it was triggered. Its description part is its constructor.
contract Counter is Triggered {
    uint256 public count;
    uint256 public lastValue;
    uint64 public immutable ROW;
    uint64 public seen;
    address public friend;

    constructor() payable {
        ROW = CALLING_LIST.everyBlocks(
            address(this), abi.encodeWithSelector(Counter.tick.selector), 10, 5, 1 ether, _terms(100_000, 1 gwei, 0)
        );
    }

    function tick() external onlyTriggered {
        count++;
        seen = _triggeringRow();
    }

    function take(uint256 value) external onlyTriggered {
        lastValue = value;
    }

    function befriend(address other) external {
        friend = other;
    }

    function meddle() external onlyTriggered {
        CALLING_LIST.cancel(ROW);
    }

    function _mayTrigger(address owner) internal view override returns (bool) {
        return super._mayTrigger(owner) || owner == friend;
    }
}

/// @dev Gives numbers.
contract Source {
    function unsignedPrice(uint256 value) external pure returns (uint256) {
        return value;
    }

    function signedPrice(int256 value) external pure returns (int256) {
        return value;
    }

    function fails() external pure {
        revert("Source: closed");
    }
}

contract TriggeredTest is Test {
    MockCallingList private list;
    Counter private counter;

    function setUp() public {
        vm.etch(CALLING_LIST_ADDRESS, address(new MockCallingList()).code);
        list = MockCallingList(CALLING_LIST_ADDRESS);
        counter = new Counter{value: 2 ether}();
    }

    function test_row_should_be_the_contracts_own_when_its_constructor_registers_it() public view {
        ICallingList.Row memory row = list.row(counter.ROW());
        assertEq(row.owner, address(counter), "owner");
        assertEq(row.target, address(counter), "target");
        assertEq(row.deposit, 1 ether, "deposit");
        assertEq(row.terms.retries, 3, "retries");
    }

    function test_function_should_run_when_its_row_does() public {
        uint64 id = counter.ROW();
        assertEq(uint256(list.run(id)), uint256(ICallingList.Reason.Ran), "reason");
        assertEq(counter.count(), 1, "count");
        assertEq(counter.seen(), id, "row");
    }

    function testFuzz_function_should_refuse_whoever_is_not_the_list(address caller) public {
        vm.assume(caller != CALLING_LIST_ADDRESS);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(Triggered.NotTriggered.selector, caller));
        counter.tick();
    }

    function test_function_should_refuse_the_list_when_no_row_runs() public {
        vm.prank(CALLING_LIST_ADDRESS);
        vm.expectRevert(abi.encodeWithSelector(Triggered.RowOfStranger.selector, 0, address(0)));
        counter.tick();
    }

    function test_function_should_refuse_rows_of_strangers() public {
        uint64 id = _rowFor(abi.encodeCall(counter.tick, ()));
        assertEq(uint256(list.run(id)), uint256(ICallingList.Reason.Reverted), "reason");
        assertEq(counter.count(), 0, "count");
        counter.befriend(address(this));
        list.resume(id);
        assertEq(uint256(list.run(id)), uint256(ICallingList.Reason.Ran), "reason of a friend's");
        assertEq(counter.count(), 1, "count of a friend's");
    }

    function test_row_should_not_change_the_list_while_it_runs() public {
        counter.befriend(address(this));
        uint64 id = _rowFor(abi.encodeCall(counter.meddle, ()));
        assertEq(uint256(list.run(id)), uint256(ICallingList.Reason.Reverted), "reason");
    }

    // Nested calls.

    function testFuzz_answer_should_be_passed_on_when_it_is_above(uint256 value, uint256 threshold) public {
        counter.befriend(address(this));
        Source source = new Source();
        uint64 id = _nested(
            address(source),
            abi.encodeCall(source.unsignedPrice, (value)),
            NestedCall.Comparison.Above,
            false,
            threshold
        );
        bool ran = list.run(id) == ICallingList.Reason.Ran;
        assertTrue(ran == (value > threshold), "runs if it is above");
        assertEq(counter.lastValue(), ran ? value : 0, "value");
    }

    function testFuzz_signed_answers_should_be_compared_as_such(int256 value, int256 threshold) public {
        NestedCall nested = new NestedCall();
        Source source = new Source();
        bytes memory question = abi.encodeCall(source.signedPrice, (value));
        bool[7] memory expected = [
            true,
            value == threshold,
            value != threshold,
            value > threshold,
            value >= threshold,
            value < threshold,
            value <= threshold
        ];
        for (uint8 i = 0; i < 7; i++) {
            (bool due, bytes memory callData) =
                nested.check(_rule(address(source), question, NestedCall.Comparison(i), true, uint256(threshold)));
            assertTrue(due == expected[i], "comparison");
            assertEq(callData.length, due ? 36 : 0, "data");
        }
    }

    function test_check_should_fail_when_there_is_no_answer() public {
        NestedCall nested = new NestedCall();
        Source source = new Source();
        bytes memory rule =
            _rule(address(source), abi.encodeCall(source.fails, ()), NestedCall.Comparison.Always, false, 0);
        vm.expectRevert(abi.encodeWithSelector(NestedCall.NoAnswer.selector, address(source)));
        nested.check(rule);
        rule = _rule(address(0xdead), "", NestedCall.Comparison.Always, false, 0);
        vm.expectRevert(abi.encodeWithSelector(NestedCall.NoAnswer.selector, address(0xdead)));
        nested.check(rule);
    }

    function _rowFor(bytes memory input) private returns (uint64) {
        return list.atBlock(address(counter), input, 10, 1 ether, _terms());
    }

    function _nested(
        address source,
        bytes memory question,
        NestedCall.Comparison comparison,
        bool isSigned,
        uint256 threshold
    ) private returns (uint64) {
        bytes memory rule = _rule(source, question, comparison, isSigned, threshold);
        return list.onCheck(address(counter), address(new NestedCall()), rule, 1, 1 ether, _terms());
    }

    function _rule(
        address source,
        bytes memory question,
        NestedCall.Comparison comparison,
        bool isSigned,
        uint256 threshold
    ) private view returns (bytes memory) {
        return abi.encode(NestedCall.Rule(source, question, comparison, isSigned, threshold, counter.take.selector));
    }

    function _terms() private pure returns (ICallingList.Terms memory) {
        return ICallingList.Terms(
            200_000,
            0,
            1 gwei,
            0,
            0,
            ICallingList.Tier.BestEffort,
            ICallingList.Missed.Once,
            0,
            1,
            ICallingList.AfterFailure.Pause
        );
    }
}
