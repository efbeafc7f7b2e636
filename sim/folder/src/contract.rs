//! The part of a summary on differences of form, and on endpoints that never succeeded.

use crate::summary::{ContractLine, ContractPart, ContractSeverity, NotExercised};
use fieldday_api::dialect::Severity;
use fieldday_rules::{Contract, ContractFinding, Failing, Measures, always_failing};
use fieldday_scenario::Severities;

/// What was found, those first that break the run; none if nothing was.
pub(crate) fn part(contract: &Contract, severities: &Severities) -> Option<ContractPart> {
    let mut findings: Vec<ContractLine> = contract.findings().map(|finding| line(finding, severities)).collect();
    findings.sort_by_key(|line| line.severity == ContractSeverity::Note);
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
