//! CSV as RFC 4180 has it: fields with commas, quotes or line breaks stand in quotes, a quote is doubled. A field with
//! nothing in it is null, and `""` is the empty text, as PostgreSQL's `COPY … CSV` reads it.

use std::io::{self, Write};

/// A record: its line, and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The line that it begins on, from 1.
    pub line: usize,
    /// None for a field with nothing in it.
    pub fields: Vec<Option<String>>,
}

/// Text that is no CSV.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CsvError {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong, in a few words.
    pub message: &'static str,
}

/// Writes a record, with a line feed at its end.
pub fn write_record<'a>(out: &mut dyn Write, fields: impl IntoIterator<Item = Option<&'a str>>) -> io::Result<()> {
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        let Some(text) = field else { continue };
        // Blanks at the ends, which some readers trim, and a lone `\.`, which PostgreSQL takes for the end.
        let bare = !text.is_empty() && text.trim() == text && text != "\\." && !text.contains([',', '"', '\n', '\r']);
        if bare {
            out.write_all(text.as_bytes())?;
        } else {
            write!(out, "\"{}\"", text.replace('"', "\"\""))?;
        }
    }
    out.write_all(b"\n")
}

/// Reads all records. Lines end with a line feed, or a carriage return and one; empty lines are left out.
pub fn read(text: &str) -> Result<Vec<Record>, CsvError> {
    let mut records = Vec::new();
    let mut chars = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let mut line = 1;
    while chars.peek().is_some() {
        let mut record = Record { line, fields: Vec::new() };
        loop {
            let mut field = None;
            if chars.next_if_eq(&'"').is_some() {
                let (opened, mut text) = (line, String::new());
                loop {
                    match chars.next() {
                        None => return Err(CsvError { line: opened, message: "a quote is opened and never closed" }),
                        Some('"') if chars.next_if_eq(&'"').is_none() => break,
                        Some(c) => {
                            line += usize::from(c == '\n');
                            text.push(c);
                        }
                    }
                }
                field = Some(text);
            } else {
                while let Some(c) = chars.next_if(|c| !matches!(c, ',' | '\n' | '\r')) {
                    if c == '"' {
                        return Err(CsvError { line, message: "a quote stands inside a field that is not quoted" });
                    }
                    field.get_or_insert_with(String::new).push(c);
                }
            }
            record.fields.push(field);
            match chars.next() {
                Some(',') => {}
                Some('\r') if chars.next_if_eq(&'\n').is_some() => break,
                Some('\n') | None => break,
                Some(_) => return Err(CsvError { line, message: "a comma or the end of the line is missing" }),
            }
        }
        line += 1;
        if record.fields != [None] {
            records.push(record);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn awkward_files_are_read_and_wrong_ones_are_refused_by_line() {
        let records = read("\u{feff}a,\"b\"\"c\"\r\n\r\n,\"\"\n\"x\ny\",z").unwrap();
        let field = |text: &str| Some(text.to_owned());
        assert_eq!(records[0], Record { line: 1, fields: vec![field("a"), field("b\"c")] });
        assert_eq!(records[1], Record { line: 3, fields: vec![None, field("")] });
        assert_eq!(records[2], Record { line: 4, fields: vec![field("x\ny"), field("z")] });
        let line = |text| read(text).unwrap_err().line;
        assert_eq!([line("a\n\"b"), line("a\nb\"c"), line("\"a\" b\n")], [2, 2, 1]);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of("[a ,\"\r\n\\\\.ü']{0,6}"), 2..5), 0..6),
        ) {
            let mut bytes = Vec::new();
            for row in &rows {
                write_record(&mut bytes, row.iter().map(Option::as_deref)).unwrap();
            }
            let read: Vec<_> = read(std::str::from_utf8(&bytes).unwrap()).unwrap().into_iter().map(|r| r.fields).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
