//! What is said when something is wrong: command, exit code and stderr, as committed.
//!
//! Every command here must fail. A row is added for a new variant of `Failure`. If a message
//! is changed on purpose, accept it with `cargo xtask snapshots`, which runs this test with `INSTA_UPDATE=always`, and read the
//! difference before committing it.

mod common;

use common::{fieldday, read_output, room};
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The words after `fieldday`, separated by blanks; single quotes hold words together.
type Line = &'static str;

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// Runs it; where no live run may begin, because it is around midnight at the target's tenants, again when that is over.
fn away_from_midnight(command: &mut Command) -> (i32, String, String) {
    for _ in 0..60 {
        let said = read_output(&command.output().unwrap());
        if !said.2.contains("the local date of") {
            return said;
        }
        std::thread::sleep(Duration::from_secs(5));
    }
    panic!("midnight has been near for five minutes: {command:?}")
}

/// Runs each line in `place` and compares what all of them said with the snapshot `name`.
fn all_fail(name: &str, place: &Path, env: &[(&str, &str)], lines: &[Line]) {
    let mut all = String::new();
    for line in lines {
        let mut command = fieldday();
        command.args(words(line)).current_dir(place).env("COLUMNS", "100").env("TERM", "dumb");
        command
            .env_remove("FIELDDAY_LOG")
            .env_remove("CLERK_SECRET_KEY")
            .env_remove("HTTP_PROXY")
            .env_remove("http_proxy")
            .envs(env.iter().copied());
        let (code, stdout, stderr) = away_from_midnight(&mut command);
        assert_ne!(code, 0, "{line}: {stdout}{stderr}");
        assert!(!stderr.contains("panicked") && !stderr.is_empty(), "{line}: {stderr}");
        let set: String = env.iter().map(|(key, value)| format!("{key}={value} ")).collect();
        writeln!(all, "$ {set}fieldday {line}\n[exit code {code}]").unwrap();
        if !stdout.is_empty() {
            writeln!(all, "[{} lines on stdout]", stdout.lines().count()).unwrap();
        }
        writeln!(all, "{stderr}").unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/errors",
        filters => [
            // Sizes of folders hold timings, too.
            (r"\d[\d.]* [kM]B", "[SIZE]"),
            (r"\d{8}T\d{6}Z", "[TIME]"),
            (r"\d[\d,]* open files", "[N] open files"),
            // A live run's day is today, and so is what is planned for it.
            (r"(?m)^  \d{4}-\d\d-\d\d from .*$", "  [DATE AND LOAD]"),
        ] }, {
        insta::assert_snapshot!(name, all);
    });
}

const SMALL: &str =
    "name = \"small\"\nabout = \"Six reps.\"\n[day]\ndates = [\"2026-06-10\"]\n[people]\nreps = 6\ntenants = 2\n";

/// Writes the scenario `small` under a name, with a part of it replaced or a part added at its end.
fn scenario(place: &Path, name: &str, from: &str, to: &str) {
    let text = if from.is_empty() { format!("{SMALL}{to}") } else { SMALL.replace(from, to) };
    assert_ne!(text, SMALL, "{name}");
    fs::write(place.join(name), text).unwrap();
}

#[test]
fn wrong_names_and_values() {
    let place = room("errors-names");
    all_fail(
        "names-and-values",
        &place,
        &[],
        &[
            "frobnicate",
            "rn",
            "run weekday extra",
            "run --sed 7",
            "run --seed seven",
            "run --seed 0x1ffffffffffffffff",
            "run --reps 0",
            "run --reps 99999999999",
            "run --date 2026-02-30",
            "run --threads 0",
            "run --format yaml",
            "run wekday",
            "run no-such-scenario-at-all",
            "run nowhere.toml",
            "run --defect clockin-race",
            "run --defect xyzzy",
            "run --reps 6 --without cell-0/tenant-1/rep-99",
            "run --target ftp://example.com",
            "run --target localhost",
            "run --target http://127.0.0.1:99999",
            "run --target http://127.0.0.1:08080x --dry-run",
            "run --target https://ann:hunter2@staging.example.com",
            "run --target https://staging.example.com/?key=hunter2",
            "capacity --target http://127.0.0.1:99999",
            "capacity --target https://ann:hunter2@staging.example.com",
            "run weekday --dry-run",
            "run weekday --max-requests 5",
            "run weekday --only-rep nobody",
            "run --speed 60",
            "run --record --no-out",
            "run --target mock --verify",
            "run --target mock --window 09:00",
            "rules shift.clockin.once",
            "rules xyzzy",
            "scenarios show dead-zone",
            "scenarios plan --reps 6 --cell 9",
            "scenarios plan --reps 6 --rep cell-0/tenant-0/rep-9",
            "scenarios plan --reps 6 --rep xyzzy",
            "replay demo --rep cell-0/tenant-0/rep-99",
            "replay demo --endpoint clockin",
            "replay demo --endpoint xyzzy",
            "replay demo --rule no.rule",
            "replay demo --cell 7",
            "replay demo --rep cell-0/tenant-0/rep-00 --at 25:00",
            "replay demo --rep cell-0/tenant-0/rep-00 --step",
            "prove --defect cache-ignord",
            "prove --quick --seeds 1",
            "explore --for 10parsecs",
            "explore --for 1s --seeds 1",
            "completions tcsh",
        ],
    );
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "nothing was begun");
    all_fail("log-filter", &place, &[("FIELDDAY_LOG", "fieldday_live=chatty")], &["run smoke --target mock --dry-run"]);
}

