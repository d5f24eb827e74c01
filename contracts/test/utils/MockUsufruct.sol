// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FOREVER, IUsufruct} from "../../interfaces/IUsufruct.sol";
import {MockToken} from "./Mocks.sol";
import {Test} from "./Vm.sol";

/// @dev The part of the usufruct precompile that contracts call: slices as a list of what was added and
/// taken, looked through from end to end. Mapped coins only: it takes them from a {MockToken}. A list takes a deposit, if
/// {setListDeposit} says so: from whoever moves a first slice there, for the owner of the list, who has it when the list is
/// empty again.
contract MockUsufruct is IUsufruct, Test {
    struct Entry {
        int256 amount;
        uint64 start;
        uint64 end;
    }

    mapping(address => mapping(address => Entry[])) private entries;
    mapping(address => mapping(address => mapping(address => uint256))) public allowance;
    mapping(address => uint256) public totalHeld;
    mapping(address => mapping(address => bool)) private paid;
    uint256 private listDeposit;

    function setListDeposit(uint256 amount) external {
        listDeposit = amount;
    }

    function deposit(address token, uint256 amount) public {
        _take(token, amount);
        _add(token, msg.sender, int256(amount), uint64(block.timestamp), FOREVER);
        // For the depositor's own list nothing is asked.
        paid[token][msg.sender] = true;
        emit Deposit(token, msg.sender, amount);
    }

    function withdraw(address token, uint256 amount) external {
        require(wholeOf(token, msg.sender) >= amount, "Usufruct: NotEnough");
        _add(token, msg.sender, -int256(amount), uint64(block.timestamp), FOREVER);
        MockToken(token).burn(address(this), amount);
        MockToken(token).mint(msg.sender, amount);
        totalHeld[token] -= amount;
        emit Withdrawal(token, msg.sender, amount);
    }

    function lend(address token, address to, uint256 amount, uint64 end) external {
        require(end != FOREVER, "Usufruct: NeedsEnd");
        deposit(token, amount);
        _move(token, msg.sender, to, amount, 0, end);
    }

    function timeSliceTransfer(address token, address to, uint256 amount, uint64 start, uint64 end)
        external
        returns (bool)
    {
        _move(token, msg.sender, to, amount, start, end);
        return true;
    }

    function timeSliceTransferFrom(address token, address from, address to, uint256 amount, uint64 start, uint64 end)
        external
        returns (bool)
    {
        require(allowance[token][from][msg.sender] >= amount, "Usufruct: NotAllowed");
        allowance[token][from][msg.sender] -= amount;
        _move(token, from, to, amount, start, end);
        return true;
    }

    function giveBack(address token, address to, uint256 amount, uint64 end) external {
        require(valueAt(token, to, end) >= amount, "Usufruct: NotNext");
        _move(token, msg.sender, to, amount, 0, end);
    }

    function approve(address token, address spender, uint256 amount) external returns (bool) {
        allowance[token][msg.sender][spender] = amount;
        emit Approval(token, msg.sender, spender, amount);
        return true;
    }

    function useOf(address token, address account) external view returns (uint256) {
        return valueAt(token, account, uint64(block.timestamp));
    }

    function titleOf(address token, address account) external view returns (uint256) {
        return valueAt(token, account, FOREVER - 1);
    }

    function wholeOf(address token, address account) public view returns (uint256) {
        return timeBalanceOf(token, account, 0, FOREVER);
    }

    function timeBalanceOf(address token, address account, uint64 start, uint64 end)
        public
        view
        returns (uint256 least)
    {
        if (start == 0) start = uint64(block.timestamp);
        require(end > block.timestamp, "Usufruct: EndInPast");
        require(start >= block.timestamp, "Usufruct: StartInPast");
        require(end > start, "Usufruct: EmptyInterval");
        least = valueAt(token, account, start);
        Entry[] storage list = entries[token][account];
        for (uint256 i = 0; i < list.length; i++) {
            least = _lower(least, token, account, list[i].start, start, end);
            least = _lower(least, token, account, list[i].end, start, end);
        }
    }

    function valueAt(address token, address account, uint64 time) public view returns (uint256) {
        Entry[] storage list = entries[token][account];
        int256 sum = 0;
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i].start <= time && time < list[i].end) sum += list[i].amount;
        }
        return uint256(sum);
    }

    function _lower(uint256 least, address token, address account, uint64 time, uint64 start, uint64 end)
        private
        view
        returns (uint256)
    {
        if (time < start || time >= end) return least;
        uint256 value = valueAt(token, account, time);
        return value < least ? value : least;
    }

    function _take(address token, uint256 amount) private {
        require(MockToken(token).balanceOf(msg.sender) >= amount, "Usufruct: NotEnoughPlainCoins");
        MockToken(token).burn(msg.sender, amount);
        MockToken(token).mint(address(this), amount);
        totalHeld[token] += amount;
    }

    function _move(address token, address from, address to, uint256 amount, uint64 start, uint64 end) private {
        require(amount > 0, "Usufruct: ZeroAmount");
        require(timeBalanceOf(token, from, start, end) >= amount, "Usufruct: NotEnough");
        if (start == 0) start = uint64(block.timestamp);
        _add(token, from, -int256(amount), start, end);
        _add(token, to, int256(amount), start, end);
        _charge(token, to);
        _release(token, from);
        emit SliceTransfer(token, from, to, amount, start, end);
    }

    function _add(address token, address account, int256 amount, uint64 start, uint64 end) private {
        entries[token][account].push(Entry(amount, start, end));
    }

    function _charge(address token, address account) private {
        if (paid[token][account] || listDeposit == 0) return;
        require(msg.sender.balance >= listDeposit, "Usufruct: DepositUnpaid");
        vm.deal(msg.sender, msg.sender.balance - listDeposit);
        paid[token][account] = true;
    }

    /// @dev The value at a time, or now if that is over.
    function _from(address token, address account, uint64 time) private view returns (uint256) {
        return valueAt(token, account, time < block.timestamp ? uint64(block.timestamp) : time);
    }

    function _release(address token, address account) private {
        if (!paid[token][account]) return;
        Entry[] storage list = entries[token][account];
        for (uint256 i = 0; i < list.length; i++) {
            if (_from(token, account, list[i].start) > 0 || _from(token, account, list[i].end) > 0) return;
        }
        paid[token][account] = false;
        vm.deal(account, account.balance + listDeposit);
    }

    function transferTitle(address, address, uint256) external pure returns (uint64) {
        revert("Usufruct: not in tests");
    }

    function sliceOf(address, address) external pure returns (Slice[] memory) {
        revert("Usufruct: not in tests");
    }

    function consent(address, uint256, uint64) external pure {
        revert("Usufruct: not in tests");
    }

    function bond(address, bytes32, uint256, uint64) external pure returns (uint64) {
        revert("Usufruct: not in tests");
    }

    function unbond(uint64) external pure {
        revert("Usufruct: not in tests");
    }

    function reward(uint64) external pure returns (uint256) {
        revert("Usufruct: not in tests");
    }

    function settle(uint64) external pure {
        revert("Usufruct: not in tests");
    }

    function pledgeOf(uint64) external pure returns (Pledge memory) {
        revert("Usufruct: not in tests");
    }
}
