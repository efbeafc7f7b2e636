//! Every endpoint's latency against the spec's limit.

use fieldday_api::defaults::LONGEST_US;
use fieldday_folder::summary::{Limit, LimitMark, Summary};
use fieldday_paint::text::{faint, heading};
use fieldday_paint::units::{count, limit, micros, share};
use fieldday_paint::{Entry, Table, figure, words};
use fieldday_paint::{Paint, Tone};

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    let note = "attempts as the phone saw them, against the spec's time limits";
    heading(out, paint, "LIMITS", note);
    let mut table = Table::default();
    let titles = ["attempts", "errors", "p50", "p95", "p99", "p99.9", "max", "limit", "beyond"];
    let mut head = vec![words("")];
    head.extend(titles.map(|title| figure(title).tone(Tone::Faint)));
    table.row(head);
    summary.limits.iter().for_each(|limit| table.row(row(limit)));
    out.push_str(&table.render_within(paint, 2, &[6, 3, 7, 4, 2]));
    let says = "errors: 4xx, 5xx, foreign pages; beyond: late or given up, by backend or network.";
    faint(out, paint, says);
}

fn row(of: &Limit) -> Vec<Entry> {
    let (mark, tone) = match of.mark {
        LimitMark::Held => ("✓", Tone::Good),
        LimitMark::Exceeded => ("✗", Tone::Bad),
        LimitMark::Open => ("·", Tone::Faint),
    };
    let errors = of.client_errors + of.server_errors + of.foreign;
    let took = |us: u64| match (of.latency.count, of.limit_us) {
        (0, _) => figure("-").tone(Tone::Faint),
        // What was given up at the limit would have taken longer.
        (_, Some(limit_us)) if of.timed_out > 0 && us >= limit_us => figure(format!("≥{}", limit(limit_us))),
        (_, None) if us >= LONGEST_US => figure(format!("≥{}", limit(LONGEST_US))),
        _ => figure(micros(us)),
    };
    let beyond = match of.limit_us {
        None => figure("-").tone(Tone::Faint),
        Some(_) => figure(share(of.beyond, of.latency.count)),
    };
    vec![
        words(format!("{mark} {}", of.label)).tone(if of.mark == LimitMark::Held { Tone::Plain } else { tone }),
        figure(count(of.attempts)),
        figure(count(errors)),
        took(of.latency.p50_us),
        took(of.latency.p95_us),
        took(of.latency.p99_us),
        took(of.latency.p999_us),
        took(of.latency.max_us),
        of.limit_us.map_or(figure("-").tone(Tone::Faint), |us| figure(limit(us))),
        beyond.tone(if of.mark == LimitMark::Exceeded { Tone::Bad } else { Tone::Plain }),
    ]
}
