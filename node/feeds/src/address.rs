//! Which addresses are not for the public.
//!
//! Governance names sources, and a source may redirect to another one. Neither may make a node ask something of its
//! operator's own network: so an address that is not public is not connected to, unless the operator allows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the public internet.
pub fn is_public(address: &IpAddr) -> bool {
	match address {
		IpAddr::V4(address) => is_public_v4(address),
		IpAddr::V6(address) => is_public_v6(address),
	}
}

/// By the special-purpose registry of IANA (RFC 6890).
fn is_public_v4(address: &Ipv4Addr) -> bool {
	let [a, b, c, _] = address.octets();
	let shared = a == 100 && (64..128).contains(&b);
	let protocols = (a, b, c) == (192, 0, 0);
	let benchmarks = a == 198 && (18..20).contains(&b);
	let special = a == 0 || a >= 224 || shared || protocols || benchmarks;
	!(special
		|| address.is_private()
		|| address.is_loopback()
		|| address.is_link_local()
		|| address.is_documentation())
}

fn is_public_v6(address: &Ipv6Addr) -> bool {
	if let Some(inner) = embedded_v4(address) {
		return is_public_v4(&inner);
	}
	let [a, b, ..] = address.segments();
	// Only 2000::/3 is given out. Of it: documentation (2001:db8::/32, 3fff::/20), Teredo and others (2001::/23), 6to4.
	let given_out = a & 0xe000 == 0x2000;
	let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8))
		|| a == 0x2002
		|| (a == 0x3fff && b & 0xf000 == 0);
	given_out && !special
}

/// The IPv4 address that an IPv6 address stands for: mapped, or translated by NAT64 (RFC 6052).
fn embedded_v4(address: &Ipv6Addr) -> Option<Ipv4Addr> {
	if let Some(mapped) = address.to_ipv4_mapped() {
		return Some(mapped);
	}
	match address.segments() {
		[0x0064, 0xff9b, 0, 0, 0, 0, high, low] => {
			let [a, b] = high.to_be_bytes();
			let [c, d] = low.to_be_bytes();
			Some(Ipv4Addr::new(a, b, c, d))
		},
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn address_should_not_be_public_when_it_is_of_a_private_or_special_network() {
		for text in [
			"127.0.0.1",
			"10.1.2.3",
			"172.16.0.1",
			"172.31.255.255",
			"192.168.1.1",
			"169.254.169.254",
			"0.0.0.0",
			"100.64.0.1",
			"192.0.0.8",
			"198.18.0.1",
			"224.0.0.1",
			"255.255.255.255",
			"192.0.2.1",
			"203.0.113.9",
			"::1",
			"::",
			"fe80::1",
			"fc00::1",
			"fd12::1",
			"ff02::1",
			"2001:db8::1",
			"2001::1",
			"2002:7f00:1::",
			"3fff::1",
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"64:ff9b::7f00:1",
			"64:ff9b::a00:1",
		] {
			assert!(!is_public(&text.parse().unwrap()), "{text}");
		}
	}

	#[test]
	fn address_should_be_public_when_it_is_of_the_internet() {
		for text in [
			"1.1.1.1",
			"8.8.8.8",
			"172.15.0.1",
			"172.32.0.1",
			"100.63.0.1",
			"100.128.0.1",
			"198.20.0.1",
			"2606:4700::1111",
			"2a00:1450::1",
			"2001:4860:4860::8888",
			"::ffff:8.8.8.8",
			"64:ff9b::808:808",
		] {
			assert!(is_public(&text.parse().unwrap()), "{text}");
		}
	}
}
