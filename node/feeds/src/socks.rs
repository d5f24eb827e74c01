//! Connecting through a SOCKS 5 proxy (RFC 1928, RFC 1929). The proxy looks names up.

use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
	/// Where it is: `host:port`.
	pub address: String,
	/// Name and password, if it wants them. Of at most 255 bytes each.
	pub login: Option<(String, String)>,
}

impl std::fmt::Debug for Proxy {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
	}
}

/// Why there is no connection through the proxy.
#[derive(Debug, thiserror::Error)]
pub enum SocksError {
	/// The proxy cannot be reached, or hung up.
	#[error("the proxy cannot be reached: {0}")]
	Unreachable(#[from] std::io::Error),
	/// It does not speak SOCKS 5.
	#[error("the proxy does not speak SOCKS 5")]
	NotSocks,
	/// It wants a way to log in that is not known, or does not take name and password.
	#[error("the proxy refuses the login: check the name and the password")]
	Login,
	/// It cannot connect.
	#[error("the proxy cannot connect (reply {0})")]
	Refused(u8),
	/// A name, a password or a host is longer than SOCKS can say.
	#[error("a name, password or host has more than 255 bytes")]
	TooLong,
}

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const BY_V4: u8 = 1;
const BY_NAME: u8 = 3;
const BY_V6: u8 = 4;

/// Connects to a host, by its name or its address, through the proxy.
///
/// # Errors
///
/// Why there is no connection.
pub async fn connect(proxy: &Proxy, host: &str, port: u16) -> Result<TcpStream, SocksError> {
	let mut stream = TcpStream::connect(proxy.address.as_str()).await?;
	let methods: &[u8] = if proxy.login.is_some() { &[NO_LOGIN, PASSWORD] } else { &[NO_LOGIN] };
	let mut greeting = vec![VERSION];
	push(&mut greeting, methods)?;
	stream.write_all(&greeting).await?;
	let mut choice = [0; 2];
	stream.read_exact(&mut choice).await?;
	match (choice, &proxy.login) {
		([VERSION, NO_LOGIN], _) => (),
		([VERSION, PASSWORD], Some((name, password))) => {
			log_in(&mut stream, name, password).await?;
		},
		([VERSION, _], _) => return Err(SocksError::Login),
		_ => return Err(SocksError::NotSocks),
	}

	let mut request = vec![VERSION, CONNECT, 0, BY_NAME];
	push(&mut request, host.as_bytes())?;
	request.extend(port.to_be_bytes());
	stream.write_all(&request).await?;
	let mut reply = [0; 4];
	stream.read_exact(&mut reply).await?;
	let [version, result, _, by] = reply;
	if version != VERSION {
		return Err(SocksError::NotSocks);
	}
	if result != 0 {
		return Err(SocksError::Refused(result));
	}
	// Where the proxy has connected from, which is of no use.
	let length = match by {
		BY_V4 => 4,
		BY_V6 => 16,
		BY_NAME => usize::from(stream.read_u8().await?),
		_ => return Err(SocksError::NotSocks),
	};
	let mut rest = vec![0; length.saturating_add(2)];
	stream.read_exact(&mut rest).await?;
	Ok(stream)
}

async fn log_in(stream: &mut TcpStream, name: &str, password: &str) -> Result<(), SocksError> {
	let mut request = zeroize::Zeroizing::new(vec![1u8]);
	push(&mut request, name.as_bytes())?;
	push(&mut request, password.as_bytes())?;
	stream.write_all(&request).await?;
	let mut reply = [0; 2];
	stream.read_exact(&mut reply).await?;
	match reply {
		[1, 0] => Ok(()),
		_ => Err(SocksError::Login),
	}
}

/// Adds bytes, with their number in front.
fn push(message: &mut Vec<u8>, bytes: &[u8]) -> Result<(), SocksError> {
	message.push(u8::try_from(bytes.len()).map_err(|_| SocksError::TooLong)?);
	message.extend_from_slice(bytes);
	Ok(())
}
