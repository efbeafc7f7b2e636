//! What a proof over HTTP comes to: for every defect of the backend whether it was found, by which rule, after how many
//! requests and how long; and what passes over the mock without a defect found. For people, for the docs, for programs.

use crate::proof::AlarmLine;
use fieldday_api::rules::Rule;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::live_trial::{LiveLook, LiveTrial};
use fieldday_engine::prove::PASSES;
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Table, Tone, figure, words};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write as _;

/// The version of [`LiveProof`]'s shape.
pub const LIVE_PROOF_SCHEMA: u32 = 1;

/// The result of a proof over HTTP.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LiveProof {
    /// The schema version of this document.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// The target that the trials called: the built-in mock.
    pub target: String,
    /// Seeds tried for each defect.
    pub seeds: u64,
    /// The number of trials that ran at once.
    pub at_once: u64,
    /// Every defect that was tried.
    pub defects: Vec<LiveDefectLine>,
    /// The mock without a defect.
    pub clean: LiveCleanPart,
    /// How late requests were sent, in milliseconds: the 99th percentile of the worst pass.
    pub late_p99_ms: f64,
    /// False if the proof was ended early, so that not everything was tried.
    pub complete: bool,
    /// The duration of the proof, in seconds.
    pub wall_s: f64,
}

/// The trials of one defect, over HTTP.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LiveDefectLine {
    /// The name of the defect.
    pub defect: String,
    /// Whether it shows only when two requests overlap.
    pub is_race: bool,
    /// The rules that it breaks.
    pub rules: Vec<String>,
    /// The scenario whose day is simulated if a pass does not find the defect.
    pub scenario: String,
    /// The number of trials, one per seed.
    pub trials: u64,
    /// Trials in which one of its rules was broken.
    pub found: u64,
    /// Trials in which a conformance pass found the defect.
    pub by_pass: u64,
    /// Requests to the first violation, in the median trial; none if half of them found nothing.
    pub median_requests: Option<u64>,
    /// Seconds to the first violation, in the median trial; none if half of them found nothing.
    pub median_s: Option<f64>,
    /// Which of its rules was broken first, and in how many trials.
    pub first_broken: Vec<(String, u64)>,
    /// Other rules that were broken by then, and are not named for the defect.
    pub beside: Vec<String>,
    /// The reasons why passes or days were cut short, each once.
    pub cut: Vec<String>,
}

/// The mock without a defect.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LiveCleanPart {
    /// The number of passes.
    pub passes: u64,
    /// The number of requests of all passes.
    pub requests: u64,
    /// Passes that were cut short, and are inconclusive.
    pub cut: u64,
    /// The false alarms: of each pass in which a rule was broken, the first such rule.
    pub alarms: Vec<AlarmLine>,
}

/// How a proof was made, beside its trials.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Seeds tried for each defect.
    pub seeds: u64,
    /// The number of trials that ran at once.
    pub at_once: u64,
    /// Whether it came to its end.
    pub complete: bool,
    /// The duration of the proof, in seconds.
    pub wall_s: f64,
}

/// The JSON schema of the document for programs.
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<LiveProof>().to_value()
}

