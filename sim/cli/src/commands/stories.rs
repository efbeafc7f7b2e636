//! The stories of a live run that broke rules: of the first case of each, the events that its judge needs, as a story, a
//! HAR and a script of curl lines, in the run's folder.

use super::replay::live;
use crate::failure::Failure;
use crate::output;
use fieldday_engine::shrink::Size;
use fieldday_engine::slice::{Day, slice};
use fieldday_folder::{RunFolder, Summary, cell_of};
use fieldday_history::EventKind;
use fieldday_kernel::time::Zone;
use fieldday_paint::units::counted;
use fieldday_plan::CONFORMANCE_CELL;
use fieldday_rules::Violation;
use fieldday_stories::har::har;
use fieldday_stories::script::script;
use fieldday_stories::story::{Told, names, story};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Writes the stories of the first violations into `violations/`, and says how many there are. `again` gives the line that makes a
/// client's violation again.
pub fn write(folder: &Path, violations: &[Violation], again: impl Fn(&str) -> String) -> Result<(), Failure> {
    let mut rules = BTreeSet::new();
    let firsts = violations.iter().filter(|violation| rules.insert(violation.rule)).enumerate();
    let mut firsts: Vec<(u32, usize, &Violation)> =
        firsts.filter_map(|(number, first)| Some((cell_of(&first.client_name)?, number, first))).collect();
    if firsts.is_empty() {
        return Ok(());
    }
    let kept = RunFolder::open(folder)?;
    // Cell by cell: the record of one is read once, however many rules it broke, and one is held at a time.
    firsts.sort_by_key(|(cell, number, _)| (*cell, *number));
    let (mut of_cell, mut stories) = (None, 0);
    for (cell, number, first) in firsts {
        if of_cell.as_ref().is_none_or(|(known, _)| *known != cell) {
            of_cell = Some((cell, live::recorded(&kept, cell)?));
        }
        let Some((_, recorded)) = &of_cell else { continue };
        // The same violation by the numbers of the cell's own record.
        let same = recorded.findings.violations.iter().find(|violation| violation.signature() == first.signature());
        let Some(violation) = same else { continue };
        let scenario = &kept.run.scenario;
        let zones: BTreeMap<_, _> =
            recorded.clients.iter().map(|(client, zone)| (client.tenant.clone(), zone.clone())).collect();
        let day = Day { scenario, start: recorded.start, zones, events: &recorded.events };
        let small = slice(&day, violation);
        let clients: BTreeSet<u32> = small
            .events
            .iter()
            .filter(|event| !matches!(event.what, EventKind::Client(_)))
            .map(|event| event.client)
            .collect();
        let of = |client: &u32| recorded.clients.get(*client as usize).map(|(client, _)| client.tenant.clone());
        let tenants: BTreeSet<_> = clients.iter().filter_map(of).collect();
        let size = Size {
            tenants: tenants.len() as u64,
            clients: clients.len() as u64,
            calls: small.calls,
            events: small.events.len() as u64,
            violation: small.violation.clone(),
        };
        let zone = recorded.clients.get(violation.client as usize).map_or_else(Zone::utc, |(_, zone)| zone.clone());
        let again = again(&violation.client_name);
        let (events, start) = (&small.events[..], recorded.start);
        let told =
            Told { events, size: &size, start, zone: &zone, no_return: None, again: &again, names: names(events) };
        let about = format!("{} is broken: {}", violation.rule, violation.says);
        let place =
            folder.join("violations").join(format!("{:02}-{}", number + 1, violation.rule.name().replace('.', "-")));
        fs::create_dir_all(&place).map_err(|source| Failure::File { path: place.clone(), source })?;
        let files = [
            ("story.md", story(&told)),
            ("repro.har", har(events, start, &about)),
            ("repro.sh", script(&Day { events, ..day }, &small.violation, &zone)),
        ];
        for (name, text) in files {
            let path = place.join(name);
            fs::write(&path, text).map_err(|source| Failure::File { path, source })?;
        }
        stories += 1;
    }
    if stories > 0 {
        output::note(&format!("{}: {}/violations", counted(stories, "story", "stories"), folder.display()));
    }
    Ok(())
}

/// The line that makes a violation of a live run's day again: the replay of the rep. The people of a conformance pass have no
/// day that could be replayed: `run` is the line of the run.
pub fn replay_or(folder: &Path, run: &str) -> impl Fn(&str) -> String {
    move |client_name| match cell_of(client_name) {
        Some(CONFORMANCE_CELL) => run.to_owned(),
        _ => format!("fieldday replay {} --rep {client_name}", folder.display()),
    }
}

/// Makes the documents of a run that broke rules again: they were made before there were stories, and name them.
pub fn name_in_documents(folder: &Path, summary: &Summary) -> Result<(), Failure> {
    if summary.violations.is_empty() {
        return Ok(());
    }
    let kept = RunFolder::open(folder)?;
    fieldday_documents::put_again(&kept, summary, kept.series()?.as_ref()).map_err(Failure::Folder)
}
