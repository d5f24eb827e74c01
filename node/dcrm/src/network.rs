//! Members over libp2p: the request-response protocol [`PROTOCOL`].
//!
//! A member is reached at the peer id that it announced on chain ([`PeerBook`]). Requests of peers that
//! no member of our groups has announced are dropped unread, and each peer may have only so many
//! requests under way. Streams are encrypted and authenticated by libp2p; that a message is really the
//! member's is checked by its signature, in [`crate::wire`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use fusion_dcrm_primitives::{MemberId, PeerIdBytes};
use futures::{
	channel::{mpsc, oneshot},
	stream::FuturesUnordered,
	StreamExt,
};
use parking_lot::RwLock;
use sc_network::{
	request_responses::{IncomingRequest, OutgoingResponse},
	IfDisconnected, NetworkBackend, NetworkRequest, ProtocolName, ReputationChange,
};
use sc_network_types::PeerId;
use sp_runtime::traits::Block as BlockT;

use crate::{
	metrics::{reason, Metrics},
	transport::{Inbound, Transport, TransportError},
	wire::{MAX_MESSAGE, PROTOCOL},
	NETWORK,
};

/// How long a request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How many requests may wait to be looked at. When it is full, the network drops further ones.
const INBOUND_QUEUE: usize = 256;
/// Most requests of one peer that are under way.
const MAX_UNDER_WAY: usize = 32;
/// What a request of a peer costs that no member has announced.
const STRANGER: ReputationChange = ReputationChange::new(-(1 << 10), "not a DCRM member");
/// What a request costs that was not answered: it was malformed, forged or repeated.
const UNANSWERED: ReputationChange = ReputationChange::new(-(1 << 8), "bad DCRM request");

/// The protocol's configuration for `net_config.add_request_response_protocol`, and the queue that its
/// requests come in by, for [`serve`].
pub fn protocol_config<B, N>(
) -> (N::RequestResponseProtocolConfig, async_channel::Receiver<IncomingRequest>)
where
	B: BlockT,
	N: NetworkBackend<B, <B as BlockT>::Hash>,
{
	let (sender, receiver) = async_channel::bounded(INBOUND_QUEUE);
	let size = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
	let config = N::request_response_config(
		ProtocolName::from(PROTOCOL),
		Vec::new(),
		size,
		size,
		REQUEST_TIMEOUT,
		Some(sender),
	);
	(config, receiver)
}

/// Where the members of our groups are reached, as finalized state says.
#[derive(Clone, Default)]
pub struct PeerBook {
	book: Arc<RwLock<Book>>,
}

#[derive(Default)]
struct Book {
	peers: HashMap<MemberId, PeerId>,
	members: HashMap<PeerId, Vec<MemberId>>,
}

impl PeerBook {
	/// Replace all entries. Peer ids that are malformed are left out.
	pub fn replace(&self, entries: impl IntoIterator<Item = (MemberId, PeerIdBytes)>) {
		let mut new = Book::default();
		for (member, bytes) in entries {
			if let Ok(peer) = PeerId::from_bytes(&bytes) {
				new.members.entry(peer).or_default().push(member.clone());
				new.peers.insert(member, peer);
			}
		}
		*self.book.write() = new;
	}

	/// Where a member is reached.
	pub fn peer(&self, member: &MemberId) -> Option<PeerId> {
		self.book.read().peers.get(member).copied()
	}

	/// Which members are reached at a peer.
	pub fn members_at(&self, peer: &PeerId) -> Vec<MemberId> {
		self.book.read().members.get(peer).cloned().unwrap_or_default()
	}
}

/// Carries requests over libp2p.
pub struct NetworkTransport<N: ?Sized> {
	network: Arc<N>,
	peers: PeerBook,
}

impl<N: ?Sized> NetworkTransport<N> {
	/// Over this network, to the peers in this book.
	pub fn new(network: Arc<N>, peers: PeerBook) -> Self {
		Self { network, peers }
	}
}

#[async_trait::async_trait]
impl<N> Transport for NetworkTransport<N>
where
	N: NetworkRequest + Send + Sync + ?Sized + 'static,
{
	async fn request(&self, to: &MemberId, payload: Vec<u8>) -> Result<Vec<u8>, TransportError> {
		let peer = self.peers.peer(to).ok_or_else(|| TransportError::Unknown(to.clone()))?;
		self.network
			.request(peer, ProtocolName::from(PROTOCOL), payload, None, IfDisconnected::TryConnect)
			.await
			.map(|(reply, _)| reply)
			.map_err(|error| TransportError::Failed(error.to_string()))
	}
}

/// Hand requests that come in over libp2p to the member, and its replies back. What is refused is counted. Ends when
/// the network or the member does.
pub async fn serve(
	queue: async_channel::Receiver<IncomingRequest>,
	peers: PeerBook,
	mut member: mpsc::Sender<Inbound>,
	metrics: Metrics,
) {
	let mut under_way: HashMap<PeerId, usize> = HashMap::new();
	let mut answers = FuturesUnordered::new();
	loop {
		tokio::select! {
			request = queue.recv() => {
				let Ok(IncomingRequest { peer, payload, pending_response }) = request else {
					return;
				};
				let from = peers.members_at(&peer);
				if from.is_empty() {
					log::debug!(target: NETWORK, "request of {peer} dropped: not a member");
					metrics.refused(reason::STRANGER);
					refuse(pending_response, vec![STRANGER]);
					continue;
				}
				let count = under_way.entry(peer).or_default();
				if *count >= MAX_UNDER_WAY {
					log::debug!(target: NETWORK, "request of {peer} dropped: too many at once");
					metrics.refused(reason::TOO_MANY);
					refuse(pending_response, Vec::new());
					continue;
				}
				let (answer, reply) = oneshot::channel();
				match member.try_send(Inbound { from, payload, answer }) {
					Ok(()) => {
						*count = count.saturating_add(1);
						answers.push(async move { (peer, pending_response, reply.await) });
					},
					Err(error) if error.is_disconnected() => return,
					Err(_) => {
						metrics.refused(reason::BUSY);
						refuse(pending_response, Vec::new());
					},
				}
			},
			Some((peer, pending_response, reply)) = answers.next(), if !answers.is_empty() => {
				if let Some(count) = under_way.get_mut(&peer) {
					*count = count.saturating_sub(1);
					if *count == 0 {
						under_way.remove(&peer);
					}
				}
				match reply {
					Ok(payload) => respond(pending_response, Ok(payload), Vec::new()),
					Err(_) => refuse(pending_response, vec![UNANSWERED]),
				}
			},
		}
	}
}

fn refuse(to: oneshot::Sender<OutgoingResponse>, reputation_changes: Vec<ReputationChange>) {
	respond(to, Err(()), reputation_changes);
}

fn respond(
	to: oneshot::Sender<OutgoingResponse>,
	result: Result<Vec<u8>, ()>,
	reputation_changes: Vec<ReputationChange>,
) {
	// The peer may be gone by now: then nobody waits for the response.
	let _ = to.send(OutgoingResponse { result, reputation_changes, sent_feedback: None });
}

#[cfg(test)]
mod tests;
