use super::*;
use crate::testing::{destination, key, pay, spend, FakeBitcoin, FakeFusion};
use fusion_asset_mapping_primitives::{CoinView, OutPoint};
use tempfile::TempDir;

const K: u32 = 2;

/// A worker's world.
struct World {
	bitcoin: Arc<FakeBitcoin>,
	fusion: Arc<FakeFusion>,
	config: Config,
	now: Instant,
	worker: Worker<FakeFusion, FakeBitcoin>,
	_folder: TempDir,
}

impl World {
	fn new() -> Self {
		let folder = tempfile::tempdir().unwrap();
		let config = Config::new(Network::Regtest, folder.path().join("cursor.json"));
		let bitcoin = Arc::new(FakeBitcoin::new());
		let fusion = Arc::new(FakeFusion::new(K));
		let worker = Worker::new(fusion.clone(), bitcoin.clone(), config.clone()).unwrap();
		Self { bitcoin, fusion, config, now: Instant::now(), worker, _folder: folder }
	}

	/// A round, and the time until the next one.
	async fn round(&mut self) -> Progress {
		let progress = self.worker.round(self.now).await;
		self.now += self.config.poll;
		progress
	}

	async fn rounds(&mut self, count: u32) {
		for _ in 0..count {
			self.round().await;
		}
	}

	/// The process dies and is started again.
	fn restart(&mut self) {
		let (fusion, bitcoin) = (self.fusion.clone(), self.bitcoin.clone());
		self.worker = Worker::new(fusion, bitcoin, self.config.clone()).unwrap();
	}

	/// Numbers and amounts of the deposits that Fusion accepted.
	fn deposits(&self) -> Vec<(DepositIndex, Amount)> {
		let mut deposits: Vec<_> = self
			.fusion
			.heard()
			.iter()
			.filter_map(|o| match o {
				Observation::Deposit { index, amount, .. } => Some((*index, *amount)),
				_ => None,
			})
			.collect();
		deposits.sort_unstable();
		deposits
	}

	/// Heights at which Fusion accepted that a batch is settled.
	fn settled(&self) -> Vec<(BatchId, u32)> {
		self.fusion
			.heard()
			.iter()
			.filter_map(|o| match o {
				Observation::Settled { batch, height, .. } => Some((*batch, *height)),
				_ => None,
			})
			.collect()
	}
}

#[tokio::test]
async fn deposit_should_be_submitted_once_when_it_has_enough_confirmations() {
	let mut world = World::new();
	let index = world.fusion.watch(&key(1));
	world.round().await;
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000), (key(2), 1)])]);
	world.round().await;
	assert_eq!(world.deposits(), []);
	world.bitcoin.mine();
	world.round().await;
	assert_eq!(world.deposits(), [(index, 7_000)]);
	world.rounds(100).await;
	assert_eq!(world.fusion.submissions(), 1);
}

#[tokio::test]
async fn deposit_should_be_submitted_again_when_it_was_lost() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.0.lock().lose = 2;
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.round().await;
	assert_eq!((world.fusion.submissions(), world.deposits().len()), (1, 0));
	// Not at once: the first one may still be under way.
	world.round().await;
	assert_eq!(world.fusion.submissions(), 1);
	world.rounds(12).await;
	assert_eq!((world.fusion.submissions(), world.deposits().len()), (3, 1));
}

#[tokio::test]
async fn deposit_should_be_submitted_later_when_fusion_refuses_or_does_not_want_it_yet() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);

	world.fusion.0.lock().wants = Wanted::Never;
	world.rounds(20).await;
	assert_eq!(world.fusion.submissions(), 0);
	world.fusion.0.lock().wants = Wanted::Now;
	world.fusion.0.lock().refuses = true;
	world.rounds(20).await;
	assert!(world.fusion.submissions() > 1);
	assert_eq!(world.deposits(), []);
	world.fusion.0.lock().refuses = false;
	world.rounds(20).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn deposit_should_be_submitted_when_lock_in_goes_on_after_a_long_pause() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(50);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.fusion.0.lock().wants = Wanted::Later;
	world.rounds(3).await;
	// Many more blocks than are looked at again after a restart.
	for _ in 0..4 {
		world.bitcoin.mine_many(crate::scanner::REWIND);
		world.rounds(20).await;
	}
	assert_eq!(world.fusion.submissions(), 0);
	world.restart();
	world.rounds(20).await;
	world.restart();
	world.fusion.0.lock().wants = Wanted::Now;
	world.rounds(20).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn deposit_should_not_be_submitted_when_it_is_below_the_minimum() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.0.lock().minimum = 1_000;
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 999), (key(1), 1_000)])]);
	world.bitcoin.mine_many(K);
	world.rounds(20).await;
	assert_eq!(world.deposits(), [(0, 1_000)]);
}

