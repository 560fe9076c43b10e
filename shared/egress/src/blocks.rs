//! IANA's special-purpose addresses
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>), multicast, and the two
//! addresses of cloud hosts that lie outside of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First address, length of the prefix, the name of the block.
type Block<T> = (T, u32, &'static str);

const V4: &[Block<[u8; 4]>] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared"),
    ([127, 0, 0, 0], 8, "loopback"),
    // Azure's platform services answer every virtual machine there.
    ([168, 63, 129, 16], 32, "host"),
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "protocol assignments"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 88, 99, 0], 24, "6to4 relay"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "benchmarking"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

const V6: &[Block<[u16; 8]>] = &[
    // Unspecified, loopback and the IPv4-compatible addresses.
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, "loopback"),
    // IPv4-translated addresses (RFC 2765), which some stacks still map.
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "translated"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local translation"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard"),
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

/// The name of the special-purpose block that holds `address`; `None` for one that is public.
/// An IPv6 address that carries an IPv4 address (mapped, NAT64's `64:ff9b::/96`, 6to4's
/// `2002::/16`) is what the carried one is.
pub fn special_block(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => block_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => block_v4(carried),
            None => block_v6(address),
        },
    }
}

fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, ..] = address.segments();
    let octets = address.octets();
    match (a, b) {
        (0x2002, _) => Some(Ipv4Addr::new(octets[2], octets[3], octets[4], octets[5])),
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => Some(Ipv4Addr::new(
            octets[12], octets[13], octets[14], octets[15],
        )),
        _ => address.to_ipv4_mapped(),
    }
}

fn block_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let holds = |(first, length, _): &&Block<[u8; 4]>| {
        (bits ^ u32::from_be_bytes(*first)) >> (32 - length) == 0
    };
    V4.iter().find(holds).map(|(_, _, name)| *name)
}

fn block_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let holds = |(first, length, _): &&Block<[u16; 8]>| {
        (bits ^ Ipv6Addr::from(*first).to_bits()) >> (128 - length) == 0
    };
    V6.iter().find(holds).map(|(_, _, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: &str) -> Option<&'static str> {
        special_block(address.parse().unwrap())
    }

    /// The first and the last address of a block belong to it, their neighbours do not.
    #[test]
    fn blocks_end_where_the_registry_says() {
        let cases = [
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            (
                "100.64.0.0",
                "100.127.255.255",
                "100.63.255.255",
                "100.128.0.0",
            ),
            (
                "127.0.0.0",
                "127.255.255.255",
                "126.255.255.255",
                "128.0.0.0",
            ),
            (
                "169.254.0.0",
                "169.254.255.255",
                "169.253.255.255",
                "169.255.0.0",
            ),
            (
                "172.16.0.0",
                "172.31.255.255",
                "172.15.255.255",
                "172.32.0.0",
            ),
            (
                "192.168.0.0",
                "192.168.255.255",
                "192.167.255.255",
                "192.169.0.0",
            ),
            (
                "198.18.0.0",
                "198.19.255.255",
                "198.17.255.255",
                "198.20.0.0",
            ),
            (
                "168.63.129.16",
                "168.63.129.16",
                "168.63.129.15",
                "168.63.129.17",
            ),
            (
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "fbff::",
                "fe00::",
            ),
            ("fe80::", "febf::", "fe7f::", "fe00::1"),
            ("2001:db8::", "2001:db8:ffff::", "2001:db7::", "2001:db9::"),
            ("3fff::", "3fff:fff::", "3ffe::", "3fff:1000::"),
        ];
        for (first, last, before, after) in cases {
            assert!(block(first).is_some() && block(last).is_some(), "{first}");
            assert_eq!((block(before), block(after)), (None, None), "{first}");
        }
    }

    #[test]
    fn what_leads_to_the_host_or_its_network_is_special() {
        for address in [
            "0.0.0.0",
            "127.0.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "::1",
            "::127.0.0.1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b:1::1",
        ] {
            assert!(block(address).is_some(), "{address}");
        }
    }

    #[test]
    fn a_carried_address_decides() {
        for (private, public) in [
            ("::ffff:10.0.0.1", "::ffff:8.8.8.8"),
            ("64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8"),
            ("2002:7f00:1::", "2002:808:808::"),
            ("2002:c0a8:101:1::1", "2002:102:304:1::1"),
        ] {
            assert!(block(private).is_some(), "{private}");
            assert_eq!(block(public), None, "{public}");
        }
    }

    #[test]
    fn public_addresses_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00::1",
        ] {
            assert_eq!(block(address), None, "{address}");
        }
    }
}
