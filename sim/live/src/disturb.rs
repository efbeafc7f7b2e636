//! Planned disturbances of a target: each has a command that begins it at its moment and one that undoes it. Once the first was
//! started the second runs whatever happens: at its time, when the run is interrupted, fails or panics, and when somebody
//! interrupts a second time to quit at once.

use crate::clock::WallClock;
use crate::shell::{self, Ended};
use fieldday_kernel::time::{Span, Time};
use fieldday_rules::disturbed::Happened;
use fieldday_scenario::Disturbance;
use std::ffi::OsStr;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often a disturbance looks whether it is time, and whether the run is over.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// A planned disturbance, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disturbed {
    /// The disturbance as the scenario plans it.
    pub planned: Disturbance,
    /// When its command was started; none if the run ended before.
    pub from: Option<Time>,
    /// When it was undone, or over by itself.
    pub until: Option<Time>,
    /// Why nothing follows from it: a command that failed, or a run that ended meanwhile.
    pub trouble: Option<String>,
    /// Whether nothing of it is left, as far as is known: `undo` succeeded, or there is none, or it did not begin.
    pub is_undone: bool,
}

/// The disturbances of a run, and the run's times.
pub struct Disturbances {
    /// The time from which theirs count, on the protocol's clock: when the window opened, or the measured part of a level began.
    pub opens: Time,
    /// The time at which the run was over.
    pub ended: Time,
    /// The planned disturbances, with what came of each.
    pub disturbed: Vec<Disturbed>,
}

impl Disturbances {
    /// Those that are to be judged, in the order in which they began.
    pub fn happened(&self) -> Vec<Happened> {
        let happened = |of: &Disturbed| Happened {
            name: of.planned.name.clone(),
            at: of.from.zip(of.until).map(|(from, until)| (from.since(self.opens), until.since(self.opens))),
            began: of.from.map(|at| at.to_string()),
            ended: of.until.map(|at| at.to_string()),
            may_break: of.planned.may_break.iter().map(|limit| limit.text().to_owned()).collect(),
            holds_again_within: Span::seconds(i64::from(of.planned.holds_again_within_s)),
            trouble: of.trouble.clone(),
        };
        let mut all: Vec<Happened> = self.disturbed.iter().map(happened).collect();
        // Those whose moment did not come are the last.
        all.sort_by_key(|of| (of.at.is_none(), of.at));
        all
    }
}

/// Commands that are still to run, of all runs of this process.
static PENDING: Mutex<Vec<Arc<Undo>>> = Mutex::new(Vec::new());

/// Set, under the lock of those, when the process is about to end: nothing begins any more.
static QUITS: AtomicBool = AtomicBool::new(false);

fn pending() -> MutexGuard<'static, Vec<Arc<Undo>>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A command that undoes what was begun; it runs once.
struct Undo {
    command: String,
    target: String,
    timeout: Duration,
    /// Ends the command that disturbs.
    stop: Arc<AtomicBool>,
    /// Held while that command works: what it does after it was undone would stay.
    begins: Mutex<()>,
    /// Held while it runs: whoever comes second waits for it. What it came to, once it ran.
    done: Mutex<Option<Option<String>>>,
}

impl Undo {
    /// Runs it, unless it ran; gives why it failed, if it did.
    fn run(&self) -> Option<String> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.get_or_insert_with(|| failed("undo", &self.command, &self.target, self.timeout, &AtomicBool::new(false)))
            .clone()
    }
}

/// Undoes everything that was begun and is not undone: for who ends the process at once.
pub fn undo_all() {
    let all = {
        let mut pending = pending();
        QUITS.store(true, Ordering::Relaxed);
        std::mem::take(&mut *pending)
    };
    for undo in all {
        undo.stop.store(true, Ordering::Relaxed);
        let _begun = undo.begins.lock().unwrap_or_else(PoisonError::into_inner);
        drop(undo.run());
    }
}

/// Runs a command; gives why it failed, if it did.
fn failed(what: &str, command: &str, target: &str, timeout: Duration, stop: &AtomicBool) -> Option<String> {
    let said = |lines: Vec<String>| lines.last().map_or(String::new(), |last| format!(": {last}"));
    match shell::run(command, &[("FIELDDAY_TARGET", OsStr::new(target))], timeout, stop) {
        Err(error) => Some(format!("`{what}` cannot be started: {error}")),
        Ok((Ended::Status(status), _)) if status.success() => None,
        Ok((Ended::Status(status), lines)) => Some(format!("`{what}` failed ({status}){}", said(lines))),
        Ok((Ended::TimedOut, lines)) => {
            Some(format!("`{what}` took longer than {} s and was ended{}", timeout.as_secs(), said(lines)))
        }
        Ok((Ended::Interrupted, _)) => Some(format!("`{what}` was ended with the run")),
    }
}

