//! `history.jsonl.zst`: one JSON value a line, in zstd frames that are closed now and then, so that a file cut anywhere
//! can be read up to its last frame.
//!
//! The first line is the [`Header`]. A line `{"cell": name, "start": time}` begins each cell, whose [events](crate::Event) follow; a line
//! `{"end": …}` closes the file with the number of events, so that a file without it is known to be incomplete.

use crate::event::Event;
use crate::fingerprint::Fingerprint;
use fieldday_api::time::Time;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};

/// The version of the format. A reader refuses another.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub fieldday_history: u32,
    /// The version of Field Day that wrote it.
    pub version: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// When the first cell starts.
    pub start: Time,
}

/// A line of the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// An event of the current cell.
    Event(Event),
    /// A cell begins.
    Cell {
        /// Its name.
        cell: String,
        /// When it starts: its events count from here.
        start: Time,
    },
    /// The file is complete.
    End {
        /// How many events it has.
        end: u64,
        /// The fingerprint of the whole.
        fingerprint: Fingerprint,
    },
    /// The first line.
    Header(Header),
}

/// What can be wrong with a history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("the history cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is not a history.
    #[error("line {line} is not a line of a history: {reason}")]
    Line {
        /// Which line.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// It is of another version.
    #[error("this is a history of format {found}; this version reads format {FORMAT}")]
    Version {
        /// What it is.
        found: u32,
    },
}

/// Bytes of JSON after which a frame is closed.
const FRAME_BYTES: usize = 1 << 20;

/// Writes the events of one or more cells as finished zstd frames into memory or a file.
pub struct Writer<W: Write> {
    out: W,
    pending: Vec<u8>,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// A writer without a header: for the part of a file that one cell fills.
    pub fn part(out: W) -> Self {
        Writer { out, pending: Vec::with_capacity(FRAME_BYTES + 4_096), events: 0 }
    }
    /// A writer of a whole file.
    pub fn new(out: W, header: &Header) -> std::io::Result<Self> {
        let mut writer = Writer::part(out);
        writer.line(header)?;
        Ok(writer)
    }
    /// A cell begins.
    pub fn cell(&mut self, name: &str, start: Time) -> std::io::Result<()> {
        self.line(&Line::Cell { cell: name.to_owned(), start })
    }
    /// An event of the current cell.
    pub fn event(&mut self, event: &Event) -> std::io::Result<()> {
        self.events += 1;
        self.line(event)
    }
    /// Appends frames that another writer finished, holding `events` events.
    pub fn frames(&mut self, frames: &[u8], events: u64) -> std::io::Result<()> {
        self.flush()?;
        self.events += events;
        self.out.write_all(frames)
    }
    /// Closes the current frame.
    pub fn flush(&mut self) -> std::io::Result<()> {
        if !self.pending.is_empty() {
            let frame = zstd::encode_all(&self.pending[..], 3)?;
            self.pending.clear();
            self.out.write_all(&frame)?;
        }
        self.out.flush()
    }
    /// Closes the last frame of a part; gives back what it was written to and how many events it holds.
    pub fn finish_part(mut self) -> std::io::Result<(W, u64)> {
        self.flush()?;
        Ok((self.out, self.events))
    }
    /// Closes the file.
    pub fn finish(mut self, fingerprint: Fingerprint) -> std::io::Result<W> {
        self.line(&Line::End { end: self.events, fingerprint })?;
        self.flush()?;
        Ok(self.out)
    }
    fn line<T: Serialize>(&mut self, value: &T) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.pending, value)?;
        self.pending.push(b'\n');
        if self.pending.len() >= FRAME_BYTES { self.flush() } else { Ok(()) }
    }
}

/// Reads a history line by line. A file that was cut ends where its last whole frame does.
pub struct Reader<R: Read> {
    lines: BufReader<zstd::Decoder<'static, BufReader<R>>>,
    /// The first line.
    pub header: Header,
    number: u64,
}

impl<R: Read> Reader<R> {
    /// Opens a history and reads its header.
    pub fn new(input: R) -> Result<Self, HistoryError> {
        let mut lines = BufReader::new(zstd::Decoder::new(input)?);
        let mut first = String::new();
        lines.read_line(&mut first)?;
        let header: Header = serde_json::from_str(&first)
            .map_err(|e| HistoryError::Line { line: 1, reason: format!("the header is missing ({e})") })?;
        if header.fieldday_history != FORMAT {
            return Err(HistoryError::Version { found: header.fieldday_history });
        }
        Ok(Reader { lines, header, number: 1 })
    }
    /// The next whole line as it stands, without its newline; none at the end or at a cut.
    pub fn text(&mut self) -> Result<Option<String>, HistoryError> {
        let mut text = String::new();
        self.number += 1;
        match self.lines.read_line(&mut text) {
            Ok(_) if text.pop() == Some('\n') => Ok(Some(text)),
            Ok(_) => Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
    /// What a line that [`Reader::text`] has just given says.
    pub fn parse(&self, text: &str) -> Result<Line, HistoryError> {
        serde_json::from_str(text).map_err(|e| HistoryError::Line { line: self.number, reason: e.to_string() })
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Line, HistoryError>;
    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text().transpose()?;
        Some(text.and_then(|text| self.parse(&text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Deed, What};
    use fieldday_api::time::Span;

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
            let what = What::Person(Deed::TicksTask { task_id: "task_1".into() });
            writer.event(&Event { at: Span::micros(at), client: 0, what }).unwrap();
        }
        writer.finish(Fingerprint(1)).unwrap()
    }

    #[test]
    fn what_is_written_reads_back_in_order() {
        let file = written(10);
        let reader = Reader::new(&file[..]).unwrap();
        assert_eq!(reader.header, header());
        let lines: Vec<Line> = reader.map(Result::unwrap).collect();
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[0], Line::Cell { cell: "cell-0".into(), start: Time::default() });
        assert!(matches!(&lines[10], Line::Event(e) if e.at == Span::micros(9)));
        assert_eq!(lines[11], Line::End { end: 10, fingerprint: Fingerprint(1) });
    }

    #[test]
    fn a_file_cut_anywhere_reads_up_to_the_cut_and_shows_that_its_end_is_missing() {
        let file = written(60_000);
        for cut in [file.len() / 3, file.len() - 1] {
            let lines: Vec<_> = Reader::new(&file[..cut]).unwrap().collect::<Result<_, _>>().unwrap();
            assert!(!lines.is_empty(), "a cut at {cut} of {} lost everything", file.len());
            assert!(!matches!(lines.last(), Some(Line::End { .. })));
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
