// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "../interfaces/IERC20.sol";
import {FusionAssets} from "../src/FusionAssets.sol";
import {FalseToken, GarbageToken, MockAssetMapping, MockToken, SilentToken, TalkingToken} from "./utils/Mocks.sol";
import {Test} from "./utils/Vm.sol";

/// @dev Library calls from outside, so that their reverts can be seen.
contract Caller {
    using FusionAssets for IERC20;

    function transfer(IERC20 token, address to, uint256 value) external {
        token.safeTransfer(to, value);
    }

    function transferFrom(IERC20 token, address from, address to, uint256 value) external {
        token.safeTransferFrom(from, to, value);
    }

    function approve(IERC20 token, address spender, uint256 value) external {
        token.safeApprove(spender, value);
    }
}

contract FusionAssetsTest is Test {
    Caller private caller;
    MockToken private token;

    function setUp() public {
        caller = new Caller();
        token = new MockToken();
    }

    // Addresses.

    function test_mapped_should_match_the_precompile_when_given_an_asset_id() public pure {
        address zero = 0x0000000000000000000000000000000001200000;
        assertEq(address(FusionAssets.mapped(0)), zero, "asset 0");
        address one = 0x0000000100000000000000000000000001200000;
        assertEq(address(FusionAssets.mapped(1)), one, "asset 1");
        address bytesInOrder = 0x0102030400000000000000000000000001200000;
        assertEq(address(FusionAssets.mapped(0x01020304)), bytesInOrder, "asset 0x01020304");
        address last = 0xFfFffFFf00000000000000000000000001200000;
        assertEq(address(FusionAssets.mapped(type(uint32).max)), last, "last asset");
    }

    function test_assetMapping_should_be_at_its_fixed_address() public pure {
        assertEq(
            address(FusionAssets.ASSET_MAPPING), 0x00000000000000000000000000000000f5030000, "asset mapping precompile"
        );
    }

    function testFuzz_mapped_should_encode_the_id_as_the_precompile_reads_it(uint32 assetId) public pure {
        bytes20 raw = bytes20(address(FusionAssets.mapped(assetId)));
        assertEq(uint32(bytes4(raw)), assetId, "bytes 0 to 3");
        assertEq(uint96(bytes12(raw << 32)), 0, "bytes 4 to 15");
        assertEq(uint32(bytes4(raw << 128)), 0x01200000, "bytes 16 to 19");
    }

    function testFuzz_assetIdOf_should_invert_mapped(uint32 assetId) public pure {
        (bool isMapped, uint32 found) = FusionAssets.assetIdOf(address(FusionAssets.mapped(assetId)));
        assertTrue(isMapped, "is mapped");
        assertEq(found, assetId, "asset id");
    }

    function testFuzz_assetIdOf_should_refuse_other_addresses(address other) public pure {
        vm.assume(uint128(uint160(other)) != 0x01200000);
        (bool isMapped,) = FusionAssets.assetIdOf(other);
        assertTrue(!isMapped, "is not mapped");
    }

    function test_bitcoin_should_be_what_the_precompile_says() public {
        vm.etch(address(FusionAssets.ASSET_MAPPING), address(new MockAssetMapping(token)).code);
        assertEq(address(FusionAssets.bitcoin()), address(token), "token");
    }

    // Transfers.

    function testFuzz_safeTransfer_should_move_exactly_the_value(address to, uint256 supply, uint256 value) public {
        vm.assume(to != address(caller) && value <= supply);
        token.mint(address(caller), supply);
        caller.transfer(token, to, value);
        assertEq(token.balanceOf(to), value, "received");
        assertEq(token.balanceOf(address(caller)), supply - value, "kept");
    }

    function testFuzz_safeTransferFrom_should_use_the_allowance(uint128 supply, uint128 allowed, uint128 value) public {
        address from = address(0xA);
        token.mint(from, supply);
        vm.prank(from);
        token.approve(address(caller), allowed);
        bool fails = value > allowed || value > supply;
        if (fails) vm.expectRevert(abi.encodeWithSelector(FusionAssets.TokenCallFailed.selector, token));
        caller.transferFrom(token, from, address(0xB), value);
        assertEq(token.balanceOf(address(0xB)), fails ? 0 : value, "received");
        assertEq(token.allowance(from, address(caller)), fails ? allowed : allowed - value, "allowance");
    }

    function testFuzz_safeApprove_should_set_the_allowance(uint256 value) public {
        caller.approve(token, address(0xB), value);
        assertEq(token.allowance(address(caller), address(0xB)), value, "allowance");
    }

    function test_safeTransfer_should_revert_when_the_token_reverts_without_a_reason() public {
        vm.expectRevert(abi.encodeWithSelector(FusionAssets.TokenCallFailed.selector, token));
        caller.transfer(token, address(0xB), 1);
    }

    function test_safeTransfer_should_pass_the_reason_on_when_there_is_one() public {
        IERC20 talking = IERC20(address(new TalkingToken()));
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Token: closed today"));
        caller.transfer(talking, address(0xB), 1);
    }

    function test_safeTransfer_should_revert_when_the_token_returns_false() public {
        _expectFailure(address(new FalseToken()));
    }

    function test_safeTransfer_should_revert_when_the_token_returns_no_boolean() public {
        _expectFailure(address(new GarbageToken()));
    }

    function test_safeTransfer_should_revert_when_there_is_no_contract() public {
        _expectFailure(address(0xDEAD));
    }

    function test_safeTransfer_should_succeed_when_the_token_returns_nothing() public {
        caller.transfer(IERC20(address(new SilentToken())), address(0xB), 1);
    }

    function _expectFailure(address broken) private {
        vm.expectRevert(abi.encodeWithSelector(FusionAssets.TokenCallFailed.selector, broken));
        caller.transfer(IERC20(broken), address(0xB), 1);
    }
}
