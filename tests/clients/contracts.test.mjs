// Contracts that others wrote, deployed as they are: OpenZeppelin's upgradeable ERC-20 behind its
// proxies, and Uniswap v2 as Uniswap compiled it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
	Contract,
	ContractFactory,
	getCreate2Address,
	Interface,
	JsonRpcProvider,
	keccak256,
	NonceManager,
	parseEther,
	solidityPackedKeccak256,
	Wallet,
	ZeroAddress,
} from 'ethers';

import { ADDRESSES, KEYS } from './lib/accounts.mjs';
import { artifact, shipped } from './lib/artifacts.mjs';
import { ethereumEndpoint } from './lib/node.mjs';

const ME = ADDRESSES.dorothy;
const FOREVER = 2n ** 40n;
// ERC-1967: where proxies keep what they run and who may change it.
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
const ADMIN_SLOT = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103';

/**
 * Asks for half as much gas again as is estimated, as wallets do: a swap in a later second than the
 * estimate's writes the price accumulators as well.
 */
class CarefulProvider extends JsonRpcProvider {
	async estimateGas(transaction) {
		return ((await super.estimateGas(transaction)) * 3n) / 2n;
	}
}

let endpoint, provider, wallet;

async function mined(sent) {
	const receipt = await (await sent).wait(1, 60_000);
	assert.equal(receipt.status, 1);
	return receipt;
}

async function deploy({ abi, bytecode }, ...args) {
	const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...args);
	await mined(Promise.resolve(contract.deploymentTransaction()));
	return contract;
}

/** A call that must revert with `reason`: words, an error's name, or null for nothing at all. */
async function reverts(promise, reason) {
	const error = await promise.then(
		() => assert.fail(`expected a revert: ${reason}`),
		(error) => error,
	);
	assert.equal(error.code, 'CALL_EXCEPTION', error.message);
	if (reason === null) {
		assert.ok(error.data === null || error.data === '0x', `reverted with ${error.data}`);
	} else {
		const words = error.revert?.name === 'Error' ? error.reason : error.revert?.name;
		assert.equal(words, reason);
	}
}

async function addressIn(contract, slot) {
	const word = await provider.getStorage(contract, slot);
	return `0x${word.slice(-40)}`;
}

const lower = async (contract) => (await contract.getAddress()).toLowerCase();

before(async () => {
	endpoint = await ethereumEndpoint();
	provider = new CarefulProvider(endpoint.ethUrl, undefined, { cacheTimeout: -1 });
	provider.pollingInterval = 100;
	wallet = new NonceManager(new Wallet(KEYS.dorothy, provider));
});

after(async () => {
	provider?.destroy();
	await endpoint?.stop();
});

test('OpenZeppelin ERC-20 behind a UUPS proxy is upgraded and keeps its state', async () => {
	const v1 = await artifact('UpgradeableToken');
	const v2 = await artifact('UpgradeableToken', 'UpgradeableTokenV2');
	const supply = parseEther('500');
	const first = await deploy(v1);
	const start = new Interface(v1.abi).encodeFunctionData('initialize', ['Up', 'UPP', supply]);
	const proxy = await deploy(await artifact('ERC1967Proxy'), first, start);
	const token = new Contract(proxy, v2.abi, wallet);
	assert.equal(await addressIn(proxy, IMPLEMENTATION_SLOT), await lower(first));

	assert.equal(await token.version(), 1n);
	assert.equal(await token.symbol(), 'UPP');
	await mined(token.transfer(ADDRESSES.ethan, parseEther('20')));
	await reverts(token.mint.staticCall(ME, 1n), null);
	await reverts(token.initialize.staticCall('Again', 'AGN', 1n), 'InvalidInitialization');
	await reverts(first.initialize.staticCall('Bare', 'BAR', 1n), 'InvalidInitialization');

	const second = await deploy(v2);
	const stranger = token.connect(new Wallet(KEYS.ethan, provider));
	const upgrade = [await second.getAddress(), '0x'];
	await reverts(stranger.upgradeToAndCall.staticCall(...upgrade), 'OwnableUnauthorizedAccount');
	const receipt = await mined(token.upgradeToAndCall(...upgrade));
	const upgraded = receipt.logs.map((log) => token.interface.parseLog(log)?.name);
	assert.deepEqual(upgraded, ['Upgraded']);
	assert.equal(await addressIn(proxy, IMPLEMENTATION_SLOT), await lower(second));

	assert.equal(await token.version(), 2n);
	assert.equal(await token.balanceOf(ADDRESSES.ethan), parseEther('20'));
	assert.equal(await token.balanceOf(ME), parseEther('480'));
	await mined(token.mint(ME, parseEther('1')));
	assert.equal(await token.minted(), parseEther('1'));
	assert.equal(await token.totalSupply(), parseEther('501'));
});

test('OpenZeppelin ERC-20 behind a transparent proxy is upgraded by its admin', async () => {
	const v1 = await artifact('UpgradeableToken');
	const v2 = await artifact('UpgradeableToken', 'UpgradeableTokenV2');
	const start = new Interface(v1.abi).encodeFunctionData('initialize', ['Tr', 'TRA', 1000n]);
	// The proxy's constructor deploys its admin contract.
	const kind = await artifact('TransparentUpgradeableProxy');
	const proxy = await deploy(kind, await deploy(v1), ME, start);
	const { abi } = await artifact('ProxyAdmin');
	const admin = new Contract(await addressIn(proxy, ADMIN_SLOT), abi, wallet);
	assert.equal(await admin.owner(), ME);
	const token = new Contract(proxy, v2.abi, wallet);
	assert.equal(await token.version(), 1n);
	await mined(admin.upgradeAndCall(proxy, await deploy(v2), '0x'));
	assert.equal(await token.version(), 2n);
	assert.equal(await token.totalSupply(), 1000n);
});

