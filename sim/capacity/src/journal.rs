//! `capacity.jsonl`: what is searched, and each level as it was measured, a line each; what an interrupted search goes on
//! from.

use crate::level::Level;
use crate::search::Range;
use fieldday_folder::{Host, bounded};
use fieldday_kernel::time::{Time, TimeOfDay};
use fieldday_scenario::{Disturbance, Scenario};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of the journal's format; a journal of another version is refused.
pub const FORMAT: u32 = 3;
/// The name of the journal's file in the folder of a search.
pub const JOURNAL: &str = "capacity.jsonl";

/// The first line of a journal: what is searched, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the journal's format: [`FORMAT`].
    pub fieldday_capacity: u32,
    /// The version of Field Day that began the search.
    pub version: String,
    /// The target of the search: `mock`, or a base URL.
    pub target: String,
    /// The settings of the built-in mock; absent if the target is a deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mock: Option<MockTerms>,
    /// The seed of the scenario's plan.
    pub seed: u64,
    /// The numbers of reps between which the search looks, and its settings.
    pub range: Range,
    /// Seconds of the wall clock for which a level plays before it is measured, at least.
    pub warm_up_s: u32,
    /// The window of the day that levels play parts of, by local time.
    pub window: (TimeOfDay, TimeOfDay),
    /// Whether each level lives the scenario's planned disturbances.
    #[serde(default, skip_serializing_if = "is_not")]
    pub disturb: bool,
    /// The line that gives the same search again.
    pub reproduce: String,
    /// When the search began, by the machine's clock.
    pub began: Time,
    /// The machine that generates the load.
    pub host: Host,
    /// The scenario with everything that the command line said.
    pub scenario: Scenario,
}

/// What serde leaves out.
fn is_not(value: &bool) -> bool {
    !value
}

impl Header {
    /// The planned disturbances that each level lives.
    pub fn disturbances(&self) -> &[Disturbance] {
        if self.disturb { &self.scenario.live.disturb } else { &[] }
    }
}

/// How the tool's own mock serves during a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MockTerms {
    /// So many requests at once; no limit if none.
    pub workers: Option<u32>,
    /// Each for so many microseconds; as the model draws it if none.
    pub delay_us: Option<u64>,
    /// That is the mean of an exponential distribution, not the same each time.
    pub exponential: bool,
}

/// The reason why a search cannot be resumed from a folder, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be resumed: {why}", path.display())]
pub struct JournalError {
    /// The journal's file.
    pub path: PathBuf,
    /// The reason: what the operating system reported, what line is wrong, or what differs.
    pub why: String,
    /// What the user can do about it, for the terminal.
    pub hint: String,
}

/// A journal that is open for writing, a line per level.
pub struct Journal {
    path: PathBuf,
    file: File,
}

/// The content of a journal that was read.
#[derive(Debug)]
pub struct Read {
    /// The first line.
    pub header: Header,
    /// The levels, in the order in which they were measured.
    pub levels: Vec<Level>,
    /// Whether its last line was cut by a kill, and so left out.
    pub was_cut: bool,
}

