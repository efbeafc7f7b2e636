//! A named change, compared with the same day without it.

use super::advice::exceeded_in;
use crate::report::parts::{SIMULATED, section as made};
use crate::simulate::{Outcome, WHAT_IFS};
use fieldday_kernel::time::Span;
use fieldday_paint::document::{Section, Table, figures, words};
use fieldday_paint::units::{change, count, micros, number, ppm};

/// The change of a figure in words; empty where the figure was 0.
fn changed(was: f64, is: f64) -> String {
    match () {
        () if was == is => "=".to_owned(),
        () if was <= 0.0 || is <= 0.0 => "–".to_owned(),
        () => change(libm::log(is / was)),
    }
}

/// The figures with and without the change that was asked about, side by side.
pub(super) fn section(without: &Outcome, with: &Outcome) -> Section {
    let word = with.what_if.as_deref().unwrap_or_default();
    let asks = WHAT_IFS.iter().find(|row| row.word == word).map_or("", |row| row.asks);
    let mut table = Table::new([words("figure"), figures("without it"), figures("with it"), figures("change")]);
    let both = |of: &dyn Fn(&Outcome) -> f64| (of(without), of(with));
    let mut row = |name: &str, (was, is): (f64, f64), words: fn(f64) -> String| {
        table.row([name.to_owned(), words(was), words(is), changed(was, is)]);
    };
    let whole: fn(f64) -> String = |n| count(n as u64);
    let share: fn(f64) -> String = |of| ppm(of as u64);
    let span: fn(f64) -> String = |us| micros(us as u64);
    let us = |span: Option<Span>| span.map_or(0.0, |span| span.as_micros().max(0) as f64);
    row("requests", both(&|of| of.totals.offered as f64), whole);
    row("of them retries", both(&|of| of.totals.retries as f64), whole);
    row("refused or cut off", both(&|of| of.totals.refused() as f64), whole);
    row("too late for the app", both(&|of| of.totals.too_late as f64), whole);
    row("busiest interval, requests/s", both(&|of| of.peak_milli() as f64 / 1e3), number);
    row("busiest interval, workers", both(&|of| f64::from(of.peak_utilisation_ppm())), share);
    row("longest queue", both(&|of| of.queue_max() as f64), whole);
    row("greatest p95", both(&|of| us(of.p95())), span);
    row("greatest p95 of an endpoint", both(&|of| us(of.worst_p95())), span);
    row("intervals that exceed a limit", both(&|of| f64::from(exceeded_in(of))), whole);
    let limits = |of: &Outcome| {
        let names: Vec<String> = of.exceeded().map(|limit| limit.result.text.clone()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let says = vec![
        format!("{word}: {asks}. The same seed, people and deployment, once without the change and once with it."),
        format!("Limits exceeded without it: {}; with it: {}.", limits(without), limits(with)),
    ];
    made("what-if", &format!("What if: {word}"), SIMULATED, says, table)
}
