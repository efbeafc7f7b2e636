//! A report as a document, from which every form of it is made.

use super::answer::{sentence, small};
use super::fitted::HEADROOM;
use super::parts::{FITTED, MEASURED, SIMULATED, charted, section};
use super::{Report, charts, disturbances, simulated, target};
use crate::demand::Foretold;
use crate::level::Level;
use crate::search::{Ending, Standing};
use fieldday_history::OutcomeClass;
use fieldday_paint::document::{Body, Document, Mark, Number, On, Place, Section, Table, Verdict, figures, words};
use fieldday_paint::units::{count, counted, fraction, micros, number};
use std::collections::BTreeMap;

/// The answer first, then what was measured, fitted and simulated, and what it all rests on.
pub(super) fn document(report: &Report) -> Document {
    let asked = &report.asked;
    let scenario = format!("{}, seed {}, speed {}", asked.scenario, asked.seed, asked.speed);
    let mut setup = vec![
        ("Target", asked.target.clone()),
        ("Scenario", scenario),
        ("Load", format!("of the window from {}", asked.window)),
        ("Limits", asked.limits.join("; ")),
        ("Generator", asked.machine.clone()),
    ];
    if !asked.disturbances.is_empty() {
        setup.insert(4, ("Disturbances", disturbances::planned(report).join("; ")));
    }
    let again = Body::Paste("again", asked.reproduce.clone());
    // A page has the numbers first, and the setup at its end, as the page of a run has it.
    let mut lead = Section::default();
    lead.add(On::Text, "", Body::Pairs(setup.clone()));
    lead.add(On::Page, "In numbers", Body::Numbers(numbers(report)));
    let is_measured = !report.measured.curve.is_empty();
    let chart = |html: &dyn Fn(&Report) -> String| if is_measured { html(report) } else { String::new() };
    let mut sections = vec![
        charted(levels(report), chart(&|of| charts::latency(of) + &charts::throughput(of))),
        limits(report),
        charted(disturbances::of_levels(report), disturbances::courses(report)),
        target::of_levels(report),
        usl(report),
        charted(queue(report), charts::residuals(report)),
        endpoints(report),
        breaks(report),
        instances(report),
        charted(moments(report), charts::demand(report)),
    ];
    sections.extend(report.simulated.iter().flat_map(|outcome| simulated::sections(outcome)));
    let mut assumed = assumptions(report);
    assumed.add(On::Text, "", again.clone());
    sections.push(assumed);
    let mut facts = Section::new("facts", "Facts of the search");
    facts.add(On::Page, "The same search again", again);
    setup.push(("Version", format!("fieldday {}", report.version)));
    facts.add(On::Page, "", Body::Pairs(setup));
    sections.push(facts);
    Document {
        kind: "Capacity",
        title: format!("Capacity: {}", asked.scenario),
        verdict: Some(verdict(report)),
        lead: lead.blocks,
        sections,
    }
}

/// The figures at the top of a report: those that matter most.
fn numbers(report: &Report) -> Vec<Number> {
    let finding = &report.measured.finding;
    let mut numbers = Vec::new();
    let mut add = |what, value: String, note: String| numbers.push(Number { what, value, note });
    if let Some(carries) = finding.carries {
        let [low, high] = [finding.low, finding.high].map(|bound| bound.map_or("?".to_owned(), count));
        let confidence = report.asked.range.confidence * 100.0;
        add("reps", count(carries), format!("[{low}, {high}], {confidence:.0} % confidence"));
    }
    if let Some(rate) = finding.requests_per_s {
        let flight = finding.in_flight.map_or(String::new(), |flight| format!("{} in flight", number(flight)));
        add("requests per second", number(rate), flight);
    }
    if let Some(knee) = &finding.knee {
        let rate = format!("reps; {} requests per second", number(knee.requests_per_s));
        add("knee", count(knee.reps), rate);
    }
    let all = report.measured.levels.len() as u64;
    let valid = report.measured.levels.iter().filter(|level| level.counts()).count() as u64;
    add("levels", count(all), format!("{} valid", count(valid)));
    numbers
}

