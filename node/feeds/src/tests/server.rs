//! Servers that behave well, and badly.

use std::{sync::Arc, time::Duration};

use rustls::{
	pki_types::{CertificateDer, PrivateKeyDer},
	RootCertStore, ServerConfig,
};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
	sync::Mutex,
};
use tokio_rustls::TlsAcceptor;

use crate::fetch::{Fetcher, Limits};

/// What a server does with whoever connects.
#[derive(Clone)]
pub enum Behaviour {
	/// Sends this, byte for byte, and hangs up.
	Send(Vec<u8>),
	/// Sends this head, and then nonsense without end.
	Endless(Vec<u8>),
	/// Sends this, one byte each so often.
	Drip(Vec<u8>, Duration),
	/// Says nothing.
	Silent,
	/// Does not speak TLS, but sends this.
	Plain(Vec<u8>),
	/// Hangs up at once.
	HangUp,
}

/// A server. It is there until the test ends.
pub struct Server {
	/// Its port.
	pub port: u16,
	/// The first lines of what it was asked.
	pub asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
	/// The URL of a path on it.
	pub fn url(&self, path: &str) -> String {
		format!("https://localhost:{}{path}", self.port)
	}
}

/// An answer with this status, these other header lines, and this document.
pub fn answer(status: &str, headers: &str, body: &str) -> Behaviour {
	let length = body.len();
	let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
	Behaviour::Send(text.into_bytes())
}

/// A document that says this price.
pub fn price(text: &str) -> Behaviour {
	answer("200 OK", "", &format!("{{\"time\": 1, \"price\": {text}}}"))
}

/// A redirection.
pub fn redirect(to: &str) -> Behaviour {
	answer("302 Found", &format!("Location: {to}\r\n"), "")
}

/// A server with the certificate for localhost.
pub async fn serve(behaviour: Behaviour) -> Server {
	serve_as("localhost", behaviour).await
}

/// A server with that certificate.
pub async fn serve_as(certificate: &str, behaviour: Behaviour) -> Server {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let port = listener.local_addr().unwrap().port();
	let acceptor = TlsAcceptor::from(Arc::new(tls(certificate)));
	let asked = Arc::new(Mutex::new(Vec::new()));
	let log = asked.clone();
	tokio::spawn(async move {
		while let Ok((stream, _)) = listener.accept().await {
			tokio::spawn(behave(stream, acceptor.clone(), behaviour.clone(), log.clone()));
		}
	});
	Server { port, asked }
}

fn tls(name: &str) -> ServerConfig {
	let file = |end: &str| {
		let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
		std::fs::read(format!("{folder}/{name}.{end}")).unwrap()
	};
	let chain: Vec<CertificateDer<'static>> =
		rustls_pemfile::certs(&mut file("pem").as_slice()).map(Result::unwrap).collect();
	let key: PrivateKeyDer<'static> =
		rustls_pemfile::private_key(&mut file("key").as_slice()).unwrap().unwrap();
	let provider = Arc::new(rustls::crypto::ring::default_provider());
	ServerConfig::builder_with_provider(provider)
		.with_safe_default_protocol_versions()
		.unwrap()
		.with_no_client_auth()
		.with_single_cert(chain, key)
		.unwrap()
}

async fn behave(
	mut stream: TcpStream,
	acceptor: TlsAcceptor,
	behaviour: Behaviour,
	asked: Arc<Mutex<Vec<String>>>,
) {
	match &behaviour {
		Behaviour::HangUp => return,
		Behaviour::Plain(bytes) => {
			let _ = stream.write_all(bytes).await;
			return;
		},
		_ => (),
	}
	let Ok(mut stream) = acceptor.accept(stream).await else { return };
	let mut head = Vec::new();
	while !head.ends_with(b"\r\n\r\n") {
		match stream.read_u8().await {
			Ok(byte) => head.push(byte),
			Err(_) => return,
		}
	}
	asked.lock().await.push(String::from_utf8_lossy(&head).into_owned());
	match behaviour {
		Behaviour::Send(bytes) => {
			let _ = stream.write_all(&bytes).await;
			let _ = stream.shutdown().await;
		},
		Behaviour::Endless(head) => {
			let _ = stream.write_all(&head).await;
			while stream.write_all(&[b' '; 4096]).await.is_ok() {}
		},
		Behaviour::Drip(bytes, pause) => {
			for byte in bytes {
				if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
					return;
				}
				tokio::time::sleep(pause).await;
			}
		},
		Behaviour::Silent => futures::future::pending().await,
		Behaviour::Plain(_) | Behaviour::HangUp => (),
	}
}

/// Limits that are soon reached.
pub const LIMITS: Limits =
	Limits { time: Duration::from_millis(1_500), body: 10_000, redirects: 2 };

/// The certificates that tests believe.
pub fn test_roots() -> RootCertStore {
	let pem = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/ca.pem")).unwrap();
	let mut roots = RootCertStore::empty();
	for certificate in rustls_pemfile::certs(&mut pem.as_slice()) {
		roots.add(certificate.unwrap()).unwrap();
	}
	roots
}

/// A fetcher that believes the tests' certificates, and goes to this machine.
pub fn fetcher() -> Fetcher {
	Fetcher::new(test_roots(), None, true, LIMITS).unwrap()
}
