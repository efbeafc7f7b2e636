//! The data of a scenario for a real backend, exported as a user exports it.

mod common;

use common::{room, said};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn export(out: &Path, more: &[&str]) -> (i32, String, String) {
    let words = ["fixtures", "export", "weekday", "--reps", "4", "--out", out.to_str().unwrap()];
    said(&[&words[..], more].concat())
}

#[test]
fn an_export_is_the_same_each_time_and_never_written_over_what_is_there() {
    let room = room("fixtures-export");
    let (a, b) = (room.join("a"), room.join("b"));
    let (code, stdout, stderr) = export(&a, &["--date", "2026-07-01"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("rows in tenants.jsonl, users.json") && stdout.contains("appointments"), "{stdout}");
    export(&b, &["--date", "2026-07-01"]);
    for file in ["tenants.jsonl", "users.json", "export.json"] {
        assert_eq!(fs::read(a.join(file)).unwrap(), fs::read(b.join(file)).unwrap(), "{file}");
    }
    let manifest: Value = serde_json::from_str(&fs::read_to_string(a.join("export.json")).unwrap()).unwrap();
    assert_eq!(manifest["dates"], serde_json::json!(["2026-07-01"]));
    let documents = fs::read_to_string(a.join("tenants.jsonl")).unwrap();
    let documents: Vec<Value> = documents.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(manifest["rows"]["tenants"], documents.len());
    let appointments: usize = documents.iter().map(|d| d["appointments"].as_array().unwrap().len()).sum();
    assert_eq!(manifest["rows"]["appointments"], appointments);
    assert!(documents[0]["contacts"][0]["phone_number"].as_str().unwrap().starts_with("+1"), "in the clear");

    let before = fs::read(a.join("export.json")).unwrap();
    let (code, _, stderr) = export(&a, &["--seed", "2"]);
    assert!(code == 2 && stderr.contains("is not empty") && stderr.contains("--force"), "{stderr}");
    assert_eq!(fs::read(a.join("export.json")).unwrap(), before);
    let (code, _, _) = export(&a, &["--seed", "2", "--force", "--format", "sql", "--date", "today"]);
    let names = ["schema.sql", "data.sql"];
    assert!(code == 0 && names.iter().all(|name| a.join(name).exists()));
    assert_ne!(fs::read(a.join("export.json")).unwrap(), before);
}

#[test]
fn the_users_of_a_file_get_the_rows_or_it_is_said_who_is_missing() {
    let room = room("fixtures-users");
    let (users, out) = (room.join("users.csv"), room.join("out"));
    let file = |reps: usize| {
        let mut text = String::new();
        for tenant in ["org_a", "org_b"] {
            (0..reps)
                .for_each(|i| text.push_str(&format!("{tenant},America/Chicago,{tenant}-u{i},{tenant}-r{i},rep\n")));
        }
        fs::write(&users, text).unwrap();
    };
    let path = users.to_str().unwrap();
    file(1);
    let (code, _, stderr) = export(&out, &["--users", path]);
    assert!(code == 2 && stderr.contains("needs 2 sales_rep, tenant org_a of the file has 1: 1 missing"), "{stderr}");
    assert!(!out.exists(), "nothing was written");
    file(2);
    let (code, _, stderr) = export(&out, &["--users", path]);
    assert!(code == 0 && stderr.contains("left out") && stderr.contains("cell-0/tenant-0/auditor"), "{stderr}");
    let documents = fs::read_to_string(out.join("tenants.jsonl")).unwrap();
    let first: Value = serde_json::from_str(documents.lines().next().unwrap()).unwrap();
    assert_eq!((&first["id"], &first["zone"]), (&Value::from("org_a"), &Value::from("America/Chicago")));
    let rep = first["appointments"][0]["assigned_rep_id"].as_str().unwrap();
    assert!(["org_a-r0", "org_a-r1"].contains(&rep), "{rep}");
    fs::write(&users, "org_a,America/Chicgo,u,r,rep\n").unwrap();
    let (code, _, stderr) = export(&out, &["--users", path, "--force"]);
    assert!(code == 2 && stderr.contains("users.csv:1: `zone`") && stderr.contains("America/Chicago"), "{stderr}");
}
