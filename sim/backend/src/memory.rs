//! What some defects remember from one request to the next. A backend without them remembers nothing but its rows.

use crate::request::Target;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::endpoint::{Op, Repeat};
use fieldday_api::token::Credential;
use fieldday_api::wire::tasks::TaskCreate;
use fieldday_kernel::time::{Span, Time};
use std::sync::Arc;

/// How long a lock lasts that nobody released.
const LOCK_LASTS: Span = Span::minutes(10);
/// How long a list or a created task is remembered.
const CACHE_LASTS: Span = Span::minutes(1);

#[derive(Default)]
pub(crate) struct Memory {
    /// Lists under their queries, until then.
    lists: Vec<(Time, Call, Arc<Response>)>,
    /// Created tasks under their bodies, until then.
    created: Vec<(Time, TaskCreate, Answer)>,
    /// Writes that nobody may repeat, until then.
    locks: Vec<(Time, Lock)>,
}

/// A write, by what it is about and who sent it.
#[derive(PartialEq)]
struct Lock {
    op: Op,
    about: SmolStr,
    user: SmolStr,
}

impl Lock {
    /// The lock that a write takes; none if it takes none.
    fn of(target: Target<'_>, call: &Call) -> Option<Lock> {
        let Credential::Token(claims) = target.credential else { return None };
        if target.op.endpoint().repeat != Repeat::Idempotent {
            return None;
        }
        let about = match call {
            Call::StartRecording(body) => &body.appointment_id,
            other => other.path_id()?,
        };
        Some(Lock { op: target.op, about: SmolStr::new(about), user: claims.user.clone()? })
    }
}

impl Memory {
    /// A list as somebody got it in the last minute.
    pub(crate) fn list(&mut self, now: Time, call: &Call) -> Option<Arc<Response>> {
        self.lists.retain(|(until, ..)| now < *until);
        self.lists.iter().find(|(_, cached, _)| cached == call).map(|(.., response)| response.clone())
    }
    pub(crate) fn keep_list(&mut self, now: Time, call: Call, response: Arc<Response>) {
        self.lists.push((now + CACHE_LASTS, call, response));
    }
    /// The task that somebody made of that body in the last minute.
    pub(crate) fn created(&mut self, now: Time, body: &TaskCreate) -> Option<Answer> {
        self.created.retain(|(until, ..)| now < *until);
        self.created.iter().find(|(_, of, _)| of == body).map(|(.., answer)| answer.clone())
    }
    pub(crate) fn keep_created(&mut self, now: Time, body: TaskCreate, answer: Answer) {
        self.created.push((now + CACHE_LASTS, body, answer));
    }
    /// A write broke off before it released its lock.
    pub(crate) fn lock(&mut self, now: Time, target: Target<'_>, call: &Call) {
        self.locks.extend(Lock::of(target, call).map(|lock| (now + LOCK_LASTS, lock)));
    }
    pub(crate) fn is_locked(&mut self, now: Time, target: Target<'_>, call: &Call) -> bool {
        self.locks.retain(|(until, _)| now < *until);
        Lock::of(target, call).is_some_and(|lock| self.locks.iter().any(|(_, held)| *held == lock))
    }
}
