//! What must be true of files of users, and of plans that are played by them.

use super::*;
use fieldday_api::call::Call;
use fieldday_plan::{CellPlan, Plan, TenantPlan};
use fieldday_scenario::Scenario;
use std::collections::BTreeSet;
use std::sync::Arc;

fn refused(text: &str) -> String {
    match Roster::parse(text, "users.json") {
        Err(error) => error.to_string(),
        Ok(roster) => panic!("this was taken: {roster:?}"),
    }
}
const HEAD: &str = "tenant,zone,user_id,rep_id,role\n";

/// Two tenants a cell, so many reps each.
fn scenario(reps: u64) -> Arc<Scenario> {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.people.tenants = 2;
    scenario.people.reps = reps;
    Arc::new(scenario)
}

/// A file with so many of each role in each of two tenants.
fn file(reps: usize, csrs: usize, managers: usize) -> Roster {
    let mut text = HEAD.to_owned();
    for (tenant, zone) in [("org_east", "America/New_York"), ("org_west", "Europe/Berlin")] {
        for (role, count) in [("sales_rep", reps), ("csr", csrs), ("manager", managers)] {
            for i in 0..count {
                text.push_str(&format!("{tenant},{zone},{tenant}|{role}-{i},,{role}\n"));
            }
        }
    }
    Roster::parse(&text, "users.csv").unwrap()
}

/// Both cells as they are after the casting.
fn played(roster: &Roster, reps: u64, turn: Option<u64>) -> (CellPlan, Cast) {
    let plan = roster.plan(scenario(reps), 7, turn).unwrap();
    let mut cell = plan.cell(0);
    let cast = roster.cast(&plan, &mut cell, turn).unwrap();
    (cell, cast)
}
fn rep_users(cell: &CellPlan) -> Vec<SmolStr> {
    cell.tenants.iter().flat_map(|tenant| &tenant.reps).map(|rep| rep.user_id.clone()).collect()
}

