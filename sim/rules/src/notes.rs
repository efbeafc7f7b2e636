//! Where judges write down what they find.

use crate::exchanges::{ClientEvent, ClientInfo, Exchange, SentAttempt};
use crate::findings::{Findings, Hazard, HazardCase, ReadingCase, RuleCount, Violation};
use crate::settings::Settings;
use crate::signature::Signature;
use crate::stand_ins::undecided;
use crate::told::Told;
use fieldday_api::SmolStr;
use fieldday_api::call::Response;
use fieldday_api::endpoint::Op;
use fieldday_api::readings::Reading;
use fieldday_api::rule_parts::Part;
use fieldday_api::rules::{Rule, RuleWeight};
use fieldday_kernel::time::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Kinds of cases that a cell keeps, over all rules.
const KINDS_MAX: usize = 300;
/// Cases of a rule whose kind is looked at: making their sentences costs time.
const LOOKED_MAX: u32 = 5_000;

/// Where something was found: what a violation says beside its sentence.
pub(crate) struct Place<'a> {
    pub at: Span,
    pub client: &'a ClientInfo,
    pub call: Option<u32>,
    pub request_id: Option<SmolStr>,
    pub op: Option<Op>,
}

/// What judges look at when they take a note: it knows its [`Place`].
pub(crate) trait Scene {
    fn place(&self) -> Place<'_>;
    /// The answer that shows it, if one does.
    fn shown_by(&self) -> Option<&Response> {
        None
    }
}

impl Scene for Exchange<'_> {
    fn place(&self) -> Place<'_> {
        Place {
            at: self.ended_at,
            client: self.client,
            call: Some(self.number),
            request_id: self.response().and_then(|r| r.request_id().cloned()),
            op: Some(self.op),
        }
    }
    fn shown_by(&self) -> Option<&Response> {
        self.response()
    }
}
impl Scene for SentAttempt<'_> {
    fn place(&self) -> Place<'_> {
        let (call, op) = (Some(self.attempt.number), Some(self.attempt.op));
        Place { at: self.attempt.sent_at, client: self.client, call, request_id: None, op }
    }
}
impl Scene for ClientEvent<'_> {
    fn place(&self) -> Place<'_> {
        Place { at: self.at, client: self.client, call: None, request_id: None, op: None }
    }
}
impl Scene for Place<'_> {
    fn place(&self) -> Place<'_> {
        Place { request_id: self.request_id.clone(), ..*self }
    }
}

/// Cases of a reading that are kept in a cell; all are counted.
const READING_CASES: usize = 3;
/// What a case is a case of: a whole rule, or a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Of {
    rule: Rule,
    part: Option<Part>,
}

impl From<Rule> for Of {
    fn from(rule: Rule) -> Of {
        Of { rule, part: None }
    }
}
impl From<Part> for Of {
    fn from(part: Part) -> Of {
        Of { rule: part.rule(), part: Some(part) }
    }
}

/// The findings so far, and the settings, for judges.
pub(crate) struct Notes {
    pub settings: Arc<Settings>,
    pub findings: Findings,
    /// The number of the event that the judges are looking at.
    pub event: u64,
    kept: [u32; Rule::ALL.len()],
    /// Cases by rule whose kind was looked at.
    looked: [u32; Rule::ALL.len()],
    /// The kinds of cases that are kept.
    kinds: BTreeSet<Signature>,
}

