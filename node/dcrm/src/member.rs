//! One member: its part in all of its groups. A state machine without I/O.

use std::{collections::BTreeMap, sync::Arc};

use fusion_dcrm_primitives::{
	Attempt, Epoch, GroupId, GroupState, GroupView, MemberId, Phase, Purpose, RequestId,
	SigningRequest,
};
use log::Level;
use sp_core::H256;

use crate::{
	duty::Duty,
	effect::{millis, Effect, Effects, Millis, Timing},
	keygen::{index_of, Ceremony, KeygenError},
	signing::{MessageCheck, Signer},
	store::ShareRecord,
	wire::{Body, Kind, Session},
	KEYGEN, SIGNING,
};

/// One of a member's groups.
struct Group {
	view: GroupView,
	keygen: Option<Ceremony>,
	signer: Option<Signer>,
	/// The attempt whose share was looked for in the store.
	looked_up: Option<Attempt>,
	/// The handover of the group's key.
	next: Next,
	/// What we owe the chain besides.
	duty: Duty,
}

/// Our part in a handover.
#[derive(Default)]
struct Next {
	ceremony: Option<Ceremony>,
	/// Signs the test message with the new share.
	signer: Option<Signer>,
	/// The attempt whose share was looked for in the store, to sign with it.
	looked_up: Option<Attempt>,
}

impl Group {
	/// The ceremony that this attempt is of.
	fn ceremony(&mut self, attempt: Attempt) -> Option<&mut Ceremony> {
		self.keygen
			.iter_mut()
			.chain(self.next.ceremony.iter_mut())
			.find(|ceremony| ceremony.attempt() == attempt)
	}

	/// The signer whose share is of this attempt: nobody else answers what is said with such shares.
	fn signer_of(&mut self, attempt: Attempt) -> Option<&mut Signer> {
		self.signers().find(|signer| signer.attempt() == attempt)
	}

	fn ceremonies(&mut self) -> impl Iterator<Item = &mut Ceremony> {
		self.keygen.iter_mut().chain(self.next.ceremony.iter_mut())
	}

	fn signers(&mut self) -> impl Iterator<Item = &mut Signer> {
		self.signer.iter_mut().chain(self.next.signer.iter_mut())
	}
}

/// What a member has to do and has in store, for people to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
	/// Phases of the ceremonies that it takes part in.
	pub ceremonies: Vec<Phase>,
	/// Signing requests that are open.
	pub open_requests: usize,
	/// Nonces that others have committed to in advance for it.
	pub precommitments_held: usize,
	/// Nonces that it has committed to in advance for others.
	pub precommitments_given: usize,
	/// The groups that it can sign for, and the epochs that its shares are of.
	pub epochs: Vec<(GroupId, Epoch)>,
}

/// Whether the view shows a member, or somebody who will be one.
fn shows(view: &GroupView, member: &MemberId) -> bool {
	let next = view.handover.iter().flat_map(|handover| &handover.members);
	view.members.iter().chain(next).any(|other| other == member)
}

/// One member's part in all of its groups.
pub struct Member {
	genesis: H256,
	me: MemberId,
	check: Arc<dyn MessageCheck>,
	timing: Timing,
	groups: BTreeMap<GroupId, Group>,
	out: Effects,
}

impl Member {
	/// The member `me` of the chain with this genesis hash.
	pub fn new(genesis: H256, me: MemberId, check: Arc<dyn MessageCheck>, timing: Timing) -> Self {
		Self { genesis, me, check, timing, groups: BTreeMap::new(), out: Effects::default() }
	}

	/// Who it is.
	pub fn id(&self) -> &MemberId {
		&self.me
	}

