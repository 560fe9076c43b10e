//! What the operator lets tenants reach.

use crate::{Refused, host::ensure_public};
use url::Url;

/// Bytes that a URL may have.
const MAX_URL: usize = 8 * 1024;

/// The ports of public hosts that may be asked, where the configuration names none.
pub const PORTS: [u16; 2] = [443, 8443];

/// Which URLs may be asked.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Hosts as the URL standard writes them, and their ports.
    allow: Vec<(String, u16)>,
    ports: Vec<u16>,
}

/// A URL that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As the URL standard writes it, without a fragment: what is sent must be made from it.
    pub url: Url,
    /// Whether the operator named its host and port: the address behind it may be a private one.
    pub is_listed: bool,
}

impl Policy {
    /// `allow` are `host:port`, reached over plain http, too, and whatever their address is; `ports` are
    /// those of all other hosts. The error is the index of an entry that cannot be read.
    pub fn new(allow: &[String], ports: &[u16]) -> Result<Self, usize> {
        let entries = allow.iter().enumerate();
        let allow = entries.map(|(at, entry)| endpoint(entry).ok_or(at));
        Ok(Self {
            allow: allow.collect::<Result<_, _>>()?,
            ports: ports.to_vec(),
        })
    }

    /// Reads and checks a URL, without asking a resolver: who connects checks every address.
    pub fn check(&self, text: &str) -> Result<Checked, Refused> {
        if text.len() > MAX_URL {
            return Err(Refused::TooLong);
        }
        let mut url = Url::parse(text).map_err(Refused::NotAUrl)?;
        url.set_fragment(None);
        if self.lists(&url) {
            return match url.username().is_empty() && url.password().is_none() {
                true => Ok(Checked {
                    url,
                    is_listed: true,
                }),
                false => Err(Refused::Credentials),
            };
        }
        ensure_public(&url)?;
        match url.port_or_known_default() {
            Some(port) if self.ports.contains(&port) => Ok(Checked {
                url,
                is_listed: false,
            }),
            _ => Err(Refused::Port),
        }
    }

    fn lists(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        matches!(url.scheme(), "http" | "https")
            && self
                .allow
                .iter()
                .any(|(host, at)| url.host_str() == Some(host) && port == Some(*at))
    }
}

/// `host:port` as the URL standard reads it; `None` where a part is missing or there are others.
fn endpoint(text: &str) -> Option<(String, u16)> {
    let (_, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let url = Url::parse(&format!("http://{text}/")).ok()?;
    let is_whole = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some();
    let host = url.host_str()?;
    (is_whole && !has_user && url.port_or_known_default() == Some(port))
        .then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allow: &[&str]) -> Policy {
        let allow = Vec::from_iter(allow.iter().map(|entry| (*entry).to_owned()));
        Policy::new(&allow, &PORTS).unwrap()
    }

    #[test]
    fn only_listed_ports_of_public_hosts_are_asked() {
        let policy = policy(&[]);
        for url in ["https://example.com/", "https://example.com:8443/a?b"] {
            assert!(!policy.check(url).unwrap().is_listed, "{url}");
        }
        for url in ["https://example.com:22/", "https://example.com:9000/"] {
            assert_eq!(policy.check(url), Err(Refused::Port), "{url}");
        }
        let plain = policy.check("http://example.com:443/");
        assert_eq!(plain, Err(Refused::NotHttps));
    }

    #[test]
    fn what_is_listed_is_asked_however_it_is_spelled() {
        let policy = policy(&["127.0.0.1:9000", "api.internal:80", "[::1]:9001"]);
        for url in [
            "http://127.0.0.1:9000/x",
            "https://127.1:9000/x",
            "http://0x7f000001:9000/",
            "http://API.internal/",
            "http://[0:0::1]:9001/",
        ] {
            assert!(policy.check(url).unwrap().is_listed, "{url}");
        }
        for url in [
            "http://127.0.0.1:9001/",
            "http://127.0.0.1/",
            "http://127.0.0.2:9000/",
            "http://b.api.internal/",
            "ftp://127.0.0.1:9000/",
            "http://user@127.0.0.1:9000/",
        ] {
            assert!(policy.check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn entries_are_hosts_with_ports() {
        for entry in [
            "127.0.0.1",
            "http://127.0.0.1:80",
            "a:80/x",
            "u@a:80",
            "a:x",
            ":80",
            "a:",
        ] {
            let wrong = Policy::new(&["a:80".into(), entry.into()], &PORTS).unwrap_err();
            assert_eq!(wrong, 1, "{entry}");
        }
    }

    #[test]
    fn a_fragment_is_never_sent_and_length_is_bounded() {
        let policy = policy(&[]);
        let checked = policy.check("https://example.com/a#secret").unwrap();
        assert_eq!(checked.url.as_str(), "https://example.com/a");
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL));
        assert_eq!(policy.check(&long), Err(Refused::TooLong));
    }
}
