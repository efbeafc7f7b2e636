//! SQL that SQLite and PostgreSQL both take: quoted identifiers, standard texts, a row a line.

use super::rows::Value;
use super::tables::{Column, Kind, TABLES};
use std::io::{self, Write};

/// So many rows an insert.
const ROWS: u32 = 200;

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::Text | Kind::Zone | Kind::Json | Kind::Word(_) => "TEXT",
        Kind::Date => "DATE",
        Kind::Time => "TIMESTAMP WITH TIME ZONE",
        Kind::TimeOfDay => "TIME",
        Kind::Money => "NUMERIC(12, 2)",
        Kind::Seconds => "NUMERIC(12, 3)",
        Kind::Bytes => "BIGINT",
        Kind::Flag => "BOOLEAN",
    }
}

/// The tables, in the order of their references.
pub(super) fn schema(to: &mut impl Write) -> io::Result<()> {
    for table in &TABLES {
        writeln!(to, "-- {}\nCREATE TABLE \"{}\" (", table.about, table.name)?;
        for (i, column) in table.columns.iter().enumerate() {
            let comma = if i + 1 == table.columns.len() { "" } else { "," };
            writeln!(to, "  {}{comma}", column_of(column, i == 0))?;
        }
        writeln!(to, ");")?;
    }
    Ok(())
}

fn column_of(column: &Column, is_key: bool) -> String {
    let mut text = format!("\"{}\" {}", column.name, type_of(column.kind));
    if is_key {
        text.push_str(" PRIMARY KEY");
    } else if !column.optional {
        text.push_str(" NOT NULL");
    }
    if let Some(table) = column.refers.and_then(|name| TABLES.iter().find(|table| table.name == name)) {
        text.push_str(&format!(" REFERENCES \"{}\" (\"{}\")", table.name, table.columns[0].name));
    }
    text
}

/// Inserts in the making: rows of one table after the other are written as one statement.
#[derive(Default)]
pub(super) struct Inserts {
    /// The table that the open statement is for, and its rows.
    open: Option<(usize, u32)>,
}

impl Inserts {
    pub fn row(&mut self, to: &mut impl Write, table: usize, row: &[Value<'_>]) -> io::Result<()> {
        match &mut self.open {
            Some((open, rows)) if *open == table && *rows < ROWS => {
                *rows += 1;
                to.write_all(b",\n")?;
            }
            _ => {
                self.end(to)?;
                self.open = Some((table, 1));
                let names: Vec<String> = TABLES[table].columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
                writeln!(to, "INSERT INTO \"{}\" ({}) VALUES", TABLES[table].name, names.join(", "))?;
            }
        }
        for (i, value) in row.iter().enumerate() {
            to.write_all(if i == 0 { b"(" } else { b", " })?;
            match value {
                Value::Null => to.write_all(b"NULL")?,
                Value::Flag(flag) => to.write_all(if *flag { b"TRUE" } else { b"FALSE" })?,
                Value::Number(number) => to.write_all(number.as_bytes())?,
                Value::Text(text) => write!(to, "'{}'", text.replace('\'', "''"))?,
            }
        }
        to.write_all(b")")
    }
    /// Ends the statement that is open.
    pub fn end(&mut self, to: &mut impl Write) -> io::Result<()> {
        if self.open.take().is_some() { to.write_all(b";\n") } else { Ok(()) }
    }
}
