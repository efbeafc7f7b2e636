//! What a report says of the conformance pass before the day of a live run. What the pass found stands among the rules.

use fieldday_folder::summary::Summary;
use fieldday_paint::document::{Item, Mark};
use fieldday_paint::units::{counted, seconds};

/// Why the pass says too little; none if it says enough, or if there was none.
pub(crate) fn why(summary: &Summary) -> Option<String> {
    let part = summary.conformance.as_ref()?;
    (!part.problems.is_empty()).then(|| "the conformance pass is inconclusive".to_owned())
}

/// Each reason why it says too little.
pub(crate) fn problems(summary: &Summary) -> Vec<Item> {
    let problems = summary.conformance.iter().flat_map(|part| &part.problems);
    problems.map(|problem| Item::marked(Mark::DOUBT, problem.clone())).collect()
}

/// What it could not try; of a run without a pass against a deployment, how to make one, if a rule had no case.
pub(crate) fn not_tried(summary: &Summary, had_no_case: bool) -> Option<Item> {
    let Some(part) = &summary.conformance else {
        let is_deployment = summary.ran.target.starts_with("http");
        let text = "`fieldday run … --conform` tests every rule of the API before the day";
        return (had_no_case && is_deployment).then(|| Item::marked(Mark::NOTE, text.to_owned()));
    };
    let which = counted(part.not_tried.len() as u64, "thing", "things");
    let more = part.not_tried.iter().map(|of| format!("{}: {}", of.rule, of.reason)).collect();
    let item = Item { more, ..Item::marked(Mark::OPEN, format!("the conformance pass could not try {which}")) };
    (!part.not_tried.is_empty()).then_some(item)
}

/// How large it was; none if there was none.
pub(crate) fn line(summary: &Summary) -> Option<String> {
    let part = summary.conformance.as_ref()?;
    let requests = counted(part.requests, "request", "requests");
    Some(format!("{requests} in {} before the day, in no latency and no error rate", seconds(part.seconds)))
}
