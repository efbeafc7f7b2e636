//! The scenario's `provision` command: it loads the target before a live run, and its exit code decides whether there is
//! one.

use fieldday_api::private::scrub;
use fieldday_api::redact::line_without_secrets;
use fieldday_kernel::text::one_line;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use tracing::info;

/// So many lines of what the command said are shown.
const LAST_LINES: usize = 20;
/// Of each, so many characters.
const LINE_CHARS: usize = 300;
/// After the command ended, what it left running may still hold its output: it is not waited for longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a command is to load, and where.
#[derive(Clone, Copy, Debug)]
pub struct Provision<'a> {
    /// The command line, for the shell.
    pub command: &'a str,
    /// How long it may take.
    pub timeout: Duration,
    /// The folder of the JSON export.
    pub export: &'a Path,
    /// The target's URL.
    pub target: &'a str,
    /// The date, as `2026-06-10`.
    pub date: &'a str,
}

/// A target that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The shell could not be started.
    #[error("`data.provision` cannot be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It ended with another code than 0.
    #[error("`data.provision` failed: {status}{}", Said(.said))]
    Failed {
        /// The exit status of the command.
        status: ExitStatus,
        /// The last lines that the command printed.
        said: Vec<String>,
    },
    /// It took too long, and was ended.
    #[error("`data.provision` took longer than {} s and was ended{}", .timeout.as_secs(), Said(.said))]
    TimedOut {
        /// What it may take.
        timeout: Duration,
        /// The last lines that the command printed.
        said: Vec<String>,
    },
    /// The run was interrupted, and the command with it.
    #[error("interrupted; `data.provision` was ended, and may have loaded a part of the data")]
    Interrupted,
}

impl ProvisionError {
    /// What to do.
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

/// The last lines, indented.
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
        let mut command = Command::new("sh");
        command.arg("-c").arg(self.command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("FIELDDAY_EXPORT", self.export).env("FIELDDAY_TARGET", self.target).env("FIELDDAY_DATE", self.date);
        #[cfg(unix)]
        // A group of its own: what it started can be ended with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        // The command itself may hold a password: it is not told.
        info!("provisioning begins");
        let began = Instant::now();
        let mut child = command.spawn().map_err(ProvisionError::NotStarted)?;
        let (send, lines) = mpsc::channel();
        listen(child.stdout.take(), send.clone());
        listen(child.stderr.take(), send);
        let (deadline, mut said) = (Instant::now() + self.timeout, VecDeque::new());
        let status = loop {
            // The streams close when it ends, mostly; a command may also close them early, or leave them to others.
            let wait = deadline.saturating_duration_since(Instant::now()).min(Duration::from_millis(50));
            match lines.recv_timeout(wait) {
                Ok(line) => keep(&mut said, line),
                Err(RecvTimeoutError::Disconnected) => thread::sleep(wait.min(Duration::from_millis(5))),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(status) = child.try_wait().map_err(ProvisionError::NotStarted)? {
                break Some(status);
            }
            if stop.load(Ordering::Relaxed) {
                end(&mut child);
                info!("provisioning was interrupted");
                return Err(ProvisionError::Interrupted);
            }
            if Instant::now() >= deadline {
                end(&mut child);
                break None;
            }
        };
        let last_words = Instant::now() + LAST_WORDS;
        while let Ok(line) = lines.recv_timeout(last_words.saturating_duration_since(Instant::now())) {
            keep(&mut said, line);
        }
        let said = said.into_iter().collect();
        let took_us = began.elapsed().as_micros();
        match &status {
            Some(status) => info!(%status, took_us, "provisioning ended"),
            None => info!(took_us, "provisioning took too long and was ended"),
        }
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(ProvisionError::Failed { status, said }),
            None => Err(ProvisionError::TimedOut { timeout: self.timeout, said }),
        }
    }
}

/// Sends what is said, line by line, until the stream closes or nobody listens.
fn listen(stream: Option<impl Read + Send + 'static>, to: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        // Lines are cut to what is shown: a command that never ends its line fills no memory.
        while let Ok(read) = (&mut stream).take(64 * 1024).read_until(b'\n', &mut line) {
            if read == 0 || to.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
}

/// Keeps a line among the last ones, without what is secret or private.
fn keep(said: &mut VecDeque<String>, line: String) {
    // What is hidden is found before the line is cut: half of a token is no less secret.
    let line = one_line(&line_without_secrets(&scrub(&line))).chars().take(LINE_CHARS).collect();
    if said.len() == LAST_LINES {
        said.pop_front();
    }
    said.push_back(line);
}

/// Ends the command and what it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

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
