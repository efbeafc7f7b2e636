//! Where the shards of a search meet: a directory on storage that all of them share.
//!
//! The first shard writes an [`Order`] for each level. Every shard plays its cells of the level, and all but the first leave what they
//! measured as a [`LevelPart`]. Each shard rewrites a file every two seconds while it runs: a shard whose file no longer changes is dead, so
//! nobody waits for it for ever.

use fieldday_capacity::part::LevelPart;
use fieldday_folder::shard::{read_state, state_bytes};
use fieldday_plan::shard::Shard;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

/// The version of the format of the files in the directory.
const SCHEMA: u32 = 1;
/// How often a shard says that it runs.
const BEATS_EVERY: Duration = Duration::from_secs(2);
/// A shard that said nothing for so long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// The time between two looks for a file.
const LOOKS_EVERY: Duration = Duration::from_millis(200);
/// More than any part of a level has.
const MOST_BYTES: u64 = 1 << 30;

/// The reason why shards cannot search together.
#[derive(Debug, thiserror::Error)]
pub enum ShardsError {
    /// The directory, or a file in it, cannot be used.
    #[error("{} cannot be used to search together: {source}", path.display())]
    Storage {
        /// The file or directory that cannot be used.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The directory holds orders of an earlier search.
    #[error("{} holds an earlier search", path.display())]
    Used {
        /// The directory of that search.
        path: PathBuf,
    },
    /// The order that was read belongs to another search.
    #[error("shard 0 searches something else: its scenario, seed, limits, range or version differ")]
    Another,
    /// The first shard does not decide any more.
    #[error("shard 0, which decides what is measured next, {why}")]
    NoLeader {
        /// What is known of shard 0, as the end of a sentence.
        why: String,
    },
}

/// The order of shard 0 for one level, which all shards follow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    schema: u32,
    /// The search that it belongs to: a digest of all that decides levels.
    pub search: String,
    /// The level; none if the search is over.
    pub level: Option<LevelOrder>,
}

/// The level that an order asks for.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelOrder {
    /// The number of the level, from 1, as the order's file name has it.
    pub number: u64,
    /// The number of reps, all shards together.
    pub reps: u64,
    /// The length of the measured part, in seconds.
    pub for_s: f64,
    /// Requests a second of the day that a rep offers.
    pub per_rep: f64,
}

/// The parts of the other shards by index, or the indexes of the shards that were lost.
pub type Parts = Result<Vec<(u32, LevelPart)>, Vec<u32>>;

/// The directory in which the shards of a search meet.
#[derive(Clone, Debug)]
pub struct Meeting {
    dir: PathBuf,
    /// The shard that this process measures.
    pub shard: Shard,
}

