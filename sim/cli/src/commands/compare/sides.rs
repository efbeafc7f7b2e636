//! Which runs are on which side: folders, folders of folders, or those before the new ones in `results/`.

use super::args::{Baseline, CompareArgs};
use crate::failure::Failure;
use crate::output;
use fieldday_folder::nights::{Night, Nights};
use std::path::Path;

/// Nights of the history that are looked at, at most: older ones were of other software.
const HISTORY_MOST: usize = 60;

/// The new runs, the runs of the baseline, and the earlier nights.
pub type Chosen = (Vec<Night>, Vec<Night>, Vec<Night>);

pub fn chosen(args: &CompareArgs) -> Result<Chosen, Failure> {
    let by_name = args.baseline.iter().any(|one| !matches!(one, Baseline::Folder(_)));
    let place = Place { path: &args.results };
    let results =
        if args.runs.is_empty() || by_name || args.baseline.is_empty() { place.read()? } else { Nights::default() };
    let new = match args.runs.is_empty() {
        true => vec![newest(&results, &args.results)?],
        false => folders(args.runs.iter().map(Path::new))?,
    };
    // The first of them: nothing that began after it is older than all.
    let Some(first) = new.iter().min_by_key(|night| night.run.started_at).cloned() else {
        return Err(Failure::NoNights { place: args.results.clone(), what: "run".to_owned() });
    };
    let last_good = [Baseline::LastGood];
    let wanted = if args.baseline.is_empty() { &last_good[..] } else { &args.baseline };
    let mut baseline = Vec::new();
    for one in wanted {
        baseline.extend(match one {
            Baseline::LastGood => results.last_good(&first).cloned().into_iter().collect(),
            Baseline::Last(nights) => results.last(*nights, &first).into_iter().cloned().collect(),
            Baseline::Folder(path) => folders([path.as_path()])?,
        });
    }
    if baseline.is_empty() {
        let what = match wanted {
            [Baseline::LastGood] => "good run of the same kind before it",
            _ => "run of the same kind before it",
        };
        return Err(Failure::NoNights { place: args.results.clone(), what: what.to_owned() });
    }
    let history = match &args.history {
        Some(path) => Place { path }.read()?,
        None => results,
    };
    let mut history: Vec<Night> = history.before(&first).rev().take(HISTORY_MOST).cloned().collect();
    history.reverse();
    Ok((new, baseline, history))
}

/// The newest run in a place; an error if there is none.
fn newest(results: &Nights, place: &Path) -> Result<Night, Failure> {
    let newest = results.nights.iter().rev().find(|night| night.unusable().is_none());
    let newest =
        newest.ok_or_else(|| Failure::NoNights { place: place.to_owned(), what: "complete run".to_owned() })?;
    output::note(&format!("newest run: {}", newest.path.display()));
    Ok(newest.clone())
}

/// A run's folder each, or a folder that holds some.
pub fn folders<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Vec<Night>, Failure> {
    let mut nights = Vec::new();
    for path in paths {
        if path.join("run.json").exists() || !path.is_dir() {
            nights.push(Night::read(path)?);
        } else {
            let all = all_in(path)?;
            if all.is_empty() {
                return Err(Failure::NoNights { place: path.to_owned(), what: "run".to_owned() });
            }
            nights.extend(all);
        }
    }
    Ok(nights)
}

/// The runs in a folder of run folders.
pub fn all_in(path: &Path) -> Result<Vec<Night>, Failure> {
    Ok(Place { path }.read()?.nights)
}

/// A folder of run folders.
struct Place<'a> {
    path: &'a Path,
}

impl Place<'_> {
    /// The runs of the folder that can be read; each that cannot is noted.
    fn read(&self) -> Result<Nights, Failure> {
        let read = Nights::read(self.path);
        let nights = read.map_err(|source| Failure::Unreadable { path: self.path.to_owned(), source })?;
        for skipped in &nights.skipped {
            output::note(&format!("skipped: {}", skipped.why));
        }
        Ok(nights)
    }
}
