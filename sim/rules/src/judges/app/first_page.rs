//! `app.first-page` (§0.3): lists load a first page of 50, and more on scrolling.

use crate::exchanges::{Exchange, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::defaults::FIRST_PAGE as PAGE;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::Cause;

const RULE: Rule = Rule::AppFirstPage;
const LISTS: Ops = Ops::of(&[Op::ListTasks, Op::GetThread, Op::ListWins]);
/// The most lists that are remembered of a rep.
const READ: usize = 32;

#[derive(Default)]
pub(crate) struct FirstPage {
    /// The lists that were read, each with the number of entries read so far.
    read: PerClient<Vec<(SmolStr, u32)>>,
}

/// Which list, its limit and its offset.
fn page(call: &Call) -> Option<(SmolStr, Option<u32>, u32)> {
    Some(match call {
        Call::ListTasks(q) => {
            (q.status.map_or("tasks", |status| status.as_str()).into(), q.limit, q.offset.unwrap_or(0))
        }
        Call::GetThread { contact_card_id, page } => (contact_card_id.clone(), page.limit, page.offset.unwrap_or(0)),
        Call::ListWins(page) => ("wins".into(), page.limit, page.offset.unwrap_or(0)),
        _ => return None,
    })
}

impl Judge for FirstPage {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = LISTS;
    const ENDED: Ops = LISTS;

    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let (true, Cause::Screen(_)) = (s.client.is_phone(), s.attempt.cause) else { return };
        let Some((list, limit, offset)) = page(&s.attempt.call) else { return };
        let read = self.read.of(s.client.index).iter().any(|(of, until)| *of == list && *until >= offset);
        notes.judge(RULE, s, limit == Some(PAGE) && (offset == 0 || read), || match limit {
            Some(PAGE) => format!("expected the pages before {offset} to be read first, they were not"),
            Some(limit) => format!("expected a page of {PAGE}, the app asked for {limit}"),
            None => format!("expected a page of {PAGE}, the app named no limit"),
        });
    }
    fn on_ended(&mut self, x: &Exchange<'_>, _: &Facts, _: &mut Notes) {
        let (true, Cause::Screen(_), Some(_)) = (x.client.is_phone(), x.cause, x.success()) else { return };
        let Some((list, limit, offset)) = page(x.call) else { return };
        let read = self.read.of(x.client.index);
        let until = offset + limit.unwrap_or(PAGE);
        match read.iter_mut().find(|(of, _)| *of == list) {
            Some((_, known)) => *known = until,
            None => push_bounded(read, READ, (list, until)),
        }
    }
}
