//! What must be true of every plan.

use super::*;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::names::Role;
use fieldday_api::probe::Probe;
use fieldday_radio::track::{Roads, expected_drive};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn scenario(name: &str) -> Scenario {
    Scenario::load(name).unwrap_or_else(|error| panic!("{error}"))
}
fn plan(scenario: Scenario, seed: u64) -> Plan {
    Plan::new(Arc::new(scenario), seed).unwrap_or_else(|error| panic!("{error}"))
}
/// A scenario in which everything happens, small enough to be made often.
fn small() -> Scenario {
    let mut scenario = scenario("rough");
    scenario.people.reps = 12;
    scenario
}
fn cells(plan: &Plan) -> Vec<CellPlan> {
    (0..plan.cells()).map(|i| plan.cell(i)).collect()
}
/// A cell by its elements: each name with everything that is said of it.
fn elements(cell: &CellPlan) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut put = |name: &str, what: String| assert!(all.insert(name.to_owned(), what).is_none(), "{name} twice");
    for mishap in &cell.mishaps {
        put(&mishap.name, format!("{mishap:?}"));
    }
    for tenant in &cell.tenants {
        put(&tenant.name, format!("{:?} {:?} {:?}", tenant.data.id, tenant.data.zone, tenant.data.policy));
        for rep in &tenant.reps {
            let (kills, lunch, reads_back) = (Vec::new(), None, true);
            let routine = Routine::of(|_| true);
            put(&rep.name, format!("{:?}", RepPlan { kills, lunch, reads_back, routine, ..rep.clone() }));
            rep.routine.names().for_each(|what| put(&format!("{}/{what}", rep.name), String::new()));
            rep.reads_back.then(|| put(&format!("{}/proof", rep.name), String::new()));
            rep.kills.iter().for_each(|kill| put(&kill.name, format!("{kill:?}")));
            rep.lunch.iter().for_each(|lunch| put(&format!("{}/lunch", rep.name), format!("{lunch:?}")));
        }
        for visit in tenant.visits.values() {
            put(&visit.name, format!("{visit:?} {}", rows_of(tenant, &visit.appointment_id)));
        }
        for row in &tenant.rows {
            let task = tenant.data.tasks.iter().find(|t| t.task.id == row.id);
            put(&row.name, format!("{task:?} {}", rows_of(tenant, &row.id)));
        }
        for clerk in &tenant.office {
            put(&clerk.name, format!("{} {}", clerk.user_id, clerk.role));
            clerk.actions.iter().for_each(|action| put(&action.name, format!("{action:?}")));
        }
        for intruder in &tenant.intruders {
            put(&intruder.name, format!("{} {}", intruder.user_id, intruder.rep_id));
            intruder.probes.iter().for_each(|probe| put(&probe.name, format!("{probe:?}")));
        }
        tenant.off_duty.iter().for_each(|rep| put(&rep.name, format!("{} {}", rep.user_id, rep.rep_id)));
        if let Some(auditor) = &tenant.auditor {
            put(&auditor.name, auditor.user_id.to_string());
            auditor.rounds.iter().for_each(|(name, at)| put(name, at.to_string()));
        }
        tenant.air.fast.iter().for_each(|f| put(&f.name, format!("{f:?}")));
        tenant.air.holes.iter().for_each(|h| put(&h.name, format!("{h:?}")));
        tenant.air.spots.iter().for_each(|s| put(&s.name, format!("{s:?}")));
        tenant.air.outages.iter().for_each(|o| put(&o.name, format!("{o:?}")));
        tenant.air.gaps.iter().for_each(|g| put(&g.name, format!("{g:?}")));
    }
    all
}
/// The appointment of that id, with its customer, lead, place, session and messages.
fn rows_of(tenant: &TenantPlan, id: &SmolStr) -> String {
    let data = &tenant.data;
    let Some(appointment) = data.appointments.iter().find(|a| a.id == *id) else { return String::new() };
    let contact = data.contacts.iter().find(|c| c.id == appointment.contact_card_id);
    let lead = data.leads.iter().find(|l| l.id == appointment.lead_id);
    let session = data.sessions.iter().find(|s| s.appointment_id == *id);
    let thread = data.threads.iter().find(|t| t.contact_card_id == appointment.contact_card_id);
    let place = tenant.places.get(&appointment.location);
    format!("{appointment:?} {contact:?} {lead:?} {session:?} {thread:?} {place:?}")
}

