//! One member: its part in all of its groups. A state machine without I/O.

use std::{collections::BTreeMap, sync::Arc};

use fusion_dcrm_primitives::{
	Attempt, GroupId, GroupState, GroupView, MemberId, Phase, RequestId, SigningRequest,
};
use log::Level;
use sp_core::H256;

use crate::{
	effect::{Effect, Effects, Millis, Timing},
	keygen::{index_of, KeyGeneration},
	signing::{MessageCheck, Signer},
	store::ShareRecord,
	wire::{Body, Kind, Session},
	KEYGEN, SIGNING,
};

/// One of a member's groups.
struct Group {
	view: GroupView,
	keygen: Option<KeyGeneration>,
	signer: Option<Signer>,
	/// The attempt whose share was looked for in the store.
	looked_up: Option<Attempt>,
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

	/// What is to be done since this was last asked.
	pub fn take_effects(&mut self) -> Vec<Effect> {
		let mut effects = self.out.take();
		for group in self.groups.values_mut() {
			if let Some(keygen) = group.keygen.as_mut() {
				effects.extend(keygen.take_effects());
			}
			if let Some(signer) = group.signer.as_mut() {
				effects.extend(signer.take_effects());
			}
		}
		effects
	}

	/// The finalized block `block` shows these groups as the member's, and no others.
	pub fn on_groups(&mut self, views: Vec<GroupView>, block: u32, now: Millis) {
		self.groups.retain(|id, _| views.iter().any(|view| view.id == *id));
		for view in views {
			if view.state == GroupState::Failed || index_of(&view.members, &self.me).is_none() {
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
		});
		if group.view.attempt != view.attempt {
			// Wipes the secrets of the last attempt.
			group.keygen = None;
			group.signer = None;
			group.looked_up = None;
		}
		group.view = view;
		match group.view.state {
			GroupState::Generating(_) => {
				if group.keygen.is_none() {
					match KeyGeneration::new(self.genesis, &self.me, &group.view, self.timing) {
						Ok(keygen) => group.keygen = Some(keygen),
						Err(error) => self.out.log(Level::Error, KEYGEN, error.to_string()),
					}
				}
				if let Some(keygen) = group.keygen.as_mut() {
					keygen.on_view(&group.view, block, now);
				}
			},
			GroupState::Active | GroupState::Failed => group.keygen = None,
		}
	}

	/// Shares that should be looked for in the store: (group, attempt). The answer goes to
	/// [`Self::on_record`].
	pub fn wanted_records(&self) -> Vec<(GroupId, Attempt)> {
		self.groups
			.iter()
			.filter(|(_, group)| group.looked_up != Some(group.view.attempt))
			.filter(|(_, group)| match group.view.state {
				GroupState::Generating(Phase::Confirming) => {
					group.keygen.as_ref().is_some_and(|keygen| !keygen.is_stored())
				},
				GroupState::Generating(Phase::Testing) | GroupState::Active => {
					group.signer.is_none() && group.view.key.is_some()
				},
				_ => false,
			})
			.map(|(id, group)| (*id, group.view.attempt))
			.collect()
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
		if group.view.attempt != attempt {
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
		group.looked_up = Some(attempt);
		let signs = !matches!(group.view.state, GroupState::Generating(Phase::Confirming));
		let Some(record) = record else {
			if signs {
				let text = format!("group {id}: no share of its key here, this node cannot sign");
				self.out.log(Level::Warn, SIGNING, text);
			}
			return;
		};
		if let Some(keygen) = group.keygen.as_mut() {
			keygen.on_found(&record);
			keygen.on_tick(now);
		}
		if !signs {
			// When the key is tested, the signer reads the share from the store again.
			group.looked_up = None;
			return;
		}
		let signer = Signer::new(
			self.genesis,
			&self.me,
			&group.view,
			record,
			self.check.clone(),
			self.timing,
		);
		match signer {
			Ok(signer) => {
				group.signer = Some(signer);
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
		if let Some(keygen) = group.keygen.as_mut().filter(|k| k.attempt() == attempt) {
			if result.is_ok() {
				group.looked_up = None;
			}
			keygen.on_stored(result, now);
		}
	}

	#[cfg(test)]
	pub(crate) fn signer(&self, id: GroupId) -> Option<&Signer> {
		self.groups.get(&id)?.signer.as_ref()
	}

	/// Groups that this member can sign for.
	pub fn signing_groups(&self) -> Vec<GroupId> {
		self.groups.iter().filter(|(_, group)| group.signer.is_some()).map(|(id, _)| *id).collect()
	}

	/// The finalized state shows these open requests of a group; see [`Signer::on_requests`].
	pub fn on_requests(
		&mut self,
		id: GroupId,
		requests: Vec<(RequestId, SigningRequest)>,
		complete: bool,
		now: Millis,
	) {
		if let Some(signer) = self.groups.get_mut(&id).and_then(|group| group.signer.as_mut()) {
			signer.on_requests(requests, complete, now);
		}
	}

	/// Time has passed.
	pub fn on_tick(&mut self, now: Millis) {
		for group in self.groups.values_mut() {
			if let Some(keygen) = group.keygen.as_mut() {
				keygen.on_tick(now);
			}
			if let Some(signer) = group.signer.as_mut() {
				signer.on_tick(now);
			}
		}
	}

	/// Whether `other` is a member of our group `id`.
	pub fn shares_group(&self, id: GroupId, other: &MemberId) -> bool {
		self.groups.get(&id).is_some_and(|group| group.view.members.contains(other))
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
		let Some(index) = index_of(&group.view.members, from) else {
			return Body::refused(format!("you are not a member of group {id}"));
		};
		match session {
			Session::KeyGeneration { attempt } => match group.keygen.as_mut() {
				Some(keygen) if keygen.attempt() == attempt => keygen.on_request(index, body),
				_ => Body::refused(format!("attempt {attempt} is not under way here")),
			},
			Session::Signing { request, attempt } => match group.signer.as_mut() {
				Some(signer) => signer.on_request(index, request, attempt, body, now),
				None => Body::refused(format!("no share of the key of group {id} here")),
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
		let Some(index) = index_of(&group.view.members, from) else { return };
		match session {
			Session::KeyGeneration { attempt } => {
				if let Some(keygen) = group.keygen.as_mut().filter(|k| k.attempt() == attempt) {
					keygen.on_reply(index, sent, result, now);
				}
			},
			Session::Signing { request, attempt } => {
				if let Some(signer) = group.signer.as_mut() {
					signer.on_reply(index, request, attempt, sent, result, now);
				}
			},
		}
	}
}
