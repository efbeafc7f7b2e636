//! Scrapes the exporters of a target while it is called: on a thread of its own, off the path of the load. A scrape that fails is
//! a gap in what is kept, and never ends a run.

use crate::clock::{WallClock, utc_now};
use crate::http::{AnswerBudget, Connection, Connector, ExchangeEnd, Outgoing, exchange};
use crate::target::{NoTarget, Target};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fieldday_api::http::percent_decode;
use fieldday_api::redact::{HIDDEN, url_without_secrets};
use fieldday_kernel::time::Time;
use fieldday_metrics::{Exporter, Keeper, Kept, Observed};
use fieldday_scenario::{HttpVersion, MetricsSettings};
use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue, USER_AGENT};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// A page of metrics is not read beyond so many bytes.
const MOST_BYTES: u64 = 4 << 20;
/// An exporter that takes longer is too slow, and what it would have said is of another moment.
const LIMIT: Duration = Duration::from_secs(2);
/// So many series are named before a run.
const TOLD: usize = 8;
/// Where metrics are, unless a URL names another path.
const PATH: &str = "/metrics";

/// The URL of an exporter, with what goes with each request.
#[derive(Clone)]
pub struct ExporterUrl {
    target: Target,
    path: String,
    authorization: Option<HeaderValue>,
    shown: String,
}

impl ExporterUrl {
    /// Reads `http://user:password@127.0.0.1:9100/metrics?format=prometheus`; without a path it means `/metrics`.
    pub fn parse(text: &str) -> Result<ExporterUrl, NoTarget> {
        let no = |why: &str| NoTarget { text: url_without_secrets(text), why: why.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| no("it must begin with http:// or https://"))?;
        let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let target = Target::parse(&format!("{scheme}://{rest}"))?;
        if target.host().is_empty() {
            return Err(no("it names no host"));
        }
        let path = if target.path("", "").is_empty() { PATH } else { "" };
        let path = target.path(path, query.unwrap_or_default());
        path.parse::<hyper::Uri>().map_err(|_| no("it is malformed"))?;
        // A URL that was kept without its user and password is asked without them.
        let user = user.filter(|user| *user != HIDDEN);
        // A malformed escape is sent as it stands.
        let user = user.map(|user| percent_decode(user).unwrap_or_else(|| user.to_owned()));
        let basic = user.map(|user| format!("Basic {}", BASE64_STANDARD.encode(user)));
        let authorization = basic.map(|basic| HeaderValue::from_str(&basic)).transpose();
        let mut authorization = authorization.map_err(|_| no("it is malformed"))?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(ExporterUrl { target, path, authorization, shown: url_without_secrets(text) })
    }
    /// The host that is called.
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// The URL without what is secret in it.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Debug for ExporterUrl {
    /// Its query may be as secret as its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExporterUrl").field(&self.shown).finish()
    }
}

/// Scrapes until it is told to finish.
pub struct Scraper {
    urls: Vec<String>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<io::Result<Observed>>,
}

impl Scraper {
    /// Begins; none if there is no exporter. `roots` are further certificates to trust, in DER.
    pub fn start(
        exporters: Vec<ExporterUrl>,
        settings: &MetricsSettings,
        roots: Vec<Vec<u8>>,
        clock: WallClock,
    ) -> io::Result<Option<Scraper>> {
        if exporters.is_empty() {
            return Ok(None);
        }
        let urls = exporters.iter().map(|of| of.shown.clone()).collect();
        let (stop, stopped) = watch::channel(false);
        let (roots, settings) = (Arc::new(roots), settings.clone());
        let thread = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let scrape = |exporter: ExporterUrl| {
                    let keeper = Keeper::new(exporter.shown.clone(), &settings.keep);
                    let every = Duration::from_secs(u64::from(settings.every_s));
                    let (roots, stopped) = (roots.clone(), stopped.clone());
                    let one = OneExporter { exporter, roots, connector: None, connection: None };
                    tokio::spawn(one.scraped(keeper, every, stopped, clock))
                };
                let tasks: Vec<_> = exporters.into_iter().map(scrape).collect();
                let mut observed = Observed::default();
                for task in tasks {
                    observed.merge(task.await?.finish());
                }
                Ok(observed)
            })
        })?;
        Ok(Some(Scraper { urls, stop, thread }))
    }
    /// Ends it; gives what was told. A run that was measured is not lost because the scrapes ended badly.
    pub fn finish(self) -> Observed {
        // Whoever has ended already has no need to be told.
        let _ = self.stop.send(true);
        let ended =
            self.thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked; that is a bug of fieldday")));
        ended.unwrap_or_else(|why| {
            let why = Some(format!("the thread that scrapes ended: {why}"));
            let nothing = |url| Exporter { url, scrapes: 1, failed: 1, why: why.clone() };
            Observed { exporters: self.urls.into_iter().map(nothing).collect(), ..Observed::default() }
        })
    }
}

