//! What reps felt.

use fieldday_folder::summary::{Felt, Part, Percentiles, Summary};
use fieldday_paint::Paint;
use fieldday_paint::text::heading;
use fieldday_paint::units::{count, counted, micros};
use fieldday_paint::{Table, figure, words};

pub(super) fn write(out: &mut String, summary: &Summary, paint: Paint) {
    let felt = &summary.felt;
    let note = format!("over {}", counted(felt.rep_days, "rep's day", "reps' days"));
    heading(out, paint, "WHAT REPS FELT", &note);
    let mut table = Table::default();
    for [what, how_much, more] in rows(felt) {
        table.row([words(what), figure(how_much), words(more)]);
    }
    out.push_str(&table.render_within(paint, 2, &[]));
}

/// What was felt, how much of it in all, and how it was spread.
pub(crate) fn rows(felt: &Felt) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut say = |what: &str, how_much: String, more: String| rows.push([what.to_owned(), how_much, more]);
    say("looking at spinners", micros(felt.spinner_us), of_each(felt, felt.spinner_us, &felt.spinner_by_endpoint));
    say("\"Retrying...\" shown", times(felt.retrying), String::new());
    say("gave up waiting", times(felt.cancelled), String::new());
    say("without network", micros(felt.offline_us), format!("a day: {}", spread(&felt.offline_by_day)));
    say("old data on screen", micros(felt.stale_us), of_each(felt, felt.stale_us, &felt.stale_by_screen));
    say("nothing to show", times(felt.nothing_to_show), String::new());
    say("age of data shown", String::new(), spread(&felt.age_shown));
    let queue = felt.queue_length;
    let lengths = format!("median {}, p95 {}, p99 {}, max {}", queue.p50, queue.p95, queue.p99, queue.max);
    say("actions in the queue", String::new(), format!("{lengths} (n {})", count(queue.count)));
    say("online to empty queue", String::new(), spread(&felt.queue_drain));
    say("audio stored after", String::new(), spread(&felt.upload));
    say("unfinished at day's end", counted(felt.uploads_unfinished, "upload", "uploads"), {
        format!("and {} in queues", counted(felt.queued_at_end, "action", "actions"))
    });
    rows
}

fn times(n: u64) -> String {
    format!("{}×", count(n))
}

fn spread(of: &Percentiles) -> String {
    if of.count == 0 {
        return "no case".to_owned();
    }
    let [p50, p95, p99, max] = [of.p50_us, of.p95_us, of.p99_us, of.max_us].map(micros);
    format!("median {p50}, p95 {p95}, p99 {p99}, max {max} (n {})", count(of.count))
}

fn of_each(felt: &Felt, total_us: u64, parts: &[Part]) -> String {
    let a_day = micros(total_us / felt.rep_days.max(1));
    let most: Vec<String> = parts.iter().take(2).map(|part| format!("{} {}", part.of, micros(part.us))).collect();
    let gap = if most.is_empty() { "" } else { ": " };
    format!("{a_day} a day{gap}{}", most.join(", "))
}