#[test]
fn json_and_csv_say_the_same_and_tokens_are_kept_apart() {
    let json = r#"{ "tenants": [ { "id": "org_a", "zone": "America/Denver", "users": [
        { "user_id": "u1", "rep_id": "r1", "role": "org:sales_rep", "token": "eyJa.b.c" },
        { "user_id": "u2", "role": "exec" } ] } ] }"#;
    let csv = "tenant,zone,user_id,rep_id,role,token\norg_a,America/Denver,u1,r1,rep,eyJa.b.c\norg_a,,u2,,admin,\n";
    let (a, b) = (Roster::parse(json, "a.json").unwrap(), Roster::parse(csv, "b.csv").unwrap());
    assert_eq!(a, b);
    assert_eq!(Roster::parse("org_a,America/Denver,u1,r1,rep,eyJa.b.c\norg_a,,u2,,admin", "c.csv"), Ok(b));
    assert_eq!(a.token("org_a", "u1").map(Private::expose), Some("eyJa.b.c"));
    assert_eq!(a.tenants[0].users[1].rep_id(), "u2", "a rep without an id of their own goes by the user's");
    let shown = format!("{a:?} {}", serde_json::to_string(&a).unwrap());
    assert!(!shown.contains("eyJa"), "{shown}");
    assert_eq!((a.count(Role::SalesRep), a.count(Role::Manager)), (1, 1));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let user =
        |user: &str| format!("{{ \"tenants\": [\n{{ \"id\": \"o\", \"zone\": \"UTC\", \"users\": [\n{user} ] }} ] }}");
    let cases = [
        (user("{ \"user_id\": \"u\", \"role\": \"boss\" }"), "`role`: \"boss\" is not a role; allowed: sales_rep"),
        (user("{ \"user_id\": \"\", \"role\": \"rep\" }"), "`user_id`: is not an id"),
        (user("{ \"user\": \"u\", \"role\": \"rep\" }"), "unknown field `user`"),
        (user("{ \"user_id\": \"u\" }"), "missing field `role`"),
        (
            user("{ \"user_id\": \"u\", \"role\": \"rep\" }").replace("UTC", "America/NewYork"),
            "did you mean \"America/New_York\"",
        ),
        (
            user("{ \"user_id\": \"u\", \"role\": \"rep\" }, { \"user_id\": \"u\", \"role\": \"csr\" }"),
            "`tenants[0].users[1].user_id`: \"u\" appears twice",
        ),
        (user("{ \"user_id\": \"u\", \"role\": \"csr\" }"), "no sales rep"),
        ("{".to_owned(), "users.json:1:1: EOF"),
        (String::new(), "no sales rep"),
        (format!("{HEAD}o,UTC,u,,rep\no,UTC,v,,chief\n"), "users.json:3: `role`: \"chief\" is not a role"),
        (format!("{HEAD}o,UTC,u,,rep\no,Europe/Rome,v,,rep\n"), "users.json:3: `zone`: \"Europe/Rome\", but"),
        (format!("{HEAD}o,,u,,rep\n"), "users.json:2: `zone`: is missing"),
        (format!("{HEAD}o,UTC,u v,,rep\n"), "users.json:2: `user_id`: is not an id"),
        (format!("{HEAD}o,UTC,u,,rep,,,\n"), "users.json:2: 8 fields"),
        (format!("{HEAD}o,UTC,\"u\n"), "users.json:2: a quote is opened"),
        ("tenant,user_id,roles\n".to_owned(), "`roles`: unknown column; allowed: tenant, zone"),
        (format!("{HEAD}o,UTC,u,r,rep\no,UTC,v,r,rep\n"), "`tenants[0].users[1].rep_id`: \"r\" appears twice"),
    ];
    for (text, says) in &cases {
        let error = refused(text);
        assert!(error.starts_with("users.json") && error.contains(*says), "{text}\n{error}\n{says}");
    }
    assert!(refused(&cases[0].0).starts_with("users.json:3:"), "the line is known");
    let slipped = refused(&format!("{HEAD}o,UTC,u,,eyJhbGciOiJub25lIn0.e30.c2ln\n"));
    assert!(!slipped.contains("eyJ"), "{slipped}");
}

