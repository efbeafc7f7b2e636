//! The tables of an export: one list that makes the header of a CSV file, the columns of SQL, and the documentation.

use std::fmt::Write as _;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An id.
    Id,
    /// Free text.
    Text,
    /// The IANA name of a time zone.
    Zone,
    /// `2026-06-10`
    Date,
    /// RFC 3339 in UTC: `2026-06-10T14:00:00Z`
    Time,
    /// `07:00:00`
    TimeOfDay,
    /// Dollars, two places.
    Money,
    /// Seconds, three places.
    Seconds,
    /// A whole number of bytes.
    Bytes,
    /// True or false.
    Flag,
    /// A JSON object, as text.
    Json,
    /// One of these words.
    Word(&'static str),
}

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// As the wire calls it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub optional: bool,
    /// The table whose first column it names a value of.
    pub refers: Option<&'static str>,
    /// In a few words.
    pub about: &'static str,
}

/// A table. Its first column is its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// `appointments`
    pub name: &'static str,
    /// What the table holds, in a sentence.
    pub about: &'static str,
    /// The columns in the order of the file.
    pub columns: &'static [Column],
}

const fn must(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, optional: false, refers: None, about }
}
const fn may(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, optional: true, refers: None, about }
}
/// A reference.
const fn of(name: &'static str, table: &'static str, about: &'static str) -> Column {
    Column { name, kind: Kind::Id, optional: false, refers: Some(table), about }
}
/// A reference that may be null.
const fn of_any(name: &'static str, table: &'static str, about: &'static str) -> Column {
    Column { name, kind: Kind::Id, optional: true, refers: Some(table), about }
}

