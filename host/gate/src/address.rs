//! Which addresses may answer.
//!
//! The lists are those of the IANA registries of special-purpose addresses (RFC 6890 and
//! its successors). An IPv6 address that carries an IPv4 address is judged by what it
//! carries.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

/// Turns names into addresses.
pub trait Lookup: Debug + Send + Sync + 'static {
    /// All addresses of a host.
    ///
    /// # Errors
    /// There is no such host, or nobody to ask.
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// Longest wait for a name: a resolver that is silent for longer is down.
const SLOWEST_LOOKUP: Duration = Duration::from_secs(10);

/// The system's own resolver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        // The system's resolver cannot be interrupted, so it gets a thread of its own.
        let (answer, wait) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            // Nobody waits any more if this fails.
            let _ = answer.send(found);
        });
        wait.recv_timeout(SLOWEST_LOOKUP).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// What kind of network an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The internet.
    Public,
    /// This machine or its own network: reached where the operator allows it.
    Private(&'static str),
    /// Nothing that a name should lead to: reached only where the operator grants the
    /// very address.
    Special(&'static str),
}

pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    use Reach::{Private, Public, Special};
    match address.octets() {
        // Cloud metadata services inside otherwise private ranges.
        [100, 100, 100, 200] => Special("a metadata service"),
        [127, ..] => Private("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Private("a private address"),
        [100, 64..=127, ..] => Private("an address behind a carrier's NAT"),
        [169, 254, ..] => Special("a link-local address, where metadata services are"),
        [0, ..] => Special("an address of `this network`"),
        [224..=239, ..] => Special("a multicast address"),
        [240..=255, ..] => Special("a reserved address"),
        [192, 0, 0, _] | [192, 88, 99, _] => Special("an address of a protocol"),
        [198, 18..=19, ..] => Special("an address for benchmarks"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Special("an address for documentation")
        }
        _ => Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    use Reach::{Private, Public, Special};
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        match reach_v4(Ipv4Addr::new(a, b, c, d)) {
            // A translated public address is somebody's way around an address check.
            Public => Special("an address that stands for an IPv4 address"),
            known => known,
        }
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Private("a loopback address"),
        // Mapped: connecting to it is connecting to the IPv4 address itself.
        [0, 0, 0, 0, 0, 0xffff, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            reach_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0, 0, 0, 0, 0, 0, 0, 0] => Special("the unspecified address"),
        // Compatible, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Special("a metadata service"),
        [0xfc00..=0xfdff, ..] => Private("a unique local address"),
        [0xfe80..=0xfebf, ..] => Special("a link-local address"),
        [0xfec0..=0xfeff, ..] => Special("a site-local address"),
        [0xff00..=0xffff, ..] => Special("a multicast address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Special("an address for documentation"),
        [0x2001, 0..=0x1ff, ..] => Special("an address of a protocol"),
        [0x2000..=0x3fff, ..] => Public,
        _ => Special("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_public(address: &str) -> bool {
        reach(address.parse().expect("an address")) == Reach::Public
    }

    #[test]
    fn only_the_internet_is_public() {
        for public in ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1"] {
            assert!(is_public(public), "{public}");
        }
        for public in ["2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public), "{public}");
        }
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "4000::1",
        ] {
            assert!(!is_public(inside), "{inside}");
        }
    }

    proptest! {
        /// Writing an IPv4 address as IPv6 never makes it reachable.
        #[test]
        fn no_way_around_by_translation(octets: [u8; 4]) {
            let plain = Ipv4Addr::from(octets);
            let [a, b, c, d] = octets.map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for translated in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                if reach(IpAddr::V6(translated)) == Reach::Public {
                    prop_assert_eq!(reach(IpAddr::V4(plain)), Reach::Public);
                }
            }
        }
    }
}
