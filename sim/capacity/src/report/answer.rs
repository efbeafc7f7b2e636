//! The answer in sentences, and what it rests on.

use super::{Assumption, Fitted, target};
use crate::day::Day;
use crate::journal::Header;
use crate::level::Level;
use crate::search::{Ending, Finding};
use fieldday_paint::units::{bytes, count, counted, fraction, micros, number};

/// The target of the search in words, with the settings of the built-in mock.
pub(super) fn called(header: &Header) -> String {
    let Some(mock) = header.mock else { return header.target.clone() };
    let workers = mock.workers.map_or("no limit of workers".to_owned(), |n| counted(n.into(), "worker", "workers"));
    let delay = mock.delay_us.map(micros);
    let pace = match (delay, mock.exponential) {
        (None, _) => "service times as the model draws them".to_owned(),
        (Some(delay), false) => format!("{delay} a request"),
        (Some(delay), true) => format!("{delay} a request on average, exponential"),
    };
    format!("the built-in mock, over HTTP ({workers}, {pace})")
}

/// The machine that generated the load, in words: processor, memory and system.
pub(super) fn machine(header: &Header) -> String {
    let host = &header.host;
    let memory = host.memory_bytes.map_or(String::new(), |n| format!(", {} of memory", bytes(n)));
    let build = if host.optimised { "" } else { ", a debug build" };
    let kernel = host.kernel.as_ref().map_or(String::new(), |kernel| format!(" {kernel}"));
    let governor = host.governor.as_ref().map_or(String::new(), |of| format!(", governor {of}"));
    let processor = host.processor.as_ref().map_or(String::new(), |of| format!(", {of}"));
    let cores = counted(host.cores, "core", "cores");
    format!("{cores}{processor}{memory}, {}{kernel} {}{governor}{build}", host.os, host.arch)
}

/// The interval around the number of reps that the target carries: `[480, 520]`, and `?` on a side that is not known.
fn interval(finding: &Finding) -> String {
    let low = finding.low.map_or("?".to_owned(), count);
    let high = finding.high.map_or("?".to_owned(), count);
    format!("[{low}, {high}]")
}

/// The end of a sentence about a search whose levels were disturbed; nothing for others.
fn while_disturbed(header: &Header) -> String {
    let names: Vec<String> = header.disturbances().iter().map(|of| format!("{:?}", of.name)).collect();
    if names.is_empty() { String::new() } else { format!(", with the planned disturbances ({})", names.join(", ")) }
}

pub(super) fn sentences(
    header: &Header,
    levels: &[Level],
    finding: &Finding,
    fitted: &Fitted,
    day: &Day,
) -> Vec<String> {
    let mut says = Vec::new();
    let confidence = header.range.confidence * 100.0;
    let speed = header.scenario.live.speed;
    match finding.carries {
        None if finding.ending == Ending::NeverHolds => {
            says.push(format!("Even {} reps exceed a limit{}.", count(header.range.from), while_disturbed(header)))
        }
        None => says.push("No valid level has been measured.".to_owned()),
        Some(carries) => {
            // Below a number of reps that broke it is more than that.
            let at_least = if finding.breaks_first.is_empty() { "at least " } else { "" };
            let at_speed = if speed == 1 { String::new() } else { format!(" at speed {speed}") };
            let reps = count(carries);
            says.push(format!(
                "One instance serves {at_least}{reps} reps {}{at_speed} within every limit{}.",
                interval(finding),
                while_disturbed(header)
            ));
            let open = if finding.low.is_none() { ", and ? that no level held with certainty" } else { "" };
            says.push(format!(
                "That is {} served requests per second, {} in flight; the interval has {confidence:.0} % confidence{open}.",
                finding.requests_per_s.map_or("-".to_owned(), number),
                finding.in_flight.map_or("-".to_owned(), number)
            ));
        }
    }
    if let (Some(rate), Some(peak)) = (finding.requests_per_s.filter(|_| speed != 1), day.peak()) {
        says.push(format!(
            "In real time a rep sends {} requests per second in the busiest quarter of an hour ({}), so this is the load of about {} reps.",
            small(peak.requests_per_s),
            peak.from,
            count((rate / peak.requests_per_s.max(1e-12)).round() as u64)
        ));
    }
    if !finding.breaks_first.is_empty() {
        let what = if header.disturb { "Exceeded first" } else { "First limit exceeded" };
        says.push(format!("{what}: {}.", finding.breaks_first.join("; ")));
        says.extend(target::full_at_the_edge(levels, finding));
    }
    if let Some(knee) = &finding.knee {
        says.push(format!(
            "The knee is at {} reps, {} requests per second: beyond it, latency grows faster than throughput.",
            count(knee.reps),
            number(knee.requests_per_s)
        ));
    }
    if let Some(queue) = &fitted.queue
        && let Some(first) = queue.endpoints.first()
    {
        says.push(format!(
            "Queueing model: {} saturated at {} requests per second; {} takes most of their time ({}){}.",
            counted(queue.workers.into(), "worker is", "workers are"),
            number(queue.saturates_at),
            first.op.label(),
            fraction(first.share_of_work),
            fitted
                .first_moment()
                .map_or(String::new(), |moment| format!("; the first part of the day to saturate is {}", moment.from))
        ));
    }
    says.extend(finding.notes.iter().map(|note| sentence(note)));
    says
}

