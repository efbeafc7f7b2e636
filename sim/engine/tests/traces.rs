//! Somebody's own measurements of a network, from the scenario's key to the events of a run.

mod common;

use common::{Small, events_of, outcome, plan, scenario};
use fieldday_api::endpoint::Op;
use fieldday_engine::cell::Keep;
use fieldday_history::EventKind;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_plan::{Plan, TraceOwner};
use fieldday_scenario::TraceFiles;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many files were written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// A file of that name and text.
fn file(name: &str, text: &str) -> String {
    // Tests write the same files side by side: each puts its own in place at once, so none reads half of one.
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let own = path.with_extension(WRITTEN.fetch_add(1, Ordering::Relaxed).to_string());
    std::fs::write(&own, text).unwrap();
    std::fs::rename(&own, &path).unwrap();
    path.display().to_string()
}

fn with_trace(up: &str, down: Option<&str>) -> Small {
    let mut small = scenario("weekday", 20);
    (small.0.network.trace, small.0.network.trace_down) = (Some(up.to_owned()), down.map(str::to_owned));
    small
}

fn fingerprint(small: Small, threads: usize) -> Fingerprint {
    outcome(&plan(small, 1), threads, Keep::default()).fingerprint
}

#[test]
fn a_run_with_a_trace_is_the_same_on_any_number_of_threads_and_another_trace_is_another_run() {
    let csv = "time_s,up_kbit_s,down_kbit_s,rtt_ms\n0,5200,21000,48\n1,4100,18500,61\n2,0,0,61\n3,900,2000,90\n";
    let drive = file("drive.csv", csv);
    let one = fingerprint(with_trace(&drive, None), 1);
    assert_eq!(one, fingerprint(with_trace(&drive, None), 2));
    let slower = file("slower.csv", &csv.replace("5200", "520"));
    assert_ne!(one, fingerprint(with_trace(&slower, None), 2));
    // A packet every 4 ms up, every 2 ms down: 3 and 6 Mbit/s.
    let up = file("lte.up", &(1..500).map(|i| format!("{}\n", i * 4)).collect::<String>());
    let down = file("lte.down", &(1..1000).map(|i| format!("{}\n", i * 2)).collect::<String>());
    let both = fingerprint(with_trace(&up, Some(&down)), 2);
    assert_ne!(both, fingerprint(with_trace(&up, None), 2));
    assert_ne!(both, fingerprint(scenario("weekday", 20), 2));
}

#[test]
fn a_trace_holds_and_no_rule_is_broken_on_it() {
    let still = file("still.csv", "time_s,up_kbit_s,down_kbit_s\n0,2000,9000\n50,0,0\n70,2000,9000\n119,2000,9000\n");
    let outcome = outcome(&plan(with_trace(&still, None), 1), 0, Keep::default());
    assert_eq!(outcome.findings.violations, []);
    assert!(outcome.requests > 2000, "{}", outcome.requests);
}

/// A network that is as fast at every time.
fn steady(name: &str, up_kbit_s: u32) -> TraceFiles {
    let text = format!("time_s,up_kbit_s,down_kbit_s,rtt_ms\n0,{up_kbit_s},50000,40\n");
    TraceFiles { trace: file(name, &text), trace_down: None }
}

/// Half-hour appointments have the slowest network, the rest of Newark a faster one, and all others the fastest.
fn with_traces_for_some() -> Small {
    let mut small = scenario("weekday", 40).with_small_cells(20);
    let network = &mut small.0.network;
    network.trace = Some(steady("all.csv", 60_000).trace);
    network.territories.insert("newark".to_owned(), steady("newark.csv", 6_000));
    network.personas.insert("half-hour".to_owned(), steady("half-hour.csv", 600));
    small
}

/// The rates in kbit/s at which the audio of each group of phones was stored, connection and answer included.
fn upload_rates(plan: &Plan) -> BTreeMap<&'static str, Vec<u64>> {
    let mut rates: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for index in 0..plan.cells() {
        let mut groups = BTreeMap::new();
        for tenant in &plan.cell(index).tenants {
            for rep in &tenant.reps {
                let group = match (rep.persona.name.as_str(), tenant.territory.name()) {
                    ("half-hour", _) => "half-hour",
                    (_, "newark") => "newark",
                    _ => "others",
                };
                groups.insert(rep.name.clone(), group);
            }
        }
        let (mut clients, mut sent) = (BTreeMap::new(), BTreeMap::new());
        for event in events_of(plan, index) {
            match event.what {
                EventKind::Client(client) => drop(clients.insert(event.client, client.name.to_string())),
                EventKind::Sent(of) if of.request.op() == Op::PutAudio => {
                    sent.insert((event.client, of.call, of.attempt), of.request.bytes_up());
                }
                EventKind::Answered { call, attempt, response, took } if response.is_success() => {
                    if let Some(bytes) = sent.get(&(event.client, call, attempt)) {
                        let rate = bytes * 8 * 1_000 / took.as_micros().unsigned_abs();
                        rates.entry(groups[&clients[&event.client]]).or_default().push(rate);
                    }
                }
                _ => {}
            }
        }
    }
    rates
}

