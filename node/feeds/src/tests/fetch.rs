use std::time::{Duration, Instant};

use super::server::*;
use crate::fetch::{roots, Fetch, FetchError, Fetcher};

async fn get(behaviour: Behaviour) -> Result<Vec<u8>, FetchError> {
	let server = serve(behaviour).await;
	fetcher().get(&server.url("/price")).await
}

#[tokio::test]
async fn document_should_be_fetched_as_it_is() {
	let server = serve(price("12.5")).await;
	let document = fetcher().get(&server.url("/a/b?c=d")).await.unwrap();
	assert_eq!(document, b"{\"time\": 1, \"price\": 12.5}");
	let asked = server.asked.lock().await.join("");
	assert!(asked.starts_with("GET /a/b?c=d HTTP/1.1\r\n"), "{asked}");
	assert!(
		asked.to_lowercase().contains(&format!("host: localhost:{}\r\n", server.port)),
		"{asked}"
	);
}

#[tokio::test]
async fn document_should_be_fetched_when_it_comes_in_chunks_or_ends_with_the_connection() {
	let chunks =
		b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n";
	assert_eq!(get(Behaviour::Send(chunks.to_vec())).await.unwrap(), b"[1,2]");
	let open = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[3]";
	assert_eq!(get(Behaviour::Send(open.to_vec())).await.unwrap(), b"[3]");
}

#[tokio::test]
async fn certificate_should_be_believed_only_when_it_is_of_this_host_and_good_and_signed() {
	for certificate in ["other", "expired"] {
		let server = serve_as(certificate, price("1")).await;
		let error = fetcher().get(&server.url("/")).await.unwrap_err();
		assert!(matches!(error, FetchError::Tls(_)), "{certificate}: {error}");
		assert!(server.asked.lock().await.is_empty(), "nothing is said to who is not believed");
	}
	let server = serve(price("1")).await;
	let machine = roots(None);
	if let Ok(machine) = machine {
		let stranger = Fetcher::new(machine, None, true, LIMITS).unwrap();
		let error = stranger.get(&server.url("/")).await.unwrap_err();
		assert!(matches!(error, FetchError::Tls(_)), "{error}");
	}
	assert!(fetcher().get(&server.url("/")).await.is_ok());
	// By its address, which is in the certificate.
	assert!(fetcher().get(&format!("https://127.0.0.1:{}/", server.port)).await.is_ok());
}

