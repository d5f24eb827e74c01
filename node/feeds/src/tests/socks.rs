use tokio::{
	io::{copy_bidirectional, AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
};

use super::server::*;
use crate::{
	fetch::{Fetch, FetchError, Fetcher},
	socks::{Proxy, SocksError},
};

/// A proxy that connects to this machine, whatever host it is asked for, and wants this login.
async fn proxy(login: Option<(&'static str, &'static str)>) -> u16 {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let port = listener.local_addr().unwrap().port();
	tokio::spawn(async move {
		while let Ok((stream, _)) = listener.accept().await {
			tokio::spawn(async move { serve_one(stream, login).await.ok() });
		}
	});
	port
}

async fn text(stream: &mut TcpStream) -> std::io::Result<String> {
	let length = stream.read_u8().await?;
	let mut bytes = vec![0; length.into()];
	stream.read_exact(&mut bytes).await?;
	Ok(String::from_utf8(bytes).unwrap())
}

async fn serve_one(mut stream: TcpStream, login: Option<(&str, &str)>) -> std::io::Result<()> {
	assert_eq!(stream.read_u8().await?, 5);
	let methods = text(&mut stream).await?.into_bytes();
	let method = if login.is_some() { 2 } else { 0 };
	if !methods.contains(&method) {
		return stream.write_all(&[5, 0xff]).await;
	}
	stream.write_all(&[5, method]).await?;
	if let Some((name, password)) = login {
		assert_eq!(stream.read_u8().await?, 1);
		let good = text(&mut stream).await? == name && text(&mut stream).await? == password;
		stream.write_all(&[1, u8::from(!good)]).await?;
	}
	let mut request = [0; 4];
	stream.read_exact(&mut request).await?;
	assert_eq!(request, [5, 1, 0, 3]);
	let host = text(&mut stream).await?;
	let port = stream.read_u16().await?;
	if host != "localhost" {
		return stream.write_all(&[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]).await;
	}
	let mut target = TcpStream::connect(("127.0.0.1", port)).await?;
	stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 9]).await?;
	copy_bidirectional(&mut stream, &mut target).await.map(drop)
}

fn through(port: u16, login: Option<(&str, &str)>) -> Fetcher {
	let login = login.map(|(name, password)| (name.to_string(), password.to_string()));
	let proxy = Proxy { address: format!("127.0.0.1:{port}"), login };
	Fetcher::new(test_roots(), Some(proxy), false, LIMITS).unwrap()
}

#[tokio::test]
async fn document_should_come_through_the_proxy_which_looks_the_name_up() {
	let server = serve(price("5")).await;
	let port = proxy(None).await;
	assert!(through(port, None).get(&server.url("/")).await.is_ok());
	let port = proxy(Some(("name", "password"))).await;
	let login = Some(("name", "password"));
	assert!(through(port, login).get(&server.url("/")).await.is_ok());
}

#[tokio::test]
async fn document_should_not_come_when_the_proxy_refuses() {
	let server = serve(price("5")).await;
	let port = proxy(Some(("name", "password"))).await;
	for login in [None, Some(("name", "wrong"))] {
		let error = through(port, login).get(&server.url("/")).await.unwrap_err();
		assert!(matches!(error, FetchError::Proxy(SocksError::Login)), "{error}");
	}
	let port = proxy(None).await;
	let error = through(port, None).get("https://elsewhere.example/").await.unwrap_err();
	assert!(matches!(error, FetchError::Proxy(SocksError::Refused(4))), "{error}");
	// An address that is not public is not asked for, also by the proxy.
	let error = through(port, None).get("https://127.0.0.1/").await.unwrap_err();
	assert!(matches!(error, FetchError::Private), "{error}");
	let error = through(server.port, None).get(&server.url("/")).await.unwrap_err();
	assert!(matches!(error, FetchError::Proxy(_) | FetchError::Slow(_)), "{error}");
}