#[tokio::test]
async fn deposit_should_wait_when_it_is_a_block_reward_that_cannot_be_spent_yet() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_to(&key(1), vec![]);
	world.bitcoin.mine_many(98);
	world.rounds(3).await;
	assert_eq!(world.deposits(), []);
	world.restart();
	world.bitcoin.mine();
	world.rounds(3).await;
	assert_eq!(world.deposits(), [(0, 5_000_000_000)]);
}

#[tokio::test]
async fn deposit_should_be_found_when_its_address_becomes_known_late() {
	let mut world = World::new();
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(20);
	world.rounds(3).await;
	world.fusion.watch(&key(1));
	world.round().await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn deposit_should_be_found_when_bitcoin_went_on_while_fusion_was_catching_up() {
	let mut world = World::new();
	world.bitcoin.mine_many(5);
	world.rounds(3).await;
	// The node was down for a day. Fusion has an address that it does not know of yet.
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(2 * crate::scanner::REWIND);
	world.fusion.0.lock().is_current = false;
	world.restart();
	world.rounds(20).await;
	assert_eq!(world.worker.scanner.lock().next(), Some(5), "no block was looked at");
	world.fusion.watch(&key(1));
	world.fusion.0.lock().is_current = true;
	world.rounds(3).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
	assert!(world.worker.fusion_trouble.said.is_none());
}

#[tokio::test]
async fn nothing_should_be_said_or_broadcast_when_what_fusion_says_is_old() {
	let mut world = World::new();
	let (_, coin, _) = accepted_deposit(&mut world).await;
	// Others have paid out with the coin, but this node knows of no batch.
	world.fusion.0.lock().is_current = false;
	world.fusion.sign(4, &pay(3, &[(key(9), 1)]));
	world.bitcoin.mine_with(vec![spend(coin.outpoint, &[(key(8), 1)])]);
	world.restart();
	world.rounds(40).await;
	assert_eq!((world.fusion.heard().len(), world.bitcoin.broadcasts()), (1, 0));
	assert!(world.worker.audit.is_due());
}

#[tokio::test]
async fn every_address_should_be_watched_when_they_fill_many_pages() {
	let mut world = World::new();
	world.fusion.0.lock().page = 3;
	(1..=10).for_each(|n| {
		world.fusion.watch(&key(n));
	});
	let payments = (1..=10).map(|n| pay(n.into(), &[(key(n), n.into())])).collect();
	world.bitcoin.mine_with(payments);
	world.bitcoin.mine_many(K);
	world.round().await;
	let expected: Vec<_> = (0..10).map(|n| (n, n + 1)).collect();
	assert_eq!(world.deposits(), expected);
}

#[tokio::test]
async fn round_should_end_when_pages_of_addresses_do_not_go_on() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.0.lock().destinations = vec![(5, destination(&key(1))), (3, destination(&key(2)))];
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	assert_eq!(world.round().await, Progress::Done);
	assert_eq!(world.deposits(), []);
}

#[tokio::test]
async fn other_addresses_should_be_watched_when_one_is_not_taproot() {
	let mut world = World::new();
	world.fusion.0.lock().destinations =
		vec![(0, vec![1, 2, 3].try_into().unwrap()), (1, destination(&key(1)))];
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.round().await;
	assert_eq!(world.deposits(), [(1, 7_000)]);
}

