//! Tests of the exchange of packages.

use proptest::prelude::*;

use super::*;
use crate::testing::{packagers, signed_package, view, SLOT};

/// Knows one slot.
struct OneSlot(SlotView);

impl Lookup for OneSlot {
	fn now(&self) -> Slot {
		Slot::from(SLOT)
	}

	fn find(&self, context: &Context) -> Found {
		let known = self.0.context();
		if *context == known {
			Found::Slot(Box::new(self.0.clone()))
		} else if context.parent == known.parent && context.slot < known.slot {
			Found::Impossible
		} else if context.parent == H256::repeat_byte(9) {
			Found::Over
		} else {
			Found::Unknown
		}
	}
}

fn networked(view: &SlotView) -> (Exchange, mpsc::Receiver<(Context, Package)>) {
	let (outgoing, queue) = mpsc::channel(QUEUE);
	let outgoing = Mutex::new(outgoing);
	let network = Some(Wire { lookup: Box::new(OneSlot(view.clone())), outgoing });
	let collection = Mutex::new(Collection::new(view.context().genesis));
	(Exchange(Arc::new(Inner { collection, metrics: Metrics::default(), network })), queue)
}

fn package(view: &SlotView) -> Package {
	let transactions = vec![H256::repeat_byte(1), H256::repeat_byte(2)];
	signed_package(&view.context(), 0, packagers(view, 0)[0], transactions)
}

#[test]
fn message_should_say_its_package() {
	let view = view(5, 1);
	let package = package(&view);
	let message = encode(&view.context(), &package);
	assert_eq!(message[0], 1);
	assert_eq!(decode(&message), Some((view.context(), package)));
	assert_eq!(slot_of(&message), Some(Slot::from(SLOT)));
	assert!((message.len() as u64) < max_message_size());

	let mut longer = message.clone();
	longer.push(0);
	assert_eq!(decode(&longer), None);
	for length in 0..message.len() {
		assert_eq!(decode(&message[..length]), None);
	}
	let mut newer = message;
	newer[0] = 2;
	assert_eq!(decode(&newer), None);
}

#[test]
fn largest_message_should_fit() {
	let view = view(5, 1);
	let most = fusion_hhcm_primitives::package::MAX_TRANSACTIONS as usize;
	let transactions = vec![H256::repeat_byte(1); most];
	let package = signed_package(&view.context(), 0, 0, transactions);
	let message = encode(&view.context(), &package);
	assert!(message.len() as u64 <= max_message_size());
	assert!(decode(&message).is_some());
}

proptest! {
	/// No bytes panic.
	#[test]
	fn noise_should_be_no_message(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
		let _ = slot_of(&bytes);
		prop_assert_eq!(decode(&bytes), None);
	}
}

#[test]
fn names_should_differ_when_chains_do() {
	let name = protocol_name(H256::repeat_byte(0xab));
	assert_eq!(name.to_string(), format!("/{}/fusion-hhcm/1", "ab".repeat(32)));
	assert_ne!(name, protocol_name(H256::zero()));
	assert_ne!(topic(Slot::from(1u64)), topic(Slot::from(2u64)));
}

#[test]
fn exchange_should_send_what_it_is_given_when_that_is_better() {
	let view = view(5, 1);
	let context = view.context();
	let (exchange, mut queue) = networked(&view);
	exchange.open(&view);
	let package = package(&view);
	assert_eq!(exchange.give(&context, package.clone()), Verdict::Keep);
	assert_eq!(exchange.give(&context, package.clone()), Verdict::Ignore);
	assert!(exchange.is_complete(&context));
	assert_eq!(exchange.best_weight(&context, 0), Some(16));
	assert_eq!(queue.try_next().ok().flatten(), Some((context, package)));
	assert!(queue.try_next().is_err());
}

