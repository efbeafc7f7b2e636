//! What a proof comes to: for every defect how many rep-days it takes to be found, with an interval; for the system
//! without defects, how many rep-days went by without a false alarm. For people, for the docs, for programs.

use fieldday_api::rules::Rule;
use fieldday_engine::all_defects::Defect;
use fieldday_engine::prove::{Clean, PassTrial, Trial};
use fieldday_paint::units::{count, counted};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, words};
use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};
use std::fmt::Write as _;

/// The version of [`Proof`]'s shape.
pub const PROOF_SCHEMA: u32 = 1;

/// The result of a proof in the model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// The schema version of this document.
    pub schema: u32,
    /// The version of Field Day.
    pub version: String,
    /// Seeds tried for each defect.
    pub seeds: u64,
    /// Rep-days after which a trial was given up.
    pub cap_rep_days: u64,
    /// Every defect that was tried.
    pub defects: Vec<DefectLine>,
    /// The system without defects, by scenario.
    pub clean: Vec<CleanLine>,
    /// The first false alarms in it.
    pub alarms: Vec<AlarmLine>,
    /// What conformance passes made of the backend's defects; none if none were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<PassesPart>,
    /// False if it was ended early: then not every defect was tried under every seed.
    pub complete: bool,
}

/// What conformance passes over the model made of the backend's defects.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct PassesPart {
    /// Passes for each defect, one a seed.
    pub seeds: u64,
    /// Defects of which a pass broke a rule that is named for them, under one seed at least.
    pub found: Vec<String>,
    /// Defects of which no pass broke such a rule.
    pub missed: Vec<String>,
    /// Requests of the middle pass.
    pub median_requests: u64,
    /// The number of passes without a defect.
    pub clean: u64,
    /// The rules that were broken in passes without a defect: false alarms, every one.
    pub alarms: Vec<String>,
}

impl PassesPart {
    fn new(trials: &[PassTrial]) -> PassesPart {
        let mut requests: Vec<u64> = trials.iter().map(|trial| trial.requests).collect();
        requests.sort_unstable();
        let clean = || trials.iter().filter(|trial| trial.defect.is_none());
        let mut part = PassesPart {
            seeds: clean().count() as u64,
            median_requests: requests.get(requests.len() / 2).copied().unwrap_or(0),
            clean: clean().count() as u64,
            alarms: clean().filter_map(|trial| trial.found).map(|rule| rule.name().to_owned()).collect(),
            ..PassesPart::default()
        };
        for defect in Defect::all() {
            let mut of = trials.iter().filter(|trial| trial.defect == Some(defect)).peekable();
            if of.peek().is_none() {
                continue;
            }
            let is_found = of.any(|trial| trial.found.is_some());
            let list = if is_found { &mut part.found } else { &mut part.missed };
            list.push(defect.name().to_owned());
        }
        part
    }
    fn says(&self) -> String {
        let (found, of) = (self.found.len(), (self.found.len() + self.missed.len()) as u64);
        let missed =
            if self.missed.is_empty() { String::new() } else { format!("; not found: {}", self.missed.join(", ")) };
        let alarms = if self.alarms.is_empty() {
            "no rule broken".to_owned()
        } else {
            format!("broken: {}", self.alarms.join(", "))
        };
        // Of the app's defects alone, a pass finds none: it has no app.
        let found = match of {
            0 => String::new(),
            of => format!("{found} of {} of the backend found{missed}; ", counted(of, "defect", "defects")),
        };
        format!(
            "Conformance passes alone ({}, {}): {found}{} without a defect: {alarms}.",
            counted(self.median_requests, "request", "requests"),
            counted(self.seeds, "seed", "seeds"),
            counted(self.clean, "pass", "passes"),
        )
    }
}

/// The trials of one defect, in the model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DefectLine {
    /// The name of the defect.
    pub defect: String,
    /// The part of the system that the defect is built into: backend or app.
    pub place: String,
    /// The scenario in which it was looked for.
    pub scenario: String,
    /// The rules that it breaks.
    pub rules: Vec<String>,
    /// The number of trials, one per seed.
    pub trials: u64,
    /// Trials in which one of its rules was broken.
    pub found: u64,
    /// Rep-days to the first violation, in the median trial; none if half of them found nothing.
    pub median_rep_days: Option<u64>,
    /// Rep-days a finding, over all trials; none if nothing was found.
    pub mean_rep_days: Option<f64>,
    /// The 95 % interval of that mean; its upper end is open if nothing was found.
    pub interval_rep_days: (f64, Option<f64>),
    /// Which of its rules was broken first, and in how many trials.
    pub first_broken: Vec<(String, u64)>,
}