#[tokio::test]
async fn batch_should_be_broadcast_and_witnessed_when_it_is_signed() {
	let mut world = World::new();
	let payment = pay(1, &[(key(9), 1)]);
	world.fusion.sign(4, &payment);
	world.round().await;
	assert!(world.bitcoin.in_pool(payment.compute_txid()));
	// Others may have broadcast it as well, or it is broadcast again.
	world.rounds(20).await;
	assert!(world.bitcoin.broadcasts() > 1);

	world.bitcoin.mine();
	let height = world.bitcoin.tip();
	world.rounds(20).await;
	assert_eq!(world.settled(), []);
	world.bitcoin.mine();
	world.round().await;
	assert_eq!(world.settled(), [(4, height)]);
	let broadcasts = world.bitcoin.broadcasts();
	world.rounds(20).await;
	assert_eq!(world.bitcoin.broadcasts(), broadcasts);
	assert_eq!(world.fusion.submissions(), 1);
}

#[tokio::test]
async fn batch_should_be_broadcast_again_when_a_reorg_took_it_out() {
	let mut world = World::new();
	world.bitcoin.mine_many(5);
	let payment = pay(1, &[(key(9), 1)]);
	world.fusion.sign(4, &payment);
	world.round().await;
	world.bitcoin.mine();
	world.round().await;
	// The block goes, and the node does not take the transaction back into its pool.
	world.bitcoin.invalidate(world.bitcoin.tip());
	world.bitcoin.mine();
	world.rounds(10).await;
	assert!(world.bitcoin.in_pool(payment.compute_txid()));
	world.bitcoin.mine();
	let height = world.bitcoin.tip();
	world.bitcoin.mine();
	world.rounds(2).await;
	assert_eq!(world.settled(), [(4, height)]);
}

#[tokio::test]
async fn the_last_attempt_should_be_broadcast_and_any_be_witnessed_when_there_are_several() {
	let mut world = World::new();
	let spend = |fee: u64| {
		let mut t = pay(1, &[(key(9), 10_000 - fee)]);
		// The same coin.
		t.lock_time = bitcoin::absolute::LockTime::ZERO;
		t
	};
	let (first, second, third) = (spend(100), spend(200), spend(300));
	world.fusion.sign_attempt(4, 0, &first);
	world.round().await;
	assert!(world.bitcoin.in_pool(first.compute_txid()));
	world.fusion.sign_attempt(4, 1, &second);
	// One that is not signed yet does not keep the others from being broadcast.
	world.fusion.sign_attempt(4, 2, &third);
	world.fusion.0.lock().batches[2].state = BatchState::Signing;
	world.rounds(20).await;
	assert!(!world.bitcoin.in_pool(first.compute_txid()));
	assert!(world.bitcoin.in_pool(second.compute_txid()));

	// The first one is mined all the same.
	world.bitcoin.mine_with(vec![first.clone()]);
	let height = world.bitcoin.tip();
	world.rounds(10).await;
	assert_eq!(world.settled(), []);
	world.bitcoin.mine_with(vec![]);
	world.rounds(2).await;
	assert_eq!(world.settled(), [(4, height)]);
	let heard = world.fusion.heard();
	let Observation::Settled { attempt, txid, .. } = &heard[0] else { panic!("{heard:?}") };
	assert_eq!((*attempt, *txid), (0, first.compute_txid().to_byte_array()));
}

#[tokio::test]
async fn fee_rate_should_be_reported_when_fusion_wants_it_and_bitcoin_core_knows_it() {
	let mut world = World::new();
	world.fusion.0.lock().wants_fee_rate = Some(77);
	world.rounds(20).await;
	assert_eq!(world.fusion.heard(), []);
	world.bitcoin.set_fee_rate(Some(12));
	world.rounds(20).await;
	assert_eq!(world.fusion.heard(), [Observation::FeeRate { rate: 12, at: 77 }]);
}

/// Fusion has accepted a deposit. Gives the transaction, its coin and the height of its block.
async fn accepted_deposit(world: &mut World) -> (Transaction, CoinView, u32) {
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(5);
	let payment = pay(1, &[(key(1), 7_000)]);
	let height = world.bitcoin.mine_with(vec![payment.clone()]);
	world.bitcoin.mine_many(K);
	world.rounds(3).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
	let coin = CoinView {
		outpoint: OutPoint { txid: payment.compute_txid().to_byte_array(), vout: 0 },
		amount: 7_000,
		height,
		episode: 0,
		reserved: false,
	};
	world.fusion.0.lock().coins = vec![coin];
	world.rounds(20).await;
	assert!(!world.worker.audit.is_due(), "all coins are there after the start");
	(payment, coin, height)
}

