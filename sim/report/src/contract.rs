//! The part of a summary on differences of form, and on endpoints that never succeeded.

use crate::hlog::op_word;
use crate::summary::{ContractLine, ContractPart, ContractSeverity, NotExercised};
use fieldday_api::dialect::Severity;
use fieldday_api::endpoint::Op;
use fieldday_rules::{Contract, ContractFinding, Measures, always_failing};
use fieldday_world::scenario::Severities;

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
        op: op_word(finding.op),
        label: finding.op.label().to_owned(),
        at: finding.at.to_string(),
        first: finding.first.to_string(),
        count: finding.count,
    }
}

/// The endpoints that never succeeded.
pub(crate) fn not_exercised(measures: &Measures) -> Vec<NotExercised> {
    let failing = always_failing(Op::ALL.iter().map(|op| (*op, measures.op(*op).tries)));
    let line = |failing: fieldday_rules::Failing| NotExercised {
        op: op_word(failing.op),
        label: failing.op.label().to_owned(),
        tried: failing.tried,
        part: failing.part.to_owned(),
    };
    failing.into_iter().map(line).collect()
}
