//! How far a run is: a picture or a bar on a terminal; elsewhere a line now and then, and none for a short run.

use crate::output;
use crate::picture::Picture;
use fieldday_api::rules::Rule;
use fieldday_documents::view::{Nearness, Slow, View};
use fieldday_engine::cell::CellOutcome;
use fieldday_paint::units::{count, micros};
use fieldday_plan::Plan;
use fieldday_rules::{CLASSES, Punctuality, Settings};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The time between two lines of progress, where no picture is drawn.
const A_WHILE: Duration = Duration::from_secs(5);

/// The time between two drawings of the picture.
const PICTURES_EVERY: Duration = Duration::from_millis(250);
/// The number of endpoint classes that a line of progress shows.
const CLASSES_SHOWN: usize = 3;

/// How far a simulated run is. Its reps' states pass too fast to be watched: what is known is what came of the cells that
/// are over.
pub struct Progress {
    picture: Option<Picture>,
    title: String,
    began: Instant,
    told: Instant,
    cells: u64,
    of: u64,
    reps: u64,
    rep_days: u64,
    requests: u64,
    broken: [u64; Rule::ALL.len()],
    punctuality: [Punctuality; 2 * CLASSES.len()],
}

impl Progress {
    pub fn new(plan: &Plan) -> Progress {
        let now = Instant::now();
        let progress = Progress {
            picture: Picture::begin(),
            title: format!("{}, seed {:#x}", plan.scenario().name, plan.seed()),
            began: now,
            told: now,
            cells: 0,
            of: plan.cells_run().len() as u64,
            reps: plan.reps(),
            rep_days: 0,
            requests: 0,
            broken: [0; Rule::ALL.len()],
            punctuality: Default::default(),
        };
        progress.picture.iter().for_each(|picture| picture.draw(&progress.view()));
        progress
    }
    /// Counts a cell that has ended, and shows the progress if it is time.
    pub fn cell(&mut self, cell: &CellOutcome) {
        self.cells += 1;
        self.rep_days += cell.rep_days;
        self.requests += cell.requests;
        let counts = self.broken.iter_mut().zip(&cell.findings.rules);
        counts.for_each(|(broken, count)| *broken += count.broken);
        for (sum, line) in self.punctuality.iter_mut().zip(cell.findings.punctuality) {
            (sum.judged, sum.late) = (sum.judged + line.judged, sum.late + line.late);
        }
        let every = if self.picture.is_some() { PICTURES_EVERY } else { A_WHILE };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        match &self.picture {
            Some(picture) => picture.draw(&self.view()),
            None => output::note(&self.view().line()),
        }
    }
    /// The run is over: the picture makes room for the report.
    pub fn finish(self) {
        drop(self.picture);
    }

    fn view(&self) -> View {
        let elapsed = self.began.elapsed();
        let done_permille = self.cells * 1_000 / self.of.max(1);
        let broken = Rule::ALL.iter().zip(self.broken).filter(|(_, cases)| *cases > 0);
        View {
            title: self.title.clone(),
            elapsed_s: elapsed.as_secs(),
            done_permille: Some(done_permille),
            left_s: (self.cells > 0).then(|| elapsed.as_secs() * (self.of - self.cells.min(self.of)) / self.cells),
            states: vec![("done", self.rep_days), ("to go", self.reps.saturating_sub(self.rep_days))],
            requests: self.requests,
            requests_per_s: Some(self.requests as f64 / elapsed.as_secs_f64().max(0.001)),
            slowest: self.latest(),
            broken: broken.map(|(rule, cases)| (rule.name(), cases)).collect(),
            ..View::default()
        }
    }
    /// The classes of endpoints with the most late answers.
    fn latest(&self) -> Vec<Slow> {
        let allowed_ppm = Settings::default().late_share_max_ppm;
        let who = |place: usize| if place < CLASSES.len() { "phones" } else { "desks" };
        let lines = self.punctuality.iter().enumerate().filter(|(_, line)| line.judged > 0);
        let mut all: Vec<(u64, Slow)> = lines
            .map(|(place, line)| {
                let of = format!("{:?}, {}", CLASSES[place % CLASSES.len()], who(place)).to_lowercase();
                let measured = Nearness::Late { late: line.late, allowed_ppm };
                (line.late * 1_000_000 / line.judged, Slow { of, measured, count: line.judged })
            })
            .collect();
        all.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
        all.into_iter().map(|(_, slow)| slow).take(CLASSES_SHOWN).collect()
    }
}

/// How far anything else is that can be counted.
pub struct Ticker {
    bar: Option<ProgressBar>,
    began: Instant,
    told: Instant,
    what: &'static str,
    done: u64,
    of: u64,
}

impl Ticker {
    /// A ticker for `of` units of work, of which none is done.
    pub fn new(what: &'static str, of: u64) -> Ticker {
        let bar = std::io::stderr().is_terminal().then(|| bar(of));
        let now = Instant::now();
        Ticker { bar, began: now, told: now, what, done: 0, of }
    }
    /// So many more are done, and this is what there is to say.
    pub fn more(&mut self, more: u64, says: &str) {
        self.done += more;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done.min(self.of));
            bar.set_message(format!("{} {says}", self.what));
        } else if self.told.elapsed() >= A_WHILE {
            self.told = Instant::now();
            let (done, of) = (count(self.done), count(self.of));
            output::note(&format!("{done} of {of} {}{}  {says}", self.what, self.left()));
        }
    }
    /// How long the rest will take, if it goes on as it went.
    fn left(&self) -> String {
        if self.done == 0 || self.done >= self.of {
            return String::new();
        }
        let left_s = self.began.elapsed().as_secs_f64() * (self.of - self.done) as f64 / self.done as f64;
        format!(", some {} left", micros((left_s * 1e6) as u64))
    }
    /// Removes the bar, so that the result has its place.
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
