//! How a rep's phone and the backend's rows stood at a moment, in the rep's local time.

use crate::words::span;
use fieldday_api::names::TaskStatus;
use fieldday_engine::replay::Moment;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_paint::units::{bytes, count, counted};
use fieldday_paint::{Paint, Table, Tone, words};

/// Rows of one kind that are shown.
const ROWS: usize = 12;

/// The moment of a rep: a heading, then what there is, a line each.
pub fn moment(rep: &str, moment: &Moment, paint: Paint) -> String {
    let (at, zone) = (moment.at, &moment.zone);
    let heading = format!("{} on {} at {}, {}", rep, zone.date(at), zone.time_of_day(at), zone.name);
    format!("{}\n{}", paint.on(Tone::Strong, &heading), standing(moment, paint))
}

/// What there is at a moment, a line each.
pub fn standing(moment: &Moment, paint: Paint) -> String {
    let (phone, rows, zone) = (&moment.phone, &moment.rows, &moment.zone);
    let mut table = Table::default();
    let mut line = |what: &str, text: String| table.row([words(what), words(text)]);
    line("app", if phone.runs { format!("running, launch {}", phone.launch) } else { "not running".to_owned() });
    line("network", if phone.online { "online".to_owned() } else { "offline".to_owned() });
    let (east, north) = phone.position_m;
    line("position", format!("{}, {}", metres(east, "east", "west"), metres(north, "north", "south")));
    line(
        "token",
        match phone.token_lives {
            None => "none".to_owned(),
            Some(lives) if lives > Span::ZERO => format!("valid for {}", span(lives)),
            Some(_) => "expired".to_owned(),
        },
    );
    let mut lines = |what: &str, items: Vec<String>| {
        let more = items.len().saturating_sub(ROWS);
        let more = (more > 0).then(|| format!("and {} more", count(more as u64)));
        let nothing = items.is_empty().then(|| "nothing".to_owned());
        for (number, item) in nothing.into_iter().chain(items.into_iter().take(ROWS)).chain(more).enumerate() {
            line(if number == 0 { what } else { "" }, item);
        }
    };
    lines("queue", phone.queue.iter().map(|(action, op, id)| format!("{action}: {op} {id}")).collect());
    lines("recording", phone.recording.iter().map(ToString::to_string).collect());
    lines("uploads", phone.uploads.iter().map(|(id, size)| format!("{id}, {}", bytes(*size))).collect());
    let cached = phone
        .cache
        .iter()
        .map(|(key, age, fresh)| format!("{key}, age {}{}", span(*age), if *fresh { " (fresh)" } else { "" }));
    lines("cache", cached.collect());
    let shifts = rows.shifts.iter().map(|shift| {
        let until = shift.clock_out_at.map_or("still open".to_owned(), |at| format!("until {}", local(zone, at)));
        format!("{} from {}, {until}", shift.id, local(zone, shift.clock_in_at))
    });
    lines("shift", shifts.collect());
    let appointments = rows.appointments.iter();
    let appointments =
        appointments.map(|(id, at, status, outcome)| format!("{id} at {}: {status}, {outcome}", local(zone, *at)));
    lines("appointments", appointments.collect());
    let (open, cancelled): (Vec<_>, Vec<_>) =
        rows.tasks.iter().partition(|(_, status, _)| *status != TaskStatus::Cancelled);
    let mut tasks: Vec<String> = open
        .into_iter()
        .map(|(id, status, due)| {
            let due = due.map_or("no due date".to_owned(), |due| format!("due {}", local(zone, due)));
            format!("{id}: {status}, {due}")
        })
        .collect();
    if !cancelled.is_empty() {
        tasks.insert(0, counted(cancelled.len() as u64, "cancelled task", "cancelled tasks"));
    }
    lines("tasks", tasks);
    let sessions = rows.sessions.iter().map(|(id, of, ended, transcription, analysis)| {
        let state = if ended.is_some() { "ended" } else { "active" };
        format!("{id} of {of}: {state}, transcription {transcription}, analysis {analysis}")
    });
    lines("sessions", sessions.collect());
    table.render(paint, 2)
}

/// A moment by the rep's clock, to the minute.
fn local(zone: &Zone, at: Time) -> String {
    let time = zone.time_of_day(at).to_string();
    format!("{} {}", zone.date(at), &time[..5])
}

fn metres(by: i64, one: &str, other: &str) -> String {
    format!("{} m {}", count(by.unsigned_abs()), if by < 0 { other } else { one })
}