fn verdict(report: &Report) -> Verdict {
    let (mark, word) = match report.measured.finding.ending {
        Ending::Found => (Mark::GOOD, "Found"),
        Ending::NeverHolds => (Mark::BAD, "No level holds"),
        Ending::NeverBreaks => (Mark::DOUBT, "No limit exceeded"),
        Ending::GeneratorGaveUp => (Mark::DOUBT, "Generator limit reached"),
        Ending::DisturbanceUndecided => (Mark::DOUBT, "A disturbance was not decided"),
        Ending::Interrupted => (Mark::DOUBT, "Interrupted"),
        Ending::OutOfTime => (Mark::DOUBT, "Time is over"),
    };
    let (headline, reasons) =
        report.answer.split_first().map_or_else(Default::default, |(first, rest)| (first.clone(), rest.to_vec()));
    let about = report.asked.about.clone();
    Verdict { mark, word: word.to_owned(), headline, reasons, about, place: Place::First }
}

fn standing(report: &Report, reps: u64) -> &'static str {
    let levels = &report.measured.levels;
    let of: Vec<&Level> = levels.iter().filter(|level| level.reps == reps && level.counts()).collect();
    match report.asked.range.standing(&of) {
        _ if of.is_empty() => "not valid",
        Standing::Held => "held",
        Standing::LooksHeld => "probably holds",
        Standing::LooksBroken => "probably exceeds a limit",
        Standing::Broken => "broken",
    }
}

fn levels(report: &Report) -> Section {
    let mut says = Vec::new();
    for level in &report.measured.levels {
        let (reps, why) = (count(level.reps), level.suffered.as_ref().or(level.invalid.as_ref()));
        says.extend(why.map(|why| format!("{reps} reps: {why}.")));
    }
    says.extend(failures(report));
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for level in report.measured.levels.iter().filter(|level| level.counts()) {
        for rule in &level.rules_broken {
            let least = rules.entry(rule).or_insert(level.reps);
            *least = level.reps.min(*least);
        }
    }
    says.extend(
        rules.iter().map(|(rule, reps)| format!("The rule {rule} was broken, first at {} reps.", count(*reps))),
    );
    let mut table = Table::new([
        figures("reps"),
        figures("times"),
        figures("seconds"),
        figures("offered/s"),
        figures("served/s"),
        figures("in flight"),
        figures("by Little"),
        figures("mean"),
        figures("p50"),
        figures("p95"),
        figures("p99"),
        figures("failed"),
        figures("share"),
        words("limits"),
    ]);
    for point in &report.measured.curve {
        let levels = || report.measured.levels.iter().filter(|level| level.reps == point.reps && level.counts());
        let seconds: f64 = levels().map(|level| level.measured_s).sum();
        let little = levels().map(|level| level.in_flight_by_little).sum::<f64>() / f64::from(point.times.max(1));
        let failed: u64 = levels().map(|level| level.errors).sum();
        let of = levels().map(|level| level.requests.max(level.errors)).sum::<u64>();
        let us = |us: f64| micros(us.round() as u64);
        table.row([
            count(point.reps),
            point.times.to_string(),
            count(seconds.round() as u64),
            offered(&levels().collect::<Vec<_>>()),
            number(point.requests_per_s),
            number(point.in_flight),
            number(little),
            us(point.mean_us),
            us(point.p50_us),
            us(point.p95_us),
            us(point.p99_us),
            count(failed),
            fraction(failed as f64 / of.max(1) as f64),
            standing(report, point.reps).to_owned(),
        ]);
    }
    section("levels", "Levels", MEASURED, says, table)
}

/// Requests a second that levels offered on average, if that is known of all.
fn offered(levels: &[&Level]) -> String {
    let rates: Option<Vec<f64>> = levels.iter().map(|level| Some(level.offered.as_ref()?.requests_per_s)).collect();
    let rates = rates.filter(|rates| !rates.is_empty());
    rates.map_or("-".to_owned(), |rates| number(rates.iter().sum::<f64>() / rates.len() as f64))
}