pub(super) fn assumptions(header: &Header, fitted: &Fitted, day: &Day) -> Vec<Assumption> {
    let mut list = Vec::new();
    let mut add = |what: String, source: &str| list.push(Assumption { what, source: source.to_owned() });
    let scenario = &header.scenario;
    add(format!("reps behave as in the scenario {}", scenario.name), "the scenario, seed and version named here");
    if scenario.live.speed != 1 {
        add(
            format!(
                "speed {} accelerates what people do, but not polls, caches and timeouts, so the mix of calls differs from real time",
                scenario.live.speed
            ),
            "docs/live.md, the two clocks",
        );
    }
    if header.disturb {
        add(
            "the requests of a disturbance and of its allowed recovery say nothing of the limits in its may_break; latencies, throughput and requests in flight are those of whole levels, disturbances included"
                .to_owned(),
            "docs/disturb.md, disturbances in a search",
        );
    }
    if header.mock.is_some() {
        add("generator and mock share one machine's cores".to_owned(), "measured as such");
    }
    add(
        "if a number of reps exceeds a limit, so do more reps, except as noted".to_owned(),
        "the search; contradicting levels are noted",
    );
    if day.reps > 0 {
        add(
            format!("over the day a rep sends what {} simulated reps sent on average", count(day.reps)),
            "simulated: the scenario's whole day against the model backend",
        );
    }
    if let Some(queue) = &fitted.queue {
        add(
            "all requests wait in one first-come-first-served queue for identical workers".to_owned(),
            "the queueing model",
        );
        let (measured, felt) = (number(queue.arrivals_scv_measured), number(queue.arrivals_scv));
        add(
            format!(
                "the time between requests has a squared coefficient of variation of {measured}; the queue is modelled with {felt}"
            ),
            "measured at all levels; 1 if that may be chance, and fitted if above 1.5",
        );
        add(
            "how long a request keeps a worker does not depend on the load; another load is played with the work that was measured"
                .to_owned(),
            "worked out from when each request began and ended",
        );
    }
    if !fitted.instances.is_empty() {
        add(
            "load is spread evenly, and instances share no database or cache; use a simulation for shared parts"
                .to_owned(),
            "the table of instances",
        );
    }
    list
}

/// A number that may be small: three digits that count.
pub(super) fn small(x: f64) -> String {
    match x {
        x if x >= 1.0 || x <= 0.0 => number(x),
        x if x >= 0.1 => format!("{x:.3}"),
        x if x >= 0.01 => format!("{x:.4}"),
        x => format!("{x:.5}"),
    }
}

/// A phrase as a sentence: with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}