	/// What it has to do, and has in store.
	pub fn status(&self) -> Status {
		let mut status = Status::default();
		for (id, group) in &self.groups {
			let ceremonies = group.keygen.iter().chain(group.next.ceremony.iter());
			status.ceremonies.extend(ceremonies.filter_map(Ceremony::phase));
			if group.signer.is_some() {
				status.epochs.push((*id, group.view.epoch));
			}
			for signer in group.signer.iter().chain(group.next.signer.iter()) {
				let (held, given) = signer.precommitments();
				let Status { open_requests, precommitments_held, precommitments_given, .. } =
					&mut status;
				*open_requests = open_requests.saturating_add(signer.open_requests());
				*precommitments_held = precommitments_held.saturating_add(held);
				*precommitments_given = precommitments_given.saturating_add(given);
			}
		}
		status
	}

	/// What is to be done since this was last asked.
	pub fn take_effects(&mut self) -> Vec<Effect> {
		let mut effects = self.out.take();
		for group in self.groups.values_mut() {
			effects.extend(group.ceremonies().flat_map(Ceremony::take_effects));
			effects.extend(group.signers().flat_map(Signer::take_effects));
		}
		effects
	}

	/// The finalized block `block` shows these groups: those that are the member's, and those of which it has
	/// shares.
	pub fn on_groups(&mut self, views: Vec<GroupView>, block: u32, now: Millis) {
		self.groups.retain(|id, _| views.iter().any(|view| view.id == *id));
		for view in views {
			if view.state == GroupState::Active {
				// Shares of epochs that are over, and of attempts that failed, are of no use to anybody but a thief.
				// Those of attempts that are yet to come stay: a node that syncs anew sees old blocks first.
				let next = view.handover.as_ref().map(|handover| handover.attempt);
				let keep = [view.attempt].into_iter().chain(next).collect();
				self.out.push(Effect::Erase(view.id, view.attempts, keep));
			}
			if view.state == GroupState::Failed || !shows(&view, &self.me) {
				self.groups.remove(&view.id);
			} else {
				self.on_group(view, block, now);
			}
		}
	}

	fn on_group(&mut self, view: GroupView, block: u32, now: Millis) {
		let group = self.groups.entry(view.id).or_insert_with(|| Group {
			view: view.clone(),
			keygen: None,
			signer: None,
			looked_up: None,
			next: Next::default(),
			duty: Duty::default(),
		});
		if group.view.attempt != view.attempt {
			// Wipes the secrets of the last attempt, or of the last epoch.
			group.keygen = None;
			group.signer = None;
			group.looked_up = None;
		}
		let attempt_of = |view: &GroupView| view.handover.as_ref().map(|next| next.attempt);
		if attempt_of(&group.view) != attempt_of(&view) {
			group.next = Next::default();
		}
		group.view = view;
		let view = &group.view;
		let begin = |ceremony: Result<Ceremony, KeygenError>, out: &mut Effects| {
			ceremony.map_err(|error| out.log(Level::Error, KEYGEN, error.to_string())).ok()
		};
		if let GroupState::Generating(_) = view.state {
			if group.keygen.is_none() {
				let keygen = Ceremony::generation(self.genesis, &self.me, view, self.timing);
				group.keygen = begin(keygen, &mut self.out);
			}
		} else {
			group.keygen = None;
		}
		if view.handover.is_some() && group.next.ceremony.is_none() {
			let handover = Ceremony::handover(self.genesis, &self.me, view, self.timing);
			group.next.ceremony = begin(handover, &mut self.out);
		}
		for ceremony in group.keygen.iter_mut().chain(group.next.ceremony.iter_mut()) {
			ceremony.on_view(view, block, now);
		}
		let (signer, pause) = (group.signer.as_ref(), millis(self.timing.say));
		for word in group.duty.on_view(view, block, &self.me, signer, pause, now) {
			self.out.push(Effect::Say(word));
		}
	}

