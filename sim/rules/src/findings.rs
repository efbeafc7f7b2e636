//! What the judges found: counts for every rule, the first violations, and hazards. Findings of several cells add up.

use crate::Settings;
use crate::arrays;
use crate::marks::Marks;
use fieldday_api::SmolStr;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_kernel::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of the cases of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RuleCount {
    /// Cases that were decided, either way.
    pub exercised: u64,
    /// Cases in which the rule was broken.
    pub broken: u64,
    /// Cases in which it was broken, where the scenario takes that for a finding.
    pub found: u64,
    /// Inconclusive cases: what the clients saw does not decide them.
    pub inconclusive: u64,
}

/// The verdict of a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleVerdict {
    /// Held: it had cases, and none was broken.
    Held,
    /// At least one case was broken.
    Broken,
    /// Broken at least once, which the scenario only reports as a finding.
    Finding,
    /// The scenario switches it off.
    Off,
    /// There were cases, none of which could be decided.
    Inconclusive,
    /// No case came up, so nothing is known.
    NotExercised,
}

/// One case of a broken rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Violation {
    /// The rule that was broken.
    pub rule: Rule,
    /// When it showed, from the start of its cell.
    pub at: Span,
    /// The event of the cell's stream, counted from 0, at which there was no other explanation left.
    pub event: u64,
    /// The number within its cell of the client that observed it.
    pub client: u32,
    /// That client's name in the plan.
    pub client_name: SmolStr,
    /// The number of the client's call that showed it; none if it was no call's.
    pub call: Option<u32>,
    /// The id of an error answer, for the backend's logs.
    pub request_id: Option<SmolStr>,
    /// The endpoint of the call that showed it, if one did.
    pub op: Option<Op>,
    /// The id of the row that it is about: an appointment, a task, a session, a shift; none if it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<SmolStr>,
    /// One sentence: what was expected, what was seen. Holds no private value.
    pub says: String,
}

/// One case of a reading that the target follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReadingCase {
    /// The choice that the target shows, where the specification leaves one.
    pub reading: Reading,
    /// When it showed, from the start of its cell.
    pub at: Span,
    /// The number of the event in the cell's stream, from 0.
    pub event: u64,
    /// The number within its cell of the client that observed it.
    pub client: u32,
    /// That client's name in the plan.
    pub client_name: SmolStr,
    /// The number of the client's call that showed it; none if it was no call's.
    pub call: Option<u32>,
    /// The endpoint of that call.
    pub op: Option<Op>,
    /// What was seen, in a sentence without private values.
    pub says: String,
}

/// The readings that the target was seen to follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Readings {
    /// How often each was seen, in the order of [`Reading::ALL`].
    pub counts: [u64; Reading::ALL.len()],
    /// The first cases of each.
    pub cases: Vec<ReadingCase>,
}

impl Readings {
    /// How often a reading was seen.
    pub fn count(&self, reading: Reading) -> u64 {
        self.counts[reading as usize]
    }
}

/// A danger that the specification itself holds: nothing is broken, and somebody is harmed all the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// An update whose answer was lost landed after a newer, acknowledged one.
    OldUpdateLandedLate,
    /// A write took effect although its answer was a 5xx.
    WriteLandedOnError,
}

impl Hazard {
    /// Every hazard, in the order of the counts of [`Hazards`].
    pub const ALL: &'static [Hazard] = &[Hazard::OldUpdateLandedLate, Hazard::WriteLandedOnError];
    /// The name in reports, JSON and options.
    pub const fn name(self) -> &'static str {
        match self {
            Hazard::OldUpdateLandedLate => "appointment.old-update-landed-late",
            Hazard::WriteLandedOnError => "write.landed-on-error",
        }
    }
    /// The danger in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Hazard::OldUpdateLandedLate => {
                "An update whose answer was lost can take effect after a newer, acknowledged update and undo it."
            }
            Hazard::WriteLandedOnError => {
                "A write took effect although its answer was a 5xx, so a client that trusts the answer repeats it."
            }
        }
    }
}

/// One case of a hazard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HazardCase {
    /// The kind of hazard.
    pub hazard: Hazard,
    /// When it showed, from the start of its cell.
    pub at: Span,
    /// The number of the event in the cell's stream, from 0.
    pub event: u64,
    /// The number within its cell of the client that it happened to.
    pub client: u32,
    /// That client's name in the plan.
    pub client_name: SmolStr,
    /// The number of the client's call that showed it; none if it was no call's.
    pub call: Option<u32>,
    /// What happened, in a sentence without private values.
    pub says: String,
}

/// How often hazards were seen, with examples.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hazards {
    /// How often each was seen, in the order of [`Hazard::ALL`].
    pub counts: [u64; Hazard::ALL.len()],
    /// The first cases of each cell, in cell order.
    pub cases: Vec<HazardCase>,
}

