//! How members reach each other.
//!
//! A [`Transport`] carries bytes to a member and brings bytes back; what the other side receives is an
//! [`Inbound`]. [`crate::network`] does it over libp2p, [`Loopback`] within one process.

use std::{collections::HashMap, sync::Arc, time::Duration};

use fusion_dcrm_primitives::MemberId;
use futures::channel::{mpsc, oneshot};
use parking_lot::Mutex;

/// Why a request got no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
	/// Nobody knows where the member is.
	#[error("member {0} has not announced where it is reached")]
	Unknown(MemberId),
	/// It could not be reached, or did not answer.
	#[error("{0}")]
	Failed(String),
}

/// Carries requests to members.
#[async_trait::async_trait]
pub trait Transport: Send + Sync + 'static {
	/// Send `payload` to a member, and wait for its reply.
	async fn request(&self, to: &MemberId, payload: Vec<u8>) -> Result<Vec<u8>, TransportError>;
}

/// A request that has arrived.
#[derive(Debug)]
pub struct Inbound {
	/// The members who may speak from where it came.
	pub from: Vec<MemberId>,
	/// The request.
	pub payload: Vec<u8>,
	/// Where the reply goes. Dropped if there is none.
	pub answer: oneshot::Sender<Vec<u8>>,
}

/// What becomes of a message. For tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
	/// It arrives.
	#[default]
	Deliver,
	/// It is lost, and its sender learns that at once.
	Drop,
	/// It arrives late.
	Delay(Duration),
	/// It arrives with one byte changed.
	Corrupt,
}

/// Decides what becomes of a request: (from, to, payload).
pub type Faults = dyn Fn(&MemberId, &MemberId, &[u8]) -> Fate + Send + Sync;

#[derive(Default)]
struct Hub {
	members: HashMap<MemberId, mpsc::Sender<Inbound>>,
	faults: Option<Arc<Faults>>,
}

/// Connects members that live in one process: for a development chain, and for tests.
#[derive(Clone, Default)]
pub struct Loopback {
	hub: Arc<Mutex<Hub>>,
}

/// One member's end of a [`Loopback`].
pub struct LoopbackTransport {
	hub: Arc<Mutex<Hub>>,
	me: MemberId,
}

/// How many requests may wait for one member.
const LOOPBACK_QUEUE: usize = 256;

impl Loopback {
	/// Nobody is connected yet.
	pub fn new() -> Self {
		Self::default()
	}

	/// Connect a member. A member that was connected already is replaced (it restarted).
	pub fn join(&self, me: MemberId) -> (LoopbackTransport, mpsc::Receiver<Inbound>) {
		let (sender, receiver) = mpsc::channel(LOOPBACK_QUEUE);
		self.hub.lock().members.insert(me.clone(), sender);
		(LoopbackTransport { hub: self.hub.clone(), me }, receiver)
	}

	/// For tests: from now on, `faults` decides what becomes of every request.
	pub fn set_faults(&self, faults: Option<Arc<Faults>>) {
		self.hub.lock().faults = faults;
	}
}

#[async_trait::async_trait]
impl Transport for LoopbackTransport {
	async fn request(
		&self,
		to: &MemberId,
		mut payload: Vec<u8>,
	) -> Result<Vec<u8>, TransportError> {
		let (target, faults) = {
			let hub = self.hub.lock();
			(hub.members.get(to).cloned(), hub.faults.clone())
		};
		let mut target = target.ok_or_else(|| TransportError::Unknown(to.clone()))?;
		match faults.map(|decide| decide(&self.me, to, &payload)).unwrap_or_default() {
			Fate::Deliver => {},
			Fate::Drop => return Err(TransportError::Failed("the message was lost".into())),
			Fate::Delay(delay) => tokio::time::sleep(delay).await,
			Fate::Corrupt => {
				let middle = payload.len() / 2;
				if let Some(byte) = payload.get_mut(middle) {
					*byte ^= 1;
				}
			},
		}
		let (answer, reply) = oneshot::channel();
		target
			.try_send(Inbound { from: vec![self.me.clone()], payload, answer })
			.map_err(|_| TransportError::Failed("the member is gone or overloaded".into()))?;
		reply.await.map_err(|_| TransportError::Failed("the member did not answer".into()))
	}
}
