//! `history.jsonl.zst`: one JSON value a line, in zstd frames that are closed now and then, so that a file cut anywhere
//! can be read up to its last frame.
//!
//! The first line is the [`Header`]. A line `{"cell": name, "start": time}` begins a cell, whose [events](crate::Event)
//! follow; a line `{"end": …}` closes the file with the number of events, so that a file without it is known to be
//! incomplete.
//!
//! The cells of a virtual run stand one after the other. Those of a live run take turns: each worker hands on what its cells
//! told at least every second, as [`Lines`] in which each cell's events stand behind the cell's line, and a cell whose name
//! came before goes on where it was. The one who holds the file closes a frame for each of these, with [`Writer::lines`]: so
//! a kill loses a second, and whoever works for the reps does not wait for a compressor. The fingerprint of the whole is that
//! of the cells' fingerprints, [combined](Fingerprint::combine) in the order in which the cells first stand in the file.
//!
//! Frames have a checksum: a file that was damaged is refused where the damage is.

use crate::event::Event;
use fieldday_api::SmolStr;
use fieldday_kernel::fingerprint::Fingerprint;
use fieldday_kernel::text::printable_json;
use fieldday_kernel::time::{Span, Time, Zone};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use zstd::bulk::Compressor;

/// The version of the format. A reader refuses another.
pub const FORMAT: u32 = 1;

/// The first line of the file: which run this is a history of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format, which is [`FORMAT`] in a file that this version can read.
    pub fieldday_history: u32,
    /// The version of Field Day that wrote it.
    pub version: String,
    /// The scenario's name, as its file gives it.
    pub scenario: String,
    /// The seed of the run's plan.
    pub seed: u64,
    /// The start of the first cell, by the cell's clock.
    pub start: Time,
}

/// A line of the file.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum HistoryLine {
    /// An event of the current cell.
    Event(Event),
    /// A cell begins, or goes on.
    Cell {
        /// The cell's name in the plan, such as `cell-0`.
        cell: String,
        /// The time of the cell's clock from which its events count.
        start: Time,
        /// The zones of its tenants, by tenant id, where they are not the plan's. Once is enough.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        zones: BTreeMap<SmolStr, Zone>,
    },
    /// The last line of a complete file.
    End {
        /// The number of events in the file.
        end: u64,
        /// The fingerprint of the whole.
        fingerprint: Fingerprint,
    },
    /// The first line of the file.
    Header(Header),
}

/// A [`HistoryLine::Cell`] alone: told apart by how a line begins, its errors say what is wrong with it.
#[derive(Deserialize)]
struct CellLine {
    cell: String,
    start: Time,
    #[serde(default)]
    zones: BTreeMap<SmolStr, Zone>,
}

/// A [`HistoryLine::End`] alone.
#[derive(Deserialize)]
struct EndLine {
    end: u64,
    fingerprint: Fingerprint,
}

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("the history cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The line is not JSON, or not of the form that a history has.
    #[error("line {line} is not a line of a history: {reason}")]
    Line {
        /// The line's number, from 1.
        line: u64,
        /// What was expected there, and what stands there.
        reason: String,
    },
    /// It has something that this version does not know.
    #[error(
        "line {line} has something that this version does not know: {reason}; version {version} of Field Day wrote it"
    )]
    Newer {
        /// The line's number, from 1.
        line: u64,
        /// What stands there, in the parser's words.
        reason: String,
        /// The version of Field Day that wrote the file, from its header.
        version: String,
    },
    /// The file is of another version of the format.
    #[error("this is a history of format {found}; this version reads format {FORMAT}")]
    Version {
        /// The version that the file says it has.
        found: u32,
    },
}

/// Lines that are in no frame yet.
#[derive(Default)]
pub struct Lines {
    text: Vec<u8>,
    events: u64,
    /// When the last event of the current cell was; none where a cell has just begun or goes on.
    latest: Option<Span>,
}