#[test]
fn wrong_scenario_files() {
    let place = room("errors-scenarios");
    scenario(&place, "unknown-key.toml", "reps = 6", "rep = 6");
    scenario(&place, "unknown-table.toml", "[people]", "[peeple]");
    scenario(&place, "wrong-type.toml", "reps = 6", "reps = \"six\"");
    scenario(&place, "wrong-value.toml", "reps = 6", "reps = 0");
    scenario(&place, "wrong-date.toml", "2026-06-10", "2026-06-31");
    scenario(&place, "syntax.toml", "reps = 6", "reps = ");
    scenario(&place, "missing-key.toml", "name = \"small\"\n", "");
    scenario(&place, "twice.toml", "", "reps = 7\n");
    scenario(&place, "unknown-territory.toml", "", "territories = [\"newerk\"]\n");
    scenario(&place, "unknown-rule.toml", "[day]", "must_exercise = [\"shift.clockin.once\"]\n[day]");
    scenario(&place, "wrong-limit.toml", "[day]", "limits = [\"p95 < soon\"]\n[day]");
    fs::write(place.join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    fs::write(place.join("empty.toml"), "").unwrap();
    fs::create_dir(place.join("folder.toml")).unwrap();
    fs::write(place.join("repro.toml"), "repro = 1\n").unwrap();
    all_fail(
        "scenario-files",
        &place,
        &[],
        &[
            "scenarios check unknown-key.toml",
            "run unknown-key.toml",
            "scenarios check unknown-table.toml",
            "scenarios check wrong-type.toml",
            "scenarios check wrong-value.toml",
            "scenarios check wrong-date.toml",
            "scenarios check syntax.toml",
            "scenarios check missing-key.toml",
            "scenarios check twice.toml",
            "scenarios check unknown-territory.toml",
            "scenarios check unknown-rule.toml",
            "scenarios check wrong-limit.toml",
            "scenarios check binary.toml",
            "scenarios check empty.toml",
            "scenarios check folder.toml",
            "replay repro.toml",
        ],
    );
}

#[test]
fn folders_and_files_that_are_missing_or_damaged() {
    let place = room("errors-folders");
    fs::write(place.join("file"), "no folder").unwrap();
    fs::write(place.join("foreign.json"), "{}").unwrap();
    fs::create_dir(place.join("empty")).unwrap();
    for (folder, files) in [
        ("damaged", &[("run.json", "{")][..]),
        ("other-version", &[("run.json", "{\"schema\": 999}")]),
        ("no-history", &[("run.json", "{\"schema\": 1}"), ("history.jsonl.zst", "no zstd")]),
        ("search", &[("capacity.json", "{")]),
    ] {
        fs::create_dir(place.join(folder)).unwrap();
        files.iter().for_each(|(name, text)| fs::write(place.join(folder).join(name), text).unwrap());
    }
    // A whole run, one with a damaged summary, and one with a damaged history.
    scenario(&place, "small.toml", "reps = 6", "reps = 4");
    let run = |out: &str, more: &[&str]| {
        let words = [&["run", "small.toml", "--out", out], more].concat();
        let (code, stdout, stderr) = read_output(&fieldday().args(words).current_dir(&place).output().unwrap());
        assert_eq!(code, 0, "{stdout}{stderr}");
        let made = fs::read_dir(place.join(out)).unwrap().next().unwrap().unwrap().path();
        fs::rename(made, place.join(format!("{out}-run"))).unwrap();
        fs::remove_dir(place.join(out)).unwrap();
    };
    run("plain", &[]);
    run("cut", &["--record"]);
    fs::write(place.join("cut-run/history.jsonl.zst"), "no history").unwrap();
    run("good", &[]);
    fs::write(place.join("plain-run/summary.json"), "{").unwrap();
    all_fail(
        "folders",
        &place,
        &[],
        &[
            "run small.toml --out file",
            "init file/below",
            "check missing",
            "check empty",
            "check damaged",
            "check other-version",
            "check no-history",
            "check good-run",
            "check cut-run",
            "report missing",
            "report empty",
            "report plain-run",
            "run missing/",
            "replay empty",
            "replay damaged",
            "results list missing",
            "results latest empty",
            "results prune . --keep-last 1",
            "results prune .",
            "compare missing --baseline good-run",
            "compare --results empty",
            "compare good-run --baseline good-run",
            "compare good-run --baseline last:0",
            "trend missing",
            "trend empty",
            "trend . --scenario nightly",
            "explore demo --seeds 1 --resume foreign.json",
            "explore demo --seeds 1 --resume missing.json",
            "explore demo --seeds 1 --out file/explored.json",
            "prove --defect cache-ignored --seeds 1 --keep foreign.json",
            "capacity --resume missing",
            "capacity --resume search",
        ],
    );
}

#[test]
fn targets_that_cannot_be_used() {
    let place = room("errors-live");
    // Listens and never answers: taken, for who wants to listen there.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    all_fail(
        "targets",
        &place,
        &[],
        &[
            "run smoke --target http://127.0.0.1:9 --no-out",
            "run smoke --target https://staging.example.com --no-out",
            "run smoke --target http://127.0.0.1:9 --no-out --defect stale-read",
            "run smoke --target mock --no-out --only-rep cell-0/tenant-0/rep-99",
            "run smoke --target mock --no-out --cacert missing.pem",
            "run smoke --target mock --no-out --request-log missing/requests.csv",
            "mock demo --listen nowhere",
            "mock demo --listen 127.0.0.1:99999",
            "mock demo --key missing.pem",
            "mock demo --accept-jwks missing.json",
            "capacity peak --target mock --from 100 --to 10",
            "capacity demo --target mock",
            "capacity --simulate weekday --instances 0",
            "capacity --simulate weekday --calibrate missing",
            "capacity --simulate weekday --what-if tsunami",
            "compare demo --interleave 2 --target mock --against mock --baseline last:1",
            "compare --interleave 2 --target mock --against mock",
        ],
    );
    // A build that can send says something else.
    if !cfg!(feature = "otlp") {
        all_fail("without-otlp", &place, &[], &["run demo --no-out --otlp http://127.0.0.1:9"]);
    }
    let mut command = fieldday();
    command.args(["mock", "demo", "--listen", &format!("127.0.0.1:{port}")]).current_dir(&place);
    let (code, _, stderr) = read_output(&command.output().unwrap());
    let text = format!("$ fieldday mock demo --listen 127.0.0.1:PORT\n[exit code {code}]\n{stderr}");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/errors",
        filters => [(port.to_string().as_str(), "PORT")] }, {
        insta::assert_snapshot!("port-in-use", text);
    });
}

