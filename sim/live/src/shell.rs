//! A command of the user's, for the shell: in a process group of its own, so that what it started ends with it.

use fieldday_api::private::scrub;
use fieldday_api::redact::line_without_secrets;
use fieldday_kernel::text::one_line;
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The number of lines of a command's output that are kept.
const LAST_LINES: usize = 20;
/// The most characters that are kept of each of these lines.
const LINE_CHARS: usize = 300;
/// After a command ended, what it left running may still hold its output: it is not waited for longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The end of a command that was run by the shell.
#[derive(Clone, Copy, Debug)]
pub enum Ended {
    /// The command ended by itself, with this status.
    Status(ExitStatus),
    /// It took longer than it may, and was ended.
    TimedOut,
    /// The run was interrupted, and the command with it.
    Interrupted,
}

/// Runs a command to its end, until it has taken too long, or until `stop` is set, in this process's working directory and
/// environment. Gives how it ended and the last lines that it printed, without what is secret or private. Blocks for as long.
pub fn run(
    command: &str,
    environment: &[(&str, &OsStr)],
    timeout: Duration,
    stop: &AtomicBool,
) -> io::Result<(Ended, Vec<String>)> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell.envs(environment.iter().copied());
    #[cfg(unix)]
    // A group of its own: what it started can be ended with it.
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut child = shell.spawn()?;
    let (send, lines) = mpsc::channel();
    listen(child.stdout.take(), send.clone());
    listen(child.stderr.take(), send);
    let (deadline, mut said) = (Instant::now() + timeout, VecDeque::new());
    let ended = loop {
        // The streams close when it ends, mostly; a command may also close them early, or leave them to others.
        let wait = deadline.saturating_duration_since(Instant::now()).min(Duration::from_millis(50));
        match lines.recv_timeout(wait) {
            Ok(line) => keep(&mut said, line),
            Err(RecvTimeoutError::Disconnected) => thread::sleep(wait.min(Duration::from_millis(5))),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = child.try_wait()? {
            break Ended::Status(status);
        }
        if stop.load(Ordering::Relaxed) {
            end(&mut child);
            break Ended::Interrupted;
        }
        if Instant::now() >= deadline {
            end(&mut child);
            break Ended::TimedOut;
        }
    };
    let last_words = Instant::now() + LAST_WORDS;
    while let Ok(line) = lines.recv_timeout(last_words.saturating_duration_since(Instant::now())) {
        keep(&mut said, line);
    }
    Ok((ended, said.into_iter().collect()))
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