/// How many requests failed in which way, a sentence for each number of reps.
fn failures(report: &Report) -> Vec<String> {
    let mut by_reps: BTreeMap<u64, BTreeMap<OutcomeClass, u64>> = BTreeMap::new();
    for level in report.measured.levels.iter().filter(|level| level.counts()) {
        for failed in &level.failures {
            *by_reps.entry(level.reps).or_default().entry(failed.outcome).or_default() += failed.attempts;
        }
    }
    let kind = |(outcome, attempts): (OutcomeClass, u64)| format!("{} {}", count(attempts), outcome.label());
    let says = |(reps, kinds): (u64, BTreeMap<OutcomeClass, u64>)| {
        let kinds: Vec<String> = kinds.into_iter().map(kind).collect();
        format!("Failed at {}: {}.", counted(reps, "rep", "reps"), kinds.join(", "))
    };
    by_reps.into_iter().map(says).collect()
}

fn limits(report: &Report) -> Section {
    let mut table = Table::new([
        words("limit"),
        figures("reps"),
        figures("beyond"),
        figures("of"),
        figures("share"),
        words("interval"),
        figures("allowed"),
        words("result"),
    ]);
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
            table.row([
                text.to_owned(),
                count(reps),
                count(share.beyond),
                count(share.of),
                fraction(share.value()),
                format!("{} to {}", fraction(low), fraction(high)),
                fraction(allowed),
                if standing.is_sure() { "" } else { "looks " }.to_owned()
                    + if standing.holds() { "held" } else { "broken" },
            ]);
        }
    }
    section("limits", "Limits at the capacity", MEASURED, Vec::new(), table)
}

fn usl(report: &Report) -> Section {
    let mut says = Vec::new();
    let Some(usl) = &report.fitted.usl else { return Section::default() };
    says.push("X(N) = λN / (1 + σ(N−1) + κN(N−1)), N the requests in flight.".to_owned());
    match &usl.peak {
        Some(peak) => says.push(format!(
            "Throughput peaks at {} [{}, {}] requests in flight, with {} per second.",
            number(peak.in_flight.value),
            number(peak.in_flight.low),
            number(peak.in_flight.high),
            number(peak.requests_per_s)
        )),
        None => says.push("There is no peak within twice the measured range.".to_owned()),
    }
    says.extend(usl.warnings.iter().map(|warning| format!("Warning: {warning}.")));
    let mut table = Table::new([words("parameter"), figures("value"), figures("low"), figures("high")]);
    let rows = [
        ("λ, requests per second at concurrency 1", usl.lambda),
        ("σ, contention", usl.sigma),
        ("κ, coherency", usl.kappa),
    ];
    let figure = |x: f64| if x != 0.0 && x < 0.01 { format!("{x:.2e}") } else { small(x) };
    for (name, of) in rows {
        table.row([name.to_owned(), figure(of.value), figure(of.low), figure(of.high)]);
    }
    table.row(["R²".to_owned(), format!("{:.4}", usl.r_squared), String::new(), String::new()]);
    section("usl", "Universal Scalability Law", FITTED, says, table)
}

fn queue(report: &Report) -> Section {
    let mut says = Vec::new();
    says.extend(report.fitted.missing.iter().map(|why| sentence(why)));
    let Some(queue) = &report.fitted.queue else {
        return section("queue", "Queueing model", FITTED, says, Table::default());
    };
    let (low, high) = queue.workers_range;
    says.push(format!(
        "{} [{low}, {high}], busy for {} of the response time without load; saturated at {} requests per second of this mix. Mean latencies deviate from the model by {} (root mean square).",
        counted(queue.workers.into(), "worker", "workers"),
        fraction(queue.busy_share),
        number(queue.saturates_at),
        fraction(queue.error)
    ));
    says.extend(queue.at_eighty.as_ref().map(foretold));
    says.extend(queue.warnings.iter().map(|warning| format!("Warning: {warning}.")));
    let mut table = Table::new([
        figures("reps"),
        figures("utilisation"),
        figures("mean measured"),
        figures("mean fitted"),
        figures("residual"),
        figures("p95 measured"),
        figures("p95 fitted"),
    ]);
    for level in &queue.residuals {
        let us = |us: f64| micros(us.round() as u64);
        let or_none = |value: Option<f64>| value.map_or("no steady state".to_owned(), us);
        let off = level
            .fitted_us
            .map_or(String::new(), |fitted| format!("{:+.1} %", (level.measured_us / fitted - 1.0) * 100.0));
        table.row([
            count(level.reps),
            fraction(level.utilisation),
            us(level.measured_us),
            or_none(level.fitted_us),
            off,
            us(level.measured_p95_us),
            or_none(level.fitted_p95_us),
        ]);
    }
    section("queue", "Queueing model", FITTED, says, table)
}

