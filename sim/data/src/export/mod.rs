//! A plan's data as files, so that a real backend can be loaded: JSON, CSV, or SQL inserts, with the shape of
//! [`TABLES`]. Everything is in the clear: the people are invented.
//!
//! ```
//! use fieldday_data::export::{Export, Format};
//! use fieldday_plan::Plan;
//! use fieldday_scenario::Scenario;
//! use std::sync::Arc;
//!
//! let mut scenario = Scenario::load("weekday")?;
//! scenario.with_reps(4);
//! let plan = Plan::new(Arc::new(scenario), 1)?;
//! // Into memory here; a file for each name otherwise.
//! let mut export = Export::new(Format::Csv, |_name| Ok(Vec::<u8>::new()))?;
//! for index in 0..plan.cells() {
//!     export.add(&plan.cell(index))?;
//! }
//! assert!(export.finish()?.total() > 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod rows;
mod sql;
mod tables;

#[cfg(test)]
mod tests;

pub use document::{TenantDocument, tenant_from_json, tenant_to_json};
pub use tables::{Column, Kind, TABLES, Table, markdown};

use crate::csv;
use crate::roster::RosterTenant;
use fieldday_api::dataset::TenantData;
use fieldday_kernel::time::Date;
use fieldday_plan::CellPlan;
use rows::{Value, for_each_row};
use std::io::{self, Write};

/// The form of the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `tenants.jsonl`: one document a tenant, one line each.
    Json,
    /// One file a table, with a header.
    Csv,
    /// `schema.sql` with the tables, `data.sql` with inserts.
    Sql,
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {source}")]
pub struct ExportError {
    /// The file, by its name in the folder.
    pub file: String,
    /// The operating system's reason.
    pub source: io::Error,
}

/// The number of rows of each table, in the tables' order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts(pub [u64; TABLES.len()]);

impl Counts {
    /// The number of rows of all tables together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
    /// Each table's name and rows.
    pub fn by_table(&self) -> impl Iterator<Item = (&'static str, u64)> {
        TABLES.iter().map(|table| table.name).zip(self.0)
    }
}

/// A file with its name in the folder.
struct Named<W> {
    name: String,
    to: W,
}

impl<W: Write> Named<W> {
    fn open(name: &str, open: &mut impl FnMut(&str) -> io::Result<W>) -> Result<Named<W>, ExportError> {
        let to = open(name).map_err(|source| ExportError { file: name.to_owned(), source })?;
        Ok(Named { name: name.to_owned(), to })
    }
    fn write(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) -> Result<(), ExportError> {
        write(&mut self.to).map_err(|source| ExportError { file: self.name.clone(), source })
    }
}

/// Files in the making. Cells are added one by one, and nothing of them is held.
pub struct Export<W: Write> {
    format: Format,
    /// The tables' files in the order of [`TABLES`], or the one file of all.
    files: Vec<Named<W>>,
    users: Named<W>,
    tenants: u64,
    counts: Counts,
}

impl<W: Write> Export<W> {
    /// Begins the files; `open` makes each, by its name in the folder.
    pub fn new(format: Format, mut open: impl FnMut(&str) -> io::Result<W>) -> Result<Export<W>, ExportError> {
        let mut files = Vec::new();
        match format {
            Format::Json => files.push(Named::open("tenants.jsonl", &mut open)?),
            Format::Csv => {
                for table in &TABLES {
                    let mut file = Named::open(&format!("{}.csv", table.name), &mut open)?;
                    file.write(|to| csv::write_record(to, table.columns.iter().map(|column| Some(column.name))))?;
                    files.push(file);
                }
            }
            Format::Sql => {
                let mut schema = Named::open("schema.sql", &mut open)?;
                schema.write(|to| sql::schema(to).and_then(|()| to.flush()))?;
                let mut data = Named::open("data.sql", &mut open)?;
                data.write(|to| to.write_all(b"BEGIN;\n"))?;
                files.push(data);
            }
        }
        let mut users = Named::open("users.json", &mut open)?;
        users.write(|to| to.write_all(b"{ \"tenants\": ["))?;
        Ok(Export { format, files, users, tenants: 0, counts: Counts::default() })
    }

    /// Adds the tenants of a cell.
    pub fn add(&mut self, cell: &CellPlan) -> Result<(), ExportError> {
        cell.tenants.iter().try_for_each(|tenant| self.tenant(&tenant.data, tenant.date))
    }

    fn tenant(&mut self, data: &TenantData, date: Date) -> Result<(), ExportError> {
        let comma = if self.tenants == 0 { "" } else { "," };
        self.tenants += 1;
        self.users.write(|to| write!(to, "{comma}\n{}", RosterTenant::of(data).to_json()))?;
        if self.format == Format::Json {
            self.files[0].write(|to| writeln!(to, "{}", tenant_to_json(data, date)))?;
        }
        let (counts, files, format) = (&mut self.counts, &mut self.files, self.format);
        let mut inserts = sql::Inserts::default();
        for_each_row(data, date, |table, row| {
            counts.0[table] += 1;
            match format {
                Format::Json => Ok(()),
                Format::Csv => files[table].write(|to| csv::write_record(to, row.iter().map(Value::text))),
                Format::Sql => files[0].write(|to| inserts.row(to, table, row)),
            }
        })?;
        if format == Format::Sql { files[0].write(|to| inserts.end(to)) } else { Ok(()) }
    }

    /// Ends the files, and says how many rows they have.
    pub fn finish(mut self) -> Result<Counts, ExportError> {
        if self.format == Format::Sql {
            self.files[0].write(|to| to.write_all(b"COMMIT;\n"))?;
        }
        self.users.write(|to| to.write_all(b"\n] }\n"))?;
        self.files.iter_mut().chain([&mut self.users]).try_for_each(|file| file.write(W::flush))?;
        Ok(self.counts)
    }
}
