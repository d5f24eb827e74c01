use fusion_asset_mapping_primitives::OutPoint;
use fusion_runtime::{AccountId, Hash};
use pallet_revive::frame_system::{EventRecord, Phase};

use super::*;

const OURS: IntentId = 5;
const THEIRS: IntentId = 6;
const TXID: [u8; 32] = {
	let mut txid = [0; 32];
	txid[0] = 0xab;
	txid
};
/// In the order in which explorers write it.
const SHOWN: &str = "00000000000000000000000000000000000000000000000000000000000000ab";

fn who() -> AccountId {
	[7; 32].into()
}

fn created(batch: BatchId, intents: &[IntentId]) -> MappingEvent {
	MappingEvent::BatchCreated {
		batch,
		txid: TXID,
		intents: intents.to_vec().try_into().expect("a batch has room for them"),
		fee_each: 700,
	}
}

fn signed(batch: BatchId, attempt: u32) -> MappingEvent {
	MappingEvent::BatchSigned { batch, attempt, txid: TXID }
}

fn settled(intent: IntentId) -> MappingEvent {
	MappingEvent::LockOutSettled { intent, who: who(), amount: 1, txid: TXID }
}

/// What each of the events means.
fn heard(follower: &mut Follower, events: &[MappingEvent]) -> Vec<News> {
	events.iter().filter_map(|event| follower.hear(event)).collect()
}

#[test]
fn a_lock_out_that_is_paid_is_followed_to_its_end() {
	let mut follower = Follower::new(OURS, None);
	let news = heard(
		&mut follower,
		&[
			MappingEvent::LockOutSkipped { intent: OURS, reason: SkipReason::Throttled },
			created(3, &[THEIRS, OURS]),
			signed(3, 0),
			MappingEvent::BatchReplaced { batch: 3, attempt: 1, txid: TXID, fee_each: 900 },
			signed(3, 1),
			settled(THEIRS),
			settled(OURS),
		],
	);
	let txid = SHOWN.to_string();
	assert_eq!(
		news,
		[
			News::Skipped { reason: skipped(SkipReason::Throttled).into() },
			News::Signing { batch: 3, txid: txid.clone(), fee: 700 },
			News::Broadcast { batch: 3, txid: txid.clone() },
			News::Replacing { batch: 3, txid: txid.clone(), fee: 900 },
			News::Broadcast { batch: 3, txid: txid.clone() },
			News::Paid { txid },
		]
	);
	assert!(news.iter().take(5).all(|news| !news.is_over()));
	assert!(news.last().is_some_and(News::is_over));
}

#[test]
fn what_happens_to_others_is_not_heard() {
	let mut follower = Follower::new(OURS, None);
	let outpoint = OutPoint { txid: TXID, vout: 0 };
	let news = heard(
		&mut follower,
		&[
			created(3, &[THEIRS]),
			signed(3, 0),
			MappingEvent::LockOutSkipped { intent: THEIRS, reason: SkipReason::MaxFeeTooLow },
			MappingEvent::BatchStuck { batch: 3, reason: StuckReason::NoAttemptsLeft },
			MappingEvent::LockOutReturned { intent: THEIRS },
			MappingEvent::LockOutCancelled { intent: THEIRS, who: who(), amount: 1 },
			settled(THEIRS),
			MappingEvent::DepositCredited { index: OURS, who: who(), amount: 1, outpoint },
		],
	);
	assert_eq!(news, []);
}

#[test]
fn a_lock_out_that_comes_back_leaves_its_batch_behind() {
	let mut follower = Follower::new(OURS, Some(3));
	let news = heard(
		&mut follower,
		&[
			MappingEvent::LockOutLeftOut { intent: OURS, batch: 3, attempt: 1 },
			MappingEvent::LockOutReturned { intent: OURS },
			// The other attempts of that batch do not matter any more.
			signed(3, 2),
			created(4, &[OURS]),
			signed(4, 0),
		],
	);
	assert!(
		matches!(
			news.as_slice(),
			[
				News::LeftOut { batch: 3 },
				News::Returned,
				News::Signing { batch: 4, .. },
				News::Broadcast { batch: 4, .. }
			]
		),
		"{news:?}"
	);
}

#[test]
fn a_lock_out_ends_when_it_is_cancelled_and_not_when_the_chain_halts() {
	let mut follower = Follower::new(OURS, None);
	let news = heard(
		&mut follower,
		&[
			MappingEvent::Halted { reason: HaltReason::CoinGone },
			MappingEvent::Resumed,
			MappingEvent::LockOutCancelled { intent: OURS, who: who(), amount: 1 },
		],
	);
	let over: Vec<_> = news.iter().map(News::is_over).collect();
	assert_eq!(over, [false, false, true]);
}

#[test]
fn the_events_of_a_block_are_heard_up_to_the_end() {
	let record = |event: RuntimeEvent| EventRecord::<RuntimeEvent, Hash> {
		phase: Phase::Initialization,
		event,
		topics: vec![],
	};
	let upgrade = || {
		record(
			frame_system::Event::<fusion_runtime::Runtime>::CodeUpdated { hash: Hash::zero() }
				.into(),
		)
	};
	let mut follower = Follower::new(OURS, Some(3));
	let (news, is_upgraded) = follower.hear_block(vec![
		record(signed(3, 0).into()),
		upgrade(),
		record(signed(3, 1).into()),
	]);
	assert_eq!(news.len(), 2);
	assert!(is_upgraded);
	let (news, is_upgraded) = follower.hear_block(vec![
		record(settled(OURS).into()),
		record(MappingEvent::Resumed.into()),
		upgrade(),
	]);
	assert_eq!(news, [News::Paid { txid: SHOWN.into() }]);
	assert!(!is_upgraded);
}

#[test]
fn news_are_written_for_people_and_for_programs() {
	let paid = News::Paid { txid: SHOWN.into() };
	assert_eq!(
		paid.to_string(),
		format!("paid: transaction {SHOWN} is confirmed, and the mapped coins are burnt")
	);
	assert_eq!(
		serde_json::to_value(&paid).expect("it is JSON"),
		serde_json::json!({ "state": "paid", "txid": SHOWN })
	);
	let signing = News::Signing { batch: 3, txid: SHOWN.into(), fee: 700 };
	assert_eq!(
		serde_json::to_value(&signing).expect("it is JSON"),
		serde_json::json!({ "state": "signing", "batch": 3, "txid": SHOWN, "fee": 700 })
	);
	assert!(signing.to_string().starts_with("signing: batch 3 "));
}