/// Attempts of one timeout class, within its limit and beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Punctuality {
    /// Attempts that say something about the backend.
    pub judged: u64,
    /// Those among them that went beyond the limit.
    pub late: u64,
}

/// The classes of [`Findings::punctuality`], in its order: first those of the phones, then those of the desks, whose line
/// is good. A transfer has no limit that an answer could miss.
pub const CLASSES: [TimeoutClass; 4] =
    [TimeoutClass::Recording, TimeoutClass::Read, TimeoutClass::Update, TimeoutClass::Health];

/// The part of `latency.timeout` that each of [`CLASSES`] is.
pub(crate) const LATE: [Part; CLASSES.len()] =
    [Part::LateRecording, Part::LateRead, Part::LateUpdate, Part::LateHealth];

const RULES: usize = Rule::ALL.len();
const PARTS: usize = Part::ALL.len();
/// Violations kept per rule over all cells that were merged.
const KEPT_PER_RULE_MERGED: usize = 500;

/// What was found in one cell, or in several.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Findings {
    /// A count for each of [`Rule::ALL`], in its order.
    #[serde(with = "arrays")]
    pub rules: [RuleCount; RULES],
    /// A count for each of [`Part::ALL`], in its order. Those of a rule's parts add up to the rule's.
    #[serde(with = "arrays")]
    pub parts: [RuleCount; PARTS],
    /// The first violations of each rule, in cell order.
    pub violations: Vec<Violation>,
    /// The first cases of each rule that the scenario takes for findings.
    pub muted: Vec<Violation>,
    /// Where the specification is silent, and what the target does.
    pub readings: Readings,
    /// How often hazards showed: behaviour that no rule forbids, but that may do harm.
    pub hazards: Hazards,
    /// How often each state was reached that is hard to reach.
    pub marks: Marks,
    /// Why a conformance pass could not put a rule, or a part of it, to the test.
    pub untested: Vec<(Rule, SmolStr)>,
    /// How punctual each of [`CLASSES`] was for phones, then for desks: `latency.timeout` is a share, so its count is made
    /// anew from these sums.
    pub punctuality: [Punctuality; 2 * CLASSES.len()],
    /// The first late answers of each cell: violations of `latency.timeout` if their class's share was exceeded.
    pub late: Vec<Violation>,
    late_share_max_ppm: u64,
    late_samples_min: u64,
    /// What a broken case of each rule is taken for.
    #[serde(with = "arrays")]
    pub(crate) weights: [RuleWeight; RULES],
}