	/// Shares that should be looked for in the store: (group, attempt). The answer goes to
	/// [`Self::on_record`].
	pub fn wanted_records(&self) -> Vec<(GroupId, Attempt)> {
		let present = self.groups.iter().filter(|(_, group)| {
			let view = &group.view;
			let unknown = group.looked_up != Some(view.attempt)
				&& index_of(&view.members, &self.me).is_some();
			let deals = group.next.ceremony.as_ref().is_some_and(Ceremony::wants_share);
			deals
				|| unknown
					&& match view.state {
						GroupState::Generating(Phase::Confirming) => {
							group.keygen.as_ref().is_some_and(|keygen| !keygen.is_stored())
						},
						GroupState::Generating(Phase::Testing) | GroupState::Active => {
							group.signer.is_none() && view.key.is_some()
						},
						_ => false,
					}
		});
		let next = self.groups.iter().filter_map(|(id, group)| {
			let handover = group.view.handover.as_ref()?;
			let receives = index_of(&handover.members, &self.me).is_some();
			let unknown = group.next.looked_up != Some(handover.attempt);
			let wanted = match handover.phase {
				Phase::Confirming => group.next.ceremony.as_ref().is_some_and(|c| !c.is_stored()),
				Phase::Testing => group.next.signer.is_none(),
				_ => false,
			};
			(receives && unknown && wanted).then_some((*id, handover.attempt))
		});
		present.map(|(id, group)| (*id, group.view.attempt)).chain(next).collect()
	}

	/// What the store has for a group's attempt.
	pub fn on_record(
		&mut self,
		id: GroupId,
		attempt: Attempt,
		result: Result<Option<ShareRecord>, String>,
		now: Millis,
	) {
		let Some(group) = self.groups.get_mut(&id) else { return };
		let next = group
			.view
			.after_handover()
			.filter(|next| next.attempt == attempt)
			.zip(group.view.handover.as_ref().map(|handover| handover.phase));
		if group.view.attempt != attempt && next.is_none() {
			return;
		}
		let record = match result {
			Ok(record) => record,
			Err(reason) => {
				let text = format!("group {id}: the stored share cannot be read: {reason}");
				self.out.log(Level::Error, SIGNING, text);
				return;
			},
		};
		let (view, phase, ceremony, signer, looked_up) = match next {
			Some((view, phase)) => {
				let Next { ceremony, signer, looked_up } = &mut group.next;
				(view, Some(phase), ceremony, signer, looked_up)
			},
			None => {
				if let Some(handover) = group.next.ceremony.as_mut() {
					handover.on_share(record.as_ref(), now);
				}
				let phase = match group.view.state {
					GroupState::Generating(phase) => Some(phase),
					GroupState::Active | GroupState::Failed => None,
				};
				let view = group.view.clone();
				(view, phase, &mut group.keygen, &mut group.signer, &mut group.looked_up)
			},
		};
		*looked_up = Some(attempt);
		if signer.is_some() {
			return;
		}
		let signs = phase != Some(Phase::Confirming);
		let Some(record) = record else {
			if signs {
				let text = format!("group {id}: no share of its key here, this node cannot sign");
				self.out.log(Level::Warn, SIGNING, text);
			}
			return;
		};
		if let Some(ceremony) = ceremony {
			ceremony.on_found(&record);
			ceremony.on_tick(now);
		}
		if !signs {
			// When the key is tested, the signer reads the share from the store again.
			*looked_up = None;
			return;
		}
		let check = self.check.clone();
		match Signer::new(self.genesis, &self.me, &view, record, check, self.timing) {
			Ok(ready) => {
				*signer = Some(ready);
				let text = format!("group {id}: ready to sign, attempt {attempt} of its key");
				self.out.log(Level::Info, SIGNING, text);
			},
			Err(error) => self.out.log(Level::Error, SIGNING, error.to_string()),
		}
	}

	/// The store is done with the share that it was given by [`Effect::Store`].
	pub fn on_stored(
		&mut self,
		id: GroupId,
		attempt: Attempt,
		result: Result<(), String>,
		now: Millis,
	) {
		let Some(group) = self.groups.get_mut(&id) else { return };
		if result.is_ok() {
			if group.view.attempt == attempt {
				group.looked_up = None;
			} else {
				group.next.looked_up = None;
			}
		}
		if let Some(ceremony) = group.ceremony(attempt) {
			ceremony.on_stored(result, now);
		}
	}

