//! What a report says of shards: of a run that was merged from them, and of one that is a shard itself.

use fieldday_folder::summary::{ShardLine, ShardsPart, Summary};
use fieldday_paint::document::{Item, Mark};
use fieldday_paint::units::{counted, seconds};

/// Clocks that differ by less agree: a target tells the time in whole seconds.
const CLOCKS_AGREE_US: i64 = 1_500_000;

/// Why the result is not that of the whole run; none if it is, or if that was accepted.
pub(crate) fn why(summary: &Summary) -> Option<String> {
    let missing = summary.shards.as_ref().map_or(&[][..], ShardsPart::missing);
    (!missing.is_empty()).then(|| format!("{} with the shards", counted(missing.len() as u64, "problem", "problems")))
}

/// Each problem, and clocks that do not agree.
pub(crate) fn items(summary: &Summary) -> Vec<Item> {
    let Some(shards) = &summary.shards else { return Vec::new() };
    let problems = shards.problems.iter().map(|problem| Item::marked(Mark::DOUBT, problem.clone()));
    let clocks = clocks(shards).filter(|clocks| clocks.apart_us > CLOCKS_AGREE_US);
    let clocks = clocks.map(|clocks| {
        let text = format!(
            "the clocks of the machines of shards {} and {} are {} apart, so moments in charts are, too; latencies are not, \
             since each is measured by one clock",
            clocks.first,
            clocks.last,
            seconds(clocks.apart_us as f64 / 1e6)
        );
        Item::marked(Mark::NOTE, text)
    });
    problems.chain(clocks).collect()
}

/// Which shard this is, or how many were merged; none of a run in one piece.
pub(crate) fn line(summary: &Summary) -> Option<String> {
    if let Some(shard) = summary.ran.shard {
        return Some(format!(
            "shard {shard} alone; `fieldday merge` decides what takes all of them: rules that must be exercised, and limits \
             with too few samples here"
        ));
    }
    let shards = summary.shards.as_ref()?;
    let merged = format!("{} of {} merged", shards.merged.len(), counted(shards.of, "shard", "shards"));
    let accepted = if shards.partial && !shards.problems.is_empty() { ", accepted by --partial" } else { "" };
    let apart = clocks(shards).map_or(String::new(), |clocks| {
        format!("; clocks at most {} apart, by the {}", seconds(clocks.apart_us as f64 / 1e6), clocks.by)
    });
    Some(format!("{merged}{accepted}{apart}"))
}

/// The two machines whose clocks are furthest apart.
struct Clocks {
    first: u64,
    last: u64,
    apart_us: i64,
    by: &'static str,
}

/// By the clock that all shards saw: the storage's, which is told to the microsecond, or else the target's.
fn clocks(shards: &ShardsPart) -> Option<Clocks> {
    let by = |by: &'static str, ahead: fn(&ShardLine) -> Option<i64>| {
        let all = shards.merged.iter().map(|line| Some((ahead(line)?, line.shard))).collect::<Option<Vec<_>>>()?;
        let (least, most) = (all.iter().min()?, all.iter().max()?);
        (all.len() > 1).then_some(Clocks { first: least.1, last: most.1, apart_us: most.0 - least.0, by })
    };
    let storage = by("storage's clock", |line| line.ahead_of_storage_us);
    let target = by("target's clock", |line| line.ahead_of_target_us);
    // Storage that is not shared agrees with its own machine: then only the target's clock shows the difference.
    match (storage, target) {
        (Some(storage), Some(target)) if target.apart_us > storage.apart_us + CLOCKS_AGREE_US => Some(target),
        (storage, target) => storage.or(target),
    }
}
