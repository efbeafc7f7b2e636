//! `cargo xtask TASK`: one place for what developers type. `cargo xtask` lists the tasks. They only start what does the work:
//! a function of a crate gives a text, a test compares it with the committed file, and the task is what writes that file.

mod benches;
mod fingerprints;
mod schemas;
mod snapshots;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What a task comes to.
type Done = Result<(), Box<dyn Error>>;

struct Task {
    name: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Done,
}

const TASKS: [Task; 7] = [
    Task { name: "schemas", does: "writes the JSON schemas of what programs read", run: schemas::write },
    Task { name: "snapshots", does: "writes the snapshots of texts anew (look at the diff)", run: snapshots::write },
    Task {
        name: "fingerprints",
        does: "writes scenarios/fingerprints.toml (CHANGELOG.md says why)",
        run: fingerprints::write,
    },
    Task { name: "proof", does: "writes docs/proof.md: every defect, ten million rep-days without; hours", run: proof },
    Task { name: "bench", does: "NAME [ARGUMENT…]: runs a bench; without a name, lists them", run: benches::run },
    Task { name: "browser", does: "looks at every kind of page in headless Chromium", run: browser },
    Task { name: "gate", does: "runs all that must be green before a change is merged", run: gate },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        TASKS.iter().for_each(|task| println!("cargo xtask {:<14}{}", task.name, task.does));
        return ExitCode::SUCCESS;
    };
    let done = match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => Err(format!("there is no task {name}; `cargo xtask` lists them").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A whole proof takes hours; what was lived without a defect is kept, so that the task can be ended and gone on with.
fn proof(more: &[String]) -> Done {
    let whole = ["run", "--release", "--", "prove", "--seeds", "20", "--cap", "2000", "--clean", "10000000"];
    run(cargo().args(whole).args(["--keep", "target/proof-clean.json", "--write", "docs/proof.md"]).args(more))
}

fn browser(_: &[String]) -> Done {
    run(cargo().args(["build", "--package", "fieldday"]))?;
    run(here(".ci/browser").arg("target/debug/fieldday"))
}

fn gate(_: &[String]) -> Done {
    run(&mut here(".ci/run"))
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What is in a folder of the repository, as sorted paths from its root; nothing if there is no such folder.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// A program of the repository, to be run in its root.
fn here(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(root().join(program));
    command.current_dir(root());
    command
}

/// The cargo that runs this, in the repository's root.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn run(command: &mut Command) -> Done {
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", command.get_program().display()).into()) }
}

/// Writes a committed file, and says whether it is another now.
fn write(path: &str, text: &str) -> Done {
    let file = root().join(path);
    let changed = std::fs::read_to_string(&file).map_or(true, |before| before != text);
    if changed {
        std::fs::write(&file, text).map_err(|error| format!("{path}: {error}"))?;
    }
    println!("{path}: {}", if changed { "written anew" } else { "as it was" });
    Ok(())
}
