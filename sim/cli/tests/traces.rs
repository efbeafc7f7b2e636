//! Network traces for some of the phones, from the scenario file to reports, replays and shards.

mod common;

use common::{flat, room, said};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A scenario of two cells in Newark and Chicago, with these lines at its end.
fn scenario(room: &Path, network: &str) -> String {
    let text = format!(
        "name = \"traced\"\nabout = \"Traced.\"\n[day]\ndates = [\"2026-06-10\"]\n[people]\nreps = 16\ntenants = 4\n\
         territories = [\"newark\", \"chicago\"]\nmix = {{ steady = 1, half-hour = 1 }}\n{network}"
    );
    let file = room.join("traced.toml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}
/// A file of measurements of one rate.
fn trace(room: &Path, name: &str, up_kbit_s: &str) -> String {
    let file = room.join(name);
    fs::write(&file, format!("time_s,up_kbit_s,down_kbit_s\n0,{up_kbit_s},9000\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn bad_traces_of_some_phones_are_refused_with_file_key_and_what_is_allowed() {
    let room = room("traces-refused");
    let (good, bad) = (trace(&room, "good.csv", "5000"), trace(&room, "bad.csv", "fast"));
    let cases: [(String, &str, &str); 5] = [
        (
            format!("[network.personas]\nstedy = {{ trace = {good:?} }}\n"),
            "network.personas.stedy",
            "steady, roof-inspector, half-hour, big-ticket",
        ),
        (format!("[network.territories]\nnewerk = {{ trace = {good:?} }}\n"), "network.territories.newerk", "newark"),
        (
            format!("[network.personas]\nbig-ticket = {{ trace = {good:?} }}\n"),
            "network.personas.big-ticket",
            "half-hour, steady",
        ),
        (
            format!("[network.personas]\nsteady = {{ trace = {bad:?} }}\n"),
            "network.personas.steady.trace",
            "docs/world.md describes the two formats",
        ),
        (
            "[network.territories]\nnewark = { trace = \"/nowhere.csv\" }\n".to_owned(),
            "network.territories.newark.trace",
            "docs/world.md describes the two formats",
        ),
    ];
    for (network, key, allowed) in cases {
        let file = scenario(&room, &network);
        let (code, stdout, stderr) = said(&["scenarios", "check", &file]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{key}: {stderr}");
        let stderr = flat(&stderr.replace("│", " "));
        assert!(stderr.contains(key) && stderr.contains(allowed), "{key}: {stderr}");
        let (code, stdout, _) = said(&["scenarios", "check", &file, "--format", "json"]);
        let document: Value = serde_json::from_str(&stdout).unwrap();
        let problem = &document["files"][0]["problems"][0];
        assert_eq!((code, &problem["key"]), (2, &Value::from(key)), "{document:#}");
        assert!(problem["allowed"].as_str().unwrap().contains(allowed), "{document:#}");
        assert_eq!(said(&["run", &file, "--no-out"]).0, 2, "{key}: nothing is run");
    }
    let (_, _, stderr) = said(&["scenarios", "check", &scenario(&room, "[network.personas.steady]\ntrace = 'x'\n")]);
    assert!(flat(&stderr).contains("x: `network.personas.steady.trace` cannot be read"), "{stderr}");
}

#[test]
fn reports_say_whose_trace_was_which_and_the_folder_can_be_repeated_whole_and_in_shards() {
    let room = room("traces-reported");
    let files = [trace(&room, "all.csv", "9000"), trace(&room, "newark.csv", "700"), trace(&room, "van.csv", "300")];
    let [all, newark, van] = &files;
    let network = format!(
        "[network]\ntrace = {all:?}\n[network.territories]\nnewark = {{ trace = {newark:?} }}\n\
         seattle = {{ trace = {all:?} }}\n[network.personas]\nhalf-hour = {{ trace = {van:?} }}\n"
    );
    let file = scenario(&room, &network);
    let (code, plan, stderr) = said(&["scenarios", "plan", &file]);
    assert_eq!(code, 0, "{stderr}");
    let network_of = |line: &&str, of: &str| line.ends_with(&format!("network 1.0 s of {of}"));
    let reps: Vec<&str> = plan.lines().filter(|line| line.contains("leaves home")).collect();
    assert!(reps.iter().all(|line| line.contains("  half-hour  ") == network_of(line, van)), "{plan}");
    assert!([all, newark, van].iter().all(|of| reps.iter().any(|line| network_of(line, of))), "{plan}");

    let out = room.join("whole");
    let words = ["run", &file, "--seed", "7", "--verify", "--record", "--out", out.to_str().unwrap()];
    let (code, ran, stderr) = said(&words);
    assert_eq!(code, 0, "{ran}{stderr}");
    let whose = format!("persona half-hour: {van}; territory newark: {newark}; all others: {all}");
    assert!(flat(&ran).contains(&flat(&format!("network traces of {whose}"))), "{ran}");
    let folder = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let read = |folder: &Path| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap()
    };
    let summary = read(&folder);
    let expected = serde_json::json!([
        { "whose": "persona half-hour", "files": van },
        { "whose": "territory newark", "files": newark },
        { "whose": "all others", "files": all },
    ]);
    assert_eq!(summary["ran"]["traces"], expected);
    assert!(fs::read_to_string(folder.join("report.html")).unwrap().contains(&whose), "the facts of the page");
    let (code, again, stderr) = said(&["replay", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{again}{stderr}");

    let parts = room.join("parts");
    for shard in ["0/2", "1/2"] {
        let words = ["run", &file, "--seed", "7", "--shard", shard, "--out", parts.to_str().unwrap()];
        let (code, text, stderr) = said(&words);
        assert_eq!(code, 0, "{text}{stderr}");
    }
    let merged = room.join("merged");
    let (code, text, stderr) = said(&["merge", parts.to_str().unwrap(), "--out", merged.to_str().unwrap()]);
    assert_eq!(code, 0, "{text}{stderr}");
    let merged = fs::read_dir(&merged).unwrap().next().unwrap().unwrap().path();
    let merged = read(if merged.is_dir() { &merged } else { merged.parent().unwrap() });
    assert_eq!((&merged["fingerprint"], &merged["ran"]["traces"]), (&summary["fingerprint"], &expected));
}