impl Meeting {
    /// In this directory, which is made if need be.
    pub fn new(dir: &Path, shard: Shard) -> Result<Meeting, ShardsError> {
        let meeting = Meeting { dir: dir.to_owned(), shard };
        fs::create_dir_all(dir).map_err(meeting.failed(dir))?;
        Ok(meeting)
    }
    /// An error if another search was here before.
    pub fn must_be_new(&self) -> Result<(), ShardsError> {
        if self.last_order()? > 0 { Err(ShardsError::Used { path: self.dir.clone() }) } else { Ok(()) }
    }
    /// Writes the order with this number; without a level, the search is over.
    pub fn put_order(&self, number: u64, search: &str, level: Option<LevelOrder>) -> Result<(), ShardsError> {
        let order = Order { schema: SCHEMA, search: search.to_owned(), level };
        // Plain data of strings and numbers: it cannot fail.
        let text = serde_json::to_string(&order).unwrap_or_default();
        self.put(&self.dir, &order_name(number), text.as_bytes())
    }
    /// The number of the first order that this shard has not begun.
    pub fn next_order(&self) -> Result<u64, ShardsError> {
        let last = self.last_order()?;
        let has_begun = last > 0 && self.level_dir(last).join(self.begun()).exists();
        Ok(if has_begun { last + 1 } else { last.max(1) })
    }
    /// Waits for an order. None if `stop` was set; an error if the first shard is dead, or did not come within this time.
    pub fn wait_for_order(
        &self,
        number: u64,
        search: &str,
        within: Duration,
        stop: &AtomicBool,
    ) -> Result<Option<Order>, ShardsError> {
        let (path, mut leader, began) = (self.dir.join(order_name(number)), self.watch(0), Instant::now());
        loop {
            if let Ok(text) = fs::read_to_string(&path) {
                let order: Order = serde_json::from_str(&text)
                    .map_err(|error| self.failed(&path)(io::Error::new(io::ErrorKind::InvalidData, error)))?;
                let is_ours = order.schema == SCHEMA && order.search == search;
                return if is_ours { Ok(Some(order)) } else { Err(ShardsError::Another) };
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match leader.state() {
                State::Alive => {}
                State::Absent if began.elapsed() < within => {}
                State::Absent => {
                    return Err(ShardsError::NoLeader { why: format!("is not there after {} s", within.as_secs()) });
                }
                State::Dead => {
                    return Err(ShardsError::NoLeader { why: format!("said nothing for {} s", DEAD_AFTER.as_secs()) });
                }
            }
            thread::sleep(LOOKS_EVERY);
        }
    }
    /// Where the shards say that they are ready for a level.
    pub fn level_dir(&self, number: u64) -> PathBuf {
        self.dir.join(format!("level-{number}"))
    }
    /// This shard begins a level: if it dies, it does not take it for a new one.
    pub fn begins(&self, number: u64) -> Result<(), ShardsError> {
        let dir = self.level_dir(number);
        fs::create_dir_all(&dir).map_err(self.failed(&dir))?;
        self.put(&dir, &self.begun(), b"")
    }
    /// Leaves what was measured for the first shard.
    pub fn put_part(&self, number: u64, part: &LevelPart) -> Result<(), ShardsError> {
        let (dir, name) = (self.level_dir(number), part_name(self.shard.index));
        let bytes = state_bytes(part).map_err(self.failed(&dir.join(&name)))?;
        self.put(&dir, &name, &bytes)
    }
    /// Waits for what the others measured. The shards that died, or left nothing within this time, are named.
    pub fn parts(&self, number: u64, within: Duration, stop: &AtomicBool) -> Result<Parts, ShardsError> {
        let began = Instant::now();
        let mut watches: Vec<Watch> = (0..self.shard.of).map(|index| self.watch(index)).collect();
        let (mut parts, mut lost) = (Vec::new(), Vec::new());
        let mut open: Vec<u32> = (0..self.shard.of).filter(|index| *index != self.shard.index).collect();
        while !open.is_empty() && !stop.load(Ordering::Relaxed) {
            let mut left = Vec::new();
            for index in open {
                let path = self.level_dir(number).join(part_name(index));
                if path.exists() {
                    parts.push((index, read_state(&path, MOST_BYTES).map_err(self.failed(&path))?));
                } else if watches[index as usize].state() != State::Alive || began.elapsed() > within {
                    lost.push(index);
                } else {
                    left.push(index);
                }
            }
            open = left;
            thread::sleep(LOOKS_EVERY);
        }
        parts.sort_by_key(|(index, _)| *index);
        Ok(if lost.is_empty() { Ok(parts) } else { Err(lost) })
    }
    /// Says that this shard runs, until what this gives is dropped.
    pub fn heartbeat(&self) -> Result<Heartbeat, ShardsError> {
        let name = alive_name(self.shard.index);
        self.put(&self.dir, &name, b"0")?;
        let path = self.dir.join(name);
        let ends = Arc::new(AtomicBool::new(false));
        let (stops, beats) = (ends.clone(), path.clone());
        let works = move || {
            for beat in 1_u64.. {
                let next = Instant::now() + BEATS_EVERY;
                while Instant::now() < next {
                    if stops.load(Ordering::Relaxed) {
                        return;
                    }
                    thread::sleep(LOOKS_EVERY);
                }
                // Storage that is gone for a moment is no reason to end.
                let _ = fs::write(&beats, beat.to_string());
            }
        };
        let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(works).map_err(self.failed(&path))?;
        Ok(Heartbeat { path, ends, thread: Some(thread) })
    }

    fn last_order(&self) -> Result<u64, ShardsError> {
        let entries = fs::read_dir(&self.dir).map_err(self.failed(&self.dir))?;
        let number = |name: String| name.strip_prefix("order-")?.strip_suffix(".json")?.parse::<u64>().ok();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter_map(number).max().unwrap_or(0))
    }
    fn begun(&self) -> String {
        format!("begun-{}", self.shard.index)
    }
    fn watch(&self, index: u32) -> Watch {
        Watch { path: self.dir.join(alive_name(index)), seen: None, changed: Instant::now() }
    }
    /// Writes a file so that nobody reads half of it.
    fn put(&self, dir: &Path, name: &str, bytes: &[u8]) -> Result<(), ShardsError> {
        fieldday_folder::put(dir, name, bytes).map_err(self.failed(&dir.join(name)))
    }
    fn failed(&self, path: &Path) -> impl FnOnce(io::Error) -> ShardsError + use<> {
        let path = path.to_owned();
        move |source| ShardsError::Storage { path, source }
    }
}

fn order_name(number: u64) -> String {
    format!("order-{number}.json")
}
fn part_name(index: u32) -> String {
    format!("part-{index}.cbor.zst")
}
fn alive_name(index: u32) -> String {
    format!("alive-{index}")
}