/// What each exporter tells before a run, in a sentence each: what will be kept of it, or why nothing can be.
pub async fn look(exporters: &[ExporterUrl], settings: &MetricsSettings, roots: &[Vec<u8>]) -> Vec<String> {
    let mut notes = Vec::new();
    for exporter in exporters {
        let (exporter, roots) = (exporter.clone(), Arc::new(roots.to_vec()));
        let url = exporter.shown.clone();
        let mut keeper = Keeper::new(url.clone(), &settings.keep);
        let mut one = OneExporter { exporter, roots, connector: None, connection: None };
        one.scrape(&mut keeper, utc_now()).await;
        let observed = keeper.finish();
        let why = observed.exporters.into_iter().find_map(|of| of.why);
        let found: Vec<String> = observed.series.iter().map(Kept::title).collect();
        notes.push(match (why, found.len()) {
            (Some(why), _) => format!("metrics of {url}: {why}; the run begins without them"),
            (None, 0) => format!("metrics of {url}: none that is kept; --metric names others"),
            (None, 1..=TOLD) => format!("metrics of {url}: {}", found.join(", ")),
            (None, all) => format!("metrics of {url}: {} and {} more", found[..TOLD].join(", "), all - TOLD),
        });
    }
    notes
}

/// One exporter and the connection to it.
struct OneExporter {
    exporter: ExporterUrl,
    roots: Arc<Vec<Vec<u8>>>,
    connector: Option<Connector>,
    connection: Option<Connection>,
}

impl OneExporter {
    async fn scraped(
        mut self,
        mut keeper: Keeper,
        every: Duration,
        mut stopped: watch::Receiver<bool>,
        clock: WallClock,
    ) -> Keeper {
        let mut ticks = tokio::time::interval(every);
        // What could not be scraped in time is not made up for: it would be of another moment.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                _ = stopped.changed() => return keeper,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                biased;
                _ = stopped.changed() => return keeper,
                () = self.scrape(&mut keeper, clock.now()) => {}
            }
        }
    }
    /// One scrape, begun at this moment.
    async fn scrape(&mut self, keeper: &mut Keeper, at: Time) {
        match tokio::time::timeout(LIMIT, self.page()).await {
            Ok(Ok(page)) => keeper.scraped(at, &page),
            Ok(Err(why)) => keeper.gap(why),
            Err(_) => keeper.gap(format!("it did not answer within {} s", LIMIT.as_secs())),
        }
    }
    /// What it answers, or why there is nothing to read.
    async fn page(&mut self) -> Result<hyper::body::Bytes, String> {
        let kept = self.connection.take().and_then(|mut kept| kept.is_open().then_some(kept));
        let connection = match kept {
            Some(open) => open,
            None => self.connect().await?,
        };
        let mut request = Request::get(&self.exporter.path)
            .header(HOST, self.exporter.target.authority())
            .header(ACCEPT, "text/plain;version=0.0.4")
            .header(USER_AGENT, format!("fieldday/{} metrics", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &self.exporter.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Outgoing::json(None)).map_err(|_| "its URL cannot be asked for".to_owned())?;
        let ended = exchange(connection, request, &AnswerBudget::of(MOST_BYTES)).await;
        let (answer, again) = ended.map_err(|ExchangeEnd(why)| format!("the connection ended: {why}"))?;
        self.connection = again;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("it answers {status}")),
        }
    }
    async fn connect(&mut self) -> Result<Connection, String> {
        if self.connector.is_none() {
            let target = self.exporter.target.clone();
            let made = Connector::new(target, HttpVersion::Http1, &self.roots).await;
            self.connector = Some(made.map_err(|why| why.to_string())?);
        }
        let Some(connector) = &self.connector else { return Err("there is no connection".to_owned()) };
        connector.connect().await.map_err(|why| why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_means_metrics_and_what_is_secret_is_sent_and_not_shown() {
        let read = |text: &str| ExporterUrl::parse(text).unwrap();
        assert_eq!(read("http://127.0.0.1:9100").path, "/metrics");
        assert_eq!(read("http://127.0.0.1:9100/").path, "/metrics");
        let own = read("https://otto:p%40ss@db.example.com/api/stats?token=hunter2");
        assert_eq!((own.path.as_str(), own.target.host()), ("/api/stats?token=hunter2", "db.example.com"));
        assert_eq!(own.authorization.as_ref().unwrap(), &format!("Basic {}", BASE64_STANDARD.encode("otto:p@ss")));
        assert_eq!(own.shown(), "https://***@db.example.com/api/stats?***");
        assert_eq!(format!("{own:?}"), "ExporterUrl(\"https://***@db.example.com/api/stats?***\")");
        assert!(read("http://***@127.0.0.1/metrics").authorization.is_none());
    }

    #[test]
    fn what_is_no_url_is_refused_without_what_is_secret_in_it() {
        for wrong in ["otto:hunter2@host", "ftp://hunter2@host", "http://otto:hunter2@:9", "http://otto:hunter2@h:0/x"]
        {
            let error = ExporterUrl::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("is not a base URL") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn whoever_has_no_exporter_has_no_thread() {
        let clock = WallClock::showing(fieldday_kernel::time::Time::from_micros(0));
        assert!(Scraper::start(Vec::new(), &MetricsSettings::default(), Vec::new(), clock).unwrap().is_none());
    }
}
