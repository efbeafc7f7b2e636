//! Targets that speak TLS: with a certificate that is trusted, with one that is not, and with none at all.

use crate::common::{Day, mock, ready};
use fieldday_history::event::{EventKind, WireEnd};
use fieldday_kernel::time::TimeOfDay;
use fieldday_live::prepare::{Called, PrepareError};
use fieldday_live::run::LiveOutcome;
use fieldday_scenario::{HttpVersion, Scenario};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// A server's certificate for these names, made for this test, and what to trust to believe it.
fn certificate(names: &[&str]) -> (Arc<ServerConfig>, PathBuf) {
    certificate_with(names, |_| ())
}

/// The same, otherwise than usual.
fn certificate_with(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> (Arc<ServerConfig>, PathBuf) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(vec![cert.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    static FILES: AtomicU32 = AtomicU32::new(0);
    let name = format!("root-{}.pem", FILES.fetch_add(1, Ordering::Relaxed));
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&root, cert.pem()).unwrap();
    (Arc::new(config), root)
}

/// A morning, lived fast.
fn morning() -> Scenario {
    let mut scenario = crate::common::demo(4_000);
    scenario.live.window = Some((scenario.day.leave_home.0, TimeOfDay::hm(9, 0)));
    scenario.live.linger_s = 1;
    scenario.live.auditors = false;
    scenario
}

/// How attempts ended on the wire, a word a kind.
type Ends = BTreeSet<String>;

fn morning_of(certificate_for: &[&str], http: HttpVersion, trusted: bool) -> (LiveOutcome, Ends) {
    let (server, root) = certificate(certificate_for);
    let mut scenario = morning();
    scenario.live.http = http;
    let ready = ready(scenario, mock(|options| options.tls = Some(server)), trusted.then_some(root));
    assert!(ready.target().to_string().starts_with("https://127.0.0.1:"), "{}", ready.target());
    ends(crate::common::lived(ready))
}

fn ends(Day { outcome, cells, .. }: Day) -> (LiveOutcome, Ends) {
    let events = cells.into_values().flat_map(|(_, events)| events);
    let ends = events.filter_map(|event| match event.what {
        EventKind::Wire(wire) => Some(match wire.end {
            WireEnd::Answered { .. } => "answered".to_owned(),
            WireEnd::NoConnection { why } => format!("no connection: {why}"),
            WireEnd::Broken { why } => format!("broken: {why}"),
            WireEnd::BrokenOff => "broken off".to_owned(),
        }),
        _ => None,
    });
    let ends = ends.collect();
    assert_eq!(outcome.panicked, [""; 0]);
    assert_eq!(outcome.run.rep_days, 4, "every rep lives on as a person would");
    (outcome, ends)
}

#[test]
fn a_day_goes_over_tls_in_both_versions_of_http() {
    for http in [HttpVersion::Http1, HttpVersion::Http2] {
        let (outcome, ends) = morning_of(&["127.0.0.1"], http, true);
        assert!(ends.contains("answered") && !ends.iter().any(|end| end.contains("tls")), "{ends:?}");
        assert!(!outcome.run.findings.any_broken());
    }
}

#[test]
fn a_certificate_that_is_not_trusted_or_of_another_host_is_a_result() {
    for (names, trusted) in [(["127.0.0.1"], false), (["staging.example.com"], true)] {
        let (outcome, ends) = morning_of(&names, HttpVersion::Http1, trusted);
        assert!(!ends.contains("answered"), "{ends:?}");
        assert!(ends.iter().any(|end| end.starts_with("no connection: tls: invalid peer certificate: ")), "{ends:?}");
        assert!(!outcome.run.findings.any_broken(), "an app that cannot connect breaks no rule");
    }
}

#[test]
fn a_target_that_speaks_no_tls_or_breaks_off_in_the_handshake_is_a_result() {
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"", b"\x16\x03\x03\x00\x7a"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        // It dies with the process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut hello = [0; 2048];
                let _ = stream.read(&mut hello).and_then(|_| stream.write_all(answer));
            }
        });
        let (_, root) = certificate(&["127.0.0.1"]);
        let (_, ends) = ends(crate::common::lived(ready(morning(), Called::Url(url), Some(root))));
        assert!(!ends.contains("answered") && ends.iter().any(|end| end.contains("tls")), "{ends:?}");
    }
}

/// What is said of a target with that certificate before the run, and what to do about it.
fn refused(server: Arc<ServerConfig>, root: Option<PathBuf>) -> (String, String) {
    match ready(morning(), mock(|options| options.tls = Some(server)), root).look() {
        Err(PrepareError::Unusable(error)) => {
            let says = error.to_string();
            (says.split_once(" cannot be reached: ").unwrap().1.to_owned(), error.hint().into_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_before_the_run_with_what_to_do() {
    let here: &[&str] = &["127.0.0.1"];
    let whole = |of: (Arc<ServerConfig>, PathBuf)| refused(of.0, Some(of.1));
    let (says, hint) = refused(certificate(here).0, None);
    assert_eq!(says, "tls: invalid peer certificate: unknown issuer");
    assert!(hint.contains("--cacert FILE"), "{hint}");
    let (says, hint) = whole(certificate(&["staging.example.com"]));
    assert_eq!(says, "tls: invalid peer certificate: it is for staging.example.com and not for this host");
    assert!(hint.contains("use a host name in the certificate"), "{hint}");
    let (says, hint) = whole(certificate_with(here, |params| params.not_after = date_time_ymd(2020, 1, 1)));
    assert_eq!(says, "tls: invalid peer certificate: expired");
    assert!(hint.contains("this machine's clock"), "{hint}");
    let (says, _) = whole(certificate_with(here, |params| params.not_before = date_time_ymd(2999, 1, 1)));
    assert_eq!(says, "tls: invalid peer certificate: not valid yet");
    let ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (says, hint) = whole(certificate_with(here, |params| params.is_ca = ca));
    assert_eq!(says, "tls: invalid peer certificate: a CA certificate is used as a server certificate");
    assert!(hint.contains("without CA:TRUE"), "{hint}");
}

#[test]
fn what_speaks_no_tls_is_told_before_the_run() {
    let answer = &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    // It dies with the process.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut hello = [0; 2048];
            let _ = stream.read(&mut hello).and_then(|_| stream.write_all(answer));
        }
    });
    let (_, root) = certificate(&["127.0.0.1"]);
    let error = ready(morning(), Called::Url(url), Some(root)).look().unwrap_err();
    assert!(error.to_string().ends_with("tls: the server does not speak TLS"), "{error}");
    let PrepareError::Unusable(error) = error else { panic!("{error}") };
    assert!(error.hint().contains("http:// instead of https://"));
}
