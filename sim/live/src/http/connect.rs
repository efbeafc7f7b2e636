//! Connections: TCP, TLS where the target wants it, HTTP/1.1 or HTTP/2.

use crate::http::body::Outgoing;
use crate::http::trouble::{NoConnection, TlsTrouble, io_words, with_causes};
use crate::target::Target;
use fieldday_scenario::HttpVersion;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::debug;

/// How long a connection may take to be made.
const LIMIT: Duration = Duration::from_secs(10);

/// Makes connections to one target. What is looked up once (addresses, root certificates) is shared by all.
#[derive(Clone)]
pub struct Connector {
    target: Target,
    addresses: Arc<[SocketAddr]>,
    /// Where connections come from, in turn; wherever the system likes if there is none.
    sources: Arc<[IpAddr]>,
    next_source: Arc<AtomicUsize>,
    http: HttpVersion,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// An open connection to the target or to an object store.
pub enum Connection {
    /// One request at a time. Between two it is no more than its stream: what hyper holds for a connection would be a good
    /// part of the memory of a rep who waits.
    Http1(Stream),
    /// HTTP/2: many requests at once.
    Http2(http2::SendRequest<Outgoing>),
}

impl Connection {
    /// Whether the other side has not closed it, by what has come so far.
    pub fn is_open(&mut self) -> bool {
        match self {
            // Nobody speaks unasked in HTTP/1.1: whatever can be read is the end, or nothing to go on with.
            Connection::Http1(stream) => {
                let (mut byte, mut context) = ([0; 1], Context::from_waker(Waker::noop()));
                Pin::new(stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_pending()
            }
            Connection::Http2(sender) => !sender.is_closed(),
        }
    }
}

/// A TCP stream, with TLS on it or without.
pub type Stream = Box<dyn Io>;

/// A two-way stream of bytes.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

impl Connector {
    /// Looks up what all connections need. `roots` are further certificates to trust, in DER.
    pub async fn new(target: Target, http: HttpVersion, roots: &[Vec<u8>]) -> Result<Connector, NoConnection> {
        let host = target.host().to_owned();
        let name = |why: String| NoConnection::Name { host: host.clone(), why };
        let found = tokio::net::lookup_host((host.as_str(), target.port())).await.map_err(|e| name(e.to_string()))?;
        let addresses: Arc<[SocketAddr]> = found.collect();
        if addresses.is_empty() {
            return Err(name("no address".to_owned()));
        }
        let tls = match target.is_secure() {
            false => None,
            true => {
                let server = ServerName::try_from(host.clone()).map_err(|e| name(e.to_string()))?;
                Some((TlsConnector::from(Arc::new(trusting(http, roots)?)), server))
            }
        };
        Ok(Connector { target, addresses, sources: Arc::new([]), next_source: Arc::default(), http, tls })
    }
    /// The same from these addresses of this machine, each connection from the next one.
    pub fn from_sources(self, sources: &[IpAddr]) -> Connector {
        Connector { sources: sources.into(), ..self }
    }
    /// The target that connections are made to.
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// Opens a connection, or fails after 10 s at the latest.
    pub async fn connect(&self) -> Result<Connection, NoConnection> {
        let began = Instant::now();
        let opened = tokio::time::timeout(LIMIT, self.open()).await.unwrap_or(Err(NoConnection::TooSlow));
        let (host, took_us) = (self.target.host(), began.elapsed().as_micros());
        match &opened {
            Ok(Connection::Http1(_)) => debug!(host, took_us, http = 1, "connection opened"),
            Ok(Connection::Http2(_)) => debug!(host, took_us, http = 2, "connection opened"),
            Err(error) => debug!(host, took_us, %error, "no connection"),
        }
        opened
    }
    async fn tcp(&self) -> Result<TcpStream, NoConnection> {
        let failed = |error: io::Error| NoConnection::Tcp(io_words(&error));
        if self.sources.is_empty() {
            return TcpStream::connect(&self.addresses[..]).await.map_err(failed);
        }
        let source = self.sources[self.next_source.fetch_add(1, Ordering::Relaxed) % self.sources.len()];
        // An address connects to those of its own kind.
        let target = self.addresses.iter().find(|target| target.is_ipv4() == source.is_ipv4());
        let target = *target.ok_or_else(|| {
            let kind = if source.is_ipv4() { "IPv4" } else { "IPv6" };
            NoConnection::Tcp(format!("{source} is an {kind} address, and the target has none"))
        })?;
        let from = |error: io::Error| NoConnection::Tcp(format!("from {source}: {}", io_words(&error)));
        let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(from)?;
        socket.bind(SocketAddr::new(source, 0)).map_err(from)?;
        socket.connect(target).await.map_err(from)
    }
    async fn open(&self) -> Result<Connection, NoConnection> {
        let tcp = self.tcp().await?;
        // A request is written at once, so nothing is gained by waiting for more.
        let _ = tcp.set_nodelay(true);
        match &self.tls {
            None => speak(Box::new(tcp), self.http == HttpVersion::Http2).await,
            Some((tls, server)) => {
                let stream =
                    tls.connect(server.clone(), tcp).await.map_err(|e| NoConnection::Tls(TlsTrouble::of(&e)))?;
                let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                speak(Box::new(stream), h2).await
            }
        }
    }
}

async fn speak(stream: Stream, h2: bool) -> Result<Connection, NoConnection> {
    if !h2 {
        return Ok(Connection::Http1(stream));
    }
    let opened = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = opened.map_err(|e| NoConnection::Http(with_causes(&e)))?;
    tokio::spawn(async move {
        match connection.await {
            Ok(()) => debug!(http = 2, "connection closed"),
            Err(error) => debug!(http = 2, error = with_causes(&error), "connection broken"),
        }
    });
    Ok(Connection::Http2(sender))
}

fn trusting(http: HttpVersion, further: &[Vec<u8>]) -> Result<ClientConfig, NoConnection> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(further.iter().map(|der| der.clone().into()));
    if roots.is_empty() {
        return Err(NoConnection::Roots("the system has none (Debian's package is ca-certificates)".to_owned()));
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| NoConnection::Tls(TlsTrouble::Other(e.to_string())))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = match http {
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// The certificates of a PEM file, in DER; none if there are none in it.
pub fn certificates(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).map(|der| der.map(|der| der.to_vec())).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}
