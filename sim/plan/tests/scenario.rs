//! What must be true of scenario files, and of what is said about wrong ones.

use fieldday_plan::Plan;
use fieldday_scenario::*;
use proptest::prelude::*;
use std::sync::Arc;

fn refused(text: &str) -> ScenarioError {
    match Scenario::parse(text, "test.toml") {
        Err(error) => error,
        Ok(_) => panic!("this was taken:\n{text}"),
    }
}
const HEAD: &str = "name = 'test'\nabout = 'a test'\n[day]\ndates = ['2026-06-10']\n";

#[test]
fn every_built_in_scenario_is_right_and_called_like_its_file() {
    let names = Scenario::builtin_names();
    for name in ["weekday", "monday-storm", "dead-zones", "outage", "ghost", "utc-midnight", "dst", "rough", "demo"] {
        assert!(names.contains(&name), "{name}");
    }
    for name in names {
        let scenario = Scenario::load(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, name);
        assert!(!scenario.must_exercise.is_empty(), "{name} demands nothing");
        let text = Scenario::builtin_text(name).unwrap();
        assert!(text.starts_with("# ") && text.contains("# Purpose:"), "{name} tells no story");
    }
    assert_eq!(Scenario::init_copies().len(), Scenario::builtin_names().len());
}

#[test]
fn a_scenario_written_out_reads_back_the_same() {
    for name in Scenario::builtin_names() {
        let mut scenario = Scenario::load(name).unwrap();
        scenario.with_reps(777);
        let text = scenario.to_toml().unwrap();
        assert_eq!(Scenario::parse(&text, "again.toml"), Ok(scenario), "{text}");
    }
}

#[test]
fn tokens_are_written_only_where_they_are_not_the_usual() {
    let usual = Scenario::parse(HEAD, "usual.toml").unwrap();
    assert!(!usual.to_toml().unwrap().contains("tokens"));
    let text = format!("{HEAD}[tokens]\nsource = 'command'\ncommand = ['./token.sh', '--quiet']\nparallel = 3");
    let scenario = Scenario::parse(&text, "command.toml").unwrap();
    assert_eq!(scenario.tokens.command, ["./token.sh", "--quiet"]);
    assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "again.toml"), Ok(scenario));
}

#[test]
fn the_schema_takes_what_the_parser_takes_and_refuses_a_misspelt_key() {
    let schema = Scenario::json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in Scenario::builtin_names() {
        let value: serde_json::Value = toml::from_str(Scenario::builtin_text(name).unwrap()).unwrap();
        assert!(validator.is_valid(&value), "{name}: {:?}", validator.iter_errors(&value).next());
    }
    let misspelt: serde_json::Value = toml::from_str(&format!("{HEAD}[people]\nrep = 3")).unwrap();
    assert!(!validator.is_valid(&misspelt));
    let too_many: serde_json::Value = toml::from_str(&format!("{HEAD}[people]\ntenants_per_cell = 99")).unwrap();
    assert!(!validator.is_valid(&too_many));
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn look(path: &str, schema: &serde_json::Value, bare: &mut Vec<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                bare.push(format!("{path}.{key}"));
            }
        }
    }
    let (schema, mut bare) = (Scenario::json_schema(), Vec::new());
    look("", &schema, &mut bare);
    for (name, part) in schema["$defs"].as_object().unwrap() {
        look(name, part, &mut bare);
    }
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn a_misspelt_key_is_placed_and_the_right_one_suggested() {
    let error = refused(&format!("{HEAD}[people]\nreps = 3\ntenants_per_cel = 2\n"));
    let problem = &error.problems[0];
    assert_eq!((problem.at, problem.key.as_str()), (Some((7, 1)), "people.tenants_per_cel"));
    assert_eq!(problem.suggestion.as_deref(), Some("tenants_per_cell"));
    assert!(problem.allowed.as_ref().unwrap().contains("territories"));
    let text = error.to_string();
    assert!(text.starts_with("test.toml:7:1: `people.tenants_per_cel`: unknown key"), "{text}");
    assert!(text.ends_with("did you mean `tenants_per_cell`?"), "{text}");
}

