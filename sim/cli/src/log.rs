//! What happens in a live run, line by line on stderr, where `-v` or `FIELDDAY_LOG` asks for it.

use crate::failure::Failure;
use crate::output;
use std::io;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const VARIABLE: &str = "FIELDDAY_LOG";

/// Begins to show lines. `-v` goes before the variable; with neither nothing listens, and nothing is formatted.
pub fn begin(verbose: u8) -> Result<(), Failure> {
    let filter = match (verbose, std::env::var(VARIABLE).unwrap_or_default()) {
        (0, filter) if filter.trim().is_empty() => return Ok(()),
        (0, filter) => filter,
        (1, _) => "info".to_owned(),
        (2, _) => "debug".to_owned(),
        (3.., _) => "trace".to_owned(),
    };
    let parsed = EnvFilter::builder().parse(&filter);
    let parsed = parsed.map_err(|error| Failure::LogFilter { why: error.to_string(), filter })?;
    // Libraries log headers, and so tokens: whatever the filter says, only our own lines are shown.
    let ours = filter_fn(|metadata| metadata.target().starts_with("fieldday"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Notes);
    tracing_subscriber::registry().with(lines.with_filter(parsed).with_filter(ours)).init();
    Ok(())
}

/// Lines on stderr, each written whole, for which a picture makes room.
struct Notes;

impl io::Write for Notes {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        output::note(String::from_utf8_lossy(line).trim_end_matches('\n'));
        Ok(line.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