#[tokio::test]
async fn document_should_be_refused_when_it_does_not_come_by_tls() {
	let error =
		get(Behaviour::Plain(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1".to_vec())).await;
	assert!(matches!(error, Err(FetchError::Tls(_))), "{error:?}");
	let server = serve(price("1")).await;
	let plain = format!("http://localhost:{}/", server.port);
	assert!(matches!(fetcher().get(&plain).await, Err(FetchError::NotHttps)));
}

#[tokio::test]
async fn source_should_be_given_up_when_it_is_slow() {
	let begun = Instant::now();
	let error = get(Behaviour::Silent).await.unwrap_err();
	assert!(matches!(error, FetchError::Slow(_)), "{error}");
	let Behaviour::Send(bytes) = price("1") else { panic!("it is sent") };
	let error = get(Behaviour::Drip(bytes, Duration::from_millis(200))).await.unwrap_err();
	assert!(matches!(error, FetchError::Slow(_)), "{error}");
	assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn source_should_be_given_up_when_it_is_down() {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let port = listener.local_addr().unwrap().port();
	drop(listener);
	let error = fetcher().get(&format!("https://localhost:{port}/")).await.unwrap_err();
	assert!(matches!(error, FetchError::Unreachable(_)), "{error}");
	let error = get(Behaviour::HangUp).await.unwrap_err();
	assert!(matches!(error, FetchError::Tls(_)), "{error}");
	let error = fetcher().get("https://no-such-host.invalid/").await.unwrap_err();
	assert!(matches!(error, FetchError::Unreachable(_) | FetchError::Slow(_)), "{error}");
}

#[tokio::test]
async fn document_should_be_refused_when_it_is_too_large() {
	let full = "x".repeat(LIMITS.body);
	assert_eq!(get(answer("200 OK", "", &full)).await.unwrap().len(), LIMITS.body);
	let error = get(answer("200 OK", "", &format!("{full}x"))).await.unwrap_err();
	assert!(matches!(error, FetchError::TooLarge(_)), "{error}");
	let head = b"HTTP/1.1 200 OK\r\n\r\n";
	let error = get(Behaviour::Endless(head.to_vec())).await.unwrap_err();
	assert!(matches!(error, FetchError::TooLarge(_)), "{error}");
	// It says that there is more than it sends.
	let lie = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx";
	assert!(get(Behaviour::Send(lie.to_vec())).await.is_err());
	// A head without end.
	let head = b"HTTP/1.1 200 OK\r\nX: ";
	let error = get(Behaviour::Endless(head.to_vec())).await.unwrap_err();
	assert!(matches!(error, FetchError::Http(_)), "{error}");
}

#[tokio::test]
async fn redirections_should_be_followed_and_bounded() {
	let last = serve(price("7")).await;
	let middle = serve(redirect(&last.url("/moved"))).await;
	let first = serve(redirect(&middle.url("/"))).await;
	assert!(fetcher().get(&first.url("/")).await.is_ok());
	assert!(last.asked.lock().await.join("").starts_with("GET /moved "));
	let one_more = serve(redirect(&first.url("/"))).await;
	let error = fetcher().get(&one_more.url("/")).await.unwrap_err();
	assert!(matches!(error, FetchError::Redirects(2)), "{error}");
	// In a circle.
	let circle = serve(redirect("/")).await;
	let error = fetcher().get(&circle.url("/")).await.unwrap_err();
	assert!(matches!(error, FetchError::Redirects(2)), "{error}");
	assert_eq!(circle.asked.lock().await.len(), 3);
	// To nowhere.
	let error = get(answer("302 Found", "", "")).await.unwrap_err();
	assert!(matches!(error, FetchError::Redirects(2)), "{error}");
}

#[tokio::test]
async fn redirection_should_not_be_followed_when_it_leaves_https() {
	for to in ["http://localhost/", "ftp://localhost/", "file:///etc/passwd"] {
		let error = get(redirect(to)).await.unwrap_err();
		assert!(matches!(error, FetchError::NotHttps), "{to}: {error}");
	}
	let error = get(redirect("https://user:password@localhost/")).await.unwrap_err();
	assert!(matches!(error, FetchError::BadUrl), "{error}");
}

#[tokio::test]
async fn host_should_not_be_asked_when_it_is_not_public() {
	let server = serve(price("1")).await;
	let public = Fetcher::new(test_roots(), None, false, LIMITS).unwrap();
	for host in
		["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
	{
		let error = public.get(&format!("https://{host}:{}/", server.port)).await.unwrap_err();
		assert!(matches!(error, FetchError::Private), "{host}: {error}");
	}
	assert!(server.asked.lock().await.is_empty());
}

#[tokio::test]
async fn answer_should_be_refused_when_it_is_not_one() {
	for status in
		["404 Not Found", "500 Oops", "204 No Content", "206 Partial Content", "304 Not Modified"]
	{
		let error = get(answer(status, "", "")).await.unwrap_err();
		assert!(matches!(error, FetchError::Status(_)), "{status}: {error}");
	}
	let error = get(answer("200 OK", "Content-Encoding: gzip\r\n", "x")).await.unwrap_err();
	assert!(matches!(error, FetchError::Compressed), "{error}");
	let error = get(Behaviour::Send(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec())).await.unwrap_err();
	assert!(matches!(error, FetchError::Http(_)), "{error}");
}

#[tokio::test]
async fn url_should_be_refused_when_it_is_none() {
	for url in ["", "localhost", "https://", "https://user@localhost/"] {
		assert!(matches!(fetcher().get(url).await, Err(FetchError::BadUrl)), "{url}");
	}
}

#[test]
fn certificates_should_be_refused_when_the_file_has_none() {
	let file = tempfile::NamedTempFile::new().unwrap();
	assert!(roots(Some(file.path())).is_err());
	assert!(roots(Some(std::path::Path::new("/no/such/file"))).is_err());
	let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/ca.pem");
	assert!(roots(Some(std::path::Path::new(ca))).is_ok());
}
