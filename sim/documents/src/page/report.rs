//! `report.html`: a run, for people, in the order in which they ask.

use super::day::Day;
use super::map::{self, MapView};
use super::metrics;
use crate::facts::{network_traces, totals};
use crate::first::{Answer, StoryPaths};
use crate::{sections, tables};
use askama::Template;
use fieldday_folder::ON_THE_VIRTUAL_CLOCK;
use fieldday_folder::RunFile;
use fieldday_folder::series::SeriesFile;
use fieldday_folder::summary::{
    Case, Limit, LimitMark, Outcome, Percentiles, RuleLine, RuleVerdict, Summary, verdict_word,
};
use fieldday_paint::chart::{Bar, LogBars};
use fieldday_paint::document::Section;
use fieldday_paint::frame::{Frame, data};
use fieldday_paint::units;
use fieldday_stories::sequences::Stories;
use std::path::Path;

/// A run that is to be shown.
pub struct Report<'a> {
    /// Its folder, where the stories of broken rules are looked for; none if there is none.
    pub folder: Option<&'a Path>,
    /// The content of the folder's `summary.json`.
    pub summary: &'a Summary,
    /// The content of the folder's `run.json`.
    pub run: &'a RunFile,
    /// The figures over the day; none if the folder has no `series.json`.
    pub series: Option<&'a SeriesFile>,
    /// What happened before rules were broken, where it is known.
    pub stories: &'a Stories,
}

/// A broken rule with its cases.
struct Broken<'a> {
    rule: &'a RuleLine,
    /// Where its story is, from the page's folder.
    story: Option<String>,
    cases: Vec<Drawn<'a>>,
    others: Vec<&'a Case>,
}
struct Drawn<'a> {
    case: &'a Case,
    svg: String,
    steps: Vec<String>,
    left_out: usize,
}

