//! HTTPS, with bounds on everything.
//!
//! What comes from a source is a stranger's: how long it may take, how much it may send, where it may send us, and whom we
//! believe that it is, are all bounded. There is one request a connection, and nothing is kept from one to the next.

use std::{sync::Arc, time::Duration};

use futures::future;
use http_body_util::{BodyExt, Empty};
use hyper::{body::Bytes, client::conn::http1, header, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::{pki_types::ServerName, ClientConfig, RootCertStore};
use tokio::net::{lookup_host, TcpStream};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::{
	address::is_public,
	socks::{self, Proxy, SocksError},
};

/// What a source may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Time from the beginning to the end, redirects included.
	pub time: Duration,
	/// Bytes of a document.
	pub body: usize,
	/// How often it may send us elsewhere.
	pub redirects: usize,
}

impl Default for Limits {
	fn default() -> Self {
		Self { time: Duration::from_secs(8), body: 256 * 1024, redirects: 3 }
	}
}

/// Most bytes of the head of an answer.
const MAX_HEAD: usize = 16 * 1024;
/// Most addresses of a host that are tried.
const MAX_ADDRESSES: usize = 4;
/// Who we say that we are.
const USER_AGENT: &str = concat!("fusion-feeds/", env!("CARGO_PKG_VERSION"));

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// The URL is none, or has a user name in it.
	#[error("the URL is not one that can be fetched")]
	BadUrl,
	/// It is not HTTPS: the source has redirected to something else.
	#[error("it is not HTTPS")]
	NotHttps,
	/// The host is of a network that is not public.
	#[error("the host has no public address, and the operator has not allowed others")]
	Private,
	/// The host cannot be found, or does not answer.
	#[error("the host cannot be reached: {0}")]
	Unreachable(#[source] std::io::Error),
	/// There is no connection through the proxy.
	#[error(transparent)]
	Proxy(#[from] SocksError),
	/// Its certificate is not believed, or it does not speak TLS.
	#[error("TLS failed: {0}")]
	Tls(#[source] std::io::Error),
	/// It does not speak HTTP, or hung up.
	#[error("HTTP failed: {0}")]
	Http(#[from] hyper::Error),
	/// It took too long.
	#[error("it took more than {} seconds", .0.as_secs_f32())]
	Slow(Duration),
	/// It sent too much.
	#[error("the document has more than {0} bytes")]
	TooLarge(usize),
	/// It redirected too often, or to nowhere.
	#[error("it redirects more than {0} times, or to nowhere")]
	Redirects(usize),
	/// It answered with another status than 200.
	#[error("it answers with status {0}")]
	Status(u16),
	/// The document is compressed, which was not asked for.
	#[error("the document is compressed")]
	Compressed,
}

/// Why there is no fetcher.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
	/// No certificates can be found that others are judged by.
	#[error("this machine has no root certificates: install them (Debian: ca-certificates)")]
	NoRoots,
	/// The file with more certificates cannot be read.
	#[error("the certificates in {path} cannot be read: {reason}")]
	BadRoots {
		/// Path of the file.
		path: String,
		/// What is wrong.
		reason: String,
	},
	/// TLS cannot be set up.
	#[error("TLS cannot be set up: {0}")]
	Tls(#[from] rustls::Error),
}

/// Gets a document. Tests have others than [`Fetcher`].
#[async_trait::async_trait]
pub trait Fetch: Send + Sync {
	/// The document at this URL. It is at most as long as the limits say, and takes no longer.
	async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError>;
}

/// Gets documents over HTTPS.
pub struct Fetcher {
	tls: TlsConnector,
	proxy: Option<Proxy>,
	/// Whether hosts may be of networks that are not public.
	private: bool,
	limits: Limits,
}

/// What an answer is.
enum Answer {
	Document(Vec<u8>),
	Elsewhere(Url),
}

/// The certificates that others are judged by: those of this machine, and of a file in PEM format.
///
/// # Errors
///
/// If there are none, or the file cannot be read.
pub fn roots(file: Option<&std::path::Path>) -> Result<RootCertStore, SetupError> {
	let mut roots = RootCertStore::empty();
	let found = rustls_native_certs::load_native_certs();
	roots.add_parsable_certificates(found.certs);
	if let Some(path) = file {
		let bad =
			|reason: String| SetupError::BadRoots { path: path.display().to_string(), reason };
		let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
		let mut count = 0usize;
		for certificate in rustls_pemfile::certs(&mut pem.as_slice()) {
			let certificate = certificate.map_err(|error| bad(error.to_string()))?;
			roots.add(certificate).map_err(|error| bad(error.to_string()))?;
			count = count.saturating_add(1);
		}
		if count == 0 {
			return Err(bad("it has no certificate in PEM format".into()));
		}
	}
	if roots.is_empty() {
		return Err(SetupError::NoRoots);
	}
	Ok(roots)
}

impl Fetcher {
	/// A fetcher that believes these certificates. `private`: hosts may be of networks that are not public.
	///
	/// # Errors
	///
	/// If TLS cannot be set up.
	pub fn new(
		roots: RootCertStore,
		proxy: Option<Proxy>,
		private: bool,
		limits: Limits,
	) -> Result<Self, SetupError> {
		let provider = Arc::new(rustls::crypto::ring::default_provider());
		let mut config = ClientConfig::builder_with_provider(provider)
			.with_safe_default_protocol_versions()?
			.with_root_certificates(roots)
			.with_no_client_auth();
		config.alpn_protocols = vec![b"http/1.1".to_vec()];
		Ok(Self { tls: TlsConnector::from(Arc::new(config)), proxy, private, limits })
	}

	async fn follow(&self, url: &str) -> Result<Vec<u8>, FetchError> {
		let mut url = Url::parse(url).map_err(|_| FetchError::BadUrl)?;
		for _ in 0..=self.limits.redirects {
			match self.request(&url).await? {
				Answer::Document(document) => return Ok(document),
				Answer::Elsewhere(next) => url = next,
			}
		}
		Err(FetchError::Redirects(self.limits.redirects))
	}

	async fn request(&self, url: &Url) -> Result<Answer, FetchError> {
		if url.scheme() != "https" {
			return Err(FetchError::NotHttps);
		}
		if !url.username().is_empty() || url.password().is_some() {
			return Err(FetchError::BadUrl);
		}
		let host = url.host().ok_or(FetchError::BadUrl)?.to_owned();
		let port = url.port_or_known_default().ok_or(FetchError::BadUrl)?;
		let name = match &host {
			Host::Domain(name) => {
				ServerName::try_from(name.clone()).map_err(|_| FetchError::BadUrl)?
			},
			Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
			Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
		};
		let stream = self.connect(&host, port).await?;
		let tls = self.tls.connect(name, stream).await.map_err(FetchError::Tls)?;
		let (mut sender, connection) = http1::Builder::new()
			.max_buf_size(MAX_HEAD)
			.handshake::<_, Empty<Bytes>>(TokioIo::new(tls))
			.await?;
		// The connection has to be driven until what was asked for is there; it may end before that is read.
		let driver = async {
			let _ = connection.await;
			future::pending::<()>().await;
		};
		tokio::select! {
			answer = self.exchange(url, &mut sender) => answer,
			() = driver => Err(FetchError::BadUrl),
		}
	}

	async fn connect(&self, host: &Host<String>, port: u16) -> Result<TcpStream, FetchError> {
		let address = match host {
			Host::Domain(_) => None,
			Host::Ipv4(address) => Some(std::net::IpAddr::from(*address)),
			Host::Ipv6(address) => Some(std::net::IpAddr::from(*address)),
		};
		if !self.private && address.is_some_and(|address| !is_public(&address)) {
			return Err(FetchError::Private);
		}
		let text = address.map_or_else(|| host.to_string(), |address| address.to_string());
		if let Some(proxy) = &self.proxy {
			return Ok(socks::connect(proxy, &text, port).await?);
		}
		let found = lookup_host((text.as_str(), port)).await.map_err(FetchError::Unreachable)?;
		let mut failure = FetchError::Private;
		let allowed = found.filter(|address| self.private || is_public(&address.ip()));
		for address in allowed.take(MAX_ADDRESSES) {
			match TcpStream::connect(address).await {
				Ok(stream) => return Ok(stream),
				Err(error) => failure = FetchError::Unreachable(error),
			}
		}
		Err(failure)
	}

	async fn exchange(
		&self,
		url: &Url,
		sender: &mut http1::SendRequest<Empty<Bytes>>,
	) -> Result<Answer, FetchError> {
		let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
		let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
		let request = Request::get(path)
			.header(header::HOST, host)
			.header(header::USER_AGENT, USER_AGENT)
			.header(header::ACCEPT, "application/json")
			.header(header::ACCEPT_ENCODING, "identity")
			.header(header::CONNECTION, "close")
			.body(Empty::new())
			.map_err(|_| FetchError::BadUrl)?;
		let mut answer = sender.send_request(request).await?;
		let status = answer.status();
		if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
			let next = answer
				.headers()
				.get(header::LOCATION)
				.and_then(|location| location.to_str().ok())
				.and_then(|location| url.join(location).ok())
				.ok_or(FetchError::Redirects(self.limits.redirects))?;
			return Ok(Answer::Elsewhere(next));
		}
		if status != StatusCode::OK {
			return Err(FetchError::Status(status.as_u16()));
		}
		let encoding = answer.headers().get(header::CONTENT_ENCODING);
		if encoding.is_some_and(|encoding| encoding != "identity") {
			return Err(FetchError::Compressed);
		}
		let mut document = Vec::new();
		while let Some(frame) = answer.frame().await {
			let Ok(data) = frame?.into_data() else { continue };
			if document.len().saturating_add(data.len()) > self.limits.body {
				return Err(FetchError::TooLarge(self.limits.body));
			}
			document.extend_from_slice(&data);
		}
		Ok(Answer::Document(document))
	}
}

#[async_trait::async_trait]
impl Fetch for Fetcher {
	async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
		let time = self.limits.time;
		match tokio::time::timeout(time, self.follow(url)).await {
			Ok(document) => document,
			Err(_) => Err(FetchError::Slow(time)),
		}
	}
}
