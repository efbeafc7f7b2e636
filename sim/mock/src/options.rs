//! What a mock is told before it begins, and what can keep it from serving.

use crate::clock::Clock;
use fieldday_backend::{DataError, ServiceTimes, Spread};
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::Span;
use fieldday_plan::{CellPlan, Plan};
use fieldday_tokens::{Key, Verifier, jwks};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio_rustls::rustls::ServerConfig;

/// A phone may be silent for as long as a visit takes; who says nothing for longer has gone away.
const PATIENCE: Duration = Duration::from_secs(600);

/// A change of a cell's plan before its data are loaded.
pub type Prepare = Box<dyn Fn(&mut CellPlan) + Send>;

/// What a mock serves and how fast.
pub struct Options {
    /// The plan, whose data the mock serves and whose scenario says how the backend behaves and fails.
    pub plan: Plan,
    /// What is done to a cell's plan before it is loaded; nothing if none. A live run that goes through the day faster than
    /// the wall moves mishaps to where they belong on the mock's clock.
    pub prepare: Option<Prepare>,
    /// Decides which tokens are valid.
    pub verifier: Verifier,
    /// The JWKS document to serve, for whoever is to trust the same keys.
    pub jwks: String,
    /// The clock of the backend.
    pub clock: Clock,
    /// The time for which requests are worked on.
    pub service: Service,
    /// How much longer each request is worked on than the one before: a target that becomes slower as it serves.
    pub slowdown: Span,
    /// How many requests are worked on at once, in all; the others wait in the order in which they came. No limit if none.
    pub workers: Option<usize>,
    /// How many requests may be there, waiting or worked on; one more is answered 503 at once. No limit if none.
    pub sheds_above: Option<usize>,
    /// How long every write holds a lock that all writes share, before it is worked on and with a worker.
    pub write_lock: Option<Span>,
    /// How many connections there are to a database. A request keeps one for as long as it is worked on, and waits for it with
    /// a worker. None to wait for if none.
    pub connections: Option<usize>,
    /// How many bytes of audio an upload may have; 413 beyond. They are counted and thrown away.
    pub upload_limit: u64,
    /// How long it waits for the next part of a request, or for the next request over a connection, before it closes that.
    pub patience: Duration,
    /// Where it listens. Port 0 is any free one.
    pub listen: SocketAddr,
    /// The certificate to show, if it is to speak TLS.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Options {
    /// A mock that accepts the tokens that these keys sign and serves their public halves.
    pub fn trusting(plan: Plan, keys: &[Key]) -> Options {
        Options::new(plan, Verifier::of(keys), jwks(keys))
    }
    /// The plan, requests worked on for as long as the model draws, and by the wall's clock, on any free port of the loopback.
    pub fn new(plan: Plan, verifier: Verifier, jwks: String) -> Options {
        Options {
            plan,
            prepare: None,
            verifier,
            jwks,
            clock: Clock::wall(),
            service: Service::Drawn,
            slowdown: Span::ZERO,
            workers: None,
            sheds_above: None,
            write_lock: None,
            connections: None,
            upload_limit: 1 << 30,
            patience: PATIENCE,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
        }
    }
}

/// How long requests are worked on before they take effect. Slow mishaps come on top.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Service {
    /// Drawn by the model backend, by endpoint.
    #[default]
    Drawn,
    /// What the model backend draws, times so many percent.
    Scaled(u32),
    /// The same time for every request.
    Fixed(Span),
    /// Drawn request by request from an exponential distribution of this mean, as in M/M/c.
    Exponential(Span),
    /// Drawn request by request from a log-normal distribution.
    LogNormal {
        /// The arithmetic mean of the times.
        mean: Span,
        /// The 84th percentile in percent of the median: 100 is always the same.
        spread_percent: u32,
    },
}

impl Service {
    /// Every request takes effect at once.
    pub const NONE: Service = Service::Fixed(Span::ZERO);

    /// How long a request is worked on that the model would work on for so long.
    pub(crate) fn takes(self, drawn: Span, seed: u64, request: u64) -> Span {
        let mut stream = Stream::new(seed, Purpose::new("pace"), request, 0, 0);
        let (mean, us) = match self {
            Service::Drawn | Service::Scaled(_) | Service::Fixed(_) => return drawn,
            Service::Exponential(mean) => (mean, stream.exponential(mean.as_micros() as f64)),
            Service::LogNormal { mean, spread_percent } => {
                let spread = f64::from(spread_percent.max(1)) / 100.0;
                let deviation = spread.ln();
                (mean, stream.log_normal(mean.as_micros() as f64 * (-deviation * deviation / 2.0).exp(), spread))
            }
        };
        // What a mishap adds stays.
        let added = drawn - mean;
        Span::micros(us.round() as i64) + added
    }
    /// Whether times are given, not drawn by the model: then they are kept to more finely than the runtime's timers can.
    pub(crate) fn is_given(self) -> bool {
        !matches!(self, Service::Drawn | Service::Scaled(_))
    }
    pub(crate) fn of(self, drawn: ServiceTimes) -> ServiceTimes {
        match self {
            Service::Drawn => drawn,
            Service::Scaled(percent) => {
                let scaled = |spread: Spread| Spread {
                    median_us: spread.median_us.saturating_mul(u64::from(percent)) / 100,
                    ..spread
                };
                ServiceTimes {
                    reads: scaled(drawn.reads),
                    writes: scaled(drawn.writes),
                    health: scaled(drawn.health),
                    transfer: scaled(drawn.transfer),
                    ops: drawn.ops.into_iter().map(|(op, spread)| (op, scaled(spread))).collect(),
                }
            }
            Service::Fixed(span) | Service::Exponential(span) | Service::LogNormal { mean: span, .. } => {
                let always = Spread::new(u64::try_from(span.as_micros()).unwrap_or(0), 100);
                let ops = Default::default();
                ServiceTimes { reads: always, writes: always, health: always, transfer: always, ops }
            }
        }
    }
}

/// The reason why a mock cannot serve.
#[derive(Debug, Error)]
pub enum MockError {
    /// The data of a cell of the plan contradict themselves.
    #[error("the data of {cell} cannot be served: {source}")]
    Data {
        /// The name of the cell.
        cell: String,
        /// The contradiction.
        source: DataError,
    },
    /// The plan has no cell, so there is no backend.
    #[error("the plan has no cell, so there is nothing to serve")]
    NoCells,
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address with its port.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_times_have_the_mean_that_was_given() {
        let mean = Span::millis(10);
        for service in [Service::Exponential(mean), Service::LogNormal { mean, spread_percent: 250 }] {
            let sum: i64 = (0..40_000).map(|request| service.takes(mean, 1, request).as_micros()).sum();
            assert!((sum as f64 / 40_000.0 / 10_000.0 - 1.0).abs() < 0.03, "{service:?}: {}", sum / 40_000);
        }
    }
}
