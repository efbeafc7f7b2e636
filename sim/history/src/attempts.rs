//! Joins attempts with their ends: an attempt is one event when it is sent and another when it ends, and whoever measures,
//! judges, watches or reports wants to know both.

use crate::event::{EventKind, NoAnswer};
use fieldday_api::call::Response;
use fieldday_kernel::time::Span;
use std::sync::Arc;

/// How an attempt ended for its client.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// The app received and parsed this answer, whatever its status.
    Answered(&'a Arc<Response>),
    /// No answer came that the app took notice of.
    Unanswered(NoAnswer),
}

/// The end of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct AttemptEnd<'a> {
    /// The call's number within its client.
    pub call: u32,
    /// The number of earlier attempts of the call: 0 for the first.
    pub attempt: u8,
    /// The answer, or the reason why there is none.
    pub end: End<'a>,
    /// From sending until the answer or the end of waiting, by the client's clock.
    pub took: Span,
}

impl<'a> AttemptEnd<'a> {
    /// The end that an event tells of, if it does.
    pub fn of(what: &'a EventKind) -> Option<AttemptEnd<'a>> {
        match what {
            EventKind::Answered { call, attempt, response, took } => {
                Some(AttemptEnd { call: *call, attempt: *attempt, end: End::Answered(response), took: *took })
            }
            EventKind::Unanswered { call, attempt, why, took } => {
                Some(AttemptEnd { call: *call, attempt: *attempt, end: End::Unanswered(*why), took: *took })
            }
            _ => None,
        }
    }
}

/// The attempts of a cell's clients that have not ended, each with what is to be known of it when it does.
#[derive(Clone, Debug)]
pub struct OpenAttempts<T>(Vec<Vec<(u32, u8, T)>>);

impl<T> Default for OpenAttempts<T> {
    fn default() -> Self {
        OpenAttempts(Vec::new())
    }
}

impl<T> OpenAttempts<T> {
    /// Remembers an attempt in flight; `known` comes back when it ends.
    pub fn sent(&mut self, client: u32, call: u32, attempt: u8, known: T) {
        let client = client as usize;
        if self.0.len() <= client {
            self.0.resize_with(client + 1, Vec::new);
        }
        self.0[client].push((call, attempt, known));
    }
    /// An attempt has ended: what is known of it, unless it was never seen to be sent.
    pub fn ended(&mut self, client: u32, call: u32, attempt: u8) -> Option<T> {
        let open = self.0.get_mut(client as usize)?;
        let place = open.iter().position(|(c, a, _)| (*c, *a) == (call, attempt))?;
        Some(open.swap_remove(place).2)
    }
    /// What is known of an attempt that has not ended.
    pub fn get(&self, client: u32, call: u32, attempt: u8) -> Option<&T> {
        let open = self.0.get(client as usize)?;
        open.iter().find(|(c, a, _)| (*c, *a) == (call, attempt)).map(|(.., known)| known)
    }
    /// What is known of an attempt in flight, to be changed; none if it is not in flight.
    pub fn get_mut(&mut self, client: u32, call: u32, attempt: u8) -> Option<&mut T> {
        let open = self.0.get_mut(client as usize)?;
        open.iter_mut().find(|(c, a, _)| (*c, *a) == (call, attempt)).map(|(.., known)| known)
    }
    /// What was sent last by a client and has not ended.
    pub fn last(&self, client: u32) -> Option<&T> {
        self.0.get(client as usize)?.last().map(|(.., known)| known)
    }
    /// Takes the last of a client's open attempts: whatever its app had in flight died with the app.
    pub fn pop(&mut self, client: u32) -> Option<T> {
        self.0.get_mut(client as usize)?.pop().map(|(.., known)| known)
    }
    /// Takes all open attempts of a client.
    pub fn drain(&mut self, client: u32) -> impl Iterator<Item = T> + '_ {
        self.0.get_mut(client as usize).into_iter().flat_map(|open| open.drain(..)).map(|(.., known)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_joined_with_its_own_end_and_with_no_other() {
        let mut open = OpenAttempts::default();
        for (client, call, attempt) in [(0, 1, 0), (0, 1, 1), (0, 2, 0), (2, 1, 0)] {
            open.sent(client, call, attempt, (client, call, attempt));
        }
        assert_eq!(open.ended(0, 1, 1), Some((0, 1, 1)));
        assert_eq!(open.ended(0, 1, 1), None, "it has ended");
        assert_eq!(open.ended(1, 1, 0), None, "nobody of that number sent anything");
        assert_eq!(open.ended(2, 1, 0), Some((2, 1, 0)));
        assert_eq!(open.last(0), Some(&(0, 2, 0)));
        assert_eq!(open.drain(0).count(), 2);
        assert_eq!(open.pop(0), None);
    }
}
