//! From a question to its answer.

use super::fleet::{self, FleetOptions};
use super::limits::Measured;
use super::{Assumption, AttemptTimes, Cost, EndpointTally, Outcome, Question, happenings, limits};
use crate::plant::{Plant, PlantError, When};
use fieldday_api::endpoint::Op;
use fieldday_engine::transport::plant::lookahead;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_plan::{Plan, PlanError};
use fieldday_radio::network;
use fieldday_radio::territory;
use fieldday_rules::Measures;
use fieldday_rules::limit_result::LimitVerdict;
use fieldday_scenario::Scenario;
use fieldday_scenario::zones;
use std::sync::atomic::AtomicBool;

/// The reason why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A setting of the question is wrong; holds the key, the problem and what to use.
    #[error("{0}")]
    Question(String),
    /// The plant's description has a contradiction.
    #[error(transparent)]
    Plant(#[from] PlantError),
    /// The scenario's plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The threads cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// [`Watch::stop`] was set before the end of the day; holds the day until then, or nothing if no measured time had passed.
    #[error("interrupted")]
    Interrupted(Option<Box<Outcome>>),
}

/// How a caller stops a simulation and hears of its progress.
pub struct Watch<'a> {
    /// If it is set while the simulation runs, that ends at its next window with [`SimulateError::Interrupted`].
    pub stop: &'a AtomicBool,
    /// Told now and then which moment of the day it is.
    pub progress: &'a (dyn Fn(Time) + Sync),
}

/// Simulates the day that a question asks about.
pub fn simulate(question: &Question, watch: &Watch<'_>) -> Result<Outcome, SimulateError> {
    answer(question, watch, false).map(|(outcome, _)| outcome)
}

/// Simulates the day and gives, if `recorded`, the fingerprint of each cell's own events too.
pub fn answer(
    question: &Question,
    watch: &Watch<'_>,
    recorded: bool,
) -> Result<(Outcome, Vec<Fingerprint>), SimulateError> {
    let (scenario, spec) = question.put()?;
    let plan = Plan::new(scenario.clone(), question.seed)?;
    let when = when(question, &plan);
    let Some(profile) = network::named(&scenario.network.profile) else {
        return Err(SimulateError::Question("`network.profile` is not a known profile".to_owned()));
    };
    let lookahead = lookahead(profile);
    let plant = Plant::new(&spec, question.seed, lookahead, &when)?;
    let options = FleetOptions {
        plan: &plan,
        retrying: question.retrying,
        stands_for: question.stands_for(),
        lookahead,
        from: when.from,
        until: when.until,
        threads: question.threads,
        recorded,
        stop: watch.stop,
        progress: watch.progress,
    };
    let ran = fleet::run(&options, plant)?;
    let until = if ran.complete { when.until } else { ran.plant.now().min(when.until) };
    if until <= when.from {
        return Err(SimulateError::Interrupted(None));
    }
    let when = When { until, ..when };
    let ledger = ran.plant.close(when.until);
    let measured = Measured { server: &ledger, attempts: &ran.attempts, during: when.until.since(when.from) };
    let (broken, limits) = limits::judged(&spec.hold, &scenario.limits, &measured);
    let happenings = happenings::of(question.what_if, &scenario, &spec, &when);
    let outcome = Outcome {
        scenario: scenario.name.clone(),
        seed: question.seed,
        what_if: question.what_if.map(|what_if| what_if.as_str().to_owned()),
        reps: plan.reps() * u64::from(question.stands_for()),
        cells: plan.cells(),
        from: when.from,
        until: when.until,
        zone: when.zone.name,
        retrying: question.retrying,
        fingerprint: format!("{:032x}", ledger.fingerprint),
        totals: ledger.totals,
        bins: ledger.bins,
        happenings,
        endpoints: with_attempts(&ledger.endpoints, &ran.attempts),
        saturations: ledger.saturations,
        first_broken: broken.first().cloned(),
        holds: limits.iter().all(|limit| limit.result.verdict != LimitVerdict::Exceeded),
        limits,
        broken,
        assumptions: assumptions(question, &plan, lookahead),
        cost: Cost {
            windows: ran.windows,
            visits: ran.visits,
            requests: ledger.requests,
            alive_max: ran.alive_max * u64::from(question.stands_for()),
        },
        plant: spec,
    };
    if ran.complete { Ok((outcome, ran.cells)) } else { Err(SimulateError::Interrupted(Some(Box::new(outcome)))) }
}