impl LiveProof {
    /// Sums the trials up, by defect.
    pub fn new(trials: &[LiveTrial], made: Made) -> LiveProof {
        let defects = Defect::all().filter_map(|defect| {
            let of: Vec<&LiveTrial> = trials.iter().filter(|trial| trial.defect == Some(defect)).collect();
            (!of.is_empty()).then(|| LiveDefectLine::new(defect, &of))
        });
        let passes: Vec<&LiveTrial> = trials.iter().filter(|trial| trial.defect.is_none()).collect();
        let late = trials.iter().flat_map(LiveTrial::looks).map(|look| look.late_p99.as_micros()).max();
        LiveProof {
            schema: LIVE_PROOF_SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: "mock".to_owned(),
            seeds: made.seeds,
            at_once: made.at_once,
            defects: defects.collect(),
            clean: LiveCleanPart::new(&passes),
            late_p99_ms: late.unwrap_or(0) as f64 / 1_000.0,
            complete: made.complete,
            wall_s: made.wall_s,
        }
    }
    /// Whether every defect was found under some seed, those that are races under two thirds of them, and nothing where there
    /// is none.
    pub fn holds(&self) -> bool {
        self.complete
            && self.defects.iter().all(LiveDefectLine::is_found)
            && self.clean.alarms.is_empty()
            && self.clean.cut == 0
    }
    /// The result as JSON, as `--json` prints it.
    pub fn to_json(&self) -> String {
        // Plain data of strings and numbers: it cannot fail.
        fieldday_paint::json(self).unwrap_or_default()
    }
    /// The result as text for a terminal.
    pub fn to_terminal(&self, paint: Paint) -> String {
        let mut out = String::new();
        if !self.defects.is_empty() {
            let mut table = Table::default();
            let title = |text: &str| words(text).tone(Tone::Strong);
            let number = |text: &str| figure(text).tone(Tone::Strong);
            table.row([
                title(" "),
                title("defect"),
                number("found"),
                number("requests"),
                number("seconds"),
                title("by"),
                title("the rule that was broken first"),
            ]);
            for line in &self.defects {
                let (mark, tone) = if line.is_found() { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
                table.row([
                    words(mark).tone(tone),
                    words(&line.defect),
                    figure(format!("{} of {}", line.found, line.trials)),
                    figure(line.requests()),
                    figure(line.seconds()),
                    words(line.by()),
                    words(line.first()),
                ]);
            }
            let title = "UNTIL A DEFECT OF THE MOCK IS FOUND, medians over the trials";
            let _ = write!(out, "{}\n{}\n", paint.on(Tone::Strong, title), table.render(paint, 2));
        }
        self.sentences().iter().for_each(|sentence| {
            let _ = writeln!(out, "{sentence}");
        });
        out
    }
    /// The result as a page of the documentation.
    pub fn to_markdown(&self, command: &str) -> String {
        let mut out = format!(
            "# The proof over HTTP\n\nMade by `{command}`, version {}. Each defect was switched on in the built-in mock, under {}. A\n\
             trial is a conformance pass and, if the pass finds nothing, two minutes of a day. It ends with the first\n\
             violation of a rule that is named for the defect. Requests and seconds are medians over the trials.\n\n",
            self.version,
            counted(self.seeds, "seed", "seeds"),
        );
        self.sentences().iter().for_each(|sentence| {
            let _ = writeln!(out, "- {sentence}");
        });
        out.push_str("\n| defect | found | requests | seconds | by | the rule that was broken first | rules broken before it |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        for line in &self.defects {
            let _ = writeln!(
                out,
                "| `{}` | {} of {} | {} | {} | {} | {} | {} |",
                line.defect,
                line.found,
                line.trials,
                line.requests(),
                line.seconds(),
                line.by(),
                line.first(),
                line.beside.join(", ")
            );
        }
        out
    }
    fn sentences(&self) -> Vec<String> {
        let mut says = Vec::new();
        if !self.defects.is_empty() {
            let found = self.defects.iter().filter(|line| line.is_found()).count();
            let (requests, seconds) = (middle(&self.defects, |line| line.median_requests), self.median_s());
            let median = match (requests, seconds) {
                (Some(requests), Some(seconds)) => {
                    format!("found after {} and {seconds:.1} s", counted(requests, "request", "requests"))
                }
                _ => "not found in its median trial".to_owned(),
            };
            says.push(format!(
                "{found} of {} found; the median defect is {median}.",
                counted(self.defects.len() as u64, "defect", "defects")
            ));
        }
        if self.clean.passes > 0 {
            let broken = counted(self.clean.alarms.len() as u64, "false alarm", "false alarms");
            says.push(format!(
                "{} without defects, {}: {broken}.",
                counted(self.clean.passes, "pass", "passes"),
                counted(self.clean.requests, "request", "requests")
            ));
        }
        if self.clean.cut > 0 {
            says.push(format!("{} of the passes were cut short.", count(self.clean.cut)));
        }
        let alarms = self.clean.alarms.iter();
        says.extend(alarms.map(|alarm| format!("False alarm of {}: `{}`", alarm.rule, alarm.reproduce)));
        for line in self.defects.iter().filter(|line| line.found < line.trials && !line.cut.is_empty()) {
            says.push(format!("{}: {}.", line.defect, line.cut.join("; ")));
        }
        says.push(format!(
            "{} at once, requests sent late by {:.1} ms at most (p99 of the worst pass); {:.0} s in all.",
            counted(self.at_once, "trial", "trials"),
            self.late_p99_ms,
            self.wall_s
        ));
        if !self.complete {
            says.push("Interrupted: these are the results so far.".to_owned());
        }
        says
    }
    /// Seconds to the find of the middle defect; none if half of them are not found.
    fn median_s(&self) -> Option<f64> {
        middle(&self.defects, |line| line.median_s.map(|seconds| (seconds * 1e6) as u64)).map(|us| us as f64 / 1e6)
    }
}

impl LiveDefectLine {
    fn new(defect: Defect, trials: &[&LiveTrial]) -> LiveDefectLine {
        let info = defect.info();
        let found = || trials.iter().filter(|trial| trial.found().is_some());
        let first = |rule: &Rule| trials.iter().filter(|trial| trial.found() == Some(*rule)).count() as u64;
        let until = |of: fn(&LiveTrial) -> u64| middle(trials, |trial| trial.found().map(|_| of(trial)));
        let looks = || trials.iter().flat_map(|trial| trial.looks());
        let broke_beside = |rule: &&Rule| looks().any(|look: &LiveLook| look.beside.contains(rule));
        let mut cut: Vec<String> = looks().filter_map(|look| look.cut.clone()).collect();
        cut.sort();
        cut.dedup();
        LiveDefectLine {
            defect: info.name.to_owned(),
            is_race: matches!(defect, Defect::Backend(defect) if defect.is_race()),
            rules: info.rules.iter().map(|rule| rule.name().to_owned()).collect(),
            scenario: info.scenario.to_owned(),
            trials: trials.len() as u64,
            found: found().count() as u64,
            by_pass: trials.iter().filter(|trial| trial.pass.found.is_some()).count() as u64,
            median_requests: until(LiveTrial::requests),
            median_s: until(|trial| trial.took().as_micros().unsigned_abs()).map(|us| us as f64 / 1e6),
            first_broken: info
                .rules
                .iter()
                .map(|rule| (rule.name().to_owned(), first(rule)))
                .filter(|(_, n)| *n > 0)
                .collect(),
            beside: Rule::ALL.iter().filter(broke_beside).map(|rule| rule.name().to_owned()).collect(),
            cut,
        }
    }
    /// Whether it was found often enough: a race by two trials of three, whatever else by one.
    pub fn is_found(&self) -> bool {
        if self.is_race { self.found * 3 >= self.trials * 2 } else { self.found > 0 }
    }
    fn requests(&self) -> String {
        self.median_requests.map_or("-".to_owned(), count)
    }
    fn seconds(&self) -> String {
        self.median_s.map_or("-".to_owned(), |seconds| format!("{seconds:.1}"))
    }
    fn by(&self) -> String {
        match (self.by_pass, self.found - self.by_pass) {
            (0, 0) => "-".to_owned(),
            (_, 0) => "pass".to_owned(),
            (0, _) => format!("day of {}", self.scenario),
            (passes, days) => format!("{passes} pass, {days} day of {}", self.scenario),
        }
    }
    fn first(&self) -> String {
        let rules: Vec<&str> = self.first_broken.iter().map(|(rule, _)| rule.as_str()).collect();
        if rules.is_empty() { format!("none of {}", self.rules.join(", ")) } else { rules.join(", ") }
    }
}

impl LiveCleanPart {
    fn new(trials: &[&LiveTrial]) -> LiveCleanPart {
        let alarm = |trial: &&LiveTrial| {
            Some(AlarmLine {
                rule: trial.found()?.name().to_owned(),
                reproduce: format!("fieldday conform {PASSES} --target mock --seed {:#x}", trial.seed),
            })
        };
        LiveCleanPart {
            passes: trials.len() as u64,
            requests: trials.iter().map(|trial| trial.requests()).sum(),
            cut: trials.iter().filter(|trial| trial.pass.cut.is_some()).count() as u64,
            alarms: trials.iter().filter_map(alarm).collect(),
        }
    }
}

/// The middle value; what has none counts as the greatest. None if the middle one has none.
fn middle<T>(of: &[T], value: impl Fn(&T) -> Option<u64>) -> Option<u64> {
    let mut values: Vec<u64> = of.iter().map(|one| value(one).unwrap_or(u64::MAX)).collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().filter(|value| *value < u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::Span;

    fn look(found: Option<Rule>) -> LiveLook {
        let beside = Vec::new();
        LiveLook { requests: 100, took: Span::seconds(3), found, beside, late_p99: Span::millis(2), cut: None }
    }
    fn proof(trials: &[LiveTrial]) -> LiveProof {
        LiveProof::new(trials, Made { seeds: 3, at_once: 4, complete: true, wall_s: 9.0 })
    }
    fn trial(name: &str, seed: u64, pass: Option<Rule>, day: Option<Option<Rule>>) -> LiveTrial {
        LiveTrial { defect: Defect::named(name), seed, pass: look(pass), day: day.map(look) }
    }

    #[test]
    fn a_race_must_be_found_by_two_trials_of_three_and_whatever_else_by_one() {
        let (rule, other) = (Some(Rule::RecordingStartOnce), Some(Rule::ReadYourWrites));
        let race = |finds: [bool; 3]| {
            let trials =
                (1..).zip(finds).map(|(seed, finds)| trial("start-race", seed, rule.filter(|_| finds), Some(None)));
            proof(&trials.collect::<Vec<_>>()).holds()
        };
        assert!(race([true, false, true]) && !race([true, false, false]));
        let rare = [1, 2, 3].map(|seed| trial("stale-read", seed, None, Some(other.filter(|_| seed == 2))));
        let rare = proof(&rare);
        assert!(rare.holds() && rare.defects[0].median_s.is_none());
        assert_eq!(
            (rare.defects[0].found, rare.defects[0].by_pass, rare.defects[0].by().as_str()),
            (1, 0, "day of weekday")
        );
        assert!(!proof(&[trial("stale-read", 1, None, Some(None))]).holds());
    }

    #[test]
    fn a_rule_that_breaks_on_the_clean_mock_is_a_false_alarm_and_a_pass_that_was_cut_says_too_little() {
        let clean = |found, cut: Option<&str>| {
            let pass = LiveLook { cut: cut.map(str::to_owned), ..look(found) };
            proof(&[LiveTrial { defect: None, seed: 17, pass, day: None }])
        };
        assert!(clean(None, None).holds() && !clean(None, Some("too slow")).holds());
        let alarm = clean(Some(Rule::ReadYourWrites), None);
        assert!(!alarm.holds());
        let says = alarm.to_terminal(Paint::new(false));
        assert!(
            says.contains("False alarm of read.your-writes: `fieldday conform smoke --target mock --seed 0x11`"),
            "{says}"
        );
    }

    #[test]
    fn requests_and_seconds_of_a_day_come_on_top_of_those_of_its_pass() {
        let line = proof(&[trial("stale-read", 1, None, Some(Some(Rule::ReadYourWrites)))]).defects.remove(0);
        assert_eq!((line.median_requests, line.median_s), (Some(200), Some(6.0)));
    }

    const SCHEMA: &str = include_str!("../schemas/live-proof.schema.json");

    #[test]
    fn the_committed_schema_is_the_one_of_this_version() {
        let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(committed, schema(), "`cargo xtask schemas` writes it");
    }
}
