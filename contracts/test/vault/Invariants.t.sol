// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Schnorr} from "../../src/vault/Schnorr.sol";
import {Vault} from "../../src/vault/Vault.sol";
import {Batch, Order, Payout} from "../../src/vault/VaultTypes.sol";
import {MockToken} from "../utils/Mocks.sol";
import {Test} from "../utils/Vm.sol";
import {HungryPayee, MoodyPayee} from "./Actors.sol";
import {Signer} from "./Signer.sol";

/// @dev Does all that people do with a vault, in any order, and keeps its own books. It has no more power
/// than anybody, but for the group's secrets.
contract Handler is Test {
    uint256 private constant MAX_FEE = 1 ether;
    uint64 private constant DELAY = 1 hours;
    uint64 private constant NEVER = type(uint64).max;
    /// @dev Few enough for them to be used again.
    uint8 public constant SALTS = 8;

    Vault public immutable VAULT;
    MockToken public immutable TOKEN;
    address[5] public payees;
    uint256 private _secret;

    /// @dev By asset: coins sent to deposit addresses, and those among them that were swept.
    mapping(address => uint256) public deposited;
    mapping(address => uint256) public swept;
    /// @dev By asset: sums that were signed in batches which were executed; of those, what failed and is not
    /// settled; what was recalled; what was paid as fees.
    mapping(address => uint256) public signed;
    mapping(address => uint256) public unpaid;
    mapping(address => uint256) public recalled;
    mapping(address => uint256) public fees;
    /// @dev How often batches were executed.
    mapping(uint64 => uint256) public executions;
    uint256 public strangers;

    struct Failed {
        uint64 batch;
        uint256 index;
        Payout payout;
    }
    Failed[] private _failed;

    constructor() {
        _secret = 1;
        (, uint256 key) = Signer.keyOf(_secret);
        VAULT = new Vault(key, DELAY, uint128(MAX_FEE));
        TOKEN = new MockToken();
        payees = [
            address(0xB0B),
            address(new MoodyPayee()),
            address(new HungryPayee()),
            address(0xCA401),
            address(new MoodyPayee())
        ];
        _order(abi.encodeCall(VAULT.acceptToken, (address(TOKEN), true)));
    }

    // --- Anybody -----------------------------------------------------------------------------------

    function deposit(uint8 salt, bool native, uint96 amount) external {
        address to = VAULT.depositAddress(bytes32(uint256(salt % SALTS)));
        deposited[_asset(native)] += amount;
        if (!native) return TOKEN.mint(to, amount);
        vm.deal(address(this), amount);
        (bool success,) = to.call{value: amount}("");
        assertTrue(success, "deposit");
    }

    function sweep(uint8 first, uint8 second, bool native) external {
        bytes32[] memory salts = new bytes32[](2);
        (salts[0], salts[1]) = (bytes32(uint256(first % SALTS)), bytes32(uint256(second % SALTS)));
        uint256 sum = VAULT.sweep(salts, _asset(native));
        swept[_asset(native)] += sum;
    }

    function changeMood(uint8 payee, bool refuses) external {
        MoodyPayee(payable(payees[payee % 2 == 0 ? 1 : 4])).mood(refuses);
    }

    function retry(uint256 which) external {
        if (_failed.length == 0) return;
        which = which % _failed.length;
        Failed memory failed = _failed[which];
        try VAULT.retry{gas: 500_000}(failed.batch, failed.index, failed.payout) {
            _settled(which);
        } catch {}
    }

    function claim(uint256 which) external {
        if (_failed.length == 0) return;
        which = which % _failed.length;
        Failed memory failed = _failed[which];
        vm.prank(failed.payout.to);
        try VAULT.claim(failed.batch, failed.index, failed.payout, address(0xC1A1)) {
            _settled(which);
        } catch {}
    }

    /// @dev A batch, an order, and calls that the group has not signed.
    function attack(uint128 amount, uint64 id, uint256 secret, uint8 what, bytes calldata noise) external {
        Batch memory batch = _batch(id, 1, 0);
        batch.payouts[0] = Payout(address(0), address(0xBAD), amount);
        Order memory order = Order(VAULT.nextOrder(), VAULT.epoch(), NEVER, abi.encodeCall(VAULT.pause, (0)));
        secret = bound(secret, 1_000_000, type(uint256).max);
        Schnorr.Signature memory signature = Signer.sign(secret, VAULT.digestOf(batch));
        bytes memory call = abi.encodeCall(VAULT.execute, (batch, signature, address(0xBAD)));
        if (what % 4 == 1) {
            call = abi.encodeCall(VAULT.order, (order, Signer.sign(secret, VAULT.digestOf(order))));
        }
        if (what % 4 == 2) call = abi.encodeCall(VAULT.claim, (id, 0, batch.payouts[0], address(0xBAD)));
        if (what % 4 == 3) call = noise;
        vm.prank(address(0xBAD));
        (bool success,) = address(VAULT).call(call);
        // Only plain payments, and views, which change nothing.
        if (success && what % 4 != 3) strangers += 1;
    }

    // --- The group ---------------------------------------------------------------------------------

    function execute(uint64 id, uint8 count, uint96 amount, uint96 fee, uint256 choice) external {
        id = id % 64;
        fee = uint96(bound(fee, 0, MAX_FEE));
        Batch memory batch = _batch(id, count % 6, fee);
        for (uint256 i = 0; i < batch.payouts.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(choice, i)));
            batch.payouts[i] =
                Payout(_asset(draw % 2 == 0), payees[(draw >> 8) % 5], uint96(amount >> (draw >> 16) % 96));
        }
        Schnorr.Signature memory signature = Signer.sign(_secret, VAULT.digestOf(batch));
        try VAULT.execute(batch, signature, address(0xFEE)) {
            executions[id] += 1;
            fees[address(0)] += fee;
            for (uint256 i = 0; i < batch.payouts.length; ++i) {
                _executed(id, i, batch.payouts[i]);
            }
        } catch {}
    }

    function recall(uint256 which) external {
        if (_failed.length == 0) return;
        which = which % _failed.length;
        Failed memory failed = _failed[which];
        _order(abi.encodeCall(VAULT.recall, (failed.batch, failed.index, failed.payout)));
        recalled[failed.payout.asset] += failed.payout.amount;
        _settled(which);
    }

    function rotate(uint16 secret, bool cancel, uint32 time) external {
        (, uint256 key) = Signer.keyOf(secret);
        bytes32 digest = VAULT.keyDigest(VAULT.epoch() + 1, key);
        _order(abi.encodeCall(VAULT.rotate, (key, Signer.sign(secret, digest))));
        if (cancel) _order(abi.encodeCall(VAULT.cancelRotation, ()));
        vm.warp(block.timestamp + time % (2 * DELAY));
        try VAULT.activate() {
            assertTrue(!cancel, "cancelled");
            _secret = secret;
        } catch {}
    }

    function pause(uint8 directions) external {
        _order(abi.encodeCall(VAULT.pause, (directions % 2)));
    }

    function failures() external view returns (uint256) {
        return _failed.length;
    }

    function _executed(uint64 id, uint256 index, Payout memory payout) private {
        signed[payout.asset] += payout.amount;
        if (VAULT.isUnpaid(id, index, payout)) {
            unpaid[payout.asset] += payout.amount;
            _failed.push(Failed(id, index, payout));
        }
    }

    function _settled(uint256 which) private {
        Payout memory payout = _failed[which].payout;
        unpaid[payout.asset] -= payout.amount;
        _failed[which] = _failed[_failed.length - 1];
        _failed.pop();
    }

    function _order(bytes memory call) private {
        Order memory order = Order(VAULT.nextOrder(), VAULT.epoch(), NEVER, call);
        VAULT.order(order, Signer.sign(_secret, VAULT.digestOf(order)));
    }

    function _batch(uint64 id, uint256 count, uint128 fee) private view returns (Batch memory) {
        return Batch(id, VAULT.epoch(), NEVER, fee, new Payout[](count));
    }

    function _asset(bool native) private view returns (address) {
        return native ? address(0) : address(TOKEN);
    }
}

