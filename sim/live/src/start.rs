//! Starting the live shards of a run at one moment: at a time that was given, or when all of them are there, as files on
//! storage that they share say.
//!
//! Machines' clocks differ. The moment is told by the storage's clock, which stamps each shard's file, and each shard knows how
//! far its own clock is from that, because it knows when it wrote its file.

use fieldday_kernel::time::{Span, Time};
use fieldday_plan::shard::Shard;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// How often a shard looks whether the others are there, or the moment has come.
const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// From when the last shard's file was written until all begin: by then every shard has seen it.
const AFTER_THE_LAST: Span = Span::seconds(5);
/// Missing shards that are named one by one.
const NAMED: usize = 20;

/// Why the shards of a run do not start together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not all of them came in time.
    #[error("after {waited_s} s, {} of {of} shards had not arrived in {}: {}", missing.len(), dir.display(), named(missing))]
    Missing {
        /// The directory in which they meet.
        dir: PathBuf,
        /// The shards that did not come.
        missing: Vec<u32>,
        /// The number of shards in the run.
        of: u32,
        /// How long this shard waited, in seconds.
        waited_s: u64,
    },
    /// The storage cannot be used.
    #[error("{} cannot be used to start together: {source}", path.display())]
    Storage {
        /// The file or folder that cannot be used.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

fn named(missing: &[u32]) -> String {
    let names: Vec<String> = missing.iter().take(NAMED).map(ToString::to_string).collect();
    let more = missing.len().saturating_sub(NAMED);
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The place where the shards of a run meet.
pub struct Together<'a> {
    /// A folder on storage that all of them share, for this run alone.
    pub dir: &'a Path,
    /// The shard that waits for the others.
    pub shard: Shard,
    /// How long it waits for the others before it gives up.
    pub within: Duration,
}

/// A shard's file. It is removed if the shard does not start, so that the others do not take it for ready.
struct Ready {
    path: PathBuf,
    has_started: bool,
}

impl Drop for Ready {
    fn drop(&mut self) {
        if !self.has_started {
            // A file that cannot be removed soon is older than the time limit.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Together<'_> {
    /// Waits until all shards are there. Gives the moment at which they begin, by this machine's clock; none if `stop` was set.
    /// `now` is that clock, and `waiting` is told how many are there.
    pub fn wait(
        &self,
        stop: &AtomicBool,
        now: impl Fn() -> Time,
        mut waiting: impl FnMut(u32),
    ) -> Result<Option<Time>, StartError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Storage { path, source }
        };
        fs::create_dir_all(self.dir).map_err(failed(self.dir))?;
        let mut mine = Ready { path: self.file(self.shard.index), has_started: false };
        fs::write(&mine.path, b"ready\n").map_err(failed(&mine.path))?;
        let began = now();
        let stamped = written_at(&mine.path).map_err(failed(&mine.path))?;
        let (ahead, within) = (began.since(stamped), Span::micros(self.within.as_micros() as i64));
        let mut seen = 0;
        loop {
            let times: Vec<(u32, Option<Time>)> =
                (0..self.shard.of).map(|index| (index, written_at(&self.file(index)).ok())).collect();
            // A file that an earlier run left behind is older than the time limit.
            let is_there = |at: &Option<Time>| at.is_some_and(|at| stamped.since(at) <= within);
            let there = times.iter().filter(|(_, at)| is_there(at)).count() as u32;
            if there == self.shard.of {
                mine.has_started = true;
                let last = times.iter().filter_map(|(_, at)| *at).max().unwrap_or(stamped);
                return Ok(Some(last + AFTER_THE_LAST + ahead));
            }
            if there != seen {
                seen = there;
                waiting(there);
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if now().since(began) >= within {
                let missing = times.iter().filter(|(_, at)| !is_there(at)).map(|(index, _)| *index).collect();
                let (dir, of) = (self.dir.to_owned(), self.shard.of);
                return Err(StartError::Missing { dir, missing, of, waited_s: self.within.as_secs() });
            }
            thread::sleep(LOOKS_EVERY);
        }
    }
    fn file(&self, index: u32) -> PathBuf {
        self.dir.join(format!("ready-{index}of{}", self.shard.of))
    }
}

fn written_at(path: &Path) -> io::Result<Time> {
    let since_1970 = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(Time::from_micros(i64::try_from(since_1970.as_micros()).map_err(io::Error::other)?))
}

/// Waits for a moment by this machine's clock. False if `stop` was set before.
pub fn wait_until(moment: Time, stop: &AtomicBool, now: impl Fn() -> Time) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = moment.since(now());
        if left <= Span::ZERO {
            return true;
        }
        thread::sleep(LOOKS_EVERY.min(left.duration()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::utc_now;

    fn room(name: &str) -> PathBuf {
        let room = std::env::temp_dir().join(format!("fieldday-start-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&room);
        room
    }

    fn wait(dir: &Path, index: u32, of: u32, within_ms: u64, clock: Span) -> Result<Option<Time>, StartError> {
        let together = Together { dir, shard: Shard { index, of }, within: Duration::from_millis(within_ms) };
        together.wait(&AtomicBool::new(false), || utc_now() + clock, |_| ())
    }

    #[test]
    fn shards_whose_clocks_differ_begin_at_one_moment() {
        let dir = room("clocks");
        let clocks = [Span::ZERO, Span::seconds(90), Span::seconds(-3_600)];
        let starts: Vec<Time> = thread::scope(|scope| {
            let shards = clocks.iter().enumerate().map(|(index, clock)| {
                let dir = &dir;
                scope.spawn(move || {
                    thread::sleep(Duration::from_millis(40 * index as u64));
                    // Back to one clock, to be compared.
                    let start = wait(dir, index as u32, 3, 20_000, *clock).unwrap().unwrap();
                    start + (Span::ZERO - *clock)
                })
            });
            let shards: Vec<_> = shards.collect();
            shards.into_iter().map(|shard| shard.join().unwrap()).collect()
        });
        let apart = starts.iter().max().unwrap().since(*starts.iter().min().unwrap());
        assert!(apart < Span::millis(500), "{starts:?}");
        let _ = fs::remove_dir_all(&dir);
    }

    #[test]
    fn missing_shards_are_named_and_one_that_gave_up_is_no_longer_ready() {
        let dir = room("missing");
        let error = wait(&dir, 1, 3, 50, Span::ZERO).unwrap_err().to_string();
        assert!(error.contains("2 of 3 shards had not arrived") && error.ends_with(": 0, 2"), "{error}");
        let error = wait(&dir, 0, 3, 50, Span::ZERO).unwrap_err().to_string();
        assert!(error.ends_with(": 1, 2"), "{error}");
        let _ = fs::remove_dir_all(&dir);
    }

    #[test]
    fn files_that_an_earlier_run_left_do_not_count() {
        let dir = room("stale");
        fs::create_dir_all(&dir).unwrap();
        let old = fs::File::create(dir.join("ready-0of2")).unwrap();
        old.set_modified(std::time::SystemTime::now() - Duration::from_secs(600)).unwrap();
        let error = wait(&dir, 1, 2, 50, Span::ZERO).unwrap_err().to_string();
        assert!(error.ends_with(": 0"), "{error}");
        let _ = fs::remove_dir_all(&dir);
    }

    #[test]
    fn an_interrupt_ends_the_wait() {
        let dir = room("stop");
        let together = Together { dir: &dir, shard: Shard { index: 0, of: 2 }, within: Duration::from_secs(60) };
        assert!(matches!(together.wait(&AtomicBool::new(true), utc_now, |_| ()), Ok(None)));
        assert!(!dir.join("ready-0of2").exists());
        assert!(!wait_until(utc_now() + Span::seconds(60), &AtomicBool::new(true), utc_now));
        let _ = fs::remove_dir_all(&dir);
    }
}
