//! The figures that hold unless a scenario says otherwise, each in this one place: what the specification gives, and what has
//! to be chosen where it gives none. App, backend, judges and scenarios all take them from here.

use fieldday_kernel::time::Span;

/// How long a session token lives: the specification names no time; Clerk's live so long.
pub const TOKEN_LIFE: Span = Span::seconds(60);
/// A token with less life left than this is fetched anew.
pub const REFRESH_MARGIN: Span = Span::seconds(10);
/// How long a client waits for the identity provider: as long as for any other read (§0.4).
pub const TOKEN_FETCH_LIMIT: Span = Span::seconds(10);
/// For how long after its end a token is still taken (the specification names no time).
pub const LEEWAY: Span = Span::seconds(60);

/// How many entries an app asks for at first, and with every scroll (§0.3).
pub const FIRST_PAGE: u32 = 50;
/// How many tasks or messages a page has where nobody asks for a number (§2.2.1, §2.5.1).
pub const PAGE: u32 = 100;
/// The greatest `limit` of a list (§0.3, §2).
pub const PAGE_MAX: u32 = 1_000;

/// How often a call is sent again after a 5xx (§0.3). The waits are [`crate::pace::Pace::retry_after`].
pub const RETRIES: u32 = 3;
/// From here on a call that somebody waits for shows a loading indicator (§0.4).
pub const INDICATOR_AFTER: Span = Span::seconds(1);

/// How near the appointment's place a recording may start, in metres (§2.3.1, which names no distance).
pub const GEOFENCE_M: u32 = 150;
/// How long a presigned upload URL lives, in minutes (§2.3, which names no time).
pub const UPLOAD_URL_LIFE_MINUTES: u32 = 15;
/// How often the state of a recording session is asked for (§3.4).
pub const POLL_EVERY: Span = Span::seconds(5);
/// For how long it is asked for at most (§3.4).
pub const POLL_FOR: Span = Span::minutes(5);

/// No duration that is drawn, limited or measured in a histogram is longer: an hour, in microseconds.
pub const LONGEST_US: u64 = 3_600_000_000;

/// For how long what was read is fresh (§0.4). What is not here is read every time.
pub mod fresh_for {
    use super::Span;

    /// The appointments of the current date.
    pub const TODAY: Span = Span::minutes(5);
    /// The appointments of an earlier day.
    pub const PAST: Span = Span::hours(24);
    /// The list of completed tasks.
    pub const COMPLETED_TASKS: Span = Span::hours(1);
    /// The shift of the current date.
    pub const SHIFT: Span = Span::minutes(1);
    /// The messages of one contact.
    pub const THREAD: Span = Span::minutes(15);
}
