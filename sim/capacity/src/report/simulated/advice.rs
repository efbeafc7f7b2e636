//! What to do.

use super::moments::time;
use crate::report::parts::SIMULATED;
use crate::simulate::{Advice, Enough, Grid, Impossible, Outcome, PolicyEffect};
use fieldday_paint::document::{Body, Item, Mark, On, Section, Table, figures, words};
use fieldday_paint::units::{count, counted, number};
use fieldday_rep::app::settings::Retrying;

/// A lower bound of the pieces of the day in which some limit was exceeded: those of the limit with the most.
pub(super) fn exceeded_in(of: &Outcome) -> u32 {
    of.broken.iter().map(|broken| broken.bins).max().unwrap_or(0)
}

/// How many instances are enough, in a sentence.
pub(super) fn instances(of: &Enough) -> String {
    let up_to = count(of.tried_up_to.into());
    let enough = |n: u32| counted(n.into(), "instance is enough", "instances are enough");
    match (of.instances, of.with_headroom) {
        (None, _) => {
            let limits = of.exceeded_always.join(", ");
            format!("not even {up_to} instances are enough: {limits} would be exceeded, and not for want of instances.")
        }
        (Some(needed), None) => {
            format!("{}; none of up to {up_to} leaves the headroom wanted.", enough(needed))
        }
        (Some(needed), Some(with)) => {
            format!("{}; with the headroom wanted, {}.", enough(needed), count(with.into()))
        }
    }
}

/// A way of retrying: `retries 3 with jitter`.
pub(super) fn way(of: Retrying) -> String {
    format!("retries {}{}", of.retries, if of.jitter { " with jitter" } else { "" })
}

/// How a way of retrying fared.
fn verdict(policy: &PolicyEffect) -> String {
    if policy.holds {
        return "every limit held".to_owned();
    }
    let bins = counted(policy.broken_bins.into(), "interval", "intervals");
    format!("limits exceeded in {bins} of the day")
}

/// Transfers that no deployment makes in time: of each radio the least that it cannot carry, and the most.
fn beyond_physics(all: &[Impossible]) -> Vec<Item> {
    let mut items = Vec::new();
    for of_radio in all.chunk_by(|one, other| one.radio == other.radio) {
        let (least, most) = (of_radio.iter().min_by_key(|i| i.takes), of_radio.iter().max_by_key(|i| i.takes));
        for of in least.into_iter().chain(most.filter(|most| Some(*most) != least)) {
            let (op, limit, takes, speed) = (of.op, time(of.limit), time(of.takes), count(of.uplink_kbit_s));
            let text = format!(
                "{op} cannot take less than {limit} for {} over {}: the transfer alone takes {takes} at {speed} kbit/s",
                of.what, of.radio
            );
            items.push(Item::marked(Mark::NOTE, text));
        }
    }
    items
}

/// For every point of a table at which a limit was exceeded: how many instances are enough, and what other ways of retrying would
/// change. Empty without advice.
pub(super) fn of_grid(grid: &Grid) -> Section {
    let mut table = Table::new([
        figures("reps"),
        figures("instances"),
        figures("enough"),
        figures("with headroom"),
        words("apps retry"),
        figures("retries sent"),
        figures("refused"),
        words("verdict"),
    ]);
    let number = |n: Option<u32>| n.map_or("none".to_owned(), |n| count(n.into()));
    for (point, advice) in grid.points.iter().filter_map(|point| Some((point, point.advice.as_ref()?))) {
        for policy in &advice.policies {
            table.marked(
                if policy.holds { Mark::GOOD } else { Mark::BAD },
                [
                    count(point.reps),
                    count(point.instances.into()),
                    number(advice.enough.instances),
                    number(advice.enough.with_headroom),
                    way(policy.retrying),
                    count(policy.totals.retries),
                    count(policy.totals.refused()),
                    verdict(policy),
                ],
            );
        }
    }
    let how = "Each point at which a limit was exceeded: the fewest instances that are enough for so many reps, also with the headroom that the scenario wants; and what other ways of retrying would change on the point's own instances, the present way first.";
    let says = if table.rows.is_empty() { Vec::new() } else { vec![how.to_owned()] };
    let mut section = crate::report::parts::section("advice", "Advice", SIMULATED, says, table);
    section.add(On::All, "", Body::List(beyond_physics(&grid.beyond_physics)));
    section
}

/// How many instances are enough, and what other ways of retrying would change.
pub(super) fn section(advice: &Advice) -> Section {
    let mark = match (advice.enough.instances, advice.enough.with_headroom) {
        (None, _) => Mark::BAD,
        (Some(_), None) => Mark::NOTE,
        (Some(_), Some(_)) => Mark::GOOD,
    };
    let mut items = vec![Item::marked(mark, instances(&advice.enough))];
    for policy in &advice.policies {
        let peak = number(policy.peak_milli as f64 / 1e3);
        let retries = counted(policy.totals.retries, "retry", "retries");
        let text = format!(
            "{}: peak {peak} requests/s, {retries}, {} refused, {}",
            way(policy.retrying),
            count(policy.totals.refused()),
            verdict(policy)
        );
        items.push(Item::marked(if policy.holds { Mark::GOOD } else { Mark::BAD }, text));
    }
    items.extend(beyond_physics(&advice.beyond_physics));
    let mut section = Section { tag: Some(SIMULATED), ..Section::new("advice", "Advice") };
    let how = "The same day with other numbers of instances, and with other retry policies.";
    section.add(On::All, "", Body::Text(how.to_owned()));
    section.add(On::All, "", Body::List(items));
    section
}
