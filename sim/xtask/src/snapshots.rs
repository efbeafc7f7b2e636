//! The snapshots of texts that people read: help, errors, reports. insta compares them in the tests that make them.

use crate::{Done, cargo, inside, root, run};
use std::fs::read_to_string;
use std::path::Path;

/// Runs the tests that compare snapshots, and has insta write what they saw. Arguments go to `cargo test`.
pub(crate) fn write(more: &[String]) -> Done {
    let mut packages: Vec<String> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for crate_dir in inside(Path::new("sim"))? {
        let manifest = read_to_string(root().join(&crate_dir).join("Cargo.toml")).unwrap_or_default();
        if !manifest.lines().any(|line| line.starts_with("insta.")) {
            continue;
        }
        let name = manifest.parse::<toml::Table>()?["package"]["name"].as_str().unwrap_or_default().to_owned();
        packages.extend(["--package".to_owned(), name]);
        for file in inside(&crate_dir.join("tests"))? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if read_to_string(root().join(&file))
                .is_ok_and(|text| ["insta::", "snapshot"].iter().any(|word| text.contains(word)))
            {
                parts.extend(["--test".to_owned(), stem]);
            }
        }
    }
    run(cargo().arg("test").args(packages).args(parts).args(more).env("INSTA_UPDATE", "always"))
}
