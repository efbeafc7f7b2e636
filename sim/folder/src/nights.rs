//! The run folders of a place such as `results/`: which there are, which of them can be compared with each other, and which
//! is the last good one.
//!
//! All that is meant by "last good" and "the last seven nights" is meant here. A folder that cannot be read is skipped, with
//! the reason; what is no run's folder at all is skipped too, but a file that lies about is not worth a word.

use crate::folder::RunFile;
use crate::reader::{RunFolder, RunFolderError};
use crate::summary::{Outcome, Summary};
use fieldday_scenario::Scenario;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is in a folder of ours that is no run's: a search for capacity, a comparison of runs in turn.
const NO_RUN: [&str; 3] = ["capacity.json", "capacity.jsonl", "comparison.json"];

/// Whether a folder is ours and no run's: by what is in it, or as the place where `fieldday shrink` puts stories, each in a
/// folder of its own.
fn is_no_run(path: &Path) -> bool {
    if NO_RUN.iter().any(|file| path.join(file).is_file()) {
        return true;
    }
    if path.join("run.json").exists() {
        return false;
    }
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    inside.map(|entry| entry.path()).any(|path| path.join("repro.toml").is_file())
}

/// A run whose folder has both a `run.json` and a `summary.json`. It may have been interrupted, and it may be invalid.
#[derive(Clone, Debug)]
pub struct Night {
    /// The run folder.
    pub path: PathBuf,
    /// Its `run.json`.
    pub run: RunFile,
    /// Its `summary.json`.
    pub summary: Summary,
}

/// A folder of which nothing can be said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skipped {
    /// The folder that was skipped.
    pub path: PathBuf,
    /// The reason, in a sentence.
    pub why: String,
}

/// All runs of a place, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Nights {
    /// The runs that can be read, the oldest first.
    pub nights: Vec<Night>,
    /// Folders that cannot be read, each with the reason.
    pub skipped: Vec<Skipped>,
}

/// What kind of thing a run called. A deployment on this machine is the same kind on every port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TargetKind {
    /// The model backend, on the virtual clock.
    Virtual,
    /// The tool's own mock, over HTTP.
    Mock,
    /// A deployment on this machine.
    Loopback,
    /// A deployment elsewhere, by its host.
    Host(String),
}

impl TargetKind {
    /// The kind that the `target` of a `run.json` is of.
    pub fn of(target: &str) -> TargetKind {
        match target {
            crate::folder::VIRTUAL => TargetKind::Virtual,
            "mock" => TargetKind::Mock,
            url => {
                let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                let host = match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
                    Some((v6, _)) => v6,
                    None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
                };
                let host = host.to_ascii_lowercase();
                let is_loopback = host == "localhost" || host == "::1" || host.starts_with("127.");
                if is_loopback { TargetKind::Loopback } else { TargetKind::Host(host) }
            }
        }
    }
    /// Whether such a run passes on the wall clock.
    pub fn is_live(&self) -> bool {
        *self != TargetKind::Virtual
    }
    /// The target in words, as tables name it.
    pub fn words(&self) -> String {
        match self {
            TargetKind::Virtual => "the model, in virtual time".to_owned(),
            TargetKind::Mock => "the built-in mock".to_owned(),
            TargetKind::Loopback => "a deployment on this machine".to_owned(),
            TargetKind::Host(host) => host.clone(),
        }
    }
}

impl Night {
    /// Reads a run's folder. Of a run that was killed before it wrote a summary there is nothing to read.
    pub fn read(path: &Path) -> Result<Night, RunFolderError> {
        let kept = RunFolder::open(path)?;
        match kept.summary()? {
            Some(summary) => Ok(Night { path: path.to_owned(), run: kept.run, summary }),
            None => {
                let problem = "the run was killed before it wrote one".to_owned();
                Err(kept.wrong("summary.json", problem, "`fieldday check` checks the recorded part"))
            }
        }
    }
    /// The last part of the folder's path; the whole path if it has no such part.
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .map_or_else(|| self.path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }
    /// The kind of target, by which nights are grouped.
    pub fn kind(&self) -> TargetKind {
        TargetKind::of(&self.run.target)
    }
    /// Whether it came to its end, and everything was written.
    pub fn is_complete(&self) -> bool {
        self.run.complete && self.summary.complete
    }
    /// Why its figures may not be used; none if they may. A run that broke a rule has figures like any other.
    pub fn unusable(&self) -> Option<String> {
        match self.summary.verdict.outcome {
            _ if self.run.shard.is_some() => {
                Some("it is one shard of a run; `fieldday merge` makes the whole run of its shards".to_owned())
            }
            Outcome::Invalid => {
                let why = self.summary.verdict.reasons.first().map_or("", String::as_str);
                Some(format!("it is inconclusive: {why}"))
            }
            _ if !self.is_complete() => Some("it was stopped or killed".to_owned()),
            _ => None,
        }
    }
    /// Whether it was good: complete, and all that was exercised held.
    pub fn is_good(&self) -> bool {
        self.is_complete() && self.summary.verdict.outcome == Outcome::Held
    }
    /// Whether it is a night of the same kind as another: nothing of what makes them [`unlike`] differs.
    pub fn is_like(&self, other: &Night) -> bool {
        unlike(&self.run, &other.run).is_empty()
    }
}

