//! The scenarios that travel in the binary: the files of `scenarios/`.

use include_dir::{Dir, include_dir};

/// What lies beside the scenarios and is none: the known fingerprints of their runs.
const NO_SCENARIO: &str = "fingerprints";

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// The names of the built-in scenarios, in alphabetical order.
pub fn builtin_names() -> Vec<&'static str> {
    let toml = FILES.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml"));
    let mut names: Vec<_> =
        toml.filter_map(|f| f.path().file_stem()?.to_str()).filter(|name| *name != NO_SCENARIO).collect();
    names.sort_unstable();
    names
}

/// The file of a built-in scenario.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    FILES.get_file(format!("{name}.toml")).filter(|_| name != NO_SCENARIO)?.contents_utf8()
}