	#[cfg(test)]
	pub(crate) fn signer(&self, id: GroupId) -> Option<&Signer> {
		self.groups.get(&id)?.signer.as_ref()
	}

	/// Groups that this member can sign for.
	pub fn signing_groups(&self) -> Vec<GroupId> {
		let signs = |group: &Group| group.signer.is_some() || group.next.signer.is_some();
		self.groups.iter().filter(|(_, group)| signs(group)).map(|(id, _)| *id).collect()
	}

	/// The finalized state shows these open requests of a group; see [`Signer::on_requests`].
	pub fn on_requests(
		&mut self,
		id: GroupId,
		requests: Vec<(RequestId, SigningRequest)>,
		complete: bool,
		now: Millis,
	) {
		let Some(group) = self.groups.get_mut(&id) else { return };
		// While a key is handed over, a test is one of the new shares.
		let handover = group.view.handover.is_some();
		let (tests, others): (Vec<_>, Vec<_>) = requests
			.into_iter()
			.partition(|(_, request)| handover && request.purpose == Purpose::Test);
		if let Some(signer) = group.signer.as_mut() {
			signer.on_requests(others, complete, now);
		}
		if let Some(signer) = group.next.signer.as_mut() {
			signer.on_requests(tests, complete, now);
		}
	}

	/// Time has passed.
	pub fn on_tick(&mut self, now: Millis) {
		for group in self.groups.values_mut() {
			group.ceremonies().for_each(|ceremony| ceremony.on_tick(now));
			group.signers().for_each(|signer| signer.on_tick(now));
		}
	}

	/// Whether `other` is a member of our group `id`, or will be one.
	pub fn shares_group(&self, id: GroupId, other: &MemberId) -> bool {
		self.groups.get(&id).is_some_and(|group| shows(&group.view, other))
	}

	/// Another member asks something. Returns the reply.
	pub fn on_request(
		&mut self,
		from: &MemberId,
		id: GroupId,
		session: Session,
		body: Body,
		now: Millis,
	) -> Body {
		let Some(group) = self.groups.get_mut(&id) else {
			return Body::refused(format!("group {id} is not known here"));
		};
		if !shows(&group.view, from) {
			return Body::refused(format!("you are not a member of group {id}"));
		}
		match session {
			Session::KeyGeneration { attempt } => match group.ceremony(attempt) {
				Some(ceremony) => ceremony.on_request(from, body),
				None => Body::refused(format!("attempt {attempt} is not under way here")),
			},
			// Nobody is to blame if there is none: one of us has seen a handover end that the other has not.
			Session::Signing { request, shares, attempt } => match group.signer_of(shares) {
				Some(signer) => signer.on_request(from, request, attempt, body, now),
				None => Body::refused(format!("no share of attempt {shares} here")),
			},
			Session::Precommitting { attempt } => match group.signer_of(attempt) {
				Some(signer) => signer.on_precommit(from, body, now),
				None => Body::refused(format!("no share of attempt {attempt} here")),
			},
		}
	}

	/// The reply of another member to our request of kind `sent`, or why there is none.
	pub fn on_reply(
		&mut self,
		from: &MemberId,
		id: GroupId,
		session: Session,
		sent: Kind,
		result: Result<Body, String>,
		now: Millis,
	) {
		let Some(group) = self.groups.get_mut(&id) else { return };
		match session {
			Session::KeyGeneration { attempt } => {
				if let Some(ceremony) = group.ceremony(attempt) {
					ceremony.on_reply(from, sent, result, now);
				}
			},
			Session::Signing { request, shares, attempt } => {
				if let Some(signer) = group.signer_of(shares) {
					signer.on_reply(from, request, attempt, sent, result, now);
				}
			},
			Session::Precommitting { attempt } => {
				if let Some(signer) = group.signer_of(attempt) {
					signer.on_precommitted(from, result, now);
				}
			},
		}
	}
}