impl Lines {
    /// Whether no event has been added.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
    /// A cell begins, or goes on, whose tenants are not the plan's.
    pub fn cell(&mut self, name: &str, start: Time, zones: BTreeMap<SmolStr, Zone>) -> std::io::Result<()> {
        self.latest = None;
        self.line(&HistoryLine::Cell { cell: name.to_owned(), start, zones })
    }
    /// An event of the current cell. It panics if the event is earlier than the one before it: whoever reads a history relies
    /// on the order, and a wrong one cannot be put right later.
    pub fn event(&mut self, event: &Event) -> std::io::Result<()> {
        if let Some(latest) = self.latest.replace(event.at) {
            let Event { at, client, .. } = event;
            let number = self.events;
            assert!(
                *at >= latest,
                "event {number} since the last frame, of client {client}, is at {at}, after one at {latest}"
            );
        }
        self.events += 1;
        self.line(event)
    }
    /// Takes over the lines of another, which has none then.
    pub fn append(&mut self, other: &mut Lines) {
        if !other.is_empty() {
            self.latest = other.latest.take();
        }
        self.text.append(&mut other.text);
        self.events += std::mem::take(&mut other.events);
    }
    fn line<T: Serialize>(&mut self, value: &T) -> std::io::Result<()> {
        let from = self.text.len();
        serde_json::to_writer(&mut self.text, value)?;
        // Almost no line has any: then nothing is copied.
        if !self.text[from..].is_ascii() {
            let json = String::from_utf8(self.text.split_off(from)).map_err(std::io::Error::other)?;
            self.text.extend_from_slice(printable_json(json).as_bytes());
        }
        self.text.push(b'\n');
        Ok(())
    }
}

/// How the line of a cell begins.
const CELL: &str = "{\"cell\":";
/// How the last line begins.
const END: &str = "{\"end\":";

/// Bytes of JSON after which a frame is closed.
const FRAME_BYTES: usize = 1 << 20;

/// More than any frame has: half a second of a live run's worker, or a little more than a frame of a virtual run. What is
/// larger was made to fill a memory.
const MOST_FRAME_BYTES: u64 = 256 << 20;

/// Writes the events of one or more cells as finished zstd frames into memory or a file.
pub struct Writer<W: Write> {
    out: W,
    pending: Lines,
    /// The number of events in finished frames.
    events: u64,
    /// Its tables are as large as a frame, and serve all of them.
    compressor: Option<Compressor<'static>>,
}

impl<W: Write> Writer<W> {
    /// A writer without a header: for the part of a file that one cell fills.
    pub fn part(out: W) -> Self {
        Writer { out, pending: Lines::default(), events: 0, compressor: None }
    }
    /// A writer of a whole file.
    pub fn new(out: W, header: &Header) -> std::io::Result<Self> {
        let mut writer = Writer::part(out);
        writer.pending.line(header)?;
        Ok(writer)
    }
    /// A cell of the plan begins.
    pub fn cell(&mut self, name: &str, start: Time) -> std::io::Result<()> {
        self.pending.cell(name, start, BTreeMap::new())
    }
    /// An event of the current cell.
    pub fn event(&mut self, event: &Event) -> std::io::Result<()> {
        self.pending.event(event)?;
        if self.pending.text.len() >= FRAME_BYTES { self.flush() } else { Ok(()) }
    }
    /// Appends lines as a frame of their own.
    pub fn lines(&mut self, mut lines: Lines) -> std::io::Result<()> {
        self.flush()?;
        self.pending.append(&mut lines);
        self.flush()
    }
    /// Appends frames that another writer finished, holding `events` events.
    pub fn frames(&mut self, frames: &[u8], events: u64) -> std::io::Result<()> {
        self.flush()?;
        self.events += events;
        self.out.write_all(frames)
    }
    /// Appends the cells and events of another history as they stand, frame by frame. False if that history was cut: its end
    /// line is missing.
    pub fn append<R: Read>(&mut self, history: &mut Reader<R>) -> Result<bool, HistoryError> {
        let mut is_whole = false;
        while let Some(text) = history.text()? {
            is_whole = text.starts_with(END);
            if is_whole {
                continue;
            }
            self.pending.events += u64::from(!text.starts_with(CELL));
            self.pending.text.extend_from_slice(text.as_bytes());
            self.pending.text.push(b'\n');
            if self.pending.text.len() >= FRAME_BYTES {
                self.flush()?;
            }
        }
        Ok(is_whole)
    }
    /// Closes the current frame and writes it out, so that everything up to here can be read.
    pub fn flush(&mut self) -> std::io::Result<()> {
        if !self.pending.is_empty() {
            let compressor = match &mut self.compressor {
                Some(compressor) => compressor,
                none => none.insert(compressor()?),
            };
            self.out.write_all(&compressor.compress(&self.pending.text)?)?;
            self.pending.text.clear();
            self.events += std::mem::take(&mut self.pending.events);
        }
        self.out.flush()
    }
    /// Closes the last frame of a part; gives back what it was written to and how many events it holds.
    pub fn finish_part(mut self) -> std::io::Result<(W, u64)> {
        self.flush()?;
        Ok((self.out, self.events))
    }
    /// Writes the last line with the number of events and the fingerprint, and closes the file.
    pub fn finish(mut self, fingerprint: Fingerprint) -> std::io::Result<W> {
        let end = self.events + self.pending.events;
        self.pending.line(&HistoryLine::End { end, fingerprint })?;
        self.flush()?;
        Ok(self.out)
    }
}

