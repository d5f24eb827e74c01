//! What a request asks for. What is wrong with it is said in words.

use fusion_calling_list_primitives::{api::Filter, shown::Kind, Balance, Condition, RowView, Tier};
use jsonrpsee::types::Params;
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::Value;
use sp_core::{crypto::Ss58Codec, H160};
use sp_runtime::AccountId32;

use super::{invalid, Answer};
use crate::json::ETHEREUM_SUFFIX;

/// The parameters of a request, one after the other.
pub(super) struct Given(std::vec::IntoIter<Value>);

impl Given {
	pub(super) fn read(params: &Params<'_>) -> Answer<Self> {
		let values: Option<Vec<Value>> =
			params.parse().map_err(|_| invalid("parameters have to be an array"))?;
		Ok(Self(values.unwrap_or_default().into_iter()))
	}

	/// The next one, if it is there and not `null`.
	pub(super) fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Answer<Option<T>> {
		match self.0.next() {
			None | Some(Value::Null) => Ok(None),
			Some(value) => serde_json::from_value(value)
				.map(Some)
				.map_err(|error| invalid(format!("{name}: {error}"))),
		}
	}

	pub(super) fn required<T: DeserializeOwned>(&mut self, name: &str) -> Answer<T> {
		self.optional(name)?.ok_or_else(|| invalid(format!("the parameter '{name}' is missing")))
	}

	/// There are no more.
	pub(super) fn end(mut self) -> Answer<()> {
		match self.0.next() {
			Some(value) => Err(invalid(format!("there is a parameter too many: {value}"))),
			None => Ok(()),
		}
	}
}

/// A filter, as it is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
	owner: Option<String>,
	target: Option<String>,
	emitter: Option<String>,
	feed: Option<FeedId>,
	chain: Option<ChainId>,
	kind: Option<String>,
}

impl Asked {
	pub(super) fn read(self) -> Answer<Wanted> {
		Ok(Wanted {
			owner: self.owner.as_deref().map(account).transpose()?,
			target: self.target.as_deref().map(|text| address("target", text)).transpose()?,
			emitter: self.emitter.as_deref().map(|text| address("emitter", text)).transpose()?,
			feed: self.feed,
			chain: self.chain,
			kind: self.kind.as_deref().map(kind).transpose()?,
		})
	}
}

/// What rows are wanted.
pub(super) struct Wanted {
	owner: Option<AccountId32>,
	target: Option<H160>,
	emitter: Option<H160>,
	feed: Option<FeedId>,
	chain: Option<ChainId>,
	kind: Option<Kind>,
}

impl Wanted {
	/// What the chain is asked for. It looks for one thing; an owner's rows are found fastest.
	pub(super) fn filter(&self) -> Filter<AccountId32> {
		let Self { owner, target, emitter, feed, chain, kind } = self;
		let owner = owner.clone().map(Filter::Owner);
		owner
			.or(target.map(Filter::Target))
			.or(emitter.map(Filter::Emitter))
			.or(feed.map(Filter::Feed))
			.or(chain.map(Filter::Foreign))
			.or(kind.map(Filter::Kind))
			.unwrap_or(Filter::All)
	}

	/// Whether a row that the chain has found fits the rest.
	pub(super) fn fits(&self, row: &RowView<AccountId32>) -> bool {
		let listens = |wanted: H160| matches!(row.condition, Condition::Log { emitter, .. } if emitter == wanted);
		let reads = |wanted: FeedId| matches!(row.condition, Condition::Feed { feed, .. } if feed == wanted);
		let watches = |wanted: ChainId| matches!(row.condition, Condition::Foreign { chain, .. } if chain == wanted);
		self.owner.as_ref().is_none_or(|owner| *owner == row.owner)
			&& self.target.is_none_or(|target| target == row.target)
			&& self.emitter.is_none_or(listens)
			&& self.feed.is_none_or(reads)
			&& self.chain.is_none_or(watches)
			&& self.kind.is_none_or(|kind| kind == Kind::from(&row.condition))
	}
}

/// An amount, as a number or as a decimal or hexadecimal text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Amount {
	Number(u64),
	Text(String),
}

impl Amount {
	fn read(&self, name: &str) -> Answer<Balance> {
		let text = match self {
			Self::Number(number) => return Ok((*number).into()),
			Self::Text(text) => text,
		};
		let read = match text.strip_prefix("0x") {
			Some(digits) => Balance::from_str_radix(digits, 16),
			None => text.parse(),
		};
		read.map_err(|error| invalid(format!("{name}: '{text}' is no amount: {error}")))
	}
}

fn once() -> u32 {
	1
}

/// What a row is to be like.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Planned {
	/// Most gas of a run.
	pub(super) gas_limit: u64,
	/// Most FSN that a run may leave as deposit for storage. None by default.
	storage_limit: Option<Amount>,
	/// `bestEffort` (by default) or `guaranteed`.
	tier: Option<String>,
	/// Whether it has a check.
	#[serde(default)]
	pub(super) check: bool,
	/// Bytes of its data.
	#[serde(default)]
	pub(super) data_bytes: u32,
	/// How many runs are to be paid for. One by default.
	#[serde(default = "once")]
	pub(super) runs: u32,
}

impl Planned {
	pub(super) fn storage_limit(&self) -> Answer<Balance> {
		self.storage_limit.as_ref().map_or(Ok(0), |amount| amount.read("storageLimit"))
	}

	pub(super) fn tier(&self) -> Answer<Tier> {
		match self.tier.as_deref() {
			None | Some("bestEffort") => Ok(Tier::BestEffort),
			Some("guaranteed") => Ok(Tier::Guaranteed),
			Some(other) => {
				Err(invalid(format!("tier is '{other}', and has to be bestEffort or guaranteed")))
			},
		}
	}
}

/// An account: as Substrate writes it, 32 bytes, or an Ethereum address.
fn account(text: &str) -> Answer<AccountId32> {
	let Some(digits) = text.strip_prefix("0x") else {
		return AccountId32::from_ss58check(text).map_err(|error| {
			invalid(format!(
				"owner: '{text}' is neither an account (SS58: {error}) nor begins with 0x"
			))
		});
	};
	let bytes = hex::decode(digits)
		.map_err(|error| invalid(format!("owner: '{text}' is not hexadecimal: {error}")))?;
	let padded = match bytes.len() {
		20 => [&bytes[..], &ETHEREUM_SUFFIX[..]].concat(),
		_ => bytes,
	};
	AccountId32::try_from(padded.as_slice()).map_err(|()| {
		invalid(format!(
			"owner: '{text}' has neither 20 bytes (an Ethereum address) nor 32 (an account)"
		))
	})
}

fn address(name: &str, text: &str) -> Answer<H160> {
	let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
	bytes.filter(|bytes| bytes.len() == 20).map(|bytes| H160::from_slice(&bytes)).ok_or_else(|| {
		invalid(format!("{name}: '{text}' is no address: 0x and 40 hexadecimal digits"))
	})
}

fn kind(text: &str) -> Answer<Kind> {
	Kind::named(text).ok_or_else(|| {
		let names: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
		invalid(format!("kind: '{text}' is none of {}", names.join(", ")))
	})
}
