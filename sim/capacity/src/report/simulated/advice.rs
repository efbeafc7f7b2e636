//! What to do.

use super::moments::time;
use crate::report::parts::SIMULATED;
use crate::simulate::{Advice, Outcome};
use fieldday_paint::document::{Body, Item, Mark, On, Section};
use fieldday_paint::units::{count, counted, number};

/// A lower bound of the pieces of the day in which some limit was exceeded: those of the limit with the most.
pub(super) fn exceeded_in(of: &Outcome) -> u32 {
    of.broken.iter().map(|broken| broken.bins).max().unwrap_or(0)
}

/// How many instances are enough, in a sentence.
pub(super) fn instances(advice: &Advice) -> String {
    let up_to = count(advice.tried_up_to.into());
    let enough = |n: u32| counted(n.into(), "instance is enough", "instances are enough");
    match (advice.instances, advice.with_headroom) {
        (None, _) => {
            let limits = advice.exceeded_always.join(", ");
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

/// How many instances are enough, and what other ways of retrying would change.
pub(super) fn section(advice: &Advice) -> Section {
    let mark = match (advice.instances, advice.with_headroom) {
        (None, _) => Mark::BAD,
        (Some(_), None) => Mark::NOTE,
        (Some(_), Some(_)) => Mark::GOOD,
    };
    let mut items = vec![Item::marked(mark, instances(advice))];
    for policy in &advice.policies {
        let text = format!(
            "retries {}{}: peak {} requests/s, {}, {} refused, {}",
            policy.retrying.retries,
            if policy.retrying.jitter { " with jitter" } else { "" },
            number(policy.peak_milli as f64 / 1e3),
            counted(policy.totals.retries, "retry", "retries"),
            count(policy.totals.refused()),
            if policy.holds {
                "every limit held".to_owned()
            } else {
                let bins = counted(policy.broken_bins.into(), "interval", "intervals");
                format!("limits exceeded in {bins} of the day")
            }
        );
        items.push(Item::marked(if policy.holds { Mark::GOOD } else { Mark::BAD }, text));
    }
    // Of each radio the least that it cannot carry in time, and the most.
    for of_radio in advice.beyond_physics.chunk_by(|one, other| one.radio == other.radio) {
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
    let mut section = Section { tag: Some(SIMULATED), ..Section::new("advice", "Advice") };
    let how = "The same day with other numbers of instances, and with other retry policies.";
    section.add(On::All, "", Body::Text(how.to_owned()));
    section.add(On::All, "", Body::List(items));
    section
}