/// The endpoints with how long their attempts took. Some attempts reach no plant: those that the network lost, and uploads,
/// which go to the object store.
fn with_attempts(endpoints: &[EndpointTally], attempts: &Measures) -> Vec<EndpointTally> {
    let of = |op: &Op| {
        let (at_plant, attempts) = (endpoints.iter().find(|of| of.op == *op), AttemptTimes::of(attempts.op(*op)));
        let tally = at_plant.copied().or_else(|| attempts.map(|_| EndpointTally::uncalled(*op)))?;
        Some(EndpointTally { attempts, ..tally })
    };
    Op::ALL.iter().filter_map(of).collect()
}

/// The zone of the first territory, by which people are told the time.
pub fn local_zone(scenario: &Scenario, plan_start: Time) -> Zone {
    let first = scenario.people.territories.first().and_then(|name| territory::named(name));
    first.and_then(|territory| zones::zone(territory.zone(), plan_start)).unwrap_or_else(Zone::utc)
}

/// The measured part of the day, in whole pieces.
fn when(question: &Question, plan: &Plan) -> When {
    let date = plan.scenario().day.dates.first().copied().unwrap_or_default();
    let zone = local_zone(plan.scenario(), plan.start());
    let (from, until) = match question.window {
        Some((from, until)) => (zone.at(date, from), zone.at(date, until)),
        None => (plan.start(), plan.end()),
    };
    let every = Span::minutes(i64::from(question.plant.hold.every_minutes.max(1))).as_micros();
    let pieces = (until.since(from).as_micros() + every - 1) / every;
    When { start: plan.start(), date, zone, from, until: from + Span::micros(pieces * every) }
}

/// The network of the phones in a phrase, and where that comes from.
fn network(plan: &Plan, lookahead: Span) -> (String, &'static str) {
    let profile = &plan.scenario().network.profile;
    let traces: String =
        plan.traces().into_iter().map(|of| format!("; trace of {}: {}", of.whose, of.trace.name)).collect();
    let source =
        if traces.is_empty() { "from fixtures/network.toml" } else { "from fixtures/network.toml and the scenario" };
    (format!("profile {profile:?}{traces}; one way takes {lookahead} at least"), source)
}

fn assumptions(question: &Question, plan: &Plan, lookahead: Span) -> Vec<Assumption> {
    let own = "assumed by Field Day";
    let scenario = plan.scenario();
    let plant = &question.plant;
    let (network, source_of_network) = network(plan, lookahead);
    let service_is_given = plant.service.is_some();
    let database = plant.database.map_or("none: no wait for a connection".to_owned(), |database| {
        format!("{} connections, {} % of the work", database.connections, database.percent)
    });
    let each = match question.stands_for() {
        1 => "each is simulated".to_owned(),
        n => format!(
            "each simulated rep stands for {n}: their requests follow within a second, their retries at the same time; latencies of attempts are those of the simulated reps"
        ),
    };
    let lines = [
        ("reps", each, own),
        (
            "rows",
            "today's appointments and all tasks, but no messages or other days: same requests, shorter answers"
                .to_owned(),
            own,
        ),
        (
            "service times",
            if service_is_given { "as given, by endpoint" } else { "log-normal by kind" }.to_owned(),
            question.service_source.as_str(),
        ),
        (
            "instances",
            format!("{} of {} workers, {} may wait at each", plant.instances, plant.workers, plant.queue),
            "from the command line, a fit, or the scenario's [plant]",
        ),
        ("database", database, "from the scenario's [plant.database]"),
        ("a request's work", "independent of the load: only queueing slows a busy machine down".to_owned(), own),
        ("requests whose app gave up", "are served nevertheless".to_owned(), own),
        ("audio", "goes to a separate object store that is never full".to_owned(), "from spec §2.3.1"),
        ("tokens", "come from a separate identity provider that is never full".to_owned(), "from spec §0.1"),
        (
            "people",
            format!(
                "reps and office of {:?}; no intruders, no auditors, no reads at the end of the day",
                scenario.name
            ),
            "from the scenario",
        ),
        ("the backend's mishaps and defects", "omitted: failures come from the simulated deployment".to_owned(), own),
        ("network", network, source_of_network),
    ];
    // Said only where there is something to say.
    let own_limits = (
        "the scenario's limits",
        "judged over the whole measured time; wire latency is the time in the server, without the network, and every request that was served counts as no error; other latencies are those of attempts, from sending until the answer".to_owned(),
        own,
    );
    let own_limits = (!scenario.limits.is_empty()).then_some(own_limits);
    let warned = |text: &String| ("what was fitted", text.clone(), question.service_source.as_str());
    lines
        .into_iter()
        .chain(own_limits)
        .chain(question.service_warnings.iter().map(warned))
        .map(|(about, value, source)| Assumption { about: about.to_owned(), value, source: source.to_owned() })
        .collect()
}
