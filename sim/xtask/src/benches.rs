//! Benches by name: those of the crates (`sim/*/benches`), and the scripts in `bench/`.

use crate::{Done, cargo, here, inside, root, run as run_command};
use std::error::Error;
use std::path::{Path, PathBuf};

enum Bench {
    /// A package's, timed by `cargo bench`.
    Cargo { folder: PathBuf },
    /// A script; its first lines say what it measures and what it takes.
    Script { path: PathBuf },
}

/// Runs a bench; without a name, lists them.
pub(crate) fn run(arguments: &[String]) -> Done {
    let benches = all()?;
    let Some((name, rest)) = arguments.split_first() else {
        for (name, bench) in &benches {
            match bench {
                Bench::Cargo { folder } => println!("{name:<14}cargo bench in {}", folder.display()),
                Bench::Script { path } => println!("{name:<14}{}", path.display()),
            }
        }
        return Ok(());
    };
    match benches.iter().find(|(known, _)| known == name) {
        Some((_, Bench::Cargo { folder })) => {
            let manifest = folder.join("Cargo.toml");
            run_command(cargo().args(["bench", "--bench", name, "--manifest-path"]).arg(manifest).arg("--").args(rest))
        }
        Some((_, Bench::Script { path })) => run_command(here(path).args(rest)),
        None => Err(format!("there is no bench {name}; `cargo xtask bench` lists them").into()),
    }
}

/// Whatever can be run, by its name.
fn all() -> Result<Vec<(String, Bench)>, Box<dyn Error>> {
    let mut benches = Vec::new();
    for folder in inside(Path::new("sim"))? {
        for bench in inside(&folder.join("benches"))? {
            benches.push((stem(&bench), Bench::Cargo { folder: folder.clone() }));
        }
    }
    for folder in ["bench", "bench/live", "bench/peers"] {
        for path in inside(Path::new(folder))? {
            // What the others share is no bench, nor is a folder of a bench's own.
            let is_script = path.extension().is_none_or(|kind| kind == "sh") && root().join(&path).is_file();
            if is_script && !path.ends_with("serve.sh") {
                let name = if path.ends_with("run.sh") { stem(Path::new(folder)) } else { stem(&path) };
                benches.push((name, Bench::Script { path }));
            }
        }
    }
    benches.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(benches)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
