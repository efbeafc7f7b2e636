//! What can keep a command from doing what it was asked for. Every variant has an exit code, a message, and, where one
//! helps, a hint.

use crate::exit::{INCONCLUSIVE, INTERRUPTED, UNUSABLE, WRONG};
use crate::meeting::ShardsError;
use fieldday_data::roster::SpareError;
use fieldday_engine::run::NoThreads;
use fieldday_folder::FolderError;
use fieldday_folder::merge::MergeError;
use fieldday_folder::pack::PackError;
use fieldday_live::prepare::PrepareError;
use fieldday_live::provision::ProvisionError;
use fieldday_live::start::StartError;
use fieldday_paint::units::counted;
use fieldday_plan::PlanError;
use fieldday_scenario::ScenarioError;
use std::io;
use std::path::PathBuf;

/// Why a command cannot do what it was asked; each has an exit code and, if possible, a hint.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A scenario that is not there, or whose file is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A plan that cannot be made of a scenario's file, built-in scenario or folder.
    #[error("{of}: {source}")]
    Plan { of: String, source: PlanError },
    /// No defect has this name; `suggestion` is the most similar one.
    #[error("there is no defect called {name:?}")]
    NoSuchDefect { name: String, suggestion: Option<String> },
    /// No rule has this name; `suggestion` is the most similar one.
    #[error("there is no rule called {name:?}")]
    NoSuchRule { name: String, suggestion: Option<String> },
    /// A cell that the plan does not have.
    #[error("the plan has no cell {cell}")]
    NoSuchCell { cell: u32, cells: u32 },
    /// A rep who is not in the plan.
    #[error("the plan has no rep called {name:?}")]
    NoSuchRep { name: String, suggestion: Option<String> },
    /// The run folder cannot be created or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A run folder from which nothing can be replayed.
    #[error(transparent)]
    RunFolder(#[from] fieldday_folder::RunFolderError),
    /// An output file or folder cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// An input file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// The result could not be printed.
    #[error("the result cannot be printed: {0}")]
    Output(#[source] io::Error),
    /// A view for a terminal where there is none, or none that can be used.
    #[error("--step needs a terminal: {why}")]
    NoTerminal { why: String },
    /// A file that is no failure of this version.
    #[error(transparent)]
    Repro(#[from] fieldday_scenario::repro::ReproError),
    /// No endpoint has this name; `suggestion` is the most similar one.
    #[error("there is no endpoint called {name:?}")]
    NoSuchEndpoint { name: String, suggestion: Option<String> },
    /// An exploration cannot begin or go on.
    #[error(transparent)]
    Explore(#[from] fieldday_engine::explore::ExploreError),
    /// The file to resume is not an exploration, or belongs to another one.
    #[error("{} cannot be resumed: {why}", path.display())]
    Resume { path: PathBuf, why: String },
    /// The rep-days of a proof cannot be gone on from.
    #[error("{} cannot be resumed: {why}", path.display())]
    KeptProof { path: PathBuf, why: String },
    /// A file that is no shard of an exploration or a proof.
    #[error("{} cannot be merged: {why}", path.display())]
    NotAPart { path: PathBuf, why: String },
    /// A proof has more shards than defects.
    #[error("{shards} shards cannot be made of {}", counted(*defects, "defect", "defects"))]
    TooFewDefects { shards: u32, defects: u64 },
    /// A proof on the virtual clock cannot begin.
    #[error(transparent)]
    Prove(#[from] fieldday_engine::prove::ProveError),
    /// A proof over HTTP that cannot begin, or go on.
    #[error(transparent)]
    LiveProof(#[from] fieldday_live::prove::ProveError),
    /// The folder for new files is not empty.
    #[error("{} is not empty", path.display())]
    NotEmpty { path: PathBuf },
    /// The file of users is wrong.
    #[error(transparent)]
    Roster(#[from] fieldday_data::roster::RosterError),
    /// The file of users does not fit the plan.
    #[error(transparent)]
    Cast(#[from] fieldday_data::roster::CastError),
    /// Data of several dates for the same users.
    #[error("the scenario has {dates} dates, but a file of users supports only one")]
    ManyDates { dates: usize },
    /// The mock cannot serve.
    #[error(transparent)]
    Mock(#[from] fieldday_mock::MockError),
    /// Sockets, timers or signals that the system does not give.
    #[error("the system cannot provide what the server needs: {0}")]
    Runtime(#[source] io::Error),
    /// A live run that cannot begin, or go on.
    #[error(transparent)]
    Live(#[from] fieldday_live::run::LiveError),
    /// No tokens can be had from the scenario's source.
    #[error(transparent)]
    Token(#[from] fieldday_tokens::TokenError),
    /// The range or a setting of a search for capacity is wrong.
    #[error(transparent)]
    Range(#[from] fieldday_capacity::search::WrongRange),
    /// A folder that a search cannot go on from.
    #[error(transparent)]
    Journal(#[from] fieldday_capacity::journal::JournalError),
    /// A scenario without limits, in which nothing could break.
    #[error("the scenario {scenario} sets no limit that more reps could exceed")]
    NoLimits { scenario: String },
    /// A level that the window of the scenario has no room for.
    #[error("a level takes at least {needed_s} s, but the window of the day lasts only {has_s} s at speed {speed}")]
    ShortWindow { needed_s: i64, has_s: i64, speed: u32 },
    /// A planned disturbance that no level of a search could judge.
    #[error("{of}: live.disturb[{place}].{key}: {why}")]
    Disturbance { of: String, place: usize, key: &'static str, why: String, instead: String },
    /// A run on the wall clock that cannot begin.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// An option that has no effect on what is in a folder.
    #[error("{option} has no effect with {with}")]
    NoEffect { option: &'static str, with: String },
    /// A live run whose rep cannot live again.
    #[error("{path} cannot be replayed: {why}")]
    NotRelived { path: String, why: String },
    /// A run folder cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A place without the run that is meant.
    #[error("no matching run in {}{}", dir.display(), skipped.as_ref().map_or(String::new(), |one| format!("; {one}")))]
    NoRun { dir: PathBuf, skipped: Option<String> },
    /// A question that nobody is there to answer.
    #[error("{total} would be removed, but this is not a terminal, so no confirmation is possible")]
    NobodyToAsk { total: String },
    /// A filter of log lines that is none.
    #[error("FIELDDAY_LOG={filter:?} is not a valid filter: {why}")]
    LogFilter { filter: String, why: String },
    /// The metrics could not be sent by OTLP; `why` is the exporter's error.
    #[error("metrics could not be sent to {url} by OTLP: {why}")]
    Otlp { url: String, why: String },
    /// A key that is none, or cannot be written.
    #[error(transparent)]
    Key(#[from] fieldday_tokens::KeyError),
    /// A file of public keys that holds none.
    #[error("{}: {source}", path.display())]
    KeySet { path: PathBuf, source: fieldday_tokens::KeyError },
    /// The shards of a run did not start together.
    #[error(transparent)]
    Start(#[from] fieldday_live::start::StartError),
    /// The shards of a search cannot go on together.
    #[error(transparent)]
    Shards(#[from] ShardsError),
    /// Shards died in a level and in its repetition.
    #[error("shards were lost in a level and in its repetition")]
    ShardsLost,
    /// The folders of shards cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The runs cannot be compared with each other.
    #[error(transparent)]
    Compare(#[from] fieldday_compare::CompareError),
    /// A place that does not hold the runs that were asked for.
    #[error("there is no {what} in {}", place.display())]
    NoNights { place: PathBuf, what: String },
    /// Two targets that cannot be run in turn.
    #[error("--interleave: {0}")]
    Interleave(String),
    /// One of the runs in turn that was none.
    #[error("the run against {target} could not start, or was killed; the earlier runs are kept")]
    Turn { target: String, code: Option<i32> },
    /// A simulation of a deployment has no answer.
    #[error(transparent)]
    Simulate(#[from] fieldday_capacity::simulate::SimulateError),
    /// A measured run that says nothing about service times.
    #[error(transparent)]
    Calibrate(#[from] fieldday_capacity::simulate::CalibrateError),
    /// A conformance pass cannot be made.
    #[error(transparent)]
    Conform(#[from] fieldday_live::conform::ConformError),
    /// The threads cannot be started.
    #[error(transparent)]
    Threads(#[from] NoThreads),
}

impl Failure {
    /// The failure of preparing a plan or a live run; a plan's error gets the name of its scenario, which it lacks.
    pub fn of(of: &str) -> impl Fn(PrepareError) -> Failure {
        move |error| match error {
            PrepareError::Plan(source) => Failure::Plan { of: of.to_owned(), source },
            error => error.into(),
        }
    }
    /// The exit code of the command, as docs/exit-codes.md lists them.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Failure::Scenario(_)
            | Failure::Plan { .. }
            | Failure::NoSuchDefect { .. }
            | Failure::NoSuchRule { .. }
            | Failure::NoSuchCell { .. }
            | Failure::NoSuchRep { .. }
            | Failure::Folder(_)
            | Failure::RunFolder(_)
            | Failure::File { .. }
            | Failure::Unreadable { .. }
            | Failure::Output(_)
            | Failure::NoTerminal { .. }
            | Failure::NoSuchEndpoint { .. }
            | Failure::Repro(_)
            | Failure::Prove(_)
            | Failure::LiveProof(_)
            | Failure::Explore(_)
            | Failure::Resume { .. }
            | Failure::KeptProof { .. }
            | Failure::NotAPart { .. }
            | Failure::TooFewDefects { .. }
            | Failure::Range(_)
            | Failure::Journal(_)
            | Failure::NoLimits { .. }
            | Failure::ShortWindow { .. }
            | Failure::Disturbance { .. }
            | Failure::Live(_)
            | Failure::NotRelived { .. }
            | Failure::NoEffect { .. }
            | Failure::NotEmpty { .. }
            | Failure::LogFilter { .. }
            | Failure::Otlp { .. }
            | Failure::Pack(_)
            | Failure::Merge(_)
            | Failure::Start(StartError::Storage { .. })
            | Failure::Shards(ShardsError::Storage { .. } | ShardsError::Used { .. } | ShardsError::Another)
            | Failure::NoRun { .. }
            | Failure::NobodyToAsk { .. }
            | Failure::Roster(_)
            | Failure::Cast(_)
            | Failure::ManyDates { .. }
            | Failure::Key(_)
            | Failure::KeySet { .. }
            | Failure::Mock(_)
            | Failure::Runtime(_)
            | Failure::Simulate(_)
            | Failure::Calibrate(_)
            | Failure::Conform(_)
            | Failure::Threads(_) => WRONG,
            Failure::Compare(error) if error.is_for_want_of_runs() => INCONCLUSIVE,
            Failure::NoNights { .. }
            | Failure::Start(StartError::Missing { .. })
            | Failure::Shards(ShardsError::NoLeader { .. })
            | Failure::ShardsLost => INCONCLUSIVE,
            Failure::Turn { code: Some(3), .. } => UNUSABLE,
            Failure::Compare(_) | Failure::Interleave(_) | Failure::Turn { .. } => WRONG,
            Failure::Prepare(PrepareError::Provision(ProvisionError::Interrupted)) => INTERRUPTED,
            Failure::Token(_)
            | Failure::Prepare(
                PrepareError::Unusable(_)
                | PrepareError::NoConformance(_)
                | PrepareError::Token(_)
                | PrepareError::Provision(_)
                | PrepareError::Midnight { .. },
            ) => UNUSABLE,
            Failure::Prepare(_) => WRONG,
        }
    }

    /// What the user can do about it, in a phrase; none if nothing more is known.
    pub fn hint(&self) -> Option<String> {
        let or = |suggestion: &Option<String>, otherwise: &str| {
            Some(suggestion.as_ref().map_or(otherwise.to_owned(), |name| format!("did you mean {name}? {otherwise}")))
        };
        match self {
            // Each of its problems has its own.
            Failure::Scenario(_) | Failure::Unreadable { .. } | Failure::Prove(_) | Failure::LiveProof(_) | Failure::Explore(_) => None,
            Failure::Resume { .. } => Some("--resume takes a file that `fieldday explore --out` wrote for the same scenario".to_owned()),
            Failure::KeptProof { .. } => {
                Some("--keep takes a file that `fieldday prove --keep` of this same build wrote; choose another file".to_owned())
            }
            Failure::NotAPart { .. } => {
                Some("name the files that `fieldday explore --shard I/N --out FILE` or `fieldday prove --shard I/N --out FILE` wrote".to_owned())
            }
            Failure::TooFewDefects { .. } => Some("use fewer shards, or try more defects".to_owned()),
            Failure::Plan { source: PlanError::Trace { .. } | PlanError::NoTrace { .. }, .. } => {
                Some("docs/world.md describes the two formats of `network.trace`".to_owned())
            }
            Failure::Plan { source: PlanError::TooFewCells { .. }, .. } => {
                Some("use fewer shards, or more reps: --reps N".to_owned())
            }
            Failure::Plan { .. } => Some("`fieldday scenarios plan` prints the names of everything in a plan".to_owned()),
            Failure::NoSuchDefect { suggestion, .. } => or(suggestion, "`fieldday defects` lists all defects"),
            Failure::NoSuchRule { suggestion, .. } => or(suggestion, "`fieldday rules` lists all rules"),
            Failure::Repro(_) => Some("`fieldday shrink` writes valid files of this kind".to_owned()),
            Failure::NoSuchEndpoint { suggestion, .. } => {
                or(suggestion, "endpoint names are those of a report, for example `PATCH appointments/{id}`")
            }
            Failure::NoSuchCell { cells: 1, .. } => Some("its only cell is 0".to_owned()),
            Failure::NoSuchCell { cells, .. } => Some(format!("its cells are 0 to {}", cells.saturating_sub(1))),
            Failure::NoSuchRep { suggestion, .. } => or(suggestion, "rep names have the form cell-0/tenant-1/rep-07"),
            Failure::Folder(error) => Some(about_writing(&error.source, "--out DIR, or --no-out")),
            Failure::RunFolder(error) => Some(error.hint.clone()),
            Failure::File { source, .. } => Some(about_writing(source, "another folder")),
            Failure::Output(error) => Some(about_writing(error, "another place for the output")),
            Failure::NoTerminal { .. } => Some("without --step the same events are printed, one per line".to_owned()),
            Failure::NotEmpty { .. } => {
                Some("choose another folder (--out DIR), or --force to overwrite its files".to_owned())
            }
            Failure::Otlp { .. } if !cfg!(feature = "otlp") => {
                Some("build with OTLP support: cargo install --path sim/cli --features otlp".to_owned())
            }
            Failure::Otlp { .. } => Some(
                "give the base URL of an OTLP/HTTP collector, for example http://127.0.0.1:4318; `fieldday \
                 report FOLDER --otlp URL` sends the metrics of a finished run"
                    .to_owned(),
            ),
            Failure::LogFilter { .. } => Some("use a level (info, debug, trace), or crates with levels: fieldday_live=debug".to_owned()),
            Failure::Pack(PackError::Io { source, .. }) => Some(about_writing(source, "another file: --out FILE")),
            Failure::Pack(PackError::Private { .. }) => Some("remove it from the file; no run writes such a text".to_owned()),
            Failure::Pack(_) => Some("`fieldday results list` lists the runs in a directory".to_owned()),
            Failure::Start(StartError::Missing { .. }) => {
                Some("nothing was sent; start all shards again, or wait longer: --start-within 30m".to_owned())
            }
            Failure::Shards(ShardsError::Storage { source, .. }) => Some(about_writing(source, "--start-together DIR")),
            Failure::Shards(ShardsError::Used { .. }) => Some("name a directory for this search alone".to_owned()),
            Failure::Shards(ShardsError::Another) => Some("start all shards with the same command line and the same version".to_owned()),
            Failure::Shards(ShardsError::NoLeader { .. }) => {
                Some("look what shard 0 says; its folder holds the levels that were measured".to_owned())
            }
            Failure::ShardsLost => Some("look what those shards say; the folder holds the levels that were measured".to_owned()),
            Failure::Start(StartError::Storage { source, .. }) => Some(about_writing(source, "--start-together DIR")),
            Failure::Merge(MergeError::Folder(error)) => Some(error.hint.clone()),
            Failure::Merge(MergeError::NotEmpty { .. }) => Some("name a folder that is not there yet, or an empty one".to_owned()),
            Failure::Merge(_) => {
                Some("`fieldday run --shard I/N` leaves such a folder; name it, or the directory that holds the folders of all shards".to_owned())
            }
            Failure::NoRun { .. } => Some("`fieldday results list` lists the runs in a directory".to_owned()),
            Failure::NobodyToAsk { .. } => Some("pass --yes to remove them, or --dry-run to list them".to_owned()),
            Failure::Roster(_) => Some("docs/data.md describes files of users".to_owned()),
            Failure::Cast(error) => Some(error.hint()),
            Failure::ManyDates { .. } => Some("choose one: --date 2026-06-10, or --date today".to_owned()),
            Failure::Mock(fieldday_mock::MockError::Listen { .. }) => {
                Some("choose another address: --listen 127.0.0.1:0 takes any free port".to_owned())
            }
            Failure::Mock(_) | Failure::Runtime(_) => None,
            Failure::Key(error) | Failure::KeySet { source: error, .. } => Some(error.hint().to_owned()),
            Failure::Token(error) => Some(error.hint().to_owned()),
            Failure::Prepare(error) => before_a_run(error),
            Failure::Live(_) => Some("use fewer reps, or raise the limit of open files (ulimit -n)".to_owned()),
            Failure::NotRelived { .. } => Some(
                "`fieldday check` can check it; --rep NAME selects a rep who started, for example cell-0/tenant-1/rep-07"
                    .to_owned(),
            ),
            Failure::NoEffect { option, .. } => Some(format!("remove {option}")),
            Failure::Range(_) => None,
            Failure::Journal(error) => Some(error.hint.clone()),
            Failure::NoLimits { .. } => Some("set a limit: --limit 'wire p95 < 300 ms'".to_owned()),
            Failure::ShortWindow { .. } => {
                Some("use a lower --speed, a shorter --level or --warm-up, or a longer window".to_owned())
            }
            Failure::Disturbance { instead, .. } => Some(instead.clone()),
            Failure::Compare(error) => Some(error.hint()),
            Failure::Turn { .. } => Some("see its messages above".to_owned()),
            Failure::NoNights { .. } => Some("`fieldday run` creates run folders; name the directory that holds them".to_owned()),
            Failure::Interleave(_) => Some(
                "fieldday compare --interleave 6 --target URL --against URL SCENARIO -- OPTIONS of fieldday run"
                    .to_owned(),
            ),
            Failure::Simulate(_) => Some("docs/capacity.md describes [plant] and the available changes".to_owned()),
            Failure::Calibrate(_) => Some("`fieldday run … --target URL` and `fieldday capacity --target URL` create such folders".to_owned()),
            Failure::Conform(fieldday_live::conform::ConformError::NoCast) => {
                Some("increase `reps` and `tenants` in [people], or use a file with enough users".to_owned())
            }
            Failure::Conform(_) => None,
            Failure::Threads(_) => Some("use fewer: --threads 1".to_owned()),
        }
    }
}

/// What the user can do about a live run that cannot begin; none if nothing more is known.
fn before_a_run(error: &PrepareError) -> Option<String> {
    let hint = match error {
        PrepareError::Plan(_) => "`fieldday scenarios plan` prints the names of everything in a plan",
        PrepareError::Roster(_) => "docs/data.md describes files of users",
        PrepareError::Cast(error) | PrepareError::Spare(SpareError::Cast(error)) => return Some(error.hint()),
        PrepareError::Spare(SpareError::Plan(_)) => "docs/data.md describes files of users",
        PrepareError::NoConformance(_) => {
            "load what `fieldday fixtures export` writes, which has three reps for the pass, or run without --conform and `live.conform`"
        }
        PrepareError::NoSuchRep(_) => {
            "rep names have the form cell-0/tenant-1/rep-07; `fieldday scenarios plan` lists them"
        }
        PrepareError::NoTarget(_) => "use `mock`, or a base URL such as https://staging.example.com",
        PrepareError::NoExporter(_) => "--metrics takes a URL such as http://127.0.0.1:9100/metrics",
        PrepareError::NotAllowed { host } => {
            return Some(format!("--allow {host}, or `allow = [\"{host}\"]` in the scenario's [live], permits it"));
        }
        PrepareError::MetricsNotAllowed { host } => {
            return Some(format!("--allow {host}, or `allow = [\"{host}\"]` in the scenario's [live], permits it"));
        }
        PrepareError::NoSecretToDisturb(_) | PrepareError::NoSecret => {
            "run the scenario's file instead, or let the command read the password from the environment"
        }
        PrepareError::Midnight { midnight_min: Some(minutes), .. } => {
            let minutes = counted(minutes.unsigned_abs(), "minute", "minutes");
            return Some(format!("use a higher --speed, or start after that midnight, in {minutes}"));
        }
        PrepareError::Midnight { .. } => "remove --date: a deployment always runs today",
        PrepareError::TooFewFiles { .. } => {
            "raise the limit (ulimit -Hn), use fewer reps, or a longer ramp-up (`ramp_s` in [live])"
        }
        PrepareError::TooFewPorts { .. } => {
            "connect from more addresses (--source-address 127.0.0.2, repeatable), share connections (`connections = \"shared\"` in [live]), or run shards on several machines"
        }
        PrepareError::Token(error) => return Some(error.hint().to_owned()),
        PrepareError::MockNeedsAKey => "remove [tokens]: the mock then trusts the run's own key",
        PrepareError::Unwritable { source, .. } => return Some(about_writing(source, "another place")),
        PrepareError::Dashboard { free: Some(free), .. } => {
            return Some(format!("port {free} is free: --dashboard {free}"));
        }
        PrepareError::Dashboard { .. } => "choose a port above 1023: --dashboard PORT",
        PrepareError::Provision(error @ ProvisionError::Interrupted) => error.hint(),
        PrepareError::Provision(_) => "the shell runs `provision` of [data]: docs/data.md",
        PrepareError::Unusable(error) => return Some(error.hint().into_owned()),
        PrepareError::Unreadable { .. } | PrepareError::Runtime(_) | PrepareError::Mock(_) => return None,
    };
    Some(hint.to_owned())
}

fn about_writing(error: &io::Error, instead: &str) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full: free some space, then run again".to_owned(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("make it writable, or choose {instead}")
        }
        _ => format!("choose {instead}"),
    }
}

/// The most similar name, by Jaro and Winkler's measure; none if none is similar enough.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if written.len() > 200 {
        return None;
    }
    let likeness = |name: &str| (strsim::jaro_winkler(written, name) * 1e6) as u64;
    let best = names.into_iter().map(|name| (likeness(name), name)).max_by_key(|(likeness, _)| *likeness)?;
    (best.0 >= 780_000).then(|| best.1.to_owned())
}
