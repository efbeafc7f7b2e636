//! What reports say of the metrics of a live run's target.

mod made;

use fieldday_documents::terminal;
use fieldday_folder::summary::Summary;
use fieldday_kernel::time::{Span, Time};
use fieldday_metrics::{Keeper, Observed};
use fieldday_paint::Paint;
use fieldday_rules::limit_result::{LimitResult, LimitUnit, LimitVerdict};

/// A pool that fills up, and an exporter that fails once.
fn observed() -> Observed {
    let mut keeper = Keeper::new("http://127.0.0.1:9187/metrics".to_owned(), &[]);
    for n in 0..10_i64 {
        let used = (n * 4).min(20);
        let page = format!("db_pool_in_use {used}\ndb_pool_size 20\nprocess_resident_memory_bytes 5e8\n");
        keeper.scraped(Time::from_micros(1_781_000_000_000_000) + Span::seconds(n), page.as_bytes());
    }
    keeper.gap("it answers 500");
    keeper.finish()
}

fn summary(limits: &[LimitVerdict]) -> Summary {
    let limit = |verdict: &LimitVerdict| LimitResult {
        text: format!("wire p95 < {verdict:?}"),
        verdict: *verdict,
        clock: None,
        unit: LimitUnit::Micros,
        bound: 300_000,
        actual: Some(900_000),
        at_least: false,
        margin: None,
        optional: false,
        built_in: false,
        sample_count: 5_000,
        note: None,
    };
    Summary {
        target_metrics: Some(observed().figures(None)),
        scenario_limits: limits.iter().map(limit).collect(),
        ..made::held()
    }
}

fn said(summary: &Summary) -> String {
    let said = terminal::report(summary, None, Paint::new(false));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_was_full_stands_beside_the_first_limit_that_was_exceeded_and_beside_no_other() {
    let said = said(&summary(&[LimitVerdict::Held, LimitVerdict::Exceeded, LimitVerdict::Exceeded]));
    let full = "; full meanwhile: db pool: 20 of 20, at 50.0 % of the scrapes";
    assert_eq!(said.matches(full).count(), 1, "{said}");
    let held = said_of_held();
    assert!(!held.contains("full meanwhile"), "{held}");
}

fn said_of_held() -> String {
    said(&summary(&[LimitVerdict::Held]))
}

#[test]
fn the_table_has_each_series_and_a_gap_is_said_once() {
    let said = said_of_held();
    assert!(said.contains("db pool 10 16 20 20 50.0 %"), "{said}");
    assert!(said.contains("process memory 10 500 MB 500 MB - -"), "{said}");
    let gap = "1 of 11 scrapes of http://127.0.0.1:9187/metrics failed; the first cause: it answers 500";
    assert_eq!(said.matches(gap).count(), 1, "{said}");
}