impl Findings {
    /// Findings without a case, with the settings that decide what counts.
    pub fn new(settings: &Settings) -> Findings {
        Findings {
            rules: [RuleCount::default(); RULES],
            parts: [RuleCount::default(); PARTS],
            violations: Vec::new(),
            muted: Vec::new(),
            readings: Readings { counts: [0; Reading::ALL.len()], cases: Vec::new() },
            hazards: Hazards { counts: [0; Hazard::ALL.len()], cases: Vec::new() },
            marks: Marks::default(),
            untested: Vec::new(),
            punctuality: [Punctuality::default(); 2 * CLASSES.len()],
            late: Vec::new(),
            late_share_max_ppm: settings.late_share_max_ppm,
            late_samples_min: settings.late_samples_min,
            weights: std::array::from_fn(|index| settings.weight(Rule::ALL[index])),
        }
    }
    /// The count of one rule.
    pub fn count(&self, rule: Rule) -> RuleCount {
        self.rules[rule.index()]
    }
    /// The count of one part of a rule.
    pub fn part(&self, part: Part) -> RuleCount {
        self.parts[part.index()]
    }
    /// The verdict of one rule, from its counts and the scenario's settings.
    pub fn verdict(&self, rule: Rule) -> RuleVerdict {
        let count = self.count(rule);
        match () {
            () if self.weights[rule.index()] == RuleWeight::Off => RuleVerdict::Off,
            () if count.broken > 0 => RuleVerdict::Broken,
            () if count.found > 0 => RuleVerdict::Finding,
            () if count.exercised > 0 => RuleVerdict::Held,
            () if count.inconclusive > 0 => RuleVerdict::Inconclusive,
            () => RuleVerdict::NotExercised,
        }
    }
    /// A conformance pass could not put a rule, or a part of it, to the test. Each reason counts once.
    pub(crate) fn untested(&mut self, rule: Rule, why: SmolStr) {
        if !self.untested.iter().any(|known| known.0 == rule && known.1 == why) {
            self.untested.push((rule, why));
        }
    }
    /// Whether any rule was broken.
    pub fn any_broken(&self) -> bool {
        self.rules.iter().any(|count| count.broken > 0)
    }
    /// The kept violations of broken rules. Late answers are among them if too many of their class were late.
    pub fn shown(&self) -> impl Iterator<Item = &Violation> {
        let is_judged = self.weights[Rule::LatencyTimeout.index()] == RuleWeight::Broken;
        let exceeded = |late: &&Violation| late.op.is_some_and(|op| self.is_exceeded(op.endpoint().class));
        let late = self.late.iter().filter(move |late| is_judged && exceeded(late));
        self.violations.iter().chain(late)
    }
    /// Whether too many answers of a class were late, of phones or of desks.
    fn is_exceeded(&self, class: TimeoutClass) -> bool {
        let lines = self.punctuality.iter().zip(CLASSES.iter().cycle());
        lines.filter(|(_, of)| **of == class).any(|(line, _)| self.is_too_late(line))
    }
    fn is_too_late(&self, line: &Punctuality) -> bool {
        line.judged >= self.late_samples_min && line.late * 1_000_000 > line.judged * self.late_share_max_ppm
    }
    /// Those of `must` for which there was no decided case.
    pub fn unexercised(&self, must: &[Rule]) -> Vec<Rule> {
        must.iter().copied().filter(|rule| self.count(*rule).exercised == 0).collect()
    }
    /// Adds what was found in a later cell. Counts do not depend on the order; violations keep it.
    pub fn merge(&mut self, other: Findings) {
        let mine = self.rules.iter_mut().chain(&mut self.parts);
        for (mine, theirs) in mine.zip(other.rules.into_iter().chain(other.parts)) {
            mine.exercised += theirs.exercised;
            mine.broken += theirs.broken;
            mine.found += theirs.found;
            mine.inconclusive += theirs.inconclusive;
        }
        keep(&mut self.violations, other.violations, |case| case.rule);
        keep(&mut self.muted, other.muted, |case| case.rule);
        for (mine, theirs) in self.readings.counts.iter_mut().zip(other.readings.counts) {
            *mine += theirs;
        }
        keep(&mut self.readings.cases, other.readings.cases, |case| case.reading as usize);
        self.weights = other.weights;
        for (mine, theirs) in self.hazards.counts.iter_mut().zip(other.hazards.counts) {
            *mine += theirs;
        }
        keep(&mut self.hazards.cases, other.hazards.cases, |case| case.hazard as usize);
        self.marks.merge(&other.marks);
        other.untested.into_iter().for_each(|(rule, why)| self.untested(rule, why));
        for (mine, theirs) in self.punctuality.iter_mut().zip(other.punctuality) {
            mine.judged += theirs.judged;
            mine.late += theirs.late;
        }
        (self.late_share_max_ppm, self.late_samples_min) = (other.late_share_max_ppm, other.late_samples_min);
        let room = KEPT_PER_RULE_MERGED.saturating_sub(self.late.len());
        self.late.extend(other.late.into_iter().take(room));
        self.settle_latency();
    }
    /// Makes the count of `latency.timeout` from the sums: a share may be exceeded in one cell and hold over all.
    pub(crate) fn settle_latency(&mut self) {
        let weight = self.weights[Rule::LatencyTimeout.index()];
        let weighed = |judged, late| match weight {
            RuleWeight::Broken => (judged, late, 0),
            RuleWeight::Finding => (judged, 0, late),
            RuleWeight::Off => (0, 0, 0),
        };
        let (mut exercised, mut broken) = (0, 0);
        for (class, part) in LATE.iter().enumerate() {
            let lines = [self.punctuality[class], self.punctuality[CLASSES.len() + class]];
            let judged = lines.iter().filter(|line| line.judged >= self.late_samples_min);
            let judged: u64 = judged.map(|line| line.judged).sum();
            let late = lines.iter().filter(|line| self.is_too_late(line)).map(|line| line.late).sum();
            let count = &mut self.parts[part.index()];
            (count.exercised, count.broken, count.found) = weighed(judged, late);
            (exercised, broken) = (exercised + judged, broken + late);
        }
        let count = &mut self.rules[Rule::LatencyTimeout.index()];
        (count.exercised, count.broken, count.found) = weighed(exercised, broken);
    }
}

/// Adds cases to those that are kept, as long as there are not too many of their kind: of a rule, a reading or a hazard.
fn keep<T, K: Ord>(mine: &mut Vec<T>, theirs: Vec<T>, kind: impl Fn(&T) -> K) {
    let mut kept: BTreeMap<K, usize> = BTreeMap::new();
    mine.iter().for_each(|case| *kept.entry(kind(case)).or_default() += 1);
    for case in theirs {
        let kept = kept.entry(kind(&case)).or_default();
        if *kept < KEPT_PER_RULE_MERGED {
            *kept += 1;
            mine.push(case);
        }
    }
}