/// The moment from which the times of disturbances count; none as long as it is not known.
pub type Opens = Arc<dyn Fn() -> Option<Time> + Send + Sync>;

/// Disturbs a target while a run goes on.
pub struct Disturber {
    stop: Arc<AtomicBool>,
    threads: Vec<(Disturbance, JoinHandle<Disturbed>)>,
    undos: Vec<Arc<Undo>>,
}

impl Disturber {
    /// Waits for each moment from now on. `opens` gives the moment from which their times count.
    pub fn start(planned: &[Disturbance], target: &str, clock: WallClock, opens: &Opens) -> io::Result<Disturber> {
        let mut disturber = Disturber { stop: Arc::default(), threads: Vec::new(), undos: Vec::new() };
        for planned in planned.iter().cloned() {
            let undo = planned.undo.as_ref().map(|command| {
                let (command, target) = (command.clone(), target.to_owned());
                let timeout = Duration::from_secs(planned.timeout_s.into());
                let (stop, begins, done) = (disturber.stop.clone(), Mutex::new(()), Mutex::new(None));
                Arc::new(Undo { command, target, timeout, stop, begins, done })
            });
            disturber.undos.extend(undo.clone());
            let (stop, target, opens) = (disturber.stop.clone(), target.to_owned(), opens.clone());
            let thread = thread::Builder::new().name("disturbance".to_owned());
            let of = planned.clone();
            disturber.threads.push((of, thread.spawn(move || disturb(planned, undo, &target, clock, &opens, &stop))?));
        }
        Ok(disturber)
    }
    /// Ends those that go on, and undoes them; gives what came of each.
    pub fn finish(mut self) -> Vec<Disturbed> {
        self.end()
    }
    fn end(&mut self) -> Vec<Disturbed> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.threads.drain(..).map(|(planned, thread)| {
            thread.join().unwrap_or_else(|_| {
                let trouble = Some("its thread panicked; this is a bug of fieldday".to_owned());
                Disturbed { planned, from: None, until: None, trouble, is_undone: true }
            })
        });
        let ended = ended.collect();
        // A thread that panicked has left its own.
        for undo in self.undos.drain(..) {
            let mut pending = pending();
            let place = pending.iter().position(|of| Arc::ptr_eq(of, &undo));
            let left = place.map(|place| pending.swap_remove(place));
            drop(pending);
            left.iter().for_each(|undo| drop(undo.run()));
        }
        ended
    }
}

