//! The tables of an export: one list that makes the header of a CSV file, the columns of SQL, and the documentation.

use std::fmt::Write as _;

/// The type of a column, from which importers choose their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An id of this or another table.
    Id,
    /// Free text, which may hold line breaks.
    Text,
    /// The IANA name of a time zone.
    Zone,
    /// `2026-06-10`
    Date,
    /// RFC 3339 in UTC: `2026-06-10T14:00:00Z`
    Time,
    /// `07:00:00`
    TimeOfDay,
    /// A number of dollars with two decimal places.
    Money,
    /// A number of seconds with three decimal places.
    Seconds,
    /// A whole number of bytes.
    Bytes,
    /// A boolean.
    Flag,
    /// A JSON object, as text.
    Json,
    /// One of these words.
    Word(&'static str),
}

/// A column of an exported table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// The name of the column, as the API's JSON has it.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// Whether it may be null.
    pub optional: bool,
    /// The table whose first column it names a value of.
    pub refers: Option<&'static str>,
    /// What the values mean, in a few words.
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
/// A column that holds ids of the table `table`.
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
        must("zone", Kind::Zone, "the zone whose midnight begins a date"),
        must("date", Kind::Date, "the date for which the rows are valid"),
        must("recording_mode", Kind::Word("full, ghost, ephemeral"), "the recording mode in the answer to a clock-in"),
        must("allow_location_tracking", Kind::Flag, "whether location may be tracked"),
        must("allow_recording", Kind::Flag, "whether visits may be recorded"),
        must("ghost_keeps_transcript", Kind::Flag, "whether ghost mode keeps the transcript's text"),
        must("scheduled_start", Kind::TimeOfDay, "local time at which a shift should begin"),
        must("scheduled_end", Kind::TimeOfDay, "local time at which a shift should end"),
    ] },
    Table { name: "users", about: "Everybody with a login.", columns: &[
        must("user_id", Kind::Id, "`user_…`, the token's subject"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        must("role", Kind::Word("sales_rep, csr, manager"), "the role in the token"),
        must("name", Kind::Text, "first and last name"),
        must("email", Kind::Text, "address at example.com"),
    ] },
    Table { name: "reps", about: "The users who are sales reps.", columns: &[
        must("rep_id", Kind::Id, "`rep_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        of("user_id", "users", "the user with whom the rep logs in"),
    ] },
    Table { name: "contacts", about: "Customers.", columns: &[
        must("id", Kind::Id, "id of the contact card"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        must("first_name", Kind::Text, "first name"),
        must("last_name", Kind::Text, "last name"),
        must("phone_number", Kind::Text, "a number that is reserved for fiction"),
        may("email", Kind::Text, "address at example.com"),
        must("address", Kind::Text, "house number and street"),
    ] },
    Table { name: "leads", about: "Sales opportunities.", columns: &[
        must("id", Kind::Id, "`lead_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        must("status", Kind::Word("new, qualified, unqualified, won, lost"), "state of the lead"),
        may("deal_size", Kind::Money, "the deal in dollars, if won"),
        must("created_at", Kind::Time, "when the lead was created"),
    ] },
    Table { name: "appointments", about: "Appointments of the date, of the two weeks before it, and of the day after it.", columns: &[
        must("id", Kind::Id, "`appt_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        of("lead_id", "leads", "the lead that the visit is about"),
        of("contact_card_id", "contacts", "the customer"),
        of_any("assigned_rep_id", "reps", "the rep who makes the visit"),
        must("scheduled_start", Kind::Time, "when it begins"),
        must("scheduled_end", Kind::Time, "when it ends"),
        must("status", Kind::Word("scheduled, confirmed, completed, cancelled, no_show"), "state of the appointment"),
        must("outcome", Kind::Word("pending, won, lost, no_show, rescheduled"), "result of the visit"),
        must("location", Kind::Text, "the address"),
        must("service_type", Kind::Text, "the offered service"),
        may("notes", Kind::Text, "free text"),
        may("deal_size", Kind::Money, "the deal in dollars, if won"),
        must("created_at", Kind::Time, "when the appointment was created"),
        must("updated_at", Kind::Time, "when it was last changed"),
    ] },
    Table { name: "tasks", about: "Tasks of reps and of the office.", columns: &[
        must("id", Kind::Id, "`task_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        of_any("rep_id", "reps", "the rep in whose list the task is; null: nobody"),
        must("description", Kind::Text, "free text"),
        must("status", Kind::Word("open, completed, overdue, cancelled"), "state; an open task after its due time is `open` here, and a backend shows it as overdue"),
        must("assigned_to", Kind::Word("sales_rep, csr, manager, ai"), "the role that is to do the task"),
        must("priority", Kind::Word("high, medium, low"), "priority"),
        may("due_at", Kind::Time, "when the task is due"),
        of_any("contact_card_id", "contacts", "the customer that the task is about"),
        of_any("lead_id", "leads", "the lead that the task is about"),
        of_any("appointment_id", "appointments", "the visit that the task is about"),
        may("notes", Kind::Text, "free text"),
        may("completed_at", Kind::Time, "when the task was completed"),
        of_any("completed_by", "users", "the user who completed the task"),
        must("created_at", Kind::Time, "when the task was created"),
        may("updated_at", Kind::Time, "when it was last changed"),
    ] },
    Table { name: "messages", about: "Messages of the threads of today's customers. A message with a `created_at` in the future arrives at that time.", columns: &[
        must("id", Kind::Id, "`msg_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        of("contact_card_id", "contacts", "the customer to whose thread the message belongs"),
        must("sender", Kind::Text, "the sender's phone number"),
        must("sender_role", Kind::Word("customer, sales_rep, csr, manager, ai"), "the sender's role"),
        must("body", Kind::Text, "free text"),
        must("direction", Kind::Word("inbound, outbound"), "direction, seen from the tenant"),
        must("created_at", Kind::Time, "when the message was sent, which is the order of a thread"),
        must("provider", Kind::Text, "the messaging provider"),
        must("message_sid", Kind::Text, "the provider's id of the message"),
        must("delivered", Kind::Flag, "whether the message was delivered"),
        must("read", Kind::Flag, "whether the message was read"),
    ] },
    Table { name: "sessions", about: "Recordings of earlier days.", columns: &[
        must("id", Kind::Id, "`session_…`"),
        of("tenant_id", "tenants", "the tenant to which the row belongs"),
        of("rep_id", "reps", "the rep who recorded"),
        of("appointment_id", "appointments", "the recorded visit"),
        must("started_at", Kind::Time, "when the recording began"),
        may("ended_at", Kind::Time, "when the recording ended"),
        must("mode", Kind::Word("full, ghost, ephemeral"), "recording mode"),
        must("transcription_status", Kind::Word("not_started, in_progress, completed, failed"), "state of the processing"),
        must("analysis_status", Kind::Word("not_started, in_progress, completed, failed"), "state of the processing"),
        may("audio_url", Kind::Text, "URL of the audio; no audio is stored there"),
        may("audio_storage_mode", Kind::Word("persistent, ephemeral, not_stored"), "how the audio was stored"),
        may("audio_duration_seconds", Kind::Seconds, "length of the audio"),
        may("audio_size_bytes", Kind::Bytes, "size of the audio"),
        may("transcript", Kind::Json, "the object of specification §3.1"),
        may("analysis", Kind::Json, "the object of specification §3.1"),
    ] },
];

/// The tables as the documentation has them.
pub fn markdown() -> String {
    let mut text = String::new();
    // Into a String: it cannot fail.
    for table in &TABLES {
        let _ = write!(
            text,
            "### {}\n\n{}\n\n| column | holds | meaning |\n| --- | --- | --- |\n",
            table.name, table.about
        );
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
