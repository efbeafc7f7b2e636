//! The report as parts with tables, from which every form of it is made.

use super::answer::small;
use super::fitted::HEADROOM;
use super::{Report, simulated};
use crate::level::Level;
use crate::search::Standing;
use fieldday_paint::units::{count, counted, micros, number};
use std::collections::BTreeMap;

/// Where a part's figures come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// From a real target.
    Measured,
    /// From models fitted to that.
    Fitted,
    /// From the virtual clock.
    Simulated,
    /// From nowhere: it says what is meant.
    Plain,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Kind::Measured => Some("measured"),
            Kind::Fitted => Some("fitted"),
            Kind::Simulated => Some("simulated"),
            Kind::Plain => None,
        }
    }
}

/// A part of the report.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// Its id on a page.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// Where its figures come from.
    pub kind: Kind,
    /// What it says in sentences.
    pub says: Vec<String>,
    /// The heads of its table.
    pub heads: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Part {
    pub(super) fn new(id: &'static str, title: &str, kind: Kind) -> Part {
        Part { id, title: title.to_owned(), kind, says: Vec::new(), heads: Vec::new(), rows: Vec::new() }
    }
}

/// The parts that have anything in them, in their order.
pub(super) fn parts(report: &Report) -> Vec<Part> {
    let mut parts = vec![
        levels(report),
        limits(report),
        usl(report),
        queue(report),
        endpoints(report),
        breaks(report),
        instances(report),
        moments(report),
    ];
    parts.extend(report.simulated.iter().flat_map(|outcome| simulated::parts(outcome)));
    parts.push(assumptions(report));
    parts.retain(|part| !(part.says.is_empty() && part.rows.is_empty()));
    parts
}

fn standing(report: &Report, reps: u64) -> &'static str {
    let levels = &report.measured.levels;
    let of: Vec<&Level> = levels.iter().filter(|level| level.reps == reps && level.counts()).collect();
    match report.asked.range.standing(&of) {
        _ if of.is_empty() => "not valid",
        Standing::Held => "held",
        Standing::LooksHeld => "looks held",
        Standing::LooksBroken => "looks broken",
        Standing::Broken => "broken",
    }
}

fn levels(report: &Report) -> Part {
    let mut part = Part::new("levels", "Levels", Kind::Measured);
    for level in &report.measured.levels {
        let (reps, why) = (count(level.reps), level.suffered.as_ref().or(level.invalid.as_ref()));
        part.says.extend(why.map(|why| format!("{reps} reps: {why}.")));
    }
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for level in report.measured.levels.iter().filter(|level| level.counts()) {
        for rule in &level.rules_broken {
            let least = rules.entry(rule).or_insert(level.reps);
            *least = level.reps.min(*least);
        }
    }
    part.says.extend(
        rules.iter().map(|(rule, reps)| format!("The rule {rule} was broken, at {} reps first.", count(*reps))),
    );
    part.heads = vec![
        "reps",
        "times",
        "seconds",
        "requests/s",
        "in flight",
        "by Little",
        "mean",
        "p50",
        "p95",
        "p99",
        "errors",
        "limits",
    ];
    for point in &report.measured.curve {
        let levels = || report.measured.levels.iter().filter(|level| level.reps == point.reps && level.counts());
        let seconds: f64 = levels().map(|level| level.measured_s).sum();
        let little = levels().map(|level| level.in_flight_by_little).sum::<f64>() / f64::from(point.times.max(1));
        let us = |us: f64| micros(us.round() as u64);
        part.rows.push(vec![
            count(point.reps),
            point.times.to_string(),
            count(seconds.round() as u64),
            number(point.requests_per_s),
            number(point.in_flight),
            number(little),
            us(point.mean_us),
            us(point.p50_us),
            us(point.p95_us),
            us(point.p99_us),
            count(levels().map(|level| level.errors).sum()),
            standing(report, point.reps).to_owned(),
        ]);
    }
    part
}