impl Journal {
    /// Creates the journal of a new search in a folder and writes its header; fails if there is one already.
    pub fn create(folder: &Path, header: &Header) -> io::Result<Journal> {
        let path = folder.join(JOURNAL);
        let file = File::create_new(&path)?;
        let mut journal = Journal { path, file };
        journal.line(header)?;
        Ok(journal)
    }
    /// Adds a level: once this returns, no kill takes it away.
    pub fn add(&mut self, level: &Level) -> io::Result<()> {
        self.line(level)
    }
    /// The journal's file.
    pub fn path(&self) -> &Path {
        &self.path
    }
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value)? + "\n";
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }
    /// Reads a folder's journal; fails if there is none, if its format is another, or if a complete line is wrong.
    pub fn read(folder: &Path) -> Result<Read, JournalError> {
        let path = folder.join(JOURNAL);
        let wrong = |why: String| JournalError {
            path: path.clone(),
            why,
            hint: "use the folder that `fieldday capacity --target` created".to_owned(),
        };
        let text = bounded::text(&path).map_err(|error| wrong(error.to_string()))?;
        let mut lines = text.split_inclusive('\n');
        let first = lines.next().unwrap_or_default();
        let header: Header = serde_json::from_str(first)
            .map_err(|error| wrong(format!("line 1 is not the header of a search: {error}")))?;
        if header.fieldday_capacity != FORMAT {
            return Err(wrong(format!("it has format {}, and this version reads {FORMAT}", header.fieldday_capacity)));
        }
        let (mut levels, mut was_cut) = (Vec::new(), false);
        for (number, line) in lines.enumerate() {
            match serde_json::from_str(line) {
                Ok(level) => levels.push(level),
                Err(_) if !line.ends_with('\n') => was_cut = true,
                Err(error) => return Err(wrong(format!("line {} is not a level: {error}", number + 2))),
            }
        }
        Ok(Read { header, levels, was_cut })
    }
    /// Opens a folder's journal to go on, if it is one of the same search. Which numbers of reps are asked for may differ.
    pub fn resume(folder: &Path, wanted: &Header) -> Result<(Journal, Read), JournalError> {
        let read = Journal::read(folder)?;
        let path = folder.join(JOURNAL);
        let mut differs = Vec::new();
        let mut compare = |what: &str, has: String, asked: String| {
            if has != asked {
                differs.push(format!("it was made with {what} {has}, not {asked}"));
            }
        };
        let (has, asked) = (&read.header, wanted);
        compare("scenario", has.scenario.name.clone(), asked.scenario.name.clone());
        compare("target", has.target.clone(), asked.target.clone());
        compare("seed", format!("{:#x}", has.seed), format!("{:#x}", asked.seed));
        compare("version", has.version.clone(), asked.version.clone());
        compare("warm-up", format!("{} s", has.warm_up_s), format!("{} s", asked.warm_up_s));
        let limits =
            |of: &Header| of.scenario.limits.iter().map(|limit| limit.text().to_owned()).collect::<Vec<_>>().join(", ");
        compare("limits", limits(has), limits(asked));
        compare("disturbances", disturbances(has), disturbances(asked));
        if differs.is_empty() && has.mock != asked.mock {
            differs.push("it was made with other settings of the mock".to_owned());
        }
        if differs.is_empty()
            && let Some(of) = as_kept(has).zip(as_kept(asked)).and_then(|(has, asked)| changed(&has, &asked))
        {
            differs.push(format!("its disturbance {of:?} has changed since"));
        }
        if differs.is_empty() && as_kept(has).is_none_or(|has| as_kept(asked) != Some(has)) {
            differs.push(format!("the scenario {}, --speed or another option has changed since", has.scenario.name));
        }
        if !differs.is_empty() {
            return Err(JournalError {
                path,
                why: differs.join("; "),
                hint: format!("repeat the same command line with --resume ({}), or start a new search", has.reproduce),
            });
        }
        let broken = |error: io::Error| JournalError {
            path: path.clone(),
            why: error.to_string(),
            hint: "make it writable".to_owned(),
        };
        let file = OpenOptions::new().append(true).open(&path).map_err(broken)?;
        if read.was_cut {
            // What is left of the line would be in the way of the next one.
            let text = bounded::text(&path).map_err(broken)?;
            let whole = text.rfind('\n').map_or(0, |at| at + 1);
            file.set_len(whole as u64).map_err(broken)?;
        }
        Ok((Journal { path, file }, read))
    }
}

