//! Where a run's requests go.

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};
use std::fmt;
use std::net::IpAddr;

/// A deployment, by its base URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    scheme: Scheme,
    authority: Authority,
    /// A path before `/api/v1`, without a slash at its end; most often empty.
    prefix: String,
}

/// A text that is no base URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} is no base URL: {why}")]
pub struct NoTarget {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Target {
    /// Reads `http://127.0.0.1:8080` or `https://staging.example.com`, with or without a path.
    pub fn parse(text: &str) -> Result<Target, NoTarget> {
        let no = |why| NoTarget { text: text.to_owned(), why };
        let uri: Uri = text.parse().map_err(|_| no("it cannot be read"))?;
        let scheme = uri.scheme().cloned().ok_or_else(|| no("it must begin with http:// or https://"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(no("it must begin with http:// or https://"));
        }
        let authority = uri.authority().cloned().ok_or_else(|| no("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(no("a user or a password does not belong there"));
        }
        if uri.query().is_some() {
            return Err(no("a query does not belong there"));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        Ok(Target { scheme, authority, prefix })
    }
    /// Whether TLS is spoken.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
    /// The host's name or address.
    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }
    /// The port.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 })
    }
    /// What the `Host` header says.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }
    /// The path of an endpoint there.
    pub fn path(&self, path: &str, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.prefix)
    }
    /// Whether it is this machine, reached over the loopback.
    pub fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.host().parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_read_with_their_parts() {
        let plain = Target::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!((plain.host(), plain.port(), plain.is_loopback()), ("127.0.0.1", 8080, true));
        assert_eq!(plain.path("/api/v1/tasks", "limit=50"), "/api/v1/tasks?limit=50");
        let deep = Target::parse("https://staging.example.com/otto/").unwrap();
        assert_eq!((deep.port(), deep.is_secure(), deep.is_loopback()), (443, true, false));
        assert_eq!(deep.path("/health", ""), "/otto/health");
        assert_eq!(deep.to_string(), "https://staging.example.com/otto");
        assert!(Target::parse("http://[::1]:9000").unwrap().is_loopback());
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_the_reason() {
        for wrong in ["", "staging", "ftp://a", "http://", "https://user:secret@host", "http://a/?b=c", "http://a b"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