impl Notes {
    pub fn new(settings: Arc<Settings>) -> Notes {
        let findings = Findings::new(&settings);
        Notes {
            settings,
            findings,
            event: 0,
            kept: [0; Rule::ALL.len()],
            looked: [0; Rule::ALL.len()],
            kinds: BTreeSet::new(),
        }
    }
    /// One more case in which the rule held: one in which it could have been broken.
    pub fn held(&mut self, of: impl Into<Of>) {
        self.held_times(of, 1);
    }
    /// So many more cases in which the rule held.
    pub fn held_times(&mut self, of: impl Into<Of>, times: u32) {
        let of = of.into();
        if self.weigh(of.rule) == RuleWeight::Off {
            return;
        }
        self.count(of, |count| count.exercised += u64::from(times));
    }
    /// One more case that cannot be decided.
    pub fn inconclusive(&mut self, of: impl Into<Of>) {
        let of = of.into();
        if self.weigh(of.rule) == RuleWeight::Off {
            return;
        }
        self.count(of, |count| count.inconclusive += 1);
    }
    /// One more case in which the rule was broken, unless it is so only by what stands in for something that the answer
    /// leaves out. The sentence is only made if it is kept.
    pub fn broken<T: Into<Told>>(&mut self, of: impl Into<Of>, scene: &impl Scene, says: impl FnOnce() -> T) {
        let of = of.into();
        let rule = of.rule;
        if undecided(rule, scene.shown_by()) {
            return self.inconclusive(of);
        }
        let weight = self.weigh(rule);
        if weight == RuleWeight::Off {
            return;
        }
        self.count(of, |count| {
            count.exercised += 1;
            match weight {
                RuleWeight::Broken => count.broken += 1,
                _ => count.found += 1,
            }
        });
        // Of each kind the first, and of all the first few: the one case that matters may come after many that do not.
        let is_early = (self.kept[rule.index()] as usize) < self.settings.kept_per_rule;
        if !is_early && (self.kinds.len() >= KINDS_MAX || self.looked[rule.index()] >= LOOKED_MAX) {
            return;
        }
        self.looked[rule.index()] += 1;
        let violation = self.violation(rule, scene, says().into());
        let is_new = self.kinds.len() < KINDS_MAX && self.kinds.insert(violation.signature());
        if is_early || is_new {
            self.kept[rule.index()] += u32::from(is_early);
            match weight {
                RuleWeight::Broken => self.findings.violations.push(violation),
                _ => self.findings.muted.push(violation),
            }
        }
    }
    /// A case that was decided by `holds`.
    pub fn judge<T: Into<Told>>(
        &mut self,
        of: impl Into<Of>,
        scene: &impl Scene,
        holds: bool,
        says: impl FnOnce() -> T,
    ) {
        if holds { self.held(of) } else { self.broken(of, scene, says) }
    }
    /// The same where the occasion was a chance to fail only if `is_case`: otherwise it counts only where it failed.
    pub fn judge_if<T: Into<Told>>(
        &mut self,
        is_case: bool,
        of: impl Into<Of>,
        scene: &impl Scene,
        holds: bool,
        says: impl FnOnce() -> T,
    ) {
        if is_case || !holds {
            self.judge(of, scene, holds, says);
        }
    }
    /// One more case of a reading that the target follows: nobody is guilty.
    pub fn reading(&mut self, reading: Reading, scene: &impl Scene, says: impl FnOnce() -> String) {
        let readings = &mut self.findings.readings;
        readings.counts[reading as usize] += 1;
        if readings.cases.iter().filter(|case| case.reading == reading).count() < READING_CASES {
            let Place { at, client, call, op, .. } = scene.place();
            let (client, client_name) = (client.index, client.name.clone());
            let (event, says) = (self.event, says());
            readings.cases.push(ReadingCase { reading, at, event, client, client_name, call, op, says });
        }
    }
    /// A late answer: whether it matters is a question of shares.
    pub fn late(&mut self, scene: &impl Scene, says: impl FnOnce() -> String) {
        if self.findings.late.len() < self.settings.kept_per_rule {
            let late = self.violation(Rule::LatencyTimeout, scene, says().into());
            self.findings.late.push(late);
        }
    }
    /// One more case of a hazard.
    pub fn hazard(&mut self, hazard: Hazard, scene: &impl Scene, says: impl FnOnce() -> String) {
        let hazards = &mut self.findings.hazards;
        hazards.counts[hazard as usize] += 1;
        let kept = hazards.cases.iter().filter(|case| case.hazard == hazard).count();
        if kept < self.settings.kept_per_rule {
            let Place { at, client, call, .. } = scene.place();
            let (client, client_name) = (client.index, client.name.clone());
            hazards.cases.push(HazardCase { hazard, at, event: self.event, client, client_name, call, says: says() });
        }
    }
    fn violation(&self, rule: Rule, scene: &impl Scene, told: Told) -> Violation {
        let Place { at, client, call, request_id, op } = scene.place();
        let (client, client_name) = (client.index, client.name.clone());
        let (event, Told { says, row }) = (self.event, told);
        Violation { rule, at, event, client, client_name, call, request_id, op, row, says }
    }
    fn weigh(&self, rule: Rule) -> RuleWeight {
        self.findings.weights[rule.index()]
    }
    fn count(&mut self, of: Of, add: impl Fn(&mut RuleCount)) {
        add(&mut self.findings.rules[of.rule.index()]);
        if let Some(part) = of.part {
            add(&mut self.findings.parts[part.index()]);
        }
    }
}