#[test]
fn wrong_values_are_placed_by_their_key() {
    // Text after the head; line and column; key; a part of the message.
    let wrong = [
        ("[people]\nreps = 0", (6, 8), "people.reps", "out of range"),
        ("[people]\nreps = 'many'", (6, 8), "people.reps", "expected a whole number"),
        ("[people]\ntenants = 3", (6, 11), "people.tenants", "whole cells"),
        ("[people]\nreps = 9\ntenants = 8", (7, 11), "people.tenants", "do not match"),
        ("[people]\nterritories = ['newark', 'chicgo']", (6, 26), "people.territories[1]", "unknown value"),
        ("[people.mix]\nstedy = 1", (6, 9), "people.mix.stedy", "unknown value"),
        ("[people.habits]\npatience_s = 500", (6, 14), "people.habits.patience_s", "out of range"),
        ("[network]\ntrace = ' '", (6, 9), "network.trace", "is empty"),
        ("[network]\ntrace_down = 'lte.down'", (6, 14), "network.trace_down", "needs `trace`"),
        ("[network]\ntrace = 'a.csv'\ntrace_down = 'b'", (7, 14), "network.trace_down", "both directions"),
        ("[network]\ntrace = 'a'\ntrace_down = 'b.csv'", (7, 14), "network.trace_down", "is a .csv file"),
        ("[network.personas]\nstedy = { trace = 'a.csv' }", (6, 1), "network.personas.stedy", "unknown value"),
        ("[network.personas.steady]\ntrace = ''", (6, 9), "network.personas.steady.trace", "is empty"),
        ("[network.personas.steady]\ntrace_up = ''", (6, 1), "network.personas.steady.trace_up", "unknown key"),
        ("[network.territories]\nnewerk = { trace = 'a.csv' }", (6, 1), "network.territories.newerk", "unknown value"),
        ("[network.territories.newark]\ntrace_down = 'a'", (5, 1), "network.territories.newark.trace", "is missing"),
        (
            "[network.territories.newark]\ntrace = 'a.csv'\ntrace_down = 'b'",
            (7, 14),
            "network.territories.newark.trace_down",
            "both directions",
        ),
        (
            "[people.mix]\nsteady = 1\n[network.personas]\nbig-ticket = { trace = 'a.csv' }",
            (8, 1),
            "network.personas.big-ticket",
            "no rep has this persona",
        ),
        ("[network]\nprofile = 'cautous'", (6, 11), "network.profile", "unknown value"),
        ("[office]\nactions_per_rep = [0, 4000000000]", (6, 23), "office.actions_per_rep[1]", "out of range"),
        ("[network]\ngap_minutes = [9, 3]", (6, 15), "network.gap_minutes", "more than"),
        ("[visits]\nmodes = { full = 0, ghost = 0, ephemeral = 0 }", (6, 1), "visits.modes", "no mode"),
        ("[switches]\npage_beyond = 'cutt'", (6, 15), "switches.page_beyond", "not allowed"),
        ("[[mishap]]\nname = 'x'\nkind = 'slow'", (5, 1), "mishap[0].extra_ms", "is required for"),
        ("[[mishap]]\nname = 'x'\nkind = 'restart'\nstatus = 503", (8, 10), "mishap[0].status", "is not used by"),
        ("[[mishap]]\nname = 'x'\nkind = 'restart'\ntenant = 2", (8, 10), "mishap[0].tenant", "no tenant 2"),
        ("[tokens]\nsource = 'clark'", (6, 10), "tokens.source", "not allowed"),
        ("[tokens]\nsource = 'file'", (5, 2), "tokens.path", "is required for"),
        ("[tokens]\nsource = 'command'\ncommand = []", (7, 11), "tokens.command", "is required for"),
        ("[tokens]\nsource = 'clerk'\nkey = 'my.pem'", (7, 7), "tokens.key", "is not used by"),
        ("[tokens]\nsource = 'file'\npath = 'x'\nlife_s = 60", (8, 10), "tokens.life_s", "is not used by"),
        ("[tokens]\ntenant_claim = 'tenant'", (6, 16), "tokens.tenant_claim", "not allowed"),
        ("[tokens]\nkey = ' '", (6, 7), "tokens.key", "is empty"),
        ("[[outage]]\nname = 'x'\nfrom = '25:00'\nminutes = 3", (7, 8), "outage[0].from", "time of day"),
        ("[data]\nusers = 'users.txt'", (6, 9), "data.users", "not a file of users"),
        ("[data]\nrotate = true", (6, 10), "data.rotate", "needs users"),
        ("[data]\nprovision = ' '", (6, 13), "data.provision", "not a command"),
        ("[data]\nprovision = './load'\nfound = true", (7, 9), "data.found", "cannot be combined with"),
        ("[data]\ntimeout_s = 0", (6, 13), "data.timeout_s", "out of range"),
        ("[data]\nuplods = 3", (6, 1), "data.uplods", "unknown key"),
        ("[[outage]]\nname = 'Big One'\nfrom = '05:00'\nminutes = 3", (6, 8), "outage[0].name", "not a valid name"),
    ];
    for (text, at, key, message) in wrong {
        let error = refused(&format!("{HEAD}{text}\n"));
        let problem = &error.problems[0];
        assert_eq!((problem.at, problem.key.as_str()), (Some(at), key), "{text}\n{error}");
        assert!(problem.message.contains(message), "{text}\n{error}");
    }
}

