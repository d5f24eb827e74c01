// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deposit} from "./Deposit.sol";
import {Schnorr} from "./Schnorr.sol";
import {Transfers} from "./Transfers.sol";
import {Batch, Order, Payout, VaultTypes} from "./VaultTypes.sol";

/// @title Holds native coin and ERC-20s for a key group of Fusion
/// @notice Nobody owns it, and its code cannot be changed. Coins leave it by what the group's key has signed
/// (BIP-340), which anybody may bring, and by nothing else.
///
/// - Anybody: `execute` a batch, `order`, `sweep` deposit addresses, `retry` a payment that failed,
///   `activate` a new key whose time has come.
/// - Who was not paid: `claim`.
/// - The group, by an order: `rotate`, `cancelRotation`, `pause`, `acceptToken`, `recall`.
contract Vault {
    /// @notice No signature of the key over this.
    error WrongSignature();
    /// @notice `key` cannot be a key: see `Schnorr`.
    error NotAKey(uint256 key);
    /// @notice It was signed in another epoch than the present one.
    error WrongEpoch(uint64 signed, uint64 present);
    /// @notice Its deadline has passed.
    error Expired(uint64 deadline);
    /// @notice The number was used.
    error AlreadyExecuted(uint64 id);
    /// @notice Another order is the next one.
    error WrongNonce(uint64 signed, uint64 next);
    /// @notice There are too many payments in the batch.
    error TooManyPayouts(uint256 count);
    /// @notice The fee is above what this vault ever pays.
    error FeeTooHigh(uint128 fee, uint128 most);
    /// @notice The fee could not be paid to `to`.
    error FeeNotPaid(address to);
    /// @notice With so little gas a payment might fail that would not with enough of it.
    error TooLittleGas(uint256 left, uint256 needed);
    /// @notice That direction is paused.
    error IsPaused(uint8 directions);
    /// @notice Only an order does this.
    error NotTheGroup(address caller);
    /// @notice Only who was to be paid claims.
    error NotThePayee(address caller);
    /// @notice No such payment has failed, or it was settled meanwhile.
    error NotUnpaid(uint64 batch, uint256 index);
    /// @notice It failed again.
    error StillFails(address asset, address to);
    /// @notice The token is not on the list.
    error TokenNotAccepted(address token);
    /// @notice Not all that left the deposit address has arrived (a fee on transfers), or the token failed.
    error WrongSum(address token, uint256 left, uint256 arrived);
    /// @notice No key is waiting, or its time has not come.
    error NothingToActivate(uint256 pendingKey, uint64 activeFrom);
    /// @notice The delay of the constructor is too long.
    error DelayTooLong(uint64 delay);
    /// @notice A call came in again before the first one was done.
    error Reentered();

    /// @notice Native coin came in: from a deposit address (see also `Deposited`), or from anybody.
    event Received(address indexed from, uint256 amount);
    /// @notice `amount` of `asset` (zero: native coin) came in from the deposit address of `salt`.
    event Deposited(bytes32 indexed salt, address indexed asset, uint256 amount);
    /// @notice A payment was made.
    event Paid(uint64 indexed batch, uint256 index, address indexed asset, address indexed to, uint128 amount);
    /// @notice A payment failed, and is kept for its payee.
    event Unpaid(uint64 indexed batch, uint256 index, address indexed asset, address indexed to, uint128 amount);
    /// @notice A payment that had failed was made, to `receiver`.
    event Claimed(uint64 indexed batch, uint256 index, address receiver);
    /// @notice The group has taken a payment back that had failed: it is made no more, and is given back on Fusion.
    event Recalled(uint64 indexed batch, uint256 index);
    /// @notice All payments of a batch were made, or noted as unpaid.
    event Executed(uint64 indexed batch, uint128 fee, address feeTo);
    /// @notice An order was executed.
    event Ordered(uint64 indexed nonce);
    /// @notice A new key can be activated at `activeFrom` (Unix time).
    event RotationStarted(uint256 key, uint64 epoch, uint64 activeFrom);
    /// @notice The key that was waiting will not become the vault's.
    event RotationCancelled(uint256 key);
    /// @notice The vault has a new key.
    event Rotated(uint256 key, uint64 epoch);
    /// @notice What is paused now.
    event PauseChanged(uint8 directions);
    /// @notice Whether a token is swept.
    event TokenAccepted(address indexed token, bool accepted);

    /// @notice Most payments in a batch. Even if all of them use all gas that they may and fail, the batch
    /// fits into a transaction (2^24 gas, EIP-7825).
    uint256 public constant MAX_PAYOUTS = 50;
    /// @notice Gas for a recipient of native coin, which may be a contract.
    uint256 public constant NATIVE_GAS = 50_000;
    /// @notice Gas for a token's `transfer`.
    uint256 public constant TOKEN_GAS = 200_000;
    /// @notice Longest delay of a rotation.
    uint64 public constant MAX_DELAY = 30 days;
    /// @notice For `pause`: `execute`, `claim`, `retry`.
    uint8 public constant PAUSE_OUT = 1;
    /// @notice For `pause`: `sweep`.
    uint8 public constant PAUSE_IN = 2;
    /// @dev What a call costs before the recipient's gas is counted (a new account, value, cold access).
    uint256 private constant CALL_GAS = 45_000;

    /// @notice Hash of the code that deposit addresses are deployed with.
    bytes32 public constant DEPOSIT_CODE_HASH = keccak256(type(Deposit).creationCode);
    /// @notice Seconds from an order to rotate to the new key's activation.
    uint64 public immutable ROTATION_DELAY;
    /// @notice The highest fee of a batch, in wei.
    uint128 public immutable MAX_FEE;

    /// @notice The key: the x-coordinate of the group's output key for this vault.
    uint256 public key;
    /// @notice The key that is waiting, or zero.
    uint256 public pendingKey;
    /// @notice Counts keys, from 0.
    uint64 public epoch;
    /// @notice Number of the next order.
    uint64 public nextOrder;
    /// @notice When the key that is waiting can be activated (Unix time).
    uint64 public activeFrom;
    /// @notice What is paused: the sum of `PAUSE_OUT` and `PAUSE_IN`.
    uint8 public paused;
    /// @notice Tokens that are swept.
    mapping(address token => bool) public accepted;
    /// @notice Of each asset, what payments that failed add up to.
    mapping(address asset => uint256) public totalUnpaid;
    /// @dev A bit for each batch.
    mapping(uint256 word => uint256) private _executed;
    /// @dev Hashes of payments that failed.
    mapping(uint64 batch => mapping(uint256 index => bytes32)) private _unpaid;
    bool private transient _entered;

    modifier nonReentrant() {
        _enter();
        _;
        _entered = false;
    }

    modifier onlyGroup() {
        _onlyGroup();
        _;
    }

    /// @param key_ x-coordinate of the group's key.
    /// @param rotationDelay Seconds between the order to rotate and the new key's power, at most `MAX_DELAY`.
    /// @param maxFee The highest fee of a batch, in wei.
    constructor(uint256 key_, uint64 rotationDelay, uint128 maxFee) {
        if (!Schnorr.isKey(key_)) revert NotAKey(key_);
        if (rotationDelay > MAX_DELAY) revert DelayTooLong(rotationDelay);
        key = key_;
        ROTATION_DELAY = rotationDelay;
        MAX_FEE = maxFee;
        emit Rotated(key_, 0);
    }

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    // --- Out ---------------------------------------------------------------------------------------

    /// @notice Makes the payments of a batch. One that fails is kept for its payee, and does not keep the
    /// others from being made.
    /// @param batch What the group has signed.
    /// @param signature The key's signature over `digestOf(batch)`.
    /// @param feeTo Who is paid the fee. Zero: nobody is.
    function execute(Batch calldata batch, Schnorr.Signature calldata signature, address feeTo) external nonReentrant {
        _notPaused(PAUSE_OUT);
        uint256 count = batch.payouts.length;
        if (count > MAX_PAYOUTS) revert TooManyPayouts(count);
        if (batch.fee > MAX_FEE) revert FeeTooHigh(batch.fee, MAX_FEE);
        if (isExecuted(batch.id)) revert AlreadyExecuted(batch.id);
        _check(batch.epoch, batch.deadline, VaultTypes.digest(batch, address(this)), signature);

        _executed[batch.id >> 8] |= _bit(batch.id);
        for (uint256 i = 0; i < count; ++i) {
            _payOrKeep(batch.id, i, batch.payouts[i]);
        }
        uint128 fee = feeTo == address(0) ? 0 : batch.fee;
        if (fee > 0 && !Transfers.pay(address(0), feeTo, fee, gasleft())) revert FeeNotPaid(feeTo);
        emit Executed(batch.id, fee, feeTo);
    }

    /// @notice Pays the caller what could not be paid to it, to an address of its choice.
    /// @param batch Number of the batch.
    /// @param index Place of the payment in the batch, from 0.
    /// @param payout The payment.
    /// @param receiver Who gets it.
    function claim(uint64 batch, uint256 index, Payout calldata payout, address receiver) external nonReentrant {
        if (msg.sender != payout.to) revert NotThePayee(msg.sender);
        _settle(batch, index, payout, receiver);
    }

    /// @notice Tries again to make a payment that failed, with all the gas that the caller gives.
    /// @param batch Number of the batch.
    /// @param index Place of the payment in the batch, from 0.
    /// @param payout The payment.
    function retry(uint64 batch, uint256 index, Payout calldata payout) external nonReentrant {
        _settle(batch, index, payout, payout.to);
    }

    // --- In ----------------------------------------------------------------------------------------

    /// @notice Collects what is at deposit addresses. Those that have nothing are passed over.
    /// @param salts Their salts.
    /// @param asset An accepted token, or zero for native coin.
    /// @return sum What came in.
    function sweep(bytes32[] calldata salts, address asset) external nonReentrant returns (uint256 sum) {
        _notPaused(PAUSE_IN);
        if (asset != address(0) && !accepted[asset]) revert TokenNotAccepted(asset);
        for (uint256 i = 0; i < salts.length; ++i) {
            sum += _sweep(salts[i], asset);
        }
    }

    /// @notice The deposit address of a salt (EIP-1014). Anybody can compute it without asking.
    function depositAddress(bytes32 salt) public view returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", address(this), salt, DEPOSIT_CODE_HASH));
        return address(uint160(uint256(hash)));
    }

    // --- The group's orders ------------------------------------------------------------------------

    /// @notice Does what the group has signed: a call of one of the functions below.
    /// @param order_ The order.
    /// @param signature The key's signature over `digestOf(order_)`.
    function order(Order calldata order_, Schnorr.Signature calldata signature) external {
        if (order_.nonce != nextOrder) revert WrongNonce(order_.nonce, nextOrder);
        _check(order_.epoch, order_.deadline, VaultTypes.digest(order_, address(this)), signature);
        nextOrder = order_.nonce + 1;
        (bool success, bytes memory result) = address(this).call(order_.call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        emit Ordered(order_.nonce);
    }

    /// @notice Order: another key shall become the vault's, after the delay.
    /// @param newKey Its x-coordinate.
    /// @param proof Its own signature over `keyDigest(epoch + 1, newKey)`: it exists, and can sign.
    function rotate(uint256 newKey, Schnorr.Signature calldata proof) external onlyGroup {
        if (!Schnorr.isKey(newKey)) revert NotAKey(newKey);
        if (!Schnorr.verify(newKey, keyDigest(epoch + 1, newKey), proof)) revert WrongSignature();
        pendingKey = newKey;
        activeFrom = uint64(block.timestamp) + ROTATION_DELAY;
        emit RotationStarted(newKey, epoch + 1, activeFrom);
    }

    /// @notice Order: the key that is waiting shall not become the vault's.
    function cancelRotation() external onlyGroup {
        emit RotationCancelled(pendingKey);
        pendingKey = 0;
        activeFrom = 0;
    }

    /// @notice Order: pauses directions, and lets those go on that are not named.
    /// @param directions A sum of `PAUSE_OUT` and `PAUSE_IN`.
    function pause(uint8 directions) external onlyGroup {
        paused = directions;
        emit PauseChanged(directions);
    }

    /// @notice Order: sweeps a token from now on, or does so no more.
    function acceptToken(address token, bool accept) external onlyGroup {
        accepted[token] = accept;
        emit TokenAccepted(token, accept);
    }

    /// @notice Order: a payment that failed is not made any more.
    /// @param batch Number of the batch.
    /// @param index Place of the payment in the batch, from 0.
    /// @param payout The payment.
    function recall(uint64 batch, uint256 index, Payout calldata payout) external onlyGroup {
        _forget(batch, index, payout);
        emit Recalled(batch, index);
    }

    /// @notice Gives the key that is waiting its power, once the delay is over. What the old one has signed
    /// and nobody brought is void.
    function activate() external {
        // Days, or at least minutes, are not decided by the seconds that validators may choose.
        // forge-lint: disable-next-line(block-timestamp)
        if (pendingKey == 0 || block.timestamp < activeFrom) revert NothingToActivate(pendingKey, activeFrom);
        key = pendingKey;
        epoch += 1;
        pendingKey = 0;
        activeFrom = 0;
        emit Rotated(key, epoch);
    }

    // --- Views -------------------------------------------------------------------------------------

    /// @notice Whether a batch of that number was executed.
    function isExecuted(uint64 id) public view returns (bool) {
        return _executed[id >> 8] & _bit(id) != 0;
    }

    /// @notice Whether that payment failed, and was not settled since.
    function isUnpaid(uint64 batch, uint256 index, Payout calldata payout) public view returns (bool) {
        return _unpaid[batch][index] == VaultTypes.hash(payout);
    }

    /// @notice What the key signs for a batch.
    function digestOf(Batch calldata batch) external view returns (bytes32) {
        return VaultTypes.digest(batch, address(this));
    }

    /// @notice What the key signs for an order.
    function digestOf(Order calldata order_) external view returns (bytes32) {
        return VaultTypes.digest(order_, address(this));
    }

    /// @notice What a new key signs, to become the one of epoch `newEpoch`.
    function keyDigest(uint64 newEpoch, uint256 newKey) public view returns (bytes32) {
        return VaultTypes.keyDigest(newEpoch, newKey, address(this));
    }

    // --- Work --------------------------------------------------------------------------------------

    /// @dev Whether the key has signed `digest`, in this epoch, and not too long ago.
    function _check(uint64 signedIn, uint64 deadline, bytes32 digest, Schnorr.Signature calldata signature)
        private
        view
    {
        if (signedIn != epoch) revert WrongEpoch(signedIn, epoch);
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp > deadline) revert Expired(deadline);
        if (!Schnorr.verify(key, digest, signature)) revert WrongSignature();
    }

    /// @dev Makes a payment, or notes that it failed. It may not fail for want of the gas that whoever
    /// brought the batch has kept: a call gets at most 63/64 of what is left (EIP-150).
    function _payOrKeep(uint64 batch, uint256 index, Payout calldata payout) private {
        (address asset, address to, uint128 amount) = (payout.asset, payout.to, payout.amount);
        uint256 limit = asset == address(0) ? NATIVE_GAS : TOKEN_GAS;
        uint256 needed = limit * 64 / 63 + CALL_GAS;
        if (gasleft() < needed) revert TooLittleGas(gasleft(), needed);

        if (Transfers.pay(asset, to, amount, limit)) {
            emit Paid(batch, index, asset, to, amount);
        } else {
            _unpaid[batch][index] = VaultTypes.hash(payout);
            totalUnpaid[asset] += amount;
            emit Unpaid(batch, index, asset, to, amount);
        }
    }

    function _settle(uint64 batch, uint256 index, Payout calldata payout, address receiver) private {
        _notPaused(PAUSE_OUT);
        _forget(batch, index, payout);
        if (!Transfers.pay(payout.asset, receiver, payout.amount, gasleft())) {
            revert StillFails(payout.asset, receiver);
        }
        emit Claimed(batch, index, receiver);
    }

    function _forget(uint64 batch, uint256 index, Payout calldata payout) private {
        if (!isUnpaid(batch, index, payout)) revert NotUnpaid(batch, index);
        delete _unpaid[batch][index];
        totalUnpaid[payout.asset] -= payout.amount;
    }

    function _sweep(bytes32 salt, address asset) private returns (uint256 amount) {
        address from = depositAddress(salt);
        amount = Transfers.balanceOf(asset, from);
        if (amount == 0) return 0;
        if (from.code.length == 0) new Deposit{salt: salt}();

        uint256 before = Transfers.balanceOf(asset, address(this));
        bool moved = Transfers.callToken(from, abi.encode(asset, amount), gasleft());
        uint256 afterwards = Transfers.balanceOf(asset, address(this));
        uint256 arrived = afterwards > before ? afterwards - before : 0;
        if (!moved || arrived != amount) revert WrongSum(asset, amount, arrived);
        emit Deposited(salt, asset, amount);
    }

    /// @dev The bit of a batch in its word.
    function _bit(uint64 id) private pure returns (uint256) {
        uint256 one = 1;
        return one << (id & 0xff);
    }

    function _notPaused(uint8 direction) private view {
        if (paused & direction != 0) revert IsPaused(paused);
    }

    function _enter() private {
        if (_entered) revert Reentered();
        _entered = true;
    }

    function _onlyGroup() private view {
        if (msg.sender != address(this)) revert NotTheGroup(msg.sender);
    }
}