/// Says that a shard runs. Its file goes when this is dropped: the shard ended.
pub struct Heartbeat {
    path: PathBuf,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

/// What the file of another shard's heartbeat tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Alive,
    /// Its file is not there: it has not come, or it ended.
    Absent,
    /// Its file is there, and does not change any more.
    Dead,
}

/// Whether another shard runs, by this machine's own clock: that of the storage may differ.
struct Watch {
    path: PathBuf,
    seen: Option<SystemTime>,
    changed: Instant,
}

impl Watch {
    fn state(&mut self) -> State {
        let Ok(written) = fs::metadata(&self.path).and_then(|data| data.modified()) else { return State::Absent };
        if self.seen != Some(written) {
            (self.seen, self.changed) = (Some(written), Instant::now());
        }
        if self.changed.elapsed() < DEAD_AFTER { State::Alive } else { State::Dead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_capacity::excerpt::Offered;
    use fieldday_kernel::time::Span;
    use fieldday_rules::{Measures, Traffic};

    fn meeting(name: &str, index: u32) -> Meeting {
        let dir = std::env::temp_dir().join(format!("fieldday-search-{}-{name}", std::process::id()));
        if index == 0 {
            let _ = fs::remove_dir_all(&dir);
        }
        Meeting::new(&dir, Shard { index, of: 3 }).unwrap()
    }
    fn order(number: u64) -> LevelOrder {
        LevelOrder { number, reps: 200, for_s: 6.0, per_rep: 0.01 }
    }
    fn part() -> LevelPart {
        let offered = Offered { requests: 0, requests_per_s: 0.0, endpoints: Vec::new() };
        let traffic = Traffic::new(Span::ZERO, Span::seconds(2));
        let (measures, rules_broken) = (Measures::new(), vec!["paging.exact".to_owned()]);
        let (invalid, suffered, disturbed, ended) = (None, None, Vec::new(), None);
        LevelPart { offered, traffic, measures, rules_broken, invalid, suffered, disturbed, ended }
    }

    #[test]
    fn what_the_others_measured_is_read_in_their_order() {
        let (leader, other, last) = (meeting("parts", 0), meeting("parts", 1), meeting("parts", 2));
        let _alive = (other.heartbeat().unwrap(), last.heartbeat().unwrap());
        fs::create_dir_all(leader.level_dir(1)).unwrap();
        last.put_part(1, &part()).unwrap();
        other.put_part(1, &part()).unwrap();
        let parts = leader.parts(1, Duration::from_secs(5), &AtomicBool::new(false)).unwrap().unwrap();
        assert_eq!(parts.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(parts[0].1.rules_broken, ["paging.exact"]);
    }

    #[test]
    fn a_shard_that_ended_is_named_and_nobody_waits_for_it() {
        let (leader, other) = (meeting("dead", 0), meeting("dead", 1));
        let _alive = other.heartbeat().unwrap();
        fs::create_dir_all(leader.level_dir(1)).unwrap();
        other.put_part(1, &part()).unwrap();
        let began = Instant::now();
        let lost = leader.parts(1, Duration::from_secs(60), &AtomicBool::new(false)).unwrap().unwrap_err();
        assert_eq!(lost, [2]);
        assert!(began.elapsed() < Duration::from_secs(10));
        // One that runs and leaves nothing is not waited for beyond its time, either.
        let _hangs = meeting("dead", 2).heartbeat().unwrap();
        let lost = leader.parts(1, Duration::from_millis(500), &AtomicBool::new(false)).unwrap().unwrap_err();
        assert_eq!(lost, [2]);
    }

    #[test]
    fn orders_are_followed_once_and_those_of_another_search_not_at_all() {
        let (leader, other) = (meeting("orders", 0), meeting("orders", 1));
        let (soon, stop) = (Duration::from_millis(300), AtomicBool::new(false));
        let error = other.wait_for_order(1, "a", soon, &stop).unwrap_err();
        assert!(error.to_string().contains("is not there"), "{error}");
        leader.must_be_new().unwrap();
        leader.put_order(1, "a", Some(order(1))).unwrap();
        assert_eq!(other.next_order().unwrap(), 1, "who comes late takes part");
        assert_eq!(other.wait_for_order(1, "a", soon, &stop).unwrap().unwrap().level, Some(order(1)));
        assert!(matches!(other.wait_for_order(1, "b", soon, &stop), Err(ShardsError::Another)));
        other.begins(1).unwrap();
        assert_eq!(other.next_order().unwrap(), 2, "who died in a level waits for the next");
        leader.put_order(2, "a", None).unwrap();
        assert_eq!(other.wait_for_order(2, "a", soon, &stop).unwrap().unwrap().level, None);
        assert!(matches!(leader.must_be_new(), Err(ShardsError::Used { .. })));
    }
}