#[test]
fn suggestions_come_with_words_too() {
    let suggestion = |text: &str| refused(text).problems[0].suggestion.clone();
    let head = HEAD.replace("[day]", "must_exercise = ['shift.clock-in.onse']\n[day]");
    assert_eq!(suggestion(&head).as_deref(), Some("shift.clock-in.once"));
    assert_eq!(suggestion(&format!("{HEAD}[network]\nprofile = 'cautous'")).as_deref(), Some("cautious"));
    assert_eq!(suggestion(&format!("{HEAD}[network.personas.stedy]\ntrace = 'a'")).as_deref(), Some("steady"));
    assert_eq!(suggestion(&format!("{HEAD}[network.territories.newerk]\ntrace = 'a'")).as_deref(), Some("newark"));
    let ops = format!("{HEAD}[[mishap]]\nname = 'x'\nkind = 'restart'\nops = ['clok-in']");
    assert_eq!(suggestion(&ops).as_deref(), Some("clock-in"));
    let unknown = Scenario::load("weekdy").unwrap_err();
    assert_eq!(unknown.problems[0].suggestion.as_deref(), Some("weekday"));
    let unread = Scenario::load("/no/such/file.toml").unwrap_err().to_string();
    assert!(unread.starts_with("/no/such/file.toml: cannot be read"), "{unread}");
}

#[test]
fn what_is_missing_and_what_is_no_toml_is_said_as_well() {
    let error = refused("name = 'x'\nabout = 'y'\n");
    assert_eq!(error.problems[0].key, "day");
    assert!(error.to_string().contains("is missing"), "{error}");
    assert_eq!(refused("name = 'x'\nabout = 'y'\n[day]\nlatest = '19:00'").problems[0].key, "day.dates");
    let outage = format!("{HEAD}[[outage]]\nname = 'x'\nminutes = 3");
    assert_eq!(refused(&outage).problems[0].key, "outage[0].from");
    let error = refused("name = 'x\n");
    assert_eq!(error.problems[0].at.map(|(line, _)| line), Some(1), "{error}");
    let error = refused(&HEAD.replace("['2026-06-10']", "[2026-06-10]"));
    assert!(error.to_string().contains("in quotes"), "{error}");
}

