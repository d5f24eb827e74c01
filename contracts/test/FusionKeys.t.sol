// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IDcrm} from "../interfaces/IDcrm.sol";
import {FusionKeys} from "../src/FusionKeys.sol";
import {MockDcrm} from "./utils/MockDcrm.sol";
import {Test} from "./utils/Vm.sol";

/// @dev Library calls from outside, so that their reverts can be seen.
contract Collector {
    function collect(uint64 request) external returns (bytes memory) {
        return FusionKeys.collect(request);
    }
}

contract FusionKeysTest is Test {
    MockDcrm private dcrm;
    Collector private collector;

    function setUp() public {
        vm.etch(address(FusionKeys.DCRM), address(new MockDcrm()).code);
        dcrm = MockDcrm(address(FusionKeys.DCRM));
        collector = new Collector();
    }

    function test_dcrm_should_be_at_its_fixed_address() public pure {
        assertEq(address(FusionKeys.DCRM), 0x00000000000000000000000000000000f5020000, "precompile");
    }

    function test_tag_should_be_the_hash_of_what_the_chain_tags_with() public pure {
        assertEq(uint256(FusionKeys.TAG), uint256(sha256("Fusion/account/message/1")), "tag");
    }

    function test_account_should_be_the_address_and_twelve_bytes_when_it_is_ethereums() public pure {
        bytes32 account = FusionKeys.accountOf(0xf24FF3a9CF04c71Dbc94D0b566f7A27B94566cac);
        uint256 expected = 0xf24ff3a9cf04c71dbc94d0b566f7a27b94566caceeeeeeeeeeeeeeeeeeeeeeee;
        assertEq(uint256(account), expected, "account");
    }

    // The same as in the chain's own test.
    function test_digest_should_be_the_chains_when_genesis_account_and_message_are_the_same() public pure {
        bytes32 genesis = bytes32(uint256(type(uint256).max) / 0xff);
        bytes32 account = bytes32(uint256(type(uint256).max) / 0xff * 2);
        uint256 expected = 0xc43defa9d51614411ef21391695bb27b116e4cf05cec417e754048db26bbfde3;
        assertEq(uint256(FusionKeys.digest(genesis, account, "pay the bearer")), expected, "digest");
    }

    function testFuzz_digest_should_differ_when_the_message_does(bytes memory message, bytes1 more) public pure {
        bytes32 one = FusionKeys.digest(0, 0, message);
        bytes32 other = FusionKeys.digest(0, 0, abi.encodePacked(message, more));
        assertTrue(one != other, "another message");
    }

    function test_collect_should_give_the_signature_and_forget_the_request_when_it_is_signed() public {
        bytes memory signature = abi.encodePacked(uint256(1), uint256(2));
        dcrm.set(7, IDcrm.State.Signed, signature);
        assertEq(uint256(keccak256(collector.collect(7))), uint256(keccak256(signature)), "signature");
        (IDcrm.State state,) = dcrm.signatureOf(7);
        assertTrue(state == IDcrm.State.None, "forgotten");
        assertEq(dcrm.forgotBy(7), address(collector), "by who asked");
    }

    function test_collect_should_revert_when_the_request_is_open_or_unknown() public {
        dcrm.set(1, IDcrm.State.Open, "");
        for (uint64 request = 1; request < 3; request++) {
            (bool success, bytes memory reason) = address(collector).call(abi.encodeCall(Collector.collect, (request)));
            assertTrue(!success, "reverts");
            bytes memory expected = abi.encodeWithSelector(FusionKeys.NotSigned.selector, request);
            assertEq(uint256(keccak256(reason)), uint256(keccak256(expected)), "reason");
        }
        assertEq(dcrm.forgotBy(1), address(0), "it stays");
    }
}