#[tokio::test]
async fn coin_should_be_said_to_be_gone_and_back_when_a_deep_reorg_takes_and_returns_it() {
	let mut world = World::new();
	let (payment, coin, height) = accepted_deposit(&mut world).await;
	let tip = world.bitcoin.tip();
	world.bitcoin.invalidate(height);
	world.bitcoin.mine_many(tip - height + 1);
	world.rounds(20).await;
	assert_eq!(world.fusion.heard().len(), 1, "the new chain has to be as long first");
	world.bitcoin.mine_many(K);
	world.rounds(20).await;
	let gone = Observation::Gone { outpoint: coin.outpoint, episode: 0 };
	assert_eq!(world.fusion.heard().last(), Some(&gone));
	assert_eq!(world.fusion.0.lock().gone, [coin]);
	world.rounds(20).await;
	assert!(!world.worker.audit.is_due());

	world.bitcoin.mine_with(vec![payment]);
	world.rounds(20).await;
	assert_eq!(world.fusion.heard().last(), Some(&gone), "it has too few confirmations");
	world.bitcoin.mine();
	world.rounds(20).await;
	let back = Observation::Back { outpoint: coin.outpoint, episode: 0 };
	assert_eq!(world.fusion.heard().last(), Some(&back));
}

#[tokio::test]
async fn nothing_should_be_said_to_be_gone_when_a_deep_reorg_only_moves_it() {
	let mut world = World::new();
	let (payment, _, height) = accepted_deposit(&mut world).await;
	let tip = world.bitcoin.tip();
	world.bitcoin.invalidate(height);
	world.bitcoin.mine_many(tip - height);
	world.bitcoin.mine_with(vec![payment]);
	world.bitcoin.mine();
	world.rounds(20).await;
	assert!(world.worker.audit.is_due(), "the new chain has to grow first");
	world.bitcoin.mine_many(K);
	world.rounds(20).await;
	assert!(!world.worker.audit.is_due());
	assert_eq!(world.fusion.heard().len(), 1);
}

#[tokio::test]
async fn coin_should_be_said_to_be_gone_when_the_reorg_happened_while_the_process_was_down() {
	let mut world = World::new();
	let (_, coin, height) = accepted_deposit(&mut world).await;
	let tip = world.bitcoin.tip();
	world.bitcoin.invalidate(height);
	world.bitcoin.mine_many(tip - height + 2 * K);
	std::fs::remove_file(&world.config.cursor).unwrap();
	world.restart();
	world.rounds(40).await;
	let gone = Observation::Gone { outpoint: coin.outpoint, episode: 0 };
	assert_eq!(world.fusion.heard().last(), Some(&gone));
}

/// A signed batch that spends the coin of a deposit that Fusion has accepted. Gives the coin, the transaction, and the
/// height of the block with the deposit.
async fn batch_of_a_deposit(world: &mut World) -> (CoinView, Transaction, u32) {
	let (_, coin, height) = accepted_deposit(world).await;
	let payment = spend(coin.outpoint, &[(key(8), 1), (key(9), 2)]);
	world.fusion.sign(4, &payment);
	world.fusion.0.lock().coins[0].reserved = true;
	(coin, payment, height)
}

/// All coins are looked up anew, for as long as it takes to say twice that one is missing.
async fn look_up_again(world: &mut World) {
	world.restart();
	world.rounds(80).await;
}

#[tokio::test]
async fn coin_should_not_be_said_to_be_gone_when_a_batch_spends_it() {
	let mut world = World::new();
	let (_, payment, _) = batch_of_a_deposit(&mut world).await;
	look_up_again(&mut world).await;
	assert!(world.bitcoin.in_pool(payment.compute_txid()));
	assert_eq!(world.fusion.heard().len(), 1);
	assert!(!world.worker.audit.is_due());

	// It is in a block that has too few confirmations, and all that it pays is spent there.
	let outpoint = |vout| OutPoint { txid: payment.compute_txid().to_byte_array(), vout };
	let spent = [0, 1].map(|vout| spend(outpoint(vout), &[(key(7), 1)]));
	let [first, second] = spent;
	world.bitcoin.mine_with(vec![payment.clone(), first, second]);
	look_up_again(&mut world).await;
	assert_eq!(world.fusion.heard().len(), 1);
	assert!(!world.worker.audit.is_due());

	// It has enough of them, but Fusion does not take it yet.
	world.fusion.0.lock().wants = Wanted::Later;
	world.bitcoin.mine_with(vec![]);
	look_up_again(&mut world).await;
	assert_eq!(world.fusion.heard().len(), 1);
	assert!(!world.worker.audit.is_due());
}

