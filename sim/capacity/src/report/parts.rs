//! What the sections of a report have in common.

use fieldday_paint::document::{Block, Body, On, Section, Table};

/// The tag of sections whose figures were measured against a real target.
pub(super) const MEASURED: &str = "measured";
/// The tag of sections whose figures come from models fitted to measured levels.
pub(super) const FITTED: &str = "fitted";
/// The tag of sections whose figures come from a simulated deployment.
pub(super) const SIMULATED: &str = "simulated";

/// A table longer than this is no terminal's: it would push the answer out of sight.
const LONG: usize = 24;
/// Rows of a table that a page shows at once; a longer one is opened by whoever wants it.
const SHOWN: usize = 30;

/// A section with what it says and its table, whose figures come from where `tag` says.
pub(super) fn section(id: &str, title: &str, tag: &'static str, says: Vec<String>, mut table: Table) -> Section {
    let mut section = Section { tag: Some(tag), ..Section::new(id, title) };
    let on = if table.rows.len() > LONG { On::Files } else { On::All };
    says.into_iter().for_each(|sentence| section.add(on, "", Body::Text(sentence)));
    if table.rows.len() > SHOWN {
        table.folded = Some(format!("All {} rows", table.rows.len()));
    }
    section.add(on, "", Body::Table(table));
    section
}

/// The section with a chart before its table, unless the section is empty or there is no chart.
pub(super) fn charted(mut section: Section, chart: String) -> Section {
    if !section.blocks.is_empty() && !chart.is_empty() {
        let place = section.blocks.iter().position(|block| matches!(block.body, Body::Table(_)));
        let block = Block { on: On::Page, title: String::new(), body: Body::Chart(chart) };
        section.blocks.insert(place.unwrap_or(section.blocks.len()), block);
    }
    section
}