/// What is foretold of a busy target, or that it is not known well enough.
fn foretold(of: &Foretold) -> String {
    let us = |us: f64| micros(us.round() as u64);
    let (rate, low) = (number(of.requests_per_s), us(of.low_us));
    let high = of.high_us.map_or("?".to_owned(), us);
    if of.is_used() {
        return format!(
            "At 80 % of that load, {rate} requests per second, the p95 is {} [{low}, {high}].",
            us(of.p95_us)
        );
    }
    format!(
        "The p95 at 80 % of that load, {rate} requests per second, is not given: it may be anything from {low} to {high}."
    )
}

fn endpoints(report: &Report) -> Section {
    let Some(queue) = &report.fitted.queue else { return Section::default() };
    let mut table = Table::new([
        words("endpoint"),
        figures("of requests"),
        figures("without load"),
        figures("worker time"),
        figures("share of worker time"),
    ]);
    for of in &queue.endpoints {
        table.row([
            of.op.label().to_owned(),
            fraction(of.share_of_requests),
            micros(of.floor_us.round() as u64),
            micros(of.service_us.round() as u64),
            fraction(of.share_of_work),
        ]);
    }
    section("endpoints", "Worker time by endpoint", FITTED, Vec::new(), table)
}

fn breaks(report: &Report) -> Section {
    let mut table =
        Table::new([words("limit"), figures("holds up to requests/s"), figures("reps"), words("interval of 95 %")]);
    for of in &report.fitted.breaks {
        let reps = |reps: f64| count(reps.round() as u64);
        table.row([
            of.limit.clone(),
            number(of.requests_per_s),
            reps(of.reps),
            format!("{} to {}", reps(of.low_reps), reps(of.high_reps)),
        ]);
    }
    section("breaks", "Where each limit is exceeded", FITTED, Vec::new(), table)
}

fn instances(report: &Report) -> Section {
    let mut says = Vec::new();
    if report.fitted.instances.is_empty() {
        return Section::default();
    }
    says.push("Assumes load spread evenly over instances like this one that share nothing.".to_owned());
    let mut table =
        Table::new([figures("reps"), figures("requests/s"), figures("instances"), figures("with 30 % headroom")]);
    debug_assert!((HEADROOM - 0.3).abs() < 1e-9, "see the summary");
    for of in &report.fitted.instances {
        table.row([
            format!("{} ({}×)", count(of.reps), of.times),
            number(of.requests_per_s),
            count(of.least),
            count(of.with_headroom),
        ]);
    }
    section("instances", "Instances for more reps", FITTED, says, table)
}

fn moments(report: &Report) -> Section {
    let mut says = Vec::new();
    if report.day.bins.is_empty() {
        return Section::default();
    }
    says.push(format!(
        "Requests of one rep over the day in real time, the mean of {} simulated; worker time by the queueing model.",
        counted(report.day.reps, "rep", "reps")
    ));
    let mut table = Table::new([
        words("from"),
        figures("requests/s per rep"),
        words("most frequent"),
        figures("saturated at reps"),
    ]);
    for bin in &report.day.bins {
        let most = bin.endpoints.iter().max_by(|a, b| a.requests_per_s.total_cmp(&b.requests_per_s));
        let moment = report.fitted.moments.iter().find(|of| of.from == bin.from);
        table.row([
            bin.from.clone(),
            small(bin.requests_per_s),
            most.map_or(String::new(), |of| of.op.label().to_owned()),
            moment.map_or(String::new(), |of| count(of.saturates_at_reps.round() as u64)),
        ]);
    }
    section("day", "Demand over the day", SIMULATED, says, table)
}

fn assumptions(report: &Report) -> Section {
    let mut table = Table { is_prose: true, ..Table::new([words("assumed"), words("source")]) };
    report.assumptions.iter().for_each(|of| table.row([of.what.clone(), of.source.clone()]));
    Section { tag: None, ..section("assumptions", "Assumptions", SIMULATED, Vec::new(), table) }
}
