//! Clients and the people who use them: who they are, which screens they see, what they do.

use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use serde::{Deserialize, Serialize};

/// A login of the target: a rep's phone, a desk, an auditor, an intruder or a conformer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// The name in the plan: `cell-0/tenant-1/rep-07`.
    pub name: SmolStr,
    /// The tenant's id, as rows of the API carry it.
    pub tenant: SmolStr,
    /// The id of the login's user: the subject of its token.
    pub user_id: SmolStr,
    /// `rep_…`, the id that the shift endpoints take; none for a login that has none.
    pub rep_id: Option<SmolStr>,
    /// The role in its token.
    pub role: Role,
    /// Whether it is a rep's phone, a desk, an auditor or an intruder: the App rules bind phones alone.
    pub kind: ClientKind,
}

/// What a client is, and with it which rules bind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// A rep with the app: the App rules bind it.
    #[default]
    Phone,
    /// Somebody in the office with a browser.
    Desk,
    /// Somebody who reads back what should be there.
    Auditor,
    /// Somebody who tries what must fail.
    Intruder,
    /// One of those who put every rule to the test on purpose.
    Conformer,
}

/// The screens of the app (§1), and the two that §2 implies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    /// §1.1: "Ask Otto", the first screen.
    Home,
    /// §1.2: today's appointments and tasks.
    Dashboard,
    /// §1.2: one appointment with its details.
    Appointment,
    /// §1.3: record, pick the outcome.
    Record,
    /// §1.4: the wins feed of the tenant.
    Feeds,
    /// §1.5: the messages of a thread.
    Messages,
    /// §1.6: the appointments of earlier days.
    PastAppointments,
    /// Whether the rep is clocked in; one of the two screens that §2 implies.
    Shift,
    /// The tasks that are completed; one of the two screens that §2 implies.
    CompletedTasks,
}

impl Screen {
    /// Every screen, in the order of declaration.
    pub const ALL: &'static [Screen] = &[
        Screen::Home,
        Screen::Dashboard,
        Screen::Appointment,
        Screen::Record,
        Screen::Feeds,
        Screen::Messages,
        Screen::PastAppointments,
        Screen::Shift,
        Screen::CompletedTasks,
    ];
}

/// Why a session is no longer watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PollEnd {
    /// Transcription and analysis are completed.
    Completed,
    /// Transcription or analysis failed, as the backend reports.
    Failed,
    /// Five minutes passed; the person was warned.
    TookTooLong,
    /// The person left the screen.
    Left,
}

/// What a person does, with the app or away from it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // The fields are ids.
pub enum UserAction {
    /// Starts the working day and sets out.
    LeavesHome,
    /// Wants the shift to begin.
    ClocksIn,
    /// Wants the shift to end.
    ClocksOut,
    /// Goes home without having clocked out.
    ForgetsToClockOut,
    /// Sets out for a visit.
    DrivesTo { appointment_id: SmolStr },
    /// Reaches the place of an appointment.
    Arrives { appointment_id: SmolStr },
    /// Rings, and nobody opens the door.
    FindsNobody { appointment_id: SmolStr },
    /// Is told at the door that there will be no visit.
    IsTurnedAway { appointment_id: SmolStr },
    /// Learns that a visit is off, or another's, or at another time.
    FindsItChanged { appointment_id: SmolStr },
    /// Taps the button that starts a recording.
    Records { appointment_id: SmolStr },
    /// Wants to record, only now, after the talk began.
    RecordsLate { appointment_id: SmolStr },
    /// Wants the recording to end.
    StopsRecording { appointment_id: SmolStr },
    /// Could not record, and goes on without.
    GivesUpRecording { appointment_id: SmolStr },
    /// Says what came of the visit.
    PicksOutcome { appointment_id: SmolStr },
    /// Taps a button a second time, before the first tap had an effect.
    DoubleTaps,
    /// Begins a lunch break.
    HasLunch,
    /// Sets out for home after the last visit.
    GoesHome,
    /// Asks the app to create a task.
    WritesTask,
    /// Marks a task as completed.
    TicksTask { task_id: SmolStr },
    /// Does not want to wait any longer.
    LosesPatience,
    /// Closes the app, which kills it.
    ClosesApp,
}