/// A rule in the matrix.
struct RuleCell<'a> {
    /// Which parts of it had no case, as a sentence; empty if all had.
    untested: String,
    rule: &'a RuleLine,
    class: &'static str,
    tone: &'static str,
    mark: &'static str,
    word: &'static str,
    cases: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct View<'a> {
    summary: &'a Summary,
    run: &'a RunFile,
    /// The verdict in a word, as style sheets know it.
    verdict: &'static str,
    /// The verdict in a word, for people.
    word: &'static str,
    why: String,
    answer: String,
    incomplete: Option<String>,
    limits: String,
    endpoints: String,
    failures: String,
    target: String,
    rules_say: String,
    bars: Vec<String>,
    day: Option<Charts>,
    no_day: &'static str,
    felt: String,
    rules: Vec<RuleCell<'a>>,
    rule_counts: String,
    not_exercised: String,
    contract: String,
    findings: String,
    hazards: String,
    broken: Vec<Broken<'a>>,
    map: Option<MapView<'a>>,
    facts: Vec<(&'static str, String)>,
    paste: Vec<(&'static str, String)>,
}

/// The charts over the day, as HTML.
struct Charts {
    note: String,
    latencies: Vec<String>,
    target: Vec<String>,
    figures: Vec<String>,
    queues: Vec<String>,
}

impl Report<'_> {
    /// The whole report as one file of HTML, with styles and scripts in it.
    pub fn html(&self) -> String {
        let body = self.body();
        let title = format!(
            "{} {}: {}",
            self.summary.ran.scenario,
            self.summary.ran.seed,
            verdict_word(self.summary.verdict.outcome)
        );
        let has_map = self.map_series().is_some();
        let map = self.map_series().map(|series| data(&map::data(series)));
        Frame {
            title: &title,
            kind: "Report",
            sections: &self.sections(),
            body: &body,
            data: &map.map(|map| ("map-data", map)).into_iter().collect::<Vec<_>>(),
            scripts: if has_map { &[map::SCRIPT] } else { &[] },
        }
        .html()
    }

    fn map_series(&self) -> Option<&SeriesFile> {
        self.series.filter(|series| !series.map.tenants.is_empty())
    }
    fn sections(&self) -> Vec<(&'static str, String)> {
        let summary = self.summary;
        let broken = summary.rules.iter().filter(|rule| rule.verdict == RuleVerdict::Broken).count();
        let made = |id, section: Section| (id, section.is_on_page(), section.title);
        let all = [
            ("verdict", true, "The answer".to_owned()),
            ("violations", !summary.violations.is_empty(), "Violations".to_owned()),
            made("limits", sections::scenario_limits(summary)),
            ("endpoints", !summary.limits.is_empty(), "Endpoints".to_owned()),
            made("failures", sections::failures(summary)),
            ("day", self.has_day(), "Over the day".to_owned()),
            ("queues", self.has_day(), "Queues".to_owned()),
            made("target", sections::target(summary)),
            made("felt", sections::felt(summary)),
            ("rules", true, if broken > 0 { format!("Rules ({broken} broken)") } else { "Rules".to_owned() }),
            made("not-exercised", sections::not_exercised(summary)),
            made("contract", sections::contract(summary)),
            made("findings", sections::findings(summary)),
            made("hazards", sections::hazards(summary)),
            ("map", self.map_series().is_some(), "Map".to_owned()),
            ("facts", true, "Facts".to_owned()),
        ];
        all.into_iter().filter(|(_, is_there, _)| *is_there).map(|(id, _, words)| (id, words)).collect()
    }
    fn has_day(&self) -> bool {
        self.series.is_some_and(|series| series.bins() > 0)
    }

    fn body(&self) -> String {
        let summary = self.summary;
        let stories = self.folder.map_or_else(StoryPaths::default, |folder| StoryPaths::of(folder, None));
        let answer = Answer::new(summary, &stories);
        let charts = self.series.filter(|series| series.bins() > 0).map(|series| {
            let day = Day::new(series);
            Charts {
                note: day.note(),
                latencies: vec![day.latency(), day.classes()],
                target: metrics::charts(&day),
                figures: vec![day.load(), day.errors(), day.activities(), day.offline()],
                queues: vec![day.queues(), day.drains()],
            }
        });
        let view = View {
            summary,
            run: self.run,
            verdict: summary.verdict.outcome.as_str(),
            word: answer.word,
            answer: answer.html(),
            why: answer.why,
            incomplete: self.incomplete(),
            limits: sections::scenario_limits(summary).html(),
            endpoints: tables::endpoints(summary).html("Endpoints in figures"),
            failures: sections::failures(summary).html(),
            target: sections::target(summary).html(),
            rules_say: tables::rules(summary).html("What each rule says"),
            bars: self.bars(),
            day: charts,
            no_day: match self.series {
                Some(_) => "Nothing happened in this run: no rep and nobody in the office did anything.",
                None => {
                    "This folder does not say what happened when: it has no series.json, and no whole history to make one from."
                }
            },
            felt: sections::felt(summary).html(),
            rules: summary.rules.iter().map(rule_cell).collect(),
            rule_counts: self.rule_counts(),
            not_exercised: sections::not_exercised(summary).html(),
            contract: sections::contract(summary).html(),
            findings: sections::findings(summary).html(),
            hazards: sections::hazards(summary).html(),
            broken: self.broken(&stories),
            map: self.map_series().map(map::view),
            facts: self.facts(),
            paste: self.paste(),
        };
        // Writing to memory: it cannot fail.
        view.render().unwrap_or_default()
    }

    fn incomplete(&self) -> Option<String> {
        let is_whole = self.run.complete && self.summary.complete;
        let ran = match (self.summary.ran.cells_ran, self.summary.ran.cells) {
            (ran, of) if ran < of => format!(", after {} of {} cells", units::count(ran), units::count(of)),
            _ => String::new(),
        };
        (!is_whole).then(|| format!("This run did not come to its end{ran}. The page shows what was measured by then."))
    }
    /// A chart a clock. The wire comes first, where there is one: what the phone saw has the simulated network in it.
    fn bars(&self) -> Vec<String> {
        let limits = &self.summary.limits;
        type Of = fn(&Limit) -> Option<Percentiles>;
        let clocks: [(&str, &str, Of); 5] = [
            ("On the wire", "What the target itself took, new connections included.", |limit| limit.wire),
            (
                "Attempts, as the phone saw them",
                "Simulated network included; on a logarithmic scale, with the spec's limit.",
                |limit| Some(limit.latency),
            ),
            (
                "Of the time on the wire, opening a connection",
                "Of the attempts that had to: after a gap of the network, or beside another.",
                |limit| limit.connect,
            ),
            (
                "From when it was due",
                "By the plan, whatever the target did before: what coordinated omission would hide.",
                |limit| limit.due,
            ),
            ("As people felt it", "From the rep's action to its success, with link, queue and retries.", |limit| {
                limit.felt
            }),
        ];
        let drawn = clocks.into_iter().enumerate().map(|(place, (title, note, of))| {
            // Attempts alone are given up: the other clocks have answers only.
            bars(title, note, limits, of, place == 1)
        });
        drawn.filter(|html| !html.is_empty()).collect()
    }
    fn rule_counts(&self) -> String {
        let of = |verdict| self.summary.rules.iter().filter(|rule| rule.verdict == verdict).count();
        format!(
            "{} held, {} broken, {} findings, {} off, {} inconclusive, {} not exercised.",
            of(RuleVerdict::Held),
            of(RuleVerdict::Broken),
            of(RuleVerdict::Finding),
            of(RuleVerdict::Off),
            of(RuleVerdict::Inconclusive),
            of(RuleVerdict::NotExercised)
        )
    }
    fn broken(&self, stories: &StoryPaths) -> Vec<Broken<'_>> {
        let mut broken = Vec::new();
        for rule in self.summary.rules.iter().filter(|rule| rule.broken > 0) {
            let cases = self.summary.violations.iter().enumerate().filter(|(_, case)| case.of == rule.rule);
            let (mut drawn, mut others) = (Vec::new(), Vec::new());
            for (place, case) in cases {
                match self.stories.get(&place) {
                    Some(story) => drawn.push(Drawn {
                        case,
                        svg: story.svg(case),
                        steps: story.sentences(),
                        left_out: story.left_out,
                    }),
                    // The first one is told in words where there is nothing to draw it from.
                    None if drawn.is_empty() && others.is_empty() => {
                        drawn.push(Drawn { case, svg: String::new(), steps: Vec::new(), left_out: 0 });
                    }
                    None => others.push(case),
                }
            }
            if !drawn.is_empty() {
                broken.push(Broken { rule, story: stories.get(&rule.rule).map(str::to_owned), cases: drawn, others });
            }
        }
        broken
    }
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (ran, run) = (&self.summary.ran, self.run);
        let reps = format!("{} in {}", units::count(ran.reps), units::counted(ran.tenants, "tenant", "tenants"));
        let mut facts = vec![
            ("scenario", ran.scenario.clone()),
            ("seed", ran.seed.clone()),
            ("version", format!("fieldday {}", self.summary.version)),
            ("target", ran.target.clone()),
            ("dates", ran.dates.join(", ")),
            ("day", format!("{} to {}", ran.starts_at, ran.ends_at)),
            ("reps", reps),
            ("cells", format!("{} of {}", units::count(ran.cells_ran), units::count(ran.cells))),
            ("began", run.started_at.to_string()),
            ("ended", run.ended_at.map_or("not by itself".to_owned(), |at| at.to_string())),
            ("host", host(run)),
        ];
        let names = |what, names: &[String]| (!names.is_empty()).then(|| (what, names.join(", ")));
        facts.extend(names("defects", &ran.defects));
        facts.extend(names("left out", &ran.without));
        facts.extend(network_traces(self.summary).map(|traces| ("network traces", traces)));
        facts.extend(totals(self.summary, None));
        facts
    }
    /// The command lines that a reader may want to copy.
    fn paste(&self) -> Vec<(&'static str, String)> {
        let summary = self.summary;
        let mut lines = vec![("The same run again", summary.reproduce.clone())];
        let is_virtual = summary.ran.target == ON_THE_VIRTUAL_CLOCK;
        if is_virtual && summary.verdict.outcome == Outcome::Broken && !summary.violations.is_empty() {
            let shrink = summary.reproduce.replacen("fieldday run", "fieldday shrink", 1);
            lines.push(("The smallest story that shows it", shrink.trim_end_matches(" --record").to_owned()));
        }
        lines
    }
}

