//! The scenario's `provision` command: it loads the target before a live run, and its exit code decides whether there is
//! one.

use crate::shell::{self, Ended};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tracing::info;

/// What a command is to load, and where.
#[derive(Clone, Copy, Debug)]
pub struct Provision<'a> {
    /// The command line, for the shell.
    pub command: &'a str,
    /// The time after which it is ended.
    pub timeout: Duration,
    /// The folder of the JSON export.
    pub export: &'a Path,
    /// The base URL of the target.
    pub target: &'a str,
    /// The local date of the day, as `2026-06-10`.
    pub date: &'a str,
}

/// A target that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The shell could not be started.
    #[error("`data.provision` cannot be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It ended with an exit code other than 0.
    #[error("`data.provision` failed: {status}{}", Said(.said))]
    Failed {
        /// The exit status of the command.
        status: ExitStatus,
        /// The last lines that the command printed.
        said: Vec<String>,
    },
    /// It took longer than it may, and was ended.
    #[error("`data.provision` took longer than {} s and was ended{}", .timeout.as_secs(), Said(.said))]
    TimedOut {
        /// The time that it may take.
        timeout: Duration,
        /// The last lines that the command printed.
        said: Vec<String>,
    },
    /// The run was interrupted, and the command with it.
    #[error("interrupted; `data.provision` was ended, and may have loaded a part of the data")]
    Interrupted,
}

impl ProvisionError {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            ProvisionError::Interrupted => "start the run again: it loads the target first",
            ProvisionError::NotStarted(_) => "it needs a shell: it runs with `sh -c`",
            ProvisionError::Failed { .. } => {
                "run it by hand, with FIELDDAY_EXPORT, FIELDDAY_TARGET and FIELDDAY_DATE set"
            }
            ProvisionError::TimedOut { .. } => "give it more time: `data.timeout_s`",
        }
    }
}

/// The last lines of the command's output, indented, for an error.
struct Said<'a>(&'a [String]);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("; without output");
        }
        f.write_str("; its last lines:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl Provision<'_> {
    /// Runs the command to its end, or until `stop` is set, in this process's working directory and environment. Blocks for
    /// as long.
    pub fn run(&self, stop: &AtomicBool) -> Result<(), ProvisionError> {
        // The command itself may hold a password: it is not told.
        info!("provisioning begins");
        let began = Instant::now();
        let environment = [
            ("FIELDDAY_EXPORT", self.export.as_os_str()),
            ("FIELDDAY_TARGET", OsStr::new(self.target)),
            ("FIELDDAY_DATE", OsStr::new(self.date)),
        ];
        let (ended, said) =
            shell::run(self.command, &environment, self.timeout, stop).map_err(ProvisionError::NotStarted)?;
        let took_us = began.elapsed().as_micros();
        match ended {
            Ended::Status(status) => info!(%status, took_us, "provisioning ended"),
            Ended::TimedOut => info!(took_us, "provisioning took too long and was ended"),
            Ended::Interrupted => info!("provisioning was interrupted"),
        }
        match ended {
            Ended::Status(status) if status.success() => Ok(()),
            Ended::Status(status) => Err(ProvisionError::Failed { status, said }),
            Ended::TimedOut => Err(ProvisionError::TimedOut { timeout: self.timeout, said }),
            Ended::Interrupted => Err(ProvisionError::Interrupted),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;
    use std::thread;

    fn run(command: &str, timeout: Duration) -> Result<(), ProvisionError> {
        let export = Path::new("/tmp/an export");
        Provision { command, timeout, export, target: "https://staging.example.com", date: "2026-06-10" }
            .run(&AtomicBool::new(false))
    }
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_command_knows_the_export_the_target_and_the_date_and_its_exit_code_decides() {
        let check = "test \"$FIELDDAY_EXPORT|$FIELDDAY_TARGET|$FIELDDAY_DATE\" = \
                     '/tmp/an export|https://staging.example.com|2026-06-10'";
        assert!(run(check, LONG).is_ok());
        assert!(run("exec >&- 2>&-; sleep 0.1", LONG).is_ok(), "closed streams are no end");
        let error = run("echo loading; echo 'no such table' >&2; exit 3", LONG).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3") && text.contains("\n  loading"), "{text}");
        assert!(text.contains("\n  no such table"), "{text}");
        assert!(error.hint().contains("FIELDDAY_EXPORT"));
        assert!(run("exit 1", LONG).unwrap_err().to_string().ends_with("without output"));
    }

    #[test]
    fn only_the_last_lines_are_shown_and_nothing_private() {
        let command = "for i in $(seq 1 50); do echo line $i; done; echo key eyJhbGciOiJub25lIn0.e30.c2ln; exit 1";
        let text = run(command, LONG).unwrap_err().to_string();
        assert!(!text.contains("eyJ") && text.contains("key private:"), "{text}");
        assert!(text.contains("line 50") && !text.contains("line 31\n") && text.contains("line 32"), "{text}");
    }

    #[test]
    fn what_a_command_says_is_shown_without_passwords_bearers_and_phone_numbers() {
        let said = [
            "connecting to postgres://otto:hunter2@db:5432/otto",
            "PGPASSWORD=hunter2",
            "> Authorization: Bearer hunter2.hunter2.hunter2",
            "texted 415-555-0182 and (415) 555-0183",
            "mailed hunter2@example.com",
            "loaded 4 tables",
        ];
        let command = format!("{}; exit 1", said.map(|line| format!("echo '{line}'")).join(";"));
        let text = run(&command, LONG).unwrap_err().to_string();
        assert!(!text.contains("hunter2") && !text.contains("555"), "{text}");
        assert!(text.contains("db:5432/otto") && text.contains("loaded 4 tables"), "{text}");
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended_with_what_it_started() {
        let began = Instant::now();
        let error = run("echo begun; sleep 300 & sleep 300; wait", Duration::from_millis(300)).unwrap_err();
        assert!(matches!(&error, ProvisionError::TimedOut { said, .. } if *said == ["begun"]), "{error}");
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn an_interrupted_command_is_ended_with_what_it_started() {
        let (stop, began) = (AtomicBool::new(false), Instant::now());
        let (export, target, date) = (Path::new("/tmp"), "https://staging.example.com", "2026-06-10");
        let command = "sleep 300 & sleep 300; wait";
        let error = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                stop.store(true, Ordering::Relaxed);
            });
            Provision { command, timeout: LONG, export, target, date }.run(&stop).unwrap_err()
        });
        assert!(matches!(error, ProvisionError::Interrupted), "{error}");
        assert!(began.elapsed() < LONG);
    }
}
