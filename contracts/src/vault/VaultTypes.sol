// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One payment of a batch.
/// @param asset The ERC-20, or zero for native coin.
/// @param to Who is paid.
/// @param amount How much, in the asset's smallest unit.
struct Payout {
    address asset;
    address to;
    uint128 amount;
}

/// @notice Payments that the key group has signed.
/// @param id Its number. One batch with a number is executed, whatever else was signed with it.
/// @param epoch The key that signed: see `Vault.epoch`.
/// @param deadline Last second (Unix time) at which it can be executed.
/// @param fee What whoever brings it earns, in native coin.
/// @param payouts The payments; none at all uses the number up.
struct Batch {
    uint64 id;
    uint64 epoch;
    uint64 deadline;
    uint128 fee;
    Payout[] payouts;
}

/// @notice Something that the key group tells the vault itself.
/// @param nonce Number of the order: they are executed one after the other.
/// @param epoch The key that signed.
/// @param deadline Last second (Unix time) at which it can be executed.
/// @param call Calldata of one of the vault's functions that only orders reach.
struct Order {
    uint64 nonce;
    uint64 epoch;
    uint64 deadline;
    bytes call;
}

/// @title What a key group signs for a vault
/// @notice EIP-712 structures. Their digest is the message of the BIP-340 signature.
library VaultTypes {
    bytes32 internal constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant NAME = keccak256("Fusion Vault");
    bytes32 internal constant VERSION = keccak256("1");
    bytes32 internal constant PAYOUT_TYPE = keccak256("Payout(address asset,address to,uint128 amount)");
    bytes32 internal constant BATCH_TYPE = keccak256(
        "Batch(uint64 id,uint64 epoch,uint64 deadline,uint128 fee,Payout[] payouts)Payout(address asset,address to,uint128 amount)"
    );
    bytes32 internal constant ORDER_TYPE = keccak256("Order(uint64 nonce,uint64 epoch,uint64 deadline,bytes call)");
    bytes32 internal constant KEY_TYPE = keccak256("Key(uint64 epoch,uint256 key)");

    /// @notice Chain and vault that a signature is for. It is computed each time: a fork of the chain has
    /// another chain id.
    function domain(address vault) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, NAME, VERSION, block.chainid, vault));
    }

    /// @notice What the key signs for a batch.
    function digest(Batch calldata batch, address vault) internal view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](batch.payouts.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = hash(batch.payouts[i]);
        }
        bytes32 payouts = keccak256(abi.encodePacked(hashes));
        return
            _typed(keccak256(abi.encode(BATCH_TYPE, batch.id, batch.epoch, batch.deadline, batch.fee, payouts)), vault);
    }

    /// @notice What the key signs for an order.
    function digest(Order calldata order, address vault) internal view returns (bytes32) {
        return _typed(
            keccak256(abi.encode(ORDER_TYPE, order.nonce, order.epoch, order.deadline, keccak256(order.call))), vault
        );
    }

    /// @notice What a new key signs to show that it can.
    /// @param epoch The first epoch of the key.
    /// @param key Its x-coordinate.
    function keyDigest(uint64 epoch, uint256 key, address vault) internal view returns (bytes32) {
        return _typed(keccak256(abi.encode(KEY_TYPE, epoch, key)), vault);
    }

    /// @notice EIP-712's hash of a payment, by which the vault also remembers those that failed.
    function hash(Payout calldata payout) internal pure returns (bytes32) {
        return keccak256(abi.encode(PAYOUT_TYPE, payout.asset, payout.to, payout.amount));
    }

    function _typed(bytes32 structure, address vault) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain(vault), structure));
    }
}
