//! Where a run's requests go.

use fieldday_api::redact::url_without_secrets;
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
#[error("{text:?} is not a base URL: {why}")]
pub struct NoTarget {
    /// What was given, without a user, a password or a query.
    pub text: String,
    /// What is wrong with it, in a few words.
    pub why: String,
}

/// What every path of the API begins with.
const API: &str = "/api/v1";

impl Target {
    /// Reads `http://127.0.0.1:8080` or `https://staging.example.com`, with or without a path.
    pub fn parse(text: &str) -> Result<Target, NoTarget> {
        let no = |why: &str| NoTarget { text: url_without_secrets(text), why: why.to_owned() };
        let uri: Uri = text.parse().map_err(|_| no("it is malformed"))?;
        let scheme = uri.scheme().cloned().ok_or_else(|| no("it must begin with http:// or https://"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(no("it must begin with http:// or https://"));
        }
        let authority = uri.authority().cloned().ok_or_else(|| no("it names no host"))?;
        // A password with a slash in it ends what is read as the host, and would stand there as its port.
        if text.contains('@') {
            return Err(no("it must not contain a user or a password"));
        }
        // The library that reads URLs takes any text for a port, and gives none for one that it cannot read.
        if let Some(port) = port_text(authority.as_str())
            && !port.parse::<u16>().is_ok_and(|number| number > 0 && port.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(no(&format!("{port:?} is not a port: a port is a number from 1 to 65535")));
        }
        if uri.query().is_some() {
            return Err(no("it must not contain a query"));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        Ok(Target { scheme, authority, prefix })
    }
    /// Whether the target is called over TLS.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
    /// The host's name or address.
    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }
    /// The port of the URL, or the usual one of its scheme.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 })
    }
    /// The host and port as the `Host` header has them.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }
    /// The path of an endpoint there.
    pub fn path(&self, path: &str, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.prefix)
    }
    /// The URL of a path there, without a query.
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }
    /// The base URL that is meant, if this one ends with a part of what every path of the API begins with anyway.
    pub fn undoubled(&self) -> Option<Target> {
        let ends = [API, "/api", "/v1"].into_iter().find_map(|end| self.prefix.strip_suffix(end))?;
        Some(Target { prefix: ends.trim_end_matches('/').to_owned(), ..self.clone() })
    }
    /// The base URL behind the place that an endpoint's path was redirected to, if that place is the same endpoint elsewhere.
    pub fn behind(location: &str, path: &str) -> Option<Target> {
        let without_query = location.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        Target::parse(without_query.strip_suffix(path)?).ok()
    }
    /// Whether a run against this target may send audio to that store: to the target's own host, to one that was allowed, and
    /// within this machine if the target is on it.
    pub fn may_upload_to(&self, store: &Target, allowed: &[String]) -> bool {
        let is_same = store.host().eq_ignore_ascii_case(self.host());
        is_same || (store.is_loopback() && self.is_loopback()) || store.is_among(allowed)
    }
    /// Whether its host is one of these.
    pub fn is_among(&self, hosts: &[String]) -> bool {
        hosts.iter().any(|host| host.eq_ignore_ascii_case(self.host()))
    }
    /// Whether it is this machine, reached over the loopback.
    pub fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.host().parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// What stands where a port stands, if anything does.
fn port_text(authority: &str) -> Option<&str> {
    let after_host = match authority.rsplit_once(']') {
        Some((_, rest)) => rest,
        None => authority,
    };
    after_host.split_once(':').map(|(_, port)| port)
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
    fn a_port_is_a_number_that_a_port_can_be() {
        for (text, port) in [("http://a:1", 1), ("http://[::1]:65535/x", 65_535), ("https://a:08080", 8_080)] {
            assert_eq!(Target::parse(text).unwrap().port(), port, "{text}");
        }
        for wrong in ["http://127.0.0.1:99999", "http://127.0.0.1:08080x", "http://a:0", "http://a:", "http://[::1]:x"]
        {
            let error = Target::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("a port is a number from 1 to 65535"), "{error}");
        }
    }

    #[test]
    fn what_a_url_hides_is_in_no_error() {
        for wrong in
            ["https://user:secret@host", "https://user:sec/ret@host", "http://host/?key=secret", "user:secret@host"]
        {
            let error = Target::parse(wrong).unwrap_err().to_string();
            assert!(!error.contains("sec") && error.contains("host"), "{error}");
        }
    }

    #[test]
    fn audio_goes_where_the_target_is_and_where_it_may() {
        let may = |target: &str, store: &str, allowed: &[&str]| {
            let allowed: Vec<String> = allowed.iter().map(|host| (*host).to_owned()).collect();
            Target::parse(target).unwrap().may_upload_to(&Target::parse(store).unwrap(), &allowed)
        };
        assert!(may("http://127.0.0.1:8080", "http://localhost:9000", &[]));
        assert!(may("https://staging.example.com", "https://STAGING.example.com:9000", &["staging.example.com"]));
        assert!(may("http://127.0.0.1:8080", "https://s3.example.com", &["s3.example.com"]));
        assert!(!may("http://127.0.0.1:8080", "https://s3.example.com", &[]));
        assert!(!may("https://staging.example.com", "http://127.0.0.1:9000", &["staging.example.com"]));
    }

    #[test]
    fn the_base_url_that_was_meant_is_found() {
        let meant = |text: &str| Target::parse(text).unwrap().undoubled().map(|target| target.to_string());
        assert_eq!(meant("http://127.0.0.1:9200/api/v1").as_deref(), Some("http://127.0.0.1:9200"));
        assert_eq!(meant("https://a/otto/api/").as_deref(), Some("https://a/otto"));
        assert_eq!(meant("https://a/otto"), None);
        let behind = |location| Target::behind(location, "/api/v1/tasks").map(|target| target.to_string());
        assert_eq!(behind("https://b/otto/api/v1/tasks?limit=5").as_deref(), Some("https://b/otto"));
        assert_eq!(behind("https://b/login?next=/api/v1/tasks"), None);
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_the_reason() {
        for wrong in ["", "staging", "ftp://a", "http://", "https://user:secret@host", "http://a/?b=c", "http://a b"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