#[test]
fn everybody_of_a_cell_is_somebody_of_the_file_and_days_stay_what_they_were() {
    let roster = file(8, 1, 2);
    let plan = roster.plan(scenario(10), 7, None).unwrap();
    let (before, (cell, cast)) = (plan.cell(0), played(&roster, 10, None));
    assert_eq!(cast.left_out, Vec::<String>::new());
    let known: BTreeSet<&SmolStr> = roster.tenants.iter().flat_map(|t| &t.users).map(|u| &u.user_id).collect();
    for (tenant, planned) in cell.tenants.iter().zip(&before.tenants) {
        let ids: Vec<&SmolStr> = tenant.data.users.iter().map(|u| &u.user_id).collect();
        assert!(ids.iter().all(|id| known.contains(*id)), "{ids:?}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "nobody plays two parts of their own");
        assert!(tenant.data.id.starts_with("org_") && tenant.data.id.len() == 8);
        for (rep, was) in tenant.reps.iter().zip(&planned.reps) {
            assert_eq!((&rep.name, rep.key, rep.leaves_home), (&was.name, was.key, was.leaves_home));
            assert_eq!(rep.tenant_id, tenant.data.id);
            let of = |data: &TenantData, id: &SmolStr| {
                data.appointments.iter().filter(|a| a.assigned_rep_id.as_ref() == Some(id)).count()
            };
            assert_eq!(of(&tenant.data, &rep.rep_id), of(&planned.data, &was.rep_id));
            assert!(of(&tenant.data, &rep.rep_id) > 5);
        }
        assert_eq!(tenant.visits, planned.visits);
    }
    // No id of the plan's people goes over the wire any more, also not inside a raw request.
    let old: Vec<&str> = before.tenants.iter().flat_map(|t| &t.data.users).map(|u| u.user_id.as_str()).collect();
    let old_reps = before.tenants.iter().flat_map(|t| &t.data.users).filter_map(|u| u.rep_id.as_deref());
    let tenants = before.tenants.iter().map(|t| t.data.id.as_str());
    let json = serde_json::to_string(&cell).unwrap();
    for id in old.into_iter().chain(old_reps).chain(tenants) {
        assert!(!json.contains(id), "{id} is still there");
    }
    // Where the plan's own cell names the other tenant in a raw request, so does this one, by its new id.
    let named = |cell: &CellPlan| {
        let ids: Vec<&SmolStr> = cell.tenants.iter().map(|t| &t.data.id).collect();
        let steps = cell.tenants.iter().flat_map(|t| &t.intruders).flat_map(|i| &i.probes).flat_map(|p| &p.steps);
        let raws = steps.filter_map(|step| match &step.call {
            Call::Raw(raw) => Some(format!("{} {} {:?}", raw.query, raw.body, raw.company_id)),
            _ => None,
        });
        raws.filter(|raw| ids.iter().any(|id| raw.contains(id.as_str()))).count()
    };
    let mut busy = (*scenario(10)).clone();
    busy.intruders.probes = (150, 150);
    let plan = roster.plan(Arc::new(busy), 7, None).unwrap();
    let (before, mut cell) = (plan.cell(0), plan.cell(0));
    roster.cast(&plan, &mut cell, None).unwrap();
    assert!(named(&before) > 0, "nobody tries another tenant's id, so this shows nothing");
    assert_eq!(named(&cell), named(&before));
}

#[test]
fn tenants_work_by_their_own_clock() {
    let (cell, _) = played(&file(8, 1, 2), 10, None);
    assert_eq!(cell.tenants[1].data.zone.name, "Europe/Berlin");
    let (east, west) = (&cell.tenants[0], &cell.tenants[1]);
    assert_eq!(east.territory.zone(), "America/New_York");
    for tenant in [east, west] {
        for rep in &tenant.reps {
            let leaves = tenant.data.zone.time_of_day(rep.leaves_home).seconds();
            assert!((6 * 3600..9 * 3600).contains(&leaves), "{} leaves at {leaves}", rep.name);
        }
    }
    assert_eq!(cell.start, west.data.zone.midnight(cell.date), "Berlin's day begins first");
}

#[test]
fn who_plays_is_the_same_each_time_and_rotates_only_if_asked() {
    let roster = file(20, 1, 2);
    let users = |turn| rep_users(&played(&roster, 10, turn).0);
    assert_eq!(users(None), users(None));
    assert_eq!(users(Some(3)), users(Some(3)));
    let (first, second): (BTreeSet<_>, BTreeSet<_>) =
        (users(Some(1)).into_iter().collect(), users(Some(2)).into_iter().collect());
    assert_eq!((first.len(), second.len()), (10, 10));
    assert!(first.is_disjoint(&second), "there are enough others");
    // Tenants rotate as well where the file has more of them.
    let mut more = file(8, 0, 0);
    let copies: Vec<RosterTenant> =
        more.tenants.iter().map(|t| RosterTenant { id: format!("{}2", t.id).into(), ..t.clone() }).collect();
    more.tenants.extend(copies);
    let tenants = |turn| played(&more, 10, turn).0.tenants.iter().map(|t| t.data.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (tenants(Some(0)), tenants(Some(1))),
        (vec!["org_east".into(), "org_west".into()], vec!["org_east2".into(), "org_west2".into()])
    );
}

#[test]
fn whom_the_file_has_under_the_plans_own_ids_keep_their_parts() {
    let plan = Plan::new(scenario(10), 7).unwrap();
    let cell = plan.cell(0);
    let roster = Roster { tenants: cell.tenants.iter().map(|t| RosterTenant::of(&t.data)).collect() };
    let text: Vec<String> = roster.tenants.iter().map(RosterTenant::to_json).collect();
    let read = Roster::parse(&format!("{{ \"tenants\": [\n{}\n] }}", text.join(",\n")), "users.json").unwrap();
    assert_eq!(read, roster);
    let (same, cast) = played(&read, 10, None);
    assert_eq!(cast, Cast::default());
    assert_eq!(serde_json::to_string(&same).unwrap(), serde_json::to_string(&cell).unwrap());
}

#[test]
fn what_the_file_lacks_is_counted_or_left_out() {
    let cast = |roster: &Roster, reps| {
        let plan = roster.plan(scenario(reps), 7, None).unwrap();
        roster.cast(&plan, &mut plan.cell(0), None)
    };
    let error = cast(&file(3, 0, 0), 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cell-0/tenant-0 needs 5 sales_rep, tenant org_east of the file has 3: 2 missing; \
         cell-0/tenant-1 needs 5 sales_rep, tenant org_west of the file has 3: 2 missing"
    );
    // 60 reps in two tenants need two CSRs each, and one manager.
    let error = cast(&file(31, 1, 1), 60).unwrap_err();
    assert!(error.to_string().contains("needs 2 csr, tenant org_east of the file has 1: 1 missing"), "{error}");
    assert!(error.hint().contains("office.reps_per_csr"));
    let left_out = cast(&file(5, 0, 0), 10).unwrap().left_out;
    let names = [
        "cell-0/tenant-0/intruder-0",
        "cell-0/tenant-0/office/csr-1",
        "cell-0/tenant-0/office/manager-1",
        "cell-0/tenant-0/auditor",
    ];
    assert_eq!(left_out[..4], names);
    // One manager: the office's, and the auditor has the same login.
    let (cell, shared) = played(&file(7, 1, 1), 10, None);
    assert_eq!(shared, Cast::default());
    let manager = &cell.tenants[0].auditor.as_ref().unwrap().user_id;
    assert!(cell.tenants[0].office.iter().any(|office| office.user_id == *manager));
    let mut one = file(5, 0, 0);
    one.tenants.pop();
    let error = cast(&one, 10).unwrap_err();
    assert!(
        error.to_string().starts_with("cell-0/tenant-1 has no tenant in the file of users, which has 1; 2 are"),
        "{error}"
    );
}

#[test]
fn what_is_tried_on_anothers_shift_is_tried_on_a_rep_whom_the_day_leaves_over_or_not_at_all() {
    let tried = |cell: &CellPlan| -> Vec<SmolStr> {
        let own = |tenant: &TenantPlan, id: &SmolStr| tenant.intruders.iter().any(|intruder| intruder.rep_id == *id);
        let mut aims = Vec::new();
        for tenant in &cell.tenants {
            let probes = tenant.intruders.iter().flat_map(|intruder| &intruder.probes);
            for step in probes.flat_map(|probe| &probe.steps) {
                if let Call::ClockIn { rep_id, .. } | Call::ClockOut { rep_id } = &step.call
                    && !own(tenant, rep_id)
                {
                    aims.push(rep_id.clone());
                }
            }
        }
        aims
    };
    let busy = || {
        let mut scenario = (*scenario(10)).clone();
        scenario.intruders.probes = (100, 100);
        Arc::new(scenario)
    };
    let cast = |roster: &Roster| {
        let plan = roster.plan(busy(), 7, None).unwrap();
        let mut cell = plan.cell(0);
        let cast = roster.cast(&plan, &mut cell, None).unwrap();
        (cell, cast.left_out)
    };
    let (cell, left_out) = cast(&file(7, 1, 1));
    assert_eq!(left_out, [""; 0]);
    let (aims, off_duty) = (tried(&cell), |tenant: usize| cell.tenants[tenant].off_duty.as_ref().unwrap());
    assert!(aims.len() > 3 && aims.iter().all(|id| [0, 1].iter().any(|t| off_duty(*t).rep_id == *id)), "{aims:?}");
    for tenant in &cell.tenants {
        let rep = tenant.off_duty.as_ref().unwrap();
        assert!(rep.user_id.contains("|sales_rep-") && tenant.reps.iter().all(|other| other.rep_id != rep.rep_id));
        assert!(cell.users_with_a_part().all(|user| *user != rep.user_id));
    }
    // Five reps and the intruder: nobody is left.
    let (cell, left_out) = cast(&file(6, 1, 1));
    assert_eq!(left_out, ["cell-0/tenant-0/off-duty", "cell-0/tenant-1/off-duty"]);
    assert_eq!(tried(&cell), [""; 0]);
    assert!(cell.tenants.iter().all(|tenant| tenant.off_duty.is_none() && tenant.intruders[0].probes.len() > 80));
}

#[test]
fn data_as_found_leaves_nothing_that_needs_rows_of_the_plan() {
    let plan = Plan::new(scenario(10), 7).unwrap();
    let (mut cell, before) = (plan.cell(0), plan.cell(0));
    cell.as_found(plan.scenario());
    let rows = |cell: &CellPlan| -> usize {
        let is_row = |word: &&str| {
            let of =
                ["appt_", "task_", "session_", "contact_", "lead_"].iter().find_map(|kind| word.strip_prefix(kind));
            of.is_some_and(|digits| digits.len() == 14)
        };
        let json = serde_json::to_string(cell).unwrap();
        json.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(is_row).count()
    };
    assert!(rows(&before) > 500);
    assert_eq!(rows(&cell), 0);
    let probes =
        |cell: &CellPlan| cell.tenants.iter().flat_map(|t| &t.intruders).map(|i| i.probes.len()).sum::<usize>();
    assert!(probes(&cell) > 3 && probes(&cell) < probes(&before));
    for (tenant, was) in cell.tenants.iter().zip(&before.tenants) {
        assert_eq!(tenant.data.users, was.data.users);
        let latest = tenant.data.zone.at(cell.date, plan.scenario().day.latest);
        assert!(tenant.reps.iter().all(|rep| rep.stops_work >= latest && rep.lives_until > rep.stops_work));
    }
}

#[test]
fn the_conformance_pass_is_played_by_reps_whom_the_day_leaves_over() {
    let roster = file(8, 1, 1);
    let plan = roster.plan(scenario(10), 7, None).unwrap();
    let mut day = plan.cell(0);
    roster.cast(&plan, &mut day, None).unwrap();
    let users = |cell: &CellPlan| -> BTreeSet<SmolStr> { cell.users_with_a_part().cloned().collect() };
    let pass = roster.conformance_cell(&plan, &users(&day)).unwrap();
    let reps = rep_users(&pass);
    assert_eq!((pass.tenants[0].reps.len(), pass.tenants[1].reps.len(), reps.len()), (2, 1, 3));
    assert!(reps.iter().all(|rep| rep.contains("|sales_rep-") && !users(&day).contains(rep)), "{reps:?}");
    assert_eq!(pass.tenants[1].data.zone.name, "Europe/Berlin");
    assert!(users(&pass).contains("org_east|manager-0"), "the office may take part in both");
    // Six of eight reps and the intruder of each tenant work: one is left over, which is too few of one tenant.
    let plan = roster.plan(scenario(12), 7, None).unwrap();
    let mut day = plan.cell(0);
    roster.cast(&plan, &mut day, None).unwrap();
    let SpareError::Cast(error) = roster.conformance_cell(&plan, &users(&day)).unwrap_err() else { panic!() };
    assert_eq!(error, CastError::NoSpareReps { spare: 2 });
    assert!(error.hint().contains("--reps"));
}