#[test]
fn more_reps_are_more_tenants_of_the_same_size() {
    let mut scenario = Scenario::load("weekday").unwrap();
    let size = |s: &Scenario| (s.people.reps, s.people.tenants, s.reps_per_tenant(), s.cells_a_day());
    assert_eq!(size(&scenario), (200, 4, 50, 2));
    for (reps, expected) in [(1_000_000, (1_000_000, 20_000, 50, 10_000)), (201, (201, 6, 50, 3)), (1, (1, 2, 50, 1))] {
        scenario.with_reps(reps);
        assert_eq!(size(&scenario), expected);
        assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "again.toml"), Ok(scenario.clone()));
    }
}

#[test]
fn traces_for_some_phones_are_written_as_they_are_read() {
    let text = format!(
        "{HEAD}[network]\ntrace = 'all.csv'\nvalleys = 3\n[network.personas]\nsteady = {{ trace = 'a.csv' }}\n\
         [network.territories.newark]\ntrace = 'lte.up'\ntrace_down = 'lte.down'\n"
    );
    let scenario = Scenario::parse(&text, "test.toml").unwrap();
    let network = &scenario.network;
    assert_eq!((network.personas["steady"].trace.as_str(), network.valleys), ("a.csv", 3));
    assert_eq!(network.territories["newark"].trace_down.as_deref(), Some("lte.down"));
    assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "again.toml"), Ok(scenario));
}

/// Pieces that change what a file means.
const PIECES: [&str; 16] = [
    "0",
    "-1",
    "99999999999999999999",
    "1e9",
    "''",
    "[]",
    "[[mishap]]",
    "[people]\n",
    "name",
    "=",
    "\"\"\"",
    "'cell-0'",
    "[0, 4294967295]",
    "\u{0}",
    "💥",
    "2026-06-10T00:00:00Z",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// A built-in file with pieces cut out, doubled, and put in: read or refused, never a panic; and what is read can be
    /// planned, or is refused for what it removes.
    #[test]
    fn no_text_makes_the_parser_panic(
        which in 0_usize..9,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30, 0_usize..PIECES.len()), 0..5),
    ) {
        let names = Scenario::builtin_names();
        let mut text: Vec<char> = Scenario::builtin_text(names[which % names.len()]).unwrap().chars().collect();
        for (at, length, piece) in cuts {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, PIECES[piece].chars());
        }
        let text: String = text.into_iter().collect();
        match Scenario::parse(&text, "mutant.toml") {
            Ok(scenario) => {
                let _ = Plan::new(Arc::new(scenario), 1);
            }
            Err(error) => {
                prop_assert!(!error.problems.is_empty() && !error.to_string().is_empty());
                for problem in error.problems {
                    prop_assert!(problem.span.is_none_or(|span| span.start <= text.len()));
                }
            }
        }
    }

    #[test]
    fn any_numbers_are_planned_or_refused(
        reps in any::<u64>(), tenants in any::<u32>(), per_cell in 0_u32..20, each in prop::option::of(0_u32..2000),
    ) {
        let each = each.map_or(String::new(), |n| format!("reps_per_tenant = {n}\n"));
        let reps = reps % 20_000_000;
        let text = format!("{HEAD}[people]\nreps = {reps}\ntenants = {tenants}\ntenants_per_cell = {per_cell}\n{each}");
        if let Ok(scenario) = Scenario::parse(&text, "numbers.toml") {
            let plan = Plan::new(Arc::new(scenario), 1).unwrap();
            prop_assert_eq!(plan.reps(), reps);
            prop_assert_eq!(plan.cells() * per_cell, tenants);
        }
    }
}

