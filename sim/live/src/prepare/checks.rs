//! What is checked before anything is done: hosts, dates, files, ports.

use super::error::PrepareError;
use crate::http::certificates;
use crate::machine::raise_open_files;
use crate::run::lasts;
use crate::scrape::ExporterUrl;
use crate::sizing::Sizing;
use crate::target::Target;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::CellPlan;
use fieldday_scenario::Scenario;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// Where metrics are scraped: on this machine, or on hosts that the scenario says may be called.
pub(super) fn exporters(scenario: &Scenario) -> Result<Vec<ExporterUrl>, PrepareError> {
    let mut exporters = Vec::new();
    for url in &scenario.live.metrics.urls {
        let exporter = ExporterUrl::parse(url).map_err(PrepareError::NoExporter)?;
        let target = exporter.target();
        if !target.is_loopback() && !target.is_among(&scenario.live.allow) {
            return Err(PrepareError::MetricsNotAllowed { host: target.host().to_owned() });
        }
        exporters.push(exporter);
    }
    Ok(exporters)
}

/// A target on this machine, or one that the scenario says may be called.
pub(super) fn allowed(target: Target, scenario: &Scenario) -> Result<Target, PrepareError> {
    if target.is_loopback() || target.is_among(&scenario.live.allow) {
        return Ok(target);
    }
    Err(PrepareError::NotAllowed { host: target.host().to_owned() })
}

/// All tenants have the plan's date now, and still have it when the run ends.
///
/// `before` is how long what comes before the window may take.
pub(super) fn ends_before_midnight(
    scenario: &Scenario,
    cells: &[CellPlan],
    now: Time,
    before: Span,
) -> Result<(), PrepareError> {
    let lasts = before + lasts(scenario) + Span::seconds(i64::from(scenario.live.linger_s));
    for tenant in cells.iter().flat_map(|cell| &cell.tenants) {
        let (zone, date) = (&tenant.data.zone, tenant.date);
        if zone.date(now) != date || zone.date(now + lasts) != date {
            let (tenant, time) = (format!("{} ({})", tenant.name, zone.name), zone.time_of_day(now).to_string());
            let midnight = (zone.date(now) == date).then(|| zone.midnight(date.plus_days(1)).since(now).as_seconds());
            let minutes = lasts.as_seconds() / 60;
            return Err(PrepareError::Midnight { tenant, time, minutes, midnight_min: midnight.map(|s| s / 60 + 1) });
        }
    }
    Ok(())
}

/// Whether the system has a file and a port for each connection that a run may come to.
pub(super) fn enough_files_and_ports(sizing: &Sizing, sources: u64) -> Result<(), PrepareError> {
    let &Sizing { reps, connections, open_files: needed, .. } = sizing;
    if let Some(allowed) = raise_open_files(needed).filter(|allowed| *allowed < needed) {
        return Err(PrepareError::TooFewFiles { reps, needed, allowed });
    }
    match sizing.ports {
        Some(ports) if connections > ports => {
            let sources = if sources > 1 { format!("{sources} addresses") } else { "one address".to_owned() };
            Err(PrepareError::TooFewPorts { reps, needed: connections, sources, ports })
        }
        _ => Ok(()),
    }
}

pub(super) fn read_certificates(path: &Path) -> Result<Vec<Vec<u8>>, PrepareError> {
    let unreadable = |source| PrepareError::Unreadable { path: path.to_owned(), source };
    let read = certificates(&fs::read(path).map_err(unreadable)?);
    read.ok_or_else(|| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it contains no certificate")))
}

/// Whether a file can be written; it is left as it is, or not there.
///
/// It is an error if it cannot: [`PrepareError::Unwritable`].
pub fn writable(path: &Path) -> Result<(), PrepareError> {
    let unwritable = |source| PrepareError::Unwritable { path: path.to_owned(), source };
    let is_new = !path.exists();
    // To open a pipe would wait for whoever reads from it.
    #[cfg(unix)]
    if fs::metadata(path).is_ok_and(|data| std::os::unix::fs::FileTypeExt::is_fifo(&data.file_type())) {
        return Err(unwritable(io::Error::other("it is a pipe, not a file")));
    }
    OpenOptions::new().append(true).create(true).open(path).map_err(unwritable)?;
    if is_new { fs::remove_file(path).map_err(unwritable) } else { Ok(()) }
}