/// All tables; each refers to those before it alone.
#[rustfmt::skip] // A column a line.
pub static TABLES: [Table; 9] = [
    Table { name: "tenants", about: "Organisations.", columns: &[
        must("id", Kind::Id, "`org_…`, the token's organisation"),
        must("zone", Kind::Zone, "whose midnight makes a date"),
        must("date", Kind::Date, "the date that the rows are made for"),
        must("recording_mode", Kind::Word("full, ghost, ephemeral"), "the mode that a clock-in answers"),
        must("allow_location_tracking", Kind::Flag, "whether location may be tracked"),
        must("allow_recording", Kind::Flag, "whether visits may be recorded"),
        must("ghost_keeps_transcript", Kind::Flag, "whether ghost mode keeps the transcript's text"),
        must("scheduled_start", Kind::TimeOfDay, "when a shift is to begin, local"),
        must("scheduled_end", Kind::TimeOfDay, "when it is to end, local"),
    ] },
    Table { name: "users", about: "Everybody with a login.", columns: &[
        must("user_id", Kind::Id, "`user_…`, the token's subject"),
        of("tenant_id", "tenants", "whose"),
        must("role", Kind::Word("sales_rep, csr, manager"), "what the token says"),
        must("name", Kind::Text, "first and last"),
        must("email", Kind::Text, "at example.com"),
    ] },
    Table { name: "reps", about: "Those users who are sales reps.", columns: &[
        must("rep_id", Kind::Id, "`rep_…`"),
        of("tenant_id", "tenants", "whose"),
        of("user_id", "users", "their login"),
    ] },
    Table { name: "contacts", about: "Customers.", columns: &[
        must("id", Kind::Id, "the contact card"),
        of("tenant_id", "tenants", "whose"),
        must("first_name", Kind::Text, "first name"),
        must("last_name", Kind::Text, "last name"),
        must("phone_number", Kind::Text, "of the numbers that are reserved for fiction"),
        may("email", Kind::Text, "at example.com"),
        must("address", Kind::Text, "house number and street"),
    ] },
    Table { name: "leads", about: "What a customer may buy.", columns: &[
        must("id", Kind::Id, "`lead_…`"),
        of("tenant_id", "tenants", "whose"),
        must("status", Kind::Word("new, qualified, unqualified, won, lost"), "where it stands"),
        may("deal_size", Kind::Money, "dollars, of one that was won"),
        must("created_at", Kind::Time, "when it came in"),
    ] },
    Table { name: "appointments", about: "Of the two weeks before the date, of the date, and of the day after.", columns: &[
        must("id", Kind::Id, "`appt_…`"),
        of("tenant_id", "tenants", "whose"),
        of("lead_id", "leads", "what about"),
        of("contact_card_id", "contacts", "with whom"),
        of_any("assigned_rep_id", "reps", "who goes"),
        must("scheduled_start", Kind::Time, "when it begins"),
        must("scheduled_end", Kind::Time, "when it ends"),
        must("status", Kind::Word("scheduled, confirmed, completed, cancelled, no_show"), "where it stands"),
        must("outcome", Kind::Word("pending, won, lost, no_show, rescheduled"), "what came of it"),
        must("location", Kind::Text, "the address"),
        must("service_type", Kind::Text, "what is offered"),
        may("notes", Kind::Text, "free text"),
        may("deal_size", Kind::Money, "dollars, of one that was won"),
        must("created_at", Kind::Time, "when it was made"),
        must("updated_at", Kind::Time, "when it was last changed"),
    ] },
    Table { name: "tasks", about: "What reps are to do.", columns: &[
        must("id", Kind::Id, "`task_…`"),
        of("tenant_id", "tenants", "whose"),
        of_any("rep_id", "reps", "in whose list it is; nobody's if null"),
        must("description", Kind::Text, "free text"),
        must("status", Kind::Word("open, completed, overdue, cancelled"), "open ones past their time are `open` here; a backend reads them as overdue"),
        must("assigned_to", Kind::Word("sales_rep, csr, manager, ai"), "the role that does it"),
        must("priority", Kind::Word("high, medium, low"), "how urgent"),
        may("due_at", Kind::Time, "by when"),
        of_any("contact_card_id", "contacts", "about whom"),
        of_any("lead_id", "leads", "about what"),
        of_any("appointment_id", "appointments", "about which visit"),
        may("notes", Kind::Text, "free text"),
        may("completed_at", Kind::Time, "when it was done"),
        of_any("completed_by", "users", "who did it"),
        must("created_at", Kind::Time, "when it was made"),
        may("updated_at", Kind::Time, "when it was last changed"),
    ] },
    Table { name: "messages", about: "The threads of today's customers. One whose `created_at` is still to come arrives then.", columns: &[
        must("id", Kind::Id, "`msg_…`"),
        of("tenant_id", "tenants", "whose"),
        of("contact_card_id", "contacts", "whose thread"),
        must("sender", Kind::Text, "a phone number"),
        must("sender_role", Kind::Word("customer, sales_rep, csr, manager, ai"), "who wrote it"),
        must("body", Kind::Text, "free text"),
        must("direction", Kind::Word("inbound, outbound"), "which way"),
        must("created_at", Kind::Time, "when; threads are in this order"),
        must("provider", Kind::Text, "who carried it"),
        must("message_sid", Kind::Text, "the provider's id"),
        must("delivered", Kind::Flag, "whether it arrived"),
        must("read", Kind::Flag, "whether it was read"),
    ] },
    Table { name: "sessions", about: "Recordings of earlier days.", columns: &[
        must("id", Kind::Id, "`session_…`"),
        of("tenant_id", "tenants", "whose"),
        of("rep_id", "reps", "who recorded"),
        of("appointment_id", "appointments", "which visit"),
        must("started_at", Kind::Time, "when it began"),
        may("ended_at", Kind::Time, "when it ended"),
        must("mode", Kind::Word("full, ghost, ephemeral"), "how it was recorded"),
        must("transcription_status", Kind::Word("not_started, in_progress, completed, failed"), "where that stands"),
        must("analysis_status", Kind::Word("not_started, in_progress, completed, failed"), "where that stands"),
        may("audio_url", Kind::Text, "where the audio would be; there is none"),
        may("audio_storage_mode", Kind::Word("persistent, ephemeral, not_stored"), "what became of the audio"),
        may("audio_duration_seconds", Kind::Seconds, "how long it is"),
        may("audio_size_bytes", Kind::Bytes, "how large it is"),
        may("transcript", Kind::Json, "the object of §3.1"),
        may("analysis", Kind::Json, "the object of §3.1"),
    ] },
];

/// The tables as the documentation has them.
pub fn markdown() -> String {
    let mut text = String::new();
    // Into a String: it cannot fail.
    for table in &TABLES {
        let _ = write!(text, "### {}\n\n{}\n\n| column | holds | |\n| --- | --- | --- |\n", table.name, table.about);
        for column in table.columns {
            let holds = match column.kind {
                Kind::Id => column.refers.map_or("id".to_owned(), |table| format!("id of {table}")),
                Kind::Text => "text".to_owned(),
                Kind::Zone => "IANA time zone".to_owned(),
                Kind::Date => "date".to_owned(),
                Kind::Time => "time, UTC".to_owned(),
                Kind::TimeOfDay => "time of day".to_owned(),
                Kind::Money => "dollars".to_owned(),
                Kind::Seconds => "seconds".to_owned(),
                Kind::Bytes => "bytes".to_owned(),
                Kind::Flag => "true, false".to_owned(),
                Kind::Json => "JSON".to_owned(),
                Kind::Word(words) => words.to_owned(),
            };
            let null = if column.optional { " or null" } else { "" };
            let _ = writeln!(text, "| `{}` | {holds}{null} | {} |", column.name, column.about);
        }
        text.push('\n');
    }
    text
}