/// Frames have a checksum.
fn compressor() -> std::io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(3)?;
    compressor.include_checksum(true)?;
    Ok(compressor)
}

/// Reads a history line by line. A file that was cut ends where its last whole frame does: a frame is read as a whole and
/// its checksum compared before any of its lines is given.
pub struct Reader<R: Read> {
    input: BufReader<R>,
    /// The frame that is being read, and how far.
    frame: Vec<u8>,
    at: usize,
    /// The header, which is read when the reader is made.
    pub header: Header,
    number: u64,
}

/// The lines of the next frame; none at the end of the file, or where it was cut.
fn next_frame<R: Read>(input: &mut BufReader<R>, frame: &mut Vec<u8>) -> Result<bool, std::io::Error> {
    frame.clear();
    if input.fill_buf()?.is_empty() {
        return Ok(false);
    }
    let decoder = zstd::Decoder::with_buffer(input)?.single_frame();
    let read = decoder.take(MOST_FRAME_BYTES + 1).read_to_end(frame)?;
    if read as u64 > MOST_FRAME_BYTES {
        frame.clear();
        let most = MOST_FRAME_BYTES >> 20;
        let what = format!("a frame is larger than {most} MiB, more than any frame of a history");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, what));
    }
    Ok(true)
}

impl<R: Read> Reader<R> {
    /// Opens a history and reads its header.
    pub fn new(input: R) -> Result<Self, HistoryError> {
        let (mut input, mut frame) = (BufReader::new(input), Vec::new());
        next_frame(&mut input, &mut frame)?;
        let end = frame.iter().position(|byte| *byte == b'\n').map_or(frame.len(), |end| end + 1);
        let header: Header = serde_json::from_slice(&frame[..end])
            .map_err(|e| HistoryError::Line { line: 1, reason: format!("the header is missing ({e})") })?;
        if header.fieldday_history != FORMAT {
            return Err(HistoryError::Version { found: header.fieldday_history });
        }
        Ok(Reader { input, frame, at: end, header, number: 1 })
    }
    /// The next whole line as it stands, without its newline; none at the end or at a cut.
    pub fn text(&mut self) -> Result<Option<String>, HistoryError> {
        self.number += 1;
        while self.at >= self.frame.len() {
            self.at = 0;
            match next_frame(&mut self.input, &mut self.frame) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.frame.clear();
                    return Ok(None);
                }
                Err(e) => return Err(e.into()),
            }
        }
        let rest = &self.frame[self.at..];
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let text = String::from_utf8(rest[..length].to_vec());
        self.at += length + 1;
        text.map(Some).map_err(|e| HistoryError::Line { line: self.number, reason: e.to_string() })
    }
    /// What a line that [`Reader::text`] has just given says.
    pub fn parse(&self, text: &str) -> Result<HistoryLine, HistoryError> {
        let begins = |key: &str| text.strip_prefix("{\"").is_some_and(|rest| rest.starts_with(key));
        match () {
            () if begins("cell\"") => {
                let CellLine { cell, start, zones } = self.read(text)?;
                Ok(HistoryLine::Cell { cell, start, zones })
            }
            () if begins("end\"") => {
                let EndLine { end, fingerprint } = self.read(text)?;
                Ok(HistoryLine::End { end, fingerprint })
            }
            () if begins("fieldday_history\"") => self.read(text).map(HistoryLine::Header),
            () => self.read(text).map(HistoryLine::Event),
        }
    }
    /// The number of the line that was read last, from 1.
    pub fn line_number(&self) -> u64 {
        self.number
    }
    fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, HistoryError> {
        serde_json::from_str(text).map_err(|error| {
            let (line, reason) = (self.number, error.to_string());
            if reason.contains("unknown variant") {
                // The list of all that is known would hide what is not.
                let reason = reason.split(", expected").next().unwrap_or_default().to_owned();
                return HistoryError::Newer { line, reason, version: self.header.version.clone() };
            }
            HistoryError::Line { line, reason }
        })
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<HistoryLine, HistoryError>;
    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text().transpose()?;
        Some(text.and_then(|text| self.parse(&text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventKind, UserAction};

    fn header() -> Header {
        Header {
            fieldday_history: FORMAT,
            version: "0".into(),
            scenario: "weekday".into(),
            seed: 7,
            start: Time::default(),
        }
    }

    fn written(events: i64) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        writer.cell("cell-0", Time::default()).unwrap();
        for at in 0..events {
            let what = EventKind::Person(UserAction::TicksTask { task_id: "task_1".into() });
            writer.event(&Event { at: Span::micros(at), client: 0, what }).unwrap();
        }
        writer.finish(Fingerprint(1)).unwrap()
    }

    #[test]
    fn histories_that_are_appended_read_as_one() {
        let (one, other) = (written(3), written(2));
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        for part in [&one, &other] {
            assert!(writer.append(&mut Reader::new(&part[..]).unwrap()).unwrap());
        }
        let whole = writer.finish(Fingerprint(2)).unwrap();
        let lines: Vec<_> = Reader::new(&whole[..]).unwrap().map(Result::unwrap).collect();
        let cells = lines.iter().filter(|line| matches!(line, HistoryLine::Cell { .. })).count();
        assert_eq!((lines.len(), cells), (8, 2));
        assert_eq!(lines.last(), Some(&HistoryLine::End { end: 5, fingerprint: Fingerprint(2) }));
    }

    #[test]
    fn a_cut_history_that_is_appended_is_told_from_a_whole_one() {
        let mut cut = Writer::new(Vec::new(), &header()).unwrap();
        cut.cell("cell-0", Time::default()).unwrap();
        cut.flush().unwrap();
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        assert!(!writer.append(&mut Reader::new(&cut.out[..]).unwrap()).unwrap());
    }

    #[test]
    fn a_small_file_that_would_fill_the_memory_is_refused() {
        let mut bomb = Writer::new(Vec::new(), &header()).unwrap();
        bomb.flush().unwrap();
        let mut encoder = zstd::Encoder::new(bomb.out, 1).unwrap();
        for _ in 0..=MOST_FRAME_BYTES >> 20 {
            encoder.write_all(&[b' '; 1 << 20]).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        let error = Reader::new(&bomb[..]).unwrap().text().unwrap_err();
        assert!(error.to_string().contains("larger than 256 MiB"), "{error}");
    }

    #[test]
    fn what_is_written_reads_back_in_order() {
        let file = written(10);
        let reader = Reader::new(&file[..]).unwrap();
        assert_eq!(reader.header, header());
        let lines: Vec<HistoryLine> = reader.map(Result::unwrap).collect();
        assert_eq!(lines.len(), 12);
        assert_eq!(
            lines[0],
            HistoryLine::Cell { cell: "cell-0".into(), start: Time::default(), zones: BTreeMap::new() }
        );
        assert!(matches!(&lines[10], HistoryLine::Event(e) if e.at == Span::micros(9)));
        assert_eq!(lines[11], HistoryLine::End { end: 10, fingerprint: Fingerprint(1) });
    }

    #[test]
    fn a_file_cut_anywhere_reads_up_to_the_cut_and_shows_that_its_end_is_missing() {
        let file = written(60_000);
        for cut in [file.len() / 3, file.len() - 1] {
            let lines: Vec<_> = Reader::new(&file[..cut]).unwrap().collect::<Result<_, _>>().unwrap();
            assert!(!lines.is_empty(), "a cut at {cut} of {} lost everything", file.len());
            assert!(!matches!(lines.last(), Some(HistoryLine::End { .. })));
        }
    }

    #[test]
    fn cells_take_turns_frame_by_frame_and_a_cut_file_says_whose_each_event_is() {
        let mut file = Writer::new(Vec::new(), &header()).unwrap();
        let zones = BTreeMap::from([("acme".into(), Zone::utc())]);
        for (turn, cell) in ["one", "two", "one"].into_iter().enumerate() {
            let mut lines = Lines::default();
            lines.cell(cell, Time::default(), zones.clone()).unwrap();
            lines.event(&Event { at: Span::seconds(turn as i64), client: 0, what: EventKind::Killed }).unwrap();
            file.lines(lines).unwrap();
        }
        let file = file.finish(Fingerprint(3)).unwrap();
        let read = |file: &[u8]| -> Vec<HistoryLine> { Reader::new(file).unwrap().map(Result::unwrap).collect() };
        let whole = read(&file);
        assert_eq!(whole.len(), 7);
        assert_eq!(whole[0], HistoryLine::Cell { cell: "one".into(), start: Time::default(), zones });
        assert_eq!(whole[6], HistoryLine::End { end: 3, fingerprint: Fingerprint(3) });
        for cut in file.len() / 2..file.len() {
            let lines = read(&file[..cut]);
            assert_eq!(lines[..], whole[..lines.len()], "a cut at {cut}");
        }
    }

    #[test]
    #[should_panic(expected = "event 1 since the last frame, of client 7, is at 1 µs, after one at 2 µs")]
    fn an_event_earlier_than_the_one_before_it_in_its_cell_is_not_written() {
        let mut lines = Lines::default();
        let mut event = |at| lines.event(&Event { at: Span::micros(at), client: 7, what: EventKind::Killed }).unwrap();
        event(2);
        event(1);
    }

    #[test]
    fn each_cell_has_its_own_time_and_goes_on_where_it_was() {
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        for (cell, at) in [("one", 5), ("two", 1), ("one", 5), ("two", 3)] {
            writer.cell(cell, Time::default()).unwrap();
            writer.event(&Event { at: Span::micros(at), client: 0, what: EventKind::Killed }).unwrap();
        }
        assert_eq!(Reader::new(&writer.finish(Fingerprint(1)).unwrap()[..]).unwrap().count(), 9);
    }

    #[test]
    fn a_kind_of_event_that_is_not_known_is_named_with_the_version_that_wrote_it() {
        let file = written(0);
        let reader = Reader::new(&file[..]).unwrap();
        let error = reader.parse(r#"{"t":1,"c":0,"e":{"teleported":{"to":"mars"}}}"#).unwrap_err().to_string();
        assert!(error.contains("unknown variant `teleported`") && error.contains("version 0 of"), "{error}");
        let error = reader.parse(r#"{"t":"soon","c":0,"e":"killed"}"#).unwrap_err();
        assert!(matches!(error, HistoryError::Line { .. }), "{error}");
    }

    #[test]
    fn damage_is_refused_wherever_it_is() {
        let file = written(2_000);
        let whole: Vec<HistoryLine> = Reader::new(&file[..]).unwrap().map(Result::unwrap).collect();
        for place in (0..file.len()).step_by(7) {
            let mut damaged = file.clone();
            damaged[place] ^= 0x10;
            let read = Reader::new(&damaged[..]).and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
            let is_whole = |lines: &Vec<HistoryLine>| matches!(lines.last(), Some(HistoryLine::End { .. }));
            // Some bits are in no use: a flip there changes nothing that is read.
            let unnoticed = read.ok().filter(is_whole).filter(|lines| *lines != whole);
            assert!(unnoticed.is_none(), "byte {place} of {} was flipped, and nobody noticed", file.len());
        }
    }

    #[test]
    fn what_is_no_history_is_refused() {
        assert!(matches!(Reader::new(&b"hello"[..]), Err(HistoryError::Io(_))));
        let other = zstd::encode_all(&b"{\"a\":1}\n"[..], 1).unwrap();
        assert!(matches!(Reader::new(&other[..]), Err(HistoryError::Line { line: 1, .. })));
        let newer = Header { fieldday_history: 9, ..header() };
        let newer = Writer::new(Vec::new(), &newer).unwrap().finish(Fingerprint(0)).unwrap();
        assert!(matches!(Reader::new(&newer[..]), Err(HistoryError::Version { found: 9 })));
    }
}
