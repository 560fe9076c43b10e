//! The URLs that tenants give.

use crate::special_block;
use std::net::IpAddr;
use url::{Host, Url};

/// Endings of names that only private networks and hosts themselves resolve: RFC 6761, 6762, 8375,
/// and those that ICANN keeps for private use.
const PRIVATE_ENDINGS: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "home.arpa",
    "home",
    "lan",
    "corp",
    "intranet",
    "private",
    "invalid",
];

/// Why a URL is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a URL.
    #[error("is not a URL: {0}")]
    NotAUrl(url::ParseError),
    /// Another scheme than `https`.
    #[error("must be an https URL")]
    NotHttps,
    /// A name or password stands in it.
    #[error("must have no credentials")]
    Credentials,
    /// The host is an address that is not public.
    #[error("must lead to a public address, not to a {0} one")]
    Special(&'static str),
    /// The host is a name that only a private network resolves.
    #[error("must lead to a public host")]
    PrivateName,
    /// The port is none of those that may be asked.
    #[error("must lead to a port that is allowed")]
    Port,
    /// It has too many bytes.
    #[error("must be shorter")]
    TooLong,
}

/// `text` as a URL that leads to a public host over TLS, as far as that can be told without a
/// resolver. The URL standard's parser reads the host, as `fetch` and libcurl do: `127.1`,
/// `0x7f000001`, `017700000001` and `2130706433` are the address 127.0.0.1.
pub fn public_url(text: &str) -> Result<Url, Refused> {
    let url = Url::parse(text).map_err(Refused::NotAUrl)?;
    ensure_public(&url)?;
    Ok(url)
}

/// As [`public_url`], of one that was read.
pub(crate) fn ensure_public(url: &Url) -> Result<(), Refused> {
    if url.scheme() != "https" {
        return Err(Refused::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::Credentials);
    }
    let special = match url.host() {
        Some(Host::Ipv4(address)) => special_block(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => special_block(IpAddr::V6(address)),
        Some(Host::Domain(name)) if is_private_name(name) => return Err(Refused::PrivateName),
        Some(Host::Domain(_)) => None,
        None => return Err(Refused::PrivateName),
    };
    match special {
        Some(block) => Err(Refused::Special(block)),
        None => Ok(()),
    }
}

/// A name of one label is completed by the resolver's search list, so it may lead anywhere.
fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let within = |ending: &&str| {
        name.strip_suffix(*ending)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || PRIVATE_ENDINGS.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_private_address_is_refused() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "0x7f.0.0.1",
            "2130706433",
            "017700000001",
            "0177.0.0.01",
            "127.0.0.1.",
            "１２７.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "0xa9fea9fe",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:7f00:1::]",
            "[fd00:ec2::254]",
            "0",
        ] {
            let refused = public_url(&format!("https://{host}/x.png")).unwrap_err();
            assert!(matches!(refused, Refused::Special(_)), "{host}: {refused}");
        }
    }

    #[test]
    fn names_of_private_networks_are_refused() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "db",
            "router.home.arpa",
        ] {
            let refused = public_url(&format!("https://{host}/")).unwrap_err();
            assert_eq!(refused, Refused::PrivateName, "{host}");
        }
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        for url in [
            "http://example.com/",
            "file:///etc/passwd",
            "ftp://example.com/",
            "data:,x",
        ] {
            assert_eq!(public_url(url), Err(Refused::NotHttps), "{url}");
        }
        let url = "https://user:pass@example.com/";
        assert_eq!(public_url(url), Err(Refused::Credentials));
        assert!(matches!(
            public_url("//example.com"),
            Err(Refused::NotAUrl(_))
        ));
    }

    #[test]
    fn public_hosts_pass() {
        for url in [
            "https://example.com/a.png?x=1",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]:8443/",
            "https://localhost.example.com/",
            "https://notlocal.net/",
        ] {
            assert!(public_url(url).is_ok(), "{url}");
        }
    }
}
