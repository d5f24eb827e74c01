// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICallingList} from "fusion-interfaces/ICallingList.sol";
import {Triggered} from "fusion/Triggered.sol";

/// @dev Rows that do some work every few blocks, each for every time that it is due. For measuring.
contract Workers is Triggered {
    /// @dev A row has worked, for so much gas.
    event Worked(uint64 indexed row, uint256 gas);

    bytes32 private _last;
    uint256 private immutable ROUNDS;

    /// @param rounds How much work a run is.
    constructor(uint256 rounds) payable {
        ROUNDS = rounds;
    }

    /// @dev Registers rows that are due from `first` on, every so many blocks, so many times.
    function hire(uint256 rows, uint32 first, uint32 every, uint32 times, uint64 gasLimit)
        external
        payable
    {
        ICallingList.Terms memory terms = _terms(gasLimit, 1_000 gwei, 0.01 ether);
        terms.maxRuns = times;
        terms.missed = ICallingList.Missed.All;
        bytes memory data = abi.encodeCall(Workers.work, ());
        uint256 deposit = times * CALLING_LIST.runCost(gasLimit, 0.01 ether, terms.tier, false) * 2;
        for (uint256 row = 0; row < rows; row++) {
            CALLING_LIST.everyBlocks(address(this), data, first, every, deposit, terms);
        }
    }

    function work() external onlyTriggered {
        uint256 before = gasleft();
        bytes32 last = _last;
        for (uint256 round = 0; round < ROUNDS; round++) {
            last = keccak256(abi.encode(last, round));
        }
        _last = last;
        emit Worked(_triggeringRow(), before - gasleft());
    }
}
