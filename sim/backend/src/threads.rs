//! Message threads (§2.5).

use crate::Backend;
use crate::auth::Caller;
use crate::defects::BackendDefect;
use crate::paging::Window;
use crate::refusal::Refusal;
use crate::state::Kind;
use fieldday_api::call::Answer;
use fieldday_api::wire::Page;
use fieldday_api::wire::messages::MessageThread;
use fieldday_kernel::time::Time;

impl Backend {
    /// `GET /message-threads/{contact_card_id}`: open to the tenant, oldest first, those to come left out.
    pub(crate) fn get_thread(
        &self,
        now: Time,
        caller: &Caller<'_>,
        contact: &str,
        page: &Page,
    ) -> Result<Answer, Refusal> {
        let at = self.find(caller, Kind::Contact, contact)?;
        let (ties, joins) = (self.has(BackendDefect::PageSkipsTies), self.has(BackendDefect::ThreadJoinsReceipts));
        let config = &self.config;
        let mut window = Window::new(page.limit, page.offset, &config.readings, config.page_beyond, ties)
            .map_err(|refusal| self.of_a_query(refusal))?;
        let row = &self.tenants[usize::from(at.tenant)].contacts[at.row as usize];
        let here = &row.messages[..row.messages.partition_point(|message| message.created_at <= now)];
        let mut messages = Vec::with_capacity(window.capacity(here.len()));
        let mut take = |message: &fieldday_api::wire::messages::Message| {
            // A row of the join a receipt: delivered, and read.
            let rows = if joins && message.delivered && message.read { 2 } else { 1 };
            for _ in 0..rows {
                if window.takes(message.created_at) {
                    messages.push(message.clone());
                }
            }
        };
        if self.has(BackendDefect::ThreadNewestFirst) {
            here.last().into_iter().chain(&here[..here.len().saturating_sub(1)]).for_each(&mut take);
        } else {
            here.iter().for_each(&mut take);
        }
        let contact_card_id = row.contact.id.clone();
        Ok(Answer::Thread(MessageThread { contact_card_id, messages, total: window.total() }))
    }
}
