//! Nothing private leaves in the clear: every private value of the plan is a canary, searched for in everything that a
//! run puts out.

mod common;

use common::{plan, scenario};
use fieldday_api::dataset::TenantData;
use fieldday_api::private::Private;
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

fn canaries(data: &TenantData) -> Vec<&str> {
    let users = data.users.iter().flat_map(|u| [&u.name, &u.email]);
    let contacts = data.contacts.iter().flat_map(|c| [&c.phone_number, &c.address].into_iter().chain(&c.email));
    let appointments = data.appointments.iter().flat_map(|a| [&a.location].into_iter().chain(&a.notes));
    let tasks = data.tasks.iter().flat_map(|t| [&t.task.description].into_iter().chain(&t.task.notes));
    let messages = data.threads.iter().flat_map(|t| &t.messages).flat_map(|m| [&m.sender, &m.body]);
    let all = users.chain(contacts).chain(appointments).chain(tasks).chain(messages);
    // A first name alone may be part of another word; together with the last it may not.
    all.map(Private::expose).filter(|value| value.len() >= 8).collect()
}

#[test]
fn no_private_value_of_the_plan_is_in_the_history() {
    let plan = plan(scenario("weekday", 20).with_small_cells(20), 11);
    let cell = plan.cell(0);
    let mut canaries: Vec<&str> = cell.tenants.iter().flat_map(|t| canaries(&t.data)).collect();
    canaries.sort();
    canaries.dedup();
    assert!(canaries.len() > 300, "{} canaries", canaries.len());
    let names: Vec<String> = cell
        .tenants
        .iter()
        .flat_map(|t| &t.data.contacts)
        .map(|c| format!("{} {}", c.first_name.expose(), c.last_name.expose()))
        .collect();

    let mut history = String::new();
    let stop = AtomicBool::new(false);
    let keep = Keep { history: true, events: false };
    run(&plan, &Options { threads: 1, keep, stop: &stop }, |cell| {
        let frames = cell.history.unwrap();
        zstd::Decoder::new(&frames[..]).unwrap().read_to_string(&mut history).unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(history.len() > 1_000_000, "the search has {} bytes to look at", history.len());
    assert!(history.contains("private:"), "private values were there, as tokens");
    let found: Vec<_> =
        canaries.iter().copied().chain(names.iter().map(String::as_str)).filter(|c| history.contains(c)).collect();
    assert_eq!(found, Vec::<&str>::new());
    for word in ["Bearer", "eyJ", "https://", "Authorization"] {
        assert!(!history.contains(word), "{word}");
    }
}
