//! How many connections may be open: overall, and from one address.

use parking_lot::Mutex;
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// The connections that are open, and how many may be.
#[derive(Debug)]
pub(crate) struct Connections {
    max: u64,
    max_per_address: u64,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: u64,
    /// Only addresses that have one: the map is never larger than `total`.
    by_address: HashMap<IpAddr, u64>,
}

/// An open connection; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    connections: Arc<Connections>,
    address: Option<IpAddr>,
}

impl Connections {
    /// At most `max`, of them at most `max_per_address` from one address.
    pub(crate) fn new(max: u64, max_per_address: u64) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_address,
            open: Mutex::default(),
        })
    }

    /// Counts a connection from `address`; `None` where there are too many.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Permit> {
        let address = counted(address);
        let mut open = self.open.lock();
        let from_it = address.and_then(|address| open.by_address.get(&address).copied());
        let from_it = from_it.unwrap_or_default();
        if open.total >= self.max || (address.is_some() && from_it >= self.max_per_address) {
            return None;
        }
        open.total += 1;
        if let Some(address) = address {
            open.by_address.insert(address, from_it + 1);
        }
        Some(Permit {
            connections: self.clone(),
            address,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock();
        open.total -= 1;
        let Some(address) = self.address else { return };
        if let Some(from_it) = open.by_address.get_mut(&address) {
            *from_it -= 1;
            if *from_it == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// What `address` is counted under: itself, or its /64, which is what one subscriber of IPv6 has (RFC
/// 6177). Loopback addresses are not counted: a reverse proxy has one.
fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            Some(IpAddr::V6(network.into()))
        }
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(connections: &Arc<Connections>, address: &str) -> Option<Permit> {
        connections.admit(address.parse().unwrap())
    }

    #[test]
    fn no_address_gets_more_than_its_share_and_gives_it_back() {
        let connections = Connections::new(100, 2);
        let first = admit(&connections, "192.0.2.1").unwrap();
        // The same address, as an IPv6 socket shows it.
        let _second = admit(&connections, "::ffff:192.0.2.1").unwrap();
        assert!(admit(&connections, "192.0.2.1").is_none());
        assert!(admit(&connections, "192.0.2.2").is_some());
        drop(first);
        assert!(admit(&connections, "192.0.2.1").is_some());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let connections = Connections::new(100, 1);
        let _first = admit(&connections, "2001:db8:0:1::1").unwrap();
        assert!(admit(&connections, "2001:db8:0:1:ffff::2").is_none());
        assert!(admit(&connections, "2001:db8:0:2::1").is_some());
    }

    #[test]
    fn loopback_counts_in_the_total_only() {
        let connections = Connections::new(3, 1);
        let open: Vec<_> = (0..3)
            .filter_map(|_| admit(&connections, "127.0.0.1"))
            .collect();
        assert_eq!(open.len(), 3);
        assert!(admit(&connections, "::1").is_none());
        drop(open);
        let open = connections.open.lock();
        assert_eq!((open.total, open.by_address.len()), (0, 0));
    }
}