contract InvariantsTest is Test {
    Handler private handler;
    Vault private vault;
    MockToken private token;

    function setUp() public {
        handler = new Handler();
        (vault, token) = (handler.VAULT(), handler.TOKEN());
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The invariants say something only if the handler gets somewhere.
    function test_handler_should_reach_what_the_invariants_are_about() public {
        for (uint8 i = 0; i < 4; ++i) {
            handler.deposit(i, i % 2 == 0, 1 ether);
        }
        handler.sweep(0, 2, true);
        handler.sweep(1, 3, false);
        assertEq(handler.swept(address(0)), 2 ether, "native coin swept");
        assertEq(handler.swept(address(token)), 2 ether, "tokens swept");
        for (uint64 id = 0; id < 8; ++id) {
            handler.execute(id, 5, 1e16, 1000, id);
        }
        handler.execute(7, 5, 1e16, 1000, 0);
        assertEq(handler.executions(7), 1, "executed");
        assertTrue(handler.signed(address(0)) > 0 && handler.signed(address(token)) > 0, "signed");
        uint256 failures = handler.failures();
        assertTrue(failures > 2, "failures");
        handler.recall(0);
        assertEq(handler.failures(), failures - 1, "recalled");
        handler.claim(0);
        assertEq(handler.failures(), failures - 2, "claimed");
        handler.changeMood(0, false);
        handler.changeMood(1, false);
        for (uint256 i = 0; i < 8; ++i) {
            handler.retry(i);
        }
        assertTrue(handler.failures() < failures - 2, "retried");
        handler.rotate(9, false, 2 hours - 1);
        assertEq(vault.epoch(), 1, "rotated");
        handler.execute(20, 1, 1, 0, 0);
        assertEq(handler.executions(20), 1, "executed with the new key");
        invariant_vault_should_have_what_came_in_less_what_was_signed();
        invariant_deposits_should_go_to_the_vault_only();
        invariant_every_batch_should_be_executed_at_most_once();
        invariant_unpaid_sums_should_agree_with_the_books();
    }

    /// What the vault has is what was swept, less what was signed and has not failed, less fees.
    function invariant_vault_should_have_what_came_in_less_what_was_signed() public view {
        _checkSums(address(0), address(vault).balance);
        _checkSums(address(token), token.balanceOf(address(vault)));
    }

    /// Coins are in deposit addresses until they are swept: none is lost, and none goes elsewhere.
    function invariant_deposits_should_go_to_the_vault_only() public view {
        uint256 native;
        uint256 tokens;
        for (uint256 i = 0; i < handler.SALTS(); ++i) {
            address at_ = vault.depositAddress(bytes32(i));
            native += at_.balance;
            tokens += token.balanceOf(at_);
        }
        assertEq(handler.deposited(address(0)) - handler.swept(address(0)), native, "native coin at deposits");
        assertEq(handler.deposited(address(token)) - handler.swept(address(token)), tokens, "tokens at deposits");
    }

    function invariant_every_batch_should_be_executed_at_most_once() public view {
        for (uint64 id = 0; id < 64; ++id) {
            assertTrue(handler.executions(id) <= 1, "executed twice");
            assertTrue(vault.isExecuted(id) == (handler.executions(id) == 1), "books agree");
        }
    }

    function invariant_strangers_should_move_nothing() public view {
        assertEq(handler.strangers(), 0, "a stranger's call succeeded");
        assertEq(address(0xBAD).balance + token.balanceOf(address(0xBAD)), 0, "coins of a stranger");
    }

    function invariant_unpaid_sums_should_agree_with_the_books() public view {
        assertEq(vault.totalUnpaid(address(0)), handler.unpaid(address(0)), "native coin");
        assertEq(vault.totalUnpaid(address(token)), handler.unpaid(address(token)), "tokens");
    }

    function _checkSums(address asset, uint256 balance) private view {
        uint256 paid = handler.signed(asset) - handler.unpaid(asset) - handler.recalled(asset);
        assertEq(balance + paid + handler.fees(asset), handler.swept(asset), "sum");
    }
}
