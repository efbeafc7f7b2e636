//! What breaks nothing and is worth knowing: readings of the specification that the target follows, and the cases of rules that
//! the scenario mutes.

use crate::cases::Clocks;
use crate::summary::FindingLine;
use fieldday_api::readings::Reading;
use fieldday_api::rules::Rule;
use fieldday_rules::Findings;
use fieldday_scenario::Scenario;

/// Every reading that was seen, and every muted rule with a case.
pub(crate) fn lines(findings: &Findings, scenario: &Scenario, clocks: &mut Clocks<'_>) -> Vec<FindingLine> {
    let mut lines = Vec::new();
    for reading in Reading::ALL.iter().filter(|reading| findings.readings.count(**reading) > 0) {
        let mut cases = findings.readings.cases.iter().filter(|case| case.reading == *reading);
        lines.push(FindingLine {
            of: reading.name().to_owned(),
            section: reading.section().to_owned(),
            sentence: reading.sentence().to_owned(),
            why: None,
            count: findings.readings.count(*reading),
            first: cases.find_map(|case| clocks.reading(case)),
        });
    }
    for rule in Rule::ALL.iter().filter(|rule| findings.count(**rule).found > 0) {
        let cases = if *rule == Rule::LatencyTimeout { &findings.late } else { &findings.muted };
        lines.push(FindingLine {
            of: rule.name().to_owned(),
            section: rule.section().to_owned(),
            sentence: rule.sentence().to_owned(),
            why: scenario.rules.0.get(rule).map(|setting| setting.why.clone()),
            count: findings.count(*rule).found,
            first: cases.iter().filter(|case| case.rule == *rule).find_map(|case| clocks.violation(case)),
        });
    }
    lines
}
