// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Where the precompile of key groups is.
address constant DCRM_ADDRESS = address(0xF5020000);

/// @title Keys of other chains that nobody has
/// @notice A key group of Fusion's nodes holds keys that no node has. An account, a contract above all, asks for a key
/// of its own, and has the group sign messages and Bitcoin payments with it. What is signed is always made of what the
/// caller *says* by the chain and by every node: nobody can have 32 bytes of his own choice signed, so that no signature
/// is worth anything for another key, purpose or chain.
/// @dev A precompile: state-changing functions cannot be called by delegatecall or staticcall, take no value, and act
/// for `msg.sender`, be it a contract or not. Prices and deposits are held and taken in FSN of the caller's balance, in
/// its smallest unit. Reasons to revert are strings that start with "Dcrm: ".
interface IDcrm {
    /// @notice Where a request stands.
    enum State {
        /// There is no such request, or it was forgotten.
        None,
        /// It is being signed.
        Open,
        /// The signature is there.
        Signed
    }

    /// @notice A key.
    struct Key {
        /// The 32 bytes of the account that has it; all zero if there is no such key.
        bytes32 account;
        /// The key group that signs with it.
        uint32 group;
        /// What signatures verify under (BIP-340): the x-coordinate of BIP-341's output key.
        bytes32 publicKey;
        /// The Bitcoin address of that key (pay to taproot).
        string bitcoinAddress;
    }

    /// @notice An output of a Bitcoin transaction.
    struct Payment {
        /// Satoshi.
        uint64 amount;
        /// The address that is paid, as Bitcoin wallets take it.
        string destination;
    }

    /// @notice `account` has been given a key.
    /// @param account The address that asked for it.
    /// @param key Its number.
    /// @param publicKey What its signatures verify under.
    /// @param bitcoinAddress Its Bitcoin address.
    event KeyGiven(address indexed account, uint64 indexed key, bytes32 publicKey, string bitcoinAddress);

    /// @notice `account` has asked for a signature.
    /// @param account The address that asked for it.
    /// @param key The number of the key that signs.
    /// @param request The number of the request.
    /// @param digest The 32 bytes that are signed.
    /// @param price What the signature costs.
    event SignatureRequested(
        address indexed account, uint64 indexed key, uint64 indexed request, bytes32 digest, uint256 price
    );

    /// @notice `account` has had a request forgotten.
    /// @param account The address that did.
    /// @param request The number of the request.
    event RequestForgotten(address indexed account, uint64 indexed request);

    /// @notice Asks for a key of the active key group, that is the caller's alone.
    /// @dev Holds a deposit for ever. The key stays the same when the nodes of the group change.
    /// @return key Its number.
    /// @return publicKey What its signatures verify under.
    /// @return bitcoinAddress Its Bitcoin address.
    function requestKey() external returns (uint64 key, bytes32 publicKey, string memory bitcoinAddress);

    /// @notice Asks for a signature over a message.
    /// @dev What is signed is {messageDigest} of the caller and the message. Holds a deposit until the request is
    /// forgotten, and the price until the signature is there.
    /// @param key The number of a key of the caller.
    /// @param message The message, at most 1,024 bytes.
    /// @param maxPrice Most that the caller pays.
    /// @return request The number of the request.
    /// @return digest The 32 bytes that are signed.
    function requestSignature(uint64 key, bytes calldata message, uint256 maxPrice)
        external
        returns (uint64 request, bytes32 digest);

    /// @notice Asks for a signature over a Bitcoin transaction that spends one coin of the key.
    /// @dev The transaction has version 2, lock time 0, this one input with sequence number 0xfffffffd, and the payments
    /// as its outputs, in their order; what they leave of the coin is the fee. The signature is the input's witness.
    /// Whether there is such a coin is not checked: if not, the signature is of no use.
    /// @param key The number of a key of the caller.
    /// @param txid Id of the transaction that made the coin, in the order of bytes in which it is hashed (explorers show
    /// it reversed).
    /// @param vout Number of the output in that transaction.
    /// @param amount How much the coin holds, in satoshi.
    /// @param payments What is paid: at most eight, none of which is dust.
    /// @param maxPrice Most that the caller pays for the signature, in FSN.
    /// @return request The number of the request.
    /// @return digest The 32 bytes that are signed: BIP-341's hash of the transaction.
    function requestPayment(
        uint64 key,
        bytes32 txid,
        uint32 vout,
        uint64 amount,
        Payment[] calldata payments,
        uint256 maxPrice
    ) external returns (uint64 request, bytes32 digest);

    /// @notice Has a request forgotten, whose deposit goes back to who made it: who made it can, once it is signed, and
    /// anybody, once it has expired. What was not signed is not paid.
    /// @param request The number of the request.
    function forget(uint64 request) external;

    /// @notice A key, by its number.
    /// @param key The number.
    function keyOf(uint64 key) external view returns (Key memory);

    /// @notice Where a request stands, and its signature (BIP-340, 64 bytes) once it is there.
    /// @dev Nobody is called back: poll this.
    /// @param request The number of the request.
    function signatureOf(uint64 request) external view returns (State state, bytes memory signature);

    /// @notice What is signed for a message of an account: SHA-256 of `tag ++ tag ++ genesis ++ account ++ message`, where
    /// `tag` is SHA-256 of "Fusion/account/message/1", `genesis` the hash of this chain's first block, and `account`
    /// the 32 bytes of the account.
    /// @param account The address of the account.
    /// @param message The message.
    function messageDigest(address account, bytes calldata message) external view returns (bytes32);

    /// @notice What a signature costs now, and the deposits that are held for a key and for a request.
    function prices() external view returns (uint256 signature, uint256 keyDeposit, uint256 requestDeposit);
}
