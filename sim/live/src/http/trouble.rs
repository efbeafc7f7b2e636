//! Why no connection can be made: the cause, in words that are the same for all attempts that fail alike, and what to do.

use fieldday_kernel::text::one_line;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why no connection could be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoConnection {
    /// The name of the host means nothing.
    #[error("{host} cannot be resolved: {why}")]
    Name {
        /// The name of the host.
        host: String,
        /// The reason that the resolver gave.
        why: String,
    },
    /// The system has no root certificates, or they cannot be read.
    #[error("no root certificates: {0}")]
    Roots(String),
    /// TCP could not connect; the operating system's reason.
    #[error("tcp: {0}")]
    Tcp(String),
    /// The TLS handshake failed.
    #[error("tls: {0}")]
    Tls(TlsTrouble),
    /// The HTTP handshake failed; the reason in a few words.
    #[error("http: {0}")]
    Http(String),
    /// No connection was open within the time limit.
    #[error("no connection within 10 s")]
    TooSlow,
}

/// The reason why a TLS handshake failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TlsTrouble {
    /// Nobody who is trusted issued the certificate.
    #[error("invalid peer certificate: unknown issuer")]
    UnknownIssuer,
    /// The certificate is for other names.
    #[error("invalid peer certificate: it is for {} and not for this host", listed(.0))]
    WrongName(Vec<String>),
    /// The certificate has expired.
    #[error("invalid peer certificate: expired")]
    Expired,
    /// The certificate is not valid yet.
    #[error("invalid peer certificate: not valid yet")]
    NotValidYet,
    /// A certificate that may only issue others.
    #[error("invalid peer certificate: a CA certificate is used as a server certificate")]
    CaAsServer,
    /// A certificate that is no server's for another reason.
    #[error("invalid peer certificate: {0}")]
    Certificate(String),
    /// The other side does not speak TLS.
    #[error("the server does not speak TLS")]
    NoTls,
    /// The other side closed the connection.
    #[error("the connection was closed in the handshake")]
    Closed,
    /// The other side says why it does not want to.
    #[error("the target rejects the TLS handshake: {0}")]
    Refused(String),
    /// Another reason, in the words of the TLS library.
    #[error("{0}")]
    Other(String),
}

impl TlsTrouble {
    /// What a failed handshake reports.
    pub(crate) fn of(error: &std::io::Error) -> TlsTrouble {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(error) => TlsTrouble::of_rustls(error),
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => TlsTrouble::Closed,
            None => TlsTrouble::Other(io_words(error)),
        }
    }
    fn of_rustls(error: &Error) -> TlsTrouble {
        match error {
            Error::InvalidCertificate(wrong) => TlsTrouble::of_certificate(wrong),
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => TlsTrouble::NoTls,
            Error::AlertReceived(alert) => TlsTrouble::Refused(alert_words(*alert)),
            other => TlsTrouble::Other(short(&other.to_string())),
        }
    }
    fn of_certificate(wrong: &CertificateError) -> TlsTrouble {
        use CertificateError as Wrong;
        match wrong {
            Wrong::UnknownIssuer => TlsTrouble::UnknownIssuer,
            Wrong::NotValidForName => TlsTrouble::WrongName(Vec::new()),
            Wrong::NotValidForNameContext { presented, .. } => {
                TlsTrouble::WrongName(presented.iter().map(|name| plain_name(name)).collect())
            }
            Wrong::Expired | Wrong::ExpiredContext { .. } => TlsTrouble::Expired,
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => TlsTrouble::NotValidYet,
            // The library that verifies says so in a type of its own.
            Wrong::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => TlsTrouble::CaAsServer,
            Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => {
                TlsTrouble::Certificate("it is not for servers".to_owned())
            }
            other => TlsTrouble::Certificate(short(&other.to_string())),
        }
    }
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            TlsTrouble::UnknownIssuer => {
                "pass --cacert FILE with the issuer's root certificate, or with the server's own if it is self-signed; the server must also send all intermediate certificates"
            }
            TlsTrouble::WrongName(_) => "use a host name in the certificate, or issue a certificate for this name",
            TlsTrouble::Expired => "renew the server's certificate; if it is valid, check this machine's clock",
            TlsTrouble::NotValidYet => "check this machine's clock and the dates of the certificate",
            TlsTrouble::CaAsServer => {
                "give the server a certificate issued by that CA, without CA:TRUE; --cacert FILE trusts the CA"
            }
            TlsTrouble::Certificate(_) => "replace the server's certificate",
            TlsTrouble::NoTls => "try http:// instead of https://, or another port",
            TlsTrouble::Closed | TlsTrouble::Refused(_) | TlsTrouble::Other(_) => {
                "the target must speak TLS 1.2 or 1.3 on this port without a client certificate"
            }
        }
    }
}

impl NoConnection {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            NoConnection::Name { .. } => "check the host name, and whether this machine can resolve it",
            NoConnection::Roots(_) => "pass --cacert FILE with PEM root certificates to trust",
            NoConnection::Tls(trouble) => trouble.hint(),
            NoConnection::Http(_) => "remove `http = \"2\"` from [live] if the target speaks only HTTP/1.1",
            NoConnection::Tcp(_) | NoConnection::TooSlow => {
                "check that it is running at this address; `fieldday mock` serves a target to try"
            }
        }
    }
}

/// What the system says, as words without its number.
pub(crate) fn io_words(error: &std::io::Error) -> String {
    let kind = error.kind().to_string();
    match error.raw_os_error() {
        // Of some, such as too many open files, only the system's own text says what they are.
        Some(_) if kind == "uncategorized error" || kind == "other error" => {
            let said = error.to_string();
            said.split(" (os error").next().unwrap_or(&said).to_ascii_lowercase()
        }
        _ => kind,
    }
}

/// An error with all that is behind it, each cause once.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.ends_with(&words) {
            said = format!("{said}: {words}");
        }
        cause = error.source();
    }
    short(&said)
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "other names".to_owned(),
        [first] => first.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// A name as a certificate has it: `DnsName("staging.example.com")`.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    short(inner.trim_matches('"'))
}

fn alert_words(alert: AlertDescription) -> String {
    let name = format!("{alert:?}");
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Of what the other side had a hand in, no more than is needed, and on one line.
fn short(text: &str) -> String {
    one_line(text).chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_the_system_says_is_told_in_words() {
        assert_eq!(io_words(&io::Error::from(io::ErrorKind::ConnectionRefused)), "connection refused");
        assert_eq!(io_words(&io::Error::from_raw_os_error(24)), "too many open files");
    }

    #[test]
    fn every_cause_is_in_the_message_and_none_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer: not whole")]
        struct Outer(#[source] io::Error);
        let inner = io::Error::other("inner: also with a colon");
        assert_eq!(with_causes(&Outer(inner)), "outer: not whole: inner: also with a colon");
    }

    #[test]
    fn a_list_of_names_is_short() {
        assert_eq!(plain_name("DnsName(\"a.example\")"), "a.example");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a and 2 more");
    }
}
