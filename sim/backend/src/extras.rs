//! Health, and what §1 names "if implemented": Ask Otto and the wins feed.

use crate::Backend;
use crate::auth::Caller;
use crate::ids;
use crate::paging::Window;
use crate::refusal::Refusal;
use crate::state::{At, Kind};
use fieldday_api::SmolStr;
use fieldday_api::call::Answer;
use fieldday_api::private::Private;
use fieldday_api::wire::Page;
use fieldday_api::wire::extras::{Health, RagAnswer, RagQuery, Win, WinPost, WinsFeed};
use fieldday_kernel::time::Time;

impl Backend {
    /// Answers `GET` of the health path, which never fails.
    pub(crate) fn health(&self) -> Answer {
        Answer::Health(Health { status: SmolStr::new_static("ok") })
    }

    /// Answers `POST /rag/query` with the same text every time.
    pub(crate) fn rag_query(&self, body: &RagQuery) -> Result<Answer, Refusal> {
        if body.query.expose().trim().is_empty() {
            return Err(Refusal::validation("query is empty").about("field", "query"));
        }
        let answer = Private::from("Here is what the team's calls say about that.");
        Ok(Answer::Rag(RagAnswer { answer }))
    }

    /// `GET /wins-feed`: the tenant's, newest first.
    pub(crate) fn list_wins(&self, caller: &Caller<'_>, page: &Page) -> Result<Answer, Refusal> {
        let config = &self.config;
        let mut window = Window::new(page.limit, page.offset, &config.readings, config.page_beyond, false)?;
        let wins = &self.tenants[usize::from(caller.tenant)].wins;
        let posts = wins.iter().rev().filter(|win| window.takes(win.created_at)).cloned().collect();
        Ok(Answer::Wins(WinsFeed { posts, total: window.total() }))
    }

    /// `POST /wins-feed`: not idempotent, one post a request.
    pub(crate) fn post_win(
        &mut self,
        now: Time,
        caller: &Caller<'_>,
        body: &WinPost,
        key: u64,
    ) -> Result<Answer, Refusal> {
        let at = self.find(caller, Kind::Appointment, &body.appointment_id)?;
        let rep = self.tenants[usize::from(at.tenant)].appointments[at.row as usize].rep;
        self.own(caller, at, rep)?;
        if body.message.expose().trim().is_empty() {
            return Err(Refusal::validation("message is empty").about("field", "message"));
        }
        if body.deal_size.is_some_and(|size| size.0 < 0) {
            return Err(Refusal::validation("deal_size is negative").about("field", "deal_size"));
        }
        let tenant = &mut self.tenants[usize::from(at.tenant)];
        let win = Win {
            id: ids::named("win_", key),
            rep_id: rep.map_or_else(|| caller.user_id.clone(), |rep| tenant.reps[rep as usize].rep_id.clone()),
            appointment_id: body.appointment_id.clone(),
            message: body.message.clone(),
            deal_size: body.deal_size,
            created_at: now,
        };
        self.ids.insert(win.id.clone(), (Kind::Win, At { tenant: at.tenant, row: tenant.wins.len() as u32 }));
        tenant.wins.push(win.clone());
        Ok(Answer::Win(Box::new(win)))
    }
}