impl Drop for Disturber {
    /// Also where a run fails, or panics.
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether a moment came before the run was over.
fn comes(at: impl Fn() -> Option<Time>, clock: WallClock, stop: &AtomicBool) -> bool {
    while at().is_none_or(|at| clock.now() < at) {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        thread::sleep(LOOKS_EVERY);
    }
    true
}

fn disturb(
    planned: Disturbance,
    undo: Option<Arc<Undo>>,
    target: &str,
    clock: WallClock,
    opens: &Opens,
    stop: &AtomicBool,
) -> Disturbed {
    let seconds = |s: u32| Span::seconds(i64::from(s));
    if !comes(|| opens().map(|opens| opens + seconds(planned.at_s)), clock, stop) {
        let trouble = Some("the run ended before its moment came".to_owned());
        return Disturbed { planned, from: None, until: None, trouble, is_undone: true };
    }
    // First of all: what is begun from here on is undone by somebody.
    {
        let mut pending = pending();
        if QUITS.load(Ordering::Relaxed) {
            let trouble = Some("the run was ended".to_owned());
            return Disturbed { planned, from: None, until: None, trouble, is_undone: true };
        }
        pending.extend(undo.clone());
    }
    let from = clock.now();
    let timeout = Duration::from_secs(planned.timeout_s.into());
    let mut trouble = {
        let _begins = undo.as_ref().map(|undo| undo.begins.lock().unwrap_or_else(PoisonError::into_inner));
        failed("run", &planned.run, target, timeout, stop)
    };
    // What failed is undone at once: nobody knows how far it came.
    if trouble.is_none() && !comes(|| Some(from + seconds(planned.lasts_s)), clock, stop) {
        trouble = Some("the run ended while it lasted".to_owned());
    }
    let mut is_undone = true;
    if let Some(undo) = undo {
        let why = undo.run();
        is_undone = why.is_none();
        trouble = trouble.or(why);
        pending().retain(|of| !Arc::ptr_eq(of, &undo));
    }
    Disturbed { planned, from: Some(from), until: Some(clock.now()), trouble, is_undone }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const BEGAN: Time = Time::from_micros(1_781_000_000_000_000);

    fn file(name: &str) -> PathBuf {
        let file = std::env::temp_dir().join(format!("fieldday-disturb-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&file);
        file
    }
    fn planned(run: &str, undo: Option<String>, lasts_s: u32) -> Disturbance {
        let (name, undo) = ("trial".to_owned(), undo);
        let run = run.to_owned();
        Disturbance { name, at_s: 0, run, undo, lasts_s, timeout_s: 5, may_break: Vec::new(), holds_again_within_s: 5 }
    }
    fn start(planned: Disturbance) -> Disturber {
        begins(planned, Arc::new(|| Some(BEGAN)))
    }
    fn begins(planned: Disturbance, opens: Opens) -> Disturber {
        Disturber::start(&[planned], "http://127.0.0.1:9", WallClock::showing(BEGAN), &opens).unwrap()
    }
    fn writes(file: &std::path::Path) -> Option<String> {
        Some(format!("echo \"$FIELDDAY_TARGET\" >>{}", file.display()))
    }
    fn said(file: &std::path::Path) -> String {
        std::fs::read_to_string(file).unwrap_or_default()
    }

    #[test]
    fn a_disturbance_is_undone_when_it_has_lasted_as_long_as_it_should_and_once() {
        let undone = file("lasted");
        let disturber = start(planned("true", writes(&undone), 1));
        thread::sleep(Duration::from_millis(1_600));
        assert_eq!(said(&undone), "http://127.0.0.1:9\n");
        let [ended] = disturber.finish().try_into().unwrap();
        assert_eq!((ended.trouble.clone(), said(&undone).lines().count()), (None, 1));
        let lasted = ended.until.unwrap().since(ended.from.unwrap());
        assert!(lasted >= Span::seconds(1) && lasted < Span::seconds(2), "{lasted:?}");
    }

    #[test]
    fn a_run_that_ends_meanwhile_undoes_what_it_began_also_if_it_panics() {
        let undone = file("ended");
        let disturber = start(planned("true", writes(&undone), 60));
        thread::sleep(Duration::from_millis(300));
        let [ended] = disturber.finish().try_into().unwrap();
        assert_eq!(ended.trouble.as_deref(), Some("the run ended while it lasted"));
        assert_eq!(said(&undone).lines().count(), 1);

        let undone = file("panicked");
        let command = writes(&undone);
        let panicked = thread::spawn(move || {
            let _disturber = start(planned("true", command, 60));
            thread::sleep(Duration::from_millis(300));
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert_eq!(said(&undone).lines().count(), 1);
    }

    #[test]
    fn a_command_that_fails_hangs_or_is_none_is_said_and_undone() {
        for (run, says) in [
            ("echo no such service >&2; exit 3", "`run` failed (exit status: 3): no such service"),
            ("no-such-command-anywhere", "`run` failed (exit status: 127)"),
            ("sleep 100", "`run` took longer than 5 s and was ended"),
        ] {
            let undone = file("failed");
            let disturber = start(planned(run, writes(&undone), 1));
            thread::sleep(Duration::from_millis(if run.starts_with("sleep") { 5_800 } else { 800 }));
            let [ended] = disturber.finish().try_into().unwrap();
            assert!(ended.trouble.as_ref().unwrap().starts_with(says), "{ended:?}");
            assert_eq!(said(&undone).lines().count(), 1, "{run}");
        }
        let disturber = start(planned("true", Some("exit 7".to_owned()), 1));
        thread::sleep(Duration::from_millis(1_500));
        let [ended] = disturber.finish().try_into().unwrap();
        assert_eq!((ended.trouble.as_deref(), ended.is_undone), (Some("`undo` failed (exit status: 7)"), false));
    }

    #[test]
    fn a_moment_that_is_not_known_yet_is_waited_for() {
        let (undone, known) = (file("known"), Arc::new(AtomicBool::new(false)));
        let is_known = known.clone();
        let opens: Opens = Arc::new(move || is_known.load(Ordering::Relaxed).then_some(BEGAN));
        let disturber = begins(planned("true", writes(&undone), 60), opens.clone());
        thread::sleep(Duration::from_millis(300));
        let [ended] = disturber.finish().try_into().unwrap();
        assert_eq!((ended.from, said(&undone).as_str()), (None, ""), "nothing began before the moment was known");
        let disturber = begins(planned("true", writes(&undone), 60), opens);
        known.store(true, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(300));
        let [ended] = disturber.finish().try_into().unwrap();
        assert_eq!((ended.from.is_some(), said(&undone).lines().count()), (true, 1));
    }

    #[test]
    fn what_did_not_begin_is_not_undone() {
        let undone = file("not-begun");
        let later = Disturbance { at_s: 60, ..planned("true", writes(&undone), 1) };
        let [ended] = start(later).finish().try_into().unwrap();
        assert_eq!((ended.from, ended.until), (None, None));
        assert_eq!(said(&undone), "");
    }
}