test('Uniswap v2: pair created, liquidity added, swapped', async (t) => {
	const pairKind = shipped('@uniswap/v2-core/build/UniswapV2Pair.json');
	const factory = await deploy(shipped('@uniswap/v2-core/build/UniswapV2Factory.json'), ME);
	const weth = await deploy(shipped('@uniswap/v2-periphery/build/WETH9.json'));
	const router = await deploy(
		shipped('@uniswap/v2-periphery/build/UniswapV2Router02.json'),
		factory,
		weth,
	);
	const token = await artifact('Token');
	const [a, b] = [
		await deploy(token, 'A', 'A', parseEther('1000000')),
		await deploy(token, 'B', 'B', parseEther('1000000')),
	];
	await mined(a.approve(router, parseEther('1000000')));
	await mined(b.approve(router, parseEther('1000000')));

	// What the constant product gives out for `amount`, after the fee of 0.3 %.
	const output = (amount, reserveIn, reserveOut) =>
		(amount * 997n * reserveOut) / (reserveIn * 1000n + amount * 997n);
	let pair;

	await t.test('the pair is where the router computes it', async () => {
		await mined(factory.createPair(a, b));
		const address = await factory.getPair(a, b);
		assert.notEqual(address, ZeroAddress);
		const [token0, token1] = [await a.getAddress(), await b.getAddress()].sort((x, y) =>
			BigInt(x) < BigInt(y) ? -1 : 1,
		);
		// The router has this hash of the pair's init code written into it.
		const initCodeHash = keccak256(pairKind.bytecode);
		const salt = solidityPackedKeccak256(['address', 'address'], [token0, token1]);
		assert.equal(
			address,
			getCreate2Address(await factory.getAddress(), salt, initCodeHash),
		);
		pair = new Contract(address, pairKind.abi, wallet);
		assert.equal(await pair.token0(), token0);
		await reverts(factory.createPair.staticCall(a, b), 'UniswapV2: PAIR_EXISTS');
	});

	await t.test('liquidity is added', async () => {
		const [amountA, amountB] = [parseEther('400'), parseEther('900')];
		await mined(router.addLiquidity(a, b, amountA, amountB, 0, 0, ME, FOREVER));
		// sqrt(400 * 900) = 600, less the 1,000 units that are locked forever.
		assert.equal(await pair.balanceOf(ME), parseEther('600') - 1000n);
		const [reserve0, reserve1] = await pair.getReserves();
		const expected = [amountA, amountB];
		if ((await pair.token0()) !== (await a.getAddress())) expected.reverse();
		assert.deepEqual([reserve0, reserve1], expected);
	});

	await t.test('a swap gives what the constant product says', async () => {
		const amount = parseEther('10');
		const expected = output(amount, parseEther('400'), parseEther('900'));
		const path = [a, b];
		const before = await b.balanceOf(ME);
		assert.deepEqual([...(await router.getAmountsOut(amount, path))], [amount, expected]);
		const swap = router.swapExactTokensForTokens;
		await reverts(
			swap.staticCall(amount, expected + 1n, path, ME, FOREVER),
			'UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT',
		);
		await reverts(swap.staticCall(amount, 0n, path, ME, 1n), 'UniswapV2Router: EXPIRED');
		const receipt = await mined(swap(amount, expected, path, ME, FOREVER));
		assert.equal((await b.balanceOf(ME)) - before, expected);
		const events = receipt.logs.map((log) => pair.interface.parseLog(log)?.name);
		assert.deepEqual(events, ['Transfer', 'Transfer', 'Sync', 'Swap']);
	});

	await t.test('liquidity in the native coin, swaps in both directions, and out again', async () => {
		const [amountA, amountFsn] = [parseEther('1000'), parseEther('10')];
		const value = amountFsn;
		await mined(router.addLiquidityETH(a, amountA, 0, 0, ME, FOREVER, { value }));
		assert.equal(await provider.getBalance(weth), amountFsn);

		const amount = parseEther('1');
		const bought = output(amount, amountFsn, amountA);
		const before = await a.balanceOf(ME);
		const path = [weth, a];
		await mined(router.swapExactETHForTokens(bought, path, ME, FOREVER, { value: amount }));
		assert.equal((await a.balanceOf(ME)) - before, bought);

		const receiver = Wallet.createRandom().address;
		const sold = output(bought, amountA - bought, amountFsn + amount);
		await mined(
			router.swapExactTokensForETH(bought, sold, [a, weth], receiver, FOREVER),
		);
		assert.equal(await provider.getBalance(receiver), sold);

		const native = new Contract(await factory.getPair(weth, a), pairKind.abi, wallet);
		const shares = await native.balanceOf(ME);
		await mined(native.approve(router, shares));
		await mined(router.removeLiquidityETH(a, shares, 0, 0, ME, FOREVER));
		assert.equal(await native.balanceOf(ME), 0n);
		assert.equal(await native.totalSupply(), 1000n);
	});
});
