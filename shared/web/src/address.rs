//! Where a request comes from.

use crate::App;
use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr},
};

/// Who is at the other end of the connection. The runtime puts it into a request's extensions: the
/// peer of the socket natively, and on hosted runtimes the address that the platform vouches for
/// (`CF-Connecting-IP`, the request context's source address).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The address of the client, `None` where the runtime does not know it.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.client_address(parts)))
    }
}

/// The client's address: the peer's, or, where the peer is a trusted proxy, the last address in
/// `X-Forwarded-For` that is none. `None` where the runtime knows no peer.
pub(crate) fn client(parts: &Parts, trusted: &[IpNet]) -> Option<IpAddr> {
    let Peer(peer) = *parts.extensions.get()?;
    let is_proxy = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let peer = peer.to_canonical();
    if !is_proxy(&peer) {
        return Some(peer);
    }
    let mut client = peer;
    for address in forwarded(&parts.headers).rev() {
        // Whatever a proxy of ours did not write says nothing.
        let Ok(address) = address.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
        if !is_proxy(&client) {
            break;
        }
    }
    Some(client)
}

fn forwarded(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &str> {
    let values = headers.get_all("x-forwarded-for").iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
}

/// The address under which a client is counted: a subscriber of an internet provider has a whole /64
/// of IPv6 addresses.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut request = http::Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client(&parts, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let told = ["198.51.100.7"];
        let of = |peer, told: &[&str], trusted: &[&str]| of(peer, told, trusted).unwrap();
        assert_eq!(of("192.0.2.1", &told, &[]), "192.0.2.1");
        assert_eq!(of("192.0.2.1", &told, &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(of("10.1.2.3", &told, &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(
            of("::ffff:10.1.2.3", &told, &["10.0.0.0/8"]),
            "198.51.100.7"
        );
        assert_eq!(of("10.1.2.3", &[], &["10.0.0.0/8"]), "10.1.2.3");
        // The client may write what it likes in front of what the proxies wrote.
        let told = ["203.0.113.9, 198.51.100.7", "10.9.9.9"];
        assert_eq!(of("10.1.2.3", &told, &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &["unknown"], &["10.0.0.0/8"]), "10.1.2.3");
    }

    #[test]
    fn without_a_peer_nothing_is_known() {
        let (parts, ()) = http::Request::new(()).into_parts();
        assert_eq!(client(&parts, &[]), None);
    }

    #[test]
    fn a_subscriber_has_one_v4_address_or_a_whole_64() {
        let of = |text: &str| subscriber(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
