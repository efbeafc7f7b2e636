//! The conformance pass: puts every rule of the API to the test on purpose.
//!
//! A few people of two tenants (see [`cast()`]) try, one group of checks after the other, what the specification promises:
//! repeats at once, later, side by side and after a broken connection; every role and every kind of token; ids of other
//! people in path, query and body; values at, below and beyond their bounds; pages, counts and filters over rows that the
//! pass made itself; recordings in every mode. It calls by the same [stations](fieldday_rep::station) as everybody else, so
//! one program runs on the model, on the mock and on a deployment, and all judges watch it.
//!
//! What no judge can know, since it follows from what was done on purpose, the pass decides itself: it records a
//! [case](fieldday_history::event::Checked) with what was expected and what came. What it cannot try it names with the
//! reason. Rows that it made are closed again where the API can ([`Pass::run`], last).

mod actor;
mod appointments;
mod cast;
mod foreign;
mod midnight;
mod notes;
mod paging;
mod recordings;
mod samples;
mod shifts;
mod tasks;
mod together;
mod tokens;
mod trouble;
mod validation;

pub use actor::{Actor, Reply};
pub use cast::{NoCast, Part, cast, place};

use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call};
use fieldday_api::wire::appointments::{AppointmentQuery, AppointmentSummary};
use fieldday_api::wire::tasks::Task;
use fieldday_kernel::time::{Date, Span, Time};
use std::cell::{Cell, RefCell};

/// What the pass can do at its target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Means {
    /// The time at which the pass begins.
    pub begins: Time,
    /// Whether tokens are signed here, so that they may say anything.
    pub signs: bool,
    /// Whether the clock is the pass's own: then it can wait for midnight.
    pub owns_clock: bool,
    /// For how long a token is taken after its end.
    pub leeway: Span,
    /// How long a recording's processing is polled at most.
    pub watches: Span,
    /// When writes of the target go wrong on purpose, if somebody sees to that.
    pub trouble: Option<Trouble>,
}

/// Three times at which every write goes wrong, from and until: it answers an error and did nothing, it answers an error and
/// did it, it did it and breaks the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// An error is answered, and the write has no effect.
    pub before_commit: (Time, Time),
    /// An error is answered after the write took effect.
    pub after_commit: (Time, Time),
    /// The write takes effect, and the connection breaks.
    pub lost_answer: (Time, Time),
}

/// What is known of a rep's rows.
#[derive(Default)]
struct Rows {
    appointments: Vec<AppointmentSummary>,
    tasks: Vec<Task>,
    sessions: Vec<SmolStr>,
    /// The appointments at which a recording was started.
    recorded: Vec<SmolStr>,
}

/// A pass: who takes part, and what they found.
pub struct Pass {
    actors: Vec<Actor>,
    means: Means,
    /// Of the two reps and the stranger, by their [`place`].
    rows: [RefCell<Rows>; 3],
    today: Date,
    /// Which due dates the pass's tasks have.
    slot: Cell<i64>,
}

/// How many appointments the pass wants of its rep, and of the others.
const WANTED: [usize; 3] = [9, 4, 3];
/// Days from today on which appointments are looked for.
const DAYS: [i32; 15] = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7];

impl Pass {
    /// A pass of these people, in the order of [`place`].
    pub fn new(actors: Vec<Actor>, means: Means) -> Pass {
        let today = actors[place::REP].station.zone().date(means.begins);
        Pass { actors, means, rows: Default::default(), today, slot: Cell::new(0) }
    }
    fn rep(&self) -> &Actor {
        &self.actors[place::REP]
    }
    fn other(&self) -> &Actor {
        &self.actors[place::OTHER]
    }
    fn stranger(&self) -> &Actor {
        &self.actors[place::STRANGER]
    }
    fn manager(&self) -> &Actor {
        &self.actors[place::MANAGER]
    }
    fn csr(&self) -> &Actor {
        &self.actors[place::CSR]
    }

    /// The whole pass, one group of checks after the other.
    pub async fn run(mut self) {
        self.rep().station.sleep_until(self.means.begins).await;
        self.today = self.rep().station.zone().date(self.rep().now());
        self.finds_rows().await;
        self.chooses_a_slot().await;
        self.meets_trouble().await;
        self.starts_without_a_shift("before the clock-in").await;
        self.clocks_in().await;
        self.creates_tasks().await;
        // Early: a target with slow lists is slow at all that follows, and a pass over HTTP ends after some minutes.
        self.reads_whole_lists().await;
        self.completes_and_updates_tasks().await;
        self.filters_and_counts().await;
        self.pages().await;
        self.updates_appointments().await;
        self.moves_appointments().await;
        self.records().await;
        self.tries_foreign_ids().await;
        self.claims_another_tenant().await;
        self.shows_tokens().await;
        self.sends_malformed_requests().await;
        self.watches_recordings().await;
        self.clocks_out().await;
        self.starts_without_a_shift("after the clock-out").await;
        self.waits_for_midnight().await;
        self.clears_up().await;
    }

    /// Looks for appointments of the reps.
    async fn finds_rows(&self) {
        for (who, wanted) in WANTED.iter().enumerate() {
            for days in DAYS {
                if self.rows[who].borrow().appointments.len() >= *wanted {
                    break;
                }
                let date = Some(self.today.plus_days(days));
                let list = Call::ListAppointments(AppointmentQuery { date, ..Default::default() });
                let reply = self.actors[who].ask_until_decided(list).await;
                if let Some(Answer::Appointments(list)) = reply.success() {
                    self.rows[who].borrow_mut().appointments.extend(list.appointments.iter().cloned());
                }
            }
        }
    }
    /// An appointment of somebody's, by number.
    fn appointment(&self, who: usize, number: usize) -> Option<AppointmentSummary> {
        let rows = self.rows[who].borrow();
        (!rows.appointments.is_empty()).then(|| rows.appointments[number % rows.appointments.len()].clone())
    }
    fn task(&self, who: usize) -> Option<SmolStr> {
        self.rows[who].borrow().tasks.first().map(|task| task.id.clone())
    }
    fn session(&self, who: usize) -> Option<SmolStr> {
        self.rows[who].borrow().sessions.first().cloned()
    }
}