fn limits(report: &Report) -> Part {
    let mut part = Part::new("limits", "Limits at the edge", Kind::Measured);
    part.heads = vec!["limit", "reps", "beyond", "of", "share", "interval", "allowed", "it"];
    let finding = &report.measured.finding;
    let broken = report.measured.curve.iter().map(|of| of.reps).find(|reps| finding.carries.is_none_or(|c| *reps > c));
    for reps in finding.carries.into_iter().chain(broken) {
        let levels: Vec<&Level> = report.measured.levels.iter().filter(|of| of.reps == reps && of.counts()).collect();
        let by_limit = report.asked.range.by_limit(&levels);
        for (place, (text, standing)) in by_limit.into_iter().enumerate() {
            let shares: Option<Vec<_>> =
                levels.iter().filter_map(|of| of.limits.get(place)).map(|of| of.share).collect();
            let Some(share) = shares.map(|shares| crate::search::Share::pooled(&shares)) else { continue };
            let allowed = levels.first().and_then(|of| of.limits.get(place)).map_or(0.0, |of| of.allowed);
            let (low, high) = share.interval(report.asked.range.confidence);
            let percent = |share: f64| format!("{:.2} %", share * 100.0);
            part.rows.push(vec![
                text.to_owned(),
                count(reps),
                count(share.beyond),
                count(share.of),
                percent(share.value()),
                format!("{} to {}", percent(low), percent(high)),
                percent(allowed),
                if standing.is_sure() { "" } else { "looks " }.to_owned()
                    + if standing.holds() { "held" } else { "broken" },
            ]);
        }
    }
    part
}

fn usl(report: &Report) -> Part {
    let mut part = Part::new("usl", "Universal Scalability Law", Kind::Fitted);
    let Some(usl) = &report.fitted.usl else { return part };
    part.says.push("X(N) = λN / (1 + σ(N−1) + κN(N−1)), N the requests under way at once.".to_owned());
    match &usl.peak {
        Some(peak) => part.says.push(format!(
            "Throughput is greatest with {} [{}, {}] requests under way at once: {} a second.",
            number(peak.in_flight.value),
            number(peak.in_flight.low),
            number(peak.in_flight.high),
            number(peak.requests_per_s)
        )),
        None => part.says.push("It has no peak within twice what was measured.".to_owned()),
    }
    part.says.extend(usl.warnings.iter().map(|warning| format!("Warning: {warning}.")));
    part.heads = vec!["parameter", "value", "low", "high"];
    let rows = [
        ("λ, requests a second of one at a time", usl.lambda),
        ("σ, contention", usl.sigma),
        ("κ, coherency", usl.kappa),
    ];
    let figure = |x: f64| if x != 0.0 && x < 0.01 { format!("{x:.2e}") } else { small(x) };
    for (name, of) in rows {
        part.rows.push(vec![name.to_owned(), figure(of.value), figure(of.low), figure(of.high)]);
    }
    part.rows.push(vec!["R²".to_owned(), format!("{:.4}", usl.r_squared), String::new(), String::new()]);
    part
}

