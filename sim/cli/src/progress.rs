//! How far a run is: a bar on a terminal; elsewhere a line now and then, and none for a short run.

use crate::output;
use fieldday_engine::cell::CellOutcome;
use fieldday_report::units::count;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two lines.
const A_WHILE: Duration = Duration::from_secs(5);

pub struct Progress {
    bar: Option<ProgressBar>,
    told: Instant,
    cells: u64,
    of: u64,
    rep_days: u64,
    requests: u64,
}

impl Progress {
    pub fn new(cells: u64) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| bar(cells));
        Progress { bar, told: Instant::now(), cells: 0, of: cells, rep_days: 0, requests: 0 }
    }
    /// A cell is done.
    pub fn cell(&mut self, cell: &CellOutcome) {
        self.cells += 1;
        self.rep_days += cell.rep_days;
        self.requests += cell.requests;
        let says = || format!("{} rep-days, {} requests", count(self.rep_days), count(self.requests));
        if let Some(bar) = &self.bar {
            bar.set_position(self.cells);
            bar.set_message(format!("cells  {}", says()));
        } else if self.told.elapsed() >= A_WHILE {
            self.told = Instant::now();
            output::note(&format!("{} of {} cells, {}", count(self.cells), count(self.of), says()));
        }
    }
    /// The run is over: the bar makes room for the report.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How far anything else is that can be counted.
pub struct Ticker {
    bar: Option<ProgressBar>,
    told: Instant,
    what: &'static str,
    done: u64,
    of: u64,
}

impl Ticker {
    /// Nothing of `of` is done yet.
    pub fn new(what: &'static str, of: u64) -> Ticker {
        let bar = std::io::stderr().is_terminal().then(|| bar(of));
        Ticker { bar, told: Instant::now(), what, done: 0, of }
    }
    /// So many more are done, and this is what there is to say.
    pub fn more(&mut self, more: u64, says: &str) {
        self.done += more;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done.min(self.of));
            bar.set_message(format!("{} {says}", self.what));
        } else if self.told.elapsed() >= A_WHILE {
            self.told = Instant::now();
            output::note(&format!("{} of {} {}  {says}", count(self.done), count(self.of), self.what));
        }
    }
    /// It is over: the bar makes room for the result.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(cells: u64) -> ProgressBar {
    let bar = ProgressBar::new(cells);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_bar} {pos} of {len} {msg}  {eta}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