#[test]
fn a_phone_has_the_trace_of_its_persona_else_of_its_territory_else_of_all() {
    let plan = plan(with_traces_for_some(), 1);
    let rates = upload_rates(&plan);
    for (group, above, most) in [("half-hour", 300, 600), ("newark", 3_000, 6_000), ("others", 15_000, 60_000)] {
        let of = &rates[group];
        assert!(of.len() >= 20, "{group}: {} uploads", of.len());
        assert!(of.iter().all(|rate| *rate <= most), "{group}: {of:?}");
        // What comes to less met a place without a network, or a change of radio.
        let fast = of.iter().filter(|rate| **rate > above).count();
        assert!(fast * 2 > of.len(), "{group}: {fast} of {}", of.len());
    }
    let whose: Vec<TraceOwner> = plan.traces().into_iter().map(|of| of.whose).collect();
    let (persona, territory) = ("half-hour".to_owned(), "newark".to_owned());
    assert_eq!(whose, [TraceOwner::Persona(persona), TraceOwner::Territory(territory), TraceOwner::Others]);
}

#[test]
fn a_run_with_traces_for_some_is_the_same_on_any_number_of_threads_and_each_trace_has_a_part_in_it() {
    let one = fingerprint(with_traces_for_some(), 1);
    assert_eq!(one, fingerprint(with_traces_for_some(), 2));
    let mut no_persona = with_traces_for_some();
    no_persona.0.network.personas.clear();
    let mut no_territory = with_traces_for_some();
    no_territory.0.network.territories.clear();
    let mut nothing_for_others = with_traces_for_some();
    nothing_for_others.0.network.trace = None;
    let all = [no_persona, no_territory, nothing_for_others].map(|small| fingerprint(small, 2).to_string());
    let different: BTreeSet<String> = all.into_iter().chain([one.to_string()]).collect();
    assert_eq!(different.len(), 4);
    // A territory in which no tenant is has no part in it, and is not listed: the two tenants are in Newark and Chicago.
    let mut elsewhere = scenario("weekday", 20);
    for territory in ["denver", "dallas", "chicago"] {
        elsewhere.0.network.territories.insert(territory.to_owned(), steady("elsewhere.csv", 1_000));
    }
    let whose: Vec<TraceOwner> = plan(elsewhere, 1).traces().into_iter().map(|of| of.whose).collect();
    assert_eq!(whose, [TraceOwner::Territory("chicago".to_owned())]);
}

#[test]
fn a_trace_that_is_wrong_or_not_there_is_told_with_its_file_and_line() {
    let told = |small: Small| match Plan::new(Arc::new(small.0), 1) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("there is a plan"),
    };
    let wrong = file("wrong.csv", "time_s,up_kbit_s,down_kbit_s\n0,1,1\n1,x,1\n");
    assert!(told(with_trace(&wrong, None)).starts_with(&format!("{wrong}:3: `up_kbit_s` is \"x\"")));
    let packets = file("packets.up", "1\n");
    let none = told(with_trace(&packets, Some("/no/such/file.down")));
    assert!(none.starts_with("/no/such/file.down: `network.trace_down` cannot be read: "), "{none}");
    let mut small = with_traces_for_some();
    small.0.network.personas.insert("steady".to_owned(), TraceFiles { trace: wrong.clone(), trace_down: None });
    let of_persona = told(small);
    assert!(of_persona.starts_with(&format!("{wrong}:3: `up_kbit_s` is \"x\"")), "{of_persona}");
    assert!(of_persona.ends_with("`network.personas.steady.trace` names this file"), "{of_persona}");
    let mut small = with_traces_for_some();
    let files = TraceFiles { trace: packets, trace_down: Some(wrong.clone()) };
    small.0.network.territories.insert("chicago".to_owned(), files);
    let of_territory = told(small);
    assert!(of_territory.starts_with(&format!("{wrong}:1: ")), "{of_territory}");
    assert!(of_territory.ends_with("`network.territories.chicago.trace_down` names this file"), "{of_territory}");
    let mut small = with_traces_for_some();
    let missing = TraceFiles { trace: "/no/such/file.csv".to_owned(), trace_down: None };
    small.0.network.territories.insert("chicago".to_owned(), missing);
    let missing = told(small);
    assert!(missing.starts_with("/no/such/file.csv: `network.territories.chicago.trace` cannot be read"), "{missing}");
}