#[test]
fn a_dialect_is_read_checked_and_left_out_where_there_is_none() {
    let text = format!(
        "{HEAD}[dialect.names.recording_mode]\nfull = 'normal'\n[dialect.also.recording_mode]\noff = 'ghost'\n\
         [dialect.fields]\ncontact_card_id = 'contact_id'\n[contract]\nnaive-time = 'broken'\n"
    );
    let scenario = Scenario::parse(&text, "test.toml").unwrap_or_else(|error| panic!("{error}"));
    let table = scenario.dialect.table(false);
    assert_eq!(table.names["recording_mode"]["full"], "normal");
    assert_eq!(table.also["recording_mode"]["off"], "ghost");
    assert_eq!(table.fields["contact_card_id"], "contact_id");
    assert!(table.naive_times_are_utc);
    use fieldday_api::dialect::{ContractKind, Severity};
    assert_eq!(scenario.contract.of(ContractKind::NaiveTime), Severity::Broken);
    assert_eq!(scenario.contract.of(ContractKind::Envelope), Severity::Note);
    assert_eq!(Scenario::parse(&scenario.to_toml().unwrap(), "again.toml"), Ok(scenario));

    let plain = Scenario::parse(HEAD, "test.toml").unwrap().to_toml().unwrap();
    assert!(!plain.contains("dialect") && !plain.contains("contract"), "{plain}");

    // Text, key, suggestion.
    let wrong = [
        ("[dialect.names.recording_mod]\nfull = 'x'", "dialect.names.recording_mod", Some("recording_mode")),
        ("[dialect.names.recording_mode]\nfuul = 'x'", "dialect.names.recording_mode.fuul", Some("full")),
        ("[dialect.names.recording_mode]\nfull = 'a b'", "dialect.names.recording_mode.full", None),
        ("[dialect.also.recording_mode]\noff = 'gost'", "dialect.also.recording_mode.off", Some("ghost")),
        ("[dialect.fields]\na = 'x'\nb = 'x'", "dialect.fields.a", None),
        // Two of the spec's names are one, or one name means two.
        (
            "[dialect.names.recording_mode]\nfull = 'normal'\nephemeral = 'ghost'",
            "dialect.names.recording_mode.ephemeral",
            None,
        ),
        ("[dialect.names.recording_mode]\nfull = 'x'\nghost = 'x'", "dialect.names.recording_mode.full", None),
        ("[dialect.names.assignee]\ncsr = 'rep'", "dialect.names.assignee.csr", None),
        ("[dialect.sent.priority]\nhigh = 'low'", "dialect.sent.priority.high", None),
        ("[dialect.also.recording_mode]\nghost = 'full'", "dialect.also.recording_mode.ghost", None),
        ("[dialect.fields]\ncontact_card_id = 'lead_id'", "dialect.fields.contact_card_id", None),
        ("[dialect]\nenvelopes = ['dat']", "dialect.envelopes[0]", Some("data")),
        ("[contract]\nnaive-tme = 'note'", "contract.naive-tme", Some("naive-time")),
        ("[contract]\nnaive-time = 'brokn'", "contract.naive-time", Some("broken")),
    ];
    for (text, key, suggestion) in wrong {
        let error = refused(&format!("{HEAD}{text}\n"));
        assert_eq!(error.problems[0].key, key, "{text}\n{error}");
        assert_eq!(error.problems[0].suggestion.as_deref(), suggestion, "{text}\n{error}");
    }
}

#[test]
fn today_is_the_date_of_the_first_territory() {
    let scenario = Scenario::load("weekday").unwrap();
    let date = |text: &str| scenario.today(fieldday_kernel::time::Time::parse(text).unwrap()).to_string();
    assert_eq!(date("2026-06-11T03:30:00Z"), "2026-06-10", "it is half past eleven in the evening there");
    assert_eq!(date("2026-06-11T04:30:00Z"), "2026-06-11");
}

#[test]
fn what_the_schema_refuses_in_a_table_that_may_be_absent_is_refused() {
    for (table, keys, says) in [
        ("database", "connections = 5\npercent = 600", "`plant.database.percent`: 600 is out of range"),
        ("database", "connections = 0\npercent = 40", "`plant.database.connections`: 0 is out of range"),
        (
            "rate_limit",
            "per_second = 0\nburst = 5\nretry_after_s = 1",
            "`plant.rate_limit.per_second`: 0 is out of range",
        ),
    ] {
        let error = refused(&format!("{HEAD}\n[plant.{table}]\n{keys}\n")).to_string();
        assert!(error.contains(says), "{error}");
    }
    let right = format!("{HEAD}\n[plant.database]\nconnections = 5\npercent = 40\n");
    assert!(Scenario::parse(&right, "test.toml").is_ok());
}
