//! What findings come to, and how those of several cells add up.

mod common;

use common::*;
use fieldday_api::call::Call;
use fieldday_api::rules::Rule;
use fieldday_rules::RuleVerdict;

fn lost() -> Stream {
    let mut s = Stream::new();
    let mut theirs = visit();
    theirs.id = "appt_9".into();
    (theirs.lead_id, theirs.contact_card_id) = ("lead_9".into(), "contact_9".into());
    theirs.assigned_rep_id = Some(rep(STRANGER));
    s.call(STRANGER, Call::GetAppointment { appointment_id: "appt_9".into() }, detail(&theirs));
    s.call(REP, get(), detail(&visit()));
    s.call(OFFICE, patch(moved("18:00")), detail(&with(&visit(), &moved("18:00"))));
    s.call(REP, get(), detail(&visit()));
    s
}

#[test]
fn a_verdict_tells_held_broken_and_not_exercised_apart() {
    let findings = lost().findings();
    assert_eq!(findings.verdict(Rule::ReadYourWrites), RuleVerdict::Broken);
    assert_eq!(findings.verdict(Rule::TenancyIsolated), RuleVerdict::Held);
    assert_eq!(findings.verdict(Rule::TaskCreateSingle), RuleVerdict::NotExercised);
    let must = [Rule::ReadYourWrites, Rule::TaskCreateSingle];
    assert_eq!(findings.unexercised(&must), [Rule::TaskCreateSingle]);
}

#[test]
fn a_violation_says_who_when_and_what_without_private_values() {
    let mut s = lost();
    s.call(OFFICE, patch(noted("the key is under the mat")), detail(&visit()));
    let findings = s.findings();
    let first = &findings.violations[0];
    assert_eq!((first.client, first.client_name.as_str()), (REP, "client-0"));
    assert_eq!(first.at, s.events[s.events.len() - 3].at);
    assert_eq!(first.event, s.events.len() as u64 - 3);
    assert!(first.says.contains("appt_1 scheduled_start: expected 2026-06-10T18:00:00Z"), "{}", first.says);
    assert!(findings.violations.iter().all(|v| !v.says.contains("mat") && !v.says.contains("Main St")));
}

#[test]
fn every_violation_counts_and_the_first_are_kept() {
    let mut s = Stream::new();
    for _ in 0..30 {
        let ticket = s.send(REP, TAP, get());
        s.fail(&ticket, 403);
        s.again(&ticket);
    }
    let findings = s.findings();
    assert_eq!(findings.count(Rule::AppForbiddenFinal).broken, 30);
    assert_eq!(findings.violations.len(), 20);
    assert!(findings.violations.is_sorted_by_key(|v| v.at));
}

#[test]
fn cells_add_up_and_violations_keep_their_order() {
    let (one, two) = (lost().findings(), lost().findings());
    let mut both = one.clone();
    both.merge(two);
    assert_eq!(both.count(Rule::ReadYourWrites).broken, 2);
    assert_eq!(both.count(Rule::TenancyIsolated).exercised, 2 * one.count(Rule::TenancyIsolated).exercised);
    assert_eq!(both.violations.len(), 2);
    let text = serde_json::to_string(&both).unwrap();
    assert!(text.contains("\"rule\":\"read.your-writes\""), "{text}");
}
