//! Searches for capacity that lie among the nights: what `fieldday capacity` keeps in `capacity.json`.

use super::CapacityLine;
use fieldday_folder::bounded;
use serde::Deserialize;
use std::path::Path;

/// The file in which a search leaves its result.
pub(super) const FILE: &str = "capacity.json";

/// Only what is asked of it: it says much more.
#[derive(Deserialize)]
struct Report {
    asked: Asked,
    measured: Measured,
}

#[derive(Deserialize)]
struct Asked {
    scenario: String,
    target: String,
    #[serde(default)]
    disturbances: Vec<Disturbance>,
}

#[derive(Deserialize)]
struct Disturbance {
    name: String,
}

#[derive(Deserialize)]
struct Measured {
    finding: Finding,
}

#[derive(Deserialize)]
struct Finding {
    carries: Option<u64>,
    low: Option<u64>,
    high: Option<u64>,
}

/// Reads one. The folder's name ends in the time at which it began: `capacity-peak-0x1-20260610T081500Z`.
pub(super) fn read(folder: &Path) -> Result<CapacityLine, String> {
    let file = folder.join(FILE);
    let wrong = |why: String| format!("{}: {why}", file.display());
    let text = bounded::text(&file).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("expected what `fieldday capacity` writes: {error}")))?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_time = |part: &&str| part.len() >= 15 && part.as_bytes()[8] == b'T' && part.ends_with('Z');
    let began = name.split('-').find(is_time).map(dated).unwrap_or_default();
    let Finding { carries, low, high } = report.measured.finding;
    let Asked { scenario, target, disturbances } = report.asked;
    let disturbances = disturbances.into_iter().map(|of| of.name).collect();
    Ok(CapacityLine { folder: folder.display().to_string(), began, scenario, target, disturbances, carries, low, high })
}

/// `20260610T081500Z` as `2026-06-10T08:15:00Z`.
fn dated(stamp: &str) -> String {
    let part = |from: usize, until: usize| stamp.get(from..until).unwrap_or("");
    let (date, time) =
        ([part(0, 4), part(4, 6), part(6, 8)].join("-"), [part(9, 11), part(11, 13), part(13, 15)].join(":"));
    format!("{date}T{time}Z")
}