/// The planned disturbances of a search by name, each with its moment; `none` without any.
fn disturbances(of: &Header) -> String {
    let each = |of: &Disturbance| format!("{:?} (at {} s, for {} s)", of.name, of.at_s, of.lasts_s);
    let all: Vec<String> = of.disturbances().iter().map(each).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// The scenario as a journal keeps it: without the passwords of its commands. None if it cannot be written.
fn as_kept(of: &Header) -> Option<Scenario> {
    serde_json::from_value(serde_json::to_value(&of.scenario).ok()?).ok()
}

/// The name of the first planned disturbance that differs.
fn changed(has: &Scenario, asked: &Scenario) -> Option<String> {
    let mut both = has.live.disturb.iter().zip(&asked.live.disturb);
    both.find(|(has, asked)| has != asked).map(|(has, _)| has.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::TARGET;
    use std::fs;

    fn header() -> Header {
        Header {
            fieldday_capacity: FORMAT,
            version: "0.1.0".to_owned(),
            target: "mock".to_owned(),
            mock: None,
            seed: 1,
            range: Range::default(),
            warm_up_s: 20,
            window: (TimeOfDay::hm(7, 30), TimeOfDay::hm(9, 0)),
            disturb: false,
            reproduce: "fieldday capacity peak --target mock".to_owned(),
            began: Time::from_micros(0),
            host: Host::default(),
            scenario: Scenario::load("peak").unwrap(),
        }
    }
    fn room(name: &str) -> PathBuf {
        // Of this checkout alone: another may test at the same time.
        let checkout = fieldday_kernel::random::name_key(env!("CARGO_MANIFEST_DIR"));
        let room = std::env::temp_dir().join(format!("fieldday-journal-{name}-{checkout:x}"));
        let _ = fs::remove_dir_all(&room);
        fs::create_dir_all(&room).unwrap();
        room
    }

    #[test]
    fn what_was_measured_is_read_again_and_a_line_that_was_cut_is_left_out() {
        let room = room("cut");
        let mut journal = Journal::create(&room, &header()).unwrap();
        let levels = [TARGET.level(10, 30.0), TARGET.level(20, 30.0)];
        levels.iter().for_each(|level| journal.add(level).unwrap());
        assert_eq!(Journal::read(&room).unwrap().levels, levels);
        let text = fs::read_to_string(journal.path()).unwrap();
        fs::write(journal.path(), &text[..text.len() - 40]).unwrap();
        let (mut journal, read) = Journal::resume(&room, &header()).unwrap();
        assert!(read.was_cut && read.levels == levels[..1]);
        journal.add(&levels[1]).unwrap();
        assert_eq!(Journal::read(&room).unwrap().levels, levels);
        fs::remove_dir_all(room).unwrap();
    }

    /// A search whose levels live one disturbance.
    fn disturbed(run: &str) -> Header {
        let mut header = Header { disturb: true, ..header() };
        let of = serde_json::json!({
            "name": "stopped", "at_s": 5, "run": run, "undo": "true", "lasts_s": 3, "holds_again_within_s": 9
        });
        header.scenario.live.disturb = vec![serde_json::from_value(of).unwrap()];
        header
    }

    #[test]
    fn disturbances_are_part_of_the_question_and_their_passwords_are_not() {
        let room = room("disturbed");
        Journal::create(&room, &disturbed("PGPASSWORD=hunter2 psql -c stop")).unwrap();
        assert!(!fs::read_to_string(room.join(JOURNAL)).unwrap().contains("hunter2"));
        let refused = |wanted: Header| Journal::resume(&room, &wanted).err().map(|error| error.to_string());
        // With the password that the journal does not have, it is the same search.
        assert_eq!(refused(disturbed("PGPASSWORD=hunter2 psql -c stop")), None);
        let changed = refused(disturbed("PGPASSWORD=hunter2 psql -c halt")).unwrap();
        assert!(changed.contains("its disturbance \"stopped\" has changed since"), "{changed}");
        let without = refused(Header { disturb: false, ..disturbed("PGPASSWORD=hunter2 psql -c stop") }).unwrap();
        assert!(without.contains("with disturbances \"stopped\" (at 5 s, for 3 s), not none"), "{without}");
        let mut later = disturbed("PGPASSWORD=hunter2 psql -c stop");
        later.scenario.live.disturb[0].at_s = 7;
        assert!(refused(later).unwrap().contains("(at 5 s, for 3 s), not \"stopped\" (at 7 s, for 3 s)"));
        fs::remove_dir_all(room).unwrap();
    }

    #[test]
    fn a_folder_of_another_search_is_refused_by_name() {
        let room = room("foreign");
        let refused = |wanted: Header| Journal::resume(&room, &wanted).err().unwrap().to_string();
        assert!(refused(header()).contains("cannot be resumed"), "there is no journal");
        Journal::create(&room, &header()).unwrap();
        let other = Scenario::load("weekday").unwrap();
        let text = refused(Header { scenario: other, target: "http://127.0.0.1:1".to_owned(), ..header() });
        assert!(text.contains("scenario peak, not weekday") && text.contains("target mock, not http"), "{text}");
        assert!(refused(Header { seed: 7, ..header() }).contains("seed 0x1, not 0x7"));
        let mut faster = header();
        faster.scenario.live.speed = 30;
        assert!(refused(faster).contains("--speed"));
        let mock = Some(MockTerms { workers: Some(2), ..MockTerms::default() });
        assert!(refused(Header { mock, ..header() }).contains("other settings of the mock"));
        let further = Range { to: 9_000, ..Range::default() };
        assert!(Journal::resume(&room, &Header { range: further, ..header() }).is_ok(), "it may go further up");
        fs::write(room.join(JOURNAL), "{}\n").unwrap();
        assert!(refused(header()).contains("line 1 is not the header"));
        fs::remove_dir_all(room).unwrap();
    }
}
