//! The part of a summary on differences of form, and on endpoints that never succeeded.

use crate::summary::{ContractConsequence, ContractLine, ContractPart, ContractSeverity, NotExercised};
use fieldday_api::dialect::{Consequence, Severity};
use fieldday_rules::{Contract, ContractFinding, Failing, Measures, always_failing};
use fieldday_scenario::Severities;

/// Differences of one kind that led to the same.
#[derive(Clone, Debug)]
pub struct ContractGroup<'a> {
    /// The first of them: kind, section, sentence, severity and consequence are those of all.
    pub first: &'a ContractLine,
    /// The number of answers, counted for each place by itself.
    pub answers: u64,
    /// What stood in the answers instead, with the number of answers and the places.
    pub words: Vec<ContractWord<'a>>,
}

/// Differences of a group that had the same instead.
#[derive(Clone, Debug)]
pub struct ContractWord<'a> {
    /// What stood in the answers instead, in a word.
    pub saw: &'a str,
    /// The number of answers, counted for each place by itself.
    pub answers: u64,
    /// The places in the answer that had it, by endpoint.
    pub places: Vec<(&'a str, Vec<&'a str>)>,
}

impl ContractGroup<'_> {
    /// How it should be, and what came of it that it is not.
    pub fn says(&self) -> String {
        let consequence = match self.first.consequence {
            ContractConsequence::Unread => Consequence::Unread,
            ContractConsequence::StandsIn => Consequence::StandsIn,
            ContractConsequence::Read => Consequence::Read,
        };
        format!("{} {}", self.first.sentence, consequence.sentence())
    }
}

impl ContractWord<'_> {
    /// Every place with its endpoint, on one line.
    pub fn all_places(&self) -> String {
        let of = |(label, places): &(&str, Vec<&str>)| format!("{label}: {}", places.join(", "));
        self.places.iter().map(of).collect::<Vec<_>>().join("; ")
    }
}

impl ContractPart {
    /// The findings by kind, in their order: those first that weigh most and led to the worst.
    pub fn groups(&self) -> Vec<ContractGroup<'_>> {
        let mut groups: Vec<ContractGroup<'_>> = Vec::new();
        for line in &self.findings {
            let is_alike = |group: &ContractGroup<'_>| {
                let first = group.first;
                (first.severity, first.consequence, &first.kind) == (line.severity, line.consequence, &line.kind)
            };
            let place = groups.iter().position(is_alike).unwrap_or_else(|| {
                groups.push(ContractGroup { first: line, answers: 0, words: Vec::new() });
                groups.len() - 1
            });
            groups[place].answers += line.count;
            let words = &mut groups[place].words;
            let place = words.iter().position(|word| word.saw == line.first).unwrap_or_else(|| {
                words.push(ContractWord { saw: &line.first, answers: 0, places: Vec::new() });
                words.len() - 1
            });
            let word = &mut words[place];
            word.answers += line.count;
            match word.places.iter_mut().find(|(label, _)| *label == line.label) {
                Some((_, places)) => places.push(&line.at),
                None => word.places.push((&line.label, vec![&line.at])),
            }
        }
        groups
    }
}

/// What was found, those first that break the run, then those that led to the worst; none if nothing was.
pub(crate) fn part(contract: &Contract, severities: &Severities) -> Option<ContractPart> {
    let mut findings: Vec<ContractLine> = contract.findings().map(|finding| line(finding, severities)).collect();
    findings.sort_by_key(|line| (line.severity == ContractSeverity::Note, line.consequence));
    (!contract.is_empty()).then(|| ContractPart { findings, more: contract.more() })
}

fn line(finding: ContractFinding, severities: &Severities) -> ContractLine {
    ContractLine {
        kind: finding.kind.name().to_owned(),
        section: finding.kind.section().to_owned(),
        sentence: finding.kind.sentence().to_owned(),
        severity: match severities.of(finding.kind) {
            Severity::Note => ContractSeverity::Note,
            Severity::Broken => ContractSeverity::Broken,
        },
        op: finding.op.kebab_name(),
        label: finding.op.label().to_owned(),
        at: finding.at.to_string(),
        first: finding.first.to_string(),
        count: finding.count,
        consequence: match finding.consequence {
            Consequence::Unread => ContractConsequence::Unread,
            Consequence::StandsIn => ContractConsequence::StandsIn,
            Consequence::Read => ContractConsequence::Read,
        },
    }
}

/// How many differences of form the scenario takes for a broken rule.
pub(crate) fn broken(part: &ContractPart) -> u64 {
    part.findings.iter().filter(|line| line.severity == ContractSeverity::Broken).count() as u64
}

/// The endpoints that never succeeded.
pub(crate) fn failing(measures: &Measures, is_live: bool) -> Vec<Failing> {
    always_failing(&measures.ops, &measures.failures, is_live)
}

/// One of them, as a summary has it.
pub(crate) fn not_exercised(failing: &Failing) -> NotExercised {
    NotExercised {
        op: failing.op.kebab_name(),
        label: failing.op.label().to_owned(),
        tried: failing.tried,
        part: failing.part.to_owned(),
        why: failing.why.clone(),
    }
}