#[tokio::test]
async fn coin_should_be_said_to_be_gone_when_a_batch_would_spend_it_and_cannot() {
	let mut world = World::new();
	let (coin, payment, height) = batch_of_a_deposit(&mut world).await;
	let tip = world.bitcoin.tip();
	world.bitcoin.refuse(payment.compute_txid());
	world.bitcoin.invalidate(height);
	world.bitcoin.mine_many(tip - height + 1);
	world.rounds(5).await;
	world.bitcoin.mine_many(K);
	world.rounds(80).await;
	let gone = Observation::Gone { outpoint: coin.outpoint, episode: 0 };
	assert_eq!(world.fusion.heard().last(), Some(&gone));
	world.rounds(40).await;
	assert!(!world.worker.audit.is_due());
}

#[tokio::test]
async fn coin_should_be_said_to_be_gone_when_it_was_spent_by_none_of_our_transactions() {
	let mut world = World::new();
	let (coin, _, _) = batch_of_a_deposit(&mut world).await;
	world.bitcoin.mine_with(vec![spend(coin.outpoint, &[(key(5), 6_000)])]);
	look_up_again(&mut world).await;
	let gone = Observation::Gone { outpoint: coin.outpoint, episode: 0 };
	assert_eq!(world.fusion.heard().last(), Some(&gone));
}

#[tokio::test]
async fn coin_should_not_be_said_to_be_gone_when_the_attempt_that_spends_it_is_known_late() {
	let mut world = World::new();
	let (coin, _, _) = batch_of_a_deposit(&mut world).await;
	let second = spend(coin.outpoint, &[(key(8), 1), (key(9), 1)]);
	world.bitcoin.mine_with(vec![second.clone()]);
	world.restart();
	// It is missing once.
	world.rounds(8).await;
	assert_eq!(world.worker.audit.suspects(), [coin.outpoint]);
	world.fusion.sign_attempt(4, 1, &second);
	world.rounds(80).await;
	assert_eq!(world.fusion.heard().len(), 1);
	assert!(!world.worker.audit.is_due());
}

#[tokio::test]
async fn batch_should_not_be_broadcast_when_it_is_not_what_fusion_says() {
	let mut world = World::new();
	let payment = pay(1, &[(key(9), 1)]);
	world.fusion.sign(1, &payment);
	world.fusion.0.lock().batches[0].txid = [1; 32];
	world.fusion.sign(2, &pay(2, &[(key(9), 1)]));
	world.fusion.0.lock().batches[1].transaction = Some(vec![0, 1, 2]);
	world.fusion.sign(3, &pay(3, &[(key(9), 1)]));
	world.fusion.0.lock().batches[2].state = BatchState::Signing;
	let good = pay(4, &[(key(9), 1)]);
	world.fusion.sign(4, &good);
	world.rounds(20).await;
	assert!(!world.bitcoin.in_pool(payment.compute_txid()));
	assert!(world.bitcoin.in_pool(good.compute_txid()));
	world.bitcoin.mine_with(vec![]);
	assert_eq!(world.bitcoin.invalidate(1).len(), 0);
}

#[tokio::test]
async fn batch_should_be_witnessed_when_it_was_mined_before_it_was_known() {
	let mut world = World::new();
	let payment = pay(1, &[(key(9), 1)]);
	let height = world.bitcoin.mine_with(vec![payment.clone()]);
	world.bitcoin.mine_many(30);
	world.rounds(3).await;
	world.fusion.sign(4, &payment);
	world.rounds(2).await;
	assert_eq!(world.settled(), [(4, height)]);
}

