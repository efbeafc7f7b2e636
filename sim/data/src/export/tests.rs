//! What must be true of exported data: it loads, it is complete, and it reads back the same.

use super::*;
use crate::roster::Roster;
use fieldday_api::private::Private;
use fieldday_plan::Plan;
use fieldday_scenario::Scenario;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;

type Folder = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// A file of a folder in memory.
struct InMemory(String, Folder);

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.borrow_mut().entry(self.0.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Cells whose texts are as awkward as texts can be.
fn cells() -> Vec<CellPlan> {
    let mut scenario = Scenario::load("weekday").unwrap();
    scenario.people.tenants = 4;
    scenario.people.reps = 8;
    let plan = Plan::new(Arc::new(scenario), 3).unwrap();
    let mut cells: Vec<CellPlan> = (0..plan.cells()).map(|index| plan.cell(index)).collect();
    let data = &mut cells[0].tenants[0].data;
    let awkward =
        ["O'Brien; DROP TABLE \"users\";--", "a,\"b\"\r\nc", "", " blank ", "\\.", "Zoë \u{1F3E0} $1 \\'", "NULL"];
    for (contact, text) in data.contacts.iter_mut().zip(awkward) {
        contact.last_name = Private::from(text);
        contact.email = None;
    }
    cells
}

fn exported(format: Format, cells: &[CellPlan]) -> (BTreeMap<String, String>, Counts) {
    let folder = Folder::default();
    let mut export = Export::new(format, |name| Ok(InMemory(name.to_owned(), folder.clone()))).unwrap();
    cells.iter().for_each(|cell| export.add(cell).unwrap());
    let counts = export.finish().unwrap();
    let text = |(name, bytes)| (name, String::from_utf8(bytes).unwrap());
    (folder.take().into_iter().map(text).collect(), counts)
}

/// How many rows the plan has of each table.
fn planned(cells: &[CellPlan]) -> Vec<u64> {
    let tenants = || cells.iter().flat_map(|cell| &cell.tenants).map(|tenant| &tenant.data);
    let sum = |of: &dyn Fn(&TenantData) -> usize| tenants().map(|data| of(data) as u64).sum();
    vec![
        sum(&|_| 1),
        sum(&|data| data.users.len()),
        sum(&|data| data.users.iter().filter(|user| user.rep_id.is_some()).count()),
        sum(&|data| data.contacts.len()),
        sum(&|data| data.leads.len()),
        sum(&|data| data.appointments.len()),
        sum(&|data| data.tasks.len()),
        sum(&|data| data.threads.iter().map(|thread| thread.messages.len()).sum()),
        sum(&|data| data.sessions.len()),
    ]
}

fn room(name: &str, files: &BTreeMap<String, String>) -> PathBuf {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp").join(format!("export-{name}"));
    std::fs::create_dir_all(&room).unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(room.join(name), text).unwrap());
    room
}

