//! What is taken out of a plan, by name.

use super::{Plan, PlanError, cell_name};
use fieldday_scenario::nearest_name;

/// The names that are taken out, with everything below them.
#[derive(Clone, Default)]
pub(super) struct Removed(Vec<String>);

impl Removed {
    pub fn new(names: &[String]) -> Removed {
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        Removed(names)
    }

    /// Whether this element, or one that it is below, is taken out.
    pub fn takes(&self, name: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let has = |name: &str| self.0.binary_search_by(|n| n.as_str().cmp(name)).is_ok();
        has(name) || name.bytes().enumerate().any(|(i, byte)| byte == b'/' && has(&name[..i]))
    }

    /// Whether every name is one of the whole plan's; `plan` has nothing taken out.
    pub fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        // The names of a cell are together, but not in the order of the cells' numbers.
        let mut made: Option<(u32, Vec<String>)> = None;
        for name in &self.0 {
            let cell = cell_of(name).filter(|cell| *cell < plan.cells());
            if let Some(cell) = cell
                && made.as_ref().is_none_or(|(number, _)| *number != cell)
            {
                let mut names = plan.cell(cell).names();
                names.sort();
                made = Some((cell, names));
            }
            let names = if cell.is_some() { made.as_ref().map_or(&[][..], |(_, names)| names) } else { &[] };
            if names.binary_search(name).is_err() {
                let cells = (0..plan.cells().min(1000)).map(cell_name);
                let cells: Vec<String> = if cell.is_none() { cells.collect() } else { Vec::new() };
                let known = names.iter().chain(&cells).map(String::as_str);
                let suggestion = nearest_name(name, known).map(str::to_owned);
                return Err(PlanError::NoSuchElement { name: name.clone(), suggestion });
            }
        }
        Ok(())
    }
}

/// The number of the cell that a name is in.
fn cell_of(name: &str) -> Option<u32> {
    let number = name.split('/').next()?.strip_prefix("cell-")?;
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    number.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_what_is_below_it_and_nothing_that_begins_alike() {
        let removed = Removed::new(&["cell-0/tenant-1/rep-07".into()]);
        assert!(removed.takes("cell-0/tenant-1/rep-07") && removed.takes("cell-0/tenant-1/rep-07/visit-3"));
        assert!(!removed.takes("cell-0/tenant-1/rep-070") && !removed.takes("cell-0/tenant-1"));
        assert_eq!(cell_of("cell-12/x"), Some(12));
        assert_eq!(cell_of("cell-+1/x"), None);
    }
}
