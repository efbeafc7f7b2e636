//! What was last read, and how long it counts as fresh (§0.4).

use fieldday_api::SmolStr;
use fieldday_api::call::Response;
use fieldday_api::defaults::fresh_for;
use fieldday_kernel::time::{Date, Span, Time};
use std::fmt;
use std::sync::Arc;

/// The content of a screen, under which the cache keeps the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// Today's appointments of the rep, by date.
    Today(Date),
    /// The appointments of an earlier date.
    Past(Date),
    /// The details of an appointment, by its id.
    Appointment(SmolStr),
    /// The rep's open tasks, first page.
    OpenTasks,
    /// The rep's completed tasks, first page.
    CompletedTasks,
    /// The rep's shift of today.
    Shift,
    /// The messages with a customer, by the id of the contact card.
    Thread(SmolStr),
    /// The feed of wins.
    Wins,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Today(date) => write!(f, "appointments of {date}"),
            Key::Past(date) => write!(f, "past appointments of {date}"),
            Key::Appointment(id) => write!(f, "appointment {id}"),
            Key::OpenTasks => f.write_str("open tasks"),
            Key::CompletedTasks => f.write_str("completed tasks"),
            Key::Shift => f.write_str("shift"),
            Key::Thread(contact) => write!(f, "messages of {contact}"),
            Key::Wins => f.write_str("wins feed"),
        }
    }
}

impl Key {
    /// How long an answer is served without a call; the spec names five lifetimes, and what it does not name is read every time.
    pub fn lifetime(&self) -> Span {
        match self {
            Key::Today(_) => fresh_for::TODAY,
            Key::CompletedTasks => fresh_for::COMPLETED_TASKS,
            Key::Past(_) => fresh_for::PAST,
            Key::Shift => fresh_for::SHIFT,
            Key::Thread(_) => fresh_for::THREAD,
            Key::Appointment(_) | Key::OpenTasks | Key::Wins => Span::ZERO,
        }
    }
}

impl Key {
    /// The subject of the content: an appointment, a contact or a date; none where there is only one.
    pub fn subject(&self) -> Option<SmolStr> {
        match self {
            Key::Today(date) | Key::Past(date) => Some(date.to_string().into()),
            Key::Appointment(id) | Key::Thread(id) => Some(id.clone()),
            Key::OpenTasks => Some(SmolStr::new_static("open tasks")),
            Key::CompletedTasks | Key::Shift | Key::Wins => None,
        }
    }
}

/// An answer in the cache.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The content of the screen that showed it.
    pub key: Key,
    /// The answer as it was received.
    pub response: Arc<Response>,
    /// The number of the call that it answered.
    pub call: u32,
    /// When it was put in, by the phone's own clock.
    pub at: Time,
}

/// Answers by what they show. It is small, so a list will do.
#[derive(Default)]
pub struct Cache(Vec<Cached>);

/// More than a day's screens; beyond it the oldest goes.
const CAPACITY: usize = 64;

impl Cache {
    /// The kept answer, whether it is still fresh or not; none if there is none.
    pub fn get(&self, key: &Key) -> Option<&Cached> {
        self.0.iter().find(|cached| cached.key == *key)
    }
    /// All kept answers, fresh or not.
    pub fn entries(&self) -> impl Iterator<Item = &Cached> {
        self.0.iter()
    }
    /// Keeps an answer, in the place of an older one.
    pub fn put(&mut self, key: Key, response: Arc<Response>, call: u32, at: Time) {
        match self.0.iter_mut().find(|cached| cached.key == key) {
            Some(cached) => (cached.response, cached.call, cached.at) = (response, call, at),
            None => {
                if self.0.len() == CAPACITY {
                    self.0.remove(0);
                }
                self.0.push(Cached { key, response, call, at });
            }
        }
    }
    /// Drops what a 404 was about. True if there was something.
    pub fn evict(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|cached| match &cached.key {
            Key::Appointment(kept) | Key::Thread(kept) => kept != id,
            _ => true,
        });
        self.0.len() < before
    }
}
