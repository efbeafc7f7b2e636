//! Two targets in turn, each run in a process of its own: what one run leaves behind (goose's settings, its memory, the key of
//! its tokens) is nothing that the next one begins with.
//!
//! The order is new, baseline, baseline, new, and so on: whatever drifts meanwhile hits both sides alike. Both runs of a pair
//! have the same seed.

use super::args::CompareArgs;
use super::sides::{Chosen, all_in};
use crate::failure::Failure;
use crate::{machine, output};
use fieldday_api::redact::url_without_secrets;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A run that ended with one of these was one: held, broken, invalid, interrupted.
const RAN: [i32; 4] = [0, 1, 4, 130];
/// How often it is looked whether a run has ended, or should.
const LOOK: Duration = Duration::from_millis(50);

/// The names of the folders that the sides' runs go to.
const SIDES: [&str; 2] = ["new", "baseline"];

/// Runs both sides in turn `times` times and gives the folder with the runs to compare.
pub fn runs(args: &CompareArgs, times: u64, stop: &AtomicBool) -> Result<(PathBuf, Chosen), Failure> {
    let (Some(target), Some(against)) = (&args.target, &args.against) else {
        return Err(Failure::Interleave("give both targets: --target and --against".to_owned()));
    };
    let [scenario] = args.runs.as_slice() else {
        return Err(Failure::Interleave("give exactly one scenario; it is run against both targets".to_owned()));
    };
    let folder = place(args, scenario)?;
    output::note(&format!("{times} runs per side, alternating: {}", folder.display()));
    'pairs: for pair in 0..times {
        let order = if pair % 2 == 0 { [0, 1] } else { [1, 0] };
        for side in order {
            if stop.load(Ordering::Relaxed) {
                break 'pairs;
            }
            let target = [target, against][side];
            let seed = args.seed.or_default().wrapping_add(pair);
            output::note(&format!(
                "\npair {} of {times}, {}: {}, seed {seed:#x}",
                pair + 1,
                SIDES[side],
                url_without_secrets(target)
            ));
            let run = Run { scenario, target, seed, out: folder.join(SIDES[side]), options: &args.options };
            let status = run.wait(stop)?;
            if !status.code().is_some_and(|code| RAN.contains(&code)) {
                return Err(Failure::Turn { target: url_without_secrets(target), code: status.code() });
            }
        }
    }
    let of = |side: &str| {
        let path = folder.join(side);
        if path.is_dir() { all_in(&path) } else { Ok(Vec::new()) }
    };
    let again = SIDES.map(|side| folder.join(side).display().to_string());
    output::note(&format!("\nto repeat the comparison: fieldday compare {} --baseline {}", again[0], again[1]));
    let chosen = (of(SIDES[0])?, of(SIDES[1])?, Vec::new());
    Ok((folder, chosen))
}

/// A folder of its own for all these runs.
fn place(args: &CompareArgs, scenario: &str) -> Result<PathBuf, Failure> {
    let stem =
        Path::new(scenario).file_stem().map_or_else(|| scenario.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let stamp: String = machine::now().to_string().chars().filter(|c| c.is_ascii_alphanumeric()).take(15).collect();
    let failed = |path: &Path, source| Failure::File { path: path.to_owned(), source };
    std::fs::create_dir_all(&args.out).map_err(|source| failed(&args.out, source))?;
    for namesake in 1..=1_000 {
        let more = if namesake > 1 { format!("-{namesake}") } else { String::new() };
        let path = args.out.join(format!("compare-{stem}-{stamp}Z{more}"));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(failed(&path, source)),
        }
    }
    Err(failed(&args.out, std::io::ErrorKind::AlreadyExists.into()))
}

/// A run of one side, which is a process of its own.
struct Run<'a> {
    scenario: &'a str,
    target: &'a str,
    seed: u64,
    out: PathBuf,
    options: &'a [String],
}

impl Run<'_> {
    fn wait(&self, stop: &AtomicBool) -> Result<ExitStatus, Failure> {
        let failed = |error: std::io::Error| Failure::Interleave(format!("a run could not be started: {error}"));
        let mut child = self.start().map_err(failed)?;
        let mut is_told = false;
        loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Ok(status);
            }
            if stop.load(Ordering::Relaxed) && !is_told {
                is_told = true;
                end(&child);
            }
            std::thread::sleep(LOOK);
        }
    }
    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["run", self.scenario, "--target", self.target, "--seed", &self.seed.to_string(), "--out"])
            .arg(&self.out)
            .args(self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        // A Ctrl-C reaches this process alone, which passes it on once: a second one would lose what the run has measured.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// Asks a run to end with what it has.
#[cfg(unix)]
fn end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // If it is gone already, it has ended.
        let _ = kill_process(pid, Signal::INT);
    }
}
#[cfg(not(unix))]
fn end(_child: &Child) {}
