//! How the node is asked.

use async_trait::async_trait;
use jsonrpsee::{
	core::client::{ClientT, Error as ClientError},
	http_client::HttpClient,
	types::error::METHOD_NOT_FOUND_CODE,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;

/// Something that answers JSON-RPC.
#[async_trait]
pub trait Caller: Sync {
	/// Calls a method.
	///
	/// # Errors
	///
	/// If there is no answer, or the answer is an error.
	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, Error>;
}

/// A node behind a URL.
pub struct Http {
	url: String,
	client: HttpClient,
}

impl Http {
	/// The node at a URL. Nodes answer HTTP and WebSocket at the same port, so a URL of the latter will do.
	///
	/// # Errors
	///
	/// If it is no URL.
	pub fn new(url: &str) -> Result<Self, Error> {
		let url = match (url.strip_prefix("ws://"), url.strip_prefix("wss://")) {
			(Some(rest), _) => format!("http://{rest}"),
			(_, Some(rest)) => format!("https://{rest}"),
			_ => url.to_owned(),
		};
		let client = HttpClient::builder()
			.build(&url)
			.map_err(|error| Error::BadUrl { url: url.clone(), reason: reason_of(&error) })?;
		Ok(Self { url, client })
	}
}

#[async_trait]
impl Caller for Http {
	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, Error> {
		self.client.request(method, params).await.map_err(|error| match error {
			ClientError::Call(error) if error.code() == METHOD_NOT_FOUND_CODE => {
				Error::NoMethod { method: method.to_owned() }
			},
			ClientError::Call(error) => {
				Error::Refused { method: method.to_owned(), message: error.message().to_owned() }
			},
			ClientError::ParseError(reason) => Error::Answer { method: method.to_owned(), reason },
			other => Error::Unreachable { url: self.url.clone(), reason: reason_of(&other) },
		})
	}
}

/// An error with what is behind it.
fn reason_of(error: &dyn std::error::Error) -> String {
	let mut text = error.to_string();
	let mut source = error.source();
	while let Some(inner) = source {
		let more = inner.to_string();
		if !text.contains(&more) {
			text.push_str(": ");
			text.push_str(&more);
		}
		source = inner.source();
	}
	text
}

/// Calls a method, and reads what it answers.
pub(super) async fn ask<T: DeserializeOwned>(
	caller: &dyn Caller,
	method: &str,
	params: Vec<Value>,
) -> Result<T, Error> {
	let answer = caller.call(method, params).await?;
	serde_json::from_value(answer)
		.map_err(|reason| Error::Answer { method: method.to_owned(), reason })
}