fn queue(report: &Report) -> Part {
    let mut part = Part::new("queue", "Queueing model", Kind::Fitted);
    part.says.extend(report.fitted.missing.iter().map(|why| format!("Not fitted: {why}.")));
    let Some(queue) = &report.fitted.queue else { return part };
    let (low, high) = queue.workers_range;
    part.says.push(format!(
        "{} [{low}, {high}], busy for {:.0} % of an answer's time without load; full at {} requests a second of this mix. \
         Mean latencies differ from the model by {:.1} % (root of the mean square).",
        counted(queue.workers.into(), "worker", "workers"),
        queue.busy_share * 100.0,
        number(queue.saturates_at),
        queue.error * 100.0
    ));
    part.says.extend(queue.warnings.iter().map(|warning| format!("Warning: {warning}.")));
    part.heads = vec!["reps", "utilisation", "mean measured", "mean fitted", "residual", "p95 measured", "p95 fitted"];
    for level in &queue.residuals {
        let us = |us: f64| micros(us.round() as u64);
        let or_none = |value: Option<f64>| value.map_or("no steady state".to_owned(), us);
        let off = level
            .fitted_us
            .map_or(String::new(), |fitted| format!("{:+.1} %", (level.measured_us / fitted - 1.0) * 100.0));
        part.rows.push(vec![
            count(level.reps),
            format!("{:.0} %", level.utilisation * 100.0),
            us(level.measured_us),
            or_none(level.fitted_us),
            off,
            us(level.measured_p95_us),
            or_none(level.fitted_p95_us),
        ]);
    }
    part
}

fn endpoints(report: &Report) -> Part {
    let mut part = Part::new("endpoints", "What keeps the workers busy", Kind::Fitted);
    let Some(queue) = &report.fitted.queue else { return part };
    part.heads = vec!["endpoint", "of requests", "without load", "keeps a worker", "of the workers' time"];
    for of in &queue.endpoints {
        part.rows.push(vec![
            of.op.label().to_owned(),
            format!("{:.1} %", of.share_of_requests * 100.0),
            micros(of.floor_us.round() as u64),
            micros(of.service_us.round() as u64),
            format!("{:.1} %", of.share_of_work * 100.0),
        ]);
    }
    part
}

fn breaks(report: &Report) -> Part {
    let mut part = Part::new("breaks", "Which limit breaks when", Kind::Fitted);
    part.heads = vec!["limit", "held up to requests/s", "reps"];
    for of in &report.fitted.breaks {
        part.rows.push(vec![of.limit.clone(), number(of.requests_per_s), count(of.reps.round() as u64)]);
    }
    part
}

fn instances(report: &Report) -> Part {
    let mut part = Part::new("instances", "What more reps need", Kind::Fitted);
    if report.fitted.instances.is_empty() {
        return part;
    }
    part.says.push("If load is spread evenly over instances like this one, which share nothing.".to_owned());
    part.heads = vec!["reps", "requests/s", "instances", "with 30 % headroom"];
    debug_assert!((HEADROOM - 0.3).abs() < 1e-9, "the head says which");
    for of in &report.fitted.instances {
        part.rows.push(vec![
            format!("{} ({}×)", count(of.reps), of.times),
            number(of.requests_per_s),
            count(of.least),
            count(of.with_headroom),
        ]);
    }
    part
}

fn moments(report: &Report) -> Part {
    let mut part = Part::new("day", "The day's demand", Kind::Simulated);
    if report.day.bins.is_empty() {
        return part;
    }
    part.says.push(format!(
        "What one rep asks over the day in real time, the mean of {} on the virtual clock; the workers' time by the queueing model.",
        counted(report.day.reps, "rep", "reps")
    ));
    part.heads = vec!["from", "requests/s a rep", "of that, most", "workers full at reps"];
    for bin in &report.day.bins {
        let most = bin.endpoints.iter().max_by(|a, b| a.requests_per_s.total_cmp(&b.requests_per_s));
        let moment = report.fitted.moments.iter().find(|of| of.from == bin.from);
        part.rows.push(vec![
            bin.from.clone(),
            small(bin.requests_per_s),
            most.map_or(String::new(), |of| of.op.label().to_owned()),
            moment.map_or(String::new(), |of| count(of.saturates_at_reps.round() as u64)),
        ]);
    }
    part
}

fn assumptions(report: &Report) -> Part {
    let mut part = Part::new("assumptions", "What it rests on", Kind::Plain);
    part.heads = vec!["assumed", "source"];
    part.rows = report.assumptions.iter().map(|of| vec![of.what.clone(), of.source.clone()]).collect();
    part
}