/// The result of running one scenario without defects.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CleanLine {
    /// The name of the scenario.
    pub scenario: String,
    /// The number of rep-days that were simulated.
    pub rep_days: u64,
    /// Requests that reached a backend.
    pub requests: u64,
    /// Cases in which a rule was broken: false alarms, every one.
    pub broken: u64,
}

/// A false alarm: a rule that was broken without a defect.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlarmLine {
    /// The name of the rule.
    pub rule: String,
    /// The command line that reproduces it.
    pub reproduce: String,
}

impl Proof {
    /// What trials and clean runs come to.
    pub fn new(seeds: u64, cap: u64, trials: &[Trial], clean: &Clean, complete: bool) -> Proof {
        let defects = Defect::all().filter_map(|defect| {
            let of: Vec<Trial> = trials.iter().filter(|trial| trial.defect == defect).copied().collect();
            (!of.is_empty()).then(|| DefectLine::new(defect, &of))
        });
        let alarms = clean.alarms.iter().map(|alarm| AlarmLine {
            rule: alarm.rule.clone(),
            reproduce: format!("fieldday run {} --seed {:#x} --reps {}", alarm.scenario, alarm.seed, alarm.reps),
        });
        let lines = clean.scenarios.iter().map(|line| CleanLine {
            scenario: line.scenario.clone(),
            rep_days: line.rep_days,
            requests: line.requests,
            broken: line.broken,
        });
        Proof {
            schema: PROOF_SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seeds,
            cap_rep_days: cap,
            defects: defects.collect(),
            clean: lines.collect(),
            alarms: alarms.collect(),
            passes: None,
            complete,
        }
    }
    /// With what conformance passes found.
    pub fn with_passes(mut self, trials: &[PassTrial]) -> Proof {
        self.passes = (!trials.is_empty()).then(|| PassesPart::new(trials));
        self
    }
    /// Whether every defect was found under some seed, by a day or by a conformance pass, and nothing was found where there is
    /// none.
    pub fn holds(&self) -> bool {
        let by_pass = |name: &String| self.passes.as_ref().is_some_and(|passes| passes.found.contains(name));
        self.complete
            && self.defects.iter().all(|line| line.found > 0 || by_pass(&line.defect))
            && self.clean.iter().all(|line| line.broken == 0)
            && self.passes.as_ref().is_none_or(|passes| passes.alarms.is_empty())
    }
    /// Rep-days that the middle one of the defects takes; none if half of them are not found.
    pub fn median_defect(&self) -> Option<u64> {
        let mut medians: Vec<u64> = self.defects.iter().map(|line| line.median_rep_days.unwrap_or(u64::MAX)).collect();
        medians.sort_unstable();
        medians.get(medians.len() / 2).copied().filter(|median| *median < u64::MAX)
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
                title("built into"),
                title("scenario"),
                number("found"),
                number("median"),
                number("mean"),
                title("95 %"),
                title("the rule that was broken first"),
            ]);
            for line in &self.defects {
                let (mark, tone) = if line.found > 0 { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
                table.row([
                    words(mark).tone(tone),
                    words(&line.defect),
                    words(&line.place),
                    words(&line.scenario),
                    figure(format!("{} of {}", line.found, line.trials)),
                    figure(line.median()),
                    figure(line.mean()),
                    words(line.interval()),
                    words(line.first()),
                ]);
            }
            let _ = write!(
                out,
                "{}\n{}\n",
                paint.on(Tone::Strong, "REP-DAYS UNTIL A DEFECT IS FOUND"),
                table.render(paint, 2)
            );
        }
        if !self.clean.is_empty() {
            let mut table = Table::default();
            for line in &self.clean {
                let (mark, tone) = if line.broken == 0 { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
                let broken = if line.broken == 0 {
                    "no rule broken".to_owned()
                } else {
                    counted(line.broken, "violation", "violations")
                };
                table.row([words(mark).tone(tone), words(&line.scenario), figure(count(line.rep_days)), words(broken)]);
            }
            let _ =
                write!(out, "{}\n{}\n", paint.on(Tone::Strong, "WITHOUT DEFECTS, by rep-days"), table.render(paint, 2));
        }
        self.sentences().iter().for_each(|sentence| {
            let _ = writeln!(out, "{sentence}");
        });
        out
    }
    /// For the docs: the same for the same trials, whatever the day and the machine.
    pub fn to_markdown(&self, command: &str) -> String {
        let mut out = format!(
            "# The proof\n\nMade by `{command}`, version {}. Each defect was built into cells of ten reps of the named scenario, under {}.\n\
             A trial ended when one of the defect's rules was broken, or after {} rep-days. The mean is the number of simulated\n\
             rep-days divided by the number of findings, with its 95 % interval (chi-square, which is exact for exponential times).\n\n",
            self.version,
            counted(self.seeds, "seed", "seeds"),
            count(self.cap_rep_days),
        );
        self.sentences().iter().for_each(|sentence| {
            let _ = writeln!(out, "- {sentence}");
        });
        out.push_str("\n| defect | built into | scenario | found | median rep-days | mean | 95 % interval | the rule that was broken first |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for line in &self.defects {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} of {} | {} | {} | {} | {} |",
                line.defect,
                line.place,
                line.scenario,
                line.found,
                line.trials,
                line.median(),
                line.mean(),
                line.interval(),
                line.first()
            );
        }
        if !self.clean.is_empty() {
            out.push_str("\n| without defects | rep-days | requests | violations |\n| --- | --- | --- | --- |\n");
            for line in &self.clean {
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    line.scenario,
                    count(line.rep_days),
                    count(line.requests),
                    line.broken
                );
            }
        }
        out
    }
    fn sentences(&self) -> Vec<String> {
        let mut says = Vec::new();
        if !self.defects.is_empty() {
            let found = self.defects.iter().filter(|line| line.found > 0).count();
            let median = self.median_defect().map_or("not found in its median trial".to_owned(), |m| {
                format!("found after {} in its median trial", counted(m, "rep-day", "rep-days"))
            });
            says.push(format!(
                "{found} of {} found; the median defect is {median}.",
                counted(self.defects.len() as u64, "defect", "defects")
            ));
        }
        if !self.clean.is_empty() {
            let (rep_days, broken) =
                self.clean.iter().fold((0, 0), |(days, broken), line| (days + line.rep_days, broken + line.broken));
            let bound = if broken == 0 && rep_days > 0 {
                // The rule of three: with 95 % confidence, no more often than this.
                format!(
                    "; with 95 % confidence, fewer than one false alarm in {}",
                    counted(rep_days / 3, "rep-day", "rep-days")
                )
            } else {
                String::new()
            };
            says.push(format!(
                "{} without defects: {}{bound}.",
                counted(rep_days, "rep-day", "rep-days"),
                counted(broken, "violation", "violations")
            ));
        }
        says.extend(self.passes.as_ref().map(PassesPart::says));
        let alarms = self.alarms.iter().map(|alarm| format!("False alarm of {}: `{}`", alarm.rule, alarm.reproduce));
        says.extend(alarms);
        if !self.complete {
            says.push("Interrupted: these are the results so far.".to_owned());
        }
        says
    }
}