#[test]
fn a_plan_is_the_same_each_time_and_another_under_another_seed() {
    let json = |seed| serde_json::to_string(&plan(small(), seed).cell(0)).unwrap();
    assert_eq!(json(1), json(1));
    assert_ne!(json(1), json(2));
}

#[test]
fn names_are_unique_and_complete() {
    for name in ["weekday", "rough", "demo"] {
        for cell in cells(&plan(scenario(name), 3)) {
            let names = cell.names();
            let set: BTreeSet<&String> = names.iter().collect();
            assert_eq!(set.len(), names.len());
            let known: BTreeSet<String> = elements(&cell).into_keys().chain([cell.name.clone()]).collect();
            assert_eq!(set.into_iter().cloned().collect::<BTreeSet<_>>(), known);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever is taken out takes its subtree along, and what the office would have done to it; nothing else changes.
    #[test]
    fn taking_an_element_out_changes_no_other(seed in 0_u64..4, which in any::<prop::sample::Index>()) {
        let whole = plan(small(), seed);
        let (index, names) = (0, whole.cell(0).names());
        let name = names[which.index(names.len())].clone();
        let before = elements(&whole.cell(index));
        let without = plan(Scenario { remove: vec![name.clone()], ..small() }, seed).cell(index);
        let (after, json) = (elements(&without), serde_json::to_string(&without).unwrap());
        let below = format!("{name}/");
        // What the office or an intruder would have done to something that is no longer there.
        let gone = |id: &str| {
            ["appt_", "task_", "rep_", "contact_", "session_", "org_"].iter().any(|p| id.starts_with(p)) && !json.contains(id)
        };
        for (element, what) in &before {
            match after.get(element) {
                // A probe whose aim is gone takes another.
                Some(now) if element.contains("/probe-") && what.split(['"', '/', '=']).any(gone) => {
                    prop_assert_ne!(now, what, "{} without {}", element, &name);
                }
                Some(now) => prop_assert_eq!(now, what, "{} without {}", element, &name),
                None => {
                    let office_too = (element.contains("/action-") || element.contains("/probe-")) && what.split('"').any(gone);
                    let mishap_of_tenant = element.contains("/mishap/") && name.contains("tenant");
                    let own = *element == name || element.starts_with(&below) || name == "cell-0";
                    prop_assert!(own || office_too || mishap_of_tenant, "{} took {} along", &name, element);
                }
            }
        }
        prop_assert!(after.keys().all(|element| before.contains_key(element)));
        prop_assert!(!after.contains_key(&name) && after.keys().all(|element| !element.starts_with(&below)));
    }

    /// A rep more, a mishap more, an outage more: everybody else's day is the same.
    #[test]
    fn adding_changes_no_other(seed in 0_u64..4, reps in 12_u64..40) {
        let mut scenario = small();
        scenario.with_reps(12);
        let before = elements(&plan(scenario.clone(), seed).cell(0));
        scenario.with_reps(reps);
        let extra = fieldday_scenario::Outage { name: "extra".into(), ..scenario.outage[0].clone() };
        scenario.outage.push(extra);
        scenario.mishap.insert(0, fieldday_scenario::Mishap { name: "extra".into(), ..scenario.mishap[0].clone() });
        let after = elements(&plan(scenario, seed).cell(0));
        for (element, what) in before {
            prop_assert_eq!(after.get(&element), Some(&what), "{}", element);
        }
        prop_assert!(after.contains_key("cell-0/mishap/extra") && after.contains_key("cell-0/tenant-0/outage/extra"));
    }
}

#[test]
fn no_intruder_writes_to_what_a_rep_works_on_today() {
    let mut scenario = small();
    (scenario.intruders.per_tenant, scenario.intruders.probes) = (4, (40, 40));
    let cell = plan(scenario.clone(), 3).cell(0);
    let (mut aimed, mut own) = (0, 0);
    for tenant in &cell.tenants {
        let off_duty = &tenant.off_duty.as_ref().unwrap().rep_id;
        assert!(tenant.data.users.iter().any(|user| user.rep_id.as_ref() == Some(off_duty)), "the target knows them");
        assert!(tenant.reps.iter().all(|rep| rep.rep_id != *off_duty), "nobody plays them");
        let auditor = tenant.auditor.as_ref().unwrap();
        assert!(!auditor.reps.contains(off_duty), "and nobody reads their day back");
        let today = cell.tenants.iter().flat_map(|tenant| tenant.visits.keys());
        let open = cell.tenants.iter().flat_map(|tenant| &tenant.data.tasks);
        let open = open.filter(|owned| owned.task.status != fieldday_api::names::TaskStatus::Completed);
        let worked_on: BTreeSet<&str> = today.chain(open.map(|owned| &owned.task.id)).map(SmolStr::as_str).collect();
        for intruder in &tenant.intruders {
            for call in intruder.probes.iter().flat_map(|probe| &probe.steps).map(|step| &step.call) {
                match call {
                    Call::ClockIn { rep_id, .. } | Call::ClockOut { rep_id } => {
                        assert!([off_duty, &intruder.rep_id].contains(&rep_id), "{call:?}");
                        aimed += u32::from(rep_id == off_duty);
                        own += u32::from(rep_id != off_duty);
                    }
                    call if call.op().writes() => {
                        let raw = if let Call::Raw(raw) = call { raw.path.as_str() } else { "" };
                        let id = call.path_id().or(raw.rsplit('/').next()).unwrap_or_default();
                        assert!(!worked_on.contains(id), "{call:?}");
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(aimed > 2 && own > 2, "{aimed} {own}");
    // Without them, nobody's clock is tried.
    scenario.remove = (0..2).map(|tenant| format!("cell-0/tenant-{tenant}/off-duty")).collect();
    let without = plan(scenario, 3).cell(0);
    let steps = without.tenants.iter().flat_map(|tenant| &tenant.intruders).flat_map(|intruder| &intruder.probes);
    let mut steps = steps.flat_map(|probe| &probe.steps);
    assert!(!steps.any(|step| {
        step.probe == Probe::OtherRep && matches!(step.call, Call::ClockIn { .. } | Call::ClockOut { .. })
    }));
}

#[test]
fn removing_what_is_not_there_is_an_error_with_a_suggestion() {
    let refuse = |name: &str| {
        let scenario = Scenario { remove: vec![name.to_owned()], ..small() };
        match Plan::new(Arc::new(scenario), 1) {
            Err(PlanError::NoSuchElement { suggestion, .. }) => suggestion,
            _ => panic!("{name} was taken out"),
        }
    };
    assert_eq!(refuse("cell-0/tenant-1/rep-99").unwrap().split('/').count(), 3);
    assert_eq!(refuse("cell-0/tenant-1/rep-01/vist-1").as_deref(), Some("cell-0/tenant-1/rep-01/visit-1"));
    assert!(refuse("cell-7").unwrap().starts_with("cell-"));
}

#[test]
fn rows_hang_together_and_ids_are_unique_and_short() {
    for cell in cells(&plan(scenario("weekday"), 9)) {
        let mut ids = BTreeSet::new();
        for tenant in &cell.tenants {
            let data = &tenant.data;
            let all = data.appointments.iter().map(|a| &a.id).chain(data.leads.iter().map(|l| &l.id));
            let all = all.chain(data.contacts.iter().map(|c| &c.id)).chain(data.tasks.iter().map(|t| &t.task.id));
            let all = all.chain(data.threads.iter().flat_map(|t| t.messages.iter().map(|m| &m.id)));
            for id in all {
                assert!(!id.is_heap_allocated() && ids.insert(id.clone()), "{id}");
            }
            let contacts: BTreeSet<_> = data.contacts.iter().map(|c| &c.id).collect();
            let leads: BTreeSet<_> = data.leads.iter().map(|l| &l.id).collect();
            let reps: BTreeSet<_> = data.users.iter().filter_map(|u| u.rep_id.as_ref()).collect();
            let addresses: BTreeSet<_> = data.appointments.iter().map(|a| a.location.token()).collect();
            assert_eq!(addresses.len(), data.appointments.len(), "an address names one place");
            for a in &data.appointments {
                assert!(contacts.contains(&a.contact_card_id) && leads.contains(&a.lead_id));
                assert!(a.assigned_rep_id.as_ref().is_some_and(|rep| reps.contains(rep)));
                assert!(a.created_at < a.scheduled_start && a.scheduled_start < a.scheduled_end);
                assert_eq!(a.deal_size.is_some(), a.outcome == fieldday_api::names::Outcome::Won);
            }
            for (id, visit) in &tenant.visits {
                let appointment = data.appointments.iter().find(|a| a.id == *id).unwrap();
                assert_eq!(tenant.places.get(&appointment.location), Some(visit.place));
                assert_eq!((appointment.scheduled_start, appointment.scheduled_end), (visit.start, visit.end));
                assert_eq!(data.zone.date(visit.start), cell.date);
            }
            for task in &data.tasks {
                let names_nobody = task.task.appointment_id.is_none();
                assert!(
                    names_nobody || data.appointments.iter().any(|a| Some(&a.id) == task.task.appointment_id.as_ref())
                );
                assert!(task.task.created_at < cell.start + Span::hours(9));
            }
            for thread in &data.threads {
                assert!(contacts.contains(&thread.contact_card_id) && thread.messages.len() >= 2);
                assert!(thread.messages.is_sorted_by_key(|m| m.created_at));
            }
        }
    }
}

#[test]
fn nothing_private_is_in_a_printed_plan() {
    let cell = plan(scenario("demo"), 1).cell(0);
    let mut text = serde_json::to_string(&cell).unwrap();
    cell.render(&mut text).unwrap();
    let contact = &cell.tenants[0].data.contacts[0];
    for private in
        ["@example.com", "otto-demo.com", contact.phone_number.expose(), contact.address.expose(), "Sam Reyes"]
    {
        assert!(!text.contains(private), "{private}");
    }
    assert!(text.contains("private:"));
}

#[test]
fn the_demo_is_the_demo_of_the_specification() {
    let cell = plan(scenario("demo"), 1).cell(0);
    let (demo, other) = (&cell.tenants[0], &cell.tenants[1]);
    assert_eq!(demo.data.id, "org_36EW2DYBw4gpJaL4ASL2ZxFZPO9");
    assert_ne!(other.data.id, demo.data.id);
    assert_eq!(demo.reps[0].user_id, "user_36M3F0kllDOemX3prAPP1Zb8C5f");
    let manager = demo.office.iter().find(|clerk| clerk.role == Role::Manager).unwrap();
    assert_eq!(manager.user_id, "user_36M3Kp5NQjnGhcmu5NM8nhOCqg2");
    assert!(demo.data.users.iter().any(|u| u.email.expose() == "salesrep@otto-demo.com"));
}

#[test]
fn cells_hold_everybody_and_a_single_rep_has_a_neighbour() {
    let mut scenario = scenario("weekday");
    for reps in [200, 101, 1] {
        scenario.with_reps(reps);
        let cells = cells(&plan(scenario.clone(), 1));
        let tenants = || cells.iter().flat_map(|cell| &cell.tenants);
        assert_eq!(tenants().map(|t| t.reps.len() as u64).sum::<u64>(), reps);
        assert!(cells.iter().all(|cell| cell.tenants.len() == 2));
        assert!(tenants().all(|t| t.data.rows() > 20), "somebody on leave has rows too");
    }
}

#[test]
fn the_greatest_figures_can_be_planned() {
    let text = "
        name = 'most'\nabout = 'everything at its most'
        [day]\ndates = ['2000-01-01', '2099-12-31']\nleave_home = ['00:00', '22:59']\nlatest = '23:59'
        [people]\nreps = 20\ntenants = 2\nreps_per_tenant = 1000
        [kills]\nppm = 1000000\nat_most = 50
        [visits]\nbasement_ppm = 1000000\nno_show_ppm = 1000000\ncancelled_ppm = 1000000
        [office]\nreps_per_csr = 1\nreps_per_manager = 1000\nactions_per_rep = [50, 50]
        [network]\nvalleys = 500\ndead_roads = 500\nold_masts = 500\ngap_ppm = 1000000\ngap_minutes = [600, 600]
        portal_ppm = 1000000
        [[outage]]\nname = 'long'\nfrom = '23:59:59'\nminutes = 1440\npercent = 1
        [[mishap]]\nname = 'late'\nkind = 'restart'\nfrom = '23:59:58'\nuntil = '23:59:59'\njitter_minutes = 600";
    let plan = plan(Scenario::parse(text, "most.toml").unwrap_or_else(|e| panic!("{e}")), u64::MAX);
    for cell in cells(&plan) {
        let reps: Vec<_> = cell.tenants.iter().flat_map(|t| &t.reps).collect();
        assert_eq!(reps.len(), 20);
        assert!(reps.iter().all(|rep| rep.kills.len() == 50 && rep.leaves_home >= cell.start));
        assert!(cell.tenants.iter().all(|t| t.office[0].actions.len() > 10 && t.air.holes.len() == 1500));
    }
}

#[test]
fn change_over_days_have_23_and_25_hours_and_every_cell_has_one_date() {
    let plan = plan(scenario("dst"), 1);
    assert_eq!((plan.cells(), plan.reps()), (4, 160));
    let cells = cells(&plan);
    let hours = |cell: &CellPlan, tenant: usize| {
        let zone = &cell.tenants[tenant].data.zone;
        zone.midnight(cell.date.plus_days(1)).since(zone.midnight(cell.date))
    };
    // Newark, then Phoenix, which keeps its clocks.
    assert_eq!([hours(&cells[0], 0), hours(&cells[0], 1)], [Span::hours(23), Span::hours(24)]);
    assert_eq!([hours(&cells[1], 0), hours(&cells[1], 1)], [Span::hours(25), Span::hours(24)]);
    assert!(plan.start() <= cells[0].start && plan.end() >= cells[1].end);
}

#[test]
fn today_is_another_date_for_tenants_whose_midnights_lie_between() {
    let mut scenario = scenario("weekday");
    // Half past one in the morning in Newark, half past ten of the evening before in Seattle.
    let now = Time::parse("2026-06-11T05:30:00Z").unwrap();
    scenario.set_today(now);
    let cells = cells(&plan(scenario, 1));
    let dates: BTreeSet<Date> = cells.iter().flat_map(|cell| &cell.tenants).map(|tenant| tenant.date).collect();
    assert_eq!(dates.len(), 2, "{dates:?}");
    for cell in &cells {
        for tenant in &cell.tenants {
            let zone = &tenant.data.zone;
            assert_eq!(tenant.date, zone.date(now));
            assert!(tenant.reps.iter().all(|rep| zone.date(rep.leaves_home) == tenant.date));
            assert!(cell.start <= zone.midnight(tenant.date) && zone.midnight(tenant.date.plus_days(1)) < cell.end);
        }
    }
}

/// One rep's day, lived without dawdling: how much of it is driving, how late the visits begin.
struct Lived {
    driving: Span,
    whole: Span,
    late: Vec<Span>,
}

fn live(tenant: &TenantPlan, rep: &RepPlan) -> Lived {
    let below = format!("{}/", rep.name);
    let mut visits: Vec<_> = tenant.visits.values().filter(|v| v.name.starts_with(&below)).collect();
    visits.sort_by_key(|v| v.start);
    let (mut at, mut free, mut lunch) = (rep.home, rep.leaves_home, rep.lunch);
    let mut lived = Lived { driving: Span::ZERO, whole: rep.stops_work.since(rep.leaves_home), late: Vec::new() };
    for visit in visits {
        if let Some(l) = lunch.filter(|l| free >= l.at) {
            let drive = expected_drive(at, l.place, &Roads::default());
            lived.driving += drive;
            free = free + drive + Span::minutes(i64::from(l.minutes));
            (at, lunch) = (l.place, None);
        }
        let drive = expected_drive(at, visit.place, &Roads::default());
        lived.driving += drive;
        let begins = (free + drive).max(visit.start);
        lived.late.push(begins.since(visit.start));
        free = begins + visit.end.since(visit.start) + visit.overrun;
        at = visit.place;
    }
    lived.driving += expected_drive(at, rep.home, &Roads::default());
    lived
}

#[test]
fn days_are_as_the_trade_says() {
    let cells = cells(&plan(scenario("weekday"), 5));
    let reps: Vec<_> = cells.iter().flat_map(|c| &c.tenants).flat_map(|t| t.reps.iter().map(move |r| (t, r))).collect();
    let days: Vec<Lived> = reps.iter().map(|(tenant, rep)| live(tenant, rep)).collect();
    let sum = |part: fn(&Lived) -> Span| days.iter().map(|d| part(d).as_seconds()).sum::<i64>() as f64;
    // ServiceTitan: 28 % of the day is driving.
    let driving = sum(|d| d.driving) / sum(|d| d.whole);
    assert!((0.25..0.31).contains(&driving), "{driving}");
    let visits: Vec<Span> = days.iter().flat_map(|d| d.late.clone()).collect();
    let average = visits.len() as f64 / reps.len() as f64;
    assert!((4.6..5.6).contains(&average), "{average} visits a day");
    // Most begin in time, and hardly any so late that the customer has left.
    let share = |late: Span| visits.iter().filter(|v| **v <= late).count() as f64 / visits.len() as f64;
    let (in_time, soon) = (share(Span::ZERO), share(Span::minutes(45)));
    assert!(in_time > 0.7 && soon > 0.97, "{in_time} {soon}");
    for (tenant, rep) in reps {
        let zone = &tenant.data.zone;
        assert!(
            (TimeOfDay::hm(6, 45)..=TimeOfDay::hm(8, 30)).contains(&zone.time_of_day(rep.leaves_home)),
            "{}",
            rep.name
        );
        assert!(rep.leaves_home < rep.stops_work && rep.stops_work < rep.lives_until);
        assert!(zone.date(rep.stops_work) == zone.date(rep.leaves_home), "{} is home before midnight", rep.name);
    }
}

#[test]
fn an_evening_in_the_west_crosses_the_utc_date() {
    let cells = cells(&plan(scenario("utc-midnight"), 1));
    let utc = Zone::utc();
    let reps: Vec<_> = cells.iter().flat_map(|c| &c.tenants).flat_map(|t| &t.reps).collect();
    let across = reps.iter().filter(|r| utc.date(r.leaves_home) != utc.date(r.stops_work)).count();
    assert!(across * 10 > reps.len() * 9, "{across} of {}", reps.len());
}

#[test]
fn everybody_clocks_in_within_minutes_on_monday() {
    let cells = cells(&plan(scenario("monday-storm"), 1));
    let mut starts: Vec<Time> =
        cells.iter().flat_map(|c| &c.tenants).flat_map(|t| &t.reps).map(|r| r.leaves_home).collect();
    starts.sort();
    assert!(starts.last().unwrap().since(starts[0]) <= Span::minutes(5));
}

#[test]
fn the_people_of_the_conformance_pass_have_no_part_in_any_day_and_are_the_same_for_any_number_of_reps() {
    let ids = |cell: &CellPlan| -> BTreeSet<SmolStr> {
        let users = cell.tenants.iter().flat_map(|tenant| &tenant.data.users);
        users.flat_map(|user| [Some(user.user_id.clone()), user.rep_id.clone()]).flatten().collect()
    };
    let of = |reps| {
        let mut scenario = small();
        scenario.with_reps(reps);
        plan(scenario, 7)
    };
    let (few, many) = (of(3), of(200));
    let pass = few.conformance_cell();
    assert_eq!(ids(&pass), ids(&many.conformance_cell()));
    assert_eq!(pass.tenants.iter().map(|tenant| tenant.reps.len()).collect::<Vec<_>>(), [2, 1]);
    assert!(cells(&many).iter().all(|cell| ids(cell).is_disjoint(&ids(&pass))));
    assert!(
        pass.mishaps.is_empty() && !cells(&few)[0].mishaps.is_empty(),
        "nothing goes wrong with the pass's backend"
    );
}