#[test]
fn wrong_tokens_and_users() {
    let place = room("errors-data");
    fs::write(place.join("no-key.pem"), "correct horse").unwrap();
    fs::write(place.join("users.csv"), "org_a,America/Chicago,u0,r0\n").unwrap();
    fs::write(place.join("zone.csv"), "org_a,America/Chicgo,u0,r0,rep\n").unwrap();
    fs::write(place.join("few.csv"), "org_a,America/Chicago,u0,r0,rep\n").unwrap();
    fs::create_dir(place.join("full")).unwrap();
    fs::write(place.join("full/something"), "").unwrap();
    scenario(&place, "no-source.toml", "", "[tokens]\nsource = \"magic\"\n");
    scenario(&place, "no-file.toml", "", "[tokens]\nkey = \"missing.pem\"\n");
    scenario(&place, "no-tokens.toml", "", "[tokens]\nsource = \"file\"\npath = \"missing.json\"\n");
    scenario(&place, "no-program.toml", "", "[tokens]\nsource = \"command\"\ncommand = [\"./missing.sh\"]\n");
    scenario(&place, "no-secret.toml", "", "[tokens]\nsource = \"clerk\"\n");
    scenario(&place, "two-dates.toml", "[\"2026-06-10\"]", "[\"2026-06-10\", \"2026-06-11\"]");
    all_fail(
        "tokens-and-users",
        &place,
        &[],
        &[
            "tokens jwks no-key.pem",
            "tokens jwks missing.pem",
            "tokens new-key no-key.pem",
            "tokens mint",
            "scenarios check no-source.toml",
            "run no-file.toml --target http://127.0.0.1:9 --no-out",
            "run no-file.toml --target mock --no-out",
            "run no-tokens.toml --target mock --no-out",
            "run no-program.toml --target mock --no-out",
            "run no-secret.toml --target mock --no-out",
            "fixtures export demo --out full",
            "fixtures export demo --out data --users missing.csv",
            "fixtures export demo --out data --users users.csv",
            "fixtures export demo --out data --users zone.csv",
            "fixtures export demo --out data --users few.csv",
            "fixtures export two-dates.toml --out data --users few.csv",
        ],
    );
}
