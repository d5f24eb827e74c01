use fusion_dcrm_primitives::PeerIdBytes;
use sc_network::RequestFailure;
use substrate_prometheus_endpoint::Registry;

use super::*;
use crate::tests::{counted, world::members};

fn bytes(peer: &PeerId) -> PeerIdBytes {
	peer.to_bytes().try_into().unwrap()
}

struct Served {
	queue: async_channel::Sender<IncomingRequest>,
	inbound: mpsc::Receiver<Inbound>,
	peer: PeerId,
	member: MemberId,
	registry: Registry,
}

impl Served {
	/// How many requests were refused for this reason.
	fn refused(&self, reason: &str) -> f64 {
		counted(&self.registry, "fusion_dcrm_refused_total", reason)
	}
}

/// [`serve`] in the background, with one member in the book.
fn served() -> Served {
	let (_, ids) = members(1);
	let member = ids[0].clone();
	let peer = PeerId::random();
	let peers = PeerBook::default();
	peers.replace([(member.clone(), bytes(&peer))]);
	let (queue, receiver) = async_channel::bounded(INBOUND_QUEUE);
	let (sender, inbound) = mpsc::channel(INBOUND_QUEUE);
	let registry = Registry::new();
	tokio::spawn(serve(receiver, peers, sender, Metrics::new(Some(&registry))));
	Served { queue, inbound, peer, member, registry }
}

async fn ask(served: &Served, peer: PeerId) -> oneshot::Receiver<OutgoingResponse> {
	let (pending_response, response) = oneshot::channel();
	let request = IncomingRequest { peer, payload: vec![1, 2, 3], pending_response };
	served.queue.send(request).await.unwrap();
	response
}

#[tokio::test]
async fn request_should_reach_the_member_and_be_answered_when_its_peer_is_a_members() {
	let mut served = served();
	let response = ask(&served, served.peer).await;
	let inbound = served.inbound.next().await.unwrap();
	assert_eq!(inbound.from, vec![served.member.clone()]);
	assert_eq!(inbound.payload, vec![1, 2, 3]);
	inbound.answer.send(vec![4]).unwrap();
	let response = response.await.unwrap();
	assert_eq!(response.result, Ok(vec![4]));
	assert!(response.reputation_changes.is_empty());
}

#[tokio::test]
async fn request_should_be_dropped_when_its_peer_is_a_stranger() {
	let mut served = served();
	let response = ask(&served, PeerId::random()).await.await.unwrap();
	assert_eq!(response.result, Err(()));
	assert_eq!(response.reputation_changes, vec![STRANGER]);
	assert!(served.inbound.try_next().is_err(), "the member must not see it");
	assert_eq!(served.refused("stranger"), 1.0);
}

#[tokio::test]
async fn request_should_cost_reputation_when_the_member_does_not_answer_it() {
	let mut served = served();
	let response = ask(&served, served.peer).await;
	drop(served.inbound.next().await.unwrap());
	assert_eq!(response.await.unwrap().reputation_changes, vec![UNANSWERED]);
}

#[tokio::test]
async fn requests_should_be_bounded_when_one_peer_sends_many() {
	let mut served = served();
	let mut responses = Vec::new();
	for _ in 0..MAX_UNDER_WAY {
		responses.push(ask(&served, served.peer).await);
	}
	let refused = ask(&served, served.peer).await.await.unwrap();
	assert_eq!(refused.result, Err(()));
	assert_eq!(served.refused("too_many"), 1.0);
	// As soon as one is answered there is room again.
	served.inbound.next().await.unwrap().answer.send(vec![4]).unwrap();
	assert_eq!(responses.remove(0).await.unwrap().result, Ok(vec![4]));
	let _waiting = ask(&served, served.peer).await;
	for _ in 0..MAX_UNDER_WAY {
		served.inbound.next().await.unwrap();
	}
}