#[test]
fn sql_loads_into_sqlite_with_foreign_keys_on_and_every_row_is_there() {
    let cells = cells();
    let (files, counts) = exported(Format::Sql, &cells);
    assert_eq!(counts.0.to_vec(), planned(&cells));
    let program = "
import json, sqlite3, sys
db = sqlite3.connect(':memory:', isolation_level=None)
db.execute('PRAGMA foreign_keys = ON')
for name in ('schema.sql', 'data.sql'):
    db.executescript(open(sys.argv[1] + '/' + name, encoding='utf-8', newline='').read())
assert not db.in_transaction
assert db.execute('PRAGMA foreign_keys').fetchone() == (1,)
assert db.execute('PRAGMA foreign_key_check').fetchall() == []
names = [row[0] for row in db.execute(\"SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid\")]
counts = [db.execute(f'SELECT count(*) FROM \"{name}\"').fetchone()[0] for name in names]
last = [row[0] for row in db.execute('SELECT last_name FROM contacts ORDER BY rowid LIMIT 7')]
types = db.execute('SELECT typeof(deal_size), typeof(email) FROM appointments, contacts WHERE deal_size > 0 AND contacts.email IS NULL LIMIT 1').fetchone()
try:
    db.execute(\"INSERT INTO reps VALUES ('r', 'no such tenant', 'no such user')\")
    refused = False
except sqlite3.IntegrityError:
    refused = True
print(json.dumps({'names': names, 'counts': counts, 'last': last, 'types': types, 'refused': refused}))
";
    let ran = Command::new("python3").arg("-c").arg(program).arg(room("sql", &files)).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(said["counts"], serde_json::json!(planned(&cells)));
    assert_eq!(said["names"], serde_json::json!(TABLES.iter().map(|table| table.name).collect::<Vec<_>>()));
    let last: Vec<&str> = cells[0].tenants[0].data.contacts[..7].iter().map(|c| c.last_name.expose()).collect();
    assert_eq!(said["last"], serde_json::json!(last));
    assert_eq!(said["types"], serde_json::json!(["integer", "null"]));
    assert_eq!(said["refused"], true, "the references hold");
}

#[test]
fn json_reads_back_as_the_same_tenants() {
    let cells = cells();
    let (files, counts) = exported(Format::Json, &cells);
    assert_eq!(counts.0.to_vec(), planned(&cells));
    let read: Vec<_> = files["tenants.jsonl"].lines().map(|line| tenant_from_json(line).unwrap()).collect();
    let tenants: Vec<_> = cells.iter().flat_map(|cell| &cell.tenants).map(|t| (t.data.clone(), t.date)).collect();
    assert_eq!(read, tenants);
    let names = |tenants: &[(TenantData, Date)]| -> Vec<String> {
        tenants.iter().flat_map(|(data, _)| &data.contacts).map(|c| c.last_name.expose().to_owned()).collect()
    };
    assert_eq!(names(&read), names(&tenants), "in the clear");
    let roster = Roster::parse(&files["users.json"], "users.json").unwrap();
    assert_eq!(roster.tenants, tenants.iter().map(|(data, _)| RosterTenant::of(data)).collect::<Vec<_>>());
    assert!(tenant_from_json("{\"id\": 1}").is_err());
}

#[test]
fn csv_has_a_file_a_table_and_awkward_texts_survive_also_in_other_readers() {
    let cells = cells();
    let (files, _) = exported(Format::Csv, &cells);
    for (table, rows) in TABLES.iter().zip(planned(&cells)) {
        let records = csv::read(&files[&format!("{}.csv", table.name)]).unwrap();
        assert_eq!(records.len() as u64, rows + 1, "{}", table.name);
        let names: Vec<Option<&str>> = table.columns.iter().map(|column| Some(column.name)).collect();
        assert_eq!(records[0].fields.iter().map(Option::as_deref).collect::<Vec<_>>(), names);
        for record in &records {
            assert_eq!(record.fields.len(), names.len());
            let null =
                record.fields.iter().zip(table.columns).find(|(field, column)| field.is_none() && !column.optional);
            assert_eq!(null, None, "{}", table.name);
        }
    }
    let last: Vec<&str> = cells[0].tenants[0].data.contacts.iter().take(7).map(|c| c.last_name.expose()).collect();
    let records = csv::read(&files["contacts.csv"]).unwrap();
    let read: Vec<_> = records[1..8].iter().map(|record| record.fields[3].as_deref().unwrap()).collect();
    assert_eq!(read, last);
    let program = "import csv, json, sys; print(json.dumps([row['last_name'] for row in \
                   csv.DictReader(open(sys.argv[1] + '/contacts.csv', encoding='utf-8', newline=''))][:7]))";
    let ran = Command::new("python3").arg("-c").arg(program).arg(room("csv", &files)).output().unwrap();
    assert_eq!(serde_json::from_slice::<Vec<String>>(&ran.stdout).unwrap(), last);
}

#[test]
fn what_cannot_be_written_is_said_by_its_name() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = Export::new(Format::Csv, |_| Ok(Full)).map(drop).unwrap_err();
    assert_eq!((error.file.as_str(), error.source.kind()), ("tenants.csv", io::ErrorKind::StorageFull));
}

#[test]
fn the_documentation_has_every_table_and_column() {
    let docs = include_str!("../../../../docs/data.md");
    assert!(docs.contains(&markdown()), "docs/data.md should contain:\n{}", markdown());
}