#[tokio::test]
async fn worker_should_go_on_when_bitcoin_core_comes_back() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.answer(Some(0));
	world.rounds(3).await;
	assert!(world.worker.bitcoin_trouble.said.is_some());
	let payment = pay(2, &[(key(9), 1)]);
	world.fusion.sign(4, &payment);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.rounds(3).await;
	assert_eq!(world.deposits(), []);

	world.bitcoin.answer(None);
	world.round().await;
	assert!(world.worker.bitcoin_trouble.said.is_none());
	assert_eq!(world.deposits(), [(0, 7_000)]);
	assert!(world.bitcoin.in_pool(payment.compute_txid()));
}

#[tokio::test]
async fn worker_should_do_nothing_when_bitcoin_core_is_on_another_network() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.sign(4, &pay(2, &[(key(9), 1)]));
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	for chain in ["main", "test", "testnet4", "signet", ""] {
		world.bitcoin.set_chain(chain);
		world.rounds(10).await;
	}
	assert_eq!((world.deposits(), world.bitcoin.broadcasts()), (vec![], 0));
	world.bitcoin.set_chain("regtest");
	world.round().await;
	assert_eq!((world.deposits(), world.bitcoin.broadcasts()), (vec![(0, 7_000)], 1));
}

#[tokio::test]
async fn worker_should_do_nothing_when_fusion_maps_coins_of_another_network() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.sign(4, &pay(2, &[(key(9), 1)]));
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	for network in [Network::Main, Network::Test, Network::Signet] {
		world.fusion.0.lock().network = network;
		world.rounds(10).await;
		let said = world.worker.fusion_trouble.said.as_ref().map(|(said, _)| said.as_str());
		let expected = format!(
			"Fusion maps coins of Bitcoin's network {network:?}, but this node is set to Regtest"
		);
		assert_eq!(said, Some(expected.as_str()));
	}
	assert_eq!((world.deposits(), world.bitcoin.broadcasts()), (vec![], 0));
	world.fusion.0.lock().network = Network::Regtest;
	world.round().await;
	assert_eq!((world.deposits(), world.bitcoin.broadcasts()), (vec![(0, 7_000)], 1));
}

#[tokio::test]
async fn worker_should_wait_for_the_end_of_the_chain_when_bitcoin_core_is_new() {
	let mut world = World::new();
	world.config.network = Network::Signet;
	world.fusion.0.lock().network = Network::Signet;
	world.restart();
	world.bitcoin.set_chain("signet");
	world.bitcoin.set_new(true);
	world.round().await;
	assert_eq!(world.worker.scanner.lock().next(), None);
	// Unless it was told where to start.
	world.config.start = Some(1);
	world.restart();
	world.round().await;
	assert_eq!(world.worker.scanner.lock().next(), Some(1));

	world.config.start = None;
	world.restart();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(5);
	world.bitcoin.set_new(false);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.round().await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn worker_should_go_on_when_fusion_comes_back() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.fusion.0.lock().is_up = false;
	world.rounds(3).await;
	assert!(world.worker.fusion_trouble.said.is_some());
	world.fusion.0.lock().is_up = true;
	world.round().await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn deposit_should_not_be_submitted_when_its_block_was_replaced_before_fusion_took_it() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(5);
	let height = world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.fusion.0.lock().refuses = true;
	world.rounds(10).await;

	// Another payment in a longer chain: the first one was undone.
	world.bitcoin.invalidate(height);
	world.bitcoin.mine_with(vec![pay(2, &[(key(1), 3)])]);
	world.bitcoin.mine_many(K + 3);
	world.round().await;
	world.fusion.0.lock().refuses = false;
	world.rounds(20).await;
	assert_eq!(world.deposits(), [(0, 3)]);
}

#[tokio::test]
async fn deposit_should_wait_when_its_block_lost_confirmations() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(5);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine();
	world.fusion.0.lock().refuses = true;
	world.round().await;
	world.bitcoin.invalidate(world.bitcoin.tip());
	world.fusion.0.lock().refuses = false;
	world.rounds(20).await;
	assert_eq!(world.deposits(), []);
	world.bitcoin.mine();
	world.rounds(20).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[tokio::test]