#[tokio::test]
async fn another_peer_should_be_served_when_one_has_too_many_requests_under_way() {
	let (_, ids) = members(2);
	let (greedy, modest) = (PeerId::random(), PeerId::random());
	let peers = PeerBook::default();
	peers.replace([(ids[0].clone(), bytes(&greedy)), (ids[1].clone(), bytes(&modest))]);
	let (queue, receiver) = async_channel::bounded(INBOUND_QUEUE);
	let (sender, inbound) = mpsc::channel(INBOUND_QUEUE);
	let registry = Registry::new();
	tokio::spawn(serve(receiver, peers, sender, Metrics::new(Some(&registry))));
	let member = ids[1].clone();
	let mut served = Served { queue, inbound, peer: greedy, member, registry };
	let mut waiting = Vec::new();
	for _ in 0..MAX_UNDER_WAY * 2 {
		waiting.push(ask(&served, greedy).await);
	}
	let response = ask(&served, modest).await;
	// What the greedy one may have under way comes first, and then the other's.
	for _ in 0..MAX_UNDER_WAY {
		assert_eq!(served.inbound.next().await.unwrap().from, vec![ids[0].clone()]);
	}
	let inbound = served.inbound.next().await.unwrap();
	assert_eq!(inbound.from, vec![served.member.clone()]);
	inbound.answer.send(vec![9]).unwrap();
	assert_eq!(response.await.unwrap().result, Ok(vec![9]));
	assert_eq!(served.refused("too_many"), MAX_UNDER_WAY as f64);
}

#[test]
fn peer_book_should_leave_out_malformed_peer_ids_when_it_is_replaced() {
	let (_, ids) = members(2);
	let peer = PeerId::random();
	let peers = PeerBook::default();
	let malformed: PeerIdBytes = vec![0xff; 10].try_into().unwrap();
	peers.replace([(ids[0].clone(), bytes(&peer)), (ids[1].clone(), malformed)]);
	assert_eq!(peers.peer(&ids[0]), Some(peer));
	assert_eq!(peers.members_at(&peer), vec![ids[0].clone()]);
	assert_eq!(peers.peer(&ids[1]), None);
	peers.replace([]);
	assert_eq!(peers.peer(&ids[0]), None);
	assert!(peers.members_at(&peer).is_empty());
}

/// A network in which every peer echoes, except that nobody else is there.
struct Echo(PeerId);

#[async_trait::async_trait]
impl NetworkRequest for Echo {
	async fn request(
		&self,
		target: PeerId,
		protocol: ProtocolName,
		request: Vec<u8>,
		_: Option<(Vec<u8>, ProtocolName)>,
		_: IfDisconnected,
	) -> Result<(Vec<u8>, ProtocolName), RequestFailure> {
		if target == self.0 && &*protocol == PROTOCOL {
			Ok((request, protocol))
		} else {
			Err(RequestFailure::NotConnected)
		}
	}

	fn start_request(
		&self,
		_: PeerId,
		_: ProtocolName,
		_: Vec<u8>,
		_: Option<(Vec<u8>, ProtocolName)>,
		_: oneshot::Sender<Result<(Vec<u8>, ProtocolName), RequestFailure>>,
		_: IfDisconnected,
	) {
	}
}

#[tokio::test]
async fn transport_should_reach_members_when_they_are_in_the_book() {
	let (_, ids) = members(3);
	let (here, gone) = (PeerId::random(), PeerId::random());
	let peers = PeerBook::default();
	peers.replace([(ids[0].clone(), bytes(&here)), (ids[1].clone(), bytes(&gone))]);
	let transport = NetworkTransport::new(Arc::new(Echo(here)), peers);
	assert_eq!(transport.request(&ids[0], vec![7]).await, Ok(vec![7]));
	assert!(matches!(transport.request(&ids[1], vec![7]).await, Err(TransportError::Failed(_))));
	assert_eq!(
		transport.request(&ids[2], vec![7]).await,
		Err(TransportError::Unknown(ids[2].clone()))
	);
}