/// What makes two runs so different that their latencies have nothing to say about each other, in a phrase each; empty if
/// nothing does. Seeds and dates may differ, and so may versions: to compare those is what comparing is for.
pub fn unlike(one: &RunFile, other: &RunFile) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, one: String, other: String| {
        if one != other {
            differences.push(format!("{what}: {one} and {other}"));
        }
    };
    let (kind, other_kind) = (TargetKind::of(&one.target), TargetKind::of(&other.target));
    let clock = |kind: &TargetKind| if kind.is_live() { "the wall clock" } else { "virtual time" }.to_owned();
    differ("scenario", one.scenario.name.clone(), other.scenario.name.clone());
    differ("clock", clock(&kind), clock(&other_kind));
    differ("reps", one.scenario.people.reps.to_string(), other.scenario.people.reps.to_string());
    differ("tenants", one.scenario.people.tenants.to_string(), other.scenario.people.tenants.to_string());
    if kind.is_live() && other_kind.is_live() {
        let (this, that) = (&one.scenario.live, &other.scenario.live);
        differ("speed", this.speed.to_string(), that.speed.to_string());
        differ("window", window(&one.scenario), window(&other.scenario));
        differ("mobile network", on_off(this.link), on_off(that.link));
        differ("HTTP", format!("{:?}", this.http), format!("{:?}", that.http));
    }
    differences
}

fn on_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn window(scenario: &Scenario) -> String {
    scenario.live.window.map_or_else(|| "the whole day".to_owned(), |(from, until)| format!("{from}-{until}"))
}

impl Nights {
    /// Reads every folder of a place. One that no command of ours has made is skipped and told, too.
    pub fn read(place: &Path) -> io::Result<Nights> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(place)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.retain(|path| path.is_dir() && !is_no_run(path));
        paths.sort();
        let mut all = Nights::default();
        for path in paths {
            match Night::read(&path) {
                Ok(night) => all.nights.push(night),
                Err(error) => all.skipped.push(Skipped { why: error.to_string(), path }),
            }
        }
        all.nights.sort_by(|a, b| (a.run.started_at, &a.path).cmp(&(b.run.started_at, &b.path)));
        Ok(all)
    }
    /// Nights like this one, of the same kind of target, that began before it and whose figures may be used; the oldest
    /// first. The night itself is none of them.
    pub fn before(&self, night: &Night) -> impl DoubleEndedIterator<Item = &Night> {
        let (kind, began) = (night.kind(), night.run.started_at);
        self.nights.iter().filter(move |other| {
            other.run.started_at < began && other.kind() == kind && other.unusable().is_none() && other.is_like(night)
        })
    }
    /// The last good night before this one: the newest of [`Nights::before`] that [was good](Night::is_good).
    pub fn last_good(&self, night: &Night) -> Option<&Night> {
        self.before(night).rev().find(|other| other.is_good())
    }
    /// The last `k` nights before this one, the oldest first.
    pub fn last(&self, k: usize, night: &Night) -> Vec<&Night> {
        let mut last: Vec<&Night> = self.before(night).rev().take(k).collect();
        last.reverse();
        last
    }
    /// The newest good night of each scenario, clock and kind of target: what must be kept for the next night to be
    /// compared with.
    pub fn last_good_of_each(&self) -> Vec<&Night> {
        let mut best: Vec<&Night> = Vec::new();
        for night in self.nights.iter().rev().filter(|night| night.is_good()) {
            if !best.iter().any(|kept| kept.kind() == night.kind() && kept.is_like(night)) {
                best.push(night);
            }
        }
        best.reverse();
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_known_by_where_it_is_not_by_its_port() {
        assert_eq!(TargetKind::of("model"), TargetKind::Virtual);
        assert_eq!(TargetKind::of("mock"), TargetKind::Mock);
        for here in ["http://127.0.0.1:8000", "http://localhost:8123/api", "http://[::1]:80/", "http://127.0.0.1"] {
            assert_eq!(TargetKind::of(here), TargetKind::Loopback, "{here}");
        }
        let staging = TargetKind::Host("staging.example.com".to_owned());
        assert_eq!(TargetKind::of("https://Staging.example.com:8443/v1"), staging);
        assert_ne!(TargetKind::of("https://localhost.example.com"), TargetKind::Loopback);
    }
}