impl DefectLine {
    fn new(defect: Defect, trials: &[Trial]) -> DefectLine {
        let info = defect.info();
        let found = trials.iter().filter(|trial| trial.found.is_some()).count() as u64;
        let lived: u64 = trials.iter().map(|trial| trial.rep_days).sum();
        let mut waits: Vec<u64> =
            trials.iter().map(|t| if t.found.is_some() { t.rep_days } else { u64::MAX }).collect();
        waits.sort_unstable();
        let median = waits.get((waits.len() - 1) / 2).copied().filter(|wait| *wait < u64::MAX);
        let first = |rule: &Rule| trials.iter().filter(|trial| trial.found == Some(*rule)).count() as u64;
        let first_broken = info.rules.iter().map(|rule| (rule.name().to_owned(), first(rule)));
        DefectLine {
            defect: info.name.to_owned(),
            place: defect.place().to_owned(),
            scenario: info.scenario.to_owned(),
            rules: info.rules.iter().map(|rule| rule.name().to_owned()).collect(),
            trials: trials.len() as u64,
            found,
            median_rep_days: median,
            mean_rep_days: (found > 0).then(|| lived as f64 / found as f64),
            interval_rep_days: interval(lived, found),
            first_broken: first_broken.filter(|(_, times)| *times > 0).collect(),
        }
    }
    fn median(&self) -> String {
        self.median_rep_days.map_or("-".to_owned(), count)
    }
    fn mean(&self) -> String {
        self.mean_rep_days.map_or("-".to_owned(), rounded)
    }
    fn interval(&self) -> String {
        match self.interval_rep_days {
            (low, Some(high)) => format!("{} to {}", rounded(low), rounded(high)),
            (low, None) => format!("over {}", rounded(low)),
        }
    }
    fn first(&self) -> String {
        let rules: Vec<&str> = self.first_broken.iter().map(|(rule, _)| rule.as_str()).collect();
        if rules.is_empty() { format!("none of {}", self.rules.join(", ")) } else { rules.join(", ") }
    }
}