fn host(run: &RunFile) -> String {
    let host = &run.host;
    let kernel = host.kernel.as_ref().map_or(String::new(), |kernel| format!(" {kernel}"));
    let mut parts = vec![format!("{}{kernel}", host.os), host.arch.clone()];
    parts.extend(host.processor.clone());
    parts.push(units::counted(host.cores, "core", "cores"));
    parts.extend(host.memory_bytes.map(units::bytes));
    parts.push(host.governor.as_ref().map_or("frequency governor not told".to_owned(), |of| format!("governor {of}")));
    parts.push(if host.optimised { "optimised build" } else { "unoptimised build" }.to_owned());
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

fn bars(
    title: &str,
    note: &str,
    limits: &[Limit],
    of: impl Fn(&Limit) -> Option<Percentiles>,
    may_be_given_up: bool,
) -> String {
    let bar = |limit: &Limit| {
        let latency = of(limit).filter(|latency| latency.count > 0)?;
        Some(Bar {
            name: limit.label.clone(),
            p50: latency.p50_us as f64,
            p95: latency.p95_us as f64,
            p99: latency.p99_us as f64,
            max: latency.max_us as f64,
            limit: limit.limit_us.map(|us| us as f64),
            at_least: limit.limit_us.filter(|_| may_be_given_up && limit.timed_out > 0).map(|us| us as f64),
            is_bad: limit.mark == LimitMark::Exceeded,
            count: latency.count,
        })
    };
    let bars: Vec<Bar> = limits.iter().filter_map(bar).collect();
    if bars.is_empty() {
        return String::new();
    }
    LogBars { title, note, bars: &bars, words: |us| units::micros(us as u64) }.html()
}

fn rule_cell(rule: &RuleLine) -> RuleCell<'_> {
    let untested = match rule.parts_not_exercised() {
        parts if parts.is_empty() => String::new(),
        parts => format!(" Parts not exercised: {}.", parts.join(", ")),
    };
    let cell = |class, tone, mark, word, cases: String| RuleCell { untested, rule, class, tone, mark, word, cases };
    match rule.verdict {
        RuleVerdict::Held => cell("held", "is-held", "✓", "held", units::count(rule.exercised)),
        RuleVerdict::Broken => {
            let cases = format!("{} of {}", units::count(rule.broken), units::count(rule.exercised));
            cell("broken", "is-broken", "✗", "broken", cases)
        }
        RuleVerdict::Inconclusive => {
            cell("inconclusive", "is-doubt", "?", "inconclusive", units::count(rule.inconclusive))
        }
        RuleVerdict::Finding => {
            let found = rule.muted.as_ref().map_or(0, |muted| muted.found);
            cell(
                "muted",
                "is-doubt",
                "!",
                "finding",
                format!("{} of {}", units::count(found), units::count(rule.exercised)),
            )
        }
        RuleVerdict::Off => cell("off", "is-quiet", "–", "off", "switched off".to_owned()),
        RuleVerdict::NotExercised => {
            let (class, tone) = if rule.must_exercise { ("must", "is-doubt") } else { ("open", "is-quiet") };
            cell(class, tone, "–", "not exercised", "no case".to_owned())
        }
    }
}

impl View<'_> {
    fn n(&self, n: &u64) -> String {
        units::count(*n)
    }
}