async fn worker_should_start_anew_when_its_cursor_is_damaged() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	world.round().await;
	std::fs::write(&world.config.cursor, "{").unwrap();
	world.fusion.0.lock().heard.clear();
	world.restart();
	world.rounds(2).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
	assert!(world.worker.file.load().unwrap().is_some());
}

#[tokio::test]
async fn worker_should_not_start_when_its_cursor_is_of_another_network() {
	let mut world = World::new();
	world.bitcoin.mine_many(5);
	world.round().await;
	let config = Config { network: Network::Main, ..world.config.clone() };
	let worker = Worker::new(world.fusion.clone(), world.bitcoin.clone(), config);
	assert!(matches!(worker, Err(CursorError::OtherNetwork { .. })));
}

#[tokio::test]
async fn round_should_say_that_there_is_more_when_many_blocks_are_new() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.bitcoin.mine_many(BLOCKS_PER_ROUND + 10);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	world.bitcoin.mine_many(K);
	assert_eq!(world.round().await, Progress::More);
	assert_eq!(world.round().await, Progress::Done);
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

/// A story with all that happens, in which Bitcoin Core stops answering after so many calls of each
/// chapter, and the process dies there.
async fn story(calls: u32, lose: u32) -> World {
	let mut world = World::new();
	let interrupt = |world: &mut World| world.bitcoin.answer(Some(calls));
	let go_on = |world: &mut World| {
		world.restart();
		world.bitcoin.answer(None);
	};
	world.bitcoin.mine_many(5);
	world.fusion.watch(&key(1));
	world.fusion.0.lock().lose = lose;
	interrupt(&mut world);
	world.rounds(2).await;

	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 1), (key(2), 2)])]);
	world.rounds(1).await;
	go_on(&mut world);
	world.rounds(1).await;
	interrupt(&mut world);
	world.bitcoin.mine_many(1);
	world.rounds(1).await;
	world.fusion.watch(&key(2));
	world.rounds(1).await;
	go_on(&mut world);
	world.rounds(1).await;

	interrupt(&mut world);
	let payment = pay(3, &[(key(9), 1)]);
	world.fusion.sign(4, &payment);
	world.rounds(2).await;
	go_on(&mut world);
	world.rounds(1).await;
	world.bitcoin.mine();
	interrupt(&mut world);
	world.rounds(1).await;
	// A reorg of one block, in which the batch is.
	let again = world.bitcoin.invalidate(world.bitcoin.tip());
	assert_eq!(again, [payment]);
	world.bitcoin.mine_with(vec![pay(5, &[(key(1), 5)])]);
	world.bitcoin.mine_with(again);
	world.rounds(1).await;
	go_on(&mut world);
	world.bitcoin.mine_many(K);
	interrupt(&mut world);
	world.rounds(1).await;
	go_on(&mut world);
	world.rounds(20).await;
	world
}

#[tokio::test]
async fn fusion_should_hear_everything_once_when_the_process_dies_at_any_step() {
	for calls in 0..40 {
		let lose = calls % 2;
		let world = story(calls, lose).await;
		assert_eq!(world.deposits(), [(0, 1), (0, 5), (1, 2)], "{calls} calls, {lose} lost");
		let settled: Vec<BatchId> = world.settled().iter().map(|(batch, _)| *batch).collect();
		assert_eq!(settled, [4], "{calls} calls, {lose} lost");
	}
}

#[tokio::test]
async fn nothing_should_be_lost_when_the_process_dies_before_fusion_has_heard_an_old_block() {
	let mut world = World::new();
	world.fusion.watch(&key(1));
	world.fusion.0.lock().refuses = true;
	world.bitcoin.mine_many(50);
	world.bitcoin.mine_with(vec![pay(1, &[(key(1), 7_000)])]);
	// Many more blocks than are looked at again after a restart.
	world.bitcoin.mine_many(400);
	world.rounds(5).await;
	world.restart();
	world.rounds(5).await;
	world.restart();
	world.fusion.0.lock().refuses = false;
	world.rounds(10).await;
	assert_eq!(world.deposits(), [(0, 7_000)]);
}

#[test]
fn worker_should_be_sendable_when_it_is_handed_to_an_executor() {
	fn is_send<T: Send>(_: T) {}
	let world = World::new();
	is_send(world.worker.run());
}