/// The 95 % interval of the mean wait, of `found` findings in `lived` rep-days, the last wait cut short: twice the time lived
/// over the mean is distributed as chi-square.
fn interval(lived: u64, found: u64) -> (f64, Option<f64>) {
    let quantile = |freedom: u64, share: f64| {
        ChiSquared::new(freedom as f64).map(|chi| chi.inverse_cdf(share)).unwrap_or(f64::NAN)
    };
    let twice = 2.0 * lived as f64;
    let low = twice / quantile(2 * found + 2, 0.975);
    (low, (found > 0).then(|| twice / quantile(2 * found, 0.025)))
}

fn rounded(rep_days: f64) -> String {
    if rep_days < 10.0 { format!("{rep_days:.1}") } else { count(rep_days.round() as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the table of exact Poisson limits: of 10 events, 4.795 to 18.390.
    #[test]
    fn the_interval_is_the_exact_one() {
        let (low, high) = interval(1_000, 10);
        assert!((low - 1_000.0 / 18.390).abs() < 0.05, "{low}");
        assert!((high.unwrap() - 1_000.0 / 4.795).abs() < 0.1, "{high:?}");
        let (low, high) = interval(300, 0);
        assert!((low - 300.0 / 3.689).abs() < 0.1 && high.is_none(), "{low}");
    }

    #[test]
    fn a_defect_that_no_day_shows_may_be_found_by_a_pass_and_a_false_alarm_of_one_is_one() {
        let defect = Defect::named("stale-read").unwrap();
        let day = Trial { defect, seed: 1, rep_days: 100, found: None };
        let pass = |defect, found| PassTrial { defect, seed: 1, requests: 1_000, found };
        let rule = Some(Rule::ReadYourWrites);
        let proof = |passes: &[PassTrial]| Proof::new(1, 100, &[day], &Clean::default(), true).with_passes(passes);
        assert!(!proof(&[]).holds());
        let found = proof(&[pass(Some(defect), rule), pass(None, None)]);
        assert!(found.holds() && found.to_terminal(Paint::new(false)).contains("1 of 1 defect of the backend found"));
        assert!(!proof(&[pass(Some(defect), rule), pass(None, rule)]).holds());
    }

    #[test]
    fn a_defect_that_half_of_the_trials_miss_has_no_median() {
        let defect = Defect::named("stale-read").unwrap();
        let trial = |seed, rep_days, found| Trial { defect, seed, rep_days, found };
        let rule = Some(Rule::ReadYourWrites);
        let proof = |trials: &[Trial]| Proof::new(4, 100, trials, &Clean::default(), true);
        let most = proof(&[trial(1, 10, rule), trial(2, 30, rule), trial(3, 20, rule), trial(4, 100, None)]);
        assert_eq!((most.defects[0].found, most.defects[0].median_rep_days), (3, Some(20)));
        assert!(most.holds());
        let few = proof(&[trial(1, 10, rule), trial(2, 100, None), trial(3, 100, None), trial(4, 100, None)]);
        assert_eq!(few.defects[0].median_rep_days, None);
        let none = proof(&[trial(1, 100, None)]);
        assert!(!none.holds() && none.to_terminal(Paint::new(false)).contains("0 of 1 defect found"));
    }
}