#[test]
fn exchange_should_look_up_the_slot_of_a_package() {
	let view = view(5, 1);
	let context = view.context();
	let (exchange, mut queue) = networked(&view);
	let package = package(&view);
	assert_eq!(exchange.0.receive(&context, package.clone(), true), Verdict::Keep);
	assert_eq!(exchange.best(&context).as_slice(), std::slice::from_ref(&package));
	// The gossip engine sends on what it is told to keep.
	assert!(queue.try_next().is_err());
	// What this node does not know waits.
	let unknown = Context { parent: H256::zero(), ..context };
	assert_eq!(exchange.0.receive(&unknown, package.clone(), true), Verdict::Early);
	let refused = Verdict::Refuse(Fault::TooManyEarly);
	assert_eq!(exchange.0.receive(&unknown, package.clone(), false), refused);
	// What cannot be or is over does not wait.
	let before = Context { slot: Slot::from(SLOT - 1), ..context };
	let refused = Verdict::Refuse(Fault::Impossible);
	assert_eq!(exchange.0.receive(&before, package.clone(), true), refused);
	let over = Context { parent: H256::repeat_byte(9), ..context };
	assert_eq!(exchange.0.receive(&over, package, true), Verdict::Ignore);
	assert_eq!(exchange.0.collection.lock().len(), 2);
}

#[test]
fn exchange_should_not_begin_a_slot_when_the_package_is_wrong() {
	let view = view(20, 3);
	let context = view.context();
	let (exchange, _queue) = networked(&view);
	let stranger = (0..20)
		.find(|index| view.election().package_weight(0, *index).is_none())
		.expect("not everybody may package group 0");
	let wrong = signed_package(&context, 0, stranger, vec![]);
	let refused = Verdict::Refuse(Fault::NoRight);
	assert_eq!(exchange.0.receive(&context, wrong, true), refused);
	let mut forged = package(&view);
	forged.transactions.pop();
	let refused = Verdict::Refuse(Fault::Signature);
	assert_eq!(exchange.0.receive(&context, forged, true), refused);
	assert!(!exchange.0.collection.lock().is_open(&context));
	assert!(exchange.0.collection.lock().is_empty());
	assert_eq!(exchange.0.receive(&context, package(&view), true), Verdict::Keep);
}

#[test]
fn exchange_should_lose_packages_when_the_network_is_stuck() {
	let view = view(5, 1);
	let context = view.context();
	let (exchange, mut queue) = networked(&view);
	let package = package(&view);
	for _ in 0..3 * QUEUE {
		exchange.forward(&context, package.clone());
	}
	let waiting = std::iter::from_fn(|| queue.try_next().ok().flatten()).count();
	assert!((QUEUE..=QUEUE + 1).contains(&waiting), "{waiting} wait");
}

#[test]
fn peers_should_be_counted_apart_and_anew_in_each_slot() {
	let (one, other) = (PeerId::random(), PeerId::random());
	let (now, later) = (Slot::from(SLOT), Slot::from(SLOT + 1));
	let mut early = EarlyCount::default();
	for _ in 0..MAX_EARLY_OF_PEER {
		assert!(early.may_wait(&one, now));
		early.note(one);
	}
	assert!(!early.may_wait(&one, now));
	assert!(early.may_wait(&other, now));
	assert!(early.may_wait(&one, later));
	for _ in 0..MAX_PEERS {
		let peer = PeerId::random();
		assert!(early.may_wait(&peer, later));
		early.note(peer);
	}
	assert!(!early.may_wait(&PeerId::random(), later));
}

#[test]
fn exchange_should_pass_on_what_came_early() {
	let view = view(5, 1);
	let context = view.context();
	let (exchange, mut queue) = networked(&view);
	let package = package(&view);
	exchange.0.collection.lock().receive(&context, package.clone(), context.slot);
	exchange.open(&view);
	assert_eq!(exchange.best(&context).as_slice(), std::slice::from_ref(&package));
	assert_eq!(queue.try_next().ok().flatten(), Some((context, package)));
}

#[test]
fn exchange_should_work_alone() {
	let view = view(1, 1);
	let context = view.context();
	let exchange = Exchange::alone(context.genesis, Metrics::default());
	exchange.open(&view);
	let package = package(&view);
	assert_eq!(exchange.give(&context, package.clone()), Verdict::Keep);
	assert_eq!(exchange.best(&context).as_slice(), std::slice::from_ref(&package));
	assert_eq!(exchange.0.receive(&context, package, true), Verdict::Ignore);
}

#[test]
fn faults_should_cost_more_when_they_cannot_be_mistakes() {
	assert!(cost(Fault::Malformed).value < cost(Fault::Signature).value);
	assert!(cost(Fault::Signature).value < cost(Fault::TooOld).value);
	assert!(cost(Fault::TooOld).value < 0);
}
